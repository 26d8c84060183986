"""template.yaml against the code: what the one says exists is what the other asks for, and nothing more."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from infra.artefacts import build
from infra.local import settings
from infra.local.aws import names
from infra.local.aws.calls import connect
from infra.local.aws.deploy import deploy
from infra.local.aws.template import Template
from infra.local.aws.world import World
from infra.local.routes import Route
from shared.adapters import clients, journey_files
from shared.adapters.lake import COUNT_COLUMNS, JOURNEYS_PREFIX
from shared.adapters.queries import FILES, question
from shared.domain import facts
from shared.domain.events import DAY, HEARD_AFTER, SECOND, Event, Identity, IdentityKind, event_key
from shared.domain.lake_rows import COLUMNS, FIRST_MONTH, PARTITIONS, TYPES
from shared.domain.messages.refusals import Refusal
from shared.domain.properties import WRITTEN

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = settings.template()
RESOURCES: dict[str, Any] = TEMPLATE.raw["Resources"]
FUNCTIONS = {name: r["Properties"] for name, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
ALL_FUNCTIONS = pytest.mark.parametrize("function", FUNCTIONS)

# https://docs.aws.amazon.com/service-authorization/latest/reference/: these know no resources.
WITHOUT_RESOURCES = {
    *("comprehend:BatchDetectDominantLanguage", "comprehend:BatchDetectSentiment"),
    *("dynamodb:ListStreams", "ses:DeleteSuppressedDestination", "ses:GetAccount"),
    *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
}

ARN_OF = {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::S3::Bucket", "AWS::SES::ConfigurationSet"}


def folder(function: str) -> str:
    return str(FUNCTIONS[function]["CodeUri"]).removeprefix("functions/")


def handler_module(function: str) -> str:
    return str(FUNCTIONS[function]["Handler"]).removesuffix(".handler")


def app(function: str) -> Path:
    return source(handler_module(function))


def built(function: str) -> None:
    assert app(function).exists(), f"functions/{folder(function)} is not there"


def variables(function: str) -> dict[str, Any]:
    return dict(FUNCTIONS[function].get("Environment", {}).get("Variables", {}))


def events(function: str, *types: str) -> list[dict[str, Any]]:
    return [e["Properties"] for e in FUNCTIONS[function].get("Events", {}).values() if e["Type"] in types]


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every key and value of a tree."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield str(key), item
        yield from walk(item)


def test_a_machine_without_wheels_of_duckdb_builds_all_functions_but_those_that_need_it(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("here", ROOT / ".ci" / "here.py")
    assert spec is not None
    assert spec.loader is not None
    here = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(here)
    left = here.without((ROOT / "template.yaml").read_text(encoding="utf-8"), "duckdb", ROOT)
    (tmp_path / "template.yaml").write_text(left, encoding="utf-8")
    without = Template({}, "", tmp_path / "template.yaml").raw["Resources"]
    needing = {name for name in FUNCTIONS if "duckdb" in requirements(name)}
    assert needing >= {"LakeFunction", "MergeFunction", "ExportFunction"}
    assert without == {name: resource for name, resource in RESOURCES.items() if name not in needing}


def requirements(function: str) -> str:
    file = ROOT / "functions" / folder(function) / "requirements.txt"
    return file.read_text(encoding="utf-8") if file.exists() else ""


# ── functions ──


@ALL_FUNCTIONS
def test_a_function_is_where_its_handler_says(function: str) -> None:
    file = {"MergeFunction": "merge", "JourneyCountsFunction": "counts"}.get(function, "app")
    assert FUNCTIONS[function]["Handler"] == f"functions.{folder(function)}.{file}.handler"
    built(function)
    body = ast.parse(app(function).read_text(encoding="utf-8")).body
    assert "handler" in {name for node in body for name in defined(node)}


def test_every_folder_of_functions_is_deployed() -> None:
    folders = {path.parent.name for path in ROOT.glob("functions/*/app.py")}
    assert folders <= {folder(function) for function in FUNCTIONS}


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [json.dumps(properties["Role"]) for properties in FUNCTIONS.values()]
    assert len(set(roles)) == len(roles)


def test_the_layer_is_built_for_the_functions_python_and_processor() -> None:
    globals_, layer = TEMPLATE.raw["Globals"]["Function"], RESOURCES["SharedLayer"]
    assert layer["Properties"]["CompatibleRuntimes"] == [globals_["Runtime"]]
    assert [layer["Metadata"]["BuildArchitecture"]] == globals_["Architectures"]
    assert layer["Properties"]["CompatibleArchitectures"] == globals_["Architectures"]


def test_whoever_builds_reads_from_the_template_what_for() -> None:
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    for name in [*FUNCTIONS, "SharedLayer"]:
        metadata = dict(RESOURCES[name]["Metadata"])
        metadata.pop("BuildArchitecture", None)
        assert metadata == {"BuildMethod": "makefile", "ContextPath": "infra/artefacts", "WorkingDirectory": "."}
        properties = RESOURCES[name]["Properties"]
        folder = properties.get("CodeUri") or properties.get("ContentUri")
        assert build.asked(text, name) == (folder, "3.13", "arm64")
    with pytest.raises(SystemExit, match="NoFunction"):
        build.asked(text, "NoFunction")


def test_an_artefact_is_our_code_and_its_bytecode_which_needs_no_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = re.sub(r"python3\.\d+", f"python3.{sys.version_info.minor}", (ROOT / "template.yaml").read_text())
    (tmp_path / "template.yaml").write_text(here, encoding="utf-8")
    monkeypatch.setenv("TEMPLATE", str(tmp_path / "template.yaml"))
    assert build.main("JourneyFunction", tmp_path / "built") == 0
    compiled = tmp_path / "built" / "functions" / "journey" / "__pycache__"
    (bytecode,) = compiled.glob("app.*.pyc")
    assert int.from_bytes(bytecode.read_bytes()[4:8], "little") == 0b01  # of a hash, and never checked
    assert str(tmp_path).encode() not in bytecode.read_bytes()  # the same, wherever it is made
    sources = {path.relative_to(tmp_path / "built") for path in (tmp_path / "built").rglob("*.py")}
    assert sources == {
        Path("functions/__init__.py"),
        *(p.relative_to(ROOT) for p in ROOT.glob("functions/journey/*.py")),
    }


def test_without_lambda_s_python_a_build_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "found", lambda version: None)
    assert build.main("JourneyFunction", tmp_path) == 1
    assert "There is no Python 3.13 with pip here." in capsys.readouterr().err


def locked(file: Path) -> dict[str, set[str]]:
    """The hashes of each pin in a file that `make lock` wrote."""
    pins = re.findall(
        r"^([a-z0-9_.-]+==[^\s;\\]+)[^\n]*\n((?:    --hash=\S+[ \\]*\n)+)", file.read_text(), re.MULTILINE
    )
    return {pin: set(re.findall(r"sha256:\w+", hashes)) for pin, hashes in pins}


def test_what_is_deployed_is_what_was_tested() -> None:
    tested = locked(ROOT / "requirements.lock")
    for file in [ROOT / "shared/requirements.txt", *ROOT.glob("functions/*/requirements.txt")]:
        pins = locked(file)
        assert set(pins) == set(re.findall(r"^[a-z][a-z0-9_.-]*==\S+", file.read_text(), re.MULTILINE))
        assert pins.items() <= tested.items(), f"{file.relative_to(ROOT)} is not as locked: run make lock"


# ── what the code comes to, read from its text ──


def source(module: str) -> Path:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py")


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(source(module).read_text(encoding="utf-8"))


@cache
def reached(function: str) -> tuple[tuple[str, ast.stmt], ...]:
    """The definitions a handler can come to, each with its module: names are followed through the project's modules."""
    found: list[tuple[str, ast.stmt]] = []
    pending, seen = [(handler_module(function), "handler")], set()
    if folder(function) == "admin":  # Chalice calls the routes
        pending = [(f"functions.admin.{file.stem}", "*") for file in ROOT.glob("functions/admin/*.py")]
    if folder(function) == "report":  # a night imports the reports by their names
        reports = importlib.import_module("functions.report.night").REPORTS
        pending += [(f"functions.report.{report}", name) for report in reports for name in ("asks", "made")]
    while pending:
        module, name = pending.pop()
        if (module, name) in seen or not source(module).is_file():
            continue
        seen.add((module, name))
        names = imported(module)
        if name in names:
            pending.append(names[name])
        for node in tree(module).body:
            if name in ("*", *defined(node)):
                found.append((module, node))
                for part in ast.walk(node):
                    if isinstance(part, ast.Name):
                        pending += [(module, part.id)]
                    elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                        of = names.get(part.value.id)
                        pending += [(f"{of[0]}.{of[1]}", part.attr)] if of else []
    return tuple(found)


@cache
def imported(module: str) -> dict[str, tuple[str, str]]:
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def defined(node: ast.AST) -> list[str]:
    """The names a statement at the top of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


# ── settings ──


def asked_for(function: str) -> tuple[set[str], set[str]]:
    """The variables that the settings models a function comes to need, and those they can do without."""
    needed, optional = set(), set()
    for _, node in reached(function):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Settings"):
            for line in node.body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    (needed if line.value is None else optional).add(line.target.id.upper())
    return needed, optional


@ALL_FUNCTIONS
def test_a_function_gets_the_settings_it_asks_for_and_no_others(function: str) -> None:
    built(function)
    needed, optional = asked_for(function)
    of_libraries = ("POWERTOOLS_", "OMP_", "OPENBLAS_")
    given = {name for name in variables(function) if not name.startswith(of_libraries)}
    assert given - optional == needed
    assert variables(function)["POWERTOOLS_SERVICE_NAME"] == folder(function)


def test_every_name_the_template_refers_to_exists() -> None:
    versions = {
        f"{name}Version" for name, each in RESOURCES.items() if "AutoPublishAlias" in each.get("Properties", {})
    }
    known = {*RESOURCES, *TEMPLATE.raw["Parameters"], *versions}
    for key, value in walk({"r": RESOURCES, "o": TEMPLATE.raw["Outputs"], "g": TEMPLATE.raw["Globals"]}):
        names: list[str] = []
        if key == "Ref":
            names = [value]
        elif key == "Fn::GetAtt":
            names = [value[0]]
        elif key == "Fn::Sub":
            text, own = value if isinstance(value, list) else (value, {})
            names = [name for name in re.findall(r"\$\{([A-Za-z0-9:]+)", text) if name not in own]
        unknown = [name for name in names if name not in known and not name.startswith("AWS::")]
        assert not unknown, f"{key} {value}: there is no {unknown}"


def test_settings_in_json_are_valid_and_name_what_there_is() -> None:
    machines = json.loads(TEMPLATE.resolve(variables("TransitionFunction")["STATE_MACHINES"]))
    assert set(machines) == {each.id for each in journey_files.shipped().values() if each.runs_on == "step_functions"}
    for journey, version in machines.items():  # so that what is started does not change under it
        assert re.fullmatch(r"arn:aws:states:[^:]+:\d+:stateMachine:\w+:\d+", version), journey
    queues = json.loads(TEMPLATE.resolve(variables("AdminFunction")["DEAD_LETTER_QUEUES"]))
    dead = {name for name, r in RESOURCES.items() if r["Type"] == "AWS::SQS::Queue" and name.endswith("DeadLetters")}
    assert {str(url).rsplit("/", 1)[-1] for url in queues.values()} == dead


# ── names ──


def test_every_name_fits_who_reads_it_whatever_the_stack_is_called() -> None:
    for stack in ("beckon", "Beckon", "my-aws-Shop", "cognito-amazon", "x" * 128):
        id_ = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{stack}/3b1c5f2e-0d9a-11f0-9c3e-0affd1b2c3d5"
        template = Template({**settings.PARAMETERS}, "https://x", stack=(stack, id_))
        for resource in template.resources.values():
            name = template.name(resource) or names.generated(resource.type, stack, resource.name)
            assert names.fits(resource.type, name), f"{resource.name} is called {name}"


def test_no_two_stacks_share_a_name() -> None:
    def given(stack: str, id_: str) -> set[str]:
        template = Template({**settings.PARAMETERS, "DomainIdentity": "existing"}, "https://x", stack=(stack, id_))
        of = [resource for resource in template.resources.values() if resource.type != "AWS::Glue::Table"]
        return {name for resource in of if (name := template.name(resource))}

    one = given("a", "arn:aws:cloudformation:eu-west-1:123456789012:stack/a/3b1c5f2e-0d9a-11f0-9c3e-0affd1b2c3d5")
    other = given("b", "arn:aws:cloudformation:eu-west-1:123456789012:stack/b/77aa5f2e-0d9a-11f0-9c3e-06bbd1b2c3d5")
    assert one
    assert not one & other


@pytest.mark.parametrize(
    ("type_", "refused"),
    [
        ("AWS::Glue::Database", ["lake-database", "Lake", "lake database", ""]),
        ("AWS::Glue::Table", ["events-2026", "Events"]),
        ("AWS::Athena::WorkGroup", ["lake/queries", "l" * 129]),
        ("AWS::Cognito::UserPoolDomain", ["Beckon", "my-aws-shop", "amazon", "xcognito", "-a", "a-", "a" * 64]),
        ("AWS::S3::Bucket", ["Lake", "la", "lake_bucket", "-lake", "xn--lake", "192.168.0.1", "l" * 64]),
        ("AWS::SES::EmailIdentity", ["localhost", "mail example.com", "Fieldstone <hello@example.com>"]),
        ("AWS::SES::ConfigurationSet", ["mail settings", "mail.settings", "m" * 65]),
        ("AWS::SQS::Queue", ["events.queue", "q" * 81, "queue.fifo.fifo", ""]),
        ("AWS::Serverless::StateMachine", ["win back", "n" * 81]),
        ("AWS::DynamoDB::Table", ["ab", "a b c"]),
    ],
)
def test_names_that_aws_refuses_are_refused_here(type_: str, refused: list[str]) -> None:
    assert [name for name in refused if names.fits(type_, name)] == []


def test_the_local_run_refuses_to_deploy_what_athena_could_not_read(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    for resource, name in (("LakeDatabase", {"Description": "no name"}), ("LakeDatabase", {"Name": "the-lake"})):
        raw = Template({}, "").raw
        raw["Resources"] = {resource: {**raw["Resources"][resource], "Properties": {"DatabaseInput": name}}}
        file.write_text(json.dumps(raw), encoding="utf-8")
        world = World(":memory:", now=0)
        with pytest.raises(ValueError, match="LakeDatabase"):
            deploy(world, connect(world, {}), Template({}, "", file), {})


def test_the_sender_s_domain_is_what_stands_behind_its_at_sign() -> None:
    for sender in (
        "Fieldstone <hello@mail.example.com>",
        "hello@mail.example.com",
        "Mum's: tea; cake <a@mail.example.com>",
    ):
        template = Template({**settings.PARAMETERS, "Sender": sender}, "https://x")
        assert re.fullmatch(template.raw["Parameters"]["Sender"]["AllowedPattern"], sender)
        domain = template.properties(template.resources["SendingDomain"])
        assert domain["EmailIdentity"] == "mail.example.com"
        assert domain["MailFromAttributes"]["MailFromDomain"] == "bounce.mail.example.com"
        (sending,) = [s for name, s in statements() if name == "MessageRole" and s["Action"] == "ses:SendEmail"]
        own = ["*@mail.example.com", "*@*.mail.example.com"]
        assert template.resolve(sending["Condition"]) == {"StringLike": {"ses:FromAddress": own}}
    more = Template(
        {**settings.PARAMETERS, "Sender": "hello@mail.example.com", "SenderDomains": "a.example,b.example"}, ""
    )
    allowed = more.resolve(sending["Condition"])["StringLike"]["ses:FromAddress"]
    assert allowed == [*own, "*@a.example", "*@b.example"]


def test_what_is_kept_goes_when_the_first_deployment_fails() -> None:
    kept = {name: r for name, r in RESOURCES.items() if r.get("UpdateReplacePolicy") == "Retain"}
    assert len(kept) == 11
    assert {r["DeletionPolicy"] for r in kept.values()} == {"RetainExceptOnCreate"}
    tables = [r["Properties"] for r in kept.values() if r["Type"] == "AWS::DynamoDB::Table"]
    assert [table["DeletionProtectionEnabled"] for table in tables] == [True] * 7


def test_a_time_zone_is_one_that_the_functions_know() -> None:
    known = resources.files("tzdata").joinpath("zones").read_text().split()
    zones = TEMPLATE.raw["Parameters"]["TimeZone"]["AllowedValues"]
    assert zones == sorted(set(known) - {"Factory"}), "the list in template.yaml is not that of the pinned tzdata"


# ── rights ──


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in RESOURCES.items():
        properties = resource.get("Properties", {})
        documents = [
            policy["PolicyDocument"] for policy in properties.get("Policies", []) if "PolicyDocument" in policy
        ]
        documents += [properties[key] for key in ("PolicyDocument",) if key in properties]
        roles = [role["Ref"] for role in properties.get("Roles", [])]  # of a policy of its own, whose it is
        for document in documents:
            for statement in document["Statement"]:
                yield from ((whose, statement) for whose in roles or [name])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_statement_allows_named_actions_on_named_resources() -> None:
    allowing = [(name, statement) for name, statement in statements() if statement["Effect"] == "Allow"]
    assert len(allowing) > len(FUNCTIONS)
    for name, statement in allowing:
        actions = set(listed(statement["Action"]))
        assert not [action for action in actions if "*" in action], f"{name} allows {actions}"
        if "*" in listed(statement["Resource"]):
            assert actions <= WITHOUT_RESOURCES, f"{name} allows {actions} on everything"


def granted(function: str) -> set[str]:
    """The actions a function's role allows."""
    role = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    return {action for name, statement in statements() if name == role for action in listed(statement["Action"])}


ACTIONS = {
    "dynamodb:BatchWriteItem": {"dynamodb:BatchWriteItem"},
    "dynamodb:TransactWriteItems": set(),  # its parts are checked one by one
    "s3:DeleteObjects": {"s3:DeleteObject"},
    "s3:ListObjectsV2": {"s3:ListBucket"},
    "sesv2:DeleteSuppressedDestination": {"ses:DeleteSuppressedDestination"},
    "sesv2:GetAccount": {"ses:GetAccount"},
    "sesv2:GetEmailIdentity": {"ses:GetEmailIdentity"},
    "sesv2:SendEmail": {"ses:SendEmail"},
    "sqs:SendMessageBatch": {"sqs:SendMessage"},
    "sqs:DeleteMessageBatch": {"sqs:DeleteMessage"},
    "athena:StartQueryExecution": {
        "athena:StartQueryExecution",
        "glue:GetDatabase",
        "glue:GetTable",
        "glue:GetPartitions",
        "s3:GetBucketLocation",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:AbortMultipartUpload",
        "s3:PutObject",
    },
    "sqs:StartMessageMoveTask": {
        "sqs:StartMessageMoveTask",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:SendMessage",
    },
}
"""Where an operation needs rights of other names than its own."""

SOURCES = {
    "SQS": {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"},
    "DynamoDB": {
        "dynamodb:DescribeStream",
        "dynamodb:GetRecords",
        "dynamodb:GetShardIterator",
        "dynamodb:ListStreams",
        "sqs:SendMessage",
    },
    "Schedule": {"sqs:SendMessage"},
}
"""The rights Lambda uses in the function's name, for what brings its events and for what fails."""


def operations(function: str) -> set[str]:
    """What a function calls of AWS, as `service:Operation`, and the parts of its transactions."""
    found = set()
    for _, node in reached(function):
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Call):
                made = part.value
                if isinstance(made.func, ast.Name) and made.func.id == "client":
                    service, operation = ast.literal_eval(made.args[0]), part.attr
                    service = {"stepfunctions": "states"}.get(service, service)
                    if operation not in ("get_paginator", "exceptions"):
                        found.add(f"{service}:{''.join(word.title() for word in operation.split('_'))}")
            elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                if part.func.attr == "get_paginator":
                    service = ast.literal_eval(part.func.value.args[0])  # type: ignore[attr-defined]
                    service = {"stepfunctions": "states"}.get(service, service)
                    found.add(
                        f"{service}:{''.join(word.title() for word in ast.literal_eval(part.args[0]).split('_'))}"
                    )
            elif isinstance(part, ast.Dict):
                keys = {key.value for key in part.keys if isinstance(key, ast.Constant)}
                parts = {
                    "Put": "PutItem",
                    "Update": "UpdateItem",
                    "Delete": "DeleteItem",
                    "ConditionCheck": "ConditionCheckItem",
                }
                found |= {f"dynamodb:{parts[key]}" for key in keys & parts.keys()}
    return found


@ALL_FUNCTIONS
def test_a_function_has_the_rights_it_uses_and_no_others(function: str) -> None:
    built(function)
    used = set().union(*(ACTIONS.get(operation, {operation}) for operation in operations(function)))
    if any(module == "shared.adapters.secrets" for module, _ in reached(function)):
        used.add("ssm:GetParameter")
    for event in FUNCTIONS[function].get("Events", {}).values():
        used |= SOURCES.get(event["Type"], set())
    assert granted(function) == used


@ALL_FUNCTIONS
def test_a_function_has_rights_on_what_its_settings_name(function: str) -> None:
    named = {value["Ref"] for value in variables(function).values() if isinstance(value, dict) and "Ref" in value}
    named = {name for name in named if RESOURCES.get(name, {}).get("Type") in ARN_OF}
    role = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    rights = json.dumps([statement["Resource"] for name, statement in statements() if name == role])
    for name in named:
        assert f'"{name}", "Arn"' in rights or f"${{{name}.Arn}}" in rights or f"${{{name}}}" in rights, name


@pytest.mark.parametrize("function", ["AdminFunction", "ReportFunction", "InsightFunction"])
def test_a_function_may_read_the_tables_that_its_queries_name(function: str) -> None:
    code = "".join(each.read_text(encoding="utf-8") for each in (ROOT / "functions" / folder(function)).glob("*.py"))
    queries = [name for name in re.findall(r'\b(?:question|of)\(\s*"(\w+)"', code) if (FILES / f"{name}.sql").exists()]
    sql = " ".join(question(name, over=(0, DAY)).sql for name in queries)
    role = RESOURCES[FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]]
    allowed = json.dumps(role)
    tables = set(re.findall(r"\b(?:FROM|JOIN) (events|facts|scores)\b", sql))
    assert tables >= {"events"}
    assert {table for table in tables if f"table/${{LakeDatabase}}/{table}" not in allowed} == set()
    assert {table for table in tables if f"${{LakeBucket.Arn}}/{table}/*" not in allowed} == set()


def secrets_in(value: Any) -> set[str]:
    """The names of the secrets that a part of the template speaks of."""
    return {str(item).rsplit("/", 1)[-1] for key, item in walk(value) if key == "Fn::Sub" and ":parameter/" in item}


@ALL_FUNCTIONS
def test_a_function_may_read_the_secrets_it_reads_and_no_others(function: str) -> None:
    built(function)
    constants = {
        part.value for _, node in reached(function) for part in ast.walk(node) if isinstance(part, ast.Constant)
    }
    role = FUNCTIONS[function]["Role"]["Fn::GetAtt"][0]
    assert secrets_in(RESOURCES[role]) == set(settings.SECRETS) & constants


def test_every_secret_is_read_by_somebody() -> None:
    assert secrets_in(RESOURCES) == set(settings.SECRETS)


def test_the_journeys_may_call_nothing_but_the_functions_their_steps_name() -> None:
    (statement,) = [statement for name, statement in statements() if name == "JourneysRole"]
    called = {str(TEMPLATE.resolve(resource)).rsplit(":", 1)[-1] for resource in listed(statement["Resource"])}
    assert called == {"MessageFunction", "JourneyFunction"}


# ── routes ──


def routes(function: str) -> set[tuple[str, str]]:
    return {(event["Method"], event["Path"]) for event in events(function, "HttpApi", "Api")}


def test_ingest_has_routes_for_all_it_answers_with_a_slash_at_the_end_or_without() -> None:
    paths = set(importlib.import_module("functions.ingest.app").ROUTES)
    expected = {("POST", "/webhooks/{storefront+}"), ("POST", "/v1/{call+}"), ("OPTIONS", "/v1/{call+}")}
    assert routes("IngestFunction") == expected | {("GET", "/health")}
    to_ingest = [Route(method, path, "IngestFunction") for method, path in expected]
    for path in paths:
        for asked in (path, f"{path}/"):
            assert any(route.match("POST", asked) for route in to_ingest), asked


def test_the_links_in_mails_have_routes() -> None:
    paths = (
        *("/preferences/{token}", "/unsubscribe/{token}", "/answers/{token}/{answer}"),
        *("/address/{token}", "/download/{token}"),
    )
    assert routes("PreferenceFunction") == {(method, path) for path in paths for method in ("GET", "HEAD", "POST")}


OPEN = {("GET", "/"), ("GET", "/assets/{version}/{file}"), ("GET", "/assets/{version}/vendor/{file}")}


def test_the_admin_has_the_routes_it_answers() -> None:
    """What is open has routes of its own; for the others there is one, and the function finds which it is."""
    built("AdminFunction")
    rest = importlib.import_module("functions.admin.rest")
    chalice = importlib.import_module("functions.admin.app").app
    importlib.import_module("functions.admin.routes").load_all()
    answered = {(method, path) for path, methods in chalice.routes.items() for method in methods}
    assert routes("AdminFunction") == OPEN | {("ANY", rest.PROXY), ("ANY", rest.KEYED)}
    assert answered >= OPEN
    for (method, path), resource in product(answered - OPEN, (rest.PROXY, rest.KEYED)):
        asked = re.sub(r"\{\w+\}", "x1", path)
        proxy = Route("ANY", resource, "AdminFunction")
        parameters = proxy.match(method, resource.replace("/{proxy+}", asked))
        came = {"resource": resource, "pathParameters": parameters, "requestContext": {}}
        found = rest.resolved(came)
        assert found["resource"] == found["requestContext"]["resourcePath"] == path
        assert set((found["pathParameters"] or {}).values()) <= {"x1"}
    assert rest.resolved({"resource": rest.PROXY, "pathParameters": {"proxy": "none/such"}}) is None


def test_a_function_s_policy_has_room_for_a_permission_for_each_route() -> None:
    """SAM gives API Gateway one for each, of some 400 bytes, and AWS takes 20 KB of them."""
    for function in FUNCTIONS:
        assert len(events(function, "HttpApi", "Api")) <= 40


def test_the_admin_is_open_to_nobody_but_for_the_page_they_sign_in_on_and_its_files() -> None:
    auth = RESOURCES["AdminApi"]["Properties"]["Auth"]
    assert auth["DefaultAuthorizer"] in auth["Authorizers"]
    authorized = {(each["Method"], each["Path"]): each.get("Auth") for each in events("AdminFunction", "Api")}
    by_key = ("ANY", importlib.import_module("functions.admin.rest").KEYED)
    assert {route for route, by in authorized.items() if by == {"Authorizer": "NONE"}} <= OPEN
    assert {route for route, by in authorized.items() if by is None} == {("ANY", "/{proxy+}")}
    assert authorized[by_key] == {"Authorizer": "Keys"}
    asks = auth["Authorizers"]["Keys"]
    assert asks["FunctionArn"] == {"Fn::GetAtt": ["KeysFunction", "Arn"]}
    assert asks["Identity"] == {"Headers": ["Authorization"], "ReauthorizeEvery": 0}


def test_whoever_asks_with_a_key_reaches_nothing_of_the_tables_but_keys() -> None:
    (statement,) = RESOURCES["KeysRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["dynamodb:GetItem", "dynamodb:UpdateItem"]
    assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["KEY"]}}


def test_access_logs_hold_nothing_personal() -> None:
    logged = set(
        re.findall(r"\$context\.([\w.]+)", RESOURCES["PublicApi"]["Properties"]["AccessLogSettings"]["Format"])
    )
    assert "routeKey" in logged
    assert logged <= {
        *("requestTime", "requestId", "routeKey", "status"),
        *("responseLength", "responseLatency", "integrationErrorMessage"),
    }


# ── what brings events, and where what fails goes ──


def test_a_queue_waits_long_enough_and_sets_aside_what_fails_ten_times() -> None:
    for function in FUNCTIONS:
        for event in events(function, "SQS"):
            queue = RESOURCES[event["Queue"]["Fn::GetAtt"][0]]["Properties"]
            timeout = TEMPLATE.properties(TEMPLATE.resources[function])["Timeout"]
            window = event.get("MaximumBatchingWindowInSeconds", 0)
            assert queue["VisibilityTimeout"] >= 6 * timeout + window
            assert queue["RedrivePolicy"]["maxReceiveCount"] == 10
            assert event["BatchSize"] <= 10 or window > 0  # as AWS wants it
            assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    profile = importlib.import_module("functions.profile.app")
    for queue in ("EventsQueue", "PromptQueue"):
        assert RESOURCES[queue]["Properties"]["RedrivePolicy"]["maxReceiveCount"] == profile.MAX_RECEIVES


def test_silence_is_asserted_of_no_time_of_which_something_may_still_be_gathered() -> None:
    windows = [event.get("MaximumBatchingWindowInSeconds", 0) for event in events("ProfileFunction", "SQS")]
    assert (max(windows) + 5) * SECOND <= HEARD_AFTER


@ALL_FUNCTIONS
def test_a_call_ends_before_the_function_does(function: str) -> None:
    """Else a service that hangs is a function that was stopped: nobody hears what it has done, or gets our answer."""
    timeout = TEMPLATE.properties(TEMPLATE.resources[function])["Timeout"]
    for service in {operation.split(":")[0] for operation in operations(function)} & clients.READ.keys():
        assert clients.longest(service) <= timeout, service


def test_ses_tells_of_everything_that_feedback_understands() -> None:
    notices = importlib.import_module("shared.domain.sources.ses")
    told = RESOURCES["MailNotices"]["Properties"]["EventDestination"]["MatchingEventTypes"]
    assert sorted(name.lower() for name in told) == sorted(name.lower().replace(" ", "") for name in notices._TYPES)


def test_every_way_without_an_answer_ends_in_a_dead_letter_queue() -> None:
    ends = []
    for function, properties in FUNCTIONS.items():
        ends += [event["DestinationConfig"]["OnFailure"]["Destination"] for event in events(function, "DynamoDB")]
        if events(function, "Schedule", "ScheduleV2"):
            ends.append(properties["EventInvokeConfig"]["DestinationConfig"]["OnFailure"]["Destination"])
    for resource in RESOURCES.values():
        if resource["Type"] == "AWS::SNS::Subscription":
            ends.append(resource["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        if resource["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in resource["Properties"]:
            ends.append(resource["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
    queues = {name for name, r in RESOURCES.items() if r["Type"] == "AWS::SQS::Queue" and name.endswith("DeadLetters")}
    assert {end["Fn::GetAtt"][0] for end in ends} == queues
    told = RESOURCES["Alarms"]["Properties"]["Parameters"]
    assert {name: told.get(name) for name in queues} == {name: {"Fn::GetAtt": [name, "QueueName"]} for name in queues}
    alarms = Template({}, "", ROOT / "infra/alarms.yaml").raw["Resources"]
    watched = {value["Ref"] for key, value in walk(alarms) if key == "Value" and "Ref" in value}
    assert watched >= queues, "no alarm looks at one of the queues of dead letters"


def test_the_stream_filters_let_through_what_the_functions_are_for() -> None:
    someone = (Identity(kind=IdentityKind.CONTACT, value="c"),)
    event = Event(id="e", type="Page Viewed", time=1, received=1, source="segment", identities=someone)
    prefixes = {
        function: [
            prefix
            for stream in events(function, "DynamoDB")
            for each in stream["FilterCriteria"]["Filters"]
            for kind in json.loads(each["Pattern"])["dynamodb"]["Keys"]["kind"]["S"]
            for prefix in [kind["prefix"] if isinstance(kind, dict) else kind]
        ]
        for function in ("LakeFunction", "TransitionFunction")
    }
    assert event_key(event).startswith(prefixes["LakeFunction"][0])
    assert prefixes == {
        "LakeFunction": ["EVENT#"],
        "TransitionFunction": ["TRANSITION#", "RUN#", "EVENT#", "WORDS", "PROFILE"],
    }
    patterns = [
        json.loads(each["Pattern"])["dynamodb"]
        for stream in events("TransitionFunction", "DynamoDB")
        for each in stream["FilterCriteria"]["Filters"]
    ]
    written = [each["NewImage"]["type"]["S"] for each in patterns if "type" in each.get("NewImage", {})]
    assert [set(each) for each in written] == [WRITTEN]
    assert len(patterns) <= 5, "a trigger has five filters, unless AWS has raised the quota"


def test_a_stream_has_no_more_readers_than_aws_has_room_for() -> None:
    readers = [name for name in FUNCTIONS for _ in events(name, "DynamoDB")]
    assert sorted(readers) == ["LakeFunction", "TransitionFunction"], "a shard of a stream is read by two at most"


def test_schedules_ask_for_tasks_that_there_are() -> None:
    built("RefreshFunction")
    assert [json.loads(event["Input"]) for event in events("RefreshFunction", "Schedule")] == [
        {"task": "wake"},
        {"task": "runs"},
        {"task": "sending"},
    ]
    (nightly,) = RESOURCES["RefreshWorkflow"]["Properties"]["Events"].values()
    asked = importlib.import_module("functions.refresh.passes").Asked
    assert asked.model_validate_json(nightly["Properties"]["Input"]).do == "nightly"


# ── alarms ──

ALARMS = Template({}, "", ROOT / "infra/alarms.yaml").raw["Resources"]
# What the services tell, and of what: the pages "metrics and dimensions" of their documentation.
TOLD_BY_AWS = {
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): {"QueueName"},
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): {"QueueName"},
    ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible"): {"QueueName"},
    ("AWS/SQS", "NumberOfMessagesSent"): {"QueueName"},
    ("AWS/Lambda", "IteratorAge"): {"FunctionName"},
    ("AWS/Lambda", "RecursiveInvocationsDropped"): {"FunctionName"},
    ("AWS/Lambda", "Throttles"): set(),  # of the account
    ("AWS/ApiGateway", "5xx"): {"ApiId"},  # an HTTP API's; a REST API's is called 5XXError, of ApiName
    ("AWS/States", "ExecutionsFailed"): {"StateMachineArn"},
    ("AWS/SES", "Reputation.BounceRate"): set(),
    ("AWS/SES", "Reputation.ComplaintRate"): set(),
}


def metrics_of(alarm: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The namespace, the name and the dimensions of each metric an alarm is about."""
    properties = alarm.get("Properties", {})
    for metric in [
        properties,
        *(each["MetricStat"]["Metric"] for each in properties.get("Metrics", []) if "MetricStat" in each),
    ]:
        if "MetricName" in metric:
            namespace = "ours" if metric["Namespace"] == {"Ref": "MetricsNamespace"} else metric["Namespace"]
            yield namespace, metric["MetricName"], {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}


@cache
def emitted() -> dict[tuple[str, str], set[str]]:
    """The dimensions of each metric that a function tells under a name of its own, by service and name."""
    found: dict[tuple[str, str], set[str]] = {}
    for function in FUNCTIONS:
        for module, statement in reached(function):
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "metrics.add_metric":
                    found[folder(function), ast.literal_eval(node.args[0])] = {"service"}
                if isinstance(node, ast.With) and "single_metric(" in (
                    opened := ast.unparse(node.items[0].context_expr)
                ):
                    assert "namespace" not in opened, f"{module} counts outside the stack's namespace"
                    more = set(re.findall(r"add_dimension\('(\w+)'", ast.unparse(node)))
                    for name in re.findall(r"name='(\w+)'", opened):
                        found[folder(function), name] = {"service", *more}
    return found


def test_every_alarm_is_about_a_metric_that_somebody_tells() -> None:
    alarms = {name: r for name, r in ALARMS.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
    assert len(alarms) > 20
    for name, alarm in alarms.items():
        told = list(metrics_of(alarm))
        assert told, name
        for namespace, metric, dimensions in told:
            if namespace != "ours":
                assert set(dimensions) == TOLD_BY_AWS[namespace, metric], f"{name}: {metric}"
            elif metric == "Errors":  # of the metric filter on the log group
                assert dimensions == {}
            else:
                assert set(dimensions) == emitted()[dimensions["service"], metric], f"{name}: {metric}"
        assert alarm["Properties"]["AlarmActions"] == [{"Ref": "Topic"}]
        assert len(alarm["Properties"]["AlarmDescription"]) > 60, f"{name} does not say what to do"


def test_the_cost_of_the_alarms_is_told_as_it_is() -> None:
    alarms = [alarm for alarm in ALARMS.values() if alarm["Type"] == "AWS::CloudWatch::Alarm"]
    metrics = sum(len(list(metrics_of(alarm))) for alarm in alarms)  # each is paid for
    told = f"| idle: {len(alarms)} alarms on {metrics} metrics at $0.10"
    assert told in (ROOT / "docs/deploying.md").read_text(), told


def test_an_alarm_s_reason_is_one_that_a_message_is_refused_for() -> None:
    ((_, _, dimensions),) = metrics_of(ALARMS["MessagesRejected"])
    assert dimensions == {"reason": Refusal.REJECTED, "service": "message"}


def test_alarms_are_given_what_they_are_about() -> None:
    raw = Template({}, "", ROOT / "infra/alarms.yaml").raw
    given = RESOURCES["Alarms"]["Properties"]["Parameters"]
    assert set(given) == set(raw["Parameters"])
    used = {value for key, value in walk(ALARMS) if key == "Ref"}
    assert set(given) <= {*used, "Email"}


def test_every_queue_and_stream_has_an_alarm_that_rings_for_what_stands_still() -> None:
    about = {
        (metric, of.get("Ref"))
        for alarm in ALARMS.values()
        for _, metric, d in metrics_of(alarm)
        for of in d.values()
        if isinstance(of, dict)
    }
    queues = {name for name, r in RESOURCES.items() if r["Type"] == "AWS::SQS::Queue"}
    dead = {name for name in queues if name.endswith("DeadLetters")}
    assert {("ApproximateAgeOfOldestMessage", name) for name in queues - dead} <= about
    streamed = {name for name in FUNCTIONS if events(name, "DynamoDB")}
    assert {("IteratorAge", name) for name in streamed} <= about
    for name in dead:
        assert {metric for metric, of in about if of == name}, f"nobody is told of {name}"


def test_an_alarm_on_dead_letters_rings_for_each_that_comes() -> None:
    moved_by_sqs = {
        r["Properties"]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        for r in RESOURCES.values()
        if r["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in r["Properties"]
    }
    for name, alarm in ALARMS.items():
        if name.endswith("SetAside"):
            queue = next(of["Ref"] for _, _, d in metrics_of(alarm) for of in d.values())
            metrics = {metric for _, metric, _ in metrics_of(alarm)}
            if queue in moved_by_sqs:  # which NumberOfMessagesSent does not count
                assert any("DIFF(" in each.get("Expression", "") for each in alarm["Properties"]["Metrics"]), name
            else:
                assert metrics == {"NumberOfMessagesSent"}, name


# ── journeys ──


@pytest.mark.parametrize("name", [n for n, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::StateMachine"])
def test_a_state_machine_names_nothing_that_is_not_substituted(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    text = (ROOT / properties["DefinitionUri"]).read_text()
    assert set(re.findall(r"\$\{(\w+)\}", text)) == set(properties["DefinitionSubstitutions"])


# ── lake ──


def test_the_lake_s_table_has_the_columns_of_its_rows() -> None:
    table = RESOURCES["LakeEvents"]["Properties"]["TableInput"]
    assert {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]} == dict(COLUMNS)
    assert [key["Name"] for key in table["PartitionKeys"]] == list(PARTITIONS)
    assert table["Parameters"]["projection.type.values"].split(",") == list(TYPES)


def test_the_facts_table_has_the_columns_of_its_rows() -> None:
    table = RESOURCES["LakeFacts"]["Properties"]["TableInput"]
    assert {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]} == dict(facts.COLUMNS)
    assert [key["Name"] for key in table["PartitionKeys"]] == list(facts.PARTITIONS)
    assert table["Parameters"]["projection.kind.values"].split(",") == list(facts.KINDS)
    location = TEMPLATE.resolve(table["Parameters"]["storage.location.template"])
    assert location == f"{TEMPLATE.resolve(table['StorageDescriptor']['Location'])}pass=${{pass}}/kind=${{kind}}/"


def test_the_journeys_table_has_the_columns_of_its_rows() -> None:
    table = RESOURCES["LakeJourneys"]["Properties"]["TableInput"]["StorageDescriptor"]
    assert {column["Name"]: column["Type"] for column in table["Columns"]} == dict(COUNT_COLUMNS)
    assert TEMPLATE.resolve(table["Location"]).endswith(f"/{JOURNEYS_PREFIX}/")


def test_the_lake_s_files_are_where_its_table_looks_for_them() -> None:
    table = RESOURCES["LakeEvents"]["Properties"]["TableInput"]
    location = TEMPLATE.resolve(table["Parameters"]["storage.location.template"])
    assert location == f"{TEMPLATE.resolve(table['StorageDescriptor']['Location'])}month=${{month}}/type=${{type}}/"
    assert table["Parameters"]["projection.month.range"] == f"{FIRST_MONTH},NOW"


# ── docs ──


def test_the_docs_say_of_every_table_of_the_lake_where_its_files_are_and_in_which_form() -> None:
    page = (ROOT / "docs/events.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \| `(\w+/)[^|]*?(?:Parquet|JSON)", page, re.MULTILINE))
    tables = [each["Properties"]["TableInput"] for each in RESOURCES.values() if each["Type"] == "AWS::Glue::Table"]
    where = {each["Name"]: TEMPLATE.resolve(each["StorageDescriptor"]["Location"]) for each in tables}
    assert told == {name: f"{location.rstrip('/').rpartition('/')[2]}/" for name, location in where.items()}


def test_deploying_says_what_to_answer_and_which_secrets_to_store() -> None:
    page = (ROOT / "docs/deploying.md").read_text()
    for name in [*TEMPLATE.raw["Parameters"], *TEMPLATE.raw["Outputs"], *secrets_in(RESOURCES)]:
        assert f"`{name}`" in page, f"docs/deploying.md does not speak of {name}"
