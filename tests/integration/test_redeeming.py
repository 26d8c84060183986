"""A code that a contact was given and an order of theirs has is redeemed: the order's own fact, and counted by pool.
What the order says now holds: whoever takes it back, has it taken back everywhere."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.admin import views
from functions.profile.erasure import erase
from functions.transition.app import end
from shared.adapters import contacts, coupons
from shared.domain.conditions import Segment
from shared.domain.coupons import Given, Pool, redeemed_by
from shared.domain.events import DAY, MINUTE, Event, Identity, IdentityKind, OrderState, Type
from shared.domain.lake_rows import row
from shared.domain.segments import compile_segments, evaluate
from tests.integration.conftest import NOW
from tests.integration.test_profile import EMAIL, contact_of, deliver, event, profile_of

pytestmark = pytest.mark.usefixtures("aws")

TEA = [{"product_id": "1", "price": 20}]
ADA, BOB = (EMAIL, "ada@example.com"), (EMAIL, "bob@example.com")
REDEEMED = Segment.model_validate(
    {
        "id": "redeemed",
        "name": "Redeemed",
        "sentence": "Came back.",
        "group": "behavioural",
        "when": {
            "kind": "orders",
            "where": [{"property": "coupon_pool", "value": "win_back"}],
            "within": "30d",
        },
    }
)


@pytest.fixture
def ada() -> str:
    """Somebody who was given the codes A-1 and, of a code that all get, HELLO10."""
    deliver(event("ada", Type.CONTACT_CREATED, ADA, time=NOW - 9 * DAY))
    contact = contact_of(*ADA)
    assert contact is not None
    coupons.save(Pool(id="win_back", days=30))
    coupons.add("win_back", ["A-1"])
    coupons.claim("win_back", "run-1", contact, NOW - 8 * DAY)
    coupons.save(Pool(id="hello", code="HELLO10"))
    coupons.claim("hello", "run-1", contact, NOW - 8 * DAY)
    return contact


def order(name: str, *codes: str, id_: str = "77", at: int = NOW - DAY, stands: bool = True, **about: Any) -> Event:
    refunds = about.pop("refunds", None)
    return event(
        name,
        about.pop("type_", Type.ORDER_COMPLETED),
        about.pop("who", ADA),
        time=at,
        properties={"order_id": id_, "total": 20, "discount_codes": [*codes], "products": TEA, **about},
        order=OrderState(id=id_, stands=stands, refunds=refunds),
    )


def told() -> tuple[list[str], bool, tuple[int, int]]:
    """Which pools Ada's order names, whether the segment holds her, and how many codes of each pool are redeemed; her
    own items and the pools' agree."""
    profile = profile_of(*ADA)
    pools = sorted(
        pool for each in profile.orders.values() if each.counts for pool in each.properties.get("coupon_pool", ())
    )
    holds, _ = evaluate(compile_segments([REDEEMED]), "redeemed", profile, NOW)
    counted = []
    for pool in ("win_back", "hello"):
        counts = coupons.counts(pool, NOW)
        assert counts.redeemed is not None
        assert counts.expired is not None
        assert counts.open is not None
        assert counts.given == counts.redeemed + counts.expired + counts.open
        theirs = [each for each in coupons.given_to(profile.contact) if each["pool"] == pool and each["redeemed_at"]]
        assert len(theirs) == counts.redeemed == pools.count(pool)
        counted.append(counts.redeemed)
    return pools, holds, (counted[0], counted[1])


NOTHING = ([], False, (0, 0))
BACK = (["win_back"], True, (1, 0))


def test_an_order_with_a_code_of_theirs_tells_its_pool_in_profile_timeline_and_lake(ada: str) -> None:
    deliver(order("1", "a-1", "OTHER", "hello10"))
    assert told() == (["hello", "win_back"], True, (1, 1))
    (held,) = [each for each in contacts.events(ada) if each.type == Type.ORDER_COMPLETED]
    assert held.properties["coupon_pool"] == ["hello", "win_back"]
    assert {"coupon_pool=thello", "coupon_pool=twin_back"} <= set(row(ada, held)["properties"])
    entries = [entry for _, entry in views.timeline(contacts.items(ada))]
    assert {"kind": "coupon", "at": NOW - 8 * DAY, "pool": "win_back", "code": "A-1", "order": "77"}.items() <= next(
        entry for entry in entries if entry["kind"] == "coupon" and entry["pool"] == "win_back"
    ).items()
    assert any(entry.get("properties", {}).get("coupon_pool") for entry in entries)


def test_what_is_told_again_and_another_order_with_the_same_code_are_no_second_redemption(ada: str) -> None:
    deliver(order("1", "A-1", "HELLO10"))
    deliver(order("1", "A-1", "HELLO10"))
    deliver(order("2", "A-1", "HELLO10", at=NOW - DAY + 9, type_=Type.ORDER_UPDATED))
    deliver(order("3", "A-1", "HELLO10", id_="78"))
    assert told() == (["hello", "win_back"], True, (1, 1))


@pytest.mark.parametrize(
    "then",
    [
        {"name": "2", "type_": Type.ORDER_CANCELLED, "stands": False, "codes": ["A-1"]},
        {"name": "2", "type_": Type.ORDER_UPDATED, "refunds": {"r1": 20}, "codes": ["A-1"]},
        {"name": "2", "type_": Type.ORDER_UPDATED, "codes": []},
        {"name": "2", "type_": Type.ORDER_UPDATED, "codes": ["OTHER"]},
    ],
)
@pytest.mark.parametrize("first", [False, True])
def test_a_cancellation_a_refund_and_a_change_take_it_back_in_whatever_order_they_come(
    ada: str, then: dict[str, Any], first: bool
) -> None:
    about = dict(then)
    later = order(about.pop("name"), *about.pop("codes"), at=NOW - DAY + MINUTE, **about)
    several = [order("1", "A-1"), later]
    for each in several[::-1] if first else several:
        deliver(each)
    assert told() == NOTHING
    deliver(order("3", "A-1", id_="78", at=NOW - MINUTE))  # which nobody has redeemed
    assert told() == BACK


def test_a_refund_that_is_told_alone_takes_it_back_and_a_part_of_it_does_not(ada: str) -> None:
    deliver(order("1", "A-1"))
    refund = {"order_id": "77", "refund_id": "r1", "amount": 5}
    deliver(event("r1", Type.ORDER_REFUNDED, ADA, time=NOW - MINUTE, properties=refund))
    assert told() == BACK
    deliver(event("r2", Type.ORDER_REFUNDED, ADA, time=NOW, properties={**refund, "refund_id": "r2", "amount": 15}))
    assert told() == NOTHING


def test_an_order_that_stands_again_has_redeemed_it_again(ada: str) -> None:
    deliver(order("1", "A-1"))
    deliver(order("2", "A-1", at=NOW - DAY + 9, stands=False, type_=Type.ORDER_CANCELLED))
    deliver(order("3", "A-1", at=NOW - DAY + 99, type_=Type.ORDER_PAID))
    assert told() == BACK


def test_nobody_else_says_it(ada: str) -> None:
    deliver(order("1", "A-1", "HELLO10", who=BOB))
    deliver(order("2", "A-1", id_="78").model_copy(update={"public": True, "order": None}))
    deliver(order("3", id_="79", coupon_pool=["win_back"]))
    assert told() == NOTHING
    assert coupons.counts("win_back", NOW).open == 1
    stored = coupons.client("dynamodb").scan(TableName=coupons.table())["Items"]
    assert ada not in json.dumps(stored)


def test_a_crash_after_the_order_was_stored_leaves_nothing_out(ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.profile import storing

    deliver(order("1", "A-1"))
    changed = order("2", at=NOW - DAY + 9, type_=Type.ORDER_UPDATED)
    with monkeypatch.context() as broken:
        broken.setattr(storing, "_take_codes_back", lambda *_: 1 / 0)
        assert deliver(changed) == ["0"]
    deliver(changed)
    assert told() == NOTHING


def test_a_merger_brings_codes_and_redemptions_over_and_an_erasure_leaves_numbers_only(ada: str) -> None:
    deliver(order("1", "A-1"))
    brought = list(contacts.events(ada))
    deliver(event("bob", Type.CONTACT_CREATED, BOB, time=NOW - 20 * DAY))
    bob = contact_of(*BOB)
    assert bob is not None
    deliver(event("merge", Type.CONTACTS_MERGED, (IdentityKind.CONTACT, bob), (IdentityKind.CONTACT, ada)))
    end(ada, bob, NOW)
    assert list(contacts.items(ada, "COUPON#")) == []
    assert [each["pool"] for each in coupons.given_to(bob)] == ["hello", "win_back"]
    for each in brought:  # as the queue has them now
        deliver(each.model_copy(update={"identities": (Identity(kind=IdentityKind.CONTACT, value=bob),)}))
    assert profile_of(*BOB).orders["77"].properties["coupon_pool"] == ["win_back"]
    assert coupons.counts("win_back", NOW) == (1, 1, 0, 0)
    erase(event("gone", Type.ERASURE_REQUESTED, BOB, time=NOW), NOW)
    assert coupons.given_to(bob) == []
    assert coupons.counts("win_back", NOW) == (1, 1, 0, 0)


def test_of_a_code_that_all_get_the_newest_giving_before_the_order_is_redeemed() -> None:
    given = [Given(f"COUPON#hello#{n}", "hello", "HELLO10", n * DAY, shared=True) for n in (1, 5, 9)]
    codes = frozenset({"hello10"})
    assert redeemed_by("77", codes, 6 * DAY, given) == [given[1]]
    assert redeemed_by("77", codes, DAY - 1000, given) == [given[0]]  # clocks differ
    assert redeemed_by("77", codes, DAY - DAY // 2, given) == []
    mine = [given[0]._replace(order="77"), *given[1:]]
    assert redeemed_by("77", codes, 20 * DAY, mine) == mine[:1]  # told again
    assert redeemed_by("78", codes, 20 * DAY, mine) == [given[2]]
