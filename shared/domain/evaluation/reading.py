"""Reading: a profile as it is being evaluated, its series and orders read off it once for all conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from shared.domain.conditions.comparing import Where
from shared.domain.evaluation.carts import HistoryNeededError, cart_of
from shared.domain.evaluation.comparing import Passes, filter_
from shared.domain.events import NEVER, Instant, Json
from shared.domain.profiles import Profile
from shared.domain.profiles.histories import History, Occurrence
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
    needs: frozenset[str] = frozenset()


def series_of(event: str, where: Sequence[Where]) -> Series:
    if not where:
        return Series(event, None, None)
    only = None
    if len(where) == 1 and where[0].is_ == "equal" and isinstance(where[0].value, str | bool):
        value = where[0].value
        only = (where[0].property, value if isinstance(value, bool) else fold_case(value))
    return Series(event, filter_(where), only, others(where))


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
            return [each.time for each in passing(history, series)]
        property_, value = series.only
        index = self._by_value.get((series.event, property_))
        if index is None:
            index = self._by_value[series.event, property_] = by_value(history.newest, property_)
        return index.get(value, NONE)


class Reading:
    """A profile as it is being evaluated: each series and the orders are read off it once."""

    __slots__ = ("_cart", "_orders", "members", "profile", "times")

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.times = Times(profile)
        self.members: dict[str, Signed] = {}
        self._orders: tuple[list[Instant], list[int]] | None = None
        self._cart: tuple[Occurrence | None] | None = None

    def occurrences(self, series: Series) -> list[Occurrence]:
        history = self.profile.histories.get(series.event)
        keeps(self.profile, series.event, series.needs)
        return passing(history, series) if history is not None else []

    def cut(self, event: str) -> Instant:
        """Up to and including when the profile's history of this type may lack something (-1: it is whole)."""
        history = self.profile.histories.get(event)
        if history is None or history.total == len(history.newest):
            return -1
        return history.newest[0].time if history.newest else NEVER

    def cart(self) -> Occurrence | None:
        """See `carts.cart_of`."""
        if self._cart is None:
            self._cart = (cart_of(self.profile),)
        return self._cart[0]

    def orders(self) -> tuple[list[Instant], list[int]]:
        """When the orders that count were placed, oldest first, and what each is worth, in hundredths."""
        if self._orders is None:
            counting = sorted((order.placed, order.net) for order in self.profile.counting_orders())
            self._orders = [placed for placed, _ in counting], [net for _, net in counting]
        return self._orders

    def orders_cut(self) -> Instant:
        """As `cut`, of orders."""
        if not self.profile.older_orders:
            return -1
        placed, _ = self.orders()
        return placed[0] if placed else NEVER


def passing(history: History, series: Series) -> list[Occurrence]:
    passes = series.passes
    return history.newest if passes is None else [each for each in history.newest if passes(each.properties)]


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
