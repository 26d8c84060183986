"""Puts faults into a run, and plays many faulty runs at the price of little more than their remainders.

Every invocation and every call to AWS within one has a number, in order. A run is told once; where another run's first
fault is due, the process forks: the child meets the fault and goes on with a world of its own to the end of the story,
where it says what has come out differently; the parent goes on without.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from infra.local import launching, settings
from infra.local.aws.calls import AwsError, Call
from infra.local.system import ProcessDied, System, begin
from shared.adapters import secrets
from shared.domain.events import DAY, Instant
from tests.faults import story
from tests.faults.outcome import Outcome, differences, outcome

MAX_RUN = 120  # seconds of a child; then it hangs


class Kind(StrEnum):
    """What can go wrong, as a sentence about a call; the last two are about an invocation."""

    REFUSED = "fails before it happens"
    THROTTLED = "is throttled"
    UNANSWERED = "happens, its answer is lost"
    REPEATED = "happens, its answer is lost, botocore tries again"
    PARTLY = "happens for all but one of a batch"
    DIED = "happens, and the process dies"
    RACED = "happens after another process has done the whole invocation"
    TWICE = "is delivered twice"
    LATE = "is delivered again a day later"


class Site(NamedTuple):
    """Where a fault can be put: a call of a function, or (`call` empty) an invocation of it."""

    number: int
    function: str
    call: str

    def kinds(self) -> list[Kind]:
        if not self.call:
            return [Kind.TWICE, Kind.LATE]
        kinds = [Kind.REFUSED, Kind.THROTTLED, Kind.UNANSWERED, Kind.DIED, Kind.RACED]
        if not self.call.startswith("sesv2."):  # our SES client never tries again by itself
            kinds.append(Kind.REPEATED)
        if self.call in PARTS:
            kinds.append(Kind.PARTLY)
        return kinds


Faults = Mapping[int, Kind]
"""The faults of one run, by the number of their site; in the order of numbers."""


@dataclass
class Play:
    """One telling of the story, and the processes forked from it."""

    directory: Path
    runs: Mapping[str, Faults] = field(default_factory=dict)
    """The faulty runs to be made on the way, by name."""
    expected: Outcome | None = None
    story: Callable[[System], None] = story.tell
    sites: list[Site] = field(default_factory=list)
    name: str = ""
    """Of the run that this process plays: empty in the parent."""
    ahead: dict[int, Kind] = field(default_factory=dict)
    """The faults this run is still to meet."""
    function: str = ""
    again: Callable[[], Any] = lambda: None
    """The invocation that goes on, as another process would do it."""
    later: tuple[Instant, Callable[[], Any]] | None = None
    """An invocation to be done again, and the instant from which on."""
    children: list[int] = field(default_factory=list)
    streams: set[int] = field(default_factory=lambda: {1, 2, sys.stdout.fileno(), sys.stderr.fileno()})
    """Where this process writes to: pytest puts files of its own in the place of 1 and 2."""

    def tell(self) -> Outcome:
        """Tells the story to its end; a child never comes back from here."""
        try:
            template = settings.template()
            self.system = begin(":memory:", template, settings.secrets(template), story.BEGIN - 1_000, self.fault)
            # The nights' work on the lake is left out: the engine it uses does not outlive a fork. It is broken off
            # between any two of its steps in tests/integration/test_refresh.py and test_lake_merge.py.
            self.system.ticks = [tick for tick in self.system.ticks if tick.target == "RefreshFunction"]
            self.system.world.files = self._files("")
            if self.story is story.tell:  # the other one has journeys of its own
                launching.switch_on(self.system, launching.FIRST)
            self.system.around = self.around
            self.story(self.system)
            found = outcome(self.system)
        except BaseException as error:
            if not self.name:
                raise
            self._end([f"the run broke off: {error!r}", traceback.format_exc()])
        if self.name:
            self._end(differences(self.expected or {}, found))
        while self.children:
            self._wait()
        return found

    # ── meeting faults ──

    def around(self, function: str, payload: Any, perform: Callable[[], Any]) -> Any:
        if self.later is not None and self.system.world.now() >= self.later[0]:
            (_, again), self.later = self.later, None
            with suppress(Exception):
                again()
        outer = (self.function, self.again)
        self.function, self.again = function, lambda: self.system.invoke(function, deepcopy(payload))
        secrets._provider.cache_clear()  # on AWS each function has a process of its own, and reads its own
        try:
            match self._reach(""):
                case Kind.TWICE:
                    perform()
                case Kind.LATE:
                    self.later = (self.system.world.now() + DAY, self.again)
            return perform()
        finally:
            self.function, self.again = outer

    def fault(self, call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if not self.function:
            return perform()  # the story itself looks something up
        again, endpoint = self.again, f"https://{call.service}.amazonaws.com"
        match self._reach(f"{call.service}.{call.operation}"):
            case Kind.REFUSED:
                raise ConnectionClosedError(endpoint_url=endpoint)
            case Kind.THROTTLED:
                code, status = THROTTLING.get(call.service, ("ThrottlingException", 400))
                raise AwsError(code, "Rate exceeded", status)
            case Kind.UNANSWERED:
                perform()
                raise ReadTimeoutError(endpoint_url=endpoint)
            case Kind.REPEATED:
                with suppress(AwsError):
                    perform()
                if "Body" in call.parameters:
                    call.parameters["Body"].seek(0)  # as botocore does before it tries again
                return perform()
            case Kind.PARTLY:
                return PARTS[f"{call.service}.{call.operation}"](call.parameters, perform)
            case Kind.DIED:
                perform()
                raise ProcessDied
            case Kind.RACED:
                with suppress(Exception):
                    again()
        return perform()

    def _reach(self, call: str) -> Kind | None:
        """Counts a site; forks for each run that has its first fault here; gives the fault this process meets."""
        site = Site(len(self.sites), self.function, call)
        self.sites.append(site)
        if not self.name:
            for name, faults in self.runs.items():
                if min(faults) == site.number and self._fork():
                    self._become(name, faults)
                    break
        due = next((number for number in self.ahead if number <= site.number), None)
        if due is None or self.ahead[due] not in site.kinds():
            return None
        return self.ahead.pop(due)

    # ── processes ──

    def _fork(self) -> bool:
        """Whether this is the child."""
        while len(self.children) >= (os.cpu_count() or 1):
            self._wait()
        child = os.fork()
        if child:
            self.children.append(child)
        return child == 0

    def _become(self, name: str, faults: Faults) -> None:
        self.name, self.ahead, self.children = name, dict(faults), []
        signal.alarm(MAX_RUN)
        log = os.open(self.directory / f"{name}.log", os.O_WRONLY | os.O_CREAT)
        for stream in self.streams:
            os.dup2(log, stream)
        files = self._files(name)
        shutil.copytree(self.system.world.files or files, files, dirs_exist_ok=True)
        self.system.world.files = files

    def _files(self, name: str) -> Path:
        """Where the run of that name keeps its S3."""
        files = self.directory / f"{name}.files"
        files.mkdir(exist_ok=True)
        return files

    def _end(self, told: list[str]) -> NoReturn:
        """Ends a child, without anything that this process would do at its end."""
        result = {"told": told, "unmet": [f"{number} {kind}" for number, kind in self.ahead.items()]}
        (self.directory / f"{self.name}.json").write_text(json.dumps(result), encoding="utf-8")
        shutil.rmtree(self._files(self.name))
        os._exit(0)

    def _wait(self) -> None:
        os.waitpid(self.children.pop(0), 0)


class Result(NamedTuple):
    """What came out differently in a faulty run, and which of its faults never came about."""

    told: list[str]
    unmet: list[str]


def results(directory: Path, runs: Iterable[str]) -> dict[str, Result]:
    """What the children of a play have left. One that left nothing has been killed, or hung."""
    read = {}
    for name in runs:
        file = directory / f"{name}.json"
        if file.exists():
            read[name] = Result(**json.loads(file.read_text(encoding="utf-8")))
        else:
            read[name] = Result([f"the run never came to its end: see {directory / name}.log"], [])
    return read


# ── how services throttle, and do a part of a batch ──

THROTTLING = {"sesv2": ("TooManyRequestsException", 429), "s3": ("SlowDown", 503)}


def _send_partly(parameters: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    *sent, held_back = parameters["Entries"]
    parameters["Entries"] = sent
    answer = perform() if sent else {}
    return answer | {"Failed": [{"Id": held_back["Id"], "SenderFault": False, "Code": "InternalError"}]}


def _read_partly(parameters: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    ((table, wanted),) = parameters["RequestItems"].items()
    *read, held_back = wanted["Keys"]
    parameters["RequestItems"] = {table: wanted | {"Keys": read}}
    answer = perform() if read else {"Responses": {}}
    return answer | {"UnprocessedKeys": {table: wanted | {"Keys": [held_back]}}}


def _write_partly(parameters: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    ((table, wanted),) = parameters["RequestItems"].items()
    *written, held_back = wanted
    parameters["RequestItems"] = {table: written}
    answer = perform() if written else {}
    return answer | {"UnprocessedItems": {table: [held_back]}}


def _conflict(parameters: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A transaction is all or nothing: one of its items is in another transaction at that instant."""
    codes = ["TransactionConflict", *("None" for _ in parameters["TransactItems"][1:])]
    reasons = ", ".join(codes)
    raise AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{reasons}]",
        CancellationReasons=[{"Code": code} for code in codes],
    )


def _delete_partly(parameters: dict[str, Any], perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    *deleted, held_back = parameters["Delete"]["Objects"]
    parameters["Delete"]["Objects"] = deleted
    answer = perform() if deleted else {}
    return answer | {"Errors": [{**held_back, "Code": "InternalError"}]}


PARTS: dict[str, Callable[[dict[str, Any], Callable[[], dict[str, Any]]], dict[str, Any]]] = {
    "s3.DeleteObjects": _delete_partly,
    "sqs.SendMessageBatch": _send_partly,
    "dynamodb.BatchGetItem": _read_partly,
    "dynamodb.BatchWriteItem": _write_partly,
    "dynamodb.TransactWriteItems": _conflict,
}
