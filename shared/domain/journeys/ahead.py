"""What the coming days bring to one contact who does nothing: the segments they enter and leave, and the emails that
journeys send them, those that begin because of that too, each in their arm of an experiment.

Played by `advance` on a copy of the profile, all journeys at once, each run going on from where it is. What is not
foreseen: what contacts do, what holds an email back at the instant of sending (caps, a suppression), and how a
journey's starts are paced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from shared.domain.events import Event, Instant, Type, event_id
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.playing import OPEN, Gate, asked, made_up_event, played
from shared.domain.journeys.runs import (
    Begin,
    Effect,
    Happening,
    NotifyOthers,
    Run,
    SendEmail,
    Settled,
    StartAnother,
    TakePart,
    UpdateContact,
)
from shared.domain.profiles import Profile, wake_at
from shared.domain.profiles.transitions import Transition

MAX_TURNS = 500
"""Of one contact: what turns longer than that is shown as far as it came."""


class Coming(NamedTuple):
    """An email that a run asks for. `because`: the segment that the contact enters or leaves in these days and whose
    journey this is; empty for a run that is under way already, or begins otherwise."""

    time: Instant
    journey: str
    step: str
    template: str
    because: str


@dataclass(slots=True)
class Ahead:
    changes: list[Transition] = field(default_factory=list)
    emails: list[Coming] = field(default_factory=list)


def walked(shop: Journeys) -> Journeys:
    """The shop's journeys as if `advance` itself walked the steps of all, and paced none: to be played, not to be
    done."""

    def version(id_: str, number: int) -> Journey:
        return _by_itself(shop.version(id_, number))

    published = {
        id_: each.model_copy(update={"journey": _by_itself(each.journey)}) for id_, each in shop.published.items()
    }
    return Journeys(shop.segments, published, version, shop=shop.shop)


def _by_itself(journey: Journey) -> Journey:
    return journey if journey.runs_on == "wake_ups" else journey.model_copy(update={"runs_on": "wake_ups"})


def ahead(
    shop: Journeys,
    profile: Profile,
    runs: Iterable[Run],
    begin: Instant,
    end: Instant,
    gate: Gate = OPEN,
) -> Ahead:
    """What comes from `begin` on and before `end`. `shop` is `walked`; `runs` are all that the contact has had;
    `gate`: what the shop's settings do with emails. The profile stays as it is. HistoryNeededError: ask with
    `profiles.rebuild`. OldDefinitionsError: ask with newer definitions."""
    play = _Play(shop, deepcopy(profile), {run.number: run for run in runs}, max(begin, profile.decided), gate)
    play.turn(play.now)
    play.found.changes.clear()  # what has come by now and is not decided yet is no forecast
    for _ in range(MAX_TURNS):
        due = wake_at(play.profile)
        if due >= end:
            break
        play.turn(max(due, play.now))
    return play.found


class _Play:
    def __init__(self, shop: Journeys, profile: Profile, runs: dict[int, Run], now: Instant, gate: Gate) -> None:
        self.shop, self.profile, self.runs, self.now, self.gate = shop, profile, runs, now, gate
        self.begun = profile.runs_begun
        self.found = Ahead()
        self.numbers = count()

    def turn(self, now: Instant) -> None:
        """What is due, as one batch; and what it asks for has its outcome at once."""
        self.now = now
        events: list[Event] = []
        told: list[Happening] = []
        for _ in range(MAX_TURNS):
            changes, followed = played(self.shop, self.profile, self.runs.values(), events, told, now, self.gate)
            self.found.changes += changes
            to_do: list[tuple[Run, Effect]] = []
            for run, effects, _records in followed:
                self.runs[run.number] = run
                to_do += [(run, effect) for effect in effects]
            if not to_do:
                return
            done = [self._do(run, effect) for run, effect in to_do]
            events = [event for event, _ in done if event is not None]
            told = [each for _, each in done if each is not None]

    def _do(self, run: Run, effect: Effect) -> tuple[Event | None, Happening | None]:
        match effect:
            case SendEmail():
                return self._send(run, effect)
            case UpdateContact():
                event = self._event(Type.CONTACT_UPDATED, effect.told)
                event = event.model_copy(update={"traits": dict(effect.traits)})
                return event, Settled(self.now, run.id, effect.step, effect.occurrence, "passed")
            case StartAnother():
                cause = f"{run.id} {effect.step} {effect.occurrence}"
                return None, Begin(self.now, effect.journey, cause, trigger=effect.trigger)
            case NotifyOthers() | TakePart():
                return None, None

    def _send(self, run: Run, email: SendEmail) -> tuple[Event | None, Settled]:
        email, _, held = asked(self.shop, self.profile, run, email, self.gate, self.now)
        if held is not None:
            return None, held
        segment = _segment(self.shop, run) if run.number > self.begun else ""
        self.found.emails.append(Coming(self.now, run.journey, email.step, email.template, segment))
        told = {"journey": run.journey, "template": email.template, "message": f"{run.id} {email.step}"}
        sent = Settled(self.now, run.id, email.step, email.occurrence, "sent")
        return self._event(Type.EMAIL_SENT, told), sent

    def _event(self, type_: str, properties: Mapping[str, Any]) -> Event:
        id_ = event_id("ahead", type_, str(self.now), str(next(self.numbers)))
        return made_up_event(id_, type_, self.now, properties)


def _segment(shop: Journeys, run: Run) -> str:
    """The segment whose change begins the run's journey."""
    return getattr(shop.published[run.journey].journey.trigger, "segment", "")
