"""What came of emails, and what was ordered, day by day over a year: the report `daily`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from functions.report.seam import Rows
from shared.adapters import definitions, report_parameters
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.calendars import local
from shared.domain.events import Instant, Json

DAYS = 366


def asks(seen: Seen) -> Mapping[str, Question]:
    today = local(seen.at, definitions.shop_zone()).date()
    return {"days": report_parameters.of_daily(seen.at, today - timedelta(days=DAYS - 1), today).of("daily")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    today = local(at, definitions.shop_zone()).date()
    return {"from": str(today - timedelta(days=DAYS - 1)), "to": str(today), "days": rows["days"]}
