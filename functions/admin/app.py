"""Admin: what the shop's operators see and do, a page and its API, behind API Gateway's Cognito authorizer.

Every request has passed the authorizer; only `GET /`, the page on which they sign in, and what it is made of are open.
Personal data travels in bodies, never in URLs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import accumulate
from typing import Any

from chalice.app import Response

from functions.admin import (  # noqa: F401 - their routes
    audit,
    campaign_results,
    campaigns,
    click_maps,
    contact_changes,
    coupons,
    doctor,
    estimating,
    forms,
    holdouts,
    images,
    imports,
    insight,
    journey_drafts,
    journey_runs,
    journeys,
    keys,
    lead_scores,
    merging,
    nights,
    openapi,
    page,
    people,
    playing,
    rebuilding,
    recommending,
    report_kpis,
    reports,
    scores,
    segments,
    sending,
    shapes,
    shop_settings,
    sign_in,
    simulating,
    templates,
    today,
    views,
    vocabulary,
    written,
)
from functions.admin.health import health
from functions.admin.rest import Paging, Request, answer, app, logger, paged, problem, resolved, route
from functions.admin.views import Placed
from shared.adapters import contacts, copies, dead_letters, definitions, identities, messages
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


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the REST API (payload format 1.0)."""
    request = resolved(event)
    if request is None:
        return problem(RefusedError("not_found", "there is no such page of the API", status=404)).to_dict()
    methods = app.routes.get(request["resource"], {})
    if request["httpMethod"] not in methods:
        told = f"this can be asked with {' or '.join(sorted(methods))} only"
        refused = problem(RefusedError("method_not_allowed", told, status=405))
        refused.headers["Allow"] = ", ".join(sorted(methods))
        return refused.to_dict()
    answered: dict[str, Any] = app(request, context)
    return answered


@app.route("/")
def the_page() -> Response:
    request = app.current_request
    assert request is not None
    text, policy = page.html(page.login(request.stage_vars), request.context["path"].rstrip("/"))
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body=text, headers=headers)


@app.route("/assets/{version}/{file}")
def asset(version: str, file: str) -> Response:
    return asset_named(version, file)


@app.route("/assets/{version}/vendor/{file}")
def vendored_asset(version: str, file: str) -> Response:
    return asset_named(version, f"vendor/{file}")


def asset_named(version: str, file: str) -> Response:
    """A module or the style of the page, for good: another version of it has another name."""
    if version != page.version() or file not in page.assets():
        told = "there is no such file: the page may have been updated, reload it"
        return problem(RefusedError("not_found", told, status=404))
    found = page.served(file)
    headers: dict[str, str | list[str]] = {
        "Content-Type": found.media_type,
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body=found.text, headers=headers)


@route("GET", "/health", role=Role.VIEWER, gives=shapes.Health)
def show_health(request: Request) -> Json:
    return health(now())


# ── contacts ──


@route("POST", "/contacts/find", role=Role.VIEWER, changes=False, takes=shapes.Found, gives=shapes.OfContact)
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


@route("GET", "/contacts/{contact}/messages/{message}", role=Role.VIEWER, gives=shapes.Email)
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


# ── dead letters ──


@route("GET", "/dead-letters", role=Role.VIEWER, gives=shapes.DeadLetters)
def list_dead_letters(request: Request) -> Json:
    listed = []
    for name, url in dead_letters.queues().items():
        depth = dead_letters.depth(url)
        shown = [asdict(letter) for letter in dead_letters.peek(url)] if depth else []
        replayable = dead_letters.replayable(name)
        listed.append({"queue": name, "depth": depth, "replayable": replayable, "messages": shown})
    return {"queues": listed}


@route("POST", "/dead-letters/{queue}/replay", role=Role.SENDER, gives=shapes.Replayed, status=202)
def replay(request: Request, queue: str) -> Json:
    if queue not in dead_letters.queues():
        raise RefusedError("not_found", "there is no such queue", "queue", 404)
    try:
        items = dead_letters.replay(queue)
    except dead_letters.NotReplayableError as error:
        raise RefusedError("not_replayable", str(error), "queue", 409) from error
    logger.info("dead letters replayed", queue=queue, operator=request.operator)
    told: dict[str, Json] = {"queue": queue, "status": "replaying"}
    return answer(202, told if items is None else {**told, "items": items})


@route("POST", "/dead-letters/{queue}/dismiss", role=Role.OWNER, gives=shapes.Dismissed)
def dismiss(request: Request, queue: str) -> Json:
    """Throws away what is on a dead-letter queue: it can be replayed no more."""
    if queue not in dead_letters.queues():
        raise RefusedError("not_found", "there is no such queue", "queue", 404)
    dismissed = dead_letters.dismiss(queue)
    logger.info("dead letters dismissed", queue=queue, messages=dismissed, operator=request.operator)
    return {"queue": queue, "dismissed": dismissed}
