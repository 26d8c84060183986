"""Refresh: who is due is woken, nobody else; and what has drifted is found and repaired."""

from __future__ import annotations

import boto3
import pytest
from pydantic import ValidationError

from functions.profile import app as profile_app
from functions.refresh import app
from shared.adapters import contacts, definitions, identities
from shared.domain.events import DAY, NEVER, ConsentChange, Event, Identity, IdentityKind, Type
from shared.domain.profiles import Membership, Profile
from shared.domain.segments import absorb
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")


def contact(number: int, received: int = NOW) -> Profile:
    """A stored contact who agreed to mail when they were first heard of."""
    signed_up = Event(
        id=f"e{number}",
        type=Type.CONTACT_CREATED,
        time=received,
        received=received,
        source="shopify",
        identities=(Identity(kind=IdentityKind.SHOPIFY, value=str(number)),),
        consent=(ConsentChange(state="subscribed"),),
    )
    profile = Profile(f"c{number}", identities=(f"shopify#{number}",))
    absorb(definitions.segments(), profile, [signed_up], received)
    contacts.commit(
        [
            contacts.profile_write(profile, NEVER, received),
            identities.link_write(f"shopify#{number}", profile.contact),
        ]
    )
    return profile


def queued() -> list[Event]:
    url = boto3.client("sqs").get_queue_url(QueueName="events_queue")["QueueUrl"]
    found: list[Event] = []
    while messages := boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [Event.model_validate_json(message["Body"]) for message in messages]
    return found


def process(events: list[Event]) -> None:
    records = [
        {"messageId": str(n), "body": e.model_dump_json(), "attributes": {"ApproximateReceiveCount": "1"}}
        for n, e in enumerate(events)
    ]
    assert profile_app.handler({"Records": records}, None) == {"batchItemFailures": []}


def test_who_is_due_is_woken_and_nobody_else() -> None:
    for number in range(25):
        contact(number, NOW - 30 * DAY)
    for number in range(25, 30):
        contact(number, NOW - 29 * DAY)
    assert app.handler({"task": "wake"}, None) == {"woken": 25}
    events = queued()
    assert {event.identity(IdentityKind.CONTACT) for event in events} == {f"c{number}" for number in range(25)}
    process(events)
    assert app.handler({"task": "wake"}, None) == {"woken": 0}
    stored = contacts.read("c3")
    assert stored is not None
    assert not stored.profile.memberships["new_subscribers"].member
    assert stored.profile.memberships["new_subscribers"].since == NOW


def test_nothing_drifts_by_itself() -> None:
    for number in range(3):
        contact(number)
    assert app.handler({"task": "reconcile"}, None) == {"compared": 3, "drifted": 0}
    assert queued() == []


def test_what_has_drifted_is_found_and_repaired() -> None:
    for number in range(3):
        contact(number)
    wrong = contacts.read("c1")
    assert wrong is not None
    wrong.profile.memberships["repeat_buyers"] = Membership(True, 7, NOW, NEVER)
    del wrong.profile.memberships["new_subscribers"]
    contacts.commit([contacts.profile_write(wrong.profile, wrong.wake_at, NOW)])
    assert app.handler({"task": "reconcile"}, None) == {"compared": 3, "drifted": 1}
    process(queued())
    assert app.handler({"task": "reconcile"}, None) == {"compared": 3, "drifted": 0}
    repaired = contacts.read("c1")
    assert repaired is not None
    assert not repaired.profile.memberships["repeat_buyers"].member
    assert repaired.profile.memberships["new_subscribers"].member


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValidationError, match="task"):
        app.handler({"task": "polish"}, None)
