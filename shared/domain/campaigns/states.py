"""A campaign's life: which act leads from which state to which.

draft → scheduled → freezing → grace → sending ↔ paused → done or cancelled. Each change is numbered, and an execution
of the state machine works for the number that started it: of one that is overtaken nothing more is done.
"""

from enum import StrEnum

from pydantic import Field

from shared.domain.campaigns.definition import Campaign
from shared.domain.events import SECOND, Instant, Json, Strict
from shared.domain.refusals import RefusedError

GRACE = 60 * SECOND
"""Between the frozen audience and the first email, in which it can be called off."""


class State(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    FREEZING = "freezing"
    GRACE = "grace"
    SENDING = "sending"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


ENDED = frozenset({State.DONE, State.CANCELLED})
UNDER_WAY = frozenset({State.FREEZING, State.GRACE, State.SENDING, State.PAUSED})

ACTS: dict[str, dict[State, State]] = {
    "schedule": {State.DRAFT: State.SCHEDULED},
    "withdraw": {State.SCHEDULED: State.DRAFT},
    "freeze": {State.SCHEDULED: State.FREEZING},
    "frozen": {State.FREEZING: State.GRACE},
    "begin": {State.GRACE: State.SENDING},
    "pause": {State.GRACE: State.PAUSED, State.SENDING: State.PAUSED},
    "resume": {State.PAUSED: State.SENDING},
    "finish": {State.SENDING: State.DONE},
    "cancel": dict.fromkeys(
        (State.SCHEDULED, State.FREEZING, State.GRACE, State.SENDING, State.PAUSED), State.CANCELLED
    ),
}
"""What may be done in which state, and where it leads."""
WORDS = {
    State.DRAFT: "is a draft",
    State.SCHEDULED: "is scheduled",
    State.FREEZING: "is collecting its audience",
    State.GRACE: "begins within a minute",
    State.SENDING: "is being sent",
    State.PAUSED: "is paused",
    State.DONE: "has been sent",
    State.CANCELLED: "was cancelled",
}


class Chosen(Strict):
    """The variant that those get who did not test any. `decided`: it was better; else it was chosen beforehand for when
    nothing can be told. `words`: what the test said `at` that instant."""

    variant: str
    decided: bool
    words: str
    at: Instant


class Kept(Strict):
    """A campaign as it stands. `number`: of the change that made it so, the newest. `run`: of the change that an
    execution was last started for. `begins`: when its audience is frozen; `since`: when it came to its state; `why`:
    what paused or cancelled it, for people, and `by` who.

    `parent` and `round`: a repeated campaign's later rounds are campaigns of their own, as is what `follows` one.
    `forgiven`: failures by kind that somebody has seen and resumed after. `day_of_month`: on which a monthly one began.
    `frozen`: the attempts at freezing that count, one a part of the audience (`Kept.number` of each); `audience` is how
    many people are in them. `sums`: what came of it, once it has ended.
    """

    campaign: Campaign
    unfinished: str | None = None
    """A draft's text as somebody left it, while it is no campaign yet; `campaign` is what could be read before."""
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}(-[a-z0-9]{1,4}){0,3}$")
    number: int = 1
    state: State = State.DRAFT
    since: Instant = 0
    by: str = ""
    why: str | None = None
    run: int = 0
    begins: Instant | None = None
    began: Instant | None = None
    ended: Instant | None = None
    parent: str | None = None
    round: int = 1
    day_of_month: int = 0
    follows: str | None = None
    frozen: tuple[int, ...] = ()
    audience: int = 0
    sums: dict[str, Json] | None = None
    forgiven: dict[str, int] = Field(default_factory=dict)
    winner: Chosen | None = None
    pins: dict[str, int] = Field(default_factory=dict)
    """The versions of its templates, as they were when its audience was frozen: all get the same email."""

    def changed(self, **parts: object) -> "Kept":
        """The next change of it."""
        return self.model_copy(update={"number": self.number + 1, **parts})


def after(kept: Kept, act: str, t: Instant, by: str, why: str | None = None, **parts: object) -> Kept:
    """The campaign after an act. RefusedError: not in its state."""
    to = ACTS[act].get(kept.state)
    if to is None:
        raise RefusedError("not_now", f"it {WORDS[kept.state]}: {_instead(act)}", "state", 409)
    ended = {"ended": t} if to in ENDED else {}
    return kept.changed(state=to, since=t, by=by, why=why, **ended, **parts)


def _instead(act: str) -> str:
    return f"{act} is for a campaign that {' or '.join(WORDS[state] for state in ACTS[act])}"
