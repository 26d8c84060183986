"""Flows between segments: each transition is counted once, and every segment's size comes of who entered and left."""

from __future__ import annotations

from collections import Counter
from itertools import permutations

import pytest

from shared.adapters import clock, flows
from shared.domain.events import DAY, HOUR, Json, iso, parse_instant
from shared.domain.profiles.transitions import Transition
from shared.domain.reports.flows import Step, steps
from tests.integration.conftest import NOW
from tests.integration.shop import Shop

BUYERS = {"kind": "orders", "at_least": 1, "within": "4d"}
SIGNED_UP = {"kind": "trait", "trait": "email", "is": "exists"}

# ── the table ──


def moves(contact: str) -> list[Step]:
    """Enters; goes over to another; comes back, of which the first part was forgotten; is erased."""
    several = [
        Transition(contact, 1, "new", True, NOW, "e1", 0, "Customer Created", NOW),
        Transition(contact, 2, "new", False, NOW + DAY, "e2", 1, "Order Completed", NOW + DAY),
        Transition(contact, 3, "customers", True, NOW + DAY, "e2", 0, "Order Completed", NOW + DAY),
        Transition(contact, 4, "quiet", True, NOW + 2 * DAY, "time", 0),
        Transition(contact, 5, "loyal", True, NOW + 2 * DAY, "definition", 0),
        Transition(contact, 6, "customers", False, NOW + 3 * DAY, "erasure", 3),
    ]
    return steps(several, several)


COUNTED = {
    ("2026-11-24", ("new", "entered", "event")): 1,
    ("2026-11-24", ("", "to", "new")): 1,
    ("2026-11-25", ("new", "left", "event")): 1,
    ("2026-11-25", ("customers", "entered", "event")): 1,
    ("2026-11-25", ("new", "to", "customers")): 1,
    ("2026-11-26", ("quiet", "entered", "time")): 1,
    ("2026-11-26", ("", "to", "quiet")): 1,
    ("2026-11-26", ("loyal", "entered", "definition")): 1,
    ("2026-11-27", ("customers", "left", "erasure")): 1,
}


def counted(first: str = "2026-11-01", last: str = "2026-12-31") -> dict[tuple[str, tuple[str, str, str]], int]:
    return {(each.day, each.name): each.n for each in flows.counts(first, last)}


@pytest.mark.usefixtures("aws")
def test_each_transition_counts_once_however_often_and_in_whatever_order_and_parts_it_comes() -> None:
    orders = list(permutations(range(6)))[::40]
    for number, order in enumerate(orders):
        several = moves(f"c{number}")
        flows.record([several[each] for each in order[:3]], NOW)
        flows.record([several[each] for each in order], NOW)
        flows.record([several[each] for each in order[2:]], NOW)
    assert counted() == {name: n * len(orders) for name, n in COUNTED.items()}
    assert flows.began() == iso(clock.now())[:10]


@pytest.mark.usefixtures("aws")
def test_a_batch_that_no_transaction_has_room_for_is_written_in_several() -> None:
    several = [step for number in range(60) for step in moves(f"c{number}")]
    flows.record(several, NOW)
    assert counted() == {name: n * 60 for name, n in COUNTED.items()}
    many = Transition("d", 1, "one", True, NOW, "e", 0, "Order Completed", NOW)
    left = [Transition("d", n, f"s{n}", False, NOW, "e", 0, "Order Completed", NOW) for n in range(2, 152)]
    flows.record(steps([many], left), NOW)
    assert counted()["2026-11-24", ("one", "entered", "event")] == 1


@pytest.mark.usefixtures("aws")
def test_who_it_was_is_read_on_from_any_place_and_by_the_same_names_as_the_counts() -> None:
    several = [step for number in range(25) for step in moves(f"c{number}")]
    flows.record(several, NOW)
    for (day, name), n in counted().items():
        found = list(flows.rows(name, "2026-11-01", "2026-12-31"))
        assert len(found) == n == len({row.contact for row in found}), name
        assert {row.id[:10] for row in found} == {day}
        for at in (0, 7, n - 1):
            after = (found[at].shard, found[at].id)
            assert list(flows.rows(name, "2026-11-01", "2026-12-31", after)) == found[at + 1 :]
    assert list(flows.rows(("new", "left", "event"), "2026-11-01", "2026-11-24")) == []


# ── a played shop ──


class Played:
    """What a test has seen: by day, each segment's members at the day's beginning, as the profiles have them."""

    def __init__(self) -> None:
        self.shop = Shop()
        self.sizes: dict[str, Counter[str]] = {}

    def pass_days(self, days: int) -> None:
        for _ in range(days):
            now = self.shop.now()
            self.shop.passes(DAY - now % DAY)
            self.look()

    def look(self) -> None:
        held: Counter[str] = Counter()
        for profile in self.shop.profiles():
            held.update(name for name, each in profile.memberships.items() if each.member)
        self.sizes[iso(self.shop.now())[:10]] = held

    def flows(self, first: str, last: str) -> Json:
        status, told = self.shop.ask("GET", f"/reports/flows?from={first}&to={last}")
        assert status == 200, told
        return told


@pytest.fixture(scope="module")
def played() -> Played:
    """Customers sign up, order and fall silent; a segment is published later; one is erased and two become one."""
    played = Played()
    shop = played.shop
    shop.publish("everybody", SIGNED_UP)
    played.look()
    for number in range(1, 9):
        shop.customer(number, orders=number % 3)
        if number % 2 == 0:
            played.pass_days(1)
    played.pass_days(1)
    shop.publish("buyers", BUYERS)
    shop.passes(HOUR)
    for number in (1, 4, 7):
        shop.order(number, 5)
    played.pass_days(2)
    people = {profile.email: profile.contact for profile in shop.profiles()}
    first, second, third = (people[shop.customers[number]["email"]] for number in (1, 2, 3))
    assert shop.ask("DELETE", f"/contacts/{first}")[0] == 202
    assert shop.ask("POST", f"/contacts/{second}/merge", {"other": third})[0] == 202
    played.pass_days(4)
    return played


def test_a_segment_ends_with_what_it_began_with_and_who_entered_and_without_who_left(played: Played) -> None:
    days = list(played.sizes)
    assert len(days) == 12
    tried = 0
    for first, end in [(0, -1), (0, 1), (3, 6), (4, 7), (5, 6), (6, 9), (7, 10), (9, -2)]:
        told = played.flows(days[first], iso(parse_instant(f"{days[end]}T00:00:00Z") - DAY)[:10])
        before, after = played.sizes[days[first]], played.sizes[days[end]]
        held = {each["segment"]: each for each in told["segments"]}
        for segment in before.keys() | after.keys() | held.keys():
            each = held.get(segment, {"begin": 0, "end": 0, "entered": {}, "left": {}})
            tried += 1
            assert (each["begin"], each["end"]) == (before[segment], after[segment]), (segment, first, end)
            assert each["end"] == each["begin"] + sum(each["entered"].values()) - sum(each["left"].values())
    assert tried > 50


def test_a_filled_segment_an_erasure_and_a_merger_are_no_moves(played: Played) -> None:
    days = list(played.sizes)
    told = played.flows(days[0], days[-1])
    held = {each["segment"]: each for each in told["segments"]}
    everybody, buyers = held["everybody"], held["buyers"]
    assert everybody["entered"] == {"event": 8}
    assert everybody["left"] == {"erasure": 1, "joining": 1}
    assert everybody["end"] == 6
    assert buyers["entered"]["event"] == 2  # the third was in it, by the fill
    assert buyers["entered"].get("definition", 0) > 0
    assert not [each for each in told["paths"] if each["entered"] is None and each["left"] == "everybody"]
    assert sum(each["moves"] for each in told["paths"] if each["entered"] == "buyers") == 2
    assert {"left": "buyers", "entered": None, "moves": buyers["left"]["time"]} in told["paths"]


def test_a_number_leads_to_its_people_and_an_erased_one_is_not_found(played: Played) -> None:
    days = list(played.sizes)
    told = played.flows(days[0], days[-1])
    gone = {"everybody": 2}  # one erased; one is another by now, and is told of as that one
    for segment in told["segments"]:
        for what in ("entered", "left"):
            for why, n in segment[what].items():
                asked = f"segment={segment['segment']}&what={what}&why={why}&from={days[0]}&to={days[-1]}&limit=3"
                people = _all(played.shop, asked)
                assert len(people) <= n
                if segment["segment"] in gone and what == "entered":
                    assert len(people) == n - 1
                    assert len({each["contact"] for each in people}) == n - 2
    for path in told["paths"]:
        asked = "&".join(f"{name}={path[name]}" for name in ("left", "entered") if path[name] is not None)
        people = _all(played.shop, f"{asked}&from={days[0]}&to={days[-1]}")
        assert people, path
        assert len(people) <= path["moves"]


def _all(shop: Shop, asked: str) -> list[Json]:
    found: list[Json] = []
    cursor = None
    while True:
        status, told = shop.ask("GET", f"/reports/flows/people?{asked}" + (f"&cursor={cursor}" if cursor else ""))
        assert status == 200, told
        found += told["people"]
        cursor = told["cursor"]
        if cursor is None:
            return found


def test_what_is_asked_wrongly_is_said(played: Played) -> None:
    for path, field in {
        "/reports/flows?from=yesterday": "from",
        "/reports/flows?from=2026-11-02&to=2026-11-01": "from",
        "/reports/flows/people": "entered",
        "/reports/flows/people?segment=everybody&what=entered&why=luck": "why",
        "/reports/flows/people?entered=everybody&cursor=MS5h": "cursor",
    }.items():
        status, told = played.shop.ask("GET", path)
        assert (status, told["field"]) == (400, field), path
