"""The insight workflow's ASL file, run by moto's interpreter, with a Lambda that says where to go next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.insight.night import TASK, Begin, Night
from infra.local.aws import states_language
from tests.journeys.at_once import executing
from tests.journeys.nights import execution

FILE = Path(__file__).resolve().parents[2] / "infra/statemachines/insight.asl.json"
STEPS = ["ask", "answer", "answer", "ask", "answer", "read", "fit", "tell", "tell", "done"]
TASKS = ["begin", "ask", "take", "take", "ask", "take", "read", "fit", "tell", "tell"]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    def run(fails: int = 0) -> tuple[dict[str, Any], list[str]]:
        """Each step says that the next of STEPS follows. The execution as it ended, and the tasks that were done."""
        ahead, failing, tasks = iter(STEPS), [fails], list[str]()

        def step(payload: dict[str, Any]) -> dict[str, Any] | None:
            if failing[0]:
                failing[0] -= 1
                return None
            asked = TASK.validate_python(payload)
            tasks.append(asked.task)
            begun = Night(name="a-night", at=7, night="2026-11-29", next="ask")
            return (begun if isinstance(asked, Begin) else asked.state).then(next(ahead)).model_dump(mode="json")

        return execution(monkeypatch, FILE, "InsightFunctionArn", step), tasks

    with executing():
        yield run


def test_a_night_goes_where_each_step_says(play: Callable[..., Any]) -> None:
    ended, tasks = play()
    assert (ended["status"], tasks) == ("SUCCEEDED", TASKS)
    assert json.loads(ended["output"])["name"] == "a-night"


def test_a_step_that_fails_is_done_again(play: Callable[..., Any]) -> None:
    ended, tasks = play(fails=3)
    assert (ended["status"], tasks) == ("SUCCEEDED", TASKS)


def test_a_night_that_cannot_go_on_fails_and_says_so(play: Callable[..., Any]) -> None:
    assert play(fails=10)[0]["status"] == "FAILED"


def test_the_local_interpreter_reads_the_file() -> None:
    arns = FILE.read_text(encoding="utf-8").replace("${InsightFunctionArn}", "arn:aws:lambda:eu-west-1:1:function:i")
    assert states_language.machine(arns)["StartAt"] == "Begin"
