"""Customers by the month of their first order, and people by that of their sign-up: the report `cohorts`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import definitions, report_parameters
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.calendars import local
from shared.domain.events import Instant, Json
from shared.domain.reports import cohorts


def asks(seen: Seen) -> Mapping[str, Question]:
    return {"rows": report_parameters.of_cohorts(seen).of("cohorts")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return cohorts.report(local(at, definitions.shop_zone()).date().isoformat(), rows["rows"])
