"""Who has become a subscriber, and still is: of the Members table."""

from __future__ import annotations

from collections.abc import Sequence

from shared.adapters import definitions, members
from shared.adapters.members import Member
from shared.domain.calendars import day_start, local
from shared.domain.events import Instant
from shared.domain.reports.figures import SUBSCRIBERS, Period, periods


def joined(several: Sequence[Period], at: Instant, most: int | None = None) -> dict[str, list[Member]] | None:
    """Who became one in each of the periods, by `at`. None: there is no such segment, or more than `most` are in it."""
    if SUBSCRIBERS not in definitions.segments().segments:
        return None
    if most is not None and members.counts().get(SUBSCRIBERS, 0) > most:
        return None
    zone = definitions.shop_zone()
    spans = {each.name: (day_start(each.first, zone), day_start(each.after, zone)) for each in several}
    found: dict[str, list[Member]] = {name: [] for name in spans}
    for member in members.members(SUBSCRIBERS):
        for name, (begin, end) in spans.items():
            if begin <= member.since < end and member.since <= at:
                found[name].append(member)
    return found


def new(at: Instant, most: int | None = None) -> dict[str, int | None]:
    """How many, in the 30 days up to `at` and in those before. None: nobody knows."""
    several = periods(local(at, definitions.shop_zone()).date())
    found = joined(several, at, most)
    return {each.name: None if found is None else len(found[each.name]) for each in several}
