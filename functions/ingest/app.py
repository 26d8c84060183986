"""Takes in what storefronts and websites send: verify, normalise, queue; 2xx only once the queue has stored it all.

What the sender can fix is answered 4xx, with a JSON error that names the field. When the queue or the secrets
cannot be reached the answer is 503: Shopify and the Segment SDKs then send again. WooCommerce does not, but nothing
was stored, and a 2xx would hide that: its admin shows the failed delivery, whose content the order's next update
brings again. (botocore has tried three times by then.)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.ingest.request import CORS, Request, answer, preflight, read
from shared.adapters import heard, senders
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import NotQueuedError, put_events
from shared.adapters.secrets import UnreadableSecretError, secrets
from shared.domain.events import Event, Instant
from shared.domain.refusals import RefusedError, error_body
from shared.domain.sources import segment, shopify, woocommerce

MAX_WEBHOOK_BYTES = 5_000_000
MAX_ERRORS = 20  # told of one batch
TOO_MANY = "too_many"


class _Settings(Settings):
    woocommerce_consent_key: str = ""


Taken = tuple[tuple[Event, ...], tuple[RefusedError, ...]]
"""The events in a request, and what of it was refused."""

logger = Logger(service="ingest")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the HTTP API (payload format 2.0)."""
    request = read(event)
    if request.path == "/health":
        return answer(200, {"status": "ok"})
    cors = CORS if request.path.startswith("/v1/") else {}
    if request.path not in ROUTES:
        return answer(404, error_body("not_found", "nothing is at this path"), cors)
    source, take = ROUTES[request.path]
    if request.method == "OPTIONS" and cors:
        return preflight(request)
    if request.method != "POST":
        return answer(405, error_body("method_not_allowed", "send it with POST"), {"allow": "POST", **cors})

    try:
        instant = now()
        events, refused = take(request, instant)
        put_events(events)
        heard.record(source, instant)
    except RefusedError as error:
        return _refuse(source, [error], error.status, cors)
    except (NotQueuedError, UnreadableSecretError, BotoCoreError, ClientError) as error:
        logger.error("not stored", source=source, reason=type(error).__name__)
        _count("NotStored", source)
        return answer(503, error_body("not_stored", "not stored, through no fault of yours: send it again later"), cors)
    # What is stored is counted where it is folded: a line of logs for each request would cost as much as its Lambda.
    if refused:
        # The good messages are stored; sending the batch again, fixed or later, repeats them under the same ids.
        if refused[-1].code == TOO_MANY:
            return _refuse(source, refused, 429, {**cors, "retry-after": str(senders.wait(now()))})
        return _refuse(source, refused, 400, cors)
    if not events:
        _count("Ignored", source)
    return answer(200, {"success": True, "events": len(events)}, cors)


def from_shopify(request: Request, received: Instant) -> Taken:
    _check_signature(request, "X-Shopify-Hmac-SHA256", "shopify_secret")
    body = request.json(MAX_WEBHOOK_BYTES)
    return shopify.events(body, request.headers, received), ()


def from_woocommerce(request: Request, received: Instant) -> Taken:
    if re.fullmatch(rb"webhook_id=\d+", request.raw):
        return (), ()  # the unsigned ping of a webhook being saved, which has to get a 200
    _check_signature(request, "X-WC-Webhook-Signature", "woocommerce_secret")
    body = request.json(MAX_WEBHOOK_BYTES)
    return woocommerce.events(body, request.headers, received, environment(_Settings).woocommerce_consent_key), ()


def from_segment(kind: str, request: Request, received: Instant) -> Taken:
    most = segment.MAX_BATCH_BYTES if kind == "batch" else segment.MAX_MESSAGE_BYTES
    body = request.json(most)
    key = _check_write_key(request, body.get("writeKey"))
    events, refused = segment.events(kind, body, received)
    admitted, over = senders.admit(events, key, received)
    if over:
        refused += (RefusedError(TOO_MANY, "this write key has sent more than a shop's visitors would", status=429),)
    return tuple(admitted), refused


def _check_signature(request: Request, header: str, secret: str) -> None:
    """Both storefronts sign the body, as it comes over the wire, with base64 of its HMAC-SHA256."""
    given = request.headers.get(header.lower(), "").strip().encode(errors="replace")
    expected = (base64.b64encode(hmac.digest(key.encode(), request.raw, hashlib.sha256)) for key in secrets(secret))
    if not _is_one_of(given, expected):
        raise RefusedError("bad_signature", "the signature does not match the body and our secret", header, 401)


def _check_write_key(request: Request, in_body: object) -> str:
    """Gives the write key: the user name of Basic authorization, or `writeKey` in the body, as browsers send it. Either
    will do: some SDKs send both, and some of a site's own proxies replace one."""
    given = [in_body] if isinstance(in_body, str) else []
    scheme, _, credentials = request.headers.get("authorization", "").strip().partition(" ")
    field = "writeKey"
    if scheme.lower() == "basic":
        field = "Authorization"
        with suppress(ValueError):  # not base64, or not UTF-8
            given.append(base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0])
    known = [key.encode() for key in secrets("write_keys")]
    for key in given:
        if _is_one_of(key.encode(), known):
            return key
    raise RefusedError("unknown_write_key", "unknown write key", field, 401)


def _is_one_of(given: bytes, expected: Iterable[bytes]) -> bool:
    """Compares with every one, each in constant time."""
    found = False
    for one in expected:
        found |= hmac.compare_digest(given, one)
    return found


def _refuse(source: str, refused: Iterable[RefusedError], status: int, headers: dict[str, str]) -> dict[str, Any]:
    errors = list(refused)
    reasons = Counter(error.code for error in errors)
    for reason, times in reasons.items():
        _count("Refused", source, times, reason=reason)
    logger.info("refused", source=source, reasons=reasons)
    told = [error_body(error.code, error.message, error.field)["error"] for error in errors[:MAX_ERRORS]]
    return answer(status, {"error": told[0], **({"errors": told} if len(told) > 1 else {})}, headers)


def _count(name: str, source: str, value: int = 1, **dimensions: str) -> None:
    with single_metric(name=name, unit=MetricUnit.Count, value=value) as metric:
        for dimension, of in {"service": "ingest", "source": source, **dimensions}.items():
            metric.add_dimension(dimension, of)


ROUTES: dict[str, tuple[str, Callable[[Request, Instant], Taken]]] = {
    "/webhooks/shopify": ("shopify", from_shopify),
    "/webhooks/woocommerce": ("woocommerce", from_woocommerce),
    # The browser's SDK takes the first letter of the call, `/b` for a batch; Ruby's, Java's and Android's say import.
    **{
        f"/v1/{path}": ("segment", partial(from_segment, kind))
        for kind in (*segment.KINDS, "batch")
        for path in (kind, kind[0], *(["import"] if kind == "batch" else []))
    },
}
"""All paths that take in something, without a slash at their end, and the source each is counted under."""
