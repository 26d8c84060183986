"""The whole system on one machine: what `template.yaml` deploys, run by the real handlers on one clock.

Nothing here knows what the product does. It knows how AWS delivers: a queue's messages to its Lambda, a stream's
records, a schedule's ticks, an execution's steps; again when they fail, and to the dead-letter queue in the end.
One thing happens after the other, in the order of time, so that a run repeats exactly.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from infra.local import dns, receiver
from infra.local.aws import (
    athena,
    cognito,
    comprehend,
    dynamodb,
    eventbridge,
    s3,
    schedules,
    ses,
    sns,
    sqs,
    ssm,
    stepfunctions,
)
from infra.local.aws.calls import ACCOUNT, REGION, Fault, connect
from infra.local.aws.deploy import deploy
from infra.local.aws.template import Resource, Template
from infra.local.aws.world import Due, World
from infra.local.routes import Route
from shared.adapters import clock, dns_records, members, outside, segment_sizes, webhooks
from shared.adapters.caches import forget_all
from shared.domain.events import DAY
from shared.domain.journeys.asl import ASKED_AGAIN

if TYPE_CHECKING:
    from infra.local.turning import Turning

SERVICES = {
    "athena": athena.OPERATIONS,
    "cognito-idp": cognito.OPERATIONS,
    "comprehend": comprehend.OPERATIONS,
    "dynamodb": dynamodb.OPERATIONS,
    "events": eventbridge.OPERATIONS,
    "s3": s3.OPERATIONS,
    "sesv2": ses.OPERATIONS,
    "sns": sns.OPERATIONS,
    "sqs": sqs.OPERATIONS,
    "ssm": ssm.OPERATIONS,
    "stepfunctions": stepfunctions.OPERATIONS,
}
STREAM_RETRY_AFTER = 1_000  # milliseconds
LONG_WINDOW = 60_000  # milliseconds
FINAL_STRETCH_MS = 86_400_000  # milliseconds at the end of a stretch of time
TICK_RETRY_AFTER = 60_000
BEGIN_OF_STREAM: dict[str, Any] = {"position": 0, "ends": [], "tries": 0, "not_before": 0}
"""Where a stream's reading stands: the last position read, where the batches end that come again, how often the first
of them has failed, and the instant before which nothing is to be done."""
WAKE_INDEX = ("Contacts", "wake")
RELEASES = ("Definitions", "release", "due")
"""Where what else that schedule does is due: a table, a partition, and the attribute that says when."""
LOOK_AHEAD = 60_000
"""Milliseconds by which whoever takes wake-ups off the index is ahead of them."""
SENDING = {"task": "sending"}
"""The input of the schedule that looks at how much comes back of what was sent."""
REMINDING = {"task": "remind"}
"""The input of the schedule that looks for whom to remind."""
REMINDERS = ("Contacts", "reminders-")
"""Where they stand: a table, and how its partitions begin."""
LATELY, HOUR = 900_000, 3_600_000
"""Milliseconds."""
SCHEDULES = ("Schedule", "ScheduleV2")


@dataclass(frozen=True)
class Function:
    """A Lambda: its name and its handler, a module and a name in it."""

    name: str
    module: str
    handler: str

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


TIME_OF_A_FUNCTION = 60_000
"""Milliseconds by the run's clock, which stands still meanwhile, unless it is waited for (`System.waits`)."""


@dataclass(frozen=True)
class Context:
    """What a handler is told of its invocation."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    ends_at: Callable[[], int] = lambda: TIME_OF_A_FUNCTION
    """How many milliseconds are left."""
    memory_limit_in_mb: int = 512
    function_version: str = "$LATEST"
    log_group_name: str = "local"
    log_stream_name: str = "local"

    def get_remaining_time_in_millis(self) -> int:
        return self.ends_at()


class ProcessDied(BaseException):
    """Raised by a fault inside a call to AWS: the function's process ends there, and no handler gets to catch it."""


class NoAnswerError(Exception):
    """An invocation has ended without an answer, because its process died."""


@dataclass
class QueueSource:
    """A queue's messages go to a function."""

    function: str
    queue_url: str
    batch: int
    window: int  # milliseconds to wait for more


@dataclass
class StreamSource:
    """A table's stream goes to a function: what passes the filters, in order, from a position on."""

    function: str
    table: str
    batch: int
    window: int  # milliseconds to wait for more
    filters: list[Mapping[str, Any]]
    retries: int
    bisects: bool  # whether a batch that failed as a whole comes again in halves
    dead_letters: str | None  # ARN

    @property
    def position_name(self) -> str:
        return f"stream {self.function}"


@dataclass
class Tick:
    """A schedule that invokes a function, or starts a state machine, with an input."""

    name: str
    target: str
    """The function's name, or the state machine's ARN."""
    expression: str
    timezone: str
    input: Any
    reads_index: tuple[str, str] | None
    """The table and index whose earliest entry is the first thing it has to do."""
    retries: int
    dead_letters: str | None  # ARN

    @property
    def starts_workflow(self) -> bool:
        return ":stateMachine:" in self.target

    @property
    def setting(self) -> str:
        """Where the world keeps the instant of its last tick."""
        return f"tick {self.name}"


@dataclass
class System:
    """The deployed template in a world."""

    world: World
    template: Template
    session: boto3.session.Session
    functions: dict[str, Function] = field(default_factory=dict)
    queues: list[QueueSource] = field(default_factory=list)
    streams: list[StreamSource] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    routes: dict[str, list[Route]] = field(default_factory=lambda: {"HttpApi": [], "Api": []})
    """By API; the more particular route comes first."""
    hurries: bool = False
    expired_on: int = -1
    """The day (since 1970, UTC) on which tables were last rid of what TTL has made due."""
    turning: Turning | None = None
    """The last turn of the clock that somebody asked for, which may be going on."""
    invocations: dict[str, int] = field(default_factory=dict)
    reader: Callable[[World, str], None] | None = None
    """When given, is called with each mail that was delivered: somebody is there to read it."""
    waits: Callable[[int], None] | None = None
    """When given, does what a handler waits for by the clock: it turns it, so that each email leaves at its slot.
    Without it, a handler takes no time."""
    around: Callable[[str, Any, Callable[[], Any]], Any] | None = None
    """When given, is called around each invocation, with the function, the payload and what performs it: it may watch,
    or have it twice."""

    # ── invoking ──

    def invoke(self, name: str, payload: Any) -> Any:
        """Calls a function's real handler, as Lambda does: what it raises, leaves it. NoAnswerError: it died."""
        function = self.functions[name.rsplit(":", 1)[-1]]
        handler = getattr(importlib.import_module(function.module), function.handler)

        def perform() -> Any:
            self.invocations[function.name] = self.invocations.get(function.name, 0) + 1
            began = self.world.now()
            context = Context(
                function.name,
                function.arn,
                f"local-{self.world.number('invocation')}",
                lambda: TIME_OF_A_FUNCTION - (self.world.now() - began),
            )
            with redirect_stdout(io.StringIO()):  # where Powertools prints metrics for CloudWatch, which is not here
                return handler(payload, context)

        try:
            return perform() if self.around is None else self.around(function.name, payload, perform)
        except ProcessDied as death:
            plug_in(self)  # the process that comes after it begins with empty hands
            raise NoAnswerError(function.name) from death

    def task(self, name: str, payload: Any) -> Any:
        """Calls a function as a task of a state machine: its error becomes the task's."""
        try:
            return json.loads(json.dumps(_as_lambda_answers(self.invoke(name, payload))))
        except NoAnswerError as error:
            report(name, error)
            raise stepfunctions.TaskFailed("Lambda.Unknown") from error
        except Exception as error:
            if type(error).__name__ not in ASKED_AGAIN:
                report(name, error)
            cause = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
            raise stepfunctions.TaskFailed(type(error).__name__, cause) from error

    # ── the passing of time ──

    def run_until(self, instant: int) -> None:
        """Does everything that is due up to and including `instant`, each thing at its own instant, and stops there."""
        for _ in self.running_until(instant):
            pass

    def running_until(self, instant: int) -> Iterator[None]:
        """As `run_until`, one thing after the other: between two of them others may have their turn."""
        yield from self._settling()
        while True:
            ticks = [(tick, at) for tick in self.ticks if (at := self._next_tick(tick)) is not None]
            following = self._next_instant([at for _, at in ticks])
            if following is None or following > instant:
                break
            self.world.turn(following)
            self._expire()
            for tick, at in ticks:
                if at <= following:  # earlier, where the clock ran by itself meanwhile
                    self._tick(tick, at)
            yield from self._settling()
        self.world.turn(instant)
        self._expire()

    def _expire(self) -> None:
        """Once a day: AWS takes away what has expired within days, and says not when. A day's own is there until it is
        over, so whoever reads it has to look at `expires`, there as here."""
        if (today := self.world.now() // DAY) != self.expired_on:
            self.expired_on = today
            dynamodb.expire(self.world)

    def pass_time(self, by: int) -> None:
        """Lets `by` milliseconds pass from now; a clock that runs stands still meanwhile, so that nothing is late."""
        for _ in self.passing_time(by):
            pass

    def passing_time(self, by: int) -> Generator[None]:
        """As `pass_time`, one thing after the other: between two of them others may have their turn.

        All but the last day is hurried through, so that the workflows of its night find everything in its place.
        """
        ticking = self.world.hold()
        try:
            end = self.world.now() + by
            if by > FINAL_STRETCH_MS:
                with self.hurrying():
                    for day in range(self.world.now() + DAY, end - FINAL_STRETCH_MS + DAY, DAY):
                        yield from self.running_until(min(day, end - FINAL_STRETCH_MS))
                        self.keep_sizes()
            yield from self.running_until(end)
        finally:
            if ticking:
                self.world.tick()

    @contextmanager
    def hurrying(self) -> Iterator[None]:
        """While time is turned far, what reads a stream with a long window (the lake) lags behind, as it may on AWS:
        it then comes in a few large batches instead of one for every five minutes. And no schedule starts a workflow:
        a night that passes over all contacts takes longer than all else in it."""
        self.hurries = True
        try:
            yield
        finally:
            self.hurries = False
            for tick in self.ticks:
                if tick.starts_workflow:  # those of the nights that are over are not made up for
                    self.world.set_setting(tick.setting, str(self.world.now()))
        self.settle()

    def keep_sizes(self) -> None:
        """What a night that is hurried over would have kept: how many were in each segment."""
        if "MEMBERS_TABLE" in os.environ:
            segment_sizes.keep(members.counts(), self.world.now())

    def settle(self) -> None:
        """Does all that is to be done at the present instant, until nothing is left."""
        for _ in self._settling():
            pass

    def _settling(self) -> Iterator[None]:
        while self._do_due(self.world.now()) or self._deliver_queues() or self._deliver_streams():
            yield

    def _next_instant(self, ticks: list[int]) -> int | None:
        """The next instant at which anything is to be done, given the schedules' own."""
        due = self.world.db.execute("SELECT MIN(at) FROM due").fetchone()[0]
        visible = [self._next_delivery(source) for source in self.queues]
        return min((max(at, self.world.now()) for at in (due, *visible, *ticks) if at is not None), default=None)

    def _do_due(self, instant: int) -> bool:
        due = self.world.first_due(instant)
        if due is None:
            return False
        self._do(due)
        self.world.cancel(due.id)  # after it is done: whoever is stopped in between does it again
        return True

    def _do(self, due: Due) -> None:
        match due.kind:
            case "states":
                stepfunctions.resume(self.world, due.payload, self.task)
            case "ses":
                ses.resume(self.world, due.payload)
                if self.reader is not None and due.payload["kind"] == "Delivery":
                    self.reader(self.world, due.payload["message"])
            case "tick":
                tick = next(tick for tick in self.ticks if tick.name == due.payload["name"])
                self._invoke_for(tick, due.payload["tries"])
            case "stream":
                pass  # a stream's window is over, or its retry is due: `settle` sees to it
            case "event":
                pass  # no rule of the template asks for it
            case kind:
                raise ValueError(f"nobody does what is due as {kind}")

    # ── queues ──

    def _deliver_queues(self) -> bool:
        for source in self.queues:
            at = self._next_delivery(source)
            if at is None or at > self.world.now():
                continue
            records = sqs.take(self.world, source.queue_url, source.batch)
            if records:  # none is left where all were received too often, or are too old
                self._deliver_messages(source, records)
            return True
        return False

    def _next_delivery(self, source: QueueSource) -> int | None:
        """When the queue's next batch is due: its window after the first message of it can be seen."""
        visible = sqs.next_visible_at(self.world, source.queue_url)
        return None if visible is None else visible + source.window

    def _deliver_messages(self, source: QueueSource, records: list[dict[str, Any]]) -> None:
        ids = [record["messageId"] for record in records]
        try:
            answer = self.invoke(source.function, {"Records": records}) or {}
            failed = [failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])]
        except Exception as error:
            report(source.function, error)
            failed = ids
        sqs.done(self.world, source.queue_url, [each for each in ids if each not in failed])
        if failed:
            sqs.failed(self.world, source.queue_url, failed)

    # ── streams ──

    def _deliver_streams(self) -> bool:
        return any(self._deliver_stream(source) for source in self.streams)

    def _deliver_stream(self, source: StreamSource) -> bool:
        """Brings a stream forward by one batch; True when it has moved."""
        if self.hurries and source.window >= LONG_WINDOW:
            return False
        state = BEGIN_OF_STREAM | json.loads(self.world.setting(source.position_name) or "{}")
        now = self.world.now()
        if now < state["not_before"]:
            return False
        records = dynamodb.filtered_after(
            self.world, source.table, state["position"], source.batch, lambda record: self._passes(source, record)
        )
        if state["ends"]:  # a batch that failed comes again as it was, whatever has joined the stream since
            records = [(at, record) for at, record in records if at <= state["ends"][0]]
        if not records:
            return False
        wanted = [(at, record) for at, record in records if record is not None]
        if wanted and not state["ends"] and len(records) < source.batch and source.window:
            since = int(wanted[0][1]["dynamodb"]["ApproximateCreationDateTime"]) * 1000
            if now < since + source.window:
                state["not_before"] = since + source.window
                self._remember(source, state)
                self.world.schedule(since + source.window, "stream", {"function": source.function})
                return False
        state |= {"position": records[-1][0], "ends": state["ends"][1:], "not_before": 0}
        if wanted:
            state = self._invoke_with(source, wanted, state)
        self._remember(source, state)
        return True

    def _invoke_with(self, source: StreamSource, wanted: list[tuple[int, dict[str, Any]]], state: Any) -> Any:
        """Invokes the function with a batch; gives `state`, in which the stream has moved past it, as it then is."""
        positions = [at for at, _ in wanted]
        failed_as_a_whole = False
        try:
            answer = self.invoke(source.function, {"Records": [record for _, record in wanted]}) or {}
            failures = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", [])}
            positions = [at for at, record in wanted if record["dynamodb"]["SequenceNumber"] in failures]
        except Exception as error:
            report(source.function, error)
            failed_as_a_whole = True
        if not positions:
            return state | {"tries": 0}
        left = [(at, record) for at, record in wanted if at >= positions[0]]
        ends = [state["position"], *state["ends"]]
        tries = 1 if len(left) < len(wanted) else state["tries"] + 1
        if failed_as_a_whole and source.bisects and len(left) > 1:
            ends, tries = [left[len(left) // 2 - 1][0], *ends], state["tries"]
        if tries > source.retries:
            if source.dead_letters is not None:
                sqs.deliver(self.world, source.dead_letters, json.dumps(_lost(source, [record for _, record in left])))
            return state | {"tries": 0}
        again = self.world.now() + STREAM_RETRY_AFTER * max(tries, 1)
        self.world.schedule(again, "stream", {"function": source.function})
        return {"position": left[0][0] - 1, "ends": ends, "tries": tries, "not_before": again}

    def _passes(self, source: StreamSource, record: Mapping[str, Any]) -> bool:
        return not source.filters or any(schedules.matches(pattern, record) for pattern in source.filters)

    def _remember(self, source: StreamSource, state: Mapping[str, Any]) -> None:
        self.world.set_setting(source.position_name, json.dumps(state))
        if all(other.table != source.table or other is source for other in self.streams):
            dynamodb.trim(self.world, source.table, state["position"])

    # ── schedules ──

    def _next_tick(self, tick: Tick) -> int | None:
        """The schedule's next instant.

        The schedule that takes due wake-ups off an index has nothing to do until just before the first of them, or
        until a release is due: its ticks before are left out. So are the looks for whom to remind, where nobody waits
        for that; and where no email has been sent lately, sending is looked at each hour only. That is all that is
        known here of what the functions do; it makes 90 days pass in a minute.
        """
        if tick.starts_workflow and self.hurries:
            return None
        after = int(self.world.setting(tick.setting) or 0)
        if tick.reads_index is not None:
            wake, release = dynamodb.earliest(self.world, *tick.reads_index), dynamodb.least(self.world, *RELEASES)
            due = [*([] if wake is None else [wake - LOOK_AHEAD]), *([] if release is None else [release])]
            if not due:
                return None
            after = max(after, min(due) - 1)
        if tick.input == REMINDING:
            if not dynamodb.has_partition(self.world, *REMINDERS):
                return None
            after = max(after, self.world.now() - HOUR)
        if tick.input == SENDING and not ses.has_sent(self.world, self.world.now() - LATELY):
            after = max(after, after // HOUR * HOUR + HOUR - 1)
        return schedules.next_after(tick.expression, after, tick.timezone)

    def _tick(self, tick: Tick, at: int) -> None:
        """Whoever is stopped before it is written down that it was done, does it again: at least once, as on AWS."""
        if tick.starts_workflow:
            self._start_for(tick, at)
        else:
            self._invoke_for(tick, tries=0)
        self.world.set_setting(tick.setting, str(at))

    def _invoke_for(self, tick: Tick, tries: int) -> None:
        """Invokes a schedule's function, which nobody waits for; a failure is tried again a minute later, then two."""
        try:
            self.invoke(tick.target, tick.input)
        except Exception as error:
            report(tick.target, error)
            if tries < tick.retries:
                again = self.world.now() + (tries + 1) * TICK_RETRY_AFTER
                self.world.schedule(again, "tick", {"name": tick.name, "tries": tries + 1})
            elif tick.dead_letters is not None:
                sqs.deliver(self.world, tick.dead_letters, json.dumps({"requestPayload": tick.input}))

    def _start_for(self, tick: Tick, at: int) -> None:
        states = self.session.client("stepfunctions")
        name = f"{tick.name.replace('.', '-')}-{at}"
        with suppress(states.exceptions.ExecutionAlreadyExists):  # this night's has begun already
            states.start_execution(stateMachineArn=tick.target, name=name, input=json.dumps(tick.input))


def _as_lambda_answers(value: Any) -> Any:
    """What Lambda's runtime makes of an answer before it writes it as JSON: a named tuple is an object there."""
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {key: _as_lambda_answers(item) for key, item in value.items()}
    return [_as_lambda_answers(item) for item in value] if isinstance(value, list | tuple) else value


def _lost(source: StreamSource, records: list[dict[str, Any]]) -> dict[str, Any]:
    """What Lambda tells of a stream's records that it gave up on: where they are, not what is in them."""
    return {
        "requestContext": {"functionArn": source.function, "condition": "RetryAttemptsExhausted"},
        "DDBStreamBatchInfo": {
            "startSequenceNumber": records[0]["dynamodb"]["SequenceNumber"],
            "endSequenceNumber": records[-1]["dynamodb"]["SequenceNumber"],
            "batchSize": len(records),
        },
    }


def report(function: str, error: Exception) -> None:
    """Tells the developer at the terminal what a handler raised; on AWS it is in the function's log."""
    print(f"{function}: {type(error).__name__}: {error}", file=sys.stderr)


def begin(
    file: Path | str,
    template: Template,
    secret_values: Mapping[str, str],
    now: int | None = None,
    fault: Fault | None = None,
) -> System:
    """Deploys the template into the world of `file` (or goes on with what is there), and plugs the clients in."""
    world = World(file, now)
    session = connect(world, SERVICES, fault)
    system = System(world, template, session)
    plug_in(system)
    with world.lock:
        deploy(world, session, template, secret_values)
        _wire(system)
    return system


def _no_web(url: str) -> bytes:
    """The local run asks nobody: emails say what they say when a feed has no answer."""
    raise outside.NoAnswerError("the local run asks nobody")


def plug_in(system: System) -> None:
    """Makes this system the one that the adapters of this process talk to: its clients, its clock, its environment."""
    boto3.DEFAULT_SESSION = system.session
    clock.use(system.world.now, system.waits)
    dns_records.use(dns.lookup)
    webhooks.use(partial(receiver.post, system.world))
    outside.use(_no_web)
    for resource in system.template.of_type("AWS::Serverless::Function"):
        variables = system.template.properties(resource).get("Environment", {}).get("Variables", {})
        os.environ.update({name: str(value) for name, value in variables.items()})
    os.environ.update(
        AWS_DEFAULT_REGION=REGION,
        AWS_REGION=REGION,
        POWERTOOLS_METRICS_DISABLED="true",
        POWERTOOLS_LOG_LEVEL="WARNING",
    )
    forget_all()
    warnings.filterwarnings("ignore", "No application metrics to publish")  # they are switched off here


def _wire(system: System) -> None:
    """Reads from the template what brings what to which function."""
    for resource in system.template.of_type("AWS::Serverless::Function"):
        properties = system.template.properties(resource)
        module, handler = properties["Handler"].rsplit(".", 1)
        system.functions[resource.name] = Function(resource.name, module, handler)
        for name, event in properties.get("Events", {}).items():
            _wire_event(system, resource, name, event["Type"], event.get("Properties", {}))
    for resource in system.template.of_type("AWS::Serverless::StateMachine"):
        arn = system.template.reference(resource.name)
        for name, event in system.template.properties(resource).get("Events", {}).items():
            if event["Type"] not in SCHEDULES:
                raise ValueError(f"the local run starts no state machine by {event['Type']} ({resource.name}.{name})")
            _wire_schedule(system, resource, name, arn, event["Properties"])


def _wire_event(system: System, function: Resource, name: str, type_: str, event: Mapping[str, Any]) -> None:
    match type_:
        case "SQS":
            queue = event["Queue"].rsplit(":", 1)[-1]
            url = system.template.reference(queue)
            window = event.get("MaximumBatchingWindowInSeconds", 0) * 1000
            system.queues.append(QueueSource(function.name, url, event.get("BatchSize", 10), window))
        case "DynamoDB":
            filters = [json.loads(each["Pattern"]) for each in event.get("FilterCriteria", {}).get("Filters", [])]
            system.streams.append(
                StreamSource(
                    function=function.name,
                    table=event["Stream"].split("table/", 1)[1].split("/", 1)[0],
                    batch=event.get("BatchSize", 100),
                    window=event.get("MaximumBatchingWindowInSeconds", 0) * 1000,
                    filters=filters,
                    retries=event.get("MaximumRetryAttempts", 3),
                    bisects=event.get("BisectBatchOnFunctionError", False),
                    dead_letters=event.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
                )
            )
        case "Schedule" | "ScheduleV2":
            _wire_schedule(system, function, name, function.name, event)
        case "HttpApi" | "Api":
            lets_in = _authorizer(system, event.get("Auth", {}).get("Authorizer"))
            route = Route(event.get("Method", "ANY").upper(), event["Path"], function.name, lets_in)
            system.routes[type_] = sorted([*system.routes[type_], route], key=Route.order)
        case _:
            raise ValueError(f"the local run does not know events of type {type_} ({function.name}.{name})")


def _authorizer(system: System, name: str | None) -> str | None:
    """The function that is an API's authorizer of this name; None: it has none, or Cognito is it."""
    apis = map(system.template.properties, system.template.of_type("AWS::Serverless::Api"))
    found = (api["Auth"]["Authorizers"].get(name, {}).get("FunctionArn") for api in apis)
    return next((str(function) for function in found if function), None)


def _wire_schedule(system: System, resource: Resource, name: str, target: str, event: Mapping[str, Any]) -> None:
    input_ = json.loads(event.get("Input", "{}"))
    failing = system.template.properties(resource).get("EventInvokeConfig", {})
    tick = Tick(
        name=f"{resource.name}.{name}",
        target=target,
        expression=event.get("ScheduleExpression", event.get("Schedule", "")),
        timezone=event.get("ScheduleExpressionTimezone", "UTC"),
        input=input_,
        reads_index=WAKE_INDEX if input_ == {"task": "wake"} else None,
        retries=failing.get("MaximumRetryAttempts", 2),
        dead_letters=failing.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination"),
    )
    system.ticks.append(tick)
    last, now = system.world.setting(tick.setting), system.world.now()
    if last is None:
        system.world.set_setting(tick.setting, str(now))
    elif tick.starts_workflow and int(last) < now - FINAL_STRETCH_MS:  # stopped while it hurried: see `hurrying`
        system.world.set_setting(tick.setting, str(now - FINAL_STRETCH_MS))
