"""People: who there are, by when they were last there or by segment, found by a part of a name or an address, and as a
table to take away. Routes of the admin's API.

What somebody is looked for by comes in bodies, and the list's own parameters name nobody: no address of a page or of a
request says who is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import Annotated, NamedTuple

from pydantic import Field
from typing_extensions import TypedDict

from functions.admin import views
from functions.admin.rest import Paging, Place, Request, cursor_of, left_out, paged, place_of, route
from shared.adapters import (
    addresses,
    contacts,
    definitions,
    identities,
    journey_definitions,
    members,
    search,
    shop_settings,
)
from shared.adapters.clock import now
from shared.adapters.contacts import Seen
from shared.domain.addresses import Address
from shared.domain.events import NEVER, Identity, IdentityKind, Instant, Json, normal_email
from shared.domain.messages.mailability import mailability
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError
from shared.domain.searching import MAX_TEXT, is_meant, last_seen, looked_up, number_looked_up, terms

MAX_LOOKED_AT = 1_000
"""Candidates whose profiles are read for one answer: who looks for two words that many have goes on by the cursor."""
STEP = 100
IDS = (IdentityKind.SHOPIFY, IdentityKind.WOOCOMMERCE, IdentityKind.USER)
STOREFRONTS = ("shopify", "woocommerce")


class OfSegment(Paging, total=False):
    """Which people a list is of."""

    segment: str
    """Only its members, in the order of their ids; left out, everybody who is known by more than a browser, who was
    there last coming first."""


class Sought(TypedDict, total=False):
    """Who is looked for."""

    text: Annotated[str, Field(max_length=MAX_TEXT)]
    """Beginnings of words of a name or an address, an order's number, or an id."""
    segment: str
    limit: Annotated[int, Field(ge=1, le=200)]
    cursor: str | None


class MailTold(TypedDict):
    """Whether somebody gets email, and why not."""

    topics: list[str]
    reason: str | None
    since: int | None
    until: int | None
    sentence: str


class PersonTold(TypedDict):
    """Somebody, in a row."""

    contact: str
    email: str | None
    name: str | None
    mail: MailTold
    orders: int
    value: float
    """Of the orders that are kept, after refunds, in the shop's currency; of `more_orders` it is not known any more."""
    more_orders: int
    first_seen: int | None
    last_seen: int | None
    """When they last did something themselves."""


class PeopleTold(TypedDict):
    contacts: list[PersonTold]
    cursor: str | None


class FoundTold(PeopleTold):
    hint: str | None
    """What to write so that somebody is found, where the text is too short."""


@route("GET", "/contacts", role=Role.VIEWER, query=OfSegment, gives=PeopleTold)
def list_people(request: Request) -> Json:
    """People, who was there last coming first; or the members of a segment."""
    segment, limit, cursor = request.query.get("segment"), request.limit(50), request.cursor()
    if segment is None:
        seen = contacts.people(limit + 1, Seen(*cursor) if cursor else None)
        found = paged("contacts", ((Place(*each), each.contact) for each in seen), limit)
    else:
        refuse_unknown(segment)
        of_segment = members.members(segment, cursor or Place(0, ""))
        found = paged("contacts", ((Place(each.shard, each.contact), each.contact) for each in of_segment), limit)
    return {**found, "contacts": rows(found["contacts"])}


@route("POST", "/contacts/search", role=Role.VIEWER, takes=Sought, gives=FoundTold, changes=False, keeps=False)
def search_people(request: Request) -> Json:
    """People by a part of a name or an address, by an order's number or an id. Who is known by exactly the text comes
    first; the others in the order of their ids."""
    body = request.json()
    text, segment, limit, cursor = (body.get(name) for name in ("text", "segment", "limit", "cursor"))
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        raise RefusedError("invalid_search", f"it must be a text of at most {MAX_TEXT} characters", "text")
    if segment is not None:
        refuse_unknown(segment)
    most = replace(request, query={"limit": str(limit)} if limit is not None else {}).limit(50)
    found = look_for(text.strip(), segment, most, place_of(str(cursor) if cursor is not None else None))
    return {
        "contacts": rows(found.people),
        "cursor": cursor_of(Place(0, found.after)) if found.after else None,
        "hint": hint(text) if not found.people and cursor is None else None,
    }


class Found(NamedTuple):
    """`after`: the last candidate that was looked at, where there are more."""

    people: list[str]
    after: str | None


def look_for(text: str, segment: str | None, limit: int, cursor: Place | None) -> Found:
    first = _known_by(text) if cursor is None else []
    people = {each.contact: each for each in _read(first) if _is_member(each, segment)}
    chosen, after, looked = list(people), cursor.name if cursor else "", 0
    candidates = _candidates(text, after)
    while batch := list(islice(candidates, STEP)):
        by_id = {each.contact: each for each in _read(batch)}
        for contact in batch:
            if len(chosen) >= limit:
                return Found(chosen, after)
            after, profile = contact, by_id.get(contact)
            if (
                profile is not None
                and contact not in people
                and is_meant(profile, text)
                and _is_member(profile, segment)
            ):
                chosen.append(contact)
        looked += len(batch)
        if looked >= MAX_LOOKED_AT and len(batch) == STEP:
            return Found(chosen, after)
    return Found(chosen, None)


def _candidates(text: str, after: str) -> Iterator[str]:
    """Who stands in the index under all the text's words, or under it as the number of an order."""
    keys = [key for term in terms(text) if (key := looked_up(term)) is not None]
    number = number_looked_up(text)
    by_number = search.found([number], after) if number is not None else iter(())
    by_words = search.found(keys, after) if keys else iter(())
    return _in_order(by_number, by_words)


def _in_order(*several: Iterable[str]) -> Iterator[str]:
    last = ""
    for contact in merge(*several):
        if contact != last:
            yield contact
        last = contact


def _known_by(text: str) -> list[str]:
    """Whoever is known by exactly this: an address, an id of ours or a storefront's, or an order's."""
    named = [Identity(kind=kind, value=text) for kind in IDS]
    named += [Identity(kind=IdentityKind.ORDER, value=f"{each}-order:{text.removeprefix('#')}") for each in STOREFRONTS]
    with suppress(ValueError):
        named.append(Identity(kind=IdentityKind.EMAIL, value=normal_email(text)))
    found = dict.fromkeys(identities.find(named).values())
    return list(dict.fromkeys([*found, text])) if text.isascii() and text.isalnum() else list(found)


def hint(text: str) -> str | None:
    if not terms(text) and number_looked_up(text) is None:
        return "Write a part of a name or an address, an order’s number, or an id."
    if all(looked_up(term) is None for term in terms(text)):
        return "Write at least two letters."
    return None


def refuse_unknown(segment: Json) -> None:
    if not isinstance(segment, str):
        raise RefusedError("invalid_choice", "it must be the id of a segment", "segment")
    if segment not in definitions.segments().segments:
        raise RefusedError("not_found", "there is no such segment", "segment", 404)


def _read(several: Iterable[str]) -> list[Profile]:
    return [stored.profile for stored in contacts.read_all(several, left_out)]


def _is_member(profile: Profile, segment: str | None) -> bool:
    held = profile.memberships.get(segment) if segment is not None else None
    return segment is None or (held is not None and held.member)


# ── in a row ──


def rows(several: Iterable[str]) -> list[dict[str, Json]]:
    """These people, in this order; who has gone meanwhile is left out."""
    wanted = list(several)
    profiles = {profile.contact: profile for profile in _read(wanted)}
    held = held_of(profiles.values())
    topics, instant = {each.id: each.name for each in shop_settings.settings().topics}, now()
    return [row(profiles[each], held[each], topics, instant) for each in wanted if each in profiles]


def held_of(profiles: Iterable[Profile]) -> dict[str, Address]:
    """What holds for the addresses of contacts, by contact."""
    hashes = {each.contact: identities.address_hash(each.email) if each.email else None for each in profiles}
    read = addresses.read_all(hashed for hashed in hashes.values() if hashed is not None)
    return {contact: read[hashed] if hashed is not None else Address() for contact, hashed in hashes.items()}


def row(profile: Profile, held: Address, topics: Mapping[str, str], instant: Instant) -> dict[str, Json]:
    counting = list(profile.counting_orders())
    return {
        **views.person(profile),
        "mail": mail_of(profile, held, topics, instant),
        "orders": len(counting) + profile.older_orders,
        "value": sum(order.net for order in counting) / 100,
        "more_orders": profile.older_orders,
        "first_seen": views.instant(profile.first_seen),
        "last_seen": last_seen(profile),
    }


def mail_of(profile: Profile, held: Address, topics: Mapping[str, str], instant: Instant) -> dict[str, Json]:
    told = mailability(profile, held, topics, instant)
    return {**told._asdict(), "topics": list(told.topics), "sentence": told.sentence}


def summary(profile: Profile, instant: Instant) -> dict[str, Json]:
    """What a row says of somebody, but who they are."""
    topics = {each.id: each.name for each in shop_settings.settings().topics}
    held = held_of([profile])[profile.contact]
    return {name: value for name, value in row(profile, held, topics, instant).items() if name not in WHO}


WHO = ("contact", "email", "name")
MAX_AHEAD = 10


def ahead(profile: Profile, memberships: Iterable[Mapping[str, Json]], instant: Instant) -> list[dict[str, Json]]:
    """What comes by itself, if nothing happens, what is next first: a segment that they enter or leave, a run that goes
    on, a journey that a date begins."""
    coming: list[dict[str, Json]] = [
        {
            "at": each["until"],
            "what": "leaves" if each["member"] else "enters",
            "id": each["segment"],
            "name": each["name"],
        }
        for each in memberships
        if each["until"] is not None
    ]
    names = {id_: each.journey.name for id_, each in journey_definitions.newest().journeys.items()}
    for place, at in profile.runs.items():
        journey, _, number = place.partition("#")
        if at != NEVER:
            what = "goes_on" if number else "begins"
            coming.append({"at": at, "what": what, "id": journey, "name": names.get(journey, journey)})
    return sorted((each for each in coming if each["at"] > instant), key=lambda each: each["at"])[:MAX_AHEAD]
