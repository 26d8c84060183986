"""The places of an email: its links by number, the same for all who get a version, and what is drawn over them."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters import ready_templates, template_definitions, templates
from shared.adapters.templates import Source, parse, render
from shared.domain import lake_rows
from shared.domain.events import Identity, IdentityKind
from shared.domain.sources import ses
from shared.domain.templates import places

SAMPLES = Path(__file__).parents[1] / "events" / "ses"


def rendered(html: str, **variables: object) -> str:
    return render(parse(Source("s", "p", places.marked(html), "t")), variables).html  # type: ignore[arg-type]


def ids(html: str) -> list[str | None]:
    return [each.id for each in places.places(html)]


def test_one_address_twice_is_two_places() -> None:
    html = rendered('<a href="https://s.example/a">Here</a> <a class="b" href="https://s.example/a">There</a>')
    assert ids(html) == ["1", "2"]
    assert [each.text for each in places.places(html)] == ["Here", "There"]


def test_a_place_keeps_its_number_whatever_of_the_email_is_shown() -> None:
    html = '{% if a %}<a href="https://s.example/a">A</a>{% endif %}<a href="https://s.example/b">B</a>'
    assert ids(rendered(html, a=True)) == ["1", "2"]
    assert ids(rendered(html, a=False)) == ["2"]


def test_what_a_loop_repeats_is_told_apart() -> None:
    html = '{% for x in xs %}<a href="{{ x }}">X</a>{% endfor %}<a href="https://s.example/b">B</a>'
    assert ids(rendered(html, xs=["https://s.example/1", "https://s.example/2", "https://s.example/3"])) == [
        "1",
        "1-2",
        "1-3",
        "2",
    ]


def test_a_link_that_nobody_is_told_of_has_no_number() -> None:
    html = rendered(
        '<a ses:no-track href="https://example.com/unsubscribe/t">U</a><a href="https://s.example/">S</a>'
        '<a href="mailto:us@s.example">M</a><abbr>a</abbr>'
    )
    assert [(each.id, each.leads_to, each.personal) for each in places.places(html)] == [
        (None, "https://example.com/unsubscribe/", "unsubscribes who clicks"),
        ("1", "https://s.example/", None),
        (None, "mailto:", None),
    ]


def test_the_shops_own_tags_stay() -> None:
    assert places.marked('<a ses:tags="of:us;" href="x">') == '<a ses:tags="place:1;of:us;" href="x">'


def test_where_a_link_leads_has_nothing_personal_in_it() -> None:
    assert places.where("https://s.example/p/tea?email=a@b.example#x") == ("https://s.example/p/tea", None)
    assert places.where("https://s.example/hello/ada@example.com") == ("https://s.example/", None)
    assert places.where("https://b.example/view/AbC") == (
        "https://b.example/view/",
        "the contact's own copy in the browser",
    )
    assert places.where("https://[") == ("", None)


@given(
    st.lists(st.sampled_from(['<a href="https://s.example/">', "</a>", "<p>", "{{ x }}", "<a name=y>", "<A HREF='/'>"]))
)
def test_marks_are_all_that_is_added(parts: list[str]) -> None:
    html = "".join(parts)
    marked = places.marked(html)
    assert places.unmarked(marked).lower() == html.lower()
    numbers = [int(each) for each in re.findall(r"place:(\d+);", marked)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert places.unmarked(places.numbered(marked * 2)).lower() == (html * 2).lower()


@pytest.mark.parametrize("name", template_definitions.shipped_ids())
def test_all_links_of_the_shipped_emails_that_ses_watches_have_a_place_of_their_own(name: str) -> None:
    version = template_definitions.shipped(name)
    html = render(ready_templates.of(version, "en").template, templates.example()).html
    watched = re.findall(r"<a (?!ses:no-track)[^>]*href", html)
    marks = re.findall(r'<a ses:tags="place:([0-9-]+);"', html)
    assert len(marks) == len(watched) and len(set(marks)) == len(marks)
    assert [each.id for each in places.places(html) if each.id is not None] == marks
    assert "ses:tags" not in render(ready_templates.of(version, "en").template, templates.example()).text


class Shown(HTMLParser):
    """What a reader sees, without what is drawn over it; and that, with what is said of it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.badges, self._within = "", list[str](), 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within += tag == "span"
        if self._within and tag == "span":
            self.badges.append("")

    def handle_endtag(self, tag: str) -> None:
        self._within -= tag == "span"

    def handle_data(self, data: str) -> None:
        if self._within:
            self.badges[-1] += data
        else:
            self.text += data


def test_the_map_says_how_many_clicked_at_each_place_and_changes_nothing_else() -> None:
    html = rendered(
        '<p>Tea <a href="https://s.example/a" style="color:red">A</a> or <a href="https://s.example/b">B</a></p>'
    )
    drawn = places.drawn(html, {"1": 12})
    shown = Shown(drawn)
    assert shown.text == "Tea A or B"
    assert [each for each in shown.badges if each] == [
        "1: 12",
        "Place 1, clicked by 12 people: ",
        "2: 0",
        "Place 2, clicked by 0 people: ",
    ]
    assert 'style="outline:5px solid' in drawn and "color:red" in drawn
    assert [each.leads_to for each in places.places(drawn)] == [each.leads_to for each in places.places(html)]


def click(name: str) -> ses.Feedback:
    found = ses.understand(json.loads((SAMPLES / f"{name}.json").read_text()), 1_800_000_000_000)
    assert found is not None
    return found


def test_ses_tells_the_place_and_the_lake_has_it() -> None:
    event = click("click_place").event
    assert (event.properties["place"], event.properties["version"], event.properties["language"]) == ("3-2", "4", "en")
    row = lake_rows.row("c01", event, frozenset({"3", "en"}))
    assert {"place=t3-2", "version=t4", "language=ten"} <= set(row["properties"])  # type: ignore[arg-type]


def test_a_click_from_before_the_marks_has_no_place() -> None:
    assert "place" not in click("click").event.properties


@pytest.mark.parametrize("tags", [{"place": ["x y"]}, {"place": []}, {"place": "3"}, [], {"place": [None]}])
def test_a_tag_that_is_none_of_ours_is_no_place(tags: object) -> None:
    notice = json.loads((SAMPLES / "click_place.json").read_text())
    notice["click"]["linkTags"] = tags
    found = ses.understand(notice, 1_800_000_000_000)
    assert found is not None and "place" not in found.event.properties
    assert found.event.identities == (Identity(kind=IdentityKind.CONTACT, value="c01"),)
