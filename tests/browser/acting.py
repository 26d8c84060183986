"""What a person does on the operators' page: the steps that its tests have in common."""

from __future__ import annotations

from tests.browser.chromium import Page
from tests.integration.shop import Shop


def press(page: Page, button: str) -> None:
    page.run(f"[...document.querySelectorAll('main button')].find((each) => each.innerText === '{button}').click()")


def write(page: Page, selector: str, text: str) -> None:
    page.run(f"document.querySelector('{selector}').select()")
    page.call("Input.insertText", text=text)


def passes(shop: Shop, time: int) -> None:
    with shop.system.world.lock:
        shop.passes(time)
