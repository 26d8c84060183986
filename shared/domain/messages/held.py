"""What is stored of a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.events import MINUTE, Instant

CLAIM_TIMEOUT = 15 * MINUTE
"""How long a claim of unknown outcome waits for SES's Send notice, which else comes within seconds."""


class Status(StrEnum):
    """CLAIMED: somebody is about to send it, or died over it. RELEASED: it was not sent, and can be tried again."""

    CLAIMED = "claimed"
    RELEASED = "released"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored of a message: its status, and by which attempt and when it was claimed."""

    status: Status
    attempt: int
    claimed_at: Instant
    reason: str | None = None

    @property
    def settled(self) -> bool:
        return self.status in (Status.SENT, Status.REFUSED)

    def pending(self, now: Instant) -> bool:
        """Whether it may have been sent, and we are to hear of it yet."""
        return self.status is Status.CLAIMED and now < self.claimed_at + CLAIM_TIMEOUT
