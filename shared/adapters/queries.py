"""The committed queries (`infra/athena`), put together: what an order is, and what came of emails, is said once there,
in `parts/`, and stands in front of each query that counts them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from shared.adapters.definitions import shop_zone
from shared.domain.calendars import ahead_of_utc
from shared.domain.events import DAY, Instant, parse_instant
from shared.domain.lake_rows import month_of

FILES = Path(__file__).parents[2] / "infra" / "athena"
"""infra/artefacts/build.py puts them into the deployed layer at the same place."""
_DAY_OF = re.compile(r"\bDAY_OF\(([\w.]+)\)")
_PARTS = re.compile(r"^-- Parts: ([a-z_, ]+)\.$", re.MULTILINE)
_BEHIND = re.compile(r"^-- Behind: ([a-z_]+)\.$", re.MULTILINE)
_HERE = re.compile(r"^-- Here: ([a-z_]+)\.$(\s*SELECT\b)?", re.MULTILINE)
_LAST_SELECT = re.compile(r"^SELECT\b", re.MULTILINE)


class Question(NamedTuple):
    """What `athena.start` takes: the query, and the texts in the places of its question marks."""

    sql: str
    texts: tuple[str, ...] = ()


def question(name: str, *texts: str, over: tuple[Instant, Instant] | None = None) -> Question:
    """The query in `infra/athena/<name>.sql`, behind the parts that it names in its header, with its own parameters.

    One that stands behind another query (`-- Behind: forms.`) lists the people behind a number of that one's: it is
    given that one's parts, all of it but its last SELECT, and its parameters, before its own. Of each contact it says
    `n`, what of the number is theirs; `parts/listed.sql` makes the list of that.

    A part that asks for a step of the query's own stands where a line in it says so (`-- Here: spent.`), and its
    parameters among the query's.

    `over`: the instant from whose month (UTC) on, and the one up to which, the parts read events; a query with parts
    asks for it. `DAY_OF(column)` in one is the shop's day that the instant in the column is in, `2026-11-24`: the
    engines need know no zones, and say the same days as the shop's other counters.
    """
    parts, sql = _put_together(name)
    if not parts:
        return Question(sql, texts)
    if over is None:
        raise ValueError(f"{name} has parts: say over which time they are read")
    month, until = month_of(over[0]), over[1]
    stood = ahead_of_utc(parse_instant(f"{month}-01"), until, shop_zone())
    in_days = _DAY_OF.sub(lambda found: day_of(found[1], stood), sql)
    return Question(in_days, ((month, str(until)) * parts) + texts)


def day_of(column: str, stood: Sequence[tuple[Instant, int]]) -> str:
    """An expression for the day that an instant is in, by how far ahead of UTC the clocks have stood from when on."""
    *before, (_, ahead) = stood
    cases = " ".join(f"WHEN {column} < {until} THEN {by}" for (_, by), (until, _) in pairwise(stood))
    local = f"{column} + {f'CASE {cases} ELSE {ahead} END' if before else ahead}"
    days = f"CAST(FLOOR(CAST({local} AS DOUBLE) / {DAY}) AS BIGINT)"
    return f"CAST(CAST(DATE_ADD('day', {days}, DATE '1970-01-01') AS DATE) AS VARCHAR)"


@cache
def _put_together(name: str) -> tuple[int, str]:
    """How many of its parts read events, and the whole."""
    header, query = _read(f"{name}.sql")
    behind = _BEHIND.search(header)
    of, counting = (header, "") if behind is None else _read(f"{behind[1]}.sql")
    named = _PARTS.search(of)
    parts = [] if named is None else [_read(f"parts/{each}.sql")[1] for each in named[1].split(", ")]
    steps = parts
    if behind is not None:
        steps = [*parts, _steps(counting[: _LAST_SELECT.search(counting).start()]), f"behind AS (\n{query.rstrip()}\n)"]  # type: ignore[union-attr]
        query = _read("parts/listed.sql")[1]
    if not any(steps):
        return 0, header + query
    before = ",\n\n".join(each for each in map(_steps, steps) if each)
    own = query.removeprefix("WITH ")
    reading = sum("month >= ?" in part for part in parts)
    return reading, f"{header}WITH\n{before}{'' if own == query else ','}\n\n{own}"


def _read(file: str) -> tuple[str, str]:
    """Its comments at the head, and what stands behind them."""
    text = (FILES / file).read_text(encoding="utf-8")
    header = re.match(r"(?:--.*\n)*", text)[0]  # type: ignore[index]
    return header, _HERE.sub(_steps_of, text.removeprefix(header))


def _steps_of(here: re.Match[str]) -> str:
    """The part that is to stand there, before more steps or the SELECT."""
    part, select = _read(f"parts/{here[1]}.sql")[1].rstrip(), here[2]
    return f"{part}," if select is None else f"{part}{select}"


def _steps(sql: str) -> str:
    """Of a query, or a part of one, what stands between WITH and its SELECT."""
    return sql.removeprefix("WITH ").rstrip().rstrip(",")
