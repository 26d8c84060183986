"""Step Functions as the local run needs it: Standard workflows that wait in the world's list of what is due.

Nothing runs by itself. StartExecution, an answer to a task token and the end of every wait put ONE entry of the kind
"states" on the list; when it is due the run's pump calls `resume`, which brings the execution forward until it waits
again or has ended. What an execution is doing is a `Position`, kept with it in SQLite: a wait of 90 days costs one row.

Around a Lambda call nothing is locked and nothing is half written: what came before is stored, and an entry to call
the function again is on the list. So when the process dies inside a task, or before its result is stored, the task's
function is called again at the restart (it may be on AWS, too); the history shows one attempt only.

How an execution goes on is in `states_execution`, the definition's language in `states_language`. An execution keeps
the definition it was started with. Of a machine there is one version, the present one, by whose ARN (`…:1`) executions
can be started. Left out, and refused: Parallel, Map, JSONata, Express workflows, activities, aliases, redriving what
has a time-out as a whole, every task but Lambda. A function takes no time here: TimeoutSeconds ends waits for a token.
"""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import sys
import uuid
from collections.abc import Callable
from typing import Any

from infra.local.aws import states_language as language
from infra.local.aws.calls import ACCOUNT, REGION, AwsError, Operation, Parameters
from infra.local.aws.states_execution import (
    DAY,
    MAX_BYTES,
    MAX_EVENTS,
    SECOND,
    Execution,
    Outcome,
    Position,
    advance,
    date,
    end,
    next_instant,
)
from infra.local.aws.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS state_machines (
        arn TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, definition INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    )""",
    # Each text once, however many executions were started with it.
    "CREATE TABLE IF NOT EXISTS state_machine_definitions (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)",
    """CREATE TABLE IF NOT EXISTS executions (
        id INTEGER PRIMARY KEY AUTOINCREMENT, arn TEXT NOT NULL UNIQUE, machine TEXT NOT NULL, role TEXT NOT NULL,
        definition INTEGER NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, started_at INTEGER NOT NULL,
        status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT,
        position TEXT NOT NULL, events INTEGER NOT NULL, turn INTEGER NOT NULL, due INTEGER
    )""",
    "CREATE INDEX IF NOT EXISTS executions_of ON executions (machine, id)",
    "CREATE INDEX IF NOT EXISTS executions_ended ON executions (stopped_at) WHERE stopped_at IS NOT NULL",
    """CREATE TABLE IF NOT EXISTS execution_events (
        execution INTEGER NOT NULL, id INTEGER NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, details TEXT NOT NULL,
        PRIMARY KEY (execution, id)
    ) WITHOUT ROWID""",
)

KEPT = 90 * DAY  # how long an ended execution is remembered, and its name taken
REDRIVABLE = 14 * DAY  # how long one that did not succeed can be redriven
# White space, brackets, wildcards, special and control characters (API reference, StartExecution).
NOT_IN_NAMES = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")

Invoke = Callable[[str, Any], Any]


class TaskFailed(Exception):  # noqa: N818 - it is what happened to the task
    """Raised by `invoke` for a function that failed: its error's name and its cause, as Retry and Catch see them."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


# ── what the pump and the benchmarks call ──


def resume(world: World, payload: dict[str, Any], invoke: Invoke) -> None:
    """Brings an execution forward, as an entry of the kind "states" asks, until it waits or has ended.

    `invoke(function, payload)` calls a Lambda by name or ARN, gives its result as JSON has it, and raises TaskFailed
    for what the function raised. Anything else it raises leaves the execution as it was before that call, due again.
    """
    turn: int = payload["turn"]
    outcome: Outcome | None = None
    while True:
        with world.lock, world.atomic():
            execution = _find(world, payload["execution"])
            if execution is None or execution.status != "RUNNING" or execution.turn != turn:
                return  # ended, stopped or answered meanwhile
            call = advance(execution, world.now(), outcome)
            if execution.status != "RUNNING":
                _stopped(world, execution)
            else:
                _resume_at(world, execution, world.now() if call else next_instant(execution))
            _save(world, execution)
            turn = execution.turn
        if call is None:
            return
        try:
            outcome = {"output": invoke(call.function, call.payload)}
        except TaskFailed as failure:
            outcome = {"error": failure.error, "cause": failure.cause}


def transitions(world: World) -> int:
    """How many state transitions AWS would have billed: every state entered, and every retry."""
    return world.number("state transitions", 0)


# ── task tokens ──


def _waiting(world: World, token: str) -> Execution:
    """The execution that waits for a token. Raises InvalidToken and TaskTimedOut."""
    try:
        arn, task = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'") from None
    execution = _find(world, str(arn))
    if execution is None or not execution.waits_for(task):
        raise AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
    return execution


def _answer(world: World, token: str, answer: Outcome) -> dict[str, Any]:
    execution = _waiting(world, token)
    execution.position.answer = answer
    if execution.position.phase == "token":
        _resume_at(world, execution, world.now())
    _save(world, execution)  # in the middle of the call, whose end will find the answer, that is all
    return {}


def send_task_success(world: World, parameters: Parameters) -> dict[str, Any]:
    _within_limit("output", parameters["output"])
    try:
        output = language.value_of(parameters["output"])
    except ValueError as error:
        raise AwsError("InvalidOutput", f"Invalid Output: '{error}'") from None
    return _answer(world, parameters["taskToken"], {"output": output})


def send_task_failure(world: World, parameters: Parameters) -> dict[str, Any]:
    answer = {"error": parameters.get("error", ""), "cause": parameters.get("cause", "")}
    return _answer(world, parameters["taskToken"], answer)


def send_task_heartbeat(world: World, parameters: Parameters) -> dict[str, Any]:
    execution = _waiting(world, parameters["taskToken"])
    if execution.position.heartbeat is not None:
        execution.position.heartbeat = world.now() + execution.state["HeartbeatSeconds"] * SECOND
        _save(world, execution)  # when the earlier instant comes, the execution sees that it has more time
    return {}


# ── state machines ──

PRESENT_VERSION = ":1"


def create_state_machine(world: World, parameters: Parameters) -> dict[str, Any]:
    name, role, written = parameters["name"], parameters["roleArn"], parameters["definition"]
    if parameters.get("type", "STANDARD") != "STANDARD":
        raise AwsError("StateMachineTypeNotSupported", "the local run stands in for Standard workflows only")
    _check_name(name)
    definition = _definition(world, written)
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    found = _db(world).execute("SELECT definition, created_at FROM state_machines WHERE arn = ?", (arn,)).fetchone()
    if found is not None and found[0] != definition:
        raise AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    if found is None:
        row = (arn, name, role, definition, world.now())
        world.db.execute("INSERT INTO state_machines VALUES (?, ?, ?, ?, ?)", row)
    return {"stateMachineArn": arn, "creationDate": date(found[1] if found else world.now())}


def update_state_machine(world: World, parameters: Parameters) -> dict[str, Any]:
    """Executions that run go on with the definition they were started with."""
    arn = parameters["stateMachineArn"]
    _, role, definition, _, _ = _machine(world, arn)
    if not parameters.keys() & {"definition", "roleArn"}:
        raise AwsError("MissingRequiredParameter", "Either the definition or the role ARN must be specified")
    if "definition" in parameters:
        definition = _definition(world, parameters["definition"])
    row = (parameters.get("roleArn", role), definition, arn)
    world.db.execute("UPDATE state_machines SET role = ?, definition = ? WHERE arn = ?", row)
    return {"updateDate": date(world.now()), "revisionId": _uuid(f"revision {definition}")}


def describe_state_machine(world: World, parameters: Parameters) -> dict[str, Any]:
    arn = parameters["stateMachineArn"]
    name, role, definition, created_at, written = _machine(world, arn)
    return {
        "stateMachineArn": arn,
        "name": name,
        "status": "ACTIVE",
        "definition": written,
        "roleArn": role,
        "type": "STANDARD",
        "creationDate": date(created_at),
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "revisionId": _uuid(f"revision {definition}"),
    }


def list_state_machines(world: World, parameters: Parameters) -> dict[str, Any]:
    size, after = _page(parameters, "")
    machines = "SELECT arn, name, created_at FROM state_machines WHERE arn > ? ORDER BY arn LIMIT ?"
    rows = _db(world).execute(machines, (after, size + 1)).fetchall()
    listed = [
        {"stateMachineArn": arn, "name": name, "type": "STANDARD", "creationDate": date(created_at)}
        for arn, name, created_at in rows[:size]
    ]
    return {"stateMachines": listed, **_next_page(rows, size)}


# ── executions ──


def start_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    """The same name and input again give the same execution while it runs. An ended one's name is taken for 90 days."""
    machine, given = parameters["stateMachineArn"].removesuffix(PRESENT_VERSION), parameters.get("input", "{}")
    machine_name, role, definition, _, written = _machine(world, machine)
    name = parameters.get("name")
    if name is None:
        name = _uuid(f"execution {world.number('execution name')}")
    _check_name(name)
    _within_limit("input", given)
    try:
        value = language.value_of(given)
    except ValueError as error:
        raise AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{machine_name}:{name}"
    existing = _find(world, arn)
    if existing is not None:
        if existing.status == "RUNNING" and existing.input == given:
            return {"executionArn": arn, "startDate": date(existing.started_at)}
        raise AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
    now = world.now()
    position = Position(language.machine(written)["StartAt"], value)
    row = (arn, machine, role, definition, name, given, now, language.text(vars(position)))
    world.db.execute(
        "INSERT INTO executions"
        " (arn, machine, role, definition, name, input, started_at, position, status, events, turn)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'RUNNING', 0, 0)",
        row,
    )
    execution = _get(world, arn)
    details = {"input": given, "inputDetails": {"truncated": False}, "roleArn": role}
    execution.record(now, "ExecutionStarted", executionStartedEventDetails=details)
    _resume_at(world, execution, now)
    _save(world, execution)
    _tell(world, execution)
    return {"executionArn": arn, "startDate": date(now)}


def stop_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    execution = _get(world, parameters["executionArn"])
    if execution.status == "RUNNING":
        end(execution, world.now(), "ABORTED", error=parameters.get("error"), cause=parameters.get("cause"))
        _stopped(world, execution)
        _save(world, execution)
    return {"stopDate": date(execution.stopped_at or 0)}


def redrive_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    """The execution goes on from the state in which it ended, with that state's input and all tries before it."""
    execution = _get(world, parameters["executionArn"])
    now, stopped = world.now(), execution.stopped_at
    if execution.status in ("RUNNING", "SUCCEEDED") or stopped is None:
        raise _not_redrivable(execution, f"it is {execution.status}")
    if now - stopped > REDRIVABLE or execution.events >= MAX_EVENTS - 1:
        raise _not_redrivable(execution, "it has ended too long ago, or its history is too long")
    if "TimeoutSeconds" in language.machine(execution.definition):
        raise NotImplementedError("the service would begin the time-out of the whole execution again")
    at = execution.position
    execution.position = Position(at.state, at.input, redrives=at.redrives + 1)
    execution.status, execution.stopped_at = "RUNNING", None
    execution.error = execution.cause = None
    told = {"redriveCount": execution.position.redrives}
    execution.record(now, "ExecutionRedriven", executionRedrivenEventDetails=told)
    _resume_at(world, execution, now)
    _save(world, execution)
    _tell(world, execution)
    return {"redriveDate": date(now)}


def _not_redrivable(execution: Execution, why: str) -> AwsError:
    return AwsError("ExecutionNotRedrivable", f"Execution is not redrivable: '{execution.arn}', since {why}")


def describe_execution(world: World, parameters: Parameters) -> dict[str, Any]:
    execution = _get(world, parameters["executionArn"])
    described = _listed(execution) | {"input": execution.input, "inputDetails": {"included": True}}
    if execution.output is not None:
        described |= {"output": execution.output, "outputDetails": {"included": True}}
    told = {"error": execution.error, "cause": execution.cause}
    return described | {name: value for name, value in told.items() if value is not None}


def list_executions(world: World, parameters: Parameters) -> dict[str, Any]:
    machine, status = parameters["stateMachineArn"], parameters.get("statusFilter")
    _machine(world, machine)
    _forget(world)
    size, before = _page(parameters, sys.maxsize)
    rows = world.db.execute(
        f"{EXECUTION} WHERE machine = ? AND executions.id < ? AND (? IS NULL OR status = ?)"
        " ORDER BY executions.id DESC LIMIT ?",
        (machine, before, status, status, size + 1),
    ).fetchall()
    listed = [_listed(_execution(row)) for row in rows[:size]]
    return {"executions": listed, **_next_page(rows, size)}


def _listed(execution: Execution) -> dict[str, Any]:
    listed = {
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine,
        "name": execution.name,
        "status": execution.status,
        "startDate": date(execution.started_at),
        "redriveCount": execution.position.redrives,
    }
    return listed if execution.stopped_at is None else listed | {"stopDate": date(execution.stopped_at)}


def get_execution_history(world: World, parameters: Parameters) -> dict[str, Any]:
    execution, backwards = _get(world, parameters["executionArn"]), parameters.get("reverseOrder", False)
    size, after = _page(parameters, execution.events + 1 if backwards else 0)
    rows = world.db.execute(
        f"SELECT id, at, type, details FROM execution_events WHERE execution = ? AND id {'<' if backwards else '>'} ?"
        f" ORDER BY id {'DESC' if backwards else 'ASC'} LIMIT ?",
        (execution.id, after, size + 1),
    ).fetchall()
    events = [
        # The first state's entry has no event before it, just as the execution's start.
        {"id": id_, "previousEventId": id_ - 1 if id_ > 2 else 0, "timestamp": date(at), "type": type_}
        | json.loads(details)
        for id_, at, type_, details in rows[:size]
    ]
    return {"events": events, **_next_page(rows, size)}


# ── rows ──

EXECUTION = (
    "SELECT executions.id, arn, machine, role, text, name, input, started_at, status, stopped_at, output, error, cause,"
    " position, events, turn, due FROM executions"
    " JOIN state_machine_definitions ON state_machine_definitions.id = executions.definition"
)


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


def _forget(world: World) -> None:
    """Forgets what ended more than 90 days ago, as the service does."""
    old = _db(world).execute("SELECT id FROM executions WHERE stopped_at <= ?", (world.now() - KEPT,)).fetchall()
    world.db.executemany("DELETE FROM execution_events WHERE execution = ?", old)
    world.db.executemany("DELETE FROM executions WHERE id = ?", old)


def _find(world: World, arn: str) -> Execution | None:
    _forget(world)
    row = world.db.execute(f"{EXECUTION} WHERE arn = ?", (arn,)).fetchone()
    return _execution(row) if row else None


def _execution(row: tuple[Any, ...]) -> Execution:
    values = [*row[:13], Position(**json.loads(row[13])), *row[14:]]
    return Execution(*values)


def _get(world: World, arn: str) -> Execution:
    if ":execution:" not in arn:
        raise AwsError("InvalidArn", f"Invalid Arn: '{arn}'")
    execution = _find(world, arn)
    if execution is None:
        raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
    return execution


def _resume_at(world: World, execution: Execution, instant: int | None) -> None:
    """Has the execution resumed at an instant, and then only; never when there is none."""
    if execution.due is not None:
        world.cancel(execution.due)
        execution.due = None
    if instant is not None:
        execution.turn += 1
        execution.due = world.schedule(instant, "states", {"execution": execution.arn, "turn": execution.turn})


def _stopped(world: World, execution: Execution) -> None:
    _resume_at(world, execution, None)
    _tell(world, execution)


def _save(world: World, execution: Execution) -> None:
    world.db.execute(
        "UPDATE executions SET status = ?, stopped_at = ?, output = ?, error = ?, cause = ?, position = ?, events = ?,"
        " turn = ?, due = ? WHERE id = ?",
        (
            execution.status,
            execution.stopped_at,
            execution.output,
            execution.error,
            execution.cause,
            language.text(vars(execution.position)),
            execution.events,
            execution.turn,
            execution.due,
            execution.id,
        ),
    )
    added = [(execution.id, *event) for event in execution.added]
    world.db.executemany("INSERT INTO execution_events VALUES (?, ?, ?, ?, ?)", added)
    if execution.transitions:
        world.number("state transitions", execution.transitions)


def _machine(world: World, arn: str) -> tuple[str, str, int, int, str]:
    """A state machine's name, role, definition id, instant of creation, and definition."""
    if ":stateMachine:" not in arn:
        raise AwsError("InvalidArn", f"Invalid Arn: '{arn}'")
    machine = (
        "SELECT name, role, definition, created_at, text FROM state_machines"
        " JOIN state_machine_definitions ON id = definition WHERE arn = ?"
    )
    row: tuple[str, str, int, int, str] | None = _db(world).execute(machine, (arn,)).fetchone()
    if row is None:
        raise AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    return row


def _definition(world: World, written: str) -> int:
    """Checks a definition and keeps it; gives its id."""
    try:
        language.machine(written)
    except language.DefinitionError as error:
        raise AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{error}'") from None
    _db(world).execute("INSERT OR IGNORE INTO state_machine_definitions (text) VALUES (?)", (written,))
    found = world.db.execute("SELECT id FROM state_machine_definitions WHERE text = ?", (written,)).fetchone()
    return int(found[0])


# ── what it tells ──


def _uuid(seed: str) -> str:
    """An id that is the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, seed))


def _tell(world: World, execution: Execution) -> None:
    """Tells EventBridge of an execution's new status, as an entry of the kind "event"."""
    told = {
        "version": "0",
        "id": _uuid(f"{execution.arn} {execution.id} {execution.status} {execution.position.redrives}"),
        "detail-type": "Step Functions Execution Status Change",
        "source": "aws.states",
        "account": ACCOUNT,
        "time": date(world.now()).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [execution.arn],
        "detail": {
            "executionArn": execution.arn,
            "stateMachineArn": execution.machine,
            "stateMachineVersionArn": None,
            "stateMachineAliasArn": None,
            "name": execution.name,
            "status": execution.status,
            "startDate": execution.started_at,
            "stopDate": execution.stopped_at,
            "input": execution.input,
            "output": execution.output,
            "inputDetails": {"included": True},
            "outputDetails": None if execution.output is None else {"included": True},
            "error": execution.error,
            "cause": execution.cause,
            "redriveCount": execution.position.redrives,
        },
    }
    world.schedule(world.now(), "event", told)


# ── parameters ──


def _check_name(name: str) -> None:
    if len(name) > 80:
        raise _too_long(name, "name", 80)
    if NOT_IN_NAMES.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")


def _within_limit(name: str, value: str) -> None:
    if len(value.encode()) > MAX_BYTES:
        raise _too_long("…", name, MAX_BYTES)


def _too_long(value: str, name: str, most: int) -> AwsError:
    return AwsError(
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must have length less than or equal to {most}",
    )


def _page(parameters: Parameters, start: Any) -> tuple[int, Any]:
    """How many to list, and after what: a page's token holds the last key of the page before."""
    if "nextToken" not in parameters:
        return parameters.get("maxResults") or 100, start
    try:
        after = json.loads(base64.urlsafe_b64decode(parameters["nextToken"]))
    except ValueError:
        after = None
    if not isinstance(after, type(start)):
        raise AwsError("InvalidToken", "Invalid Token: 'Invalid token'")
    return parameters.get("maxResults") or 100, after


def _next_page(rows: list[tuple[Any, ...]], size: int) -> dict[str, str]:
    """The token of the page after, when a row more than the page holds was found. Rows begin with their key."""
    if len(rows) <= size:
        return {}
    return {"nextToken": base64.urlsafe_b64encode(json.dumps(rows[size - 1][0]).encode()).decode()}


OPERATIONS: dict[str, Operation] = {
    "CreateStateMachine": create_state_machine,
    "DescribeExecution": describe_execution,
    "DescribeStateMachine": describe_state_machine,
    "GetExecutionHistory": get_execution_history,
    "ListExecutions": list_executions,
    "ListStateMachines": list_state_machines,
    "RedriveExecution": redrive_execution,
    "SendTaskFailure": send_task_failure,
    "SendTaskHeartbeat": send_task_heartbeat,
    "SendTaskSuccess": send_task_success,
    "StartExecution": start_execution,
    "StopExecution": stop_execution,
    "UpdateStateMachine": update_state_machine,
}
