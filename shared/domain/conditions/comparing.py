"""Comparisons: of a trait, and of a property of an event."""

import json
import re
from collections.abc import Collection
from math import ceil, floor
from typing import Literal, NamedTuple, Self, TypeVar

from pydantic import Field, model_validator

from shared.domain.conditions.fields import Name
from shared.domain.events import Json, Strict
from shared.domain.properties import (
    AMOUNTS,
    CODES,
    FLAGS,
    KEPT_PROPERTIES,
    MAX_DEPTH,
    MAX_NUMBER,
    TEXTS,
    fold_case,
    is_number,
    may_be_asked,
)

Comparison = Literal[
    "equal", "not_equal", "in", "contains", "prefix", "suffix", "less", "at_most", "more", "at_least", "exists"
]
OF_TEXTS = ("contains", "prefix", "suffix")
"""Comparisons with a part of a text, or with several of which one has to pass."""


TRIGGER = "$trigger."
"""Before the name of a property, as a value to compare with: what the event that started the run has as that. In a
journey only; there it is filled in for each run (`journeys.filling`)."""


SHOP = "$shop."
"""As that, before the name of one of the shop's settings (`SHOP_VALUES`): what is saved as that when it is asked."""
SHOP_VALUES = ("code_from",)


def names_the_trigger(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(TRIGGER)


def names_the_shop(value: Json) -> bool:
    return isinstance(value, str) and value.startswith(SHOP)


def is_filled_in(value: Json) -> bool:
    """Whether it stands for another value, which is known once somebody asks."""
    return names_the_trigger(value) or names_the_shop(value)


class Compared(Strict):
    """A comparison of a value with `value`. Text compares without regard to case; dates are ISO text."""

    is_: Comparison = Field(default="equal", alias="is")
    value: Json = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if is_filled_in(self.value) and self.is_ != "exists":
            return self  # whatever that will be
        for value in self.value if isinstance(self.value, list | tuple) else (self.value,):
            if isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
                raise ValueError("a number to compare with is 10^15 at most")
            if isinstance(value, str) and _NO_TEXT.search(value):
                raise ValueError("a text to compare with contains a character that is not allowed")
        match self.is_:
            case "in" if not isinstance(self.value, list | tuple) or not 1 <= len(self.value) <= 1000:
                raise ValueError("`in` needs a list as its value, of 1 to 1,000")
            case "in" if not all(isinstance(value, str | bool | int | float) for value in self.value):
                raise ValueError("`in` needs a list of texts, numbers, true or false")
            case "contains" | "prefix" | "suffix" if not _are_texts(self.value):
                raise ValueError(f"`{self.is_}` needs a text as its value, or a list of 1 to 1,000 texts")
            case "less" | "at_most" | "more" | "at_least" if _unfit(self.value):
                raise ValueError(f"`{self.is_}` needs a number or a date as its value")
            case "equal" | "not_equal" if not isinstance(self.value, str | bool | int | float):
                raise ValueError(f"`{self.is_}` needs a value; ask `exists` whether there is one")
            case "exists" if self.value is not None:
                raise ValueError("`exists` takes no value; ask `not` of it for what is missing")
        return self


_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def _are_texts(value: Json) -> bool:
    several = value if isinstance(value, list | tuple) else [value]
    return 1 <= len(several) <= 1000 and all(isinstance(each, str) and each for each in several)


def _unfit(value: Json) -> bool:
    return isinstance(value, bool) or not isinstance(value, str | int | float)


class Bounds(NamedTuple):
    """What a number is compared with, in the unit it is worked out in. In SQL, `sql_plan.expressions.within`."""

    least: float | None = None
    most: float | None = None
    more: float | None = None
    less: float | None = None

    def hold(self, total: int, parts: int) -> bool:
        """Of a total by so many parts."""
        return (
            (self.least is None or total >= self.least * parts)
            and (self.most is None or total <= self.most * parts)
            and (self.more is None or total > self.more * parts)
            and (self.less is None or total < self.less * parts)
        )

    @property
    def whole(self) -> tuple[float | None, float | None]:
        """The same of a number that is whole: at least, and at most."""
        least = self.least if self.more is None else floor(self.more) + 1
        return least, self.most if self.less is None else ceil(self.less) - 1


class Filter(Compared):
    """A comparison of a property."""

    property: str


F = TypeVar("F", bound=Filter)


def passable(
    where: tuple[F, ...], numbers: Collection[str] = AMOUNTS, texts: Collection[str] = (*TEXTS, *CODES)
) -> tuple[F, ...]:
    """The filters. ValueError: nothing passes all those of a property that has one number, or one text, only."""
    for name in numbers:
        asked = [(each.is_, each.value) for each in where if each.property == name and is_number(each.value)]
        low = [(value, is_ == "more") for is_, value in asked if is_ in ("equal", "at_least", "more")]
        high = [(value, is_ != "less") for is_, value in asked if is_ in ("equal", "at_most", "less")]
        if low and high:
            (least, strictly), (most, included) = max(low), min(high)
            if least > most or (least == most and (strictly or not included)):
                raise ValueError(f"no `{name}` passes all of these filters")
    for name in texts:
        asked_for = [
            {fold_case(each) for each in (value if isinstance(value, list | tuple) else [value])}
            for value in (each.value for each in where if each.property == name and each.is_ in ("equal", "in"))
            if not is_filled_in(value)
        ]
        if asked_for and not set.intersection(*asked_for):
            raise ValueError(f"no `{name}` passes all of these filters: each of these has one only")
    return where


def keeps_property(name: str) -> None:
    """ValueError: no such property is kept of events."""
    if name.count(".") >= MAX_DEPTH:
        raise ValueError(f"`{name}` is not kept of events: it leads deeper than {MAX_DEPTH - 1} dots")
    if name not in KEPT_PROPERTIES and not may_be_asked(name):
        raise ValueError(
            f"`{name}` is not kept of events: a name that says who somebody is, or where, or has a = in it"
        )


class Where(Filter):
    """A filter on one property of an event. A property that is missing passes no filter but `not_equal`'s.

    A list (the categories of an order's products) passes when one of its values does. `price` and `total` are in the
    shop's currency. Any other name is one of the sender's own properties: a dot leads into an object, and through a
    list into each of its objects.
    """

    property: Name

    @model_validator(mode="after")
    def _fits_property(self) -> Self:
        keeps_property(self.property)
        if is_filled_in(self.value):
            return self
        values = self.value if isinstance(self.value, list | tuple) else (self.value,)
        of_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        if self.property in AMOUNTS and self.is_ != "exists" and not of_numbers:
            raise ValueError(f"`{self.property}` is an amount of money: compare it with a number")
        if self.property in FLAGS and self.is_ not in ("exists",) and not isinstance(self.value, bool):
            raise ValueError(f"`{self.property}` is yes or no: compare it with true or false")
        is_text = self.property in KEPT_PROPERTIES and self.property not in (*AMOUNTS, *FLAGS)
        if is_text and self.is_ in ("equal", "not_equal", "in") and not all(isinstance(each, str) for each in values):
            raise ValueError(f'`{self.property}` is a text: write "{json.dumps(values[0])}", with quotation marks')
        return self
