"""What has come of a story: all that is stored, without what a fault may change (when something was done, and how often
it was tried).

An outcome is a list of facts by kind. A fact has an exact part, and instants: they may be later than without the fault,
by the time it takes to make a fault good. Nothing else may differ.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb

from infra.local.aws import s3
from infra.local.aws.world import World
from infra.local.system import System
from shared.adapters import contact_runs, contacts, sent_counts
from shared.domain.events import HOUR, Event, Instant
from shared.domain.profiles import Profile
from shared.domain.profiles.stored import load

MAX_DELAY = 2 * HOUR
"""By which all faults are made good: the queue's five receives, a claim's 15 minutes, a task's retries."""


class Fact(NamedTuple):
    """`exact` says what is so, as text; `times` are the instants that belong to it, by name."""

    exact: str
    times: dict[str, Instant]


Outcome = dict[str, list[Fact]]


def fact(*exact: Any, **times: Instant) -> Fact:
    return Fact(json.dumps(exact, sort_keys=True, default=sorted), times)


def differences(expected: Outcome, found: Outcome) -> list[str]:
    """What is not as expected, in words; nothing when all is."""
    told = []
    for kind in expected | found:
        wanted, held = expected.get(kind, []), found.get(kind, [])
        missing, surplus = _minus(wanted, held), _minus(held, wanted)
        told += [f"{kind}: missing {each}" for each in missing] + [f"{kind}: surplus {each}" for each in surplus]
        if not missing and not surplus:
            for one, other in zip(wanted, held, strict=True):
                for name, instant in one.times.items():
                    if not 0 <= other.times[name] - instant <= MAX_DELAY:
                        told.append(f"{kind}: {name} {other.times[name] - instant} ms off in {one.exact}")
    return told


def _minus(some: list[Fact], others: list[Fact]) -> list[str]:
    left = [other.exact for other in others]
    surplus = []
    for each in some:
        if each.exact in left:
            left.remove(each.exact)
        else:
            surplus.append(each.exact)
    return surplus


# ── reading ──


def outcome(system: System) -> Outcome:
    """All facts of a system in which nothing is left to be done, each kind in order."""
    names = _names_of_events(system)
    read = {
        "profile": profiles(system),
        "event": events(system, names),
        "transition": transitions(system, names),
        "consent": consents(system, names),
        "message": messages(system),
        "run": runs(system),
        "run's row": rows_of_runs(system),
        "execution": executions(system.world),
        "member": members(system),
        "identity": identities(system),
        "search": (fact(item["token"]["S"], item["contact"]["S"]) for item in items(system, "Search")),
        "mail": mails(system.world),
        "lake": lake(system.world),
        # But how many were sent on a day, of which a count may be lost (functions/feedback): no email depends on one.
        "definition": (fact(id_) for id_ in definitions(system) if id_ != sent_counts.ID),
        "left on a queue": left_over(system.world),
        "overdue wake-up": overdue(system),
    }
    return {kind: sorted(facts, key=lambda each: (each.exact, *each.times.values())) for kind, facts in read.items()}


def definitions(system: System) -> Iterator[str]:
    return (item["id"]["S"] for item in items(system, "Definitions"))


def items(system: System, table: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """A table's items; of Contacts, those whose kind begins with `prefix`."""
    pages = system.session.client("dynamodb").get_paginator("scan").paginate(TableName=system.template.reference(table))
    for page in pages:
        yield from (item for item in page["Items"] if item.get("kind", {"S": ""})["S"].startswith(prefix))


def name_of(event: Event) -> str:
    """The event's id; one that is made of SES's id of a mail, or of a request's, by a name the same in all runs."""
    if event.source not in ("ses", "preference"):
        return event.id
    return f"{event.type} of {event.properties['message']} {event.properties.get('link', '')}"


def _names_of_events(system: System) -> dict[str, str]:
    recorded = map(contacts.event_of, items(system, "Contacts", "EVENT#"))
    return {event.id: name_of(event) for event in recorded}


def profiles(system: System) -> Iterator[Fact]:
    for item in items(system, "Contacts", contacts.PROFILE):
        profile = load(bytes(item["profile"]["B"]))
        yield from facts_of(profile)


def facts_of(profile: Profile) -> Iterator[Fact]:
    contact = profile.contact
    yield fact(contact, profile.transitions, profile.consents, profile.identities, profile.definitions)
    yield fact(contact, profile.merged_into, profile.erased, profile.older_orders, first_seen=profile.first_seen)
    for name, stamped in (profile.traits | profile.consent).items():
        yield fact(contact, name, stamped.value, time=stamped.time)
    for name, history in profile.histories.items():
        yield fact(contact, name, history.total, first=history.first)
        for occurrence in history.newest:
            yield fact(contact, name, occurrence.properties, time=occurrence.time)
    for name, order in profile.orders.items():
        yield fact(contact, name, order.placed, order.value, order.taken_off(), order.cancelled, time=order.newest.time)
    for name, membership in profile.memberships.items():
        yield fact(contact, name, membership.member, membership.number, since=membership.since, until=membership.until)


def events(system: System, names: dict[str, str]) -> Iterator[Fact]:
    for item in items(system, "Contacts", "EVENT#"):
        event = contacts.event_of(item)
        told = [event.type, event.source, event.public, event.properties, event.traits, event.consent]
        yield fact(
            item["contact"]["S"],
            names[event.id],
            *(str(each) for each in told),
            item.get("conflicts", {}).get("SS", []),
            time=event.time,
            received=event.received,
        )


def transitions(system: System, names: dict[str, str]) -> Iterator[Fact]:
    found = items(system, "Contacts", "TRANSITION#")
    for told in (each for item in found for each in contacts.transitions_of(item)):
        cause = names.get(told.cause, told.cause)
        yield fact(told.contact, told.number, told.segment, told.entered, told.before, cause, time=told.time)


def consents(system: System, names: dict[str, str]) -> Iterator[Fact]:
    for item in items(system, "Contacts", "CONSENT#"):
        exact = [item[name]["S"] for name in ("contact", "kind", "topic", "state", "source")]
        yield fact(*exact, names.get(item["cause"]["S"]), time=int(item["time"]["N"]))


def messages(system: System) -> Iterator[Fact]:
    for item in items(system, "Contacts", "MESSAGE#"):
        told = ("contact", "kind", "status", "reason", "journey", "run", "step", "template", "topic")
        times = {name: int(item[name]["N"]) for name in ("sent_at", "refused_at") if name in item}
        yield fact(*(item.get(name, {}).get("S") for name in told), **times)


def runs(system: System) -> Iterator[Fact]:
    for item in items(system, "Contacts", "RUN#"):
        if "body" in item:
            run = contact_runs.of_item(item).run
            walked = [(record.step, record.what, record.why) for record in run.records]
            yield fact(
                run.id, run.version, run.step, run.outcome, run.reached_goal, run.passes, walked, since=run.since
            )
            continue
        names = ("contact", "kind", "run", "execution", "path", "segment")
        yield fact(*(item[name]["S"] for name in names), started=int(item["started"]["N"]))


def rows_of_runs(system: System) -> Iterator[Fact]:
    """The rows of runs, and how often each thing was recorded, on whatever day."""
    found: Counter[str] = Counter()
    for item in items(system, "Runs"):
        if "n" in item:
            found[f"{item['journey_shard']['S']} {item['id']['S'].split('#', 1)[1]}"] += int(item["n"]["N"])
        else:
            yield fact(item["id"]["S"], item["step"]["S"], item.get("outcome", {}).get("S"), item["counted"]["N"])
    for name, n in found.items():
        yield fact(name, n)


def executions(world: World) -> Iterator[Fact]:
    for name, status, error, at in world.db.execute("SELECT name, status, error, stopped_at FROM executions"):
        yield fact(name, status, error, stopped_at=at)


def members(system: System) -> Iterator[Fact]:
    for item in items(system, "Members"):
        if item["segment_shard"]["S"] == "counters":
            continue  # near enough, and counted anew at night
        times = {name: int(item[name]["N"]) for name in ("since", "left") if name in item}
        yield fact(item["segment_shard"]["S"], item["contact"]["S"], item["number"]["N"], sorted(times), **times)


def identities(system: System) -> Iterator[Fact]:
    for item in items(system, "Identities"):
        led_to = item.get("contact", item.get("reason", {"S": None}))["S"]
        for name in sorted(name for name in item if name.startswith("topic:")):
            answer = item[name]["M"]
            yield fact(item["identity"]["S"], name, answer["state"]["S"], answered=int(answer["time"]["N"]))
        yield fact(item["identity"]["S"], led_to, **({"time": int(item["time"]["N"])} if "time" in item else {}))


def mails(world: World) -> Iterator[Fact]:
    for recipients, subject, tags, at in world.db.execute("SELECT recipients, subject, tags, sent_at FROM mailbox"):
        yield fact(json.loads(tags)["message"], json.loads(recipients), subject, sent_at=at)


def lake(world: World) -> Iterator[Fact]:
    """Every row there is, after the night's merge. An event that a run has written twice is there twice."""
    (bucket,) = world.db.execute("SELECT name FROM buckets").fetchone()
    files = [str(file) for file, _ in s3.objects(world, f"s3://{bucket}/events/")]
    told = "contact, id, message, type, order_id, total, amount, path, step, topic, human, outcome, time"
    with duckdb.connect(config={"threads": "1"}) as connection:
        rows = connection.execute(
            f"SELECT {told} FROM read_parquet($files, hive_partitioning = true, union_by_name = true)", {"files": files}
        ).fetchall()
    for contact, id_, message, type_, *rest, time in rows:
        yield fact(contact, f"{type_} of {message}" if message else id_, *rest, time=time)


def left_over(world: World) -> Iterator[Fact]:
    """Messages on any queue: dead letters too."""
    for queue, body in world.db.execute("SELECT queue, body FROM queue_messages"):
        yield fact(queue, len(body))


def overdue(system: System) -> Iterator[Fact]:
    """Wake-ups that are due and stay so: they would be taken up every minute, for ever."""
    for item in items(system, "Contacts", contacts.PROFILE):
        if "wake_at" in item and int(item["wake_at"]["N"]) <= system.world.now():
            yield fact(item["contact"]["S"])
