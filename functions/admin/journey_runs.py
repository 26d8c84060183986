"""Runs: the people behind a number, the way of one contact, and what an operator decides for some or all. Routes of the
admin's API.

No run is written here. What is decided is told to each contact on their queue, one by one or by a job of the refresh
workflow, and done in the contact's own transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Any

from functions.admin import journey_drafts, views
from functions.admin.journey_drafts import duration, not_found, publication_with, start_job, yes_or_no
from functions.admin.passes import outcome_of
from functions.admin.rest import Paging, Place, Request, cursor_of, left_out, logger, paged, route
from functions.admin.shapes import journeys as shapes
from shared.adapters import (
    contact_runs,
    contacts,
    definitions,
    events_queue,
    journey_definitions,
    members,
    run_counts,
)
from shared.adapters.clock import now
from shared.adapters.contact_runs import Kept
from shared.adapters.run_counts import Row
from shared.domain import calendars
from shared.domain.events import NEVER, Event, Instant, Json
from shared.domain.journeys.definition import Published
from shared.domain.journeys.jobs import Move, Start
from shared.domain.journeys.runs import LEAVING, Begin, Moved
from shared.domain.journeys.telling import tell
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

MAX_LOOKED_AT = 10_000
"""Runs that are looked at for one page of those that are asked for; its cursor leads to the others."""
MAX_COUNTED = 50_000
"""Runs that are counted before a job: the answer says whether there are `more`."""
MAX_READ = 500
"""Likewise, where the runs themselves have to be read."""
MAX_CONTACTS = 200
STANDING: Mapping[str, Callable[[Row], bool]] = {
    "waiting": lambda row: row.outcome is None,
    "held": lambda row: row.outcome is None and row.held,
    "ended": lambda row: row.outcome is not None,
    "goal": lambda row: row.goal,
}
"""What can be asked of a run as it stands."""
ON_RECORD: Mapping[str, Collection[str]] = {
    "started": ("began",),
    "entered": ("entered",),
    "sent": ("sent", "sent_after"),
    "skipped": ("skipped",),
    "left": LEAVING,
}
"""And what of what happened to it, by the records that say so (of a run the newest 300)."""
ON_DAYS: Mapping[str, Collection[str]] = {**ON_RECORD, "goal": ("goal",), "ended": ("ended",)}
"""What can be asked of some days, by the records of them: the people behind a number of these days."""


# ── who is where ──


@route("GET", "/journeys/{journey}/runs", role=Role.VIEWER, gives=shapes.RunsOfPeople, query=shapes.RunsAsked)
def list_runs(request: Request, journey: str) -> Json:
    """The runs behind a number: `?what=` is how they stand (`waiting`, `held`, `ended`, `goal`) or what is on record of
    them (`started`, `entered`, `sent`, `skipped`, `left`), `?step=` where, `?reason=` why, `?outcome=` how they ended;
    `?from=` and `?to=` on which days of the shop's that was (of what is on record, and of `goal` and `ended`). A page
    can be empty and have a `cursor` all the same: there are more to look at."""
    if journey not in journey_definitions.publication().journeys:
        raise not_found()
    wanted = Wanted.read(request)
    limit, cursor = request.limit(50), request.cursor()
    found: list[Row] = []
    last: str | None = None
    rows = run_counts.rows(journey, cursor.name if cursor else "")
    for looked_at, row in enumerate(rows):
        if looked_at == (MAX_READ if wanted.records else MAX_LOOKED_AT) or len(found) == limit:
            break
        last = row.run
        if wanted.fits(row, journey):
            found.append(row)
    else:
        last = None
    profiles = contacts.read_all((row.contact for row in found), left_out)
    people = {stored.profile.contact: views.person(stored.profile) for stored in profiles}
    return {
        "runs": [{**people.get(row.contact, {"email": None, "name": None}), **told_of(row)} for row in found],
        "cursor": cursor_of(Place(0, last)) if last is not None else None,
    }


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs are asked for."""

    step: str | None
    what: str | None
    outcome: str | None
    reason: str | None
    since: Instant = 0
    until: Instant = NEVER

    @classmethod
    def read(cls, request: Request) -> Wanted:
        what = request.query.get("what")
        if what is not None and what not in (*STANDING, *ON_RECORD):
            raise RefusedError("invalid_choice", f"it must be one of {', '.join((*STANDING, *ON_RECORD))}", "what")
        step, outcome, reason = (request.query.get(name) for name in ("step", "outcome", "reason"))
        first, last = (_day(request, name) for name in ("from", "to"))
        if (first or last) and what not in ON_DAYS:
            raise RefusedError("invalid_choice", f"of days, it must be one of {', '.join(ON_DAYS)}", "what")
        zone = definitions.segments().compiler.zone
        begin = calendars.day_start(first, zone) if first else 0
        end = calendars.day_start(last + timedelta(days=1), zone) if last else NEVER
        return cls(step, what, outcome, reason, begin, end)

    @property
    def records(self) -> Collection[str]:
        """The records that are looked for; none, where how the run stands is all that is asked."""
        of_days = self.since > 0 or self.until < NEVER
        return (ON_DAYS if of_days else ON_RECORD).get(self.what or "", ())

    def fits(self, row: Row, journey: str) -> bool:
        if self.outcome not in (None, row.outcome):
            return False
        if self.records:
            return self._may_be_of_the_days(row) and self.is_on_record(
                contact_runs.read(row.contact, journey, row.number), self.records
            )
        return self.step in (None, row.step) and (self.what is None or STANDING[self.what](row))

    def _may_be_of_the_days(self, row: Row) -> bool:
        return row.started < self.until and (row.outcome is None or row.ended >= self.since)

    def is_on_record(self, kept: Kept | None, what: Collection[str]) -> bool:
        return kept is not None and any(
            each.what in what
            and self.step in (None, each.step)
            and self.reason in (None, each.why)
            and self.since <= each.time < self.until
            for each in kept.run.records
        )


def _day(request: Request, name: str) -> date | None:
    text = request.query.get(name)
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise RefusedError("invalid_day", "write a day as 2026-11-24", name) from None


def told_of(row: Row) -> dict[str, Json]:
    return {
        "run": row.run,
        "contact": row.contact,
        "number": row.number,
        "version": row.version,
        "step": row.step,
        "since": row.since,
        "started": row.started,
        "wake_at": views.instant(row.wake_at) if row.outcome is None else None,
        "held": row.held,
        "goal": row.goal,
        "outcome": row.outcome,
        "ended": views.instant(row.ended),
    }


@route("GET", "/contacts/{contact}/runs", role=Role.VIEWER, gives=shapes.RunsTold, query=Paging)
def show_runs(request: Request, contact: str) -> Json:
    """Every run the contact has had, newest first, with all that is on record of it, in words."""
    of = views.profile_of(contact).contact
    return paged("runs", views.after(runs_of(of), request.cursor()), request.limit(20))


def runs_of(contact: str) -> list[views.Placed]:
    names = {id_: each.journey.name for id_, each in journey_definitions.newest().journeys.items()}
    zone = definitions.segments().compiler.zone
    told = [
        (Place(kept.run.started, kept.run.id), views.run(kept.run, names.get(kept.run.journey, kept.run.journey), zone))
        for kept in contact_runs.of_contact(contact)
    ]
    return sorted(told, key=lambda placed: placed[0], reverse=True)


# ── what is decided ──


@route(
    "POST",
    "/runs/move",
    role=Role.SENDER,
    about=("journey", "from", "to", "contact", "run"),
    takes=shapes.Runs,
    gives=shapes.PeopleJob,
)
def move(request: Request) -> Json:
    """`{"journey", "from": a step, or "contact" and "run", "to": a step}`: those go on there. `dry_run`: how many."""
    body = request.json()
    published = published_in(body)
    to = body.get("to")
    if to not in [step.id for step in published.journey.steps]:
        raise RefusedError(
            "invalid_choice", "the journey has no such step: moved runs go on by the newest version", "to"
        )
    return decide(request, body, published, "move", to=to)


@route(
    "POST",
    "/runs/stop",
    role=Role.SENDER,
    about=("journey", "from", "contact", "run"),
    takes=shapes.Runs,
    gives=shapes.PeopleJob,
)
def stop(request: Request) -> Json:
    """`{"journey", "from": a step, or "contact" and "run", or "all": true}`: those end. `dry_run`: how many."""
    body = request.json()
    return decide(request, body, published_in(body), "stop")


@route(
    "POST",
    "/runs/release",
    role=Role.SENDER,
    about=("journey", "from", "contact", "run"),
    takes=shapes.Runs,
    gives=shapes.PeopleJob,
)
def release(request: Request) -> Json:
    """`{"journey", "from": a step, or "contact" and "run"}`: emails that were held for a person to look at go."""
    body = request.json()
    return decide(request, body, published_in(body), "release", release=True)


def published_in(body: dict[str, Any]) -> Published:
    journey = body.get("journey")
    if not isinstance(journey, str):
        raise RefusedError("invalid_choice", "it is required: a journey's id", "journey")
    return publication_with(journey)[1]


def decide(
    request: Request,
    body: dict[str, Any],
    published: Published,
    what: str,
    *,
    to: str | None = None,
    release: bool = False,
) -> Json:
    """For one run at once, for many by a job."""
    journey, dry = published.journey.id, yes_or_no(body, "dry_run")
    if "contact" in body or "run" in body:
        row = one_run(body, journey)
        if not dry:
            step = row.step if release else to
            moved = Moved(now(), row.run, step, request.operator, release)
            events_queue.put_events([tell(row.contact, moved, now())])
            logger.info("run decided", what=what, run=row.run, operator=request.operator)
        return {"people": 1, "more": False, "job": None}
    step = body.get("from")
    if step is None and yes_or_no(body, "all") and what == "stop":
        chosen = (row.outcome is None for row in run_counts.rows(journey))
    elif isinstance(step, str):
        chosen = (
            row.outcome is None and row.step == step and (row.held or not release) for row in run_counts.rows(journey)
        )
    else:
        raise RefusedError("invalid_choice", "name a step, or a contact and a run", "from")
    looked_at = list(islice(chosen, MAX_COUNTED + 1))
    told: dict[str, Json] = {"people": sum(looked_at[:MAX_COUNTED]), "more": len(looked_at) > MAX_COUNTED, "job": None}
    if dry or not (told["people"] or told["more"]):
        return told
    name = f"journey-{journey}-{what}-{now()}"
    return told | {"job": start_job(name, journey, [Move(step=step, to=to, release=release)], request)}


def one_run(body: dict[str, Any], journey: str) -> Row:
    """The run of the contact by its name or number. RefusedError: there is none, or it has ended."""
    contact, run = body.get("contact"), body.get("run")
    if not isinstance(contact, str) or not isinstance(run, str | int):
        raise RefusedError("invalid_choice", "name a contact and a run", "run")
    for kept in contact_runs.of_contact(contact, journey):
        if run in (kept.run.id, kept.run.number):
            if not kept.run.goes_on:
                raise RefusedError("ended", "this run has ended", "run", 409)
            return Row(
                run=kept.run.id,
                contact=contact,
                number=kept.run.number,
                version=kept.run.version,
                step=kept.run.step,
                since=kept.run.since,
                started=kept.run.started,
                wake_at=kept.run.wake_at,
                held=kept.run.held,
                goal=kept.run.reached_goal,
                outcome=None,
                ended=kept.run.ended,
            )
    raise RefusedError("not_found", "the contact has no such run of this journey", "run", 404)


@route(
    "POST",
    "/journeys/{journey}/start",
    role=Role.SENDER,
    about=("segment",),
    takes=shapes.Begun,
    gives=shapes.PeopleJob,
)
def start(request: Request, journey: str) -> Json:
    """`{"contacts": [ids]}`, or `{"segment": id, "over": "2h"}`: it begins for these, by its entry rule. `dry_run`: for
    how many at most."""
    body, (_, published) = request.json(), publication_with(journey)
    dry = yes_or_no(body, "dry_run")
    if published.state != "live" and not dry:
        raise RefusedError("paused", "nothing begins in a journey that is paused", "journey", 409)
    over = duration(body, "over", journey_drafts.LONGEST_OVER)
    if ("contacts" in body) == ("segment" in body):
        raise RefusedError("invalid_choice", "name `contacts` or a `segment`", "contacts")
    if "contacts" in body:
        return start_for(request, journey, body["contacts"], dry)
    segment = body["segment"]
    if not isinstance(segment, str):
        raise RefusedError("invalid_choice", "it must be the id of a segment", "segment")
    if segment not in definitions.segments().segments:
        raise RefusedError("not_found", "there is no such segment", "segment", 404)
    found = members.count(segment)
    if dry or not found:
        return {"people": found, "job": None}
    name = f"journey-{journey}-start-{now()}"
    return {"people": found, "job": start_job(name, journey, [Start(segment=segment, over=over)], request)}


def start_for(request: Request, journey: str, named: Any, dry: bool) -> Json:
    if not isinstance(named, list) or not all(isinstance(each, str) for each in named) or len(named) > MAX_CONTACTS:
        raise RefusedError("invalid_choice", f"a list of at most {MAX_CONTACTS} contacts' ids", "contacts")
    found = [stored.profile.contact for stored in contacts.read_all(named, left_out)]
    if not dry:
        t = now()
        wishes = (tell(contact, begin(journey, t, request.operator), t) for contact in found)
        events_queue.put_events(list[Event](wishes))
        logger.info("journey started", journey=journey, contacts=len(found), operator=request.operator)
    return {"people": len(found), "job": None}


def begin(journey: str, t: Instant, operator: str) -> Begin:
    return Begin(t, journey, f"by {operator} {t}")


@route("GET", "/jobs/{job}", role=Role.VIEWER, gives=shapes.JobTold)
def show_job(request: Request, job: str) -> Json:
    """How a job stands, and once it is done for how many people."""
    unknown = RefusedError("not_found", "there is no such job", "job", 404)
    status, output = outcome_of(job, r"journey-[A-Za-z0-9_-]{1,72}", unknown)
    return {"job": job, "status": status, "people": output.get("found", {}).get("people")}
