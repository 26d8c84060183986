"""Compiling: all the shop's journeys, ready to be asked: the way from step to step, and what each of them looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from zoneinfo import ZoneInfo

from shared.domain.conditions import Condition, parts_of
from shared.domain.conditions.events import asked_by
from shared.domain.conditions.orders import asks_for_lines
from shared.domain.conditions.shorthand import plain
from shared.domain.evaluation import Evaluate
from shared.domain.evaluation.comparing import filter_
from shared.domain.events import Instant, Json
from shared.domain.journeys.acts import Passes, filter_of
from shared.domain.journeys.definition import (
    END,
    AnyStep,
    Branch,
    DateComes,
    EventHappens,
    Journey,
    Occasion,
    Published,
    SegmentChange,
    WaitFor,
)
from shared.domain.journeys.filling import OfShop, as_shipped, fill, named_by, needs_run
from shared.domain.journeys.runs import Run
from shared.domain.profiles import Profile
from shared.domain.properties import KEPT_PROPERTIES
from shared.domain.segments import Definitions


@dataclass(frozen=True)
class Path:
    """A version of a journey, by its steps."""

    journey: Journey

    @cached_property
    def steps(self) -> Mapping[str, AnyStep]:
        return {step.id: step for step in self.journey.steps}

    @cached_property
    def following(self) -> Mapping[str, str]:
        """Where the run goes from each step that does not say it otherwise."""
        ids = [step.id for step in self.journey.steps]
        return {step.id: step.next or after for step, after in zip(self.journey.steps, [*ids[1:], END], strict=True)}

    @property
    def first(self) -> str:
        return self.journey.steps[0].id

    @cached_property
    def named(self) -> frozenset[str]:
        """The properties of the trigger that it asks for, by whatever name."""
        entry = self.journey.entry.per
        return frozenset(named_by(self.journey) | ({entry} if entry is not None else set()))


Versions = Callable[[str, int], Journey]
"""The definition of a journey (its id) by the number of its version."""
Slots = Callable[[str, int, Instant], Instant]
"""When, at or after an instant, the next run of a journey may start, of which so many start in an hour: takes that
place in the order."""


def _none(journey: str, version: int) -> Journey:
    raise LookupError(f"{journey} {version}")


def _at_once(journey: str, per_hour: int, t: Instant) -> Instant:
    return t


@dataclass(eq=False)
class Journeys:
    """All the shop's journeys that are switched on, with the definitions of segments that they are asked by.

    `version` finds the definition of a run that keeps an older version; `slot` paces starts; `shop` knows the shop's
    settings that conditions name.
    """

    segments: Definitions
    published: Mapping[str, Published]
    version: Versions = _none
    slot: Slots = _at_once
    shop: OfShop = as_shipped
    _paths: dict[tuple[str, int], Path] = field(default_factory=dict)
    _conditions: dict[int, tuple[Condition, Evaluate | None]] = field(default_factory=dict)
    _filters: dict[int, tuple[EventHappens, Passes]] = field(default_factory=dict)
    _walked: dict[str, tuple[Published, Journeys]] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return self.segments.compiler.zone

    @cached_property
    def definitions(self) -> Definitions:
        """The segments' definitions, with what journeys ask of events as well: a profile is folded by these."""
        parts = [part for each in self.published.values() for part in conditions_in(each.journey)]
        asked = {type_: set(names) for type_, names in self.segments.asked.items()}
        for part in parts:
            for type_, name in asked_by(part):
                if name not in KEPT_PROPERTIES:
                    asked.setdefault(type_, set()).add(name)
        for type_, name in _looked_back_on(self.published.values()):
            asked.setdefault(type_, set()).add(name)
        return replace(
            self.segments,
            asked={type_: frozenset(names) for type_, names in asked.items()},
            lines=self.segments.lines or any(map(asks_for_lines, parts)),
        )

    def path(self, journey: str, version: int) -> Path:
        """LookupError: there is none."""
        found = self._paths.get((journey, version))
        if found is None:
            published = self.published.get(journey)
            newest = published is not None and published.version == version
            definition = published.journey if newest and published is not None else self.version(journey, version)
            found = self._paths[journey, version] = Path(definition)
        return found

    def on_wake_ups(self, published: Published) -> Journeys:
        """The journey alone, as if `advance` itself walked its steps."""
        journey = published.journey.model_copy(update={"runs_on": "wake_ups"})
        held = self._walked.get(journey.id)
        if held is None or held[0] is not published:
            alone = {journey.id: published.model_copy(update={"journey": journey, "steps": {}, "state": "live"})}
            held = self._walked[journey.id] = (
                published,
                Journeys(self.segments, alone, lambda *_: journey, shop=self.shop),
            )
        return held[1]

    def holds(self, condition: Condition, run: Run, profile: Profile, t: Instant) -> bool:
        """Whether a condition holds for a contact at an instant, asked by a run. HistoryNeededError: the profile's
        bounds do not let it be told."""
        made = self._conditions.get(id(condition))
        if made is None:
            evaluate = None if needs_run(condition) else self.segments.compiler.function([condition])
            made = self._conditions[id(condition)] = condition, evaluate
        evaluate = made[1]
        if evaluate is None:
            # Not among the shop's own: what one run asks for, no other does, and it would be kept for ever.
            compiler = replace(self.segments.compiler, series={})
            evaluate = compiler.function([fill(condition, run.trigger, run.began, self.shop)])
        return evaluate(profile, t)[0] > 0

    def passes(self, occasion: EventHappens, trigger: Mapping[str, Json] | None) -> Passes:
        """The filter of an event. Only one that asks for nothing of the trigger takes None as that."""
        if needs_run(occasion.where):
            return filter_of(fill(occasion.where, trigger or {}, 0, self.shop))
        made = self._filters.get(id(occasion))
        if made is None:
            made = self._filters[id(occasion)] = occasion, filter_of(occasion.where)
        return made[1]

    def passes_occurrence(self, occasion: EventHappens, run: Run) -> Callable[[Mapping[str, Json]], bool]:
        """As `passes`, of the properties of an event that the profile remembers."""
        return filter_(fill(occasion.where, run.trigger, run.began, self.shop))

    @cached_property
    def begun_by_event(self) -> Mapping[str, tuple[str, ...]]:
        """By type of event, the journeys that it may start."""
        return _index((name, id_) for id_, each in self.published.items() for name in _events(each.journey.trigger))

    @cached_property
    def begun_by_segment(self) -> Mapping[str, tuple[str, ...]]:
        return _index(
            (each.journey.trigger.segment, id_)
            for id_, each in self.published.items()
            if isinstance(each.journey.trigger, SegmentChange)
        )

    @cached_property
    def begun_by_date(self) -> Mapping[str, DateComes]:
        return {
            id_: each.journey.trigger
            for id_, each in self.published.items()
            if isinstance(each.journey.trigger, DateComes) and each.state == "live"
        }


def _events(occasion: object) -> tuple[str, ...]:
    return occasion.events if isinstance(occasion, EventHappens) else ()


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, id_ in pairs:
        found[name] = (*found.get(name, ()), id_)
    return found


def conditions_in(journey: Journey) -> Iterator[Condition]:
    """The conditions that it asks about a contact, and all that they are made of, plain."""
    asked = [journey.entry.only_if] if journey.entry.only_if is not None else []
    asked += [way.when for step in journey.steps if isinstance(step, Branch) for way in step.ways]
    for condition in asked:
        yield from parts_of(plain(condition))


def occasions_in(journey: Journey) -> Iterator[Occasion]:
    """What it answers once a run goes on."""
    yield from (exit_.on for exit_ in journey.exits)
    yield from (occasion for step in journey.steps if isinstance(step, WaitFor) for occasion in step.on)


def _looked_back_on(journeys: Iterable[Published]) -> Iterator[tuple[str, str]]:
    """The other properties of events that a wait asks for of what has happened before it."""
    for each in journeys:
        for step in each.journey.steps:
            for occasion in step.on if isinstance(step, WaitFor) and step.since_start else ():
                for where in occasion.where if isinstance(occasion, EventHappens) else ():
                    if where.property not in KEPT_PROPERTIES:
                        yield from ((type_, where.property) for type_ in occasion.events)  # type: ignore[union-attr]
