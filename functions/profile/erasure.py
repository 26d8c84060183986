"""Erasure: everything that is known of a contact goes; what stays is that their address must not get mail."""

from __future__ import annotations

from shared.adapters import contacts, identities
from shared.adapters.contacts import Stored, VersionConflictError
from shared.domain.events import NEVER, Event, IdentityKind, Instant
from shared.domain.identities import kind_of, weakest_first
from shared.domain.profiles import Profile

MOST_ATTEMPTS = 8


def erase(event: Event, now: Instant) -> None:
    """Erases every contact the event's identities lead to. Repeating it does no harm.

    The items go first and the profile last, so that a crash in between leaves the contact to be found again. What is
    folded meanwhile is met by the profile's version, and erased in the next turn.
    """
    for contact in dict.fromkeys(identities.find(event.identities).values()):
        for _ in range(MOST_ATTEMPTS):
            stored = contacts.read(contact)
            if stored is None or stored.profile.erased:
                break
            try:
                _erase(stored, now)
                break
            except VersionConflictError:
                continue
        else:
            raise VersionConflictError(f"still conflicting after {MOST_ATTEMPTS} attempts")


def _erase(stored: Stored, now: Instant) -> None:
    profile = stored.profile
    kinds = [item["kind"]["S"] for item in contacts.items(profile.contact)]
    contacts.delete(profile.contact, (kind for kind in kinds if kind != contacts.PROFILE))
    tombstone = Profile(profile.contact, version=profile.version, erased=True)
    writes = [contacts.profile_write(tombstone, NEVER, now)]  # no wake-up stays: nothing would ever move it
    addresses = {key.split("#", 1)[1] for key in profile.identities if kind_of(key) is IdentityKind.EMAIL}
    # A bounce or a complaint weighs more: unlike an erasure, no later consent lifts it.
    free = [address for address in sorted(addresses) if identities.suppression_of_hash(address) is None]
    writes += [identities.suppression_write(address, "erasure", now) for address in free]
    unlinks = [identities.unlink_write(key) for key in weakest_first(profile.identities)]
    # What does not fit the transaction goes before it; whatever the event was found by goes with the profile.
    excess = max(len(unlinks) + len(writes) - contacts.MOST_WRITES, 0)
    for start in range(0, excess, contacts.MOST_WRITES):
        contacts.commit(unlinks[start : min(start + contacts.MOST_WRITES, excess)])
    contacts.commit([*writes, *unlinks[excess:]])
