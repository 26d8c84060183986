"""The shipped emails as a mail client shows them: filled in for a made-up shop, in a real browser."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from infra.local.shop import PICTURES
from shared.adapters import ready_templates, template_definitions, templates
from shared.adapters.templates import Rendered
from shared.domain.events import Json
from shared.domain.settings import Brand
from shared.domain.templates.brand import brand_variables
from tests.browser.chromium import Page

SHOP = "https://shop.example.com"
IDS = template_definitions.shipped_ids()


def product(title: str, picture: str | None, price: str, quantity: int = 1) -> dict[str, Json]:
    url = f"{SHOP}/products/{title.lower().replace(',', '').replace(' ', '-')}"
    image = None if picture is None else f"{SHOP}/pictures/{picture}.png"
    return {"title": title, "url": url, "image": image, "price": price, "quantity": quantity}


MUG = product("Breakfast mug, terracotta stripe", "kitchenware", "£12.50", 2)
CANDLE = product("Vanilla candle", "candles", "£9.00")
BAG = product("Red retrospot tote bag", "bags", "£14.95")
NOTEBOOK = product("Notebook and pencil set", "stationery", "£7.50")
CLOCK = product("Alarm clock, bakelike green", "home-decor", "£11.25")
GLOVES = product("Garden gloves, sage", "gardening", "£8.75")
BEAR = product("Teddy bear with a red bow", "toys", "£16.50")
TIN = product("Set of three cake tins, pantry design", "kitchenware", "£14.50")


def variables(brand: Brand | None = None, **others: Json) -> dict[str, Any]:
    """What an email to somebody says of whom we know much; `others` take the place of what it has."""
    shown = templates.example()
    shown["shop"] |= {"name": "The Corner Gift Shop", "address": "1 Example Street, London E1 1AA, United Kingdom"}
    shown["brand"] = brand_variables(brand or Brand())
    shown["contact"] |= {"interest": "candles", "categories": ["Kitchenware", "Candles"]}
    shown["cart"] |= {"products": [MUG, CANDLE], "total": "£34.00"}
    shown["order"] |= {"products": [{**MUG, "quantity": 1}, CANDLE]}
    shown["viewed"] |= {"products": [BAG, NOTEBOOK, CANDLE, {**MUG, "quantity": 1}]}
    shown["recommended"] |= {"products": [CLOCK, GLOVES, BEAR, TIN]}
    shown["goes_with"] |= {"products": [TIN, CLOCK]}
    shown["product"] |= {**BAG, "each": [BAG], "old_price": "£19.95"}
    return {**shown, **others}


def rendered(id_: str, said: Mapping[str, Any]) -> Rendered:
    source = ready_templates.source(template_definitions.shipped(id_).compiled["en"])
    return templates.render(templates.parse(source), said)


def show(page: Page, html: str, *, pictures: bool = True) -> None:
    """Puts the email on the page, with the shop's pictures or without any."""
    frame = page.call("Page.getFrameTree")["frameTree"]["frame"]["id"]
    page.call("Page.setDocumentContent", frameId=frame, html=_with_pictures(html) if pictures else html)
    page.wait("document.readyState === 'complete' && [...document.images].every((each) => each.complete)")


def _with_pictures(html: str) -> str:
    return re.sub(rf"{SHOP}/pictures/([\w-]+)\.png", lambda match: _picture(match[1]), html)


@cache
def _picture(name: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode((PICTURES / f'{name}.svg').read_bytes()).decode()}"
