"""Shapes of what is asked and told of insight and lead scores."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict

from functions.admin.shapes.everywhere import DraftProblem, Number, Person
from shared.domain.insight.calibration import Share
from shared.domain.insight.catalogue import Unit
from shared.domain.lead_models import LeadModel

# ── bodies ──


class LeadScoreAsked(TypedDict):
    """A model of points as it would be."""

    definition: LeadModel


class LeadScoreWritten(TypedDict, total=False):
    """A model of points, or the `text` of one that is none yet."""

    definition: LeadModel
    text: str


class LeadScoreNew(LeadScoreWritten):
    """Beside a `text`, the id that it is kept under."""

    id: NotRequired[str]


# ── answers ──


class ContactScore(TypedDict):
    """What a score says of a contact; `why_none`: why it says nothing."""

    score: str
    name: str
    sentence: str
    trait: str
    unit: Unit
    value: Any
    """As the trait has it: a chance from 0 to 1, money in the shop's currency, a day as `2026-12-05`, a list, …"""
    band: str | None
    rank: int | None
    """From 1 to 100, which is the highest, among all who have the score."""
    since: int | None
    """When it was told: it is told again when it has moved, and once in some weeks."""
    by_simple_rule: bool
    reasons: list[str]
    """The three facts that move it most."""
    outlook: list[str]
    """What would change it."""
    overdue_days: int | None
    """Of a day: by how many it has passed; below zero, in how many it comes."""
    said: str | None
    """Of a day: `overdue by 12 days`."""
    why_none: str | None


class LeadPoints(TypedDict):
    """What a contact has of a lead model: points by rules that the shop has set, qualified from `threshold` on."""

    model: str
    name: str
    points: float
    threshold: float
    qualified: bool
    until: int | None
    """When that changes, if nothing happens."""
    parts: list[str]


class UsedBy(TypedDict):
    """What asks about a segment or a lead score: a `segment`, `journey`, `campaign` or `email`."""

    kind: str
    id: str
    name: str


class CalibrationTold(TypedDict):
    """What points have come to: `have` orders of the `need`ed, and by bands of points the share of people who ordered
    within 30 days."""

    sentence: str
    publication: int
    as_of: int
    people: int
    have: int
    need: int
    bands: list[Share]
    rises: bool


class LeadScoreListed(TypedDict):
    model: str
    name: str
    sentence: str
    threshold: int
    most: int
    """As many points as there can be."""
    decay: str
    rules: list[str]
    used_by: list[UsedBy]
    shipped: bool
    publication: int
    calibration: CalibrationTold | None
    drafted: NotRequired[bool]
    """In a list."""


class LeadScoreOnlyDrafted(TypedDict):
    model: str
    name: str


class LeadScores(TypedDict):
    models: list[LeadScoreListed]
    drafts: list[LeadScoreOnlyDrafted]
    cursor: str | None


class LeadScoreDraft(TypedDict):
    id: NotRequired[str]
    """Of a new one."""
    number: int
    etag: str
    name: str
    definition: LeadModel | None
    text: str | None
    problems: list[DraftProblem]


class LeadScoreTold(LeadScoreListed):
    definition: LeadModel
    draft: LeadScoreDraft | None
    etag: str


class LeadScoreOnlyDraft(TypedDict):
    """Of one that never held."""

    model: str
    definition: None
    draft: LeadScoreDraft
    etag: str


class OfLeadScore(TypedDict):
    model: str


class SegmentNamed(TypedDict):
    segment: str
    name: str


class RuleTried(TypedDict):
    says: str
    people: Number


class PersonWithPoints(Person):
    points: float
    parts: list[str]


class LeadScoreEstimate(TypedDict):
    contacts: Number
    qualified: Number
    entering: Number
    leaving: Number
    segments: list[SegmentNamed]
    rules: list[RuleTried]
    people: list[PersonWithPoints]
    looked_at: int
    exact: bool
    as_of: int


class LeadScoreVersion(TypedDict):
    publication: int
    published: int
    definition: LeadModel


class LeadScoreVersions(TypedDict):
    versions: list[LeadScoreVersion]
    cursor: str | None


class LeadScorePublished(TypedDict):
    model: str
    publication: int
    etag: NotRequired[str | None]


class Csv(TypedDict, total=False):
    """A part of a table, the first one with the names of its columns; or, where it takes long, a `query`."""

    csv: str
    rows: int
    cursor: str | None
    query: str
