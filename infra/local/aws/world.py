"""The world of one local run: its clock, its one SQLite file, and the list of what is due.

Every stand-in keeps its state here, so a restart continues, time can be turned, and a run repeats exactly.
Instants are whole milliseconds since 1970 (UTC), as in the domain.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS due (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS due_at ON due (at, id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Due:
    """Something that shall happen at an instant; `kind` names who handles it."""

    id: int
    at: int
    kind: str
    payload: dict[str, Any]


class World:
    """One SQLite file, one clock, one lock. Whoever touches the world holds `lock`."""

    def __init__(self, file: Path | str = ":memory:", now: int | None = None) -> None:
        self.lock = threading.RLock()
        self.files = Path(file).parent if str(file) != ":memory:" else None
        if self.files is not None:  # what SQLite makes beside it is as readable as this
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        self.db = sqlite3.connect(str(file), isolation_level=None, check_same_thread=False, cached_statements=1000)
        self.db.executescript(SCHEMA)
        if str(file) != ":memory:":
            self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=OFF")
        self._made: set[tuple[str, ...]] = set()
        stored = self.setting("now")
        self._now = int(stored) if stored is not None else (now if now is not None else wall_clock())
        self._ticking_since: float | None = None

    # ── the clock ──

    def now(self) -> int:
        """The present instant. It stands still unless `tick` has been called; then it runs with real time."""
        if self._ticking_since is None:
            return self._now
        return self._now + int((time.monotonic() - self._ticking_since) * 1000)

    @property
    def ticks(self) -> bool:
        return self._ticking_since is not None

    def tick(self) -> None:
        """From now on time passes by itself, at its real speed."""
        self._now, self._ticking_since = self.now(), time.monotonic()

    def hold(self) -> bool:
        """Has time stand still again; gives whether it was running."""
        ticking = self._ticking_since is not None
        self._now, self._ticking_since = self.now(), None
        return ticking

    def turn(self, instant: int) -> None:
        """Sets the clock forward to `instant`. Time never goes back: an earlier instant changes nothing, and nor does
        the end of the process, since what has been done by then must not come before what is done next."""
        if instant > self.now():
            ticking = self._ticking_since is not None
            self._now, self._ticking_since = instant, time.monotonic() if ticking else None
            self.set_setting("now", str(instant))

    def save_clock(self) -> None:
        self.set_setting("now", str(self.now()))

    # ── what is due ──

    def schedule(self, at: int, kind: str, payload: dict[str, Any]) -> int:
        """Has `kind`'s handler called with `payload` at the instant `at`; gives a number to cancel it by."""
        row = self.db.execute("INSERT INTO due (at, kind, payload) VALUES (?, ?, ?)", (at, kind, json.dumps(payload)))
        return int(row.lastrowid or 0)

    def cancel(self, due_id: int) -> None:
        self.db.execute("DELETE FROM due WHERE id = ?", (due_id,))

    def first_due(self, until: int) -> Due | None:
        """The earliest thing due at or before `until` (first in, first out at one instant). It stays on the list."""
        row = self.db.execute(
            "SELECT id, at, kind, payload FROM due WHERE at <= ? ORDER BY at, id LIMIT 1", (until,)
        ).fetchone()
        return Due(row[0], row[1], row[2], json.loads(row[3])) if row is not None else None

    def next_due(self, until: int) -> Due | None:
        """Takes the earliest thing due at or before `until` off the list."""
        due = self.first_due(until)
        if due is not None:
            self.cancel(due.id)
        return due

    # ── tables, numbers and settings ──

    def with_tables(self, schema: tuple[str, ...]) -> sqlite3.Connection:
        """The database, with what these statements make in it (`CREATE … IF NOT EXISTS`)."""
        if schema not in self._made:
            for statement in schema:
                self.db.execute(statement)
            self._made.add(schema)
        return self.db

    def number(self, name: str, by: int = 1) -> int:
        """The next number of a named sequence, from 1: ids that repeat exactly from run to run."""
        return int(
            self.db.execute(
                "INSERT INTO counters VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = value + ? RETURNING value",
                (name, by, by),
            ).fetchone()[0]
        )

    def setting(self, name: str) -> str | None:
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def set_setting(self, name: str, value: str) -> None:
        self.db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """What is written inside stands as a whole, or, when an exception leaves it, not at all. Nests.

        A write that cannot be made (the disk is full) can take the whole transaction with it, and so can a commit. Then
        nothing stays open, in which later writes would only seem to be stored.
        """
        self.db.execute("SAVEPOINT atomic")
        made = len(self._made)
        try:
            yield
            self.db.execute("RELEASE atomic")
        except BaseException:
            if len(self._made) > made:
                self._made.clear()  # tables that were made inside go, too
            self._undo()
            raise

    def _undo(self) -> None:
        """Back to where the innermost `atomic` began; or to before the outermost, when that place is lost."""
        try:
            self.db.execute("ROLLBACK TO atomic")
            self.db.execute("RELEASE atomic")
        except sqlite3.Error:
            self._made.clear()
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")


def wall_clock() -> int:
    """Real time in milliseconds: read once, when a local run is begun again."""
    return time.time_ns() // 1_000_000
