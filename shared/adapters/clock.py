"""The one clock. Handlers ask it once and pass the instant on; the local run and the tests put in their own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

from shared.domain.events import Instant

_source: Callable[[], Instant] | None = None
_wait: Callable[[Instant], None] | None = None


def now() -> Instant:
    """The present instant, in milliseconds since 1970."""
    return _source() if _source is not None else time.time_ns() // 1_000_000


def use(source: Callable[[], Instant] | None, wait: Callable[[Instant], None] | None = None) -> None:
    """Has `now` read `source` from here on (None: real time), and `wait_until` call `wait`, by which a clock that was
    put in may be turned."""
    global _source, _wait
    _source, _wait = source, wait


def wait_until(instant: Instant) -> None:
    """Waits for an instant, some seconds away at most; by a clock that stands still, for none."""
    if _source is None:
        time.sleep(max(0, instant * 1_000_000 - time.time_ns()) / 1e9)
    elif _wait is not None:
        _wait(instant)


def working() -> int:
    """For how long something has been worked at, in milliseconds, as the difference of two of these. A clock that was
    put in stands still meanwhile: then it is the processor time of this thread, whatever else the machine does."""
    return time.thread_time_ns() // 1_000_000 if _source is not None else now()


def stands_still() -> bool:
    """Whether time passes only when somebody turns the clock: then nobody waits for it, and nothing happens beside."""
    return _source is not None


def pause(tries: int) -> None:
    """Waits before something is tried again that has failed so many times: up to 50 ms, then up to twice as long each
    time, at random, so that those who got in each other's way do not meet again. A clock that was put in stands still
    while handlers work, so nobody waits for it."""
    if _source is None:
        time.sleep(random.uniform(0, min(0.05 * 2**tries, 2)))  # noqa: S311
