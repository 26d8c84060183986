"""Click maps: where people clicked in an email, over the email as it was sent. Routes of the admin's API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chalice.app import Response

from functions.admin import journey_drafts, shapes
from functions.admin.campaigns import kept_of
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from shared.adapters import athena, journey_definitions, template_definitions
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.campaigns.states import State
from shared.domain.events import DAY, Instant, Json
from shared.domain.operators import Role
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
    gives=shapes.ClickMaps | shapes.Late,
    query=FiguresQuery,
)
def of_campaign(request: Request, campaign: str) -> Json:
    """Where people clicked in a campaign's emails: each version and language of each template with the email, how many
    clicked drawn over its links (`html`), and the same as a list. 202 with a `query` when it takes long."""
    kept, t = kept_of(campaign), now()
    if kept.state in (State.DRAFT, State.SCHEDULED):
        return told([], t, t)
    since = kept.began or kept.since
    return _answered(request, (kept.id, "-", "-"), since, t)


@route(
    "GET",
    "/journeys/{journey}/steps/{step}/clicks",
    role=Role.VIEWER,
    gives=shapes.ClickMaps | shapes.Late,
    query=FiguresQuery,
)
def of_step(request: Request, journey: str, step: str) -> Json:
    """The same of a journey's step, of the emails of the last 90 days."""
    if journey not in journey_definitions.publication().journeys:
        raise journey_drafts.not_found()
    t = now()
    return _answered(request, ("-", journey, step), max(t - LOOKS_BACK, 0), t)


def _answered(request: Request, of: tuple[str, str, str], since: Instant, t: Instant) -> Json:
    rows = asked(request, lambda: athena.start(*question("places", str(since), *of, over=(since, t))))
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
