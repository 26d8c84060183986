"""Making again what is made from contacts' events: profiles, the lake, the Members table. Routes of the admin's API."""

from __future__ import annotations

from functions.admin.rest import Request, answer, logger, route
from functions.admin.shapes import operations as shapes
from shared.adapters import refreshes
from shared.adapters.clock import now
from shared.adapters.refreshes import Rebuild, UnknownPassError
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError


@route("POST", "/rebuild", role=Role.OWNER, about=("rebuild",), gives=shapes.Rebuild, status=202)
def rebuild(request: Request) -> Json:
    """Begins it; 409 while one is under way."""
    newest = refreshes.rebuilt()
    if newest is not None and status(newest) == "running":
        raise RefusedError("already_running", f"{newest.name} is under way", status=409)
    begun = Rebuild(f"rebuild-{now()}", now())
    refreshes.record_rebuild(begun)
    refreshes.start(begun.name, {"do": "rebuild"})
    logger.info("rebuild started", rebuild=begun.name, operator=request.operator)
    return answer(202, described(begun))


@route("GET", "/rebuild", role=Role.VIEWER, gives=shapes.Rebuild)
def show_rebuild(request: Request) -> Json:
    """The newest one, and how it stands."""
    newest = refreshes.rebuilt()
    if newest is None:
        raise RefusedError("not_found", "nothing was rebuilt here yet", status=404)
    return described(newest)


def described(rebuild: Rebuild) -> dict[str, Json]:
    return {"rebuild": rebuild.name, "begun": rebuild.at, "status": status(rebuild)}


def status(rebuild: Rebuild) -> str:
    """`running`, `done` or `failed`; also failed is one that whoever recorded it did not come to start."""
    try:
        return refreshes.outcome(rebuild.name)[0]
    except UnknownPassError:
        return "failed"
