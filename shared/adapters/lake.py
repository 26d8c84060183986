"""The lake: Parquet files in S3.

`events/month=2026-11/type=order_completed/<name>.parquet` are the shop's events, for good: a small file for every five
minutes, of which `lake_merge` makes few and large ones;
`facts/pass=<name>/kind=order/<page>.parquet` what contacts are known by, for the queries of one pass of the refresh;
`journeys/<journey>.parquet` how often what was recorded of a journey's runs, step by step and day by day.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TypeVar

import duckdb

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain import facts
from shared.domain.events import Json
from shared.domain.lake_rows import COLUMNS, PARTITIONS, Row

PREFIX, FACTS_PREFIX, JOURNEYS_PREFIX = "events", "facts", "journeys"
_TYPES = {
    "string": "VARCHAR",
    "bigint": "BIGINT",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "array<string>": "VARCHAR[]",
}
_READ_FACTS = {name: _TYPES[type_] for name, type_ in facts.COLUMNS.items()} | {"kind": "VARCHAR"}
COLUMN_TYPES = {name: _TYPES[type_] for name, type_ in COLUMNS.items()}
"""DuckDB's, of an event's columns."""
_READ_ROWS = COLUMN_TYPES | dict.fromkeys(PARTITIONS, "VARCHAR")
COUNT_COLUMNS = {
    "journey": "string",
    "day": "string",
    "step": "string",
    "what": "string",
    "why": "string",
    "n": "bigint",
}
"""Of `journeys`, and their types in Athena. `day` is in the shop's time zone; `what` as `Record.what`."""
_READ_COUNTS = {name: _TYPES[type_] for name, type_ in COUNT_COLUMNS.items()}
ORDER = "contact_number, time, id"
CONFIG: dict[str, str | bool | int | float | list[str]] = {"autoinstall_known_extensions": "false", "threads": "1"}

T = TypeVar("T")
Refused = Callable[[str, int], object]
"""Is told of a row that DuckDB cannot read: whose it is, and which of the rows."""


class LakeSettings(Settings):
    lake_bucket: str


def write(rows: Iterable[Row], name: str, refused: Refused | None = None, prefix: str = PREFIX) -> list[str]:
    """Writes one file for each partition that `rows` fall into, and gives their keys.

    Writing again under the same name writes the same files again: that is how a repeated batch repeats nothing.
    `refused` as of `readable`; without it, such a row raises.
    """
    made = list(rows)  # whoever makes them reads and may fail, before there is a directory for them
    with TemporaryDirectory() as directory:
        lines = Path(directory, "rows.json")
        if not write_lines(made, lines):
            return []
        files = _readable(lines, _READ_ROWS, refused, lambda: _parquet(lines, name, prefix))
    for key, content in files.items():
        client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=key, Body=content)
    return list(files)


def write_facts(rows: Iterable[Mapping[str, Json]], of_pass: str, page: str, refused: Refused) -> None:
    """Writes a page's facts, a file for each kind. Writing it again takes the place of all that was written. `refused`
    as of `readable`."""
    with TemporaryDirectory() as directory:
        lines, file = Path(directory, "rows.json"), Path(directory, "facts.parquet")
        if not write_lines(rows, lines):
            return
        read = f"CREATE OR REPLACE TEMP TABLE page AS FROM {_table(lines, _READ_FACTS)}"  # once, not for each kind
        _readable(lines, _READ_FACTS, refused, lambda: _duckdb().execute(read))
        for kind in facts.KINDS:
            of_kind = f"SELECT {', '.join(facts.COLUMNS)} FROM page WHERE kind = '{kind}'"  # noqa: S608
            _duckdb().execute(f"COPY ({of_kind}) TO {_text(file)} (FORMAT parquet, COMPRESSION zstd)")
            client("s3").put_object(
                Bucket=environment(LakeSettings).lake_bucket,
                Key=f"{FACTS_PREFIX}/pass={of_pass}/kind={kind}/{page}.parquet",
                Body=file.read_bytes(),
            )
        _duckdb().execute("DROP TABLE page")


def write_journey_counts(journey: str, rows: Iterable[Mapping[str, Json]]) -> None:
    """Writes all counts of a journey's runs in the place of those that were written before."""
    with TemporaryDirectory() as directory:
        lines, file = Path(directory, "rows.json"), Path(directory, "counts.parquet")
        if write_lines(rows, lines):
            counts = f"FROM {_table(lines, _READ_COUNTS)} ORDER BY day"
            _duckdb().execute(f"COPY ({counts}) TO {_text(file)} (FORMAT parquet, COMPRESSION zstd)")
            key = f"{JOURNEYS_PREFIX}/{journey}.parquet"
            client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=key, Body=file.read_bytes())


def _readable(lines: Path, columns: Mapping[str, str], refused: Refused | None, step: Callable[[], T]) -> T:
    """Does what reads a file of rows; where DuckDB cannot, without the rows that it cannot read.
    `refused` None: then nothing is left out, and the error is raised."""
    try:
        return step()
    except duckdb.Error:
        if refused is None:
            raise
        _take_out(lines, columns, refused)
        return step()


def readable(rows: Sequence[Row], refused: Refused) -> list[Row]:
    """The rows without those that DuckDB cannot read, so that one does not hold up the others: `refused` is told of
    each, by its contact and its place among `rows`."""
    gone: set[int] = set()
    with TemporaryDirectory() as directory:
        lines = Path(directory, "rows.json")
        if write_lines(rows, lines):

            def take_out(contact: str, at: int) -> None:
                gone.add(at)
                refused(contact, at)

            _take_out(lines, _READ_ROWS, take_out)
    return [row for at, row in enumerate(rows) if at not in gone]


def _take_out(lines: Path, columns: Mapping[str, str], refused: Refused) -> None:
    """Takes the lines that DuckDB cannot read out of a file: one look at all of them, and halves where that fails."""
    if _can_read(lines, columns):
        return
    told = lines.read_text(encoding="utf-8").splitlines()
    part = lines.with_name("part.json")
    kept: list[str] = []
    waiting = [(0, len(told))]
    while waiting:
        first, end = waiting.pop()
        part.write_text("\n".join(told[first:end]) + "\n", encoding="utf-8")
        if _can_read(part, columns):
            kept += told[first:end]
        elif end - first == 1:
            refused(json.loads(told[first])["contact"], first)
        else:
            middle = (first + end) // 2
            waiting += [(middle, end), (first, middle)]
    lines.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _can_read(lines: Path, columns: Mapping[str, str]) -> bool:
    counted = ", ".join(f"count({name})" for name in columns)
    try:
        _duckdb().execute(f"SELECT {counted} FROM {_table(lines, columns)}").fetchall()  # noqa: S608
    except duckdb.Error:
        return False
    return True


def _table(lines: Path, columns: Mapping[str, str]) -> str:
    """A file of JSON lines as a table, its columns of these types, in SQL: DuckDB's relations ask for the schema of
    each step anew, and take longer than the reading."""
    types = ", ".join(f"{name}: '{type_}'" for name, type_ in columns.items())
    return f"read_json({_text(lines)}, columns = {{{types}}}, format = 'newline_delimited')"


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def write_lines(rows: Iterable[Mapping[str, Json]], file: Path) -> bool:
    """Writes rows as lines of JSON; gives whether there were any."""
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row) + "\n" for row in rows)
    return file.stat().st_size > 0


def _parquet(lines: Path, name: str, prefix: str) -> dict[str, bytes]:
    """The files, by their keys. They are small: a stream's batch is 6 MB at most."""
    out = Path(mkdtemp(dir=lines.parent))  # one that failed has left what it had written
    _duckdb().execute(
        f"""COPY (FROM {_table(lines, _READ_ROWS)} ORDER BY {ORDER}) TO {_text(out)} (
            FORMAT parquet, COMPRESSION zstd, PARTITION_BY ({", ".join(PARTITIONS)}), FILENAME_PATTERN {_text(name)}
        )"""
    )
    written = sorted(out.rglob("*.parquet"))
    return {f"{prefix}/{file.parent.relative_to(out)}/{name}.parquet": file.read_bytes() for file in written}


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    """Kept while the Lambda lives: making one takes longer than writing a file."""
    return duckdb.connect(config=CONFIG)
