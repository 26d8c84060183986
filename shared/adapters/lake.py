"""The lake: Parquet files in S3.

`events/month=2026-11/type=order_completed/<name>.parquet` are the shop's events, for good: the stream writes a small
file for every five minutes, and every night those of one partition are merged into one.
`facts/pass=<name>/kind=order/<page>.parquet` is what contacts are known by, for the queries of one pass of the refresh.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from botocore.exceptions import ClientError
from pydantic import BaseModel

from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.domain import facts
from shared.domain.events import Instant, Json
from shared.domain.lake_rows import COLUMNS, PARTITIONS, Row

PREFIX, FACTS_PREFIX = "events", "facts"
LARGEST = 64 * 2**20
"""Bytes that are merged into one file, some three million events. What is larger together stays apart, so that merging
keeps within its memory within its time."""
MOST_FILES = 1_000
"""Of one merge: as many as S3 deletes at once."""
CLAIM = f"{PREFIX}/_merge.json"
"""What is being merged, while it is. Athena overlooks names that begin with `_`."""
_MEMORY = "1GB"
"""Of a merge, for DuckDB; what does not fit, it sorts on disk."""
_CONFIG: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false", "threads": "1"}
_ORDER = "contact_number, time, id"
_ROW_GROUP = 122_880  # rows; the least and greatest contact of each say whether a query has to read it
_TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "array<string>": "VARCHAR[]",
}
_READ_FACTS = {name: _TYPES[type_] for name, type_ in facts.COLUMNS.items()}
_READ = {name: _TYPES[type_] for name, type_ in COLUMNS.items()}


class LakeSettings(BaseModel):
    lake_bucket: str


def write(rows: Iterable[Row], name: str) -> list[str]:
    """Writes one file for each partition that `rows` fall into, and gives their keys.

    Writing again under the same name writes the same files again: that is how a repeated batch repeats nothing.
    """
    files = _parquet(rows, name)
    for key, content in files.items():
        client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=key, Body=content)
    return list(files)


def write_facts(rows: Iterable[Mapping[str, Json]], of_pass: str, page: str) -> None:
    """Writes a page's facts, a file for each kind. Writing it again takes the place of all that was written."""
    with TemporaryDirectory() as directory:
        lines, file = Path(directory, "rows.json"), Path(directory, "facts.parquet")
        if not _write_lines(rows, lines):
            return
        read = {**_READ_FACTS, "kind": "VARCHAR"}
        table = _duckdb().read_json(str(lines), columns=read, format="newline_delimited")
        for kind in facts.KINDS:
            of_kind = table.filter(f"kind = '{kind}'").project(", ".join(facts.COLUMNS))
            of_kind.write_parquet(str(file), compression="zstd")
            client("s3").put_object(
                Bucket=environment(LakeSettings).lake_bucket,
                Key=f"{FACTS_PREFIX}/pass={of_pass}/kind={kind}/{page}.parquet",
                Body=file.read_bytes(),
            )


def _write_lines(rows: Iterable[Mapping[str, Json]], file: Path) -> bool:
    """Writes rows as lines of JSON; gives whether there were any."""
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return file.stat().st_size > 0


def _parquet(rows: Iterable[Row], name: str) -> dict[str, bytes]:
    """The files, by their keys. They are small: a stream's batch is 6 MB at most."""
    with TemporaryDirectory() as directory:
        lines, out = Path(directory, "rows.json"), Path(directory, "out")
        if not _write_lines(rows, lines):
            return {}
        columns = _READ | dict.fromkeys(PARTITIONS, "VARCHAR")
        table = _duckdb().read_json(str(lines), columns=columns, format="newline_delimited")
        table.order(_ORDER).write_parquet(
            str(out), compression="zstd", partition_by=list(PARTITIONS), filename_pattern=name
        )
        written = sorted(out.rglob("*.parquet"))
        return {f"{PREFIX}/{file.parent.relative_to(out)}/{name}.parquet": file.read_bytes() for file in written}


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """Kept while the Lambda lives: making one takes longer than writing a file."""
    return duckdb.connect(config=_CONFIG)


# ── merging ──


class _Claim(BaseModel):
    """The files `keys` become the file `into`; whoever does it has ended by `until`, one way or another."""

    until: Instant
    into: str
    keys: list[str]


def to_merge() -> Iterator[list[str]]:
    """The keys of files that are to become one file, the newest month's first."""
    pages = client("s3").get_paginator("list_objects_v2").paginate(
        Bucket=environment(LakeSettings).lake_bucket, Prefix=f"{PREFIX}/{PARTITIONS[0]}="
    )  # fmt: skip
    found = ((file["Key"], file["Size"]) for page in pages for file in page.get("Contents", []))
    partitions = [dict(files) for _, files in groupby(found, key=lambda file: file[0].rpartition("/")[0])]
    for sizes in reversed(partitions):
        yield from groups(sizes)


def groups(sizes: Mapping[str, int]) -> list[list[str]]:
    """Which of a partition's files (keys with their sizes in bytes) become one: small ones with small ones."""
    made: list[list[str]] = []
    room = files = 0
    for key in sorted(sizes, key=lambda key: (sizes[key], key)):
        if sizes[key] > room or not files:
            made.append([])
            room, files = LARGEST, MOST_FILES
        made[-1].append(key)
        room, files = room - sizes[key], files - 1
    return [sorted(group) for group in made if len(group) > 1]


def merged_key(keys: Sequence[str]) -> str:
    """Where the file goes that is made of these: the same for the same ones, so that to begin again changes nothing."""
    made_of = hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]
    return f"{keys[0].rpartition('/')[0]}/merged-{made_of}.parquet"


def merge(keys: Sequence[str], until: Instant) -> bool:
    """Puts one file in the place of those at `keys`, of one partition; each contact's event is in it once.

    `until` is when the caller's process has certainly ended. False, and nothing is done, while another run is at work.
    The claim comes first, then the file, then the deletes: wherever it breaks off, `finish` can tell what is left.
    """
    bucket = environment(LakeSettings).lake_bucket
    into = merged_key(keys)
    claim = _claim(_Claim(until=until, into=into, keys=list(keys)))
    if claim is None:
        return False
    with TemporaryDirectory() as directory:
        try:
            for number, key in enumerate(keys):
                content = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
                Path(directory, f"{number}.parquet").write_bytes(content)
        except client("s3").exceptions.NoSuchKey:  # another run has merged it since they were listed
            _release(claim)
            return True
        client("s3").put_object(Bucket=bucket, Key=into, Body=_merged(directory).read_bytes())
    _delete(keys)
    _release(claim)
    return True


def finish(now: Instant) -> bool:
    """Finishes the merge that a run has left when it died. False while another run is at work."""
    bucket = environment(LakeSettings).lake_bucket
    try:
        answer = client("s3").get_object(Bucket=bucket, Key=CLAIM)
    except client("s3").exceptions.NoSuchKey:
        return True
    claim = _Claim.model_validate_json(answer["Body"].read())
    if claim.until > now:
        return False
    if client("s3").list_objects_v2(Bucket=bucket, Prefix=claim.into)["KeyCount"]:
        _delete(claim.keys)
    _release(answer["ETag"])
    return True


def _claim(claim: _Claim) -> str | None:
    """Says what is going to be merged; gives what `_release` wants. None when another run has said so first."""
    try:
        return client("s3").put_object(
            Bucket=environment(LakeSettings).lake_bucket,
            Key=CLAIM,
            Body=claim.model_dump_json().encode(),
            IfNoneMatch="*",
        )["ETag"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
            return None
        raise


def _release(etag: str) -> None:
    """Takes the claim back, unless it is another's by now."""
    try:
        client("s3").delete_object(Bucket=environment(LakeSettings).lake_bucket, Key=CLAIM, IfMatch=etag)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
            raise


def _delete(keys: Sequence[str]) -> None:
    """Deletes files; those that are gone already do not matter."""
    answer = client("s3").delete_objects(
        Bucket=environment(LakeSettings).lake_bucket,
        Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True},
    )
    if failed := answer.get("Errors"):
        raise RuntimeError(f"S3 has not deleted {len(failed)} of {len(keys)} files: {failed[0].get('Code')}")


def _merged(directory: str) -> Path:
    """The files in a directory as one file, sorted. Columns that an old file has not got are null."""
    out = Path(directory, "merged")
    none = ", ".join(f"CAST(NULL AS {type_}) AS {name}" for name, type_ in _READ.items())
    with duckdb.connect(config=_CONFIG | {"memory_limit": _MEMORY, "temp_directory": f"{directory}/sorting"}) as own:
        own.execute(  # nothing in it comes from outside
            f"""COPY (
                SELECT * FROM (
                    SELECT {none} WHERE false
                    UNION ALL BY NAME
                    FROM read_parquet('{directory}/*.parquet', union_by_name = true, hive_partitioning = false)
                )
                -- A batch of the stream that came again in another composition is in two files.
                QUALIFY id IS NULL OR ROW_NUMBER() OVER (PARTITION BY contact_number, id) = 1
                ORDER BY {_ORDER}
            ) TO '{out}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"""  # noqa: S608
        )
    return out
