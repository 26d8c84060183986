"""Folding: one event more, and what that changes of a profile.

`fold` gives the same profile for the same events in whatever order they come, because each part is merged by a rule
that does not look at the order of arrival: a trait by the newest instant, a consent by its answers, a history by
keeping the newest occurrences and counting all, an order by its own id. Repeated events are kept out before
(`event_key`).

Everything is bounded, in number and in bytes. What a bound cuts off is still in the contact's event items, and the
profile knows that it was cut (`History.total`, `Profile.older_orders`), so that nobody takes a bounded history for a
whole one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import replace

from shared.domain.events import NEVER, ORDER_TYPES, Event, IdentityKind, Json, Type
from shared.domain.personal import own_words, says
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_HISTORY, MAX_TRAITS, MAX_TYPES, MAX_WORDS, beyond
from shared.domain.profiles.consent import add_answer
from shared.domain.profiles.histories import History, Occurrence, as_text, sort_key, touches
from shared.domain.profiles.kept_orders import PUBLIC, fold_order, set_completed, trim_orders
from shared.domain.profiles.lines import without_words
from shared.domain.profiles.traits import KNOWN_TRAITS, ONE_BY_ONE, fold_tags, own_words_of, set_newest, words_of_traits
from shared.domain.properties import (
    COUPON_POOL,
    KNOWN_TYPES,
    TEXT_LISTS,
    WHOLE_CARTS,
    Asked,
    event_name,
    is_small,
    kept_properties,
    other_properties,
    product_words,
    without,
)


def fold(profile: Profile, event: Event, asked: Asked | None = None) -> set[str]:
    """Adds one event to the profile, in place; gives the names of what it touched (as `Described.moved_by` names what a
    condition looks at). Of its other properties it keeps those that are `asked` for.

    It only adds, and keeps to the bounds of names: `trim` cuts histories and orders once all events at hand are folded.
    """
    if is_scored_for_another(profile, event):
        return set()
    own, told = own_words_of(profile), own_words(event.traits)
    kept = kept_properties(event, own) | _asked_for(profile, event, own, asked or {})
    counted = event_name(event, own) is not None and event.type != Type.ORDER_COMPLETED
    touched = set(touches(event.type, kept)) if counted else set()
    if told - own:
        touched |= _unsay(profile, told - own)
    if event.received < profile.first_seen:
        profile.first_seen = event.received
        touched.add("first_seen")
    touched |= fold_tags(profile, event)
    for name, value in event.traits.items():
        if name in ONE_BY_ONE or not is_small({name: value}):
            continue
        held, mark = profile.traits.get(name), f"trait:{name}"
        if event.is_weak and held is not None and mark not in profile.weak:
            continue
        if mark in profile.weak and not event.is_weak:
            del profile.traits[name]
        if set_newest(profile.traits, name, value, event.stamp):
            profile.weak = profile.weak | {mark} if event.is_weak else profile.weak - {mark}
            touched.add(f"stamp:{name}")
            if held is None or as_text(held.value) != as_text(value):  # as texts, since 1 == True
                touched.add(f"trait:{name}")
    for change in event.consent:
        if add_answer(profile, change, event):
            touched.add(f"consent:{change.topic}")
    if counted:
        _add_occurrence(profile, event, kept)
    if event.counts and (event.type in ORDER_TYPES or event.order is not None):
        touched |= fold_order(profile, event, kept, own | told)
    for name, _ in beyond(profile.traits, MAX_TRAITS, KNOWN_TRAITS, profile.weak, "trait:"):
        touched |= {f"trait:{name}", f"stamp:{name}"}
        profile.weak.discard(f"trait:{name}")
    if own or told:
        profile.former_words = frozenset(sorted((own | told) - words_of_traits(profile))[:MAX_WORDS])
    for name, history in beyond(profile.histories, MAX_TYPES, KNOWN_TYPES, profile.weak, "event:"):
        touched.update(*(touches(name, occurrence.properties) for occurrence in history.newest))
        profile.weak.discard(f"event:{name}")
    return touched


def is_scored_for_another(profile: Profile, event: Event) -> bool:
    """Whether it tells the scores of a contact who has joined this one: they were worked out of that one's history, and
    say nothing of who the two are together."""
    return event.type == Type.SCORED and event.identity(IdentityKind.CONTACT) != profile.contact


def _asked_for(profile: Profile, event: Event, own: frozenset[str], asked: Asked) -> dict[str, Json]:
    """The other properties of an event that are asked for. Remembers which all occurrences of its type have."""
    of_order = event.type in ORDER_TYPES or event.order is not None
    names = asked.get(event.type, frozenset()) | (asked.get(Type.ORDER_COMPLETED, frozenset()) if of_order else set())
    for type_ in {event.type, Type.ORDER_COMPLETED} if of_order else {event.type}:
        begun = bool(profile.orders) if type_ == Type.ORDER_COMPLETED else type_ in profile.histories
        all_have = names & profile.kept.get(type_, frozenset()) if begun else names
        if all_have != profile.kept.get(type_, frozenset()):
            profile.kept = {name: held for name, held in (profile.kept | {type_: all_have}).items() if held}
    if not names:
        return {}
    return {name: value for name, value in other_properties(event, own).items() if name in names}


def _unsay(profile: Profile, words: frozenset[str]) -> set[str]:
    """Takes out of histories and orders what repeats these words, in place; gives the names of what it touched.

    Of orders it is known who told them, and what a storefront calls its products stays; of other occurrences it is not:
    ask `names_a_product` before."""
    touched: set[str] = set()
    for name in [name for name in profile.histories if name not in KNOWN_TYPES and says(name, words)]:
        touched.update(*(touches(name, occurrence.properties) for occurrence in profile.histories.pop(name).newest))
        profile.weak = profile.weak - {f"event:{name}"}
    for name, history in profile.histories.items():
        if name == Type.ORDER_COMPLETED:
            continue
        left = [Occurrence(each.time, without(each.properties, words, words)) for each in history.newest]
        if left != history.newest:
            touched.update(*(touches(name, occurrence.properties) for occurrence in history.newest))
            history.newest = sorted(left, key=sort_key)
    changed = False
    for name, order in profile.orders.items():
        of_products = product_words(name.startswith(PUBLIC), order.properties.get("product_id", ()), words)
        order.lines = [line for each in order.lines if (line := without_words(each, words, of_products))]
        if order.returned:
            order.returned = {
                id_: [each for each in several if not says(each[0], of_products)]
                for id_, several in order.returned.items()
            }
        said = without(order.properties, words, of_products)
        said |= {name: value for name, value in order.properties.items() if name == COUPON_POOL}
        if said != order.properties:
            touched.update(touches(Type.ORDER_COMPLETED, order.properties))
            order.properties, changed = said, True
    if changed:
        set_completed(profile)
    return touched


def names_a_product(profile: Profile, event: Event) -> bool:
    """Whether the event tells a word of the contact's that something in a cart of theirs is called, too. If a
    storefront told that, it stays, and only `rebuild` knows."""
    words = own_words(event.traits) - own_words_of(profile)
    return (
        bool(words)
        and len(profile.former_words) < MAX_WORDS
        and any(
            says(value, words)
            for type_ in WHOLE_CARTS
            for each in (profile.histories[type_].newest if type_ in profile.histories else ())
            for name in TEXT_LISTS
            for value in each.properties.get(name, ())
        )
    )


def _add_occurrence(profile: Profile, event: Event, kept: Mapping[str, Json]) -> None:
    history = profile.histories.get(event.type)
    if history is None:
        history = profile.histories[event.type] = History()
        if event.is_weak and event.type not in KNOWN_TYPES:
            profile.weak = profile.weak | {f"event:{event.type}"}
    if profile.weak and not event.is_weak:
        profile.weak = profile.weak - {f"event:{event.type}"}
    occurrence = Occurrence(event.time, kept)
    newest = history.newest
    if not newest or newest[-1].time < occurrence.time:
        newest.append(occurrence)
    else:
        at = bisect_left(newest, sort_key(occurrence), key=sort_key)
        # Before the oldest that is kept, others were cut off: with this one, it would look whole from here on.
        if at > 0 or history.total == len(newest):
            newest.insert(at, occurrence)
    history.total += 1
    history.first = min(history.first, event.time)


def trim(profile: Profile, *, lines: bool = True) -> None:
    """Cuts the profile to its bounds, in place. Trimming early or late leaves the same. `lines`: whether what is in an
    order, line by line, is asked for; else none of it is kept."""
    most = max(MAX_HISTORY >> profile.halved, 1)
    for type_, history in profile.histories.items():
        if type_ != Type.ORDER_COMPLETED:
            del history.newest[: max(len(history.newest) - most, 0)]
    trim_orders(profile, lines=lines)


def rebuild(
    profile: Profile, events: Iterable[Event], asked: Asked | None = None, words: frozenset[str] = frozenset()
) -> Profile:
    """The profile with what is folded from events made again from all the contact's events (in any order), untrimmed;
    of their other properties, with what is `asked` for. `words`: what the contact is called besides, by events that are
    still to be folded."""
    told = tuple(events)
    whole = replace(
        profile,
        first_seen=NEVER,
        traits={},
        weak=set(),
        tags={},
        lists={},
        consent={},
        earlier={},
        histories={},
        orders={},
        older_orders=0,
        cut_until=(-1, ""),
        cut_names=b"",
        numbers=set(),
        halved=0,
        former_words=words.union(*(own_words(event.traits) for event in told)),
        kept={},
        memberships=dict(profile.memberships),
        runs=dict(profile.runs),
        digests=dict(profile.digests),
    )
    for event in told:
        fold(whole, event, asked)
    return whole
