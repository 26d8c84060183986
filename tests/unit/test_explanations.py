"""Explanations: the evaluator's answer, in words with evidence, and the exact instant at which it changes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import definitions
from shared.domain.conditions import Segment
from shared.domain.conditions.orders import Rank
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import DAY, HOUR, NEVER, ConsentChange, Event, Type, event_id, iso, parse_instant
from shared.domain.explanations import Explanation, explain
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_HISTORY
from shared.domain.profiles.folding import fold, trim
from shared.domain.segments import Definitions, change_of, compile_segments, evaluate, ranks
from shared.domain.wording.texts import duration
from tests.unit import profile_histories as histories
from tests.unit.any_condition import CONDITION, SEGMENTS, trees

NOW = parse_instant("2011-06-01")


def segment(when: dict[str, Any]) -> Segment:
    return Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": when})


def profile(*events: Event) -> Profile:
    made = Profile("c1")
    for event in events:
        fold(made, event, histories.EVERY_OTHER)
    trim(made)
    return made


def event(date: str, type_: str = Type.PAGE_VIEWED, **fields: Any) -> Event:
    time = parse_instant(date)
    told = {"received": NOW, **fields}
    return Event(id=event_id(date, type_), type=type_, time=time, stated=time, source="shopify", **told)


def order(date: str, total: float = 20.0) -> Event:
    return event(date, Type.ORDER_COMPLETED, properties={"order_id": date, "total": total})


def explained(when: dict[str, Any], *events: Event, zone: str = "UTC") -> Explanation:
    others = [
        Segment.model_validate({"id": "buyers", "name": "Buyers", "sentence": "S.", "when": {"kind": "orders"}}),
    ]
    return explain(compile_segments([segment(when), *others], zone=zone), "s", profile(*events), NOW)


# ── words ──


def test_orders_are_counted_against_what_is_asked_with_their_dates() -> None:
    when = {"kind": "orders", "at_least": 3, "within": "183d"}
    short = explained(when, order("2011-03-02"), order("2011-05-07"), order("2010-01-01"))
    assert (short.holds, short.until) == (False, NEVER)
    assert short.asks == "placed at least 3 orders in the last 183 days"
    found = "2011-03-02 00:00 (2011-03-02, 20.00), 2011-05-07 00:00 (2011-05-07, 20.00)"
    assert short.evidence == f"2 of 3 orders in the last 183 days: {found}"
    assert short.turns == "1 more order would make it true."

    enough = explained(when, order("2011-03-02"), order("2011-05-07"), order("2011-05-20"))
    assert enough.until == parse_instant("2011-03-02") + 183 * DAY
    assert enough.evidence.startswith("3 orders in the last 183 days: 2011-03-02 00:00")
    assert enough.turns == "Ends on 2011-09-01 00:00, unless there is another order."


def test_money_says_how_much_is_missing() -> None:
    when = {"kind": "orders", "measure": "sum", "at_least": 500, "within": "365d"}
    spent = explained(when, order("2011-03-02", 300), order("2011-05-07", 80.5))
    assert spent.evidence.startswith("380.50 of 500.00 spent in the last 365 days: 2011-03-02 00:00 (2011-03-02, 300")
    assert spent.turns == "Orders worth 119.50 more would make it true."


def test_orders_without_a_window_end_only_by_refund() -> None:
    one = explained({"kind": "orders", "at_least": 1}, order("2011-03-02"))
    assert (one.evidence, one.until) == ("1 order: 2011-03-02 00:00 (2011-03-02, 20.00)", NEVER)
    assert one.turns == "Only a refund or a cancellation would change it."


def test_instants_are_told_in_the_shops_time_zone() -> None:
    one = explained({"kind": "orders"}, order("2011-05-02T23:30:00Z"), zone="Europe/Paris")
    assert one.evidence.startswith("1 order: 2011-05-03 01:30 (")


def test_events_name_their_filters_and_the_newest_of_many() -> None:
    when = {
        "kind": "event",
        "event": "Email Opened",
        "within": "60d",
        "where": [{"property": "human", "value": True}, {"property": "campaign", "is": "in", "value": ["a", "b"]}],
    }
    properties = {"human": True, "campaign": "a"}
    opens = [event(f"2011-05-{day:02}", Type.EMAIL_OPENED, properties=properties) for day in range(1, 8)]
    unseen = event("2011-05-30", Type.EMAIL_OPENED, properties={"human": False, "campaign": "a"})
    told = explained(when, *opens, unseen)
    assert told.asks == "opened an email in person where campaign is one of a, b in the last 60 days"
    dates = ", ".join(f"2011-05-0{day} 00:00 (a)" for day in range(3, 8))
    assert told.evidence == f"7 times in the last 60 days: … {dates}"
    assert told.turns == "Ends on 2011-07-06 00:00, unless it happens again."
    assert told.until == parse_instant("2011-05-07") + 60 * DAY
    gone = explained(when | {"within": "7d"}, *opens)
    assert gone.evidence == "not once in the last 7 days; the newest 25 days ago, on 2011-05-07 00:00"
    assert gone.turns == "1 more would make it true."


def test_a_property_that_is_a_list_of_this_and_that_is_told_as_it_is() -> None:
    when = {"kind": "event", "event": "Page Viewed", "where": [{"property": "result", "is": "equal", "value": 7}]}
    told = explained(when, event("2011-05-07", properties={"result": ["oily", 7]}))
    assert "(oily, 7)" in (told.evidence or "")


def test_events_are_counted_whole_though_only_the_newest_are_kept() -> None:
    many = [event(iso(NOW - hour * HOUR)) for hour in range(1, MAX_HISTORY + 11)]
    told = explained({"kind": "event", "event": "Page Viewed", "at_least": 45}, *many)
    assert told.evidence.startswith("50 times: … ")
    assert told.turns == "Nothing: what happened stays."
    of_filter = {
        "kind": "event",
        "event": "Page Viewed",
        "where": [{"property": "path", "is": "not_equal", "value": "/"}],
    }
    assert explained(of_filter, *many).evidence.startswith(f"{MAX_HISTORY} or more times: … ")
    with pytest.raises(HistoryNeededError):
        explained({"kind": "event", "event": "Page Viewed", "at_least": 45, "within": "60d"}, *many)


def test_a_return_says_until_when_it_had_been_so() -> None:
    when = {"kind": "consent", "is": "subscribed", "within": "30d", "first_in": "365d"}
    yes, no = ConsentChange(state="subscribed"), ConsentChange(state="unsubscribed")
    answers = [("2011-01-01", yes), ("2011-05-01", yes), ("2011-05-20", no), ("2011-05-21", yes), ("2011-05-25", yes)]
    told = explained(when, *(event(date, consent=(answer,)) for date, answer in answers))
    assert (told.holds, told.until) == (False, NEVER)
    assert told.evidence == "subscribed on 2011-05-21 00:00, and before, until 2011-05-20 00:00"


def test_consent_says_what_was_answered_when() -> None:
    when = {"kind": "consent", "is": "subscribed", "within": "30d"}
    yes = (ConsentChange(state="subscribed"),)
    never, fresh, old = (
        explained(when),
        explained(when, event("2011-05-20", consent=yes)),
        explained(when, event("2011-04-01", consent=yes)),
    )
    assert (never.holds, never.evidence) == (False, "never asked")
    assert (fresh.holds, fresh.evidence) == (True, "subscribed on 2011-05-20 00:00")
    assert fresh.turns == "Ends on 2011-06-19 00:00, or when there is another answer."
    assert (old.holds, old.evidence) == (False, "subscribed on 2011-04-01 00:00, which is more than 30 days ago")
    assert old.asks == "subscribed to marketing email in the last 30 days"


VIEWED = {"product_id": "p1", "category": "yoga"}
CART = {"products": [{"product_id": "p1", "category": "tea", "price": 25, "quantity": 2}]}
HUMAN = [{"property": "human", "value": True}]
ENGLISH = {"latitude": 51.75, "longitude": -1.26, "country": "GB", "timezone": "Asia/Tokyo"}

CASES: list[tuple[str, dict[str, Any], list[Event], bool, str, str]] = [
    (
        "a trait that is unknown",
        {"kind": "trait", "trait": "country", "is": "in", "value": ["GB", "FR"]},
        [],
        False,
        "country is not known",
        "It changes when country does.",
    ),
    (
        "a score that gets too old",
        {"kind": "trait", "trait": "propensity.tea", "is": "at_least", "value": 0.7, "fresh": "30d"},
        [event("2011-05-20", traits={"propensity": {"tea": 0.8}})],
        True,
        "propensity (tea) is 0.8, since 2011-05-20 00:00",
        "Ends on 2011-06-19 00:00, unless propensity (tea) is told again.",
    ),
    (
        "being known comes true by itself",
        {"kind": "first_seen", "before": "60d"},
        [event("2009-05-01", received=parse_instant("2011-05-01"))],
        False,
        "first seen 31 days ago, on 2011-05-01 00:00",
        "True by itself on 2011-06-30 00:00.",
    ),
    (
        "what is to happen never",
        {"kind": "event", "event": "Page Viewed", "at_most": 0, "within": "30d"},
        [event("2011-05-20")],
        False,
        "1 time in the last 30 days: 2011-05-20 00:00",
        "True by itself on 2011-06-19 00:00, unless it happens again.",
    ),
    (
        "a most that is not reached",
        {"kind": "event", "event": "Page Viewed", "at_most": 3},
        [event("2011-05-20")],
        True,
        "1 time: 2011-05-20 00:00",
        "3 more would end it.",
    ),
    (
        "different days",
        {"kind": "event", "event": "Page Viewed", "count": "days", "at_least": 3},
        [event("2011-05-20"), event("2011-05-20T10:00:00Z"), event("2011-05-21")],
        False,
        "2 of 3 days: 2011-05-20 00:00, 2011-05-20 10:00, 2011-05-21 00:00",
        "1 more day would make it true.",
    ),
    (
        "one product again and again",
        {"kind": "event", "event": "Product Viewed", "count": "same_product_id", "at_least": 2, "within": "1h"},
        [event("2011-05-31T23:30:00Z", "Product Viewed", properties=VIEWED)],
        False,
        "1 of 2 times about one product in the last hour: 2011-05-31 23:30 (yoga)",
        "1 more about the same product would make it true.",
    ),
    (
        "the first of all",
        {"kind": "first_event", "event": "Page Viewed", "within": "30d"},
        [event("2011-05-20"), event("2011-05-25")],
        True,
        "the first 12 days ago, on 2011-05-20 00:00",
        "Ends on 2011-06-19 00:00.",
    ),
    (
        "the last",
        {"kind": "last_event", "event": "Page Viewed", "at_least": 14},
        [event("2011-05-20", properties={"path": "/tea"})],
        False,
        "the newest: 2011-05-20 00:00 (/tea)",
        "True by itself on 2011-06-03 00:00, unless it happens again.",
    ),
    (
        "the device of the last visit",
        {"kind": "latest", "where": [{"property": "device", "value": "mobile"}]},
        [event("2011-05-20", properties={"device": "mobile"}), event("2011-05-21", properties={"device": "desktop"})],
        False,
        "the newest: 2011-05-21 00:00 (desktop)",
        "A newer one may change it.",
    ),
    (
        "one thing after another",
        {
            "kind": "sequence",
            "first": {"event": "Product Viewed"},
            "then": {"event": "Order Completed"},
            "gap": "1d",
            "within": "30d",
        },
        [event("2011-05-20", "Product Viewed", properties=VIEWED), order("2011-05-20T10:00:00Z")],
        True,
        "viewed a product: 2011-05-20 00:00 (yoga); ordered: 2011-05-20 10:00",
        "Ends on 2011-06-19 10:00, unless it happens again.",
    ),
    (
        "emails without a reaction",
        {
            "kind": "unanswered",
            "of": {"event": "Email Sent"},
            "answers": [{"event": "Email Clicked", "where": HUMAN}],
            "at_least": 3,
        },
        [
            event("2011-05-20", Type.EMAIL_SENT),
            event("2011-05-21", Type.EMAIL_CLICKED, properties={"human": True}),
            event("2011-05-22", Type.EMAIL_SENT, properties={"template": "news"}),
        ],
        False,
        "1 time since the answer of 2011-05-21 00:00: 2011-05-22 00:00 (news)",
        "2 more without an answer would make it true.",
    ),
    (
        "a cart that waits",
        {"kind": "cart", "older": "1h", "within": "3d"},
        [event("2011-05-31T23:30:00Z", Type.CART_UPDATED, properties=CART)],
        False,
        "the newest cart worth 50.00 (tea) 0 days ago, on 2011-05-31 23:30",
        "True by itself on 2011-06-01 00:30, unless they order or change it.",
    ),
    (
        "the largest order",
        {"kind": "orders", "measure": "largest", "at_least": 50},
        [order("2011-05-20", 60)],
        True,
        "the largest 60.00: 2011-05-20 00:00 (2011-05-20, 60.00)",
        "Another order may change it.",
    ),
    (
        "days between fewer than two orders",
        {"kind": "orders", "measure": "days_between", "at_most": 30},
        [order("2011-05-20", 60)],
        False,
        "1 order, which is too few: 2011-05-20 00:00 (2011-05-20, 60.00)",
        "Another order may change it.",
    ),
    (
        "the last order",
        {"kind": "last_order", "at_least": 90},
        [],
        False,
        "no order",
        "A first order would make it true, 90 days after it.",
    ),
    (
        "a distance",
        {"kind": "near", "latitude": 51.5074, "longitude": -0.1278, "miles": 20},
        [event("2011-05-20", traits=ENGLISH)],
        False,
        "82.7 km (51.4 miles) away",
        "It changes when latitude or longitude does.",
    ),
    (
        "an hour where they are",
        {"kind": "local_time", "from": "18:00", "to": "21:00"},
        [event("2011-05-20", traits=ENGLISH)],
        False,
        "it is Wednesday 09:00 in Asia/Tokyo, theirs",
        "True by itself on 2011-06-01 09:00, unless their time zone changes.",
    ),
    (
        "a season",
        {"kind": "season", "is": "winter"},
        [event("2011-05-20", traits={"country": "AU"})],
        True,
        "it is June; latitude is not known; country is AU, since 2011-05-20 00:00",
        "Ends on 2011-09-01 00:00, unless they move.",
    ),
    (
        "a birthday",
        {"kind": "anniversary", "next": 30},
        [event("2011-05-20", traits={"birthday": "1990-06-10"})],
        True,
        "birthday is “1990-06-10”, since 2011-05-20 00:00",
        "Ends on 2011-06-11 00:00, unless birthday changes.",
    ),
    (
        "an age",
        {"kind": "age", "at_least": 21},
        [event("2011-05-20", traits={"birthday": "1990-06-10"})],
        False,
        "birthday is “1990-06-10”, since 2011-05-20 00:00: 20 years",
        "True by itself on 2011-06-10 00:00, unless birthday changes.",
    ),
    (
        "a date that draws near",
        {"kind": "date", "trait": "predicted_order", "from": "-7d", "to": "0d"},
        [event("2011-05-20", traits={"predicted_order": "2011-06-10"})],
        False,
        "predicted order is “2011-06-10”, since 2011-05-20 00:00",
        "True by itself on 2011-06-03 00:00, unless predicted order changes.",
    ),
    (
        "a rank without a cut-off",
        {"kind": "rank", "by": {"kind": "trait", "trait": "predicted_value"}, "top": 20, "among": "buyers"},
        [event("2011-05-20", traits={"predicted_value": 120})],
        False,
        "predicted value is 120, since 2011-05-20 00:00; no cut-off yet",
        "The nightly refresh has to work the cut-off out.",
    ),
    ("a lot", {"kind": "sample", "percent": 60, "salt": "a"}, [], True, "", "Nothing: it is drawn once and for all."),
]


@pytest.mark.parametrize(
    ("when", "events", "holds", "evidence", "turns"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_every_kind_has_its_evidence(
    when: dict[str, Any], events: list[Event], holds: bool, evidence: str, turns: str
) -> None:
    told = explained(when, *events)
    assert (told.holds, told.turns) == (holds, turns)
    assert told.evidence == evidence or (not evidence and told.evidence.startswith("drew "))


def test_a_rank_is_told_with_its_cut_off() -> None:
    when = {"kind": "rank", "by": {"kind": "orders", "measure": "sum"}, "top": 20}
    asked = segment(when)
    assert isinstance(asked.when, Rank)
    compiled = compile_segments([asked], cutoffs={asked.when.key: 5000})
    told = explain(compiled, "s", profile(order("2011-05-20", 60)), NOW)
    assert told.holds
    assert told.evidence == "60.00: 2011-05-20 00:00 (2011-05-20, 60.00); the cut-off is 50.00"


def test_other_segments_and_what_is_short_for_something_are_explained_inside() -> None:
    member = explained({"kind": "member", "segment": "buyers"}, order("2011-05-20"))
    assert (member.asks, member.evidence) == ("is in “Buyers”", "it is true")
    assert member.parts[0].evidence == "1 order: 2011-05-20 00:00 (2011-05-20, 20.00)"
    rank = explained({"kind": "rfm", "score": "monetary", "at_least": 4, "among": "buyers"}, order("2011-05-20"))
    assert rank.parts[0].kind == "rank"
    assert rank.parts[0].parts[0].parts[0].kind == "orders"
    tier = explained({"kind": "engagement", "tier": "disengaged"}, event("2011-01-20", Type.EMAIL_SENT))
    assert tier.holds
    assert [part.holds for part in tier.parts[0].parts] == [True, True]
    listed = explained({"kind": "list", "list": "vip"}, event("2011-01-20", traits={"lists": ["VIP", "a"]}))
    assert (listed.holds, listed.parts[0].evidence) == (True, "lists is VIP, a, since 2011-01-20 00:00")


def test_a_tree_is_explained_part_by_part() -> None:
    told = explain(
        compile_segments(definitions.shipped(), models=definitions.shipped_models()),
        "lapsed_customers",
        profile(order("2011-03-02")),
        NOW,
    )
    assert (told.holds, told.until) == (False, parse_instant("2011-03-02") + 180 * DAY)
    ordered, not_lately = told.parts
    assert (told.evidence, ordered.holds, not_lately.holds) == ("1 of 2 true", True, False)
    assert not_lately.asks == "has placed no order in the last 180 days"
    assert not_lately.parts[0].evidence.startswith("1 order in the last 180 days: 2011-03-02")


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(60 * DAY, "60 days"), (DAY, "1 day"), (36 * HOUR, "36 hours"), (1500, "1,500 milliseconds")],
)
def test_durations_are_told_in_the_largest_whole_unit(milliseconds: int, words: str) -> None:
    assert duration(milliseconds) == words


# ── agreement with the evaluator ──


def every(explanation: Explanation) -> Iterator[Explanation]:
    yield explanation
    for part in explanation.parts:
        yield from every(part)


SINCE = ("has been in", "has not been in", "left", "has not left")
ZONES = st.sampled_from(["UTC", "Europe/London"])
CUTOFFS = st.none() | st.just(2000.0)
CONDITIONS = histories.conditions.map(CONDITION.validate_python) | trees()


def compiled_with_others(asked: Segment, zone: str, cutoff: float | None) -> Definitions:
    of_orders = {"kind": "orders", "within": "2d"}
    names = ("other", *SEGMENTS)
    others = [Segment.model_validate({"id": id_, "name": id_, "sentence": "S.", "when": of_orders}) for id_ in names]
    cutoffs = {rank.key: cutoff for rank in ranks(asked)} if cutoff is not None else {}
    return compile_segments([asked, *others], zone=zone, cutoffs=cutoffs, models=histories.LEAD_MODELS)


@given(CONDITIONS, histories.events(), st.integers(0, 20), ZONES, CUTOFFS)
def test_the_answer_and_its_end_are_the_evaluators(
    condition: Any, events: list[Event], step: int, zone: str, cutoff: float | None
) -> None:
    asked = Segment(id="s", name="S", sentence="S.", when=condition)
    compiled, t = compiled_with_others(asked, zone, cutoff), histories.AFTER + step * 6 * HOUR
    of = Profile("c1")
    for each_event in events:
        fold(of, each_event, compiled.asked)
    told = explain(compiled, "s", of, t)
    assert told.holds == evaluate(compiled, "s", of, t)[0]
    assert told.until == change_of(compiled.compiler.function([asked.when]), of, t)[1]
    for each in every(told):
        assert each.asks and each.evidence and each.turns
        if each.kind == "not":
            assert (each.parts[0].holds, each.parts[0].until) == (not each.holds, each.until)
        if each.kind == "all":
            assert each.holds == all(part.holds for part in each.parts)
        if each.kind in ("member", "list", "engagement", "rfm") and not each.asks.startswith(SINCE):
            assert (each.parts[0].holds, each.parts[0].until) == (each.holds, each.until)


@given(histories.events(), st.integers(0, 20), st.sampled_from(["1d", "2d", None]), st.integers(1, 3))
def test_the_evidence_counts_as_the_answer_says(events: list[Event], step: int, within: str | None, least: int) -> None:
    t, past = histories.AFTER + step * 6 * HOUR, profile(*events)
    for kind in ({"kind": "event", "event": "Page Viewed"}, {"kind": "orders"}):
        asked = segment({**kind, "at_least": least, **({"within": within} if within else {})})
        told = explain(compile_segments([asked]), "s", past, t)
        count = 0 if told.evidence.startswith("not once") else int(told.evidence.split()[0])
        assert told.holds == (count >= least)
        assert told.holds == (" of " not in told.evidence and count > 0)


def test_of_orders_by_what_is_in_them_it_is_said_which_pass_and_what_the_others_fail() -> None:
    def bought(number: int, days: int, category: str, code: str, total: float = 20) -> Event:
        at = histories.BEGIN + days * DAY
        told = {"order_id": f"o{number}", "total": total, "products": [{"product_id": "p", "category": category}]}
        code_of = {"discount_codes": [code]} if code else {}
        return Event(
            id=f"o{number}",
            type=Type.ORDER_COMPLETED,
            time=at,
            stated=at,
            received=at,
            source="shopify",
            identities=histories.CONTACT,
            properties=told | code_of,
        )

    when = {
        "kind": "orders",
        "where": [{"property": "coupon", "value": "welcome"}, {"property": "total", "is": "at_least", "value": 10}],
        "lines": [{"property": "category", "value": "tea"}],
    }
    told = [
        bought(1, 1, "tea", "WELCOME"),
        bought(2, 2, "hats", "WELCOME"),
        bought(3, 3, "tea", "SPRING"),
        bought(4, 4, "tea", "", total=5),
    ]
    profile = Profile("c1")
    for each in told:
        fold(profile, each)
    newest = {**when, "kind": "last_order", "at_least": 1}
    for asked, begin in ((when, "count: 1, of 1 order of that kind: "), (newest, "the newest: ")):
        segment = Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": asked})
        said = explain(compile_segments([segment]), "s", profile, histories.BEGIN + 9 * DAY).evidence
        assert re.sub(r"[-\d]{10} [:\d]{5} ", "", said) == (
            f"{begin}(o1, 20.00); not of that kind: (o2, 20.00, no line whose category is tea), "
            "(o3, 20.00, coupon is SPRING), (o4, 5.00, coupon is not known and total is 5.00)"
        )


def test_a_condition_on_a_score_says_how_it_came_about_or_why_nobody_has_it() -> None:
    def said(when: dict[str, Any], notes: dict[str, str], *events: Event) -> str:
        return explain(compile_segments([segment(when)]), "s", profile(*events), NOW, notes).evidence

    likely = {"kind": "trait", "trait": "propensity.order", "is": "at_least", "value": 0.7, "fresh": "30d"}
    none = "not enough: 63 of 100 customers with an order"
    assert said(likely, {"propensity.order": none}) == f"propensity (order) is not known ({none})"
    told = event("2011-05-20", Type.CONTACT_UPDATED, traits={"propensity": {"order": 0.81}})
    because = "the last order was 12 days ago (+23 points)"
    found = said(likely, {"propensity.order": because}, told)
    assert found == f"propensity (order) is 0.81, since 2011-05-20 00:00 ({because})"
    due = {"kind": "date", "trait": "predicted_order", "from": "-7d", "to": "3d"}
    assert said(due, {"predicted_order": none}).endswith(f"is not known ({none})")
    best = {"kind": "rank", "by": {"kind": "trait", "trait": "predicted_value"}, "top": 20}
    assert f"({none})" in said(best, {"predicted_value": none})
    part = {"kind": "trait", "trait": "predicted_reorder.category", "value": "Tea"}
    assert said(part, {"predicted_reorder": none}).endswith(f"({none})")
