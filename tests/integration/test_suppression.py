"""An address that gets no email: why, and who lets it in again; role addresses, where the shop writes to people."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from infra.local.shop import storefront
from infra.local.shop.history import Webhook
from shared.adapters import identities
from shared.adapters.clients import client
from shared.domain.events import DAY, HOUR, MINUTE
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop(["onboarding"])


def contact_of(shop: Shop, number: int) -> str:
    status, found = shop.ask("POST", "/contacts/find", {"email": shop.customers[number]["email"]})
    assert status == 200
    return str(found["contact"])


def emails(shop: Shop, contact: str) -> list[tuple[str, str | None]]:
    _, told = shop.ask("GET", f"/contacts/{contact}/messages?limit=200")
    return [(each["status"], each.get("reason")) for each in reversed(told["messages"])]


def test_an_address_that_came_back_is_let_in_again_with_ses_too(shop: Shop) -> None:
    address = "ada.1@example.com"
    client("sesv2").put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    shop.customer(1)
    shop.passes(2 * HOUR)
    contact = contact_of(shop, 1)
    assert shop.ask("GET", f"/contacts/{contact}")[1]["suppression"]["reason"] == "bounce"
    assert shop.ask("DELETE", f"/contacts/{contact}/suppression") == (200, {"contact": contact, "suppression": None})
    assert shop.ask("GET", f"/contacts/{contact}")[1]["suppression"] is None
    with pytest.raises(client("sesv2").exceptions.NotFoundException):
        client("sesv2").get_suppressed_destination(EmailAddress=address)
    assert shop.ask("DELETE", f"/contacts/{contact}/suppression")[0] == 409, "it is in already"
    shop.passes(14 * DAY)
    assert emails(shop, contact)[-1] == ("sent", None)
    assert identities.suppression(address) is None


def test_a_complaint_and_an_erasure_are_nobody_s_to_lift(shop: Shop) -> None:
    shop.customer(2)
    shop.passes(5 * MINUTE)
    contact = contact_of(shop, 2)
    hashed = identities.address_hash("ada.2@example.com")
    identities.suppress_address(hashed, "complaint", shop.now())
    status, told = shop.ask("DELETE", f"/contacts/{contact}/suppression")
    assert (status, "complaint" in json.dumps(told)) == (409, True)
    assert shop.ask("DELETE", f"/contacts/{contact}")[0] == 202
    shop.passes(5 * MINUTE)
    assert shop.ask("DELETE", f"/contacts/{contact}/suppression")[0] == 404
    assert shop.ask("DELETE", "/contacts/c-nobody/suppression")[0] == 404
    held = identities.suppression_of_hash(hashed)
    assert held is not None
    assert held[0] == "complaint"


@pytest.mark.parametrize(("name", "role"), [("info", True), ("Sales+shop", True), ("root", True), ("ada", False)])
def test_role_addresses_get_none_where_the_shop_writes_to_people_only(shop: Shop, name: str, role: bool) -> None:
    _settings(shop, role_addresses=False)
    number = 10 + ["info", "Sales+shop", "root", "ada"].index(name)
    signed_up = _called(storefront.sign_up(number, "Ada", shop.now()), number, f"{name}@{number}.example.com")
    shop.customers[number] = signed_up.body
    storefront.post(shop.system, signed_up)
    shop.passes(2 * HOUR)
    contact = contact_of(shop, number)
    assert emails(shop, contact)[0] == (("refused", "role_address") if role else ("sent", None))
    _settings(shop, role_addresses=True)
    shop.passes(7 * DAY)
    assert ("sent", None) in emails(shop, contact)


def _settings(shop: Shop, **changed: Any) -> None:
    held = shop.ask("GET", "/settings")[1]
    status, told = shop.ask("PUT", "/settings", {**held["settings"], **changed}, **{"if-match": held["etag"]})
    assert status == 200, told
    shop.passes(2 * MINUTE)  # it holds within a minute


def _called(webhook: Webhook, number: int, email: str) -> Webhook:
    body = json.loads(json.dumps(webhook.body).replace(f"ada.{number}@example.com", email))
    return replace(webhook, body=body, with_it=tuple(_called(each, number, email) for each in webhook.with_it))
