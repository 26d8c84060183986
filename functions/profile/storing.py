"""Stores what arrived for one contact in one transaction: events, profile, transitions, consents, identities, wake-up.

The profile's version guards the transaction. Who meets a conflict reads again and starts over; events that are
recorded already are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from functions.profile.runs import end_runs, move
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
from shared.adapters.contacts import RepeatedEventsError, Stored, VersionConflictError
from shared.domain.coupons import told_codes
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import (
    DAY,
    INTERNAL,
    MINUTE,
    NEVER,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Type,
    cart_ordered,
    event_id,
    event_key,
    order_left,
    wake_up,
)
from shared.domain.experiments.entering import is_anothers
from shared.domain.identities import (
    STRENGTH,
    Resolution,
    allowed_links,
    is_anonymous,
    is_certain,
    is_somebody_else,
    joins,
    kind_of,
    remembered,
    resolve,
    without_email,
    without_what_leads_to,
)
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.telling import Told, told_by
from shared.domain.lake_rows import place_of, row
from shared.domain.personal import own_words
from shared.domain.profiles import Profile, wake_at
from shared.domain.profiles.consent import entries
from shared.domain.profiles.folding import rebuild
from shared.domain.profiles.orders import order_id
from shared.domain.profiles.traits import own_words_of
from shared.domain.profiles.transitions import Membership, Transition
from shared.domain.properties import CARTS, COUPON_POOL, tells_of_order
from shared.domain.searching import found_by
from shared.domain.segments import close

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

Record = dict[str, Any]

MAX_ATTEMPTS = 8
"""How often a contact that others write to as well is tried, before the queue brings its events again."""
MAX_EVENTS = 20
"""Of one transaction: with their consents and identities they mostly leave room for their transitions, of DynamoDB's
100 writes. Where they do not, the events are stored one by one."""


class Resolved(NamedTuple):
    """An event, the queue's record it came in, and whose it is. `alone`: that was asked for this event only."""

    event: Event
    record: Record
    resolution: Resolution
    alone: bool = False


class SomebodyElseError(Exception):
    """An event among them is of another person at the same browser: it has to be asked again without the browser."""


class MovedError(VersionConflictError):
    """What an event's contact was found by leads to another contact by now: it has to be asked again."""


def group(
    arrivals: Iterable[tuple[Event, Record]], known: Mapping[Identity, str]
) -> tuple[dict[str, list[Resolved]], list[tuple[Event, Record]]]:
    """The arrivals by contact, in the order in which to store them, and those to be asked again after that.

    What shares a batch decides nothing. So whatever may depend on how an earlier arrival turns out, because that links
    or joins in a way which the contact's profile has to allow, waits for it.
    """
    known = dict(known)
    groups: dict[str, list[Resolved]] = {}
    later: list[tuple[Event, Record]] = []
    undecided: set[Identity | str] = set()
    for event, record in arrivals:
        resolution = resolve(event, known)
        contact = resolution.contact or _new_contact(event)
        certain = is_certain(event, resolution)
        touched: set[Identity | str] = {*event.identities, contact, *resolution.join, *resolution.conflicts}
        waits = not undecided.isdisjoint(touched) or (contact in groups and not certain)
        if waits:
            later.append((event, record))
        else:
            groups.setdefault(contact, []).append(Resolved(event, record, resolution))
            known |= dict.fromkeys(resolution.link, contact)
        if waits or not certain:
            undecided |= touched
    return groups, later


def _new_contact(event: Event) -> str:
    """The id of a contact whom the event brings: of the event and whom it names, so a retry makes the same, and nobody
    else who uses the event's id again."""
    strongest = min(event.identities, key=lambda i: (STRENGTH.index(i.kind), i.value), default=None)
    named = "" if strongest is None else identities.identity_key(strongest)
    return f"c{event_id('contact', event.id, named)[:15]}"


def store_alone(event: Event, record: Record, now: Instant) -> list[Transition]:
    """Asks (again) whose event it is, and stores it."""
    orders: list[Event] = []
    order_of: str | None = None
    for tries in range(MAX_ATTEMPTS):
        known = identities.find(event.identities)
        resolution = resolve(event, known)
        if order_of is not None:
            resolution = resolution._replace(order_of=order_of)
        contact = resolution.contact or _new_contact(event)
        try:
            transitions = store(contact, [Resolved(event, record, resolution, alone=True)], now)
        except SomebodyElseError:
            _end_carts([contact], event)
            orders += _orders_of_cart([contact], event)
            if event.own_order is not None and known.get(event.own_order) == contact:
                order_of = contact
            event = without_what_leads_to(event, known, contact)
        except VersionConflictError:
            pause(tries)
        else:
            events_queue.put_events([cart_ordered(contact, order) for order in orders])
            return transitions
    raise VersionConflictError(f"still conflicting after {MAX_ATTEMPTS} attempts")


def store(contact: str, members: Sequence[Resolved], now: Instant) -> list[Transition]:
    """Stores what arrived for one contact, `MAX_EVENTS` at a time; gives the transitions.

    VersionConflictError when an identity has meanwhile come to lead to another contact, or others write all the time.
    """
    transitions: list[Transition] = []
    for member in members:
        _end_carts(_known(member.resolution.join), member.event)
    turns = [_order_in_turn(contact, member, now) for member in members]
    members = [member for member, _ in turns]
    for start in range(0, len(members), MAX_EVENTS):
        transitions += _store_some(contact, members[start : start + MAX_EVENTS], now)
    events_queue.put_events([left for _, left in turns if left is not None])
    overtaken = [order for member in members for order in _orders_of_cart(_known(member.resolution.join), member.event)]
    events_queue.put_events([cart_ordered(contact, order) for order in overtaken])
    return transitions


def _store_some(contact: str, members: Sequence[Resolved], now: Instant) -> list[Transition]:
    fresh: dict[str, Resolved] = {}
    for member in members:  # of an event that is there twice, the first brings the identities
        fresh.setdefault(event_key(member.event), member)
    made_anew = any(_asks_to_make_anew(member.event) for member in fresh.values())
    whole = made_anew
    for tries in range(MAX_ATTEMPTS):
        stored = contacts.read(contact)
        if stored is not None and stored.profile.merged_into is not None:
            contact = stored.profile.merged_into
            continue
        if not fresh or not _wanted(stored, fresh.values()):
            if stored is not None:  # whoever stored them may have died before
                _take_codes_back(stored.profile, members)
                _wake_soon(stored.profile, now)
            return []
        if stored is None:
            stored = Stored(Profile(contact, public=True), wake_at=NEVER)
        elif whole:
            words = frozenset().union(*(own_words(member.event.traits) for member in fresh.values()))
            kept = _journeys(stored.profile.definitions).definitions.asked
            stored = stored._replace(profile=rebuild(stored.profile, contacts.events(contact), kept, words))
        decided = _decided(stored)
        try:
            sides = _sides(stored, list(fresh.values()))
            if sides.contact != contact:
                contact = sides.contact
                continue
            fresh = {key: _with_pools(contact, member) for key, member in fresh.items()}
            had = {id_ for id_, order in stored.profile.orders.items() if order.properties.get(COUPON_POOL)}
            transitions, writes = _fold(stored, list(fresh.values()), sides, now)
            if len(writes) == 1 and not made_anew and _decided(stored) == decided and _stands(stored, now):
                return []  # an evaluation that changes nothing writes nothing
            # Before, so that none is missed; of what was only claimed, nobody needs to hear.
            for joining in sides.joining:
                if not is_anonymous(joining.profile.identities):
                    conflicts.end(joining.profile.contact, joined=contact)
            for other in sides.conflicts:
                if not any(member.event.claimed for member in fresh.values()):
                    conflicts.record(contact, other, now)
            contacts.commit(_within_bounds(writes))
        except HistoryNeededError:
            whole = True
        except RepeatedEventsError as error:
            fresh = {key: member for key, member in fresh.items() if key not in error.keys}
        except MovedError:
            raise
        except VersionConflictError:
            if any(member.resolution.link or member.resolution.join for member in fresh.values()):
                raise  # it may be the identities that conflict: whose event it is has to be asked again
            pause(tries)
        else:
            _take_codes_back(stored.profile, [each for each in fresh.values() if _has_code(each.event, had)])
            _wake_soon(stored.profile, now)
            return transitions
    raise VersionConflictError(f"still conflicting after {MAX_ATTEMPTS} attempts")


def _asks_to_make_anew(event: Event) -> bool:
    """Whether the profile is to be folded from all events again: how the shop counts them may have changed."""
    return event.type == Type.EVALUATION_DUE and bool(event.properties.get("rebuild"))


def _decided(stored: Stored) -> tuple[int, dict[str, Membership], dict[str, Instant], dict[str, Instant]]:
    """What an evaluation alone can change of a profile."""
    profile = stored.profile
    return profile.definitions, dict(profile.memberships), dict(profile.runs), dict(profile.digests)


def _journeys(number: int, published: int = 0) -> Journeys:
    """The shop's journeys of a publication of theirs or a later one, with the segments of one or a later one."""
    return journeys.of(definitions.ensure_recorded(number), published)


def _stands(stored: Stored, now: Instant) -> bool:
    """Whether the index would keep the wake-up that it has."""
    return contacts.wake_to_store(wake_at(stored.profile), stored.wake_at, now) == stored.wake_at


def _end_carts(others: Iterable[str], order: Event) -> None:
    """Of an order under another address than its cart: empties the carts of those whom the cart, or the order while it
    was one, leads to. Told before the order is stored, so that nobody who dies between leaves it out; told twice, it is
    one event."""
    if order.type == Type.ORDER_COMPLETED and not order.public and (ended := [*others]):
        events_queue.put_events([cart_ordered(other, order) for other in ended])


def _order_in_turn(contact: str, member: Resolved, now: Instant) -> tuple[Resolved, Event | None]:
    """An order is one contact's at a time: whose the newest state says it is, because the shop has corrected an
    address, or given a guest's order to a customer. Another who had it is told that it has left, before this is stored
    (as in `_end_carts`). Where it is this state that is the older one, the order stays with the other; and what
    `contact` is to be told once it is stored is given back."""
    event, other = member.event, member.resolution.order_of
    if event.order is None or other is None or other == contact:
        return member, None
    stays = member._replace(resolution=member.resolution._replace(order_of=None))
    stored = contacts.read(other)
    if stored is None or is_anonymous(stored.profile.identities):
        return stays, None
    held = stored.profile.orders.get(event.order.id)
    if held is not None and held.cancelled_at > event.stamp:
        return stays, order_left(contact, event, held.cancelled_at, now)
    events_queue.put_events([order_left(other, event, event.stamp, now)])
    return member, None


def _with_pools(contact: str, member: Resolved) -> Resolved:
    """An order's event with what we tell of it: the pools whose codes, that the contact was given, it redeems. Whatever
    its sender says of that."""
    event = member.event
    if not tells_of_order(event):
        return member
    properties = {name: value for name, value in event.properties.items() if name != COUPON_POOL}
    id_ = order_id(event)
    if id_ is not None and event.counts and not event.public and told_codes(properties):
        from shared.adapters import redeeming  # few orders have a code

        pools = redeeming.pools_redeemed(contact, id_, event)
        properties |= {COUPON_POOL: pools} if pools else {}
    if properties == event.properties:
        return member
    return member._replace(event=event.model_copy(update={"properties": properties}))


def _has_code(event: Event, had: Collection[str]) -> bool:
    return COUPON_POOL in event.properties or order_id(event) in had


def _take_codes_back(profile: Profile, members: Iterable[Resolved]) -> None:
    """Of orders that were told of: codes that they redeem no more, as they are now."""
    for event in (member.event for member in members):
        id_ = order_id(event) if tells_of_order(event) and event.counts and not event.public else None
        if id_ is not None:
            from shared.adapters import redeeming

            redeeming.take_back(profile.contact, id_, profile.orders.get(id_), event)


def _orders_of_cart(others: Iterable[str], cart: Event) -> list[Event]:
    """Of a cart that its order has overtaken: the order, where it is by another who has the cart's token. The cart is
    ended then (`cart_ordered`), once it is stored: our own events make no contact."""
    if cart.type not in CARTS or cart.public:
        return []
    tokens = {identity for identity in cart.identities if identity.kind is IdentityKind.ORDER}
    return [
        event
        for other in others
        for event in contacts.events(other)
        if event.type == Type.ORDER_COMPLETED and not event.public and not tokens.isdisjoint(event.identities)
    ]


def _known(others: Iterable[str]) -> Iterator[str]:
    """Those of them who are somebody, and will not join."""
    for other in others:
        stored = contacts.read(other)
        if stored is not None and not is_anonymous(stored.profile.identities):
            yield other


def _wake_soon(profile: Profile, now: Instant) -> None:
    """What falls due soon, the look of every minute, which is a minute ahead, may have passed by; and it does not look
    back. `now` is when this batch began, which may be half a minute ago."""
    due = wake_at(profile)
    if due <= now + 2 * MINUTE:
        events_queue.put_events([wake_up(profile.contact, due, now)])


def _wanted(stored: Stored | None, members: Iterable[Resolved]) -> bool:
    """Nothing is kept of an erased contact; and our own events make no contact: theirs was erased, and is gone.
    Nor does a merger of two whom nobody knows."""
    if stored is not None:
        return not stored.profile.erased
    return any(
        member.event.identity(IdentityKind.CONTACT) is None and member.event.type != Type.CONTACTS_MERGED
        for member in members
    )


class Sides(NamedTuple):
    """Of several contacts that an event names: whose it is, who joins that one, and who stays apart (`conflicts`)."""

    contact: str
    joining: tuple[Stored, ...] = ()
    conflicts: tuple[str, ...] = ()


def _sides(stored: Stored, members: Sequence[Resolved]) -> Sides:
    """Whoever of those that are named may join another does (see `joins`): the first, too, when it may join one that
    may not."""
    contact, event = stored.profile.contact, members[0].event
    named = {
        other for member in members for other in (*member.resolution.conflicts, member.resolution.contact) if other
    }
    beside = {other for member in members for other in member.resolution.join}
    others = [found for name in sorted((named | beside) - {contact}) if (found := contacts.read(name)) is not None]
    others = [found for found in others if not found.profile.has_ended]
    known = [each for each in others if each.profile.contact in named and not _may_join(each.profile, event)]
    if known and event.type != Type.CONTACTS_MERGED and _may_join(stored.profile, event):
        return Sides(known[0].profile.contact)
    joining = [
        each
        for each in others
        if (is_anonymous(each.profile.identities) if each.profile.contact in beside else _may_join(each.profile, event))
    ]
    return Sides(contact, tuple(joining), tuple(each.profile.contact for each in known))


def _may_join(profile: Profile, event: Event) -> bool:
    return joins(event, profile.identities, profile.public)


def _fold(
    stored: Stored, members: Sequence[Resolved], sides: Sides, now: Instant
) -> tuple[list[Transition], list[TransactWriteItemTypeDef]]:
    """What the members change in the profile, in place, and the writes that make it true."""
    profile = stored.profile
    called, sought = own_words_of(profile), found_by(profile)
    ends = [close(joining.profile, now, joined=profile.contact) for joining in sides.joining]
    writes = [write for joining in sides.joining for write in _join_writes(joining, profile.contact)]
    writes += [write for joining in sides.joining for write in end_runs(joining.profile, "joined", now)]
    writes += [contacts.joined_write(profile.contact, joining.profile.contact, now) for joining in sides.joining]
    keys = dict.fromkeys(
        (*profile.identities, *(key for joining in sides.joining for key in joining.profile.identities))
    )
    recorded, anew, number = list[Event](), False, profile.definitions
    told, published = list[Told](), 0
    for member in members:
        held = frozenset(map(kind_of, keys))
        if is_somebody_else(member.resolution, held):
            raise SomebodyElseError
        linked = allowed_links(member.event, member.resolution.link, held)
        deciding = member.resolution.deciding
        if deciding is not None and not _leads_here(deciding, profile.contact, keys):
            if not member.alone:
                raise MovedError
            linked = (*linked, deciding)
        own_order, had_by = member.event.own_order, member.resolution.order_of
        if own_order is not None and had_by is not None:
            linked = (*linked, own_order)
        for identity in linked:
            key = identities.identity_key(identity)
            if key not in keys:
                keys[key] = None
                moved = [had_by] if had_by is not None and identity == own_order else []
                writes.append(identities.link_write(key, profile.contact, instead_of=moved))
        if member.event.order is not None and member.event.order.elsewhere and own_order is not None:
            keys.pop(identities.identity_key(own_order), None)  # what it is known by has gone with it
        kept, forgotten = remembered(list(keys))
        keys = dict.fromkeys(kept)
        writes += [identities.unlink_write(key) for key in forgotten]
        if member.event.type == Type.EVALUATION_DUE:
            anew = anew or bool(member.event.properties.get("all"))
            number = max(number, member.event.properties.get("definitions", 0))
            published = max(published, member.event.properties.get("journeys", 0))
            _wait_for_digest(profile, member.event)
        elif is_anothers(member.event, profile.contact):
            continue
        elif member.event.type in INTERNAL:
            told += [each for each in [told_by(member.event)] if each is not None]
        else:
            event = member.event if _may_tell_address(member.event, keys) else without_email(member.event)
            recorded.append(event)
            writes.append(contacts.event_write(profile.contact, event, sides.conflicts))
    profile.identities = tuple(keys)
    profile.public = profile.public and all(event.public for event in recorded)
    profile.public = profile.public and all(joining.profile.public for joining in sides.joining)
    said = dict(profile.consent), dict(profile.earlier)
    transitions, moves = move(_journeys(number, published), profile, recorded, told, now, anew)
    writes += moves
    if profile.version and own_words_of(profile) > called:
        _amend_lake(profile, called, now)
    made_anew = any(_asks_to_make_anew(member.event) for member in members)
    if found_by(profile) != sought or (made_anew and not is_anonymous(profile.identities)):
        writes.append(search.words_write(profile, anew=made_anew))
    writes += contacts.consent_writes(profile, entries(*said, recorded))
    writes += _answer_writes(profile, recorded)
    writes += asked.writes(profile.contact, recorded)
    writes += [contacts.profile_write(closed, NEVER, now) for closed, _ in ends]  # nothing would ever move a wake-up
    _ask_for_digests(profile, now)
    left = [transitions for _, transitions in ends if transitions]
    room = contacts.MAX_WRITES - 1 - len(writes)
    for each in left:
        writes += contacts.transition_writes(each, now, max((room - 1) // (len(left) + 1), 1))
    writes += contacts.transition_writes(transitions, now, contacts.MAX_WRITES - 1 - len(writes))
    return transitions, [contacts.profile_write(profile, stored.wake_at, now), *writes]


def _wait_for_digest(profile: Profile, event: Event) -> None:
    """Until when, as `digest_due` says."""
    topic, due = event.properties.get("digest"), event.properties.get("due")
    if topic is None:
        return
    if due:
        profile.digests[topic] = due
    elif profile.digests.get(topic) == event.properties.get("was"):
        profile.digests.pop(topic, None)


def _ask_for_digests(profile: Profile, now: Instant) -> None:
    """Asks for the digests that are due; each again after a day, until it is told what has become of it. Before that is
    stored, so that none is missed: one that is asked for twice is sent once."""
    for topic, due in profile.digests.items():
        if due <= now:
            from shared.adapters import messages_queue  # once a week, for some

            messages_queue.put({"kind": "digest", "contact": profile.contact, "topic": topic}, now)
            profile.digests[topic] = now + DAY


def _amend_lake(profile: Profile, called: frozenset[str], now: Instant) -> None:
    """Has those rows of the lake made again that repeat what the contact is called, which was not known before."""
    contact, words = profile.contact, own_words_of(profile)
    rows = ((row(contact, event, called), row(contact, event, words)) for event in contacts.events(contact))
    amendments.record(contact, {place_of(after) for before, after in rows if before != after}, now)


def _leads_here(deciding: Identity, contact: str, keys: Collection[str]) -> bool:
    """Whether what an event's contact was found by leads to it still."""
    if deciding.kind is IdentityKind.CONTACT:
        return True
    return identities.identity_key(deciding) in keys


def _may_tell_address(event: Event, keys: Collection[str]) -> bool:
    """Whether an event's trait `email` may be taken: it has none, or it leads to the contact with these keys.

    Whoever sends it: a mail goes to the trait, so the trait must never say an address that is somebody else's.
    """
    address = event.traits.get("email")
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


def _join_writes(joining: Stored, contact: str) -> list[TransactWriteItemTypeDef]:
    """Has what led to a contact that is closed lead to the one it has joined; the stream then brings its events."""
    keys = joining.profile.identities
    return [identities.link_write(key, contact, instead_of=[joining.profile.contact]) for key in keys]


def _within_bounds(writes: list[TransactWriteItemTypeDef]) -> list[TransactWriteItemTypeDef]:
    """The writes of one transaction, of which DynamoDB takes so many. Identities that a joining contact brings beyond
    that are moved before: should we die then, whoever meets one asks again (`MovedError`) until the joining is done."""
    excess = len(writes) - contacts.MAX_WRITES
    if excess <= 0:
        return writes
    moves = [write for write in writes if {"identity", "contact"} <= write.get("Put", {}).get("Item", {}).keys()][
        :excess
    ]
    for start in range(0, len(moves), contacts.MAX_WRITES):
        contacts.commit(moves[start : start + contacts.MAX_WRITES])
    return [write for write in writes if not any(write is moved for moved in moves)]
