"""Cohorts: customers by the month of their first order, and people by the month in which they signed up, and what they
ordered so many months later.

A month that is not over says nothing yet, and what a cohort has not had the time for is not there, rather than zero.
The first month of the shop's history is marked: whoever ordered in it may have ordered before. Months are the shop's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.domain.events import Json

MONTHS = 24
"""That are told one by one, up to the present one; who came before is one row."""
KINDS = ("first_order", "sign_up")
ALL = "all"
SEGMENT = "segment:"


class Sum(NamedTuple):
    """People, their orders, and what is left of these, in hundredths."""

    people: int
    orders: int
    revenue: int


NOTHING = Sum(0, 0, 0)


def number_of(month: str) -> int:
    """Of a month (`2026-11`), or of a day in it."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def month_of(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def first_month(today: str) -> str:
    """The first that is told by itself."""
    return month_of(number_of(today) - MONTHS + 1)


def report(today: str, rows: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Out of the rows of `infra/athena/cohorts.sql`; `today` is the shop's day (`2026-11-24`) up to which events were
    read. By kind and what they are called (`all`, `segment:<id>`), the cohorts."""
    groups: dict[tuple[str, str], dict[str, dict[str, Sum]]] = {}
    for row in rows:
        of = groups.setdefault((str(row["kind"]), str(row["called"])), {})
        counted = Sum(*(int(str(row[name])) for name in Sum._fields))
        of.setdefault(str(row["month"]), {})[str(row["ordered_in"])] = counted
    present = number_of(today)
    began = {kind: min(groups.get((kind, ALL), {"": {}})) for kind in KINDS}
    return {
        "present": month_of(present),
        "groups": [
            {"kind": kind, "called": called, **_group(cohorts, present, began[kind])}
            for (kind, called), cohorts in sorted(groups.items())
        ],
    }


def _group(cohorts: Mapping[str, Mapping[str, Sum]], present: int, began: str) -> dict[str, Json]:
    rows = [_row(month, cohorts[month], present, began) for month in sorted(cohorts)]
    return {"people": sum(row["people"] for row in rows), "rows": rows, "average": _average(rows)}


def _row(month: str, of: Mapping[str, Sum], present: int, began: str) -> dict[str, Any]:
    whole = of.get("", NOTHING)
    cells = []
    spent = 0
    first = number_of(month) if month else present + 1
    for after in range(present - first + 1):
        counted = of.get(month_of(first + after), NOTHING)
        spent += counted.revenue
        cells.append(
            {
                "after": after,
                "people": counted.people,
                "orders": counted.orders,
                "revenue": counted.revenue / 100,
                "revenue_each": round(spent / whole.people) / 100 if whole.people else 0.0,
                "is_over": first + after < present,
            }
        )
    return {
        "month": month or None,
        "begins": month == began,
        "people": whole.people,
        "orders": whole.orders,
        "revenue": whole.revenue / 100,
        "cells": cells,
    }


def _average(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Json]]:
    """By months after, of all cohorts together who have had that long; without that of the history's beginning."""
    sums: dict[int, list[int]] = {}
    for row in rows:
        if row["begins"]:
            continue
        for cell in row["cells"]:
            if cell["is_over"]:
                held = sums.setdefault(cell["after"], [0, 0])
                held[0] += cell["people"]
                held[1] += row["people"]
    return [{"after": after, "people": people, "of": of} for after, (people, of) in sorted(sums.items())]
