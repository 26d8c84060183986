"""The HTTP API's payloads (format 2.0) as requests, and answers to them."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.sources.payload import RefusedError

CORS = {"access-control-allow-origin": "*"}
PREFLIGHT = {
    **CORS,
    "access-control-allow-methods": "POST, OPTIONS",
    "access-control-allow-headers": "content-type, authorization",
    "access-control-max-age": "86400",
}
_JSON_TYPES = ("", "application/json", "text/plain")  # browsers ask nobody's leave before they send text/plain


@dataclass(frozen=True)
class Request:
    """One HTTP request. `headers` have names in lower case; `raw` is the body as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    def body(self, most: int) -> bytes:
        """The body, unpacked, of a content type that can be JSON. RefusedError over `most` bytes (413), 400 and 415."""
        content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type not in _JSON_TYPES:
            raise RefusedError("unsupported_type", "send JSON as application/json", "Content-Type", 415)
        if len(self.raw) > most:
            raise _too_large(most)
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            return self.raw
        if encoding != "gzip":
            raise RefusedError("unsupported_encoding", "send it plain or with gzip", "Content-Encoding", 415)
        return _unpacked(self.raw, most)


def read(payload: Mapping[str, Any]) -> Request:
    """The request in an HTTP API payload."""
    http = payload["requestContext"]["http"]
    body = payload.get("body") or ""
    try:
        raw = base64.b64decode(body) if payload.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass")
    except ValueError:
        raw = b""
    headers = {name.lower(): value for name, value in (payload.get("headers") or {}).items()}
    return Request(http["method"].upper(), payload["rawPath"].rstrip("/") or "/", headers, raw)


def answer(status: int, body: Any = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The HTTP API's form of an answer."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **(headers or {})},
        "body": "" if body is None else json.dumps(body),
    }


def error_body(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """How every error is told: what it is, what to mend, and where."""
    return {"error": {"code": code, "message": message, **({"field": field} if field else {})}}


def _unpacked(packed: bytes, most: int) -> bytes:
    """gzip is stopped as soon as it has unpacked more than `most`: a small body can hold gigabytes."""
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(packed, most + 1)
    except zlib.error:
        raise RefusedError("invalid_gzip", "the body is not valid gzip", "Content-Encoding") from None
    if len(unpacked) > most:
        raise _too_large(most)
    if not unpacker.eof or unpacker.unused_data:
        raise RefusedError("invalid_gzip", "the body is not one whole gzip stream", "Content-Encoding")
    return unpacked


def _too_large(most: int) -> RefusedError:
    return RefusedError("too_large", f"the body may have {most} bytes", status=413)
