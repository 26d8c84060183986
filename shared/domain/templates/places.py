"""The places of an email at which it can be clicked: its links, numbered as they stand in its template.

A number belongs to a version of a template in a language, whatever of it one recipient is shown, so that a place is the
same for all of them; a link that a loop repeats is at `4`, `4-2`, `4-3`. SES takes the number out of the link's
`ses:tags` and gives it back with a click, as a link's tag, which may be of letters, digits, `-` and `_`
(https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html). A link with `ses:no-track` has none: nobody hears of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from itertools import accumulate, count
from urllib.parse import unquote, urlsplit

from shared.domain.personal import looks_personal

_LINK = re.compile(r"<a(?=\s)([^<>]*)", re.IGNORECASE)
_OF_ITS_OWN = re.compile(r"\bses:tags=\"", re.IGNORECASE)
_NUMBERED = 'ses:tags="place:'
_MARK = re.compile(r' ses:tags="place:[0-9-]+;"')
_NO_TRACK = "ses:no-track"


def marked(html: str) -> str:
    """The HTML of a template, still with its Liquid, each of its links with the number of its place."""
    numbers = count(1)

    def mark(found: re.Match[str]) -> str:
        if _NO_TRACK in found[1]:
            return found[0]
        number = f"place:{next(numbers)};"
        if _OF_ITS_OWN.search(found[1]):  # what the shop tags its links with stays
            return _OF_ITS_OWN.sub(lambda own: own[0] + number, found[0], count=1)
        return f'<a ses:tags="{number}"{found[1]}'

    return _LINK.sub(mark, html)


def numbered(html: str) -> str:
    """The HTML of one recipient: what came of one link of the template several times is told apart."""
    before, *links = html.split(_NUMBERED)
    seen: Counter[str] = Counter()
    made = [before]
    for link in links:
        number, _, after = link.partition(";")
        seen[number] += 1
        made.append(link if seen[number] == 1 else f"{number}-{seen[number]};{after}")
    return _NUMBERED.join(made)


def unmarked(html: str) -> str:
    """Without the numbers: where nobody asks SES for clicks, or SES has been."""
    return _MARK.sub("", html)


@dataclass(frozen=True, slots=True)
class Place:
    """A link of an email: its `text` (of a picture what it says instead), where it leads (`leads_to`, see `where`) and
    what it is, if it is not the same for all: `personal`. `id` is None of one whose clicks nobody is told of."""

    id: str | None
    text: str
    leads_to: str
    personal: str | None


_PERSONAL = {
    "/unsubscribe/": "unsubscribes who clicks",
    "/preferences/": "the contact's own preference page",
    "/view/": "the contact's own copy in the browser",
    "/answers/": "answers for who clicks",
    "/surveys/": "questions to this contact",
    "/confirm/": "confirms for who clicks",
    "/address/": "confirms for who clicks",
    "/download/": "the contact's own download",
}
"""Pages of ours behind which a token of the contact's stands, and what each does."""
_MAX_TEXT = 120


def where(url: str) -> tuple[str, str | None]:
    """Where a link leads without what is personal in it (its query, a token, an address in its path), and what it does
    for the contact alone, if it does."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "", None
    if parts.scheme not in ("http", "https"):
        return f"{parts.scheme}:" if parts.scheme else "", None
    for page, does in _PERSONAL.items():
        if page in parts.path:
            return f"{parts.scheme}://{host}{page}", does
    path = "/" if looks_personal(unquote(parts.path)) else parts.path
    return f"{parts.scheme}://{host}{path}", None


def places(html: str) -> list[Place]:
    """The links of an email as it is rendered, in its order."""
    return [anchor.place for anchor in _Reader(html).anchors]


def drawn(html: str, people: Mapping[str, int]) -> str:
    """The email with how many people clicked drawn over each of its places, and the more the hotter: never by colour
    alone, and in words for who does not see it. It moves nothing of the email."""
    most = max(people.values(), default=0)
    made, position = list[str](), 0
    for anchor in _Reader(html).anchors:
        if anchor.place.id is None:
            continue
        clicked = people.get(anchor.place.id, 0)
        heat = clicked / most if most else 0
        outline = f"outline:{2 + round(3 * heat)}px solid rgb({round(120 + 80 * heat)},{round(110 * (1 - heat))},0)"
        made += [html[position : anchor.start], _styled(html[anchor.start : anchor.end], outline if clicked else _COLD)]
        made.append(_badge(anchor.place.id, clicked, heat))
        position = anchor.end
    return "".join([*made, html[position:]])


_COLD = "outline:1px dashed #6b7280"
_STYLE = re.compile(r"\sstyle=([\"'])", re.IGNORECASE)
_HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"


def _styled(tag: str, style: str) -> str:
    if _STYLE.search(tag):
        return _STYLE.sub(lambda found: f"{found[0]}{style};", tag, count=1)
    return f'{tag[:-1]} style="{style}">'


def _badge(place: str, people: int, heat: float) -> str:
    colour = f"rgb({round(90 + 90 * heat)},{round(60 * (1 - heat))},{round(40 * (1 - heat))})" if people else "#4b5563"
    told = f"Place {place}, clicked by {people} {'person' if people == 1 else 'people'}: "
    return (
        '<span style="position:relative;display:inline-block;width:0;height:0;vertical-align:top">'
        f'<span aria-hidden="true" class="clicked" style="position:absolute;left:0;bottom:0;z-index:1;'
        f"padding:0 5px;border-radius:8px;background:{colour};color:#fff;font:bold 12px/17px sans-serif;"
        f'white-space:nowrap;text-decoration:none">{place}: {people}</span>'
        f'<span style="{_HIDDEN}">{escape(told)}</span></span>'
    )


@dataclass(slots=True)
class _Anchor:
    """The opening tag of a link: where it stands in the HTML."""

    start: int
    end: int
    place: Place


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[_Anchor] = []
        self._lines = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self._text: list[str] | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "img" and self._text is not None:
            self._text.append(f" {named.get('alt') or ''} ")
        if tag != "a" or "href" not in named:
            return
        self._text = []
        line, column = self.getpos()
        start = self._lines[line - 1] + column
        tags = dict(pair.split(":", 1) for pair in (named.get("ses:tags") or "").split(";") if ":" in pair)
        leads_to, personal = where(named["href"] or "")
        id_ = tags.get("place") if _NO_TRACK not in named and leads_to.startswith("http") else None
        place = Place(id_, "", leads_to, personal)
        self.anchors.append(_Anchor(start, start + len(self.get_starttag_text() or ""), place))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._text is not None:
            said, last = " ".join("".join(self._text).split())[:_MAX_TEXT], self.anchors[-1]
            last.place = Place(last.place.id, said, last.place.leads_to, last.place.personal)
            self._text = None
