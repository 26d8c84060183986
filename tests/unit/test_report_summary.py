"""The report that goes out by email: which days it is about, and what it says of them."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.reports.kpis import COUNTS
from shared.domain.reports.summary import COLUMNS, due, span, summary

MONDAY = date(2026, 11, 23)
NAMES = {"journey:win_back": "We miss you", "campaign:sale": "=Sale", "all": "All emails"}


def day(on: date, called: str = "all", **counts: Any) -> dict[str, Any]:
    return {**dict.fromkeys(COUNTS, 0), "revenue": 0.0, "called": called, "day": on.isoformat(), **counts}


def told(*days: dict[str, Any]) -> dict[str, Any]:
    several: dict[str, list[Any]] = {}
    for each in days:
        several.setdefault(each.pop("called"), []).append(each)
    return {"as_of": 0, "days": several, "periods": []}


def test_a_week_is_the_seven_days_before_its_monday_and_a_month_the_one_before_its_first() -> None:
    week = span("week", due("week", date(2026, 11, 26)))
    assert (week.first_before, week.first, week.last) == (date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 22))
    month = span("month", due("month", date(2026, 3, 17)))
    assert (month.first_before, month.first, month.last) == (date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 28))
    assert week.words == "16 to 22 November 2026"
    assert span("week", date(2026, 12, 7)).words == "30 November to 6 December 2026"
    assert span("week", date(2027, 1, 4)).words == "28 December 2026 to 3 January 2027"


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.sampled_from(["week", "month"]))
def test_the_spans_of_all_days_are_whole_and_without_gaps(today: date, every: Any) -> None:
    on = due(every, today)
    assert on <= today and due(every, on) == on
    of = span(every, on)
    assert of.last == on - timedelta(days=1)
    assert span(every, of.first).last == of.first - timedelta(days=1)
    assert span(every, of.first).first == of.first_before


def test_it_says_what_came_beside_the_time_before() -> None:
    before, now = date(2026, 11, 15), date(2026, 11, 16)
    kpis = told(
        day(before, sent=100, delivered=99, clicked=4, orders=1, revenue=10.5),
        day(now, sent=200, delivered=190, clicked=10, orders=3, revenue=1234.56, unsubscribed=2),
        day(date(2026, 11, 22), sent=50, delivered=50),
        day(MONDAY, sent=9_999),
        day(now, "journey:win_back", sent=20, clicked=5, revenue=1_000.0),
        day(now, "campaign:sale", sent=180, clicked=5, revenue=234.56),
        day(now, "topic:marketing", sent=200),
        day(before, "journey:gone", sent=1),
    )
    found = summary(kpis, span("week", MONDAY), NAMES, "EUR", "https://x.example/admin/#/reports")
    assert found.subject == "Your emails, 16 to 22 November 2026: 1,234.56 EUR from 250 emails, 10 clicked"
    assert "Sent: 250 (100 the time before)" in found.text
    assert "Revenue after a click: 1,234.56 EUR (10.50 EUR the time before)" in found.text
    assert found.text.index("We miss you: 1,000.00 revenue, 5 clicked") < found.text.index("=Sale: 234.56 revenue")
    assert "https://x.example/admin/#/reports" in found.text and "https://x.example/admin/#/reports" in found.html
    rows = list(csv.reader(io.StringIO(found.csv)))
    assert rows[0] == ["day", "of", *COLUMNS]
    assert len(rows) == 8, "the day that is not over is none of it"
    assert ["2026-11-16", "'=Sale"] in [row[:2] for row in rows], "no cell is a formula"
    assert ["2026-11-15", "journey:gone"] in [row[:2] for row in rows]


def test_a_week_without_emails_is_reported_as_well() -> None:
    found = summary(told(), span("week", MONDAY), {}, "EUR", "https://x.example")
    assert found.subject == "Your emails, 16 to 22 November 2026: nothing was sent"
    assert "Sent: 0 (0 the time before)" in found.text


def test_names_are_texts_in_the_page() -> None:
    kpis = told(day(date(2026, 11, 16), "campaign:x", sent=1, clicked=1))
    found = summary(kpis, span("week", MONDAY), {"campaign:x": "<b>&"}, "EUR", "https://x.example")
    assert "&lt;b&gt;&amp;" in found.html and "<b>&" not in found.html
