"""Attribution: how the revenue of orders is divided among the emails that people clicked in before they ordered.

An order's path are the channels (a campaign, a journey, a pool of coupon codes) that the contact came by within a
window before it. Six models divide what the order is worth; they differ in nothing but the shares. Whatever the model,
an order's revenue goes to channels on its own path and to no other, so that the orders behind a figure can be shown,
and what the channels have adds up to what the orders are worth, to the hundredth (largest remainder). Orders without
a path are "none".

The data-driven model is the absorbing Markov chain of Anderl, Becker, von Wangenheim and Schumann (2016, "Mapping the
customer journey", International Journal of Research in Marketing 33): states are the channels, the beginning, the
order and the end without one. A channel's removal effect is the share of orders that the chain would lose if whoever
comes to the channel stopped there. The paper divides the sum of all orders by these; here each order is divided by
those of the channels on its path.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from shared.domain.events import Json

WINDOWS: Mapping[int, int] = {5: 2, 30: 7}
"""Days within which an email counts that was clicked in before an order: by each, the half-life of time-decay, in
days."""
PERIODS = (30, 90, 365)
"""Days whose orders are looked at."""
MAX_STOPS = 20
"""Of a path, the newest (infra/athena/attribution.sql)."""
MAX_CHANNELS = 200
"""That are told apart; of more, those with fewest stops are one, OTHERS."""
OTHERS = "other:channels"
FIRST, MIDDLE, LAST = 40, 20, 40
"""Of a hundred, what the position-based model gives the first stop, all between together, and the last."""


class Stop(NamedTuple):
    """An email that was clicked in, or a code that was redeemed: of which channel, and so many whole `days` before the
    order."""

    channel: str
    days: int = 0


class Path(NamedTuple):
    """The stops that so many `orders` had before them, the oldest first, and what these are worth together, in
    hundredths. No stops: nobody clicked before."""

    stops: tuple[Stop, ...]
    orders: int
    revenue: int


class Lost(NamedTuple):
    """Channels that contacts came by, the oldest first, without an order in the window after them: so many `times`."""

    channels: tuple[str, ...]
    times: int


Shares = Callable[[Sequence[Stop]], Mapping[str, float]]
"""Of the stops of a path, what part of an order each channel has; all of them are 1."""


def first_days(today: date) -> tuple[date, ...]:
    """On which days the last 365, 90 and 30 begin, today included."""
    return tuple(today - timedelta(days=period - 1) for period in reversed(PERIODS))


def read(rows: Iterable[Mapping[str, Json]], period: int) -> tuple[list[Path], list[Lost]]:
    """Of the rows of infra/athena/attribution.sql, those of the last `period` days."""
    paths, lost = [], []
    for row in rows:
        if int(str(row["period"])) <= period:
            stops, orders = _stops(row["path"]), int(str(row["orders"]))
            if row["came_to"] == "lost":
                lost.append(Lost(tuple(stop.channel for stop in stops), orders))
            else:
                paths.append(Path(stops, orders, int(str(row["revenue"]))))
    return paths, lost


def _stops(told: Json) -> tuple[Stop, ...]:
    """Of a path as Athena writes an array: `[campaign:spring@3, journey:welcome@0]`."""
    parts = [each for each in str(told or "").strip("[]").split(", ") if each]
    return tuple(Stop(channel, int(days)) for channel, _, days in (each.rpartition("@") for each in parts))


# ── the models ──


def first(stops: Sequence[Stop]) -> dict[str, float]:
    return {stops[0].channel: 1.0}


def last(stops: Sequence[Stop]) -> dict[str, float]:
    return {stops[-1].channel: 1.0}


def linear(stops: Sequence[Stop]) -> dict[str, float]:
    return {channel: n / len(stops) for channel, n in Counter(stop.channel for stop in stops).items()}


def position_based(stops: Sequence[Stop]) -> dict[str, float]:
    """Of one stop all; of two, half each."""
    if len(stops) < 3:
        return linear(stops)
    between = MIDDLE / (len(stops) - 2)
    return _together(stops, [FIRST, *[between] * (len(stops) - 2), LAST])


def time_decay(stops: Sequence[Stop], half_life: int) -> dict[str, float]:
    """A stop that is `half_life` days older weighs half as much."""
    newest = min(stop.days for stop in stops)
    return _together(stops, [2.0 ** ((newest - stop.days) / half_life) for stop in stops])


def data_driven(stops: Sequence[Stop], effects: Mapping[str, float]) -> dict[str, float]:
    """By the removal effects of the channels on the path, however often it comes by each."""
    channels = list(dict.fromkeys(stop.channel for stop in stops))
    return _together([Stop(each) for each in channels], [effects[each] for each in channels])


def _together(stops: Sequence[Stop], weights: Sequence[float]) -> dict[str, float]:
    whole = math.fsum(weights)
    several: dict[str, list[float]] = defaultdict(list)
    for stop, weight in zip(stops, weights, strict=True):
        several[stop.channel].append(weight / whole)
    return {channel: math.fsum(each) for channel, each in several.items()}


# ── the Markov chain ──

START = "start"
"""Where every path begins; no channel is called so, since their names have a colon."""


def removal_effects(paths: Iterable[Path], lost: Iterable[Lost]) -> dict[str, float]:
    """Of each channel, the share of all orders that would be lost if whoever comes to it stopped there.

    Whoever is lost that way has been at the channel, and would have ordered from there on: the chance to come to it at
    all, times the chance to order from it. Both come from the fundamental matrix, so that one inversion does for all
    channels (and a chain with the channel taken out gives the same; the tests do it that way)."""
    steps, orders_from = _steps(paths, lost)
    channels = sorted({channel for channel in steps if channel != START})
    place = {channel: n for n, channel in enumerate(channels)}
    left = {state: sum(after.values()) + sum(orders_from[state]) for state, after in steps.items()}
    # I - Q: its inverse says how often one is at each channel, begun at another.
    matrix = [[float(row == column) for column in range(len(channels))] for row in range(len(channels))]
    for channel in channels:
        for after, times in steps[channel].items():
            matrix[place[channel]][place[after]] -= times / left[channel]
    visits = _inverse(matrix)
    ordering = [orders_from[channel][0] / left[channel] for channel in channels]
    chance = [math.fsum(often * p for often, p in zip(row, ordering, strict=True)) for row in visits]
    begin = [steps[START][channel] / left[START] if START in steps else 0.0 for channel in channels]
    everybody = math.fsum(p * of for p, of in zip(begin, chance, strict=True))
    if everybody <= 0:
        return dict.fromkeys(channels, 0.0)
    found = {}
    for channel, n in place.items():
        comes = math.fsum(p * row[n] for p, row in zip(begin, visits, strict=True)) / visits[n][n]
        found[channel] = min(comes * chance[n] / everybody, 1.0)
    return found


def _steps(paths: Iterable[Path], lost: Iterable[Lost]) -> tuple[dict[str, Counter[str]], dict[str, tuple[int, int]]]:
    """How often each state is followed by which channel; and from each, how often by an order, and by the end without
    one."""
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    ends: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    walks = [(tuple(stop.channel for stop in path.stops), path.orders, 0) for path in paths]
    for channels, times, end in [*walks, *((each.channels, each.times, 1) for each in lost)]:
        if not channels:
            continue
        for one, other in pairwise((START, *channels)):
            steps[one][other] += times
        ends[channels[-1]][end] += times
    states = [*steps, *(end for end in ends if end not in steps)]
    return {state: steps[state] for state in states}, {state: (ends[state][0], ends[state][1]) for state in states}


def _inverse(matrix: list[list[float]]) -> list[list[float]]:
    """By Gauss and Jordan. The matrices of absorbing chains are diagonally dominant by rows, so no row is exchanged."""
    size = len(matrix)
    rows = [[*row, *(float(n == k) for k in range(size))] for n, row in enumerate(matrix)]
    for n, pivot_row in enumerate(rows):
        pivot = pivot_row[n]
        pivot_row[:] = [value / pivot for value in pivot_row]
        for other in rows:
            factor = other[n]
            if other is not pivot_row and factor:
                other[:] = [value - factor * by for value, by in zip(other, pivot_row, strict=True)]
    return [row[size:] for row in rows]


# ── credits ──

MODELS = ("first", "last", "linear", "position", "decay", "data")


class Credit(NamedTuple):
    """What of `orders` (hundredths of an order) and of `revenue` (hundredths of the currency) a channel has."""

    orders: int
    revenue: int


class Channel(NamedTuple):
    """`orders`: on whose path it is, and their whole `revenue`; of several channels some orders are the same. `effect`:
    its removal effect. `by`: what each model gives it."""

    channel: str
    orders: int
    revenue: int
    effect: float
    by: Mapping[str, Credit]


class Attribution(NamedTuple):
    """All `orders` and their `revenue`; of these, those without a path; how often people clicked and did not order
    (`lost`); and the channels, by what the last click gives them."""

    orders: int
    revenue: int
    none_orders: int
    none_revenue: int
    lost: int
    channels: tuple[Channel, ...]


def attribution(paths: Sequence[Path], lost: Sequence[Lost], half_life: int) -> Attribution:
    """`half_life`: of time-decay, in days."""
    paths, lost = _fewer(paths, lost)
    effects = removal_effects(paths, lost)
    models: dict[str, Shares] = {
        "first": first,
        "last": last,
        "linear": linear,
        "position": position_based,
        "decay": lambda stops: time_decay(stops, half_life),
        "data": lambda stops: data_driven(stops, effects),
    }
    by_model = {name: credits(paths, shares) for name, shares in models.items()}
    with_path, worth = Counter[str](), Counter[str]()
    for path in paths:
        for channel in {stop.channel for stop in path.stops}:
            with_path[channel] += path.orders
            worth[channel] += path.revenue
    nobody = Credit(0, 0)
    found = [
        Channel(
            channel,
            with_path[channel],
            worth[channel],
            effects[channel],
            {name: given.get(channel, nobody) for name, given in by_model.items()},
        )
        for channel in with_path
    ]
    none = [path for path in paths if not path.stops]
    return Attribution(
        sum(path.orders for path in paths),
        sum(path.revenue for path in paths),
        sum(path.orders for path in none),
        sum(path.revenue for path in none),
        sum(each.times for each in lost),
        tuple(sorted(found, key=lambda each: (-each.by["last"].revenue, -each.orders, each.channel))),
    )


def report(rows: Mapping[int, Sequence[Mapping[str, Json]]]) -> list[Json]:
    """By window, each of its periods. Orders that a model divides may be parts of one; money is in the shop's
    currency."""
    told: list[Json] = []
    for window, half_life in WINDOWS.items():
        periods: list[Json] = [
            {"days": period, **_told(attribution(*read(rows[window], period), half_life))} for period in PERIODS
        ]
        told.append({"days": window, "half_life": half_life, "periods": periods})
    return told


def _told(found: Attribution) -> dict[str, Json]:
    return {
        "orders": found.orders,
        "revenue": found.revenue / 100,
        "none": {"orders": found.none_orders, "revenue": found.none_revenue / 100},
        "lost": found.lost,
        "channels": [
            {
                "channel": each.channel,
                "orders": each.orders,
                "revenue": each.revenue / 100,
                "effect": round(each.effect, 4),
                "models": {
                    model: {"orders": credit.orders / 100, "revenue": credit.revenue / 100}
                    for model, credit in each.by.items()
                },
            }
            for each in found.channels
        ],
    }


def credits(paths: Iterable[Path], shares: Shares) -> dict[str, Credit]:
    """What a model gives each channel, of the orders that have a path; together it is all that they are worth."""
    orders, revenue = Counter[str](), Counter[str]()
    for path in paths:
        if path.stops:
            for channel, share in _exactly(shares(path.stops)).items():
                orders[channel] += share * 100 * path.orders
                revenue[channel] += share * path.revenue
    of_orders, of_revenue = _rounded(orders), _rounded(revenue)
    return {channel: Credit(of_orders[channel], of_revenue[channel]) for channel in orders}


_ONE = 2**50
"""A share is so many parts of it, in whole numbers, so that sums are exact and in no order."""


def _exactly(shares: Mapping[str, float]) -> dict[str, int]:
    """In parts, which add up to _ONE: what rounding leaves is the largest share's."""
    parts = {channel: round(share * _ONE) for channel, share in shares.items()}
    largest = min(parts, key=lambda channel: (-parts[channel], channel))
    parts[largest] += _ONE - sum(parts.values())
    return parts


def _rounded(parts: Mapping[str, int]) -> dict[str, int]:
    """As whole numbers with the same sum: all rounded down, and what is missing given to the largest remainders."""
    found = {channel: part // _ONE for channel, part in parts.items()}
    missing = sum(parts.values()) // _ONE - sum(found.values())
    for channel in sorted(parts, key=lambda channel: (-(parts[channel] % _ONE), channel))[:missing]:
        found[channel] += 1
    return found


def _fewer(paths: Sequence[Path], lost: Sequence[Lost]) -> tuple[list[Path], list[Lost]]:
    """With at most MAX_CHANNELS channels."""
    stops = Counter[str]()
    for path in paths:
        for stop in path.stops:
            stops[stop.channel] += path.orders
    for each in lost:
        for channel in each.channels:
            stops[channel] += each.times
    kept = {channel for channel, _ in sorted(stops.items(), key=lambda each: (-each[1], each[0]))[:MAX_CHANNELS]}

    def named(channel: str) -> str:
        return channel if channel in kept else OTHERS

    return (
        [path._replace(stops=tuple(Stop(named(stop.channel), stop.days) for stop in path.stops)) for path in paths],
        [each._replace(channels=tuple(map(named, each.channels))) for each in lost],
    )
