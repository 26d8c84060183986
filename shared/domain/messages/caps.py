"""Frequency caps: so many emails of a class in a contact's local day and in any seven days; and whose turn it is.

What is over a cap waits for the instant at which its slot opens. Where several wait, the one with the higher priority
goes first, of these the one that goes stale sooner: each of them is given a slot of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.events import DAY, MINUTE, NEVER, Instant
from shared.domain.settings import Cap

WEEK = 7 * DAY
GRACE = 20 * MINUTE
"""How long after its slot has opened one that waits is waited for. It asks again within a quarter of an hour; where it
has not, it is not wanted any more."""
MOST_WAITING = 50
"""Kept of a contact and a class; whoever comes after them waits unseen."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits, and the slot it was given. The lowest `priority` goes first."""

    priority: int
    stale_after: Instant
    since: Instant
    slot: Instant


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one contact and class: when each message went (or was claimed) that may count still, and who waits; each by
    the message's name."""

    sent: Mapping[str, Instant] = field(default_factory=dict)
    waiting: Mapping[str, Waiting] = field(default_factory=dict)


def when(counted: Counted, name: str, asked: Waiting, cap: Cap, now: Instant, opens: Opens) -> Instant:
    """When the message may go: now, or later. `asked.slot` says nothing. `opens`: the first instant from one on at
    which anything may go out (quiet hours, closed days), and the contact's time zone."""
    if (held := counted.waiting.get(name)) is not None:  # who asks again has waited since they asked first
        asked = replace(asked, since=held.since)
    is_counted = name in counted.sent  # its claim's outcome was not known, and it is tried again: it has its turn
    before = (
        0
        if is_counted
        else sum(
            _rank(other, each) < _rank(name, asked)
            for other, each in counted.waiting.items()
            if other != name and now <= min(each.slot + GRACE, each.stale_after)
        )
    )
    sent = sorted(instant for other, instant in counted.sent.items() if other != name)
    at = _opens(sent, cap, now, opens)
    for _ in range(before):  # those before take the slots before
        if at == NEVER:
            return NEVER
        sent.append(at)
        at = _opens(sent, cap, at, opens)
    return at


def waits(counted: Counted, name: str, asked: Waiting, slot: Instant, now: Instant) -> Counted:
    """As it is once the message waits for that slot."""
    held = counted.waiting.get(name)
    waiting = {other: each for other, each in counted.waiting.items() if each.slot + GRACE >= now}
    if name in waiting or len(waiting) < MOST_WAITING:
        waiting[name] = replace(asked, since=held.since if held is not None else asked.since, slot=slot)
    return replace(counted, waiting=waiting)


def goes(counted: Counted, name: str, now: Instant) -> Counted:
    """As it is once the message is claimed: counted, and no longer waiting; without what counts no more."""
    sent = {other: instant for other, instant in counted.sent.items() if instant > now - WEEK - DAY}
    waiting = {other: each for other, each in counted.waiting.items() if other != name and each.slot + GRACE >= now}
    return Counted({**sent, name: now}, waiting)


def given_back(counted: Counted, name: str) -> Counted:
    """As it is once it turns out that the message was not sent."""
    return replace(counted, sent={other: instant for other, instant in counted.sent.items() if other != name})


@dataclass(frozen=True, slots=True)
class Opens:
    """When emails may go out to a contact at all, and where they live."""

    at: Callable[[Instant], Instant]
    zone: ZoneInfo


def _rank(name: str, each: Waiting) -> tuple[int, Instant, Instant, str]:
    return each.priority, each.stale_after, each.since, name


def _opens(sent: list[Instant], cap: Cap, at: Instant, opens: Opens) -> Instant:
    """The first instant from `at` on with room for one more. The week is the half-open `(t - 7 days, t]`."""
    while True:
        at = opens.at(at)
        if at == NEVER:
            return NEVER
        if cap.week is not None:
            recent = sorted(instant for instant in sent if instant > at - WEEK)
            if len(recent) >= cap.week:
                at = recent[-cap.week] + WEEK
                continue
        if cap.day is not None:
            today = calendars.local(at, opens.zone).date()
            if sum(instant >= calendars.day_start(today, opens.zone) for instant in sent) >= cap.day:
                at = calendars.day_start(today + timedelta(days=1), opens.zone)
                continue
        return at
