"""A segment's life: draft → dry run → published → filled, and deleted. Routes of the admin's API.

What is published is a publication of all the shop's segments; two that publish at once are told apart by its number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, get_args

from chalice.app import Response
from pydantic import ValidationError

from functions.admin import uses
from functions.admin.copying import own
from functions.admin.passes import outcome_of
from functions.admin.rest import Paging, Place, ProblemsError, Request, answer, logger, paged, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import segments as shapes
from functions.admin.unfinished import text_in
from shared.adapters import definitions, refreshes
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft as DraftOf
from shared.domain.calendars import local
from shared.domain.conditions import Condition, Segment
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.publications import (
    InUseError,
    OnTrialError,
    Publication,
    refuse_on_trial,
    with_segment,
    without_segment,
)
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import Payload
from shared.domain.trials import experiment_of
from shared.domain.wording import sentence

MAX_FORMS = 20  # of one page
ID = r"[a-z][a-z0-9_]{0,39}"
ID_RULE = "lower-case letters, digits and _, beginning with a letter, at most 40 characters"
Draft = DraftOf[Segment | None]


# ── drafts ──


@route(
    "POST",
    "/segments",
    role=Role.EDITOR,
    about=("definition.id", "id"),
    takes=shapes.SegmentWritten,
    gives=shapes.SegmentDraft,
    status=201,
)
def create(request: Request) -> Json:
    """Keeps a draft of a new segment: its `id`, `name`, `sentence`, `group` and `when`; or its `id` and a `text`, which
    need not be a segment yet. 409 where there is one of this id: nobody's segment is replaced by making another."""
    id_ = str(request.json().get("id", ""))
    publication = definitions.publication()
    read, text = _written_in(request, id_, publication)
    return _keep_new(id_, read, text, publication, request.operator)


@route(
    "POST",
    "/segments/{segment}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.SegmentDraft,
    status=201,
)
def duplicate(request: Request, segment: str) -> Json:
    """`{"id": …, "name": …}`: a draft of a new segment that is like this one, as it is published (or as its draft, of
    one that never was)."""
    publication, body = definitions.publication(), request.json()
    like = publication.segment(segment) or whole(draft_of(segment), segment)
    read = segment_in({**_plain(like), **own(body, like.name)}, str(body.get("id", "")))
    return _keep_new(read.id, read, None, publication, request.operator)


def _keep_new(id_: str, read: Segment | None, text: str | None, publication: Publication, operator: str) -> Response:
    taken = RefusedError(
        "taken", "there is already a segment with this id: open that one, or choose another id", "id", 409
    )
    if publication.segment(id_) is not None:
        raise taken
    try:
        draft = _keep(id_, read, text, None, operator)
    except PublishedMeanwhileError:
        raise taken from None
    return answer(201, drafted(draft, publication, id_))


@route(
    "PUT",
    "/segments/{segment}/draft",
    role=Role.EDITOR,
    edits=True,
    takes=shapes.SegmentWritten,
    gives=shapes.SegmentDraft,
)
def put_draft(request: Request, segment: str) -> Json:
    """Keeps a draft of a segment that there is, in the place of the form that `If-Match` names by its `etag`. As a
    `text` it need not be a segment yet: what is wrong with it is in the answer (`problems`), and keeps it from being
    published."""
    held = definitions.drafts.all().get(segment)
    publication = definitions.publication()
    if held is None and publication.segment(segment) is None:
        raise RefusedError("not_found", "there is no such segment; a new one is made by POST /segments", "segment", 404)
    read, text = _written_in(request, segment, publication)
    only_if_unchanged(request, segment)
    try:
        kept = _keep(segment, read, text, held.number if held else None, request.operator)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return drafted(kept, publication, segment)


def _written_in(request: Request, id_: str, publication: Publication) -> tuple[Segment | None, str | None]:
    """What a request wants kept. A definition has to be right; a `text` is kept as it is, with the segment that it is,
    if it is one yet."""
    text = text_in(request)
    _not_on_trial(publication, id_)
    if text is None:
        read = segment_in(request.json(), id_)
        fitting(publication, read, start_journeys=False)
        return read, None
    if not re.fullmatch(ID, id_):
        raise RefusedError("invalid_segment", ID_RULE, "id")
    try:
        return segment_of(text, id_), text
    except InvalidSegmentError:
        return None, text


def _keep(id_: str, read: Segment | None, text: str | None, instead_of: int | None, operator: str) -> Draft:
    """PublishedMeanwhileError."""
    try:
        return definitions.drafts.put(id_, read, text, instead_of=instead_of, by=operator, unfinished=read is None)
    except TooLargeError as error:
        raise too_large(error) from None


@route("DELETE", "/segments/{segment}/draft", role=Role.EDITOR, edits=True, gives=shapes.OfSegment)
def drop_draft(request: Request, segment: str) -> Json:
    draft = draft_of(segment)
    only_if_unchanged(request, segment)
    try:
        definitions.drafts.drop(segment, draft.number)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return {"segment": segment}


@route("POST", "/segments/{segment}/dry-run", role=Role.EDITOR, takes=shapes.Choice, gives=shapes.Run, status=202)
def dry_run(request: Request, segment: str) -> Json:
    """Works out whom publishing the draft would bring in and take out, from the lake, and who they are; asks for it by
    the `run` in the answer. The draft goes on naming it."""
    draft, start_journeys = draft_of(segment), wants_journeys(request)
    only_if_unchanged(request, segment)
    fitting(definitions.publication(), whole(draft, segment), start_journeys)
    run = f"dry-run-{segment}-{now()}"
    refreshes.start(run, {"do": "dry_run", "segment": segment, "draft": draft.number, "start_journeys": start_journeys})
    refreshes.record_dry_run(draft.number, run)
    return answer(202, {"run": run})


@route("GET", "/segments/{segment}/dry-run/{run}", role=Role.VIEWER, gives=shapes.DryRun)
def show_dry_run(request: Request, segment: str, run: str) -> Json:
    unknown = RefusedError("not_found", "there is no such dry run", "run", 404)
    status, output = outcome_of(run, rf"dry-run-{re.escape(segment)}-\d{{1,16}}", unknown)
    return {"run": run, "status": status, **output.get("found", {})}


# ── publications ──


@route(
    "POST",
    "/segments/{segment}/publish",
    role=Role.SENDER,
    about=("publication",),
    takes=shapes.Choice,
    gives=shapes.SegmentPublished,
    status=202,
)
def publish(request: Request, segment: str) -> Json:
    """Makes the draft what holds, with the next number, and has all contacts adopt it."""
    held, start_journeys = draft_of(segment), wants_journeys(request)
    draft = whole(held, segment)
    only_if_unchanged(request, segment)
    publication = definitions.publication()
    if publication.segment(segment) != draft:
        publication = published(fitting(publication, draft, start_journeys))
    fill(publication)
    with suppress(PublishedMeanwhileError):  # of another segment's draft: this one says what is published, and may stay
        definitions.drafts.drop(segment, held.number)
    logger.info("segment published", segment=segment, number=publication.number, operator=request.operator)
    told = {"segment": segment, "publication": publication.number, **filling(publication, segment)}
    return answer(202, told, etag(publication, segment, None))


@route("DELETE", "/segments/{segment}", role=Role.SENDER, edits=True, gives=shapes.SegmentDeleted, status=202)
def delete(request: Request, segment: str) -> Json:
    """Takes the segment out, with the next number: its members leave."""
    publication = definitions.publication()
    if publication.segment(segment) is None:
        raise RefusedError("not_found", "there is no such segment", "segment", 404)
    only_if_unchanged(request, segment)
    _not_on_trial(publication, segment)
    if (held := uses.held_by(segment, local(now(), definitions.shop_zone()).date())) is not None:
        raise RefusedError("in_use", held, "segment", 409)
    try:
        publication = published(without_segment(publication, segment, now()))
    except InUseError as error:
        raise RefusedError(
            "in_use", f"{error}: publish that one without it, or delete it, first", "segment", 409
        ) from None
    fill(publication)
    logger.info("segment deleted", segment=segment, number=publication.number, operator=request.operator)
    return answer(202, {"segment": segment, "publication": publication.number})


@route("GET", "/segments/{segment}/versions", role=Role.VIEWER, gives=shapes.SegmentVersions, query=Paging)
def list_versions(request: Request, segment: str) -> Json:
    """The forms the segment has had, newest first; `experiment` names the one that a form was of."""
    before = request.cursor()
    found = (
        (
            Place(publication.number, ""),
            {
                "publication": publication.number,
                "published": publication.published,
                "definition": written(form),
                "experiment": of.experiment if (of := publication.on_trial.get(segment)) is not None else None,
            },
        )
        for publication, form in definitions.versions_of(segment)
        if before is None or publication.number < before.number
    )
    return paged("versions", found, min(request.limit(MAX_FORMS), MAX_FORMS))


def life(segment: str) -> dict[str, Json]:
    """Where the segment is in its life: draft, published by which number, and how far that is filled."""
    publication, draft = definitions.publication(), definitions.drafts.all().get(segment)
    since, trial = publication.since.get(segment), publication.on_trial.get(segment)
    return {
        "etag": etag(publication, segment, draft),
        "draft": drafted(draft, publication, segment) if draft else None,
        "publication": since,
        "experiment": trial.experiment if trial is not None else experiment_of(segment),
        "published": definitions.numbered_publication(since).published if since and since > 1 else None,
        "filling": filling(publication, segment) if since else None,
    }


def filling(publication: Publication, segment: str) -> dict[str, Json]:
    number = publication.changed[segment]
    found = refreshes.filling(number)
    if number == 1 or (found is not None and found.finished):
        return {"status": "filled"}
    return {"status": "filling" if found else "waiting", "contacts": found.contacts if found else 0}


# ── what they have in common ──


def segment_in(body: Payload, id_: str) -> Segment:
    """The segment in a body. RefusedError names the field, down the tree of conditions.

    It is read as JSON, strictly: a form that only the code uses (milliseconds, true for 1) is none of theirs.
    """
    if body.setdefault("id", id_) != id_:
        raise RefusedError("invalid_segment", "the id must match the one in the URL", "id")
    try:
        return Segment.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        found = [Wrong(place(each["loc"]), in_words(each)) for each in problems]
        inner = {each.at[:end] for each in found for end in range(len(each.at))}
        raise InvalidSegmentError([each for each in found if each.at not in inner] or found) from None


class Wrong(NamedTuple):
    """What is wrong with a definition, and where: the way down to it, `("when", "of", 0, "within")`."""

    at: tuple[str | int, ...]
    text: str


class InvalidSegmentError(ProblemsError):
    """A definition that is refused; the first that is wrong is told as that of any request is."""

    def __init__(self, problems: Sequence[Wrong]) -> None:
        first = problems[0]
        RefusedError.__init__(self, "invalid_segment", first.text, ".".join(map(str, first.at)))
        self.problems = problems


def segment_of(text: str, id_: str) -> Segment:
    """The segment in a text that somebody has written. InvalidSegmentError."""
    try:
        body = json.loads(text)
    except ValueError:
        raise InvalidSegmentError([Wrong((), "this is not valid JSON yet")]) from None
    if not isinstance(body, dict):
        raise InvalidSegmentError([Wrong((), "a segment is an object: { … }")])
    return segment_in({**body, "id": id_}, id_)


def whole(draft: Draft, id_: str) -> Segment:
    """The segment that a draft is. InvalidSegmentError: it is none yet."""
    return draft.form if draft.form is not None else segment_of(draft.text or "", id_)


WORDS = {
    "missing": "it is required",
    "extra_forbidden": "unknown field",
    "union_tag_not_found": "a condition needs a `kind`; docs/segments.md lists them all",
    "union_tag_invalid": "there is no such kind of condition; docs/segments.md lists them all",
    "model_type": 'a condition is an object, such as {"kind": "orders"}',
    "dict_type": 'a condition is an object, such as {"kind": "orders"}',
    "model_attributes_type": 'a condition is an object, such as {"kind": "orders"}',
    "tuple_type": "it must be a list: [ … ]",
    "int_type": "it must be a whole number",
    "float_type": "it must be a number",
    "string_type": "it must be a text",
    "string_too_short": "it must not be empty",
    "bool_type": "it must be true or false",
}
"""What pydantic finds, as whoever wrote it would say it."""


def in_words(problem: Any) -> str:
    kind = problem["type"]
    if kind == "too_short":
        return "at least one is required"
    if kind == "string_pattern_mismatch" and problem["loc"] == ("id",):
        return ID_RULE
    return WORDS.get(kind) or str(problem["msg"]).removeprefix("Value error, ")


def place(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """`when, of, 0, within`: without the kinds that pydantic names on the way, and the types that a value may have."""
    kept = [
        part
        for before, part in zip(("", *location), location, strict=False)
        if not (part in KINDS and (isinstance(before, int) or before in ("when", "of", "by", "criteria")))
    ]
    if kept[-1:] and kept[-1] in ("int", "float", "bool", "str"):
        kept.pop()
    return tuple(kept)


KINDS = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(Condition)[0])}


def fitting(publication: Publication, segment: Segment, start_journeys: bool) -> Publication:
    """The publication that would bring this segment. RefusedError: it does not fit the others, or beside them."""
    _not_on_trial(publication, segment.id)
    try:
        next_ = with_segment(publication, segment, start_journeys, now())
        definitions.check_size(next_)
        return next_
    except TooLargeError as error:
        raise too_large(error) from None
    except ValueError as error:
        raise InvalidSegmentError([Wrong(("when",), str(error))]) from None


def published(publication: Publication) -> Publication:
    try:
        definitions.publish(publication)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return publication


def fill(publication: Publication) -> None:
    """Has all contacts adopt it, where that is called for. Asking again does no harm."""
    number = publication.to_fill
    if number > 1 and refreshes.filling(number) is None:
        refreshes.start(f"fill-{number}", {"do": "fill"})


def draft_of(segment: str) -> Draft:
    draft = definitions.drafts.all().get(segment)
    if draft is None:
        raise RefusedError("not_found", "there is no draft of this segment", "segment", 404)
    return draft


def etag(publication: Publication, segment: str, draft: Draft | None) -> str | None:
    """Names the form that whoever edits the segment has before them: the draft, or else what is published."""
    if draft is not None:
        return f'"draft-{draft.number}"'
    since = publication.since.get(segment)
    return None if since is None else f'"publication-{since}"'


def only_if_unchanged(request: Request, segment: str) -> None:
    """RefusedError where the request is about another form of the segment than there is by now."""
    if request.if_match is None:
        return
    if request.if_match != etag(definitions.publication(), segment, definitions.drafts.all().get(segment)):
        told = "somebody else has changed this segment: look at their version and bring your changes into it"
        raise RefusedError("changed_meanwhile", told, "If-Match", 412)


def wants_journeys(request: Request) -> bool:
    """`{"start_journeys": true}`; no body is false."""
    wanted = (request.json() if request.body else {}).get("start_journeys", False)
    if not isinstance(wanted, bool):
        raise RefusedError("invalid_choice", "it must be true or false", "start_journeys")
    return wanted


def _not_on_trial(publication: Publication, segment: str) -> None:
    """RefusedError where an experiment decides it."""
    try:
        refuse_on_trial(publication, segment)
    except OnTrialError as error:
        raise RefusedError("on_trial", str(error), "segment", 409) from None


def too_large(error: TooLargeError) -> RefusedError:
    return RefusedError("too_large", str(error), "when", 413)


def changed_meanwhile() -> RefusedError:
    told = "somebody else has changed the segments: look at their version and try again"
    return RefusedError("changed_meanwhile", told, status=409)


def drafted(draft: Draft, publication: Publication, id_: str) -> dict[str, Json]:
    """`definition` and `words` are null while it is no segment yet; `problems` say why."""
    known = {segment.id: segment for segment in publication.segments}
    problems: Sequence[Wrong] = ()
    try:
        fitting(publication, whole(draft, id_), start_journeys=False)
    except InvalidSegmentError as error:
        problems = error.problems
    return {
        "number": draft.number,
        "etag": etag(publication, id_, draft),
        "name": name_of(draft, id_),
        "definition": written(draft.form) if draft.form is not None else None,
        "text": draft.text,
        "problems": [each._asdict() for each in problems],
        "words": sentence(known, draft.form.when) if draft.form is not None else None,
        "dry_run": refreshes.dry_run_of(draft.number),
    }


def name_of(draft: DraftOf[Any], id_: str) -> str:
    """What the draft calls itself, as far as that can be read."""
    if draft.form is not None:
        return str(draft.form.name)
    with suppress(ValueError, AttributeError):
        name = json.loads(draft.text or "").get("name")
        if isinstance(name, str) and name.strip():
            return name.strip()[:80]
    return id_


def written(segment: Segment) -> Json:
    return _plain(segment)


def _plain(segment: Segment) -> Payload:
    return segment.model_dump(mode="json", by_alias=True, exclude_none=True)
