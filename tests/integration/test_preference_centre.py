"""The preference centre: what a contact decides holds from the page that confirms it, and what could be turned against
them goes by an email of its own."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args
from urllib.parse import urlencode

import pytest

from functions.preference.app import handler
from functions.preference.centre import CONFIRMED_WITHIN, MAX_ADDRESSES, masked
from functions.profile import app as profile_app
from functions.profile import storing
from infra.local import gateway
from infra.local.screens import mailbox
from shared.adapters import addresses, clock, contacts, environment, identities, shop_settings, tokens
from shared.adapters.clients import client
from shared.adapters.composing import ACTIONS
from shared.adapters.tokens import Token
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, ConsentChange, Event, Identity, IdentityKind, Type
from shared.domain.messages.asked import RunMessage, SystemMessage
from shared.domain.messages.digests import frequency
from shared.domain.messages.gate import gate
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped
from shared.domain.settings import ShopSettings, Topic, Tracking
from tests.integration.conftest import NOW
from tests.integration.shop import Shop

ADA = "ada@example.com"
TOKEN = Token("c01", "marketing", "m", issued=NOW)
TOPICS = (Topic(id="marketing", name="News", sentence="What is new."), Topic(id="offers", name="Offers"))


@pytest.fixture
def page(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOP_NAME", "Fieldstone")
    monkeypatch.setenv("SHOP_URL", "https://shop.example.com")
    environment.forget()
    ada = Profile(
        "c01",
        traits={"email": Stamped(ADA, NOW - DAY)},
        consent={topic: Stamped("subscribed", NOW - DAY) for topic in ("marketing", "offers")},
        identities=(identities.identity_key(Identity(kind=IdentityKind.EMAIL, value=ADA)),),
    )
    contacts.commit([contacts.profile_write(ada, NEVER, NOW), identities.link_write(ada.identities[0], "c01")])
    yield


def have(**fields: Any) -> None:
    """The shop sets this."""
    saved = shop_settings.saved()
    shop_settings.save(ShopSettings(**{"topics": TOPICS, **fields}), saved.number, "ada")


def ask(method: str, path: str = "/preferences", token: Token = TOKEN, id_: str = "r1", **form: Any) -> dict[str, Any]:
    text = tokens.issue(token)
    return handler(
        {
            "version": "2.0",
            "routeKey": f"{method} {path}/{{token}}",
            "pathParameters": {"token": text},
            "requestContext": {"requestId": id_, "http": {"method": method, "sourceIp": "192.0.2.7"}},
            "body": urlencode(form, doseq=True),
            "isBase64Encoded": False,
        },
        object(),
    )


def post(token: Token = TOKEN, id_: str = "r1", **form: Any) -> str:
    answer = ask("POST", token=token, id_=id_, **form)
    assert answer["statusCode"] == 200
    return str(answer["body"])


def taken(queue: str) -> list[Any]:
    url, found = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"], []
    while received := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in received:
            found.append(json.loads(message["Body"]))
            client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def events() -> list[Event]:
    return [Event.model_validate(each) for each in taken("prompt_queue")]


def asked() -> list[SystemMessage]:
    """The system's emails that are asked for."""
    return [SystemMessage.model_validate(each["message"]) for each in taken("confirmations_queue")]


def fold_all() -> None:
    """As functions/profile does it."""
    records = [
        {"messageId": str(n), "body": each.model_dump_json(), "attributes": {"ApproximateReceiveCount": "1"}}
        for n, each in enumerate(events())
    ]
    assert profile_app.handler({"Records": records}, Context())["batchItemFailures"] == []


class Context:
    function_name, memory_limit_in_mb, invoked_function_arn, aws_request_id = "profile", 512, "arn", "r"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


def profile() -> Profile:
    stored = contacts.read("c01")
    assert stored is not None
    return stored.profile


def refusals(at: int = NOW, *topics: str) -> list[Refusal | None]:
    """What the gate says of an email about each topic."""
    held = profile()
    address = addresses.read(identities.address_hash(held.email or ""))
    about = {"contact": "c01", "journey": "j", "run": "c01-j-7", "version": 1, "step": "x"}
    several = [RunMessage.model_validate({**about, "topic": topic}) for topic in topics or ("marketing", "offers")]
    return [gate(each, held, address.suppression, at, address.consent) for each in several]


# ── what we write ──


def test_unsubscribing_from_one_topic_leaves_the_others(page: None) -> None:
    have()
    ask("POST", "/unsubscribe")
    assert refusals() == [Refusal.NO_CONSENT, None]
    fold_all()
    assert refusals() == [Refusal.NO_CONSENT, None]
    post(topic=["marketing"], id_="r2")
    assert refusals() == [None, Refusal.NO_CONSENT]


def test_a_no_to_all_holds_for_what_the_shop_adds_later_and_against_an_older_list(page: None) -> None:
    have()
    assert "no more emails" in post(do="all")
    assert refusals() == [Refusal.NO_CONSENT] * 2
    fold_all()
    yes = ConsentChange(topic="care", state="subscribed")
    listed = Event(
        id="import-1",
        type=Type.CONSENT_CHANGED,
        time=NOW - 9 * DAY,
        stated=NOW - 9 * DAY,
        received=NOW,
        source="import",
        identities=(Identity(kind=IdentityKind.CONTACT, value="c01"),),
        consent=(yes,),
    )
    storing.store_alone(listed, {}, NOW)
    assert refusals(NOW, "care", "marketing") == [Refusal.NO_CONSENT] * 2
    have(topics=(*TOPICS, Topic(id="care", name="Care")))
    clock.use(lambda: NOW + DAY)
    post(token=replace(TOKEN, issued=NOW), topic=["care"], id_="r3")
    assert refusals(NOW + DAY, "care", "marketing") == [None, Refusal.NO_CONSENT]


def test_a_break_holds_at_once_ends_by_itself_and_can_be_ended(page: None) -> None:
    assert "Take a break" in ask("GET")["body"]
    assert "next 30 days" in post(do="pause")
    assert refusals() == [Refusal.PAUSED] * 2
    shown = ask("GET")["body"]
    assert "You are on a break until 24 December 2026" in shown
    assert "Take a break" not in shown
    fold_all()
    assert refusals(NOW + 30 * DAY - 1) == [Refusal.PAUSED] * 2
    assert refusals(NOW + 30 * DAY) == [None, None]
    assert profile().consent["marketing"].value == "subscribed"
    post(do="resume", id_="r2")
    assert refusals() == [None, None]


def test_measuring_is_asked_for_with_a_box_of_its_own_where_consent_decides_it(page: None) -> None:
    assert "tracking" not in ask("GET")["body"]
    have(tracking=Tracking(opens="with_consent", name="Opens", sentence="You may see if I open them."))
    assert 'value="tracking"> Opens<span>You may see if I open them.' in ask("GET")["body"]
    post(topic=["marketing", "tracking"], words="1")
    (event,) = events()
    told = {change.topic: (change.state, change.wording) for change in event.consent}
    assert told == {
        "marketing": ("subscribed", "settings-1"),
        "offers": ("unsubscribed", "settings-1"),
        "tracking": ("subscribed", "settings-1"),
    }
    said = post(topic=["tracking"], id_="r2")
    assert "no more emails" in said, "to measure is no topic"


def test_the_network_address_is_kept_only_where_the_settings_ask_for_it(page: None) -> None:
    post(topic=["marketing"])
    have(keep_network_address=True)
    post(topic=["marketing"], id_="r2")
    assert [event.consent[0].network for event in events()] == [None, "192.0.2.7"]


def test_what_is_said_about_oneself_is_told_where_it_is_another_than_was_shown(page: None) -> None:
    have(interests=("Candles", "Mugs & <cups>"), brand={"languages": ["en", "de"]})
    shown = ask("GET")["body"]
    assert 'value="Mugs &amp; &lt;cups&gt;"' in shown and ">Deutsch</option>" in shown
    form = {"topic": ["marketing"], "interests": "", "birthday": "", "shown_birthday": "", "shown_language": "en"}
    post(**form, language="en")
    assert [event.type for event in events()] == [Type.CONSENT_CHANGED]
    post(**(form | {"birthday": "1990-02-03"}), interest=["Candles", "Else"], language="de", id_="r2")
    *_, told = events()
    assert told.traits == {"interests": ["Candles"], "birthday": "1990-02-03", "locale": "de"}
    for wrong in ("3.2.1990", "2190-01-01", "1890-01-01"):
        assert "could not read the birthday" in post(**(form | {"birthday": wrong}), language="fr", id_="r3")
    assert all(event.type == Type.CONSENT_CHANGED for event in events())


# ── another address ──

NEW = "ada.new@example.org"


def address_token() -> Token:
    (message,) = asked()
    assert ADA not in message.model_dump_json() and NEW not in message.model_dump_json()
    assert message.purpose == "confirm_address"
    return Token("c01", message.address, message.key, "address", NOW)


def test_an_address_is_changed_by_who_reads_what_goes_to_it(page: None) -> None:
    assert "a…@example.org" in post(do="address", email=f" {NEW.upper()} ")
    token = address_token()
    assert events() == []
    for method in ("GET", "HEAD"):
        for _ in range(3):
            assert ask(method, "/address", token)["statusCode"] == 200
    assert events() == [] and profile().email == ADA

    assert "We now write to" in ask("POST", "/address", token)["body"]
    assert "We now write to" in ask("POST", "/address", token, id_="r2")["body"]
    fold_all()
    assert profile().email == NEW
    assert identities.find([Identity(kind=IdentityKind.EMAIL, value=NEW)]).popitem()[1] == "c01"
    assert refusals() == [None, None], "what was agreed to goes along"
    assert "We now write to" in ask("POST", "/address", token, id_="r3")["body"], "it is friendly"
    assert "We now write to" in ask("GET", "/address", token)["body"]
    assert events() == []
    assert ask("POST", "/address", replace(token, purpose="consent"))["statusCode"] == 404
    clock.use(lambda: NOW + CONFIRMED_WITHIN)
    assert "too old" in ask("POST", "/address", token)["body"]


def test_what_was_said_at_the_new_address_holds_there(page: None) -> None:
    hashed = identities.address_hash(NEW)
    addresses.answer(hashed, {"marketing": "unsubscribed"}, NOW - 5, "shopify")
    contacts.commit([identities.suppression_write(identities.address_hash(ADA), "bounce", NOW)])
    post(do="address", email=NEW)
    ask("POST", "/address", address_token())
    fold_all()
    assert refusals() == [Refusal.NO_CONSENT, None], "the bounce stays with the old one"


def test_an_address_that_is_anothers_is_not_taken_and_nobody_learns_it_before_it_is_theirs(page: None) -> None:
    key = identities.identity_key(Identity(kind=IdentityKind.EMAIL, value=NEW))
    contacts.commit([contacts.profile_write(Profile("c02"), NEVER, NOW), identities.link_write(key, "c02")])
    assert "We have sent an email" in post(do="address", email=NEW)
    assert "We know this address already" in ask("POST", "/address", address_token())["body"]
    assert events() == []


def test_wrong_and_too_many_addresses_are_told_so(page: None) -> None:
    assert "does not look like" in post(do="address", email="ada@")
    assert "We already write to" in post(do="address", email=ADA)
    for number in range(MAX_ADDRESSES):
        assert "We have sent" in post(do="address", email=f"a{number}@example.org")
    assert "still waiting" in post(do="address", email="a9@example.org")
    assert len(asked()) == MAX_ADDRESSES
    clock.use(lambda: NOW + CONFIRMED_WITHIN + 1)
    assert "We have sent" in post(do="address", email="a9@example.org")


# ── what we know ──


def test_ones_data_is_had_by_a_link_that_goes_to_ones_address(page: None) -> None:
    have()
    post(topic=["marketing"], words="1")
    fold_all()
    assert "a…@example.com" in post(do="download", id_="r2")
    post(do="download", id_="r3")
    messages = asked()
    assert len({message.key for message in messages}) == 1, "one email, however often it is asked for"
    assert messages[0].address == identities.address_hash(ADA)
    token = Token("c01", messages[0].address, messages[0].key, "download", NOW)
    assert "my-data" not in str(ask("GET", "/download", token))
    answer = ask("POST", "/download", token)
    told = json.loads(gzip.decompress(base64.b64decode(answer["body"])))
    assert answer["headers"]["content-disposition"] == 'attachment; filename="my-data.json"'
    assert told["profile"][0]["traits"]["email"][0] == ADA
    assert {(each["topic"], each["wording"]) for each in told["consent"]} == {("offers", "settings-1")}
    assert [each["type"] for each in told["events"]] == [Type.CONSENT_CHANGED]
    clock.use(lambda: NOW + 3 * DAY)
    assert "too old" in ask("POST", "/download", token)["body"]


def test_erasing_takes_two_steps_and_no_email_goes_out_after_the_second(page: None) -> None:
    assert "This cannot be taken back" in post(do="erase")
    assert events() == [] and refusals() == [None, None]
    assert "deleted within" in post(do="erase_now", id_="r2").replace("\n", " ")
    assert refusals() == [Refusal.NO_CONSENT] * 2
    fold_all()
    assert profile().erased
    assert "You asked to be erased" in ask("GET")["body"]
    assert "You asked to be erased" in post(topic=["marketing"], id_="r3")


# ── links ──


def test_a_preference_link_is_good_for_30_days_and_then_sends_a_fresh_one(page: None) -> None:
    clock.use(lambda: NOW + 30 * DAY)
    shown = ask("GET")["body"]
    assert "a…@example.com" in shown and ADA not in shown and 'type="checkbox"' not in shown
    for do in ("", "all", "pause", "address", "download", "erase", "erase_now"):
        assert "fresh link" in post(do=do, email=NEW, topic=["marketing"]).replace("\n", " ")
    assert events() == [] and asked() == []
    assert "We have sent a fresh link" in post(do="fresh_link")
    (message,) = asked()
    assert (message.purpose, message.address) == ("preferences", identities.address_hash(ADA))
    assert "You are unsubscribed" in ask("POST", "/unsubscribe")["body"], "that never expires"
    clock.use(lambda: NOW + 30 * DAY + HOUR)
    post(do="fresh_link")
    assert asked()[0].key != message.key


def test_who_cannot_be_written_to_is_sent_no_link(page: None) -> None:
    contacts.commit([identities.suppression_write(identities.address_hash(ADA), "complaint", NOW)])
    for do in ("download", "fresh_link"):
        assert "please write to us" in post(do=do).replace("\n", " ")
    assert asked() == []


def test_no_page_shows_an_address_or_loads_anything(page: None) -> None:
    have(interests=("Candles",), brand={"languages": ["en", "de"]}, tracking=Tracking(opens="with_consent"))
    said = [ask("GET")] + [ask("POST", do=do, email=NEW, id_=do) for do in ("pause", "address", "download", "erase")]
    for answer in said:
        assert ADA not in answer["body"] and NEW not in answer["body"]
        assert not re.search(r"<(script|img|link|iframe)|url\(|src=", answer["body"])


def test_every_email_of_the_systems_leads_to_a_page() -> None:
    assert set(ACTIONS) == set(get_args(SystemMessage.model_fields["purpose"].annotation))


def test_addresses_are_masked() -> None:
    assert masked("ada@example.com") == "a…@example.com"


# ── the whole way, on a deployed stack ──


def test_an_address_is_changed_from_the_link_in_an_email_to_the_next_email() -> None:
    shop = Shop(["onboarding"])
    shop.customer(1)
    shop.passes(2 * MINUTE)
    address, new = shop.customers[1]["email"], "somebody.new@example.org"
    (welcome,) = mailbox.mails(shop.system.world, 9)
    preferences = re.search(r"/preferences/[\w-]+", str(welcome.text))
    assert preferences is not None
    assert "We have sent an email to" in click(shop, preferences[0], do="address", email=new)
    shop.passes(MINUTE)
    confirmation = mailbox.mails(shop.system.world, 9)[0]
    assert (confirmation.recipients, address in str(confirmation.text)) == ([new], False)
    assert "List-Unsubscribe" not in str(confirmation.headers)
    link = re.search(r"/address/[\w-]+", str(confirmation.text))
    assert link is not None
    assert "Your address is changed" in click(shop, link[0])
    shop.passes(5 * DAY)
    later = mailbox.mails(shop.system.world, 9)[0]
    assert (later.recipients, later.sent_at > confirmation.sent_at) == ([new], True)
    assert "Your data is on its way" in click(shop, preferences[0], do="download")
    shop.passes(MINUTE)
    assert mailbox.mails(shop.system.world, 9)[0].recipients == [new]
    clock.use(None)


def click(shop: Shop, path: str, **form: str) -> str:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    with shop.system.world.lock:
        answer = gateway.public(
            shop.system, gateway.Request("POST", path, headers=headers, body=urlencode(form).encode())
        )
    assert answer.status == 200
    return answer.body.decode()


# ── how often ──


def often() -> str:
    held = profile()
    return frequency(held, "marketing", addresses.read(identities.address_hash(held.email or "")).consent)


def test_how_often_is_said_apart_from_whether_and_holds_from_the_page_that_confirms_it(page: None) -> None:
    have()
    shown = str(ask("GET")["body"])
    assert shown.count('<option value="weekly">One email a week</option>') == 2
    said = post(topic=["marketing", "offers"], often_marketing="weekly", shown_often_marketing="all")
    assert "One email a week about <strong>News</strong>" in said
    assert often() == "weekly"  # before its event is folded
    told = [{change.topic: change.state for change in event.consent} for event in events()]
    assert told == [{"marketing": "subscribed", "offers": "subscribed", "frequency:marketing": "weekly"}]
    assert refusals() == [None, None]  # it is no no
    assert '<option value="weekly" selected>' in str(ask("GET")["body"])


def test_the_last_word_on_how_often_holds_and_all_of_them_are_in_the_ledger(page: None) -> None:
    have()
    for n, (said, shown) in enumerate([("weekly", "all"), ("monthly", "weekly"), ("all", "all")]):
        # the last is of a page that was opened before the others had been saved
        post(topic=["marketing"], often_marketing=said, shown_often_marketing=shown, id_=f"r{n}")
        fold_all()
        assert often() == said
    ledger = [contacts.entry_of(item) for item in contacts.items("c01", "CONSENT#")]
    assert [each["state"] for each in ledger if each["topic"] == "frequency:marketing"] == ["weekly", "monthly", "all"]


@pytest.mark.parametrize(
    "form",
    [
        {"often_marketing": "all", "shown_often_marketing": "all"},  # nothing was chosen
        {"often_marketing": "hourly", "shown_often_marketing": "all"},
        {"often_everything": "weekly"},
        {},
    ],
)
def test_what_was_not_chosen_is_no_answer(page: None, form: dict[str, str]) -> None:
    have()
    post(topic=["marketing"], **form)
    assert not any(change.topic.startswith("frequency:") for event in events() for change in event.consent)
    assert often() == "all"


def test_unsubscribing_keeps_how_often_they_wanted_it(page: None) -> None:
    have()
    post(topic=["marketing"], often_marketing="weekly", shown_often_marketing="all")
    ask("POST", "/unsubscribe", id_="r2")
    fold_all()
    assert refusals(NOW, "marketing") == [Refusal.NO_CONSENT]
    post(topic=["marketing"], often_marketing="weekly", shown_often_marketing="weekly", id_="r3")
    assert often() == "weekly"


def test_a_topic_of_which_the_shop_offers_no_digest_has_no_choice(page: None) -> None:
    have(topics=(Topic(id="marketing", name="News", frequencies=("all",)),))
    assert "often_marketing" not in str(ask("GET")["body"])
