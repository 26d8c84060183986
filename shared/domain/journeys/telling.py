"""Telling: what happens to a run by our own doing (`Settled`, `Moved`, `Begin`), as an event on the contacts' queue.

Such an event is no part of the contact's history (`events.INTERNAL`): whoever folds the contact's events takes it off
the queue with them, so that a run is moved in the one transaction that moves everything else of the contact.
"""

from __future__ import annotations

from shared.domain.events import Event, Identity, IdentityKind, Instant, Type, event_id
from shared.domain.journeys.runs import Begin, Moved, Settled

Told = Settled | Moved | Begin

_TYPES: dict[str, type[Told]] = {Type.STEP_SETTLED: Settled, Type.RUN_MOVED: Moved, Type.JOURNEY_BEGUN: Begin}


def tell(contact: str, told: Told, now: Instant) -> Event:
    """The event that tells it. Told again, it has the same id."""
    type_ = next(name for name, kind in _TYPES.items() if isinstance(told, kind))
    properties = told._asdict()
    said = (str(value) for name, value in properties.items() if name != "time")
    return Event(
        id=event_id("journey", type_, contact, *said),
        type=type_,
        time=now,
        received=now,
        source="journey",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties=properties,
    )


def told_by(event: Event) -> Told | None:
    """What the event tells; None: it is none of these. TypeError: it does not fit."""
    kind = _TYPES.get(event.type)
    return None if kind is None else kind(**event.properties)
