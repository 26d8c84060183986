"""Journeys as files: YAML, read as people mean it, and written. Only the admin function and `make` read any: PyYAML is
not fast.

In YAML 1.1, which PyYAML reads, `on` is true, `no` is false, `08:30` is 510 and `2026-12-25` a date. Here they are the
words that they look like (as in YAML 1.2's core schema): only true and false are yes and no. What can be read is data
and bounded: no tags, no anchors (ten lines of them can mean a billion), no key twice, and only so much and so deep.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel

from shared.domain.events import Json
from shared.domain.journeys.definition import Journey

MAX_BYTES = 64_000
"""Of a file: a hundred steps with their conditions have room, and it is read within a second."""
MAX_DEPTH = 40
MAX_DIGITS = 18

Path = tuple[str | int, ...]
"""Where in a definition, as keys and places: `("steps", 2, "next")`."""


class NotYamlError(ValueError):
    """What cannot be read of a text, and in which of its lines (from 1)."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True)
class Parsed:
    """What a text says, as JSON would, and in which line it says each part of it."""

    value: Json
    lines: Mapping[Path, int] = field(default_factory=dict)

    def line(self, path: Sequence[str | int]) -> int | None:
        """Where the part at a path stands; of one that is not there, where it would belong."""
        return next((self.lines[part] for part in _ancestors(path) if part in self.lines), None)


def _ancestors(path: Sequence[str | int]) -> list[Path]:
    return [tuple(path[:length]) for length in range(len(path), -1, -1)]


_PLAIN = {
    "bool": re.compile(r"(?:true|false)\Z"),
    "null": re.compile(r"(?:null|~|)\Z"),
    "int": re.compile(r"[-+]?\d+\Z"),
    "float": re.compile(r"[-+]?(?:\d+\.\d*|\.\d+)(?:[eE][-+]?\d+)?\Z"),
}
_FIRST = {"bool": "tf", "null": "n~\0", "int": "-+0123456789", "float": "-+.0123456789"}


class Loader(yaml.SafeLoader):
    pass


class Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        """What YAML takes for the end of a line, and JSON for a character, is written as an escape."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _ENDS_A_LINE.search(text) else None)


_ENDS_A_LINE = re.compile("[\r\x85\u2028\u2029\ufeff]")
Dumper.add_representer(str, Dumper.represent_text)


def _quoted(dumper: Dumper, text: str) -> yaml.ScalarNode:
    """What takes more than a line, or is not to be seen, in double quotes: only these keep all of it."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if text.isprintable() else '"')


Dumper.add_representer(str, _quoted)

for _kind in (Loader, Dumper):
    _kind.yaml_implicit_resolvers = {}
    for _tag, _pattern in _PLAIN.items():
        _kind.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", _pattern, ["" if each == "\0" else each for each in _FIRST[_tag]]
        )


# ── reading ──


def read(text: str) -> Parsed:
    """What the YAML says. NotYamlError."""
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise NotYamlError(f"it takes at most {MAX_BYTES // 1000} KB", 1)
    loader = None
    try:
        _refuse_what_is_no_data(text)
        loader = Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = " ".join(filter(None, (error.context, error.problem))) or "this is not YAML"
        raise NotYamlError(told, mark.line + 1 if mark else 1) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYamlError("there is a character that no text has", line) from None
    finally:
        if loader is not None:
            loader.dispose()
    lines: dict[Path, int] = {}
    return Parsed(None if node is None else _value(node, (), lines), lines)


def parsed(text: str) -> Json:
    """What the YAML says, as JSON would. NotYamlError."""
    return read(text).value


def _refuse_what_is_no_data(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader):
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise NotYamlError("anchors and aliases (& and *) are not read: write it out", line)
        if getattr(event, "tag", None) is not None:
            raise NotYamlError("tags (!) are not read: leave it out", line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise NotYamlError(f"it is nested more than {MAX_DEPTH} levels deep", line)


def _value(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Json:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Json] = {}
        for key, value in node.value:
            at = key.start_mark.line + 1
            name = _key(key, at)
            if name in found:
                raise NotYamlError(f"`{name}` is there twice: keep one", at)
            lines[*path, name] = at
            found[name] = _value(value, (*path, name), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*path, place), lines) for place, each in enumerate(node.value)]
    return _scalar(node, line)


def _key(node: yaml.Node, line: int) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value:
        raise NotYamlError("the name of a field is a word", line)
    return str(node.value)


def _scalar(node: yaml.Node, line: int) -> Json:
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "bool":
            return text == "true"
        case "null":
            return None
        case "int" | "float" as kind:
            if len(text) > MAX_DIGITS or not math.isfinite(float(text)):
                raise NotYamlError("that number is too large: write it as a text, in quotes", line)
            return int(text) if kind == "int" else float(text)
    return text


# ── writing ──


def written(form: BaseModel) -> str:
    """A journey (or a template) as YAML, without what goes without saying; `read` finds the same in it."""
    whole = form.model_dump(mode="json", by_alias=True, exclude_none=True)
    said = form.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    text: str = yaml.dump(_with_kinds(whole, said), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def _with_kinds(whole: Json, said: Json) -> Json:
    """What is said, and every `kind`: it is a default, and tells one thing from the other."""
    if isinstance(said, dict) and isinstance(whole, dict):
        names = sorted((name for name in whole if name in said or name == "kind"), key=_place)
        return {name: _with_kinds(whole[name], said.get(name, whole[name])) for name in names}
    if isinstance(said, list) and isinstance(whole, list):
        return [_with_kinds(*pair) for pair in zip(whole, said, strict=True)]
    return said


def _place(name: Hashable) -> int:
    """What a step is called comes first, then what it is, and last where it leads."""
    return {"id": 0, "kind": 1, "next": 4, "otherwise": 3}.get(str(name), 2)


# ── those that the shop ships with ──


@cache
def shipped_texts() -> dict[str, str]:
    """The files of the journeys that the shop ships with, by their ids."""
    files = resources.files("shared").joinpath("definitions", "journeys").iterdir()
    texts = {
        file.name.removesuffix(".yaml"): file.read_text(encoding="utf-8")
        for file in files
        if file.name.endswith(".yaml")
    }
    return {name: texts[name] for name in sorted(texts)}


@cache
def shipped() -> dict[str, Journey]:
    """The journeys that the shop ships with, by their ids."""
    journeys = (Journey.model_validate_json(json.dumps(parsed(text))) for text in shipped_texts().values())
    return {journey.id: journey for journey in journeys}
