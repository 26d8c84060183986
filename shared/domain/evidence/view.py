"""A profile as evidence is read off it, and what evidence says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from shared.domain import calendars
from shared.domain.conditions.comparing import Where
from shared.domain.evaluation import Reading
from shared.domain.events import DAY, Instant
from shared.domain.profiles.histories import Occurrence
from shared.domain.profiles.orders import Order
from shared.domain.segments import Definitions
from shared.domain.wording.texts import plural

MOST_NAMED = 5
"""How many occurrences are named: the newest."""
STAYS = "Nothing: what happened stays."


class Told(NamedTuple):
    """What the profile has to say; what would make the condition true, and what would end it, where time alone does
    not. Where it does: what would keep that from coming (`unless`), or make it come sooner (`sooner`)."""

    evidence: str
    would: str
    ends: str
    unless: str = ""
    sooner: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A profile, looked at with the shop's definitions at an instant."""

    definitions: Definitions
    reading: Reading
    t: Instant

    def when(self, instant: Instant) -> str:
        """`2026-11-24 09:30`, in the shop's time zone."""
        return f"{calendars.local(instant, self.definitions.compiler.zone):%Y-%m-%d %H:%M}"

    def ago(self, instant: Instant) -> str:
        """`12.5 days ago, on 2026-11-24 09:30`."""
        return f"{plural(round((self.t - instant) / DAY, 1), 'day')} ago, on {self.when(instant)}"

    def occurrences(self, event: str, where: Sequence[Where] = (), window: int | None = None) -> list[Occurrence]:
        """Those kept that pass, and are in the window; newest first."""
        start = -1 if window is None else self.t - window
        kept = self.reading.occurrences(self.definitions.compiler.of(event, where))
        return [occurrence for occurrence in reversed(kept) if start < occurrence.time <= self.t]

    def orders(self, window: int | None = None) -> list[tuple[str, Order]]:
        """Those that count, and are in the window; newest first, with their ids."""
        start = -1 if window is None else self.t - window
        counting = {id(order) for order in self.reading.profile.counting_orders()}
        inside = [
            (name, order)
            for name, order in self.reading.profile.orders.items()
            if id(order) in counting and start < order.placed <= self.t
        ]
        return sorted(inside, key=lambda item: (item[1].placed, item[0]), reverse=True)


def out_of(count: float, least: float | None, holds: bool, said: Callable[[float], str]) -> str:
    """`2 of 3`; just the number when it is enough."""
    return said(count) if holds or least is None or count >= least else f"{said(count)} of {said(least)}"


def newest(texts: list[str]) -> str:
    """Of texts that are newest first: the newest, oldest first."""
    return f"{'… ' if len(texts) > MOST_NAMED else ''}{', '.join(reversed(texts[:MOST_NAMED]))}"
