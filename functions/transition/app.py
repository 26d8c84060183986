"""Transition: does what changes of segment and moves of runs ask for, from the Contacts table's stream.

It keeps the Members, the Flows, the Runs and the Search table, does what runs of journeys ask for (`runs`), tells how
a contact feels who has written something (`wording`), and brings an anonymous contact's events to the contact it has
joined. The stream may repeat and reorder: each step asks how the profile is now, and does no harm twice.

What fails comes again, and holds up what comes after it; what has failed for PATIENCE is put aside by its key, and a
replay has the stream bring its item again (`dead_letters.replay`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.transition import runs, wording
from shared.adapters import (
    amendments,
    asked,
    caps,
    contact_runs,
    contacts,
    events_queue,
    flows,
    members,
    messages_queue,
    search,
)
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.domain.events import MINUTE, SECOND, Identity, IdentityKind, Instant
from shared.domain.experiments.entering import entered, is_of_segment
from shared.domain.lake_rows import places
from shared.domain.profiles.transitions import Transition
from shared.domain.reports.flows import OWN, Step, reason, steps

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
    followed: list[tuple[dict[str, Any], list[Transition]]] = []
    failed = []
    for record in event["Records"]:
        image = record["dynamodb"]["NewImage"]
        try:
            if image["kind"]["S"] == contacts.PROFILE:
                end(image["contact"]["S"], image.get("merged_into", {}).get("S"), now())
            elif image["kind"]["S"].startswith(wording.PREFIX):
                wording.follow(image)
            elif image["kind"]["S"] == search.KIND:
                search.follow(image["contact"]["S"])
            elif image["kind"]["S"].startswith(contact_runs.PREFIX):
                runs.follow(contact_runs.of_item(image), now())
            else:
                transitions = contacts.transitions_of(image)
                follow(transitions, now(), changes)
                followed.append((record["dynamodb"], transitions))
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
    return {"batchItemFailures": _flow(followed) or failed}


def _flow(followed: Sequence[tuple[dict[str, Any], list[Transition]]]) -> list[dict[str, str]]:
    """Counts where people go; gives what is to come again, where that fails."""
    by_contact: dict[str, list[Transition]] = {}
    for _, transitions in followed:
        by_contact.setdefault(transitions[0].contact, []).extend(transitions)
    try:
        flows.record([step for each in by_contact.values() for step in _steps(each)], now())
    except (BotoCoreError, ClientError) as error:
        logger.exception("moves not counted", contacts=len(by_contact))
        for change, _ in followed:
            if not _put_aside(change, type(error).__name__):
                return [{"itemIdentifier": change["SequenceNumber"]}]
    return []


def _steps(transitions: Sequence[Transition]) -> list[Step]:
    """With what else each move has changed, which may come in another batch."""
    around: list[Transition] = []
    if any(reason(each) in OWN for each in transitions):
        numbers = [each.number for each in transitions]
        around = contacts.transitions_around(transitions[0].contact, min(numbers), max(numbers))
    return steps(transitions, around)


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


def follow(transitions: Sequence[Transition], instant: Instant, changes: Counter[str]) -> None:
    """Keeps the Members table; adds to `changes` by how many each segment has more members. Tells who comes to take
    part in an experiment with a segment."""
    for transition in transitions:
        if (came := entered(transition, instant)) is not None and not _is_held_out(transition.contact):
            events_queue.put_events([came])
        changes[transition.segment] += members.record(transition, instant)


def _is_held_out(contact: str) -> bool:
    """By the shop's holdout: who gets no marketing is in none of the arms of an experiment."""
    from shared.adapters import shop_settings  # an experiment with a segment is rare
    from shared.domain.messages import holdouts

    holdout = shop_settings.settings().holdout
    return holdout is not None and holdouts.is_held_out(holdout, contact)


def end(contact: str, joined: str | None, instant: Instant) -> None:
    """Does what is left to do when a contact was erased, or has joined another: their runs have ended, and go."""
    contacts.delete(contact, [item["kind"]["S"] for item in contacts.items(contact, contact_runs.PREFIX)])
    search.forget(contact)
    if joined is not None:
        for item in contacts.items(contact, "DIGEST#"):  # nothing wakes them any more
            topic = item["kind"]["S"].removeprefix("DIGEST#")
            messages_queue.put({"kind": "digest", "contact": contact, "topic": topic}, instant)
        bring_over(contact, joined, instant)
        caps.bring_over(contact, joined, instant)


COUPONS = "COUPON#"
"""Items of the codes that a contact was given (`adapters.coupons`)."""


def bring_over(anonymous: str, contact: str, instant: Instant) -> None:
    """Puts the events of a contact that has joined another on the queue again, as that one's.

    Their ids stay, so that repeating this does no harm, and so does who told of them and when we heard it: what came
    with a public write key stays public. What is queued is deleted here, so that a contact's partition is all there is
    of them.
    """
    from shared.adapters import kept_arms  # all that journeys mean comes with it, and few join another

    kinds, moved = [], []
    partitions: set[str] = set()
    for item in contacts.items(anonymous, "EVENT#"):
        identity = Identity(kind=IdentityKind.CONTACT, value=contact)
        try:
            event = contacts.event_of(item).model_copy(update={"identities": (identity,)})
        except Exception as error:  # it stays where it is, and holds up none of the others
            logger.error("event not brought over", kind=item["kind"]["S"], reason=type(error).__name__)
            continue
        if not is_of_segment(event):  # its arm was drawn of their id, and the contact they have joined is in their own
            moved.append(event)
        kinds.append(item["kind"]["S"])
        partitions |= places(item["type"]["S"], int(item["time"]["N"]))
    contacts.move(anonymous, COUPONS, contact)  # before the orders that have redeemed them
    contacts.move(anonymous, kept_arms.PREFIX, contact)
    kinds += [item["kind"]["S"] for item in contacts.items(anonymous, asked.KIND)]  # made again of the events
    amendments.record(anonymous, partitions, instant)  # the lake has them as the joined contact's soon
    events_queue.put_events(moved)
    contacts.delete(anonymous, kinds)
