"""An experiment begins, and is decided: each publishes a version of its journey. Routes of the admin's API."""

from __future__ import annotations

from typing import cast

from chalice.app import Response

from functions.admin import journey_drafts, shapes
from functions.admin.experiment_results import ask, finding_of
from functions.admin.experiments import as_written, entry_of, in_journey, stored, tagged, told
from functions.admin.journey_drafts import Written, published, version_of
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import ProblemsError, Request, logger, route
from shared.adapters import experiments, journey_definitions, journey_files, yaml_edits
from shared.adapters.clock import now
from shared.adapters.experiments import arms_under_way
from shared.domain.events import Instant, Json
from shared.domain.experiments import findings
from shared.domain.experiments.definition import Decision, Experiment, Kept
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import UnderWay, Version, with_journey
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


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
    made = as_written(entry)
    version = _publish(request, made, None, under_way, f"the experiment {experiment} begins", t)
    begun = Kept(experiment=made, began=t, version=version)
    logger.info("experiment begun", experiment=experiment, operator=request.operator)
    return tagged(told(stored(entry, begun, request)))


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
    names = list(experiments.weights_of(kept))
    if body.get("winner") not in names:
        raise RefusedError("invalid_winner", f"it must be one of its arms: {', '.join(names)}", "winner")
    why = journey_drafts.text(body, "why", "no reason was given")
    t = now()
    rows = asked(request, lambda: ask(kept, t))
    if isinstance(rows, Response):
        return rows
    found = finding_of(kept, rows, t)
    result = tuple(findings.words(each.compared, kept.experiment) for each in found.compared)
    version = _publish(request, kept.experiment, str(body["winner"]), under_way, f"{experiment} is decided: {why}", t)
    decision = Decision(at=t, by=request.operator, winner=body["winner"], why=why, version=version, result=result)
    logger.info("experiment decided", experiment=experiment, operator=request.operator)
    return tagged(told(stored(entry, kept.model_copy(update={"decision": decision}), request)))


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
    journey = in_journey(before.journey, made, winner)
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


def _one_of(request: Request, name: str, choices: tuple[str, ...], otherwise: str) -> str:
    return journey_drafts.one_of(request.json() if request.body else {}, name, choices, otherwise)
