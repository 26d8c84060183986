"""Points of lead models: the evaluator's, brute force's and SQL's are one, whatever the model; and how they decay."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain import sql
from shared.domain.conditions import Condition, Segment
from shared.domain.conditions.points import Points
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Event, Instant
from shared.domain.explanations import explain
from shared.domain.lead_models import HALVINGS, MODELS, Decay, LeadModel
from shared.domain.lead_scores import lead_score, lead_scores
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.folding import fold, trim
from shared.domain.segments import BY_TIME, Definitions, absorb, change_of, compile_segments, evaluate
from tests.unit import brute_force
from tests.unit.profile_histories import (
    AFTER,
    CONTACT,
    EVERY_OTHER,
    durations,
    events,
    is_read,
    leaves,
    types,
    wheres,
)
from tests.unit.sql_lake import PASS, Lake
from tests.unit.test_segments import CONDITION, GRID, ZONE

WHERE = ZoneInfo(ZONE)
points = st.integers(-20, 20).filter(bool)


@st.composite
def states(draw: st.DrawFn) -> dict[str, Any]:
    """Drawn within, since Hypothesis would write all of `leaves` out otherwise."""
    return draw(_STATES)


_STATES = leaves.filter(lambda each: each["kind"] not in ("member", "rank", "rfm", "points") and is_read(each))
rules = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("event"), "event": types, "points": points},
        optional={"where": wheres, "up_to": st.integers(1, 4), "within": durations},
    ),
    st.fixed_dictionaries({"kind": st.just("state"), "when": states(), "points": points}),
)


def read(raw: dict[str, Any]) -> LeadModel | None:
    try:
        return MODELS.validate_python([raw])[0]
    except ValidationError:
        return None


models = (
    st.fixed_dictionaries(
        {
            "id": st.just("lead"),
            "name": st.just("Lead"),
            "threshold": st.integers(1, 20),
            "rules": st.lists(rules, min_size=1, max_size=4),
        },
        optional={"half_life": st.sampled_from(["1h", "7h", "1d", "30h"])},
    )
    .map(read)
    .filter(lambda model: model is not None)
)
bounds = st.sampled_from(
    [{}, {"at_least": 1}, {"at_least": 7}, {"at_most": 0}, {"at_least": -3, "at_most": 5}, {"at_least": 0}]
)


def shop(model: LeadModel, *asked: dict[str, Any]) -> Definitions:
    segments = [
        Segment(id=f"s{n}", name="S", sentence="Those.", when=Points(model="lead", **each))
        for n, each in enumerate(asked or ({},))
    ]
    return compile_segments(segments, models=[model], zone="Europe/Paris")


def of(model: LeadModel, *told: Event) -> Profile:
    profile = Profile("c1")
    for event in told:
        fold(profile, event, EVERY_OTHER)
    return profile


@settings(max_examples=150)
@given(models, bounds, events())
def test_points_are_brute_forces_and_until_is_sound_and_exact(
    model: LeadModel, asked: dict[str, Any], drawn: list[Event]
) -> None:
    definitions, profile = shop(model, asked), of(model, *drawn)
    condition: Condition = definitions.segments["s0"].when

    def brute(t: Instant) -> bool:
        return brute_force.holds(condition, profile, t, {}, {}, WHERE, [model])

    answers = [(t, brute(t)) for t in GRID]
    for t, expected in answers:
        member, until = evaluate(definitions, "s0", profile, t)
        assert member == expected
        assert until > t
        assert all(later == member for at, later in answers if t <= at < until)
    holds, change = change_of(definitions.compiler.function([condition]), profile, AFTER)
    assert holds == answers[0][1]
    if change == NEVER:
        assert all(later == holds for _, later in answers)
    else:
        assert brute(change) != holds
        assert brute(change - 1) == holds
    told = lead_score(definitions, "lead", profile, AFTER)
    assert told.qualified == brute_force.holds(Points(model="lead"), profile, AFTER, {}, {}, WHERE, [model])
    assert abs(told.points - sum(each.left for each in told.parts)) <= 0.01 * (len(told.parts) + 1)


@settings(max_examples=80, deadline=None)
@given(models, st.lists(events(), min_size=1, max_size=4), st.integers(0, 40), st.sampled_from([0, 1, 40 * MINUTE]))
def test_sql_gives_the_same_points(model: LeadModel, histories: list[list[Event]], step: int, off: int) -> None:
    t, definitions = AFTER + 3 * HOUR * step + off, shop(model, {}, {"at_least": 1}, {"at_most": 0}, {"at_least": -3})
    told = {f"c{number:015x}": history for number, history in enumerate(histories)}
    profiles = []
    for contact, history in told.items():
        profiles.append(Profile(contact))
        for event in history:
            fold(profiles[-1], event, EVERY_OTHER)
    lake, segments = Lake(profiles, told, definitions, t), list(definitions.segments)
    found = {row["contact"]: row for row in lake.rows(sql.one_pass(definitions, segments, t, PASS))}
    for profile in profiles:
        for segment in segments:
            asked = found[profile.contact][f"in_{segment}"]
            assert asked == evaluate(definitions, segment, profile, t)[0]


# ── what points decay to ──


def test_points_halve_with_each_half_life_and_lie_on_a_line_between() -> None:
    decay = Decay(24)
    left = [decay.left(hours * HOUR) / decay.one for hours in (0, 6, 12, 24, 36, 48)]
    assert left == [1, 0.875, 0.75, 0.5, 0.375, 0.25]
    assert decay.left(HOUR - 1) == decay.one > decay.left(HOUR)
    assert decay.left(24 * HALVINGS * HOUR - 1) > 0 == decay.left(24 * HALVINGS * HOUR)


def test_the_largest_model_there_may_be_fits_a_bigint() -> None:
    decay = Decay(730 * 24)
    assert 50 * 20 * 1000 * decay.one < 2**63


# ── one model, told as a story ──

MODEL = MODELS.validate_python(
    [
        {
            "id": "lead",
            "name": "Lead",
            "half_life": "10d",
            "threshold": 20,
            "rules": [
                {"kind": "event", "event": "Email Clicked", "points": 8, "up_to": 3},
                {"kind": "state", "when": {"kind": "trait", "trait": "country", "value": "DE"}, "points": 10},
                {"kind": "event", "event": "Email Complained", "points": -50},
            ],
        }
    ]
)[0]


def click(days: float, number: int = 0, type_: str = "Email Clicked") -> Event:
    time = AFTER + round(days * DAY)
    return Event(id=f"{type_}{days}{number}", type=type_, time=time, received=time, source="ses", identities=CONTACT)


def german(*told: Event) -> Profile:
    profile = of(MODEL, *told)
    profile.traits["country"] = Stamped("DE", AFTER)
    return profile


def test_who_clicks_is_qualified_until_it_has_decayed_and_no_job_is_needed() -> None:
    definitions, profile = shop(MODEL), german()
    profile.first_seen, profile.definitions = AFTER, 1
    entered = absorb(definitions, profile, [click(1)], AFTER + DAY)
    assert entered == []  # 18 points
    (entered,) = absorb(definitions, profile, [click(2)], AFTER + 2 * DAY)
    assert entered.entered
    assert entered.cause == "Email Clicked20"
    # 8 + 8 have fallen to 10 a week after the second: for an hour more that is enough.
    (left,) = absorb(definitions, profile, [], AFTER + 30 * DAY)
    assert (left.entered, left.cause, left.time) == (False, BY_TIME, AFTER + 9 * DAY + HOUR)


def test_what_a_loss_keeps_somebody_from_comes_as_it_fades_and_at_its_hour() -> None:
    definitions = shop(MODEL, {"at_least": -10})
    profile = german(click(0, 0, "Email Complained"))
    holds, change = change_of(definitions.compiler.function([Points(model="lead", at_least=-10)]), profile, AFTER)
    # 10 - 50 come to -10 when 20 of the 50 are left: 4 days after the first half-life.
    assert (holds, change) == (False, AFTER + 14 * DAY)
    assert evaluate(definitions, "s0", profile, AFTER) == (False, AFTER + 14 * DAY)


def test_what_a_loss_takes_ends_it_sooner() -> None:
    definitions = shop(MODEL, {"at_least": -24})
    profile = german(click(0), click(0, 1), click(0, 0, "Email Complained"))
    assert evaluate(definitions, "s0", profile, AFTER)[0]  # 10 + 16 - 50 are -24, and fade towards 10
    held = shop(MODEL.model_copy(update={"half_life": None}), {"at_least": -24})
    assert evaluate(held, "s0", profile, AFTER) == (True, NEVER)
    lately = MODEL.rules[0].model_copy(update={"within": 5 * DAY})
    left = shop(MODEL.model_copy(update={"half_life": None, "rules": (lately, *MODEL.rules[1:])}), {"at_least": -24})
    assert evaluate(left, "s0", profile, AFTER) == (True, AFTER + 5 * DAY)


def test_no_more_than_so_many_events_count_and_the_newest_do() -> None:
    definitions = shop(MODEL)
    four = german(click(0), click(1), click(2), click(3))
    assert lead_score(definitions, "lead", four, AFTER + 3 * DAY).parts[0].times == tuple(
        AFTER + day * DAY for day in (1, 2, 3)
    )


def test_what_is_left_and_what_gives_it_is_said() -> None:
    definitions, profile = shop(MODEL), german(click(0), click(0, 1), click(0, 2))
    told = explain(definitions, "s0", profile, AFTER + 10 * DAY)
    assert told.asks == "has the points that qualify for “lead”"
    assert told.evidence == (
        "22 points: clicked a link in an email, 3 times: 24 points, of which 12 are left; "
        "lives in Germany (DE): 10 points"
    )
    (score,) = lead_scores(definitions, profile, AFTER + 10 * DAY)
    assert (score.points, score.qualified, score.until) == (22, True, AFTER + 321 * HOUR)
    assert [(part.given, part.left, part.says) for part in score.parts] == [
        (24, 12, "+8 points each time they clicked a link in an email, for the newest 3"),
        (10, 10, "+10 points while somebody lives in Germany (DE)"),
    ]


def test_where_the_history_is_cut_off_it_says_so_instead_of_guessing() -> None:
    raw = MODEL.model_dump(mode="json", by_alias=True)
    raw["rules"][0]["where"] = [{"property": "human", "value": True}]
    model = MODELS.validate_python([raw])[0]
    definitions = shop(model)
    profile = german(*(click(0, n) for n in range(60)))
    trim(profile)
    with pytest.raises(HistoryNeededError):
        evaluate(definitions, "s0", profile, AFTER + DAY)
    assert evaluate(definitions, "s0", profile, AFTER + 101 * DAY) == (False, NEVER)  # of which nothing is left


def test_an_event_that_gives_points_moves_the_segments_that_ask_for_them() -> None:
    definitions = shop(MODEL)
    assert definitions.moved_by(["event:Email Clicked"]) == ["s0"]
    assert definitions.moved_by(["event:Page Viewed"]) == []


# ── what a model may be ──


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"half_life": "90min"}, "whole hours"),
        ({"threshold": 35}, "34 points at most"),
        ({"rules": [{"kind": "event", "event": "Page Viewed", "points": 0}]}, "0 points"),
        ({"rules": [{"kind": "state", "points": 99, "when": {"kind": "member", "segment": "a"}}]}, "contact alone"),
        ({"rules": [{"kind": "state", "points": 99, "when": {"kind": "points", "model": "a"}}]}, "contact alone"),
        (
            {"rules": [{"kind": "state", "points": 99, "when": {"kind": "rfm", "score": "recency", "at_least": 4}}]},
            "contact alone",
        ),
        (
            {
                "rules": [
                    {
                        "kind": "event",
                        "event": "Order Completed",
                        "points": 99,
                        "where": [{"property": "category", "value": "a"}, {"property": "product_id", "value": "b"}],
                    }
                ]
            },
            "by `orders`",
        ),
        (
            {
                "rules": [
                    {"kind": "state", "points": 99, "when": {"kind": "event", "event": "A", "within": "this_run"}},
                ]
            },
            "no run",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        MODELS.validate_python([MODEL.model_dump(mode="json", by_alias=True, exclude_none=True) | change])


def test_a_segment_about_a_model_there_is_none_of_is_refused() -> None:
    asked = Segment(id="s", name="S", sentence="S.", when=CONDITION.validate_python({"kind": "points", "model": "x"}))
    with pytest.raises(ValueError, match="s references the unknown lead model x"):
        compile_segments([asked], models=[MODEL])
