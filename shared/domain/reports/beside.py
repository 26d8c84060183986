"""A share beside that of the others: with its interval, and a word for what can be said of the two."""

from __future__ import annotations

from typing import Literal, NamedTuple

from shared.domain.experiments.rates import Arm, Interval, newcombe, wilson

Word = Literal["better", "worse", "no_better", "too_few"]
LEAST = 20
"""People without whom nothing is said: on one side, or on the other."""


class Beside(NamedTuple):
    """`interval`: of the share itself, 19 times in 20. `difference`: of the two shares, None where nothing is said."""

    of: Arm
    others: Arm
    interval: Interval
    difference: Interval | None
    word: Word


def beside(of: Arm, others: Arm, several: int = 1) -> Beside:
    """What the numbers can say: better or worse where Newcombe's interval of the difference leaves out zero, at 1/20
    for `several` such words together (Bonferroni). Nothing is tested that was planned: it points at what to look at."""
    interval = wilson(of)
    if of.people < LEAST or others.people < LEAST:
        return Beside(of, others, interval, None, "too_few")
    difference = newcombe(others, of, 1 - 0.05 / max(several, 1))
    word: Word = "better" if difference.low > 0 else "worse" if difference.high < 0 else "no_better"
    return Beside(of, others, interval, difference, word)
