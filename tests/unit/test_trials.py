"""A segment on trial: whoever is asked, each contact is decided by the definition of their half, and no other draw says
which that is; who takes part are those who first enter by either."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from pydantic import ValidationError
from scipy import stats

from shared.adapters.queries import FILES
from shared.domain.conditions import Condition, Segment, parts_of
from shared.domain.conditions.orders import Rank
from shared.domain.conditions.shorthand import plain
from shared.domain.draws import in_sample
from shared.domain.events import DAY, Event, Instant, Type
from shared.domain.experiments.campaigns import Usual
from shared.domain.experiments.definition import Experiment, kinds
from shared.domain.experiments.entering import entered, is_of_segment
from shared.domain.experiments.planning import SoFar, entering, expected
from shared.domain.experiments.rates import Arm, z_value
from shared.domain.journeys.arms import of_email
from shared.domain.journeys.definition import Arms, Journey, Send, Variant
from shared.domain.profiles.transitions import (
    BY_DEFINITION,
    BY_JOINING,
    BY_LAUNCH,
    BY_RANK,
    BY_REPAIR,
    BY_TIME,
    LATE,
    Transition,
)
from shared.domain.publications import (
    InUseError,
    OnTrialError,
    Publication,
    compiled,
    first,
    with_experiment,
    with_segment,
    with_shipped,
    without_experiment,
    without_segment,
)
from shared.domain.trials import PERCENT, arm_of, base_of, experiment_of, salt_of
from tests.unit.journey_player import journey
from tests.unit.profile_histories import LEAD_MODELS
from tests.unit.sql_lake import Lake
from tests.unit.test_publications import member, orders, segment
from tests.unit.test_sql import (
    ZONE,
    by_python,
    by_sql,
    contact_id,
    cutoff_values,
    histories,
    instants,
    other_trees,
    profile_of,
    trees,
)

CONTACTS = [contact_id(number) for number in range(20_000)]


# ── who is decided by what ──


@settings(max_examples=60, deadline=None)
@given(trees, trees, other_trees, cutoff_values, histories, instants)
def test_each_contact_is_decided_by_the_definition_of_their_half_in_python_and_in_sql(
    before: Condition, criteria: Condition, other: Condition, cutoff: float, told: list[list[Event]], t: Instant
) -> None:
    """As two segments of these definitions would have them, and the experiment's own whom either has."""
    named = {"other": other, "was": before, "criteria": criteria, "s": before}
    held = first(
        [Segment(id=name, name=name, sentence="Those.", when=when) for name, when in named.items()],
        ZONE,
        1,
        LEAD_MODELS,
    )
    parts = [part for when in named.values() for part in parts_of(plain(when))]
    held = held.model_copy(update={"cutoffs": {part.key: cutoff for part in parts if isinstance(part, Rank)}})
    on_trial = compiled(with_experiment(held, "s", "trial", criteria, start_journeys=False, now=2))
    events = {contact_id(number): list(history) for number, history in enumerate(told)}
    profiles = [profile_of(contact, history) for contact, history in events.items()]
    found = by_python(on_trial, profiles, t)
    for contact, holds in found.items():
        assert holds["s"] == holds["criteria" if arm_of("trial", contact) == "b" else "was"]
        assert holds[base_of("trial")] == (holds["criteria"] or holds["was"])
    assert by_sql(on_trial, Lake(profiles, events, on_trial, t), t) == found


def test_half_are_in_each_arm_and_no_other_draw_tells_which() -> None:
    """Neither another experiment's of either kind, nor a sample's that the shop has drawn by the same word."""
    arms = np.array([arm_of("one", contact) == "b" for contact in CONTACTS])
    assert stats.binomtest(int(arms.sum()), len(CONTACTS), 0.5).pvalue > 0.001
    email = Send(id="hello", kind="send", arms=Arms(experiment="one", variants=(Variant(id="x"), Variant(id="y"))))
    made = journey({"kind": "event", "events": ["Go"]}, email.model_dump(mode="json", exclude_none=True))
    draws = {
        "another experiment": [arm_of("two", contact) == "b" for contact in CONTACTS],
        "an experiment of a journey's that is called the same": [_variant(made, each) == "y" for each in CONTACTS],
        "a sample by the same word": [in_sample("one", 50, contact) for contact in CONTACTS],
    }
    for what, drawn in draws.items():
        table = np.histogram2d(arms, np.array(drawn), bins=2)[0]
        assert stats.chi2_contingency(table).pvalue > 0.001, what


def test_where_emails_do_nothing_the_arms_are_alike_and_the_two_definitions_members_are_not() -> None:
    """Of 400 shops in which whom only the other definition brings in order half as often, whatever they get."""
    lots, people = np.random.default_rng(14), CONTACTS[:800]
    by_arm, by_members = 0, 0
    for shop in range(400):
        only_b = lots.random(len(people)) < 0.4
        ordered = lots.random(len(people)) < np.where(only_b, 0.1, 0.2)
        in_b = np.array([arm_of(f"shop_{shop}", contact) == "b" for contact in people])
        one, other = (Arm(int(part.sum()), int(ordered[part].sum())) for part in (~in_b, in_b))
        by_arm += abs(z_value(one, other)) > 1.96
        those = (
            Arm(int((~only_b).sum()), int(ordered[~only_b].sum())),
            Arm(int(only_b.sum()), int(ordered[only_b].sum())),
        )
        by_members += abs(z_value(*those)) > 1.96
    assert by_arm / 400 < 0.08, "one in twenty, give or take 400 shops"
    assert by_members / 400 > 0.8


def _variant(made: Journey, contact: str) -> str:
    arm = of_email(made, "hello", contact)
    assert arm is not None
    return arm.variant


def test_the_same_falls_the_same_way_for_good() -> None:
    # Written down: another draw would give people who are under way another arm.
    assert "".join(arm_of("loyal_sooner", f"c{number}") for number in range(12)) == "aaaaabababab"
    drawn = [in_sample(salt_of("loyal_sooner"), PERCENT, f"c{number}") for number in range(12)]
    assert drawn == [arm_of("loyal_sooner", f"c{number}") == "b" for number in range(12)]
    assert (salt_of("x"), base_of("x"), experiment_of("base__x"), experiment_of("x")) == (
        *("experiment.x", "base__x", "x", None),
    )


def test_reports_leave_out_segments_that_are_an_experiment_s_own() -> None:
    assert f"<> '{base_of('')}'" in (FILES / "kpis.sql").read_text(encoding="utf-8")


# ── what is published ──

SHIPPED = (segment("loyal", orders(2)), segment("others", {"kind": "not", "of": member("loyal")}))
ONCE = segment("x", orders(1)).when


@pytest.fixture
def begun() -> Publication:
    return with_experiment(first(SHIPPED, "UTC", 1), "loyal", "sooner", ONCE, start_journeys=True, now=2)


def test_it_changes_its_segment_and_those_that_ask_about_it(begun: Publication) -> None:
    assert begun.changed == {"loyal": 2, "others": 2, "base__sooner": 2}
    assert (begun.starting, begun.to_fill, begun.own) == (("loyal",), 2, ("loyal",))
    assert begun.on_trial["loyal"].before == SHIPPED[0]


def test_nothing_else_changes_a_segment_on_trial(begun: Publication) -> None:
    for changed in (segment("loyal", orders(5)), segment("base__sooner", orders(5)), segment("base__new", orders(5))):
        with pytest.raises(OnTrialError):
            with_segment(begun, changed, start_journeys=False, now=3)
    for id_ in ("loyal", "base__sooner"):
        with pytest.raises(OnTrialError):
            without_segment(begun, id_, 3)
    with pytest.raises(OnTrialError, match="sooner compares two definitions"):
        with_experiment(begun, "loyal", "another", ONCE, start_journeys=False, now=3)
    with pytest.raises(OnTrialError):
        with_experiment(begun, "base__sooner", "another", ONCE, start_journeys=False, now=3)
    brought = with_shipped(begun, (segment("loyal", orders(7)), segment("new", orders(7))), "UTC", 3)
    assert brought is not None
    assert (brought.segment("loyal"), brought.on_trial) == (begun.segment("loyal"), begun.on_trial)
    other = with_segment(brought, segment("mine", orders(5)), start_journeys=False, now=4)
    assert other.on_trial == begun.on_trial


def test_it_ends_with_either_definition_or_as_it_was(begun: Publication) -> None:
    was = SHIPPED[0]
    winner = without_experiment(begun, "loyal", ONCE, start_journeys=False, now=3)
    assert winner.segment("loyal") == was.model_copy(update={"when": ONCE})
    stopped = without_experiment(begun, "loyal", None, start_journeys=False, now=3)
    assert stopped.segments == SHIPPED
    for ended in (winner, stopped):
        assert (ended.on_trial, ended.to_fill, ended.starting) == ({}, 3, ())
        assert ended.changed == {"loyal": 3, "others": 3}
    # A deployment changes what the shop has not decided on: one that was stopped is as shipped again.
    assert (winner.own, stopped.own) == (("loyal",), ())


def test_it_does_not_end_while_something_asks_about_its_own_segment(begun: Publication) -> None:
    watched = with_segment(begun, segment("watching", member("base__sooner")), start_journeys=False, now=3)
    with pytest.raises(InUseError, match="watching"):
        without_experiment(watched, "loyal", None, start_journeys=False, now=4)


def test_a_definition_that_asks_about_the_segment_itself_is_refused() -> None:
    for when, why in ((member("loyal"), "cycle"), (member("others"), "cycle"), (member("none"), "unknown")):
        with pytest.raises(ValueError, match=why):
            with_experiment(
                first(SHIPPED, "UTC", 1), "loyal", "x", segment("x", when).when, start_journeys=False, now=2
            )


# ── who takes part ──


def transition(cause: str, *, before: int = 0, late: int = 0, segment: str = "base__sooner") -> Transition:
    by_event = {"event": Type.ORDER_COMPLETED, "happened": 10 * DAY - late} if cause == "e1" else {}
    return Transition("c1", 7, segment, True, 10 * DAY, cause, before, **by_event)  # type: ignore[arg-type]


def test_somebody_takes_part_from_their_first_entry_by_what_they_did_or_by_time() -> None:
    for cause in ("e1", BY_TIME, BY_RANK):
        told = entered(transition(cause), 11 * DAY)
        assert told is not None
        assert (told.time, told.received, is_of_segment(told)) == (10 * DAY, 11 * DAY, True)
        assert told.properties == {"experiment": "sooner", "variant": arm_of("sooner", "c1")}
        assert told.id == entered(transition(BY_TIME), 99 * DAY).id  # type: ignore[union-attr]
    for cause in (BY_DEFINITION, BY_LAUNCH, BY_REPAIR, BY_JOINING):
        assert entered(transition(cause), 11 * DAY) is None, cause
    assert entered(transition("e1", before=3), 11 * DAY) is None, "they were there before"
    assert entered(transition("e1", late=LATE + 1), 11 * DAY) is None, "history that is brought over"
    assert entered(transition("e1", segment="loyal"), 11 * DAY) is None


# ── what is asked, and what it can show ──

MADE: dict[str, Any] = {
    "id": "sooner",
    "name": "Sooner",
    "hypothesis": "Sooner is better.",
    "segment": "loyal",
    "criteria": orders(1),
    "metric": "ordered",
    "people": 600,
    "looks": 1,
}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"criteria": None}, "by which other `criteria`"),
        ({"segment": None}, "`journey` and `step`, or `segment` and `criteria`"),
        ({"segment": None, "journey": "j", "step": "s"}, "`criteria` are another definition"),
        ({"journey": "j"}, "takes no `journey`"),
        ({"holdout": 10}, "takes no `holdout`"),
        ({"adaptive": True}, "takes no `adaptive`"),
        ({"by_segments": ("vip",)}, "takes no `by_segments`"),
        ({"variants": ({"id": "a"}, {"id": "b"})}, "takes no `variants`"),
        ({"id": "s" * 35}, "at most 34 letters"),
        ({"criteria": {**orders(1), "within": "this_run"}}, "a segment has no run"),
    ],
)
def test_what_cannot_be_asked_of_a_segment_is_refused(changed: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Experiment.model_validate({**MADE, **changed})


def test_how_long_it_takes_is_by_how_many_enter() -> None:
    made = Experiment.model_validate(MADE)
    assert kinds(made) == {"criteria"}
    assert entering(entries=60, days=30, either=300, now=200) == 21
    assert [entering(*each) for each in ((60, 6.0, 3, 2), (0, 30, 3, 2), (60, 30, 3, 0))] == [None, None, None]
    usual = Usual(Arm(2_000, 500), Arm(2_000, 200), 0.0, 0.0)
    can, takes = expected(made, {"a": 1, "b": 1}, SoFar(usual, 0, 21.0), 300 * DAY)
    assert can.startswith("Usually 10.0 % order. With 600 people")
    assert takes.startswith("About 21 people a week enter by either definition")
    assert takes.endswith("so 600 take about 29 weeks.")
    assert expected(made, {"a": 1, "b": 1}, SoFar(usual, 0), 0)[1].endswith("is not known yet.")
