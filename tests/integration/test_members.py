"""The Members table follows transitions, however they are repeated and reordered."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice, permutations

import pytest

from shared.adapters import members
from shared.adapters.clients import client
from shared.domain import guidance
from shared.domain.events import DAY
from shared.domain.profiles.transitions import Transition
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")

CONTACTS = [f"c{number}" for number in range(40)]


def transition(contact: str, number: int, entered: bool, segment: str = "customers") -> Transition:
    return Transition(contact, number, segment, entered, NOW + number, "cause", before=0)


def present(segment: str = "customers") -> list[str]:
    return sorted(member.contact for member in members.members(segment))


def test_who_enters_is_a_member_since_then() -> None:
    members.record(transition("c1", 4, True), NOW)
    (member,) = members.members("customers")
    assert (member.contact, member.since) == ("c1", NOW + 4)
    assert members.count("customers") == 1
    assert present("inactive") == []


def test_the_newest_transition_holds_in_whatever_order_and_however_often_they_come() -> None:
    history = [transition("", 1, True), transition("", 2, False), transition("", 5, True), transition("", 9, False)]
    for name, order in enumerate(permutations(history)):
        for step in (*order, *order[:2]):
            members.record(replace(step, contact=f"gone{name}"), NOW)
        for step in order:
            if step.number < 9:
                members.record(replace(step, contact=f"stays{name}"), NOW)
    assert present() == sorted(f"stays{name}" for name in range(24))
    assert members.count("customers") == 24
    assert {member.since for member in members.members("customers")} == {NOW + 5}


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_reading_on_from_any_member_gives_each_exactly_once(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_READ", 2)  # so that DynamoDB's own pages end in the middle of ours
    for contact in CONTACTS:
        members.record(transition(contact, 1, True), NOW)
    for contact in CONTACTS[::3]:
        members.record(transition(contact, 2, False), NOW)
    seen: list[str] = []
    after = (0, "")
    while page := list(islice(members.members("customers", after), size)):
        seen += [member.contact for member in page]
        after = (page[-1].shard, page[-1].contact)
    assert len(seen) == len(set(seen))
    assert sorted(seen) == sorted(set(CONTACTS) - set(CONTACTS[::3])) == present()


def test_who_left_goes_by_the_time_to_live_and_who_comes_back_stays() -> None:
    members.record(transition("c1", 2, False), NOW)
    (left,) = client("dynamodb").scan(TableName="Members")["Items"]
    assert int(left["expires"]["N"]) == (NOW + 30 * DAY) // 1000
    members.record(transition("c1", 3, True), NOW)
    (back,) = client("dynamodb").scan(TableName="Members")["Items"]
    assert "expires" not in back


def test_who_left_is_known_for_as_long_as_guidance_asks_whether_anybody_has_entered() -> None:
    assert members.LEFT_KEPT >= guidance.QUIET == 30 * DAY


def test_that_somebody_entered_is_known_after_they_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_COUNTED", 2)
    for contact in CONTACTS:
        members.record(transition(contact, 1, True), NOW)
    assert members.has_entered_since("customers", NOW)
    assert not members.has_entered_since("customers", NOW + 1)
    members.record(transition("c7", 5, True), NOW)
    members.record(transition("c7", 9, False), NOW)
    assert members.has_entered_since("customers", NOW + 4)
    assert not members.has_entered_since("customers", NOW + 5)
    assert not members.has_entered_since("inactive", 0)


def test_counters_follow_whatever_comes_however_often_and_are_put_right_at_night() -> None:
    history = [transition("", 1, True), transition("", 2, False), transition("", 5, True)]
    for name, order in enumerate(permutations(history)):
        for step in (*order, *order[:2]):
            members.count_on({"customers": members.record(replace(step, contact=f"c{name}"), NOW)})
    for contact in CONTACTS[10:13]:
        members.count_on({"customers": members.record(transition(contact, 3, True), NOW)})
    assert members.counts() == {"customers": 9} == {"customers": members.count("customers")}
    members.record(transition("c30", 1, True), NOW)  # and whoever did that has died before it was counted
    members.recount("customers")
    members.recount("inactive")
    assert members.counts() == {"customers": 10, "inactive": 0}
