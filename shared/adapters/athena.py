"""The lake, read: queries by Athena, and when it was last written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from pydantic import BaseModel

from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.domain.events import DAY, Instant, Json, iso

_READERS: dict[str, Callable[[str], Json]] = {
    **dict.fromkeys(("tinyint", "smallint", "integer", "bigint"), int),
    **dict.fromkeys(("float", "real", "double", "decimal"), float),
    "boolean": lambda text: text == "true",
}
"""How a value is read, by Athena's name of its column's type; all others are texts."""


class QueriesSettings(BaseModel):
    athena_workgroup: str
    athena_database: str
    lake_bucket: str


class QueryFailedError(Exception):
    """Athena could not carry out the query; says why."""


class UnknownQueryError(Exception):
    """Athena knows no query of this id."""


def start(sql: str, texts: Sequence[str] = ()) -> str:
    """Starts a query with `texts` in the places of its question marks; gives its id."""
    settings = environment(QueriesSettings)
    answer = client("athena").start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": settings.athena_database},
        WorkGroup=settings.athena_workgroup,
        # Execution parameters are literals of SQL.
        ExecutionParameters=["'{}'".format(text.replace("'", "''")) for text in texts],
    )
    return answer["QueryExecutionId"]


def rows(query: str) -> list[dict[str, Json]] | None:
    """The query's rows, by column; None while it runs. QueryFailedError, UnknownQueryError."""
    try:
        execution = client("athena").get_query_execution(QueryExecutionId=query)["QueryExecution"]
    except client("athena").exceptions.InvalidRequestException as error:
        raise UnknownQueryError(query) from error
    status = execution["Status"]
    if status["State"] in ("QUEUED", "RUNNING"):
        return None
    if status["State"] != "SUCCEEDED":
        raise QueryFailedError(status.get("StateChangeReason", status["State"]))
    pages = list(client("athena").get_paginator("get_query_results").paginate(QueryExecutionId=query))
    columns = pages[0]["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    _header, *found = (row["Data"] for page in pages for row in page["ResultSet"]["Rows"])
    return [
        {of["Name"]: _read(of["Type"], datum.get("VarCharValue")) for of, datum in zip(columns, row, strict=True)}
        for row in found
    ]


def _read(type_: str, text: str | None) -> Json:
    return None if text is None else _READERS.get(type_, str)(text)


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
