"""Objectives: their definition, how they stand, and how often the forecast's interval holds in simulated shops."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy import stats

from shared.adapters import queries
from shared.domain.events import DAY, HOUR, Type, parse_instant
from shared.domain.reports.objectives import (
    MAX_OBJECTIVES,
    METRICS,
    READY,
    Metric,
    Objective,
    SavedObjectives,
    with_objective,
    without_objective,
)
from shared.domain.reports.progress import (
    NONE,
    T_95,
    Figures,
    Part,
    Progress,
    Sum,
    Word,
    forecast_of,
    progress,
    read,
    said,
    stored,
)
from tests.unit.test_attribution import answered, contact_of, event

START = date(2026, 10, 1)
NEXT_QUARTER = {
    "id": "more",
    "name": "More revenue through email",
    "metric": "revenue",
    "percent": 15,
    "start": START,
    "by": date(2026, 12, 31),
    "owner": "Mara",
}


def objective(**parts: Any) -> Objective:
    return Objective.model_validate({**NEXT_QUARTER, **parts})


def days(first: date, number: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(number)]


def of_orders(first: date, numbers: Iterable[int], worth: int = 100, channel: str = "campaign:a") -> list[Sum]:
    """So many orders on each day, of so many hundredths."""
    listed = list(numbers)
    return [
        Sum(day, channel, orders=n, revenue=n * worth) for day, n in zip(days(first, len(listed)), listed, strict=True)
    ]


def standing(made: Objective, sums: list[Sum], last: date, **parts: Any) -> Progress:
    first = min((each.day for each in sums), default=None)
    return progress(made, Figures(first=first, last=last, sums=sums, sizes=parts.get("sizes", {})))


# ── the definition ──


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"absolute": 5}, "say what is to be reached"),
        ({"percent": None}, "say what is to be reached"),
        ({"percent": None, "absolute": 101, "metric": "repeat"}, "at most 100"),
        ({"metric": "members"}, "a segment is named for the metric members"),
        ({"segment": "vips"}, "a segment is named for the metric members"),
        ({"by": START + timedelta(days=5)}, "at least a week"),
        ({"by": START + timedelta(days=366)}, "at most a year"),
        ({"percent": 0}, "greater than 0"),
        ({"mood": "good"}, "not permitted"),
    ],
)
def test_what_is_no_objective_is_refused(parts: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        objective(**parts)


def test_the_ready_ones_are_objectives() -> None:
    for ready in READY:
        made = {key: value for key, value in NEXT_QUARTER.items() if key in ("start", "by", "owner")}
        Objective.model_validate({**made, **ready.parts, "id": ready.id})


def test_every_version_is_made_of_the_one_before_and_there_are_not_too_many() -> None:
    saved = with_objective(SavedObjectives(), objective(), 1, "mara")
    changed = with_objective(saved, objective(percent=20), 2, "tom")
    assert (changed.number, changed.objectives["more"].number, changed.objectives["more"].by) == (2, 2, "tom")
    assert without_objective(changed, "more") == SavedObjectives(number=3)
    for n in range(MAX_OBJECTIVES):
        saved = with_objective(saved, objective(id=f"o{n}"), 1, "mara") if n < MAX_OBJECTIVES - 1 else saved
    with pytest.raises(ValueError, match="100 objectives already"):
        with_objective(saved, objective(id="one_more"), 1, "mara")


# ── how one stands ──


def test_a_target_in_percent_is_more_than_the_28_days_before_would_come_to() -> None:
    before = of_orders(START - timedelta(days=60), [1] * 60, worth=1_000)
    found = standing(objective(), before + of_orders(START, [2] * 10, worth=1_000), START + timedelta(days=9))
    assert found.base == pytest.approx(10 * 92)  # ten a day, of 92 days
    assert found.target == pytest.approx(1.15 * 920)
    assert found.value == pytest.approx(200)
    assert found.even == pytest.approx(1.15 * 920 * 10 / 92)
    assert found.contributions == (("campaign:a", 200.0),)


def test_a_year_ago_counts_whole_where_it_is_known_and_else_nothing_can_be_said() -> None:
    last_year = of_orders(date(2025, 9, 1), [3] * 200, worth=100)
    made = objective(baseline="last_year")
    assert standing(made, last_year, START + timedelta(days=9)).base == pytest.approx(3 * 92)
    young = standing(made, of_orders(date(2026, 1, 1), [3] * 280, worth=100), START + timedelta(days=9))
    assert (young.base, young.target, young.word) == (None, None, Word.UNKNOWN)
    assert "no figures of a year ago" in said(young)


def test_revenue_through_email_is_of_orders_after_a_click_and_orders_are_all() -> None:
    last = START + timedelta(days=9)
    sums = of_orders(START, [1] * 10) + of_orders(START, [5] * 10, channel=NONE)
    assert standing(objective(absolute=50, percent=None), sums, last).value == pytest.approx(10)
    assert standing(objective(absolute=50, percent=None, metric="orders"), sums, last).value == 60


def test_a_share_is_of_all_days_together() -> None:
    last = START + timedelta(days=1)
    sums = [Sum(START, NONE, orders=9, repeats=1), Sum(last, "journey:a", orders=1, repeats=1)]
    assert standing(objective(metric="repeat"), sums, last).value == pytest.approx(20)
    mails = [Sum(START, "journey:a", delivered=90, clicked=1), Sum(last, "journey:a", delivered=10, clicked=4)]
    found = standing(objective(metric="clicks"), mails, last)
    assert found.value == pytest.approx(5)
    assert [*found.contributions] == [("journey:a", 5)]


def test_members_are_counted_as_they_stand_and_subscribers_by_how_many_came() -> None:
    sizes = {day: {"vips": 100 + n, "subscribers": 1_000 + 2 * n} for n, day in enumerate(days(START, 60))}
    last = START + timedelta(days=59)
    vips = standing(objective(metric="members", segment="vips", percent=None, absolute=200), [], last, sizes=sizes)
    assert vips.value == 159
    assert vips.forecast is not None
    assert vips.forecast.value == pytest.approx(159 + 32)  # one a day for 32 days
    assert vips.word is Word.BEHIND
    joined = standing(objective(metric="subscribers", percent=None, absolute=180), [], last, sizes=sizes)
    assert joined.value == 2 * 59
    assert joined.forecast is not None
    assert joined.forecast.value == pytest.approx(2 * 91)
    assert joined.word is Word.AHEAD


HISTORY = START - timedelta(days=56)


@pytest.mark.parametrize(
    ("target", "last", "word"),
    [
        (915, START + timedelta(days=20), Word.AHEAD),
        (930, START + timedelta(days=20), Word.BEHIND),
        (200, START + timedelta(days=20), Word.REACHED),
        (915, date(2026, 12, 31), Word.REACHED),
        (930, date(2027, 1, 5), Word.MISSED),
        (915, START - timedelta(days=30), Word.UNKNOWN),
    ],
)
def test_the_words_mean_what_they_say(target: float, last: date, word: Word) -> None:
    """Of ten orders a day, 920 in 92 days."""
    orders = of_orders(HISTORY, [10] * ((last - HISTORY).days + 1))
    found = standing(objective(metric="orders", percent=None, absolute=target), orders, last)
    assert found.word is word
    assert said(found)


def test_where_weeks_differ_what_lies_between_cannot_be_said() -> None:
    orders = of_orders(HISTORY, [(5, 15)[n // 7 % 2] for n in range(77)])
    last = HISTORY + timedelta(days=76)
    words = {}
    for target in range(200, 1700, 10):
        found = standing(objective(metric="orders", percent=None, absolute=target), orders, last)
        words[target] = found.word
    assert list(dict.fromkeys(words.values())) == [Word.AHEAD, Word.ON_TRACK, Word.UNKNOWN, Word.BEHIND]
    assert "falls short, but by no more than weeks differ" in said(
        standing(
            objective(metric="orders", percent=None, absolute=max(t for t in words if words[t] is Word.UNKNOWN)),
            orders,
            last,
        )
    )


def test_before_its_first_day_it_has_no_value_and_a_forecast() -> None:
    orders = of_orders(HISTORY - timedelta(days=20), [10] * 66)
    found = standing(objective(metric="orders"), orders, START - timedelta(days=11))
    assert found.value is None
    assert found.forecast is not None
    assert found.forecast.value == pytest.approx(920)
    assert found.word is Word.BEHIND


def test_a_share_of_nothing_is_nothing() -> None:
    nothing = of_orders(HISTORY, [0] * 60)
    found = standing(objective(metric="orders"), nothing, HISTORY + timedelta(days=59))
    assert (found.base, found.target, found.word) == (0, None, Word.UNKNOWN)
    assert "set a number to reach" in said(found)


@given(st.lists(st.integers(0, 40), min_size=28, max_size=150), st.integers(0, 160))
def test_any_history_has_a_word_and_parts_add_up(numbers: list[int], after: int) -> None:
    sums = of_orders(START - timedelta(days=60), numbers) + of_orders(START, numbers[::-1], channel="journey:b")
    found = standing(objective(), sums, START - timedelta(days=5) + timedelta(days=after))
    assert said(found)
    if found.value is not None:
        assert found.value == pytest.approx(sum(each.done for each in found.contributions))
    if found.forecast is not None:
        assert 0 <= found.forecast.low <= found.forecast.value <= found.forecast.high


# ── the forecast ──


def test_students_t_is_that_of_the_tables() -> None:
    assert {df: round(float(stats.t.ppf(0.975, df)), 3) for df in T_95} == T_95


def _shops(kind: str, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Of 140 days, what is done on each, and of how many."""
    ones = np.ones(140)
    match kind:
        case "few orders":
            return draw.poisson(8 / 7, 140), ones
        case "many orders, unlike weeks":
            return draw.poisson(20 * np.repeat(draw.gamma(20, 1 / 20, 20), 7)), ones
        case "revenue":
            orders = draw.poisson(3, 140)
            worth = draw.lognormal(3.5, 0.7, orders.sum())
            return np.bincount(np.repeat(np.arange(140), orders), worth, 140), ones
    of = draw.poisson(60, 140)
    return draw.binomial(of, np.repeat(draw.beta(20, 380, 20), 7)), of


@pytest.mark.parametrize("kind", ["few orders", "many orders, unlike weeks", "revenue", "clicks"])
def test_95_of_100_simulated_shops_come_to_within_the_interval(kind: str) -> None:
    """Seven weeks before, five of the objective gone, and eight to come."""
    draw = np.random.default_rng(2016)
    within, shops = 0, 3_000
    first, last, end = START - timedelta(days=49), START + timedelta(days=34), START + timedelta(days=90)
    metric: Metric = "revenue" if kind == "revenue" else "clicks" if kind == "clicks" else "orders"
    made, of_kind = objective(metric=metric, by=end, percent=None, absolute=1), METRICS[metric].of
    gone, coming = slice(49, 84), slice(49, 140)
    for _ in range(shops):
        done, of = _shops(kind, draw)
        value, whole = (
            100 * done[each].sum() / of[each].sum() if of_kind == "rate" else done[each].sum()
            for each in (gone, coming)
        )
        known = zip(days(first, 84), done.tolist(), of.tolist(), strict=False)
        forecast = forecast_of(of_kind, {day: Part(n, m) for day, n, m in known}, first, last, made, float(value))
        assert forecast is not None
        within += forecast.low <= whole <= forecast.high
    assert 0.93 <= within / shops <= 0.97, within / shops


# ── the figures, out of the lake ──


def test_days_are_counted_by_the_last_click_and_by_who_had_ordered_before() -> None:
    at = parse_instant("2026-11-20T12:00:00Z")
    one, two = contact_of(1), contact_of(2)
    events = {
        one: [
            event(1, Type.EMAIL_DELIVERED, at - 2 * DAY, one, message="m1", campaign="spring"),
            event(2, Type.EMAIL_CLICKED, at - DAY, one, message="m1", campaign="spring", human=True),
            event(3, Type.EMAIL_CLICKED, at - HOUR, one, message="m1", campaign="spring", human=True),
            event(4, Type.EMAIL_CLICKED, at - 2 * HOUR, one, message="m2", journey="welcome", human=True),
            event(5, Type.ORDER_COMPLETED, at - 300 * DAY, one, order_id="0", total="1.00"),
            event(6, Type.ORDER_COMPLETED, at, one, order_id="1", total="30.00"),
            event(7, Type.ORDER_REFUNDED, at + HOUR, one, order_id="1", amount="10.00"),
        ],
        two: [
            event(8, Type.ORDER_COMPLETED, at, two, order_id="2", total="7.00"),
            event(9, Type.ORDER_COMPLETED, at, two, order_id="3", total="99.00"),
            event(10, Type.ORDER_CANCELLED, at, two, order_id="3", total="99.00"),
            event(11, Type.EMAIL_CLICKED, at + HOUR, two, message="m3", campaign="spring", human=False),
        ],
    }
    asked = queries.question("objectives", "2026-11-01", over=(0, at + DAY))
    assert read(stored(answered(asked, events, at + DAY))) == [
        Sum(date(2026, 11, 18), "campaign:spring", delivered=1),
        Sum(date(2026, 11, 19), "campaign:spring", clicked=1),
        Sum(date(2026, 11, 20), "campaign:spring", orders=1, repeats=1, revenue=2_000),
        Sum(date(2026, 11, 20), "journey:welcome", clicked=1),
        Sum(date(2026, 11, 20), NONE, orders=1, revenue=700),
    ]
