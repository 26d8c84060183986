"""Profile: an event is recorded and folded, or neither; whoever it is of, however often and beside whom it comes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.profile import app
from functions.profile.app import MAX_RECEIVES
from shared.adapters import catalogue, conflicts, contacts, currencies, definitions, environment, identities
from shared.adapters.clients import client
from shared.adapters.contacts import VersionConflictError
from shared.adapters.secrets import UnreadableSecretError
from shared.domain.conditions import Segment
from shared.domain.evaluation import cart_of
from shared.domain.events import (
    DAY,
    NEVER,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    OrderState,
    Type,
    evaluation_due,
    event_id,
)
from shared.domain.profiles.bounds import MAX_ORDERS
from shared.domain.profiles.transitions import BY_DEFINITION, BY_ERASURE, BY_JOINING, Transition
from shared.domain.publications import with_shipped
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")

EMAIL, SHOPIFY, ANONYMOUS, USER = (
    IdentityKind.EMAIL,
    IdentityKind.SHOPIFY,
    IdentityKind.ANONYMOUS,
    IdentityKind.USER,
)


def event(name: str, type_: str = Type.PAGE_VIEWED, *who: tuple[IdentityKind, str], **fields: Any) -> Event:
    time = fields.pop("time", NOW - DAY)
    known = tuple(Identity(kind=kind, value=value) for kind, value in who)
    if any(kind is EMAIL for kind, _ in who):
        fields.setdefault("traits", {"email": next(value for kind, value in who if kind is EMAIL)})
    return Event(
        id=event_id(name),
        type=type_,
        time=time,
        stated=time,
        received=NOW,
        source="shopify",
        identities=known,
        **fields,
    )


class Context:
    """Lambda's, of a function that has `left` milliseconds; each time it is asked, a second has passed."""

    def __init__(self, left: int = 10_000_000) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        self.left -= 1_000
        return self.left


def deliver(*events: Event | str, receives: int = 1, context: Context | None = None) -> list[str]:
    """Hands events to the handler as one SQS batch; gives the positions that failed."""
    bodies = [each if isinstance(each, str) else each.model_dump_json(exclude_defaults=True) for each in events]
    records = [
        {"messageId": str(n), "body": body, "attributes": {"ApproximateReceiveCount": str(receives)}}
        for n, body in enumerate(bodies)
    ]
    answer = app.handler({"Records": records}, context or Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def contact_of(kind: IdentityKind, value: str) -> str | None:
    identity = Identity(kind=kind, value=value)
    return identities.find([identity]).get(identity)


def profile_of(kind: IdentityKind, value: str) -> contacts.Profile:
    contact = contact_of(kind, value)
    assert contact is not None
    stored = contacts.read(contact)
    assert stored is not None
    return stored.profile


def wake_of(contact: str) -> int:
    stored = contacts.read(contact)
    assert stored is not None
    return stored.wake_at


def kinds(contact: str) -> list[str]:
    return [item["kind"]["S"].split("#")[0] for item in contacts.items(contact)]


def put_aside() -> list[dict[str, Any]]:
    url = boto3.client("sqs").get_queue_url(QueueName="events_dlq")["QueueUrl"]
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(answer.get("Messages", []))


def test_an_event_its_profile_its_transitions_and_its_consent_are_stored_together() -> None:
    yes = (ConsentChange(state="subscribed"),)
    assert deliver(event("sign-up", Type.CONTACT_CREATED, (EMAIL, "ada@example.com"), consent=yes)) == []
    contact = contact_of(EMAIL, "ada@example.com")
    assert contact is not None
    profile = profile_of(EMAIL, "ada@example.com")
    assert kinds(contact) == ["CONSENT", "EVENT", "PROFILE", *["TRANSITION"] * profile.transitions, "WORDS"]
    assert profile.memberships["new_subscribers"].number == 1
    assert profile.email == "ada@example.com"


def test_a_repeated_event_changes_nothing() -> None:
    once = event("visit", Type.ORDER_COMPLETED, (SHOPIFY, "1"), properties={"order_id": "1", "total": "10.00"})
    deliver(once)
    before = profile_of(SHOPIFY, "1")
    assert deliver(once, once) == []
    late = once.model_copy(update={"received": NOW + 5, "time": NOW})
    assert deliver(late, event("another", Type.PAGE_VIEWED, (SHOPIFY, "1"))) == []
    after = profile_of(SHOPIFY, "1")
    assert after.orders == before.orders
    assert after.histories[Type.ORDER_COMPLETED].total == 1
    assert after.histories[Type.PAGE_VIEWED].total == 1


def test_an_event_that_is_twice_in_one_batch_still_brings_its_identities() -> None:
    deliver(event("sign-up", Type.CONTACT_CREATED, (SHOPIFY, "1")))
    order = event("order", Type.ORDER_COMPLETED, (SHOPIFY, "1"), (ANONYMOUS, "order"), properties={"order_id": "1"})
    assert deliver(order, order) == []
    assert contact_of(ANONYMOUS, "order") == contact_of(SHOPIFY, "1")


def test_one_batch_of_many_contacts_and_many_events_is_stored_whole() -> None:
    batch = [event(f"{who}-{n}", Type.PAGE_VIEWED, (SHOPIFY, str(who))) for who in range(3) for n in range(25)]
    assert deliver(*batch) == []
    for who in range(3):
        assert profile_of(SHOPIFY, str(who)).histories[Type.PAGE_VIEWED].total == 25


def test_anonymous_history_joins_the_contact_at_identify() -> None:
    deliver(event("visit-1", Type.PAGE_VIEWED, (ANONYMOUS, "browser"), properties={"device": "mobile"}))
    deliver(event("sign-up", Type.CONTACT_CREATED, (EMAIL, "ada@example.com")))
    anonymous, known = contact_of(ANONYMOUS, "browser"), contact_of(EMAIL, "ada@example.com")
    assert anonymous is not None
    assert anonymous != known
    entered = {each.segment: each.number for each in transitions(anonymous)}
    assert entered
    deliver(event("identify", Type.CONTACT_UPDATED, (EMAIL, "ada@example.com"), (ANONYMOUS, "browser")))
    assert contact_of(ANONYMOUS, "browser") == known
    left = transitions(anonymous)[len(entered) :]
    assert {each.segment: each.before for each in left} == entered
    assert {(each.entered, each.cause) for each in left} == {(False, BY_JOINING)}
    assert [each.number for each in left] == list(range(len(entered) + 1, 2 * len(entered) + 1))
    closed = contacts.read(anonymous)
    assert closed is not None
    assert closed.profile.merged_into == known
    late = event("visit-2", Type.PAGE_VIEWED, (IdentityKind.CONTACT, anonymous))
    assert deliver(late) == []
    assert profile_of(EMAIL, "ada@example.com").histories[Type.PAGE_VIEWED].total == 1


def test_anonymous_history_stays_its_own_contacts_when_that_one_becomes_known() -> None:
    deliver(event("visit", Type.PAGE_VIEWED, (ANONYMOUS, "browser")))
    anonymous = contact_of(ANONYMOUS, "browser")
    deliver(event("identify", Type.CONTACT_UPDATED, (EMAIL, "ada@example.com"), (ANONYMOUS, "browser")))
    assert contact_of(EMAIL, "ada@example.com") == anonymous


def test_two_known_contacts_are_never_merged() -> None:
    deliver(
        event("1", Type.CONTACT_CREATED, (SHOPIFY, "1")), event("2", Type.CONTACT_CREATED, (EMAIL, "b@example.com"))
    )
    first, second = contact_of(SHOPIFY, "1"), contact_of(EMAIL, "b@example.com")
    deliver(event("both", Type.CONTACT_UPDATED, (SHOPIFY, "1"), (EMAIL, "b@example.com")))
    assert (contact_of(SHOPIFY, "1"), contact_of(EMAIL, "b@example.com")) == (first, second)
    (item,) = [i for i in contacts.items(first or "", "EVENT#") if "conflicts" in i]
    assert item["conflicts"]["SS"] == [second]


def test_pairs_that_may_be_one_person_end_with_either_of_them() -> None:
    who = {name: (EMAIL, f"{name}@example.com") for name in "abc"}
    deliver(*(event(name, Type.CONTACT_CREATED, who[name]) for name in who))
    contact = {name: contact_of(*who[name]) or "" for name in who}

    def pairs() -> set[frozenset[str]]:
        return {frozenset(name for name in who if contact[name] in pair.contacts) for pair in conflicts.stored()}

    deliver(
        event("ab", Type.CONTACT_UPDATED, who["a"], who["b"]), event("bc", Type.CONTACT_UPDATED, who["b"], who["c"])
    )
    assert pairs() == {frozenset("ab"), frozenset("bc")}
    deliver(event("merge", Type.CONTACTS_MERGED, *((IdentityKind.CONTACT, contact[name]) for name in "ab")))
    assert pairs() == {frozenset("ac")}  # whom b was named with may be a, which b has joined
    deliver(event("erase", Type.ERASURE_REQUESTED, who["c"]))
    assert conflicts.stored() == []


def test_a_shared_browser_stays_with_whom_it_was_known_by_first() -> None:
    deliver(event("1", Type.CONTACT_UPDATED, (EMAIL, "a@example.com"), (ANONYMOUS, "browser")))
    deliver(event("2", Type.CONTACT_UPDATED, (EMAIL, "b@example.com"), (ANONYMOUS, "browser")))
    assert contact_of(ANONYMOUS, "browser") == contact_of(EMAIL, "a@example.com")
    assert contact_of(EMAIL, "b@example.com") != contact_of(EMAIL, "a@example.com")


def test_a_public_write_key_gives_no_contact_a_second_address() -> None:
    deliver(event("1", Type.CONTACT_CREATED, (USER, "u1"), (EMAIL, "ada@example.com")))
    forged = event("2", Type.CONTACT_UPDATED, (USER, "u1"), (EMAIL, "mallory@example.com"), public=True)
    assert deliver(forged) == []
    assert profile_of(USER, "u1").email == "ada@example.com"
    assert contact_of(EMAIL, "mallory@example.com") is None


@pytest.mark.parametrize("public", [True, False])
def test_an_address_that_leads_to_another_contact_is_nobody_elses_trait(public: bool) -> None:
    """Else whoever has the public write key diverts anybody's mail to an address of their own."""
    known = event("1", Type.CONTACT_UPDATED, (USER, "m1"), (EMAIL, "evil@example.com"), public=public)
    taken = event("2", Type.CONTACT_UPDATED, (USER, "m2"), (EMAIL, "vera@example.com"), public=public)
    diverted = event("3", Type.CONTACT_UPDATED, (USER, "m2"), (EMAIL, "evil@example.com"), public=public, time=NOW)
    assert deliver(known) == deliver(taken) == deliver(diverted) == []
    assert profile_of(USER, "m2").email == "vera@example.com"
    assert profile_of(EMAIL, "evil@example.com").email == "evil@example.com"
    assert contact_of(EMAIL, "evil@example.com") != contact_of(USER, "m2")


def test_a_public_write_key_gives_a_contact_its_first_address() -> None:
    deliver(event("1", Type.PAGE_VIEWED, (USER, "u1"), public=True))
    deliver(event("2", Type.CONTACT_UPDATED, (USER, "u1"), (EMAIL, "ada@example.com"), public=True))
    assert profile_of(USER, "u1").email == "ada@example.com"


def test_a_claim_of_a_user_with_the_public_key_keeps_the_real_one_out_of_nothing() -> None:
    deliver(event("1", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "ada@example.com")))
    deliver(event("2", Type.CONTACT_UPDATED, (USER, "evil"), (EMAIL, "ada@example.com"), public=True))
    deliver(event("3", Type.CONTACT_UPDATED, (USER, "real"), (EMAIL, "ada@example.com"), public=True))
    assert contact_of(USER, "real") == contact_of(USER, "evil") == contact_of(SHOPIFY, "1")


@pytest.mark.parametrize("known", [True, False])
def test_a_users_real_address_prevails_over_the_one_that_was_claimed_with_the_public_key(known: bool) -> None:
    owner = (EMAIL, "ada@example.com")
    if known:
        deliver(event("1", Type.CONTACT_CREATED, (SHOPIFY, "1"), owner))
    deliver(event("2", Type.CONTACT_UPDATED, (USER, "u"), (EMAIL, "evil@example.com"), public=True))
    assert deliver(event("3", Type.CONTACT_UPDATED, (USER, "u"), owner, time=NOW)) == []
    assert contact_of(USER, "u") == contact_of(*owner)
    assert profile_of(USER, "u").email == "ada@example.com"


def test_a_user_heard_of_before_the_address_joins_whose_address_it_is() -> None:
    deliver(event("1", Type.PAGE_VIEWED, (USER, "u"), public=True))
    deliver(event("2", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "ada@example.com")))
    early, known = contact_of(USER, "u") or "", contact_of(SHOPIFY, "1")
    assert early != known
    both = event("3", Type.CONTACT_UPDATED, (USER, "u"), (EMAIL, "ada@example.com"), public=True)
    assert deliver(both) == []
    assert contact_of(USER, "u") == contact_of(EMAIL, "ada@example.com") == known
    closed = contacts.read(early)
    assert closed is not None
    assert closed.profile.merged_into == known


def test_a_user_whom_more_than_the_public_key_tells_of_joins_nobody_and_is_shown_as_a_conflict() -> None:
    deliver(event("1", Type.PAGE_VIEWED, (USER, "u"), public=True), event("2", Type.ORDER_COMPLETED, (USER, "u")))
    deliver(event("3", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "ada@example.com")))
    before = contact_of(USER, "u"), contact_of(SHOPIFY, "1")
    deliver(event("4", Type.CONTACT_UPDATED, (USER, "u"), (EMAIL, "ada@example.com"), public=True))
    assert (contact_of(USER, "u"), contact_of(SHOPIFY, "1")) == before


def test_what_only_the_public_key_tells_of_an_address_joins_whom_the_storefront_says_it_is() -> None:
    deliver(event("1", Type.CONTACT_UPDATED, (ANONYMOUS, "b"), (EMAIL, "new@example.com"), public=True))
    deliver(event("2", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "old@example.com")))
    moved = event("3", Type.CONTACT_UPDATED, (SHOPIFY, "1"), (EMAIL, "new@example.com"), time=NOW)
    assert deliver(moved) == []
    assert contact_of(EMAIL, "new@example.com") == contact_of(SHOPIFY, "1")
    assert profile_of(SHOPIFY, "1").email == "new@example.com"


def test_two_customers_that_the_storefront_has_merged_are_one_and_what_led_to_both_leads_there() -> None:
    yes = (ConsentChange(state="subscribed"),)
    deliver(event("1", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "ada@example.com")))
    deliver(event("2", Type.CONTACT_CREATED, (SHOPIFY, "2"), (EMAIL, "b@example.com"), consent=yes))
    kept, gone = contact_of(SHOPIFY, "1"), contact_of(SHOPIFY, "2") or ""
    merged = event("3", Type.CONTACTS_MERGED, (SHOPIFY, "1"), (SHOPIFY, "2"))
    assert deliver(merged) == deliver(merged) == []
    assert contact_of(SHOPIFY, "2") == contact_of(EMAIL, "b@example.com") == contact_of(SHOPIFY, "1") == kept
    left = [each for each in transitions(gone) if not each.entered]
    assert {each.segment for each in left} == {each.segment for each in transitions(gone) if each.entered} != set()
    assert deliver(event("4", Type.CONTACTS_MERGED, (SHOPIFY, "8"), (SHOPIFY, "9"))) == []
    assert contact_of(SHOPIFY, "8") is None
    forged = event("5", Type.CONTACTS_MERGED, (USER, "8"), (SHOPIFY, "1"), public=True)
    assert deliver(event("6", Type.PAGE_VIEWED, (USER, "8")), forged) == []
    assert contact_of(USER, "8") != kept


def test_a_contact_of_hundreds_of_orders_joins_whole() -> None:
    who = ((SHOPIFY, "2"),)
    orders = [(IdentityKind.ORDER, f"order-{n}") for n in range(110)]
    assert deliver(*(event(value, Type.PAGE_VIEWED, *who, (kind, value)) for kind, value in orders)) == []
    deliver(event("1", Type.CONTACT_CREATED, (SHOPIFY, "1")))
    assert deliver(event("3", Type.CONTACTS_MERGED, (SHOPIFY, "1"), (SHOPIFY, "2"))) == []
    assert {contact_of(*each) for each in (*orders, *who)} == {contact_of(SHOPIFY, "1")}


def test_what_was_typed_at_a_checkout_renames_and_readdresses_nobody() -> None:
    vera = {"email": "vera@example.com", "first_name": "Vera"}
    deliver(event("1", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "vera@example.com"), traits=vera))
    rude = {"email": "vera@example.com", "first_name": "Rude"}
    typed = event("2", Type.CHECKOUT_STARTED, (EMAIL, "vera@example.com"), traits=rude, claimed=True, time=NOW)
    other = {"email": "boss@example.com", "first_name": "Boris"}
    order = ((SHOPIFY, "1"), (EMAIL, "boss@example.com"), (IdentityKind.ORDER, "woocommerce-order:1"))
    billed = event("3", Type.ORDER_COMPLETED, *order, traits=other, claimed=True, time=NOW)
    assert deliver(typed) == deliver(billed) == []
    profile = profile_of(SHOPIFY, "1")
    assert (profile.email, profile.traits["first_name"].value) == ("vera@example.com", "Vera")
    assert contact_of(EMAIL, "boss@example.com") is None
    assert contact_of(IdentityKind.ORDER, "woocommerce-order:1") == profile.contact
    assert profile.histories[Type.CHECKOUT_STARTED].total == 1


# ── what shares a batch decides nothing ──


def test_an_event_id_used_again_for_another_person_puts_nothing_on_the_first() -> None:
    first = event("signup-1", Type.CONTACT_UPDATED, (USER, "p1"), public=True)
    again = event("signup-1", Type.CONTACT_UPDATED, (USER, "p2"), (EMAIL, "p2@example.com"), time=NOW, public=True)
    for batch in ([first, again], [first], [again]):
        assert deliver(*batch) == []
    assert profile_of(USER, "p1").email is None
    assert contact_of(USER, "p2") == contact_of(EMAIL, "p2@example.com") != contact_of(USER, "p1")
    restated = first.model_copy(update={"stated": NOW - 5, "time": NOW - 5})
    assert deliver(restated) == []
    assert profile_of(USER, "p1").histories[Type.CONTACT_UPDATED].total == 1


def forget_everything() -> None:
    for table, names in (("Contacts", ("contact", "kind")), ("Identities", ("identity",))):
        for item in boto3.client("dynamodb").scan(TableName=table)["Items"]:
            boto3.client("dynamodb").delete_item(TableName=table, Key={name: item[name] for name in names})


def world() -> dict[str, Any]:
    """All there is, by what leads to it, without what says only how often it was written."""
    found: dict[str, Any] = {}
    for item in boto3.client("dynamodb").scan(TableName="Identities")["Items"]:
        stored = contacts.read(item["contact"]["S"])
        assert stored is not None
        profile = stored.profile
        found[item["identity"]["S"]] = (
            profile.contact,
            profile.identities,
            profile.traits,
            {name: history.total for name, history in profile.histories.items()},
            sorted(profile.orders),
            sorted(contacts.event_of(each).id for each in contacts.items(profile.contact, "EVENT#")),
            profile.public,
        )
    return found


person = st.lists(
    st.sampled_from(
        [
            (USER, "u1"),
            (USER, "u2"),
            (EMAIL, "a@example.com"),
            (EMAIL, "b@example.com"),
            (ANONYMOUS, "x"),
            (ANONYMOUS, "y"),
        ]
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each[0],
)
telling = st.tuples(st.integers(0, 9), person, st.booleans())


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(telling, min_size=2, max_size=8), st.data())
def test_any_partition_into_batches_gives_the_same_world(told: list[Any], data: st.DataObject) -> None:
    events = [
        event(str(name), Type.CONTACT_UPDATED, *who, public=public, time=NOW - DAY + n)
        for n, (name, who, public) in enumerate(told)
    ]
    forget_everything()
    for each in events:
        assert deliver(each) == []
    expected = world()
    forget_everything()
    begin = 0
    while begin < len(events):
        end = data.draw(st.integers(begin + 1, len(events)), label="end of a batch")
        assert deliver(*events[begin:end]) == []
        begin = end
    assert world() == expected


def interfere(monkeypatch: pytest.MonkeyPatch, times: int, write: Callable[[], object]) -> None:
    """Has somebody else write between our reading and our writing, the first `times`."""
    commit = contacts.commit
    left = [times]

    def commit_after_others(writes: Any) -> None:
        if left[0]:
            left[0] -= 1
            write()
        commit(writes)

    monkeypatch.setattr(contacts, "commit", commit_after_others)


def test_who_meets_a_conflict_reads_again(monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(event("1", Type.PAGE_VIEWED, (SHOPIFY, "1")))
    numbers = iter(range(2, 99))
    interfere(monkeypatch, 6, lambda: deliver(event(str(next(numbers)), Type.PAGE_VIEWED, (SHOPIFY, "1"))))
    assert deliver(event("ours", Type.PAGE_VIEWED, (SHOPIFY, "1"))) == []
    assert profile_of(SHOPIFY, "1").histories[Type.PAGE_VIEWED].total == 8


def test_two_that_bring_one_new_contact_at_once_make_one_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    interfere(monkeypatch, 1, lambda: deliver(event("theirs", Type.PAGE_VIEWED, (EMAIL, "ada@example.com"))))
    assert deliver(event("ours", Type.PAGE_VIEWED, (EMAIL, "ada@example.com"))) == []
    assert profile_of(EMAIL, "ada@example.com").histories[Type.PAGE_VIEWED].total == 2


def test_a_contact_that_others_write_to_for_ever_comes_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def conflict(writes: Any) -> None:
        raise VersionConflictError("again")

    deliver(event("1", Type.PAGE_VIEWED, (SHOPIFY, "1")))
    monkeypatch.setattr(contacts, "commit", conflict)
    good_and_bad = [event("2", Type.PAGE_VIEWED, (SHOPIFY, "1")), event("3", Type.PAGE_VIEWED, (SHOPIFY, "2"))]
    assert deliver(*good_and_bad) == ["0", "1"]


def test_what_is_no_event_is_put_aside_with_its_reason_at_once() -> None:
    assert deliver('{"id": "x"}', "no json", event("fine", Type.PAGE_VIEWED, (SHOPIFY, "1"))) == []
    reasons = [message["MessageAttributes"]["reason"]["StringValue"] for message in put_aside()]
    assert len(reasons) == 2
    assert any("type: Field required" in reason for reason in reasons)
    assert profile_of(SHOPIFY, "1").histories[Type.PAGE_VIEWED].total == 1


def test_what_fails_again_and_again_is_put_aside_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("with personal data in it: ada@example.com")

    monkeypatch.setattr(catalogue, "record", fail)
    product = event("p", Type.PRODUCT_UPDATED, properties={"product_id": "1"})
    assert deliver(product, receives=MAX_RECEIVES - 1) == ["0"]
    assert deliver(product, receives=MAX_RECEIVES) == []
    (message,) = put_aside()
    assert message["MessageAttributes"]["reason"]["StringValue"] == "RuntimeError"


def test_what_there_is_no_time_for_comes_again_and_what_was_stored_is_done_with() -> None:
    batch = [event(str(who), Type.PAGE_VIEWED, (SHOPIFY, str(who))) for who in range(6)]
    failed = deliver(*batch, context=Context(left=3_000 + 6_000 + 3_000))  # for reading them, and for three
    assert failed == ["3", "4", "5"]
    assert [contact_of(SHOPIFY, str(who)) is not None for who in range(6)] == [True] * 3 + [False] * 3
    assert deliver(*(batch[int(each)] for each in failed)) == []


def without_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> str:
        raise UnreadableSecretError(name)

    monkeypatch.setattr(identities, "secret", fail)


def without_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CURRENCY")
    environment.forget()


def with_orders_neither_counted_nor_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBSITE_ORDERS", "perhaps")
    environment.forget()


@pytest.mark.parametrize("wrong", [without_secret, without_currency, with_orders_neither_counted_nor_ignored])
def test_a_wrong_setting_makes_no_dead_letters(
    wrong: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong(monkeypatch)
    order = event("o", Type.ORDER_COMPLETED, (EMAIL, "ada@example.com"))
    assert deliver(order, receives=MAX_RECEIVES - 1) == ["0"]
    assert deliver(order, receives=MAX_RECEIVES) == []
    assert put_aside() == []
    url = client("sqs").get_queue_url(QueueName="events_queue")["QueueUrl"]
    delayed = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessagesDelayed"])
    assert delayed["Attributes"] == {"ApproximateNumberOfMessagesDelayed": "1"}


def test_of_a_product_the_newest_state_is_kept_in_whatever_order_they_come() -> None:
    for title, time in (("Green tea", NOW - 1), ("Tea", NOW - 2), ("Green tea", NOW - 1)):
        product = event(title, Type.PRODUCT_UPDATED, time=time, properties={"product_id": "1", "title": title})
        assert deliver(product) == []
    kept = catalogue.product("shopify", "1")
    assert kept is not None
    assert kept.about == {"title": "Green tea"}


def test_an_orders_products_get_their_category_from_the_catalogue() -> None:
    deliver(
        event("p", Type.PRODUCT_UPDATED, time=NOW - 9, properties={"product_id": "1", "category": "drinks"}),
        event("q", Type.PRODUCT_UPDATED, time=NOW - 8, properties={"product_id": "1", "category": "tea"}),
    )
    products = [{"product_id": "1"}, {"product_id": "2"}, {"product_id": "3", "category": "mugs"}]
    deliver(event("o", Type.ORDER_COMPLETED, (SHOPIFY, "1"), properties={"order_id": "1", "products": products}))
    (bought,) = profile_of(SHOPIFY, "1").histories[Type.ORDER_COMPLETED].newest
    assert bought.properties["category"] == ["mugs", "tea"]


def test_erasure_leaves_nothing_but_that_the_address_must_not_get_mail() -> None:
    yes = (ConsentChange(state="subscribed"),)
    deliver(event("1", Type.CONTACT_CREATED, (SHOPIFY, "1"), (EMAIL, "ada@example.com"), consent=yes))
    contact = contact_of(SHOPIFY, "1")
    assert contact is not None
    erasure = event("2", Type.ERASURE_REQUESTED, (SHOPIFY, "1"), (EMAIL, "ada@example.com"))
    assert deliver(erasure) == []
    entered = [each.segment for each in transitions(contact) if each.entered]
    assert deliver(erasure) == []
    assert set(kinds(contact)) == {"PROFILE", "TRANSITION"}
    assert entered == []
    assert {(each.entered, each.cause) for each in transitions(contact)} == {(False, BY_ERASURE)}
    assert contact_of(EMAIL, "ada@example.com") is None
    assert (identities.suppression("ada@example.com") or ("",))[0] == "erasure"
    late = event("3", Type.EMAIL_CLICKED, (IdentityKind.CONTACT, contact))
    assert deliver(late) == []
    assert set(kinds(contact)) == {"PROFILE", "TRANSITION"}
    client = boto3.client("dynamodb")
    for table in client.list_tables()["TableNames"]:
        assert "ada@" not in json.dumps(client.scan(TableName=table)["Items"], default=str), table


def test_nobody_who_is_closed_for_good_is_ever_woken() -> None:
    subscribed = {"consent": (ConsentChange(state="subscribed"),)}
    deliver(event("1", Type.CONTACT_CREATED, (EMAIL, "ada@example.com"), **subscribed))
    deliver(event("2", Type.PAGE_VIEWED, (ANONYMOUS, "browser"), **subscribed))
    gone, joined = contact_of(EMAIL, "ada@example.com") or "", contact_of(ANONYMOUS, "browser") or ""
    assert wake_of(gone) < NEVER
    assert wake_of(joined) < NEVER
    deliver(event("3", Type.ERASURE_REQUESTED, (EMAIL, "ada@example.com")))
    deliver(event("4", Type.CONTACT_CREATED, (EMAIL, "grace@example.com")))
    deliver(event("5", Type.CONTACT_UPDATED, (EMAIL, "grace@example.com"), (ANONYMOUS, "browser")))
    assert wake_of(gone) == wake_of(joined) == NEVER


def test_an_erasure_leaves_a_complaint_standing() -> None:
    hashed = identities.address_hash("ada@example.com")
    contacts.commit([identities.suppression_write(hashed, "complaint", NOW - DAY)])
    deliver(event("1", Type.CONTACT_CREATED, (EMAIL, "ada@example.com")))
    deliver(event("2", Type.ERASURE_REQUESTED, (EMAIL, "ada@example.com")))
    assert identities.suppression("ada@example.com") == ("complaint", NOW - DAY)


def test_an_event_of_our_own_about_nobody_makes_no_contact() -> None:
    assert deliver(event("1", Type.EMAIL_CLICKED, (IdentityKind.CONTACT, "c-gone"))) == []
    assert contacts.read("c-gone") is None


def test_orders_beyond_the_bound_are_read_from_the_contacts_events() -> None:
    orders = [
        event(str(n), Type.ORDER_COMPLETED, (SHOPIFY, "1"), time=NOW - DAY + n, properties={"order_id": n, "total": 10})
        for n in range(MAX_ORDERS + 3)
    ]
    assert deliver(*orders) == []
    assert profile_of(SHOPIFY, "1").older_orders == 3
    refund = event("refund", Type.ORDER_REFUNDED, (SHOPIFY, "1"), properties={"order_id": 0, "amount": 10})
    cancelled = event("gone", Type.ORDER_CANCELLED, (SHOPIFY, "1"), properties={"order_id": 1})
    assert deliver(refund) == []
    assert deliver(cancelled) == []
    profile = profile_of(SHOPIFY, "1")
    assert len(profile.orders) == MAX_ORDERS
    assert "0" not in profile.orders


def test_a_wake_up_decides_what_time_has_changed_and_moves_the_wake_up() -> None:
    yes = (ConsentChange(state="subscribed"),)
    created = event("1", Type.CONTACT_CREATED, (SHOPIFY, "1"), time=NOW - 31 * DAY, consent=yes)
    deliver(created.model_copy(update={"received": NOW - 31 * DAY}))
    contact = contact_of(SHOPIFY, "1") or ""
    wake = event("w", Type.EVALUATION_DUE, (IdentityKind.CONTACT, contact))
    assert deliver(wake) == []
    stored = contacts.read(contact)
    assert stored is not None
    assert not (stored.profile.memberships.get("new_subscribers") or (False,))[0]
    assert stored.wake_at > NOW
    assert "EVENT" in kinds(contact)
    assert kinds(contact).count("EVENT") == 1


# ── what anybody can send with a write key ──


def test_no_number_of_large_events_keeps_the_next_from_being_stored() -> None:
    lot = random.Random(7)
    flood = [
        event(
            f"flood-{n}",
            Type.CONTACT_UPDATED,
            (USER, "u"),
            traits={f"t{n}": [lot.randbytes(9_000).hex()]},
            properties={"order_id": lot.randbytes(9_000).hex()},
            public=True,
        )
        for n in range(60)
    ]
    assert deliver(*flood) == []
    assert deliver(event("visit", Type.PAGE_VIEWED, (USER, "u"))) == []
    profile = profile_of(USER, "u")
    assert profile.histories[Type.CONTACT_UPDATED].total == 60
    assert profile.histories[Type.PAGE_VIEWED].total == 1


def test_the_oldest_browsers_of_too_many_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.domain.identities.MAX_IDENTITIES", 20)
    visits = [event(f"v{n}", Type.PAGE_VIEWED, (USER, "u"), (ANONYMOUS, f"browser-{n}")) for n in range(50)]
    assert deliver(*visits) == []
    contact = contact_of(USER, "u")
    assert len(profile_of(USER, "u").identities) == 20
    assert [contact_of(ANONYMOUS, f"browser-{n}") for n in (0, 30)] == [None, None]
    assert {contact_of(ANONYMOUS, f"browser-{n}") for n in range(31, 50)} == {contact}
    again = event("again", Type.PAGE_VIEWED, (USER, "u"), (ANONYMOUS, "browser-0"))
    assert deliver(again) == []
    assert (contact_of(ANONYMOUS, "browser-0"), contact_of(ANONYMOUS, "browser-31")) == (contact, None)


def test_a_long_identity_stands_in_its_key_as_a_hash() -> None:
    assert deliver(event("v", Type.PAGE_VIEWED, (USER, "u" * 256))) == []
    (key,) = profile_of(USER, "u" * 256).identities
    assert key.startswith("user#")
    assert len(key) == len("user#") + 40


def test_a_contact_of_hundreds_of_orders_is_erased_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    who = ((SHOPIFY, "1"), (EMAIL, "ada@example.com"))
    orders = [(ANONYMOUS, f"order-{n}") for n in range(230)]
    assert deliver(*(event(value, Type.PAGE_VIEWED, *who, (kind, value)) for kind, value in orders)) == []
    commit = contacts.commit

    def die(writes: Any) -> None:
        if any("Put" in write for write in writes):
            raise RuntimeError("died before the profile")
        commit(writes)

    monkeypatch.setattr(contacts, "commit", die)
    erasure = event("gone", Type.ERASURE_REQUESTED, (EMAIL, "ada@example.com"))
    assert deliver(erasure) == ["0"]
    monkeypatch.setattr(contacts, "commit", commit)
    assert deliver(erasure) == []
    left = boto3.client("dynamodb").scan(TableName="Identities")["Items"]
    assert {item["identity"]["S"].split("#")[0] for item in left} == {"suppression", "erased"}


# ── more transitions at once than a transaction has writes ──


def publish_many(count: int, page_views: int) -> None:
    """Has the shop come to have so many segments of who has viewed so many pages."""
    when = {"kind": "event", "event": "Page Viewed", "at_least": page_views}
    many = [
        Segment.model_validate({"id": f"s{n}", "name": "A name", "sentence": "A sentence.", "when": when})
        for n in range(count)
    ]
    publication = with_shipped(definitions.publication(), many, "UTC", NOW)
    assert publication is not None
    definitions.publish(publication)


def transitions(contact: str) -> list[Transition]:
    return [each for item in contacts.items(contact, "TRANSITION#") for each in contacts.transitions_of(item)]


def test_a_first_event_may_bring_a_contact_into_any_number_of_segments() -> None:
    publish_many(250, page_views=1)
    visit = event("visit", Type.PAGE_VIEWED, (SHOPIFY, "1"), consent=(ConsentChange(state="subscribed"),))
    assert deliver(visit) == []
    profile = profile_of(SHOPIFY, "1")
    held = {name: membership.number for name, membership in profile.memberships.items() if membership.member}
    assert len(held) >= 250
    told = transitions(profile.contact)
    assert [each.number for each in told] == list(range(1, profile.transitions + 1))
    assert {each.segment: each.number for each in told} == held
    assert {(each.entered, each.time, each.cause, each.before) for each in told} == {(True, NOW, visit.id, 0)}
    assert deliver(visit) == []
    assert transitions(profile.contact) == told


def test_a_publication_may_move_a_contact_in_and_out_of_any_number_of_segments() -> None:
    publish_many(150, page_views=1)
    deliver(event("visit", Type.PAGE_VIEWED, (SHOPIFY, "1")))
    contact = contact_of(SHOPIFY, "1") or ""
    entered = transitions(contact)
    publish_many(150, page_views=2)
    assert deliver(evaluation_due(contact, NOW, definitions=definitions.publication().number)) == []
    left = transitions(contact)[len(entered) :]
    assert [each.number for each in left] == list(range(len(entered) + 1, profile_of(SHOPIFY, "1").transitions + 1))
    assert {each.segment: each.before for each in left} == {
        each.segment: each.number for each in entered if each.segment.startswith("s") and each.segment[1:].isdigit()
    }
    assert {(each.entered, each.cause) for each in left} == {(False, BY_DEFINITION)}


def test_a_few_transitions_are_an_item_each() -> None:
    deliver(event("sign-up", Type.CONTACT_CREATED, (SHOPIFY, "1"), consent=(ConsentChange(state="subscribed"),)))
    contact = contact_of(SHOPIFY, "1") or ""
    assert len(transitions(contact)) == kinds(contact).count("TRANSITION") > 1


def test_events_that_do_not_fit_one_transaction_are_stored_one_by_one() -> None:
    browsers = [(ANONYMOUS, f"browser-{n}") for n in range(120)]
    deliver(*(event(value, Type.PAGE_VIEWED, (kind, value)) for kind, value in browsers))
    signed_in = [event(f"in-{n}", Type.PAGE_VIEWED, (USER, "u"), *browsers[n * 6 : n * 6 + 6]) for n in range(20)]
    assert deliver(*signed_in) == []
    assert {contact_of(*each) for each in browsers} == {contact_of(USER, "u")}
    assert profile_of(USER, "u").histories[Type.PAGE_VIEWED].total == 20 + 1


def test_an_amount_in_another_currency_is_kept_counts_nothing_and_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CURRENCY", "GBP")
    environment.forget()
    order = {"order_id": "1", "total": 90000, "currency": "JPY"}
    assert deliver(event("yen", Type.ORDER_COMPLETED, (EMAIL, "ada@example.com"), properties=order)) == []
    profile = profile_of(EMAIL, "ada@example.com")
    assert [each.net for each in profile.counting_orders()] == [0]
    assert not profile.memberships.get("high_spenders")
    (kept,) = contacts.events(profile.contact)
    assert (kept.properties["total"], kept.other_currency) == (90000, True)
    assert currencies.told() == {"JPY": NOW}


def test_what_is_written_for_a_currency_and_may_be_a_name_is_not_kept_among_the_definitions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CURRENCY", "GBP")
    environment.forget()
    order = {"order_id": "1", "total": 90000, "currency": "zebulonia"}
    assert deliver(event("odd", Type.ORDER_COMPLETED, (EMAIL, "ada@example.com"), properties=order)) == []
    assert currencies.told() == {currencies.UNKNOWN: NOW}


def test_a_setting_that_is_put_right_counts_for_what_was_stored_before_once_the_profile_is_made_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ada = (EMAIL, "ada@example.com")
    order = {"order_id": "1", "total": 900, "currency": "GBP"}
    seen = {"order_id": "2", "total": 70, "currency": "GBP"}
    monkeypatch.setenv("CURRENCY", "EUR")
    environment.forget()
    assert deliver(event("order", Type.ORDER_COMPLETED, ada, properties=order)) == []
    assert deliver(event("web", Type.ORDER_COMPLETED, ada, properties=seen, public=True)) == []
    assert counting("ada@example.com") == [0]
    monkeypatch.setenv("CURRENCY", "GBP")
    monkeypatch.setenv("WEBSITE_ORDERS", "count")
    environment.forget()
    contact = contact_of(*ada)
    assert contact is not None
    assert deliver(evaluation_due(contact, NOW, all=1, rebuild=1)) == []
    assert sorted(counting("ada@example.com")) == [7000, 90000]
    assert profile_of(*ada).memberships["high_spenders"].member


@pytest.mark.parametrize("setting", ["ignore", "count"])
def test_what_the_public_key_says_of_orders_counts_where_the_shop_says_so(
    monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv("WEBSITE_ORDERS", setting)
    environment.forget()
    order = {"order_id": "1", "total": 900}
    told = event("web", Type.ORDER_COMPLETED, (EMAIL, "ada@example.com"), properties=order, public=True)
    assert deliver(told) == []
    held = {name for name, each in profile_of(EMAIL, "ada@example.com").memberships.items() if each.member}
    assert ("customers" in held) == (setting == "count")


def test_an_order_under_a_corrected_address_ends_the_cart_of_the_first() -> None:
    cart = (IdentityKind.ORDER, "cart:t")
    inside = {"products": [{"product_id": "p", "price": 20}]}
    first = event("checkout", Type.CHECKOUT_STARTED, (EMAIL, "wrong@example.com"), cart, properties=inside)
    assert deliver(first) == []
    other = (SHOPIFY, "7"), (EMAIL, "right@example.com"), cart
    order = event("order", Type.ORDER_COMPLETED, *other, properties={"order_id": "1", **inside}, time=NOW - DAY + 1)
    assert deliver(order) == []
    held = profile_of(EMAIL, "wrong@example.com")
    assert cart_of(held) is not None
    assert deliver(*queued()) == []
    assert cart_of(profile_of(EMAIL, "wrong@example.com")) is None
    assert cart_of(profile_of(EMAIL, "right@example.com")) is None
    assert deliver(order, first) == []


@pytest.mark.parametrize("is_known", [False, True])
def test_an_order_that_overtakes_its_cart_ends_it_all_the_same(is_known: bool) -> None:
    """The lanes of the two differ, so the order may be stored first."""
    cart = (IdentityKind.ORDER, "cart:t")
    inside = {"products": [{"product_id": "p", "price": 20}]}
    if is_known:
        assert deliver(event("sign-up", Type.CONTACT_CREATED, (SHOPIFY, "3"), (EMAIL, "wrong@example.com"))) == []
    other = (SHOPIFY, "7"), (EMAIL, "right@example.com"), cart
    order = event("order", Type.ORDER_COMPLETED, *other, properties={"order_id": "1", **inside}, time=NOW - DAY + 1)
    assert deliver(order) == []
    first = event("checkout", Type.CHECKOUT_STARTED, (EMAIL, "wrong@example.com"), cart, properties=inside)
    assert deliver(first) == []
    assert deliver(*queued()) == []
    assert cart_of(profile_of(EMAIL, "wrong@example.com")) is None
    assert deliver(first) == []


def test_what_names_the_order_alone_finds_who_corrected_their_address() -> None:
    cart, made = (IdentityKind.ORDER, "cart:t"), (IdentityKind.ORDER, "shopify-order:1")
    assert deliver(event("checkout", Type.CHECKOUT_STARTED, (EMAIL, "wrong@example.com"), cart)) == []
    order = event(
        "order",
        Type.ORDER_COMPLETED,
        (EMAIL, "right@example.com"),
        cart,
        made,
        properties={"order_id": "1", "total": 24.5},
    )
    assert deliver(order) == []
    refunded = {"order_id": "1", "refund_id": "2", "amount": 10}
    assert deliver(event("refund", Type.ORDER_REFUNDED, made, properties=refunded)) == []
    assert [each.net for each in profile_of(EMAIL, "right@example.com").orders.values()] == [1450]


def queued() -> list[str]:
    """What waits on both queues."""
    sqs = boto3.client("sqs")
    urls = [sqs.get_queue_url(QueueName=name)["QueueUrl"] for name in ("events_queue", "prompt_queue")]
    answers = [sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10) for url in urls]
    return [message["Body"] for answer in answers for message in answer.get("Messages", [])]


# ── whose an order is ──

WOO_ORDER = (IdentityKind.ORDER, "woocommerce-order:727")


def billed(name: str, who: tuple[IdentityKind, str], at: int, type_: str = Type.ORDER_COMPLETED) -> Event:
    """A guest's order of WooCommerce, as it is at an instant."""
    told = event(name, type_, who, WOO_ORDER, properties={"order_id": "727", "total": 80}, claimed=True)
    return told.model_copy(update={"source": "woocommerce", "as_of": at, "order": OrderState(id="727", stands=True)})


def counting(address: str) -> list[int]:
    return [order.net for order in profile_of(EMAIL, address).counting_orders()]


def test_an_order_whose_address_was_corrected_is_the_second_contacts_alone_and_ends_there() -> None:
    wrong, right = (EMAIL, "wrong@example.com"), (EMAIL, "right@example.com")
    first, second = billed("order", wrong, NOW - DAY), billed("order", right, NOW - DAY + 1)
    again = billed("again", right, NOW - DAY + 1, Type.ORDER_UPDATED)
    assert deliver(first) == []
    assert deliver(second, again) == []
    assert counting("wrong@example.com") == [8000]
    left = queued()
    assert deliver(*left) == []
    assert (counting("wrong@example.com"), counting("right@example.com")) == ([], [8000])
    assert contact_of(*WOO_ORDER) == contact_of(*right)
    assert deliver(first, again, *left) == []
    deleted = event("deleted", Type.ORDER_CANCELLED, WOO_ORDER, properties={"order_id": "727"})
    state = OrderState(id="727", stands=False)
    assert deliver(deleted.model_copy(update={"source": "woocommerce", "as_of": NOW, "order": state})) == []
    assert (counting("wrong@example.com"), counting("right@example.com")) == ([], [])


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize("turns", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0), (0, 2, 1), (1, 0, 2)])
def test_an_order_is_whose_its_newest_state_says_in_whatever_order_the_states_come(
    turns: tuple[int, ...], is_known: bool
) -> None:
    addresses = ["ada@example.com", "bea@example.com", "cleo@example.com"]
    if is_known:
        assert deliver(event("sign-up", Type.CONTACT_CREATED, (SHOPIFY, "3"), (EMAIL, addresses[2]))) == []
    for n in turns:
        assert deliver(billed("order", (EMAIL, addresses[n]), NOW - DAY + n)) == []
        while waiting := queued():
            assert deliver(*waiting) == []
    assert [counting(address) for address in addresses] == [[], [], [8000]]
    assert contact_of(*WOO_ORDER) == contact_of(EMAIL, addresses[2])


def test_a_guests_order_that_the_shop_gives_to_a_customer_is_the_customers() -> None:
    customer = (IdentityKind.WOOCOMMERCE, "25")
    assert deliver(event("sign-up", Type.CONTACT_CREATED, customer, (EMAIL, "right@example.com"))) == []
    assert deliver(billed("order", (EMAIL, "guest@example.com"), NOW - DAY)) == []
    assert deliver(billed("order", customer, NOW - DAY + 1)) == []
    assert deliver(*queued()) == []
    assert (counting("guest@example.com"), counting("right@example.com")) == ([], [8000])
