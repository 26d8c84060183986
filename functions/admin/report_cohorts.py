"""Cohorts, and the way from sign-up to the second order, as the last night has added them up. Routes of the admin's
API."""

from __future__ import annotations

import re
from typing import Any

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin import shapes, views
from functions.admin.reports import asked
from functions.admin.rest import Request, left_out, route
from shared.adapters import athena, comparisons, contacts, definitions, reports
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.events import Json
from shared.domain.insight.scored import contact_of
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports import cohorts, funnel

MAX_PEOPLE = 200
"""Of a cell, told by name (`infra/athena/cohort_people.sql`)."""


class Asked(TypedDict, total=False):
    by: str
    """`first_order`, when left out, or `sign_up`."""
    segment: str
    """Only whoever is in it, as of that night."""


class OfCell(Asked, total=False):
    month: str
    """The cohort's, as `2026-11`."""
    after: str
    """Months after it; left out for all of the cohort."""
    query: str
    """Of an answer 202: asks how it stands."""


class OfStep(TypedDict, total=False):
    days: str
    """After the sign-up, one of 30, 90, 180 and 365."""
    step: str
    """`ready` (all who have had these days), `confirmed`, `clicked`, `ordered` or `again`."""
    month: str
    """Of the sign-up, as `2026-11`; left out for all."""
    query: str
    """Of an answer 202: asks how it stands."""


class CellTold(TypedDict):
    """So many months `after` the cohort's: how many of its people ordered, how often, and what is left of that; and
    `revenue_each`, of one of all the cohort's people up to then. Not `is_over`: the month is the present one."""

    after: int
    people: int
    orders: int
    revenue: float
    revenue_each: float
    is_over: bool


class CohortTold(TypedDict):
    """`month` null: all who came before those that are told by themselves. `begins`: the first of the shop's history,
    in which whoever ordered may have ordered before."""

    month: str | None
    begins: bool
    people: int
    orders: int
    revenue: float
    cells: list[CellTold]


class AverageTold(TypedDict):
    """Of all cohorts that have had so many months: how many `people` ordered then, `of` how many."""

    after: int
    people: int
    of: int


class SegmentNamed(TypedDict):
    segment: str
    name: str


class CohortsTold(TypedDict):
    as_of: int | None
    by: str
    segment: str | None
    people: int
    rows: list[CohortTold]
    average: list[AverageTold]
    segments: list[SegmentNamed]


class BuyerTold(TypedDict):
    contact: str
    email: str | None
    name: str | None
    orders: int


class BuyersTold(TypedDict):
    people: list[BuyerTold]
    is_whole: bool
    """Whether these are all; else the first 200."""


class SignedUpTold(TypedDict):
    contact: str
    email: str | None
    name: str | None
    signed_up: int


class SignedUpPeople(TypedDict):
    people: list[SignedUpTold]
    is_whole: bool
    """Whether these are all; else the first 200."""


class MonthTold(TypedDict):
    month: str
    people: int
    customers: int
    ready: int
    waiting: int
    confirmed: int
    clicked: int
    ordered: int
    again: int


class WindowTold(TypedDict):
    """Within so many `days` of the sign-up: of `people` who signed up, `waiting` have not had them yet, and `ready`
    have; the steps are of these. `…_days`: the median whole days of those who took the step; null: nobody has.
    `customers` had ordered more than a day before they signed up, and are not among `people`."""

    days: int
    people: int
    customers: int
    ready: int
    waiting: int
    confirmed: int
    clicked: int
    ordered: int
    again: int
    confirmed_days: float | None
    clicked_days: float | None
    ordered_days: float | None
    again_days: float | None
    months: list[MonthTold]


class FunnelTold(TypedDict):
    as_of: int | None
    windows: list[WindowTold]


@route("GET", "/reports/cohorts", role=Role.VIEWER, query=Asked, gives=CohortsTold)
def show_cohorts(request: Request) -> Json:
    """By the month (the shop's) of people's first order, or `by` that of their sign-up: how many ordered so many months
    later, and what they brought; of a `segment` only, where one is named. As of the last night (`as_of`; null: no night
    has been yet). The rows' people are all there are."""
    by, segment = _by(request), request.query.get("segment")
    told: dict[str, Any] | None = reports.known("cohorts", now())
    groups = [] if told is None else [each for each in told["groups"] if each["kind"] == by]
    called = cohorts.ALL if segment is None else f"{cohorts.SEGMENT}{segment}"
    nobody: dict[str, Json] = {"people": 0, "rows": [], "average": []}
    found = next((each for each in groups if each["called"] == called), nobody)
    names = {id_: each.name for id_, each in definitions.segments().segments.items()}
    if segment is not None and segment not in names:
        raise RefusedError("not_found", "there is no such segment", "segment", 404)
    there = [each["called"].removeprefix(cohorts.SEGMENT) for each in groups if each["called"] != cohorts.ALL]
    return {
        "as_of": None if told is None else told["as_of"],
        "by": by,
        "segment": segment,
        **{name: found[name] for name in nobody},
        "segments": [{"segment": each, "name": names[each]} for each in there if each in names],
    }


@route("GET", "/reports/cohorts/people", role=Role.VIEWER, query=OfCell, gives=BuyersTold | shapes.Late)
def list_buyers(request: Request) -> Json | Response:
    """Who of a cohort ordered so many months `after`, or all of it: the first 200, as the lake knows them now. 202 with
    a `query` when it takes long."""
    by, month, after = _by(request), _month(request), request.query.get("after", "-1")
    if not re.fullmatch(r"-1|\d{1,4}", after):
        raise RefusedError("invalid_number", "write a whole number of months", "after")
    segment = request.query.get("segment", "")
    ordered_in = "" if after == "-1" else cohorts.month_of(cohorts.number_of(month) + int(after))
    texts = (comparisons.newest_pass(), segment, by, month, ordered_in, segment)
    rows = asked(request, lambda: athena.start(*question("cohort_people", *texts, over=(0, now()))))
    if not isinstance(rows, list):
        return rows
    return _people(rows, "orders", "orders")


@route("GET", "/reports/funnel", role=Role.VIEWER, gives=FunnelTold)
def show_funnel(request: Request) -> Json:
    """From sign-up to the second order: of those who have had 30, 90, 180 or 365 days since they signed up, how many
    came how far in them; in all, and by the month (the shop's) of the sign-up. As of the last night (`as_of`; null: no
    night has been yet)."""
    told: dict[str, Any] | None = reports.known("funnel", now())
    return {"as_of": None, "windows": []} if told is None else told


@route("GET", "/reports/funnel/people", role=Role.VIEWER, query=OfStep, gives=SignedUpPeople | shapes.Late)
def list_signed_up(request: Request) -> Json | Response:
    """Who has had so many `days` since they signed up and took a `step` in them: the first 200, as the lake knows them
    now. 202 with a `query` when it takes long."""
    days, step = request.query.get("days", ""), request.query.get("step", "")
    for field, value, choices in (("days", days, map(str, funnel.WINDOWS)), ("step", step, ("ready", *funnel.STEPS))):
        several = tuple(choices)
        if value not in several:
            raise RefusedError("invalid_choice", f"it must be one of {', '.join(several)}", field)
    month = _month(request) if "month" in request.query else ""
    told = reports.known("funnel", now())
    t = now() if told is None else int(str(told["as_of"]))  # who has had their days since is in no figure yet
    rows = asked(request, lambda: athena.start(*question("funnel_people", str(t), days, step, month, over=(0, t))))
    return _people(rows, "signed_up_at", "signed_up") if isinstance(rows, list) else rows


def _people(rows: list[dict[str, Json]], column: str, name: str) -> Json:
    """Who they are, each with a whole number of their row's."""
    known = {contact_of(int(str(row["contact_number"]))): int(str(row[column])) for row in rows}
    people = {each.profile.contact: each.profile for each in contacts.read_all(known, left_out)}
    told = [{**views.person(people[each]), name: known[each]} for each in known if each in people]
    return {"people": told, "is_whole": len(rows) < MAX_PEOPLE}


def _month(request: Request) -> str:
    month = request.query.get("month", "")
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise RefusedError("invalid_month", "write a month as 2026-11", "month")
    return month


def _by(request: Request) -> str:
    by = request.query.get("by", cohorts.KINDS[0])
    if by not in cohorts.KINDS:
        raise RefusedError("invalid_choice", f"it must be one of {', '.join(cohorts.KINDS)}", "by")
    return by
