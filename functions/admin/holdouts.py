"""What the shop's holdout says of what emails bring. Route of the admin's API."""

from __future__ import annotations

from chalice.app import Response

from functions.admin import shapes
from functions.admin.reports import FiguresQuery, asked
from functions.admin.rest import Request, route
from shared.adapters import athena, shop_settings
from shared.adapters.clock import now
from shared.adapters.queries import question
from shared.domain.events import Json
from shared.domain.experiments import holdouts
from shared.domain.experiments.rates import Arm
from shared.domain.operators import Role


@route("GET", "/reports/holdout", role=Role.VIEWER, gives=shapes.HoldoutTold, query=FiguresQuery)
def report(request: Request) -> Json:
    """Of the shop's holdout (`holdout` null: it has none), how many people were `held_out` and how many `sent` email,
    of those who have had their 30 days, and how many of each ordered; what that says, in `words`; and how many have yet
    to have their time (`waiting`). 202 with a `query` when it takes long."""
    holdout, t = shop_settings.settings().holdout, now()
    if holdout is None:
        nobody = _arm(Arm(0, 0))
        words = "Nobody is held out of your emails, to compare the others with. The page Shop has a setting for it."
        return {
            "as_of": t,
            "holdout": None,
            "held_out": nobody,
            "sent": nobody,
            "waiting": 0,
            "word": None,
            "words": words,
        }
    since, within = shop_settings.holdout_since(holdout), str(holdouts.WITHIN)
    name = f"holdout=t{holdout.name}"
    rows = asked(request, lambda: athena.start(*question("holdout", name, within, over=(since, t))))
    if isinstance(rows, Response):
        return rows
    found = holdouts.finding(holdouts.parts(rows), holdout.share, t)
    return {
        "as_of": t,
        "holdout": {"name": holdout.name, "share": holdout.share, "since": since},
        "held_out": _arm(found.held_out),
        "sent": _arm(found.sent),
        "waiting": found.waiting,
        "word": found.word,
        "words": found.words,
    }


def _arm(arm: Arm) -> dict[str, Json]:
    return {"people": arm.people, "ordered": arm.successes}
