"""Transition: does what changes of segment and moves of runs ask for, from the Contacts table's stream.

It keeps the Members and the Runs table, does what runs of journeys ask for (`runs`), and brings an anonymous contact's
events to the contact it has joined. The stream may repeat and reorder: each step asks how the profile is now, and does
no harm twice.

What fails comes again, and holds up what comes after it; what has failed for PATIENCE is put aside by its key, and a
replay has the stream bring its item again (`dead_letters.replay`). So what failed for long is followed late: what was
found out longer ago than journeys.LATE starts nothing any more.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.transition import runs
from shared.adapters import (
    amendments,
    asked,
    contact_runs,
    contacts,
    events_queue,
    journey_definitions,
    members,
    shipped,
    state_machines,
)
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import MINUTE, SECOND, Identity, IdentityKind, Instant
from shared.domain.journeys import LATE, Start, Stop, actions
from shared.domain.lake_rows import places
from shared.domain.profiles.transitions import Transition

PATIENCE = 10 * MINUTE
"""For how long an item is tried before it is put aside: for no longer does it hold up a part of the stream."""

logger = Logger()
metrics = Metrics()


class TransitionSettings(Settings):
    transition_dlq_url: str


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes records of the stream in order; from the first that fails on, they come again."""
    metrics.add_metric("TransitionsFollowed", MetricUnit.Count, len(event["Records"]))
    changes: Counter[str] = Counter()
    failed = []
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        try:
            if image["kind"]["S"] == contacts.PROFILE:
                end(image["contact"]["S"], image.get("merged_into", {}).get("S"), now())
            elif image["kind"]["S"].startswith(contact_runs.PREFIX):
                if "body" in image:  # else of a journey of the older kind
                    runs.follow(contact_runs.of_item(image), now())
            else:
                follow(contacts.transitions_of(image), int(image["recorded"]["N"]), now(), changes)
        except Exception as error:
            logger.exception("record not processed", kind=image["kind"]["S"])
            if _put_aside(record["dynamodb"], type(error).__name__):
                continue
            failed = [{"itemIdentifier": record["dynamodb"]["SequenceNumber"]}]
            break
    try:
        members.count_on(changes)
    except (BotoCoreError, ClientError):
        logger.exception("members not counted; the night will", segments=list(changes))
    return {"batchItemFailures": failed}


def _put_aside(change: dict[str, Any], reason: str) -> bool:
    """Puts an item that has failed for PATIENCE aside, by its key. False: it is to come again."""
    if int(change["ApproximateCreationDateTime"]) * SECOND > now() - PATIENCE:
        return False
    key = {name: change["NewImage"][name]["S"] for name in ("contact", "kind")}
    try:
        events_queue.put_aside(environment(TransitionSettings).transition_dlq_url, json.dumps(key), reason)
    except (BotoCoreError, ClientError):
        logger.exception("record not put aside", kind=key["kind"])
        return False
    return True


def follow(transitions: Sequence[Transition], recorded: Instant, instant: Instant, changes: Counter[str]) -> None:
    """Does what the transitions of a contact ask for, as far as the contact's profile has not moved past them; adds to
    `changes` by how many each segment has more members. `recorded` is when they were found out."""
    for transition in transitions:
        changes[transition.segment] += members.record(transition, instant)
    published = journey_definitions.journeys()
    older = [journey for journey in shipped.journeys() if journey.id not in published]
    stored = contacts.read(transitions[0].contact) if older else None
    if stored is None or stored.profile.erased:
        return
    for transition in transitions:
        for action in actions(older, transition, stored.profile):
            match action:
                case Stop(run, reason):
                    state_machines.stop(run, reason)
                case Start() if instant - recorded > LATE:
                    logger.warning("too late to start a run", contact=transition.contact, number=transition.number)
                case Start(run, after) if after is None or state_machines.execution_of(after) is not None:
                    state_machines.start(run, instant)
                    metrics.add_metric("RunsStarted", MetricUnit.Count, 1)


def end(contact: str, joined: str | None, instant: Instant) -> None:
    """Does what is left to do when a contact was erased, or has joined another."""
    state_machines.stop_all(contact, "erased" if joined is None else f"joined {joined}")
    if joined is not None:
        bring_over(contact, joined, instant)


def bring_over(anonymous: str, contact: str, instant: Instant) -> None:
    """Puts the events of a contact that has joined another on the queue again, as that one's.

    Their ids stay, so that repeating this does no harm, and so does who told of them and when we heard it: what came
    with a public write key stays public. What is queued is deleted here, so that a contact's partition is all there is
    of them.
    """
    kinds, moved = [], []
    partitions: set[str] = set()
    for item in contacts.items(anonymous, "EVENT#"):
        identity = Identity(kind=IdentityKind.CONTACT, value=contact)
        try:
            event = contacts.event_of(item).model_copy(update={"identities": (identity,)})
        except Exception as error:  # it stays where it is, and holds up none of the others
            logger.error("event not brought over", kind=item["kind"]["S"], reason=type(error).__name__)
            continue
        moved.append(event)
        kinds.append(item["kind"]["S"])
        partitions |= places(item["type"]["S"], int(item["time"]["N"]))
    kinds += [item["kind"]["S"] for item in contacts.items(anonymous, asked.KIND)]  # made again of the events
    amendments.record(anonymous, partitions, instant)  # the lake has them as the joined contact's soon
    events_queue.put_events(moved)
    contacts.delete(anonymous, kinds)
