"""The shop's pictures: taken in as they are, refused in words, and shown at their own addresses."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator

import pytest

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.screens import site
from shared.adapters import clock
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield Shop()
    clock.use(None)


def png(width: int, height: int, shade: int = 0) -> bytes:
    """A grey picture, as "PNG (Portable Network Graphics) Specification" has it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([shade]) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def sent(
    shop: Shop, content: bytes, alt: object = "A grey square", name: str = "square"
) -> tuple[int, dict[str, object]]:
    body = {"name": name, "alt": alt, "content": base64.b64encode(content).decode()}
    status, told = shop.ask("POST", "/images", body)
    assert isinstance(told, dict)
    return status, told


def test_a_picture_is_kept_and_shown_at_its_address(shop: Shop) -> None:
    status, kept = sent(shop, png(1200, 10))
    assert (status, kept["width"], kept["height"], kept["shown_width"]) == (201, 1200, 10, 600)
    path = "/" + str(kept["url"]).partition("://")[2].partition("/")[2]
    shown = site.answer(shop.system, Request("GET", path))
    assert shown is not None
    assert (shown.status, shown.headers["content-type"], shown.body) == (200, "image/png", png(1200, 10))
    assert gateway.public(shop.system, Request("GET", "/images/none.png")).status == 404


def test_the_same_content_is_one_picture_with_its_newest_words(shop: Shop) -> None:
    _, first = sent(shop, png(20, 20, 9), alt="A square")
    _, again = sent(shop, png(20, 20, 9), alt="A dark square")
    listed = [each for each in shop.ask("GET", "/images")[1]["images"] if each["id"] == first["id"]]
    assert first["url"] == again["url"]
    assert [each["alt"] for each in listed] == ["A dark square"]


@pytest.mark.parametrize(
    ("content", "alt", "field", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "x", "content", "no PNG, JPEG or GIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "x", "content", "no PNG, JPEG or GIF"),
        (b"\x89PNG\r\n\x1a\n", "x", "content", "no PNG, JPEG or GIF"),  # only its beginning
        (b"", "x", "content", "no PNG, JPEG or GIF"),
        (png(4000, 2), "x", "content", "4000 pixels wide"),
        (png(20, 20) + b"\0" * 1_000_000, "x", "content", "1 MB"),
        (png(20, 20), "", "alt", "what the picture shows"),
        (png(20, 20), None, "alt", "what the picture shows"),
        (png(20, 20), "x" * 301, "alt", "too long"),
    ],
)
def test_what_no_email_can_show_is_refused_in_words(
    shop: Shop, content: bytes, alt: object, field: str, said: str
) -> None:
    status, told = sent(shop, content, alt)
    assert (status, told["field"]) == (400, field)
    assert said in told["detail"]


def test_what_is_no_base64_is_refused(shop: Shop) -> None:
    for content in ("§", 7, None):
        status, told = shop.ask("POST", "/images", {"name": "n", "alt": "a", "content": content})
        assert (status, told["field"]) == (400, "content")
