"""Objectives on their pages: made from a ready one, shown, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.domain.events import DAY, MINUTE
from tests.browser.acting import press, write
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.nights import a_night
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    for number in range(1, 6):
        shop.customer(number, orders=1)
    shop.passes(DAY)
    a_night(shop, "ReportsWorkflow", "one", again=True)
    shop.passes(2 * MINUTE)
    yield shop
    clock.use(None)


def test_one_is_made_shown_changed_and_deleted(page: Page, base: str, axe: str) -> None:  # noqa: F811
    page.open(f"{base}#/objectives")
    page.wait_for("There is none yet.")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'Repeat purchases').click()")
    page.wait("document.querySelector('[name=like]')?.value === 'repeat_orders'")
    page.run(axe)
    assert page.run(LOOK) == []
    write(page, "[name=owner]", "Mara")
    press(page, "Go on")
    page.wait_for("To be reached".lower())
    assert page.run("location.hash") == "#/objectives/more_repeat_purchases"
    assert "More repeat purchases" in page.text()
    page.run(axe)
    assert page.run(LOOK) == []
    page.run("document.querySelector('[name=how]').value = 'absolute'")
    write(page, "[name=number]", "40")
    page.wait_for("Saved ")  # by itself, and holds not yet
    page.open("about:blank")
    page.open(f"{base}#/objectives/more_repeat_purchases")
    page.wait("document.querySelector('[name=number]')?.value === '40'")
    press(page, "Save")
    page.wait("[...document.querySelectorAll('.counts dd')].some((each) => each.innerText === '40 %')")
    page.size(390, 844)
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
    press(page, "Delete")
    page.wait("document.querySelector('#confirm').open")
    page.run("document.querySelector('#confirm button[value=yes]').click()")
    page.wait_for("There is none yet.")
