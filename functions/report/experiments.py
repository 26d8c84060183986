"""What the shop's tests have shown, in words: the report `experiments`; and of adaptive experiments, the shares by
which the next day's people are allotted.

A campaign's test is asked about until it is old; what it showed last stays.
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.report.seam import Rows
from shared.adapters import campaign_tests, campaigns, experiments, reports, shares, shop_settings
from shared.adapters.queries import Question
from shared.domain.campaigns.states import State
from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments import findings, holdouts
from shared.domain.experiments.adapting import next_move
from shared.domain.experiments.definition import Kept

FINAL = 100 * DAY
"""After a campaign began, at most: its people have had their time."""


def asks(at: Instant) -> Mapping[str, Question]:
    asked = {f"{kept.experiment.kind} {id_}": experiments.shows(kept, at) for id_, kept in _running().items()}
    known = _known(at)
    for kept in campaigns.all_kept():
        is_sent = (kept.campaign.variants or kept.campaign.holdout) and kept.state not in (State.DRAFT, State.SCHEDULED)
        if is_sent and (f"campaign {kept.id}" not in known or at - kept.since < FINAL):
            asked[f"campaign {kept.id}"] = campaign_tests.shows(kept, at)
    if (holdout := shop_settings.settings().holdout) is not None:
        asked[f"shop {holdout.name}"] = experiments.shows_of_shop(holdout, at)
    return asked


def _known(at: Instant) -> dict[str, Json]:
    before = reports.known("experiments", at)
    return {} if before is None else dict(before["says"])


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    says = _known(at)
    for name, found in rows.items():
        kind, id_ = name.split(" ", 1)
        says[name] = {"journey": _of_one, "segment": _of_one, "campaign": _of_campaign, "shop": _of_shop}[kind](
            id_, found, at
        )
    return {"says": says}


def _of_one(id_: str, rows: Rows, at: Instant) -> Json:
    kept = experiments.all_kept()[id_]
    alike, weights = findings.alike(rows), experiments.weights_of(kept)
    if kept.experiment.adaptive:
        known = findings.so_far(kept.experiment, weights, alike)
        if (move := next_move(shares.newest().of(id_), known, at)) is not None:
            shares.move({id_: move})
    found = findings.finding(kept.experiment, weights, alike, at)
    words = [findings.words(each.compared, kept.experiment) for each in found.compared]
    return {"words": words, "balanced": found.balanced}


def _of_campaign(id_: str, rows: Rows, at: Instant) -> Json:
    kept = campaigns.read(id_)
    told = campaign_tests.results(kept, rows, at)["compared"] if kept is not None else []
    return {"words": [each["words"] for each in told], "balanced": True}


def _of_shop(name: str, rows: Rows, at: Instant) -> Json:
    holdout = shop_settings.settings().holdout
    if holdout is None or holdout.name != name:
        return {"words": [], "balanced": True}
    told = holdouts.told(holdout, shop_settings.holdout_since(holdout), rows, at)
    return {"words": [told["words"], told["spending"]["words"]], "balanced": True}


def _running() -> dict[str, Kept]:
    return {id_: kept for id_, kept in experiments.all_kept().items() if kept.state == "running"}
