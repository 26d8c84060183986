"""What a million storefront events cost at list prices: counted on the local run, and priced.

A month's million is played for an hour or so, at its own pace, since how many events share a batch depends on it. The
visitors are customers of the sample shop with its real orders behind them; what they do in the hour is made up.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

from infra.local import gateway, settings
from infra.local.aws import dynamodb
from infra.local.aws.template import Template
from infra.local.gateway import Request
from infra.local.shop import history, storefront
from infra.local.shop.history import Webhook
from infra.local.system import System
from shared.adapters import contacts, identities
from shared.domain.events import DAY, MINUTE, SECOND, Identity, IdentityKind, Instant, iso, parse_instant
from shared.domain.profiles.stored import as_json, dump
from tests.benchmarks.counting import Watch, watched
from tests.benchmarks.measuring import Row
from tests.benchmarks.prices import DATE, price

AIM = 6.30  # dollars a million
SINCE = parse_instant("2011-10-01")
SETTLED = 12 * DAY
"""After the last order of the sample: by then onboarding is over, and no mail is sent in the measured hour."""
MEAN_GAP = 30 * DAY / 1e6
"""Milliseconds between two events, when a million come in a month."""
SHARES = {"page": 0.60, "product": 0.25, "cart": 0.05, "checkout": 0.04, "order": 0.03, "customer": 0.03}
"""Of all events. A shop's visitors look at some forty pages for each order; a webhook tells of each step to it."""
SESSION = (3, 12)  # events one visitor has in a row
BEFORE = 1  # views behind each visitor when the hour begins: with the orders, some 3 KB of profile
MAX_LINES = 4  # of an order: the sample's shop sells by wholesale, twenty lines and more at a time

# Of time: the handlers' own processor time is measured here; these turn it into what Lambda bills.
CPU_AT_1_GB = 1024 / 1769
"""Lambda gives a whole processor at 1,769 MB, and less in proportion. Its arm64 core is taken to be as fast as ours."""
WAIT = {"dynamodb": 0.006, "sqs": 0.010, "s3": 0.040, "stepfunctions": 0.030, "athena": 0.100}
"""Seconds that a call to the real service is waited for (assumed), besides `CALL_CPU`."""
CALL_CPU = 0.0005
"""Seconds of a core for what the stand-in leaves out: signing, HTTP, TLS, reading the answer (assumed)."""
COLD = 0.005
COLD_SECONDS = 1.2
"""Share of invocations that are cold starts, and how much longer each is billed (assumed)."""

# Of logs: bytes, with CloudWatch's 26 for each line.
ACCESS_LOG = 135
METRIC_LINE = 245
SYSTEM_LINES = {"INFO": 750, "WARN": 0}
"""Lambda's own start and report lines of an invocation; at WARN only those of one that failed."""


@dataclass
class Shop:
    """The system after its history, and its visitors, each with the payload Shopify has of them."""

    system: System
    watch: Watch
    customers: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    chance: random.Random
    number: int = 0

    def next_number(self) -> int:
        self.number += 1
        return self.number


def shop(customers: int) -> Shop:
    """Half a year of the sample's customers, replayed, and some browsing behind each."""
    webhooks = [retail(webhook) for webhook in history.webhooks(customers=customers, since=SINCE)]
    system, watch = watched(webhooks[0].at - DAY)
    made = Shop(system, watch, [], [], random.Random(1))
    with system.hurrying():
        for webhook in webhooks:
            system.run_until(webhook.at)
            storefront.post(system, webhook)
            if webhook.topic == "customers/create":
                made.customers.append(webhook.body)
            elif webhook.topic == "orders/create":
                made.orders.append(webhook.body)
        system.run_until(webhooks[-1].at + SETTLED)
        for customer in made.customers:
            identify(made, customer)
        for visit in range(BEFORE):
            for customer in made.customers:
                _post(made, _view(made, customer, product=visit % 7 < 2))
            system.run_until(system.world.now() + MINUTE)
    return made


def retail(webhook: Webhook) -> Webhook:
    """An order as a household places it."""
    lines = webhook.body.get("line_items", [])
    return replace(webhook, body={**webhook.body, "line_items": lines[:MAX_LINES]}) if lines else webhook


def play(made: Shop, events: int) -> float:
    """Plays the measured hour: sessions of several visitors at a time. Gives how long it was, in seconds."""
    began = at = made.system.world.now()
    sessions: list[Iterator[dict[str, Any]]] = []
    for _ in range(events):
        at += round(made.chance.expovariate(1 / MEAN_GAP))
        made.system.run_until(at)
        visitor = _visitor(made, sessions)
        happen(made, made.chance.choices(list(SHARES), list(SHARES.values()))[0], visitor, at)
    made.system.run_until(at + 10 * MINUTE)
    return (at - began) / SECOND


def happen(made: Shop, kind: str, visitor: dict[str, Any], at: Instant) -> None:
    """Has one of a visitor's events come in, of a kind in `SHARES`."""
    if kind in ("page", "product"):
        _post(made, _view(made, visitor, product=kind == "product"))
    else:
        storefront.post(made.system, webhook(made, kind, visitor, at))


def _visitor(made: Shop, sessions: list[Iterator[dict[str, Any]]]) -> dict[str, Any]:
    """Whose event is next: mostly somebody's who is in the middle of a session, out of four at a time."""
    while True:
        while len(sessions) < 4:
            customer, length = made.chance.choice(made.customers), made.chance.randint(*SESSION)
            sessions.append(iter([customer] * length))
        session = made.chance.choice(sessions)
        visitor = next(session, None)
        if visitor is not None:
            return visitor
        sessions.remove(session)


# ── what the website sends ──


def identify(made: Shop, customer: dict[str, Any]) -> None:
    """Has the website say whose browser it is."""
    _post(made, _call(made, customer, {"type": "identify", "traits": {"email": customer["email"]}}))


def _view(made: Shop, customer: dict[str, Any], product: bool) -> Request:
    goods = made.chance.choice(made.orders)["line_items"]
    item = made.chance.choice(goods) if goods else {"title": "Gift voucher", "product_id": 1, "price": "10.00"}
    path = f"/products/{'-'.join(re.findall('[a-z0-9]+', item['title'].lower()))}"
    page = {
        "path": path,
        "url": f"https://shop.example.com{path}",
        "title": item["title"],
        "referrer": "",
        "search": "",
    }
    if not product:
        return _call(made, customer, {"type": "page", "properties": page, "context": {"page": page}})
    properties = {
        "product_id": str(item["product_id"]),
        "name": item["title"],
        "category": made.chance.choice(["candles", "mugs", "tea", "cards", "toys", "garden"]),
        "price": float(item["price"]),
        "currency": "GBP",
    }
    called = {"type": "track", "event": "Product Viewed", "properties": properties, "context": {"page": page}}
    return _call(made, customer, called)


def _call(made: Shop, customer: dict[str, Any], message: dict[str, Any]) -> Request:
    """As Segment's browser SDK sends it: one message a request, with the write key in the body."""
    now = iso(made.system.world.now())
    context = {
        "library": {"name": "analytics.js", "version": "next-1.70.0"},
        "locale": "en-GB",
        "timezone": "Europe/London",
        "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)",
        **message.pop("context", {}),
    }
    body = {
        **message,
        "context": context,
        "messageId": f"ajs-next-{made.next_number():036d}",
        "anonymousId": f"browser-of-{customer['id']}",
        "userId": str(customer["id"]),
        "timestamp": now,
        "sentAt": now,
        "writeKey": json.loads(settings.SECRETS["write_keys"])[0],
    }
    path = f"/v1/{body['type'][0]}"
    return Request("POST", path, headers={"content-type": "text/plain"}, body=json.dumps(body).encode())


def _post(made: Shop, request: Request) -> None:
    response = gateway.public(made.system, request)
    assert response.status == 200, response.body


# ── what the storefront sends ──


def webhook(made: Shop, kind: str, customer: dict[str, Any], at: Instant) -> Webhook:
    """A cart, a checkout, an order (of what a real order of the sample had in it) or a changed customer."""
    number, when = made.next_number(), iso(at)
    order = made.chance.choice(made.orders)
    stamped = {"id": 8_000_000_000_000 + number, "created_at": when, "updated_at": when}
    topic, body = {
        "cart": ("carts/update", {"token": f"cart-{customer['id']}", "line_items": order["line_items"][:5], **stamped}),
        "checkout": ("checkouts/update", {**order, **stamped, "token": f"checkout-{number}"}),
        "order": ("orders/create", {**order, **stamped, "name": f"#{number}"}),
        "customer": ("customers/update", {**customer, "updated_at": when}),
    }[kind]
    if kind in ("checkout", "order"):
        body |= {"email": customer["email"], "customer": customer}
    return Webhook(at, topic, history.SHOP, f"benchmark-{number}", f"benchmark-{number}", body)


# ── counting and pricing ──


def quantities(made: Shop, events: int) -> dict[str, float]:
    """What the events took, each priced item for itself."""
    world, watch = made.system.world, made.watch
    before = _capacity(made)
    watch.clear()
    mails = world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone()
    seconds = play(made, events)
    assert world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone() == mails, "emails are no part of this"
    after = _capacity(made)
    # The minute's look for wake-ups and the night's comparison go on whether or not anybody shops.
    ours = {name: count for name, count in watch.invocations.items() if name != "RefreshFunction"}
    invocations = sum(ours.values())
    globals_ = made.system.template.raw["Globals"]["Function"]
    traced = globals_.get("Tracing") == "Active"
    metric_lines = ours["ProfileFunction"] + ours.get("TransitionFunction", 0)
    logged = (
        events * ACCESS_LOG
        + metric_lines * METRIC_LINE
        + invocations * SYSTEM_LINES[globals_["LoggingConfig"].get("SystemLogLevel", "INFO")]
    )
    return {
        "HTTP API requests": ours["IngestFunction"],
        "Lambda requests": invocations,
        "Lambda GB-seconds, arm64": sum(gb_seconds(made.system.template, watch, name) for name in ours),
        # What is sent, and for each batch that is taken, its receiving and its deleting.
        "SQS requests": sum(n for name, n in watch.calls.items() if name.endswith(" sqs")) + 2 * watch.receives,
        "DynamoDB write units": after[1] - before[1],
        "DynamoDB read units": after[0] - before[0] - _refreshing(watch),
        "S3 PUT requests": watch.calls["LakeFunction s3"],
        "CloudWatch Logs, GB taken in": logged / 1e9,
        # X-Ray takes the first request of each second and a twentieth of the others.
        "X-Ray traces": _sampled(ours["IngestFunction"], seconds) if traced else 0,
    }


def _capacity(made: Shop) -> tuple[float, float]:
    units = dynamodb.capacity(made.system.world).values()
    return sum(unit.reads for unit in units), sum(unit.writes for unit in units)


def _refreshing(watch: Watch) -> float:
    """Units of the wake-up's queries of ten partitions each, which find nothing."""
    return 0.5 * watch.calls["RefreshFunction dynamodb"]


def gb_seconds(template: Template, watch: Watch, name: str) -> float:
    """What Lambda bills of the function for what was watched."""
    properties = template.properties(template.resources[name])
    memory = properties["MemorySize"] / 1024
    calls = {service: watch.calls[f"{name} {service}"] for service in WAIT}
    busy = watch.seconds[name] + CALL_CPU * sum(calls.values())
    waiting = sum(WAIT[service] * number for service, number in calls.items())
    cold = COLD * COLD_SECONDS * watch.invocations[name]
    return memory * (busy / min(memory * CPU_AT_1_GB, 1) + waiting + cold)


def _sampled(requests: int, seconds: float) -> float:
    """Traces of so many requests at random instants: of each second the first, and 5 % of what is left."""
    rate = requests / seconds
    first = seconds * (1 - 2.718281828**-rate)
    return first + 0.05 * (requests - first)


def profiles(made: Shop) -> tuple[float, float]:
    """The visitors' profiles' mean size, in bytes: as JSON, and as stored."""
    known = [Identity(kind=IdentityKind.SHOPIFY, value=str(customer["id"])) for customer in made.customers]
    stored = [found.profile for found in map(contacts.read, identities.find(known).values()) if found]
    plain = [as_json(found) for found in stored]
    return mean(map(len, plain)), mean(len(dump(found)) for found in stored)


def measure(events: int = 1000, customers: int = 150) -> list[Row]:
    made = shop(customers)
    begun = profiles(made)
    taken = quantities(made, events)
    plain, compressed = map(mean, zip(begun, profiles(made), strict=True))
    costs = {name: price(name, quantity) * 1e6 / events for name, quantity in taken.items()}
    total = sum(costs.values())
    parts = Counter(costs).most_common()
    return [
        Row("profile, in the mean", f"{plain:,.0f} bytes of JSON, {compressed:,.0f} stored"),
        *(
            Row(f"a million events: {name}", f"{taken[name] / events:.3g} an event, ${cost:.2f}")
            for name, cost in parts
            if cost
        ),
        Row(f"a million storefront events ({DATE})", f"${total:.2f}", f"≤ ${AIM:.2f}", total <= AIM),
    ]
