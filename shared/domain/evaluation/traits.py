"""Terms of who the contact is: their traits and where these put them, consent, how long known, the sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo

from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, Sample, TraitIs
from shared.domain.conditions.windows import Stretch
from shared.domain.draws import sample_bound, sample_hash
from shared.domain.evaluation.comparing import compare_one, comparison
from shared.domain.evaluation.reading import Reading, Signed, Term
from shared.domain.evaluation.spans import when_inside
from shared.domain.events import NEVER, Instant, Json
from shared.domain.profiles import Profile, Stamped

EARTH_KM = 6371.0088  # mean radius (IUGG)
KM_A_MILE = 1.609344


def trait_of(profile: Profile, name: str) -> Stamped | None:
    """The trait of this name; else the part of a trait that the name leads to, dot by dot: `address.home.city`. Of two
    traits that it may begin with the longer name is taken."""
    stamped = profile.traits.get(name)
    if stamped is None and "." in name:
        for whole, part in _splits(name):
            held = profile.traits.get(whole)
            if held is not None:
                stamped = Stamped(_part(held.value, part), held.time)
                break
    return stamped if stamped is not None and stamped.value is not None else None


def _part(value: Json, path: str) -> Json:
    """What a path leads to in an object; through a list, the values in all of its objects, as one list. None where it
    leads to nothing."""
    if isinstance(value, dict):
        if path in value:
            return value[path]
        return next((_part(value[name], rest) for name, rest in _splits(path) if name in value), None)
    if not isinstance(value, list):
        return None
    found: list[Json] = []
    for each in value:
        of_each = _part(each, path) if isinstance(each, dict) else None
        if of_each is not None:
            found += of_each if isinstance(of_each, list) else [of_each]
    return found or None


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """What stands before each of its dots and after it, the longest first."""
    before, dot, after = name.rpartition(".")
    while dot:
        yield before, after
        before, dot, more = before.rpartition(".")
        after = f"{more}.{after}"


def number_of(profile: Profile, trait: str) -> float | None:
    stamped = trait_of(profile, trait)
    value = stamped.value if stamped is not None else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def trait(condition: TraitIs) -> Term:
    return stamped_value(condition.trait, condition.fresh, trait_test(condition))


def stamped_value(name: str, window: int | None, holds: Callable[[Json], bool]) -> Term:
    dotted = "." in name

    def evaluate_trait(reading: Reading, t: Instant) -> Signed:
        stamped = trait_of(reading.profile, name) if dotted else reading.profile.traits.get(name)
        if stamped is None or stamped.value is None or not holds(stamped.value):
            return -NEVER
        if window is None:
            return NEVER
        return stamped.time + window if t < stamped.time + window else -NEVER

    return evaluate_trait


def trait_test(condition: TraitIs) -> Callable[[Json], bool]:
    """Whether a trait's value passes; a list's by `of`."""
    if condition.is_ == "exists":
        return lambda value: (value == []) == (condition.of == "none")
    if condition.of == "any":
        return comparison(condition.is_, condition.value)
    one = compare_one("equal" if condition.is_ == "not_equal" else condition.is_, condition.value)
    if condition.is_ == "not_equal":
        equal = one
        one = lambda value: not equal(value)  # noqa: E731
    match condition.of:
        case "all":
            return lambda value: all(map(one, value)) and len(value) > 0 if isinstance(value, list) else one(value)
        case "none":
            return lambda value: not any(map(one, value)) if isinstance(value, list) else not one(value)


def consent(condition: ConsentIs, zone: ZoneInfo) -> Term:
    topic, state, window, first_in = condition.answer_to, condition.is_, condition.within, condition.first_in
    inside = when_inside(window, zone)

    def evaluate_consent(reading: Reading, t: Instant) -> Signed:
        answer = reading.profile.consent.get(topic)
        if (answer.value if answer is not None else "never_asked") != state:
            return -NEVER
        standing = reading.profile.standing(topic) if window is not None or first_in is not None else None
        if standing is None:
            return NEVER
        if first_in is not None and standing.away is not None and standing.away < first_in:
            return -NEVER
        return inside(standing.since, t)

    return evaluate_consent


def first_seen(condition: FirstSeen, zone: ZoneInfo) -> Term:
    # What was before so long ago is in the window that ended then.
    window = condition.within if condition.before is None else Stretch(None, -condition.before)
    inside = when_inside(window, zone)

    def evaluate_first_seen(reading: Reading, t: Instant) -> Signed:
        first_seen = reading.profile.first_seen
        return -NEVER if first_seen == NEVER else inside(first_seen, t)

    return evaluate_first_seen


def sample(condition: Sample) -> Term:
    salt, bound = condition.salt, sample_bound(condition.percent)

    def evaluate_sample(reading: Reading, t: Instant) -> Signed:
        return NEVER if sample_hash(salt, reading.profile.contact) < bound else -NEVER

    return evaluate_sample


def near(condition: Near) -> Term:
    within = condition.km if condition.km is not None else (condition.miles or 0) * KM_A_MILE

    def evaluate_near(reading: Reading, t: Instant) -> Signed:
        latitude, longitude = (number_of(reading.profile, name) for name in ("latitude", "longitude"))
        if latitude is None or longitude is None:
            return -NEVER
        away = distance_km(latitude, longitude, condition.latitude, condition.longitude)
        return NEVER if away <= within else -NEVER

    return evaluate_near


def distance_km(latitude: float, longitude: float, latitude_2: float, longitude_2: float) -> float:
    """Haversine, on a sphere: https://en.wikipedia.org/wiki/Haversine_formula."""
    a, b = radians(latitude), radians(latitude_2)
    across = sin((b - a) / 2) ** 2 + cos(a) * cos(b) * sin(radians(longitude_2 - longitude) / 2) ** 2
    return 2 * EARTH_KM * asin(min(1.0, sqrt(across)))
