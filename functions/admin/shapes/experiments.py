"""Shapes of what is asked and told of experiments and holdouts."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from functions.admin.shapes.segments import Choice
from shared.domain.experiments.definition import Experiment

# ── bodies ──


class Starting(TypedDict, total=False):
    """`under_way`: of an experiment with a journey; `start_journeys`: of one with a segment."""

    under_way: Literal["finish", "move"]
    start_journeys: bool


class Deciding(Starting, total=False):
    """`winner`: left out, an experiment with a segment is stopped, and the segment as before."""

    winner: str
    why: str


class Ending(Choice, total=False):
    """Of an experiment with a segment that runs: the arm that would win (left out: none)."""

    winner: str


# ── answers ──


class OfExperiment(TypedDict):
    experiment: str


class HoldoutNamed(TypedDict):
    name: str
    share: int
    since: int


class PeopleOrdered(TypedDict):
    """`revenue`: in the shop's currency, refunds taken off."""

    people: int
    ordered: int
    revenue: float


class SpendingTold(TypedDict):
    """`look`: which of the four says it (null: none was yet); `next_look`: when the next is. `interval`: of the
    difference, in the shop's currency a person."""

    word: Said | None
    words: str
    interval: list[float] | None
    look: int | None
    next_look: int | None


class HoldoutTold(TypedDict):
    as_of: int
    holdout: HoldoutNamed | None
    held_out: PeopleOrdered
    sent: PeopleOrdered
    waiting: int
    word: Literal["better", "worse", "not_enough", "broken"] | None
    words: str
    spending: SpendingTold | None


class GuardsTold(TypedDict):
    """`harmed`: of a variant, more people unsubscribed or reported it as spam than of the first."""

    harmed: bool
    words: list[str]


ExperimentState = Literal["draft", "running", "decided"]
ExperimentMetric = Literal["clicked", "ordered", "revenue"]
Said = Literal["better", "worse", "no_difference", "not_enough", "broken"]


class ExperimentRow(TypedDict):
    """`kind`: whether it is with a journey or a segment, a campaign's test, or the shop's holdout. `winner`, `why`,
    `result`: of one that is decided; of a campaign's, what it was found to say at its end. `since`: when it was last
    changed. `says`: what the night has found; `balanced`: whether the arms' sizes are what the draw would give."""

    kind: Literal["journey", "segment", "campaign", "shop"]
    id: str
    name: str
    hypothesis: str | None
    journey: str | None
    step: str | None
    segment: str | None
    metric: ExperimentMetric
    state: Literal["draft", "running", "ended", "decided"]
    since: int
    began: int | None
    winner: str | None
    why: str | None
    result: list[str]
    says: list[str]
    balanced: bool


class Experiments(TypedDict):
    """`as_of`: the night whose `says` are told; null: none has been yet."""

    as_of: int | None
    experiments: list[ExperimentRow]
    cursor: str | None


class DecisionTold(TypedDict):
    """`winner`: null, where an experiment with a segment was stopped. `version`: of the journey, or the segments'
    publication."""

    at: int
    by: str
    winner: str | None
    why: str
    version: int
    result: list[str]


class RepeatTold(TypedDict):
    id: str
    name: str
    winner: str | None
    at: int
    result: list[str]


class ExperimentTold(TypedDict):
    """`version`: of the journey, with which it began; of a segment's, the publication. `taking_in`: whether runs that
    begin now take part, or who enters. `arms`: its
    variants, the first of which the others are compared with. `words`: of a segment's, whom the other criteria have in,
    after "somebody who". `repeats`: decided ones that have asked the same.
    `unfinished`: of a draft, what somebody is writing that is no experiment yet, and why it is none (`problem`)."""

    experiment: Experiment
    unfinished: str | None
    problem: str | None
    etag: str
    state: ExperimentState
    by: str
    at: int
    began: int | None
    version: int | None
    taking_in: bool
    arms: list[str]
    words: str | None
    decision: DecisionTold | None
    repeats: list[RepeatTold]


class ArmTotal(TypedDict):
    """Everybody so far. `revenue`: in the shop's currency, refunds taken off. `interval`: of the share that did what
    `by` says, at nineteen in twenty."""

    variant: str
    people: int
    clicked: int
    ordered: int
    unsubscribed: int
    complained: int
    revenue: float
    by: Literal["clicked", "ordered"]
    interval: list[float]


class ExperimentCompared(TypedDict):
    """`interval`: of the difference, of shares of people or in the currency a person; it holds at every look."""

    arm: str
    beside: str
    metric: ExperimentMetric
    look: int | None
    verdict: Said | None
    interval: list[float] | None
    words: str


class PlannedLook(TypedDict):
    """`people`: at how many of those who took part; `at`: since when it can be had."""

    number: int
    people: int
    at: int | None


class AllottedArm(TypedDict):
    variant: str
    people: int
    clicked: int
    ordered: int


class SharesMoved(TypedDict):
    """`shares`: of each variant, from `at` on; together 1."""

    at: int
    shares: dict[str, float]


class AdaptiveTold(TypedDict):
    """`fixed`: so many in a hundred of the people are in the fixed slice, of which alone is anything else here told;
    `arms`: the others, by what they got; `moves`: how their shares have moved, the oldest first."""

    fixed: int
    words: str
    arms: list[AllottedArm]
    moves: list[SharesMoved]


class InSegment(TypedDict):
    """What an arm does for those who were in a segment as they came, beside what it does for others. `people`: of both
    arms, in it."""

    segment: str
    arm: str
    people: int
    differs: bool
    words: str


class ExperimentResults(OfExperiment):
    """`adaptive`: null, of one that is not."""

    as_of: int
    state: ExperimentState
    ended: bool
    balanced: bool
    arms: list[ArmTotal]
    compared: list[ExperimentCompared]
    guards: GuardsTold | None
    looks: list[PlannedLook]
    by_segment: list[InSegment]
    alike: str | None
    expected: list[str]
    adaptive: AdaptiveTold | None


class Assignments(TypedDict):
    """`cursor`: leads to the next part; null: this is the last."""

    csv: str
    rows: int
    cursor: str | None
