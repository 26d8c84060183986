"""Tokens in the links of an email: who may do what about which contact, signed, and with no address in them.

base64url of a MAC and `2.purpose.key.issued.contact.topic.message`, where `key` names the one it is signed with: the
secret `token_key` can be a list while it is rotated, of which the first signs, and all are good. A token is good for
its own purpose only: a copy of an email that somebody may look at unsubscribes nobody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shared.adapters.secrets import keys
from shared.domain.events import DAY, SECOND, Instant

VERSION = "2"
OLDER = "1"
"""`1.contact.topic.message`: for consent, signed with a key that is not named, nobody knows when."""
MAC_BYTES = 16  # half of SHA-256: as much as RFC 2104 asks for, and the links stay short
MAX_CHARACTERS = 1000

Purpose = Literal["consent", "confirm", "address", "download", "view", "form"]
"""consent: unsubscribes, shows the preferences, answers a question. confirm: a sign-up. address: a change of address.
download: what is known of the contact. view: the email in the browser. form: one sign-up by a form, whose id is in the
place of the topic, with a number that is used once in that of the message."""

VALID_FOR: Mapping[Purpose, Instant] = {
    "confirm": 7 * DAY,
    "address": 3 * DAY,
    "download": 3 * DAY,
    "form": DAY,
}
"""The others do not expire: an unsubscribe link has to work for as long as somebody keeps the email."""
PREFERENCES_FOR = 30 * DAY
"""How long a token for consent opens the preference page, too, which says more than a forwarded email should."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a link is for. `topic`: what the email is about (empty: about none); `message`: its key; `issued`: when, to
    the second (0: not known)."""

    contact: str
    topic: str
    message: str
    purpose: Purpose = "consent"
    issued: Instant = 0

    def has_expired(self, now: Instant) -> bool:
        """Whether it is too old for its purpose."""
        return now >= self.issued + VALID_FOR[self.purpose] if self.purpose in VALID_FOR else False

    def opens_preferences(self, now: Instant) -> bool:
        return self.purpose == "consent" and now < self.issued + PREFERENCES_FOR


def issue(token: Token) -> str:
    """The token as text for a URL."""
    return _signed(_payload(token, key := keys("token_key")[0]), key)


def read(text: str, purpose: Purpose = "consent") -> Token | None:
    """The token that was issued as exactly this text for this purpose; None when none was. It may have expired."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        version, *parts = payload = base64.urlsafe_b64decode(padded)[MAC_BYTES:].decode("ascii").split(".")
        if version == VERSION:
            told, named, issued, contact, topic, message = parts
            token = Token(contact, topic, message, purpose, int(issued, 16) * SECOND)
            signing = [key for key in keys("token_key") if _name(key) == named]
        else:
            told, (contact, topic, message) = "consent", parts
            token, signing = Token(contact, topic, message), keys("token_key") if version == OLDER else []
    except (binascii.Error, ValueError):
        return None
    # Compared as text: base64 can be written in several ways, and only ours is good.
    good = any(hmac.compare_digest(_signed(".".join(payload), key), text) for key in signing)
    return token if good and told == purpose else None


def _payload(token: Token, key: str) -> str:
    issued = f"{token.issued // SECOND:x}"
    return ".".join((VERSION, token.purpose, _name(key), issued, token.contact, token.topic, token.message))


def _name(key: str) -> str:
    """What a key is called in the tokens that it signs."""
    return hashlib.sha256(key.encode()).hexdigest()[:4]


def _signed(payload: str, key: str) -> str:
    mac = hmac.digest(key.encode(), payload.encode(), hashlib.sha256)[:MAC_BYTES]
    return base64.urlsafe_b64encode(mac + payload.encode()).decode().rstrip("=")
