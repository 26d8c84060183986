"""Shapes of what is asked and told of templates, pictures and coupons."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict

from functions.admin.rest import ProblemTold
from functions.admin.shapes.everywhere import OfContact
from shared.domain.templates.definition import Template

# ── bodies ──


class Written(TypedDict, total=False):
    """One of the three, of a template. A `text` (YAML or JSON) is kept as it is, though it is no template yet."""

    yaml: str
    definition: Template
    text: str


class Why(TypedDict, total=False):
    why: str


class Preview(Written, total=False):
    contact: str
    language: str
    version: int


class TestTo(Preview):
    to: str


class Picture(TypedDict):
    """`content`: the file in base64."""

    name: str
    alt: str
    content: str


class PoolChanged(TypedDict, total=False):
    code: str
    days: int
    low: int


class Codes(TypedDict):
    codes: list[str]


# ── answers ──


class OfTemplate(TypedDict):
    template: str


class Email(TypedDict):
    subject: str
    html: str
    text: str


class Previewed(Email):
    language: str
    version: int | None
    size: int


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


class TemplateVersion(TypedDict):
    version: int
    at: int
    by: str
    why: str
    template: Template


class TemplateVersions(TypedDict):
    versions: list[TemplateVersion]
    cursor: str | None


class Checked(TypedDict):
    problems: list[ProblemTold]


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
