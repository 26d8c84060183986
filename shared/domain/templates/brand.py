"""The brand as templates know it: a variable each, so that a new colour or logo reaches all emails at once, and nothing
is compiled again."""

from __future__ import annotations

from shared.domain.events import Json
from shared.domain.settings import Brand

FONTS = {
    "system": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "sans": "Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
}


def brand_variables(brand: Brand) -> dict[str, Json]:
    """What templates know as `brand`. Every name is always there."""
    return {
        **{
            name: getattr(brand, name)
            for name in ("accent", "accent_text", "page", "card", "heading", "text", "muted", "footer")
        },
        "font": FONTS[brand.font],
        "heading_font": FONTS[brand.heading_font],
        "logo": None if brand.logo is None else brand.logo.url,
        "logo_alt": None if brand.logo is None else brand.logo.alt,
        "logo_width": None if brand.logo is None else brand.logo.width,
        "social": [{"name": link.name, "url": link.url} for link in brand.social],
    }
