"""Publications of journeys: all that were switched on, as one numbered document, and what makes the next one of it.

A publication is never changed; each is made of the one before. Every version of a journey's definition is kept besides,
for the runs that began with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from shared.domain.conditions.fields import Id
from shared.domain.events import Instant, Strict
from shared.domain.journeys.definition import Journey, Published, SegmentChange, StepState

UnderWay = Literal["finish", "move", "stop"]
"""What becomes of the runs of earlier versions: they finish on theirs, go on by the new one, or end."""


class Publication(Strict):
    """The journeys as they are from `published` on. `by`: who made it so; `why`: what they did, for people."""

    number: int = 0
    journeys: dict[Id, Published] = Field(default_factory=dict)
    published: Instant = 0
    by: str = ""
    why: str = "nothing is published yet"


class Version(Strict):
    """One version of a journey's definition, kept for good. `text`: as it was written, where it was YAML."""

    version: int
    journey: Journey
    published: Instant
    by: str
    why: str
    text: str | None = None


def with_journey(
    held: Publication, version: Version, under_way: UnderWay = "finish", *, state: Literal["live", "paused"] = "live"
) -> Publication:
    """The next publication, with a new version of a journey. One that was switched on keeps its state; one that was
    not gets `state`. Steps that are gone lose theirs."""
    journey, before = version.journey, held.journeys.get(version.journey.id)
    if before is None:
        made = Published(journey=journey, version=version.version, state=state)
    else:
        ids = {step.id for step in journey.steps}
        made = Published(
            journey=journey,
            version=version.version,
            state=before.state,
            steps={step: state for step, state in before.steps.items() if step in ids},
            moved=version.version if under_way == "move" else before.moved,
            stopped=version.version if under_way == "stop" else before.stopped,
        )
    return _next(held, journey.id, made, version.published, version.by, f"{journey.id} published: {version.why}")


def with_state(held: Publication, id_: str, state: Literal["live", "paused"], t: Instant, by: str) -> Publication:
    """The next publication, with a journey live or paused. KeyError: it was never published."""
    made = held.journeys[id_].model_copy(update={"state": state})
    return _next(held, id_, made, t, by, f"{id_} {'switched on' if state == 'live' else 'paused'}")


def with_step_state(held: Publication, id_: str, step: str, state: StepState, t: Instant, by: str) -> Publication:
    """The next publication, with a step of a journey live, paused or under review. KeyError: no such journey."""
    before = held.journeys[id_]
    steps: Mapping[str, StepState] = {**before.steps, step: state}
    made = before.model_copy(update={"steps": {name: each for name, each in steps.items() if each != "live"}})
    return _next(held, id_, made, t, by, f"{step} of {id_}: {state}")


def journeys_begun_by(journeys: Mapping[str, Published], segment: str) -> int:
    """How many journeys begin for whoever enters a segment, as they stand."""
    triggers = (each.journey.trigger for each in journeys.values() if each.state == "live")
    return sum(
        isinstance(trigger, SegmentChange) and trigger.when == "enters" and trigger.segment == segment
        for trigger in triggers
    )


def _next(held: Publication, id_: str, made: Published, t: Instant, by: str, why: str) -> Publication:
    return Publication(number=held.number + 1, journeys={**held.journeys, id_: made}, published=t, by=by, why=why)
