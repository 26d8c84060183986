"""Who is behind a number of Today, of the daily report or of what came of emails. Route of the admin's API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin.people_behind import Behind, Unit, behind, named
from functions.admin.reports import MAX_MEMBERS, days
from functions.admin.rest import Place, Request, page_of, route
from functions.admin.shapes import everywhere
from shared.adapters import channels, definitions, reports, subscribers
from shared.adapters.clock import now
from shared.adapters.queries import Question, question
from shared.adapters.report_parameters import LOOKS_BACK, of_kpis
from shared.domain.calendars import day_start
from shared.domain.events import Instant, Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports.figures import Period

Figure = Literal[
    "delivered",
    "reached",
    "email_revenue",
    "subscribers",
    "sends",
    "clicks",
    "orders",
    "revenue",
    "people",
    "sent",
    "bounced",
    "waiting",
    "opened",
    "opened_raw",
    "clicked",
    "converted",
    "unsubscribed",
    "complained",
]


class Told(NamedTuple):
    """What a number is called, and what of it a person has: how often, how much, or since when."""

    name: str
    unit: Unit


FIGURES: Mapping[str, Told] = {
    "delivered": Told("Emails delivered", "times"),
    "reached": Told("People reached", "times"),
    "email_revenue": Told("Revenue through email", "money"),
    "subscribers": Told("New subscribers", "instant"),
    "sends": Told("Emails sent", "times"),
    "clicks": Told("Clicks by people", "times"),
    "orders": Told("Orders", "times"),
    "revenue": Told("Revenue, refunds taken off", "money"),
}

_OF_TODAY = frozenset({"delivered", "reached", "email_revenue", "subscribers"})
"""Those of `GET /reports/figures`."""

EACH: Mapping[Unit, str] = {"times": "How many", "money": "How much", "instant": "Since"}
"""What of it a person has, as a heading."""

OF_EMAILS: Mapping[str, Told] = {
    "people": Told("people who were sent an email", "times"),
    "sent": Told("emails sent", "times"),
    "delivered": Told("emails delivered", "times"),
    "bounced": Told("emails that came back", "times"),
    "waiting": Told("emails neither delivered nor back yet", "times"),
    "opened": Told("emails opened by people", "times"),
    "opened_raw": Told("emails opened by anything", "times"),
    "clicked": Told("emails clicked in", "times"),
    "converted": Told("emails that led to an order", "times"),
    "unsubscribed": Told("emails unsubscribed by", "times"),
    "complained": Told("emails reported as spam", "times"),
    "orders": Told("orders after a click", "times"),
    "revenue": Told("revenue after a click", "money"),
}
"""Of the emails of one group, as `GET /reports/kpis` calls it."""
_GROUP = re.compile(r"(?:all|other|(?:journey|campaign|topic|segment):[A-Za-z0-9_.-]{1,100})")

PeopleQuery = TypedDict(
    "PeopleQuery",
    {
        "figure": Figure,
        "of": str,
        "from": str,
        "to": str,
        "as_of": int,
        "query": str,
        "limit": int,
        "cursor": str,
    },
    total=False,
)
"""`figure`: which number. `of`: of a group of emails (`journey:welcome`), as `GET /reports/kpis` calls it. `from` and
`to`: the first and the last day, in the shop's time zone; left out, the last 30 days. `as_of`: that of the report that
has the number; left out, the last night's. `query`, of an answer 202: asks how it stands. `limit` and `cursor` as in
every list."""


_Days = TypedDict("_Days", {"from": str, "to": str})


class PeopleOfFigure(Behind, _Days):
    """Of the days `from` and `to`."""

    figure: Figure


@route("GET", "/reports/people", role=Role.VIEWER, query=PeopleQuery, gives=PeopleOfFigure | everywhere.Late)
def people(request: Request) -> Json:
    """Who is behind a number of `GET /reports/figures` (`delivered`, `reached`, `email_revenue`, `subscribers`) or of
    `GET /reports/daily` (`sends`, `clicks`, `orders`, `revenue`), with what of it is theirs, the most first:
    `?figure=clicks&from=2026-11-24&to=2026-11-24`. Or behind one of `GET /reports/kpis`, of the emails that a group
    sent in these days: `?figure=clicked&of=journey:welcome`. 202 with a `query` when it takes long."""
    figure, of = request.query.get("figure", ""), request.query.get("of")
    figures = FIGURES if of is None else OF_EMAILS
    if figure not in figures:
        raise RefusedError("invalid_figure", f"it must be one of {', '.join(figures)}", "figure")
    if of is not None and not _GROUP.fullmatch(of):
        told = "write a group as journey:welcome, campaign:spring, topic:news, segment:buyers or all"
        raise RefusedError("invalid_group", told, "of")
    at = _as_of(request, "kpis" if of is not None else "figures" if figure in _OF_TODAY else "daily")
    first, last = days(request, at)
    name, unit = figures[figure]
    if of is not None:
        name = f"{channels.name(of, channels.names())}: {name}"
    found = (
        {"name": name, "each": EACH[unit], "unit": unit, **_subscribers(request, first, last, at)}
        if figure == "subscribers"
        else behind(
            request,
            name,
            EACH[unit],
            unit,
            lambda: _question(figure, of, first, last, at),
            of_people=figure in ("reached", "people"),
        )
    )
    if isinstance(found, Response):
        return found
    return {"figure": figure, "from": str(first), "to": str(last), **found}


def _as_of(request: Request, report: str) -> Instant:
    """What the number is as of: as its report says, or as the last night's does."""
    text, t = request.query.get("as_of"), now()
    if text is None:
        return reports.as_of(report, t)
    if not re.fullmatch(r"[0-9]{1,15}", text) or int(text) > t:
        raise RefusedError("invalid_as_of", "pass the as_of of the report unchanged", "as_of")
    return int(text)


def _subscribers(request: Request, first: date, last: date, at: Instant) -> dict[str, Any]:
    found = subscribers.joined([Period("asked", first, last + timedelta(days=1))], at, MAX_MEMBERS)
    if found is None:
        raise RefusedError("too_many", "there are too many subscribers to say who is new; export the segment", "figure")
    members = found["asked"]
    page = page_of(
        request,
        "people",
        members,
        lambda each: Place(each.since, each.contact),
        lambda each: (each.contact, each.since),
        newest_first=True,
    )
    return {**page, "people": named(page["people"]), "total": len(members), "contacts": len(members)}


def _question(figure: str, of: str | None, first: date, last: date, at: Instant) -> Question:
    since = max(day_start(first, definitions.shop_zone()) - LOOKS_BACK, 0)
    if of is None:
        texts = ("delivered" if figure == "reached" else figure, str(first), str(last))
        return question("people", *texts, over=(since, at))
    begin = str(first)
    seen = reports.seen("kpis", now())._replace(at=at)
    parameters = of_kpis(seen, (begin, begin, begin), str(last), since)
    return parameters.of("kpi_people", figure, of)
