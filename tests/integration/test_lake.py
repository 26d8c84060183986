"""The lake, from the stream's records to what a query finds."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pyarrow.parquet as parquet
import pytest

from functions.lake import app
from infra.local.aws import athena
from shared.adapters import amendments, clock, contacts, dead_letters, environment, lake
from shared.adapters.queries import question
from shared.domain.events import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Event,
    Identity,
    IdentityKind,
    OrderState,
    Type,
    iso,
    parse_instant,
)
from shared.domain.lake_rows import COLUMNS, contact_number

BUCKET = "lake"
MONDAY = parse_instant("2026-11-23T08:00:00Z")
DAILY = question("daily", "2026-11-20", "2026-11-30", over=(MONDAY, MONDAY + 100 * DAY))


@pytest.fixture
def bucket(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("LAKE_BUCKET", BUCKET)
    environment.forget()
    made = boto3.resource("s3").Bucket(BUCKET)
    made.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield made


def event(number: int, type_: str, time: int = MONDAY, **properties: Any) -> Event:
    return Event(
        id=f"e{number:04d}",
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="shopify",
        identities=(Identity(kind=IdentityKind.EMAIL, value="zoe@example.com"),),
        traits={"email": "zoe@example.com", "first_name": "Zoë", "last_name": "Wintermantel"},
        properties=properties,
    )


def stream(*events: Event, contact: str = "c1", start: int = 100) -> dict[str, Any]:
    """What Lambda hands over of these events' items: the ones the table really writes, as a stream carries them."""
    records = []
    for number, each in enumerate(events, start):
        item = dict(contacts.event_write(contact, each)["Put"]["Item"])
        item["body"] = {"B": base64.b64encode(item["body"]["B"]).decode()}
        records.append({"eventName": "INSERT", "dynamodb": {"SequenceNumber": f"{number:021d}", "NewImage": item}})
        records[-1]["dynamodb"]["ApproximateCreationDateTime"] = MONDAY // SECOND
    return {"Records": records}


def files(bucket: Any) -> dict[str, bytes]:
    return {each.key: each.get()["Body"].read() for each in bucket.objects.all()}


def test_events_are_written_by_month_and_type(bucket: Any) -> None:
    app.handler(
        stream(
            event(1, Type.ORDER_COMPLETED, order_id="1001", total="20.00"),
            event(2, Type.ORDER_COMPLETED, MONDAY + HOUR, order_id="1002"),
            event(3, Type.EMAIL_CLICKED, MONDAY + 8 * DAY, human=True),
            event(4, "Quiz Finished"),
        ),
        None,
    )
    name = f"{100:021d}-{103:021d}.parquet"
    assert set(files(bucket)) == {
        f"events/month=2026-11/type=order_completed/{name}",
        f"events/month=2026-12/type=email_clicked/{name}",
        f"events/month=2026-11/type=other/{name}",
    }
    table = parquet.read_table(io.BytesIO(files(bucket)[f"events/month=2026-11/type=order_completed/{name}"]))
    assert table.column_names == list(COLUMNS)
    assert table.column("total").to_pylist() == [2000, None]
    assert table.column("time").to_pylist() == [MONDAY, MONDAY + HOUR]


def test_the_files_have_the_types_athena_is_told_of(bucket: Any) -> None:
    app.handler(stream(event(1, Type.PAGE_VIEWED, path="/vases", product_id="p1", quantity=2)), None)
    ((_, content),) = files(bucket).items()
    schema = parquet.read_schema(io.BytesIO(content))
    athena = {"string": "string", "bigint": "int64", "double": "double", "boolean": "bool"}
    for name, type_ in COLUMNS.items():
        written = str(schema.field(name).type)
        expected = r"list<\w+: string>" if type_ == "array<string>" else athena[type_]
        assert re.fullmatch(expected, written), f"{name} is {written}"


def test_the_files_are_written_in_the_forms_that_every_reader_knows(bucket: Any) -> None:
    """Lists in three levels, signed 64 bits, the encodings of Parquet 1, and the bounds of each row group."""
    app.handler(stream(event(1, Type.PAGE_VIEWED, product_id="p1", category="vases")), None)
    ((_, content),) = files(bucket).items()
    file = parquet.ParquetFile(io.BytesIO(content))
    leaves = {file.schema.column(number).path: file.schema.column(number) for number in range(len(file.schema))}
    lists = {name for name, type_ in COLUMNS.items() if type_ == "array<string>"}
    assert set(leaves) == {f"{name}.list.element" if name in lists else name for name in COLUMNS}
    for name in (name for name, type_ in COLUMNS.items() if type_ == "bigint"):
        assert leaves[name].physical_type == "INT64"
        assert json.loads(leaves[name].logical_type.to_json()) == {"Type": "Int", "bitWidth": 64, "isSigned": True}
    group = file.metadata.row_group(0)
    columns = [group.column(number) for number in range(group.num_columns)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert {encoding for column in columns for encoding in column.encodings} <= {
        "PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED",
    }  # fmt: skip
    number = next(column for column in columns if column.path_in_schema == "contact_number")
    assert (number.statistics.min, number.statistics.max) == (contact_number("c1"),) * 2


def test_a_batch_that_comes_again_overwrites_its_own_files(bucket: Any) -> None:
    batch = stream(event(1, Type.PAGE_VIEWED), event(2, Type.ORDER_COMPLETED, order_id="1"))
    app.handler(batch, None)
    once = files(bucket)
    app.handler(batch, None)
    assert files(bucket) == once


def test_a_batch_that_cannot_be_written_for_an_hour_is_left_to_the_night(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise RuntimeError

    batch = stream(event(1, Type.PAGE_VIEWED), event(2, Type.ORDER_COMPLETED, order_id="1"))
    monkeypatch.setattr(lake, "write", away)
    clock.use(lambda: MONDAY + HOUR // 2)
    with pytest.raises(RuntimeError):
        app.handler(batch, None)
    clock.use(lambda: MONDAY + 2 * HOUR)
    app.handler(batch, None)
    (asked,) = amendments.recorded()
    assert asked.contact == "c1"
    assert {"month=2026-11/type=page_viewed", "month=2026-11/type=order_completed"} <= asked.partitions


def test_an_event_that_was_put_aside_is_written_the_night_after_its_replay(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = boto3.client("sqs").create_queue(QueueName="lake_dlq")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUES", json.dumps({"lake": url}))
    monkeypatch.setenv("FEEDBACK_QUEUE_URL", url)
    monkeypatch.setenv("NOTICES_QUEUE_URL", url)
    environment.forget()
    write = contacts.event_write("c1", event(1, Type.PAGE_VIEWED))
    contacts.commit([write])
    boto3.client("sqs").send_message(
        QueueUrl=url, MessageBody=json.dumps({"contact": "c1", "kind": write["Put"]["Item"]["kind"]["S"]})
    )
    assert dead_letters.replay("lake") == 1
    (asked,) = amendments.recorded()
    assert "month=2026-11/type=page_viewed" in asked.partitions


def test_what_is_no_event_is_put_aside_by_its_key_and_holds_up_nothing(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = boto3.client("sqs").create_queue(QueueName="lake_dlq")["QueueUrl"]
    monkeypatch.setenv("LAKE_DLQ_URL", url)
    environment.forget()
    batch = stream(event(1, Type.PAGE_VIEWED), event(2, Type.PAGE_VIEWED))
    batch["Records"][0]["dynamodb"]["NewImage"]["body"] = {"B": base64.b64encode(b"no event").decode()}
    app.handler(batch, None)
    ((_, content),) = files(bucket).items()
    assert parquet.read_table(io.BytesIO(content)).column("id").to_pylist() == ["e0002"]
    (message,) = boto3.client("sqs").receive_message(QueueUrl=url)["Messages"]
    assert set(json.loads(message["Body"])) == {"contact", "kind"}


def test_no_byte_of_any_file_says_who_somebody_is(bucket: Any) -> None:
    secret = ("zoe@example.com", "Wintermantel")
    planted = []
    for number, (type_, text) in enumerate((t, s) for t in (Type.PAGE_VIEWED, Type.ORDER_COMPLETED) for s in secret):
        properties = {**dict.fromkeys((*COLUMNS, "query", "title"), text), "products": [{"category": text}]}
        planted.append(event(number, type_).model_copy(update={"properties": properties}))
    app.handler(stream(*planted), None)
    written = files(bucket)
    assert written
    for key, content in written.items():
        plain = str(parquet.read_table(io.BytesIO(content)).to_pylist()).encode()
        for text in secret:
            assert text.encode() not in content + plain + key.encode()


def test_no_events_write_no_files(bucket: Any) -> None:
    assert lake.write([], "nothing") == []
    assert files(bucket) == {}


def test_thousands_of_events_fit_one_batch(bucket: Any) -> None:
    app.handler(stream(*(event(n, Type.PAGE_VIEWED, MONDAY + n, path=f"/p/{n}") for n in range(2_000))), None)
    ((_, content),) = files(bucket).items()
    assert parquet.read_table(io.BytesIO(content)).num_rows == 2_000


def daily(bucket: Any, folder: Path) -> dict[str, tuple[int, int, int, float]]:
    """What infra/athena/daily.sql finds, run by DuckDB."""
    for key, content in files(bucket).items():
        file = folder / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    with duckdb.connect() as connection:
        connection.sql(
            f"CREATE VIEW events AS FROM read_parquet('{folder}/events/*/*/*.parquet', hive_partitioning=true, "
            "hive_types={'month': VARCHAR, 'type': VARCHAR})"
        )
        rows = connection.execute(athena.in_duckdb(athena._parse(DAILY.sql)), DAILY.texts).fetchall()
    return {day: (sends, clicks, orders, revenue) for day, sends, clicks, orders, revenue in rows}


def test_the_daily_report_counts_mails_clicks_orders_and_revenue(bucket: Any, tmp_path: Path) -> None:
    tuesday = MONDAY + DAY
    app.handler(
        stream(
            event(1, Type.EMAIL_SENT),
            event(2, Type.EMAIL_SENT),
            event(3, Type.EMAIL_CLICKED, human=True),
            event(4, Type.EMAIL_CLICKED, human=False),
            event(5, Type.ORDER_COMPLETED, order_id="1", total="30.00"),
            event(6, Type.ORDER_COMPLETED, order_id="2", total="12.50"),
            event(7, Type.ORDER_REFUNDED, tuesday, order_id="1", amount="10.00"),
            event(8, Type.ORDER_COMPLETED, order_id="3", total="99.00"),
            event(9, Type.ORDER_CANCELLED, tuesday, order_id="3", total="99.00"),
            event(10, Type.ORDER_REFUNDED, tuesday, order_id="3", amount="99.00"),
        ),
        None,
    )
    assert daily(bucket, tmp_path) == {"2026-11-23": (2, 1, 2, 42.5), "2026-11-24": (0, 0, 0, -10.0)}


def test_what_is_in_the_lake_twice_counts_once(bucket: Any, tmp_path: Path) -> None:
    twice = (event(1, Type.ORDER_COMPLETED, order_id="1", total="30.00"), event(2, Type.EMAIL_SENT))
    app.handler(stream(*twice, contact="c2"), None)
    app.handler(stream(*twice, contact="c1", start=900), None)
    from_the_website = event(3, Type.ORDER_COMPLETED, order_id="1", total="30.00")
    app.handler(stream(from_the_website, start=950), None)
    assert daily(bucket, tmp_path) == {"2026-11-23": (1, 0, 1, 30.0)}


@pytest.mark.parametrize("website", ["ignore", "count"])
def test_the_daily_report_has_orders_as_they_were_told_last(
    bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, website: str
) -> None:
    monkeypatch.setenv("CURRENCY", "EUR")
    monkeypatch.setenv("WEBSITE_ORDERS", website)
    environment.forget()

    def state(minute: int, stands: bool, refunds: Any = None) -> dict[str, Any]:
        told = OrderState(id="1", stands=stands, refunds=refunds)
        return {"order": told, "as_of": MONDAY - HOUR + minute * MINUTE}

    app.handler(
        stream(
            event(1, Type.ORDER_COMPLETED, order_id="1", order_number="1017").model_copy(update=state(0, True)),
            event(2, Type.ORDER_UPDATED, order_id="1", total="90.00").model_copy(update=state(9, True, {"r2": 5})),
            event(3, Type.ORDER_CANCELLED, order_id="1", total="30.00").model_copy(update=state(5, False)),
            event(4, Type.ORDER_REFUNDED, order_id="1", refund_id="r1", amount=30).model_copy(update=state(3, True)),
            event(5, Type.ORDER_REFUNDED, order_id="1", refund_id="r2", amount=5).model_copy(update=state(4, True)),
            event(6, Type.ORDER_COMPLETED, order_id="#1017", total=900_000).model_copy(update={"public": True}),
            event(7, Type.ORDER_COMPLETED, order_id="7", total=1).model_copy(update={"public": True}),
            event(8, Type.ORDER_COMPLETED, order_id="8", total=90_000, currency="JPY"),
        ),
        None,
    )
    told = {"ignore": (0, 0, 2, 85.0), "count": (0, 0, 3, 86.0)}[website]
    assert daily(bucket, tmp_path) == {"2026-11-23": told}


def test_the_daily_report_has_an_order_of_which_only_an_update_came(bucket: Any, tmp_path: Path) -> None:
    """On the day it was placed, and nowhere when that was before the first day."""

    def updated(number: int, placed: int) -> Event:
        told = event(number, Type.ORDER_UPDATED, MONDAY + DAY, order_id=str(number), total=20, ordered_at=iso(placed))
        return told.model_copy(update={"order": OrderState(id=str(number), stands=True)})

    app.handler(stream(updated(1, MONDAY), updated(2, MONDAY - 30 * DAY)), None)
    assert daily(bucket, tmp_path) == {"2026-11-23": (0, 0, 1, 20.0)}


def test_days_after_the_last_are_left_out(bucket: Any, tmp_path: Path) -> None:
    app.handler(stream(event(1, Type.EMAIL_SENT, MONDAY + 20 * DAY)), None)
    assert daily(bucket, tmp_path) == {}
