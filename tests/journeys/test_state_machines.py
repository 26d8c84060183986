"""The real ASL files, run by moto's interpreter of the Amazon States Language, which is not ours.

Two things are other than in AWS, so that a test takes no time: the Seconds of every Wait are set to 0 (what they are
in the file is asserted instead), and the pauses between retries are noted and skipped. The Lambdas' answers are put in
at the one place where the interpreter would call Lambda, so Retry, Catch and ResultSelector are the interpreter's own.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from functions.journey.app import TASK
from shared.adapters import definitions, shipped
from shared.domain.events import DAY, HOUR, MINUTE, SECOND
from shared.domain.journeys import BEGIN, Run
from shared.domain.messages import CLAIM_TIMEOUT, Message

ROOT = Path(__file__).resolve().parents[2]
JOURNEYS = {journey.id: journey for journey in shipped.journeys()}
FILES = {journey: ROOT / f"infra/statemachines/{journey}.asl.json" for journey in JOURNEYS}
ROLE = "arn:aws:iam::123456789012:role/journeys"
TEMPLATES = ROOT / "functions/message/templates/compiled"

Answer = dict[str, Any]


class TaskError(Exception):
    """A Lambda that raises an error of this name."""


@dataclass
class Played:
    """What an execution did: the states it entered, what it asked of the Lambdas, and how it ended."""

    states: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    status: str = ""
    error: str | None = None
    output: Any = None


Play = Callable[..., Played]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    def run(
        journey: str,
        path: str = BEGIN,
        message: Callable[[Message], Answer] = lambda message: {"status": "sent", "reason": None},
        member: bool = False,
    ) -> Played:
        played = Played()

        def invoke(parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
            payload = json.loads(parameters["Payload"])
            try:
                answer = task(parameters["FunctionName"], payload)
            except TaskError as error:
                raised = {"errorType": str(error), "errorMessage": ""}
                return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": raised}
            return {"StatusCode": 200, "Payload": answer}

        def task(function: str, payload: dict[str, Any]) -> Answer:
            if function == "message":
                asked = Message.model_validate(payload)
                played.mails.append(asked.step)
                return message(asked)
            wanted = TASK.validate_python(payload)
            if wanted.action == "branch":
                return {"member": member}
            played.records.append(payload)
            return {}

        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=played.pauses.append))
        execute(definition(journey), Run("c0ffee", journey, JOURNEYS[journey].enters, 7, path), played)
        return played

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        yield run


def definition(journey: str) -> dict[str, Any]:
    text = FILES[journey].read_text(encoding="utf-8")
    text = text.replace("${MessageFunctionArn}", "message").replace("${JourneyFunctionArn}", "journey")
    machine: dict[str, Any] = json.loads(text)
    for state in machine["States"].values():
        if state["Type"] == "Wait":
            state["Seconds"] = 0
    return machine


def execute(machine: dict[str, Any], run: Run, played: Played) -> None:
    client = boto3.client("stepfunctions", region_name="eu-west-1")
    arn = client.create_state_machine(name=run.journey, definition=json.dumps(machine), roleArn=ROLE)["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn, name=run.id, input=json.dumps(run.input()))["executionArn"]
    ended = end_of(lambda: client.describe_execution(executionArn=execution))
    history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    played.states = [each["stateEnteredEventDetails"]["name"] for each in history if "stateEnteredEventDetails" in each]
    played.status, played.error = ended["status"], ended.get("error")
    played.output = json.loads(ended["output"]) if "output" in ended else None


def end_of(describe: Callable[[], Any]) -> Any:
    """The execution runs in a thread of moto's; it is there within milliseconds."""
    until = time.monotonic() + 20
    while (described := describe())["status"] == "RUNNING":
        assert time.monotonic() < until, "the execution does not end"
        time.sleep(0.005)
    return described


def raises(name: str, times: int) -> Callable[[Message], Answer]:
    """A message function that fails so many times, and then sends."""
    left = [times]

    def message(_: Message) -> Answer:
        left[0] -= 1
        if left[0] >= 0:
            raise TaskError(name)
        return {"status": "sent", "reason": None}

    return message


# ── the paths ──


def test_onboarding_of_somebody_who_has_not_ordered(play: Play) -> None:
    played = play("onboarding")
    assert played.mails == ["welcome", "getting_started", "check_in"]
    assert played.states == [
        *("Which path?", "Welcome", "Wait 2 days", "Has ordered?", "Customer?", "Getting started"),
        *("Wait 5 days", "Check-in", "Completed", "Done"),
    ]
    assert played.status == "SUCCEEDED"
    assert [record["outcome"] for record in played.records] == ["completed"]


def test_onboarding_of_a_customer(play: Play) -> None:
    played = play("onboarding", member=True)
    assert played.mails == ["welcome", "getting_started_customer", "check_in"]
    assert "Getting started" not in played.states
    assert played.status == "SUCCEEDED"


def test_onboarding_ends_with_a_thank_you_for_the_first_order(play: Play) -> None:
    played = play("onboarding", path="thank_you")
    assert played.states == ["Which path?", "Thank you", "Thanked", "Done"]
    assert played.mails == ["thank_you"]
    assert played.records[0]["path"] == "thank_you"


def test_win_back_tries_three_times_and_says_goodbye(play: Play) -> None:
    played = play("win_back")
    assert played.mails == ["we_miss_you", "whats_new", "update_preferences", "goodbye"]
    assert [(record["outcome"], record["traits"]) for record in played.records] == [("dormant", {"dormant": True})]
    assert played.status == "SUCCEEDED"


def test_who_comes_back_is_welcomed_and_dormant_no_more(play: Play) -> None:
    played = play("win_back", path="welcome_back")
    assert played.states == ["Which path?", "Welcome back", "Returned", "Done"]
    assert [record["traits"] for record in played.records] == [{"dormant": False}]


@pytest.mark.parametrize("journey", FILES)
def test_a_path_that_the_journey_does_not_have_fails(play: Play, journey: str) -> None:
    played = play(journey, path="elsewhere")
    assert (played.status, played.error, played.mails) == ("FAILED", "UnknownPath", [])


@pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)
def test_every_exit_path_of_a_journey_is_a_path_of_its_state_machine(play: Play, journey: Any) -> None:
    for path in {exit_.path for exit_ in journey.exits if exit_.path is not None}:
        assert play(journey.id, path=path).status == "SUCCEEDED"


def test_waits_are_as_long_as_the_story_says() -> None:
    def waits(journey: str) -> list[int]:
        states = json.loads(FILES[journey].read_text())["States"].values()
        return [state["Seconds"] * SECOND for state in states if state["Type"] == "Wait"]

    assert waits("onboarding") == [2 * DAY, 5 * DAY]
    assert waits("win_back") == [5 * DAY, 5 * DAY, 5 * DAY]


# ── what steps are told, and what becomes of failures ──


def test_a_message_that_was_refused_does_not_end_the_journey(play: Play) -> None:
    played = play("onboarding", message=lambda _: {"status": "refused", "reason": "no_consent"})
    assert played.status == "SUCCEEDED"
    assert played.output["last"] == {"status": "refused", "reason": "no_consent"}


@pytest.mark.parametrize(
    ("error", "times"),
    [
        ("NotSentError", 12),
        ("OutcomePendingError", 6),
        ("SendingStoppedError", 50),
        ("AddressToComeError", 20),
        ("ClientError", 3),
    ],
)
def test_a_mail_that_cannot_be_sent_yet_is_tried_again(play: Play, error: str, times: int) -> None:
    played = play("win_back", path="welcome_back", message=raises(error, times))
    assert played.status == "SUCCEEDED"
    assert played.mails == ["welcome_back"] * (times + 1)


@pytest.mark.parametrize("journey", FILES)
def test_an_outcome_that_is_not_known_is_asked_for_until_the_claim_is_settled(journey: str) -> None:
    """A claim that is pending when the last try is over leaves a failed run: every step that sends outlasts it, and not
    by so much that the next mail waits for hours."""
    steps = most(journey, "OutcomePendingError")
    assert len(steps) == len(most(journey, "NotSentError")) == 5
    for _, lasts in steps:
        assert CLAIM_TIMEOUT < lasts * SECOND < HOUR
        assert CLAIM_TIMEOUT == 15 * MINUTE


def test_an_outcome_that_becomes_known_at_the_last_try_sends(play: Play) -> None:
    played = play("win_back", path="welcome_back", message=raises("OutcomePendingError", 6))
    assert played.status == "SUCCEEDED"
    assert sum(played.pauses) * SECOND == 30 * MINUTE


def most(journey: str, error: str) -> list[tuple[int, int]]:
    """Of each step that sends: how often it is tried again on this error, and how many seconds that takes (on average,
    where pauses are drawn)."""
    found = []
    for state in json.loads(FILES[journey].read_text())["States"].values():
        for retrier in state.get("Retry", []):
            if error in retrier["ErrorEquals"]:
                pause, total = float(retrier["IntervalSeconds"]), 0.0
                for _ in range(retrier["MaxAttempts"]):
                    total += min(pause, retrier.get("MaxDelaySeconds", pause))
                    pause *= retrier["BackoffRate"]
                found.append((retrier["MaxAttempts"], int(total / (2 if "JitterStrategy" in retrier else 1))))
    return found


@pytest.mark.parametrize("journey", FILES)
def test_ses_may_be_away_for_days_and_an_address_an_hour_late(journey: str) -> None:
    for error, least in (
        ("SendingStoppedError", 7 * DAY),
        ("UnansweredError", 7 * DAY),
        ("AddressToComeError", HOUR),
    ):
        steps = most(journey, error)
        assert len(steps) == 5
        assert all(least / SECOND < lasts and times < 1000 for times, lasts in steps), error


@pytest.mark.parametrize("error", ["NotSentError", "OutcomePendingError", "ValidationError"])
def test_a_step_that_never_works_leaves_a_failed_execution(play: Play, error: str) -> None:
    played = play("win_back", message=raises(error, 10_000))
    assert (played.status, played.error) == ("FAILED", error)
    assert played.states[-1] == "Failed"
    assert set(played.mails) == {"we_miss_you"}


@pytest.mark.parametrize("journey", FILES)
def test_every_step_has_a_mail(journey: str) -> None:
    states = json.loads(FILES[journey].read_text())["States"].values()
    steps = {state["Parameters"]["Payload"]["step"] for state in states if "step" in str(state.get("Parameters"))}
    assert steps
    assert not {step for step in steps if not (TEMPLATES / f"{step}.html").is_file()}


@pytest.mark.parametrize("journey", FILES)
def test_a_journey_says_which_segments_its_branches_ask_about(journey: str) -> None:
    states = json.loads(FILES[journey].read_text())["States"].values()
    payloads = [state["Parameters"]["Payload"] for state in states if state["Type"] == "Task"]
    asked = {payload["segment"] for payload in payloads if payload.get("action") == "branch"}
    assert asked == set(JOURNEYS[journey].branches)
    assert JOURNEYS[journey].asks_about() <= {segment.id for segment in definitions.shipped()}


@pytest.mark.parametrize("journey", FILES)
def test_every_state_tells_its_story(journey: str) -> None:
    states = json.loads(FILES[journey].read_text())["States"]
    assert not [name for name, state in states.items() if not state.get("Comment")]
