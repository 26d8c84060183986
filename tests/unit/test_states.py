"""What a storefront tells of a thing is how it is: the newest state wins, in whatever order the tellings come, however
often, and whichever of them are missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.events import MINUTE, SECOND, Event, Instant, Type, event_key, iso, parse_instant
from shared.domain.profiles import Profile, dump, fold, load
from shared.domain.sources import shopify, woocommerce

BEGIN = parse_instant("2026-03-01T10:00:00Z")
LAG = 20 * SECOND
"""From what happened to when its webhook was received."""


def sample(shop: str, name: str) -> dict[str, Any]:
    return json.loads((Path("tests/events") / shop / f"{name}.json").read_bytes())


def folded(events: Iterable[Event]) -> Profile:
    """As they are stored: an event that is there already changes nothing."""
    profile, seen = Profile("c1"), set[str]()
    for event in events:
        if event_key(event) not in seen:
            seen.add(event_key(event))
            fold(profile, event)
    return load(dump(profile))


Life = tuple[list[tuple[Event, ...]], list[float]]
"""The events of each webhook, and what the order is worth in the end ([]: it counts no more)."""


def worth(profile: Profile) -> list[float]:
    return [order.net / 100 for order in profile.counting_orders()]


# ── WooCommerce ──


def woo(topic: str, payload: dict[str, Any], received: Instant) -> tuple[Event, ...]:
    headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example.com/"}
    return woocommerce.events(payload, headers, received)


def gmt(instant: Instant) -> str:
    return iso(instant)[:19]


def woo_order(at: Instant, **changed: Any) -> dict[str, Any]:
    dates = {"date_created_gmt": gmt(BEGIN), "date_modified_gmt": gmt(at), "date_completed_gmt": None}
    return {**sample("woocommerce", "order_created"), "date_paid_gmt": None, "refunds": [], **dates, **changed}


WOO_STEPS = ("pay", "hold", "cancel", "fail", "pending", "edit", "refund", "unrefund", "delete", "restore", "touch")


def woo_life(steps: Sequence[tuple[str, int]]) -> Life:
    status, total, refunds, paid, deleted = "pending", 80, dict[int, int](), None, False
    told = [woo("order.created", woo_order(BEGIN, status=status, total="80.00"), BEGIN + LAG)]
    for n, (step, amount) in enumerate(steps):
        at = BEGIN + (n + 1) * MINUTE
        if deleted != (step == "restore"):
            continue
        match step:
            case "pay":
                status, paid = "processing", paid or at
            case "hold" | "cancel" | "fail" | "pending":
                status = {"hold": "on-hold", "cancel": "cancelled", "fail": "failed"}.get(step, step)
            case "edit":
                total = amount * 10
            case "refund":
                refunds[900 + n] = amount
            case "unrefund":
                refunds = dict(list(refunds.items())[1:])
        deleted = step == "delete"
        if deleted:
            told.append(woo("order.deleted", {"id": 727}, at + LAG))
            continue
        listed = [{"id": id_, "reason": "", "total": f"-{each}.00"} for id_, each in refunds.items()]
        dates = {"date_paid_gmt": paid and gmt(paid)}
        state = woo_order(at, status=status, total=f"{total}.00", refunds=listed, **dates)
        told.append(woo("order.restored" if step == "restore" else "order.updated", state, at + LAG))
    left = max(total - sum(refunds.values()), 0)
    stands = status in ("processing", "on-hold") and not deleted
    return told, [left] if stands and (left or not refunds) else []


# ── Shopify ──


def shop(topic: str, payload: dict[str, Any], at: Instant, key: str) -> tuple[Event, ...]:
    headers = {
        "x-shopify-topic": topic,
        "x-shopify-shop-domain": "made-up-teas.myshopify.com",
        "x-shopify-event-id": key,
        "x-shopify-triggered-at": iso(at + 400),
    }
    return shopify.events(payload, headers, at + LAG)


def shop_refund(id_: int, amount: int, at: Instant) -> dict[str, Any]:
    refund = {**sample("shopify", "refunds_create"), "id": id_, "created_at": iso(at)}
    refund["transactions"] = [{**refund["transactions"][0], "amount": f"{amount}.00"}]
    return refund


def shop_life(steps: Sequence[tuple[str, int]]) -> Life:
    total, refunds, cancelled = 80, list[dict[str, Any]](), None
    order = {**sample("shopify", "orders_create"), "created_at": iso(BEGIN), "processed_at": iso(BEGIN), "refunds": []}
    first = {**order, "total_price": "80.00", "updated_at": iso(BEGIN)}
    told = [shop("orders/create", first, BEGIN, "e"), shop("orders/create", first, BEGIN, "e again")]
    returned = 0
    for n, (step, amount) in enumerate(steps):
        at = BEGIN + (n + 1) * 300  # several in a second
        topic, events = "orders/updated", list[Event]()
        match step:
            case "edit":
                total = amount * 10
            case "cancel":
                cancelled, topic = cancelled or iso(at), "orders/cancelled" if amount % 2 else "orders/updated"
            case "refund":
                refund = shop_refund(900 + n, amount, at)
                refunds, returned = [*refunds, refund], returned + amount
                events += shop("refunds/create", refund, at, f"r{n}")
        changed = {"total_price": f"{total}.00", "refunds": refunds, "cancelled_at": cancelled}
        state = {**order, **changed, "updated_at": iso(at)[:19] + "Z"}
        told.append((*events, *shop(topic, state, at, f"e{n}")))
    left = max(total - returned, 0)
    return told, [left] if cancelled is None and (left or not refunds) else []


def steps(names: Sequence[str]) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(st.tuples(st.sampled_from(names), st.integers(1, 9)), max_size=8)


LIVES = st.one_of(
    steps(WOO_STEPS).map(woo_life),
    steps(("edit", "refund", "cancel", "touch")).map(shop_life),
)


@settings(max_examples=150, deadline=None)
@given(LIVES, st.data())
def test_an_order_is_how_it_was_told_last(
    life: tuple[list[tuple[Event, ...]], list[float]], data: st.DataObject
) -> None:
    told, left = life
    heard = [each for each in told[:-1] if data.draw(st.booleans())]
    heard += [told[-1], *data.draw(st.lists(st.sampled_from(told), max_size=3))]
    profiles = [
        folded(event for events in data.draw(st.permutations(heard)) for event in data.draw(st.permutations(events)))
        for _ in range(2)
    ]
    assert [worth(profile) for profile in profiles] == [left, left]
    histories = [profile.histories.get(Type.ORDER_COMPLETED) for profile in profiles]
    assert histories[0] == histories[1]
    assert histories[0] is None or histories[0].total == 1
