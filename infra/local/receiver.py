"""The shop's own webhooks as the local run has them: nobody is called, and what they would be told is kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from infra.local.aws.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS webhook_calls (
        time INTEGER NOT NULL, url TEXT NOT NULL, headers TEXT NOT NULL, body BLOB NOT NULL
    )""",
)


class Called(NamedTuple):
    time: int
    url: str
    headers: dict[str, str]
    body: bytes


def post(world: World, url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Takes what is sent to any address (`webhooks.Post`)."""
    row = (world.now(), url, json.dumps(dict(headers)), body)
    _db(world).execute("INSERT INTO webhook_calls VALUES (?, ?, ?, ?)", row)
    return 200


def called(world: World) -> list[Called]:
    """All that was told, in order."""
    rows = _db(world).execute("SELECT time, url, headers, body FROM webhook_calls ORDER BY rowid")
    return [Called(time, url, json.loads(headers), body) for time, url, headers, body in rows]


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)
