"""An experiment with a journey, or with a segment's criteria: what it is to find out, where, by what it is decided, and
how it ended.

It is fixed before it begins, and takes its place in the journey's next version: runs that begin with that version take
part. Once it is decided a further version gives everybody the winner, and who is under way keeps their arm. Of a
segment it is a publication that it takes its place in, and that ends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.domain.conditions import Condition, values_in
from shared.domain.conditions.comparing import is_filled_in
from shared.domain.conditions.fields import Duration, Id, Name
from shared.domain.conditions.windows import THIS_RUN
from shared.domain.events import DAY, HOUR, Instant, Strict
from shared.domain.journeys.arms import HOLDOUT
from shared.domain.journeys.definition import Arms, Journey, Send, Split, Variant
from shared.domain.trials import A, B, base_of

MOST_LETTERS = 40
"""Of a segment's id."""
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Metric = Literal["clicked", "ordered", "revenue"]
Kind = Literal["template", "subject", "path", "holdout", "criteria"]
"""Of change: what is not the same for all arms."""


class Experiment(Strict):
    """With an email of a journey (`step`), or with the ways of a split. The first of the `variants` is what the others
    are compared with: it is the email as it is, where it names no template or subject. At a split its ways are the
    variants, and their weights the split's. `holdout`: so many in a hundred get nothing.

    It is decided by `metric`, `within` so long after somebody came to take part: how many of the people `clicked` in an
    email of it, or `ordered`, or their `revenue`, a person. `least`: the least difference that matters (of people: a
    share, 0.01 is one in a hundred; of revenue: an amount a person). Of the first `people` who take part, and at the
    planned `looks` on the way to them, something is said: after every such part of them, once its people had their
    time. With no `people` it has no planned end: what is said holds whenever one looks, and takes more people for that.
    `by_segments`: whether it works differently for those who are in one of these as they come is said at the end.

    `adaptive`: those beyond a fixed slice (`arms.FIXED`) get what does best so far, by shares that each night moves
    (`adapting`). What is said is said of the slice, and the planned `people` are its.

    Instead of a journey's step it may be with a `segment`: half of all contacts are decided by its definition as it is
    (the arm `a`), the other half by the `criteria` (`b`). Whom either of the two brings in takes part, in both halves,
    and what is counted comes of all marketing that they get.
    """

    id: Id
    name: Name
    hypothesis: Text
    journey: Id | None = None
    step: Id | None = None
    segment: Id | None = None
    criteria: Condition | None = None
    variants: tuple[Variant, ...] = Field(default=(), max_length=5)
    holdout: int = Field(default=0, ge=0, le=50)
    metric: Metric = "clicked"
    within: Annotated[Duration, Field(ge=HOUR, le=60 * DAY)] = 5 * DAY
    least: float = Field(default=0.01, gt=0, le=1_000_000)
    people: int | None = Field(default=None, ge=20, le=10_000_000)
    looks: int = Field(default=4, ge=1, le=8)
    adaptive: bool = False
    by_segments: tuple[Id, ...] = Field(default=(), max_length=5)

    @model_validator(mode="after")
    def _fits_together(self) -> Experiment:
        if self.segment is not None:
            self._fits_a_segment()
        elif self.journey is None or self.step is None:
            raise ValueError("say where: `journey` and `step`, or `segment` and `criteria`")
        elif self.criteria is not None:
            raise ValueError("`criteria` are another definition of a `segment`: say of which")
        names = [each.id for each in self.variants]
        if len(set(names)) < len(names) or HOLDOUT in names:
            raise ValueError(f"each variant needs an id of its own, and none is called {HOLDOUT}")
        if len(set(self.by_segments)) < len(self.by_segments):
            raise ValueError("name each of `by_segments` once")
        if self.metric != "revenue" and self.least > 0.5:
            raise ValueError("`least` is a share of the people: 0.01 is one in a hundred, and 0.5 the most")
        if self.metric == "clicked" and self.holdout and not self.variants:
            raise ValueError("who is held out has nothing to click in: decide it by `ordered` or `revenue`")
        if self.people is None and self.metric == "revenue":
            raise ValueError("what people spend is compared at a planned end: say for how many `people` it is planned")
        if self.people is None and self.by_segments:
            raise ValueError("`by_segments` are asked about at a planned end: say for how many `people` it is planned")
        if self.adaptive and (len(self.variants) == 1 or self.metric == "revenue"):
            told = "`adaptive` moves people between variants of an email, or ways, by how many `clicked` or `ordered`"
            raise ValueError(told)
        if self.adaptive and any(each.weight != 1 for each in self.variants):
            raise ValueError("`adaptive` sets the weights itself: leave them out")
        return self

    def _fits_a_segment(self) -> None:
        if self.criteria is None:
            raise ValueError("say by which other `criteria` half of the contacts are decided")
        for value in values_in(self.criteria):
            if value == THIS_RUN or is_filled_in(value):
                raise ValueError(f"`{value}` is known in a journey only: a segment has no run")
        given: dict[str, object] = {
            "journey": self.journey,
            "step": self.step,
            "variants": self.variants,
            "holdout": self.holdout,
        }
        given |= {"adaptive": self.adaptive, "by_segments": self.by_segments}
        for name, value in given.items():
            if value:
                raise ValueError(f"with a `segment` it takes no `{name}`")
        if len(base_of(self.id)) > MOST_LETTERS:
            most = MOST_LETTERS - len(base_of(""))
            raise ValueError(f"with a `segment` its id has at most {most} letters: a segment is called after it")

    @property
    def kind(self) -> Literal["journey", "segment"]:
        """Of what it is with."""
        return "journey" if self.segment is None else "segment"

    @property
    def place(self) -> tuple[str | None, ...]:
        """Where it is: what only one experiment at a time is with."""
        return (self.journey, self.step, self.segment)


class Decision(Strict):
    """`winner`: what everybody gets from the journey's version `version` on, and `why`; of a segment from that
    publication on, and None where it was stopped and is as before. `result`: what could be said of the arms then, in
    words."""

    at: Instant
    by: str
    winner: Id | None = None
    why: Text
    version: int
    result: tuple[str, ...] = ()


class Kept(Strict):
    """`version`: of the journey, or the publication of the segments, that began it, at `began`. Until then it is a
    draft."""

    experiment: Experiment
    began: Instant | None = None
    version: int | None = None
    decision: Decision | None = None

    @property
    def state(self) -> Literal["draft", "running", "decided"]:
        if self.decision is not None:
            return "decided"
        return "draft" if self.began is None else "running"


class CannotBeginError(ValueError):
    """The journey has no place for the experiment; says why."""


def with_arms(journey: Journey, made: Experiment, winner: str | None = None) -> Journey:
    """The journey with the experiment at its step; with a `winner`, as it was decided. CannotBeginError."""
    steps = tuple(_with_arms(step, made, winner) if step.id == made.step else step for step in journey.steps)
    if all(step.id != made.step for step in journey.steps):
        raise CannotBeginError(f"the journey has no step {made.step}")
    return journey.model_copy(update={"steps": steps})


def _with_arms(step: object, made: Experiment, winner: str | None) -> Send | Split:
    match step:
        case Send():
            if step.arms is not None and step.arms.experiment == made.id:  # it is under way: what it began with holds
                variants = step.arms.variants
            else:
                variants = _variants(step, made)
            if len(variants) == 1 and not made.holdout:
                raise CannotBeginError("an experiment has at least two variants, or a holdout")
            if len(variants) == 1 and made.adaptive:
                raise CannotBeginError("`adaptive` moves people between variants of the email: name at least two")
        case Split():
            if made.variants:
                raise CannotBeginError("the variants at a split are its ways: leave `variants` out")
            if made.adaptive and len({way.weight for way in step.ways}) > 1:
                raise CannotBeginError("`adaptive` sets the weights itself: give the ways of the split the same weight")
            variants = ()
        case _:
            raise CannotBeginError(f"{made.step} is no email and no split: an experiment is with one of these")
    if step.arms is not None and step.arms.winner is None and step.arms.experiment != made.id:
        raise CannotBeginError(f"the experiment {step.arms.experiment} is under way there: decide that one first")
    arms = Arms(
        experiment=made.id,
        variants=variants,
        holdout=made.holdout,
        adaptive=made.adaptive,
        segments=made.by_segments,
        winner=winner,
    )
    return step.model_copy(update={"arms": arms})


def _variants(step: Send, made: Experiment) -> tuple[Variant, ...]:
    """What a variant does not say is as the step is: as an experiment before this one was decided, where one was."""
    before = step.arms
    now = next((each for each in before.variants if each.id == before.winner), None) if before is not None else None
    given = made.variants or (Variant(id="email"),)
    if now is None:
        return given
    return tuple(
        each.model_copy(update={"template": each.template or now.template, "subject": each.subject or now.subject})
        for each in given
    )


def weights(made: Experiment, journey: Journey | None) -> dict[str, int]:
    """The variants of an experiment and their weights, as a version of its journey has them: at a split, its ways."""
    if journey is None:
        return {A: 1, B: 1}
    step = next((each for each in journey.steps if each.id == made.step), None)
    match step:
        case Split():
            return {way.next: way.weight for way in step.ways}
        case Send(arms=Arms(experiment=made.id) as arms):
            return {each.id: each.weight for each in arms.variants}
    return {each.id: each.weight for each in made.variants or (Variant(id="email"),)}


def least(made: Experiment) -> float:
    """The least difference that matters, as verdicts take it: a share of the people, or hundredths a person."""
    return made.least * 100 if made.metric == "revenue" else made.least


def kinds(made: Experiment) -> frozenset[Kind]:
    """What it changes."""
    found: set[Kind] = set()
    if any(each.template is not None for each in made.variants):
        found.add("template")
    if any(each.subject is not None for each in made.variants):
        found.add("subject")
    if not made.variants and not made.holdout:
        found.add("path")
    if made.segment is not None:
        found = {"criteria"}
    if made.holdout:
        found.add("holdout")
    return frozenset(found)


def repeated(made: Experiment, others: Iterable[Kept]) -> list[Kept]:
    """The decided experiments that have asked the same: at the same step, by the same metric, about a change of the
    same kind; the newest first."""
    same = [
        kept
        for kept in others
        if kept.decision is not None
        and kept.experiment.id != made.id
        and kept.experiment.place == made.place
        and kept.experiment.metric == made.metric
        and kinds(kept.experiment) & kinds(made)
    ]
    return sorted(same, key=lambda kept: -(kept.decision.at if kept.decision is not None else 0))


def says(kept: Kept, words: str) -> bool:
    """Whether all the words of a search are in what was asked, found and decided; case is no matter."""
    made, decision = kept.experiment, kept.decision
    told = [made.id, made.name, made.hypothesis, *made.place, made.metric]
    if decision is not None:
        told += [decision.winner, decision.why, *decision.result]
    text = " ".join(each for each in told if each is not None).casefold()
    return all(word in text for word in words.casefold().split())


def under_way(all_: Mapping[str, Kept], journey: str) -> dict[str, Kept]:
    """The experiments that are under way in a journey, by their steps."""
    return {
        kept.experiment.step: kept
        for kept in all_.values()
        if kept.experiment.journey == journey and kept.experiment.step is not None and kept.state == "running"
    }
