"""Hypothesis strategies: events of one contact, and conditions over what they add up to."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from shared.domain.events import DAY, HOUR, ConsentChange, Event, Identity, IdentityKind, Type, iso

BEGIN = 1_700_000_000_000
CONTACT = (Identity(kind=IdentityKind.SHOPIFY, value="1"),)
CATEGORIES = ("tea", "coffee", "books")


@st.composite
def events(draw: st.DrawFn, most: int = 12) -> list[Event]:
    """Events with distinct ids, at instants that often coincide, in the order of drawing."""
    return [draw(_event(number)) for number in range(draw(st.integers(0, most)))]


@st.composite
def _event(draw: st.DrawFn, number: int) -> Event:
    time = BEGIN + draw(st.integers(0, 12)) * 6 * HOUR
    type_ = draw(st.sampled_from([*ORDERS, Type.PAGE_VIEWED, Type.EMAIL_OPENED, Type.CONTACT_UPDATED, "Own Name"]))
    properties: dict[str, Any] = {}
    if type_ in ORDERS:
        properties["order_id"] = draw(st.sampled_from(["1", "2", "3"]))
        if type_ == Type.ORDER_REFUNDED:
            properties |= {"refund_id": f"r{number}", "amount": draw(st.sampled_from([5, 30]))}
        elif type_ != Type.ORDER_CANCELLED:
            ordered = BEGIN + draw(st.integers(0, 4)) * 6 * HOUR
            properties |= {"total": draw(st.sampled_from([10, 19.99, 250])), "ordered_at": iso(ordered)}
    if draw(st.booleans()):
        properties["category"] = draw(st.sampled_from([*CATEGORIES, list(CATEGORIES[:2])]))
    if type_ == Type.EMAIL_OPENED:
        properties["human"] = draw(st.booleans())
    consent = ()
    if draw(st.integers(0, 3)) == 0:
        consent = (ConsentChange(state=draw(st.sampled_from(["subscribed", "unsubscribed", "pending"]))),)
    return Event(
        id=f"e{number}",
        type=type_,
        time=time,
        stated=time,
        received=BEGIN + 3 * DAY,
        source="shopify",
        identities=CONTACT,
        traits=draw(st.dictionaries(st.sampled_from(["country", "visits"]), st.sampled_from(["GB", "FR", 3, 7, None]))),
        consent=consent,
        properties=properties,
    )


ORDERS = [Type.ORDER_COMPLETED, Type.ORDER_UPDATED, Type.ORDER_REFUNDED, Type.ORDER_CANCELLED]

windows = st.sampled_from(["6h", "12h", "1d", "30h", "2d"])
maybe_windows = st.none() | windows

leaves = st.one_of(
    st.fixed_dictionaries(
        {"kind": st.just("trait"), "trait": st.sampled_from(["country", "visits", "other"])},
        optional={},
    ).flatmap(
        lambda base: st.sampled_from(
            [
                {**base, "is": "equal", "value": "gb"},
                {**base, "is": "not_equal", "value": "GB"},
                {**base, "is": "in", "value": ["FR", 7]},
                {**base, "is": "at_least", "value": 5},
                {**base, "is": "prefix", "value": "f"},
                {**base, "is": "exists"},
            ]
        )
    ),
    st.builds(
        lambda state, within: {"kind": "consent", "is": state} | ({"within": within} if within else {}),
        st.sampled_from(["subscribed", "unsubscribed", "pending"]),
        maybe_windows,
    ),
    st.just({"kind": "consent", "is": "never_asked"}),
    st.builds(
        lambda event, least, within, where: (
            {"kind": "event", "event": event, "at_least": least, "where": where}
            | ({"within": within} if within else {})
        ),
        st.sampled_from([Type.PAGE_VIEWED, Type.ORDER_COMPLETED, Type.EMAIL_OPENED, "Own Name"]),
        st.integers(1, 3),
        maybe_windows,
        st.sampled_from(
            [[], [{"property": "category", "value": "tea"}], [{"property": "human", "is": "not_equal", "value": True}]]
        ),
    ),
    st.builds(
        lambda measure, least, within: (
            {"kind": "orders", "measure": measure, "at_least": least} | ({"within": within} if within else {})
        ),
        st.sampled_from(["count", "sum"]),
        st.sampled_from([1, 2, 19.99, 40, 260]),
        maybe_windows,
    ),
    st.builds(lambda before: {"kind": "first_seen", "before": before}, windows),
)

conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda of: {"kind": "all", "of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "any", "of": of}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda of: {"kind": "not", "of": of}, inner),
    ),
    max_leaves=6,
)
