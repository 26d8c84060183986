"""The RFM grid: from 1 to 5 for how recently, how often and for how much, as the segments' condition `rfm` has it."""

from __future__ import annotations

import numpy as np

from functions.insight.histories import Histories
from functions.insight.seam import Real, Whole
from shared.domain.events import Instant
from shared.domain.insight import RfmCell, RfmGrid
from shared.domain.insight.grids import FIFTHS


def fifths(values: Real | Whole) -> Whole:
    """From 5 for those whom less than a fifth of all are better than, down to 1. Equal ones together, as in the
    cut-offs of ranks (shared/domain/sql.py)."""
    _, at, count = np.unique(values, return_inverse=True, return_counts=True)
    better = len(values) - np.cumsum(count)
    return np.asarray((FIFTHS - better * FIFTHS // max(len(values), 1))[at], np.int64)


def scores(of: Histories) -> tuple[Whole, Whole, Whole]:
    """Of each customer, for recency, frequency and money."""
    return fifths(of.last), fifths(of.orders), fifths(of.spent)


def grid(of: Histories, at: Instant) -> RfmGrid:
    recency, frequency, monetary = scores(of)
    cells = []
    for r in range(1, FIFTHS + 1):
        for f in range(1, FIFTHS + 1):
            here = (recency == r) & (frequency == f)
            if here.any():
                cells.append(
                    RfmCell(
                        recency=r,
                        frequency=f,
                        customers=int(here.sum()),
                        monetary=round(float(monetary[here].mean()), 3),
                        spent=round(float(np.sort(of.spent[here]).sum()), 2),
                    )
                )
    return RfmGrid(
        as_of=at,
        customers=len(of),
        cells=tuple(cells),
        recency_edges=_edges(-of.silent, recency, -1),
        frequency_edges=_edges(of.orders, frequency, 1),
        monetary_edges=_edges(of.spent, monetary, 1),
        monetary=tuple(int((monetary == each).sum()) for each in range(1, FIFTHS + 1)) if len(of) else (),
    )


def _edges(values: Real | Whole, score: Whole, sign: int) -> tuple[float, ...]:
    """From which number on the scores 2 to 5 are; one that nobody has begins where the next does."""
    if not len(values):
        return ()
    return tuple(float(sign * values[score >= each].min()) for each in range(2, FIFTHS + 1))
