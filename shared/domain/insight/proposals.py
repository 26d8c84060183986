"""Segments that the shop's own history proposes, with the evidence."""

from __future__ import annotations

from typing import Literal

from shared.domain.events import Instant, Json
from shared.domain.insight.values import Value

MOST = 5
"""Proposed at once: never more than a handful."""
LEAST_PEOPLE, LEAST_SHARE = 50, 0.03
"""In a segment, and of all customers: in fewer nobody sees whether an email of their own does anything."""


class Proposal(Value):
    """A segment definition that validates (`segment`, with its `sentence`), and why: of its `customers` the share
    `rate` ordered in the `horizon_days` after the cut, against `rate_of_others` of everybody else. Found on the period
    before the cut, and confirmed on the one after it: `chance` is how likely a difference as large is by chance alone
    when as many segments are tried as were (Bonferroni). `spent`, `spent_by_others`: the mean in that time, in the
    shop's currency."""

    segment: Json
    customers: int
    share: float
    rate: float
    rate_of_others: float
    spent: float
    spent_by_others: float
    chance: float
    sentence: str


class Caution(Value):
    """Segments that are too alike, too small, or too many: `about` them, by id."""

    kind: Literal["too alike", "too small", "too many"]
    about: tuple[str, ...]
    sentence: str


class Proposals(Value):
    """`tried`: how many were, which the evidence is corrected for. `why_none`: why there are none ("": there are)."""

    as_of: Instant
    cut: Instant
    horizon_days: int
    tried: int
    proposals: tuple[Proposal, ...] = ()
    cautions: tuple[Caution, ...] = ()
    why_none: str = ""
