"""From a signed webhook to the folded profile, on the local run, against what boto3 itself needs for as many calls."""

from __future__ import annotations

import time
from itertools import count
from statistics import median
from typing import Any

from infra.local.aws.calls import connect
from infra.local.aws.world import World
from infra.local.shop import storefront
from infra.local.shop.demo import BEGIN
from infra.local.system import System
from shared.adapters import contacts, identities
from shared.domain.events import DAY, SECOND, Identity, IdentityKind, Type
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row

CUSTOMERS = 25
GAP = SECOND // 10
"""Between two webhooks: a busy shop's ten a second, of which the queue makes batches of a hundred."""


def measure(rounds: int = 5, orders: int = 4) -> list[Row]:
    """`rounds` times, in turn: `orders` of each customer; and calls that nothing is done for."""
    system, watch = watched(BEGIN)
    customers = [storefront.sign_up(number, "Ada", BEGIN) for number in range(1, CUSTOMERS + 1)]
    for sign_up in customers:
        storefront.post(system, sign_up)
    with system.hurrying():  # the lake is no part of the way to the profile
        system.run_until(BEGIN + 40 * DAY)  # past onboarding, so that orders send no mail
        ours, floors, calls, numbers = [], [], 0, count(1)
        floor = _floor()
        for _ in range(rounds):
            watch.clear()
            began = time.process_time()
            for _ in range(orders):
                for customer in customers:
                    system.run_until(system.world.now() + GAP)
                    order = storefront.order(next(numbers), customer.body, system.world.now())
                    storefront.post(system, order)
            system.run_until(system.world.now() + 20 * SECOND)
            ours.append(time.process_time() - began)
            calls = sum(watch.calls.values())
            began = time.process_time()
            for _ in range(calls):
                floor()
            floors.append(time.process_time() - began)
    _expect_orders(system, rounds * orders)
    events = orders * CUSTOMERS
    share = median(floors) / median(ours)
    return [
        Row("webhook to folded profile", f"{events / median(ours):.0f} events in a second of processor time"),
        Row(
            f"boto3's own share of it ({calls / events:.1f} calls an event)",
            f"{share:.0%}; all in all {1 / share:.1f} times boto3's floor",
        ),
    ]


def _floor() -> Any:
    """A call through a client like the handlers', which nothing is done for."""
    session = connect(World(now=0), {"dynamodb": {"GetItem": lambda world, parameters: {}}})
    client = session.client("dynamodb")
    key = {"contact": {"S": "c0123456789abcdef0123"}, "kind": {"S": "PROFILE"}}
    return lambda: client.get_item(TableName="Contacts", Key=key, ConsistentRead=True)


def _expect_orders(system: System, each: int) -> None:
    """Every order is in its customer's profile: else nothing was measured."""
    for number in range(1, CUSTOMERS + 1):
        known = Identity(kind=IdentityKind.SHOPIFY, value=str(7_000_000_000_000 + number))
        stored = contacts.read(identities.find([known])[known])
        assert stored is not None
        assert stored.profile.histories[Type.ORDER_COMPLETED].total == each
