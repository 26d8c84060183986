"""Lead models: points for what contacts do and are, with weights that the marketer sees and edits.

Points are a fold over history, worked out when they are asked for: nothing is stored, no job makes them decay, and a
model that is changed is as if it had always been so. An event's points halve with each `half_life` of the model, in
between along a straight line, by the whole hours of its age; ten half-lives later nothing is left.

The arithmetic is in whole numbers, since powers of two of fractions differ between engines in the last place, and a
threshold turns a last place into a yes or no. One point is `Decay.one` parts; what is left of it after `k` half-lives
and some hours is `((k + 2) · H - hours) · 2^(9 - k)` parts of `H · 2^10`: a line for each half-life, without a
division. Of 50 rules of 1,000 points and 20 times each that stays below 2^63, so that Athena's BIGINT holds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import ConfigDict, Field, TypeAdapter, field_validator, model_validator

from shared.domain.conditions import Condition, Member, parts_of, values_in
from shared.domain.conditions.comparing import is_filled_in
from shared.domain.conditions.events import Filtered, line_filters, of_event
from shared.domain.conditions.fields import Duration, Id
from shared.domain.conditions.orders import Rank
from shared.domain.conditions.points import MAX_POINTS, Points
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.windows import THIS_RUN
from shared.domain.events import DAY, HOUR, Instant, Strict

HALVINGS = 10
"""So many half-lives later nothing is left of an event's points; a thousandth would be."""

Weight = Annotated[int, Field(ge=-1000, le=1000)]


def _counts(points: int) -> int:
    if points == 0:
        raise ValueError("a rule of 0 points changes nothing")
    return points


class EventRule(Filtered):
    """`points` for each of the newest `up_to` events of a type that pass `where`, in the last `within` (ever, when left
    out)."""

    kind: Literal["event"] = "event"
    points: Weight
    up_to: int = Field(default=1, ge=1, le=20)
    within: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if line_filters(self.event, self.where):
            raise ValueError("of two filters on one line of an order ask in a rule of the kind `state`, by `orders`")
        _counts(self.points)
        return self

    def moved_by(self) -> set[str]:
        return of_event(self.event, self.where)


class StateRule(Strict):
    """`points` while a condition is true: of a trait, the consent, the orders. They do not decay."""

    kind: Literal["state"] = "state"
    points: Weight
    when: Condition

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for part in parts_of(plain(self.when)):
            if isinstance(part, Points | Member | Rank):
                raise ValueError(
                    f"a rule asks about the contact alone, and `{part.kind}` is about other models, segments or people"
                )
        if any(value == THIS_RUN or is_filled_in(value) for value in values_in(self.when)):
            raise ValueError("a lead model knows of no run of a journey")
        _counts(self.points)
        return self

    def moved_by(self) -> set[str]:
        return plain(self.when).moved_by()


Rule = Annotated[EventRule | StateRule, Field(discriminator="kind")]


class Decay(NamedTuple):
    """How points decay: by a half-life in hours; 0: they do not."""

    hours: int

    @property
    def one(self) -> int:
        """How many parts a whole point has."""
        return self.hours << HALVINGS if self.hours else 1

    @property
    def lasts(self) -> int | None:
        """How long something is left of a point, in milliseconds."""
        return self.hours * HALVINGS * HOUR if self.hours else None

    def left(self, age: int) -> int:
        """What is left of a point at an age in milliseconds, in parts."""
        if not self.hours:
            return 1
        hours = age // HOUR
        halved = hours // self.hours
        return ((halved + 2) * self.hours - hours) << (HALVINGS - 1 - halved) if halved < HALVINGS else 0


class LeadModel(Strict):
    """A named way to count points. Who has `threshold` or more is qualified: a lead to talk to (MQL)."""

    id: Id
    name: str = Field(min_length=1, max_length=80)
    sentence: str = Field(default="", max_length=400)
    half_life: Duration | None = None
    threshold: int = Field(ge=1, le=MAX_POINTS)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=50)

    @field_validator("half_life")
    @classmethod
    def _whole_hours(cls, half_life: int | None) -> int | None:
        if half_life is not None and (half_life % HOUR or half_life > 730 * DAY):
            raise ValueError("a half-life is whole hours, and 730 days at most: write 30d")
        return half_life

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.most < self.threshold:
            raise ValueError(f"nobody can be qualified: all rules together give {self.most} points at most")
        return self

    @property
    def most(self) -> int:
        """As many points as there can be."""
        return sum(max(each.points, 0) * (each.up_to if isinstance(each, EventRule) else 1) for each in self.rules)

    @property
    def decay(self) -> Decay:
        return Decay(0 if self.half_life is None else self.half_life // HOUR)

    @property
    def conditions(self) -> Iterator[Condition]:
        """What its rules ask of states, with all that they are made of."""
        for rule in self.rules:
            if isinstance(rule, StateRule):
                yield from parts_of(plain(rule.when))

    @cached_property
    def needs(self) -> frozenset[str]:
        """What of a profile moves its points (`Described.moved_by`)."""
        return frozenset().union(*(rule.moved_by() for rule in self.rules))

    def bounds(self, condition: Points) -> tuple[int | None, int | None]:
        """What a condition on this model's points asks for."""
        if condition.at_least is None and condition.at_most is None:
            return self.threshold, None
        return condition.at_least, condition.at_most


MODELS = TypeAdapter(tuple[LeadModel, ...], config=ConfigDict(defer_build=True))


def lasts(rule: EventRule, decay: Decay) -> int | None:
    """How old an event may be to give points, in milliseconds (not included); None: as old as it likes."""
    known = [each for each in (rule.within, decay.lasts) if each is not None]
    return min(known, default=None)


def models_of(condition: Condition) -> set[str]:
    """The lead models whose points the condition asks for."""
    return {part.model for part in parts_of(condition) if isinstance(part, Points)}


def by_id(models: Iterable[LeadModel]) -> dict[str, LeadModel]:
    """ValueError: two of one id."""
    found: dict[str, LeadModel] = {}
    for model in models:
        if model.id in found:
            raise ValueError(f"two lead models have the id {model.id}")
        found[model.id] = model
    return found


def rules_in_force(models: Mapping[str, LeadModel]) -> Iterator[Any]:
    """The rules on events, and the conditions of those on states: what profiles have to keep for them."""
    for model in models.values():
        yield from (rule for rule in model.rules if isinstance(rule, EventRule))
        yield from model.conditions


def reached(rule: EventRule, decay: Decay, t: Instant) -> Instant:
    """Events of this instant and before give nothing at `t`; -1: all do."""
    longest = lasts(rule, decay)
    return -1 if longest is None else max(t - longest, -1)
