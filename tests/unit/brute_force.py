"""What each condition says, read off the whole history the slow way: what the evaluator and SQL are held to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import product
from math import acos, cos, floor, radians, sin
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.conditions import All, Any_, Condition, Member, Not
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import (
    Cart,
    Engagement,
    EventCount,
    Filtered,
    FirstEvent,
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.orders import LastOrder, Orders, OrderWhere, Rank, RankedOrders, Rfm
from shared.domain.conditions.points import Points
from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.conditions.windows import Stretch, Window
from shared.domain.events import DAY, HOUR, NEVER, Instant, Type
from shared.domain.lead_models import LeadModel
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.histories import Occurrence
from tests.unit.profile_histories import LEAD_MODELS

MONTHS = {12: "winter", 1: "winter", 2: "winter", 3: "spring", 4: "spring", 5: "spring"} | {
    **dict.fromkeys((6, 7, 8), "summer"),
    **dict.fromkeys((9, 10, 11), "autumn"),
}
OTHER_HALF = {"winter": "summer", "summer": "winter", "spring": "autumn", "autumn": "spring"}


def holds(
    condition: Condition,
    profile: Profile,
    t: Instant,
    others: Mapping[str, Condition],
    cutoffs: Mapping[str, float],
    shop: ZoneInfo,
    models: Iterable[LeadModel] = LEAD_MODELS,
) -> bool:
    def again(part: Condition) -> bool:
        return holds(part, profile, t, others, cutoffs, shop, models)

    def inside(time: Instant, within: Window | None) -> bool:
        assert time <= t
        return _inside(time, within, t, shop)

    def happened(
        event: str, where: tuple[Where, ...] = (), within: Window | None = None, which: int = 0
    ) -> list[Occurrence]:
        history = profile.histories.get(event)
        every = list(history.newest) if history else []
        about = [each for each in where if each.property in ("product_id", "category") and each.is_ != "not_equal"]
        if event == "Order Completed" and len(about) > 1:
            having = [order for order in profile.counting_orders() if _lines(order, about)]
            every_one = happened(event, (), within, which)
            return [
                Occurrence(order.placed, order.told)
                for order in having
                if any(each.time == order.placed for each in every_one)
                and all(passes(each, order.told) for each in where if each not in about)
            ]
        newer = {each.time: sum(other.time > each.time for other in every) for each in every}
        older = {each.time: sum(other.time < each.time for other in every) for each in every}
        return [
            each
            for each in every
            if not which or (newer[each.time] < which if which > 0 else older[each.time] < -which)
            if inside(each.time, within) and all(passes(test, each.properties) for test in where)
        ]

    def of(part: Filtered, name: str | None = None, value: str | None = None) -> list[Instant]:
        found = happened(part.event, part.where)
        return [each.time for each in found if name is None or value in _values(each, name)]

    def ties(part: Filtered, name: str | None) -> set[str | None]:
        return (
            {None}
            if name is None
            else {value for each in happened(part.event, part.where) for value in _values(each, name)}
        )

    def waiting(times: list[Instant], answers: list[Instant], condition: Unanswered) -> bool:
        answered = max(answers, default=-1)
        after = [time for time in times if time > answered and inside(time, condition.within)]
        if len(after) < condition.at_least:
            return False
        return condition.older is None or t - max(after) >= condition.older

    match condition:
        case All():
            return all(map(again, condition.of))
        case Any_():
            return any(map(again, condition.of))
        case Not():
            return not again(condition.of)
        case Member():
            return again(others[condition.segment])
        case OnList():
            held = profile.traits.get("lists")
            named = held.value if held is not None and isinstance(held.value, list) else [held.value if held else None]
            return any(isinstance(each, str) and folded(each) == folded(condition.list) for each in named)
        case Engagement():
            return _tier(condition, profile, t, shop) == condition.tier
        case Rfm():
            score = _score(condition, profile, t, cutoffs, shop)
            member = score > 0 and (condition.among is None or again(others[condition.among]))
            return member and condition.at_least <= score <= condition.at_most
        case Points():
            model = next(each for each in models if each.id == condition.model)
            points = Fraction(0)
            for rule in model.rules:
                if rule.kind == "state":
                    points += rule.points * again(rule.when)
                    continue
                ages = sorted(t - each.time for each in happened(rule.event, rule.where))[: rule.up_to]
                for age in ages:
                    if rule.within is None or age < rule.within:
                        points += rule.points * _left(age, model.half_life)
            if condition.at_least is None and condition.at_most is None:
                return points >= model.threshold
            return _between(points, condition.at_least, condition.at_most)
        case TraitIs():
            return _trait(condition, profile, t)
        case ConsentIs():
            how_often = condition.is_ in ("weekly", "monthly")
            asked = f"frequency:{condition.topic}" if how_often else condition.topic
            answer, earlier = profile.consent.get(asked), profile.earlier.get(asked, ())
            if answer is None:
                return condition.is_ == "never_asked"
            changes: list[tuple[str, int]] = []
            for each in (*earlier, answer):
                given = each.time or each.after
                if not changes or changes[-1][0] != each.value:
                    changes.append((str(each.value), given))
                elif given < changes[-1][1]:  # a state without its date stands before answers that are older
                    changes[-1] = str(each.value), given
            state, since = changes[-1]
            before = [at for at, (value, _) in enumerate(changes[:-1]) if value == state]
            gap = since - min(time for _, time in changes[before[-1] + 1 : -1]) if before else None
            first = condition.first_in is None or gap is None or gap >= condition.first_in
            return state == condition.is_ and first and inside(since, condition.within)
        case FirstSeen():
            if profile.first_seen == NEVER:
                return False
            if condition.before is not None:
                return t - profile.first_seen >= condition.before
            return inside(profile.first_seen, condition.within)
        case Sample():
            digest = hashlib.md5(f"{condition.salt}:{profile.contact}".encode()).hexdigest()
            return int(digest[:8], 16) < round(condition.percent / 100 * 2**32)
        case EventCount() if condition.sum or condition.average:
            name, which = str(condition.sum or condition.average), condition.last or -(condition.first or 0)
            found = happened(condition.event, condition.where, condition.within, which)
            numbers = [number for each in found for number in _numbers(each, name)]
            if condition.average:
                return bool(numbers) and _in_range(condition, sum(numbers, Fraction(0)) / len(numbers))
            return _in_range(condition, sum(numbers, Fraction(0)))
        case EventCount():
            name = condition.count.removeprefix("same_")
            tied = [
                {value for each in happened(part.event, part.where, condition.within) for value in _values(each, name)}
                for part in (condition.with_, condition.without)
                if part is not None
            ]
            present, absent = (tied.pop(0) if part else None for part in (condition.with_, condition.without))
            found = [
                _only(each, name, lambda value: (present is None or value in present) and value not in (absent or ()))
                for each in happened(
                    condition.event,
                    condition.where,
                    condition.within,
                    condition.last or -(condition.first or 0),
                )
            ]
            number = _counted(condition, found, shop)
            least = condition.at_least if (condition.at_least, condition.at_most) != (None, None) else 1
            return _between(number, least, condition.at_most)
        case FirstEvent():
            first = min((each.time for each in happened(condition.event, condition.where)), default=None)
            return first is not None and inside(first, condition.within)
        case LastEvent():
            times = [each.time for each in happened(condition.event, condition.where)]
            return bool(times) and _between((t - max(times)) / DAY, condition.at_least, condition.at_most)
        case Latest():
            all_ = [each for event in condition.events for each in happened(event)]
            newest = max((each.time for each in all_), default=None)
            return any(
                each.time == newest and all(passes(test, each.properties) for test in condition.where) for each in all_
            )
        case Share():
            every = [each for event in set(condition.events) for each in happened(event, (), condition.within)]
            passed = [each for each in every if all(passes(test, each.properties) for test in condition.where)]
            if not every:
                return False
            return _in_range(condition, Fraction(100 * len(passed), len(every)))
        case InSequence():
            same = condition.same
            return any(
                a < b <= a + condition.gap
                and inside(b, condition.within)
                and not any(a < c < b for c in (of(condition.without, same, value) if condition.without else []))
                for value in ties(condition.first, same)
                for a, b in product(of(condition.first, same, value), of(condition.then, same, value))
            )
        case Unanswered():
            same = condition.same
            return any(
                waiting(
                    of(condition.of, same, value),
                    [time for each in condition.answers for time in of(each, same, value)],
                    condition,
                )
                for value in ties(condition.of, same)
            )
        case Cart():
            left = cart_left(profile)
            if left is None or not all(passes(test, left.properties) for test in condition.where):
                return False
            return condition.older <= t - left.time < condition.within
        case Orders():
            asked = [o for o in _orders(condition, profile) if inside(o.placed, condition.within)]
            measured = _measured(condition.measure, asked, condition.lines)
            least, more = condition.at_least, condition.more
            if (least, condition.at_most, more, condition.less) == (None, None, None, None):
                least, more = (1, None) if condition.measure == "count" else (None, 0)
            if measured is None or not _between(measured, least, condition.at_most):
                return False
            return (more is None or measured > more) and (condition.less is None or measured < condition.less)
        case LastOrder():
            placed = [order.placed for order in _orders(condition, profile)]
            return bool(placed) and _between((t - max(placed)) / DAY, condition.at_least, condition.at_most)
        case Rank():
            number = ranked_number(condition, profile, t, shop)
            cutoff = cutoffs.get(condition.key)
            if number is None or cutoff is None or (condition.among and not again(others[condition.among])):
                return False
            return number >= cutoff if condition.top is not None else number <= cutoff
        case _:
            return _moment(condition, profile, t, shop)


_CHANGES = (Type.PRODUCT_ADDED, Type.PRODUCT_REMOVED)
_CARTS = (*_CHANGES, Type.CART_UPDATED, Type.CART_VIEWED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED)


def cart_left(profile: Profile) -> Occurrence | None:
    """What all cart events, one after the other, leave in the cart."""
    told = [
        (each.time, event) for event in _CARTS if event in profile.histories for each in profile.histories[event].newest
    ]
    of = {event: list(profile.histories[event].newest) for event in _CARTS if event in profile.histories}
    ordered = max((order.placed for order in profile.orders.values() if order.placed != NEVER), default=-1)
    total, products, categories, unnamed, newest = None, set[str](), set[str](), False, None
    for time, event in sorted(told, key=lambda each: (each[0], each[1] not in _CHANGES, each[1])):
        each = of[event].pop(0)
        assert each.time == time
        if time <= ordered:
            continue
        newest, worth = each, each.properties.get("total")
        named = set(each.properties.get("product_id", []))
        if event == Type.PRODUCT_ADDED:
            products |= named
            categories |= set(each.properties.get("category", []))
            total = total if worth is None else (total or 0) + worth
            unnamed = True
        elif event == Type.PRODUCT_REMOVED:
            products -= named
            total = None if total is None else max(total - (worth or 0), 0)
            unnamed = bool(products)
            if worth is None and not products:
                total = 0
        elif {"total", "product_id", "filled"} & set(each.properties):
            products, categories, total = named, set(each.properties.get("category", [])), worth
            unnamed = "filled" in each.properties
    if newest is None or not (unnamed or products or (total or 0) > 0):
        return None
    own = {name: held for name, held in newest.properties.items() if name not in ("product_id", "category", "total")}
    found = {"product_id": sorted(products), "category": sorted(categories), "total": total}
    return Occurrence(newest.time, own | {name: held for name, held in found.items() if held not in (None, [])})


def _history(profile: Profile, event: str) -> list[Occurrence]:
    history = profile.histories.get(event)
    return history.newest if history else []


def passes(where: Where, properties: Mapping[str, Any]) -> bool:
    value = properties.get(where.property)
    if where.property in ("price", "total") and value is not None:
        value = value / 100
    return compares(where.is_, where.value, value)


def folded(text: str) -> str:
    """Lower case, letter by letter."""
    return "".join(letter.lower()[0] for letter in text)


def compares(is_: str, wanted: Any, value: Any) -> bool:
    """Of a list, one of its values has to pass; none may be equal for `not_equal`."""
    values = list(value) if isinstance(value, list | tuple) else [value]
    match is_:
        case "exists":
            return value is not None
        case "not_equal":
            return not any(_equal(wanted, each) for each in values)
        case "in":
            return any(_equal(each, one) for each in wanted for one in values)
        case "equal":
            return any(_equal(wanted, each) for each in values)
    several = wanted if isinstance(wanted, list | tuple) else [wanted]
    return any(_ordered(is_, one, each) for each in values for one in several)


def _kind(value: Any) -> str:
    return "flag" if isinstance(value, bool) else "number" if isinstance(value, int | float) else type(value).__name__


def _equal(wanted: Any, value: Any) -> bool:
    if _kind(wanted) != _kind(value):
        return False
    return bool(folded(wanted) == folded(value) if isinstance(wanted, str) else wanted == value)


def _ordered(is_: str, wanted: Any, value: Any) -> bool:
    if _kind(wanted) != _kind(value):
        return False
    if isinstance(wanted, str):
        wanted, value = folded(wanted), folded(value)
    order = (value > wanted) - (value < wanted)
    return {
        "less": order < 0,
        "at_most": order <= 0,
        "more": order > 0,
        "at_least": order >= 0,
        "contains": isinstance(wanted, str) and wanted in value,
        "prefix": isinstance(wanted, str) and value[: len(wanted)] == wanted,
        "suffix": isinstance(wanted, str) and value[::-1][: len(wanted)] == wanted[::-1],
    }[is_]


def _tier(condition: Engagement, profile: Profile, t: Instant, shop: ZoneInfo) -> str:
    """By the docs: a person's click or an order within 30 days, or visits on three days of them; any of these within 90
    days; none, though emails were sent. Of a topic or a journey, clicks alone."""
    asked = {"topic": condition.topic, "journey": condition.journey}
    of_all = asked == {"topic": None, "journey": None}

    def about(event: str, days: float) -> list[Instant]:
        mine = event in ("Email Sent", "Email Clicked")
        return [
            each.time
            for each in _history(profile, event)
            if t - each.time < days * 24 * 60 * 60 * 1000
            and (each.properties.get("human") is True or event != "Email Clicked")
            and (not mine or all(wanted in (None, each.properties.get(name)) for name, wanted in asked.items()))
        ]

    looks = ("Page Viewed", "Screen Viewed", "Product Viewed")
    carts = ("Product Added", "Cart Viewed", "Cart Updated", "Checkout Started", "Checkout Updated")
    often = any(len({_day(time, shop) for time in about(event, 30)}) >= 3 for event in looks)
    if about("Email Clicked", 30) or (of_all and (about("Order Completed", 30) or often)):
        return "highly"
    if about("Email Clicked", 90) or (
        of_all and any(about(event, 90) for event in ("Order Completed", *looks, *carts))
    ):
        return "moderately"
    return "disengaged" if about("Email Sent", float("inf")) else "never sent one"


def _day(time: Instant, shop: ZoneInfo) -> str:
    return str(datetime.fromtimestamp(time / 1000, shop).date())


_SCORED = {"recency": "last", "frequency": "count", "monetary": "sum"}
_TOP = {5: 20, 4: 40, 3: 60, 2: 80}
"""Of all who have ordered, so many percent have this score or a higher one."""


def _score(condition: Rfm, profile: Profile, t: Instant, cutoffs: Mapping[str, float], shop: ZoneInfo) -> int:
    """From 1 to 5 by the cut-offs; 0 of who has not ordered."""
    by = RankedOrders.model_validate({"measure": _SCORED[condition.score]})
    ranks = {score: Rank(by=by, top=top, among=condition.among) for score, top in _TOP.items()}
    if not list(profile.counting_orders()):
        return 0
    number = ranked_number(ranks[5], profile, t, shop)
    return next((s for s, rank in ranks.items() if rank.key in cutoffs and (number or 0) >= cutoffs[rank.key]), 1)


def _inside(time: Instant, within: Window | None, t: Instant, shop: ZoneInfo) -> bool:
    if within is None or isinstance(within, int):
        return within is None or time > t - within
    if isinstance(within, Stretch):
        if isinstance(within.begin, date) or isinstance(within.end, date):
            day = f"{_local(time, shop):%Y-%m-%d}"
            return str(within.begin or "") <= day < str(within.end or "9999")
        ago = t - time
        return (within.begin is None or ago < -within.begin) and ago >= -(within.end or 0)
    then, now = _local(time, shop), _local(t, shop)
    years, months = now.year - then.year, (now.year - then.year) * 12 + now.month - then.month
    match within.split("_"):
        case ["this", unit]:
            return (years if unit == "year" else months) == 0
        case ["last", "year"]:
            return years == 1
        case ["last", "month"]:
            return months == 1
        case ["last", number, "months"]:
            return 1 <= months <= int(number)
    raise ValueError(within)


def _left(age: int, half_life: int | None) -> Fraction:
    """What is left of a point, on the chord between the two powers of a half that its hours are between."""
    if half_life is None:
        return Fraction(1)
    lives = Fraction(age // HOUR * HOUR, half_life)
    if lives >= 10:
        return Fraction(0)
    before = Fraction(1, 2 ** floor(lives))
    return before - (lives - floor(lives)) * before / 2


def _between(number: float, least: float | None, most: float | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _in_range(condition: EventCount | Share, number: Fraction) -> bool:
    least = condition.at_least is None or number >= Fraction(str(condition.at_least))
    most = condition.at_most is None or number <= Fraction(str(condition.at_most))
    more = condition.more is None or number > Fraction(str(condition.more))
    return least and most and more and (condition.less is None or number < Fraction(str(condition.less)))


def _numbers(each: Occurrence, name: str) -> list[Fraction]:
    """Each number to six decimals, halves away from zero."""
    held = each.properties.get(name)
    if name in ("price", "total"):
        return [] if held is None else [Fraction(held, 100)]
    told = [value for value in (held if isinstance(held, list) else [held]) if _kind(value) == "number"]
    return [
        Fraction(floor(abs(Fraction(str(value))) * 10**6 + Fraction(1, 2)), 10**6) * (-1) ** (value < 0)
        for value in told
    ]


def _trait(condition: TraitIs, profile: Profile, t: Instant) -> bool:
    stamped, value = _told(profile, condition.trait)
    if stamped is None or value is None or (condition.fresh is not None and t >= stamped.time + condition.fresh):
        return False
    if condition.is_ == "exists":
        return value == [] if condition.of == "none" else value != []
    values = [None if isinstance(each, list) else each for each in (value if isinstance(value, list) else [value])]
    passing = [compares(condition.is_, condition.value, each) for each in values]
    match condition.of:
        case "any":
            return all(passing) if condition.is_ == "not_equal" else any(passing)
        case "all":
            return len(values) > 0 and all(passing)
        case "none":
            return not any(passing)


def _values(each: Occurrence, name: str) -> set[str]:
    held = each.properties.get(name, [])
    return {folded(value) for value in ([held] if isinstance(held, str) else held)}


def _only(each: Occurrence, name: str, counts: Callable[[str], bool]) -> Occurrence:
    """The occurrence with those of its values that count."""
    if name not in each.properties:
        return each
    return each._replace(
        properties={**each.properties, name: [value for value in _values(each, name) if counts(value)]}
    )


def _counted(condition: EventCount, found: list[Occurrence], shop: ZoneInfo) -> int:
    if condition.count == "events":
        return len(found)
    if condition.count in ("days", "weeks", "months"):
        form = {"days": "%Y-%m-%d", "weeks": "%G-%V", "months": "%Y-%m"}[condition.count]
        return len({f"{_local(each.time, shop):{form}}" for each in found})
    name = condition.count.removeprefix("same_")
    values: list[str] = []
    for each in found:
        held = each.properties.get(name, [])
        values += {value.lower() for value in ([held] if isinstance(held, str) else held)}
    if name == condition.count:
        return len(set(values))
    return max((values.count(value) for value in values), default=0)


_OF_A_LINE = ("product_id", "category", "quantity", "price", "vendor", "variant_id", "gift_card")


def _lines(order: Any, lines: Iterable[Any]) -> list[dict[str, Any]]:
    """What is in an order, as far as it passes."""
    told = [dict(zip(_OF_A_LINE, line, strict=False)) for line in order.lines]
    for line in told:
        line["quantity"] = line.get("quantity", 0) / 1000
        line["price"] = None if line.get("price") is None else line["price"] / 100
        line["gift_card"] = bool(line.get("gift_card"))
    return [line for line in told if all(_passes_order(each, line) for each in lines)]


def _went_back(order: Any, lines: Iterable[Any]) -> int:
    """What the lines that pass got back: of each refund that names lines, as it says; of another, their part."""
    every = [_lines(order, ())[place] for place in range(len(order.lines))]
    costs = [round(round(line["quantity"] * (line["price"] or 0) * 1000) / 10) for line in every]
    total = 0
    for refund, amount in order.refunded().items():
        named = (order.returned or {}).get(refund, [])
        if not named or sum(each[2] for each in named) > amount:
            named = [(None, None, amount)]
        for id_, variant, money in named:
            of = [n for n, line in enumerate(every) if id_ in (None, line.get("product_id"))]
            exact = [n for n in of if variant is None or every[n].get("variant_id") in (None, variant)]
            of = exact or of
            weights = [costs[n] if any(costs[m] for m in of) else 1 for n in of]
            for place, n in enumerate(of):
                upto, before = sum(weights[: place + 1]), sum(weights[:place])
                if all(_passes_order(each, every[n]) for each in lines):
                    total += floor(Fraction(money * upto, sum(weights))) - floor(Fraction(money * before, sum(weights)))
    return total


def _passes_order(where: Any, told: Mapping[str, Any]) -> bool:
    return compares(where.is_, where.value, told.get(where.property))


def _orders(of: Any, profile: Profile) -> list[Any]:
    """Those that are asked about: all that are not cancelled when it is about refunds."""
    measure, where, lines = getattr(of, "measure", ""), of.where or (), of.lines or ()
    found = []
    looked_at = [
        order
        for order in profile.orders.values()
        if order.placed != NEVER and not order.cancelled and ("refunded" in measure or order.counts)
    ]
    last, first = getattr(of, "last", None), getattr(of, "first", None)
    for order in looked_at:
        if last is not None and sum(other.placed > order.placed for other in looked_at) >= last:
            continue
        if first is not None and sum(other.placed < order.placed for other in looked_at) >= first:
            continue
        codes = order.properties.get("discount_codes")
        total = None if order.value_at.time < 0 else order.value / 100
        told = {**order.properties, "coupon": codes, "discount_codes": codes, "total": total}
        if all(_passes_order(each, told) for each in where) and (not lines or _lines(order, lines)):
            found.append(order)
    return found


def _measured(measure: str, orders: list[Any], lines: Iterable[OrderWhere] = ()) -> float | None:
    worths = [order.net / 100 for order in orders]
    if lines:
        worths = [
            sum(round(line["quantity"] * (line["price"] or 0), 2) for line in _lines(order, lines)) for order in orders
        ]
    placed = sorted(order.placed for order in orders)
    refunded = sum(sum(order.taken_off()) if not lines else _went_back(order, lines) for order in orders) / 100
    match measure:
        case "quantity":
            return sum(line["quantity"] for order in orders for line in _lines(order, lines))
        case "refunded":
            return refunded
        case "refunded_share":
            worth = sum(worths) if lines else sum(order.value for order in orders) / 100
            return 100 * refunded / worth if worth else None
        case "count":
            return len(orders)
        case "sum":
            return round(sum(worths), 2)
        case "average":
            return round(sum(worths), 2) / len(worths) if worths else None
        case "largest":
            return round(max(worths), 2) if worths else None
        case _:
            return (placed[-1] - placed[0]) / (len(placed) - 1) / DAY if len(placed) > 1 else None


def ranked_number(condition: Rank, profile: Profile, t: Instant, shop: ZoneInfo) -> float | None:
    """The number a contact is ranked by, in the unit of cut-offs; None when there is none."""
    by = condition.by
    if by.kind == "trait":
        stamped, value = _told(profile, by.trait)
        if isinstance(value, bool) or not isinstance(value, int | float) or stamped is None:
            return None
        return value if by.fresh is None or t < stamped.time + by.fresh else None
    orders = [o for o in _orders(by, profile) if _inside(o.placed, by.within, t, shop)]
    if not orders:
        return None
    if by.measure == "last":
        return max(order.placed for order in orders)
    measured = _measured(by.measure, orders, by.lines or ())
    return None if measured is None else measured * {"count": 1, "quantity": 1000}.get(by.measure, 100)


def _local(t: Instant, zone: ZoneInfo) -> datetime:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=t)).astimezone(zone)


def _told(profile: Profile, name: str) -> tuple[Stamped | None, Any]:
    """The trait whose name is the longest that `name` begins with, and where the rest of the name leads from there."""
    for whole in sorted(profile.traits, key=len, reverse=True):
        if name == whole:
            return profile.traits[whole], profile.traits[whole].value
        if name.startswith(f"{whole}."):
            found = _led(profile.traits[whole].value, name[len(whole) + 1 :])
            return profile.traits[whole], None if not found else found[0][0] if found[0][1] else [v for v, _ in found]
    return None, None


def _led(value: Any, path: str, one: bool = True) -> list[tuple[Any, bool]]:
    """What the path leads to, and whether it went through no list. Of names that contain dots the longest is taken."""
    if isinstance(value, list):
        found = [each for part in value if isinstance(part, dict) for each in _led(part, path, False)]
        return [
            (v, False)
            for each, _ in found
            for v in (each if isinstance(each, list) else [each])
            if v is not None or isinstance(each, list)
        ]
    if not isinstance(value, dict):
        return []
    if path in value:
        return [] if value[path] is None else [(value[path], one)]
    names = [name for name in sorted(value, key=len, reverse=True) if path.startswith(f"{name}.")]
    return _led(value[names[0]], path[len(names[0]) + 1 :], one) if names else []


def _value(profile: Profile, name: str) -> Any:
    return _told(profile, name)[1]


def _number(profile: Profile, name: str) -> float | None:
    value = _value(profile, name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _moment(condition: Condition, profile: Profile, t: Instant, shop: ZoneInfo) -> bool:
    match condition:
        case Near():
            latitude, longitude = _number(profile, "latitude"), _number(profile, "longitude")
            if latitude is None or longitude is None:
                return False
            a, b = radians(latitude), radians(condition.latitude)
            cosine = sin(a) * sin(b) + cos(a) * cos(b) * cos(radians(longitude - condition.longitude))
            km = 6371.0088 * acos(max(-1.0, min(1.0, cosine)))
            return km <= (condition.km or (condition.miles or 0) * 1.609344)
        case LocalTime():
            try:
                zone = ZoneInfo(_value(profile, "timezone") or "")
            except (ZoneInfoNotFoundError, ValueError):
                zone = shop
            now = _local(t, zone)
            clock, begin, end = f"{now:%H:%M}", condition.from_, condition.to
            day = now
            if begin < end:
                inside = begin <= clock < end
            else:
                inside = clock >= begin or clock < end
                if clock < begin:
                    day = now - timedelta(days=1)
            return inside and (not condition.weekdays or f"{day:%a}".lower() in condition.weekdays)
        case Season():
            latitude, country = _number(profile, "latitude"), _value(profile, "country")
            southern = latitude < 0 if latitude is not None else country == "AU"
            season = MONTHS[_local(t, shop).month]
            return condition.is_ == (OTHER_HALF[season] if southern else season)
        case Anniversary() | Age() | DateTrait() if isinstance(several := _value(profile, condition.trait), list):
            alone = (Profile("c", traits={condition.trait: Stamped(each, 0)}) for each in several)
            return any(_moment(condition, each, t, shop) for each in alone)
        case Anniversary() | Age():
            text = _value(profile, condition.trait)
            if not isinstance(text, str) or text in ("no date", "1990-13-45"):
                return False
            today = _local(t, shop).date()
            if isinstance(condition, Age):
                if text.startswith("--"):
                    return False
                years = today.year - int(text[:4]) - (f"{today:%m-%d}" < text[5:10].replace("02-29", "02-28"))
                return _between(years, condition.at_least, condition.at_most)
            if condition.within is not None:
                month = today.month if condition.within == "this_month" else (today.month - 2) % 12 + 1
                return text.removeprefix("--")[:10][-5:-3] == f"{month:02}"
            wanted = text.removeprefix("--")[:10][-5:].replace("02-29", "02-28")
            ahead = range((condition.next or 0) + 1) if condition.next is not None else range(-(condition.last or 0), 1)
            return any(f"{today + timedelta(days=days):%m-%d}" == wanted for days in ahead)
        case DateTrait():
            text = _value(profile, condition.trait)
            try:
                moment = datetime.fromisoformat(text if isinstance(text, str) else "")
            except ValueError:
                return False
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=shop)
            at = round(moment.timestamp() * 1000)
            return at + condition.from_ <= t < at + condition.to
    raise TypeError(condition)
