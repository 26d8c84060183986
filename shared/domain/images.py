"""The shop's pictures for its emails: what one has to be, so that every mail program shows it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from shared.domain.events import Instant, Strict

ENDINGS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
"""What Outlook shows, too: it knows neither WebP nor SVG."""
MAX_BYTES = 1_000_000
"""Of a picture. Who reads on a phone waits for each."""
MAX_WIDTH, MIN_WIDTH = 2_400, 16
"""In pixels. An email is 600 wide, and sharp screens show twice as many."""


class Image(Strict):
    """A picture at its address. `alt` is what it shows, for who cannot see it; `name` how the shop finds it again."""

    id: str
    url: str
    name: Annotated[str, Field(min_length=1, max_length=120)]
    alt: Annotated[str, Field(min_length=1, max_length=300, pattern=r"\S")]
    width: int
    height: int
    bytes: int
    at: Instant
    by: str

    @property
    def shown_width(self) -> int:
        """How wide an email shows it: half of its pixels, for screens that have two for one, where there are enough."""
        return min(self.width if self.width <= 600 else self.width // 2, 600)


class Images(Strict):
    """All of them, the newest last."""

    number: int = 0
    images: tuple[Image, ...] = ()


def problem(ending: str | None, width: int, height: int, size: int) -> str | None:
    """What speaks against a picture, and what to do; None when nothing does. `ending`: None where it is no picture."""
    if ending is None:
        return "this is no PNG, JPEG or GIF: mail programs show no others (Outlook knows neither WebP nor SVG)"
    if size > MAX_BYTES:
        return f"it is {size / 1_000_000:.1f} MB, and an email’s picture may have 1 MB: save it smaller, or as JPEG"
    if not MIN_WIDTH <= width <= MAX_WIDTH or height < 1:
        return f"it is {width} pixels wide: an email shows 600, so make it 1200 (at most {MAX_WIDTH:,})"
    return None
