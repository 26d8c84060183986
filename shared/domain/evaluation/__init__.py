"""Evaluation: a condition, compiled to a function that gives its signed instant for one profile.

`+until` where it is true, `-until` where it is false; with no new event the answer cannot change before `until`.
Composed in one pass: `all` is the minimum, `any` the maximum, `not` the negation. The bound is sound; asking again at
the bound until the sign changes makes it exact (`segments.change_of`). No event of the profile may be later than the
instant that is asked about (`events.counted_time` sees to it).

Many segments ask the same things. So the profile is read once for all of them: a series (the instants of an event
type's occurrences that pass a filter) and the orders are there after the first condition that asks. A condition is then
a few comparisons. docs/decisions.md has the figures, also of generated code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never
from zoneinfo import ZoneInfo

from shared.domain.conditions import All, Any_, Condition, Member, Not, Segment
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.conditions.comparing import Where
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
from shared.domain.conditions.fields import condition_key
from shared.domain.conditions.orders import Cutoffs, LastOrder, Orders, Rank, Rfm
from shared.domain.conditions.points import Points
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.evaluation import calendar, events, memberships, orders, points, tied, traits
from shared.domain.evaluation.carts import cart_of
from shared.domain.evaluation.comparing import compared_value, comparison
from shared.domain.evaluation.composing import all_of, any_of, not_
from shared.domain.evaluation.events import in_days
from shared.domain.evaluation.memberships import stay
from shared.domain.evaluation.points import Scored
from shared.domain.evaluation.reading import HistoryNeededError, Reading, Series, Signed, Term, series_of
from shared.domain.evaluation.spans import Span, span
from shared.domain.events import Instant
from shared.domain.lead_models import EventRule, LeadModel, StateRule
from shared.domain.profiles import Profile

__all__ = ["Compiler", "Evaluate", "HistoryNeededError", "Reading"]
# What the SQL of segments reads a condition by as well, so that both mean the same.
__all__ += ["Span", "span", "stay"]
__all__ += ["cart_of", "compared_value", "comparison", "in_days"]

Evaluate = Callable[[Profile, Instant], tuple[Signed, ...]]


@dataclass(eq=False)
class Compiler:
    """Makes functions of the shop's conditions. `zone` is the shop's time zone."""

    segments: Mapping[str, Segment]
    cutoffs: Cutoffs
    zone: ZoneInfo
    models: Mapping[str, LeadModel] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    made: dict[str, Term] = field(default_factory=dict)
    scores: dict[str, Scored] = field(default_factory=dict)

    def function(self, wanted: Iterable[Condition]) -> Evaluate:
        """A function that gives the signed instants of all these conditions for a profile at an instant."""
        terms = [self.term(plain(condition)) for condition in wanted]

        def evaluate(profile: Profile, t: Instant) -> tuple[Signed, ...]:
            reading = Reading(profile)
            return tuple([term(reading, t) for term in terms])

        return evaluate

    def segment(self, name: str) -> Term:
        """The function of a segment's condition, made when first asked for."""
        made = self.made.get(name)
        if made is None:
            made = self.made[name] = self.term(plain(self.segments[name].when))
        return made

    def of(self, event: str, where: Sequence[Where] = (), which: int = 0, number: str = "") -> Series:
        """`number`: the property whose numbers are asked for."""
        key = "\n".join([event, *(condition_key(each) for each in where), str(which), number])
        made = self.series.get(key)
        if made is None:
            made = self.series[key] = series_of(event, where, which, number)
        return made

    def scored(self, name: str) -> Scored:
        """A lead model with what its rules read, made when first asked for."""
        made = self.scores.get(name)
        if made is None:
            model = self.models[name]
            made = self.scores[name] = Scored(
                model,
                model.decay,
                tuple((rule, self.of(rule.event, rule.where)) for rule in model.rules if isinstance(rule, EventRule)),
                tuple((rule, self.term(plain(rule.when))) for rule in model.rules if isinstance(rule, StateRule)),
            )
        return made

    def term(self, condition: Condition) -> Term:
        """The function of a condition that is plain already."""
        match condition:
            case All():
                return all_of([self.term(part) for part in condition.of])
            case Any_():
                return any_of([self.term(part) for part in condition.of])
            case Not():
                return not_(self.term(condition.of))
            case Member():
                return memberships.member(condition, self.segment(condition.segment), self.zone)
            case TraitIs():
                return traits.trait(condition)
            case ConsentIs():
                return traits.consent(condition, self.zone)
            case FirstSeen():
                return traits.first_seen(condition, self.zone)
            case Sample():
                return traits.sample(condition)
            case Near():
                return traits.near(condition)
            case EventCount(with_=present, without=absent) if present or absent:
                return tied.count(
                    condition,
                    self.of(condition.event, condition.where, condition.which),
                    self.of(present.event, present.where) if present else None,
                    self.of(absent.event, absent.where) if absent else None,
                    span(condition.within, self.zone),
                )
            case EventCount() if condition.measured is not None:
                series = self.of(condition.event, condition.where, condition.which, condition.measured)
                return events.number(condition, series, self.zone)
            case EventCount():
                return events.count(condition, self.of(condition.event, condition.where, condition.which), self.zone)
            case FirstEvent():
                return events.first(condition, self.of(condition.event, condition.where), self.zone)
            case LastEvent():
                return events.last(condition, self.of(condition.event, condition.where))
            case Latest():
                return events.latest(
                    [self.of(event) for event in condition.events],
                    [self.of(event, condition.where) for event in condition.events],
                )
            case Share():
                return events.share(
                    condition,
                    [self.of(event) for event in dict.fromkeys(condition.events)],
                    [self.of(event, condition.where) for event in dict.fromkeys(condition.events)],
                    self.zone,
                )
            case InSequence():
                without = condition.without
                return events.sequence(
                    condition,
                    self.of(condition.first.event, condition.first.where),
                    self.of(condition.then.event, condition.then.where),
                    self.of(without.event, without.where) if without else None,
                    self.zone,
                )
            case Unanswered():
                return events.unanswered(
                    condition,
                    self.of(condition.of.event, condition.of.where),
                    [self.of(each.event, each.where) for each in condition.answers],
                    self.zone,
                )
            case Cart():
                return events.cart(condition)
            case Orders():
                return orders.measured(condition, self.zone)
            case LastOrder():
                return orders.last(condition)
            case Rank():
                rank = orders.rank(condition, self.cutoffs.get(condition.key), self.zone)
                return rank if condition.among is None else all_of([self.term(Member(segment=condition.among)), rank])
            case Points():
                return points.points(condition, self.scored(condition.model))
            case LocalTime():
                return calendar.local_time(condition, self.zone)
            case Season():
                return calendar.season(condition, self.zone)
            case Anniversary():
                return calendar.anniversary(condition, self.zone)
            case Age():
                return calendar.age(condition, self.zone)
            case DateTrait():
                return calendar.date(condition, self.zone)
            case OnList() | Engagement() | Rfm():
                raise TypeError(f"{condition.kind} is short for other conditions")
        assert_never(condition)
