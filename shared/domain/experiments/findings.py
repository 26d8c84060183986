"""What an experiment with a journey has shown so far, and what can be said of it, look by look.

People are counted in the order in which they came to take part. A look is at a planned part of them, once the last of
that part had their time: so it shows the same whenever the page is opened, and nobody looks more often than planned.
Without a planned end, parts are bets of an e-process instead, which may be looked at whenever one likes. What was
better or worse once stays so: it was told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.events import Instant, Json
from shared.domain.experiments.comparisons import HARMS, Compared, Guard, Harm, guards, sentence
from shared.domain.experiments.definition import Experiment, Metric, least
from shared.domain.experiments.looks import ALPHA, always_valid, e_process
from shared.domain.experiments.power import more_needed
from shared.domain.experiments.rates import SAMPLE_RATIO_ALARM, Arm, sample_ratio, together
from shared.domain.experiments.spending import Spent
from shared.domain.experiments.verdicts import NOTHING_SAID, Verdict, Word, verdicts
from shared.domain.journeys.arms import HOLDOUT

UNIT = 25
"""Of an experiment without a planned end, the first part has so many people, and each part after it twice as many more
(infra/athena/experiment.sql)."""


TAKES = 2.7
"""Times as many people as a test with one look at its end until an e-process sees as much in four tests of five: by
simulation, of rates of 10 % and 14 %."""


class Alike(NamedTuple):
    """People (infra/athena/experiment.sql) of one arm and one planned part (from 1; one more: after all of them) who
    did the same. `segments`: of those that it is read by, the ones they were in, as `repeat_buyers-vip`. `net` and
    `before` in hundredths and as `Spent` has it; `latest`: when the last of them came. `allotted`: by the shares of an
    adaptive experiment, and not in its fixed slice; `ready`: their time was over."""

    part: int
    variant: str
    segments: str
    clicked: bool
    ordered: bool
    unsubscribed: bool
    complained: bool
    net: int
    before: int
    people: int
    latest: Instant
    allotted: bool = False
    ready: bool = True


def alike(rows: Sequence[Mapping[str, Json]]) -> list[Alike]:
    return [
        Alike(
            int(str(row["part"])),
            str(row["variant"]),
            str(row["segments"] or ""),
            *(row[name] == 1 for name in ("clicked", "ordered", "unsubscribed", "complained")),
            *(int(str(row[name])) for name in ("net", "before", "people", "latest")),
            *(row[name] == 1 for name in ("allotted", "ready")),
        )
        for row in rows
    ]


class Total(NamedTuple):
    """Of an arm, everybody so far: what they did in their time, also where that is not over. `net` in hundredths."""

    variant: str
    people: int
    clicked: int
    ordered: int
    unsubscribed: int
    complained: int
    net: int


class AtLook(NamedTuple):
    """How an arm compares, as of a planned look (0: none was yet, and these are the numbers so far)."""

    compared: Compared
    look: int


class Look(NamedTuple):
    """`people`: at how many of those who took part; `at`: since when it can be had (None: it is to come)."""

    number: int
    people: int
    at: Instant | None


@dataclass(frozen=True, slots=True)
class Finding:
    """`balanced`: whether the arms' sizes are what the draw would give; else no result is to be trusted. `allotted`: of
    an adaptive experiment, those beyond the fixed slice, of whom nothing else is told."""

    arms: list[Total]
    compared: list[AtLook]
    guards: list[Guard]
    looks: list[Look]

    balanced: bool
    allotted: list[Total]

    @property
    def ended(self) -> bool:
        """Whether the last planned look is over."""
        return bool(self.looks) and self.looks[-1].at is not None


def finding(made: Experiment, weights: Mapping[str, int], found: Sequence[Alike], t: Instant) -> Finding:
    """`weights`: of its variants, the first of which is what the others are compared with."""
    beyond = [_total(name, [each for each in found if each.allotted]) for name in weights] if made.adaptive else []
    found = [each for each in found if not each.allotted]
    looks = _looks(made, found, t)
    names = [*weights, *([HOLDOUT] if made.holdout else [])]
    compared = [each for them, by in sides(made, weights) for each in _compared(made, them, by, found, looks, t)]
    arms = [_total(name, found) for name in names]
    harms = _guards(weights, found, looks) if looks else _guards_always(weights, _parts(made, found, t))
    return Finding(arms, compared, harms, looks, _is_balanced(made, weights, arms), beyond)


class Side(NamedTuple):
    """Some of the arms, taken as one, and what part of the people they are, as a weight beside the other sides'."""

    name: str
    variants: tuple[str, ...]
    weight: int


def sides(made: Experiment, weights: Mapping[str, int]) -> list[tuple[list[Side], Metric]]:
    """What is held against each other, each against the first, and by what."""
    found: list[tuple[list[Side], Metric]] = []
    if len(weights) > 1:
        found.append(([Side(name, (name,), weight) for name, weight in weights.items()], made.metric))
    if made.holdout:  # who is held out has nothing to click in
        by: Metric = "ordered" if made.metric == "clicked" else made.metric
        held_out = Side("held out", (HOLDOUT,), made.holdout)
        found.append(([held_out, Side("sent", tuple(weights), 100 - made.holdout)], by))
    return found


def _is_balanced(made: Experiment, weights: Mapping[str, int], arms: Sequence[Total]) -> bool:
    shares = [weight * (100 - made.holdout) for weight in weights.values()]
    if made.holdout:
        shares.append(made.holdout * sum(weights.values()))
    return sample_ratio([arm.people for arm in arms], shares) >= SAMPLE_RATIO_ALARM


def _looks(made: Experiment, found: Sequence[Alike], t: Instant) -> list[Look]:
    looks: list[Look] = []
    if made.people is None:
        return looks
    for number in range(1, made.looks + 1):
        people = -(-made.people * number // made.looks)
        them = [each for each in found if each.part <= number]
        there = sum(each.people for each in them) >= people
        at = max((each.latest for each in them), default=0) + made.within if there else None
        looks.append(Look(number, people, at if at is not None and at <= t else None))
    return looks


def _compared(
    made: Experiment,
    sides: Sequence[Side],
    metric: Metric,
    found: Sequence[Alike],
    looks: Sequence[Look],
    t: Instant,
) -> list[AtLook]:
    """The sides but the first beside it: as of the look at which each was told to be better or worse, or else the
    newest."""
    weights = [side.weight for side in sides]
    told: dict[int, AtLook] = {} if looks else _always(made, sides, metric, found, t)
    shares: tuple[float, ...] = ()
    for look in looks:
        if look.at is None:
            break
        shares = (*shares, look.number / made.looks)
        arms = [shown(side.variants, metric, (each for each in found if each.part <= look.number)) for side in sides]
        for place, verdict in enumerate(verdicts(arms, weights, shares, least(made), made.id), 1):
            before = told[place].compared.verdict if place in told else None
            if before is None or before.word not in (Word.BETTER, Word.WORSE):
                told[place] = _beside(sides, place, metric, arms, verdict, look.number)
    so_far = [shown(side.variants, metric, found) for side in sides]
    return [told.get(at) or _beside(sides, at, metric, so_far, None, 0) for at in range(1, len(sides))]


def _always(
    made: Experiment,
    sides: Sequence[Side],
    metric: Metric,
    found: Sequence[Alike],
    t: Instant,
) -> dict[int, AtLook]:
    """The same without a planned end, by an e-process of each side beside the first, part by part of those that all had
    their time. Nothing is said before there is one."""
    parts = [[_did(side.variants, metric, part) for side in sides] for part in _parts(made, found, t)]
    if not parts:
        return {}
    others = range(1, len(sides))
    processes = [list(e_process([(part[0], part[at]) for part in parts])) for at in others]
    told: dict[int, AtLook] = {}
    for number in range(1, len(parts) + 1):
        arms = [together(part[at] for part in parts[:number]) for at in range(len(sides))]
        told_now = always_valid([each[: number + 1] for each in processes])
        for place, p in zip(others, told_now, strict=True):
            if p <= ALPHA and place not in told:
                word = Word.BETTER if arms[place].rate > arms[0].rate else Word.WORSE
                told[place] = _beside(sides, place, metric, arms, Verdict(word, None), 0)
    if sample_ratio([arm.people for arm in arms], [side.weight for side in sides]) < SAMPLE_RATIO_ALARM:
        return {place: _beside(sides, place, metric, arms, NOTHING_SAID, 0) for place in others}
    for place in others:
        people = arms[0].people + arms[place].people
        more = max(1, round(TAKES * (people + more_needed(arms[0], arms[place], least(made)))) - people)
        told.setdefault(place, _beside(sides, place, metric, arms, Verdict(Word.NOT_ENOUGH, None, more), 0))
    return told


def _parts(made: Experiment, found: Sequence[Alike], t: Instant) -> list[list[Alike]]:
    """The parts of the people, in order, up to the first that is filling up yet or of which somebody has time left."""
    by_part: dict[int, list[Alike]] = {}
    for each in found:
        by_part.setdefault(each.part, []).append(each)
    parts = []
    for number in range(1, max(by_part, default=0) + 1):
        them = by_part.get(number, [])
        is_whole = sum(each.people for each in them) >= UNIT * (2 * number - 1)
        if not is_whole or max(each.latest for each in them) + made.within > t:
            break
        parts.append(them)
    return parts


def _did(variants: Iterable[str], metric: Metric, found: Sequence[Alike]) -> Arm:
    totals = [_total(name, found) for name in variants]
    return together(Arm(each.people, getattr(each, metric)) for each in totals)


def _beside(
    sides: Sequence[Side],
    at: int,
    metric: Metric,
    arms: Sequence[Arm | Spent],
    verdict: Verdict | None,
    look: int,
) -> AtLook:
    return AtLook(Compared(sides[at].name, sides[0].name, metric, arms[0], arms[at], verdict), look)


def shown(variants: Iterable[str], metric: Metric, found: Iterable[Alike]) -> Arm | Spent:
    them = [each for each in found if each.variant in variants]
    if metric == "revenue":
        cells: Counter[tuple[int, int]] = Counter()
        for each in them:
            cells[each.net, each.before] += each.people
        return Spent(dict(cells))
    did = [each.people for each in them if (each.clicked if metric == "clicked" else each.ordered)]
    return Arm(sum(each.people for each in them), sum(did))


def so_far(made: Experiment, weights: Mapping[str, int], found: Sequence[Alike]) -> dict[str, Arm]:
    """Of each variant, all who had their time, in the fixed slice and beyond it: by what the shares move."""
    ready = [each for each in found if each.ready]
    return {name: _did([name], made.metric, ready) for name in weights}


def _guards(weights: Mapping[str, int], found: Sequence[Alike], looks: Sequence[Look]) -> list[Guard]:
    """As of the newest look; before the first there are none."""
    number = max((look.number for look in looks if look.at is not None), default=0)
    if not number or len(weights) < 2:
        return []
    them = [each for each in found if each.part <= number]
    return guards({name: {harm: _harmed(name, harm, them) for harm in HARMS} for name in weights})


def _guards_always(weights: Mapping[str, int], parts: Sequence[Sequence[Alike]]) -> list[Guard]:
    """The same without a planned end."""
    if not parts or len(weights) < 2:
        return []
    control, *others = weights
    asked = [(other, harm) for other in others for harm in HARMS]
    pairs = [[(_harmed(control, harm, part), _harmed(other, harm, part)) for part in parts] for other, harm in asked]
    told = always_valid([list(e_process(each)) for each in pairs])
    found = []
    for (other, harm), several, p in zip(asked, pairs, told, strict=True):
        before, after = (together(arms) for arms in zip(*several, strict=True))
        found.append(Guard(other, control, harm, before, after, p <= ALPHA and after.rate > before.rate))
    return found


def _harmed(variant: str, harm: Harm, found: Sequence[Alike]) -> Arm:
    them = [each for each in found if each.variant == variant]
    return Arm(sum(each.people for each in them), sum(each.people for each in them if getattr(each, harm)))


def _total(variant: str, found: Sequence[Alike]) -> Total:
    them = [each for each in found if each.variant == variant]
    return Total(
        variant,
        people=sum(each.people for each in them),
        clicked=sum(each.people for each in them if each.clicked),
        ordered=sum(each.people for each in them if each.ordered),
        unsubscribed=sum(each.people for each in them if each.unsubscribed),
        complained=sum(each.people for each in them if each.complained),
        net=sum(each.net * each.people for each in them),
    )


# ── in words ──

WAITS = "The verdict comes at the first planned look."
WAITS_ALWAYS = f"Something can be said once {UNIT} people have had their time."


def words(each: Compared, made: Experiment) -> str:
    """What can be said of an arm beside another, as a person reads it."""
    return sentence(each, least(made), WAITS_ALWAYS if made.people is None else WAITS)
