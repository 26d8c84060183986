"""Pools of coupon codes on their pages: made, filled, watched, changed; by keys alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from tests.browser.acting import press, write
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_admin_page import FAINT
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield (made := Shop())
    assert made
    clock.use(None)


def test_a_pool_is_made_filled_and_runs_low(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/coupons")
    page.wait_for("No pool yet.")
    page.run("document.querySelector('#pool-name').focus()")
    page.call("Input.insertText", text="Win back")
    page.wait_for("{{ coupon.win_back }}")
    write(page, "input[name=days]", "30")
    write(page, "input[name=low]", "3")
    page.press("Enter", 13, "\r")
    page.wait_for("No code is left")
    assert page.run("location.hash") == "#/coupons/win_back"
    write(page, "#codes", "BACK-1, BACK-2\nBACK-3\nback-1")
    page.wait_for("Add 4 codes")
    press(page, "Add 4 codes")
    page.wait("document.querySelector('.counts dd').innerText === '3'")
    write(page, "#codes", "BACK-3 BACK 4!")
    press(page, "Add 3 codes")
    page.wait("document.querySelector('.bad') !== null")
    page.complaints.clear()  # of what was refused
    write(page, "input[name=low]", "9")
    press(page, "Save")
    page.wait_for("running low")
    with shop.system.world.lock:
        pool = shop.ask("GET", "/coupons/win_back")[1]
    assert (pool["left"], pool["days"], pool["low"]) == (3, 30, 9)


def test_a_pool_is_duplicated_and_one_code_is_for_all(page: Page, base: str) -> None:
    page.open(f"{base}#/coupons/win_back")
    page.wait_for("Duplicate")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'Duplicate').click()")
    page.wait_for("Another pool like win_back")
    assert page.run("document.querySelector('input[name=days]').value") == "30"
    write(page, "#pool-name", "Spring")
    write(page, "input[name=code]", "SPRING26")
    press(page, "Make it")
    page.wait_for("All get the code SPRING26.")
    assert "Add codes" not in page.text()


def test_two_who_change_one_pool_are_told(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/coupons/spring")
    page.wait_for("All get the code")
    with shop.system.world.lock:
        held = shop.ask("GET", "/coupons/spring")[1]
        told = shop.ask("PUT", "/coupons/spring", {"code": "SPRING26", "low": 5}, **{"if-match": held["etag"]})
        assert told[0] == 200
    write(page, "input[name=days]", "7")
    press(page, "Save")
    page.wait_for("omebody else has made or changed it meanwhile")
    page.complaints.clear()


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_a_small_telephone_and_all_text_stands_out(page: Page, base: str, dark: bool) -> None:
    page.size(320)
    page.dark(dark)
    for place, last in (("#/coupons", "win_back"), ("#/coupons/win_back", "Settings")):
        page.open("about:blank")
        page.open(base + place)
        page.wait_for(last)
        assert page.run("document.documentElement.scrollWidth") == 320, place
        assert page.run(FAINT) == []
