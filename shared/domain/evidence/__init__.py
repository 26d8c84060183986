"""Evidence: what a profile has to say to a condition, and what would turn the answer.

It is read off the profile beside the evaluator, whose word alone counts (`explanations`). Instants are written in the
shop's time zone.
"""

from __future__ import annotations

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
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.events import Instant
from shared.domain.evidence import calendar, events, memberships, orders, points, traits
from shared.domain.evidence.view import Evidence, View


def evidence(view: View, condition: Condition, holds: bool, until: Instant) -> Evidence:
    """Of a condition that is made of no others (or asks since when they are in one), and whose answer is this until
    then (`explanations`)."""
    match condition:
        case Member():
            return memberships.stayed(view, condition, holds)
        case All() | Any_() | Not() | OnList() | Engagement() | Rfm():
            raise TypeError(f"{condition.kind} is made of other conditions")
        case TraitIs():
            return traits.trait(view, condition)
        case ConsentIs():
            return traits.consent(view, condition, holds)
        case FirstSeen():
            return traits.first_seen(view)
        case Sample():
            return traits.sample(view, condition)
        case Near():
            return traits.near(view, condition)
        case EventCount():
            return events.count(view, condition, holds, until)
        case FirstEvent():
            return events.first(view, condition)
        case LastEvent():
            return events.last(view, condition, holds)
        case Latest():
            return events.latest(view, condition)
        case Share():
            return events.share(view, condition)
        case InSequence():
            return events.sequence(view, condition, until)
        case Unanswered():
            return events.unanswered(view, condition, holds, until)
        case Cart():
            return events.cart(view, condition, holds)
        case Orders():
            return orders.measured(view, condition, holds, until)
        case LastOrder():
            return orders.last(view, condition, holds)
        case Rank():
            return orders.rank(view, condition)
        case Points():
            return points.points(view, condition, holds, until)
        case LocalTime():
            return calendar.local_time(view)
        case Season():
            return calendar.season(view)
        case Anniversary():
            return traits.values(view, condition.trait)
        case Age():
            return calendar.age(view, condition)
        case DateTrait():
            return traits.values(view, condition.trait)
    assert_never(condition)
