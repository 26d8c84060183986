"""Calls of the shop's own webhooks: one POST, signed, to an https address that leads nowhere inside.

Signed as Standard Webhooks has it (https://www.standardwebhooks.com), for which there are libraries: `webhook-id` is
the same however often it is told, `webhook-timestamp` are seconds, and `webhook-signature` has a signature by each of
our secrets, so that one can be replaced.

The address is a marketer's to choose, so it must lead to nothing that only we can reach: its name is looked up once,
each address that it has must be one of the public internet, and what is connected to is the address that was looked at.
Nothing is followed, and of the answer only its first line is read, within `DEADLINE`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import IPv4Address
from time import monotonic  # noqa: TID251 - how long the network takes, which no clock of ours can turn
from urllib.parse import urlsplit

from shared.adapters.secrets import OUTGOING, UnreadableSecretError, secrets
from shared.domain.events import SECOND, Instant

DEADLINE = 8
"""Seconds for all of a call."""
MAX_LINE = 1_000  # bytes of the answer's first line
PREFIX = "whsec_"

Post = Callable[[str, Mapping[str, str], bytes], int]
"""Sends a body to a URL with these headers; gives the status that was answered. NotTakenError: none was."""

_post: Post | None = None


class NotTakenError(Exception):
    """The webhook has not taken it; says why, in a few words."""


def use(post: Post | None) -> None:
    """Has `call` send by `post` from here on (None: over the network). The local run calls nobody."""
    global _post  # noqa: PLW0603 - as the clock
    _post = post


def call(url: str, id_: str, body: bytes, now: Instant) -> None:
    """NotTakenError: it has to be tried again. UnreadableSecretError: there is nothing to sign it with."""
    headers = {"content-type": "application/json", "user-agent": "Beckon", **signed(id_, body, now)}
    status = (_post or post)(url, headers, body)
    if not 200 <= status < 300:
        raise NotTakenError(f"it answered {status}")


def signed(id_: str, body: bytes, now: Instant) -> dict[str, str]:
    """The headers that say who it is from."""
    at = str(now // SECOND)
    told = b".".join((id_.encode(), at.encode(), body))
    keys = [_key(secret) for secret in secrets(OUTGOING)]
    if not keys:
        raise UnreadableSecretError("secret webhook_secrets: there is none")
    made = (base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode() for key in keys)
    return {
        "webhook-id": id_,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in made),
    }


def problem(now: Instant) -> str | None:
    """What is wrong with the secrets that it is signed with."""
    try:
        signed("", b"", now)
    except UnreadableSecretError as error:
        return str(error)
    return None


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or len(key) < 24:
        raise UnreadableSecretError(f"secret webhook_secrets: has to be {PREFIX} and 24 bytes or more in base64")
    return key


# ── over the network ──


def post(url: str, headers: Mapping[str, str], body: bytes, *, context: ssl.SSLContext | None = None) -> int:
    """As `Post`."""
    until = monotonic() + DEADLINE
    try:
        with connected(url, until, context) as connection:
            connection.sendall(_request(url, headers, body))
            return _status(connection, until)
    except TimeoutError as error:
        raise NotTakenError(f"it did not answer within {DEADLINE} seconds") from error
    except ssl.SSLError as error:
        raise NotTakenError(f"no secure connection: {error.reason or type(error).__name__}") from error
    except OSError as error:
        raise NotTakenError(f"no connection: {type(error).__name__}") from error


@contextmanager
def connected(url: str, until: float, context: ssl.SSLContext | None = None) -> Iterator[ssl.SSLSocket]:
    """A connection to an https address that leads nowhere inside, which waits no longer than `until` (of `monotonic`).
    NotTakenError, TimeoutError, OSError."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https" or not host:
        raise NotTakenError("it is no https address")
    address = public_address(host, port)
    with socket.create_connection((address, port), timeout=left(until)) as plain:
        plain.settimeout(left(until))
        with (context or ssl.create_default_context()).wrap_socket(plain, server_hostname=host) as connection:
            connection.settimeout(left(until))
            yield connection


def public_address(host: str, port: int) -> str:
    """The IPv4 address to connect to (a Lambda has no way out by IPv6). NotTakenError: one that the name has is none of
    the public internet, so none of them is trusted."""
    found = socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    if not addresses:
        raise NotTakenError("its name leads nowhere")
    for address in addresses:
        ip = IPv4Address(address)
        if not ip.is_global or ip.is_multicast:
            raise NotTakenError("its name leads to an address that is not public")
    return addresses[0]


def _request(url: str, headers: Mapping[str, str], body: bytes) -> bytes:
    parts = urlsplit(url)
    path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    own = {"host": parts.netloc, "connection": "close", "content-length": str(len(body))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in {**own, **headers}.items())]
    if any(not line.isascii() or not line.isprintable() for line in lines):
        raise NotTakenError("its address has letters that an address may not have")
    return "\r\n".join([*lines, "", ""]).encode() + body


def _status(connection: ssl.SSLSocket, until: float) -> int:
    answer = b""
    while b"\n" not in answer and len(answer) < MAX_LINE:
        connection.settimeout(left(until))
        received = connection.recv(MAX_LINE)
        if not received:
            break
        answer += received
    words = answer.split(b"\n", 1)[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit() or len(words[1]) != 3:
        raise NotTakenError("its answer is none of HTTP")
    return int(words[1])


def left(until: float) -> float:
    """Seconds that are left. TimeoutError: none are."""
    seconds = until - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
