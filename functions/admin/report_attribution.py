"""By which emails orders came, as the last night has worked it out. Route of the admin's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from functions.admin import shapes
from functions.admin.rest import Request, route
from shared.adapters import campaigns, channels, reports, shop_settings
from shared.adapters.clock import now
from shared.domain.events import DAY, Json
from shared.domain.experiments import holdouts
from shared.domain.operators import Role
from shared.domain.reports import direct_effect
from shared.domain.reports.attribution import MAX_STOPS
from shared.domain.reports.direct_effect import SHOP


@route("GET", "/reports/attribution", role=Role.VIEWER, gives=shapes.Attribution)
def report(request: Request) -> Json:
    """By which emails and codes orders came: of each window (days before an order) and period (whole days up to the
    night's), what six models give each channel of the orders and their revenue, which add up to the whole; and
    `effects`, what is known of emails by who is held out of them. As of the last night (`as_of`; null: no night has
    been yet)."""
    told: dict[str, Any] | None = reports.known("attribution", now())
    if told is None:
        return {"as_of": None, "most_stops": MAX_STOPS, "windows": [], "effects": []}
    known = channels.names()
    return {
        "as_of": told["as_of"],
        "most_stops": MAX_STOPS,
        "windows": [
            window | {"periods": [_named(period, known) for period in window["periods"]]} for window in told["windows"]
        ],
        "effects": [effect for each in told["beside"] if (effect := _effect(each, known)) is not None],
    }


def _named(period: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Json]:
    named = [{"name": channels.name(each["channel"], known), **each} for each in period["channels"]]
    return {**period, "channels": named}


def _effect(told: Mapping[str, Json], known: Mapping[str, str]) -> Json:
    """None: of a holdout that is not there any more."""
    beside = direct_effect.kept(told)
    if beside.channel == SHOP:
        holdout = shop_settings.settings().holdout
        share, days = holdout.share if holdout is not None else 0, holdouts.WITHIN // DAY
    else:
        kept = campaigns.read(beside.channel.partition(":")[2])
        share, days = kept.campaign.holdout if kept is not None else 0, direct_effect.DAYS
    if not share:
        return None
    found = direct_effect.effect(beside, share, days)
    low, high = found.between or (None, None)
    return {
        **told,
        "name": channels.name(beside.channel, known),
        "days": days,
        "incremental": found.incremental,
        "low": low,
        "high": high,
        "words": found.words,
    }
