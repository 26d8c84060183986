"""Whether an experiment works differently for some: of each segment that was named before it began, its effect on those
who were in it as they came, beside its effect on all others.

A contact may be in several segments, so that these are no parts of a whole: each is held against everybody who is not
in it, and all are asked at once (Benjamini and Hochberg 1995: among the differences that are told, one in twenty is
chance). Of two parts, the square of the test's z is Cochran's Q. It is asked once, when the last planned look is over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.events import Instant
from shared.domain.experiments import findings, spending
from shared.domain.experiments.comparisons import WAITS, Metric, titled
from shared.domain.experiments.definition import Experiment
from shared.domain.experiments.findings import Alike
from shared.domain.experiments.looks import ALPHA
from shared.domain.experiments.rates import NORMAL, Arm, Interval, benjamini_hochberg, p_value
from shared.domain.experiments.spending import Spent
from shared.domain.experiments.wording import a_person, in_money, in_points, percent

FEWEST = 10
"""People of an arm, in a segment and out of it; of fewer nothing is said."""
Z = NORMAL.inv_cdf(1 - ALPHA / 2)


class Part(NamedTuple):
    """Those in the segment, or all others: the arm that others are compared with, and another."""

    control: Arm | Spent
    other: Arm | Spent

    @property
    def effect(self) -> float:
        """Of rates, or of hundredths a person."""
        return _a_person(self.other) - _a_person(self.control)


class Beside(NamedTuple):
    """How much more an arm does for those in a segment than for others. `p`: that it is chance, of all that was asked
    together (None: nothing is said, now or at all)."""

    segment: str
    arm: str
    beside: str
    metric: Metric
    inside: Part
    outside: Part
    interval: Interval | None
    p: float | None

    @property
    def differs(self) -> bool:
        return self.p is not None and self.p <= ALPHA


class Apart(NamedTuple):
    """The difference of two effects: an interval, at nineteen in twenty, and p by itself."""

    interval: Interval
    p: float


def by_segment(made: Experiment, weights: Mapping[str, int], found: Sequence[Alike], t: Instant) -> list[Beside]:
    """Of each segment and each comparison that the experiment makes. `weights`: as `findings.finding` has them."""
    told = findings.finding(made, weights, found, t)
    found = [each for each in found if not each.allotted]  # a lucky start draws people to an arm
    people = [each for each in found if each.part <= made.looks] if told.ended else found
    rows: list[Beside] = []
    for segment in made.by_segments:
        inside = [each for each in people if segment in each.segments.split("-")]
        outside = [each for each in people if segment not in each.segments.split("-")]
        for sides, metric in findings.sides(made, weights):
            control, *others = sides
            for other in others:
                parts = [
                    Part(findings.shown(control.variants, metric, them), findings.shown(other.variants, metric, them))
                    for them in (inside, outside)
                ]
                apart = None
                if told.ended and told.balanced and all(arm.people >= FEWEST for part in parts for arm in part):
                    apart = effects_apart(parts[0], parts[1], f"{made.id}\x1f{segment}\x1f{other.name}")
                interval, p = apart if apart is not None else (None, None)
                rows.append(Beside(segment, other.name, control.name, metric, parts[0], parts[1], interval, p))
    asked = [at for at, row in enumerate(rows) if row.p is not None]
    adjusted = benjamini_hochberg([rows[at].p or 0.0 for at in asked])
    for at, p in zip(asked, adjusted, strict=True):
        rows[at] = rows[at]._replace(p=p)
    return rows


def effects_apart(inside: Part, outside: Part, seed: str = "") -> Apart:
    """Of rates by the z of four proportions, each with half a person more of either kind (Price and Bonett 2004), which
    holds for small ones too. Of spending, both parts' arms are drawn again (see `spending`)."""
    if isinstance(inside.control, Arm):
        value = variance = 0.0
        for part, sign in ((inside, 1), (outside, -1)):
            for arm, side in ((part.control, -1), (part.other, 1)):
                assert isinstance(arm, Arm)
                n, rate = arm.people + 1, (arm.successes + 0.5) / (arm.people + 1)
                value += sign * side * rate
                variance += rate * (1 - rate) / n
        deviation = math.sqrt(variance)
        return Apart(Interval(value - Z * deviation, value + Z * deviation), p_value(value / deviation))
    one, two = (_of_spending(part, f"{seed}\x1f{at}") for at, part in enumerate((inside, outside)))
    value, half = one.value - two.value, Z * math.hypot(one.deviation, two.deviation)
    return Apart(Interval(value - half, value + half), spending.p_apart(one, two, seed))


def _of_spending(part: Part, seed: str) -> spending.Difference:
    assert isinstance(part.control, Spent)
    assert isinstance(part.other, Spent)
    return spending.Difference(part.control, part.other, seed)


def _a_person(arm: Arm | Spent) -> float:
    return arm.rate if isinstance(arm, Arm) else arm.mean


# ── in words ──


def words(each: Beside, name: str, ended: bool) -> str:
    """`name`: of the segment. `ended`: whether the last planned look is over."""
    if not ended:
        return f"{name}: {WAITS[0].lower()}{WAITS[1:]}"
    if each.interval is None:
        few = "too few of its people, or of all others, took part, or some are missing"
        return f"Nothing can be said of {name}: {few}."
    between = in_money(each.interval) if each.metric == "revenue" else in_points(each.interval)
    seen = f"{_effect(each.inside)} in it, {_effect(each.outside)} for all others; {between}"
    if not each.differs:
        return f"{titled(each.arm)} works alike for {name} and for all others, as far as the data can say ({seen})."
    better = each.inside.effect > each.outside.effect
    return f"{titled(each.arm)} works {'better' if better else 'less well'} for {name} than for all others ({seen})."


def _effect(part: Part) -> str:
    if isinstance(part.control, Arm) and isinstance(part.other, Arm):
        return f"{percent(part.other.rate)} against {percent(part.control.rate)}"
    return f"{a_person(_a_person(part.other))} against {a_person(_a_person(part.control))}"


def summary(rows: Sequence[Beside], ended: bool) -> str | None:
    """Of all of them; None: no segment was named, or it is not over."""
    if not rows or not ended or all(row.p is None for row in rows):
        return None
    if any(row.differs for row in rows):
        return "It does not work alike for everybody: before you choose, read what it does for each."
    return "It works alike in all segments, as far as the data can say."


def in_short(rows: Sequence[Beside], names: Mapping[str, str]) -> list[str]:
    """Once it is over: all of them in a sentence, and one of each that differs. `names`: of the segments."""
    whole = summary(rows, ended=True)
    if whole is None:
        return []
    return [whole, *(words(each, names.get(each.segment, each.segment), ended=True) for each in rows if each.differs)]
