"""Traits, consent and who somebody is, in words."""

from __future__ import annotations

from shared.domain.conditions.traits import ConsentIs, FirstSeen, Near, OnList, Sample, TraitIs
from shared.domain.countries import country_name
from shared.domain.events import MARKETING, Json
from shared.domain.wording.texts import (
    compared,
    degrees,
    duration,
    has,
    is_,
    label,
    number,
    plural,
    quoted,
    within,
    word,
)


def trait(condition: TraitIs, holds: bool) -> str:
    name, value = label(condition.trait), condition.value
    told = f" recorded{within(condition.fresh)}" if condition.fresh is not None else ""
    a_name = name if name.endswith("s") else f"{'an' if name.strip('“')[:1].lower() in 'aeio' else 'a'} {name}"
    if condition.is_ == "exists":
        if condition.of == "none":
            return f"{has(holds)} {name} with nothing in it{told}"
        return f"{has(holds)} {'' if name.endswith('s') else 'a '}known {name}{told}"
    if condition.of != "any":
        of = "every" if condition.of == "all" else "no"
        return f"{has(holds)} {name} of which {of} value {compared(condition)}{told}"
    said = _country if condition.trait == "country" else word
    match condition.is_:
        case "equal" if isinstance(value, bool):
            return f"{is_(holds)} marked as {'' if value else 'not '}{name}{told}"
        case "equal":
            what = said(value) if said is _country else f"the {name} {word(value)}"
        case "not_equal":
            what = f"{a_name} other than {said(value)}"
        case "in":
            what = f"{'one of' if said is _country else f'{a_name} among'} {', '.join(map(said, value))}"
        case "contains" | "prefix" | "suffix":
            what = f"{a_name} that {compared(condition)}"
        case _:
            of = "" if isinstance(value, str) else "of "
            what = f"{a_name} {of}{compared(condition).removeprefix('is ')}"
    if condition.trait in LIVED_IN:
        return f"{'lives' if holds else 'does not live'} in {what}{' as' if told else ''}{told}"
    return f"{has(holds)} {what}{told}"


LIVED_IN = ("country", "region", "city")
"""Traits that say where somebody lives."""


def _country(value: Json) -> str:
    """`Germany (DE)`; what is no country's two letters, as any other value."""
    name = country_name(value) if isinstance(value, str) and value.isupper() else None
    return word(value) if name is None else f"{name} ({value})"


def on_list(condition: OnList, holds: bool) -> str:
    return f"{is_(holds)} on the list {quoted(condition.list)}"


def consent(condition: ConsentIs, holds: bool) -> str:
    again = f" for the first time in {duration(condition.first_in)}" if condition.first_in is not None else ""
    return f"{_answered(condition, holds)}{again}"


def _answered(condition: ConsentIs, holds: bool) -> str:
    topic = "marketing email" if condition.topic == MARKETING else f"email about {quoted(condition.topic)}"
    did = "" if holds else "has not "
    if condition.within is None:
        match condition.is_:
            case "subscribed":
                return f"{is_(holds)} subscribed to {topic}"
            case "unsubscribed":
                return f"{is_(holds)} unsubscribed from {topic}"
            case "pending":
                return f"{has(holds)} {topic} still to confirm"
            case "weekly" | "monthly":
                return f"{'wants' if holds else 'does not want'} {_OFTEN[condition.is_]} about {_about(condition)}"
            case "never_asked":
                return f"was {'never' if holds else 'already'} asked about {topic}"
    match condition.is_:
        case "subscribed":
            did += f"subscribed to {topic}"
        case "unsubscribed":
            did += f"unsubscribed from {topic}"
        case "weekly" | "monthly":
            did += f"chosen {_OFTEN[condition.is_]} about {_about(condition)}"
            did = did.replace("chosen", "chose") if holds else did
        case _:
            did = f"{'was' if holds else 'has not been'} asked to confirm {topic}"
    return f"{did}{within(condition.within)}"


_OFTEN = {"weekly": "one email a week", "monthly": "one email a month"}


def _about(condition: ConsentIs) -> str:
    return "marketing" if condition.topic == MARKETING else quoted(condition.topic)


def first_seen(condition: FirstSeen, holds: bool) -> str:
    if condition.before is None:
        return f"{'was' if holds else 'was not'} first seen{within(condition.within)}"
    return f"{'has been known for at least' if holds else 'has not been known for'} {duration(condition.before)}"


def sample(condition: Sample, holds: bool) -> str:
    return f"{is_(holds)} among the {number(condition.percent)} % drawn by lot with {quoted(condition.salt)}"


def near(condition: Near, holds: bool) -> str:
    far = (condition.km, "km") if condition.km is not None else (condition.miles or 0, "mile")
    far_words = f"{number(far[0])} km" if far[1] == "km" else plural(far[0], "mile")
    at = f"{degrees(condition.latitude, 'NS')} {degrees(condition.longitude, 'EW')}"
    return f"{'is' if holds else 'is not known to be'} within {far_words} of {at}"
