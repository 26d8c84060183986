"""Step Functions: the stand-in and moto's interpreter on the same machines; on a turned clock, by the documentation.

moto runs in real time, so its machines wait at most a second. Where it would call Lambda the same scripted answers are
put in as the stand-in gets, and its pauses between retries are skipped; the stand-in's are tested to the millisecond.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from infra.local.aws import stepfunctions
from infra.local.aws.calls import connect
from infra.local.aws.stepfunctions import TaskFailed
from infra.local.aws.world import World
from tests.journeys.at_once import executing

NOW = 1_795_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
ROLE = "arn:aws:iam::000000000000:role/journeys"
INVOKE = "arn:aws:states:::lambda:invoke"
FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:message"
States = dict[str, Any]


# ── playing a state machine in either ──


def fails(error: str) -> dict[str, str]:
    """A function's answer that is an error."""
    return {"errorMessage": "it went wrong", "errorType": error}


@dataclass
class Script:
    """What functions answer, in turn, and what they were asked."""

    answers: list[Any]
    asked: list[Any] = field(default_factory=list)

    def answer(self, payload: Any) -> Any:
        self.asked.append(payload)
        return self.answers[len(self.asked) - 1]

    def local(self, function: str, payload: Any) -> Any:
        answer = self.answer(payload)
        if isinstance(answer, dict) and "errorType" in answer:
            raise TaskFailed(answer["errorType"], json.dumps(answer, separators=(",", ":")))
        return answer

    def moto(self, parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        answer = self.answer(json.loads(parameters["Payload"]))
        failed = isinstance(answer, dict) and "errorType" in answer
        error = {"FunctionError": "Unhandled"} if failed else {}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": answer, **error}


@dataclass
class Played:
    """How an execution ended, what it asked, and its history without the instants."""

    status: str
    output: Any
    error: str | None
    cause: str | None
    asked: list[Any]
    history: list[tuple[int, int, str, Any]]


def played(client: Any, arn: str, script: Script) -> Played:
    ended = client.describe_execution(executionArn=arn)
    return Played(
        status=ended["status"],
        output=json.loads(ended["output"]) if "output" in ended else None,
        error=ended.get("error"),
        cause=ended.get("cause"),
        asked=script.asked,
        history=[
            (event["id"], event["previousEventId"], event["type"], in_state(event))
            for event in client.get_execution_history(executionArn=arn)["events"]
        ],
    )


def in_state(event: dict[str, Any]) -> Any:
    """What an event tells of a state's name, input and output."""
    details = event.get("stateEnteredEventDetails") or event.get("stateExitedEventDetails") or {}
    return {name: details[name] if name == "name" else json.loads(details[name]) for name in details if name in NAMED}


NAMED = ("name", "input", "output")


def client_of(world: World) -> Any:
    return connect(world, {"stepfunctions": stepfunctions.OPERATIONS}).client("stepfunctions")


def pump(world: World, until: int, invoke: Callable[[str, Any], Any]) -> None:
    """Lets time pass until an instant, as the local run does."""
    while (due := world.next_due(until)) is not None:
        world.turn(due.at)
        if due.kind == "states":
            stepfunctions.resume(world, due.payload, invoke)
    world.turn(until)


def play_local(machine: dict[str, Any], given: Any, answers: list[Any]) -> Played:
    world, script = World(now=NOW), Script(answers)
    client = client_of(world)
    machine_arn = client.create_state_machine(name="journey", definition=json.dumps(machine), roleArn=ROLE)
    arn = client.start_execution(stateMachineArn=machine_arn["stateMachineArn"], name="run-1", input=json.dumps(given))[
        "executionArn"
    ]
    pump(world, NOW + DAY, script.local)
    return played(client, arn, script)


@pytest.fixture(scope="module")
def moto_client() -> Iterator[Any]:
    with executing():
        yield boto3.client("stepfunctions", region_name="eu-west-1")


def play_moto(client: Any, machine: dict[str, Any], given: Any, answers: list[Any]) -> Played:
    script = Script(answers)
    created = client.create_state_machine(name="journey", definition=json.dumps(machine), roleArn=ROLE)
    machine_arn = created["stateMachineArn"]
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lambda_eval_utils, "_invoke_lambda_function", script.moto)
            patch.setattr(retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: None))
            started = client.start_execution(stateMachineArn=machine_arn, name="run-1", input=json.dumps(given))
        return played(client, started["executionArn"], script)
    finally:
        client.delete_state_machine(stateMachineArn=machine_arn)


# ── the cases both are played ──


@dataclass(frozen=True)
class Case:
    """A machine, its input, what its functions answer, and how it has to end: with an output or with an error."""

    states: States
    given: Any = field(default_factory=dict)
    answers: list[Any] = field(default_factory=list)
    output: Any = None
    error: str | None = None

    @property
    def machine(self) -> dict[str, Any]:
        return {"StartAt": next(iter(self.states)), "States": self.states}


def one(output: Any = None, *, given: Any = None, answers: Any = (), error: str | None = None, **state: Any) -> Case:
    """A machine of one state."""
    ends = {} if state["Type"] in ("Succeed", "Fail", "Choice") else {"End": True}
    return Case({"A": {**state, **ends}}, {} if given is None else given, list(answers), output, error)


def task(**more: Any) -> dict[str, Any]:
    parameters = {"FunctionName": FUNCTION, "Payload": {"contact.$": "$.contact"}}
    return {"Type": "Task", "Resource": INVOKE, "Parameters": parameters, **more}


def then(name: str) -> dict[str, Any]:
    return {"Type": "Pass", "Parameters": {"came_to": name, "with.$": "$"}, "End": True}


def pass_of(template: Any, given: Any, output: Any) -> Case:
    return one(output, Type="Pass", Parameters=template, given=given)


A_CONTACT = {"contact": "c1", "kept": [1, 2]}
CASES: dict[str, Case] = {
    # data
    "pass": one({"a": 1}, Type="Pass", given={"a": 1}),
    "result": one([1, "x", None], Type="Pass", Result=[1, "x", None]),
    "result path": one({"a": 1, "b": 2}, Type="Pass", Result=2, ResultPath="$.b", given={"a": 1}),
    "result path deep": one({"b": {"c": {"d": 2}}}, Type="Pass", Result=2, ResultPath="$.b.c.d"),
    "result path replaces": one(
        {"a": {"x": 0, "y": 2}}, Type="Pass", Result=2, ResultPath="$.a.y", given={"a": {"x": 0, "y": 1}}
    ),
    "result path of a list": one({"a": [5, 9]}, Type="Pass", Result=9, ResultPath="$.a[1]", given={"a": [5, 6]}),
    "result path null": one({"a": 1}, Type="Pass", Result=2, ResultPath=None, given={"a": 1}),
    "input path": one({"b": 1}, Type="Pass", InputPath="$.a", given={"a": {"b": 1}}),
    "input path null": one({}, Type="Pass", InputPath=None, given={"a": 1}),
    "output path": one(1, Type="Pass", OutputPath="$.a", given={"a": 1}),
    "output path null": one({}, Type="Pass", OutputPath=None, given={"a": 1}),
    "input path leaves the input": one(
        {"a": {"b": 1}, "r": {"b": 1}}, Type="Pass", InputPath="$.a", ResultPath="$.r", given={"a": {"b": 1}}
    ),
    "paths": pass_of(
        {"x.$": "$.a.b[1]", "y.$": "$.a['c d']", "z.$": "$"},
        {"a": {"b": [1, 2], "c d": 3}},
        {"x": 2, "y": 3, "z": {"a": {"b": [1, 2], "c d": 3}}},
    ),
    "templates": pass_of(
        {"list": [{"x.$": "$.a"}, "$.a", 1], "deep": {"er": {"y.$": "$.a"}}, "plain": None},
        {"a": 1},
        {"list": [{"x": 1}, "$.a", 1], "deep": {"er": {"y": 1}}, "plain": None},
    ),
    "context": pass_of(
        {
            "e.$": "$$.Execution.Name",
            "i.$": "$$.Execution.Input.a",
            "s.$": "$$.State.Name",
            "m.$": "$$.StateMachine.Name",
        },
        {"a": 1},
        {"e": "run-1", "i": 1, "s": "A", "m": "journey"},
    ),
    "context as input": one({"x": "run-1"}, Type="Pass", InputPath="$$.Execution.Name", ResultPath="$.x"),
    "succeed": one({"b": 1}, Type="Succeed", InputPath="$.a", given={"a": {"b": 1}}),
    "succeed with output path": one(1, Type="Succeed", OutputPath="$.a", given={"a": 1}),
    "two states": Case(
        {"First": {"Type": "Pass", "Result": 1, "ResultPath": "$.x", "Next": "Second"}, "Second": {"Type": "Succeed"}},
        output={"x": 1},
    ),
    # intrinsic functions
    "format": pass_of(
        {"x.$": "States.Format('{} has {} of {}', $.name, $.n, true)"},
        {"name": "Zoë", "n": 3},
        {"x": "Zoë has 3 of true"},
    ),
    "format without places": pass_of({"x.$": "States.Format('as it is')"}, {}, {"x": "as it is"}),
    "json": pass_of(
        {"x.$": "States.StringToJson($.t)", "y.$": "States.StringToJson(States.JsonToString($.v))"},
        {"t": '{"a": [1, 2.5]}', "v": {"b": None}},
        {"x": {"a": [1, 2.5]}, "y": {"b": None}},
    ),
    "array": pass_of(
        {"x.$": "States.Array($.a, 'it', 2, $$.State.Name)", "y.$": "States.Array()"},
        {"a": [1]},
        {"x": [[1], "it", 2, "A"], "y": []},
    ),
    "add": pass_of({"x.$": "States.MathAdd($.n, -1)"}, {"n": 5}, {"x": 4}),
    "nested functions": pass_of(
        {"x.$": "States.Format('{}-{}', States.MathAdd($.n, 1), States.Format('<{}>', $.s))"},
        {"n": 1, "s": "y"},
        {"x": "2-<y>"},
    ),
    # what is missing
    "no such input": one(Type="Pass", InputPath="$.no", error="States.Runtime"),
    "no such output": one(Type="Pass", OutputPath="$.no", error="States.Runtime"),
    "no such parameter": one(Type="Pass", Parameters={"x.$": "$.no"}, error="States.Runtime"),
    "no such item": one(Type="Pass", Parameters={"x.$": "$.a[2]"}, given={"a": [1]}, error="States.Runtime"),
    "no such argument": one(Type="Pass", Parameters={"x.$": "States.Format('{}', $.no)"}, error="States.Runtime"),
    "no such seconds": one(Type="Wait", SecondsPath="$.no", error="States.Runtime"),
    "seconds that are none": one(Type="Wait", SecondsPath="$.a", given={"a": "x"}, error="States.Runtime"),
    "timestamp that is none": one(Type="Wait", TimestampPath="$.a", given={"a": "tomorrow"}, error="States.Runtime"),
    # ends
    "fail": one(Type="Fail", Error="Unwanted", Cause="because", error="Unwanted"),
    "fail without words": one(Type="Fail"),
    "fail by paths": one(Type="Fail", ErrorPath="$.e", CausePath="$.c", given={"e": "E", "c": "C"}, error="E"),
    "fail by a function": one(
        Type="Fail", ErrorPath="States.Format('E{}', $.n)", CausePath="$.c", given={"n": 1, "c": "C"}, error="E1"
    ),
    "fail by a missing path": one(Type="Fail", ErrorPath="$.no", Cause="C", error="States.Runtime"),
    # waits
    "wait none": one({"a": 1}, Type="Wait", Seconds=0, given={"a": 1}),
    "wait a second": one({"a": 1}, Type="Wait", SecondsPath="$.a", given={"a": 1}),
    "wait until the past": one({}, Type="Wait", Timestamp="2016-08-18T17:33:00Z"),
    "wait until a past instant": one(
        {"t": "2016-08-18T17:33:00.5Z"}, Type="Wait", TimestampPath="$.t", given={"t": "2016-08-18T17:33:00.5Z"}
    ),
    # tasks
    "task": one({"seen": True}, **task(OutputPath="$.Payload"), given=A_CONTACT, answers=[{"seen": True}]),
    "task with selector": one(
        {**A_CONTACT, "last": {"status": "sent", "code": 200}},
        **task(ResultSelector={"status.$": "$.Payload.status", "code.$": "$.StatusCode"}, ResultPath="$.last"),
        given=A_CONTACT,
        answers=[{"status": "sent"}],
    ),
    "task whose result is dropped": one(A_CONTACT, **task(ResultPath=None), given=A_CONTACT, answers=[{"x": 1}]),
    "plain function": one(
        ["hello"], Type="Task", Resource=FUNCTION, InputPath="$.kept", given=A_CONTACT, answers=[["hello"]]
    ),
    "plain function that fails": one(
        Type="Task", Resource=FUNCTION, given=A_CONTACT, answers=[fails("ValueError")], error="ValueError"
    ),
    "failure": one(**task(), given=A_CONTACT, answers=[fails("ValueError")], error="ValueError"),
    "retried": one(
        {"ok": 1},
        **task(Retry=[{"ErrorEquals": ["ValueError"], "MaxAttempts": 2}], OutputPath="$.Payload"),
        given=A_CONTACT,
        answers=[fails("ValueError"), fails("ValueError"), {"ok": 1}],
    ),
    "retried in vain": one(
        **task(Retry=[{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}]),
        given=A_CONTACT,
        answers=[fails("ValueError"), fails("ValueError")],
        error="ValueError",
    ),
    "never retried": one(
        **task(Retry=[{"ErrorEquals": ["ValueError"], "MaxAttempts": 0}]),
        given=A_CONTACT,
        answers=[fails("ValueError")],
        error="ValueError",
    ),
    "another error is not retried": one(
        **task(Retry=[{"ErrorEquals": ["KeyError"]}]),
        given=A_CONTACT,
        answers=[fails("ValueError")],
        error="ValueError",
    ),
    "caught": Case(
        {
            "A": task(Catch=[{"ErrorEquals": ["ValueError"], "Next": "B", "ResultPath": "$.failure"}], End=True),
            "B": {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"},
        },
        A_CONTACT,
        [fails("ValueError")],
        error="ValueError",
    ),
    "caught in place of the input": Case(
        {"A": task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}], End=True), "B": then("B")},
        A_CONTACT,
        [fails("ValueError")],
        output={
            "came_to": "B",
            "with": {"Error": "ValueError", "Cause": '{"errorMessage":"it went wrong","errorType":"ValueError"}'},
        },
    ),
    "caught and dropped": Case(
        {"A": task(Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": None}], End=True), "B": then("B")},
        A_CONTACT,
        [fails("ValueError")],
        output={"came_to": "B", "with": A_CONTACT},
    ),
    "the first catcher that fits": Case(
        {
            "A": task(
                Retry=[{"ErrorEquals": ["ValueError"], "MaxAttempts": 1}],
                Catch=[
                    {"ErrorEquals": ["KeyError"], "Next": "B"},
                    {"ErrorEquals": ["States.TaskFailed"], "Next": "C", "ResultPath": None},
                    {"ErrorEquals": ["States.ALL"], "Next": "B"},
                ],
                End=True,
            ),
            "B": then("B"),
            "C": then("C"),
        },
        A_CONTACT,
        [fails("ValueError"), fails("ValueError")],
        output={"came_to": "C", "with": A_CONTACT},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_machine_runs_as_in_motos_interpreter(case: Case, moto_client: Any) -> None:
    local = play_local(case.machine, case.given, case.answers)
    assert (local.output, local.error) == (case.output, case.error)
    assert local.status == ("SUCCEEDED" if local.history[-1][2] == "ExecutionSucceeded" else "FAILED")
    moto = play_moto(moto_client, case.machine, case.given, case.answers)
    if local.error == "States.Runtime":
        assert local.cause is not None  # its wording is the service's own affair
        local.cause = moto.cause
    assert local == moto


# Each rule, and which of the values make it true.
VALUES: dict[str, Any] = {
    "text": "apple",
    "upper": "Apple",
    "star": "a*e",
    "empty": "",
    "one": 1,
    "half": 0.5,
    "minus": -3,
    "true": True,
    "false": False,
    "null": None,
    "list": [1],
    "object": {"a": 1},
    "then": "2026-03-01T10:00:00Z",
    "later": "2026-03-01T12:00:00+01:00",
    "day": "2026-03-01",
}
RULES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "StringEquals": ({"StringEquals": "apple"}, {"text"}),
    "StringEqualsPath": ({"StringEqualsPath": "$.text"}, {"text"}),
    "StringLessThan": ({"StringLessThan": "apple"}, {"upper", "star", "empty", "then", "later", "day"}),
    "StringGreaterThanEquals": ({"StringGreaterThanEquals": "apple"}, {"text"}),
    "StringMatches": ({"StringMatches": "a*e"}, {"text", "star"}),
    "StringMatches a star": ({"StringMatches": "a\\*e"}, {"star"}),
    "StringMatches one": ({"StringMatches": "*pp*"}, {"text", "upper"}),
    "NumericEquals": ({"NumericEquals": 1}, {"one"}),
    "NumericEquals a fraction": ({"NumericEquals": 0.5}, {"half"}),
    "NumericLessThan": ({"NumericLessThan": 1}, {"half", "minus"}),
    "NumericLessThanEqualsPath": ({"NumericLessThanEqualsPath": "$.one"}, {"one", "half", "minus"}),
    "NumericGreaterThan": ({"NumericGreaterThan": -3}, {"one", "half"}),
    "NumericGreaterThanPath another type": ({"NumericGreaterThanPath": "$.text"}, set()),
    "BooleanEquals": ({"BooleanEquals": True}, {"true"}),
    "BooleanEquals false": ({"BooleanEquals": False}, {"false"}),
    "BooleanEqualsPath": ({"BooleanEqualsPath": "$.false"}, {"false"}),
    "TimestampEquals": ({"TimestampEquals": "2026-03-01T11:00:00+01:00"}, {"then"}),
    "TimestampLessThan": ({"TimestampLessThan": "2026-03-01T11:00:00Z"}, {"then"}),
    "TimestampGreaterThanEqualsPath": ({"TimestampGreaterThanEqualsPath": "$.then"}, {"then", "later"}),
    "IsNull": ({"IsNull": True}, {"null"}),
    "IsNull false": ({"IsNull": False}, VALUES.keys() - {"null"}),
    "IsPresent": ({"IsPresent": True}, set(VALUES)),
    "IsNumeric": ({"IsNumeric": True}, {"one", "half", "minus"}),
    "IsString": ({"IsString": True}, {"text", "upper", "star", "empty", "then", "later", "day"}),
    "IsBoolean": ({"IsBoolean": True}, {"true", "false"}),
    "IsBoolean false": ({"IsBoolean": False}, VALUES.keys() - {"true", "false"}),
    "IsTimestamp": ({"IsTimestamp": True}, {"then", "later"}),
}
# moto knows no offsets from UTC in timestamps, and no escaped star.
NOT_IN_MOTO = {
    ("IsTimestamp", "later"),
    ("StringMatches a star", "star"),
    ("TimestampEquals", "then"),
    ("TimestampGreaterThanEqualsPath", "later"),
}


def asks(rules: list[dict[str, Any]]) -> dict[str, Any]:
    """A machine that notes in `yes` the numbers of the rules that are true."""
    states: States = {}
    for at, rule in enumerate(rules):
        following = f"{at + 1}?" if at + 1 < len(rules) else "End"
        states[f"{at}?"] = {"Type": "Choice", "Choices": [{**rule, "Next": f"{at}!"}], "Default": following}
        states[f"{at}!"] = {"Type": "Pass", "Result": True, "ResultPath": f"$.yes.r{at}", "Next": following}
    return {"StartAt": "0?", "States": {**states, "End": {"Type": "Pass", "OutputPath": "$.yes", "End": True}}}


def answers(play: Callable[..., Played], rules: dict[Any, dict[str, Any]]) -> set[Any]:
    """The names of the rules that are true."""
    ended = play(asks(list(rules.values())), {**VALUES, "yes": {}}, [])
    assert ended.status == "SUCCEEDED", ended.cause
    return {name for at, name in enumerate(rules) if f"r{at}" in ended.output}


def test_every_comparison_of_every_type_is_as_the_language_says() -> None:
    rules = {(name, each): {"Variable": f"$.{each}", **rule} for name, (rule, _) in RULES.items() for each in VALUES}
    assert answers(play_local, rules) == {(name, each) for name, (_, true) in RULES.items() for each in true}


def test_every_comparison_of_its_own_type_is_as_in_motos_interpreter(moto_client: Any) -> None:
    rules = {(name, each): {"Variable": f"$.{each}", **rule} for name, (rule, true) in RULES.items() for each in true}

    def moto(machine: dict[str, Any], given: Any, answers: list[Any]) -> Played:
        return play_moto(moto_client, machine, given, answers)

    assert answers(play_local, rules) - answers(moto, rules) == NOT_IN_MOTO


LOGIC = {
    "and": {"And": [{"Variable": "$.one", "NumericEquals": 1}, {"Variable": "$.text", "IsString": True}]},
    "and not": {"And": [{"Variable": "$.one", "NumericEquals": 1}, {"Variable": "$.text", "IsNull": True}]},
    "or": {"Or": [{"Variable": "$.one", "NumericEquals": 2}, {"Variable": "$.text", "IsString": True}]},
    "not": {"Not": {"Variable": "$.one", "NumericEquals": 2}},
    "absent": {"Variable": "$.no", "IsPresent": False},
    "present": {"Variable": "$.no", "IsPresent": True},
    "shielded": {"And": [{"Variable": "$.no", "IsPresent": True}, {"Variable": "$.no", "NumericEquals": 2}]},
    "nested": {
        "Or": [
            {"Not": {"And": [{"Variable": "$.one", "NumericEquals": 1}]}},
            {"Not": {"Variable": "$.true", "IsNull": True}},
        ]
    },
    "context": {"Variable": "$$.Execution.Name", "StringEquals": "run-1"},
}


def test_rules_are_joined_as_in_motos_interpreter(moto_client: Any) -> None:
    def moto(machine: dict[str, Any], given: Any, answers: list[Any]) -> Played:
        return play_moto(moto_client, machine, given, answers)

    assert answers(play_local, LOGIC) == {"and", "or", "not", "absent", "nested", "context"} == answers(moto, LOGIC)


# ── by the documentation, where moto is of no help: data ──


def plays_as(case: Case) -> Played:
    ended = play_local(case.machine, case.given, case.answers)
    assert (ended.output, ended.error) == (case.output, case.error)
    return ended


@pytest.mark.parametrize(
    "case",
    [
        pass_of({"x.$": "$.a[0]['it\\'s']"}, {"a": [{"it's": 1}]}, {"x": 1}),
        pass_of({"x.$": "$.a"}, {"a": None}, {"x": None}),
        pass_of({"x.$": "States.Format('it\\'s \\{{}\\} \\\\', null)"}, {}, {"x": "it's {null} \\"}),
        pass_of({"x.$": "States.Format($.pattern, 1.5)"}, {"pattern": "<{}>"}, {"x": "<1.5>"}),
        pass_of({"x.$": "States.MathAdd(1.5, $.n)"}, {"n": -1.5}, {"x": 1}),
        pass_of(
            {"x.$": "$$.State.EnteredTime", "y.$": "$$.Execution.StartTime"},
            {},
            {"x": "2026-11-18T11:06:40.000Z", "y": "2026-11-18T11:06:40.000Z"},
        ),
        one("plain", Type="Pass", Result="plain"),
        one(Type="Pass", Parameters={"x.$": "States.Format('{} {}', 1)"}, error="States.IntrinsicFailure"),
        one(Type="Pass", Parameters={"x.$": "States.Format('{}', 1, 2)"}, error="States.IntrinsicFailure"),
        one(Type="Pass", Parameters={"x.$": "States.Format('{}', States.Array())"}, error="States.IntrinsicFailure"),
        one(Type="Pass", Parameters={"x.$": "States.StringToJson('{')"}, error="States.IntrinsicFailure"),
        one(Type="Pass", Parameters={"x.$": "States.MathAdd(1, 'a')"}, error="States.IntrinsicFailure"),
        one(Type="Pass", Result=1, ResultPath="$.a.b", given={"a": 1}, error="States.ResultPathMatchFailure"),
        one(Type="Pass", Result=1, ResultPath="$.a[2]", given={"a": [1]}, error="States.ResultPathMatchFailure"),
        one(
            Type="Choice",
            Choices=[{"Variable": "$.a", "IsNull": True, "Next": "A"}],
            given={"a": 1},
            error="States.NoChoiceMatched",
        ),
        one(Type="Choice", Choices=[{"Variable": "$.no", "IsNull": True, "Next": "A"}], error="States.Runtime"),
        one(
            Type="Choice",
            Choices=[{"Variable": "$.a", "NumericEqualsPath": "$.no", "Next": "A"}],
            given={"a": 1},
            error="States.Runtime",
        ),
        one(
            Type="Pass",
            Parameters={"x.$": "States.Array($.a, $.a)"},
            given={"a": "x" * 200_000},
            error="States.DataLimitExceeded",
        ),
        one(
            **task(ResultSelector={"x.$": "$.Payload.no"}, Retry=[{"ErrorEquals": ["States.ALL"]}]),
            given=A_CONTACT,
            answers=[{}],
            error="States.Runtime",
        ),
        one(
            **task(Retry=[{"ErrorEquals": ["States.ALL"]}]),
            given=A_CONTACT,
            answers=["x" * 300_000],
            error="States.DataLimitExceeded",
        ),
        one(
            **task(Catch=[{"ErrorEquals": ["E"], "Next": "A", "ResultPath": "$.contact.error"}]),
            given=A_CONTACT,
            answers=[fails("E")],
            error="States.ResultPathMatchFailure",
        ),
    ],
)
def test_data_is_treated_as_the_language_says(case: Case) -> None:
    plays_as(case)


# ── refused when it is created ──


def created(client: Any, machine: Any) -> Any:
    return client.create_state_machine(
        name="journey", definition=machine if isinstance(machine, str) else json.dumps(machine), roleArn=ROLE
    )


def of_one(**state: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": {"End": True, **state}}}


@pytest.mark.parametrize(
    ("machine", "reason"),
    [
        ("{", "INVALID_JSON_DESCRIPTION"),
        ({"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}, "Missing 'StartAt' target: B"),
        (of_one(Type="Pass", End=False, Next="B"), "Missing 'Next' target: B"),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}},
            'State "B" is not reachable',
        ),
        (of_one(Type="Parallel", Branches=[]), '"Parallel" is not supported'),
        (of_one(Type="Map"), '"Map" is not supported'),
        ({"QueryLanguage": "JSONata", **of_one(Type="Pass")}, "JSONPath only"),
        (of_one(Type="Pass", QueryLanguage="JSONata"), "JSONPath only"),
        (of_one(Type="Pass", Assign={"x": 1}), "the field 'Assign' is not supported here at /States/A"),
        (of_one(Type="Pass", Next="A"), "either Next or End"),
        (of_one(Type="Pass", Parameters={"x.$": "States.UUID()"}), "another one each time"),
        (of_one(Type="Pass", Parameters={"x.$": "States.MathRandom(1, 9)"}), "different each time"),
        (of_one(Type="Pass", Parameters={"x.$": "States.Hash('a', 'MD5')"}), "States.Hash is refused"),
        (of_one(Type="Pass", Parameters={"x.$": "States.Format('{}'"}), "is not an intrinsic function"),
        (of_one(Type="Pass", Parameters={"x.$": "a.b"}), "neither a path nor an intrinsic function"),
        (of_one(Type="Pass", InputPath="$..a"), "not a reference path"),
        (of_one(Type="Pass", InputPath="$.a[*]"), "not a reference path"),
        (of_one(Type="Pass", ResultPath="$$.Execution"), "cannot write into the context object"),
        (of_one(Type="Wait"), "exactly one of"),
        (of_one(Type="Wait", Seconds=1, SecondsPath="$.a"), "exactly one of"),
        (of_one(Type="Wait", Seconds=-1), "between 0 and 99999999"),
        (of_one(Type="Wait", Timestamp="tomorrow"), "RFC 3339"),
        (of_one(Type="Task", Resource="arn:aws:states:::sqs:sendMessage"), "only Lambda functions"),
        (of_one(Type="Task", Resource=INVOKE), "takes Parameters"),
        (of_one(**task(HeartbeatSeconds=60, TimeoutSeconds=60)), "HeartbeatSeconds is between 1 and 59"),
        (of_one(**task(Retry=[{"ErrorEquals": ["States.ALL", "E"]}])), "stands alone"),
        (of_one(**task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])), "comes last"),
        (of_one(**task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])), "BackoffRate is at least 1"),
        (
            of_one(**task(Retry=[{"ErrorEquals": ["E"], "IntervalSeconds": 9, "MaxDelaySeconds": 9}])),
            "greater than IntervalSeconds",
        ),
        (of_one(**task(Catch=[{"ErrorEquals": ["E"]}])), "a catcher has a Next"),
        ({"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": []}}}, "at least one rule"),
        (
            {
                "StartAt": "A",
                "States": {
                    "A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": "1", "Next": "A"}]}
                },
            },
            "compares with a numeric",
        ),
        (
            {
                "StartAt": "A",
                "States": {"A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "Equals": "1", "Next": "A"}]}},
            },
            "'Equals' is no comparison",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}}},
            "either Error or ErrorPath",
        ),
    ],
)
def test_a_definition_that_cannot_be_run_is_refused_with_the_reason(machine: Any, reason: str) -> None:
    with pytest.raises(ClientError) as refused:
        created(client_of(World(now=NOW)), machine)
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"
    assert reason in refused.value.response["Error"]["Message"]


@pytest.mark.parametrize("file", sorted(Path("infra/statemachines").glob("*.asl.json")), ids=lambda file: file.name)
def test_the_shipped_state_machines_are_taken(file: Path) -> None:
    text = (
        file.read_text(encoding="utf-8")
        .replace("${MessageFunctionArn}", FUNCTION)
        .replace("${JourneyFunctionArn}", FUNCTION)
    )
    assert created(client_of(World(now=NOW)), text)["stateMachineArn"].endswith(":stateMachine:journey")


# ── on a turned clock ──


@dataclass
class Run:
    """An execution in a world, whose function answers by a script and notes when it was called."""

    world: World
    script: Script
    arn: str
    called_at: list[int] = field(default_factory=list)

    @property
    def client(self) -> Any:
        return client_of(self.world)

    def until(self, after: int) -> Any:
        """Lets time pass until so long after the beginning; gives the execution's description."""
        pump(self.world, NOW + after, self.invoke)
        return self.client.describe_execution(executionArn=self.arn)

    def invoke(self, function: str, payload: Any) -> Any:
        self.called_at.append(self.world.now() - NOW)
        return self.script.local(function, payload)

    def events(self) -> list[str]:
        return [each["type"] for each in self.client.get_execution_history(executionArn=self.arn)["events"]]


def begun(machine: dict[str, Any], answers: list[Any] | None = None, file: Path | str = ":memory:") -> Run:
    world = World(file, now=NOW)
    client = client_of(world)
    arn = client.start_execution(
        stateMachineArn=created(client, machine)["stateMachineArn"], name="run-1", input=json.dumps(A_CONTACT)
    )["executionArn"]
    return Run(world, Script(answers or []), arn)


def date(after: int) -> datetime:
    return EPOCH + timedelta(milliseconds=NOW + after)


LONG_WAIT = of_one(Type="Wait", Seconds=90 * 86_400)


def test_starting_only_records_and_a_wait_of_90_days_is_one_entry_that_is_due() -> None:
    run = begun(LONG_WAIT)
    assert run.events() == ["ExecutionStarted"]
    assert run.until(90 * DAY - 1)["status"] == "RUNNING"
    assert run.events() == ["ExecutionStarted", "WaitStateEntered"]
    assert run.world.db.execute("SELECT at - ?, kind FROM due", (NOW,)).fetchall() == [(90 * DAY, "states")]
    ended = run.until(90 * DAY)
    assert (ended["status"], ended["startDate"], ended["stopDate"]) == ("SUCCEEDED", date(0), date(90 * DAY))
    assert json.loads(ended["output"]) == A_CONTACT


def test_a_wait_until_an_instant_ends_at_that_instant() -> None:
    at = date(5 * DAY + 123).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    run = begun(of_one(Type="Wait", Timestamp=at))
    assert run.until(5 * DAY + 122)["status"] == "RUNNING"
    assert run.until(6 * DAY)["stopDate"] == date(5 * DAY + 123)


def test_retries_wait_as_each_retrier_says_and_count_apart() -> None:
    retry = [
        {"ErrorEquals": ["A"], "IntervalSeconds": 3, "BackoffRate": 2, "MaxAttempts": 4, "MaxDelaySeconds": 10},
        {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1},
    ]
    run = begun(of_one(**task(Retry=retry)), [fails(each) for each in ("A", "A", "B", "A", "A", "A")])
    ended = run.until(HOUR)
    assert (ended["status"], ended["error"]) == ("FAILED", "A")
    assert run.called_at == [each * SECOND for each in (0, 3, 9, 10, 20, 30)]
    assert ended["stopDate"] == date(30 * SECOND)
    assert stepfunctions.transitions(run.world) == 1 + 5
    assert run.events().count("TaskScheduled") == 6
    assert run.events().count("TaskStateEntered") == 1


def test_a_task_entered_again_has_its_retries_anew() -> None:
    retry = [{"ErrorEquals": ["E"], "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["E"], "Next": "Pause", "ResultPath": None}]
    pause = {"Type": "Wait", "Seconds": 60, "Next": "A"}
    machine = {"StartAt": "A", "States": {"A": task(Retry=retry, Catch=catch, End=True), "Pause": pause}}
    run = begun(machine, [fails("E"), fails("E"), fails("E"), {}])
    assert run.until(HOUR)["status"] == "SUCCEEDED"
    assert run.called_at == [each * SECOND for each in (0, 1, 61, 62)]


def test_full_jitter_is_drawn_below_the_delay_and_the_same_in_every_run() -> None:
    retry = [
        {"ErrorEquals": ["E"], "IntervalSeconds": 100, "BackoffRate": 1, "MaxAttempts": 50, "JitterStrategy": "FULL"}
    ]
    runs = [begun(of_one(**task(Retry=retry)), [fails("E")] * 51) for _ in range(2)]
    for run in runs:
        run.until(2 * HOUR)
    delays = [after - before for before, after in zip(runs[0].called_at, runs[0].called_at[1:], strict=False)]
    assert len(delays) == 50
    assert all(0 <= each < 100 * SECOND for each in delays)
    assert 35 * SECOND < sum(delays) / 50 < 65 * SECOND
    assert runs[0].called_at == runs[1].called_at


def test_an_execution_is_out_of_time_when_its_machine_says() -> None:
    run = begun({"TimeoutSeconds": 60, **LONG_WAIT})
    ended = run.until(HOUR)
    assert (ended["status"], ended["stopDate"]) == ("TIMED_OUT", date(MINUTE))
    assert run.events()[-1] == "ExecutionTimedOut"


def test_no_execution_lasts_longer_than_a_year() -> None:
    run = begun(of_one(Type="Wait", Seconds=99_999_999))
    assert run.until(366 * DAY)["stopDate"] == date(365 * DAY)


def test_a_loop_without_a_wait_ends_at_the_limit_of_the_history() -> None:
    run = begun({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}})
    ended = run.until(0)
    assert ended["status"] == "FAILED"
    assert "25000" in ended["cause"]


def test_stopping_while_it_waits_ends_it_and_leaves_nothing_due() -> None:
    run = begun(LONG_WAIT)
    run.until(DAY)
    stopped = run.client.stop_execution(executionArn=run.arn, error="Exit", cause="Ordered")
    assert stopped["stopDate"] == date(DAY)
    assert run.world.db.execute("SELECT kind FROM due").fetchall() == [("event",)]
    ended = run.until(30 * DAY)
    assert (ended["status"], ended["error"], ended["cause"], ended["stopDate"]) == (
        "ABORTED",
        "Exit",
        "Ordered",
        date(DAY),
    )
    assert run.events() == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    again = run.client.stop_execution(executionArn=run.arn, error="Other")
    assert again["stopDate"] == date(DAY)
    assert run.client.describe_execution(executionArn=run.arn)["error"] == "Exit"


def test_what_failed_is_redriven_from_the_state_in_which_it_ended_with_all_tries_before_it() -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    states = {"A": task(Next="B"), "B": task(Retry=retry, Parameters=REDRIVEN, End=True)}
    run = begun({"StartAt": "A", "States": states}, [{"n": 1}, fails("E"), fails("E"), fails("E"), {"n": 2}])
    assert (run.until(HOUR)["status"], run.called_at) == ("FAILED", [0, 0, SECOND])
    run.client.redrive_execution(executionArn=run.arn)
    ended = run.until(2 * HOUR)
    assert (ended["status"], json.loads(ended["output"])["Payload"], ended["redriveCount"]) == (
        "SUCCEEDED",
        {"n": 2},
        1,
    )
    assert "error" not in ended and ended["stopDate"] == date(HOUR + SECOND)
    assert run.called_at == [0, 0, SECOND, HOUR, HOUR + SECOND]
    assert [asked.get("redrives") for asked in run.script.asked] == [None, 0, 0, 1, 1]
    assert run.events().count("ExecutionRedriven") == 1


REDRIVEN = {"FunctionName": FUNCTION, "Payload": {"redrives.$": "$$.Execution.RedriveCount"}}


def test_what_runs_has_succeeded_or_ended_long_ago_is_not_redriven() -> None:
    run = begun(of_one(**task()), [fails("E"), {}])
    assert refusal(lambda: run.client.redrive_execution(executionArn=run.arn)) == "ExecutionNotRedrivable"
    run.until(14 * DAY + 1)
    assert refusal(lambda: run.client.redrive_execution(executionArn=run.arn)) == "ExecutionNotRedrivable"
    run = begun(of_one(**task()), [fails("E"), {}])
    run.until(14 * DAY)
    run.client.redrive_execution(executionArn=run.arn)
    assert run.until(14 * DAY)["status"] == "SUCCEEDED"
    assert refusal(lambda: run.client.redrive_execution(executionArn=run.arn)) == "ExecutionNotRedrivable"


def test_a_function_that_stops_its_own_execution_is_the_last_that_happens() -> None:
    run = begun({"StartAt": "A", "States": {"A": task(Next="B"), "B": {"Type": "Succeed"}}})

    def invoke(function: str, payload: Any) -> Any:
        run.client.stop_execution(executionArn=run.arn)
        return {}

    pump(run.world, NOW + DAY, invoke)
    assert run.client.describe_execution(executionArn=run.arn)["status"] == "ABORTED"
    assert run.events()[-2:] == ["TaskStarted", "ExecutionAborted"]


# ── task tokens ──


def token_task(**more: Any) -> dict[str, Any]:
    parameters = {"FunctionName": "message", "Payload": {"contact.$": "$.contact", "token.$": "$$.Task.Token"}}
    return task(**more) | {"Resource": f"{INVOKE}.waitForTaskToken", "Parameters": parameters}


def token_of(run: Run) -> str:
    return str(run.script.asked[-1]["token"])


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    return str(refused.value.response["Error"]["Code"])


def test_a_token_sent_back_goes_on_with_what_was_sent() -> None:
    run = begun(of_one(**token_task(ResultPath="$.answer")), [None])
    assert run.until(30 * DAY)["status"] == "RUNNING"
    run.client.send_task_success(taskToken=token_of(run), output='{"clicked": true}')
    ended = run.until(30 * DAY)
    assert json.loads(ended["output"]) == {**A_CONTACT, "answer": {"clicked": True}}
    assert ended["stopDate"] == date(30 * DAY)
    assert run.events()[1:-2] == ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    late = refusal(lambda: run.client.send_task_success(taskToken=token_of(run), output="{}"))
    assert late == "TaskTimedOut"


def test_of_two_answers_to_a_token_the_first_counts() -> None:
    run = begun(of_one(**token_task()), [None])
    run.until(DAY)
    run.client.send_task_failure(taskToken=token_of(run), error="Unwanted", cause="because")
    assert refusal(lambda: run.client.send_task_success(taskToken=token_of(run), output="{}")) == "TaskTimedOut"
    ended = run.until(DAY)
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "Unwanted", "because")


def test_a_function_may_send_its_token_back_before_it_returns() -> None:
    run = begun(of_one(**token_task()))

    def invoke(function: str, payload: Any) -> Any:
        run.client.send_task_success(taskToken=payload["token"], output="7")

    pump(run.world, NOW, invoke)
    assert run.client.describe_execution(executionArn=run.arn)["output"] == "7"


def test_a_token_nobody_sends_back_times_out_and_each_attempt_has_its_own() -> None:
    retry = [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 60, "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.Timeout"], "Next": "B", "ResultPath": "$.failure"}]
    machine = {
        "StartAt": "A",
        "States": {"A": token_task(TimeoutSeconds=86_400, Retry=retry, Catch=catch, End=True), "B": then("B")},
    }
    run = begun(machine, [None, None])
    run.until(DAY)
    first = token_of(run)
    assert run.until(DAY + MINUTE)["status"] == "RUNNING"
    assert token_of(run) != first
    assert refusal(lambda: run.client.send_task_success(taskToken=first, output="{}")) == "TaskTimedOut"
    ended = run.until(3 * DAY)
    assert ended["stopDate"] == date(2 * DAY + MINUTE)
    assert json.loads(ended["output"])["with"]["failure"] == {"Error": "States.Timeout", "Cause": ""}
    assert run.events().count("TaskTimedOut") == 2


def test_heartbeats_keep_a_task_alive_until_they_stop() -> None:
    catch = [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "B"}]
    machine = {"StartAt": "A", "States": {"A": token_task(HeartbeatSeconds=60, Catch=catch, End=True), "B": then("B")}}
    run = begun(machine, [None])
    for beat in range(1, 6):
        assert run.until(beat * 50 * SECOND)["status"] == "RUNNING"
        run.client.send_task_heartbeat(taskToken=token_of(run))
    assert run.until(310 * SECOND - 1)["status"] == "RUNNING"
    assert run.until(HOUR)["stopDate"] == date(310 * SECOND)
    assert refusal(lambda: run.client.send_task_heartbeat(taskToken=token_of(run))) == "TaskTimedOut"


def test_what_is_no_token_or_no_json_is_refused() -> None:
    run = begun(of_one(**token_task()), [None])
    run.until(0)
    assert refusal(lambda: run.client.send_task_success(taskToken="made-up", output="{}")) == "InvalidToken"
    assert refusal(lambda: run.client.send_task_success(taskToken=token_of(run), output="{")) == "InvalidOutput"
    assert run.until(0)["status"] == "RUNNING"


# ── restarts ──


def test_a_restart_in_the_middle_of_a_wait_goes_on(tmp_path: Path) -> None:
    machine = {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 86_400, "Next": "B"}, "B": task(End=True)}}
    first = begun(machine, file=tmp_path / "world.sqlite")
    first.until(HOUR)
    first.world.save_clock()
    first.world.db.close()
    second = Run(World(tmp_path / "world.sqlite"), Script([{}]), first.arn)
    assert second.until(2 * DAY)["stopDate"] == date(DAY)
    assert second.called_at == [DAY]


class ProcessDiedError(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("dies", ["before", "after"])
def test_a_task_in_which_the_process_died_is_called_again_and_the_history_has_one_attempt(
    dies: str, tmp_path: Path
) -> None:
    machine = {"StartAt": "A", "States": {"A": task(Next="B"), "B": {"Type": "Succeed"}}}
    first = begun(machine, [{}], file=tmp_path / "world.sqlite")

    def invoke(function: str, payload: Any) -> Any:
        if dies == "after":
            first.invoke(function, payload)
        raise ProcessDiedError

    with pytest.raises(ProcessDiedError):
        pump(first.world, NOW, invoke)
    first.world.db.close()
    second = Run(World(tmp_path / "world.sqlite", now=NOW), Script([{}]), first.arn)
    assert second.until(0)["status"] == "SUCCEEDED"
    assert len(second.called_at) == 1
    assert second.script.asked == [{"contact": "c1"}]
    assert second.events().count("TaskScheduled") == 1
    assert [each for each in second.events() if "Entered" in each] == ["TaskStateEntered", "SucceedStateEntered"]


def test_an_entry_that_comes_twice_does_nothing_the_second_time() -> None:
    run = begun(of_one(**task()), [{}])
    due = run.world.next_due(NOW)
    assert due is not None
    for _ in range(2):
        stepfunctions.resume(run.world, due.payload, run.invoke)
    assert len(run.called_at) == 1


# ── the API ──


def test_the_same_name_and_input_give_the_same_execution_while_it_runs() -> None:
    run = begun(LONG_WAIT)
    client = run.client
    machine = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]

    def start(given: Any) -> Any:
        return client.start_execution(stateMachineArn=machine, name="run-1", input=json.dumps(given))

    run.until(DAY)
    assert {name: start(A_CONTACT)[name] for name in ("executionArn", "startDate")} == {
        "executionArn": run.arn,
        "startDate": date(0),
    }
    assert refusal(lambda: start({})) == "ExecutionAlreadyExists"
    client.stop_execution(executionArn=run.arn)
    assert refusal(lambda: start(A_CONTACT)) == "ExecutionAlreadyExists"
    run.until(91 * DAY - 1)
    assert refusal(lambda: start(A_CONTACT)) == "ExecutionAlreadyExists"
    pump(run.world, NOW + 91 * DAY, run.invoke)
    assert refusal(lambda: client.describe_execution(executionArn=run.arn)) == "ExecutionDoesNotExist"
    assert start(A_CONTACT)["startDate"] == date(91 * DAY)
    assert run.events() == ["ExecutionStarted"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"name": "a b"}, "InvalidName"),
        ({"name": "a#1"}, "InvalidName"),
        ({"name": "a\x7f"}, "InvalidName"),
        ({"name": "x" * 81}, "ValidationException"),
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": '{"a": NaN}'}, "InvalidExecutionInput"),
        ({"input": "[" * 100_000}, "InvalidExecutionInput"),
        ({"input": json.dumps("é" * 131_072, ensure_ascii=False)}, "ValidationException"),
        ({"stateMachineArn": "arn:aws:states:eu-west-1:000000000000:stateMachine:other"}, "StateMachineDoesNotExist"),
        ({"stateMachineArn": "journey"}, "InvalidArn"),
    ],
)
def test_an_execution_that_cannot_be_is_refused(parameters: dict[str, str], code: str) -> None:
    world = World(now=NOW)
    client = client_of(world)
    machine = created(client, LONG_WAIT)["stateMachineArn"]
    assert refusal(lambda: client.start_execution(**{"stateMachineArn": machine, **parameters})) == code
    assert world.db.execute("SELECT COUNT(*) FROM due").fetchone() == (0,)


def test_an_execution_goes_on_with_the_definition_it_was_started_with() -> None:
    run = begun({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": then("the old")}})
    run.until(SECOND)
    client = run.client
    machine = client.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    changed = of_one(Type="Pass", Result="the new")
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(changed))
    assert json.loads(client.describe_state_machine(stateMachineArn=machine)["definition"]) == changed
    other = client.start_execution(stateMachineArn=machine)["executionArn"]
    assert json.loads(run.until(HOUR)["output"])["came_to"] == "the old"
    assert client.describe_execution(executionArn=other)["output"] == '"the new"'
    assert refusal(lambda: client.update_state_machine(stateMachineArn=machine, definition="{}")) == "InvalidDefinition"
    assert refusal(lambda: created(client, LONG_WAIT)) == "StateMachineAlreadyExists"
    assert created(client, changed)["stateMachineArn"] == machine


def test_executions_are_listed_newest_first_by_status_and_page() -> None:
    world = World(now=NOW)
    client = client_of(world)
    machine = created(client, LONG_WAIT)["stateMachineArn"]
    for at in range(5):
        client.start_execution(stateMachineArn=machine, name=f"run-{at}")
    client.stop_execution(executionArn=machine.replace("stateMachine", "execution") + ":run-3")

    def names(**parameters: Any) -> tuple[list[str], str | None]:
        page = client.list_executions(stateMachineArn=machine, **parameters)
        return [each["name"] for each in page["executions"]], page.get("nextToken")

    first, token = names(maxResults=2)
    client.start_execution(stateMachineArn=machine, name="run-5")
    assert first == ["run-4", "run-3"]
    assert names(maxResults=3, nextToken=token) == (["run-2", "run-1", "run-0"], None)
    assert names(statusFilter="ABORTED") == (["run-3"], None)
    assert names(statusFilter="RUNNING", maxResults=1)[0] == ["run-5"]
    assert refusal(lambda: names(nextToken="made-up")) == "InvalidToken"


def test_the_history_is_given_in_pages_and_backwards() -> None:
    run = begun(
        {"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": {"Type": "Succeed"}}}
    )
    run.until(HOUR)
    paginator = run.client.get_paginator("get_execution_history")

    def ids(**parameters: Any) -> list[int]:
        return [
            each["id"] for page in paginator.paginate(executionArn=run.arn, **parameters) for each in page["events"]
        ]

    assert ids(maxResults=2) == [1, 2, 3, 4, 5, 6]
    assert ids(maxResults=4, reverseOrder=True) == [6, 5, 4, 3, 2, 1]
    timestamps = [each["timestamp"] for each in run.client.get_execution_history(executionArn=run.arn)["events"]]
    assert timestamps == [date(0), date(0), *[date(MINUTE)] * 4]


def test_each_change_of_status_is_told_to_eventbridge() -> None:
    run = begun(of_one(Type="Wait", Seconds=60))
    told = []
    while (due := run.world.next_due(NOW + HOUR)) is not None:
        run.world.turn(due.at)
        if due.kind == "states":
            stepfunctions.resume(run.world, due.payload, run.invoke)
        else:
            assert due.kind == "event"
            told.append((due.at - NOW, due.payload))
    assert [(at, event["detail"]["status"]) for at, event in told] == [(0, "RUNNING"), (MINUTE, "SUCCEEDED")]
    event = told[1][1]
    assert (event["source"], event["detail-type"]) == ("aws.states", "Step Functions Execution Status Change")
    assert event["resources"] == [run.arn] == [event["detail"]["executionArn"]]
    assert (event["detail"]["startDate"], event["detail"]["stopDate"]) == (NOW, NOW + MINUTE)
    assert json.loads(event["detail"]["output"]) == A_CONTACT


@pytest.fixture(params=["local", "moto"])
def either(request: pytest.FixtureRequest, moto_client: Any) -> Any:
    return client_of(World(now=NOW)) if request.param == "local" else moto_client


def test_what_does_not_exist_is_said_in_the_same_words(either: Any) -> None:
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:nowhere"
    execution = "arn:aws:states:eu-west-1:123456789012:execution:nowhere:run"
    with pytest.raises(either.exceptions.StateMachineDoesNotExist, match=f"State Machine Does Not Exist: '{machine}'"):
        either.describe_state_machine(stateMachineArn=machine)
    with pytest.raises(either.exceptions.StateMachineDoesNotExist):
        either.start_execution(stateMachineArn=machine)
    with pytest.raises(either.exceptions.ExecutionDoesNotExist, match=f"Execution Does Not Exist: '{execution}'"):
        either.describe_execution(executionArn=execution)
    with pytest.raises(either.exceptions.ExecutionDoesNotExist):
        either.get_execution_history(executionArn=execution)
    with pytest.raises(either.exceptions.InvalidToken):
        either.send_task_success(taskToken="made-up", output="{}")
