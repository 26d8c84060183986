"""The test that a campaign is: its variants beside the first of them, and who got it beside who was held out.

It is looked at when everybody has had their time to act, and before at the looks that were planned; else only the
numbers are shown. What a look was found to say stays: whoever asks later is told the same. What can be seen at all is
said before it is sent, out of what people did with the shop's campaigns so far.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, compress, product
from typing import NamedTuple

from shared.domain.campaigns.definition import Campaign
from shared.domain.events import DAY, HOUR, Instant, Json
from shared.domain.experiments.comparisons import HARMS, Compared, Guard, Harm, Metric, guards
from shared.domain.experiments.power import (
    POWER,
    least_difference,
    least_difference_of_means,
    people_needed,
    people_needed_of_means,
)
from shared.domain.experiments.rates import SAMPLE_RATIO_ALARM, Arm, sample_ratio, together
from shared.domain.experiments.spending import Spent, pooled
from shared.domain.experiments.verdicts import NOTHING_SAID, of_pairs, verdicts
from shared.domain.experiments.wording import a_person, percent, points, rounded

AT_END = "end"
"""What the look is called that comes when everybody has had their time."""
TOLD_BY = HOUR
"""So long after a look, all that had happened by then is in the lake: what is found then stays."""
BEFORE = 90 * DAY
"""Of what people spent so long before, what they spend now may be known."""
RATES_OVER = 180 * DAY
"""What people did with campaigns of so long is taken for what they usually do."""
ENOUGH_FOR_RATES = 100
"""Emails of which it is known what became of them, before anything is said to be usual."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of an arm (infra/athena/arms.sql): each of its people counts once. `revenue`: what they spent, in
    hundredths; `spent`: how it is spread among them, where that is asked for. `latest`: when the last of them came to
    it."""

    variant: str
    held_out: bool
    people: int
    clicked: int
    ordered: int
    complained: int
    unsubscribed: int
    revenue: int
    latest: Instant
    spent: Spent

    def measured(self, metric: Metric) -> Arm | Spent:
        return self.spent if metric == "revenue" else Arm(self.people, getattr(self, metric))

    def harmed(self, harm: Harm) -> Arm:
        return Arm(self.people, getattr(self, harm))


_ADDED = ("people", "clicked", "ordered", "complained", "unsubscribed", "revenue")


def counts(rows: Sequence[Mapping[str, Json]]) -> list[Counts]:
    """Of the rows of infra/athena/arms.sql: those sent first."""
    sums: dict[tuple[bool, str], Counter[str]] = {}
    latest: dict[tuple[bool, str], Instant] = {}
    cells: dict[tuple[bool, str], Counter[tuple[int, int]]] = {}
    for row in rows:
        arm = row["held_out"] == 1, str(row["variant"] or "")
        numbers = {name: int(row[name]) for name in (*_ADDED, "net", "before", "latest")}
        sums.setdefault(arm, Counter()).update({name: numbers[name] for name in _ADDED})
        latest[arm] = max(latest.get(arm, 0), numbers["latest"])
        cells.setdefault(arm, Counter())[numbers["net"], numbers["before"]] += numbers["people"]
    return [
        Counts(
            variant=arm[1],
            held_out=arm[0],
            **{name: sums[arm][name] for name in _ADDED},
            latest=latest[arm],
            spent=Spent(cells[arm]),
        )
        for arm in sorted(sums)
    ]


def ends(campaign: Campaign, found: Sequence[Counts]) -> Instant:
    """When everybody whom it has reached so far has had their time to act."""
    return max((each.latest for each in found), default=0) + campaign.measure.within


def least(campaign: Campaign) -> float:
    """The least difference that matters, as verdicts take it: a share of the people, or hundredths a person."""
    measure = campaign.measure
    return 100 * measure.least if measure.metric == "revenue" else measure.least


class Look(NamedTuple):
    """`name`: the instant for which it was planned, or AT_END. `due`: from when on there is something to see."""

    name: str
    due: Instant


def looks_due(campaign: Campaign, began: Instant, end: Instant | None, t: Instant) -> list[Look]:
    """Those that may be looked at by now, in order. `end`: when everybody has had their time, once that is known: who
    planned a look for later had no need of it."""
    planned = [began + after for after in campaign.measure.looks]
    early = [Look(str(at), at) for at in planned if at <= t and (end is None or at < end)]
    return [*early, Look(AT_END, end)] if end is not None and end <= t else early


def next_look(campaign: Campaign, began: Instant, end: Instant | None, t: Instant) -> Instant | None:
    """The next one that is planned; None: there is none any more, or nobody knows yet when the last is."""
    planned = [began + after for after in campaign.measure.looks]
    return min((at for at in (*planned, *([end] if end is not None else [])) if t < at <= (end or at)), default=None)


def by_then(campaign: Campaign, rows: Sequence[Mapping[str, Json]], look: Look) -> list[Mapping[str, Json]]:
    """The rows (of buckets of an hour) of those whose time is over at the look."""
    if look.name == AT_END:
        return list(rows)
    within = campaign.measure.within
    return [row for row in rows if (int(row["bucket"]) + 1) * HOUR + within <= look.due]


def compared(campaign: Campaign, found: Sequence[Counts], shares: tuple[float, ...] | None = None) -> list[Compared]:
    """Each variant but the first beside it, and what was sent beside what was held out, of whom there is anybody.
    `shares`: of the planned people, those there were at each look so far, the last is this one; None: it is no look."""
    metric = campaign.measure.metric
    told: list[Compared] = []
    if campaign.factors:
        told += _effects(campaign, found, shares)
    elif campaign.variants:
        arms = [each.measured(metric) for each in by_variant(campaign, found).values()]
        weights = [variant.weight for variant in campaign.variants]
        said = verdicts(arms, weights, shares, least(campaign), campaign.id) if shares else None
        for place, variant in enumerate(campaign.variants[1:]):
            first = campaign.variants[0].id
            told.append(Compared(variant.id, first, metric, arms[0], arms[place + 1], said[place] if said else None))
    if campaign.holdout:
        held, sent = ([each for each in found if each.held_out == out] for out in (True, False))
        by: Metric = "revenue" if metric == "revenue" else "ordered"
        control, other = _pooled(held, by), _pooled(sent, by)
        weights = [campaign.holdout, 100 - campaign.holdout]
        said = verdicts([control, other], weights, shares, least(campaign), campaign.id) if shares else None
        told.append(Compared("sent", "held out", by, control, other, said[0] if said else None))
    return told


def _effects(campaign: Campaign, found: Sequence[Counts], shares: tuple[float, ...] | None) -> list[Compared]:
    """Of each factor, and of each two or three together. As all combinations have as many people, each effect is the
    difference of one half of all of them from the other, whatever else they got (Fisher 1935): of a factor, those of
    its second level from those of its first; of several, those in whom an even number stands at its first level from
    the others. All are asked at once."""
    metric, factors = campaign.measure.metric, campaign.factors
    cells = list(by_variant(campaign, found).values())
    places = list(product(range(2), repeat=len(factors)))
    told: list[Compared] = []
    for several in range(1, len(factors) + 1):
        for chosen in combinations(range(len(factors)), several):
            even = [sum(1 - cell[at] for at in chosen) % 2 == 0 for cell in places]
            other, control = (_pooled(compress(cells, half), metric) for half in (even, [not each for each in even]))
            names = [factors[at].id for at in chosen]
            if several == 1:
                first, second = (f"{names[0]} {level}" for level in factors[chosen[0]].levels)
            else:
                second, first = f"{', '.join(names[:-1])} and {names[-1]}", ""
            told.append(Compared(second, first, metric, control, other, None, tuple(names)))
    if shares is None:
        return told
    if sample_ratio([each.people for each in cells], [1] * len(cells)) < SAMPLE_RATIO_ALARM or not found:
        said = [NOTHING_SAID] * len(told)
    else:
        said = of_pairs([(each.control, each.other) for each in told], shares, least(campaign), campaign.id)
    return [each._replace(verdict=verdict) for each, verdict in zip(told, said, strict=True)]


class Cell(NamedTuple):
    """A combination of what is tested at once: its variant, the level of each factor, and what those who got it did."""

    variant: str
    levels: tuple[str, ...]
    measured: Arm | Spent


def cells(campaign: Campaign, found: Sequence[Counts]) -> list[Cell]:
    """Of a campaign with factors; of another there are none."""
    if not campaign.factors:
        return []
    levels = product(*(factor.levels for factor in campaign.factors))
    by = by_variant(campaign, found).items()
    return [
        Cell(variant, of, each.measured(campaign.measure.metric))
        for (variant, each), of in zip(by, levels, strict=True)
    ]


def harms(campaign: Campaign, found: Sequence[Counts]) -> list[Guard]:
    """Of what the variants must not do; who is held out has nothing to leave by."""
    if not campaign.variants or not found:
        return []
    arms = by_variant(campaign, found)
    return guards({variant: {harm: each.harmed(harm) for harm in HARMS} for variant, each in arms.items()})


def by_variant(campaign: Campaign, found: Sequence[Counts]) -> dict[str, Counts]:
    """Of those who were sent it, in the order of the campaign's variants."""
    sent = {each.variant: each for each in found if not each.held_out}
    nobody = Counts("", False, 0, 0, 0, 0, 0, 0, 0, Spent({}))
    return {each.id: sent.get(each.id, replace(nobody, variant=each.id)) for each in campaign.variants}


def _pooled(side: Iterable[Counts], metric: Metric) -> Arm | Spent:
    if metric == "revenue":
        return pooled(each.spent for each in side)
    return together(Arm(each.people, getattr(each, metric)) for each in side)


# ── before it is sent ──


class Usual(NamedTuple):
    """What people usually do with the shop's campaigns (infra/athena/rates.sql). `mean` and `variance` of what a person
    spends, in hundredths."""

    clicked: Arm
    ordered: Arm
    mean: float
    variance: float


def usual(row: Mapping[str, Json]) -> Usual:
    people, clicked, ordered = (int(row[name]) for name in ("people", "clicked", "ordered"))
    mean = float(row["revenue"]) / people if people else 0.0
    variance = max(0.0, float(row["squares"]) / people - mean * mean) if people else 0.0
    return Usual(Arm(people, clicked), Arm(people, ordered), mean, variance)


def expected(campaign: Campaign, people: int, usually: Usual) -> list[str]:
    """What its test can show when it goes to so many people, in a sentence for each comparison."""
    if not people:
        return []
    told = []
    matters = least(campaign)
    metric, weights = campaign.measure.metric, [variant.weight for variant in campaign.variants]
    if campaign.factors:
        told.append(can_see(metric, matters, people, 0.5, usually))
    elif weights:
        pair = weights[0] + min(weights[1:])
        tested = people if campaign.winner is None else people * campaign.winner.share // 100
        told.append(can_see(metric, matters, tested * pair // sum(weights), weights[0] / pair, usually))
    if campaign.holdout:
        by: Metric = "revenue" if metric == "revenue" else "ordered"
        told.append(can_see(by, matters, people, campaign.holdout / 100, usually))
    return told


def can_see(
    metric: Metric, matters: float, people: int, share: float, usually: Usual, after: str = "your campaigns"
) -> str:
    """What so many people can show, of whom this share is in one of two arms. `matters`: the least difference that
    does, as verdicts take it."""
    if metric == "revenue":
        return _can_see_spent(matters, people, share, usually, after)
    did = "click" if metric == "clicked" else "order"
    so_far = usually.clicked if metric == "clicked" else usually.ordered
    if so_far.people < ENOUGH_FOR_RATES or not so_far.successes:
        return (
            f"Too little is known of how many people {did} after {after} to say what this test can show: "
            "after some more of them it is said here."
        )
    rate = so_far.rate
    seen = least_difference(rate, people, share)
    if seen is None:
        return f"{people:,} people are too few to show any difference in how many {did}."
    can = (
        f"Usually {percent(rate)} {did}. With {people:,} people, a rise to {percent(rate + seen)} or more would be "
        f"seen {round(POWER * 10)} times in 10."
    )
    if seen <= matters:
        return f"{can} That is enough for {points(matters)}, the least that matters to you."
    needed = people_needed(rate, min(rate + matters, 1.0), share)
    return (
        f"{can} For {points(matters)}, the least that matters to you, it would take about {rounded(needed):,} people."
    )


def _can_see_spent(matters: float, people: int, share: float, usually: Usual, after: str) -> str:
    if usually.ordered.people < ENOUGH_FOR_RATES or not usually.variance:
        return (
            f"Too little is known of what people spend after {after} to say what this test can show: after some more "
            "of them it is said here."
        )
    seen = least_difference_of_means(usually.variance, people, share)
    can = (
        f"Usually people spend {a_person(usually.mean)}. With {people:,} people, a difference of {a_person(seen)} or "
        f"more would be seen {round(POWER * 10)} times in 10."
    )
    if seen <= matters:
        return f"{can} That is enough for {a_person(matters)}, the least that matters to you."
    needed = rounded(people_needed_of_means(usually.variance, matters, share))
    return f"{can} For {a_person(matters)}, the least that matters to you, it would take about {needed:,} people."
