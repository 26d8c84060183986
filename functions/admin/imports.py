"""Lists that are brought over. Routes of the admin's API.

A list comes in parts, each of which is looked at or put on the queue while its sender waits: nothing of it is kept as a
file, so there is nothing to delete afterwards. Who is on it travels in bodies only, and stands in no answer, but for
the numbers of lines.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NamedTuple

from pydantic import ValidationError

from functions.admin.forms import in_words
from functions.admin.rest import Paging, Place, Request, logger, page_of, route
from functions.admin.shapes import data as shapes
from functions.admin.shop_settings import place
from shared.adapters import addresses, identities, imports, shop_settings
from shared.adapters.clock import now
from shared.adapters.events_queue import put_events
from shared.adapters.imports import Kept
from shared.domain import imports as lists
from shared.domain.addresses import Address
from shared.domain.events import ALL, Json
from shared.domain.imports import Import, Read
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

KEPT = ("rows", "agreed", "without_consent", "unsubscribed", "unsubscribed_before", "suppressed", "new", "invalid_rows")
"""What is written down of a part."""


@route("POST", "/imports/recognise", role=Role.EDITOR, changes=False, takes=shapes.Headers, gives=shapes.Columns)
def recognise(request: Request) -> Json:
    """`{"headers": […]}`: whose export it is, and what its columns mean."""
    headers = request.json().get("headers")
    if not isinstance(headers, list) or not all(isinstance(each, str) for each in headers) or len(headers) > 500:
        raise RefusedError("invalid_import", "it must be a list of texts", "headers")
    found = lists.recognised(headers)
    return {"kind": found.kind, "columns": found.columns}


@route("POST", "/imports/check", role=Role.EDITOR, changes=False, takes=shapes.ListPart, gives=shapes.ImportTold)
def check(request: Request) -> Json:
    """What a part of a list would do; nothing is kept or changed."""
    return _told(_part(request))


@route("POST", "/imports", role=Role.EDITOR, about=("import",), takes=shapes.ListPart, gives=shapes.ImportTold)
def bring_over(request: Request) -> Json:
    """Puts a part of a list on the queue, where each row is recorded once, however often it is sent."""
    part = _part(request)
    made, read, first, _ = part
    instant = now()
    told = _told(part)
    try:
        imports.begin(made, instant, request.operator)
    except imports.OtherwiseError:
        said = "this file was brought over with other columns, or another consent: it stays as it was said first"
        raise RefusedError("said_otherwise", said, "file", 409) from None
    put_events([lists.event(made, person, instant, request.operator) for person in read.people])
    counts = {name: told[name] if isinstance(told[name], int) else len(told[name]) for name in KEPT}
    imports.record(made.file, first, counts)
    logger.info("list brought over", file=made.file[:16], first=first, rows=told["rows"], operator=request.operator)
    return told


@route("GET", "/imports", role=Role.VIEWER, gives=shapes.Imports, query=Paging)
def list_imports(request: Request) -> Json:
    """Which files were brought over, the newest first, by whom, and what became of them in all."""
    return page_of(request, "imports", imports.all_kept(), _place, _summary, newest_first=True)


def _place(kept: Kept) -> Place:
    return Place(kept.at, kept.made.file)


def _summary(kept: Kept) -> dict[str, Json]:
    total: Counter[str] = Counter()
    for counts in kept.parts.values():
        total.update({name: int(count) for name, count in counts.items()})
    told = kept.made.model_dump(mode="json", exclude={"columns", "attested"}, exclude_none=True)
    return {**told, "at": kept.at, "by": kept.by, "parts": len(kept.parts), **{name: total[name] for name in KEPT}}


@route("GET", "/imports/{file}", role=Role.VIEWER, gives=shapes.ImportKept)
def show_import(request: Request, file: str) -> Json:
    """What was said of a file (by its SHA-256), and which of its parts are done, by the lines of their first rows: with
    the file at hand, the rest can be brought over."""
    kept = imports.kept(file) if re.fullmatch(r"[0-9a-f]{64}", file) else None
    if kept is None:
        raise RefusedError("not_found", "no such file was brought over", "file", 404)
    made = kept.made.model_dump(mode="json", exclude_none=True)
    return {"import": made, "at": kept.at, "by": kept.by, "done": sorted(kept.parts)}


class Part(NamedTuple):
    """A part of a list: `first`, the line of its first row; `before`, lines whose address stood in an earlier part."""

    made: Import
    read: Read
    first: int
    before: frozenset[int]


def _part(request: Request) -> Part:
    """`{"import": …, "csv": …, "first_line": 2, "repeated": []}`: a part of a list, with its headers, and the line of
    its first row; `repeated` has the lines whose address stood in an earlier part of the file, so that the sums of all
    parts agree."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise RefusedError("invalid_json", "the body is not JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("import"), dict) or not isinstance(body.get("csv"), str):
        raise RefusedError("invalid_import", 'it must be {"import": {…}, "csv": "…", "first_line": 2}')
    first = body.get("first_line", 2)
    if not isinstance(first, int) or isinstance(first, bool) or not 2 <= first < 10**8:
        raise RefusedError("invalid_import", "it must be the number of a line, 2 or more", "first_line")
    before = body.get("repeated", [])
    if not isinstance(before, list) or not all(type(each) is int for each in before):
        raise RefusedError(
            "invalid_import", "it must be a list of lines whose address stood in an earlier part", "repeated"
        )
    made = _import(body["import"])
    for topic in made.topics:
        if shop_settings.settings().topic(topic) is None:
            raise RefusedError("unknown_topic", f"there is no topic {topic} in the shop's settings", "import.topics")
    headers, rows = lists.lines(body["csv"], first)
    if missing := sorted(made.columns.keys() - set(headers)):
        raise RefusedError("unknown_column", f"there is no column {missing[0]}", "import.columns")
    return Part(made, lists.read(made, rows, before), first, frozenset(before))


def _import(given: dict[str, Any]) -> Import:
    try:
        made = Import.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = place(("import", *problem["loc"]))
        raise RefusedError("invalid_import", _words(problem), where) from None
    lists.refuse_what_was_bought(made)
    return made


def _words(problem: Any) -> str:
    patterns = {
        r"^[0-9a-f]{64}$": "it must be the SHA-256 of the file, in hexadecimal",
        r"^[^\r\n]*$": "it must be one line",
    }
    if problem["type"] == "string_pattern_mismatch" and problem["ctx"]["pattern"] in patterns:
        return patterns[problem["ctx"]["pattern"]]
    if problem["type"] == "string_too_short":
        return "say in a few words where these people have agreed, such as: the form on our site, since 2021"
    return in_words(problem)


def _told(part: Part) -> dict[str, Json]:
    made, read, first, before = part
    hashes = {person.line: identities.address_hash(person.email) for person in read.people}
    held = addresses.read_all(hashes.values())
    counts: Counter[str] = Counter()
    for person in read.people:
        address = held[hashes[person.line]]
        if person.line not in before:
            counts["people"] += 1
            counts["new"] += address.contact is None
            counts["suppressed"] += address.suppression is not None
        if person.said == "unsubscribed":
            counts["unsubscribed"] += 1
        elif person.said is None:
            counts["without_consent"] += 1
        elif _has_said_no(address, made.topics):
            counts["unsubscribed_before"] += 1
        else:
            counts["agreed"] += 1
    invalid = [{"line": line, "why": why} for line, why in read.invalid.items()]
    return {
        "rows": len(read.people) + len(read.invalid) + len(read.duplicates) + _left_out(made, read),
        **{
            name: counts[name]
            for name in ("people", "agreed", "without_consent", "unsubscribed", "unsubscribed_before")
        },
        **{name: counts[name] for name in ("suppressed", "new")},
        "invalid": invalid,
        "invalid_rows": len(read.invalid),
        "duplicates": read.duplicates,
        "duplicate_rows": len(read.duplicates),
        "role_addresses": read.roles,
        "without_date": read.without_date,
        "first_line": first,
    }


def _left_out(made: Import, read: Read) -> int:
    return len(read.roles) if made.role_addresses == "leave_out" else 0


def _has_said_no(address: Address, topics: tuple[str, ...]) -> bool:
    """To one of the topics, or to all of them."""
    return any(address.consent[topic].value == "unsubscribed" for topic in (*topics, ALL) if topic in address.consent)
