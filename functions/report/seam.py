"""What a report is made by: a module of this folder with these two functions (`night.REPORTS` names it)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.events import Instant, Json

Rows = list[dict[str, Json]]
"""An answer: of each row its columns by name."""


class Report(Protocol):
    def asks(self, seen: Seen) -> Mapping[str, Question]:
        """By name, what is asked of the lake, as it was `seen`: the same names for the same."""

    def made(self, at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
        """The report out of the answers, by the questions' names. What its figures are is worked out by what is pure,
        in `shared/domain/reports`."""
