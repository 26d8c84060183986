"""Shapes of what is asked and told of operations."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from functions.admin.shapes.everywhere import Counts


class Health(TypedDict):
    """What could not be looked at is left out, and is one of the problems."""

    status: Literal["ok", "attention"]
    problems: list[str]
    now: int
    definitions: int | None
    queues: NotRequired[Counts]
    dead_letters: NotRequired[Counts]
    late_wake_ups: NotRequired[int]
    product_changes: NotRequired[int]
    outlived_runs: NotRequired[Counts]
    other_currencies: NotRequired[Counts]
    refused_events: NotRequired[int]
    coupons_left: NotRequired[Counts]
    sending: NotRequired[Standing]
    rebuild: NotRequired[Rebuild | None]
    last_lake_write: NotRequired[int | None]


class DeadLetterTold(TypedDict):
    """Of the message, only what is about nobody."""

    reason: str
    receives: int
    set_aside: int
    id: str | None
    type: str | None
    source: str | None
    received: int | None


class DeadLetterQueue(TypedDict):
    queue: str
    depth: int
    replayable: bool
    messages: list[DeadLetterTold]


class DeadLetters(TypedDict):
    queues: list[DeadLetterQueue]


class Replayed(TypedDict):
    queue: str
    status: str
    items: NotRequired[int]


class Dismissed(TypedDict):
    queue: str
    dismissed: int


class Rebuild(TypedDict):
    rebuild: str
    begun: int
    status: str


class WarmUp(TypedDict):
    a_day: int
    left: int


class Rates(TypedDict):
    """`bounces` and `complaints`: shares of the emails."""

    sent: int
    bounces: float
    complaints: float


class Standing(TypedDict):
    """How sending stands. `rate` (a second) and `quota` (in 24 hours) are SES's."""

    known: bool
    at: int | None
    rate: float | None
    quota: float | None
    sent: float | None
    production: bool | None
    enforcement: str | None
    left: int | None
    stopped: str | None
    paused: str | None
    warm_up: WarmUp | None
    last_30_days: Rates


class DnsRecord(TypedDict):
    name: str
    type: str
    value: str


class SetUpFinding(TypedDict):
    check: str
    state: Literal["ok", "missing", "wrong", "look"]
    text: str
    records: list[DnsRecord]
    command: str | None


class Doctor(TypedDict):
    ready: bool
    findings: list[SetUpFinding]


class ChangeTold(TypedDict):
    id: str
    at: int
    by: str
    action: str
    of: dict[str, str]
    before: str | None
    after: str | None
    state: Literal["begun", "done", "failed"]


class Changes(TypedDict):
    changes: list[ChangeTold]
    cursor: str | None
