"""How much there has to be before anybody has a score."""

from __future__ import annotations

from collections.abc import Iterable

from shared.domain.insight.values import Value

CUSTOMERS = 100
"""With an order that counts. From so many on our model sorts customers as well as in a large shop (docs/insight.md)."""
HISTORY_DAYS = 180
"""From the first order since which there were no 90 days without one: 90 to learn from, 90 to check what was learnt."""


class Gate(Value):
    """`have` of `need`, and of what: `customers with an order`."""

    need: int
    have: int
    what: str

    @property
    def is_open(self) -> bool:
        return self.have >= self.need

    @property
    def sentence(self) -> str:
        """`not enough: 63 of 100 customers with an order`; `enough: 812 customers with an order (100 needed)`."""
        if self.is_open:
            return f"enough: {self.have:,} {self.what} ({self.need:,} needed)"
        return f"not enough: {self.have:,} of {self.need:,} {self.what}"


def first_closed(gates: Iterable[Gate]) -> Gate | None:
    """The one that says why nobody has the score."""
    return next((gate for gate in gates if not gate.is_open), None)
