"""What receivers think of the sender: when marketing has to pause, and how much a new domain may send in a day.

Rates need numbers: among few emails, one complaint says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WINDOW = 30
"""Days that rates are of, today's among them."""
COMPLAINTS_FROM, BOUNCES_FROM = 1_000, 200
"""Emails from which on a rate is judged."""
WARN, PAUSE = 0.001, 0.003
"""Of emails that are reported as spam: what Gmail and Yahoo ask for, and where they begin to turn email away."""
PAUSE_BOUNCES = 0.05
"""Of emails that come back for good: SES looks into accounts from here on."""


class Day(NamedTuple):
    """What went out on a day (a number of days since 1970, UTC), and what became of emails on it."""

    day: int
    sent: int = 0
    bounced: int = 0
    complained: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    sent: int
    bounces: float
    complaints: float

    @property
    def warning(self) -> str | None:
        """What a person should know, in words."""
        if self.sent >= COMPLAINTS_FROM and self.complaints >= WARN:
            return f"{self.complaints:.2%} of emails are reported as spam: from {PAUSE:.1%} on, marketing pauses"
        return None

    @property
    def problem(self) -> str | None:
        """Why marketing has to pause, in words."""
        if self.sent >= COMPLAINTS_FROM and self.complaints >= PAUSE:
            return f"{self.complaints:.2%} of {self.sent:,} emails were reported as spam"
        if self.sent >= BOUNCES_FROM and self.bounces >= PAUSE_BOUNCES:
            return f"{self.bounces:.1%} of {self.sent:,} emails came back for good"
        return None


def rates(days: Iterable[Day], today: int, since: int = 0) -> Rates:
    """Of the last 30 days, from the day `since` on."""
    counted = [each for each in days if max(today - WINDOW + 1, since) <= each.day <= today]
    sent = sum(each.sent for each in counted)
    share = 1 / max(sent, 1)
    bounced, complained = sum(each.bounced for each in counted), sum(each.complained for each in counted)
    return Rates(sent, bounced * share, complained * share)


# ── the warm-up of a new domain ──


class Tier(NamedTuple):
    """So many emails in a day, on so many days at least before the next."""

    a_day: int
    days: int


TIERS = (
    Tier(100, 3),
    Tier(500, 3),
    Tier(2_000, 3),
    Tier(10_000, 5),
    Tier(50_000, 5),
    Tier(150_000, 7),
    Tier(500_000, 7),
    Tier(1_000_000, 7),
)
"""After PostHog's tiers for the domains of its customers. Behind the last there is no bound."""
USED = 2
"""Days on which at least half of a tier has to have been sent before the next: what was not tried is not earned."""
CLEAN_BOUNCES, CLEAN_COMPLAINTS = 0.02, 0.001


class Warming(NamedTuple):
    """The tier a domain is on (an index of TIERS), and since which day."""

    tier: int = 0
    since: int = 0

    @property
    def a_day(self) -> int | None:
        """How many emails a day may have; None: as many as there are."""
        return TIERS[self.tier].a_day if self.tier < len(TIERS) else None


def warmed(now: Warming, days: Sequence[Day], today: int) -> Warming:
    """The tier of a day: the next when this one was held for its days and used, with clean rates; the one before after
    rates that are not. It is asked again, for the same day, with the same answer."""
    if now.a_day is None:
        return now
    tier = TIERS[now.tier]
    held = [each for each in days if now.since <= each.day < today]
    found = rates(held, today, now.since)
    judged = found.sent >= BOUNCES_FROM and found.bounces >= CLEAN_BOUNCES
    if judged or (found.sent >= COMPLAINTS_FROM and found.complaints >= CLEAN_COMPLAINTS):
        return Warming(max(now.tier - 1, 0), today)
    used = sum(each.sent * 2 >= tier.a_day for each in held)
    if today - now.since >= tier.days and used >= USED:
        return Warming(now.tier + 1, today)
    return now
