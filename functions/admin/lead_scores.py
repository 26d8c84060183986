"""Lead scores: models of points that marketers edit. Routes of the admin's API.

A model's draft is tried as often as one likes (`estimate`); publishing it makes it what holds, with the next number of
the publication that the segments have, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

from functions.admin import publishing, uses, views
from functions.admin.copying import own
from functions.admin.looking import look
from functions.admin.publishing import Wrong, too_large
from functions.admin.rest import Paging, Place, ProblemsError, Request, answer, by_id, logger, page_of, paged, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import insight as shapes
from functions.admin.shapes import segments as segments_shapes
from functions.admin.unfinished import text_in
from shared.adapters import contacts, definitions, insight
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft as DraftOf
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
Draft = DraftOf[LeadModel | None]


@route("GET", "/lead-scores", role=Role.VIEWER, gives=shapes.LeadScores, query=Paging)
def list_models(request: Request) -> Json:
    """All models of points, each in words, with who asks for it and what is known of its points on this shop's own
    history; and what is only drafted so far, both by their ids."""
    publication, drafts = definitions.publication(), definitions.model_drafts.all()
    known = {model.id: model for model in publication.models}

    def told(id_: str) -> tuple[str, dict[str, Json]]:
        if id_ in known:
            return "models", {**_told(known[id_], publication), "drafted": id_ in drafts}
        return "drafts", {"model": id_, "name": publishing.name_of(drafts[id_], id_)}

    page = page_of(request, "all", {*known, *drafts}, by_id, told)
    return {
        **{kind: [each for of, each in page["all"] if of == kind] for kind in ("models", "drafts")},
        "cursor": page["cursor"],
    }


@route("GET", "/lead-scores/{model}", role=Role.VIEWER, gives=shapes.LeadScoreTold | shapes.LeadScoreOnlyDraft)
def show_model(request: Request, model: str) -> Json:
    """One of them, as it holds (`definition`; null of what is only drafted), its `draft`, and the `etag` that whoever
    changes it gives back."""
    publication, draft = definitions.publication(), definitions.model_drafts.all().get(model)
    known = publication.model(model)
    if known is None and draft is None:
        raise _not_found()
    return {
        **(_told(known, publication) if known is not None else {"model": model}),
        "definition": _written(known) if known is not None else None,
        "draft": _drafted(draft, publication, model) if draft is not None else None,
        "etag": _etag(publication, model, draft),
    }


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


# ── drafts ──


@route(
    "POST",
    "/lead-scores",
    role=Role.EDITOR,
    about=("id", "definition.id"),
    takes=shapes.LeadScoreNew,
    gives=shapes.LeadScoreDraft,
    status=201,
)
def create(request: Request) -> Json:
    """Keeps a draft of a new model: a `definition` (`id`, `name`, `half_life`, `threshold`, `rules`), or its `id` and a
    `text`, which need not be a model yet. 409 where there is one of this id."""
    body = request.json()
    model, text = _written_in(request, None if "text" not in body else str(body.get("id", "")))
    return _keep_new(model.id if model is not None else str(body["id"]), model, text, request.operator)


@route(
    "POST",
    "/lead-scores/{model}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.LeadScoreDraft,
    status=201,
)
def duplicate(request: Request, model: str) -> Json:
    """`{"id": …, "name": …}`: a draft of a new model that is like this one, as it holds (or as its draft, of one that
    never did)."""
    like = definitions.publication().model(model) or _whole(_draft(model), model)
    made = _model_in({**_written(like), **own(request.json(), like.name)}, None)
    return _keep_new(made.id, made, None, request.operator)


def _keep_new(id_: str, model: LeadModel | None, text: str | None, operator: str) -> Response:
    publication = definitions.publication()
    told = "there is already a lead score with this id: open that one, or choose another id"
    taken = RefusedError("taken", told, "id", 409)
    if publication.model(id_) is not None:
        raise taken
    try:
        draft = _keep(id_, model, text, None, operator)
    except PublishedMeanwhileError:
        raise taken from None
    return answer(201, {"id": id_, **_drafted(draft, publication, id_)})


@route(
    "PUT",
    "/lead-scores/{model}/draft",
    role=Role.EDITOR,
    edits=True,
    takes=shapes.LeadScoreWritten,
    gives=shapes.LeadScoreDraft,
)
def put_draft(request: Request, model: str) -> Json:
    """Keeps a draft, in the place of the form that `If-Match` names by its `etag`. As a `text` it need not be a model
    yet: what is wrong with it is in the answer (`problems`), and keeps it from being published."""
    publication, held = definitions.publication(), definitions.model_drafts.all().get(model)
    if held is None and publication.model(model) is None:
        raise _not_found()
    made, text = _written_in(request, model)
    _only_if_unchanged(request, publication, model, held)
    try:
        kept = _keep(model, made, text, held.number if held is not None else None, request.operator)
    except PublishedMeanwhileError:
        raise _changed_meanwhile() from None
    return _drafted(kept, publication, model)


@route("DELETE", "/lead-scores/{model}/draft", role=Role.EDITOR, edits=True, gives=shapes.OfLeadScore)
def drop_draft(request: Request, model: str) -> Json:
    draft = _draft(model)
    _only_if_unchanged(request, definitions.publication(), model, draft)
    try:
        definitions.model_drafts.drop(model, draft.number)
    except PublishedMeanwhileError:
        raise _changed_meanwhile() from None
    return {"model": model}


def _written_in(request: Request, id_: str | None) -> tuple[LeadModel | None, str | None]:
    """What a request wants kept. A definition has to be right; a `text` is kept as it is, with the model that it is, if
    it is one yet."""
    text = text_in(request)
    if text is None:
        made = _model_in(request.json().get("definition"), id_)
        _fitting(definitions.publication(), made, start_journeys=False)
        return made, None
    if id_ is None or not re.fullmatch(publishing.ID, id_):
        raise RefusedError("invalid_lead_score", publishing.ID_RULE, "id")
    try:
        return _model_of(text, id_), text
    except RefusedError:
        return None, text


def _keep(id_: str, model: LeadModel | None, text: str | None, instead_of: int | None, operator: str) -> Draft:
    """PublishedMeanwhileError."""
    try:
        return definitions.model_drafts.put(
            id_, model, text, instead_of=instead_of, by=operator, unfinished=model is None
        )
    except TooLargeError as error:
        raise too_large(error) from None


def _drafted(draft: Draft, publication: Publication, id_: str) -> dict[str, Json]:
    problems: Sequence[Any] = ()
    try:
        _fitting(publication, _whole(draft, id_), start_journeys=False)
    except InvalidLeadScoreError as error:
        problems = error.problems
    return {
        "number": draft.number,
        "etag": _etag(publication, id_, draft),
        "name": publishing.name_of(draft, id_),
        "definition": _written(draft.form) if draft.form is not None else None,
        "text": draft.text,
        "problems": [each._asdict() for each in problems],
    }


def _draft(model: str) -> Draft:
    found = definitions.model_drafts.all().get(model)
    if found is None:
        raise RefusedError("not_found", "there is no draft of this lead score", "model", 404)
    return found


def _model_of(text: str, id_: str) -> LeadModel:
    """The model in a text that somebody has written. InvalidLeadScoreError."""
    try:
        told = json.loads(text)
    except ValueError:
        raise InvalidLeadScoreError([Wrong(("definition",), "this is not valid JSON yet")]) from None
    if not isinstance(told, dict):
        raise InvalidLeadScoreError([Wrong(("definition",), "a lead score is an object: { … }")])
    return _model_in({**told, "id": id_}, id_)


def _whole(draft: Draft, id_: str) -> LeadModel:
    """The model that a draft is. InvalidLeadScoreError: it is none yet."""
    return draft.form if draft.form is not None else _model_of(draft.text or "", id_)


# ── what holds ──


@route(
    "POST",
    "/lead-scores/{model}/publish",
    role=Role.SENDER,
    edits=True,
    takes=segments_shapes.Choice,
    gives=shapes.LeadScorePublished,
    status=202,
)
def publish(request: Request, model: str) -> Json:
    """Makes the draft that `If-Match` names what holds, with the next number. All contacts are decided again by it;
    with `start_journeys` that starts journeys for whom it qualifies, and else none."""
    publication, held = definitions.publication(), _draft(model)
    made, starting = _whole(held, model), publishing.wants_journeys(request)
    _only_if_unchanged(request, publication, model, held)
    if publication.model(model) != made:
        publication = publishing.published(_fitting(publication, made, starting))
    publishing.fill(publication)
    with suppress(PublishedMeanwhileError):  # of another model's draft: this one says what is published, and may stay
        definitions.model_drafts.drop(model, held.number)
    logger.info("lead score published", model=model, number=publication.number, operator=request.operator)
    return {"model": model, "publication": publication.number, "etag": _etag(publication, model, None)}


@route("DELETE", "/lead-scores/{model}", role=Role.SENDER, edits=True, gives=shapes.LeadScorePublished, status=202)
def delete(request: Request, model: str) -> Json:
    """Takes the model out, with the next number. 409 where a segment, a journey or an email asks for its points: the
    answer says which."""
    publication = definitions.publication()
    _model(publication, model)
    _only_if_unchanged(request, publication, model, definitions.model_drafts.all().get(model))
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
        raise _not_found()
    return found


def _not_found() -> RefusedError:
    return RefusedError("not_found", "there is no such lead score", "model", 404)


def _etag(publication: Publication, model: str, draft: Draft | None) -> str | None:
    """Names the form that whoever edits the model has before them: the draft, or else what holds."""
    if draft is not None:
        return f'"model-draft-{draft.number}"'
    since = publication.models_since.get(model)
    return None if since is None else f'"model-{since}"'


def _only_if_unchanged(request: Request, publication: Publication, model: str, draft: Draft | None) -> None:
    if request.if_match != _etag(publication, model, draft):
        raise _changed_meanwhile()


def _changed_meanwhile() -> RefusedError:
    told = "somebody else has changed this lead score: look at their version and bring your changes into it"
    return RefusedError("changed_meanwhile", told, "If-Match", 412)


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
