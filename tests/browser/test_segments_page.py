"""The pages of segments in a real browser, over the whole local run: from a draft to who is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local import launching
from shared.adapters import clock
from shared.domain.events import DAY, HOUR
from tests.browser.acting import press
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_admin_page import FAINT
from tests.browser.test_journeys_page import confirm
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Customers of some weeks, so that some are about to leave segments."""
    made = Shop(launching.FIRST)
    for number in range(1, 8):
        made.customer(number, orders=number % 3)
        made.passes(3 * DAY + HOUR)
    yield made
    clock.use(None)


def rows(page: Page) -> dict[str, list[str]]:
    """What the table says of each segment, by its name."""
    told: list[list[str]] = page.run(
        "[...document.querySelectorAll('table tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))"
    )
    return {cells[0].split("\n")[0].strip(): cells for cells in told}


def test_all_segments_are_listed_with_their_share_and_what_to_mend(page: Page, base: str) -> None:
    page.open(f"{base}#/segments")
    page.wait_for("Nobody enters")
    told = rows(page)
    assert told["Customers"][0] == "Customers\nPeople who have ordered, whenever that was."
    assert told["Customers"][1].split() == ["5", "71", "%"]
    assert page.run("document.querySelectorAll('table svg.line').length") == len(told)
    assert "At risk" not in told  # nobody is in it: a template
    assert "to start from: they ship with Beckon" in page.text()
    assert "Suggestions\nNearly the same" in page.text().replace("\n\n", "\n")
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert "“New subscribers” has 7 contacts." in page.text()


def test_the_list_is_searched_and_sorted_and_says_so_in_its_address(page: Page, base: str) -> None:
    page.open(f"{base}#/segments")
    page.wait_for("Nobody enters")
    sizes = [int(cells[1].split()[0].replace(",", "")) for cells in rows(page).values()]
    assert sizes == sorted(sizes, reverse=True)
    page.run("document.querySelector('search input').focus()")
    page.call("Input.insertText", text="subscribe")
    page.wait("location.hash === '#/segments?q=subscribe'")
    assert set(rows(page)) < {"New subscribers", "Subscribers", "Subscribed, never ordered", *rows(page)}
    page.open("about:blank")
    page.open(f"{base}#/segments?q=at+risk&sort=name")
    page.wait_for("Nobody enters")
    assert page.run("document.querySelector('search input').value") == "at risk"
    assert page.run("document.querySelector('.templates').open")
    page.run("[...document.querySelectorAll('.templates a.button')][0].click()")
    page.wait_for("People who match")
    page.wait("document.querySelector('#segment-name').value === 'Copy of At risk'")


def test_whoever_goes_back_finds_the_page_where_they_left_it(page: Page, base: str) -> None:
    page.open(f"{base}#/segments")
    page.wait_for("Nobody enters")
    page.run("scrollTo(0, 300)")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'Customers').click()")
    page.wait_for("For everybody at once")
    assert page.run("scrollY") == 0
    assert page.run("document.activeElement.innerText") == "Customers"
    page.run("history.back()")
    page.wait_for("Nobody enters")
    page.wait("scrollY === 300")


def test_a_version_says_what_it_changed_and_is_restored(page: Page, base: str, shop: Shop) -> None:
    for least in (1, 2):
        shop.publish("versioned", {"kind": "orders", "at_least": least})
    page.open(f"{base}#/segments/versioned")
    page.wait_for("For everybody at once")
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    page.wait("document.querySelector('.difference')")
    assert '"at_least": 1' in page.run("document.querySelector('.difference .bad').innerText")
    assert '"at_least": 2' in page.run("document.querySelector('.difference .good').innerText")
    page.run("[...document.querySelectorAll('main button')].find((each) => each.innerText === 'Restore').click()")
    page.wait("location.hash === '#/segments/versioned/edit'")
    page.wait("document.querySelector('#segment-name')")
    assert shop.ask("GET", "/segments/versioned")[1]["draft"]["definition"]["when"]["at_least"] == 1


def test_a_segment_is_deleted_by_its_button(page: Page, base: str, shop: Shop) -> None:
    shop.publish("short_lived", {"kind": "orders"})
    page.open(f"{base}#/segments/short_lived")
    page.wait_for("For everybody at once")
    press(page, "Delete this segment")
    confirm(page)
    page.wait("location.hash === '#/segments'")
    assert shop.ask("GET", "/segments/short_lived")[0] == 404


def test_a_segment_shows_what_the_next_days_bring(page: Page, base: str) -> None:
    page.open(f"{base}#/segments/new_subscribers")
    page.wait_for("For everybody at once")
    text = page.text()
    assert "Somebody who subscribed to marketing email in the last 30 days for the first time in 365 days." in text
    assert "0 enter, 7 leave: from 7 to 0." in text
    assert page.run("document.querySelectorAll('.flow .leaving').length") > 30
    assert (
        page.run("[...document.querySelectorAll('.flow rect.leaving')].filter((b) => b.height.baseVal.value).length")
        == 7
    )
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert "AS in_new_subscribers" in page.text()


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_a_small_telephone_and_all_text_stands_out(page: Page, base: str, dark: bool) -> None:
    page.size(400)
    page.dark(dark)
    for place, last in (
        ("#/segments", "Nobody enters"),
        ("#/segments/new_subscribers", "For everybody at once"),
        ("#/new-segment", "People who match"),
        ("#/segments/inactive/edit", "Somebody who"),
    ):
        page.open("about:blank")
        page.open(base + place)
        page.wait_for(last)
        page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        assert page.run("document.documentElement.scrollWidth") == 400, place
        assert page.run(FAINT) == []


def test_the_clock_is_on_every_page_and_one_turns_it_there(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/operations")
    page.wait_for("What keeps the shop’s email running")
    page.wait("document.querySelector('.local time').innerText !== ''")
    before = shop.system.world.now()
    page.run("[...document.querySelectorAll('.local button')].find((each) => each.innerText === '+1 day').click()")
    page.wait("document.querySelector('.local').innerText.includes('went out meanwhile')")
    assert shop.system.world.now() >= before + DAY
    for place in ("/", "/mailbox"):
        page.open(base.removesuffix("/admin/") + place)
        page.wait("document.querySelector('.local time')?.innerText")
