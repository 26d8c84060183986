"""What the questions of the nightly reports are given: the same for a report, and for the people behind a number of
it."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from shared.adapters import definitions
from shared.adapters.queries import Question, question
from shared.adapters.reports import Seen
from shared.domain.calendars import day_start, local
from shared.domain.events import DAY, Instant, iso
from shared.domain.lake_rows import month_of
from shared.domain.reports import attribution, cohorts, feedback, figures, forms, kpis

KPI_SLACK = 2 * DAY
"""Before the first day, from which events are read: it begins at another hour in the shop's zone."""
LOOKS_BACK = 60 * DAY
"""Before the first day that is asked for, orders are read: one that was cancelled then may be refunded now."""


class Parameters(NamedTuple):
    """Of a query: its texts, and over which time its parts are read."""

    texts: tuple[str, ...]
    over: tuple[Instant, Instant] | None = None

    def of(self, name: str, *more: str) -> Question:
        """The query of this name, given these, and more behind them."""
        return question(name, *self.texts, *more, over=self.over)


def of_kpis(seen: Seen, begins: tuple[str, str, str], last: str, since: Instant) -> Parameters:
    """`begins`: the first of its 30 days, its 90 and its 365; events are read from `since` on."""
    return Parameters((seen.of_pass, *begins, last), (since, seen.at))


def of_all_kpis(seen: Seen) -> Parameters:
    at, zone = seen.at, definitions.shop_zone()
    first_30, first_90, first_365 = (kpis.days_before(at, days, zone).first for days in kpis.PERIODS)
    last = kpis.days_before(at, kpis.DAYS, zone).last
    return of_kpis(seen, (first_30, first_90, first_365), last, at - max(kpis.PERIODS) * DAY - KPI_SLACK)


def of_attribution(at: Instant, window: int) -> Parameters:
    """`window`: in days."""
    zone = definitions.shop_zone()
    firsts = attribution.first_days(local(at, zone).date())
    begins = day_start(firsts[0], zone) - window * DAY
    return Parameters((str(window * DAY), *map(str, firsts), str(at)), (begins, at))


def of_cohorts(seen: Seen) -> Parameters:
    today = local(seen.at, definitions.shop_zone()).date().isoformat()
    return Parameters((seen.of_pass, cohorts.first_month(today)), (0, seen.at))


def of_funnel(at: Instant) -> Parameters:
    return Parameters((str(at),), (0, at))


def of_forms(at: Instant) -> Parameters:
    since, _ = forms.period(at, definitions.shop_zone())
    # Whether an order is somebody's first, only all of them say.
    return Parameters((month_of(since), str(since)), (0, at))


def of_answers(at: Instant) -> Parameters:
    since = feedback.begins(at)
    return Parameters((str(since),), (since, at))


def of_surveys(at: Instant) -> Parameters:
    since = feedback.begins(at)
    return Parameters((month_of(since), str(since)))


def of_daily(at: Instant, first: date, last: date) -> Parameters:
    since = day_start(first, definitions.shop_zone()) - LOOKS_BACK
    return Parameters((str(first), str(last)), (max(since, 0), at))


def of_figures(at: Instant) -> Parameters:
    zone = definitions.shop_zone()
    now, before = figures.periods(local(at, zone).date())
    # An order of the first day may follow a click of five days before it.
    since = day_start(before.first, zone) - 5 * DAY
    return Parameters((str(now.first), str(before.first), str(now.after), str(now.first)), (since, at))


def of_month(at: Instant) -> Parameters:
    """UTC's."""
    return Parameters((iso(at)[:7],))
