"""Shapes of what is asked and told of reports, objectives and the page Today."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from functions.admin.shapes.everywhere import Person, PersonAt
from functions.admin.shapes.journeys import OfJourney
from functions.admin.shapes.segments import OfSegment
from shared.domain.settings import EmailCosts


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
