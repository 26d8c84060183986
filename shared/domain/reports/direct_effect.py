"""What emails have brought by themselves: those who got them beside those who were held out of them, next to what the
same emails are attributed. A click before an order says that somebody came by the email, not that they would have
stayed away without; who is held out shows that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.domain.events import Json
from shared.domain.experiments.rates import SAMPLE_RATIO_ALARM, Arm, Interval, newcombe, sample_ratio

SHOP = "shop"
DAYS = 5
"""After a campaign's email in which an order counts."""


class Beside(NamedTuple):
    """Of the shop's holdout (SHOP) or a campaign's: people who were `sent` its emails and who were `held_out`, each
    with how many ordered in time; and of those sent, how many had clicked in one before (`attributed`)."""

    channel: str
    sent: Arm
    held_out: Arm
    attributed: int


class Effect(NamedTuple):
    """Of those who were sent the emails, how many would not have ordered without (`incremental`), and between how many
    and how many, 95 times of a hundred (None: it cannot be said). `words` say it."""

    beside: Beside
    incremental: int | None
    between: tuple[int, int] | None
    words: str


def read(rows: Iterable[Mapping[str, Json]]) -> list[Beside]:
    """Of the rows of infra/athena/direct_effect.sql."""
    arms: dict[str, dict[int, tuple[Arm, int]]] = {}
    for row in rows:
        people, ordered, attributed = (int(str(row[name])) for name in ("people", "ordered", "attributed"))
        arms.setdefault(str(row["channel"]), {})[int(str(row["held_out"]))] = Arm(people, ordered), attributed
    nobody = Arm(0, 0), 0
    found = []
    for channel, of in arms.items():
        (sent, attributed), (held_out, _) = of.get(0, nobody), of.get(1, nobody)
        found.append(Beside(channel, sent, held_out, attributed))
    return found


def stored(found: Iterable[Beside]) -> list[Json]:
    return [
        {
            "channel": each.channel,
            "people": each.sent.people,
            "ordered": each.sent.successes,
            "attributed": each.attributed,
            "held_out": each.held_out.people,
            "held_out_ordered": each.held_out.successes,
        }
        for each in found
    ]


def kept(told: Mapping[str, Json]) -> Beside:
    """As `stored` has left it."""
    numbers = {name: int(str(number)) for name, number in told.items() if name != "channel"}
    held_out = Arm(numbers["held_out"], numbers["held_out_ordered"])
    return Beside(str(told["channel"]), Arm(numbers["people"], numbers["ordered"]), held_out, numbers["attributed"])


def effect(beside: Beside, share: int, days: int) -> Effect:
    """`share`: of the holdout, in a hundred; `days`: in which an order counts. The interval is Newcombe's, of the
    difference of the two rates, times those who were sent the emails: as of one day, not for stopping at the first
    day on which it pleases."""
    _, sent, held_out, attributed = beside
    what = "the emails" if beside.channel == SHOP else "the email"
    if not sent.people or not held_out.people:
        return Effect(beside, None, None, f"Nothing can be said yet: nobody has had {days} days on both sides.")
    if sample_ratio((held_out.people, sent.people), (share, 100 - share)) < SAMPLE_RATIO_ALARM:
        told = (
            f"Nothing can be said: {held_out.people:,} people held out and {sent.people:,} who got {what} are not what "
            "the draw would give, so some of one side are missing."
        )
        return Effect(beside, None, None, told)
    more = round(sent.people * (sent.rate - held_out.rate))
    between = _people(newcombe(held_out, sent), sent.people)
    seen = f"Of {sent.people:,} people who got {what}, {sent.successes:,} ordered within {days} days, {attributed:,} of"
    return Effect(
        beside, more, between, f"{seen} them after a click (attributed). {_said(more, between, attributed, what)}"
    )


def _people(interval: Interval, sent: int) -> tuple[int, int]:
    return round(interval.low * sent), round(interval.high * sent)


def _said(more: int, between: tuple[int, int], attributed: int, what: str) -> str:
    low, high = between
    if low <= 0 <= high:
        return (
            f"Beside who is held out it cannot be said whether any of them would have stayed away without {what}: "
            f"between {low:,} and {high:,} (95 %)."
        )
    if high < 0:
        fewer = f"Beside who is held out, {-more:,} fewer ordered than would have without {what}"
        return f"{fewer}, between {-high:,} and {-low:,} (95 %)."
    told = f"Beside who is held out, {more:,} of them would not have ordered without {what}"
    told = f"{told}, between {low:,} and {high:,} (95 %)"
    if high < attributed:
        return f"{told}: fewer than are attributed."
    return f"{told}: more than are attributed." if low > attributed else f"{told}."
