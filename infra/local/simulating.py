"""`beckon simulate JOURNEY`: what happens if it is published, played on a copy of what `make run` keeps.

The copy has the real handlers, the compiled state machines and everybody in it as they are; the clock is turned, and
the sample's people do with their emails what they always do. Nothing of it touches the run it is a copy of, and no
email leaves it. The admin's `simulate` is quicker, and asks `advance` alone; this one shows that the whole does the
same.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from infra.local import settings
from infra.local.aws import s3, ses
from infra.local.client import console, errors
from infra.local.shop import readers
from infra.local.system import System, begin
from shared.adapters import contact_runs, contacts, journey_definitions, journey_files
from shared.adapters.events_queue import put_events
from shared.domain.events import DAY, Event, Identity, IdentityKind, Instant, OrderState, Type, event_id, iso
from shared.domain.journeys.definition import EventHappens, Journey
from shared.domain.journeys.publications import Version, with_journey, with_state
from shared.domain.journeys.runs import Begin
from shared.domain.journeys.simulating import Path as Way
from shared.domain.journeys.simulating import Rates, Sent, Simulation, made_up, nothing_yet, summed
from shared.domain.journeys.telling import tell

BAR = 40
"""Characters of the longest bar."""


def run(arguments: argparse.Namespace) -> int:
    try:
        journey = _journey(arguments.journey)
    except (OSError, ValueError) as error:
        errors.print(f"{arguments.journey} is no journey: {error}", soft_wrap=True)
        return 1
    if not settings.WORLD.exists():
        errors.print("There is nobody to play it for. Start [bold]make run[/] once; it may go on meanwhile.")
        return 1
    with TemporaryDirectory() as directory, console.status(f"{arguments.days} days pass in a copy …"):
        system = copied(settings.WORLD, Path(directory))
        result = play(system, journey, arguments.contacts, arguments.days)
    show(journey, result, arguments.paths)
    return 0


def _journey(name: str) -> Journey:
    """One that ships, by its id; or of a YAML file."""
    shipped = journey_files.shipped()
    if name in shipped:
        return shipped[name]
    file = Path(name)
    if not file.exists():
        raise ValueError(f"write the name of a file, or one of {', '.join(shipped)}")
    return Journey.model_validate_json(json.dumps(journey_files.parsed(file.read_text(encoding="utf-8"))))


def copied(world: Path, directory: Path) -> System:
    """The system on a copy of a world, also while another process goes on in it."""
    copy = directory / "world.sqlite"
    with sqlite3.connect(f"file:{world}?mode=ro", uri=True) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    if (world.parent / s3.FOLDER).exists():
        shutil.copytree(world.parent / s3.FOLDER, directory / s3.FOLDER)
    template = settings.template()
    system = begin(copy, template, settings.secrets(template))
    system.reader = readers.react
    return system


def play(system: System, journey: Journey, number: int, days: int) -> Simulation:
    """Publishes the journey, has so many contacts begin it, and lets the days pass."""
    now = system.world.now()
    if journey != journey_files.shipped().get(journey.id):
        journey = journey.model_copy(
            update={"runs_on": "wake_ups"}
        )  # the machine that is deployed is the shipped one's
    _publish(journey, now)
    people = contacts.page(contacts.Place(), number)[0]
    before = {run.run.id for contact in people for run in contact_runs.of_contact(contact, journey.id)}
    put_events(_beginning(journey, contact, now) for contact in people)
    with system.hurrying():
        system.run_until(now + days * DAY)
    result = nothing_yet(journey, now, days)
    sent = _sent(system, journey, now)
    for contact in people:
        way = Way(contact, sent.get(contact, []))
        for kept in contact_runs.of_contact(contact, journey.id):
            if kept.run.id not in before:
                way.runs[kept.run.number] = kept.run
                way.records[kept.run.number] = list(kept.run.records)
        steps = [(record, number) for number, records in way.records.items() for record in records]
        way.emails += [
            Sent(record.time, record.step, record.step, record.why or "skipped")
            for record, _ in steps
            if record.what == "skipped"
        ]
        result.paths.append(way)
    return summed(result)


def _publish(journey: Journey, now: Instant) -> None:
    held = journey_definitions.publication()
    number = held.journeys[journey.id].version + 1 if journey.id in held.journeys else 1
    version = Version(version=number, journey=journey, published=now, by="beckon simulate", why="it is tried out")
    journey_definitions.publish(with_journey(held, version), version)
    held = journey_definitions.publication()
    if held.journeys[journey.id].state != "live":
        journey_definitions.publish(with_state(held, journey.id, "live", now, "beckon simulate"))


def _beginning(journey: Journey, contact: str, now: Instant) -> Event:
    """What has a contact begin it: the event that does, made up, or else somebody's hand."""
    trigger = journey.trigger
    if not isinstance(trigger, EventHappens):
        return tell(contact, Begin(now, journey.id, "beckon simulate"), now)
    properties = made_up(journey, trigger, Rates().worth)
    order = None
    if trigger.events[0] == Type.ORDER_COMPLETED:
        order = OrderState(id=f"simulated-{contact}", stands=True)
        properties = {"order_id": order.id, "total": Rates().worth}
    return Event(
        id=event_id("simulated", journey.id, contact, str(now)),
        type=trigger.events[0],
        time=now,
        stated=now,
        received=now,
        source="shopify" if order is not None else "admin",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties=properties,
        order=order,
    )


def _sent(system: System, journey: Journey, since: Instant) -> dict[str, list[Sent]]:
    """The emails of the journey, by contact."""
    found: dict[str, list[Sent]] = {}
    rows = system.world.db.execute("SELECT id FROM mailbox WHERE sent_at >= ? ORDER BY rowid", (since,)).fetchall()
    for (id_,) in rows:
        mail = ses.mail(system.world, id_)
        if mail.tags.get("journey") == journey.id:
            email = Sent(mail.sent_at, mail.tags["step"], mail.tags["template"], "sent", mail.tags.get("variant"))
            found.setdefault(mail.tags["contact"], []).append(email)
    return found


# ── shown ──


def show(journey: Journey, result: Simulation, paths: int) -> None:
    ended = ", ".join(f"{outcome} {number}" for outcome, number in result.ended.most_common())
    console.print(
        f"[bold]{journey.name}[/]: {result.contacts} contacts, {result.days} days. {result.began} began, "
        f"{result.waiting} are under way{'; ' + ended if ended else ''}. {result.goals} reached the goal.",
        soft_wrap=True,
    )
    steps = Table("step", "entered", "waiting", "sent", "skipped")
    for name, sums in result.steps.items():
        skipped = ", ".join(f"{reason} {number}" for reason, number in sums.skipped.items())
        steps.add_row(name, str(sums.entered), str(sums.waiting), str(sums.sent or ""), skipped)
    console.print(steps)
    most = max(result.emails)
    for day, emails in enumerate(result.emails):
        if emails:
            console.print(f"day {day:>3} {'█' * max(1, emails * BAR // most)} {emails} emails")
    console.print(f"{sum(result.emails)} emails in all; {result.delayed} waited for their hours.")
    for way in result.paths[:paths]:
        console.print(f"\n[bold]{way.contact}[/]")
        for record in (record for records in way.records.values() for record in records):
            why = f" ({record.why})" if record.why else ""
            console.print(f"  {iso(record.time)[:16].replace('T', ' ')}  {record.step or '-'}: {record.what}{why}")
