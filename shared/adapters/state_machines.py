"""Runs of journeys: executions in Step Functions, and the `RUN#journey#number` items that tell of them."""

from __future__ import annotations

import json
from contextlib import suppress

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant
from shared.domain.journeys import Run


class StateMachinesSettings(Settings):
    state_machines: dict[str, str]
    """The ARN of each journey's state machine."""


def start(run: Run, now: Instant) -> None:
    """Starts a run, unless it was started before: an execution's name is taken for 90 days."""
    arn = environment(StateMachinesSettings).state_machines[run.journey]
    # One that is there has ended already; its item may still be missing.
    with suppress(client("stepfunctions").exceptions.ExecutionAlreadyExists):
        client("stepfunctions").start_execution(stateMachineArn=arn, name=run.id, input=json.dumps(run.input()))
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):  # it was, and when it was stays
        client("dynamodb").put_item(
            TableName=contacts.table(),
            Item={
                **contacts.key(run.contact, _kind(run)),
                "run": {"S": run.id},
                "execution": {"S": f"{arn.replace(':stateMachine:', ':execution:')}:{run.id}"},
                "path": {"S": run.path},
                "segment": {"S": run.segment},
                "started": {"N": str(now)},
            },
            ConditionExpression="attribute_not_exists(contact)",
        )


def execution_of(run: Run) -> str | None:
    """The ARN of the run's execution; None when it was never started."""
    answer = client("dynamodb").get_item(
        TableName=contacts.table(), Key=contacts.key(run.contact, _kind(run)), ConsistentRead=True
    )
    return answer["Item"]["execution"]["S"] if "Item" in answer else None


def stop(run: Run, reason: str) -> None:
    """Ends the run's execution, if it was started and goes on still."""
    execution = execution_of(run)
    if execution is not None:
        _stop(execution, reason)


def stop_all(contact: str, reason: str) -> None:
    """Ends all runs of a contact who is no more, and forgets them: nothing else leads to them once this is done."""
    for item in contacts.items(contact, "RUN#"):
        if "execution" in item:
            _stop(item["execution"]["S"], reason)
        contacts.delete(contact, [item["kind"]["S"]])


def _stop(execution: str, reason: str) -> None:
    # Step Functions forgets an execution 90 days after its end.
    with suppress(client("stepfunctions").exceptions.ExecutionDoesNotExist):
        client("stepfunctions").stop_execution(executionArn=execution, error="Exit", cause=reason)


def _kind(run: Run) -> str:
    return contacts.numbered(f"RUN#{run.journey}", run.number)
