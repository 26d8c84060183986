"""A campaign that sends its winner by itself: a share tests the variants, the others wait for the better one."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from infra.local.aws import ses
from infra.local.aws.calls import Call
from infra.local.system import ProcessDied
from shared.adapters import contacts
from shared.domain.events import HOUR, MINUTE, Json, Type
from tests.integration.shop import Shop
from tests.integration.test_campaigns import drafted, mail, mail_to, mails, progress, sent

CUSTOMERS = 60
TWO: Json = {
    "variants": [{"id": "a"}, {"id": "b", "subject": "Look here"}],
    "winner": {"share": 50, "after": "4h", "otherwise": "a"},
    "measure": {"least": 0.05},
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    for number in range(1, CUSTOMERS + 1):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    return shop


def who_tests(shop: Shop, id_: str) -> dict[str, str]:
    """The variant of each who tests one."""
    return {
        profile.contact: str(event.properties["variant"])
        for profile in shop.profiles()
        for event in contacts.events(profile.contact)
        if event.type == Type.EMAIL_SENT and event.properties.get("campaign") == id_ and "variant" in event.properties
    }


def told(shop: Shop, id_: str) -> Json:
    return shop.ask("GET", f"/campaigns/{id_}")[1]


def test_the_others_get_what_more_people_clicked_in_though_the_worker_dies_over_it(shop: Shop) -> None:
    id_ = sent(shop, **TWO)
    shop.passes(6 * MINUTE)
    by_contact = who_tests(shop, id_)
    assert set(mails(shop, id_)) == set(by_contact)
    assert CUSTOMERS / 4 < len(by_contact) < 3 * CUSTOMERS / 4
    assert progress(shop, id_)["waiting"] == CUSTOMERS - len(by_contact)
    for contact, variant in by_contact.items():
        if variant == "b":
            ses.happen(shop.system.world, mail_to(shop, id_, contact), "Click", link="https://shop.example.com/a")
    shop.passes(3 * HOUR)
    assert told(shop, id_)["winner"] is None
    died = []

    def dies(call: Call, perform: Any) -> Any:
        if call.operation == "SendEmail" and len(died) < 2:
            died.append(call)
            raise ProcessDied(call.operation)
        return perform()

    shop.fault = dies
    shop.passes(2 * HOUR)
    shop.fault = lambda _, perform: perform()
    shop.passes(HOUR)
    assert died
    winner = told(shop, id_)["winner"]
    assert (winner["variant"], winner["decided"]) == ("b", True)
    assert winner["words"].startswith("Variant b did better:")
    assert progress(shop, id_)["state"] == "done"
    everybody = mails(shop, id_)
    assert everybody == Counter(shop.members("everybody")), "each of them once"
    others = set(everybody) - set(by_contact)
    assert {mail(shop, id_, contact).subject for contact in others} == {"Look here"}
    assert who_tests(shop, id_) == by_contact, "who waited is no part of the test"


def test_where_nothing_can_be_told_they_get_what_was_chosen_and_it_says_so(shop: Shop) -> None:
    id_ = sent(shop, **TWO)
    shop.passes(6 * HOUR)
    winner = told(shop, id_)["winner"]
    assert (winner["variant"], winner["decided"]) == ("a", False)
    assert winner["words"].startswith("Not enough to tell.")
    assert progress(shop, id_)["state"] == "done"
    others = set(mails(shop, id_)) - set(who_tests(shop, id_))
    assert "Look here" not in {mail(shop, id_, contact).subject for contact in others}


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"variants": []}, "two at least"),
        ({"measure": {"metric": "ordered"}}, "by who clicked"),
        ({"winner": {"otherwise": "c"}}, "none of the variants"),
        ({"spread": "4h"}, "at once"),
    ],
)
def test_a_winner_needs_a_test_that_can_have_one(shop: Shop, parts: Json, says: str) -> None:
    body = {"id": "wrong", "name": "News", "template": "check_in", "segments": ["everybody"], **TWO, **parts}
    status, answer = shop.ask("POST", "/campaigns", body)
    assert status == 400, answer
    assert says in answer["detail"]


def test_what_it_can_show_is_said_of_those_who_test(shop: Shop) -> None:
    id_ = drafted(shop, **TWO)
    (expected,) = shop.ask("GET", f"/campaigns/{id_}/results")[1]["expected"]
    assert f"{CUSTOMERS // 2} people" in expected
