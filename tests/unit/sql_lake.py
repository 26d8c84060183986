"""A lake in memory: rows as the product writes them, and Athena's SQL on them as the local run carries it out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from infra.local.aws import athena
from shared.domain import facts, lake_rows
from shared.domain.events import Event, Instant
from shared.domain.profiles import Profile
from shared.domain.segments import Definitions

_TYPES = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "array<string>": pa.list_(pa.string()),
}
PASS = "p1"
_connection = duckdb.connect(config={"threads": 1})


def schema(columns: Mapping[str, str], partitions: Iterable[str]) -> pa.Schema:
    return pa.schema(
        [*((name, _TYPES[kind]) for name, kind in columns.items()), *((p, pa.string()) for p in partitions)]
    )


EVENTS = schema(lake_rows.COLUMNS, lake_rows.PARTITIONS)
FACTS = schema(facts.COLUMNS, facts.PARTITIONS)


class Lake:
    """The tables `events` and `facts`, of these contacts' events and profiles at `t`."""

    def __init__(
        self,
        profiles: Iterable[Profile],
        events: Mapping[str, Iterable[Event]],
        definitions: Definitions,
        t: Instant,
    ) -> None:
        asked = facts.asked(definitions)
        told = [lake_rows.row(contact, event) for contact, several in events.items() for event in several]
        exported = [{**row, "pass": PASS} for profile in profiles for row in facts.rows(profile, asked, t)]
        self.tables = {"events": pa.Table.from_pylist(told, EVENTS), "facts": pa.Table.from_pylist(exported, FACTS)}

    def rows(self, sql: str, texts: Sequence[str] = ()) -> list[dict[str, Any]]:
        """The statement's rows, with `texts` for its question marks; refused like in the local run when something in
        it may mean two things."""
        tree = athena._parse(sql)
        assert athena._lint(tree) == []
        for name, table in self.tables.items():
            _connection.register(name, table)
        cursor = _connection.execute(athena.in_duckdb(tree), list(texts))
        names = [each[0] for each in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
