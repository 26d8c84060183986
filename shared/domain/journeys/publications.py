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
from shared.domain.journeys.definition import Journey, Published, SegmentChange, StepState, Switched

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
        switched = {} if state == "live" else {"": Switched(at=version.published, by=version.by)}
        made = Published(journey=journey, version=version.version, state=state, switched=switched)
    else:
        ids = {step.id for step in journey.steps}
        made = Published(
            journey=journey,
            version=version.version,
            state=before.state,
            steps={step: state for step, state in before.steps.items() if step in ids},
            moved=version.version if under_way == "move" else before.moved,
            stopped=version.version if under_way == "stop" else before.stopped,
            switched={step: each for step, each in before.switched.items() if step in {"", *ids}},
        )
    return _next(held, journey.id, made, version.published, version.by, f"{journey.id} published: {version.why}")


def with_state(held: Publication, id_: str, state: Literal["live", "paused"], t: Instant, by: str) -> Publication:
    """The next publication, with a journey live or paused. KeyError: it was never published."""
    before = held.journeys[id_]
    switched = _switched(before, "", Switched(at=t, by=by) if state == "paused" else None)
    made = before.model_copy(update={"state": state, "switched": switched})
    return _next(held, id_, made, t, by, f"{id_} {'switched on' if state == 'live' else 'paused'}")


def with_step_state(held: Publication, id_: str, step: str, state: StepState, t: Instant, by: str) -> Publication:
    """The next publication, with a step of a journey live, paused or under review. KeyError: no such journey."""
    before = held.journeys[id_]
    steps: Mapping[str, StepState] = {**before.steps, step: state}
    switched = _switched(before, step, Switched(at=t, by=by) if state != "live" else None)
    made = before.model_copy(
        update={"steps": {name: each for name, each in steps.items() if each != "live"}, "switched": switched}
    )
    return _next(held, id_, made, t, by, f"{step} of {id_}: {state}")


def _switched(before: Published, step: str, by: Switched | None) -> dict[str, Switched]:
    others = {name: each for name, each in before.switched.items() if name != step}
    return others if by is None else {**others, step: by}


def journeys_begun_by(journeys: Mapping[str, Published], segment: str) -> int:
    """How many journeys begin for whoever enters a segment, as they stand."""
    triggers = (each.journey.trigger for each in journeys.values() if each.state == "live")
    return sum(
        isinstance(trigger, SegmentChange) and trigger.when == "enters" and trigger.segment == segment
        for trigger in triggers
    )


def _next(held: Publication, id_: str, made: Published, t: Instant, by: str, why: str) -> Publication:
    return Publication(number=held.number + 1, journeys={**held.journeys, id_: made}, published=t, by=by, why=why)
