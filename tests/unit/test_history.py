"""The sample's history as webhooks: what the shop's own normaliser and profiles make of them."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import hmac
import json
import shlex
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from infra.local.shop import history
from infra.local.shop.history import Customer, Invoice, Line, Product, Webhook
from infra.local.shop.sample import make
from shared.domain.events import DAY, HOUR, Event, Type, iso
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.sources import shopify


@pytest.fixture(scope="module")
def whole() -> list[Webhook]:
    return list(history.webhooks())


def normalised(webhook: Webhook) -> tuple[Event, ...]:
    headers = {
        "x-shopify-topic": webhook.topic,
        "x-shopify-shop-domain": webhook.shop,
        "x-shopify-webhook-id": webhook.webhook_id,
        "x-shopify-event-id": webhook.event_id,
    }
    return shopify.events(json.loads(history.as_bytes(webhook.body)), headers, webhook.at)


# ── the whole history ──


def test_the_history_is_in_order_of_time_and_starts_with_the_catalogue(whole: list[Webhook]) -> None:
    assert [webhook.at for webhook in whole] == sorted(webhook.at for webhook in whole)
    first_customer = next(at for at, webhook in enumerate(whole) if webhook.topic == "customers/create")
    assert {webhook.topic for webhook in whole[:first_customer]} == {"products/create"}
    assert iso(whole[-1].at)[:10] == "2011-12-09"


def test_the_history_is_a_few_hundred_customers_with_all_kinds_of_webhooks(whole: list[Webhook]) -> None:
    counts = Counter(webhook.topic for webhook in whole)
    assert counts["customers/create"] == 250
    assert 800 < counts["orders/create"] < 1_000
    assert counts["refunds/create"] > 100
    assert counts["orders/cancelled"] > 0


def test_one_seed_gives_one_history_and_another_seed_other_people(whole: list[Webhook]) -> None:
    assert list(history.webhooks(seed=1)) == whole
    names = {
        seed: [w.body["first_name"] for w in history.webhooks(seed, 50) if w.topic == "customers/create"]
        for seed in (1, 2)
    }
    assert names[1] != names[2]


def test_fewer_customers_are_the_same_people_with_the_same_orders(whole: list[Webhook]) -> None:
    few = [webhook for webhook in history.webhooks(customers=20) if webhook.topic != "products/create"]
    ids = {webhook.webhook_id: webhook for webhook in whole}
    assert len({webhook.body["email"] for webhook in few if webhook.topic == "customers/create"}) == 20
    assert all(ids[webhook.webhook_id] == webhook for webhook in few)


def test_ids_tell_webhooks_and_things_apart(whole: list[Webhook]) -> None:
    assert len({webhook.webhook_id for webhook in whole}) == len(whole)
    names = ("id", "customer_id", "customerId")
    things = {(webhook.topic, *(webhook.body.get(name) for name in names)) for webhook in whole}
    assert len(things) == len(whole)


def test_people_are_made_up_and_say_so(whole: list[Webhook]) -> None:
    people = [webhook.body for webhook in whole if webhook.topic == "customers/create"]
    assert len({person["email"] for person in people}) == len(people)
    assert all(person["email"].endswith("@example.com") for person in people)
    assert not any({"tags", "email_marketing_consent"} & person.keys() for person in people)  # since 2025-01
    told = [webhook.body for webhook in whole if webhook.topic == "customer.tags_added"]
    tagged = {body["customerId"]: body["tags"] for body in told}
    assert all("made-up" in tagged[person["admin_graphql_api_id"]] for person in people)
    agreed = sum(webhook.topic == history.CONSENT for webhook in whole)
    assert 0.7 < agreed / len(people) < 0.9


def test_nobody_orders_before_they_have_signed_up(whole: list[Webhook]) -> None:
    signed_up: dict[int, int] = {}
    for webhook in whole:
        if webhook.topic == "customers/create":
            signed_up[webhook.body["id"]] = webhook.at
        elif webhook.topic == "orders/create":
            assert webhook.at > signed_up[webhook.body["customer"]["id"]]


def test_line_items_name_products_of_the_catalogue_but_no_category_as_in_shopify(whole: list[Webhook]) -> None:
    catalogue = {webhook.body["id"] for webhook in whole if webhook.topic == "products/create"}
    lines = [line for webhook in whole if webhook.topic == "orders/create" for line in webhook.body["line_items"]]
    assert {line["product_id"] for line in lines} - {None} <= catalogue
    assert all("product_type" not in line for line in lines)


def test_every_webhook_is_taken_and_counts_at_its_own_instant(whole: list[Webhook]) -> None:
    for webhook in whole:
        events = normalised(webhook)
        assert events, webhook.topic
        assert {event.time for event in events} == {webhook.at}


def test_profiles_add_up_to_what_the_data_says(whole: list[Webhook]) -> None:
    """Real money: what all profiles' orders kept is the sample's goods and postage, less what could be matched."""
    customer_of: dict[str, str] = {}
    profiles: dict[str, Profile] = {}
    for webhook in whole:
        for event in normalised(webhook):
            if event.type == Type.PRODUCT_UPDATED:
                continue
            order = str(event.properties.get("order_id", ""))
            customer = next((i.value for i in event.identities if i.kind == "shopify"), customer_of.get(order, ""))
            customer_of.setdefault(order, customer)
            fold(profiles.setdefault(customer, Profile(customer)), event)
    assert "" not in profiles
    kept = sum(order.net for profile in profiles.values() for order in profile.orders.values())
    assert all(order.net >= 0 for profile in profiles.values() for order in profile.orders.values())

    with gzip.open(history.SAMPLE / make.LINES, "rt") as file:
        rows = [row for row in csv.DictReader(file) if row["stock_code"] not in history.BOOKKEEPING]
    value = sum(int(row["quantity"]) * round(float(row["price"]) * 100) for row in rows)
    taken_back = -sum(int(r["quantity"]) * round(float(r["price"]) * 100) for r in rows if r["invoice"].startswith("C"))
    assert value <= kept <= value + 0.15 * taken_back


# ── taking back ──

AT = 1_300_000_000_000
TITLES = {code: Product(code, f"Product {code}", "bags") for code in ("A", "B")} | {
    "POST": Product("POST", "Postage", "")
}


def life(*invoices: Invoice) -> list[Webhook]:
    customer = Customer("1", "United Kingdom", list(invoices))
    return list(history._life(history._made_up(1, customer, TITLES), TITLES))


def refunds(webhooks: list[Webhook]) -> list[tuple[str, str]]:
    """Which order was refunded how much."""
    orders = {webhook.body["id"]: webhook.body["name"] for webhook in webhooks if webhook.topic == "orders/create"}
    return [
        (orders[webhook.body["order_id"]], webhook.body["transactions"][0]["amount"])
        for webhook in webhooks
        if webhook.topic == "refunds/create"
    ]


def test_a_part_taken_back_is_a_refund_of_the_newest_order_that_has_it() -> None:
    webhooks = life(
        Invoice("1", AT, [Line("A", 5, 200)]),
        Invoice("2", AT + DAY, [Line("A", 5, 200), Line("B", 1, 950)]),
        Invoice("C3", AT + 2 * DAY, [Line("A", -2, 200)]),
    )
    assert refunds(webhooks) == [("#2", "4.00")]
    assert not any(webhook.topic == "orders/cancelled" for webhook in webhooks)


def test_more_than_the_newest_order_has_is_taken_from_the_one_before_too() -> None:
    webhooks = life(
        Invoice("1", AT, [Line("A", 5, 200), Line("B", 1, 100)]),
        Invoice("2", AT + DAY, [Line("A", 1, 200), Line("B", 1, 100)]),
        Invoice("C3", AT + 2 * DAY, [Line("A", -3, 200)]),
    )
    assert refunds(webhooks) == [("#2", "2.00"), ("#1", "4.00")]


def test_all_goods_taken_back_at_once_cancel_the_order_and_refund_the_postage() -> None:
    webhooks = life(
        Invoice("1", AT, [Line("A", 5, 200), Line("POST", 1, 1800)]),
        Invoice("C2", AT + DAY, [Line("A", -5, 200)]),
        Invoice("C3", AT + 2 * DAY, [Line("POST", -1, 1800)]),
    )
    cancelled = next(webhook for webhook in webhooks if webhook.topic == "orders/cancelled")
    assert cancelled.body["cancelled_at"] == f"{iso(AT + DAY)[:19]}+00:00"
    assert refunds(webhooks) == [("#1", "28.00")]
    refund = next(webhook for webhook in webhooks if webhook.topic == "refunds/create")
    assert refund.event_id == cancelled.event_id


def test_what_was_never_bought_is_not_taken_back() -> None:
    webhooks = life(
        Invoice("1", AT, [Line("A", 1, 200)]),
        Invoice("C2", AT + DAY, [Line("B", -1, 200), Line("A", -1, 150)]),
    )
    assert [webhook.topic for webhook in webhooks if "customer" not in webhook.topic] == ["orders/create"]


# ── signing ──


def test_the_signature_is_shopifys() -> None:
    body = history.as_bytes({"name": "Zoë"})
    expected = base64.b64encode(hmac.new(b"secret", body, hashlib.sha256).digest()).decode()
    assert history.signed(body, "secret") == expected


def test_the_curl_command_survives_the_shell_with_its_signature() -> None:
    webhook = Webhook(AT, "orders/create", history.SHOP, "w", "e", {"note": "it's \"Zoë's\" $HOME `x`\n"})
    words = shlex.split(history.curl(webhook, "http://localhost:8000/webhooks/shopify", "secret").replace("\\\n", ""))
    body = words[words.index("--data-binary") + 1]
    assert json.loads(body) == webhook.body
    assert f"X-Shopify-Hmac-SHA256: {history.signed(body.encode(), 'secret')}" in words


# ── reactions ──


def reactions(contacts: int, mails: int) -> list[tuple[str, list[history.Reaction]]]:
    return [
        (f"c{contact}", history.reaction(1, f"c{contact}", f"m{mail}", [{"link": "https://shop.example.com"}]))
        for contact in range(contacts)
        for mail in range(mails)
    ]


def test_reactions_repeat_and_come_in_order_of_time() -> None:
    assert reactions(50, 5) == reactions(50, 5)
    for _, made in reactions(300, 5):
        assert [each.delay for each in made] == sorted(each.delay for each in made)
        assert all(0 < each.delay < 48 * HOUR for each in made)


def test_whoever_clicks_has_opened_the_mail_as_a_person() -> None:
    clicked = [made for _, made in reactions(300, 5) if any(each.kind == "Click" for each in made)]
    assert clicked
    for made in clicked:
        assert any(each.kind == "Open" and not each.details.get("bot") for each in made)


def test_an_address_that_does_not_exist_bounces_each_time_and_does_nothing_else() -> None:
    bounced = {contact for contact, made in reactions(1_000, 3) if any(each.kind == "Bounce" for each in made)}
    assert 0 < len(bounced) < 30
    assert all(
        [each.kind for each in made] == ["Bounce"] for contact, made in reactions(1_000, 3) if contact in bounced
    )


def test_without_links_nobody_clicks() -> None:
    made = [each for contact in range(300) for each in history.reaction(1, f"c{contact}", "m")]
    assert made
    assert not any(each.kind == "Click" for each in made)


# ── making the sample ──


@pytest.mark.parametrize(
    ("description", "category"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "candles"),
        ("CHRISTMAS CANDLE", "Christmas"),
        ("JUMBO BAG RED RETROSPOT", "bags"),
        ("CHILDREN'S APRON DOLLY GIRL", "toys"),
        ("CARDIGAN", ""),  # words count, not parts of words
        ("PORCELAIN ROSE SMALL", ""),
    ],
)
def test_a_category_is_derived_from_the_words_of_a_description(description: str, category: str) -> None:
    assert make.category(description) == category


def test_the_shops_local_time_becomes_utc_in_summer_and_winter() -> None:
    assert make.in_utc(datetime(2011, 7, 1, 9, 30)) == "2011-07-01T08:30Z"  # noqa: DTZ001
    assert make.in_utc(datetime(2011, 12, 1, 9, 30)) == "2011-12-01T09:30Z"  # noqa: DTZ001


def test_the_sample_takes_the_year_of_those_who_ordered_and_is_the_same_each_time(tmp_path: Path) -> None:
    source = tmp_path / "full.parquet"
    rows: list[tuple[Any, ...]] = [
        ("1", "A", "CARD", 1, "2010-12-08 10:00", 1.5, 1, "France"),  # before the year
        ("2", "A", "CARD", 2, "2011-01-08 10:00", 1.5, 1, "France"),
        ("3", "B", "MUG", 2, "2011-01-08 10:00", 1.5, None, "France"),  # a guest
        ("C4", "A", "CARD", -2, "2011-01-09 10:00", 1.5, 2, "France"),  # only took back
    ]
    db = duckdb.connect()
    db.execute(
        """CREATE TABLE full_file (invoice VARCHAR, stock_code VARCHAR, description VARCHAR, quantity INTEGER,
            invoice_ts TIMESTAMP, price DOUBLE, customer_id INTEGER, country VARCHAR)"""
    )
    db.executemany("INSERT INTO full_file VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.execute(f"COPY full_file TO '{source}' (FORMAT parquet)")
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        make.make(source, tmp_path / name)
        made.append([(tmp_path / name / file).read_bytes() for file in (make.LINES, make.PRODUCTS)])
    assert made[0] == made[1]
    assert gzip.decompress(made[0][0]).decode().splitlines()[1:] == ["1,France,2,2011-01-08T10:00Z,A,2,1.5"]
    assert made[0][1].decode().splitlines()[1:] == ["A,CARD,stationery"]
