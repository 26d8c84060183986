"""Who is behind a number of Today, of the daily report or of what came of emails. Route of the admin's API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin import shapes, views
from functions.admin.reports import LOOKS_BACK, asked, days, joined
from functions.admin.rest import Place, Request, cursor_of, left_out, page_of, route
from shared.adapters import athena, channels, contacts, definitions
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.calendars import day_start
from shared.domain.events import Json
from shared.domain.insight.scored import contact_of
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

Figure = Literal[
    "delivered",
    "reached",
    "email_revenue",
    "subscribers",
    "sends",
    "clicks",
    "orders",
    "revenue",
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
Unit = Literal["times", "money", "instant"]


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

OF_EMAILS: Mapping[str, Told] = {
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
_GROUP = re.compile(r"(?:all|other|(?:journey|campaign|topic):[A-Za-z0-9_.-]{1,100})")

PeopleQuery = TypedDict(
    "PeopleQuery",
    {"figure": Figure, "of": str, "from": str, "to": str, "query": str, "limit": int, "cursor": str},
    total=False,
)
"""`figure`: which number. `of`: of a group of emails (`journey:welcome`), as `GET /reports/kpis` calls it. `from` and
`to`: the first and the last day, in the shop's time zone; left out, the last 30 days. `query`, of an answer 202: asks
how it stands. `limit` and `cursor` as in every list."""


class PersonOfFigure(shapes.Person):
    """`n`: what of the number is theirs: how often, or how much in the shop's currency; of subscribers since when."""

    n: float


_Days = TypedDict("_Days", {"from": str, "to": str})


class PeopleOfFigure(_Days):
    """Who is behind a number. `total` is the number; `contacts` is how many people that is, of whom those are in no
    list who are erased, and, until the next night, who have joined another. Of more than 10,000, these are listed."""

    figure: Figure
    name: str
    unit: Unit
    total: float
    contacts: int
    people: list[PersonOfFigure]
    cursor: str | None


@route("GET", "/reports/people", role=Role.VIEWER, query=PeopleQuery, gives=PeopleOfFigure | shapes.Late)
def people(request: Request) -> Json:
    """Who is behind a number of `GET /reports/figures` (`delivered`, `reached`, `email_revenue`, `subscribers`) or of
    `GET /reports/daily` (`sends`, `clicks`, `orders`, `revenue`), with what of it is theirs, the most first:
    `?figure=clicks&from=2026-11-24&to=2026-11-24`. Or behind one of `GET /reports/kpis`, of the emails that a group
    sent in these days: `?figure=clicked&of=journey:welcome`. 202 with a `query` when it takes long."""
    figure, of, t = request.query.get("figure", ""), request.query.get("of"), now()
    figures = FIGURES if of is None else OF_EMAILS
    if figure not in figures:
        raise RefusedError("invalid_figure", f"it must be one of {', '.join(figures)}", "figure")
    if of is not None and not _GROUP.fullmatch(of):
        raise RefusedError(
            "invalid_group", "write a group as journey:welcome, campaign:spring, topic:news or all", "of"
        )
    first, last = days(request, t)
    name, unit = figures[figure]
    if of is not None:
        name = f"{channels.name(of, channels.names())}: {name}"
    found = (
        _subscribers(request, first, last)
        if figure == "subscribers"
        else _counted(request, figure, unit, lambda: _asking(figure, of, first, last))
    )
    if isinstance(found, Response):
        return found
    return {"figure": figure, "name": name, "unit": unit, "from": str(first), "to": str(last), **found}


def _subscribers(request: Request, first: date, last: date) -> dict[str, Any]:
    members = joined(first, last + timedelta(days=1))
    if members is None:
        raise RefusedError("too_many", "there are too many subscribers to say who is new; export the segment", "figure")
    page = page_of(
        request,
        "people",
        members,
        lambda each: Place(each.since, each.contact),
        lambda each: (each.contact, each.since),
        newest_first=True,
    )
    return {**page, "people": _named(page["people"]), "total": len(members), "contacts": len(members)}


def _counted(request: Request, figure: str, unit_: Unit, asking: Callable[[], str]) -> dict[str, Any] | Response:
    """All pages are of what one query has found: its id, and how far it was read, are the cursor."""
    cursor, limit = request.cursor(), request.limit(50)
    query = cursor.name if cursor is not None else request.query.get("query") or asking()
    rows = asked(replace(request, query={"query": query}), lambda: query)
    if isinstance(rows, Response):
        return rows
    if rows and "contacts" not in rows[0]:
        raise RefusedError("not_found", "that query is not one for people", "query", 404)
    begin, unit = cursor.number if cursor is not None else 0, 100 if unit_ == "money" else 1
    contacts_, total = (int(str(rows[0][name])) if rows else 0 for name in ("contacts", "total"))
    page = [(contact_of(int(str(each["contact_number"]))), int(str(each["n"])) / unit) for each in rows[begin:][:limit]]
    end = begin + limit
    return {
        "total": contacts_ if figure == "reached" else total / unit,
        "contacts": contacts_,
        "people": _named(page),
        "cursor": cursor_of(Place(end, query)) if end < len(rows) else None,
    }


def _asking(figure: str, of: str | None, first: date, last: date) -> str:
    since = max(day_start(first, definitions.shop_zone()) - LOOKS_BACK, 0)
    if of is not None:
        return athena.start(*question("kpi_people", figure, of, str(first), str(last), over=(since, now())))
    texts = ("delivered" if figure == "reached" else figure, str(first), str(last))
    return athena.start(*question("people", *texts, over=(since, now())))


def _named(several: Sequence[tuple[str, float]]) -> list[dict[str, Json]]:
    """Who they are: who is erased, or has joined another, is left out."""
    read = {each.profile.contact: each.profile for each in contacts.read_all((who for who, _ in several), left_out)}
    return [{**views.person(read[who]), "n": n} for who, n in several if who in read]
