"""Somebody who writes who they are into every field there is: nothing of it is outside the two tables it belongs in.

One shop is played on the local run: the storefront's webhooks, every call of the website's API, emails and a night.
Then all that is stored and logged is searched for their words.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import json
import logging
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.local import gateway, launching, settings
from infra.local.aws import s3
from infra.local.gateway import Request, Response
from infra.local.settings import SECRETS
from infra.local.shop import demo, storefront
from infra.local.shop.history import SHOP, Webhook
from infra.local.system import System, begin
from shared.adapters import contacts, exporting, identities, journey_definitions, pending_addresses, sign_ups
from shared.domain.events import DAY, MINUTE, Identity, IdentityKind, iso
from shared.domain.forms import SignUp
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Version, with_journey
from shared.domain.lake_rows import COLUMNS
from shared.domain.profiles.stored import as_json

CUSTOMER = Identity(kind=IdentityKind.SHOPIFY, value="7001")
ADDRESS = "zebulonia.quatermassov@wigglesbury.example"
PHONE = "+44 7700 900123"
TRAITS = {
    "email": ADDRESS,
    "first_name": "Zebulonia",
    "last_name": "Quatermassov",
    "phone": PHONE,
    "company": "Flibberwock Trading Ltd",
    "street": "42 Wigglesbury Lane",
    "postal_code": "ZQ9 9ZZ",
    "birthday": "1985-03-09",
}
WORDS = [
    "zebulonia",
    "quatermassov",
    "wigglesbury",
    "flibberwock",
    "7700900123",
    "7700 900123",
    "zq99zz",
    "zq9 9zz",
]
PLAIN = [ADDRESS, *(value for name, value in TRAITS.items() if name != "email"), "Zebulonia Quatermassov"]
HOMOGLYPHS = str.maketrans("aeo", "аео")


def encoded(said: str) -> Iterator[str]:
    raw = said.encode()
    yield from (said, said.upper(), said.replace(" ", ""), said.replace(" ", "-").lower())
    yield "".join(f"%{byte:02X}" for byte in raw)
    yield "".join(f"%25{byte:02x}" for byte in raw)
    yield base64.b64encode(raw).decode()
    yield base64.urlsafe_b64encode(raw).decode().rstrip("=")
    yield base64.b32encode(raw).decode()
    yield binascii.hexlify(raw).decode()
    yield "".join(f"&#{ord(letter)};" for letter in said)
    yield "".join(f"\\u{ord(letter):04x}" for letter in said)
    yield said.lower().translate(HOMOGLYPHS)


HIDDEN = [ADDRESS, "Zebulonia Quatermassov", TRAITS["street"]]
SAID = list(dict.fromkeys([*PLAIN, *(each for said in HIDDEN for each in encoded(said))]))
PROPERTIES = [
    *(*COLUMNS, "url", "referrer", "title", "search", "name", "label", "text", "note", "coupon", "brand", "variant"),
    *("vendor", "affiliation", "list_id", "discount_codes", "source_name", "shipping_country", "tags_added", "answer"),
]


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that the functions log, metrics among it."""
    lines: list[str] = []
    monkeypatch.setattr(logging.StreamHandler, "emit", lambda self, record: lines.append(self.format(record)))
    monkeypatch.setattr(builtins, "print", lambda *told, **_: lines.append(" ".join(map(str, told))))
    return lines


class Shop:
    def __init__(self) -> None:
        template = settings.template()
        self.system: System = begin(":memory:", template, settings.secrets(template), now=demo.BEGIN)
        launching.switch_on(self.system, launching.FIRST)
        self.sent = 0
        self.answers: list[str] = []

    def now(self) -> str:
        return iso(self.system.world.now())

    def webhook(self, topic: str, body: dict[str, Any]) -> None:
        self.sent += 1
        told = Webhook(self.system.world.now(), topic, SHOP, f"w{self.sent}", f"e{self.sent}", body)
        storefront.post(self.system, told)

    def call(self, path: str, body: Any, method: str = "POST", **headers: str) -> Response:
        key = base64.b64encode(f"{json.loads(SECRETS['write_keys'])[0]}:".encode()).decode()
        given = {"host": "localhost", "content-type": "application/json", "authorization": f"Basic {key}", **headers}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        answer = gateway.public(self.system, Request(method, path, headers=given, body=raw))
        self.answers.append(f"{answer.status} {answer.body!r}")
        return answer

    def person(self) -> dict[str, Any]:
        address = {
            "first_name": "Zebulonia",
            "last_name": "Quatermassov",
            "company": TRAITS["company"],
            "address1": TRAITS["street"],
            "zip": TRAITS["postal_code"],
            "city": "Wigglesbury",
            "phone": PHONE,
            "country_code": "GB",
        }
        who = {"id": 7001, "email": ADDRESS, "phone": PHONE, "first_name": "Zebulonia", "last_name": "Quatermassov"}
        dated = {"created_at": self.now(), "updated_at": self.now(), "tags": "", "note": " ".join(PLAIN)}
        return {**who, **dated, "default_address": address}

    def order(self, number: int, said: str) -> dict[str, Any]:
        person = self.person()
        texts = (
            "note",
            "landing_site",
            "referring_site",
            "source_name",
            "source_identifier",
            "cart_token",
            "user_agent",
        )
        line = dict.fromkeys(("title", "name", "sku", "variant_title", "vendor"), said)
        return {
            **dict.fromkeys(texts, said),
            **{"id": 9_000 + number, "name": f"#{number}", "order_number": number, "email": ADDRESS, "phone": PHONE},
            **{"created_at": self.now(), "updated_at": self.now(), "currency": "GBP", "total_price": "24.50"},
            **{"financial_status": "paid", "customer": person, "note_attributes": [{"name": said, "value": said}]},
            **{"shipping_address": person["default_address"], "billing_address": person["default_address"]},
            **{"discount_codes": [{"code": said, "amount": "1.00", "type": "fixed_amount"}]},
            "line_items": [
                {"id": 1, "product_id": 632, "quantity": 1, "price": "24.50", "product_type": "Candles", **line}
            ],
        }


def with_a_journey() -> None:
    """Whoever orders is in it for two days, and others are told."""
    steps = [
        {"kind": "notify", "id": "tell", "subject": "Somebody has ordered"},
        {"kind": "wait", "id": "later", "for": "2d"},
        {"kind": "send", "id": "thanks", "template": "thank_you"},
    ]
    told = {"trigger": {"kind": "event", "events": ["Order Completed"]}, "entry": {"again": "each"}, "steps": steps}
    journey = Journey.model_validate({"id": "j", "name": "J", "sentence": "Says it.", **told})
    version = Version(version=1, journey=journey, published=demo.BEGIN, by="operator-1", why="it is new")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)


def play(shop: Shop) -> None:
    """Who they are is told first by the storefront, and only then said in every other field; and also before that."""
    with_a_journey()
    dead = {"id": ADDRESS, "type": ADDRESS, "note": SAID}
    events = shop.system.template.reference("EventsQueue")
    shop.system.session.client("sqs").send_message(QueueUrl=events, MessageBody=json.dumps(dead))
    visitor = {"anonymousId": "browser-1", "context": {"page": {"path": f"/{SAID[0]}", "search": f"?q={SAID[1]}"}}}
    early = [
        {"type": "track", "event": "Form Sent", "messageId": f"early-{n}", "properties": planted(said), **visitor}
        for n, said in enumerate(SAID)
    ]
    for start in range(0, len(early), 20):
        shop.call("/v1/batch", {"batch": early[start : start + 20]})
    shop.system.pass_time(2 * MINUTE)
    shop.webhook("customers/create", shop.person())
    consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": shop.now()}
    told = {"customer_id": 7001, "email_address": ADDRESS, "email_marketing_consent": consent}
    shop.webhook("customers/email_marketing_consent_update", told)
    shop.call("/v1/identify", {"anonymousId": "browser-1", "userId": ADDRESS, "messageId": "who", "traits": TRAITS})
    shop.system.pass_time(2 * MINUTE)
    for number, said in enumerate(SAID):
        who = {"anonymousId": "browser-1", "messageId": said, "timestamp": shop.now()}
        context = {
            "page": dict.fromkeys(("path", "url", "referrer", "title"), said) | {"search": f"?q={said}"},
            "campaign": dict.fromkeys(("name", "source", "medium", "term", "content"), said),
            "userAgent": said,
            "ip": "203.0.113.7",
        }
        batch = [
            {"type": "track", "event": "Product Viewed", "properties": planted(said)},
            {"type": "track", "event": said[:100], "properties": {"category": "Candles"}},
            {"type": "track", "event": "Order Completed", "properties": {**planted(said), "order_id": str(number)}},
            {"type": "page", "name": said, "category": said, "properties": planted(said)},
            {"type": "screen", "name": said, "properties": planted(said)},
            {"type": "group", "groupId": said, "traits": dict.fromkeys(("name", "plan", "industry"), said)},
            {"type": "identify", "traits": {"note": said, "prefs": {"about": said}, said[:60]: "yes", "list": [said]}},
        ]
        named = [{**each, **who, "messageId": f"{n}-{said}", "context": context} for n, each in enumerate(batch)]
        shop.call("/v1/batch", {"batch": named})
        shop.webhook("orders/create", shop.order(number + 1, said))
        shop.system.pass_time(MINUTE)
    form = {"id": "to_customers", "name": "News", "template": "check_in", "segments": ["customers", "subscribers"]}
    for method, path, body in (
        ("PUT", "/coupons/thanks", {"days": 30}),
        ("POST", "/coupons/thanks/codes", {"codes": [f"CODE{n}" for n in range(20)]}),
        ("POST", "/campaigns", {**form, "subject": "Your code is {{ coupon.thanks }}"}),
        ("POST", "/campaigns/to_customers/audience", {}),
        ("POST", "/campaigns/to_customers/send", {}),
    ):
        asked = Request(method, path, "", {"content-type": "application/json"}, json.dumps(body).encode())
        assert gateway.admin(shop.system, asked).status < 300, path
    shop.system.pass_time(5 * MINUTE)
    for path in (
        "/v1/track",
        "/v1/identify",
        "/v1/nothing",
        f"/v1/{SAID[0]}",
        "/webhooks/shopify",
        "/webhooks/woocommerce",
    ):
        for body in (
            b"{" + SAID[0].encode(),
            {"type": SAID[0], "email": ADDRESS},
            [SAID[0]],
            {"event": {"x": SAID[0]}},
        ):
            shop.call(path, body)
    shop.call(f"/preferences/{SAID[0]}", {}, method="GET")
    shop.system.pass_time(2 * DAY)


def planted(said: str) -> dict[str, Any]:
    several = {"products": [dict.fromkeys(("product_id", "category", "brand", "variant", "coupon", "name"), said)]}
    ids = {"order_id": said[:100], "refund_id": said[:100]}  # longer ones are refused
    return {**dict.fromkeys(PROPERTIES, said), **several, **ids}


def everything(system: System) -> Iterator[tuple[str, str]]:
    """What is stored outside of Contacts and Identities and on no queue: where, and the text of it. Every table of the
    template, what was put on the bus, and what stands beside the bodies of messages (why they are dead letters)."""
    yield from stored(system, *TABLES - {"Contacts", "Identities"})
    for row in system.world.db.execute("SELECT attributes FROM queue_messages WHERE attributes IS NOT NULL"):
        yield "reasons", str(row[0])
    made = {row[0] for row in system.world.db.execute("SELECT name FROM sqlite_master")}
    for name in made & {"executions", "execution_events", "due", "bus_events"}:
        for row in system.world.db.execute(f"SELECT * FROM {name}"):
            yield name, repr(tuple(row))
    for (bucket,) in system.world.db.execute("SELECT name FROM buckets").fetchall():
        for file, _ in s3.objects(system.world, f"s3://{bucket}/"):
            yield str(file), _content(file)


TABLES = {table.name for table in settings.template().of_type("AWS::DynamoDB::Table")}


def stored(system: System, *tables: str) -> Iterator[tuple[str, str]]:
    for table in tables:
        pages = system.session.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(TableName=system.template.reference(table)):
            yield from ((table, json.dumps(item, default=_opened, ensure_ascii=False)) for item in page["Items"])


def _opened(value: Any) -> str:
    """What is stored compressed, as it was before, where that is a text."""
    try:
        return zlib.decompress(bytes(value)).decode()
    except (TypeError, ValueError, zlib.error):
        return repr(value)


def _content(file: Path) -> str:
    if not file.name.endswith(".parquet"):
        return str(file) + file.read_bytes().decode(errors="replace")
    with duckdb.connect(config={"threads": "1"}) as connection:
        rows = connection.execute("SELECT * FROM read_parquet($file)", {"file": str(file)}).fetchall()
    return "\n".join(json.dumps(row, default=str, ensure_ascii=False) for row in rows)


def says(text: str) -> list[str]:
    lower = text.lower()
    return [each for each in (*WORDS, *(said.lower() for said in SAID if len(said) > 6)) if each in lower]


def test_nothing_of_who_somebody_is_leaves_the_two_tables(logged: list[str]) -> None:
    shop = Shop()
    play(shop)
    places = [(place, text) for place, text in everything(shop.system)]
    assert {"executions", "execution_events", "bus_events", "reasons"} <= {place for place, _ in places}
    assert sum("parquet" in place for place, _ in places) > 3
    assert any('"Refused"' in line for line in logged)
    assert TABLES - {"Contacts", "Identities"} <= {place for place, _ in places}
    assert [(place, says(text), text[:500]) for place, text in places if says(text)] == []
    assert [line for line in logged if says(line)] == []
    assert [answer for answer in shop.answers if says(answer)] == []


def of_a_pass_before(place: str, instant: int) -> bool:
    found = re.search(r"/facts/pass=\w+-\w+-(\d+)/", place)
    return found is not None and int(found[1]) < instant


def test_of_an_erased_person_nothing_is_left_in_any_table_members_too_nor_in_the_lake(logged: list[str]) -> None:
    shop = Shop()
    with_a_journey()
    shop.webhook("customers/create", shop.person())
    consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": shop.now()}
    told = {"customer_id": 7001, "email_address": ADDRESS, "email_marketing_consent": consent}
    shop.webhook("customers/email_marketing_consent_update", told)
    shop.call("/v1/identify", {"anonymousId": "browser-1", "userId": "user-1", "messageId": "who", "traits": TRAITS})
    shop.call("/v1/page", {"anonymousId": "browser-1", "messageId": "p", "properties": {"path": "/candles"}})
    shop.webhook("orders/create", shop.order(1, "candles"))
    shop.system.pass_time(2 * DAY)
    contact = identities.find([CUSTOMER])[CUSTOMER]
    before = {place for place, text in everything(shop.system) if contact in text}
    assert {"Members", "Runs", "executions", "bus_events"} <= before
    assert any("parquet" in place for place in before)
    erased = shop.system.world.now()
    named = {"id": 7001, "email": ADDRESS, "phone": PHONE}
    shop.webhook("customers/redact", {"shop_domain": SHOP, "customer": named, "orders_to_redact": [9001]})
    shop.call("/v1/page", {"anonymousId": "browser-1", "messageId": "p", "properties": {"path": "/candles"}})  # again
    shop.system.pass_time(3 * DAY)
    tables = list(stored(shop.system, "Contacts", "Identities"))
    assert [text for _, text in tables if says(text) or "7001" in text or "user-1" in text] == []
    items = [json.loads(text) for table, text in tables if table == "Contacts"]
    kinds = {item["kind"]["S"].split("#")[0] for item in items if item["contact"]["S"] == contact}
    assert kinds <= {"PROFILE", "TRANSITION"}
    profile = contacts.read(contact)
    assert profile is not None
    assert profile.profile.erased
    assert says(as_json(profile.profile).decode()) == []
    left = {place for place, text in everything(shop.system) if contact in text}
    left = {place for place in left if not of_a_pass_before(place, erased)}  # S3 expires those, in two days
    tables_of_ids = ("Members", "Flows", "Runs")
    over = [text for place, text in everything(shop.system) if place in tables_of_ids and contact in text]
    assert all('"expires"' in text for text in over)  # by their id, until nothing can come late
    assert left <= {*tables_of_ids, "executions", "execution_events", "bus_events"}
    ended = shop.system.world.db.execute(
        "SELECT status FROM executions WHERE input LIKE ?", (f"%{contact}%",)
    ).fetchall()
    assert ended
    assert {status for (status,) in ended}.isdisjoint({"RUNNING"})
    assert [line for line in logged if says(line)] == []


def test_of_two_who_became_one_and_were_erased_nothing_is_left_in_any_partition(logged: list[str]) -> None:
    """The emails, codes and addresses of the one who joined carry that one's name in their keys, and stay there."""
    shop = Shop()
    ask(shop, "PUT", "/coupons/hello", {"days": 30})
    ask(shop, "POST", "/coupons/hello/codes", {"codes": ["HELLO-1", "HELLO-2", "HELLO-3"]})
    ask(shop, "PUT", "/settings", {"caps": {"marketing": {"day": 5}}}, **{"if-match": '"settings-0"'})
    shop.system.pass_time(2 * MINUTE)
    found = []
    for number, address in ((7001, ADDRESS), (7002, f"second.{ADDRESS}")):
        person = {**shop.person(), "id": number, "email": address, "phone": None}
        shop.webhook("customers/create", person)
        consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": shop.now()}
        told = {"customer_id": number, "email_address": address, "email_marketing_consent": consent}
        shop.webhook("customers/email_marketing_consent_update", told)
        shop.system.pass_time(2 * MINUTE)
        found.append(ask(shop, "POST", "/contacts/find", {"email": address})["contact"])
    stays, joins = found
    form = {"id": "hello", "name": "Hello", "template": "check_in", "segments": ["subscribers"]}
    ask(shop, "POST", "/campaigns", {**form, "subject": "{{ contact.first_name }}: {{ coupon.hello }}"})
    ask(shop, "POST", "/campaigns/hello/send", {})
    shop.system.pass_time(DAY)
    pending_addresses.put(joins, f"third.{ADDRESS}", shop.system.world.now() + 3 * DAY)
    signed_up = sign_ups.Kept(
        "s1",
        identities.address_hash(f"second.{ADDRESS}"),
        "newsletter",
        1,
        shop.system.world.now(),
        SignUp(None, {"first_name": "Zebulonia"}, ("marketing",), False),
    )
    sign_ups.keep(signed_up, f"second.{ADDRESS}")
    sign_ups.may_write(signed_up.hashed, shop.system.world.now())
    theirs = {contact: of_kinds(shop, contact) for contact in found}
    assert {"MESSAGE", "COUPON", "CONSENT", "CAP"} <= theirs[joins]
    ask(shop, "POST", f"/contacts/{stays}/merge", {"other": joins})
    shop.system.pass_time(5 * MINUTE)
    messages = ask(shop, "GET", f"/contacts/{stays}/messages")["messages"]
    sent = [each["message"] for each in messages if each["status"] == "sent" and each.get("campaign") == "hello"]
    assert len(sent) == 2, "one as each of them"
    for message in sent:
        assert "Zebulonia" in ask(shop, "GET", f"/contacts/{stays}/messages/{message}")["subject"]
    exported = ask(shop, "GET", f"/contacts/{stays}/export")
    assert len(exported["coupons"]) == 2
    assert {each["status"] for each in exported["messages"]} >= {"sent"}
    told_all = json.dumps(exporting.everything(stays))
    assert all(each["code"] in told_all for each in exported["coupons"])
    assert f"third.{ADDRESS}" in told_all
    answers = [each for each in exported["timeline"] if each["kind"] == "consent"]
    assert len(answers) == 2, "when and where each of them has agreed is proved still, and once"
    (held,) = contacts.items(stays, "CAP#marketing")
    assert len(json.loads(held["counted"]["S"])["sent"]) == 2, "one person, one cap"

    ask(shop, "DELETE", f"/contacts/{stays}")
    shop.system.pass_time(10 * MINUTE)
    for contact in found:
        assert of_kinds(shop, contact) <= {"PROFILE", "TRANSITION"}, contact
    assert of_kinds(shop, joins) == {"PROFILE"}
    left = [json.loads(text) for _, text in stored(shop.system, "Contacts", "Identities") if signed_up.hashed in text]
    # That nobody may write to the address, and that nobody is asked more than three times, outlives them, by its hash.
    assert {item["identity"]["S"].split("#")[0] for item in left} == {"signups", "suppression"}
    assert [text for _, text in stored(shop.system, "Contacts", "Identities") if says(text)] == []
    assert [line for line in logged if says(line)] == []


def of_kinds(shop: Shop, contact: str) -> set[str]:
    items = [json.loads(text) for _, text in stored(shop.system, "Contacts")]
    return {item["kind"]["S"].split("#")[0] for item in items if item["contact"]["S"] == contact}


def ask(shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> Any:
    written = b"" if body is None else json.dumps(body).encode()
    asked = Request(method, path, "", {"content-type": "application/json", **headers}, written)
    answer = gateway.admin(shop.system, asked)
    assert answer.status < 300, (path, answer.body)
    return json.loads(answer.body)
