"""What is short for something else, written out; and what segments ask of each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from shared.domain.conditions import All, Any_, Condition, Member, Not, Segment, parts_of
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import Engagement, EventCount
from shared.domain.conditions.orders import Orders, OrderWhere, Rank, RankedOrders, Rfm
from shared.domain.conditions.traits import OnList, TraitIs
from shared.domain.events import DAY, Type

_LOOKS = (Type.PAGE_VIEWED, Type.SCREEN_VIEWED, Type.PRODUCT_VIEWED)
_CARTS = (Type.PRODUCT_ADDED, Type.CART_VIEWED, Type.CART_UPDATED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED)
"""What a visit is made of."""


def plain(condition: Condition) -> Condition:
    """The condition with everything written out that is short for something else; Rank and Member stay."""
    match condition:
        case All() | Any_():
            return condition.model_copy(update={"of": tuple(plain(part) for part in condition.of)})
        case Not():
            return Not(of=plain(condition.of))
        case OnList():
            return TraitIs(trait="lists", value=condition.list)
        case EventCount():
            return _of_one_line(condition) or condition
        case Engagement():
            return _engagement(condition)
        case Rfm():
            return _rfm(condition)
        case _:
            return condition


def _of_one_line(condition: EventCount) -> Orders | None:
    """Orders by two filters or more on what is in them: one line has to pass them all, and only orders know lines."""
    lines = [each for each in condition.where if each.property in ("product_id", "category")]
    others = [each for each in condition.where if each not in lines]
    if condition.event != Type.ORDER_COMPLETED or len(lines) < 2 or condition.count != "events" or condition.which:
        return None
    if any(each.property != "total" for each in others) or not all(map(_asks_for_text, lines)):
        return None

    def asked(of: list[Where]) -> tuple[OrderWhere, ...]:
        return tuple(OrderWhere(**{"property": each.property, "is": each.is_, "value": each.value}) for each in of)

    return Orders(
        at_least=condition.at_least,
        at_most=condition.at_most,
        within=condition.within,
        where=asked(others),
        lines=asked(lines),
    )


def _asks_for_text(where: Where) -> bool:
    values = where.value if isinstance(where.value, list | tuple) else [where.value]
    return where.is_ not in ("not_equal", "exists") and all(isinstance(each, str) for each in values)


def _engagement(condition: Engagement) -> Condition:
    """Of emails about a topic, or of a journey, no visit and no order says anything."""
    about = tuple(
        Where(property=name, value=value)
        for name, value in (("topic", condition.topic), ("journey", condition.journey))
        if value is not None
    )
    human = (Where(property="human", value=True), *about)

    def lately(type_: Type, days: int, where: tuple[Where, ...] = ()) -> EventCount:
        return EventCount(event=type_, within=days * DAY, where=where)

    highly = Any_(
        of=(
            lately(Type.EMAIL_CLICKED, 30, human),
            *(() if about else (lately(Type.ORDER_COMPLETED, 30), *map(_often, _LOOKS))),
        )
    )
    reacted = Any_(
        of=(
            lately(Type.EMAIL_CLICKED, 90, human),
            *(() if about else (lately(type_, 90) for type_ in (Type.ORDER_COMPLETED, *_LOOKS, *_CARTS))),
        )
    )
    match condition.tier:
        case "highly":
            return highly
        case "moderately":
            return All(of=(reacted, Not(of=highly)))
        case "disengaged":
            return All(of=(EventCount(event=Type.EMAIL_SENT, where=about), Not(of=reacted)))


def _often(type_: Type) -> EventCount:
    return EventCount(event=type_, within=30 * DAY, count="days", at_least=3)


def _rfm(condition: Rfm) -> Condition:
    """A score of s or more is the top 20 × (6 - s) percent."""
    measure: Literal["last", "count", "sum"] = {"recency": "last", "frequency": "count", "monetary": "sum"}[  # type: ignore[assignment]
        condition.score
    ]
    by = RankedOrders(measure=measure)

    def at_least(score: int) -> Condition:
        if score == 1:
            parts: tuple[Condition, ...] = (Orders(at_least=1),)
            return All(of=(*parts, Member(segment=condition.among)) if condition.among else parts)
        return Rank(by=by, top=20 * (6 - score), among=condition.among)

    if condition.at_most == 5:
        return at_least(condition.at_least)
    return All(of=(at_least(condition.at_least), Not(of=at_least(condition.at_most + 1))))


def members_of(condition: Condition) -> set[str]:
    """The segments whose membership the condition asks for."""
    found = set()
    for part in parts_of(plain(condition)):
        if isinstance(part, Member):
            found.add(part.segment)
        elif isinstance(part, Rank) and part.among is not None:
            found.add(part.among)
    return found


def in_order(segments: Iterable[Segment]) -> dict[str, Segment]:
    """The segments by id, each after those it asks about. ValueError: two of one id, an unknown one, a circle."""
    by_id: dict[str, Segment] = {}
    for segment in segments:
        if segment.id in by_id:
            raise ValueError(f"two segments have the id {segment.id}")
        by_id[segment.id] = segment
    ordered: dict[str, Segment] = {}

    def add(segment: Segment, above: tuple[str, ...]) -> None:
        if segment.id in above:
            raise ValueError(f"segments reference each other in a cycle: {' → '.join((*above, segment.id))}")
        if segment.id in ordered:
            return
        for other in sorted(members_of(segment.when)):
            if other not in by_id:
                raise ValueError(f"{segment.id} references the unknown segment {other}")
            add(by_id[other], (*above, segment.id))
        ordered[segment.id] = segment

    for segment in by_id.values():
        add(segment, ())
    return ordered
