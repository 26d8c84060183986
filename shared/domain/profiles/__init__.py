"""Profiles: what a contact's events add up to.

Events are added in `folding`, the stored form is in `stored`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.domain.events import NEVER, Instant, Json
from shared.domain.profiles.histories import History
from shared.domain.profiles.orders import Order
from shared.domain.profiles.transitions import Membership

UNDECIDED = 0
"""The `definitions` of a profile whose memberships nothing has decided yet: of a new contact."""


class Stamped(NamedTuple):
    """A value (None: there is none any more), the instant it was set at, and how much later it was told (`Stamp`)."""

    value: Json
    time: Instant
    after: int = 0


class Standing(NamedTuple):
    """What holds of a topic. An answer that is given again changes nothing: it holds `since` the first of the equal
    ones in a row. `away` is how long something else had been the answer before that; None: it never was this one."""

    value: str
    since: Instant
    away: int | None


@dataclass(slots=True)
class Profile:
    contact: str
    version: int = 0
    """How often it was stored; a write says which version it has read."""
    first_seen: Instant = NEVER
    """When we first heard of the contact. What is told of earlier times, nobody watched: silence is asserted from here
    on only."""
    traits: dict[str, Stamped] = field(default_factory=dict)
    tags: dict[str, Stamped] = field(default_factory=dict)
    """Tags that were put on (their text) or taken off (None) one by one, in lower case; under "" all tags as they were
    told last as a whole. Of a contact whose tags only ever came whole there is nothing here: the trait says it all."""
    lists: dict[str, Stamped] = field(default_factory=dict)
    """The lists that they were put on and taken off, in the same manner."""
    consent: dict[str, Stamped] = field(default_factory=dict)
    """The newest answer to each topic."""
    earlier: dict[str, tuple[Stamped, ...]] = field(default_factory=dict)
    """The answers before it, oldest first (see `standing`)."""
    histories: dict[str, History] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    older_orders: int = 0
    """Orders that no longer fit; what is about one of them is folded by `rebuild` only (`needs_rebuild`)."""
    cut_until: tuple[Instant, str] = (-1, "")
    """The place (`_age`) of the newest of them."""
    cut_names: bytes = field(default=b"", compare=False, repr=False)
    """What they are called: a Bloom filter, so that no name of theirs is ever missed, and few others are taken for one.
    It has room for so many of them, and `rebuild` makes it again with more."""
    numbers: set[str] = field(default_factory=set, compare=False, repr=False)
    """By which the storefront's orders are called: read off `orders`."""
    memberships: dict[str, Membership] = field(default_factory=dict)
    transitions: int = 0
    consents: int = 0
    identities: tuple[str, ...] = ()
    """Keys in the Identities table that lead here, so that erasure finds them."""
    definitions: int = UNDECIDED
    """The number of the publication of definitions that the memberships were decided by."""
    decided: Instant = 0
    """The instant up to which memberships have been decided."""
    halved: int = 0
    """How often the bounds of histories and orders were halved, because it would have been too large (`dump`)."""
    weak: set[str] = field(default_factory=set)
    """Of traits (`trait:…`) and event types that the product does not know (`event:…`): those of which nobody has told
    but who may not be whom they name (`Event.is_weak`). They replace nothing that others have told, nor push it out."""
    public: bool = False
    """Whether nobody but senders with a public write key has told of the contact."""
    former_words: frozenset[str] = frozenset()
    """Words that said who the contact is, of traits that have changed since (see `own_words_of`)."""
    kept: dict[str, frozenset[str]] = field(default_factory=dict)
    """By event type, the other properties (`properties.other_properties`) that all of its occurrences have, where they
    were told: those that were asked for when each was folded."""
    runs: dict[str, Instant] = field(default_factory=dict)
    """By journey and number (`cart#7`), the open runs, and when time alone moves each; by journey alone (`birthday`),
    when a date begins one."""
    digests: dict[str, Instant] = field(default_factory=dict)
    """By topic, when the emails that are kept for the contact's digest are to be looked at."""
    runs_begun: int = 0
    """Of any journey: the number of the newest run."""
    merged_into: str | None = None
    erased: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether it is nobody's any more: the contact joined another, or was erased."""
        return self.erased or self.merged_into is not None

    def counting_orders(self) -> Iterator[Order]:
        """The orders there are still."""
        return (order for order in self.orders.values() if order.counts)

    def standing(self, topic: str) -> Standing | None:
        """What holds of the topic, by all that was answered; None: nothing ever was."""
        newest = self.consent.get(topic)
        if newest is None:
            return None
        since, other = given(newest), NEVER
        for answer in reversed(self.earlier.get(topic, ())):
            if answer.value != newest.value:
                other = min(other, given(answer))
            elif other == NEVER:
                since = min(since, given(answer))
            else:
                return Standing(newest.value, since, since - other)
        return Standing(newest.value, since, None)

    @property
    def email(self) -> str | None:
        stamped = self.traits.get("email")
        return stamped.value if stamped is not None else None


def given(answer: Stamped) -> Instant:
    """When an answer was given; of a state without its date, when it was told."""
    return answer.time or answer.after


def flips_at(profile: Profile) -> Instant:
    """The earliest instant at which time alone may change one of the contact's memberships (NEVER: none). What it may
    have changed before the newest event is decided at that event's instant, since a contact's time never goes back."""
    return max(profile.decided, min((membership.until for membership in profile.memberships.values()), default=NEVER))


def wake_at(profile: Profile) -> Instant:
    """The earliest instant at which time alone may change anything of the contact: a membership, or a run; or at which
    a digest of theirs is due."""
    due = min((*profile.runs.values(), *profile.digests.values()), default=NEVER)
    return min(flips_at(profile), max(profile.decided, due))
