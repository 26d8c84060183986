"""Operations: what the nights have found, in a shop where memberships had drifted and a run was left behind, and in one
where nothing was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock, contacts, outlived, run_counts
from shared.adapters.clients import client
from shared.domain.events import DAY, MINUTE, NEVER
from shared.domain.profiles import Membership
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.browser.test_states import FAINT_BORDERS, SMALL
from tests.integration.test_runs import ADA, THANKS, Journeys

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Journeys]:
    made = Journeys()
    made.journey({"id": "later", "kind": "wait", "for": "20d"}, THANKS)
    for number in range(3):
        made.customer(number, orders=number)
    made.passes(MINUTE)
    yield made
    clock.use(None)


def look(page: Page, base: str, says: str) -> str:
    page.open("about:blank")
    page.open(f"{base}#/operations")
    page.wait_for("Cost so far this month")
    page.wait("!document.querySelector('main [aria-busy=true]')")
    page.wait_for(says)
    return page.text()


def test_before_the_first_night_nobody_has_looked(page: Page, base: str) -> None:
    text = look(page, base, "Nobody has looked yet")
    assert text.count("Nobody has looked yet") == 3


def test_a_night_that_finds_nothing_is_all_clear(page: Page, base: str, shop: Journeys) -> None:
    with shop.system.world.lock:
        shop.passes(DAY)
    text = look(page, base, "Every run of every journey")
    assert "Every membership of every contact was what its definition says" in text
    assert "Every list of a segment’s members was what the contacts’ profiles say" in text
    assert text.count("all clear") == 3


def test_a_night_that_was_missed_is_said(page: Page, base: str, shop: Journeys) -> None:
    with shop.system.world.lock:
        outlived.record([], shop.now() - 3 * DAY)
    text = look(page, base, "not looked since")
    assert text.count("not looked since") == 1


def test_what_a_night_has_found_leads_to_the_people(page: Page, base: str, shop: Journeys, axe: str) -> None:  # noqa: F811
    with shop.system.world.lock:
        stored = contacts.read(shop.profiles()[1].contact)
        assert stored is not None
        held = stored.profile.memberships["customers"]
        wrong = Membership(not held.member, held.number, held.since, NEVER)
        stored.profile.memberships["customers"] = wrong
        contacts.commit([contacts.profile_write(stored.profile, stored.wake_at, shop.now())])
        shop.passes(DAY)
        run = shop.run_of(ADA)
        client("dynamodb").update_item(  # the Runs table has not heard how far the run is
            TableName=run_counts.table(),
            Key={"journey_shard": {"S": shop.row_shard(ADA)}, "id": {"S": run.id}},
            UpdateExpression="SET wake_at = :past",
            ExpressionAttributeValues={":past": {"N": str(shop.now() - DAY)}},
        )
        assert shop.mend() == 1
    text = look(page, base, "still there")
    assert "1 membership of 1 contact differed" in text.replace("\n", " ")
    assert "1 run should have gone on" in text.replace("\n", " ")
    assert page.run("document.querySelector('main a[href^=\"#/segments/customers\"]') !== null")
    for dark, width in ((False, 1200), (True, 1200), (False, 360)):
        page.dark(dark)
        page.size(width)
        page.run(axe)
        assert page.run(LOOK) == [], (dark, width)
        assert page.run(SMALL) == page.run(FAINT_BORDERS) == []
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), width
    page.run(f"""document.querySelector('main a[href="#/contacts/{run.contact}/runs/{run.number}"]').click()""")
    page.wait("!document.querySelector('main [aria-busy=true]') && document.querySelector('main h1')")
    assert page.run("location.hash") == f"#/contacts/{run.contact}/runs/{run.number}"
    assert "Nothing is here" not in page.text()
