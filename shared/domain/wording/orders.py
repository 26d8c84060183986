"""Orders and ranks, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from shared.domain.conditions import Segment
from shared.domain.conditions.orders import LastOrder, Orders, OrderWhere, Rank, RankedTrait, Rfm
from shared.domain.wording.events import since
from shared.domain.wording.texts import (
    CompoundPhrase,
    between,
    compared,
    has,
    is_,
    label,
    listed,
    money,
    named,
    number,
    within,
    word,
)


def _days(bounds: str) -> str:
    return f"{bounds} day{'' if bounds.split()[-1] == '1' else 's'}"


def measured(condition: Orders, holds: bool) -> str:
    least, most = condition.at_least, condition.at_most
    no_bound = (least, most, condition.more, condition.less) == (None,) * 4
    ago = f"{filtered(condition.where, condition.lines)}{within(condition.within)}"
    past = "has " if condition.within is None else ""

    def bounds(said: Callable[[float], str], holds: bool = True, fewer: str = "fewer than") -> str:
        if condition.more is None and condition.less is None:
            return between(least, most, said, holds, fewer)
        return _strictly(condition, said, holds, fewer)

    match condition.measure:
        case "count":
            strict = (condition.more, condition.less) != (None, None)
            if no_bound:
                least = 1
            if most == 0 and not least and not strict:
                least, most, holds = 1, None, not holds
            if (least, most) == (1, None) and not strict:
                text = f"{past}placed an order{ago}" if holds else f"has placed no order{ago}"
            else:
                text = bounds(number, holds)
                text = f"{past}placed {text} order{'' if text.split()[-1] == '1' else 's'}{ago}"
        case "sum":
            text = f"{past}spent {bounds(money, holds, fewer='less than')}{ago}" if not no_bound else ""
            text = text or (f"{past}spent something{ago}" if holds else f"has spent nothing{ago}")
        case "quantity":
            how_many = bounds(number, holds) if not no_bound else "some" if holds else "no"
            text = f"{past}ordered {how_many} pieces{ago}"
        case "refunded":
            how_much = bounds(money, holds, fewer="less than") if not no_bound else "something" if holds else "nothing"
            text = f"{past}had {how_much} refunded of orders{ago}"
        case "refunded_share":
            share = "some" if no_bound else f"{bounds(number)} %"
            text = f"{has(holds)} {share} of the money for orders{ago} refunded"
        case "average" | "largest":
            worth = "something" if no_bound else bounds(money)
            article = "an" if condition.measure == "average" else "a"
            text = f"{has(holds)} {article} {condition.measure} order worth {worth}{ago}"
        case "days_between":
            time = "some time" if no_bound else _days(bounds(number))
            text = f"{has(holds)} on average {time} between orders{ago}"
    if condition.which:
        n, which = abs(condition.which), "last" if condition.which > 0 else "first"
        return CompoundPhrase(f"{text}, looking only at their {which} {f'{n} orders' if n > 1 else 'order'}")
    return CompoundPhrase(text) if " or " in text or " and " in text else text


def _strictly(condition: Orders, said: Callable[[float], str], holds: bool, fewer: str) -> str:
    """Bounds of which one at least is itself not within them."""
    low, high = condition.at_least, condition.at_most
    parts = []
    if low is not None:
        parts.append(f"{'at least' if holds else fewer} {said(low)}")
    if condition.more is not None:
        parts.append(f"{'more than' if holds else 'at most'} {said(condition.more)}")
    if high is not None:
        parts.append(f"{'at most' if holds else 'more than'} {said(high)}")
    if condition.less is not None:
        parts.append(f"{fewer if holds else 'at least'} {said(condition.less)}")
    return (" and " if holds else " or ").join(parts)


LABELS = {
    "coupon": "coupon",
    "discount_codes": "discount code",
    "coupon_pool": "coupon pool",
    "source_name": "channel",
    "shipping_country": "shipping country",
    "product_id": "product",
    "variant_id": "variant",
    "gift_card": "gift card",
}


def filtered(where: Iterable[OrderWhere], lines: Iterable[OrderWhere]) -> str:
    """` where the coupon is WELCOME`, ` with a line whose category is shoes and whose quantity is at least 2`."""
    of_order = [f"the {_said(each)}" for each in where]
    of_line = [f"whose {_said(each)}" for each in lines]
    text = f" where {listed(of_order, 'and')}" if of_order else ""
    return f"{text} with a line {listed(of_line, 'and')}" if of_line else text


def _said(where: OrderWhere) -> str:
    said = money if where.property in ("total", "price") else word
    return f"{labelled(where)} {compared(where, said, unknown_passes=True)}"


def labelled(where: OrderWhere) -> str:
    """The property that a filter asks for."""
    name: str = where.property
    return LABELS.get(name, name)


def last(condition: LastOrder, holds: bool) -> str:
    of = filtered(condition.where, condition.lines)
    return since(condition, holds, f"last placed an order{of}", f"has never placed an order{of}")


RANKED = {
    "count": "number of orders",
    "sum": "money spent",
    "average": "average order",
    "largest": "largest order",
    "last": "how recent the last order is",
    "quantity": "number of pieces ordered",
    "refunded": "money refunded",
}


def rank(segments: Mapping[str, Segment], condition: Rank, holds: bool) -> str:
    end, percent = ("top", condition.top) if condition.top is not None else ("bottom", condition.bottom)
    if isinstance(condition.by, RankedTrait):
        told = f" recorded{within(condition.by.fresh)}" if condition.by.fresh is not None else ""
        by = f"{label(condition.by.trait)}{told}"
    else:
        of = filtered(condition.by.where or (), condition.by.lines or ())
        by = f"{RANKED[condition.by.measure]}{of}{within(condition.by.within)}"
    among = f" of those in {named(segments, condition.among)}" if condition.among is not None else ""
    return f"{is_(holds)} among the {end} {number(percent or 0)} % by {by}{among}"


def rfm(segments: Mapping[str, Segment], condition: Rfm, holds: bool) -> str:
    least, most = condition.at_least, condition.at_most
    score = "exactly " + number(least) if least == most else f"{least} to {most}"
    among = f" among those in {named(segments, condition.among)}" if condition.among is not None else ""
    return f"{has(holds)} an RFM score of {score} for {condition.score}{among}"
