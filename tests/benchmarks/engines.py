"""Databases that a benchmark asks, each in processes of its own: seconds, processor seconds and memory of each.

Run as a program this is the process of DuckDB or chdb, which the benchmark talks to (a line of JSON, a line back); as
it needs nothing but the engine, chdb's may be another Python's.
"""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

THREADS = 2


@dataclass
class Use:
    """What an engine took from its start to its end."""

    seconds: float = 0
    """Of its queries alone, one after the other."""
    cpu: float = 0
    """Processor seconds of all its processes, its start and end included."""
    peak: int = 0
    """Bytes of memory at the most, of the largest of its processes."""
    answers: list[list[Any]] = field(default_factory=list)
    """The row that each query gave."""
    each: list[float] = field(default_factory=list)


class Engine(Protocol):
    @property
    def name(self) -> str: ...

    def missing(self) -> str | None:
        """Why it cannot be had here, or None."""

    def use(self, statements: Sequence[str], budget: float | None = None) -> Use:
        """Starts it, asks it each statement, ends it. Once `budget` seconds are over no other statement is begun."""


# ── DuckDB and chdb: a process that is talked to ──


@dataclass(frozen=True)
class Embedded:
    name: str
    module: str
    store: Path
    """A file or a directory of its own; `:memory:` for none."""
    python: str = sys.executable
    settings: tuple[str, ...] = ()

    def missing(self) -> str | None:
        tried = subprocess.run([self.python, "-c", f"import {self.module}"], capture_output=True, check=False)
        return None if tried.returncode == 0 else f"this Python has no {self.module} (uv pip install --group bench)"

    def use(self, statements: Sequence[str], budget: float | None = None) -> Use:
        process = subprocess.Popen(
            [self.python, __file__, self.module, str(self.store)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None and process.stdout is not None
        use = Use()
        for number, statement in enumerate([*self.settings, *statements]):
            if budget is not None and use.seconds > budget:
                break
            process.stdin.write(json.dumps(statement) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline() or "null")
            if answer is None:
                raise RuntimeError(f"{self.name} ended at: {statement[:300]}")
            if number >= len(self.settings):
                _note(use, answer["seconds"], answer["row"])
        process.stdin.close()
        _end(process, use)
        return use


def _note(use: Use, seconds: float, row: list[Any]) -> None:
    use.seconds += seconds
    use.each.append(seconds)
    use.answers.append(row)


def _end(process: subprocess.Popen[Any], use: Use) -> None:
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    use.cpu, use.peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def _serve(module: str, store: str) -> None:
    ask = {"duckdb": _duckdb, "chdb": _chdb}[module](store)
    for line in sys.stdin:
        began = time.perf_counter()
        row = ask(json.loads(line))
        sys.stdout.write(json.dumps({"seconds": time.perf_counter() - began, "row": row}) + "\n")
        sys.stdout.flush()


def _duckdb(store: str) -> Any:
    import duckdb

    connection = duckdb.connect(store, config={"threads": str(THREADS), "autoinstall_known_extensions": "false"})
    connection.execute("SET enable_progress_bar = false")  # it would be written among the answers
    return lambda statement: list(connection.execute(statement).fetchone() or ())


def _chdb(store: str) -> Any:
    from chdb import session

    opened = session.Session(store)
    opened.query(f"SET max_threads = {THREADS}")

    def ask(statement: str) -> list[Any]:
        answer = str(opened.query(statement, "JSONCompactEachRow")).splitlines()
        return json.loads(answer[0]) if answer else []

    return ask


# ── PostgreSQL: a cluster of its own ──


@dataclass(frozen=True)
class PostgreSQL:
    store: Path
    memory: dict[str, str]
    """Settings of memory: `shared_buffers`, `work_mem`, `maintenance_work_mem`."""
    name: str = "PostgreSQL"

    def missing(self) -> str | None:
        if self._programs is None:
            return "no initdb of PostgreSQL (Debian's package `postgresql`)"
        if os.geteuid() == 0 and self._owner is None:
            return "it does not run as root, and there is no user `postgres`"
        return None

    @property
    def _programs(self) -> Path | None:
        found = shutil.which("initdb")
        beside = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        return Path(found).resolve().parent if found else beside[-1].parent if beside else None

    @property
    def _owner(self) -> str | None:
        """Whom it runs as, when we are root."""
        if os.geteuid() != 0:
            return None
        with suppress(KeyError):
            return pwd.getpwnam("postgres").pw_name
        return None

    def version(self) -> str:
        assert self._programs is not None
        said = subprocess.run([self._programs / "postgres", "--version"], capture_output=True, text=True, check=True)
        return said.stdout.split()[2]

    def create(self) -> None:
        assert self._programs is not None
        self.store.mkdir(parents=True)
        if self._owner:
            shutil.chown(self.store, self._owner)
            for above in self.store.parents:
                if not above.stat().st_mode & 0o001:
                    above.chmod(above.stat().st_mode | 0o011)
        initdb = [self._programs / "initdb", "-D", self.store, "-A", "trust", "-U", "postgres", "--no-sync"]
        subprocess.run([*initdb, "-E", "UTF8", "--locale=C"], user=self._owner, check=True, capture_output=True)

    def use(self, statements: Sequence[str], budget: float | None = None) -> Use:
        use = Use()
        server = self._start()
        try:
            for statement in statements:
                if budget is not None and use.seconds > budget:
                    break
                seconds, row = self._ask(statement)
                _note(use, seconds, row)
        finally:
            server.terminate()
            _end(server, use)
        return use

    def load(self, before: Sequence[str], rows: Mapping[str, str], after: Sequence[str]) -> Use:
        """Makes tables, fills them, and indexes them. `rows` has for each table a SELECT of DuckDB's."""
        use = Use()
        server = self._start()
        try:
            for statement in before:
                self._ask(statement)
            for table, select in rows.items():
                copy = f"COPY ({select}) TO '/dev/stdout' (FORMAT csv, HEADER false)"
                program = f"import duckdb; duckdb.execute('SET enable_progress_bar = false'); duckdb.execute({copy!r})"
                with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as maker:
                    _note(use, *self._ask(f"COPY {table} FROM STDIN (FORMAT csv)", maker.stdout))
            for statement in after:
                _note(use, *self._ask(statement))
        finally:
            server.terminate()
            _end(server, use)
        return use

    def _start(self) -> subprocess.Popen[bytes]:
        assert self._programs is not None
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.store),
            "max_parallel_workers_per_gather": str(THREADS),
            "max_wal_size": "20GB",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "fsync": "off",
            "jit": "off",
            **self.memory,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = (self.store.parent / "postgresql.log").open("ab")
        server = subprocess.Popen(
            [self._programs / "postgres", "-D", self.store, *options], user=self._owner, stdout=log, stderr=log
        )
        for _ in range(600):
            ready = subprocess.run(
                [self._programs / "pg_isready", "-q", "-h", self.store], capture_output=True, check=False
            )
            if ready.returncode == 0:
                return server
            time.sleep(0.1)
        server.kill()
        raise RuntimeError("PostgreSQL does not start: see postgresql.log beside its directory")

    def _ask(self, statement: str, rows: Any = None) -> tuple[float, list[Any]]:
        """`rows` is a stream for a COPY … FROM STDIN."""
        assert self._programs is not None
        asked = subprocess.run(
            [
                self._programs / "psql", "-XqAt", "-h", self.store, "-U", "postgres", "-v", "ON_ERROR_STOP=1",
                "-c", "\\timing on", "-c", statement,
            ],
            stdin=rows, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if asked.returncode:
            raise RuntimeError(f"PostgreSQL: {asked.stderr}")
        *lines, timing = asked.stdout.splitlines()
        return float(timing.split()[1]) / 1000, lines[0].split("|") if lines else []


if __name__ == "__main__":
    _serve(*sys.argv[1:])
