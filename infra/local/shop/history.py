"""A real shop's history as the Shopify webhooks it would have caused, and made-up people to have it.

What is real: the orders, cancellations, goods, prices, instants and countries, out of Online Retail II (see
`sample/README.md`). What is made up, repeatably from a seed: names, addresses (at example.com), cities, sign-ups, where
people signed up, what interests them, and their consent. Each made-up person carries the tag `made-up`.

What the data has and a shop on Shopify could not have had is left out: bank charges and other book-keeping lines, and
what was taken back of orders from before the sample's year.
"""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import heapq
import hmac
import json
import random
import shlex
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.shop import picture_of
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Instant, Json, iso, parse_instant

SAMPLE = Path(__file__).parent / "sample"
ATTRIBUTION = (
    "Order history: a sample of Online Retail II, UCI Machine Learning Repository, doi 10.24432/C5CG6D, CC BY 4.0. "
    "People, addresses, sign-ups, consent and product categories are made up or derived."
)

SHOP = "corner-gift-shop.myshopify.com"
VENDOR = "The Corner Gift Shop"

CATALOGUE_AT: Instant = parse_instant("2010-11-01")
"""The catalogue comes before all people, one product a second: here, or the day before the first of them."""
SUBSCRIBED = 0.8
SOURCES = {"checkout": 0.45, "newsletter": 0.3, "popup": 0.15, "referral": 0.1}
INTERESTED = 0.6
"""Shares of people who agree to mail at sign-up, who sign up where, and who name an interest. All made up."""

SHIFTED = 21 * DAY
"""By how much, at most, a made-up customer's orders are earlier or later than those they are like."""

AT_ONCE, EVERY = 100, 30 * SECOND
"""How histories are brought over: those of so many people in so much time."""

POSTAGE = frozenset({"POST", "C2", "DOT"})
BY_HAND = "M"  # "Manual": what the shop's catalogue does not know, in Shopify a custom item
BOOKKEEPING = frozenset({"ADJUST", "ADJUST2", "AMAZONFEE", "B", "BANK CHARGES", "CRUK", "D", "S", "TEST001", "TEST002"})


@dataclass(frozen=True)
class Webhook:
    """One webhook: when Shopify sends it, its headers' values, and its payload. `signed` makes the signature.

    `with_it` are those of other topics that the same happening causes.
    """

    at: Instant
    topic: str
    shop: str
    webhook_id: str
    event_id: str
    body: dict[str, Json]
    with_it: tuple[Webhook, ...] = ()


def webhooks(
    seed: int = 1, customers: int | None = None, since: Instant = 0, early: int = 0, sample: Path = SAMPLE
) -> Iterator[Webhook]:
    """The history in order of time: the catalogue, then sign-ups, orders, cancellations and refunds.

    `since` leaves out the invoices before it, and so who has no order after it: the shop as if it began then, but for
    the first `early` of the sample's customers, of whom the whole year is told.
    `customers` takes the first so many (the sample's order is random, so they are a sample of their own), and of the
    catalogue only what they bought. The same seed gives the same webhooks, and a person does not depend on who else is
    there. `sample` is a directory that `sample.make` has written.
    """
    chosen = list(islice(_customers(since, sample, early), customers))
    bought = {line.stock_code for customer in chosen for invoice in customer.invoices for line in invoice.lines}
    titles = _titles(sample)
    catalogue = [product for code, product in sorted(titles.items()) if code in bought and code not in POSTAGE]
    prices = _usual_prices(chosen)
    made = [_made_up(seed, customer, titles) for customer in chosen]
    begun = min([CATALOGUE_AT, *(person.signed_up_at - DAY for person in made)])
    yield from (_product_created(begun + n * SECOND, product, prices) for n, product in enumerate(catalogue))
    yield from heapq.merge(*(_life(person, titles) for person in made), key=lambda webhook: webhook.at)


def own_customers(since: Instant = 0, early: int = 0, sample: Path = SAMPLE) -> int:
    """How many customers of the sample `webhooks` tells of."""
    return sum(1 for _ in _customers(since, sample, early))


def more_like_them(many: int, seed: int = 1, since: Instant = 0, sample: Path = SAMPLE) -> Iterator[Iterator[Webhook]]:
    """The lives of so many made-up customers beyond the sample's own, each in order of time.

    They buy the same as the sample's own do, some days earlier or later.
    """
    titles = _titles(sample)
    for customer in _more_like(list(_customers(since, sample)), since, seed, many):
        yield _life(_made_up(seed, customer, titles), titles)


def brought_over(lives: Iterable[Iterable[Webhook]], at: Instant) -> Iterator[Webhook]:
    """Lives as a shop brings its history over: all that has happened to one person is told at once, long after it was,
    `AT_ONCE` people every `EVERY` from `at` on."""
    for number, life in enumerate(lives):
        for webhook in life:
            yield replace(webhook, at=at + number // AT_ONCE * EVERY)


def signed(body: bytes, secret: str) -> str:
    """The value of `X-Shopify-Hmac-SHA256` for a raw body."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def as_bytes(body: dict[str, Json]) -> bytes:
    """A payload as it goes over the line."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def curl(webhook: Webhook, url: str, secret: str) -> str:
    """A command that posts the webhook, signed, to be pasted into a shell."""
    body = as_bytes(webhook.body)
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": webhook.topic,
        "X-Shopify-Shop-Domain": webhook.shop,
        "X-Shopify-Webhook-Id": webhook.webhook_id,
        "X-Shopify-Event-Id": webhook.event_id,
        "X-Shopify-Hmac-SHA256": signed(body, secret),
    }
    parts = [f"curl -i {shlex.quote(url)}"]
    parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
    parts += [f"--data-binary {shlex.quote(body.decode())}"]
    return " \\\n  ".join(parts)


# ── the sample ──


class Line(NamedTuple):
    stock_code: str
    quantity: int
    price: int  # pence a unit


class Invoice(NamedTuple):
    number: str
    at: Instant
    lines: list[Line]

    @property
    def takes_back(self) -> bool:
        return self.number.startswith("C")


@dataclass(frozen=True)
class Customer:
    """A customer of the data: a number, a country, and invoices in order of time, the first of them an order."""

    number: str
    country: str
    invoices: list[Invoice]


class Product(NamedTuple):
    stock_code: str
    title: str
    category: str  # derived; "" where no word of the description tells


def _customers(since: Instant, sample: Path, early: int = 0) -> Iterator[Customer]:
    """The sample's customers in its own order: its first `early` ones, and who ordered from `since` on."""
    with gzip.open(sample / "order_lines.csv.gz", "rt", encoding="utf-8") as file:
        for place, (number, rows) in enumerate(groupby(csv.DictReader(file), key=lambda row: row["customer"])):
            listed = list(rows)
            invoices = [_invoice(list(of_one)) for _, of_one in groupby(listed, key=lambda row: row["invoice"])]
            invoices = [invoice for invoice in invoices if place < early or invoice.at >= since]
            orders = (at for at, invoice in enumerate(invoices) if invoice.lines and not invoice.takes_back)
            if (first := next(orders, None)) is not None:
                yield Customer(number, listed[0]["country"], invoices[first:])


def _more_like(customers: Sequence[Customer], since: Instant, seed: int, many: int) -> Iterator[Customer]:
    """So many customers with the orders of these, each at other days, none of them before `since` or after the last."""
    last = max((customer.invoices[-1].at for customer in customers), default=since)
    for number in range(many):
        round_, like = number // len(customers) + 1, customers[number % len(customers)]
        shift = random.Random(f"{seed}/{round_}/{like.number}").randint(-SHIFTED, SHIFTED)
        shift = min(max(shift, since - like.invoices[0].at), last - like.invoices[-1].at)
        invoices = [
            Invoice(f"{invoice.number}{round_:03d}", invoice.at + shift, invoice.lines) for invoice in like.invoices
        ]
        yield Customer(f"{like.number}{round_:03d}", like.country, invoices)


def _invoice(rows: Sequence[dict[str, str]]) -> Invoice:
    lines = [
        Line(row["stock_code"], int(row["quantity"]), round(float(row["price"]) * 100))
        for row in rows
        if row["stock_code"] not in BOOKKEEPING
    ]
    return Invoice(rows[0]["invoice"], parse_instant(rows[0]["time"]), lines)


def _titles(sample: Path) -> dict[str, Product]:
    with (sample / "products.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["stock_code"]: Product(
                row["stock_code"], " ".join(row["description"].split()).capitalize(), row["derived_category"]
            )
            for row in csv.DictReader(file)
        }


def _usual_prices(customers: Iterable[Customer]) -> dict[str, int]:
    """What each product most often cost, in pence."""
    seen: dict[str, Counter[int]] = {}
    for customer in customers:
        for line in (line for invoice in customer.invoices for line in invoice.lines):
            seen.setdefault(line.stock_code, Counter())[line.price] += 1
    return {code: min(prices, key=lambda price: (-prices[price], price)) for code, prices in seen.items()}


# ── people, made up ──

FIRST_NAMES = (
    "Ada Aisha Alan Amara Anders Anna Arjun Beatrix Ben Bruno Carla Chen Chloe Clara Dara David Dilys Edith Elena "
    "Elias Emeka Emma Farah Felix Fiona Freya Gareth Grace Hamish Hana Hugo Imogen Ines Isaac Ivy Jack Jonas "
    "Julia Kai Karin Kofi Lars Leila Lena Liam Lucia Maeve Marco Maya Mei Milo Nadia Nia Noor Olga Omar Oscar "
    "Petra Priya Quinn Rafael Rosa Ruth Samir Sofia Stella Tariq Theo Tomas Uma Vera Wanda Wim Yara Yusuf Zoe"
)
LAST_NAMES = (
    "Abbott Ahmed Andersson Baker Becker Bell Bianchi Brown Campbell Carter Chang Cole Costa Davies Dubois Duffy "
    "Evans Fischer Fletcher Garcia Gibson Gray Haddad Hall Hughes Ibrahim Jansen Jones Kaur Keller Khan King "
    "Kowalski Laurent Lewis Lopez Martin Mensah Mills Moore Morgan Murphy Nakamura Nielsen Novak Okafor Owen "
    "Parker Patel Price Reid Rossi Scott Shah Silva Smith Stone Svensson Taylor Turner Virtanen Walker Weber Wood "
    "Wright Young"
)
CITIES = {
    "United Kingdom": (
        ("London", "England", "ENG", "E1 6AN"),
        ("Manchester", "England", "ENG", "M1 1AE"),
        ("Birmingham", "England", "ENG", "B1 1AA"),
        ("Leeds", "England", "ENG", "LS1 4DY"),
        ("Bristol", "England", "ENG", "BS1 4DJ"),
        ("Norwich", "England", "ENG", "NR2 1TF"),
        ("Edinburgh", "Scotland", "SCT", "EH1 1YZ"),
        ("Glasgow", "Scotland", "SCT", "G1 1DA"),
        ("Cardiff", "Wales", "WLS", "CF10 1EP"),
        ("Belfast", "Northern Ireland", "NIR", "BT1 5GS"),
    ),
    "Australia": (("Melbourne", "Victoria", "VIC", "3000"),),
    "Bahrain": (("Manama", None, None, None),),
    "Belgium": (("Brussels", None, None, "1000"),),
    "Cyprus": (("Nicosia", None, None, "1010"),),
    "Finland": (("Helsinki", None, None, "00100"),),
    "France": (("Paris", None, None, "75001"), ("Lyon", None, None, "69001")),
    "Germany": (("Berlin", None, None, "10115"), ("Cologne", None, None, "50667")),
    "Netherlands": (("Utrecht", None, None, "3511"),),
    "Spain": (("Madrid", "Madrid", "M", "28001"), ("Valencia", "Valencia", "V", "46001")),
}
CODES = {
    "United Kingdom": "GB", "Australia": "AU", "Bahrain": "BH", "Belgium": "BE", "Cyprus": "CY", "Finland": "FI",
    "France": "FR", "Germany": "DE", "Netherlands": "NL", "Spain": "ES",
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """A customer of the data with everything made up that the data does not have."""

    customer: Customer
    first_name: str
    last_name: str
    city: tuple[str, str | None, str | None, str | None] | None
    signed_up_at: Instant
    source: str
    interest: str | None
    subscribed: bool

    @property
    def email(self) -> str:
        return f"{self.first_name.lower()}.{self.last_name[0].lower()}{self.customer.number}@example.com"

    @cached_property
    def payload(self) -> dict[str, Json]:
        """Shopify's customer object."""
        id_, created = _number("customer", self.customer.number), _shopify_time(self.signed_up_at)
        address = self._address(id_)
        return {
            "id": id_,
            "admin_graphql_api_id": f"gid://shopify/Customer/{id_}",
            "created_at": created,
            "updated_at": created,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "verified_email": True,
            "phone": None,
            "state": "disabled",
            "currency": "GBP",
            "note": None,
            "multipass_identifier": None,
            "tax_exempt": False,
            "tax_exemptions": [],
            "addresses": [address] if address else [],
            **({"default_address": address} if address else {}),
        }

    @property
    def tags(self) -> list[str]:
        return ["made-up", f"source:{self.source}", *([f"interest:{self.interest}"] if self.interest else [])]

    def _address(self, customer: int) -> dict[str, Json] | None:
        if self.city is None:
            return None
        city, province, province_code, postcode = self.city
        return {
            "id": _number("address", self.customer.number),
            "customer_id": customer,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "name": f"{self.first_name} {self.last_name}",
            "company": None,
            "address1": "1 Made-up Street",
            "address2": None,
            "city": city,
            "province": province,
            "province_code": province_code,
            "zip": postcode,
            "country": self.customer.country,
            "country_name": self.customer.country,
            "country_code": CODES[self.customer.country],
            "phone": None,
            "default": True,
        }


def _made_up(seed: int, customer: Customer, titles: dict[str, Product]) -> Person:
    """A person for a customer. At the checkout one signs up minutes before the first order, elsewhere 1 to 35 days."""
    chance = random.Random(f"{seed}/{customer.number}")
    source = chance.choices(list(SOURCES), list(SOURCES.values()))[0]
    ahead = chance.randint(2 * MINUTE, 15 * MINUTE) if source == "checkout" else chance.randint(DAY, 35 * DAY)
    interested = chance.random() < INTERESTED
    return Person(
        customer=customer,
        first_name=chance.choice(FIRST_NAMES.split()),
        last_name=chance.choice(LAST_NAMES.split()),
        city=chance.choice(CITIES[customer.country]) if customer.country in CITIES else None,
        signed_up_at=(customer.invoices[0].at - ahead) // SECOND * SECOND,
        source=source,
        interest=_favourite(customer, titles) if interested else None,
        subscribed=chance.random() < SUBSCRIBED,
    )


def _favourite(customer: Customer, titles: dict[str, Product]) -> str | None:
    """The category most of the customer's lines are of: what they may have named at sign-up."""
    lines = [line for invoice in customer.invoices for line in invoice.lines]
    counts = Counter(titles[line.stock_code].category for line in lines)
    del counts[""]
    return min(counts, key=lambda category: (-counts[category], category), default=None)


# ── webhooks ──

CONSENT = "customers_email_marketing_consent/update"


def tags_added(customer: int, tags: Sequence[str], at: Instant) -> dict[str, Json]:
    """What Shopify tells of tags since API version 2025-01: nothing of them is in the customer's own payloads."""
    return {"customerId": f"gid://shopify/Customer/{customer}", "tags": list(tags), "occurredAt": iso(at)}


def consent_told(customer: int, address: str, at: Instant) -> dict[str, Json]:
    """What Shopify tells of a yes since API version 2025-01."""
    consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": iso(at)}
    return {"customer_id": customer, "email_address": address, "email_marketing_consent": consent}


@dataclass
class Order:
    """An order while later invoices take back from it: what is left of each of its lines, in units."""

    invoice: Invoice
    left: list[int]
    payload: dict[str, Json]


def _life(person: Person, titles: dict[str, Product]) -> Iterator[Webhook]:
    """One person's webhooks in order of time."""
    at, about, payload = person.signed_up_at, person.customer.number, person.payload
    yield _webhook(at, "customers/create", about, payload)
    yield _webhook(at, "customer.tags_added", about, tags_added(payload["id"], person.tags, at))
    if person.subscribed:
        yield _webhook(at, CONSENT, about, consent_told(payload["id"], person.email, at))
    orders: list[Order] = []
    for invoice in person.customer.invoices:
        if invoice.takes_back:
            yield from _taken_back(invoice, orders)
        elif any(line.stock_code not in POSTAGE for line in invoice.lines):
            orders.append(Order(invoice, [line.quantity for line in invoice.lines], _order(person, invoice, titles)))
            yield _webhook(invoice.at, "orders/create", invoice.number, orders[-1].payload)


def _taken_back(invoice: Invoice, orders: Sequence[Order]) -> Iterator[Webhook]:
    """What a cancellation of the data takes back: goods bought before at that price, of the newest orders first.

    An order whose goods are all taken back by one invoice is cancelled; any other gets a refund. What matches no order
    was bought before the sample begins, and is left out.
    """
    wanted = Counter[tuple[str, int]]()
    for line in invoice.lines:
        wanted[line.stock_code, line.price] -= line.quantity
    for order in reversed(orders):
        taken = [0] * len(order.left)
        for at, line in enumerate(order.invoice.lines):
            taken[at] = min(order.left[at], wanted[line.stock_code, line.price])
            wanted[line.stock_code, line.price] -= taken[at]
        if any(taken):
            yield from _returned(invoice, order, taken)


def _returned(invoice: Invoice, order: Order, taken: list[int]) -> Iterator[Webhook]:
    """As in Shopify, a cancellation also refunds, postage and all, and both webhooks tell of one event."""
    about = f"{invoice.number}-{order.invoice.number}"
    if all(
        units == line.quantity
        for line, units in zip(order.invoice.lines, taken, strict=True)
        if line.stock_code not in POSTAGE
    ):
        taken = list(order.left)
        yield _webhook(invoice.at, "orders/cancelled", about, _cancelled(order.payload, _shopify_time(invoice.at)))
    order.left = [left - units for left, units in zip(order.left, taken, strict=True)]
    yield _webhook(invoice.at, "refunds/create", about, _refund(about, invoice, order, taken))


def _cancelled(order: dict[str, Json], when: str) -> dict[str, Json]:
    return order | {
        "cancelled_at": when,
        "cancel_reason": "customer",
        "updated_at": when,
        "closed_at": when,
        "financial_status": "refunded",
        "current_total_price": "0.00",
        "current_subtotal_price": "0.00",
    }


def _product_created(at: Instant, product: Product, prices: dict[str, int]) -> Webhook:
    id_ = _number("product", product.stock_code)
    when = _shopify_time(at)
    image: dict[str, Json] = {
        "position": 1,
        "alt": None,
        "width": 400,
        "height": 400,
        "src": picture_of(product.category),
    }
    payload: dict[str, Json] = {
        "id": id_,
        "admin_graphql_api_id": f"gid://shopify/Product/{id_}",
        "title": product.title,
        "body_html": None,
        "vendor": VENDOR,
        "product_type": product.category[:1].upper() + product.category[1:],
        "handle": f"{'-'.join(product.title.lower().split())}-{product.stock_code.lower()}",
        "created_at": when,
        "updated_at": when,
        "published_at": when,
        "published_scope": "global",
        "template_suffix": None,
        "status": "active",
        "tags": "category-derived" if product.category else "",
        "variants": [
            {
                "id": _number("variant", product.stock_code),
                "product_id": id_,
                "title": "Default Title",
                "price": _money(prices[product.stock_code]),
                "compare_at_price": None,
                "sku": product.stock_code,
                "position": 1,
            }
        ],
        "options": [{"id": 1, "product_id": id_, "name": "Title", "position": 1, "values": ["Default Title"]}],
        "images": [image],
        "image": image,
        "media": [],
        "category": None,
    }
    return _webhook(at, "products/create", product.stock_code, payload)


def _order(person: Person, invoice: Invoice, titles: dict[str, Product]) -> dict[str, Json]:
    id_, when = _number("order", invoice.number), _shopify_time(invoice.at)
    postage = sum(line.quantity * line.price for line in invoice.lines if line.stock_code in POSTAGE)
    goods = sum(line.quantity * line.price for line in invoice.lines if line.stock_code not in POSTAGE)
    address = person.payload.get("default_address")
    return {
        "id": id_,
        "admin_graphql_api_id": f"gid://shopify/Order/{id_}",
        "app_id": 580111,
        "name": f"#{invoice.number}",
        "number": int(invoice.number),
        "order_number": int(invoice.number),
        "created_at": when,
        "processed_at": when,
        "updated_at": when,
        "closed_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "email": person.email,
        "contact_email": person.email,
        "phone": None,
        "buyer_accepts_marketing": person.subscribed,
        "confirmed": True,
        "test": False,
        "currency": "GBP",
        "presentment_currency": "GBP",
        "subtotal_price": _money(goods),
        "total_line_items_price": _money(goods),
        "total_discounts": "0.00",
        "total_tax": "0.00",
        "total_price": _money(goods + postage),
        "total_outstanding": "0.00",
        "current_subtotal_price": _money(goods),
        "current_total_price": _money(goods + postage),
        "taxes_included": True,
        "financial_status": "paid",
        "fulfillment_status": None,
        "source_name": "web",
        "landing_site": "/",
        "referring_site": "",
        "customer_locale": "en-GB",
        "cart_token": None,
        "checkout_token": hashlib.sha256(invoice.number.encode()).hexdigest()[:32],
        "discount_codes": [],
        "discount_applications": [],
        "note": None,
        "note_attributes": [],
        "tags": "",
        "refunds": [],
        "fulfillments": [],
        "customer": person.payload,
        "billing_address": address,
        "shipping_address": address,
        "line_items": [
            _line_item(invoice, at, titles)
            for at, line in enumerate(invoice.lines)
            if line.stock_code not in POSTAGE
        ],
        "shipping_lines": [
            {
                "id": _number("shipping", invoice.number),
                "title": "Postage",
                "code": "postage",
                "source": "shopify",
                "price": _money(postage),
                "discounted_price": _money(postage),
            }
        ]
        if postage
        else [],
    }  # fmt: skip


def _line_item(invoice: Invoice, at: int, titles: dict[str, Product]) -> dict[str, Json]:
    """A line of an order. It names the product, not its category: that is in the catalogue, as in Shopify."""
    line, id_ = invoice.lines[at], _number("line", invoice.number, str(at))
    title, by_hand = titles[line.stock_code].title, line.stock_code == BY_HAND
    return {
        "id": id_,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{id_}",
        "product_id": None if by_hand else _number("product", line.stock_code),
        "variant_id": None if by_hand else _number("variant", line.stock_code),
        "product_exists": not by_hand,
        "title": title,
        "name": title,
        "variant_title": None,
        "sku": None if by_hand else line.stock_code,
        "vendor": None if by_hand else VENDOR,
        "quantity": line.quantity,
        "current_quantity": line.quantity,
        "fulfillable_quantity": line.quantity,
        "fulfillment_status": None,
        "price": _money(line.price),
        "total_discount": "0.00",
        "gift_card": False,
        "requires_shipping": True,
        "taxable": True,
        "properties": [],
        "tax_lines": [],
        "discount_allocations": [],
    }


def _refund(about: str, invoice: Invoice, order: Order, taken: Sequence[int]) -> dict[str, Json]:
    id_, order_id, when = _number("refund", about), order.payload["id"], _shopify_time(invoice.at)
    items = {item["id"]: item for item in order.payload["line_items"]}
    lines = [
        (_number("line", order.invoice.number, str(at)), units, units * order.invoice.lines[at].price)
        for at, units in enumerate(taken)
        if units
    ]
    return {
        "id": id_,
        "admin_graphql_api_id": f"gid://shopify/Refund/{id_}",
        "order_id": order_id,
        "created_at": when,
        "processed_at": when,
        "note": None,
        "restock": True,
        "user_id": None,
        "order_adjustments": [],
        "transactions": [
            {
                "id": _number("transaction", about),
                "order_id": order_id,
                "kind": "refund",
                "status": "success",
                "amount": _money(sum(price for _, _, price in lines)),
                "currency": "GBP",
                "gateway": "manual",
                "test": False,
            }
        ],
        "refund_line_items": [
            {
                "id": _number("refund line", about, str(line)),
                "line_item_id": line,
                "line_item": items[line],
                "quantity": units,
                "restock_type": "return",
                "subtotal": _money(price),
                "total_tax": "0.00",
            }
            for line, units, price in lines
            if line in items
        ],
        "duties": [],
    }


def _webhook(at: Instant, topic: str, about: str, body: dict[str, Json]) -> Webhook:
    """`about` is what it tells of: with the topic it names the webhook, alone it names the event in the shop."""
    webhook_id, event_id = (str(uuid.uuid5(uuid.NAMESPACE_OID, name)) for name in (f"{topic} {about}", about))
    return Webhook(at, topic, SHOP, webhook_id, event_id, body)


def _number(*parts: str) -> int:
    """A number as Shopify's ids are (13 digits), the same for the same thing."""
    digest = hashlib.sha256("/".join(parts).encode()).digest()
    return 10**12 + int.from_bytes(digest[:8], "big") % (9 * 10**12)


def _money(pence: int) -> str:
    return f"{pence // 100}.{pence % 100:02d}"


def _shopify_time(at: Instant) -> str:
    """As Shopify writes it, of a shop whose clock is UTC."""
    return f"{iso(at)[:19]}+00:00"


# ── what people do with mails, made up ──


class Reaction(NamedTuple):
    """What `infra.local.aws.ses.happen` is to be called with, `delay` milliseconds after the mail was sent."""

    delay: int
    kind: str
    details: dict[str, Any]


PROXIED = 0.45
BAD_ADDRESS = 0.01
COMPLAINS = 0.001
TEMPERS = ((0.2, 0.7, 0.35), (0.5, 0.3, 0.12), (0.3, 0.03, 0.05))
PROXY = {"bot": True, "user_agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "ip_address": "192.0.2.66"}
"""Shares, all made up, to have something happen; they are no statement about real people. Of contacts: whose provider
fetches every mail's pictures by a proxy, and whose address does not exist. Of mails: reported as spam. The tempers are
(share of contacts, how many of their mails they open, of how many opened ones they click a link)."""


def reaction(seed: int, contact: str, message_key: str, links: Sequence[Mapping[str, Any]] = ()) -> list[Reaction]:
    """What a contact does with a mail, in order of time: the same for the same arguments.

    `links` are those the contact may click, as what is told of a click; without any there is no click.
    """
    who, what = random.Random(f"{seed}/{contact}"), random.Random(f"{seed}/{contact}/{message_key}")
    if who.random() < BAD_ADDRESS:
        return [Reaction(2 * SECOND, "Bounce", {"bounce_type": "Permanent"})]
    reactions = []
    if who.random() < PROXIED:
        reactions.append(Reaction(what.randint(5 * SECOND, 90 * SECOND), "Open", dict(PROXY)))
    (_, opens, clicks) = who.choices(TEMPERS, [share for share, _, _ in TEMPERS])[0]
    if what.random() < opens:
        opened = what.randint(10 * MINUTE, 30 * HOUR)
        reactions.append(Reaction(opened, "Open", {}))
        if links and what.random() < clicks:
            clicked = dict(what.choice(links))
            reactions.append(Reaction(opened + what.randint(5 * SECOND, 3 * MINUTE), "Click", clicked))
        if what.random() < COMPLAINS / opens:
            reactions.append(Reaction(opened + 5 * MINUTE, "Complaint", {}))
    return reactions
