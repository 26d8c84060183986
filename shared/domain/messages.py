"""Messages: one mail to one contact at one step of a run. Its key, whether it may be sent, and what is known of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, model_validator

from shared.domain.addresses import newest_answer
from shared.domain.events import DAY, HOUR, MARKETING, MINUTE, SECOND, Instant, Json, Strict, Type, parse_instant
from shared.domain.profiles import Profile, Stamped

# What SES allows in the value of a message tag, so that the key can travel as one:
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageTag.html (at most 256 characters)
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Message(Strict):
    """A mail that a run wants sent: to whom, from where in which version of which journey, made of which template, and
    about what.

    `occurrence` counts the rounds of a step that a journey comes to more than once. `entered` is the ISO 8601 time at
    which the run came to the step, and `best_before` how many milliseconds after that it is too late for it. `pin`:
    made of this version of the template. Ids only: it is the input of an execution, and waits on a queue.
    """

    contact: Id
    journey: Id
    run: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    step: Id
    version: int = Field(ge=1)
    template: str = Field(default="", pattern=r"^[a-z0-9_]{0,64}$")
    topic: str = Field(default=MARKETING, pattern=r"^[a-z0-9_-]{1,64}$")
    occurrence: int = Field(default=0, ge=0, le=9999)
    entered: str | None = None
    best_before: int | None = Field(default=None, ge=0)
    pin: int | None = Field(default=None, ge=1)

    @model_validator(mode="before")
    @classmethod
    def _template_of_the_step(cls, given: Any) -> Any:
        """A step that names no template uses the one that is called like itself."""
        return {**given, "template": given.get("template") or given.get("step")} if isinstance(given, dict) else given

    @property
    def entered_at(self) -> Instant | None:
        return None if self.entered is None else parse_instant(self.entered)

    @property
    def run_number(self) -> int:
        """The run's number among its contact's (`runs.Run.id`)."""
        return int(self.run.rpartition("-")[2])

    @property
    def key(self) -> str:
        """The same for every attempt at this message, and of no other: at most 202 characters."""
        return f"{self.journey}_{self.run}_{self.step}_{self.occurrence}"


# ── the gate ──


class Refusal(StrEnum):
    """Why a message is not sent."""

    ERASED = "erased"
    NO_ADDRESS = "no_address"
    ANOTHERS_ADDRESS = "anothers_address"
    SUPPRESSED_BOUNCE = "suppressed_bounce"
    SUPPRESSED_COMPLAINT = "suppressed_complaint"
    SUPPRESSED_ERASURE = "suppressed_erasure"
    NO_CONSENT = "no_consent"
    RUN_ENDED = "run_ended"
    TOO_LATE = "too_late"
    NOT_TAKEN = "not_taken"
    FREQUENCY_CAP = "frequency_cap"
    SUNSET = "sunset"
    SOLD_OUT = "sold_out"
    REJECTED = "rejected"


SENTENCES = {
    Refusal.ERASED: "The contact asked to be erased.",
    Refusal.NO_ADDRESS: "No email address is known.",
    Refusal.ANOTHERS_ADDRESS: "The email address is known to be another contact's.",
    Refusal.SUPPRESSED_BOUNCE: "Email to the address came back for good.",
    Refusal.SUPPRESSED_COMPLAINT: "The contact reported an email of ours as spam.",
    Refusal.SUPPRESSED_ERASURE: "The address belonged to a contact who was erased, and has not agreed again since.",
    Refusal.NO_CONSENT: "The contact does not agree to email about this topic, or not any more.",
    Refusal.RUN_ENDED: "The contact’s run of the journey has ended, or has gone on from here without it.",
    Refusal.TOO_LATE: "It was too late for it by the time that it could be sent.",
    Refusal.NOT_TAKEN: "For a week, SES took no email of the shop’s.",
    Refusal.SUNSET: "The contact was asked twice whether they want email, did not answer, and was not seen since.",
    Refusal.FREQUENCY_CAP: "The contact is dormant, and has had an email within the last 30 days.",
    Refusal.SOLD_OUT: "The product that the email is about cannot be bought any more.",
    Refusal.REJECTED: "SES did not take the email.",
}
"""The refusals in words, for whoever asks why a mail was not sent."""

DORMANT = "dormant"
DORMANT_PAUSE = 30 * DAY
"""Dormant contacts get a mail at most this often. The goodbye is sent before its contact turns dormant, so it passes,
and counts from then on."""


def suppressed(suppression: tuple[str, Instant] | None, answer: Stamped | None) -> Refusal | None:
    """Whether no mail may go to an address. Who was erased and signs up again later is a new contact to us; a bounce or
    a complaint stays."""
    if suppression is None:
        return None
    reason, since = suppression
    lifted = reason == "erasure" and answer is not None and answer.value == "subscribed" and answer.time > since
    return None if lifted else Refusal(f"suppressed_{reason}")


def gate(
    message: Message,
    profile: Profile | None,
    suppression: tuple[str, Instant] | None,
    now: Instant,
    said: Stamped | None = None,
) -> Refusal | None:
    """Why this message must not be sent at this instant; None when it may.

    `suppression` is the address's (reason and time), `said` the newest answer to the message's topic that was given at
    it; None when there is none. NO_ADDRESS means that nothing else speaks against it.
    """
    if profile is None or profile.erased:
        return Refusal.ERASED
    entered = message.entered_at
    if entered is not None and message.best_before is not None and now > entered + message.best_before:
        return Refusal.TOO_LATE
    answer = newest_answer(profile, message.topic, said)
    refusal = suppressed(suppression, answer)
    if refusal is not None:
        return refusal
    if answer is None or answer.value != "subscribed":
        return Refusal.NO_CONSENT
    if _is_dormant(profile) and _is_sunset(profile):
        return Refusal.SUNSET
    if _is_dormant(profile) and _mailed_since(profile, now - DORMANT_PAUSE, now):
        return Refusal.FREQUENCY_CAP
    if profile.email is None:
        return Refusal.NO_ADDRESS
    return None


def _is_dormant(profile: Profile) -> bool:
    membership = profile.memberships.get(DORMANT)
    return membership is not None and membership.member


def _is_sunset(profile: Profile) -> bool:
    """Whether the journey `sunset` has asked in vain. Whoever shows a sign of life is not dormant any more."""
    asked = profile.traits.get("sunset")
    return asked is not None and asked.value is True


def _mailed_since(profile: Profile, start: Instant, now: Instant) -> bool:
    history = profile.histories.get(Type.EMAIL_SENT)
    return history is not None and any(start < occurrence.time <= now for occurrence in history.newest)


ADDRESS_WAIT = HOUR
"""How long a message waits for its contact's address, where nothing else is missing: storefronts tell of a consent and
of whose it is in webhooks of their own, in any order."""


def awaits_address(message: Message, refusal: Refusal | None, now: Instant) -> bool:
    """Whether a refusal is to be put off, because the address may still come."""
    entered = message.entered_at
    return refusal is Refusal.NO_ADDRESS and entered is not None and now < entered + ADDRESS_WAIT


# ── what is stored of a message ──

CLAIM_TIMEOUT = 15 * MINUTE
"""How long a claim of unknown outcome waits for SES's Send notice, which else comes within seconds."""


class Status(StrEnum):
    """CLAIMED: somebody is about to send it, or died over it. RELEASED: it was not sent, and can be tried again."""

    CLAIMED = "claimed"
    RELEASED = "released"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Held:
    """What is stored of a message: its status, and by which attempt and when it was claimed."""

    status: Status
    attempt: int
    claimed_at: Instant
    reason: str | None = None

    @property
    def settled(self) -> bool:
        return self.status in (Status.SENT, Status.REFUSED)

    def pending(self, now: Instant) -> bool:
        """Whether it may have been sent, and we are to hear of it yet."""
        return self.status is Status.CLAIMED and now < self.claimed_at + CLAIM_TIMEOUT


# ── whether a person clicked ──

SCAN = 10 * SECOND
"""Security gateways follow the links of a mail: all of them within seconds of each other, or as soon as it comes in."""


def is_scan(time: Instant, link: str, clicks: Iterable[tuple[Instant, str]], arrived: Instant) -> bool:
    """Whether a click on a link of a mail was a gateway's: another link of it was clicked within SCAN, before or after,
    or the mail had `arrived` no longer ago. `clicks` are all that are known of the mail, in any order.

    Who clicks one link twice is a person, and so is who clicks again later."""
    if time < arrived + SCAN:
        return True
    return any(other != link and abs(at - time) < SCAN for at, other in clicks)


# ── what a template can say about the contact ──

MAX_NAME = 60
MAX_TEXT = 120
_INVISIBLE = {"Cc", "Cf", "Co", "Cs"}
"""Unicode categories of characters that are no text: control, format (those that turn the writing direction are among
them), private use, half characters."""
_JOINERS = {"\u200c", "\u200d"}  # format characters that Persian, Hindi and emoji are spelled with
_HIDDEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\uffa0]"
)
"""Besides those categories: letters and marks that show nothing. A link is looked for without them and the joiners."""
_LINK_OR_CODE = re.compile(
    r"[@\\<>{}]|:/|www\.|\b(?:https?|ftp|mailto|tel|sms|data|javascript):|\d{1,3}(?:\.\d{1,3}){3}", re.IGNORECASE
)
_LABEL = re.compile(r"\.([^\W\d_]{2,})")
_DOMAINS = frozenset(
    """
    academy agency app apps art asia aero bar bargains best bet bid bio biz black blog blue boutique business buzz
    cam camp care cash casino cat center chat cheap city cleaning click clinic cloud club coach codes coffee com
    community company computer consulting cool coop country coupons credit cricket date deals delivery design dev
    digital direct directory discount doctor dog domains download earth edu email energy events example exchange
    expert express fail family fans farm fashion finance financial fish fit flights fun fund fyi gallery game games
    gift gifts giving gold golf gov green group guide guru health help homes host hosting hot house icu info ink
    institute int international invalid investments jobs kim kitchen land law legal lgbt life link live loan loans
    local localhost lol love ltd maison market marketing markets mba media men mil mobi moe mom money movie museum
    name net network news ninja one online onl org page partners parts party photo photos pics pictures pink pizza
    plus poker porn press pro productions promo properties pub quest racing red reisen ren rent rentals repair
    report rest restaurant review reviews rich rip rocks run sale school science services sex sexy shoes shop
    shopping show site ski social software solar solutions space sport store stream studio style support surf
    systems tax taxi team tech technology tel test tickets tips tires today tokyo tools top tours town toys trade
    training travel tube university uno vegas ventures video villas vin vip vision vodka vote voyage wang watch
    webcam website wedding wiki win wine work works world wtf xin xxx xyz yoga zone
    """.split()  # noqa: SIM905
)
"""What mail programs take for the end of a domain, besides two letters: the names that are in use, and for examples."""
_NO_NAME = frozenset(
    """
    null nil none undefined nan n/a #n/a n.a. n.a n\\a unknown unnamed anonymous guest empty blank false true test
    first_name last_name firstname lastname noname no_name not_set
    """.split()  # noqa: SIM905
) | {"first name", "last name", "no name", "not provided", "not available", "not applicable", "not set"}
"""What forms and programs write where there is no name."""
_NAMES_TOO = frozenset({"Nil", "Nan", "True"})


def one_line(text: str, bound: int) -> str:
    """The text on one line, without characters that could break a header or hide something; cut to `bound`."""
    visible = (
        " " if character.isspace() else character
        for character in text
        if character.isspace() or character in _JOINERS or unicodedata.category(character) not in _INVISIBLE
    )
    words = " ".join("".join(visible).split())
    return words if len(words) <= bound else words[: bound - 1].rstrip() + "…"


def contact_variables(profile: Profile) -> dict[str, Json]:
    """What templates know as `contact`. Every name is always there; what we do not know is None.

    A text with a link or code in it counts as not known: sign-up forms are used to send such "names" to strangers, and
    anybody can set traits with a public write key. So does a name that is none: "null", "N/A", "-", a number.
    """
    orders = profile.histories.get(Type.ORDER_COMPLETED)
    categories = orders.newest[-1].properties.get("category", []) if orders is not None and orders.newest else []
    listed = categories if isinstance(categories, list) else [categories]
    return {
        "first_name": _name(profile, "first_name"),
        "last_name": _name(profile, "last_name"),
        "interest": _trait(profile, "interest"),
        "signup_source": _trait(profile, "signup_source"),
        "ordered": any(order.counts for order in profile.orders.values()),
        "categories": [text for text in map(_plain, listed) if text is not None],
        "trial_ends": _day(profile, "trial_ends"),
    }


def _day(profile: Profile, name: str) -> str | None:
    """A date as people write it: `3 December 2026`."""
    said = _trait(profile, name)
    try:
        day = date.fromisoformat(said[:10]) if said is not None else None
    except ValueError:
        return None
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if day is not None else None


_MONTHS = tuple("January February March April May June July August September October November December".split())  # noqa: SIM905


def _name(profile: Profile, trait: str) -> str | None:
    name = _trait(profile, trait, MAX_NAME)
    if name is None:
        return None
    said = name.strip(" ()[]'\"*").casefold()
    if said in _NO_NAME and name not in _NAMES_TOO:
        return None
    seen = _HIDDEN.sub("", name)
    if not any(unicodedata.category(character) in _OF_NAMES for character in seen) or re.search(r"\d{3}", seen):
        return None
    return name


_OF_NAMES = {"Lu", "Ll", "Lt", "Lm", "Lo", "So"}
"""Unicode categories of which a name has at least one character: letters, and the pictures that some go by."""


def _trait(profile: Profile, name: str, bound: int = MAX_TEXT) -> str | None:
    stamped = profile.traits.get(name)
    return _plain(stamped.value, bound) if stamped is not None else None


def _plain(value: Json, bound: int = MAX_TEXT) -> str | None:
    """The text as it is shown, if it is harmless as it is shown: what is checked is what comes out."""
    if not isinstance(value, str):
        return None
    whole = one_line(value, len(value) + 1)
    return None if _has_link_or_code(whole) else one_line(whole, bound) or None


def _has_link_or_code(text: str) -> bool:
    """Whether a mail program may make a link of a part of it, however its letters, dots and slashes are written."""
    seen = _HIDDEN.sub("", unicodedata.normalize("NFKC", text).replace("\u3002", ".")).replace("\u2044", "/")
    return bool(_LINK_OR_CODE.search(seen)) or any(map(_ends_a_domain, _LABEL.finditer(seen)))


def _ends_a_domain(label: re.Match[str]) -> bool:
    """`evil.com` does and `St.John` does not: a name goes on with a capital, and no domain ends like it."""
    word = label[1]
    return not word[0].isupper() or len(word) == 2 or word.casefold() in _DOMAINS
