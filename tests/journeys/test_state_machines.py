"""The real ASL files, run by moto's interpreter of the Amazon States Language, which is not ours.

Three things are other than in AWS, so that a test takes no time: the Seconds of every Wait are set to 0 (what they are
in the file is asserted instead), waits until an instant end at once, and the pauses between retries are noted and
skipped. The Lambdas' answers are put in at the one place where the interpreter would call Lambda, so Retry, Catch and
ResultSelector are the interpreter's own.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from functions.journey.app import Task
from infra.local.aws.states_language import chosen
from infra.machines import machines
from shared.adapters.journey_files import shipped
from shared.domain.events import DAY, MINUTE, SECOND
from shared.domain.journeys.asl import DOLLARS_PER_TRANSITION, state_name, transitions
from shared.domain.journeys.runs import Run
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.held import CLAIM_TIMEOUT
from tests.journeys.at_once import executing

ROOT = Path(__file__).resolve().parents[2]
JOURNEYS = {journey.id: journey for journey in shipped().values() if journey.runs_on == "step_functions"}
FILES = {journey: ROOT / f"infra/statemachines/{journey}.asl.json" for journey in JOURNEYS}
ROLE = "arn:aws:iam::123456789012:role/journeys"

NUMBERS = itertools.count(1)
Answer = dict[str, Any]
SENT: Answer = {"status": "sent", "reason": None, "until": None}


class TaskError(Exception):
    """A Lambda that raises an error of this name."""


@dataclass
class Played:
    """What an execution did: the states it entered, what it asked of the Lambdas, and how it ended."""

    states: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    status: str = ""
    error: str | None = None
    output: Any = None


Play = Callable[..., Played]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    def run(
        journey: str,
        step: str = "",
        at: str = "1970-01-01T00:00:00Z",
        message: Callable[[RunMessage], Answer] = lambda message: SENT,
        ways: dict[str, str] | None = None,
        do: Callable[[Task], Answer] = lambda asked: {},
    ) -> Played:
        """`ways`: where each branch goes, those that are left out by the last of their ways."""
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
                asked = RunMessage.model_validate(payload)
                played.emails.append(asked.step)
                return message(asked)
            wanted = Task.model_validate(payload)
            match wanted.action:
                case "choose":
                    return {"next": (ways or {}).get(wanted.step, "")}
                case "do":
                    played.done.append(wanted.step)
                    return do(wanted)
                case "end":
                    played.outcomes.append(wanted.outcome)
            return {}

        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", invoke)
        monkeypatch.setattr(retrier_decl, "time", SimpleNamespace(sleep=played.pauses.append))
        execute(definition(journey), journey, step, at, played)
        return played

    with executing():
        yield run


def definition(journey: str) -> dict[str, Any]:
    text = FILES[journey].read_text(encoding="utf-8")
    text = text.replace("${MessageFunctionArn}", "message").replace("${JourneyFunctionArn}", "journey")
    machine: dict[str, Any] = json.loads(text)
    for state in machine["States"].values():
        if state["Type"] == "Wait":
            state.pop("TimestampPath", None)
            state["Seconds"] = 0
    return machine


def execute(machine: dict[str, Any], journey: str, step: str, at: str, played: Played) -> None:
    client = boto3.client("stepfunctions", region_name="eu-west-1")
    arn = client.create_state_machine(name=journey, definition=json.dumps(machine), roleArn=ROLE)["stateMachineArn"]
    run = Run("c0ffee", journey, next(NUMBERS), 1, 0, 0, "e1").id
    told = {"contact": "c0ffee", "journey": journey, "version": 1, "run": run, "step": step, "at": at}
    execution = client.start_execution(stateMachineArn=arn, name=run, input=json.dumps(told))["executionArn"]
    ended = client.describe_execution(executionArn=execution)
    history = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    played.states = [each["stateEnteredEventDetails"]["name"] for each in history if "stateEnteredEventDetails" in each]
    played.status, played.error = ended["status"], ended.get("error")
    played.output = json.loads(ended["output"]) if "output" in ended else None


def raises(name: str, times: int) -> Callable[[Any], Answer]:
    """A function that fails so many times, and then does it."""
    left = [times]

    def answer(_: object) -> Answer:
        left[0] -= 1
        if left[0] >= 0:
            raise TaskError(name)
        return SENT

    return answer


# ── the files ──


def test_the_files_are_what_the_definitions_compile_to() -> None:
    """`make machines` writes them."""
    for path, text in machines().items():
        assert path.read_text(encoding="utf-8") == text, path.name
    assert set(machines()) == set(FILES.values())


def test_what_a_run_costs_at_list_price() -> None:
    """Of 100,000 runs of win-back, at most what practice says for Step Functions: 28 dollars; and a transition for each
    of the four emails, to see whether the shop's quiet hours, closed days or caps have it wait."""
    machine = json.loads(FILES["win_back"].read_text(encoding="utf-8"))
    assert (transitions(machine) - 4) * DOLLARS_PER_TRANSITION * 100_000 <= 28


# ── the paths ──

STILL = {"which_guide": "getting_started", "how_engaged": "quiet"}


def test_onboarding_of_somebody_who_does_nothing(play: Play) -> None:
    played = play("onboarding", ways={**STILL, "from_the_checkout": "welcome"})
    assert played.emails == ["welcome", "getting_started", "check_in"]
    assert played.states[:4] == ["Where to?", "From the checkout", "From the checkout: which way?", "Welcome"]
    assert (played.status, played.outcomes, played.done) == ("SUCCEEDED", ["quiet"], ["quiet"])


def test_onboarding_of_a_customer_who_looks_round_and_is_stuck(play: Play) -> None:
    ways = {
        "which_guide": "getting_started_customer",
        "have_they_looked": "first_finds",
        "what_they_said": "said_stuck",
        "how_engaged": "keen",
        "active_by_now": "join_us",
    }
    played = play("onboarding", ways=ways)
    assert played.emails == ["welcome", "getting_started_customer", "first_finds", "check_in", "join_us"]
    assert played.done == ["said_stuck", "tell_support", "keen"]
    assert (played.status, played.outcomes) == ("SUCCEEDED", ["completed"])


def test_onboarding_goes_on_with_a_thank_you_for_the_first_order(play: Play) -> None:
    played = play("onboarding", step="thank_you")
    assert played.emails == ["thank_you", "getting_started_buyer"]
    assert (played.status, played.outcomes) == ("SUCCEEDED", ["thanked"])


def test_who_signs_up_at_the_checkout_gets_one_email_not_two(play: Play) -> None:
    assert play("onboarding", ways={"from_the_checkout": "thank_you"}).emails[0] == "thank_you"


def test_win_back_tries_three_times_and_says_goodbye(play: Play) -> None:
    played = play("win_back")
    assert played.emails == ["we_miss_you", "whats_new", "update_preferences", "goodbye"]
    assert (played.status, played.done, played.outcomes) == ("SUCCEEDED", ["becomes_dormant"], ["dormant"])


def test_who_comes_back_is_dormant_no_more_and_welcomed(play: Play) -> None:
    played = play("win_back", step="returned", do=raises("NotSeenError", 3))
    assert played.states[:4] == ["Where to?", "Returned", "Welcome back", "Welcome back: sent?"]
    assert played.done == ["returned"] * 4
    assert played.outcomes == ["returned"]


def test_waits_are_as_long_as_the_story_says() -> None:
    def waits(journey: str) -> list[int]:
        states = json.loads(FILES[journey].read_text(encoding="utf-8"))["States"].values()
        return [state["Seconds"] * SECOND for state in states if "Seconds" in state]

    assert waits("win_back") == [5 * DAY, 5 * DAY, 5 * DAY, 3 * DAY]
    assert waits("onboarding")[1:4] == [2 * DAY, 2 * DAY, 3 * DAY]


# ── what becomes of failures ──


def test_an_email_that_was_refused_does_not_end_the_journey(play: Play) -> None:
    played = play("win_back", message=lambda _: {"status": "refused", "reason": "no_consent", "until": None})
    assert played.status == "SUCCEEDED"
    assert played.output["last"] == {"status": "refused", "reason": "no_consent", "until": None}


def test_an_email_that_has_to_wait_is_asked_for_again_and_the_journey_goes_on(play: Play) -> None:
    """For its journey's hours, the shop's quiet hours or a closed day, or because there were enough today."""
    answers = [{"status": "delayed", "reason": None, "until": "2026-11-28T07:00:00Z"}, SENT]
    played = play("win_back", step="returned", message=lambda _: answers.pop(0) if answers else SENT)
    at = played.states.index("Welcome back")
    assert played.states[at : at + 4] == [
        *("Welcome back", "Welcome back: sent?", "Welcome back: until it may go", "Welcome back"),
    ]
    assert (played.status, played.outcomes) == ("SUCCEEDED", ["returned"])


@pytest.mark.parametrize("journey", JOURNEYS)
def test_an_execution_can_begin_at_each_step_and_not_before_its_instant(play: Play, journey: str) -> None:
    """Who is taken in where they would stand, whom a person has moved, and whose execution failed."""
    for step in JOURNEYS[journey].steps:
        played = play(journey, step=step.id)
        assert played.states[:2] == ["Where to?", state_name(step.id)]
        assert played.status == "SUCCEEDED"
    first = definition(journey)["States"]["Where to?"]
    told = {"step": step.id, "at": "2026-11-28T12:00:00.000Z"}
    for entered, to in (("2026-11-28T11:59:59Z", "Until then"), ("2026-11-28T12:00:00Z", state_name(step.id))):
        assert chosen(first, told, {"State": {"EnteredTime": entered}}) == to


@pytest.mark.parametrize(
    ("error", "times"),
    [
        ("NotSentError", 12),
        ("OutcomePendingError", 6),
        ("SendingStoppedError", 50),
        ("AddressToComeError", 20),
        ("NotYetError", 100),
        ("ClientError", 3),
    ],
)
def test_an_email_that_cannot_be_sent_yet_is_tried_again(play: Play, error: str, times: int) -> None:
    played = play("win_back", step="returned", message=raises(error, times))
    assert played.status == "SUCCEEDED"
    assert played.emails == ["welcome_back"] * (times + 1)


def test_an_outcome_that_becomes_known_at_the_last_try_sends(play: Play) -> None:
    played = play("win_back", step="returned", message=raises("OutcomePendingError", 6))
    assert played.status == "SUCCEEDED"
    assert CLAIM_TIMEOUT < sum(played.pauses) * SECOND == 30 * MINUTE


@pytest.mark.parametrize("error", ["NotSentError", "OutcomePendingError", "ValidationError"])
def test_a_step_that_never_works_leaves_a_failed_execution(play: Play, error: str) -> None:
    played = play("win_back", message=raises(error, 10_000))
    assert (played.status, played.error) == ("FAILED", error)
    assert played.states[-1] == "Failed"
    assert set(played.emails) == {"we_miss_you"}
