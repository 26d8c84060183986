"""The stored form of a profile."""

from __future__ import annotations

import base64
import json
import zlib

from shared.domain.events import Json, Stamp, Type
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import MAX_HALVINGS, MAX_STORED
from shared.domain.profiles.dictionary import DICTIONARIES, NEWEST
from shared.domain.profiles.folding import trim
from shared.domain.profiles.histories import History, Occurrence
from shared.domain.profiles.kept_orders import set_completed
from shared.domain.profiles.orders import Order, Refund
from shared.domain.profiles.transitions import Membership

RAW = -zlib.MAX_WBITS
"""Deflate without zlib's header and checksum, which are ten bytes of each profile."""


class UnknownFormError(ValueError):
    """A profile was stored in a form that this version cannot read."""


def dump(profile: Profile) -> bytes:
    """The profile's JSON, compressed, behind the number of its dictionary (a byte). Writes are paid by the kilobyte,
    twice in a transaction.

    A profile that is too large then, which only nonsense makes it, is left with half as many occurrences and orders, in
    place, and half of that, until `rebuild` begins again.
    """
    while len(stored := _compressed(as_json(profile))) > MAX_STORED and profile.halved < MAX_HALVINGS:
        profile.halved += 1
        trim(profile)
    return stored


def _compressed(text: bytes) -> bytes:
    compressor = zlib.compressobj(level=9, wbits=RAW, zdict=DICTIONARIES[NEWEST])
    return bytes((NEWEST,)) + compressor.compress(text) + compressor.flush()


def _plain(stored: bytes) -> bytes:
    if not stored or stored[0] not in DICTIONARIES:
        raise UnknownFormError(f"stored with dictionary {stored[0] if stored else 'none'}, which this version has not")
    return zlib.decompressobj(wbits=RAW, zdict=DICTIONARIES[stored[0]]).decompress(stored[1:])


def as_json(profile: Profile) -> bytes:
    return json.dumps(
        {
            "contact": profile.contact,
            "version": profile.version,
            "first_seen": profile.first_seen,
            "traits": profile.traits,
            **({"tags": profile.tags} if profile.tags else {}),
            **({"lists": profile.lists} if profile.lists else {}),
            "consent": profile.consent,
            **({"earlier": profile.earlier} if profile.earlier else {}),
            "histories": {
                name: [history.total, history.first, history.newest if name != Type.ORDER_COMPLETED else []]
                for name, history in profile.histories.items()
            },
            "orders": {name: _stored_order(order) for name, order in profile.orders.items()},
            "older_orders": profile.older_orders,
            "memberships": profile.memberships,
            "transitions": profile.transitions,
            "consents": profile.consents,
            "identities": profile.identities,
            "definitions": profile.definitions,
            "decided": profile.decided,
            "merged_into": profile.merged_into,
            "erased": profile.erased,
            **({"cut_until": profile.cut_until} if profile.older_orders else {}),
            **({"cut_names": base64.b64encode(profile.cut_names).decode()} if profile.cut_names else {}),
            **({"halved": profile.halved} if profile.halved else {}),
            **({"public": True} if profile.public else {}),
            **({"former_words": sorted(profile.former_words)} if profile.former_words else {}),
            **({"weak": sorted(profile.weak)} if profile.weak else {}),
            **({"runs": profile.runs} if profile.runs else {}),
            **({"digests": profile.digests} if profile.digests else {}),
            **({"runs_begun": profile.runs_begun} if profile.runs_begun else {}),
            **({"kept": {name: sorted(kept) for name, kept in profile.kept.items()}} if profile.kept else {}),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def load(stored: bytes) -> Profile:
    """Reads what `dump` wrote. UnknownFormError: another version's did."""
    raw = json.loads(_plain(stored))
    profile = Profile(
        contact=raw["contact"],
        version=raw["version"],
        first_seen=raw["first_seen"],
        traits={name: Stamped(*stamped) for name, stamped in raw["traits"].items()},
        tags={name: Stamped(*stamped) for name, stamped in raw.get("tags", {}).items()},
        lists={name: Stamped(*stamped) for name, stamped in raw.get("lists", {}).items()},
        consent={name: Stamped(*stamped) for name, stamped in raw["consent"].items()},
        earlier={
            name: tuple(Stamped(*answer) for answer in answers) for name, answers in raw.get("earlier", {}).items()
        },
        histories={
            name: History([Occurrence(*occurrence) for occurrence in newest], total, first)
            for name, (total, first, newest) in raw["histories"].items()
        },
        orders={name: _order(order) for name, order in raw["orders"].items()},
        older_orders=raw["older_orders"],
        cut_until=tuple(raw.get("cut_until", (-1, ""))),
        cut_names=base64.b64decode(raw.get("cut_names", "")),
        memberships={name: Membership(*membership) for name, membership in raw["memberships"].items()},
        transitions=raw["transitions"],
        consents=raw["consents"],
        identities=tuple(raw["identities"]),
        definitions=raw["definitions"],
        decided=raw["decided"],
        halved=raw.get("halved", 0),
        public=raw.get("public", False),
        former_words=frozenset(raw.get("former_words", ())),
        weak=set(raw.get("weak", ())),
        kept={name: frozenset(kept) for name, kept in raw.get("kept", {}).items()},
        runs=raw.get("runs", {}),
        digests=raw.get("digests", {}),
        runs_begun=raw.get("runs_begun", 0),
        merged_into=raw["merged_into"],
        erased=raw["erased"],
    )
    profile.numbers = {order.number for order in profile.orders.values() if order.number}
    set_completed(profile)
    return profile


_OF_ORDER = tuple(name for name in Order.__slots__ if name not in ("lines", "lines_cut", "returned"))


def _stored_order(order: Order) -> list[Json]:
    told = [getattr(order, name) for name in _OF_ORDER]
    last = [order.lines, order.lines_cut, order.returned]
    while last and not last[-1] and last[-1] is not None:
        last.pop()
    return told + last


def _order(stored: list[Json]) -> Order:
    placed, value, value_at, cancelled, cancelled_at, properties, properties_at, number, refunds, listed, at, *of = (
        stored
    )
    return Order(
        placed,
        value,
        Stamp(*value_at),
        cancelled,
        Stamp(*cancelled_at),
        properties,
        Stamp(*properties_at),
        of[0] if of else [],
        of[1] if len(of) > 1 else 0,
        number,
        {id_: Refund(amount, Stamp(*told)) for id_, (amount, told) in refunds.items()},
        listed,
        Stamp(*at),
        of[2] if len(of) > 2 else {},
    )
