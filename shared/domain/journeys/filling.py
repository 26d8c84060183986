"""Filling: what a condition or filter of a journey asks for, once it is known which run asks.

`$trigger.cart_id` stands for that property of the event that started the run, and `this_run` for the time since that.
`$shop.code_from` stands for that one of the shop's settings, as it is saved by now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel

from shared.domain.conditions import values_in
from shared.domain.conditions.comparing import (
    OF_TEXTS,
    SHOP,
    TRIGGER,
    Compared,
    is_filled_in,
    names_the_shop,
    names_the_trigger,
)
from shared.domain.conditions.windows import THIS_RUN, Since
from shared.domain.events import Instant, Json
from shared.domain.properties import AMOUNTS

T = TypeVar("T")


OfShop = Callable[[str], Json]
"""One of the shop's settings by its name (`comparing.SHOP_VALUES`)."""
SHOP_DEFAULTS: Mapping[str, Json] = {"code_from": 60.0}


def as_shipped(name: str) -> Json:
    """What a shop has that has saved no settings."""
    return SHOP_DEFAULTS[name]


def needs_run(part: Any) -> bool:
    """Whether it is a different one for each run, or by what the shop has saved."""
    return any(value == THIS_RUN or is_filled_in(value) for value in values_in(part) if isinstance(value, str))


def named_by(part: Any) -> set[str]:
    """The properties of the trigger that it names."""
    return {value.removeprefix(TRIGGER) for value in values_in(part) if names_the_trigger(value)}


def fill(part: T, trigger: Mapping[str, Json], began: Instant, shop: OfShop = as_shipped) -> T:
    """With what the run and the shop know in their places. A property that the trigger did not have passes no filter
    but `not_equal`'s; of one that has several values (the products of an order), one has to be equal."""
    if not needs_run(part):
        return part
    filled: Any = _filled(part, trigger, began, shop)
    return filled  # type: ignore[no-any-return]


def _filled(part: Any, trigger: Mapping[str, Json], began: Instant, shop: OfShop) -> Any:
    match part:
        case Compared() if names_the_shop(part.value) and part.is_ != "exists":
            return part.model_copy(update={"value": shop(str(part.value).removeprefix(SHOP))})
        case Compared() if names_the_trigger(part.value) and part.is_ != "exists":
            name = str(part.value).removeprefix(TRIGGER)
            return _compared(part, name, trigger.get(name))
        case BaseModel():
            fields = {name: getattr(part, name) for name in type(part).model_fields}
            return part.model_copy(
                update={name: _filled(value, trigger, began, shop) for name, value in fields.items()}
            )
        case tuple():
            return tuple(_filled(each, trigger, began, shop) for each in part)
        case str() if part == THIS_RUN:
            return Since(began)
    return part


def _compared(part: Compared, name: str, value: Json) -> Compared:
    several = value if isinstance(value, list) else [] if value is None else [value]
    if name in AMOUNTS:
        several = [each / 100 for each in several]  # as it is written in a definition
    if getattr(part, "property", "") in NUMBERS:
        several = [each for each in several if isinstance(each, int | float) and not isinstance(each, bool)]
    if part.is_ in OF_TEXTS:
        several = [each for each in several if isinstance(each, str) and each]
    if part.is_ in ("less", "at_most", "more", "at_least") and len(several) == 1:
        return part.model_copy(update={"value": several[0]})
    if part.is_ == "not_equal" or (part.is_ in OF_TEXTS and several):
        return part.model_copy(update={"value": tuple(several)})
    one_of = part.is_ in ("equal", "in")
    return part.model_copy(update={"is_": "in", "value": tuple(several) if one_of else ()})


NUMBERS = (*AMOUNTS, "quantity")
