"""The function that journeys' state machines ask and tell."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from functions.journey import app
from shared.adapters import contacts
from shared.domain.events import DAY, NEVER, Event, Identity, IdentityKind, Type, parse_instant
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_ORDERS
from shared.domain.profiles.folding import fold, trim
from tests.integration.conftest import NOW

CONTACT = "c0ffee"
ENTERED = "2026-11-24T05:59:58.125Z"
RECORD = {
    "action": "record",
    "contact": CONTACT,
    "journey": "win_back",
    "path": "begin",
    "run": f"{CONTACT}-inactive-7",
    "outcome": "dormant",
    "traits": {"dormant": True},
    "entered": ENTERED,
}


def order(number: int, time: int) -> Event:
    return Event(
        id=f"o{number}",
        type=Type.ORDER_COMPLETED,
        time=time,
        stated=time,
        received=time,
        source="shopify",
        identities=(Identity(kind=IdentityKind.CONTACT, value=CONTACT),),
        properties={"order_id": str(number), "total": "10.00"},
    )


def store(*events: Event) -> None:
    profile = Profile(CONTACT)
    for event in events:
        fold(profile, event)
    trim(profile)
    writes = [contacts.event_write(CONTACT, event) for event in events]
    for write in [*writes, contacts.profile_write(profile, NEVER, NOW)]:
        boto3.client("dynamodb").transact_write_items(TransactItems=[write])


def branch(segment: str = "customers") -> Any:
    return app.handler({"action": "branch", "contact": CONTACT, "segment": segment}, None)


def queued() -> list[dict[str, Any]]:
    url = os.environ["PROMPT_QUEUE_URL"]
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_a_branch_asks_the_profile_at_this_instant(aws: None) -> None:
    store(order(1, NOW - 200 * DAY))
    assert branch("customers") == {"member": True}
    assert branch("active_customers") == {"member": False}


def test_who_has_not_ordered_is_no_customer(aws: None) -> None:
    store(Event(id="e", type=Type.PAGE_VIEWED, time=NOW, received=NOW, source="segment"))
    assert branch() == {"member": False}


def test_nobody_is_in_no_segment(aws: None) -> None:
    assert branch() == {"member": False}


def test_a_branch_that_the_bounded_history_cannot_answer_reads_all_events(aws: None) -> None:
    store(*(order(number, NOW - 60 * DAY + number) for number in range(MAX_ORDERS + 5)))
    assert branch("high_spenders") == {"member": True}
    assert branch("repeat_buyers") == {"member": True}


def test_the_end_of_a_run_is_an_event_of_the_contact(aws: None) -> None:
    assert app.handler(RECORD, None) == {}
    (body,) = queued()
    event = Event.model_validate(body)
    assert event.type == Type.JOURNEY_COMPLETED
    assert event.identities == (Identity(kind=IdentityKind.CONTACT, value=CONTACT),)
    assert event.traits == {"dormant": True}
    assert event.properties == {"journey": "win_back", "path": "begin", "outcome": "dormant"}
    assert (event.stated, event.time, event.received) == (parse_instant(ENTERED), parse_instant(ENTERED), NOW)


def test_a_step_that_is_tried_again_records_the_same_event(aws: None) -> None:
    app.handler(RECORD, None)
    app.handler(RECORD, None)
    first, second = queued()
    assert first == second


def test_ends_of_two_runs_are_two_events(aws: None) -> None:
    app.handler(RECORD, None)
    app.handler({**RECORD, "run": f"{CONTACT}-inactive-9"}, None)
    first, second = queued()
    assert first["id"] != second["id"]


@pytest.mark.parametrize("broken", [{"action": "dance"}, {"action": "branch", "contact": CONTACT}, {**RECORD, "x": 1}])
def test_a_task_that_nobody_knows_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        app.handler(broken, None)
