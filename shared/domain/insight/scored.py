"""What a night tells of a contact, and what is told of a text of theirs: a `Scored` event.

It tells a state: that it is told again is no act, starts nothing and counts nowhere (`properties.event_name`), and what
was told of a contact who has joined another stays behind (`profiles.folding.is_scored_for_another`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from shared.domain.events import Event, Identity, IdentityKind, Instant, Json, Type, event_id
from shared.domain.insight.texts import Said


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


def scored_text(contact: str, written: Event, said: Said) -> Event:
    """What is said of a text: of its own instant, heard when it was, and told by whoever told it, so that an older one
    never takes the place of a newer, nor one that anybody may have sent (`is_weak`) that of one that was sure. Of a
    text of which nothing can be said, the trait is taken back: it is of the last one."""
    entry = {
        "score": "sentiment",
        "value": said.sentiment,
        "band": None,
        "rank": None,
        "reasons": [each.model_dump(mode="json") for each in said.reasons],
        "basis": "model",
    }
    return written.model_copy(
        update={
            "id": event_id("scored", "text", contact, written.id),
            "type": Type.SCORED,
            "source": "refresh",
            "identities": (Identity(kind=IdentityKind.CONTACT, value=contact),),
            "traits": {"sentiment": said.sentiment, TOPICS: said.topics or None, INTENTS: said.intents or None},
            "consent": (),
            "properties": {"of": written.type, "scores": [entry]},
            "order": None,
            "other_currency": False,
            "counts": True,
        }
    )


def scored_by_service(told: Event, written: Event, at: Instant) -> Event:
    """What a service has said, the night after, of a text that was told of (`told`) without a sentiment: of the same
    instant and heard later, so that it takes that one's place, in reports too (`instead`), and of nothing newer."""
    (contact,) = (identity.value for identity in told.identities)
    return told.model_copy(
        update={
            "id": event_id("scored", "service", contact, written.id),
            "received": at,
            "told": None,
            "properties": {**told.properties, "instead": told.id},
        }
    )


TOPICS, INTENTS = "sentiment.topics", "sentiment.intents"
"""Traits beside `sentiment`: lists of ids."""
