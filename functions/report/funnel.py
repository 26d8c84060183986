"""The way from sign-up to the second order: the report `funnel`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters.queries import Question, question
from shared.domain.events import Instant, Json
from shared.domain.reports import funnel


def asks(at: Instant) -> Mapping[str, Question]:
    return {name: question(name, str(at), over=(0, at)) for name in ("funnel", "funnel_days")}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return funnel.report(rows["funnel"], rows["funnel_days"])
