"""What the month has cost so far, by what we count ourselves and AWS's list prices. Not a bill: that is AWS's.

Prices are those of docs/measured.md (US dollars, eu-west-1, no free tier, no discount). What a million events cost is
measured there, from the webhook to the lake, with all that is asked of them on the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

PER_MILLION: Mapping[str, float] = {"emails": 100.00, "events": 6.16, "transitions": 25.00}
STATES_A_STEP = 2
"""States of a machine that a run enters for a step, at most: a task and a wait."""
LEFT_OUT = (
    "what is there while nothing happens: storage, the nightly refresh, alarms (docs/deploying.md says about how much)",
    "looks at these pages, and the reports asked of Athena",
    "traffic, taxes, and what the free tier takes off",
)


class Cost(NamedTuple):
    """How many there were of something, and what that costs in dollars."""

    what: str
    number: int
    dollars: float


def so_far(emails: int, events: int, steps: int) -> tuple[Cost, ...]:
    """Of a month: emails that SES took, events of all kinds, and steps that runs on Step Functions came to."""
    numbers = {"emails": emails, "events": events, "transitions": steps * STATES_A_STEP}
    return tuple(Cost(what, number, number * PER_MILLION[what] / 1e6) for what, number in numbers.items())
