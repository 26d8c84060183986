"""The shop's settings: how its emails look and who they come from, what they are about, and how many of them there may
be. One document, of which every version is kept; what it says holds for all emails at once.

What belongs to the deployment (addresses of queues, the identity that SES has verified) is in the stack's parameters;
what a marketer may change is here. A field that is added later has a default, so that what was stored before is read.
"""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from shared.domain.events import (
    ALL,
    MARKETING,
    PAUSE,
    TOPIC_ID,
    TRACKING,
    Frequency,
    Instant,
    MailClass,
    Strict,
    normal_email,
)
from shared.domain.text_topics import DEFAULT_TOPICS, folded

COLOUR = r"^#[0-9a-fA-F]{6}$"
WEB_ADDRESS = r"^https://[^\s\"'<>\\^`{|}]{1,2000}$"
PICTURE_ADDRESS = r"^(https://|http://localhost(:\d{1,5})?/)[^\s\"'<>\\^`{|}]{1,2000}$"
"""Or of the run on one machine."""
MAX_ID = 100
LINE = r"^[^\r\n]*$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Z]{2})?$"
HOLDOUT_NAME = r"^[a-z0-9_]{1,40}$"
CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
CLOSED_DAY = r"^(\d{4}|-)-\d\d-\d\d$"

IN_WORDS = {
    COLOUR: "it must be a colour such as #2f5d50",
    WEB_ADDRESS: "it must be a web address that begins with https:// and has no spaces",
    PICTURE_ADDRESS: "it must be a web address that begins with https:// and has no spaces",
    LINE: "it must be one line",
    LANGUAGE: "it must be a language such as en or pt-BR",
    CLOCK: "it must be a time such as 09:30",
    TOPIC_ID: "it must be lower-case letters, digits, _ and -, at most 64 characters",
    HOLDOUT_NAME: "it must be lower-case letters, digits and _, at most 40 characters",
    CLOSED_DAY: "it must be a day such as 2026-12-25, or --12-25 for that day of each year",
}
"""What a text has to look like, by the pattern that holds it to it, for whoever wrote another."""


def _address(text: str) -> str:
    try:
        normal_email(text)
    except ValueError:
        raise ValueError("it must be an email address") from None
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text.replace("--", "2028-", 1) if text.startswith("--") else text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None
    return text


Colour = Annotated[str, Field(pattern=COLOUR)]
WebAddress = Annotated[str, Field(pattern=WEB_ADDRESS)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=LINE)]
EmailAddress = Annotated[Line, AfterValidator(_address)]
Language = Annotated[str, Field(pattern=LANGUAGE)]
Clock = Annotated[str, Field(pattern=CLOCK)]
"""A time of the local day."""
ClosedDay = Annotated[str, Field(pattern=CLOSED_DAY), AfterValidator(_day)]


# ── the brand ──


class Logo(Strict):
    """A picture on the web, `width` pixels wide in the email (and twice as wide in the file); `alt` is read out, and
    seen where pictures are off."""

    url: Annotated[str, Field(pattern=PICTURE_ADDRESS)]
    alt: Line
    width: int = Field(default=160, ge=16, le=560)


class SocialLink(Strict):
    name: Line
    url: WebAddress


class Brand(Strict):
    """How emails look. `page` is behind the email, `card` under its text."""

    logo: Logo | None = None
    accent: Colour = "#2f5d50"
    accent_text: Colour = "#ffffff"
    page: Colour = "#f3efe7"
    card: Colour = "#ffffff"
    heading: Colour = "#1f2a26"
    text: Colour = "#33302a"
    muted: Colour = "#6b655a"
    font: Literal["sans", "serif", "system"] = "system"
    heading_font: Literal["sans", "serif", "system"] = "serif"
    footer: Annotated[str, Field(max_length=500)] = ""
    social: tuple[SocialLink, ...] = Field(default=(), max_length=8)
    languages: tuple[Language, ...] = Field(default=("en",), min_length=1, max_length=20)
    """The first is what everybody gets for whom there is no other."""


# ── who emails come from ──


class Senders(Strict):
    """`name` and `reply_to` of every email; the address is the stack's parameter `Sender`, or by class one of a domain
    of its own that SES has verified (`news@news.shop.example`)."""

    name: Line | None = None
    reply_to: EmailAddress | None = None
    by_class: dict[MailClass, EmailAddress] = Field(default_factory=dict)


# ── what they are about, and how many there may be ──


class Topic(Strict):
    """What emails can be about, as contacts see it on the preference page. `frequencies`: how often they can choose to
    get them. `all`, each as it comes, is what holds until they choose, and is always among them."""

    id: Annotated[str, Field(pattern=TOPIC_ID)]
    name: Line
    sentence: Annotated[str, Field(max_length=300)] = ""
    frequencies: tuple[Frequency, ...] = ("all", "weekly", "monthly")

    @model_validator(mode="after")
    def _can_be_as_they_come(self) -> Topic:
        if "all" not in self.frequencies or len(set(self.frequencies)) < len(self.frequencies):
            raise ValueError("frequencies are all, and of weekly and monthly those that are offered, each once")
        return self


class DigestTime(Strict):
    """When digests go out, by the contact's clock: the weekly one on this day of each week, the monthly one on the
    first such day of each month."""

    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = "fri"
    at: Clock = "09:00"


class ReportEmails(Strict):
    """To whom it is sent what came of the emails, each Monday or on the first of each month; to nobody, as it comes."""

    to: tuple[EmailAddress, ...] = Field(default=(), max_length=10)
    every: Literal["week", "month"] = "week"


class Cap(Strict):
    """At most so many emails in a contact's local day, and in any seven days. None: as many as there are."""

    day: int | None = Field(default=None, ge=1, le=50)
    week: int | None = Field(default=None, ge=1, le=200)


class QuietHours(Strict):
    """From when until when, in the contact's local time, no email but a transactional one is sent."""

    begin: Clock = Field(default="22:00", alias="from")
    to: Clock = "07:00"


class Holdout(Strict):
    """So many in a hundred contacts get no email of these classes, to see what emails bring. Who they are is drawn of
    their ids and this `name`: another name draws others."""

    name: Annotated[str, Field(pattern=HOLDOUT_NAME)]
    share: int = Field(default=5, ge=1, le=20)
    classes: tuple[Literal["marketing", "lifecycle"], ...] = Field(default=("marketing", "lifecycle"), min_length=1)


class EmailCosts(Strict):
    """What emails cost, in the shop's currency: `a_thousand` of them (SES's list price is 0.10 US dollars), and
    `a_month` whatever else is paid for them; and `margin`: of what customers pay, what is left after the goods, in
    percent."""

    margin: float = Field(default=100, gt=0, le=100)
    a_thousand: float = Field(default=0.1, ge=0, le=10_000)
    a_month: float = Field(default=0, ge=0, le=10_000_000)


class SoftBounces(Strict):
    """After so many emails that came back for the moment (the mailbox is full, say) in so many days, an address gets no
    more."""

    most: int = Field(default=5, ge=2, le=20)
    days: int = Field(default=30, ge=1, le=180)


class Tracking(Strict):
    """Opens are counted of those who have agreed to it (the purpose `tracking`), or of nobody; clicks of all, too.
    `name` and `sentence`: how they are asked, with a box of its own."""

    name: Line = "How I use your emails"
    sentence: Annotated[str, Field(max_length=300)] = (
        "You may see whether I open your emails and which links I follow, so that they suit me better."
    )
    opens: Literal["never", "with_consent"] = "never"
    clicks: Literal["never", "with_consent", "always"] = "always"


def _reachable(url: str) -> str:
    """What can be seen of it beforehand; what its name leads to is looked at with each call."""
    if not (url.isascii() and url.isprintable()):
        raise ValueError("has letters that an address may not have: write a name like bücher.example as xn--bcher-kva")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError("is no address on the web") from None
    host = parts.hostname or ""
    if "@" in parts.netloc:
        raise ValueError("has a name or a password in it: who it is from says the signature")
    try:
        public = ip_address(host).is_global
    except ValueError:
        public = "." in host.strip(".") and not host.strip(".").endswith((".localhost", ".local", ".internal"))
    if not public:
        raise ValueError("has to be reached from the public internet")
    return url


WebhookAddress = Annotated[WebAddress, AfterValidator(_reachable)]
"""Where somebody of the shop's is told something: https, and on the public internet."""
Told = Literal["sales", "support", "shop"]
"""Whom a journey's notice is for."""


MARKETING_TOPIC = Topic(
    id=MARKETING, name="News and offers", sentence="What is new in the shop, tips, and an offer now and then."
)


RESERVED = {
    TRACKING: "is no topic of emails: its words are set under tracking",
    ALL: "stands for all of them",
    PAUSE: "stands for a break from all of them",
}
"""What contacts answer beside topics."""


FeedName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
"""As a template writes it: `blog`."""


def _has_word(text: str) -> str:
    if not folded(text):
        raise ValueError("has neither letters nor digits")
    return text


TopicWord = Annotated[str, Field(min_length=1, max_length=60, pattern=LINE), AfterValidator(_has_word)]
TopicWords = Annotated[tuple[TopicWord, ...], Field(min_length=1, max_length=60)]
"""The words, or several in a row, by which a text is known to be about something."""


ProductId = Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=LINE)]
"""A product's, at its storefront."""


class ShopSettings(Strict):
    """All of it, as it is stored and as the admin's API gives and takes it. `closed`: days on which no email goes out
    but transactional ones (`2026-12-25`, or each year `--12-25`). `warm_up`: the sender's domain is new, and its emails
    become more from day to day. `role_addresses`: whether emails go to info@, admin@ and the like, which several read.
    `code_from`: from which value of a cart on, in the shop's currency, a code pays (its margin covers it);
    `code_worth`: what the stack's code is worth, as emails say it (`10% off your next order`).
    `holdout`: who gets no email, to compare the others with. `costs`: of emails, for what they return.
    `reports`: to whom reports go by email.
    `keep_network_address`: with each answer about consent.
    `interests`: what contacts can say that they like (the trait `interests`).
    `boxes_may_be_ticked`: a form's boxes beforehand, where the law lets that be a consent.
    `picked_products`: ids at the storefront; what emails recommend where nothing better is known.
    `text_topics`: what is looked for in what contacts write (the trait `sentiment.topics`), each topic by its words.
    `webhooks`: where journeys' notices are told, by whom they are for.
    `feeds`: RSS, Atom or iCalendar, by the names that templates have for them (`feeds.blog`); `weather`:
    whether templates may ask Open-Meteo for the weather where a contact is."""

    brand: Brand = Field(default_factory=Brand)
    senders: Senders = Field(default_factory=Senders)
    topics: tuple[Topic, ...] = Field(default=(MARKETING_TOPIC,), min_length=1, max_length=30)
    caps: dict[MailClass, Cap] = Field(default_factory=dict)
    quiet_hours: QuietHours | None = None
    digest: DigestTime = Field(default_factory=DigestTime)
    closed: tuple[ClosedDay, ...] = Field(default=(), max_length=100)
    tracking: Tracking = Field(default_factory=Tracking)
    reports: ReportEmails = Field(default_factory=ReportEmails)
    holdout: Holdout | None = None
    costs: EmailCosts | None = None
    warm_up: bool = False
    soft_bounces: SoftBounces = Field(default_factory=SoftBounces)
    role_addresses: bool = True
    code_from: float = Field(default=60, ge=0)
    code_worth: Annotated[str, Field(max_length=100, pattern=LINE)] = ""
    keep_network_address: bool = False
    interests: tuple[Line, ...] = Field(default=(), max_length=30)
    boxes_may_be_ticked: bool = False
    picked_products: tuple[ProductId, ...] = Field(default=(), max_length=20)
    text_topics: dict[Annotated[str, Field(pattern=TOPIC_ID)], TopicWords] = Field(
        default_factory=lambda: dict(DEFAULT_TOPICS), max_length=20
    )
    webhooks: dict[Told, WebhookAddress] = Field(default_factory=dict)
    feeds: dict[FeedName, WebAddress] = Field(default_factory=dict, max_length=5)
    weather: bool = False

    @model_validator(mode="after")
    def _topics_differ(self) -> ShopSettings:
        ids = [topic.id for topic in self.topics]
        if len(set(ids)) < len(ids):
            raise ValueError("two topics have the same id")
        for id_, told in RESERVED.items():
            if id_ in ids:
                raise ValueError(f"a topic cannot be called {id_}, which {told}")
        return self

    def topic(self, id_: str) -> Topic | None:
        return next((topic for topic in self.topics if topic.id == id_), None)


class SavedSettings(Strict):
    """A version of them: `number` 0 is what a shop has that has saved none."""

    number: int = 0
    settings: ShopSettings = Field(default_factory=ShopSettings)
    at: Instant = 0
    by: str = ""
