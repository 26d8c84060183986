"""S3 as a directory: an object is a file at `<bucket>/<key>`, so that DuckDB reads the lake where it lies.

What a file cannot say (content type, metadata, ETag, when it was written) is in the table `objects`, which alone
decides what exists. Unlike in S3, two keys of which one is a directory of the other (`a`, `a/b`) cannot both be kept.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sqlite3
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote
from weakref import WeakKeyDictionary

from botocore.response import StreamingBody

from infra.local.aws import names
from infra.local.aws.calls import AwsError, Operation, Parameters
from infra.local.aws.world import World

MAX_KEY = 1024  # bytes
MAX_DELETED = 1000  # of one call

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS objects (
        bucket TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL, etag TEXT NOT NULL,
        modified_at INTEGER NOT NULL, content_type TEXT NOT NULL, metadata TEXT NOT NULL, PRIMARY KEY (bucket, key)
    ) WITHOUT ROWID""",
)
MAX_KEYS = 1000
_PRECONDITION = "At least one of the pre-conditions you specified did not hold"

FOLDER = "s3"
"""Beside the world's file: the buckets."""
_temporary: WeakKeyDictionary[World, tempfile.TemporaryDirectory[str]] = WeakKeyDictionary()


def path(world: World, bucket: str, key: str) -> Path:
    """The file that holds an object, whether or not it exists."""
    parts = [
        quote(part, safe=" !$&'()+,;=@-_.~:") if part not in ("", ".", "..") else f"%{part}" for part in key.split("/")
    ]
    return _root(world).joinpath(bucket, *parts)


def objects(world: World, location: str) -> list[tuple[Path, int]]:
    """The files under a location `s3://bucket/prefix/`, in the order of their keys, with their sizes in bytes."""
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    rows = _rows(world, bucket, prefix, "", "key, size")
    return [(path(world, bucket, key), size) for key, size in rows]


def _root(world: World) -> Path:
    if world.files is not None:
        return world.files / FOLDER
    if world not in _temporary:
        _temporary[world] = tempfile.TemporaryDirectory(prefix="beckon-s3-")
    return Path(_temporary[world].name)


def create_bucket(world: World, parameters: Parameters) -> dict[str, Any]:
    name = parameters["Bucket"]
    if not names.fits("AWS::S3::Bucket", name):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.")
    if _db(world).execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone():
        raise AwsError("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded.", 409)
    world.db.execute("INSERT INTO buckets VALUES (?)", (name,))
    return {"Location": f"http://{name}.s3.amazonaws.com/"}


def put_object(world: World, parameters: Parameters) -> dict[str, Any]:
    bucket, key, body = parameters["Bucket"], parameters["Key"], parameters.get("Body", b"")
    _require_bucket(world, bucket)
    if len(key.encode()) > MAX_KEY:
        raise AwsError("KeyTooLongError", "Your key is too long")
    condition = parameters.get("IfNoneMatch")
    if condition not in (None, "*"):
        raise NotImplementedError("S3 itself knows no other value of IfNoneMatch than '*'")
    if condition and _find(world, bucket, key):
        raise AwsError("PreconditionFailed", _PRECONDITION, 412)
    content = body if isinstance(body, bytes | bytearray) else body.read()
    etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    file = path(world, bucket, key)
    file.parent.mkdir(parents=True, exist_ok=True)
    # Whoever is reading the old content keeps it, and nobody ever sees half of the new.
    unfinished = file.with_name(f".{file.name[:200]}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(file)
    world.db.execute(
        "INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?)",
        (bucket, key, len(content), etag, world.now(), parameters.get("ContentType", "binary/octet-stream"),
         json.dumps(parameters.get("Metadata", {}))),
    )  # fmt: skip
    return {"ETag": etag}


def get_object(world: World, parameters: Parameters) -> dict[str, Any]:
    answer = _described(world, parameters, AwsError("NoSuchKey", "The specified key does not exist.", 404))
    content = path(world, parameters["Bucket"], parameters["Key"]).read_bytes()
    if "Range" in parameters:
        whole = len(content)
        first, last = _range(parameters["Range"], whole)
        content = content[first : last + 1]
        answer |= {"ContentLength": len(content), "ContentRange": f"bytes {first}-{last}/{whole}"}
    return {**answer, "Body": StreamingBody(io.BytesIO(content), len(content))}


def head_object(world: World, parameters: Parameters) -> dict[str, Any]:
    return _described(world, parameters, AwsError("404", "Not Found", 404))


def delete_object(world: World, parameters: Parameters) -> dict[str, Any]:
    bucket, key = parameters["Bucket"], parameters["Key"]
    _require_bucket(world, bucket)
    if (etag := parameters.get("IfMatch")) is not None:
        missing = AwsError("NoSuchKey", "The specified key does not exist.", 404)
        if _described(world, {"Bucket": bucket, "Key": key}, missing)["ETag"] != etag:
            raise AwsError("PreconditionFailed", _PRECONDITION, 412)
    world.db.execute("DELETE FROM objects WHERE bucket = ? AND key = ?", (bucket, key))
    path(world, bucket, key).unlink(missing_ok=True)
    return {}


def delete_objects(world: World, parameters: Parameters) -> dict[str, Any]:
    """Deleting what is not there succeeds too."""
    keys = [each["Key"] for each in parameters["Delete"]["Objects"]]
    if not 0 < len(keys) <= MAX_DELETED:
        raise AwsError(
            "MalformedXML", "The XML you provided was not well-formed or did not validate against our schema"
        )
    for key in keys:
        delete_object(world, {"Bucket": parameters["Bucket"], "Key": key})
    return {} if parameters["Delete"].get("Quiet", False) else {"Deleted": [{"Key": key} for key in keys]}


def copy_object(world: World, parameters: Parameters) -> dict[str, Any]:
    given = parameters["CopySource"]  # botocore has already made a quoted string of a dictionary
    bucket, _, key = unquote(given).removeprefix("/").partition("/")
    source = {"Bucket": bucket, "Key": key}
    found = _described(world, source, AwsError("NoSuchKey", "The specified key does not exist.", 404))
    kept = parameters if parameters.get("MetadataDirective") == "REPLACE" else found
    put = put_object(
        world,
        {
            "Bucket": parameters["Bucket"],
            "Key": parameters["Key"],
            "Body": path(world, bucket, key).read_bytes(),
            **{name: kept[name] for name in ("ContentType", "Metadata") if name in kept},
        },
    )
    return {"CopyObjectResult": {"ETag": put["ETag"], "LastModified": _datetime(world.now())}}


def list_objects_v2(world: World, parameters: Parameters) -> dict[str, Any]:
    bucket, prefix = parameters["Bucket"], parameters.get("Prefix", "")
    delimiter, most = parameters.get("Delimiter"), min(parameters.get("MaxKeys", MAX_KEYS), MAX_KEYS)
    _require_bucket(world, bucket)
    contents: list[dict[str, Any]] = []
    prefixes: list[str] = []
    after = max(parameters.get("ContinuationToken", ""), parameters.get("StartAfter", ""))
    truncated = False
    for key, size, etag, modified_at in _rows(world, bucket, prefix, after, "key, size, etag, modified_at"):
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        rolled = key[: cut + len(delimiter)] if delimiter and cut >= 0 else None
        if rolled is not None and (rolled in prefixes[-1:] or after.startswith(rolled)):
            continue
        if len(contents) + len(prefixes) == most:
            truncated = True
            break
        if rolled is not None:
            prefixes.append(rolled)
        else:
            contents.append(
                {
                    "Key": key,
                    "Size": size,
                    "ETag": etag,
                    "LastModified": _datetime(modified_at),
                    "StorageClass": "STANDARD",
                }
            )
    listed = [each["Key"] for each in contents] + prefixes
    answer: dict[str, Any] = {
        "IsTruncated": truncated,
        "Name": bucket,
        "Prefix": prefix,
        "MaxKeys": most,
        "KeyCount": len(listed),
    }
    answer |= {"Contents": contents} if contents else {}
    answer |= {"CommonPrefixes": [{"Prefix": each} for each in prefixes]} if prefixes else {}
    answer |= {"Delimiter": delimiter} if delimiter else {}
    return answer | ({"NextContinuationToken": max(listed, default=after)} if truncated else {})


def _rows(world: World, bucket: str, prefix: str, after: str, columns: str) -> list[tuple[Any, ...]]:
    """Keys that begin with `prefix`, behind `after`, in the order of their UTF-8 bytes (which is SQLite's own)."""
    return (
        _db(world)
        .execute(
            f"""SELECT {columns} FROM objects WHERE bucket = ? AND key >= ? AND key > ? AND key < ?
                ORDER BY key""",
            (bucket, prefix, after, prefix + chr(0x10FFFF)),
        )
        .fetchall()
    )


def _described(world: World, parameters: Parameters, missing: AwsError) -> dict[str, Any]:
    bucket, key = parameters["Bucket"], parameters["Key"]
    _require_bucket(world, bucket)
    row = _find(world, bucket, key)
    if row is None:
        raise missing
    size, etag, modified_at, content_type, metadata = row
    return {
        "AcceptRanges": "bytes",
        "LastModified": _datetime(modified_at),
        "ContentLength": size,
        "ETag": etag,
        "ContentType": content_type,
        "Metadata": json.loads(metadata),
    }


def _range(given: str, size: int) -> tuple[int, int]:
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", given)
    if not found or found[1] == found[2] == "":
        raise NotImplementedError(f"the local run does not read the range {given}")
    if found[1] == "":
        return max(0, size - int(found[2])), size - 1
    if int(found[1]) >= size:
        raise AwsError("InvalidRange", "The requested range is not satisfiable", 416)
    return int(found[1]), min(int(found[2]) if found[2] else size - 1, size - 1)


def _find(world: World, bucket: str, key: str) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = world.db.execute(
        "SELECT size, etag, modified_at, content_type, metadata FROM objects WHERE bucket = ? AND key = ?",
        (bucket, key),
    ).fetchone()
    return found


def _require_bucket(world: World, name: str) -> None:
    if not _db(world).execute("SELECT 1 FROM buckets WHERE name = ?", (name,)).fetchone():
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)


def _datetime(instant: int) -> datetime:
    return datetime.fromtimestamp(instant // 1000, UTC)  # S3 tells whole seconds


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


OPERATIONS: dict[str, Operation] = {
    "CopyObject": copy_object,
    "CreateBucket": create_bucket,
    "DeleteObject": delete_object,
    "DeleteObjects": delete_objects,
    "GetObject": get_object,
    "HeadObject": head_object,
    "ListObjectsV2": list_objects_v2,
    "PutObject": put_object,
}
