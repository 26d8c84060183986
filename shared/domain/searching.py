"""Searching people by a part of a name or an address: which words somebody is found by, and whom a text means.

An index of prefixes leads to candidates (`prefixes`, which shared/adapters/search.py keeps as keyed hashes); whether a
candidate is meant, the profile says (`is_meant`), so that the index may find too many and never shows them. Case and
accents do not matter, and an umlaut is found by either of its spellings: `Müller`, `muller` and `mueller` are one in
the index, by a folding that keeps prefixes prefixes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress

from shared.domain.events import HOUR, LAST_INSTANT, Instant, Json, Type
from shared.domain.personal import without_accents
from shared.domain.profiles import Profile

MAX_WORDS = 24
"""Words of names and addresses that somebody is found by: what is more is no name."""
MAX_NUMBERS = 100
"""Orders by whose number somebody is found, the newest."""
SHORTEST, LONGEST = 2, 10
"""Letters of a prefix in the index. A word of one letter is there as it is, and a longer text is looked up by its first
ten; of scripts that write a name in one or two letters, one is enough."""
MAX_TEXT = 200
MAX_TERMS = 8

_NAMES = ("first_name", "last_name", "company")
_APART = re.compile(r"[\W_]+")
_APOSTROPHES = re.compile("['’ʼ`´]")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_FOLDED = re.compile(r"([aou])e|aa")


def found_by(profile: Profile) -> tuple[Json, ...]:
    """What the words are made of, as it is: when it has not changed, nor have they."""
    if profile.has_ended:
        return ()
    told = (profile.traits.get(name) for name in (*_NAMES, "email"))
    return (*(stamped and stamped.value for stamped in told), frozenset(profile.numbers))


def words_of(profile: Profile) -> list[str]:
    """The words that somebody is found by, folded: of their names, of both parts of their address, and `#` before the
    numbers of their orders. In a fixed order, without repetitions."""
    words = dict.fromkeys(map(folded, _spelled(profile)))
    numbers = dict.fromkeys(
        f"#{order.number.casefold()}"
        for order in sorted(profile.orders.values(), key=lambda order: order.placed, reverse=True)
        if order.number
    )
    return [*list(words)[:MAX_WORDS], *list(numbers)[:MAX_NUMBERS]]


def prefixes(word: str) -> list[str]:
    """Under which a folded word stands in the index."""
    if word.startswith("#"):
        return [word]
    shortest = _shortest(word)
    return [word[:length] for length in range(shortest, min(len(word), LONGEST) + 1)] or [word]


def terms(text: str) -> list[str]:
    """The words of what somebody looks for, as they are spelled."""
    return list(dict.fromkeys(_words(_APOSTROPHES.sub("", text[:MAX_TEXT]))))[:MAX_TERMS]


def looked_up(term: str) -> str | None:
    """What the index is asked for a term. None: it is too short to be asked."""
    word = folded(term)[:LONGEST]
    return word if len(word) >= _shortest(word) else None


def number_looked_up(text: str) -> str | None:
    """What the index is asked where the text may be an order's number."""
    number = text.strip().removeprefix("#").casefold()
    return f"#{number}" if re.fullmatch(r"[a-z0-9][a-z0-9./-]{0,39}", number) and re.search(r"\d", number) else None


def is_meant(profile: Profile, text: str) -> bool:
    """Whether each word of a text begins one of the person's, in whichever spelling of both; or the text is the number
    of an order of theirs."""
    number = number_looked_up(text)
    if number is not None and number.removeprefix("#") in {each.casefold() for each in profile.numbers}:
        return True
    asked = terms(text)
    spelled = [form for word in _spelled(profile) for form in _forms(word)]
    return bool(asked) and all(
        any(each.startswith(form) for form in _forms(term) for each in spelled) for term in asked
    )


def folded(word: str) -> str:
    """The one form in which a word stands in the index: whatever begins the word begins this, folded likewise."""
    return _FOLDED.sub(lambda found: found[1] or "a", without_accents(word))


def _forms(word: str) -> tuple[str, ...]:
    """A word without its accents, and with its umlauts as two letters."""
    if word.isascii():
        return (word,)
    return without_accents(word), without_accents(word.translate(_DIGRAPHS))


def _spelled(profile: Profile) -> Iterator[str]:
    for name in _NAMES:
        stamped = profile.traits.get(name)
        if stamped is not None and isinstance(stamped.value, str):
            yield from _words(_APOSTROPHES.sub("", stamped.value))
            if _APOSTROPHES.search(stamped.value):  # O'Brien: obrien, and brien
                yield from _words(stamped.value)
    if isinstance(profile.email, str):
        local, _, domain = profile.email.partition("@")
        yield from _words(local)
        yield from _words(".".join(map(_written, domain.split("."))))


def _written(label: str) -> str:
    """A label of a domain as people write it: `xn--mller-kva` as `müller`."""
    with suppress(UnicodeError):
        return label.encode("ascii").decode("idna") if label.startswith("xn--") else label
    return label


def _words(text: str) -> Iterator[str]:
    return filter(None, _APART.split(unicodedata.normalize("NFKC", text).casefold()))


def _shortest(word: str) -> int:
    return 1 if word and unicodedata.east_asian_width(word[0]) in "WF" else SHORTEST


# ── who was there last ──

_DONE_TO_THEM = frozenset(
    {
        *(Type.CONTACT_UPDATED, Type.CONTACT_DELETED, Type.CONTACTS_MERGED, Type.CONSENT_CHANGED),
        *(Type.EMAIL_SENT, Type.EMAIL_DELIVERED, Type.EMAIL_OPENED, Type.EMAIL_BOUNCED, Type.EMAIL_DELAYED),
        *(Type.EMAIL_REJECTED, Type.EMAIL_FAILED, Type.JOURNEY_COMPLETED, Type.BACK_IN_STOCK, Type.PRICE_DROPPED),
        *(Type.LOW_STOCK, Type.DATA_REQUESTED, Type.ORDER_PAID, Type.ORDER_UPDATED, Type.ORDER_FULFILLED),
        *(Type.ORDER_CANCELLED, Type.ORDER_REFUNDED, Type.EMAIL_HELD_OUT, Type.EXPERIMENT_ENTERED),
    }
)
"""Types of what others do: an email that arrives, a parcel that goes out, a state that is told again. An opened email
is among them, since a mail proxy may have opened it."""


def last_seen(profile: Profile) -> Instant | None:
    """When the person last did something themselves, as far as we have heard; None: they never have."""
    acts = [
        occurrence.time
        for name, history in profile.histories.items()
        if name not in _DONE_TO_THEM
        for occurrence in history.newest[-1:]
        if occurrence.properties.get("human") is not False
    ]
    return max(acts, default=None)


def place(profile: Profile) -> Instant:
    """By which people are listed: when they were last there (who never was: when they became known), to the hour, so
    that a visit of many pages moves somebody once."""
    seen = last_seen(profile)
    return (seen if seen is not None else min(profile.first_seen, LAST_INSTANT)) // HOUR
