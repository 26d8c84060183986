"""The committed queries, each with its parts: they mean the same in Athena as here, and take what their headers say."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest

from infra.local.aws import athena
from infra.local.aws.athena import lint
from shared.adapters.queries import FILES, question
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import shop

NAMES = sorted(each.stem for each in FILES.glob("*.sql"))
SCORES = pa.schema(
    [(name, pa.string()) for name in ("contact", "told", "band", "score")]
    + [
        ("contact_number", pa.int64()),
        ("value", pa.float64()),
        ("rank", pa.int64()),
        ("reasons", pa.list_(pa.string())),
    ]
)
OVER = (1_790_000_000_000, 1_795_000_000_000)


@pytest.mark.parametrize("name", NAMES)
def test_a_query_means_the_same_in_athena(name: str) -> None:
    assert lint(question(name, over=OVER).sql) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_query_says_what_it_is_given(name: str) -> None:
    """A header of its own; and each part is given the two parameters that all parts have."""
    text = (FILES / f"{name}.sql").read_text(encoding="utf-8")
    assert text.startswith("-- ")
    assert ("-- Parameter" in text) == (marks(here(text)) > 0)
    asked = question(name, *["x"] * given(name), over=OVER)
    assert marks(asked.sql) == len(asked.texts)


def here(text: str) -> str:
    """With the parts that stand in its middle, and in theirs."""
    return re.sub(
        r"^-- Here: (\w+)\.$",
        lambda found: here((FILES / f"parts/{found[1]}.sql").read_text("utf-8")),
        text,
        flags=re.M,
    )


def marks(sql: str) -> int:
    return re.sub(r"--.*", "", sql).count("?")


def given(name: str) -> int:
    """How many parameters a query takes: of one behind another, that one's come first."""
    text = (FILES / f"{name}.sql").read_text(encoding="utf-8")
    behind = re.search(r"^-- Behind: (\w+)\.$", text, re.M)
    if behind is None:
        return marks(here(text))
    counting = (FILES / f"{behind[1]}.sql").read_text(encoding="utf-8")
    return marks(re.split(r"^SELECT", here(counting), maxsplit=1, flags=re.M)[0]) + marks(text)


@pytest.mark.parametrize("file", sorted(FILES.glob("parts/*.sql")), ids=lambda each: each.stem)
def test_every_part_that_reads_events_takes_a_month_and_an_instant(file: Path) -> None:
    """What stands in the middle of a query reads none, and is given what the query says."""
    text = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
    asking = [each.strip() for each in re.findall(r"^.*\?.*$", text, re.M)]
    in_the_middle = any(f"-- Here: {file.stem}." in each.read_text(encoding="utf-8") for each in FILES.glob("*.sql"))
    assert in_the_middle or asking in ([], ["month >= ?", "AND time <= CAST(? AS DOUBLE)"])
    assert ("FROM events" in text) == (asking[:1] == ["month >= ?"])


@pytest.mark.parametrize("name", ["arms", "holdout", "experiment"])
def test_what_somebody_spent_since_they_came_is_said_once(name: str) -> None:
    """Of an order at the very instant, too: no query has a sign of its own."""
    assert "placed_at" not in (FILES / f"{name}.sql").read_text(encoding="utf-8")
    assert "-- Here:" not in question(name, *["1"] * given(name), over=OVER).sql


def test_parts_are_read_from_a_month_on_and_up_to_an_instant() -> None:
    asked = question("rates", "2026-09-21", "1", "1", over=OVER)
    assert asked.texts == ("2026-09", "1795000000000", "2026-09", "1795000000000", "2026-09-21", "1", "1")
    assert question("month", "2026-09").texts == ("2026-09",)
    with pytest.raises(ValueError, match="rates has parts"):
        question("rates", "2026-09-21", "1", "1")


def test_what_an_order_is_stands_nowhere_else() -> None:
    telling = [each.name for each in FILES.rglob("*.sql") if "'order_completed'" in each.read_text(encoding="utf-8")]
    assert telling == ["orders.sql"]


@pytest.mark.parametrize("name", NAMES)
def test_a_query_is_answered_over_a_lake_in_which_nothing_is_yet(name: str) -> None:
    """With its parts: what one of them calls something, another may call something, too."""
    asked = question(name, *["1"] * given(name), over=OVER)
    lake = Lake([], {}, shop([]), OVER[1])
    lake.tables["scores"] = SCORES.empty_table()
    lake.rows(athena._bound(asked.sql, [f"'{each}'" for each in asked.texts]))
