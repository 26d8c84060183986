"""The shop's experiments with journeys: drafts, those under way, and those that are decided, which stay as learnings.

They are one numbered document of the Definitions table (`experiments`), of which no version is ever overwritten; the
journey's own versions are what runs go by.
"""

from __future__ import annotations

from shared.adapters import journey_definitions, shop_settings
from shared.adapters.drafts import Drafts
from shared.adapters.queries import Question, question
from shared.domain.events import Instant, iso
from shared.domain.experiments import findings, holdouts, planning
from shared.domain.experiments.definition import Experiment, Kept, under_way, weights
from shared.domain.journeys.definition import Arms, Journey, Send, Split
from shared.domain.settings import Holdout

documents: Drafts[Kept] = Drafts("experiments", Kept)
"""By the experiments' ids; `number`, of an entry, is that of the document that brought it."""


def all_kept() -> dict[str, Kept]:
    return {id_: entry.form for id_, entry in documents.all().items()}


def shows(kept: Kept, t: Instant) -> Question:
    """What is asked of the lake for what an experiment has shown by now."""
    made, began = kept.experiment, kept.began or t
    within, month = str(made.within), iso(began)[:7]
    looks = str(made.looks if made.people is not None else 0)
    about = in_lake(made)
    parts = looks, str(findings.UNIT), looks, str(made.people or 1), looks
    texts = (about, month, about, *parts, within, within, within, within, str(t), within)
    return question("experiment", *texts, over=(began - planning.BEFORE, t))


def shows_of_shop(holdout: Holdout, t: Instant) -> Question:
    """The same of the shop's holdout."""
    since = shop_settings.holdout_since(holdout)
    texts = f"holdout=t{holdout.name}", str(holdouts.WITHIN), str(holdouts.BEFORE)
    return question("holdout", *texts, over=(since - holdouts.BEFORE, t))


def weights_of(kept: Kept) -> dict[str, int]:
    """Of the variants of one that has begun, as the version of the journey that began it has them."""
    return weights(kept.experiment, journey_definitions.version(kept.experiment.journey, kept.version or 0))


def in_lake(made: Experiment) -> str:
    return f"experiment=t{made.id}"


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
