"""What came of emails, as the last night has added it up. Routes of the admin's API."""

from __future__ import annotations

from typing import Any

from typing_extensions import TypedDict

from functions.admin.rest import Request, route
from functions.admin.shapes import reports as shapes
from shared.adapters import channels, reports, shop_settings
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.reports import kpis
from shared.domain.reports.published import PUBLISHED
from shared.domain.settings import EmailCosts


class DaysQuery(TypedDict, total=False):
    called: str
    """Which group, as `GET /reports/kpis` calls it; all emails, when left out."""


@route("GET", "/reports/kpis", role=Role.VIEWER, gives=shapes.Kpis)
def report(request: Request) -> Json:
    """What came of emails over the last 30, 90 and 365 days (`periods`), by journey, campaign, topic and segment
    (`groups`), as of the last night (`as_of`; null: no night has been yet, and there are no periods); and what others
    have `published` of theirs."""
    told: dict[str, Any] | None = reports.known("kpis", now())
    if told is None:
        return {"as_of": None, "within_days": kpis.WITHIN_DAYS, "costs": None, "periods": [], "published": []}
    names, costs = channels.names(), shop_settings.settings().costs
    return {
        "as_of": told["as_of"],
        "within_days": told["within_days"],
        "costs": None if costs is None else costs.model_dump(),
        "periods": [
            period | {"groups": [_group(group, period, names, costs) for group in period["groups"]]}
            for period in told["periods"]
        ],
        "published": [each._asdict() for each in PUBLISHED],
    }


@route("GET", "/reports/kpis/days", role=Role.VIEWER, gives=shapes.KpiDays, query=DaysQuery)
def days(request: Request) -> Json:
    """What came of the emails that a group (`?called=journey:welcome`) sent on each of the last 90 days, with the
    control limits of its rates; as of the last night. A day on which it sent nothing is left out."""
    called = request.query.get("called", kpis.ALL)
    told: dict[str, Any] | None = reports.known("kpis", now())
    if told is None:
        return {"as_of": None, "called": called, "name": channels.name(called, channels.names()), "days": []}
    return {
        "as_of": told["as_of"],
        "called": called,
        "name": channels.name(called, channels.names()),
        "days": told["days"].get(called, []),
    }


def _group(group: Any, period: Any, names: dict[str, str], costs: EmailCosts | None) -> dict[str, Json]:
    """With its name, and what it returned."""
    if costs is None:
        cost = profit = roi = None
    else:
        sent = next(each["sent"] for each in period["groups"] if each["called"] == kpis.ALL)
        cost, profit, roi = kpis.returned(costs, period["days"], group["sent"], sent, group["revenue"])
    return {"name": channels.name(group["called"], names), **group, "cost": cost, "profit": profit, "roi": roi}
