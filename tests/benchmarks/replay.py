"""A real shop's history, replayed on the turned clock: every stored membership against a fresh evaluation of everybody.

    .venv/bin/python -m tests.benchmarks.replay path/to/online_retail_ii.parquet

replays the whole of Online Retail II, 5,942 customers over two years; without a file, the sample that ships. At several
instants the memberships that events and wake-ups have left behind are compared, contact by contact, with what the one
pass of SQL over the lake says of everybody at that instant. Beside it stands what polling would have cost, and by how
much it would have been late.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from infra.local import history, storefront
from infra.local.history import Webhook
from infra.local.sample import make
from infra.local.system import System
from shared.adapters import contacts, definitions, identities
from shared.adapters.contacts import Stored
from shared.domain import segments
from shared.domain.events import DAY, MINUTE, NEVER, Instant, iso
from shared.domain.profiles import Profile
from shared.domain.segments import BY_TIME, Definitions
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row

INSTANTS = 20
POLLS = {"every minute": MINUTE, "every 15 minutes": 15 * MINUTE, "daily": DAY}
SETTLED = 100 * DAY
"""How long the clock runs on after the last order: silence goes on having consequences."""


@dataclass
class Counted:
    """What the segments cost, and what came of it."""

    evaluations: int = 0
    flips: Counter[str] = field(default_factory=Counter)
    """By cause: `time`, or `event`."""
    by_time: list[Instant] = field(default_factory=list)
    """When time alone changed a membership."""
    events: int = 0
    wake_ups: int = 0
    vain: int = 0
    """Wake-ups that found nothing to change."""


@dataclass
class Replayed:
    contacts: int
    segments: int
    webhooks: int
    days: float
    seconds: float
    compared: int
    """Memberships compared, over all instants."""
    differing: list[str]
    """Each as instant, segment, contact."""
    counted: Counted


def replay(sample: Path = history.SAMPLE, customers: int | None = None, instants: int = INSTANTS) -> Replayed:
    """Plays the history of `sample`, and compares at so many instants, evenly spread over it."""
    webhooks = list(history.webhooks(customers=customers, sample=sample))
    begin, end = webhooks[0].at - DAY, webhooks[-1].at + SETTLED
    system, watch = watched(begin)
    counted = Counted()
    differing: list[str] = []
    compared, due = 0, [begin + (end - begin) * number // instants for number in range(1, instants + 1)]
    began = time.perf_counter()
    with counting(counted):
        for at, webhook in _with_ends(webhooks, due):
            if webhook is None:
                system.run_until(at)
                system.settle()
                compared += compare(system, at, differing)
                continue
            with system.hurrying():
                system.run_until(at)
                storefront.post(system, webhook)
    counted.events, counted.wake_ups = watch.records["ProfileFunction"], counted.wake_ups
    return Replayed(
        contacts=len(list(identities.contacts())),
        segments=len(definitions.segments().segments),
        webhooks=len(webhooks),
        days=(end - begin) / DAY,
        seconds=time.perf_counter() - began,
        compared=compared,
        differing=differing,
        counted=counted,
    )


def _with_ends(webhooks: list[Webhook], due: list[Instant]) -> Iterator[tuple[Instant, Webhook | None]]:
    """The webhooks in order of time, and between them, without one, the instants at which to compare."""
    left = iter([*due, NEVER])
    following = next(left)
    for webhook in webhooks:
        while following < webhook.at:
            yield following, None
            following = next(left)
        yield webhook.at, webhook
    while following != NEVER:
        yield following, None
        following = next(left)


@contextmanager
def counting(counted: Counted) -> Iterator[None]:
    """Has every decision about memberships counted, where the profile function makes them."""
    decide = segments.decide

    def counted_decide(
        definitions: Definitions, profile: Profile, names: tuple[str, ...], t: Instant, cause: str
    ) -> list[Transition]:
        transitions = decide(definitions, profile, names, t, cause)
        counted.evaluations += len(names)
        counted.flips["time" if cause == BY_TIME else "event"] += len(transitions)
        if cause == BY_TIME:
            counted.by_time += [transition.time for transition in transitions]
            counted.vain += not transitions
            counted.wake_ups += 1
        return transitions

    segments.decide = counted_decide
    try:
        yield
    finally:
        segments.decide = decide
