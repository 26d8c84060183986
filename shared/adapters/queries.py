"""The committed queries (`infra/athena`), put together: what an order is, and what came of emails, is said once there,
in `parts/`, and stands in front of each query that counts them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from shared.domain.events import Instant
from shared.domain.lake_rows import month_of

FILES = Path(__file__).parents[2] / "infra" / "athena"
"""infra/artefacts/build.py puts them into the deployed layer at the same place."""
_PARTS = re.compile(r"^-- Parts: ([a-z, ]+)\.$", re.MULTILINE)


class Question(NamedTuple):
    """What `athena.start` takes: the query, and the texts in the places of its question marks."""

    sql: str
    texts: tuple[str, ...] = ()


def question(name: str, *texts: str, over: tuple[Instant, Instant] | None = None) -> Question:
    """The query in `infra/athena/<name>.sql`, behind the parts that it names in its header, with its own parameters.

    `over`: the instant from whose month (UTC) on, and the one up to which, the parts read events; a query with parts
    asks for it.
    """
    parts, sql = _put_together(name)
    if not parts:
        return Question(sql, texts)
    if over is None:
        raise ValueError(f"{name} has parts: say over which time they are read")
    return Question(sql, ((month_of(over[0]), str(over[1])) * parts) + texts)


@cache
def _put_together(name: str) -> tuple[int, str]:
    """How many parts there are, and the whole."""
    own = (FILES / f"{name}.sql").read_text(encoding="utf-8")
    named = _PARTS.search(own)
    if named is None:
        return 0, own
    parts = [(FILES / "parts" / f"{each}.sql").read_text(encoding="utf-8") for each in named[1].split(", ")]
    common = ",\n\n".join(part.rstrip() for part in parts)
    header = re.match(r"(?:--.*\n)*", own)[0]  # type: ignore[index]
    query = own.removeprefix(header)
    more = query.removeprefix("WITH ")
    return len(parts), f"{header}WITH\n{common}{'' if more == query else ','}\n\n{more}"
