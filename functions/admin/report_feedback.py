"""What people say, beside the figures, as the last night has counted it; and what they wrote, read where it stands.
Routes of the admin's API."""

from __future__ import annotations

from typing import Any

from chalice.app import Response
from typing_extensions import TypedDict

from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.reports import asked
from functions.admin.rest import Request, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import reports as shapes
from shared.adapters import (
    athena,
    campaigns,
    contacts,
    form_definitions,
    journey_definitions,
    report_parameters,
    reports,
    shop_settings,
)
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.events import Instant, Json
from shared.domain.insight.texts import stars_of, text_of
from shared.domain.lake_rows import month_of
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports import feedback

MAX_SHOWN = 1_000
"""Letters of a text."""


@route("GET", "/reports/feedback", role=Role.VIEWER, gives=shapes.Feedback)
def report(request: Request) -> Json:
    """Over the last 90 days: what was answered with one click (`asked`, by the email that asks), what was chosen in
    `surveys`, and how what people wrote sounds (`wrote`, by event), what it is about (`topics`) and what they want
    (`wanted`). As of the last night (`as_of`; null: no night has been yet)."""
    told: dict[str, Any] | None = reports.known("feedback", now())
    if told is None:
        nothing: dict[str, Json] = {each: [] for each in ("asked", "surveys", "wrote", "topics", "wanted")}
        return {"as_of": None, "days": feedback.DAYS, "since": feedback.begins(now()), **nothing}
    forms = form_definitions.saved().forms
    return told | {
        "asked": [{"name": _name(each), **each} for each in told["asked"]],
        "surveys": [
            {"name": forms[each["form"]].form.name if each["form"] in forms else each["form"] or "another", **each}
            for each in told["surveys"]
        ],
    }


def _name(of: dict[str, Any]) -> str:
    """What sent it, as the team calls it; what is not there any more has its id for a name."""
    if of["campaign"]:
        named = {each.id: each.campaign.name for each in campaigns.all_kept()}
        return named.get(of["campaign"], str(of["campaign"]))
    journeys = journey_definitions.publication().journeys
    journey = journeys[of["journey"]].journey.name if of["journey"] in journeys else of["journey"]
    return f"{journey}, {of['step'].replace('_', ' ')}" if of["journey"] else of["template"]


class OfAnswer(Listing, total=False):
    """What sent the email that asks, as `GET /reports/feedback` tells it (`campaign`, or `journey` and `step`; and its
    `template`); and the `answer`, left out for whoever answered."""

    campaign: str
    journey: str
    step: str
    template: str
    what: str
    """`answered`, when left out, or `sent`: whom it went to."""
    answer: str


@route("GET", "/reports/feedback/answers/people", role=Role.VIEWER, query=OfAnswer, gives=Behind | everywhere.Late)
def list_answered(request: Request) -> Json | Response:
    """Who answered an email with one click, and when; each at their last answer. As of the last night. 202 with a
    `query` when it takes long."""
    what = chosen(request, "what", ("answered", "sent"), "answered")
    of = {name: _text(request, name) for name in ("campaign", "journey", "step", "template")}
    answer = _text(request, "answer")
    said = f"answered {answer.replace('_', ' ')}" if answer else what
    parameters = report_parameters.of_answers(reports.as_of("feedback", now()))
    return behind(
        request,
        f"{_name(of)}: {said}",
        "Sent" if what == "sent" else "Answered",
        "instant",
        lambda: parameters.of("answer_people", *of.values(), what, answer),
    )


class OfSurvey(Listing, total=False):
    form: str
    question: str
    """Left out: whoever answered any."""
    answer: str


@route("GET", "/reports/feedback/surveys/people", role=Role.VIEWER, query=OfSurvey, gives=Behind | everywhere.Late)
def list_surveyed(request: Request) -> Json | Response:
    """Who answered a survey's `question` so, and when; each at their last answers. As of the last night. 202 with a
    `query` when it takes long."""
    form, asks, answer = (_text(request, name) for name in ("form", "question", "answer"))
    forms = form_definitions.saved().forms
    said = f"{asks.replace('_', ' ')}, {answer.replace('_', ' ')}" if asks else "answered"
    parameters = report_parameters.of_surveys(reports.as_of("feedback", now()))
    return behind(
        request,
        f"{forms[form].form.name if form in forms else form or 'another'}: {said}",
        "Answered",
        "instant",
        lambda: parameters.of("survey_people", form, asks, answer),
    )


def _text(request: Request, field: str) -> str:
    text = request.query.get(field, "")
    if len(text) > MAX_SHOWN:
        raise RefusedError("too_long", f"it is at most {MAX_SHOWN} letters", field)
    return text


class TextsQuery(TypedDict, total=False):
    """`sentiment`: positive, neutral or negative; `about`: a topic of the shop's, or what somebody wants. `query`, of
    an answer 202: asks how it stands."""

    sentiment: str
    about: str
    query: str


@route(
    "GET", "/reports/feedback/texts", role=Role.VIEWER, query=TextsQuery, gives=shapes.FeedbackTexts | everywhere.Late
)
def newest(request: Request) -> Json:
    """The newest of what people wrote in the last 90 days, 50 at most: who, when, and their words, which are read from
    the contact's own records: of who is erased there are none. 202 with a `query` when it takes long."""
    sentiment, about = request.query.get("sentiment", "%"), request.query.get("about", "%")
    if sentiment not in ("%", *feedback.SENTIMENTS[:3]):
        raise RefusedError("invalid_sentiment", "it is positive, neutral or negative", "sentiment")
    if about not in ("%", *feedback.WANTED, *shop_settings.settings().text_topics):
        raise RefusedError("invalid_topic", "it is one of the topics of the shop's settings", "about")
    since = feedback.begins(now())
    texts = (month_of(since), str(since), month_of(since), about, sentiment, about)
    rows = asked(request, lambda: athena.start(*question("feedback_newest", *texts)))
    if isinstance(rows, Response):
        return rows
    found = (_told(str(row["contact"]), int(str(row["time"])), str(row["wrote"]), row["sentiment"]) for row in rows)
    return {"texts": [each for each in found if each is not None]}


def _told(contact: str, at: Instant, wrote: str, sentiment: Json) -> dict[str, Json] | None:
    """None: the contact or the event is not there any more. Of who has joined another contact it is told there."""
    stored = contacts.read(contact)
    if stored is None or stored.profile.merged_into is not None:
        return None
    event = next((each for each in contacts.told(contact, at, at) if each.type == wrote), None)
    if event is None:
        return None
    return {
        "contact": contact,
        "email": stored.profile.email,
        "at": at,
        "event": wrote,
        "text": text_of(event)[:MAX_SHOWN],
        "stars": stars_of(event),
        "sentiment": sentiment or None,
    }
