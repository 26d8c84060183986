"""How late a change is acted on that time alone has made: from its instant to the stored transition."""

from __future__ import annotations

from statistics import median

from functions.refresh.app import MOST_WAKE_UPS
from infra.local.demo import BEGIN
from shared.adapters import contacts, events_queue, identities
from shared.domain.events import DAY, HOUR, SECOND, Event, Identity, IdentityKind, Instant, Type
from shared.domain.segments import BY_TIME
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row

AIM = 60  # seconds
ACTIVE = 90 * DAY
"""After their last order, people leave the shipped segment of active customers."""
A_DAY = 0.05
"""Wake-ups of a contact in a day: more than the replayed shop's have."""


def measure(customers: int = 1000) -> list[Row]:
    """Everybody orders in one hour; ninety days later, to the millisecond, everybody leaves."""
    system, _ = watched(BEGIN)
    with system.hurrying():  # the lake is no part of it
        for number in range(customers):
            at = BEGIN + number * HOUR // customers
            system.run_until(at)
            events_queue.put_events([order(number, at)])
        system.run_until(BEGIN + ACTIVE + 2 * HOUR)
    late = sorted(
        (int(item["recorded"]["N"]) - int(item["time"]["N"])) / SECOND
        for contact in identities.contacts()
        for item in contacts.items(contact, "TRANSITION#")
        if item["cause"]["S"] == BY_TIME and item["segment"]["S"] == "active_customers"
    )
    assert len(late) == customers, "every one of them has to have left"
    a_minute = 1_000_000 * A_DAY / (24 * 60)
    most = MOST_WAKE_UPS * contacts.WAKE_SHARDS
    return [
        Row(
            f"{customers:,} changes by time alone, stored after their instant",
            f"{median(late):.0f} s in the middle, {late[-1]:.0f} s at most",
            f"≤ {AIM} s",
            late[-1] <= AIM,
        ),
        Row(
            "1,000,000 contacts, on paper",
            f"{a_minute:.0f} wake-ups a minute ({A_DAY} a contact a day), of {most:,} that a minute's look takes",
            "all of them",
            a_minute <= most,
        ),
    ]


def order(number: int, at: Instant) -> Event:
    """An order of somebody who has agreed to no mail, so that no journey is part of it."""
    return Event(
        id=f"order-{number}",
        type=Type.ORDER_COMPLETED,
        time=at,
        stated=at,
        received=at,
        source="shopify",
        identities=(Identity(kind=IdentityKind.SHOPIFY, value=str(number)),),
        traits={"country": "GB"},
        properties={"order_id": str(number), "total": "24.50"},
    )
