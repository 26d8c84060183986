"""Nobody is kept from using the pages: axe (github.com/dequelabs/axe-core) finds nothing on them, light or dark."""

from __future__ import annotations

import re

import pytest

from infra.local.screens import mailbox
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_segments_page import shop  # noqa: F401 - a fixture
from tests.integration import sdks
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

LOOK = """axe.run(document, {iframes: false, resultTypes: ["violations"]})
    .then((found) => found.violations.flatMap((each) =>
        each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} (${node.failureSummary})`)))"""


@pytest.fixture(scope="module")
def axe() -> str:
    return (sdks.installed() / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing(page: Page, base: str, shop: Shop, axe: str, dark: bool) -> None:  # noqa: F811
    mail = mailbox.mails(shop.system.world, 1)[0]
    member = shop.ask("GET", "/segments/customers/members")[1]["members"][0]["contact"]
    preferences = re.search(r"/preferences/[\w-]+", str(mail.text))
    assert preferences is not None
    page.dark(dark)
    for place, last in (
        (preferences[0], "Download my data"),
        (preferences[0].replace("preferences", "unsubscribe"), "Stop getting"),
        ("/admin/", "Running journeys"),
        ("/admin/#/reports", "Goals of 100 started"),
        ("/admin/#/lead-scores", "Asked for by"),
        ("/admin/#/lead-scores/lead", "The same people as now"),
        ("/admin/#/new-lead-score", "It is a draft until"),
        ("/admin/#/segments", "Nobody enters"),
        ("/admin/#/segments/new_subscribers", "For everybody at once"),
        ("/admin/#/new-segment", "People who match"),
        ("/admin/#/segments/inactive/edit", "By the end of tomorrow"),
        (f"/admin/#/contacts/{member}", "Timeline"),
        ("/admin/#/people", "Add a person"),
        ("/admin/#/data", "None so far."),
        ("/admin/#/journeys", "Onboarding"),
        ("/admin/#/journeys/onboarding", "Starts"),
        ("/admin/#/journeys/onboarding/edit", "Nothing is wrong with it."),
        ("/admin/#/journeys/onboarding/simulate", "What if?"),
        ("/admin/#/journeys/onboarding/play", "to come"),
        ("/admin/#/journeys/onboarding/people", "People who are or were on it"),
        ("/admin/#/dead-letters", "None."),
        ("/admin/#/conflicts", "None."),
        ("/admin/#/emails", "Welcome back"),
        ("/admin/#/emails/welcome", "Nothing keeps it from being published."),
        ("/admin/#/new-email", "Subject"),
        ("/admin/#/campaigns", "None so far."),
        ("/admin/#/new-campaign", "To the segment"),
        ("/admin/#/coupons", "A new pool"),
        ("/admin/#/forms", "None so far."),
        ("/admin/#/new-form", "Title, as visitors see it"),
        ("/admin/#/shop", "Pictures for emails"),
        ("/admin/#/operations", "Cost so far this month"),
        ("/admin/#/set-up", "done"),
        ("/", "By hand"),
        ("/mailbox", "Search"),
        (f"/mailbox/{mail.id}", "Be the mail server"),
    ):
        page.open("about:blank")
        page.open(base.removesuffix("/admin/") + place)
        page.wait_for(last)
        page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        page.run("document.querySelector('.node.send .name')?.click()")
        page.run(axe)
        assert page.run(LOOK) == [], place
