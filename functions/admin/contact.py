"""One contact: found, told whole with why and until when, their timeline and emails, and all of it as an export."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from functions.admin import coupons, journey_runs, people, scores, views
from functions.admin.rest import Paging, Request, logger, paged, route
from functions.admin.shapes import emails as emails_shapes
from functions.admin.shapes import everywhere
from functions.admin.shapes import people as shapes
from functions.admin.views import Placed
from shared.adapters import contacts, copies, definitions, identities, messages
from shared.adapters.clock import now
from shared.adapters.histories import with_history
from shared.domain.events import LAST_INSTANT, Event, Identity, IdentityKind, Instant, Json, Type, normal_email
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError

MAX_GOODS = 5
"""Products of an order that are named."""
EXPORT_BYTES = 4_000_000  # of one answer: Lambda's are 6 MB at most
FINDABLE = (
    IdentityKind.EMAIL,
    IdentityKind.USER,
    IdentityKind.SHOPIFY,
    IdentityKind.WOOCOMMERCE,
    IdentityKind.CONTACT,
)


@route("POST", "/contacts/find", role=Role.VIEWER, changes=False, takes=shapes.Found, gives=everywhere.OfContact)
def find(request: Request) -> Json:
    """`{"email": …}`, or another of FINDABLE: the contact it leads to."""
    body = request.json()
    if len(body) != 1 or next(iter(body)) not in FINDABLE:
        raise RefusedError("invalid_search", f"name one of {', '.join(FINDABLE)}")
    ((kind, value),) = body.items()
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 512:
        raise RefusedError("invalid_search", "it must be a text", kind)
    if kind == IdentityKind.EMAIL:
        try:
            value = normal_email(value)
        except ValueError:
            raise RefusedError("invalid_search", "that is not an email address", kind) from None
    found = identities.find([Identity(kind=IdentityKind(kind), value=value.strip())])
    for contact in found.values():
        return {"contact": views.profile_of(contact).contact}
    raise RefusedError("not_found", "no contact is known by this", kind, 404)


@route("GET", "/contacts/{contact}", role=Role.VIEWER, gives=shapes.ContactTold)
def show_contact(request: Request, contact: str) -> Json:
    return told(views.profile_of(contact), now())


@route("GET", "/contacts/{contact}/timeline", role=Role.VIEWER, gives=shapes.Timeline, query=Paging)
def show_timeline(request: Request, contact: str) -> Json:
    entries = views.timeline(items_of(views.profile_of(contact).contact))
    return paged("timeline", views.after(entries, request.cursor()), request.limit(50))


@route("GET", "/contacts/{contact}/messages", role=Role.VIEWER, gives=shapes.Messages, query=Paging)
def show_messages(request: Request, contact: str) -> Json:
    entries = messages_of(views.profile_of(contact).contact)
    return paged("messages", views.after(entries, request.cursor()), request.limit(50))


@route("GET", "/contacts/{contact}/messages/{message}", role=Role.VIEWER, gives=emails_shapes.Email)
def show_message(request: Request, contact: str, message: str) -> Json:
    """An email as it was sent; 404 where it was not, or no copy of it is kept. Its links lead nowhere: an operator who
    follows one must not act for the contact."""
    partitions = contacts.one_with(views.profile_of(contact).contact)
    copy = next((found for each in partitions if (found := messages.copy(each, message)) is not None), None)
    if copy is None:
        raise RefusedError("not_found", "no copy of such an email is kept", "message", 404)
    logger.info("email shown", contact=contact, operator=request.operator)
    html, text = (copies.with_links_to(part, "#") for part in (copy.html, copy.text))
    return {"subject": copy.subject, "html": html, "text": text}


@route("GET", "/contacts/{contact}/export", role=Role.EDITOR, changes=True, gives=shapes.Exported, query=Paging)
def export(request: Request, contact: str) -> Json:
    """All that is known of the contact. Where it is too much for one answer, its `cursor` leads to the rest."""
    profile = views.profile_of(contact)
    entries = views.after(views.timeline(items_of(profile.contact)), request.cursor())
    sizes = accumulate(len(json.dumps(entry)) for _, entry in entries)
    fitting = sum(1 for size in sizes if size <= EXPORT_BYTES)
    logger.info("contact exported", contact=profile.contact, operator=request.operator)
    return {
        **told(profile, now()),
        "runs": [run for _, run in journey_runs.runs_of(profile.contact)],
        "messages": [message for _, message in messages_of(profile.contact)],
        "coupons": coupons.given_to(profile.contact),
        **paged("timeline", entries, max(fitting, 1)),
    }


def told(profile: Profile, t: Instant) -> dict[str, Json]:
    """All that the profile says, and why and until when they are in which segment."""
    shop_definitions, scored = definitions.segments(), scores.newest_told(profile, t)
    notes = scores.notes_of(profile, scored)
    memberships = with_history(
        profile, shop_definitions.asked, lambda held: views.memberships(shop_definitions, held, t, notes)
    )
    suppression = identities.suppression(profile.email) if profile.email else None
    whole, bought = views.contact(profile, suppression), goods_of(profile) if profile.orders else {}
    return {
        **whole,
        "orders": [{**each, "products": bought.get(each["order"], [])} for each in whole["orders"]],
        "summary": people.summary(profile, t),
        "ahead": people.ahead(profile, memberships, t),
        "scores": scores.scores_of(profile, scored, t),
        "lead_scores": scores.lead_points_of(profile, t),
        "memberships": memberships,
    }


def goods_of(profile: Profile) -> dict[str, list[str]]:
    """What is in the contact's orders, by the names of products, as far as the newest events tell."""
    found: dict[str, list[str]] = {}
    for event in contacts.told(profile.contact, 0, LAST_INSTANT):
        products = event.properties.get("products")
        if event.type == Type.ORDER_COMPLETED and isinstance(products, list):
            named = [each.get("name") for each in products if isinstance(each, dict)]
            found[str(event.properties.get("order_id"))] = list(dict.fromkeys(filter(None, named)))[:MAX_GOODS]
    return found


def items_of(contact: str) -> Iterator[dict[str, Any]]:
    """The contact's, and what is left by whoever has joined them."""
    yield from contacts.items(contact)
    yield from contacts.left_by_joined(contact)


def messages_of(contact: str) -> list[Placed]:
    items = list(items_of(contact))
    events: Iterable[Event] = (contacts.event_of(item) for item in items if item.get("source", {}).get("S") == "ses")
    return views.messages(items, events)
