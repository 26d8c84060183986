"""SNS as the local run needs it: topics whose subscribers are SQS queues, with or without the envelope."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from typing import Any

from infra.local.aws import names, sqs
from infra.local.aws.calls import ACCOUNT, REGION, AwsError, Operation, Parameters
from infra.local.aws.world import World

MAX_MESSAGE = 262_144  # bytes

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS topics (arn TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS topic_subscriptions (
        arn TEXT PRIMARY KEY, topic TEXT NOT NULL, endpoint TEXT NOT NULL, raw INTEGER NOT NULL
    )""",
)


def create_topic(world: World, parameters: Parameters) -> dict[str, Any]:
    if not names.fits("AWS::SNS::Topic", parameters["Name"]):
        raise AwsError("InvalidParameter", "Invalid parameter: Topic Name")
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{parameters['Name']}"
    _db(world).execute("INSERT OR IGNORE INTO topics VALUES (?)", (arn,))
    return {"TopicArn": arn}


def subscribe(world: World, parameters: Parameters) -> dict[str, Any]:
    topic, attributes = parameters["TopicArn"], parameters.get("Attributes", {})
    unknown = attributes.keys() - {"RawMessageDelivery"}
    if parameters["Protocol"] != "sqs" or unknown:
        raise NotImplementedError(
            f"the local run delivers SNS to SQS only, not {parameters['Protocol']} {unknown or ''}"
        )
    _require_topic(world, topic)
    endpoint, raw = parameters["Endpoint"], attributes.get("RawMessageDelivery", "false").lower() == "true"
    known = world.db.execute(
        "SELECT arn FROM topic_subscriptions WHERE topic = ? AND endpoint = ?", (topic, endpoint)
    ).fetchone()
    if known:
        return {"SubscriptionArn": known[0]}
    arn = f"{topic}:{world.number('sns subscription'):08x}-0000-4000-8000-000000000000"
    world.db.execute("INSERT INTO topic_subscriptions VALUES (?, ?, ?, ?)", (arn, topic, endpoint, raw))
    return {"SubscriptionArn": arn}


def publish(world: World, parameters: Parameters) -> dict[str, Any]:
    unknown = parameters.keys() - {"TopicArn", "Message", "Subject"}
    if unknown:
        raise NotImplementedError(f"the local run does not stand in for publishing with {sorted(unknown)}")
    if not 0 < len(parameters["Message"].encode()) <= MAX_MESSAGE:
        raise AwsError("InvalidParameter", "Invalid parameter: Message too long or empty")
    return {"MessageId": send(world, parameters["TopicArn"], parameters["Message"], parameters.get("Subject"))}


def send(world: World, topic: str, message: str, subject: str | None = None) -> str:
    """Publishes to a topic, also in another service's name (SES); gives the message's id."""
    _require_topic(world, topic)
    message_id = f"{world.number('sns'):08x}-0000-4000-8000-000000000000"
    envelope = {
        "Type": "Notification",
        "MessageId": message_id,
        "TopicArn": topic,
        **({"Subject": subject} if subject is not None else {}),
        "Message": message,
        "Timestamp": timestamp(world.now()),
        "SignatureVersion": "1",
        "Signature": "local",
        "SigningCertURL": f"https://sns.{REGION}.amazonaws.com/SimpleNotificationService-local.pem",
    }
    subscriptions = world.db.execute(
        "SELECT arn, endpoint, raw FROM topic_subscriptions WHERE topic = ? ORDER BY arn", (topic,)
    ).fetchall()
    for arn, endpoint, raw in subscriptions:
        unsubscribe = f"https://sns.{REGION}.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}"
        body = message if raw else json.dumps({**envelope, "UnsubscribeURL": unsubscribe})
        sqs.deliver(world, endpoint, body)
    return message_id


def timestamp(instant: int) -> str:
    """An instant as SNS and SES write it: `2026-11-24T09:30:00.000Z`."""
    return datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant % 1000:03d}Z"


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


def _require_topic(world: World, arn: str) -> None:
    if not _db(world).execute("SELECT 1 FROM topics WHERE arn = ?", (arn,)).fetchone():
        raise AwsError("NotFound", "Topic does not exist", 404)


OPERATIONS: dict[str, Operation] = {"CreateTopic": create_topic, "Publish": publish, "Subscribe": subscribe}
