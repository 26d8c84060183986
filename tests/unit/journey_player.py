"""Plays journeys for one contact as the profile function does: `acts`, `absorb`, `follow`, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any

from shared.adapters import definitions
from shared.domain.conditions import Segment
from shared.domain.events import NEVER, ConsentChange, Event, Instant, OrderState, Type
from shared.domain.journeys.acts import acts
from shared.domain.journeys.arms import SharesOf, at_first
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Journey, Published
from shared.domain.journeys.following import follow
from shared.domain.journeys.runs import Effect, Happening, Moved, Run, SendEmail, Settled, UpdateContact
from shared.domain.journeys.starting import needed
from shared.domain.profiles import Profile, wake_at
from shared.domain.profiles.folding import trim
from shared.domain.segments import absorb, compile_segments

NOW: Instant = 1_700_000_000_000
_ids = count()


def journey(trigger: dict[str, Any], *steps: dict[str, Any], id: str = "j", **more: Any) -> Journey:
    return Journey.model_validate(
        {"id": id, "name": id, "sentence": "Says hello.", "trigger": trigger, "steps": steps, **more}
    )


def event(type_: str, time: Instant, received: Instant | None = None, **properties: Any) -> Event:
    heard = time if received is None else received
    return Event(
        id=f"e{next(_ids)}",
        type=type_,
        time=time,
        stated=time,
        received=heard,
        source="shopify",
        properties=properties,
    )


def order(time: Instant, received: Instant | None = None, id_: str | None = None, total: float = 10) -> Event:
    made = event(Type.ORDER_COMPLETED, time, received, total=total)
    return made.model_copy(update={"order": OrderState(id=id_ or f"o{next(_ids)}", stands=True)})


def traits(time: Instant, **values: Any) -> Event:
    return event(Type.CONTACT_UPDATED, time).model_copy(update={"traits": values})


def consent(state: Any, time: Instant, topic: str = "marketing") -> Event:
    made = event(Type.CONSENT_CHANGED, time)
    return made.model_copy(update={"consent": (ConsentChange(topic=topic, state=state),)})


class Player:
    def __init__(
        self,
        *journeys: Journey,
        states: dict[str, Any] | None = None,
        segments: Iterable[Segment] = (),
        zone: str = "UTC",
    ) -> None:
        self.definitions = compile_segments(segments, zone=zone, models=definitions.shipped_models())
        published = {each.id: Published(journey=each, version=1, state="live", steps=states or {}) for each in journeys}
        self.versions: dict[tuple[str, int], Journey] = {(each.id, 1): each for each in journeys}
        self.profile = Profile("c1")
        self.runs: dict[int, Run] = {}
        self.effects: list[tuple[Instant, Effect]] = []
        self.asked: list[tuple[Run, Effect]] = []
        self.publish(published)

    def shares_of(self, now: Instant) -> SharesOf:
        """By which an adaptive split draws the contact."""
        return at_first

    def publish(self, published: Mapping[str, Published]) -> None:
        self.versions |= {(id_, each.version): each.journey for id_, each in published.items()}
        self.shop = Journeys(self.definitions, dict(published), lambda id_, version: self.versions[id_, version])

    def switch(self, state: Any) -> None:
        self.publish({id_: each.model_copy(update={"state": state}) for id_, each in self.shop.published.items()})

    def tell(self, *events: Event, now: Instant | None = None, heard: Instant | None = None) -> None:
        """As one batch."""
        now = max(event.received for event in events) if now is None else now
        self._play(events, (), now, now if heard is None else heard)

    def happen(self, *happenings: Happening, heard: Instant | None = None) -> None:
        now = max(each.time for each in happenings)
        self._play((), happenings, now, now if heard is None else heard)

    def settle(self, run: Run, outcome: Any, time: Instant | None = None, step: str | None = None) -> None:
        step = step or run.step
        t = run.since if time is None else time
        self.happen(Settled(t, run.id, step, self.runs[run.number].passes[step], outcome))

    def pass_to(self, t: Instant, *, settled: bool = False) -> None:
        """Time passes, with a wake-up at each instant that is due."""
        while (due := wake_at(self.profile)) <= t:
            self._play((), (), due, due)
            for run in list(self.runs.values()) if settled else ():
                if run.goes_on and run.asked != NEVER:
                    self.settle(run, "sent")
        self._play((), (), t, t)

    def _play(self, events: Iterable[Event], told: Iterable[Happening], now: Instant, heard: Instant) -> None:
        events, told = tuple(events), tuple(told)
        happened = acts(self.profile, events)
        transitions = absorb(self.shop.definitions, self.profile, events, now, heard=heard, trimmed=False)
        happenings = [*happened, *transitions, *told]
        names = needed(self.shop, self.profile, happenings, heard)
        about = {each.run for each in told if isinstance(each, Settled | Moved)}
        given = [run for run in self.runs.values() if run.goes_on or run.journey in names or run.id in about]
        for followed in follow(self.shop, self.profile, given, happenings, now, heard, self.shares_of(now)):
            self.runs[followed.run.number] = followed.run
            self.asked += [(followed.run, effect) for effect in followed.effects]
            self.effects += [(self._when(effect, followed.run), effect) for effect in followed.effects]
        trim(self.profile, lines=self.shop.definitions.lines)

    @staticmethod
    def _when(effect: Effect, run: Run) -> Instant:
        if isinstance(effect, SendEmail | UpdateContact) and run.asked != NEVER:
            return run.asked
        return run.records[-1].time
