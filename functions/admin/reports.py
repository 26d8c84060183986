"""The reports that the night makes first, and asking the lake as of now. Routes of the admin's API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from time import sleep
from typing import Any

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin.rest import Request, answer, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import reports as shapes
from shared.adapters import athena, definitions, month_costs, report_parameters, reports, subscribers
from shared.adapters.clock import now
from shared.domain.calendars import local
from shared.domain.events import EPOCH, Instant, Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports.figures import PERIOD
from shared.domain.reports.figures import report as of_figures

MAX_DAYS = 366
QUERY_PAUSE = 0.5  # seconds between two looks at a query
QUERY_LOOKS = 40  # then the caller asks again: API Gateway waits for 29 seconds
MAX_MEMBERS = 200_000
"""Of the segment of subscribers, that are looked at while somebody waits; of more, nobody is told a number before the
night."""


class FiguresQuery(TypedDict, total=False):
    query: str
    """Of an answer 202: asks how it stands."""


class NowQuery(FiguresQuery, total=False):
    now: str
    """`true`: the lake is asked as of now. Otherwise it is as of the last night, and of now only before the first."""


DailyQuery = TypedDict("DailyQuery", {"from": str, "to": str, "now": str, "query": str}, total=False)
"""`to`: the last day, as `2026-11-24`; today, when left out, or the last night's day. `from`: the first, 29 days before
it. Days are the shop's. `now` and `query`: as everywhere."""


@route("GET", "/reports/daily", role=Role.VIEWER, query=DailyQuery, gives=shapes.Daily | everywhere.Late)
def daily(request: Request) -> Json:
    """What came of the mails, day by day: `?from=2026-10-26&to=2026-11-24`, the last 30 days when left out. As of the
    last night (`as_of`), or of now by `?now=true`, and where days are asked for of more than a year ago.

    202 with a `query` when it takes long; ask again with `?query=…`.
    """
    told, t = of_night(request, "daily"), now()
    first, last = days(request, t if told is None else told["as_of"])
    if told is not None and str(first) >= told["from"]:
        chosen = [each for each in told["days"] if str(first) <= each["day"] <= str(last)]
        return {"as_of": told["as_of"], "from": str(first), "to": str(last), "days": chosen}
    rows = asked(request, lambda: athena.start(*report_parameters.of_daily(t, first, last).of("daily")))
    if not isinstance(rows, list):
        return rows
    return {"as_of": t, "from": str(first), "to": str(last), "days": rows}


@route("GET", "/reports/figures", role=Role.VIEWER, query=NowQuery, gives=shapes.Figures | everywhere.Late)
def figures(request: Request) -> Json:
    """Of the last 30 days, `now`, and of the 30 before them, `before`: `email_revenue` of orders placed within five
    days after a person clicked in an email, emails `delivered`, people `reached` by one, and new `subscribers` (who
    became one and still is; null: there are too many to count at once, or no such segment). As of the last night
    (`as_of`), or of now by `?now=true`: 202 with a `query` when that takes long."""
    if (told := of_night(request, "figures")) is not None:
        return {name: told[name] for name in ("as_of", "now", "before")}
    t = now()
    rows = asked(request, lambda: athena.start(*report_parameters.of_figures(t).of("figures")))
    if not isinstance(rows, list):
        return rows
    today = local(t, definitions.shop_zone()).date()
    return {"as_of": t, **of_figures(today, rows, subscribers.new(t, MAX_MEMBERS))}


@route("GET", "/reports/costs", role=Role.VIEWER, query=NowQuery, gives=shapes.Costs | everywhere.Late)
def month_so_far(request: Request) -> Json:
    """What the month (UTC) has cost so far, by what is counted and list prices in US dollars: `costs`, their `total`,
    and what is `left_out`. As of the last night (`as_of`), or of now by `?now=true`: 202 with a `query` when that takes
    long."""
    if (told := of_night(request, "costs")) is not None:
        return {name: told[name] for name in ("as_of", "month", "costs", "total", "left_out")}
    t = now()
    rows = asked(request, lambda: athena.start(*report_parameters.of_month(t).of("month")))
    return {"as_of": t, **month_costs.told(t, rows)} if isinstance(rows, list) else rows


def of_night(request: Request, name: str) -> dict[str, Any] | None:
    """The report that the last night has made; None: there is none yet, or the lake is to be asked as of now."""
    asks_now = request.query.get("now", "false")
    if asks_now not in ("true", "false"):
        raise RefusedError("invalid_now", "now is true or false", "now")
    if asks_now == "true" or "query" in request.query:
        return None
    return reports.known(name, now())


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
