"""Journeys as files: YAML, read as people mean it. Only the admin function and `make` read any: PyYAML is not fast.

In YAML 1.1, which PyYAML reads, `on` is true, `no` is false, `08:30` is 510 and `2026-12-25` a date. Here they are the
words that they look like (as in YAML 1.2's core schema): only true and false are yes and no.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import Any

import yaml

from shared.domain.journeys.definition import Journey


class _Loader(yaml.SafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~\0"),
    ("int", r"[-+]?\d+", "-+0123456789"),
    ("float", r"[-+]?(\d+\.\d*|\.\d+)([eE][-+]?\d+)?", "-+.0123456789"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), ["" if each == "\0" else each for each in _first]
    )


def parsed(text: str) -> Any:
    """What the YAML says, as JSON would. yaml.YAMLError."""
    return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader


@cache
def shipped() -> dict[str, Journey]:
    """The journeys that the shop ships with, by their ids."""
    files = resources.files("shared").joinpath("definitions", "journeys").iterdir()
    texts = {file.name: file.read_text(encoding="utf-8") for file in files if file.name.endswith(".yaml")}
    journeys = (Journey.model_validate_json(json.dumps(parsed(texts[name]))) for name in sorted(texts))
    return {journey.id: journey for journey in journeys}
