"""The lake, read: queries by Athena, and when it was last written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import DAY, Instant, Json, iso

_READERS: dict[str, Callable[[str], Json]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("float", "real", "double", "decimal"), float),
    "boolean": lambda text: text == "true",
}
"""How a value is read, by Athena's name of its column's type; all others are texts."""


MAX_ROWS = 1000  # of one GetQueryResults, the header included


class QueriesSettings(Settings):
    athena_workgroup: str
    athena_database: str
    lake_bucket: str


class QueryFailedError(Exception):
    """Athena could not carry out the query; says why."""


class UnknownQueryError(Exception):
    """Athena knows no query of this id."""


def start(sql: str, texts: Sequence[str] = (), name: str | None = None) -> str:
    """Starts a query with `texts` in the places of its question marks; gives its id.

    Starting it again under the same `name` (32 to 128 characters) within some minutes gives the same one.
    """
    settings = environment(QueriesSettings)
    given: dict[str, Any] = {}
    if texts:  # literals of SQL; an empty list of them is refused
        given["ExecutionParameters"] = ["'{}'".format(text.replace("'", "''")) for text in texts]
    if name is not None:
        given["ClientRequestToken"] = name
    answer = client("athena").start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": settings.athena_database},
        WorkGroup=settings.athena_workgroup,
        **given,
    )
    return answer["QueryExecutionId"]


def rows(query: str) -> list[dict[str, Json]] | None:
    """The query's rows, by column; None while it runs. QueryFailedError, UnknownQueryError."""
    if not has_ended(query):
        return None
    found, token = page(query)
    while token is not None:
        more, token = page(query, token)
        found += more
    return found


def has_ended(query: str) -> bool:
    """Whether the query has come to its end. QueryFailedError, UnknownQueryError."""
    try:
        execution = client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
    except client("athena").exceptions.InvalidRequestException as error:
        raise UnknownQueryError(query) from error
    status = execution["Status"]
    if status["State"] in ("QUEUED", "RUNNING"):
        return False
    if status["State"] != "SUCCEEDED":
        raise QueryFailedError(status.get("StateChangeReason", status["State"]))
    return True


def page(query: str, token: str | None = None, most: int = MAX_ROWS) -> tuple[list[dict[str, Json]], str | None]:
    """The next rows of a query that has ended, by column, and the token that leads on (None: those were the last)."""
    following: Any = {} if token is None else {"NextToken": token}
    answer = client("athena").get_query_results(QueryExecutionId=query, MaxResults=most, **following)
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    data = [row["Data"] for row in answer["ResultSet"]["Rows"]]
    found = [
        {of["Name"]: _read(of["Type"], datum.get("VarCharValue")) for of, datum in zip(columns, row, strict=True)}
        for row in (data if token is not None else data[1:])  # the first row of all is the columns' names
    ]
    return found, answer.get("NextToken")


def _read(type_: str, text: str | None) -> Json:
    return None if text is None else _READERS.get(type_, str)(text)


def result(query: str) -> BinaryIO:
    """The file that a query that has ended has left: CSV, the columns' names first, every value in quotes but for what
    is null. For large answers, which pages of a thousand rows would take hours of. QueryFailedError,
    UnknownQueryError."""
    bucket, key = _left_at(query)
    return client("s3").get_object(Bucket=bucket, Key=key)["Body"]  # type: ignore[return-value]


def forget(query: str) -> None:
    """Deletes what a query has left; what is gone already does not matter."""
    bucket, key = _left_at(query)
    for each in (key, f"{key}.metadata"):
        client("s3").delete_object(Bucket=bucket, Key=each)


def _left_at(query: str) -> tuple[str, str]:
    if not has_ended(query):
        raise QueryFailedError("it has not ended")
    execution = client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
    bucket, _, key = execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    return bucket, key


def last_lake_write(now: Instant) -> Instant | None:
    """When an event of this month or the last was last written to the lake (or merged); None when none was."""
    months = {iso(day)[:7] for day in (now, now - 31 * DAY)}
    return max((written for month in months for written in _writes(month)), default=None)


def _writes(month: str) -> Iterable[Instant]:
    pages = (
        client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=environment(QueriesSettings).lake_bucket, Prefix=f"events/month={month}/")
    )
    return (int(file["LastModified"].timestamp() * 1000) for page in pages for file in page.get("Contents", []))
