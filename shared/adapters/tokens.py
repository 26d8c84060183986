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
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.adapters.secrets import keys
from shared.domain.events import ALL, DAY, SECOND, Instant

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


# ── in an address to unsubscribe by email: at most 64 characters before the @, whatever case they come back in ──

MAC_OF_ADDRESS = 10


def issue_local_part(contact: str, topic: str) -> str | None:
    """What stands before the @ of the address that unsubscribes the contact from the topic; None: an id that is not
    made by us has no place in it."""
    if not _CONTACT.fullmatch(contact):
        return None
    said = bytes.fromhex(contact) + _short(topic)
    return f"u-{base64.b32encode(said + _mac_of_address(said, keys('token_key')[0])).decode().lower()}"


def read_local_part(text: str, topics: Iterable[str]) -> Token | None:
    """Whom it unsubscribes from which of the topics; from all, if it is none of these any more. None: it is not of our
    making."""
    match = re.fullmatch(r"u-([a-z2-7]{32})", text.lower())
    if match is None:
        return None
    decoded = base64.b32decode(match[1].upper())
    said, mac = decoded[:-MAC_OF_ADDRESS], decoded[-MAC_OF_ADDRESS:]
    if not any(hmac.compare_digest(_mac_of_address(said, key), mac) for key in keys("token_key")):
        return None
    topic = next((each for each in topics if _short(each) == said[-2:]), ALL)
    return Token(said[:-2].hex(), topic, "")


_CONTACT = re.compile(r"c[0-9a-f]{15}")


def _short(topic: str) -> bytes:
    return hashlib.sha256(topic.encode()).digest()[:2]


def _mac_of_address(said: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), b"unsubscribe by email " + said, hashlib.sha256)[:MAC_OF_ADDRESS]


def _payload(token: Token, key: str) -> str:
    issued = f"{token.issued // SECOND:x}"
    return ".".join((VERSION, token.purpose, _name(key), issued, token.contact, token.topic, token.message))


def _name(key: str) -> str:
    """What a key is called in the tokens that it signs."""
    return hashlib.sha256(key.encode()).hexdigest()[:4]


def _signed(payload: str, key: str) -> str:
    mac = hmac.digest(key.encode(), payload.encode(), hashlib.sha256)[:MAC_BYTES]
    return base64.urlsafe_b64encode(mac + payload.encode()).decode().rstrip("=")
