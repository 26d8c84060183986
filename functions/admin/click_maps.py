"""Click maps: where people clicked in an email, over the email as it was sent. Routes of the admin's API."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from chalice.app import Response

from functions.admin import journey_drafts
from functions.admin.campaigns import kept_of
from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from functions.admin.shapes import emails as shapes
from functions.admin.shapes import everywhere
from shared.adapters import athena, journey_definitions, template_definitions
from shared.adapters.clock import now
from shared.adapters.report_parameters import Parameters
from shared.domain.campaigns.states import Kept, State
from shared.domain.events import DAY, Instant, Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.templates import places

LOOKS_BACK = 90 * DAY
"""Emails of a journey's step that a map is of."""
MAX_EMAILS = 10
"""Versions and languages that are drawn, those sent to most people first."""
Key = tuple[str, str, str]
"""A template, its version (empty: not told) and its language."""


@route(
    "GET",
    "/campaigns/{campaign}/clicks",
    role=Role.VIEWER,
    gives=shapes.ClickMaps | everywhere.Late,
    query=FiguresQuery,
)
def of_campaign(request: Request, campaign: str) -> Json:
    """Where people clicked in a campaign's emails: each version and language of each template with the email, how many
    clicked drawn over its links (`html`), and the same as a list. 202 with a `query` when it takes long."""
    kept, t = kept_of(campaign), now()
    if kept.state in (State.DRAFT, State.SCHEDULED):
        return told([], t, t)
    return _answered(request, *_of_campaign(kept, t))


@route(
    "GET",
    "/journeys/{journey}/steps/{step}/clicks",
    role=Role.VIEWER,
    gives=shapes.ClickMaps | everywhere.Late,
    query=FiguresQuery,
)
def of_step(request: Request, journey: str, step: str) -> Json:
    """The same of a journey's step, of the emails of the last 90 days."""
    return _answered(request, *_of_step(journey, step, now()))


class OfPlace(Listing, total=False):
    """Of which email: its `template`, `version` and `language`, as the map tells them, each left out where it is not
    known."""

    template: str
    version: str
    language: str
    what: str
    """`clicked`, when left out, or `sent`."""
    place: str
    """As the map has it; `unknown`: at a place that is not known; left out for anywhere."""


@route("GET", "/campaigns/{campaign}/clicks/people", role=Role.VIEWER, gives=Behind | everywhere.Late, query=OfPlace)
def people_of_campaign(request: Request, campaign: str) -> Json | Response:
    """Who is behind a number of a campaign's click map, and when they did so first. 202 with a `query` when it takes
    long."""
    kept = kept_of(campaign)
    return _people(request, kept.campaign.name, _of_campaign(kept, now())[0])


@route(
    "GET",
    "/journeys/{journey}/steps/{step}/clicks/people",
    role=Role.VIEWER,
    gives=Behind | everywhere.Late,
    query=OfPlace,
)
def people_of_step(request: Request, journey: str, step: str) -> Json | Response:
    """The same of a journey's step, of the emails of the last 90 days."""
    parameters, _, _ = _of_step(journey, step, now())
    name = journey_definitions.publication().journeys[journey].journey.name
    return _people(request, f"{name}, {step.replace('_', ' ')}", parameters)


def _people(request: Request, name: str, parameters: Parameters) -> Json | Response:
    template, version, language = (request.query.get(field, "") for field in ("template", "version", "language"))
    what, place = chosen(request, "what", ("clicked", "sent"), "clicked"), request.query.get("place", "-")
    if not re.fullmatch(r"|\d{1,9}", version):
        raise RefusedError("invalid_number", "write a version as a number", "version")
    where = {"-": "", "unknown": " at a place that is not known"}.get(place, f" at {place}")
    texts = (template, version, language, what, "" if place == "unknown" else place)
    return behind(
        request,
        f"{name}: {what}{where}",
        what.capitalize(),
        "instant",
        lambda: parameters.of("place_people", *texts),
    )


def _of_campaign(kept: Kept, t: Instant) -> tuple[Parameters, Instant, Instant]:
    """What the query is given, since when emails count, and up to when."""
    since = kept.began or kept.since
    return Parameters((str(since), kept.id, "-", "-"), (since, t)), since, t


def _of_step(journey: str, step: str, t: Instant) -> tuple[Parameters, Instant, Instant]:
    if journey not in journey_definitions.publication().journeys:
        raise journey_drafts.not_found()
    since = max(t - LOOKS_BACK, 0)
    return Parameters((str(since), "-", journey, step), (since, t)), since, t


def _answered(request: Request, parameters: Parameters, since: Instant, t: Instant) -> Json:
    rows = asked(request, lambda: athena.start(*parameters.of("places")))
    return rows if isinstance(rows, Response) else told(rows, since, t)


def told(rows: Sequence[dict[str, Json]], since: Instant, t: Instant) -> dict[str, Json]:
    sent, clicked = Counter[Key](), Counter[Key]()
    at: dict[Key, Counter[str]] = {}
    for row in rows:
        key = str(row["template"] or ""), str(row["version"] or ""), str(row["language"] or "")
        people = int(str(row["people"]))
        match row["what"]:
            case "sent":
                sent[key] = people
            case "clicked":
                clicked[key] = people
            case _:
                at.setdefault(key, Counter())[str(row["place"] or "")] = people
    keys = sorted({*sent, *clicked}, key=lambda key: (-sent[key], -clicked[key], key))
    return {
        "as_of": t,
        "since": since,
        "emails": [_email(key, sent[key], clicked[key], at.get(key, Counter())) for key in keys[:MAX_EMAILS]],
        "left_out": len(keys[MAX_EMAILS:]),
    }


def _email(key: Key, sent: int, clicked: int, at: Counter[str]) -> dict[str, Json]:
    template, version, language = key
    html = _example(template, version, language) if version else None
    found = places.places(html) if html is not None else []
    shown = {each.id for each in found}
    listed: list[dict[str, Json]] = [
        {
            "place": each.id,
            "text": each.text,
            "leads_to": each.leads_to,
            "personal": each.personal,
            "people": at[each.id] if each.id is not None else None,
            "drawn": True,
        }
        for each in found
    ]
    listed += [
        {"place": place, "text": "", "leads_to": "", "personal": None, "people": people, "drawn": False}
        for place, people in sorted(at.items(), key=lambda each: -each[1])
        if place and place not in shown
    ]
    return {
        "template": template,
        "version": int(version) if version else None,
        "language": language or None,
        "sent": sent,
        "clicked": clicked,
        "unknown": at[""],
        "html": None if html is None else places.unmarked(places.drawn(html, at)),
        "places": listed,
    }


def _example(template: str, version: str, language: str) -> str | None:
    """The email of that version as it would come to the example's person, its links with their places; None: it is not
    there any more, or cannot be read."""
    # Imported here: Liquid is needed by few requests.
    from shared.adapters import composing, ready_templates, templates
    from shared.adapters.templates import TemplateFailedError

    try:
        kept = template_definitions.template(template, int(version))
        if language not in kept.compiled:
            return None
        ready = ready_templates.of(kept, language)
        return templates.render(ready.template, templates.example() | composing.of_the_shop()).html
    except (LookupError, TemplateFailedError):
        return None
