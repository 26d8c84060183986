"""People over the admin's API: the list, the search, and that nothing of anybody stands where it should not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import identities
from shared.domain.events import DAY, HOUR, Identity, IdentityKind, Type
from tests.integration.admin_stack import ADA, Admin, ada, admin_stack, deliver, event, order, sign_up
from tests.integration.conftest import NOW


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[Admin, str]]:
    """Ada, who was there yesterday; seven who signed up before; a visitor whom nobody knows."""
    with admin_stack() as admin:
        contact = ada(admin)
        deliver(
            sign_up("2", "bob.mueller@gmail.com", NOW - 3 * DAY, first_name="Bob", last_name="Müller"),
            *(sign_up(str(n), f"n{n}@gmail.com", NOW - n * DAY, first_name="Anna") for n in range(3, 9)),
            order("2001", "2", NOW - 2 * HOUR, 30),
            event(
                "number", Type.ORDER_COMPLETED, "2", NOW - HOUR, properties={"order_id": "77", "order_number": "#1044"}
            ),
        )
        visit = event("visit", Type.PAGE_VIEWED, "1", NOW, source="segment")
        browser = (Identity(kind=IdentityKind.ANONYMOUS, value="browser-1"),)
        deliver(visit.model_copy(update={"id": "v1", "identities": browser}))
        yield admin, contact


def names(answer: dict[str, list[dict[str, object]]]) -> list[object]:
    return [each["email"] for each in answer["contacts"]]


def test_people_are_listed_who_was_there_last_first_and_each_once(stack: tuple[Admin, str]) -> None:
    admin, contact = stack
    answer = admin.get("/contacts?limit=200").json
    assert names(answer)[:2] == ["bob.mueller@gmail.com", ADA]
    assert len(answer["contacts"]) == 8 and answer["cursor"] is None  # nobody who is only a browser
    assert admin.all("/contacts", "contacts", 3) == answer["contacts"]
    bob, first = answer["contacts"][:2]
    assert (bob["orders"], bob["value"], bob["last_seen"]) == (2, 30, NOW - HOUR)
    assert first == {
        "contact": contact,
        "email": ADA,
        "name": "Ada Lovelace",
        "mail": {
            "topics": ["News and offers"],
            "reason": None,
            "since": None,
            "until": None,
            "sentence": "Gets email: News and offers",
        },
        "orders": 2,
        "value": 49.99,
        "more_orders": 0,
        "first_seen": NOW,
        "last_seen": NOW - DAY,
    }


def test_people_of_a_segment(stack: tuple[Admin, str]) -> None:
    admin, _ = stack
    found = admin.get("/contacts?segment=customers").json["contacts"]
    assert {each["email"] for each in found} == {ADA, "bob.mueller@gmail.com"}
    assert admin.get("/contacts?segment=nobody").status == 404


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("muller", {"bob.mueller@gmail.com"}),
        ("MÜL bob", {"bob.mueller@gmail.com"}),
        ("bob.mueller@gm", {"bob.mueller@gmail.com"}),
        ("Bob.Mueller@gmail.com", {"bob.mueller@gmail.com"}),
        ("#1044", {"bob.mueller@gmail.com"}),
        ("1044", {"bob.mueller@gmail.com"}),
        ("lovelace", {ADA}),
        ("bob lovelace", set()),
        ("zzz", set()),
        ("1", {ADA}),  # the storefront's id
    ],
)
def test_people_are_found(stack: tuple[Admin, str], text: str, found: set[str]) -> None:
    answer = stack[0].post("/contacts/search", {"text": text}).json
    assert set(names(answer)) == found
    assert answer["cursor"] is None


def test_somebody_is_found_by_our_own_id_and_by_nobody_s_segment(stack: tuple[Admin, str]) -> None:
    admin, contact = stack
    assert names(admin.post("/contacts/search", {"text": contact}).json) == [ADA]
    assert names(admin.post("/contacts/search", {"text": "anna", "segment": "customers"}).json) == []


def test_a_search_goes_on_by_its_cursor(stack: tuple[Admin, str]) -> None:
    admin, _ = stack
    found, cursor, pages = [], None, 0
    while cursor is not None or pages == 0:
        answer = admin.post("/contacts/search", {"text": "anna gm", "limit": 2, "cursor": cursor}).json
        found += names(answer)
        cursor, pages = answer["cursor"], pages + 1
    assert sorted(map(str, found)) == [f"n{n}@gmail.com" for n in range(3, 9)]
    assert pages >= 3


def test_what_is_too_short_or_no_search_is_said(stack: tuple[Admin, str]) -> None:
    admin, _ = stack
    assert admin.post("/contacts/search", {"text": "x"}).json["hint"] == "Write at least two letters."
    assert "order’s number" in admin.post("/contacts/search", {"text": "@ ."}).json["hint"]
    for body in (
        {},
        {"text": ""},
        {"text": 3},
        {"text": "x" * 201},
        {"text": "ab", "limit": 0},
        {"text": "ab", "limit": "x"},
    ):
        assert admin.post("/contacts/search", body).status == 400
    assert admin.post("/contacts/search", {"text": "ab", "cursor": "no"}).status == 400


def test_who_gets_no_email_is_said_why(stack: tuple[Admin, str]) -> None:
    admin, _ = stack
    identities.suppress_softly(identities.address_hash("n3@gmail.com"), NOW - DAY)
    (told,) = admin.post("/contacts/search", {"text": "n3@gmail.com"}).json["contacts"]
    assert told["mail"] == {
        "topics": [],
        "reason": "suppressed_soft_bounce",
        "since": NOW - DAY,
        "until": None,
        "sentence": "No email: it came back again and again",
    }
