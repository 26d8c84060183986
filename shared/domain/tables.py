"""Tables that people take away as CSV files, and open in a spreadsheet.

A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break is a formula to Excel, LibreOffice and Google Sheets,
and may fetch or run what its writer likes: somebody who signs up as `=HYPERLINK(…)` writes into the shop's computer. So
such a text gets an apostrophe before it (https://owasp.org/www-community/attacks/CSV_Injection), and an import takes it
off again. Numbers of ours are no texts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from types import SimpleNamespace

from shared.domain.events import Json

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
APOSTROPHE = "'"


def as_csv(rows: Iterable[Sequence[Json]]) -> str:
    """Rows as RFC 4180 has them: commas, and CR LF behind each."""
    written: list[str] = []
    csv.writer(SimpleNamespace(write=written.append)).writerows([cell(value) for value in row] for row in rows)
    return "".join(written)


def cell(value: Json) -> str:
    """A value as it is written, a list with `; ` between; a text that would be a formula with an apostrophe."""
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return str(value)
    return f"{APOSTROPHE}{value}" if value.startswith(DANGEROUS) else value


def without_apostrophe(text: str) -> str:
    """What a cell said before `cell` made it harmless."""
    bare = text.removeprefix(APOSTROPHE)
    return bare if bare != text and bare.startswith(DANGEROUS) else text
