"""MJML by hand, looked at before it is compiled: only elements and attributes that MJML has, each where it may stand,
and Liquid only where it survives.

The compiler says little: it takes any attribute, drops a text between two elements without a word, and of an element
that is not closed it says that the text ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import NamedTuple

from shared.domain.templates.liquid import PLACE, frozen, thawed

_EVERYWHERE = frozenset({"css-class", "mj-class"})
"""Attributes of every element; not in MJML's lists, but in its validator."""
_VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


@dataclass(frozen=True, slots=True)
class Element:
    """What MJML says of one of its elements. `html`: what stands in it is HTML, and Liquid."""

    attributes: frozenset[str]
    children: frozenset[str]
    html: bool


class Found(NamedTuple):
    line: int
    text: str


def problems(source: str, parent: str, elements: Mapping[str, Element]) -> list[Found]:
    """What is wrong with MJML that is to stand in a `parent` (`mj-body`, `mj-column`), in its lines."""
    written, tags = frozen(source)
    # A tag of Liquid's can be several lines long: its line ends stay, so that lines are counted as they are written.
    checker = _Checker(parent, elements, tags)
    checker.feed(PLACE.sub(lambda match: match[0] + "\n" * tags[int(match[1])].count("\n"), written))
    checker.close()
    for name, line in checker.open:
        checker.found.append(Found(line, f"<{name}> is not closed"))
    return sorted(checker.found, key=lambda each: each.line)


class _Checker(HTMLParser):
    def __init__(self, parent: str, elements: Mapping[str, Element], tags: list[str]) -> None:
        super().__init__(convert_charrefs=False)
        self.parent, self.elements, self.tags = parent, elements, tags
        self.open: list[tuple[str, int]] = []
        self.found: list[Found] = []

    def _tell(self, text: str, further: int = 0) -> None:
        self.found.append(Found(self._line() + further, text))

    def _line(self) -> int:
        return self.getpos()[0]

    def _around(self) -> str:
        """The MJML element that it stands in; what is in HTML stands in the element around that."""
        return next((name for name, _ in reversed(self.open) if name in self.elements), self.parent)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begins(tag, attrs)
        if tag in _VOID:
            self._tell(f"<{tag}> is not closed: write <{tag} />")
        else:
            self.open.append((tag, self._line()))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._begins(tag, attrs)

    def _begins(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        around = self._around()
        inside = self.elements.get(around)
        if any("lq9z" in name for name, _ in attrs):
            self._tell("Liquid can be the value of an attribute, and not stand beside one: it would be lost")
        if inside is not None and inside.html:
            if tag == "img" and not any(name == "alt" for name, _ in attrs):
                self._tell('a picture has no alt: say what it shows, or alt="" where it only decorates')
            return
        element = self.elements.get(tag)
        if element is None:
            lost = f"<{tag}> stands outside of mj-text, mj-table and mj-raw: it would be lost"
            self._tell(f"there is no element <{tag}> in MJML" if tag.startswith("mj") else lost)
            return
        if inside is not None and tag not in inside.children:
            self._tell(f"<{tag}> cannot stand in <{around}>")
        for name, _ in attrs:
            if name not in element.attributes | _EVERYWHERE and "lq9z" not in name:
                self._tell(f"<{tag}> has no attribute {name}")
        if tag in ("mj-image", "mj-carousel-image") and not any(name == "alt" and value for name, value in attrs):
            self._tell("a picture has no alt: say what it shows")

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _ in self.open]
        if tag not in names:
            self._tell(f"</{tag}> closes nothing")
            return
        while self.open[-1][0] != tag:
            name, line = self.open.pop()
            self.found.append(Found(line, f"<{name}> is not closed"))
        self.open.pop()

    def handle_data(self, data: str) -> None:
        inside = self.elements.get(self._around())
        unknown = self.open and self.open[-1][0] not in self.elements
        if not data.strip() or inside is None or inside.html or unknown:
            return
        told = thawed(data.strip(), self.tags)
        further = data[: len(data) - len(data.lstrip())].count("\n")
        if told.startswith("{"):
            self._tell(
                f"{_short(told)} stands between two elements, where it would be lost: put it into <mj-raw>", further
            )
        else:
            self._tell(f"the text “{_short(told)}” stands in no mj-text: it would be lost", further)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else line[:39] + "…"
