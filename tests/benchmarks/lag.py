"""How late a change is acted on that time alone has made: from its instant to the stored transition.

python -m tests.benchmarks.lag --contacts 10000
"""

from __future__ import annotations

import argparse
import time
from statistics import median

from functions.refresh.app import MAX_WAKE_UPS
from infra.local.shop.demo import BEGIN
from shared.adapters import contacts, events_queue
from shared.domain.events import DAY, HOUR, SECOND, Event, Identity, IdentityKind, Instant, Type
from shared.domain.segments import BY_TIME
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row, show
from tests.benchmarks.replay import everybody

AIM = 60  # seconds
ACTIVE = 90 * DAY
"""After their last order, people leave the shipped segment of active customers."""
A_DAY = 0.33
"""Wake-ups of a contact in a day: `money` has them counted, of visitors who leave their carts."""
AT_ONCE = 0.11
"""Of all contacts, those who are woken at one instant on the busiest evening, in one time zone: counted there, too."""
LARGEST = (500_000, 1_000_000)
"""Contacts of the largest shop that this is made for, and of one twice as large."""


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
        for stored in everybody()
        for item in contacts.items(stored.profile.contact, "TRANSITION#")
        if item["cause"]["S"] == BY_TIME and item["segment"]["S"] == "active_customers"
    )
    assert len(late) == customers, "every one of them has to have left"
    a_minute = 1_000_000 * A_DAY / (24 * 60)
    most = MAX_WAKE_UPS * contacts.SHARDS
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
        *(
            Row(
                f"{size:,} contacts in one time zone, as their busiest evening begins, on paper",
                f"{size * AT_ONCE:,.0f} wake-ups at one instant, of {most:,} that a minute's look takes",
                "all of them",
                size * AT_ONCE <= most,
            )
            for size in LARGEST
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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.lag", description=__doc__)
    parser.add_argument("--contacts", type=int, default=1000, help="who all leave within the same hour (default: 1000)")
    asked = parser.parse_args()
    began = time.process_time()
    show(measure(asked.contacts))
    print(f"{time.process_time() - began:.0f} seconds of processor time in all")


if __name__ == "__main__":
    main()
