"""Blocks: what they become as MJML, compiled, and as text."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.adapters import template_checking, template_compiling
from shared.adapters.templates import Source, example, parse, problems, render
from shared.domain.templates import markdown
from shared.domain.templates.branches import signature
from shared.domain.templates.definition import Template, answered, conditions
from shared.domain.templates.liquid import frozen, thawed
from shared.domain.templates.stored import Compiled


def template(*blocks: dict, **more: object) -> Template:
    return Template.model_validate(
        {"id": "t", "name": "T", "subject": "Hi", "preview": "Hello", "blocks": blocks, **more}
    )


def compiled(*blocks: dict, **more: object) -> Compiled:
    return template_compiling.version(template(*blocks, **more), "en").compiled["en"]


def rendered(*blocks: dict, nothing_known: bool = False, **more: object) -> tuple[str, str]:
    made = compiled(*blocks, **more)
    source = Source(made.subject, made.preview, made.html, made.text)
    assert problems(source) == [] or more.get("class") == "transactional"
    shown = render(parse(source), example(nothing_known=nothing_known))
    return shown.html, shown.text


EVERY_KIND = (
    {"kind": "heading", "text": "Hello{% if contact.first_name %}, {{ contact.first_name }}{% endif %}"},
    {"kind": "text", "text": "**Bold** & *fine* [here]({{ shop.url }})\n\n- one\n- two"},
    {"kind": "products", "of": "viewed.products", "fallback": [{"kind": "text", "text": "Nothing looked at"}]},
    {"kind": "code", "text": "This is for you:"},
    {"kind": "button", "text": "Go there", "url": "{{ shop.url }}/a?b=1&c=2"},
    {"kind": "answers", "answers": [{"word": "fine", "text": "All is well"}]},
    {"kind": "picture", "src": "https://shop.example.com/a.jpg", "alt": 'A "mug"'},
    {"kind": "divider"},
    {
        "kind": "raw",
        "mjml": "<mj-section><mj-column><mj-text>{% if 1 < 3 %}by hand{% endif %}</mj-text></mj-column></mj-section>",
    },
)


def test_every_kind_of_block_comes_out_in_the_html_and_in_the_text() -> None:
    html, text = rendered(*EVERY_KIND)
    for part in (
        "Hello, Ada",
        "<strong>Bold</strong> &amp; <em>fine</em>",
        "Assam, 250 g",
        "BACK10",
        "Go there",
        "All is well",
        'alt="A &quot;mug&quot;"',
        "by hand",
        "#2f5d50",
    ):
        assert part in html, part
    for part in (
        "Hello, Ada",
        "Bold & fine here: https://shop.example.com",
        "- one\n- two",
        "- Assam, 250 g × 2, £9.00",
        "This is for you:\n\n    BACK10",
        "All is well:\nhttps://example.com/answers/t/fine",
    ):
        assert part in text, part
    assert "Nothing looked at" not in html + text
    assert "Lq9Z" not in html + text


def test_what_is_not_known_shows_its_fallback() -> None:
    html, text = rendered(*EVERY_KIND, nothing_known=True)
    assert "Nothing looked at" in html and "Nothing looked at" in text
    assert "This is for you" not in html + text and "Assam" not in html + text


def test_a_block_is_shown_by_its_condition() -> None:
    trait = {"kind": "trait", "trait": "country", "is": "equal", "value": "DE"}
    blocks = (
        {"kind": "text", "text": "first", "show_if": trait},
        {"kind": "text", "text": "second", "show_if": trait, "fallback": [{"kind": "text", "text": "instead"}]},
    )
    made = compiled(*blocks)
    source = Source(made.subject, made.preview, made.html, made.text)
    for shown, seen in (([True, False], {"first", "instead"}), ([False, True], {"second"})):
        out = render(parse(source), {**example(), "shown": shown})
        for part in (out.html, out.text):
            assert {word for word in ("first", "second", "instead") if word in part} == seen


COUNTRY = {"kind": "trait", "trait": "country", "is": "equal", "value": "DE"}


def text(said: str, **more: object) -> dict:
    return {"kind": "text", "text": said, **more}


def columns(*several: list[dict], **more: object) -> dict:
    return {"kind": "columns", "columns": [{"blocks": blocks} for blocks in several], **more}


def test_columns_stand_beside_each_other_and_follow_each_other_in_the_text() -> None:
    html, plain = rendered(text("before"), columns([text("left")], [text("right")]), text("after"))
    words = [html.index(f">{word}<") for word in ("before", "left", "right", "after")]
    assert words == sorted(words)
    assert html.count("mj-column-px-300") >= 2  # each as wide as the screen on a phone: MJML's own class
    assert [line for line in plain.splitlines() if line][:4] == ["before", "left", "right", "after"]
    assert 'role="presentation"' in html and "<td><table" not in html


def test_what_is_in_columns_and_what_stands_instead_of_them_has_conditions_in_the_order_it_is_written() -> None:
    """Liquid counts the conditions as they come: what is in columns before what is shown instead of them."""
    blocks = (
        text("zero", show_if=COUNTRY),
        columns(
            [text("two", show_if=COUNTRY, fallback=[text("not two")])],
            [text("three", show_if=COUNTRY), text("always")],
            show_if=COUNTRY,
            fallback=[text("four", show_if=COUNTRY, fallback=[text("not four")])],
        ),
        text("five", show_if=COUNTRY),
    )
    made = compiled(*blocks)
    source = Source(made.subject, made.preview, made.html, made.text)
    assert len(conditions(template(*blocks))) == 6
    marks, places = signature(template(*blocks).blocks)
    assert len(places) == 6
    for shown, seen in (
        ("111111", {"zero", "two", "three", "always", "five"}),
        ("110101", {"not two", "three", "always", "five", "zero"}),
        ("100010", {"zero", "four"}),
        ("000001", {"not four", "five"}),
    ):
        variables = {**example(), "shown": [mark == "1" for mark in shown]}
        out = render(parse(source), variables)
        for part in (out.html, out.text):
            words = ("zero", "not two", "three", "always", "not four", "five")
            assert {word for word in words if word in part} == seen & set(words), (shown, part)
            assert ("two" in part.replace("not two", "")) == ("two" in seen)
            assert ("four" in part.replace("not four", "")) == ("four" in seen)
        branch = render(parse(Source("x", "x", "x", marks)), variables).text.strip()
        assert len(branch) == 6
        assert [place for place, mark in zip(places, branch, strict=True) if mark == "1"] == [
            place
            for place, word in zip(places, ("zero", "columns", "two", "three", "four", "five"), strict=True)
            if word in seen or (word == "columns" and "always" in seen)
        ]


@pytest.mark.parametrize(
    ("several", "told"),
    [
        ([[text("one")]], "at least 2"),
        ([[text("one")]] * 4, "at most 3"),
        ([[text("one")], []], "at least 1"),
        ([[text("one")], [{"kind": "products", "of": "viewed.products"}]], "does not match any of the expected"),
        ([[text("one")], [columns([text("a")], [text("b")])]], "does not match any of the expected"),
        ([[text("one")], [{"kind": "heading", "text": "x"}]], "level 2"),
        ([[text("one")], [text("x", needs=["offer.code"], fallback=[{"kind": "code"}])]], "too wide"),
    ],
)
def test_a_column_takes_what_fits_in_it(several: list[list[dict]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        template(columns(*several))


@pytest.mark.parametrize("around", [(), (text("a"),)])
@pytest.mark.parametrize("more", [{}, {"needs": ["offer.code"], "fallback": [text("b")]}])
def test_columns_may_begin_and_end_an_email(around: tuple[dict, ...], more: dict) -> None:
    for nothing_known in (False, True):
        html, _ = rendered(*around, columns([text("l")], [text("r")], **more), *around, nothing_known=nothing_known)
        assert (">b<" in html) == (nothing_known and bool(more))


@pytest.mark.parametrize("layout", ["rows", "grid"])
@pytest.mark.parametrize("of", ["recommended.products", "goes_with.products"])
def test_products_say_why_they_are_recommended_where_they_are_asked_to(of: str, layout: str) -> None:
    block = {"kind": "products", "of": of, "layout": layout}
    for part in rendered({**block, "reasons": True}):
        assert "Because you bought A mug" in part
    for part in rendered(block):
        assert "Because" not in part


def test_reasons_are_in_the_email_s_language_and_only_of_what_is_about_the_contact() -> None:
    block = {"kind": "products", "of": "recommended.products", "reasons": True}
    told = {"title": "Tee & <Tasse>", "url": "https://shop.example.com/t", "image": None, "price": "9 €", "quantity": 2}
    several = [
        {**told, "reason": "with", "because": "Kanne <b>"},
        {**told, "reason": "again", "because": None},
        {**told, "reason": "popular", "because": None},
    ]
    variant = template(block).variants("de")["de"]
    made = template_compiling.version(template(block), "de").compiled["de"]
    source = Source(variant.subject, variant.preview, made.html, made.text)
    shown = render(parse(source), {**example(), "recommended": {"products": several}})
    assert "Weil Sie Kanne &lt;b&gt; gekauft haben" in shown.html
    assert shown.text.count("gekauft") == shown.html.count("gekauft") == 2
    assert "Das haben Sie schon einmal gekauft" in shown.text
    assert "9 € pro Stück" in shown.html


def test_only_what_is_recommended_has_reasons() -> None:
    with pytest.raises(ValidationError, match=r"only products of recommended.products or goes_with.products have reas"):
        template({"kind": "products", "of": "cart.products", "reasons": True})


def test_the_footer_is_by_the_class() -> None:
    block = {"kind": "text", "text": "Hello"}
    for class_ in ("marketing", "lifecycle"):
        for part in rendered(block, **{"class": class_}):
            assert "https://example.com/unsubscribe/t" in part and "1 Mill Lane" in part
    for part in rendered(block, **{"class": "transactional"}):
        assert "unsubscribe" not in part.lower() and "1 Mill Lane" in part


@pytest.mark.parametrize(
    ("written", "html", "plain"),
    [
        ("a **b** c", '<p style="margin:0;">a <strong>b</strong> c</p>', "a b c"),
        ("2 * 3 * 4", '<p style="margin:0;">2 * 3 * 4</p>', "2 * 3 * 4"),
        ("<b>&", '<p style="margin:0;">&lt;b&gt;&amp;</p>', "<b>&"),
        (
            "{% if a < 3 %}*x*{% endif %}",
            '<p style="margin:0;">{% if a < 3 %}<em>x</em>{% endif %}</p>',
            "{% if a < 3 %}x{% endif %}",
        ),
        (
            "[a](https://x.example/*b*)",
            '<p style="margin:0;"><a href="https://x.example/*b*">a</a></p>',
            "a: https://x.example/*b*",
        ),
        ("one\ntwo", '<p style="margin:0;">one<br />two</p>', "one\ntwo"),
        (
            "look:\n- a\n- b",
            '<p style="margin:0 0 16px;">look:</p><ul style="margin:0;padding:0 0 0 24px;">'
            '<li style="margin:0 0 6px;">a</li><li style="margin:0 0 6px;">b</li></ul>',
            "look:\n\n- a\n- b",
        ),
    ],
)
def test_the_small_markdown(written: str, html: str, plain: str) -> None:
    assert markdown.html(written) == html
    assert markdown.plain(written) == plain


def test_liquid_is_set_aside_and_put_back() -> None:
    text = 'a {{ b | default: "<" }} c {% if d %}Lq9Z9Z9qL{% endif %}'
    assert thawed(*frozen(text)) == text


def of_answers(trait: str | None, *words: str) -> dict[str, object]:
    return {"kind": "answers", "trait": trait, "answers": [{"word": word, "text": word} for word in words]}


def test_an_answer_becomes_a_trait_of_the_shops_own_or_none() -> None:
    written = template(of_answers("favourite", "tea", "coffee"), of_answers(None, "fine"))
    assert answered(written) == {"tea": "favourite", "coffee": "favourite"}
    for reserved in ("email", "birthday", "phone", "Favourite", "a.b"):
        with pytest.raises(ValidationError):
            template(of_answers(reserved, "tea"))


@pytest.mark.parametrize(
    ("blocks", "said"),
    [
        ([of_answers("newsletter_consent", "yes")], "the trait newsletter_consent"),
        ([of_answers("country", "yes")], "the trait country"),
        ([of_answers("likes_tea", "yes"), of_answers("likes_coffee", "yes")], "the answer yes is given to two"),
        ([of_answers("likes_tea", "yes"), of_answers(None, "yes")], "the answer yes is given to two"),
        ([of_answers("likes_tea", "yes"), of_answers("likes_tea", "no")], None),
    ],
)
def test_publishing_refuses_a_trait_that_is_not_the_answers_to_set(
    blocks: list[dict[str, object]], said: str | None
) -> None:
    found = template_checking._of_variant(template(*EVERY_KIND[:1], *blocks), frozenset())
    texts = [each.text for each in found if "trait" in each.text or "answer" in each.text]
    assert all(said is not None and text.startswith(said) for text in texts)
    assert bool(texts) == (said is not None)
