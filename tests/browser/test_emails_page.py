"""The pages of emails and campaigns in a real browser: words are changed, looked at, published; a segment gets them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.screens import mailbox
from shared.adapters import clock
from shared.domain.events import MINUTE
from tests.browser.acting import passes, press, put_in
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_journeys_page import confirm
from tests.browser.test_shop_page import fill
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    for number in range(1, 4):
        made.customer(number, orders=1)
    made.passes(10 * MINUTE)
    yield made
    clock.use(None)


@pytest.fixture(autouse=True)
def no_pictures(page: Page) -> Iterator[None]:
    """The example's pictures are nowhere."""
    yield
    page.complaints[:] = [each for each in page.complaints if "ERR_NAME_NOT_RESOLVED" not in each]


EMAIL = "(document.querySelector('iframe.email')?.contentDocument ?? document)"


def test_words_are_changed_looked_at_and_published(page: Page, base: str) -> None:
    page.open(f"{base}#/emails")
    page.wait_for("Welcome back")
    page.open(f"{base}#/emails/whats_new")
    page.wait(f"{EMAIL}.body?.innerText.includes('Unsubscribe')")
    page.wait_for("Nothing keeps it from being published.")
    fill(page, "Subject", "Spring is here")
    put_in(page, "document.querySelector('.block textarea')", "First paragraph.\n\nSecond paragraph.")
    page.wait(f"[...{EMAIL}.querySelectorAll('p')].some((each) => each.innerText.trim() === 'Second paragraph.')")
    page.wait_for("Saved ")
    press(page, "Publish …")
    confirm(page)
    page.wait_for("Published as version 1.")


def test_columns_are_added_and_filled_as_blocks(page: Page, base: str) -> None:
    page.open(f"{base}#/emails/goodbye")
    page.wait_for("Nothing keeps it from being published.")
    add = "[...document.querySelectorAll('.adding select')].at(-1)"
    page.run(f"{add}.value = 'columns'; {add}.dispatchEvent(new Event('change', {{bubbles: true}}))")
    page.wait(f"{EMAIL}.body?.innerText.includes('On the right.')")
    press(page, "Add a column")
    page.wait_for("Column 3")
    put_in(page, "document.querySelectorAll('.column textarea')[2]", "In the third.")
    one = "document.querySelector('.column .adding select')"
    assert page.run(f"[...{one}.options].map((each) => each.value).includes('columns')") is False
    page.run(f"{one}.value = 'heading'; {one}.dispatchEvent(new Event('change', {{bubbles: true}}))")
    page.wait(
        f"{EMAIL}.body?.innerText.includes('In the third.') && {EMAIL}.querySelector('h2')?.innerText === 'A heading'"
    )
    page.wait_for("Nothing keeps it from being published.")
    page.run("sessionStorage.clear()")


def test_what_keeps_it_from_being_published_is_said(page: Page, base: str) -> None:
    page.open(f"{base}#/emails/welcome")
    page.wait_for("Nothing keeps it from being published.")
    fill(page, "Subject", "Hello {{ contact.nobody }}")
    page.wait_for("to be fixed before it can be published")
    assert "contact.nobody" in page.text()
    page.run("sessionStorage.clear()")
    page.complaints.clear()  # the preview's 400


def test_no_script_of_an_email_runs(page: Page, base: str) -> None:
    page.open(f"{base}#/emails/welcome_back")
    page.wait(f"{EMAIL}.body?.innerText.includes('Unsubscribe')")
    harmful = '<img src=x onerror="parent.caught = 1"><script>parent.caught = 1</script>Hello'
    put_in(page, "document.querySelector('.block textarea')", harmful)
    page.wait(f"{EMAIL}.body?.innerText.includes('Hello')")
    assert page.run("window.caught === undefined")
    page.run("sessionStorage.clear()")
    page.complaints.clear()


def test_a_campaign_is_drafted_counted_sent_and_its_people_are_told(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/new-campaign")
    page.wait_for("Name, as your team sees it")
    fill(page, "Name, as your team", "Spring news")
    page.run("document.querySelector('select[name=template]').value = 'whats_new'")
    page.run("document.querySelector('select[name=segment]').value = 'customers'")
    press(page, "Go on")
    page.wait_for("Before you send it")
    press(page, "Count the audience")
    page.wait_for("will")
    press(page, "Send …")
    confirm(page)
    page.wait_for("How it goes")
    passes(shop, 5 * MINUTE)
    page.open("about:blank")
    page.open(f"{base}#/campaigns/spring_news")
    page.wait_for("done")
    page.run("document.querySelector('a[href*=\"status=sent\"]').click()")
    page.wait_for("ada.1@example.com")
    assert {mail.subject for mail in mailbox.mails(shop.system.world, 10)} >= {"Spring is here"}
