"""What the shop's tests have shown, in words: the report `experiments`; and of adaptive experiments, the shares by
which the next day's people are allotted.

A campaign's test is asked about until it is old; what it showed last stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.report.seam import Rows
from shared.adapters import campaign_tests, campaigns, definitions, experiments, reports, shares, shop_settings
from shared.adapters.queries import Question
from shared.adapters.reports import Seen
from shared.domain.campaigns.states import State
from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments import by_segment, findings, holdouts
from shared.domain.experiments.adapting import next_move
from shared.domain.experiments.definition import Kept
from shared.domain.experiments.findings import Alike
from shared.domain.experiments.moves import Moved

FINAL = 100 * DAY
"""After a campaign began, at most: its people have had their time."""


def asks(seen: Seen) -> Mapping[str, Question]:
    at = seen.at
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
    """`says`: of each, in words; `shop`: of the shop's holdout, all that there is to say (`GET /reports/holdout`)."""
    says, by_kind = _known(at), dict[str, dict[str, Rows]]()
    for name, found in rows.items():
        kind, id_ = name.split(" ", 1)
        by_kind.setdefault(kind, {})[id_] = found
    one_by_one = {**by_kind.get("journey", {}), **by_kind.get("segment", {})}
    says |= _of_experiments({id_: findings.alike(found) for id_, found in one_by_one.items()}, at)
    says |= {f"campaign {id_}": _of_campaign(id_, found, at) for id_, found in by_kind.get("campaign", {}).items()}
    shop: Json = None
    for name, found in by_kind.get("shop", {}).items():
        shop = _of_shop(name, found, at)
        says[f"shop {name}"] = {"words": _words_of_shop(shop), "balanced": True}
    return {"says": says, "shop": shop}


def _of_experiments(people: Mapping[str, Sequence[Alike]], at: Instant) -> dict[str, Json]:
    """What each shows; and all shares that have moved are moved at once, by one version."""
    all_, moves = experiments.all_kept(), shares.newest() if people else None
    names = {each.id: each.name for each in definitions.publication().segments} if people else {}
    says, moved = dict[str, Json](), dict[str, Moved]()
    for id_, alike in people.items():
        kept, weights = all_[id_], experiments.weights_of(all_[id_])
        says[f"{kept.experiment.kind} {id_}"] = _of_one(kept, weights, alike, names, at)
        if kept.experiment.adaptive and moves is not None:
            known = findings.so_far(kept.experiment, weights, alike)
            if (move := next_move(moves.of(id_), known, at)) is not None:
                moved[id_] = move
    if moved:
        shares.move(moved)
    return says


def _of_one(
    kept: Kept, weights: Mapping[str, int], alike: Sequence[Alike], names: Mapping[str, str], at: Instant
) -> Json:
    """`names`: of the segments; what is said of them is said once the last look is over."""
    made = kept.experiment
    found = findings.finding(made, weights, alike, at)
    words = [findings.words(each.compared, made) for each in found.compared]
    if made.by_segments and found.ended:
        words += by_segment.in_short(by_segment.by_segment(made, weights, alike, at), names)
    return {"words": words, "balanced": found.balanced}


def _of_campaign(id_: str, rows: Rows, at: Instant) -> Json:
    kept = campaigns.read(id_)
    told = campaign_tests.results(kept, rows, at)["compared"] if kept is not None else []
    return {"words": [each["words"] for each in told], "balanced": True}


def _of_shop(name: str, rows: Rows, at: Instant) -> Json:
    holdout = shop_settings.settings().holdout
    if holdout is None or holdout.name != name:
        return None
    return holdouts.told(holdout, shop_settings.holdout_since(holdout), rows, at)


def _words_of_shop(told: Json) -> list[Json]:
    return [] if told is None else [told["words"], told["spending"]["words"]]


def _running() -> dict[str, Kept]:
    return {id_: kept for id_, kept in experiments.all_kept().items() if kept.state == "running"}
