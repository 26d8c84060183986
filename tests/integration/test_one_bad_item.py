"""One item that cannot be read, or that another program refuses, stops no pass for everybody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.amend import app as amend
from functions.export import app as export
from functions.lake import app as lake_function
from functions.lake import merge
from functions.transition import app as transition
from shared.adapters import amendments, clock, contacts, environment, lake, lake_merge
from shared.adapters.clients import client
from shared.domain import lake_rows
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Event, Type
from shared.domain.profiles import Profile
from tests.integration.conftest import NOW
from tests.integration.shop import Shop
from tests.integration.test_amend import Lambda, rows
from tests.integration.test_lake import stream
from tests.integration.test_profile import ANONYMOUS, EMAIL, SHOPIFY, contact_of, deliver, event

# ── passes over everybody, on the local run ──


def spoil(contact: str) -> None:
    """Makes the contact's stored profile one that nobody can load."""
    client("dynamodb").update_item(
        TableName=contacts.table(),
        Key=contacts.key(contact, contacts.PROFILE),
        UpdateExpression="SET profile = :none",
        ExpressionAttributeValues={":none": {"B": b"\xffno profile"}},
    )


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    for number in range(6):
        shop.customer(number, orders=number % 2)
    shop.passes(HOUR)
    return shop


def test_a_profile_that_cannot_be_loaded_stops_neither_the_night_nor_a_rebuild_nor_an_answer(
    shop: Shop, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(export.metrics, "add_metric", lambda name, *_: counted.append(name))
    before = shop.ask("GET", "/segments")[1]
    bad = shop.profiles()[2].contact
    spoil(bad)
    shop.publish("best", {"kind": "rank", "by": {"kind": "orders", "measure": "count"}, "top": 20})
    shop.passes(DAY)
    runs = client("stepfunctions").list_executions(stateMachineArn=shop.system.template.reference("RefreshWorkflow"))
    assert {each["status"] for each in runs["executions"]} == {"SUCCEEDED"}
    assert bad in {vars(record).get("contact") for record in caplog.records if record.message == "contact left out"}
    assert "ContactsLeftOut" in counted
    assert shop.ask("POST", "/rebuild")[0] == 202
    shop.passes(HOUR)
    assert shop.ask("GET", "/rebuild")[1]["status"] == "done"
    after = shop.ask("GET", "/segments")[1]
    sizes = [{each["segment"]: each["members"] for each in told["segments"]} for told in (before, after)]
    assert sizes[1]["customers"] == sizes[0]["customers"]
    assert shop.ask("GET", "/forecast")[1]["contacts"] == 5
    told = shop.ask("POST", "/segments/estimate", {"id": "x", "when": {"kind": "orders", "at_least": 1}})[1]
    assert told["members"]["number"] in (2, 3)
    status, listed = shop.ask("GET", "/segments/subscribers/members")
    assert (status, len(listed["members"])) == (200, 6)


# ── the lake, on moto ──


@pytest.fixture
def bucket(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("LAKE_BUCKET", "lake")
    url = boto3.client("sqs").create_queue(QueueName="lake_dlq")["QueueUrl"]
    monkeypatch.setenv("LAKE_DLQ_URL", url)
    environment.forget()
    made = boto3.resource("s3").Bucket("lake")
    made.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield made


def set_aside() -> list[str]:
    url = boto3.client("sqs").get_queue_url(QueueName="lake_dlq")["QueueUrl"]
    found = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return sorted(json.loads(each["Body"])["kind"].rpartition("#")[2] for each in found)


def visit(id_: str, *identities: tuple[Any, str], time: int = NOW - DAY) -> Event:
    return event(id_, Type.PAGE_VIEWED, *identities, time=time).model_copy(update={"id": id_})


ADA = ((SHOPIFY, "1"), (EMAIL, "ada@example.com"))
BEA = ((SHOPIFY, "2"), (EMAIL, "bea@example.com"))


def refuse(monkeypatch: pytest.MonkeyPatch, *ids: str) -> None:
    """Has these events' rows be ones that Python makes and DuckDB refuses."""
    real = lake_rows.row

    def row(contact: str, event: Event, known: frozenset[str] = frozenset()) -> lake_rows.Row:
        made = real(contact, event, known)
        return made | {"total": 2**70} if event.id in ids else made

    monkeypatch.setattr(lake_function, "row", row)
    monkeypatch.setattr("functions.amend.rows.row", row)


@pytest.mark.usefixtures("bucket")
def test_a_row_that_duckdb_refuses_is_set_aside_and_the_others_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "v3", "v8")
    lake_function.handler(stream(*(visit(f"v{n}", *ADA, time=NOW - n * HOUR) for n in range(10))), None)
    assert {row["id"] for row in rows()} == {f"v{n}" for n in range(10)} - {"v3", "v8"}
    assert set_aside() == ["v3", "v8"]


@pytest.mark.usefixtures("bucket")
def test_a_night_amends_all_but_what_it_cannot_read_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(visit("a1", *ADA), visit("a2", *ADA), visit("b1", *BEA))
    ada, bea = contact_of(*ADA[0]), contact_of(*BEA[0])
    assert ada and bea
    lake_function.handler(stream(visit("a1", *ADA), visit("a2", *ADA), contact=ada), None)
    lake_function.handler(stream(visit("b1", *BEA), contact=bea, start=200), None)
    place = next(iter(lake_rows.places(Type.PAGE_VIEWED, NOW - DAY) - lake_rows.places("x", NOW - DAY)))
    for contact in (ada, bea):
        amendments.record(contact, [place], NOW)
    spoil(bea)
    refuse(monkeypatch, "a2")
    clock.use(lambda: NOW + DAY)
    with pytest.raises(amend.NotAmendedError):
        amend.handler({}, Lambda())
    assert sorted(row["id"] for row in rows()) == ["a1", "b1"], "Ada's are made anew, Bea's stay as they are"
    assert [each.contact for each in amendments.recorded()] == [bea]


@pytest.mark.usefixtures("bucket")
def test_a_contact_who_cannot_be_read_has_their_events_set_aside_and_nobody_elses() -> None:
    deliver(visit("a1", *ADA), visit("b1", *BEA))
    ada, bea = contact_of(*ADA[0]), contact_of(*BEA[0])
    assert ada and bea
    spoil(bea)
    records = stream(visit("a1", *ADA), contact=ada)["Records"] + stream(visit("b1", *BEA), contact=bea)["Records"]
    lake_function.handler({"Records": records}, None)
    assert [row["id"] for row in rows()] == ["a1"]
    assert set_aside() == ["b1"]


def test_a_file_that_cannot_be_read_stops_the_merge_of_no_other_partition(bucket: Any) -> None:
    for month in (9, 10, 11):
        for name in ("a", "b"):
            made = lake_rows.row("c000000000000001", visit(f"{name}{month}", time=NOW - (11 - month) * 31 * DAY))
            lake.write([made], name)
    files = sorted(each.key for each in bucket.objects.all())
    bucket.Object(files[2]).put(Body=b"no Parquet at all")
    with pytest.raises(merge.NotMergedError):
        merge.handler({}, Lambda())
    left = [each.key.rpartition("/")[2][:6] for each in bucket.objects.all()]
    assert sorted(left) == ["a.parq", "b.parq", "merged", "merged"]
    assert lake_merge.claimed() is None, "the next night is not kept waiting"


@pytest.mark.usefixtures("bucket")
def test_an_event_that_cannot_be_read_keeps_none_of_the_others_from_coming_over() -> None:
    deliver(visit("v1", (ANONYMOUS, "browser")), visit("v2", (ANONYMOUS, "browser"), time=NOW - MINUTE))
    visitor = contact_of(ANONYMOUS, "browser")
    assert visitor
    bad = next(item["kind"]["S"] for item in contacts.items(visitor, "EVENT#"))
    client("dynamodb").update_item(
        TableName=contacts.table(),
        Key=contacts.key(visitor, bad),
        UpdateExpression="SET body = :none",
        ExpressionAttributeValues={":none": {"B": b"nothing"}},
    )
    contacts.commit([contacts.profile_write(Profile("c000000000000002"), NEVER, NOW)])
    transition.bring_over(visitor, "c000000000000002", NOW)
    assert [item["kind"]["S"] for item in contacts.items(visitor, "EVENT#")] == [bad]
