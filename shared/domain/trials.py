"""A segment on trial: two definitions of it, each for half of all contacts, while an experiment compares them.

Its names and its draw are said here once: for what is published, for who tells of those who come to take part, and for
who counts them.
"""

from __future__ import annotations

from shared.domain.draws import in_sample

A, B = "a", "b"
"""The arms: decided by the segment's definition as it was, and by the other."""
PERCENT = 50
"""Of all contacts, in B."""
_BASE = "base__"


def base_of(experiment: str) -> str:
    """The segment of those whom either definition brings in: the experiment's own."""
    return f"{_BASE}{experiment}"


def experiment_of(segment: str) -> str | None:
    """Whose own segment it is; None: no experiment's."""
    return segment.removeprefix(_BASE) if segment.startswith(_BASE) else None


def salt_of(experiment: str) -> str:
    """Of the condition `sample` by which the segment falls into its halves: no other experiment's, nor a sample's that
    the shop has drawn for something else."""
    return f"experiment.{experiment}"


def arm_of(experiment: str, contact: str) -> str:
    """As that condition draws it."""
    return B if in_sample(salt_of(experiment), PERCENT, contact) else A
