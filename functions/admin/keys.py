"""Keys of scripts: made, listed and revoked. Routes of the admin's API.

A key opens what its role may do, at the address that the stack's output `Admin` names, with `api/` behind it
(docs/admin.md).
"""

from __future__ import annotations

import re
import secrets  # noqa: TID251 - a key is what nobody can guess

from functions.admin.rest import Paging, Request, answer, by_id, logger, page_of, route
from functions.admin.shapes import shop as shapes
from shared.adapters import operators
from shared.adapters.clock import now
from shared.domain.events import DAY, Json
from shared.domain.operators import KEY_NAME, WORDS, Key, Role, hashed, written
from shared.domain.refusals import RefusedError

MAX_DAYS = 1_825
DEFAULT_DAYS = 365


@route("GET", "/keys", role=Role.OWNER, gives=shapes.Keys, query=Paging)
def list_keys(request: Request) -> Json:
    """Lists all keys, by their names, those that open nothing any more, too."""
    return page_of(request, "keys", operators.all_keys(), lambda each: by_id(each.name), told)


@route(
    "POST",
    "/keys",
    role=Role.OWNER,
    status=201,
    about=("name",),
    keeps=False,
    takes=shapes.KeyMade,
    gives=shapes.KeyShown,
)
def make_key(request: Request) -> Json:
    """Makes a key: `name`, `role`, and after how many `days` it ends. The `key` in the answer is shown once."""
    by_a_person(request)
    body = request.json()
    for field in body:
        if field not in ("name", "role", "days"):
            raise RefusedError("invalid_key", "a key has a name, a role and days", field)
    name, role, days = body.get("name"), body.get("role"), body.get("days", DEFAULT_DAYS)
    if not isinstance(name, str) or not re.fullmatch(KEY_NAME, name):
        said = "lower-case letters, digits and -, beginning with a letter, at most 40 characters: crm-sync"
        raise RefusedError("invalid_key", said, "name")
    if role not in WORDS:
        raise RefusedError("invalid_key", f"it must be one of {', '.join(WORDS)}", "role")
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= MAX_DAYS:
        raise RefusedError("invalid_key", f"it must be a whole number from 1 to {MAX_DAYS:,}", "days")
    t = now()
    made, secret = (
        Key(name=name, role=role, made=t, by=request.operator, expires=t + days * DAY),
        secrets.token_urlsafe(),
    )
    try:
        operators.make_key(made, hashed(secret))
    except operators.TakenError:
        said = "there is a key of this name, or was: choose another, so that the log of changes says which it was"
        raise RefusedError("taken", said, "name", 409) from None
    logger.info("key made", key=name, role=role, operator=request.operator)
    return answer(201, {**told(made), "key": written(name, secret)})


@route("DELETE", "/keys/{key}", role=Role.OWNER, gives=shapes.KeyRevoked)
def revoke_key(request: Request, key: str) -> Json:
    """Revokes a key: it opens nothing from now on."""
    by_a_person(request)
    if not operators.revoke(key, now()):
        raise RefusedError("not_found", "there is no such key, or it was revoked already", "key", 404)
    logger.info("key revoked", key=key, operator=request.operator)
    return {"name": key, "state": "revoked"}


def by_a_person(request: Request) -> None:
    """Whoever has found a key must not make others with it, which would outlive it."""
    if request.operator.startswith("key:"):
        raise RefusedError("not_allowed", "keys are made and revoked by people: sign in as an owner", status=403)


def told(key: Key) -> dict[str, Json]:
    """`used`: the newest day on which it was, as the instant of its beginning (UTC)."""
    state = "revoked" if key.revoked is not None else "open" if key.opens(now()) else "expired"
    return {**key.model_dump(mode="json"), "used": None if key.used is None else key.used * DAY, "state": state}
