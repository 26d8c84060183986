"""Reads `template.yaml`, the one list of what exists, and resolves its intrinsic functions for the local run."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from infra.local.aws import names
from infra.local.aws.calls import ACCOUNT, REGION

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "template.yaml"

STACK = "beckon-local", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/beckon-local/{UUID(int=0)}"
"""The name and the id of the stack that the local run stands for."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # in C where it was built: 0.1 s less
    """YAML with CloudFormation's short tags: `!Ref X` is `{"Ref": "X"}`, `!Sub x` is `{"Fn::Sub": "x"}`."""


def _short_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _short_tag)


@dataclass(frozen=True)
class Resource:
    """One resource: its type and its properties, intrinsic functions and all (see `Template.resolve`)."""

    name: str
    type: str
    properties: Mapping[str, Any]


class Template:
    """The template with values for its parameters."""

    def __init__(
        self, parameters: Mapping[str, str], public_url: str, file: Path = TEMPLATE, stack: tuple[str, str] = STACK
    ) -> None:
        self.raw = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader, with tags added
        self.public_url = public_url
        self.pseudo_parameters = {
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::Partition": "aws",
            "AWS::StackName": stack[0],
            "AWS::StackId": stack[1],
            "AWS::URLSuffix": "amazonaws.com",
        }
        given = {name: definition.get("Default", "") for name, definition in self.raw.get("Parameters", {}).items()}
        unknown = set(parameters) - set(given)
        if unknown:
            raise ValueError(f"the template has no parameter {', '.join(sorted(unknown))}")
        self.parameters = {**given, **parameters}
        self.resources = {
            name: Resource(name, definition["Type"], definition.get("Properties", {}))
            for name, definition in self.raw["Resources"].items()
            if "Condition" not in definition or self.condition(definition["Condition"])
        }

    def of_type(self, type_: str) -> list[Resource]:
        return [resource for resource in self.resources.values() if resource.type == type_]

    def properties(self, resource: Resource) -> dict[str, Any]:
        """The resource's properties, resolved, with SAM's Globals of its type underneath."""
        section = {"AWS::Serverless::Function": "Function", "AWS::Serverless::HttpApi": "HttpApi"}.get(
            resource.type, ""
        )
        resolved: dict[str, Any] = self.resolve(
            _merged(self.raw.get("Globals", {}).get(section, {}), resource.properties)
        )
        return resolved

    def condition(self, name: str) -> bool:
        return bool(self.resolve(self.raw["Conditions"][name]))

    def resolve(self, value: Any) -> Any:
        """The value with its intrinsic functions carried out. ValueError names one that the local run does not know."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or name.startswith("Fn::") or name == "Condition":
                return self._call(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self.reference,
            "Condition": self.condition,
            "Fn::GetAtt": lambda path: self.attribute(*(path if isinstance(path, list) else path.split(".", 1))),
            "Fn::Sub": self._substitute,
            "Fn::Join": lambda a: str(a[0]).join(map(str, self.resolve(a[1]))),
            "Fn::Select": lambda a: self.resolve(a[1])[int(a[0])],
            "Fn::Split": lambda a: str(self.resolve(a[1])).split(a[0]),
            "Fn::If": lambda a: self.resolve(a[1] if self.condition(a[0]) else a[2]),
            "Fn::Equals": lambda a: self.resolve(a[0]) == self.resolve(a[1]),
            "Fn::Not": lambda a: not self.resolve(a[0]),
            "Fn::And": lambda a: all(map(self.resolve, a)),
            "Fn::Or": lambda a: any(map(self.resolve, a)),
        }
        if name not in functions:
            raise ValueError(f"the local run does not know the intrinsic function {name}")
        return functions[name](argument)

    def _substitute(self, argument: Any) -> str:
        text, given = argument if isinstance(argument, list) else (argument, {})
        values = {key: self.resolve(item) for key, item in given.items()}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name in values:
                return str(values[name])
            return str(self.attribute(*name.split(".", 1)) if "." in name else self.reference(name))

        made = re.sub(r"\$\{([A-Za-z0-9:._]+)\}", value, text).replace("${!", "${")
        # A REST API has no attribute that says where it is: here it is where the public one is.
        return re.sub(r"^https://\w+\.execute-api\.[\w.-]+", self.public_url.rstrip("/"), made)

    def reference(self, name: str) -> Any:
        """What `!Ref name` gives: a parameter's value, or the resource's physical id."""
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self.pseudo_parameters:
            return self.pseudo_parameters[name]
        if name in self.parameters:
            return self.parameters[name]
        if name not in self.resources and name.endswith("Version"):  # what SAM makes of AutoPublishAlias
            machine = name.removesuffix("Version")
            if "AutoPublishAlias" in self.resources[machine].properties:
                return f"{self.attribute(machine, 'Arn')}:1"
        type_ = self._type(name)
        if type_ == "AWS::SQS::Queue":
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        if type_ in ("AWS::SNS::Topic", "AWS::Serverless::StateMachine", "AWS::Serverless::LayerVersion"):
            return self.attribute(name, "Arn")
        if type_ == "AWS::S3::Bucket":
            return name.lower()
        if type_ == "AWS::Cognito::UserPool":
            return f"{REGION}_{name}"
        return self.name(self.resources[name]) or name

    def name(self, resource: Resource) -> str | None:
        """The name that the template gives to a resource; None where it leaves that to CloudFormation. A database
        without one gets what CloudFormation would call it: Athena cannot read that (`names`)."""
        given: str | None = self.resolve(names.given(resource.type, resource.properties))
        if given is None and resource.type == "AWS::Glue::Database":
            return names.generated(resource.type, self.pseudo_parameters["AWS::StackName"], resource.name)
        return given

    def attribute(self, name: str, attribute: str) -> Any:
        """What `!GetAtt name.attribute` gives."""
        type_ = self._type(name)
        if attribute == "ApiEndpoint":
            return self.public_url
        if type_ == "AWS::Serverless::StateMachine":
            name = self.name(self.resources[name]) or name
        if attribute in ("QueueName", "TopicName", "Name"):
            return name
        if attribute == "QueueUrl":
            return self.reference(name)
        if attribute == "StreamArn":
            return f"{self.attribute(name, 'Arn')}/stream/0"
        if attribute in ("Arn", "TopicArn", "WorkgroupArn"):
            return _arn(type_, name)
        raise ValueError(f"the local run does not know the attribute {attribute} of {type_} ({name})")

    def _type(self, name: str) -> str:
        if name not in self.resources:
            raise ValueError(f"the template names {name}, but has no such resource")
        return self.resources[name].type


_NO_VALUE = object()


def _arn(type_: str, name: str) -> str:
    paths = {
        "AWS::DynamoDB::Table": f"dynamodb:{REGION}:{ACCOUNT}:table/{name}",
        "AWS::SQS::Queue": f"sqs:{REGION}:{ACCOUNT}:{name}",
        "AWS::SNS::Topic": f"sns:{REGION}:{ACCOUNT}:{name}",
        "AWS::Serverless::Function": f"lambda:{REGION}:{ACCOUNT}:function:{name}",
        "AWS::Serverless::StateMachine": f"states:{REGION}:{ACCOUNT}:stateMachine:{name}",
        "AWS::S3::Bucket": f"s3:::{name.lower()}",
    }
    return f"arn:aws:{paths.get(type_, f'local:{REGION}:{ACCOUNT}:{name}')}"


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """SAM's rule for Globals: maps are joined, everything else is replaced."""
    joined = dict(under)
    for key, value in over.items():
        held = joined.get(key)
        joined[key] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return joined
