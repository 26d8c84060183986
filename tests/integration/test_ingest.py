from __future__ import annotations

import ast
import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.ingest import app
from shared.adapters import environment, secrets
from shared.adapters.clients import client
from shared.domain.events import DAY, SECOND, Event, IdentityKind, Type, event_id
from shared.domain.sources import shopify, woocommerce
from tests.integration.ingest_stack import (
    NOW,
    SHOPIFY_SECRETS,
    WRITE_KEYS,
    IngestStack,
    basic_authorization,
    ingest_stack,
    signature,
)


def sample(source: str, name: str) -> Any:
    return json.loads((Path("tests/events") / source / f"{name}.json").read_bytes())


@pytest.fixture(scope="module")
def shared_ingest() -> Iterator[IngestStack]:
    with ingest_stack() as stack:
        yield stack


@pytest.fixture
def ingest(shared_ingest: IngestStack) -> IngestStack:
    shared_ingest.events()
    shared_ingest.now = NOW
    return shared_ingest


Store = Callable[[str, str], None]


@pytest.fixture
def store(ingest: IngestStack) -> Iterator[Store]:
    """Puts secrets where there are none yet, and where the handler looks for them during this test."""
    ssm = boto3.client("ssm")
    path = f"/beckon/{uuid4()}"

    def put(name: str, value: str) -> None:
        ssm.put_parameter(Name=f"{path}/{name}", Value=value, Type="SecureString", Overwrite=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRETS_PATH", path)
        environment.forget()
        yield put
    environment.forget()


def counted(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str, str | None, float]]:
    """The metrics since the last time: name, source, reason, value."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = []
    for line in lines:
        for metric in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert metric["Namespace"] == "Beckon"
            assert {"service", "source"} <= set(metric["Dimensions"][0])
            name = metric["Metrics"][0]["Name"]
            found.append((name, line["source"], line.get("reason"), line[name][0]))
    return found


def calls_of_ssm(monkeypatch: pytest.MonkeyPatch, refuse: list[str]) -> list[str]:
    """The names asked for from here on; while `refuse` holds an error code, that is the answer."""
    ssm, asked = client("ssm"), []
    get = ssm.get_parameter

    def counted(**parameters: Any) -> Any:
        asked.append(parameters["Name"].rsplit("/", 1)[-1])
        if refuse:
            raise ClientError({"Error": {"Code": refuse[0], "Message": "Rate exceeded"}}, "GetParameter")
        return get(**parameters)

    monkeypatch.setattr(ssm, "get_parameter", counted)
    return asked


# ── what goes well ──


def test_a_signed_shopify_order_is_on_the_queue_when_it_is_acknowledged(
    ingest: IngestStack, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ingest.shopify("orders/create", sample("shopify", "orders_create"))
    assert (answer.status, answer.json) == (200, {"success": True, "events": 1})
    (event,) = ingest.events()
    assert (event.type, event.source, event.received, event.public) == ("Order Completed", "shopify", NOW, False)
    assert event.properties["total"] == 48.8
    assert counted(capsys) == []  # what goes well is counted where it is folded


def test_a_signed_woocommerce_update_is_several_events(ingest: IngestStack) -> None:
    answer = ingest.woocommerce("order.updated", sample("woocommerce", "order_updated"))
    assert (answer.status, answer.json["events"]) == (200, 6)
    assert [event.type for event in ingest.events()].count(Type.ORDER_REFUNDED) == 2


def test_either_secret_is_good_during_a_rotation(ingest: IngestStack) -> None:
    for secret in SHOPIFY_SECRETS:
        assert ingest.shopify("customers/create", sample("shopify", "customers_create"), secret).status == 200
    assert len(ingest.events()) == 2


def test_a_secret_is_read_once_in_its_lifetime(ingest: IngestStack, store: Store) -> None:
    payload = sample("shopify", "customers_create")
    store("shopify_secret", '["first"]')
    assert ingest.shopify("customers/create", payload, "first").status == 200
    store("shopify_secret", '["second"]')
    assert ingest.shopify("customers/create", payload, "first").status == 200


def test_a_secret_is_read_anew_after_its_lifetime(
    ingest: IngestStack, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload = sample("shopify", "customers_create")
    monkeypatch.setattr(secrets, "MAX_AGE", -1)
    store("shopify_secret", '["first"]')
    assert ingest.shopify("customers/create", payload, "first").status == 200
    store("shopify_secret", '["second"]')
    assert ingest.shopify("customers/create", payload, "first").status == 401
    assert ingest.shopify("customers/create", payload, "second").status == 200


@pytest.mark.parametrize("path", ["/v1/page", "/v1/p"])
def test_the_browser_sends_plain_text_with_its_key_inside(ingest: IngestStack, path: str) -> None:
    body = json.dumps(sample("segment", "browser_page")).encode()
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "https://shop.example.com"}
    answer = ingest.request("POST", path, body, headers)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    (event,) = ingest.events()
    assert (event.type, event.public) == (Type.PAGE_VIEWED, True)


@pytest.mark.parametrize(
    ("letter", "message", "expected"),
    [
        ("i", {"userId": "u", "traits": {"plan": "gold"}}, Type.CONTACT_UPDATED),
        ("t", {"userId": "u", "event": "Song Played"}, "Song Played"),
        ("p", {"userId": "u"}, Type.PAGE_VIEWED),
        ("s", {"userId": "u"}, Type.SCREEN_VIEWED),
        ("g", {"userId": "u", "groupId": "g"}, Type.GROUP_JOINED),
        ("a", {"userId": "u", "previousId": "p"}, "Alias"),
        ("b", {"batch": [{"type": "track", "event": "In a Batch", "userId": "u"}]}, "In a Batch"),
    ],
)
def test_each_call_has_its_letter(ingest: IngestStack, letter: str, message: Any, expected: str) -> None:
    assert ingest.track(letter, {**message, "writeKey": WRITE_KEYS[1]}, key=None).status == 200
    assert [event.type for event in ingest.events()] == [expected]


def test_a_packed_batch_is_unpacked(ingest: IngestStack) -> None:
    packed = gzip.compress(json.dumps(sample("segment", "server_batch")).encode())
    assert ingest.track("batch", packed, **{"Content-Encoding": "gzip"}).status == 200
    assert len(ingest.events()) == 6


def test_a_batch_larger_than_one_queue_call_arrives_whole(ingest: IngestStack) -> None:
    messages = [
        {"type": "track", "userId": "u", "event": "X", "messageId": f"m-{number}", "properties": {"a": "x" * 2000}}
        for number in range(201)
    ]
    assert ingest.track("batch", {"batch": messages}).status == 200
    expected = {event_id("segment", f"m-{number}") for number in range(201)}
    assert {event.id for event in ingest.events()} == expected


def test_a_preflight_is_answered_and_a_health_check_too(ingest: IngestStack) -> None:
    answer = ingest.request("OPTIONS", "/v1/t", headers={"Origin": "https://shop.example.com"})
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"content-type", "authorization"} <= set(answer.headers["access-control-allow-headers"].split(", "))
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert int(answer.headers["access-control-max-age"]) > 0
    assert ingest.request("GET", "/health").status == 200


@pytest.mark.parametrize(
    "asked",
    [
        "authorization,content-type,x-retry-count",  # Segment's from its second try on
        "anonymousid,authorization,content-type",  # RudderStack's
        "rsa-anonymous-id, x-made-up-tomorrow",
    ],
)
def test_a_browser_may_send_whichever_headers_it_asks_for(ingest: IngestStack, asked: str) -> None:
    for path in ("/v1/t", "/v1/import/", "/v1/nothing"):
        headers = {"Origin": "https://shop.example.com", "Access-Control-Request-Headers": asked}
        answer = ingest.request("OPTIONS", path, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        if path != "/v1/nothing":
            assert answer.headers["access-control-allow-headers"] == asked


@pytest.mark.parametrize("asked", ["x\r\nset-cookie: a=b", "x: y", "x" * 3000, "<x>", ""])
def test_what_is_no_list_of_headers_is_not_told_back(ingest: IngestStack, asked: str) -> None:
    answer = ingest.request("OPTIONS", "/v1/t", headers={"Access-Control-Request-Headers": asked})
    assert answer.status == 204
    assert answer.headers["access-control-allow-headers"] == "content-type, authorization"


def test_a_script_can_read_each_refusal(ingest: IngestStack) -> None:
    answers = [
        ingest.request("POST", "/v1/nothing", b"{}"),
        ingest.request("GET", "/v1/track"),
        ingest.track("track", b"{"),
        ingest.track("track", {"event": "X"}),
        ingest.track("track", {"userId": "u", "event": "X"}, "unknown"),
        ingest.track("track", {"userId": "u", "event": "X", "properties": {"a": "x" * 40_000}}),
        ingest.track("track", b"{}", **{"Content-Encoding": "br"}),
    ]
    assert [answer.status for answer in answers] == [404, 405, 400, 400, 401, 413, 415]
    assert {answer.headers["access-control-allow-origin"] for answer in answers} == {"*"}
    assert {answer.headers["access-control-expose-headers"] for answer in answers} == {"retry-after"}


@pytest.mark.usefixtures("store")
def test_that_there_is_no_secret_is_asked_once_however_many_knock(
    ingest: IngestStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = calls_of_ssm(monkeypatch, [])
    for _ in range(50):
        assert ingest.woocommerce("order.created", {"id": 1}).status == 401
        assert ingest.track("track", {"userId": "u", "event": "E"}).status == 401
    assert sorted(asked) == ["woocommerce_secret", "write_keys"]


def test_a_secret_outlives_a_parameter_store_that_does_not_answer(
    ingest: IngestStack, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    payload, refuse = sample("shopify", "customers_create"), list[str]()
    store("shopify_secret", '["first"]')
    asked = calls_of_ssm(monkeypatch, refuse)
    for step, instant in enumerate([NOW, NOW + 301_000, NOW + 302_000, NOW + 312_000, NOW + 400_000]):
        ingest.now = instant
        refuse[:] = ["ThrottlingException"] if 0 < step < 4 else []
        if step == 4:
            store("shopify_secret", '["second"]')
        assert ingest.shopify("customers/create", payload, "second" if step == 4 else "first").status == 200
    # first seen; too old, no answer; not asked again at once; still none; an answer, and it counts
    assert asked == ["shopify_secret"] * 4


def test_a_secret_that_was_taken_away_is_no_longer_good(ingest: IngestStack, store: Store) -> None:
    payload = sample("shopify", "customers_create")
    store("shopify_secret", '["first"]')
    assert ingest.shopify("customers/create", payload, "first").status == 200
    boto3.client("ssm").delete_parameter(Name=f"{os.environ['SECRETS_PATH']}/shopify_secret")
    ingest.now = NOW + 301_000
    assert ingest.shopify("customers/create", payload, "first").status == 401


@pytest.mark.parametrize("call", ["batch", "batch/", "b", "import", "import/"])
def test_a_batch_has_several_paths(ingest: IngestStack, call: str) -> None:
    assert ingest.track(call, sample("segment", "server_batch")).json == {"success": True, "events": 6}
    assert len(ingest.events()) == 6


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("sdk", "path", "content_type"),
    [
        ("ruby", "/v1/import", "application/json"),
        ("php", "/v1/batch", "application/json"),
        ("java", "/v1/import/", "application/json; charset=UTF-8"),
        ("go", "/v1/batch", "application/json"),
        ("dotnet", "/v1/import", "application/json; charset=utf-8"),
        ("rudderstack_node", "/v1/batch", "application/x-www-form-urlencoded"),
    ],
)
def test_what_the_sdks_for_servers_send(
    ingest: IngestStack, sdk: str, path: str, content_type: str, packed: bool
) -> None:
    """Bodies in the shapes that the SDKs' sources write, at their own paths, plain and with gzip."""
    batch = sample("segment", f"server_{sdk}")
    body = json.dumps(batch).encode()
    headers = {"Authorization": basic_authorization(WRITE_KEYS[0]), "Content-Type": content_type}
    if packed:
        body, headers = gzip.compress(body), {**headers, "Content-Encoding": "gzip"}
    answer = ingest.request("POST", path, body, headers)
    assert (answer.status, answer.json) == (200, {"success": True, "events": len(batch["batch"])})
    identified, viewed, *_ = ingest.events()
    assert (identified.type, viewed.type) == (Type.CONTACT_UPDATED, Type.PRODUCT_VIEWED)
    assert [event.id for event in (identified, viewed)] == [
        event_id("segment", message["messageId"]) for message in batch["batch"][:2]
    ]
    assert identified.identity(IdentityKind.USER) == viewed.identity(IdentityKind.USER) == "17"
    assert identified.identity(IdentityKind.EMAIL) == "ada.okafor@example.com"
    assert identified.traits["plan"] == "gold"
    assert str(viewed.properties["product_id"]) == "8001"
    assert viewed.properties["price"] == 14.5
    for event, ago in ((identified, 10), (viewed, 9)):
        assert event.stated is not None
        assert 0 <= event.stated - (NOW - ago * SECOND) < SECOND
        assert event.time == event.stated


@pytest.mark.parametrize("sent", [None, "", "soon", 1_774_008_000_000, {"a": 1}, "2026-03-20T12:00:00Z", "2026-03-20"])
@pytest.mark.parametrize("odd", [{}, {"context": None, "properties": None, "traits": None, "anonymousId": None}])
def test_a_batch_says_when_it_was_sent_or_nothing_of_it(ingest: IngestStack, sent: Any, odd: Any) -> None:
    message = {"type": "track", "event": "X", "userId": 17, "timestamp": "2026-03-20T11:59:50Z", **odd}
    assert ingest.track("batch", {"batch": [message, {**message, "event": "Y"}], "sentAt": sent}).status == 200
    found = ingest.events()
    assert len({event.id for event in found}) == 2  # without ids of their own
    assert {event.identity(IdentityKind.USER) for event in found} == {"17"}
    assert all(event.stated == NOW - 10 * SECOND and event.time <= NOW for event in found)


@pytest.mark.parametrize(("user", "expected"), [(17, "17"), (17.0, "17"), ("17", "17"), (2**60, str(2**60))])
def test_a_user_id_may_be_a_number(ingest: IngestStack, user: Any, expected: str) -> None:
    assert ingest.track("track", {"event": "X", "userId": user}).status == 200
    (event,) = ingest.events()
    assert event.identity(IdentityKind.USER) == expected


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",  # @rudderstack/rudder-sdk-node with gzip
        "application/octet-stream",
        "text/html",
        "application/vnd.api+json",
        "no type at all",
        "",
    ],
)
def test_json_is_json_whatever_its_type_says(ingest: IngestStack, content_type: str) -> None:
    body = json.dumps(sample("segment", "server_batch")).encode()
    headers = {"Content-Type": content_type}
    assert ingest.track("batch", body, **headers).status == 200
    assert ingest.track("batch", gzip.compress(body), **headers, **{"Content-Encoding": "gzip"}).status == 200
    assert len(ingest.events()) == 12
    assert ingest.shopify("customers/create", sample("shopify", "customers_create"), **headers).status == 200
    ingest.events()


@pytest.mark.parametrize(
    ("authorization", "in_body"),
    [
        (basic_authorization(WRITE_KEYS[0]), None),
        (basic_authorization(WRITE_KEYS[0]).replace("Basic ", "basic  "), None),
        ("Basic " + base64.b64encode(WRITE_KEYS[0].encode()).decode(), None),  # no colon
        ("Basic " + base64.b64encode(f"{WRITE_KEYS[0]}:a password".encode()).decode(), None),
        (None, WRITE_KEYS[0]),
        ("Bearer of something else", WRITE_KEYS[0]),
        (basic_authorization("the staging site's own user"), WRITE_KEYS[0]),
        (basic_authorization(WRITE_KEYS[0]), "unknown"),
    ],
)
def test_the_write_key_may_come_in_several_ways(
    ingest: IngestStack, authorization: str | None, in_body: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = ingest.track("track", {"userId": "u", "event": "X", "writeKey": in_body}, None, **headers)
    assert (answer.status, len(ingest.events())) == (200, 1)


def test_woocommerces_unsigned_ping_is_answered_and_nothing_is_stored(ingest: IngestStack) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert ingest.request("POST", "/webhooks/woocommerce", b"webhook_id=17", form).status == 200
    assert ingest.request("POST", "/webhooks/woocommerce", b"webhook_id=17&x=1", form).status == 401
    assert ingest.events() == []


def test_test_orders_are_acknowledged_counted_and_ignored(
    ingest: IngestStack, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ingest.shopify("orders/create", {**sample("shopify", "orders_create"), "test": True})
    assert (answer.status, ingest.events()) == (200, [])
    assert counted(capsys) == [("Ignored", "shopify", None, 1)]


# ── what is refused ──


def test_a_wrong_signature_stores_nothing_and_is_counted(
    ingest: IngestStack, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ingest.shopify("customers/redact", sample("shopify", "customers_redact"), "a guess")
    assert answer.status == 401
    assert (answer.error["code"], answer.error["field"]) == ("bad_signature", "X-Shopify-Hmac-SHA256")
    assert ingest.woocommerce("order.deleted", {"id": 1}, "a guess").status == 401
    assert counted(capsys) == [
        ("Refused", "shopify", "bad_signature", 1),
        ("Refused", "woocommerce", "bad_signature", 1),
    ]
    assert ingest.events() == []


@pytest.mark.parametrize("sent", ["", "not base64!", "\ud800", signature(b"{}", SHOPIFY_SECRETS[0])[:-2], "ü"])
def test_a_signature_that_is_none_is_a_wrong_one(ingest: IngestStack, sent: str) -> None:
    answer = ingest.shopify("orders/create", {}, **{"X-Shopify-Hmac-SHA256": sent})
    assert answer.status == 401


def test_a_body_changed_by_one_byte_is_refused(ingest: IngestStack) -> None:
    body = json.dumps(sample("shopify", "orders_create")).encode()
    good = signature(body, SHOPIFY_SECRETS[0])
    answer = ingest.shopify("orders/create", body + b" ", **{"X-Shopify-Hmac-SHA256": good})
    assert answer.status == 401


def test_where_no_secret_is_stored_nobody_is_let_in(ingest: IngestStack, store: Store) -> None:
    assert ingest.woocommerce("order.deleted", {"id": 1}, "").status == 401
    store("woocommerce_secret", "[]")
    assert ingest.woocommerce("order.deleted", {"id": 1}, "").status == 401


@pytest.mark.parametrize(
    "authorization",
    [
        basic_authorization("unknown"),
        basic_authorization(""),
        "Basic !!!",
        "Basic",
        "Bearer write-key-1",
        "Basic " + "/w==",
        "Basic ü",
        "",
    ],
)
def test_an_unknown_write_key_is_refused_in_whatever_form(ingest: IngestStack, authorization: str) -> None:
    answer = ingest.track("track", {"userId": "u", "event": "X"}, None, Authorization=authorization)
    assert (answer.status, answer.error["code"]) == (401, "unknown_write_key")
    assert answer.headers["access-control-allow-origin"] == "*"


def test_a_write_key_in_the_body_has_to_be_known_too(ingest: IngestStack) -> None:
    for wrong in ("unknown", "", None, 7, ["write-key-1"]):
        answer = ingest.track("track", {"userId": "u", "event": "X", "writeKey": wrong}, None)
        assert (answer.status, answer.error["field"]) == (401, "writeKey")


def test_a_bad_message_is_named_and_the_rest_of_its_batch_stored(
    ingest: IngestStack, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = sample("segment", "server_batch")
    del batch["batch"][1]["event"]
    batch["batch"][2]["type"] = "charge"
    answer = ingest.track("batch", batch)
    assert (answer.status, answer.error["field"]) == (400, "batch.1.event")
    assert [error["field"] for error in answer.json["errors"]] == ["batch.1.event", "batch.2.type"]
    assert len(ingest.events()) == 4
    assert counted(capsys) == [
        ("Refused", "segment", "invalid_field", 1),
        ("Refused", "segment", "unknown_type", 1),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"17",
        b'{"id": NaN}',
        b'{"id": Infinity}',
        b"\xff\xfe{}",
        b'{"a": "\xff"}',
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"id": ' + b"9" * 5000 + b",}",
    ],
)
def test_what_is_no_json_object_is_a_400(ingest: IngestStack, body: bytes) -> None:
    answer = ingest.shopify("orders/create", body)
    assert answer.status == 400
    assert answer.error["code"] in ("invalid_json", "too_deep")
    assert ingest.woocommerce("order.created", body).status == 400
    if len(body) < 30_000:
        assert ingest.track("track", body).status == 400


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/xml"}, b"<a/>", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415),
        ({"Content-Encoding": "br"}, b"{}", 415),
        ({"Content-Encoding": "gzip"}, b"{}", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0)[:-3], 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0) + b"more", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 50_000_000, mtime=0), 413),
        ({}, b'{"a": "' + b"x" * 5_000_000 + b'"}', 413),
    ],
)
def test_bodies_of_other_kinds_and_sizes(
    ingest: IngestStack, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = ingest.shopify("orders/create", body, **headers)
    assert answer.status == status
    assert answer.error["message"]
    assert ingest.track("batch", body, **headers).status == status


def test_a_message_may_have_32_kilobytes_and_a_batch_500(ingest: IngestStack) -> None:
    message = {"type": "track", "userId": "u", "event": "X", "properties": {"a": "x" * 32_600}}
    assert ingest.track("track", message).status == 200
    assert ingest.track("track", {**message, "properties": {"a": "x" * 32_700}}).status == 413
    assert ingest.track("batch", {"batch": [message] * 15}).status == 200
    assert ingest.track("batch", {"batch": [message] * 16}).status == 413


def test_other_paths_and_methods(ingest: IngestStack) -> None:
    assert ingest.request("POST", "/webhooks/magento", b"{}").status == 404
    assert ingest.request("GET", "/webhooks/shopify").status == 405
    assert ingest.request("OPTIONS", "/webhooks/shopify").status == 405
    assert ingest.request("GET", "/v1/track").status == 405
    assert ingest.events() == []


# ── when AWS fails ──


@pytest.fixture
def no_queue(ingest: IngestStack) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVENTS_QUEUE_URL", ingest.queue_url + "-gone")
        patch.setenv("PROMPT_QUEUE_URL", ingest.prompt_url + "-gone")
        environment.forget()
        yield
    environment.forget()


@pytest.mark.usefixtures("no_queue")
def test_when_the_queue_takes_nothing_the_sender_is_asked_to_come_again(
    ingest: IngestStack, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ingest.shopify("orders/create", sample("shopify", "orders_create"))
    assert (answer.status, answer.error["code"]) == (503, "not_stored")
    assert ingest.woocommerce("order.deleted", {"id": 1}).status == 503
    assert ingest.track("track", {"userId": "u", "event": "X"}).status == 503
    assert [metric[:2] for metric in counted(capsys)] == [
        ("NotStored", "shopify"),
        ("NotStored", "woocommerce"),
        ("NotStored", "segment"),
    ]


@pytest.mark.usefixtures("store")
def test_when_the_secrets_cannot_be_read_nobody_is_called_a_forger(
    ingest: IngestStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://ssm.example.com")

    monkeypatch.setattr(client("ssm"), "get_parameter", unreachable)
    secrets._provider.cache_clear()
    answer = ingest.shopify("orders/create", sample("shopify", "orders_create"))
    assert (answer.status, answer.error["code"]) == (503, "not_stored")


@pytest.mark.parametrize("stored", ["shopify-secret", '"shopify-secret"', "[1]", '[""]', "{}"])
def test_a_secret_of_another_form_is_our_fault_and_not_the_senders(
    ingest: IngestStack, store: Store, stored: str
) -> None:
    store("shopify_secret", stored)
    assert ingest.shopify("orders/create", sample("shopify", "orders_create")).status == 503


def test_a_single_secret_is_a_text_and_has_to_be_there(store: Store) -> None:
    store("token_key", "k")
    assert secrets.secret("token_key") == "k"
    with pytest.raises(secrets.UnreadableSecretError, match="identity_key"):
        secrets.secret("identity_key")


# ── bad input: a clear 4xx or a safely kept event ──


@pytest.mark.parametrize(
    "name",
    [
        "{{ 7*7 }}",
        "{% for x in (1..1000000) %}x{% endfor %}",
        "<script>alert(1)</script>",
        "Ada\r\nBcc: victim@example.com",
        "nul\x00nul",
        "👩‍🚀" * 100 + "شهرزاد" * 50 + "\u202e",
        "\ud800 half a pair",
        "x" * 100_000,
    ],
)
def test_a_nasty_name_is_kept_as_plain_text_of_one_line(ingest: IngestStack, name: str) -> None:
    payload = {**sample("shopify", "customers_create"), "first_name": name}
    assert ingest.shopify("customers/create", payload).status == 200
    (event,) = ingest.events()
    kept = event.traits["first_name"]
    assert len(kept) <= 1000
    assert not any(character in kept for character in "\r\n\x00")
    if name.isprintable() and len(name) <= 1000:
        assert kept == name


def test_400_kilobytes_of_lines_arrive(ingest: IngestStack) -> None:
    order = sample("shopify", "orders_create")
    order["line_items"] = order["line_items"][:1] * 800
    assert ingest.shopify("orders/create", order).status == 200
    (event,) = ingest.events()
    assert event.properties["products_left_out"] == 300


@pytest.mark.parametrize(
    "changed",
    [
        {"email": None, "contact_email": None, "customer": None},
        {"total_price": "-48.80"},
        {"total_price": "1e308"},
        {"total_price": 10**30},
        {"created_at": "0001-01-01T00:00:00Z", "processed_at": None},
        {"created_at": "9999-12-31T23:59:59-14:00"},
        {"line_items": {"not": "a list"}},
        {"customer": "a text", "billing_address": [], "discount_codes": [None, 1]},
    ],
)
def test_odd_values_keep_the_order(ingest: IngestStack, changed: dict[str, Any]) -> None:
    assert ingest.shopify("orders/create", {**sample("shopify", "orders_create"), **changed}).status == 200
    (event,) = ingest.events()
    assert event.properties["order_id"] == "5512000111222"
    assert event.time <= NOW


def test_a_write_key_changes_no_consent_and_speaks_for_nobody_else(ingest: IngestStack) -> None:
    for name in ("Consent Changed", "Email Clicked", "Erasure Requested", "Shop Erasure Requested"):
        answer = ingest.track("track", {"userId": "u", "event": name, "consent": [{"state": "subscribed"}]})
        assert (answer.status, answer.error["code"]) == (400, "reserved_event")
    forged = {"userId": "u", "consent": [{"state": "subscribed"}], "public": False, "source": "shopify"}
    assert ingest.track("identify", forged).status == 200
    (event,) = ingest.events()
    assert (event.consent, event.public, event.source) == ((), True, "segment")
    assert {identity.kind for identity in event.identities} == {IdentityKind.USER}


def test_no_error_tells_the_senders_data_back(ingest: IngestStack, capsys: pytest.CaptureFixture[str]) -> None:
    secret = "someone@example.com"
    answers = [
        ingest.shopify(secret, {"id": 1}),
        ingest.shopify("orders/create", {"email": secret, "id": {"email": secret}}),
        ingest.track("track", {"userId": {"email": secret}, "event": secret}),
        ingest.track("track", {"userId": "u", "event": f"Email {secret}"}),
        ingest.track("batch", {"batch": [{"type": secret, "userId": secret}]}),
    ]
    assert [answer.status for answer in answers] == [400] * 5
    assert secret not in "".join(answer.text for answer in answers) + capsys.readouterr().out


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["track", "identify", "u-1", "someone@example.com", "2026-01-01T00:00:00Z", "1.00", "id"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("id", "userId", "anonymousId", "event", "type", "batch", "traits", "context", "properties"),
                    *("email", "customer", "line_items", "refunds", "status", "total", "timestamp", "messageId"),
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=6,
        )
    ),
    max_leaves=25,
)
_TOPICS = sorted(shopify._TOPICS)
_WOO_TOPICS = sorted(woocommerce._TOPICS)
_CALLS = sorted(path.removeprefix("/v1/") for path in app.ROUTES if path.startswith("/v1/"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=_JSON,
    to=st.sampled_from([("shopify", topic) for topic in _TOPICS])
    | st.sampled_from([("woocommerce", topic) for topic in _WOO_TOPICS])
    | st.sampled_from([("track", call) for call in _CALLS]),
)
def test_no_json_whatever_is_answered_5xx_and_what_is_taken_round_trips(
    shared_ingest: IngestStack, body: Any, to: tuple[str, str]
) -> None:
    send, topic = to
    answer = getattr(shared_ingest, send)(topic, body)
    arrived = shared_ingest.events()
    assert 200 <= answer.status < 500
    if answer.status == 200:
        assert answer.json["events"] == len(arrived)
    else:
        assert answer.error["code"]
        assert answer.error["message"]
    for event in arrived:
        assert Event.model_validate_json(event.model_dump_json(exclude_defaults=True)) == event
        assert event.time <= event.received
        assert event.public == (send == "track")
        assert not (event.public and event.consent)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200), encoding=st.sampled_from(["", "gzip", "identity", "GZIP"]))
def test_no_bytes_whatever_are_answered_5xx(shared_ingest: IngestStack, raw: bytes, encoding: str) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}
    assert 400 <= shared_ingest.shopify("orders/create", raw, **headers).status < 500
    assert 400 <= shared_ingest.track("batch", raw, **headers).status < 500


# ── the code itself ──


def test_the_normalisers_know_events_what_is_kept_of_them_and_each_other_only() -> None:
    known = {
        f"shared.domain.{name}"
        for name in ("countries", "events", "personal", "properties", "refusals", "sources.payload")
    }
    for file in Path("shared/domain/sources").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("shared", "functions")):
                assert node.module in known, file


def test_importing_the_handler_makes_no_client_and_no_tracer() -> None:
    code = (
        "import sys, boto3\n"
        "boto3.client = None\n"
        "import functions.ingest.app\n"
        "print([name for name in ('aws_xray_sdk', 'duckdb', 'liquid', 'chalice') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_time_is_asked_of_the_one_clock(ingest: IngestStack) -> None:
    ingest.now = NOW + 90 * DAY
    ingest.track("track", {"userId": "u", "event": "X"})
    (event,) = ingest.events()
    assert event.time == event.received == NOW + 90 * DAY
