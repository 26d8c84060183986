"""Rates and differences, as people read them."""

from __future__ import annotations

from shared.domain.experiments.rates import Arm, Interval
from shared.domain.experiments.spending import Spent
from shared.domain.wording.texts import money


def percent(rate: float) -> str:
    return f"{100 * rate:.1f} %"


def points(difference: float) -> str:
    told = f"{100 * difference:.1f}".removesuffix(".0")
    return f"{told} point" if told == "1" else f"{told} points"


def of(arm: Arm) -> str:
    return f"{arm.successes:,} of {arm.people:,} ({percent(arm.rate)})"


def a_person(hundredths: float) -> str:
    """In the shop's currency."""
    return f"{money(round(hundredths) / 100)} a person"


def spent_by(arm: Spent) -> str:
    return f"{money(arm.total / 100)} spent by {arm.people:,} people ({a_person(arm.mean)})"


def in_money(interval: Interval) -> str:
    low, high = (f"{round(end) / 100:+,.2f}" for end in interval)
    return f"a difference of {low} to {high} a person".replace("-", "−")


def in_points(interval: Interval) -> str:
    return f"a difference of {100 * interval.low:+.1f} to {100 * interval.high:+.1f} points".replace("-", "−")


def rounded(people: int) -> int:
    """To two figures: more would say that it is known better than it is."""
    unit = int("1".ljust(len(str(people)) - 1, "0"))
    return -(-people // unit) * unit
