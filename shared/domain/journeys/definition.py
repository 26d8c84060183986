"""What a journey is: when it begins, for whom and how often, its steps, and what ends it early.

A journey is data, written as YAML or JSON and checked when it is read; that it makes sense as a whole is checked by
`checking`. What it means is `advancing.advance` and nothing else.

Steps follow each other in the order in which they are written, unless a step says where it goes (`next`); `end` as a
destination ends the run. Filters and conditions may name what started the run: the text `$trigger.cart_id`, as a value
to compare with, stands for that property of the event that did; and the window `this_run` for the time since then.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.domain.conditions import Condition
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.fields import Duration, Id, Name, Signed
from shared.domain.events import MARKETING, Json, MailClass, Strict

END = "end"
"""As a destination: the run ends there."""

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""A time of the local day, `09:30`."""
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7)]
EVERY_DAY: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Text = Annotated[str, Field(min_length=1, max_length=500)]


# ── what happens to a contact ──


class SegmentChange(Strict):
    """The contact enters a segment, or leaves it.

    A membership that becomes true is no event: `by` says what may have made it so, as types of events, or `time` for
    what no event did. Anything, when left out; never a changed definition, a merger, or history that is brought over.
    """

    kind: Literal["segment"] = "segment"
    segment: Id
    when: Literal["enters", "leaves"] = "enters"
    by: tuple[Name, ...] = Field(default=(), max_length=30)


class EventHappens(Strict):
    """An event of one of these types that passes every filter in `where`. `first`: the contact's first ever of its
    type."""

    kind: Literal["event"] = "event"
    events: tuple[Name, ...] = Field(min_length=1, max_length=20)
    where: tuple[Where, ...] = Field(default=(), max_length=10)
    first: bool = False


class DateComes(Strict):
    """The date in a trait, or its anniversary each year (`yearly`), `offset` days later (earlier, below zero), at a
    time of the contact's day. 29 February is the 28th in a year without one."""

    kind: Literal["date"] = "date"
    trait: Name
    yearly: bool = True
    offset: Annotated[int, Field(ge=-180, le=180)] = 0
    at: Clock = "09:00"


class ByHand(Strict):
    """Nothing by itself: a campaign, the API, a person or another journey's step starts it. Those may start any other
    journey, too."""

    kind: Literal["hand"] = "hand"


class Unsubscribes(Strict):
    """The contact says no to a topic."""

    kind: Literal["unsubscribed"] = "unsubscribed"
    topic: Name = MARKETING


Trigger = Annotated[SegmentChange | EventHappens | DateComes | ByHand, Field(discriminator="kind")]
Occasion = Annotated[SegmentChange | EventHappens | Unsubscribes, Field(discriminator="kind")]


class Entry(Strict):
    """Who may start, and how often.

    `again`: `once` ever, `each` time, or once in a duration (`90d`, counted from start to start). `per`: by itself for
    each value of this property of the trigger's event: two carts are two runs, and the same cart is one. `only_if`: a
    condition that holds at the start. `not_during`: no run of these journeys goes on. `apart`: so long after the start
    of any other journey of the same `group`. Of journeys that would start at one instant and keep each other out, the
    one of the highest `priority` does. `per_hour`: so many start in an hour, the others after them, in order.
    """

    again: Literal["once", "each"] | Duration = "once"
    per: Name | None = None
    only_if: Condition | None = None
    not_during: tuple[Id, ...] = Field(default=(), max_length=20)
    apart: Duration | None = None
    priority: int = Field(default=5, ge=1, le=9)
    per_hour: int | None = Field(default=None, ge=1, le=1_000_000)


class Exit(Strict):
    """Ends the run wherever it is, in the middle of a wait, too. Of several the first that applies is taken.

    `go_to`: the run goes on there instead (a goal that jumps ahead), unless it has been there already. `start`: another
    journey begins. `goal`: what the journey was to achieve, and is counted as that when it happened after the run
    began. What is told late ends it, too, also when it happened a little earlier than what began the run; history does
    not (more than three days ago, and before the run).
    """

    on: Occasion
    go_to: Id | None = None
    start: Id | None = None
    goal: bool = False


class Hours(Strict):
    """When emails may go out, in the contact's local time: others wait until then. `closed`: days of the shop
    (`2026-12-25`, or each year `--12-25`) on which none do."""

    begin: Clock = Field(default="00:00", alias="from")
    to: Clock = "00:00"
    weekdays: Weekdays = EVERY_DAY
    closed: tuple[Annotated[str, Field(pattern=r"^(\d{4}|-)-\d\d-\d\d$")], ...] = Field(default=(), max_length=100)


# ── steps ──


class Step(Strict):
    """`next`: where the run goes from here (the step that is written after this one, when left out)."""

    id: Id
    next: Id | None = None


Subject = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]


class Variant(Strict):
    """What one arm of an experiment gets at an email: its share of the contacts is its weight of the weights of all.
    `template` and `subject` (Liquid) stand in the place of the step's own; what neither is said of stays as it is."""

    id: Id
    weight: int = Field(default=1, ge=1, le=100)
    template: Id | None = None
    subject: Subject | None = None


class Arms(Strict):
    """An experiment at a step: which of its `variants` a contact gets is drawn of their id and the experiment's, so it
    is the same for good. `holdout`: so many in a hundred pass the gate like the others, and get nothing. At a split the
    variants are its ways, called by the steps they lead to, and who is held out gets no email behind it.

    `adaptive`: a fixed slice of the contacts falls into equal arms for good; the others get the variants by shares that
    each night moves towards what does best (`arms.Shares`).
    `segments`: those that it is read by besides; which of them somebody is in is told with their arm.

    `winner`: it is decided, and this one is what everybody gets, who is held out as well.
    """

    experiment: Id
    variants: tuple[Variant, ...] = Field(default=(), max_length=5)
    holdout: int = Field(default=0, ge=0, le=50)
    adaptive: bool = False
    segments: tuple[Id, ...] = Field(default=(), max_length=5)
    winner: Id | None = None


class Send(Step):
    """An email of a template (the one called like the step, when left out) about the journey's topic.

    `pin`: always this version of the template, not the newest. `best_before`: so long after the run came here it is too
    late for it, and it is skipped. `class`: the kind of email it is here (`marketing` or `lifecycle`; `transactional`
    only of a template that is), instead of the template's: its caps, quiet hours and sender are then those. `arms`: an
    experiment with it, which `POST /experiments` makes.
    `priority`: of several of a class that wait for a slot of their contact's, the lowest goes first (1 to 9; else an
    email of a journey has 1, one of a campaign 2). Goes on once it was sent, or refused, with the reason.
    """

    kind: Literal["send"] = "send"
    template: Id | None = None
    pin: int | None = Field(default=None, ge=1)
    best_before: Duration | None = None
    class_: MailClass | None = Field(default=None, alias="class")
    priority: int | None = Field(default=None, ge=1, le=9)
    arms: Arms | None = None

    @property
    def templates(self) -> tuple[str, ...]:
        """All that it may send: its own first, and those of an experiment."""
        others = (each.template for each in self.arms.variants if each.template) if self.arms is not None else ()
        return tuple(dict.fromkeys([self.template or self.id, *others]))


class Wait(Step):
    """Until all of what it says has come: `for` so long since the run came here; and then the next time that it is `at`
    a time of the contact's local day, on one of `weekdays` (the first instant after it, where a change of the clocks
    leaves it out; the first of both, where it comes twice); or the contact's `best_hour`, when it is known.
    Or until `offset` before or after the date in a `trait`; at once when there is none, or it has passed."""

    kind: Literal["wait"] = "wait"
    for_: Duration | None = Field(default=None, alias="for")
    at: Clock | None = None
    weekdays: Weekdays = EVERY_DAY
    best_hour: bool = False
    trait: Name | None = None
    offset: Signed = 0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.trait is not None and self.for_ is not None:
            raise ValueError("waits `for` a duration or until the date in a `trait`, not both")
        if self.trait is None and self.offset:
            raise ValueError("`offset` is before or after the date in a `trait`: name one")
        if self.at is not None and self.best_hour:
            raise ValueError("waits until the time `at` or until the `best_hour`, not both")
        names_none = self.trait is None and self.for_ is None and self.at is None and not self.best_hour
        if names_none and self.weekdays == EVERY_DAY:
            raise ValueError("says what it waits for: `for`, `at`, `weekdays`, `best_hour` or `trait`")
        return self


class WaitFor(Step):
    """Until one of these happens (then `next`), for `within` at most (then `otherwise`, or `next` where that is left
    out). What happened at or after the end is too late. What happened between the start of the run and here counts
    where `since_start` says so, the first time that the run comes here."""

    kind: Literal["wait_for"] = "wait_for"
    on: tuple[Occasion, ...] = Field(min_length=1, max_length=10)
    within: Duration
    otherwise: Id | None = None
    since_start: bool = False


class Way(Strict):
    when: Condition
    next: Id


class Branch(Step):
    """The first way whose condition holds at this instant; `next` when none does."""

    kind: Literal["branch"] = "branch"
    ways: tuple[Way, ...] = Field(min_length=1, max_length=20)


class Share(Strict):
    weight: int = Field(ge=1, le=1000)
    next: Id


class Split(Step):
    """One of these ways by lot, in the proportion of their weights: always the same for one run, and with `arms`, for
    one contact."""

    kind: Literal["split"] = "split"
    ways: tuple[Share, ...] = Field(min_length=2, max_length=10)
    arms: Arms | None = None


class Update(Step):
    """Sets traits of the contact (None takes one away), puts tags on and takes them off, and the contact on lists and
    off them. Consent is the contact's own to change."""

    kind: Literal["update"] = "update"
    traits: dict[Name, Json] = Field(default_factory=dict, max_length=20)
    add_tags: tuple[Name, ...] = Field(default=(), max_length=20)
    remove_tags: tuple[Name, ...] = Field(default=(), max_length=20)
    add_lists: tuple[Name, ...] = Field(default=(), max_length=20)
    remove_lists: tuple[Name, ...] = Field(default=(), max_length=20)


class Notify(Step):
    """Tells somebody else, with ids only: an event on the account's EventBridge bus, and the webhook that the shop's
    settings have for whom it is `to`. `subject` is what it is about, for people: a call to make, an alert to the
    support."""

    kind: Literal["notify"] = "notify"
    subject: Text
    to: Literal["sales", "support", "shop"] = "shop"


class StartJourney(Step):
    """Starts another journey, by its own entry rule, and goes on."""

    kind: Literal["start"] = "start"
    journey: Id


class End(Step):
    """Ends the run, with an outcome to count it by."""

    kind: Literal["end"] = "end"
    outcome: Id = "completed"


AnyStep = Annotated[
    Send | Wait | WaitFor | Branch | Split | Update | Notify | StartJourney | End, Field(discriminator="kind")
]


class Journey(Strict):
    """An automated path. `sentence` says what it does, for people. All its emails are about `topic`, and who says no to
    that is out. `runs_on`: what moves its runs."""

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=80)]
    sentence: Text
    topic: Name = MARKETING
    group: Id = "lifecycle"
    trigger: Trigger
    entry: Entry = Field(default_factory=Entry)  # made when it is read: at import it would have all conditions built
    exits: tuple[Exit, ...] = Field(default=(), max_length=20)
    hours: Hours | None = None
    runs_on: Literal["wake_ups", "step_functions"] = "wake_ups"
    steps: tuple[AnyStep, ...] = Field(min_length=1, max_length=100)


StepState = Literal["live", "paused", "review"]
"""`paused`: runs wait before it. `review`: an email is prepared, and held until a person lets it go."""


class Switched(Strict):
    """Who has paused a journey or a step, or has its emails looked at first, and since when."""

    at: int
    by: str


class Published(Strict):
    """A journey as it stands: the newest version of its definition, whether it is `live` or `paused`, and the steps
    that are not live. One that was never switched on is a draft, and not here.

    Runs keep the version that they began with. Only, those of a version before `moved` go on by the newest, and those
    of a version before `stopped` end: what whoever published these decided for people under way. `switched`: who did
    it, of each step that is not live, and of the journey ("") while it is paused.
    """

    journey: Journey
    version: int = Field(ge=1)
    state: Literal["live", "paused"]
    steps: dict[Id, StepState] = Field(default_factory=dict)
    moved: int = 0
    stopped: int = 0
    switched: dict[str, Switched] = Field(default_factory=dict)
