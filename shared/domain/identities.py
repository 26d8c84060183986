"""Whose event is it? Decided from the identities an event carries and the contacts they already lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.domain.events import Event, Identity, IdentityKind, Type

STRENGTH = list(IdentityKind)
NOBODYS = frozenset({IdentityKind.ORDER, IdentityKind.ANONYMOUS})
"""Kinds that are nobody in particular. A storefront's orders and carts are a kind of their own, which a public write
key cannot name: their numbers can be guessed."""
MAX_IDENTITIES = 500
"""Identities a contact is known by, beside orders."""
MAX_ORDERS = 500
"""Orders, checkouts and carts a contact is known by."""


class Resolution(NamedTuple):
    """Whose an event is.

    `contact` None: of nobody known, so of a new contact; else `deciding` is the identity that leads to it. `link`:
    identities that are to lead to the contact from now on. `join`: contacts that other identities of the event lead to,
    of NOBODYS kinds; whoever is anonymous among them joins. `conflicts`: other known contacts the event names too;
    known contacts are never merged silently, but some may join (`joins`). `order_of`: who has had the order until now
    that the event tells of, if that is another.
    """

    contact: str | None
    deciding: Identity | None
    link: tuple[Identity, ...]
    join: tuple[str, ...]
    conflicts: tuple[str, ...]
    order_of: str | None = None

    @property
    def by_anonymous(self) -> bool:
        """Whether nothing but an identity of nobody in particular leads to the contact."""
        return self.deciding is not None and self.deciding.kind in NOBODYS


def resolve(event: Event, known: Mapping[Identity, str]) -> Resolution:
    """Decides by the strongest identity that leads to a contact; of two contacts that have become one, by the one that
    is named first. `known` holds those that lead to one."""
    named = list(dict.fromkeys(event.identities))
    if event.type != Type.CONTACTS_MERGED:
        named.sort(key=lambda identity: (STRENGTH.index(identity.kind), identity.value))
    deciding = next((identity for identity in named if identity in known), None)
    contact = known[deciding] if deciding is not None else None
    others: dict[str, IdentityKind] = {}
    for identity in named:
        if identity in known and known[identity] != contact:
            others.setdefault(known[identity], identity.kind)
    own_order = event.own_order
    order_of = known.get(own_order) if own_order is not None else None
    return Resolution(
        contact=contact,
        deciding=deciding,
        link=tuple(i for i in named if i not in known and i.kind is not IdentityKind.CONTACT),
        join=tuple(other for other, kind in others.items() if kind in NOBODYS),
        conflicts=tuple(other for other, kind in others.items() if kind not in NOBODYS),
        order_of=order_of if order_of != contact else None,
    )


def is_certain(event: Event, resolution: Resolution) -> bool:
    """Whether nothing that is not known here decides whose the event is and what leads to them from now on."""
    if resolution.join or resolution.conflicts:
        return False
    if resolution.deciding is None or all(identity.kind in NOBODYS for identity in resolution.link):
        return True
    return not event.is_weak and not resolution.by_anonymous


def is_somebody_else(resolution: Resolution, held: frozenset[IdentityKind]) -> bool:
    """Whether the event is of another person at the same browser than its contact, who is known by kinds `held`.

    It is, when only the browser speaks for the contact, and the event brings a new identity of a kind the contact has.
    """
    new = {identity.kind for identity in resolution.link} - NOBODYS
    return resolution.by_anonymous and bool(new & held)


def without_what_leads_to(event: Event, known: Mapping[Identity, str], contact: str) -> Event:
    """The event without the browser, or the cart, by which it would be somebody else's. What else it names, such as the
    order that was made of the cart, goes on leading to whose it is."""
    named = tuple(
        identity for identity in event.identities if identity.kind not in NOBODYS or known.get(identity) != contact
    )
    return event.model_copy(update={"identities": named})


def allowed_links(event: Event, link: tuple[Identity, ...], held: frozenset[IdentityKind]) -> tuple[Identity, ...]:
    """What of `link` may be added to a contact that is known by kinds `held` already.

    Who tells weakly (`Event.is_weak`) gives a contact its first address, and never a second. User ids it may give as
    many as it likes, since each is only ever claimed: had a contact but one, whoever claims it first would keep out its
    owner.
    """
    if not event.is_weak:
        return link
    return tuple(i for i in link if i.kind is not IdentityKind.EMAIL or IdentityKind.EMAIL not in held)


def joins(event: Event, keys: Sequence[str], public: bool) -> bool:
    """Whether a contact that the event names beside another joins that one: it is known by `keys`, and nobody but
    senders with a public write key has told of it (`public`).

    Who is nobody in particular does. So does a user id that nothing but public events tell of, once somebody names it
    together with an address; and what nobody but the public key tells of an address, once the storefront says whose it
    is. Two known contacts become one only when the storefront or an operator says so.
    """
    if is_anonymous(keys) or (event.type == Type.CONTACTS_MERGED and not event.public):
        return True
    has_address = any(kind_of(key) is IdentityKind.EMAIL for key in keys)
    return public and not event.claimed and not (event.public and has_address)


def kind_of(key: str) -> IdentityKind:
    """The kind of an identity, from its key in the Identities table (`kind#value`)."""
    return IdentityKind(key.split("#", 1)[0])


def remembered(keys: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What a contact goes on being known by, of these keys from the oldest to the newest, and what is forgotten.

    What a storefront has told of and what anybody can tell with a public write key are bounded each for itself, so that
    no number of made-up browsers pushes out an order. Beyond the bound go the oldest: orders and carts; browsers, and
    then user ids.
    """
    orders = [key for key in keys if kind_of(key) is IdentityKind.ORDER]
    others = len(keys) - len(orders)
    told = [key for kind in (IdentityKind.ANONYMOUS, IdentityKind.USER) for key in keys if kind_of(key) is kind]
    forgotten = {*orders[: max(len(orders) - MAX_ORDERS, 0)], *told[: max(others - MAX_IDENTITIES, 0)]}
    return tuple(key for key in keys if key not in forgotten), tuple(key for key in keys if key in forgotten)


def weakest_first(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=lambda key: STRENGTH.index(kind_of(key)), reverse=True)


def is_anonymous(keys: Iterable[str]) -> bool:
    """Whether a contact with these identity keys is nobody in particular yet."""
    return all(kind_of(key) in NOBODYS for key in keys)


def without_email(event: Event) -> Event:
    """The event without the address it may not set: one that does not lead to its contact."""
    return event.model_copy(update={"traits": {name: v for name, v in event.traits.items() if name != "email"}})
