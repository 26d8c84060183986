"""As much of CSS as emails are written in: which colours an element has, by its own style and by the rules of the
email, in the light and in the dark. Selectors of tags, classes and ids, one inside (`a b`) or right inside (`a > b`) the
other; a rule that says more is passed over, as most mail clients do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_NAMED = {
    "black": "#000000",
    "white": "#ffffff",
    "gray": "#808080",
    "grey": "#808080",
    "silver": "#c0c0c0",
    "red": "#ff0000",
    "green": "#008000",
    "blue": "#0000ff",
    "yellow": "#ffff00",
    "orange": "#ffa500",
    "navy": "#000080",
}


@dataclass(eq=False)
class Element:
    """An element of an email; its children are elements and texts."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    @cached_property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @cached_property
    def style(self) -> dict[str, str]:
        return dict(declarations(self.attributes.get("style", "")))

    def all(self) -> Iterator[Element]:
        """Itself and what is in it, in the order in which it is written."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.all()

    def above(self) -> Iterator[Element]:
        """What it is in, the nearest first."""
        element = self.parent
        while element is not None:
            yield element
            element = element.parent

    def text(self) -> str:
        """What is in it in words, pictures by their alternative texts."""
        parts = []
        for child in self.children:
            if isinstance(child, str):
                parts.append(child)
            else:
                parts.append(child.attributes.get("alt", "") if child.tag == "img" else child.text())
        return " ".join(" ".join(parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.open = Element("", {})

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self.open)
        self.open.children.append(element)
        if tag not in _VOID:
            self.open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for element in (self.open, *self.open.above()):
            if element.tag == tag and element.parent is not None:
                self.open = element.parent
                return

    def handle_data(self, data: str) -> None:
        self.open.children.append(data)


def parsed(html: str) -> Element:
    """The email as a tree; what stands in comments (for Outlook for Windows) is no part of it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.root


def declarations(style: str) -> Iterator[tuple[str, str]]:
    """`color: red; …` as names and values; a later one of the same name counts."""
    for part in style.split(";"):
        name, colon, value = part.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def colour(value: str | None) -> str | None:
    """A colour as `#rrggbb`; of a value that is none (`transparent`, a picture), None."""
    text = (value or "").removesuffix("!important").strip().lower()
    if re.fullmatch(r"#[0-9a-f]{6}", text):
        return text
    if re.fullmatch(r"#[0-9a-f]{3}", text):
        return "#" + "".join(2 * digit for digit in text[1:])
    if match := re.fullmatch(r"rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)", text):
        return "#" + "".join(f"{min(int(part), 255):02x}" for part in match.groups())
    return _NAMED.get(text)


# ── rules ──


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector's: `steps` from the outermost to the element itself, each the compound and whether it stands right
    inside the one before."""

    steps: tuple[tuple[str, bool], ...]
    styles: tuple[tuple[str, str], ...]
    dark: bool

    @property
    def weight(self) -> tuple[int, int, int]:
        words = "".join(compound for compound, _ in self.steps)
        return words.count("#"), words.count("."), sum(compound[0] not in ".#" for compound, _ in self.steps)

    def fits(self, element: Element) -> bool:
        if not _is(element, self.steps[-1][0]):
            return False
        return _stands(element, self.steps)


def _stands(element: Element, steps: Sequence[tuple[str, bool]]) -> bool:
    if len(steps) == 1:
        return True
    outer = list(element.above())[: 1 if steps[-1][1] else None]
    return any(_is(each, steps[-2][0]) and _stands(each, steps[:-1]) for each in outer)


def _is(element: Element, compound: str) -> bool:
    tag, names = _parts(compound)
    return (not tag or tag in ("*", element.tag)) and all(
        name[1:] in element.classes if name[0] == "." else name[1:] == element.attributes.get("id") for name in names
    )


@lru_cache(maxsize=1_000)
def _parts(compound: str) -> tuple[str, tuple[str, ...]]:
    tag, *names = re.split(r"(?=[.#])", compound)
    return tag, tuple(names)


def rules(root: Element) -> list[Rule]:
    """Those of the email's `style` elements that hold on every screen, and those for the dark."""
    found: list[Rule] = []
    for element in root.all():
        if element.tag == "style":
            words = "".join(child for child in element.children if isinstance(child, str))
            found += _rules(re.sub(r"/\*.*?\*/", "", words, flags=re.DOTALL), dark=False)
    return found


def _rules(words: str, *, dark: bool) -> Iterator[Rule]:
    for before, inner in _braced(words):
        if before.startswith("@"):
            if before.startswith("@media") and re.search(r"prefers-color-scheme:\s*dark", before):
                yield from _rules(inner, dark=True)
            continue
        for selector in before.split(","):
            steps = list(_steps(selector))
            if steps:
                yield Rule(tuple(steps), tuple(declarations(inner)), dark)


def _braced(words: str) -> Iterator[tuple[str, str]]:
    """What stands before each pair of braces, and in it."""
    depth, begin, before = 0, 0, ""
    for match in re.finditer(r"[{}]", words):
        if match[0] == "{":
            if depth == 0:
                before, begin = words[begin : match.start()].strip(), match.end()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                yield before, words[begin : match.start()]
                begin = match.end()


def _steps(selector: str) -> Iterator[tuple[str, bool]]:
    """Nothing for a selector that says more than tags, classes and ids."""
    words = re.findall(r">|[^\s>]+", selector)
    if not all(re.fullmatch(r">|\*|[\w-]*([.#][\w-]+)*", word) for word in words):
        return
    right_inside = False
    for word in words:
        if word == ">":
            right_inside = True
        else:
            yield word, right_inside
            right_inside = False


def styled(element: Element, of: Sequence[Rule], *, dark: bool) -> dict[str, str]:
    """What an element is told itself, by its style and by the rules; nothing that it has of those around it."""
    told: list[tuple[tuple[bool, bool, tuple[int, int, int], int], str, str]] = []
    if "bgcolor" in element.attributes:
        told.append(((False, False, (-1, 0, 0), 0), "background-color", element.attributes["bgcolor"]))
    for number, rule in enumerate(of):
        if rule.dark <= dark and rule.fits(element):
            told += [(("!important" in value, False, rule.weight, number), name, value) for name, value in rule.styles]
    for name, value in declarations(element.attributes.get("style", "")):
        told.append((("!important" in value, True, (0, 0, 0), 0), name, value))
    found: dict[str, str] = {}
    for _, name, value in sorted(told, key=lambda each: each[0]):
        found[name] = value
        if name == "background":
            found["background-color"] = value
    return found
