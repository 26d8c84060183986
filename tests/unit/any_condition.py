"""Hypothesis strategies: conditions of every kind with every parameter, as models."""

from __future__ import annotations

import string
from functools import cache
from typing import Any, get_args

from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.conditions import Condition
from shared.domain.conditions.orders import OF_LINES, OF_ORDER
from shared.domain.events import Type
from shared.domain.properties import AMOUNTS, FLAGS, KEPT_PROPERTIES

CONDITION: TypeAdapter[Any] = TypeAdapter(Condition)
SEGMENTS = ("some", "others")
MODELS = {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(get_args(Condition)[0])}
COMPOSED = ("all", "any", "not")
LEAF_KINDS = sorted(set(MODELS) - set(COMPOSED))

texts = st.text(string.ascii_letters + string.digits + " ”“,.()é_\\", min_size=1, max_size=8)
numbers = st.integers(-3, 40) | st.sampled_from([0.5, 2.5, 19.99, 1e6, 1 / 3])
money = st.integers(0, 40) | st.sampled_from([0.5, 19.99, 10.005])
durations = st.sampled_from(["1s", "90s", "1h", "36h", "1d", "30d", "365d"])
windows = durations | st.sampled_from(
    [
        {"from": "-60d", "to": "-30d"},
        {"to": "-30d"},
        {"from": "-36h"},
        {"from": "2010-11-27", "to": "2010-11-28"},
        {"from": "2010-11-27", "to": "2010-12-01"},
        {"from": "2010-11-27"},
        {"to": "2010-12-01"},
        "this_month",
        "last_month",
        "this_year",
        "last_year",
        "last_6_months",
    ]
)
counts = st.integers(1, 5)
most = st.integers(0, 5)
days = st.integers(0, 5) | st.just(1.5)
percents = st.sampled_from([0.1, 10, 20, 33.3])
event_names = st.sampled_from([*Type, "Own Name", "Other “Name”"])
traits = st.sampled_from(
    ["country", "age", "birthday", "a_b", "a b", "propensity", "propensity.tea", "x.", ".x", "Ünd"]
)
values = texts | numbers | st.booleans()
numeric = numbers | texts


def compared(one: st.SearchStrategy[Any], ordered: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(
        st.builds(lambda is_, value: {"is": is_, "value": value}, st.sampled_from(["equal", "not_equal"]), one),
        st.builds(lambda value: {"is": "in", "value": value}, st.lists(one, min_size=1, max_size=3)),
        st.builds(
            lambda is_, value: {"is": is_, "value": value},
            st.sampled_from(["contains", "prefix", "suffix"]),
            texts | st.lists(texts, min_size=1, max_size=3),
        ),
        st.builds(
            lambda is_, value: {"is": is_, "value": value},
            st.sampled_from(["less", "at_most", "more", "at_least"]),
            ordered,
        ),
        st.just({"is": "exists"}),
    )


@cache
def filter_on(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Made once for each name: Hypothesis looks through a strategy that is made anew each time it draws."""
    if name in FLAGS:
        how = st.just({"is": "exists"}) | st.builds(lambda value: {"value": value}, st.booleans())
    elif name in AMOUNTS:
        how = compared(money, money)
    else:
        how = compared(texts if name in KEPT_PROPERTIES else values, numeric)
    return st.builds(lambda how: {"property": name} | how, how)


filtered = st.sampled_from([*KEPT_PROPERTIES, "result", "answers.points", "a “b”"]).flatmap(filter_on)


@cache
def filters(least: int = 0) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(filtered, min_size=least, max_size=2)


def some(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(required, optional=optional)


def either(**strategies: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.one_of(*(st.fixed_dictionaries({name: each}) for name, each in strategies.items()))


deeds = st.builds(lambda event, where: {"event": event, "where": where}, event_names, filters())
ranges = {"at_least": numbers.filter(lambda n: n >= 0), "at_most": numbers.filter(lambda n: n >= 0)}


@cache
def filter_on_order(name: str) -> st.SearchStrategy[dict[str, Any]]:
    if name == "gift_card":
        how = st.just({"is": "exists"}) | st.builds(lambda value: {"value": value}, st.booleans())
    else:
        one = money if name in ("total", "price", "quantity") else texts
        how = compared(one, one)
    return st.builds(lambda how: {"property": name} | how, how)


def of_order(names: tuple[str, ...]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Filters on orders, or on their lines."""
    return st.lists(st.sampled_from(names).flatmap(filter_on_order), max_size=2)


picked = {"where": of_order(OF_ORDER), "lines": of_order(OF_LINES)}
ranked = st.one_of(
    some({"kind": st.just("trait"), "trait": traits}, fresh=durations),
    some(
        {
            "kind": st.just("orders"),
            "measure": st.sampled_from(["count", "sum", "average", "largest", "last", "quantity", "refunded"]),
        },
        within=windows,
        **picked,
    ),
)
few = either(last=counts, first=counts)
summed = st.sampled_from(["price", "total", "points", "answers.points"])
signed = st.sampled_from([0, 5, -3.5, 19.99, 0.000001])
ties = st.sampled_from(["product_id", "category", "message"])
clocks = st.sampled_from(["00:00", "09:30", "18:00"])
weekdays = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), max_size=3)
whole = st.integers(0, 5)

PARTS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "member": st.builds(
        dict.__or__,
        some({"segment": st.sampled_from(SEGMENTS)}),
        st.just({}) | either(**{"for": durations, "left": windows}),
    ),
    "trait": st.builds(
        dict.__or__,
        some({"trait": traits}, of=st.sampled_from(["any", "all", "none"]), fresh=durations),
        compared(values, numeric),
    ),
    "list": some({"list": texts}),
    "consent": some(
        {"is": st.sampled_from(["subscribed", "unsubscribed", "pending", "never_asked", "weekly", "monthly"])},
        topic=st.sampled_from(["marketing", "news", "a_b"]),
        within=windows,
        first_in=durations,
    ),
    "first_seen": either(before=durations, within=windows),
    "sample": some({"percent": percents, "salt": st.sampled_from(["a", "b.c"])}),
    "event": st.builds(
        dict.__or__,
        some(
            {"count": st.sampled_from(get_args(MODELS["event"].model_fields["count"].annotation))},
            within=windows,
            at_least=counts,
            at_most=most,
        ),
        deeds,
    )
    | st.builds(
        dict.__or__,
        some(
            {"count": st.sampled_from(["product_id", "category", "campaign", "message", "same_product_id"])},
            within=windows,
            at_least=counts,
            at_most=most,
            **{"with": deeds, "without": deeds},
        ),
        deeds,
    )
    | st.builds(dict.__or__, some({}, at_least=counts, within=windows), st.builds(dict.__or__, few, deeds))
    | st.builds(
        lambda *parts: {name: value for part in parts for name, value in part.items()},
        some({}, within=windows, last=counts),
        either(sum=summed, average=summed),
        either(at_least=signed, more=signed, at_most=signed, less=signed),
        deeds,
    ),
    "first_event": st.builds(dict.__or__, some({"within": windows}), deeds),
    "last_event": st.builds(dict.__or__, some({}, at_least=days, at_most=days), deeds),
    "latest": some({"where": filters(1)}, events=st.lists(event_names, min_size=1, max_size=2, unique=True)),
    "share": st.builds(
        dict.__or__,
        some(
            {"where": filters(1)},
            events=st.lists(event_names, min_size=1, max_size=2, unique=True),
            within=windows,
        ),
        st.sampled_from([{"at_least": 50}, {"more": 50}, {"at_most": 33.3}, {"less": 10}, {"more": 10, "at_most": 90}]),
    ),
    "sequence": some({"first": deeds, "then": deeds, "gap": durations}, without=deeds, same=ties, within=windows),
    "unanswered": some(
        {"of": deeds, "answers": st.lists(deeds, min_size=1, max_size=2)},
        at_least=counts,
        same=ties,
        older=durations,
        within=windows,
    ),
    "cart": some({"older": durations, "within": durations, "where": filters()}),
    "engagement": some({"tier": st.sampled_from(["highly", "moderately", "disengaged"])}, topic=texts, journey=texts),
    "orders": some(
        {},
        measure=st.sampled_from(get_args(MODELS["orders"].model_fields["measure"].annotation)),
        within=windows,
        **ranges,
        **picked,
        more=ranges["at_least"],
        less=ranges["at_least"],
    )
    | st.builds(
        dict.__or__,
        some({}, measure=st.sampled_from(["count", "sum", "days_between"]), within=windows, at_least=counts, **picked),
        few,
    ),
    "last_order": some({}, at_least=days, at_most=days, **picked),
    "near": st.builds(
        dict.__or__,
        some({"latitude": st.sampled_from([51.5, -51.5, 0]), "longitude": st.sampled_from([-0.12, 0.12])}),
        either(km=st.sampled_from([1, 2.5]), miles=st.sampled_from([1, 20])),
    ),
    "local_time": st.fixed_dictionaries({}, optional={"from": clocks, "to": clocks, "weekdays": weekdays}),
    "season": some({"is": st.sampled_from(["spring", "summer", "autumn", "winter"])}),
    "anniversary": st.builds(
        dict.__or__,
        some({}, trait=traits),
        either(next=whole, last=whole, within=st.sampled_from(["this_month", "last_month"])),
    ),
    "age": some({}, trait=traits, at_least=whole, at_most=whole),
    "date": some({"trait": traits, "from": st.sampled_from(["-7d", "0d", "3d"]), "to": st.sampled_from(["0d", "90s"])}),
    "rank": st.builds(
        dict.__or__,
        some({"by": ranked}, among=st.sampled_from(SEGMENTS)),
        either(top=percents, bottom=percents),
    ),
    "points": some(
        {"model": st.sampled_from(["lead", "steady"])}, at_least=st.integers(1, 50), at_most=st.integers(50, 90)
    ),
    "rfm": some(
        {"score": st.sampled_from(["recency", "frequency", "monetary"])},
        at_least=counts,
        at_most=counts,
        among=st.sampled_from(SEGMENTS),
    ),
}


def read(raw: dict[str, Any]) -> Any:
    """The condition; None where it is refused."""
    try:
        return CONDITION.validate_python(raw)
    except ValidationError:
        return None


@cache
def leaves(kind: str) -> st.SearchStrategy[Any]:
    """Conditions of one kind, those that are refused left out."""
    return PARTS[kind].map(lambda parts: read({"kind": kind} | parts)).filter(lambda condition: condition is not None)


any_leaf = st.sampled_from(LEAF_KINDS).flatmap(leaves)


def trees(leaf: st.SearchStrategy[Any] = any_leaf, most_leaves: int = 6) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds(lambda of: MODELS["all"](of=tuple(of)), st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda of: MODELS["any"](of=tuple(of)), st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda of: MODELS["not"](of=of), inner),
        ),
        max_leaves=most_leaves,
    )
