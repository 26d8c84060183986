"""What the one pass over the lake has to work out, for any number of segments; `sql` prints it.

Conditions are taken apart as in `evaluation`, and what segments share is worked out once:

- a `Source` is rows that are read together: the events of one type, the contacts' traits, their orders …;
- its `columns` are aggregates of a contact's rows: how many in a window pass a filter, when the newest did …;
- an `Atom` is a yes or no that a source's columns give, and no where the source has no row of the contact; where SQL
  cannot tell of every contact, the answers given while exporting do (`facts`);
- a tree of atoms is a segment's membership. `Merged` trees compare instants that come out of several sources.

Texts here are expressions in Athena's dialect; what a definition says is in them only as literals (`literal`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import assert_never

from shared.domain.conditions import All, Any_, Condition, Member, Not
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
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
from shared.domain.conditions.orders import LastOrder, Orders, Rank, Rfm
from shared.domain.conditions.points import Points
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.facts import is_answered
from shared.domain.sql_plan import events, orders, points, traits
from shared.domain.sql_plan.sources import Sources
from shared.domain.sql_plan.trees import FALSE, Tree, all_of, any_of, not_of


@dataclass
class Plan(Sources):
    """The plan for these definitions at an instant."""

    _segments: dict[str, Tree] = field(default_factory=dict)

    def segment(self, segment: str) -> Tree:
        """Membership of a segment, at the instant."""
        made = self._segments.get(segment)
        if made is None:
            made = self._segments[segment] = self.tree(plain(self.definitions.segments[segment].when))
        return made

    def held(self, segment: str) -> Tree:
        """The stored membership of a segment."""
        return self.of_row("member", segment, [], f"stored in {segment}")

    def number(self, rank: Rank) -> str:
        """The column with what a contact is ranked by: the largest of what the source's rows have."""
        return self.numbered(rank.by.model_dump_json(), *orders.number_of(self, rank))

    def tree(self, condition: Condition) -> Tree:
        """The tree of a plain condition."""
        if is_answered(condition):
            return self.answer(condition)
        match condition:
            case All(of=parts):
                return all_of([self.tree(part) for part in parts])
            case Any_(of=parts):
                return any_of([self.tree(part) for part in parts])
            case Not(of=part):
                return not_of(self.tree(part))
            case Member(segment=segment):
                return self.segment(segment)
            case TraitIs():
                return traits.trait(self, condition)
            case ConsentIs():
                return traits.consent(self, condition)
            case FirstSeen():
                return traits.first_seen(self, condition)
            case Sample():
                return traits.sample(self, condition)
            case EventCount():
                return events.count(self, condition)
            case FirstEvent():
                return events.first(self, condition)
            case LastEvent():
                return events.last(self, condition)
            case Latest():
                return events.latest(self, condition)
            case Share():
                return events.share(self, condition)
            case InSequence():
                return events.sequence(self, condition)
            case Unanswered():
                return events.unanswered(self, condition)
            case Cart():
                return events.cart(self, condition)
            case Orders():
                return orders.measured(self, condition)
            case LastOrder():
                return orders.last(self, condition)
            case Rank(among=among):
                ranked = orders.ranked(self, condition)
                return ranked if among is None or ranked == FALSE else all_of([ranked, self.segment(among)])
            case Points(model=model):
                return points.points(self, condition, self.definitions.models[model], self.tree)
            case Near() | LocalTime() | Season() | Anniversary() | Age() | DateTrait():
                return self.answer(condition)
            case OnList() | Engagement() | Rfm():
                raise TypeError(f"{condition.kind} is short for other conditions")
        assert_never(condition)
