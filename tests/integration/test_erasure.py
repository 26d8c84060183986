"""Erasure is a fact that lasts: whatever was told before it brings nobody back, in whatever order it comes."""

from __future__ import annotations

import json
from itertools import permutations
from typing import Any

import boto3
import pytest

from functions.profile import erasure
from shared.adapters import clock, contact_runs, contacts, identities, journey_definitions, requests
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, ConsentChange, Event, IdentityKind, Type
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Publication, Version, with_journey
from tests.integration.conftest import NOW
from tests.integration.test_profile import (
    ANONYMOUS,
    EMAIL,
    SHOPIFY,
    USER,
    contact_of,
    deliver,
    event,
    kinds,
    profile_of,
)

pytestmark = pytest.mark.usefixtures("aws")

ADA = ((SHOPIFY, "7064"), (EMAIL, "ada@example.com"))


def told(name: str, type_: str, at: int, *who: tuple[IdentityKind, str], **fields: Any) -> Event:
    """An event that is told at an instant, and received two seconds later."""
    return event(name, type_, *who, time=at, **fields).model_copy(update={"received": at + 2 * SECOND})


def redaction(at: int = NOW, *who: tuple[IdentityKind, str]) -> Event:
    return told("redact", Type.ERASURE_REQUESTED, at, *(who or ADA)).model_copy(update={"traits": {}})


def everything() -> str:
    """What is in any table."""
    client = boto3.client("dynamodb")
    tables = client.list_tables()["TableNames"]
    return json.dumps([client.scan(TableName=table)["Items"] for table in tables], default=lambda binary: "")


def people() -> list[str]:
    items = boto3.client("dynamodb").scan(TableName="Identities")["Items"]
    return sorted(item["identity"]["S"].split("#")[0] for item in items if "contact" in item)


CREATED = told("created", Type.CONTACT_CREATED, NOW - DAY, *ADA, consent=(ConsentChange(state="subscribed"),))
UPDATED = told("updated", Type.CONTACT_UPDATED, NOW - 3 * SECOND, *ADA)
REDACTED = redaction(NOW)


@pytest.mark.parametrize(
    "batch", [*permutations([CREATED, UPDATED, REDACTED])], ids=lambda b: "-".join(e.id[:3] for e in b)
)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_an_erasure_and_what_was_told_before_it_end_alike_in_any_order_and_batches(
    batch: tuple[Event, ...], size: int
) -> None:
    for start in range(0, len(batch), size):
        assert deliver(*batch[start : start + size]) == []
    assert people() == []
    assert "7064" not in everything()
    profiles = boto3.client("dynamodb").scan(TableName="Contacts")["Items"]
    assert all(contacts.read(item["contact"]["S"]).profile.erased for item in profiles)  # type: ignore[union-attr]


@pytest.mark.parametrize("later", [0, MINUTE, 20 * DAY])
def test_what_was_told_before_the_erasure_makes_nobody_anew_however_late_it_comes(later: int) -> None:
    deliver(CREATED)
    deliver(REDACTED)
    late = UPDATED.model_copy(update={"id": "another", "received": NOW + later})
    order = told("order", Type.ORDER_FULFILLED, NOW - HOUR, *ADA, (ANONYMOUS, "shopify-order:1"))
    assert deliver(late) == deliver(order) == []
    assert people() == []


def test_a_dead_letter_that_is_replayed_after_the_erasure_brings_nobody_back() -> None:
    deliver(REDACTED)  # nobody is known by it yet: their first event is a dead letter
    assert deliver(CREATED) == []
    assert people() == []


def test_who_signs_up_after_the_erasure_is_a_new_contact_and_stays_one_when_it_is_told_again() -> None:
    deliver(CREATED)
    before = contact_of(*ADA[0])
    deliver(REDACTED)
    assert deliver(told("again", Type.CONTACT_CREATED, NOW + HOUR, *ADA)) == []
    after = contact_of(*ADA[1])
    assert after is not None
    assert after != before
    assert deliver(REDACTED, CREATED) == []  # once more, both
    second_look = REDACTED.model_copy(update={"properties": {"erased_at": REDACTED.received}, "received": NOW + DAY})
    assert deliver(second_look) == []
    assert contact_of(*ADA[0]) == after
    assert kinds(after).count("EVENT") == 1


def test_all_that_a_contact_was_known_by_is_erased_not_only_what_the_erasure_names() -> None:
    deliver(CREATED, told("visit", Type.PAGE_VIEWED, NOW - HOUR, ADA[1], (ANONYMOUS, "browser"), (USER, "u1")))
    deliver(redaction(NOW, ADA[0]))
    assert deliver(told("late", Type.PAGE_VIEWED, NOW - MINUTE, (ANONYMOUS, "browser"))) == []
    assert deliver(told("late-2", Type.PAGE_VIEWED, NOW - MINUTE, (USER, "u1"))) == []
    assert people() == []
    assert deliver(told("new", Type.PAGE_VIEWED, NOW + HOUR, (ANONYMOUS, "browser"))) == []
    assert people() == ["anonymous"]


def test_the_browser_that_shares_a_batch_with_the_erasure_makes_nobody_anew() -> None:
    known = told("identify", Type.CONTACT_UPDATED, NOW - HOUR, ADA[1], (USER, "u1"), (ANONYMOUS, "browser"))
    deliver(CREATED)
    deliver(told("before", Type.PAGE_VIEWED, NOW - MINUTE, (ANONYMOUS, "browser")), known, REDACTED)
    deliver(told("late", Type.PAGE_VIEWED, NOW - MINUTE, (ANONYMOUS, "browser")))
    assert people() == []


def test_an_erased_persons_word_erases_nobody_elses_browser() -> None:
    bea = ((EMAIL, "bea@example.com"), (ANONYMOUS, "browser"))
    deliver(CREATED, told("bea", Type.CONTACT_UPDATED, NOW - 2 * HOUR, *bea))
    shared = told("shared", Type.PAGE_VIEWED, NOW - HOUR, ADA[1], (ANONYMOUS, "browser"))
    deliver(shared, REDACTED)
    deliver(told("late", Type.PAGE_VIEWED, NOW - MINUTE, (ANONYMOUS, "browser")))
    assert people() == ["anonymous", "email"]
    assert contact_of(*bea[0]) == contact_of(*bea[1])


SEEN = told("seen", Type.PAGE_VIEWED, NOW - MINUTE, (ANONYMOUS, "browser"))
SEEN_AGAIN = told("seen again", Type.PAGE_VIEWED, NOW + MINUTE, (ANONYMOUS, "browser"))
CART = told("cart", Type.CART_UPDATED, NOW - MINUTE, (IdentityKind.ORDER, "shopify-cart:1"))
CHECKOUT = told(
    "checkout", Type.CHECKOUT_STARTED, NOW - HOUR, (IdentityKind.ORDER, "shopify-cart:1"), (ANONYMOUS, "b2")
)
IDENTIFIED = told("identified", Type.CONTACT_UPDATED, NOW - HOUR, ADA[1], (ANONYMOUS, "b2"), (ANONYMOUS, "browser"))


def queued() -> list[str]:
    """What waits on the queues and can be taken off them."""
    sqs = boto3.client("sqs")
    urls = [sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("events_queue", "prompt_queue")]
    answers = [sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10) for url in urls]
    return [message["Body"] for answer in answers for message in answer.get("Messages", [])]


def test_who_signs_up_again_while_the_erasure_is_on_its_way_stays() -> None:
    clock.use(lambda: NOW + DAY)
    again = told("again", Type.CONTACT_CREATED, NOW + HOUR, *ADA, consent=(ConsentChange(state="subscribed"),))
    deliver(CREATED)
    before = contact_of(*ADA[0])
    deliver(again)
    deliver(REDACTED)
    assert people() == []
    assert deliver(*queued()) == []
    after = contact_of(*ADA[1])
    assert after == contact_of(*ADA[0]) != before
    assert after is not None
    assert [each.id for each in contacts.events(after)] == [again.id]


TOLD_IN_TURN = [
    (1 + number % 3, batch)
    for number, batch in enumerate(permutations([SEEN, SEEN_AGAIN, IDENTIFIED, REDACTED]))
    if batch.index(SEEN_AGAIN) > batch.index(REDACTED)
]


@pytest.mark.parametrize(("size", "batch"), TOLD_IN_TURN)
def test_what_the_browser_of_an_erased_person_told_goes_whenever_it_is_known_to_be_theirs(
    size: int, batch: tuple[Event, ...]
) -> None:
    deliver(CREATED)
    for start in range(0, len(batch), size):
        assert deliver(*batch[start : start + size]) == []
    assert people() == ["anonymous"]
    contact = contact_of(ANONYMOUS, "browser")
    assert contact is not None
    assert [each.id for each in contacts.events(contact)] == [SEEN_AGAIN.id]
    profile = profile_of(ANONYMOUS, "browser")
    assert profile.histories[Type.PAGE_VIEWED].total == 1
    assert profile.first_seen == SEEN_AGAIN.received


def test_a_run_that_an_erased_event_began_ends_with_it() -> None:
    journey = Journey.model_validate(
        {
            "id": "visits",
            "name": "Visits",
            "sentence": "Waits.",
            "trigger": {"kind": "event", "events": ["Page Viewed"]},
            "entry": {"again": "each"},
            "steps": [{"id": "later", "kind": "wait", "for": "9d"}],
        }
    )
    version = Version(version=1, journey=journey, published=NOW, by="a test", why="it is new")
    journey_definitions.publish(with_journey(Publication(), version), version)
    deliver(CREATED)
    deliver(SEEN)
    deliver(REDACTED)
    deliver(SEEN_AGAIN)
    contact = contact_of(ANONYMOUS, "browser")
    assert contact is not None
    assert [kept.run.cause for kept in contact_runs.of_contact(contact)] == [SEEN.id]
    deliver(IDENTIFIED)  # told late: the browser was theirs
    assert contact_of(ANONYMOUS, "browser") == contact
    assert [each.id for each in contacts.events(contact)] == [SEEN_AGAIN.id]
    assert [kept.run.outcome for kept in contact_runs.of_contact(contact)] == ["erased"]
    assert profile_of(ANONYMOUS, "browser").runs == {}


@pytest.mark.parametrize("batches", [[[SEEN, CART, CHECKOUT, IDENTIFIED]], [[CART], [IDENTIFIED, CHECKOUT], [SEEN]]])
def test_what_leads_on_from_an_erased_persons_browser_is_theirs_too(batches: list[list[Event]]) -> None:
    deliver(CREATED, REDACTED)
    for batch in batches:
        assert deliver(*batch) == []
    assert people() == []
    assert deliver(CART.model_copy(update={"id": "cart 2"}), SEEN) == []
    assert people() == []


def test_an_erased_persons_word_erases_nobody_who_is_known() -> None:
    bea = ((EMAIL, "bea@example.com"), (ANONYMOUS, "browser"))
    deliver(CREATED, REDACTED, told("bea", Type.CONTACT_UPDATED, NOW - 2 * HOUR, *bea))
    assert deliver(IDENTIFIED) == []
    assert people() == ["anonymous", "email"]
    assert contact_of(*bea[0]) == contact_of(*bea[1])


def test_who_was_made_in_the_moment_of_the_erasure_is_found_by_its_second_look(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as meanwhile:  # this Lambda has asked whose its events are before the erasure began
        meanwhile.setattr(identities, "newest_erasure", lambda: -1)
        deliver(REDACTED)
        deliver(CREATED)
        assert people() == ["email", "shopify"]
    url = boto3.client("sqs").get_queue_url(QueueName="prompt_queue")["QueueUrl"]
    waiting = boto3.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert waiting["ApproximateNumberOfMessagesDelayed"] == "1"
    again = {"received": REDACTED.received + erasure.SECOND_LOOK, "properties": {"erased_at": REDACTED.received}}
    assert deliver(REDACTED.model_copy(update=again)) == []
    assert people() == []


def test_guests_whose_orders_are_named_go_too_but_no_other_customer_who_has_one_of_them() -> None:
    guest = ((EMAIL, "a.guest@example.com"), (ANONYMOUS, "shopify-order:5"))
    other = ((SHOPIFY, "9000"), (EMAIL, "other@example.com"), (ANONYMOUS, "shopify-order:6"))
    deliver(CREATED, told("guest", Type.ORDER_COMPLETED, NOW - DAY, *guest))
    deliver(told("other", Type.ORDER_COMPLETED, NOW - DAY, *other))
    kept = contact_of(*other[0])
    assert deliver(redaction(NOW, *ADA, guest[1], other[2])) == []
    assert contact_of(*guest[0]) is None
    assert contact_of(*ADA[0]) is None
    assert contact_of(*other[0]) == kept is not None


def test_a_request_for_data_is_kept_for_the_operators_and_makes_nobody() -> None:
    asked = told("asked", Type.DATA_REQUESTED, NOW, *ADA, properties={"request_id": "9999"})
    asked = asked.model_copy(update={"traits": {}})
    assert deliver(asked) == []
    assert people() == []
    (request,) = requests.stored()
    assert (request.contacts, request.storefront_id, request.due) == ((), "9999", asked.received + 30 * DAY)
    assert requests.dismiss(request.number, NOW)
    assert deliver(asked) == []
    assert [each.dismissed for each in requests.stored()] == [NOW]
    assert not requests.dismiss(request.number + 1, NOW)


def test_a_request_for_data_is_about_whoever_is_known_by_the_end_of_its_batch() -> None:
    asked = told("asked", Type.DATA_REQUESTED, NOW, *ADA).model_copy(update={"traits": {}})
    assert deliver(asked, CREATED) == []
    contact = contact_of(*ADA[0])
    assert contact is not None
    (request,) = requests.stored()
    assert request.contacts == (contact,)
    recorded = {item["type"]["S"] for item in contacts.items(contact, "EVENT#")}
    assert recorded == {Type.CONTACT_CREATED, Type.DATA_REQUESTED}


def test_a_shop_that_is_to_be_erased_is_a_request_to_its_operators() -> None:
    asked = told("shop", Type.SHOP_ERASURE_REQUESTED, NOW, properties={"shop": "made-up-teas.myshopify.com"})
    assert deliver(asked, asked) == []
    assert [request.type for request in requests.stored()] == [Type.SHOP_ERASURE_REQUESTED]
