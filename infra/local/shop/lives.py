"""Made-up people whose ways are those that real shops tell of, and that the sample has none of: who is a visitor first,
agrees twice, is a customer of old, has two accounts, moves abroad, pays in another currency.

Each way is played once, by webhooks of Shopify's API 2025-10 and calls of a website's SDK. They are there so that
nothing is built, shown or measured without such people.
"""

from __future__ import annotations

import base64
import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.settings import SECRETS
from infra.local.shop import history, storefront
from infra.local.shop.history import SHOP, Webhook
from infra.local.system import System
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Instant, Json, iso

FIRST = 8_500_000_000_000
"""Before their numbers: of customers, orders, checkouts, refunds."""
WRITE_KEY: str = json.loads(SECRETS["write_keys"])[0]
CANDLE = "632910392"
NAMES = history.FIRST_NAMES.split()


@dataclass(frozen=True)
class Call:
    """What a website's SDK sends: when, by which of the tracking API's calls, and what."""

    at: Instant
    kind: str
    body: dict[str, Json]


Told = Webhook | Call


def told(since: Instant) -> Iterator[Told]:
    """All that is told of these people, in order of time."""
    ways = (way(Person(number, since + number * HOUR)) for number, way in enumerate(WAYS, start=1))
    return heapq.merge(*(sorted(way, key=lambda each: each.at) for way in ways), key=lambda each: each.at)


def post(system: System, each: Told) -> None:
    """RuntimeError when it is not taken."""
    if isinstance(each, Webhook):
        storefront.post(system, each)
        return
    key = base64.b64encode(f"{WRITE_KEY}:".encode()).decode()
    headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
    body = json.dumps(each.body).encode()
    with system.world.lock:
        answer = gateway.public(system, Request("POST", f"/v1/{each.kind}", headers=headers, body=body))
    if answer.status >= 300:
        raise RuntimeError(f"{each.kind} was answered {answer.status}: {answer.body.decode()[:500]}")


class Person:
    """Somebody, by their number, and what is told of them. Times are from the person's own beginning on."""

    def __init__(self, number: int, begun: Instant) -> None:
        self.id, self.begun = FIRST + number, begun
        self.name = NAMES[-number % len(NAMES)]
        self.email = f"{self.name.lower()}@lives.example.com"
        self.browser = f"browser-{number}"

    # ── what the storefront tells ──

    def customer(self, at: int, topic: str = "customers/create", **more: Json) -> Webhook:
        body = {
            "id": self.id,
            "created_at": self.when(0),
            "updated_at": self.when(at),
            "first_name": self.name,
            "last_name": "Lively",
            "email": self.email,
            "state": "disabled",
            "verified_email": True,
            "currency": "GBP",
            "default_address": {"country_code": "GB", "city": "Leeds", "zip": "LS1 4DY", "province_code": "ENG"},
        }
        return self.webhook(at, topic, {**body, **more})

    def consent(self, at: int, state: str = "subscribed", dated: int | None = None) -> Webhook:
        body = {
            "customer_id": self.id,
            "email_address": self.email,
            "email_marketing_consent": {
                "state": state,
                "opt_in_level": "single_opt_in",
                "consent_updated_at": self.when(at if dated is None else dated),
            },
        }
        return self.webhook(at, "customers_email_marketing_consent/update", body)

    def order(
        self, at: int, number: int = 1, topic: str = "orders/create", placed: int | None = None, **more: Json
    ) -> Webhook:
        placed = at if placed is None else placed
        body = {
            "id": self.id * 10 + number,
            "name": f"#{self.id % 1000}{number}",
            "order_number": int(f"{self.id % 1000}{number}"),
            "email": self.email,
            "created_at": self.when(placed),
            "processed_at": self.when(placed),
            "updated_at": self.when(at),
            "cancelled_at": None,
            "currency": "GBP",
            "presentment_currency": "GBP",
            "total_price": "24.50",
            "total_price_set": {"shop_money": {"amount": "24.50", "currency_code": "GBP"}},
            "financial_status": "paid",
            "test": False,
            "refunds": [],
            "customer": {"id": self.id, "email": self.email, "first_name": self.name, "last_name": "Lively"},
            "line_items": [self.line()],
        }
        return self.webhook(at, topic, {**body, **more})

    def checkout(self, at: int, topic: str = "checkouts/create", begun: int | None = None, **more: Json) -> Webhook:
        body = {
            "id": self.id,
            "token": f"checkout-{self.id}",
            "cart_token": f"cart-{self.id}",
            "email": self.email,
            "created_at": self.when(at if begun is None else begun),
            "updated_at": self.when(at),
            "completed_at": None,
            "currency": "GBP",
            "presentment_currency": "GBP",
            "total_price": "24.50",
            "line_items": [self.line()],
        }
        return self.webhook(at, topic, {**body, **more})

    def line(self) -> dict[str, Json]:
        return {"product_id": int(CANDLE), "variant_id": 1, "title": "Candle", "price": "24.50", "quantity": 1}

    def webhook(self, at: int, topic: str, body: dict[str, Json]) -> Webhook:
        id_ = f"{topic}-{self.id}-{at}-{body.get('id', '')}"
        return Webhook(self.begun + at, topic, SHOP, f"webhook-{id_}", f"event-{id_}", body)

    # ── what the website tells ──

    def page(self, at: int, **who: Json) -> Call:
        return self.call(at, "page", {"name": "Candles", "properties": {"path": "/candles"}}, who)

    def track(self, at: int, event: str, properties: dict[str, Json], **who: Json) -> Call:
        return self.call(at, "track", {"event": event, "properties": properties}, who)

    def identify(self, at: int, **traits: Json) -> Call:
        return self.call(at, "identify", {"userId": f"user-{self.id}", "traits": traits}, {})

    def call(self, at: int, kind: str, body: dict[str, Json], who: dict[str, Json]) -> Call:
        moment = {"messageId": f"{kind}-{self.id}-{at}", "timestamp": self.when(at), "sentAt": self.when(at)}
        return Call(self.begun + at, kind, {"anonymousId": self.browser, **moment, **body, **who})

    def when(self, at: int) -> str:
        return f"{iso(self.begun + at)[:19]}Z"


# ── their ways ──


def visitor_who_becomes_known(person: Person) -> Iterable[Told]:
    """Three days of visits, then the newsletter; the site says who that is, and visits go on."""
    yield from (person.page(day * DAY + n * MINUTE) for day in range(3) for n in range(3))
    yield person.track(2 * DAY + HOUR, "Product Viewed", {"product_id": CANDLE, "price": 24.5})
    yield person.customer(3 * DAY)
    yield person.consent(3 * DAY + SECOND)
    yield person.identify(3 * DAY + 10 * SECOND, email=person.email)
    yield from (person.page(day * DAY) for day in range(4, 120, 20))


def agrees_twice(person: Person) -> Iterable[Told]:
    """The box is ticked again at a checkout six weeks later: nothing that has not been said before."""
    yield person.customer(0)
    yield person.consent(0)
    yield person.order(45 * DAY)
    yield person.consent(45 * DAY + SECOND)


def customer_of_old(person: Person) -> Iterable[Told]:
    """An order first, a hundred days without a word, then the newsletter, of which only the consent's topic tells."""
    yield person.customer(0)
    yield person.order(MINUTE)
    yield person.consent(100 * DAY)


def brought_over(person: Person) -> Iterable[Told]:
    """Subscribes; three days later the shop brings their order of two and a half years ago over from its old system."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.order(3 * DAY, placed=-900 * DAY)


def edited_after_leaving(person: Person) -> Iterable[Told]:
    """Leaves the newsletter, and the shop goes on editing the customer; a payload of old says an undated yes."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.consent(20 * DAY, "unsubscribed")
    stale = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": None}
    yield person.customer(30 * DAY, "customers/update", email_marketing_consent=stale)


def two_accounts(person: Person) -> Iterable[Told]:
    """Two customers, one person: the shop merges them, and the one that stays gets the other's address."""
    other = Person(500 + person.id - FIRST, person.begun)
    yield person.customer(0)
    yield person.consent(SECOND)
    yield other.customer(HOUR)
    yield other.consent(HOUR + SECOND)
    yield person.webhook(
        10 * DAY,
        "customers/merge",
        {
            "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{person.id}",
            "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{other.id}",
            "admin_graphql_api_job_id": None,
            "status": "completed",
            "errors": [],
        },
    )
    yield person.customer(10 * DAY + MINUTE, "customers/update", email=other.email)


def leaves_a_cart(person: Person) -> Iterable[Told]:
    """Subscribes, and leaves a checkout; no order comes of it."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.checkout(5 * DAY)
    yield person.checkout(5 * DAY + 10 * MINUTE, "checkouts/update", begun=5 * DAY)


def buys_what_was_in_the_cart(person: Person) -> Iterable[Told]:
    """The checkout's own last word comes after the order, and says that it is completed."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.checkout(5 * DAY)
    yield person.order(5 * DAY + 10 * MINUTE, cart_token=f"cart-{person.id}", checkout_token=f"checkout-{person.id}")
    done = person.when(5 * DAY + 10 * MINUTE)
    yield person.checkout(5 * DAY + 10 * MINUTE + 2 * SECOND, "checkouts/update", begun=5 * DAY, completed_at=done)


def told_of_by_shop_and_site(person: Person) -> Iterable[Told]:
    """The thank-you page tells of the order, too: by the number that the customer sees."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.identify(MINUTE, email=person.email)
    yield person.track(2 * DAY, "Order Completed", {"order_id": f"{person.id % 1000}1", "total": 30, "currency": "GBP"})
    yield person.order(2 * DAY + 3 * SECOND)


def cancels_the_second(person: Person) -> Iterable[Told]:
    """Two orders within a quarter of a minute, and one of them is cancelled: it was one too many."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.order(DAY)
    yield person.order(DAY + 10 * SECOND, 2)
    cancelled = {"cancelled_at": person.when(2 * DAY), "cancel_reason": "customer", "financial_status": "voided"}
    yield person.order(2 * DAY, 2, "orders/updated", placed=DAY + 10 * SECOND, **cancelled)


def moves_abroad(person: Person) -> Iterable[Told]:
    """From San Francisco, CA to Berlin, where there is no state to fill in."""
    here = {"country_code": "US", "province_code": "CA", "city": "San Francisco", "zip": "94103"}
    there = {"country_code": "DE", "province_code": None, "province": None, "city": "Berlin", "zip": "10115"}
    yield person.customer(0, default_address=here)
    yield person.consent(SECOND)
    yield person.customer(9 * DAY, "customers/update", default_address=there)


def pays_in_yen(person: Person) -> Iterable[Told]:
    """The order is in the shop's currency, its refund in the one that was paid with."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.order(DAY, presentment_currency="JPY")
    refund = {
        "id": person.id * 10,
        "order_id": person.id * 10 + 1,
        "created_at": person.when(2 * DAY),
        "refund_line_items": [
            {
                "id": 1,
                "quantity": 1,
                "subtotal": "12.25",
                "subtotal_set": {"shop_money": {"amount": "12.25", "currency_code": "GBP"}},
                "total_tax_set": {"shop_money": {"amount": "0.00", "currency_code": "GBP"}},
            }
        ],
        "order_adjustments": [],
        "transactions": [{"id": 1, "kind": "refund", "status": "success", "amount": "2300", "currency": "JPY"}],
    }
    yield person.webhook(2 * DAY, "refunds/create", refund)


def has_themselves_erased(person: Person) -> Iterable[Told]:
    """And a webhook from before comes after."""
    yield person.customer(0)
    yield person.consent(SECOND)
    yield person.order(DAY)
    redacted = {"id": person.id, "email": person.email, "phone": None}
    body = {"shop_id": 1, "shop_domain": SHOP, "customer": redacted, "orders_to_redact": [person.id * 10 + 1]}
    yield person.webhook(12 * DAY, "customers/redact", body)
    late = person.order(11 * DAY, topic="orders/fulfilled", placed=DAY)
    yield Webhook(person.begun + 12 * DAY + HOUR, late.topic, late.shop, late.webhook_id, late.event_id, late.body)


WAYS: tuple[Callable[[Person], Iterable[Told]], ...] = (
    visitor_who_becomes_known,
    agrees_twice,
    customer_of_old,
    brought_over,
    edited_after_leaving,
    two_accounts,
    leaves_a_cart,
    buys_what_was_in_the_cart,
    told_of_by_shop_and_site,
    cancels_the_second,
    moves_abroad,
    pays_in_yen,
    has_themselves_erased,
)
"""A way each, in the order of their numbers."""


def who(way: Callable[[Person], Iterable[Told]], since: Instant) -> Person:
    """The person whose way it is."""
    number = WAYS.index(way) + 1
    return Person(number, since + number * HOUR)
