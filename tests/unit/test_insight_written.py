"""What a shop's own reviews teach, on sentences that people wrote.

`tests/events/reviews/amazon.tsv`: sentences of Amazon's reviews, each with the mean judgement of twenty readers (from
-4 to 4), as Hutto and Gilbert (2014) published them with VADER (MIT); those that at least one point sets apart from 0.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.insight.seam import Acts, Data, Lines, Named, Orders, Written
from functions.insight.written import OF_A_GROUP, PEOPLE, auc, groups, learn, work_out
from shared.adapters.queries import question
from shared.adapters.vader import tone
from shared.domain.insight.texts import by_words, is_english, language_by
from shared.domain.insight.tones import Learnt, tone_by, words_of
from shared.domain.insight.written import WrittenFound
from shared.domain.lake_rows import OTHER, partition
from shared.domain.properties import WRITTEN

FILE = Path(__file__).parents[1] / "events" / "reviews" / "amazon.tsv"
AT = 1_764_400_000_000
DELIVERY = "the parcel came late and the courier left it in the rain at door {}"
SIZES = "size runs small so order one larger than usual for foot {}"
COLOURS = "lovely colours and the glaze shines on shelf {}"


def sentences() -> tuple[list[str], np.ndarray]:
    rows = [line.split("\t") for line in FILE.read_text(encoding="utf-8").splitlines()]
    order = np.random.default_rng(7).permutation(len(rows))
    return [rows[each][2] for each in order], np.array([float(rows[each][1]) > 0 for each in order])


def written(several: list[str], praised: np.ndarray) -> Written:
    contact = np.arange(len(several))
    stars = np.where(praised, 5.0, 1.0)
    return Written(
        contact, [f"c{each:015x}" for each in contact], stars, several, [f"EVENT#{each}" for each in contact]
    )


def data(of: Written) -> Data:
    whole = np.empty(0, np.int64)
    return Data(
        at=AT,
        currency="EUR",
        zone="UTC",
        orders=Orders(whole, whole, whole),
        lines=Lines(whole, whole, Named.of([]), Named.of([]), whole),
        acts=Acts(whole, whole, whole, Named.of([]), whole),
        written=of,
        felt={"positive": 3, "neutral": 0, "negative": 1},
    )


def test_enough_reviews_of_the_shop_tell_better_than_a_list_of_words_and_few_do_not() -> None:
    several, praised = sentences()
    test, told = slice(1_200, 1_500), praised[1_200:1_500]
    by_list = auc([by_words(tone)(each) for each in several[test]], told)

    def by_reviews(number: int) -> float:
        learnt = learn(several[:number], praised[:number], np.arange(number), AT)
        return auc([tone_by(learnt, each) for each in several[test]], told)

    assert 0.7 < by_list < 0.85
    assert by_reviews(1_200) > by_list
    assert by_reviews(300) < by_list


def test_the_night_learns_only_where_it_beats_the_list() -> None:
    several, praised = sentences()
    found = work_out(data(written(several, praised)))
    taught = WrittenFound.model_validate(found.results["written"]).taught
    assert taught.checked == 300
    assert "So texts without stars go by the words of your own reviews first." in taught.sentence
    learnt = Learnt.model_validate(found.lists["tones"])
    assert learnt.reviews == 1_500
    assert (tone_by(learnt, "it stopped working after a week, terrible support and a waste of money") or 0) < -0.2
    assert (tone_by(learnt, "a great camera that is very easy to use and i love the pictures") or 0) > 0.2
    assert tone_by(learnt, "wunderbar verpackt und schnell geliefert") is None, "it knows its reviews' words only"

    # Stars that say nothing of the words teach nothing.
    by_lot = np.random.default_rng(3).permutation(praised)
    found = work_out(data(written(several, by_lot)))
    taught = WrittenFound.model_validate(found.results["written"]).taught
    assert 0.4 < (taught.model or 0) < 0.6
    assert taught.holds == (found.lists["tones"] is not None)


@pytest.mark.parametrize("few", [0, 49])
def test_without_enough_of_either_kind_nothing_is_learnt_and_it_is_said(few: int) -> None:
    several, _ = sentences()
    praised = np.arange(len(several)) >= few
    found = work_out(data(written(several, praised)))
    assert found.lists["tones"] is None
    taught = WrittenFound.model_validate(found.results["written"]).taught
    assert f"not enough: {few} of 50 of them with one or two stars" in taught.sentence


def test_nobody_has_written_anything() -> None:
    found = work_out(data(written([], np.empty(0, bool))))
    assert found.lists["tones"] is None
    assert found.results["written"]["groups"] == []


def test_what_few_people_say_is_not_kept() -> None:
    several, praised = sentences()
    named = [f"{each} thanks to wobbegong" if number < PEOPLE - 1 else each for number, each in enumerate(several)]
    learnt = learn(named, praised, np.arange(len(named)), AT)
    assert "wobbegong" not in learnt.terms
    # Nor what one person says again and again.
    again = learn(named[:600], praised[:600], np.zeros(600, np.int64), AT)
    assert again.terms == {}


def test_the_same_reviews_teach_the_same() -> None:
    several, praised = sentences()
    who = np.arange(len(several))
    assert learn(several, praised, who, AT) == learn(several, praised, who, AT)


def test_texts_that_say_alike_are_a_group_with_words_and_examples() -> None:
    several = [kind.format(each) for kind, n in ((COLOURS, 70), (DELIVERY, 60), (SIZES, 50)) for each in range(n)]
    of = written(several, np.arange(180) < 70)
    found = groups(of)
    assert [(each.contacts, each.texts, each.unhappy) for each in found] == [(70, 70, 0), (60, 60, 60), (50, 50, 50)]
    assert set(found[0].words) <= {"lovely", "colours", "glaze", "shines", "shelf"}
    assert set(found[1].words) <= {"parcel", "came", "late", "courier", "left", "rain", "door"}
    by_key = dict(zip(of.event, of.text, strict=True))
    assert all("courier" in by_key[key] for _, key in found[1].examples)
    assert len({contact for contact, _ in found[1].examples}) == 3
    assert groups(of) == found


GERMAN = (
    "das Paket kam mit der Post viel zu spät und lag bei Iittala im Regen vor Tür {}",
    "die Farben sind sehr schön und die Glasur von Iittala glänzt im Regal {}",
    "die Größe fällt klein aus und ich habe bei Iittala eine Nummer größer bestellt für Fuß {}",
)


def in_two_languages() -> Written:
    """Of three kinds each, the German ones fewer; all of them name the maker, and some say no little word."""
    english = ((COLOURS, 70), (DELIVERY, 60), (SIZES, 50))
    several = [f"{kind} Iittala".format(each) for kind, n in english for each in range(n)]
    several += [kind.format(each) for kind, n in zip(GERMAN, (24, 20, 18), strict=True) for each in range(n)]
    several += ["Paket spät, Regen", "Farben schön, Glasur glänzt"]
    order = np.random.default_rng(2).permutation(len(several))
    return written([several[each] for each in order], np.ones(len(several), bool))


def test_a_group_is_named_by_the_words_of_one_language() -> None:
    of = in_two_languages()
    found, by_key = groups(of), dict(zip(of.event, of.text, strict=True))
    english = set(f"{COLOURS} {DELIVERY} {SIZES}".split())
    ours = [each for each in found if english.issuperset(each.words)]
    theirs = [each for each in found if english.isdisjoint(each.words)]
    assert [each.texts for each in ours] == [70, 60, 50] and len(theirs) == 2
    assert sum(each.texts for each in theirs) == 64 and len(ours) + len(theirs) == len(found)
    for each in found:
        assert len(each.words) == 5
        assert all(is_english(by_key[key]) == (each in ours) for _, key in each.examples)


def test_too_few_texts_of_a_language_are_no_group_and_name_none() -> None:
    of = in_two_languages()
    few = np.array([bool(is_english(text)) or number % 3 == 0 for number, text in enumerate(of.text)])
    kept = np.flatnonzero(few).tolist()
    found = groups(written([of.text[each] for each in kept], np.ones(len(kept), bool)))
    assert [each.texts for each in found] == [70, 60, 50]
    assert not {"paket", "farben", "glasur", "grosse"} & {word for each in found for word in each.words}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("the parcel came late and it was wet", "en"),
        ("das Paket kam sehr spät und war nass", "de"),
        ("le colis est arrivé très tard et les tasses sont cassées", "fr"),
        ("el paquete es muy lento pero las tazas como nuevas", "es"),
        ("het pakket is niet op tijd maar heel mooi", "nl"),
        ("Paket Regen", ""),
    ],
)
def test_a_language_is_told_by_its_little_words(text: str, language: str) -> None:
    assert language_by(words_of(text)) == language


def test_one_person_s_many_texts_are_no_group() -> None:
    several = [kind.format(each) for kind, n in ((COLOURS, 70), (DELIVERY, 60), (SIZES, 50)) for each in range(n)]
    contact = np.where((np.arange(180) >= 70) & (np.arange(180) < 130), 0, np.arange(180) + 1)
    of = written(several, np.ones(180, bool))
    found = groups(Written(contact, of.who, of.stars, of.text, of.event))
    assert all(each.contacts >= OF_A_GROUP for each in found)
    assert all("courier" not in each.words for each in found)


def test_groups_of_what_people_really_wrote_are_few_and_told_apart() -> None:
    several, praised = sentences()
    found = groups(written(several, praised))
    assert 2 <= len(found) <= 8
    assert all(each.words and each.contacts >= OF_A_GROUP for each in found)
    assert sum(each.texts for each in found) <= len(several)


def test_the_lake_is_asked_for_every_event_in_which_somebody_writes() -> None:
    assert {partition(each) for each in WRITTEN} == {OTHER}
    assert set(re.findall(r"'([A-Z][A-Za-z ]+)'", question("written", "2026-09", "0", "1").sql)) == WRITTEN


@given(st.lists(st.text(max_size=40), max_size=12))
def test_whatever_is_written_a_tone_is_between_its_ends(several: list[str]) -> None:
    terms = {word: (1.0, -2.0) for each in several for word in each.casefold().split()}
    learnt = Learnt(at=AT, reviews=500, bias=0.5, terms=terms)
    for each in several:
        heard = tone_by(learnt, each)
        assert heard is None or -1 <= heard <= 1
