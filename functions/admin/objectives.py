"""Objectives: what the shop wants to reach by when, and how that stands. Routes of the admin's API.

An objective is tried as often as one likes (`estimate`), and what is saved holds. What is only being written is kept
beside it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from functions.admin import publishing
from functions.admin.copying import own
from functions.admin.rest import Paging, Place, Request, answer, by_id, logger, page_of, paged, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import reports as shapes
from functions.admin.unfinished import object_in, text_in
from shared.adapters import channels, definitions, objectives, reports, segment_sizes
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.domain.calendars import local
from shared.domain.events import DAY, Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports import progress
from shared.domain.reports.objectives import (
    METRICS,
    READY,
    Kept,
    Objective,
    SavedObjectives,
    with_objective,
    with_unfinished,
    without_objective,
)

MAX_VERSIONS = 20  # of one page


@route("GET", "/objectives", role=Role.VIEWER, gives=shapes.Objectives, query=Paging)
def list_objectives(request: Request) -> Json:
    """All objectives, by their ids, each with how it stands as of the last night; and some of the usual kinds to begin
    with (`ready`)."""
    held, figures = objectives.saved().objectives, _figures()
    page = page_of(request, "objectives", held, by_id, lambda id_: _told(held[id_], figures))
    ready = [{"id": each.id, "title": each.title, "about": each.about, "objective": {**each.parts}} for each in READY]
    return {**page, "as_of": _as_of(), "ready": ready}


@route("GET", "/objectives/{objective}", role=Role.VIEWER, gives=shapes.ObjectiveTold)
def show_objective(request: Request, objective: str) -> Json:
    """One of them, and the `etag` that whoever changes it gives back."""
    return _told(_kept(objectives.saved(), objective), _figures())


@route(
    "POST",
    "/objectives/estimate",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.ObjectiveWritten,
    gives=shapes.ProgressTold,
)
def estimate(request: Request) -> Json:
    """How an objective would stand that is not saved: its baseline, its target and its forecast."""
    return _progress(_written_in(request.json(), None), _figures())


@route(
    "POST",
    "/objectives",
    role=Role.EDITOR,
    about=("id",),
    takes=shapes.ObjectiveWritten,
    gives=shapes.ObjectiveTold,
    status=201,
)
def create(request: Request) -> Json:
    """Makes one. 409 where there is one of this id."""
    made = _written_in(request.json(), None)
    return answer(201, _told(_save(request, _without(objectives.saved(), made.id), made), _figures()))


@route(
    "POST",
    "/objectives/{objective}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.ObjectiveTold,
    status=201,
)
def duplicate(request: Request, objective: str) -> Json:
    """`{"id": …, "name": …}`: a new one that is like this."""
    saved = objectives.saved()
    like = _kept(saved, objective)
    made = _written_in({**_dumped(like), **own(request.json(), like.objective.name)}, None)
    return answer(201, _told(_save(request, _without(saved, made.id), made), _figures()))


@route(
    "PUT",
    "/objectives/{objective}",
    role=Role.EDITOR,
    edits=True,
    takes=shapes.ObjectiveWritten | everywhere.Unfinished,
    gives=shapes.ObjectiveTold,
)
def change(request: Request, objective: str) -> Json:
    """Puts another form in the place of the one that `If-Match` names; those it had are kept (`/versions`). A text that
    is `unfinished`, and need not be an objective yet, is kept beside the one that holds."""
    text = text_in(request, "unfinished")
    if text is None:
        made = _written_in(request.json(), objective)
        return _told(_save(request, _only_if_unchanged(request, objective), made), _figures())
    saved = _only_if_unchanged(request, objective)
    is_as_held = _read(text, objective) == saved.objectives[objective].objective
    changed = with_unfinished(saved, objective, None if is_as_held else text)
    try:
        objectives.save(changed)
    except PublishedMeanwhileError:
        raise _changed_meanwhile() from None
    return _told(changed.objectives[objective], _figures())


@route("DELETE", "/objectives/{objective}", role=Role.EDITOR, edits=True, gives=shapes.ObjectiveGone)
def delete(request: Request, objective: str) -> Json:
    """Takes it out of the list. The forms it had are kept."""
    saved = _only_if_unchanged(request, objective)
    try:
        objectives.save(without_objective(saved, objective))
    except PublishedMeanwhileError:
        raise _changed_meanwhile() from None
    logger.info("objective deleted", objective=objective, operator=request.operator)
    return {"id": objective}


@route("GET", "/objectives/{objective}/versions", role=Role.VIEWER, gives=shapes.ObjectiveVersions, query=Paging)
def list_versions(request: Request, objective: str) -> Json:
    """The forms it has had, newest first: who saved each, and when."""
    cursor = request.cursor()
    found = (
        (Place(each.number, ""), {"number": each.number, "at": each.at, "by": each.by, "objective": _dumped(each)})
        for each in objectives.versions_of(objective, cursor.number if cursor else None)
    )
    return paged("versions", found, min(request.limit(MAX_VERSIONS), MAX_VERSIONS))


# ── what they have in common ──


def _as_of() -> int | None:
    told: dict[str, Any] | None = reports.known("objectives", now())
    return None if told is None else told["as_of"]


def _figures() -> progress.Figures:
    told: dict[str, Any] | None = reports.known("objectives", now())
    at = now() if told is None else told["as_of"]
    last = local(at, definitions.shop_zone()).date() - timedelta(days=1)
    sums = progress.read(told["days"] if told is not None else ())
    days = segment_sizes.kept(now(), progress.KNOWN // DAY)
    return progress.figures(sums, days, last)


def _told(kept: Kept, figures: progress.Figures) -> dict[str, Json]:
    read = None if kept.unfinished is None else _read(kept.unfinished, kept.objective.id)
    return {
        "id": kept.objective.id,
        "objective": _dumped(kept),
        "unfinished": kept.unfinished,
        "problem": f"{read.field}: {read.message}" if isinstance(read, RefusedError) else None,
        "title": METRICS[kept.objective.metric].title,
        "at": kept.at,
        "by": kept.by,
        "etag": _etag(kept),
        "as_of": _as_of(),
        "progress": _progress(kept.objective, figures),
    }


def _progress(objective: Objective, figures: progress.Figures) -> dict[str, Json]:
    found, known = progress.progress(objective, figures), channels.names()
    forecast = found.forecast
    return {
        "unit": METRICS[objective.metric].unit,
        "base": found.base,
        "target": found.target,
        "value": found.value,
        "even": found.even,
        "forecast": None if forecast is None else forecast._asdict(),
        "word": found.word,
        "words": progress.said(found),
        "until": figures.last.isoformat(),
        "contributions": [
            {"channel": each.channel, "name": channels.name(each.channel, known), "done": each.done}
            for each in found.contributions
        ],
        "weeks": [{"begins": day.isoformat(), "value": value} for day, value in found.weekly],
    }


def _dumped(kept: Kept) -> Json:
    return kept.objective.model_dump(mode="json", exclude_none=True)


def _etag(kept: Kept) -> str:
    return f'"objective-{kept.number}"'


def _kept(saved: SavedObjectives, id_: str) -> Kept:
    found = saved.objectives.get(id_)
    if found is None:
        raise RefusedError("not_found", "there is no such objective", "objective", 404)
    return found


def _without(saved: SavedObjectives, id_: str) -> SavedObjectives:
    """RefusedError: there is one of this id."""
    if id_ in saved.objectives:
        raise RefusedError("taken", "there is already an objective with this id: choose another id", "id", 409)
    return saved


def _only_if_unchanged(request: Request, id_: str) -> SavedObjectives:
    saved = objectives.saved()
    if request.if_match != _etag(_kept(saved, id_)):
        raise _changed_meanwhile()
    return saved


def _changed_meanwhile() -> RefusedError:
    told = "somebody else has changed the objectives: look at their version and bring your changes into it"
    return RefusedError("changed_meanwhile", told, "If-Match", 412)


def _read(text: str, id_: str) -> Objective | RefusedError:
    """The objective in a text that somebody has written, or why it is none."""
    try:
        return _written_in(object_in(text), id_)
    except RefusedError as error:
        return error


def _written_in(body: dict[str, Json], id_: str | None) -> Objective:
    """The objective in a body. RefusedError names the field."""
    if id_ is not None and body.setdefault("id", id_) != id_:
        raise RefusedError("invalid_objective", "the id must match the one in the URL", "id")
    try:
        made = Objective.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(map(str, first["loc"])) or None
        raise RefusedError("invalid_objective", publishing.in_words(first), field) from None
    if made.counted_in is not None and made.counted_in not in definitions.segments().segments:
        raise RefusedError("unknown_segment", f"there is no segment {made.counted_in}", "segment")
    return made


def _save(request: Request, saved: SavedObjectives, made: Objective) -> Kept:
    try:
        changed = with_objective(saved, made, now(), request.operator)
        objectives.save(changed, changed.objectives[made.id])
    except PublishedMeanwhileError:
        raise _changed_meanwhile() from None
    except ValueError as error:
        raise RefusedError("too_many", str(error), status=409) from None
    logger.info("objective saved", objective=made.id, operator=request.operator)
    return changed.objectives[made.id]
