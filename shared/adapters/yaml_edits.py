"""A text of YAML made to say something else, with as little of it written anew as can be: comments, order and spelling
of all that says the same stay.

What belongs together moves together: a comment above an entry goes with it, one at the end of its line, too. Lost is
what stands inside a value that is replaced, and the line breaks of a list or a mapping in brackets that gets another
number of entries. Where the text cannot be kept at all (`whole`), it is written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import yaml

from shared.adapters import journey_files
from shared.adapters.journey_files import NotYamlError
from shared.domain.events import Json

WIDTH = 110
END_OF_TEXT = "...\n"
"""Which a scalar by itself is written with."""


class Edited(NamedTuple):
    """`whole`: all of it was written anew, without its comments."""

    text: str
    whole: bool


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def edited(text: str, value: Json) -> Edited:
    """The text, so that it says the value. NotYamlError: what is there cannot be read."""
    before = journey_files.parsed(text)
    if before == value:
        return Edited(text, False)
    node = yaml.compose(text, Loader=journey_files.Loader)
    if node is None:
        return Edited(_dump(value), True)
    try:
        made = _applied(text, 0, len(text), _Text(text).edits(node, before, value))
        if journey_files.parsed(made) == value:
            return Edited(made, False)
    except (NotYamlError, IndexError, KeyError, AttributeError):  # a form that nobody has thought of
        pass
    return Edited(_dump(value), True)


def _applied(text: str, start: int, end: int, edits: Sequence[_Edit]) -> str:
    """A part of the text, with the edits that are within it."""
    parts, at = [], start
    for each in sorted(edits):
        parts += [text[at : each.start], each.text]
        at = each.end
    return "".join([*parts, text[at:end]])


class _Text:
    def __init__(self, text: str) -> None:
        self.text = text

    # ── where things stand ──

    def last(self, node: yaml.Node) -> int:
        """Behind the last character that a node is written with."""
        if isinstance(node, yaml.ScalarNode):
            written = self.text[node.start_mark.index : node.end_mark.index]
            return int(node.start_mark.index + len(written.rstrip()))
        if getattr(node, "flow_style", False) or not node.value:
            return int(node.end_mark.index)
        last = node.value[-1]
        return self.last(last[1] if isinstance(node, yaml.MappingNode) else last)

    def line_end(self, at: int) -> int:
        """Behind the line break of the line that this is in."""
        found = self.text.find("\n", at)
        return len(self.text) if found < 0 else found + 1

    def line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def above(self, at: int, top: int) -> int:
        """The beginning of the comments right above a line, not before `top`."""
        while at > top:
            line = self.line_start(at - 1)
            if line < top or not self.text[line:at].strip().startswith("#"):
                break
            at = line
        return at

    # ── what is to be changed ──

    def edits(self, node: yaml.Node, before: Json, after: Json) -> list[_Edit]:
        if before == after:
            return []
        if isinstance(node, yaml.MappingNode) and isinstance(before, dict) and isinstance(after, dict) and after:
            return self.mapping(node, before, after)
        if isinstance(node, yaml.SequenceNode) and isinstance(before, list) and isinstance(after, list) and after:
            return self.sequence(node, before, after)
        return [self.replaced(node, after)]

    def replaced(self, node: yaml.Node, value: Json) -> _Edit:
        start, end = node.start_mark.index, self.last(node)
        is_block = getattr(node, "flow_style", None) is False
        # Where a list or a mapping over several lines stood, one line takes its place.
        lead = "" if start == 0 or self.text[start - 1] in " [{,\n" else " "
        if is_block and self.text[self.line_start(start) : start].strip() == "" and start > 0:
            start = len(self.text[:start].rstrip())
            lead = " "
        return _Edit(start, end, lead + _inline(value))

    def mapping(self, node: yaml.MappingNode, before: dict[str, Json], after: dict[str, Json]) -> list[_Edit]:
        names = [str(key.value) for key, _ in node.value]
        pairs = dict(zip(names, node.value, strict=True))
        inner = {name: self.edits(pairs[name][1], before[name], after[name]) for name in names if name in after}
        order = [name for name in names if name in after]
        for name in after:  # what is new comes behind what it comes behind in the value, as far as that is there
            if name not in order:
                places = list(after)
                above = [each for each in places[: places.index(name)] if each in order]
                order.insert(order.index(above[-1]) + 1 if above else 0, name)
        if order == names:
            return [edit for each in inner.values() for edit in each]
        if node.flow_style:

            def entry(name: str) -> str:
                if name not in pairs:
                    return f"{_inline(name)}: {_inline(after[name])}"
                key, value = pairs[name]
                return _applied(self.text, key.start_mark.index, self.last(value), inner[name])

            return [_Edit(node.start_mark.index, node.end_mark.index, f"{{{', '.join(map(entry, order))}}}")]
        column = node.start_mark.column
        starts = [key.start_mark.index for key, _ in node.value]
        ends = [self.line_end(self.last(value)) for _, value in node.value]
        chunks = {
            name: _applied(self.text, starts[0] if n == 0 else ends[n - 1], ends[n], inner.get(name, []))
            for n, name in enumerate(names)
        }
        for name in order:
            if name not in chunks:
                chunks[name] = _entry(name, after[name], column)
        made = "".join(_ended(chunks[name]) for name in order)
        first = chunks[order[0]]
        if order[0] != names[0]:
            made = made[len(first) - len(first.lstrip(" ")) :]
        if names[0] in order[1:]:  # it has lost its place beside what is before it
            made = made.replace(_ended(chunks[names[0]]), " " * column + _ended(chunks[names[0]]), 1)
        return [_Edit(starts[0], ends[-1], made)]

    def sequence(self, node: yaml.SequenceNode, before: list[Json], after: list[Json]) -> list[_Edit]:
        paired = _paired(before, after)
        inner = [
            [] if place is None else self.edits(node.value[place], before[place], value)
            for place, value in zip(paired, after, strict=True)
        ]
        if paired == list(range(len(before))):
            return [edit for each in inner for edit in each]
        if node.flow_style:
            parts = [
                _inline(value)
                if place is None
                else _applied(self.text, node.value[place].start_mark.index, self.last(node.value[place]), edits)
                for place, value, edits in zip(paired, after, inner, strict=True)
            ]
            return [_Edit(node.start_mark.index, node.end_mark.index, f"[{', '.join(parts)}]")]
        dash = node.start_mark.column
        ends = [self.line_end(self.last(each)) for each in node.value]
        begin = self.line_start(node.start_mark.index)
        behind_a_dash = self.text[begin : node.start_mark.index].strip() != ""
        begin = node.start_mark.index if behind_a_dash else self.above(begin, 0)
        starts = [begin, *ends[:-1]]
        chunks = [
            _item(value, dash) if place is None else _ended(_applied(self.text, starts[place], ends[place], edits))
            for place, value, edits in zip(paired, after, inner, strict=True)
        ]
        return [_Edit(begin, ends[-1], "".join(chunks))]


def _paired(before: Sequence[Json], after: Sequence[Json]) -> list[int | None]:
    """For each entry of the new list, which of the old one it was: because it is the same, or by its id; else, in
    order, one that nothing else was."""
    left = dict(enumerate(before))
    found: list[int | None] = [None] * len(after)

    def take(n: int, place: int | None) -> None:
        if place is not None and found[n] is None:
            found[n] = place
            left.pop(place)

    for n, value in enumerate(after):
        take(n, next((place for place, each in left.items() if each == value), None))
    for n, value in enumerate(after):
        if found[n] is None and (id_ := _id(value)) is not None:
            take(n, next((place for place, each in left.items() if _id(each) == id_), None))
    ids = {_id(value) for value in before} - {None}
    for n, value in enumerate(after):
        if found[n] is None and (len(before) == len(after) or (_id(value) is None and not ids)):
            take(n, next(iter(left), None) if len(before) == len(after) else None)
    return found


def _id(value: Json) -> str | None:
    id_ = value.get("id") if isinstance(value, dict) else None
    return id_ if isinstance(id_, str) else None


# ── writing ──


def _dump(value: Json) -> str:
    text: str = yaml.dump(
        value, Dumper=journey_files.Dumper, sort_keys=False, allow_unicode=True, width=WIDTH, default_flow_style=None
    )
    return text.removesuffix(END_OF_TEXT)


def _inline(value: Json) -> str:
    """On one line, so that it can stand within brackets."""
    text: str = yaml.dump(
        [value], Dumper=journey_files.Dumper, sort_keys=False, allow_unicode=True, width=10**6, default_flow_style=True
    )
    return text.strip()[1:-1]


def _entry(name: str, value: Json, column: int) -> str:
    """An entry of a mapping on lines of its own."""
    margin = " " * column
    if not isinstance(value, dict | list) or not value:
        alone = yaml.dump(value, Dumper=journey_files.Dumper, allow_unicode=True, width=10**6)
        return f"{margin}{_inline(name)}: {alone.removesuffix(END_OF_TEXT).strip()}\n"
    written = _dump(value)
    if written[0] in "[{" and written.count("\n") == 1:
        return f"{margin}{_inline(name)}: {written}"
    return f"{margin}{_inline(name)}:\n" + "".join(f"{margin}  {line}\n" for line in written.splitlines())


def _item(value: Json, column: int) -> str:
    margin = " " * column
    lines = _dump(value).splitlines() if isinstance(value, dict | list) and value else [_inline(value)]
    return f"{margin}- {lines[0]}\n" + "".join(f"{margin}  {line}\n" for line in lines[1:])


def _ended(chunk: str) -> str:
    return chunk if chunk.endswith("\n") else f"{chunk}\n"
