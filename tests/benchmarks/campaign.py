"""A campaign to many, on the local run: SES's stand-in takes 200 a second, and time is turned.

python -m tests.benchmarks.campaign [--recipients 100000]

Three times: undisturbed; with the worker's process dying over every thousandth email, before SES has it or after; and
with contacts entering and leaving the segment while it is being sent. The real function, state machine and notices of
SES; that the events which are made of the notices are folded is another bench's matter (`ingest`), so nobody takes
them off their queue here.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any

from infra.local import gateway, settings
from infra.local.aws import ses
from infra.local.aws.calls import Call
from infra.local.gateway import Request
from infra.local.system import ProcessDied, System, begin, plug_in
from shared.adapters import campaigns, contacts, definitions, identities, members, pace
from shared.adapters.clients import client
from shared.adapters.contacts import shard_of
from shared.domain.campaigns import ledger
from shared.domain.campaigns.states import ENDED
from shared.domain.conditions import Segment
from shared.domain.events import HOUR, MINUTE, SECOND, Instant, event_id
from shared.domain.messages import pace as pacing
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.transitions import Membership, Transition
from shared.domain.publications import with_segment
from tests.benchmarks.measuring import Row, show

BEGIN: Instant = 1_795_500_000_000
RATE = 200
SEGMENT = "everybody"
CAMPAIGN = "to_everybody"
MEMORY_AIM = 200  # MB


@dataclass
class Found:
    """What came of one campaign."""

    recipients: int
    sent: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    doubled: int = 0
    lost: int = 0
    strangers: int = 0
    """Mailed, though they were not in the audience."""
    disagreeing: int = 0
    """Looks at which audience was not sent + skipped + waiting, or SES had taken fewer than were told to be sent."""
    took: Instant = 0
    worst_second: int = 0
    refused: int = 0
    deaths: int = 0
    worked: float = 0.0
    """Seconds of processor time in the campaign's function, the stand-ins' own included."""
    memory: int = 0
    """Megabytes by which the process grew while it was sent."""
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def rate_used(self) -> float:
        return self.sent / (RATE * self.took / SECOND) if self.took else 0.0


Fault = Callable[[Call, Callable[[], dict[str, Any]]], dict[str, Any]]
Meanwhile = Callable[[System, int], None]


def play(recipients: int, crash_every: int = 0, meanwhile: Meanwhile | None = None) -> Found:
    found = Found(recipients)
    with tempfile.TemporaryDirectory() as directory, _shop(Path(directory), recipients, found, crash_every) as system:
        _asked(
            system,
            "POST",
            "/campaigns",
            {"id": CAMPAIGN, "name": "To all", "template": "check_in", "segments": [SEGMENT]},
        )
        _asked(system, "POST", f"/campaigns/{CAMPAIGN}/send")
        gc.collect()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        for round_ in range(10**6):
            system.pass_time(5 * SECOND if round_ < 100 or recipients >= 20_000 else MINUTE)
            kept = campaigns.read(CAMPAIGN)
            assert kept is not None
            _look(system, kept.id, kept.frozen, found)
            if kept.state in ENDED:
                break
            assert system.world.now() < BEGIN + 10 * HOUR, kept
            if meanwhile is not None and kept.frozen:
                meanwhile(system, round_)
        found.memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
        _count(system, kept.frozen, found)
    return found


@contextmanager
def _shop(directory: Path, recipients: int, found: Found, crash_every: int) -> Iterator[System]:
    mailed = 0

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        nonlocal mailed
        found.calls[f"{call.service}.{call.operation}"] += 1
        if call.operation != "SendEmail":
            return perform()
        mailed += 1
        dies = crash_every and mailed % crash_every == 0
        if dies and mailed // crash_every % 2:
            found.deaths += 1
            raise ProcessDied
        try:
            answer = perform()
        except Exception:
            found.refused += 1
            raise
        if dies:
            found.deaths += 1
            raise ProcessDied
        return answer

    template = settings.template()
    system = begin(directory / "world.sqlite", template, settings.secrets(template), BEGIN, fault)
    system.queues = [source for source in system.queues if source.function == "FeedbackFunction"]
    system.streams = []
    system.ticks = [
        tick for tick in system.ticks if "task" in tick.input and tick.input["task"] not in ("wake", "runs")
    ]
    ses.set_send_rate(system.world, RATE)
    quota = {"left": 10**9, "kept": 1_000, "warm": 10**9, "warm_kept": 0}
    pace.told({"rate": RATE, "interval": pacing.interval(RATE), **quota}, BEGIN)
    # One after the other, and each in no time: what threads do beside each other while others wait for their slots.
    system.waits = lambda slot: system.world.turn(slot - pacing.LEAD)
    plug_in(system)

    def watched(function: str, _: Any, perform: Callable[[], Any]) -> Any:
        began = time.process_time()
        try:
            return perform()
        finally:
            if function == "CampaignFunction":
                found.worked += time.process_time() - began

    system.around = watched
    segment = Segment.model_validate(
        {"id": SEGMENT, "name": "All", "sentence": "All.", "when": {"kind": "trait", "trait": "email", "is": "exists"}}
    )
    definitions.publish(with_segment(definitions.publication(), segment, False, BEGIN))
    for start in range(0, recipients, 25):
        put_people(tuple(range(start, min(start + 25, recipients))))
    members.recount(SEGMENT)
    found.calls.clear()
    try:
        yield system
    finally:
        system.world.db.close()


def contact_of(number: int) -> str:
    return event_id("bench", str(number))


def put_people(numbers: tuple[int, ...]) -> None:
    people, links, memberships = [], [], []
    for number in numbers:
        contact, address = contact_of(number), f"person.{number}@example.com"
        profile = Profile(contact, first_seen=BEGIN)
        profile.traits = {"email": Stamped(address, BEGIN), "first_name": Stamped("Ada", BEGIN)}
        profile.consent = {"marketing": Stamped("subscribed", BEGIN)}
        profile.memberships = {SEGMENT: Membership(True, BEGIN, 2**62, 1)}
        profile.definitions = 2
        (write,) = [contacts.profile_write(profile, 0, BEGIN)["Put"]]
        people.append({"PutRequest": {"Item": write["Item"]}})
        hashed = identities.address_hash(address)
        links.append({"PutRequest": {"Item": {"identity": {"S": f"email#{hashed}"}, "contact": {"S": contact}}}})
        item = {
            "segment_shard": {"S": f"{SEGMENT}#{shard_of(contact)}"},
            "contact": {"S": contact},
            "number": {"N": "1"},
            "since": {"N": str(BEGIN)},
        }
        memberships.append({"PutRequest": {"Item": item}})
    for table, requests in (
        (contacts.table(), people),
        (identities.table(), links),
        (members.environment(members.MembersSettings).members_table, memberships),
    ):
        client("dynamodb").batch_write_item(RequestItems={table: requests})


def changing(recipients: int) -> Meanwhile:
    """At each of the first looks, twenty of the audience leave the segment, and twenty others come to it."""
    leaving, coming = iter(range(0, recipients, 7)), count(recipients)

    def change(system: System, look: int) -> None:
        if look >= 500:
            return
        now = system.world.now()
        for number in islice(leaving, 20):
            contact = contact_of(number)
            members.record(Transition(contact, 2, SEGMENT, False, now, "time", before=1), now)
            stored = contacts.read(contact)
            assert stored is not None
            stored.profile.memberships[SEGMENT] = Membership(False, now, 2**62, 2)
            contacts.commit([contacts.profile_write(stored.profile, stored.wake_at, now)])
        put_people(tuple(islice(coming, 20)))

    return change


def _asked(system: System, method: str, path: str, body: Any = None) -> None:
    written = b"" if body is None else json.dumps(body).encode()
    answer = gateway.admin(system, Request(method, path, "", {"content-type": "application/json"}, written))
    assert answer.status in (201, 202), answer.body


def _look(system: System, id_: str, frozen: tuple[int, ...], found: Found) -> None:
    sums = ledger.sums(campaigns.chunks(id_, frozen)) if frozen else ledger.Sums(0, 0, {})
    (taken,) = system.world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone()
    agree = sums.audience == sums.sent + sum(sums.skipped.values()) + sums.waiting
    found.disagreeing += not agree or sums.sent > taken


def _count(system: System, frozen: tuple[int, ...], found: Found) -> None:
    mailed: Counter[str] = Counter()
    instants: list[Instant] = []
    for tags, at in system.world.db.execute("SELECT tags, sent_at FROM mailbox ORDER BY sent_at"):
        mailed[json.loads(tags)["contact"]] += 1
        instants.append(at)
    told: dict[str, str] = {}
    for chunk in campaigns.chunks(CAMPAIGN, frozen):
        for contact, outcome in campaigns.outcomes(CAMPAIGN, chunk.number).items():
            told[contact] = outcome.status
            if outcome.status == "skipped":
                found.skipped[outcome.reason or ""] = found.skipped.get(outcome.reason or "", 0) + 1
    audience = {contact_of(number) for number in range(found.recipients)}
    found.sent = len(instants)
    found.doubled = sum(times - 1 for times in mailed.values())
    found.strangers = len(set(mailed) - audience)
    ends = {contact for contact, status in told.items() if status == "sent"}
    found.lost = len(audience - set(told)) + len(ends ^ set(mailed)) + sum(each == "delayed" for each in told.values())
    found.took = instants[-1] - instants[0] if len(instants) > 1 else 0
    first = 0
    for last, at in enumerate(instants):
        while instants[first] <= at - SECOND:
            first += 1
        found.worst_second = max(found.worst_second, last - first + 1)


def rows(found: Found, name: str) -> list[Row]:
    each = 1000 * found.worked / max(found.sent, 1)
    more = f"; {found.deaths} deaths" if found.deaths else ""
    skipped = "".join(f"; {n:,} skipped: {reason}" for reason, n in found.skipped.items())
    numbers = f"{found.doubled}, {found.lost}, {found.strangers}, {found.disagreeing}"
    paced = found.rate_used >= 0.97 and found.worst_second <= RATE and not found.refused
    sound = found.doubled == found.lost == found.strangers == found.disagreeing == 0
    return [
        Row(
            f"a campaign to {found.recipients:,}, {name}: mailed twice, lost, strangers, sums that disagree",
            f"{numbers} of {found.sent:,} sent{skipped}{more}",
            "0, 0, 0, 0",
            sound,
        ),
        Row(
            f"— of SES's {RATE} a second used; the worst second; refused",
            f"{found.rate_used:.1%}; {found.worst_second}; {found.refused}",
            f"97 %; {RATE}; 0" if not found.deaths else "",
            paced if not found.deaths else None,
        ),
        Row(
            "— processor time a recipient, the stand-ins' part included; memory",
            f"{each:.2f} ms ({1000 / each:.0f} a second and core); {found.memory} MB",
            f"5 ms; {MEMORY_AIM} MB",
            each <= 5 and found.memory <= MEMORY_AIM,
        ),
    ]


def measure(recipients: int = 100_000) -> list[Row]:
    return [
        *rows(play(recipients), "undisturbed"),
        *rows(play(recipients, crash_every=1_000), "a death every 1,000 emails"),
        *rows(play(recipients, meanwhile=changing(recipients)), "the segment changing"),
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipients", type=int, default=100_000)
    parser.add_argument("--only", choices=["undisturbed", "deaths", "changing"])
    asked = parser.parse_args()
    people = asked.recipients
    plays = {
        "undisturbed": lambda: play(people),
        "deaths": lambda: play(people, crash_every=1_000),
        "changing": lambda: play(people, meanwhile=changing(people)),
    }
    for name, each in plays.items():
        if asked.only in (None, name):
            show(rows(each(), name))
    sys.exit(0)
