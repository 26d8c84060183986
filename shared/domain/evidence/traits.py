"""Evidence of traits and consent; and of place, which traits tell."""

from __future__ import annotations

from shared.domain.conditions.traits import ConsentIs, Near, Sample, TraitIs
from shared.domain.draws import sample_hash
from shared.domain.evaluation.traits import KM_A_MILE, distance_km, number_of, trait_of
from shared.domain.events import NEVER, Json
from shared.domain.evidence.view import Evidence, View
from shared.domain.wording.texts import duration, label, listed, number, word

_DRAWN = "Nothing: it is drawn once and for all."


def values(view: View, *names: str) -> Evidence:
    """What these traits are."""
    found = []
    for name in names:
        stamped = trait_of(view.reading.profile, name)
        known = "is not known" if stamped is None else f"is {_said(stamped.value)}, since {view.when(stamped.time)}"
        note = _note(view, name)
        found.append(f"{label(name)} {known}{f' ({note})' if note else ''}")
    changes = f"It changes when {listed([label(name) for name in names], 'or')} does."
    return Evidence("; ".join(found), changes, changes, f"{label(names[0])} changes")


def _note(view: View, name: str) -> str:
    """Of the trait, or of what it is a part of."""
    parts = name.split(".")
    several = (".".join(parts[:upto]) for upto in range(len(parts), 0, -1))
    return next((view.notes[each] for each in several if each in view.notes), "")


def _said(value: Json) -> str:
    if value == []:
        return "empty"
    return ", ".join(map(word, value)) if isinstance(value, list | tuple) else word(value)


def trait(view: View, condition: TraitIs) -> Evidence:
    told = values(view, condition.trait)
    return told if condition.fresh is None else told._replace(unless=f"{label(condition.trait)} is told again")


def consent(view: View, condition: ConsentIs, holds: bool) -> Evidence:
    answer = view.reading.profile.standing(condition.answer_to)
    wanted = f"The answer “{condition.is_}” would make it true."
    if answer is None:
        never = "never asked" if condition.answer_to == condition.topic else "has not said how often"
        return Evidence(never, wanted, "An answer would end it.")
    value, since, away = answer
    found = f"{value} on {view.when(since)}"
    if value == condition.is_ and not holds:
        if isinstance(condition.within, int) and since + condition.within <= view.t:
            found += f", which is more than {duration(condition.within)} ago"
        if condition.first_in is not None and away is not None and away < condition.first_in:
            found += f", and before, until {view.when(since - away)}"
    if condition.is_ == "never_asked":
        return Evidence(found, "Nothing: an answer was given.", "")
    if value == condition.is_:
        later = f", {duration(condition.first_in)} later," if condition.first_in is not None else ""
        wanted = f"Another answer, and then “{condition.is_}” again{later or ','} would make it true."
    elif condition.first_in is not None:
        before = duration(condition.first_in)
        wanted = f"{wanted.removesuffix('.')}, unless it was the answer in the {before} before."
    return Evidence(found, wanted, "Another answer would end it.", sooner="there is another answer")


def first_seen(view: View) -> Evidence:
    first = view.reading.profile.first_seen
    found = "never seen" if first == NEVER else f"first seen {view.ago(first)}"
    return Evidence(found, "A first event would begin it.", "Nothing: it stays so.")


def sample(view: View, condition: Sample) -> Evidence:
    drawn = int(sample_hash(condition.salt, view.reading.profile.contact), 16) / 2**32 * 100
    return Evidence(f"drew {drawn:.2f} of 100; below {number(condition.percent)} is in", _DRAWN, _DRAWN)


def near(view: View, condition: Near) -> Evidence:
    latitude, longitude = (number_of(view.reading.profile, name) for name in ("latitude", "longitude"))
    told = values(view, "latitude", "longitude")
    if latitude is None or longitude is None:
        return told
    km = distance_km(latitude, longitude, condition.latitude, condition.longitude)
    return told._replace(evidence=f"{km:,.1f} km ({km / KM_A_MILE:,.1f} miles) away")
