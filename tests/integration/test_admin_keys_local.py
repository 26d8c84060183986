"""Keys, limits and roles in the local run, as API Gateway would have them."""

from __future__ import annotations

import json

import pytest

from infra.local import gateway
from infra.local.gateway import Request
from tests.integration.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def asked(shop: Shop, method: str, path: str, body: object = None, **headers: str) -> gateway.Response:
    sent = b"" if body is None else json.dumps(body).encode()
    with shop.system.world.lock:
        return gateway.admin(
            shop.system, Request(method, path, "", {"content-type": "application/json", **headers}, sent)
        )


def test_a_script_comes_in_with_its_key_and_does_what_its_role_may(shop: Shop) -> None:
    _, told = shop.ask("POST", "/keys", {"name": "crm", "role": "editor"})
    key = {"authorization": f"Bearer {told['key']}"}
    draft = {"id": "buyers", "name": "Buyers", "sentence": "Who has ordered.", "when": {"kind": "orders"}}
    assert asked(shop, "POST", "/api/segments", draft, **key).status == 201
    refused = asked(shop, "POST", "/api/segments/buyers/publish", **key)
    assert (
        refused.status == 403 and "takes the role sender, and you are an editor" in json.loads(refused.body)["detail"]
    )
    assert shop.ask("GET", "/audit")[1]["changes"][0]["by"] == "key:crm"
    for headers in ({}, {"authorization": "Bearer beckon_crm_" + "a" * 43}):
        answer = asked(shop, "GET", "/api/segments", **headers)
        assert (answer.status, json.loads(answer.body)["code"]) == (401, "not_signed_in")
    assert shop.ask("DELETE", "/keys/crm")[0] == 200
    assert asked(shop, "GET", "/api/segments", **key).status == 401


def test_a_key_makes_no_keys(shop: Shop) -> None:
    _, told = shop.ask("POST", "/keys", {"name": "root", "role": "owner"})
    key = {"authorization": f"Bearer {told['key']}"}
    assert asked(shop, "POST", "/api/keys", {"name": "another", "role": "owner"}, **key).status == 403
    assert asked(shop, "DELETE", "/api/keys/root", **key).status == 403
    assert asked(shop, "GET", "/api/keys", **key).status == 200


def test_a_key_that_asks_too_often_is_told_how_long_to_wait(shop: Shop) -> None:
    _, told = shop.ask("POST", "/keys", {"name": "crm", "role": "viewer"})
    key = {"authorization": f"Bearer {told['key']}"}
    for _ in range(100):
        assert asked(shop, "GET", "/api/keys", **key).status == 403
    answer = asked(shop, "GET", "/api/keys", **key)
    assert (answer.status, json.loads(answer.body)["code"]) == (429, "too_many")
    assert 0 < int(answer.headers["retry-after"]) <= 10


def test_more_at_once_than_the_template_takes_is_429(shop: Shop) -> None:
    throttle, request = gateway.Throttle(), Request("GET", "/segments")
    assert all(throttle.takes(shop.system, request) for _ in range(200))  # time stands still
    shop.system.world.tick()
    answers = [throttle.takes(shop.system, request) for _ in range(1_000)]
    assert all(answers[:100]) and not all(answers)
    assert throttle.takes(shop.system, Request("GET", "/assets/1/main.js"))
    told = gateway.gateway_says(shop.system, "THROTTLED")
    assert (told.status, told.headers["retry-after"], json.loads(told.body)["status"]) == (429, "1", 429)
    shop.system.world.turn(shop.system.world.now() + 1_000)
    assert all(throttle.takes(shop.system, request) for _ in range(50))


def test_one_can_be_somebody_else_here(shop: Shop) -> None:
    with shop.system.world.lock:
        answer = gateway.admin(shop.system, Request("GET", "/", "as=viewer"))
    cookie = answer.headers["set-cookie"].partition(";")[0]
    assert asked(shop, "GET", "/segments", cookie=cookie).status == 200
    assert asked(shop, "POST", "/segments", {}, cookie=cookie).status == 403


def test_no_other_site_may_read_an_answer(shop: Shop) -> None:
    origin = {"origin": "https://elsewhere.example"}
    for method, path in (("GET", "/"), ("GET", "/segments"), ("OPTIONS", "/segments"), ("POST", "/segments")):
        answer = asked(shop, method, path, **origin)
        assert not [name for name in answer.headers if name.startswith("access-control-")]
