"""What came of emails, by what sent them and to whom: counts, and their shares beside the shop's own average.

An email counts on the day (UTC) it was sent, with all that has come of it since: a late delivery or a refund changes
the day of the email. docs/reports.md says what each figure is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.domain.events import DAY, Instant, Json, iso

WITHIN_DAYS = 5
"""After a person's click, in which an order counts for the email (`infra/athena/parts/mails.sql`)."""
PERIODS = (30, 90, 365)
"""Whole days (UTC) up to yesterday, over which a group's emails are added up."""
DAYS = 90
"""That are told one by one."""
COUNTS = (
    *("sent", "delivered", "bounced", "opened", "opened_raw", "clicked", "converted"),
    *("unsubscribed", "complained", "orders", "revenue"),
)


class Days(NamedTuple):
    """The first and the last, as `2026-11-24`."""

    first: str
    last: str


def ends(at: Instant) -> Instant:
    """When the last whole day (UTC) before an instant ends."""
    return at // DAY * DAY


def days_before(at: Instant, number: int) -> Days:
    """The last whole days."""
    return Days(iso(ends(at) - number * DAY)[:10], iso(ends(at) - DAY)[:10])


def report(at: Instant, groups: Iterable[Mapping[str, Json]], by_day: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Out of the rows of `infra/athena/kpis.sql` and `kpis_by_day.sql`."""
    several = list(groups)
    return {
        "within_days": WITHIN_DAYS,
        "periods": [
            {
                "days": number,
                **days_before(at, number)._asdict(),
                "groups": [_group(row) for row in several if row["days"] == number],
            }
            for number in PERIODS
        ],
        "days": [_counts(row) | {"called": row["called"], "day": row["day"]} for row in by_day],
    }


def _group(row: Mapping[str, Json]) -> dict[str, Json]:
    return {"called": row["called"], "people": row["people"], **_counts(row)}


def _counts(row: Mapping[str, Json]) -> dict[str, Json]:
    """With those that are neither delivered nor bounced yet, and revenue as an amount."""
    counted = {each: int(str(row[each])) for each in COUNTS}
    waiting = counted["sent"] - counted["delivered"] - counted["bounced"]
    return {**counted, "waiting": waiting, "revenue": counted["revenue"] / 100}
