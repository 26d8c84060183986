"""By which emails orders came, and what emails brought beside who was held out of them: the report `attribution`."""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import definitions, report_parameters, shop_settings
from shared.adapters.queries import Question, question
from shared.adapters.reports import Seen
from shared.domain.calendars import day_start, local
from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments import holdouts
from shared.domain.reports import attribution, direct_effect


def asks(seen: Seen) -> Mapping[str, Question]:
    at = seen.at
    zone = definitions.shop_zone()
    begins = day_start(attribution.first_days(local(at, zone).date())[0], zone)
    paths = {
        f"paths_{window}": report_parameters.of_attribution(at, window).of("attribution")
        for window in attribution.WINDOWS
    }
    return {**paths, "beside": _beside(at, begins)}


def _beside(at: Instant, year: Instant) -> Question:
    holdout = shop_settings.settings().holdout
    since = at if holdout is None else shop_settings.holdout_since(holdout)
    named = "" if holdout is None else f"holdout=t{holdout.name}"
    within = (str(direct_effect.DAYS * DAY), str(holdouts.WITHIN))
    return question("direct_effect", named, str(since), str(year), *within, str(at), over=(min(since, year), at))


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    paths = {window: rows[f"paths_{window}"] for window in attribution.WINDOWS}
    return {"windows": attribution.report(paths), "beside": direct_effect.stored(direct_effect.read(rows["beside"]))}
