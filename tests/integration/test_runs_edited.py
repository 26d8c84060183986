"""Journeys that are edited while people are in them, and waits for an answer, on the local run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.adapters.caches import forget_all
from shared.domain.events import DAY, HOUR, MINUTE, SECOND
from shared.domain.profiles.bounds import MAX_HISTORY
from tests.integration.test_runs import ADA, GRACE, LATER, THANKS, TIPS, Journeys, signed_up


@pytest.fixture
def shop() -> Iterator[Journeys]:
    yield Journeys()
    forget_all()
    clock.use(None)


def test_an_edit_reaches_people_under_way_within_a_minute(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(DAY + HOUR)
    # They finish on the old: a day more to wait.
    shop.journey(THANKS, {**LATER, "for": "1d"}, TIPS)
    shop.poke()
    shop.passes(MINUTE)
    assert (shop.run_of(ADA).version, shop.run_of(ADA).step) == (1, "later")
    # They are moved: counted from its beginning, the wait of a day is over.
    shop.journey(THANKS, {**LATER, "for": "1d"}, TIPS, {"id": "last", "kind": "wait", "for": "9d"}, under_way="move")
    shop.poke()
    shop.passes(MINUTE)
    assert (shop.run_of(ADA).version, shop.run_of(ADA).step) == (3, "last")
    assert shop.mails(ADA)[-1] == "tips"
    # The step where they wait is gone, and nothing comes after it.
    shop.journey(THANKS, {**LATER, "for": "1d"}, TIPS, under_way="move")
    shop.poke()
    shop.passes(MINUTE)
    assert shop.run_of(ADA).outcome == "completed"
    shop.assert_sums()


def test_those_under_way_are_stopped_and_get_nothing_more(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(HOUR)
    shop.journey(THANKS, under_way="stop")
    shop.poke()
    shop.passes(3 * DAY)
    assert (shop.run_of(ADA).outcome, "tips" in shop.mails(ADA)) == ("journey_changed", False)
    shop.assert_sums()


def test_an_answer_in_the_last_second_of_a_wait_is_in_time_and_one_at_its_end_is_not(shop: Journeys) -> None:
    answer = {"kind": "event", "events": ["Quiz Completed"]}
    waits = {"id": "answer", "kind": "wait_for", "on": [answer], "within": "1d", "next": "tips", "otherwise": "none"}
    goes_on = {"id": "some_days", "kind": "wait", "for": "9d"}
    shop.journey(THANKS, waits, TIPS, goes_on, {"id": "none", "kind": "end", "outcome": "silent"})
    signed_up(shop, ADA, GRACE)
    for browser, customer in (("a", ADA), ("g", GRACE)):
        shop.identify(browser, customer)
    shop.passes(MINUTE)
    for customer in (ADA, GRACE):
        shop.order(customer)
    shop.passes(MINUTE)
    end = max(shop.run_of(customer).since for customer in (ADA, GRACE)) + DAY
    shop.passes(end - 2 * SECOND - shop.now())
    shop.track("track", {"anonymousId": "a", "messageId": "q1", "event": "Quiz Completed"})
    shop.passes(3 * SECOND)
    shop.track("track", {"anonymousId": "g", "messageId": "q2", "event": "Quiz Completed"})
    shop.passes(3 * MINUTE)
    assert (shop.run_of(ADA).step, shop.run_of(GRACE).outcome) == ("some_days", "silent")
    assert (shop.mails(ADA)[-1], shop.mails(GRACE)[-1]) == ("tips", "thanks")
    shop.assert_sums()


def test_a_branch_asks_for_all_that_ever_happened_and_not_for_what_the_profile_keeps(shop: Journeys) -> None:
    """The view it asks for is older than the newest forty, which are all that a profile has of a type."""
    viewed = {"kind": "event", "event": "Product Viewed", "where": [{"property": "category", "value": "tea"}]}
    ways = [{"when": {**viewed, "at_least": 2}, "next": "none"}, {"when": viewed, "next": "tips"}]
    steps = (LATER, {"id": "which", "kind": "branch", "ways": ways}, {"id": "none", "kind": "end"}, TIPS)
    signed_up(shop)
    shop.identify("a", ADA)
    shop.passes(MINUTE)
    for number in range(MAX_HISTORY + 1):
        properties = {"product_id": "p", "category": "tea" if number == 0 else "coffee"}
        message = {"anonymousId": "a", "messageId": f"v{number}", "event": "Product Viewed", "properties": properties}
        shop.track("track", message)
        shop.passes(SECOND)
    shop.passes(MINUTE)
    shop.journey(*steps)
    shop.order(ADA)
    shop.passes(2 * DAY + 2 * MINUTE)
    assert (shop.run_of(ADA).outcome, shop.mails(ADA)[-1]) == ("completed", "tips")
