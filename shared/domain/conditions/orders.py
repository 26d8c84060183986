"""Conditions about orders, and ranks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.domain.conditions.fields import (
    Described,
    Duration,
    Id,
    Name,
    Percent,
    Short,
    bounded,
    condition_key,
    days_ago,
)
from shared.domain.conditions.traits import of_trait
from shared.domain.conditions.windows import Window
from shared.domain.events import Strict
from shared.domain.personal import in_lake

Measure = Literal["count", "sum", "average", "largest", "days_between"]


class Orders(Described):
    """A number over the contact's orders placed in the window `within` (ever, when left out), `at_least` and
    `at_most`; no order gives 0.

    `count`; `sum`, `average` and `largest` in the shop's currency; `days_between`, the average number of days from one
    order to the next. Cancelled orders and wholly refunded ones do not count, and refunds are taken off the money.
    Average and largest of no order, and days between fewer than two, are missing: false.
    """

    needs = "orders"
    flips = "with `within` only"
    kind: Literal["orders"] = "orders"
    measure: Measure = "count"
    at_least: float | None = Field(default=None, ge=0, le=1e9)
    at_most: float | None = Field(default=None, ge=0, le=1e9)
    within: Window | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.at_least == 0 and self.at_most is None and self.measure in ("count", "sum"):
            raise ValueError("`at_least` 0 is true of everybody: no order gives 0")
        return bounded(self, self.at_least, self.at_most)

    def moved_by(self) -> set[str]:
        return {"orders"}


class LastOrder(Described):
    """Days since the contact's newest order that counts was placed, `at_least` and `at_most`. No order: false."""

    needs = "orders"
    flips = "yes"
    kind: Literal["last_order"] = "last_order"
    at_least: float | None = Field(default=None, ge=0, le=36600)
    at_most: float | None = Field(default=None, ge=0, le=36600)

    @model_validator(mode="after")
    def _fits(self) -> Self:
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
    measure: Literal["count", "sum", "average", "largest", "last"]
    within: Window | None = None


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
