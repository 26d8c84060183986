"""Terms of being in another segment: now, for how long, and since when no more."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.conditions import Member
from shared.domain.evaluation.reading import Reading, Signed, Term
from shared.domain.evaluation.spans import when_inside
from shared.domain.events import NEVER, Instant


def member(condition: Member, term: Term, zone: ZoneInfo) -> Term:
    """`term`: the other segment's condition. It is evaluated once in a reading, whoever asks: else segments about
    segments could cost more than there are."""
    segment = condition.segment

    def evaluate_member(reading: Reading, t: Instant) -> Signed:
        signed = reading.members.get(segment)
        if signed is None:
            signed = reading.members[segment] = term(reading, t)
        return signed

    if condition.for_ is not None:
        return _for(segment, evaluate_member, condition.for_)
    if condition.left is not None:
        return _left(segment, evaluate_member, condition, zone)
    return evaluate_member


class Stay(NamedTuple):
    """Whether they are in a segment, since when that is so (NEVER: they never were in it), and until when at least."""

    member: bool
    since: Instant
    until: Instant


def stay(reading: Reading, segment: str, term: Term, t: Instant) -> Stay:
    """As it is recorded, and what has changed since: by time alone, at its own instants; by what is being decided, at
    `t`."""
    held = reading.profile.memberships.get(segment)
    member, since = (held.member, held.since if held.number else NEVER) if held is not None else (False, NEVER)
    due = held.until if held is not None else t
    while due < t:
        signed = term(Reading(reading.profile), due)
        if (signed > 0) != member:
            member, since = signed > 0, due
        due = abs(signed)
    signed = term(reading, t)
    if (signed > 0) != member:
        member, since = signed > 0, t
    return Stay(member, since, abs(signed))


def _for(segment: str, term: Term, least: int) -> Term:
    def evaluate_for(reading: Reading, t: Instant) -> Signed:
        member, since, until = stay(reading, segment, term, t)
        if member and t >= since + least:
            return until
        return -min(until, since + least) if member else -until

    return evaluate_for


def _left(segment: str, term: Term, condition: Member, zone: ZoneInfo) -> Term:
    inside = when_inside(condition.left, zone)

    def evaluate_left(reading: Reading, t: Instant) -> Signed:
        member, since, until = stay(reading, segment, term, t)
        if member or since == NEVER:
            return -until
        signed = inside(since, t)
        return min(signed, until) if signed > 0 else -min(-signed, until)

    return evaluate_left
