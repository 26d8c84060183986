"""What a night tells of a contact: a `Scored` event.

It tells a state: that it is told again is no act, starts nothing and counts nowhere (`properties.event_name`), and what
was told of a contact who has joined another stays behind (`profiles.folding.is_scored_for_another`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from shared.domain.events import Event, Identity, IdentityKind, Instant, Json, Type, event_id


def contact_of(number: int) -> str:
    """The contact whom the lake knows by this number (`lake_rows.contact_number`)."""
    return f"c{number:015x}"


def scored(
    contact_number: int, night: str, at: Instant, traits: Mapping[str, Json], scores: Sequence[Mapping[str, Json]]
) -> Event:
    """`traits`: None takes one back. `scores`: of each its id, value, band, rank, reasons and basis. The same of a
    contact and a night is the same event, however often it is told."""
    contact = contact_of(contact_number)
    return Event(
        id=event_id("scored", night, contact, json.dumps([dict(traits), list(scores)], sort_keys=True)),
        type=Type.SCORED,
        time=at,
        stated=at,
        received=at,
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        traits=traits,
        properties={
            "night": night,
            "scores": [dict(each) for each in scores],
            "bands": [f"{each['score']} {each['band']}" for each in scores if each.get("band")],
        },
    )
