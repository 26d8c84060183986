"""The morning page: what comes tomorrow, how email is received, and on day one what is to be set up. Each number is
defined here, once."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.events import Instant
from shared.domain.forecasts import Days
from shared.domain.journeys.ahead import Ahead

TOMORROW = 1
"""The number of the day, today being 0."""

BOUNCES_REVIEWED, BOUNCES_PAUSED = 0.05, 0.10
COMPLAINTS_REVIEWED, COMPLAINTS_PAUSED = 0.001, 0.005
"""Of emails, from which SES puts an account under review, and from which it may pause its sending (Amazon SES Developer
Guide, "Reputation metrics")."""


# ── what comes ──


class Reason(NamedTuple):
    """Emails that go together in one sentence: of a journey's step, to those who enter or leave a segment (`because`;
    empty: their run is under way)."""

    because: str
    journey: str
    step: str
    template: str


@dataclass(slots=True)
class Foreseen:
    """`emails` on each of the days. `groups`: of each day the people by the reason, each with the instant of theirs.
    `entering`: how many enter a segment on each. `contacts`: how many were played forward."""

    days: int
    contacts: int = 0
    emails: list[int] = field(default_factory=list)
    groups: list[dict[Reason, dict[str, Instant]]] = field(default_factory=list)
    entering: list[Counter[str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.emails = [0] * self.days
        self.groups = [{} for _ in range(self.days)]
        self.entering = [Counter() for _ in range(self.days)]


def add(found: Foreseen, contact: str, ahead: Ahead, days: Days) -> None:
    """Counts one more contact, and what comes to them."""
    found.contacts += 1
    for email in ahead.emails:
        day = bisect_right(days.edges, email.time) - 1
        if 0 <= day < found.days:
            found.emails[day] += 1
            reason = Reason(email.because, email.journey, email.step, email.template)
            found.groups[day].setdefault(reason, {}).setdefault(contact, email.time)
    entries = (each for each in ahead.changes if each.entered)
    for day, segment in {(bisect_right(days.edges, each.time) - 1, each.segment) for each in entries}:
        if 0 <= day < found.days:
            found.entering[day][segment] += 1


def day_to_tell(found: Foreseen) -> int:
    """The first day, from tomorrow on, on which an email goes out; tomorrow, where there is none."""
    return next((day for day in range(TOMORROW, found.days) if found.groups[day]), TOMORROW)


# ── how it is received ──


class Gauge(NamedTuple):
    """A share of emails beside the shares from which SES puts an account under review, and from which it may pause
    it. `state`: `ok`, `near` from half of the first on, `over` from it on."""

    share: float
    reviewed: float
    paused: float
    state: str


def gauge(share: float, reviewed: float, paused: float) -> Gauge:
    state = "over" if share >= reviewed else "near" if share >= reviewed / 2 else "ok"
    return Gauge(share, reviewed, paused, state)


# ── day one ──


class Step(NamedTuple):
    """Something to set up: whether it is done, and the address of the page where it is."""

    name: str
    done: bool
    hint: str
    link: str


def checklist(
    *, verified: bool, production: bool, heard: bool, tested: bool, journeys: int, domain: str
) -> Sequence[Step]:
    """What a new shop has to do before its customers get email, in order."""
    sandbox, webhook = "SES lets you write to anybody", "Your shop’s first webhook has arrived"
    return (
        Step(f"{domain} is verified", verified, "Add the DNS records that Set-up lists; SES finds them.", "#/set-up"),
        Step(sandbox, production, "Ask AWS to take the account out of the sandbox.", "#/set-up"),
        Step(webhook, heard, "Connect the storefront; the first order will do.", "#/set-up"),
        Step("You have sent yourself a test", tested, "Open an email, and send it to your own address.", "#/emails"),
        Step("A journey is switched on", journeys > 0, "Until then nobody gets an email.", "#/journeys"),
    )
