"""What operators see of segments: in words and in numbers, who is in them, what is to come, what to fix. Routes of the
admin's API."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import islice

from functions.admin import publishing, uses, views
from functions.admin.looking import MAX_CONTACTS_A_SHARD
from functions.admin.rest import Paging, Place, Request, by_id, cursor_of, left_out, page_of, paged, route
from functions.admin.shapes import segments as shapes
from shared.adapters import contacts, definitions, members, segment_sizes
from shared.adapters.clock import now, working
from shared.adapters.contacts import Wake
from shared.adapters.histories import with_history
from shared.domain import estimates, guidance, sql
from shared.domain.conditions import Segment
from shared.domain.estimates import Drawn
from shared.domain.events import DAY, SECOND, Instant, Json
from shared.domain.forecasts import Days, Flip, Forecast, add, coming_days, foresee
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.publications import Publication
from shared.domain.refusals import RefusedError
from shared.domain.samples import Sample, overlaps
from shared.domain.segments import Definitions
from shared.domain.trials import experiment_of
from shared.domain.wording import sentence

FORECAST_TIME = 15 * SECOND
"""How long contacts are played forward for one answer: API Gateway waits for 29 seconds."""
FORECAST_BATCH = 100
MAX_SAMPLED = 1_000
"""Members of each segment that are compared with those of the others."""
SIZES_TOLD = 30  # days
GUIDANCE_TIME = 15 * SECOND
"""How long members are read for guidance; then they are compared, 500 segments in some five seconds more."""


# ── as they are ──


@route("GET", "/segments", role=Role.VIEWER, gives=shapes.Segments, query=Paging)
def list_segments(request: Request) -> Json:
    """Those that are published, and what is only drafted so far, both by their ids. Members are those of the
    counters, which a crash can leave wrong until the next night; a segment's own answer counts them. `sizes` are those
    of the last nights (`days`); `used_by`, what asks about it; `contacts`, how many there are in all. Those that are
    experiments' own are left out; `experiment` names the one that decides a segment by two definitions."""
    shop_definitions, counted, t = definitions.segments(), members.counts(), now()
    known, drafts = shop_definitions.segments, definitions.drafts.all()
    publication = definitions.publication()
    used, own, on_trial = uses.uses(known), publication.own, publication.on_trial
    days = segment_sizes.kept(t, SIZES_TOLD)

    def told(id_: str) -> tuple[str, dict[str, Json]]:
        if id_ not in known:
            draft = drafts[id_]
            sentence = draft.form.sentence if draft.form is not None else None
            return "drafts", {"segment": id_, "name": publishing.name_of(draft, id_), "sentence": sentence}
        return "segments", described(known[id_], shop_definitions, counted.get(id_, 0)) | {
            "used_by": [use._asdict() for use in used.get(id_, ())],
            "shipped": id_ not in own,
            "sizes": [sizes.get(id_, 0) for sizes in days.values()],
            "drafted": id_ in drafts,
            "experiment": on_trial[id_].experiment if id_ in on_trial else None,
        }

    listed = {*(each for each in known if experiment_of(each) is None), *drafts}
    page = page_of(request, "all", listed, by_id, told)
    return {
        **{kind: [each for of, each in page["all"] if of == kind] for kind in ("segments", "drafts")},
        "cursor": page["cursor"],
        "days": list(days),
        "contacts": asdict(estimates.contacts([_drawn(shard) for shard in range(contacts.SHARDS)])),
    }


def _drawn(shard: int) -> Drawn:
    ids = contacts.first_of_shard(shard, "", MAX_CONTACTS_A_SHARD)
    return Drawn(len(ids), ids[-1] if ids else "", len(ids) < MAX_CONTACTS_A_SHARD)


@route("GET", "/segments/{segment}", role=Role.VIEWER, gives=shapes.SegmentTold)
def show_segment(request: Request, segment: str) -> Json:
    """As it is published, and where it is in its life; what is only drafted so far is that alone."""
    newest = definitions.at_least(definitions.publication().number)
    known, life = newest.segments.get(segment), publishing.life(segment)
    if known is None and life["draft"] is None:
        raise not_found()
    if known is None:
        return {"segment": segment, "definition": None, **life}
    query = sql.one_pass(newest, [segment], now(), "NAME OF A PASS")
    counted = members.count(segment)
    used = [use._asdict() for use in uses.uses(newest.segments).get(segment, ())]
    days = segment_sizes.kept(now(), SIZES_TOLD)
    history = {"days": list(days), "sizes": [sizes.get(segment, 0) for sizes in days.values()], "used_by": used}
    return described(known, newest, counted) | history | {"definition": publishing.written(known), "sql": query, **life}


@route("GET", "/segments/{segment}/members", role=Role.VIEWER, gives=shapes.Members, query=Paging)
def list_members(request: Request, segment: str) -> Json:
    if segment not in definitions.segments().segments:
        raise not_found()
    limit, cursor = request.limit(50), request.cursor() or Place(0, "")
    found = paged(
        "members",
        (
            (Place(member.shard, member.contact), {"contact": member.contact, "since": member.since})
            for member in members.members(segment, cursor)
        ),
        limit,
    )
    profiles = contacts.read_all((member["contact"] for member in found["members"]), left_out)
    people = {stored.profile.contact: views.person(stored.profile) for stored in profiles}
    return found | {"members": [{**people.get(member["contact"], {}), **member} for member in found["members"]]}


def described(segment: Segment, shop_definitions: Definitions, counted: int) -> dict[str, Json]:
    return {
        "segment": segment.id,
        "name": segment.name,
        "sentence": segment.sentence,
        "words": sentence(shop_definitions.segments, segment.when),
        "group": segment.group,
        "members": counted,
    }


def names() -> dict[str, Json]:
    """What the segments that journeys speak of are called, by id."""
    return {"segments": {segment.id: segment.name for segment in definitions.segments().segments.values()}}


def not_found() -> RefusedError:
    return RefusedError("not_found", "there is no such segment", "segment", 404)


# ── what is to come ──


@route("GET", "/forecast", role=Role.VIEWER, gives=shapes.Forecast, query=Paging)
def show_forecast(request: Request) -> Json:
    """How many enter and leave each segment today and on each of the next 30 days, if nothing happens: of as many
    contacts with a wake-up in these days as there was time for. The `cursor` leads to the others, whose numbers are to
    be added."""
    t = now()
    as_of, after = forecast_place(request.cursor(), t)
    number = definitions.publication().number
    days = coming_days(as_of, definitions.at_least(number).compiler.zone)
    wakes, made, last, began = contacts.wakes(days.edges[-1] - 1, after), Forecast(), None, working()
    while batch := list(islice(wakes, FORECAST_BATCH)):
        for stored in contacts.read_all((wake.contact for wake in batch), left_out):
            newest = definitions.at_least(max(number, stored.profile.definitions))
            try:
                add(made, foreseen(newest, stored.profile, days), days)
            except Exception as error:
                left_out(stored.profile.contact, error)
        last = batch[-1] if len(batch) == FORECAST_BATCH else None
        if working() - began > FORECAST_TIME:
            break
    else:
        last = None
    none = [0] * len(days.dates)
    return {
        "as_of": as_of,
        "days": days.dates,
        "contacts": made.contacts,
        "segments": [
            {
                "segment": segment.id,
                "name": segment.name,
                "entering": made.entering.get(segment.id, none),
                "leaving": made.leaving.get(segment.id, none),
            }
            for segment in definitions.at_least(number).segments.values()
        ],
        "cursor": cursor_of(Place(last.wake_at, f"{as_of}:{last.shard}:{last.contact}")) if last else None,
    }


def foreseen(shop_definitions: Definitions, profile: Profile, days: Days) -> list[Flip]:
    return with_history(profile, shop_definitions.asked, lambda held: foresee(shop_definitions, held, days))


def forecast_place(cursor: Place | None, t: Instant) -> tuple[Instant, Wake | None]:
    """The instant that the first answer was about, and the wake-up after which the next goes on."""
    if cursor is None:
        return t, None
    match = re.fullmatch(r"(\d{1,16}):(\d):([\w-]+)", cursor.name)
    if match is None or not t - DAY <= int(match[1]) <= t:
        raise RefusedError("invalid_cursor", "pass the previous page's cursor unchanged, within 24 hours", "cursor")
    return int(match[1]), Wake(int(match[2]), cursor.number, match[3])


# ── what to fix ──


@route("GET", "/guidance", role=Role.VIEWER, gives=shapes.Guidance)
def show_guidance(request: Request) -> Json:
    """Segments that are too small, nearly the same people, or that nobody enters: of as many as there was time to read
    the members of. `left_out` are the others."""
    t, began, known, counted = now(), working(), definitions.segments().segments, members.counts()
    samples, entries = {}, {}
    already = definitions.published_by(t - guidance.QUIET)
    for segment in (each for each in known if experiment_of(each) is None):
        if working() - began > GUIDANCE_TIME:
            break
        size = counted.get(segment, 0)
        found = list(islice(members.members(segment), MAX_SAMPLED + 1)) if size else []
        places = tuple((member.shard, member.contact) for member in found[:MAX_SAMPLED])
        whole = len(found) <= MAX_SAMPLED
        samples[segment] = Sample(places, whole, len(found) if whole else size)
        entered = last_entry(segment, max((member.since for member in found), default=None), t, already)
        if entered is not None:
            entries[segment] = entered
    sizes = {segment: sample.size for segment, sample in samples.items()}
    read = {segment: known[segment] for segment in samples}
    both = overlaps(samples, guidance.ALIKE)
    return {
        "findings": [asdict(each) for each in guidance.findings(read, sizes, both, entries, t)],
        "compared": MAX_SAMPLED,
        "left_out": [each for each in known if each not in samples and experiment_of(each) is None],
        **names(),
    }


def last_entry(segment: str, known: Instant | None, t: Instant, already: Publication | None) -> Instant | None:
    """When somebody last entered, as far as guidance asks: an instant of the last 30 days, or the one 30 days ago where
    it is longer ago than that. `known`: an entry that is known of; `already`: what was published 30 days ago. None:
    never."""
    quiet = t - guidance.QUIET
    if known is not None and known > quiet:
        return known
    if members.has_entered_since(segment, quiet):
        return t
    begun = already is not None and already.segment(segment) is not None
    return quiet if begun or known is not None else None
