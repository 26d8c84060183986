"""All that is known of a contact, for the contact: the items of their partition, read and written out plainly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

from shared.adapters import addresses, contact_runs, contacts, identities
from shared.domain.events import Json, iso
from shared.domain.profiles.stored import as_json

KINDS = {"EVENT": "events", "TRANSITION": "segments_entered_and_left", "CONSENT": "consent", "RUN": "journeys"}
KINDS |= {"MESSAGE": "emails", "PROFILE": "profile"}
"""What an item's kind begins with, and what its part of the file is called. The rest is under `other`."""


def everything(contact: str) -> dict[str, Json]:
    """By its parts; instants are milliseconds since 1970 (UTC), where they are not written out."""
    told: dict[str, Json] = {name: [] for name in (*KINDS.values(), "other")}
    for item in chain(contacts.items(contact), contacts.left_by_joined(contact)):
        name = KINDS.get(item["kind"]["S"].partition("#")[0], "other")
        told[name] += _plain(name, item)
    stored = contacts.read(contact)
    if stored is not None and stored.profile.email is not None:
        address = addresses.read(identities.address_hash(stored.profile.email))
        told["address"] = {
            "suppression": None if address.suppression is None else {"reason": address.suppression[0]},
            "newest_answers": {topic: answer.value for topic, answer in address.consent.items()},
        }
    return told


def _plain(name: str, item: Mapping[str, Any]) -> list[Json]:
    if name == "events":
        return [json.loads(contacts.event_of(dict(item)).model_dump_json(exclude_defaults=True))]
    if name == "segments_entered_and_left":
        return [
            {"segment": each.segment, "entered": each.entered, "at": iso(each.time)}
            for each in contacts.transitions_of(item)
        ]
    if name == "consent":
        return [contacts.entry_of(item)]
    if name == "profile":
        return [json.loads(as_json(contacts.profile_of(item)))]
    if name == "journeys" and "body" in item:
        run = contact_runs.of_item(dict(item)).run
        return [{"journey": run.journey, "began": iso(run.began), "steps": [each._asdict() for each in run.records]}]
    return [{field: _value(value) for field, value in item.items() if field != "contact"}]


def _value(value: Mapping[str, Any]) -> Json:
    """An attribute of DynamoDB's as JSON; what is packed in it is left out."""
    ((kind, held),) = value.items()
    if kind == "N":
        return json.loads(held)
    if kind == "M":
        return {name: _value(each) for name, each in held.items()}
    if kind == "L":
        return [_value(each) for each in held]
    if kind in ("SS", "NS"):
        return sorted(held)
    return None if kind in ("B", "BS", "NULL") else held
