"""Secrets: SecureStrings in the Parameter Store, under SECRETS_PATH.

A secret is read again after MAX_AGE seconds. So a rotation takes three steps: store the list [new, old], wait for as
long as that, then have the sender use the new one (the old one can go whenever nobody uses it any more).
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.parameters import SSMProvider

MAX_AGE = 300


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


def _read(name: str) -> str | None:
    from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError  # see _provider

    path = f"{environment(SecretSettings).secrets_path.rstrip('/')}/{name}"
    try:
        value = _provider().get(path, max_age=MAX_AGE, decrypt=True)
    except GetParameterError as error:
        cause = error.__context__
        if isinstance(cause, ClientError) and cause.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise UnreadableSecretError(f"secret {name}: {type(cause).__name__}") from error
    return str(value)


@cache
def _provider() -> SSMProvider:
    # Imported when the first secret is read, to keep cold starts short; with our client, as all others are made.
    from aws_lambda_powertools.utilities.parameters import SSMProvider

    return SSMProvider(boto3_client=client("ssm"))
