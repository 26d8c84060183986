"""Conditions about the moment: the time of day, the season, dates."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.domain.conditions.fields import Described, Name, Signed, bounded
from shared.domain.conditions.traits import of_trait

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class LocalTime(Described):
    """It is between `from` and `to` (not included; past midnight, when it is earlier than `from`), on one of `weekdays`
    (any, when left out), where the contact is: their trait `timezone`, else the shop's time zone."""

    needs = "the trait `timezone`"
    zone = "the contact's"
    flips = "yes"
    kind: Literal["local_time"] = "local_time"
    from_: Clock = Field(default="00:00", alias="from")
    to: Clock = "00:00"
    weekdays: tuple[Weekday, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.from_ == self.to and len(set(self.weekdays)) in (0, 7):
            raise ValueError("is true at any time: needs `from` and `to`, or some `weekdays`")
        return self

    def moved_by(self) -> set[str]:
        return of_trait("timezone")


class Season(Described):
    """It is spring, summer, autumn or winter (whole months, as meteorologists have it) where the contact is: south of
    the equator by their trait `latitude`, or else their `country`; north, when neither is known."""

    needs = "the traits `latitude` and `country`"
    zone = "the shop's"
    flips = "yes"
    kind: Literal["season"] = "season"
    is_: Literal["spring", "summer", "autumn", "winter"] = Field(alias="is")

    def moved_by(self) -> set[str]:
        return of_trait("latitude") | of_trait("country")


class Anniversary(Described):
    """The day of the year of a date trait (a birthday) is within the `next` or the `last` so many days, today included;
    or `within` `this_month` or `last_month`, from the first of the month to its end. 29 February counts as the 28th in
    other years. Of a list of dates one has to pass (`children.birthday`). No such trait, or no date in it: false."""

    needs = "the trait"
    zone = "the shop's"
    flips = "yes"
    kind: Literal["anniversary"] = "anniversary"
    trait: Name = "birthday"
    next: int | None = Field(default=None, ge=0, le=180)
    last: int | None = Field(default=None, ge=0, le=180)
    within: Literal["this_month", "last_month"] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if [self.next, self.last, self.within].count(None) != 2:
            raise ValueError("needs either `next` or `last`, a number of days, or `within`, a month")
        return self

    def moved_by(self) -> set[str]:
        return of_trait(self.trait)


class Age(Described):
    """Whole years since a date trait (a birthday), `at_least` and `at_most`. Of a list of dates one has to pass. No
    such trait, or no date in it: false."""

    needs = "the trait"
    zone = "the shop's"
    flips = "yes"
    kind: Literal["age"] = "age"
    trait: Name = "birthday"
    at_least: int | None = Field(default=None, ge=0, le=150)
    at_most: int | None = Field(default=None, ge=0, le=150)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return bounded(self, self.at_least, self.at_most, both_may_be_missing=False)

    def moved_by(self) -> set[str]:
        return of_trait(self.trait)


class DateTrait(Described):
    """It is between `from` and `to` (not included) of the date in a trait: `from` -7d `to` 0d is the week before a
    predicted order. A date without a time begins at midnight. Of a list of dates one has to pass. No such trait, or no
    date in it: false."""

    needs = "the trait"
    zone = "the shop's, for a date without a time"
    flips = "yes"
    kind: Literal["date"] = "date"
    trait: Name
    from_: Signed = Field(alias="from")
    to: Signed

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("`to` has to be later than `from`")
        return self

    def moved_by(self) -> set[str]:
        return of_trait(self.trait)
