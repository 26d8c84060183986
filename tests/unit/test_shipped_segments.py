"""The shipped segments: of each there is somebody who is in it and somebody who is nearly, and is not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from shared.adapters import definitions as shipped
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, ConsentChange, Event, Type, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, trim
from shared.domain.profiles.transitions import Membership
from shared.domain.segments import compile_segments, evaluate, ranks

NOW = parse_instant("2026-11-28T18:30:00Z")  # a Saturday evening
SEGMENTS = {segment.id: segment for segment in shipped.shipped()}
CUTOFFS = {"high_value": 100, "champions": 0, "likely_to_buy": 0.7}
"""Of the number that is ranked, by segment: hundredths, counts and instants are all more than 0."""
DEFINITIONS = compile_segments(
    SEGMENTS.values(),
    zone="Europe/London",
    models=shipped.shipped_models(),
    cutoffs={rank.key: CUTOFFS[segment.id] for segment in SEGMENTS.values() for rank in ranks(segment)},
)


def at(ago: int, type_: str, traits: dict[str, Any] | None = None, state: Any = None, **properties: Any) -> Event:
    time = NOW - ago
    return Event(
        id=f"{type_}{ago}",
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="shopify",
        traits=traits or {},
        consent=(ConsentChange(state=state),) if state else (),
        properties=properties,
    )


def said(state: str, ago: int = 10 * DAY, **traits: Any) -> list[Event]:
    return [at(ago, Type.CONSENT_CHANGED, traits, state)]


def known(**traits: Any) -> list[Event]:
    return [at(5 * DAY, Type.CONTACT_UPDATED, traits)]


def orders(*days_ago: float, total: float = 20, category: str = "tea", **properties: Any) -> list[Event]:
    products = [{"product_id": "p1", "category": category}]
    return [
        at(round(days * DAY), Type.ORDER_COMPLETED, order_id=f"{days}", total=total, products=products, **properties)
        for days in days_ago
    ]


def cart(ago: int, worth: float = 20, category: str = "tea") -> list[Event]:
    return [at(ago, Type.CART_UPDATED, products=[{"product_id": "p1", "category": category, "price": worth}])]


def many(times: int, every: int, type_: str, **properties: Any) -> list[Event]:
    return [at((number + 1) * every, type_, **properties) for number in range(times)]


IN_OR_NEARLY: dict[str, tuple[list[Event], list[Event]]] = {
    "new_subscribers": (said("subscribed"), said("subscribed", 30 * DAY)),
    "customers": (orders(900), cart(HOUR)),
    "active_customers": (orders(89), orders(90)),
    "first_time_buyers": (orders(400), orders(400, 3)),
    "repeat_buyers": (orders(1, 90, 182), orders(1, 90, 183)),
    "high_spenders": (orders(300, 2, total=250), orders(300, 2, total=249)),
    "inactive": (said("subscribed", 61 * DAY), [*said("subscribed", 61 * DAY), at(DAY, Type.PAGE_VIEWED)]),
    "inactive_without_visits": (
        [*said("subscribed", 130 * DAY), *many(3, 30 * DAY, Type.EMAIL_SENT), at(DAY, Type.EMAIL_OPENED, human=False)],
        [*said("subscribed", 130 * DAY), *many(2, 30 * DAY, Type.EMAIL_SENT)],
    ),
    "lapsed_customers": (orders(180), orders(400, 179)),
    "dormant": (said("subscribed", 200 * DAY, dormant=True), said("subscribed", 200 * DAY)),
    "hot_leads": (
        [*said("subscribed"), *many(5, HOUR, Type.PRODUCT_VIEWED), at(DAY, "Checkout Started", total=20)],
        [*said("subscribed"), *many(4, HOUR, Type.PRODUCT_VIEWED), at(HOUR, Type.CART_UPDATED, total=0)],
    ),
    "complete_profiles": (
        known(first_name="Ada", birthday="1990-05-17", interest="tea"),
        known(first_name="Ada", birthday="1990-05-17"),
    ),
    "subscribers": (said("subscribed", 900 * DAY), said("pending")),
    "leads": (said("subscribed"), [*said("subscribed"), *orders(3)]),
    "loyal_customers": (orders(300, 200, 150, 100, 30), orders(300, 250, 200, 150, 100)),
    "at_risk": (orders(300, 120), orders(300, 20)),
    "churned": (orders(365), orders(364)),
    "champions": (orders(3), cart(HOUR)),
    "high_value": ([*orders(3), *known(predicted_value=100)], [*orders(3), *known(predicted_value=99)]),
    "abandoned_cart": (cart(HOUR), [*cart(2 * HOUR), *orders(1 / 24)]),
    "abandoned_coffee_cart": (cart(HOUR, category="Coffee"), cart(HOUR)),
    "big_carts": (cart(6 * DAY, worth=100), cart(6 * DAY, worth=99.99)),
    "evening_carts": (cart(2 * HOUR), [*cart(2 * HOUR), *known(timezone="America/New_York")]),
    "eyeing_a_product": (
        many(3, 10 * MINUTE, Type.PRODUCT_VIEWED, product_id="p1"),
        many(3, 20 * MINUTE, Type.PRODUCT_VIEWED, product_id="p1"),
    ),
    "weekend_shoppers": (
        many(3, DAY, Type.PRODUCT_VIEWED, product_id="p1"),
        many(2, DAY, Type.PRODUCT_VIEWED, product_id="p1"),
    ),
    "mobile_visitors": (
        [at(DAY, Type.PAGE_VIEWED, device="mobile")],
        [at(DAY, Type.PAGE_VIEWED, device="mobile"), at(HOUR, Type.PRODUCT_VIEWED, device="desktop")],
    ),
    "likely_to_upgrade": (known(propensity={"upgrade": 0.7}), known(propensity={"tea": 0.9})),
    "likely_to_buy": (
        [*orders(3), *known(**{"propensity.order": 0.7})],
        [*orders(3), *known(**{"propensity.order": 0.69})],
    ),
    "likely_to_churn": (known(predicted_churn="high"), known(predicted_churn="medium")),
    "due_to_reorder": (known(predicted_order="2026-12-05"), known(predicted_order="2026-12-07")),
    "highly_engaged": (
        [at(DAY, Type.EMAIL_CLICKED, human=True)],
        [*many(3, DAY, Type.EMAIL_OPENED, human=True), at(DAY, Type.EMAIL_CLICKED, human=False)],
    ),
    "moderately_engaged": (
        [at(40 * DAY, Type.EMAIL_CLICKED, human=True)],
        [at(20 * DAY, Type.EMAIL_CLICKED, human=True)],
    ),
    "disengaged": ([at(90 * DAY, Type.EMAIL_SENT)], [at(89 * DAY, Type.EMAIL_SENT)]),
    "mails_unanswered": (
        many(5, 3 * DAY, Type.EMAIL_SENT),
        [*many(5, 3 * DAY, Type.EMAIL_SENT), at(14 * DAY, Type.PAGE_VIEWED)],
    ),
    "unhappy": (
        [at(29 * DAY, Type.CONTACT_UPDATED, {"sentiment": "negative"})],
        [
            at(30 * DAY, Type.CONTACT_UPDATED, {"sentiment": "negative", "satisfaction": "poor"}),
            *known(sentiment="positive", left_because="price"),
            at(DAY, Type.CONTACT_UPDATED, {"satisfaction": "fine"}),
        ],
    ),
    "fiction_lovers": (orders(182, category="fiction"), orders(183, category="fiction")),
    "yoga_interest": (
        [at(6 * DAY, Type.PRODUCT_VIEWED, category="Yoga")],
        [at(7 * DAY, Type.PRODUCT_VIEWED, category="Yoga")],
    ),
    "espresso_lovers": (orders(1, 20, 30, category="espresso"), orders(1, 20, category="espresso")),
    "price_sensitive": (
        many(3, DAY, Type.PAGE_VIEWED, path="/collections/sale"),
        many(3, DAY, Type.PAGE_VIEWED, path="/collections/new"),
    ),
    "birthday_this_month": (known(birthday="1990-11-01"), known(birthday="1990-12-01")),
    "young_adults": (known(birthday="2008-11-28"), known(birthday="2008-11-29")),
    "winter_coat_climate": (known(country="US", region="MN"), known(country="US", region="FL")),
    "near_store": (known(latitude=51.75, longitude=-0.34), known(latitude=51.75, longitude=-1.26)),
}


def is_in(segment: str, events: Iterable[Event]) -> bool:
    profile = Profile("c1")
    for event in events:
        fold(profile, event)
    trim(profile)
    return evaluate(DEFINITIONS, segment, profile, NOW)[0]


@pytest.mark.parametrize("segment", sorted(SEGMENTS.keys() - {"long_dormant", "just_lapsed"}))
def test_somebody_is_in_it_and_somebody_nearly(segment: str) -> None:
    inside, nearly = IN_OR_NEARLY[segment]
    assert is_in(segment, inside)
    assert not is_in(segment, nearly)


def test_who_is_dormant_for_half_a_year_is_long_dormant() -> None:
    """Of the recorded memberships, which no event alone makes."""
    for days, is_long in ((183, True), (182, False)):
        profile = Profile("c1")
        for event in said("subscribed", 400 * DAY, dormant=True):
            fold(profile, event)
        profile.memberships["dormant"] = Membership(member=True, number=1, since=NOW - days * DAY, until=NEVER)
        assert evaluate(DEFINITIONS, "long_dormant", profile, NOW)[0] is is_long


def test_who_stopped_being_an_active_customer_within_30_days_has_just_lapsed() -> None:
    for days, has_lapsed in ((119, True), (120, False), (89, False)):
        profile = Profile("c1")
        for event in orders(days):
            fold(profile, event)
        left = NOW - (days - 90) * DAY
        profile.memberships["active_customers"] = Membership(member=days < 90, number=2, since=left, until=NEVER)
        assert evaluate(DEFINITIONS, "just_lapsed", profile, NOW)[0] is has_lapsed


def test_each_has_a_name_of_its_own_and_a_sentence_that_says_who() -> None:
    segments = SEGMENTS.values()
    assert len({each.name for each in segments}) == len({each.sentence for each in segments}) == len(segments)
    starts = ("People", "Everybody", "Subscribers", "The best", "The fifth", "Inactive subscribers")
    assert all(each.sentence.startswith(starts) and each.sentence.endswith(".") for each in segments)


def test_all_groups_of_the_field_are_there() -> None:
    groups = {each.group for each in SEGMENTS.values()}
    assert groups == {"demographic", "geographic", "behavioural", "psychographic", "lifecycle"}


def test_nobody_who_is_just_known_is_woken_by_the_calendar_alone() -> None:
    """A segment of the calendar asks for something else too: else every contact is woken, every evening."""
    profile = Profile("c1")
    fold(profile, at(5 * DAY, Type.CONTACT_UPDATED, {"first_name": "Ada", "country": "GB"}))
    until = {id_: evaluate(DEFINITIONS, id_, profile, NOW)[1] for id_ in SEGMENTS}
    assert {id_: t for id_, t in until.items() if t != NEVER} == {}
