"""The RFM grid: recency, frequency and money of customers by fifths, equal ones kept together."""

from __future__ import annotations

from shared.domain.events import Instant
from shared.domain.insight.values import Value

FIFTHS = 5


class RfmCell(Value):
    """Customers with a score from 1 (the lowest) to 5 for how recently and how often they have ordered. `monetary`:
    their mean score for money; `spent`: all they ever spent, in the shop's currency."""

    recency: int
    frequency: int
    customers: int
    monetary: float
    spent: float


class RfmGrid(Value):
    """Every cell with somebody in it. The edges are four numbers, from which on the scores 2 to 5 are: days since the
    last order (fewer is better: at most so many), orders, and money. Where many are equal, two edges are, and a score
    between them is nobody's. `monetary`: how many customers have each score for money, from 1 on."""

    as_of: Instant
    customers: int
    cells: tuple[RfmCell, ...]
    recency_edges: tuple[float, ...] = ()
    frequency_edges: tuple[float, ...] = ()
    monetary_edges: tuple[float, ...] = ()
    monetary: tuple[int, ...] = ()
