"""How an adaptive experiment moves its people towards the variant that does best: by Thompson sampling.

Each variant gets as large a share as it is likely to be the best (Thompson 1933), by what is known of those who had
their time: who came too late for that is not counted for a no (outcomes that come late; Chapelle and Li 2011). No share
falls below LEAST, so that a variant that began badly can still show that it is better.

What is told of the arms comes of the fixed slice alone (`arms.FIXED`), which nothing moves: of people whom the results
so far have steered into an arm, no test holds what it promises (Villar, Bowden and Wason 2015).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from shared.domain.events import Instant
from shared.domain.experiments.moves import Moved
from shared.domain.experiments.rates import Arm
from shared.domain.experiments.wording import percent

WHOLE = 1_000
LEAST = 50
"""Of WHOLE, that every variant gets."""
WORTH_A_MOVE = 10
"""Of WHOLE: a night that would move no share by as much leaves them."""
POINTS = 400
"""At which the densities are added up: a chance is right to two thousandths."""


def chances(arms: Sequence[Arm]) -> list[float]:
    """How likely each has the highest rate, for who knew nothing of any before (flat priors)."""
    counts = [(each.successes + 1, each.people - each.successes + 1) for each in arms]
    means = [a / (a + b) for a, b in counts]
    far = [8 * math.sqrt(a * b / (a + b + 1)) / (a + b) for a, b in counts]
    low = max(0.0, min(mean - each for mean, each in zip(means, far, strict=True)))
    high = min(1.0, max(mean + each for mean, each in zip(means, far, strict=True)))
    at = [low + (n + 0.5) * (high - low) / POINTS for n in range(POINTS)]
    densities = [_densities(a, b, at) for a, b in counts]
    below = [_below(each) for each in densities]
    found = [
        sum(
            density * math.prod(below[other][n] for other in range(len(arms)) if other != arm)
            for n, density in enumerate(densities[arm])
        )
        for arm in range(len(arms))
    ]
    return [each / sum(found) for each in found]


def _densities(a: float, b: float, at: Sequence[float]) -> list[float]:
    """Of Beta(a, b), adding up to 1."""
    logs = [(a - 1) * math.log(x) + (b - 1) * math.log1p(-x) for x in at]
    most = max(logs)
    dense = [math.exp(each - most) for each in logs]
    whole = sum(dense)
    return [each / whole for each in dense]


def _below(densities: Sequence[float]) -> list[float]:
    """How likely less than each, and half of what is at it."""
    total, found = 0.0, []
    for each in densities:
        found.append(total + each / 2)
        total += each
    return found


def allotted(arms: Mapping[str, Arm]) -> dict[str, int]:
    """The share of each variant, of WHOLE. `arms`: all who had their time, in the fixed slice and beyond it."""
    room = WHOLE - LEAST * len(arms)
    shares = {
        variant: LEAST + math.floor(room * chance)
        for variant, chance in zip(arms, chances(list(arms.values())), strict=True)
    }
    best = max(shares, key=shares.__getitem__)
    return shares | {best: shares[best] + WHOLE - sum(shares.values())}


def next_move(before: Sequence[Moved], arms: Mapping[str, Arm], at: Instant) -> Moved | None:
    """What a night makes of what is known; None: the shares stay as they are."""
    weights = allotted(arms)
    held = before[-1].weights if before else dict.fromkeys(arms, WHOLE // len(arms))
    if max(abs(weights[variant] - held.get(variant, 0)) for variant in weights) < WORTH_A_MOVE:
        return None
    return Moved(at=at, weights=weights, of={variant: (arm.people, arm.successes) for variant, arm in arms.items()})


def words(moves: Sequence[Moved]) -> str:
    """How the shares stand, as a person reads it."""
    if not moves:
        return "As many get each variant: no night has learnt yet which does better."
    newest = sorted(moves[-1].weights.items(), key=lambda each: -each[1])
    told = ", ".join(f"{percent(weight / WHOLE)} {variant}" for variant, weight in newest)
    since = f"; {len(moves)} nights have moved it so far" if len(moves) > 1 else ""
    return f"Of those who come next, outside the fixed slice: {told}{since}."
