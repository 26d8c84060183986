"""Runs of journeys, read: which a contact has had, and how each is now, from Step Functions itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.adapters.state_machines import StateMachinesSettings
from shared.domain.events import Instant

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
STATUSES: tuple[Status, ...] = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
"""Of Step Functions; ABORTED is a run that an exit of its journey has stopped."""
MAX_LISTED = 1000  # of one ListExecutions
MAX_HISTORY = 100  # events, newest first: more than the tries of one step make


@dataclass(frozen=True, slots=True)
class StartedRun:
    """What the contact's partition says of a run."""

    run: str
    journey: str
    number: int
    path: str
    execution: str
    started: Instant


@dataclass(frozen=True, slots=True)
class RunState:
    """How a run is now. `step` is the state it is on, since `since`; both are None once it has ended.

    `status` is UNKNOWN when Step Functions has forgotten the execution, as it does after 90 days.
    """

    status: Status | Literal["PENDING_REDRIVE", "UNKNOWN"]
    ended: Instant | None = None
    reason: str | None = None
    step: str | None = None
    since: Instant | None = None


class Count(NamedTuple):
    """How many runs, and whether there are still more."""

    runs: int
    more: bool


def of_contact(contact: str) -> list[StartedRun]:
    """The runs that were started for the contact."""
    found = []
    for item in contacts.items(contact, "RUN#"):
        _, journey, number = item["kind"]["S"].split("#")
        found.append(
            StartedRun(
                item["run"]["S"],
                journey,
                int(number),
                item["path"]["S"],
                item["execution"]["S"],
                int(item["started"]["N"]),
            )
        )
    return found


def state(execution: str) -> RunState:
    """How the run with this execution (ARN) is now."""
    try:
        answer = client("stepfunctions").describe_execution(executionArn=execution)
    except client("stepfunctions").exceptions.ExecutionDoesNotExist:
        return RunState("UNKNOWN")
    if answer["status"] != "RUNNING":
        ended = answer.get("stopDate")
        return RunState(answer["status"], _instant(ended) if ended else None, answer.get("cause"))
    history = client("stepfunctions").get_execution_history(
        executionArn=execution, reverseOrder=True, maxResults=MAX_HISTORY, includeExecutionData=False
    )
    entered = [event for event in history["events"] if "stateEnteredEventDetails" in event]
    if not entered:
        return RunState("RUNNING")
    newest = max(entered, key=lambda event: event["id"])
    return RunState("RUNNING", step=newest["stateEnteredEventDetails"]["name"], since=_instant(newest["timestamp"]))


def state_machine(journey: str) -> str | None:
    """The ARN of the journey's state machine; None when the deployment has none."""
    return environment(StateMachinesSettings).state_machines.get(journey)


def counts(journey: str) -> dict[Status, Count]:
    """How many runs of the journey there are of each status, as far as one page of Step Functions goes."""
    arn = environment(StateMachinesSettings).state_machines[journey]
    found = {}
    for status in STATUSES:
        answer = client("stepfunctions").list_executions(
            stateMachineArn=arn, statusFilter=status, maxResults=MAX_LISTED
        )
        found[status] = Count(len(answer["executions"]), "nextToken" in answer)
    return found


def _instant(moment: datetime) -> Instant:
    return int(moment.timestamp() * 1000)
