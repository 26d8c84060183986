"""Schedules against a scan of every minute, and event patterns against the guide's examples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.aws.schedules import matches, next_after

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ms(at: str) -> int:
    return (datetime.fromisoformat(at).replace(tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)


def following(expression: str, after: str, timezone: str = "UTC") -> str | None:
    at = next_after(expression, ms(after), timezone)
    return None if at is None else (EPOCH + timedelta(milliseconds=at)).strftime("%Y-%m-%d %H:%M")


# ── rate ──


def test_a_rate_fires_at_the_multiples_of_its_period() -> None:
    assert following("rate(1 minute)", "2026-03-01 10:00:30") == "2026-03-01 10:01"
    assert following("rate(5 minutes)", "2026-03-01 10:00:00") == "2026-03-01 10:05"
    assert following("rate(2 hours)", "2026-03-01 10:00:00") == "2026-03-01 12:00"
    assert following("rate(1 day)", "2026-03-01 10:00:00") == "2026-03-02 00:00"


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(5 seconds)",
        "rate(-5 minutes)",
        "every 5 minutes",
        "cron(0 3 * * ?)",
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 3 0 * ? *)",
        "cron(0 3 * 13 ? *)",
        "cron(0 3 ? * 8 *)",
        "cron(0 3 ? * MON#6 *)",
        "cron(0 3 ? * 3#1,6#3 *)",
        "cron(0 3 20-10 * ? *)",
        "cron(0/0 3 * * ? *)",
        "cron(0 3 * * ? 1969)",
    ],
)
def test_what_is_no_schedule_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):
        next_after(expression, 0)


# ── cron: the examples of the guide ──


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("cron(0 10 * * ? *)", "2026-03-01 10:00", "2026-03-02 10:00"),
        ("cron(15 12 * * ? *)", "2026-03-01 00:00", "2026-03-01 12:15"),
        ("cron(0 18 ? * MON-FRI *)", "2026-02-27 18:00", "2026-03-02 18:00"),
        ("cron(0 8 1 * ? *)", "2026-03-01 08:00", "2026-04-01 08:00"),
        ("cron(0/15 * * * ? *)", "2026-03-01 10:46", "2026-03-01 11:00"),
        ("cron(0/5 8-17 ? * MON-FRI *)", "2026-03-02 17:55", "2026-03-03 08:00"),
        ("cron(1/10 * * * ? *)", "2026-03-01 10:00", "2026-03-01 10:01"),
        ("cron(0 9 ? * 2#1 *)", "2026-03-02 09:00", "2026-04-06 09:00"),
        ("cron(0 9 ? * TUE#5 *)", "2026-03-01 00:00", "2026-03-31 09:00"),
        ("cron(0 0 L * ? *)", "2028-02-01 00:00", "2028-02-29 00:00"),
        ("cron(0 0 LW * ? *)", "2026-05-01 00:00", "2026-05-29 00:00"),
        ("cron(0 0 3W * ? *)", "2026-01-01 00:00", "2026-01-02 00:00"),  # the 3rd is a Saturday
        ("cron(0 0 1W * ? *)", "2026-08-01 00:00", "2026-08-03 00:00"),  # the 1st is one, too: not back into July
        ("cron(0 0 31W * ? *)", "2026-02-01 00:00", "2026-03-31 00:00"),
        ("cron(0 0 ? * L *)", "2026-03-01 00:00", "2026-03-07 00:00"),
        ("cron(0 0 ? * 6L *)", "2026-03-01 00:00", "2026-03-27 00:00"),
        ("cron(0 0 ? jan,JUL FRIL *)", "2026-03-01 00:00", "2026-07-31 00:00"),
        ("cron(0 0 29 2 ? *)", "2026-03-01 00:00", "2028-02-29 00:00"),
        ("cron(0 0 1 1 ? 2030-2040/5)", "2031-01-01 00:00", "2035-01-01 00:00"),
        ("cron(0 0 1 1 ? 2020)", "2026-03-01 00:00", None),
        ("cron(0 0 31 2 ? *)", "2026-03-01 00:00", None),
    ],
)
def test_cron_fires_when_the_guide_says(expression: str, after: str, expected: str | None) -> None:
    assert following(expression, after) == expected


def test_a_time_zone_moves_the_clock_and_its_summer_time() -> None:
    nine = "cron(0 9 * * ? *)"
    assert following(nine, "2026-03-28 12:00", "Europe/Berlin") == "2026-03-29 07:00"
    assert following(nine, "2026-03-27 12:00", "Europe/Berlin") == "2026-03-28 08:00"


def test_a_time_that_summer_time_leaves_out_is_left_out() -> None:
    assert following("cron(30 2 * * ? *)", "2026-03-28 12:00", "Europe/Berlin") == "2026-03-30 00:30"


def test_a_time_that_winter_time_repeats_is_taken_once() -> None:
    assert following("cron(30 2 * * ? *)", "2026-10-24 12:00", "Europe/Berlin") == "2026-10-25 00:30"
    assert following("cron(30 2 * * ? *)", "2026-10-25 00:30", "Europe/Berlin") == "2026-10-26 01:30"


# ── cron: against a scan of every minute ──

Field = tuple[str, frozenset[int]]


def numbers(least: int, most: int, names: tuple[str, ...] = ()) -> st.SearchStrategy[Field]:
    """A field's text, and the values it means."""
    values = st.integers(least, most)

    def name(value: int) -> str:
        return names[value - least] if names else str(value)

    def of_range(bounds: tuple[int, int]) -> Field:
        low, high = sorted(bounds)
        return f"{name(low)}-{name(high)}", frozenset(range(low, high + 1))

    def of_steps(first_and_step: tuple[int, int]) -> Field:
        first, step = first_and_step
        return f"{first}/{step}", frozenset(range(first, most + 1, step))

    part = st.one_of(
        values.map(lambda value: (name(value), frozenset({value}))),
        st.tuples(values, values).map(of_range),
        st.tuples(values, st.integers(1, 20)).map(of_steps),
        st.just(("*", frozenset(range(least, most + 1)))),
    )

    def joined(parts: list[Field]) -> Field:
        return ",".join(text for text, _ in parts), frozenset().union(*(allowed for _, allowed in parts))

    return st.lists(part, min_size=1, max_size=3).map(joined)


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")


@settings(max_examples=150, deadline=None)
@given(
    minutes=numbers(0, 59),
    hours=numbers(0, 23),
    days=st.one_of(
        numbers(1, 31).map(lambda field: (field, "month")), numbers(1, 7, WEEKDAYS).map(lambda field: (field, "week"))
    ),
    months=st.one_of(st.just(("*", frozenset(range(1, 13)))), numbers(1, 12, MONTHS)),
    after=st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001
)
def test_cron_fires_at_the_first_minute_a_scan_finds(
    minutes: Field, hours: Field, days: tuple[Field, str], months: Field, after: datetime
) -> None:
    (day_text, day_values), of = days
    day_fields = f"{day_text} {months[0]} ?" if of == "month" else f"? {months[0]} {day_text}"
    expression = f"cron({minutes[0]} {hours[0]} {day_fields} *)"
    start = after.replace(tzinfo=UTC)
    at = start.replace(second=0, microsecond=0) + MINUTE
    end = at + timedelta(days=3)
    while at < end:
        day = at.day if of == "month" else at.isoweekday() % 7 + 1
        fires = at.minute in minutes[1] and at.hour in hours[1] and day in day_values and at.month in months[1]
        if fires:
            break
        at += MINUTE
    found = next_after(expression, (start - EPOCH) // timedelta(milliseconds=1))
    scanned = (at - EPOCH) // timedelta(milliseconds=1)
    assert found == scanned if at < end else found is None or found >= scanned


# ── patterns ──

EVENT: dict[str, Any] = {
    "source": "aws.states",
    "detail-type": "Step Functions Execution Status Change",
    "resources": ["arn:one", "arn:two"],
    "detail": {"status": "FAILED", "count": 3, "ratio": 0.5, "flag": True, "output": None, "name": "", "tags": []},
    "dynamodb": {"Keys": {"kind": {"S": "EVENT#2026#1"}}, "NewImage": {"n": {"N": "5"}}},
    "items": [{"kind": "a", "size": 1}, {"kind": "b", "size": 2}],
}


@pytest.mark.parametrize(
    ("pattern", "matching"),
    [
        ({}, True),
        ({"source": ["aws.states"]}, True),
        ({"source": ["aws.s3", "aws.states"]}, True),
        ({"source": ["aws.s3"]}, False),
        ({"source": ["aws.states"], "detail": {"status": ["SUCCEEDED"]}}, False),
        ({"source": ["aws.states"], "detail": {"status": ["FAILED", "TIMED_OUT"]}}, True),
        ({"missing": ["x"]}, False),
        ({"resources": ["arn:two"]}, True),
        ({"resources": ["arn:three"]}, False),
        ({"detail": {"count": [3]}}, True),
        ({"detail": {"count": ["3"]}}, False),
        ({"detail": {"count": [3.0]}}, False),
        ({"detail": {"flag": [True]}}, True),
        ({"detail": {"flag": [1]}}, False),
        ({"detail": {"output": [None]}}, True),
        ({"detail": {"missing": [None]}}, False),
        ({"detail": {"name": [""]}}, True),
        ({"source": [{"prefix": "aws."}]}, True),
        ({"source": [{"prefix": "AWS."}]}, False),
        ({"source": [{"prefix": {"equals-ignore-case": "AWS."}}]}, True),
        ({"source": [{"suffix": "states"}]}, True),
        ({"detail": {"count": [{"prefix": "3"}]}}, False),
        ({"source": [{"equals-ignore-case": "AWS.STATES"}]}, True),
        ({"source": [{"wildcard": "aws.*es"}]}, True),
        ({"source": [{"wildcard": "aws.\\*"}]}, False),
        ({"detail": {"count": [{"numeric": [">", 0, "<=", 3]}]}}, True),
        ({"detail": {"count": [{"numeric": ["<", 3]}]}}, False),
        ({"detail": {"ratio": [{"numeric": ["=", 0.5]}]}}, True),
        ({"detail": {"flag": [{"numeric": [">=", 0]}]}}, False),
        ({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": ["=", 5]}]}}}}, False),
        ({"detail": {"status": [{"anything-but": "FAILED"}]}}, False),
        ({"detail": {"status": [{"anything-but": ["OTHER", "ANOTHER"]}]}}, True),
        ({"detail": {"status": [{"anything-but": {"prefix": "FA"}}]}}, False),
        ({"detail": {"status": [{"anything-but": {"suffix": ["X", "ED"]}}]}}, False),
        ({"detail": {"missing": [{"anything-but": "FAILED"}]}}, False),
        ({"detail": {"status": [{"exists": True}]}}, True),
        ({"detail": {"status": [{"exists": False}]}}, False),
        ({"detail": {"missing": [{"exists": False}]}}, True),
        ({"missing": {"deeper": [{"exists": False}]}}, True),
        ({"missing": {"deeper": [{"exists": True}]}}, False),
        ({"detail": [{"exists": True}]}, False),  # only of a leaf can it be asked
        ({"detail": {"missing": [{"exists": False}, "x"]}}, True),
        ({"dynamodb": {"Keys": {"kind": {"S": [{"prefix": "EVENT#"}]}}}}, True),
        ({"dynamodb": {"Keys": {"kind": {"S": [{"prefix": "TRANSITION#"}]}}}}, False),
        ({"items": {"kind": ["b"], "size": [2]}}, True),
        ({"items": {"kind": ["a"], "size": [2]}}, False),  # not in the same element
        ({"$or": [{"source": ["aws.s3"]}, {"detail": {"count": [3]}}]}, True),
        ({"$or": [{"source": ["aws.s3"]}, {"detail": {"count": [4]}}]}, False),
    ],
)
def test_a_pattern_matches_as_eventbridge_says(pattern: dict[str, Any], matching: bool) -> None:
    assert matches(pattern, EVENT) is matching


@pytest.mark.parametrize("pattern", [{"source": "aws.states"}, {"source": []}, {"source": [{"cidr": "10.0.0.0/8"}]}])
def test_what_is_no_pattern_is_refused(pattern: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        matches(pattern, EVENT)
