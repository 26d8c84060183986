"""What came of emails, as the last night has added it up. Route of the admin's API."""

from __future__ import annotations

from typing import Any

from functions.admin import shapes
from functions.admin.rest import Request, route
from shared.adapters import campaigns, definitions, journey_definitions, reports, shop_settings
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.reports import kpis


@route("GET", "/reports/kpis", role=Role.VIEWER, gives=shapes.Kpis)
def report(request: Request) -> Json:
    """What came of emails, by journey, campaign, topic and segment (`groups`, over each of the `periods`) and day by
    day, as of the last night (`as_of`; null: no night has been yet, and there is nothing)."""
    told: dict[str, Any] | None = reports.known("kpis", now())
    if told is None:
        return {"as_of": None, "within_days": kpis.WITHIN_DAYS, "periods": [], "days": []}
    names = _names()
    return told | {
        "periods": [
            period | {"groups": [{"name": _name(group["called"], names), **group} for group in period["groups"]]}
            for period in told["periods"]
        ]
    }


def _names() -> dict[str, str]:
    """By what a group is called by."""
    publication = journey_definitions.publication()
    segments = definitions.segments().segments
    return {
        "all": "All emails",
        "other": "Neither of a journey nor of a campaign",
        **{f"journey:{id_}": each.journey.name for id_, each in publication.journeys.items()},
        **{f"campaign:{each.id}": each.campaign.name for each in campaigns.all_kept()},
        **{f"topic:{each.id}": each.name for each in shop_settings.settings().topics},
        **{f"segment:{id_}": each.name for id_, each in segments.items()},
    }


def _name(called: str, names: dict[str, str]) -> str:
    """What is not there any more has its id for a name."""
    return names.get(called, called.partition(":")[2] or called)
