"""Passes of the refresh workflow: executions in Step Functions, which of them were rebuilds, and how far a publication
has been filled.

A `filling` item of the Definitions table, version = a publication's number, says how far the walk through all contacts
has come that has each of them adopt it.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant, Json

FILLING, DRY_RUN, REBUILD = "filling", "dry-run", "rebuild"


class RefreshSettings(Settings):
    refresh_state_machine: str
    """The workflow's ARN."""


class UnknownPassError(Exception):
    """There is no pass of this name; it may have been forgotten, as Step Functions does after 90 days."""


# ── passes ──


def start(name: str, input_: dict[str, Json]) -> None:
    """Starts a pass, unless one of this name was started before."""
    with suppress(client("stepfunctions").exceptions.ExecutionAlreadyExists):
        client("stepfunctions").start_execution(
            stateMachineArn=environment(RefreshSettings).refresh_state_machine, name=name, input=json.dumps(input_)
        )


def outcome(name: str) -> tuple[Literal["running", "done", "failed"], dict[str, Any]]:
    """How a pass stands, and what it has ended with. UnknownPassError."""
    machine = environment(RefreshSettings).refresh_state_machine
    try:
        answer = client("stepfunctions").describe_execution(
            executionArn=f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        )
    except client("stepfunctions").exceptions.ExecutionDoesNotExist as error:
        raise UnknownPassError(name) from error
    if answer["status"] in ("RUNNING", "PENDING_REDRIVE"):
        return "running", {}
    return ("done", json.loads(answer["output"])) if answer["status"] == "SUCCEEDED" else ("failed", {})


# ── dry runs: which was made of a draft, so that whoever opens it finds what came of it ──


def record_dry_run(draft: int, run: str) -> None:
    """The newest dry run of the draft of a number."""
    client("dynamodb").put_item(
        TableName=table(),
        Item={"id": {"S": DRY_RUN}, "version": {"N": str(draft)}, "run": {"S": run}},
    )


def dry_run_of(draft: int) -> str | None:
    """The name of the newest dry run of the draft of a number; None when there was none."""
    item = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version = :draft",
        ExpressionAttributeValues={":id": {"S": DRY_RUN}, ":draft": {"N": str(draft)}},
        ConsistentRead=True,
    )["Items"]
    return item[0]["run"]["S"] if item else None


# ── rebuilds ──


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A pass that makes all again, and when it was asked for."""

    name: str
    at: Instant


def record_rebuild(rebuild: Rebuild) -> None:
    """Before it is started, so that none is under way of which nobody is told."""
    client("dynamodb").put_item(
        TableName=table(),
        Item={"id": {"S": REBUILD}, "version": {"N": str(rebuild.at)}, "run": {"S": rebuild.name}},
    )


def rebuilt() -> Rebuild | None:
    """The newest one that was asked for."""
    found = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": REBUILD}},
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=1,
    )["Items"]
    return Rebuild(found[0]["run"]["S"], int(found[0]["version"]["N"])) if found else None


# ── filling ──


@dataclass(frozen=True, slots=True)
class Filling:
    """How many contacts were asked to adopt the publication by the instant `at`; `finished` when those are all."""

    number: int
    contacts: int
    at: Instant
    finished: bool


def record_filling(filling: Filling) -> None:
    client("dynamodb").put_item(
        TableName=table(),
        Item={
            "id": {"S": FILLING},
            "version": {"N": str(filling.number)},
            "contacts": {"N": str(filling.contacts)},
            "at": {"N": str(filling.at)},
            "finished": {"BOOL": filling.finished},
        },
    )


def filled() -> int:
    """The newest publication that all contacts were asked to adopt; the first needs no asking."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression="id = :id",
            FilterExpression="finished = :finished",
            ExpressionAttributeValues={":id": {"S": FILLING}, ":finished": {"BOOL": True}},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
    )
    return next((int(item["version"]["N"]) for page in pages for item in page["Items"]), 1)


def filling(number: int) -> Filling | None:
    """How far this publication, or a later one, has got: the furthest. None: nobody has begun."""
    items = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version >= :number",
        ExpressionAttributeValues={":id": {"S": FILLING}, ":number": {"N": str(number)}},
        ConsistentRead=True,
    )["Items"]
    found = [
        Filling(int(item["version"]["N"]), int(item["contacts"]["N"]), int(item["at"]["N"]), item["finished"]["BOOL"])
        for item in items
    ]
    return max(found, key=lambda each: (each.finished, each.number), default=None)
