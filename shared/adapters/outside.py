"""What the web says, for emails: asked for over https, kept for an hour, and never waited for.

An address is a marketer's to choose, so it must lead to nothing that only we can reach (`webhooks.public_address`), and
nothing is followed from there. An answer has `BUDGET` seconds and `MAX_BYTES`; one that does not come in time is not
asked for again by this Lambda for a while, and what was heard before is said, as long as it is not `STALE`.
"""

from __future__ import annotations

import json
import ssl
import zlib
from collections.abc import Callable
from time import monotonic  # noqa: TID251 - how long the network takes, which no clock of ours can turn
from typing import Any
from urllib.parse import urlsplit

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.adapters.webhooks import NotTakenError, connected, left
from shared.domain.events import DAY, HOUR, MINUTE, Instant, Json

BUDGET = 2.0
MAX_BYTES = 1_000_000
MAX_KEPT = 300_000
"""Bytes of what is kept, compressed; a longer one is kept by nobody but this Lambda."""
FRESH = HOUR
STALE = 3 * DAY
AGAIN = 5 * MINUTE
"""After this long, what has not answered is asked again."""

Get = Callable[[str], bytes]
"""What an https address answers. NoAnswerError."""

_get: Get | None = None
_held: dict[str, tuple[Json, Instant]] = {}
_failed: dict[str, Instant] = {}


class NoAnswerError(Exception):
    """The web has not answered, or not in time, or with something else; says why, in a few words."""


def use(get: Get | None) -> None:
    """Has what follows be answered by `get` (None: over the network). The local run asks nobody."""
    global _get  # noqa: PLW0603 - as the clock
    _get = get
    _held.clear()
    _failed.clear()


def heard(id_: str, url: str, read: Callable[[bytes], Json], now: Instant) -> Json | None:
    """What `read` makes of the answer of an address: not older than an hour, or, if it does not answer, than `STALE`;
    None: nothing is known. `id_`: by which it is kept, for all Lambdas."""
    found, at = _held.get(id_) or _kept(id_)
    if now - at >= FRESH and now >= _failed.get(id_, 0) + AGAIN:
        try:
            found, at = read((_get or get)(url)), now
            _keep(id_, found, now)
        except (NoAnswerError, ValueError):
            _failed[id_] = now
    _held[id_] = found, at
    return found if now - at < STALE else None


def _kept(id_: str) -> tuple[Json, Instant]:
    answer = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version = :version",
        ExpressionAttributeValues={":id": {"S": f"outside#{id_}"}, ":version": {"N": "0"}},
    )["Items"]
    if not answer:
        return None, -STALE
    return json.loads(zlib.decompress(answer[0]["body"]["B"])), int(answer[0]["heard"]["N"])


def _keep(id_: str, found: Json, now: Instant) -> None:
    body = zlib.compress(json.dumps(found, ensure_ascii=False).encode())
    if len(body) <= MAX_KEPT:
        item: Any = {
            "id": {"S": f"outside#{id_}"},
            "version": {"N": "0"},
            "heard": {"N": str(now)},
            "body": {"B": body},
        }
        client("dynamodb").put_item(TableName=table(), Item=item)


# ── over the network ──


def get(url: str, *, context: ssl.SSLContext | None = None) -> bytes:
    """As `Get`. By HTTP 1.0, whose answers end where the connection does."""
    parts = urlsplit(url)
    until = monotonic() + BUDGET
    try:
        with connected(url, until, context) as connection:
            connection.sendall(_request(parts.netloc, parts.path, parts.query))
            answer = b""
            while True:
                connection.settimeout(left(until))
                received = connection.recv(65_536)
                if not received:
                    break
                answer += received
                if len(answer) > MAX_BYTES:
                    raise NoAnswerError("its answer is too long")
    except NotTakenError as error:
        raise NoAnswerError(str(error)) from error
    except TimeoutError as error:
        raise NoAnswerError(f"it did not answer within {BUDGET} seconds") from error
    except OSError as error:  # ssl's are among them
        raise NoAnswerError(f"no connection: {type(error).__name__}") from error
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or words[1] != b"200":
        raise NoAnswerError("it did not answer 200")
    return body


def _request(host: str, path: str, query: str) -> bytes:
    target = f"{path or '/'}?{query}" if query else path or "/"
    lines = [f"GET {target} HTTP/1.0", f"host: {host}", "user-agent: Beckon", "accept: */*", "connection: close"]
    if any(not line.isascii() or not line.isprintable() or " " in target for line in lines):
        raise NoAnswerError("its address has letters that an address may not have")
    return "\r\n".join([*lines, "", ""]).encode()
