"""Rows of the lake: an event without what is personal in it, for Athena.

What may go in is listed here, column by column; everything else stays in the contact's partition. What conditions can
ask for (`properties.kept_properties`) goes in as profiles hold it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite

from shared.domain.events import (
    INTERNAL,
    ORDER_TYPES,
    PAUSE,
    TRACKING,
    Event,
    Instant,
    Json,
    Type,
    amount,
    iso,
    when_placed,
)
from shared.domain.personal import code, own_words
from shared.domain.properties import (
    KNOWN_TYPES,
    event_name,
    in_lake_form,
    kept_properties,
    may_tell,
    other_properties,
    refunded,
)
from shared.domain.shop import CODE, currency_of

COLUMNS: Mapping[str, str] = {
    "contact": "string",
    "contact_number": "bigint",
    "id": "string",
    "name": "string",
    "time": "bigint",
    "day": "string",
    "source": "string",
    "public": "boolean",
    "order_id": "string",
    "order_number": "string",
    "stamp": "bigint",
    "stands": "boolean",
    "placed": "string",
    "placed_at": "bigint",
    "refund_id": "string",
    "refunds": "array<string>",
    "total": "bigint",
    "amount": "bigint",
    "price": "bigint",
    "currency": "string",
    "quantity": "double",
    "product_id": "array<string>",
    "category": "array<string>",
    "path": "string",
    "link": "string",
    "campaign": "string",
    "query": "string",
    "device": "string",
    "journey": "string",
    "outcome": "string",
    "step": "string",
    "template": "string",
    "message": "string",
    "topic": "string",
    "human": "boolean",
    "permanent": "boolean",
    "unsubscribed": "array<string>",
    "subscribed": "boolean",
    "properties": "array<string>",
}
"""Columns and their types in Athena. `contact_number` is the contact's id as a number; `time` is in milliseconds, and
`day` (UTC) the one it is in; money (`total` of an order, `amount` of a refund, `price` of a product) in hundredths of
the shop's currency, null where it was told in another; `product_id` and `category` list those of all the products in
an event; `subscribed`, whether an answer says yes to email; `unsubscribed` the topics that it said no to (`all`: to all
of them), whatever held before; `properties` has all others (`properties.in_lake_form`). A value that an event does not
have, or that may not go in, is null. One contact's rows of one type have different ids, once their files are merged
(docs/events.md).

Of an order: `stamp`, the greater of which is the newer telling; `stands`, whether it is an order, and `refunds`, the
ids of all there are, where the storefront says so; `placed`, the day (UTC) it was placed, and `placed_at`, the instant,
where this event tells. Rows of before there was a `placed_at` have none."""

PARTITIONS = ("month", "type")
"""The month (UTC) the event counts at, `2026-11`, and its type: `order_completed`; `other` for names the product does
not know."""

FIRST_MONTH = "2009-01"
"""What is older is in this month's partition. Athena looks at every month from here to the present one."""

OTHER = "other"
TYPES = (*sorted(type_.lower().replace(" ", "_") for type_ in Type if type_ not in INTERNAL), OTHER)
"""All values `type` can have."""

Row = dict[str, Json]

_CODES = ("order_number", "refund_id", "outcome", "step")
_HASH = re.compile(r"[0-9a-f]{32}")
"""What `event_id` makes. It says nothing of anybody, even where a short name happens to be in it."""


def contact_number(contact: str) -> int:
    """The contact's id as a whole number: what SQL groups by, five times as fast as by text."""
    return int(contact[1:16], 16)


def month_of(instant: Instant) -> str:
    """The partition that what happened at an instant is in."""
    return max(iso(instant)[:7], FIRST_MONTH)


def places(type_: str, instant: Instant) -> frozenset[str]:
    """The partitions in one of which an event of this type and instant is, as their files' keys name them: what is told
    with a public key may count as nothing but `other`."""
    return frozenset(f"month={month_of(instant)}/type={each}" for each in (partition(type_), OTHER))


def place_of(row: Row) -> str:
    """The partition a row is in."""
    return f"month={row['month']}/type={row['type']}"


def row(contact: str, event: Event, known: frozenset[str] = frozenset()) -> Row:
    """The event's row: every one of COLUMNS, and the partition it belongs to. `known`: the contact's own words, as far
    as other events have told them."""
    properties, own = event.properties, own_words(event.traits) | known
    day = iso(event.time)[:10]
    found: Row = {
        "contact": contact,
        "contact_number": contact_number(contact),
        "id": event.id if _HASH.fullmatch(event.id) else code(event.id, own),
        "name": event_name(event, known),
        "time": event.time,
        "day": day,
        "source": event.source,
        "public": event.public,
        "amount": None if event.other_currency else _amount(event),
        "quantity": _number(properties.get("quantity")),
        **in_lake_form(kept_properties(event, known) | other_properties(event, known)),
    }
    found |= {name: code(properties.get(name), own) for name in _CODES if may_tell(event, name)}
    currency = currency_of(event)
    found["currency"] = code(currency, own) if CODE.fullmatch(currency or "") else None
    found |= _of_order(event, own)
    said_no = {change.topic for change in event.consent if change.state == "unsubscribed" and not event.public}
    found["unsubscribed"] = sorted(said_no) or None
    said_yes = {each.topic for each in event.consent if each.state == "subscribed" and not event.public}
    found["subscribed"] = bool(said_yes - {TRACKING, PAUSE}) or None
    return {
        **{name: found.get(name) for name in COLUMNS},
        "month": month_of(event.time),
        "type": partition(event.type) if event.counts else OTHER,
    }


_MAX_AFTER = 10**6 - 1


def _of_order(event: Event, own: frozenset[str]) -> Row:
    state = event.order
    found: Row = {"order_id": code(event.properties.get("order_id") if state is None else state.id, own)}
    if state is not None or event.type in ORDER_TYPES:
        found["stamp"] = event.stamp.time * (_MAX_AFTER + 1) + max(min(event.stamp.after, _MAX_AFTER), 0)
        placed = None if event.type == Type.ORDER_REFUNDED else when_placed(event)
        found["placed"] = None if placed is None else iso(placed)[:10]
        found["placed_at"] = placed
    if state is not None:
        found["stands"] = None if state.elsewhere else state.stands
        if state.refunds is not None and not event.other_currency:
            found["refunds"] = [each for each in state.refunds if code(each, own) is not None]
    elif event.type == Type.ORDER_CANCELLED:
        found["stands"] = False
    return found


def _amount(event: Event) -> int | None:
    return refunded(event.properties) if event.type == Type.ORDER_REFUNDED else amount(event.properties.get("amount"))


def partition(event: str) -> str:
    """The value of `type` that events of this name are under."""
    return event.lower().replace(" ", "_") if event in KNOWN_TYPES else OTHER


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 10**12:
        return None
    return float(value) if isfinite(value) else None
