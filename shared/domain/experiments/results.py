"""What an experiment with a journey has shown, as the API and the night's report tell it."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.events import Instant, Json
from shared.domain.experiments import findings
from shared.domain.experiments.adapting import WHOLE, words
from shared.domain.experiments.comparisons import Guard, unharmed, warning
from shared.domain.experiments.definition import Experiment, Kept
from shared.domain.experiments.findings import Finding, Total
from shared.domain.experiments.moves import Moved
from shared.domain.experiments.rates import Arm, wilson
from shared.domain.journeys.arms import FIXED, HOLDOUT


def told(kept: Kept, found: Finding, t: Instant, moves: Sequence[Moved] = ()) -> dict[str, Json]:
    """As the API tells it. `moves`: of an adaptive one, how its shares have moved."""
    made = kept.experiment
    return {
        "experiment": made.id,
        "as_of": t,
        "state": kept.state,
        "ended": found.ended,
        "balanced": found.balanced,
        "arms": [_arm(each, made) for each in found.arms],
        "compared": [
            {
                "arm": each.arm,
                "beside": each.beside,
                "metric": each.metric,
                "look": look or None,
                "verdict": each.verdict and each.verdict.word,
                "interval": each.interval,
                "words": findings.words(each, made),
            }
            for each, look in found.compared
        ],
        "guards": guarded(found.guards),
        "looks": [each._asdict() for each in found.looks],
        "by_segment": [],
        "alike": None,
        "expected": [],
        "adaptive": _allotted(found, moves) if made.adaptive else None,
    }


def _allotted(found: Finding, moves: Sequence[Moved]) -> dict[str, Json]:
    """Of those beyond the fixed slice."""
    return {
        "fixed": FIXED,
        "words": words(moves),
        "arms": [
            {name: getattr(each, name) for name in ("variant", "people", "clicked", "ordered")}
            for each in found.allotted
        ],
        "moves": [{"at": each.at, "shares": {name: n / WHOLE for name, n in each.weights.items()}} for each in moves],
    }


def _arm(each: Total, made: Experiment) -> dict[str, Json]:
    """With the interval of the share that it is decided by, where it is one."""
    told = each._asdict()
    del told["net"]
    by = "ordered" if made.metric == "revenue" or each.variant == HOLDOUT else made.metric
    return {**told, "revenue": each.net / 100, "by": by, "interval": list(wilson(Arm(each.people, told[by])))}


def guarded(found: list[Guard]) -> dict[str, Json] | None:
    if not found:
        return None
    harmed = [warning(guard) for guard in found if guard.harms]
    return {"harmed": bool(harmed), "words": harmed or [unharmed(found)]}
