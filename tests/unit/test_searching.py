"""Searching people: whatever begins a word of a name or an address finds it, in any spelling, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import HOUR, Type
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.histories import History, Occurrence
from shared.domain.profiles.orders import Order
from shared.domain.searching import (
    LONGEST,
    folded,
    found_by,
    is_meant,
    last_seen,
    looked_up,
    number_looked_up,
    place,
    prefixes,
    terms,
    words_of,
)


def somebody(email: str = "", first: str = "", last: str = "", numbers: tuple[str, ...] = ()) -> Profile:
    told = {"email": email, "first_name": first, "last_name": last}
    profile = Profile("c1", traits={name: Stamped(value, 1) for name, value in told.items() if value})
    profile.orders = {f"o{n}": Order(placed=n, number=number) for n, number in enumerate(numbers)}
    profile.numbers = set(numbers)
    return profile


def leads_to(text: str, profile: Profile) -> bool:
    """Whether the index leads from a text to somebody, and the profile agrees."""
    index = {prefix for word in words_of(profile) for prefix in prefixes(word)}
    keys = [key for term in terms(text) if (key := looked_up(term)) is not None]
    by_words = bool(keys) and all(key in index for key in keys)
    return (by_words or number_looked_up(text) in index) and is_meant(profile, text)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("mül", somebody(last="Müller")),
        ("MULLER", somebody(last="Müller")),
        ("mueller", somebody(last="Müller")),
        ("Müller", somebody(last="Mueller")),
        ("muller", somebody(last="MÜLLER")),
        ("mue", somebody(last="Mueller")),
        ("joe", somebody(first="Joel")),
        ("strasse", somebody(last="Straße")),
        ("soren", somebody(first="Søren")),
        ("sören", somebody(first="Søren")),
        ("obr", somebody(last="O'Brien")),
        ("o’brien", somebody(last="O'Brien")),
        ("brien", somebody(last="O’Brien")),
        ("anna sch", somebody(first="Anna-Lena", last="Schmidt")),
        ("schmidt anna", somebody(first="Anna", last="Schmidt")),
        ("anna.schmidt@exa", somebody("anna.schmidt@example.com")),
        ("schm", somebody("anna.schmidt@example.com")),
        ("example.com", somebody("anna.schmidt@example.com")),
        ("müller.de", somebody("x@xn--mller-kva.de")),
        ("gma", somebody("a@gmail.com")),
        ("王", somebody(last="王")),
        ("小", somebody(first="小明")),
        ("Bo", somebody(first="Bo")),
        ("al-khwarizmi-the-great", somebody(last="Al-Khwarizmi-The-Great-One")),
        ("Konstantinopolitanerin", somebody(last="Konstantinopolitanerin")),
        ("#1001", somebody(numbers=("1001",))),
        ("1001", somebody(numbers=("1001", "1002"))),
        ("eu-1001", somebody(numbers=("EU-1001",))),
    ],
)
def test_who_is_found(text: str, person: Profile) -> None:
    assert leads_to(text, person)


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("joe", somebody(first="John")),  # the index says "jo" of both
        ("michal", somebody(first="Michael")),
        ("uller", somebody(last="Müller")),
        ("anna weber", somebody(first="Anna", last="Schmidt")),
        ("Konstantinopolitaner2", somebody(last="Konstantinopolitanerin")),
        ("100", somebody(numbers=("1001",))),
        ("", somebody("a@example.com")),
        ("@ .", somebody("a@example.com")),
    ],
)
def test_who_is_not(text: str, person: Profile) -> None:
    assert not leads_to(text, person)


@given(st.text(max_size=15), st.integers(0, 15))
def test_whatever_begins_a_word_begins_it_in_the_index(word: str, length: int) -> None:
    for spelled in terms(word):
        assert folded(spelled).startswith(folded(spelled[:length]))
        assert all(len(prefix) <= LONGEST for prefix in prefixes(folded(spelled)))


@given(st.text("aeouäöüåøßmn", min_size=2, max_size=14), st.integers(1, 14))
def test_any_beginning_of_a_name_finds_it(name: str, length: int) -> None:
    person, text = somebody(last=name), name[:length]
    for term in terms(text):
        if looked_up(term) is not None:
            assert leads_to(text, person)


def test_words_are_bounded_and_follow_what_they_are_made_of() -> None:
    wordy = somebody(f"{'.'.join(f'w{n}' for n in range(30))}@example.com", numbers=tuple(map(str, range(300))))
    assert len(words_of(wordy)) == 24 + 100
    assert "#299" in words_of(wordy)
    before = found_by(somebody("a@example.com"))
    assert before == found_by(somebody("a@example.com"))
    assert before != found_by(somebody("b@example.com"))
    assert before != found_by(somebody("a@example.com", numbers=("1",)))


def test_what_is_done_to_somebody_is_no_sign_of_them() -> None:
    profile = Profile("c1", first_seen=5 * HOUR)
    assert (last_seen(profile), place(profile)) == (None, 5)

    def happened(type_: str, at: int, **properties: object) -> None:
        profile.histories[type_] = History([Occurrence(at, properties)], 1, at)

    happened(Type.EMAIL_SENT, 90 * HOUR)
    happened(Type.EMAIL_OPENED, 91 * HOUR)
    happened(Type.EMAIL_CLICKED, 92 * HOUR, human=False)
    happened(Type.PAGE_VIEWED, 3 * HOUR + 5)
    assert (last_seen(profile), place(profile)) == (3 * HOUR + 5, 3)  # what is brought over is as old as it is
