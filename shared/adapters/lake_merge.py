"""Merging the lake's small files: few and large ones, sorted, are what Athena reads well, and an event is in them once.

A claim comes first, then the merged file, then the deletes, then the claim's end. So wherever a run breaks off, the
next one can tell from the claim what is left to be done, and two runs at once stay out of each other's way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from botocore.exceptions import ClientError
from pydantic import BaseModel

from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.adapters.lake import COLUMN_TYPES, CONFIG, ORDER, PREFIX, LakeSettings, write_lines
from shared.domain.events import Instant
from shared.domain.lake_rows import PARTITIONS, Row

LARGEST = 64 * 2**20
"""Bytes that are merged into one file, some two million events. What is larger together stays apart, so that a merge
keeps within its memory and its time."""
MAX_FILES = 1_000
"""Of one merge: as many as S3 deletes at once."""
CLAIM = f"{PREFIX}/_merge.json"
"""What is being merged, while it is. Athena overlooks names that begin with `_`."""
MEMORY = "1GB"
"""Of a merge, for DuckDB; what does not fit, it sorts on disk."""
ROW_GROUP = 122_880
"""Rows; the least and the greatest contact of each say whether a query has to read it."""


class UnreadableError(Exception):
    """One of some files cannot be read; names the first of them."""


class Claim(BaseModel):
    """The files `keys` become the file `into`; whoever does it has ended by `until`, one way or another. Or `keys` are
    all that there were when the pass `rebuilt_by` began to make the lake again (`lake_rebuild`)."""

    until: Instant
    keys: list[str]
    into: str | None = None
    rebuilt_by: str | None = None


def to_merge() -> Iterator[list[str]]:
    """The keys of files that are to become one file, the newest month's first."""
    found = sizes(f"{PREFIX}/{PARTITIONS[0]}=").items()
    partitions = [dict(files) for _, files in groupby(found, key=lambda file: file[0].rpartition("/")[0])]
    for partition in reversed(partitions):
        yield from groups(partition)


def sizes(prefix: str) -> dict[str, int]:
    """The bytes of each file whose key begins so, in the order of the keys."""
    pages = client("s3").get_paginator("list_objects_v2").paginate(
        Bucket=environment(LakeSettings).lake_bucket, Prefix=prefix
    )  # fmt: skip
    return {file["Key"]: file["Size"] for page in pages for file in page.get("Contents", [])}


def of_partition(place: str) -> list[list[str]]:
    """The keys of all the files of a partition (`month=2026-11/type=page_viewed`), in groups that can be merged."""
    return groups(sizes(f"{PREFIX}/{place}/"), least=1)


def groups(files: Mapping[str, int], least: int = 2) -> list[list[str]]:
    """Which of a partition's files (keys with their sizes in bytes) become one: small ones with small ones, at least so
    many at a time."""
    made: list[list[str]] = []
    room = left = 0
    for key in sorted(files, key=lambda key: (files[key], key)):
        if files[key] > room or not left:
            made.append([])
            room, left = LARGEST, MAX_FILES
        made[-1].append(key)
        room, left = room - files[key], left - 1
    return [sorted(group) for group in made if len(group) >= least]


def merged_key(keys: Sequence[str]) -> str:
    """Where the file goes that is made of these: the same for the same ones, so that to begin again changes nothing."""
    return f"{keys[0].rpartition('/')[0]}/merged-{made_of(keys)}.parquet"


def made_of(keys: Sequence[str]) -> str:
    """Names a file by those it is made of."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()[:32]


def merge(keys: Sequence[str], until: Instant, without: Collection[str] = (), instead: Sequence[Row] = ()) -> bool:
    """Puts one file in the place of those at `keys`, of one partition; each contact's event is in it once.

    No row of the contacts `without` is in it, but `instead` is. `until` is when the caller's process has certainly
    ended. False, and nothing is done, while another run is at work. UnreadableError, and nothing is done.
    """
    bucket = environment(LakeSettings).lake_bucket
    into = merged_key(keys)
    claim = take(Claim(until=until, into=into, keys=list(keys)))
    if claim is None:
        return False
    try:
        merged = _read_and_merged(keys, without, instead)
    except duckdb.Error as error:
        release(claim)
        raise UnreadableError(keys[0]) from error
    if merged is not None:
        client("s3").put_object(Bucket=bucket, Key=into, Body=merged)
        delete(keys)
    release(claim)
    return True


def _read_and_merged(keys: Sequence[str], without: Collection[str], instead: Sequence[Row]) -> bytes | None:
    """The content of the file that these become; None where they are not to change."""
    with TemporaryDirectory() as directory:
        try:
            download(keys, directory)
        except client("s3").exceptions.NoSuchKey:  # another run has merged it since they were listed
            return None
        if without and not instead and len(keys) == 1 and not _has(directory, without):
            return None
        return merged(directory, without, instead).read_bytes()


def download(keys: Sequence[str], directory: str) -> None:
    """Puts files where `merged` reads them."""
    for number, key in enumerate(keys):
        content = client("s3").get_object(Bucket=environment(LakeSettings).lake_bucket, Key=key)["Body"].read()
        Path(directory, f"{number}.parquet").write_bytes(content)


def finish(now: Instant) -> bool:
    """Finishes the merge that a run has left when it died. False while another run is at work, or the lake is made
    again."""
    held = claimed()
    if held is None:
        return True
    claim, etag = held
    if claim.until > now:
        return False
    if (
        claim.into is not None
        and client("s3").list_objects_v2(Bucket=environment(LakeSettings).lake_bucket, Prefix=claim.into)["KeyCount"]
    ):
        delete(claim.keys)
    release(etag)
    return True


def claimed() -> tuple[Claim, str] | None:
    """The claim that there is, and what `release` wants."""
    try:
        answer = client("s3").get_object(Bucket=environment(LakeSettings).lake_bucket, Key=CLAIM)
    except client("s3").exceptions.NoSuchKey:
        return None
    return Claim.model_validate_json(answer["Body"].read()), answer["ETag"]


def take(claim: Claim) -> str | None:
    """Says what is going to be done; gives what `release` wants. None when another run has said so first."""
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


def release(etag: str) -> None:
    """Takes the claim back, unless it is another's by now."""
    try:
        client("s3").delete_object(Bucket=environment(LakeSettings).lake_bucket, Key=CLAIM, IfMatch=etag)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"):
            raise


def delete(keys: Sequence[str]) -> None:
    """Deletes files; those that are gone already do not matter."""
    for start in range(0, len(keys), MAX_FILES):
        answer = client("s3").delete_objects(
            Bucket=environment(LakeSettings).lake_bucket,
            Delete={"Objects": [{"Key": key} for key in keys[start : start + MAX_FILES]], "Quiet": True},
        )
        if failed := answer.get("Errors"):
            raise RuntimeError(f"S3 has not deleted {len(failed)} of {len(keys)} files: {failed[0].get('Code')}")


def _has(directory: str, contacts: Collection[str]) -> bool:
    """Whether the files in a directory have any row of these contacts."""
    with duckdb.connect(config=CONFIG | {"memory_limit": MEMORY}) as own:
        asked = (
            f"SELECT 1 FROM read_parquet('{directory}/*.parquet') WHERE contact IN (SELECT unnest($contacts)) LIMIT 1"  # noqa: S608
        )
        return own.execute(asked, {"contacts": list(contacts)}).fetchone() is not None


def merged(directory: str, without: Collection[str] = (), instead: Sequence[Row] = ()) -> Path:
    """The files in a directory as one file, sorted, without the rows of some contacts and with others instead. Columns
    that an old file has not got are null."""
    out, lines = Path(directory, "merged"), Path(directory, "instead.json")
    write_lines(instead, lines)
    none = ", ".join(f"CAST(NULL AS {type_}) AS {name}" for name, type_ in COLUMN_TYPES.items())
    with duckdb.connect(config=CONFIG | {"memory_limit": MEMORY, "temp_directory": f"{directory}/sorting"}) as own:
        own.execute(  # nothing in it comes from outside
            f"""COPY (
                SELECT * FROM (
                    SELECT {none} WHERE false
                    UNION ALL BY NAME
                    FROM read_parquet('{directory}/*.parquet', union_by_name = true, hive_partitioning = false)
                    WHERE contact NOT IN (SELECT unnest($without::VARCHAR[]))
                    UNION ALL BY NAME
                    SELECT {", ".join(COLUMN_TYPES)} FROM
                    read_json('{lines}', columns = {_read_as()}, format = 'newline_delimited')
                )
                -- A batch of the stream that came again in another composition is in two files.
                QUALIFY id IS NULL OR ROW_NUMBER() OVER (PARTITION BY contact_number, id) = 1
                ORDER BY {ORDER}
            ) TO '{out}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})""",  # noqa: S608
            {"without": list(without)},
        )
    return out


def _read_as() -> str:
    """DuckDB's types of a row's columns, as it wants to be told them."""
    return "{" + ", ".join(f"'{name}': '{type_}'" for name, type_ in COLUMN_TYPES.items()) + "}"
