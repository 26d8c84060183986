"""Erasure: everything that is known of a contact goes, and nothing that was told before it brings them back.

What stays is that their address must not get mail, and, by keyed hashes of what they were known by, the instant of the
erasure. What was told up to then is of nobody, whether it waits on a queue, lies among dead letters or is sent late;
what somebody says after it is of a new contact. All that is made from contacts follows: the Members table by leaving
transitions, runs and the lake by the profile's end in the table's stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from functions.profile.runs import end_runs, end_runs_begun_by
from shared.adapters import (
    addresses,
    amendments,
    asked,
    conflicts,
    contacts,
    definitions,
    events_queue,
    identities,
    journeys,
    search,
)
from shared.adapters.clock import pause
from shared.adapters.contacts import Stored, VersionConflictError
from shared.adapters.identities import identity_key
from shared.domain.events import MINUTE, NEVER, Event, Identity, IdentityKind, Instant, event_key
from shared.domain.identities import NOBODYS, is_anonymous, kind_of, weakest_first
from shared.domain.lake_rows import places
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild, trim
from shared.domain.profiles.transitions import BY_ERASURE
from shared.domain.segments import adopt, close, decide

T = TypeVar("T")

MAX_ATTEMPTS = 8
SECOND_LOOK = 2 * MINUTE
"""After an erasure: longer than a Lambda lives that has asked whose an event is before it, and stores it after."""
CUSTOMERS = (IdentityKind.SHOPIFY, IdentityKind.WOOCOMMERCE)
MAX_TRANSITIONS = 20  # items of the erasure's transaction; each holds as many as it takes


def erase(event: Event, now: Instant) -> None:
    """Erases every contact the event's identities lead to, as far as they are older than it. Repeating it does no harm.

    What was told after it, but was faster, is told again: it is a new contact's, as it would be had it come later.

    It is kept first that whoever is known by these is erased; so whoever looks up whose an event is from now on, knows.
    Who has looked before stores before the second look, which finds what they have made.
    """
    told = event.properties.get("erased_at", event.received)
    found = identities.find(event.identities)
    identities.record_erasure(_keys(event), told)
    _forget_sign_ups(_keys(event))
    for contact in dict.fromkeys(found.values()):
        for tries in range(MAX_ATTEMPTS):
            stored = contacts.read(contact)
            if stored is None or stored.profile.erased or not _is_meant(stored.profile, event, told):
                break
            newer = [each for each in contacts.events(contact) if each.time > told]
            try:
                _erase(stored, told, now)
            except VersionConflictError:
                pause(tries)
            else:
                events_queue.put_events(newer)  # of whoever they name now
                break
        else:
            raise VersionConflictError(f"still conflicting after {MAX_ATTEMPTS} attempts")
    if "erased_at" not in event.properties:
        later = {"received": now + SECOND_LOOK, "properties": {**event.properties, "erased_at": told}}
        events_queue.put_events([event.model_copy(update=later)])


def _forget_sign_ups(keys: Iterable[str]) -> None:
    """What waits to be confirmed by these addresses, which is nobody's yet."""
    from shared.adapters import sign_ups  # what hardly any batch needs

    for key in keys:
        if kind_of(key) is IdentityKind.EMAIL:
            sign_ups.forget(key.split("#", 1)[1])


def without_erased(arrivals: Sequence[tuple[Event, T]], now: Instant) -> list[tuple[Event, T]]:
    """The arrivals without those that name somebody who was erased after they were told.

    The browsers and carts that such an arrival names, unless somebody known has them, are theirs as well, as they would
    be had they been told of before the erasure was: so what these told up to then makes nobody again, and what of it
    was stored already goes.
    """
    newest = identities.newest_erasure()
    late = [event for event, _ in arrivals if event.time <= newest]
    if not late:
        return list(arrivals)
    erased = identities.erasures({key for event in late for key in _keys(event)})
    asked: set[Identity] = set()
    while theirs := {
        identity: max(erased.get(key, -1) for key in _keys(event))
        for event in late
        if _is_of_erased(event, erased)
        for identity in event.identities
        if identity.kind in NOBODYS and identity not in asked and identity_key(identity) not in erased
    }:
        asked |= theirs.keys()
        taken = identities.find(theirs)
        for identity, told in theirs.items():
            keys = _forget(taken[identity], told, now) if identity in taken else (identity_key(identity),)
            identities.record_erasure(keys, told)
            erased |= dict.fromkeys(keys, told)
    return [(event, record) for event, record in arrivals if not _is_of_erased(event, erased)]


def _forget(contact: str, told: Instant, now: Instant) -> tuple[str, ...]:
    """Erases what was told up to an instant of a contact who is nobody in particular, and gives what they are known by.
    Whoever uses the browser after it stays."""
    for tries in range(MAX_ATTEMPTS):
        stored = contacts.read(contact)
        if stored is None or stored.profile.erased or not is_anonymous(stored.profile.identities):
            return ()
        keys, events = stored.profile.identities, list(contacts.events(contact))
        later, gone = ([event for event in events if (event.time > told) is after] for after in (True, False))
        try:
            if not later:
                _erase(stored, told, now)
            elif gone:
                _keep(stored, later, gone, now)
        except VersionConflictError:
            pause(tries)
        else:
            return keys
    raise VersionConflictError(f"still conflicting after {MAX_ATTEMPTS} attempts")


def _keep(stored: Stored, kept: Sequence[Event], gone: Sequence[Event], now: Instant) -> None:
    """Makes a profile again from the events that are kept. As in `_erase`, the others go first."""
    shop_definitions = journeys.of(definitions.ensure_recorded(stored.profile.definitions)).definitions
    profile = rebuild(stored.profile, kept, shop_definitions.asked)
    amendments.record(profile.contact, {place for event in gone for place in places(event.type, event.time)}, now)
    contacts.delete(profile.contact, [event_key(event) for event in gone])
    contacts.delete(profile.contact, {kind for event in gone for kind in asked.kinds_of(event)})
    over = end_runs_begun_by(profile, gone, now)
    t = profile.decided = max(profile.decided, now)
    transitions = [
        *adopt(shop_definitions, profile, t),
        *decide(shop_definitions, profile, tuple(shop_definitions.segments), t, BY_ERASURE),
    ]
    trim(profile, lines=shop_definitions.lines)
    writes = [search.words_write(profile), *contacts.transition_writes(transitions, now, MAX_TRANSITIONS)]
    contacts.commit([contacts.profile_write(profile, stored.wake_at, now), *writes, *over])


def _is_of_erased(event: Event, erased: Mapping[str, Instant]) -> bool:
    return any(event.time <= erased.get(key, -1) for key in _keys(event))


def _keys(event: Event) -> list[str]:
    return [identity_key(identity) for identity in event.identities if identity.kind is not IdentityKind.CONTACT]


def _is_meant(profile: Profile, event: Event, told: Instant) -> bool:
    """Whether the contact is who was to be erased, and not somebody whom the same words have come to lead to: a person
    who came back later, or a customer of another number who has one of the orders."""
    if event.identity(IdentityKind.CONTACT) == profile.contact:
        return True
    named = set(_keys(event))
    own = {key for key in profile.identities if kind_of(key) in CUSTOMERS}
    meant = {key for key in named if kind_of(key) in CUSTOMERS}
    strong = named & {key for key in profile.identities if kind_of(key) not in NOBODYS}
    if own and meant and not own & meant and not strong:
        return False
    if profile.first_seen <= told:
        return True
    return any(each.time <= told and not named.isdisjoint(_keys(each)) for each in contacts.events(profile.contact))


def _erase(stored: Stored, told: Instant, now: Instant) -> None:
    """The items go first and the profile last, so that a crash in between leaves the contact to be found again. What is
    folded meanwhile is met by the profile's version, and erased in the next turn. Their runs end, and go once that is
    followed (functions/transition)."""
    profile = stored.profile
    identities.record_erasure(profile.identities, told)
    conflicts.end(profile.contact)
    search.forget(profile.contact)
    kinds: list[str] = []
    partitions: set[str] = set()
    last = contacts.numbered("TRANSITION", profile.transitions)
    others = [each for each in contacts.one_with(profile.contact) if each != profile.contact]
    for each in others:  # of whom nothing stays but that they have become this one, who is erased
        gone = [item["kind"]["S"] for item in contacts.items(each)]
        contacts.delete(each, [kind for kind in gone if kind != contacts.PROFILE])
    for item in contacts.items(profile.contact):
        kind = item["kind"]["S"]
        if kind.startswith("TRANSITION#") and kind > last:
            continue  # somebody else has erased the contact meanwhile: that they left is what is to stay
        if kind != contacts.PROFILE and not kind.startswith("RUN#"):
            kinds.append(kind)
        if kind.startswith("EVENT#"):
            partitions |= places(item["type"]["S"], int(item["time"]["N"]))
    amendments.record(profile.contact, partitions, now)
    contacts.delete(profile.contact, kinds)
    tombstone, transitions = close(profile, now)
    writes = end_runs(profile, "erased", now)
    writes += [contacts.profile_write(tombstone, NEVER, now)]  # no wake-up stays: nothing would ever move it
    writes += contacts.transition_writes(transitions, now, MAX_TRANSITIONS)
    hashed = sorted({key.split("#", 1)[1] for key in profile.identities if kind_of(key) is IdentityKind.EMAIL})
    _forget_sign_ups(profile.identities)
    writes += [addresses.forget_write(each) for each in (*hashed, profile.contact, *others)]
    writes += [identities.forget_bounces_write(each) for each in hashed]
    # A bounce or a complaint weighs more: unlike an erasure, no later consent lifts it.
    free = [address for address in hashed if identities.suppression_of_hash(address) is None]
    writes += [identities.suppression_write(address, "erasure", told) for address in free]
    unlinks = [identities.unlink_write(key) for key in weakest_first(profile.identities)]
    # What does not fit the transaction goes before it; whatever the event was found by goes with the profile.
    excess = max(len(unlinks) + len(writes) - contacts.MAX_WRITES, 0)
    for start in range(0, excess, contacts.MAX_WRITES):
        contacts.commit(unlinks[start : min(start + contacts.MAX_WRITES, excess)])
    contacts.commit([*writes, *unlinks[excess:]])
