"""Jobs: what an operator asks for many people of a journey, done by the refresh workflow a page at a time.

A job tells each contact what it is about by an event on their queue (`telling`), and the contact's own transaction does
it. Each act can be done again from any place: what was told before is the same event.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.events import Instant


class _Act(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Wake(_Act):
    """Has all runs of versions below one look at how the journey stands now: they go on by the newest, or end."""

    kind: Literal["wake"] = "wake"
    below: int


class Move(_Act):
    """Moves all runs at a step (None: all) to another (`to` None: ends them), or lets their emails go (`release`)."""

    kind: Literal["move"] = "move"
    step: str | None
    to: str | None = None
    release: bool = False


class Start(_Act):
    """Begins for those who are in a segment, spread over so many milliseconds; with `placed`, each where they would
    stand, had they begun when they came into it (`runs.Begin.present`)."""

    kind: Literal["start"] = "start"
    segment: str
    over: int = 0
    placed: bool = False


class Continue(_Act):
    """Goes on at a step for those who have completed it since an instant, spread over so many milliseconds."""

    kind: Literal["continue"] = "continue"
    since: Instant
    step: str
    over: int = 0


Act = Annotated[Wake | Move | Start | Continue, Field(discriminator="kind")]


class Job(BaseModel):
    """What is to be done for people of a journey, one act after the other, by the journeys' publication of this number
    or a later one. `at`: when it was asked for; `by`: by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    journey: str
    publication: int
    at: Instant
    by: str
    acts: tuple[Act, ...]
