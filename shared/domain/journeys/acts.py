"""Acts: what somebody did, out of what the events of a batch tell.

A journey answers what happens, and much that is told is no happening: a state that is told again, an order that is
known, the same contact in a new form. That can only be seen before the events are folded into the profile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import line_filters
from shared.domain.evaluation.comparing import filter_
from shared.domain.events import NEVER, ORDER_TYPES, Event, Instant, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.kept_orders import PUBLIC
from shared.domain.profiles.lines import as_properties, lines_of, said_of_order
from shared.domain.profiles.orders import happened, order_id, order_number
from shared.domain.profiles.traits import own_words_of
from shared.domain.properties import event_name, kept_properties, other_properties, stated_total

STATES = frozenset(
    {
        *(Type.CONTACT_UPDATED, Type.ORDER_UPDATED, Type.PRODUCT_UPDATED),
        *(Type.CONTACTS_MERGED, Type.DATA_REQUESTED, Type.EVALUATION_DUE, Type.SCORED),
    }
)
"""Events that tell how something is, or are no doing of the contact's: nothing happens by them alone."""


# Not slots: what an event's properties are is worked out once, and only where a journey asks.
@dataclass(frozen=True)
class Act:
    """An event as journeys see it, at the instant that it counts from for its contact: when it was received, but never
    before what was decided already.

    `name`: the type that it happens as; None where nothing happens by it (but it may tell a consent). `first`: the
    contact's first ever of it. `own`: the contact's own words, which are not kept.
    """

    time: Instant
    event: Event
    name: str | None
    first: bool
    own: frozenset[str]

    @property
    def happened(self) -> Instant:
        return happened(self.event)

    @cached_property
    def properties(self) -> Mapping[str, Json]:
        """As conditions on events know them (`profiles.folding`): amounts in hundredths."""
        event = self.event
        found = other_properties(event, self.own) | kept_properties(event, self.own)
        if event.type in ORDER_TYPES:
            total = None if event.other_currency else stated_total(event.properties)
            found |= said_of_order(event, self.own)
            found |= {} if total is None else {"total": max(total, 0)}
        return found

    @cached_property
    def lines(self) -> list[Mapping[str, Json]]:
        """What is in an order, line by line."""
        if self.event.type not in ORDER_TYPES:
            return []
        return [as_properties(line) for line in lines_of(self.event, self.own) or [] if line]


def acts(profile: Profile, events: Iterable[Event]) -> list[Act]:
    """What the events tell, in the order in which they were received, given the profile as it is before them."""
    own = own_words_of(profile)
    seen: set[str] = set()
    orders = {name for name, order in profile.orders.items() if order.placed != NEVER}
    found = []
    for event in sorted(events, key=lambda event: event.received):
        name = None if event.type in STATES or event_name(event, own) is None else event.type
        first = name is not None and name not in seen and name not in profile.histories
        if name == Type.ORDER_COMPLETED:
            called = {each.removeprefix("#") for each in (order_id(event), order_number(event)) if each}
            if _is_known(profile, event, called, orders):
                name, first = None, False
            else:
                first = not orders - called and not profile.older_orders
                orders |= {f"{PUBLIC}{each}" for each in called} if event.public else called
        if name is not None:
            seen.add(name)
        found.append(Act(max(profile.decided, event.received), event, name, first, own))
    return found


def _is_known(profile: Profile, event: Event, called: set[str], orders: set[str]) -> bool:
    """Whether an order is none that somebody places now: it does not stand, or was completed already. Each teller
    completes an order once (`event_key`), so it is known where the other one, the storefront or its website, told it;
    an `Order Updated` that was faster than the storefront's own `Order Completed` takes nothing from that."""
    if event.order is not None and not event.order.stands:
        return True
    others = {f"{PUBLIC}{each}" for each in called}
    if event.public:
        others |= called
        if not profile.numbers.isdisjoint(called):
            return True
    return not orders.isdisjoint(others)


Passes = Callable[[Act], bool]


def filter_of(where: Sequence[Where]) -> Passes:
    """Whether an act passes all filters, as the segments' conditions on events have it. Of what is in an order, one
    line has to pass all filters on its product."""
    of_lines = line_filters(Type.ORDER_COMPLETED, where)
    if not of_lines:
        passes = filter_(where)
        return lambda act: passes(act.properties)
    passes, one = filter_([each for each in where if each not in of_lines]), filter_(of_lines)
    whole = filter_(where)

    def passes_lines(act: Act) -> bool:
        if act.name != Type.ORDER_COMPLETED:
            return whole(act.properties)
        return passes(act.properties) and any(map(one, act.lines))

    return passes_lines
