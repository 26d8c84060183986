"""Where people go, in a real browser: a number leads to its people, by keyboard, on a telephone and for axe, too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.domain.events import DAY, MINUTE
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.browser.test_states import SMALL
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    for number in range(1, 5):
        shop.customer(number, orders=1 if number < 4 else 0)
    shop.passes(DAY)
    shop.order(1, 7)
    shop.order(2, 7)
    shop.passes(5 * MINUTE)
    yield shop
    clock.use(None)


def look(page: Page, base: str) -> str:
    page.open("about:blank")
    page.open(f"{base}#/reports/flows")
    page.wait_for("What each size has come of")
    return page.text()


def test_moves_are_drawn_and_told_and_lead_to_their_people(page: Page, base: str, shop: Shop) -> None:
    text = look(page, base)
    assert "First-time buyers" in text
    drawn = page.run("[...document.querySelectorAll('.flows figcaption strong')].map((each) => each.textContent)")
    assert "First-time buyers" in drawn
    rows = "[...document.querySelectorAll('section:nth-of-type(2) tbody tr')]"
    row = f"{rows}.find((each) => /^First-time buyers/.test(each.innerText))"
    cells = page.run(f"[...{row}.querySelectorAll('th, td')].map((each) => each.innerText.split('\\n')[0])")
    assert cells == ["First-time buyers", "0", "+3", "−2", "1"]
    page.run(f"{row}.querySelectorAll('td')[2].querySelector('a').click()")
    page.wait_for("First-time buyers: left, by what they did")
    page.wait_for("a row for each move")
    page.wait("document.querySelectorAll('main tbody tr').length === 2")
    assert page.run("document.querySelector('main tbody a').hash").startswith("#/contacts/")


def test_a_way_that_is_drawn_is_a_link_with_a_name(page: Page, base: str, shop: Shop) -> None:
    look(page, base)
    names = page.run("[...document.querySelectorAll('.flows svg a')].map((each) => each.getAttribute('aria-label'))")
    assert names
    assert all(": " in name and "move" in name for name in names)
    page.run("document.querySelector('.flows svg a').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    page.wait_for("a row for each move")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_a_telephone_either(page: Page, base: str, shop: Shop, axe: str, dark: bool) -> None:  # noqa: F811
    page.dark(dark)
    for width in (1200, 390):
        page.size(width)
        look(page, base)
        page.run(axe)
        assert page.run(LOOK) == []
        assert page.run(SMALL) == []
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
    page.size(1200)
    page.dark(False)
