"""Hypothesis strategies: events of one contact, and conditions of every kind over what they add up to."""

from __future__ import annotations

import itertools
from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.conditions import Condition
from shared.domain.conditions.events import Counted
from shared.domain.events import DAY, HOUR, ConsentChange, Event, Identity, IdentityKind, Type, iso
from shared.domain.lead_models import MODELS

BEGIN = 1_700_000_000_000  # 14 November 2023, 22:13:20 UTC
AFTER = BEGIN + 3 * DAY
"""When all of `events` have happened and been received."""
CONTACT = (Identity(kind=IdentityKind.SHOPIFY, value="1"),)
CATEGORIES = ("tea", "Coffee", "Bücher", "ΟΔΟΣ")
PRODUCTS = ("p1", "p2", "p3")
JOURNEYS = ("onboarding", "win_back")
ORDERS = [Type.ORDER_COMPLETED, Type.ORDER_UPDATED, Type.ORDER_REFUNDED, Type.ORDER_CANCELLED]
CARTS = [Type.CART_UPDATED, Type.CART_VIEWED, Type.CHECKOUT_STARTED, Type.PRODUCT_ADDED, Type.PRODUCT_REMOVED]
MAILS = [Type.EMAIL_SENT, Type.EMAIL_OPENED, Type.EMAIL_CLICKED]
VISITS = [Type.PAGE_VIEWED, Type.PRODUCT_VIEWED]
DATES = ["1990-11-17", "2004-02-29", "--11-18", "2023-11-17T12:30:00Z", "2023-11-18", "no date", "1990-13-45", 7]
TRAITS: dict[str, Any] = {
    "country": st.sampled_from(["GB", "fr", "AU", "Österreich", "", None]),
    "visits": st.sampled_from([3, 7, 7.5, 0, -1, True, "7", None]),
    "tags": st.lists(st.sampled_from(["vip", "VIP", "new", 7, True, None, ["vip"]]), max_size=3),
    "lists": st.lists(st.sampled_from(["spring", "summer"]), max_size=2),
    "propensity": st.fixed_dictionaries({}, optional={"tea": st.sampled_from([0.1, 0.9, "high"])}),
    "vip": st.booleans(),
    "latitude": st.sampled_from([51.5, 48.85, -33.9, "51.5", None]),
    "longitude": st.sampled_from([-0.1, 2.35, 151.2]),
    "timezone": st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Mars/Olympus", None]),
    "birthday": st.sampled_from(DATES),
    "day": st.sampled_from(DATES) | st.lists(st.sampled_from(DATES), max_size=2),
    "home": st.sampled_from(
        [
            {"city": {"name": "Paris", "size": 7}},
            {"city": [{"name": "Paris"}, {"name": ["gb", "Rome"]}, 7]},
            [{"city": {"name": "GB", "size": 3}}, {"city": {"size": 7}}],
            {"city.name": "gb"},
            {"city": []},
        ]
    ),
    "home.city": st.sampled_from([{"name": "fr"}, "gb", None]),
    "email": st.sampled_from(["ada@example.com", "bob@example.org"]),
}


@st.composite
def events(draw: st.DrawFn, most: int = 12) -> list[Event]:
    """Events with distinct ids, at instants that often coincide, in the order of drawing."""
    return [draw(event(number)) for number in range(draw(st.integers(0, most)))]


@st.composite
def event(draw: st.DrawFn, number: int) -> Event:
    time = BEGIN + draw(_UP_TO[12]) * 6 * HOUR
    type_ = draw(_TYPES)
    properties: dict[str, Any] = {}
    if type_ in ORDERS:
        properties["order_id"] = draw(_ORDER_IDS)
        if type_ == Type.ORDER_REFUNDED:
            properties |= {"refund_id": f"r{number}", "amount": draw(_AMOUNTS)}
            properties |= draw(_RETURNED)
        elif type_ != Type.ORDER_CANCELLED:
            ordered = BEGIN + draw(_UP_TO[4]) * 6 * HOUR
            properties |= {"total": draw(_TOTALS), "ordered_at": iso(ordered)}
        if type_ == Type.ORDER_COMPLETED:
            properties |= draw(_ORDER)
    if type_ in (Type.ORDER_COMPLETED, *CARTS) and draw(_EITHER):
        properties["products"] = draw(_PRODUCTS)
    elif draw(_EITHER):
        properties |= draw(_SINGLE)
    if type_ in MAILS:
        properties |= draw(_MAIL)
    if draw(_UP_TO[2]) == 0:
        properties |= draw(_OTHERS)
    consent = ()
    if draw(_UP_TO[3]) == 0:
        topic, state = draw(_ANSWERS)
        consent = (ConsentChange(topic=topic, state=state, undated=draw(_UP_TO[3]) == 0),)
    return Event(
        id=f"e{number}",
        type=type_,
        time=time,
        stated=time,
        received=AFTER,
        source="shopify",
        public=draw(_UP_TO[9]) == 0,
        identities=CONTACT,
        traits=draw(_TRAITS),
        consent=consent,
        properties=properties,
    )


# Made once: Hypothesis looks through a strategy that is made anew each time it draws from it.
_EITHER = st.booleans()
_UP_TO = [st.integers(0, most) for most in range(13)]
_TYPES = st.sampled_from([*ORDERS, *ORDERS, *CARTS, *MAILS, *VISITS, Type.CONTACT_UPDATED, "Own Name"])
_ORDER_IDS = st.sampled_from(["1", "2", "3", "4"])
_AMOUNTS = st.sampled_from([5, 30, 250])
_TOTALS = st.sampled_from([0, 10, "19.99", 40, 250])
_ANSWERS = st.sampled_from(
    [
        *itertools.product(["marketing", "marketing", "news"], ["subscribed", "unsubscribed", "pending"]),
        *itertools.product(["frequency:marketing", "frequency:news"], ["all", "weekly", "monthly"]),
    ]
)
_PRODUCTS = st.lists(
    st.fixed_dictionaries(
        {"product_id": st.sampled_from(PRODUCTS), "price": st.sampled_from([9.99, 20])},
        optional={
            "category": st.sampled_from(CATEGORIES),
            "categories": st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=2),
            "quantity": st.integers(1, 3) | st.just(1.5),
            "vendor": st.sampled_from(["Acme", "bücher"]),
            "variant_id": st.sampled_from(["v1", "v2"]),
            "gift_card": st.just(True),
        },
    ),
    max_size=3,
)
_TRAITS = st.lists(
    st.sampled_from(sorted(TRAITS)).flatmap(
        {name: values.map(lambda value, name=name: {name: value}) for name, values in TRAITS.items()}.__getitem__
    ),
    max_size=2,
).map(lambda pairs: {name: value for pair in pairs for name, value in pair.items()})
_RETURNED = st.just({}) | st.fixed_dictionaries(
    {
        "products": st.lists(
            st.fixed_dictionaries(
                {"product_id": st.sampled_from(PRODUCTS), "amount": st.sampled_from([3, 4.99, 12.5])},
                optional={"variant_id": st.sampled_from(["v1", "v2"])},
            ),
            max_size=2,
        )
    }
)
_ORDER = st.fixed_dictionaries(
    {},
    optional={
        "coupon": st.sampled_from(["WELCOME", "spring"]),
        "discount_codes": st.lists(st.sampled_from(["WELCOME10", "spring"]), max_size=2),
        "coupon_pool": st.lists(st.sampled_from(["win_back", "welcome"]), max_size=2),
        "source_name": st.sampled_from(["web", "pos"]),
        "shipping_country": st.sampled_from(["GB", "DE"]),
    },
)
_SINGLE = st.fixed_dictionaries(
    {},
    optional={
        "category": st.sampled_from([*CATEGORIES, "me@home", 5, None]),
        "product_id": st.sampled_from([*PRODUCTS, 17]),
        "price": st.sampled_from([9.99, "20", 20, "cheap", -3]),
        "path": st.sampled_from(["/", "/Tea?x=1", "/tea/green#top", 3]),
        "query": st.sampled_from(["green tea", "GREEN", ""]),
        "campaign": st.sampled_from(["spring", "Spring", "sale"]),
        "device": st.sampled_from(["mobile", "desktop"]),
        "human": st.sampled_from([True, False, "yes"]),
    },
)
_MAIL = st.fixed_dictionaries(
    {"human": st.booleans(), "topic": st.sampled_from(["marketing", "news"])},
    optional={
        "journey": st.sampled_from(JOURNEYS),
        "template": st.sampled_from(["welcome", "thank_you"]),
        "message": st.sampled_from(["m1", "m2", "m3"]),
        "link": st.sampled_from(["https://shop.example/sale/tea?x=1", "https://shop.example", "mailto", 3]),
        "permanent": st.booleans(),
    },
)


_OTHERS = st.fixed_dictionaries(
    {},
    optional={
        "result": st.sampled_from(
            [
                "dry_skin",
                "Dry_Skin",
                "Österreich",
                7,
                7.5,
                -1,
                True,
                False,
                "7",
                None,
                ["oily", 7],
                [7, 7],
                0.1,
                0.2,
                5e-7,
            ]
        ),
        "answers": st.lists(
            st.fixed_dictionaries({"points": st.integers(0, 5)}, optional={"tag": st.sampled_from(["a", "B", 5])}),
            max_size=3,
        ),
        "plan": st.sampled_from([{"tier": "pro"}, {"tier": {"of": "pro"}}, {"tier": ["free", "pro"]}, {}, "pro"]),
    },
)
EVERY_OTHER = {
    type_: frozenset({"result", "answers.points", "answers.tag", "plan.tier"}) for type_ in [*Type, "Own Name"]
}
"""What the conditions here may ask for of `_OTHERS`."""


# ── conditions, as JSON ──

durations = st.sampled_from(["6h", "12h", "1d", "30h", "2d", "4d"])
windows = durations | st.sampled_from(
    [
        {"from": "-2d", "to": "-12h"},
        {"from": "-4d", "to": "-1d"},
        {"to": "-36h"},
        {"from": "-30h"},
        {"from": "2023-11-15", "to": "2023-11-17"},
        {"from": "2023-11-16"},
        {"to": "2023-11-16"},
        "this_month",
        "last_month",
        "this_year",
        "last_2_months",
    ]
)
bounds = st.sampled_from(
    [{"at_least": 1}, {"at_least": 2}, {"at_least": 3}, {"at_most": 0}, {"at_most": 1}, {"at_least": 1, "at_most": 2}]
)


_CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)


def is_read(raw: dict[str, Any]) -> bool:
    """Whether it is not refused: bounds that can never be reached are."""
    try:
        _CONDITION.validate_python(raw)
    except ValidationError:
        return False
    return True


def made(kind: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries({"kind": st.just(kind), **required}, optional=optional or {})


def one_of_dicts(*parts: Any) -> st.SearchStrategy[dict[str, Any]]:
    """Several dictionaries, merged."""
    return st.tuples(*parts).map(lambda several: {name: v for each in several for name, v in each.items()})


comparisons = st.sampled_from(
    [
        {"is": "equal", "value": "gb"},
        {"is": "equal", "value": 7},
        {"is": "equal", "value": True},
        {"is": "equal", "value": "vip"},
        {"is": "not_equal", "value": "GB"},
        {"is": "not_equal", "value": 7},
        {"is": "in", "value": ["FR", 7, "österreich"]},
        {"is": "at_least", "value": 5},
        {"is": "less", "value": 7.5},
        {"is": "more", "value": "a"},
        {"is": "at_most", "value": 0.5},
        {"is": "at_most", "value": 7},
        {"is": "prefix", "value": "F"},
        {"is": "prefix", "value": "g"},
        {"is": "contains", "value": "I"},
        {"is": "contains", "value": "example.com"},
        {"is": "contains", "value": ["EXAMPLE.ORG", "ip"]},
        {"is": "prefix", "value": ["a", "F", "österreich und"]},
        {"is": "suffix", "value": "@EXAMPLE.com"},
        {"is": "suffix", "value": ["r", "Österreich", "P"]},
        {"is": "exists"},
    ]
)
filters = st.sampled_from(
    [
        {"property": "category", "value": "TEA"},
        {"property": "category", "value": "bücher"},
        {"property": "category", "is": "not_equal", "value": "coffee"},
        {"property": "category", "is": "in", "value": ["coffee", "οδοσ"]},
        {"property": "product_id", "value": "p1"},
        {"property": "product_id", "is": "exists"},
        {"property": "price", "is": "at_least", "value": 9.99},
        {"property": "price", "is": "less", "value": 20},
        {"property": "price", "is": "at_most", "value": 9.99},
        {"property": "total", "is": "more", "value": 19.98},
        {"property": "path", "is": "prefix", "value": "/tea"},
        {"property": "path", "is": "suffix", "value": ["green", "/"]},
        {"property": "category", "is": "suffix", "value": "ΔΟς"},
        {"property": "query", "is": "contains", "value": "green"},
        {"property": "campaign", "value": "spring"},
        {"property": "topic", "value": "news"},
        {"property": "journey", "is": "not_equal", "value": "onboarding"},
        {"property": "template", "value": "welcome"},
        {"property": "message", "is": "in", "value": ["m1", "m2"]},
        {"property": "link", "is": "prefix", "value": "/sale"},
        {"property": "permanent", "value": True},
        {"property": "human", "value": True},
        {"property": "human", "is": "not_equal", "value": True},
        {"property": "device", "value": "mobile"},
        {"property": "result", "value": "DRY_skin"},
        {"property": "result", "value": 7},
        {"property": "result", "value": True},
        {"property": "result", "is": "at_least", "value": 7},
        {"property": "result", "is": "prefix", "value": ["d", "öst"]},
        {"property": "result", "is": "not_equal", "value": "oily"},
        {"property": "answers.points", "is": "more", "value": 3},
        {"property": "answers.tag", "is": "in", "value": ["b", 5]},
        {"property": "plan.tier", "is": "exists"},
        {"property": "plan.tier", "is": "not_equal", "value": "pro"},
    ]
)
wheres = st.lists(filters, max_size=2)
types = st.sampled_from([*VISITS, *VISITS, Type.ORDER_COMPLETED, *MAILS, Type.CART_UPDATED, "Own Name"])
filtered = st.fixed_dictionaries({"event": types}, optional={"where": wheres})
series = {"event": types, "where": wheres}
of_order = st.lists(
    st.sampled_from(
        [
            {"property": "coupon", "is": "prefix", "value": "welcome"},
            {"property": "discount_codes", "value": "SPRING"},
            {"property": "discount_codes", "is": "suffix", "value": ["10", "x"]},
            {"property": "discount_codes", "is": "not_equal", "value": "spring"},
            {"property": "coupon_pool", "value": "win_back"},
            {"property": "coupon_pool", "is": "not_equal", "value": "welcome"},
            {"property": "source_name", "value": "pos"},
            {"property": "shipping_country", "is": "in", "value": ["gb", "FR"]},
            {"property": "total", "is": "more", "value": 19.98},
            {"property": "total", "is": "exists"},
        ]
    ),
    max_size=2,
)
of_line = st.lists(
    st.sampled_from(
        [
            {"property": "product_id", "value": "p1"},
            {"property": "product_id", "is": "not_equal", "value": "p2"},
            {"property": "variant_id", "value": "V1"},
            {"property": "category", "value": "TEA"},
            {"property": "category", "is": "not_equal", "value": "coffee"},
            {"property": "vendor", "is": "contains", "value": "cm"},
            {"property": "quantity", "is": "at_least", "value": 2},
            {"property": "quantity", "is": "more", "value": 1},
            {"property": "price", "is": "less", "value": 19.995},
            {"property": "price", "is": "at_most", "value": 9.99},
            {"property": "gift_card", "value": True},
            {"property": "gift_card", "value": False},
        ]
    ),
    max_size=2,
)
picked = {"where": of_order, "lines": of_line}

ranked = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("trait"), "trait": st.sampled_from(["visits", "propensity.tea", "home.city.size"])},
        optional={"fresh": durations},
    ),
    st.fixed_dictionaries(
        {
            "kind": st.just("orders"),
            "measure": st.sampled_from(["count", "sum", "average", "largest", "last", "quantity", "refunded"]),
        },
        optional={"within": windows, **picked},
    ),
)

few = st.sampled_from([{"last": 1}, {"last": 3}, {"first": 1}, {"first": 2}])
ties = st.sampled_from(["product_id", "category", "message"])
weekdays = st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"])
dates = st.sampled_from(["birthday", "day"])

few_orders = one_of_dicts(
    made(
        "orders",
        {"measure": st.sampled_from(["count", "sum", "average", "largest", "days_between", "quantity"])},
        {"within": windows, **picked},
    ),
    few,
    st.sampled_from([{}, {"at_least": 2}, {"at_most": 1}, {"more": 19.99}, {"at_least": 0.5}, {"less": 40}]),
).filter(is_read)

sums = one_of_dicts(
    made("event", series, {"within": windows}),
    st.sampled_from(["price", "total", "result", "answers.points"]).flatmap(
        lambda name: st.sampled_from([{"sum": name}, {"average": name}])
    ),
    st.sampled_from(
        [
            {"at_least": 7},
            {"at_least": 9.99, "less": 20},
            {"more": 0},
            {"more": 2.5, "at_most": 30},
            {"at_most": 0},
            {"less": 7.5},
            {"at_most": 3},
            {"at_least": -1, "less": 0.3},
            {"more": 0.1},
            {"at_least": 0.3, "at_most": 0.3},
        ]
    ),
    st.just({}) | few,
)

LEAD_MODELS = MODELS.validate_python(
    [
        {
            "id": "lead",
            "name": "Lead",
            "half_life": "1d",
            "threshold": 12,
            "rules": [
                {"kind": "event", "event": Type.PRODUCT_VIEWED, "points": 3, "up_to": 3},
                {
                    "kind": "event",
                    "event": Type.EMAIL_CLICKED,
                    "where": [{"property": "human", "value": True}],
                    "points": 10,
                    "up_to": 2,
                    "within": "30h",
                },
                {"kind": "event", "event": Type.ORDER_COMPLETED, "points": -7},
                {"kind": "event", "event": "Own Name", "where": [{"property": "result", "value": 7}], "points": 5},
                {"kind": "state", "when": {"kind": "trait", "trait": "country", "value": "GB"}, "points": 4},
                {"kind": "state", "when": {"kind": "consent", "within": "2d"}, "points": -3},
            ],
        },
        {
            "id": "steady",
            "name": "Steady",
            "threshold": 3,
            "rules": [
                {"kind": "event", "event": Type.PAGE_VIEWED, "points": 1, "up_to": 4, "within": "2d"},
                {"kind": "event", "event": Type.CART_UPDATED, "points": 2},
                {"kind": "state", "when": {"kind": "trait", "trait": "email", "is": "exists"}, "points": 2},
            ],
        },
    ]
)
"""What `points` is asked of here; test_points draws models."""

LEAVES: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "member": made("member", {"segment": st.just("other")})
    | made("member", {"segment": st.just("other"), "for": durations})
    | made("member", {"segment": st.just("other"), "left": windows}),
    "trait": one_of_dicts(
        made(
            "trait",
            {
                "trait": st.sampled_from(
                    [
                        "country",
                        "visits",
                        "tags",
                        "propensity.tea",
                        "vip",
                        "email",
                        "other",
                        "home.city.name",
                        "home.city.size",
                    ]
                )
            },
            {"of": st.sampled_from(["any", "all", "none"]), "fresh": durations},
        ),
        comparisons,
    ),
    "list": made("list", {"list": st.sampled_from(["spring", "Summer"])}),
    "consent": made(
        "consent",
        {"is": st.sampled_from(["subscribed", "unsubscribed", "pending", "weekly", "monthly"])},
        {"within": windows, "first_in": durations, "topic": st.sampled_from(["marketing", "news"])},
    )
    | made("consent", {"is": st.just("never_asked"), "topic": st.sampled_from(["marketing", "news"])}),
    "first_seen": made("first_seen", {"before": durations}) | made("first_seen", {"within": windows}),
    "sample": made("sample", {"percent": st.sampled_from([0.5, 50, 99]), "salt": st.sampled_from(["a", "b", "c"])}),
    "near": made("near", {"latitude": st.just(51.5074), "longitude": st.just(-0.1278)}, {}).flatmap(
        lambda near: st.sampled_from([{**near, "km": 5}, {**near, "miles": 250}])
    ),
    "event": one_of_dicts(
        made("event", {**series, "count": st.sampled_from(get_args(Counted))}, {"within": windows}), bounds
    )
    | one_of_dicts(made("event", series, {"within": windows}), bounds)
    | one_of_dicts(
        made(
            "event",
            {**series, "count": st.sampled_from(["product_id", "category", "campaign", "message", "same_product_id"])},
            {"within": windows, "with": filtered, "without": filtered},
        ),
        bounds,
    )
    | one_of_dicts(
        made("event", {**series, "count": st.sampled_from(["events", "days", "category"])}, {"within": windows}),
        few,
        bounds,
    )
    | sums,
    "first_event": made("first_event", {**series, "within": windows}),
    "last_event": one_of_dicts(
        made("last_event", series),
        st.sampled_from([{"at_least": 2.5}, {"at_most": 3.25}, {"at_least": 1, "at_most": 4}]),
    ),
    "latest": made(
        "latest",
        {"where": st.lists(filters, min_size=1, max_size=2)},
        {"events": st.lists(types, min_size=1, max_size=2)},
    ),
    "share": one_of_dicts(
        made(
            "share",
            {"where": st.lists(filters, min_size=1, max_size=2)},
            {"events": st.lists(types, min_size=1, max_size=2), "within": windows},
        ),
        st.sampled_from(
            [{"at_least": 50}, {"more": 50}, {"at_most": 50}, {"less": 50}, {"more": 33.3}, {"more": 0, "less": 100}]
        ),
    ),
    "sequence": made(
        "sequence",
        {"first": filtered, "then": filtered, "gap": durations},
        {"without": filtered, "within": windows, "same": ties},
    ),
    "unanswered": made(
        "unanswered",
        {"of": filtered, "answers": st.lists(filtered, min_size=1, max_size=2)},
        {
            "at_least": st.integers(1, 3),
            "same": ties,
            "older": st.sampled_from(["6h", "1d"]),
            "within": st.sampled_from(["30h", "4d", {"from": "-4d", "to": "-12h"}, {"from": "2023-11-15"}]),
        },
    ),
    "cart": made("cart", {"older": st.sampled_from(["1h", "6h", "3d"]), "within": st.just("90h")}, {"where": wheres}),
    "engagement": made(
        "engagement",
        {"tier": st.sampled_from(["highly", "moderately", "disengaged"])},
        {"topic": st.just("marketing"), "journey": st.sampled_from(JOURNEYS)},
    ),
    "orders": one_of_dicts(
        made(
            "orders",
            {
                "measure": st.sampled_from(
                    ["count", "sum", "average", "largest", "days_between", "quantity", "refunded", "refunded_share"]
                )
            },
            {"within": windows, **picked},
        ),
        st.sampled_from(
            [
                {},
                {"at_least": 1},
                {"at_least": 2},
                {"at_least": 19.99},
                {"at_least": 40, "at_most": 260},
                {"at_most": 0.25},
                {"at_most": 10.005},
                {"at_least": 19.994},
                {"at_most": 1},
                {"at_least": 0, "at_most": 10},
                {"at_least": 0.5},
                {"more": 1},
                {"more": 19.99},
                {"less": 2},
                {"more": 0, "less": 40},
                {"more": 2, "at_most": 50},
            ]
        ),
    )
    | few_orders,
    "last_order": one_of_dicts(
        made("last_order", {}, picked),
        st.sampled_from([{"at_least": 2.25}, {"at_most": 3}, {"at_least": 1, "at_most": 5}]),
    ),
    "rank": one_of_dicts(
        made("rank", {"by": ranked}, {"among": st.just("other")}),
        st.sampled_from([{"top": 20}, {"top": 60}, {"bottom": 35}]),
    ),
    "rfm": one_of_dicts(
        made("rfm", {"score": st.sampled_from(["recency", "frequency", "monetary"])}, {"among": st.just("other")}),
        st.sampled_from([{"at_least": 4}, {"at_least": 2, "at_most": 3}, {"at_most": 1}]),
    ),
    "points": made("points", {"model": st.sampled_from(["lead", "steady"])}).flatmap(
        lambda each: st.sampled_from(
            [
                each,
                {**each, "at_least": 1},
                {**each, "at_least": 8},
                {**each, "at_most": 0},
                {**each, "at_least": 2, "at_most": 9},
                {**each, "at_least": -2},
            ]
        )
    ),
    "local_time": made(
        "local_time",
        {"from": st.sampled_from(["00:00", "09:00", "22:30"]), "to": st.sampled_from(["06:15", "17:00"])},
        {"weekdays": st.lists(weekdays, max_size=3)},
    )
    | made("local_time", {"weekdays": st.sampled_from([["sat", "sun"], ["fri"]])}),
    "season": made("season", {"is": st.sampled_from(["spring", "summer", "autumn", "winter"])}),
    "anniversary": one_of_dicts(
        made("anniversary", {}, {"trait": dates}),
        st.sampled_from([{"next": 1}, {"last": 2}, {"within": "this_month"}, {"within": "last_month"}]),
    ),
    "age": one_of_dicts(made("age", {}, {"trait": dates}), st.sampled_from([{"at_least": 33}, {"at_most": 32}])),
    "date": made("date", {"trait": dates, "from": st.sampled_from(["-1d", "0d"]), "to": st.sampled_from(["6h", "2d"])}),
}
LEAVES |= {kind: LEAVES[kind].filter(is_read) for kind in ("event", "orders")}
"""By kind; `test_language` sees to it that every field and value of a kind is drawn."""

leaves = st.one_of(*LEAVES.values()).filter(lambda each: not {"for", "left"} & set(each))
"""Without what asks since when, which needs memberships that were recorded: test_memberships."""

conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda of: {"kind": "all", "of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "any", "of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "not", "of": of}, inner),
    ),
    max_leaves=5,
)
others = leaves.filter(lambda each: each["kind"] != "member" and "among" not in each)
"""What the segment `other` is made of, which `member` and `among` ask about."""
