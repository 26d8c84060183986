"""Preference: GET changes nothing, POST is queued before it is answered, and links work only as they were issued."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from functions.preference.app import PURPOSES, ROUTES, handler
from functions.profile import storing
from shared.adapters import (
    addresses,
    answering,
    clock,
    contacts,
    environment,
    identities,
    messages,
    tokens,
)
from shared.adapters.clients import client
from shared.adapters.events_queue import NotQueuedError
from shared.adapters.mail import Mail
from shared.adapters.tokens import Token
from shared.domain.events import DAY, NEVER, SECOND, ConsentChange, Event, Identity, IdentityKind, Type
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.gate import gate
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.transitions import Membership
from tests.integration.conftest import NOW, goes_on

TOKEN = Token("c01", "marketing", "win_back_c01-inactive-7_goodbye_0", issued=NOW)
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
    route: str,
    text: str | None = None,
    body: str = "",
    content_type: str = FORM,
    packed: bool = False,
    id_: str = "r1",
    said: str = "fine",
    query: str = "",
) -> dict[str, Any]:
    """One request, as the HTTP API hands it over (payload format 2.0)."""
    method, path = route.split()
    text = tokens.issue(TOKEN) if text is None else text
    return handler(
        {
            "version": "2.0",
            "routeKey": f"{method} {path}/{{token}}{'/{answer}' if path == '/answers' else ''}",
            "rawPath": f"{path}/{text}",
            "rawQueryString": query,
            "pathParameters": {"token": text, **({"answer": said} if path == "/answers" else {})},
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


def store(state: str | None, contact: str = "c01", email: str | None = None) -> Profile:
    held = contacts.read(contact)
    profile = Profile(
        contact,
        version=held.profile.version if held else 0,
        traits={"email": Stamped(email, NOW - DAY)} if email else {},
        consent={"marketing": Stamped(state, NOW - DAY)} if state else {},
        memberships={"s": Membership(True, 1, NOW, NEVER)},
    )
    contacts.commit([contacts.profile_write(profile, NEVER, NOW)])
    return profile


def profile_of(contact: str) -> Profile:
    stored = contacts.read(contact)
    assert stored is not None
    return stored.profile


def fold_all(recorded: list[Event], contact: str = "c01") -> None:
    """As functions/profile does it, all in one batch."""
    for event in recorded:
        storing.store_alone(event, {}, max(event.received, NOW))


def may_write(contact: str) -> bool:
    """What the gate says at this instant."""
    profile = profile_of(contact)
    assert profile.email is not None
    address = addresses.read(identities.address_hash(profile.email))
    message = RunMessage(contact=contact, journey="win_back", run=f"{contact}-win_back-7", version=1, step="x")
    return gate(message, profile, address.suppression, NOW, address.consent) is None


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

    monkeypatch.setattr(answering, "put_events", refuse)
    answer = call("POST /unsubscribe")
    assert answer["statusCode"] == 503
    assert "Traceback" not in answer["body"]


def test_leaving_coming_back_and_leaving_again_are_three_things_and_the_last_holds(page: None) -> None:
    store("subscribed")
    recorded = []
    for hour, (route, body) in enumerate(
        [("POST /unsubscribe", ""), ("POST /preferences", "topic=marketing"), ("POST /unsubscribe", "")]
    ):
        clock.use(lambda hour=hour: NOW + hour)  # type: ignore[misc]
        call(route, body=body, id_=f"r{hour}")
        (event,) = events()
        recorded.append(event)
    assert len({event.id for event in recorded}) == 3
    fold_all(recorded)
    assert profile_of("c01").consent["marketing"].value == "unsubscribed"


def test_a_mail_program_that_posts_again_and_again_makes_one_entry_of_the_ledger(page: None) -> None:
    store("subscribed")
    for number in range(4):
        assert call("POST /unsubscribe", id_=f"r{number}")["statusCode"] == 200
        fold_all(events())
    assert [item["state"]["S"] for item in contacts.items("c01", "CONSENT#")] == ["unsubscribed"]
    call("POST /preferences", body="topic=marketing", id_="r5")
    call("POST /unsubscribe", id_="r6")
    fold_all(events())
    states = [item["state"]["S"] for item in contacts.items("c01", "CONSENT#")]
    assert states == ["unsubscribed", "subscribed", "unsubscribed"]


# ── what was said last ──


NO, YES, ONE_CLICK = ("POST /preferences", ""), ("POST /preferences", "topic=marketing"), ("POST /unsubscribe", "")


@pytest.mark.parametrize(
    "said", [[YES, NO], [NO, YES], [ONE_CLICK, YES], [YES, ONE_CLICK], [YES, YES], [NO, ONE_CLICK, YES, NO]]
)
@pytest.mark.parametrize("state", ["subscribed", "unsubscribed", None])
def test_the_page_shows_what_was_just_said_though_nothing_of_it_is_folded(
    page: None, state: str | None, said: list[tuple[str, str]]
) -> None:
    store(state)
    for number, (route, body) in enumerate(said):
        call(route, body=body, id_=f"r{number}")
        assert Boxes(call("GET /preferences")["body"]).ticked == {"marketing": bool(body)}
    assert [answers(event)["marketing"] == "subscribed" for event in events()] == [bool(body) for _, body in said]


answers_at_any_spacing = st.lists(
    st.tuples(
        st.sampled_from([NO, YES, ONE_CLICK]),
        st.sampled_from([0, 0, 1, 3_000, 14_999, 60_000]),  # milliseconds since the one before
        st.booleans(),  # whether the queue is worked off before it
    ),
    min_size=1,
    max_size=4,
)


def test_of_any_sequence_of_answers_the_last_holds_at_the_gate_from_when_it_was_confirmed(page: None) -> None:
    """Whatever is still on the queue, and whichever clock an answer was heard by."""

    @given(
        st.sampled_from(["subscribed", "unsubscribed", "pending", None]),
        answers_at_any_spacing,
        st.booleans(),
        st.integers(-2_000, 2_000),
    )
    @settings(max_examples=8, deadline=None)
    def holds(state: str | None, said: list[Any], backwards: bool, skew: int) -> None:
        contact = f"c{next(number)}"
        email = f"{contact}@example.com"
        store(state, contact, email)
        instant, pending = NOW, []
        for (route, body), after, folded in said:
            if folded:
                fold_all(pending[::-1] if backwards else pending, contact)
                pending = []
            instant += after
            heard = instant + skew * (len(pending) % 2)
            clock.use(lambda heard=heard: heard)  # type: ignore[misc]
            text = tokens.issue(Token(contact, "marketing", "m", issued=NOW))
            assert call(route, text, body=body, id_=f"r{next(number)}")["statusCode"] == 200
            pending += events()
            assert may_write(contact) == bool(body)
            assert Boxes(call("GET /preferences", text)["body"]).ticked == {"marketing": bool(body)}
        fold_all(pending[::-1] if backwards else pending, contact)
        assert may_write(contact) == bool(said[-1][0][1])
        assert (profile_of(contact).consent["marketing"].value == "subscribed") == bool(said[-1][0][1])

    number = itertools.count(100)
    holds()


def test_two_contacts_with_one_address_have_one_consent(page: None) -> None:
    for contact in ("c01", "c02"):
        store("subscribed", contact, "ada@example.com")
    call("POST /unsubscribe")
    assert [may_write(contact) for contact in ("c01", "c02")] == [False, False]
    fold_all(events())
    assert [may_write(contact) for contact in ("c01", "c02")] == [False, False]
    of_the_other = tokens.issue(Token("c02", "marketing", "m", issued=NOW))
    assert Boxes(call("GET /preferences", of_the_other)["body"]).ticked == {"marketing": False}
    call("POST /preferences", of_the_other, body="topic=marketing", id_="r2")
    assert [may_write(contact) for contact in ("c01", "c02")] == [True, True]


def test_who_answers_a_mail_that_went_to_their_old_address_answers_for_both(page: None) -> None:
    store("subscribed", "c01", "old@example.com")
    store("subscribed", "c02", "old@example.com")
    sent = RunMessage(contact="c01", journey="win_back", run="c01-win_back-7", version=1, step="x")
    goes_on("c01")
    messages.claim(sent, None, NOW, identities.address_hash("old@example.com"))
    store("subscribed", "c01", "new@example.com")
    call("POST /unsubscribe", tokens.issue(Token("c01", "marketing", sent.key, issued=NOW)))
    assert [may_write(contact) for contact in ("c01", "c02")] == [False, False]


def test_an_answer_of_a_contact_who_has_joined_another_is_the_others(page: None) -> None:
    store("subscribed", "c02", "ada@example.com")
    closed = Profile("c01", merged_into="c02")
    contacts.commit([contacts.profile_write(closed, NEVER, NOW)])
    call("POST /unsubscribe")
    (event,) = events()
    assert event.identity(IdentityKind.CONTACT) == "c02"
    assert not may_write("c02")


def test_answers_that_come_at_once_are_put_in_an_order(page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading and storing another answer comes in: the one that is confirmed later holds."""
    store("subscribed", "c01", "ada@example.com")
    put, others = answering.put_events, iter([NOW + 5, NOW + 9])

    def put_slowly(given: Any) -> None:
        put(given)
        for other in itertools.islice(others, 1):
            addresses.answer(identities.address_hash("ada@example.com"), {"marketing": "subscribed"}, other, "x")

    with monkeypatch.context() as patch:
        patch.setattr(answering, "put_events", put_slowly)
        assert call("POST /unsubscribe")["statusCode"] == 200
    assert not may_write("c01")
    fold_all(events())
    held = profile_of("c01").consent["marketing"]
    assert (held.value, held.time) == ("unsubscribed", NOW + 10)


def test_what_a_storefront_tells_stands_at_the_address_too_and_only_if_it_is_newer(page: None) -> None:
    hashed = identities.address_hash("ada@example.com")
    store(None, "c01", "ada@example.com")
    fold_all([told("subscribed", NOW - 50)])
    assert addresses.consent(hashed) == {"marketing": Stamped("subscribed", NOW - 50)}
    fold_all([told("unsubscribed", NOW - 70)])
    assert addresses.consent(hashed) == {"marketing": Stamped("subscribed", NOW - 50)}
    fold_all([told("unsubscribed", NOW - 30)])
    assert addresses.consent(hashed) == {"marketing": Stamped("unsubscribed", NOW - 30)}
    stored = client("dynamodb").scan(TableName="Identities")["Items"]
    assert "ada@example.com" not in str(stored)


def told(state: Any, time: int) -> Event:
    return Event(
        id=f"{state}-{time}",
        type=Type.CONSENT_CHANGED,
        time=time,
        stated=time,
        received=NOW,
        source="shopify",
        identities=(Identity(kind=IdentityKind.CONTACT, value="c01"),),
        consent=(ConsentChange(state=state),),
    )


# ── who cannot be written to ──


def test_an_erased_contact_is_told_so_and_nothing_is_taken_down(page: None) -> None:
    contacts.commit([contacts.profile_write(Profile("c01", erased=True), NEVER, NOW)])
    for route in ROUTES:
        text = tokens.issue(replace(TOKEN, purpose=PURPOSES.get(route, "consent")))
        answer = call(route.split("/{token}")[0], text, body="topic=marketing")
        assert answer["statusCode"] == 200
        assert "You asked to be erased" in answer["body"]
        assert Boxes(answer["body"]).ticked == {}
    assert events() == []
    assert client("dynamodb").scan(TableName="Identities")["Items"] == []


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("bounce", "came back"),
        ("soft_bounce", "came back"),
        ("complaint", "reported as spam"),
        ("operator", "write to this address no more"),
    ],
)
def test_an_address_that_gets_no_mail_has_no_yes_and_is_promised_none(page: None, reason: str, said: str) -> None:
    store("subscribed", "c01", "ada@example.com")
    contacts.commit([identities.suppression_write(identities.address_hash("ada@example.com"), reason, NOW)])
    shown = call("GET /preferences")["body"]
    assert Boxes(shown).ticked == {"marketing": False}
    assert said in shown
    saved = call("POST /preferences", body="topic=marketing")["body"]
    assert said in saved
    assert "We will write to you" not in saved
    assert len(events()) == 1


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


def test_saving_records_every_answer_as_it_was_given(page: None) -> None:
    for state, body, changes in (
        ("subscribed", "", [{"marketing": "unsubscribed"}]),
        ("unsubscribed", "topic=marketing", [{"marketing": "subscribed"}]),
        ("pending", "topic=marketing", [{"marketing": "subscribed"}]),
        (None, "topic=marketing", [{"marketing": "subscribed"}]),
        ("subscribed", "topic=marketing", [{"marketing": "subscribed"}]),
        ("unsubscribed", "", [{"marketing": "unsubscribed"}]),
        ("unsubscribed", "topic=everything&topic=../x&admin=1", [{"marketing": "unsubscribed"}]),
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


# ── links ──


def test_looking_at_a_link_is_answered_with_no_page_and_changes_nothing(page: None) -> None:
    store("subscribed")
    for path in ("/unsubscribe", "/preferences"):
        answer = call(f"HEAD {path}")
        assert (answer["statusCode"], answer["body"]) == (200, "")
        assert answer["headers"] == call(f"GET {path}")["headers"]
        assert call(f"HEAD {path}", text="x")["statusCode"] == 404
    assert events() == []


@pytest.mark.parametrize("behind", [".", ">", ">.", ").", "%3E", "!", "\u201d", "\u200b", ",", ";", "&gt;", "\\", "="])
def test_a_link_works_with_what_stood_behind_it_in_a_text(page: None, behind: str) -> None:
    store("subscribed")
    text = tokens.issue(TOKEN) + behind
    assert call("GET /preferences", text)["statusCode"] == 200
    answer = call("POST /unsubscribe", text)
    assert answer["statusCode"] == 200
    assert f'"../preferences/{tokens.issue(TOKEN)}"' in answer["body"]
    assert len(events()) == 1


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
    assert all("/{token}" in route for route in ROUTES)


def test_a_token_holds_no_address_and_nothing_but_ids(page: None) -> None:
    text = tokens.issue(TOKEN)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
    said = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))[tokens.MAC_BYTES :].decode()
    assert re.fullmatch(rf"2\.consent\.[0-9a-f]{{4}}\.[0-9a-f]+\.c01\.marketing\.{TOKEN.message}", said)


@pytest.fixture
def signing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "keys", lambda name: [f"the secret {name}"])


ids = st.from_regex(r"[A-Za-z0-9_-]{1,60}", fullmatch=True)


@pytest.mark.usefixtures("signing")
class TestTokens:
    @given(ids, ids, ids, st.sampled_from(get_args(tokens.Purpose)), st.integers(0, 4_000_000_000))
    def test_a_token_reads_as_it_was_issued_and_for_its_purpose_only(
        self, contact: str, topic: str, message: str, purpose: tokens.Purpose, second: int
    ) -> None:
        token = Token(contact, topic, message, purpose, second * SECOND)
        text = tokens.issue(token)
        for asked in get_args(tokens.Purpose):
            assert tokens.read(text, asked) == (token if asked == purpose else None)

    def test_a_link_to_unsubscribe_never_expires_and_what_is_confirmed_does(self) -> None:
        unsubscribe = Token("c01", "marketing", "m", issued=NOW)
        assert not unsubscribe.has_expired(NOW + 9000 * DAY)
        assert unsubscribe.opens_preferences(NOW + 30 * DAY - 1)
        assert not unsubscribe.opens_preferences(NOW + 30 * DAY)
        for purpose in ("confirm", "address", "download"):
            token = Token("c01", "", "m", purpose, NOW)
            assert not token.has_expired(NOW + tokens.VALID_FOR[token.purpose] - 1)
            assert token.has_expired(NOW + tokens.VALID_FOR[token.purpose])
            assert not token.opens_preferences(NOW)

    def test_while_the_key_is_rotated_what_either_signed_is_good(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tokens, "keys", lambda name: ["old"])
        before = tokens.issue(TOKEN)
        monkeypatch.setattr(tokens, "keys", lambda name: ["new", "old"])
        after = tokens.issue(TOKEN)
        assert tokens.read(before) == tokens.read(after) == TOKEN
        monkeypatch.setattr(tokens, "keys", lambda name: ["new"])
        assert (tokens.read(before), tokens.read(after)) == (None, TOKEN)

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
        monkeypatch.setattr(tokens, "keys", lambda name: ["another secret"])
        assert tokens.read(text) is None


# ── the answer to a mail's question ──


def test_opening_an_answers_page_records_nothing(page: None) -> None:
    """Scanners open every link. The click that SES tells of is the answer."""
    assert "come in" in call("GET /answers")["body"]
    assert call("HEAD /answers")["statusCode"] == 200
    assert "<button>" in call("GET /answers", query="confirm")["body"]
    assert events() == []


def test_an_answer_that_is_confirmed_is_told_as_a_persons_click(page: None) -> None:
    assert call("POST /answers", said="stuck")["statusCode"] == 200
    (event,) = events()
    assert (event.type, event.source) == ("Email Clicked", "preference")
    assert event.properties == {"message": TOKEN.message, "answer": "stuck", "human": True}


def test_an_answer_that_is_confirmed_becomes_the_trait_that_its_email_says(page: None) -> None:
    goes_on("c01")
    message = RunMessage(contact="c01", journey="win_back", run="c01-inactive-7", version=1, step="goodbye")
    messages.claim(message, None, NOW, mail=Mail("", "", "", "", "", {}, answers={"very-stuck": "mood"}))
    call("GET /answers", said="very-stuck")
    assert events() == []
    call("POST /answers", said="very-stuck")
    clicked, updated = events()
    assert (clicked.type, clicked.properties["answer"]) == ("Email Clicked", "very-stuck")
    assert (updated.type, updated.source, updated.traits) == ("Contact Updated", "preference", {"mood": "very-stuck"})


@pytest.mark.parametrize(("said", "token"), [("", None), ("<b>", None), ("fine", "nonsense")])
def test_what_is_no_answer_is_none(page: None, said: str, token: str | None) -> None:
    assert call("POST /answers", token, said=said)["statusCode"] == 404
    assert events() == []
