"""What came of emails: the report `kpis`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import comparisons, definitions
from shared.adapters.queries import Question, question
from shared.domain.events import DAY, Instant, Json
from shared.domain.reports import kpis

SLACK = 2 * DAY
"""Before the first day, from which events are read: it begins at another hour in the shop's zone."""


def asks(at: Instant) -> Mapping[str, Question]:
    zone = definitions.shop_zone()
    begins = [kpis.days_before(at, days, zone).first for days in kpis.PERIODS]
    by_day = kpis.days_before(at, kpis.DAYS, zone)
    of_pass = comparisons.newest_pass()
    return {
        "groups": question("kpis", of_pass, *begins, by_day.last, over=(at - max(kpis.PERIODS) * DAY - SLACK, at)),
        "by_day": question("kpis_by_day", *by_day, over=(at - kpis.DAYS * DAY - SLACK, at)),
    }


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return kpis.report(at, definitions.shop_zone(), rows["groups"], rows["by_day"])
