"""What the nights have worked out: the stored results as one item, which night is the newest, and the files of a night.

The item `insight` (version 0) of the Definitions table holds the results of the newest night, by name: of each score
(`shared.domain.insight.Result`), the RFM grid, the proposals, and `at`, the instant they are of. The item `night`
(version 0) says which execution of the workflow works at the newest night.

In the lake's bucket: `scores/<number>.json.gz`, the table `scores` of the newest night; `insight/told.npz`, what of
each score was told last of whom; `insight/nights/<name>/…`, what one night has to tell yet.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from typing import Any

from shared.adapters.clients import client
from shared.adapters.definitions_table import MAX_BYTES, table
from shared.adapters.environment import Settings, environment
from shared.domain.events import MINUTE, Instant, Json

ID, NIGHT = "insight", "night"
SCORES, TOLD, NIGHTS = "scores/", "insight/told.npz", "insight/nights/"
CACHE_TTL = MINUTE

_read: tuple[dict[str, Json] | None, Instant] | None = None


class TooManyError(Exception):
    """The results do not fit an item."""


class LakeSettings(Settings):
    lake_bucket: str


# ── the stored results ──


def record(results: Mapping[str, Json]) -> None:
    """In the place of what there was. TooManyError."""
    body = zlib.compress(json.dumps(results, ensure_ascii=False, separators=(",", ":")).encode())
    if len(body) > MAX_BYTES:
        raise TooManyError(f"{len(body)} bytes")
    item: Any = {"id": {"S": ID}, "version": {"N": "0"}, "at": {"N": str(results["at"])}, "body": {"B": body}}
    client("dynamodb").put_item(TableName=table(), Item=item)


def known(now: Instant) -> dict[str, Json] | None:
    """The results of the newest night, as they were read within the minute; None where no night has been."""
    global _read  # noqa: PLW0603 - what a Lambda keeps while it lives
    if _read is None or not 0 <= now - _read[1] < CACHE_TTL:
        _read = stored(), now
    return _read[0]


def stored() -> dict[str, Json] | None:
    """The same, as they are now."""
    item = _item(ID)
    return None if item is None else json.loads(zlib.decompress(item["body"]["B"]))


def forget() -> None:
    """As a new process begins."""
    global _read  # noqa: PLW0603
    _read = None


def _item(id_: str) -> dict[str, Any] | None:
    found = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version = :version",
        ExpressionAttributeValues={":id": {"S": id_}, ":version": {"N": "0"}},
        ConsistentRead=True,
    )["Items"]
    return found[0] if found else None


# ── whose night it is ──


def claim(name: str, night: str, *, again: bool) -> bool:
    """Makes the execution `name` the one that works at the newest night (a date); gives whether it is: not, where that
    night or a later one has another. `again`: in that one's place."""
    held = " OR #night = :night" if again else ""
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item={"id": {"S": NIGHT}, "version": {"N": "0"}, "run": {"S": name}, "night": {"S": night}},
            ConditionExpression=f"attribute_not_exists(id) OR #night < :night OR #run = :name{held}",
            ExpressionAttributeNames={"#night": "night", "#run": "run"},
            ExpressionAttributeValues={":night": {"S": night}, ":name": {"S": name}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def is_newest(name: str) -> bool:
    """Whether no other execution has begun a newer night since."""
    item = _item(NIGHT)
    return item is not None and item["run"]["S"] == name


# ── the files of a night ──


def put(key: str, body: bytes) -> None:
    client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=key, Body=body)


def get(key: str) -> bytes | None:
    """None where there is none."""
    try:
        return client("s3").get_object(Bucket=environment(LakeSettings).lake_bucket, Key=key)["Body"].read()
    except client("s3").exceptions.NoSuchKey:
        return None


def delete_others(prefix: str, kept: Collection[str] = ()) -> None:
    """Deletes what there is under a prefix, but for these keys."""
    bucket = environment(LakeSettings).lake_bucket
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            if each["Key"] not in kept:
                client("s3").delete_object(Bucket=bucket, Key=each["Key"])
