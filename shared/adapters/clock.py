"""The one clock. Handlers ask it once and pass the instant on; the local run and the tests put in their own."""

from __future__ import annotations

import time
from collections.abc import Callable

from shared.domain.events import Instant

_source: Callable[[], Instant] | None = None


def now() -> Instant:
    """The present instant, in milliseconds since 1970."""
    return _source() if _source is not None else time.time_ns() // 1_000_000


def use(source: Callable[[], Instant] | None) -> None:
    """Has `now` read `source` from here on (None: real time)."""
    global _source  # noqa: PLW0603 - the one clock is the one global there is
    _source = source
