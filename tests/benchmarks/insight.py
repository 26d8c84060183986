"""The models of customers: a shop of 6,000 customers and a million lines, and one of a million customers.

    python -m tests.benchmarks.insight

Made up, of customers as the models say they are, over two years. All that a night works out of them is measured, the
segments it looks for, and (of lines) what goes with what, too: fitting at each of nine cuts, checking, scoring, bands,
and every tenth row's reasons; in a process of its own. The seconds are of processor time, the memory is the most it
ever had, Python and scipy included.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

from shared.domain.events import DAY
from tests.benchmarks.measuring import Row, show

SHOPS = {"small": (6_000, 1_000_000, 20.0), "large": (1_000_000, 0, 60.0)}
"""Customers, lines, and the seconds that are the aim."""
MEMORY = 3.0
"""Gigabytes."""
DAYS = 730


def measure() -> list[Row]:
    rows = []
    for name, (customers, lines, aim) in SHOPS.items():
        ran = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.insight", name],
            check=True,
            capture_output=True,
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )
        found = json.loads(ran.stdout)
        what = f"{customers:,} customers" + (f" and {found['lines']:,} lines" if lines else "")
        rows.append(
            Row(
                f"all scores of {what}, fitted, checked and made",
                f"{found['seconds']:.1f} s, {found['gigabytes']:.1f} GB",
                f"{aim:.0f} s, {MEMORY:.0f} GB",
                found["seconds"] <= aim and found["gigabytes"] <= MEMORY,
            )
        )
    return rows


def _one(name: str) -> None:
    """Prints what it takes, as JSON."""
    import numpy as np

    from functions.insight import affinity, customers, discovery, recommending
    from functions.insight.seam import Acts, Data, Lines, Named, Orders

    number, wanted, _ = SHOPS[name]
    draw = np.random.default_rng(1)
    # A shop with more orders a customer has as many lines as it should.
    rate = draw.gamma(0.8, 1 / (2.0 if wanted else 8.0), number) / 7
    lost, scale = draw.beta(0.6, 8.0 if wanted else 2.4, number), draw.gamma(4, 1 / 15, number)
    whose, days = np.arange(number), draw.uniform(0, DAYS, number)
    people, times = [], []
    while len(whose):
        people.append(whose)
        times.append(days)
        stay = draw.random(len(whose)) >= lost[whose]
        whose, days = whose[stay], days[stay] + draw.exponential(1, int(stay.sum())) / rate[whose[stay]]
        whose, days = whose[days < DAYS], days[days < DAYS]
    contact, day = np.concatenate(people), np.concatenate(times)
    begin = 1_704_067_200_000
    time_ = begin + (day * DAY).astype(np.int64)
    amount = (draw.gamma(6, 1 / scale[contact]) * 1e6).astype(np.int64) + 1
    each = max(wanted // len(contact), 1) if wanted else 0
    of = np.repeat(np.arange(len(contact)), each)
    product = draw.zipf(1.3, len(of)) % 4_000
    texts = np.array([f"P{n:05}" for n in range(4_000)]), np.array([f"category {n:02}" for n in range(20)])
    data = Data(
        at=begin + DAYS * DAY - 1,
        currency="EUR",
        zone="Europe/Paris",
        orders=Orders(contact * 1_000_003, time_, amount),
        lines=Lines(
            contact[of] * 1_000_003, time_[of], Named(texts[0], product), Named(texts[1], product % 20), amount[of]
        ),
        acts=Acts(*(contact[:0],) * 3, Named.of([]), contact[:0]),
    )
    began = time.process_time()
    found = customers.work_out(data)
    discovery.work_out(data)
    if len(data.lines):
        affinity.work_out(data)
        recommending.work_out(data)
    for scores in found.scores:
        for row in range(0, len(scores), 10):
            scores.reasons[row]
    seconds = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(json.dumps({"seconds": seconds, "gigabytes": most, "lines": len(of), "scores": len(found.scores)}))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _one(sys.argv[1])
    else:
        show(measure())
