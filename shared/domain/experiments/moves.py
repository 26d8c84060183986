"""How the shares of adaptive experiments have moved: what whoever sends reads, without what reckons it (`adapting`)."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from shared.domain.events import Instant, Strict
from shared.domain.journeys.arms import Shares

MOST_MOVES = 400
"""Of an experiment, that are remembered: the newest."""


class Moved(Strict):
    """Since `at`, the shares are `weights`, of WHOLE; `of`: what was known of each variant then, as [people, who did
    it]."""

    at: Instant
    weights: dict[str, int]
    of: dict[str, tuple[int, int]]
    version: int = 0

    @property
    def shares(self) -> Shares:
        return Shares(self.version, self.weights)


class Moves(Strict):
    """Of all experiments, by their ids, as of a version."""

    version: int = 0
    experiments: dict[str, tuple[Moved, ...]] = Field(default_factory=dict)

    def of(self, experiment: str) -> tuple[Moved, ...]:
        return self.experiments.get(experiment, ())

    def with_(self, moved: Mapping[str, Moved]) -> Moves:
        """The next version, in which these have moved."""
        version = self.version + 1
        added = {
            experiment: (*self.of(experiment), each.model_copy(update={"version": version}))[-MOST_MOVES:]
            for experiment, each in moved.items()
        }
        return Moves(version=version, experiments={**self.experiments, **added})
