"""How an objective stands, and where it is heading: what is reached by now, what the last weeks say it will come to by
its last day, and one of six words for it, whose meaning does not depend on the numbers.

The forecast takes the weeks to come to be like the last eight whole ones, no two of which need to be alike: how much
they differ among themselves is how wrong it may be (a quasi-Poisson model, of which the variance of a week is estimated
and not taken to be its mean; Student's t, as it is estimated from few). It knows of no season, no trend and no sale
that is planned, and says so. Of a share, the weeks' differences from the share over all of them are taken.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from shared.domain.events import DAY, Json
from shared.domain.reports.objectives import METRICS, Objective

WEEKS = 8
LEAST_WEEKS = 4
"""With fewer nothing is forecast."""
T_95 = {3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365}
"""Student's t at 97.5 %, by degrees of freedom."""
BASE_DAYS = 28
KNOWN = 760 * DAY
"""How long the days are known: of an objective of a year, those of the year before it."""
NONE = "none"
"""What orders came by that nobody had clicked before."""


class Word(StrEnum):
    """AHEAD: even the low end of the forecast reaches the target. ON_TRACK: the forecast does. BEHIND: not even its
    high end. UNKNOWN: the target is between the forecast and its high end, or there is no forecast. REACHED, MISSED:
    it is so, whatever comes; of what can only grow, as soon as it is, and of all else once the last day is over."""

    AHEAD = "ahead"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    UNKNOWN = "cannot_be_said"
    REACHED = "reached"
    MISSED = "missed"


class Sum(NamedTuple):
    """Of a day and a channel: orders whose last stop it was, those of people who had ordered before, what they are
    worth in hundredths; and emails of it that were delivered, and that a person clicked in for the first time."""

    day: date
    channel: str
    orders: int = 0
    repeats: int = 0
    revenue: int = 0
    delivered: int = 0
    clicked: int = 0


def stored(rows: Iterable[Mapping[str, Json]]) -> list[Json]:
    """Of the rows of infra/athena/objectives.sql, each in short: its fields in the order of Sum's."""
    return [[row["day"], row["channel"], *(int(str(row[name])) for name in Sum._fields[2:])] for row in rows]


def read(kept: Iterable[Sequence[Any]]) -> list[Sum]:
    """As `stored` has left them."""
    return [Sum(date.fromisoformat(day), *rest) for day, *rest in kept]


class Part(NamedTuple):
    """What there is of a metric on a day: `done`, and of a rate, of how many."""

    done: float
    of: float = 0


Days = Mapping[date, Part]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of the days from `first` up to and with `last`, whole days of the shop's; a day on which nothing
    happened is in none of the maps. `sizes`: of segments, as each day ended."""

    first: date | None
    last: date
    sums: Sequence[Sum]
    sizes: Mapping[date, Mapping[str, int]]


def figures(sums: Sequence[Sum], sizes: Mapping[str, Mapping[str, int]], last: date) -> Figures:
    """`sizes`: by day, as `2026-11-29`."""
    by_day = {date.fromisoformat(day): of for day, of in sizes.items()}
    return Figures(min((each.day for each in sums), default=None), last, sums, by_day)


class Forecast(NamedTuple):
    """What the value will be at the end, and between what 95 times of a hundred, if the weeks to come are like the
    `weeks` that it is made of."""

    value: float
    low: float
    high: float
    weeks: int


class Contribution(NamedTuple):
    """What came by a channel, by the last click, in the objective's own time."""

    channel: str
    done: float


@dataclass(frozen=True, slots=True)
class Progress:
    """In the metric's unit. `base`, `target`: None where there is none to be worked out, `why` says why. `value`: what
    is reached by now; None before the first day. `even`: where it would be by now, were each day like the other."""

    base: float | None
    target: float | None
    value: float | None
    even: float | None
    forecast: Forecast | None
    word: Word
    why: str
    contributions: tuple[Contribution, ...]
    weekly: tuple[tuple[date, float], ...]


def progress(objective: Objective, figures: Figures) -> Progress:
    kind = METRICS[objective.metric].of
    days, first = _days(objective, figures), _first(objective, figures)
    last = min(figures.last, objective.by)
    base, why = _base(objective, days, first, figures.last)
    target = objective.absolute
    if target is not None:
        why = ""  # it needs no baseline
    elif base is not None and base > 0:
        target = base * (1 + float(objective.percent or 0) / 100)
    elif base is not None:
        why = "The baseline is not above zero, and a share of nothing is nothing: set a number to reach."
    value = _value(kind, days, objective.start, last) if objective.start <= last else None
    length = (objective.by - objective.start).days + 1
    gone = max((last - objective.start).days + 1, 0)
    even = target * gone / length if target is not None and kind == "flow" and value is not None else None
    forecast = None
    if figures.last < objective.by and first is not None:
        forecast = forecast_of(kind, days, first, figures.last, objective, value)
    if figures.last < objective.by and forecast is None:
        why = why or f"There are not {LEAST_WEEKS} whole weeks yet to tell by."
    word = _word(kind, objective, figures.last, target, value, forecast)
    return Progress(
        base, target, value, even, forecast, word, why, _contributions(objective, figures, last),
        tuple(_weekly(kind, days, first, figures.last, 26)),
    )  # fmt: skip


# ── the days of a metric ──


def _days(objective: Objective, figures: Figures) -> dict[date, Part]:
    segment = objective.counted_in
    if segment is not None:
        sizes = {day: of[segment] for day, of in sorted(figures.sizes.items()) if segment in of and day <= figures.last}
        if objective.metric == "members":
            return {day: Part(size) for day, size in sizes.items()}
        before = dict(zip(list(sizes)[1:], sizes.values(), strict=False))
        return {day: Part(sizes[day] - was) for day, was in before.items()}
    found: Counter[date] = Counter()
    of: Counter[date] = Counter()
    for each in figures.sums:
        match objective.metric:
            case "revenue" if each.channel != NONE:
                found[each.day] += each.revenue
            case "orders":
                found[each.day] += each.orders
            case "repeat":
                found[each.day] += each.repeats
                of[each.day] += each.orders
            case "clicks":
                found[each.day] += each.clicked
                of[each.day] += each.delivered
    scale = 100 if objective.metric == "revenue" else 1
    return {day: Part(found[day] / scale, of[day]) for day in found.keys() | of.keys() if day <= figures.last}


def _first(objective: Objective, figures: Figures) -> date | None:
    """Since when there is something to go by."""
    if objective.counted_in is None:
        return figures.first
    known = sorted(_days(objective, figures))
    return known[0] if known else None


def _value(kind: str, days: Days, first: date, last: date) -> float | None:
    """Of the days from `first` to `last`; None: of a rate, of nothing, and of a size, of no day."""
    parts = [part for day, part in days.items() if first <= day <= last]
    match kind:
        case "flow":
            return math.fsum(part.done for part in parts)
        case "rate":
            whole = math.fsum(part.of for part in parts)
            return 100 * math.fsum(part.done for part in parts) / whole if whole else None
    known = [day for day in days if day <= last]
    return days[max(known)].done if known else None


def _base(objective: Objective, days: Days, first: date | None, last: date) -> tuple[float | None, str]:
    """What the objective is measured against, and why there is none: of a flow, as much as it would be in as many days
    as the objective has."""
    kind = METRICS[objective.metric].of
    if objective.baseline == "last_year":
        begin, end, of = _year_before(objective.start), _year_before(objective.by), "of a year ago"
    else:
        end = min(objective.start - timedelta(days=1), last)
        begin, of = end - timedelta(days=BASE_DAYS - 1), "of 28 days to begin with"
    if first is None or first > (end if kind == "size" else begin):
        return None, f"There are no figures {of}."
    found = _value(kind, days, begin, end)
    if found is None:
        return None, f"There are no figures {of}."
    if kind == "flow":
        found *= ((objective.by - objective.start).days + 1) / ((end - begin).days + 1)
    return found, ""


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


# ── the forecast ──


def _weekly(kind: str, days: Days, first: date | None, last: date, most: int) -> list[tuple[date, float]]:
    """The whole weeks up to the last day, the oldest first, each by its first day: its sum, its share in percent, or
    the size at its end. A week of a share that has nothing to be a share of is left out."""
    found = []
    for n in range(most, 0, -1):
        begin = last - timedelta(days=7 * n - 1)
        if first is not None and begin >= first:
            value = _value(kind, days, begin, begin + timedelta(days=6))
            if value is not None:
                found.append((begin, value))
    return found


def forecast_of(
    kind: str, days: Days, first: date, last: date, objective: Objective, value: float | None
) -> Forecast | None:
    """None: there are fewer than LEAST_WEEKS whole weeks, or of a rate, nothing it could be a share of."""
    weeks = min(WEEKS, ((last - first).days + (0 if kind == "size" else 1)) // 7)
    if weeks < LEAST_WEEKS:
        return None
    parts = [
        _week(kind, days, last - timedelta(days=7 * n), last - timedelta(days=7 * (n - 1))) for n in range(weeks, 0, -1)
    ]
    begins = max(objective.start, last + timedelta(days=1))
    left = ((objective.by - begins).days + 1) / 7
    ahead = (objective.by - last).days / 7
    if kind != "rate":
        mean = math.fsum(part.done for part in parts) / weeks
        spread = math.sqrt(math.fsum((part.done - mean) ** 2 for part in parts) / (weeks - 1))
        over = ahead if kind == "size" else left
        now = value if kind == "flow" else _value(kind, days, last, last)
        middle = (now or 0.0) + mean * over
        half = T_95[weeks - 1] * spread * math.sqrt(over + over * over / weeks)
        return Forecast(max(middle, 0.0), max(middle - half, 0.0), max(middle + half, 0.0), weeks)
    of = math.fsum(part.of for part in parts)
    if not of:
        return None
    share = math.fsum(part.done for part in parts) / of
    spread = math.sqrt(math.fsum((part.done - share * part.of) ** 2 for part in parts) / (weeks - 1))
    so_far = [part for day, part in days.items() if objective.start <= day <= last]
    done, had = math.fsum(part.done for part in so_far), math.fsum(part.of for part in so_far)
    whole = had + of / weeks * left
    middle = 100 * (done + share * of / weeks * left) / whole
    half = 100 * T_95[weeks - 1] * spread * math.sqrt(left + left * left / weeks) / whole
    return Forecast(middle, max(middle - half, 0.0), min(middle + half, 100.0), weeks)


def _week(kind: str, days: Days, before: date, last: date) -> Part:
    """Of the seven days after `before`; of a size, by how much it has changed."""
    if kind == "size":
        return Part((_value(kind, days, last, last) or 0.0) - (_value(kind, days, before, before) or 0.0))
    parts = [part for day, part in days.items() if before < day <= last]
    return Part(math.fsum(part.done for part in parts), math.fsum(part.of for part in parts))


# ── the word ──


def _word(
    kind: str, objective: Objective, last: date, target: float | None, value: float | None, forecast: Forecast | None
) -> Word:
    if target is None:
        return Word.UNKNOWN
    if last >= objective.by:
        return Word.REACHED if value is not None and value >= target else Word.MISSED
    if objective.metric in ("revenue", "orders") and value is not None and value >= target:
        return Word.REACHED
    if forecast is None:
        return Word.UNKNOWN
    if forecast.low >= target:
        return Word.AHEAD
    if forecast.high < target:
        return Word.BEHIND
    return Word.ON_TRACK if forecast.value >= target else Word.UNKNOWN


SAID: Mapping[Word, str] = {
    Word.AHEAD: "Ahead: even the low end of the forecast reaches it.",
    Word.ON_TRACK: "On track: as the last weeks were, it is reached.",
    Word.BEHIND: "Behind: not even the high end of the forecast reaches it.",
    Word.UNKNOWN: "It cannot be said yet.",
    Word.REACHED: "Reached.",
    Word.MISSED: "Missed.",
}


def said(found: Progress) -> str:
    """The word as a sentence, with the reason where nothing can be said."""
    if found.word is not Word.UNKNOWN:
        return SAID[found.word]
    if found.why:
        return f"{SAID[Word.UNKNOWN]} {found.why}"
    return f"{SAID[Word.UNKNOWN]} As the last weeks were, it falls short, but by no more than weeks differ."


def _contributions(objective: Objective, figures: Figures, last: date) -> tuple[Contribution, ...]:
    found: Counter[str] = Counter()
    for each in figures.sums:
        if objective.start <= each.day <= last and each.channel != NONE:
            match objective.metric:
                case "revenue":
                    found[each.channel] += each.revenue
                case "orders":
                    found[each.channel] += each.orders
                case "repeat":
                    found[each.channel] += each.repeats
                case "clicks":
                    found[each.channel] += each.clicked
    scale = 100 if objective.metric == "revenue" else 1
    return tuple(
        Contribution(name, n / scale) for name, n in sorted(found.items(), key=lambda each: (-each[1], each[0])) if n
    )
