"""The insight workflow's ASL file, run by moto's interpreter, with a Lambda that says where to go next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from functions.insight.night import TASK, Begin, Night
from infra.local.aws import states_language
from tests.journeys.test_state_machines import end_of

FILE = Path(__file__).resolve().parents[2] / "infra/statemachines/insight.asl.json"
ROLE = "arn:aws:iam::123456789012:role/insight"
NAME = "a-night"
STEPS = ["ask", "answer", "answer", "ask", "answer", "fit", "tell", "tell", "done"]
TASKS = ["begin", "ask", "take", "take", "ask", "take", "fit", "tell", "tell"]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    def run(fails: int = 0) -> tuple[dict[str, Any], list[str]]:
        """Each step says that the next of STEPS follows. The execution as it ended, and the tasks that were done."""
        ahead, failing, tasks = iter(STEPS), [fails], list[str]()

        def invoke(parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
            payload = json.loads(parameters["Payload"])
            assert "@" not in json.dumps(payload)
            if failing[0]:
                failing[0] -= 1
                return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": {"errorType": "ClientError"}}
            asked = TASK.validate_python(payload)
            tasks.append(asked.task)
            if isinstance(asked, Begin):
                begun = Night(name=asked.name, at=7, night="2026-11-29", next="ask")
                return {"StatusCode": 200, "Payload": begun.then(next(ahead)).model_dump(mode="json")}
            return {"StatusCode": 200, "Payload": asked.state.then(next(ahead)).model_dump(mode="json")}

        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda _: None))
        machine = json.loads(FILE.read_text(encoding="utf-8").replace("${InsightFunctionArn}", "insight"))
        for state in machine["States"].values():
            if state["Type"] == "Wait":
                state["Seconds"] = 0
        client = boto3.client("stepfunctions", region_name="eu-west-1")
        arn = client.create_state_machine(name="insight", definition=json.dumps(machine), roleArn=ROLE)
        execution = client.start_execution(stateMachineArn=arn["stateMachineArn"], name=NAME, input="{}")
        ended = end_of(lambda: client.describe_execution(executionArn=execution["executionArn"]))
        return ended, tasks

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield run


def test_a_night_goes_where_each_step_says(play: Callable[..., Any]) -> None:
    ended, tasks = play()
    assert (ended["status"], tasks) == ("SUCCEEDED", TASKS)
    assert json.loads(ended["output"])["name"] == NAME


def test_a_step_that_fails_is_done_again(play: Callable[..., Any]) -> None:
    ended, tasks = play(fails=3)
    assert (ended["status"], tasks) == ("SUCCEEDED", TASKS)


def test_a_night_that_cannot_go_on_fails_and_says_so(play: Callable[..., Any]) -> None:
    assert play(fails=10)[0]["status"] == "FAILED"


def test_the_local_interpreter_reads_the_file() -> None:
    arns = FILE.read_text(encoding="utf-8").replace("${InsightFunctionArn}", "arn:aws:lambda:eu-west-1:1:function:i")
    assert states_language.machine(arns)["StartAt"] == "Begin"
