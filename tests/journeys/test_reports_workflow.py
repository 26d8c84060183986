"""The reports workflow's ASL file, run by moto's interpreter, with a Lambda that says where to go next."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.report.night import TASK, Begin, Night
from infra.local.aws import states_language
from tests.journeys.at_once import executing
from tests.journeys.nights import execution

FILE = Path(__file__).resolve().parents[2] / "infra/statemachines/reports.asl.json"
STEPS = ["ask", "answer", "answer", "ask", "answer", "make", "make", "done"]
TASKS = ["begin", "ask", "take", "take", "ask", "take", "make", "make"]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    def run(fails: int = 0, of: str = "", last: str = "done") -> tuple[dict[str, Any], list[str]]:
        """Each step says that the next of STEPS follows. The first `fails` invocations (`of` a task) fail. The
        execution as it ended, and the tasks that were done."""
        ahead, failing, tasks = iter([*STEPS[:-1], last]), [fails], list[str]()

        def step(payload: dict[str, Any]) -> dict[str, Any] | None:
            if failing[0] and payload["task"].startswith(of):
                failing[0] -= 1
                return None
            asked = TASK.validate_python(payload)
            tasks.append(asked.task)
            begun = Night(name="a-night", at=7, night="2026-11-29", next="ask")
            return (begun if isinstance(asked, Begin) else asked.state).then(next(ahead)).model_dump(mode="json")

        return execution(monkeypatch, FILE, "ReportFunctionArn", step), tasks

    with executing():
        yield run


def test_a_night_goes_where_each_step_says(play: Callable[..., Any]) -> None:
    ended, tasks = play()
    assert (ended["status"], tasks) == ("SUCCEEDED", TASKS)
    assert json.loads(ended["output"])["name"] == "a-night"


def test_a_step_that_fails_is_done_again(play: Callable[..., Any]) -> None:
    ended, tasks = play(fails=3)
    assert (ended["status"], tasks) == ("SUCCEEDED", TASKS)


def test_a_report_that_takes_the_function_s_time_is_left_as_it_was(play: Callable[..., Any]) -> None:
    ended, tasks = play(fails=5, of="make")
    assert (ended["status"], tasks) == ("SUCCEEDED", [*TASKS[:-2], "leave", "make"])


def test_a_night_without_some_of_its_reports_has_failed_and_says_so(play: Callable[..., Any]) -> None:
    ended, tasks = play(last="failed")
    assert (ended["status"], ended["error"], tasks) == ("FAILED", "ReportsFailed", TASKS)


def test_a_night_that_cannot_go_on_fails(play: Callable[..., Any]) -> None:
    assert play(fails=10, of="ask")[0]["status"] == "FAILED"


def test_the_local_interpreter_reads_the_file() -> None:
    arns = FILE.read_text(encoding="utf-8").replace("${ReportFunctionArn}", "arn:aws:lambda:eu-west-1:1:function:r")
    assert states_language.machine(arns)["StartAt"] == "Begin"
