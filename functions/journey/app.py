"""Journey: what a state machine cannot do itself. Answers its branches, and records how its runs end."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from shared.adapters import contacts, definitions
from shared.adapters.clock import now
from shared.adapters.events_queue import put_events
from shared.adapters.histories import with_history
from shared.domain.events import (
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Strict,
    Type,
    counted_time,
    event_id,
    parse_instant,
)
from shared.domain.segments import evaluate


class Branch(Strict):
    """Asks whether the contact is in a segment at this instant."""

    action: Literal["branch"]
    contact: str
    segment: str


class Record(Strict):
    """Tells the profile that a path of a run has come to its end, at the instant its last state was `entered`."""

    action: Literal["record"]
    contact: str
    journey: str
    path: str
    run: str
    outcome: str
    entered: str
    traits: dict[str, Json] = Field(default_factory=dict)


TASK: TypeAdapter[Branch | Record] = TypeAdapter(Annotated[Branch | Record, Field(discriminator="action")])


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One task of a state machine."""
    match TASK.validate_python(event):
        case Branch() as branch:
            return {"member": is_member(branch.contact, branch.segment, now())}
        case Record() as record:
            put_events([completed(record, now())])
            return {}


def is_member(contact: str, segment: str, t: Instant) -> bool:
    """Whether the contact is in the segment at `t`; nobody unknown is in any, and nobody in one that was deleted."""
    stored, shop_definitions = contacts.read(contact), definitions.segments()
    if stored is None or segment not in shop_definitions.segments:
        return False
    return with_history(
        stored.profile, shop_definitions.asked, lambda held: evaluate(shop_definitions, segment, held, t)[0]
    )


def completed(record: Record, received: Instant) -> Event:
    """The event of the end of a run. However often the step is tried, it is the same event."""
    entered = parse_instant(record.entered)
    return Event(
        id=event_id("journey", record.run, record.outcome),
        type=Type.JOURNEY_COMPLETED,
        time=counted_time(entered, received),
        stated=entered,
        received=received,
        source="journey",
        identities=(Identity(kind=IdentityKind.CONTACT, value=record.contact),),
        traits=record.traits,
        properties={"journey": record.journey, "path": record.path, "outcome": record.outcome},
    )
