"""An order is the same in every query that counts it: what a website tells beside the storefront is none."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters.queries import question
from shared.domain.events import DAY, HOUR, Event, Instant, OrderState, Type, parse_instant
from tests.unit.sql_lake import Lake
from tests.unit.test_sql import contact_id, shop

SENT = parse_instant("2026-11-03T10:00:00Z")
NOW = SENT + 20 * DAY
WITHIN = str(10 * DAY)
OVER = (SENT, NOW)
MAIL = {"campaign": "autumn", "holdout": "from_2026"}


def event(type_: str, time: Instant, public: bool = False, order: OrderState | None = None, **more: Any) -> Event:
    id_ = f"{type_}-{time}-{public}"
    return Event(
        id=id_,
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="segment" if public else "shopify",
        public=public,
        order=order,
        properties=more,
    )


def found(name: str, *texts: str, told: list[Event]) -> list[dict[str, Any]]:
    return Lake([], {contact_id(0): told}, shop([]), NOW).rows(*question(name, *texts, over=OVER))


ASKED = {
    "arms": ("autumn", WITHIN, WITHIN),
    "rates": ("2026-11-01", WITHIN, WITHIN),
    "holdout": ("holdout=tfrom_2026", WITHIN),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("called", ["5001", "1017", "#1017"])
def test_an_order_that_the_website_tells_of_too_is_cancelled_with_the_storefront_s(name: str, called: str) -> None:
    """The website calls it by the id or by the number that the customer sees."""
    placed = event(Type.ORDER_COMPLETED, SENT + DAY, order_id="5001", order_number="#1017", total=20)
    of_website = event(Type.ORDER_COMPLETED, SENT + DAY, public=True, order_id=called, total=20)
    cancelled = event(
        Type.ORDER_CANCELLED, SENT + DAY + HOUR, order=OrderState(id="5001", stands=False), order_id="5001"
    )
    mail = event(Type.EMAIL_SENT, SENT, **MAIL)
    (before,) = found(name, *ASKED[name], told=[mail, placed, of_website])
    (after,) = found(name, *ASKED[name], told=[mail, placed, of_website, cancelled])
    assert (before["people"], before["ordered"]) == (1, 1)
    assert (after["people"], after["ordered"]) == (1, 0)


@pytest.mark.parametrize("name", ASKED)
def test_an_order_that_only_the_website_tells_of_counts_where_the_shop_says_so(name: str) -> None:
    """What it does not count is no order in the lake at all (`lake_rows.row`)."""
    of_website = event(Type.ORDER_COMPLETED, SENT + DAY, public=True, order_id="web-1", total=20)
    (one,) = found(name, *ASKED[name], told=[event(Type.EMAIL_SENT, SENT, **MAIL), of_website])
    assert (one["people"], one["ordered"]) == (1, 1)
