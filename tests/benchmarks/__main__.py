"""`make bench`: speed, size and cost, as one table. An aim that is missed is shown, not failed."""

from __future__ import annotations

import argparse
import time

from rich.console import Console
from rich.table import Table

from tests.benchmarks import clock, cost, evaluation, imports, ingest
from tests.benchmarks.measuring import Row


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1000, help="whom 90 days are played for (default: 1000)")
    contacts = parser.parse_args().contacts
    console, began = Console(), time.perf_counter()
    rows: list[Row] = []
    for measure in (evaluation.measure, ingest.measure, cost.measure, imports.measure):
        rows += measure()
    rows += clock.measure(contacts)
    table = Table("measure", "value", "aim", "")
    for row in rows:
        table.add_row(row.measure, row.value, row.aim, {True: "ok", False: "missed", None: ""}[row.reached])
    console.print(table)
    console.print(f"{time.perf_counter() - began:.0f} seconds in all")


if __name__ == "__main__":
    main()
