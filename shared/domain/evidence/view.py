"""A profile as evidence is read off it, and what evidence says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain import calendars
from shared.domain.conditions import Condition
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.windows import Window
from shared.domain.evaluation import Reading, Span, span
from shared.domain.evaluation.reading import Picked
from shared.domain.events import DAY, NEVER, Instant
from shared.domain.profiles.histories import Occurrence
from shared.domain.profiles.orders import Order
from shared.domain.segments import Definitions
from shared.domain.wording import sentence
from shared.domain.wording.texts import plural

MAX_NAMED = 5
"""How many occurrences are named: the newest."""
STAYS = "Nothing: what happened stays."
OVER = "Nothing: that time is over."


class Evidence(NamedTuple):
    """What the profile has to say; what would make the condition true, and what would end it, where time alone does
    not. Where it does: what would keep that from coming (`unless`), or make it come sooner (`sooner`)."""

    evidence: str
    would: str
    ends: str
    unless: str = ""
    sooner: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A profile, looked at with the shop's definitions at an instant. `notes`: what is known of traits beside their
    values, by the trait."""

    definitions: Definitions
    reading: Reading
    t: Instant
    notes: Mapping[str, str] = field(default_factory=dict)

    def says(self, condition: Condition) -> str:
        """The condition in words."""
        return sentence(self.definitions.segments, condition)

    def when(self, instant: Instant) -> str:
        """`2026-11-24 09:30`, in the shop's time zone."""
        return f"{calendars.local(instant, self.definitions.compiler.zone):%Y-%m-%d %H:%M}"

    def ago(self, instant: Instant) -> str:
        """`12.5 days ago, on 2026-11-24 09:30`."""
        return f"{plural(round((self.t - instant) / DAY, 1), 'day')} ago, on {self.when(instant)}"

    def span(self, window: Window | None) -> Span:
        return span(window, self.definitions.compiler.zone)

    def occurrences(
        self,
        event: str,
        where: Sequence[Where] = (),
        window: Window | None = None,
        t: Instant | None = None,
        which: int = 0,
        number: str = "",
    ) -> list[Occurrence]:
        """Those kept that pass, and are in the window now (or at `t`); newest first. `which`, `number`: as in
        `Compiler.of`."""
        start, end = self.span(window).bounds(self.t if t is None else t)
        kept = self.reading.occurrences(self.definitions.compiler.of(event, where, which, number))
        return [occurrence for occurrence in reversed(kept) if start < occurrence.time <= min(end, self.t)]

    def orders(
        self, window: Window | None = None, t: Instant | None = None, picked: Picked | None = None
    ) -> list[tuple[str, Order]]:
        """Those that count (and are picked), and are in the window now (or at `t`); newest first, with their ids."""
        start, end = self.span(window).bounds(self.t if t is None else t)
        profile = self.reading.profile
        chosen = {id(order) for order in (profile.counting_orders() if picked is None else picked.of(profile))}
        inside = [
            (name, order)
            for name, order in profile.orders.items()
            if id(order) in chosen and start < order.placed <= min(end, self.t)
        ]
        return sorted(inside, key=lambda item: (item[1].placed, item[0]), reverse=True)

    def counts_at(self, window: Window | None) -> Instant:
        """From when on what happened next would be in the window; now, if it is over."""
        inside = self.span(window)
        opens = inside.opens(self.t)
        return self.t if opens == NEVER else inside.enters(opens)

    def counts_now(self, window: Window | None) -> bool:
        """Whether what happened now would be in the window at once."""
        return self.span(window).opens(self.t) == self.t == self.counts_at(window)

    def lasts(self, window: Window | None, until: Instant) -> bool:
        """Whether what happens just before `until` is in the window then: what leaves a month leaves it together."""
        after, upto = self.span(window).bounds(until)
        return after < until - 1 <= upto

    def is_over(self, window: Window | None) -> bool:
        """Whether nothing that happens from now on will ever be in the window."""
        return self.span(window).opens(self.t) == NEVER

    def by(self, window: Window | None, more: str, does: str) -> str:
        """`3 more would make it true.`: and when, of a window that what happens now is not in at once."""
        if self.is_over(window):
            return OVER
        at = self.counts_at(window)
        if at == self.t:
            return f"{more} would {does}."
        if self.span(window).opens(self.t) > self.t:
            return f"{more} from {self.when(at)} on would {does}."
        return f"{more} would {does}, on {self.when(at)}."


def out_of(count: float, least: float | None, holds: bool, said: Callable[[float], str]) -> str:
    """`2 of 3`; just the number when it is enough."""
    return said(count) if holds or least is None or count >= least else f"{said(count)} of {said(least)}"


def newest(texts: list[str]) -> str:
    """Of texts that are newest first: the newest, oldest first."""
    return f"{'… ' if len(texts) > MAX_NAMED else ''}{', '.join(reversed(texts[:MAX_NAMED]))}"
