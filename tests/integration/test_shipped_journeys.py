"""Shipped journeys on the local run: from the storefront's webhooks to what stands in the mailbox."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from infra.local import gateway
from infra.local.aws import ses
from infra.local.gateway import Request
from infra.local.shop import history, storefront
from shared.adapters import clock, contact_runs, contacts, identities, journey_definitions
from shared.adapters.caches import forget_all
from shared.adapters.journey_files import shipped
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Identity, IdentityKind, Json, iso
from shared.domain.journeys.publications import Version, with_journey
from shared.domain.journeys.runs import Run
from tests.integration.shop import Shop
from tests.integration.test_releases import Store

ADA = 1
CANDLE = 632910392
RECOVERY = "https://the-corner-gift-shop.example/123/checkouts/ac/recover?key=abc"


class Running(Shop):
    def publish(self, *ids: str) -> None:
        for id_ in ids:
            version = Version(version=1, journey=shipped()[id_], published=self.now(), by="a test", why="it is new")
            journey_definitions.publish(with_journey(journey_definitions.publication(), version, "finish"), version)

    def webhook(self, topic: str, body: dict[str, Json]) -> None:
        id_ = f"{topic}-{self.now()}"
        storefront.post(
            self.system, history.Webhook(self.now(), topic, history.SHOP, id_, f"event-{id_}", {**body}, ())
        )

    def product(self) -> None:
        self.webhook(
            "products/create",
            {
                "id": CANDLE,
                "title": "Vanilla candle",
                "handle": "vanilla-candle",
                "product_type": "Candles",
                "status": "active",
                "image": {"src": "https://cdn.example.com/candle.jpg"},
                "variants": [{"id": 808950810, "price": "24.50", "title": "Default Title"}],
                "created_at": iso(self.now()),
                "updated_at": iso(self.now()),
            },
        )

    def checkout(self, total: str = "73.50", quantity: int = 3) -> None:
        customer = self.customers[ADA]
        line = {"product_id": CANDLE, "variant_id": 808950810, "title": "Vanilla scented candle", "price": "24.50"}
        body = {
            "id": 77,
            "token": "checkout-77",
            "cart_token": "cart-77",
            "email": customer["email"],
            "customer": {"id": customer["id"], "email": customer["email"]},
            "created_at": iso(self.now()),
            "updated_at": iso(self.now()),
            "completed_at": None,
            "currency": "GBP",
            "presentment_currency": "GBP",
            "total_price": total,
            "abandoned_checkout_url": RECOVERY,
            "line_items": [{**line, "quantity": quantity}],
        }
        self.webhook("checkouts/update", body)

    def mails(self) -> list[ses.Mail]:
        rows = self.system.world.db.execute("SELECT id FROM mailbox ORDER BY rowid").fetchall()
        return [ses.mail(self.system.world, id_) for (id_,) in rows]

    def steps(self) -> list[str]:
        return [mail.tags["step"] for mail in self.mails()]

    def runs(self, journey: str) -> list[Run]:
        who = Identity(kind=IdentityKind.EMAIL, value=self.customers[ADA]["email"])
        contact = identities.find([who])[who]
        return [kept.run for kept in contact_runs.of_contact(contact, journey)]


@pytest.fixture
def shop() -> Iterator[Running]:
    running = Running()
    running.product()
    yield running
    forget_all()
    clock.use(None)


def test_an_abandoned_cart_is_shown_with_its_goods_and_opened_by_its_own_address(shop: Running) -> None:
    shop.publish("abandoned_cart")
    shop.customer(ADA)
    shop.passes(HOUR)
    shop.checkout()
    shop.passes(30 * MINUTE)
    shop.checkout(total="49.00", quantity=2)  # changed: the hour starts again
    shop.passes(59 * MINUTE)
    assert "cart_reminder" not in shop.steps()
    shop.passes(2 * MINUTE)
    mail = next(mail for mail in shop.mails() if mail.tags["step"] == "cart_reminder")
    assert mail.subject == "Vanilla candle is still in your cart"
    for told in (
        "Vanilla candle",
        "https://cdn.example.com/candle.jpg",
        "× 2",
        "£24.50",
        "£49.00",
        "/products/vanilla",
    ):
        assert told in mail.html, told
    assert RECOVERY in mail.html
    assert RECOVERY in mail.text
    shop.order(ADA)
    shop.passes(5 * SECOND)
    (run,) = shop.runs("abandoned_cart")
    assert (run.outcome, run.reached_goal) == ("goal", True)
    shop.passes(3 * DAY)
    assert [step for step in shop.steps() if step.startswith("cart")] == ["cart_reminder"]


def test_the_code_is_in_the_second_email_of_a_cart_that_carries_it(shop: Running) -> None:
    shop.publish("abandoned_cart")
    shop.customer(ADA)
    shop.checkout()
    shop.passes(2 * DAY)
    assert [step for step in shop.steps() if step.startswith("cart")] == ["cart_reminder", "cart_code"]


def ordered(shop: Running, placed: int, **more: Any) -> None:
    """The order of the cart that is left, placed so many milliseconds ago."""
    at = shop.now() - placed
    webhook = storefront.order(77, shop.customers[ADA], at)
    body = {**webhook.body, "cart_token": "cart-77", "checkout_token": "checkout-77", **more}
    storefront.post(shop.system, replace(webhook, body=body))


@pytest.mark.parametrize(
    ("heard", "placed", "sent"),
    [
        (30 * MINUTE, 0, []),
        (30 * MINUTE, 29 * MINUTE, []),
        (2 * HOUR, 2 * HOUR + MINUTE, ["cart_reminder"]),
        (2 * HOUR, HOUR, ["cart_reminder"]),
    ],
    ids=["at once", "placed before", "dated before the cart, told after the email", "told an hour late"],
)
def test_after_the_order_nothing_is_sent(shop: Running, heard: int, placed: int, sent: list[str]) -> None:
    shop.publish("abandoned_cart")
    shop.customer(ADA)
    shop.passes(HOUR)
    shop.checkout()
    shop.passes(heard)
    ordered(shop, placed)
    shop.passes(5 * DAY)
    assert [step for step in shop.steps() if step.startswith("cart")] == sent
    assert [run.goes_on for run in shop.runs("abandoned_cart")] == [False]


def test_an_order_of_the_same_checkout_under_another_address_stops_the_reminders(shop: Running) -> None:
    shop.publish("abandoned_cart")
    shop.customer(ADA)
    shop.passes(HOUR)
    shop.checkout()
    shop.passes(30 * MINUTE)
    ordered(shop, 0, email="somebody.else@example.com", customer=None)
    shop.passes(5 * DAY)
    assert [step for step in shop.steps() if step.startswith("cart")] == []


def test_what_stands_in_the_partition_of_a_run_holds_no_address_to_a_cart(shop: Running) -> None:
    shop.publish("abandoned_cart")
    shop.customer(ADA)
    shop.checkout()
    shop.passes(MINUTE)
    (run,) = shop.runs("abandoned_cart")
    assert run.key == "cart-77"
    assert "recover" not in json.dumps(dict(run.trigger))


def click(shop: Running, mail: ses.Mail, link: str) -> None:
    ses.happen(shop.system.world, mail.id, "Click", link=link)


def test_a_question_is_answered_by_one_click(shop: Running) -> None:
    shop.publish("vip")
    shop.customer(ADA)
    for day in range(5):
        shop.order(ADA, day)
        shop.passes(DAY)
    shop.passes(32 * DAY)
    mail = next(mail for mail in shop.mails() if mail.tags["step"] == "vip_wishes")
    link = next(part for part in mail.html.split('"') if part.endswith("/early"))
    shop.passes(HOUR)
    click(shop, mail, link)
    shop.passes(DAY)
    shown = gateway.public(shop.system, Request("GET", "/answers/" + link.split("/answers/")[1], headers={}, body=b""))
    assert (shown.status, b"come in" in shown.body) == (200, True)
    shop.passes(8 * DAY)
    (run,) = shop.runs("vip")
    assert [record.why for record in run.records if record.step == "what_they_said" and record.why] == ["wants_early"]
    who = Identity(kind=IdentityKind.EMAIL, value=shop.customers[ADA]["email"])
    stored = contacts.read(identities.find([who])[who])
    assert stored is not None
    tags: Any = stored.profile.traits["tags"].value
    assert {"vip", "early_access"} <= set(tags)


class Stocked(Running, Store):
    def product(self, *stocks: int | None, price: str = "20.00", at: int | None = None, **more: Json) -> None:
        Store.product(self, *stocks, price=price, at=at, **more)


@pytest.fixture
def store() -> Iterator[Stocked]:
    yield Stocked()
    forget_all()
    clock.use(None)


def test_who_asked_is_told_that_it_is_back_and_who_looked_that_it_costs_less(store: Stocked) -> None:
    store.publish("back_in_stock", "price_drop")
    store.customer(ADA)
    store.product(0)
    store.passes(MINUTE)
    store.asks("ada.1")
    store.passes(DAY)
    store.product(3)
    store.passes(HOUR)
    mail = next(mail for mail in store.mails() if mail.tags["step"] == "back_in_stock")
    assert mail.subject == "Earl Grey is back"
    for told in ("Earl Grey", "£20.00", "https://shop.example.com/products/earl-grey"):
        assert told in mail.html, told
    assert store.steps().count("back_in_stock") == 1
    store.track("ada.1", "Product Viewed", product_id="8001")
    store.passes(3 * DAY)
    store.product(3, price="15.00")
    store.passes(DAY)
    (drop,) = [mail for mail in store.mails() if mail.tags["step"] == "price_drop"]
    for told in ("£15.00", "It was £20.00."):
        assert told in drop.html, told
