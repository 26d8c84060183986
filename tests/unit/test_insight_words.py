"""What is said of a score, and the drafts that use one."""

from __future__ import annotations

import json
from datetime import date

import pytest

from shared.adapters import definitions, journey_files
from shared.domain.conditions import Segment
from shared.domain.events import DAY, parse_instant
from shared.domain.insight import CATALOGUE, Gate, Measures, Reason, Result, Validation, drafts, score_of, telling
from shared.domain.journeys import checking
from shared.domain.journeys.definition import End, Journey, Send, Split
from shared.domain.segments import compile_segments

AT = parse_instant("2026-11-28")
ENOUGH = (Gate(need=100, have=812, what="customers with an order"),)
TOO_FEW = (Gate(need=100, have=63, what="customers with an order"),)
USABLE = [each for each in CATALOGUE if drafts.is_usable(each)]


def result(verdict: str = "model", gates: tuple[Gate, ...] = ENOUGH, contacts: int = 812) -> Result:
    checked = Validation.model_validate(
        {
            "score": "order",
            "cut": AT - 90 * DAY,
            "horizon_days": 90,
            "customers": 700,
            "events": 200,
            "verdict": verdict,
            "sentence": "Too few data: nothing happened. Nobody has this score." if verdict == "too few data" else "S.",
            "model": {"auc": 0.8},
            "rule": {"auc": 0.76},
        }
    )
    return Result(score="order", as_of=AT, gates=gates, validation=checked, contacts=contacts, bands={"high": 12})


# ── how a score stands ──


def test_too_few_customers_are_said_in_numbers_and_nobody_has_the_score() -> None:
    score = score_of("order")
    closed = result(gates=TOO_FEW)
    assert telling.state_of(score_of("order"), closed) == "closed"
    assert telling.standing(score, closed) == "63 of 100 customers with an order; nobody has this score yet."
    assert telling.why_nobody(closed) == "not enough: 63 of 100 customers with an order"
    assert telling.verdict(score, closed) is None
    assert telling.gate_of(closed) == TOO_FEW[0]


def test_before_the_first_night_nothing_has_been_worked_out() -> None:
    score = score_of("order")
    assert telling.state_of(score_of("order"), None) == "closed"
    assert telling.standing(score, None).startswith("Nothing has been worked out yet")
    assert telling.band_names(score, None) == [("high", 0), ("medium", 0), ("low", 0)]


def test_where_the_model_does_not_beat_the_simple_rule_that_is_who_gives_it() -> None:
    assert telling.state_of(score_of("order"), result("model")) == "model"
    assert telling.state_of(score_of("order"), result("simple rule")) == "simple"
    too_few = result("too few data")
    assert telling.state_of(score_of("order"), too_few) == "closed"
    assert telling.standing(score_of("order"), too_few) == "Too few data: nothing happened. Nobody has this score."


@pytest.mark.parametrize(("contacts", "said"), [(0, "Nobody has it"), (1, "1 person has it"), (1204, "1,204 people")])
def test_how_many_have_it_is_said(contacts: int, said: str) -> None:
    assert telling.standing(score_of("order"), result(contacts=contacts)).startswith(said)


def test_only_measures_that_were_taken_are_told() -> None:
    (auc,) = telling.figures(result().validation)
    assert (auc.model, auc.simple) == (0.8, 0.76)
    assert telling.figures(None) == []
    checked = result().validation
    assert checked is not None
    assert telling.figures(checked.model_copy(update={"model": Measures(), "rule": Measures()})) == []


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-11-16", "overdue by 12 days"),
        ("2026-11-27", "overdue by 1 day"),
        ("2026-11-28", "due today"),
        ("2026-12-03", "in 5 days"),
    ],
)
def test_a_day_is_overdue_or_to_come(day: str, said: str) -> None:
    days = telling.overdue(day, date(2026, 11, 28))
    assert days is not None
    assert telling.overdue_in_words(days) == said


def test_what_is_no_day_is_not_overdue() -> None:
    assert telling.overdue(None, date(2026, 11, 28)) is None
    assert telling.overdue("soon", date(2026, 11, 28)) is None


def test_the_note_for_why_names_the_reasons_and_the_simple_rule() -> None:
    reasons = [Reason(code="last_order", value=12, effect=23), Reason(code="orders", value=1)]
    told = telling.note(score_of("order"), reasons, by_rule=False)
    assert told == "the last order was 12 days ago (+23 points); 1 order so far"
    assert telling.note(score_of("order"), [], by_rule=True) == "by the simple rule: the time since the last order"


# ── what uses a score ──


@pytest.mark.parametrize("score", USABLE, ids=lambda each: each.id)
def test_the_drafts_of_a_score_are_in_order_and_leave_a_tenth_alone(score: object) -> None:
    found = score_of(score.id)  # type: ignore[attr-defined]
    segment = Segment.model_validate_json(json.dumps(drafts.segment_of(found)), strict=True)
    journey = Journey.model_validate_json(json.dumps(drafts.journey_of(found)), strict=True)
    shipped = definitions.shipped()
    compile_segments(
        [*(each for each in shipped if each.id != segment.id), segment], models=definitions.shipped_models()
    )
    known = checking.Known(
        templates={each.template or each.id: 1 for each in journey.steps if isinstance(each, Send)},
        segments={*(each.id for each in shipped), segment.id},
        events={"Order Completed"},
        journeys=journey_files.shipped(),
        topics=["marketing"],
        class_of=lambda template, pin: "lifecycle",
        machines={},
    )
    assert list(checking.problems(journey, known)) == []
    if found.id != "sentiment":
        (split,) = (each for each in journey.steps if isinstance(each, Split))
        assert {way.next: way.weight for way in split.ways}["left_alone"] == 10
        assert sum(way.weight for way in split.ways) == 100
        assert {each.outcome for each in journey.steps if isinstance(each, End)} == {"emailed", "held_out"}
        assert any(exit_.goal for exit_ in journey.exits)


def test_a_score_that_a_shipped_segment_reads_is_used_by_that_one() -> None:
    shipped = {each.id for each in definitions.shipped()}
    for score in USABLE:
        assert score.segments == () or drafts.segment_for(score) in shipped | {"likely_to_buy"}


@pytest.mark.parametrize(("recency", "frequency"), [(1, 1), (5, 3), (5, 5)])
def test_a_cell_of_the_grid_is_a_segment(recency: int, frequency: int) -> None:
    told = drafts.cell_segment(recency, frequency)
    segment = Segment.model_validate_json(json.dumps(told), strict=True)
    assert segment.id == f"rfm_r{recency}_f{frequency}"
    compile_segments([segment])
