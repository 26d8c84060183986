"""The morning page: what comes tomorrow, how email is received, which journeys run, and what is to be set up on day
one. Routes of the admin's API."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from email.utils import parseaddr
from itertools import islice
from typing import NamedTuple

from typing_extensions import TypedDict

from functions.admin import journeys as counted
from functions.admin import known, views
from functions.admin.rest import Request, left_out, route
from functions.admin.shapes import reports as shapes
from functions.admin.simulating import GATE
from shared.adapters import (
    contact_runs,
    contacts,
    definitions,
    heard,
    journey_definitions,
    journeys,
    pace,
    run_counts,
    sending_setup,
    sent_counts,
    template_definitions,
)
from shared.adapters.clock import now, working
from shared.adapters.environment import Settings, environment
from shared.adapters.histories import with_history
from shared.adapters.run_counts import Count
from shared.domain import today
from shared.domain.doctor import STOREFRONTS
from shared.domain.events import DAY, MINUTE, SECOND, Instant, Json
from shared.domain.forecasts import DAYS, Days, coming_days
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Published
from shared.domain.messages.reputation import rates
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError
from shared.domain.segments import Definitions
from shared.domain.today import Foreseen, Reason

PLAYED_FOR = 8 * SECOND
"""How long contacts are played forward for one answer. Of more than fit, those that were stand for all."""
MAX_WAKES = 20_000
"""Contacts with something to come that are chosen from."""
BATCH = 50
MAX_PEOPLE = 100
"""Of one group, named one by one."""
KEPT = 5 * MINUTE
LATELY = 7
"""Days of which the emails of a running journey are counted."""

_kept: dict[int, Played] = {}


class SenderSettings(Settings):
    sender: str


class Played(NamedTuple):
    """What was foreseen `at` an instant, by the segments of a publication, of as many of `contacts` as there was time
    for. No names: who is erased a minute later is in none."""

    at: Instant
    definitions: Definitions
    days: Days
    contacts: int
    found: Foreseen


class AheadQuery(TypedDict, total=False):
    days: int
    """How many days after today, 1 to 30."""


@route("GET", "/today", role=Role.VIEWER, gives=shapes.Today)
def show_today(request: Request) -> Json:
    """How email is received, which journeys run, and, where nothing has been sent yet, what is to be set up."""
    t = now()
    days = sent_counts.days(t, 400)
    lately = rates(days, t // DAY)
    standing = journey_definitions.publication().journeys
    counts = {id_: run_counts.counts(id_) for id_ in sorted(standing)}
    running = _running(standing, counts, t)
    return {
        "now": t,
        "sending": {
            "sent": lately.sent,
            "bounces": today.gauge(lately.bounces, today.BOUNCES_REVIEWED, today.BOUNCES_PAUSED)._asdict(),
            "complaints": today.gauge(lately.complaints, today.COMPLAINTS_REVIEWED, today.COMPLAINTS_PAUSED)._asdict(),
        },
        "journeys": running,
        "needs": _needs(standing, counts),
        "checklist": None if any(day.sent for day in days) else _checklist(len(running)),
    }


def _running(standing: Mapping[str, Published], counts: Mapping[str, list[Count]], t: Instant) -> list[Json]:
    since = run_counts.day_of(t, ago=LATELY - 1)
    return [
        {
            "id": id_,
            "name": standing[id_].journey.name,
            "waiting": counted.waiting(counts[id_]),
            "sent": counted.total(counts[id_], "sent", since) + counted.total(counts[id_], "sent_after", since),
        }
        for id_ in counts
        if standing[id_].state == "live"
    ]


def _needs(standing: Mapping[str, Published], counts: Mapping[str, list[Count]]) -> list[Json]:
    """What of the journeys waits for a person: `text`, and the `link` of the page where it is done."""
    told: list[Json] = []
    for id_, of_journey in counts.items():
        journey, state = standing[id_].journey, standing[id_].state
        name = journey.name
        if state == "paused" and (waiting := counted.waiting(of_journey)):
            text = f"“{name}” is paused, and {waiting:,} {'person waits' if waiting == 1 else 'people wait'} in it."
            told.append({"text": text, "link": f"#/journeys/{id_}"})
        at = counted.steps(journey, of_journey, standing[id_].steps, None) if standing[id_].steps else {}
        for step, how in standing[id_].steps.items():
            if waits := at[step]["waiting"] if step in at else 0:
                held = "held until you let it go" if how == "review" else "paused"
                text = f"“{name}”: {waits:,} {'email waits' if waits == 1 else 'emails wait'} at a step that is {held}."
                told.append({"text": text, "link": f"#/journeys/{id_}/people?what=waiting&step={step}"})
        missing = [template for template, subject in known.templates_of(journey).items() if subject is None]
        if missing:
            text = f"“{name}” sends emails that are not written yet: {', '.join(missing)}."
            told.append({"text": text, "link": "#/emails"})
    return told


def _checklist(live: int) -> list[Json]:
    """Each step is looked up as it is now."""
    address = parseaddr(environment(SenderSettings).sender)[1].lower()
    domain, sources = address.rpartition("@")[2], heard.last()
    identity = sending_setup.identity(domain) or sending_setup.identity(address)
    steps = today.checklist(
        verified=identity is not None and identity.verified,
        production=bool((pace.read() or {}).get("production")) or sending_setup.account().production,
        heard=bool(sources.keys() & STOREFRONTS.keys()),
        tested=heard.TEST in sources,
        journeys=live,
        domain=domain,
    )
    return [step._asdict() for step in steps]


@route("GET", "/ahead", role=Role.VIEWER, query=AheadQuery, gives=shapes.AheadTold)
def show_ahead(request: Request) -> Json:
    """The emails that journeys will send on each of the coming days, if nothing happens, and of the first day from
    tomorrow on that has any: who gets which, and why. `played` of the `contacts` with something to come in these days
    were played forward; where that is not all, they stand for the others."""
    text = request.query.get("days", str(DAYS))
    if not text.isdecimal() or not 1 <= int(text) <= DAYS:
        raise RefusedError("invalid_days", f"days must be a whole number from 1 to {DAYS}", "days")
    t, number, ahead_of = now(), definitions.publication().number, int(text)
    held = _kept.get(ahead_of)
    if held is None or not 0 <= t - held.at < KEPT or held.definitions.sequence < number:
        held = _kept[ahead_of] = _played(t, definitions.at_least(number), ahead_of)
    return _told(held)


def _played(t: Instant, newest: Definitions, number: int) -> Played:
    from shared.domain.journeys.ahead import walked  # what few requests wait for

    days = coming_days(t, newest.compiler.zone, number)
    wakes = list(islice(contacts.wakes(days.edges[-1] - 1), MAX_WAKES))
    wakes.sort(key=lambda wake: zlib.crc32(wake.contact.encode()))  # as good as drawn by lot
    found, waiting = Foreseen(len(days.dates)), iter(wakes)
    shops = {newest.sequence: walked(journeys.of(newest))}
    began = working()
    while working() - began < PLAYED_FOR and (batch := list(islice(waiting, BATCH))):
        for stored in contacts.read_all((wake.contact for wake in batch), left_out):
            known = stored.profile.definitions
            try:
                if known > newest.sequence and known not in shops:
                    shops[known] = walked(journeys.of(definitions.at_least(known)))
                _play(found, shops[max(newest.sequence, known)], stored.profile, days)
            except Exception as error:
                left_out(stored.profile.contact, error)
    return Played(t, newest, days, len(wakes), found)


def _play(found: Foreseen, shop: Journeys, profile: Profile, days: Days) -> None:
    from shared.domain.journeys.ahead import ahead

    runs = [kept.run for kept in contact_runs.of_contact(profile.contact)]
    come = with_history(
        profile, shop.definitions.asked, lambda held: ahead(shop, held, runs, days.edges[0], days.edges[-1], GATE)
    )
    today.add(found, profile.contact, come, days)


def _told(played: Played) -> Json:
    found, newest, day = played.found, played.definitions, today.day_to_tell(played.found)
    times = played.contacts / max(found.contacts, 1) if found.contacts < played.contacts else 1
    groups = [(reason, people, _first(people)) for reason, people in _in_order(found, day)]
    named = {contact for *_, shown in groups for contact, _ in shown}
    people = {each.profile.contact: views.person(each.profile) for each in contacts.read_all(named, left_out)}
    return {
        "as_of": played.at,
        "days": list(played.days.dates),
        "contacts": played.contacts,
        "played": found.contacts,
        "emails": [round(each * times) for each in found.emails],
        "day": played.days.dates[day],
        "is_tomorrow": day == today.TOMORROW,
        "groups": [
            {
                **_group(newest, reason),
                "people": round(len(all_) * times),
                "who": [{**people[contact], "at": at} for contact, at in shown if contact in people],
            }
            for reason, all_, shown in groups
        ],
        "entering": [
            {"segment": segment, "name": newest.segments[segment].name, "people": round(n * times)}
            for segment, n in found.entering[day].most_common()
        ],
    }


def _first(people: dict[str, Instant]) -> list[tuple[str, Instant]]:
    return sorted(people.items(), key=lambda each: (each[1], each[0]))[:MAX_PEOPLE]


def _in_order(found: Foreseen, day: int) -> list[tuple[Reason, dict[str, Instant]]]:
    """Those who enter a segment first, and the most first."""
    return sorted(found.groups[day].items(), key=lambda each: (not each[0].because, -len(each[1]), each[0]))


def _group(newest: Definitions, reason: Reason) -> dict[str, Json]:
    segment = newest.segments.get(reason.because)
    standing = journey_definitions.publication().journeys.get(reason.journey)
    return {
        "segment": reason.because or None,
        "segment_name": segment.name if segment is not None else None,
        "journey": reason.journey,
        "journey_name": standing.journey.name if standing is not None else reason.journey,
        "step": reason.step,
        "state": standing.steps.get(reason.step, "live") if standing is not None else "paused",
        "template": reason.template,
        "email": _name_of(reason.template),
    }


def _name_of(template: str) -> str:
    try:
        return template_definitions.template(template).template.name
    except LookupError:
        return template


def forget() -> None:
    """As a new Lambda begins."""
    _kept.clear()
