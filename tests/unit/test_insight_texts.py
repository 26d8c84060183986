"""What contacts write: what of an event it is, and what is said of it; none of it in the lake, whoever wrote it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.vader import tone
from shared.domain.events import DAY, Event, Identity, IdentityKind, Json, Type
from shared.domain.insight import in_words, score_of, texts
from shared.domain.insight.scored import INTENTS, TOPICS, scored_by_service, scored_text
from shared.domain.insight.texts import Said
from shared.domain.lake_rows import row
from shared.domain.personal import may_be_told_by_anybody
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.properties import WRITTEN
from shared.domain.settings import ShopSettings
from shared.domain.text_topics import DEFAULT_TOPICS

NOW = 1_764_400_000_000
BY_WORDS = {"words": texts.by_words(tone)}


def event(properties: Json, type_: str = "Product Reviewed", **more: Any) -> Event:
    told: dict[str, Any] = {"id": "e1", "type": type_, "time": NOW, "received": NOW, "source": "crm", **more}
    identities = (Identity(kind=IdentityKind.USER, value="ada"),)
    return Event(properties=properties, identities=identities, **told)


def read(properties: Json, type_: str = "Product Reviewed", **more: Any) -> Said:
    said = texts.read(event(properties, type_, **more), DEFAULT_TOPICS, BY_WORDS)
    assert said is not None
    return said


def says(text: str) -> Said:
    return read({"text": text}, "Email Replied")


# ── stars ──


@pytest.mark.parametrize(
    ("told", "stars"),
    [
        ({"rating": 1}, 1),
        ({"rating": "4,5"}, 4.5),
        ({"rating": "2/10"}, 1.44),
        ({"rating": "4 out of 5"}, 4),
        ({"rating": 8, "best_rating": 10}, 4.11),
        ({"rating": 80, "max": 100}, 4.19),
        ({"rating": 0, "min": 0, "max": 10}, 1),
        ({"stars": 3}, 3),
        ({"reviewRating": {"ratingValue": "5", "bestRating": "5"}}, 5),
        # A number without its unit says nothing:
        ({"rating": 8}, None),
        ({"rating": 0}, None),
        ({"rating": 4, "best_rating": "many"}, None),
        ({"rating": 11, "best_rating": 10}, None),
        ({"rating": 4, "best_rating": 1}, None),
        ({"rating": True}, None),
        ({"rating": float("nan")}, None),
        ({"rating": float("inf"), "max": float("inf")}, None),
        ({"rating": "great"}, None),
        ({"rating": -2}, None),
    ],
)
def test_stars_are_read_with_their_unit(told: Json, stars: float | None) -> None:
    assert texts.stars_of(event(told)) == stars


@pytest.mark.parametrize(
    ("stars", "sentiment"), [(1, "negative"), (2, "negative"), (3, "neutral"), (4, "positive"), (5, "positive")]
)
def test_stars_say_more_than_words(stars: int, sentiment: str) -> None:
    said = read({"rating": stars, "review_body": "I hate it, and it is the worst thing I have ever had."})
    assert said.sentiment == sentiment
    assert said.reasons[0].code == "stars"
    assert read({"rating": stars}).sentiment == sentiment


# ── words ──


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("I love it, and the mug is so pretty!", "positive"),
        ("The parcel was late and it arrived broken. I want my money back!", "negative"),
        ("This is not good at all.", "negative"),
        ("I am very happy with the candles 😍", "positive"),
        ("😡😡 this is the worst thing I have bought", "negative"),
        ("Where is my order? It has not arrived yet. Thank you. Kind regards, Ann", "neutral"),
        ("Please cancel my order, I ordered it twice", "neutral"),
        ("<p>The <b>colour</b> is lovely &amp; I&#39;m very happy with it</p>", "positive"),
        # Nothing is said where it is not sure that it is English:
        ("Die Bücher sind super", None),
        ("Die Lieferung war schlecht, der Becher kam kaputt an.", None),
        ("Die, die Die kennen, lieben die Tassen", None),
        ("La livraison est trop longue mais le produit est joli", None),
        ("La taza es muy bonita pero no me gusta el color", None),
        ("Het is een mooi ding, maar de levering was slecht", None),
        ("Die Lieferung was great and the mug too", None),
        ("I gift this и это просто ужасно, never again the same", None),
        ("素晴らしい商品です", None),
        ("😍😍😍", None),
        ("Love it", None),
        ("", None),
    ],
)
def test_words_are_weighed_where_they_are_surely_english(text: str, sentiment: str | None) -> None:
    said = texts.read(event({"rating": None, "text": text}, "Email Replied"), DEFAULT_TOPICS, BY_WORDS)
    assert (said and said.sentiment) == sentiment


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("DELIVERY was quick", ["delivery"]),
        ("Die Lieferung kam zu spät, und der Becher war kaputt", ["delivery", "quality"]),
        ("la qualite est bonne, la taille aussi", ["quality", "sizing"]),
        ("Die Grösse passt", ["sizing"]),
        ("I priced nothing; it fell   apart.", ["quality", "price"]),
        ("translate, sizeable, pricey", []),  # no whole words
    ],
)
def test_topics_are_whole_words_in_any_case_and_with_or_without_accents(text: str, topics: list[str]) -> None:
    assert says(text).topics == topics


def test_the_shop_names_its_topics_and_their_words() -> None:
    settings = ShopSettings.model_validate({"text_topics": {"scent": ["Düfte", "smell of"]}})
    told = event({"text": "the duefte, no, the DUFTE, and the smell, of it"}, "Email Replied")
    said = texts.read(told, settings.text_topics, BY_WORDS)
    assert said is not None and said.topics == ["scent"]
    for wrong in ({"Scent": ["a"]}, {"scent": []}, {"scent": ["…"]}, {"scent": ["x" * 61]}):
        with pytest.raises(ValueError, match="text_topics"):
            ShopSettings.model_validate({"text_topics": wrong})
    assert ShopSettings.model_validate({"text_topics": {}}).text_topics == {}


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("Where is my parcel?", ["question"]),
        ("See https://shop.example/a?b=c", []),
        ("I would like a refund.", ["refund"]),
        ("I don't want a refund.", []),
        ("Ich möchte den Becher zurückgeben", ["refund"]),
        ("Je voudrais annuler ma commande", ["cancel"]),
        ("I love it and the mug is so pretty", ["praise"]),
        ("This is not good at all", ["complaint"]),
    ],
)
def test_intents(text: str, intents: list[str]) -> None:
    assert says(text).intents == intents


# ── what of an event it is ──


def test_several_texts_of_one_event_are_read_together() -> None:
    said = read(
        {
            "answers": [
                {"question": "Was anything broken?", "answer": "I love it, and the colours are lovely"},
                {"question": "Anything else?", "answer": "the shipping was quick"},
            ]
        },
        "Survey Completed",
    )
    assert said.sentiment == "positive"
    assert said.topics == ["delivery"], "a question is the shop's words"


def test_an_answer_that_quotes_our_email_is_read_without_it() -> None:
    text = (
        "I love it, and my mum does too.\n> The worst offer of all\nOn Mon, 1 Dec 2025, Shop wrote:\nthe terrible price"
    )
    assert texts.text_of(event({"body": text}, "Email Replied")) == "I love it, and my mum does too."


def test_of_a_form_what_was_typed_counts_and_not_what_was_chosen() -> None:
    told = event(
        {"form": "taste", "favourite": "Big and broken mugs"},
        "Survey Answered",
        source="form",
        traits={
            "favourite": "Big and broken mugs",
            "wish": "I want the delivery to be quicker",
            "first_name": "Price P.",
        },
    )
    said = texts.read(told, DEFAULT_TOPICS, BY_WORDS)
    assert said is not None and said.topics == ["delivery"]
    assert row("c1", told)["properties"] == ["favourite=tBig and broken mugs", "form=ttaste"]


def test_nothing_is_told_of_other_events_or_of_nothing() -> None:
    assert texts.read(event({"text": "I love it and the mug"}, "Product Viewed"), DEFAULT_TOPICS, BY_WORDS) is None
    assert texts.read(event({"product_id": "8001"}), DEFAULT_TOPICS, BY_WORDS) is None
    assert texts.read(event({"text": " <br> "}), DEFAULT_TOPICS, BY_WORDS) is None


TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(
        st.sampled_from(["not", "the", "Die", "I", "love", "hate", "😍", "😡", "<b>", "?", "товар", "素", ".", "\n"])
    ).map(" ".join),
    st.sampled_from(
        ["a " * 5_000, "a" * 10_000, "<script " * 2_000, "?" * 10_000, "😍" * 10_000, "I hate it. " * 1_000]
    ),
)


@given(text=TEXTS, rating=st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=8)))
def test_whatever_is_written_is_read_within_bounds_and_only_words_of_ours_come_out(text: str, rating: Json) -> None:
    told = event({"text": text, "rating": rating})
    said = texts.read(told, DEFAULT_TOPICS, BY_WORDS)
    assert said == texts.read(told, DEFAULT_TOPICS, BY_WORDS)
    if said is None:
        return
    assert said.sentiment in (None, "positive", "neutral", "negative")
    assert set(said.topics) <= set(DEFAULT_TOPICS)
    assert set(said.intents) <= {"question", *texts.INTENTS}
    assert len(texts.text_of(told)) <= texts.MAX_LETTERS + texts.MAX_TEXTS
    made = scored_text("c1", told, said)
    assert set(made.properties) == {"of", "scores"}
    assert json.loads(made.model_dump_json())["type"] == "Scored"


# ── what is told ──


def told_of(text: str, at: int, id_: str = "e1", **more: Any) -> Event:
    written = event({"text": text}, "Email Replied", id=id_, time=at, received=at, **more)
    said = texts.read(written, DEFAULT_TOPICS, BY_WORDS)
    assert said is not None
    return scored_text("c1", written, said)


GOOD, BAD = "I love it, and the price is so good", "I hate it, and the quality is so bad"


def test_the_last_text_holds_in_whatever_order_they_come() -> None:
    old, new, unread = (
        told_of(GOOD, NOW, "e1"),
        told_of(BAD, NOW + 1, "e2"),
        told_of("Die Lieferung kam", NOW + 2, "e3"),
    )
    for several in ((old, new), (new, old), (new, old, new)):
        profile = Profile("c1")
        for each in several:
            fold(profile, each)
        assert profile.traits["sentiment"].value == "negative"
        assert profile.traits[TOPICS].value == ["quality"]
    fold(profile, unread)
    assert profile.traits["sentiment"].value is None, "what they wrote last cannot be read"
    assert profile.traits[TOPICS].value == ["delivery"]
    assert profile.traits[INTENTS].value is None


def test_what_a_service_says_later_of_a_text_takes_that_one_s_place_and_no_newer_one_s() -> None:
    written = event({"text": "Die Vase kam kaputt an"}, "Email Replied", id="e1", time=NOW, received=NOW)
    said = texts.read(written, DEFAULT_TOPICS, BY_WORDS)
    assert said is not None and said.sentiment is None
    heard = texts.read(written, DEFAULT_TOPICS, {"service": lambda _: -0.9})
    assert heard is not None
    first = scored_text("c1", written, said)
    later = scored_by_service(scored_text("c1", written, heard), written, NOW + DAY)
    assert later.properties["instead"] == first.id != later.id
    newer = told_of(GOOD, NOW + 1, "e2")
    for several, sentiment in (
        ((first, later), "negative"),
        ((later, first), "negative"),
        ((newer, later), "positive"),
    ):
        profile = Profile("c1")
        for each in several:
            fold(profile, each)
        assert profile.traits["sentiment"].value == sentiment


@pytest.mark.parametrize(
    ("told", "language"), [("de", "de"), ("pt-BR", "pt-BR"), ("de_AT", "de_AT"), ("Deutsch", None), (7, None)]
)
def test_a_text_may_say_its_language(told: Any, language: str | None) -> None:
    assert texts.language_of(event({"text": "Hallo", "language": told}, "Email Replied")) == language


def test_what_anybody_may_have_sent_stays_so_and_takes_the_place_of_nothing_that_was_sure() -> None:
    profile = Profile("c1")
    fold(profile, told_of(GOOD, NOW, "e1"))
    fold(profile, told_of(BAD, NOW + 1, "e2", public=True))
    assert profile.traits["sentiment"].value == "positive"
    assert not any(map(may_be_told_by_anybody, ("sentiment", TOPICS, INTENTS)))


def test_the_same_text_is_told_once_and_another_contact_s_is_another() -> None:
    written = event({"text": GOOD}, "Email Replied")
    said = read({"text": GOOD}, "Email Replied")
    assert scored_text("c1", written, said) == scored_text("c1", written, said)
    assert scored_text("c1", written, said).id != scored_text("c2", written, said).id
    assert scored_text("c1", written, said).type == Type.SCORED


def test_reasons_are_said_in_words() -> None:
    said = read({"rating": 2, "text": "The parcel was broken. I want a refund."})
    told = [in_words(each, score_of("sentiment")) for each in said.reasons]
    assert told == [
        "Gave 2 of 5 stars",
        "It is about delivery",
        "It is about quality",
        "It is about returns",
        "Wants to give something back",
        "Complains",
    ]


# ── where the text is not ──


@pytest.mark.parametrize("type_", sorted(WRITTEN))
@pytest.mark.parametrize(
    "properties",
    [
        {"text": "Wretched"},
        {"reviewBody": "Wretched candles", "title": "So wretched"},
        {"message": "Wretched"},
        {"answers": [{"question": "How was it?", "answer": "Wretched candles"}]},
        {"answers": {"How was it?": "Wretched candles"}},
        {"feedback": {"de": ["Wretched candles"]}},
        {"something_else": "They were wretched, all of them, every single one"},
    ],
)
def test_no_word_of_it_is_in_the_lake_or_the_profile_s_history(type_: str, properties: Json) -> None:
    told = event({**properties, "product_id": "8001", "rating": 2}, type_)
    found = row("c1", told)
    assert "wretched" not in json.dumps(found).lower()
    assert "rating=n2" in found["properties"]
    profile = Profile("c1")
    fold(profile, told, {type_: frozenset({"text", "answers.answer", "something_else"})})
    assert "wretched" not in str(profile).lower()


def test_a_chosen_answer_of_one_word_can_be_asked_for() -> None:
    assert row("c1", event({"answer": "candles"}, "Survey Answered"))["properties"] == ["answer=tcandles"]
