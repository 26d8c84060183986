"""What an experiment with a journey has shown, and who takes part in it. Routes of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin import shapes
from functions.admin.campaign_results import guarded
from functions.admin.experiments import entry_of, journey_of
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from shared.adapters import athena
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.events import Instant, Json, iso
from shared.domain.experiments import findings, planning
from shared.domain.experiments.comparisons import Compared
from shared.domain.experiments.definition import Experiment, Kept, weights
from shared.domain.experiments.findings import Finding, Total
from shared.domain.experiments.rates import Arm, wilson
from shared.domain.journeys.arms import HOLDOUT
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
        return {**_found(kept, findings.finding(made, weights(made, journey_of(kept)), [], t), t), "expected": expected}
    rows = asked(request, lambda: ask(kept, t))
    if isinstance(rows, Response):
        return rows
    return _found(kept, finding_of(kept, rows, t), t)


def ask(kept: Kept, t: Instant) -> str:
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


def finding_of(kept: Kept, rows: list[dict[str, Json]], t: Instant) -> Finding:
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
