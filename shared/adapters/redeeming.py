"""Which of the codes that a contact was given their orders have redeemed.

An order's event tells it (`properties.COUPON_POOL`), so that the order is asked for by it, and the code's own items say
by which order and when: the contact's (`COUPON#pool#owner`), and the pool's (`GIVEN#code`), by which it is counted.
Both are written in one transaction, so that their sums agree. They follow the order as it is now: one that is
cancelled, wholly refunded, gone to another contact or told without the code has redeemed nothing, and another may.
"""

from __future__ import annotations

from typing import Any

from shared.adapters import contacts, coupons
from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.domain.coupons import Given, redeemed_by, told_codes
from shared.domain.events import Event, Instant
from shared.domain.profiles.orders import Order, happened
from shared.domain.properties import COUPON_POOL

MAX_ATTEMPTS = 8


def pools_redeemed(contact: str, order: str, event: Event) -> list[str]:
    """The pools of the codes that an order redeems, by an event that tells of it; from now on no other order does."""
    codes = told_codes(event.properties)
    placed = happened(event)
    for tries in range(MAX_ATTEMPTS):
        mine = redeemed_by(order, codes, placed, coupons.held_by(contact))
        if all(_is_redeemed(each, order, placed) for each in mine):
            return sorted({each.pool for each in mine})
        pause(tries)
    raise RuntimeError("others redeem the contact's codes all the time")


def take_back(contact: str, id_: str, order: Order | None, event: Event) -> None:
    """Has those of the contact's codes redeemed no more that the order, as it is now, is not placed with. `event`: the
    one just stored; where it is the newest, its own codes tell, else the pools that are known of the order."""
    if order is None:
        return  # too old to be kept, or a website's that the storefront tells of
    told = order.properties.get(COUPON_POOL, ()) if order.counts else ()
    codes = told_codes(event.properties) if order.properties_at == event.stamp else None
    for tries in range(MAX_ATTEMPTS):
        wrong = [
            each
            for each in coupons.held_by(contact)
            if each.order == id_ and not (each.pool in told and (codes is None or each.code.casefold() in codes))
        ]
        if all(_is_redeemed_no_more(each) for each in wrong):
            return
        pause(tries)
    raise RuntimeError("others redeem the contact's codes all the time")


def _is_redeemed(given: Given, order: str, instant: Instant) -> bool:
    """Makes it so; False: another order was faster."""
    if given.order == order:
        return True
    value = {":at": {"N": str(instant)}}
    return _write(
        {
            "Key": contacts.key(given.contact, given.kind),
            "UpdateExpression": "SET #order = :order, redeemed_at = :at",
            "ConditionExpression": "attribute_exists(contact) AND attribute_not_exists(#order)",
            "ExpressionAttributeNames": {"#order": "order"},
            "ExpressionAttributeValues": {**value, ":order": {"S": order}},
        },
        {
            "Key": coupons.given_key(given),
            "UpdateExpression": "SET redeemed_at = :at",
            "ExpressionAttributeValues": value,
        },
    )


def _is_redeemed_no_more(given: Given) -> bool:
    return _write(
        {
            "Key": contacts.key(given.contact, given.kind),
            "UpdateExpression": "REMOVE #order, redeemed_at",
            "ConditionExpression": "#order = :order",
            "ExpressionAttributeNames": {"#order": "order"},
            "ExpressionAttributeValues": {":order": {"S": str(given.order)}},
        },
        {"Key": coupons.given_key(given), "UpdateExpression": "REMOVE redeemed_at"},
    )


def _write(theirs: dict[str, Any], pools: dict[str, Any]) -> bool:
    writes: Any = [
        {"Update": {"TableName": contacts.table(), **theirs}},
        {"Update": {"TableName": coupons.table(), **pools}},
    ]
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except client("dynamodb").exceptions.TransactionCanceledException:
        return False
    return True
