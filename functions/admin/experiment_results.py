"""What an experiment with a journey or a segment has shown, and who takes part in it. Routes of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin import experiment_criteria
from functions.admin.experiments import entry_of, journey_of
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Place, Request, cursor_of, left_out, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import experiments as shapes
from shared.adapters import amendments, athena, comparisons, contacts, definitions, experiments, shares
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.events import Instant, Json, iso
from shared.domain.experiments import by_segment, findings, planning
from shared.domain.experiments.definition import Experiment, Kept, weights
from shared.domain.experiments.findings import Finding
from shared.domain.experiments.results import told
from shared.domain.journeys.definition import Send
from shared.domain.operators import Role
from shared.domain.tables import as_csv

PART = 10_000
"""Who took part, in one answer (infra/athena/assignments.sql)."""


@route(
    "GET",
    "/experiments/{experiment}/results",
    role=Role.VIEWER,
    query=FiguresQuery,
    gives=shapes.ExperimentResults | everywhere.Late,
)
def results(request: Request, experiment: str) -> Json:
    """Arm by arm, how many people took part and what they did; what can be said of each beside the first, and of all
    beside the holdout, as of the planned looks; whether one made more people unsubscribe; at the end, whether an arm
    does more for those in one of `by_segments` than for others (`alike` says it of all); and of a draft, what it can
    show at all (`expected`). 202 with a `query` when it takes long."""
    kept, t = entry_of(experiment).form, now()
    if kept.began is None:
        rows = asked(request, lambda: _ask_usual(kept.experiment, t))
        if isinstance(rows, Response):
            return rows
        made = kept.experiment
        of_each = weights(made, journey_of(kept))
        known = planning.so_far(rows)
        if made.segment is not None:
            known = known._replace(entering=experiment_criteria.entering(made, t))
        expected = planning.expected(made, of_each, known, t)
        return {**told(kept, findings.finding(made, of_each, [], t), t), "expected": expected}
    rows = asked(request, lambda: ask(kept, t))
    if isinstance(rows, Response):
        return rows
    found = finding_of(kept, rows, t)
    return {**told(kept, found, t, shares.newest().of(experiment)), **_by_segment(kept, rows, t, ended=found.ended)}


def ask(kept: Kept, t: Instant) -> str:
    return athena.start(*experiments.shows(kept, t))


def _ask_usual(made: Experiment, t: Instant) -> str:
    since, within = t - planning.USUAL_OVER, str(made.within)
    counts = str(since), within, within, "0"  # what they spent before is not asked for
    if made.segment is not None:
        asked = comparisons.newest_pass(), made.segment, *counts
        return athena.start(*question("usual_of_segment", *asked, over=(since, t)))
    journey = journey_of(Kept(experiment=made))
    step = None if journey is None else next((each for each in journey.steps if each.id == made.step), None)
    email = step.id if isinstance(step, Send) else ""
    texts = (str(made.journey), email, email, *counts)
    return athena.start(*question("usual", *texts, over=(since, t)))


def finding_of(kept: Kept, rows: list[dict[str, Json]], t: Instant) -> Finding:
    return findings.finding(kept.experiment, experiments.weights_of(kept), findings.alike(rows), t)


def _by_segment(kept: Kept, rows: list[dict[str, Json]], t: Instant, *, ended: bool) -> dict[str, Json]:
    made = kept.experiment
    if not made.by_segments:
        return {}
    known = definitions.segments().segments
    found = by_segment.by_segment(made, experiments.weights_of(kept), findings.alike(rows), t)
    return {
        "by_segment": [
            {
                "segment": each.segment,
                "arm": each.arm,
                "people": each.inside.control.people + each.inside.other.people,
                "differs": each.differs,
                "words": by_segment.words(
                    each, known[each.segment].name if each.segment in known else each.segment, ended
                ),
            }
            for each in found
        ],
        "alike": by_segment.summary(found, ended),
    }


class AssignmentsQuery(FiguresQuery, total=False):
    limit: int
    """How many people the part shall have: from 1 to 10,000, which it has when this is left out."""
    cursor: str
    """That of the part before, unchanged; left out for the first."""


@route(
    "GET",
    "/experiments/{experiment}/assignments",
    role=Role.VIEWER,
    query=AssignmentsQuery,
    gives=shapes.Assignments | everywhere.Late,
)
def assignments(request: Request, experiment: str) -> Json:
    """Who takes part, with which arm and since when, as CSV: the contact's id, the variant, and the instant; 10,000 at
    a time, of which the first have the columns' names. Who is erased is in none. 202 with a `query` when it takes
    long."""
    kept = entry_of(experiment).form
    month = iso(kept.began if kept.began is not None else now())[:7]
    after, limit = request.cursor(), request.limit(PART, PART)
    since, contact = (str(after.number), after.name) if after is not None else ("-1", "")
    texts = month, experiments.in_lake(kept.experiment), since, since, contact
    rows = asked(request, lambda: athena.start(*question("assignments", *texts)))
    if isinstance(rows, Response):
        return rows
    gone = _gone()
    lines = [
        [str(row["contact"]), str(row["variant"]), iso(int(str(row["time"])))]
        for row in rows[:limit]
        if str(row["contact"]) not in gone
    ]
    header = [["contact", "variant", "since"]] if after is None else []
    cursor = None
    if len(rows) > limit or len(rows) == PART:
        last = rows[:limit][-1]
        cursor = cursor_of(Place(int(str(last["time"])), str(last["contact"])))
    return {"csv": as_csv([*header, *lines]), "rows": len(lines), "cursor": cursor}


def _gone() -> set[str]:
    """Contacts who are erased, or have joined another, and whose rows the lake may have until the night."""
    asked_for = {each.contact for each in amendments.recorded()}
    return asked_for - {each.profile.contact for each in contacts.read_all(asked_for, left_out)}
