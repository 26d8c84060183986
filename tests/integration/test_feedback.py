"""Feedback: what SES tells becomes events; what it asks for is done, however often and in whatever order it comes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.feedback import app
from functions.feedback.app import handler
from functions.profile import storing
from shared.adapters import (
    addresses,
    clock,
    contacts,
    environment,
    identities,
    messages,
    sent_counts,
    shop_settings,
    tokens,
)
from shared.adapters.clients import client
from shared.adapters.events_queue import NotQueuedError
from shared.adapters.mail import Mail
from shared.domain.events import (
    DAY,
    MINUTE,
    NEVER,
    TRACKING,
    Event,
    IdentityKind,
    Type,
    iso,
    normal_email,
    parse_instant,
)
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.held import Status
from shared.domain.profiles import Profile, Stamped
from shared.domain.settings import ShopSettings, Tracking
from shared.domain.sources.ses import Feedback, MalformedError, read, understand
from tests.integration.conftest import NOW, goes_on

NOTICES = {path.stem: path.read_text("utf-8") for path in Path(__file__).parents[1].glob("events/ses/*.json")}
OURS = sorted(NOTICES.keys() - {"received_unsubscribe", "bounce_of_an_identity", "click_of_others", "subscription"})
ADDRESS = "ada@example.com"
MESSAGE = RunMessage(contact="c01", journey="win_back", run="c01-inactive-7", version=1, step="we_miss_you")
VALIDATION = "Successfully validated SNS topic for Amazon SES event publishing."


@pytest.fixture
def feedback(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    url = client("sqs").create_queue(QueueName="feedback_dlq")["QueueUrl"]
    monkeypatch.setenv("FEEDBACK_DLQ_URL", url)
    monkeypatch.setenv("FEEDBACK_QUEUE_URL", client("sqs").create_queue(QueueName="feedback_queue")["QueueUrl"])
    environment.forget()
    shop_settings.save(ShopSettings(tracking=Tracking(opens="with_consent")), 0, "ada")
    addresses.answer("c01", {TRACKING: "subscribed"}, NOW - DAY, "preference")
    yield


def enveloped(notice: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": "1", "TopicArn": "arn", "Message": notice})


def deliver(*bodies: str) -> list[int]:
    """Hands notices to the handler as one SQS batch; gives the positions of those that are to come again."""
    records = [{"messageId": str(position), "body": body} for position, body in enumerate(bodies)]
    return [int(failure["itemIdentifier"]) for failure in handler({"Records": records}, object())["batchItemFailures"]]


def on_queue(name: str = "events_queue") -> list[str]:
    url, found = client("sqs").get_queue_url(QueueName=name)["QueueUrl"], []
    while received := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in received:
            found.append(message["Body"])
            client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def events() -> list[Event]:
    """What came on the two lanes, what a person waits for first."""
    return [Event.model_validate_json(body) for lane in ("prompt_queue", "events_queue") for body in on_queue(lane)]


def understood(name: str, **changes: Any) -> Feedback:
    notice = read(NOTICES[name])
    assert notice is not None
    feedback = understand({**notice, **changes}, NOW)
    assert feedback is not None
    return feedback


# ── what we may learn ──


def measured(opens: Any = "with_consent", clicks: Any = "with_consent") -> set[str]:
    """Of an opening and a click, what reaches the queue."""
    number = shop_settings.saved().number
    shop_settings.save(ShopSettings(tracking=Tracking(opens=opens, clicks=clicks)), number, "ada")
    assert deliver(NOTICES["open"], NOTICES["click"]) == []
    return {event.type for event in events()}


def test_nothing_is_learnt_without_consent_nor_after_it_is_taken_back(feedback: None) -> None:
    both = {Type.EMAIL_OPENED, Type.EMAIL_CLICKED}
    assert measured() == both
    assert measured(opens="never", clicks="always") == {Type.EMAIL_CLICKED}
    assert measured(opens="never", clicks="never") == set()
    held = list(contacts.items("c01"))
    addresses.answer("c01", {TRACKING: "unsubscribed"}, NOW, "preference")
    assert measured() == set(), "as soon as it is said, by emails either that were sent before"
    assert list(contacts.items("c01")) == held, "nothing of it is stored"
    assert measured(clicks="always") == {Type.EMAIL_CLICKED}
    addresses.answer("c01", {"all": "unsubscribed", TRACKING: "subscribed"}, NOW + 1, "preference")
    assert measured() == both, "to be measured is no topic"


def test_who_has_joined_another_is_measured_by_what_that_one_says(feedback: None) -> None:
    addresses.answer("c02", {TRACKING: "unsubscribed"}, NOW, "preference")
    contacts.commit([contacts.profile_write(Profile("c01", merged_into="c02"), NEVER, NOW)])
    contacts.commit([contacts.profile_write(Profile("c02"), NEVER, NOW)])
    assert measured() == set()


# ── emails that unsubscribe ──

ADA = "cabcdef012345678"


def arrived(local_part: str | None, **headers: str) -> str:
    """What SES tells of an email that came in, at the address that a mail program has."""
    notice = json.loads(NOTICES["received_unsubscribe"].replace("U-TOKEN", str(local_part).upper()))
    notice["mail"]["headers"] += [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return json.dumps(notice)


def test_an_email_to_the_address_of_a_contact_unsubscribes_from_its_topic(feedback: None) -> None:
    contacts.commit([contacts.profile_write(Profile(ADA), NEVER, NOW)])
    said = arrived(tokens.issue_local_part(ADA, "marketing"))
    assert deliver(said, said) == []
    assert addresses.consent(ADA) == {"marketing": Stamped("unsubscribed", NOW)}
    first, *_ = told = events()
    assert {(each.type, each.source, each.identity(IdentityKind.CONTACT)) for each in told} == {
        (Type.CONSENT_CHANGED, "preference", ADA)
    }
    assert "ada.private" not in first.model_dump_json(), "the address it came from is not kept"
    storing.store_alone(first, {}, NOW)
    assert [item["state"]["S"] for item in contacts.items(ADA, "CONSENT#")] == ["unsubscribed"]


def test_one_about_a_topic_that_is_gone_unsubscribes_from_all(feedback: None) -> None:
    deliver(arrived(tokens.issue_local_part(ADA, "news")))
    assert addresses.consent(ADA) == {"all": Stamped("unsubscribed", NOW)}


def test_what_is_no_address_of_ours_and_what_a_machine_answers_unsubscribes_nobody(feedback: None) -> None:
    good = str(tokens.issue_local_part(ADA, "marketing"))
    other = "b" if good[9] != "b" else "c"
    wrong = ["", "hello", "u-", good[:-1], good + "a", good[:9] + other + good[10:]]
    assert deliver(*map(arrived, wrong)) == []
    replies = [{"Auto_Submitted": "auto-replied (vacation)"}, {"Precedence": "auto_reply"}, {"X_Autoreply": "yes"}]
    assert deliver(*(arrived(good, **headers) for headers in replies)) == []
    assert events() == [] and addresses.consent(ADA) == {}
    contacts.commit([contacts.profile_write(Profile(ADA, erased=True), NEVER, NOW)])
    assert deliver(arrived(good)) == [] and events() == []
    assert deliver('{"notificationType": "Received", "mail": {"messageId": "1"}}') == []
    assert len(on_queue("feedback_dlq")) == 1


@given(st.integers(0, 16**15 - 1), st.from_regex(r"[a-z0-9_-]{1,64}", fullmatch=True))
def test_the_address_that_unsubscribes_is_short_and_survives_any_case(number: int, topic: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "keys", lambda name: ["new", "old"])
        contact = f"c{number:015x}"
        text = str(tokens.issue_local_part(contact, topic))
        assert len(text) == 34 and re.fullmatch(r"u-[a-z2-7]+", text)
        for written in (text, text.upper(), text.title()):
            assert tokens.read_local_part(written, ["else", topic]) == tokens.Token(contact, topic, "")
        patch.setattr(tokens, "keys", lambda name: ["other"])
        assert tokens.read_local_part(text, [topic]) is None
        assert tokens.issue_local_part("somebody", topic) is None


# ── what notices say ──


@pytest.mark.parametrize(
    ("name", "type_", "stated", "properties"),
    [
        ("send", Type.EMAIL_SENT, "2026-11-24T05:59:30.000Z", {}),
        ("delivery", Type.EMAIL_DELIVERED, "2026-11-24T05:59:32.512Z", {}),
        (
            "bounce_permanent",
            Type.EMAIL_BOUNCED,
            "2026-11-24T05:59:33.000Z",
            {"bounce_type": "Permanent", "bounce_subtype": "General", "permanent": True},
        ),
        (
            "bounce_transient",
            Type.EMAIL_BOUNCED,
            "2026-11-24T05:59:33.000Z",
            {"bounce_type": "Transient", "bounce_subtype": "MailboxFull", "permanent": False},
        ),
        ("complaint", Type.EMAIL_COMPLAINED, "2026-11-24T05:59:50.000Z", {"complaint_type": "abuse"}),
        ("complaint_of_ses", Type.EMAIL_COMPLAINED, "2026-11-24T05:59:50.000Z", {"complaint_type": "unknown"}),
        ("open", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": True}),
        ("open_before_august_2026", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": True}),
        ("open_bot", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": False}),
        ("open_apple_privacy", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": False, "proxy": "apple"}),
        ("open_gmail_proxy", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": False, "proxy": "gmail"}),
        ("open_gmail_prefetch", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": False, "proxy": "gmail"}),
        ("open_yahoo_proxy", Type.EMAIL_OPENED, "2026-11-24T05:59:40.250Z", {"human": False, "proxy": "yahoo"}),
        (
            "click",
            Type.EMAIL_CLICKED,
            "2026-11-24T05:59:45.125Z",
            {"human": True, "link": "https://shop.example.com/tea"},
        ),
        (
            "click_bot",
            Type.EMAIL_CLICKED,
            "2026-11-24T05:59:45.125Z",
            {"human": False, "link": "https://shop.example.com/tea"},
        ),
        (
            "click_preferences",
            Type.EMAIL_CLICKED,
            "2026-11-24T05:59:45.125Z",
            {"human": True, "link": "https://api.example.com/preferences/"},
        ),
        ("reject", Type.EMAIL_REJECTED, "2026-11-24T05:59:30.000Z", {"reason": "Bad content"}),
        ("rendering_failure", Type.EMAIL_FAILED, "2026-11-24T05:59:30.000Z", {}),
        (
            "delivery_delay",
            Type.EMAIL_DELAYED,
            "2026-11-24T05:59:55.095Z",
            {"delay_type": "TransientCommunicationFailure"},
        ),
    ],
)
def test_a_notice_becomes_an_event(name: str, type_: Type, stated: str, properties: dict[str, Any]) -> None:
    event = understood(name).event
    assert event.type == type_
    assert event.stated == parse_instant(stated)
    assert (event.source, event.identity(IdentityKind.CONTACT)) == ("ses", "c01")
    of_the_mail = {
        "message": MESSAGE.key,
        "journey": "win_back",
        "step": "we_miss_you",
        "template": "we_miss_you",
        "topic": "marketing",
    }
    assert event.properties == {**of_the_mail, **properties}


@pytest.mark.parametrize("name", OURS)
def test_an_event_holds_nothing_personal(name: str) -> None:
    text = understood(name).event.model_dump_json().lower()
    for personal in ("example.com>", "ada", "192.0.2.1", "iphone", "bwfj", "550 5.1.1"):
        assert personal not in text


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://shop.example.com/u/ada@example.com", "https://shop.example.com/"),
        ("https://shop.example.com/u/ada%40example.com/x", "https://shop.example.com/"),
        ("https://ada:secret@shop.example.com:8443/x", "https://shop.example.com/x"),
        ("mailto:ada@example.com", "mailto"),
    ],
)
def test_an_address_in_a_link_is_not_kept(link: str, kept: str) -> None:
    notice = read(NOTICES["click"])
    assert notice is not None
    assert understood("click", click={**notice["click"], "link": link}).event.properties["link"] == kept


def test_repeats_have_the_same_id_and_different_things_different_ones() -> None:
    ids = {name: understood(name).event.id for name in ("send", "delivery", "open", "click", "bounce_permanent")}
    assert len(set(ids.values())) == len(ids)
    assert understood("open").event.id == ids["open"]
    notice = read(NOTICES["open"])
    assert notice is not None
    later = understood("open", open={**notice["open"], "timestamp": "2026-11-24T05:59:41.000Z"})
    assert later.event.id != ids["open"]


def test_a_wrong_clock_does_not_put_an_event_into_the_future() -> None:
    notice = read(NOTICES["open"])
    assert notice is not None
    ahead = understood("open", open={**notice["open"], "timestamp": "2027-01-01T00:00:00.000Z"})
    assert ahead.event.time == NOW


@pytest.mark.parametrize("body", [VALIDATION, enveloped(VALIDATION)])
def test_ses_trying_out_the_topic_is_no_notice(body: str) -> None:
    assert read(body) is None


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "7", enveloped("{"), enveloped("[]"), '{"Message": "\\ud800"}', "null nonsense"]
)
def test_what_is_no_notice_is_said_to_be_none(body: str) -> None:
    with pytest.raises(MalformedError):
        read(body)


def test_a_notice_in_an_unknown_form_is_said_to_be_malformed_without_quoting_it() -> None:
    notice = json.loads(NOTICES["bounce_permanent"])
    for broken in (
        {**notice, "bounce": {}},
        {**notice, "mail": {**notice["mail"], "destination": []}},
        {**notice, "mail": {**notice["mail"], "destination": ["no address"]}},
        {**notice, "bounce": {**notice["bounce"], "timestamp": "yesterday"}},
        {**json.loads(NOTICES["click"]), "click": {"timestamp": NOW, "link": "https://x/"}},
    ):
        with pytest.raises(MalformedError) as raised:
            understand(broken, NOW)
        assert "ada" not in str(raised.value).lower()


@pytest.mark.parametrize(
    "half",
    [
        {"notificationType": "Received"},
        {"notificationType": "Received", "mail": {"tags": {"message": ["m"], "contact": ["c"]}}},
        {"eventType": "Bounce"},
        {"eventType": "Send", "mail": None},
        {"eventType": "Send", "mail": {"tags": ["ada"]}},
        {"eventType": "Send", "mail": {"tags": {"message": [], "contact": [7]}}},
        {"eventType": ["Send"]},
        {},
    ],
)
def test_what_is_not_about_a_mail_of_ours_is_passed_over(half: Any) -> None:
    assert understand(half, NOW) is None


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://api.example.com/answers/AbC-1_2/fine", "fine"),
        ("https://api.example.com/answers/AbC-1_2/as_it_is/?x=1", "as_it_is"),
        ("https://api.example.com/answers/AbC-1_2/very-good", "very-good"),
        ("https://api.example.com/answers/AbC-1_2/", None),
        ("https://shop.example.com/fine", None),
    ],
)
def test_a_link_that_answers_a_question_tells_the_answer_and_no_token(link: str, kept: str | None) -> None:
    notice = json.loads(NOTICES["click"])
    told = understood("click", click={**notice["click"], "link": link}).event.properties
    assert told.get("answer") == kept
    assert "AbC" not in str(told)


@pytest.mark.parametrize("link", ["http://[broken/", "https://[::1", "http://x:y:z/", "https://\ud800/\ufffe"])
def test_a_click_on_a_link_that_cannot_be_read_counts(feedback: None, link: str) -> None:
    click = json.loads(NOTICES["click"])
    click["click"]["link"] = link
    assert deliver(json.dumps(click), NOTICES["send"]) == []
    assert {event.type for event in events()} == {Type.EMAIL_CLICKED, Type.EMAIL_SENT}
    assert on_queue("feedback_dlq") == []


def test_a_report_about_a_signature_is_no_complaint(feedback: None) -> None:
    report = json.loads(NOTICES["complaint"])
    report["complaint"]["complaintFeedbackType"] = "auth-failure"
    assert deliver(json.dumps(report)) == []
    assert events() == []
    assert identities.suppression(ADDRESS) is None


# ── people and gateways ──

LATER = parse_instant("2026-11-24T06:00:00.000Z") + 3_600_000


def click_of(link: str, at: int) -> str:
    notice = json.loads(NOTICES["click"])
    notice["click"] |= {"link": f"https://shop.example.com/{link}", "timestamp": iso(at)}
    return json.dumps(notice)


def claim(**answers: str) -> None:
    """A minute ago, of a run that goes on."""
    goes_on("c01")
    messages.claim(MESSAGE, None, NOW - 60_000, mail=Mail("", "", "", "", "", {}, answers=answers))


@pytest.mark.parametrize(
    ("links", "traits"),
    [
        ([("tea", 0)], [{"favourite": "tea"}]),
        ([("tea", 0), ("coffee", 30_000)], [{"favourite": "tea"}, {"favourite": "coffee"}]),
        ([("tea", 0), ("coffee", 2_000)], []),  # a scanner's, which opens every link
        ([("water", 0)], []),  # which is none of the email's answers to a question with a trait
    ],
)
def test_a_persons_one_click_answer_becomes_the_trait_that_the_email_says(
    feedback: None, links: list[tuple[str, int]], traits: list[dict[str, str]]
) -> None:
    claim(tea="favourite", coffee="favourite")
    notices = [click_of(f"answers/AbC-1_2/{word}", LATER + at) for word, at in links]
    clock.use(lambda: LATER + 120_000)
    deliver(*notices)
    deliver(*notices)  # brought twice, it is one answer
    told = {event.id: event for event in events()}.values()
    clicks = sorted((each for each in told if each.type == Type.EMAIL_CLICKED), key=lambda each: each.time)
    said = sorted((each for each in told if each.type == Type.CONTACT_UPDATED), key=lambda each: each.time)
    assert [each.properties["answer"] for each in clicks] == [word for word, _ in links]
    assert [each.traits for each in said] == traits
    assert {(each.source, each.public, each.identities) for each in said} <= {
        ("preference", False, clicks[0].identities)
    }
    assert [each.time for each in said] == [each.time for each in clicks][: len(said)]


def clicked(*given: tuple[str, int], order: Any = None) -> dict[tuple[str, int], bool]:
    """Delivers clicks, each by itself in the second that it is made, and once more when they have waited: link and
    instant → whether a person's."""
    claim()
    found = {}
    for link, at in order or given:
        clock.use(lambda at=at: max(at, LATER))  # type: ignore[misc]
        assert deliver(click_of(link, at)) == []
    assert events() == []
    clock.use(lambda: LATER + 120_000)
    for link, at in order or given:
        deliver(click_of(link, at))
    for event in events():
        found[event.properties["link"].rsplit("/", 1)[-1], event.time - LATER] = event.properties["human"]
    return found


@pytest.mark.parametrize("backwards", [False, True])
def test_several_links_within_seconds_are_a_gateways_and_a_later_click_is_a_persons(
    feedback: None, backwards: bool
) -> None:
    given = [("a", LATER), ("b", LATER + 3_000), ("c", LATER + 3_000), ("a", LATER + 60_000)]
    found = clicked(*given, order=given[::-1] if backwards else None)
    assert found == {("a", 0): False, ("b", 3_000): False, ("c", 3_000): False, ("a", 60_000): True}


def test_one_link_clicked_twice_and_others_minutes_apart_are_a_persons(feedback: None) -> None:
    found = clicked(("a", LATER), ("a", LATER + 1_000), ("b", LATER + 90_000))
    assert found == {("a", 0): True, ("a", 1_000): True, ("b", 90_000): True}


def test_what_is_clicked_as_soon_as_the_mail_has_come_in_is_a_gateways(feedback: None) -> None:
    claim()
    delivery = json.loads(NOTICES["delivery"])
    delivery["delivery"]["timestamp"] = iso(LATER - 6_000)
    deliver(json.dumps(delivery), click_of("a", LATER - 60_000))
    clock.use(lambda: LATER + 60_000)
    deliver(click_of("a", LATER), click_of("a", LATER + 10_000))
    told = {event.time - LATER: event.properties["human"] for event in events() if event.type == Type.EMAIL_CLICKED}
    assert told[0] is False
    assert told[10_000] is True


def test_a_click_waits_on_the_queue_and_a_machines_does_not(feedback: None) -> None:
    claim()
    assert deliver(click_of("a", NOW - 2_000), NOTICES["click_bot"]) == []
    assert [event.properties["human"] for event in events()] == [False]
    url = client("sqs").get_queue_url(QueueName="feedback_queue")["QueueUrl"]
    counts = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "1"
    deliver(click_of("a", NOW + 10**9))  # a date that is no date does not wait for ever
    assert len(events()) == 1


# ── the handler ──


def test_all_notices_come_on_the_queue_with_sns_envelope_and_without(feedback: None) -> None:
    bodies = [NOTICES[name] for name in OURS]
    assert deliver(*bodies) == []
    raw = events()
    assert {event.type for event in raw} >= {Type.EMAIL_SENT, Type.EMAIL_CLICKED, Type.EMAIL_DELAYED}
    assert deliver(*map(enveloped, bodies)) == []
    assert sorted(event.id for event in events()) == sorted(event.id for event in raw)


def test_notices_about_mails_of_others_are_done_with(feedback: None) -> None:
    others = ["bounce_of_an_identity", "click_of_others", "subscription"]
    assert deliver(VALIDATION, *(NOTICES[name] for name in others)) == []
    assert events() == []
    assert identities.suppression(ADDRESS) is None


def test_bounces_for_good_and_complaints_suppress_the_address(feedback: None) -> None:
    for name in ("bounce_transient", "bounce_undetermined", "complaint_not_spam", "open", "reject"):
        deliver(NOTICES[name])
        assert identities.suppression(ADDRESS) is None, name
    deliver(NOTICES["bounce_permanent"])
    assert identities.suppression(ADDRESS) == ("bounce", parse_instant("2026-11-24T05:59:33.000Z"))
    deliver(NOTICES["complaint"])
    assert identities.suppression(ADDRESS) == ("complaint", parse_instant("2026-11-24T05:59:50.000Z"))
    stored = boto3.client("dynamodb").scan(TableName="Identities")["Items"]
    assert ADDRESS not in str(stored)


def test_a_send_notice_settles_the_claim(feedback: None) -> None:
    claim()
    deliver(NOTICES["send"])
    held = messages.read(MESSAGE)
    assert held is not None
    assert held.status is Status.SENT
    (stored,) = contacts.items("c01", "MESSAGE#")
    assert stored["ses_id"]["S"].startswith("010201936f2a8c11")
    deliver(NOTICES["send"], NOTICES["send"])
    assert list(contacts.items("c01", "MESSAGE#")) == [stored]


def test_a_send_notice_of_an_erased_contact_brings_nothing_back(feedback: None) -> None:
    assert deliver(NOTICES["send"]) == []
    assert list(contacts.items("c01")) == []


def test_a_broken_notice_is_put_aside_and_the_others_go_on(feedback: None) -> None:
    assert deliver(NOTICES["delivery"], "{", NOTICES["click"]) == []
    assert [event.type for event in events()] == [Type.EMAIL_CLICKED, Type.EMAIL_DELIVERED]
    assert on_queue("feedback_dlq") == ["{"]


def test_when_the_queue_does_not_take_them_the_notices_come_again_and_do_no_harm(
    feedback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim()
    batch = [NOTICES["send"], NOTICES["click_of_others"], NOTICES["bounce_permanent"]]

    def refuse(events: Any) -> None:
        list(events)
        raise NotQueuedError("1 of 2 events not queued")

    with monkeypatch.context() as patch:
        patch.setattr(app, "put_events", refuse)
        assert deliver(*batch) == [0, 2]
    assert events() == []
    assert deliver(*batch) == []
    assert [event.type for event in events()] == [Type.EMAIL_BOUNCED, Type.EMAIL_SENT]


def test_when_a_suppression_cannot_be_stored_its_notice_comes_again_and_only_that(
    feedback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(writes: Any) -> None:
        raise contacts.VersionConflictError("conflict")

    with monkeypatch.context() as patch:
        patch.setattr(identities, "suppress_address", refuse)
        assert deliver(NOTICES["delivery"], NOTICES["complaint"]) == [1]
    assert [event.type for event in events()] == [Type.EMAIL_DELIVERED]
    assert deliver(NOTICES["complaint"]) == []
    assert identities.suppression(ADDRESS) is not None
    assert [event.type for event in events()] == [Type.EMAIL_COMPLAINED]


# ── what is counted, what comes back again and again ──


def test_what_went_out_came_back_and_was_reported_is_counted_by_day_and_once(feedback: None) -> None:
    for contact, key in {(each.contact, each.message) for each in map(understood, OURS)}:
        item = {**contacts.key(contact, f"MESSAGE#{key}"), "status": {"S": "sent"}}
        client("dynamodb").put_item(TableName="Contacts", Item=item)
    deliver(NOTICES["bounce_permanent"], NOTICES["bounce_permanent"], NOTICES["send"])
    deliver(NOTICES["bounce_permanent"])
    (day,) = sent_counts.days(NOW)
    assert (day.sent, day.bounced, day.complained) == (1, 1, 0)


def test_an_address_whose_mail_comes_back_again_and_again_gets_none_and_can_be_let_in_again(feedback: None) -> None:
    notice = json.loads(NOTICES["bounce_transient"])
    address = normal_email(notice["mail"]["destination"][0])
    hashed = identities.address_hash(address)
    for day in range(4):
        notice["bounce"] |= {"timestamp": iso(NOW - (9 - day) * DAY), "feedbackId": str(day)}
        deliver(json.dumps(notice), json.dumps(notice))
        assert identities.suppression(address) is None
    notice["bounce"] |= {"timestamp": iso(NOW - DAY), "feedbackId": "5"}
    deliver(json.dumps(notice))
    assert identities.suppression(address) == ("soft_bounce", NOW - DAY)
    assert identities.unsuppress(hashed, "operator-1", NOW)
    assert identities.suppression(address) is None
    for day in range(9):  # told again, from a dead-letter queue
        notice["bounce"] |= {"timestamp": iso(NOW - (9 - day) * DAY), "feedbackId": str(day)}
        deliver(json.dumps(notice))
    deliver(NOTICES["bounce_permanent"])
    assert identities.suppression(address) is None
    notice["bounce"] |= {"timestamp": iso(NOW + MINUTE), "feedbackId": "6"}
    deliver(json.dumps(notice))
    assert identities.suppression(address) is None, "one, since it was let in"
    contacts.commit([identities.suppression_write(hashed, "complaint", NOW)])
    identities.suppress_softly(hashed, NOW)
    assert identities.suppression(address) == ("complaint", NOW)
    assert not identities.unsuppress(hashed, "operator-1", NOW)


def test_a_bounce_takes_the_place_of_no_complaint(feedback: None) -> None:
    deliver(NOTICES["complaint"])
    deliver(NOTICES["bounce_permanent"])
    assert identities.suppression(ADDRESS) == ("complaint", parse_instant("2026-11-24T05:59:50.000Z"))
    assert not identities.unsuppress(identities.address_hash(ADDRESS), "operator-1", NOW)


def test_soft_bounces_that_are_told_at_once_count_each(feedback: None) -> None:
    hashed = identities.address_hash(ADDRESS)
    with ThreadPoolExecutor(8) as several:
        list(several.map(lambda n: identities.came_back(hashed, NOW + n, NOW - DAY), range(8)))
    assert identities.came_back(hashed, NOW + 9, NOW - DAY) == 9
    assert max(identities.came_back(hashed, NOW + n, NOW - DAY) for n in range(100)) == identities.MAX_SOFT
