"""Shapes of what is asked and told of journeys."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required

from typing_extensions import TypedDict

from functions.admin.rest import ProblemTold
from functions.admin.shapes.emails import Checked
from functions.admin.shapes.everywhere import Counts, Explained, OfContact, Person
from shared.domain.journeys.definition import Journey

# ── bodies ──


class JourneyWritten(TypedDict, total=False):
    """One of the three. A `text` is kept as it is, though it is no journey yet."""

    yaml: str
    definition: Journey
    text: str


class JourneyChange(TypedDict, total=False):
    """One change of a definition: `do` says which; the others, as it asks for them (docs/admin.md)."""

    do: Required[Literal["step", "head", "add", "remove", "move"]]
    step: str
    value: dict[str, Any]
    kind: Literal["send", "wait", "wait_for", "branch", "split", "update", "notify", "start", "end"]
    after: str | None
    way: Literal["next", "otherwise"] | int
    by: Literal[-1, 1]


class JourneyEdited(TypedDict):
    """`yaml`: the text as it stands."""

    yaml: str
    change: JourneyChange


class State(TypedDict):
    state: str


class Runs(TypedDict):
    """Which runs: all at a step (`from`), one (`contact` and `run`), or `all` of the journey."""

    journey: str
    contact: NotRequired[str]
    run: NotRequired[str | int]
    to: NotRequired[str]
    all: NotRequired[bool]
    dry_run: NotRequired[bool]


class Begun(TypedDict, total=False):
    """`contacts`, or a `segment`."""

    contacts: list[str]
    segment: str
    over: str
    dry_run: bool


class Publishing(TypedDict, total=False):
    under_way: Literal["finish", "move", "stop"]
    state: Literal["live", "paused"]
    include_present: bool
    over: str
    continue_finished: str
    unknown_events: bool
    why: str


class Simulated(JourneyWritten, total=False):
    contacts: list[str]
    sample: int
    days: int
    rates: dict[str, float]
    seed: str
    by_itself: bool


class Play(JourneyWritten, total=False):
    contact: str
    days: int
    rates: dict[str, float]
    seed: str


# ── queries ──

RunsAsked = TypedDict(
    "RunsAsked",
    {
        "limit": int,
        "cursor": str,
        "what": Literal["waiting", "held", "ended", "goal", "started", "entered", "sent", "skipped", "left"],
        "step": str,
        "reason": str,
        "outcome": str,
        "from": str,
        "to": str,
    },
    total=False,
)


class OfVersion(TypedDict, total=False):
    version: int


# ── answers ──


class OfJourney(TypedDict):
    journey: str


class RecordTold(TypedDict):
    time: int
    step: str
    what: str
    why: str | None


class RecordInWords(RecordTold):
    words: str


class RunAtStep(TypedDict):
    run: str
    number: int
    version: int
    step: str
    since: int
    started: int
    wake_at: int | None
    held: bool
    goal: bool
    outcome: str | None
    ended: int | None


class RunTold(RunAtStep):
    journey: str
    name: str
    records: list[RecordInWords]


class RunOfPerson(RunAtStep, Person):
    """A run, and whose it is."""


class RunsTold(TypedDict):
    runs: list[RunTold]
    cursor: str | None


class RunsOfPeople(TypedDict):
    runs: list[RunOfPerson]
    cursor: str | None


class JourneyVersion(TypedDict):
    version: int
    published: int
    by: str
    why: str


class JourneyVersionWhole(JourneyVersion):
    definition: Journey


class JourneyVersions(TypedDict):
    versions: list[JourneyVersionWhole]
    cursor: str | None


class JourneyListed(TypedDict):
    id: str
    name: str
    sentence: str
    state: str
    version: int | None
    has_draft: bool
    shipped: bool
    waiting: int
    entered: int
    sent: int
    goals: int


class Journeys(TypedDict):
    journeys: list[JourneyListed]
    cursor: str | None
    since: str


class StepInWords(TypedDict):
    text: str
    ways: list[str]


class JourneyInWords(TypedDict):
    trigger: str
    entry: list[str]
    exits: list[str]
    hours: str | None
    steps: dict[str, StepInWords]


class JourneyDraft(TypedDict):
    definition: Journey
    unfinished: bool
    etag: str | None
    at: int | None
    by: str
    text: str
    problems: list[ProblemTold]
    words: JourneyInWords


class SwitchedTold(TypedDict):
    """Who has paused a journey or a step, or has its emails looked at first, and since when."""

    at: int
    by: str


class JourneyCounts(TypedDict):
    """entered = waiting + all that ended, by outcome."""

    entered: int
    waiting: int
    ended: Counts
    goals: int


class StepCounts(TypedDict):
    """`state`: null of a step that the journey has no more. `held`: null where there are too many runs to say."""

    state: str | None
    entered: int
    waiting: int
    held: int | None
    sent: int
    skipped: Counts
    left: int


class JourneyDay(TypedDict):
    day: str
    entered: int
    sent: int
    skipped: int
    ended: int
    goals: int


class ToDo(TypedDict):
    """`ok`: null where a person has to see for themselves."""

    item: str
    ok: bool | None
    todo: str | None


class SimulatedEmail(TypedDict):
    """`outcome`: `sent`, or why it was not. `variant`: as which, of an experiment."""

    time: int
    step: str
    template: str
    outcome: str
    variant: str | None


class SimulatedRun(TypedDict):
    outcome: str | None
    goal: bool
    records: list[RecordTold]


class SimulatedPath(OfContact):
    emails: list[SimulatedEmail]
    runs: list[SimulatedRun]


class SimulatedStep(TypedDict):
    """`variants`: of those sent, how many as which variant of an experiment."""

    entered: int
    waiting: int
    left: int
    sent: int
    variants: Counts
    skipped: Counts
    people: list[int]


class SimulationTold(TypedDict):
    """began = waiting + all that ended, by outcome."""

    at: int
    seed: str
    sampled: NotRequired[bool]
    begin: int
    days: int
    contacts: int
    began: int
    waiting: int
    ended: Counts
    goals: int
    delayed: int
    notified: int
    left_out: int
    emails: list[int]
    steps: dict[str, SimulatedStep]
    paths: list[SimulatedPath]


class Flow(TypedDict):
    """How many have gone a way out of a step (`after` null: have begun); null: not known."""

    after: str | None
    way: Literal["next", "otherwise"] | int
    people: int | None


class JourneyTold(TypedDict):
    journey: Journey | None
    draft: JourneyDraft | None
    etag: str | None
    state: str
    switched: dict[str, SwitchedTold]
    version: int | None
    published: int | None
    by: str | None
    why: str | None
    runs_on: str
    shipped: bool
    subjects: dict[str, str | None]
    counts: JourneyCounts
    steps: dict[str, StepCounts]
    flows: list[Flow]
    days: list[JourneyDay]
    versions: list[JourneyVersion]
    checklist: list[ToDo]
    simulation: SimulationTold | None
    words: JourneyInWords


class StepPlace(TypedDict):
    """A way out of a step (`after` null: where the journey begins), and where it leads."""

    after: str | None
    way: Literal["next", "otherwise"] | int
    to: str


class JourneyChecked(Checked):
    """`value`: what the text says, also where that is no journey yet; null where it cannot be read. `definition`,
    `words`: null where it is no journey."""

    value: Any
    places: list[StepPlace]
    definition: Journey | None
    words: JourneyInWords | None


class JourneyChanged(JourneyChecked):
    """`whole`: all of the text was written anew, without its comments. `step`: the one it was about, by its id from now
    on."""

    yaml: str
    whole: bool
    step: str | None


class WayTaken(TypedDict):
    """One way of a branch that was asked, and what came of it (`why`: as of a segment)."""

    to: str
    holds: bool
    why: Explained


class Moment(TypedDict):
    """What happened at a step (none: ""), and in words; `leaves`: they are no longer at it; `template`: of an email's
    step; `ways`: those of a branch that were asked, up to the one that was taken."""

    time: int
    step: str
    what: str
    why: str | None
    words: str
    leaves: bool
    template: str | None
    ways: list[WayTaken]


class Played(TypedDict):
    """`began`: whether it starts for them. `left_out`: all of their history would be needed to say."""

    who: Person
    begin: int
    days: int
    began: bool
    left_out: bool
    moments: list[Moment]


class JourneyDryRun(Checked):
    under_way: int
    present: int | None
    finished: int
    more: bool


class Job(TypedDict):
    job: str | None


class JourneyPublished(OfJourney, Job):
    version: int
    publication: int
    state: str


class JourneySwitched(OfJourney, Job):
    state: str


class PeopleJob(Job):
    people: int


class JobTold(TypedDict):
    job: str
    status: str
    people: int | None


class Yaml(TypedDict):
    yaml: str
    version: int | None
    etag: str | None
