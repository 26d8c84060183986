"""What the nights have worked out of the shop's own history: each score, how it was checked and who has it; the RFM
grid; segments worth having; and drafts of what uses a score. Routes of the admin's API.

Nothing is worked out here: it is read as the last night has left it. Nothing is published here, and nothing that
somebody has written is written over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal, TypeVar

from chalice.app import Response
from pydantic import ValidationError
from typing_extensions import TypedDict

from functions.admin import journey_drafts, known, publishing, views
from functions.admin.reports import asked
from functions.admin.rest import Paging, Place, Request, answer, cursor_of, left_out, logger, place_of, route
from functions.admin.shapes import insight as shapes
from shared.adapters import athena, contacts, definitions, journey_definitions
from shared.adapters import insight as stored
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.queries import question
from shared.domain.events import Instant, Json
from shared.domain.insight import CATALOGUE, Proposals, Reason, Result, RfmGrid, Score, drafts, score_of, telling
from shared.domain.insight.catalogue import Unit
from shared.domain.insight.reasons import from_code
from shared.domain.insight.values import Value
from shared.domain.insight.written import WrittenFound
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.tables import as_csv

SHOWN = (*CATALOGUE, telling.RECOMMENDATIONS)
V = TypeVar("V", bound=Value)
EXPORTED = 500
COLUMNS = ("contact", "email", "name", "value", "band", "rank", "because", "and_because", "and_also")
MAX_RANK = 101
"""Above all ranks."""
NEXT = (
    "Look at both. Publish the segment first, then the journey. One of ten who begin the journey gets nothing, by lot: "
    "on its page you see how many of either have ordered."
)
NEXT_OF_SEGMENT = "Look at it, try it with a dry run, and publish it."


class FigureTold(TypedDict):
    """One measure of how well a score does: of the model, and of the simple rule."""

    name: str
    says: str
    model: float | None
    simple: float | None


class BinTold(TypedDict):
    """Customers of like prediction: what was said of them, and what came."""

    predicted: float
    observed: float
    contacts: int


class GainTold(TypedDict):
    """Of the `share` who come first, the share of all there was that they gave."""

    share: float
    model: float
    simple: float


class BandTold(TypedDict):
    band: str
    name: str
    contacts: int


class GateTold(TypedDict):
    """How much there has to be before anybody has the score."""

    have: int
    need: int
    what: str
    open: bool


class UseTold(TypedDict):
    kind: Literal["segment", "journey", "campaign", "email"]
    id: str
    name: str


class ScoreTold(TypedDict):
    """A score as the last night has left it."""

    score: str
    name: str
    sentence: str
    trait: str
    unit: Unit
    state: Literal["model", "simple", "closed", "told"]
    """Who gives it: the model, the simple rule where the model does not beat it here, or nobody; `told`: it is told of
    whoever does something, at once."""
    standing: str
    """How many have it; or why nobody does."""
    contacts: int
    since: int | None
    gates: list[GateTold]
    simple_rule: str
    verdict: str | None
    """How it did on this shop's own history, beside the simple rule."""
    cut: int | None
    """Until when all was known to it when it was checked; what it foresaw is the `horizon_days` after it."""
    horizon_days: int
    figures: list[FigureTold]
    calibration: list[BinTold]
    gain: list[GainTold]
    bands: list[BandTold]
    uses: list[UseTold]
    """The segments and journeys there are that read it."""
    usable: bool
    """Whether `POST /insight/{score}/use` makes drafts of it."""


class InsightTold(TypedDict):
    as_of: int | None
    """The night; null: none has worked anything out yet."""
    scores: list[ScoreTold]


class CellTold(TypedDict):
    """Customers in these fifths, 5 the best; what they have spent, in the shop's currency."""

    recency: int
    frequency: int
    contacts: int
    revenue: float


class RfmTold(TypedDict):
    as_of: int | None
    customers: int
    standing: str
    recency: list[str]
    """The fifths in words, the lowest first; and what each is in days and orders ("": nobody is in it)."""
    frequency: list[str]
    recency_days: list[str]
    frequency_orders: list[str]
    cells: list[CellTold]


class ProposalTold(TypedDict):
    """A segment worth having: what it is, and by what it differs from all others."""

    proposal: str
    name: str
    words: str
    evidence: str
    contacts: int
    share: float
    rate: float
    rate_of_others: float
    definition: dict[str, Any]


class WarningTold(TypedDict):
    kind: str
    segments: list[str]
    sentence: str


class ProposalsTold(TypedDict):
    as_of: int | None
    standing: str
    proposals: list[ProposalTold]
    warnings: list[WarningTold]


class ProposalChosen(TypedDict):
    """Which of the proposals."""

    proposal: str


class CellChosen(TypedDict):
    """Fifths from 1 to 5, which is the best."""

    recency: int
    frequency: int


class ThingTold(TypedDict):
    """A segment or a journey: whether it was made just now, and how it stands."""

    kind: Literal["segment", "journey"]
    id: str
    name: str
    state: Literal["draft", "published"]
    made: bool


class MadeTold(TypedDict):
    made: bool
    """Whether anything was."""
    things: list[ThingTold]
    next: str


# ── as the night has left it ──


@route("GET", "/insight", role=Role.VIEWER, gives=InsightTold)
def show_insight(request: Request) -> Json:
    """All scores: what each means, who has it and since when, how it did on the shop's own last weeks beside the simple
    rule, and its bands."""
    night, used = results(), _used()
    return {"as_of": night.get("at"), "scores": [_told(each, result_of(night, each), used) for each in SHOWN]}


@route("GET", "/insight/{score}", role=Role.VIEWER, gives=ScoreTold)
def show_score(request: Request, score: str) -> Json:
    """One of them."""
    found = known_score(score)
    return _told(found, result_of(results(), found), _used())


@route("GET", "/insight/rfm", role=Role.VIEWER, gives=RfmTold)
def show_rfm(request: Request) -> Json:
    """How recently and how often customers have ordered: each cell with how many they are and what they have spent."""
    night = results()
    grid = grid_of(night)
    return {
        "as_of": grid.as_of if grid is not None else night.get("at"),
        "customers": grid.customers if grid is not None else 0,
        "standing": _standing_of(grid),
        "recency": list(drafts.RECENCY),
        "frequency": list(drafts.FREQUENCY),
        "recency_days": telling.recency_in_words(grid.recency_edges) if grid is not None else [],
        "frequency_orders": telling.frequency_in_words(grid.frequency_edges) if grid is not None else [],
        "cells": [
            {
                "recency": each.recency,
                "frequency": each.frequency,
                "contacts": each.customers,
                "revenue": each.spent,
            }
            for each in (grid.cells if grid is not None else ())
        ],
    }


def _standing_of(grid: RfmGrid | None) -> str:
    if grid is None or not grid.cells:
        return "Nobody is in it yet: it takes customers with an order, and a night."
    return (
        f"{grid.customers:,} customers with an order, in fifths by how recently and by how often they have ordered; "
        "those who are equal stay together, so the fifths of a small shop are not all of one size."
    )


@route("GET", "/insight/segments", role=Role.VIEWER, gives=ProposalsTold)
def list_proposals(request: Request) -> Json:
    """Segments that the shop's own history proposes: large enough, and different in what they do next; at most a
    handful, each with its evidence."""
    found = proposals_of(results())
    if found is None:
        return {"as_of": None, "standing": f"{telling.NOT_YET.capitalize()}.", "proposals": [], "warnings": []}
    return {
        "as_of": found.as_of,
        "standing": found.why_none
        or f"Found among {found.tried:,} that were tried on the shop’s own history, and confirmed on the "
        f"{found.horizon_days} days after it.",
        "proposals": [
            {
                "proposal": each.segment["id"],
                "name": each.segment["name"],
                "words": each.segment["sentence"],
                "evidence": each.sentence,
                "contacts": each.customers,
                "share": each.share,
                "rate": each.rate,
                "rate_of_others": each.rate_of_others,
                "definition": each.segment,
            }
            for each in found.proposals
        ],
        "warnings": [
            {"kind": each.kind, "segments": list(each.about), "sentence": each.sentence} for each in found.cautions
        ],
    }


def _told(score: Score, result: Result | None, used: Mapping[str, list[UseTold]]) -> dict[str, Json]:
    checked = result.validation if result is not None else None
    state = telling.state_of(score, result)
    return {
        "score": score.id,
        "name": score.name,
        "sentence": score.sentence,
        "trait": score.trait,
        "unit": score.unit,
        "state": state,
        "standing": telling.standing(score, result),
        "contacts": result.contacts if result is not None and state != "closed" else 0,
        "since": result.since if result is not None and state != "closed" else None,
        "gates": [
            {"have": each.have, "need": each.need, "what": each.what, "open": each.is_open}
            for each in (result.gates if result is not None else ())
        ],
        "simple_rule": score.rule,
        "verdict": telling.verdict(score, result),
        "cut": checked.cut if checked is not None else None,
        "horizon_days": score.horizon_days,
        "figures": [each._asdict() for each in telling.figures(checked)],
        "calibration": [
            {"predicted": each.predicted, "observed": each.observed, "contacts": each.customers}
            for each in (checked.calibration if checked is not None else ())
        ],
        "gain": [
            {"share": each.share, "model": each.model, "simple": each.rule}
            for each in (checked.gain if checked is not None else ())
        ],
        "bands": [
            {"band": band, "name": band.replace("_", " ").capitalize(), "contacts": contacts}
            for band, contacts in (telling.band_names(score, result) if state != "closed" else ())
        ],
        "uses": used.get(score.id, []),
        "usable": drafts.is_usable(score),
    }


def _used() -> dict[str, list[UseTold]]:
    """By score, the segments that read it, and the journeys that do or that begin with one of these."""
    segments = definitions.segments().segments
    journeys = journey_definitions.publication().journeys
    found: dict[str, list[UseTold]] = {}
    for score in CATALOGUE:
        own = [each for each in segments.values() if _reads(publishing.written(each), score.trait)]
        ids = {each.id for each in own}
        found[score.id] = [{"kind": "segment", "id": each.id, "name": each.name} for each in own]
        found[score.id] += [
            {"kind": "journey", "id": id_, "name": each.journey.name}
            for id_, each in journeys.items()
            if _reads(journey_drafts.dumped(each.journey), score.trait) or ids & known.segments_of(each.journey)
        ]
    return found


def _reads(tree: Json, trait: str) -> bool:
    """Whether a condition in a definition names the trait, or a part of it."""
    if isinstance(tree, list | tuple):
        return any(_reads(each, trait) for each in tree)
    if not isinstance(tree, dict):
        return False
    named = tree.get("trait")
    if isinstance(named, str) and (named == trait or named.startswith(f"{trait}.")):
        return True
    return any(_reads(each, trait) for each in tree.values())


# ── the people behind a number ──


class OfBand(Paging, total=False):
    """Which people of a score."""

    band: str
    """Only those in it; left out, all who have the score."""
    query: str
    """Of an answer 202: asks how it stands."""


class OfCell(Paging, total=False):
    """Which people of the grid: fifths from 1 to 5."""

    recency: int
    frequency: int
    query: str


class ScoredPerson(TypedDict):
    """Somebody, and what the night said of them."""

    contact: str
    email: str | None
    name: str | None
    value: Any
    band: str | None
    rank: int | None
    reasons: list[str]


class ScoredPeople(TypedDict, total=False):
    """The `people`, whose rank is highest coming first; or, where it takes long, a `query` to ask again with."""

    name: str
    unit: str
    contacts: int
    people: list[ScoredPerson]
    cursor: str | None
    query: str


class ScoresExported(TypedDict, total=False):
    """Whose scores: of a `band`, or left out, all; with the `query` of an answer 202, or the `cursor` of the part
    before."""

    band: str
    cursor: str | None
    query: str


@route("GET", "/insight/{score}/people", role=Role.VIEWER, query=OfBand, gives=ScoredPeople)
def list_people(request: Request, score: str) -> Json:
    """Who has a score, or is in a band of it, as the last night has left it. 202 with a `query` when it takes long."""
    found, band = known_score(score), request.query.get("band")
    _refuse_unknown(found, band)
    result = result_of(results(), found)
    counted = result.contacts if result is not None else 0
    if band is not None and result is not None:
        counted = result.bands.get(band, 0)
    name = f"{found.name}: {band.replace('_', ' ')}" if band else found.name
    return _people(request, found, band if band is not None else "%", {"name": name, "contacts": counted})


@route("GET", "/insight/rfm/people", role=Role.VIEWER, query=OfCell, gives=ScoredPeople)
def list_people_of_cell(request: Request) -> Json:
    """Who is in a cell of the grid, as the last night has left it. 202 with a `query` when it takes long."""
    fifths = [request.query.get(name, "") for name in ("recency", "frequency")]
    for name, text in zip(("recency", "frequency"), fifths, strict=True):
        if text not in ("1", "2", "3", "4", "5"):
            raise RefusedError("invalid_fifth", "it must be a whole number from 1 to 5", name)
    recency, frequency = map(int, fifths)
    grid = grid_of(results())
    cells = [
        each
        for each in (grid.cells if grid is not None else ())
        if (each.recency, each.frequency) == (recency, frequency)
    ]
    told = {"name": drafts.cell_segment(recency, frequency)["name"], "contacts": sum(each.customers for each in cells)}
    return _people(request, None, f"{recency}{frequency}_", told)


def _people(request: Request, score: Score | None, like: str, told: dict[str, Json]) -> Json:
    """Those whose band is like this; `score` None: of the grid."""
    rows, following = _rows(request, score, like, request.cursor(), request.limit(50))
    if rows is None:
        return following
    read = contacts.read_all((str(row["contact"]) for row in rows), left_out)
    people = {each.profile.contact: views.person(each.profile) for each in read}
    return {
        **told,
        "unit": score.unit if score is not None else "word",
        "people": [
            people[row["contact"]]
            | {
                "value": _value(score, row),
                "band": row["band"] or None,
                "rank": row["rank"],
                "reasons": _reasons(score, row),
            }
            for row in rows
            if row["contact"] in people  # who has been erased, or has joined another, since the night is in none
        ],
        "cursor": following,
    }


def _rows(
    request: Request, score: Score | None, like: str, after: Place | None, limit: int
) -> tuple[list[dict[str, Any]], str | None] | tuple[None, Response]:
    """The next rows of the night's table, and the cursor behind them; or the answer 202, where it takes long."""
    place = after or Place(MAX_RANK, "")
    given = (score.id if score is not None else "rfm", like, str(place.number), str(place.number), place.name)
    rows = asked(request, lambda: athena.start(*question("scored", *given)))
    if isinstance(rows, Response):
        return None, rows
    kept = rows[:limit]
    more = len(rows) > limit
    return kept, cursor_of(Place(int(str(kept[-1]["rank"])), str(kept[-1]["contact"]))) if more else None


@route("POST", "/insight/{score}/export", role=Role.EDITOR, takes=ScoresExported, gives=shapes.Csv, keeps=False)
def export(request: Request, score: str) -> Json:
    """Who has a score, or is in a band of it, as a table (CSV) with their reasons, 500 at a time. Cells that a
    spreadsheet would take for a formula begin with an apostrophe. 202 with a `query` to ask with, when it takes long.
    """
    found, body = known_score(score), request.json() if request.body else {}
    band, cursor = body.get("band"), body.get("cursor")
    _refuse_unknown(found, band)
    after = place_of(str(cursor) if cursor is not None else None)
    querying = replace(request, query={"query": str(body["query"])} if body.get("query") is not None else {})
    rows, following = _rows(querying, found, str(band) if band is not None else "%", after, EXPORTED)
    if rows is None:
        return following
    profiles = contacts.read_all((str(row["contact"]) for row in rows), left_out)
    people = {each.profile.contact: views.person(each.profile) for each in profiles}
    lines: list[list[Json]] = []
    for row in rows:
        who = people.get(row["contact"])
        if who is not None:
            reasons = [*_reasons(found, row), "", "", ""][:3]
            said = _value(found, row)
            value = json.dumps(said, ensure_ascii=False) if isinstance(said, list | dict) else said
            lines.append([who["contact"], who["email"], who["name"], value, row["band"], row["rank"], *reasons])
    logger.info("scores exported", score=found.id, people=len(lines), operator=request.operator)
    header: list[Sequence[Json]] = [COLUMNS] if cursor is None else []
    return {"csv": as_csv([*header, *lines]), "rows": len(lines), "cursor": following}


def _refuse_unknown(score: Score, band: Json) -> None:
    names = score.bands.names if score.bands is not None else ()
    if band is not None and band not in names:
        told = f"its bands are {', '.join(names)}" if names else "it has no bands"
        raise RefusedError("not_found", told, "band", 404)


def _value(score: Score | None, row: Mapping[str, Any]) -> Json:
    value = json.loads(row["told"]) if row["told"] else row["value"]
    return named(score, value, now()) if score is not None else value


def _reasons(score: Score | None, row: Mapping[str, Any]) -> list[str]:
    found: list[Reason] = []
    if score is None:
        return []
    for name in ("first", "second", "third"):
        with suppress(ValueError):  # there are not so many, or this version does not know it
            found.append(from_code(str(row[name])))
    return telling.reasons_in_words(score, about_named(telling.facts(found), now()))


# ── used ──


@route("POST", "/insight/{score}/use", role=Role.EDITOR, gives=MadeTold, status=201)
def use(request: Request, score: str) -> Json:
    """Makes drafts of a segment of those whom the score means, and of a journey that begins with it and leaves every
    tenth alone, by lot. Nothing is published, and what there is already stays as it is: 200, where that is both."""
    found = known_score(score)
    if not drafts.is_usable(found):
        raise RefusedError("not_for_segments", f"{found.name.lower()} has no segment of its own", "score", 409)
    things = [
        _segment(drafts.segment_of(found), request.operator),
        _journey(drafts.journey_of(found), request.operator),
    ]
    result = result_of(results(), found)
    why = telling.why_nobody(result)
    return _made(request, things, NEXT if why is None else f"{NEXT} Nobody has the score yet: {why}.")


@route("POST", "/insight/rfm/use", role=Role.EDITOR, takes=CellChosen, gives=MadeTold, status=201)
def use_cell(request: Request) -> Json:
    """Makes a draft of a segment of the customers in a cell of the grid, as it will be on each night."""
    body = request.json()
    fifths = [_fifth(body, name) for name in ("recency", "frequency")]
    return _made(request, [_segment(drafts.cell_segment(*fifths), request.operator)], NEXT_OF_SEGMENT)


@route("POST", "/insight/segments", role=Role.EDITOR, takes=ProposalChosen, gives=MadeTold, status=201)
def use_proposal(request: Request) -> Json:
    """Makes a draft of one of the segments that are proposed."""
    wanted = request.json().get("proposal")
    found = proposals_of(results())
    for each in found.proposals if found is not None else ():
        if each.segment["id"] == wanted:
            return _made(request, [_segment(dict(each.segment), request.operator)], NEXT_OF_SEGMENT)
    raise RefusedError("not_found", "that segment is not proposed any more: look again", "proposal", 404)


def _fifth(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 5:
        raise RefusedError("invalid_fifth", "it must be a whole number from 1 to 5", name)
    return value


def _segment(definition: dict[str, Any], operator: str) -> ThingTold:
    """The segment's draft, or what there is of this id already."""
    id_ = str(definition["id"])
    publication = definitions.publication()
    standing = publication.segment(id_)
    if standing is not None:
        return {"kind": "segment", "id": id_, "name": standing.name, "state": "published", "made": False}
    held = definitions.drafts.all().get(id_)
    if held is not None:
        return {
            "kind": "segment",
            "id": id_,
            "name": publishing.name_of(held, id_),
            "state": "draft",
            "made": False,
        }
    read = publishing.segment_in(dict(definition), id_)
    publishing.fitting(publication, read, start_journeys=False)
    try:
        definitions.drafts.put(id_, read, instead_of=None, by=operator)
    except PublishedMeanwhileError:
        raise publishing.changed_meanwhile() from None
    except TooLargeError as error:
        raise publishing.too_large(error) from None
    return {"kind": "segment", "id": id_, "name": read.name, "state": "draft", "made": True}


def _journey(definition: dict[str, Any], operator: str) -> ThingTold:
    written = journey_drafts.written_in({"definition": definition})
    id_, name = written.journey.id, written.journey.name
    standing = journey_definitions.publication().journeys.get(id_)
    if standing is not None:
        return {"kind": "journey", "id": id_, "name": standing.journey.name, "state": "published", "made": False}
    held = journey_drafts.drafts().get(id_)
    if held is not None:
        return {"kind": "journey", "id": id_, "name": held.form.name, "state": "draft", "made": False}
    try:
        journey_definitions.drafts.put(id_, written.journey, instead_of=None, by=operator)
    except PublishedMeanwhileError:
        raise journey_drafts.changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), status=413) from None
    return {"kind": "journey", "id": id_, "name": name, "state": "draft", "made": True}


def _made(request: Request, things: list[ThingTold], following: str) -> Response:
    made = any(each["made"] for each in things)
    logger.info("insight used", things=[each["id"] for each in things], made=made, operator=request.operator)
    return answer(201 if made else 200, {"made": made, "things": things, "next": following})


# ── products by their names ──

OF_A_PRODUCT = frozenset({"bought", "viewed", "product_gap"})
"""Codes of reasons that may be about a product, which they know by its id."""


def named(score: Score, value: Json, t: Instant) -> Json:
    """A score's value, of which each product that it names by its id has its `name`, where a storefront knows it."""
    if score.unit != "dates" or not isinstance(value, list):
        return value
    return [
        {**each, "name": _title(str(each["product"]), t)} if isinstance(each, dict) and "product" in each else each
        for each in value
    ]


def about_named(reasons: Iterable[Reason], t: Instant) -> list[Reason]:
    """Reasons that say what a product is called."""
    return [
        each.model_copy(update={"about": _title(each.about, t)}) if each.code in OF_A_PRODUCT and each.about else each
        for each in reasons
    ]


def _title(product: str, t: Instant) -> str:
    from shared.adapters import goods  # what most requests need not wait for

    return goods.title(product, t) or product


# ── reading ──


def results() -> Mapping[str, Any]:
    """By name, what the last night has left; empty, where none has been."""
    return stored.known(now()) or {}


def known_score(score: str) -> Score:
    try:
        return telling.RECOMMENDATIONS if score == telling.RECOMMENDATIONS.id else score_of(score)
    except KeyError:
        raise RefusedError("not_found", "there is no such score", "score", 404) from None


def result_of(night: Mapping[str, Any], score: Score) -> Result | None:
    return _read(Result, night.get(score.id))


def grid_of(night: Mapping[str, Any]) -> RfmGrid | None:
    return _read(RfmGrid, night.get("rfm"))


def proposals_of(night: Mapping[str, Any]) -> Proposals | None:
    return _read(Proposals, night.get("proposals"))


def written_of(night: Mapping[str, Any]) -> WrittenFound | None:
    return _read(WrittenFound, night.get("written"))


def _read(model: type[V], told: Json) -> V | None:
    """None: there is none, or it is of a form that this version does not know (the next night brings another)."""
    if told is None:
        return None
    try:
        return model.model_validate(told)
    except ValidationError as error:
        logger.error("insight not read", of=model.__name__, problems=len(error.errors()))
        return None
