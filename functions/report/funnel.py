"""The way from sign-up to the second order: the report `funnel`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import report_parameters
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.events import Instant, Json
from shared.domain.reports import funnel


def asks(seen: Seen) -> Mapping[str, Question]:
    return {name: report_parameters.of_funnel(seen.at).of(name) for name in ("funnel", "funnel_days")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return funnel.report(rows["funnel"], rows["funnel_days"])
