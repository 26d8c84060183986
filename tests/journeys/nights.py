"""A night's ASL file as moto's interpreter carries it out, with a function that stands for the Lambda."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

ROLE = "arn:aws:iam::123456789012:role/night"
FAILED = {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": {"errorType": "ClientError"}}


def execution(
    monkeypatch: pytest.MonkeyPatch, file: Path, function: str, step: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> dict[str, Any]:
    """The execution `a-night` as it ended. `step` is given what the Lambda is, and gives what it answers; None: it
    fails. Nothing is waited for."""

    def invoke(parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        payload = json.loads(parameters["Payload"])
        assert "@" not in json.dumps(payload)
        answer = step(payload)
        return FAILED if answer is None else {"StatusCode": 200, "Payload": answer}

    monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
    monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda _: None))
    machine = json.loads(file.read_text(encoding="utf-8").replace(f"${{{function}}}", "function"))
    for state in machine["States"].values():
        if state["Type"] == "Wait":
            state["Seconds"] = 0
    client = boto3.client("stepfunctions", region_name="eu-west-1")
    arn = client.create_state_machine(name="night", definition=json.dumps(machine), roleArn=ROLE)
    begun = client.start_execution(stateMachineArn=arn["stateMachineArn"], name="a-night", input="{}")
    ended: dict[str, Any] = client.describe_execution(executionArn=begun["executionArn"])
    return ended
