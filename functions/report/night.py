"""The steps of a night of reports: `infra/statemachines/reports.asl.json` says in which order they come.

Each can be done again, after a crash or beside another night: what is asked of Athena is asked under a name, a report
depends on nothing but the answers and what the shop has defined, and is written in the place of itself. Of two nights
at once the one that began first goes on, and one that a newer one has overtaken ends. A report that fails leaves the
others alone, and its own of the night before. In the state are ids, numbers and dates.

To add a report: a module of this folder with `asks` and `made` (see `seam`), and its name in REPORTS.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, cast

from aws_lambda_powertools import Logger
from pydantic import BaseModel, Field, TypeAdapter

from functions.report import emailing
from functions.report.seam import Report
from shared.adapters import athena, comparisons, definitions, nights, reports
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.calendars import local
from shared.domain.events import DAY, Instant, event_id

MAX_FAILURES = 3
"""Of one question, before its report is given up for this night."""
STALE = DAY
"""A night that has not come to its end by then makes nothing more: the next one knows better."""

logger = Logger()

REPORTS: tuple[str, ...] = (
    "figures",
    "daily",
    "kpis",
    "attribution",
    "objectives",
    "cohorts",
    "funnel",
    "forms",
    "feedback",
    "audit",
    "costs",
    "experiments",
)
"""Modules of this folder, each a report of the same name. They are made in this order."""


class Asked(BaseModel):
    """What a night is started with. `again`: in the place of the one that has worked at this night, which has died."""

    again: bool = False


class Query(BaseModel):
    """A question of a report: how often it has failed, and the query (None: it is to be asked)."""

    report: str
    question: str
    failures: int = 0
    id: str | None = None


class Night(BaseModel):
    """How a night stands. `next` is where the workflow goes: to `failed`, where it has come to its end without some of
    the reports. `why` says why it has ended early."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    at: Instant
    night: str
    of_pass: str = ""
    """The export that says who is in which segment: the newest one when it began, whatever has come since."""
    next: Literal["ask", "answer", "make", "tell", "done", "failed"]
    queries: list[Query] = Field(default_factory=list)
    left: list[str] = Field(default_factory=list)
    """Reports that are to be made yet."""
    failed: list[str] = Field(default_factory=list)
    """Reports that stay as they were."""
    why: str = ""

    @property
    def seen(self) -> Seen:
        return Seen(self.at, self.of_pass)

    def then(self, next_: str, **parts: Any) -> Night:
        return self.model_copy(update={"next": next_, **parts})


class Begin(BaseModel):
    task: Literal["begin"]
    name: str
    input: Asked


class Step(BaseModel):
    task: Literal["ask", "take", "make", "leave", "tell"]
    state: Night


TASK: TypeAdapter[Begin | Step] = TypeAdapter(Annotated[Begin | Step, Field(discriminator="task")])


def step(event: dict[str, Any], t: Instant) -> dict[str, Any]:
    """Does the step that the workflow asks for; gives the state it is then in."""
    match TASK.validate_python(event):
        case Begin(name=name, input=asked):
            return begin(name, asked, t).model_dump()
        case Step(task=task, state=state):
            if t - state.at > STALE:
                return state.then("done", why="stale").model_dump()
            if not nights.is_newest(reports.NIGHT, state.name):
                return state.then("done", why="overtaken").model_dump()
            return {"ask": ask, "take": take, "make": make, "leave": leave, "tell": tell}[task](state).model_dump()


def begin(name: str, asked: Asked, t: Instant) -> Night:
    night = local(t, definitions.shop_zone()).date().isoformat()
    of_pass = comparisons.newest_pass()
    started = Night(name=name, at=t, night=night, of_pass=of_pass, next="ask", left=list(REPORTS))
    if not nights.claim(reports.NIGHT, name, night, again=asked.again):
        return started.then("done", why="another is at work, or was")
    queries, failed = list[Query](), list[str]()
    for report in REPORTS:
        try:
            queries += [Query(report=report, question=each) for each in _module(report).asks(started.seen)]
        except Exception:
            logger.exception("not asked", report=report)
            failed.append(report)
    return _without(started, failed).then("ask", queries=queries)


def ask(state: Night) -> Night:
    """Puts the questions that nobody answers yet to Athena, all at once."""
    several = {report: _module(report).asks(state.seen) for report in state.left}
    queries = [each if each.id is not None else _asked(each, several, state.name) for each in state.queries]
    return state.then("answer", queries=queries)


def _asked(query: Query, several: Mapping[str, Mapping[str, Question]], night: str) -> Query:
    name = event_id(night, query.report, query.question, str(query.failures))
    return query.model_copy(update={"id": athena.start(*several[query.report][query.question], name=name)})


def take(state: Night) -> Night:
    """Looks whether all is answered."""
    queries, ended, failed = [], True, set[str]()
    for query in state.queries:
        try:
            ended &= athena.has_ended(str(query.id))
        except athena.QueryFailedError as error:
            logger.error("a query failed", report=query.report, question=query.question, reason=str(error))
            query = query.model_copy(update={"failures": query.failures + 1, "id": None})  # noqa: PLW2901
            if query.failures > MAX_FAILURES:
                failed.add(query.report)
        queries.append(query)
    queries = [each for each in queries if each.report not in failed]
    again = any(each.id is None for each in queries)
    state = _without(state.then("ask", queries=queries), failed)
    return state if again else state.then("make" if ended else "answer")


def make(state: Night) -> Night:
    """Makes the next report, of which there is one in a step: none takes another's time. After the last, deletes what
    the queries have left."""
    if not state.left:
        return _end(state)
    report = state.left[0]
    try:
        rows = {each.question: athena.rows(str(each.id)) or [] for each in state.queries if each.report == report}
        reports.record(report, state.seen, _module(report).made(state.at, rows))
    except Exception:
        logger.exception("not made", report=report)
        return leave(state)
    return state.then("make", left=state.left[1:])


def leave(state: Night) -> Night:
    """Leaves the report as it was that this night cannot make."""
    return _without(state, state.left[:1]).then("make")


def _end(state: Night) -> Night:
    for query in state.queries:
        athena.forget(str(query.id))
    return state.then("tell")


def tell(state: Night) -> Night:
    """Sends what is due by email."""
    emailing.send_due(state.name, state.night, state.at)
    return state.then("failed" if state.failed else "done")


def _without(state: Night, failed: Collection[str]) -> Night:
    """The night without reports that cannot be made."""
    left = [each for each in state.left if each not in failed]
    queries = [each for each in state.queries if each.report not in failed]
    return state.then(state.next, left=left, queries=queries, failed=[*state.failed, *sorted(failed)])


def _module(report: str) -> Report:
    return cast(Report, importlib.import_module(f"functions.report.{report}"))
