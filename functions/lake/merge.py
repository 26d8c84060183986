"""Lake, at night: merges the small files of each partition into one, so that Athena reads few and large ones.

It may break off anywhere, begin twice and run beside the stream: the files it has not come to wait for the next night.
"""

from __future__ import annotations

from typing import Any, Protocol

from aws_lambda_powertools import Logger

from shared.adapters import lake_merge
from shared.adapters.clock import now

MERGE_TIME_MS = 60_000
"""Milliseconds within which the largest is done: with less time left, none is begun."""

logger = Logger()


class Invocation(Protocol):
    def get_remaining_time_in_millis(self) -> int: ...


class NotMergedError(Exception):
    """Some files could not be merged; which, is in the log. They are tried again the next night."""


def handler(event: dict[str, Any], context: Invocation) -> dict[str, int]:
    """From the schedule in template.yaml; gives how many files were made."""
    made = failed = 0
    if not lake_merge.finish(now()):
        logger.info("another run is merging")
        return {"made": made}
    for keys in lake_merge.to_merge():
        left = context.get_remaining_time_in_millis()
        try:
            if left < MERGE_TIME_MS or not lake_merge.merge(keys, until=now() + left):
                logger.info("the rest is for the next night")
                break
        except lake_merge.UnreadableError:  # which holds up no other partition
            logger.exception("files not merged", first=keys[0], files=len(keys))
            failed += 1
            continue
        made += 1
    if failed:
        raise NotMergedError(f"{failed} groups of files")
    return {"made": made}
