"""Whose event is it? Decided from the identities an event carries and the contacts they already lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.domain.events import Event, Identity, IdentityKind

STRENGTH = list(IdentityKind)
NOBODYS = frozenset({IdentityKind.ORDER, IdentityKind.ANONYMOUS})
"""Kinds that are nobody in particular. A storefront's orders and carts are a kind of their own, which a public write
key cannot name: their numbers can be guessed."""
SINGLE_KINDS = (IdentityKind.EMAIL, IdentityKind.USER)
"""Kinds of which a public write key may give a contact its first, but never a second."""
IDENTITIES_BOUND = 500
"""Identities a contact is known by, beside orders."""
ORDERS_BOUND = 500
"""Orders, checkouts and carts a contact is known by."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whose an event is.

    `contact` None: of nobody known, so of a new contact. `link`: identities that are to lead to the contact from now
    on. `join`: contacts that other identities of the event, of NOBODYS kinds, lead to; whoever is anonymous among them
    joins.
    `conflicts`: other known contacts the event names too; known contacts are never merged silently.
    """

    contact: str | None
    link: tuple[Identity, ...]
    join: tuple[str, ...]
    conflicts: tuple[str, ...]
    by_anonymous: bool = False
    """Whether nothing but an anonymous identity (a browser, a cart) leads to the contact."""


def resolve(event: Event, known: Mapping[Identity, str]) -> Resolution:
    """Decides by the strongest identity that leads to a contact. `known` holds those that do."""
    strongest_first = sorted(
        set(event.identities), key=lambda identity: (STRENGTH.index(identity.kind), identity.value)
    )
    deciding = next((identity for identity in strongest_first if identity in known), None)
    contact = known[deciding] if deciding is not None else None
    others: dict[str, IdentityKind] = {}
    for identity in strongest_first:
        if identity in known and known[identity] != contact:
            others.setdefault(known[identity], identity.kind)
    return Resolution(
        contact=contact,
        link=tuple(i for i in strongest_first if i not in known and i.kind is not IdentityKind.CONTACT),
        join=tuple(other for other, kind in others.items() if kind in NOBODYS),
        conflicts=tuple(other for other, kind in others.items() if kind not in NOBODYS),
        by_anonymous=deciding is not None and deciding.kind in NOBODYS,
    )


def is_somebody_else(resolution: Resolution, held: frozenset[IdentityKind]) -> bool:
    """Whether the event is of another person at the same browser than its contact, who is known by kinds `held`.

    It is, when only the browser speaks for the contact, and the event brings a new identity of a kind the contact has.
    """
    new = {identity.kind for identity in resolution.link} - NOBODYS
    return resolution.by_anonymous and bool(new & held)


def without_anonymous(event: Event) -> Event:
    """The event without the browser it came from."""
    named = tuple(identity for identity in event.identities if identity.kind not in NOBODYS)
    return event.model_copy(update={"identities": named})


def allowed_links(event: Event, link: tuple[Identity, ...], held: frozenset[IdentityKind]) -> tuple[Identity, ...]:
    """What of `link` may be added to a contact that is known by kinds `held` already.

    A public write key can be copied from the site by anybody, so it never adds a second address or user to a contact.
    """
    if not event.public:
        return link
    return tuple(identity for identity in link if identity.kind not in SINGLE_KINDS or identity.kind not in held)


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
    forgotten = {*orders[: max(len(orders) - ORDERS_BOUND, 0)], *told[: max(others - IDENTITIES_BOUND, 0)]}
    return tuple(key for key in keys if key not in forgotten), tuple(key for key in keys if key in forgotten)


def weakest_first(keys: Iterable[str]) -> list[str]:
    return sorted(keys, key=lambda key: STRENGTH.index(kind_of(key)), reverse=True)


def is_anonymous(keys: tuple[str, ...]) -> bool:
    """Whether a contact with these identity keys is nobody in particular yet."""
    return all(kind_of(key) in NOBODYS for key in keys)


def without_email(event: Event) -> Event:
    """The event without the address it may not set: one that does not lead to its contact."""
    return event.model_copy(update={"traits": {name: v for name, v in event.traits.items() if name != "email"}})
