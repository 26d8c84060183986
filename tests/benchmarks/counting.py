"""A local run that is watched: how many calls to AWS, and how long the functions and the stand-ins take."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from infra.local import launching, settings
from infra.local.aws.calls import Call
from infra.local.system import System, begin
from shared.domain.events import Instant


@dataclass
class Watch:
    """What has happened since `clear`. Seconds are of processor time: waiting for others on the machine is left out."""

    calls: Counter[str] = field(default_factory=Counter)
    """Calls to AWS, by function and service: `ProfileFunction dynamodb`."""
    invocations: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    """Queue messages or stream records handed to each function."""
    receives: int = 0
    """ReceiveMessage calls that Lambda's poller needs for the batches: one takes ten messages."""
    seconds: Counter[str] = field(default_factory=Counter)
    """Of each function, without the stand-ins."""
    function: str = ""
    told: Callable[[Call, dict[str, Any]], object] | None = None
    """When given, is called with each call and its answer; what that takes is no function's."""

    def clear(self) -> None:
        self.__init__(told=self.told)  # type: ignore[misc]

    def call(self, call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self.calls[f"{self.function} {call.service}"] += 1
        began = time.process_time()
        try:
            answer = perform()
            if self.told is not None:
                self.told(call, answer)
            return answer
        finally:
            self.seconds[self.function] -= time.process_time() - began

    def invocation(self, function: str, payload: Any, perform: Callable[[], Any]) -> Any:
        self.function = function
        self.invocations[function] += 1
        records = len(payload.get("Records", ()))
        self.records[function] += records
        if records and payload["Records"][0].get("eventSource") == "aws:sqs":
            self.receives += -(-records // 10)
        began = time.process_time()
        try:
            return perform()
        finally:
            self.seconds[function] += time.process_time() - began
            self.function = ""


def watched(now: Instant) -> tuple[System, Watch]:
    """The whole system in memory, from `now` on, and the watch over it."""
    template, watch = settings.template(), Watch()
    system = begin(":memory:", template, settings.secrets(template), now=now, fault=watch.call)
    launching.switch_on(system, launching.FIRST)
    system.around = watch.invocation
    return system, watch
