"""Terms of the calendar: what time, season or day it is for the contact, and how far it is to a date of theirs."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.conditions.calendar import Age, Anniversary, DateTrait, LocalTime, Season
from shared.domain.evaluation.reading import Reading, Signed, Term
from shared.domain.evaluation.traits import number_of, trait_of
from shared.domain.events import NEVER, Instant, Json
from shared.domain.profiles import Profile


def local_time(condition: LocalTime, shop: ZoneInfo) -> Term:
    begin, end = calendars.minutes(condition.from_), calendars.minutes(condition.to)
    weekdays = frozenset(condition.weekdays)

    def evaluate_local_time(reading: Reading, t: Instant) -> Signed:
        return calendars.local_time(begin, end, weekdays, t, zone_of(reading.profile, shop))

    return evaluate_local_time


def zone_of(profile: Profile, shop: ZoneInfo) -> ZoneInfo:
    """Where the contact is; where the shop is, when nobody has said that."""
    stamped = trait_of(profile, "timezone")
    return (calendars.zone(stamped.value) if stamped is not None and isinstance(stamped.value, str) else None) or shop


def season(condition: Season, shop: ZoneInfo) -> Term:
    def evaluate_season(reading: Reading, t: Instant) -> Signed:
        return calendars.season(condition.is_, _is_southern(reading.profile), t, shop)

    return evaluate_season


def _is_southern(profile: Profile) -> bool:
    latitude, country = number_of(profile, "latitude"), trait_of(profile, "country")
    if latitude is not None:
        return latitude < 0
    return country is not None and isinstance(country.value, str) and country.value.upper() in calendars.SOUTHERN


def anniversary(condition: Anniversary, shop: ZoneInfo) -> Term:
    before, after = condition.next or 0, condition.last or 0
    months_ago = None if condition.within is None else int(condition.within == "last_month")

    def evaluate_anniversary(reading: Reading, t: Instant) -> Signed:
        return of_any_date(reading, condition.trait, lambda told: of_one(told, t))

    def of_one(told: Json, t: Instant) -> Signed:
        day = calendars.date_in(told)
        if day is None:
            return -NEVER
        if months_ago is not None:
            return calendars.month_of_year(day, t, shop, months_ago)
        return calendars.anniversary(day, t, shop, before, after)

    return evaluate_anniversary


def of_any_date(reading: Reading, trait: str, signed: Callable[[Json], Signed]) -> Signed:
    """Of a trait that lists several dates (the birthdays of children), whether it is so of one of them."""
    stamped = trait_of(reading.profile, trait)
    value = stamped.value if stamped is not None else None
    return max(map(signed, value if isinstance(value, list) else [value]), default=-NEVER)


def age(condition: Age, shop: ZoneInfo) -> Term:
    def evaluate_age(reading: Reading, t: Instant) -> Signed:
        return of_any_date(reading, condition.trait, lambda told: of_one(told, t))

    def of_one(told: Json, t: Instant) -> Signed:
        day = calendars.date_in(told)
        if day is None or not calendars.has_year(told):
            return -NEVER
        return calendars.age(day, t, shop, condition.at_least, condition.at_most)

    return evaluate_age


def date(condition: DateTrait, shop: ZoneInfo) -> Term:
    def evaluate_date(reading: Reading, t: Instant) -> Signed:
        return of_any_date(reading, condition.trait, lambda told: of_one(told, t))

    def of_one(told: Json, t: Instant) -> Signed:
        moment = calendars.moment_in(told, shop)
        if moment is None or t >= moment + condition.to:
            return -NEVER
        return moment + condition.to if t >= moment + condition.from_ else -(moment + condition.from_)

    return evaluate_date
