"""What the shop's holdout says of what emails bring. Route of the admin's API."""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from functions.admin.reports import NowQuery, asked, of_night
from functions.admin.rest import Request, route
from functions.admin.shapes import experiments as shapes
from shared.adapters import athena, experiments, shop_settings
from shared.adapters.clock import now
from shared.domain.events import Json
from shared.domain.experiments import holdouts
from shared.domain.operators import Role


@route("GET", "/reports/holdout", role=Role.VIEWER, gives=shapes.HoldoutTold, query=NowQuery)
def report(request: Request) -> Json:
    """Of the shop's holdout (`holdout` null: it has none), how many people were `held_out` and how many `sent` email,
    of those who have had their 30 days, how many of each ordered, and their `revenue`; what the orders say, in `words`;
    how many have yet to have their time (`waiting`); and what is said of what people spend, as of the looks at the ends
    of its first four quarters (`spending`). As of the last night (`as_of`), or of now by `?now=true` and where the
    holdout is newer: 202 with a `query` when that takes long."""
    holdout, t = shop_settings.settings().holdout, now()
    if holdout is None:
        return {"as_of": t, **holdouts.NO_HOLDOUT}
    night = of_night(request, "experiments") or {}
    told: Any = night.get("shop")  # nights of before it was kept say nothing
    of_this = {"name": holdout.name, "share": holdout.share, "since": shop_settings.holdout_since(holdout)}
    if told is not None and told["holdout"] == of_this:
        return told
    rows = asked(request, lambda: athena.start(*experiments.shows_of_shop(holdout, t)))
    if isinstance(rows, Response):
        return rows
    return holdouts.told(holdout, shop_settings.holdout_since(holdout), rows, t)
