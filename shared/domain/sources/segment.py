"""The Segment HTTP tracking API (https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/).

Its write key stands in every page's source: anybody can send with it. So all its events are marked public, none of
them carries consent, and the names by which the shop, the mail system and the product itself speak are refused.
What a storefront tells, with the names of the Ecommerce Spec V2, passes, and so does any name we do not know.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

from shared.domain.events import (
    INTERNAL,
    MINUTE,
    ORDER_TYPES,
    SHOP_TYPES,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    counted_time,
    event_id,
)
from shared.domain.personal import may_be_told_by_anybody
from shared.domain.properties import MAX_BYTES, MAX_ID, is_small
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import (
    Payload,
    country,
    cut,
    email,
    fingerprint,
    first,
    identifier,
    instant,
    mapping,
    present,
    text,
)

MAX_MESSAGE_BYTES = 32 * 1024
MAX_BATCH_BYTES = 500 * 1024
MAX_MESSAGES = 500
"""Of a batch: SDKs send at most 250 at a time, and each ten are a call to the queue."""
MAX_NAME = 128

KINDS = ("identify", "track", "page", "screen", "group", "alias")

RESERVED = (
    SHOP_TYPES
    | INTERNAL
    | {
        Type.CONTACT_CREATED,
        Type.CONTACT_UPDATED,
        Type.CONTACT_DELETED,
        Type.CONTACTS_MERGED,
        Type.CONSENT_CHANGED,
        Type.ORDER_PAID,
        Type.ORDER_FULFILLED,
        Type.JOURNEY_COMPLETED,
        Type.EXPERIMENT_ENTERED,
        Type.BACK_IN_STOCK,
        Type.PRICE_DROPPED,
        Type.LOW_STOCK,
        Type.DATA_REQUESTED,
        Type.ERASURE_REQUESTED,
    }
)
"""Names that only their own senders may use. Order Cancelled and Order Refunded are Ecommerce Spec V2, and told like
Order Completed; whether they count, the shop's setting says (`WebsiteOrders`)."""
_RESERVED = frozenset(name.casefold() for name in RESERVED)
_MAIL = "email "


def events(kind: str, body: Payload, received: Instant) -> tuple[tuple[Event, ...], tuple[RefusedError, ...]]:
    """The events of one call (`kind` is one of KINDS, or "batch"), and what was refused in a batch.

    A bad message does not lose the good ones of its batch. A single call that is bad raises RefusedError.
    """
    if kind != "batch":
        return (_event(kind, body, instant(body.get("sentAt")), received),), ()
    messages = body.get("batch")
    if not isinstance(messages, list):
        raise RefusedError("missing_field", "batch is required, as a list of messages", "batch")
    if len(messages) > MAX_MESSAGES:
        raise RefusedError("too_many", f"a batch has at most {MAX_MESSAGES:,} messages", "batch", 413)
    found, refused = [], []
    for place, message in enumerate(messages):
        try:
            found.append(_of_batch(message, body, received))
        except RefusedError as error:
            refused.append(error.within(f"batch.{place}"))
    return tuple(found), tuple(refused)


def _of_batch(message: Json, batch: Payload, received: Instant) -> Event:
    if not isinstance(message, dict):
        raise RefusedError("invalid_message", "each message of a batch has to be an object")
    kind = message.get("type")
    if kind not in KINDS:
        raise RefusedError("unknown_type", f"type has to be one of {', '.join(KINDS)}", "type")
    context = {**mapping(batch.get("context")), **mapping(message.get("context"))}
    sent = first(instant(message.get("sentAt")), instant(batch.get("sentAt")))
    return _event(kind, {**message, "context": context}, sent, received)


def _event(kind: str, message: Payload, sent: Instant | None, received: Instant) -> Event:
    if len(json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()) > MAX_MESSAGE_BYTES:
        raise RefusedError("too_large", f"the message is larger than {MAX_MESSAGE_BYTES:,} bytes", status=413)
    context = mapping(message.get("context"))
    traits = _traits(kind, message, context)
    stated = first(instant(message.get("timestamp")), instant(message.get("originalTimestamp")))
    type_ = _type(kind, message)
    return Event(
        id=event_id("segment", _message_id(kind, message)),
        type=type_,
        time=counted_time(_corrected(stated, sent, received), received),
        stated=stated,
        received=received,
        source="segment",
        public=True,
        identities=_identities(kind, message, traits.get("email")),
        traits=traits,
        properties=_properties(kind, message, context),
        counts=type_ not in ORDER_TYPES,  # unless the shop says so (`shop`)
    )


def _message_id(kind: str, message: Payload) -> str:
    """The SDK's id of the message, which it keeps when it tries again; without one, what the message says."""
    given = identifier(message.get("messageId"))
    if given is not None:
        return given
    changing = ("sentAt", "receivedAt", "writeKey", "_metadata", "messageId", "type")
    return fingerprint([kind, {name: value for name, value in message.items() if name not in changing}])


def _corrected(stated: Instant | None, sent: Instant | None, received: Instant) -> Instant | None:
    """The instant by our clock. A message is received when it is sent, so what lies between is the sender's clock's
    fault, unless it is less than a minute: that is the network's."""
    if stated is None or sent is None or abs(received - sent) <= MINUTE:
        return stated
    return max(stated + received - sent, 0)


# ── who ──


def _identities(kind: str, message: Payload, address: str | None) -> tuple[Identity, ...]:
    """Strongest first. An alias joins what a browser did under its previous id; it never ties two users together,
    because with a public key anybody could tie themselves to anybody."""
    previous = _id(message, "previousId") if kind == "alias" else None
    user, anonymous = _id(message, "userId"), _id(message, "anonymousId")
    if kind == "alias" and (previous is None or user is None):
        missing = "userId" if user is None else "previousId"
        raise RefusedError("missing_field", "an alias needs userId and previousId", missing)
    if user is None and anonymous is None:
        raise RefusedError("missing_field", "userId or anonymousId is required", "userId")
    known = {
        Identity(kind=identity, value=value): None
        for identity, value in (
            (IdentityKind.USER, user),
            (IdentityKind.EMAIL, address),
            (IdentityKind.ANONYMOUS, anonymous),
            (IdentityKind.ANONYMOUS, previous),
        )
        if value is not None and (identity is IdentityKind.EMAIL or email(value) is None)
    }
    return tuple(known)


def _address(message: Payload, traits: Payload) -> str | None:
    """The address the message names somebody by. An id that is an address is one, and the id says who it is."""
    ids = (message.get("userId"), message.get("previousId"), message.get("anonymousId"))
    named = [email(identifier(id_)) for id_ in ids]
    return next((found for found in (named[0], email(traits.get("email")), *named[1:]) if found is not None), None)


def _id(message: Payload, name: str) -> str | None:
    value = message.get(name)
    found = identifier(value)
    if found is None and value not in (None, ""):
        raise RefusedError("invalid_field", f"{name} has to be a text of at most 256 characters, or a number", name)
    return found


_PARTS = {"city": "city", "state": "region", "postalCode": "postal_code"}
_RENAMED = {"firstName": "first_name", "lastName": "last_name"}


def _traits(kind: str, message: Payload, context: Payload) -> Payload:
    """The user's traits, of any kind of call but `group`, whose traits are the group's: together they are the user's
    trait `company`, so that `company.employees` can be asked for. No street is kept.

    A trait that is there and empty has no value any more; of an address, each part of it. A `name` gives first and last
    name where they are not told by themselves.
    """
    given = {**mapping(context.get("traits")), **(mapping(message.get("traits")) if kind == "identify" else {})}
    address = mapping(given.pop("address", None))
    traits: Payload = {_PARTS[name]: text(value) for name, value in address.items() if name in _PARTS}
    if "country" in address:
        traits["country"] = country(address["country"])
    for name, value in given.items():
        if may_be_told_by_anybody(name):
            traits[_RENAMED.get(name, name)] = (cut(value) or None) if isinstance(value, str) else value
    if isinstance(given.get("country"), str):
        traits["country"] = country(given["country"]) or traits["country"]
    if (full := text(given.get("name"))) is not None and {"first_name", "last_name"}.isdisjoint(traits):
        traits["first_name"], _, last = full.partition(" ")
        traits |= {"last_name": last} if last else {}
    of_group = mapping(message.get("traits")) if kind == "group" else {}
    if of_group:
        traits["company"] = {name: value for name, value in of_group.items() if name != "address"}
    address_told = _address(message, given)
    traits.pop("email", None)
    for name, value in traits.items():
        if not is_small({name: value}):
            raise RefusedError(
                "too_large", f"a trait has at most {MAX_BYTES:,} bytes, including its name", f"traits.{name[:64]}"
            )
    traits = {name: None if value == "" else value for name, value in traits.items()}
    return traits if address_told is None else {**traits, "email": address_told}


# ── what ──


def _type(kind: str, message: Payload) -> str:
    if kind != "track":
        return {
            "identify": Type.CONTACT_UPDATED,
            "page": Type.PAGE_VIEWED,
            "screen": Type.SCREEN_VIEWED,
            "group": Type.GROUP_JOINED,
            "alias": "Alias",
        }[kind]
    name = text(message.get("event"))
    if name is None or len(name) > MAX_NAME:
        raise RefusedError("invalid_field", f"event has to be a text of 1 to {MAX_NAME} characters", "event")
    if name.casefold() in _RESERVED or name.casefold().startswith(_MAIL):
        raise RefusedError("reserved_event", "this event's name is not for senders with a write key", "event")
    return name


def _properties(kind: str, message: Payload, context: Payload) -> Payload:
    properties = dict(mapping(message.get("traits" if kind == "group" else "properties")))
    if kind == "group":
        properties["group_id"] = identifier(message.get("groupId"))
    if kind in ("page", "screen"):
        properties.setdefault("name", text(message.get("name")))
        properties.setdefault("category", text(message.get("category")))
    if kind == "page":
        page = mapping(context.get("page"))
        for name in ("path", "url", "referrer", "title", "search"):
            properties.setdefault(name, text(page.get(name)))
        properties.setdefault("query", _words(properties.pop("search", None)))
    for name in ("url", "referrer"):  # what comes after may be anything, also an address
        if isinstance(properties.get(name), str):
            properties[name] = re.split(r"[?#]", properties[name], maxsplit=1)[0]
    for name in ("order_id", "refund_id"):
        if isinstance(properties.get(name), str) and len(properties[name]) > MAX_ID:
            raise RefusedError("invalid_field", f"{name} is longer than {MAX_ID} characters", f"properties.{name}")
    campaign = mapping(context.get("campaign"))
    properties.setdefault("campaign", text(campaign.get("name")))
    for name in ("source", "medium", "term", "content"):
        properties.setdefault(f"campaign_{name}", text(campaign.get(name)))
    properties.setdefault("device", _device(context.get("userAgent")))
    emptied: Payload = {"products": []} if properties.get("products") == [] else {}  # a cart that is told to be empty
    return present(properties) | emptied


def _words(search: Json) -> str | None:
    """What was searched for, from a page's query string; the rest of it may hold personal data."""
    if not isinstance(search, str):
        return None
    try:
        asked = parse_qs(search.removeprefix("?"), max_num_fields=100)
    except ValueError:
        return None
    return next((text(asked[name][0]) for name in ("q", "query", "s", "search", "keyword") if name in asked), None)


_DEVICES = (
    ("bot", re.compile(r"bot\b|crawl|spider|slurp|headless|facebookexternalhit|preview", re.I)),
    ("tablet", re.compile(r"ipad|tablet|kindle|silk/|android(?!.*mobile)", re.I)),
    ("mobile", re.compile(r"mobi|iphone|ipod|android", re.I)),
    ("desktop", re.compile(r"windows|macintosh|linux|cros", re.I)),
)


def _device(user_agent: Json) -> str | None:
    """A rough answer. None for what names no device, such as a server's SDK."""
    if not isinstance(user_agent, str):
        return None
    return next((device for device, pattern in _DEVICES if pattern.search(user_agent)), None)
