"""What the month has cost so far: the report `costs`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import month_costs, report_parameters
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.events import Instant, Json


def asks(seen: Seen) -> Mapping[str, Question]:
    return {"events": report_parameters.of_month(seen.at).of("month")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return month_costs.told(at, rows["events"])
