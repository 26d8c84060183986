"""Consent: what holds is a fold of the ledger, a no to all is one to each, a pause ends by itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.addresses import newest_answer, paused_until
from shared.domain.events import ALL, DAY, PAUSE, TRACKING, ConsentChange, Event, Type
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.consent import entries
from shared.domain.profiles.folding import fold

BEGIN = 1_780_000_000_000
YES, NO, WAIT = "subscribed", "unsubscribed", "pending"


def said(number: int, time: int, told: int = 0, source: Any = "shopify", claimed: bool = False, **change: Any) -> Event:
    return Event(
        id=f"e{number}",
        type=Type.CONSENT_CHANGED,
        time=BEGIN + time,
        stated=BEGIN + time,
        received=BEGIN + max(time, told),
        told=BEGIN + max(time, told),
        source=source,
        claimed=claimed,
        consent=(ConsentChange(**change),),
    )


@st.composite
def answers(draw: st.DrawFn) -> list[list[Event]]:
    """Events as they come in, in batches: of few instants, so that many coincide, and in any order."""
    told = []
    for number in range(draw(st.integers(1, 9))):
        fields = {
            "topic": draw(st.sampled_from(["marketing", "news"])),
            "state": draw(st.sampled_from([YES, NO, WAIT])),
            "undated": draw(st.booleans()),
        }
        source = draw(st.sampled_from(["shopify", "shopify", "preference", "form"]))
        time, heard, claimed = draw(st.integers(0, 5)), draw(st.integers(0, 7)), draw(st.booleans())
        told.append(said(number, time, heard, source, claimed, **fields))
    batches: list[list[Event]] = [[]]
    for each in told:
        batches[-1].append(each)
        if draw(st.booleans()):
            batches.append([])
    return batches


@given(answers())
def test_what_holds_is_what_the_ledger_says_last(batches: list[list[Event]]) -> None:
    profile, ledger = Profile("c1"), []
    for batch in batches:
        held = dict(profile.consent), dict(profile.earlier)
        for event in batch:
            fold(profile, event)
        ledger += entries(*held, batch)
        holds = {entry.change.topic: entry.holds for entry in ledger}
        assert holds == {topic: answer.value for topic, answer in profile.consent.items()}
    assert len(ledger) <= sum(map(len, batches))


def test_what_is_said_again_is_no_entry_and_what_comes_late_is_one() -> None:
    yes, again, late = said(1, 1, state=YES), said(2, 9, state=YES), said(3, 5, told=10, state=NO)
    assert [(entry.change.state, entry.holds) for entry in entries({}, {}, [yes, again])] == [(YES, YES)]
    profile = Profile("c1")
    for event in (yes, again):
        fold(profile, event)
    assert [(e.change.state, e.holds) for e in entries(profile.consent, profile.earlier, [late])] == [(NO, YES)]


@pytest.mark.parametrize("held", [YES, NO])
def test_who_types_anothers_address_takes_no_answer_of_theirs_away(held: str) -> None:
    profile = Profile("c1")
    fold(profile, said(1, 1, source="form", state=held))
    fold(profile, said(2, 9, source="form", claimed=True, state=WAIT))
    assert profile.consent["marketing"].value == held
    new = Profile("c2")
    fold(new, said(2, 9, source="form", claimed=True, state=WAIT))
    assert new.consent["marketing"].value == WAIT
    fold(new, said(3, 10, source="form", state=YES))
    assert new.consent["marketing"].value == YES


def contact(**consent: tuple[str, int]) -> Profile:
    return Profile("c1", consent={topic: Stamped(*answer) for topic, answer in consent.items()})


def test_a_no_to_all_is_one_to_every_topic_until_that_is_answered_again() -> None:
    gone = contact(marketing=(YES, 5), news=(YES, 9), all=(NO, 7), tracking=(YES, 5))
    for topic, holds in [("marketing", NO), ("news", YES), ("a_new_one", NO), (TRACKING, YES)]:
        answer = newest_answer(gone, topic, {})
        assert answer is not None and answer.value == holds, topic
    # As it is said at the address, too, which another contact may have:
    assert newest_answer(contact(marketing=(YES, 5)), "marketing", {ALL: Stamped(NO, 6)}) == Stamped(NO, 6)
    assert newest_answer(contact(all=(NO, 5)), "marketing", {"marketing": Stamped(YES, 6)}) == Stamped(YES, 6)
    assert newest_answer(contact(), "marketing", {}) is None
    assert newest_answer(contact(marketing=(YES, 5)), "marketing", {"marketing": Stamped(NO, 5)}) == Stamped(NO, 5)


def test_a_pause_ends_by_itself_or_when_it_is_taken_back() -> None:
    paused = contact(pause=(NO, BEGIN))
    assert paused_until(paused, {}, BEGIN + 30 * DAY - 1) == BEGIN + 30 * DAY
    assert paused_until(paused, {}, BEGIN + 30 * DAY) is None
    assert paused_until(paused, {PAUSE: Stamped(YES, BEGIN + 1)}, BEGIN + DAY) is None
    assert paused_until(contact(), {PAUSE: Stamped(NO, BEGIN)}, BEGIN + DAY) == BEGIN + 30 * DAY
    assert paused_until(contact(), {}, BEGIN) is None
