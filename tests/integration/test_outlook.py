"""What operators see of segments: the forecast holds when nothing happens, guidance, words and SQL."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Iterator

import pytest

from functions.admin import segments as admin_segments
from shared.adapters import clock, contacts, definitions
from shared.domain import calendars
from shared.domain.events import DAY, HOUR, MINUTE, Json, Type
from shared.domain.profiles.histories import touch
from shared.domain.segments import ranks
from tests.integration.shop import Shop

BUYERS: Json = {"kind": "orders", "at_least": 1, "within": "20d"}
BY_JOURNEYS = (
    *(touch(type_) for type_ in Type if type_.startswith("Email ")),
    touch(Type.JOURNEY_COMPLETED),
    "trait:dormant",
)
"""What the journeys' mails and their ends touch: those are not foreseen, and neither are new cut-offs."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A month of sign-ups and orders, up to the present."""
    made = Shop()
    for number in range(1, 13):
        made.customer(number, orders=number % 4)
        made.passes(2 * DAY + 5 * HOUR)
        if number > 5:
            made.order(number - 5, 9)
    made.passes(10 * MINUTE)
    yield made
    clock.use(None)


def foretold(shop: Shop) -> tuple[Json, int]:
    """The whole forecast, of all its pages added up, and how many pages they were."""
    status, whole = shop.ask("GET", "/forecast")
    pages, told = 1, whole
    while told["cursor"] is not None:
        assert status == 200
        status, told = shop.ask("GET", f"/forecast?cursor={told['cursor']}")
        pages += 1
        assert (told["as_of"], told["days"]) == (whole["as_of"], whole["days"])
        whole["contacts"] += told["contacts"]
        for one, more in zip(whole["segments"], told["segments"], strict=True):
            for way in ("entering", "leaving"):
                one[way] = [a + b for a, b in zip(one[way], more[way], strict=True)]
    return {**whole, "cursor": None}, pages


def test_the_forecast_is_the_same_page_by_page(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, pages = foretold(shop)
    assert (pages, whole["contacts"]) == (1, 12)
    monkeypatch.setattr(admin_segments, "FORECAST_TIME", -1)
    monkeypatch.setattr(admin_segments, "FORECAST_BATCH", 5)
    by_page, pages = foretold(shop)
    assert (by_page, pages) == (whole, 3)


@pytest.mark.parametrize("name", ["1", "1:0:c", f"{10**15}:0:c", "1:0", "x"])
def test_a_cursor_that_nobody_gave_is_refused(shop: Shop, name: str) -> None:
    cursor = admin_segments.cursor_of(admin_segments.Place(1, name))
    status, told = shop.ask("GET", f"/forecast?cursor={cursor}")
    assert (status, told["field"]) == (400, "cursor")


def test_guidance_says_what_is_small_alike_and_quiet(shop: Shop) -> None:
    status, told = shop.ask("GET", "/guidance")
    assert status == 200
    found = {(each["kind"], *each["segments"]) for each in told["findings"]}
    assert ("alike", "customers", "active_customers") in found
    assert ("small", "customers") in found
    assert ("quiet", "churned") in found
    assert told["segments"]["churned"] == "Churned"


def test_guidance_says_which_segments_there_was_no_time_for(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.ask("GET", "/guidance")[1]["left_out"] == []
    monkeypatch.setattr(admin_segments, "GUIDANCE_TIME", -1)
    told = shop.ask("GET", "/guidance")[1]
    assert told["findings"] == []
    assert set(told["left_out"]) == set(told["segments"])


def test_who_entered_and_left_again_counts_as_an_entry(shop: Shop) -> None:
    shop.passes(2 * HOUR)
    shop.publish("fleeting", {"kind": "event", "event": "Order Completed", "within": "1h"})
    shop.passes(5 * MINUTE)
    said = "Nobody has ever entered"
    assert any(said in each["sentence"] and each["segments"] == ["fleeting"] for each in findings(shop))
    shop.order(1, 50)
    shop.passes(2 * HOUR)
    assert shop.members("fleeting") == set()
    assert not any(each["kind"] == "quiet" and each["segments"] == ["fleeting"] for each in findings(shop))


def findings(shop: Shop) -> list[Json]:
    return list(shop.ask("GET", "/guidance")[1]["findings"])


def test_a_segment_is_told_in_words_and_in_sql(shop: Shop) -> None:
    told = shop.ask("GET", "/segments/lapsed_customers")[1]
    assert (told["words"], told["group"]) == (
        "has placed an order and has placed no order in the last 180 days",
        "lifecycle",
    )
    assert "AS in_lapsed_customers" in told["sql"]
    draft = {"name": "N", "sentence": "S.", "when": {"kind": "member", "segment": "customers"}}
    assert shop.drafted("drafted", draft)[1]["words"] == "is in “Customers”"
    assert shop.ask("GET", "/segments/drafted")[1]["draft"]["words"] == "is in “Customers”"
    listed = shop.ask("GET", "/segments")[1]
    assert listed["drafts"] == [{"segment": "drafted", "name": "N", "sentence": "S."}]
    of_each = {
        "segment",
        "name",
        "sentence",
        "words",
        "group",
        "members",
        "sizes",
        "used_by",
        "shipped",
        "drafted",
        "experiment",
    }
    assert set(listed["segments"][0]) == of_each


def test_a_history_that_does_not_reach_far_enough_is_read_whole(shop: Shop) -> None:
    shop.publish("eager", {"kind": "event", "event": "Order Completed", "at_least": 43, "within": "3d"})
    for number in range(10, 60):
        shop.order(12, number)
        shop.passes(MINUTE)
    assert len(shop.members("eager")) == 1
    of = {each["segment"]: each for each in foretold(shop)[0]["segments"]}
    assert (sum(of["eager"]["leaving"]), of["eager"]["leaving"][3]) == (1, 1)


def test_what_is_foretold_is_what_then_comes(shop: Shop) -> None:
    """Runs last: it lets 30 days pass."""
    shop.publish("recent_buyers", BUYERS)
    shop.publish("quiet_buyers", {"kind": "all", "of": [{"kind": "orders"}, {"kind": "not", "of": BUYERS}]})
    shop.passes(10 * MINUTE)
    told, _ = foretold(shop)
    shop_definitions = definitions.segments()
    ranked = [name for name, segment in shop_definitions.segments.items() if ranks(segment)]
    moved = {*shop_definitions.moved_by(BY_JOURNEYS), *ranked}
    zone = zoneinfo.ZoneInfo("UTC")
    shop.passes(30 * DAY + 10 * MINUTE)
    came: Counter[tuple[str, bool, str]] = Counter()
    for profile in shop.profiles():
        items = contacts.items(profile.contact, "TRANSITION#")
        for transition in (each for item in items for each in contacts.transitions_of(item)):
            if transition.time > told["as_of"] and transition.segment not in moved:
                day = calendars.local(transition.time, zone).date().isoformat()
                came[transition.segment, transition.entered, day] += 1
    last = calendars.local(shop.now(), zone).date().isoformat()
    foreseen: Counter[tuple[str, bool, str]] = Counter()
    for each in told["segments"]:
        for entered, way in ((True, "entering"), (False, "leaving")):
            for day, number in zip(told["days"], each[way], strict=True):
                if number and day < last and each["segment"] not in moved:
                    foreseen[each["segment"], entered, day] += number
    assert {key: n for key, n in came.items() if key[2] < last} == foreseen
    assert {(segment, entered) for segment, entered, _ in foreseen} >= {
        ("recent_buyers", False),
        ("quiet_buyers", True),
        ("new_subscribers", False),
    }
