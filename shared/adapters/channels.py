"""What has sent emails, or whom they went to, by the names that the shop gives it: reports know ids alone."""

from __future__ import annotations

from collections.abc import Mapping

from shared.adapters import campaigns, definitions, journey_definitions, shop_settings
from shared.domain.reports.attribution import OTHERS


def names() -> dict[str, str]:
    """By what it is called by."""
    publication = journey_definitions.publication()
    segments = definitions.segments().segments
    return {
        "all": "All emails",
        "other": "Neither of a journey nor of a campaign",
        "other:emails": "Neither of a journey nor of a campaign",
        OTHERS: "All others together",
        "shop": "All emails",
        **{f"journey:{id_}": each.journey.name for id_, each in publication.journeys.items()},
        **{f"campaign:{each.id}": each.campaign.name for each in campaigns.all_kept()},
        **{f"topic:{each.id}": each.name for each in shop_settings.settings().topics},
        **{f"segment:{id_}": each.name for id_, each in segments.items()},
    }


def name(called: str, known: Mapping[str, str]) -> str:
    """What is not there any more has its id for a name."""
    kind, _, id_ = called.partition(":")
    if kind == "coupon":
        return f"Codes of {id_}"
    return known.get(called, id_ or called)
