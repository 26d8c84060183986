"""When a running test may be looked at without fooling oneself.

One look, at the planned end; or several planned ones, with boundaries that are far out early (O'Brien and Fleming 1979,
by the spending function of Lan and DeMets 1983, so that a look may be early or late). And of a flow without an end, an
e-value, which may be looked at whenever one likes (Turner, Ly and Grünwald 2024).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from shared.domain.experiments.rates import NORMAL, Arm, holm

ALPHA = 0.05
NODES = 400
"""Of Simpson's rule over a look's range: the boundaries are right to a hundredth."""
NEVER = math.inf
"""The boundary of a look at which nothing can be said: what it may spend is less than LEAST."""
LEAST = 1e-6


def spent(share: float, alpha: float = ALPHA) -> float:
    """How much of `alpha` may be used up when this share (0 to 1) of the planned people is there."""
    if share <= 0:
        return 0.0
    if share >= 1:
        return alpha
    return 2 - 2 * NORMAL.cdf(NORMAL.inv_cdf(1 - alpha / 2) / math.sqrt(share))


@lru_cache(maxsize=256)
def boundaries(shares: tuple[float, ...], alpha: float = ALPHA) -> tuple[float, ...]:
    """The |z| that each look has to pass, at these shares of the planned people (rising; the last may be past 1: then
    all that is left is spent there).

    By the recursion of Armitage, McPherson and Rowe (1969) over the density of those that have not stopped yet.
    """
    if not shares or any(late <= early for early, late in zip((0.0, *shares), shares, strict=False)):
        raise ValueError("the looks come one after the other, and the first is after the start")
    found: list[float] = []
    density: list[tuple[float, float]] = [(0.0, 1.0)]  # (place, mass) of the walk at the look before
    before, used = 0.0, 0.0
    for share in shares:
        step = math.sqrt(share - before)
        allowed = spent(share, alpha) - used
        bound = NEVER if allowed < LEAST else _bound(density, step, allowed, share)
        found.append(bound)
        # Whoever was told nothing at a look of which nothing was spent may still be anywhere within eight deviations.
        edge = min(bound, 8.0) * math.sqrt(share)
        if bound < NEVER:
            used += _beyond(density, step, edge)
        density = _walked(density, step, edge)
        before = share
    return tuple(found)


def _bound(density: list[tuple[float, float]], step: float, allowed: float, share: float) -> float:
    low, high = 0.0, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        if _beyond(density, step, middle * math.sqrt(share)) > allowed:
            low = middle
        else:
            high = middle
    return high


def _beyond(density: list[tuple[float, float]], step: float, edge: float) -> float:
    root = step * math.sqrt(2)
    return sum(
        mass * (math.erfc((edge - place) / root) + math.erfc((edge + place) / root)) / 2 for place, mass in density
    )


def _walked(density: list[tuple[float, float]], step: float, edge: float) -> list[tuple[float, float]]:
    width = 2 * edge / NODES
    scale = 1 / (step * math.sqrt(2 * math.pi))
    walked = []
    for node in range(NODES + 1):
        place = -edge + node * width
        weight = width / 3 * (1 if node in (0, NODES) else 4 if node % 2 else 2)
        at = sum(mass * math.exp(-(((place - from_) / step) ** 2) / 2) for from_, mass in density)
        walked.append((place, weight * scale * at))
    return walked


def e_value(blocks: Iterable[tuple[Arm, Arm]]) -> float:
    """The evidence that two rates differ, after all of these blocks (`e_process`)."""
    return list(e_process(blocks))[-1]


def e_process(blocks: Iterable[tuple[Arm, Arm]]) -> Iterator[float]:
    """The evidence that two rates differ, before the first and after each of some blocks (control and other) in the
    order in which they came: at most 1 on average while they are the same, whenever one looks. So above 1/a it is as
    good as p < a, without a plan.

    Each block is bet on with the rates of the blocks before it, beginning at a half a person of each kind. A block
    counts once its people have had their time to act, and never again: late acts belong to no block.
    """
    yield 1.0
    logarithm, seen = 0.0, ((0, 0), (0, 0))
    for control, other in blocks:
        (n0, k0), (n1, k1) = seen
        p, q = (k0 + 0.5) / (n0 + 1), (k1 + 0.5) / (n1 + 1)
        people = control.people + other.people
        if not people:
            yield math.exp(min(logarithm, 700.0))
            continue
        same = (control.people * p + other.people * q) / people
        for arm, rate in ((control, p), (other, q)):
            misses = arm.people - arm.successes
            logarithm += arm.successes * math.log(rate / same) + misses * math.log((1 - rate) / (1 - same))
        seen = (n0 + control.people, k0 + control.successes), (n1 + other.people, k1 + other.successes)
        yield math.exp(min(logarithm, 700.0))


def always_valid(processes: Sequence[Sequence[float]]) -> list[float]:
    """p-values, one of each e-process of several that were asked at once, that hold whenever one looks.

    The greatest of an e-process so far is above 1/a with a chance of at most a (Ville 1939), so 1/e is a p-value at
    any time, and there is no better one (Vovk and Wang 2021, proposition 2.2); several are adjusted as p-values are.
    """
    return holm([1 / max(each) for each in processes])
