"""What experiments with journeys have shown: the planned looks, what is told at which, and what they can show."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from shared.domain.events import DAY, Instant
from shared.domain.experiments.definition import Experiment, weights
from shared.domain.experiments.findings import UNIT, Alike, Finding, alike, finding, words
from shared.domain.experiments.findings import so_far as known
from shared.domain.experiments.looks import ALPHA, boundaries
from shared.domain.experiments.planning import expected, so_far
from shared.domain.experiments.rates import Arm, z_value
from shared.domain.experiments.verdicts import Word
from shared.domain.journeys.arms import HOLDOUT
from tests.unit.journey_player import journey

NOW = 1_795_000_000_000
EMAIL = journey({"kind": "event", "events": ["Go"]}, {"kind": "send", "id": "hello"})


def experiment(**changed: Any) -> Experiment:
    told = {
        "id": "greeting",
        "name": "Greeting",
        "hypothesis": "A shorter subject is clicked more.",
        "journey": "j",
        "step": "hello",
        "variants": [{"id": "a"}, {"id": "b", "subject": "Look here"}],
        "within": "3d",
        "people": 800,
        "looks": 4,
        **changed,
    }
    return Experiment.model_validate(told)


def people(part: int, variant: str, n: int, latest: Instant = NOW, **did: Any) -> Alike:
    told: dict[str, Any] = dict.fromkeys(("clicked", "ordered", "unsubscribed", "complained"), False)
    told |= {"segments": "", "net": 0, "before": 0} | did
    return Alike(part, variant, **told, people=n, latest=latest)


def part(number: int, a: int, b: int, latest: Instant = NOW) -> list[Alike]:
    """Of a part of 200, a hundred in each arm, so many of whom clicked."""
    return [
        each
        for variant, clicked in (("a", a), ("b", b))
        for each in (
            people(number, variant, clicked, latest, clicked=True),
            people(number, variant, 100 - clicked, latest),
        )
    ]


def found(made: Experiment, rows: list[Alike], t: Instant = NOW + 3 * DAY) -> Finding:
    return finding(made, weights(made, EMAIL), rows, t)


def test_before_the_first_look_there_are_numbers_and_no_verdict() -> None:
    made = experiment()
    told = found(made, part(1, 10, 40), NOW + 3 * DAY - 1)
    assert [(look.people, look.at) for look in told.looks] == [(200, None), (400, None), (600, None), (800, None)]
    ((one, look),) = told.compared
    assert (one.verdict, look, one.control, one.other) == (None, 0, Arm(100, 10), Arm(100, 40))
    assert "The verdict comes at the first planned look" in words(one, made)
    assert told.guards == []


def test_a_look_waits_for_the_last_of_its_people_and_for_all_of_them() -> None:
    made = experiment()
    assert found(made, part(1, 10, 10)).looks[0].at == NOW + 3 * DAY
    one_short = [*part(1, 10, 10)[:-1], people(1, "b", 89)]
    assert found(made, one_short).looks[0].at is None
    late = [*part(1, 10, 10), *part(2, 10, 10, NOW + DAY)]
    assert [look.at for look in found(made, late).looks] == [NOW + 3 * DAY, None, None, None]


def test_an_early_look_has_to_pass_more_than_a_late_one() -> None:
    """10 against 22 of a hundred: 2.32 standard errors. At a quarter of the people that is not enough; at the end, the
    same difference is."""
    early = found(experiment(), part(1, 10, 22))
    assert 2.2 < z_value(Arm(100, 10), Arm(100, 22)) < 2.4
    assert boundaries((0.25,))[0] > 3.9
    ((one, look),) = early.compared
    assert one.verdict is not None
    assert (one.verdict.word, look) == (Word.NOT_ENOUGH, 1)
    ((one, look),) = found(experiment(people=200, looks=1), part(1, 10, 22)).compared
    assert one.verdict is not None
    assert (one.verdict.word, look) == (Word.BETTER, 1)


def test_what_a_look_has_told_stays_told() -> None:
    rows = [*part(1, 5, 60), *part(2, 60, 5), *part(3, 30, 30)]
    ((one, look),) = found(experiment(), rows).compared
    assert one.verdict is not None
    assert (one.verdict.word, look, one.other) == (Word.BETTER, 1, Arm(100, 60))


def test_who_came_after_the_planned_people_is_counted_and_decides_nothing() -> None:
    rows = [*part(1, 10, 10), people(2, "b", 500, clicked=True)]
    told = found(experiment(people=200, looks=1), rows)
    assert {arm.variant: arm.people for arm in told.arms} == {"a": 100, "b": 600}
    ((one, _),) = told.compared
    assert one.other == Arm(100, 10)
    assert not told.balanced
    assert told.ended


def test_arms_that_are_not_what_was_drawn_say_nothing() -> None:
    rows = [people(1, "a", 150, clicked=True), people(1, "b", 50)]
    told = found(experiment(people=200, looks=1), rows)
    ((one, _),) = told.compared
    assert one.verdict is not None
    assert one.verdict.word is Word.BROKEN
    assert not told.balanced


def test_the_holdout_is_beside_all_who_were_sent_it_by_what_they_can_do() -> None:
    made = experiment(people=200, looks=1, holdout=50)
    rows = [
        people(1, HOLDOUT, 100),
        people(1, "a", 25, clicked=True, ordered=True),
        people(1, "a", 25),
        people(1, "b", 50, ordered=True),
    ]
    told = found(made, rows)
    between, beside = (each for each, _ in told.compared)
    assert (between.arm, between.metric, between.control, between.other) == ("b", "clicked", Arm(50, 25), Arm(50, 0))
    assert (beside.arm, beside.beside, beside.metric) == ("sent", "held out", "ordered")
    assert (beside.control, beside.other) == (Arm(100, 0), Arm(100, 75))
    assert told.balanced


def test_revenue_is_compared_a_person() -> None:
    made = experiment(people=200, looks=1, metric="revenue", least=1.0)
    rows = [people(1, "a", 100), people(1, "b", 50, net=2_000, ordered=True), people(1, "b", 50)]
    ((one, _),) = found(made, rows).compared
    assert one.verdict is not None
    assert one.verdict.word is Word.BETTER
    assert one.verdict.interval is not None
    assert one.verdict.interval.low < 1_000 < one.verdict.interval.high
    assert {arm.variant: arm.net for arm in found(made, rows).arms} == {"a": 0, "b": 100_000}


def test_an_arm_that_makes_people_leave_is_told() -> None:
    rows = [people(1, "a", 100), people(1, "b", 30, unsubscribed=True), people(1, "b", 70)]
    told = found(experiment(people=200, looks=1), rows)
    assert [(guard.arm, guard.harm) for guard in told.guards if guard.harms] == [("b", "unsubscribed")]


def test_rows_are_read_as_the_query_gives_them() -> None:
    numbers = {"part": 1, "clicked": 1, "ordered": 0, "unsubscribed": 0, "complained": 0, "net": 250, "before": 5}
    numbers |= {"allotted": 1, "ready": 0}
    rows: list[dict[str, Any]] = [{**numbers, "variant": "a", "segments": "vip", "people": 7, "latest": NOW}]
    expected = people(1, "a", 7, segments="vip", clicked=True, net=250, before=5, allotted=True, ready=False)
    assert alike(rows) == [expected]


# ── before it begins ──


def usual(n: int, clicked: int, since: Instant) -> list[dict[str, Any]]:
    return [
        {"clicked": did, "ordered": 0, "net": 0, "people": k, "earliest": since}
        for did, k in ((1, clicked), (0, n - clicked))
    ]


def test_what_it_can_show_comes_of_what_people_did_so_far() -> None:
    """Fleiss: 1,600 people in two equal arms show a rise from 10 % to 14.5 % four times of five."""
    made = experiment(people=1_600, least=0.05)
    can, long = expected(made, weights(made, EMAIL), so_far(usual(5_000, 500, NOW - 70 * DAY)), NOW)
    assert can.startswith("Usually 10.0 % click. With 1,600 people, a rise to 14.")
    assert "That is enough for 5 points" in can
    assert long == "About 500 people a week come here for the first time, so 1,600 take about 3 weeks."


@pytest.mark.parametrize(
    ("rows", "says"),
    [([], "is not known yet"), (usual(50, 5, NOW - 350 * DAY), "about 15 years: plan for fewer people")],
)
def test_it_is_said_when_too_few_come(rows: list[dict[str, Any]], says: str) -> None:
    made = experiment()
    first, last = expected(made, weights(made, EMAIL), so_far(rows), NOW)
    assert "Too little is known" in first
    assert says in last


def test_an_adaptive_one_is_told_of_by_its_fixed_slice_and_moves_by_all_who_had_their_time() -> None:
    made = experiment(adaptive=True, people=200, looks=1)
    slice_ = part(1, 20, 20)
    beyond = [
        people(1, "a", 50, allotted=True),
        people(1, "b", 400, clicked=True, allotted=True),
        people(1, "b", 300, allotted=True, ready=False),
    ]
    shown = found(made, slice_ + beyond)
    assert [(each.variant, each.people) for each in shown.arms] == [("a", 100), ("b", 100)]
    assert shown.balanced
    assert shown.compared == found(made, slice_).compared
    assert [(each.variant, each.people, each.clicked) for each in shown.allotted] == [("a", 50, 0), ("b", 700, 400)]
    assert known(made, weights(made, EMAIL), slice_ + beyond) == {"a": Arm(150, 20), "b": Arm(500, 420)}


# ── without a planned end ──

ENDLESS = experiment(people=None, variants=[{"id": name} for name in "abc"])
THREE = {"a": 1, "b": 1, "c": 1}


def drawn(seed: int, rates: dict[str, float], number: int) -> list[Alike]:
    """Parts as the query makes them, of arms by lot."""
    lot, rows = random.Random(seed), list[Alike]()
    for place in range(1, number + 1):
        arms = Counter(lot.choices(list(rates), k=UNIT * (2 * place - 1)))
        for variant, n in arms.items():
            clicked = sum(lot.random() < rates[variant] for _ in range(n))
            rows += [people(place, variant, clicked, clicked=True), people(place, variant, n - clicked)]
    return rows


def told(rows: list[Alike], t: Instant = NOW + 3 * DAY) -> dict[str, Word | None]:
    each = finding(ENDLESS, THREE, rows, t).compared
    return {one.compared.arm: one.compared.verdict and one.compared.verdict.word for one in each}


def test_of_three_arms_that_are_alike_hardly_any_look_finds_a_difference() -> None:
    """What was found at any of twelve looks stays found at the last: so it is looked at once, for all."""
    rounds = 150
    false = sum(
        bool({Word.BETTER, Word.WORSE} & set(told(drawn(seed, dict.fromkeys("abc", 0.2), 12)).values()))
        for seed in range(rounds)
    )
    assert false / rounds <= ALPHA


def test_a_difference_is_found_of_the_arm_that_has_one_and_stays_found() -> None:
    rows = drawn(1, {"a": 0.1, "b": 0.1, "c": 0.2}, 10)
    found_at = [told([each for each in rows if each.part <= part]) for part in range(1, 11)]
    assert found_at[-1] == {"b": Word.NOT_ENOUGH, "c": Word.BETTER}
    first = next(n for n, each in enumerate(found_at) if each["c"] is Word.BETTER)
    assert {each["c"] for each in found_at[first:]} == {Word.BETTER}
    assert found_at[0]["c"] is Word.NOT_ENOUGH


def test_a_part_counts_once_it_is_whole_and_all_of_it_had_their_time() -> None:
    rows = drawn(1, {"a": 0.1, "b": 0.1, "c": 0.9}, 4)
    late = [each._replace(latest=NOW + DAY) if each.part == 3 else each for each in rows]
    until_second = [each for each in rows if each.part <= 2]
    assert told(late) == told(until_second)
    assert told(late, NOW + 4 * DAY)["c"] is Word.BETTER
    assert told(rows[:2]) == {"b": None, "c": None}, "the first is not whole"
    shown = finding(ENDLESS, THREE, [], NOW)
    assert (shown.looks, shown.ended, shown.guards) == ([], False, [])
    assert words(shown.compared[0].compared, ENDLESS).endswith(
        "Something can be said once 25 people have had their time."
    )


def test_who_is_made_to_leave_is_seen_at_any_look() -> None:
    rows = [
        people(place, variant, UNIT * (2 * place - 1) // 3 + 1, unsubscribed=variant == "c")
        for place in range(1, 6)
        for variant in "abc"
    ]
    assert [each.arm for each in finding(ENDLESS, THREE, rows, NOW + 3 * DAY).guards if each.harms] == ["c"]


def test_without_an_end_it_says_what_comes_in_half_a_year_and_revenue_has_one() -> None:
    with pytest.raises(ValueError, match="compared at a planned end"):
        experiment(people=None, metric="revenue")
    known = so_far([{"people": 1000, "clicked": 0, "ordered": 0, "net": 0, "earliest": NOW - 70 * DAY}])
    assert expected(ENDLESS, THREE, known, NOW)[-1].startswith("About 2,600 people come here in half a year")
    (alone,) = expected(ENDLESS, THREE, so_far([]), NOW)
    assert alone.startswith("It has no planned end")
