"""The language of segments: one tree of conditions, JSON, checked when it is read.

Each condition says, in its docstring, what it means and its answer when data is missing; and beside it what of a
profile it looks at (`needs`), in whose time zone it counts (`zone`) and whether its answer can change by time alone
(`flips`). Windows are half-open, `(t - W, t]`: an event leaves its window exactly W after it happened.

Some conditions are short for others (`Engagement`, `Rfm`, `OnList`): `shorthand.plain` writes them out, so that the
evaluator and the SQL compiler know the others only.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.conditions.comparing import is_filled_in
from shared.domain.conditions.events import (
    Cart,
    Engagement,
    EventCount,
    FirstEvent,
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.fields import Described, Duration, Id
from shared.domain.conditions.orders import LastOrder, Orders, Rank, Rfm
from shared.domain.conditions.points import Points
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.conditions.windows import THIS_RUN, Window
from shared.domain.events import Strict


class All(Described):
    """True when every one of its conditions is."""

    flips = "as its conditions do"
    kind: Literal["all"] = "all"
    of: tuple["Condition", ...] = Field(min_length=1, max_length=100)

    def moved_by(self) -> set[str]:
        return set().union(*(part.moved_by() for part in self.of))


class Any_(Described):  # noqa: N801 - `Any` is typing's
    """True when at least one of its conditions is."""

    flips = "as its conditions do"
    kind: Literal["any"] = "any"
    of: tuple["Condition", ...] = Field(min_length=1, max_length=100)

    def moved_by(self) -> set[str]:
        return set().union(*(part.moved_by() for part in self.of))


class Not(Described):
    """True when its condition is false."""

    flips = "as its condition does"
    kind: Literal["not"] = "not"
    of: "Condition"

    def moved_by(self) -> set[str]:
        return self.of.moved_by()


class Member(Described):
    """True when the contact is in another segment. A circle of segments is refused.

    `for` asks that they have been in it for so long, without leaving it in between; `left`, that they are not in it now
    and left it in that window. Who was in a segment when it was published counts from then. Never in it: false.
    """

    needs = "when they entered and left that segment"
    flips = "as that segment does"
    kind: Literal["member"] = "member"
    segment: Id
    for_: Duration | None = Field(default=None, alias="for")
    left: Window | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.for_ is not None and self.left is not None:
            raise ValueError("takes `for` or `left`: nobody is in it and has left it")
        return self

    @property
    def asks_when(self) -> bool:
        """Whether it asks about more than the present."""
        return self.for_ is not None or self.left is not None

    def moved_by(self) -> set[str]:
        return set()  # what moves that segment moves this one: `segments.compile_segments`


Condition = Annotated[
    All
    | Any_
    | Not
    | Member
    | TraitIs
    | OnList
    | ConsentIs
    | FirstSeen
    | Sample
    | Near
    | EventCount
    | FirstEvent
    | LastEvent
    | Latest
    | Share
    | InSequence
    | Unanswered
    | Cart
    | Engagement
    | Orders
    | LastOrder
    | Rank
    | Rfm
    | Points
    | LocalTime
    | Season
    | Anniversary
    | Age
    | DateTrait,
    Field(discriminator="kind"),
]


class Segment(Strict):
    """A named condition. `sentence` says in plain words who is in it, for the marketer; `group` is one of the four that
    the field knows, or where in a customer's life they stand."""

    id: Id
    name: str = Field(min_length=1, max_length=80)
    sentence: str = Field(min_length=1, max_length=400)
    group: Literal["demographic", "geographic", "behavioural", "psychographic", "lifecycle"] = "behavioural"
    when: Condition

    @model_validator(mode="after")
    def _asks_of_no_run(self) -> Self:
        for value in values_in(self.when):
            if value == THIS_RUN or is_filled_in(value):
                raise ValueError(f"`{value}` is known in a journey only: a segment has no run")
        return self


def values_in(part: Any) -> Iterator[Any]:
    """Every value that a condition is written with."""
    match part:
        case BaseModel():
            for name in type(part).model_fields:
                yield from values_in(getattr(part, name))
        case tuple() | list():
            for each in part:
                yield from values_in(each)
        case _:
            yield part


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The condition and all that it is made of, outermost first."""
    yield condition
    match condition:
        case All() | Any_():
            for part in condition.of:
                yield from parts_of(part)
        case Not():
            yield from parts_of(condition.of)
