"""The rows of the lake that are made of a contact's stored events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools import Logger

from shared.adapters import contacts
from shared.domain.lake_rows import Row, place_of, row
from shared.domain.profiles import Profile
from shared.domain.profiles.traits import own_words_of

logger = Logger()


def rows_of(contact: str, partition: str) -> list[Row]:
    """The rows that a contact's events make in a partition: none, when the contact has ended."""
    stored = contacts.read(contact)
    if stored is None or stored.profile.has_ended:
        return []
    return [each for each in rows_of_profile(stored.profile) if place_of(each) == partition]


def rows_of_profile(profile: Profile) -> Iterator[Row]:
    """The rows of all the contact's events."""
    known = own_words_of(profile)
    made = (_row(profile.contact, item, known) for item in contacts.items(profile.contact, "EVENT#"))
    return (each for each in made if each is not None)


def _row(contact: str, item: dict[str, Any], known: frozenset[str]) -> Row | None:
    """The item's row; None where none can be made of it, which holds up no other (functions/lake puts it aside)."""
    try:
        return row(contact, contacts.event_of(item), known)
    except Exception as error:
        logger.error("event not in the lake", kind=item["kind"]["S"], reason=type(error).__name__)
        return None
