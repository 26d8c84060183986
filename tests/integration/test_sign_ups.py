"""What is kept of who has signed up and not confirmed it: nothing for good, and all of it goes with an erasure."""

from __future__ import annotations

import pytest

from functions.profile.erasure import erase
from shared.adapters import contacts, identities, messages, sign_ups
from shared.domain.events import SECOND, Event, Identity, IdentityKind, Type
from shared.domain.forms import SignUp
from shared.domain.messages.asked import SystemMessage
from shared.domain.messages.held import Status
from shared.domain.messages.refusals import Refusal
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")

ADDRESS = "ada@example.com"


def signed_up() -> str:
    """Somebody, who was asked to confirm it, with all that is kept of it; gives the partition."""
    hashed = identities.address_hash(ADDRESS)
    kept = sign_ups.Kept("s1", hashed, "footer", 1, NOW, SignUp(ADDRESS, {"first_name": "Ada"}, ("marketing",), False))
    sign_ups.keep(kept, ADDRESS)
    place = sign_ups.place(hashed)
    for number, purpose in enumerate(("confirm_signup", "reminder")):
        message = SystemMessage(
            contact=place, purpose=purpose, id=f"s{number}", address=hashed, best_before=NOW + sign_ups.KEPT_FOR
        )
        claimed = messages.claim(message, None, NOW, hashed)
        assert claimed.status is Status.CLAIMED
        assert messages.settle(place, message.key, "ses-1", NOW)
        messages.delivered(place, message.key, NOW + SECOND)
        messages.clicked(place, message.key, NOW + SECOND, "link")
    refused = SystemMessage(contact=place, purpose="confirm_signup", id="s3", address=hashed)
    messages.refuse(refused, None, Refusal.SUPPRESSED_BOUNCE, NOW)
    return place


def test_all_that_is_kept_of_a_sign_up_expires_with_it() -> None:
    place = signed_up()
    items = list(contacts.items(place))
    assert sorted(item["kind"]["S"].partition("#")[0] for item in items) == [
        *("ADDRESS", "MESSAGE", "MESSAGE", "MESSAGE", "SIGN_UP")
    ]
    assert {int(item["expires"]["N"]) for item in items} == {(NOW + sign_ups.KEPT_FOR) // SECOND}


def test_a_contacts_own_messages_do_not_expire() -> None:
    message = SystemMessage(
        contact="c01", purpose="confirm_address", id="s1", address="0" * 16, best_before=NOW + sign_ups.KEPT_FOR
    )
    messages.claim(message, None, NOW)
    (item,) = contacts.items("c01")
    assert "expires" not in item


def test_an_erasure_of_the_address_reaches_all_of_it_and_what_ses_tells_later_brings_nothing_back() -> None:
    place = signed_up()
    key = next(item["kind"]["S"] for item in contacts.items(place) if item["kind"]["S"].startswith("MESSAGE#"))
    event = Event(
        id="gone",
        type=Type.ERASURE_REQUESTED,
        time=NOW,
        received=NOW,
        source="admin",
        identities=(Identity(kind=IdentityKind.EMAIL, value=ADDRESS),),
    )
    erase(event, NOW)
    assert list(contacts.items(place)) == []
    assert [*sign_ups.reminders(NOW + sign_ups.REMINDED_AFTER)] == []
    messages.delivered(place, key.removeprefix("MESSAGE#"), NOW)
    messages.clicked(place, key.removeprefix("MESSAGE#"), NOW, "link")
    assert list(contacts.items(place)) == []
