"""What the nights have made of the lake for the reports: of each report the newest, as `reports/<name>.json.gz` in the
lake's bucket. The item `reports_night` (version 0) of the Definitions table says which execution of the workflow works
at the newest night (`nights`).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import NamedTuple

from shared.adapters import comparisons, lake_files
from shared.domain.events import MINUTE, Instant, Json

NIGHT = "reports_night"
CACHE_TTL = MINUTE

_read: dict[str, tuple[dict[str, Json] | None, Instant]] = {}


class Seen(NamedTuple):
    """What a report is of: the lake as of an instant, and of whom is in which segment the export of everybody's facts
    that was the newest then ("": none has been)."""

    at: Instant
    of_pass: str


def record(name: str, seen: Seen, body: Mapping[str, Json]) -> None:
    """In the place of the report that there was."""
    told = {"as_of": seen.at, "of_pass": seen.of_pass, **body}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    lake_files.put(_key(name), gzip.compress(text.encode(), mtime=0))


def known(name: str, now: Instant) -> dict[str, Json] | None:
    """The newest report of this name, with `as_of`, as it was read within the minute; None where no night has made
    one."""
    held = _read.get(name)
    if held is None or not 0 <= now - held[1] < CACHE_TTL:
        body = lake_files.get(_key(name))
        held = _read[name] = (None if body is None else json.loads(gzip.decompress(body)), now)
    return held[0]


def as_of(name: str, now: Instant) -> Instant:
    """What instant the newest report of this name is of; `now` where no night has made one."""
    found = known(name, now)
    return now if found is None else int(str(found["as_of"]))


def seen(name: str, now: Instant) -> Seen:
    """What the newest report of this name is of, as are the people behind its numbers. Where no night has made one, of
    `now`."""
    found = known(name, now)
    # Reports of before the pass was kept say none.
    of_pass = None if found is None else found.get("of_pass")
    return Seen(as_of(name, now), comparisons.newest_pass() if of_pass is None else str(of_pass))


def forget() -> None:
    """As a new process begins."""
    _read.clear()


def _key(name: str) -> str:
    return f"reports/{name}.json.gz"
