"""A journey's filter on an event means what a segment's does: of any event, both say the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain.conditions import Condition, Segment
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import EventCount
from shared.domain.conditions.orders import Orders
from shared.domain.events import DAY, Event, Type
from shared.domain.journeys.acts import STATES, acts, filter_of
from shared.domain.journeys.filling import fill, needs_run
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.segments import compile_segments, evaluate
from tests.unit.journey_player import NOW, Player, event, journey, order
from tests.unit.profile_histories import AFTER, events, filters

several = st.lists(filters, min_size=1, max_size=3)


def read(raw: list[dict[str, Any]]) -> tuple[Where, ...]:
    try:
        return tuple(Where.model_validate(each) for each in raw)
    except ValidationError:
        return ()


@settings(max_examples=400, deadline=None)
@given(events(most=1).filter(bool), several)
def test_a_filter_passes_the_events_that_the_same_condition_counts(
    told: list[Event], raw: list[dict[str, Any]]
) -> None:
    where = read(raw)
    (act,) = acts(Profile("c1"), told)
    if act.name is None:
        return
    condition = EventCount(event=act.name, where=where)
    definitions = compile_segments([Segment(id="s", name="s", sentence="s", when=condition)])
    profile = Profile("c1")
    fold(profile, told[0], definitions.asked)
    assert filter_of(where)(act) == evaluate(definitions, "s", profile, AFTER)[0]


@settings(max_examples=100, deadline=None)
@given(events(most=6))
def test_nothing_happens_by_what_counts_nowhere_and_an_order_happens_once(told: list[Event]) -> None:
    found = acts(Profile("c1"), told)
    profile = Profile("c1")
    for each in told:
        fold(profile, each)
    for act in found:
        assert act.name in (None, act.event.type)
        assert act.name not in STATES
        if act.name is not None and act.name != Type.ORDER_COMPLETED:
            assert act.name in profile.histories
    for name in {act.name for act in found} - {None}:
        firsts = [act.first for act in found if act.name == name]
        assert firsts == [True] + [False] * (len(firsts) - 1) or name == Type.ORDER_COMPLETED


@pytest.mark.parametrize("id_", ["77", "0077"])
def test_of_a_storefront_and_its_website_one_tells_of_the_order(id_: str) -> None:
    def told(source: Any, public: bool, **properties: Any) -> Event:
        made = order(NOW, id_=id_) if not public else event(Type.ORDER_COMPLETED, NOW, order_id="1001")
        return made.model_copy(update={"source": source, "public": public, "properties": {"total": 5, **properties}})

    storefront = told("shopify", False, order_number="#1001")
    website = told("segment", True, order_id="#1001")
    for both in ([storefront, website], [website, storefront]):
        profile, names = Profile("c1"), []
        for each in both:  # in batches of their own
            names += [(act.name, act.first) for act in acts(profile, [each])]
            fold(profile, each)
        assert names == [(Type.ORDER_COMPLETED, True), (None, False)]
        assert [act.name for act in acts(Profile("c1"), both)] == [Type.ORDER_COMPLETED, None]


def test_an_order_that_the_public_key_tells_of_happens_only_where_it_counts() -> None:
    made = event(Type.ORDER_COMPLETED, NOW, order_id="1001").model_copy(update={"source": "segment", "public": True})
    for counts in (True, False):
        (act,) = acts(Profile("c1"), [made.model_copy(update={"counts": counts})])
        assert (act.name is not None) is counts


@pytest.mark.parametrize("earlier", [Type.ORDER_UPDATED, Type.ORDER_PAID])
def test_an_order_happens_also_when_another_state_of_it_was_faster(earlier: str) -> None:
    made = order(NOW, id_="77")
    update = made.model_copy(update={"id": "u", "type": earlier})
    profile = Profile("c1")
    fold(profile, update)
    (act,) = acts(profile, [made])
    assert (act.name, act.first) == (Type.ORDER_COMPLETED, True)


def test_an_order_that_does_not_stand_is_none_and_a_second_one_is_not_the_first() -> None:
    made = order(NOW, id_="77")
    assert made.order is not None
    (act,) = acts(Profile("c1"), [made.model_copy(update={"order": made.order.model_copy(update={"stands": False})})])
    assert act.name is None
    profile = Profile("c1")
    fold(profile, made)
    cancelled = event(Type.ORDER_CANCELLED, NOW + DAY).model_copy(
        update={"order": made.order.model_copy(update={"stands": False})}
    )
    fold(profile, cancelled)
    (again,) = acts(profile, [order(NOW + 2 * DAY)])
    assert (again.name, again.first) == (Type.ORDER_COMPLETED, False)


# ── what a run fills in ──

TRIGGER = {"cart_id": "a", "product_id": ["p1", "p2"], "total": 1999, "visits": 3, "on": True}


@pytest.mark.parametrize(
    ("raw", "value", "passes"),
    [
        ({"property": "cart_id", "value": "$trigger.cart_id"}, {"cart_id": "A"}, True),
        ({"property": "cart_id", "value": "$trigger.cart_id"}, {"cart_id": "b"}, False),
        ({"property": "cart_id", "value": "$trigger.cart_id"}, {}, False),
        ({"property": "cart_id", "is": "not_equal", "value": "$trigger.cart_id"}, {"cart_id": "b"}, True),
        ({"property": "cart_id", "is": "not_equal", "value": "$trigger.cart_id"}, {"cart_id": "a"}, False),
        # What the trigger does not have, nothing is equal to.
        ({"property": "cart_id", "value": "$trigger.gone"}, {"cart_id": "a"}, False),
        ({"property": "cart_id", "value": "$trigger.gone"}, {}, False),
        ({"property": "cart_id", "is": "not_equal", "value": "$trigger.gone"}, {"cart_id": "a"}, True),
        ({"property": "cart_id", "is": "contains", "value": "$trigger.gone"}, {"cart_id": "a"}, False),
        ({"property": "total", "is": "less", "value": "$trigger.gone"}, {"total": 1}, False),
        # Of several products one has to be the same.
        ({"property": "product_id", "value": "$trigger.product_id"}, {"product_id": "p2"}, True),
        ({"property": "product_id", "is": "in", "value": "$trigger.product_id"}, {"product_id": "p3"}, False),
        ({"property": "product_id", "is": "not_equal", "value": "$trigger.product_id"}, {"product_id": "p3"}, True),
        ({"property": "product_id", "is": "not_equal", "value": "$trigger.product_id"}, {"product_id": "p1"}, False),
        # Amounts are in the shop's currency on both sides.
        ({"property": "total", "is": "more", "value": "$trigger.total"}, {"total": "20.00"}, True),
        ({"property": "total", "is": "more", "value": "$trigger.total"}, {"total": "19.99"}, False),
        ({"property": "total", "value": "$trigger.total"}, {"total": 19.99}, True),
        ({"property": "total", "is": "more", "value": "$trigger.cart_id"}, {"total": 5}, False),
        ({"property": "times", "is": "at_least", "value": "$trigger.visits"}, {"times": 3}, True),
        ({"property": "on", "value": "$trigger.on"}, {"on": True}, True),
        ({"property": "on", "value": "$trigger.on"}, {"on": "true"}, False),
    ],
)
def test_a_filter_names_what_the_trigger_told(raw: dict[str, Any], value: dict[str, Any], passes: bool) -> None:
    where = (Where.model_validate(raw),)
    assert needs_run(where)
    (act,) = acts(Profile("c1"), [event("Cart Updated", NOW, **value)])
    assert filter_of(fill(where, TRIGGER, NOW))(act) is passes


def test_conditions_name_the_trigger_and_the_run_however_deep() -> None:
    raw = {
        "kind": "all",
        "of": [
            {
                "kind": "not",
                "of": {
                    "kind": "orders",
                    "within": "this_run",
                    "lines": [{"property": "product_id", "value": "$trigger.product_id"}],
                },
            },
            {
                "kind": "event",
                "event": "Cart Updated",
                "within": "this_run",
                "where": [{"property": "cart_id", "value": "$trigger.cart_id"}],
            },
        ],
    }
    condition = TypeAdapter[Any](Condition).validate_python(raw)
    filled = fill(condition, TRIGGER, NOW)
    assert needs_run(condition) and not needs_run(filled)
    assert isinstance(filled.of[0].of, Orders)
    assert filled.of[0].of.lines[0].value == ("p1", "p2")
    assert condition == TypeAdapter[Any](Condition).validate_python(raw), "the definition stays as it is"


def test_two_runs_of_one_journey_ask_each_for_its_own() -> None:
    changed = {
        "kind": "event",
        "event": "Cart Updated",
        "within": "this_run",
        "at_least": 2,
        "where": [{"property": "cart_id", "value": "$trigger.cart_id"}],
    }
    steps = (
        {"kind": "wait", "id": "w", "for": "1d"},
        {"kind": "branch", "id": "b", "ways": [{"when": changed, "next": "again"}]},
        {"kind": "end", "id": "once", "outcome": "once"},
        {"kind": "end", "id": "again", "outcome": "again"},
    )
    player = Player(journey({"kind": "event", "events": ["Cart Updated"]}, *steps, entry={"per": "cart_id"}))
    for cart in "aba":
        player.tell(event("Cart Updated", NOW, cart_id=cart))
    player.pass_to(NOW + DAY)
    assert [(run.key, run.outcome) for run in player.runs.values()] == [("a", "again"), ("b", "once")]


@pytest.mark.parametrize(
    "raw",
    [
        {"kind": "orders", "within": "this_run"},
        {"kind": "not", "of": {"kind": "event", "event": "A", "where": [{"property": "x", "value": "$trigger.x"}]}},
        {"kind": "member", "segment": "s", "left": "this_run"},
        {"kind": "trait", "trait": "size", "value": "$trigger.size"},
    ],
)
def test_a_segment_has_no_run_to_ask_of(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="known in a journey only"):
        Segment.model_validate({"id": "s", "name": "s", "sentence": "s", "when": raw})


def test_what_a_journey_asks_of_events_is_kept_in_profiles() -> None:
    asked = {"kind": "event", "event": "Quiz Taken", "where": [{"property": "result", "value": "dry"}]}
    steps = (
        {"kind": "wait", "id": "w", "for": "1d"},
        {"kind": "branch", "id": "b", "ways": [{"when": asked, "next": "dry"}]},
        {"kind": "end", "id": "other", "outcome": "other"},
        {"kind": "end", "id": "dry", "outcome": "dry"},
    )
    player = Player(journey({"kind": "event", "events": ["Quiz Taken"]}, *steps))
    player.tell(event("Quiz Taken", NOW, result="dry"))
    player.pass_to(NOW + DAY)
    assert player.runs[1].outcome == "dry"


@pytest.mark.parametrize(
    ("raw", "passes"),
    [
        ([("product_id", "p1"), ("category", "tea")], True),
        ([("product_id", "p1"), ("category", "coffee")], False),  # both are in it, on two lines
        ([("product_id", "p2"), ("category", "coffee"), ("total", 30)], True),
        ([("discount_codes", "WELCOME")], True),
        ([("discount_codes", "OTHER")], False),
    ],
)
def test_filters_on_what_is_in_an_order_pass_on_one_line(raw: list[tuple[str, Any]], passes: bool) -> None:
    products = [{"product_id": "p1", "category": "tea"}, {"product_id": "p2", "category": "coffee"}]
    told = order(NOW, total=30)
    told = told.model_copy(
        update={"properties": {**told.properties, "products": products, "discount_codes": ["WELCOME"]}}
    )
    where = tuple(Where(property=name, value=value) for name, value in raw)
    (act,) = acts(Profile("c1"), [told])
    assert filter_of(where)(act) is passes
    definitions = compile_segments(
        [Segment(id="s", name="s", sentence="s", when=EventCount(event=Type.ORDER_COMPLETED, where=where))]
    )
    profile = Profile("c1")
    fold(profile, told, definitions.asked)
    assert evaluate(definitions, "s", profile, NOW)[0] is passes


def test_that_something_is_not_in_an_order_is_said_of_the_order_and_not_of_a_line() -> None:
    where = read([{"property": each, "is": "not_equal", "value": "coffee"} for each in ("category", "product_id")])
    for products, passes in (([], True), ([{"product_id": "p1", "category": "tea"}, {"product_id": "coffee"}], False)):
        told = order(NOW)
        told = told.model_copy(update={"properties": {**told.properties, "products": products}})
        assert filter_of(where)(acts(Profile("c1"), [told])[0]) is passes
