"""By which shares adaptive experiments allot their people beyond the fixed slice (the domain's `adapting`).

The item `experiment_shares` of the Definitions table, of which no version is overwritten: a night that moves any makes
the next, and its number is the shares' version. What somebody got of them is kept with them (`kept_arms`).
"""

from __future__ import annotations

from shared.adapters.definitions_table import CACHE_TTL, Newest, Version, compressed, put_new
from shared.domain.experiments.moves import Moved, Moves
from shared.domain.journeys.arms import Shares, at_first

ID = "experiment_shares"

_newest = Newest(ID, Moves.model_validate_json, Moves)


def newest() -> Moves:
    return _newest.read(CACHE_TTL)


def of(experiment: str) -> Shares:
    moved = newest().of(experiment)
    return moved[-1].shares if moved else at_first(experiment)


def move(moved: dict[str, Moved]) -> None:
    """Makes the next version of them, of the experiments that are named. PublishedMeanwhileError, TooLargeError."""
    held = _newest.read(0)
    made = held.with_(moved)
    put_new(Version(ID, made.version, compressed("shares", made.model_dump_json().encode())))
    _newest.forget()


def forget() -> None:
    _newest.forget()
