"""The steps of a pass over all contacts: `infra/statemachines/refresh.asl.json` says in which order they come.

A pass is about one instant and one publication, and what it has come to travels in its `Pass`: ids and numbers only.
Each step can be done again, after a crash or beside another pass: what it publishes is published only where it is
not yet, and an evaluation that is asked for twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from aws_lambda_powertools import Logger
from pydantic import BaseModel, Field, TypeAdapter

from functions.refresh import jobs
from shared.adapters import (
    athena,
    comparisons,
    contacts,
    definitions,
    events_queue,
    experiments,
    journey_definitions,
    members,
    refreshes,
    segment_sizes,
)
from shared.adapters.contacts import Place
from shared.domain import sql
from shared.domain.events import HOUR, MINUTE, Instant, Json, evaluation_due, event_id, iso
from shared.domain.journeys.jobs import Job
from shared.domain.journeys.publications import journeys_begun_by
from shared.domain.publications import Publication, compiled, dependants, lacks_cutoffs, with_cutoffs, with_shipped
from shared.domain.segments import ranks

MAX_CONTACTS = 2_000
"""Asked to adopt a publication in one step. An execution has room for about 2,500 such steps."""
MAX_WAITING = 5_000
"""Events on the queue at which the filling waits, so that the shop's own are not held up."""
MAX_ROWS = 1_000
"""Of an answer, taken in one step."""
MAX_FAILURES = 3
"""Of a query, before the pass gives up."""
LAKE_IS_LATE = 6 * MINUTE
"""By how much, at most: its function takes five minutes' events at a time."""
MAX_EXAMPLES = 20
MAX_DIFFERING = 10_000_000
MAX_SEGMENTS = 250
"""Compared in one query: some 160 KB of SQL, and Athena takes 256."""
MAX_ROUNDS = 5
"""Of working out cut-offs that follow others."""

logger = Logger()


class Asked(BaseModel):
    """What a pass is started with: `nightly`; `fill`, to have all contacts adopt the newest publication; `dry_run` of a
    segment's draft, of this number, or of what an experiment with it that the document of this number has would publish
    by beginning or ending (with a `winner`, or none); `rebuild`, to make profiles, lake and Members again from the
    contacts' events, and then do what a night does; or `journey`, to do a job for people of a journey."""

    do: Literal["nightly", "fill", "dry_run", "rebuild", "journey"]
    segment: str | None = None
    draft: int | None = None
    experiment: str | None = None
    winner: str | None = None
    start_journeys: bool = False
    job: Job | None = None


class Page(BaseModel):
    """The place of the next page of contacts (None: there is none), how many contacts came before, and how many members
    of which segments were wrong (functions/export)."""

    place: Place | None = Place()
    contacts: int = 0
    corrected: dict[str, int] = Field(default_factory=dict)


class Placed(BaseModel):
    """Behind which partition the lake is to be made again (None: there is no other)."""

    after: str | None = ""


class Pass(Asked):
    """How a pass stands. It is about the publication `definitions`, and what it finds wrong is to be decided by the
    publication `adopt` or a later one. `next` is where the workflow goes."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    at: Instant
    lake_ready_at: str
    """When the lake has all events up to `at`."""
    definitions: int
    adopt: int
    next: Literal["export", "ask", "answer", "take", "settle", "fill", "lake", "done"]
    question: Literal["cutoffs", "differing", "preview", "examples"] | None = None
    page: Page = Page()
    cutoffs: dict[str, float | None] = Field(default_factory=dict)
    query: str | None = None
    token: str | None = None
    failures: int = 0
    rounds: int = 0
    part: int = 0
    """Of the segments that are compared: so many at a time."""
    placed: Placed = Placed()
    act: int = 0
    """Which of the job's is being done, behind whom (`after`)."""
    after: str = ""
    found: dict[str, Any] = Field(default_factory=dict)

    def then(self, next_: str, **parts: Any) -> Pass:
        return self.model_copy(update={"next": next_, **parts})


class Begin(BaseModel):
    task: Literal["begin"]
    name: str
    input: Asked


class Step(BaseModel):
    task: Literal["ask", "take", "fill", "look"]
    state: Pass


TASK: TypeAdapter[Begin | Step] = TypeAdapter(Annotated[Begin | Step, Field(discriminator="task")])


def step(event: dict[str, Any], t: Instant) -> dict[str, Any]:
    """Does the step that the workflow asks for; gives the state it is then in."""
    match TASK.validate_python(event):
        case Begin(name=name, input=asked):
            return begin(name, asked, t).model_dump()
        case Step(task=task, state=state):
            return {"ask": ask, "take": take, "fill": fill, "look": look}[task](state, t).model_dump()


def begin(name: str, asked: Asked, t: Instant) -> Pass:
    """Fixes what the pass is about. At night, what a deployment has brought is published first, and members are counted
    again."""
    if asked.do == "journey":
        return Pass(**asked.model_dump(), name=name, at=t, lake_ready_at=iso(t), definitions=0, adopt=0, next="fill")
    definitions.ensure_recorded(1)
    publication = definitions.publication()
    if asked.do in ("nightly", "rebuild"):
        publication = _with_shipped(publication, t)
        for segment in publication.segments:
            members.recount(segment.id)
        if asked.do == "nightly":
            segment_sizes.keep(members.counts(), t)
    number = publication.number
    started = Pass(
        **asked.model_dump(), name=name, at=t, lake_ready_at=iso(t), definitions=number, adopt=number, next="settle"
    )
    if asked.do == "rebuild" or (asked.do == "fill" and not lacks_cutoffs(publication, refreshes.filled())):
        return started
    exporting = _exporting(started)
    if asked.do == "dry_run" and "FROM events" not in _sql(exporting) + _sql(exporting.then("ask", question="preview")):
        return exporting  # an operator waits, and the lake's events are not needed
    return exporting.then("export", lake_ready_at=iso(t + LAKE_IS_LATE))


def look(state: Pass, t: Instant) -> Pass:
    """What a night does, at this instant: what was made again may have taken hours."""
    return _exporting(state.then("export", do="nightly", at=t, lake_ready_at=iso(t + LAKE_IS_LATE), page=Page()))


def _exporting(state: Pass) -> Pass:
    ranked = any(ranks(segment) for segment in _publication(state).segments)
    return state.then("export", question="cutoffs" if ranked else _question(state))


def _with_shipped(publication: Publication, t: Instant) -> Publication:
    try:
        brought = with_shipped(publication, definitions.shipped(), definitions.zone(), t, definitions.shipped_models())
    except ValueError as error:  # the shop's own segments come first
        logger.error("what a deployment has brought does not fit the shop's own segments", reason=str(error))
        return publication
    if brought is None:
        return publication
    definitions.publish(brought)
    return brought


def ask(state: Pass, t: Instant) -> Pass:
    """Puts the pass's question to Athena."""
    name = event_id(state.name, str(state.question), str(state.rounds), str(state.part), str(state.failures))
    return state.then("answer", query=athena.start(_sql(state), name=name), token=None)


def take(state: Pass, t: Instant) -> Pass:
    """Does what the next rows of the answer ask for; nothing, while there is none."""
    assert state.query is not None
    try:
        if not athena.has_ended(state.query):
            return state.then("answer")
    except athena.QueryFailedError:
        if state.failures >= MAX_FAILURES:
            raise
        return state.then("ask", failures=state.failures + 1)
    rows, token = athena.page(state.query, state.token, MAX_ROWS)
    match state.question:
        case "cutoffs":
            return _take_cutoffs(state, rows, t)
        case "preview":
            return state.then("ask", question="examples", found=_sizes(state, rows[0]))
        case "examples":
            examples = [row["contact"] for row in rows]
            return state.then("done", found={**state.found, "examples": examples})
        case _:
            events_queue.put_events(evaluation_due(row["contact"], t, all=1, definitions=state.adopt) for row in rows)
            state = state.then("take", token=token, found=_differing(state, rows))
            if token is not None:
                return state
            if (state.part + 1) * MAX_SEGMENTS < len(_publication(state).segments):
                return state.then("ask", part=state.part + 1)
            is_filled = _is_filled(t)
            comparisons.record(_compared(state, is_filled))
            return state.then("done" if is_filled else "settle", page=Page())


def _differing(state: Pass, rows: Iterable[dict[str, Json]]) -> dict[str, Any]:
    """What the comparison has come to, these rows counted: how many `memberships` differ in each segment, of how many
    `contacts`, and the first `people`. Who differs in segments of several parts is one of each part's."""
    memberships = Counter(state.found.get("memberships", {}))
    contacts_, people = state.found.get("contacts", 0), list(state.found.get("people", ()))
    for row in rows:
        memberships.update(row["segments"].split())
        contacts_ += 1
        if len(people) < MAX_EXAMPLES and row["contact"] not in people:
            people.append(row["contact"])
    return {"memberships": dict(memberships), "contacts": contacts_, "people": people}


def _compared(state: Pass, is_filled: bool) -> comparisons.Comparison:
    segments = _publication(state).segments
    ranked = frozenset(dependants(segments, [segment.id for segment in segments if ranks(segment)]))
    found = state.found
    return comparisons.Comparison(
        at=state.at,
        contacts=found["contacts"],
        memberships=found["memberships"],
        ranked=tuple(sorted(ranked & found["memberships"].keys())),
        people=tuple(found["people"]),
        is_filled=is_filled,
        of_pass=state.name,
        corrected=state.page.corrected,
    )


def fill(state: Pass, t: Instant) -> Pass:
    """Asks the next page of contacts to adopt the publication, or to be made again, or does a job for the next people,
    unless too many events wait."""
    if state.job is not None:
        return _done_for_some(state, state.job, t)
    if state.page.place is None or events_queue.waiting() > MAX_WAITING:
        return state.then("fill") if state.page.place else _filled(state)
    found, following = contacts.page(state.page.place, MAX_CONTACTS)
    anew = {"all": 1, "rebuild": 1} if state.do == "rebuild" else {}
    events_queue.put_events(evaluation_due(contact, t, definitions=state.adopt, **anew) for contact in found)
    page = Page(place=following, contacts=state.page.contacts + len(found))
    refreshes.record_filling(refreshes.Filling(state.adopt, page.contacts, t, finished=following is None))
    going_on = state.then("fill", page=page)
    return _filled(going_on) if following is None else going_on


def _done_for_some(state: Pass, job: Job, t: Instant) -> Pass:
    if state.act == len(job.acts):
        return state.then("done", found={"people": state.page.contacts})
    if events_queue.waiting() > MAX_WAITING:
        return state.then("fill")
    told = jobs.tell_some(state.name, job, job.acts[state.act], state.after, t)
    page = Page(place=None, contacts=state.page.contacts + told.people)
    if told.after is not None:
        return state.then("fill", page=page, after=told.after)
    following = state.then("fill", page=page, after="", act=state.act + 1)
    return _done_for_some(following, job, t) if following.act == len(job.acts) else following


def _filled(state: Pass) -> Pass:
    return state.then("lake", page=Page()) if state.do == "rebuild" else state.then("done")


def _publication(state: Pass) -> Publication:
    """What the pass is about, with the cut-offs that it has found."""
    tried = experiments.Tried(state.segment, state.draft, state.experiment, state.winner)
    publication = experiments.with_tried(state.definitions, tried, state.at)
    return with_cutoffs(publication, state.cutoffs, state.at) or publication


def _question(state: Pass) -> Literal["preview", "differing"]:
    """What the pass asks once it knows the cut-offs."""
    return "preview" if state.do == "dry_run" else "differing"


def _take_cutoffs(state: Pass, rows: Iterable[dict[str, Json]], t: Instant) -> Pass:
    none = {rank.key: None for segment in _publication(state).segments for rank in ranks(segment)}
    cutoffs = {**none, **{row["rank"]: row["cutoff"] for row in rows}}
    known = state.then("ask", cutoffs=cutoffs)
    if _publication(known) != _publication(state) and _ranks_among_ranked(known) and state.rounds < MAX_ROUNDS:
        return known.then("ask", rounds=state.rounds + 1)
    if state.do == "dry_run":
        return known.then("ask", question="preview")
    publication = definitions.publication()
    moved = with_cutoffs(publication, cutoffs, t)
    if moved is not None:
        definitions.publish(moved)
        publication = moved
    if state.do == "fill":
        return known.then("settle", adopt=publication.number, page=Page())
    return known.then("ask", question="differing", adopt=publication.number)


def _ranks_among_ranked(state: Pass) -> bool:
    """Whether a rank is among a segment that depends on ranks itself: its cut-off then follows theirs."""
    segments = _publication(state).segments
    ranked = set(dependants(segments, [segment.id for segment in segments if ranks(segment)]))
    return any(rank.among in ranked for segment in segments for rank in ranks(segment))


def _is_filled(t: Instant) -> bool:
    """Whether all contacts have been asked to adopt the newest publication that is for all, or are being asked."""
    number = definitions.publication().to_fill
    found = refreshes.filling(number)
    return number == 1 or (found is not None and (found.finished or t - found.at < HOUR))


def _sql(state: Pass) -> str:
    shop_definitions = compiled(_publication(state))
    match state.question:
        case "cutoffs":
            ranked = [rank for segment in shop_definitions.segments.values() for rank in ranks(segment)]
            return sql.cutoffs(shop_definitions, ranked, state.at, state.name)
        case "preview":
            return sql.preview(shop_definitions, str(state.segment), state.at, state.name)
        case "examples":
            return sql.differing(shop_definitions, [str(state.segment)], state.at, state.name, most=MAX_EXAMPLES)
        case _:
            some = list(shop_definitions.segments)[state.part * MAX_SEGMENTS : (state.part + 1) * MAX_SEGMENTS]
            return sql.differing(shop_definitions, some, state.at, state.name, most=MAX_DIFFERING)


def _sizes(state: Pass, row: dict[str, Json]) -> dict[str, Json]:
    """What a dry run has to tell."""
    starting = journeys_begun_by(journey_definitions.journeys(), str(state.segment))
    return {
        "as_of": state.at,
        "entering": row["entering"],
        "leaving": row["leaving"],
        "staying": row["staying"],
        "mails_started": row["entering"] * starting if state.start_journeys else 0,
    }
