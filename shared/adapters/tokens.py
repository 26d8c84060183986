"""Tokens in the links of a mail: who may change which contact's consent, signed, and with no address in them.

base64url of a MAC and `version.contact.topic.message`. They do not expire: an unsubscribe link has to work for as long
as somebody keeps the mail.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from shared.adapters.secrets import secret

VERSION = "1"
MAC_BYTES = 16  # half of SHA-256: as much as RFC 2104 asks for, and the links stay short
MAX_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Token:
    """What a link is for: the contact's consent to a topic, in answer to a message (its key)."""

    contact: str
    topic: str
    message: str


def issue(token: Token) -> str:
    """The token as text for a URL."""
    payload = f"{VERSION}.{token.contact}.{token.topic}.{token.message}".encode()
    mac = hmac.digest(secret("token_key").encode(), payload, hashlib.sha256)[:MAC_BYTES]
    return base64.urlsafe_b64encode(mac + payload).decode().rstrip("=")


def read(text: str) -> Token | None:
    """The token that was issued as exactly this text; None when none was."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        version, contact, topic, message = base64.urlsafe_b64decode(padded)[MAC_BYTES:].decode("ascii").split(".")
    except (binascii.Error, ValueError):
        return None
    token = Token(contact, topic, message)
    # Compared as text: base64 can be written in several ways, and only ours is good.
    return token if version == VERSION and hmac.compare_digest(issue(token), text) else None
