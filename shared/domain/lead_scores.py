"""Lead scores: what a contact has of each lead model, with each rule's part in it."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.conditions.points import Points
from shared.domain.evaluation import Reading
from shared.domain.events import Instant
from shared.domain.evidence.points import Part, parts, total
from shared.domain.evidence.view import View
from shared.domain.lead_models import LeadModel
from shared.domain.profiles import Profile
from shared.domain.segments import Definitions, change_of


@dataclass(frozen=True, slots=True)
class LeadScore:
    """A contact's `points` of a lead model at an instant, and what gives them. `until`: when they are qualified, or not
    any more, if nothing happens (NEVER: that stays)."""

    model: LeadModel
    points: float
    qualified: bool
    until: Instant
    parts: tuple[Part, ...]


def lead_scores(definitions: Definitions, profile: Profile, t: Instant) -> list[LeadScore]:
    """Of every lead model of the shop. HistoryNeededError when the profile's bounded history cannot tell: ask with
    `profiles.rebuild` of all events."""
    return [lead_score(definitions, model, profile, t) for model in definitions.models]


def lead_score(definitions: Definitions, model: str, profile: Profile, t: Instant) -> LeadScore:
    view = View(definitions, Reading(profile), t)
    evaluate = definitions.compiler.function([Points(model=model)])
    qualified, until = change_of(evaluate, profile, t)
    return LeadScore(definitions.models[model], total(view, model), qualified, until, tuple(parts(view, model)))
