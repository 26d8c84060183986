"""What the shop's people and systems say of contacts, and how they take them away. Routes of the admin's API.

Each is an event on the one queue, which says who told it; so it is folded, counted and erased as any other. A no is
noted at once at the address as well, since it holds from the moment it was said.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError
from typing_extensions import TypedDict

from functions.admin import shop_settings as settings_routes
from functions.admin.merging import merger, profile_of
from functions.admin.people import Sought, held_of, look_for, mail_of, refuse_unknown
from functions.admin.rest import Place, Request, answer, cursor_of, left_out, logger, place_of, route
from shared.adapters import addresses, contacts, identities, members, shop_settings
from shared.adapters.clock import now
from shared.adapters.contacts import Seen
from shared.adapters.events_queue import put_events
from shared.domain import records
from shared.domain.events import (
    ALL,
    NEVER,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Strict,
    Type,
    iso,
    normal_email,
)
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.records import MAX_RECORDS, Changes, Consent, Record
from shared.domain.refusals import RefusedError
from shared.domain.searching import MAX_TEXT, last_seen
from shared.domain.tables import as_csv

EXPORTED = 500
"""People of one page of an export."""
TRAITS = ("first_name", "last_name", "phone", "birthday", "country", "region", "city", "postal_code", "locale")
COLUMNS = (
    *("contact", "email", *TRAITS, "gets_email", "why_not", "topics", "orders", "value", "first_seen", "last_seen"),
    *("tags", "segments"),
)

M = TypeVar("M", bound=Strict)


class NewContact(Changes):
    """Somebody whom an operator writes down."""

    email: Annotated[str, Field(max_length=254)]


class Changed(Changes):
    """What an operator changes of somebody. `email`: another address, which must be nobody else's."""

    email: Annotated[str, Field(max_length=254)] | None = None


class Unsubscribed(Strict):
    """What somebody does not want any more, who has said so to the shop: `topics`, or left out, all email."""

    topics: tuple[str, ...] | None = Field(default=None, min_length=1, max_length=30)


class Records(TypedDict):
    """What a CRM has of several people."""

    contacts: Annotated[list[Record], Field(max_length=MAX_RECORDS)]


class RefusedRecord(TypedDict):
    """A record that was not taken: which of them, from 0, the field, and what to fix."""

    at: int
    field: str
    why: str


class Taken(TypedDict):
    taken: int
    refused: list[RefusedRecord]


class Queued(TypedDict):
    """It is done when its events have been taken off the queue, within seconds."""

    contact: str | None
    status: str


class Table(TypedDict):
    """A part of a table, the first one with the names of its columns."""

    csv: str
    rows: int
    cursor: str | None


@route("POST", "/contacts", role=Role.EDITOR, takes=NewContact, gives=Queued, status=202)
def create(request: Request) -> Json:
    """Writes somebody down whom nobody knows yet; 409 where the address is known. Without a consent, which needs its
    proof, they get no marketing email."""
    told = _read(NewContact, request.json())
    address = _address(told.email)
    email = Identity(kind=IdentityKind.EMAIL, value=address)
    if identities.find([email]):
        raise RefusedError("exists", "there is a contact with this address already: search for it", "email", 409)
    _refuse_unknown_topics(told.consent)
    traits = {**told.traits, "email": address}
    _tell(told, (email,), traits, request, Type.CONTACT_CREATED)
    logger.info("contact written down", operator=request.operator)
    return answer(202, {"contact": None, "status": "creating"})


@route("PATCH", "/contacts/{contact}", role=Role.EDITOR, takes=Changed, gives=Queued, status=202)
def update(request: Request, contact: str) -> Json:
    """Changes traits, tags, lists, the address, or what they have agreed to, with its proof."""
    told = _read(Changed, request.json())
    profile = profile_of(contact, "contact")
    _refuse_unknown_topics(told.consent)
    named, traits = [Identity(kind=IdentityKind.CONTACT, value=profile.contact)], dict(told.traits)
    if told.email is not None:
        address = _address(told.email)
        email = Identity(kind=IdentityKind.EMAIL, value=address)
        if identities.find([email]).get(email, profile.contact) != profile.contact:
            raise RefusedError("exists", "that is another contact's address: merge the two", "email", 409)
        named.append(email)
        traits["email"] = address
    _tell(told, tuple(named), traits, request)
    logger.info("contact changed", contact=profile.contact, operator=request.operator)
    return answer(202, {"contact": profile.contact, "status": "changing"})


@route("PUT", "/contacts", role=Role.EDITOR, takes=Records, gives=Taken, status=202)
def upsert(request: Request) -> Json:
    """Takes what a CRM has of people, new ones and known ones, each by `email`, `user` or `external_id`. A record that
    is wrong is named, and holds up no other."""
    several = request.json().get("contacts")
    if not isinstance(several, list) or not 0 < len(several) <= MAX_RECORDS:
        raise RefusedError("invalid_contacts", f"it must be a list of 1 to {MAX_RECORDS} contacts", "contacts")
    instant, events, refused = now(), list[Event](), list[dict[str, Json]]()
    read: dict[int, Record] = {}
    for at, each in enumerate(several):
        try:
            read[at] = _read(Record, each)
            _refuse_unknown_topics(read[at].consent)
        except RefusedError as error:
            read.pop(at, None)
            refused.append({"at": at, "field": error.field or "", "why": error.message})
    named = records.together(read.values())
    known = identities.find(named)
    for at, record in read.items():
        whole = named[record.identities[0]]
        try:
            events += _made_one(list(dict.fromkeys(known[each] for each in whole if each in known)), instant)
            events += records.events_of(record, instant, request.operator, whole)
        except RefusedError as error:
            refused.append({"at": at, "field": error.field or "", "why": error.message})
    refused.sort(key=lambda each: each["at"])
    put_events({event.id: event for event in events}.values())
    logger.info("records taken", records=len(several) - len(refused), operator=request.operator)
    return answer(202, {"taken": len(several) - len(refused), "refused": refused})


def _made_one(several: list[str], instant: Instant) -> Iterator[Event]:
    """Of contacts whom one record names: those without an address, who are known by their ids only, join the one who
    has one, since that record says that they are one person. Two addresses are two people, until a person says
    otherwise. RefusedError."""
    if len(several) < 2:
        return
    profiles = [profile_of(each, "contact") for each in several]
    with_address = [each for each in profiles if each.email is not None]
    if len(with_address) > 1:
        said = "it names two contacts who have an address each: merge them first, or correct the record"
        raise RefusedError("two_contacts", said, "email", 409)
    kept = (with_address or profiles)[0]
    yield from (merger(kept.contact, each.contact, instant) for each in profiles if each.contact != kept.contact)


@route("POST", "/contacts/{contact}/unsubscribe", role=Role.EDITOR, takes=Unsubscribed, gives=Queued, status=202)
def unsubscribe(request: Request, contact: str) -> Json:
    """Somebody has told the shop that they want no more email, or none about these topics. It holds at once."""
    told, profile, instant = _read(Unsubscribed, request.json()), profile_of(contact, "contact"), now()
    topics = told.topics or (ALL,)
    for topic in told.topics or ():
        _refuse_unknown_topic(topic)  # before it is anything else's: an id has its own form
    no = Changes(consent=tuple(Consent(topic=topic, state="unsubscribed", at=iso(instant)) for topic in topics))
    hashed = identities.address_hash(profile.email) if profile.email else profile.contact
    addresses.answer(hashed, dict.fromkeys(topics, "unsubscribed"), instant, "admin")
    _tell(no, (Identity(kind=IdentityKind.CONTACT, value=profile.contact),), {}, request)
    logger.info("contact unsubscribed", contact=profile.contact, operator=request.operator)
    return answer(202, {"contact": profile.contact, "status": "unsubscribed"})


@route("POST", "/contacts/{contact}/suppression", role=Role.EDITOR, gives=Queued)
def suppress(request: Request, contact: str) -> Json:
    """Stops all email to the contact's address, whatever they agree to, until somebody lifts it. What a bounce, a
    complaint or an erasure has stopped stays so."""
    profile = profile_of(contact, "contact")
    if profile.email is None:
        raise RefusedError("no_address", "no email address is known of the contact", status=409)
    identities.suppress_softly(identities.address_hash(profile.email), now(), "operator")
    logger.info("address suppressed", contact=profile.contact, operator=request.operator)
    return {"contact": profile.contact, "status": "suppressed"}


@route("POST", "/contacts/export", role=Role.EDITOR, takes=Sought, gives=Table, keeps=False)
def export(request: Request) -> Json:
    """People as a table (CSV), a part at a time: those that `POST /contacts/search` finds, the members of a segment, or
    everybody. Cells that a spreadsheet would take for a formula begin with an apostrophe."""
    body = request.json()
    text, segment = body.get("text"), body.get("segment")
    if segment is not None:
        refuse_unknown(segment)
    cursor = place_of(str(body["cursor"]) if body.get("cursor") is not None else None)
    if text is not None and not (isinstance(text, str) and 0 < len(text.strip()) <= MAX_TEXT):
        raise RefusedError("invalid_search", f"it must be a text of at most {MAX_TEXT} characters", "text")
    people, following = _some(text, segment, cursor)
    rows = _rows(_profiles(people))
    logger.info("people exported", people=len(rows), operator=request.operator)
    return {
        "csv": as_csv([COLUMNS, *rows] if cursor is None else rows),
        "rows": len(rows),
        "cursor": cursor_of(following) if following is not None else None,
    }


def _some(text: str | None, segment: str | None, after: Place | None) -> tuple[list[str], Place | None]:
    """The next people of an export, and the place behind them, where there are more."""
    if text is not None:
        found = look_for(text.strip(), segment, EXPORTED, after)
        return found.people, Place(0, found.after) if found.after else None
    if segment is not None:
        placed = [
            Place(each.shard, each.contact)
            for each in islice(members.members(segment, after or Place(0, "")), EXPORTED)
        ]
    else:
        placed = [Place(*each) for each in contacts.people(EXPORTED, Seen(*after) if after else None)]
    return [each.name for each in placed], placed[-1] if len(placed) == EXPORTED else None


def _profiles(people: list[str]) -> list[Profile]:
    read = {stored.profile.contact: stored.profile for stored in contacts.read_all(people, left_out)}
    return [read[each] for each in people if each in read]


def _rows(profiles: list[Profile]) -> list[list[Json]]:
    held, instant = held_of(profiles), now()
    topics = {each.id: each.name for each in shop_settings.settings().topics}
    return [_row(profile, mail_of(profile, held[profile.contact], topics, instant)) for profile in profiles]


def _row(profile: Profile, mail: dict[str, Json]) -> list[Json]:
    def trait(name: str) -> Json:
        return profile.traits[name].value if name in profile.traits else None

    counting = list(profile.counting_orders())
    seen = last_seen(profile)
    return [
        *(profile.contact, profile.email, *map(trait, TRAITS)),
        *(mail["reason"] is None, mail["sentence"] if mail["reason"] else None, mail["topics"]),
        *(len(counting) + profile.older_orders, sum(order.net for order in counting) / 100),
        *(_date(profile.first_seen), _date(seen) if seen is not None else None, trait("tags")),
        sorted(segment for segment, held in profile.memberships.items() if held.member),
    ]


def _date(instant: Instant) -> str | None:
    return iso(instant)[:19] + "Z" if instant < NEVER else None


# ── reading ──


def _read(model: type[M], given: Any) -> M:
    try:
        return model.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        field = settings_routes.place(problem["loc"])
        words = settings_routes.in_words(problem)
        if not field and ": " in words:  # of the whole: it begins with the field
            field, words = words.split(": ", 1)
        raise RefusedError("invalid_contact", words, field or None) from None


def _address(text: str) -> str:
    try:
        return normal_email(text)
    except ValueError:
        raise RefusedError("invalid_contact", "that is not an email address", "email") from None


def _refuse_unknown_topics(answers: tuple[Consent, ...]) -> None:
    for each in answers:
        _refuse_unknown_topic(each.topic, "consent.topic")


def _refuse_unknown_topic(topic: str, field: str = "topics") -> None:
    if topic != ALL and shop_settings.settings().topic(topic) is None:
        raise RefusedError("unknown_topic", f"there is no topic {topic[:100]} in the shop's settings", field)


def _tell(
    told: Changes,
    who: tuple[Identity, ...],
    traits: dict[str, Json],
    request: Request,
    type_: Type = Type.CONTACT_UPDATED,
) -> None:
    put_events(list(records.changed(told, who, traits, "admin", now(), request.operator, type_=type_)))
