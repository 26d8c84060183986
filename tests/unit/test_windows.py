"""Windows of every kind: their edges; the evaluator, brute force and SQL, held together over months and clocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.domain import calendars
from shared.domain.conditions import Condition, Segment
from shared.domain.conditions.fields import condition_key
from shared.domain.conditions.windows import Window, most_parts
from shared.domain.evaluation import HistoryNeededError, span
from shared.domain.events import DAY, HOUR, NEVER, Event, Instant, Type, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_HISTORY
from shared.domain.profiles.folding import fold, trim
from shared.domain.segments import change_of, compile_segments, evaluate
from tests.unit import brute_force
from tests.unit.profile_histories import is_read
from tests.unit.test_sql import check, shop

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
WINDOW: TypeAdapter[Any] = TypeAdapter(Window)
ZONE = ZoneInfo("Europe/Paris")  # the clocks change on 26 March and 29 October 2023
BEGIN = parse_instant("2022-11-01T00:00:00+01:00")


def at(text: str) -> Instant:
    """Of a text in the shop's time zone."""
    offset = 2 if "2023-03-26T03" <= text < "2023-10-29T03" else 1
    return parse_instant(f"{text}{':00' if len(text) == 16 else ''}+0{offset}:00")


@pytest.mark.parametrize(
    ("window", "t", "inside", "outside"),
    [
        ("60d", "2023-06-01T12:00", "2023-06-01T12:00", "2023-04-02T12:00"),
        ({"from": "-60d", "to": "-30d"}, "2023-06-01T12:00", "2023-05-02T12:00", "2023-04-02T12:00"),
        ({"from": "-60d", "to": "-30d"}, "2023-06-01T12:00", "2023-04-02T12:00:01", "2023-05-02T12:00:01"),
        ({"from": "2023-11-24", "to": "2023-11-25"}, "2024-01-01T00:00", "2023-11-24T00:00", "2023-11-25T00:00"),
        ({"from": "2023-11-24", "to": "2023-11-25"}, "2024-01-01T00:00", "2023-11-24T23:59:59", "2023-11-23T23:59:59"),
        ({"from": "2023-03-26", "to": "2023-03-27"}, "2023-06-01T00:00", "2023-03-26T23:59:59", "2023-03-27T00:00"),
        ("this_month", "2023-10-31T23:59:59", "2023-10-01T00:00", "2023-09-30T23:59:59"),
        ("last_month", "2023-11-01T00:00", "2023-10-31T23:59:59", "2023-11-01T00:00"),
        ("last_month", "2023-11-30T00:00", "2023-10-01T00:00", "2023-09-30T23:59:59"),
        ("this_year", "2023-12-31T23:59:59", "2023-01-01T00:00", "2022-12-31T23:59:59"),
        ("last_year", "2023-01-01T00:00", "2022-12-31T23:59:59", "2023-01-01T00:00"),
        ("last_6_months", "2023-07-01T00:00", "2023-01-01T00:00", "2022-12-31T23:59:59"),
        ("last_6_months", "2023-07-15T00:00", "2023-06-30T23:59:59", "2023-07-01T00:00"),
    ],
)  # fmt: skip
def test_windows_begin_and_end_where_they_say(window: Any, t: str, inside: str, outside: str) -> None:
    after, upto = span(WINDOW.validate_python(window), ZONE).bounds(at(t))
    assert after < at(inside) <= upto
    assert not after < at(outside) <= upto


windows = st.sampled_from(
    ["40d", "36h", {"from": "-60d", "to": "-30d"}, {"from": "-400d", "to": "-1d"}, {"to": "-45d"}, {"from": "-9d"},
     {"from": "2023-03-26", "to": "2023-03-27"}, {"from": "2022-12-01", "to": "2023-10-29"}, {"from": "2023-03-01"},
     {"to": "2023-03-27"}, "this_month", "last_month", "this_year", "last_year", "last_2_months", "last_6_months"]
)  # fmt: skip
EDGES = [
    at(f"{year}-{month:02}-01T00:00:00") + offset
    for year in (2022, 2023, 2024)
    for month in range(1, 13)
    for offset in (-1, 0, HOUR, 13 * DAY)
    if "2022-11" <= f"{year}-{month:02}" < "2024-07"
] + [at("2023-03-26T00:00"), at("2023-03-27T00:00") - 1, at("2023-03-27T00:00")]
instants = st.sampled_from(EDGES[:60])
histories = st.lists(st.tuples(st.sampled_from([Type.PAGE_VIEWED, Type.EMAIL_SENT, Type.ORDER_COMPLETED]), instants))


@given(windows, instants, instants)
def test_what_happened_is_inside_from_when_it_enters_until_it_leaves(window: Any, happened: int, t: int) -> None:
    if happened > t:
        happened, t = t, happened
    inside = span(WINDOW.validate_python(window), ZONE)
    after, upto = inside.bounds(t)
    assert (after < happened <= upto) == (inside.enters(happened) <= t < inside.leaves(happened))
    assert (after < happened <= upto) == brute_force._inside(happened, WINDOW.validate_python(window), t, ZONE)
    assert inside.enters(happened) >= happened


def conditions(window: Any) -> list[dict[str, Any]]:
    viewed, sent = {"event": Type.PAGE_VIEWED}, {"event": Type.EMAIL_SENT}
    ordered = {"kind": "orders", "within": window}
    made: list[dict[str, Any]] = [
        *({"kind": "event", **viewed, "within": window, "at_least": n} for n in (1, 3)),
        {"kind": "event", **viewed, "within": window, "at_least": 1, "at_most": 2},
        *(
            {"kind": "event", **viewed, "within": window, "count": c, "at_least": 2}
            for c in ("days", "weeks", "months")
        ),
        {"kind": "first_event", **viewed, "within": window},
        {"kind": "sequence", "first": viewed, "then": sent, "gap": "20d", "within": window},
        {"kind": "unanswered", "of": sent, "answers": [viewed], "at_least": 2, "within": window},
        {"kind": "first_seen", "within": window},
        *({**ordered, "measure": m, "at_least": 30} for m in ("sum", "average", "largest", "days_between")),
        {**ordered, "at_most": 1},
        {**ordered, "measure": "average", "at_most": 25},
    ]
    if window not in ("36h", {"from": "-9d"}):
        made.append({**made[8], "older": "10d", "at_least": 1})
    return [each for each in made if is_read(each)]


def event(number: int, type_: str, time: Instant) -> Event:
    total = {"order_id": f"o{number}", "total": 10 * (number % 7)} if type_ == Type.ORDER_COMPLETED else {}
    return Event(id=f"e{number}", type=type_, time=time, received=time, source="shopify", properties=total)


def events(history: Iterable[tuple[str, Instant]]) -> list[Event]:
    return [event(number, *each) for number, each in enumerate(history)]


@settings(max_examples=60)
@given(windows, histories, st.data())
def test_every_window_is_as_brute_force_has_it_and_until_is_exact(window: Any, history: Any, data: Any) -> None:
    raw = data.draw(st.sampled_from(conditions(window)))
    condition = CONDITION.validate_python(raw)
    definitions = compile_segments([Segment(id="s", name="S", sentence="S.", when=condition)], zone=str(ZONE))
    function = definitions.compiler.function([condition])
    profile = Profile("c1")
    for each in events(history):
        fold(profile, each)
    begin = max((time for _, time in history), default=BEGIN)
    grid = sorted({t for t in EDGES if t >= begin} | {begin})
    answers = [(t, brute_force.holds(condition, profile, t, {}, {}, ZONE)) for t in grid]
    for t, holds in answers:
        assert evaluate(definitions, "s", profile, t)[0] == holds
    for start in (0, len(answers) // 3):
        t, holds = answers[start]
        _, change = change_of(function, profile, t)
        assert all(later == holds for at_, later in answers[start:] if at_ < change)
        if change != NEVER:
            assert brute_force.holds(condition, profile, change, {}, {}, ZONE) != holds
            assert brute_force.holds(condition, profile, change - 1, {}, {}, ZONE) == holds


@settings(max_examples=12, deadline=None)
@given(st.lists(windows, min_size=1, max_size=2, unique_by=str), st.lists(histories, min_size=1, max_size=4), instants)
def test_every_window_means_the_same_in_sql(several: list[Any], drawn: list[Any], t: Instant) -> None:
    asked = [CONDITION.validate_python(raw) for window in several for raw in conditions(window)]
    past = [[each for each in events(history) if each.time <= t] for history in drawn]
    check(shop(asked), past, t)


@pytest.mark.parametrize("window", [{"from": "-60d", "to": "-30d"}, {"from": "2023-03-01"}, "last_6_months"])
def test_what_the_bounds_have_cut_off_is_asked_for(window: Any) -> None:
    t = at("2023-07-01T00:00")
    profile = Profile("c1")
    for number in range(MAX_HISTORY + 1):
        fold(profile, event(number, Type.PAGE_VIEWED, t - 35 * DAY + number * HOUR))
    trim(profile)
    for least, needed in ((MAX_HISTORY, False), (MAX_HISTORY + 1, True)):
        raw = {"kind": "event", "event": Type.PAGE_VIEWED, "within": window, "at_least": least}
        definitions = compile_segments(
            [Segment(id="s", name="S", sentence="S.", when=CONDITION.validate_python(raw))], zone=str(ZONE)
        )
        if needed:
            with pytest.raises(HistoryNeededError):
                evaluate(definitions, "s", profile, t)
        else:
            assert evaluate(definitions, "s", profile, t)[0]


@pytest.mark.parametrize(
    "window",
    [{}, {"from": "-30d", "to": "-60d"}, {"from": "-30d", "to": "-30d"}, {"from": "5d"}, {"from": "0d"}, {"to": "0d"},
     {"to": "30d"}, {"from": "-30d", "to": "2026-11-27"}, {"from": "2026-11-28", "to": "2026-11-27"}, {"from": 5},
     {"from": "2026-02-30"}, {"from": "1066-10-14"}, {"until": "2026-11-27"}, "next_month", "last_1_months",
     "last_37_months", "0d", "-5d", "60", "", True, [], 1.5, {"from": "-60d", "to": "-30d", "zone": "UTC"}],
)  # fmt: skip
def test_what_is_no_window_is_refused_in_words(window: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        WINDOW.validate_python(window)
    (found,) = refused.value.errors()
    assert found["loc"] == () and len(found["msg"]) < 260


def test_a_number_alone_has_no_unit() -> None:
    with pytest.raises(ValidationError, match="write"):
        WINDOW.validate_json("30")


@given(windows)
def test_windows_are_written_as_they_were_read(window: Any) -> None:
    raw = {"kind": "event", "event": "Page Viewed", "within": window}
    condition = CONDITION.validate_python(raw)
    again = CONDITION.validate_json(condition.model_dump_json(by_alias=True))
    assert again == condition and condition_key(again) == condition_key(condition)
    assert condition.model_dump(mode="json")["within"] == (window if window != {"from": "-9d"} else "9d")


@pytest.mark.parametrize(
    ("day", "t", "this", "last"),
    [
        ("1990-11-01", "2023-11-30T23:59:59", True, False),
        ("1990-11-30", "2023-11-01T00:00", True, False),
        ("1990-12-01", "2023-11-30T23:59:59", False, False),
        ("--10-31", "2023-11-01T00:00", False, True),
        ("1992-02-29", "2023-02-01T00:00", True, False),
        ("1990-12-25", "2023-01-31T23:59:59", False, True),
    ],
)
def test_a_birthday_this_month_is_in_the_calendar_month(day: str, t: str, this: bool, last: bool) -> None:
    born = Event(id="e", type=Type.CONTACT_UPDATED, time=0, received=0, source="shopify", traits={"birthday": day})
    profile = Profile("c1")
    fold(profile, born)
    for window, holds in (("this_month", this), ("last_month", last)):
        condition = CONDITION.validate_python({"kind": "anniversary", "within": window})
        definitions = compile_segments([Segment(id="s", name="S", sentence="S.", when=condition)], zone=str(ZONE))
        found, until = evaluate(definitions, "s", profile, at(t))
        assert found == holds
        assert evaluate(definitions, "s", profile, until)[0] != holds
        assert evaluate(definitions, "s", profile, until - 1)[0] == holds


# ── bounds that can never be reached ──


@given(
    st.sampled_from(["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"]),
    windows | st.sampled_from(["1h", "1d", "3d", "7d", "30d", "62d"]),
    st.sampled_from(sorted(calendars.PARTS)),
    st.integers(BEGIN, BEGIN + 900 * DAY),
)
def test_no_window_has_more_days_weeks_or_months_than_it_is_said_to_have(
    zone: str, window: Any, part: str, t: Instant
) -> None:
    read = WINDOW.validate_python(window)
    most = most_parts(read, part)
    if most is None:
        return
    after, upto = span(read, ZoneInfo(zone)).bounds(t)
    every = {*range(after + 1, upto + 1, HOUR), upto} if upto > after else set()
    assert len({calendars.PARTS[part](instant, ZoneInfo(zone)) for instant in every}) <= most


def text(name: str, value: Any) -> dict[str, Any]:
    return {"property": name, "is": "in" if isinstance(value, list) else "equal", "value": value}


BOUGHT = {"kind": "event", "event": "Order Completed"}
TWO_PRODUCTS = [text("product_id", "a"), text("product_id", "b")]
VIEWED = {"kind": "event", "event": "Page Viewed"}
ORDERS = {"kind": "orders"}
WAITING = {"kind": "unanswered", "of": {"event": "a"}, "answers": [{"event": "b"}]}
OF_TOTAL, OF_PRICE = ({"property": name, "value": 50} for name in ("total", "price"))
BLACK_FRIDAY = {"from": "2026-11-27", "to": "2026-12-01"}


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ({**VIEWED, "count": "days", "at_least": 9, "within": "3d"}, "9 is never reached: there are at most 5"),
        ({**VIEWED, "count": "days", "at_least": 6, "within": "3d"}, "never reached"),
        ({**VIEWED, "count": "days", "at_least": 32, "within": "this_month"}, "at most 31 days"),
        ({**VIEWED, "count": "days", "at_least": 5, "within": BLACK_FRIDAY}, "at most 4 days"),
        ({**VIEWED, "count": "days", "at_least": 33, "within": {"from": "-60d", "to": "-30d"}}, "never reached"),
        ({**VIEWED, "count": "weeks", "at_least": 4, "within": "7d"}, "at most 3 weeks"),
        ({**VIEWED, "count": "months", "at_least": 7, "within": "last_6_months"}, "at most 6 months"),
        ({**VIEWED, "count": "months", "at_least": 13, "within": "last_year"}, "at most 12 months"),
        ({**VIEWED, "count": "days", "at_least": 4, "last": 3}, "at most 3 days"),
        ({**VIEWED, "count": "days", "at_most": 9, "within": "3d"}, "true of everybody"),
        ({**ORDERS, "less": 0}, "never true"),
        ({**ORDERS, "measure": "sum", "less": 0}, "never true"),
        ({**ORDERS, "at_least": 1.2, "at_most": 1.8}, "no number is within"),
        ({**ORDERS, "more": 1, "less": 2}, "no number is within"),
        ({**ORDERS, "measure": "largest", "more": 10, "less": 10.005}, "no number is within"),
        ({**ORDERS, "measure": "days_between", "last": 1, "at_least": 5}, "needs two orders"),
        ({**ORDERS, "where": [{**OF_TOTAL, "is": "more"}, OF_TOTAL]}, "no `total`"),
        ({**VIEWED, "where": [{**OF_PRICE, "is": "more"}, {**OF_PRICE, "is": "less"}]}, "no `price`"),
        ({**WAITING, "older": "40d", "within": "this_month"}, "longer than"),
        ({**VIEWED, "where": [text("device", "mobile"), text("device", "desktop")]}, "no `device`"),
        ({**VIEWED, "where": [text("path", "/a"), text("path", ["/b", "/c"])]}, "no `path`"),
        ({**ORDERS, "lines": TWO_PRODUCTS}, "no `product_id`"),
        ({**ORDERS, "where": [text("source_name", "pos"), text("source_name", ["web"])]}, "no `source_name`"),
        ({**BOUGHT, "where": TWO_PRODUCTS}, "`all` of two conditions"),
        ({**WAITING, "of": {"event": BOUGHT["event"], "where": TWO_PRODUCTS}}, "one product"),
        ({**WAITING, "older": "70d", "within": "last_month"}, "longer than"),
    ],
)  # fmt: skip
def test_what_can_never_be_true_is_refused_in_words(condition: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CONDITION.validate_python(condition)


@pytest.mark.parametrize(
    "condition",
    [
        {**VIEWED, "count": "days", "at_least": 4, "within": "3d"},
        {**VIEWED, "count": "months", "at_least": 6, "within": "last_6_months"},
        {**VIEWED, "count": "weeks", "at_least": 2, "within": "7d"},
        {**VIEWED, "at_least": 900, "within": "1h"},
        {**ORDERS, "measure": "average", "more": 1, "less": 1.005},
        {**VIEWED, "where": [{**OF_PRICE, "is": each} for each in ("at_least", "at_most", "equal")]},
        {**WAITING, "older": "40d", "within": "last_month"},
        {**VIEWED, "where": [text("path", "/A"), text("path", ["/a", "/c"])]},
        {**VIEWED, "where": TWO_PRODUCTS},
        {**BOUGHT, "where": [text("category", "a"), text("category", "b")]},
        {**ORDERS, "where": [text("coupon", "a"), text("coupon", "b")]},
    ],
)  # fmt: skip
def test_what_may_be_true_is_not(condition: dict[str, Any]) -> None:
    CONDITION.validate_python(condition)
