"""Facts: what profiles say of all contacts at one instant, as rows beside the lake's events, for the SQL of segments.

An export has every contact once: since when they are known, their traits, consent, orders and memberships. What says
who somebody is, or where within their city, stays out. A condition on such a trait is answered while exporting instead,
and the answer goes in under the condition's key; so are conditions that need a calendar or a map, which SQL has not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import assert_never

from shared.domain import lake_rows, properties
from shared.domain.conditions import All, Any_, Condition, Member, Not, parts_of
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
from shared.domain.conditions.fields import condition_key
from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedTrait, Rfm, asks_for_lines
from shared.domain.conditions.points import Points
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.evaluation import Evaluate, HistoryNeededError, cart_of
from shared.domain.evaluation.reading import keeps
from shared.domain.evaluation.traits import trait_of
from shared.domain.events import NEVER, Instant, Json, Type
from shared.domain.lake_rows import contact_number
from shared.domain.personal import in_lake, text
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.lines import as_properties, pieces_of, worth_of
from shared.domain.profiles.traits import own_words_of
from shared.domain.properties import CARTS, COUPON_POOL, KEPT_PROPERTIES, fold_case, in_lake_form
from shared.domain.segments import Definitions

COLUMNS: Mapping[str, str] = {
    "contact": "string",
    "contact_number": "bigint",
    "name": "string",
    "time": "bigint",
    "text": "string",
    "number": "double",
    "flag": "boolean",
    "amount": "bigint",
    **{name: lake_rows.COLUMNS[name] for name in (*KEPT_PROPERTIES, "properties")},
    "refunded": "bigint",
    "discount_codes": "array<string>",
    COUPON_POOL: "array<string>",
    "source_name": "string",
    "shipping_country": "string",
    "variant_id": "string",
    "vendor": "string",
    "quantity": "bigint",
    "gift_card": "boolean",
}
"""Columns and their types in Athena. What they hold, by the row's kind:

| kind | rows | columns |
|---|---|---|
| contact | one | `time`: when we first heard of them |
| trait | one a trait, and one for each part of one that is asked for; of a list, one for each of its values, or one \
if it is empty | `name`, with dots before parts; \
`time`: when it was told; `text` (in `fold_case` form), `number` or `flag`; `amount`: how many values the list has |
| consent | one a topic | `name`; `text`: the answer; `time`: since when it is the answer; `amount`: how many \
milliseconds something else was before, if it had been the answer already |
| order | one for each that is not cancelled | `time`: when it was placed; `flag`: whether it counts (not wholly \
refunded); `amount`: what is left of it, in hundredths; `refunded`; `quantity`: of all that is in it, in thousandths; \
and the properties of its `Order Completed`, which is read here: one for each order, as it is now, however many told \
of it |
| line | one for each line of such an order | `name`: the same for the lines of one order; `amount`: what the line \
comes to; `refunded`: what it got back; `quantity`; its properties, and those of the order |
| cart | one, where something is left in it | `time`: when it was changed last; and the properties of what is in it \
(`evaluation.cart_of`) |
| answer | one for each condition answered here that is true | `name`: the condition's key |
| member | one for each segment the contact is in | `name`; `number`: of the transition; `time`: since when |
"""

KINDS = ("contact", "trait", "consent", "order", "line", "cart", "answer", "member")
PARTITIONS = ("pass", "kind")
"""The id of the pass that an export was made for, and what its rows are."""

MAX_VALUES = 100
"""Values of a list that are written out."""

Row = dict[str, Json]

_MAX_WHOLE = 2**53  # up to here a double is exact


def is_answered(condition: Condition) -> bool:
    """Whether SQL cannot work the condition out from facts and events."""
    match condition:
        case TraitIs(trait=trait):
            return not in_lake(trait)
        case Near() | LocalTime() | Season() | Anniversary() | Age() | DateTrait():
            return True
        case Member():
            return condition.asks_when  # what is stored may have changed since, by time alone
        case All() | Any_() | Not() | OnList() | ConsentIs() | FirstSeen() | Sample():
            return False
        case (
            EventCount()
            | FirstEvent()
            | LastEvent()
            | Latest()
            | Share()
            | InSequence()
            | Unanswered()
            | Cart()
            | Engagement()
        ):
            return asks_for_lines(condition)  # which the lake's events have not
        case Orders():
            return condition.which != 0  # of all orders, which is not a thing of one row
        case LastOrder() | Rank() | Rfm() | Points():
            return False
    assert_never(condition)


@dataclass(frozen=True, slots=True)
class Question:
    """Conditions that are answered together, and their keys."""

    keys: tuple[str, ...]
    evaluate: Evaluate

    def answers(self, profile: Profile, t: Instant) -> Iterator[str]:
        """The keys of those that are true."""
        return (key for key, signed in zip(self.keys, self.evaluate(profile, t), strict=True) if signed > 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an export has to answer: of every contact, and of whose trait cannot be written out."""

    of_all: Question
    by_trait: Mapping[str, Question]
    properties: properties.Asked
    lines: bool


def asked(definitions: Definitions) -> Asked:
    """What the shop's segments ask that SQL cannot, or not of everybody, work out."""
    of_all: dict[str, Condition] = {}
    by_trait: dict[str, dict[str, Condition]] = defaultdict(dict)
    parts = [part for segment in definitions.segments.values() for part in parts_of(plain(segment.when))]
    parts += [part for model in definitions.models.values() for part in model.conditions]
    for part in parts:
        if is_answered(part):
            of_all[condition_key(part)] = part
        elif isinstance(part, TraitIs):
            by_trait[part.trait][condition_key(part)] = part
        elif isinstance(part, Rank) and isinstance(part.by, RankedTrait):
            by_trait[part.by.trait][part.key] = part

    def question(parts: Mapping[str, Condition]) -> Question:
        return Question(tuple(parts), definitions.compiler.function(list(parts.values())))

    return Asked(
        question(of_all),
        {trait: question(parts) for trait, parts in by_trait.items()},
        definitions.asked,
        definitions.lines,
    )


def rows(profile: Profile, asked: Asked, t: Instant) -> Iterator[Row]:
    """The contact's facts at `t`: COLUMNS and `kind`. None of who has joined another contact, or was erased.

    HistoryNeededError when the profile has not all the contact's orders and what is in them, or what made their cart:
    give `profiles.rebuild` of their events.
    """
    if profile.has_ended:
        return
    cut = asked.lines and any(order.lines_cut or order.returned is None for order in profile.orders.values())
    if profile.older_orders or cut:
        raise HistoryNeededError("orders")
    for type_ in (Type.ORDER_COMPLETED, *CARTS):  # which are read here, and not in the lake
        keeps(profile, type_, asked.properties.get(type_, frozenset()))
    empty: Row = dict.fromkeys(COLUMNS) | {
        "contact": profile.contact,
        "contact_number": contact_number(profile.contact),
    }
    yield {**empty, "kind": "contact", "time": None if profile.first_seen == NEVER else profile.first_seen}
    answered = set(asked.of_all.answers(profile, t))
    own = own_words_of(profile)
    unsaid = set()
    for name, stamped in _written_out(profile, asked.by_trait):
        values = _values(stamped.value, own) if _may_be_written(name, own, public=False) else None
        if values is None:
            unsaid.add(name)
            continue
        for value in values:
            yield {**empty, "kind": "trait", "name": name, "time": stamped.time, **value}
    for trait, question in asked.by_trait.items():
        if trait in unsaid:
            answered |= set(question.answers(profile, t))
    for name in sorted(answered):
        yield {**empty, "kind": "answer", "name": name}
    for topic in profile.consent:
        answer = profile.standing(topic)
        if answer is not None:
            said = {"text": answer.value, "time": answer.since, "amount": answer.away}
            yield {**empty, "kind": "consent", "name": topic, **said}
    for number, order in enumerate(profile.orders.values()):
        if order.placed != NEVER and not order.cancelled:
            now = {"time": order.placed, "flag": order.counts, "refunded": sum(order.taken_off())}
            pieces = sum(map(pieces_of, order.lines))
            yield {**empty, "kind": "order", **now, "amount": order.net, "quantity": pieces, **_told(order.told)}
            for line, returned in zip(order.lines, order.returned_of(), strict=True):
                of_line = as_properties(line)
                product = of_line.get("product_id")
                told = order.told | {"category": None, **of_line, "product_id": None if product is None else [product]}
                yield {
                    **empty,
                    "kind": "line",
                    **now,
                    "name": str(number),
                    "amount": worth_of(line),
                    "refunded": returned,
                    **_in_columns(told),
                }
    cart = cart_of(profile)
    if cart is not None:
        yield {**empty, "kind": "cart", "time": cart.time, **in_lake_form(cart.properties)}
    for segment, held in profile.memberships.items():
        if held.member:
            yield {**empty, "kind": "member", "name": segment, "number": float(held.number), "time": held.since}


def _told(properties: Mapping[str, Json]) -> Row:
    """What is known of an order, in its columns; and in `properties` what conditions on events ask for."""
    return _in_columns(properties) | in_lake_form(properties)


def _in_columns(properties: Mapping[str, Json]) -> Row:
    return {name: value for name, value in properties.items() if name in COLUMNS}


def _written_out(profile: Profile, asked: Iterable[str]) -> Iterator[tuple[str, Stamped]]:
    """The traits that may be, and of those that have parts what is asked for (`trait_of`)."""
    for name, stamped in profile.traits.items():
        if stamped.value is not None and in_lake(name):
            yield name, stamped
    for name in asked:
        if "." in name and name not in profile.traits and in_lake(name):
            part = trait_of(profile, name)
            if part is not None:
                yield name, part


def _values(value: Json, own: frozenset[str]) -> list[Row] | None:
    """The columns that hold a trait's value, a row each; None when something in it may not be written out."""
    if isinstance(value, list):
        if len(value) > MAX_VALUES:
            return None
        held = [_value(each, own) for each in value] or [{}]
        return None if None in held else [{**each, "amount": len(value)} for each in held if each is not None]
    if isinstance(value, dict):
        return [{}] if len(value) <= MAX_VALUES else None
    one = _value(value, own)
    return None if one is None else [one]


def _value(value: Json, own: frozenset[str]) -> Row | None:
    """One value, by its type; of what no comparison is true of (null, a list in a list), nothing."""
    match value:
        case bool():
            return {"flag": value}
        case int() | float():
            exact = isfinite(value) if isinstance(value, float) else abs(value) <= _MAX_WHOLE
            return {"number": float(value)} if exact else None
        case str():
            return {"text": fold_case(value)} if not value or _may_be_written(value, own) else None
    return {}


def _may_be_written(value: str, own: frozenset[str], public: bool = True) -> bool:
    if text(value, own, public) is None or "\0" in value:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in value)
