"""What the benchmarks have in common: a row of the table, and timing two things side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """A line of the table. `reached` says whether the aim is; None where there is none."""

    measure: str
    value: str
    aim: str = ""
    reached: bool | None = None


def side_by_side(subjects: dict[str, Callable[[], object]], rounds: int, times: int) -> dict[str, float]:
    """Seconds that one call of each subject takes: the median of `rounds`, in each of which each is called `times`.

    Seconds of processor time; a round has all of them, so that whatever else the machine does disturbs all alike.
    """
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            began = time.process_time()
            for _ in range(times):
                subject()
            taken[name].append((time.process_time() - began) / times)
    return {name: median(seconds) for name, seconds in taken.items()}


def show(rows: Sequence[Row]) -> None:
    """Prints the table."""
    table = Table("measure", "value", "aim", "")
    for row in rows:
        table.add_row(row.measure, row.value, row.aim, {True: "ok", False: "missed", None: ""}[row.reached])
    Console().print(table)
