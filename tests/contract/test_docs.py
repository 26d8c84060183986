"""The docs say what the code does: commands, endpoints, event names, conditions and dependencies are held together."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import get_args

from infra.local.routes import Route
from infra.local.settings import template
from shared.adapters import definitions
from shared.domain import segments
from shared.domain.events import Type
from shared.domain.profiles import KEPT_PROPERTIES
from tests.benchmarks import prices

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EVENTS = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
SEGMENTS = (ROOT / "docs" / "segments.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "docs" / "measured.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_every_make_command_of_the_readme_is_in_the_makefile() -> None:
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_every_beckon_command_of_the_readme_is_a_command() -> None:
    source = (ROOT / "infra" / "local" / "__main__.py").read_text(encoding="utf-8")
    for command in set(re.findall(r"beckon ([a-z-]+)", README)):
        assert f'add_parser("{command}"' in source, command


def test_every_file_the_readme_names_is_there() -> None:
    for path in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / path).exists(), path


def test_the_endpoints_in_the_docs_are_the_templates() -> None:
    documented = {(cells[0].strip("`"), cells[1].strip("`")) for cells in rows(EVENTS, "Endpoints")}
    routes = [
        Route("HttpApi", event["Properties"]["Method"].upper(), event["Properties"]["Path"], function.name)
        for function in template().of_type("AWS::Serverless::Function")
        for event in template().properties(function).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    assert documented == {(route.method, route.path) for route in routes}


def test_the_event_names_in_the_docs_are_the_codes() -> None:
    documented = {cells[0].strip("`") for cells in rows(EVENTS, "Event names")}
    assert documented == {type_.value for type_ in Type}


def test_the_conditions_in_the_docs_are_the_codes_with_their_first_sentence() -> None:
    documented = {cells[0].strip("`"): cells[1] for cells in rows(SEGMENTS, "Conditions")}
    (union, *_) = get_args(segments.Condition)
    models = {get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(union)}
    assert documented == {kind: " ".join(inspect.getdoc(model).split()) for kind, model in models.items()}


def test_the_properties_conditions_can_ask_for_are_listed() -> None:
    assert {cells[0].strip("`") for cells in rows(SEGMENTS, "Properties of events")} == set(KEPT_PROPERTIES)


def test_the_shipped_segments_are_listed_with_their_sentence() -> None:
    documented = {cells[0].strip("`"): cells[1] for cells in rows(SEGMENTS, "Shipped segments")}
    assert documented == {s.id: s.sentence for s in definitions.segments().segments.values()}


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["local"], *groups["dev"]]
    names = {re.split(r"[\[><=~]", each)[0] for each in wanted if isinstance(each, str)}
    documented = {name for cells in rows(DECISIONS, "Dependencies") for name in re.findall(r"`([^`]+)`", cells[0])}
    assert documented == names


def test_the_prices_in_the_docs_are_those_the_costs_are_reckoned_with() -> None:
    documented = {cells[0]: float(cells[1]) for cells in rows(MEASURED, "Prices")}
    assert documented == {**prices.PER_MILLION, **prices.PER_UNIT}
    assert f"in {prices.DATE}" in MEASURED
