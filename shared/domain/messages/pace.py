"""The pace: each send has a slot of its own, so that SES's rate is used fully and never exceeded, whoever sends.

One item says when the next slot is (`tat`, the theoretical arrival time of the generic cell rate algorithm). Who takes
a slot moves it on by one interval; who finds it further ahead than their lane may look takes none and comes again. So
a lane never waits behind a lower one for longer than the lower one looks ahead.

Times are in microseconds here: at 200 a second, a slot is not a whole number of milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from shared.domain.events import MINUTE, SECOND, Instant

Lane = Literal["confirm", "journeys", "campaigns"]
"""What a person waits for; what answers what a contact does; what goes to many. The earlier goes first."""

MICROSECONDS = 1_000
"""In a millisecond."""
LOOK_AHEAD: dict[Lane, Instant] = {"confirm": MINUTE, "journeys": 2 * SECOND, "campaigns": SECOND // 2}
"""How far ahead a lane may take a slot."""
LEAD = 40
"""Milliseconds from a slot's being taken to the slot, at least: in them the message is composed and claimed, so that it
leaves at its slot, not as late as that takes."""
SHARE_OF_RATE = 0.98
"""Of SES's rate that is used: what is sent a little late meets what is sent in time."""
KEPT, SHARE_KEPT = 1_000, 0.1
"""Of the day's quota, kept from campaigns for what people wait for: the larger, but not more than half of it."""
UNLIMITED = 10**12


def interval(rate: float) -> int:
    """Between two slots, where SES takes so many emails a second."""
    return round(SECOND * MICROSECONDS / (max(rate, 0.1) * SHARE_OF_RATE))


def kept(quota: int) -> int:
    """Of so many emails in 24 hours, how many campaigns leave to the others."""
    return min(max(KEPT, round(quota * SHARE_KEPT)), quota // 2)


@dataclass(frozen=True, slots=True)
class Pace:
    """How sending stands. `tat`: the next slot; `left`: emails that SES takes still of 24 hours' (as last told, less
    what was sent since), `kept` of them for other lanes than campaigns; `warm` and `warm_kept`: the same of what the
    warm-up of a new domain lets out. `stopped`: nothing is sent until then, and why; `paused`: no marketing is, until a
    person lifts it, and why."""

    interval: int
    tat: int = 0
    left: int = UNLIMITED
    kept: int = 0
    warm: int = UNLIMITED
    warm_kept: int = 0
    stopped_until: Instant = 0
    stopped: str | None = None
    paused: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """There is no slot now: again at `until`. `why`: it is the `rate`; the day's `quota`, or that of the warm-up; or
    sending is `stopped`, or `paused` for marketing."""

    until: Instant
    why: Literal["rate", "quota", "warm_up", "stopped", "paused"]


ASK_AGAIN = 10 * MINUTE
"""When to ask again where time alone opens nothing."""


def take(pace: Pace, lane: Lane, now: Instant, *, marketing: bool) -> tuple[Pace, Instant] | Wait:
    """The next slot (in milliseconds), and the pace as it is then; or until when to wait for one."""
    if pace.stopped_until > now:
        return Wait(pace.stopped_until, "stopped")
    if marketing and pace.paused is not None:
        return Wait(now + ASK_AGAIN, "paused")
    if pace.left <= (pace.kept if lane == "campaigns" else 0):
        return Wait(now + ASK_AGAIN, "quota")
    if lane != "confirm" and pace.warm <= (pace.warm_kept if lane == "campaigns" else 0):
        return Wait(now + ASK_AGAIN, "warm_up")
    if pace.tat > horizon(lane, now):
        return Wait(-(-pace.tat // MICROSECONDS) - LOOK_AHEAD[lane], "rate")
    slot = max(pace.tat, earliest(now))
    taken = replace(pace, tat=slot + pace.interval, left=pace.left - 1, warm=pace.warm - 1)
    return taken, -(-slot // MICROSECONDS)


def earliest(now: Instant) -> int:
    """The earliest slot that can be taken."""
    return (now + LEAD) * MICROSECONDS


def horizon(lane: Lane, now: Instant) -> int:
    """The last slot that the lane may take."""
    return (now + LOOK_AHEAD[lane]) * MICROSECONDS
