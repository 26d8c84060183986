"""Executions in Step Functions: how the runs of journeys that it moves are begun and stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from typing import NamedTuple

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import DAY, SECOND, Instant, iso
from shared.domain.journeys.runs import Run


class StateMachinesSettings(Settings):
    state_machines: dict[str, str]
    """The ARN of each journey's state machine, or of a version of it."""


def begins(run: Run, new: int = 1) -> bool:
    """Whether, by one of its `new` newest records, it came to a step to which nothing of Step Functions has brought it:
    it began, or an exit or a person has moved it."""
    newest = run.records[-new - 1 :]
    return run.goes_on and any(
        after.what == "entered" and before.what in ("began", "moved") for before, after in pairwise(newest)
    )


def _names(run: Run) -> list[str]:
    """Of the executions that have moved it, the newest last: each time that it is moved from outside, another one
    goes on with it."""
    jumps = sum(record.what == "moved" for record in run.records)
    return [run.id, *(f"{run.id}-{number}" for number in range(1, jumps + 1))]


def start(run: Run) -> None:
    """Has Step Functions go on with the run from the step that it is at; once, however often this is asked for: an
    execution's name is taken for 90 days."""
    name = _names(run)[-1]
    step, at = (run.begins_at, run.not_before) if name == run.id else (run.step, run.since)
    ids = {"contact": run.contact, "journey": run.journey, "version": run.version, "run": run.id}
    given = {**ids, "step": step, "at": iso(at)}
    with suppress(client("stepfunctions").exceptions.ExecutionAlreadyExists):
        client("stepfunctions").start_execution(stateMachineArn=_machine(run), name=name, input=json.dumps(given))


def stop(run: Run, reason: str) -> None:
    """Ends whatever has moved the run until now: all of it, once the run has ended."""
    executions = _without_version(_machine(run)).replace(":stateMachine:", ":execution:")
    for name in _names(run) if not run.goes_on else _names(run)[:-1]:
        # Step Functions forgets an execution 90 days after its end; and it may not have begun.
        with suppress(client("stepfunctions").exceptions.ExecutionDoesNotExist):
            client("stepfunctions").stop_execution(executionArn=f"{executions}:{name}", error="Exit", cause=reason)


class Failed(NamedTuple):
    """An execution that has not come to its end, and whose it was."""

    name: str
    contact: str
    journey: str
    number: int


LONGEST = 365 * DAY
"""An execution ends within a year."""
REMEMBERED = 14 * DAY
"""For how long failures are looked at: each night has seen those before."""


def failed(now: Instant) -> Iterator[Failed]:
    """The executions that a step has ended which did not work."""
    for machine in environment(StateMachinesSettings).state_machines.values():
        pages = (
            client("stepfunctions")
            .get_paginator("list_executions")
            .paginate(stateMachineArn=_without_version(machine), statusFilter="FAILED")
        )
        for each in (each for page in pages for each in page["executions"]):
            if each["startDate"].timestamp() * SECOND < now - LONGEST:
                break  # the newest come first
            if each["stopDate"].timestamp() * SECOND >= now - REMEMBERED:
                contact, journey, number, *_ = each["name"].split("-")
                yield Failed(each["name"], contact, journey, int(number))


def is_of(execution: Failed, run: Run) -> bool:
    """Whether it is the one that was to move the run now."""
    return run.goes_on and _names(run)[-1] == execution.name


def _without_version(machine: str) -> str:
    return ":".join(machine.split(":")[:7])


def _machine(run: Run) -> str:
    return environment(StateMachinesSettings).state_machines[run.journey]
