"""Turning the clock while the pages go on answering: one thing after the other is done in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

from infra.local.system import System, report
from shared.domain.events import DAY, Instant

MAX_TURN = 3660 * DAY
"""Of one turn. Ten years of a shop's life take an hour; more is a slip of the keyboard."""
TURN = 0.05  # seconds of doing without a pause
ENDED = object()
PAUSE = 0.001  # seconds in which others may have the world: a lock that is taken again at once is never free


class AlreadyTurningError(Exception):
    """The clock is being turned already."""


@dataclass
class Turning:
    """One turn of the clock, from an instant to another, with the emails there were before it."""

    begun: Instant
    until: Instant
    emails: int
    stopping: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    @property
    def is_going_on(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def stop(self) -> None:
        """Has it stand where it is, once what is being done is done."""
        self.stopping.set()
        if self.thread is not None:
            self.thread.join()


def turn(system: System, by: int, count_emails: Callable[[System], int]) -> Turning:
    """Begins to let `by` milliseconds pass. AlreadyTurningError; ValueError: back, or beyond MAX_TURN."""
    if not 0 <= by <= MAX_TURN:
        raise ValueError("the clock only goes forward, and at most ten years at once")
    if system.turning is not None and system.turning.is_going_on:
        raise AlreadyTurningError
    now = system.world.now()
    turning = system.turning = Turning(now, now + by, count_emails(system))
    turning.thread = threading.Thread(target=_pass_time, args=(system, by, turning), daemon=True)
    turning.thread.start()
    return turning


def giving_way(system: System, steps: Iterator[None]) -> Iterator[None]:
    """Takes the steps with the world's lock held, a few at a time, and lets others have it in between."""
    ended = False
    while not ended:
        with system.world.lock:
            pause_at = time.monotonic() + TURN
            while not ended and time.monotonic() < pause_at:
                ended = next(steps, ENDED) is ENDED
        time.sleep(PAUSE)
        yield


def _pass_time(system: System, by: int, turning: Turning) -> None:
    steps: Generator[None] = system.passing_time(by)
    try:
        for _ in giving_way(system, steps):
            if turning.stopping.is_set():
                break
    except Exception as error:
        report("the clock", error)
    finally:
        with system.world.lock:
            steps.close()
            system.world.save_clock()
