"""MJML by hand: what is refused before it is compiled, and in which line."""

from __future__ import annotations

import pytest

from shared.adapters import template_compiling
from shared.domain.templates.mjml_checking import problems

SECTION = "<mj-section>\n<mj-column>\n{}\n</mj-column>\n</mj-section>"


@pytest.mark.parametrize(
    ("written", "line", "told"),
    [
        ('<mj-text colour="red">x</mj-text>', 3, "<mj-text> has no attribute colour"),
        ("<mj-txt>x</mj-txt>", 3, "there is no element <mj-txt> in MJML"),
        ("<p>x</p>", 3, "<p> stands outside of mj-text"),
        ("<mj-section></mj-section>", 3, "<mj-section> cannot stand in <mj-column>"),
        ("{% if contact.ordered %}", 3, "{% if contact.ordered %} stands between two elements"),
        ("hello", 3, "the text “hello” stands in no mj-text"),
        ("<mj-text>a<br>b</mj-text>", 3, "<br> is not closed: write <br />"),
        ("<mj-text>\n<b>a</mj-text>", 4, "<b> is not closed"),
        ("<mj-text>a</b></mj-text>", 3, "</b> closes nothing"),
        ("<mj-text {% if contact.ordered %}color='red'{% endif %}>a</mj-text>", 3, "Liquid can be the value"),
        ('<mj-image src="https://shop.example.com/a.png" />', 3, "a picture has no alt"),
        ("<mj-text>{% if\n1 < 3\n%}<img src='https://a.example/b.png' />{% endif %}</mj-text>", 5, "no alt"),
        ("<mj-html-attributes />", 3, "cannot stand in <mj-column>"),
        ("<mj-include path='/etc/passwd' />", 3, "there is no element <mj-include>"),
    ],
)
def test_what_would_be_lost_is_refused_with_its_line(written: str, line: int, told: str) -> None:
    found = problems(SECTION.format(written), "mj-body", template_compiling.elements())
    assert [each.line for each in found][:1] == [line]
    assert told in found[0].text


@pytest.mark.parametrize(
    "written",
    [
        '<mj-text css-class="a" mj-class="small">{% if 1 < 3 %}<p class="x">a &amp; b<br /></p>{% endif %}</mj-text>',
        '<mj-raw>{% for item in cart.products %}</mj-raw><mj-image src="{{ item.image }}" alt="{{ item.title }}" />'
        "<mj-raw>{% endfor %}</mj-raw>",
        "<mj-table><tr><td>{{ cart.total }}</td></tr></mj-table>",
    ],
)
def test_what_survives_is_taken(written: str) -> None:
    assert problems(SECTION.format(written), "mj-body", template_compiling.elements()) == []
