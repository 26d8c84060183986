"""Conditions about orders, and ranks."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil, floor
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.conditions.comparing import Bounds, Filter, is_filled_in, passable
from shared.domain.conditions.events import line_filters, series_in
from shared.domain.conditions.fields import (
    Described,
    Duration,
    Few,
    Id,
    Name,
    Percent,
    Short,
    bounded,
    condition_key,
    days_ago,
    ranged,
)
from shared.domain.conditions.traits import of_trait
from shared.domain.conditions.windows import Window
from shared.domain.events import DAY, Strict
from shared.domain.personal import in_lake
from shared.domain.profiles.lines import A_PIECE

Measure = Literal["count", "sum", "average", "largest", "days_between", "quantity", "refunded", "refunded_share"]
Bound = Annotated[float | None, Field(ge=0, le=1e9)]
OF_ORDER = ("coupon", "discount_codes", "coupon_pool", "source_name", "total", "shipping_country")
OF_LINES = ("product_id", "variant_id", "category", "vendor", "quantity", "price", "gift_card")
_NUMBERS = ("total", "price", "quantity")
_ONE_TEXT = ("source_name", "shipping_country", "product_id", "variant_id", "vendor")
_UNITS = {"count": 1, "days_between": DAY, "quantity": A_PIECE, "refunded_share": 1}
_WHOLE = ("count", "sum", "largest", "refunded", "quantity")
"""Measures that are whole in the unit they are worked out in."""
_FROM_NOTHING = ("count", "sum", "quantity", "refunded")


class OrderWhere(Filter):
    """A filter on an order or on one of its lines. A property that is missing passes no filter but `not_equal`'s; of
    several codes or categories one has to pass. `total` and `price` are in the shop's currency."""

    property: Literal[OF_ORDER + OF_LINES]  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _fits_property(self) -> Self:
        values = self.value if isinstance(self.value, list | tuple) else (self.value,)
        if self.is_ == "exists" or is_filled_in(self.value):
            return self
        if self.property == "gift_card" and (self.is_ != "equal" or not isinstance(self.value, bool)):
            raise ValueError("`gift_card` is yes or no: compare it with true or false")
        if self.property in _NUMBERS and not all(
            isinstance(each, int | float) and not isinstance(each, bool) for each in values
        ):
            raise ValueError(f"`{self.property}` is a number: write it without quotation marks")
        if self.property not in (*_NUMBERS, "gift_card") and not all(isinstance(each, str) for each in values):
            raise ValueError(f"`{self.property}` is a text: write it in quotation marks")
        return self


def _passable(where: tuple[OrderWhere, ...]) -> tuple[OrderWhere, ...]:
    return passable(where, _NUMBERS, _ONE_TEXT)


Filters = Annotated[tuple[OrderWhere, ...], Field(max_length=10), AfterValidator(_passable)]


def _placed_right(where: Iterable[OrderWhere], lines: Iterable[OrderWhere]) -> None:
    for name, of, known in (("where", where, OF_ORDER), ("lines", lines, OF_LINES)):
        for each in of:
            if each.property not in known:
                raise ValueError(f"`{name}` takes {', '.join(known)}; `{each.property}` is not one of them")


class Orders(Described):
    """A number over the contact's orders placed in the window `within` (ever, when left out) that pass every filter in
    `where` and have one line that passes every filter in `lines`: `at_least` or `more`, and `at_most` or `less`. No
    order gives 0.

    `count`; `sum`, `average` and `largest` in the shop's currency; `days_between`, the average number of days from one
    order to the next; `quantity`, how many pieces; `refunded`, the money that went back, and `refunded_share`, how many
    percent of the orders' money that was. With `lines`, money, pieces and refunds are those of the lines that pass, at
    their prices; a refund that names no line is of all lines, in proportion to what they cost. Cancelled orders do not
    count, nor, but for what was refunded, wholly refunded ones; and refunds are taken off an order's money. `last` (or
    `first`) looks at the newest (or oldest) so many of the orders that count only, whatever `where` and `lines` say;
    those placed at one instant come together. Average and largest of no order, days between fewer than two, and the
    share of no money are missing: false.
    """

    needs = "orders"
    flips = "with `within` only"
    kind: Literal["orders"] = "orders"
    measure: Measure = "count"
    at_least: Bound = None
    at_most: Bound = None
    more: Bound = None
    less: Bound = None
    within: Window | None = None
    where: Filters = ()
    lines: Filters = ()
    last: Few | None = None
    first: Few | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.last is not None and self.first is not None:
            raise ValueError("needs `last` or `first`, not both")
        if self.which and self.measure in ("refunded", "refunded_share"):
            raise ValueError("`last` and `first` are of orders that count, and what was refunded is of others too")
        if self.at_least == 0 and self.at_most is None and self.less is None and self.measure in _FROM_NOTHING:
            raise ValueError("`at_least` 0 is true of everybody: no order gives 0")
        _placed_right(self.where, self.lines)
        if self.measure == "days_between" and abs(self.which) == 1:
            raise ValueError("`days_between` needs two orders, so `last` or `first` is 2 or more")
        if self.less == 0:
            raise ValueError("`less` 0 is never true: nothing here is below zero")
        ranged(self)
        least, most = self.bounds.whole
        if self.measure in _WHOLE and least is not None and most is not None and ceil(least) > floor(most):
            raise ValueError("no number is within these bounds")
        return self

    @property
    def bounds(self) -> Bounds:
        """What the measure is compared with, as it is worked out: hundredths of money (and parts of one: no order of
        10.01 is at most 10.005), milliseconds, thousandths of a piece, percent, or a count."""
        unit = _UNITS.get(self.measure, 100)
        told = (self.at_least, self.at_most, self.more, self.less)
        if told == (None,) * 4:
            return Bounds(more=0) if self.measure == "refunded_share" else Bounds(least=1)
        rounded = None if self.measure == "days_between" else 4
        return Bounds(*(None if each is None else round(each * unit, rounded) for each in told))

    @property
    def which(self) -> int:
        """So many of the newest; below zero, of the oldest; 0: all."""
        return self.last or -(self.first or 0)

    def moved_by(self) -> set[str]:
        return {"orders"}


class LastOrder(Described):
    """Days since the contact's newest order that counts (and passes `where` and `lines`, as in `orders`) was placed,
    `at_least` and `at_most`. No order: false."""

    needs = "orders"
    flips = "yes"
    kind: Literal["last_order"] = "last_order"
    at_least: float | None = Field(default=None, ge=0, le=36600)
    at_most: float | None = Field(default=None, ge=0, le=36600)
    where: Filters = ()
    lines: Filters = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _placed_right(self.where, self.lines)
        return days_ago(self, self.at_least, self.at_most)

    def moved_by(self) -> set[str]:
        return {"orders"}


class RankedTrait(Strict):
    """The number in a trait, told within `fresh`."""

    kind: Literal["trait"] = "trait"
    trait: Name
    fresh: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not in_lake(self.trait):
            raise ValueError(
                f"nobody is ranked by `{self.trait}`: it says who somebody is, or where, and stays private"
            )
        return self


class RankedOrders(Strict):
    """A number over the contact's orders, as in the condition `orders`; or when the last was placed."""

    kind: Literal["orders"] = "orders"
    measure: Literal["count", "sum", "average", "largest", "last", "quantity", "refunded"]
    within: Window | None = None
    where: Filters | None = None  # None and not empty: it is in no cut-off's key then
    lines: Filters | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _placed_right(self.where or (), self.lines or ())
        return self


LEAST_RANKED = 5
"""How many contacts have to have a number, for there to be a cut-off: a fifth of fewer is less than one, and of two
customers everybody would be among the best."""

Ranked = Annotated[RankedTrait | RankedOrders, Field(discriminator="kind")]


class Rank(Described):
    """The contact is among the `top` or `bottom` so many percent by a number, of the contacts that the segment `among`
    holds (all, when left out). Equal numbers stay together. No number, or no cut-off worked out yet: false; and
    nobody is, while fewer than five have a number.

    The nightly refresh works the cut-off out (`cutoff`); between, it is an ordinary comparison.
    """

    needs = "the trait, or orders"
    flips = "as the number does"
    kind: Literal["rank"] = "rank"
    by: Ranked
    top: Percent | None = None
    bottom: Percent | None = None
    among: Id | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.top is None) == (self.bottom is None):
            raise ValueError("needs either `top` or `bottom`, a percentage")
        return self

    def moved_by(self) -> set[str]:
        if isinstance(self.by, RankedTrait):
            return of_trait(self.by.trait) | of_trait(self.by.trait, "stamp")
        return {"orders"}

    @property
    def key(self) -> str:
        """Names its cut-off."""
        return condition_key(self)


def by_lines(measure: str, lines: Sequence[OrderWhere] | None) -> bool:
    """Whether a measure of orders looks at what is in them, line by line."""
    return bool(lines) or measure == "quantity"


def asks_for_lines(condition: object) -> bool:
    """Whether a condition does (or what a rank is by)."""
    match condition:
        case Orders(measure=measure, lines=lines) | RankedOrders(measure=measure, lines=lines):
            return by_lines(measure, lines)
        case LastOrder(lines=lines):
            return by_lines("last", lines)
        case Rank(by=by):
            return asks_for_lines(by)
        case _:
            return any(line_filters(type_, where) for type_, where in series_in(condition))


class Rfm(Short):
    """The contact's score from 1 to 5 for how recently, how often (`frequency`) or for how much (`monetary`) they have
    ordered, among all who have, `at_least` and `at_most`: each is a fifth of them, equal ones kept together. Short for
    ranks. No order: false."""

    needs = "orders"
    kind: Literal["rfm"] = "rfm"
    score: Literal["recency", "frequency", "monetary"]
    at_least: int = Field(default=1, ge=1, le=5)
    at_most: int = Field(default=5, ge=1, le=5)
    among: Id | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return bounded(self, self.at_least, self.at_most)


Cutoffs = Mapping[str, float]
"""The cut-off of each Rank, by its key: hundredths of money, instants, or a trait's number."""
