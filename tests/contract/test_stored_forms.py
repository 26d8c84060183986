"""What is stored, signed or waiting at shops, byte for byte: who reads it then may be other code than wrote it.

Every test that writes and reads with the same code passes when both change together, and then no shop can read what it
has. So here is, written down, what the code writes. **A form that is written down here is never changed.** When one of
these tests fails:

- It was not meant: take the change back. A name, a separator, a key, a count of shards or a hash that is other than it
  was loses what is stored under the old one: events count twice, members stay for ever, links in emails die.
- It was meant, and something is added that older readers pass over and without which `load` reads a default: add it to
  the golden, and leave the older stored bytes (`profile_*.bin`, `event_*.json`) as they are: they are what shops have.
- It was meant, and the form is another: write it under a new version (the first byte of a stored profile, `VERSION` of
  tokens), go on reading the older one, and put what the older code wrote among the older forms below. Ids and keys
  (`event_id`, `identity_key`, `shard_of`, a message's key, a run's id) have no version: they cannot be changed at all
  without moving all that there is.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from functions.profile.storing import _new_contact
from shared.adapters import (
    addresses,
    amendments,
    asked,
    catalogue,
    clock,
    conflicts,
    contact_runs,
    contacts,
    definitions,
    events_queue,
    identities,
    journey_definitions,
    journey_files,
    lake,
    members,
    messages,
    refreshes,
    releases,
    requests,
    run_counts,
    tokens,
)
from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.domain import lake_rows
from shared.domain.conditions.fields import condition_key
from shared.domain.conditions.orders import Rank
from shared.domain.events import (
    DAY,
    NEVER,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    OrderState,
    Stamp,
    Type,
    cart_ordered,
    evaluation_due,
    event_id,
    event_key,
    parse_instant,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Publication as JourneysPublication
from shared.domain.journeys.publications import Version, with_journey, with_step_state
from shared.domain.journeys.runs import NotifyOthers, Record, Run, SendEmail, StartAnother, UpdateContact
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.held import Status
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.consent import entries
from shared.domain.profiles.dictionary import DICTIONARIES, NEWEST
from shared.domain.profiles.histories import History, Occurrence
from shared.domain.profiles.orders import Order, Refund
from shared.domain.profiles.stored import as_json, dump, load
from shared.domain.profiles.transitions import Membership, Transition
from shared.domain.publications import Publication, compiled
from shared.domain.sources import payload as reading
from shared.domain.sources import segment, shopify, woocommerce
from shared.domain.sources import ses as notices
from tests.integration.conftest import NOW, aws  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("aws")

STORED = Path(__file__).parent / "stored"
CONTACT = "c0123456789abcde"
ADDRESS = "ada.okafor@example.com"
AT = parse_instant("2026-11-24T06:00:00Z")


def golden(name: str) -> Any:
    return json.loads((STORED / f"{name}.json").read_text(encoding="utf-8"))


def stored(table: str) -> list[dict[str, Any]]:
    """All items of a table, in the order of their keys, with what is compressed in them read: the same text can be
    compressed in several ways."""
    found = [shown(item) for item in client("dynamodb").scan(TableName=table)["Items"]]
    return sorted(found, key=lambda item: json.dumps(item, sort_keys=True))


def shown(item: Any) -> dict[str, Any]:
    return {name: _shown(value) for name, value in item.items()}


def _shown(value: dict[str, Any]) -> Any:
    if "B" in value:
        return {"compressed": json.loads(zlib.decompress(bytes(value["B"])))}
    return {"SS": sorted(value["SS"])} if "SS" in value else value


def says(now: Any, before: Any) -> bool:
    """Whether all that was said is said still, whatever is said besides."""
    if isinstance(before, dict):
        return isinstance(now, dict) and all(name in now and says(now[name], before[name]) for name in before)
    if isinstance(before, list):
        return isinstance(now, list) and len(now) == len(before) and all(map(says, now, before))
    return type(now) is type(before) and bool(now == before)


# ── names that other stored things are found by ──

EMAIL = Identity(kind=IdentityKind.EMAIL, value=ADDRESS)
SHOPIFY = Identity(kind=IdentityKind.SHOPIFY, value="7064055069303")
MESSAGE = RunMessage(
    contact=CONTACT, journey="onboarding", run=f"{CONTACT}-new_subscribers-7", version=1, step="welcome"
)


def test_the_ids_and_keys_by_which_stored_things_are_found_stay_as_they_are() -> None:
    assert contacts.SHARDS == 10
    shards = [contacts.shard_of(contact) for contact in (CONTACT, "c0", "c1", "c2", "cffffffffffffff1")]
    assert shards == [3, 5, 7, 1, 8]
    assert contacts.numbered("TRANSITION", 7) == "TRANSITION#0000000007"
    assert event_id("shopify", "shop", "1") == "95150ecaec1dd02df1b3375952425c20"
    assert evaluation_due(CONTACT, AT).id == "6edeaed1f32dc5d346f594d0dca1fb01"
    assert MESSAGE.key == f"onboarding_{CONTACT}-new_subscribers-7_welcome_0"
    assert lake_rows.contact_number(CONTACT) == 0x0123456789ABCDE
    ranked = Rank.model_validate({"by": {"kind": "orders", "measure": "sum", "within": "365d"}, "top": 20})
    assert ranked.key == condition_key(ranked) == "5b0074ddd1ae"


def test_the_identities_a_contact_is_known_by_stay_as_they_are() -> None:
    assert identities.address_hash(ADDRESS) == "9cb31be380a871594dad7b717f451ac36eb9364e"
    known = [
        EMAIL,
        SHOPIFY,
        Identity(kind=IdentityKind.ANONYMOUS, value="b" * 64),
        Identity(kind=IdentityKind.ANONYMOUS, value="a" * 65),
        Identity(kind=IdentityKind.USER, value=ADDRESS),
        Identity(kind=IdentityKind.ORDER, value="shopify-order:5512000111222"),
    ]
    assert [identities.identity_key(each) for each in known] == [
        "email#9cb31be380a871594dad7b717f451ac36eb9364e",
        "shopify#7064055069303",
        f"anonymous#{'b' * 64}",
        "anonymous#71e808f0c92ef818e441e9c7775692a23ea36966",
        "user#9cb31be380a871594dad7b717f451ac36eb9364e",
        "order#shopify-order:5512000111222",
    ]
    assert [kind.value for kind in IdentityKind] == [
        "contact",
        "shopify",
        "woocommerce",
        "user",
        "email",
        "order",
        "anonymous",
    ]
    assert _new_contact(EVENT) == "c6750d68980049d9"
    assert _new_contact(EVENT.model_copy(update={"identities": ()})) == "c2a6cc263edec0b2"


TOKEN = (
    "dKUH7_t7bqXG_qAl82GgBjIuY29uc2VudC43ZmQ5LjZiMDUyN2UwLmMwMTIzNDU2Nzg5YWJjZGUubWFya2V0aW5nLm9uYm9hcmRpbmdfYzAxMjM0"
    "NTY3ODlhYmNkZS1uZXdfc3Vic2NyaWJlcnMtN193ZWxjb21lXzA"
)
OLDER_TOKEN = (
    "hZ5KE-jFVr4PmRW9exfO-jEuYzAxMjM0NTY3ODlhYmNkZS5tYXJrZXRpbmcub25ib2FyZGluZ19jMDEyMzQ1Njc4OWFiY2RlLW5ld19zdWJzY3Jp"
    "YmVycy03X3dlbGNvbWVfMA"
)


def test_a_link_in_an_email_goes_on_working() -> None:
    token = tokens.Token(CONTACT, "marketing", MESSAGE.key, issued=AT // 1000 * 1000)
    assert tokens.issue(token) == TOKEN
    assert tokens.read(TOKEN) == token
    assert tokens.read(OLDER_TOKEN) == tokens.Token(CONTACT, "marketing", MESSAGE.key)


# ── events: what is delivered again over a deployment is the same event ──


def delivered() -> Iterator[tuple[str, Event]]:
    """Every recorded payload, by its file, and the events it makes."""
    for topic, name in SHOPIFY_TOPICS.items():
        headers = {
            "x-shopify-topic": topic,
            "x-shopify-shop-domain": "made-up-teas.myshopify.com",
            "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
            "x-shopify-triggered-at": "2026-03-19T08:00:00.123456789Z",
        }
        for event in shopify.events(payload("shopify", name), headers, AT):
            yield f"shopify {topic}", event
    for topic, name in WOOCOMMERCE_TOPICS.items():
        headers = {"x-wc-webhook-topic": topic, "x-wc-webhook-source": "https://woo.example.com/"}
        for event in woocommerce.events(payload("woocommerce", name), headers, AT):
            yield f"woocommerce {topic}", event
    for kind, name in SEGMENT_KINDS:
        for event in segment.events(kind, payload("segment", name), AT)[0]:
            yield f"segment {name}", event
    for file in sorted((EVENTS / "ses").glob("*.json")):
        notice = notices.read(file.read_text(encoding="utf-8"))
        said = None if notice is None else notices.understand(notice, AT)
        if said is not None:
            yield f"ses {file.stem}", said.event


def payload(source: str, name: str) -> Any:
    return reading.read((EVENTS / source / f"{name}.json").read_bytes())


EVENTS = Path(__file__).parents[1] / "events"
SHOPIFY_TOPICS = {
    "customers/create": "customers_create",
    "customers/update": "customers_update",
    "customers/delete": "customers_delete",
    "customers/merge": "customers_merge",
    "customer.tags_added": "customer_tags_added",
    "customers_email_marketing_consent/update": "customers_email_marketing_consent_update",
    "checkouts/create": "checkouts_create",
    "checkouts/update": "checkouts_update",
    "carts/update": "carts_update",
    "orders/create": "orders_create",
    "orders/cancelled": "orders_cancelled",
    "refunds/create": "refunds_create",
    "products/update": "products_update",
    "app/uninstalled": "app_uninstalled",
    "shop/redact": "shop_redact",
    "customers/data_request": "customers_data_request",
    "customers/redact": "customers_redact",
}
WOOCOMMERCE_TOPICS = {
    "customer.created": "customer_created",
    "customer.deleted": "customer_deleted",
    "order.created": "order_created",
    "order.updated": "order_updated",
    "order.deleted": "order_deleted",
    "product.updated": "product_updated",
}
SEGMENT_KINDS = (("page", "browser_page"), ("identify", "browser_identify"), ("batch", "server_batch"))


def test_an_event_that_is_delivered_again_after_a_deployment_is_the_same_event() -> None:
    found: dict[str, list[str]] = {}
    for name, event in delivered():
        found.setdefault(name, []).append(event_key(event))
    assert found == golden("event_keys")


def test_what_we_write_of_a_contact_ourselves_is_the_same_event_when_it_is_written_again() -> None:
    assert event_key(cart_ordered(CONTACT, EVENT)) == "EVENT#2026-11-24T05:59:01.000Z#29073206b2e9844fc135cadc61802e8a"
    assert event_key(EVENT) == f"EVENT#2026-11-24T05:59:00.000Z#{EVENT.id}"
    assert event_key(EVENT.model_copy(update={"public": True})) == f"EVENT#undated#{EVENT.id}"


EVENT = Event(
    id=event_id("shopify", "made-up-teas.myshopify.com", "orders/create", "5512000111222"),
    type=Type.ORDER_COMPLETED,
    time=AT - 60_000,
    stated=AT - 60_000,
    received=AT,
    as_of=AT - 30_000,
    told=AT - 1_000,
    source="shopify",
    public=True,
    claimed=True,
    identities=(EMAIL, SHOPIFY),
    traits={"email": ADDRESS, "tags": ["vip"], "company": {"employees": 50}, "birthday": None},
    consent=(ConsentChange(topic="marketing", state="subscribed", undated=True),),
    properties={"order_id": "5512000111222", "total": 19.95, "products": [{"product_id": "8", "price": 19.95}]},
    order=OrderState(id="5512000111222", stands=True, refunds={"r1": 2.5}, currency="EUR"),
    other_currency=True,
    counts=False,
).model_copy(update={"public": False})
"""An event that has every field there is, but for `public`, which a golden of its own has."""


EVENT_BYTES = (
    "eJx1kdGq2zAMhl9l6DqUOI2buleDsevBgXM1DgfHVlZzXDs4dlkJefdJSbuOsfnO0v9Ln6QZnIUTtEoKIaSwbd/1+jg0whxwj13X7dVRNi1U"
    "kG8jkvJbspg+fYmX0WNGywl3oYTolGyVUm1Nr4Ipa87+HU5o0F0fCVnfXwV6eo/DU95t0Rz9HzWU2krHkgyjTOc4uuFGCMZrgiBpTgUrGglD"
    "dtnhBKfvM3y4wDPiRTtP4qv2he3a6l380ENMn/Gn5nl2Jl5gqX47ng0enq4+tDVxH9S+3sPyRohJu0x95nv9/9Ylqf7BQHB1I5CTgqMOt806"
    "+nhD5pX1UkHvUj5bTblQvF9YGyaaaR1nXS3TlX4yyfXrEUqw28J5A8w1pjhi2nYwQ+Srva+nllI0tEc6d9M0TBWzJmyhdkquNltM3hZ3/2y+"
    "I3DW8eZX7fJGXGtdbvDP0kQa7PS4SsKhrN8ZkoBTs5M8WEkJg6FJ4evrC3DJfCbUZ3wzm1gCUw3aT7j8Apcu1wk="
)
"""EVENT, as an item had it in November 2026."""


MARKS = {"counts": True, "other_currency": False}
"""How the shop counts an event, by its settings (`shared.adapters.shop`)."""


def test_events_that_were_stored_before_are_read_as_they_were() -> None:
    for stored_event in golden("events"):
        item = {"body": {"B": zlib.compress(json.dumps(stored_event).encode())}}
        found = json.loads(contacts.event_of(item).model_dump_json(exclude_defaults=True))
        assert found | MARKS == stored_event | MARKS  # which it is given anew when it is read
    found_event = contacts.event_of({"body": {"B": base64.b64decode(EVENT_BYTES)}})
    assert found_event.model_copy(update=MARKS) == EVENT.model_copy(update=MARKS)
    told = {name for each in golden("events") for name in each}
    assert told == Event.model_fields.keys(), "a new field: add an event that has it to stored/events.json"


def test_an_event_is_stored_and_queued_as_before() -> None:
    written = contacts.event_write(CONTACT, EVENT, conflicts=("c2",))
    assert shown(written["Put"]["Item"]) == {
        "contact": {"S": CONTACT},
        "kind": {"S": event_key(EVENT)},
        "type": {"S": "Order Completed"},
        "time": {"N": "1795499940000"},
        "source": {"S": "shopify"},
        "body": {"compressed": golden("events")[0]},
        "conflicts": {"SS": ["c2"]},
    }
    queue = environment(events_queue.QueueSettings).prompt_queue_url
    events_queue.put_events([EVENT])
    (message,) = client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == golden("events")[0]
    events_queue.put_aside(queue, message["Body"], "reason")
    (message,) = client("sqs").receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert message["MessageAttributes"] == {"reason": {"StringValue": "reason", "DataType": "String"}}


# ── profiles ──

DICTIONARY_SHA256 = {1: "4d32d89f7e3fa5950edc80abea21f3f2d50f54fc91c90961a2c12233b2ab981f"}
"""By number. One that was used never changes: a better one takes the next number, and stands here beside it."""
PROFILE_BYTES = (
    "AX1Yy26DMBD8l5xR6geGOqf03kvOFaoMuBJKJRAoVR/i37teQ1nbpBxhvV6L9czOBK4A40Lmqigftamb1lKTQMYmgVa59g+nfsGf6DatOfZX"
    "89aPZ/tpHH2vAlwrxZYHMXRqvPkHlGMNgNZRzVFUoNg/ugFVOA0QVAVjFADhErWWqTCNW33ySZIcCJ+ba5FsQKTuP4qVLkNMvuslxWJ4q1VC"
    "rYnuDYeIMlggkGrp1tsUMDnT4N4AcLl138l4RfOkeUc73d5dv7Tj1+t0xdlw6Dts+BeZqSrhbqW4cKInvd0ZXwidbqE2Ko1e/wTs6dqlmnfC"
    "gB8ZP7hSuZsKFUtjYB18hqogdN79HHGpSLg0AZzwl+hdNIvhoqRwIWO48Bihm1ry2kocDDx+lKzIGVRcaMlkggJ5gAL0ZLEnKQ5ZYEtmocG5"
    "HYfBLXd5cIIhjufT5fkhdD1DIzV2XgEWXIrVfUXgOHkEgNdXO+D1SrpybbBs7b5qnn8B"
)
"""PROFILE, as an item had it in November 2026: what a later version writes goes beside it, not in its place."""


def profile() -> Profile:
    """A profile that has every part there is."""
    told = Stamp(AT, 5)
    return Profile(
        CONTACT,
        version=3,
        first_seen=AT - 9,
        traits={"email": Stamped(ADDRESS, AT, 1), "score": Stamped({"tea": 0.5}, AT), "tags": Stamped(["vip"], AT, 2)},
        tags={"": Stamped(["old"], AT - 5), "vip": Stamped("vip", AT, 2), "old": Stamped(None, AT, 2)},
        lists={"spring": Stamped("spring", AT, 3)},
        consent={"marketing": Stamped("subscribed", AT, 3)},
        earlier={"marketing": (Stamped("unsubscribed", AT - 7),)},
        histories={
            "Page Viewed": History([Occurrence(AT, {"path": "/sale", "device": "mobile"})], 7, AT - 8),
            "Quiz Completed": History([Occurrence(AT, {"result": "dry_skin", "points": [3, 5]})], 1, AT),
        },
        orders={
            "5512": Order(
                placed=NEVER,
                value=1995,
                value_at=told,
                cancelled=True,
                cancelled_at=told,
                properties={"category": ["tea"]},
                properties_at=told,
                lines=[],
                number="1001",
                refunds={"r1": Refund(250, told)},
                listed={"r2": 100},
                listed_at=told,
            )
        },
        older_orders=2,
        cut_until=(AT - 99, "5500"),
        cut_names=b"\x01\x02\xff",
        numbers={"1001"},
        memberships={"customers": Membership(True, 7, AT - 1, NEVER)},
        transitions=7,
        consents=3,
        identities=("email#9cb31be3", "shopify#7064055069303"),
        definitions=4,
        decided=AT,
        halved=1,
        weak={"trait:score"},
        public=True,
        former_words=frozenset({"ada"}),
        kept={"Quiz Completed": frozenset({"result", "points"})},
        runs={"cart#3": AT + 9, "birthday": AT + 99},
        digests={"marketing": AT + 999},
        runs_begun=3,
        merged_into="c2",
        erased=True,
    )


def test_a_profile_that_was_stored_before_is_read_as_it_was() -> None:
    whole = profile()
    empty = Profile("")
    missing = [each.name for each in fields(Profile) if getattr(whole, each.name) == getattr(empty, each.name)]
    assert missing == [], "a new part: give the profile here one, and add what is written of it to stored/profile.json"
    read = load(base64.b64decode(PROFILE_BYTES))
    assert read == replace(whole, runs={}, digests={}, runs_begun=0, lists={})  # there were none then
    assert (read.cut_names, read.numbers) == (whole.cut_names, whole.numbers)


def test_a_profile_is_stored_as_before() -> None:
    written = dump(profile())
    assert written[0] == NEWEST == max(DICTIONARIES)
    assert says(json.loads(as_json(profile())), golden("profile"))
    assert load(written) == profile()


def test_the_dictionaries_of_stored_profiles_are_never_changed() -> None:
    found = {number: hashlib.sha256(dictionary).hexdigest() for number, dictionary in DICTIONARIES.items()}
    assert found == DICTIONARY_SHA256


# ── items of the tables ──

TRANSITIONS = [
    Transition(CONTACT, 7, "customers", True, AT - 1, EVENT.id, 0, "Order Completed", AT - 60_000),
    Transition(CONTACT, 8, "churned", False, AT, "time", 3),
]


def test_a_transition_s_item_is_as_before_and_read_as_before() -> None:
    alone, other = contacts.transition_writes(TRANSITIONS, AT, room=2)
    (together,) = contacts.transition_writes(TRANSITIONS, AT, room=1)
    found = [write["Put"]["Item"] for write in (alone, other, together)]
    assert says(found, golden("transitions"))
    assert contacts.transitions_of(golden("transitions")[0]) == TRANSITIONS[:1]
    assert contacts.transitions_of(golden("transitions")[2]) == TRANSITIONS


def test_the_items_of_members_are_as_before() -> None:
    for transition in TRANSITIONS:
        members.record(transition, AT)
    members.count_on({"customers": 1})
    assert says(stored("Members"), golden("members"))


def test_the_items_of_identities_are_as_before_and_read_as_before() -> None:
    hashed = identities.address_hash(ADDRESS)
    contacts.commit(
        [
            identities.link_write(identities.identity_key(EMAIL), CONTACT),
            identities.suppression_write(hashed, "bounce", AT),
        ]
    )
    addresses.answer(hashed, {"marketing": "subscribed"}, AT, "preference")
    identities.record_erasure([identities.identity_key(SHOPIFY)], AT)
    assert says(stored("Identities"), golden("identities"))


def test_the_items_of_identities_that_were_stored_before_are_found() -> None:
    for item in golden("identities"):
        client("dynamodb").put_item(TableName="Identities", Item=item)
    found = addresses.read(identities.address_hash(ADDRESS))
    assert (found.contact, found.suppression) == (CONTACT, ("bounce", AT))
    assert found.consent == {"marketing": Stamped("subscribed", AT)}
    assert identities.erasures([identities.identity_key(SHOPIFY)]) == {"shopify#7064055069303": AT}
    assert identities.newest_erasure() == AT


def test_the_items_of_a_message_are_as_before() -> None:
    begun = {"began": AT, "started": AT, "cause": "e1", "step": MESSAGE.step, "passes": {MESSAGE.step: 0}}
    run = Run(CONTACT, MESSAGE.journey, MESSAGE.run_number, 1, **begun)  # type: ignore[arg-type]
    contacts.commit([contact_runs.write(run, journey_files.shipped()[MESSAGE.journey], (), 1, 1)])
    claimed = messages.claim(MESSAGE, None, AT, "hash")
    again = messages.release(MESSAGE, claimed) or messages.read(MESSAGE)
    messages.claim(MESSAGE, again, AT + 1, "hash")
    messages.settle(CONTACT, MESSAGE.key, "ses-id", AT + 2)
    messages.delivered(CONTACT, MESSAGE.key, AT + 3)
    messages.clicked(CONTACT, MESSAGE.key, AT + 4, "link")
    messages.refuse(MESSAGE.model_copy(update={"step": "check_in"}), None, Refusal.NO_CONSENT, AT)
    contacts.delete(CONTACT, [contact_runs.kind_of(MESSAGE.journey, MESSAGE.run_number)])
    assert says(stored("Contacts"), golden("messages"))
    reasons = {
        *("erased", "no_address", "anothers_address", "suppressed_bounce", "suppressed_complaint"),
        *("suppressed_erasure", "no_consent", "run_ended", "frequency_cap", "rejected"),
    }
    assert {each.value for each in Refusal} >= reasons
    assert [each.value for each in Status] == ["claimed", "released", "sent", "refused"]


def test_the_consent_ledger_s_items_are_as_before() -> None:
    told = ConsentChange(state="unsubscribed", wording="w2", level="double", actor="ada", network="192.0.2.1")
    other = EVENT.model_copy(update={"id": "e2", "time": AT - 1, "consent": (told,)})
    writes = contacts.consent_writes(Profile(CONTACT, consents=3), entries({}, {}, [EVENT, other]))
    older = {
        "contact": {"S": CONTACT},
        "kind": {"S": "CONSENT#0000000004"},
        "topic": {"S": "marketing"},
        "state": {"S": "subscribed"},
        "time": {"N": "1795499940000"},
        "source": {"S": "shopify"},
        "cause": {"S": EVENT.id},
    }
    whole = {"wording": {"S": "w2"}, "level": {"S": "double"}, "actor": {"S": "ada"}, "network": {"S": "192.0.2.1"}}
    assert [write["Put"]["Item"] for write in writes] == [
        older | {"heard": {"N": str(AT)}, "undated": {"BOOL": True}},
        older
        | whole
        | {"kind": {"S": "CONSENT#0000000005"}, "state": {"S": "unsubscribed"}, "cause": {"S": "e2"}}
        | {"time": {"N": str(AT - 1)}, "heard": {"N": str(AT)}},
    ]
    assert contacts.entry_of(older) == {
        **{"number": 4, "at": AT - 60_000, "heard": AT - 60_000, "undated": False, "topic": "marketing"},
        **{"state": "subscribed", "holds": "subscribed", "source": "shopify", "cause": EVENT.id},
        **dict.fromkeys(("wording", "level", "actor", "network")),
    }


def test_a_publication_that_was_stored_before_is_read_and_says_the_same() -> None:
    read = publication()
    assert says(json.loads(read.model_dump_json(by_alias=True, exclude_none=True)), golden("publication"))
    assert compiled(read).segments.keys() == {each["id"] for each in golden("publication")["segments"]}
    assert golden("publication").keys() == Publication.model_fields.keys()


def publication() -> Publication:
    return Publication.model_validate(golden("publication"))


def test_the_items_of_definitions_are_as_before() -> None:
    definitions._put_publication(publication())
    clock.use(lambda: AT)
    definitions.drafts.put(publication().segments[0].id, publication().segments[0], instead_of=None)
    clock.use(None)
    conflicts.record(CONTACT, "c2", AT)
    requests.record(EVENT.model_copy(update={"type": Type.DATA_REQUESTED}), [CONTACT])
    amendments.record(CONTACT, ["month=2026-11/type=order_completed"], AT)
    refreshes.record_filling(refreshes.Filling(2, 300, AT, finished=True))
    refreshes.record_dry_run(4, "dry-run-4")
    found = {item["id"]["S"]: item for item in stored("Definitions")}
    before = {item["id"]["S"]: item for item in golden("definitions")}
    assert says(found, before)
    drafted = {"new_subscribers": {"number": 1, "form": golden("publication")["segments"][0]}}
    assert says(found["drafts"]["body"]["compressed"], drafted)
    assert says(found["segments"]["body"]["compressed"], golden("publication"))


def test_the_items_of_journeys_are_as_before_and_read_as_before() -> None:
    """The `version` of a journey is what runs go on by for as long as they are under way, and `kind` is never left out:
    it tells one step from the other."""
    told = golden("journeys")
    journey = Journey.model_validate_json(json.dumps(told["definition"]))
    version = Version(version=1, journey=journey, published=AT, by="operator", why="we begin", text="id: a  # ours")
    made = with_journey(JourneysPublication(), version, state="paused")
    journey_definitions.publish(made, version)
    made = with_step_state(made, journey.id, "welcome", "review", AT, "operator")
    journey_definitions.publish(made)
    clock.use(lambda: AT)
    drafted = journey_definitions.drafts.put(journey.id, journey, instead_of=None, by="operator")
    clock.use(None)
    journey_definitions.keep_simulation(journey.id, {"days": 90})
    found = {f"{item['id']['S']} {item['version']['N']}": item for item in stored("Definitions")}
    assert says(found, told["items"])
    journey_definitions.forget()
    assert journey_definitions.publication() == made
    assert journey_definitions.version(journey.id, 1) == journey
    assert journey_definitions.drafts.all() == {journey.id: drafted}
    assert journey_definitions.simulation(journey.id) == {"days": 90}


# ── products, their changes, and who asked for them ──


def test_the_items_of_products_and_of_what_is_told_of_them_are_as_before_and_read_as_before() -> None:
    for stock, price, at in ((9, 20.0, AT - 2), (0, 20.0, AT - 1), (4, 15.0, AT)):
        catalogue.record(product_told(stock, price, at))
    asks = {"type": Type.BACK_IN_STOCK_REQUESTED, "properties": {"variant_id": "451"}}
    contacts.commit(asked.writes(CONTACT, [EVENT.model_copy(update=asks)]))
    found = [item for table in ("Contacts", "Definitions") for item in stored(table)]
    for item in found:
        if "body" in item:
            item["body"] = json.loads(item["body"]["S"])
    assert says(found, golden("products"))
    held, _ = catalogue._stored("product#shopify:8001")
    assert held is not None
    assert catalogue.product_of(as_stored_before()) == held


def as_stored_before() -> Any:
    return next(item["body"] for item in golden("products") if item.get("id") == {"S": "product#shopify:8001"})


def test_a_release_that_waits_through_a_deployment_goes_on() -> None:
    for item in golden("products"):
        if item.get("id") == {"S": releases.ID}:
            body = {"S": json.dumps(item["body"])}
            client("dynamodb").put_item(TableName="Definitions", Item={**item, "body": body})
    told = [held.release.change for held in releases.pending(lambda _, error: pytest.fail(str(error)))]
    assert sorted(change.type for change in told) == ["Back In Stock", "Price Dropped"]


def product_told(stock: int, price: float, at: int) -> Event:
    variant = {"variant_id": "451", "title": "250 g", "price": price, "stock": stock, "available": stock > 0}
    properties = {"product_id": "8001", "title": "Tea", "category": "Tea", "status": "active", "variants": [variant]}
    return Event(
        id=f"p{at}", type=Type.PRODUCT_UPDATED, time=at, stated=at, received=at, source="shopify", properties=properties
    )


# ── the lake ──


def test_a_row_of_the_lake_has_the_columns_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    """A query reads all the files there are: a column may be added, and none may get another name or type."""
    assert lake_rows.COLUMNS.items() >= golden("lake_columns").items()
    assert lake_rows.PARTITIONS == ("month", "type")
    found = lake_rows.row(CONTACT, EVENT.model_copy(update={"counts": True, "other_currency": False}))
    assert says(found, golden("lake_row"))
    monkeypatch.setenv("LAKE_BUCKET", "lake")
    client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert lake.write([found], "1-2") == ["events/month=2026-11/type=order_completed/1-2.parquet"]


# ── runs ──


def a_run() -> Run:
    """A run that has every part there is."""
    return Run(
        CONTACT,
        "abandoned_cart",
        7,
        2,
        began=AT - 9,
        started=AT - 8,
        cause=EVENT.id,
        event=event_key(EVENT),
        key="cart-1",
        trigger={"cart_id": "cart-1", "total": 1995},
        begins_at="reminder",
        not_before=AT - 8,
        step="reminder",
        since=AT - 7,
        wake_at=AT + DAY,
        passes={"reminder": 1},
        asked=AT - 6,
        delayed=AT - 6,
        held=True,
        released=AT - 5,
        reached_goal=True,
        outcome="goal",
        ended=AT,
        records=(
            Record(AT - 9, "", "began", "event"),
            Record(AT - 7, "reminder", "entered"),
            Record(AT, "reminder", "ended", "goal"),
        ),
    )


EFFECTS = (
    SendEmail("reminder", 1, "cart_reminder", 3, AT - 7, AT + DAY, "lifecycle", 4),
    UpdateContact("tag", 0, {"likes": ["tea"]}, ("buyer",), ("new",)),
    NotifyOthers("call", 0, "Call them", "sales"),
    StartAnother("win_back", "", 0, {"cart_id": "cart-1"}),
)


def test_a_run_s_item_is_as_before_and_read_as_before() -> None:
    run, empty = a_run(), Run("", "", 0, 0, began=0, started=0, cause="")
    names = [each.name for each in fields(Run)]
    missing = [name for name in names if getattr(run, name) == getattr(empty, name)]
    assert missing == [], "a new part: give the run here one, and add what is written of it to stored/runs.json"
    journey = Journey.model_validate(
        {
            "id": "abandoned_cart",
            "name": "Abandoned cart",
            "sentence": "Reminds.",
            "trigger": {"kind": "hand"},
            "steps": [{"id": "reminder", "kind": "send"}],
        }
    )
    written = contact_runs.write(run, journey, EFFECTS, recorded=5, profile=9)
    contacts.commit([written])
    run_counts.record(contact_runs.Kept(run, 3, 9, "wake_ups", "marketing", ()), AT)
    assert says([*stored("Contacts"), *stored("Runs")], golden("runs"))
    before = golden("runs")[0]
    item = {**before, "body": {"B": zlib.compress(json.dumps(before["body"]["compressed"]).encode())}}
    kept = contact_runs.of_item(item)
    assert kept == contact_runs.Kept(run, 5, 9, "wake_ups", "marketing", EFFECTS)
    after = contact_runs.write(run, journey, (), recorded=6, profile=10, before=kept)["Put"]["Item"]
    asked = [(5, each) for each in EFFECTS if isinstance(each, NotifyOthers | StartAnother)]
    assert asked
    assert contact_runs.of_item(after).asked == tuple(asked)
    assert run.id == f"{CONTACT}-abandoned_cart-7"
