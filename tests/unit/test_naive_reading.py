"""What a naive reading of docs/segments.md found: each case as it was found, and others of its kind."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.domain.conditions import Condition, Segment
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import HOUR, Event, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, rebuild
from shared.domain.segments import absorb, compile_segments, evaluate
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import by_sql, contact_id
from tests.unit.test_sql import shop as shop_of

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
NOW = 1_700_000_000_000


def told(type_: str, **fields: Any) -> Event:
    given = {"id": f"e{len(str(fields))}", "time": NOW, "received": NOW, "source": "shopify", **fields}
    return Event(type=type_, stated=given["time"], **given)


def holds(when: dict[str, Any], *events: Event) -> bool:
    """In Python and in SQL."""
    definitions = shop_of([CONDITION.validate_python(when)])
    profile = Profile(contact_id(0))
    for event in events:
        fold(profile, event)
    t = NOW + HOUR
    found = evaluate(definitions, "s0", profile, t)[0]
    lake = Lake([profile], {profile.contact: list(events)}, definitions, t)
    assert by_sql(definitions, lake, t) == {profile.contact: {"s0": found}}
    return found


# ── an order that two tell of is cut as one ──


@pytest.mark.parametrize("others", [58, 59, 60, 70])
@pytest.mark.parametrize("late", [False, True])
def test_a_cancelled_order_that_a_website_tells_of_too_never_counts_again(others: int, late: bool) -> None:
    segments = [
        Segment.model_validate({"id": measure, "name": "S", "sentence": "S.", "when": when})
        for measure, when in {
            "largest": {"kind": "orders", "measure": "largest", "at_least": 100},
            "sum": {"kind": "orders", "measure": "sum", "at_least": 500},
        }.items()
    ]
    definitions = compile_segments(segments)

    def event(id_: str, type_: str, after: int, public: bool = False, **properties: Any) -> Event:
        t = NOW + after
        when = {"time": t, "stated": t, "received": t}
        return Event(id=id_, type=type_, source="shopify", public=public, properties=properties, **when)

    first = event("x", Type.ORDER_COMPLETED, 0, order_id="X", order_number="1001", total=500)
    gone = event("c", Type.ORDER_CANCELLED, 5, order_id="X")
    thanks = event("p", Type.ORDER_COMPLETED, 10**7 if late else 1000, public=True, order_id="1001", total=500)
    rest = [event(f"o{n}", Type.ORDER_COMPLETED, 10_000 + n, order_id=f"o{n}", total=1) for n in range(others)]
    profile, past = Profile("c1"), list[Event]()
    for each in sorted([first, gone, thanks, *rest], key=lambda each: each.received):
        past.append(each)
        try:
            absorb(definitions, profile, [each], each.received)
        except HistoryNeededError:
            profile = rebuild(profile, past[:-1])
            absorb(definitions, profile, [each], each.received)
    try:
        absorb(definitions, profile, [], NOW + 10**8, anew=True)
    except HistoryNeededError:
        profile = rebuild(profile, past)
        absorb(definitions, profile, [], NOW + 10**8, anew=True)
    assert not any(held.member for held in profile.memberships.values())


# ── options that were ignored, ids that were dropped, amounts below nought ──


@pytest.mark.parametrize(
    ("tags", "of", "expected"),
    [(["a"], "any", True), (["a"], "all", True), (["a"], "none", False),
     ([], "any", False), ([], "all", False), ([], "none", True), ("a", "any", True), ("a", "none", False)],
)  # fmt: skip
def test_exists_knows_an_empty_list(tags: Any, of: str, expected: bool) -> None:
    when = {"kind": "trait", "trait": "interests", "is": "exists", "of": of}
    assert holds(when, told(Type.CONTACT_UPDATED, traits={"interests": tags})) == expected
    assert not holds(when)


@pytest.mark.parametrize("name", ["Blue Mug", "tasse-grün", "Größe 42 / blau", "日本茶", "a'b\\c", "17", 17])
def test_products_may_be_called_as_the_shop_calls_them(name: Any) -> None:
    where = [{"property": "product_id", "value": str(name)}]
    viewed = told(Type.PRODUCT_VIEWED, properties={"product_id": name})
    assert holds({"kind": "event", "event": Type.PRODUCT_VIEWED, "where": where}, viewed)
    bought = told(Type.ORDER_COMPLETED, properties={"order_id": "1", "products": [{"product_id": name, "price": 5}]})
    assert holds({"kind": "event", "event": Type.ORDER_COMPLETED, "where": where}, bought)


@pytest.mark.parametrize("name", ["ada@example.com", "+49 151 12345678", "Lovelace mug", "  ", "x" * 201])
def test_what_says_who_somebody_is_is_no_product(name: str) -> None:
    viewed = told(Type.PRODUCT_VIEWED, properties={"product_id": name}, traits={"last_name": "Lovelace"})
    assert not holds(
        {"kind": "event", "event": Type.PRODUCT_VIEWED, "where": [{"property": "product_id", "is": "exists"}]}, viewed
    )


@pytest.mark.parametrize("property_", ["price", "total"])
def test_amounts_below_nought_pass_nothing(property_: str) -> None:
    where = [{"property": property_, "is": "less", "value": 1}]
    for type_, properties in ((Type.PRODUCT_VIEWED, {}), (Type.ORDER_COMPLETED, {"order_id": "1"})):
        below = told(type_, properties={**properties, property_: -5})
        assert not holds({"kind": "event", "event": type_, "where": where}, below)


@pytest.mark.parametrize(
    ("type_", "properties", "expected"),
    [
        (Type.CART_UPDATED, {"products": [{"product_id": "p"}]}, True),
        (Type.CART_UPDATED, {"products": [{"product_id": "p", "price": 0}]}, True),
        (Type.CART_UPDATED, {"products": [{"name": "A sample"}]}, True),
        (Type.CART_UPDATED, {"products": [{"product_id": "p", "price": 5, "quantity": "2"}]}, True),
        (Type.CART_UPDATED, {"products": [{"product_id": "p", "price": 5, "quantity": 2.0}]}, True),
        (Type.CHECKOUT_STARTED, {"value": 20}, True),
        (Type.CHECKOUT_STARTED, {"revenue": 20}, True),
        (Type.CART_UPDATED, {"products": [], "total": 100}, False),
        (Type.CART_UPDATED, {"products": []}, False),
        (Type.CART_UPDATED, {"total": 0}, False),
    ],
)
def test_a_cart_with_things_in_it_is_none_that_is_empty(type_: str, properties: Any, expected: bool) -> None:
    assert holds({"kind": "cart", "older": "30min", "within": "3d"}, told(type_, properties=properties)) == expected


@pytest.mark.parametrize(
    ("measure", "bounds", "expected"),
    [
        ("largest", {"at_most": 10.005}, False),
        ("largest", {"at_least": 10.005}, True),
        ("average", {"at_least": 10.0101}, False),
        ("average", {"at_most": 10.0101}, True),
        ("sum", {"at_most": 10.009}, False),
    ],
)
def test_bounds_of_money_are_not_rounded(measure: str, bounds: Any, expected: bool) -> None:
    order = told(Type.ORDER_COMPLETED, properties={"order_id": "1", "total": 10.01})
    assert holds({"kind": "orders", "measure": measure, **bounds}, order) == expected


UNANSWERED = {"kind": "unanswered", "of": {"event": "Email Sent"}, "answers": [{"event": "Email Opened"}]}


@pytest.mark.parametrize(
    "when",
    [
        {**UNANSWERED, "older": "5d", "within": "5d"},
        {**UNANSWERED, "older": "5d", "within": {"from": "-4d"}},
        {**UNANSWERED, "older": "5d", "within": {"from": "-5d", "to": "-1d"}},
        {"kind": "cart", "older": "3d", "within": "3d"},
        {"kind": "orders", "at_least": 0},
        {"kind": "orders", "measure": "sum", "at_least": 0},
        {"kind": "orders", "at_least": 3, "at_most": 2},
        {"kind": "last_order", "at_most": 0},
        {"kind": "last_event", "event": "Page Viewed", "at_most": 0},
        {"kind": "event", "event": "Page Viewed", "at_least": 0},
        {"kind": "trait", "trait": "tags", "is": "in", "value": [None]},
        {"kind": "trait", "trait": "tags", "is": "in", "value": [{}]},
        {"kind": "event", "event": "Product Viewed", "where": [{"property": "product_id", "value": 5}]},
        {"kind": "event", "event": "Product Viewed", "where": [{"property": "device", "value": True}]},
    ],
)
def test_what_can_never_pass_or_always_does_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        CONDITION.validate_python(when)


@pytest.mark.parametrize(
    "when",
    [
        {"kind": "orders", "at_least": 0, "at_most": 2},
        {"kind": "orders", "measure": "average", "at_least": 0},
        {"kind": "last_order", "at_least": 0},
        {**UNANSWERED, "older": "5d", "within": {"from": "-6d", "to": "-1d"}},
        {**UNANSWERED, "older": "40d", "within": "last_6_months"},
    ],
)
def test_what_is_true_of_some_is_not(when: dict[str, Any]) -> None:
    CONDITION.validate_python(when)
