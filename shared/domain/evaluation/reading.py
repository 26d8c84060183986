"""Reading: a profile as it is being evaluated, its series and orders read off it once for all conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import line_filters
from shared.domain.evaluation.carts import HistoryNeededError, cart_of
from shared.domain.evaluation.comparing import Passes, filter_
from shared.domain.events import NEVER, Instant, Json
from shared.domain.profiles import Profile
from shared.domain.profiles.histories import History, Occurrence, sort_key
from shared.domain.profiles.lines import as_properties
from shared.domain.profiles.orders import Order
from shared.domain.properties import KEPT_PROPERTIES, fold_case

__all__ = ["HistoryNeededError"]

NONE: list[Instant] = []


@dataclass(slots=True, eq=False)
class Series:
    """The occurrences of an event type that pass filters. `only` is (property, text or flag) when that is the one.
    `needs`: other properties that they ask for, which not every profile keeps."""

    event: str
    passes: Passes | None
    only: tuple[str, str | bool] | None
    which: int = 0
    """Of so many of the newest only; below zero, of the oldest; 0: of all."""
    needs: frozenset[str] = frozenset()
    of_line: Passes | None = None
    """Of orders: what one line has to pass, beside what the order does."""


def series_of(event: str, where: Sequence[Where], which: int = 0, number: str = "") -> Series:
    needs = others(where) | (frozenset({number} - {""}) - _ALWAYS_KEPT)
    if lines := line_filters(event, where):
        rest = [each for each in where if each not in lines]
        return Series(event, filter_(rest) if rest else None, None, which, needs, filter_(lines))
    if which or not where:
        return Series(event, filter_(where) if where else None, None, which, needs)
    only = None
    if len(where) == 1 and where[0].is_ == "equal" and isinstance(where[0].value, str | bool):
        value = where[0].value
        only = (where[0].property, value if isinstance(value, bool) else fold_case(value))
    return Series(event, filter_(where), only, needs=needs)


def others(where: Sequence[Where]) -> frozenset[str]:
    """The other properties that filters ask for."""
    return frozenset(each.property for each in where) - _ALWAYS_KEPT


_ALWAYS_KEPT = frozenset(KEPT_PROPERTIES)


def keeps(profile: Profile, event: str, needs: frozenset[str]) -> None:
    """HistoryNeededError where the profile has occurrences of a type that were folded without these properties."""
    if needs and event in profile.histories and not needs <= profile.kept.get(event, frozenset()):
        raise HistoryNeededError(event)


class Times(dict[Series, list[Instant]]):
    """When those of each series that the profile keeps happened, oldest first; read when first asked for."""

    def __init__(self, profile: Profile) -> None:
        self._profile, self._histories = profile, profile.histories
        self._by_value: dict[tuple[str, str], dict[str | bool, list[Instant]]] = {}

    def __missing__(self, series: Series) -> list[Instant]:
        times = self[series] = self._read(series)
        return times

    def _read(self, series: Series) -> list[Instant]:
        history = self._histories.get(series.event)
        if history is None:
            return NONE
        keeps(self._profile, series.event, series.needs)
        if series.only is None:
            return [each.time for each in passing(self._profile, history, series)]
        property_, value = series.only
        index = self._by_value.get((series.event, property_))
        if index is None:
            index = self._by_value[series.event, property_] = by_value(history.newest, property_)
        return index.get(value, NONE)


@dataclass(slots=True, eq=False)
class Picked:
    """Which orders a condition looks at, and what each of them is worth to it."""

    passes: Callable[[Order], bool]
    worth: Callable[[Order], int]
    by_lines: bool
    """Whether what is in an order decides."""
    with_refunded: bool
    """Whether wholly refunded orders are looked at, too."""
    which: int = 0
    """Of so many of the newest only; below zero, of the oldest; 0: of all."""

    def of(self, profile: Profile) -> list[Order]:
        """HistoryNeededError: what is in an order decides, and is not kept whole; or the oldest, which are not."""
        looked_at = [order for order in profile.orders.values() if self._counts(order)]
        if self.which < 0 and profile.older_orders:
            raise HistoryNeededError("orders")
        if self.which:
            edge = self.edge(sorted(order.placed for order in looked_at))
            looked_at = [each for each in looked_at if (each.placed >= edge if self.which > 0 else each.placed <= edge)]
        if self.by_lines and any(order.lines_cut for order in looked_at):
            raise HistoryNeededError("lines")
        if self.by_lines and self.with_refunded and any(order.returned is None for order in looked_at):
            raise HistoryNeededError("refunds")
        return [order for order in looked_at if self.passes(order)]

    def edge(self, placed: Sequence[Instant]) -> Instant:
        """When the last of those that are looked at was placed: the others are older, or newer. Of `placed`, oldest
        first; fewer are all looked at."""
        if self.which > 0:
            return placed[-self.which] if len(placed) >= self.which else -1
        return placed[-self.which - 1] if len(placed) >= -self.which else NEVER

    def _counts(self, order: Order) -> bool:
        return order.counts or (self.with_refunded and order.placed != NEVER and not order.cancelled)


class Reading:
    """A profile as it is being evaluated: each series and the orders are read off it once."""

    __slots__ = ("_cart", "_orders", "members", "profile", "times")

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.times = Times(profile)
        self.members: dict[str, Signed] = {}
        self._orders: dict[Picked | None, tuple[list[Instant], list[int]]] = {}
        self._cart: tuple[Occurrence | None] | None = None

    def occurrences(self, series: Series) -> list[Occurrence]:
        history = self.profile.histories.get(series.event)
        keeps(self.profile, series.event, series.needs)
        return passing(self.profile, history, series) if history is not None else []

    def cut(self, event: str) -> Instant:
        """Up to and including when the profile's history of this type may lack something (-1: it is whole)."""
        history = self.profile.histories.get(event)
        if history is None or history.total == len(history.newest):
            return -1
        return history.newest[0].time if history.newest else NEVER

    def cut_of(self, series: Series) -> Instant:
        """As `cut`, of what the series looks at."""
        cut = self.cut(series.event)
        if cut < 0 or not series.which:
            return cut
        newest = self.profile.histories[series.event].newest
        is_kept = len(newest) >= series.which and newest[-series.which].time > newest[0].time
        return -1 if is_kept else cut

    def cart(self) -> Occurrence | None:
        """See `carts.cart_of`."""
        if self._cart is None:
            self._cart = (cart_of(self.profile),)
        return self._cart[0]

    def orders(self, picked: Picked | None = None) -> tuple[list[Instant], list[int]]:
        """When the orders that are picked were placed, oldest first, and what each is worth (all that count, and what
        is left of them in hundredths, when nothing is picked)."""
        found = self._orders.get(picked)
        if found is None:
            counting = sorted(self._worth(picked))
            found = self._orders[picked] = [placed for placed, _ in counting], [worth for _, worth in counting]
        return found

    def _worth(self, picked: Picked | None) -> Iterator[tuple[Instant, int]]:
        if picked is None:
            yield from ((order.placed, order.net) for order in self.profile.counting_orders())
            return
        yield from ((order.placed, picked.worth(order)) for order in picked.of(self.profile))

    def orders_cut(self, picked: Picked | None = None) -> Instant:
        """As `cut`, of the orders that are picked: of the newest few nothing is missing while others are kept."""
        if not self.profile.older_orders:
            return -1
        placed, _ = self.orders()
        if picked is not None and picked.which > 0 and picked.edge(placed) > min(placed, default=NEVER):
            return -1
        return placed[0] if placed else NEVER


def passing(profile: Profile, history: History, series: Series) -> list[Occurrence]:
    """HistoryNeededError: the oldest are asked for, or what is in an order, and no longer kept."""
    passes, newest = series.passes, history.newest
    if series.of_line is not None:
        return _with_line(profile, history, series, series.of_line)
    if series.which < 0 and history.total > len(newest):
        raise HistoryNeededError(series.event)
    if series.which and len(newest) > abs(series.which):
        edge = newest[-series.which if series.which > 0 else -series.which - 1].time
        newest = [each for each in newest if (each.time >= edge if series.which > 0 else each.time <= edge)]
    return newest if passes is None else [each for each in newest if passes(each.properties)]


def _with_line(profile: Profile, history: History, series: Series, of_line: Passes) -> list[Occurrence]:
    """The orders of which one line passes."""
    inside = {each.time for each in passing(profile, history, replace(series, passes=None, of_line=None))}
    found = []
    for order in profile.orders.values():
        if order.counts and order.placed in inside and (series.passes is None or series.passes(order.told)):
            if any(of_line(as_properties(line)) for line in order.lines):
                found.append(Occurrence(order.placed, order.told))
            elif order.lines_cut:
                raise HistoryNeededError("lines")
    return sorted(found, key=sort_key)


def by_value(occurrences: Iterable[Occurrence], property_: str) -> dict[str | bool, list[Instant]]:
    """When there was each value of a property, oldest first: any number of filters on it cost one look each."""
    index: dict[str | bool, list[Instant]] = {}
    for time, properties in occurrences:
        held = properties.get(property_)
        if isinstance(held, list):
            for value in {each if isinstance(each, bool) else fold_case(each) for each in held if is_word(each)}:
                index.setdefault(value, []).append(time)
        elif is_word(held):
            index.setdefault(held if isinstance(held, bool) else fold_case(held), []).append(time)
    return index


def is_word(value: Json) -> bool:
    """Whether it is a text or a flag: a number is no value to count by, and 1 would be the same as true."""
    return isinstance(value, str | bool)


Signed = int
Term = Callable[[Reading, Instant], Signed]
