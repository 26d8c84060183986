"""The shop's experiments with journeys and with segments: drafts, those under way, and those that are decided, which
stay as learnings.

They are one numbered document of the Definitions table (`experiments`), of which no version is ever overwritten; the
journey's own versions are what runs go by, and the segments' publications what contacts are decided by.
"""

from __future__ import annotations

from typing import NamedTuple

from shared.adapters import definitions, journey_definitions, shop_settings
from shared.adapters.drafts import Drafts, numbered
from shared.adapters.queries import Question, question
from shared.domain.conditions import Condition
from shared.domain.events import Instant, iso
from shared.domain.experiments import findings, holdouts, planning
from shared.domain.experiments.definition import Experiment, Kept, under_way, weights
from shared.domain.journeys.definition import Arms, Journey, Send, Share, Split
from shared.domain.publications import Publication, with_experiment, without_experiment
from shared.domain.settings import Holdout
from shared.domain.trials import B

DOCUMENT = "experiments"
documents: Drafts[Kept] = Drafts(DOCUMENT, Kept)
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
    spent = within, str(planning.SPENT_BEFORE)
    texts = (about, month, about, about, counted(made), *parts, within, within, *spent, within, str(t), within)
    return question("experiment", *texts, over=(began - planning.BEFORE, t))


def shows_of_shop(holdout: Holdout, t: Instant) -> Question:
    """The same of the shop's holdout."""
    since = shop_settings.holdout_since(holdout)
    texts = f"holdout=t{holdout.name}", str(holdouts.WITHIN), str(holdouts.BEFORE)
    return question("holdout", *texts, over=(since - holdouts.BEFORE, t))


def weights_of(kept: Kept) -> dict[str, int]:
    """Of the variants of one that has begun, as the version of the journey that began it has them."""
    journey = kept.experiment.journey
    return weights(
        kept.experiment, None if journey is None else journey_definitions.version(journey, kept.version or 0)
    )


def counted(made: Experiment) -> str:
    """Which emails to its people are counted: `of it`, or `all` marketing."""
    return "of it" if made.segment is None else "all"


def chosen(made: Experiment, winner: str | None) -> Condition | None:
    """What a segment is decided by once its experiment has ended so; None: as before."""
    return made.criteria if winner == B else None


class Tried(NamedTuple):
    """What a pass over all contacts is to try: the `draft` of a segment, of this number; or, where it names an
    `experiment`, what that begins or ends by (with a `winner`, or none), as the experiments' document of this number
    has it."""

    segment: str | None
    draft: int | None
    experiment: str | None
    winner: str | None


def with_tried(number: int, tried: Tried, at: Instant) -> Publication:
    """The publication of a number, with what is to be tried. LookupError: there is none. ValueError: it does not
    fit."""
    segment, draft, id_, winner = tried
    if id_ is None or draft is None:
        return definitions.with_draft(number, segment, draft, at)
    held, kept = definitions.numbered_publication(number), numbered(DOCUMENT, Kept, draft)[id_].form
    made = kept.experiment
    if made.segment is None or made.criteria is None:
        raise LookupError(f"{id_} is with no segment")
    if kept.state == "draft":
        return with_experiment(held, made.segment, id_, made.criteria, start_journeys=False, now=at)
    return without_experiment(held, made.segment, chosen(made, winner), start_journeys=False, now=at)


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


def ways_under_way(journey: str) -> dict[str, tuple[Share, ...]]:
    """Of the splits that are experiments which are under way in a journey, the ways: as they began."""
    return {
        step.id: step.ways
        for id_, kept in under_way(all_kept(), journey).items()
        for step in journey_definitions.version(journey, kept.version or 0).steps
        if step.id == id_ and isinstance(step, Split)
    }


def arms_at(journey: Journey, step: str) -> Arms | None:
    found = next((each for each in journey.steps if each.id == step), None)
    return found.arms if isinstance(found, Send | Split) else None
