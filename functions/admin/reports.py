"""Reports out of the lake: committed queries, carried out by Athena when asked for. Routes of the admin's API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import islice
from time import sleep

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin import shapes
from functions.admin.rest import Request, answer, route
from shared.adapters import athena, definitions, journey_definitions, members, run_counts, sent_counts
from shared.adapters.clock import now
from shared.adapters.members import Member
from shared.adapters.queries import question
from shared.domain import costs
from shared.domain.calendars import day_start, local
from shared.domain.events import DAY, EPOCH, Instant, Json, iso
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

MAX_DAYS = 366
QUERY_PAUSE = 0.5  # seconds between two looks at a query
QUERY_LOOKS = 40  # then the caller asks again: API Gateway waits for 29 seconds
LOOKS_BACK = 60 * DAY
"""Before the first day that is asked for, orders are read: one that was cancelled then may be refunded now."""
PERIOD = 30
"""Days of the figures, and of those they are compared with."""
SUBSCRIBERS = "subscribers"
"""The segment whose new members are the new subscribers."""
MAX_MEMBERS = 200_000
"""Of it, that are looked at; of more, nobody is told a number."""


DailyQuery = TypedDict("DailyQuery", {"from": str, "to": str, "query": str}, total=False)
"""`to`: the last day, as `2026-11-24`; today, when left out. `from`: the first, 29 days before it. Days are the shop's.
`query`, of an answer 202: asks how it stands."""


class FiguresQuery(TypedDict, total=False):
    query: str
    """Of an answer 202: asks how it stands."""


@route("GET", "/reports/daily", role=Role.VIEWER, query=DailyQuery, gives=shapes.Daily | shapes.Late)
def daily(request: Request) -> Json:
    """What came of the mails, day by day: `?from=2026-10-26&to=2026-11-24`, the last 30 days when left out.

    202 with a `query` when it takes long; ask again with `?query=…`.
    """

    t = now()
    first, last = days(request, t)

    def begin() -> str:
        since = day_start(first, definitions.shop_zone()) - LOOKS_BACK
        return athena.start(*question("daily", str(first), str(last), over=(max(since, 0), t)))

    rows = asked(request, begin)
    return {"from": str(first), "to": str(last), "days": rows} if isinstance(rows, list) else rows


@route("GET", "/reports/figures", role=Role.VIEWER, query=FiguresQuery, gives=shapes.Figures | shapes.Late)
def figures(request: Request) -> Json:
    """Of the last 30 days, `now`, and of the 30 before them, `before`: `email_revenue` of orders placed within five
    days after a person clicked in an email, emails `delivered`, people `reached` by one, and new `subscribers` (who
    became one and still is; null: there are too many to count). 202 with a `query` when it takes long."""
    t = now()
    first, second, end = periods(t)
    texts = [str(each) for each in (second, first, end, second)]
    # An order of the first day may follow a click of five days before it.
    over = (day_start(first, definitions.shop_zone()) - 5 * DAY, t)
    rows = asked(request, lambda: athena.start(*question("figures", *texts, over=over)))
    if not isinstance(rows, list):
        return rows
    nothing: dict[str, Json] = {"delivered": 0, "reached": 0, "email_revenue": 0}
    told = {str(row.pop("period")): row for row in rows}
    return {
        period: {
            **nothing,
            **told.get(period, {}),
            "subscribers": None if (new := joined(begin, after)) is None else len(new),
            "from": str(begin),
            "to": str(after - timedelta(days=1)),
        }
        for period, begin, after in (("now", second, end), ("before", first, second))
    }


@route("GET", "/reports/costs", role=Role.VIEWER, query=FiguresQuery, gives=shapes.Costs | shapes.Late)
def month_so_far(request: Request) -> Json:
    """What the month (UTC) has cost so far, by what is counted and list prices in US dollars: `costs`, their `total`,
    and what is `left_out`. 202 with a `query` when it takes long."""
    t = now()
    month = iso(t)[:7]
    rows = asked(request, lambda: athena.start(*question("month", month)))
    if not isinstance(rows, list):
        return rows
    emails = sum(day.sent for day in sent_counts.days(t, 31) if iso(day.day * DAY)[:7] == month)
    journeys = journey_definitions.publication().journeys
    on_machines = [id_ for id_, each in journeys.items() if each.journey.runs_on == "step_functions"]
    steps = sum(
        each.n
        for id_ in on_machines
        for each in run_counts.counts(id_)
        if each.what == "entered" and each.day.startswith(month)
    )
    found = costs.so_far(emails, sum(int(str(row["events"])) for row in rows), steps)
    return {
        "month": month,
        "costs": [each._asdict() for each in found],
        "total": sum(each.dollars for each in found),
        "left_out": list(costs.LEFT_OUT),
    }


def periods(t: Instant) -> tuple[date, date, date]:
    """The first day of the period before, the first of the period, and the day after its last, which is today."""
    end = local(t, definitions.shop_zone()).date() + timedelta(days=1)
    return end - timedelta(days=2 * PERIOD), end - timedelta(days=PERIOD), end


def joined(first: date, after: date) -> list[Member] | None:
    """Who became a subscriber from the first day on and before the other, and still is. None: there are too many, or no
    such segment."""
    if SUBSCRIBERS not in definitions.segments().segments:
        return None
    if members.counts().get(SUBSCRIBERS, 0) > MAX_MEMBERS:
        return None
    begin, end = (day_start(day, definitions.shop_zone()) for day in (first, after))
    return [each for each in islice(members.members(SUBSCRIBERS), MAX_MEMBERS) if begin <= each.since < end]


def asked(request: Request, begin: Callable[[], str]) -> list[dict[str, Json]] | Response:
    """The rows of the query that the request names, or of the one that begins with it; a Response, 202, when that takes
    long."""
    query = request.query.get("query")
    if query is None:
        query = begin()
    elif not re.fullmatch(r"[A-Za-z0-9-]{1,128}", query):
        raise RefusedError("invalid_query", "pass the query from the previous answer unchanged", "query")
    try:
        for look in range(QUERY_LOOKS):
            if look:
                sleep(QUERY_PAUSE)
            rows = athena.rows(query)
            if rows is not None:
                return rows
    except athena.UnknownQueryError:
        raise RefusedError("not_found", "there is no such query", "query", 404) from None
    return answer(202, {"query": query})


def days(request: Request, t: Instant) -> tuple[date, date]:
    """The first and the last day that are asked for."""
    last = _day(request, "to") or local(t, definitions.shop_zone()).date()
    first = _day(request, "from") or max(last - timedelta(days=PERIOD - 1), EPOCH.date())
    if not 0 <= (last - first).days < MAX_DAYS:
        raise RefusedError("invalid_days", f"ask for 1 to {MAX_DAYS} days, the first day first", "from")
    return first, last


def _day(request: Request, field: str) -> date | None:
    text = request.query.get(field)
    if text is None:
        return None
    try:
        found = date.fromisoformat(text) if len(text) == len("2026-11-24") else None
    except ValueError:
        found = None
    if found is None or found < EPOCH.date():
        raise RefusedError("invalid_day", "write a day as 2026-11-24", field)
    return found
