"""The data audit on the local run: of a night, by the API and in a terminal, with nothing of anybody in it."""

from __future__ import annotations

import json
import re

import pytest

from shared.domain.events import DAY, MINUTE, Json
from tests.integration.nights import a_night
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    for number in range(1, 7):
        shop.customer(number, orders=1)
    shop.track("identify", {"userId": "u1", "messageId": "i1", "traits": {"shoe": "42", "country": "Atlantis"}})
    shop.track("track", {"userId": "u1", "messageId": "t1", "event": "Quiz Left"})
    shop.passes(30 * MINUTE)
    return shop


def audit(shop: Shop) -> Json:
    status, told = shop.ask("GET", "/data/audit")
    assert status == 200, told
    return told


def test_before_the_first_night_only_what_is_so_right_now_is_told(shop: Shop) -> None:
    told = audit(shop)
    assert (told["as_of"], told["fields"], told["sources"]) == (None, [], [])
    assert {"shopify", "segment"} <= {each["source"] for each in told["heard"]}


def test_fields_events_and_sources_are_told_with_what_to_mend(shop: Shop) -> None:
    shop.passes(DAY)
    a_night(shop, "ReportsWorkflow", "now", again=True)
    shop.passes(2 * MINUTE)
    told = audit(shop)
    everybody = len(shop.profiles())
    assert (told["contacts"], told["looked_at"], told["exact"]) == (everybody, everybody, True)
    fields = {each["field"]: each for each in told["fields"]}
    assert (fields["email"]["have"], fields["email"]["personal"], fields["email"]["invalid"]) == (6, True, 0)
    assert fields["shoe"]["to_fix"] == ["Nothing that you have defined asks for it: use it, or stop collecting it."]
    assert fields["country"]["invalid"] == 1
    assert fields["first_name"]["uses"] > 0, "emails greet by it"
    events = {each["event"]: each for each in told["events"]}
    assert events["Order Completed"]["events"] == 6 and events["Order Completed"]["sources"] == ["shopify"]
    assert events["Quiz Left"]["to_fix"]
    sources = {each["source"]: each for each in told["sources"]}
    assert sources["shopify"]["lag"] is not None and sources["shopify"]["without_amount"] == 0
    assert sum(each["events"] for each in told["events"]) == sum(each["events"] for each in told["sources"])
    assert told["rejected"] == []


def test_nobody_is_in_it(shop: Shop) -> None:
    text = json.dumps(audit(shop))
    assert "@" not in text and "Ada" not in text and "Atlantis" not in text and not re.search(r"c[0-9a-f]{15}", text)
