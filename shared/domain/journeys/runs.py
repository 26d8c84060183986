"""Runs: one contact's way along a journey, as it stands; what can happen to it, and what it asks for.

A run is moved by `advancing.advance` only, in the transaction that records what moved it. What it asks for is done
after that, by whoever follows the table's stream, and each effect has a key that never repeats: to do one twice is to
do it once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from shared.domain.events import DAY, NEVER, Instant, Json, MailClass

if TYPE_CHECKING:  # whoever only reads runs needs none of what acts are made of
    from shared.domain.journeys.acts import Act
    from shared.domain.profiles.transitions import Transition

# What there are many kinds of is a NamedTuple: a dataclass that is frozen takes ten times as long to make, at import.

# ── what can happen to a run, besides that time passes; each at its own `time` ──


class Settled(NamedTuple):
    """What has become of a step that somebody else does: an email was `sent`, or `skipped` with the reason, or has to
    wait (`delayed`, until when: the contact has had enough of them, or it is night where they are); an update has
    `passed`. Of a run that Step Functions moves, also that it has `passed` any step (which way, for a step that has
    several), and that it has `ended` (the outcome). `time`: when that was."""

    time: Instant
    run: str
    step: str
    occurrence: int
    outcome: Literal["sent", "skipped", "delayed", "passed", "ended"]
    reason: str | None = None


BY_US = "the nightly check"
"""Who moves a run whose state machine has failed: to the step where it stands."""


class Moved(NamedTuple):
    """A person (or `BY_US`) moves a run to a step, stops it (`step` None), or lets an email go that was held for
    review."""

    time: Instant
    run: str
    step: str | None
    by: str
    release: bool = False


class Begin(NamedTuple):
    """A journey is to begin by somebody's hand: a person's, a campaign's, another journey's, or whoever published it
    and takes in those who qualify already. Its entry rule decides.

    `cause` names the wish: told again, it is the same one. `at`: not before this instant. `trigger`: as `Run.trigger`.
    `step`: where it begins (at the first step, when left out). `continues`: the number of an ended run that goes on
    there, as a run of its own, whatever the entry rule says. `present`: the contact was in the trigger's segment (or
    out of it) before the journey was there, and if that is still so, the run stands where it would by now, had it begun
    then: what it would have done by now is passed over.
    """

    time: Instant
    journey: str
    cause: str
    at: Instant = 0
    trigger: Mapping[str, Json] = {}
    step: str | None = None
    continues: int | None = None
    present: bool = False


Happening: TypeAlias = "Act | Transition | Settled | Moved | Begin"


# ── what a run asks for ──

ASK_AGAIN = DAY
"""What was asked for that long ago and has had no outcome is asked for again: the same, by the same key."""


class SendEmail(NamedTuple):
    """`entered`: when the run came to the step; `best_before`: after this instant it is too late (NEVER: never);
    `mail_class`, `priority`: None, as is usual for it."""

    step: str
    occurrence: int
    template: str
    pin: int | None
    entered: Instant
    best_before: Instant = NEVER
    mail_class: MailClass | None = None
    priority: int | None = None


class UpdateContact(NamedTuple):
    step: str
    occurrence: int
    traits: Mapping[str, Json]
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    add_lists: tuple[str, ...] = ()
    remove_lists: tuple[str, ...] = ()

    @property
    def told(self) -> dict[str, Json]:
        """What a `Contact Updated` tells of it, besides the traits."""
        several = {
            "tags_added": self.add_tags,
            "tags_removed": self.remove_tags,
            "lists_added": self.add_lists,
            "lists_removed": self.remove_lists,
        }
        return {name: list(each) for name, each in several.items() if each}


class NotifyOthers(NamedTuple):
    step: str
    occurrence: int
    subject: str
    to: str


class StartAnother(NamedTuple):
    """Of another journey, by its own entry rule. `step` is empty where an exit asks for it. `trigger`: what the run
    knows of what began it."""

    journey: str
    step: str
    occurrence: int
    trigger: Mapping[str, Json]


class TakePart(NamedTuple):
    """Tells that the contact takes part in an experiment from here on, with which of its variants, and which of the
    segments that it is read by they are in. `shares`: as of `arms.Arm`."""

    step: str
    occurrence: int
    experiment: str
    variant: str
    segments: str = ""
    shares: int | None = None


Effect = SendEmail | UpdateContact | NotifyOthers | StartAnother | TakePart


# ── the run ──

What = Literal[
    "began", "entered", "delayed", "held", "goal", "sent_after", "sent", "skipped", "passed", "moved", "ended"
]
"""`sent_after`: it turned out that an email was sent which the run no longer waited for."""
LEAVING = frozenset({"sent", "skipped", "passed", "moved", "ended"})
"""Of these, each stay at a step has one at its end: so that those who came to it are those who wait there, and those
who left it by each of these."""


class Record(NamedTuple):
    """One line of what a marketer can read of a run: what, at which step (none: ""), when, and why (a word: a reason,
    the way that was taken, the outcome)."""

    time: Instant
    step: str
    what: What
    why: str | None = None


MAX_RECORDS = 300
"""Kept with a run: the first, and of the others the newest."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of version `version` of a journey, the contact's `number`-th run of any.

    `began` is when what caused it happened, and `started` when we heard of that; `cause` names it: the id of an event,
    `time` or what else made a transition, with the segment and the transition's number, the date, or who asked for it.
    `event` is where that event is in the contact's partition, of a run that an event began. `trigger`: properties of
    that event, as conditions know them (ids and codes; none that is personal); `key`: the value of the entry rule's
    `per`.

    It begins at the step `begins_at` ("": the first), at `not_before` if that is later, and is at `step` since `since`
    ("": it has yet to begin), for the `passes[step]`-th time (from 0); time alone moves it at `wake_at`. `asked`: when
    it asked for what the step does, and waits for what becomes of it (NEVER: it has not); `delayed`: it is not to ask
    before. `held`: a person has to let
    the email go, and `released`: when they did (0: not yet). Once it has ended, `outcome` says how (`completed`,
    `goal`, `unsubscribed`, `left <segment>`, `stopped`, …), and nothing moves it again.
    """

    contact: str
    journey: str
    number: int
    version: int
    began: Instant
    started: Instant
    cause: str
    event: str = ""
    key: str = ""
    trigger: Mapping[str, Json] = field(default_factory=dict)
    begins_at: str = ""
    not_before: Instant = 0
    step: str = ""
    since: Instant = 0
    wake_at: Instant = NEVER
    passes: Mapping[str, int] = field(default_factory=dict)
    asked: Instant = NEVER
    delayed: Instant = 0
    held: bool = False
    released: Instant = 0
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

    @property
    def place(self) -> str:
        """What it is called among the contact's open runs (`Profile.runs`)."""
        return f"{self.journey}#{self.number}"
