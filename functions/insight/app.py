"""Insight: what is to be expected of each contact, worked out once a night from the lake, and told as events.

It does the steps of the workflow that does so (see `night`). The numbers are made by the modules that `night.WORKS`
names, of arrays (see `seam`).
"""

from __future__ import annotations

from typing import Any, Protocol

from functions.insight import night
from shared.adapters.clock import now


class Invocation(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


def handler(event: dict[str, Any], context: Invocation) -> dict[str, Any]:
    """A step of the workflow; gives the state it is then in."""
    return night.step(event, now(), context.get_remaining_time_in_millis)
