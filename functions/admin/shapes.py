"""What the routes give and take, as far as no model of the domain says it: for the document (openapi.py), which the
answers of all tests are held against. Instants are milliseconds since 1970."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required

from typing_extensions import TypedDict

from functions.admin.rest import Paging, ProblemTold
from shared.domain.campaigns.definition import Campaign
from shared.domain.conditions import Condition, Segment
from shared.domain.experiments.definition import Experiment
from shared.domain.forms import Form
from shared.domain.imports import Import
from shared.domain.insight.calibration import Share
from shared.domain.insight.catalogue import Unit
from shared.domain.journeys.definition import Journey
from shared.domain.lead_models import LeadModel
from shared.domain.settings import EmailCosts, ShopSettings
from shared.domain.templates.definition import Template

Name = str | None
Counts = dict[str, int]
"""How many, by a name."""
Scalar = str | int | float | bool | None
Part = Scalar | list[Scalar | dict[str, Scalar]]
Value = Scalar | list[Scalar | dict[str, Part]] | dict[str, Any]
"""Of a trait, or of an event's property: what the shop's systems tell."""


# ── bodies ──


class Choice(TypedDict, total=False):
    """Whether what is done to a segment starts journeys."""

    start_journeys: bool


class SegmentWritten(TypedDict, total=False):
    """A segment, or the `text` of one that is no segment yet."""

    id: str
    name: str
    sentence: str
    group: str
    when: Condition
    text: str


class Asked(TypedDict):
    """Of a segment, what is asked of contacts."""

    when: Condition
    id: NotRequired[str]


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


class Written(TypedDict, total=False):
    """One of the three, of a template. A `text` (YAML or JSON) is kept as it is, though it is no template yet."""

    yaml: str
    definition: Template
    text: str


class Unfinished(TypedDict):
    """What somebody is writing, kept as they left it: the JSON of a thing, or of what is none yet."""

    unfinished: str


class Copy(TypedDict):
    """Of a thing that is like another."""

    id: str
    name: NotRequired[str]


class Why(TypedDict, total=False):
    why: str


class State(TypedDict):
    state: str


class ToContact(TypedDict):
    contact: str


class Other(TypedDict):
    other: str


class Found(TypedDict, total=False):
    """One of these."""

    email: str
    user: str
    shopify: str
    woocommerce: str
    contact: str


class Preview(Written, total=False):
    contact: str
    language: str
    version: int


class TestTo(Preview):
    to: str


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


class Picture(TypedDict):
    """`content`: the file in base64."""

    name: str
    alt: str
    content: str


class Headers(TypedDict):
    headers: list[str]


ListPart = TypedDict(
    "ListPart",
    {"import": Import, "csv": str, "first_line": NotRequired[int], "repeated": NotRequired[list[int]]},
)
"""A part of a list of subscribers, with the names of its columns as its first line, and what is said of its file.
`first_line`: that of its first row; `repeated`: lines whose address stood in an earlier part."""


class LeadScoreAsked(TypedDict):
    """A model of points as it would be."""

    definition: LeadModel


class LeadScoreWritten(TypedDict, total=False):
    """A model of points, or the `text` of one that is none yet."""

    definition: LeadModel
    text: str


class LeadScoreNew(LeadScoreWritten):
    """Beside a `text`, the id that it is kept under."""

    id: NotRequired[str]


class PoolChanged(TypedDict, total=False):
    code: str
    days: int
    low: int


class Codes(TypedDict):
    codes: list[str]


class KeyMade(TypedDict):
    name: str
    role: Literal["viewer", "editor", "sender", "owner"]
    days: NotRequired[int]


# ── queries ──


class OfState(Paging, total=False):
    state: str


class Recipients(Paging, total=False):
    status: Literal["sent", "skipped", "waiting"]
    reason: str


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


class Days(TypedDict, total=False):
    """The first and the last day, as 2026-11-24; or the `query` of an answer that was not ready."""

    query: str


# ── answers ──


class Person(TypedDict):
    contact: str
    email: Name
    name: Name


class OfSegment(TypedDict):
    segment: str


class OfJourney(TypedDict):
    journey: str


class OfExperiment(TypedDict):
    experiment: str


class OfTemplate(TypedDict):
    template: str


class OfCampaign(TypedDict):
    campaign: str


class OfContact(TypedDict):
    contact: str


class ContactDone(OfContact):
    status: str


class Merged(ContactDone):
    other: str


class Health(TypedDict):
    """What could not be looked at is left out, and is one of the problems."""

    status: Literal["ok", "attention"]
    problems: list[str]
    now: int
    definitions: int | None
    queues: NotRequired[Counts]
    dead_letters: NotRequired[Counts]
    late_wake_ups: NotRequired[int]
    product_changes: NotRequired[int]
    outlived_runs: NotRequired[Counts]
    other_currencies: NotRequired[Counts]
    refused_events: NotRequired[int]
    coupons_left: NotRequired[Counts]
    sending: NotRequired[Standing]
    rebuild: NotRequired[Rebuild | None]
    last_lake_write: NotRequired[int | None]


class Trait(TypedDict):
    trait: str
    value: Value
    since: int | None


class Consent(TypedDict):
    topic: str
    state: str
    since: int | None


class Explained(TypedDict):
    """Whether a condition holds, on what evidence, and until when; of its `parts` the same."""

    kind: str
    holds: bool
    asks: str
    evidence: str
    turns: str | None
    until: int | None
    parts: list[Explained]


class MembershipTold(TypedDict):
    segment: str
    name: str
    sentence: str
    member: bool
    since: int | None
    transition: int | None
    until: int | None
    why: Explained


class ContactScore(TypedDict):
    """What a score says of a contact; `why_none`: why it says nothing."""

    score: str
    name: str
    sentence: str
    trait: str
    unit: Unit
    value: Any
    """As the trait has it: a chance from 0 to 1, money in the shop's currency, a day as `2026-12-05`, a list, …"""
    band: str | None
    rank: int | None
    """From 1 to 100, which is the highest, among all who have the score."""
    since: int | None
    """When it was told: it is told again when it has moved, and once in some weeks."""
    by_simple_rule: bool
    reasons: list[str]
    """The three facts that move it most."""
    outlook: list[str]
    """What would change it."""
    overdue_days: int | None
    """Of a day: by how many it has passed; below zero, in how many it comes."""
    said: str | None
    """Of a day: `overdue by 12 days`."""
    why_none: str | None


class HistoryTold(TypedDict):
    """How often an event has happened to somebody."""

    event: str
    count: int
    first: int | None
    newest: int | None


class OrderTold(TypedDict):
    """Amounts in the shop's currency."""

    order: str
    number: str | None
    placed: int | None
    value: float
    refunded: float
    net: float
    cancelled: bool
    counts: bool
    products: list[str]


class SuppressionTold(TypedDict):
    reason: str
    since: int


class MailInShort(TypedDict):
    """Whether somebody gets email, and why not."""

    reason: str | None
    sentence: str
    topics: list[str]


class SummaryTold(TypedDict):
    mail: MailInShort
    orders: int
    value: float
    more_orders: int
    first_seen: int | None
    last_seen: int | None


class Coming(TypedDict):
    """What comes by itself."""

    at: int
    what: Literal["leaves", "enters", "goes_on", "begins"]
    id: str
    name: str


class LeadPoints(TypedDict):
    """What a contact has of a lead model: points by rules that the shop has set, qualified from `threshold` on."""

    model: str
    name: str
    points: float
    threshold: float
    qualified: bool
    until: int | None
    """When that changes, if nothing happens."""
    parts: list[str]


class ContactTold(Person):
    first_seen: int | None
    suppression: SuppressionTold | None
    identities: list[str]
    traits: list[Trait]
    consent: list[Consent]
    histories: list[HistoryTold]
    orders: list[OrderTold]
    older_orders: int
    summary: SummaryTold
    ahead: list[Coming]
    memberships: list[MembershipTold]
    scores: list[ContactScore]
    lead_scores: list[LeadPoints]


class EventEntry(TypedDict):
    """An event, as it was told."""

    kind: Literal["event"]
    at: int
    id: str
    type: str
    time: int
    source: str
    properties: NotRequired[dict[str, Value]]
    traits: NotRequired[dict[str, Value]]


class TransitionEntry(TypedDict):
    kind: Literal["transition"]
    at: int
    transition: int
    segment: str
    entered: bool
    cause: str


class Happened(TypedDict):
    """What became of an email. `human`: null where it cannot be said."""

    type: str
    at: int
    human: bool | None


class MessageEntry(TypedDict):
    """`sentence`: why it was not sent, null where it was. `kept`: whether it can be looked at as it was sent."""

    kind: Literal["message"]
    at: int
    message: str
    status: str
    reason: str | None
    sentence: str | None
    template_version: int | None
    kept: bool
    journey: NotRequired[str]
    run: NotRequired[str]
    step: NotRequired[str]
    campaign: NotRequired[str]
    variant: NotRequired[str]
    digest: NotRequired[str]
    purpose: NotRequired[str]
    template: NotRequired[str]
    topic: NotRequired[str]
    events: NotRequired[list[Happened]]


class ConsentEntry(TypedDict):
    kind: Literal["consent"]
    at: int
    topic: str


class CouponTold(TypedDict):
    pool: str
    code: str
    given_at: int | None
    until: int | None
    redeemed_at: int | None
    order: str | None


class CouponEntry(CouponTold):
    kind: Literal["coupon"]
    at: int


class Timeline(TypedDict):
    timeline: list[EventEntry | TransitionEntry | MessageEntry | ConsentEntry | CouponEntry]
    cursor: str | None


class Messages(TypedDict):
    messages: list[MessageEntry]
    cursor: str | None


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


class Exported(ContactTold, Timeline):
    runs: list[RunTold]
    messages: list[MessageEntry]
    coupons: list[CouponTold]


class Email(TypedDict):
    subject: str
    html: str
    text: str


class Previewed(Email):
    language: str
    version: int | None
    size: int


class RunsTold(TypedDict):
    runs: list[RunTold]
    cursor: str | None


class Recommended(TypedDict):
    id: str
    title: str | None
    url: NotRequired[str]
    image: NotRequired[str | None]
    price: NotRequired[str | None]
    reason: str
    of: str | None
    sentence: str
    left_out: NotRequired[str]


class Recommendations(TypedDict):
    as_of: int | None
    categories: list[str]
    recommended: list[Recommended]
    goes_with: list[Recommended]
    left_out: list[Recommended]


class RunsOfPeople(TypedDict):
    runs: list[RunOfPerson]
    cursor: str | None


class DeadLetterTold(TypedDict):
    """Of the message, only what is about nobody."""

    reason: str
    receives: int
    set_aside: int
    id: str | None
    type: str | None
    source: str | None
    received: int | None


class DeadLetterQueue(TypedDict):
    queue: str
    depth: int
    replayable: bool
    messages: list[DeadLetterTold]


class DeadLetters(TypedDict):
    queues: list[DeadLetterQueue]


class Replayed(TypedDict):
    queue: str
    status: str
    items: NotRequired[int]


class Dismissed(TypedDict):
    queue: str
    dismissed: int


class DraftProblem(TypedDict):
    at: list[str | int]
    text: str


class SegmentDraft(TypedDict):
    number: int
    etag: str | None
    name: str
    definition: Segment | None
    text: str | None
    problems: list[DraftProblem]
    words: str | None
    dry_run: str | None


class UseTold(TypedDict):
    """What asks about a segment."""

    kind: Literal["journey", "campaign", "email", "segment", "experiment", "objective"]
    id: str
    name: str


class Filling(TypedDict):
    """How far all contacts have adopted it."""

    status: Literal["filled", "filling", "waiting"]
    contacts: NotRequired[int]


class SegmentTold(OfSegment):
    """`experiment`: which decides it by two definitions, so that it can be changed by nothing else; or whose own it
    is."""

    name: NotRequired[str]
    sentence: NotRequired[str]
    words: NotRequired[str]
    group: NotRequired[str]
    members: NotRequired[int]
    days: NotRequired[list[str]]
    sizes: NotRequired[list[int]]
    used_by: NotRequired[list[UseTold]]
    definition: Segment | None
    sql: NotRequired[str]
    etag: str | None
    draft: SegmentDraft | None
    publication: int | None
    experiment: str | None
    published: int | None
    filling: Filling | None


class SegmentListed(OfSegment):
    name: str
    sentence: str
    words: str
    group: str
    members: int
    sizes: list[int]
    used_by: list[UseTold]
    shipped: bool
    drafted: bool
    experiment: str | None


class DraftListed(OfSegment):
    name: str
    sentence: str | None


class Segments(TypedDict):
    segments: list[SegmentListed]
    drafts: list[DraftListed]
    cursor: str | None
    days: list[str]
    contacts: Number


class SegmentPublished(OfSegment):
    publication: int
    status: str


class SegmentDeleted(OfSegment):
    publication: int


class Run(TypedDict):
    run: str


class DryRun(Run):
    """The numbers are there once it is done."""

    status: Literal["running", "done", "failed"]
    as_of: NotRequired[int]
    entering: NotRequired[int]
    leaving: NotRequired[int]
    staying: NotRequired[int]
    mails_started: NotRequired[int | None]
    examples: NotRequired[list[str]]


class Member(OfContact):
    since: int


class Members(TypedDict):
    members: list[Member]
    cursor: str | None


class SegmentVersion(TypedDict):
    publication: int
    published: int | None
    definition: Segment | None
    experiment: str | None


class SegmentVersions(TypedDict):
    versions: list[SegmentVersion]
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


class TemplateVersion(TypedDict):
    version: int
    at: int
    by: str
    why: str
    template: Template


class TemplateVersions(TypedDict):
    versions: list[TemplateVersion]
    cursor: str | None


class ForecastOf(OfSegment):
    name: str
    entering: list[int]
    leaving: list[int]


class Forecast(TypedDict):
    as_of: int
    days: list[str]
    contacts: int
    segments: list[ForecastOf]
    cursor: str | None


class Finding(TypedDict):
    kind: str
    segments: list[str]
    sentence: str


class Guidance(TypedDict):
    findings: list[Finding]
    compared: int
    left_out: list[str]
    segments: dict[str, str]


class Number(TypedDict):
    number: int
    give_or_take: int


class PersonWhy(Person):
    """`why`: null where only the whole history could tell it."""

    why: Explained | None


class PersonAt(Person):
    at: int


class SoonWay(Number):
    people: list[PersonAt]


class Soon(TypedDict):
    until: int
    entering: SoonWay
    leaving: SoonWay


class Overlap(OfSegment):
    """`share`: how much of its people are in the other; `back`: how much of the other's are in it."""

    name: str
    share: float
    back: float


class Hint(TypedDict):
    """What was never seen, at which place of the tree, and what was probably meant."""

    at: list[str | int]
    text: str
    instead: str | None


class Estimate(TypedDict):
    words: str
    contacts: Number
    members: Number
    entering: Number
    leaving: Number
    mails_started: int
    people: list[PersonWhy]
    enter: list[Person]
    leave: list[Person]
    soon: Soon
    overlaps: list[Overlap]
    looked_at: int
    exact: bool
    as_of: int
    warnings: list[str]
    hints: list[Hint]


class Sql(TypedDict):
    sql: str


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


class Checked(TypedDict):
    problems: list[ProblemTold]


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


class TemplateListed(TypedDict):
    id: str
    name: str
    subject: str
    topic: str | None
    version: int | None
    has_draft: bool
    shipped: bool
    languages: list[str]
    journeys: list[str]


class Templates(TypedDict):
    templates: list[TemplateListed]
    cursor: str | None


class TemplateDraft(TypedDict):
    definition: Template
    unfinished: str | None
    at: int | None
    by: str | None


class TemplateTold(TypedDict):
    template: Template | None
    version: int | None
    shipped: bool
    draft: TemplateDraft | None
    text: str
    journeys: list[str]
    etag: str


class TemplateChecked(Checked):
    advice: list[str]
    looked_at: int


class TemplateKept(TemplateChecked):
    template: str
    etag: str


class TemplatePublished(OfTemplate):
    version: int
    advice: list[str]


class Branch(OfContact):
    """A way in which it comes out: which blocks are shown and which are not, for how many `contacts`, such as this."""

    shown: list[str]
    not_shown: list[str]
    contacts: int


class Branches(TypedDict):
    branches: list[Branch]
    nobody: list[str]
    looked_at: int


class TestSent(OfTemplate):
    subject: str


class FormListed(TypedDict):
    id: str
    name: str
    style: str
    version: int
    published: bool
    changed: bool
    at: int
    by: str


class Forms(TypedDict):
    forms: list[FormListed]
    cursor: str | None


class FormTold(FormListed):
    form: Form
    wordings: dict[str, str]
    unfinished: str | None
    problems: list[str]
    url: str
    snippet: str | None
    etag: str


class FormVersion(TypedDict):
    version: int
    at: int
    by: str
    form: Form


class FormVersions(TypedDict):
    versions: list[FormVersion]
    cursor: str | None


class CampaignListed(TypedDict):
    id: str
    name: str
    state: str
    why: str | None
    since: int
    by: str


class Campaigns(TypedDict):
    campaigns: list[CampaignListed]
    cursor: str | None


class CampaignProblem(TypedDict):
    field: str | None
    text: str


class ChosenTold(TypedDict):
    """What those get who tested no variant. `decided`: it was better; else it was chosen beforehand."""

    variant: str
    decided: bool
    words: str
    at: int


class CampaignTold(CampaignListed):
    etag: str
    winner: ChosenTold | None
    definition: Campaign
    unfinished: str | None
    problem: CampaignProblem | None


class CampaignTestEmail(TypedDict):
    variant: str | None
    template: str
    status: str
    reason: str | None
    until: int | None
    words: str | None


class CampaignTest(OfContact):
    test: str
    emails: list[CampaignTestEmail]


class Audience(OfCampaign):
    status: Literal["done", "counting"]
    looked_at: float
    at: int
    of_this_form: bool


class SkippedTold(TypedDict):
    reason: str
    n: int
    words: str


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


class ArmTold(TypedDict):
    """`revenue`: in the shop's currency, refunds taken off."""

    variant: str | None
    held_out: bool
    people: int
    clicked: int
    ordered: int
    revenue: float
    complained: int
    unsubscribed: int


class ComparedTold(TypedDict):
    """`chance`: that the arm is the better one, by flat priors: for display only, and only once the test has ended.
    `factors`: what it is about, of a campaign with factors; of several, whether they work on each other: then the arm
    is the combinations in which an even number of them stands at its first level, beside the others. `values`: of what
    it is beside, and of the arm; `interval`: of the difference, at a look. Both are shares of the people, or in the
    currency a person; null, where an earlier version wrote a look down."""

    arm: str
    beside: str
    metric: Literal["clicked", "ordered", "revenue"]
    factors: list[str]
    values: list[float] | None
    interval: list[float] | None
    verdict: Literal["better", "worse", "no_difference", "not_enough", "broken"] | None
    words: str
    chance: float | None


class CellTold(TypedDict):
    """A combination: its level of each factor. `value`: the share of the `people` who did it, or what they spent a
    person."""

    variant: str
    levels: dict[str, str]
    people: int
    value: float


class LookTold(TypedDict):
    """`at`: when it was planned for, or the end; `kept`: since when what it says stays; `share`: of the planned people,
    those whose time was over by then (`people`)."""

    at: int
    kept: int | None
    people: int
    share: float


class GuardsTold(TypedDict):
    """`harmed`: of a variant, more people unsubscribed or reported it as spam than of the first."""

    harmed: bool
    words: list[str]


class CampaignResults(OfCampaign):
    as_of: int
    ends: int | None
    next_look: int | None
    arms: list[ArmTold]
    cells: list[CellTold]
    compared: list[ComparedTold]
    looks: list[LookTold]
    guards: GuardsTold | None
    expected: list[str]


class PlaceTold(TypedDict):
    """A link of an email. `place`: its number, null of one whose clicks nobody is told of; `leads_to`: without query
    and token; `personal`: what it does for the contact alone. `drawn`: it stands in the email as it is shown; of one
    that only some people's emails have, no more is known than how many clicked."""

    place: str | None
    text: str
    leads_to: str
    personal: str | None
    people: int | None
    drawn: bool


class ClickMap(TypedDict):
    """A version of an email in a language. `sent` and `clicked`: people, each once; `unknown`: those of a click whose
    place was not told. `html`: the email with the numbers drawn over it; null: its version is not known, or not
    kept."""

    template: str
    version: int | None
    language: str | None
    sent: int
    clicked: int
    unknown: int
    html: str | None
    places: list[PlaceTold]


class ClickMaps(TypedDict):
    """`left_out`: further versions and languages, sent to fewer people."""

    as_of: int
    since: int
    emails: list[ClickMap]
    left_out: int


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


class Progress(OfCampaign):
    state: str
    why: str | None
    held_up: str | None
    audience: int
    sent: int
    skipped: list[SkippedTold]
    waiting: int
    per_minute: float
    next_due: int | None
    ends: int | None
    complaints: int


class RecipientTold(OfContact):
    """`at`: when it was sent or skipped; of who waits, until when, where that is known."""

    status: Literal["sent", "skipped", "waiting"]
    reason: str | None
    words: str | None
    at: int | None
    email: str | None


class RecipientsTold(TypedDict):
    recipients: list[RecipientTold]
    cursor: str | None


class UsedBy(TypedDict):
    """What asks about a segment or a lead score: a `segment`, `journey`, `campaign` or `email`."""

    kind: str
    id: str
    name: str


class CalibrationTold(TypedDict):
    """What points have come to: `have` orders of the `need`ed, and by bands of points the share of people who ordered
    within 30 days."""

    sentence: str
    publication: int
    as_of: int
    people: int
    have: int
    need: int
    bands: list[Share]
    rises: bool


class LeadScoreListed(TypedDict):
    model: str
    name: str
    sentence: str
    threshold: int
    most: int
    """As many points as there can be."""
    decay: str
    rules: list[str]
    used_by: list[UsedBy]
    shipped: bool
    publication: int
    calibration: CalibrationTold | None
    drafted: NotRequired[bool]
    """In a list."""


class LeadScoreOnlyDrafted(TypedDict):
    model: str
    name: str


class LeadScores(TypedDict):
    models: list[LeadScoreListed]
    drafts: list[LeadScoreOnlyDrafted]
    cursor: str | None


class LeadScoreDraft(TypedDict):
    id: NotRequired[str]
    """Of a new one."""
    number: int
    etag: str
    name: str
    definition: LeadModel | None
    text: str | None
    problems: list[DraftProblem]


class LeadScoreTold(LeadScoreListed):
    definition: LeadModel
    draft: LeadScoreDraft | None
    etag: str


class LeadScoreOnlyDraft(TypedDict):
    """Of one that never held."""

    model: str
    definition: None
    draft: LeadScoreDraft
    etag: str


class OfLeadScore(TypedDict):
    model: str


class SegmentNamed(TypedDict):
    segment: str
    name: str


class RuleTried(TypedDict):
    says: str
    people: Number


class PersonWithPoints(Person):
    points: float
    parts: list[str]


class LeadScoreEstimate(TypedDict):
    contacts: Number
    qualified: Number
    entering: Number
    leaving: Number
    segments: list[SegmentNamed]
    rules: list[RuleTried]
    people: list[PersonWithPoints]
    looked_at: int
    exact: bool
    as_of: int


class LeadScoreVersion(TypedDict):
    publication: int
    published: int
    definition: LeadModel


class LeadScoreVersions(TypedDict):
    versions: list[LeadScoreVersion]
    cursor: str | None


class LeadScorePublished(TypedDict):
    model: str
    publication: int
    etag: NotRequired[str | None]


class PoolTold(TypedDict):
    id: str
    code: str | None
    days: int | None
    low: int
    left: int | None
    given: int | None
    redeemed: int | None
    expired: int | None
    open: int | None
    counted_up_to: int
    dry_since: int | None
    etag: str


class Pools(TypedDict):
    pools: list[PoolTold]
    cursor: str | None


class CodesAdded(PoolTold):
    added: int


class Image(TypedDict):
    id: str
    url: str
    name: str
    alt: str
    width: int
    height: int
    shown_width: int


class Images(TypedDict):
    images: list[Image]
    cursor: str | None


class InvalidRow(TypedDict):
    line: int
    why: str


class Sums(TypedDict):
    """Of rows of a list."""

    rows: int
    agreed: int
    without_consent: int
    unsubscribed: int
    unsubscribed_before: int
    suppressed: int
    new: int
    invalid_rows: int


class ImportTold(Sums):
    people: int
    invalid: list[InvalidRow]
    duplicates: list[int]
    duplicate_rows: int
    role_addresses: list[int]
    without_date: list[int]
    first_line: int


class ImportListed(Sums):
    file: str
    name: str
    topics: list[str]
    consent_source: str
    at: int
    by: str
    parts: int


class Imports(TypedDict):
    imports: list[ImportListed]
    cursor: str | None


ImportKept = TypedDict("ImportKept", {"import": Import, "at": int, "by": str, "done": list[int]})
"""`done`: the parts that are, by the lines of their first rows."""


class Columns(TypedDict):
    kind: Literal["mailchimp", "klaviyo", "shopify", "other"]
    columns: dict[str, str]


class SettingsVersion(TypedDict):
    number: int
    at: int
    by: str
    settings: ShopSettings


class SettingsDraft(TypedDict):
    """`number`: of the version that it was begun from."""

    text: str
    number: int
    at: int
    by: str


class SettingsWritten(TypedDict):
    text: str
    number: int


class SettingsTold(SettingsVersion):
    """`draft_etag`: names the draft, or that there is none."""

    etag: str
    draft_etag: str
    draft: SettingsDraft | None


class SettingsVersions(TypedDict):
    versions: list[SettingsVersion]
    cursor: str | None


class Rebuild(TypedDict):
    rebuild: str
    begun: int
    status: str


class DriftedSegment(OfSegment):
    """`memberships` that were not as SQL says. `by_rank`: it depends on a rank, whose cut-off moves at night, too."""

    name: str
    memberships: int
    by_rank: bool


class Drift(TypedDict):
    """`people`: at most 20 of the contacts. `rolling_out`: contacts were still adopting a publication."""

    at: int | None
    contacts: int
    memberships: int
    segments: list[DriftedSegment]
    people: list[Person]
    rolling_out: bool


class SegmentWithWrongMembers(OfSegment):
    name: str
    members: int


class WrongMembers(TypedDict):
    """`members` that were not as the contacts' profiles say, and in which `segments`."""

    at: int | None
    members: int
    segments: list[SegmentWithWrongMembers]


class StuckStep(OfJourney):
    name: str
    step: str
    runs: int


class StuckRun(OfJourney, Person):
    """`why`: it should have gone on (`late`), or its state machine has `failed`. `now`: it is still `there`, has
    `gone_on` to another step, or has `ended`."""

    number: int
    step: str
    why: Literal["late", "failed"]
    now: Literal["there", "gone_on", "ended"]


class StuckRuns(TypedDict):
    """`people`: of the first 50 runs."""

    at: int | None
    runs: int
    steps: list[StuckStep]
    people: list[StuckRun]


class WarmUp(TypedDict):
    a_day: int
    left: int


class Rates(TypedDict):
    """`bounces` and `complaints`: shares of the emails."""

    sent: int
    bounces: float
    complaints: float


class Standing(TypedDict):
    """How sending stands. `rate` (a second) and `quota` (in 24 hours) are SES's."""

    known: bool
    at: int | None
    rate: float | None
    quota: float | None
    sent: float | None
    production: bool | None
    enforcement: str | None
    left: int | None
    stopped: str | None
    paused: str | None
    warm_up: WarmUp | None
    last_30_days: Rates


class Sending(Standing):
    problems: list[str]


class Lifted(OfContact):
    suppression: None


class DnsRecord(TypedDict):
    name: str
    type: str
    value: str


class SetUpFinding(TypedDict):
    check: str
    state: Literal["ok", "missing", "wrong", "look"]
    text: str
    records: list[DnsRecord]
    command: str | None


class Doctor(TypedDict):
    ready: bool
    findings: list[SetUpFinding]


class Conflict(TypedDict):
    at: int
    contacts: list[Person]


class Conflicts(TypedDict):
    conflicts: list[Conflict]
    more: bool


class LegalRequest(TypedDict):
    request: str
    type: str
    source: str
    at: int
    due: int
    dismissed: int | None
    storefront_id: str | None
    todo: str
    contacts: list[str]
    exports: list[str]


class LegalRequests(TypedDict):
    requests: list[LegalRequest]
    waiting: int
    cursor: str | None


class RequestDone(TypedDict):
    request: str
    status: str


class Csv(TypedDict, total=False):
    """A part of a table, the first one with the names of its columns; or, where it takes long, a `query`."""

    csv: str
    rows: int
    cursor: str | None
    query: str


class KpiCounts(TypedDict):
    """Of emails: `sent` = `delivered` + `bounced` + `waiting`; those `opened` by a person (`opened_raw`: by whatever
    loaded their pictures), `clicked` by a person, `converted` (an order followed a click), `unsubscribed` by,
    `complained` about. `orders` and `revenue` (the shop's currency, refunds taken off) of the last click before them.
    """

    sent: int
    delivered: int
    bounced: int
    waiting: int
    opened: int
    opened_raw: int
    clicked: int
    converted: int
    unsubscribed: int
    complained: int
    orders: int
    revenue: float


class KpiRate(TypedDict):
    """A share of emails (null: there were none), and between which values it is, 19 times in 20. `word`: beside all
    other emails; null: nothing is compared."""

    share: float | None
    low: float
    high: float
    word: Literal["better", "worse", "no_better", "too_few"] | None
    words: str


class KpiRates(TypedDict):
    """`bounced` of those sent, all others of those delivered."""

    bounced: KpiRate
    opened: KpiRate
    clicked: KpiRate
    converted: KpiRate
    unsubscribed: KpiRate
    complained: KpiRate


class KpiGroup(KpiCounts):
    """`called`: `all`, `journey:<id>`, `campaign:<id>`, `other`, `topic:<id>` or `segment:<id>`. `people`: who got at
    least one of its emails; `value`: what each of them is expected to spend in the next twelve months, on average of
    those `valued` (null: of nobody). `cost`, `profit` and `roi` by the shop's setting `costs`; null without it."""

    called: str
    name: str
    people: int
    revenue_per_email: float | None
    rates: KpiRates
    value: float | None
    valued: int
    cost: float | None
    profit: float | None
    roi: float | None


class KpiPeriod(TypedDict):
    days: int
    first: str
    last: str
    groups: list[KpiGroup]


class KpiPublished(TypedDict):
    """A figure that somebody else has published: a share, or of `revenue_per_email` US dollars; `of` whose emails; how
    it `counts` there, where that is not as it is counted here."""

    figure: str
    value: float
    year: int
    of: str
    counts: str
    source: str
    address: str


class Kpis(TypedDict):
    """`as_of`: null before the first night. `within_days`: after a click, in which an order counts. `costs`: the shop's
    setting."""

    as_of: int | None
    within_days: int
    costs: EmailCosts | None
    periods: list[KpiPeriod]
    published: list[KpiPublished]


class KpiDay(KpiCounts):
    """The emails that a group sent on a day. `limits`: by rate (and `revenue`), the least and the most of a usual day;
    `outside`: which of them are not within."""

    day: str
    limits: dict[str, list[float]]
    outside: list[str]


class KpiDays(TypedDict):
    as_of: int | None
    called: str
    name: str
    days: list[KpiDay]


class FormCounts(TypedDict):
    """`seen_…`, `begun_…`, `sent_…`: how often, by where somebody came upon the form: its own page, the shop's pages
    (`site`), a link of an email. `people` have signed up, `fresh` of them without an order before, and of those
    `ordered` since."""

    seen_page: int
    sent_page: int
    begun_site: int
    sent_site: int
    seen_email: int
    sent_email: int
    people: int
    fresh: int
    ordered: int


class FormShare(TypedDict):
    """What part of `of` went on, with its 95 % interval (`low`, `high`), beside all the `others` together (null: there
    are none), in a `word` and in words."""

    name: Literal["page", "site", "email", "signed_up", "ordered"]
    of: int
    share: float
    low: float
    high: float
    others: float | None
    word: Literal["better", "worse", "no_better", "too_few"]
    words: str


class FormOfVersion(FormCounts):
    version: int | None


class FormOfDay(FormCounts):
    day: str


class FormReport(FormCounts):
    form: str
    name: str
    shares: list[FormShare]
    versions: list[FormOfVersion]
    by_day: list[FormOfDay]


class FormsReport(TypedDict):
    as_of: int | None
    days: int
    first: str | None
    last: str | None
    forms: list[FormReport]


class AnswerTold(TypedDict):
    """`share`: of those who answered, with its 95 % interval."""

    answer: str
    people: int
    share: float
    low: float
    high: float


class EmailAsking(TypedDict):
    """An email that asks, of a campaign or of a journey's step (else empty)."""

    name: str
    campaign: str
    journey: str
    step: str
    template: str
    sent: int
    answered: int
    answers: list[AnswerTold]


class SurveyQuestion(TypedDict):
    question: str
    answers: list[AnswerTold]


class SurveyTold(TypedDict):
    form: str
    name: str
    people: int
    questions: list[SurveyQuestion]


class Sentiments(TypedDict):
    """Of `texts`, how many sound how; `unknown`: it cannot be told."""

    name: str
    texts: int
    positive: int
    neutral: int
    negative: int
    unknown: int


class Feedback(TypedDict):
    as_of: int | None
    days: int
    since: int
    asked: list[EmailAsking]
    surveys: list[SurveyTold]
    wrote: list[Sentiments]
    topics: list[Sentiments]
    wanted: list[Sentiments]


class WrittenText(TypedDict):
    contact: str
    email: str | None
    at: int
    event: str
    text: str
    stars: float | None
    sentiment: str | None


class FeedbackTexts(TypedDict):
    texts: list[WrittenText]


class ObjectiveWritten(TypedDict):
    """From the day `start` up to and with the day `by` (`2026-12-31`, the shop's). To be reached: `percent` more than
    the baseline, or an `absolute` number in the metric's unit. `segment`: of the metric members."""

    id: NotRequired[str]
    name: str
    note: NotRequired[str]
    metric: Literal["revenue", "orders", "repeat", "clicks", "subscribers", "members"]
    segment: NotRequired[str]
    baseline: NotRequired[Literal["last_28_days", "last_year"]]
    percent: NotRequired[float]
    absolute: NotRequired[float]
    start: str
    by: str
    owner: str


class ForecastTold(TypedDict):
    """At the end, and between what 95 times of a hundred, if the weeks to come are like the last `weeks`."""

    value: float
    low: float
    high: float
    weeks: int


class Contribution(TypedDict):
    """What came by a channel, by the last click."""

    channel: str
    name: str
    done: float


class ObjectiveWeek(TypedDict):
    begins: str
    value: float


class ProgressTold(TypedDict):
    """In the `unit`, up to and with the day `until`. `base`, `target`: null where there is none to be worked out;
    `value`: null before it begins; `even`: where it would be, were each day like the other. `word` in `words`."""

    unit: Literal["money", "orders", "people", "percent"]
    base: float | None
    target: float | None
    value: float | None
    even: float | None
    forecast: ForecastTold | None
    word: Literal["ahead", "on_track", "behind", "cannot_be_said", "reached", "missed"]
    words: str
    until: str
    contributions: list[Contribution]
    weeks: list[ObjectiveWeek]


class ObjectiveTold(TypedDict):
    """`by`: who saved it, and `at`: when. `unfinished`: what somebody is writing to take its place, and the `problem`
    that keeps that from being saved. `as_of`: null before the first night."""

    id: str
    objective: ObjectiveWritten
    unfinished: str | None
    problem: str | None
    title: str
    at: int
    by: str
    etag: str
    as_of: int | None
    progress: ProgressTold


class ReadyObjective(TypedDict):
    """All but its dates and its owner."""

    id: str
    title: str
    about: str
    objective: ReadyParts


class ReadyParts(TypedDict):
    name: str
    metric: str
    percent: float
    segment: NotRequired[str]


class Objectives(TypedDict):
    objectives: list[ObjectiveTold]
    cursor: str | None
    as_of: int | None
    ready: list[ReadyObjective]


class ObjectiveGone(TypedDict):
    id: str


class ObjectiveVersion(TypedDict):
    number: int
    at: int
    by: str
    objective: ObjectiveWritten


class ObjectiveVersions(TypedDict):
    versions: list[ObjectiveVersion]
    cursor: str | None


class CreditTold(TypedDict):
    """What a model gives a channel: of orders, which may be parts of one, and of their revenue."""

    orders: float
    revenue: float


class CreditsTold(TypedDict):
    """By model: the first email clicked in has it all, the last, each as much, 40 % the first and the last and 20 % all
    between, the later the more, and by what a Markov chain would lose without the channel."""

    first: CreditTold
    last: CreditTold
    linear: CreditTold
    position: CreditTold
    decay: CreditTold
    data: CreditTold


class ChannelTold(TypedDict):
    """`orders`: before which it was clicked in (or of which a code was redeemed), and their whole `revenue`; some are
    other channels' too. `effect`: the share of orders that the chain would lose without it, from 0 to 1."""

    channel: str
    name: str
    orders: int
    revenue: float
    effect: float
    models: CreditsTold


class OrdersTold(TypedDict):
    orders: int
    revenue: float


class AttributionPeriod(TypedDict):
    """`orders` of the last so many `days`, and what they are worth, refunds taken off, in the shop's currency; of
    these, those that nobody had clicked before (`none`). `lost`: how often people clicked, and did not order."""

    days: int
    orders: int
    revenue: float
    none: OrdersTold
    lost: int
    channels: list[ChannelTold]


class AttributionWindow(TypedDict):
    """`days` before an order in which a click counts; `half_life` of the model by age, in days."""

    days: int
    half_life: int
    periods: list[AttributionPeriod]


class EffectTold(TypedDict):
    """`people` who got the emails of a channel (`shop`: all of the shop's), how many of them `ordered` within `days`,
    and how many of those after a click (`attributed`); beside those held out. `incremental`: how many would not have
    ordered without, between `low` and `high`, 95 times of a hundred (null: it cannot be said)."""

    channel: str
    name: str
    days: int
    people: int
    ordered: int
    attributed: int
    held_out: int
    held_out_ordered: int
    incremental: int | None
    low: int | None
    high: int | None
    words: str


class Attribution(TypedDict):
    """`as_of`: null before the first night. `most_stops`: of the clicks before an order, so many at most are looked
    at, the newest."""

    as_of: int | None
    most_stops: int
    windows: list[AttributionWindow]
    effects: list[EffectTold]


class AskedBy(TypedDict):
    """A segment, lead score, journey or email."""

    kind: str
    name: str


class OfAudit(TypedDict):
    """`uses`: what asks for it, of which `used_by` are the first ten; `used_by_us`: the product does in any case."""

    used_by: list[AskedBy]
    uses: int
    used_by_us: bool
    to_fix: list[str]


class AuditedField(OfAudit):
    """Contacts who `have` it, give or take so many, and their `share`; of those it is `invalid` in so many, in another
    form than most (`inconsistent`), or told over two years ago (`stale`). `personal`: it says who somebody is."""

    field: str
    title: str
    personal: bool
    made_by_us: bool
    have: int
    invalid: int
    inconsistent: int
    stale: int
    give_or_take: int
    share: float


class AuditedEvent(OfAudit):
    event: str
    title: str
    events: int
    sources: list[str]


class CurrencyCount(TypedDict):
    currency: str
    events: int


class LagTold(TypedDict):
    """In milliseconds: the middle of `of` events, and what one in twenty exceeds (`late`)."""

    of: int
    middle: int
    late: int


class AuditedSource(TypedDict):
    """`without_amount`: orders of which no amount in the shop's currency is known."""

    source: str
    events: int
    newest: int
    currencies: list[CurrencyCount]
    without_amount: int
    lag: LagTold | None
    to_fix: list[str]


class HeardOf(TypedDict):
    source: str
    at: int


class OtherCurrency(TypedDict):
    currency: str
    at: int


class RejectedReason(TypedDict):
    reason: str
    events: int


class Rejected(TypedDict):
    what: str
    events: int
    reasons: list[RejectedReason]
    to_fix: str


class DataAudit(TypedDict):
    as_of: int | None
    days: int
    contacts: int
    looked_at: int
    exact: bool
    fields: list[AuditedField]
    events: list[AuditedEvent]
    sources: list[AuditedSource]
    currency: str
    heard: list[HeardOf]
    other_currencies: list[OtherCurrency]
    rejected: list[Rejected]


class Late(TypedDict):
    """It takes long: ask again with the `query`."""

    query: str


class Day(TypedDict):
    """`revenue`: in the shop's currency, refunds taken off."""

    day: str
    sends: int
    clicks: int
    orders: int
    revenue: float


_Days = TypedDict("_Days", {"from": str, "to": str})


class Daily(_Days):
    """The first and the last day that are told, and of those between the ones on which something happened."""

    as_of: int
    days: list[Day]


class Figure(_Days):
    """Of 30 days, `from` the first `to` the last. `subscribers`: null where there are too many to count at once, or no
    such segment."""

    email_revenue: float
    delivered: int
    reached: int
    subscribers: int | None


class Figures(TypedDict):
    as_of: int
    now: Figure
    before: Figure


class CostTold(TypedDict):
    what: Literal["emails", "events", "transitions"]
    number: int
    dollars: float


class Costs(TypedDict):
    as_of: int
    month: str
    costs: list[CostTold]
    total: float
    left_out: list[str]


class GaugeTold(TypedDict):
    """A share of emails, beside those from which SES reviews an account and may pause it."""

    share: float
    reviewed: float
    paused: float
    state: Literal["ok", "near", "over"]


class Received(TypedDict):
    sent: int
    bounces: GaugeTold
    complaints: GaugeTold


class JourneyRunning(TypedDict):
    id: str
    name: str
    waiting: int
    sent: int


class Need(TypedDict):
    text: str
    link: str


class SetUpStep(TypedDict):
    name: str
    done: bool
    hint: str
    link: str


class Today(TypedDict):
    now: int
    sending: Received
    journeys: list[JourneyRunning]
    needs: list[Need]
    checklist: list[SetUpStep] | None


class GroupAhead(TypedDict):
    """Who gets which email on the day that is told, and because of which segment (null: their run is under way)."""

    segment: str | None
    segment_name: str | None
    journey: str
    journey_name: str
    step: str
    state: str
    template: str
    email: str
    people: int
    who: list[PersonAt]


class EnteringAhead(OfSegment):
    name: str
    people: int


class AheadTold(TypedDict):
    as_of: int
    days: list[str]
    contacts: int
    played: int
    emails: list[int]
    day: str
    is_tomorrow: bool
    groups: list[GroupAhead]
    entering: list[EnteringAhead]


class ValueTold(TypedDict):
    value: str
    contacts: int
    title: NotRequired[str]


class EventTold(TypedDict):
    name: str
    title: str
    contacts: int
    properties: list[str]


class PropertyTold(TypedDict):
    name: str
    title: str
    type: str | None
    values: list[ValueTold]
    contacts: int


class Start(TypedDict):
    """What a condition can begin as; some of its fields may be empty yet."""

    family: str
    title: str
    condition: dict[str, Any]


class Named(TypedDict):
    value: str
    title: str


class ChoiceTold(TypedDict):
    value: str
    title: str


class FieldOfForm(TypedDict):
    """`control`: how it is filled in; `more`: it is shown only on demand."""

    name: str
    title: str
    control: str
    required: bool
    more: bool
    default: Any
    choices: list[ChoiceTold]


class FormOfPart(TypedDict):
    title: str
    fields: list[FieldOfForm]


class FormsOfJourneys(TypedDict):
    """Of what a journey is made of; of steps, triggers and occasions by their kinds."""

    steps: dict[str, FormOfPart]
    triggers: dict[str, FormOfPart]
    occasions: dict[str, FormOfPart]
    journey: FormOfPart
    entry: FormOfPart
    exit: FormOfPart
    hours: FormOfPart
    way: FormOfPart
    share: FormOfPart


class VocabularyTold(TypedDict):
    """`schema`: a JSON Schema (2020-12) of a segment, in which each kind, field and choice has its `title`."""

    schema: dict[str, Any]
    starts: list[Start]
    events: list[EventTold]
    traits: list[PropertyTold]
    properties: list[PropertyTold]
    segments: list[Named]
    topics: list[Named]
    journeys: list[Named]
    templates: list[Named]
    forms: FormsOfJourneys
    lists: list[ValueTold]
    currency: str
    contacts: Number
    looked_at: int
    exact: bool
    as_of: int


class ChangeTold(TypedDict):
    id: str
    at: int
    by: str
    action: str
    of: dict[str, str]
    before: str | None
    after: str | None
    state: Literal["begun", "done", "failed"]


class Changes(TypedDict):
    changes: list[ChangeTold]
    cursor: str | None


class KeyTold(TypedDict):
    name: str
    role: str
    made: int
    by: str
    expires: int | None
    used: int | None
    revoked: int | None
    state: Literal["open", "expired", "revoked"]


class Keys(TypedDict):
    keys: list[KeyTold]
    cursor: str | None


class Invitation(TypedDict):
    email: str
    role: Literal["viewer", "editor", "sender", "owner"]


class RoleGiven(TypedDict):
    role: Literal["viewer", "editor", "sender", "owner"]


class OfOperator(TypedDict):
    operator: str


class OperatorTold(OfOperator):
    """Who may sign in. `invited`: they have not done so yet."""

    email: str
    role: Literal["viewer", "editor", "sender", "owner"] | None
    state: Literal["invited", "active", "disabled"]
    since: int
    etag: str


class Operators(TypedDict):
    operators: list[OperatorTold]
    cursor: str | None


class KeyShown(KeyTold):
    key: str
    """Shown this once."""


class KeyRevoked(TypedDict):
    name: str
    state: str
