"""The HTTP API's payloads (format 2.0) as requests, and answers to them."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.refusals import RefusedError
from shared.domain.sources import payload as payloads
from shared.domain.sources.payload import Payload

CORS = {"access-control-allow-origin": "*", "access-control-expose-headers": "retry-after"}
"""On every answer to a website, the refusals too: without it a script cannot see whether to send again."""

_JSON_TYPES = ("", "application/json", "text/plain")  # browsers ask nobody's leave before they send text/plain
_HEADER_NAMES = re.compile(r"[\w!#$%&'*+.^`|~, -]{1,2000}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """One HTTP request. `headers` have names in lower case; `raw` is the body as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes

    def json(self, most: int) -> Payload:
        """The JSON object in the body. RefusedError over `most` bytes (413), 400, and 415.

        What is JSON is taken as JSON, whatever its content type says: SDKs forget to say it, or say a form's. The type
        is only looked at to tell whoever sent no JSON what is wrong.
        """
        try:
            return payloads.read(self._unpacked(most))
        except RefusedError as error:
            content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
            if error.code == "invalid_json" and content_type not in _JSON_TYPES:
                raise RefusedError("unsupported_type", "send JSON as application/json", "Content-Type", 415) from None
            raise

    def _unpacked(self, most: int) -> bytes:
        if len(self.raw) > most:
            raise _too_large(most)
        encoding = self.headers.get("content-encoding", "").strip().lower()
        if encoding in ("", "identity"):
            return self.raw
        if encoding not in ("gzip", "x-gzip"):
            raise RefusedError("unsupported_encoding", "send it uncompressed or with gzip", "Content-Encoding", 415)
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


def preflight(request: Request) -> dict[str, Any]:
    """A browser asks whether a page of another origin may send these headers: whichever it asks for, because each SDK
    and each of its versions has others, and there are no cookies and no sessions here that they could misuse."""
    asked = request.headers.get("access-control-request-headers", "")
    return {
        "statusCode": 204,
        "headers": {
            **CORS,
            "access-control-allow-methods": "POST, OPTIONS",
            "access-control-allow-headers": (
                asked if _HEADER_NAMES.fullmatch(asked) else "content-type, authorization"
            ),
            "access-control-max-age": "86400",  # a day, of which browsers keep what they like
            "vary": "access-control-request-headers",
        },
        "body": "",
    }


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
    return RefusedError("too_large", f"the body is larger than {most:,} bytes", status=413)
