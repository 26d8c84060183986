"""Arms beside each other, and what that says in words: of what a test is decided by, and of what it must not harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from shared.domain.experiments.looks import ALPHA
from shared.domain.experiments.rates import Arm, Interval, holm, more_often
from shared.domain.experiments.spending import Spent
from shared.domain.experiments.verdicts import Verdict, Word
from shared.domain.experiments.wording import a_person, in_money, in_points, of, percent, points, rounded, spent_by

Metric = Literal["clicked", "ordered", "revenue"]
Harm = Literal["unsubscribed", "complained"]
HARMS: tuple[Harm, ...] = ("unsubscribed", "complained")
WAITS = "The verdict comes when everybody has had their time."


class Compared(NamedTuple):
    """An arm beside what it is compared with. `verdict` is None until there may be one. `factors`: of what is tested at
    once, the ones that this is about. Of several, the two are no arms, but the combinations in which they stand alike,
    and in which they do not."""

    arm: str
    beside: str
    metric: Metric
    control: Arm | Spent
    other: Arm | Spent
    verdict: Verdict | None
    factors: tuple[str, ...] = ()

    @property
    def values(self) -> tuple[float, float]:
        """Of the control and of the other: a share of the people, or in the shop's currency a person."""
        return value(self.control), value(self.other)

    @property
    def interval(self) -> Interval | None:
        """Of their difference."""
        found = self.verdict.interval if self.verdict is not None else None
        if found is None or self.metric != "revenue":
            return found
        return Interval(found.low / 100, found.high / 100)


def value(arm: Arm | Spent) -> float:
    return arm.rate if isinstance(arm, Arm) else arm.mean / 100


def sentence(each: Compared, least: float, waits: str = WAITS) -> str:
    """The verdict as a person reads it. `least`: as the verdict was asked for. `waits`: when it comes."""
    did = "" if each.metric == "revenue" else f" {each.metric}"
    seen = f"{_seen(each.other)}{did}; {each.beside}: {_seen(each.control)}"
    verdict = each.verdict
    if len(each.factors) > 1:
        return _whether_they_work_on_each_other(each, least, waits)
    if verdict is None:
        return f"{titled(each.arm)}: {seen}. {waits}"
    between = _between(verdict.interval, each.metric)
    taken = ""
    if verdict.explained:
        taken = f" What they had spent before says {round(100 * verdict.explained)} % of it, and is taken off."
    match verdict.word:
        case Word.BETTER | Word.WORSE:
            return f"{titled(each.arm)} did {verdict.word}: {seen}{between}.{taken}"
        case Word.NO_DIFFERENCE:
            than = a_person(least) if each.metric == "revenue" else points(least)
            return f"No difference larger than {than}: {each.arm} {seen}{between}.{taken}"
        case Word.NOT_ENOUGH:
            more = f"It would take about {rounded(verdict.more):,} people more."
            return f"Not enough to tell. {titled(each.arm)}: {seen}{between}. {more}{taken}"
        case Word.BROKEN:
            return (
                f"Nothing can be said: {each.other.people:,} and {each.control.people:,} people are not what the draw "
                "would give, so some of one side are missing."
            )


def _whether_they_work_on_each_other(each: Compared, least: float, waits: str) -> str:
    verdict = each.verdict
    if verdict is None:
        return f"Whether {each.arm} work on each other: {waits[0].lower()}{waits[1:]}"
    between = _between(verdict.interval, each.metric)
    match verdict.word:
        case Word.BETTER | Word.WORSE:
            return (
                f"{each.arm.capitalize()} work on each other{between}: which is better of one depends on the other. "
                "Choose by the table of the combinations."
            )
        case Word.NO_DIFFERENCE:
            than = a_person(least) if each.metric == "revenue" else points(least)
            return f"{each.arm.capitalize()} do not work on each other by more than {than}{between}."
        case Word.NOT_ENOUGH:
            return f"Not enough to tell whether {each.arm} work on each other{between}."
        case Word.BROKEN:
            return f"Nothing can be said of whether {each.arm} work on each other: some people are missing."


def titled(arm: str) -> str:
    """As a sentence begins. A variant's id has no spaces; what has them is said as it stands."""
    if arm == "sent":
        return "Those who got it"
    return arm.capitalize() if " " in arm else f"Variant {arm}"


def _seen(arm: Arm | Spent) -> str:
    return of(arm) if isinstance(arm, Arm) else spent_by(arm)


def _between(interval: Interval | None, metric: Metric) -> str:
    if interval is None:
        return ""
    return f" ({in_money(interval) if metric == 'revenue' else in_points(interval)})"


class Guard(NamedTuple):
    """Whether an arm harms: more of its people than of the control's unsubscribed, or reported it as spam. It is asked
    of all arms at once (Holm), and says nothing where the difference may be chance."""

    arm: str
    beside: str
    harm: Harm
    control: Arm
    other: Arm
    harms: bool


def guards(arms: Mapping[str, Mapping[Harm, Arm]]) -> list[Guard]:
    """Of every arm but the first, which is the control."""
    control, *others = arms
    pairs = [(other, harm) for other in others for harm in HARMS]
    adjusted = holm([more_often(arms[control][harm], arms[other][harm]) for other, harm in pairs])
    return [
        Guard(other, control, harm, arms[control][harm], arms[other][harm], p <= ALPHA)
        for (other, harm), p in zip(pairs, adjusted, strict=True)
    ]


_DID = {"unsubscribed": "unsubscribed", "complained": "reported it as spam"}


def warning(guard: Guard) -> str:
    """Of a guard that harms."""
    return (
        f"{titled(guard.arm)} costs you readers: {of(guard.other)} {_DID[guard.harm]}; {guard.beside}: "
        f"{of(guard.control)}. Think twice before you send it again."
    )


def unharmed(found: Sequence[Guard]) -> str:
    """Of guards of which none harms."""
    most = {harm: max(guard.other.rate for guard in found if guard.harm == harm) for harm in HARMS}
    return (
        f"No variant is seen to make more people unsubscribe or report it as spam than the first: at most "
        f"{percent(most['unsubscribed'])} and {percent(most['complained'])} of those who got it did."
    )
