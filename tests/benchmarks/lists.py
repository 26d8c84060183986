"""How long the lists of the admin take to answer over HTTP, in a shop of 10,000 contacts on the local run.

`python -m tests.benchmarks.lists path/to/.local` asks a run of its own (`make run CUSTOMERS=10000`, which takes hours);
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
from typing import Any

from infra.local import gateway, settings
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
    *("journeys", "templates", "campaigns", "forms", "coupons", "images", "imports", "requests", "keys", "operators"),
    *("audit", "conflicts", "dead-letters", "settings/versions", "lead-scores", "today"),
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


def seconds(url: str, body: Any = None) -> float:
    """Of the third and later times that it is asked: a Lambda that is warm, and a page that was seen before."""
    taken = []
    for _ in range(TIMES + 2):
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(url, data, {"content-type": "application/json"})
        began = time.perf_counter()
        with urllib.request.urlopen(asked) as answer:
            answer.read()
        taken.append(time.perf_counter() - began)
    return median(taken[2:])


def of(system: System, segment: str) -> dict[str, float]:
    with served(system) as base:
        found = {f"GET /{path}": seconds(base + path.format(segment=segment)) for path in LISTS}
        return found | {f"search {text}": seconds(f"{base}contacts/search", {"text": text}) for text in SEARCHES}


def made(directory: Path, contacts: int) -> System:
    template = settings.template()
    system = begin(directory / "world.sqlite", template, settings.secrets(template), BEGIN)
    system.streams = []
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
            taken = of(system, SEGMENT)
        finally:
            system.world.db.close()
    slowest = max(taken, key=lambda name: taken[name])
    said = f"{median(taken.values()) * 1000:.0f} ms in the middle, {taken[slowest] * 1000:.0f} ms at most ({slowest})"
    return [Row(f"lists of the admin, {contacts:,} contacts", said, f"≤ {AIM * 1000:.0f} ms", taken[slowest] <= AIM)]


def main() -> None:
    template = settings.template()
    system = begin(Path(sys.argv[1]) / "world.sqlite", template, settings.secrets(template))
    for name, taken in sorted(of(system, "customers").items(), key=lambda each: -each[1]):
        print(f"{taken * 1000:7.0f} ms  {name}")


if __name__ == "__main__":
    main()
