"""Customers by the month of their first order, and people by that of their sign-up: the report `cohorts`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import comparisons, definitions
from shared.adapters.queries import Question, question
from shared.domain.calendars import local
from shared.domain.events import Instant, Json
from shared.domain.reports import cohorts


def asks(at: Instant) -> Mapping[str, Question]:
    first = cohorts.first_month(_today(at))
    return {"rows": question("cohorts", comparisons.newest_pass(), first, over=(0, at))}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return cohorts.report(_today(at), rows["rows"])


def _today(at: Instant) -> str:
    return local(at, definitions.shop_zone()).date().isoformat()
