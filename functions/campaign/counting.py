"""Counting: whom a campaign would go to, where there are too many to count while somebody waits for the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from pydantic import BaseModel, Field

from shared.adapters import audiences, campaigns
from shared.adapters.contacts import SHARDS
from shared.domain.campaigns.audience import Explained, loaded
from shared.domain.events import Instant, iso

logger = Logger()


class Count(BaseModel):
    """Counts whom a campaign would go to, as its definition is: `shard` is the next to look at, `found` what was found
    in those before. `count` is the execution's name."""

    campaign: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    count: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    shard: int = 0
    found: dict[str, Any] | None = None


def step(work: Count, t: Instant, goes_on: Callable[[], bool]) -> dict[str, Any]:
    """Looks at shard after shard while there is time; whoever asks sees how far it has come."""
    kept = campaigns.read(work.campaign)
    found = Explained() if work.found is None else loaded(work.found)
    shard, following = work.shard, "done"
    if kept is not None:
        while shard < SHARDS and goes_on():
            audiences.explain(kept, shard, found, t, _left_out)
            shard += 1
            told = {"count": work.count, "number": kept.number, "at": t, "shard": shard, "found": found.dumped()}
            campaigns.keep(kept.id, campaigns.AUDIENCE, told, t)
        following = "done" if shard == SHARDS else "again"
    told = work.model_copy(update={"shard": shard, "found": found.dumped()}).model_dump()
    return {**told, "next": following, "until": iso(t)}


def _left_out(contact: str, error: Exception) -> None:
    logger.error("contact left out", contact=contact, reason=type(error).__name__)
