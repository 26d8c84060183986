"""Forms: what can be published, what of an answer counts, and how small the script is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.adapters import form_pages
from shared.domain import forms
from shared.domain.forms import Form, FormTopic, PopUp, Question
from shared.domain.refusals import RefusedError
from shared.domain.settings import ShopSettings, Topic

SHOP = ShopSettings(
    topics=(Topic(id="marketing", name="News"), Topic(id="offers", name="Offers")), interests=("Candles", "Soap")
)
WORDING = "By signing up you agree to get our emails. You can stop them with the link in each."
SIGN_UP = Form(
    id="newsletter", name="Newsletter", title="Hear from us", topics=(FormTopic(id="marketing"),), wording=WORDING
)
POPUP = SIGN_UP.model_copy(update={"style": "popup", "popup": PopUp(delay=5), "first_name": "optional"})


def test_the_script_of_a_pop_up_is_at_most_5_kb() -> None:
    full = POPUP.model_copy(
        update={
            "title": "10% off your first order",
            "text": "Sign up, and we send you a code for your first order with us.",
            "interests": "optional",
            "topics": (FormTopic(id="marketing"), FormTopic(id="offers", box="empty")),
            "popup": PopUp(delay=8, scroll=40, exit=True, again_after_days=60),
        }
    )
    script = form_pages.embed(full, SHOP)
    assert len(script.encode()) <= form_pages.MAX_EMBED_BYTES, len(script)
    assert "cookie" not in script


def test_what_a_shop_writes_is_text_wherever_it_stands() -> None:
    evil = POPUP.model_copy(update={"title": "</script><b onclick=x>", "wording": '"><img src=x>', "button": "<i>"})
    for text in (form_pages.embed(evil, SHOP), form_pages.element(evil, SHOP, "https://a.example")):
        assert "<b onclick" not in text and "<img" not in text and "<i>" not in text and "</script" not in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"topics": (FormTopic(id="nothing"),)}, "no topic nothing"),
        ({"topics": (FormTopic(id="marketing", box="ticked"),)}, "ticked beforehand"),
    ],
)
def test_what_the_settings_do_not_allow_is_not_published(changed: dict[str, object], said: str) -> None:
    assert said in forms.problems(SIGN_UP.model_copy(update=changed), SHOP)[0]
    assert not forms.problems(SIGN_UP, SHOP)
    allowed = SHOP.model_copy(update={"boxes_may_be_ticked": True})
    assert not forms.problems(
        SIGN_UP.model_copy(update={"topics": (FormTopic(id="marketing", box="ticked"),)}), allowed
    )


@pytest.mark.parametrize("trait", ["email", "dormant", "predicted_value", "tags", "signup_source", "interest", "score"])
def test_no_question_sets_a_trait_of_the_products_own(trait: str) -> None:
    with pytest.raises(ValidationError):
        Question(trait=trait, label="?")


@pytest.mark.parametrize(
    "changed",
    [
        {"wording": ""},
        {"topics": [], "promise": "welcome"},
        {"topics": [], "style": "popup"},
        {"popup": {}},
        {"questions": [{"trait": "size", "label": "?"}] * 2},
        {"style": "popup", "popup": {"delay": None}},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Form.model_validate({**SIGN_UP.model_dump(), **changed})


def test_only_what_the_form_asks_counts() -> None:
    form = SIGN_UP.model_copy(
        update={"interests": "optional", "questions": (Question(trait="size", label="?", choices=("s", "m")),)}
    )
    given_ = {
        "email": [" Ada@Example.COM "],
        "first_name": ["Ada"],
        "interest": ["Soap", "Guns", "Candles"],
        "size": ["m"],
        "dormant": ["true"],
        "topic": ["offers"],
        "tracking": ["yes"],
    }
    read = forms.read(form, SHOP.interests, given_)
    assert read.email == "ada@example.com"
    assert read.traits == {"interests": ["Candles", "Soap"], "interest": "Candles", "size": "m"}
    assert (read.topics, read.tracking) == (("marketing",), False)


def test_a_box_counts_only_when_it_was_ticked() -> None:
    form = SIGN_UP.model_copy(update={"topics": (FormTopic(id="offers", box="empty"),), "tracking": True})
    with pytest.raises(RefusedError) as error:
        forms.read(form, (), {"email": ["a@example.com"]})
    assert error.value.field == "topic"
    read = forms.read(form, (), {"email": ["a@example.com"], "topic": ["offers"], "tracking": ["yes"]})
    assert (read.topics, read.tracking) == (("offers",), True)


@pytest.mark.parametrize(
    ("given_", "field"),
    [
        ({"email": ["nobody"]}, "email"),
        ({}, "email"),
        ({"email": ["a@example.com"], "birthday": ["1990-13-01"]}, "birthday"),
        ({"email": ["a@example.com"], "birthday": ["1990-05-01T00:00 <x>"]}, "birthday"),
        ({"email": ["a@example.com"], "birthday": ["1990-05-01"], "size": ["huge"]}, "size"),
    ],
)
def test_what_cannot_be_is_said_with_its_field(given_: dict[str, list[str]], field: str) -> None:
    question = Question(trait="size", label="?", choices=("s", "m"))
    form = SIGN_UP.model_copy(update={"birthday": "optional", "questions": (question,)})
    with pytest.raises(RefusedError) as error:
        forms.read(form, (), given_)
    assert error.value.field == field


@given(st.dictionaries(st.sampled_from([*forms.FORM_NAMES, "size"]), st.lists(st.text(max_size=300), max_size=3)))
def test_whatever_is_sent_is_read_or_refused(given_: dict[str, list[str]]) -> None:
    form = SIGN_UP.model_copy(
        update={"first_name": "required", "interests": "optional", "questions": (Question(trait="size", label="?"),)}
    )
    try:
        read = forms.read(form, SHOP.interests, given_)
    except RefusedError as error:
        assert error.field in {"email", "first_name"}
    else:
        texts = [value for value in read.traits.values() if isinstance(value, str)]
        assert all(0 < len(text) <= forms.MAX_ANSWER and "\n" not in text and "\r" not in text for text in texts)


def test_what_is_known_is_not_asked_again() -> None:
    form = SIGN_UP.model_copy(
        update={"first_name": "required", "birthday": "optional", "questions": (Question(trait="size", label="?"),)}
    )
    left = forms.left_to_ask(form, {"first_name", "size"})
    assert (left.first_name, left.birthday, left.questions) == ("no", "optional", ())
    survey = form.model_copy(update={"topics": (), "wording": ""})
    assert forms.left_to_ask(survey, {"size"}).questions == form.questions  # may be answered anew


def test_a_version_is_made_by_publishing_and_keeps_its_words() -> None:
    saved = forms.published(forms.written(forms.SavedForms(), SIGN_UP, 1, "me"), "newsletter", 2, "me")
    changed = forms.written(saved, SIGN_UP.model_copy(update={"wording": "Other words."}), 3, "me")
    assert changed.forms["newsletter"].published == SIGN_UP  # until it is published
    again = forms.published(changed, "newsletter", 4, "me").forms["newsletter"]
    assert (again.version, again.wordings) == (2, {1: WORDING, 2: "Other words."})
    assert forms.without(changed, "newsletter", 5, "me").forms["newsletter"].published is None
