"""The brand as templates know it: a variable each, so that a new colour or logo reaches all emails at once, and nothing
is compiled again. So no email can be checked for the colours that it will have: whatever a shop chooses, each colour of
text is made so much darker or lighter that it can be read on what is behind it, and the dark colours are made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from shared.domain.events import Json
from shared.domain.settings import Brand
from shared.domain.templates.colours import mixed, readable

FONTS = {
    "system": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "sans": "Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
}

_CLEAR = 7.0
"""The contrast of what is mostly read (WCAG 2, level AAA)."""


@lru_cache(maxsize=8)
def brand_variables(brand: Brand) -> Mapping[str, Json]:
    """What templates know as `brand`. Every name is always there."""
    return {
        "accent": brand.accent,
        "accent_text": readable(brand.accent_text, brand.accent),
        "link": readable(brand.accent, brand.card),
        "page": brand.page,
        "page_heading": readable(brand.heading, brand.page, least=_CLEAR),
        "page_muted": readable(brand.muted, brand.page),
        "card": brand.card,
        "heading": readable(brand.heading, brand.card, least=_CLEAR),
        "text": readable(brand.text, brand.card, least=_CLEAR),
        "muted": readable(brand.muted, brand.card),
        "line": mixed(brand.card, brand.heading, 0.12),
        **_dark(brand),
        "footer": brand.footer,
        "font": FONTS[brand.font],
        "heading_font": FONTS[brand.heading_font],
        "logo": None if brand.logo is None else brand.logo.url,
        "logo_alt": None if brand.logo is None else brand.logo.alt,
        "logo_width": None if brand.logo is None else brand.logo.width,
        "social": [{"name": link.name, "url": link.url} for link in brand.social],
    }


def _dark(brand: Brand) -> dict[str, Json]:
    """The colours for who reads in the dark: nearly black and nearly white, with a touch of the accent."""
    page, card = mixed("#131313", brand.accent, 0.03), mixed("#1f1f1f", brand.accent, 0.05)
    accent = readable(brand.accent, card, page, least=5.5)
    return {
        "dark_page": page,
        "dark_card": card,
        "dark_heading": readable("#f5f3ee", card, page),
        "dark_text": readable("#d9d6cf", card, page),
        "dark_muted": readable("#a8a49c", card, page),
        "dark_line": mixed(card, "#ffffff", 0.16),
        "dark_accent": accent,
        "dark_accent_text": readable(page, accent),
    }
