"""The shop's experiments with journeys: drafts, those under way, and those that are decided, which stay as learnings.

They are one numbered document of the Definitions table (`experiments`), of which no version is ever overwritten; the
journey's own versions are what runs go by.
"""

from __future__ import annotations

from shared.adapters import journey_definitions
from shared.adapters.drafts import Drafts
from shared.domain.experiments.definition import Kept, under_way
from shared.domain.journeys.definition import Arms, Journey, Send, Split

documents: Drafts[Kept] = Drafts("experiments", Kept)
"""By the experiments' ids; `number`, of an entry, is that of the document that brought it."""


def all_kept() -> dict[str, Kept]:
    return {id_: entry.form for id_, entry in documents.all().items()}


def arms_under_way(journey: str) -> dict[str, Arms]:
    """What the experiments that are under way in a journey do there, by their steps: as they began."""
    found = {}
    for step, kept in under_way(all_kept(), journey).items():
        arms = arms_at(journey_definitions.version(journey, kept.version or 0), step)
        if arms is not None:
            found[step] = arms
    return found


def arms_at(journey: Journey, step: str) -> Arms | None:
    found = next((each for each in journey.steps if each.id == step), None)
    return found.arms if isinstance(found, Send | Split) else None
