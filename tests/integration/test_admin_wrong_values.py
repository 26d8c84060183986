"""What a long run of the fuzzer (BECKON_FUZZ=200) has found: values that no form allows are refused, and no 500."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.shop import Shop

WRONG = ("\ud800", "\x00", "1" * 5_000, " ", "", 10**400, [], {}, None, True)
FIELDS = [
    *[("POST", "/contacts/search", {"text": "ada"}, name) for name in ("text", "segment", "cursor", "limit")],
    *[("POST", "/contacts/export", {"text": "ada"}, name) for name in ("text", "segment", "cursor")],
    ("POST", "/contacts", {"email": "bob@example.com"}, "email"),
    ("POST", "/contacts/{contact}/unsubscribe", {}, "topics"),
    *[("POST", "/journeys/onboarding/start", {}, name) for name in ("contacts", "segment")],
    *[("POST", "/journeys/onboarding/simulate", {"days": 1}, name) for name in ("contacts", "sample", "rates")],
    *[("PUT", "/settings", {}, name) for name in ("brand", "senders", "caps", "closed", "feeds", "interests")],
]


@pytest.fixture(scope="module")
def shop() -> Shop:
    made = Shop(["onboarding"])
    made.customer(1)
    made.passes(60_000)
    return made


@pytest.mark.parametrize(("method", "path", "body", "field"), FIELDS, ids=lambda each: str(each)[:40])
def test_a_value_of_the_wrong_form_is_refused_in_words(
    shop: Shop, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    (contact,) = [each["contact"] for each in shop.ask("GET", "/contacts?limit=1")[1]["contacts"]]
    for value in WRONG:
        for sent in (value, [value]):
            form = {"if-match": shop.ask("GET", "/settings")[1]["etag"]} if method == "PUT" else {}
            status, told = shop.ask(method, path.format(contact=contact), {**body, field: sent}, **form)
            assert status < 500, (value, told)


def test_an_id_that_is_none_is_of_nobody(shop: Shop) -> None:
    assert shop.ask("GET", f"/contacts/{'1' * 5_000}")[0] == 404


def test_a_setting_of_another_kind_is_said_to_be_an_object(shop: Shop) -> None:
    etag = shop.ask("GET", "/settings")[1]["etag"]
    status, told = shop.ask("PUT", "/settings", {"brand": "red"}, **{"if-match": etag})
    assert (status, told["field"], told["detail"]) == (400, "brand", "it must be an object: { … }")
