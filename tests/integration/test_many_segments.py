"""A shop of very many segments, on the local run: whoever enters or leaves them all at once is stored, and once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local import launching
from infra.local.aws.calls import Call
from infra.local.system import ProcessDied
from shared.adapters import clock, contacts, definitions, members
from shared.domain.conditions import Segment
from shared.domain.events import MINUTE
from shared.domain.publications import with_shipped
from tests.integration.shop import Shop

MANY = 220


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield Shop(launching.FIRST)
    clock.use(None)


def publish(shop: Shop, orders: int) -> None:
    """Of who has so many orders, or none: MANY times."""
    when = {"kind": "orders", "at_most": 0} if orders == 0 else {"kind": "orders", "at_least": orders}
    many = [
        Segment.model_validate({"id": f"s{n}", "name": "A name", "sentence": "A sentence.", "when": when})
        for n in range(MANY)
    ]
    publication = with_shipped(definitions.publication(), many, "UTC", shop.now())
    assert publication is not None
    definitions.publish(publication)


def died_once(operation: str) -> Callable[[Call, Callable[[], dict[str, Any]]], dict[str, Any]]:
    """Has the process that makes this call first die of it, when all is done."""
    died: list[Call] = []

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        answer = perform()
        if call.operation == operation and not died:
            died.append(call)
            raise ProcessDied
        return answer

    return fault


@pytest.mark.parametrize("operation", ["TransactWriteItems", "StartExecution", "UpdateItem"])
def test_nothing_is_lost_and_nothing_doubled(shop: Shop, operation: str) -> None:
    publish(shop, orders=0)
    shop.fault = died_once(operation)
    shop.customer(1)
    shop.passes(10 * MINUTE)
    (profile,) = shop.profiles()
    told = [each for item in contacts.items(profile.contact, "TRANSITION#") for each in contacts.transitions_of(item)]
    assert [each.number for each in told] == list(range(1, profile.transitions + 1))
    assert {each.segment for each in told} >= {f"s{n}" for n in range(MANY)}
    assert shop.runs() == [f"{profile.contact}-onboarding-1"]
    assert {members.count(f"s{n}") for n in range(MANY)} == {1}
    shop.assert_exact()


def test_an_edit_of_all_of_them_moves_who_is_in_all(shop: Shop) -> None:
    publish(shop, orders=0)
    shop.customer(1)
    shop.passes(10 * MINUTE)
    publish(shop, orders=1)
    shop.passes(10 * MINUTE)  # until every cached definition has run out
    shop.order(1)
    shop.passes(10 * MINUTE)
    shop.assert_exact()
    (profile,) = shop.profiles()
    assert profile.definitions == definitions.publication().number
    assert {members.count(f"s{n}") for n in range(MANY)} == {1}
    told = shop.transitions("s7")
    assert [(each.entered, each.cause == "definition") for each in told] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    status, page = shop.ask("GET", f"/contacts/{profile.contact}/timeline?limit=200")
    entries = page["timeline"]
    while page["cursor"] is not None:
        status, page = shop.ask("GET", f"/contacts/{profile.contact}/timeline?limit=200&cursor={page['cursor']}")
        entries += page["timeline"]
    assert status == 200
    shown = [each["transition"] for each in entries if each["kind"] == "transition"]
    assert sorted(shown) == list(range(1, profile.transitions + 1))
