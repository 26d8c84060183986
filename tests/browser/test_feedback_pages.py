"""What people say and how they come in by forms, on the pages of Reports and on a form's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.domain.events import DAY, MINUTE, iso
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.nights import a_night
from tests.integration.shop import Shop
from tests.integration.test_feedback_report import SURVEY, TICKET
from tests.integration.test_form_report import FORM, publish, request, sign_up

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    made.customer(1, orders=1)
    for form in (FORM, SURVEY):
        publish(made, form)
    made.passes(5 * MINUTE)
    request(made, "GET", "/forms/news")
    sign_up(made, "fresh@example.com", by_script=False)
    told = {"event": "Support Ticket Opened", "id": "t1", "at": iso(made.now()), "properties": {"description": TICKET}}
    body = {"contacts": [{"email": made.customers[1]["email"], "interactions": [told]}]}
    assert made.ask("PUT", "/contacts", body)[0] == 202
    made.passes(DAY)
    a_night(made, "ReportsWorkflow", "now", again=True)
    made.passes(2 * MINUTE)
    yield made
    clock.use(None)


def holds(page: Page, axe: str) -> None:  # noqa: F811
    page.run(axe)
    assert page.run(LOOK) == []
    page.size(390)
    assert page.run("document.documentElement.scrollWidth") <= 390


def test_forms_are_beside_each_other_and_each_has_its_own(page: Page, base: str, axe: str) -> None:  # noqa: F811
    page.open(f"{base}#/reports/forms")
    page.wait_for("Form by form")
    rows = page.run(
        "[...document.querySelector('main table').querySelectorAll('tbody tr')]"
        ".map((row) => [...row.children].map((each) => each.textContent))"
    )
    assert rows == [["News", "2", "0", "1", "1", "1", "0"]]
    assert "Sent in, of times its page was opened" in page.text()
    holds(page, axe)
    page.size(1200)
    page.open(f"{base}#/forms/news")
    page.wait_for("What becomes of those who see it")
    page.wait_for("19 times in 20")


def test_what_they_wrote_is_in_numbers_and_their_words_come_when_asked_for(
    page: Page,
    base: str,
    axe: str,  # noqa: F811
) -> None:
    page.open(f"{base}#/reports/feedback")
    page.wait_for("Support Ticket Opened")
    assert TICKET not in page.text()
    page.run(
        "[...document.querySelectorAll('button')].find((each) => each.textContent.startsWith('Show what')).click()"
    )
    page.wait_for(TICKET)
    page.run("[...document.querySelectorAll('main a')].find((each) => each.textContent === 'Delivery').click()")
    page.wait_for("About “Delivery”")
    page.wait_for(TICKET)
    holds(page, axe)


def test_the_data_audit_says_what_to_mend(page: Page, base: str, axe: str) -> None:  # noqa: F811
    page.open(f"{base}#/data/audit")
    page.wait_for("Fields of contacts")
    assert "personal: counted only" in page.text()
    page.wait_for("Nothing waits to be looked at.")
    holds(page, axe)
