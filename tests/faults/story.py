"""The story that is played with faults: the demo's two outcomes side by side, and what else a contact can go through.

Ada does not react and turns dormant; Grace reacts and is welcomed back. Mary begins as an anonymous visitor, signs up,
complains about a mail and has herself erased. Between what people do there is time enough for every fault to be made
good, so that each run has to come out the same. It goes through every function that has to do with contacts.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from infra.local import gateway
from infra.local.aws import ses
from infra.local.gateway import Request, Response
from infra.local.settings import SECRETS
from infra.local.shop import storefront
from infra.local.shop.history import SHOP, Webhook
from infra.local.system import System
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, iso

BEGIN = 1_767_603_600_000  # 2026-01-05T09:00:00Z, a Monday
END = BEGIN + 100 * DAY
MAX_TRIES = 5

ADA, GRACE, MARY = 1, 2, 3


def tell(system: System) -> None:
    """Plays the story in a fresh world that stands a second before BEGIN."""
    customers = [storefront.sign_up(ADA, "Ada", BEGIN, "interest:candles"), storefront.sign_up(GRACE, "Grace", BEGIN)]
    system.run_until(BEGIN)
    browse(system, "page-1", "page-2")
    storefront.post(system, webhook("products/create", "product-1", CANDLE))
    for customer in customers:
        storefront.post(system, customer)

    system.run_until(BEGIN + DAY)
    mary = storefront.sign_up(MARY, "Mary", BEGIN + DAY)
    storefront.post(system, mary)
    system.run_until(BEGIN + DAY + 6 * HOUR)
    identify(system, mary.body["email"])

    system.run_until(BEGIN + 2 * DAY + 12 * HOUR)
    react(system, GRACE, "getting_started", "Click", link="https://shop.example.com/candles")
    system.run_until(BEGIN + 4 * DAY)
    react(system, MARY, "getting_started", "Complaint")

    system.run_until(BEGIN + 8 * DAY)
    for customer in customers:
        storefront.post(
            system, storefront.order(ADA if customer is customers[0] else GRACE, customer.body, BEGIN + 8 * DAY)
        )
    system.run_until(BEGIN + 9 * DAY)
    storefront.post(system, webhook("refunds/create", "refund-1", refund(customers[1].body)))
    system.run_until(BEGIN + 10 * DAY)
    storefront.post(system, webhook("customers/redact", "redact-1", redaction(mary.body)))

    won_back = BEGIN + 68 * DAY
    system.run_until(won_back + 3 * DAY)
    react(system, GRACE, "we_miss_you", "Open", bot=True, user_agent="GoogleImageProxy")
    system.run_until(won_back + 3 * DAY + 12 * HOUR)
    react(system, GRACE, "we_miss_you", "Click", link="https://shop.example.com/candles")

    system.run_until(won_back + 20 * DAY)
    unsubscribe(system, ADA)
    system.run_until(END)


# ── the shop ──

CANDLE = {
    "id": 632910392,
    "title": "Vanilla scented candle",
    "product_type": "Candles",
    "handle": "vanilla-candle",
    "vendor": "The Corner Gift Shop",
    "created_at": iso(BEGIN),
    "updated_at": iso(BEGIN),
    "status": "active",
    "variants": [{"id": 808950810, "price": "24.50", "sku": "22111"}],
}


def webhook(topic: str, id_: str, body: dict[str, Any]) -> Webhook:
    return Webhook(at=BEGIN, topic=topic, shop=SHOP, webhook_id=id_, event_id=f"event-{id_}", body=body)


def refund(customer: dict[str, Any]) -> dict[str, Any]:
    at = iso(BEGIN + 9 * DAY)
    return {
        "id": 5_000_000_000_001,
        "order_id": 9_000_000_000_000 + GRACE,
        "created_at": at,
        "processed_at": at,
        "note": None,
        "refund_line_items": [],
        "transactions": [{"id": 1, "kind": "refund", "status": "success", "amount": "4.50", "created_at": at}],
    }


def redaction(customer: dict[str, Any]) -> dict[str, Any]:
    named = {"id": customer["id"], "email": customer["email"], "phone": None}
    return {"shop_id": 1, "shop_domain": SHOP, "customer": named, "orders_to_redact": []}


# ── the website ──


def browse(system: System, *pages: str) -> None:
    """An unknown visitor looks at pages, one a second."""
    visited = [
        {
            "type": "page",
            "messageId": page,
            "anonymousId": "browser-1",
            "timestamp": iso(BEGIN - (len(pages) - number) * SECOND),
            "properties": {"path": f"/{page}"},
        }
        for number, page in enumerate(pages)
    ]
    track(system, "/v1/batch", {"batch": visited, "sentAt": iso(BEGIN)})


def identify(system: System, email: str) -> None:
    """The visitor logs in: the browser is Mary's."""
    body = {
        "messageId": "identify-1",
        "anonymousId": "browser-1",
        "userId": "user-1",
        "traits": {"email": email},
        "timestamp": iso(system.world.now()),
    }
    track(system, "/v1/identify", body)


def track(system: System, path: str, body: dict[str, Any]) -> None:
    key = json.loads(SECRETS["write_keys"])[0]
    headers = {
        "host": "localhost",
        "content-type": "application/json",
        "authorization": f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}",
    }
    insist(system, Request("POST", path, headers=headers, body=json.dumps(body).encode()))


def insist(system: System, request: Request) -> Response:
    """Asks again, a minute later each time, as long as the answer is 5xx: so do the SDKs, and so do people."""
    for _ in range(MAX_TRIES):
        response = gateway.public(system, request)
        if response.status < 500:
            break
        system.run_until(system.world.now() + MINUTE)
    assert response.status == 200, f"{request.path} was answered {response.status}"
    return response


# ── the mails ──


def mail_of(system: System, number: int, step: str) -> ses.Mail:
    rows = system.world.db.execute("SELECT id FROM mailbox WHERE recipients LIKE ?", (f"%.{number}@example.com%",))
    mails = [ses.mail(system.world, row[0]) for row in rows.fetchall()]
    return next(mail for mail in mails if mail.tags["step"] == step)


def react(system: System, number: int, step: str, kind: str, **details: Any) -> None:
    ses.happen(system.world, mail_of(system, number, step).id, kind, **details)


def unsubscribe(system: System, number: int) -> None:
    """Follows the newest mail's link to the preference page, and unticks what is ticked; looks whether it holds."""
    link = re.search(r"/preferences/[\w.~-]+", mail_of(system, number, "goodbye").text or "")
    assert link is not None
    for _ in range(MAX_TRIES):
        page = insist(system, Request("GET", link[0])).body.decode()
        if " checked" not in page:
            return
        form = {"content-type": "application/x-www-form-urlencoded"}
        gateway.public(system, Request("POST", link[0], headers=form, body=b"nothing=ticked"))
        system.run_until(system.world.now() + HOUR)
    raise AssertionError("the preference page does not keep what is saved")
