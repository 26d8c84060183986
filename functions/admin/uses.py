"""What asks about a segment: other segments, journeys, campaigns, blocks of emails."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from functions.admin import known
from shared.adapters import campaigns, journey_definitions, template_definitions
from shared.domain.conditions import Segment
from shared.domain.conditions.shorthand import members_of
from shared.domain.events import Json


class Use(NamedTuple):
    kind: str
    """`segment`, `journey`, `campaign` or `email`."""
    id: str
    name: str


def uses(segments: Mapping[str, Segment]) -> dict[str, list[Use]]:
    """By segment. Of journeys those that are published, of emails those that there are, of campaigns all."""
    found: dict[str, list[Use]] = defaultdict(list)
    for journey in journey_definitions.publication().journeys.values():
        for id_ in sorted(known.segments_of(journey.journey)):
            found[id_].append(Use("journey", journey.journey.id, journey.journey.name))
    for kept in campaigns.all_kept():
        for id_ in dict.fromkeys((*kept.campaign.segments, *kept.campaign.without)):
            found[id_].append(Use("campaign", kept.campaign.id, kept.campaign.name))
    for template_id in template_definitions.numbers():
        template = template_definitions.template(template_id).template
        for id_ in dict.fromkeys(_named(template.model_dump(mode="json", by_alias=True, exclude_none=True))):
            found[id_].append(Use("email", template_id, template.name))
    for other in segments.values():
        for id_ in sorted(members_of(other.when)):
            found[id_].append(Use("segment", other.id, other.name))
    return found


def _named(tree: Json) -> Iterator[str]:
    """The segments that conditions in a definition name."""
    if isinstance(tree, list):
        for each in tree:
            yield from _named(each)
    elif isinstance(tree, dict):
        if tree.get("kind") == "member" and isinstance(tree.get("segment"), str):
            yield tree["segment"]
        for each in tree.values():
            yield from _named(each)
