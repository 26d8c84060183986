"""SQS as the local run needs it: standard queues with visibility, receive counts, dead letters and their redrive.

Messages are kept, and handed out, in the order they were sent; time is the world's. Besides the API there are the four
functions the run's pump uses to feed Lambdas as an event source mapping: `next_visible_at`, `take`, `done`, `failed`.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sqlite3
import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from infra.local.aws.calls import ACCOUNT, REGION, AwsError, Operation, Parameters
from infra.local.aws.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS queues (
        name TEXT PRIMARY KEY, visibility_timeout INTEGER NOT NULL, delay INTEGER NOT NULL, retention INTEGER NOT NULL,
        dead_letters TEXT, max_receives INTEGER, created_at INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS queue_messages (
        id INTEGER PRIMARY KEY, queue TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL,
        md5 TEXT NOT NULL, attributes TEXT, sent_at INTEGER NOT NULL, visible_at INTEGER NOT NULL,
        receives INTEGER NOT NULL DEFAULT 0, first_received_at INTEGER, source TEXT
    )""",
    "CREATE INDEX IF NOT EXISTS queue_order ON queue_messages (queue, id)",
    "CREATE INDEX IF NOT EXISTS queue_visible ON queue_messages (queue, visible_at)",
    """CREATE TABLE IF NOT EXISTS queue_moves (
        id INTEGER PRIMARY KEY, source TEXT NOT NULL, destination TEXT, moved INTEGER NOT NULL,
        started_at INTEGER NOT NULL
    )""",
)

# One message, and all of one batch together (1 MiB since August 2025).
MAX_BYTES = 1_048_576
MAX_BATCH = 10
MAX_WAIT = 20  # seconds
# What XML 1.0 cannot carry, SQS refuses.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTRY_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
QUEUE_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
RECEIPT = re.compile(r"([0-9a-f-]{36})#(\d+)")
# Each with the least and the greatest value it may have, and its default; all in seconds.
SETTINGS = {
    "VisibilityTimeout": (0, 43_200, 30),
    "DelaySeconds": (0, 900, 0),
    "MessageRetentionPeriod": (60, 1_209_600, 345_600),
}


class Queue(NamedTuple):
    """A row of `queues`. Times in seconds, as SQS counts them."""

    name: str
    visibility_timeout: int
    delay: int
    retention: int
    dead_letters: str | None
    max_receives: int | None
    created_at: int

    @property
    def url(self) -> str:
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{self.name}"

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}"


class Message(NamedTuple):
    """A row of `queue_messages`, as it stands after it was received."""

    id: int
    message_id: str
    body: str
    md5: str
    attributes: str | None
    sent_at: int
    receives: int
    first_received_at: int | None
    source: str | None

    @property
    def receipt(self) -> str:
        return f"{self.message_id}#{self.receives}"

    def system_attributes(self) -> dict[str, str]:
        attributes = {
            "SenderId": ACCOUNT,
            "SentTimestamp": str(self.sent_at),
            "ApproximateReceiveCount": str(self.receives),
            "ApproximateFirstReceiveTimestamp": str(self.first_received_at),
        }
        if self.source is not None:
            attributes["DeadLetterQueueSourceArn"] = _arn(self.source)
        return attributes


MESSAGE_COLUMNS = "id, message_id, body, md5, attributes, sent_at, receives, first_received_at, source"


# ── what the pump calls ──


def next_visible_at(world: World, queue_url: str) -> int | None:
    """The instant at which the queue next has something to take (which may be past), or None when it is empty."""
    row = (
        _db(world).execute("SELECT MIN(visible_at) FROM queue_messages WHERE queue = ?", (_name(queue_url),)).fetchone()
    )
    return None if row[0] is None else int(row[0])


def take(world: World, queue_url: str, most: int) -> list[dict[str, Any]]:
    """Receives up to `most` messages as the records of a Lambda event from an SQS event source."""
    queue = _queue(world, queue_url)
    with world.atomic():
        messages = _receive(world, queue, most, queue.visibility_timeout)
    return [
        {
            "messageId": message.message_id,
            "receiptHandle": message.receipt,
            "body": message.body,
            "attributes": message.system_attributes(),
            "messageAttributes": {
                name: _lambda_attribute(value) for name, value in json.loads(message.attributes or "{}").items()
            },
            "md5OfBody": message.md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": queue.arn,
            "awsRegion": REGION,
        }
        for message in messages
    ]


def done(world: World, queue_url: str, message_ids: Iterable[str]) -> None:
    """Deletes what a Lambda has taken and handled."""
    name = _name(queue_url)
    with world.atomic():
        _db(world).executemany(
            "DELETE FROM queue_messages WHERE message_id = ? AND queue = ?", [(each, name) for each in message_ids]
        )


def failed(world: World, queue_url: str, message_ids: Sequence[str]) -> int | None:
    """What a Lambda has taken and could not handle stays hidden until its visibility timeout has passed.

    So nothing is changed; the earliest instant at which one of them is back is returned (None when none is left).
    """
    marks = ", ".join("?" * len(message_ids))
    row = (
        _db(world)
        .execute(
            f"SELECT MIN(visible_at) FROM queue_messages WHERE queue = ? AND message_id IN ({marks})",
            (_name(queue_url), *message_ids),
        )
        .fetchone()
    )
    return None if row[0] is None else int(row[0])


def deliver(world: World, queue_arn: str, body: str) -> None:
    """Puts a message on a queue in another service's name (SNS, EventBridge). One that does not exist loses it."""
    row = _db(world).execute("SELECT * FROM queues WHERE name = ?", (queue_arn.rsplit(":", 1)[-1],)).fetchone()
    if row is not None:
        _put(world, Queue(*row), {"MessageBody": body})


# ── queues ──


def create_queue(world: World, parameters: Parameters) -> dict[str, Any]:
    name, given = parameters["QueueName"], dict(parameters.get("Attributes", {}))
    if not QUEUE_NAME.fullmatch(name) or given.get("FifoQueue") == "true":  # whose name would have to end in .fifo
        raise _invalid("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
    policy = json.loads(given.pop("RedrivePolicy", "null"))
    dead_letters = policy and policy["deadLetterTargetArn"].rsplit(":", 1)[1]
    settings = [_setting(key, given.pop(key, default)) for key, (_, _, default) in SETTINGS.items()]
    if given.keys() - {"Policy", "KmsMasterKeyId", "SqsManagedSseEnabled", "ReceiveMessageWaitTimeSeconds"}:
        raise NotImplementedError(f"the local run does not stand in for the queue attributes {sorted(given)}")
    if dead_letters and not _find(world, dead_letters):
        raise _invalid(f"Value {json.dumps(policy)} for parameter RedrivePolicy is invalid. Reason: no such queue.")
    max_receives = policy and int(policy["maxReceiveCount"])
    queue = Queue._make((name, *settings, dead_letters, max_receives, world.now()))
    existing = _find(world, name)
    if existing is None:
        world.db.execute("INSERT INTO queues VALUES (?, ?, ?, ?, ?, ?, ?)", queue)
    elif existing._replace(created_at=0) != queue._replace(created_at=0):
        raise _error("QueueAlreadyExists", "The specified queue already exists.", "QueueNameExists")
    return {"QueueUrl": queue.url}


def get_queue_url(world: World, parameters: Parameters) -> dict[str, Any]:
    return {"QueueUrl": _queue(world, parameters["QueueName"]).url}


def get_queue_attributes(world: World, parameters: Parameters) -> dict[str, Any]:
    queue, now = _queue(world, parameters["QueueUrl"]), world.now()
    _expire(world, queue)
    visible, delayed, in_flight = world.db.execute(
        """SELECT COALESCE(SUM(visible_at <= ?1), 0), COALESCE(SUM(visible_at > ?1 AND receives = 0), 0),
            COALESCE(SUM(visible_at > ?1 AND receives > 0), 0) FROM queue_messages WHERE queue = ?2""",
        (now, queue.name),
    ).fetchone()
    attributes = {
        "QueueArn": queue.arn,
        "ApproximateNumberOfMessages": str(visible),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
        "VisibilityTimeout": str(queue.visibility_timeout),
        "DelaySeconds": str(queue.delay),
        "MessageRetentionPeriod": str(queue.retention),
        "MaximumMessageSize": str(MAX_BYTES),
        "ReceiveMessageWaitTimeSeconds": "0",
        "CreatedTimestamp": str(queue.created_at // 1000),
        "LastModifiedTimestamp": str(queue.created_at // 1000),
        "SqsManagedSseEnabled": "true",
    }
    if queue.dead_letters is not None:
        policy = {"deadLetterTargetArn": _arn(queue.dead_letters), "maxReceiveCount": queue.max_receives}
        attributes["RedrivePolicy"] = json.dumps(policy)
    names = parameters.get("AttributeNames", [])
    if "All" not in names:
        attributes = {name: value for name, value in attributes.items() if name in names}
    return {"Attributes": attributes} if attributes else {}


def purge_queue(world: World, parameters: Parameters) -> dict[str, Any]:
    queue = _queue(world, parameters["QueueUrl"])
    world.db.execute("DELETE FROM queue_messages WHERE queue = ?", (queue.name,))
    return {}


# ── sending ──


def send_message(world: World, parameters: Parameters) -> dict[str, Any]:
    queue = _queue(world, parameters["QueueUrl"])
    if _size(parameters) > MAX_BYTES:
        raise _invalid(f"One or more parameters are invalid. Reason: Message must be shorter than {MAX_BYTES} bytes.")
    return _put(world, queue, parameters)


def send_message_batch(world: World, parameters: Parameters) -> dict[str, Any]:
    queue = _queue(world, parameters["QueueUrl"])
    size = sum(map(_size, parameters["Entries"]))
    if size > MAX_BYTES:
        raise _batch_error(
            "BatchRequestTooLong",
            f"Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {size} bytes.",
        )
    return _batch(parameters["Entries"], "SendMessageBatchRequestEntry", lambda entry: _put(world, queue, entry))


def _put(world: World, queue: Queue, entry: Parameters) -> dict[str, Any]:
    if "MessageSystemAttributes" in entry:
        raise NotImplementedError("the local run does not stand in for MessageSystemAttributes")
    body, attributes = entry["MessageBody"], entry.get("MessageAttributes")
    if not body:
        raise _error("MissingParameter", "The request must contain the parameter MessageBody.")
    if FORBIDDEN.search(body):
        raise _error(
            "InvalidMessageContents", "Invalid characters found. Valid unicode characters are those of XML 1.0."
        )
    delay = _setting("DelaySeconds", entry.get("DelaySeconds", queue.delay))
    message_id, now = f"{world.number('sqs'):08x}-0000-4000-8000-000000000000", world.now()
    md5 = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
    world.db.execute(
        """INSERT INTO queue_messages (queue, message_id, body, md5, attributes, sent_at, visible_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (queue.name, message_id, body, md5, _stored(attributes) if attributes else None, now, now + delay * 1000),
    )
    sent = {"MessageId": message_id, "MD5OfMessageBody": md5}
    return {**sent, "MD5OfMessageAttributes": _attributes_md5(attributes)} if attributes else sent


# ── receiving ──


def receive_message(world: World, parameters: Parameters) -> dict[str, Any]:
    """Never waits, whatever `WaitTimeSeconds` says: in a world whose time stands still nothing would come."""
    queue = _queue(world, parameters["QueueUrl"])
    most = parameters.get("MaxNumberOfMessages", 1)
    if not 1 <= most <= MAX_BATCH:
        raise _invalid(
            f"Value {most} for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."
        )
    if not 0 <= (wait := parameters.get("WaitTimeSeconds", 0)) <= MAX_WAIT:
        raise _invalid(
            f"Value {wait} for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."
        )
    timeout = _setting("VisibilityTimeout", parameters.get("VisibilityTimeout", queue.visibility_timeout))
    system = {*parameters.get("AttributeNames", ()), *parameters.get("MessageSystemAttributeNames", ())}
    wanted = parameters.get("MessageAttributeNames", ())
    messages = [_answer(message, system, wanted) for message in _receive(world, queue, most, timeout)]
    return {"Messages": messages} if messages else {}


def _receive(world: World, queue: Queue, most: int, timeout: int) -> list[Message]:
    """The oldest visible messages, hidden for `timeout` seconds. What was received too often goes to dead letters."""
    now = world.now()
    messages: list[Message] = []
    while (wanted := most - len(messages)) > 0:
        rows = world.db.execute(
            f"""SELECT {MESSAGE_COLUMNS} FROM queue_messages INDEXED BY queue_order
                WHERE queue = ? AND visible_at <= ? ORDER BY id LIMIT ?""",
            (queue.name, now, wanted),
        ).fetchall()
        # A timeout of zero leaves what we have just taken visible: it is not to be taken twice by one call.
        found = [row for row in map(Message._make, rows) if timeout or all(row.id != each.id for each in messages)]
        if not found:
            break
        if any(message.sent_at <= now - queue.retention * 1000 for message in found):
            _expire(world, queue)
            continue
        for message in found:
            if queue.max_receives is not None and message.receives >= queue.max_receives:
                world.db.execute(
                    "UPDATE queue_messages SET queue = ?, source = ? WHERE id = ?",
                    (queue.dead_letters, queue.name, message.id),
                )
            else:
                messages.append(_received(world.db, message, now, timeout))
        if len(rows) < wanted:
            break
    return messages


def _received(db: sqlite3.Connection, message: Message, now: int, timeout: int) -> Message:
    first = message.first_received_at if message.first_received_at is not None else now
    db.execute(
        "UPDATE queue_messages SET visible_at = ?, receives = ?, first_received_at = ? WHERE id = ?",
        (now + timeout * 1000, message.receives + 1, first, message.id),
    )
    return message._replace(receives=message.receives + 1, first_received_at=first)


def _answer(message: Message, system: set[str], wanted: Sequence[str]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    if system:
        attributes = message.system_attributes()
        shown = attributes if "All" in system else {name: attributes[name] for name in attributes if name in system}
        answer |= {"Attributes": shown} if shown else {}
    if wanted and message.attributes:
        carried = {
            name: {"BinaryValue": base64.b64decode(value["BinaryValue"]), "DataType": value["DataType"]}
            if "BinaryValue" in value
            else value
            for name, value in json.loads(message.attributes).items()
            if any(_names(pattern, name) for pattern in wanted)
        }
        answer |= {"MessageAttributes": carried, "MD5OfMessageAttributes": _attributes_md5(carried)} if carried else {}
    return answer


# ── deleting, and changing the visibility ──


def delete_message(world: World, parameters: Parameters) -> dict[str, Any]:
    return _delete(world, _queue(world, parameters["QueueUrl"]), parameters)


def delete_message_batch(world: World, parameters: Parameters) -> dict[str, Any]:
    queue = _queue(world, parameters["QueueUrl"])
    return _batch(parameters["Entries"], "DeleteMessageBatchRequestEntry", lambda entry: _delete(world, queue, entry))


def change_message_visibility(world: World, parameters: Parameters) -> dict[str, Any]:
    return _change_visibility(world, _queue(world, parameters["QueueUrl"]), parameters)


def change_message_visibility_batch(world: World, parameters: Parameters) -> dict[str, Any]:
    queue = _queue(world, parameters["QueueUrl"])
    return _batch(
        parameters["Entries"],
        "ChangeMessageVisibilityBatchRequestEntry",
        lambda entry: _change_visibility(world, queue, entry),
    )


def _delete(world: World, queue: Queue, entry: Parameters) -> dict[str, Any]:
    """Only the newest receipt deletes; an older one is accepted and does nothing, as with SQS."""
    message_id, receives = _receipt(entry)
    world.db.execute(
        "DELETE FROM queue_messages WHERE message_id = ? AND receives = ? AND queue = ?",
        (message_id, receives, queue.name),
    )
    return {}


def _change_visibility(world: World, queue: Queue, entry: Parameters) -> dict[str, Any]:
    timeout, now = _setting("VisibilityTimeout", entry["VisibilityTimeout"]), world.now()
    message_id, receives = _receipt(entry)
    changed = world.db.execute(
        """UPDATE queue_messages SET visible_at = ?
            WHERE message_id = ? AND receives = ? AND queue = ? AND visible_at > ?""",
        (now + timeout * 1000, message_id, receives, queue.name, now),
    )
    if not changed.rowcount:
        raise _batch_error("MessageNotInflight", "The message referred to isn't in flight.")
    return {}


def _receipt(entry: Parameters) -> tuple[str, int]:
    found = RECEIPT.fullmatch(entry["ReceiptHandle"])
    if not found:
        raise _error("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    return found[1], int(found[2])


# ── dead letters, sent back ──


def start_message_move_task(world: World, parameters: Parameters) -> dict[str, Any]:
    """Sends dead letters back where they came from (or to `DestinationArn`), at once, as new messages."""
    source = _by_arn(world, parameters["SourceArn"])
    if not world.db.execute("SELECT 1 FROM queues WHERE dead_letters = ?", (source.name,)).fetchone():
        raise _error("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    destination = parameters.get("DestinationArn")
    target = _by_arn(world, destination).name if destination else None
    now = world.now()
    rows = world.db.execute(
        """SELECT id FROM queue_messages WHERE queue = ?1 AND visible_at <= ?2 AND (?3 OR source IS NOT NULL)
            ORDER BY id""",
        (source.name, now, target is not None),
    ).fetchall()
    for (row,) in rows:
        # A new id and place in the order, a new retention, and no receives: the redrive policy starts over.
        number = world.number("sqs")
        world.db.execute(
            """INSERT INTO queue_messages (queue, message_id, body, md5, attributes, sent_at, visible_at)
                SELECT COALESCE(?, source), ?, body, md5, attributes, ?, ? FROM queue_messages WHERE id = ?""",
            (target, f"{number:08x}-0000-4000-8000-000000000000", now, now, row),
        )
        world.db.execute("DELETE FROM queue_messages WHERE id = ?", (row,))
    task = world.db.execute(
        "INSERT INTO queue_moves (source, destination, moved, started_at) VALUES (?, ?, ?, ?)",
        (source.name, destination, len(rows), now),
    )
    return {"TaskHandle": _task_handle(int(task.lastrowid or 0))}


def list_message_move_tasks(world: World, parameters: Parameters) -> dict[str, Any]:
    source, most = _by_arn(world, parameters["SourceArn"]), parameters.get("MaxResults", 1)
    rows = world.db.execute(
        "SELECT id, destination, moved, started_at FROM queue_moves WHERE source = ? ORDER BY id DESC LIMIT ?",
        (source.name, most),
    ).fetchall()
    return {
        "Results": [
            {
                "Status": "COMPLETED",
                "SourceArn": source.arn,
                "ApproximateNumberOfMessagesMoved": moved,
                "ApproximateNumberOfMessagesToMove": moved,
                "StartedTimestamp": started_at,
            }
            | ({"DestinationArn": destination} if destination else {})
            for _, destination, moved, started_at in rows
        ]
    }


def _task_handle(number: int) -> str:
    return base64.b64encode(json.dumps({"taskId": number}).encode()).decode()


# ── the rest ──


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


def _name(queue_url: str) -> str:
    return queue_url.rsplit("/", 1)[-1]


def _arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def _find(world: World, name: str) -> Queue | None:
    row = _db(world).execute("SELECT * FROM queues WHERE name = ?", (name,)).fetchone()
    return Queue(*row) if row else None


def _queue(world: World, queue_url: str) -> Queue:
    queue = _find(world, _name(queue_url))
    if queue is None:
        missing = "AWS.SimpleQueueService.NonExistentQueue"
        raise _error(missing, "The specified queue does not exist.", "QueueDoesNotExist")
    return queue


def _by_arn(world: World, arn: str) -> Queue:
    queue = _find(world, arn.rsplit(":", 1)[-1])
    if queue is None:
        raise _error("ResourceNotFoundException", "The resource that you specified for the SourceArn doesn't exist.")
    return queue


def _expire(world: World, queue: Queue) -> None:
    world.db.execute(
        "DELETE FROM queue_messages WHERE queue = ? AND sent_at <= ?",
        (queue.name, world.now() - queue.retention * 1000),
    )


def _setting(name: str, value: int | str) -> int:
    least, greatest, _ = SETTINGS[name]
    if not least <= int(value) <= greatest:
        reason = f"{name} must be >= {least} and <= {greatest}."
        raise _invalid(f"Value {value} for parameter {name} is invalid. Reason: {reason}")
    return int(value)


def _size(entry: Parameters) -> int:
    size = len(entry["MessageBody"].encode())
    for name, value in entry.get("MessageAttributes", {}).items():
        content = value["StringValue"].encode() if "StringValue" in value else value["BinaryValue"]
        size += len(name.encode()) + len(value["DataType"].encode()) + len(content)
    return size


def _batch(
    entries: Sequence[Parameters], shape: str, perform: Callable[[Parameters], dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Each entry for itself: what is wrong with one is reported for that one, and the others go through."""
    if not entries:
        raise _batch_error("EmptyBatchRequest", f"There should be at least one {shape} in the request.")
    if len(entries) > MAX_BATCH:
        raise _batch_error(
            "TooManyEntriesInBatchRequest",
            f"Maximum number of entries per request are {MAX_BATCH}. You have sent {len(entries)}.",
        )
    seen: set[str] = set()
    for entry in entries:
        if not ENTRY_ID.fullmatch(entry["Id"]):
            raise _batch_error(
                "InvalidBatchEntryId",
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "
                "It can be at most 80 letters long.",
            )
        if entry["Id"] in seen:
            raise _batch_error("BatchEntryIdsNotDistinct", f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])
    answer: dict[str, list[dict[str, Any]]] = {"Successful": [], "Failed": []}
    for entry in entries:
        try:
            answer["Successful"].append({"Id": entry["Id"], **perform(entry)})
        except AwsError as error:
            fault = {"Id": entry["Id"], "SenderFault": True, "Code": error.code, "Message": error.message}
            answer["Failed"].append(fault)
    return {name: entries for name, entries in answer.items() if entries}


def _error(code: str, message: str, query_code: str | None = None) -> AwsError:
    """`Code` keeps the spelling of the protocol SQS once spoke; `QueryErrorCode` is the exception's name."""
    error = {"Code": code, "Message": message, "QueryErrorCode": query_code or code, "Type": "Sender"}
    return AwsError(code, message, Error=error)


def _batch_error(name: str, message: str) -> AwsError:
    return _error(f"AWS.SimpleQueueService.{name}", message, name)


def _invalid(message: str) -> AwsError:
    return _error("InvalidParameterValue", message)


def _names(pattern: str, name: str) -> bool:
    return pattern in ("All", ".*", name) or (pattern.endswith(".*") and name.startswith(pattern[:-2]))


def _stored(attributes: dict[str, dict[str, Any]]) -> str:
    return json.dumps(
        {
            name: {**value, "BinaryValue": base64.b64encode(value["BinaryValue"]).decode()}
            if "BinaryValue" in value
            else value
            for name, value in attributes.items()
        }
    )


def _lambda_attribute(value: dict[str, str]) -> dict[str, Any]:
    content = {key[0].lower() + key[1:]: value[key] for key in ("StringValue", "BinaryValue") if key in value}
    return {**content, "stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}


def _attributes_md5(attributes: dict[str, dict[str, Any]]) -> str:
    """As the SQS developer guide describes it ("Calculating the MD5 message digest for message attributes")."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        value = attributes[name]
        binary = "BinaryValue" in value
        content = value["BinaryValue"] if binary else value["StringValue"].encode()
        for part in (name.encode(), value["DataType"].encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        digest.update((b"\x02" if binary else b"\x01") + struct.pack(">I", len(content)) + content)
    return digest.hexdigest()


OPERATIONS: dict[str, Operation] = {
    "ChangeMessageVisibility": change_message_visibility,
    "ChangeMessageVisibilityBatch": change_message_visibility_batch,
    "CreateQueue": create_queue,
    "DeleteMessage": delete_message,
    "DeleteMessageBatch": delete_message_batch,
    "GetQueueAttributes": get_queue_attributes,
    "GetQueueUrl": get_queue_url,
    "ListMessageMoveTasks": list_message_move_tasks,
    "PurgeQueue": purge_queue,
    "ReceiveMessage": receive_message,
    "SendMessage": send_message,
    "SendMessageBatch": send_message_batch,
    "StartMessageMoveTask": start_message_move_task,
}
