"""How long the lists of the admin take to answer over HTTP, in a shop of 10,000 contacts on the local run.

`python -m tests.benchmarks.lists .local` asks the shop that `make run CUSTOMERS=10000` has made, once that was stopped;
`make bench` fills tables with 10,000 made-up people, of whom all are in one segment.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from infra.local import directory, gateway, launching, settings
from infra.local.screens import site
from infra.local.system import System, begin
from shared.adapters import definitions, members
from shared.domain.conditions import Segment
from shared.domain.publications import with_segment
from tests.benchmarks.campaign import BEGIN, SEGMENT, put_people
from tests.benchmarks.measuring import Row

CONTACTS = 10_000
AIM = 0.3  # seconds
LISTS = (
    *("contacts", "contacts?limit=200", "contacts?segment={segment}", "segments", "segments/{segment}/members"),
    *("journeys", "journeys/onboarding", "journeys/onboarding/runs", "templates", "campaigns", "forms", "coupons"),
    *(
        "images",
        "imports",
        "requests",
        "keys",
        "operators",
        "audit",
        "conflicts",
        "dead-letters",
        "stuck-runs",
        "drift",
    ),
    *("settings/versions", "lead-scores", "objectives", "experiments", "insight", "insight/rfm", "insight/segments"),
    *("today", "sending", "data/audit", "reports/daily", "reports/figures", "reports/funnel", "reports/attribution"),
    *("reports/cohorts", "reports/flows", "reports/forms", "reports/feedback", "reports/kpis", "reports/kpis/days"),
    *("reports/costs", "reports/holdout"),
)
SEARCHES = ("ada", "person.77")
TIMES = 5


@contextmanager
def served(system: System) -> Iterator[str]:
    server = gateway.serve(system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_port}/admin/"
    finally:
        server.shutdown()
        server.server_close()


class Taken(NamedTuple):
    """Seconds for an answer, in the middle and at most of `TIMES`; and of the processor, asking included."""

    usual: float
    most: float
    processor: float


def taken(url: str, body: Any = None) -> Taken:
    """Of the third and later times that it is asked: a Lambda that is warm, and a page that was seen before."""
    seconds, processor = [], []
    for _ in range(TIMES + 2):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(url, data, {"content-type": "application/json"})
        began, worked = time.perf_counter(), time.process_time()
        with urllib.request.urlopen(asked) as answer:
            answer.read()
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - worked)
    return Taken(median(seconds[2:]), max(seconds[2:]), median(processor[2:]))


def of(system: System, segment: str) -> dict[str, Taken]:
    with served(system) as base:
        found = {f"GET /{path}": taken(base + path.format(segment=segment)) for path in LISTS}
        return found | {f"search {text}": taken(f"{base}contacts/search", {"text": text}) for text in SEARCHES}


def made(directory: Path, contacts: int) -> System:
    template = settings.template()
    system = begin(directory / "world.sqlite", template, settings.secrets(template), BEGIN)
    system.streams = []
    launching.switch_on(system, ["onboarding"])
    all_ = {"kind": "trait", "trait": "email", "is": "exists"}
    segment = Segment.model_validate({"id": SEGMENT, "name": "All", "sentence": "All.", "when": all_})
    definitions.publish(with_segment(definitions.publication(), segment, False, BEGIN))
    for start in range(0, contacts, 25):
        put_people(tuple(range(start, min(start + 25, contacts))))
    members.recount(SEGMENT)
    return system


def measure(contacts: int = CONTACTS) -> list[Row]:
    with TemporaryDirectory() as directory:
        system = made(Path(directory), contacts)
        try:
            found = of(system, SEGMENT)
        finally:
            system.world.db.close()
    usual = median(each.usual for each in found.values())
    slowest = max(found, key=lambda name: found[name].usual)
    most = found[slowest].usual
    said = f"{usual * 1000:.0f} ms in the middle, {most * 1000:.0f} ms at most ({slowest})"
    return [Row(f"lists of the admin, {contacts:,} contacts", said, f"≤ {AIM * 1000:.0f} ms", most <= AIM)]


def main() -> None:
    """Of a run's own directory. `directory.InUseError`: it is going on."""
    template, run = settings.template(), Path(sys.argv[1])
    with directory.claim(run):
        system = begin(run / "world.sqlite", template, settings.secrets(template))
        print("     ms   worst   of processor")
        for name, each in sorted(of(system, "customers").items(), key=lambda each: -each[1].usual):
            print(f"{each.usual * 1000:7.0f} {each.most * 1000:7.0f} {each.processor * 1000:7.0f}  {name}")


if __name__ == "__main__":
    main()
