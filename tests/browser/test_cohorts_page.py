"""Cohorts and the funnel in a real browser: a cell leads to its people, and what has not come is not low."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.browser.test_states import SMALL
from tests.integration.shop import Shop
from tests.integration.test_cohorts import played

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]
CELLS = """[...document.querySelectorAll('main tbody tr')].map((row) =>
    [...row.querySelectorAll('th, td')].map((each) => each.innerText))"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield played()
    clock.use(None)


def look(page: Page, base: str, place: str, says: str) -> None:
    page.open("about:blank")
    page.open(f"{base}#/reports/{place}")
    page.wait_for(says)


def test_a_cell_says_its_share_and_leads_to_its_people(page: Page, base: str, shop: Shop) -> None:
    look(page, base, "cohorts", "history begins")
    newest, _, oldest = page.run(CELLS)
    assert newest[:3] == ["Jan 2026", "1", "not yet"]
    assert newest[3:] == ["", ""]
    assert oldest[1:] == ["1", "100 %", "0 %", "not yet"]
    page.run("document.querySelector('main .heat a').click()")
    page.wait_for(", ordered in it")
    assert page.run("document.querySelectorAll('main tbody tr').length") == 1
    look(page, base, "cohorts?show=spent&by=sign_up", "4 people in all")
    assert "not yet" in page.text()


def test_nobody_has_had_the_days_yet(page: Page, base: str, shop: Shop) -> None:
    look(page, base, "funnel", "Nobody has had 90 days yet.")
    assert "3 people have signed up later and are not in these figures yet." in page.text()
    assert "1 other had ordered before they signed up." in page.text()
    assert "not yet" in page.text()
    page.run("document.querySelector('.switch button').click()")
    page.wait_for("Of 1 who have had 30 days, 1 ordered and 0 ordered again.")
    page.run("document.querySelectorAll('main tbody tr')[3].querySelector('a').click()")
    page.wait_for("Ordered within 30 days")
    page.wait("document.querySelectorAll('main tbody tr').length === 1")


@pytest.mark.parametrize("place", ["cohorts", "funnel"])
def test_axe_finds_nothing_on_a_telephone_either(page: Page, base: str, shop: Shop, axe: str, place: str) -> None:  # noqa: F811
    for dark, width in ((False, 1200), (True, 1200), (False, 390)):
        page.dark(dark)
        page.size(width)
        look(page, base, place, "not yet")
        page.run(axe)
        assert page.run(LOOK) == []
        assert page.run(SMALL) == []
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
    page.size(1200)
    page.dark(False)
