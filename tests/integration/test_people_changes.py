"""What the shop's people and systems say of contacts, and how they take them away, over the admin's API."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from shared.adapters import contacts, identities
from shared.domain.events import Event, Json, Type
from tests.integration.admin_stack import ADA, Admin, Answer, admin_stack, deliver, sign_up
from tests.integration.conftest import NOW


def queued(admin: Admin) -> list[Event]:
    """What has been put on the queues since, taken off them and folded."""
    found = []
    for name in ("events", "prompt"):
        url = boto3.client("sqs").get_queue_url(QueueName=name)["QueueUrl"]
        while taken := boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in taken:
                boto3.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(Event.model_validate_json(message["Body"]))
    deliver(*found)
    return found


def patch(admin: Admin, contact: str, body: Json) -> Answer:
    return admin.request("PATCH", f"/contacts/{contact}", json.dumps(body).encode())


@pytest.fixture
def alone() -> Iterator[Admin]:
    with admin_stack() as admin:
        deliver(sign_up("1", ADA, first_name="Ada"))
        queued(admin)
        yield admin


def found(admin: Admin, text: str) -> dict[str, Any]:
    (told,) = admin.post("/contacts/search", {"text": text}).json["contacts"]
    return dict(told)


def test_somebody_is_written_down_and_agrees_to_nothing(alone: Admin) -> None:
    assert alone.post("/contacts", {"email": ADA}).json["code"] == "exists"
    assert alone.post("/contacts", {"email": "nobody"}).json["field"] == "email"
    answer = alone.post("/contacts", {"email": "Bob@Example.com", "traits": {"first_name": "Bob"}})
    assert answer.status == 202
    (event,) = queued(alone)
    assert (event.source, event.type, event.properties["by"]) == ("admin", Type.CONTACT_CREATED, "operator-1")
    bob = found(alone, "bob")
    assert (bob["email"], bob["mail"]["reason"]) == ("bob@example.com", "never_asked")
    yes = {"consent": [{"topic": "marketing", "state": "subscribed", "at": "2026-11-20"}]}
    assert patch(alone, bob["contact"], yes).json["field"] == "consent.0"
    yes["consent"][0]["proof"] = "signed on paper at the fair"
    assert patch(alone, bob["contact"], yes).status == 202
    queued(alone)
    assert found(alone, "bob")["mail"]["topics"] == ["News and offers"]


def test_an_address_is_changed_unless_it_is_another_s(alone: Admin) -> None:
    alone.post("/contacts", {"email": "bob@example.com"})
    queued(alone)
    contact = found(alone, "ada")["contact"]
    assert patch(alone, contact, {"email": "bob@example.com"}).status == 409
    assert patch(alone, contact, {"email": "lovelace@example.com"}).status == 202
    queued(alone)
    assert found(alone, "lovelace")["contact"] == contact
    assert patch(alone, "nobody", {}).status == 404


def test_a_no_that_was_told_to_the_shop_holds_at_once(alone: Admin) -> None:
    contact = found(alone, "ada")["contact"]
    assert alone.post(f"/contacts/{contact}/unsubscribe", {}).status == 202
    assert found(alone, "ada")["mail"]["reason"] == "unsubscribed"  # before its event is folded
    (event,) = queued(alone)
    assert [(each.topic, each.state, each.actor) for each in event.consent] == [("all", "unsubscribed", "operator-1")]
    assert found(alone, "ada")["mail"]["since"] == NOW
    wrong = alone.post(f"/contacts/{contact}/unsubscribe", {"topics": ["no_such"]})
    assert wrong.json["code"] == "unknown_topic"


def test_an_operator_stops_an_address_and_lifts_it_but_no_complaint(alone: Admin) -> None:
    contact = found(alone, "ada")["contact"]
    assert alone.post(f"/contacts/{contact}/suppression").status == 200
    assert found(alone, "ada")["mail"]["sentence"] == "No email: stopped by an operator"
    hashed = identities.address_hash(ADA)
    assert identities.unsuppress(hashed, "operator-1", NOW)
    contacts.commit([identities.suppression_write(hashed, "complaint", NOW)])
    alone.post(f"/contacts/{contact}/suppression")
    assert found(alone, "ada")["mail"]["reason"] == "suppressed_complaint"


def test_a_crm_s_records_are_taken_and_wrong_ones_named(alone: Admin) -> None:
    several = [
        {"email": ADA, "external_id": "42", "cltv": 99.5},
        {"email": "nobody"},
        {"external_id": "43", "email": "grace@example.com", "consent": [{"state": "subscribed"}]},
        {"external_id": "42", "interactions": [{"event": "Call Held", "id": "c7", "at": "2026-11-20T09:30:00Z"}]},
    ]
    answer = alone.request("PUT", "/contacts", json.dumps({"contacts": several}).encode())
    assert answer.status == 202
    assert answer.json["taken"] == 2
    assert [each["at"] for each in answer.json["refused"]] == [1, 2]
    queued(alone)
    ada_ = alone.get(f"/contacts/{found(alone, 'ada')['contact']}").json
    assert {"trait": "lifetime_value", "value": 99.5, "since": NOW} in ada_["traits"]
    assert "Call Held" in [each["event"] for each in ada_["histories"]]
    assert alone.post("/contacts/search", {"text": "grace"}).json["contacts"] == []


def test_who_was_known_by_the_crm_s_id_only_joins_the_address_that_it_names(alone: Admin) -> None:
    def put(*several: Json) -> Json:
        return alone.request("PUT", "/contacts", json.dumps({"contacts": several}).encode()).json

    put({"external_id": "42", "cac": 7})
    queued(alone)
    assert put({"external_id": "42", "email": ADA}) == {"taken": 1, "refused": []}
    assert Type.CONTACTS_MERGED in [event.type for event in queued(alone)]
    queued(alone)
    ada_ = alone.get(f"/contacts/{found(alone, 'ada')['contact']}").json
    assert "user#crm:42" in ada_["identities"]
    put({"email": "grace@example.com"})
    queued(alone)
    assert put({"external_id": "42", "email": "grace@example.com"})["refused"][0]["field"] == "email"


def test_people_are_taken_away_as_a_table_that_runs_nothing(alone: Admin) -> None:
    deliver(sign_up("9", "eve@example.com", first_name='=HYPERLINK("http://evil.example")', phone="+49 170 1234567"))
    told = alone.post("/contacts/export", {}).json
    table = list(csv.DictReader(io.StringIO(told["csv"], newline="")))
    assert told["rows"] == len(table) == 2
    eve = next(row for row in table if row["email"] == "eve@example.com")
    assert eve["first_name"] == '\'=HYPERLINK("http://evil.example")'
    assert eve["phone"] == "'+49 170 1234567"
    assert (eve["gets_email"], eve["topics"]) == ("yes", "News and offers")
    assert alone.post("/contacts/export", {"text": "eve"}).json["rows"] == 1
    assert alone.post("/contacts/export", {"segment": "no_such"}).status == 404


def test_who_may_see_may_not_change(alone: Admin) -> None:
    contact = found(alone, "ada")["contact"]
    alone.groups = "viewer"
    assert alone.get("/contacts").status == 200
    assert alone.post("/contacts/search", {"text": "ada"}).status == 200
    for path in ("", "/export", f"/{contact}/unsubscribe", f"/{contact}/suppression"):
        assert alone.post(f"/contacts{path}", {"email": "x@example.com"}).status == 403
    assert patch(alone, contact, {}).status == 403
