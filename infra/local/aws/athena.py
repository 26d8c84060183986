"""Athena as the local run needs it: Trino's SQL, read by sqlglot, run by DuckDB over the files of the local S3.

The two engines agree on far from everything. So a query is run only when every construct in it is known to mean the
same in both: `KNOWN` lists those, and `TRAPS` says of some under which condition. `lint` names whatever is not among
them, and what it names is refused, not guessed. A comparison of texts with dates or numbers, which Athena refuses and
DuckDB forgives, is found when the query meets its tables.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError
from sqlglot.tokenizer_core import TokenType

from infra.local.aws import s3
from infra.local.aws.calls import AwsError, Operation, Parameters
from infra.local.aws.world import World

MAX_QUERY = 262_144  # bytes

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS athena_catalogue (
        database TEXT NOT NULL, name TEXT NOT NULL, columns TEXT NOT NULL, location TEXT NOT NULL,
        partition_keys TEXT NOT NULL, format TEXT NOT NULL, PRIMARY KEY (database, name)
    )""",
    "CREATE TABLE IF NOT EXISTS athena_workgroups (name TEXT PRIMARY KEY, output TEXT NOT NULL)",
    """CREATE TABLE IF NOT EXISTS athena_queries (
        id TEXT PRIMARY KEY, given TEXT NOT NULL, submitted_at INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT,
        scanned INTEGER NOT NULL, columns TEXT NOT NULL, rows TEXT NOT NULL
    )""",
)
DIALECT = "athena"
MAX_ROWS = 1000  # a page of results, the header included


# ── what is known to mean the same ──

STRUCTURE = (
    exp.Alias, exp.CTE, exp.Column, exp.DataType, exp.DataTypeParam, exp.Distinct, exp.Except, exp.Filter, exp.From,
    exp.Group, exp.Having, exp.Identifier, exp.Intersect, exp.Join, exp.Lambda, exp.Limit, exp.Offset, exp.Order,
    exp.Ordered, exp.Paren, exp.Placeholder, exp.Select, exp.Star, exp.Subquery, exp.Table, exp.TableAlias, exp.Tuple,
    exp.Union, exp.Unnest, exp.Values, exp.Var, exp.Where, exp.Window, exp.WindowSpec, exp.With,
)  # fmt: skip
OPERATORS = (
    exp.Add, exp.And, exp.Between, exp.BitwiseAnd, exp.Boolean, exp.Bracket, exp.Case, exp.Cast, exp.Div, exp.DPipe,
    exp.EQ, exp.Exists, exp.GT, exp.GTE, exp.If, exp.In, exp.Interval, exp.Is, exp.LT, exp.LTE, exp.Like, exp.Literal,
    exp.Mod, exp.Mul, exp.NEQ, exp.Neg, exp.Not, exp.Null, exp.NullSafeEQ, exp.NullSafeNEQ, exp.Or, exp.Sub,
    exp.TryCast,
)  # fmt: skip
FUNCTIONS = (
    # of a row
    exp.Abs, exp.ArrayContains, exp.ArrayDistinct, exp.ArrayFilter, exp.ArraySize, exp.Ceil, exp.Coalesce, exp.Concat,
    exp.Date, exp.DateAdd, exp.DateDiff, exp.DateTrunc, exp.Encode, exp.Exp, exp.Extract, exp.Floor, exp.Greatest,
    exp.Least, exp.Length, exp.Ln, exp.Lower, exp.LowerHex, exp.MD5Digest, exp.Month, exp.Nullif, exp.Pow,
    exp.Reduce, exp.RegexpLike, exp.Replace, exp.Round, exp.Sign, exp.Sqrt, exp.StartsWith, exp.StrPosition,
    exp.Substring, exp.TimestampTrunc, exp.Transform, exp.Trim, exp.UnixToTime, exp.Upper, exp.Year,
    # of many rows
    exp.ArgMax, exp.ArgMin, exp.ArrayAgg, exp.Avg, exp.BitwiseOrAgg, exp.Count, exp.LogicalAnd,
    exp.LogicalOr, exp.Max, exp.Min, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Sum, exp.Variance, exp.VariancePop,
    # over a window
    exp.DenseRank, exp.FirstValue, exp.Lag, exp.LastValue, exp.Lead, exp.Ntile, exp.PercentRank, exp.Rank,
    exp.RowNumber,
)  # fmt: skip
KNOWN = frozenset((*STRUCTURE, *OPERATORS, *FUNCTIONS))

INTEGERS = frozenset(
    {exp.DataType.Type.BIGINT, exp.DataType.Type.INT, exp.DataType.Type.SMALLINT, exp.DataType.Type.TINYINT}
)
INSTANTS = frozenset({exp.DataType.Type.DATE, exp.DataType.Type.TIMESTAMP})
TEXTS = frozenset({exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR})
# Those whose value has the type of the first thing they are given.
OF_FIRST = (exp.Paren, exp.Neg, exp.Abs, exp.Coalesce, exp.Nullif, exp.Max, exp.Min, exp.Sum, exp.Lag, exp.Lead)


def lint(sql: str) -> list[str]:
    """What in a query is not known to mean the same in Athena and in DuckDB, one sentence each; [] when all is well.

    Raises ValueError when it is not one statement of Athena's SQL.
    """
    return _lint(_parse(sql))


def _lint(tree: exp.Expr) -> list[str]:
    findings: dict[str, None] = {}
    for node in tree.walk():
        if type(node) not in KNOWN:
            findings[f"{node.sql(DIALECT)}: {_sort(node)} is not known to be the same in both"] = None
        elif type(node) in TRAPS and (finding := TRAPS[type(node)](node)):
            findings[f"{node.sql(DIALECT)}: {finding}"] = None
    return list(findings)


def _sort(node: exp.Expr) -> str:
    return f"the function {node.name.lower()}" if isinstance(node, exp.Anonymous) else node.key.replace("_", " ")


def _division(node: exp.Expr) -> str | None:
    if _is_double(node.left) or _is_double(node.right):  # type: ignore[attr-defined]
        return None
    return "Athena divides integers to an integer, and by zero is an error; cast one side to DOUBLE"


def _subscript(node: exp.Expr) -> str | None:
    return None if node.args.get("safe") else "what is missing is an error in Athena and NULL in DuckDB; use element_at"


def _cast(node: exp.Expr) -> str | None:
    kind, value = node.args["to"].this, node.this
    if kind in INTEGERS:
        if _is_integer(value):
            return None
        return "halves are rounded away from zero in Athena, to the even number in DuckDB; ROUND first"
    if kind in TEXTS:
        if _is_integer(value) or _is_date(value) or _is_text(value):
            return None
        return "numbers with a fraction and timestamps are written differently; only integers and dates are not"
    if kind in INSTANTS or kind == exp.DataType.Type.DOUBLE:
        return None
    if kind == exp.DataType.Type.DECIMAL and len(node.args["to"].expressions) == 2:
        return None if _is_text(value) else "only of a text it is rounded alike: halves away from zero"
    return f"casts to {node.args['to'].sql(DIALECT)} are not on the list"


def _instant(node: exp.Expr) -> str | None:
    if isinstance(node.parent, exp.Cast) and node.parent.args["to"].this in INSTANTS:
        return None
    return "of a date Athena makes a date, DuckDB a timestamp; wrap it in CAST(… AS DATE) or CAST(… AS TIMESTAMP)"


def _sum_with_interval(node: exp.Expr) -> str | None:
    return _instant(node) if isinstance(node.expression, exp.Interval) else None


def _difference(node: exp.Expr) -> str | None:
    if str(node.args["unit"]).upper() == "DAY" and _is_date(node.this) and _is_date(node.expression):
        return None
    return "Athena counts whole units, DuckDB the boundaries between; only 'day' between two dates is the same"


def _part(node: exp.Expr) -> str | None:
    known = node.name.upper() in ("YEAR", "MONTH", "DAY", "HOUR")
    return None if known else "only YEAR, MONTH, DAY and HOUR are the same in both"


def _substring(node: exp.Expr) -> str | None:
    start = node.args.get("start")
    if isinstance(start, exp.Literal) and start.is_int and int(start.name) > 0:
        return None
    return "a start of zero means something else in DuckDB; write the start as a number from 1"


def _unnest(node: exp.Expr) -> str | None:
    several = len(node.expressions) > 1 or node.args.get("offset")
    return "of several arrays, or with ordinality, it is written differently" if several else None


def _array_agg(node: exp.Expr) -> str | None:
    return None if isinstance(node.this, exp.Order) else "without ORDER BY the order is anybody's guess"


def _reduce(node: exp.Expr) -> str | None:
    """DuckDB has no last step, and takes the type of the first value for all of them, as Athena does."""
    last, begin = node.args.get("finish"), node.args.get("initial")
    if not isinstance(last, exp.Lambda) or [each.name for each in last.expressions] != [last.this.name]:
        return "DuckDB has no last step: end with s -> s"
    return None if begin is not None and _is_bigint(begin) else "begin with CAST(0 AS BIGINT): its type is the sum's"


def _is_bigint(node: exp.Expr) -> bool:
    return isinstance(node, exp.Cast) and bool(node.args["to"].this == exp.DataType.Type.BIGINT)


def _star(node: exp.Expr) -> str | None:
    return "Athena knows no EXCLUDE or REPLACE" if any(node.args.values()) else None


def _distinct(node: exp.Expr) -> str | None:
    return "Athena knows no DISTINCT ON" if node.args.get("on") else None


def _group(node: exp.Expr) -> str | None:
    beyond = [name for name, value in node.args.items() if value and name != "expressions"]
    return f"GROUP BY with {', '.join(beyond)} is not on the list" if beyond else None


TRAPS: Mapping[type[exp.Expr], Callable[[exp.Expr], str | None]] = {
    exp.Add: _sum_with_interval,
    exp.ArrayAgg: _array_agg,
    exp.Bracket: _subscript,
    exp.Cast: _cast,
    exp.DateAdd: _instant,
    exp.DateDiff: _difference,
    exp.DateTrunc: _instant,
    exp.Distinct: _distinct,
    exp.Div: _division,
    exp.Extract: _part,
    exp.Group: _group,
    exp.Reduce: _reduce,
    exp.Star: _star,
    exp.Sub: _sum_with_interval,
    exp.Substring: _substring,
    exp.TimestampTrunc: _instant,
    exp.TryCast: _cast,
    exp.Unnest: _unnest,
}


def _is_double(node: exp.Expr) -> bool:
    """Whether one sees, without the table, that it is a DOUBLE. `1.5` is not (a DECIMAL in Athena); `15e-1` is."""
    if isinstance(node, exp.Cast):
        return bool(node.args["to"].this == exp.DataType.Type.DOUBLE)
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Div):
        return _is_double(node.left) or _is_double(node.right)
    if isinstance(node, exp.Literal):
        return not node.is_string and "e" in node.name.lower()
    if isinstance(node, exp.Sqrt | exp.Ln | exp.Exp | exp.Pow | exp.Stddev):
        return True
    return isinstance(node, (*OF_FIRST, exp.Avg, exp.Round, exp.Floor, exp.Ceil)) and _is_double(node.this)


def _is_integer(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return node.args["to"].this in INTEGERS
    if isinstance(node, exp.Add | exp.Sub | exp.Mul | exp.Mod):
        return _is_integer(node.left) and _is_integer(node.right)
    if isinstance(node, exp.Literal):
        return bool(node.is_int)
    if isinstance(node, exp.Round | exp.Floor | exp.Ceil):
        return node.args.get("decimals") is None
    if isinstance(node, exp.Count | exp.Length | exp.Extract | exp.Year | exp.Month | exp.DateDiff):
        return True
    return isinstance(node, (*OF_FIRST, exp.RowNumber)) and (isinstance(node, exp.RowNumber) or _is_integer(node.this))


def _is_date(node: exp.Expr) -> bool:
    if isinstance(node, exp.Cast):
        return bool(node.args["to"].this == exp.DataType.Type.DATE)
    return isinstance(node, exp.Date) or (isinstance(node, OF_FIRST) and _is_date(node.this))


def _is_text(node: exp.Expr) -> bool:
    return isinstance(node, exp.Substring) or (isinstance(node, exp.Literal) and node.is_string)


def _parse(sql: str) -> exp.Expr:
    try:
        statements = sqlglot.parse(sql, read=DIALECT)
    except SqlglotError as error:
        raise ValueError(str(error)) from None
    if len(statements) != 1 or statements[0] is None:
        raise ValueError("Only one sql statement is allowed.")
    return statements[0]


# ── tables ──


class Table(NamedTuple):
    """A Glue definition: names and Glue types of the columns and of the keys of its `key=value/` directories."""

    database: str
    name: str
    columns: dict[str, str]
    location: str
    partition_keys: dict[str, str]
    format: Literal["parquet", "json"]

    @property
    def quoted(self) -> str:
        return f'"{self.database}"."{self.name}"'


def register_table(
    world: World,
    database: str,
    name: str,
    columns: Mapping[str, str],
    location: str,
    partition_keys: Mapping[str, str] | None = None,
    format: Literal["parquet", "json"] = "parquet",
) -> None:
    """Tells Athena of a table of files under `location` (`s3://bucket/prefix/`), as Glue would: of Parquet, or of lines
    of JSON, plain or compressed (`.gz`).

    Types are Glue's (`string`, `bigint`, `double`, `array<string>`, …). Partitions are the directories that are there.
    """
    _db(world).execute(
        "INSERT OR REPLACE INTO athena_catalogue VALUES (?, ?, ?, ?, ?, ?)",
        (
            database.lower(),
            name.lower(),
            json.dumps(dict(columns)),
            location.rstrip("/") + "/",
            json.dumps(dict(partition_keys or {})),
            format,
        ),
    )


def register_workgroup(world: World, name: str, output: str) -> None:
    """Tells Athena where a workgroup's queries leave their results (`s3://bucket/prefix/`), whatever a query says."""
    _db(world).execute("INSERT OR REPLACE INTO athena_workgroups VALUES (?, ?)", (name, output))


def _tables(world: World, tree: exp.Expr, database: str) -> Iterator[tuple[exp.Table, Table]]:
    """The tables of the catalogue a query names, each time it names them."""
    common = {cte.alias.lower() for cte in tree.find_all(exp.CTE)}
    for node in tree.find_all(exp.Table):
        name, within = node.name.lower(), node.db.lower()
        if not within and name in common:
            continue
        row = world.db.execute(
            "SELECT * FROM athena_catalogue WHERE database = ? AND name = ?", (within or database.lower(), name)
        ).fetchone()
        if row is None:
            raise Failed(f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{within or database}.{name}' does not exist")
        yield node, Table(row[0], row[1], json.loads(row[2]), row[3], json.loads(row[4]), row[5])


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """One for all worlds, for good: each query says again what its tables are."""
    # One thread: rows nobody ordered still come in the same order each time. No extension is ever fetched.
    settings: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "threads": "1",
    }
    connection = duckdb.connect(config=settings)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET parquet_metadata_cache = true")
    return connection


def _define(connection: duckdb.DuckDBPyConnection, table: Table, files: list[Path]) -> None:
    """A view with the declared columns and types: NULL where a file has not the column, no rows where is no file."""
    declared = {name: _duckdb_type(kind) for name, kind in (table.columns | table.partition_keys).items()}
    if files and table.format == "json":
        columns = ", ".join(f"'{name}': '{kind}'" for name, kind in declared.items())
        present = {name.lower() for name in declared}
        source = f"FROM read_json({_list(files)}, columns = {{{columns}}}, format = 'newline_delimited')"
    elif files:
        options = "hive_partitioning = true, hive_types_autocast = false, union_by_name = true"
        scan = f"read_parquet({_list(files)}, {options})"
        present = {each[0].lower() for each in connection.execute(f"SELECT * FROM {scan} LIMIT 0").description or ()}
        source = f"FROM {scan}"
    else:
        present, source = set(), "WHERE false"
    selected = ", ".join(
        f'CAST("{name}" AS {kind}) AS "{name}"' if name.lower() in present else f'CAST(NULL AS {kind}) AS "{name}"'
        for name, kind in declared.items()
    )
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.database}"')
    connection.execute(f"CREATE OR REPLACE VIEW {table.quoted} AS SELECT {selected} {source}")


def _duckdb_type(glue: str) -> str:
    return exp.DataType.build(glue, dialect="hive").sql("duckdb")


def _list(files: list[Path]) -> str:
    return "[" + ", ".join(exp.Literal.string(str(file)).sql("duckdb") for file in files) + "]"


# ── bytes scanned ──


class _Scan:
    """What the query at hand scans: a table that it names ten times is looked at once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.sizes: dict[str, dict[tuple[str, str], int]] = {}
        self.left: dict[tuple[str, ...], set[str]] = {}

    def bytes(self, node: exp.Table, table: Table, files: list[Path]) -> int:
        """The compressed bytes of the columns that the SELECT around `node` names, in the files that its conditions on
        partition keys leave.

        Near what Athena bills: it skips row groups by their statistics besides, and counts the files' footers.
        """
        if not files:
            return 0
        if table.format == "json":  # of a line, all is read
            return sum(file.stat().st_size for file in files)
        select = node.find_ancestor(exp.Select)
        assert select is not None
        left = self._after_pruning(select, node, table, files)
        starred = any(
            isinstance(star.parent, exp.Select) or star.find_ancestor(exp.Column) for star in select.find_all(exp.Star)
        )
        named = {column.name.lower() for column in select.find_all(exp.Column)}
        columns = {name.lower() for name in table.columns if starred or name.lower() in named}
        return sum(
            size for (file, column), size in self._sizes(table, files).items() if column in columns and file in left
        )

    def _sizes(self, table: Table, files: list[Path]) -> dict[tuple[str, str], int]:
        if table.quoted not in self.sizes:
            rows = self.connection.execute(
                f"""SELECT file_name, lower(split_part(path_in_schema, ', ', 1)), SUM(total_compressed_size)
                    FROM parquet_metadata({_list(files)}) GROUP BY ALL"""
            ).fetchall()
            self.sizes[table.quoted] = {(file, column): int(size) for file, column, size in rows}
        return self.sizes[table.quoted]

    def _after_pruning(self, select: exp.Select, node: exp.Table, table: Table, files: list[Path]) -> set[str]:
        where = select.args.get("where")
        # Within an AND, one condition is taken apart like many.
        every = exp.And(this=where.this, expression=exp.true()).flatten() if where else []
        conditions = [condition.copy() for condition in every if _on_partitions(condition, node, table)]
        if not conditions:
            return {str(file) for file in files}
        for column in (column for condition in conditions for column in condition.find_all(exp.Column)):
            column.set("table", None)
        told = (table.quoted, *(condition.sql("duckdb") for condition in conditions))
        if told not in self.left:
            casts = ", ".join(
                f'CAST("{name}" AS {_duckdb_type(kind)}) AS "{name}"' for name, kind in table.partition_keys.items()
            )
            names = ", ".join(f'"{name}"' for name in table.partition_keys)
            values = [(str(file), *(_partition(file, name) for name in table.partition_keys)) for file in files]
            marks = ", ".join(f"({', '.join('?' * (1 + len(table.partition_keys)))})" for _ in values)
            rows = self.connection.execute(
                f"""SELECT file FROM (SELECT file, {casts} FROM (VALUES {marks}) AS given (file, {names}))
                    WHERE {" AND ".join(told[1:])}""",
                [value for row in values for value in row],
            ).fetchall()
            self.left[told] = {file for (file,) in rows}
        return self.left[told]


def _on_partitions(condition: exp.Expr, node: exp.Table, table: Table) -> bool:
    columns = list(condition.find_all(exp.Column))
    return (
        bool(columns)
        and condition.find(exp.Subquery, exp.Select) is None
        and all(
            column.name.lower() in table.partition_keys and column.table in ("", node.alias_or_name)
            for column in columns
        )
    )


def _partition(file: Path, key: str) -> str | None:
    return next((part[len(key) + 1 :] for part in file.parts if part.startswith(f"{key}=")), None)


# ── running a query ──


class Failed(Exception):  # noqa: N818
    """Why a query failed that DuckDB was not even asked."""


class Result(NamedTuple):
    columns: list[tuple[str, str]]
    rows: list[list[str | None]]
    scanned: int


def run(world: World, sql: str, database: str, parameters: list[str]) -> Result:
    """One query, its values as Athena writes them.

    Raises ValueError for what Athena would not begin with, Failed or duckdb.Error for what fails once begun.
    """
    tree = _parse(_bound(sql, parameters))
    if findings := _lint(tree):
        raise Failed("NOT_SUPPORTED locally: " + "; ".join(findings))
    connection = _connection()
    tables = list(_tables(world, tree, database))
    _check_types(tree, [table for _, table in tables])
    scanned, scan, found = 0, _Scan(connection), dict[str, list[Path]]()
    for node, table in tables:
        if table.quoted not in found:
            found[table.quoted] = [
                file for file, size in s3.objects(world, table.location) if size and file.name[0] not in "._"
            ]
            _define(connection, table, found[table.quoted])
        scanned += scan.bytes(node, table, found[table.quoted])
        node.set("db", exp.to_identifier(table.database, quoted=True))
        node.set("catalog", None)
    _name_columns(tree)
    cursor = connection.execute(in_duckdb(tree))
    columns = [(str(each[0]), _athena_type(str(each[1]))) for each in cursor.description or ()]
    return Result(columns, [[_written(value) for value in row] for row in cursor.fetchall()], scanned)


def in_duckdb(tree: exp.Expr) -> str:
    """The query as DuckDB is given it. What CROSS JOIN UNNEST makes of a row is unnested in place: as a join, DuckDB
    would first look for the rows that are different (ten times as long for the events of a big shop)."""
    tree = tree.copy()
    for select in list(tree.find_all(exp.Select)):
        match select.args.get("joins"):
            case [exp.Join(kind="CROSS", this=exp.Unnest(alias_column_names=[name], expressions=[several]) as each)]:
                if any(column.table == each.alias for column in select.find_all(exp.Column)):
                    continue
                source = select.args["from_"].this
                unnested = exp.alias_(exp.Unnest(expressions=[several]), name)
                rows = exp.select("*", unnested).from_(source.copy()).subquery(source.alias_or_name)
                select.set("joins", None)
                select.set("from_", exp.From(this=rows))
    # DuckDB has no last step of a `reduce`: `lint` takes only one that changes nothing.
    return tree.sql("duckdb", comments=False, copy=False, unsupported_level=ErrorLevel.IGNORE)


def _check_types(tree: exp.Expr, tables: list[Table]) -> None:
    """Refuses to compare what is seen to be a text with what is seen to be none, as Athena does (DuckDB would cast)."""
    declared: dict[str, set[bool]] = {}
    for table in tables:
        for name, kind in (table.columns | table.partition_keys).items():
            declared.setdefault(name.lower(), set()).add(kind.lower().startswith(("string", "varchar", "char")))
    for alias in tree.find_all(exp.Alias):
        declared.pop(alias.alias.lower(), None)  # the name may mean something else than the column
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.In):
        sides = [node.this, *node.expressions, *(node.args.get(side) for side in ("expression", "low", "high"))]
        texts = {_text_or_not(side, declared) for side in sides if side is not None} - {None}
        if len(texts) > 1:
            raise Failed(f"TYPE_MISMATCH: a text is compared with what is none in {node.sql(DIALECT)}")


def _text_or_not(node: exp.Expr, declared: Mapping[str, set[bool]]) -> bool | None:
    """Whether a value is a text; None when one cannot tell."""
    if isinstance(node, exp.Column):
        kinds = declared.get(node.name.lower(), set())
        return next(iter(kinds)) if len(kinds) == 1 else None
    if isinstance(node, exp.Literal):
        return bool(node.is_string)
    if isinstance(node, exp.Cast):
        return node.args["to"].this in TEXTS
    return False if _is_date(node) or _is_double(node) or _is_integer(node) else None


def _bound(sql: str, parameters: list[str]) -> str:
    """Puts execution parameters, which are literals of SQL (`'de'`, `7`, `DATE '2026-11-24'`), where the `?` are."""
    try:
        marks = [each for each in sqlglot.tokenize(sql, read=DIALECT) if each.token_type == TokenType.PLACEHOLDER]
    except SqlglotError as error:
        raise ValueError(str(error)) from None
    if len(marks) != len(parameters):
        raise ValueError(f"Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}")
    for mark, parameter in reversed(list(zip(marks, parameters, strict=True))):
        literal = (exp.Literal, exp.Boolean, exp.Null, exp.Neg, exp.Cast, exp.DataType, exp.Interval, exp.Var)
        if not all(isinstance(node, literal) for node in _parse(f"SELECT {parameter}").expressions[0].walk()):
            raise ValueError("An execution parameter has to be a literal; put text in single quotes.")
        sql = f"{sql[: mark.start]}{parameter}{sql[mark.end + 1 :]}"
    return sql


def _name_columns(tree: exp.Expr) -> None:
    """A column nobody named is `_col0`, `_col1`, … in Athena."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    for i, each in enumerate(select.expressions):
        if not isinstance(each, exp.Alias | exp.Column | exp.Star):
            select.expressions[i].replace(exp.alias_(each.copy(), f"_col{i}"))


def _athena_type(kind: str) -> str:
    if kind.endswith("]") or kind.startswith(("MAP", "STRUCT", "DECIMAL")):
        return "array" if kind.endswith("]") else {"MAP": "map", "STR": "row", "DEC": "decimal"}[kind[:3]]
    return {"HUGEINT": "bigint", "FLOAT": "float", '"NULL"': "unknown"}.get(kind, kind.lower())


def _written(value: Any) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case float():
            return _written_double(value)
        case datetime():
            text = value.astimezone(UTC) if value.tzinfo else value
            return f"{text:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}" + (" UTC" if value.tzinfo else "")
        case date():
            return value.isoformat()
        case list():
            return "[" + ", ".join("null" if each is None else str(_written(each)) for each in value) + "]"
        case dict():
            return "{" + ", ".join(f"{key}={_written(each)}" for key, each in value.items()) + "}"
        case int() | str() | Decimal():
            return str(value)
    raise NotImplementedError(f"the local Athena does not write values of type {type(value).__name__}")


def _written_double(value: float) -> str:
    """As Java writes a double: `1.0E7` from ten million on and below a thousandth."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    rest = "".join(map(str, digits[1:])) or "0"
    return f"{'-' if sign else ''}{digits[0]}.{rest}E{exponent + len(digits) - 1}"


# ── the API ──


def start_query_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    """The query has ended by the time this answers; whoever asks for its state finds it so."""
    context = parameters.get("QueryExecutionContext", {})
    if len(parameters["QueryString"].encode()) > MAX_QUERY:
        raise _invalid(f"Your query has exceeded the maximum query length of {MAX_QUERY} bytes.")
    db, result = _db(world), Result([], [], 0)
    state, reason = "SUCCEEDED", None
    try:
        result = run(
            world,
            parameters["QueryString"],
            context.get("Database", "default"),
            parameters.get("ExecutionParameters", []),
        )
    except ValueError as error:
        raise _invalid(str(error)) from None
    except (Failed, duckdb.Error) as error:
        state, reason = "FAILED", str(error)
    query_id = f"{world.number('athena'):08x}-0000-4000-8000-000000000000"
    db.execute(
        "INSERT INTO athena_queries VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (query_id, json.dumps(parameters), world.now(), state, reason, result.scanned,
         json.dumps(result.columns), json.dumps(result.rows)),
    )  # fmt: skip
    output = _output(world, parameters)
    if state == "SUCCEEDED" and output is not None:
        _leave(world, f"{output}{query_id}.csv", as_csv(result))
        _leave(world, f"{output}{query_id}.csv.metadata", json.dumps(result.columns).encode())
    return {"QueryExecutionId": query_id}


def _output(world: World, parameters: Mapping[str, Any]) -> str | None:
    """Where the results of a query are left, with a slash at the end: as its workgroup has it, or as it says itself."""
    found = _db(world).execute(
        "SELECT output FROM athena_workgroups WHERE name = ?", (parameters.get("WorkGroup", "primary"),)
    )
    said = parameters.get("ResultConfiguration", {}).get("OutputLocation")
    output = next((row[0] for row in found), said)
    return None if output is None else f"{output.rstrip('/')}/"


def _leave(world: World, location: str, content: bytes) -> None:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    s3.put_object(world, {"Bucket": bucket, "Key": key, "Body": content})


def as_csv(result: Result) -> bytes:
    """The file that Athena leaves: the columns' names first, every value in quotes, but for one that is null, which is
    nothing at all."""
    rows: list[list[str | None]] = [[name for name, _ in result.columns], *result.rows]
    lines = (",".join("" if value is None else f'"{_doubled(value)}"' for value in row) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def _doubled(value: str) -> str:
    return value.replace('"', '""')


def get_query_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    query = _query(world, parameters)
    given, at = json.loads(query["given"]), datetime.fromtimestamp(query["submitted_at"] / 1000, UTC)
    status: dict[str, Any] = {"State": query["state"], "SubmissionDateTime": at, "CompletionDateTime": at}
    if query["reason"] is not None:
        error = {"ErrorCategory": 2, "ErrorType": 1006, "Retryable": False, "ErrorMessage": query["reason"]}
        status |= {"StateChangeReason": query["reason"], "AthenaError": error}
    output = _output(world, given)
    return {
        "QueryExecution": {
            "QueryExecutionId": query["id"],
            "Query": given["QueryString"],
            "StatementType": "DML",
            **({"ResultConfiguration": {"OutputLocation": f"{output}{query['id']}.csv"}} if output else {}),
            "QueryExecutionContext": given.get("QueryExecutionContext", {}),
            "Status": status,
            "Statistics": {
                "EngineExecutionTimeInMillis": 0,
                "DataScannedInBytes": query["scanned"],
                "TotalExecutionTimeInMillis": 0,
            },
            "WorkGroup": given.get("WorkGroup", "primary"),
            **({"ExecutionParameters": given["ExecutionParameters"]} if "ExecutionParameters" in given else {}),
        }
    }


def get_query_results(world: World, parameters: Parameters) -> dict[str, Any]:
    """The first row of the first page is the header, as with Athena."""
    query = _query(world, parameters)
    if query["state"] != "SUCCEEDED":
        raise _invalid(f"Query did not finish successfully. Final query state: {query['state']}")
    columns = json.loads(query["columns"])
    rows = [[name for name, _ in columns], *json.loads(query["rows"])]
    first, most = int(parameters.get("NextToken", 0)), parameters.get("MaxResults", MAX_ROWS)
    page = [
        {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}
        for row in rows[first : first + most]
    ]
    described = [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": name,
            "Label": name,
            "Type": kind,
            "Precision": {"bigint": 19, "integer": 10, "double": 17, "varchar": 2_147_483_647}.get(kind, 0),
            "Scale": 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": kind == "varchar",
        }
        for name, kind in columns
    ]
    answer = {"UpdateCount": 0, "ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": described}}}
    return answer | ({"NextToken": str(first + most)} if first + most < len(rows) else {})


def stop_query_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    """Changes nothing: a query has always ended by now."""
    _query(world, parameters)
    return {}


def _query(world: World, parameters: Parameters) -> dict[str, Any]:
    cursor = _db(world).execute("SELECT * FROM athena_queries WHERE id = ?", (parameters["QueryExecutionId"],))
    row = cursor.fetchone()
    if row is None:
        raise _invalid(f"QueryExecution {parameters['QueryExecutionId']} was not found")
    return dict(zip((each[0] for each in cursor.description), row, strict=True))


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidRequestException", message)


OPERATIONS: dict[str, Operation] = {
    "GetQueryExecution": get_query_execution,
    "GetQueryResults": get_query_results,
    "StartQueryExecution": start_query_execution,
    "StopQueryExecution": stop_query_execution,
}
