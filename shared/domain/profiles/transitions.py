"""Memberships, and the transitions that they change by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from shared.domain.events import DAY, Instant


class Membership(NamedTuple):
    """Whether the contact is in a segment, by which transition (0: none yet), since and until when."""

    member: bool
    number: int
    since: Instant
    until: Instant


@dataclass(frozen=True, slots=True)
class Transition:
    """A contact entering or leaving a segment: the contact's `number`-th, at `time`, because of `cause`.

    `cause` is an event's id, or `time` (nothing happened, and that was it), or one of the other causes below. `before`
    is the number of the transition before it of the same segment, 0 if none.

    `event` is the type of the event that caused it, and `happened` when that was, which may be long before we heard of
    it (see `happened`); None where no event did.
    """

    contact: str
    number: int
    segment: str
    entered: bool
    time: Instant
    cause: str
    before: int
    event: str | None = None
    happened: Instant | None = None


BY_TIME = "time"
BY_DEFINITION = "definition"
BY_LAUNCH = "launch"
"""As BY_DEFINITION, and whoever published it asked that it start journeys."""
BY_RANK = "rank"
"""The nightly refresh has moved a cut-off."""
BY_REPAIR = "repair"
"""The nightly comparison found a stored membership wrong."""
BY_ERASURE = "erasure"
"""The contact was erased: an end is a change, too."""
BY_JOINING = "joining"
"""The contact has joined another, whose their events are from now on."""

_NOBODYS = (BY_DEFINITION, BY_REPAIR, BY_ERASURE, BY_JOINING)
LATE = 3 * DAY
"""What was done longer ago than this when we heard of it is history: it starts nothing. Storefronts tell again for up
to two days what they could not deliver, and a telephone may be without a net for a weekend."""


def is_act(transition: Transition) -> bool:
    """Whether the contact has just come to be in a segment, or not in it, by what they did or by time: not by what the
    shop did to its definitions (unless it asked for that), nor by history that is brought over."""
    late = transition.happened is not None and transition.time - transition.happened > LATE
    return transition.cause not in _NOBODYS and not late
