"""Two people who change one thing at once: whoever comes second is told, also where the thing can be made by the same
request."""

from __future__ import annotations

import pytest

from shared.adapters import coupons
from shared.domain.coupons import Pool
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


def test_a_pool_is_made_without_a_form_and_changed_in_the_form_that_was_seen(shop: Shop) -> None:
    status, made = shop.ask("PUT", "/coupons/spring", {"days": 7})
    assert (status, made["days"]) == (200, 7)
    seen = {"if-match": made["etag"]}
    assert shop.ask("GET", "/coupons/spring")[1]["etag"] == made["etag"]
    assert [each["etag"] for each in shop.ask("GET", "/coupons")[1]["pools"]] == [made["etag"]]

    assert shop.ask("PUT", "/coupons/spring", {"days": 7})[1] == made, "what is there already can be said again"
    status, told = shop.ask("PUT", "/coupons/spring", {"days": 9})
    assert (status, told["code"], told["field"]) == (428, "precondition_required", "If-Match")
    status, changed = shop.ask("PUT", "/coupons/spring", {"days": 14}, **seen)
    assert (status, changed["days"]) == (200, 14) and changed["etag"] != made["etag"]
    status, told = shop.ask("PUT", "/coupons/spring", {"days": 30}, **seen)
    assert (status, told["code"], told["changed"]["etag"]) == (412, "changed_meanwhile", changed["etag"])
    assert shop.ask("GET", "/coupons/spring")[1]["days"] == 14
    status, told = shop.ask("PUT", "/coupons/autumn", {}, **seen)  # the form of something that is not there
    assert (status, told["code"]) == (412, "changed_meanwhile")
    assert shop.ask("GET", "/coupons/autumn")[0] == 404


def test_codes_that_are_added_or_given_are_no_change_of_the_pools_form(shop: Shop) -> None:
    made = shop.ask("PUT", "/coupons/codes", {})[1]
    added = shop.ask("POST", "/coupons/codes/codes", {"codes": ["A1", "A2"]})[1]
    assert added["etag"] == made["etag"]
    assert shop.ask("PUT", "/coupons/codes", {"low": 1}, **{"if-match": made["etag"]})[0] == 200


def test_of_two_who_write_a_pool_in_one_moment_one_is_told(shop: Shop) -> None:
    first, second = Pool(id="moment", days=1), Pool(id="moment", days=2)
    coupons.save(first, None)
    with pytest.raises(coupons.ChangedMeanwhileError):
        coupons.save(second, None)
    coupons.save(second, first)
    with pytest.raises(coupons.ChangedMeanwhileError):
        coupons.save(first, first)
    assert coupons.pool("moment") == (second, None)
