"""What objectives are measured by, day by day: the report `objectives`. How each stands is worked out of it when it is
asked for, so that one that was just written has its progress at once."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters.queries import Question, question
from shared.adapters.reports import Seen
from shared.domain.events import Instant, Json, iso
from shared.domain.reports import progress


def asks(seen: Seen) -> Mapping[str, Question]:
    return {"days": question("objectives", iso(seen.at - progress.KNOWN)[:10], over=(0, seen.at))}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    return {"days": progress.stored(rows["days"])}
