"""Shapes of what is asked and told of imports, the audit of data and the catalogue."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from shared.domain.imports import Import

# ── bodies ──


class Headers(TypedDict):
    headers: list[str]


ListPart = TypedDict(
    "ListPart",
    {"import": Import, "csv": str, "first_line": NotRequired[int], "repeated": NotRequired[list[int]]},
)
"""A part of a list of subscribers, with the names of its columns as its first line, and what is said of its file.
`first_line`: that of its first row; `repeated`: lines whose address stood in an earlier part."""

# ── answers ──


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
