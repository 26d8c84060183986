"""A journey's life: draft → checked → published → live or paused, step by step. Routes of the admin's API.

The journeys that the shop ships with are drafts until somebody switches them on. What is published is a publication of
all journeys; two that publish at once are told apart by its number.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from chalice.app import Response
from pydantic import TypeAdapter, ValidationError

from functions.admin import known
from functions.admin.copying import own
from functions.admin.rest import Paging, Place, Problem, ProblemsError, Request, answer, logger, paged, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import journeys as shapes
from functions.admin.unfinished import text_in
from shared.adapters import journey_definitions, journey_files, members, refreshes, run_counts
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft as DraftOf
from shared.adapters.journey_files import NotYamlError, Parsed
from shared.domain.conditions.fields import format_duration, parse_duration
from shared.domain.events import DAY, Instant, Json
from shared.domain.journeys.arms import without_experiments
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import Arms, Journey, Published, SegmentChange, StepState
from shared.domain.journeys.jobs import Act, Continue, Job, Start, Wake
from shared.domain.journeys.moving import place_in
from shared.domain.journeys.publications import (
    Publication,
    UnderWay,
    Version,
    with_journey,
    with_state,
    with_step_state,
)
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import clean

if TYPE_CHECKING:
    from shared.domain.journeys import checking

MAX_FORMS = 20  # of one page
MAX_ROWS = 20_000
"""Runs that are looked at for one dry run; of more it says that there are."""
LONGEST_OVER = 30 * DAY
Draft = DraftOf[Journey]
SHIPPED = "beckon"
"""Whose the drafts are that the shop ships with."""


@dataclass(frozen=True, slots=True)
class Written:
    """A journey as somebody wrote it: `text`, where that was YAML."""

    journey: Journey
    text: str | None


# ── drafts ──


@route(
    "POST",
    "/journeys",
    role=Role.EDITOR,
    about=("definition.id",),
    takes=shapes.JourneyWritten,
    gives=shapes.JourneyDraft,
    status=201,
)
def create(request: Request) -> Json:
    """Keeps a draft of a new journey: `{"yaml": …}` or `{"definition": …}`. 409 where there is one of this id."""
    written = written_in(request.json_with_text("yaml"))
    if known_as(written.journey.id):
        raise taken()
    return keep(written, None, request.operator, 201)


@route(
    "PUT",
    "/journeys/{journey}/draft",
    role=Role.EDITOR,
    edits=True,
    takes=shapes.JourneyWritten,
    gives=shapes.JourneyDraft,
)
def put_draft(request: Request, journey: str) -> Json:
    """Keeps a draft of a journey, in the place of the form that `If-Match` names by its `etag`. It may have problems
    still; what cannot be read as a journey is refused, unless it is sent as a `text`: that is kept as it is."""
    if not known_as(journey):
        raise RefusedError("not_found", "there is no such journey; a new one is made by POST /journeys", "journey", 404)
    text, written = text_in(request), None
    try:
        written = written_in(request.json_with_text("yaml") if text is None else {"yaml": text}, journey)
    except ProblemsError:
        if text is None:
            raise
    only_if_unchanged(request, journey)
    held = journey_definitions.drafts.all().get(journey)
    number = held.number if held else None
    if written is None:
        written = Written(held.form if held else form_of(journey), text)
        return keep(written, number, request.operator, 200, unfinished=True)
    return keep(written, number, request.operator, 200)


@route("DELETE", "/journeys/{journey}/draft", role=Role.EDITOR, edits=True, gives=shapes.OfJourney)
def drop_draft(request: Request, journey: str) -> Json:
    """Drops the draft. What the shop ships with is as it was shipped, then."""
    held = journey_definitions.drafts.all().get(journey)
    if held is None:
        raise RefusedError("not_found", "there is no draft of this journey", "journey", 404)
    only_if_unchanged(request, journey)
    try:
        journey_definitions.drafts.drop(journey, held.number)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return {"journey": journey}


@route(
    "POST",
    "/journeys/{journey}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.JourneyDraft,
    status=201,
)
def duplicate(request: Request, journey: str) -> Json:
    """`{"id": …, "name": …}`: a draft of a new journey that is like this one, without the experiments that are under
    way in it. It runs on wake-ups: a state machine of its own comes with a deployment only."""
    body = request.json()
    published = journey_definitions.publication().journeys.get(journey)
    like = published.journey if published else draft_of(journey).form
    definition = dumped(without_experiments(like)) | own(body, like.name) | {"runs_on": "wake_ups"}
    written = written_in({"definition": definition})
    if known_as(written.journey.id):
        raise taken()
    return keep(written, None, request.operator, 201)


@route(
    "POST",
    "/journeys/{journey}/check",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.JourneyWritten,
    gives=shapes.JourneyChecked,
)
def check(request: Request, journey: str) -> Json:
    """What speaks against publishing a definition, as it is written (or the draft, where none is sent), each with its
    step and line. Nothing is kept."""
    body = request.json_with_text("yaml") if request.body else {}
    return checked(body or {"yaml": text_of(draft_of(journey))}, journey)


@route(
    "POST",
    "/journeys/{journey}/edit",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.JourneyEdited,
    gives=shapes.JourneyChanged,
)
def edit(request: Request, journey: str) -> Json:
    """The text with one `change` of its definition, and what `check` says of it: a step's fields (`step`), what is no
    step (`head`), a step added, removed or moved. Comments and order stay as far as can be. Nothing is kept."""
    from shared.adapters import yaml_edits  # which no other request waits for
    from shared.domain.journeys import changing

    body = request.json_with_text("yaml")
    if set(body) != {"yaml", "change"} or not isinstance(body["yaml"], str):
        raise RefusedError("invalid_change", "send `yaml`, the text as it stands, and a `change`", "yaml")
    try:
        change = TypeAdapter[changing.Change](changing.Change).validate_python(body["change"])
    except ValidationError as error:
        told = error.errors()[0]
        raise RefusedError("invalid_change", str(told["msg"]), ".".join(["change", *map(str, told["loc"])])) from None
    try:
        before = journey_files.parsed(body["yaml"])
        if not isinstance(before, dict):
            raise RefusedError("invalid_journey", "a journey is a mapping, with `id`, `name`, `trigger` and `steps`")
        made = changing.changed(before, change)
        rewritten = yaml_edits.edited(body["yaml"], made.definition)
    except NotYamlError as error:
        raise ProblemsError([Problem(None, str(error), error.line)]) from None
    except changing.CannotChangeError as error:
        raise RefusedError("cannot_change", str(error), "change", 409) from None
    return {
        "yaml": rewritten.text,
        "whole": rewritten.whole,
        "step": made.step,
        **checked({"yaml": rewritten.text}, journey),
    }


def checked(body: dict[str, Any], journey: str) -> dict[str, Json]:
    """What `check` says of a definition as somebody wrote it."""
    try:
        return looked_at(written_in(body, journey))
    except ProblemsError as error:
        told = {"problems": [each._asdict() for each in error.problems], "definition": None, "words": None}
        return {**told, **parts_of(body.get("definition"), body.get("yaml"))}


def parts_of(definition: Json, text: str | None) -> dict[str, Json]:
    """`value`: what the text says, also where that is no journey yet (None: it cannot be read), for a form; `places`:
    the ways of its steps, each of which a step can be put on."""
    from shared.domain.journeys import changing

    with suppress(NotYamlError):
        definition = definition if text is None else journey_files.parsed(text)
    return {
        "value": definition,
        "places": [{"after": whose, "way": way, "to": to} for whose, way, to in changing.places(definition)],
    }


def looked_at(written: Written) -> dict[str, Json]:
    return {
        **parts_of(dumped(written.journey), written.text),
        "problems": [each._asdict() for each in problems_of(written)],
        "definition": dumped(written.journey),
        "words": known.in_words(written.journey),
    }


# ── what publishing would do, and publishing ──


@route(
    "POST",
    "/journeys/{journey}/dry-run",
    role=Role.VIEWER,
    changes=False,
    takes=shapes.Publishing,
    gives=shapes.JourneyDryRun,
)
def dry_run(request: Request, journey: str) -> Json:
    """Whom publishing the draft would concern: who is under way, who waits at a step that is gone and where they would
    go on, who is in the segment that begins it already, and who has finished."""
    draft, published = whole(draft_of(journey)), journey_definitions.publication().journeys.get(journey)
    under_way, gone, finished, counted = Counter[int](), Counter[tuple[int, str]](), 0, 0
    for counted, row in enumerate(run_counts.rows(journey) if published else (), 1):
        if row.outcome is None:
            under_way[row.version] += 1
            gone[row.version, row.step] += 1
        elif row.outcome == "completed":
            finished += 1
        if counted >= MAX_ROWS:
            break
    trigger = draft.journey.trigger
    enters = isinstance(trigger, SegmentChange) and trigger.when == "enters"
    return {
        "under_way": under_way.total(),
        "versions": {str(version): runs for version, runs in sorted(under_way.items())},
        "gone": _gone(draft.journey, gone),
        "present": members.count(trigger.segment) if isinstance(trigger, SegmentChange) and enters else None,
        "finished": finished,
        "more": counted >= MAX_ROWS,
        "problems": [each._asdict() for each in problems_of(draft)],
        "checklist": known.checklist(draft.journey),
    }


def _gone(newer: Journey, waiting: Counter[tuple[int, str]]) -> list[Json]:
    """Steps in which people wait and which the newer version has not: how many, and where they would go on."""
    found: dict[tuple[str, str], int] = {}
    path = Path(newer)
    for (version, step), runs in sorted(waiting.items()):
        if step and step not in path.steps:
            older = Path(journey_definitions.version(newer.id, version))
            place = step, place_in(path, older, step)
            found[place] = found.get(place, 0) + runs
    return [{"step": step, "waiting": runs, "goes_to": to} for (step, to), runs in found.items()]


@route(
    "POST",
    "/journeys/{journey}/publish",
    role=Role.SENDER,
    about=("version",),
    takes=shapes.Publishing,
    gives=shapes.JourneyPublished,
)
def publish(request: Request, journey: str) -> Json:
    """Makes the draft what holds, with the next version. The body says what becomes of those who are under way, and
    whom it takes in besides (docs/journeys.md)."""
    choices = Choices.read(request.json() if request.body else {})
    kept = draft_of(journey)
    draft = whole(kept)
    only_if_unchanged(request, journey)
    held = journey_definitions.publication()
    before = held.journeys.get(journey)
    newest = next(journey_definitions.versions_of(journey)) if before else None
    again = newest is not None and (newest.journey, newest.text) == (kept.form, kept.text)
    if before is not None and again and choices.hold(before):
        number = before.version  # the last try has published it, and did no more: that is done now
        earlier = journey_definitions.version(journey, number - 1) if number > 1 else None
        acts = choices.acts(earlier, draft.journey, number)
    else:
        number = before.version + 1 if before else 1
        acts = choices.acts(before.journey if before else None, draft.journey, number)
        if wrong := problems_of(draft, unknown_events=choices.unknown_events):
            raise ProblemsError(wrong)
        version = Version(
            version=number,
            journey=draft.journey,
            published=now(),
            by=request.operator,
            why=choices.why,
            text=kept.text,
        )
        held = published(with_journey(held, version, choices.under_way, state=choices.state), version)
    job = start_job(f"journey-{journey}-v{number}", journey, acts, request) if acts else None
    if kept.number:
        with suppress(PublishedMeanwhileError):  # of another journey's draft: this one says what is published
            journey_definitions.drafts.drop(journey, kept.number)
    logger.info("journey published", journey=journey, version=number, operator=request.operator)
    after = held.journeys[journey]
    told = {"journey": journey, "version": number, "publication": held.number, "state": after.state, "job": job}
    return answer(200, told, etag(after, None))


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever publishes decides."""

    under_way: UnderWay = "finish"
    state: Literal["live", "paused"] = "live"
    include_present: bool = False
    over: int = 0
    continue_finished: int = 0
    unknown_events: bool = False
    why: str = "published"

    @classmethod
    def read(cls, body: dict[str, Any]) -> Choices:
        _only(body, cls.__dataclass_fields__)
        return cls(
            under_way=cast(UnderWay, one_of(body, "under_way", get_args(UnderWay), "finish")),
            state=cast(Literal["live", "paused"], one_of(body, "state", ("live", "paused"), "live")),
            include_present=yes_or_no(body, "include_present"),
            over=duration(body, "over", LONGEST_OVER),
            continue_finished=duration(body, "continue_finished", 366 * DAY),
            unknown_events=yes_or_no(body, "unknown_events"),
            why=text(body, "why", "published"),
        )

    def hold(self, published: Published) -> bool:
        """Whether what they decide for people under way is so already."""
        decided = {"finish": published.version, "move": published.moved, "stop": published.stopped}
        return decided[self.under_way] == published.version

    def acts(self, before: Journey | None, journey: Journey, version: int) -> list[Act]:
        """What follows for people, one after the other. RefusedError: that makes no sense for this journey."""
        trigger = journey.trigger
        acts: list[Act] = []
        if before is not None and self.under_way != "finish":
            acts.append(Wake(below=version))
        if self.include_present:
            if not isinstance(trigger, SegmentChange) or trigger.when != "enters":
                told = "only a journey that begins by entering a segment has people who qualify already"
                raise RefusedError("invalid_choice", told, "include_present")
            acts.append(Start(segment=trigger.segment, over=self.over, placed=True))
        if self.continue_finished:
            step = _appended(before, journey)
            if step is None:
                told = "the new version has no steps behind the last of the one before"
                raise RefusedError("invalid_choice", told, "continue_finished")
            acts.append(Continue(since=now() - self.continue_finished, step=step, over=self.over))
        return acts


def _appended(before: Journey | None, journey: Journey) -> str | None:
    """The first step that was appended to the version before."""
    if before is None:
        return None
    ids = {step.id for step in before.steps}
    steps = [step.id for step in journey.steps]
    last = max((place for place, step in enumerate(steps) if step in ids), default=-1)
    return steps[last + 1] if last + 1 < len(steps) else None


@route(
    "POST",
    "/journeys/{journey}/state",
    role=Role.SENDER,
    about=("state",),
    takes=shapes.State,
    gives=shapes.JourneySwitched,
)
def set_state(request: Request, journey: str) -> Json:
    """`{"state": "live"}` or `"paused"`. A draft is switched on by publishing it."""
    state = cast(Literal["live", "paused"], one_of(request.json(), "state", ("live", "paused")))
    held, before = publication_with(journey)
    if before.state == state:
        return {"journey": journey, "state": state, "job": None}
    if state == "live" and (wrong := problems_of(Written(before.journey, None), unknown_events=True)):
        raise ProblemsError(wrong, "not_ready", "it cannot be switched on as things are", 409)
    made = published(with_state(held, journey, state, now(), request.operator))
    logger.info("journey switched", journey=journey, state=state, operator=request.operator)
    job = wake(made, journey, request) if state == "live" else None
    return {"journey": journey, "state": state, "job": job}


@route(
    "POST",
    "/journeys/{journey}/steps/{step}/state",
    role=Role.SENDER,
    about=("state",),
    takes=shapes.State,
    gives=shapes.JourneySwitched,
)
def set_step_state(request: Request, journey: str, step: str) -> Json:
    """`{"state": "live"}`, `"paused"` (runs wait before it), or of an email `"review"` (a person lets each go)."""
    state = cast(StepState, one_of(request.json(), "state", get_args(StepState)))
    held, before = publication_with(journey)
    found = next((each for each in before.journey.steps if each.id == step), None)
    if found is None:
        raise RefusedError("not_found", "the journey has no such step", "step", 404)
    if state == "review" and found.kind != "send":
        raise RefusedError("invalid_choice", "only an email can be looked at before it goes", "state")
    job = None
    if before.steps.get(step, "live") != state:
        made = published(with_step_state(held, journey, step, state, now(), request.operator))
        logger.info("step switched", journey=journey, step=step, state=state, operator=request.operator)
        job = wake(made, journey, request)
    return {"journey": journey, "step": step, "state": state, "job": job}


def wake(made: Publication, journey: str, request: Request) -> str:
    """Has everybody under way look at once at how the journey stands now: who waited for it to go on does."""
    every = Wake(below=made.journeys[journey].version + 1)
    return start_job(f"journey-{journey}-p{made.number}", journey, [every], request)


@route("GET", "/journeys/{journey}/yaml", role=Role.VIEWER, gives=shapes.Yaml, query=shapes.OfVersion)
def show_yaml(request: Request, journey: str) -> Json:
    """As YAML: the draft, where there is one, or else what is published; or the `version` that is asked for."""
    number = request.query.get("version")
    if number is not None:
        found = version_of(journey, number)
        return {"yaml": found.text or journey_files.written(found.journey), "version": found.version, "etag": None}
    published, draft = journey_definitions.publication().journeys.get(journey), drafts().get(journey)
    if draft is not None:
        return {"yaml": text_of(draft), "version": None, "etag": etag(published, draft)}
    if published is None:
        raise not_found()
    newest = version_of(journey, str(published.version))
    return {
        "yaml": newest.text or journey_files.written(newest.journey),
        "version": newest.version,
        "etag": etag(published, None),
    }


@route("GET", "/journeys/{journey}/versions", role=Role.VIEWER, gives=shapes.JourneyVersions, query=Paging)
def list_versions(request: Request, journey: str) -> Json:
    """The versions of the journey's definition, newest first: who made each, when and why."""
    cursor = request.cursor()
    found = (
        (Place(each.version, ""), {**told_of(each), "definition": dumped(each.journey)})
        for each in journey_definitions.versions_of(journey, cursor.number if cursor else None)
    )
    return paged("versions", found, min(request.limit(MAX_FORMS), MAX_FORMS))


def told_of(version: Version) -> dict[str, Json]:
    return {"version": version.version, "published": version.published, "by": version.by, "why": version.why}


# ── what they have in common ──


def drafts() -> dict[str, Draft]:
    """All drafts by their journeys: those that were made, and of what the shop ships with those that nobody has
    published or changed (number 0)."""
    made, published = journey_definitions.drafts.all(), journey_definitions.publication().journeys
    shipped = {
        id_: Draft(number=0, form=journey, by=SHIPPED, text=journey_files.shipped_texts()[id_])
        for id_, journey in journey_files.shipped().items()
        if id_ not in published
    }
    return shipped | made


def draft_of(journey: str) -> Draft:
    draft = drafts().get(journey)
    if draft is None:
        raise RefusedError("not_found", "there is no draft of this journey", "journey", 404)
    return draft


def known_as(journey: str) -> bool:
    """Whether there is a journey of this id, published or not."""
    return journey in journey_definitions.publication().journeys or journey in drafts()


def publication_with(journey: str) -> tuple[Publication, Published]:
    held = journey_definitions.publication()
    found = held.journeys.get(journey)
    if found is None:
        if journey in drafts():
            raise RefusedError("draft", "it is a draft: it is switched on by publishing it", "journey", 409)
        raise not_found()
    return held, found


def version_of(journey: str, number: str) -> Version:
    if number.isascii() and number.isdigit() and len(number) < 10:
        found = next(journey_definitions.versions_of(journey, int(number) + 1), None)
        if found is not None and found.version == int(number):
            return found
    raise RefusedError("not_found", "the journey has no such version", "version", 404)


def text_of(draft: Draft) -> str:
    """The draft as YAML: as it was written, where it was."""
    return journey_files.written(draft.form) if draft.text is None else draft.text


def form_of(journey: str) -> Journey:
    """As it is published, or as its draft could last be read."""
    published = journey_definitions.publication().journeys.get(journey)
    return published.journey if published else draft_of(journey).form


def whole(draft: Draft) -> Written:
    """The journey that a draft is, with its text. ProblemsError: it is none yet."""
    return written_in({"yaml": draft.text}, draft.form.id) if draft.unfinished else Written(draft.form, text_of(draft))


def written_in(body: dict[str, Any], id_: str | None = None) -> Written:
    """The journey in a body, `{"yaml": …}` or `{"definition": …}`. ProblemsError: each with its step and line."""
    if set(body) not in ({"yaml"}, {"definition"}):
        raise RefusedError("invalid_journey", "send `yaml`, a text, or `definition`, an object", "yaml")
    written = body.get("yaml")
    if written is not None and not isinstance(written, str):
        raise RefusedError("invalid_journey", "it must be a text", "yaml")
    try:
        parsed = Parsed(body["definition"]) if written is None else journey_files.read(written)
    except NotYamlError as error:
        raise ProblemsError([Problem(None, str(error), error.line)]) from None
    value = clean(parsed.value)  # texts in the one form in which all that is told of contacts is compared
    if not isinstance(value, dict):
        raise ProblemsError([Problem(None, "a journey is a mapping, with `id`, `name`, `trigger` and `steps`", 1)])
    try:
        # JSON, strictly: a form that only the code uses (milliseconds, true for 1) is none of theirs.
        journey = Journey.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        from shared.domain.journeys import checking  # which most requests do not wait for

        raise ProblemsError(_placed(checking.unreadable(error, value), parsed)) from None
    if id_ is not None and journey.id != id_:
        line = parsed.line(("id",))
        raise ProblemsError([Problem(None, f"the id must stay {id_}: another id is another journey", line)])
    return Written(journey, written)


def problems_of(
    written: Written, *, unknown_events: bool = False, arms: Mapping[str, Arms] | None = None
) -> list[Problem]:
    """What speaks against publishing it. `unknown_events`: events that have not come in yet are none. `arms`: of
    experiments, as they are to be."""
    from shared.domain.journeys import checking

    parsed = Parsed(None) if written.text is None else journey_files.read(written.text)
    return _placed(checking.problems(written.journey, known.known(written.journey.id, unknown_events, arms)), parsed)


def _placed(problems: Iterable[checking.Problem], parsed: Parsed) -> list[Problem]:
    return [Problem(each.step, each.text, parsed.line(each.path)) for each in problems]


def keep(written: Written, instead_of: int | None, operator: str, status: int, *, unfinished: bool = False) -> Response:
    id_ = written.journey.id
    try:
        draft = journey_definitions.drafts.put(
            id_, written.journey, written.text, instead_of=instead_of, by=operator, unfinished=unfinished
        )
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "yaml", 413) from None
    return answer(status, drafted(draft, journey_definitions.publication().journeys.get(id_)))


def drafted(draft: Draft, published: Published | None) -> dict[str, Json]:
    """`definition` and `words` are those of the form that could last be read, where the text is `unfinished`."""
    try:
        problems = problems_of(whole(draft))
    except ProblemsError as error:
        problems = [*error.problems]
    return {
        "definition": dumped(draft.form),
        "unfinished": draft.unfinished,
        "etag": etag(published, draft),
        "at": draft.at or None,
        "by": draft.by,
        "text": text_of(draft),
        "problems": [each._asdict() for each in problems],
        "words": known.in_words(draft.form),
    }


def published(made: Publication, version: Version | None = None) -> Publication:
    try:
        journey_definitions.publish(made, version)
        return made
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "yaml", 413) from None


def start_job(name: str, journey: str, acts: Iterable[Act], request: Request, at: Instant | None = None) -> str:
    """Has the refresh workflow do these for people, one after the other; the name by which `GET /jobs/{job}` tells how
    it stands. Asked for again by the same name, it is the same."""
    job = Job(
        journey=journey,
        publication=journey_definitions.publication().number,
        at=now() if at is None else at,
        by=request.operator,
        acts=tuple(acts),
    )
    refreshes.start(name, {"do": "journey", "job": job.model_dump(mode="json")})
    logger.info("journey job", job=name, journey=journey, operator=request.operator)
    return name


def etag(published: Published | None, draft: Draft | None) -> str | None:
    """Names the form that whoever edits the journey has before them: the draft, or else what is published."""
    if draft is not None:
        return f'"draft-{draft.number}"'
    return None if published is None else f'"version-{published.version}"'


def only_if_unchanged(request: Request, journey: str) -> None:
    """RefusedError where the request is about another form of the journey than there is by now."""
    if request.if_match is None:
        return
    published = journey_definitions.publication().journeys.get(journey)
    if request.if_match != etag(published, drafts().get(journey)):
        told = "somebody else has changed this journey: look at their version and bring your changes into it"
        raise RefusedError("changed_meanwhile", told, "If-Match", 412)


def dumped(journey: Journey) -> dict[str, Json]:
    told: dict[str, Json] = journey.model_dump(mode="json", by_alias=True, exclude_none=True)
    return told


def one_of(body: dict[str, Any], name: str, choices: Iterable[str], otherwise: str | None = None) -> str:
    value = body.get(name, otherwise)
    if value not in tuple(choices):
        raise RefusedError("invalid_choice", f"it must be one of {', '.join(choices)}", name)
    return str(value)


def yes_or_no(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise RefusedError("invalid_choice", "it must be true or false", name)
    return value


def duration(body: dict[str, Any], name: str, most: int) -> int:
    """0 when it is left out."""
    value = body.get(name)
    if value is None:
        return 0
    try:
        found = parse_duration(value) if isinstance(value, str) else -1
    except ValueError:
        found = -1
    if not 0 < found <= most:
        told = f'it must be a duration such as "2h", at most {format_duration(most)}'
        raise RefusedError("invalid_choice", told, name)
    return found


def text(body: dict[str, Any], name: str, otherwise: str) -> str:
    value = body.get(name, otherwise)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 500:
        raise RefusedError("invalid_choice", "it must be a text of at most 500 characters", name)
    return value.strip()


def _only(body: dict[str, Any], names: Iterable[str]) -> None:
    for name in body:
        if name not in set(names):
            raise RefusedError("invalid_choice", f"it is none of {', '.join(sorted(names))}", name)


def taken() -> RefusedError:
    told = "there is already a journey with this id: open that one, or choose another id"
    return RefusedError("taken", told, "id", 409)


def not_found() -> RefusedError:
    return RefusedError("not_found", "there is no such journey", "journey", 404)


def changed_meanwhile() -> RefusedError:
    return RefusedError(
        "changed_meanwhile", "somebody else has changed the journeys: look at their version and try again", status=409
    )
