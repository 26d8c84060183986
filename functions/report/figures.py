"""The last 30 days beside those before them, for Today: the report `figures`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import definitions, report_parameters, subscribers
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.calendars import local
from shared.domain.events import Instant, Json
from shared.domain.reports import figures


def asks(seen: Seen) -> Mapping[str, Question]:
    return {"figures": report_parameters.of_figures(seen.at).of("figures")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    today = local(at, definitions.shop_zone()).date()
    return figures.report(today, rows["figures"], subscribers.new(at))
