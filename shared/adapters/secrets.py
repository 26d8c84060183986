"""Secrets: SecureStrings in the Parameter Store, under SECRETS_PATH.

A secret is read again after MAX_AGE seconds. So a rotation takes three steps: store the list [new, old], wait for as
long as that, then have the sender use the new one (the old one can go whenever nobody uses it any more).

GetParameter is limited to some 40 calls a second for the whole account, and what anybody may call without a signature
must not use them up. So that there is none is kept for as long as a secret is, and while the Parameter Store does not
answer, what it said last goes on being so: only its own word that the parameter is gone ends that.
"""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters.clients import client
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import SECOND, Instant

MAX_AGE = 300
TRIED_AGAIN_AFTER = 10
"""Seconds for which what was said last is taken as it is, when the Parameter Store did not answer."""


LISTS = ("shopify_secret", "woocommerce_secret", "write_keys")
OUTGOING = "webhook_secrets"
"""A list, too: what is told the shop's own webhooks is signed with each of them."""
KEYS = ("token_key", "identity_key")


class SecretSettings(Settings):
    secrets_path: str


class UnreadableSecretError(Exception):
    """The secret is not there, is not of the form we expect, or the Parameter Store did not answer."""


def secret(name: str) -> str:
    """The secret `name`. UnreadableSecretError names it when it cannot be had."""
    value = _read(name)
    if value is None:
        raise UnreadableSecretError(f"secret {name}: there is none")
    return value


def secrets(name: str) -> list[str]:
    """The secrets in the JSON list `name`, any of which is good: two during a rotation, none where none is stored."""
    value = _read(name)
    if value is None:
        return []
    try:
        listed = json.loads(value)
    except ValueError:
        listed = None
    if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
        raise UnreadableSecretError(f'secret {name}: has to be a JSON list of texts, such as ["…"]')
    return listed


def keys(name: str) -> list[str]:
    """The secret `name`, of which there can be several while it is rotated: a text, or a JSON list of them. The first
    signs, all are good. UnreadableSecretError."""
    value = secret(name)
    return secrets(name) if value.lstrip().startswith("[") else [value]


def problems() -> list[str]:
    """What is wrong with the secrets, a sentence each, for the operator: a wrong one is not the fault of a message."""
    found, known = [], 0
    for name in LISTS:
        try:
            known += len(secrets(name))
        except UnreadableSecretError as error:
            found.append(f"The {error}.")
    for name in KEYS:
        try:
            if not keys(name):
                found.append(f"The secret {name}: the list is empty.")
        except UnreadableSecretError as error:
            found.append(f"The {error}.")
    if not known and not found:
        found.append(f"None of the secrets {', '.join(LISTS)} is stored: nobody can send events.")
    return found


class _Told(NamedTuple):
    """What the Parameter Store has said of a name: its value, or that there is none. Asked again from `until` on."""

    value: str | None
    since: Instant
    until: Instant


@cache
def _provider() -> dict[str, _Told]:
    """What this process knows, by path."""
    return {}


def _read(name: str) -> str | None:
    path = f"{environment(SecretSettings).secrets_path.rstrip('/')}/{name}"
    told, t = _provider().get(path), now()
    if told is not None and told.since <= t < told.until:
        return told.value
    try:
        value, kept = _asked(path), MAX_AGE
    except (ClientError, BotoCoreError) as error:
        if told is None:
            raise UnreadableSecretError(f"secret {name}: {_reason(error)}") from error
        value, kept = told.value, TRIED_AGAIN_AFTER
    _provider()[path] = _Told(value, t, t + kept * SECOND)
    return value


def _asked(path: str) -> str | None:
    """The parameter's value, None where there is none. ClientError, BotoCoreError: the Parameter Store has not said."""
    try:
        return client("ssm").get_parameter(Name=path, WithDecryption=True)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise


def _reason(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
