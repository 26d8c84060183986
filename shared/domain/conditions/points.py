"""The condition on points of a lead model; what the points are, the model says (`lead_models`)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.domain.conditions.fields import Described, Id, bounded

MAX_POINTS = 100_000
Bound = Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS)]


class Points(Described):
    """The contact has `at_least` and `at_most` so many points of a lead model; without either bound, as many as the
    model asks for to call them qualified. The points are those of its rules now: what an event has given decays by the
    model's half-life, each full hour after it, with no job; ten half-lives later nothing is left. No history: whatever
    the model gives for traits alone, else 0."""

    needs = "what the model's rules look at"
    flips = "as the model's points decay and its conditions do"
    kind: Literal["points"] = "points"
    model: Id
    at_least: Bound | None = None
    at_most: Bound | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return bounded(self, self.at_least, self.at_most)

    def moved_by(self) -> set[str]:
        return set()  # what moves the model's points moves this: `segments.compile_segments`
