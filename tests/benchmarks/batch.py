"""Everybody in one pass, against a query a segment, and against the best single pass of three databases.

    python -m tests.benchmarks.batch --contacts 1000000

All in one run, on the same made-up shop (`crowd`): a hundred segments over so many contacts with thirty events each.
Ours is the statement that Athena gets, over the lake's files, run by the local Athena (DuckDB). The others have their
own tables, with contacts' ids as text: once as products hold them, and once laid out, sorted and indexed as suits these
queries best. Answers are compared.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import duckdb
from sqlglot import exp

from infra.local.aws import athena
from shared.domain import facts, lake_rows, sql
from shared.domain.conditions import Segment
from shared.domain.conditions.shorthand import in_order
from shared.domain.segments import Definitions, compile_segments
from tests.benchmarks import crowd, rivals
from tests.benchmarks.engines import THREADS, Embedded, Engine, PostgreSQL
from tests.benchmarks.measuring import Row, show

DUCKDB_MEMORY = "5GB"
POSTGRESQL_MEMORY = {"shared_buffers": "2GB", "work_mem": "256MB", "maintenance_work_mem": "1GB"}
ROUNDS = 3  # of each single pass; the median counts


@dataclass(frozen=True)
class Layout:
    """How a database holds contacts and events. `is_peers`: as products do, of which the aims speak. `is_best`: what
    suits it best, and is asked for its best single pass too."""

    name: str
    tables: tuple[str, ...]
    fill: tuple[str, ...]
    """Statements; in those of embedded databases, `{files}` is where the rows are."""
    is_peers: bool = False
    is_best: bool = False


_POSTGRESQL_CONTACTS = """CREATE TABLE contacts (
    contact text PRIMARY KEY, first_seen bigint NOT NULL, country text, interest text, source text,
    churn_risk double precision, predicted_value double precision, consent_news text, consent_offers text,
    consent_care text)"""
_POSTGRESQL_EVENTS = """CREATE TABLE events (
    contact text NOT NULL, type text NOT NULL, time bigint NOT NULL, product_id text[], category text[],
    price bigint, path text, campaign text, human boolean, total bigint, net bigint)"""
POSTGRESQL = (
    Layout(
        "one table of events",  # as Notifuse and Plunk; theirs have the properties as JSON, which is slower
        (_POSTGRESQL_CONTACTS, _POSTGRESQL_EVENTS),
        ("CREATE INDEX ON events (contact, time)", "CREATE INDEX ON events (type, time)", "VACUUM ANALYZE"),
        is_peers=True,
    ),
    Layout(
        "a partition for each type",  # as listmonk and Mautic, which have a table for each kind
        (
            _POSTGRESQL_CONTACTS,
            f"{_POSTGRESQL_EVENTS} PARTITION BY LIST (type)",
            *(
                f"CREATE TABLE {name.lower().replace(' ', '_')} PARTITION OF events FOR VALUES IN ('{name}')"
                for name in crowd.MIX
            ),
        ),
        ("CREATE INDEX ON events (time, contact)", "CREATE INDEX ON events (contact, time)", "VACUUM ANALYZE"),
        is_peers=True,
        is_best=True,
    ),
)

_CLICKHOUSE_CONTACTS = """CREATE TABLE contacts (
    contact String, first_seen Int64, country LowCardinality(String), interest LowCardinality(Nullable(String)),
    source LowCardinality(String), churn_risk Nullable(Float64), predicted_value Nullable(Float64),
    consent_news LowCardinality(Nullable(String)), consent_offers LowCardinality(Nullable(String)),
    consent_care LowCardinality(Nullable(String))) ENGINE = MergeTree ORDER BY contact"""
_PROPERTIES = {
    "product_id": "Array(String)",
    "category": "Array(String)",
    "price": "Int64",
    "path": "String",
    "campaign": "String",
    "human": "Bool",
    "total": "Int64",
    "net": "Int64",
}
_CLICKHOUSE_FILL = (
    "INSERT INTO contacts SELECT * FROM file('{files}/contacts.parquet')",
    "OPTIMIZE TABLE contacts FINAL",
)
CLICKHOUSE = (
    Layout(
        "by time, properties as JSON",  # as Dittofeed
        (
            _CLICKHOUSE_CONTACTS,
            "CREATE TABLE user_events (contact String, event String, time Int64, properties String) "
            "ENGINE = MergeTree ORDER BY (time, contact)",
            "CREATE VIEW events AS SELECT contact, event AS type, time, "
            + ", ".join(f"JSONExtract(properties, '{name}', '{kind}') AS {name}" for name, kind in _PROPERTIES.items())
            + " FROM user_events",
        ),
        (
            *_CLICKHOUSE_FILL,
            "INSERT INTO user_events SELECT contact, type, time, toJSONString(CAST(({}), 'Tuple({})')) "
            "FROM file('{{files}}/events.parquet')".format(
                ", ".join(_PROPERTIES),
                ", ".join(
                    f"{name} {kind if kind.startswith('Array') else f'Nullable({kind})'}"
                    for name, kind in _PROPERTIES.items()
                ),
            ),
            "OPTIMIZE TABLE user_events FINAL",
        ),
        is_peers=True,
    ),
    Layout(
        "by type and contact",
        (
            _CLICKHOUSE_CONTACTS,
            """CREATE TABLE events (
                contact String, type LowCardinality(String), time Int64, product_id Array(LowCardinality(String)),
                category Array(LowCardinality(String)), price Int64, path LowCardinality(String),
                campaign LowCardinality(String), human Bool, total Int64, net Int64
                ) ENGINE = MergeTree ORDER BY (type, contact, time)""",
        ),
        (
            *_CLICKHOUSE_FILL,
            "INSERT INTO events SELECT * FROM file('{files}/events.parquet')",
            "OPTIMIZE TABLE events FINAL",
        ),
        is_best=True,
    ),
)

DUCKDB = (
    Layout(
        "by type and contact",
        (),
        (
            "CREATE TABLE contacts AS FROM '{files}/contacts.parquet'",
            "CREATE TABLE events AS FROM '{files}/events.parquet' ORDER BY type, contact, time",
        ),
        is_best=True,
    ),
)


@dataclass(frozen=True)
class Run:
    """One way to ask, as it was measured. `asked` of all segments were: the seconds are reckoned up to all of them."""

    name: str
    seconds: float
    cpu: float
    peak: int
    asked: int
    of: int

    def row(self, ours: Run, aim: float | None = None) -> Row:
        ratio, of_cpu = self.seconds / ours.seconds, self.cpu / ours.cpu
        part = "" if self.asked == self.of else f", reckoned up from {self.asked} of {self.of}"
        return Row(
            self.name,
            f"{self.seconds:,.1f} s ({self.cpu:,.1f} s of processor){part}; {self.peak / 1e9:.1f} GB; "
            f"{ratio:.1f} times ours ({of_cpu:.1f} by processor)",
            f"≥ {aim:g} times" if aim else "",
            ratio >= aim if aim else None,
        )


class Comparison:
    """The answers of all ways, which have to be the same."""

    def __init__(self, segments: Sequence[str]) -> None:
        self.segments = segments
        self.expected: list[int] = []

    def of(self, name: str, answers: Sequence[object]) -> None:
        counts = [int(str(answer)) for answer in answers]
        self.expected = self.expected or counts
        differing = [
            f"{segment} {count} instead of {expected}"
            for segment, count, expected in zip(self.segments, counts, self.expected, strict=False)
            if count != expected
        ]
        if differing:
            raise AssertionError(f"{name} has other members: {'; '.join(differing)}")


def single(name: str, engine: Engine, statement: str, comparison: Comparison) -> Run:
    """The median of some rounds of one statement."""
    use = engine.use([statement] * ROUNDS)
    for answer in use.answers:
        comparison.of(name, answer)
    return Run(name, median(use.each), use.cpu / ROUNDS, use.peak, len(comparison.segments), len(comparison.segments))


def each(name: str, engine: Engine, statements: Sequence[str], comparison: Comparison, budget: float | None) -> Run:
    """A query a segment; when the budget is over, the rest is reckoned from those there were, which are all sorts'."""
    use = engine.use(statements, budget=budget)
    comparison.of(name, [answer[0] for answer in use.answers])
    factor = len(statements) / len(use.answers)
    return Run(name, use.seconds * factor, use.cpu * factor, use.peak, len(use.answers), len(statements))


# ── ours ──


def one_pass(store: Path, lake: Path) -> tuple[str, int]:
    """The statement that says how many are in each segment, as the local Athena gives it to DuckDB, and the bytes that
    Athena would read for it. Makes the database `store`, in which the lake's tables are."""
    asked = sql.sizes(_definitions(), list(_segments()), crowd.NOW, crowd.PASS)
    assert athena.lint(asked) == []
    tree, scanned = athena._parse(asked), 0
    with duckdb.connect(str(store)) as connection:
        scan = athena._Scan(connection)
        for name, columns, keys in (
            ("events", lake_rows.COLUMNS, lake_rows.PARTITIONS),
            ("facts", facts.COLUMNS, facts.PARTITIONS),
        ):
            table = athena.Table("beckon", name, dict(columns), "", dict.fromkeys(keys, "string"), "parquet")
            files = sorted((lake / name).rglob("*.parquet"))
            athena._define(connection, table, files)
            for node in tree.find_all(exp.Table):
                if node.name == name:
                    scanned += scan.bytes(node, table, files)
                    node.set("db", exp.to_identifier("beckon"))
    return athena.in_duckdb(tree), scanned


def _segments() -> dict[str, Segment]:
    return in_order(crowd.segments())


def _definitions() -> Definitions:
    return compile_segments(crowd.segments(), cutoffs=crowd.cutoffs())


# ── all in one run ──

AIMS = {"PostgreSQL": 50, "ClickHouse": 10}
"""How many times as long as ours a query a segment is to take, at a million contacts."""
FULL = 1_000_000


def measure(
    contacts: int = 20_000, budget: float = 420, chdb_python: str = sys.executable, directory: Path | None = None
) -> list[Row]:
    """`budget`: after so many seconds PostgreSQL is asked for no other segment, and the rest is reckoned.
    `directory`: an empty one, with room for 20 KB a contact."""
    with tempfile.TemporaryDirectory(prefix="beckon-batch-", dir=directory) as name:
        return _measure(Path(name), contacts, budget, chdb_python)


def _measure(files: Path, contacts: int, budget: float, chdb_python: str) -> list[Row]:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "tests.benchmarks.crowd", str(contacts), str(files)], check=True)
    making = time.perf_counter() - began
    segments = _segments()
    comparison = Comparison(list(segments))

    statement, scanned = one_pass(files / "lake.duckdb", files / "lake")
    limit = f"SET memory_limit = '{DUCKDB_MEMORY}'"
    of_lake = Embedded("ours", "duckdb", files / "lake.duckdb", settings=("SET parquet_metadata_cache = true", limit))
    use = of_lake.use([statement] * ROUNDS)
    for answer in use.answers:
        assert int(answer[0]) == contacts
        comparison.of("ours", answer[1:])
    ours = Run("", median(use.each), use.cpu / ROUNDS, use.peak, len(segments), len(segments))
    size = sum(file.stat().st_size for file in (files / "lake").rglob("*.parquet"))
    rows = [
        Row("batch: contacts, events, segments", f"{contacts:,}, {_events(files):,}, {len(segments)}"),
        Row("the lake, made", f"{making:.0f} s, {size / 1e6:,.0f} MB"),
        Row(
            f"everybody in one pass (DuckDB over the lake, {THREADS} threads, {DUCKDB_MEMORY} at most)",
            f"{ours.seconds:.1f} s ({ours.cpu:.1f} s of processor); {ours.peak / 1e9:.1f} GB",
            "< 6 GB",
            ours.peak < 6e9,
        ),
        Row("everybody in one pass: Athena reads", f"{scanned / 1e6:,.0f} MB"),
    ]
    asking = Asking(ours, comparison, budget, contacts >= FULL)
    return rows + _postgresql(files, asking) + _clickhouse(files, asking, chdb_python) + _duckdb(files, asking)


@dataclass(frozen=True)
class Asking:
    """What all of them are asked, and what they are compared with."""

    ours: Run
    comparison: Comparison
    budget: float
    is_full: bool

    def of(self, name: str, engine: Engine, layout: Layout, dialect: rivals.Dialect) -> Iterator[Row]:
        question = _question(dialect)
        run = each(f"{name}: a query a segment", engine, question.per_segment(), self.comparison, self.budget)
        yield run.row(self.ours, AIMS[engine.name] if self.is_full and layout.is_peers else None)
        if layout.is_best:
            best = single(f"{name}: its best single pass", engine, question.single_pass(), self.comparison)
            yield best.row(self.ours)


def _postgresql(files: Path, asking: Asking) -> list[Row]:
    as_list = "'{' || array_to_string(%s, ',') || '}' AS %s"
    lists = ", ".join(as_list % (name, name) for name in ("product_id", "category"))
    given = {
        "contacts": f"FROM '{files}/contacts.parquet'",
        "events": f"SELECT * REPLACE ({lists}) FROM '{files}/events.parquet' ORDER BY time",
    }
    rows: list[Row] = []
    for layout in POSTGRESQL:
        engine = PostgreSQL(files / "postgresql" / "data", POSTGRESQL_MEMORY)
        if reason := engine.missing():
            return [Row(engine.name, f"left out: {reason}")]
        engine.create()
        engine.load(layout.tables, given, layout.fill)
        rows += asking.of(f"PostgreSQL {engine.version()}, {layout.name}", engine, layout, rivals.POSTGRESQL)
        shutil.rmtree(engine.store)
    return rows


def _clickhouse(files: Path, asking: Asking, python: str) -> list[Row]:
    engine = Embedded("ClickHouse", "chdb", files / "clickhouse" / "store", python)
    return _embedded(files, asking, "ClickHouse (chdb)", engine, CLICKHOUSE, rivals.CLICKHOUSE)


def _duckdb(files: Path, asking: Asking) -> list[Row]:
    limit = f"SET memory_limit = '{DUCKDB_MEMORY}'"
    engine = Embedded("DuckDB", "duckdb", files / "duckdb" / "store", settings=(limit,))
    return _embedded(files, asking, "DuckDB's own tables", engine, DUCKDB, rivals.DUCKDB)


def _embedded(
    files: Path, asking: Asking, name: str, engine: Embedded, layouts: Sequence[Layout], dialect: rivals.Dialect
) -> list[Row]:
    if reason := engine.missing():
        return [Row(engine.name, f"left out: {reason}")]
    rows: list[Row] = []
    for layout in layouts:
        engine.store.parent.mkdir()
        engine.use([*layout.tables, *(statement.replace("{files}", str(files)) for statement in layout.fill)])
        rows += asking.of(f"{name}, {layout.name}", engine, layout, dialect)
        shutil.rmtree(engine.store.parent)
    return rows


def _question(dialect: rivals.Dialect) -> rivals.Question:
    return rivals.Question(_segments(), crowd.cutoffs(), crowd.NOW, dialect)


def _events(files: Path) -> int:
    files_of_events = f"{files}/lake/events/**/*.parquet"
    found = duckdb.execute(f"SELECT sum(num_rows) FROM parquet_file_metadata('{files_of_events}')").fetchone()
    return int(found[0]) if found else 0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.batch", description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--budget", type=float, default=420, help="seconds of queries a segment, of each database")
    parser.add_argument("--chdb-python", default=sys.executable, help="a Python that has chdb, where this one has not")
    parser.add_argument("--directory", type=Path, help="where the files go; they are deleted in the end")
    given = parser.parse_args()
    began = time.perf_counter()
    show(measure(given.contacts, given.budget, given.chdb_python, given.directory))
    print(f"{time.perf_counter() - began:.0f} seconds in all")


if __name__ == "__main__":
    main()
