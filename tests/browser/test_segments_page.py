"""The pages of segments in a real browser, over the whole local run: from a draft to who is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local import launching
from shared.adapters import clock
from shared.domain.events import DAY, HOUR
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_admin_page import FAINT
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


def test_all_segments_are_listed_in_words_with_what_to_mend(page: Page, base: str) -> None:
    page.open(f"{base}#/segments")
    page.wait_for("Nobody enters")
    text = page.text()
    assert "Customers\nPeople who have ordered, whenever that was.\nSomebody who has placed an order.\n\t5" in text
    assert [name for name in ("Lifecycle", "Behavioural", "Geographic", "Demographic") if name not in text] == []
    assert "Suggestions\nNearly the same" in text.replace("\n\n", "\n")  # and not what is left out of them: false
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert "“New subscribers” has 7 contacts." in page.text()


def test_whoever_goes_back_finds_the_page_where_they_left_it(page: Page, base: str) -> None:
    page.open(f"{base}#/segments")
    page.wait_for("Nobody enters")
    page.run("scrollTo(0, 900)")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'At risk').click()")
    page.wait_for("For everybody at once")
    assert page.run("scrollY") == 0
    assert page.run("document.activeElement.innerText") == "At risk"
    page.run("history.back()")
    page.wait_for("Nobody enters")
    page.wait("scrollY === 900")


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
