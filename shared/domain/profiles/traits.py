"""Traits: the newest telling of each, tags that come one by one, and the words that say who somebody is."""

from __future__ import annotations

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
TAGS = "tags"
TOLD_BY_TAGS = {"source": "signup_source", "interest": "interest"}
"""Sign-up forms can only tag a new customer: by the tags `source:popup` and `interest:candles`, these traits."""


def fold_tags(profile: Profile, event: Event) -> set[str]:
    """The tags that a storefront tells of: all of them (the trait `tags`), or those put on and taken off (the
    properties `tags_added` and `tags_removed`). The newest telling of each tag holds; gives what it touched.

    Of the traits that tags tell, the newest tag's is the value, and without such a tag there is none.
    """
    told_whole = TAGS in event.traits and is_small({TAGS: event.traits[TAGS]})
    changed: list[tuple[str, str | None]] = [(tag, tag) for tag in _texts(event.properties.get("tags_added"))]
    changed += [(tag, None) for tag in _texts(event.properties.get("tags_removed"))]
    if event.public or not (told_whole or changed):
        return set()
    held, before = profile.traits.get(TAGS), _told_by_tags(profile)
    if changed and not profile.tags and held is not None:
        profile.tags[""] = held
    if told_whole and (profile.tags or changed):
        set_newest(profile.tags, "", event.traits[TAGS], event.stamp)
    elif told_whole:
        set_newest(profile.traits, TAGS, event.traits[TAGS], event.stamp)
    for tag, value in changed:
        set_newest(profile.tags, fold_case(tag), value, event.stamp)
    if profile.tags:
        profile.traits[TAGS] = _tags_now(profile)
    after = _told_by_tags(profile)
    for name in before.keys() - after.keys():
        profile.traits.pop(name, None)
    profile.traits |= after
    profile.weak = profile.weak - {f"trait:{name}" for name in after}
    changes = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    changes |= {TAGS} if profile.traits.get(TAGS) != held else set()
    return {f"{what}:{name}" for name in changes for what in ("stamp", "trait")}


def _tags_now(profile: Profile) -> Stamped:
    """All tags: those told as a whole, and what was put on and taken off since. Forgets what was before."""
    whole = profile.tags.get("", Stamped(None, -1))
    later = [tag for tag, each in profile.tags.items() if tag and each[1:] > whole[1:]]
    newest = {tag: profile.tags[tag] for tag in sorted(later, key=lambda tag: (profile.tags[tag][1:], tag))[-MAX_TAGS:]}
    listed = whole.value if isinstance(whole.value, list) else []
    kept = [tag for tag in listed if not (isinstance(tag, str) and fold_case(tag) in newest)]
    for each in newest.values():
        if each.value is not None and is_small({TAGS: [*kept, each.value]}):
            kept.append(each.value)
    profile.tags = {**({"": whole} if "" in profile.tags else {}), **newest}
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
