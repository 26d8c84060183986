"""What is searched, filtered and sorted in a list stands in its address: Back finds it, and whoever is sent it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local import launching
from shared.adapters import clock
from shared.domain.events import MINUTE
from tests.browser.chromium import EXECUTABLE, Page
from tests.integration.shop import Shop
from tests.integration.test_drafts import CAMPAIGN, FORM

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop(launching.FIRST)
    made.customer(1, orders=1)
    for path, body in (("/forms", FORM), ("/forms", {**FORM, "id": "popup", "name": "Pop-up", "style": "popup"})):
        assert made.ask("POST", path, body)[0] == 201
    for number in range(3):
        assert made.ask("POST", "/campaigns", {**CAMPAIGN, "id": f"c{number}", "name": f"Campaign {number}"})[0] == 201
    for pool in ("spring", "win_back"):
        assert made.ask("PUT", f"/coupons/{pool}", {"low": 5})[0] == 200
    for name in ("one", "two"):
        assert made.ask("POST", "/keys", {"name": name, "role": "viewer" if name == "one" else "editor"})[0] in (
            200,
            201,
        )
    made.passes(MINUTE)
    yield made
    clock.use(None)


ROWS = "[...document.querySelectorAll('main tbody th')].map((each) => each.innerText.split('\\n')[0].trim())"
LISTS = {
    "journeys?q=cart&sort=sent": ["Abandoned cart draft", "Low stock draft", "Price drop draft"],
    "journeys?state=live&q=win": ["Win-back live"],
    "emails?q=welcome+back": ["Welcome back"],
    "emails?kind=transactional&sort=used": [],
    "forms?style=popup": ["Pop-up"],
    "forms?state=off&sort=name": ["News", "Pop-up"],
    "campaigns?state=draft": ["Campaign 0", "Campaign 1", "Campaign 2"],
    "campaigns?state=done": [],
    "keys?role=editor": ["two"],
    "keys?q=o&sort=used": ["one", "two"],
    "changes?action=%2Fkeys": [],
    "coupons?stock=empty&q=win": ["win_back empty"],
    "segments?q=at+risk": [],
}


@pytest.mark.parametrize("place", LISTS)
def test_an_address_shows_the_list_that_it_says_and_back_finds_it_again(page: Page, base: str, place: str) -> None:
    page.open("about:blank")
    page.open(f"{base}#/{place}")
    page.wait("document.querySelector('main select') && !document.querySelector('[aria-busy=true]')")
    rows = page.run(ROWS)
    assert rows == LISTS[place] or LISTS[place] == []
    said = dict(each.split("=") for each in place.split("?")[1].split("&"))
    chosen = page.run(
        "[...document.querySelectorAll('main select, main input[type=search]')].map((each) => each.value)"
    )
    for value in said.values():
        assert value.replace("+", " ").replace("%2F", "/") in chosen
    page.run("location.hash = '#/requests'")
    page.wait_for("by law")
    page.run("history.back()")
    page.wait("document.querySelector('main h1')?.innerText !== 'Requests'")  # until then it is the page from before
    page.wait("document.querySelector('main select') && !document.querySelector('[aria-busy=true]')")
    assert page.run(ROWS) == rows
    assert page.run("location.hash") == f"#/{place}"


def test_what_is_chosen_stands_in_the_address(page: Page, base: str) -> None:
    page.open("about:blank")
    page.open(f"{base}#/journeys")
    page.wait_for("Abandoned cart")
    page.run("document.querySelector('main input[type=search]').focus()")
    page.call("Input.insertText", text="cart")
    page.wait("location.hash === '#/journeys?q=cart'")
    page.run(
        """(() => { const choice = document.querySelector('main select'); choice.value = 'live';
        choice.dispatchEvent(new Event('change', { bubbles: true })); })()"""
    )
    page.wait("location.hash === '#/journeys?q=cart&state=live'")
    page.wait_for("is like this.")
    page.run("[...document.querySelectorAll('main button')].find((each) => each.innerText === 'Show all').click()")
    page.wait("location.hash === '#/journeys'")
    page.run("document.querySelector('nav a[href=\"#/journeys\"]').click()")
    page.wait_for("Abandoned cart")


def test_a_table_is_as_wide_as_what_it_says(page: Page, base: str, shop: Shop) -> None:
    """Its last column gets its share: a day and an hour stand on one line where there is room for them."""
    page.size(1200)
    page.open(f"{base}#/forms")
    page.wait_for("Pop-up")
    lines = """[...document.querySelectorAll('main tbody time')].map((each) => each.getClientRects().length)"""
    assert page.run(lines) == [1, 1]
