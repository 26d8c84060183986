"""The people behind a number of a report: whom it leads to, page after page (`infra/athena/parts/listed.sql`)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Literal

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin import views
from functions.admin.reports import asked
from functions.admin.rest import Paging, Place, Request, cursor_of, left_out
from functions.admin.shapes import everywhere
from shared.adapters import athena, contacts
from shared.adapters.queries import Question
from shared.domain.events import Json
from shared.domain.insight.scored import contact_of
from shared.domain.refusals import RefusedError

Unit = Literal["times", "money", "instant"]


class Listing(Paging, total=False):
    """As every list is asked with."""

    query: str
    """Of an answer 202: asks how it stands."""


class PersonBehind(everywhere.Person):
    """`n`: what of the number is theirs: how often, how much in the shop's currency, or when."""

    n: float


class Behind(TypedDict):
    """Who is behind a number. `total` is the number; `contacts` is how many people that is, of whom those are in no
    list who are erased, and, until the next night, who have joined another. Of more than 10,000, these are listed,
    those with most of it or the newest. `name`: what the number is; `each`: what a person's `n` is, by its `unit`."""

    name: str
    each: str
    unit: Unit
    total: float
    contacts: int
    people: list[PersonBehind]
    cursor: str | None


def behind(
    request: Request, name: str, each: str, unit: Unit, asking: Callable[[], Question], *, of_people: bool = True
) -> Json | Response:
    """`of_people`: the number counts people, and not what each of them has of it. All pages are of what one query has
    found: its id, and how far it was read, are the cursor."""
    cursor, limit = request.cursor(), request.limit(50)
    query = cursor.name if cursor is not None else request.query.get("query") or athena.start(*asking())
    rows = asked(replace(request, query={"query": query}), lambda: query)
    if isinstance(rows, Response):
        return rows
    if rows and "contacts" not in rows[0]:
        raise RefusedError("not_found", "that query is not one for people", "query", 404)
    begin, parts = cursor.number if cursor is not None else 0, 100 if unit == "money" else 1
    contacts_, total = (int(str(rows[0][name])) if rows else 0 for name in ("contacts", "total"))
    end = begin + limit
    page = [(contact_of(int(str(row["contact_number"]))), int(str(row["n"])) / parts) for row in rows[begin:end]]
    return {
        "name": name,
        "each": each,
        "unit": unit,
        "total": contacts_ if of_people else total / parts,
        "contacts": contacts_,
        "people": named(page),
        "cursor": cursor_of(Place(end, query)) if end < len(rows) else None,
    }


def named(several: Sequence[tuple[str, float]]) -> list[dict[str, Json]]:
    """Who they are: who is erased, or has joined another, is left out."""
    read = {each.profile.contact: each.profile for each in contacts.read_all((who for who, _ in several), left_out)}
    return [{**views.person(read[who]), "n": n} for who, n in several if who in read]


def chosen(request: Request, field: str, choices: Collection[str], otherwise: str = "") -> str:
    """What the query says of a field; left out, `otherwise`. RefusedError: it is none of the choices."""
    value = request.query.get(field, otherwise)
    if value not in choices:
        raise RefusedError("invalid_choice", f"it must be one of {', '.join(choices)}", field)
    return value
