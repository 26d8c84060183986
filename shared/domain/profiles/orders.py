"""An order as it is now, and what an event tells of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.events import (
    FIRST_DATE,
    NEVER,
    ORDER_TYPES,
    Event,
    Instant,
    Json,
    Stamp,
    Type,
    amount,
    when_placed,
)
from shared.domain.profiles.bounds import MAX_REFUNDS, beyond
from shared.domain.profiles.histories import Occurrence, as_text
from shared.domain.profiles.lines import (
    Line,
    Returned,
    bounded,
    lines_of,
    returned_lines,
    said_of_order,
    spread,
)
from shared.domain.properties import products_of, refunded, short_id, stated_total

UNTOLD = Stamp(-1)


class Refund(NamedTuple):
    """Money returned, in hundredths of the shop's currency, and the newest telling of it."""

    amount: int
    at: Stamp


@dataclass(slots=True)
class Order:
    """One order as it is now, in hundredths of the shop's currency: each part as the newest event that says it has it.

    `placed` is NEVER while nobody says that it is an order. `properties` are those of its `Order Completed` in the
    history. `refunds` are told one by one; `listed`, all of them, by a storefront: what is not in a list is no longer
    so, unless it was told later.
    """

    placed: Instant = NEVER
    value: int = 0
    value_at: Stamp = UNTOLD
    cancelled: bool = False
    cancelled_at: Stamp = UNTOLD
    properties: Mapping[str, Json] = field(default_factory=dict)
    properties_at: Stamp = UNTOLD
    lines: list[Line] = field(default_factory=list)
    """What is in it, told with `properties`."""
    lines_cut: int = 0
    """How many lines more there are than are kept."""
    number: str = ""
    """What the shop's people and its website call it, without a `#`."""
    refunds: dict[str, Refund] = field(default_factory=dict)
    listed: dict[str, int] | None = None
    listed_at: Stamp = UNTOLD
    returned: dict[str, list[Returned]] | None = field(default_factory=dict)
    """What each line got back, by the refunds that say so; None: it is not kept."""

    @property
    def size(self) -> int:
        """How many lines it has."""
        return len(self.lines) + self.lines_cut

    def refunded(self) -> dict[str, int]:
        """The refunds there are."""
        if self.listed is None:
            return {id_: refund.amount for id_, refund in self.refunds.items()}
        later = {
            id_: refund.amount
            for id_, refund in self.refunds.items()
            if id_ not in self.listed and refund.at > self.listed_at
        }
        return {**self.listed, **later}

    def taken_off(self) -> list[int]:
        """The amounts of the refunds there are."""
        return list(self.refunded().values())

    def returned_of(self) -> list[int]:
        """What of that each of its lines got back."""
        of_each = [0] * len(self.lines)
        for id_, amount_ in self.refunded().items():
            spread(self.lines, amount_, (self.returned or {}).get(id_, ()), of_each)
        return of_each

    @property
    def net(self) -> int:
        """What the shop kept of it."""
        return 0 if self.cancelled else max(self.value - sum(self.taken_off()), 0)

    @property
    def counts(self) -> bool:
        """Whether it is an order still: not cancelled, and not refunded altogether."""
        return self.placed != NEVER and not self.cancelled and (self.net > 0 or not self.taken_off())

    @property
    def completed(self) -> Occurrence | None:
        """Its place in the history of `Order Completed`, which has the orders that count: nobody has bought what was
        cancelled. None where it does not."""
        if not self.counts:
            return None
        return Occurrence(self.placed, self.told)

    @property
    def told(self) -> dict[str, Json]:
        """Its properties, and what it came to, as far as somebody has said so."""
        total = {} if self.value_at == UNTOLD else {"total": self.value}
        return {**self.properties, **total}

    @property
    def newest(self) -> Stamp:
        """Of what is known of it."""
        told = (self.value_at, self.cancelled_at, self.properties_at, self.listed_at)
        return max(*told, *(refund.at for refund in self.refunds.values()), UNTOLD)


def order_id(event: Event) -> str | None:
    """The order's id. Who completes one without an id has made one all the same: it is known by the event."""
    told = event.properties.get("order_id") if event.order is None else event.order.id
    return short_id(told) or (event.id if event.type == Type.ORDER_COMPLETED and told is None else None)


def order_number(event: Event) -> str | None:
    number = short_id(event.properties.get("order_number"))
    return None if number is None else number.removeprefix("#")


def tell_order(order: Order, event: Event, kept: Mapping[str, Json], own: frozenset[str]) -> None:
    """`kept` of the event; `own`: the words that say who the contact is."""
    stamp, state = event.stamp, event.order
    placed = when_placed(event)
    if placed is not None:
        order.placed = min(order.placed, placed)
    number = order_number(event)
    if number is not None and not event.public:
        order.number = max(order.number, number)
    if state is not None or event.type == Type.ORDER_CANCELLED:
        cancelled = state is None or not state.stands
        if (stamp, cancelled) > (order.cancelled_at, order.cancelled):
            order.cancelled, order.cancelled_at = cancelled, stamp
    total = None if event.other_currency else stated_total(event.properties)
    if total is not None and (stamp, total) > (order.value_at, order.value):
        order.value, order.value_at = max(total, 0), stamp
    said = {name: value for name, value in kept.items() if name != "total"} | said_of_order(event, own)
    lines = lines_of(event, own)
    if said or lines:
        newer = stamp, as_text(said), as_text(bounded(lines or [])), len(lines or [])
        if newer > (order.properties_at, as_text(order.properties), as_text(bounded(order.lines)), order.size):
            order.properties, order.properties_at = said, stamp
            order.lines, order.lines_cut = lines or [], 0
    if state is not None and state.refunds is not None and not event.other_currency:
        listed = {id_: amount(each) or 0 for id_, each in state.refunds.items()}
        if (stamp, as_text(listed)) > (order.listed_at, as_text(order.listed)):
            beyond(listed, MAX_REFUNDS)
            order.listed, order.listed_at = listed, stamp
        for id_, products in state.returned.items():
            _tell_returned(order, id_, returned_lines(products, event, own))


def _tell_returned(order: Order, refund: str, lines: list[Returned]) -> None:
    """Of two tellings of one refund, whichever text is greater: a refund does not change."""
    if order.returned is not None and lines:
        order.returned[refund] = max(lines, order.returned.get(refund, lines), key=as_text)
        beyond(order.returned, MAX_REFUNDS)


def tell_refund(order: Order, event: Event, own: frozenset[str]) -> None:
    """Of two amounts told of one refund the larger is taken off."""
    if event.other_currency:
        return  # how much of the order that is, nobody knows
    refund = refunded(event.properties)
    id_ = short_id(event.properties.get("refund_id")) or event.id
    held = order.refunds.get(id_, Refund(0, UNTOLD))
    order.refunds[id_] = Refund(max(held.amount, refund or 0), max(held.at, event.stamp))
    beyond(order.refunds, MAX_REFUNDS)
    if isinstance(event.properties.get("products"), list):
        _tell_returned(order, id_, returned_lines(products_of(event.properties), event, own))


def happened(event: Event) -> Instant:
    """When somebody did what the event tells of: an order is placed once, however late or often it is told of. What a
    list tells that is brought over is history, whatever date stands in it."""
    if event.source == "import":
        return min(event.time, FIRST_DATE)
    placed = when_placed(event) if event.type in _PLACED else None
    return event.time if placed is None else min(placed, event.time)


_PLACED = ORDER_TYPES - {Type.ORDER_CANCELLED, Type.ORDER_REFUNDED}
