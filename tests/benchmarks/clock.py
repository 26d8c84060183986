"""Time is played: a thousand contacts through 90 days of onboarding and win-back, with nobody reacting to any mail.

What counts is processor time: the local run has one thread and waits for nothing, so on a machine that does nothing
else that is how long it takes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from infra.local.shop import storefront
from infra.local.shop.demo import BEGIN
from infra.local.shop.history import Webhook
from shared.domain.events import DAY, HOUR
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row

AIM = 60  # seconds, with 1,000 contacts
DAYS = 90


def webhooks(contacts: int) -> Iterator[Webhook]:
    """Everybody signs up in the first hour, as after a post that went round; every third orders in the weeks after."""
    for number in range(contacts):
        signed_up = BEGIN + number * HOUR // contacts
        sign_up = storefront.sign_up(number, "Ada", signed_up, "source:newsletter, interest:candles")
        yield sign_up
        if number % 3 == 0:
            yield storefront.order(number, sign_up.body, signed_up + (3 + number % 20) * DAY)


def measure(contacts: int = 1000) -> list[Row]:
    system, watch = watched(BEGIN)
    began, begun = time.perf_counter(), time.process_time()
    with system.hurrying():  # the lake is written at the end, as by `beckon clock`
        for webhook in sorted(webhooks(contacts), key=lambda webhook: webhook.at):
            system.run_until(webhook.at)
            storefront.post(system, webhook)
        system.run_until(BEGIN + DAYS * DAY)
    seconds, waited = time.process_time() - begun, time.perf_counter() - began
    mails = system.world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone()[0]
    events = watch.records["ProfileFunction"]
    calls = sum(watch.calls.values())
    assert mails > 6 * contacts, "onboarding's and win-back's emails have to have gone out"
    for_a_thousand = seconds * 1000 / contacts
    extrapolated = "" if contacts == 1000 else f", so {for_a_thousand:.0f} s for 1,000"
    return [
        Row(
            f"{contacts:,} contacts through {DAYS} days",
            f"{seconds:.1f} s of processor time ({waited:.1f} s by the clock){extrapolated}",
            f"≤ {AIM} s for 1,000",
            for_a_thousand <= AIM,
        ),
        Row(
            "in that time",
            f"{mails:,} emails, {events:,} events, {calls:,} calls to AWS: {calls / seconds:,.0f} a second",
        ),
    ]
