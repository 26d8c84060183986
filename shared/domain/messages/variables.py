"""What a template can say about the contact."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.calendars import local
from shared.domain.events import Instant, Json, Type
from shared.domain.profiles import Profile

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


class HeldError(Exception):
    """What a variable raises that is named while there is nothing to say for it: the email waits, and fails not."""


class Traits(dict[str, Any]):
    """What templates know as `traits`: any trait by its name, as far as it is harmless: a text without a link or code,
    a number, yes or no. Of what else there is, and of what there is not, None. Looked at when it is named."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self._profile = profile

    def __missing__(self, name: str) -> Json:
        stamped = self._profile.traits.get(name)
        value = None if stamped is None else stamped.value
        return value if isinstance(value, bool | int | float) else _plain(value)


class Moment(dict[str, Any]):
    """A day and time somewhere: `year`, `month`, `day`, `hour`, `minute` as numbers, `weekday` and `month_name` in
    English, `date` and `time` as written by machines. As a text, a day as people write it. `instant` is what a
    template's `date` takes."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant
        super().__init__(
            year=instant.year,
            month=instant.month,
            day=instant.day,
            hour=instant.hour,
            minute=instant.minute,
            weekday=WEEKDAYS[instant.weekday()],
            month_name=MONTHS[instant.month - 1],
            date=instant.date().isoformat(),
            time=f"{instant:%H:%M}",
        )

    def __str__(self) -> str:
        return _written(self.instant)


def moment(instant: Instant, where: ZoneInfo) -> Moment:
    """What templates know as `now`."""
    return Moment(local(instant, where))


def _written(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _day(profile: Profile, name: str) -> str | None:
    """A date as people write it: `3 December 2026`."""
    said = _trait(profile, name)
    try:
        day = date.fromisoformat(said[:10]) if said is not None else None
    except ValueError:
        return None
    return _written(day) if day is not None else None


MONTHS = tuple("January February March April May June July August September October November December".split())  # noqa: SIM905
WEEKDAYS = tuple("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())  # noqa: SIM905


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
