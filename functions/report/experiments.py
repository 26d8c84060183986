"""What the tests that are under way have shown, and, of those that are adaptive, the shares by which the next day's
people are allotted: the report `experiments`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import experiments, shares
from shared.adapters.queries import Question
from shared.domain.events import Instant, Json
from shared.domain.experiments import findings
from shared.domain.experiments.adapting import next_move
from shared.domain.experiments.definition import Kept
from shared.domain.experiments.findings import so_far
from shared.domain.experiments.results import told


def asks(at: Instant) -> Mapping[str, Question]:
    return {id_: experiments.shows(kept, at) for id_, kept in _running().items()}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    running = {id_: kept for id_, kept in _running().items() if id_ in rows}
    moves = shares.newest()
    moved = {}
    for id_, kept in running.items():
        if kept.experiment.adaptive:
            known = so_far(kept.experiment, experiments.weights_of(kept), findings.alike(rows[id_]))
            if (move := next_move(moves.of(id_), known, at)) is not None:
                moved[id_] = move
    if moved:
        shares.move(moved)
    return {"journeys": {id_: _told(kept, rows[id_], at) for id_, kept in running.items()}}


def _told(kept: Kept, rows: Rows, at: Instant) -> dict[str, Json]:
    found = findings.finding(kept.experiment, experiments.weights_of(kept), findings.alike(rows), at)
    return told(kept, found, at, shares.newest().of(kept.experiment.id))


def _running() -> dict[str, Kept]:
    return {id_: kept for id_, kept in experiments.all_kept().items() if kept.state == "running"}
