"""Privacy in the admin: whoever it is can be erased; what storefronts ask for is listed until it is done."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest

from shared.domain.events import DAY, Event, Type
from tests.integration import admin_stack
from tests.integration.admin_stack import ADA, Admin, deliver, event
from tests.integration.conftest import NOW
from tests.integration.test_admin_changes import put_aside


@pytest.fixture
def admin() -> Iterator[Admin]:
    with admin_stack.admin_stack() as stack:
        yield stack


def queued() -> list[Event]:
    url = boto3.client("sqs").get_queue_url(QueueName="prompt")["QueueUrl"]
    messages = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [Event.model_validate_json(message["Body"]) for message in messages]


def test_any_contact_can_be_erased_by_an_operator(admin: Admin) -> None:
    ada = admin_stack.ada(admin)
    answer = admin.request("DELETE", f"/contacts/{ada}")
    assert (answer.status, answer.json) == (202, {"contact": ada, "status": "erasing"})
    (erasure,) = [each for each in queued() if each.type == Type.ERASURE_REQUESTED]
    deliver(erasure)
    assert admin.get(f"/contacts/{ada}").error["code"] == "erased"
    assert admin.post("/contacts/find", {"email": ADA}).status == 404
    assert admin.request("DELETE", f"/contacts/{ada}").status == 404


def test_a_request_for_data_waits_with_its_export_until_it_is_dismissed(admin: Admin) -> None:
    ada = admin_stack.ada(admin)
    deliver(event("asked", Type.DATA_REQUESTED, "1", NOW))
    (request,) = admin.get("/requests").json["requests"]
    assert (request["contacts"], request["exports"]) == ([ada], [f"/contacts/{ada}/export"])
    assert request["due"] == request["at"] + 30 * DAY
    assert request["todo"] in " ".join(admin.get("/health").json["problems"])
    assert admin.post(f"/requests/{request['request']}/dismiss", {}).status == 200
    assert request["todo"] not in " ".join(admin.get("/health").json["problems"])
    assert admin.get("/requests").json["requests"][0]["dismissed"] == NOW
    assert admin.post("/requests/7/dismiss", {}).status == 404
    assert admin.post("/requests/seven/dismiss", {}).status == 404


def test_dead_letters_can_be_dismissed(admin: Admin) -> None:
    for number in range(12):
        put_aside("events", {"contact": f"c{number}", "kind": "EVENT#1"})
    assert admin.post("/dead-letters/events/dismiss", {}).json == {"queue": "events", "dismissed": 12}
    assert json.dumps(admin.get("/health").json["dead_letters"]["events"]) == "0"
    assert admin.post("/dead-letters/none/dismiss", {}).status == 404
