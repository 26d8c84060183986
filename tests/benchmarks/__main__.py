"""`make bench`: speed, size and cost, as one table. An aim that is missed is shown, not failed."""

from __future__ import annotations

import argparse
import time

from tests.benchmarks import (
    batch,
    campaign,
    clock,
    cost,
    evaluation,
    imports,
    ingest,
    insight,
    lag,
    lists,
    money,
    nights,
    rendering,
    replay,
    reports,
    runs,
    simulating,
    waiting,
)
from tests.benchmarks.measuring import Row, show


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1000, help="whom 90 days are played for (default: 1000)")
    parser.add_argument("--recipients", type=int, default=100_000, help="of three campaigns (default: 100000)")
    asked = parser.parse_args()
    began = time.perf_counter()
    rows: list[Row] = []
    for part in (
        evaluation,
        ingest,
        cost,
        money,
        waiting,
        lag,
        lists,
        runs,
        rendering,
        replay,
        imports,
        simulating,
        insight,
        nights,
        batch,
        reports,
    ):
        rows += part.measure()
    rows += campaign.measure(asked.recipients)
    rows += clock.measure(asked.contacts)
    show(rows)
    print(f"{time.perf_counter() - began:.0f} seconds in all")


if __name__ == "__main__":
    main()
