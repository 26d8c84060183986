"""Preference: GET changes nothing, POST is queued before it is answered, and links work only as they were issued."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from functions.preference import app
from functions.preference.app import ROUTES, handler
from shared.adapters import clock, contacts, environment, tokens
from shared.adapters.clients import client
from shared.adapters.events_queue import NotQueuedError
from shared.adapters.tokens import Token
from shared.domain.events import DAY, NEVER, Event, IdentityKind, Type
from shared.domain.profiles import Profile, Stamped, fold
from tests.integration.conftest import NOW

TOKEN = Token("c01", "marketing", "win_back_c01-inactive-7_goodbye_0")
FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
MULTIPART_BODY = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.fixture
def page(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOP_NAME", "Field & <Stone>")
    monkeypatch.setenv("SHOP_URL", "https://shop.example.com")
    environment.forget()
    yield


def call(
    route: str, text: str | None = None, body: str = "", content_type: str = FORM, packed: bool = False, id_: str = "r1"
) -> dict[str, Any]:
    """One request, as the HTTP API hands it over (payload format 2.0)."""
    method, path = route.split()
    text = tokens.issue(TOKEN) if text is None else text
    return handler(
        {
            "version": "2.0",
            "routeKey": f"{method} {path}/{{token}}",
            "rawPath": f"{path}/{text}",
            "pathParameters": {"token": text},
            "headers": {"content-type": content_type},
            "requestContext": {"requestId": id_, "http": {"method": method}},
            "body": base64.b64encode(body.encode()).decode() if packed else body,
            "isBase64Encoded": packed,
        },
        object(),
    )


def events() -> list[Event]:
    url, found = client("sqs").get_queue_url(QueueName="prompt_queue")["QueueUrl"], []
    while received := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in received:
            found.append(Event.model_validate_json(message["Body"]))
            client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def answers(event: Event) -> dict[str, str]:
    return {change.topic: change.state for change in event.consent}


def store(state: str | None) -> Profile:
    consent = {"marketing": Stamped(state, NOW - DAY)} if state else {}
    held = contacts.read("c01")
    profile = Profile("c01", version=held.profile.version if held else 0, consent=consent)
    contacts.commit([contacts.profile_write(profile, NEVER, NOW)])
    return profile


# ── unsubscribing ──


def test_one_post_unsubscribes(page: None) -> None:
    one_click = "List-Unsubscribe=One-Click"
    for body, content_type, packed in (
        (one_click, FORM, False),
        (one_click, FORM, True),
        (MULTIPART_BODY, MULTIPART, True),
        ("", "", False),
    ):
        assert call("POST /unsubscribe", body=body, content_type=content_type, packed=packed)["statusCode"] == 200
        (event,) = events()
        assert event.type == Type.CONSENT_CHANGED
        assert answers(event) == {"marketing": "unsubscribed"}
        assert event.identity(IdentityKind.CONTACT) == "c01"
        assert event.properties == {"message": TOKEN.message}
        assert (event.source, event.time, event.stated) == ("preference", NOW, NOW)


def test_following_a_link_changes_nothing(page: None) -> None:
    store("subscribed")
    for route in ("GET /unsubscribe", "GET /preferences"):
        assert call(route)["statusCode"] == 200
    assert events() == []


def test_the_page_asks_with_a_button_that_posts_what_mail_programs_post(page: None) -> None:
    answer = call("GET /unsubscribe")
    assert '<form method="post">' in answer["body"]
    assert 'name="List-Unsubscribe" value="One-Click"' in answer["body"]
    assert "News and offers" in answer["body"]


def test_nothing_is_promised_before_it_is_queued(page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Any) -> None:
        raise NotQueuedError("not queued")

    monkeypatch.setattr(app, "put_events", refuse)
    answer = call("POST /unsubscribe")
    assert answer["statusCode"] == 503
    assert "Traceback" not in answer["body"]


def test_leaving_coming_back_and_leaving_again_are_three_things_and_the_last_holds(page: None) -> None:
    profile = store("subscribed")
    recorded = []
    for hour, (route, body) in enumerate(
        [("POST /unsubscribe", ""), ("POST /preferences", "topic=marketing"), ("POST /unsubscribe", "")]
    ):
        clock.use(lambda hour=hour: NOW + hour)  # type: ignore[misc]
        call(route, body=body, id_=f"r{hour}")
        (event,) = events()
        fold(profile, event)
        contacts.commit([contacts.profile_write(profile, NEVER, NOW)])
        recorded.append(event)
    assert len({event.id for event in recorded}) == 3
    assert profile.consent["marketing"].value == "unsubscribed"


# ── the preference page ──


class Boxes(HTMLParser):
    """The checkboxes of a page: topic → ticked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ticked: dict[str, bool] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "checkbox":
            self.ticked[str(given["value"])] = "checked" in given


def test_the_page_shows_the_present_answer(page: None) -> None:
    for state, ticked in {"subscribed": True, "unsubscribed": False, "pending": False, None: False}.items():
        store(state)
        assert Boxes(call("GET /preferences")["body"]).ticked == {"marketing": ticked}


def test_a_contact_who_is_gone_sees_nothing_ticked(page: None) -> None:
    assert Boxes(call("GET /preferences")["body"]).ticked == {"marketing": False}


def test_saving_records_what_is_different_and_nothing_else(page: None) -> None:
    for state, body, changes in (
        ("subscribed", "", [{"marketing": "unsubscribed"}]),
        ("unsubscribed", "topic=marketing", [{"marketing": "subscribed"}]),
        ("pending", "topic=marketing", [{"marketing": "subscribed"}]),
        (None, "topic=marketing", [{"marketing": "subscribed"}]),
        ("subscribed", "topic=marketing", []),
        ("unsubscribed", "", []),
        ("unsubscribed", "topic=everything&topic=../x&admin=1", []),
    ):
        store(state)
        assert call("POST /preferences", body=body, packed=True)["statusCode"] == 200
        assert [answers(event) for event in events()] == changes


def test_pages_need_no_script_and_cannot_be_framed_cached_or_leak_their_address(page: None) -> None:
    store("subscribed")
    for route in ("GET /unsubscribe", "GET /preferences", "POST /unsubscribe", "POST /preferences"):
        answer = call(route)
        assert answer["headers"]["cache-control"] == "no-store"
        assert answer["headers"]["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer["headers"]["content-security-policy"]
        assert "<script" not in answer["body"]
        assert "Field &amp; &lt;Stone&gt;" in answer["body"]
        assert re.search(r'<html lang="en">.*<title>.+</title>.*<h1>.+</h1>', answer["body"], re.DOTALL)
        links = re.findall(r'href="([^"]+)"', answer["body"])
        assert set(links) <= {"https://shop.example.com", f"../preferences/{tokens.issue(TOKEN)}"}


# ── tokens ──


def test_a_bad_link_gets_a_page_that_says_so(page: None) -> None:
    for text in ("", "x", "a" * 5000, "ÿ", "%00", "../../etc", "MS5jMDEubWFya2V0aW5nLm0"):
        for route in ("GET /unsubscribe", "POST /unsubscribe", "GET /preferences", "POST /preferences"):
            answer = call(route, text=text, body="topic=marketing")
            assert answer["statusCode"] == 404
            assert "This link does not work" in answer["body"]
    assert events() == []


def test_a_route_we_do_not_have_is_not_found(page: None) -> None:
    assert call("DELETE /unsubscribe")["statusCode"] == 404
    assert all(route.endswith("/{token}") for route in ROUTES)


def test_a_token_holds_no_address_and_nothing_but_ids(page: None) -> None:
    text = tokens.issue(TOKEN)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    assert base64.urlsafe_b64decode(text + "==")[tokens.MAC_BYTES :] == b"1.c01.marketing." + TOKEN.message.encode()


@pytest.fixture
def signing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "secret", lambda name: f"the secret {name}")


ids = st.from_regex(r"[A-Za-z0-9_-]{1,60}", fullmatch=True)


@pytest.mark.usefixtures("signing")
class TestTokens:
    @given(ids, ids, ids)
    def test_a_token_reads_as_it_was_issued(self, contact: str, topic: str, message: str) -> None:
        token = Token(contact, topic, message)
        assert tokens.read(tokens.issue(token)) == token

    @given(st.data())
    @settings(max_examples=300)
    def test_one_changed_character_anywhere_makes_it_worthless(self, data: st.DataObject) -> None:
        text = tokens.issue(TOKEN)
        place = data.draw(st.integers(0, len(text) - 1))
        other = data.draw(st.characters())
        assume(other != text[place])
        assert tokens.read(text[:place] + other + text[place + 1 :]) is None

    @given(st.integers(0, 500), st.text("=!\n .Aw-_", min_size=1, max_size=3))
    def test_one_character_more_or_less_makes_it_worthless(self, place: int, more: str) -> None:
        text = tokens.issue(TOKEN)
        assert tokens.read(text[:place] + more + text[place:]) is None
        assert tokens.read(text[: place % len(text)]) is None

    @given(st.text(max_size=1100))
    def test_no_text_makes_it_stumble(self, text: str) -> None:
        assert tokens.read(text) is None

    def test_a_token_of_another_key_is_worthless(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = tokens.issue(TOKEN)
        monkeypatch.setattr(tokens, "secret", lambda name: "another secret")
        assert tokens.read(text) is None
