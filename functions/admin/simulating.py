"""What happens if a journey is published: played for copies of contacts over the days to come. Nothing is written but
the result, and nothing is sent. Routes of the admin's API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from itertools import islice
from typing import TYPE_CHECKING, Any

from functions.admin import journey_drafts
from functions.admin.journey_drafts import Written, text, written_in, yes_or_no
from functions.admin.rest import ProblemsError, Request, left_out, route
from functions.admin.shapes import journeys as shapes
from shared.adapters import (
    contacts,
    definitions,
    journey_definitions,
    journeys,
    kept_arms,
    shop_settings,
    template_definitions,
    turns,
)
from shared.adapters.clock import now
from shared.adapters.contacts import Place
from shared.adapters.definitions_table import TooLargeError
from shared.domain.events import Json, MailClass
from shared.domain.journeys.playing import Gate
from shared.domain.journeys.runs import SendEmail
from shared.domain.messages import holdouts
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError

if TYPE_CHECKING:
    from shared.domain.journeys.simulating import Rates

MAX_CONTACTS = 1_000
"""Played in one answer: three seconds of a core."""
SAMPLE = 200
PATHS = 50
"""Contacts whose way is told, one by one."""
OPTIONS = ("yaml", "definition", "contacts", "sample", "days", "rates", "seed", "by_itself")


@route("POST", "/journeys/{journey}/simulate", role=Role.EDITOR, takes=shapes.Simulated, gives=shapes.SimulationTold)
def simulate_journey(request: Request, journey: str) -> Json:
    """Plays a definition (`yaml` or `definition`; the draft, or else what is published, when neither is sent) for
    `contacts` by their ids, or a `sample` of so many, over `days`, with `rates` of what they do, by a `seed`. The
    result is kept with the journey."""
    from shared.domain.journeys.simulating import MAX_DAYS, as_json, simulate  # what no other request waits for

    body = request.json_with_text("yaml") if request.body else {}
    for name in body:
        if name not in OPTIONS:
            raise RefusedError("invalid_choice", f"it is none of {', '.join(OPTIONS)}", name)
    written = definition_in(body, journey)
    wrong = journey_drafts.problems_of(written, unknown_events=True)
    if wrong:
        raise ProblemsError(wrong)
    profiles = list(_profiles(body))
    days, seed = whole_number(body, "days", 90, MAX_DAYS), text(body, "seed", "1")
    rates = rates_in(body.get("rates", {}))
    by_itself = yes_or_no(body, "by_itself")
    t = now()
    result = simulate(
        definitions.segments(),
        written.journey,
        profiles,
        t,
        days=days,
        rates=rates,
        seed=seed,
        by_itself=by_itself,
        of_shop=journeys.of_shop,
        gate=GATE,
    )
    told = as_json(result, PATHS) | {"at": t, "seed": seed, "sampled": "contacts" not in body}
    try:
        journey_definitions.keep_simulation(journey, told)
    except TooLargeError:
        journey_definitions.keep_simulation(journey, as_json(result, 0) | {"at": t, "seed": seed})
    return told


def _class_of(email: SendEmail) -> MailClass:
    try:
        return template_definitions.class_of(email.template, email.pin, email.mail_class)
    except LookupError:  # it is a draft as yet
        return email.mail_class or "marketing"


def _is_kept(profile: Profile, email: SendEmail) -> bool:
    holdout = shop_settings.settings().holdout
    takes_part = holdout is not None and holdouts.counts(holdout, _class_of(email), profile)
    return holdout is not None and takes_part and holdouts.is_held_out(holdout, profile.contact)


GATE = Gate(hours=lambda email: turns.hours_of(_class_of(email)), keeps=_is_kept, shares_of=kept_arms.shares_of)
"""As things are: of the shop's settings, and of who has which arm."""


def definition_in(body: dict[str, Any], journey: str) -> Written:
    given = {name: body[name] for name in body if name in ("yaml", "definition")}
    if given:
        return written_in(given, journey)
    draft = journey_drafts.drafts().get(journey)
    if draft is not None:
        return journey_drafts.whole(draft)
    return Written(journey_drafts.publication_with(journey)[1].journey, None)


def _profiles(body: dict[str, Any]) -> Iterable[Profile]:
    named = body.get("contacts")
    if named is None:
        sample = whole_number(body, "sample", SAMPLE, MAX_CONTACTS)
        named, _ = contacts.page(Place(), sample)
    elif not isinstance(named, list) or not all(isinstance(each, str) for each in named) or len(named) > MAX_CONTACTS:
        raise RefusedError("invalid_choice", f"a list of at most {MAX_CONTACTS} contacts' ids", "contacts")
    return (stored.profile for stored in islice(contacts.read_all(named, left_out), MAX_CONTACTS))


def whole_number(body: dict[str, Any], name: str, otherwise: int, most: int) -> int:
    value = body.get(name, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        raise RefusedError("invalid_choice", f"it must be a whole number from 1 to {most}", name)
    return value


def rates_in(told: Any) -> Rates:
    from shared.domain.journeys.simulating import Rates

    names = [each.name for each in fields(Rates)]
    if not isinstance(told, dict):
        raise RefusedError("invalid_choice", "it must be an object of numbers", "rates")
    for name, value in told.items():
        if name not in names:
            raise RefusedError("invalid_choice", f"it is none of {', '.join(names)}", f"rates.{name}")
        most = 1 if name in ("open", "click", "answer", "order", "unsubscribe") else 100_000
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= most:
            raise RefusedError("invalid_choice", f"it must be a number from 0 to {most}", f"rates.{name}")
    return Rates(**told)
