"""Orders and ranks, in words."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.conditions import Segment
from shared.domain.conditions.orders import LastOrder, Orders, Rank, RankedTrait, Rfm
from shared.domain.wording.events import since
from shared.domain.wording.texts import Loose, between, has, is_, label, money, named, number, within


def measured(condition: Orders, holds: bool) -> str:
    least, most, ago = condition.at_least, condition.at_most, within(condition.within)
    past = "has " if condition.within is None else ""
    match condition.measure:
        case "count":
            if (least, most) == (None, None):
                least = 1
            if most == 0 and not least:
                least, most, holds = 1, None, not holds
            if (least, most) == (1, None):
                return f"{past}placed an order{ago}" if holds else f"has placed no order{ago}"
            text = between(least, most, number, holds)
            text = f"{past}placed {text} order{'' if text.split()[-1] == '1' else 's'}{ago}"
            return text if holds or least is None or most is None else Loose(text)
        case "sum":
            if (least, most) == (None, None):
                return f"{past}spent something{ago}" if holds else f"has spent nothing{ago}"
            text = f"{past}spent {between(least, most, money, holds, fewer='less than')}{ago}"
            return Loose(text) if " or " in text else text
        case "average" | "largest":
            bounds = "something" if (least, most) == (None, None) else between(least, most, money)
            article = "an" if condition.measure == "average" else "a"
            return f"{has(holds)} {article} {condition.measure} order worth {bounds}{ago}"
        case "days_between":
            bounds = "some time" if (least, most) == (None, None) else f"{between(least, most, number)} days"
            return f"{has(holds)} on average {bounds} between orders{ago}"


def last(condition: LastOrder, holds: bool) -> str:
    return since(condition, holds, "last placed an order", "has never placed an order")


RANKED = {
    "count": "number of orders",
    "sum": "money spent",
    "average": "average order",
    "largest": "largest order",
    "last": "how recent the last order is",
}


def rank(segments: Mapping[str, Segment], condition: Rank, holds: bool) -> str:
    end, percent = ("top", condition.top) if condition.top is not None else ("bottom", condition.bottom)
    if isinstance(condition.by, RankedTrait):
        told = f" recorded{within(condition.by.fresh)}" if condition.by.fresh is not None else ""
        by = f"{label(condition.by.trait)}{told}"
    else:
        by = f"{RANKED[condition.by.measure]}{within(condition.by.within)}"
    among = f" of those in {named(segments, condition.among)}" if condition.among is not None else ""
    return f"{is_(holds)} among the {end} {number(percent or 0)} % by {by}{among}"


def rfm(segments: Mapping[str, Segment], condition: Rfm, holds: bool) -> str:
    least, most = condition.at_least, condition.at_most
    score = "exactly " + number(least) if least == most else f"{least} to {most}"
    among = f" among those in {named(segments, condition.among)}" if condition.among is not None else ""
    return f"{has(holds)} an RFM score of {score} for {condition.score}{among}"
