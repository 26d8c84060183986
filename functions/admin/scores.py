"""What the nights say of one contact: each score with its reasons and since when, or why there is none. Route of the
admin's API, and what *why* says of a condition on a score."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from pydantic import ValidationError
from typing_extensions import TypedDict

from functions.admin import insight, views
from functions.admin.rest import Request, logger, route
from functions.admin.shapes import insight as shapes
from shared.adapters import contacts, definitions
from shared.adapters.clock import now
from shared.adapters.histories import with_history
from shared.domain import calendars
from shared.domain.evaluation.traits import trait_of
from shared.domain.events import DAY, Instant, Json, Type
from shared.domain.insight import CATALOGUE, Reason, Score, telling
from shared.domain.lead_scores import lead_scores
from shared.domain.operators import Role
from shared.domain.profiles import Profile

OURS = "refresh"
"""The source of what a night tells."""
TOLD_WITHIN = 40 * DAY
"""A score that stands is told again before 25 days are over; the rest is for nights that failed."""


Told = dict[str, dict[str, Any]]
"""By score, the entry of the `Scored` event that told it."""


class ContactScores(TypedDict):
    contact: str
    as_of: int | None
    scores: list[shapes.ContactScore]
    lead_scores: list[shapes.LeadPoints]


@route("GET", "/contacts/{contact}/scores", role=Role.VIEWER, gives=ContactScores)
def show_scores(request: Request, contact: str) -> Json:
    """What is likely of the contact: each score with its band, rank and reasons in words, and since when, or why there
    is none; and their points of each lead model. Scores say what is likely, and decide nothing by themselves."""
    t = now()
    profile = views.profile_of(contact)
    return {
        "contact": profile.contact,
        "as_of": insight.results().get("at"),
        "scores": scores_of(profile, newest_told(profile, t), t),
        "lead_scores": lead_points_of(profile, t),
    }


def scores_of(profile: Profile, told: Told, t: Instant) -> list[shapes.ContactScore]:
    results, today = insight.results(), calendars.local(t, definitions.segments().compiler.zone).date()
    return [_of_one(profile, each, results, told.get(each.id, {}), today, t) for each in CATALOGUE]


def _of_one(
    profile: Profile, score: Score, results: Mapping[str, Any], told: Mapping[str, Any], today: date, t: Instant
) -> shapes.ContactScore:
    stamped = trait_of(profile, score.trait)
    value = stamped.value if stamped is not None else None
    reasons = insight.about_named(reasons_in(told), t) if value is not None else []
    days = telling.overdue(value, today) if score.unit == "date" else None
    return {
        "score": score.id,
        "name": score.name,
        "sentence": score.sentence,
        "trait": score.trait,
        "unit": score.unit,
        "value": insight.named(score, value, t),
        "band": told.get("band") or None if value is not None else None,
        "rank": told.get("rank") if value is not None else None,
        "since": stamped.time if stamped is not None and value is not None else None,
        "by_simple_rule": value is not None and told.get("basis") == "simple",
        "reasons": telling.reasons_in_words(score, telling.facts(reasons)),
        "outlook": telling.reasons_in_words(score, telling.outlook(reasons)),
        "overdue_days": days,
        "said": telling.overdue_in_words(days) if days is not None else None,
        "why_none": None if value is not None else why_none(profile, score, results),
    }


def lead_points_of(profile: Profile, t: Instant) -> list[shapes.LeadPoints]:
    """Points of every lead model of the shop, as they are now: nothing of them is stored."""
    held = definitions.segments()
    return [
        {
            "model": each.model.id,
            "name": each.model.name,
            "points": each.points,
            "threshold": each.model.threshold,
            "qualified": each.qualified,
            "until": views.instant(each.until),
            "parts": [part.told for part in each.parts],
        }
        for each in with_history(profile, held.asked, lambda known: lead_scores(held, known, t))
    ]


def why_none(profile: Profile, score: Score, results: Mapping[str, Any]) -> str:
    """`not enough: 63 of 100 customers with an order`, or what it is that this contact lacks."""
    why = telling.why_nobody(insight.result_of(results, score))
    if why is not None and score.id not in telling.AS_IT_COMES:
        return why
    if score.id in telling.OF_CUSTOMERS and not any(profile.counting_orders()) and not profile.older_orders:
        return "no order that counts yet"
    return telling.NOT_TOLD.get(score.id, "the last night had nothing to say of them")


def notes_of(profile: Profile, told: Told) -> dict[str, str]:
    """For *why*: by the trait of each score its reasons, or why there is none."""
    results, notes = insight.results(), dict[str, str]()
    for score in CATALOGUE:
        of = told.get(score.id)
        if trait_of(profile, score.trait) is None:
            notes[score.trait] = why_none(profile, score, results)
        elif of is not None:
            notes[score.trait] = telling.note(score, reasons_in(of), of.get("basis") == "simple")
    return {trait: note for trait, note in notes.items() if note}


def newest_told(profile: Profile, t: Instant) -> Told:
    """How each score of theirs was told last; of nobody who has none is anything read."""
    found: Told = {}
    if all(trait_of(profile, each.trait) is None for each in CATALOGUE):
        return found
    for event in contacts.told_by(OURS, profile.contact, t - TOLD_WITHIN, t):
        several = event.properties.get("scores") if event.type == Type.SCORED else None
        for each in several if isinstance(several, list) else ():
            if isinstance(each, dict) and isinstance(each.get("score"), str):
                found.setdefault(each["score"], each)
    return found


def reasons_in(told: Mapping[str, Any]) -> list[Reason]:
    """Those that this version can read."""
    found = []
    for each in told.get("reasons") or ():
        try:
            found.append(Reason.model_validate(each))
        except ValidationError:
            logger.error("reason not read", score=told.get("score"))
    return found
