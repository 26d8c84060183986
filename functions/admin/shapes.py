"""What the routes give and take, as far as no model of the domain says it: for the document (openapi.py), which the
answers of all tests are held against. Instants are milliseconds since 1970."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, Required

from typing_extensions import TypedDict

from functions.admin.rest import Paging, ProblemTold
from shared.domain.conditions import Condition
from shared.domain.insight.catalogue import Unit
from shared.domain.journeys.definition import Journey
from shared.domain.templates.definition import Template

Nothing = dict[str, Any]
Definition = dict[str, Any]
"""As docs/segments.md, docs/journeys.md or docs/templates.md say."""
Name = str | None


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


class Simulated(JourneyWritten, total=False):
    contacts: list[str]
    sample: int
    days: int
    rates: dict[str, float]
    seed: str
    by_itself: bool


class Picture(TypedDict):
    """`content`: the file in base64."""

    name: str
    alt: str
    content: str


class Headers(TypedDict):
    headers: list[str]


class ListPart(TypedDict):
    """A part of a list of subscribers, with the names of its columns as its first line."""

    csv: str
    first_line: NotRequired[int]


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


class RunsAsked(Paging, total=False):
    what: str
    step: str
    reason: str
    outcome: str


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
    status: Literal["ok", "attention"]
    problems: list[str]
    now: int
    definitions: int | None
    queues: dict[str, Any]
    dead_letters: dict[str, Any]


class Trait(TypedDict):
    trait: str
    value: Any
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
    until: int | None
    parts: list[Any]


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
    overdue_days: int | None
    """Of a day: by how many it has passed; below zero, in how many it comes."""
    said: str | None
    """Of a day: `overdue by 12 days`."""
    why_none: str | None


class ContactTold(Person):
    first_seen: int | None
    identities: list[str]
    traits: list[Trait]
    consent: list[Consent]
    histories: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    older_orders: int
    memberships: list[MembershipTold]
    scores: list[ContactScore]


class Timeline(TypedDict):
    timeline: list[dict[str, Any]]
    cursor: str | None


class Messages(TypedDict):
    messages: list[dict[str, Any]]
    cursor: str | None


class Exported(ContactTold, Timeline):
    runs: list[dict[str, Any]]
    messages: list[dict[str, Any]]
    coupons: list[Any]


class Email(TypedDict):
    subject: str
    html: str
    text: str


class Previewed(Email):
    language: str
    version: int | None
    size: int


class RunsTold(TypedDict):
    runs: list[dict[str, Any]]
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


class DeadLetterQueue(TypedDict):
    queue: str
    depth: int
    replayable: bool
    messages: list[dict[str, Any]]


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
    definition: Definition | None
    text: str | None
    problems: list[DraftProblem]
    words: str | None
    dry_run: str | None


class SegmentTold(OfSegment):
    name: NotRequired[str]
    sentence: NotRequired[str]
    words: NotRequired[str]
    group: NotRequired[str]
    members: NotRequired[int]
    definition: Definition | None
    sql: NotRequired[str]
    etag: str | None
    draft: SegmentDraft | None
    publication: int | None
    published: int | None
    filling: dict[str, Any] | None


class SegmentListed(OfSegment):
    name: str
    sentence: str
    words: str
    group: str
    members: int


class Segments(TypedDict):
    segments: list[SegmentListed]
    drafts: list[dict[str, Any]]


class SegmentPublished(OfSegment):
    publication: int
    status: str


class SegmentDeleted(OfSegment):
    publication: int


class Run(TypedDict):
    run: str


class DryRun(Run):
    status: str


class Member(OfContact):
    since: int


class Members(TypedDict):
    members: list[Member]
    cursor: str | None


class Versions(TypedDict):
    versions: list[dict[str, Any]]
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


class Estimate(TypedDict):
    words: str
    contacts: Number
    members: Number
    entering: Number
    leaving: Number
    mails_started: int


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


class JourneyDraft(TypedDict):
    definition: Definition
    unfinished: bool
    etag: str | None
    at: int | None
    by: str
    text: str
    problems: list[ProblemTold]
    words: dict[str, Any]


class JourneyTold(TypedDict):
    journey: Definition | None
    draft: JourneyDraft | None
    etag: str | None
    state: str
    version: int | None
    counts: dict[str, Any]
    steps: dict[str, Any]
    days: list[Any]
    versions: list[Any]
    words: dict[str, Any]


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
    definition: Definition | None
    words: dict[str, Any] | None


class JourneyChanged(JourneyChecked):
    """`whole`: all of the text was written anew, without its comments. `step`: the one it was about, by its id from now
    on."""

    yaml: str
    whole: bool
    step: str | None


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


class TemplateTold(TypedDict):
    template: Definition | None
    version: int | None
    shipped: bool
    draft: dict[str, Any] | None
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


class Branches(TypedDict):
    branches: list[dict[str, Any]]
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


class FormTold(FormListed):
    form: Definition
    unfinished: str | None
    problems: list[str]
    url: str
    snippet: str | None
    etag: str


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


class CampaignTold(CampaignListed):
    etag: str
    definition: Definition
    unfinished: str | None
    problem: dict[str, Any] | None


class Audience(OfCampaign):
    status: Literal["done", "counting"]
    looked_at: float
    at: int
    of_this_form: bool


class Progress(OfCampaign):
    state: str
    audience: int
    sent: int
    skipped: list[dict[str, Any]]
    waiting: int


class RecipientsTold(TypedDict):
    recipients: list[dict[str, Any]]
    cursor: str | None


class PoolTold(TypedDict):
    id: str
    code: str | None
    days: int | None
    left: int | None
    given: int | None


class Pools(TypedDict):
    pools: list[PoolTold]


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


class ImportTold(TypedDict):
    rows: int
    people: int
    agreed: int
    new: int
    invalid: list[dict[str, Any]]
    invalid_rows: int


class Imports(TypedDict):
    imports: list[dict[str, Any]]


class Columns(TypedDict):
    kind: str
    columns: Any


class SettingsTold(TypedDict):
    number: int
    at: int
    by: str
    settings: Definition
    etag: str


class Rebuild(TypedDict):
    rebuild: str
    begun: int
    status: str


class Sending(TypedDict):
    known: bool
    left: int | None
    stopped: str | None
    paused: str | None
    problems: list[str]


class Doctor(TypedDict):
    ready: bool
    findings: list[dict[str, Any]]


class Conflicts(TypedDict):
    conflicts: list[dict[str, Any]]
    more: bool


class LegalRequests(TypedDict):
    requests: list[dict[str, Any]]


class RequestDone(TypedDict):
    request: str
    status: str


class Csv(TypedDict, total=False):
    """A part of a table, the first one with the names of its columns; or, where it takes long, a `query`."""

    csv: str
    rows: int
    cursor: str | None
    query: str


class Daily(TypedDict, total=False):
    """`days`; or, where it takes long, a `query` to ask again with."""

    days: list[dict[str, Any]]
    query: str


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


class KeyShown(KeyTold):
    key: str
    """Shown this once."""


class KeyRevoked(TypedDict):
    name: str
    state: str
