"""Stores what arrived for one contact in one transaction: events, profile, transitions, consents, identities, wake-up.

The profile's version guards the transaction. Who meets a conflict reads again and starts over; events that are
recorded already are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from shared.adapters import addresses, contacts, definitions, events_queue, identities
from shared.adapters.clock import pause
from shared.adapters.contacts import RepeatedEventsError, Stored, VersionConflictError
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import (
    MINUTE,
    NEVER,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    evaluation_due,
    event_id,
    event_key,
)
from shared.domain.identities import (
    Resolution,
    allowed_links,
    is_anonymous,
    is_somebody_else,
    kind_of,
    remembered,
    resolve,
    without_anonymous,
    without_email,
)
from shared.domain.profiles import Membership, Profile, Transition, rebuild, wake_at
from shared.domain.segments import absorb, close

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Record = dict[str, Any]

MOST_ATTEMPTS = 8
"""How often a contact that others write to as well is tried, before the queue brings its events again."""
MOST_EVENTS = 20
"""Of one transaction: with their consents and identities they mostly leave room for their transitions, of DynamoDB's
100 writes. Where they do not, the events are stored one by one."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """An event, the queue's record it came in, and whose it is."""

    event: Event
    record: Record
    resolution: Resolution


class SomebodyElseError(Exception):
    """An event among them is of another person at the same browser: it has to be asked again without the browser."""


def group(arrivals: Iterable[tuple[Event, Record]], known: Mapping[Identity, str]) -> dict[str, list[Resolved]]:
    """The arrivals by contact. A new contact's id is made of the event that brings it, so a retry makes the same."""
    known = dict(known)
    groups: dict[str, list[Resolved]] = {}
    for event, record in arrivals:
        resolution = resolve(event, known)
        contact = resolution.contact or f"c{event_id('contact', event.id)[:15]}"
        known |= dict.fromkeys(resolution.link, contact)
        groups.setdefault(contact, []).append(Resolved(event, record, resolution))
    return groups


def store_alone(event: Event, record: Record, now: Instant) -> list[Transition]:
    """Asks (again) whose event it is, and stores it."""
    for tries in range(MOST_ATTEMPTS):
        ((contact, members),) = group([(event, record)], identities.find(event.identities)).items()
        try:
            return store(contact, members, now)
        except SomebodyElseError:
            event = without_anonymous(event)
        except VersionConflictError:
            pause(tries)
    raise VersionConflictError(f"still conflicting after {MOST_ATTEMPTS} attempts")


def store(contact: str, members: Sequence[Resolved], now: Instant) -> list[Transition]:
    """Stores what arrived for one contact, `MOST_EVENTS` at a time; gives the transitions.

    VersionConflictError when an identity has meanwhile come to lead to another contact, or others write all the time.
    """
    transitions: list[Transition] = []
    for start in range(0, len(members), MOST_EVENTS):
        transitions += _store_some(contact, members[start : start + MOST_EVENTS], now)
    return transitions


def _store_some(contact: str, members: Sequence[Resolved], now: Instant) -> list[Transition]:
    fresh: dict[str, Resolved] = {}
    for member in members:  # of an event that is there twice, the first brings the identities
        fresh.setdefault(event_key(member.event), member)
    whole = False
    for tries in range(MOST_ATTEMPTS):
        stored = contacts.read(contact)
        if stored is not None and stored.profile.merged_into is not None:
            contact = stored.profile.merged_into
            continue
        if not fresh or not _wanted(stored, fresh.values()):
            if stored is not None:
                _wake_soon(stored.profile, now)  # whoever stored them may have died before
            return []
        if stored is None:
            stored = Stored(Profile(contact), wake_at=NEVER)
        elif whole:
            stored = replace(stored, profile=rebuild(stored.profile, contacts.events(contact)))
        decided = _decided(stored)
        try:
            transitions, writes = _fold(stored, list(fresh.values()), now)
            if len(writes) == 1 and _decided(stored) == decided and _stands(stored, now):
                return []  # an evaluation that changes nothing writes nothing
            contacts.commit(writes)
        except HistoryNeededError:
            whole = True
        except RepeatedEventsError as error:
            fresh = {key: member for key, member in fresh.items() if key not in error.keys}
        except VersionConflictError:
            if any(member.resolution.link or member.resolution.join for member in fresh.values()):
                raise  # it may be the identities that conflict: whose event it is has to be asked again
            pause(tries)
        else:
            _wake_soon(stored.profile, now)
            return transitions
    raise VersionConflictError(f"still conflicting after {MOST_ATTEMPTS} attempts")


def _decided(stored: Stored) -> tuple[int, dict[str, Membership]]:
    """What an evaluation alone can change of a profile."""
    return stored.profile.definitions, dict(stored.profile.memberships)


def _stands(stored: Stored, now: Instant) -> bool:
    """Whether the index would keep the wake-up that it has."""
    return contacts.wake_to_store(wake_at(stored.profile), stored.wake_at, now) == stored.wake_at


def _wake_soon(profile: Profile, now: Instant) -> None:
    """What falls due soon, the look of every minute, which is a minute ahead, may have passed by; and it does not look
    back. `now` is when this batch began, which may be half a minute ago."""
    due = wake_at(profile)
    if due <= now + 2 * MINUTE:
        events_queue.put_events([evaluation_due(profile.contact, max(due, now))])


def _wanted(stored: Stored | None, members: Iterable[Resolved]) -> bool:
    """Nothing is kept of an erased contact; and our own events make no contact: theirs was erased, and is gone."""
    if stored is not None:
        return not stored.profile.erased
    return any(member.event.identity(IdentityKind.CONTACT) is None for member in members)


def _fold(
    stored: Stored, members: Sequence[Resolved], now: Instant
) -> tuple[list[Transition], list[TransactWriteItemTypeDef]]:
    """What the members change in the profile, in place, and the writes that make it true."""
    profile = stored.profile
    joining = list(_joining(profile.contact, members))
    ends = [close(anonymous.profile, now, joined=profile.contact) for anonymous in joining]
    writes = [write for anonymous in joining for write in _join_writes(anonymous, profile.contact)]
    linked = [key for anonymous in joining for key in anonymous.profile.identities]
    recorded, anew, number = [], False, profile.definitions
    for member in members:
        held = frozenset(kind_of(key) for key in (*profile.identities, *linked))
        if is_somebody_else(member.resolution, held):
            raise SomebodyElseError
        allowed = allowed_links(member.event, member.resolution.link, held)
        for key in map(identities.identity_key, allowed):
            if key not in linked:
                linked.append(key)
                writes.append(identities.link_write(key, profile.contact))
        if member.event.type == Type.EVALUATION_DUE:
            anew = anew or bool(member.event.properties.get("all"))
            number = max(number, member.event.properties.get("definitions", 0))
        else:
            event = member.event
            if not _leads_here(event.traits.get("email"), (*profile.identities, *linked)):
                event = without_email(event)
            recorded.append(event)
            writes.append(contacts.event_write(profile.contact, event, member.resolution.conflicts))
    profile.identities, forgotten = remembered(list(dict.fromkeys((*profile.identities, *linked))))
    writes += [identities.unlink_write(key) for key in forgotten]
    before = dict(profile.consent)
    transitions = absorb(definitions.recorded(number), profile, recorded, now, anew=anew)
    writes += contacts.consent_writes(profile, recorded, before)
    writes += _answer_writes(profile, recorded)
    writes += [contacts.profile_write(closed, NEVER, now) for closed, _ in ends]  # nothing would ever move a wake-up
    left = [transitions for _, transitions in ends if transitions]
    room = contacts.MOST_WRITES - 1 - len(writes)
    for each in left:
        writes += contacts.transition_writes(each, now, max((room - 1) // (len(left) + 1), 1))
    writes += contacts.transition_writes(transitions, now, contacts.MOST_WRITES - 1 - len(writes))
    return transitions, [contacts.profile_write(profile, stored.wake_at, now), *writes]


def _leads_here(address: Json, keys: Collection[str]) -> bool:
    """Whether a trait `email` may be taken: there is none, or the address leads to the contact with these keys.

    Whoever sends it: a mail goes to the trait, so the trait must never say an address that is somebody else's.
    """
    if address is None:
        return True
    if not isinstance(address, str) or not address:
        return False
    return identities.identity_key(Identity(kind=IdentityKind.EMAIL, value=address)) in keys


def _answer_writes(profile: Profile, recorded: Iterable[Event]) -> Iterator[TransactWriteItemTypeDef]:
    """What these events say about consent holds for the address, too (see `addresses`), where it is the newest."""
    said = {change.topic: event.source for event in recorded for change in event.consent}
    if not said or profile.email is None:
        return
    hashed = identities.address_hash(profile.email)
    newer = addresses.newer(profile.consent, addresses.consent(hashed), said)
    if newer:
        yield addresses.answer_write(hashed, newer, ", ".join(sorted({said[topic] for topic in newer})))


def _joining(contact: str, members: Sequence[Resolved]) -> Iterator[Stored]:
    """The contacts the members' anonymous identities led to so far, as far as they are nobody in particular."""
    for other in dict.fromkeys(other for member in members for other in member.resolution.join):
        stored = contacts.read(other)
        if other != contact and stored is not None and _can_join(stored.profile):
            yield stored


def _can_join(profile: Profile) -> bool:
    return profile.merged_into is None and not profile.erased and is_anonymous(profile.identities)


def _join_writes(anonymous: Stored, contact: str) -> list[TransactWriteItemTypeDef]:
    """Has what led to a contact that is closed lead to the one it has joined; the stream then brings its events."""
    keys = anonymous.profile.identities
    return [identities.link_write(key, contact, instead_of=[anonymous.profile.contact]) for key in keys]
