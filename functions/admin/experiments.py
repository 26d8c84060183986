"""Experiments: all of them, one of them, and drafts. Routes of the admin's API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from chalice.app import Response
from pydantic import ValidationError

from functions.admin import journey_drafts
from functions.admin.copying import own
from functions.admin.publishing import in_words, place
from functions.admin.rest import Paging, Place, Request, answer, page_of, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import experiments as shapes
from functions.admin.unfinished import object_in, text_in
from shared.adapters import (
    campaign_tests,
    campaigns,
    definitions,
    experiments,
    journey_definitions,
    reports,
    shop_settings,
)
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft
from shared.adapters.experiments import documents
from shared.domain.campaigns.states import ENDED, State
from shared.domain.campaigns.states import Kept as KeptCampaign
from shared.domain.conditions import Any_
from shared.domain.events import Json
from shared.domain.experiments.definition import CannotBeginError, Experiment, Kept, repeated, says, weights, with_arms
from shared.domain.journeys.definition import Journey
from shared.domain.operators import Role
from shared.domain.publications import OnTrialError, Publication, with_experiment
from shared.domain.refusals import RefusedError
from shared.domain.trials import base_of
from shared.domain.wording import sentence


class ListQuery(Paging, total=False):
    state: Literal["draft", "running", "ended", "decided"]
    q: str
    """Words that are all in what was asked, found or decided."""


# ── the list, and one of it ──


@route("GET", "/experiments", role=Role.VIEWER, query=ListQuery, gives=shapes.Experiments)
def list_experiments(request: Request) -> Json:
    """All tests there are, the newest first: experiments with journeys (`kind` journey) and with segments (segment),
    campaigns with variants or a holdout (campaign), and the shop's holdout (shop). What was decided stays, with what it
    said then: `?state=decided` and `?q=` search it. A campaign's test runs until everybody has had their time. Of the
    others, `says` is what the night has found, as of `as_of` (null: no night has been yet); what is newer is in the
    results of each."""
    state, words = request.query.get("state"), request.query.get("q", "")
    if state not in (None, "draft", "running", "ended", "decided"):
        raise RefusedError("invalid_state", "state must be draft, running, ended or decided", "state")
    night = reports.known("experiments", now()) or {"as_of": None, "says": {}}
    rows = [row for row in _rows(words) if state is None or row["state"] == state]
    page = page_of(
        request,
        "experiments",
        rows,
        lambda row: Place(row["since"], f"{row['kind']}_{row['id']}"),
        lambda row: {**row, **_said(row, night["says"])},
        newest_first=True,
    )
    return {**page, "as_of": night["as_of"]}


def _said(row: dict[str, Any], night: dict[str, Any]) -> dict[str, Json]:
    found = night.get(f"{row['kind']} {row['id']}", {"words": [], "balanced": True})
    return {"says": found["words"], "balanced": found["balanced"]}


def _rows(words: str) -> Iterator[dict[str, Any]]:
    for entry in documents.all().values():
        if says(entry.form, words):
            yield _row_of(entry)
    for kept in campaigns.all_kept():
        if kept.campaign.variants or kept.campaign.holdout:
            row = _row_of_campaign(kept)
            if _in(words, row["id"], row["name"], row["hypothesis"] or "", *row["result"]):
                yield row
    holdout = shop_settings.settings().holdout
    if holdout is not None and _in(words, holdout.name, "the shop's holdout"):
        yield {
            **_NO_ROW,
            "kind": "shop",
            "id": holdout.name,
            "name": "The shop’s holdout",
            "metric": "ordered",
            "state": "running",
            "since": 0,
        }


_NO_ROW: dict[str, Any] = {
    "hypothesis": None,
    "journey": None,
    "step": None,
    "segment": None,
    "began": None,
    "winner": None,
    "why": None,
    "result": [],
}


def _row_of(entry: Draft[Kept]) -> dict[str, Any]:
    kept, decision = entry.form, entry.form.decision
    made = kept.experiment
    return {
        "kind": made.kind,
        "id": made.id,
        "name": made.name,
        "hypothesis": made.hypothesis,
        "journey": made.journey,
        "step": made.step,
        "segment": made.segment,
        "metric": made.metric,
        "state": kept.state,
        "since": entry.at,
        "began": kept.began,
        "winner": decision.winner if decision is not None else None,
        "why": decision.why if decision is not None else None,
        "result": list(decision.result) if decision is not None else [],
    }


def _row_of_campaign(kept: KeptCampaign) -> dict[str, Any]:
    made = kept.campaign
    is_over = kept.state in ENDED and now() >= kept.since + made.measure.within  # all who got it have had their time
    state = "ended" if is_over else "draft" if kept.state in (State.DRAFT, State.SCHEDULED) else "running"
    return {
        **_NO_ROW,
        "kind": "campaign",
        "id": kept.id,
        "name": made.name,
        "hypothesis": made.measure.hypothesis,
        "metric": made.measure.metric if made.variants else "ordered",
        "state": state,
        "since": kept.since,
        "began": kept.began,
        "result": campaign_tests.learnt(kept) if state == "ended" else [],
    }


def _in(words: str, *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


@route("GET", "/experiments/{experiment}", role=Role.VIEWER, gives=shapes.ExperimentTold)
def show(request: Request, experiment: str) -> Json:
    """An experiment with a journey or a segment, how it stands, and the decided ones that asked the same
    (`repeats`)."""
    return tagged(told(entry_of(experiment)))


def told(entry: Draft[Kept]) -> dict[str, Json]:
    kept = entry.form
    decision, criteria = kept.decision, kept.experiment.criteria
    return {
        "experiment": kept.experiment.model_dump(mode="json", by_alias=True, exclude_none=True),
        "unfinished": entry.text,
        "problem": problem(entry),
        "etag": etag(entry),
        "state": kept.state,
        "by": entry.by,
        "at": entry.at,
        "began": kept.began,
        "version": kept.version,
        "taking_in": _takes_in(kept),
        "arms": list(weights(kept.experiment, journey_of(kept))),
        "words": None if criteria is None else sentence(definitions.segments().segments, criteria),
        "decision": None if decision is None else {**decision.model_dump(mode="json"), "result": list(decision.result)},
        "repeats": [
            {
                "id": each.experiment.id,
                "name": each.experiment.name,
                "winner": each.decision.winner,
                "at": each.decision.at,
                "result": list(each.decision.result),
            }
            for each in repeated(kept.experiment, experiments.all_kept().values())
            if each.decision is not None
        ],
    }


def _takes_in(kept: Kept) -> bool:
    """Whether runs that begin now take part, or who enters the segment."""
    made = kept.experiment
    if made.journey is None or made.step is None:
        trial = definitions.publication().on_trial.get(str(made.segment))
        return trial is not None and trial.experiment == made.id
    live = journey_definitions.publication().journeys.get(made.journey)
    arms = experiments.arms_at(live.journey, made.step) if live is not None else None
    of_this = arms is not None and arms.experiment == kept.experiment.id and arms.winner is None
    return of_this and live is not None and live.state == "live"


# ── drafts ──


@route(
    "POST",
    "/experiments",
    role=Role.EDITOR,
    about=("experiment.id",),
    takes=Experiment,
    gives=shapes.ExperimentTold,
    status=201,
)
def create(request: Request) -> Json:
    """Keeps a draft of a new experiment with a step of a published journey, or with a published segment. 409 where
    there is one of this id, ever: by its id contacts fall into arms. `repeats` says which decided ones have asked the
    same."""
    return _keep_new(fitting(written_in(request.json())), request.operator)


@route(
    "POST",
    "/experiments/{experiment}/duplicate",
    role=Role.EDITOR,
    about=("experiment.id",),
    takes=everywhere.Copy,
    gives=shapes.ExperimentTold,
    status=201,
)
def duplicate(request: Request, experiment: str) -> Json:
    """`{"id": …, "name": …}`: a draft that asks the same as this one; who gets which arm is drawn again."""
    like = entry_of(experiment).form.experiment
    body = {**like.model_dump(mode="json", by_alias=True, exclude_none=True), **own(request.json(), like.name)}
    return _keep_new(fitting(written_in(body)), request.operator)


def _keep_new(made: Experiment, operator: str) -> Response:
    try:
        entry = documents.put(made.id, Kept(experiment=made), instead_of=None, by=operator)
    except PublishedMeanwhileError:
        raise RefusedError("taken", "there is already an experiment with this id: choose another", "id", 409) from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "hypothesis", 413) from None
    return tagged(told(entry), 201)


@route(
    "PUT",
    "/experiments/{experiment}",
    role=Role.EDITOR,
    edits=True,
    takes=Experiment | everywhere.Unfinished,
    gives=shapes.ExperimentTold,
)
def put(request: Request, experiment: str) -> Json:
    """Changes a draft. A text that is `unfinished` need not be an experiment: while it is none, or none that fits its
    journey, it is kept beside the one that was, `problem` says why, and it cannot begin. What has begun stays as it was
    begun: its question is not to be changed by its answer."""
    entry = entry_of(experiment)
    if entry.form.state != "draft":
        raise RefusedError(
            "has_begun", "it has begun, and stays as it is: decide it, and draft another", "experiment", 409
        )
    text = text_in(request, "unfinished")
    made = _written_for(experiment, request.json()) if text is None else _read(experiment, text)
    only_if_unchanged(request, entry)
    if isinstance(made, Experiment):
        return tagged(told(stored(entry, Kept(experiment=made), request)))
    return tagged(told(stored(entry, entry.form, request, text)))


@route("DELETE", "/experiments/{experiment}", role=Role.EDITOR, edits=True, gives=shapes.OfExperiment)
def delete(request: Request, experiment: str) -> Json:
    """Deletes a draft. What has begun is kept, as what was learnt."""
    entry = entry_of(experiment)
    if entry.form.state != "draft":
        raise RefusedError("has_begun", "it has begun: decide it; what it showed is kept", "experiment", 409)
    if _takes_in(entry.form):  # it was published a moment ago, and that it has begun not kept
        raise RefusedError("has_begun", "it has begun already: start it again, and decide it", "experiment", 409)
    only_if_unchanged(request, entry)
    try:
        documents.drop(experiment, entry.number)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return {"experiment": experiment}


# ── what they have in common ──


def entry_of(experiment: str) -> Draft[Kept]:
    entry = documents.all().get(experiment)
    if entry is None:
        raise RefusedError("not_found", "there is no such experiment", "experiment", 404)
    return entry


def journey_of(kept: Kept) -> Journey | None:
    """The version of the journey that the experiment began with; of a draft, the newest. None: it is with a segment."""
    if kept.experiment.journey is None:
        return None
    if kept.version is not None:
        return journey_definitions.version(kept.experiment.journey, kept.version)
    return journey_drafts.publication_with(kept.experiment.journey)[1].journey


def written_in(body: Mapping[str, Any]) -> Experiment:
    try:
        return Experiment.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RefusedError(
            "invalid_experiment", in_words(first), ".".join(map(str, place(first["loc"]))) or None
        ) from None


def _written_for(experiment: str, body: Mapping[str, Any]) -> Experiment:
    made = fitting(written_in({"id": experiment, **body}))
    if made.id != experiment:
        raise RefusedError("invalid_experiment", "the id must match the one in the URL", "id")
    return made


def _read(experiment: str, text: str) -> Experiment | RefusedError:
    """The experiment in a text that somebody is writing, or why it is none."""
    try:
        return _written_for(experiment, object_in(text))
    except RefusedError as error:
        return error


def problem(entry: Draft[Kept]) -> str | None:
    """Why a draft as it is written is no experiment that could begin."""
    read = None if entry.text is None else _read(entry.form.experiment.id, entry.text)
    return f"{read.field}: {read.message}" if isinstance(read, RefusedError) else None


def as_written(entry: Draft[Kept]) -> Experiment:
    """A draft, with what was written last. RefusedError: that is no experiment yet."""
    made = entry.form.experiment
    return made if entry.text is None else _written_for(made.id, object_in(entry.text))


def fitting(made: Experiment) -> Experiment:
    """RefusedError where there is no place for it, or no such segment."""
    known = definitions.segments().segments
    for segment in made.by_segments:
        if segment not in known:
            raise RefusedError("unknown_segment", f"there is no segment {segment}", "by_segments")
    if made.journey is None:
        in_segments(made, start_journeys=False)
    else:
        in_journey(journey_drafts.publication_with(made.journey)[1].journey, made, None)
    return made


def stored(entry: Draft[Kept], kept: Kept, request: Request, text: str | None = None) -> Draft[Kept]:
    """`text`: of what is unfinished, beside what is kept."""
    id_, by = kept.experiment.id, request.operator
    try:
        return documents.put(id_, kept, text, instead_of=entry.number, by=by, unfinished=text is not None)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "why", 413) from None


def etag(entry: Draft[Kept]) -> str:
    return f'"experiment-{entry.number}"'


def tagged(told: dict[str, Json], status: int = 200) -> Response:
    return answer(status, told, str(told["etag"]))


def only_if_unchanged(request: Request, entry: Draft[Kept]) -> None:
    if request.if_match is not None and request.if_match != etag(entry):
        told = "somebody else has changed this experiment: look at their version first"
        raise RefusedError("changed_meanwhile", told, "If-Match", 412)


def changed_meanwhile() -> RefusedError:
    told = "somebody else has changed the experiments: look at their version and try again"
    return RefusedError("changed_meanwhile", told, status=409)


def in_segments(made: Experiment, *, start_journeys: bool) -> Publication:
    """The publication that it would begin by; the one that holds, where it stands there already. RefusedError: it has
    no place there."""
    publication, segment = definitions.publication(), str(made.segment)
    if stands(publication, made):
        return publication
    if publication.segment(segment) is None or made.criteria is None:
        raise RefusedError("unknown_segment", f"there is no segment {segment} that is published", "segment")
    try:
        next_ = with_experiment(publication, segment, made.id, made.criteria, start_journeys, now())
        definitions.check_size(next_)
        return next_
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "criteria", 413) from None
    except OnTrialError as error:
        raise RefusedError("cannot_begin", str(error), "segment", 409) from None
    except ValueError as error:
        raise RefusedError("invalid_experiment", str(error), "criteria") from None


def stands(publication: Publication, made: Experiment) -> bool:
    """Whether it has begun by this publication, and with these criteria: whoever started it may have died before it was
    kept that it has."""
    trial, base = publication.on_trial.get(str(made.segment)), publication.segment(base_of(made.id))
    if trial is None or base is None or made.criteria is None:
        return False
    return trial.experiment == made.id and base.when == Any_(of=(trial.before.when, made.criteria))


def in_journey(journey: Journey, made: Experiment, winner: str | None) -> Journey:
    try:
        return with_arms(journey, made, winner)
    except CannotBeginError as error:
        raise RefusedError("cannot_begin", str(error), "step", 409) from None
