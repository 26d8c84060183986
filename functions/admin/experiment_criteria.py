"""An experiment with a segment's criteria: the publications that it begins and ends by, and whom they bring in and take
out. Routes of the admin's API."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from datetime import date

from functions.admin import estimating, known
from functions.admin.experiments import as_written, entry_of, in_segments, only_if_unchanged, stands
from functions.admin.looking import look
from functions.admin.passes import outcome_of
from functions.admin.publishing import fill, published, wants_journeys
from functions.admin.rest import Request, answer, route
from functions.admin.shapes import experiments as shapes
from functions.admin.shapes import segments as segments_shapes
from shared.adapters import definitions, experiments, flows, journey_definitions, refreshes
from shared.adapters.clock import now
from shared.adapters.drafts import Draft
from shared.adapters.run_counts import day_of
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import Instant, Json
from shared.domain.experiments import planning
from shared.domain.experiments.definition import Experiment, Kept
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.publications import InUseError, Publication, compiled, without_experiment
from shared.domain.refusals import RefusedError
from shared.domain.reports.flows import ENTERED, OWN
from shared.domain.segments import evaluate
from shared.domain.trials import A, B, base_of

# ── before: whom it brings in and takes out ──


@route(
    "POST",
    "/experiments/{experiment}/estimate",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.Ending,
    gives=segments_shapes.Estimate,
)
def estimate(request: Request, experiment: str) -> Json:
    """Of an experiment with a segment: how many would enter and leave the segment if it began now, and how many emails
    would start; of one that runs, if it ended now, with a `winner` or none. As `POST /segments/estimate` says it."""
    entry = _of_segment(experiment)
    segment, publication = str(entry.form.experiment.segment), _tried(entry, _winner(request, entry))
    tried = publication.segment(segment)
    assert tried is not None
    return estimating.estimated(tried, publication)


@route(
    "POST",
    "/experiments/{experiment}/dry-run",
    role=Role.EDITOR,
    takes=shapes.Ending,
    gives=segments_shapes.Run,
    status=202,
)
def dry_run(request: Request, experiment: str) -> Json:
    """The same, counted exactly and of all contacts, from the lake; asks for it by the `run` in the answer."""
    entry, start_journeys = _of_segment(experiment), wants_journeys(request)
    only_if_unchanged(request, entry)
    winner = _winner(request, entry)
    _tried(entry, winner)
    run = f"trial-{experiment}-{now()}"
    asked: dict[str, Json] = {"do": "dry_run", "segment": entry.form.experiment.segment, "draft": entry.number}
    refreshes.start(run, {**asked, "experiment": experiment, "winner": winner, "start_journeys": start_journeys})
    return answer(202, {"run": run})


@route("GET", "/experiments/{experiment}/dry-run/{run}", role=Role.VIEWER, gives=segments_shapes.DryRun)
def show_dry_run(request: Request, experiment: str, run: str) -> Json:
    unknown = RefusedError("not_found", "there is no such dry run", "run", 404)
    status, output = outcome_of(run, rf"trial-{re.escape(experiment)}-\d{{1,16}}", unknown)
    return {"run": run, "status": status, **output.get("found", {})}


def _of_segment(experiment: str) -> Draft[Kept]:
    entry = entry_of(experiment)
    if entry.form.experiment.segment is None:
        told = "it is with a journey, and brings nobody into a segment or out of one"
        raise RefusedError("not_with_a_segment", told, "experiment", 409)
    if entry.form.state == "decided":
        raise RefusedError("has_ended", "it has ended: nobody enters or leaves by it any more", "experiment", 409)
    return entry


def _tried(entry: Draft[Kept], winner: str | None) -> Publication:
    made = entry.form.experiment
    if entry.form.state == "draft":
        return in_segments(as_written(entry), start_journeys=False)
    return _ended(made, winner, start_journeys=False, t=now())


def _winner(request: Request, entry: Draft[Kept]) -> str | None:
    winner = (request.json() if request.body else {}).get("winner")
    if winner is None:
        return None
    if entry.form.state == "draft":
        raise RefusedError("invalid_winner", "it has not begun: nobody has won", "winner")
    return winner_of(winner)


def winner_of(winner: Json) -> str:
    if winner not in (A, B):
        told = f"it must be {A} (the definition as it was) or {B} (the other); leave it out to stop without a winner"
        raise RefusedError("invalid_winner", told, "winner")
    return str(winner)


# ── before: how many come ──


def entering(made: Experiment, t: Instant) -> float | None:
    """How many a week would come to take part: as many as entered the segment lately, by what they did or by time, and
    as many more as there are whom either definition has in, beside those whom its own has. None: that is not known."""
    segment, base, began = str(made.segment), base_of(made.id), flows.began()
    if began is None:
        return None
    first, last = max(began, day_of(t - planning.USUAL_OVER)), day_of(t)
    days = (date.fromisoformat(last) - date.fromisoformat(first)).days + 1
    entries = sum(
        each.n for each in flows.counts(first, last) if each.name[:2] == (segment, ENTERED) and each.name[2] in OWN
    )
    shop_definitions = compiled(in_segments(made, start_journeys=False))
    found = Counter[str]()

    def take(profile: Profile) -> None:
        held = profile.memberships.get(segment)
        found["now"] += held is not None and held.member
        with suppress(HistoryNeededError):
            found["either"] += evaluate(shop_definitions, base, profile, t)[0]

    look(take)
    return planning.entering(entries, days, found["either"], found["now"])


# ── it begins and ends ──


def begin(made: Experiment, *, start_journeys: bool) -> int:
    """Publishes the segment as the experiment decides it, and gives by which number. Asked for again, once it is
    published, it is the same."""
    publication = definitions.publication()
    if not stands(publication, made):
        if made.segment in definitions.drafts.all():
            told = f"the segment {made.segment} has a draft: publish it or drop it first, as nothing can meanwhile"
            raise RefusedError("has_draft", told, "segment", 409)
        publication = published(in_segments(made, start_journeys=start_journeys))
    fill(publication)
    return publication.since[base_of(made.id)]


def end(kept: Kept, winner: str | None, *, start_journeys: bool, t: Instant) -> int:
    """Publishes the segment as the experiment has ended, and gives by which number."""
    made = kept.experiment
    segment, publication = str(made.segment), definitions.publication()
    if publication.on_trial.get(segment) is None:  # it was published a moment ago, and how it ended not kept
        _must_be(publication, kept, winner)
    else:
        publication = published(_ended(made, winner, start_journeys=start_journeys, t=t))
    fill(publication)
    return publication.since[segment]


def _ended(made: Experiment, winner: str | None, *, start_journeys: bool, t: Instant) -> Publication:
    segment, base = str(made.segment), base_of(made.id)
    for name, journey in journey_definitions.publication().journeys.items():
        if base in known.segments_of(journey.journey):
            told = f"the journey {name} uses the experiment's own segment {base}: publish it without, first"
            raise RefusedError("in_use", told, "experiment", 409)
    criteria = experiments.chosen(made, winner)
    try:
        ended = without_experiment(definitions.publication(), segment, criteria, start_journeys, t)
    except InUseError as error:
        told = f"{error} ({base}, which is the experiment's own): publish that one without it, first"
        raise RefusedError("in_use", told, "experiment", 409) from None
    except ValueError as error:
        raise RefusedError("cannot_end", str(error), "winner", 409) from None
    return ended


def _must_be(publication: Publication, kept: Kept, winner: str | None) -> None:
    """RefusedError where the segment is not as the experiment would leave it by ending so."""
    made = kept.experiment
    before = definitions.numbered_publication((kept.version or 1) - 1).segment(str(made.segment))
    wanted = experiments.chosen(made, winner) or (before and before.when)
    held = publication.segment(str(made.segment))
    if held is None or held.when != wanted:
        told = "it has ended with another winner a moment ago: say that one"
        raise RefusedError("has_ended", told, "winner", 409)
