"""An experiment begins, and is decided: each publishes a version of its journey, or the segments anew. Routes of the
admin's API."""

from __future__ import annotations

from typing import cast

from chalice.app import Response

from functions.admin import experiment_criteria, journey_drafts
from functions.admin.experiment_results import ask, finding_of
from functions.admin.experiments import as_written, entry_of, fitting, in_journey, stored, tagged, told
from functions.admin.journey_drafts import Written, published, version_of
from functions.admin.publishing import wants_journeys
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import ProblemsError, Request, logger, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import experiments as shapes
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
    `{"under_way": "move"}` those too that are under way and have yet to come to the step. Of a segment's it publishes
    the segment, which all contacts adopt; with `{"start_journeys": true}` that starts journeys for whom it brings
    in."""
    entry = entry_of(experiment)
    under_way, start_journeys = _how(request, entry.form.experiment)
    kept = entry.form
    if kept.state != "draft":
        raise RefusedError("has_begun", "it has begun already", "experiment", 409)
    t = now()
    made = fitting(as_written(entry))
    if made.segment is not None:
        version = experiment_criteria.begin(made, start_journeys=start_journeys)
    else:
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
    gives=shapes.ExperimentTold | everywhere.Late,
)
def decide(request: Request, experiment: str) -> Json:
    """Publishes a version of the journey in which everybody gets the `winner`, any of the arms but the holdout; `why`
    is kept, and so is what the experiment says now. Who is under way keeps their arm, but with `{"under_way": "move"}`.
    It is taken back by publishing an earlier version of the journey. Of a segment's, whose arms are `a` (as it was) and
    `b`, it publishes the segment so, as `start_journeys` says; with no `winner` it is stopped, and the segment as
    before. 202 with a `query` when what it says takes long:
    nothing is decided yet; ask again with `?query=…`."""
    entry, body = entry_of(experiment), request.json()
    kept = entry.form
    under_way, start_journeys = _how(request, kept.experiment)
    if kept.state != "running":
        raise RefusedError("not_running", "only an experiment that is running can be decided", "experiment", 409)
    winner = body.get("winner")
    if kept.experiment.segment is not None:
        winner = None if winner is None else experiment_criteria.winner_of(winner)
    elif winner not in (names := list(experiments.weights_of(kept))):
        raise RefusedError("invalid_winner", f"it must be one of its arms: {', '.join(names)}", "winner")
    why = journey_drafts.text(body, "why", "no reason was given")
    t = now()
    rows = asked(request, lambda: ask(kept, t))
    if isinstance(rows, Response):
        return rows
    found = finding_of(kept, rows, t)
    result = tuple(findings.words(each.compared, kept.experiment) for each in found.compared)
    if kept.experiment.segment is not None:
        version = experiment_criteria.end(kept, winner, start_journeys=start_journeys, t=t)
    else:
        version = _publish(request, kept.experiment, winner, under_way, f"{experiment} is decided: {why}", t)
    decision = Decision(at=t, by=request.operator, winner=winner, why=why, version=version, result=result)
    logger.info("experiment decided", experiment=experiment, operator=request.operator)
    return tagged(told(stored(entry, kept.model_copy(update={"decision": decision}), request)))


def _publish(request: Request, made: Experiment, winner: str | None, under_way: UnderWay, why: str, t: Instant) -> int:
    """The journey's version that has it so. Asked for again, once it is published, it is the same."""
    journey_id, step_id = str(made.journey), str(made.step)
    held, before = journey_drafts.publication_with(journey_id)
    there = experiments.arms_at(before.journey, step_id)
    if there is not None and (there.experiment, there.winner) == (made.id, winner):
        return before.version
    if winner is not None and (there is None or there.experiment != made.id):
        told = f"the journey has it no more: its version {before.version} is without it. Publish one that has it first"
        raise RefusedError("not_there", told, "experiment", 409)
    if journey_id in journey_definitions.drafts.all():
        told = (
            f"the journey {journey_id} has a draft: publish it or drop it first, or this change would be lost with it"
        )
        raise RefusedError("has_draft", told, "journey", 409)
    journey = in_journey(before.journey, made, winner)
    arms = {step: each for step, each in arms_under_way(journey_id).items() if step != step_id}
    own = experiments.arms_at(journey, step_id)
    if winner is None and own is not None:
        arms[step_id] = own
    newest = version_of(journey_id, str(before.version))
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


def _how(request: Request, made: Experiment) -> tuple[UnderWay, bool]:
    """What becomes of runs under way, of a journey's; whether journeys start for whom a segment's brings in."""
    body = request.json() if request.body else {}
    other = "under_way" if made.segment is not None else "start_journeys"
    if other in body:
        raise RefusedError("invalid_choice", f"an experiment with a {made.kind} takes no `{other}`", other)
    return cast(UnderWay, _one_of(request, "under_way", ("finish", "move"), "finish")), wants_journeys(request)


def _one_of(request: Request, name: str, choices: tuple[str, ...], otherwise: str) -> str:
    return journey_drafts.one_of(request.json() if request.body else {}, name, choices, otherwise)
