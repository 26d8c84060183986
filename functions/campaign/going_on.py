"""Where a campaign's execution goes from a step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from shared.domain.events import Instant, iso


class Work(BaseModel):
    """What an execution is for: a campaign, as of the change `run` that started it; which of its workers it is."""

    campaign: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    run: int
    worker: int = 1
    steps: int = 0
    """That the execution has done: it has room for some 2,500."""

    @property
    def name(self) -> str:
        """Of the execution."""
        return f"{self.campaign}-{self.run}-{self.worker}"


@dataclass(frozen=True)
class Next:
    """`next`: freeze, send, again (one of them, at once), wait (`until`) or done."""

    work: Work
    next: str
    until: Instant = 0
    shows: dict[str, Any] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        work = self.work.model_copy(update={"steps": self.work.steps + 1})
        return {**work.model_dump(), "next": self.next, "until": iso(self.until), **self.shows}


def wait(work: Work, until: Instant, **shows: Any) -> Next:
    return Next(work, "wait", until, shows)
