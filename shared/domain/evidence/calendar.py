"""Evidence of the moment: the time of day, the season, dates."""

from __future__ import annotations

from shared.domain import calendars
from shared.domain.conditions.calendar import Age
from shared.domain.evaluation.traits import trait_of
from shared.domain.evidence.traits import values
from shared.domain.evidence.view import STAYS, Evidence, View
from shared.domain.wording.texts import plural


def local_time(view: View) -> Evidence:
    stamped = trait_of(view.reading.profile, "timezone")
    own = calendars.zone(stamped.value) if stamped is not None and isinstance(stamped.value, str) else None
    where = own or view.definitions.compiler.zone
    found = f"it is {calendars.local(view.t, where):%A %H:%M} in {where.key}, {'theirs' if own else 'the shop’s zone'}"
    return Evidence(found, STAYS, STAYS, "their time zone changes")


def season(view: View) -> Evidence:
    told = values(view, "latitude", "country")
    today = calendars.local(view.t, view.definitions.compiler.zone)
    return told._replace(evidence=f"it is {today:%B}; {told.evidence}", unless="they move")


def age(view: View, condition: Age) -> Evidence:
    told = values(view, condition.trait)
    stamped = trait_of(view.reading.profile, condition.trait)
    day = calendars.date_in(stamped.value) if stamped is not None else None
    if stamped is None or day is None or not calendars.has_year(stamped.value):
        return told
    today = calendars.local(view.t, view.definitions.compiler.zone).date()
    years = today.year - day.year
    if years > 0 and calendars.add_years(day, years) > today:
        years -= 1
    return told._replace(evidence=f"{told.evidence}: {plural(years, 'year')}")
