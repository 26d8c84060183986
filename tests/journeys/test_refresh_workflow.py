"""The refresh workflow's ASL file, run by moto's interpreter, with Lambdas that say where to go next.

As in test_state_machines: waits take no time, and pauses between retries are noted and skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from functions.amend import rebuilding
from functions.export import app as export
from functions.refresh import passes
from functions.refresh.passes import TASK, Begin, Pass, Step
from infra.local.aws import states_language
from shared.adapters.definitions import CACHE_TTL
from shared.domain.events import SECOND
from tests.journeys.at_once import executing

FILE = Path(__file__).resolve().parents[2] / "infra/statemachines/refresh.asl.json"
MACHINE: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ROLE = "arn:aws:iam::123456789012:role/refresh"
NAME = "a-pass"


@dataclass
class Played:
    """The states an execution entered, the tasks it asked for, the pauses between tries, and how it ended."""

    states: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    status: str = ""
    output: Any = None


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Played]]:
    def run(steps: list[str], pages: int = 1, fails: int = 0, partitions: int = 1) -> Played:
        """Each step of the refresh function says that the next of `steps` follows; the last is `done`."""
        played, ahead, failing = Played(), iter([*steps, "done"]), [fails]

        def invoke(parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
            if failing[0]:
                failing[0] -= 1
                return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": {"errorType": "ClientError"}}
            payload = json.loads(parameters["Payload"])
            return {"StatusCode": 200, "Payload": task(parameters["FunctionName"], payload)}

        def task(function: str, payload: dict[str, Any]) -> Any:
            if function == "export":
                page = export.Page.model_validate(payload)
                assert (page.name, page.at, page.definitions, page.draft) == (NAME, 7, 3, None)
                played.tasks.append(f"export {page.place.shard}")
                last = page.place.shard + 1 == pages
                corrected = {"vip": page.corrected.get("vip", 0) + 1}
                place = None if last else [page.place.shard + 1, "c"]
                return {"place": place, "contacts": page.contacts + 10, "corrected": corrected}
            if function == "amend":
                match rebuilding.TASK.validate_python(payload):
                    case rebuilding.Collect() as collected:
                        played.tasks.append(f"collect {collected.place.shard}")
                        last = collected.place.shard + 1 == pages
                        place = None if last else [collected.place.shard + 1, "c"]
                        return {"place": place, "contacts": collected.contacts + 10}
                    case rebuilding.PutInPlace(after=after):
                        played.tasks.append(f"put in place after {after!r}")
                        number = int(after or "0") + 1
                        return {"after": None if number == partitions else str(number)}
            match TASK.validate_python(payload):
                case Begin(name=name, input=asked):
                    played.tasks.append("begin")
                    begun = Pass(
                        **asked.model_dump(), name=name, at=7, lake_ready_at="", definitions=3, adopt=3, next="done"
                    )
                    return begun.then(next(ahead)).model_dump(mode="json")
                case Step(task=name, state=state):
                    played.tasks.append(name)
                    parts = {"page": passes.Page()} if name == "look" else {}  # it begins anew
                    return state.then(next(ahead), **parts).model_dump(mode="json")
                case other:
                    raise AssertionError(other)

        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=played.pauses.append))
        text = FILE.read_text(encoding="utf-8")
        machine = json.loads(re.sub(r"\$\{(\w+)FunctionArn\}", lambda named: named[1].lower(), text))
        for state in machine["States"].values():
            if state["Type"] == "Wait":
                state.pop("TimestampPath", None)
                state["Seconds"] = 0
        client = boto3.client("stepfunctions", region_name="eu-west-1")
        arn = client.create_state_machine(name="refresh", definition=json.dumps(machine), roleArn=ROLE)
        execution = client.start_execution(
            stateMachineArn=arn["stateMachineArn"], name=NAME, input='{"do": "nightly"}'
        )["executionArn"]
        ended = client.describe_execution(executionArn=execution)
        history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
        entered = [each["stateEnteredEventDetails"] for each in history if "stateEnteredEventDetails" in each]
        played.states = [each["name"] for each in entered]
        played.status = ended["status"]
        played.output = json.loads(ended["output"]) if "output" in ended else None
        return played

    with executing():
        yield run


def test_contacts_are_exported_page_by_page_before_anything_is_asked(play: Callable[..., Played]) -> None:
    played = play(["export", "answer", "answer", "take", "ask", "answer"], pages=3)
    assert played.status == "SUCCEEDED"
    assert played.tasks == ["begin", "export 0", "export 1", "export 2", "ask", "take", "take", "take", "ask", "take"]
    assert played.output["page"] == {"place": None, "contacts": 30, "corrected": {"vip": 3}}


def test_filling_waits_longer_than_a_lambda_goes_by_what_it_has_read(play: Callable[..., Played]) -> None:
    played = play(["settle", "fill", "fill"])
    assert played.tasks == ["begin", "fill", "fill", "fill"]
    assert [state for state in played.states if state != "What next"] == [
        "Begin", "Settle", "Fill", "Breathe", "Fill", "Breathe", "Fill", "Done",
    ]  # fmt: skip
    assert MACHINE["States"]["Settle"]["Seconds"] * SECOND > CACHE_TTL


def test_a_night_can_end_with_a_filling(play: Callable[..., Played]) -> None:
    played = play(["export", "answer", "settle", "fill"])
    assert played.tasks == ["begin", "export 0", "ask", "take", "fill", "fill"]


def test_a_rebuild_collects_page_by_page_puts_in_place_part_by_part_and_ends_as_a_night(
    play: Callable[..., Played],
) -> None:
    played = play(["settle", "fill", "lake", "export", "answer"], pages=2, partitions=3)
    assert played.status == "SUCCEEDED"
    assert played.tasks == [
        "begin", "fill", "fill", "collect 0", "collect 1", "put in place after ''", "put in place after '1'",
        "put in place after '2'", "look", "export 0", "export 1", "ask", "take",
    ]  # fmt: skip
    assert MACHINE["States"]["Let the stream catch up"]["Seconds"] * SECOND >= passes.LAKE_IS_LATE


def test_a_step_that_fails_is_tried_again(play: Callable[..., Played]) -> None:
    played = play(["settle"], fails=4)
    assert (played.status, len(played.pauses)) == ("SUCCEEDED", 4)


def test_a_step_that_never_works_leaves_a_failed_execution(play: Callable[..., Played]) -> None:
    assert play(["settle"], fails=5).status == "FAILED"


def test_where_a_step_can_send_the_pass_there_is_a_way(play: Callable[..., Played]) -> None:
    ways = {rule["StringEquals"] for rule in MACHINE["States"]["What next"]["Choices"]}
    assert ways | {"done"} == set(Pass.model_fields["next"].annotation.__args__)  # type: ignore[union-attr]


def test_the_local_run_reads_it_and_every_state_tells_its_story() -> None:
    arns = FILE.read_text(encoding="utf-8").replace("${", "arn:aws:lambda:eu-west-1:0:function:").replace("Arn}", "")
    assert states_language.machine(arns)["StartAt"] == "Begin"
    assert not [name for name, state in MACHINE["States"].items() if not state.get("Comment")]


def test_an_execution_has_room_for_a_million_contacts() -> None:
    """25,000 events of history: a task makes five, a choice and a wait two each."""
    exporting, filling = (5 + 2) * 1_000_000 / export.MAX_CONTACTS, (5 + 2 + 2) * 1_000_000 / passes.MAX_CONTACTS
    assert exporting + filling < 25_000 / 2
