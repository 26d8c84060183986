"""SQS, SNS to SQS, and what a Lambda is fed: the stand-in and moto on the same cases, the rest by the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local.aws import sns, sqs
from infra.local.aws.calls import connect
from infra.local.aws.world import World

NOW = 1_795_000_000_000
SERVICES = {"sqs": sqs.OPERATIONS, "sns": sns.OPERATIONS}


@pytest.fixture
def world() -> World:
    return World(now=NOW)


@pytest.fixture
def local(world: World) -> Any:
    return connect(world, SERVICES).client("sqs")


@pytest.fixture(params=["local", "moto"])
def session(request: pytest.FixtureRequest, world: World) -> Iterator[boto3.session.Session]:
    if request.param == "local":
        yield connect(world, SERVICES)
    else:
        with mock_aws():
            yield boto3.session.Session("test", "test", region_name="eu-west-1")


@pytest.fixture
def client(session: boto3.session.Session) -> Any:
    return session.client("sqs")


@pytest.fixture
def url(client: Any) -> str:
    return str(client.create_queue(QueueName="events")["QueueUrl"])


def bodies(client: Any, url: str, **more: Any) -> list[str]:
    received = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, **more)
    return [message["Body"] for message in received.get("Messages", [])]


# ── both witnesses ──


def test_messages_come_in_the_order_they_were_sent_and_stay_hidden_while_in_flight(client: Any, url: str) -> None:
    for body in "abc":
        client.send_message(QueueUrl=url, MessageBody=body)
    assert bodies(client, url) == ["a", "b", "c"]
    assert bodies(client, url) == []


def test_a_deleted_message_is_gone_and_a_released_one_is_back_with_its_count(client: Any, url: str) -> None:
    for body in "ab":
        client.send_message(QueueUrl=url, MessageBody=body)
    first, second = client.receive_message(QueueUrl=url, MaxNumberOfMessages=2)["Messages"]
    client.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert (again["Body"], again["Attributes"]) == ("b", {"ApproximateReceiveCount": "2"})
    assert again["MessageId"] == second["MessageId"]


def test_attributes_travel_with_their_digests(client: Any, url: str) -> None:
    attributes = {
        "topic": {"DataType": "String", "StringValue": "orders/paid"},
        "raw": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
        "tries": {"DataType": "Number", "StringValue": "3"},
    }
    sent = client.send_message(QueueUrl=url, MessageBody="hi", MessageAttributes=attributes)
    (received,) = client.receive_message(QueueUrl=url, MessageAttributeNames=["All"], AttributeNames=["All"])[
        "Messages"
    ]
    assert received["MessageAttributes"] == attributes
    assert received["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"] == "b2b551a4d28e06d9938a7e03d7925e77"
    assert received["MD5OfBody"] == sent["MD5OfMessageBody"] == "49f68a5c8493ec2c0bf489821c21fc3b"
    assert {"SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp"} == set(
        received["Attributes"]
    )


def test_a_batch_is_sent_received_and_deleted(client: Any, url: str) -> None:
    entries = [{"Id": f"m{i}", "MessageBody": str(i)} for i in range(3)]
    sent = client.send_message_batch(QueueUrl=url, Entries=entries)
    assert [each["Id"] for each in sent["Successful"]] == ["m0", "m1", "m2"]
    assert not sent.get("Failed")
    messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handles = [{"Id": str(i), "ReceiptHandle": each["ReceiptHandle"]} for i, each in enumerate(messages)]
    changes = [{**each, "VisibilityTimeout": 0} for each in handles[:1]]
    assert client.change_message_visibility_batch(QueueUrl=url, Entries=changes)["Successful"] == [{"Id": "0"}]
    assert bodies(client, url) == ["0"]
    deleted = client.delete_message_batch(QueueUrl=url, Entries=handles[1:])
    assert [each["Id"] for each in deleted["Successful"]] == ["1", "2"]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([{"Id": "a", "MessageBody": "x"}] * 2, "BatchEntryIdsNotDistinct"),
        ([{"Id": "a.b", "MessageBody": "x"}], "InvalidBatchEntryId"),
        ([{"Id": str(i), "MessageBody": "x"} for i in range(11)], "TooManyEntriesInBatchRequest"),
        ([{"Id": str(i), "MessageBody": "x" * 524_289} for i in range(2)], "BatchRequestTooLong"),
    ],
)
def test_a_batch_that_is_wrong_as_a_whole_is_refused(
    client: Any, url: str, entries: list[dict[str, str]], code: str
) -> None:
    with pytest.raises(getattr(client.exceptions, code)):
        client.send_message_batch(QueueUrl=url, Entries=entries)
    assert bodies(client, url) == []


@pytest.mark.parametrize(
    "message",
    [{"MessageBody": "x" * 1_048_577}, {"MessageBody": "x", "DelaySeconds": 901}],
)
def test_a_message_beyond_the_limits_is_refused(client: Any, url: str, message: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        client.send_message(QueueUrl=url, **message)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"


def test_a_message_of_one_mebibyte_passes(client: Any, url: str) -> None:
    client.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)
    assert len(bodies(client, url)[0]) == 1_048_576


def test_missing_queues_and_broken_receipts_have_their_own_exceptions(client: Any, url: str) -> None:
    with pytest.raises(client.exceptions.QueueDoesNotExist):
        client.get_queue_url(QueueName="nowhere")
    with pytest.raises(client.exceptions.ReceiptHandleIsInvalid):
        client.delete_message(QueueUrl=url, ReceiptHandle="nonsense")
    with pytest.raises(client.exceptions.QueueNameExists):
        client.create_queue(QueueName="events", Attributes={"VisibilityTimeout": "31"})
    assert client.create_queue(QueueName="events")["QueueUrl"] == client.get_queue_url(QueueName="events")["QueueUrl"]


def test_counts_tell_visible_delayed_and_in_flight_apart(client: Any, url: str) -> None:
    for delay in (0, 0, 60):
        client.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=delay)
    client.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    counts = ("", "NotVisible", "Delayed")
    assert [attributes[f"ApproximateNumberOfMessages{each}"] for each in counts] == ["1", "1", "1"]
    client.purge_queue(QueueUrl=url)
    one = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert one["Attributes"] == {"ApproximateNumberOfMessages": "0"}


def test_what_was_received_too_often_goes_to_the_dead_letters(client: Any) -> None:
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {"deadLetterTargetArn": arn, "maxReceiveCount": 2}
    attributes = {"RedrivePolicy": json.dumps(policy), "VisibilityTimeout": "0"}
    url = client.create_queue(QueueName="source", Attributes=attributes)["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="poison")
    assert [bodies(client, url) for _ in range(3)] == [["poison"], ["poison"], []]
    assert bodies(client, dead) == ["poison"]


@pytest.mark.parametrize("raw", [False, True])
def test_sns_delivers_to_a_queue_with_and_without_the_envelope(session: boto3.session.Session, raw: bool) -> None:
    queues, topics = session.client("sqs"), session.client("sns")
    url = queues.create_queue(QueueName="notices")["QueueUrl"]
    queue = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = topics.create_topic(Name="ses")["TopicArn"]
    attributes = {"RawMessageDelivery": str(raw).lower()}
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)
    sent = topics.publish(TopicArn=topic, Message='{"a": 1}', Subject="About")
    (body,) = bodies(queues, url)
    if raw:
        assert body == '{"a": 1}'
    else:
        envelope = json.loads(body)
        wanted = {"Type": "Notification", "MessageId": sent["MessageId"], "TopicArn": topic}
        assert envelope.items() >= {**wanted, "Subject": "About", "Message": '{"a": 1}'}.items()
        assert envelope.keys() == {*wanted, "Subject", "Message", "Timestamp", "UnsubscribeURL"} | {
            "Signature",
            "SignatureVersion",
            "SigningCertURL",
        }
    with pytest.raises(topics.exceptions.NotFoundException):
        topics.publish(TopicArn=topic + "-missing", Message="x")


# ── the stand-in alone: time, the redrive, the pump ──


def test_visibility_and_delay_go_by_the_worlds_clock(world: World, local: Any) -> None:
    url = local.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "60"})["QueueUrl"]
    assert sqs.next_visible_at(world, url) is None
    local.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=10)
    assert sqs.next_visible_at(world, url) == NOW + 10_000
    assert bodies(local, url) == []
    world.turn(NOW + 10_000)
    assert bodies(local, url) == ["x"]
    assert sqs.next_visible_at(world, url) == NOW + 70_000
    world.turn(NOW + 69_999)
    assert bodies(local, url) == []
    world.turn(NOW + 70_000)
    assert bodies(local, url) == ["x"]


def test_a_message_older_than_the_retention_is_gone(world: World, local: Any) -> None:
    url = local.create_queue(QueueName="q", Attributes={"MessageRetentionPeriod": "3600"})["QueueUrl"]
    local.send_message(QueueUrl=url, MessageBody="old")
    world.turn(NOW + 1_800_000)
    local.send_message(QueueUrl=url, MessageBody="young")
    world.turn(NOW + 3_600_000)
    assert bodies(local, url) == ["young"]


def test_an_old_receipt_deletes_nothing_and_a_visible_message_is_not_in_flight(world: World, local: Any) -> None:
    url = local.create_queue(QueueName="q")["QueueUrl"]
    local.send_message(QueueUrl=url, MessageBody="x")
    old = local.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]
    world.turn(NOW + 30_000)
    with pytest.raises(local.exceptions.MessageNotInflight):
        local.change_message_visibility(QueueUrl=url, ReceiptHandle=old, VisibilityTimeout=5)
    assert bodies(local, url) == ["x"]
    local.delete_message(QueueUrl=url, ReceiptHandle=old)
    world.turn(NOW + 60_000)
    assert bodies(local, url) == ["x"]


def test_one_bad_entry_of_a_batch_fails_alone(local: Any) -> None:
    url = local.create_queue(QueueName="q")["QueueUrl"]
    entries = [
        {"Id": "good", "MessageBody": "x"},
        {"Id": "late", "MessageBody": "x", "DelaySeconds": 901},
        {"Id": "odd", "MessageBody": "\x00"},
    ]
    sent = local.send_message_batch(QueueUrl=url, Entries=entries)
    assert [each["Id"] for each in sent["Successful"]] == ["good"]
    assert [(each["Id"], each["Code"], each["SenderFault"]) for each in sent["Failed"]] == [
        ("late", "InvalidParameterValue", True),
        ("odd", "InvalidMessageContents", True),
    ]


def test_dead_letters_are_sent_back_to_where_they_came_from_as_new_messages(local: Any) -> None:
    dead = local.create_queue(QueueName="dead")["QueueUrl"]
    arn = local.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    attributes = {"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    url = local.create_queue(QueueName="source", Attributes=attributes)["QueueUrl"]
    source_arn = "arn:aws:sqs:eu-west-1:000000000000:source"
    local.send_message(QueueUrl=url, MessageBody="poison")
    assert [bodies(local, url) for _ in range(2)] == [["poison"], []]
    (letter,) = local.receive_message(QueueUrl=dead, AttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    assert letter["Attributes"]["DeadLetterQueueSourceArn"] == source_arn

    local.start_message_move_task(SourceArn=arn)
    (task,) = local.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert bodies(local, dead) == []
    (back,) = local.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])["Messages"]
    assert (back["Body"], back["Attributes"]) == ("poison", {"ApproximateReceiveCount": "1"})
    assert back["MessageId"] != letter["MessageId"]
    with pytest.raises(ClientError, match="Dead Letter Queue"):
        local.start_message_move_task(SourceArn=source_arn)


def test_the_pump_takes_records_of_the_shape_a_lambda_gets(world: World, local: Any) -> None:
    url = local.create_queue(QueueName="events", Attributes={"VisibilityTimeout": "90"})["QueueUrl"]
    attributes = {"n": {"DataType": "Number", "StringValue": "3"}}
    sent = local.send_message(QueueUrl=url, MessageBody='{"a": 1}', MessageAttributes=attributes)
    (record,) = sqs.take(world, url, 10)
    assert record == {
        "messageId": sent["MessageId"],
        "receiptHandle": record["receiptHandle"],
        "body": '{"a": 1}',
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(NOW),
            "SenderId": "000000000000",
            "ApproximateFirstReceiveTimestamp": str(NOW),
        },
        "messageAttributes": {
            "n": {"stringValue": "3", "stringListValues": [], "binaryListValues": [], "dataType": "Number"}
        },
        "md5OfBody": sent["MD5OfMessageBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:events",
        "awsRegion": "eu-west-1",
    }


def test_what_the_pump_finished_is_gone_and_what_failed_is_back_after_the_timeout(world: World, local: Any) -> None:
    url = local.create_queue(QueueName="events", Attributes={"VisibilityTimeout": "90"})["QueueUrl"]
    for body in "abc":
        local.send_message(QueueUrl=url, MessageBody=body)
    a, b, c = (record["messageId"] for record in sqs.take(world, url, 10_000))
    sqs.done(world, url, [a, c])
    assert sqs.failed(world, url, [b]) == sqs.next_visible_at(world, url) == NOW + 90_000
    assert sqs.take(world, url, 10) == []
    world.turn(NOW + 90_000)
    assert [record["body"] for record in sqs.take(world, url, 10)] == ["b"]


def test_the_queue_survives_a_restart(tmp_path: Any) -> None:
    first = World(tmp_path / "world.db", now=NOW)
    client = connect(first, SERVICES).client("sqs")
    url = client.create_queue(QueueName="q")["QueueUrl"]
    client.send_message(QueueUrl=url, MessageBody="kept")
    first.db.close()
    again = World(tmp_path / "world.db", now=NOW)
    assert [record["body"] for record in sqs.take(again, url, 10)] == ["kept"]
