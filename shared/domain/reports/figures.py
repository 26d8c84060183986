"""Figures of the last 30 days beside those of the 30 before them: what Today says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from shared.domain.events import Json

PERIOD = 30
"""Days of the figures, and of those they are compared with."""
SUBSCRIBERS = "subscribers"
"""The segment whose new members are the new subscribers."""


class Period(NamedTuple):
    """Days of the shop's, `after` the one behind the last."""

    name: str
    first: date
    after: date


def periods(today: date) -> tuple[Period, Period]:
    """The one whose last day is today, and the one before it."""
    end = today + timedelta(days=1)
    begin = end - timedelta(days=PERIOD)
    return Period("now", begin, end), Period("before", begin - timedelta(days=PERIOD), begin)


def report(today: date, rows: Iterable[dict[str, Json]], subscribers: dict[str, int | None]) -> dict[str, Json]:
    """Of the rows of infra/athena/figures.sql, and how many became subscribers in each period."""
    told = {str(row["period"]): row for row in rows}
    nothing: dict[str, Json] = {"delivered": 0, "reached": 0, "email_revenue": 0}
    return {
        name: {
            **{figure: told.get(name, nothing)[figure] for figure in nothing},
            "subscribers": subscribers[name],
            "from": str(first),
            "to": str(after - timedelta(days=1)),
        }
        for name, first, after in periods(today)
    }
