"""The language of segments as a form: its JSON Schema with labels, from which a page makes its rows.

The schema is pydantic's of the models, so it says what they say; what a person reads is added: a `title` for each kind,
field and choice, a `format` that tells a duration from a window and an event's name from a trait's, and for each kind
how its row reads (`x-row`). A kind or a field that nobody has found words for has those of its name, so that a page
shows it all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple, get_args

from shared.domain.conditions import Condition, Segment
from shared.domain.conditions.comparing import Comparison
from shared.domain.conditions.orders import OF_LINES, OF_ORDER
from shared.domain.events import Json, Type
from shared.domain.properties import AMOUNTS, FLAGS, KEPT_PROPERTIES
from shared.domain.wording.events import VERBS

BOUNDS = ("at_least", "more", "at_most", "less")


class Row(NamedTuple):
    """How a kind reads: its `family`, what is chosen to have it (`title`), the fields its row always shows, in order,
    and those it can have besides. `bounds` stands for all of BOUNDS that the kind has. What is in none of the two comes
    last."""

    family: str
    title: str
    shown: tuple[str, ...]
    more: tuple[str, ...] = ()


ROWS: Mapping[str, Row] = {
    "all": Row("group", "All of these", ("of",)),
    "any": Row("group", "Any of these", ("of",)),
    "not": Row("group", "Not", ("of",)),
    "orders": Row("Orders", "Orders", ("measure", "bounds", "within"), ("where", "lines", "last", "first")),
    "last_order": Row("Orders", "Last ordered", ("bounds",), ("where", "lines")),
    "rank": Row("Orders", "Is among the best or the rest", ("top", "bottom", "by", "among")),
    "rfm": Row("Orders", "RFM score", ("score", "bounds"), ("among",)),
    "event": Row(
        "Events",
        "An event",
        ("event", "bounds", "within"),
        ("where", "count", "sum", "average", "last", "first", "with", "without"),
    ),
    "first_event": Row("Events", "Did for the first time", ("event", "within"), ("where",)),
    "last_event": Row("Events", "Did for the last time", ("event", "bounds"), ("where",)),
    "latest": Row("Events", "The newest of some events", ("events", "where")),
    "share": Row("Events", "A share of some events", ("bounds", "events", "where", "within")),
    "sequence": Row("Events", "One event, then another", ("first", "then", "gap"), ("without", "same", "within")),
    "unanswered": Row(
        "Events", "An event without an answer", ("of", "at_least", "answers"), ("older", "within", "same")
    ),
    "cart": Row("Events", "Left a cart behind", ("older", "within"), ("where",)),
    "engagement": Row("Email", "Engagement with email", ("tier",), ("topic", "journey")),
    "consent": Row("Email", "Consent", ("is", "topic"), ("within", "first_in")),
    "trait": Row("People", "A trait", ("trait", "is", "value"), ("of", "fresh")),
    "list": Row("People", "Is on a list", ("list",)),
    "first_seen": Row("People", "Is known to us", ("within", "before")),
    "age": Row("People", "Age", ("bounds",), ("trait",)),
    "anniversary": Row("People", "Birthday, or another yearly day", ("trait", "next", "last", "within")),
    "date": Row("People", "A date", ("trait", "from", "to")),
    "near": Row("People", "Lives near a place", ("km", "miles", "latitude", "longitude")),
    "member": Row("Segments", "Is in another segment", ("segment",), ("for", "left")),
    "sample": Row("Segments", "A share drawn by lot", ("percent", "salt")),
    "points": Row("Scores", "Points of a lead score", ("model", "bounds")),
    "local_time": Row("Moment", "Local time", ("from", "to", "weekdays")),
    "season": Row("Moment", "Season", ("is",)),
}

TITLES: Mapping[str, str] = {
    "event.event": "",
    "event.where": "where",
    "event.count": "counting",
    "event.sum": "adding up",
    "event.average": "on average of",
    "event.last": "of the newest",
    "event.first": "of the oldest",
    "event.with": "only if they also",
    "event.without": "only if they never",
    "first_event.event": "",
    "first_event.within": "",
    "last_event.event": "",
    "latest.events": "of",
    "latest.where": "is one where",
    "share.events": "of",
    "share.where": "where",
    "sequence.first": "first",
    "sequence.then": "then",
    "sequence.gap": "at most later",
    "sequence.without": "with none in between of",
    "sequence.same": "about the same",
    "unanswered.of": "",
    "unanswered.at_least": "at least this often",
    "unanswered.answers": "and since then none of",
    "unanswered.same": "about the same",
    "unanswered.older": "at least this long ago",
    "cart.older": "at least this long ago",
    "cart.within": "and less than",
    "cart.where": "where",
    "engagement.tier": "",
    "engagement.topic": "about",
    "engagement.journey": "of the journey",
    "orders.measure": "",
    "orders.where": "where the order's",
    "orders.lines": "with a product whose",
    "orders.last": "of the newest",
    "orders.first": "of the oldest",
    "last_order.where": "where the order's",
    "last_order.lines": "with a product whose",
    "rank.top": "top",
    "rank.bottom": "bottom",
    "rank.by": "by",
    "rank.among": "of those in",
    "rfm.score": "for",
    "rfm.among": "of those in",
    "consent.is": "",
    "consent.topic": "to",
    "consent.first_in": "for the first time in",
    "trait.trait": "",
    "trait.is": "",
    "trait.value": "",
    "trait.of": "of several values",
    "trait.fresh": "told within",
    "list.list": "",
    "first_seen.before": "for at least",
    "first_seen.within": "and was first seen",
    "age.trait": "by the date",
    "anniversary.trait": "",
    "anniversary.next": "within the next",
    "anniversary.last": "within the last",
    "anniversary.within": "in",
    "date.trait": "",
    "date.from": "is reached from",
    "date.to": "to",
    "near.km": "within",
    "near.miles": "within",
    "near.latitude": "of latitude",
    "near.longitude": "longitude",
    "member.segment": "",
    "member.for": "for at least",
    "member.left": "but has left it",
    "sample.percent": "",
    "sample.salt": "drawn for",
    "points.model": "",
    "local_time.from": "from",
    "local_time.to": "to",
    "local_time.weekdays": "on",
    "season.is": "",
    "by.measure": "",
    "by.trait": "",
    "by.fresh": "told within",
    "by.where": "where the order's",
    "by.lines": "with a product whose",
    "by.within": "",
    "within": "",
    "where": "where",
    "event": "",
    "property": "",
    "is": "",
    "value": "",
}
"""What stands before a field, by kind and field, or by field: nothing where the row reads well without."""

UNITS: Mapping[str, str] = {
    "orders.count": "times",
    "orders.sum": "currency",
    "orders.average": "currency",
    "orders.largest": "currency",
    "orders.days_between": "days",
    "orders.quantity": "pieces",
    "orders.refunded": "currency",
    "orders.refunded_share": "%",
    "event.events": "times",
    "event.days": "days",
    "event.weeks": "weeks",
    "event.months": "months",
    "event.product_id": "products",
    "event.category": "categories",
    "event.campaign": "campaigns",
    "event.message": "emails",
    "event.same_product_id": "times",
    "event.same_category": "times",
    "last_order": "days ago",
    "last_event": "days ago",
    "points": "points (left empty: as many as qualify)",
    "share": "%",
    "age": "years",
    "unanswered.at_least": "times",
    "rank.top": "%",
    "rank.bottom": "%",
    "sample.percent": "%",
    "near.km": "km",
    "near.miles": "miles",
    "anniversary.next": "days",
    "anniversary.last": "days",
    "event.last": "events",
    "event.first": "events",
    "orders.last": "orders",
    "orders.first": "orders",
}
"""What stands behind a number: by kind and field; of bounds, by kind, or by kind and what is measured."""
MEASURED_BY: Mapping[str, str] = {"orders": "measure", "event": "count"}
NEVER: Mapping[str, str] = {"orders": "never", "event": "never"}
"""Kinds of which `at_most` 0 has a word of its own."""

CHOICES: Mapping[str, Mapping[str, str]] = {
    "orders.measure": {
        "count": "Ordered",
        "sum": "Spent",
        "average": "Average order",
        "largest": "Largest order",
        "days_between": "Days between orders",
        "quantity": "Pieces ordered",
        "refunded": "Money refunded",
        "refunded_share": "Share of money refunded",
    },
    "by.measure": {
        "count": "number of orders",
        "sum": "money spent",
        "average": "average order",
        "largest": "largest order",
        "last": "how lately they ordered",
        "quantity": "pieces ordered",
        "refunded": "money refunded",
    },
    "event.count": {
        "events": "how often",
        "days": "different days",
        "weeks": "different weeks",
        "months": "different months",
        "product_id": "different products",
        "category": "different categories",
        "campaign": "different campaigns",
        "message": "different emails",
        "same_product_id": "one and the same product",
        "same_category": "one and the same category",
    },
    "is": {
        "equal": "is",
        "not_equal": "is not",
        "in": "is one of",
        "contains": "contains",
        "prefix": "begins with",
        "suffix": "ends with",
        "less": "is less than",
        "at_most": "is at most",
        "more": "is more than",
        "at_least": "is at least",
        "exists": "is known",
    },
    "consent.is": {
        "subscribed": "Subscribed",
        "unsubscribed": "Unsubscribed",
        "pending": "Has still to confirm",
        "never_asked": "Was never asked",
        "weekly": "Wants one email a week",
        "monthly": "Wants one email a month",
    },
    "trait.of": {"any": "one of them has to pass", "all": "all of them have to pass", "none": "none of them may pass"},
    "same": {"product_id": "product", "category": "category", "message": "email"},
    "engagement.tier": {"highly": "highly engaged", "moderately": "moderately engaged", "disengaged": "disengaged"},
    "rfm.score": {"recency": "recency", "frequency": "frequency", "monetary": "money spent"},
    "weekdays": {
        "mon": "Monday",
        "tue": "Tuesday",
        "wed": "Wednesday",
        "thu": "Thursday",
        "fri": "Friday",
        "sat": "Saturday",
        "sun": "Sunday",
    },
    "anniversary.within": {"this_month": "this month", "last_month": "last month"},
    "kind": {"trait": "a trait", "orders": "orders"},
}

FORMATS: Mapping[str, str] = {
    "event": "event",
    "events": "event",
    "trait": "trait",
    "property": "property",
    "sum": "property",
    "average": "property",
    "segment": "segment",
    "among": "segment",
    "topic": "topic",
    "journey": "journey",
    "list": "list",
    "model": "lead_model",
}
"""Of which kind a name is, by its field."""

PROPERTIES: Mapping[str, str] = {
    "product_id": "product",
    "variant_id": "variant",
    "category": "category",
    "vendor": "vendor",
    "price": "price",
    "total": "total",
    "path": "page's path",
    "link": "link",
    "campaign": "campaign",
    "query": "search words",
    "journey": "journey",
    "template": "email",
    "message": "single email",
    "topic": "topic",
    "device": "device",
    "human": "done in person",
    "permanent": "for good",
    "coupon": "coupon",
    "coupon_pool": "coupon pool",
    "discount_codes": "discount codes",
    "source_name": "sales channel",
    "shipping_country": "country it went to",
    "quantity": "quantity",
    "gift_card": "gift card",
}


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a segment, with labels. Nobody changes it."""
    made = Segment.model_json_schema(by_alias=True)
    definitions = {name: without_null(each) for name, each in made["$defs"].items()}
    kinds = {}
    for model in get_args(get_args(Condition)[0]):
        kind = get_args(model.model_fields["kind"].annotation)[0]
        kinds[kind] = f"#/$defs/{model.__name__}"
        _describe(definitions[model.__name__], kind)
    for name, inside in (("Where", "where"), ("OrderWhere", "where"), ("Filtered", "event")):
        _label(definitions[name], inside)
    for name in ("RankedTrait", "RankedOrders"):
        _label(definitions[name], "by")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **without_null({name: each for name, each in made.items() if name != "$defs"}),
        "$defs": definitions,
        "x-kinds": kinds,
        "x-properties": {name: {"title": title, "type": _type_of(name)} for name, title in PROPERTIES.items()},
        "x-of-order": list(OF_ORDER),
        "x-of-lines": list(OF_LINES),
        "x-of-events": list(KEPT_PROPERTIES),
        "x-comparisons": {each: CHOICES["is"][each] for each in get_args(Comparison)},
    }


def _type_of(name: str) -> str:
    if name in AMOUNTS or name == "quantity":
        return "number"
    return "flag" if name in FLAGS or name == "gift_card" else "text"


_SPELLED = {"ge": "minimum", "le": "maximum"}
"""As pydantic spells a bound of a number that may be whole or not, and as JSON Schema does."""


def without_null(part: Any) -> Any:
    """What may be left out need not be said to be null, too."""
    if isinstance(part, list):
        return [without_null(each) for each in part]
    if not isinstance(part, dict):
        return part
    several = [each for each in part.get("anyOf", []) if each != {"type": "null"}]
    rest = {_SPELLED.get(name, name): without_null(each) for name, each in part.items() if name != "anyOf"}
    if rest.get("default", 0) is None:
        del rest["default"]
    if len(several) == 1:
        return {**without_null(several[0]), **rest}
    return {**rest, "anyOf": [without_null(each) for each in several]} if several else rest


def _describe(told: dict[str, Any], kind: str) -> None:
    row = ROWS.get(kind) or Row("Other", _of_name(kind), ())
    told["title"] = row.title
    told["description"] = " ".join(told.get("description", "").split())
    own = [name for name in told["properties"] if name != "kind"]
    if bounds := [name for name in BOUNDS if name in own and kind != "unanswered"]:
        told["x-bounds"] = {
            "fields": bounds,
            "by": MEASURED_BY.get(kind),
            "units": {name.partition(".")[2]: unit for name, unit in UNITS.items() if name.partition(".")[0] == kind},
            "never": NEVER.get(kind),
        }
        own = [name for name in own if name not in bounds]
    placed = (*row.shown, *row.more)
    rest = [name for name in own if name not in placed and told["properties"][name].get("type") != "null"]
    told["x-row"] = {
        "family": row.family,
        "shown": list(row.shown) or rest,
        "more": [*row.more, *(rest if row.shown else [])],
    }
    _label(told, kind)


def _label(told: dict[str, Any], kind: str) -> None:
    for name, field in told["properties"].items():
        title = TITLES.get(f"{kind}.{name}", TITLES.get(name))
        field["title"] = _of_name(name).lower() if title is None else title
        if (unit := UNITS.get(f"{kind}.{name}")) is not None:
            field["x-unit"] = unit
        inner = field.get("items", field)
        if "enum" in inner:
            choices = CHOICES.get(f"{kind}.{name}") or CHOICES.get(name) or {}
            inner["x-titles"] = {
                value: choices.get(value, PROPERTIES.get(value, _of_name(value))) for value in inner["enum"]
            }
        if inner.get("type") == "string" and "format" not in inner and name in FORMATS:
            inner["format"] = FORMATS[name]


def _of_name(name: str) -> str:
    return name.replace("_", " ").capitalize()


# ── what a row can begin as ──


OFTEN: tuple[tuple[str, str, Json], ...] = (
    ("Orders", "Ordered", {"kind": "orders", "at_least": 1, "within": "90d"}),
    ("Orders", "Spent", {"kind": "orders", "measure": "sum", "at_least": 100, "within": "365d"}),
    ("Orders", "Last ordered", {"kind": "last_order", "at_least": 90}),
    ("Orders", "Average order", {"kind": "orders", "measure": "average", "at_least": 50}),
    ("Orders", "Largest order", {"kind": "orders", "measure": "largest", "at_least": 100}),
    ("Orders", "Days between orders", {"kind": "orders", "measure": "days_between", "at_most": 30}),
    ("Orders", "Pieces ordered", {"kind": "orders", "measure": "quantity", "at_least": 10}),
    ("Orders", "Money refunded", {"kind": "orders", "measure": "refunded", "more": 0}),
    ("Orders", "Share of money refunded", {"kind": "orders", "measure": "refunded_share", "more": 30}),
    ("Orders", "Is among the best customers", {"kind": "rank", "by": {"kind": "orders", "measure": "sum"}, "top": 20}),
    ("Orders", "RFM score", {"kind": "rfm", "score": "recency", "at_least": 4}),
    ("Email", "Engagement with email", {"kind": "engagement", "tier": "highly"}),
    ("Email", "Subscribed, or not", {"kind": "consent", "is": "subscribed"}),
    ("People", "Is known to us", {"kind": "first_seen", "within": "30d"}),
    ("People", "Age", {"kind": "age", "at_least": 18}),
    ("People", "Birthday", {"kind": "anniversary", "trait": "birthday", "next": 30}),
    ("People", "A date in a trait", {"kind": "date", "trait": "", "from": "-7d", "to": "7d"}),
    ("People", "Is on a list", {"kind": "list", "list": ""}),
    ("People", "Lives near a place", {"kind": "near", "latitude": 51.5074, "longitude": -0.1278, "km": 30}),
    ("Segments", "Is in another segment", {"kind": "member", "segment": ""}),
    ("Segments", "A share drawn by lot", {"kind": "sample", "percent": 10, "salt": "first"}),
    ("Events", "Left a cart behind", {"kind": "cart", "older": "1h", "within": "3d"}),
    ("Events", "Did for the first time", {"kind": "first_event", "event": Type.ORDER_COMPLETED, "within": "30d"}),
    ("Events", "Did for the last time", {"kind": "last_event", "event": Type.PAGE_VIEWED, "at_least": 30}),
    (
        "Events",
        "The newest of some events",
        {"kind": "latest", "where": [{"property": "device", "value": "mobile"}]},
    ),
    (
        "Events",
        "A share of some events",
        {"kind": "share", "where": [{"property": "device", "value": "mobile"}], "more": 50},
    ),
    (
        "Events",
        "One event, then another",
        {
            "kind": "sequence",
            "first": {"event": Type.CHECKOUT_STARTED},
            "then": {"event": Type.ORDER_COMPLETED},
            "gap": "1d",
        },
    ),
    (
        "Events",
        "An event without an answer",
        {
            "kind": "unanswered",
            "of": {"event": Type.EMAIL_SENT},
            "answers": [{"event": Type.EMAIL_CLICKED}],
            "at_least": 3,
        },
    ),
    ("Scores", "Points of a lead score", {"kind": "points", "model": "lead"}),
    ("Moment", "Local time", {"kind": "local_time", "from": "18:00", "to": "21:00"}),
    ("Moment", "Season", {"kind": "season", "is": "winter"}),
)
"""What most ask for, with what it begins as; a field that is still to be filled in is empty."""
LABELLED_TRAITS: Mapping[str, str] = {
    "country": "Country",
    "region": "Region",
    "city": "City",
    "postal_code": "Postal code",
    "tags": "Tag",
    "signup_source": "Signed up at",
    "interest": "Interest",
    "interests": "Interests",
    "locale": "Language",
    "timezone": "Time zone",
    "email": "Email address",
}


def starts(events: Iterable[str], traits: Iterable[str]) -> list[dict[str, Json]]:
    """All that a row can begin as: OFTEN, an event of each type that is known, a comparison of each trait; with the
    `family` it is found in."""
    often: list[dict[str, Json]] = [
        {"family": family, "title": title, "condition": condition} for family, title, condition in OFTEN
    ]
    of_events: list[dict[str, Json]] = [
        {
            "family": "Email" if name.startswith("Email ") else "Events",
            "title": event_title(name),
            "condition": {"kind": "event", "event": name, "at_least": 1, "within": "30d"},
        }
        for name in events
    ]
    of_traits: list[dict[str, Json]] = [
        {
            "family": "People",
            "title": trait_title(name),
            "condition": {"kind": "trait", "trait": name, "value": ""},
        }
        for name in traits
    ]
    return often + of_events + of_traits


def event_title(name: str) -> str:
    """`Viewed a product`; of the shop's own, its name."""
    verb = VERBS.get(name)
    return " ".join(filter(None, (verb.past, verb.thing))).capitalize() if verb else name


def trait_title(name: str) -> str:
    return LABELLED_TRAITS.get(name) or name.replace("_", " ").replace(".", ": ").capitalize()
