"""The docs say what the code does: commands, endpoints, event names, conditions and dependencies are held together."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml

from functions.admin import routes as admin_routes
from functions.admin.app import app
from functions.admin.campaigns import KINDS as SCHEDULES
from infra import documentation
from infra.local import campaigns as campaign_commands
from infra.local import experiments as experiment_commands
from infra.local import journeys as journey_commands
from infra.local import segments as commands
from infra.local import settings
from infra.local import templates as template_commands
from infra.local.routes import Route
from infra.local.settings import template
from shared.adapters import definitions, journey_files, senders, template_checking, template_definitions
from shared.domain import costs, identities, personal, properties, segments
from shared.domain.campaigns.definition import Campaign
from shared.domain.campaigns.states import State
from shared.domain.conditions.comparing import Comparison
from shared.domain.events import GATHERED, Type
from shared.domain.experiments.definition import Experiment
from shared.domain.insight.texts import INTENTS
from shared.domain.journeys import checking
from shared.domain.journeys.checking import Known
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.simulating import Rates
from shared.domain.profiles import bounds
from shared.domain.profiles.transitions import is_act
from shared.domain.properties import KEPT_PROPERTIES, WRITTEN
from shared.domain.settings import ShopSettings
from shared.domain.sources import payload, segment, shopify
from shared.domain.templates.definition import Template
from shared.domain.text_topics import DEFAULT_TOPICS
from tests.benchmarks import prices

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADMIN = (ROOT / "docs" / "admin.md").read_text(encoding="utf-8")
DEPLOYING = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
INSIGHT = (ROOT / "docs" / "insight.md").read_text(encoding="utf-8")
EVENTS = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
SEGMENTS = (ROOT / "docs" / "segments.md").read_text(encoding="utf-8")
TEMPLATES = (ROOT / "docs" / "templates.md").read_text(encoding="utf-8")
CAMPAIGNS = (ROOT / "docs" / "campaigns.md").read_text(encoding="utf-8")
EXPERIMENTS = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
JOURNEYS = (ROOT / "docs" / "journeys.md").read_text(encoding="utf-8")
MEASURED = (ROOT / "docs" / "measured.md").read_text(encoding="utf-8")
DECISIONS = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading."""
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def test_every_make_command_of_the_docs_is_in_the_makefile() -> None:
    said = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    for target in set(re.findall(r"(?:^|`)make ([a-z]+)", said, re.MULTILINE)):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target


def test_every_beckon_command_of_the_readme_is_a_command() -> None:
    source = (ROOT / "infra" / "local" / "__main__.py").read_text(encoding="utf-8")
    for command in set(re.findall(r"beckon ([a-z-]+)", README)):
        assert f'command("{command}"' in source, command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    said = page.read_text(encoding="utf-8")
    for path in re.findall(r"\]\(([^)#:]+)\)", said):
        assert (page.parent / path).exists(), path
    for path in re.findall(r"`((?:shared|functions|infra|tests)/[\w./]+)`", said):
        assert (ROOT / path).exists() or (ROOT / f"{path}.py").exists(), path


def test_the_index_of_the_docs_has_all_of_them() -> None:
    index = ROOT / "docs" / "README.md"
    named = {(index.parent / path).resolve() for path in re.findall(r"\]\(([^)]+)\)", index.read_text("utf-8"))}
    assert named == set(PAGES) - {index}


def test_each_invariant_has_tests_that_there_are() -> None:
    said = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").split("## Invariants\n")[1]
    invariants = re.split(r"^(\d+)\. ", said, flags=re.MULTILINE)[1:]
    assert invariants[::2] == [str(number) for number in range(1, 15)]
    for number, text in zip(invariants[::2], invariants[1::2], strict=True):
        held_by = re.findall(r"   - `(tests/\S+\.py)::(test_\w+)`", text)
        assert held_by, number
        for path, name in held_by:
            assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_make_alone_lists_every_command() -> None:
    targets = MAKEFILE.split(".PHONY: ", 1)[1].split("\n", 1)[0].split()
    assert targets[0] == "help"
    assert re.findall(r"^([a-z]+):.*  ## \S", MAKEFILE, re.MULTILINE) == targets


def test_github_runs_what_every_other_machine_runs() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    gate, tests = workflow["jobs"]["gate"]["steps"], workflow["jobs"]["tests"]
    assert gate[-1] == {"run": ".ci/run"}
    assert gate[-2]["with"]["python-version"] == template().raw["Globals"]["Function"]["Runtime"].removeprefix("python")
    assert tests["steps"][-1] == {"run": "make test"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["requires-python"] == f">={tests['strategy']['matrix']['python'][0]}"


def test_the_newest_version_of_the_changelog_is_the_projects() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+)", changes, re.MULTILINE)[0] == project["project"]["version"]


def test_the_endpoints_in_the_docs_are_the_templates() -> None:
    documented = {(cells[0].strip("`"), cells[1].strip("`")) for cells in rows(EVENTS, "Endpoints")}
    routes = [
        Route(event["Properties"]["Method"].upper(), event["Properties"]["Path"], function.name)
        for function in template().of_type("AWS::Serverless::Function")
        for event in template().properties(function).get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    assert documented == {(route.method, route.path) for route in routes}


def test_the_routes_of_the_admin_in_the_docs_are_the_functions() -> None:
    named = [re.findall(r"`([A-Z]+) (/[^`?]*)", cells[0]) for cells in rows(ADMIN, "The API")]
    admin_routes.load_all()
    answered = {(method, path) for path, methods in app.routes.items() for method in methods}
    asked = {(method, path) for method, path in answered if path != "/" and not path.startswith("/assets/")}
    assert {route for several in named for route in several} == asked


def test_the_commands_for_segments_in_the_docs_are_the_programs() -> None:
    documented = {cells[0].strip("`").split()[2] for cells in rows(SEGMENTS, "See it")}
    source = (ROOT / "infra" / "local" / "segments.py").read_text(encoding="utf-8")
    assert documented == set(re.findall(r'command\("(\w+)"', source))
    assert documented == set(re.findall(r"beckon segment (\w+)", commands.DESCRIPTION))


def test_the_commands_for_templates_in_the_docs_are_the_programs() -> None:
    source = (ROOT / "infra" / "local" / "templates.py").read_text(encoding="utf-8")
    there = set(re.findall(r'command\("([\w-]+)"', source))
    assert set(re.findall(r"beckon template ([\w-]+)", template_commands.DESCRIPTION)) == there - {"versions"}
    assert set(re.findall(r"beckon template ([\w-]+)", TEMPLATES)) == there


def test_the_template_in_the_docs_can_be_published() -> None:
    whole, translations = (
        journey_files.parsed(each) for each in re.findall(r"```yaml\n(.*?)```", TEMPLATES, re.DOTALL)
    )
    assert isinstance(whole, dict) and isinstance(translations, dict)
    template = Template.model_validate_json(json.dumps({**whole, **translations}))
    found = template_checking.checked(template, ShopSettings(), [segment.id for segment in definitions.shipped()])
    assert found.problems == []
    assert {block.kind for block in template.blocks} <= {cells[0].strip("`") for cells in rows(TEMPLATES, "Blocks")}


def test_the_commands_for_campaigns_in_the_docs_are_the_programs() -> None:
    documented = {cells[0].strip("`").split()[2] for cells in rows(CAMPAIGNS, "Commands")}
    source = (ROOT / "infra" / "local" / "campaigns.py").read_text(encoding="utf-8")
    assert documented == set(re.findall(r'command\("(\w+)"', source))
    assert documented == set(re.findall(r"beckon campaign (\w+)", campaign_commands.DESCRIPTION))


def test_the_commands_and_fields_of_experiments_in_the_docs_are_the_programs() -> None:
    documented = {cells[0].strip("`").split()[2] for cells in rows(EXPERIMENTS, "Commands")}
    source = (ROOT / "infra" / "local" / "experiments.py").read_text(encoding="utf-8")
    assert documented == set(re.findall(r'command\("(\w+)"', source))
    assert documented == set(re.findall(r"beckon experiment (\w+)", experiment_commands.DESCRIPTION))
    fields = {name.strip("` ") for cells in rows(EXPERIMENTS, "What it asks") for name in cells[0].split(",")}
    assert fields == set(Experiment.model_fields) - {"id", "name", "hypothesis"}
    examples = re.findall(r"```json\n(.*?)```", EXPERIMENTS, re.DOTALL)
    made = [Experiment.model_validate_json(example, strict=True) for example in examples]
    assert [each.id for each in made] == ["welcome_subject", "loyal_sooner"]


def test_a_campaign_s_fields_and_states_are_all_in_the_docs_and_the_example_is_one() -> None:
    fields = {name.strip("` ") for cells in rows(CAMPAIGNS, "What it says") for name in cells[0].split(",")}
    assert fields == set(Campaign.model_fields) - {"id", "name"}
    states = {name.strip("` ") for cells in rows(CAMPAIGNS, "What happens") for name in cells[0].split(",")}
    assert states == set(State)
    (example,) = re.findall(r"```json\n(.*?)```", CAMPAIGNS, re.DOTALL)
    assert Campaign.model_validate_json(example, strict=True).follow_up is not None
    kinds = {kind for cells in rows(CAMPAIGNS, "When") for kind in re.findall(r'"kind": "(\w+)"', cells[0])}
    assert kinds == SCHEDULES


def test_the_commands_for_journeys_in_the_docs_are_the_programs() -> None:
    documented = {cells[0].strip("`").split()[2] for cells in rows(JOURNEYS, "See it")}
    source = (ROOT / "infra" / "local" / "journeys.py").read_text(encoding="utf-8")
    assert documented == set(re.findall(r'command\("(\w+)"', source))
    assert documented == set(re.findall(r"beckon journey (\w+)", journey_commands.DESCRIPTION))


def test_the_journey_that_shows_how_one_is_written_can_be_published() -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", JOURNEYS, re.DOTALL)
    journey = Journey.model_validate_json(json.dumps(journey_files.parsed(text)))
    templates = dict.fromkeys(template_definitions.shipped_ids(), 0)
    assert checking.problems(journey, Known(templates, [each.id for each in definitions.shipped()])) == []


def test_the_event_names_in_the_docs_are_the_codes() -> None:
    documented = {cells[0].strip("`") for cells in rows(EVENTS, "Event names")}
    assert documented == {type_.value for type_ in Type}


def test_the_bounds_on_senders_in_the_docs_are_the_codes() -> None:
    said = EVENTS.split("## Bounds on the website's key\n")[1]
    assert f"| {segment.MAX_MESSAGES} messages in a batch, " in said
    assert f"| {senders.MAX_CONTACTS:,} contacts in an hour" in said
    assert f"| {senders.MAX_EVENTS:,} events of one contact" in said
    api = template().raw["Resources"]["PublicApi"]["Properties"]
    (of_website,) = api["RouteSettings"].values()
    rate, burst = of_website["ThrottlingRateLimit"], of_website["ThrottlingBurstLimit"]
    assert f"| {rate} requests a second, {burst} at once" in said
    assert f"have {api['DefaultRouteSettings']['ThrottlingRateLimit'] - rate} more of their own" in said


def test_the_events_in_which_people_write_are_the_codes() -> None:
    named = [name for cells in rows(EVENTS, "What contacts write") for name in re.findall(r"`([^`]+)`", cells[0])]
    assert sorted(named) == sorted(WRITTEN)
    said = {
        cells[0].strip("`"): set(re.findall(r"`(\w+)`", cells[1])) for cells in rows(INSIGHT, "What contacts write")
    }
    assert said["sentiment.topics"] == {*DEFAULT_TOPICS, "text_topics"}
    assert said["sentiment.intents"] == {"question", *INTENTS}


def test_the_lanes_in_the_docs_are_the_codes() -> None:
    documented = {cells[0].strip("`"): cells[2] for cells in rows(EVENTS, "Event names")}
    assert {name for name, acted in documented.items() if acted != "at once"} == GATHERED & set(Type)
    assert set(documented.values()) == {"at once", "gathered", "gathered; at once when it was emptied"}


def test_the_tables_that_are_made_from_the_code_are_as_it_makes_them() -> None:
    for document in documentation.MADE:
        text = document.read_text(encoding="utf-8")
        assert documentation.written(text) == text, "run `make docs`"


def test_every_condition_is_explained_with_an_example_and_where_its_bound_is() -> None:
    kinds = list(documentation.MODELS)
    assert [cells[0].strip("`") for cells in rows(SEGMENTS, "Conditions")] == kinds
    assert list(dict.fromkeys(each["kind"] for each in documentation.EXAMPLES)) == kinds
    bounds = rows(SEGMENTS, "What is exact, and where the bound is")
    assert sorted(kind for cells in bounds for kind in re.findall(r"`(\w+)`", cells[0])) == sorted(kinds)


def test_the_bounds_in_the_docs_are_the_codes() -> None:
    said = SEGMENTS.split("## What is exact, and where the bound is\n")[1]
    for bound, what in (
        (bounds.MAX_HISTORY, "occurrences"),
        (bounds.MAX_ORDERS, "orders"),
        (bounds.MAX_TYPES, "event types"),
        (bounds.MAX_TRAITS, "traits"),
        (bounds.MAX_REFUNDS, "refunds"),
        (properties.MAX_BYTES, "bytes"),
        (properties.MAX_ID, "characters"),
        (identities.MAX_IDENTITIES, "identities"),
        (bounds.MAX_STORED, "bytes"),
    ):
        assert f"{bound:,} {what}" in said
    of_properties = SEGMENTS.split("## Properties of events\n")[1]
    for bound, what in (
        (personal.MAX_TEXT, "characters"),
        (properties.MAX_VALUES, "ids"),
        (properties.MAX_VALUES, "categories"),
        (properties.MAX_LIST_BYTES, "bytes"),
        (properties.MAX_BYTES, "bytes"),
    ):
        assert f"{bound:,} {what}" in of_properties


def test_the_comparisons_in_the_docs_are_the_codes() -> None:
    assert [cells[0].strip("`") for cells in rows(SEGMENTS, "Comparisons")] == list(get_args(Comparison))


def test_the_causes_of_transitions_in_the_docs_are_the_codes_and_start_journeys_as_it_says() -> None:
    documented = {cells[0].strip("`"): cells[2] for cells in rows(SEGMENTS, "Publications")}
    causes = {value for name, value in vars(segments).items() if name.startswith("BY_")}
    assert set(documented) == causes | {"an event's id"}
    for cause, starts in documented.items():
        assert is_act(segments.Transition("c1", 1, "inactive", True, 0, cause, 0)) == (starts == "yes")


def test_the_properties_conditions_can_ask_for_are_listed() -> None:
    assert {cells[0].strip("`") for cells in rows(SEGMENTS, "Properties of events")} == set(KEPT_PROPERTIES)


def test_the_decisions_are_numbered_and_each_has_a_status() -> None:
    assert documentation.numbered(DECISIONS) == DECISIONS, "run `make docs`"
    numbers = [int(number) for number in re.findall(r"^## (\d+)\. \d{4}-\d\d-\d\d: ", DECISIONS, re.MULTILINE)]
    assert numbers == list(range(1, len(numbers) + 1))
    said = r"^Status: (?:accepted(?:, amended by (\d+))?|replaced by (\d+))$"
    statuses = re.findall(said, DECISIONS, re.MULTILINE)
    assert len(statuses) == len(numbers)
    for number, others in zip(numbers, statuses, strict=True):
        assert all(number < int(other) <= len(numbers) for other in others if other)


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["local"], *groups["dev"], *groups["bench"]]
    names = {re.split(r"[\[><=~]", each)[0] for each in wanted if isinstance(each, str)}
    documented = {name for cells in rows(DECISIONS, "Dependencies") for name in re.findall(r"`([^`]+)`", cells[0])}
    assert documented == names


def test_the_prices_in_the_docs_are_those_the_costs_are_reckoned_with() -> None:
    documented = {cells[0]: float(cells[1]) for cells in rows(MEASURED, "Prices")}
    assert documented == {**prices.PER_MILLION, **prices.PER_UNIT}
    assert f"in {prices.DATE}" in MEASURED
    assert costs.PER_MILLION["emails"] == prices.PER_MILLION["SES emails"]
    assert costs.PER_MILLION["transitions"] == prices.PER_MILLION["Step Functions transitions"]
    assert f"${costs.PER_MILLION['events']:.2f}" in MEASURED


def test_the_topics_to_subscribe_to_are_those_that_are_taken() -> None:
    settings_file = "[webhooks]\n" + DEPLOYING.split("[webhooks]\n", 1)[1].split("```", 1)[0]
    told = tomllib.loads(settings_file)["webhooks"]
    (subscription,) = told["subscriptions"]
    topics = {*subscription["topics"], *subscription["compliance_topics"]}
    other_spellings = {"customers/email_marketing_consent_update", "customers/email_marketing_consent/update"}
    other_spellings |= {f"{who}/tags_{what}" for who in ("customer", "customers") for what in ("added", "removed")}
    assert topics == set(shopify._TOPICS) - other_spellings
    assert f"Beckon asks for {told['api_version']}" in EVENTS


def test_the_curl_of_the_docs_is_taken() -> None:
    command = EVENTS.split("```sh\n", 1)[1].split("```", 1)[0]
    words = shlex.split(command.replace("\\\n", " "))
    url, key, body = words[2], words[words.index("-u") + 1], words[words.index("-d") + 1]
    assert url == f"http://localhost:{settings.PORT}/v1/track"
    assert json.loads(settings.SECRETS["write_keys"]) == [key.removesuffix(":")]
    events, refused = segment.events("track", payload.read(body.encode()), 0)
    assert (len(events), refused) == (1, ())


_MAIL = r"mails|an? mail(?! (?:prox|program|server))|e-mails?"
STUMBLES = re.compile(rf"\b(?:{_MAIL}|nought|anew|mend(?:ed|s)?|has to be there|cannot be had)\b", re.IGNORECASE)
"""Words that slipped in before; CONTRIBUTING.md says how we write."""


def literals(source: str) -> Iterator[str]:
    """The texts in a program but for docstrings; of an f-string, its parts. What has no space in it is a name."""
    tree = ast.parse(source)
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield from re.findall(r"[^\n]* [^\n]*", re.sub(r"^\s*--.*$", "", node.value, flags=re.MULTILINE))


def descriptions(node: object) -> Iterator[str]:
    """What the console shows of a template or a state machine."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("Description", "AlarmDescription", "Comment") and isinstance(value, str):
                yield value
            yield from descriptions(value)
    elif isinstance(node, list):
        for value in node:
            yield from descriptions(value)


def prose(file: Path) -> str:
    """What of a file people read: all of a page, and of a program what it says."""
    text = file.read_text(encoding="utf-8")
    match file.suffix:
        case ".py":
            return "\n".join(literals(text))
        case ".json" if "statemachines" in file.parts:
            return "\n".join(descriptions(json.loads(text)))
        case ".js":  # what is between backticks there is what people read
            return text
        case _ if file.name in ("Makefile", "run"):
            return "\n".join(re.findall(r"## .*|echo .*", text))
    return re.sub(r"`[^`\n]*`|```.*?```|<!--.*?-->|{[%{].*?[%}]}|class=\"[^\"]*\"", "", text, flags=re.DOTALL)


def read_by_people() -> Iterator[Path]:
    yield from (page for page in PAGES if page.name not in ("CONTRIBUTING.md", "decisions.md"))
    for folder in ("functions/admin/page", "functions/preference", "infra/local/screens/pages"):
        yield from (file for end in ("html", "js") for file in (ROOT / folder).glob(f"*.{end}"))
    yield from (ROOT / "shared/definitions").rglob("*.*")
    yield from (ROOT / "infra/statemachines").glob("*.json")
    yield from (ROOT / "Makefile", ROOT / ".ci/run")
    for package in ("functions", "shared", "infra"):
        yield from (file for file in (ROOT / package).rglob("*.py") if file.name != "our_words.py")  # many languages


@pytest.mark.parametrize("file", sorted(read_by_people()), ids=lambda file: str(file.relative_to(ROOT)))
def test_what_people_read_is_plain_english(file: Path) -> None:
    assert STUMBLES.findall(prose(file)) == []


def test_what_the_console_says_of_the_stack_is_plain_english() -> None:
    said = list(descriptions(template().raw))
    assert said
    assert STUMBLES.findall("\n".join(said)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""It has to be there."""', []),
        ('raise ValueError(f"`{name}` has to be there")', ["has to be there"]),
        ('print("An e-mail\\nwas mended")', ["e-mail", "mended"]),
        ('KEY = "mails"', []),
        ('SQL = """SELECT 1\n-- made anew\n"""', []),
    ],
)
def test_what_a_program_says_is_what_is_in_its_texts(source: str, found: list[str]) -> None:
    assert STUMBLES.findall("\n".join(literals(source))) == found


def test_the_rates_in_the_docs_are_those_that_are_simulated_with() -> None:
    told = {cells[0].strip("`"): float(cells[1]) for cells in rows(JOURNEYS, "What happens if I publish this?")}
    rates = Rates()
    assert told | {"worth": 40} == {name: getattr(rates, name) for name in Rates.__slots__}


def test_the_tests_that_the_docs_name_are_there() -> None:
    source = (ROOT / "tests" / "unit" / "test_shipped_journeys.py").read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w{20,})`", JOURNEYS)
    assert named
    assert [name for name in named if f"def {name}(" not in source] == []
