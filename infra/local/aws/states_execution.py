"""One execution of a state machine: where it stands, its history, and how it goes on. Pure: the instant is given.

`advance` brings an execution forward until a function has to be called, it waits, or it has ended; what the call came
to is given to the next `advance`. All there is to know is in the `Execution`, which `stepfunctions` keeps in SQLite.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from infra.local.aws import states_language as language
from infra.local.aws.calls import REGION
from infra.local.aws.states_language import State, StateError, runtime_error

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND, DAY = 1_000, 86_400_000
LONGEST = 365 * DAY  # an execution
MAX_BYTES = 262_144  # of any input or output
MAX_EVENTS = 25_000  # in an execution's history
TIMEOUTS = ("States.Timeout", "States.HeartbeatTimeout")

# What a task came to: {"output": value}, or {"error": name, "cause": text}.
Outcome = dict[str, Any]


@dataclass
class Position:
    """Where an execution stands: in which state, and how far in it."""

    state: str
    input: Any
    phase: Literal["enter", "wait", "call", "token", "retry"] = "enter"
    """About to enter; waiting in a Wait; calling a function; waiting for an answer by token; for the next attempt."""
    entered_at: int = 0
    entered_event: int = 0
    until: int | None = None
    """The end of the wait or the delay; for a token, its time-out."""
    heartbeat: int | None = None
    """The instant by which a heartbeat must have come."""
    task: int = 0
    """The number of the present attempt: the id of its event in the history."""
    attempts: list[int] = field(default_factory=list)
    """How often each retrier of the state has had it tried again."""
    answer: Outcome | None = None
    """What was sent for the token."""
    redrives: int = 0
    """How often the execution was redriven until here."""


@dataclass
class Execution:
    """A row of `executions`, with the history it has added since it was read."""

    id: int
    arn: str
    machine: str
    role: str
    definition: str
    name: str
    input: str
    started_at: int
    status: str
    stopped_at: int | None
    output: str | None
    error: str | None
    cause: str | None
    position: Position
    events: int
    turn: int
    """How often it was put on the list of what is due: an entry of another turn is void."""
    due: int | None
    added: list[tuple[int, int, str, str]] = field(default_factory=list)
    transitions: int = 0
    """Billable ones since it was read: states entered, and retries."""

    @property
    def state(self) -> State:
        state: State = language.machine(self.definition)["States"][self.position.state]
        return state

    @property
    def deadline(self) -> int:
        limit = language.machine(self.definition).get("TimeoutSeconds")
        return self.started_at + (LONGEST if limit is None else min(LONGEST, limit * SECOND))

    def waits_for(self, task: int) -> bool:
        """Whether the token of an attempt can be answered. That may be before its function has returned."""
        at = self.position
        return (
            self.status == "RUNNING"
            and _waits_for_token(self.state)
            and at.phase in ("call", "token")
            and at.task == task
            and at.answer is None
        )

    def record(self, at: int, type_: str, **details: Any) -> int:
        """Adds an event to the history; gives its id."""
        self.events += 1
        self.added.append((self.events, at, type_, language.text(details)))
        return self.events


@dataclass(frozen=True)
class Call:
    """A function to be called for a task."""

    function: str
    payload: Any


# ── the interpreter ──


def advance(execution: Execution, now: int, outcome: Outcome | None) -> Call | None:
    """Goes on until a function has to be called (and says which), or the execution waits or has ended."""
    while execution.status == "RUNNING":
        at = execution.position
        try:
            if now >= execution.deadline:
                end(execution, now, "TIMED_OUT")
            elif execution.events >= MAX_EVENTS:
                limit = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
                end(execution, now, "FAILED", error="States.Runtime", cause=limit)
            elif at.phase == "enter":
                _enter(execution, now)
            elif at.phase == "call":
                if outcome is None:
                    return _call(execution)
                taken, outcome = outcome, None
                _returned(execution, now, taken)
            elif at.answer is not None:
                _answered(execution, now, at.answer)
            elif now < next_instant(execution):
                return None
            elif at.phase == "wait":
                _leave(execution, now, _effective_input(execution))
            elif at.phase == "retry":
                execution.transitions += 1
                _begin_attempt(execution, now)
            else:
                out_of_time = at.until is not None and now >= at.until
                _task_failed(execution, now, "States.Timeout" if out_of_time else "States.HeartbeatTimeout", "")
        except StateError as error:
            _failed(execution, now, error)
    return None


def next_instant(execution: Execution) -> int:
    """When an execution that waits has to be looked at again."""
    at = execution.position
    return min(each for each in (execution.deadline, at.until, at.heartbeat) if each is not None)


def _enter(execution: Execution, now: int) -> None:
    at, state = execution.position, execution.state
    at.entered_at, at.attempts = now, [0] * len(state.get("Retry", []))
    at.entered_event = execution.record(
        now, f"{state['Type']}StateEntered", stateEnteredEventDetails={"name": at.state, **_data("input", at.input)}
    )
    execution.transitions += 1
    if state["Type"] == "Fail":
        error, cause = (_told(execution, name) for name in ("Error", "Cause"))
        end(execution, now, "FAILED", error=error, cause=cause)
        return
    if state["Type"] == "Task":
        _begin_attempt(execution, now)
        return
    effective = _effective_input(execution)
    match state["Type"]:
        case "Pass":
            _leave(execution, now, state.get("Result", effective))
        case "Succeed":
            _leave(execution, now, effective)
        case "Choice":
            _leave(execution, now, effective, following=language.chosen(state, effective, _context(execution)))
        case "Wait":
            at.phase, at.until = "wait", _end_of_wait(execution, effective, now)


def _effective_input(execution: Execution) -> Any:
    """The state's input after InputPath and Parameters."""
    state, context = execution.state, _context(execution)
    data = _through(state.get("InputPath", "$"), execution.position.input, context)
    return language.fill(state["Parameters"], data, context) if "Parameters" in state else data


def _through(path: str | None, data: Any, context: Any) -> Any:
    """What InputPath or OutputPath lets through."""
    if path is None:
        return {}
    try:
        return language.select(path, data, context)
    except LookupError:
        raise runtime_error(f"Invalid path '{path}' : No results for path: {path}") from None


def _context(execution: Execution) -> dict[str, Any]:
    """The context object, `$$`."""
    at = execution.position
    context: dict[str, Any] = {
        "Execution": {
            "Id": execution.arn,
            "Input": language.value_of(execution.input),
            "Name": execution.name,
            "RedriveCount": at.redrives,
            "RoleArn": execution.role,
            "StartTime": _iso(execution.started_at),
        },
        "State": {"EnteredTime": _iso(at.entered_at), "Name": at.state, "RetryCount": sum(at.attempts)},
        "StateMachine": {"Id": execution.machine, "Name": execution.machine.rsplit(":", 1)[1]},
    }
    if _waits_for_token(execution.state):
        context["Task"] = {"Token": _token(execution)}
    return context


def _told(execution: Execution, name: str) -> str | None:
    """The Error or the Cause of a Fail state."""
    state, data = execution.state, execution.position.input
    if f"{name}Path" not in state:
        return state.get(name)
    told = language.computed(state[f"{name}Path"], f"{name}Path", data, _context(execution))
    if not isinstance(told, str):
        raise runtime_error(f"The {name}Path field must select a string: {state[f'{name}Path']}")
    return told


def _end_of_wait(execution: Execution, data: Any, now: int) -> int:
    state = execution.state
    name = next(each for each in language.WAITS if each in state)
    value = state[name]
    if name.endswith("Path"):
        try:
            value = language.select(value, data, _context(execution))
        except LookupError:
            raise runtime_error(f"The {name} parameter does not reference an input value: {state[name]}") from None
    if name.startswith("Seconds"):
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= language.MAX_SECONDS:
            raise runtime_error(f"The {name} parameter is not a number of seconds: {state[name]} == {value}")
        return now + value * SECOND
    instant = language.instant(value)
    if instant is None:
        raise runtime_error(f"The {name} parameter is not an RFC 3339 date-time: {state[name]} == {value}")
    return (instant - EPOCH) // timedelta(milliseconds=1)


def _leave(execution: Execution, now: int, result: Any, following: str | None = None) -> None:
    """Leaves the state with a result, for `following` where a Choice has said so."""
    state, output = execution.state, result
    if state["Type"] in ("Pass", "Task"):
        output = _placed(state.get("ResultPath", "$"), execution.position.input, result)
    output = _through(state.get("OutputPath", "$"), output, _context(execution))
    _go_on(execution, now, output, following or state.get("Next"))


def _placed(result_path: str | None, data: Any, result: Any) -> Any:
    """The input with the result where ResultPath wants it; without the result where it is null."""
    return data if result_path is None else language.put(result_path, data, result)


def _go_on(execution: Execution, now: int, output: Any, following: str | None) -> None:
    at = execution.position
    _small_enough(execution, output)
    execution.record(
        now,
        f"{execution.state['Type']}StateExited",
        stateExitedEventDetails={"name": at.state, **_data("output", output)},
    )
    if following is None:
        end(execution, now, "SUCCEEDED", output=language.text(output))
    else:
        execution.position = Position(following, output, redrives=at.redrives)


def _small_enough(execution: Execution, value: Any) -> None:
    if len(language.text(value).encode()) > MAX_BYTES:
        raise StateError(
            "States.DataLimitExceeded",
            f"The state/task '{execution.position.state}' returned a result with a size exceeding the maximum number "
            "of bytes service limit.",
        )


# ── tasks ──


def _waits_for_token(state: State) -> bool:
    return state.get("Resource") == language.LAMBDA_WAIT


def _begin_attempt(execution: Execution, now: int) -> None:
    """Schedules the task, for the first time or again."""
    at, state = execution.position, execution.state
    at.phase, at.until, at.heartbeat, at.answer = "call", None, None, None
    at.task = execution.events + 1  # the token is made of it, and goes into the parameters
    parameters = _effective_input(execution)
    _small_enough(execution, parameters)
    limits = {
        name: state[f"{limit}Seconds"]
        for name, limit in (("timeoutInSeconds", "Timeout"), ("heartbeatInSeconds", "Heartbeat"))
        if f"{limit}Seconds" in state
    }
    if language.LAMBDA_ARN.fullmatch(state["Resource"]):
        limits.pop("heartbeatInSeconds", None)
        scheduled = {"resource": state["Resource"], **_data("input", parameters), **limits}
        execution.record(now, "LambdaFunctionScheduled", lambdaFunctionScheduledEventDetails=scheduled)
        execution.record(now, "LambdaFunctionStarted")
    else:
        written = language.text(parameters)
        scheduled = _integration(state) | {"region": REGION, "parameters": written, **limits}
        execution.record(now, "TaskScheduled", taskScheduledEventDetails=scheduled)
        execution.record(now, "TaskStarted", taskStartedEventDetails=_integration(state))
    if _waits_for_token(state):
        at.until = now + state["TimeoutSeconds"] * SECOND if "TimeoutSeconds" in state else None
        at.heartbeat = now + state["HeartbeatSeconds"] * SECOND if "HeartbeatSeconds" in state else None


def _integration(state: State) -> dict[str, str]:
    return {"resourceType": "lambda", "resource": state["Resource"].split(":lambda:")[1]}


def _call(execution: Execution) -> Call:
    parameters, resource = _effective_input(execution), execution.state["Resource"]
    if language.LAMBDA_ARN.fullmatch(resource):
        return Call(resource, parameters)
    return Call(parameters["FunctionName"], parameters.get("Payload", {}))


def _returned(execution: Execution, now: int, outcome: Outcome) -> None:
    """The function has returned, or failed."""
    at, state = execution.position, execution.state
    if "error" in outcome:
        _task_failed(execution, now, outcome["error"], outcome["cause"])
    elif language.LAMBDA_ARN.fullmatch(state["Resource"]):
        _small_enough(execution, outcome["output"])
        execution.record(
            now, "LambdaFunctionSucceeded", lambdaFunctionSucceededEventDetails=_data("output", outcome["output"])
        )
        _task_done(execution, now, outcome["output"])
    else:
        # The service adds SdkHttpMetadata and SdkResponseMetadata, which nobody reads.
        output = {"ExecutedVersion": "$LATEST", "Payload": outcome["output"], "StatusCode": 200}
        _small_enough(execution, output)
        details = _integration(state) | _data("output", output)
        if _waits_for_token(state):
            at.phase = "token"
            execution.record(now, "TaskSubmitted", taskSubmittedEventDetails=details)
        else:
            execution.record(now, "TaskSucceeded", taskSucceededEventDetails=details)
            _task_done(execution, now, output)


def _answered(execution: Execution, now: int, answer: Outcome) -> None:
    """Somebody has sent the token back."""
    if "error" in answer:
        _task_failed(execution, now, answer["error"], answer["cause"])
    else:
        details = _integration(execution.state) | _data("output", answer["output"])
        execution.record(now, "TaskSucceeded", taskSucceededEventDetails=details)
        _task_done(execution, now, answer["output"])


def _task_done(execution: Execution, now: int, output: Any) -> None:
    state = execution.state
    if "ResultSelector" in state:
        output = language.fill(state["ResultSelector"], output, _context(execution))
    _leave(execution, now, output)


def _task_failed(execution: Execution, now: int, error: str, cause: str) -> None:
    state, told = execution.state, {"error": error, "cause": cause}
    if language.LAMBDA_ARN.fullmatch(state["Resource"]):
        execution.record(now, "LambdaFunctionFailed", lambdaFunctionFailedEventDetails=told)
    elif error in TIMEOUTS and execution.position.phase == "token":
        execution.record(now, "TaskTimedOut", taskTimedOutEventDetails=_integration(state) | told)
    else:
        execution.record(now, "TaskFailed", taskFailedEventDetails=_integration(state) | told)
    raise StateError(error, cause)


# ── errors ──


def _failed(execution: Execution, now: int, error: StateError) -> None:
    """Tries the state again, goes where a catcher says, or ends the execution."""
    state = execution.state
    retrier = next((each for each in state.get("Retry", []) if _matches(each, error.error)), None)
    catcher = next((each for each in state.get("Catch", []) if _matches(each, error.error)), None)
    if retrier is not None and _tried_again(execution, now, retrier):
        return
    if catcher is not None:
        told = {"Error": error.error, "Cause": error.cause}
        try:
            output = _placed(catcher.get("ResultPath", "$"), execution.position.input, told)
            _go_on(execution, now, output, catcher["Next"])
            return
        except StateError as another:
            error = another
    cause = error.cause
    if error.error == "States.Runtime":
        at = execution.position
        entered = f"the state '{at.state}' (entered at the event id #{at.entered_event})"
        cause = f"An error occurred while executing {entered}. {cause}"
    end(execution, now, "FAILED", error=error.error, cause=cause)


def _tried_again(execution: Execution, now: int, retrier: Any) -> bool:
    at, number = execution.position, execution.state["Retry"].index(retrier)
    if at.attempts[number] >= retrier.get("MaxAttempts", 3):
        return False
    at.phase, at.until = "retry", now + _delay(execution, retrier, at.attempts[number])
    at.heartbeat = at.answer = None
    at.attempts[number] += 1
    return True


def _matches(handler: Any, error: str) -> bool:
    """Whether a retrier or a catcher is for an error."""
    names = handler["ErrorEquals"]
    if error == "States.Runtime":
        return False
    if error in names or ("States.Timeout" in names and error in TIMEOUTS):
        return True
    if error == "States.DataLimitExceeded":
        return False
    return "States.ALL" in names or ("States.TaskFailed" in names and error not in TIMEOUTS)


def _delay(execution: Execution, retrier: Any, before: int) -> int:
    """How long a retrier has the state wait (in milliseconds) when it has had it tried again `before` times before."""
    try:
        seconds = retrier.get("IntervalSeconds", 1) * float(retrier.get("BackoffRate", 2.0)) ** before
    except OverflowError:
        seconds = float(language.MAX_SECONDS)
    delay: float = min(seconds, retrier.get("MaxDelaySeconds", language.MAX_SECONDS)) * SECOND
    if retrier.get("JitterStrategy") == "FULL":
        # Anywhere up to the whole delay; drawn from what repeats, so that runs repeat.
        drawn = hashlib.sha256(f"{execution.arn} {execution.position.task}".encode()).digest()
        delay *= int.from_bytes(drawn[:8], "big") / 2**64
    return round(delay)


def end(
    execution: Execution,
    now: int,
    status: Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
    *,
    output: str | None = None,
    error: str | None = None,
    cause: str | None = None,
) -> None:
    execution.status, execution.stopped_at = status, now
    execution.output, execution.error, execution.cause = output, error, cause
    told = {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}
    details = told if output is None else {"output": output, "outputDetails": {"truncated": False}}
    word = "".join(part.capitalize() for part in status.split("_"))
    execution.record(now, f"Execution{word}", **{f"execution{word}EventDetails": details})


def _token(execution: Execution) -> str:
    """The present attempt's token: names the execution and the attempt, and is the same in every run."""
    return base64.urlsafe_b64encode(json.dumps([execution.arn, execution.position.task]).encode()).decode()


# ── values as the service writes them ──


def _data(kind: Literal["input", "output"], value: Any) -> dict[str, Any]:
    return {kind: language.text(value), f"{kind}Details": {"truncated": False}}


def date(instant: int) -> datetime:
    return EPOCH + timedelta(milliseconds=instant)


def _iso(instant: int) -> str:
    return date(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")
