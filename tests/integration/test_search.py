"""The Search table: it says what the profiles say, through repeats, corrections, mergers, erasures and a loss."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.transition import app as transition
from shared.adapters import contacts, search
from shared.domain.events import Event, Identity, IdentityKind, Type, evaluation_due
from shared.domain.searching import prefixes, words_of
from tests.integration.admin_stack import Admin, admin_stack, deliver, event, order, sign_up
from tests.integration.conftest import NOW


@pytest.fixture
def admin() -> Iterator[Admin]:
    with admin_stack() as stack:
        yield stack


def there() -> dict[str, set[str]]:
    """The table, by contact."""
    found: dict[str, set[str]] = {}
    for item in boto3.client("dynamodb").scan(TableName="Search")["Items"]:
        found.setdefault(item["contact"]["S"], set()).add(item["token"]["S"])
    return found


def contact_of(admin: Admin, email: str) -> str:
    return str(admin.post("/contacts/find", {"email": email}).json["contact"])


def is_right(contact: str) -> bool:
    stored = contacts.read(contact)
    assert stored is not None
    wanted = {search.token(prefix) for word in words_of(stored.profile) for prefix in prefixes(word)}
    return there().get(contact, set()) == wanted and "todo" not in (contacts.read_item(contact, search.KIND) or {})


def of_contact(type_: str, *ids: str) -> Event:
    named = tuple(Identity(kind=IdentityKind.CONTACT, value=each) for each in ids)
    return Event(id=f"{type_} {ids}", type=type_, time=NOW, stated=NOW, received=NOW, source="admin", identities=named)


def test_it_follows_a_profile_and_says_nothing_of_anybody(admin: Admin) -> None:
    deliver(sign_up("1", "ada@example.com", first_name="Ada", last_name="Lovelace"))
    ada = contact_of(admin, "ada@example.com")
    assert is_right(ada)
    assert list(search.found(["lovel", "ada"])) == [ada]
    items = boto3.client("dynamodb").scan(TableName="Search")["Items"]
    assert not any("ad" in item["token"]["S"].casefold()[:2] and len(item["token"]["S"]) < 16 for item in items)
    deliver(event("married", Type.CONTACT_UPDATED, "1", NOW, traits={"last_name": "King"}))
    assert is_right(ada)
    assert (list(search.found(["lovelace"])), list(search.found(["king"]))) == ([], [ada])
    deliver(order("1001", "1", NOW, 10))
    assert is_right(ada)


def test_a_stream_that_repeats_and_a_profile_that_changes_meanwhile_leave_nothing_behind(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(sign_up("1", "ada@example.com", first_name="Ada"))
    ada = contact_of(admin, "ada@example.com")
    told = search._is_told

    def changed_meanwhile(contact: str, words: Any) -> bool:
        monkeypatch.setattr(search, "_is_told", told)
        stored = contacts.read(contact)
        assert stored is not None
        stored.profile.traits.pop("first_name")
        contacts.commit([search.words_write(stored.profile)])
        return told(contact, words)

    stored = contacts.read(ada)
    assert stored is not None
    stored.profile.traits["first_name"] = stored.profile.traits["first_name"]._replace(value="Grace")
    contacts.commit([search.words_write(stored.profile)])
    monkeypatch.setattr(search, "_is_told", changed_meanwhile)
    search.follow(ada)
    search.follow(ada)
    assert list(search.found(["grace"])) == []
    assert list(search.found(["ad"])) == [ada]  # of the address


def test_an_erasure_takes_all_of_it_even_while_the_stream_is_behind(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(sign_up("1", "ada@example.com", first_name="Ada"), sign_up("2", "bob@example.com", first_name="Bob"))
    ada, bob = contact_of(admin, "ada@example.com"), contact_of(admin, "bob@example.com")
    stored = contacts.read(ada)
    assert stored is not None
    contacts.commit([search.words_write(stored.profile, anew=True)])
    told = search._is_told

    def erased_meanwhile(contact: str, words: Any) -> bool:
        monkeypatch.setattr(search, "_is_told", told)
        deliver(of_contact(Type.ERASURE_REQUESTED, ada))
        return told(contact, words)

    monkeypatch.setattr(search, "_is_told", erased_meanwhile)
    search.follow(ada)
    assert there().keys() == {bob}
    assert contacts.read_item(ada, search.KIND) is None


def test_who_joins_another_is_found_as_that_one(admin: Admin) -> None:
    deliver(sign_up("1", "ada@example.com", first_name="Ada"), sign_up("2", "countess@example.com", last_name="King"))
    ada, other = contact_of(admin, "ada@example.com"), contact_of(admin, "countess@example.com")
    deliver(of_contact(Type.CONTACTS_MERGED, ada, other))
    item = contacts.read_item(other, contacts.PROFILE)
    ended = [{"dynamodb": {"NewImage": item, "SequenceNumber": "1"}}]
    assert transition.handler({"Records": ended}, object()) == {"batchItemFailures": []}
    assert there().keys() == {ada}
    assert contacts.read_item(other, search.KIND) is None


def test_what_was_lost_is_made_again(admin: Admin) -> None:
    deliver(sign_up("1", "ada@example.com", first_name="Ada"))
    ada = contact_of(admin, "ada@example.com")
    for token in there()[ada]:
        boto3.client("dynamodb").delete_item(TableName="Search", Key={"token": {"S": token}, "contact": {"S": ada}})
    deliver(evaluation_due(ada, NOW, all=1, rebuild=1))
    assert is_right(ada)


def test_of_several_words_all_are_meant_however_many_begin_with_each(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE", 3)
    people = [
        sign_up(str(n), f"p{n}@{'gmail' if n % 3 else 'example'}.com", first_name="Anna" if n % 2 else "Bo")
        for n in range(20)
    ]
    deliver(*people)
    wanted = sorted(contact_of(admin, f"p{n}@gmail.com") for n in range(20) if n % 3 and n % 2)
    assert list(search.found(["anna", "gma"])) == wanted
    assert list(search.found(["gma", "anna"], after=wanted[1])) == wanted[2:]
    assert list(search.found(["anna", "zz"])) == []
