"""By which emails orders came, as the last night has worked it out. Routes of the admin's API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from chalice.app import Response

from functions.admin.people_behind import Behind, Listing, behind, chosen
from functions.admin.rest import Request, route
from functions.admin.shapes import everywhere
from functions.admin.shapes import reports as shapes
from shared.adapters import campaigns, channels, definitions, report_parameters, reports, shop_settings
from shared.adapters.clock import now
from shared.domain.calendars import local
from shared.domain.events import DAY, Json
from shared.domain.experiments import holdouts
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.reports import attribution, direct_effect
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


class OfChannel(Listing, total=False):
    channel: str
    """As `GET /reports/attribution` calls it: `campaign:spring`; or `none`."""
    within: str
    """The window, in days: 5, when left out, or 30."""
    days: str
    """Whose orders: 30, when left out, 90 or 365."""
    figure: str
    """`orders`, when left out, or their `revenue`."""


@route("GET", "/reports/attribution/people", role=Role.VIEWER, query=OfChannel, gives=Behind | everywhere.Late)
def list_buyers(request: Request) -> Json | Response:
    """Whose orders a `channel` was before, in any place on their path, with how many these are or what they are worth:
    all models divide these orders, and give the channel nothing of others. As of the last night. 202 with a `query`
    when it takes long."""
    windows, periods = [str(each) for each in attribution.WINDOWS], [str(each) for each in attribution.PERIODS]
    within, days = chosen(request, "within", windows, windows[0]), chosen(request, "days", periods, periods[0])
    figure, channel = chosen(request, "figure", ("orders", "revenue"), "orders"), request.query.get("channel", "")
    if not re.fullmatch(r"none|(?:campaign|journey|coupon|other):[A-Za-z0-9_.-]{1,100}", channel):
        raise RefusedError("invalid_channel", "write a channel as campaign:spring, or none", "channel")
    at = reports.as_of("attribution", now())
    first = (local(at, definitions.shop_zone()).date() - timedelta(days=int(days) - 1)).isoformat()
    parameters = report_parameters.of_attribution(at, int(within))
    called = "No email and no code" if channel == "none" else channels.name(channel, channels.names())
    is_orders = figure == "orders"
    return behind(
        request,
        f"{called}: {'orders' if is_orders else 'revenue'} within {within} days after it, of the last {days} days"
        if channel != "none"
        else f"{called} in the {within} days before: {figure} of the last {days} days",
        "Orders" if is_orders else "Revenue",
        "times" if is_orders else "money",
        lambda: parameters.of("attribution_people", first, channel, figure),
        of_people=False,
    )


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
