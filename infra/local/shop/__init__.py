"""The shop that is played: its sample, its made-up people, and what its storefront tells."""

from pathlib import Path

PICTURES = Path(__file__).parent / "pictures"
"""What its products look like: one drawing a category, `home-decor.svg`; `gift.svg` for what has none."""
PICTURES_URL = "https://shop.example.com/pictures"
"""Where its storefront says that they are. There is no such place: the mailbox shows them out of the folder."""


def picture_of(category: str) -> str:
    """The address of a product's picture."""
    name = category.lower().replace(" ", "-")
    return f"{PICTURES_URL}/{name if (PICTURES / f'{name}.svg').exists() else 'gift'}.png"
