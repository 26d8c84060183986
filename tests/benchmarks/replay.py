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
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from infra.local.shop import history, storefront
from infra.local.shop.history import Webhook
from infra.local.shop.sample import make
from infra.local.system import System
from shared.adapters import athena, contacts, definitions
from shared.adapters.contacts import Stored
from shared.domain import segments, sql
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Instant, Json, Type, iso
from shared.domain.profiles import Profile
from shared.domain.segments import BY_TIME, Definitions, Transition
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row

INSTANTS = 20
Around = Callable[[str, Any, Callable[[], Any]], Any]
POLLS = {"every minute": MINUTE, "every 15 minutes": 15 * MINUTE, "daily": DAY}
SETTLED = 100 * DAY
"""How long the clock runs on after the last order: silence goes on having consequences."""
NIGHT = DAY
"""After each comparison a day passes with its night, whose workflow works out the cut-offs of ranks."""


@dataclass
class Counted:
    """What the segments cost, and what came of it."""

    evaluations: int = 0
    seconds: float = 0.0
    """Of processor time, that deciding took."""
    flips: Counter[str] = field(default_factory=Counter)
    """By cause: `time`, or `event`."""
    segments: Counter[str] = field(default_factory=Counter)
    """The same changes, by segment."""
    by_time: list[Instant] = field(default_factory=list)
    """When time alone changed a membership."""
    events: int = 0
    woken: int = 0
    """Wake-ups that were on the queue, those in vain with them."""


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
    counted: Counted
    late: list[float]
    """Seconds, of every change by time alone, the least first."""


def replay(
    sample: Path = history.SAMPLE,
    customers: int | None = None,
    instants: int = INSTANTS,
    say: Callable[[str], object] = lambda line: None,
) -> Replayed:
    """Plays the history of `sample`, and compares at so many instants, evenly spread over it."""
    webhooks = deque(history.webhooks(customers=customers, sample=sample))
    posted, begin, end = len(webhooks), webhooks[0].at - DAY, webhooks[-1].at + SETTLED
    system, watch = watched(begin)
    system.around = noticing(watch.invocation, counted := Counted())
    differing: list[str] = []
    compared = 0
    began = time.perf_counter()
    with counting(counted):
        for number in range(1, instants + 1):
            with system.hurrying():  # the lake catches up at the end
                at = play(system, webhooks, begin + (end - begin) * number // instants)
            compared += compare(system, at, differing)
            say(f"{iso(at)[:10]}: {compared:,} memberships compared, {len(differing)} differ")
            if number < instants:
                play(system, webhooks, at + NIGHT)
    counted.events = watch.records["ProfileFunction"]
    return Replayed(
        contacts=sum(1 for _ in everybody()),
        segments=len(definitions.segments().segments),
        webhooks=posted,
        days=(end - begin) / DAY,
        seconds=time.perf_counter() - began,
        compared=compared,
        differing=differing,
        counted=counted,
        late=sorted(lateness()),
    )


def play(system: System, webhooks: deque[Webhook], until: Instant) -> Instant:
    """Posts what is until then, each at its time; gives the instant, a little later, when no wake-up is waiting."""
    while webhooks and webhooks[0].at <= until:
        system.run_until(webhooks[0].at)
        storefront.post(system, webhooks.popleft())
    system.run_until(until)
    while next(contacts.wakes(until), None) is not None:
        until += SECOND
        system.run_until(until)
    return until


def compare(system: System, at: Instant, differing: list[str]) -> int:
    """Compares the stored memberships with what one pass over the lake says; gives how many were compared."""
    shop_definitions = definitions.segments()
    names, of_pass = list(shop_definitions.segments), f"replay-{at}"
    export(system, at, of_pass)
    told = athena.rows(athena.start(sql.one_pass(shop_definitions, names, at, of_pass))) or []
    answered = {row["contact"]: row for row in told}
    stored = {each.profile.contact: each.profile for each in everybody()}
    differing += [f"{iso(at)} {each} is stored or passed over, not both" for each in stored.keys() ^ answered.keys()]
    for contact in stored.keys() & answered.keys():
        for name in names:
            held = stored[contact].memberships.get(name)
            if (held is not None and held.member) != answered[contact][f"in_{name}"]:
                differing.append(f"{iso(at)} {contact} {name}: stored as {held}")
    return len(stored) * len(names)


def export(system: System, at: Instant, of_pass: str) -> None:
    """Has the export function write everybody's facts, page by page, as the workflow does."""
    number = definitions.publication().number
    place: dict[str, Json] | None = contacts.Place()._asdict()
    while place is not None:
        page = {"name": of_pass, "at": at, "definitions": number, "segment": None, "draft": None, "contacts": 0}
        page["do"] = "dry_run"  # a night would put right what is compared here
        place = system.invoke("ExportFunction", {**page, "place": place})["place"]


def everybody() -> Iterator[Stored]:
    place: contacts.Place | None = contacts.Place()
    while place is not None:
        found, place = contacts.page(place, 1000)
        yield from contacts.read_all(found)


def lateness() -> Iterator[float]:
    """Of every change that time alone made: seconds from its instant to when it was stored."""
    for stored in everybody():
        for item in contacts.items(stored.profile.contact, "TRANSITION#"):
            if item["cause"]["S"] == BY_TIME:
                yield (int(item["recorded"]["N"]) - int(item["time"]["N"])) / SECOND


def is_wake_up(event: Mapping[str, Any]) -> bool:
    """Whether an event asks for what time alone has changed: not for everything, nor by a publication."""
    return event["type"] == Type.EVALUATION_DUE and not event.get("properties")


def noticing(invocation: Around, counted: Counted) -> Around:
    """Has the wake-ups counted that the profile function takes off the queue."""

    def noticed(function: str, payload: Any, perform: Callable[[], Any]) -> Any:
        if function == "ProfileFunction":
            events = (json.loads(record["body"]) for record in payload["Records"])
            counted.woken += sum(map(is_wake_up, events))
        return invocation(function, payload, perform)

    return noticed


@contextmanager
def counting(counted: Counted) -> Iterator[None]:
    """Has every decision about memberships counted, where the profile function makes them."""
    decide = segments.decide

    def counted_decide(
        definitions: Definitions,
        profile: Profile,
        names: tuple[str, ...],
        t: Instant,
        cause: str,
        by_time: Mapping[str, bool] | None = None,
    ) -> list[Transition]:
        began = time.process_time()
        transitions = decide(definitions, profile, names, t, cause, by_time)
        counted.seconds += time.process_time() - began
        counted.evaluations += len(names)
        counted.segments.update(transition.segment for transition in transitions)
        counted.flips["time" if cause == BY_TIME else "event"] += len(transitions)
        if cause == BY_TIME:
            counted.by_time += [transition.time for transition in transitions]
        return transitions

    segments.decide = counted_decide
    try:
        yield
    finally:
        segments.decide = decide


# ── beside polling ──


def rows(found: Replayed) -> list[Row]:
    counted = found.counted
    by_time = len(counted.by_time)
    each_month = 30 / found.days / found.contacts
    table = [
        Row(
            f"{found.contacts:,} contacts, {found.segments} segments, {found.days:.0f} days",
            f"{found.webhooks:,} webhooks replayed in {found.seconds:.0f} s",
        ),
        Row(
            "stored memberships against one pass over the lake",
            f"{found.compared:,} compared, {len(found.differing)} differ",
            "0",
            not found.differing,
        ),
        Row(
            "changes of membership",
            f"{counted.flips['event']:,} by events, {by_time:,} by time alone",
        ),
        Row(
            "wake-ups for changes by time",
            f"{counted.woken:,}, {counted.woken / max(by_time, 1):.2f} a change; "
            f"{counted.woken * each_month:.2f} a contact a month",
        ),
        Row(
            "evaluations of a segment",
            f"{counted.evaluations:,}, {counted.evaluations / max(counted.events, 1):.1f} an event or wake-up",
        ),
        Row(
            "late, of changes by time",
            f"{mean(found.late):.0f} s on average, {found.late[-1]:.0f} s at most",
            "≤ 60 s",
            found.late[-1] <= 60,
        ),
    ]
    for name, every in POLLS.items():
        evaluations = found.contacts * found.segments * found.days * DAY / every
        late = [-at % every / HOUR for at in counted.by_time]
        table.append(
            Row(
                f"polling {name} instead",
                f"{evaluations:,.0f} evaluations, {evaluations / counted.evaluations:,.0f} times as many; "
                f"late by {mean(late):.2f} h on average, {max(late):.2f} h at most",
            )
        )
    return table


def measure(customers: int = 60) -> list[Row]:
    found = replay(customers=customers)
    assert not found.differing, found.differing[:10]
    return rows(found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=Path, nargs="?", help="online_retail_ii.parquet; left out: the sample")
    parser.add_argument("--customers", type=int, default=None)
    parser.add_argument("--instants", type=int, default=INSTANTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        if asked.source is not None:
            make.make(asked.source, Path(made), customers=1_000_000, since="2009-01-01")
        sample = Path(made) if asked.source is not None else history.SAMPLE
        found = replay(sample, asked.customers, asked.instants, lambda line: print(line, flush=True))
    for row in rows(found):
        print(f"{row.measure:<60} {row.value}  {row.aim}")
    print("\n".join(found.differing[:20]))
    return 1 if found.differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
