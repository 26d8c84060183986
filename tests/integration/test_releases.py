"""A product's change is told to those whom it concerns: webhooks and the website's calls in, events of contacts out.

All of it on the local run, with the real schedule, lake and queries.
"""

from __future__ import annotations

import base64
import hmac
import json
import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from functions.refresh import releasing
from infra.local import gateway, settings
from infra.local.aws.calls import Call
from infra.local.gateway import Request
from infra.local.shop import storefront
from infra.local.shop.history import SHOP, Webhook
from infra.local.system import ProcessDied
from shared.adapters import asked, athena, contacts, identities, journey_definitions, releases
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Event, Identity, IdentityKind, Json, Type, iso
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Version, with_journey, with_state
from tests.integration.shop import Shop

TOLD = (Type.BACK_IN_STOCK, Type.PRICE_DROPPED, Type.LOW_STOCK)


class Store(Shop):
    """A shop with one product of two variants, and visitors who are known by their addresses."""

    calls = 0

    def product(self, *stocks: int | None, price: str = "20.00", at: int | None = None, **more: Json) -> None:
        variants = [
            {
                "id": 451 + number,
                "title": f"Size {number}",
                "price": price,
                "inventory_policy": "deny",
                "inventory_quantity": stock,
            }
            for number, stock in enumerate(stocks)
        ]
        time = self.now() if at is None else at
        body = {
            "id": 8001,
            "title": "Earl Grey",
            "handle": "earl-grey",
            "product_type": "Tea",
            "status": "active",
            "updated_at": iso(time),
            "variants": variants,
            **more,
        }
        self.calls += 1
        about = f"product-{self.calls}"
        storefront.post(self.system, Webhook(self.now(), "products/update", SHOP, about, about, body))

    def woocommerce(self, body: Json) -> None:
        raw = json.dumps(body).encode()
        secret = json.loads(settings.SECRETS["woocommerce_secret"])[0]
        headers = {
            "content-type": "application/json",
            "x-wc-webhook-topic": "product.updated",
            "x-wc-webhook-source": "https://woo.example.com/",
            "x-wc-webhook-signature": base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode(),
        }
        answer = gateway.public(self.system, Request("POST", "/webhooks/woocommerce", headers=headers, body=raw))
        assert answer.status == 200, answer.body

    def track(self, who: str, event: str, **properties: Json) -> None:
        self.call({"type": "track", "event": event, "properties": properties}, who)

    def call(self, message: Json, who: str) -> None:
        self.calls += 1
        message |= {
            "messageId": f"m{self.calls}",
            "anonymousId": f"browser-{who}",
            "context": {"traits": {"email": f"{who}@example.com"}} if "?" not in who else {},
            "timestamp": iso(self.now()),
        }
        key = base64.b64encode(f"{json.loads(settings.SECRETS['write_keys'])[0]}:".encode()).decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
        path = f"/v1/{message['type']}"
        answer = gateway.public(self.system, Request("POST", path, headers=headers, body=json.dumps(message).encode()))
        assert answer.status == 200, answer.body

    def asks(self, who: str, **properties: Json) -> None:
        self.track(who, "Back In Stock Requested", **({"product_id": "8001", "variant_id": "451"} | properties))
        self.passes(SECOND)

    def contact(self, who: str) -> str | None:
        identity = Identity(kind=IdentityKind.EMAIL, value=f"{who}@example.com")
        return identities.find([identity]).get(identity)

    def heard(self, who: str) -> list[Event]:
        contact = self.contact(who)
        assert contact is not None, who
        return [event for event in contacts.events(contact) if event.type in TOLD]

    def told(self, *several: str) -> dict[str, list[str]]:
        """Who of them was told what."""
        return {who: [event.type for event in found] for who in several if (found := self.heard(who))}


def pending() -> list[releases.Held]:
    def fail(_: str, error: Exception) -> None:
        raise error

    return list(releases.pending(fail))


def back(*several: str) -> dict[str, list[str]]:
    """That each of them was told once that it is back."""
    return {who: ["Back In Stock"] for who in several}


@pytest.fixture
def shop() -> Store:
    found = Store()
    found.product(9, 9)
    found.passes(MINUTE)
    return found


def test_who_viewed_or_carted_a_product_is_told_that_its_price_has_dropped(shop: Store) -> None:
    shop.track("ada", "Product Viewed", product_id="8001", name="Earl Grey", price=20)
    shop.track("ben", "Product Added", product_id="8001", variant_id="452", price=20)
    shop.track("cem", "Product Viewed", product_id="8002")
    shop.track("dot", "Product Viewed", product_id="8001")
    shop.passes(HOUR)
    shop.track("dot", "Order Completed", order_id="1", products=[{"product_id": "8001"}])
    shop.passes(HOUR)
    shop.product(9, 9, price="15.00")
    shop.passes(15 * MINUTE)
    assert shop.told("ada", "ben", "cem") == {"ada": ["Price Dropped"], "ben": ["Price Dropped"]}
    (of_ada,), (of_ben,) = shop.heard("ada"), shop.heard("ben")
    assert of_ada.properties == {
        "product_id": "8001",
        "variant_id": "451",
        "name": "Earl Grey",
        "variant": "Size 0",
        "category": "Tea",
        "price": 15.0,
        "old_price": 20.0,
        "drop_percent": 25,
        "stock": 9,
        "url": f"{shop.system.template.parameters['ShopUrl']}/products/earl-grey?variant=451",
        "reason": "viewed",
        "change": of_ada.properties["change"],
    }
    assert (of_ben.properties["variant_id"], of_ben.properties["reason"]) == ("452", "cart")
    assert pending() == []


def test_what_is_told_again_late_or_out_of_order_is_told_to_nobody_twice(shop: Store) -> None:
    shop.track("ada", "Product Viewed", product_id="8001")
    shop.passes(HOUR)
    before, dropped = shop.now() - MINUTE, shop.now()
    for _ in range(2):
        shop.product(9, 9, price="15.00", at=dropped)
        shop.product(9, 9, price="20.00", at=before)
        shop.passes(HOUR)
    assert shop.told("ada") == {"ada": ["Price Dropped"]}


def test_a_slip_of_the_pen_is_told_to_nobody(shop: Store) -> None:
    shop.track("ada", "Product Viewed", product_id="8001")
    shop.passes(HOUR)
    shop.product(9, 9, price="2.00")
    shop.passes(2 * MINUTE)
    shop.product(9, 9, price="20.00")
    shop.passes(HOUR)
    assert shop.told("ada") == {}
    assert pending() == []


def test_little_stock_is_told_to_who_looked_at_it(shop: Store) -> None:
    shop.track("ada", "Product Viewed", product_id="8001")
    shop.track("ben", "Product Viewed", product_id="8001", variant_id="451")
    shop.track("cem", "Product Viewed", product_id="8001", variant_id="452")
    shop.passes(HOUR)
    shop.product(3, 9)
    shop.passes(15 * MINUTE)
    assert shop.told("ada", "ben", "cem") == {"ben": ["Low Stock"]}  # there is much of the other
    assert shop.heard("ben")[0].properties["stock"] == 3


def test_those_who_asked_are_told_in_waves_no_larger_than_the_stock_the_oldest_first(shop: Store) -> None:
    shop.product(0, 9)
    shop.passes(MINUTE)
    names = ["ada", "ben", "cem", "dot", "eve"]
    for name in names:
        shop.asks(name)
    shop.asks("fay", variant_id="452")
    shop.product(2, 9)
    shop.passes(3 * MINUTE)
    assert shop.told(*names, "fay") == {"ada": ["Back In Stock"], "ben": ["Back In Stock"]}
    assert shop.heard("ada")[0].properties["reason"] == "asked"
    shop.product(1, 9)  # one of them has bought it
    shop.passes(HOUR)
    assert list(shop.told(*names)) == ["ada", "ben", "cem"]
    shop.product(0, 9)
    shop.passes(3 * HOUR)
    assert list(shop.told(*names)) == ["ada", "ben", "cem"]
    shop.product(50, 9)
    shop.passes(10 * MINUTE)
    assert shop.told(*names, "fay") == back(*names)
    shop.product(0, 9)
    shop.passes(MINUTE)
    shop.product(50, 9)
    shop.passes(DAY)
    assert shop.told(*names, "fay") == back(*names)  # each has asked once


def test_those_who_looked_are_told_after_those_who_asked(shop: Store) -> None:
    shop.track("viewer", "Product Viewed", product_id="8001", variant_id="451")
    shop.product(0, 0)
    shop.passes(MINUTE)
    shop.asks("ada", variant_id=None)
    shop.asks("ben")
    shop.passes(HOUR)
    shop.product(1, 0)
    shop.passes(30 * MINUTE)
    assert shop.told("ada", "ben", "viewer") == {"ben": ["Back In Stock"]}
    shop.passes(2 * HOUR)
    assert shop.told("ada", "ben", "viewer") == back("ada", "ben", "viewer")
    assert shop.heard("viewer")[0].properties["reason"] == "viewed"


def test_who_asked_for_two_that_are_back_at_once_is_told_once_and_both_are_answered(shop: Store) -> None:
    shop.product(0, 0)
    shop.passes(MINUTE)
    for variant in ("451", "452", None):
        shop.asks("ada", variant_id=variant)
    shop.product(5, 5)
    shop.passes(5 * MINUTE)
    shop.product(0, 0)
    shop.passes(MINUTE)
    shop.product(5, 5)
    shop.passes(5 * HOUR)
    assert shop.told("ada") == back("ada")


def test_who_cannot_be_written_to_waits_and_takes_nobodys_place(shop: Store) -> None:
    shop.product(0, 9)
    shop.passes(MINUTE)
    for number in range(4):
        shop.asks(f"?{number}")
    shop.asks("ada")
    shop.product(1, 9)
    shop.passes(3 * MINUTE)
    assert shop.told("ada") == {"ada": ["Back In Stock"]}
    shop.product(0, 9)
    shop.passes(MINUTE)
    shop.call({"type": "identify", "userId": "u", "traits": {"email": "late@example.com"}}, "?2")
    shop.passes(MINUTE)
    shop.product(5, 9)
    shop.passes(3 * MINUTE)
    assert shop.told("late") == {"late": ["Back In Stock"]}
    assert len(shop.heard("late")) == 1


def test_erasure_takes_an_asker_out_of_the_queue(shop: Store) -> None:
    shop.product(0, 9)
    shop.passes(MINUTE)
    shop.asks("ada")
    contact = shop.contact("ada")
    assert [each.contact for each in asked.queue("variant#451", shop.now())] == [contact]
    status, _ = shop.ask("DELETE", f"/contacts/{contact}")
    assert status == 202
    shop.passes(5 * MINUTE)
    assert list(asked.queue("variant#451", shop.now())) == []
    assert [item["kind"]["S"] for item in contacts.items(str(contact), asked.KIND)] == []


def test_who_asked_is_forgotten_after_a_year(shop: Store) -> None:
    shop.product(0, 9)
    shop.passes(MINUTE)
    shop.asks("ada")
    assert len(list(asked.queue("variant#451", shop.now() + 364 * DAY))) == 1
    assert list(asked.queue("variant#451", shop.now() + 366 * DAY)) == []


def test_who_asked_and_was_told_is_not_asked_for_again_by_a_merge(shop: Store) -> None:
    shop.product(0, 9)
    shop.passes(MINUTE)
    shop.asks("ada")
    shop.product(5, 9)
    shop.passes(3 * MINUTE)
    shop.product(0, 9)
    shop.asks("ben")
    shop.passes(MINUTE)
    ada, ben = shop.contact("ada"), shop.contact("ben")
    status, told = shop.ask("POST", f"/contacts/{ben}/merge", {"contact": ada, "other": ada})
    assert status == 202, told
    shop.passes(5 * MINUTE)
    assert shop.contact("ada") == shop.contact("ben")
    assert [each.contact for each in asked.queue("variant#451", shop.now())] == [shop.contact("ben")]
    shop.product(5, 9)
    shop.passes(3 * MINUTE)
    assert shop.told("ben") == {"ben": ["Back In Stock"] * 2}
    assert list(asked.queue("variant#451", shop.now())) == []


def test_a_stock_that_goes_up_and_down_is_told_once_to_who_looked(shop: Store) -> None:
    shop.track("ada", "Product Viewed", product_id="8001", variant_id="451")
    shop.passes(HOUR)
    for stock in (5, 6, 5, 6, 5):
        shop.product(stock, 9)
        shop.passes(3 * MINUTE)
    shop.passes(HOUR)
    for stock in (0, 4, 0, 4, 6, 5):
        shop.product(stock, 9)
        shop.passes(HOUR)
    assert shop.told("ada") == {"ada": ["Low Stock", "Back In Stock"]}
    shop.passes(8 * DAY)
    for stock in (0, 4):
        shop.product(stock, 9)
        shop.passes(HOUR)
    assert shop.told("ada") == {"ada": ["Low Stock", "Back In Stock", "Back In Stock"]}
    assert pending() == []


def test_many_are_told_page_by_page_and_not_while_the_shops_own_events_wait(
    shop: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"v{number}" for number in range(9)]
    for name in names:
        shop.track(name, "Product Viewed", product_id="8001")
    shop.passes(HOUR)
    monkeypatch.setattr(releasing, "MAX_PAGES", 1)
    monkeypatch.setattr(athena.page, "__defaults__", (None, 4))
    shop.product(9, 9, price="15.00")
    monkeypatch.setattr(releasing, "MAX_WAITING", -1)
    shop.passes(HOUR)
    assert shop.told(*names) == {}
    monkeypatch.setattr(releasing, "MAX_WAITING", 5_000)
    sizes = []
    for _ in range(7):
        shop.passes(MINUTE)
        sizes.append(len(shop.told(*names)))
    assert max(later - sooner for sooner, later in pairwise(sizes)) <= 4
    assert shop.told(*names) == {name: ["Price Dropped"] for name in names}


def test_a_change_that_cannot_be_told_is_shown_to_the_operator(shop: Store) -> None:
    shop.track("ada", "Product Viewed", product_id="8001")
    shop.passes(HOUR)
    shop.product(9, 9, price="15.00")

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation == "StartQueryExecution":
            raise ProcessDied
        return perform()

    shop.fault = fault
    shop.passes(2 * HOUR)
    _, health = shop.ask("GET", "/health")
    assert health["product_changes"] == 1
    assert "1 change of products should have been told by now: the log of refresh says why." in health["problems"]
    shop.fault = lambda _, perform: perform()
    shop.passes(10 * MINUTE)
    assert shop.told("ada") == {"ada": ["Price Dropped"]}
    assert shop.ask("GET", "/health")[1]["product_changes"] == 0


def journey(shop: Store, *steps: Json) -> None:
    """Publishes a journey of whoever asked for what is back, live."""
    trigger = {"kind": "event", "events": ["Back In Stock"], "where": [{"property": "reason", "value": "asked"}]}
    told = {"trigger": trigger, "entry": {"again": "each"}}
    made = Journey.model_validate({"id": "back", "name": "Back", "sentence": "Says it.", "steps": steps, **told})
    version = Version(version=1, journey=made, published=shop.now(), by="a test", why="it is new")
    held = with_journey(journey_definitions.publication(), version, "finish")
    journey_definitions.publish(with_state(held, "back", "live", shop.now(), "a test"), version)


def messages_of(shop: Store, who: str) -> list[tuple[str, str | None]]:
    items = contacts.items(str(shop.contact(who)), "MESSAGE#")
    return [(item["status"]["S"], item.get("reason", {}).get("S")) for item in items if "back" in item["kind"]["S"]]


def test_the_stock_is_asked_again_when_the_email_is_sent(shop: Store) -> None:
    wait = {"id": "wait", "kind": "wait", "for": "2h"}
    journey(shop, wait, {"id": "news", "kind": "send", "template": "back_in_stock"})
    shop.customer(1)
    shop.customer(2)
    shop.product(0, 0)
    shop.passes(MINUTE)
    shop.asks("ada.1")
    shop.asks("ada.2", variant_id="452")
    shop.product(5, 5)
    shop.passes(HOUR)
    shop.product(0, 5)
    shop.passes(3 * HOUR)
    assert shop.told("ada.1", "ada.2") == back("ada.1", "ada.2")
    assert messages_of(shop, "ada.1") == [("refused", "sold_out")]
    assert messages_of(shop, "ada.2") == [("sent", None)]


def test_woocommerces_products_are_told_as_well(shop: Store) -> None:
    hat = json.loads(Path("tests/events/woocommerce/product_updated_sold_out.json").read_text())
    hat |= {"date_modified_gmt": iso(shop.now())[:19]}
    shop.track("ada", "Product Viewed", product_id="93")
    shop.asks("ben", product_id="93", variant_id=None)
    shop.woocommerce(hat)
    shop.passes(HOUR)
    back = {"stock_quantity": 3, "stock_status": "instock", "date_modified_gmt": iso(shop.now())[:19]}
    shop.woocommerce(hat | back)
    shop.passes(2 * HOUR)
    assert shop.told("ada", "ben") == {"ada": ["Back In Stock"], "ben": ["Back In Stock"]}
    (of_ada,) = shop.heard("ada")
    assert of_ada.properties["url"] == "https://woo.example.com/product/wool-hat/"
    assert (of_ada.properties["variant_id"], of_ada.properties["stock"]) == ("93", 3)


@pytest.mark.parametrize("operation", ["SendMessageBatch", "PutItem", "DeleteItem", "StartQueryExecution"])
@pytest.mark.parametrize("after", [False, True])
def test_a_step_that_dies_tells_nobody_twice_and_leaves_nobody_out(shop: Store, operation: str, after: bool) -> None:
    names = ["ada", "ben", "cem"]
    shop.product(0, 9)
    shop.track("viewer", "Product Viewed", product_id="8001", variant_id="451")
    shop.passes(MINUTE)
    for name in names:
        shop.asks(name)
    died: list[str] = []

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation == operation and len(died) < 3:
            if after:
                perform()
            died.append(operation)
            raise ProcessDied
        return perform()

    shop.product(2, 9)
    shop.fault = fault
    shop.passes(10 * MINUTE)
    assert set(shop.told(*names)) <= {"ada", "ben"}
    shop.passes(4 * HOUR)
    assert died
    assert shop.told(*names, "viewer") == back(*names, "viewer")


def test_a_segment_can_ask_for_what_was_told(shop: Store) -> None:
    shop.publish("dropped", {"kind": "event", "event": "Price Dropped", "within": "7d"})
    shop.track("ada", "Product Viewed", product_id="8001")
    shop.passes(HOUR)
    shop.product(9, 9, price="15.00")
    shop.passes(15 * MINUTE)
    assert shop.members("dropped") == {shop.contact("ada")}


@pytest.mark.parametrize("seed", range(4))
def test_in_any_schedule_nobody_is_told_twice_or_left_out_and_no_wave_is_larger_than_the_stock(
    shop: Store, seed: int
) -> None:
    chance = random.Random(seed)
    names = [f"v{number}" for number in range(8)]
    told_before = [(shop.now(), 9)]

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation in ("SendMessageBatch", "PutItem", "DeleteItem", "StartQueryExecution", "BatchGetItem"):
            died = chance.random()
            if died < 0.02:
                raise ProcessDied
            answer = perform()
            if died < 0.04:
                raise ProcessDied
            return answer
        return perform()

    shop.product(0, 9)
    for _ in range(40):
        shop.fault = lambda _, perform: perform()
        match chance.randrange(5):
            case 0:
                told_before.append((shop.now(), chance.choice([0, 0, 1, 2, 4, 12])))
                shop.product(told_before[-1][1], 9, price=chance.choice(["20.00", "15.00"]))
            case 1:
                at, stock = chance.choice(told_before)
                shop.product(stock, 9, at=at)  # again, or late
            case 2 | 3:
                shop.asks(chance.choice([*names, "?1"]), variant_id=chance.choice(["451", None]))
            case 4:
                shop.track(chance.choice(names), "Product Viewed", product_id="8001", variant_id="451")
        shop.fault = fault
        shop.passes(chance.choice([MINUTE, 5 * MINUTE, HOUR]))
    shop.fault = lambda _, perform: perform()
    shop.product(0, 9)
    shop.passes(MINUTE)
    shop.product(50, 9)
    shop.passes(5 * HOUR)
    found = {name: shop.heard(name) for name in names if shop.contact(name) is not None}
    for events in found.values():
        changes = [event.properties["change"] for event in events]
        assert len(changes) == len(set(changes))
    waves: dict[str, list[Event]] = {}
    for event in (each for events in found.values() for each in events if each.properties["reason"] == "asked"):
        waves.setdefault(event.properties["change"], []).append(event)
    assert waves
    for events in waves.values():
        for first in events:
            wave = [each for each in events if 0 <= each.time - first.time < 59 * MINUTE]
            assert len(wave) <= max(each.properties["stock"] for each in wave)
    for queue in ("variant#451", "product#8001"):
        waiting = {each.contact for each in asked.queue(queue, shop.now())}
        assert waiting.isdisjoint(filter(None, map(shop.contact, names)))
    assert pending() == []
