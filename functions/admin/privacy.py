"""What the law asks of the operators: erasing a contact, and the requests that a storefront has passed on."""

from __future__ import annotations

import re

from functions.admin.merging import profile_of
from functions.admin.rest import Paging, Place, Request, answer, logger, page_of, route
from functions.admin.shapes import people as shapes
from shared.adapters import events_queue, requests
from shared.adapters.clock import now
from shared.adapters.requests import StoredRequest
from shared.domain.events import Event, Identity, IdentityKind, Instant, Json, Type, event_id, iso
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


@route("DELETE", "/contacts/{contact}", role=Role.OWNER, gives=shapes.ContactDone, status=202)
def erase(request: Request, contact: str) -> Json:
    """Erases a contact, for good. It is done when its event has been taken off the queue."""
    erased = profile_of(contact, "contact").contact
    t = now()
    erasure = Event(
        id=event_id("admin", "erase", erased),
        type=Type.ERASURE_REQUESTED,
        time=t,
        stated=t,
        received=t,
        source="admin",
        identities=(Identity(kind=IdentityKind.CONTACT, value=erased),),
    )
    events_queue.put_events([erasure])
    logger.info("contact erased", contact=erased, operator=request.operator)
    return answer(202, {"contact": erased, "status": "erasing"})


@route("GET", "/requests", role=Role.VIEWER, gives=shapes.LegalRequests, query=Paging)
def list_requests(request: Request) -> Json:
    """What storefronts have asked for, the newest first; with the exports that answer a request for data. `waiting`:
    how many are not dismissed."""
    stored = requests.stored()
    waiting = sum(each.dismissed is None for each in stored)
    return {**page_of(request, "requests", stored, place, shown, newest_first=True), "waiting": waiting}


@route("POST", "/requests/{request_id}/dismiss", role=Role.OWNER, gives=shapes.RequestDone)
def dismiss(request: Request, request_id: str) -> Json:
    """Says that a request is done. It stays in the list, as the proof of it."""
    if not re.fullmatch(r"\d{1,18}", request_id) or not requests.dismiss(int(request_id), now()):
        raise RefusedError("not_found", "there is no such request", "request", 404)
    logger.info("request dismissed", request=request_id, operator=request.operator)
    return {"request": request_id, "status": "dismissed"}


def place(each: StoredRequest) -> Place:
    return Place(each.at, str(each.number))


def shown(each: StoredRequest) -> Json:
    return {
        "request": str(each.number),
        "type": each.type,
        "source": each.source,
        "at": each.at,
        "due": each.due,
        "dismissed": each.dismissed,
        "storefront_id": each.storefront_id,
        "todo": todo(each),
        "contacts": list(each.contacts),
        "exports": [f"/contacts/{contact}/export" for contact in each.contacts],
    }


def todo(each: StoredRequest) -> str:
    """What an operator has to do about it, in words."""
    by = f"by {iso(each.due)[:10]} (30 days)"
    if each.type == Type.SHOP_ERASURE_REQUESTED:
        return f"The storefront asks that all of the shop's data go {by}: remove the stack and what it keeps."
    if not each.contacts:
        return f"Somebody whom nothing here is known of asks for their data: tell the storefront's owner so {by}."
    return f"A customer asks for what is known of them: give the shop's owner the export {by}."


def problems(t: Instant) -> list[str]:
    """The requests that wait, a sentence each."""
    waiting = [each for each in requests.stored() if each.dismissed is None]
    return [f"{'Overdue: ' if each.due < t else ''}{todo(each)} Then dismiss it under requests." for each in waiting]
