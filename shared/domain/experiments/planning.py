"""What an experiment can show before it begins, out of what people did with the journey so far, or in the segment, and
how long that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments.campaigns import Usual, can_see
from shared.domain.experiments.comparisons import Metric
from shared.domain.experiments.definition import Experiment, least
from shared.domain.experiments.rates import Arm
from shared.domain.experiments.wording import rounded
from shared.domain.journeys.arms import FIXED

USUAL_OVER = 180 * DAY
"""What people did in so long is taken for what they usually do."""
SPENT_BEFORE = 90 * DAY
"""Before somebody came to take part: what they spent then may say what they spend now."""
BEFORE = SPENT_BEFORE + 7 * DAY
"""Of orders before an experiment began, that are read."""
WEEK = 7 * DAY
AFTER = "this journey’s emails"
AFTER_ENTERING = "your emails to those in this segment"


class SoFar(NamedTuple):
    """What people do at the step, and since when that is known (0: nobody came). `entering`: of a segment, how many a
    week either definition brings in (None: that is not known)."""

    usual: Usual
    earliest: Instant
    entering: float | None = None

    def a_week(self, made: Experiment, t: Instant) -> float | None:
        """How many come to take part; None: that is not known yet."""
        if made.segment is not None:
            return self.entering
        weeks = (t - self.earliest) / WEEK
        return self.usual.clicked.people / weeks if self.earliest and weeks >= 1 else None


def so_far(rows: Sequence[Mapping[str, Json]]) -> SoFar:
    """Of the rows of infra/athena/usual.sql."""
    told = [
        (
            int(str(row["people"])),
            row["clicked"] == 1,
            row["ordered"] == 1,
            int(str(row["net"])),
            int(str(row["earliest"])),
        )
        for row in rows
    ]
    people = sum(n for n, *_ in told)
    mean = sum(n * net for n, _, _, net, _ in told) / people if people else 0.0
    squares = sum(n * (net - mean) ** 2 for n, _, _, net, _ in told)
    clicked, ordered = sum(n for n, did, *_ in told if did), sum(n for n, _, did, *_ in told if did)
    usual = Usual(Arm(people, clicked), Arm(people, ordered), mean, squares / people if people else 0.0)
    return SoFar(usual, min((each[-1] for each in told), default=0))


def entering(entries: int, days: float, either: int, now: int) -> float | None:
    """How many a week enter by either definition, by how many have entered the segment in so many days, and how many of
    the people who were looked at are in it by either, and by its own. None: that is not known."""
    if days < 7 or not entries or not now:
        return None
    return entries / days * 7 * either / now


def expected(made: Experiment, weights: Mapping[str, int], known: SoFar, t: Instant) -> list[str]:
    """A sentence for each comparison, and one of how long it takes."""
    told = []
    planned = made.people or _in_half_a_year(made, known, t)
    sent = planned * (100 - made.holdout) // 100
    shares = list(weights.values())
    if len(shares) > 1:
        pair = shares[0] + min(shares[1:])
        people = sent * pair // sum(shares)
        after = AFTER if made.segment is None else AFTER_ENTERING
        told.append(can_see(made.metric, least(made), people, shares[0] / pair, known.usual, after))
    if made.holdout:
        by: Metric = "ordered" if made.metric == "clicked" else made.metric
        told.append(can_see(by, least(made), planned, made.holdout / 100, known.usual, AFTER))
    if made.adaptive:
        told.append(
            f"{FIXED} in a hundred of the people get the variants in equal parts, and only these decide; the others "
            "get what does best so far, which each night looks at again."
        )
    if made.people is None:
        if not planned:
            told.clear()
        return [*told, _without_end(planned)]
    return [*told, _how_long(made, known, t)]


def _in_half_a_year(made: Experiment, known: SoFar, t: Instant) -> int:
    """People who come to take part; of an adaptive one, in its fixed slice. 0: that is not known yet."""
    a_week = known.a_week(made, t)
    return 0 if a_week is None else round(26 * a_week * (FIXED / 100 if made.adaptive else 1))


def _without_end(people: int) -> str:
    """`people`: in half a year."""
    come = f"About {rounded(people):,} people come here in half a year, of whom this is said. " if people else ""
    return (
        f"{come}It has no planned end: look whenever you like, and what it says holds. For that it takes nearly three "
        "times as many people as a test with one look at its end."
    )


def _how_long(made: Experiment, known: SoFar, t: Instant) -> str:
    a_week = known.a_week(made, t)
    if not a_week:
        return "How many people come here in a week is not known yet."
    planned = made.people or 0
    needed = planned / (a_week * FIXED / 100 if made.adaptive else a_week)
    come = f"About {max(round(a_week), 1):,} people a week come here for the first time"
    if made.segment is not None:
        come = (
            f"About {max(round(a_week), 1):,} people a week enter by either definition, if whom the other one brings "
            "in besides comes as often as whom this one does"
        )
    slice_ = f" in the fixed {FIXED} %" if made.adaptive else ""
    return f"{come}, so {planned:,}{slice_} take {_weeks(needed)}."


def _weeks(number: float) -> str:
    if number > 104:
        return f"about {round(number / 52)} years: plan for fewer people, or pool this with other steps"
    return f"about {max(round(number), 1)} {'week' if number < 1.5 else 'weeks'}"
