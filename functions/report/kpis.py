"""What came of emails: the report `kpis`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters.queries import Question, question
from shared.domain.events import DAY, Instant, Json
from shared.domain.reports import kpis


def asks(at: Instant) -> Mapping[str, Question]:
    ends = kpis.ends(at)
    return {
        "groups": question("kpis", "", str(ends), over=(ends - max(kpis.PERIODS) * DAY, at)),
        "by_day": question("kpis_by_day", *kpis.days_before(at, kpis.DAYS), over=(ends - kpis.DAYS * DAY, at)),
    }


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return kpis.report(at, rows["groups"], rows["by_day"])
