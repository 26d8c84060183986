"""Shapes of what is asked and told of segments."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from typing_extensions import TypedDict

from functions.admin.shapes.everywhere import DraftProblem, Explained, Number, OfContact, Person, PersonAt
from shared.domain.conditions import Condition, Segment

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


# ── answers ──


class OfSegment(TypedDict):
    segment: str


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


class PersonWhy(Person):
    """`why`: null where only the whole history could tell it."""

    why: Explained | None


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
