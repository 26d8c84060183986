"""Moving: what a new version of a journey does to people who are under way on an older one."""

from __future__ import annotations

from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import END


def place_in(newer: Path, older: Path, step: str) -> str:
    """Where a run stands by a newer version: at the step of the same id; where that is gone, at the next of the older
    version's that there still is, by the way that needs no choice (END: none is left)."""
    seen: set[str] = set()
    while step not in newer.steps:
        if step in seen or step not in older.steps:
            return END
        seen.add(step)
        step = older.following[step]
    return step
