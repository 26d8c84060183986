"""Experiments: drafts, starting, what they have shown, deciding, and what was learnt. Routes of the admin's API.

What an experiment does is in its journey: starting it and deciding it each publish a version of that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

from chalice.app import Response
from pydantic import ValidationError

from functions.admin import journey_drafts, shapes
from functions.admin.campaign_results import guarded
from functions.admin.journey_drafts import Written, published, version_of
from functions.admin.publishing import in_words
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Paging, Place, ProblemsError, Request, answer, logger, page_of, route
from shared.adapters import (
    athena,
    campaigns,
    experiments,
    journey_definitions,
    journey_files,
    shop_settings,
    yaml_edits,
)
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft
from shared.adapters.experiments import arms_under_way, documents
from shared.adapters.queries import question
from shared.domain.campaigns.states import ENDED, State
from shared.domain.campaigns.states import Kept as KeptCampaign
from shared.domain.events import Instant, Json, iso
from shared.domain.experiments import findings, planning
from shared.domain.experiments.comparisons import Compared
from shared.domain.experiments.definition import (
    CannotBeginError,
    Decision,
    Experiment,
    Kept,
    repeated,
    says,
    weights,
    with_arms,
)
from shared.domain.experiments.findings import Finding, Total
from shared.domain.experiments.rates import Arm, wilson
from shared.domain.journeys.arms import HOLDOUT
from shared.domain.journeys.definition import Journey, Send
from shared.domain.journeys.publications import UnderWay, Version, with_journey
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.tables import as_csv


class ListQuery(Paging, total=False):
    state: Literal["draft", "running", "ended", "decided"]
    q: str
    """Words that are all in what was asked, found or decided."""


# ── the list, and one of it ──


@route("GET", "/experiments", role=Role.VIEWER, query=ListQuery, gives=shapes.Experiments)
def list_experiments(request: Request) -> Json:
    """All tests there are, the newest first: experiments with journeys (`kind` journey), campaigns with variants or a
    holdout (campaign), and the shop's holdout (shop). What was decided stays, with what it said then: `?state=decided`
    and `?q=` search it."""
    state, words = request.query.get("state"), request.query.get("q", "")
    if state not in (None, "draft", "running", "ended", "decided"):
        raise RefusedError("invalid_state", "state must be draft, running, ended or decided", "state")
    rows = [row for row in _rows(words) if state is None or row["state"] == state]
    return page_of(
        request,
        "experiments",
        rows,
        lambda row: Place(row["since"], f"{row['kind']}_{row['id']}"),
        lambda row: row,
        newest_first=True,
    )


def _rows(words: str) -> Iterator[dict[str, Any]]:
    for entry in documents.all().values():
        if says(entry.form, words):
            yield _row_of(entry)
    for kept in campaigns.all_kept():
        if (kept.campaign.variants or kept.campaign.holdout) and _in(words, kept.id, kept.campaign.name):
            yield _row_of_campaign(kept)
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
    "began": None,
    "winner": None,
    "why": None,
    "result": [],
}


def _row_of(entry: Draft[Kept]) -> dict[str, Any]:
    kept, decision = entry.form, entry.form.decision
    made = kept.experiment
    return {
        "kind": "journey",
        "id": made.id,
        "name": made.name,
        "hypothesis": made.hypothesis,
        "journey": made.journey,
        "step": made.step,
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
    state = "ended" if kept.state in ENDED else "draft" if kept.state in (State.DRAFT, State.SCHEDULED) else "running"
    return {
        **_NO_ROW,
        "kind": "campaign",
        "id": kept.id,
        "name": made.name,
        "metric": made.measure.metric if made.variants else "ordered",
        "state": state,
        "since": kept.since,
        "began": kept.began,
    }


def _in(words: str, *texts: str) -> bool:
    text = " ".join(texts).casefold()
    return all(word in text for word in words.casefold().split())


@route("GET", "/experiments/{experiment}", role=Role.VIEWER, gives=shapes.ExperimentTold)
def show(request: Request, experiment: str) -> Json:
    """An experiment with a journey, how it stands, and the decided ones that asked the same (`repeats`)."""
    return tagged(told(entry_of(experiment)))


def told(entry: Draft[Kept]) -> dict[str, Json]:
    kept = entry.form
    decision = kept.decision
    return {
        "experiment": kept.experiment.model_dump(mode="json", exclude_none=True),
        "etag": etag(entry),
        "state": kept.state,
        "by": entry.by,
        "at": entry.at,
        "began": kept.began,
        "version": kept.version,
        "taking_in": _takes_in(kept),
        "arms": list(weights(kept.experiment, journey_of(kept))),
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
    """Whether runs that begin now take part."""
    live = journey_definitions.publication().journeys.get(kept.experiment.journey)
    arms = experiments.arms_at(live.journey, kept.experiment.step) if live is not None else None
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
    """Keeps a draft of a new experiment with a step of a published journey. 409 where there is one of this id, ever: by
    its id contacts fall into arms. `repeats` says which decided ones have asked the same."""
    made = fitting(written_in(request.json()))
    try:
        entry = documents.put(made.id, Kept(experiment=made), instead_of=None, by=request.operator)
    except PublishedMeanwhileError:
        raise RefusedError("taken", "there is already an experiment with this id: choose another", "id", 409) from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "hypothesis", 413) from None
    return tagged(told(entry), 201)


@route("PUT", "/experiments/{experiment}", role=Role.EDITOR, edits=True, takes=Experiment, gives=shapes.ExperimentTold)
def put(request: Request, experiment: str) -> Json:
    """Changes a draft. What has begun stays as it was begun: its question is not to be changed by its answer."""
    entry = entry_of(experiment)
    if entry.form.state != "draft":
        raise RefusedError(
            "has_begun", "it has begun, and stays as it is: decide it, and draft another", "experiment", 409
        )
    made = fitting(written_in({"id": experiment, **request.json()}))
    if made.id != experiment:
        raise RefusedError("invalid_experiment", "the id must match the one in the URL", "id")
    only_if_unchanged(request, entry)
    return tagged(told(_stored(entry, Kept(experiment=made), request)))


@route("DELETE", "/experiments/{experiment}", role=Role.EDITOR, edits=True, gives=shapes.OfExperiment)
def delete(request: Request, experiment: str) -> Json:
    """Deletes a draft. What has begun is kept, as what was learnt."""
    entry = entry_of(experiment)
    if entry.form.state != "draft":
        raise RefusedError("has_begun", "it has begun: decide it; what it showed is kept", "experiment", 409)
    only_if_unchanged(request, entry)
    try:
        documents.drop(experiment, entry.number)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return {"experiment": experiment}


# ── starting and deciding: each is a version of the journey ──


@route("POST", "/experiments/{experiment}/start", role=Role.SENDER, takes=shapes.Starting, gives=shapes.ExperimentTold)
def start(request: Request, experiment: str) -> Json:
    """Publishes a version of the journey with the experiment in it. Runs that begin from then on take part; with
    `{"under_way": "move"}` those too that are under way and have yet to come to the step."""
    under_way = cast(UnderWay, _one_of(request, "under_way", ("finish", "move"), "finish"))
    entry = entry_of(experiment)
    kept = entry.form
    if kept.state != "draft":
        raise RefusedError("has_begun", "it has begun already", "experiment", 409)
    t = now()
    why = f"the experiment {kept.experiment.id} begins"
    version = _publish(request, kept.experiment, None, under_way, why, t)
    begun = kept.model_copy(update={"began": t, "version": version})
    logger.info("experiment begun", experiment=experiment, operator=request.operator)
    return tagged(told(_stored(entry, begun, request)))


@route(
    "POST",
    "/experiments/{experiment}/decide",
    role=Role.SENDER,
    query=FiguresQuery,
    takes=shapes.Deciding,
    gives=shapes.ExperimentTold | shapes.Late,
)
def decide(request: Request, experiment: str) -> Json:
    """Publishes a version of the journey in which everybody gets the `winner`, any of the arms but the holdout; `why`
    is kept, and so is what the experiment says now. Who is under way keeps their arm, but with `{"under_way": "move"}`.
    It is taken back by publishing an earlier version of the journey. 202 with a `query` when what it says takes long:
    nothing is decided yet; ask again with `?query=…`."""
    under_way = cast(UnderWay, _one_of(request, "under_way", ("finish", "move"), "finish"))
    entry, body = entry_of(experiment), request.json()
    kept = entry.form
    if kept.state != "running":
        raise RefusedError("not_running", "only an experiment that is running can be decided", "experiment", 409)
    names = list(weights(kept.experiment, journey_of(kept)))
    if body.get("winner") not in names:
        raise RefusedError("invalid_winner", f"it must be one of its arms: {', '.join(names)}", "winner")
    why = journey_drafts.text(body, "why", "no reason was given")
    t = now()
    rows = asked(request, lambda: _ask(kept, t))
    if isinstance(rows, Response):
        return rows
    found = _finding(kept, rows, t)
    result = tuple(findings.words(each.compared, kept.experiment) for each in found.compared)
    version = _publish(request, kept.experiment, str(body["winner"]), under_way, f"{experiment} is decided: {why}", t)
    decision = Decision(at=t, by=request.operator, winner=body["winner"], why=why, version=version, result=result)
    logger.info("experiment decided", experiment=experiment, operator=request.operator)
    return tagged(told(_stored(entry, kept.model_copy(update={"decision": decision}), request)))


def _publish(request: Request, made: Experiment, winner: str | None, under_way: UnderWay, why: str, t: Instant) -> int:
    """The journey's version that has it so. Asked for again, once it is published, it is the same."""
    held, before = journey_drafts.publication_with(made.journey)
    there = experiments.arms_at(before.journey, made.step)
    if there is not None and (there.experiment, there.winner) == (made.id, winner):
        return before.version
    if winner is not None and (there is None or there.experiment != made.id):
        told = f"the journey has it no more: its version {before.version} is without it. Publish one that has it first"
        raise RefusedError("not_there", told, "experiment", 409)
    if made.journey in journey_definitions.drafts.all():
        told = (
            f"the journey {made.journey} has a draft: publish it or drop it first, or this change would be lost with it"
        )
        raise RefusedError("has_draft", told, "journey", 409)
    journey = _with_arms(before.journey, made, winner)
    arms = {step: each for step, each in arms_under_way(made.journey).items() if step != made.step}
    own = experiments.arms_at(journey, made.step)
    if winner is None and own is not None:
        arms[made.step] = own
    newest = version_of(made.journey, str(before.version))
    text = None if newest.text is None else yaml_edits.edited(newest.text, _written(journey)).text
    if wrong := journey_drafts.problems_of(Written(journey, text), unknown_events=True, arms=arms):
        raise ProblemsError(wrong)
    version = Version(
        version=before.version + 1, journey=journey, published=t, by=request.operator, why=why[:500], text=text
    )
    published(with_journey(held, version, under_way), version)
    return version.version


def _written(journey: Journey) -> Json:
    return journey_files.parsed(journey_files.written(journey))


def _with_arms(journey: Journey, made: Experiment, winner: str | None) -> Journey:
    try:
        return with_arms(journey, made, winner)
    except CannotBeginError as error:
        raise RefusedError("cannot_begin", str(error), "step", 409) from None


# ── what it shows ──


@route(
    "GET",
    "/experiments/{experiment}/results",
    role=Role.VIEWER,
    query=FiguresQuery,
    gives=shapes.ExperimentResults | shapes.Late,
)
def results(request: Request, experiment: str) -> Json:
    """Arm by arm, how many people took part and what they did; what can be said of each beside the first, and of all
    beside the holdout, as of the planned looks; whether one made more people unsubscribe; and of a draft, what it can
    show at all (`expected`). 202 with a `query` when it takes long."""
    kept, t = entry_of(experiment).form, now()
    if kept.began is None:
        rows = asked(request, lambda: _ask_usual(kept.experiment, t))
        if isinstance(rows, Response):
            return rows
        made = kept.experiment
        expected = planning.expected(made, weights(made, journey_of(kept)), planning.so_far(rows), t)
        return {**_found(kept, findings.finding(made, weights(made, journey_of(kept)), [], t), t), "expected": expected}
    rows = asked(request, lambda: _ask(kept, t))
    if isinstance(rows, Response):
        return rows
    return _found(kept, _finding(kept, rows, t), t)


def _ask(kept: Kept, t: Instant) -> str:
    made, began = kept.experiment, kept.began or t
    within, looks, month = str(made.within), str(made.looks), iso(began)[:7]
    about = _in_lake(made)
    texts = (about, month, about, looks, str(made.people), looks, within, within, within, within)
    return athena.start(*question("experiment", *texts, over=(began - planning.BEFORE, t)))


def _ask_usual(made: Experiment, t: Instant) -> str:
    since, within = t - planning.USUAL_OVER, str(made.within)
    step = next((each for each in journey_of(Kept(experiment=made)).steps if each.id == made.step), None)
    email = made.step if isinstance(step, Send) else ""
    texts = (made.journey, email, email, str(since), within, within)
    return athena.start(*question("usual", *texts, over=(since, t)))


def _finding(kept: Kept, rows: list[dict[str, Json]], t: Instant) -> Finding:
    return findings.finding(kept.experiment, weights(kept.experiment, journey_of(kept)), findings.alike(rows), t)


def _found(kept: Kept, found: Finding, t: Instant) -> dict[str, Json]:
    made = kept.experiment
    return {
        "experiment": made.id,
        "as_of": t,
        "state": kept.state,
        "ended": found.ended,
        "balanced": found.balanced,
        "arms": [_arm(each, made) for each in found.arms],
        "compared": [
            {
                "arm": each.arm,
                "beside": each.beside,
                "metric": each.metric,
                "look": look or None,
                "verdict": each.verdict and each.verdict.word,
                "interval": _interval(each),
                "words": findings.words(each, made),
            }
            for each, look in found.compared
        ],
        "guards": guarded(found.guards),
        "looks": [each._asdict() for each in found.looks],
        "expected": [],
    }


def _arm(each: Total, made: Experiment) -> dict[str, Json]:
    """With the interval of the share that it is decided by, where it is one."""
    told = each._asdict()
    del told["net"]
    by = "ordered" if made.metric == "revenue" or each.variant == HOLDOUT else made.metric
    return {**told, "revenue": each.net / 100, "by": by, "interval": list(wilson(Arm(each.people, told[by])))}


def _interval(each: Compared) -> list[float] | None:
    found = each.verdict.interval if each.verdict is not None else None
    if found is None:
        return None
    return [bound / 100 for bound in found] if each.metric == "revenue" else list(found)


@route(
    "GET",
    "/experiments/{experiment}/assignments",
    role=Role.VIEWER,
    query=FiguresQuery,
    gives=shapes.Assignments | shapes.Late,
)
def assignments(request: Request, experiment: str) -> Json:
    """Who takes part, with which arm and since when, as CSV: the contact's id, the variant, and the instant. 202 with a
    `query` when it takes long."""
    kept = entry_of(experiment).form
    month = iso(kept.began if kept.began is not None else now())[:7]
    rows = asked(request, lambda: athena.start(*question("assignments", month, _in_lake(kept.experiment))))
    if isinstance(rows, Response):
        return rows
    lines = [[str(row["contact"]), str(row["variant"]), iso(int(str(row["time"])))] for row in rows]
    return {"csv": as_csv([["contact", "variant", "since"], *lines]), "rows": len(lines)}


def _in_lake(made: Experiment) -> str:
    return f"experiment=t{made.id}"


# ── what they have in common ──


def entry_of(experiment: str) -> Draft[Kept]:
    entry = documents.all().get(experiment)
    if entry is None:
        raise RefusedError("not_found", "there is no such experiment", "experiment", 404)
    return entry


def journey_of(kept: Kept) -> Journey:
    """The version of the journey that the experiment began with; of a draft, the newest."""
    if kept.version is not None:
        return journey_definitions.version(kept.experiment.journey, kept.version)
    return journey_drafts.publication_with(kept.experiment.journey)[1].journey


def written_in(body: Mapping[str, Any]) -> Experiment:
    try:
        return Experiment.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise RefusedError("invalid_experiment", in_words(first), ".".join(map(str, first["loc"])) or None) from None


def fitting(made: Experiment) -> Experiment:
    """RefusedError where there is no place for it."""
    _with_arms(journey_drafts.publication_with(made.journey)[1].journey, made, None)
    return made


def _stored(entry: Draft[Kept], kept: Kept, request: Request) -> Draft[Kept]:
    try:
        return documents.put(kept.experiment.id, kept, instead_of=entry.number, by=request.operator)
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


def _one_of(request: Request, name: str, choices: tuple[str, ...], otherwise: str) -> str:
    return journey_drafts.one_of(request.json() if request.body else {}, name, choices, otherwise)
