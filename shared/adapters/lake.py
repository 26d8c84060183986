"""The lake: Parquet files in S3.

`events/month=2026-11/type=order_completed/<name>.parquet` are the shop's events, for good: a small file for every five
minutes, of which `lake_merge` makes few and large ones;
`facts/pass=<name>/kind=order/<page>.parquet` what contacts are known by, for the queries of one pass of the refresh.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain import facts
from shared.domain.events import Json
from shared.domain.lake_rows import COLUMNS, PARTITIONS, Row

PREFIX, FACTS_PREFIX = "events", "facts"
_TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "array<string>": "VARCHAR[]",
}
_READ_FACTS = {name: _TYPES[type_] for name, type_ in facts.COLUMNS.items()}
COLUMN_TYPES = {name: _TYPES[type_] for name, type_ in COLUMNS.items()}
"""DuckDB's, of an event's columns."""
ORDER = "contact_number, time, id"
CONFIG: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false", "threads": "1"}


class LakeSettings(Settings):
    lake_bucket: str


def write(rows: Iterable[Row], name: str) -> list[str]:
    """Writes one file for each partition that `rows` fall into, and gives their keys.

    Writing again under the same name writes the same files again: that is how a repeated batch repeats nothing.
    """
    files = _parquet(list(rows), name)  # whoever makes them reads and may fail, before there is a directory for them
    for key, content in files.items():
        client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=key, Body=content)
    return list(files)


def write_facts(rows: Iterable[Mapping[str, Json]], of_pass: str, page: str) -> None:
    """Writes a page's facts, a file for each kind. Writing it again takes the place of all that was written."""
    with TemporaryDirectory() as directory:
        lines, file = Path(directory, "rows.json"), Path(directory, "facts.parquet")
        if not write_lines(rows, lines):
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


def write_lines(rows: Iterable[Mapping[str, Json]], file: Path) -> bool:
    """Writes rows as lines of JSON; gives whether there were any."""
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return file.stat().st_size > 0


def _parquet(rows: Iterable[Row], name: str) -> dict[str, bytes]:
    """The files, by their keys. They are small: a stream's batch is 6 MB at most."""
    with TemporaryDirectory() as directory:
        lines, out = Path(directory, "rows.json"), Path(directory, "out")
        if not write_lines(rows, lines):
            return {}
        columns = COLUMN_TYPES | dict.fromkeys(PARTITIONS, "VARCHAR")
        table = _duckdb().read_json(str(lines), columns=columns, format="newline_delimited")
        table.order(ORDER).write_parquet(
            str(out), compression="zstd", partition_by=list(PARTITIONS), filename_pattern=name
        )
        written = sorted(out.rglob("*.parquet"))
        return {f"{PREFIX}/{file.parent.relative_to(out)}/{name}.parquet": file.read_bytes() for file in written}


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """Kept while the Lambda lives: making one takes longer than writing a file."""
    return duckdb.connect(config=CONFIG)
