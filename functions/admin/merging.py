"""Contacts that may be one person, and making them one by hand."""

from __future__ import annotations

from functions.admin import views
from functions.admin.rest import Request, answer, left_out, logger, route
from functions.admin.shapes import people as shapes
from shared.adapters import conflicts, contacts, events_queue
from shared.adapters.clock import now
from shared.domain.events import Event, Identity, IdentityKind, Instant, Json, Type, event_id
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError

MAX_SHOWN = 100


@route("GET", "/conflicts", role=Role.VIEWER, gives=shapes.Conflicts)
def list_conflicts(request: Request) -> Json:
    """Pairs of contacts that events have named together, the newest first; `more` when there are others."""
    stored = conflicts.stored()
    named = dict.fromkeys(contact for conflict in stored for contact in conflict.contacts)
    profiles = {each.profile.contact: each.profile for each in contacts.read_all(named, left_out)}
    open_ = [conflict for conflict in stored if all(contact in profiles for contact in conflict.contacts)]
    return {
        "conflicts": [
            {"at": conflict.at, "contacts": [views.person(profiles[contact]) for contact in conflict.contacts]}
            for conflict in open_[:MAX_SHOWN]
        ],
        "more": len(open_) > MAX_SHOWN or len(stored) == conflicts.MAX_READ,
    }


@route(
    "POST",
    "/contacts/{contact}/merge",
    role=Role.EDITOR,
    about=("other",),
    takes=shapes.Other,
    gives=shapes.Merged,
    status=202,
)
def merge(request: Request, contact: str) -> Json:
    """Has another contact join this one, for good. It is done when its event has been taken off the queue."""
    other = request.json().get("other")
    if not isinstance(other, str) or not other:
        raise RefusedError("missing_field", "other is required: the id of the contact to merge", "other")
    kept, gone = profile_of(contact, "contact"), profile_of(other, "other")
    if kept.contact == gone.contact:
        raise RefusedError("same_contact", "they are the same contact already", "other", 409)
    events_queue.put_events([merger(kept.contact, gone.contact, now())])
    logger.info("contacts merged", contact=kept.contact, other=gone.contact, operator=request.operator)
    return answer(202, {"contact": kept.contact, "other": gone.contact, "status": "merging"})


def merger(kept: str, gone: str, t: Instant) -> Event:
    """Has a contact join another."""
    return Event(
        id=event_id("admin", "merge", kept, gone),
        type=Type.CONTACTS_MERGED,
        time=t,
        stated=t,
        received=t,
        source="admin",
        identities=tuple(Identity(kind=IdentityKind.CONTACT, value=each) for each in (kept, gone)),
    )


def profile_of(contact: str, field: str) -> Profile:
    stored = contacts.read(contact)
    while stored is not None and stored.profile.merged_into is not None:
        stored = contacts.read(stored.profile.merged_into)
    if stored is None or stored.profile.erased:
        raise RefusedError("not_found", "there is no such contact", field, 404)
    return stored.profile
