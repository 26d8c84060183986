"""What is written around a change that is asked for: the key by which the same request can be sent again, and the line
of the log of changes.

The line is there before the change (`begun`) and says afterwards how it ended, so nothing is changed without one,
wherever a process dies. What was refused has changed nothing, and leaves none.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalice.app import Response

from shared.adapters import operators
from shared.adapters.clock import now
from shared.domain.events import SECOND, Json
from shared.domain.operators import Change, safe
from shared.domain.refusals import RefusedError

if TYPE_CHECKING:
    from functions.admin.rest import Declared, Request

MAX_KEPT = 300_000
"""Bytes of an answer that is kept; DynamoDB's items have 400 KB."""
MAX_LOOKED_AT = 500
"""Lines that are looked at to say who has changed something meanwhile."""


class WaitError(RefusedError):
    """It may be asked again, after so many milliseconds."""

    def __init__(self, code: str, message: str, status: int, wait: int, field: str | None = None) -> None:
        super().__init__(code, message, field, status)
        self.seconds = -(-wait // SECOND)


def carried_out(
    declared: Declared, request: Request, parameters: Mapping[str, str], call: Callable[[], Response]
) -> Response:
    """What the call answers; or what it has answered to the same request before."""
    if request.once is None or declared.method != "POST":
        return logged(declared, request, parameters, call)
    if not 0 < len(request.once) <= 255:
        raise RefusedError("invalid_key", "a key of 1 to 255 characters, such as a UUID", "Idempotency-Key")
    id_ = hashlib.sha256(f"{request.operator}\0{request.once}".encode()).hexdigest()
    before = operators.begin(id_, asked(declared, request, parameters), now())
    if before is not None:
        return again(before, declared, request, parameters, call)
    try:
        response = logged(declared, request, parameters, call)
    except BaseException:
        operators.let_go(id_)
        raise
    if response.status_code >= 400:
        operators.let_go(id_)
    else:
        kept = {"status": response.status_code, "headers": response.headers, "body": response.body}
        small = declared.keeps and len(json.dumps(kept)) <= MAX_KEPT
        operators.answered(id_, kept if small else None)
    return response


def again(
    before: operators.Before,
    declared: Declared,
    request: Request,
    parameters: Mapping[str, str],
    call: Callable[[], Response],
) -> Response:
    if before.asked != asked(declared, request, parameters):
        told = "this key was used with another request: take a new one for a new request"
        raise RefusedError("key_used", told, "Idempotency-Key", 422)
    if not before.answered:
        told = "the same request is being answered just now: ask again in a moment"
        raise WaitError("in_flight", told, 409, SECOND, "Idempotency-Key")
    if before.answer is None:
        if declared.keeps:
            told = "it was done; its answer was too large to be kept"
            raise RefusedError("done_already", told, "Idempotency-Key", 409)
        return logged(declared, request, parameters, call)
    headers = {**before.answer["headers"], "Idempotency-Replayed": "true"}
    return Response(body=before.answer["body"], status_code=before.answer["status"], headers=headers)


def asked(declared: Declared, request: Request, parameters: Mapping[str, str]) -> str:
    """Tells requests apart. Keyed by what only the sender knows, since a body may hold an address."""
    of = json.dumps([declared.method, declared.path, sorted(parameters.items()), sorted(request.query.items())])
    return hmac.new(str(request.once).encode(), of.encode() + b"\0" + request.body, hashlib.sha256).hexdigest()


def logged(
    declared: Declared, request: Request, parameters: Mapping[str, str], call: Callable[[], Response]
) -> Response:
    t = now()
    line = Change(
        id=f"{t:014d}#{request.id}",
        at=t,
        by=request.operator,
        action=f"{declared.method} {declared.path}",
        of=safe(parameters),
        before=request.if_match,
    )
    operators.record(line)
    try:
        response = call()
    except RefusedError:
        operators.unrecord(line)
        raise
    except BaseException:
        operators.record(line.model_copy(update={"state": "failed"}))
        raise
    told = response.body if isinstance(response.body, dict) else {}
    of = safe({**parameters, **found(declared.about, request.body, told)})
    etag = response.headers.get("ETag")
    done = {"state": "done", "of": of, "after": etag if isinstance(etag, str) else None}
    operators.record(line.model_copy(update=done))
    return response


def found(about: tuple[str, ...], body: bytes, told: Mapping[str, Any]) -> dict[str, Json]:
    """The ids that the answer or the body have under these names; `definition.id` is one inside another."""
    try:
        sent = json.loads(body) if about and body else None
    except ValueError:
        sent = None
    ids: dict[str, Json] = {}
    for path in about:
        for whole in (told, sent):
            value: Any = whole
            for name in path.split("."):
                value = value.get(name) if isinstance(value, dict) else None
            if isinstance(value, str | int):
                ids.setdefault(path.rpartition(".")[2], value)
    return ids


def newest_change(parameters: Mapping[str, str]) -> Json:
    """Who has changed last what these parameters name, when and by which request; None: nobody of late."""
    for line in islice(operators.changes(), MAX_LOOKED_AT):
        if line.state == "done" and line.after is not None and parameters.items() <= {**line.of}.items():
            return {"by": line.by, "at": line.at, "action": line.action, "etag": line.after}
    return None
