"""Campaigns: drafts, the audience explained, sending, progress and the ledger of recipients. Routes of the admin's API.

Whoever changes, sends, pauses or cancels one does it by a change of its record; its execution (functions/campaign)
looks at that every second.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, cast, get_args

from chalice.app import Response
from pydantic import ValidationError

from functions.admin.copying import own
from functions.admin.publishing import in_words
from functions.admin.rest import Place, Request, answer, left_out, logger, paged, route
from functions.admin.shapes import campaigns as shapes
from functions.admin.shapes import everywhere
from functions.admin.unfinished import object_in, text_in
from functions.admin.views import instant, profile_of
from shared.adapters import (
    audiences,
    campaign_runs,
    campaigns,
    contacts,
    definitions,
    pace,
    shop_settings,
    template_definitions,
)
from shared.adapters.clock import now
from shared.adapters.contacts import SHARDS
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.domain.campaigns import audience, breaker, ledger, timing
from shared.domain.campaigns.definition import Campaign, Schedule, subjects_of, templates_of
from shared.domain.campaigns.ledger import Chunk, Outcome
from shared.domain.campaigns.states import ENDED, UNDER_WAY, WORDS, Kept, State, after
from shared.domain.events import DAY, Instant, Json
from shared.domain.messages import pace as pacing
from shared.domain.messages.refusals import SENTENCES, Refusal
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

COUNTED_AT_ONCE = 5_000
"""Members that are looked at while somebody waits; of more, the count goes on in the background."""
PER_WORKER = 150
"""Emails a second that one worker sends: the rate says how many it takes."""
MAX_WORKERS = 4
MAX_NAME = 128
STATUSES = ("sent", "skipped", "waiting")
KINDS = {get_args(model.model_fields["kind"].annotation)[0] for model in get_args(get_args(Schedule)[0])}


# ── drafts ──


@route("GET", "/campaigns", role=Role.VIEWER, gives=shapes.Campaigns, query=shapes.OfState)
def list_campaigns(request: Request) -> Json:
    """All campaigns, the newest change first; `?state=` those of a state."""
    wanted = request.query.get("state")
    if wanted is not None and wanted not in set(State):
        raise RefusedError("invalid_choice", f"it must be one of {', '.join(State)}", "state")
    held = [kept for kept in campaigns.all_kept() if wanted in (None, kept.state)]
    # Ids are unique, and a change of one while somebody pages leaves the others in their places.
    ordered = sorted(held, key=lambda kept: (-kept.since, kept.id))
    cursor = request.cursor()
    placed = (
        (Place(kept.since, kept.id), summary(kept))
        for kept in ordered
        if cursor is None or (-kept.since, kept.id) > (-cursor.number, cursor.name)
    )
    return paged("campaigns", placed, request.limit(50))


@route(
    "POST",
    "/campaigns",
    role=Role.EDITOR,
    about=("definition.id", "id"),
    takes=Campaign,
    gives=shapes.CampaignTold,
    status=201,
)
def create(request: Request) -> Json:
    """Keeps a draft of a new campaign. 409 where there is one of this id: nobody's is replaced by making another."""
    made = fitting(written_in(request.json()))
    kept = Kept(campaign=made, id=made.id, since=now(), by=request.operator)
    return keep_new(kept)


@route(
    "POST",
    "/campaigns/{campaign}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.CampaignTold,
    status=201,
)
def duplicate(request: Request, campaign: str) -> Json:
    """`{"id": …, "name": …}`: a draft of a new campaign like this one, to nobody yet."""
    body, held = request.json(), kept_of(campaign)
    made = written_in({**dumped(held.campaign), **own(body, held.campaign.name, MAX_NAME), **body})
    return keep_new(Kept(campaign=made, id=made.id, since=now(), by=request.operator))


def keep_new(kept: Kept) -> Response:
    taken = RefusedError("taken", "there is already a campaign with this id: choose another id", "id", 409)
    if kept.id == campaigns.CAMPAIGNS:
        raise taken
    try:
        campaigns.create(kept)
    except PublishedMeanwhileError:
        raise taken from None
    logger.info("campaign drafted", campaign=kept.id, operator=kept.by)
    return tagged(told(kept), 201)


@route("GET", "/campaigns/{campaign}", role=Role.VIEWER, gives=shapes.CampaignTold)
def show(request: Request, campaign: str) -> Json:
    return tagged(told(kept_of(campaign)))


@route(
    "PUT",
    "/campaigns/{campaign}",
    role=Role.EDITOR,
    edits=True,
    takes=Campaign | everywhere.Unfinished,
    gives=shapes.CampaignTold,
)
def change(request: Request, campaign: str) -> Json:
    """Changes a draft, in the form that `If-Match` names by its `etag`: to the campaign in the body, or to a text
    that is `unfinished`: what is wrong with it is in the answer (`problem`), and keeps it from being sent."""
    text, held = text_in(request, "unfinished"), kept_of(campaign)
    made = unfinished = None
    try:
        made = fitting(written_in(request.json() if text is None else object_in(text), campaign))
    except RefusedError:
        if text is None:
            raise
        unfinished = text
    only_if_unchanged(request, held)
    if held.state is not State.DRAFT:
        raise RefusedError("not_now", f"it {WORDS[held.state]}, and only a draft can be changed", "state", 409)
    changed = held.changed(campaign=made or held.campaign, unfinished=unfinished, since=now(), by=request.operator)
    return tagged(told(store(changed)))


def whole(kept: Kept) -> Campaign:
    """The campaign that a draft is. RefusedError: it is none yet, or what it names is not there."""
    return fitting(kept.campaign if kept.unfinished is None else written_in(object_in(kept.unfinished), kept.id))


@route("DELETE", "/campaigns/{campaign}", role=Role.EDITOR, edits=True, gives=shapes.OfCampaign)
def delete(request: Request, campaign: str) -> Json:
    """Deletes a draft. What was sent is kept: it says who got what."""
    held = kept_of(campaign)
    only_if_unchanged(request, held)
    if held.state is not State.DRAFT:
        raise RefusedError("not_now", f"it {WORDS[held.state]}, and only a draft can be deleted", "state", 409)
    try:
        campaigns.delete(held)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return {"campaign": campaign}


# ── the audience ──


@route("POST", "/campaigns/{campaign}/audience", role=Role.EDITOR, gives=shapes.Audience)
def explain(request: Request, campaign: str) -> Json:
    """Counts whom it would go to now, by the gate that every email passes when it is sent: at once, or of a large
    segment in the background (202): GET tells how far that is."""
    kept, t = kept_of(campaign), now()
    name = f"{kept.id}-audience-{t}"
    if audiences.size(kept.campaign) > COUNTED_AT_ONCE:
        counted = {"count": name, "number": kept.number, "at": t, "shard": 0, "found": audience.Explained().dumped()}
        campaigns.keep(kept.id, campaigns.AUDIENCE, counted, t)
        campaign_runs.start(name, {"campaign": kept.id, "count": name})
        return answer(202, explained(kept, counted))
    found = audience.Explained()
    for shard in range(SHARDS):
        audiences.explain(kept, shard, found, t, left_out)
    counted = {"count": name, "number": kept.number, "at": t, "shard": SHARDS, "found": found.dumped()}
    campaigns.keep(kept.id, campaigns.AUDIENCE, counted, t)
    return explained(kept, counted)


@route("GET", "/campaigns/{campaign}/audience", role=Role.VIEWER, gives=shapes.Audience)
def show_audience(request: Request, campaign: str) -> Json:
    """The newest count, and how far it is."""
    kept = kept_of(campaign)
    counted = campaigns.kept(kept.id, campaigns.AUDIENCE)
    if counted is None:
        raise RefusedError("not_found", "nobody has counted it yet: POST /campaigns/{campaign}/audience", status=404)
    return explained(kept, counted)


def explained(kept: Kept, counted: Any) -> dict[str, Json]:
    """`status`: done, or counting; then its numbers are of the part (`looked_at` of 1) that it has looked at."""
    found = audience.loaded(counted["found"])
    done = counted["shard"] == SHARDS
    return {
        "campaign": kept.id,
        "status": "done" if done else "counting",
        "looked_at": counted["shard"] / SHARDS,
        "at": counted["at"],
        "of_this_form": counted["number"] == kept.number,
        **found.dumped(),
        "words": audience.sentence(found) if done else None,
        "why": {reason: audience.WORDS.get(reason, reason) for reason in found.refused},
    }


@route("GET", "/campaigns/{campaign}/test", role=Role.VIEWER, gives=shapes.CampaignTest)
def show_test(request: Request, campaign: str) -> Json:
    """What has become of the newest test: of each email, whether it was sent, and if not, why."""
    found = campaigns.kept(kept_of(campaign).id, campaigns.TEST)
    if found is None:
        raise RefusedError("not_found", "there was no test yet: POST /campaigns/{campaign}/test", status=404)
    reasons = [each["reason"] for each in found["emails"]]
    words = [reason and reason_in_words(reason) for reason in reasons]
    return {**found, "emails": [{**each, "words": said} for each, said in zip(found["emails"], words, strict=True)]}


# ── sending ──


@route(
    "POST",
    "/campaigns/{campaign}/test",
    role=Role.SENDER,
    about=("contact",),
    takes=shapes.ToContact,
    gives=shapes.OfCampaign,
    status=202,
)
def test(request: Request, campaign: str) -> Json:
    """`{"contact": …}`: sends each of its emails to one contact as a test, if the gate lets it. 202: within seconds."""
    kept, contact = kept_of(campaign), request.json().get("contact")
    if not isinstance(contact, str):
        raise RefusedError("invalid_choice", "it must be the id of a contact", "contact")
    whom = profile_of(contact)
    name = f"{kept.id[:40]}-test-{now()}"
    campaign_runs.start(name, {"campaign": kept.id, "test": name, "contact": whom.contact})
    return answer(202, {"campaign": kept.id, "test": name})


@route("POST", "/campaigns/{campaign}/send", role=Role.SENDER, gives=shapes.CampaignTold, status=202)
def send(request: Request, campaign: str) -> Json:
    """Schedules it, by its own schedule: with "now", the audience is frozen at once, and after a minute of grace the
    first email leaves."""
    held = kept_of(campaign)
    only_if_unchanged(request, held)
    whole(held)
    t, shop = now(), definitions.shop_zone()
    if timing.is_past(held.campaign.schedule, t):
        raise RefusedError("invalid_campaign", "its day is past: choose another", "schedule.day", 409)
    begins = timing.begins_at(held.campaign.schedule, t, shop)
    if begins > t + timing.MAX_AHEAD:
        said = f"its day is more than {timing.MAX_AHEAD // DAY} days away: keep the draft, and schedule it then"
        raise RefusedError("invalid_campaign", said, "schedule.day", 409)
    made = store(after(held, "schedule", t, request.operator, run=held.number + 1, begins=begins))
    campaign_runs.begin(made, workers())
    logger.info("campaign scheduled", campaign=campaign, operator=request.operator)
    return tagged(told(made), 202)


@route("POST", "/campaigns/{campaign}/withdraw", role=Role.EDITOR, gives=shapes.CampaignTold)
def withdraw(request: Request, campaign: str) -> Json:
    """Makes a draft of one that is scheduled and has not begun."""
    return act(request, campaign, "withdraw", "withdrawn")


@route("POST", "/campaigns/{campaign}/pause", role=Role.EDITOR, gives=shapes.CampaignTold)
def pause(request: Request, campaign: str) -> Json:
    """Nothing more is sent, from at most two seconds on."""
    return act(request, campaign, "pause", "paused by hand")


@route("POST", "/campaigns/{campaign}/cancel", role=Role.SENDER, gives=shapes.CampaignTold)
def cancel(request: Request, campaign: str) -> Json:
    """Nothing more is sent, for good. Of one that is repeated, what was scheduled next stays: cancel that, too."""
    return act(request, campaign, "cancel", "cancelled by hand")


@route("POST", "/campaigns/{campaign}/resume", role=Role.SENDER, gives=shapes.CampaignTold, status=202)
def resume(request: Request, campaign: str) -> Json:
    """Goes on where it was paused: whoever has had the email does not get it again, and nobody is left out. What the
    breaker has stopped it for counts as seen."""
    held = kept_of(campaign)
    only_if_unchanged(request, held)
    seen = ledger.sums(campaigns.chunks(held.id, held.frozen)).skipped
    forgiven = {kind: n for kind, n in seen.items() if kind in breaker.SENTENCES}
    forgiven["complaints"] = campaigns.complaints(held.id)
    t = now()
    made = store(
        after(held, "resume", t, request.operator, run=held.number + 1, forgiven=forgiven, began=held.began or t)
    )
    campaign_runs.begin(made, workers())
    logger.info("campaign resumed", campaign=campaign, operator=request.operator)
    return tagged(told(made), 202)


def act(request: Request, campaign: str, name: str, why: str) -> Response:
    held = kept_of(campaign)
    only_if_unchanged(request, held)
    made = store(after(held, name, now(), request.operator, why))
    logger.info(f"campaign {why}", campaign=campaign, operator=request.operator)
    return tagged(told(made))


def workers() -> int:
    """How many executions it takes to use SES's rate, as far as that is known."""
    rate = (pace.read() or {}).get("rate", PER_WORKER)
    return max(1, min(-(-int(rate) // PER_WORKER), MAX_WORKERS))


def held_up(t: Instant) -> str | None:
    """What keeps the emails of campaigns from leaving, in words; None: nothing does."""
    standing = pace.pace()
    wait = pacing.take(standing, "campaigns", t, marketing=True) if standing is not None else None
    return HELD_UP.get(wait.why) if isinstance(wait, pacing.Wait) else None


HELD_UP = {
    "quota": "The rest of what SES takes in 24 hours is kept for what people wait for. It goes on as there is room.",
    "warm_up": "The sender is new: more emails a day are let out as it earns a name. It goes on tomorrow.",
    "stopped": "SES takes no email of the shop's just now; beckon doctor says why. It goes on by itself.",
    "paused": "Marketing emails are paused, for bounces or complaints, until somebody lifts that.",
}


# ── how it stands, and who got it ──


@route("GET", "/campaigns/{campaign}/progress", role=Role.VIEWER, gives=shapes.Progress)
def show_progress(request: Request, campaign: str) -> Json:
    """`audience` = `sent` + those `skipped` by each reason + `waiting`; how many a minute, and when it will be done."""
    return progress(kept_of(campaign), now())


def progress(kept: Kept, t: Instant) -> dict[str, Json]:
    chunks = campaigns.chunks(kept.id, kept.frozen) if kept.frozen else []
    sums = ledger.sums(chunks)
    if not chunks and kept.sums is not None:  # the recipients are forgotten by now
        sums = ledger.Sums(kept.sums["audience"], kept.sums["sent"], kept.sums["skipped"])
    ends = ledger.ends_at(chunks, t) if kept.state is State.SENDING else None
    due = ledger.next_due(chunks)
    return {
        "campaign": kept.id,
        "state": kept.state,
        "why": kept.why,
        "held_up": held_up(t) if kept.state is State.SENDING else None,
        "audience": sums.audience,
        "sent": sums.sent,
        "skipped": [{"reason": reason, "n": n, "words": reason_in_words(reason)} for reason, n in sums.skipped.items()],
        "waiting": sums.waiting,
        "per_minute": ledger.per_minute(chunks, t) if kept.state is State.SENDING else 0,
        "next_due": instant(due) if kept.state is State.SENDING and due > t else None,
        "ends": ends,
        "complaints": campaigns.complaints(kept.id),
    }


@route(
    "GET", "/campaigns/{campaign}/recipients", role=Role.VIEWER, gives=shapes.RecipientsTold, query=shapes.Recipients
)
def list_recipients(request: Request, campaign: str) -> Json:
    """Who got it, who did not and why, and who waits: `?status=` sent, skipped or waiting, `?reason=` why. In the order
    in which they were frozen."""
    kept, status, reason = kept_of(campaign), request.query.get("status"), request.query.get("reason")
    if status is not None and status not in STATUSES:
        raise RefusedError("invalid_choice", f"it must be one of {', '.join(STATUSES)}", "status")
    cursor = request.cursor()
    placed = (
        (place, entry)
        for place, entry in recipients_of(kept, cursor, status, reason)
        if status in (None, entry["status"]) and reason in (None, entry["reason"])
    )
    page = cast(dict[str, Any], paged("recipients", placed, request.limit(50)))
    people = {
        stored.profile.contact: stored.profile
        for stored in contacts.read_all((each["contact"] for each in page["recipients"]), left_out)
    }
    for each in page["recipients"]:
        profile = people.get(each["contact"])
        each["email"] = profile.email if profile is not None else None
    return page


def recipients_of(
    kept: Kept, cursor: Place | None, status: str | None, reason: str | None
) -> Iterator[tuple[Place, dict[str, Any]]]:
    for chunk in campaigns.chunks(kept.id, kept.frozen):
        if cursor is not None and chunk.number < cursor.number:
            continue
        if not _may_have(chunk, status, reason):
            continue
        known_ = campaigns.outcomes(kept.id, chunk.number)
        ids = campaigns.ids(kept.id, chunk.number)
        after_ = ids.index(cursor.name) + 1 if cursor and chunk.number == cursor.number and cursor.name in ids else 0
        for contact in ids[after_:]:
            yield Place(chunk.number, contact), recipient(contact, known_.get(contact))


def _may_have(chunk: Chunk, status: str | None, reason: str | None) -> bool:
    """Whether it is worth reading whom the chunk is of."""
    if status == "sent":
        return chunk.sent > 0
    if status == "skipped":
        return bool(chunk.skipped if reason is None else chunk.skipped.get(reason))
    return status is None or chunk.waiting > 0


def recipient(contact: str, outcome: Outcome | None) -> dict[str, Any]:
    """`at`: when it was sent or skipped; of who waits, until when they do, where that is known."""
    final = outcome is not None and outcome.is_final
    reason = outcome.reason if outcome is not None else None
    return {
        "contact": contact,
        "status": outcome.status if outcome is not None and final else "waiting",
        "reason": reason,
        "words": reason_in_words(reason) if reason is not None and final else None,
        "at": outcome.at if outcome is not None else None,
    }


OWN_WORDS = {
    breaker.FAILED: "Something of ours went wrong, again and again; the log says what.",
}


def reason_in_words(reason: str) -> str:
    return OWN_WORDS.get(reason) or SENTENCES.get(Refusal(reason), reason)


# ── what they have in common ──


def written_in(body: dict[str, Any], id_: str | None = None) -> Campaign:
    """The campaign in a body. RefusedError names the field."""
    if id_ is not None and body.setdefault("id", id_) != id_:
        raise RefusedError("invalid_campaign", "the id must match the one in the URL", "id")
    try:
        return Campaign.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise RefusedError("invalid_campaign", in_words(problem), place(problem["loc"])) from None


def place(location: tuple[int | str, ...]) -> str | None:
    """`schedule.day`: without the kinds that pydantic names on the way."""
    kept = [
        str(part)
        for before, part in zip(("", *location), location, strict=False)
        if not (part in KINDS and before == "schedule")
    ]
    return ".".join(kept) or None


def fitting(campaign: Campaign) -> Campaign:
    """The campaign, if all that it names is there. RefusedError."""
    segments = definitions.segments().segments
    for field in ("segments", "without"):
        for place_, segment in enumerate(getattr(campaign, field)):
            if segment not in segments:
                raise RefusedError("invalid_campaign", f"there is no segment {segment}", f"{field}.{place_}")
    templates = template_definitions.numbers()
    for template, field in templates_of(campaign).items():
        if template not in templates:
            raise RefusedError("invalid_campaign", f"there is no template {template}", field)
        if template_definitions.template(template).template.class_ == "transactional":
            told = "that email is for what one person has asked for: nobody of many has"
            raise RefusedError("invalid_campaign", told, field)
    if subjects := subjects_of(campaign):
        from shared.adapters import templates as liquid  # which most requests need not wait for

        for field, subject in subjects.items():
            if problems := liquid.subject_problems(subject):
                raise RefusedError("invalid_campaign", problems[0], field)
    topics = [topic.id for topic in shop_settings.settings().topics]
    if campaign.topic not in topics:
        raise RefusedError("invalid_campaign", f"it must be one of {', '.join(topics)}", "topic")
    return campaign


def kept_of(campaign: str) -> Kept:
    kept = campaigns.read(campaign)
    if kept is None:
        raise RefusedError("not_found", "there is no such campaign", "campaign", 404)
    return kept


def store(made: Kept) -> Kept:
    try:
        campaigns.change(made)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    return made


def etag(kept: Kept) -> str:
    return f'"campaign-{kept.number}"'


def only_if_unchanged(request: Request, kept: Kept) -> None:
    """RefusedError where the request is about another form of the campaign than there is by now."""
    if request.if_match is not None and request.if_match != etag(kept):
        said = "somebody else has changed this campaign: look at it as it is now"
        raise RefusedError("changed_meanwhile", said, "If-Match", 412)


def changed_meanwhile() -> RefusedError:
    return RefusedError(
        "changed_meanwhile", "it has changed in this moment: look at it again and try again", status=409
    )


def dumped(campaign: Campaign) -> dict[str, Json]:
    found: dict[str, Json] = campaign.model_dump(mode="json", by_alias=True, exclude_none=True)
    return found


def summary(kept: Kept) -> dict[str, Json]:
    return {
        "id": kept.id,
        "name": kept.campaign.name,
        "state": kept.state,
        "words": f"{kept.campaign.name} {WORDS[kept.state]}",
        "why": kept.why,
        "since": kept.since,
        "by": kept.by,
        "begins": kept.begins,
        "ended": kept.ended,
        "parent": kept.parent,
        "round": kept.round,
        "follows": kept.follows,
        "audience": kept.audience if kept.state in UNDER_WAY or kept.state in ENDED else None,
        "sums": kept.sums,
    }


def told(kept: Kept) -> dict[str, Json]:
    """`problem`: what keeps a draft from being sent; `unfinished`: its text, while that is no campaign."""
    problem = None
    if kept.state is State.DRAFT:
        try:
            whole(kept)
        except RefusedError as error:
            problem = {"field": error.field, "text": error.message}
    winner = kept.winner.model_dump() if kept.winner is not None else None
    standing = {"etag": etag(kept), "winner": winner, "definition": dumped(kept.campaign)}
    return {**summary(kept), **standing, "unfinished": kept.unfinished, "problem": problem}


def tagged(body: dict[str, Json], status: int = 200) -> Response:
    return answer(status, body)
