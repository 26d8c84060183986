"""Copies of emails, as they were sent: kept in the message's own item, so that each can be shown again, to the byte,
whatever has become of its template, the prices and the contact since.

An email is mostly the same HTML as every other: compressed against a dictionary (an email of ours, in
shared/definitions/copies) a copy takes half a kilobyte or one, less than what it was made of would. A dictionary never
changes, or what was kept with it could not be read; a new one gets the next number. The links that act for the contact
are no part of a copy: where their token stood stands `COPY`.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from shared.domain.templates import places

if TYPE_CHECKING:  # Liquid is not needed to show an email again
    from shared.adapters.templates import Rendered

NEWEST = 1
COPY = "copy-of-an-email"
MAX_BYTES = 60_000
"""Of a copy. What is larger, by hundreds of products, is not kept: an item has to stay small."""


@dataclass(frozen=True, slots=True)
class Copy:
    subject: str
    html: str
    text: str


def made(rendered: Rendered, *tokens: str) -> bytes:
    """The copy of an email, without these tokens; empty: it is too large to be kept."""
    parts = [rendered.subject, places.unmarked(rendered.html), rendered.text]
    for token in tokens:
        parts = [part.replace(token, COPY) for part in parts]
    packing = zlib.compressobj(level=6, zdict=_dictionary(NEWEST))
    body = bytes([NEWEST]) + packing.compress("\0".join(parts).encode()) + packing.flush()
    return body if len(body) <= MAX_BYTES else b""


def read(body: bytes) -> Copy:
    unpacking = zlib.decompressobj(zdict=_dictionary(body[0]))
    subject, html, text = (unpacking.decompress(body[1:]) + unpacking.flush()).decode().split("\0")
    return Copy(subject, html, text)


_LINKS = re.compile(rf"https?://[^\s\"'<>]*/{COPY}[^\s\"'<>]*")


def with_links_to(text: str, address: str) -> str:
    """A part of a copy in which all that acted for the contact leads to one address."""
    return _LINKS.sub(lambda _: address, text)


@cache
def _dictionary(number: int) -> bytes:
    return resources.files("shared").joinpath("definitions", "copies", f"{number}.html").read_bytes()
