"""Following: all that happens to a contact's runs in one batch, and by time, in order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import NamedTuple

from shared.domain.events import NEVER, Instant
from shared.domain.journeys.acts import Act
from shared.domain.journeys.advancing import advance, due_at, ended, placed
from shared.domain.journeys.arms import SharesOf, at_first
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.runs import Begin, Effect, Happening, Moved, Record, Run, Settled
from shared.domain.journeys.starting import PUNCTUAL, by_date, starts
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import Transition


class Followed(NamedTuple):
    """A run that has begun or changed: as it is now, what it asks for, and what was recorded of it since."""

    run: Run
    effects: tuple[Effect, ...]
    records: tuple[Record, ...]


def follow(
    shop: Journeys,
    profile: Profile,
    runs: Collection[Run],
    happenings: Iterable[Happening],
    now: Instant,
    heard: Instant,
    shares_of: SharesOf = at_first,
) -> list[Followed]:
    """What becomes of a contact's runs by all that a batch brings, after `segments.absorb` of the same: the acts
    (`acts.acts`), the transitions, and what was told of runs. Sets in the profile which runs are open (`Profile.runs`)
    and how many there were.

    `runs` are all that are open, those of the journeys that are `starting.needed`, and whichever `Settled` and `Moved`
    are about. Each happening is played at its own instant, after what time alone has moved by then; but time moves runs
    up to `heard` only (see `absorb`), so that no wait ends on silence while an answer to it is on its way. `shares_of`:
    by which adaptive splits draw the contact.
    HistoryNeededError: as `absorb`.
    """
    book = _Book(shop, profile, {run.number: run for run in runs}, now, heard, shares_of)
    book.refresh()
    dated: list[Happening] = list(by_date(shop, profile, now, heard))
    for happening in sorted([*dated, *happenings], key=_in_order):
        book.wake(min(happening.time, heard))
        for run in [run for run in book.runs.values() if _concerns(happening, run)]:
            book.advance(run, happening.time, happening)
        for run in starts(shop, profile, list(book.runs.values()), happening.time, happening):
            book.begin(run, happening)
    book.wake(heard)
    return book.close(runs)


def _in_order(happening: Happening) -> tuple[Instant, int]:
    """What somebody did comes before what that has changed, and both before what is told of runs."""
    return happening.time, 0 if isinstance(happening, Act) else 1 if isinstance(happening, Transition) else 2


def _concerns(happening: Happening, run: Run) -> bool:
    match happening:
        case Settled():
            return happening.run == run.id  # also of one that has ended: an email may be sent all the same
        case Moved():
            return happening.run == run.id and run.goes_on
        case Begin():
            return False
    return run.goes_on


class _Book:
    def __init__(
        self,
        shop: Journeys,
        profile: Profile,
        runs: dict[int, Run],
        now: Instant,
        heard: Instant,
        shares_of: SharesOf,
    ) -> None:
        self.shop, self.profile, self.runs, self.now, self.heard = shop, profile, runs, now, heard
        self.shares_of = shares_of
        self.effects: dict[int, list[Effect]] = {}
        self.recorded: dict[int, list[Record]] = {}

    def open(self) -> list[Run]:
        return [self.runs[number] for number in sorted(self.runs) if self.runs[number].goes_on]

    def advance(self, run: Run, t: Instant, happening: Happening | None = None) -> None:
        published = self.shop.published.get(run.journey)
        if published is None:
            return  # it was switched off altogether, and may come again
        effects, moved = advance(
            self.shop, published, run, self.profile, t, happening, heard=self.heard, shares_of=self.shares_of
        )
        self.effects.setdefault(run.number, []).extend(effects)
        self.recorded.setdefault(run.number, []).extend(_newer(run, moved))
        self.runs[run.number] = moved

    def refresh(self) -> None:
        """By the definitions, the traits and the time zone as they are now, which may be others than when the runs were
        stored: what has become due by that is."""
        for run in self.open():
            published = self.shop.published.get(run.journey)
            if published is None:
                self.runs[run.number] = replace(run, wake_at=NEVER)
            elif run.version < max(published.moved, published.stopped):
                self.advance(run, self.now)
            else:
                due = due_at(self.shop, published, run, self.profile, run.since)
                self.runs[run.number] = replace(run, wake_at=due)

    def wake(self, until: Instant) -> None:
        """What time alone moves up to and with an instant, in order."""
        while True:
            due = [run for run in self.open() if run.wake_at <= until]
            if not due:
                return
            run = min(due, key=lambda run: (run.wake_at, run.number))
            self.advance(run, run.wake_at if self.now - run.wake_at <= PUNCTUAL else self.now)
            after = self.runs[run.number]
            if after.goes_on and after.wake_at <= run.wake_at:  # else it would stand in its contact's way for ever
                self.runs[run.number] = ended(after, self.now, "endless")

    def begin(self, run: Run, happening: Happening) -> None:
        self.profile.runs_begun = max(self.profile.runs_begun, run.number)
        if isinstance(happening, Begin):
            earlier = self.runs.get(happening.continues or 0)
            if earlier is not None:
                kept = {"began": earlier.began, "trigger": earlier.trigger, "key": earlier.key, "event": earlier.event}
                run = replace(run, **kept)  # type: ignore[arg-type]
            if happening.present and run.goes_on:
                live = self.shop.published[run.journey]
                stands = placed(self.shop, live, run, self.profile, run.not_before, self.shares_of)
                if stands is None:
                    return
                run = stands
        self.runs[run.number] = run
        self.recorded[run.number] = list(run.records)
        self.advance(run, happening.time)

    def close(self, given: Collection[Run]) -> list[Followed]:
        before = {run.number: run for run in given}
        runs = self.profile.runs
        for run in self.runs.values():
            if run.goes_on:
                runs[run.place] = run.wake_at
            else:
                runs.pop(run.place, None)
        return [
            Followed(run, tuple(self.effects.get(number, ())), tuple(self.recorded.get(number, ())))
            for number, run in sorted(self.runs.items())
            if run != before.get(number)
        ]


def _newer(before: Run, after: Run) -> tuple[Record, ...]:
    """The records of `after` that `before` has not: of both only the newest may be kept."""
    if before.records == after.records:
        return ()
    last, known = before.records[-1] if before.records else None, len(before.records)
    if after.records[:known] == before.records:
        return after.records[known:]
    at = max(place for place, each in enumerate(after.records) if each == last)
    return after.records[at + 1 :]
