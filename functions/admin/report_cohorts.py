"""Cohorts, and the way from sign-up to the second order, as the last night has added them up. Routes of the admin's
API."""

from __future__ import annotations

import re
from typing import Any

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.rest import Request, route
from functions.admin.shapes import everywhere
from shared.adapters import definitions, report_parameters, reports
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports import cohorts, funnel


class Asked(TypedDict, total=False):
    by: str
    """`first_order`, when left out, or `sign_up`."""
    segment: str
    """Only whoever is in it, as of that night."""


class OfCell(Asked, Listing, total=False):
    month: str
    """The cohort's, as `2026-11`; left out for all who came before those that are told by themselves."""
    after: str
    """Months after it; left out for all of the cohort."""


class OfStep(Listing, total=False):
    days: str
    """After the sign-up, one of 30, 90, 180 and 365."""
    step: str
    """`people` (all who signed up), `waiting` (who has not had these days yet), `ready` (who has), and of those
    `confirmed`, `clicked`, `ordered` or `again`; or `customers`, who had ordered before."""
    month: str
    """Of the sign-up, as `2026-11`; left out for all."""


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


@route("GET", "/reports/cohorts/people", role=Role.VIEWER, query=OfCell, gives=Behind | everywhere.Late)
def list_buyers(request: Request) -> Json | Response:
    """Who of a cohort ordered so many months `after`, or all of it; with how many orders each placed then. As of the
    last night. 202 with a `query` when it takes long."""
    by, month, after = _by(request), _month(request), request.query.get("after", "-1")
    if not re.fullmatch(r"-1|\d{1,4}", after):
        raise RefusedError("invalid_number", "write a whole number of months", "after")
    if after != "-1" and not month:
        raise RefusedError("invalid_month", "say which month it is after, as 2026-11", "month")
    segment = request.query.get("segment")
    called = cohorts.ALL if segment is None else f"{cohorts.SEGMENT}{segment}"
    ordered_in = "" if after == "-1" else cohorts.month_of(cohorts.number_of(month) + int(after))
    parameters = report_parameters.of_cohorts(reports.seen("cohorts", now()))
    name = f"{_OF_KIND[by]} {f'in {month}' if month else 'before the months that are told one by one'}"
    if after != "-1":
        name += f", ordered {f'{after} months later' if int(after) > 1 else 'a month later' if int(after) else 'in it'}"
    return behind(
        request,
        name,
        "Orders",
        "times",
        lambda: parameters.of("cohort_people", by, called, month, ordered_in),
    )


_OF_KIND = {"first_order": "First ordered", "sign_up": "Signed up"}


@route("GET", "/reports/funnel", role=Role.VIEWER, gives=FunnelTold)
def show_funnel(request: Request) -> Json:
    """From sign-up to the second order: of those who have had 30, 90, 180 or 365 days since they signed up, how many
    came how far in them; in all, and by the month (the shop's) of the sign-up. As of the last night (`as_of`; null: no
    night has been yet)."""
    told: dict[str, Any] | None = reports.known("funnel", now())
    return {"as_of": None, "windows": []} if told is None else told


@route("GET", "/reports/funnel/people", role=Role.VIEWER, query=OfStep, gives=Behind | everywhere.Late)
def list_signed_up(request: Request) -> Json | Response:
    """Who has had so many `days` since they signed up and took a `step` in them, and when they signed up. As of the
    last night. 202 with a `query` when it takes long."""
    days = chosen(request, "days", [str(each) for each in funnel.WINDOWS])
    step, month = chosen(request, "step", STEPS), _month(request)
    # Who has had their days since is in no figure yet.
    parameters = report_parameters.of_funnel(reports.as_of("funnel", now()))
    return behind(
        request,
        f"{STEPS[step].format(days=days)}{f', of the sign-ups in {month}' if month else ''}",
        "Signed up",
        "instant",
        lambda: parameters.of("funnel_people", days, step, month),
    )


STEPS = {
    "people": "Signed up",
    "customers": "Had ordered before they signed up",
    "waiting": "Signed up less than {days} days ago",
    "ready": "Signed up at least {days} days ago",
    "confirmed": "Said yes to email within {days} days",
    "clicked": "Clicked in an email within {days} days",
    "ordered": "Ordered within {days} days",
    "again": "Ordered again within {days} days",
}
"""What each number of the funnel is."""


def _month(request: Request) -> str:
    """Empty: none is named."""
    month = request.query.get("month")
    if month is not None and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise RefusedError("invalid_month", "write a month as 2026-11", "month")
    return month or ""


def _by(request: Request) -> str:
    return chosen(request, "by", cohorts.KINDS, cohorts.KINDS[0])
