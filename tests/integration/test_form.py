"""Form: what protects addresses from being written to, the confirmation, and surveys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.form import app, signing_up
from functions.form.app import handler
from shared.adapters import (
    addresses,
    clock,
    contacts,
    environment,
    form_definitions,
    form_traffic,
    identities,
    pending_addresses,
    sign_ups,
    tokens,
)
from shared.adapters.clients import client
from shared.adapters.events_queue import NotQueuedError
from shared.adapters.tokens import Token
from shared.domain import forms
from shared.domain.events import DAY, HOUR, NEVER, SECOND, Event
from shared.domain.forms import Form, FormTopic, Question
from shared.domain.profiles import Profile, Stamped
from tests.integration.conftest import NOW

ADDRESS = "ada@example.com"
FORM = Form(
    id="newsletter",
    name="Newsletter",
    title="Hear from us",
    first_name="optional",
    tracking=True,
    topics=(FormTopic(id="marketing"),),
    wording="You agree.",
    promise="first_order",
)
SURVEY = Form(
    id="taste",
    name="Taste",
    title="What do you like?",
    first_name="optional",
    questions=(
        Question(trait="scent", label="Which scent?", choices=("rose", "pine")),
        Question(trait="wish", label="What else?"),
    ),
)


@pytest.fixture
def site(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOP_NAME", "Field & Stone")
    monkeypatch.setenv("SHOP_URL", "https://shop.example.com")
    environment.forget()
    publish(FORM, SURVEY)
    yield
    form_definitions.forget()


def publish(*several: Form) -> None:
    for form in several:
        saved = forms.written(form_definitions.saved(), form, NOW, "me")
        form_definitions.save(forms.published(form_definitions.save(saved), form.id, NOW, "me"))


_requests = iter(range(10**9))


def call(
    method: str, route: str, body: str = "", wants_json: bool = True, source: str = "192.0.2.1", **path: str
) -> dict[str, Any]:
    event = {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "pathParameters": path,
        "headers": {"accept": "application/json" if wants_json else "text/html"},
        "requestContext": {"requestId": f"r{next(_requests)}", "http": {"method": method, "sourceIp": source}},
        "body": body,
        "isBase64Encoded": False,
    }
    answer = handler(event, object())
    if method != "HEAD" and answer["headers"]["content-type"] == "application/json":
        answer["told"] = json.loads(answer["body"])
    return answer


def token(at: int = NOW - 5 * SECOND) -> str:
    clock.use(lambda: at)
    made = call("GET", "/forms/{form}/token", form="newsletter")["told"]["token"]
    clock.use(lambda: max(at + 5 * SECOND, NOW))
    return str(made)


def send(
    email: str = ADDRESS, with_token: str | None = None, source: str = "192.0.2.1", **fields: str
) -> dict[str, Any]:
    told = {"email": email, "token": token() if with_token is None else with_token, **fields}
    return call("POST", "/forms/{form}", urlencode(told), source=source, form="newsletter")


def asked() -> list[dict[str, Any]]:
    """The emails that are asked for."""
    return [json.loads(body)["message"] for body in _taken("confirmations_queue")]


def events() -> list[Event]:
    return [Event.model_validate_json(body) for body in _taken("prompt_queue")]


def _taken(queue: str) -> list[str]:
    url, found = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"], []
    while received := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in received:
            found.append(message["Body"])
            client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def link(message: dict[str, Any]) -> str:
    """As `links.action` of the email has it."""
    key = f"{message['purpose']}_{message['id']}"
    return tokens.issue(Token(message["contact"], message["address"], key, purpose="confirm", issued=NOW))


HASH_OF = identities.address_hash


# ── double opt-in ──


def test_a_sign_up_is_confirmed_by_a_button_and_by_nothing_else(site: None) -> None:
    assert send(first_name="Ada", tracking="yes")["told"]["status"] == "thanks"
    assert not events(), "nobody is signed up by a form alone"
    (message,) = asked()
    assert message["purpose"] == "confirm_signup"
    assert ADDRESS not in json.dumps(message) and "Ada" not in json.dumps(message)
    text = link(message)
    for _ in range(100):  # scanners open links
        assert call("GET", "/confirm/{token}", token=text)["statusCode"] == 200
    call("HEAD", "/confirm/{token}", token=text)
    assert not events()
    confirmed = call("POST", "/confirm/{token}", token=text, wants_json=False)
    assert confirmed["statusCode"] == 200 and "signed up" in confirmed["body"]
    (event,) = events()
    assert event.source == "form" and not event.is_weak
    assert event.traits == {
        "email": ADDRESS,
        "first_name": "Ada",
        "signup_source": "newsletter",
        "promised_code": "first_order",
    }
    assert [(each.topic, each.state, each.level, each.wording) for each in event.consent] == [
        ("marketing", "subscribed", "double", "newsletter-1"),
        ("tracking", "subscribed", "double", "newsletter-1"),
    ]
    assert addresses.consent(HASH_OF(ADDRESS))["marketing"].value == "subscribed", "the gate knows at once"
    again = call("POST", "/confirm/{token}", token=text, wants_json=False)
    assert "already confirmed" in again["body"] and again["statusCode"] == 200
    assert not events()


def test_whoever_dies_while_confirming_has_it_done_by_the_next_press(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    send()
    text = link(asked()[0])

    def fails(_: object) -> None:
        raise NotQueuedError

    with monkeypatch.context() as patch:
        patch.setattr(app, "put_events", fails)
        assert call("POST", "/confirm/{token}", token=text)["statusCode"] == 503
    clock.use(lambda: NOW + HOUR)
    call("POST", "/confirm/{token}", token=text)
    (event,) = events()
    assert event.time == NOW, "the same event, whoever tells it"


def test_a_link_is_good_for_seven_days_and_for_confirming_only(site: None) -> None:
    send()
    (message,) = asked()
    text = link(message)
    other = tokens.issue(Token(message["contact"], message["address"], "confirm_signup_x", issued=NOW))
    assert call("POST", "/confirm/{token}", token=other)["statusCode"] == 404
    clock.use(lambda: NOW + 7 * DAY - 1)
    assert call("GET", "/confirm/{token}", token=text)["statusCode"] == 200
    clock.use(lambda: NOW + 7 * DAY)
    assert call("POST", "/confirm/{token}", token=text)["statusCode"] == 404
    assert not events()


def test_what_waits_stands_in_contacts_and_expires(site: None) -> None:
    send(first_name="Ada")
    items = list(contacts.items(sign_ups.place(HASH_OF(ADDRESS))))
    assert {item["kind"]["S"].partition("#")[0] for item in items} == {"SIGN_UP", "ADDRESS"}
    assert {int(item["expires"]["N"]) for item in items} == {(NOW + 7 * DAY) // SECOND}
    assert pending_addresses.read(sign_ups.place(HASH_OF(ADDRESS)), HASH_OF(ADDRESS)) == ADDRESS


# ── against abuse ──


def test_an_address_gets_one_email_in_a_day_and_three_ever(site: None) -> None:
    sent = []
    for hour in range(0, 24 * 10, 4):
        clock.use(lambda hour=hour: NOW + hour * HOUR)
        answer = send(with_token=token(NOW + hour * HOUR - 5 * SECOND))
        assert answer["told"]["status"] == "thanks", "whoever asks is told the same"
        sent += [hour] * len(asked())
    assert sent == [0, 24, 48]


def test_a_mailbox_is_one_whatever_stands_behind_a_plus_or_between_gmails_dots(site: None) -> None:
    several = ("ada+1@example.com", "ADA+2@example.com", "ada@example.com", "a.d.a@gmail.com", "ada+x@gmail.com")
    for each in several:
        assert send(each)["told"]["status"] == "thanks"
    assert [message["address"] for message in asked()] == [HASH_OF("ada+1@example.com"), HASH_OF("a.d.a@gmail.com")]
    clock.use(lambda: NOW + DAY)
    assert send("ada+9@example.com", with_token=token(NOW + DAY - 5 * SECOND))["told"]["status"] == "thanks"
    (second,) = asked()
    link_ = Token(
        second["contact"], second["address"], f"confirm_signup_{second['id']}", purpose="confirm", issued=NOW + DAY
    )
    assert call("POST", "/confirm/{token}", token=tokens.issue(link_))["statusCode"] == 200
    assert [event.traits["email"] for event in events()] == ["ada+9@example.com"], "the address is as it was typed"
    assert send("ada+1@example.com", with_token=token(NOW + DAY - 5 * SECOND))["told"]["status"] == "thanks"
    assert len(asked()) == 1, "who has confirmed may sign up again"


def test_a_network_is_one_however_many_addresses_it_has_and_a_domain_gets_so_many(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = [f"2001:db8:0:1::{number:x}" for number in range(1, form_traffic.FROM_ONE_SOURCE + 2)]
    outcomes = [send(f"a{n}@example.com", source=source)["told"]["status"] for n, source in enumerate(sources)]
    assert outcomes == ["thanks"] * form_traffic.FROM_ONE_SOURCE + ["press"]
    assert send("b@example.com", source="2001:db8:0:2::1")["told"]["status"] == "thanks"
    monkeypatch.setattr(form_traffic, "TO_ONE_DOMAIN", 15)
    told = [send(f"c{n}@example.com", source=f"198.51.100.{n}")["told"]["status"] for n in range(5)]
    assert told == ["thanks"] * 3 + ["press"] * 2
    assert send("c@other.example", source="198.51.100.99")["told"]["status"] == "thanks"
    assert send("c@example.com", source="no address")["told"]["status"] == "press", "and nothing breaks"


def test_only_the_first_sign_up_of_a_day_is_kept(site: None) -> None:
    """Whoever types the address after its owner changes nothing of what the owner confirms."""
    send(first_name="Ada")
    (message,) = asked()
    send(first_name="Rude Word")
    call("POST", "/confirm/{token}", token=link(message))
    assert [event.traits["first_name"] for event in events()] == ["Ada"]


def test_somebody_who_has_confirmed_may_sign_up_again_another_time(site: None) -> None:
    for day in (0, 2, 4, 6, 8):
        clock.use(lambda day=day: NOW + day * DAY)
        send(with_token=token(NOW + day * DAY - 5 * SECOND))
        (message,) = asked()
        key = f"{message['purpose']}_{message['id']}"
        link_ = Token(message["contact"], message["address"], key, purpose="confirm", issued=NOW + day * DAY)
        assert call("POST", "/confirm/{token}", token=tokens.issue(link_))["statusCode"] == 200
    assert len(events()) == 5


@pytest.mark.parametrize("what", ["none", "of another form", "used", "too fast", "too old", "of another purpose"])
def test_without_a_good_token_nothing_is_mailed_before_a_button_is_pressed(site: None, what: str) -> None:
    given = {
        "none": "",
        "of another form": tokens.issue(Token("", "taste", "l1", purpose="form", issued=NOW - 9 * SECOND)),
        "too fast": tokens.issue(Token("", "newsletter", "l1", purpose="form", issued=NOW - SECOND)),
        "too old": tokens.issue(Token("", "newsletter", "l1", purpose="form", issued=NOW - DAY)),
        "of another purpose": tokens.issue(Token("", "newsletter", "l1", issued=NOW - 9 * SECOND)),
    }.get(what, token())
    if what == "used":
        send("somebody@example.com", given)
        asked()
    answer = send(with_token=given)
    assert answer["told"]["status"] == "press" and not asked()
    assert send(with_token=answer["told"]["token"])["told"]["status"] == "thanks"
    assert len(asked()) == 1


def test_a_plain_form_without_javascript_goes_by_a_page_with_a_button(site: None) -> None:
    body = urlencode({"email": ADDRESS, "first_name": 'A"da<', "unknown": "x"})
    page = call("POST", "/forms/{form}", body, wants_json=False, form="newsletter")
    assert page["statusCode"] == 200 and 'name="email" value="ada@example.com"' in page["body"]
    assert "unknown" not in page["body"] and 'A"da<' not in page["body"] and not asked()
    assert page["headers"]["cache-control"] == "no-store"


def test_the_honeypot_mails_nothing_and_says_the_same(site: None) -> None:
    assert send(homepage="https://spam.example")["told"] == send("b@example.com")["told"]
    assert [message["address"] for message in asked()] == [HASH_OF("b@example.com")]


def test_when_more_come_in_than_people_send_the_button_is_asked_for(
    site: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = [send(f"a{number}@example.com")["told"]["status"] for number in range(form_traffic.FROM_ONE_SOURCE + 2)]
    assert outcomes == ["thanks"] * form_traffic.FROM_ONE_SOURCE + ["press"] * 2
    assert send("b@example.com", source="198.51.100.7")["told"]["status"] == "thanks"
    monkeypatch.setattr(form_traffic, "STEADY", 3)
    assert send("c@example.com", source="198.51.100.8")["told"]["status"] == "press", "whoever else sends the form"
    monkeypatch.setattr(form_traffic, "MOST", 3)
    assert send("d@example.com", source="198.51.100.9")["statusCode"] == 429
    monkeypatch.setattr(form_traffic, "MOST", 3_000)
    clock.use(lambda: NOW + 2 * HOUR)
    assert send("e@example.com", with_token=token(NOW + 2 * HOUR))["told"]["status"] == "thanks"


def test_no_answer_tells_whether_an_address_is_known(site: None) -> None:
    addresses.answer(HASH_OF("known@example.com"), {"marketing": "subscribed"}, NOW - DAY, "preference")
    contacts.commit([identities.suppression_write(HASH_OF("bounced@example.com"), "bounce", NOW - DAY)])
    told = {json.dumps(send(each)["told"]) for each in ("known@example.com", "bounced@example.com", "new@example.com")}
    assert len(told) == 1


def test_nothing_personal_stands_outside_contacts(site: None) -> None:
    send(first_name="Zebulonia", source="203.0.113.77")
    for name in ("Definitions", "Identities"):
        held = json.dumps(client("dynamodb").scan(TableName=name)["Items"], default=str)
        assert not any(word in held for word in (ADDRESS, "Zebulonia", "203.0.113.77")), name


def test_what_could_not_be_asked_for_may_be_tried_again_at_once(site: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise NotQueuedError

    with monkeypatch.context() as patch:
        patch.setattr(signing_up.messages_queue, "put_prompt", fails)
        assert send()["statusCode"] == 503
    send()
    assert len(asked()) == 1


# ── reminders ──


def test_one_reminder_comes_after_a_day_unless_it_was_confirmed(site: None) -> None:
    send()
    send("eager@example.com")
    waiting, eager = sorted(asked(), key=lambda message: message["address"] != HASH_OF(ADDRESS))
    call("POST", "/confirm/{token}", token=link(eager))
    reminded = []
    for hour in range(1, 24 * 8):
        clock.use(lambda hour=hour: NOW + hour * HOUR)
        handler({"task": "remind"}, object())
        reminded += [(hour, message["purpose"], message["id"]) for message in asked()]
    assert reminded == [(24, "reminder", waiting["id"])]


# ── single opt-in ──


def test_single_opt_in_is_at_once_and_told_as_an_address_that_was_typed(site: None) -> None:
    publish(FORM.model_copy(update={"double_opt_in": False}))
    send()
    (event,) = events()
    assert event.claimed and [each.level for each in event.consent] == ["single"]
    assert not asked()


@pytest.mark.parametrize("how", ["topic", "all", "tracking", "suppressed"])
def test_nobody_but_its_owner_takes_back_a_no(site: None, how: str) -> None:
    publish(FORM.model_copy(update={"double_opt_in": False, "tracking": True}))
    if how == "suppressed":
        contacts.commit([identities.suppression_write(HASH_OF(ADDRESS), "complaint", NOW - DAY)])
    else:
        topic = "marketing" if how == "topic" else how
        addresses.answer(HASH_OF(ADDRESS), {topic: "unsubscribed"}, NOW - DAY, "preference")
    send(tracking="yes")
    assert not events() and len(asked()) == 1


# ── surveys, and what is known already ──


def reader() -> str:
    profile = Profile("c01", traits={"email": Stamped(ADDRESS, NOW), "first_name": Stamped("Ada", NOW)})
    contacts.commit([contacts.profile_write(profile, NEVER, NOW)])
    return tokens.issue(Token("c01", "marketing", "m1", issued=NOW))


def test_a_survey_asks_what_is_not_known_and_its_answers_become_traits_and_an_event(site: None) -> None:
    text = reader()
    page = call("GET", "/surveys/{token}/{form}", token=text, form="taste")["body"]
    assert 'name="scent"' in page and 'name="first_name"' not in page and 'name="email"' not in page
    assert "Ada" not in page and ADDRESS not in page
    answer = urlencode({"scent": "pine", "wish": "more of Ada", "email": "evil@example.com"})
    assert call("POST", "/surveys/{token}/{form}", answer, token=text, form="taste")["statusCode"] == 200
    (event,) = events()
    assert (event.type, event.identities[0].value, event.traits) == (
        "Survey Answered",
        "c01",
        {"scent": "pine", "wish": "more of Ada"},
    )
    assert event.properties == {"form": "taste", "form_version": 1, "scent": "pine"}, (
        "what somebody types may say who they are"
    )
    assert not event.consent


def test_an_old_link_opens_no_survey(site: None) -> None:
    text = reader()
    clock.use(lambda: NOW + 31 * DAY)
    assert call("GET", "/surveys/{token}/{form}", token=text, form="taste")["statusCode"] == 404


def test_a_survey_without_a_link_asks_nothing(site: None) -> None:
    assert 'name="scent"' not in call("GET", "/forms/{form}", form="taste", wants_json=False)["body"]
    call("POST", "/forms/{form}", urlencode({"scent": "pine", "email": ADDRESS}), form="taste")
    assert not events() and not asked()


# ── requests ──


def test_json_is_as_good_as_a_form_and_as_well_protected(site: None) -> None:
    body = json.dumps({"email": ADDRESS, "topic": ["marketing"], "first_name": 7})
    event = {
        "version": "2.0",
        "routeKey": "POST /forms/{form}",
        "pathParameters": {"form": "newsletter"},
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "j1", "http": {"method": "POST", "sourceIp": "192.0.2.1"}},
        "body": body,
    }
    answer = handler(event, object())
    assert json.loads(answer["body"])["status"] == "press" and not asked()
    assert answer["headers"]["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("body", ["{", "[]", "null", "7"])
def test_json_that_is_none_is_refused(site: None, body: str) -> None:
    event = {
        "routeKey": "POST /forms/{form}",
        "pathParameters": {"form": "newsletter"},
        "headers": {"content-type": "application/json"},
        "requestContext": {"requestId": "j1", "http": {"method": "POST", "sourceIp": "192.0.2.1"}},
        "body": body,
    }
    assert handler(event, object())["statusCode"] == 400


def test_a_form_that_is_not_published_is_not_there(site: None) -> None:
    saved = form_definitions.saved()
    form_definitions.save(forms.without(saved, "newsletter", NOW, "me"))
    for method, route in (("GET", "/forms/{form}"), ("POST", "/forms/{form}"), ("GET", "/forms/{form}/embed.js")):
        assert call(method, route, form="newsletter")["statusCode"] == 404
