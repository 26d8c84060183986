"""Flows: who went from which segment to which in a period, and what each segment's size has come of. Routes of the
admin's API."""

from __future__ import annotations

import re
from datetime import date

from typing_extensions import TypedDict

from functions.admin import views
from functions.admin.rest import Paging, Place, Request, left_out, paged, route
from shared.adapters import contacts, definitions, flows, members
from shared.adapters.clock import now
from shared.adapters.run_counts import day_of
from shared.domain.events import DAY, Instant, Json
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError
from shared.domain.reports.flows import ENTERED, LEFT, REASONS, TO, Balance, balances, paths
from shared.domain.trials import experiment_of

PERIOD = 30
MAX_DAYS = 366
MAX_PATHS = 200
"""Told in one answer, the most frequent."""

Days = TypedDict("Days", {"from": str, "to": str}, total=False)
"""Of the shop's: `to` is the last one, as `2026-11-24`; today, when left out. `from`: the first, 29 days before it."""


class Moved(Days, Paging, total=False):
    """Who is asked for: whoever went from the segment `left` to the segment `entered` (one of which may be left out,
    for none), or, with `what` and `why`, those who `entered` or `left` a `segment` for a reason."""

    left: str
    entered: str
    segment: str
    what: str
    why: str


class BalanceTold(TypedDict):
    """A segment's size at the `begin` of the first day and at the `end` of the last; who has `entered` and `left`
    between, by reason. `begin` plus those who entered minus those who left is `end`."""

    segment: str
    name: str
    begin: int
    end: int
    entered: dict[str, int]
    left: dict[str, int]


class PathTold(TypedDict):
    """How many `moves` there were from one segment to another; null: from none, or to none."""

    left: str | None
    entered: str | None
    moves: int


FlowsTold = TypedDict(
    "FlowsTold",
    {
        "from": str,
        "to": str,
        "since": str | None,
        "people_since": str,
        "segments": list[BalanceTold],
        "paths": list[PathTold],
        "more_paths": int,
    },
)
"""`since`: the first day of which there are counts (null: nobody has moved yet); who it was is known from
`people_since` on. `paths` are the most frequent, and `more_paths` how many others there are."""


class MoverTold(TypedDict):
    contact: str
    email: str | None
    name: str | None
    time: int
    why: str


class MoversTold(TypedDict):
    people: list[MoverTold]
    since: str
    """The first day of which it is known who it was."""
    cursor: str | None


@route("GET", "/reports/flows", role=Role.VIEWER, query=Days, gives=FlowsTold)
def show_flows(request: Request) -> Json:
    """Of each segment, its size before and after some days, and who entered and left by reason; and how many moves went
    from which segment to which. A move that leaves two segments and enters one is in two paths. Paths are of people's
    own moves only (`event`, `time`, `rank`): what the shop does to a segment takes nobody anywhere.
    Experiments' own segments are left out."""
    t = now()
    began, (first, last) = flows.began(), _days(request, t)
    first = max(first, began or first)
    counts = flows.counts(first, day_of(t)) if first <= last else []
    counts = [each for each in counts if not any(map(experiment_of, each.name))]
    sizes = {name: size for name, size in members.counts().items() if experiment_of(name) is None}
    several = balances(counts, last, sizes)
    ways = paths(counts, last)
    return {
        "from": first,
        "to": last,
        "since": began,
        "people_since": _people_since(t),
        "segments": [_balance(each) for each in several if each.begin or each.end or each.entered or each.left],
        "paths": [
            {"left": each.left or None, "entered": each.entered or None, "moves": each.moves}
            for each in ways[:MAX_PATHS]
        ],
        "more_paths": max(len(ways) - MAX_PATHS, 0),
    }


@route("GET", "/reports/flows/people", role=Role.VIEWER, query=Moved, gives=MoversTold)
def list_movers(request: Request) -> Json:
    """Who is behind a number of the flows, a row for each move: by the segments that they `left` and `entered`, or by
    `segment`, `what` and `why`. Whoever was erased since is not told of; whoever has joined another is told of as that
    one. Of moves before `since`, it is known how many there were, and not whose."""
    t = now()
    first, last = _days(request, t)
    limit, cursor = request.limit(50), request.cursor()
    after = (cursor.number, cursor.name) if cursor is not None else None
    if after is not None and not re.match(r"\d{4}-\d\d-\d\d#", after[1]):
        raise RefusedError("invalid_cursor", "pass the previous page's cursor unchanged", "cursor")
    rows = flows.rows(_asked(request), max(first, _people_since(t)), last, after)
    found = paged("people", ((Place(row.shard, row.id), row) for row in rows), limit)
    people = _people({row.contact for row in found["people"]})
    told = [
        {**views.person(people[row.contact]), "time": row.time, "why": row.why}
        for row in found["people"]
        if row.contact in people
    ]
    return {"people": told, "since": _people_since(t), "cursor": found["cursor"]}


def _balance(balance: Balance) -> Json:
    known = definitions.segments().segments
    name = known[balance.segment].name if balance.segment in known else balance.segment
    return {**balance._asdict(), "name": name}


def _people_since(t: Instant) -> str:
    return day_of(t - flows.ROWS_KEPT + DAY)


def _people(several: set[str]) -> dict[str, Profile]:
    """Who they are by now: of whom has joined another, that one."""
    read = {each.profile.contact: each.profile for each in contacts.read_all(sorted(several), left_out, ended=True)}
    joined = {each.merged_into for each in read.values() if each.merged_into is not None} - read.keys()
    read |= {each.profile.contact: each.profile for each in contacts.read_all(sorted(joined), left_out)}
    found = {}
    for contact in several & read.keys():
        profile = read.get(read[contact].merged_into or contact)
        if profile is not None and not profile.has_ended:
            found[contact] = profile
    return found


def _asked(request: Request) -> tuple[str, str, str]:
    """The name that they are counted under."""
    query = request.query
    if "segment" in query:
        for field, choices in (("what", (ENTERED, LEFT)), ("why", REASONS)):
            if query.get(field) not in choices:
                raise RefusedError("invalid_choice", f"it must be one of {', '.join(choices)}", field)
        return query["segment"], query["what"], query["why"]
    left, entered = query.get("left", ""), query.get("entered", "")
    if not left and not entered:
        raise RefusedError("invalid_choice", "say which segment they left or entered", "entered")
    return left, TO, entered


def _days(request: Request, t: Instant) -> tuple[str, str]:
    last = _day(request, "to") or date.fromisoformat(day_of(t))
    first = _day(request, "from") or date.fromordinal(max(last.toordinal() - PERIOD + 1, 1))
    if not 0 <= (last - first).days < MAX_DAYS:
        raise RefusedError("invalid_days", f"ask for 1 to {MAX_DAYS} days, the first day first", "from")
    return first.isoformat(), last.isoformat()


def _day(request: Request, field: str) -> date | None:
    text = request.query.get(field)
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise RefusedError("invalid_day", "write a day as 2026-11-24", field) from None
