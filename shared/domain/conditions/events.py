"""Conditions about events."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.conditions.comparing import Bounds, Where, keeps_property, passable
from shared.domain.conditions.fields import (
    Count,
    Described,
    Duration,
    Few,
    Name,
    Number,
    Short,
    bounded,
    days_ago,
    ranged,
)
from shared.domain.conditions.windows import Window, longest_of, most_parts
from shared.domain.events import Strict, Type
from shared.domain.profiles.histories import touch
from shared.domain.properties import AMOUNTS, CARTS, KEPT_PROPERTIES, TEXT_LISTS, millionths

Wheres = Annotated[tuple[Where, ...], Field(max_length=10), AfterValidator(passable)]


class Filtered(Strict):
    """One event type and its filters, as part of a condition about several. Of orders see `line_filters`."""

    event: Name
    where: Wheres = ()

    @model_validator(mode="after")
    def _fits_a_line(self) -> Self:
        passes_one_line(self.event, self.where)
        return self


class Events(Described):
    """What of an event type a condition looks at: those in the window `within` (ever, when left out) that pass every
    filter in `where`."""

    event: Name
    within: Window | None = None
    where: Wheres = ()

    @model_validator(mode="after")
    def _fits_a_line(self) -> Self:
        passes_one_line(self.event, self.where)
        return self

    def moved_by(self) -> set[str]:
        return of_event(self.event, self.where)


Counted = Literal[
    "events",
    "days",
    "weeks",
    "months",
    "product_id",
    "category",
    "campaign",
    "message",
    "same_product_id",
    "same_category",
]


Bound = Annotated[Number | None, Field(ge=-1e12, le=1e12)]


class EventCount(Events):
    """At least `at_least` and at most `at_most` events of a type in the window `within` (ever, when left out). No
    history counts 0.

    `count` says what is counted: `events`; `days`, `weeks` (from Monday) or `months` in which there were some; distinct
    values of `product_id`, `category`, `campaign` or `message` (emails); or `same_product_id`, `same_category`, the
    most events about one and the same. `with` and `without` leave out a value of which there is no such other event in
    the window, or is one: products that were viewed and not ordered. `last` (or `first`) looks at the newest (or
    oldest) so many events of the type only, whatever `where` says; those at one instant come together. Without either
    bound, at least one; for never, `at_most` 0.

    `sum` or `average` names a property instead of counting: what its numbers come to over these events, `at_least` or
    `more`, and `at_most` or `less`. Each number counts to its sixth decimal, and of a list every one; what is no number
    (a text, too) adds nothing, nor does an event without the property. `price` and `total` are in the shop's currency.
    No history sums up to 0; the average of no number is missing: false.
    """

    needs = "the events of that type"
    zone = "the shop's, for days, weeks and months"
    flips = "with `within` only"
    kind: Literal["event"] = "event"
    count: Counted = "events"
    sum: Name | None = None
    average: Name | None = None
    at_least: Bound = None
    at_most: Bound = None
    more: Bound = None
    less: Bound = None
    last: Few | None = None
    first: Few | None = None
    with_: Filtered | None = Field(default=None, alias="with")
    without: Filtered | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.with_ or self.without) and self.counted_property is None:
            raise ValueError("`with` and `without` need a `count` of products, categories, campaigns or messages")
        if self.last is not None and self.first is not None:
            raise ValueError("needs `last` or `first`, not both")
        if self.measured is not None:
            return self._fits_number(self.measured)
        if self.more is not None or self.less is not None:
            raise ValueError("`more` and `less` are of a `sum` or `average`; a count is whole: use at_least or at_most")
        for name, bound, least in (("at_least", self.at_least, 1), ("at_most", self.at_most, 0)):
            if bound is not None and not (isinstance(bound, int) and least <= bound <= 1000):
                raise ValueError(f"`{name}` is a whole number greater than or equal to {least}, 1,000 at most")
        self._is_possible()
        return bounded(self, self.at_least, self.at_most)

    def _is_possible(self) -> None:
        """ValueError: a count of days that there are too few of."""
        if self.count not in ("days", "weeks", "months"):
            return
        most = [each for each in (most_parts(self.within, self.count), self.last or self.first) if each is not None]
        if not most:
            return
        there = f"there are at most {min(most)} {self.count} to count"
        if self.at_least is not None and self.at_least > min(most):
            raise ValueError(f"`at_least` {self.at_least} is never reached: {there}")
        if self.at_least is None and self.at_most is not None and self.at_most >= min(most):
            raise ValueError(f"`at_most` {self.at_most} is true of everybody: {there}")

    def _fits_number(self, name: str) -> Self:
        if (self.sum and self.average) or self.count != "events":
            raise ValueError("takes one of `count`, `sum` and `average`")
        if name in KEPT_PROPERTIES and name not in AMOUNTS:
            raise ValueError(f"`{name}` is not a number, so it has no sum and no average")
        keeps_property(name)
        for bound in (self.at_least, self.more, self.at_most, self.less):
            if bound is not None and bound != round(bound, 6):
                raise ValueError("a bound has six decimals at most")
        return ranged(self, needs_one=True)

    @property
    def measured(self) -> str | None:
        """The property whose numbers are added up; None where something is counted."""
        return self.sum or self.average

    @property
    def bounds(self) -> Bounds:
        """Of a number, in millionths."""
        told = (self.at_least, self.at_most, self.more, self.less)
        return Bounds(*(None if each is None else millionths(each) for each in told))

    @property
    def between(self) -> tuple[int | None, int | None]:
        """The bounds of a count: at least one, where neither is said."""
        least, most = (None if each is None else int(each) for each in (self.at_least, self.at_most))
        return (1 if least is None and most is None else least), most

    @property
    def which(self) -> int:
        """So many of the newest; below zero, of the oldest; 0: all."""
        return self.last or -(self.first or 0)

    @property
    def counted_property(self) -> str | None:
        """That whose values are counted, or whose events; None where events are, or days."""
        name = self.count.removeprefix("same_")
        return name if name in ("product_id", "category", "campaign", "message") else None

    def moved_by(self) -> set[str]:
        tied = [each for each in (self.with_, self.without) if each is not None]
        own = any_of(self.event, self.where) if self.which else super().moved_by()  # another event pushes one out
        return own.union(*(of_event(each.event, each.where) for each in tied))


class FirstEvent(Events):
    """The contact's first event of a type (that passes `where`), of all time, was in the window `within`. No history:
    false."""

    needs = "the events of that type"
    flips = "yes"
    kind: Literal["first_event"] = "first_event"
    within: Window


class LastEvent(Events):
    """Days since the newest event of a type (that passes `where`), `at_least` and `at_most`. No history: false."""

    needs = "the events of that type"
    flips = "yes"
    kind: Literal["last_event"] = "last_event"
    within: None = None
    at_least: float | None = Field(default=None, ge=0, le=36600)
    at_most: float | None = Field(default=None, ge=0, le=36600)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return days_ago(self, self.at_least, self.at_most)


class Latest(Described):
    """The newest of all events of these types passes every filter in `where`: the device of the last visit. No history:
    false."""

    needs = "the events of those types"
    kind: Literal["latest"] = "latest"
    events: tuple[Name, ...] = Field(default=(Type.PAGE_VIEWED, Type.PRODUCT_VIEWED), min_length=1, max_length=10)
    where: Annotated[Wheres, Field(min_length=1)]

    def moved_by(self) -> set[str]:
        return set().union(*(any_of(event, self.where) for event in self.events))


class Share(Described):
    """Of the events of these types in the window `within` (ever, when left out), so many percent pass every filter in
    `where`: `at_least`, `more`, `at_most`, `less`. The device of most visits: `more` 50. No history: false."""

    needs = "the events of those types"
    flips = "with `within` only"
    kind: Literal["share"] = "share"
    events: tuple[Name, ...] = Field(default=(Type.PAGE_VIEWED, Type.PRODUCT_VIEWED), min_length=1, max_length=10)
    where: Annotated[Wheres, Field(min_length=1)]
    within: Window | None = None
    at_least: float | None = Field(default=None, gt=0, le=100)
    more: float | None = Field(default=None, ge=0, lt=100)
    at_most: float | None = Field(default=None, ge=0, lt=100)
    less: float | None = Field(default=None, gt=0, le=100)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return ranged(self, needs_one=True)

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.at_least, self.at_most, self.more, self.less)

    def moved_by(self) -> set[str]:
        return set().union(*(any_of(event, self.where) for event in self.events))


Tie = Literal["product_id", "category", "message"]


class InSequence(Described):
    """First one event, `then` another at most `gap` later, with none of `without` in between; and that other one in the
    window `within` (ever, when left out). Events at one instant follow each other in no order. With `same`, it is asked
    of each product, category or email (`message`) by itself: viewed a product, and ordered that one. No history: false.
    """

    needs = "the events of those types"
    flips = "with `within` only"
    kind: Literal["sequence"] = "sequence"
    first: Filtered
    then: Filtered
    without: Filtered | None = None
    gap: Duration
    same: Tie | None = None
    within: Window | None = None

    def moved_by(self) -> set[str]:
        parts = (self.first, self.then, *((self.without,) if self.without else ()))
        return set().union(*(of_event(each.event, each.where) for each in parts))


class Unanswered(Described):
    """At least `at_least` events of a type since the newest of `answers` (ever, when there is none): emails without a
    reaction. Those in the window `within` count, and the newest of these is at least `older` ago. With `same`, it is
    asked of each product, category or email (`message`) by itself: an email of which no link was clicked. No history
    counts 0."""

    needs = "the events of those types"
    flips = "with `older` and `within`"
    kind: Literal["unanswered"] = "unanswered"
    of: Filtered
    answers: tuple[Filtered, ...] = Field(min_length=1, max_length=10)
    at_least: Count = 1
    same: Tie | None = None
    older: Duration | None = None
    within: Window | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        longest = longest_of(self.within)
        if self.older is not None and longest is not None and longest <= self.older:
            raise ValueError("`within` has to be longer than `older`")
        return self

    def moved_by(self) -> set[str]:
        return set().union(*(of_event(each.event, each.where) for each in (self.of, *self.answers)))


class Cart(Described):
    """The contact's newest cart or checkout has something in it and passes `where` (`total`, `category`); it is at
    least `older` and less than `within` old, and no order was completed since. No cart: false."""

    needs = "the events of carts, checkouts and orders"
    flips = "yes"
    kind: Literal["cart"] = "cart"
    older: Duration
    within: Duration
    where: Wheres = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.within <= self.older:
            raise ValueError("`within` has to be longer than `older`")
        return self

    def moved_by(self) -> set[str]:
        return {"orders", *map(touch, CARTS)}


class Engagement(Short):
    """Whether the contact answers our emails by anything they do: `highly`, a person's click or an order within 30
    days, or visits on three days of them; `moderately`, less than that, but a click, a visit or an order within 90
    days; `disengaged`, emails were sent and there was none of these within 90 days. About a topic, or of a journey,
    only clicks in those emails say something. Opens never count; a visit is a page, a screen or a product that was
    viewed, a cart or a checkout, and where the website sends no events, clicks and orders tell. Who was never sent one
    of the emails is not disengaged."""

    needs = "emails sent and clicked, visits, orders"
    flips = "yes"
    kind: Literal["engagement"] = "engagement"
    tier: Literal["highly", "moderately", "disengaged"]
    topic: Name | None = None
    journey: Name | None = None


def asked_by(condition: object) -> Iterator[tuple[str, str]]:
    """The event types that a condition looks at, each with an other property (`properties.other_properties`) that it
    asks for of them."""
    for type_, where in series_in(condition):
        yield from ((type_, each.property) for each in where)
    if isinstance(condition, EventCount) and condition.measured is not None:
        yield condition.event, condition.measured


def series_in(condition: object) -> Iterator[tuple[str, tuple[Where, ...]]]:
    """The event types that a condition looks at, each with its filters."""
    parts = [part for value in vars(condition).values() for part in (value if isinstance(value, tuple) else (value,))]
    for each in (condition, *parts):
        match each:
            case Events(event=event, where=where) | Filtered(event=event, where=where):
                types: tuple[str, ...] = (event,)
            case Latest(events=types, where=where) | Share(events=types, where=where):
                pass
            case Cart(where=where):
                types = CARTS
            case _:
                continue
        yield from ((type_, where) for type_ in types)


def of_event(event: str, where: Sequence[Where]) -> set[str]:
    """With the value that a filter asks for, where one asks for one: other events of the type cannot move it."""
    for each in where:
        if each.is_ == "equal" and isinstance(each.value, str | bool) and not line_filters(event, where):
            return {touch(event, each.property, each.value)}
    return any_of(event, where)


def passes_one_line(event: str, where: Sequence[Where]) -> None:
    """ValueError: no line of an order can pass what one has to."""
    try:
        passable(line_filters(event, where), texts=("product_id",))
    except ValueError:
        raise ValueError(
            "one line of the order has to pass these filters, and it is of one product: for orders of both, or of one "
            "order after the other, write `all` of two conditions"
        ) from None


def any_of(event: str, where: Sequence[Where]) -> set[str]:
    """Any event of the type; and, where that is asked, what stands on which line of an order."""
    return {touch(event)} | ({"orders"} if line_filters(event, where) else set())


def line_filters(event: str, where: Sequence[Where]) -> tuple[Where, ...]:
    """Those filters of an order that one of its lines has to pass, all of them: where two or more are about what is in
    it. (That something else is in it is said of the order: `not_equal`.)"""
    if event != Type.ORDER_COMPLETED:
        return ()
    found = tuple(each for each in where if each.property in TEXT_LISTS and each.is_ != "not_equal")
    return found if len(found) > 1 else ()
