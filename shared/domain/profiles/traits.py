"""Traits: the newest telling of each, tags that come one by one, and the words that say who somebody is."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.events import Event, Json, Stamp
from shared.domain.personal import own_words
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import MAX_TAGS
from shared.domain.profiles.histories import as_text
from shared.domain.properties import fold_case, is_small

_WHO = ("email", "first_name", "last_name", "phone", "birthday", "locale", "timezone")
_WHERE = ("country", "region", "city", "postal_code", "latitude", "longitude")
_WHAT = ("tags", "lists", "signup_source", "interest", "interests", "dormant", "sunset")
KNOWN_TRAITS = frozenset((*_WHO, *_WHERE, *_WHAT))
"""Traits that storefronts tell or the product asks for: they have their place, whatever a website tells beside them."""
TAGS, LISTS = "tags", "lists"
ONE_BY_ONE = (TAGS, LISTS)
"""Traits of several values that may be put on and taken off one by one."""
TOLD_BY_TAGS = {"source": "signup_source", "interest": "interest"}
"""Sign-up forms can only tag a new customer: by the tags `source:popup` and `interest:candles`, these traits."""


def fold_tags(profile: Profile, event: Event) -> set[str]:
    """The tags that a storefront tells of: all of them (the trait `tags`), or those put on and taken off (the
    properties `tags_added` and `tags_removed`); and the lists, in the same manner. The newest telling of each holds;
    gives what it touched.

    Of the traits that tags tell, the newest tag's is the value, and without such a tag there is none.
    """
    before = _told_by_tags(profile)
    touched = {name for name in ONE_BY_ONE if _fold_several(profile, event, name)}
    after = _told_by_tags(profile)
    for name in before.keys() - after.keys():
        profile.traits.pop(name, None)
    profile.traits |= after
    profile.weak = profile.weak - {f"trait:{name}" for name in after}
    touched |= {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return {f"{what}:{name}" for name in touched for what in ("stamp", "trait")}


def _fold_several(profile: Profile, event: Event, name: str) -> bool:
    """A trait of several values which may come one by one: `profile.tags` and `profile.lists` hold those of theirs."""
    several: dict[str, Stamped] = getattr(profile, name)
    told_whole = name in event.traits and is_small({name: event.traits[name]})
    changed: list[tuple[str, str | None]] = [(each, each) for each in _texts(event.properties.get(f"{name}_added"))]
    changed += [(each, None) for each in _texts(event.properties.get(f"{name}_removed"))]
    if event.public or not (told_whole or changed):
        return False
    held = profile.traits.get(name)
    if changed and not several and held is not None:
        several[""] = held
    if told_whole and (several or changed):
        set_newest(several, "", event.traits[name], event.stamp)
    elif told_whole:
        set_newest(profile.traits, name, event.traits[name], event.stamp)
    for each, value in changed:
        set_newest(several, fold_case(each), value, event.stamp)
    if several:
        _forget_old(several)
        profile.traits[name] = _several_now(name, several)
    return profile.traits.get(name) != held


def _forget_old(several: dict[str, Stamped]) -> None:
    """What was before they were all told, and of the others more than `MAX_TAGS`."""
    whole = several.get("", Stamped(None, -1))
    later = [each for each, stamped in several.items() if each and stamped[1:] > whole[1:]]
    kept = sorted(later, key=lambda each: (several[each][1:], each))[-MAX_TAGS:]
    newest = {**({"": whole} if "" in several else {}), **{each: several[each] for each in kept}}
    several.clear()
    several.update(newest)


def _several_now(name: str, several: Mapping[str, Stamped]) -> Stamped:
    """All of them: those told as a whole, and what was put on and taken off since."""
    whole = several.get("", Stamped(None, -1))
    newest = {each: stamped for each, stamped in several.items() if each}
    listed = whole.value if isinstance(whole.value, list) else []
    kept = [each for each in listed if not (isinstance(each, str) and fold_case(each) in newest)]
    for stamped in newest.values():
        if stamped.value is not None and is_small({name: [*kept, stamped.value]}):
            kept.append(stamped.value)
    return Stamped(kept, *max(each[1:] for each in (whole, *newest.values())))


def _told_by_tags(profile: Profile) -> dict[str, Stamped]:
    """The traits that the tags tell, and since when."""
    tags = profile.traits.get(TAGS)
    found: dict[str, Stamped] = {}
    if tags is None:
        return found
    for tag in _texts(tags.value):
        name, _, value = tag.partition(":")
        trait = TOLD_BY_TAGS.get(name.strip())
        if trait is not None and value.strip():
            held = profile.tags.get(fold_case(tag)) or profile.tags.get("") or tags
            told = Stamped(value.strip(), *held[1:])
            if trait not in found or found[trait][1:] <= told[1:]:
                found[trait] = told
    return found


def _texts(value: Json) -> list[str]:
    return [each for each in value if isinstance(each, str) and each] if isinstance(value, list) else []


def own_words_of(profile: Profile) -> frozenset[str]:
    """The words that say who the contact is or was: nothing that repeats one of them is kept of an event, whichever of
    the two was told first."""
    return words_of_traits(profile) | profile.former_words


def words_of_traits(profile: Profile) -> frozenset[str]:
    return own_words({name: stamped.value for name, stamped in profile.traits.items()})


def set_newest(values: dict[str, Stamped], name: str, value: Json, stamp: Stamp) -> bool:
    """The newest stamp wins; of the same, whichever text is greater. Gives whether this one does."""
    held = values.get(name)
    if held is not None and (held.time, held.after, as_text(held.value)) >= (*stamp, as_text(value)):
        return False
    values[name] = Stamped(value, *stamp)
    return True
