"""Lead scores: models of points that marketers edit. Routes of the admin's API.

A model has no draft: it is tried as often as one likes (`estimate`), and what is saved holds, with the next number of
the publication that the segments have, too.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from pydantic import ValidationError

from functions.admin import publishing, shapes, uses, views
from functions.admin.looking import look
from functions.admin.publishing import Wrong, too_large
from functions.admin.rest import Paging, Place, ProblemsError, Request, answer, by_id, logger, page_of, paged, route
from shared.adapters import contacts, definitions, insight
from shared.adapters.clock import now
from shared.adapters.definitions_table import TooLargeError
from shared.domain import estimates
from shared.domain.conditions.points import Points
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import Json
from shared.domain.insight.calibration import Calibration
from shared.domain.lead_models import LeadModel, models_of
from shared.domain.lead_scores import LeadScore, lead_score
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.publications import Publication, compiled, with_model, without_model
from shared.domain.refusals import RefusedError
from shared.domain.segments import Definitions
from shared.domain.wording import sentence
from shared.domain.wording.points import decay, rule

MAX_FORMS = 20
MAX_REBUILT = 20
"""Contacts whose whole history is read because the bounded one cannot tell; others like them are left out."""
SHOWN = 5


@route("GET", "/lead-scores", role=Role.VIEWER, gives=shapes.LeadScores, query=Paging)
def list_models(request: Request) -> Json:
    """All models of points, each in words, with who asks for it and what is known of its points on this shop's own
    history."""
    publication = definitions.publication()
    return page_of(
        request,
        "models",
        publication.models,
        lambda model: by_id(model.id),
        lambda model: _told(model, publication),
    )


@route("GET", "/lead-scores/{model}", role=Role.VIEWER, gives=shapes.LeadScoreTold)
def show_model(request: Request, model: str) -> Json:
    """One of them; with its `definition` and the `etag` that whoever changes it gives back."""
    publication = definitions.publication()
    found = _model(publication, model)
    return {**_told(found, publication), "definition": _written(found), "etag": _etag(publication, model)}


@route(
    "POST",
    "/lead-scores/estimate",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.LeadScoreAsked,
    gives=shapes.LeadScoreEstimate,
)
def estimate(request: Request) -> Json:
    """Of a model as it would be: how many would be qualified, and would become it or be it no longer, each a number and
    a `give_or_take`, 0 where it is exact; how many each rule gives points; and who has most. Nothing is written."""
    model = _model_in(request.json().get("definition"), None)
    publication, t = definitions.publication(), now()
    found = _Found(compiled(publication), compiled(_fitting(publication, model, start_journeys=False)), model)
    drawn = look(lambda profile: found.take(profile, t))
    whole, everybody = all(each.whole for each in drawn), estimates.contacts(drawn)

    says = _says(model, publication)

    def of_all(number: int) -> dict[str, Json]:
        return asdict(estimates.share(number, found.looked_at, everybody, whole))

    return {
        "contacts": asdict(everybody),
        "qualified": of_all(found.qualified),
        "entering": of_all(found.entering),
        "leaving": of_all(found.leaving),
        "segments": [
            {"segment": segment.id, "name": segment.name}
            for segment in publication.segments
            if model.id in models_of(segment.when)
        ],
        "rules": [{"says": each, "people": of_all(people)} for each, people in zip(says, found.by_rule, strict=True)],
        "people": [
            views.person(profile) | {"points": score.points, "parts": [part.told for part in score.parts]}
            for _, profile, score in found.best
        ],
        "looked_at": found.looked_at,
        "exact": whole,
        "as_of": t,
    }


@route(
    "POST",
    "/lead-scores",
    role=Role.SENDER,
    about=("definition.id",),
    takes=shapes.LeadScoreWritten,
    gives=shapes.LeadScorePublished,
    status=202,
)
def create(request: Request) -> Json:
    """Makes a model of a `definition` (`id`, `name`, `half_life`, `threshold`, `rules`). 409 where there is one of this
    id."""
    body = request.json()
    model = _model_in(body.get("definition"), None)
    publication = definitions.publication()
    if publication.model(model.id) is not None:
        told = "there is already a lead score with this id: open that one, or choose another id"
        raise RefusedError("taken", told, "definition.id", 409)
    return _publish(request, publication, model, body)


@route(
    "PUT",
    "/lead-scores/{model}",
    role=Role.SENDER,
    edits=True,
    takes=shapes.LeadScoreWritten,
    gives=shapes.LeadScorePublished,
    status=202,
)
def save(request: Request, model: str) -> Json:
    """Puts a `definition` in the place of the form that `If-Match` names. All contacts are decided again by it; with
    `start_journeys` that starts journeys for whom it qualifies, and else none."""
    body, publication = request.json(), definitions.publication()
    _model(publication, model)
    changed = _model_in(body.get("definition"), model)
    _only_if_unchanged(request, publication, model)
    return _publish(request, publication, changed, body)


@route("DELETE", "/lead-scores/{model}", role=Role.SENDER, edits=True, gives=shapes.LeadScorePublished, status=202)
def delete(request: Request, model: str) -> Json:
    """Takes the model out, with the next number. 409 where a segment, a journey or an email asks for its points: the
    answer says which."""
    publication = definitions.publication()
    _model(publication, model)
    _only_if_unchanged(request, publication, model)
    for use in uses.of_model(model, publication):
        told = f"the {use.kind} {use.id} asks for it: change or delete that one first"
        raise RefusedError("in_use", told, "model", 409)
    publication = publishing.published(without_model(publication, model, now()))
    logger.info("lead score deleted", model=model, number=publication.number, operator=request.operator)
    return {"model": model, "publication": publication.number}


@route("GET", "/lead-scores/{model}/versions", role=Role.VIEWER, gives=shapes.LeadScoreVersions, query=Paging)
def list_versions(request: Request, model: str) -> Json:
    """The forms the model has had, newest first."""
    _model(definitions.publication(), model)
    before = request.cursor()
    found = (
        (
            Place(publication.number, ""),
            {"publication": publication.number, "published": publication.published, "definition": _written(form)},
        )
        for publication, form in definitions.model_versions_of(model)
        if before is None or publication.number < before.number
    )
    return paged("versions", found, min(request.limit(MAX_FORMS), MAX_FORMS))


# ── what they have in common ──


def _told(model: LeadModel, publication: Publication) -> dict[str, Json]:
    return {
        "model": model.id,
        "name": model.name,
        "sentence": model.sentence,
        "threshold": model.threshold,
        "most": model.most,
        "decay": decay(model),
        "rules": _says(model, publication),
        "used_by": [use._asdict() for use in uses.of_model(model.id, publication)],
        "shipped": model.id not in publication.own_models,
        "publication": publication.models_since[model.id],
        "calibration": _calibration(model.id),
    }


def _calibration(model: str) -> Json:
    """What the last night has made of the model's points; None: no night has been since there is the model."""
    told = ((insight.known(now()) or {}).get("lead_scores") or {}).get(model)
    if told is None:
        return None
    found = Calibration.model_validate(told)
    gate = {"have": found.gate.have, "need": found.gate.need, "sentence": found.sentence}
    return {**found.model_dump(mode="json", exclude={"gate", "model"}), **gate}


def _says(model: LeadModel, publication: Publication) -> list[str]:
    segments = {segment.id: segment for segment in publication.segments}
    return [rule(each, lambda when: sentence(segments, when)) for each in model.rules]


def _model(publication: Publication, id_: str) -> LeadModel:
    found = publication.model(id_)
    if found is None:
        raise RefusedError("not_found", "there is no such lead score", "model", 404)
    return found


def _etag(publication: Publication, model: str) -> str | None:
    since = publication.models_since.get(model)
    return None if since is None else f'"model-{since}"'


def _only_if_unchanged(request: Request, publication: Publication, model: str) -> None:
    if request.if_match != _etag(publication, model):
        told = "somebody else has changed this lead score: look at their version and bring your changes into it"
        raise RefusedError("changed_meanwhile", told, "If-Match", 412)


class InvalidLeadScoreError(ProblemsError):
    """A model that is refused; the first thing that is wrong is told as that of any request is."""

    def __init__(self, problems: list[Wrong]) -> None:
        first = problems[0]
        RefusedError.__init__(self, "invalid_lead_score", first.text, ".".join(map(str, first.at)))
        self.problems = problems


def _model_in(told: Json, id_: str | None) -> LeadModel:
    """The model in a body. RefusedError names the field."""
    if not isinstance(told, dict):
        raise RefusedError("invalid_lead_score", "it is required: a lead score, as an object", "definition")
    if id_ is not None and told.setdefault("id", id_) != id_:
        raise RefusedError("invalid_lead_score", "the id must match the one in the URL", "definition.id")
    try:
        return LeadModel.model_validate_json(json.dumps(told), strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        found = [Wrong(("definition", *_place(each["loc"])), publishing.in_words(each)) for each in problems]
        raise InvalidLeadScoreError(found) from None


def _place(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """`rules, 0, points`: without the kind that pydantic names after the rule."""
    if location[:1] == ("rules",) and len(location) > 2:
        return (*location[:2], *publishing.place(location[3 if location[2] in ("event", "state") else 2 :]))
    return publishing.place(location)


def _fitting(publication: Publication, model: LeadModel, start_journeys: bool) -> Publication:
    """The publication that would bring this model. RefusedError: it does not fit beside the others."""
    try:
        next_ = with_model(publication, model, start_journeys, now())
        definitions.check_size(next_)
    except TooLargeError as error:
        raise too_large(error) from None
    except ValueError as error:
        raise InvalidLeadScoreError([Wrong(("definition", "rules"), str(error))]) from None
    return next_


def _publish(request: Request, publication: Publication, model: LeadModel, body: dict[str, Any]) -> Json:
    starting = body.get("start_journeys", False)
    if not isinstance(starting, bool):
        raise RefusedError("invalid_choice", "it must be true or false", "start_journeys")
    if publication.model(model.id) != model:
        publication = publishing.published(_fitting(publication, model, starting))
    publishing.fill(publication)
    logger.info("lead score saved", model=model.id, number=publication.number, operator=request.operator)
    told = {"model": model.id, "publication": publication.number, "etag": _etag(publication, model.id)}
    return answer(202, told)


def _written(model: LeadModel) -> Json:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


@dataclass
class _Found:
    """What was found at the contacts that were looked at."""

    before: Definitions
    after: Definitions
    model: LeadModel
    qualified: int = 0
    entering: int = 0
    leaving: int = 0
    looked_at: int = 0
    rebuilt: int = 0
    by_rule: list[int] = field(default_factory=list)
    best: list[tuple[float, Profile, LeadScore]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.by_rule = [0] * len(self.model.rules)
        held = [Points(model=self.model.id)] if self.model.id in self.before.models else []
        self.held = self.before.compiler.function(held)

    def take(self, profile: Profile, t: int) -> None:
        try:
            was, score = self._of(profile, t)
        except HistoryNeededError:
            if self.rebuilt >= MAX_REBUILT:
                return
            self.rebuilt += 1
            was, score = self._of(rebuild(profile, contacts.events(profile.contact), self.after.asked), t)
        self.looked_at += 1
        self.qualified += score.qualified
        self.entering += score.qualified and not was
        self.leaving += was and not score.qualified
        for part in score.parts:
            self.by_rule[part.place] += 1
        if score.points > 0:
            self.best = sorted([*self.best, (score.points, profile, score)], key=lambda each: -each[0])[:SHOWN]

    def _of(self, profile: Profile, t: int) -> tuple[bool, LeadScore]:
        was = any(signed > 0 for signed in self.held(profile, t))
        return was, lead_score(self.after, self.model.id, profile, t)
