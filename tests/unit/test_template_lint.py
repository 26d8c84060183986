"""What keeps an email from being published for how it looks, and what is only told."""

from __future__ import annotations

import pytest

from shared.domain.templates.colours import contrast, readable
from shared.domain.templates.lint import MOST_BYTES, advice, problems


def email(inner: str, *, style: str = "", body: str = "") -> str:
    return (
        f'<html lang="en" dir="ltr"><head><title>Hello</title><style>{style}</style></head><body style="{body}">'
        f'<div role="article" lang="en" dir="ltr"><h1>Hello</h1>{inner}</div></body></html>'
    )


@pytest.mark.parametrize(
    "inner",
    [
        "<p>All is well.</p>",
        '<a href="https://shop.example/cart">Back to your cart</a>',
        '<a href="mailto:a@shop.example">Write to us</a>',
        '<a href="http://localhost:8000/cart">Back to your cart</a>',
        '<img src="https://x.example/a.png" alt="" width="96" />',
        '<a href="https://shop.example/mug"><img src="https://x.example/a.png" alt="A mug" width="96" /></a>',
        '<a href="https://shop.example" aria-hidden="true"><img src="https://x.example/a.png" alt="" width="9"></a>',
        '<table role="presentation"><tr><td>x</td></tr></table>',
        "<table><tr><th>Size</th></tr><tr><td>M</td></tr></table>",
        '<div style="display:none;color:#ffffff">Preview</div>',
        '<p style="color:#ffffff;background-color:#000">White on black</p>',
        '<p style="color:#949494;font-size:24px">Large</p>',
        "<!--[if mso]><table><tr><td><![endif]--><p>x</p>",
    ],
)
def test_nothing_is_wrong(inner: str) -> None:
    assert problems(email(inner)) == []


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ("<table><tr><td>x</td></tr></table>", "presentation"),
        ('<img src="https://x.example/a.png" width="96">', "alternative text"),
        ('<img src="https://x.example/a.png" alt="">', "no width"),
        ('<img src="https://x.example/a.png" alt="" width="100%">', "no width"),
        ('<img src="http://x.example/a.png" alt="" width="9">', "https"),
        ('<img src="http://localhost.evil.example/a.png" alt="" width="9">', "https"),
        ('<a href="http://shop.example">The shop</a>', "https"),
        ('<a href="javascript:alert(1)">The shop</a>', "https"),
        ('<a href="shop.example">The shop</a>', "https"),
        ('<a href="#">The shop</a>', "leads nowhere"),
        ('<a href="">The shop</a>', "leads nowhere"),
        ('<a href="https://shop.example">Click here</a>', "where it leads"),
        ('<a href="https://shop.example"> HERE! </a>', "where it leads"),
        ('<a href="https://shop.example"></a>', "neither words"),
        ('<a href="https://shop.example"><img src="https://x.example/a.png" alt="" width="9"></a>', "neither words"),
        ("<h1>Another</h1>", "2 headings"),
        ("<form></form>", "<form>"),
        ('<p style="color:#999999">Grey on white</p>', "hardly be read"),
        ('<p style="color:#777">Nearly</p>', "hardly be read"),
        ('<table role="none" bgcolor="#112233"><tr><td>Black on dark blue</td></tr></table>', "hardly be read"),
        ('<div style="background:#000"><a href="https://shop.example">The shop</a></div>', "hardly be read"),
        ('<p style="color:#999999;font-size:24px">Large</p>', "hardly be read"),
        ("x" * MOST_BYTES, "KB"),
    ],
)
def test_what_somebody_could_not_read_hear_or_open(inner: str, words: str) -> None:
    (problem,) = problems(email(inner))
    assert words in problem


def test_an_email_says_its_language_its_direction_and_what_it_is_about() -> None:
    found = problems("<html><head></head><body><div><p>Hello</p></div></body></html>")
    assert len(found) == 6
    assert ["lang" in found[0], "dir" in found[2], "title" in found[4], "heading" in found[5]] == [True] * 4


@pytest.mark.parametrize(
    ("style", "found"),
    [
        ("p { color: #999999 }", ["#999999 on #ffffff"]),
        ("div p { color: #999999 }", ["#999999 on #ffffff"]),
        ("h1 > p { color: #999999 }", []),
        (".no p { color: #999999 }", []),
        ("p:hover { color: #999999 }", []),
        ("@media (max-width: 400px) { p { color: #999999 } }", []),
        ("/* p { color: #999999 } */", []),
        (
            "@media (prefers-color-scheme: dark) { p { color: #bbbbbb !important } }",
            ["in the dark: #bbbbbb on #ffffff"],
        ),
        (
            "@media (prefers-color-scheme: dark) { body, div { background: #111111 !important } }",
            ["in the dark: #000000 on #111111"],
        ),
        (
            "@media (prefers-color-scheme: dark) { div { background: #111111; color: #eeeeee } h1 { color: #eeeeee } }",
            [],
        ),
    ],
)
def test_contrast_is_of_the_rules_as_well_in_the_light_and_in_the_dark(style: str, found: list[str]) -> None:
    told = [problem for problem in problems(email("<p>Some words</p>", style=style)) if "“Some words”" in problem]
    assert len(told) == len(found)
    assert all(words in problem for words, problem in zip(found, told, strict=True))


def test_the_style_of_an_element_counts_more_than_a_rule_unless_that_is_important() -> None:
    inner = '<p style="color:#000000">Some words</p>'
    assert problems(email(inner, style="p { color: #eeeeee }")) == []
    assert problems(email(inner, style="p { color: #eeeeee !important }")) != []


GOOD = email(
    "<p>" + "A sentence about what is in the shop this week. " * 6 + "</p>"
    '<div style="display:none">Preview &#847;&zwnj;&nbsp;</div>',
    style="@media (prefers-color-scheme: dark) { p { color: #000000 } }",
).replace("<title>", '<meta name="color-scheme" content="light dark"><title>')
TEXT = "A sentence about what is in the shop this week, and where to find it: https://shop.example"


def test_of_a_good_email_there_is_nothing_to_tell() -> None:
    assert advice("Your cart is waiting", "Two things are still in it.", GOOD, TEXT) == []


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("LAST CHANCE TODAY", "capitals"),
        ("Last chance!!!", "several !"),
        ("Make $$$ now", "several !"),
        ("Re: your order", "like an answer"),
        ("Act now: half price", "“Act now”"),
        ("A subject that goes on and on until nobody can read where it wants to lead them", "characters"),
    ],
)
def test_a_subject_like_spam(subject: str, words: str) -> None:
    (told,) = advice(subject, "Two things are still in it.", GOOD, TEXT)
    assert words in told


@pytest.mark.parametrize("subject", ["BACK10 is yours", "IKEA, but nicer", "50% off mugs", "Ready? So are we!"])
def test_a_name_or_a_code_in_capitals_is_no_shouting(subject: str) -> None:
    assert advice(subject, "Two things are still in it.", GOOD, TEXT) == []


@pytest.mark.parametrize(
    ("inner", "words"),
    [
        ('<div style="padding:8px">Some words</div>', "padding of <div>"),
        ('<a href="https://shop.example" style="padding:8px 4px">The shop</a>', "padding of <a>"),
        ('<td style="background-image:url(https://x.example/a.png)">Some words</td>', "background"),
        ('<div style="display:flex">Some words</div>', "flex"),
        ('<img src="https://x.example/a.webp" alt="A mug" width="9">', "WebP"),
        ('<img src="https://x.example/a.png" alt="image1.png" width="9">', "does not say what"),
        ('<a href="https://evil.example/x">www.shop.example</a>', "phishing"),
        ('<a href="https://bit.ly/x">The shop</a>', "bit.ly"),
        ("<p>So good!!!</p>", "three !"),
        ("<p>THIS WHOLE SENTENCE IS SHOUTED AT EVERYBODY WHO READS IT</p>", "capitals"),
    ],
)
def test_what_looks_worse_than_it_could(inner: str, words: str) -> None:
    (told,) = advice(
        "Your cart is waiting", "Two things are still in it.", GOOD.replace("</h1>", f"</h1>{inner}"), TEXT
    )
    assert words in told


def test_a_button_of_mjml_keeps_its_padding_in_outlook() -> None:
    button = (
        '<td style="mso-padding-alt:15px 28px"><a href="https://shop.example" style="padding:15px 28px">Shop</a></td>'
    )
    assert advice("Your cart is waiting", "Two things.", GOOD.replace("</h1>", f"</h1>{button}"), TEXT) == []


def test_nothing_but_a_picture_is_told() -> None:
    told = advice("Hello you", "Two things.", email('<img src="https://x.example/a.png" alt="Sale" width="600">'), "")
    assert any("all pictures" in each for each in told)
    assert any("text part" in each for each in told)
    assert any("pads the preview" in each for each in told)
    assert any("for the dark" in each for each in told)


@pytest.mark.parametrize("behind", ["#ffffff", "#000000", "#777777", "#2f5d50", "#f2b705", "#ff0000", "#22223b"])
@pytest.mark.parametrize("colour", ["#ffffff", "#000000", "#f2b705", "#2f5d50", "#777777"])
def test_a_colour_is_made_readable_on_any_other(colour: str, behind: str) -> None:
    moved = readable(colour, behind)
    assert contrast(moved, behind) >= 4.5
    assert contrast(colour, behind) < 4.5 or moved == colour
