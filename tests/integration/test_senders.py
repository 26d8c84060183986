"""What comes with a public write key is bounded, since anybody can send with it."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from shared.adapters import senders
from shared.domain.events import HOUR, Json
from shared.domain.sources.segment import MAX_MESSAGES
from tests.integration.conftest import TABLES
from tests.integration.ingest_stack import NOW, IngestStack, ingest_stack

MADE_UP = {"id": 1, "email": "ada@example.com", "updated_at": "2026-03-20T12:00:00Z"}


@pytest.fixture
def ingest() -> Iterator[IngestStack]:
    with ingest_stack() as stack:
        yield stack


@pytest.fixture
def counts(ingest: IngestStack) -> None:
    boto3.client("dynamodb").create_table(
        TableName="Definitions", BillingMode="PAY_PER_REQUEST", **TABLES["Definitions"]
    )


def pages(people: range, each: int = 1) -> Json:
    return {
        "batch": [
            {"type": "page", "anonymousId": f"b{who}", "messageId": f"{who}-{number}"}
            for who in people
            for number in range(each)
        ]
    }


def test_a_batch_has_a_bound(ingest: IngestStack) -> None:
    assert ingest.track("batch", pages(range(MAX_MESSAGES))).status == 200
    answer = ingest.track("batch", pages(range(MAX_MESSAGES + 1)))
    assert (answer.status, answer.error["code"]) == (413, "too_many")
    assert len(ingest.events()) == MAX_MESSAGES


def test_one_contact_does_not_send_more_than_anybody_can_do(ingest: IngestStack) -> None:
    ingest.now = NOW - NOW % HOUR + HOUR // 2
    for part in range(senders.MAX_EVENTS // 500):
        assert ingest.track("batch", {"batch": [of_one(500 * part + number) for number in range(500)]}).status == 200
    assert len(ingest.events()) == senders.MAX_EVENTS
    answer = ingest.track("batch", {"batch": [of_one(senders.MAX_EVENTS), *pages(range(3))["batch"]]})
    assert (answer.status, answer.error["code"]) == (429, "too_many")
    assert answer.headers["retry-after"] == str(1801)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert len(ingest.events()) == 3  # the others are not to suffer for it
    assert ingest.track("track", of_one(1)).status == 429
    ingest.now += HOUR
    assert ingest.track("track", of_one(senders.MAX_EVENTS)).status == 200


def of_one(number: int) -> Json:
    """Anybody can bring another browser along; the address stays."""
    who = {"anonymousId": f"b{number}", "context": {"traits": {"email": "victim@example.com"}}}
    return {"type": "track", "event": "Quiz Finished", "messageId": f"m{number}", **who}


@pytest.mark.usefixtures("counts")
def test_one_key_does_not_make_more_contacts_than_a_shop_has_visitors(
    ingest: IngestStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "MAX_CONTACTS", 250)
    assert ingest.track("batch", pages(range(200))).status == 200
    senders.forget()  # another Lambda: it hears of the first with its own first hundred
    answer = ingest.track("batch", pages(range(200, 300)))
    assert answer.status == 200
    assert ingest.track("batch", pages(range(300, 310))).status == 429
    assert ingest.track("batch", pages(range(200, 210))).status == 200  # who is known may go on
    assert senders.turned_away(NOW) == 10
    other_key = ingest.track("batch", pages(range(400, 410)), key="write-key-2")
    assert other_key.status == 200
    assert ingest.shopify("customers/update", MADE_UP).status == 200  # a storefront signs what it sends


def test_events_are_taken_while_nobody_can_count_them(ingest: IngestStack) -> None:
    assert ingest.track("batch", pages(range(500))).status == 200
    assert len(ingest.events()) == 500
