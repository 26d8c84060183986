"""A month of segments is reckoned rightly from what was counted, and segments are charged with what they cause."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from infra.local.aws.calls import Call
from shared.domain.events import DAY, MINUTE, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.stored import dump
from shared.domain.profiles.transitions import Membership
from tests.benchmarks import money
from tests.benchmarks.counting import Watch
from tests.benchmarks.money import (
    COMPARISONS,
    EVALUATIONS,
    EVENTS_COME,
    FOLLOWED,
    GB_SECONDS,
    NIGHTS,
    PUTS,
    READS,
    REQUESTS,
    SCANNED,
    TIME_COMES,
    TRANSITIONS,
    WRITES,
    Counts,
    Meter,
)

COUNTS = Counts(
    segments=2,
    months=1.0,
    number=Counter({EVENTS_COME: 30, TIME_COMES: 4, "transitions": 3}),
    often=("inactive", 1.0),
    at_once=0.05,
    contact={
        EVENTS_COME: Counter({EVALUATIONS: 60, WRITES: 10}),
        TIME_COMES: Counter({WRITES: 5, READS: 1}),
        FOLLOWED: Counter({WRITES: 3}),
    },
    night=Counter({READS: 1, COMPARISONS: 2}),
    page=Counter({TRANSITIONS: 2, PUTS: 6}),
    run=Counter({TRANSITIONS: 10}),
    minute=Counter({REQUESTS: 1}),
    filling=Counter({WRITES: 4}),
    questions=[50.0, 2000.0],
    profile=8192.0,
    seconds=0.001,
    queries=[50.0, 2000.0],
)


def test_a_month_grows_with_contacts_pages_and_minutes_each_in_its_own_way() -> None:
    small, large = money.month(COUNTS, 10_000), money.month(COUNTS, 15_000)
    assert small[EVENTS_COME] == {EVALUATIONS: 600_000, WRITES: 100_000}
    assert small[TIME_COMES][WRITES] == 50_000
    assert small[TIME_COMES][REQUESTS] == large[TIME_COMES][REQUESTS] == 30 * 24 * 60
    assert large[FOLLOWED][WRITES] == 45_000
    assert (small[NIGHTS][READS], large[NIGHTS][READS]) == (300_000, 450_000)
    assert (small[NIGHTS][TRANSITIONS], large[NIGHTS][TRANSITIONS]) == (30 * 12, 30 * 14)
    assert money.dollars(small[FOLLOWED]) == pytest.approx(0.02115)
    assert money.total(small)[WRITES] == 180_000


def test_athena_bills_ten_megabytes_of_a_query_at_least() -> None:
    assert money.month(COUNTS, 10_000)[NIGHTS][SCANNED] == pytest.approx(30 * (10e6 + 20e6) / 1e12)
    assert money.querying(COUNTS, 1_000, DAY)[SCANNED] == pytest.approx(30 * (10e6 + 10e6) / 1e12)


def test_polling_reads_and_evaluates_everybody_each_time() -> None:
    taken = money.polling(COUNTS, 1_000, MINUTE)
    polls = 30 * 24 * 60
    assert taken[EVALUATIONS] == polls * 2_000
    assert taken[READS] == polls * 1_000
    assert taken[GB_SECONDS] == pytest.approx(polls * 1_769 / 1_024)


def test_the_table_has_all_sizes_and_is_made_of_prices_there_are() -> None:
    rows = {row.measure: row.value for row in money.rows(COUNTS)}
    assert rows["a month of segments, for so many contacts"] == "10,000 | 100,000 | 1,000,000"
    assert all(value.count(" | ") == 2 for name, value in rows.items() if "month of segments" in name)


def test_partitions_are_listed_from_the_first_the_lake_may_have() -> None:
    assert money.listed("FROM facts\n  WHERE pass = 'p' AND kind = 'order'") == 1
    assert money.listed("FROM events\n  WHERE type IN ('a', 'b') AND month >= '2026-10' AND month <= '2027-01'") == 8
    assert money.listed("FROM events\n  WHERE type = 'a' AND month <= '2010-02' AND time <= 7") == 14


def put(kind: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"Item": {"kind": {"S": kind}, **more}}}


def charged(*puts: dict[str, Any]) -> dict[str, float]:
    """Write units by part, of a transaction that has consumed 9, one of them of an index."""
    meter = Meter(system=None, watch=Watch(function="ProfileFunction"))  # type: ignore[arg-type]
    meter.batch = Counter({EVENTS_COME: 3, TIME_COMES: 1})
    consumed = [{"CapacityUnits": 9.0, "GlobalSecondaryIndexes": {"wake": {"CapacityUnits": 1.0}}}]
    call = Call("dynamodb", "TransactWriteItems", {"TransactItems": list(puts)})
    meter.told(call, {"ConsumedCapacity": consumed})
    return {part: taken[WRITES] for part, taken in meter.parts.items()}


def test_of_an_events_transaction_segments_pay_what_would_not_be_there_without_them() -> None:
    held = {f"segment-{n * 7919 % 1000}": Membership(True, n, n * 1_234_567, n * 7_654_321) for n in range(1, 200)}
    with_many = dump(Profile("c1", memberships=held))
    assert 1024 < len(with_many) - len(dump(Profile("c1"))) < 3 * 1024
    identity = {"Put": {"Item": {"identity": {"S": "email#1"}}}}
    plain = put("PROFILE", profile={"B": dump(Profile("c1"))})
    event, transition = put("EVENT#1#a"), put("TRANSITION#0000000001")
    assert charged(event, plain, identity) == {EVENTS_COME: 1}
    assert charged(event, plain, transition, identity) == {EVENTS_COME: 3}
    added = money.added_by_memberships({"kind": {"S": "PROFILE"}, "profile": {"B": with_many}})
    assert added >= 1
    assert charged(event, put("PROFILE", profile={"B": with_many})) == {EVENTS_COME: 1 + 2 * added}


def test_a_wake_ups_transaction_is_the_segments_altogether() -> None:
    assert charged(put("PROFILE"), put("TRANSITION#0000000001")) == {TIME_COMES: 9}


def test_messages_are_for_who_asked() -> None:
    def message(type_: str, **properties: int) -> dict[str, str]:
        return {"body": json.dumps({"type": type_, "properties": properties})}

    asked = [
        message(Type.PAGE_VIEWED, all=1),
        message(Type.EVALUATION_DUE),
        message(Type.EVALUATION_DUE, all=1, definitions=3),
        message(Type.EVALUATION_DUE, definitions=3),
    ]
    assert [money.asked_by(each) for each in asked] == [EVENTS_COME, TIME_COMES, money.REPAIRS, money.FILLING]
