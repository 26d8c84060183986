"""Journeys: which change of segment starts which automated path, and what ends it early.

A run is named by the transition that started it, so a transition starts a journey at most once, however often it is
seen; and it is right as long as that transition is still the newest of its segment, which is asked again at every
message.

A membership that becomes true is no event. Who may be told of it is asked of what made it so: history that is brought
over moves segments and starts nothing (`LATE`), an exit's path can name the events that it answers (`Exit.by`) and
answer the contact's first entry only (`Exit.first`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import Field

from shared.domain.events import DAY, Strict
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import BY_DEFINITION, BY_ERASURE, BY_JOINING, BY_REPAIR, Transition

BEGIN = "begin"
"""The path of a run that starts at the journey's first step."""

LATE = 3 * DAY
"""What was done longer ago than this when a transition came of it is history: it starts nothing. Storefronts tell again
for up to two days what they could not deliver, and a telephone may be without a net for a weekend."""


class Exit(Strict):
    """Ends a run early, when the contact enters or leaves a segment; `path` is what the journey does then, if any.

    An exit with a path answers something that the contact did just now. Where there is nothing to answer it is passed
    over, and ends nothing either: the exit after it may. `by` are the events it answers (any, when left out); `first`,
    that it answers the first time that the contact ever enters the segment and no other.
    """

    when: Literal["enters", "leaves"]
    segment: str
    path: str | None = None
    by: tuple[str, ...] = ()
    first: bool = False


class Journey(Strict):
    """An automated path, started when a contact enters a segment."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str
    sentence: str
    enters: str
    exits: tuple[Exit, ...] = ()
    branches: tuple[str, ...] = ()
    """The segments its steps ask about."""

    def asks_about(self) -> set[str]:
        """All segments it cannot do without."""
        return {self.enters, *(exit_.segment for exit_ in self.exits), *self.branches}


@dataclass(frozen=True, slots=True)
class Run:
    """One contact's way along a path of a journey, begun by the contact's transition `number` of `segment`."""

    contact: str
    journey: str
    segment: str
    number: int
    path: str = BEGIN

    @property
    def id(self) -> str:
        """Also the name of the execution: at most 80 characters, no address in it."""
        return f"{self.contact}-{self.segment}-{self.number}"

    def input(self) -> dict[str, Any]:
        """What the state machine is started with: ids only."""
        return {**asdict(self), "run": self.id}


@dataclass(frozen=True, slots=True)
class Start:
    """Start this run; when `after` is given, only if that run was ever started."""

    run: Run
    after: Run | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop this run, if it goes on still."""

    run: Run
    reason: str


def actions(journeys: Iterable[Journey], transition: Transition, profile: Profile) -> Iterator[Start | Stop]:
    """What a transition asks for, given the contact's profile as it is now (never older than the transition).

    A transition that the profile has since moved past starts nothing. One that a changed definition made, or history,
    starts nothing either, but it does stop runs. Of a journey's exits the first that applies is taken.
    """
    for journey in journeys:
        for exit_ in journey.exits:
            if exit_.segment == transition.segment and (exit_.when == "enters") == transition.entered:
                found = list(_exit(journey, exit_, transition, profile))
                if found:
                    yield from found
                    break
        if journey.enters == transition.segment and transition.entered and _starts(transition, profile):
            yield Start(Run(transition.contact, journey.id, transition.segment, transition.number))


def _exit(journey: Journey, exit_: Exit, transition: Transition, profile: Profile) -> Iterator[Start | Stop]:
    if exit_.segment == journey.enters:
        began = transition.before
    else:
        membership = profile.memberships.get(journey.enters)
        # What brought the contact into both segments at once is a beginning, not an early end.
        began = membership.number if membership and membership.member and membership.since < transition.time else 0
    if not began or began > transition.number:
        return
    if exit_.path is not None and not (_answered(exit_, transition) and _starts(transition, profile)):
        return
    run = Run(transition.contact, journey.id, journey.enters, began)
    yield Stop(run, f"{exit_.when} {exit_.segment} (transition {transition.number})")
    if exit_.path is not None:
        ending = Run(transition.contact, journey.id, transition.segment, transition.number, exit_.path)
        yield Start(ending, after=run)


def _answered(exit_: Exit, transition: Transition) -> bool:
    if exit_.first and transition.before:
        return False
    return not exit_.by or transition.event is None or transition.event in exit_.by


def _starts(transition: Transition, profile: Profile) -> bool:
    membership = profile.memberships.get(transition.segment)
    return (
        transition.cause not in (BY_DEFINITION, BY_REPAIR, BY_ERASURE, BY_JOINING)
        and not (transition.happened is not None and transition.time - transition.happened > LATE)
        and membership is not None
        and membership.number == transition.number
    )
