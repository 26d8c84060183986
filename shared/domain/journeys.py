"""Journeys: which change of segment starts which automated path, and what ends it early.

A run is named by the transition that started it, so a transition starts a journey at most once, however often it is
seen; and it is right as long as that transition is still the newest of its segment, which is asked again at every
message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import Field

from shared.domain.events import Strict
from shared.domain.profiles import BY_DEFINITION, BY_ERASURE, BY_JOINING, BY_REPAIR, Profile, Transition

BEGIN = "begin"
"""The path of a run that starts at the journey's first step."""


class Exit(Strict):
    """Ends a run early, when the contact enters or leaves a segment; `path` is what the journey does then, if any."""

    when: Literal["enters", "leaves"]
    segment: str
    path: str | None = None


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

    A transition that the profile has since moved past starts nothing. One that a changed definition made starts
    nothing either, but it does stop runs.
    """
    for journey in journeys:
        for exit_ in journey.exits:
            if exit_.segment == transition.segment and (exit_.when == "enters") == transition.entered:
                yield from _exit(journey, exit_, transition, profile)
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
    run = Run(transition.contact, journey.id, journey.enters, began)
    yield Stop(run, f"{exit_.when} {exit_.segment} (transition {transition.number})")
    if exit_.path is not None and _starts(transition, profile):
        ending = Run(transition.contact, journey.id, transition.segment, transition.number, exit_.path)
        yield Start(ending, after=run)


def _starts(transition: Transition, profile: Profile) -> bool:
    membership = profile.memberships.get(transition.segment)
    return (
        transition.cause not in (BY_DEFINITION, BY_REPAIR, BY_ERASURE, BY_JOINING)
        and membership is not None
        and membership.number == transition.number
    )
