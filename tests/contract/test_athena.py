"""Athena: values as Trino gives them, over real Parquet files; every known trap is named by the lint and refused."""

from __future__ import annotations

import gzip
import io
from collections import Counter
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from infra.local.aws import athena, s3
from infra.local.aws.calls import connect
from infra.local.aws.world import World

NOW = 1_795_000_000_000
COLUMNS = {"contact": "string", "at": "bigint", "value": "double", "quantity": "int", "tags": "array<string>"}
KEYS = {"day": "string", "type": "string"}


@pytest.fixture(scope="module")
def world() -> World:
    """A lake of three small files; the second of them has no column `quantity`, and none has `tags`."""
    world = World(now=NOW)
    client = connect(world, {"s3": s3.OPERATIONS}).client("s3")
    client.create_bucket(Bucket="lake")
    client.create_bucket(Bucket="results")
    files = {
        "2026-11-23/type=order_completed": {
            "contact": ["a", "b"],
            "at": [1, 2],
            "value": [10.0, 2.5],
            "quantity": [1, 7],
        },
        "2026-11-24/type=order_completed": {"contact": ["a"], "at": [3], "value": [1e7]},
        "2026-11-24/type=email_clicked": {"contact": ["b"], "at": [4], "value": [None], "quantity": [None]},
    }
    for directory, columns in files.items():
        content = io.BytesIO()
        schema = {"contact": pa.string(), "at": pa.int64(), "value": pa.float64(), "quantity": pa.int32()}
        pq.write_table(pa.table(columns, schema=pa.schema([(name, schema[name]) for name in columns])), content)
        client.put_object(Bucket="lake", Key=f"events/day={directory}/1.parquet", Body=content.getvalue())
    athena.register_table(world, "beckon", "events", COLUMNS, "s3://lake/events/", KEYS)
    athena.register_table(world, "beckon", "nothing_yet", COLUMNS, "s3://lake/nothing/", KEYS)
    return world


@pytest.fixture(scope="module")
def client(world: World) -> Any:
    return connect(world, {"athena": athena.OPERATIONS}).client("athena")


def start(client: Any, sql: str, *parameters: str) -> str:
    given = {"ExecutionParameters": list(parameters)} if parameters else {}
    started = client.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": "beckon"},
        ResultConfiguration={"OutputLocation": "s3://results/"},
        **given,
    )
    return str(started["QueryExecutionId"])


def rows(client: Any, sql: str, *parameters: str) -> list[list[str | None]]:
    """The rows of a query, without the header."""
    query = start(client, sql, *parameters)
    execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]["StateChangeReason"]
    found = client.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
    return [[datum.get("VarCharValue") for datum in row["Data"]] for row in found[1:]]


def failure(client: Any, sql: str) -> str:
    query = start(client, sql)
    status = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
    assert status["State"] == "FAILED"
    with pytest.raises(ClientError, match="FAILED"):
        client.get_query_results(QueryExecutionId=query)
    return str(status["StateChangeReason"])


# ── the API ──


def test_a_query_is_answered_with_a_header_types_and_texts(client: Any) -> None:
    query = start(
        client, "SELECT contact, SUM(value) AS revenue, COUNT(*) FROM events GROUP BY contact ORDER BY contact"
    )
    results = client.get_query_results(QueryExecutionId=query)["ResultSet"]
    texts = [[datum.get("VarCharValue") for datum in row["Data"]] for row in results["Rows"]]
    assert texts == [["contact", "revenue", "_col2"], ["a", "1.000001E7", "2"], ["b", "2.5", "2"]]
    described = [(each["Name"], each["Type"]) for each in results["ResultSetMetadata"]["ColumnInfo"]]
    assert described == [("contact", "varchar"), ("revenue", "double"), ("_col2", "bigint")]
    execution = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/{query}.csv"
    client.stop_query_execution(QueryExecutionId=query)
    assert client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]["State"] == "SUCCEEDED"


def test_results_come_in_pages_with_the_header_in_the_first(client: Any) -> None:
    query = start(client, "SELECT at FROM events ORDER BY at")
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query, PaginationConfig={"PageSize": 2})
    texts = [[row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]] for page in pages]
    assert texts == [["at", "1"], ["2", "3"], ["4"]]


def test_execution_parameters_are_literals_in_the_order_of_their_marks(client: Any) -> None:
    sql = """WITH big AS (SELECT * FROM events WHERE value > ?) -- a ? in a comment
        SELECT contact, '?' FROM big WHERE day = ? AND contact = ?"""
    assert rows(client, sql, "5", "'2026-11-23'", "'a'") == [["a", "?"]]
    assert rows(client, sql, "-1e0", "'2026-11-23'", "'it''s'") == []
    for wrong in (["5"], ["5", "'x'", "1 OR 1 = 1"], ["5", "'x'", "contact"], ["5", "'x'", "(SELECT 1)"]):
        with pytest.raises(client.exceptions.InvalidRequestException):
            start(client, sql, *wrong)


def test_what_is_not_one_statement_is_not_begun(client: Any) -> None:
    for sql in ("SELEC 1", "SELECT 1; SELECT 2", "SELECT (1"):
        with pytest.raises(client.exceptions.InvalidRequestException):
            start(client, sql)
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.get_query_execution(QueryExecutionId="missing")


# ── tables ──


def test_partitions_and_columns_have_the_declared_types_and_missing_ones_are_null(client: Any) -> None:
    sql = "SELECT day, type, quantity, tags FROM beckon.events WHERE type LIKE 'order%' ORDER BY at"
    assert rows(client, sql) == [
        ["2026-11-23", "order_completed", "1", None],
        ["2026-11-23", "order_completed", "7", None],
        ["2026-11-24", "order_completed", None, None],
    ]


def test_a_table_without_files_is_empty_and_an_unknown_one_fails(client: Any) -> None:
    assert rows(client, "SELECT COUNT(*), MAX(day) FROM nothing_yet") == [["0", None]]
    assert "TABLE_NOT_FOUND" in failure(client, "SELECT * FROM elsewhere")


@pytest.mark.parametrize(
    "condition",
    [
        "day >= DATE '2026-11-23'",
        "at = '3'",
        "CAST(day AS DATE) = '2026-11-23'",
        "day BETWEEN 20261123 AND 20261124",
        "at IN ('1', '2')",
    ],
)
def test_texts_are_not_compared_with_dates_and_numbers(client: Any, condition: str) -> None:
    assert "TYPE_MISMATCH" in failure(client, f"SELECT 1 FROM events WHERE {condition}")


def test_what_has_the_right_type_is_compared(client: Any) -> None:
    conditions = "day = '2026-11-23' AND CAST(day AS DATE) < DATE '2026-11-24' AND at IN (1, 9)"
    assert rows(client, f"SELECT COUNT(*) FROM events WHERE {conditions}") == [["1"]]
    renamed = "SELECT day FROM (SELECT contact AS at, day FROM events WHERE at < 2) WHERE at = 'a'"
    assert rows(client, renamed) == [["2026-11-23"]]


def test_bytes_scanned_are_those_of_the_columns_and_partitions_asked_for(client: Any) -> None:
    def scanned(sql: str) -> int:
        execution = client.get_query_execution(QueryExecutionId=start(client, sql))["QueryExecution"]
        assert execution["Status"]["State"] == "SUCCEEDED"
        return int(execution["Statistics"]["DataScannedInBytes"])

    everything = scanned("SELECT * FROM events")
    one_column = scanned("SELECT value FROM events")
    one_day = scanned("SELECT value FROM events AS e WHERE e.day = '2026-11-24' AND at > 0")
    one_file = scanned("SELECT value FROM events WHERE day = '2026-11-24' AND type IN ('email_clicked')")
    assert everything > one_column > one_file > 0
    assert one_day > one_file
    both = scanned("SELECT * FROM (SELECT value FROM events) AS a CROSS JOIN (SELECT contact FROM events) AS b")
    assert both == one_column + scanned("SELECT contact FROM events")
    assert scanned("SELECT COUNT(*) FROM events") == 0
    assert scanned("SELECT value FROM events WHERE day = '2020-01-01'") == 0


# ── values as Athena writes them ──


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("CAST(7 AS DOUBLE) / 2", "3.5"),
        ("CAST(1 AS DOUBLE) / 0", "Infinity"),
        ("CAST(0 AS DOUBLE) / 0", "NaN"),
        ("1e0 / NULLIF(0, 0)", None),
        ("-7 % 3", "-1"),
        ("1e7", "1.0E7"),
        ("123456789e0", "1.23456789E8"),
        ("-25e-5", "-2.5E-4"),
        ("25e-4", "0.0025"),
        ("1.50", "1.50"),
        ("1 = 1", "true"),
        ("ROUND(25e-1)", "3.0"),
        ("CAST(ROUND(-25e-1) AS BIGINT)", "-3"),
        ("CAST('2026-11-24' AS DATE)", "2026-11-24"),
        ("1000000 * TRY_CAST('0.0000005' AS DECIMAL(38, 6)) = 1", "true"),
        ("1000000 * TRY_CAST('-25e-7' AS DECIMAL(38, 6)) = -3", "true"),
        ("3 * TRY_CAST('333333333333333.1' AS DECIMAL(38, 6)) = 999999999999999.3", "true"),
        ("DATE '2026-11-24'", "2026-11-24"),
        ("TIMESTAMP '2026-11-24 09:30:00'", "2026-11-24 09:30:00.000"),
        ("FROM_UNIXTIME(CAST(1500 AS DOUBLE) / 1000)", "1970-01-01 00:00:01.500 UTC"),
        ("CAST(FROM_UNIXTIME(86400) AS DATE)", "1970-01-02"),
        ("CAST(DATE_TRUNC('week', DATE '2026-11-24') AS DATE)", "2026-11-23"),
        ("CAST(DATE '2026-01-31' + INTERVAL '1' MONTH AS DATE)", "2026-02-28"),
        ("CAST(DATE_ADD('day', -1, DATE '2026-03-01') AS DATE)", "2026-02-28"),
        ("DATE_DIFF('day', DATE '2026-11-20', DATE '2026-11-24')", "4"),
        ("YEAR(DATE '2026-11-24')", "2026"),
        ("CAST(DATE '2026-11-24' AS VARCHAR)", "2026-11-24"),
        ("CONCAT('a', NULL)", None),
        ("'a' || 'b'", "ab"),
        ("GREATEST(1, NULL)", None),
        ("GREATEST(1, 2)", "2"),
        ("ELEMENT_AT(tags, 1)", None),
        ("COALESCE(NULL, 'x')", "x"),
        ("IF(1 > 2, 'a', 'b')", "b"),
        ("SUBSTR('abc', 2, 1)", "b"),
        ("REGEXP_LIKE('order_completed', '^order')", "true"),
        ("LENGTH('Grüße')", "5"),
        ("STRPOS('abc', 'c')", "3"),
        ("CASE WHEN NULL THEN 1 END", None),
        ("BITWISE_AND(6, 3)", "2"),
        ("LOWER(TO_HEX(MD5(TO_UTF8('a:ü'))))", "24bd5c0c8fb8add150937bb81add17ed"),
        ("CARDINALITY(FILTER(tags, x -> LOWER(x) = 'a')) > 0", None),
    ],
)
def test_an_expression_has_the_value_it_has_in_athena(client: Any, expression: str, text: str | None) -> None:
    sql = f"SELECT {expression} AS v FROM events WHERE at = 1"
    assert athena.lint(sql) == []
    assert rows(client, sql) == [[text]]


def test_aggregates_windows_and_null_order_are_those_of_athena(client: Any) -> None:
    assert rows(client, "SELECT value FROM events ORDER BY value DESC")[-1] == [None]
    sql = "SELECT COUNT(*) FILTER (WHERE value > 5), AVG(quantity), MAX_BY(contact, at), BOOL_OR(at = 4) FROM events"
    assert rows(client, sql) == [["2", "4.0", "b", "true"]]
    sql = """SELECT contact, SUM(at) FILTER (WHERE type = 'order_completed') AS n,
            ARRAY_AGG(at ORDER BY at DESC) AS newest, COUNT(DISTINCT day) AS days
        FROM events GROUP BY contact HAVING COUNT(*) > 1 ORDER BY contact"""
    assert rows(client, sql) == [["a", "4", "[3, 1]", "2"], ["b", "2", "[4, 2]", "2"]]
    sql = """SELECT BITWISE_OR_AGG(at), ELEMENT_AT(MAX(at, 2), 2), ELEMENT_AT(MAX(at, 2) FILTER (WHERE at > 9), 1)
        FROM events"""
    assert rows(client, sql) == [["7", "3", None]]
    sql = """SELECT word, COUNT(*) FROM (SELECT ARRAY_AGG(type ORDER BY type) AS types FROM events GROUP BY contact)
        CROSS JOIN UNNEST(ARRAY_DISTINCT(TRANSFORM(types, x -> LOWER(x)))) AS each_of (word) GROUP BY word ORDER BY 1"""
    assert rows(client, sql) == [["email_clicked", "1"], ["order_completed", "2"]]
    sql = """
        WITH numbered AS (SELECT contact, at, ROW_NUMBER() OVER (PARTITION BY contact ORDER BY at) AS n FROM events)
        SELECT a.contact, b.at FROM numbered a JOIN numbered b ON a.contact = b.contact AND a.n = 1 AND b.n = 2
        UNION ALL SELECT 'z', 0 ORDER BY 1"""
    assert rows(client, sql) == [["a", "3"], ["b", "4"], ["z", "0"]]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n, word FROM several CROSS JOIN UNNEST(words) AS each_of (word)",
        "SELECT s.n, LOWER(word) FROM several AS s CROSS JOIN UNNEST(s.words) AS each_of (word) WHERE s.n < 4",
        "SELECT word, COUNT(*) FROM several CROSS JOIN UNNEST(ARRAY_DISTINCT(words)) AS each_of (word) GROUP BY word",
        "SELECT n, e.word FROM several CROSS JOIN UNNEST(words) AS e (word)",
        "SELECT n FROM (SELECT n, words FROM several) AS s CROSS JOIN UNNEST(words) AS e (word) WHERE word <> 'b'",
    ],
)
def test_unnesting_in_place_gives_what_the_join_gives(sql: str) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE several AS SELECT * FROM (VALUES (1, ['a', 'b', 'A']), (2, []), (3, NULL),"
                           " (4, ['b', NULL, 'b'])) AS t (n, words)")  # fmt: skip
        tree = athena._parse(sql)
        joined = connection.execute(tree.sql("duckdb")).fetchall()
        assert joined
        assert Counter(connection.execute(athena.in_duckdb(tree)).fetchall()) == Counter(joined)


# ── the traps ──


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("SELECT 7 / 2", "divides integers to an integer"),
        ("SELECT 1 / 0", "by zero is an error"),
        ("SELECT SUM(value) / COUNT(*) FROM events", "cast one side to DOUBLE"),
        ("SELECT value / 100.0 FROM events", "cast one side to DOUBLE"),  # a decimal, not a double, in Athena
        ("SELECT REGEXP_REPLACE(contact, '(a)', '$1$1') FROM events", "regexp replace"),
        ("SELECT REGEXP_EXTRACT(contact, 'x') FROM events", "regexp extract"),  # no match: NULL there, '' here
        ("SELECT tags[1] FROM events", "element_at"),
        ("SELECT MAP(ARRAY['a'], ARRAY[1])['b']", "element_at"),
        ("SELECT MEDIAN(value) FROM events", "median"),
        ("SELECT APPROX_PERCENTILE(value, 0.5) FROM events", "approx percentile"),
        ("SELECT APPROX_DISTINCT(contact) FROM events", "approx distinct"),
        ("SELECT DATE_FORMAT(TIMESTAMP '2026-11-24 00:00:00', '%Y-%m')", "date format"),
        ("SELECT DATE_PARSE('2026-11', '%Y-%m')", "date parse"),
        ("SELECT FORMAT_DATETIME(TIMESTAMP '2026-11-24 00:00:00', 'YYYY')", "format_datetime"),
        ("SELECT DATE_DIFF('hour', TIMESTAMP '2026-01-01 00:59:00', TIMESTAMP '2026-01-01 01:00:00')", "whole units"),
        ("SELECT DATE_DIFF('day', a, b) FROM events", "whole units"),
        ("SELECT DATE_TRUNC('month', DATE '2026-11-24')", "CAST(… AS DATE)"),
        ("SELECT DATE '2026-11-24' + INTERVAL '1' DAY", "CAST(… AS DATE)"),
        ("SELECT CAST(value AS BIGINT) FROM events", "ROUND first"),
        ("SELECT CAST(value AS VARCHAR) FROM events", "written differently"),
        ("SELECT CAST(value AS DECIMAL(38, 6)) FROM events", "only of a text"),
        ("SELECT SPLIT_PART(contact, ',', 9) FROM events", "split part"),
        ("SELECT SUBSTR(contact, 0, 2) FROM events", "number from 1"),
        ("SELECT JSON_EXTRACT_SCALAR(contact, '$.a') FROM events", "jsonextractscalar"),
        ("SELECT TRY(1e0 / 0)", "try"),
        ("SELECT COUNT_IF(value > 5) FROM events", "count if"),  # of nulls alone: 0 there, NULL here
        ("SELECT u FROM events CROSS JOIN UNNEST(tags, tags) AS t (u, v)", "several arrays"),
        ("SELECT u FROM events CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t (u, n)", "ordinality"),
        ("SELECT NOW()", "current"),
        ("SELECT CURRENT_DATE", "current"),
        ("SELECT RANDOM()", "rand"),
        ("SELECT ARRAY_AGG(contact) FROM events", "ORDER BY"),
        ("SELECT GEOMEAN(value) FROM events", "geomean"),
        ("SELECT * EXCLUDE (at) FROM events", "EXCLUDE"),
        ("SELECT contact FROM events WHERE contact ILIKE 'A'", "ilike"),
        ("SELECT * FROM READ_CSV('/etc/passwd')", "read_csv"),
        ("SELECT * FROM events TABLESAMPLE BERNOULLI (10)", "table"),
        ("CREATE TABLE t AS SELECT 1 AS a", "create"),
        ("DELETE FROM events", "delete"),
        ("INSERT INTO events SELECT * FROM events", "insert"),
    ],
)
def test_a_trap_is_named_by_the_lint_and_refused(client: Any, sql: str, named: str) -> None:
    findings = " ".join(athena.lint(sql)).lower().replace("_", " ")
    assert named.lower().replace("_", " ") in findings
    assert "NOT_SUPPORTED" in failure(client, sql)


def test_the_lint_reads_queries_with_marks_and_without_traps() -> None:
    sql = """SELECT day, CAST(COUNT(*) AS BIGINT) AS sends, ROUND(CAST(SUM(value) AS DOUBLE) / COUNT(*), 2) AS mean
        FROM beckon.events WHERE day BETWEEN ? AND ? AND type = 'order_completed' GROUP BY day ORDER BY day LIMIT 100"""
    assert athena.lint(sql) == []
    with pytest.raises(ValueError, match="one sql statement"):
        athena.lint("SELECT 1; SELECT 2")


def test_duckdb_may_not_fetch_extensions(world: World) -> None:
    connection = athena._connection()
    settings = connection.execute(
        "SELECT current_setting('autoinstall_known_extensions'), current_setting('autoload_known_extensions')"
    ).fetchone()
    assert settings == (False, False)


# ── what is left in S3 ──


def left(world: World, query: str) -> bytes:
    return s3.get_object(world, {"Bucket": "results", "Key": f"{query}.csv"})["Body"].read()


def test_an_answer_is_left_as_csv_as_athena_writes_it(world: World, client: Any) -> None:
    query = start(client, "SELECT contact, value, 'say \"no\", or\nyes' AS said, '' AS empty FROM events ORDER BY at")
    assert left(world, query) == (
        b'"contact","value","said","empty"\n'
        b'"a","10.0","say ""no"", or\nyes",""\n'
        b'"b","2.5","say ""no"", or\nyes",""\n'
        b'"a","1.0E7","say ""no"", or\nyes",""\n'
        b'"b",,"say ""no"", or\nyes",""\n'
    )
    failed = start(client, "SELECT * FROM nowhere")
    assert s3.list_objects_v2(world, {"Bucket": "results", "Prefix": failed})["KeyCount"] == 0


def test_a_workgroup_says_where_answers_are_left_whatever_a_query_says(world: World, client: Any) -> None:
    athena.register_workgroup(world, "nightly", "s3://results/of-nights/")
    query = client.start_query_execution(QueryString="SELECT 1 AS one", WorkGroup="nightly")["QueryExecutionId"]
    at = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["ResultConfiguration"]["OutputLocation"]
    assert at == f"s3://results/of-nights/{query}.csv"
    assert left(world, f"of-nights/{query}") == b'"one"\n"1"\n'


def test_a_table_can_be_of_lines_of_json_compressed_or_not(world: World, client: Any) -> None:
    rows_ = [b'{"contact": "a", "at": 1, "tags": ["x", "y"], "more": 7}\n', b'{"contact": "b", "value": 0.5}\n']
    for name, body in (("1.json", rows_[0]), ("2.json.gz", gzip.compress(rows_[1]))):
        s3.put_object(world, {"Bucket": "lake", "Key": f"told/{name}", "Body": body})
    athena.register_table(world, "beckon", "told", COLUMNS, "s3://lake/told/", format="json")
    assert rows(client, "SELECT contact, at, value, tags FROM told ORDER BY contact") == [
        ["a", "1", None, "[x, y]"],
        ["b", None, "0.5", None],
    ]
    query = start(client, "SELECT contact FROM told")
    scanned = client.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Statistics"]["DataScannedInBytes"]
    assert scanned == len(rows_[0]) + len(gzip.compress(rows_[1])), "of a line, all is read"
