"""Shapes of what is asked and told of contacts."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from functions.admin.shapes.everywhere import Explained, OfContact, Person, Value
from functions.admin.shapes.insight import ContactScore, LeadPoints
from functions.admin.shapes.journeys import RunTold

# ── bodies ──


class Other(TypedDict):
    other: str


class Found(TypedDict, total=False):
    """One of these."""

    email: str
    user: str
    shopify: str
    woocommerce: str
    contact: str


# ── answers ──


class ContactDone(OfContact):
    status: str


class Merged(ContactDone):
    other: str


class Trait(TypedDict):
    trait: str
    value: Value
    since: int | None


class Consent(TypedDict):
    topic: str
    state: str
    since: int | None


class MembershipTold(TypedDict):
    segment: str
    name: str
    sentence: str
    member: bool
    since: int | None
    transition: int | None
    until: int | None
    why: Explained


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


class Exported(ContactTold, Timeline):
    runs: list[RunTold]
    messages: list[MessageEntry]
    coupons: list[CouponTold]


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
