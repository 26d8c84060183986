"""What an experiment with a journey has shown, and who takes part in it. Routes of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin import shapes
from functions.admin.experiments import entry_of, journey_of
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from shared.adapters import athena, experiments, shares
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.events import Instant, Json, iso
from shared.domain.experiments import findings, planning
from shared.domain.experiments.definition import Experiment, Kept, weights
from shared.domain.experiments.findings import Finding
from shared.domain.experiments.results import told
from shared.domain.journeys.definition import Send
from shared.domain.operators import Role
from shared.domain.tables import as_csv


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
        return {**told(kept, findings.finding(made, weights(made, journey_of(kept)), [], t), t), "expected": expected}
    rows = asked(request, lambda: ask(kept, t))
    if isinstance(rows, Response):
        return rows
    return told(kept, finding_of(kept, rows, t), t, shares.newest().of(experiment))


def ask(kept: Kept, t: Instant) -> str:
    return athena.start(*experiments.shows(kept, t))


def _ask_usual(made: Experiment, t: Instant) -> str:
    since, within = t - planning.USUAL_OVER, str(made.within)
    step = next((each for each in journey_of(Kept(experiment=made)).steps if each.id == made.step), None)
    email = made.step if isinstance(step, Send) else ""
    texts = (made.journey, email, email, str(since), within, within)
    return athena.start(*question("usual", *texts, over=(since, t)))


def finding_of(kept: Kept, rows: list[dict[str, Json]], t: Instant) -> Finding:
    return findings.finding(kept.experiment, weights(kept.experiment, journey_of(kept)), findings.alike(rows), t)


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
    rows = asked(request, lambda: athena.start(*question("assignments", month, experiments.in_lake(kept.experiment))))
    if isinstance(rows, Response):
        return rows
    lines = [[str(row["contact"]), str(row["variant"]), iso(int(str(row["time"])))] for row in rows]
    return {"csv": as_csv([["contact", "variant", "since"], *lines]), "rows": len(lines)}
