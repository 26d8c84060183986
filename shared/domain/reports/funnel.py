"""The way from sign-up to the second order: how many of those who have had so many days came how far in them.

Whoever signed up later is waiting, and in none of the shares: a young month looks no worse than it is. Each step is
counted by itself: a first order needs no click before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.domain.events import Json

WINDOWS = (30, 90, 180, 365)
"""Days after the sign-up (as in `infra/athena/funnel.sql`)."""
STEPS = ("confirmed", "clicked", "ordered", "again")
_COUNTS = ("people", "customers", "ready", *STEPS)


def report(months: Iterable[Mapping[str, Json]], days: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """Out of the rows of `infra/athena/funnel.sql` and `funnel_days.sql`. By window: all sign-ups, and those of each
    month (the shop's), the newest first."""
    rows = [{name: int(str(row[name])) for name in (*_COUNTS, "days")} | {"month": row["month"]} for row in months]
    took: dict[tuple[str, int], dict[int, int]] = {}
    for row in days:
        step, within = str(row["step"]), int(str(row["within"]))
        took.setdefault((step, within), {})[int(str(row["days"]))] = int(str(row["people"]))
    windows: list[Json] = []
    for window in WINDOWS:
        of = [row for row in rows if row["days"] == window]
        whole = {name: sum(int(str(row[name])) for row in of) for name in _COUNTS}
        medians = {f"{step}_days": median(took.get((step, window), {})) for step in STEPS}
        told = [_waiting(row) for row in sorted(of, key=lambda row: str(row["month"]), reverse=True)]
        windows.append({"days": window, **_waiting(whole), **medians, "months": told})
    return {"windows": windows}


def _waiting(counted: Mapping[str, Json]) -> dict[str, Json]:
    """With those who have not had their days yet."""
    waiting = int(str(counted["people"])) - int(str(counted["ready"]))
    return {**{name: counted[name] for name in counted if name != "days"}, "waiting": waiting}


def median(counts: Mapping[int, int]) -> float | None:
    """Of numbers that are there so often; None: of none."""
    total = sum(counts.values())
    if total == 0:
        return None
    wanted = {(total - 1) // 2, total // 2}
    found: list[int] = []
    before = 0
    for number, n in sorted(counts.items()):
        found += [number for each in sorted(wanted) if before <= each < before + n]
        before += n
    return sum(found) / len(found)
