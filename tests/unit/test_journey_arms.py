"""Experiments with journeys: who falls into which arm, what a version does with it, and what is refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from shared.domain.experiments.definition import CannotBeginError, Experiment, Kept, repeated, says, weights, with_arms
from shared.domain.experiments.rates import sample_ratio
from shared.domain.journeys.arms import HOLDOUT, behind, of_email, of_split, way_of, without_experiments
from shared.domain.journeys.checking import Known, problems
from shared.domain.journeys.definition import Arms, Journey, Send, Split
from tests.unit.journey_player import journey

CONTACTS = [f"c{number:05}" for number in range(4_000)]
KNOWN = Known(templates={"hello": 1, "other": 1, "later": 1, "short": 1}, segments=(), events=("Go",))
GO = {"kind": "event", "events": ["Go"]}


def email(**arms: Any) -> Journey:
    return journey(
        GO,
        {"kind": "send", "id": "hello", "arms": {"experiment": "greeting", **arms}},
        {"kind": "wait", "id": "pause", "for": "2d"},
        {"kind": "send", "id": "later"},
    )


def paths(weights: tuple[int, int] = (1, 3), **arms: Any) -> Journey:
    return journey(
        GO,
        {
            "kind": "split",
            "id": "lot",
            "ways": [{"weight": weights[0], "next": "hello"}, {"weight": weights[1], "next": "other"}],
            "arms": {"experiment": "way", **arms},
        },
        {"kind": "send", "id": "hello", "next": "pause"},
        {"kind": "send", "id": "other"},
        {"kind": "wait", "id": "pause", "for": "2d"},
        {"kind": "send", "id": "later"},
    )


TWO = ({"id": "a"}, {"id": "b", "subject": "Look here", "weight": 2})


def test_a_contact_falls_the_same_way_for_good_and_in_proportion() -> None:
    made = email(variants=TWO)
    first = [of_email(made, "hello", contact) for contact in CONTACTS]
    assert first == [of_email(email(variants=TWO), "hello", contact) for contact in CONTACTS]
    counted = Counter(arm.variant for arm in first if arm is not None)
    assert sample_ratio([counted["a"], counted["b"]], [1, 2]) > 0.001
    assert {arm.subject for arm in first if arm is not None} == {None, "Look here"}
    assert of_email(made, "later", CONTACTS[0]) is None


def test_arms_of_two_experiments_say_nothing_of_each_other() -> None:
    one, two = email(variants=TWO), email(experiment="another", variants=TWO)
    both = Counter((_variant(one, "hello", contact), _variant(two, "hello", contact)) for contact in CONTACTS)
    assert sample_ratio([both["a", "a"], both["a", "b"], both["b", "a"], both["b", "b"]], [1, 2, 2, 4]) > 0.001


def _variant(made: Journey, step: str, contact: str) -> str:
    arm = of_email(made, step, contact)
    assert arm is not None
    return arm.variant


def test_the_holdout_is_drawn_apart_from_the_variants() -> None:
    made, without = email(variants=TWO, holdout=20), email(variants=TWO)
    counted = Counter(_variant(made, "hello", contact) for contact in CONTACTS)
    assert sample_ratio([counted["a"], counted["b"], counted[HOLDOUT]], [80, 160, 60]) > 0.001
    for contact in CONTACTS:
        if _variant(made, "hello", contact) != HOLDOUT:
            assert _variant(made, "hello", contact) == _variant(without, "hello", contact)


def test_who_is_held_out_at_a_split_goes_their_way_and_gets_no_email_behind_it() -> None:
    made = paths(holdout=30)
    split = made.steps[0]
    assert isinstance(split, Split)
    assert split.arms is not None
    assert behind(made, "lot") == {"hello", "other", "pause", "later", "end"}
    out = [contact for contact in CONTACTS if (arm := of_split(split, contact)) is not None and arm.held_out]
    assert 0.25 < len(out) / len(CONTACTS) < 0.35
    assert {way_of(split, contact) for contact in out} == {"hello", "other"}
    for contact in CONTACTS[:200]:
        arms = {step: of_email(made, step, contact) for step in ("hello", "other", "later")}
        assert {arm is not None and arm.held_out for arm in arms.values()} == {contact in out}
        assert {arm.template for arm in arms.values() if arm is not None} == {None}


def test_what_is_decided_is_for_everybody_and_counts_nowhere() -> None:
    made = email(variants=({"id": "a"}, {"id": "b", "template": "short"}), holdout=50, winner="b")
    for contact in CONTACTS[:50]:
        arm = of_email(made, "hello", contact)
        assert arm is not None
        assert (arm.template, arm.counts, arm.held_out) == ("short", False, False)
    ways = paths(holdout=50, winner="other")
    split = ways.steps[0]
    assert isinstance(split, Split)
    assert split.arms is not None
    assert {way_of(split, contact) for contact in CONTACTS} == {"other"}
    assert of_email(ways, "later", CONTACTS[0]) is None


# ── what is refused ──


def said(made: Journey, **arms: Arms) -> list[tuple[str | None, str]]:
    known = Known(KNOWN.templates, KNOWN.segments, KNOWN.events, arms=arms)
    return [(problem.step, problem.text) for problem in problems(made, known)]


def its_arms(made: Journey, step: str) -> Arms:
    found = next(each for each in made.steps if each.id == step)
    assert isinstance(found, Send | Split)
    assert found.arms is not None
    return found.arms


def test_an_experiment_as_it_is_under_way_is_in_order() -> None:
    made = email(variants=TWO)
    assert said(made, hello=its_arms(made, "hello")) == []
    made = paths(holdout=10)
    assert said(made, lot=its_arms(made, "lot")) == []


@pytest.mark.parametrize(
    ("arms", "text"),
    [
        ({"variants": ({"id": "a"},)}, "at least two variants"),
        ({"variants": ()}, "at least two variants"),
        ({"variants": ({"id": "a"}, {"id": "a"})}, "an id of its own"),
        ({"variants": ({"id": "a"}, {"id": HOLDOUT})}, "none is called holdout"),
        (
            {"variants": ({"id": "a"}, {"id": "b", "template": "shrot"})},
            "there is no template shrot: did you mean short",
        ),
        ({"variants": ({"id": "a"}, {"id": "b"}), "winner": "c"}, "c is none of its variants"),
    ],
)
def test_arms_that_make_no_sense_are_refused(arms: Any, text: str) -> None:
    made = email(**arms)
    assert any(text in told for _, told in said(made, hello=its_arms(made, "hello"))), said(made)


def test_two_experiments_do_not_meet_in_one_email() -> None:
    made = paths()
    steps = (made.steps[0], made.steps[1].model_copy(update={"arms": its_arms(email(variants=TWO), "hello")}))
    made = made.model_copy(update={"steps": (*steps, *made.steps[2:])})
    found = said(made, lot=its_arms(made, "lot"), hello=its_arms(made, "hello"))
    assert any(step == "hello" and "behind the experiment at lot" in text for step, text in found)
    decided = email(variants=TWO, winner="a")
    assert said(decided) == []


def test_what_is_under_way_is_not_changed_or_lost_by_an_edit() -> None:
    made, other = email(variants=TWO), email(variants=({"id": "a"}, {"id": "b"}))
    assert ["is not under way here like this" in text for _, text in said(made)] == [True]
    assert ["is not under way here like this" in text for _, text in said(other, hello=its_arms(made, "hello"))] == [
        True
    ]
    ways, known = paths(), Known(KNOWN.templates, KNOWN.segments, KNOWN.events)
    held = ways.steps[0]
    assert isinstance(held, Split)
    known = replace(known, arms={"lot": its_arms(ways, "lot")}, ways={"lot": held.ways})
    assert problems(ways, known) == []
    (moved,) = problems(paths((1, 2)), known)
    assert (moved.path, moved.text[:39]) == (("steps", 0, "ways"), "the experiment way is between these way")
    lost = said(without_experiments(made), hello=its_arms(made, "hello"))
    assert ["decide it first" in text for _, text in lost] == [True]


# ── in and out of the journey ──


def experiment(**changed: Any) -> Experiment:
    told = {
        "id": "greeting",
        "name": "Greeting",
        "hypothesis": "A shorter subject is clicked more.",
        "journey": "j",
        "step": "hello",
        "variants": [{"id": "a"}, {"id": "b", "subject": "Look here"}],
        "people": 400,
        **changed,
    }
    return Experiment.model_validate(told)


def test_the_next_experiment_goes_on_from_what_was_decided() -> None:
    plain = without_experiments(email(variants=TWO))
    begun = with_arms(plain, experiment())
    assert its_arms(begun, "hello").variants == experiment().variants
    decided = with_arms(begun, experiment(), "b")
    assert (its_arms(decided, "hello").winner, its_arms(decided, "hello").variants) == ("b", experiment().variants)
    again = with_arms(decided, experiment(id="second", variants=[{"id": "as_now"}, {"id": "c", "template": "short"}]))
    assert [(each.template, each.subject) for each in its_arms(again, "hello").variants] == [
        (None, "Look here"),
        ("short", "Look here"),
    ]
    assert weights(experiment(id="second"), again) == {"as_now": 1, "c": 1}


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"step": "nowhere"}, "no step nowhere"),
        ({"step": "pause"}, "no email and no split"),
        ({"variants": []}, "at least two variants"),
    ],
)
def test_where_there_is_no_place_it_does_not_begin(changed: Any, text: str) -> None:
    with pytest.raises(CannotBeginError, match=text):
        with_arms(without_experiments(email(variants=TWO)), experiment(**changed))


def test_only_ways_of_one_weight_adapt() -> None:
    made = experiment(id="way", step="lot", variants=[], adaptive=True)
    assert with_arms(without_experiments(paths((2, 2))), made).steps[0].arms == Arms(experiment="way", adaptive=True)
    with pytest.raises(CannotBeginError, match="same weight"):
        with_arms(without_experiments(paths()), made)
    edited = [each.text for each in problems(paths(adaptive=True), KNOWN)]
    assert edited == ["the experiment way sets the weights itself: give all its ways the same"]
    with pytest.raises(CannotBeginError, match="name at least two"):
        with_arms(
            without_experiments(email(variants=TWO)),
            experiment(variants=[], holdout=10, adaptive=True, metric="ordered"),
        )


def test_one_at_a_time_at_a_step() -> None:
    with pytest.raises(CannotBeginError, match="greeting is under way"):
        with_arms(email(variants=TWO), experiment(id="second"))


def test_a_repeat_of_a_settled_test_is_pointed_out() -> None:
    settled = Kept.model_validate(
        {
            "experiment": experiment().model_dump(),
            "began": 1,
            "version": 2,
            "decision": {
                "at": 9,
                "by": "o",
                "winner": "b",
                "why": "Clicked more.",
                "version": 3,
                "result": ["Better."],
            },
        }
    )
    assert repeated(experiment(id="again"), [settled]) == [settled]
    assert repeated(experiment(id="again", metric="ordered"), [settled]) == []
    assert repeated(experiment(id="again", step="later"), [settled]) == []
    assert repeated(experiment(id="again", variants=[{"id": "a"}, {"id": "b", "template": "short"}]), [settled]) == []
    assert repeated(experiment(), [settled]) == []
    assert says(settled, "SHORTER better")
    assert not says(settled, "shorter worse")
