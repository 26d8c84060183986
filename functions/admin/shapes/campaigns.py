"""Shapes of what is asked and told of campaigns."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from functions.admin.rest import Paging
from functions.admin.shapes.everywhere import OfContact
from functions.admin.shapes.experiments import GuardsTold
from functions.admin.shapes.operations import Standing
from shared.domain.campaigns.definition import Campaign

# ── bodies ──


class ToContact(TypedDict):
    contact: str


# ── queries ──


class OfState(Paging, total=False):
    state: str


class Recipients(Paging, total=False):
    status: Literal["sent", "skipped", "waiting"]
    reason: str


# ── answers ──


class OfCampaign(TypedDict):
    campaign: str


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


class Sending(Standing):
    problems: list[str]


class Lifted(OfContact):
    suppression: None
