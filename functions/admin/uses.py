"""What asks about a segment: other segments, journeys, campaigns, blocks of emails, experiments, objectives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from functions.admin import known
from shared.adapters import campaigns, experiments, journey_definitions, objectives, template_definitions
from shared.domain.campaigns.states import UNDER_WAY, WORDS, State
from shared.domain.conditions import Segment
from shared.domain.conditions.points import Points
from shared.domain.conditions.shorthand import members_of
from shared.domain.events import Json
from shared.domain.journeys.compiling import conditions_in
from shared.domain.lead_models import models_of
from shared.domain.publications import Publication


class Use(NamedTuple):
    kind: str
    """`segment`, `journey`, `campaign`, `email`, `experiment` or `objective`."""
    id: str
    name: str


def uses(segments: Mapping[str, Segment]) -> dict[str, list[Use]]:
    """By segment. Of journeys those that are published, of emails those that there are, of experiments those that are
    not decided, of campaigns and objectives all."""
    found: dict[str, list[Use]] = defaultdict(list)
    for journey in journey_definitions.publication().journeys.values():
        for id_ in sorted(known.segments_of(journey.journey)):
            found[id_].append(Use("journey", journey.journey.id, journey.journey.name))
    for kept in campaigns.all_kept():
        for id_ in dict.fromkeys((*kept.campaign.segments, *kept.campaign.without)):
            found[id_].append(Use("campaign", kept.campaign.id, kept.campaign.name))
    for template_id, name, id_ in _named_by_emails("member", "segment"):
        found[id_].append(Use("email", template_id, name))
    for experiment in experiments.all_kept().values():
        for id_ in experiment.experiment.by_segments if experiment.state != "decided" else ():
            found[id_].append(Use("experiment", experiment.experiment.id, experiment.experiment.name))
    for each in objectives.saved().objectives.values():
        if each.objective.counted_in is not None:
            found[each.objective.counted_in].append(Use("objective", each.objective.id, each.objective.name))
    for other in segments.values():
        for id_ in sorted(members_of(other.when)):
            found[id_].append(Use("segment", other.id, other.name))
    return found


def held_by(segment: str, today: date) -> str | None:
    """What would go on without the segment, and mean something else, so that it cannot be deleted yet: in words. Drafts
    do not hold it: they are looked at before they begin."""
    for name, journey in journey_definitions.publication().journeys.items():
        if segment in known.segments_of(journey.journey):
            return f"the journey {name} uses it"
    for id_, kept in experiments.all_kept().items():
        if kept.state == "running" and segment in kept.experiment.by_segments:
            return f"the experiment {id_} is read by it: decide that one first"
    for campaign in campaigns.all_kept():
        named = segment in (*campaign.campaign.segments, *campaign.campaign.without)
        if named and (campaign.state is State.SCHEDULED or campaign.state in UNDER_WAY):
            return f"the campaign {campaign.id} names it, and {WORDS[campaign.state]}: cancel that one first"
    for id_, saved in objectives.saved().objectives.items():
        if saved.objective.counted_in == segment and saved.objective.by >= today:
            return f"the objective {id_} counts its members: change or delete that one first"
    for email, _, asked in _named_by_emails("member", "segment"):
        if asked == segment:
            return f"the email {email} asks for it: publish that one without it first"
    return None


def of_model(model: str, publication: Publication) -> list[Use]:
    """What asks for the points of a lead model: segments, journeys that are published, emails that there are."""
    found = [Use("segment", each.id, each.name) for each in publication.segments if model in models_of(each.when)]
    for published in journey_definitions.publication().journeys.values():
        journey = published.journey
        if any(isinstance(part, Points) and part.model == model for part in conditions_in(journey)):
            found.append(Use("journey", journey.id, journey.name))
    emails = _named_by_emails("points", "model")
    return [*found, *(Use("email", email, name) for email, name, asked in emails if asked == model)]


def _named_by_emails(kind: str, field: str) -> Iterator[tuple[str, str, str]]:
    """An email's id and name, and what a condition of this kind in it names."""
    for template_id in template_definitions.numbers():
        template = template_definitions.template(template_id).template
        told = template.model_dump(mode="json", by_alias=True, exclude_none=True)
        for id_ in dict.fromkeys(_named(told, kind, field)):
            yield template_id, template.name, id_


def _named(tree: Json, kind: str, field: str) -> Iterator[str]:
    """What conditions of a kind in a definition name."""
    if isinstance(tree, list):
        for each in tree:
            yield from _named(each, kind, field)
    elif isinstance(tree, dict):
        if tree.get("kind") == kind and isinstance(tree.get(field), str):
            yield tree[field]
        for each in tree.values():
            yield from _named(each, kind, field)
