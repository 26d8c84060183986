"""The morning page's numbers, over the whole local run: what it foresees is what comes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from functions.admin import today
from infra.local import launching
from shared.adapters import clock
from shared.domain.events import DAY, HOUR, MINUTE
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop(launching.FIRST)
    for number in range(1, 5):
        made.customer(number, orders=number % 2)
    yield made
    clock.use(None)


def test_tomorrow_is_foreseen_and_comes(shop: Shop) -> None:
    """Whoever signed up gets the guide two days after the welcome."""
    shop.passes(DAY + 2 * HOUR)
    today.forget()
    status, ahead = shop.ask("GET", "/ahead?days=2")
    assert (status, ahead["played"]) == (200, ahead["contacts"])
    assert ahead["groups"]
    before = shop.ask("GET", "/today")[1]
    expected = sum(ahead["emails"])
    until = shop.system.world.now()
    shop.passes(3 * DAY - until % DAY - MINUTE)  # the local run's shop counts its days in UTC
    after = shop.ask("GET", "/today")[1]
    sent = [sum(journey["sent"] for journey in told["journeys"]) for told in (before, after)]
    assert sent[1] - sent[0] == expected
    assert after["sending"]["sent"] == sent[1]


def test_who_gets_it_is_named_and_a_held_email_is_what_needs_somebody(shop: Shop) -> None:
    today.forget()
    ahead = shop.ask("GET", "/ahead")[1]
    group = ahead["groups"][0]
    assert len(group["who"]) == group["people"]
    assert {"contact", "email", "name", "at"} == group["who"][0].keys()
    assert shop.ask("POST", f"/journeys/{group['journey']}/steps/{group['step']}/state", {"state": "review"})[0] == 200
    shop.passes(group["who"][0]["at"] - shop.system.world.now() + HOUR)
    needs = shop.ask("GET", "/today")[1]["needs"]
    (need,) = needs
    assert need["text"] == "“Onboarding”: 2 emails wait at a step that is held until you let it go."


@pytest.mark.parametrize("days", ["0", "31", "x", "-1", "²"])
def test_days_that_cannot_be_are_refused(shop: Shop, days: str) -> None:
    status, told = shop.ask("GET", f"/ahead?days={quote(days)}")
    assert status == 400
    assert told["field"] == "days"


def test_the_month_costs_what_is_counted_at_list_prices(shop: Shop) -> None:
    status, told = shop.ask("GET", "/reports/costs")
    assert status == 200
    emails, events, transitions = told["costs"]
    assert emails["what"] == "emails"
    assert emails["dollars"] == pytest.approx(emails["number"] / 10_000)
    assert told["total"] == pytest.approx(sum(each["dollars"] for each in told["costs"]))
    assert transitions["number"] % 2 == 0
    assert events["number"] >= 0
