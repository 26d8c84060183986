"""A story of runs: a wait for an answer, and for none; an exit in the middle of it; a pause; a version that moves those
who are under way; an email that is held; a cap that has two emails wait for the next day.

Ada answers nothing and gets all emails; Grace answers; Mary orders, and gets no email after that. Between what happens
there is time enough for every fault to be made good.
"""

from __future__ import annotations

from typing import Any

from infra.local.aws import ses
from infra.local.shop import storefront
from infra.local.system import System
from shared.adapters import events_queue, identities, journey_definitions, shop_settings
from shared.domain.events import DAY, HOUR, Identity, IdentityKind, evaluation_due, iso
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Publication, Version, with_journey, with_state, with_step_state
from shared.domain.journeys.runs import Moved
from shared.domain.journeys.telling import tell as event_of
from shared.domain.settings import Cap, ShopSettings
from tests.faults.story import ADA, BEGIN, GRACE, MARY, mail_of, track

END = BEGIN + 14 * DAY
CAP = Cap(day=1, week=5)
QUIZ = {
    "id": "quiz",
    "name": "Quiz",
    "sentence": "Answers a quiz.",
    "trigger": {"kind": "event", "events": ["Quiz Completed"]},
    "exits": [{"on": {"kind": "event", "events": ["Order Completed"]}, "goal": True}],
    "steps": [
        {"id": "result", "kind": "send", "template": "thank_you"},
        {
            "id": "answer",
            "kind": "wait_for",
            "on": [{"kind": "event", "events": ["Email Clicked"]}],
            "within": "1d",
            "next": "answered",
            "otherwise": "reminder",
        },
        {"id": "reminder", "kind": "send", "template": "we_miss_you", "next": "later"},
        {"id": "answered", "kind": "update", "traits": {"answered": True}, "add_tags": ["quiz"]},
        {"id": "call", "kind": "notify", "subject": "Call them", "to": "sales"},
        {"id": "later", "kind": "wait", "for": "4d"},
        {"id": "tips", "kind": "send", "template": "getting_started"},
        {"id": "go_on", "kind": "start", "journey": "after"},
    ],
}
AFTER: dict[str, Any] = {
    "id": "after",
    "name": "After",
    "sentence": "Comes after it.",
    "trigger": {"kind": "hand"},
    "steps": [{"id": "check_in", "kind": "send"}],
}
SOONER = {**QUIZ, "steps": [{**step, "for": "3d"} if step["id"] == "later" else step for step in QUIZ["steps"]]}  # type: ignore[attr-defined]


def tell(system: System) -> None:
    """Plays the story in a fresh world that stands a second before BEGIN, in a shop that sends nobody more than CAP."""
    shop_settings.save(ShopSettings(caps={"lifecycle": CAP}), 0, "a test")
    for journey in (QUIZ, AFTER):
        publish(system, journey)
    customers = {number: storefront.sign_up(number, name, BEGIN) for number, name in NAMES.items()}
    system.run_until(BEGIN)
    for customer in customers.values():
        storefront.post(system, customer)

    begun = BEGIN + 6 * HOUR
    system.run_until(begun)
    for number, customer in customers.items():
        answers_quiz(system, number, customer.body["email"])
    system.run_until(begun + 6 * HOUR)
    ses.happen(system.world, mail_of(system, GRACE, "result").id, "Click", link="https://shop.example.com/candles")
    storefront.post(system, storefront.order(MARY, customers[MARY].body, system.world.now()))

    system.run_until(begun + 2 * DAY)
    switch(system, "paused")
    system.run_until(begun + 2 * DAY + 6 * HOUR)
    publish(system, SOONER, "move")
    system.run_until(begun + 6 * DAY)
    review(system, "tips", "review")
    switch(system, "live")
    system.run_until(begun + 7 * DAY)
    for number in (ADA, GRACE):
        let_go(system, customers[number].body["email"], "quiz")
    system.run_until(END)


NAMES = {ADA: "Ada", GRACE: "Grace", MARY: "Mary"}


def publish(system: System, journey: dict[str, Any], under_way: Any = "finish") -> None:
    held = journey_definitions.publication()
    before = held.journeys.get(journey["id"])
    number = before.version + 1 if before is not None else 1
    read = Journey.model_validate(journey)
    version = Version(version=number, journey=read, published=system.world.now(), by="a test", why="it is new")
    _publish(system, with_journey(held, version, under_way), version)


def switch(system: System, state: Any) -> None:
    _publish(system, with_state(journey_definitions.publication(), "quiz", state, system.world.now(), "a test"))


def review(system: System, step: str, state: Any) -> None:
    held = journey_definitions.publication()
    _publish(system, with_step_state(held, "quiz", step, state, system.world.now(), "a test"))


def _publish(system: System, made: Publication, version: Version | None = None) -> None:
    """And has everybody look again, as the admin does."""
    journey_definitions.publish(made, version)
    known = [_contact(number) for number in NAMES]
    t = system.world.now()
    events_queue.put_events([evaluation_due(each, t, journeys=made.number) for each in known if each is not None])


def let_go(system: System, email: str, journey: str) -> None:
    contact = identities.find([Identity(kind=IdentityKind.EMAIL, value=email)]).popitem()[1]
    moved = Moved(system.world.now(), f"{contact}-{journey}-1", None, "a test", release=True)
    events_queue.put_events([event_of(contact, moved, system.world.now())])


def _contact(number: int) -> str | None:
    email = storefront.sign_up(number, NAMES[number], BEGIN).body["email"]
    return next(iter(identities.find([Identity(kind=IdentityKind.EMAIL, value=email)]).values()), None)


def answers_quiz(system: System, number: int, email: str) -> None:
    body = {"anonymousId": f"browser-{number}", "traits": {"email": email}, "timestamp": iso(system.world.now())}
    track(system, "/v1/identify", {**body, "messageId": f"in-{number}"})
    told = {"event": "Quiz Completed", "properties": {"result": "tea"}, "messageId": f"quiz-{number}"}
    track(system, "/v1/track", {**body, **told})
