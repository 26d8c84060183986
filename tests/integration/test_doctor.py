"""What email needs from outside, as an operator asks for it: before the shop was heard of and after; without SES."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from infra.local import dns
from shared.adapters import clock, dns_records
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield Shop()
    clock.use(None)
    dns_records.use(None)


def states(shop: Shop) -> dict[str, str]:
    return {each["check"]: each["state"] for each in shop.ask("GET", "/doctor")[1]["findings"]}


def test_a_shop_that_is_set_up_lacks_its_first_webhook_until_it_comes(shop: Shop) -> None:
    assert shop.ask("GET", "/doctor")[1]["ready"] is False
    assert states(shop)["Storefront"] == "missing"
    shop.customer(1)
    assert shop.ask("GET", "/doctor")[1]["ready"] is True
    assert states(shop)["Storefront"] == "ok"
    assert states(shop)["Website"] == "look"
    shop.visit("somebody")
    assert states(shop)["Website"] == "ok"


def test_a_record_that_is_gone_is_named(shop: Shop) -> None:
    def without_dmarc(type_: str, name: str) -> Sequence[str]:
        return [] if name.startswith("_dmarc.") else dns.lookup(type_, name)

    dns_records.use(without_dmarc)
    (told,) = [each for each in shop.ask("GET", "/doctor")[1]["findings"] if each["check"] == "DMARC"]
    dns_records.use(dns.lookup)
    assert told["records"][0]["name"] == "_dmarc.shop.example.com"


def test_a_domain_that_ses_does_not_know(shop: Shop) -> None:
    shop.system.world.db.execute("DELETE FROM mail_identities")
    (told,) = [each for each in shop.ask("GET", "/doctor")[1]["findings"] if each["check"] == "DKIM"]
    assert told["command"].startswith("aws sesv2 create-email-identity")
