"""Runs: one contact's way along a journey, as it stands; what can happen to it, and what it asks for.

A run is moved by `advancing.advance` only, in the transaction that records what moved it. What it asks for is done
after that, by whoever follows the table's stream, and each effect has a key that never repeats: to do one twice is to
do it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shared.domain.events import NEVER, Event, Instant, Json
from shared.domain.profiles.transitions import Transition

# ── what can happen to a run, besides that time passes ──


@dataclass(frozen=True, slots=True)
class Settled:
    """What has become of a step that somebody else does: an email was `sent`, or `skipped` with the reason. Of a run
    that Step Functions moves, also that it has `passed` a step (which way), and that it has `ended` (the outcome)."""

    run: str
    step: str
    occurrence: int
    outcome: Literal["sent", "skipped", "passed", "ended"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A person moves a run to a step, stops it (`step` None), or lets an email go that was held for review."""

    run: str
    step: str | None
    by: str
    release: bool = False


Happening = Event | Transition | Settled | Moved


# ── what a run asks for ──


@dataclass(frozen=True, slots=True)
class SendEmail:
    """`entered`: when the run came to the step; `best_before`: after this instant it is too late (NEVER: never)."""

    step: str
    occurrence: int
    template: str
    pin: int | None
    entered: Instant
    best_before: Instant = NEVER


@dataclass(frozen=True, slots=True)
class UpdateContact:
    step: str
    occurrence: int
    traits: Mapping[str, Json]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotifyOthers:
    step: str
    occurrence: int
    subject: str
    to: str


@dataclass(frozen=True, slots=True)
class StartAnother:
    """Of another journey, by its own entry rule. `step` is None where an exit asks for it."""

    journey: str
    step: str | None
    occurrence: int


Effect = SendEmail | UpdateContact | NotifyOthers | StartAnother


# ── the run ──

What = Literal["began", "entered", "sent", "skipped", "delayed", "passed", "moved", "goal", "ended"]


@dataclass(frozen=True, slots=True)
class Record:
    """One line of what a marketer can read of a run: what, at which step, when, and why (a word: a reason, the way that
    was taken, the outcome)."""

    time: Instant
    step: str
    what: What
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run of version `version` of a journey, the contact's `number`-th run of any.

    `trigger`: properties of the event that started it, as conditions know them (ids and codes; none that is personal);
    `key`: the value of the entry rule's `per`; `cause`: the id of the event or the number of the transition. It `began`
    at the instant that its cause happened. It is at `step` since `since`, for the `passes[step]`-th time (from 0), and
    time alone moves it at `wake_at`. `waiting_for`: an effect whose outcome it needs. Once it has ended, `outcome` says
    how (`completed`, `goal`, `unsubscribed`, `left <segment>`, `stopped`, …), and nothing moves it again.
    """

    contact: str
    journey: str
    number: int
    version: int
    began: Instant
    cause: str
    key: str = ""
    trigger: Mapping[str, Json] = field(default_factory=dict)
    step: str = ""
    since: Instant = 0
    wake_at: Instant = NEVER
    passes: Mapping[str, int] = field(default_factory=dict)
    held: bool = False
    reached_goal: bool = False
    outcome: str | None = None
    ended: Instant = NEVER
    records: tuple[Record, ...] = ()

    @property
    def id(self) -> str:
        """Also the name of an execution: at most 80 characters, no address in it."""
        return f"{self.contact}-{self.journey}-{self.number}"

    @property
    def goes_on(self) -> bool:
        return self.outcome is None
