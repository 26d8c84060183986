"""Conditions about traits and consent, and who somebody is."""

from typing import Literal, Self

from pydantic import Field, model_validator

from shared.domain.conditions.comparing import Compared
from shared.domain.conditions.fields import Described, Duration, Name, Percent, Short
from shared.domain.conditions.windows import Window
from shared.domain.events import FREQUENCY, MARKETING


class TraitIs(Compared, Described):
    """Compares a trait. A missing trait is false for every comparison; ask `not` of `exists` for missing.

    Of a list trait (tags), `of` says whether one of its values has to pass (`any`), `all` of them, or `none`; an empty
    list passes `none` only. `not_equal` is the opposite of `equal`: any other value passes, of whatever type, and of
    `any` of a list none may be equal (an empty list passes). `fresh` asks that the trait was told within that time: a
    score that is older counts as missing. A dot leads into a trait that has parts, as deep as they go:
    `propensity.tea`, `address.home.city`; and through a list into each of its objects, whose values are a list then:
    `children.name`.
    """

    needs = "the trait"
    flips = "with `fresh` only"
    kind: Literal["trait"] = "trait"
    trait: Name
    of: Literal["any", "all", "none"] = "any"
    fresh: Duration | None = None

    def moved_by(self) -> set[str]:
        return of_trait(self.trait) | (of_trait(self.trait, "stamp") if self.fresh else set())


class OnList(Short):
    """True when the trait `lists` has this list's name in it. Short for a comparison of that trait."""

    needs = "the trait `lists`"
    kind: Literal["list"] = "list"
    list: Name


class ConsentIs(Described):
    """The contact's newest recorded answer to a topic, given in the window `within` (ever, when left out). An answer
    that is given again without another between counts from the first time.

    `first_in` leaves out who had given this answer before and taken it back less than that long before they gave it
    again: a return is no sign-up. `never_asked` is true when there is no answer, and takes neither. `weekly` and
    `monthly` ask how often they have said that they want emails about the topic, whether or not they want any now.
    """

    needs = "consent"
    flips = "with `within` only"
    kind: Literal["consent"] = "consent"
    topic: str = Field(default=MARKETING, pattern=r"^[a-z0-9_-]{1,64}$")
    is_: Literal["subscribed", "unsubscribed", "pending", "never_asked", "weekly", "monthly"] = Field(
        default="subscribed", alias="is"
    )
    within: Window | None = None
    first_in: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_ == "never_asked" and self.within is not None:
            raise ValueError("`never_asked` takes no `within`: nothing was said at any instant")
        if self.is_ == "never_asked" and self.first_in is not None:
            raise ValueError("`never_asked` takes no `first_in`: nothing was said at any instant")
        return self

    @property
    def answer_to(self) -> str:
        """What it is the newest answer to: the topic, or how often."""
        return FREQUENCY + self.topic if self.is_ in ("weekly", "monthly") else self.topic

    def moved_by(self) -> set[str]:
        return {f"consent:{self.answer_to}"}


class FirstSeen(Described):
    """We first heard of the contact at least `before` ago, or in the window `within`, whatever earlier times they are
    told of by now. A contact without events was never heard of: false."""

    needs = "when we first heard of the contact"
    flips = "yes"
    kind: Literal["first_seen"] = "first_seen"
    before: Duration | None = None
    within: Window | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.before is None) == (self.within is None):
            raise ValueError("needs either `before` or `within`")
        return self

    def moved_by(self) -> set[str]:
        return {"first_seen"}


class Sample(Described):
    """True for `percent` of all contacts, chosen by a hash of the contact's id and `salt`: the same ones each time."""

    needs = "the contact's id"
    kind: Literal["sample"] = "sample"
    percent: Percent
    salt: str = Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")

    def moved_by(self) -> set[str]:
        return set()


class Near(Described):
    """The contact's traits `latitude` and `longitude` are within `km` or `miles` of a point, on a sphere of the Earth's
    mean radius (haversine: at most 0.6 % off). Without both traits: false."""

    needs = "the traits `latitude` and `longitude`"
    kind: Literal["near"] = "near"
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    km: float | None = Field(default=None, gt=0, le=20_040)
    miles: float | None = Field(default=None, gt=0, le=12_450)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.km is None) == (self.miles is None):
            raise ValueError("needs either `km` or `miles`")
        return self

    def moved_by(self) -> set[str]:
        return of_trait("latitude") | of_trait("longitude")


def of_trait(name: str, what: str = "trait") -> set[str]:
    """What touches the trait, or a trait that it is a part of: by its value, or by when it was told (`stamp`)."""
    parts = name.split(".")
    return {f"{what}:{'.'.join(parts[:upto])}" for upto in range(1, len(parts) + 1)}
