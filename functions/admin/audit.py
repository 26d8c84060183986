"""Who has changed what, and when. A route of the admin's API."""

from __future__ import annotations

from functions.admin.rest import Paging, Place, Request, cursor_of, route
from functions.admin.shapes import operations as shapes
from shared.adapters import operators
from shared.domain.events import Json
from shared.domain.operators import Change, Role

MAX_LOOKED_AT = 2_000
"""Lines that are looked at for one page of those that are asked for; its cursor leads to the others."""


class Asked(Paging, total=False):
    by: str
    """An operator's id, or `key:` and the name of a key."""
    action: str
    """A method, a part of the route, or both: `DELETE`, `/segments`, `PUT /settings`."""
    of: str
    """An id of what was changed: a segment's, a contact's, …"""


@route("GET", "/audit", role=Role.VIEWER, query=Asked, gives=shapes.Changes)
def list_changes(request: Request) -> Json:
    """Lists changes, newest first: who, what, when, and the etags before and after. A page can be empty and have a
    cursor all the same: there are more lines to look at."""
    limit, cursor = request.limit(50), request.cursor()
    lines = operators.changes(cursor.name if cursor else None)
    found: list[Change] = []
    last: Change | None = None
    for looked_at, line in enumerate(lines):
        if looked_at == MAX_LOOKED_AT or len(found) == limit:
            break
        last = line
        if fits(line, request):
            found.append(line)
    else:
        last = None
    return {
        "changes": [line.model_dump(mode="json") for line in found],
        "cursor": cursor_of(Place(0, last.id)) if last is not None else None,
    }


def fits(line: Change, request: Request) -> bool:
    by, action, of = (request.query.get(name) for name in ("by", "action", "of"))
    return (
        by in (None, line.by) and (action is None or action in line.action) and (of is None or of in line.of.values())
    )
