"""Objectives: what the shop wants to reach by when ("15 % more revenue through email next quarter").

An objective is specific (one metric), measurable (a target in the metric's unit, or in percent of a baseline that is
worked out), and has dates. Whether it can be reached, nobody but the shop knows; what its last weeks say to that is in
`progress`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, TypeAdapter, model_validator

from shared.domain.conditions.fields import Id
from shared.domain.events import Instant, Json, Strict
from shared.domain.settings import LINE

MAX_OBJECTIVES = 100
MAX_DAYS = 366

Metric = Literal["revenue", "orders", "repeat", "clicks", "subscribers", "members"]
Line = Annotated[str, Field(min_length=1, max_length=80, pattern=LINE)]


class Kind(NamedTuple):
    """How a metric is counted: `flow`, added up over the days; `rate`, a share of something, in percent; `size`, as it
    stands on a day. `title` and `unit` say it."""

    of: Literal["flow", "rate", "size"]
    title: str
    unit: Literal["money", "orders", "people", "percent"]


METRICS: Mapping[Metric, Kind] = {
    "revenue": Kind("flow", "Revenue through email", "money"),
    "orders": Kind("flow", "Orders", "orders"),
    "repeat": Kind("rate", "Orders of people who had ordered before", "percent"),
    "clicks": Kind("rate", "Emails in which a person clicked", "percent"),
    "subscribers": Kind("flow", "New subscribers, those who left taken off", "people"),
    "members": Kind("size", "Members of a segment", "people"),
}
SUBSCRIBERS = "subscribers"
"""The segment whose growth are the new subscribers."""


class Objective(Strict):
    """`percent` more than the baseline, or `absolute` in the metric's unit (money in the shop's currency, shares in
    percent): one of the two. From the day `start` up to and with the day `by`, by the shop's calendar. `segment`: whose
    members are counted, and of no other metric."""

    id: Id
    name: Line
    note: str = Field(default="", max_length=400)
    metric: Metric
    segment: Id | None = None
    baseline: Literal["last_28_days", "last_year"] = "last_28_days"
    percent: float | None = Field(default=None, gt=0, le=1000)
    absolute: float | None = Field(default=None, gt=0, le=10**12)
    start: date
    by: date
    owner: Line

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.percent is None) == (self.absolute is None):
            raise ValueError("say what is to be reached: percent more than the baseline, or an absolute number")
        if METRICS[self.metric].of == "rate" and self.absolute is not None and self.absolute > 100:
            raise ValueError("absolute is a share in percent here: at most 100")
        if (self.metric == "members") != (self.segment is not None):
            raise ValueError("a segment is named for the metric members, and for no other")
        if not 6 <= (self.by - self.start).days < MAX_DAYS:
            raise ValueError("by is at least a week from start, and at most a year")
        return self

    @property
    def counted_in(self) -> str | None:
        """The segment whose sizes it is about."""
        return SUBSCRIBERS if self.metric == "subscribers" else self.segment


OBJECTIVE = TypeAdapter(Objective)


class Kept(Strict):
    """An objective as it was saved, when and by whom; the `number` of the document is that of the newest change, which
    may be of what somebody is writing to take its place (`unfinished`), as they left it."""

    objective: Objective
    number: int
    at: Instant
    by: str
    unfinished: str | None = None


class SavedObjectives(Strict):
    """All objectives: a document of which every version is kept."""

    number: int = 0
    objectives: dict[str, Kept] = Field(default_factory=dict)


def with_objective(saved: SavedObjectives, objective: Objective, at: Instant, by: str) -> SavedObjectives:
    """The next version, with this objective as it is now. ValueError: there are too many."""
    number = saved.number + 1
    kept = Kept(objective=objective, number=number, at=at, by=by)
    objectives = {**saved.objectives, objective.id: kept}
    if len(objectives) > MAX_OBJECTIVES:
        raise ValueError(f"there are {MAX_OBJECTIVES} objectives already: delete one that is over")
    return SavedObjectives(number=number, objectives=objectives)


def with_unfinished(saved: SavedObjectives, id_: str, text: str | None) -> SavedObjectives:
    """The next version, in which somebody is writing this in the place of an objective that there is; None: nothing."""
    number = saved.number + 1
    kept = saved.objectives[id_].model_copy(update={"number": number, "unfinished": text})
    return SavedObjectives(number=number, objectives={**saved.objectives, id_: kept})


def without_objective(saved: SavedObjectives, id_: str) -> SavedObjectives:
    """The next version, without it."""
    objectives = {name: kept for name, kept in saved.objectives.items() if name != id_}
    return SavedObjectives(number=saved.number + 1, objectives=objectives)


class Ready(NamedTuple):
    """An objective of the usual kind, to begin with: all but its dates and its owner."""

    id: str
    title: str
    about: str
    parts: Mapping[str, Json]


READY = (
    Ready(
        "email_revenue",
        "Revenue through email",
        "15 % more revenue of orders that follow a click in an email within five days.",
        {"name": "More revenue through email", "metric": "revenue", "percent": 15},
    ),
    Ready(
        "repeat_orders",
        "Repeat purchases",
        "A tenth more of the orders are placed by people who had ordered before.",
        {"name": "More repeat purchases", "metric": "repeat", "percent": 10},
    ),
    Ready(
        "leads",
        "Leads",
        "A fifth more people have enough points to be qualified.",
        {"name": "More leads", "metric": "members", "segment": "hot_leads", "percent": 20},
    ),
    Ready(
        "engagement",
        "Engagement",
        "People click in a tenth more of the emails they get.",
        {"name": "More clicks", "metric": "clicks", "percent": 10},
    ),
)
