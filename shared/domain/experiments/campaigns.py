"""The test that a campaign is: its variants beside the first of them, and who got it beside who was held out.

It is looked at once, when everybody has had their time to act; until then only the numbers are shown. What can be seen
at all is said before it is sent, out of what people did with the shop's campaigns so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from shared.domain.campaigns.definition import Campaign
from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments.power import POWER, least_difference, people_needed
from shared.domain.experiments.rates import Arm, Interval, together
from shared.domain.experiments.verdicts import NOTHING_SAID, Verdict, Word, verdicts
from shared.domain.experiments.wording import in_points, of, percent, points, rounded

Metric = Literal["clicked", "ordered"]
AT_END = (1.0,)
"""One look, at the planned end."""
RATES_OVER = 180 * DAY
"""What people did with campaigns of so long is taken for what they usually do."""
ENOUGH_FOR_RATES = 100
"""Emails of which it is known what became of them, before anything is said to be usual."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of an arm (infra/athena/arms.sql): each of its people counts once. `latest`: when the last of them came
    to it."""

    variant: str
    held_out: bool
    people: int
    clicked: int
    ordered: int
    complained: int
    latest: Instant

    def arm(self, metric: Metric) -> Arm:
        return Arm(self.people, self.clicked if metric == "clicked" else self.ordered)


def counts(rows: Sequence[Mapping[str, Json]]) -> list[Counts]:
    return [
        Counts(
            str(row["variant"] or ""),
            row["held_out"] == 1,
            *(int(str(row[name])) for name in ("people", "clicked", "ordered", "complained", "latest")),
        )
        for row in rows
    ]


class Compared(NamedTuple):
    """An arm beside what it is compared with. `verdict` is None until everybody has had their time."""

    arm: str
    beside: str
    metric: Metric
    control: Arm
    other: Arm
    verdict: Verdict | None


def ends(campaign: Campaign, found: Sequence[Counts]) -> Instant:
    """When everybody whom it has reached so far has had their time to act."""
    return max((each.latest for each in found), default=0) + campaign.measure.within


def compared(campaign: Campaign, found: Sequence[Counts], *, all_reached: bool, t: Instant) -> list[Compared]:
    """Each variant but the first beside it, and what was sent beside what was held out, of whom there is anybody."""
    ready = all_reached and t >= ends(campaign, found)
    metric = campaign.measure.metric
    told: list[Compared] = []
    if campaign.variants:
        by_variant = {each.variant: each.arm(metric) for each in found if not each.held_out}
        names = [variant.id for variant in campaign.variants]
        arms = [by_variant.get(name, Arm(0, 0)) for name in names]
        said = _said(arms, [variant.weight for variant in campaign.variants], campaign) if ready else None
        for place, name in enumerate(names[1:]):
            told.append(Compared(name, names[0], metric, arms[0], arms[place + 1], said[place] if said else None))
    if campaign.holdout:
        held = together(each.arm("ordered") for each in found if each.held_out)
        sent = together(each.arm("ordered") for each in found if not each.held_out)
        said = _said([held, sent], [campaign.holdout, 100 - campaign.holdout], campaign) if ready else None
        told.append(Compared("sent", "held out", "ordered", held, sent, said[0] if said else None))
    return told


def _said(arms: list[Arm], weights: list[int], campaign: Campaign) -> list[Verdict]:
    if not sum(arm.people for arm in arms):
        return [NOTHING_SAID] * (len(arms) - 1)
    return verdicts(arms, weights, AT_END, campaign.measure.least, campaign.id)


# ── in words ──


def sentence(each: Compared, least: float) -> str:
    """The verdict as a person reads it."""
    did = each.metric
    seen = f"{of(each.other)} {did}; {each.beside}: {of(each.control)}"
    verdict = each.verdict
    if verdict is None:
        return f"{_titled(each.arm)}: {seen}. The verdict comes when everybody has had their time."
    match verdict.word:
        case Word.BETTER | Word.WORSE:
            return f"{_titled(each.arm)} did {verdict.word}: {seen}{_between(verdict.interval)}."
        case Word.NO_DIFFERENCE:
            return f"No difference larger than {points(least)}: {each.arm} {seen}{_between(verdict.interval)}."
        case Word.NOT_ENOUGH:
            more = f"It would take about {rounded(verdict.more):,} people more."
            return f"Not enough to tell. {_titled(each.arm)}: {seen}{_between(verdict.interval)}. {more}"
        case Word.BROKEN:
            return (
                f"Nothing can be said: {each.other.people:,} and {each.control.people:,} people are not what the draw "
                "would give, so some of one side are missing."
            )


def expected(campaign: Campaign, people: int, usual: Mapping[Metric, Arm]) -> list[str]:
    """What its test can show when it goes to so many people, in a sentence for each comparison."""
    if not people:
        return []
    told = []
    measure, weights = campaign.measure, [variant.weight for variant in campaign.variants]
    if weights:
        pair = weights[0] + min(weights[1:])
        told.append(_can_see(measure.metric, measure.least, people * pair // sum(weights), weights[0] / pair, usual))
    if campaign.holdout:
        told.append(_can_see("ordered", measure.least, people, campaign.holdout / 100, usual))
    return told


def _can_see(metric: Metric, least: float, people: int, share: float, usual: Mapping[Metric, Arm]) -> str:
    did = "click" if metric == "clicked" else "order"
    so_far = usual[metric]
    if so_far.people < ENOUGH_FOR_RATES or not so_far.successes:
        return (
            f"Too little is known of how many people {did} after your campaigns to say what this test can show: "
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
    if seen <= least:
        return f"{can} That is enough for {points(least)}, the least that matters to you."
    needed = people_needed(rate, min(rate + least, 1.0), share)
    return f"{can} For {points(least)}, the least that matters to you, it would take about {rounded(needed):,} people."


def _titled(arm: str) -> str:
    return "Those who got it" if arm == "sent" else f"Variant {arm}"


def _between(interval: Interval | None) -> str:
    return f" ({in_points(interval)})" if interval is not None else ""
