"""Plain words: every definition has some, they leave nothing out, and they read like English."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.calendars import PARTS as PARTS_OF_TIME
from shared.domain.conditions import All, Any_, Not, Segment
from shared.domain.conditions.calendar import Anniversary, LocalTime
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import EventCount, InSequence, Unanswered
from shared.domain.conditions.orders import Orders
from shared.domain.conditions.traits import TraitIs
from shared.domain.wording import sentence
from tests.unit.any_condition import CONDITION, LEAF_KINDS, PARTS, SEGMENTS, read, trees

KNOWN = {
    name: Segment.model_validate(
        {"id": name, "name": name.title(), "sentence": "S.", "when": {"kind": "orders", "at_least": 1}}
    )
    for name in SEGMENTS
}


def told(when: dict[str, Any]) -> str:
    return sentence(KNOWN, CONDITION.validate_python(when))


# ── every tree has a text, and the text says all ──


def test_there_is_a_strategy_for_every_kind() -> None:
    assert set(PARTS) == set(LEAF_KINDS)


@given(trees())
def test_every_tree_has_a_text(condition: Any) -> None:
    text = sentence(KNOWN, condition)
    assert text == text.strip() and text
    assert "  " not in text.replace("“  ", "“") or "“" in text
    assert text.count("(") == text.count(")") or "“" in text


@settings(max_examples=80)
@given(st.data())
@pytest.mark.parametrize("kind", LEAF_KINDS)
def test_two_conditions_of_one_kind_and_one_text_mean_the_same(kind: str, data: st.DataObject) -> None:
    """The second is the first with one parameter changed, so that nothing else can tell them apart."""
    raw, drawn = data.draw(PARTS[kind]), data.draw(PARTS[kind])
    assume(raw or drawn)
    changed = data.draw(st.sampled_from(sorted({*raw, *drawn})))
    mixed = {name: value for name, value in raw.items() if name != changed}
    mixed |= {changed: drawn[changed]} if changed in drawn else {}
    one, other = (read({"kind": kind} | parts) for parts in (raw, mixed))
    other = read({"kind": kind} | drawn) if other is None else other
    assume(one is not None and other is not None)
    for holds in (True, False):
        texts = {sentence(KNOWN, each if holds else Not(of=each)) for each in (one, other)}
        assert len(texts) == 2 or meaning(one) == meaning(other)


def test_two_trees_of_one_text_are_true_together() -> None:
    """All trees of three levels over two traits."""
    level: list[Any] = [TraitIs(trait=name, value="x") for name in "ab"]
    for _ in range(2):
        pairs = [(one, other) for one in level for other in level]
        composed = [kind(of=pair) for kind in (All, Any_) for pair in pairs]
        level = [*level, *(Not(of=each) for each in level), *composed]
    tables: dict[str, set[tuple[bool, ...]]] = {}
    for tree in level:
        table = tuple(truth(tree, known) for known in ({"a"}, {"b"}, {"a", "b"}, set()))
        tables.setdefault(sentence(KNOWN, tree), set()).add(table)
    assert len(level) > 300
    assert {text: found for text, found in tables.items() if len(found) > 1} == {}


def truth(condition: Any, known: set[str]) -> bool:
    match condition:
        case All():
            return all(truth(part, known) for part in condition.of)
        case Any_():
            return any(truth(part, known) for part in condition.of)
        case Not():
            return not truth(condition.of, known)
        case _:
            return condition.trait in known


def meaning(condition: Any) -> Any:
    """The condition without what its docstring says makes no difference."""

    def filters(where: tuple[Where, ...]) -> list[str]:
        return sorted({repr((each.property, each.is_, each.value)) for each in where})

    match condition:
        case EventCount() if condition.measured is not None:
            dumped = condition.model_dump(exclude={"where"})
            return dumped, filters(condition.where)
        case EventCount() | Orders(measure="count"):
            least, most = condition.at_least, condition.at_most
            if least is None and most is None:
                least = 1
            if most == 0:
                least = None
            how = "any" if isinstance(condition, EventCount) and most == 0 else getattr(condition, "count", "orders")
            if how in PARTS_OF_TIME and (least, most) == (1, None):
                how = "events"  # on one day at least, or once at least
            if isinstance(condition, Orders):
                rest: Any = (condition.where, condition.lines, condition.more, condition.less)
            else:
                tied = [each and (each.event, filters(each.where)) for each in (condition.with_, condition.without)]
                rest = (condition.event, filters(condition.where), tied)
            return how, least, most, condition.within, condition.which, rest
        case TraitIs(is_="exists"):
            return condition.model_copy(update={"of": "any"})
        case Anniversary():
            return condition.trait, 0 if 0 in (condition.next, condition.last) else (condition.next, condition.last)
        case LocalTime():
            return condition.from_, condition.to, sorted(set(condition.weekdays))
        case InSequence() | Unanswered():
            return condition.model_dump(exclude={"first", "then", "without", "of", "answers"}), [
                (each.event, filters(each.where))
                for each in (
                    (condition.first, condition.then, *((condition.without,) if condition.without else ()))
                    if isinstance(condition, InSequence)
                    else (condition.of, *condition.answers)
                )
            ]
        case _:
            dumped = condition.model_dump()
            if "where" in dumped:
                dumped["where"] = filters(condition.where)
            return dumped


# ── examples: what is said, and what is said when it is denied ──

EXAMPLES: list[tuple[dict[str, Any], str, str]] = [
    (
        {"kind": "orders", "measure": "days_between", "at_least": 60, "last": 2},
        "has on average at least 60 days between orders, looking only at their last 2 orders",
        "does not have on average at least 60 days between orders, looking only at their last 2 orders",
    ),
    (
        {"kind": "orders", "first": 1, "where": [{"property": "coupon", "value": "WELCOME"}]},
        "has placed an order where the coupon is WELCOME, looking only at their first order",
        "has placed no order where the coupon is WELCOME, looking only at their first order",
    ),
    (
        {"kind": "event", "event": "Email Sent", "count": "message", "last": 5, "with": {"event": "Email Opened"}},
        "has been sent at least 1 different email, looking only at the last 5 times they have been sent an email, "
        "counting only emails for which they have opened an email",
        "has never been sent at least 1 different email, looking only at the last 5 times they have been sent an "
        "email, counting only emails for which they have opened an email",
    ),
    (
        {
            "kind": "event",
            "event": "Page Viewed",
            "where": [{"property": "device", "value": "mobile"}],
            "first": 3,
            "at_least": 2,
        },
        "has viewed a page on mobile at least 2 times, looking only at the first 3 times they have viewed a page",
        "has viewed a page on mobile fewer than 2 times, looking only at the first 3 times they have viewed a page",
    ),
    (
        {
            "kind": "event",
            "event": "Product Viewed",
            "count": "same_product_id",
            "at_least": 3,
            "within": "1d",
            "without": {"event": "Order Completed"},
        },
        "viewed one and the same product at least 3 times in the last day, counting only products for which they have "
        "not ordered in that time",
        "viewed one and the same product fewer than 3 times in the last day, counting only products for which they "
        "have not ordered in that time",
    ),
    (
        {"kind": "event", "event": "Email Sent", "count": "message", "with": {"event": "Email Clicked"}},
        "has been sent at least 1 different email, counting only emails for which they have clicked a link in an email",
        "has never been sent at least 1 different email, counting only emails for which they have clicked a link in an "
        "email",
    ),
    (
        {
            "kind": "sequence",
            "first": {"event": "Email Sent"},
            "then": {"event": "Email Opened"},
            "same": "message",
            "gap": "3d",
        },
        "first was sent an email and then opened an email at most 3 days later, all about the same email",
        "has not first been sent an email and then opened an email at most 3 days later, all about the same email",
    ),
    (
        {
            "kind": "event",
            "event": "Order Completed",
            "where": [{"property": "category", "value": "espresso"}],
            "at_least": 3,
            "within": "180d",
        },
        "bought espresso at least 3 times in the last 180 days",
        "bought espresso fewer than 3 times in the last 180 days",
    ),
    (
        {"kind": "event", "event": "Email Opened", "within": "30d", "where": [{"property": "human", "value": True}]},
        "opened an email in person in the last 30 days",
        "has not opened an email in person in the last 30 days",
    ),
    (
        {
            "kind": "event",
            "event": "Product Viewed",
            "within": "7d",
            "where": [{"property": "category", "value": "yoga"}],
        },
        "viewed a product in yoga in the last 7 days",
        "has not viewed a product in yoga in the last 7 days",
    ),
    ({"kind": "event", "event": "Page Viewed", "at_most": 0}, "has never viewed a page", "has viewed a page"),
    (
        {
            "kind": "event",
            "event": "Page Viewed",
            "at_least": 2,
            "at_most": 5,
            "within": "1h",
            "where": [
                {"property": "path", "is": "prefix", "value": "/sale"},
                {"property": "device", "value": "mobile"},
            ],
        },
        "viewed a page on mobile where path begins with “/sale” 2 to 5 times in the last hour",
        "viewed a page on mobile where path begins with “/sale” fewer than 2 or more than 5 times in the last hour",
    ),
    (
        {"kind": "event", "event": "Order Completed", "where": [{"property": "total", "is": "at_least", "value": 50}]},
        "has ordered where total is at least 50.00",
        "has never ordered where total is at least 50.00",
    ),
    (
        {
            "kind": "event",
            "event": "Order Completed",
            "where": [{"property": "total", "is": "at_least", "value": 50}, {"property": "campaign", "is": "exists"}],
        },
        "has ordered where (total is at least 50.00 and campaign is known)",
        "has never ordered where (total is at least 50.00 and campaign is known)",
    ),
    (
        {"kind": "event", "event": "Page Viewed", "count": "days", "at_least": 3, "within": "30d"},
        "viewed a page on at least 3 days in the last 30 days",
        "viewed a page on fewer than 3 days in the last 30 days",
    ),
    (
        {"kind": "event", "event": "Product Viewed", "count": "product_id", "at_least": 5, "within": "1d"},
        "viewed at least 5 different products in the last day",
        "viewed fewer than 5 different products in the last day",
    ),
    (
        {"kind": "event", "event": "Order Completed", "count": "category", "at_least": 3},
        "has ordered across at least 3 different categories",
        "has ordered across fewer than 3 different categories",
    ),
    (
        {"kind": "event", "event": "Product Viewed", "count": "same_product_id", "at_least": 3, "within": "1h"},
        "viewed one and the same product at least 3 times in the last hour",
        "viewed one and the same product fewer than 3 times in the last hour",
    ),
    (
        {"kind": "event", "event": "Product Viewed", "count": "same_category", "at_least": 3, "within": "1h"},
        "viewed a product at least 3 times with one and the same category in the last hour",
        "viewed a product fewer than 3 times with one and the same category in the last hour",
    ),
    (
        {"kind": "event", "event": "Quiz Taken", "at_least": 1, "at_most": 1},
        "has had the event “Quiz Taken” exactly once",
        "has had the event “Quiz Taken” not exactly 1 time",
    ),
    (
        {"kind": "first_event", "event": "Order Completed", "within": "30d"},
        "ordered for the first time in the last 30 days",
        "has not ordered for the first time in the last 30 days",
    ),
    (
        {"kind": "last_event", "event": "Page Viewed", "at_least": 14, "at_most": 30},
        "last viewed a page 14 to 30 days ago",
        "has never viewed a page or last viewed a page less than 14 or more than 30 days ago",
    ),
    (
        {"kind": "latest", "where": [{"property": "device", "value": "mobile"}]},
        "made their last visit on mobile",
        "did not make their last visit on mobile",
    ),
    (
        {
            "kind": "latest",
            "events": ["Email Opened", "Email Clicked"],
            "where": [{"property": "human", "value": True}],
        },
        "has as the newest of “Email Opened” and “Email Clicked” one in person",
        "does not have as the newest of “Email Opened” and “Email Clicked” one in person",
    ),
    (
        {
            "kind": "sequence",
            "first": {"event": "Product Viewed"},
            "then": {"event": "Order Completed"},
            "without": {"event": "Email Clicked"},
            "gap": "1d",
            "within": "30d",
        },
        (
            "first viewed a product and then ordered at most 1 day later without having clicked a link in an email "
            "in between, the latter in the last 30 days"
        ),
        (
            "has not first viewed a product and then ordered at most 1 day later without having clicked a link in "
            "an email in between, the latter in the last 30 days"
        ),
    ),
    (
        {
            "kind": "unanswered",
            "of": {"event": "Email Sent"},
            "answers": [
                {"event": "Email Opened", "where": [{"property": "human", "value": True}]},
                {"event": "Email Clicked", "where": [{"property": "human", "value": True}]},
            ],
            "at_least": 5,
            "older": "2d",
            "within": "90d",
        },
        (
            "was sent an email at least 5 times in the last 90 days without having opened an email in person or "
            "clicked a link in an email in person since, the newest at least 2 days ago"
        ),
        (
            "has not been sent an email at least 5 times in the last 90 days without having opened an email in "
            "person or clicked a link in an email in person since, the newest at least 2 days ago"
        ),
    ),
    (
        {"kind": "cart", "older": "1h", "within": "3d", "where": [{"property": "category", "value": "coffee"}]},
        "abandoned a cart with coffee in it 1 hour to 3 days ago",
        "has not abandoned a cart with coffee in it 1 hour to 3 days ago",
    ),
    (
        {
            "kind": "cart",
            "older": "1h",
            "within": "3d",
            "where": [{"property": "total", "is": "at_least", "value": 100}],
        },
        "abandoned a cart where total is at least 100.00 1 hour to 3 days ago",
        "has not abandoned a cart where total is at least 100.00 1 hour to 3 days ago",
    ),
    ({"kind": "engagement", "tier": "highly"}, "is highly engaged with email", "is not highly engaged with email"),
    (
        {"kind": "engagement", "tier": "disengaged", "topic": "tea"},
        "is disengaged from email about “tea”",
        "is not disengaged from email about “tea”",
    ),
    ({"kind": "orders"}, "has placed an order", "has placed no order"),
    (
        {"kind": "orders", "within": "180d"},
        "placed an order in the last 180 days",
        "has placed no order in the last 180 days",
    ),
    (
        {"kind": "orders", "at_least": 3, "within": "183d"},
        "placed at least 3 orders in the last 183 days",
        "placed fewer than 3 orders in the last 183 days",
    ),
    (
        {"kind": "orders", "measure": "sum", "at_least": 100, "at_most": 500, "within": "365d"},
        "spent 100.00 to 500.00 in the last 365 days",
        "spent less than 100.00 or more than 500.00 in the last 365 days",
    ),
    (
        {"kind": "orders", "measure": "average", "at_least": 50},
        "has an average order worth at least 50.00",
        "does not have an average order worth at least 50.00",
    ),
    (
        {"kind": "orders", "measure": "largest", "at_most": 50},
        "has a largest order worth at most 50.00",
        "does not have a largest order worth at most 50.00",
    ),
    (
        {"kind": "orders", "measure": "days_between", "at_most": 30},
        "has on average at most 30 days between orders",
        "does not have on average at most 30 days between orders",
    ),
    (
        {"kind": "last_order", "at_least": 90, "at_most": 180},
        "last placed an order 90 to 180 days ago",
        "has never placed an order or last placed an order less than 90 or more than 180 days ago",
    ),
    (
        {"kind": "near", "latitude": 51.5074, "longitude": -0.1278, "miles": 20},
        "is within 20 miles of 51.5074° N 0.1278° W",
        "is not known to be within 20 miles of 51.5074° N 0.1278° W",
    ),
    (
        {"kind": "local_time", "from": "18:00", "to": "21:00"},
        "has a local time between 18:00 and 21:00",
        "does not have a local time between 18:00 and 21:00",
    ),
    (
        {"kind": "local_time", "weekdays": ["sun", "sat"]},
        "has a local time on Saturday or Sunday",
        "does not have a local time on Saturday or Sunday",
    ),
    ({"kind": "season", "is": "winter"}, "is where it is winter", "is where it is not winter"),
    (
        {"kind": "anniversary", "next": 30},
        "has a birthday within the next 30 days",
        "does not have a birthday within the next 30 days",
    ),
    (
        {"kind": "anniversary", "trait": "customer_since", "last": 0},
        "has the anniversary of customer since today",
        "does not have the anniversary of customer since today",
    ),
    ({"kind": "age", "at_least": 18, "at_most": 25}, "is 18 to 25 years old", "is not known to be 18 to 25 years old"),
    (
        {"kind": "date", "trait": "predicted_order", "from": "-7d", "to": "0d"},
        "is in the 7 days before the date in predicted order",
        "is not in the 7 days before the date in predicted order",
    ),
    (
        {"kind": "rank", "by": {"kind": "trait", "trait": "predicted_value"}, "top": 20, "among": "some"},
        "is among the top 20 % by predicted value of those in “Some”",
        "is not among the top 20 % by predicted value of those in “Some”",
    ),
    (
        {"kind": "rank", "by": {"kind": "orders", "measure": "sum", "within": "365d"}, "bottom": 10},
        "is among the bottom 10 % by money spent in the last 365 days",
        "is not among the bottom 10 % by money spent in the last 365 days",
    ),
    (
        {"kind": "rfm", "score": "recency", "at_least": 4},
        "has an RFM score of 4 to 5 for recency",
        "does not have an RFM score of 4 to 5 for recency",
    ),
    (
        {"kind": "trait", "trait": "country", "is": "in", "value": ["NO", "SE", "FI"]},
        "lives in one of Norway (NO), Sweden (SE), Finland (FI)",
        "does not live in one of Norway (NO), Sweden (SE), Finland (FI)",
    ),
    (
        {"kind": "trait", "trait": "country", "value": "DE"},
        "lives in Germany (DE)",
        "does not live in Germany (DE)",
    ),
    (
        {"kind": "trait", "trait": "country", "value": "DE", "is": "not_equal", "fresh": "30d"},
        "lives in a country other than Germany (DE) as recorded in the last 30 days",
        "does not live in a country other than Germany (DE) as recorded in the last 30 days",
    ),
    (
        {"kind": "trait", "trait": "country", "value": "Germany (DE)"},
        "lives in “Germany (DE)”",
        "does not live in “Germany (DE)”",
    ),
    ({"kind": "trait", "trait": "country", "value": "QQ"}, "lives in QQ", "does not live in QQ"),
    ({"kind": "trait", "trait": "city", "value": "Bath"}, "lives in the city Bath", "does not live in the city Bath"),
    (
        {"kind": "trait", "trait": "postal_code", "is": "prefix", "value": "SW1"},
        "has a postal code that begins with “SW1”",
        "does not have a postal code that begins with “SW1”",
    ),
    (
        {"kind": "trait", "trait": "propensity.upgrade", "is": "at_least", "value": 0.7, "fresh": "30d"},
        "has a propensity (upgrade) of at least 0.7 recorded in the last 30 days",
        "does not have a propensity (upgrade) of at least 0.7 recorded in the last 30 days",
    ),
    (
        {"kind": "trait", "trait": "tags", "value": "vip", "of": "none"},
        "has tags of which no value is vip",
        "does not have tags of which no value is vip",
    ),
    ({"kind": "trait", "trait": "phone", "is": "exists"}, "has a known phone", "does not have a known phone"),
    (
        {"kind": "trait", "trait": "birthday", "is": "less", "value": "2000-01-01"},
        "has a birthday before “2000-01-01”",
        "does not have a birthday before “2000-01-01”",
    ),
    ({"kind": "trait", "trait": "dormant", "value": True}, "is marked as dormant", "is not marked as dormant"),
    ({"kind": "list", "list": "summer fair"}, "is on the list “summer fair”", "is not on the list “summer fair”"),
    ({"kind": "consent"}, "is subscribed to marketing email", "is not subscribed to marketing email"),
    (
        {"kind": "consent", "is": "never_asked"},
        "was never asked about marketing email",
        "was already asked about marketing email",
    ),
    (
        {"kind": "consent", "is": "weekly"},
        "wants one email a week about marketing",
        "does not want one email a week about marketing",
    ),
    (
        {"kind": "consent", "topic": "news", "is": "monthly", "within": "30d"},
        "chose one email a month about “news” in the last 30 days",
        "has not chosen one email a month about “news” in the last 30 days",
    ),
    (
        {"kind": "consent", "topic": "news", "is": "unsubscribed", "within": "30d"},
        "unsubscribed from email about “news” in the last 30 days",
        "has not unsubscribed from email about “news” in the last 30 days",
    ),
    (
        {"kind": "consent", "within": "30d", "first_in": "365d"},
        "subscribed to marketing email in the last 30 days for the first time in 365 days",
        "has not subscribed to marketing email in the last 30 days for the first time in 365 days",
    ),
    (
        {"kind": "consent", "is": "pending"},
        "has marketing email still to confirm",
        "does not have marketing email still to confirm",
    ),
    ({"kind": "first_seen", "before": "60d"}, "has been known for at least 60 days", "has not been known for 60 days"),
    (
        {"kind": "sample", "percent": 10, "salt": "spring"},
        "is among the 10 % drawn by lot with “spring”",
        "is not among the 10 % drawn by lot with “spring”",
    ),
    ({"kind": "member", "segment": "some"}, "is in “Some”", "is not in “Some”"),
    (
        {"kind": "any", "of": [{"kind": "season", "is": "winter"}, {"kind": "orders"}]},
        "is where it is winter or has placed an order",
        "is where it is not winter and has placed no order",
    ),
    (
        {
            "kind": "all",
            "of": [
                {"kind": "season", "is": "winter"},
                {"kind": "any", "of": [{"kind": "consent"}, {"kind": "orders"}]},
                {"kind": "last_order", "at_least": 3},
            ],
        },
        (
            "is where it is winter, (is subscribed to marketing email or has placed an order), and last "
            "placed an order at least 3 days ago"
        ),
        (
            "is where it is not winter, (is not subscribed to marketing email and has placed no order), or "
            "(has never placed an order or last placed an order less than 3 days ago)"
        ),
    ),
]


@pytest.mark.parametrize(("when", "says", "denies"), EXAMPLES)
def test_examples(when: dict[str, Any], says: str, denies: str) -> None:
    assert told(when) == says
    assert told({"kind": "not", "of": when}) == denies
