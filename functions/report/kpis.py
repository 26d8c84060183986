"""What came of emails: the report `kpis`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import definitions, report_parameters
from shared.adapters.queries import Question, question
from shared.adapters.reports import Seen
from shared.domain.events import DAY, Instant, Json
from shared.domain.reports import kpis


def asks(seen: Seen) -> Mapping[str, Question]:
    at = seen.at
    by_day = kpis.days_before(at, kpis.DAYS, definitions.shop_zone())
    return {
        "groups": report_parameters.of_all_kpis(seen).of("kpis"),
        "by_day": question("kpis_by_day", *by_day, over=(at - kpis.DAYS * DAY - report_parameters.KPI_SLACK, at)),
    }


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return kpis.report(at, definitions.shop_zone(), rows["groups"], rows["by_day"])
