"""Explanations: the evaluator's answer, in words with evidence, and the exact instant at which it changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import definitions
from shared.domain.events import DAY, HOUR, NEVER, ConsentChange, Event, Type, event_id, iso, parse_instant
from shared.domain.explanations import Explanation, duration, explain
from shared.domain.profiles import HISTORY_BOUND, Profile, fold, trim
from shared.domain.segments import HistoryNeededError, Segment, compile_segments, evaluate, next_change
from tests.unit import profile_histories as histories

NOW = parse_instant("2011-06-01")


def segment(when: dict[str, Any]) -> Segment:
    return Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": when})


def profile(*events: Event) -> Profile:
    made = Profile("c1")
    for event in events:
        fold(made, event)
    trim(made)
    return made


def event(date: str, type_: str = Type.PAGE_VIEWED, **fields: Any) -> Event:
    time = parse_instant(date)
    return Event(id=event_id(date, type_), type=type_, time=time, stated=time, received=NOW, source="shopify", **fields)


def order(date: str, total: float = 20.0) -> Event:
    return event(date, Type.ORDER_COMPLETED, properties={"order_id": date, "total": total})


def explained(when: dict[str, Any], *events: Event) -> Explanation:
    return explain(segment(when), profile(*events), NOW)


# ── words ──


def test_orders_are_counted_against_what_is_asked_with_their_dates() -> None:
    when = {"kind": "orders", "at_least": 3, "within": "183d"}
    short = explained(when, order("2011-03-02"), order("2011-05-07"), order("2010-01-01"))
    assert (short.holds, short.until) == (False, NEVER)
    assert short.asks == "at least 3 orders within 183 days"
    assert short.evidence == "2 of 3 orders within 183 days: 2011-03-02, 2011-05-07"
    assert short.turns == "1 more order would make it true."

    enough = explained(when, order("2011-03-02"), order("2011-05-07"), order("2011-05-20"))
    assert enough.until == parse_instant("2011-03-02") + 183 * DAY
    assert enough.evidence == "3 orders within 183 days: 2011-03-02, 2011-05-07, 2011-05-20"
    assert enough.turns == "Ends on 2011-09-01, unless there is another order."


def test_money_says_how_much_is_missing() -> None:
    when = {"kind": "orders", "measure": "sum", "at_least": 500, "within": "365d"}
    spent = explained(when, order("2011-03-02", 300), order("2011-05-07", 80.5))
    assert spent.evidence == "380.50 of 500.00 within 365 days: 2011-03-02, 2011-05-07"
    assert spent.turns == "Orders worth 119.50 more would make it true."


def test_orders_without_a_window_end_only_by_refund() -> None:
    one = explained({"kind": "orders", "at_least": 1}, order("2011-03-02"))
    assert (one.evidence, one.until) == ("1 order: 2011-03-02", NEVER)
    assert one.turns == "Only a refund or a cancellation would change it."


def test_events_name_their_filters_and_the_newest_of_many() -> None:
    when = {
        "kind": "event",
        "event": "Email Opened",
        "within": "60d",
        "where": [{"property": "human", "value": True}, {"property": "campaign", "is": "in", "value": ["a", "b"]}],
    }
    properties = {"human": True, "campaign": "a"}
    opens = [event(f"2011-05-{day:02}", Type.EMAIL_OPENED, properties=properties) for day in range(1, 8)]
    unseen = event("2011-05-30", Type.EMAIL_OPENED, properties={"human": False, "campaign": "a"})
    told = explained(when, *opens, unseen)
    what = "× Email Opened with human is yes and campaign is one of a, b within 60 days"
    assert told.asks == f"at least 1 {what}"
    assert told.evidence == f"7 {what}: … 2011-05-03, 2011-05-04, 2011-05-05, 2011-05-06, 2011-05-07"
    assert told.turns == "Ends on 2011-07-06, unless it happens again."
    assert told.until == parse_instant("2011-05-07") + 60 * DAY


def test_events_are_counted_whole_though_only_the_newest_are_kept() -> None:
    many = [event(iso(NOW - hour * HOUR)) for hour in range(1, HISTORY_BOUND + 11)]
    told = explained({"kind": "event", "event": "Page Viewed", "at_least": 45}, *many)
    assert told.evidence.startswith("50 × Page Viewed: … ")
    assert told.turns == "Nothing: what happened stays."
    with pytest.raises(HistoryNeededError):
        explained({"kind": "event", "event": "Page Viewed", "at_least": 45, "within": "60d"}, *many)


def test_consent_says_what_was_answered_when() -> None:
    when = {"kind": "consent", "is": "subscribed", "within": "30d"}
    yes = (ConsentChange(state="subscribed"),)
    never, fresh, old = (
        explained(when),
        explained(when, event("2011-05-20", consent=yes)),
        explained(when, event("2011-04-01", consent=yes)),
    )
    assert (never.holds, never.evidence) == (False, "never asked")
    assert (fresh.holds, fresh.evidence, fresh.turns) == (True, "subscribed on 2011-05-20", "Ends on 2011-06-19.")
    assert (old.holds, old.evidence) == (False, "subscribed on 2011-04-01, which is more than 30 days ago")
    assert old.asks == "consent to marketing: subscribed within 30 days"


def test_traits_say_what_they_are_and_that_they_are_unknown() -> None:
    when = {"kind": "trait", "trait": "country", "is": "in", "value": ["GB", "FR"]}
    assert explained(when).evidence == "country is not known"
    told = explained(when, event("2011-05-01", traits={"country": "DE"}))
    assert (told.asks, told.evidence) == ("country is one of GB, FR", "country is DE, since 2011-05-01")
    assert explained({"kind": "trait", "trait": "dormant", "value": True}).asks == "dormant is yes"
    assert explained({"kind": "trait", "trait": "phone", "is": "exists"}).asks == "phone is known"


def test_being_known_comes_true_by_itself() -> None:
    told = explained({"kind": "first_seen", "before": "60d"}, event("2011-05-01"))
    assert (told.holds, told.until) == (False, parse_instant("2011-06-30"))
    assert (told.evidence, told.turns) == ("first seen on 2011-05-01", "True by itself on 2011-06-30.")


def test_a_tree_is_explained_part_by_part() -> None:
    (lapsed,) = [each for each in definitions.shipped() if each.id == "lapsed_customers"]
    told = explain(lapsed, profile(order("2011-03-02")), NOW)
    assert (told.holds, told.until) == (False, parse_instant("2011-03-02") + 180 * DAY)
    ordered, not_lately = told.parts
    assert (told.evidence, ordered.holds, not_lately.holds) == ("1 of 2 true", True, False)
    assert not_lately.parts[0].evidence == "1 order within 180 days: 2011-03-02"


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(60 * DAY, "60 days"), (DAY, "1 day"), (36 * HOUR, "36 hours"), (1500, "1,500 milliseconds")],
)
def test_durations_are_told_in_the_largest_whole_unit(milliseconds: int, words: str) -> None:
    assert duration(milliseconds) == words


# ── agreement with the evaluator ──


def every(explanation: Explanation) -> Iterator[Explanation]:
    yield explanation
    for part in explanation.parts:
        yield from every(part)


@given(histories.conditions, histories.events(), st.integers(0, 20))
def test_the_answer_and_its_end_are_the_evaluators(when: dict[str, Any], events: list[Event], step: int) -> None:
    asked, of, t = segment(when), profile(*events), histories.BEGIN + step * 6 * HOUR
    told = explain(asked, of, t)
    compiled = compile_segments([asked])
    assert told.holds == evaluate(compiled, "s", of, t)[0]
    assert told.until == next_change(compiled, "s", of, t)
    for each in every(told):
        assert each.asks and each.evidence and each.turns
        if each.kind == "not":
            assert (each.parts[0].holds, each.parts[0].until) == (not each.holds, each.until)
        if each.kind == "all":
            assert each.holds == all(part.holds for part in each.parts)


@given(histories.events(), st.integers(0, 20), st.sampled_from(["1d", "2d", None]), st.integers(1, 3))
def test_the_evidence_counts_as_the_answer_says(events: list[Event], step: int, within: str | None, least: int) -> None:
    t = histories.BEGIN + step * 6 * HOUR
    past = profile(*(each for each in events if each.time <= t))
    for kind in ({"kind": "event", "event": "Page Viewed"}, {"kind": "orders"}):
        told = explain(segment({**kind, "at_least": least, **({"within": within} if within else {})}), past, t)
        assert told.holds == (int(told.evidence.split()[0]) >= least)
        assert told.holds == (" of " not in told.evidence)
