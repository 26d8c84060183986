"""Addresses that have not been shown to be a contact's yet: of a sign-up, or a change, that waits to be confirmed.

Items of the contact's partition, so that an erasure and an export reach them: `contact`, `kind` (`ADDRESS#hash`),
`address`, and `expires`, in seconds, after which the table deletes it.
"""

from __future__ import annotations

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.adapters.identities import address_hash
from shared.domain.events import SECOND, Instant

PREFIX = "ADDRESS#"


def put(contact: str, address: str, until: Instant) -> str:
    """Keeps a normalised address until an instant; gives its hash, by which messages name it."""
    hashed = address_hash(address)
    item = {
        **contacts.key(contact, f"{PREFIX}{hashed}"),
        "address": {"S": address},
        "expires": {"N": str(until // SECOND)},
    }
    client("dynamodb").put_item(TableName=contacts.table(), Item=item)
    return hashed


def waiting(contact: str, now: Instant) -> set[str]:
    """The hashes of the contact's addresses that wait still; what has expired may be there for some days more."""
    found = contacts.items(contact, PREFIX)
    return {item["kind"]["S"].removeprefix(PREFIX) for item in found if int(item["expires"]["N"]) * SECOND > now}


def read(contact: str, hashed: str) -> str | None:
    """The address with this hash; None when there is none (any more)."""
    item = contacts.read_item(contact, f"{PREFIX}{hashed}")
    return None if item is None else str(item["address"]["S"])
