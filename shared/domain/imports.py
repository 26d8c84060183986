"""Lists that are brought over: what the columns of a file mean, and what each row tells of somebody.

A list adds, and revives nobody: its yes is older than whatever else is known of consent (`ConsentChange.undated`), what
it tells of somebody only fills what is not known (`Event.claimed`), and nothing has just happened by it, so that it
starts no journey (`profiles.orders.happened`). Who has not agreed, or of whose yes there is no date, is kept without a
consent. Lists that were bought are refused in words.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, model_validator

from shared.domain.addresses import is_role
from shared.domain.events import (
    EPOCH,
    TOPIC_ID,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Strict,
    Type,
    counted_time,
    event_id,
    normal_email,
    parse_instant,
)
from shared.domain.personal import may_be_told_by_anybody
from shared.domain.refusals import RefusedError
from shared.domain.tables import without_apostrophe

MAX_ROWS = 5_000
"""Of one request: a list comes in parts."""
MAX_BYTES = 4_000_000
MAX_TOLD = 100
"""Rows of each kind that `beckon import` names; the API names all of a part."""

TRAITS = (
    *("first_name", "last_name", "phone", "birthday", "country", "region", "city", "postal_code", "locale"),
    "timezone",
)
ABOUT_CONSENT = ("consent", "consent_source", "consent_date", "unsubscribed_date", "cleaned_date")
FIELDS = ("email", *TRAITS, *ABOUT_CONSENT)
"""What a column can be; or `trait:<name>` for one of the shop's own."""
TRAIT_OF_OWN = re.compile(r"trait:([a-z][a-z0-9_]{0,39})")

_HEADERS: Mapping[str, str] = {
    **{name: name for name in FIELDS},
    **dict.fromkeys(("email address", "mail", "customer email"), "email"),
    **dict.fromkeys(("first name", "firstname", "given name"), "first_name"),
    **dict.fromkeys(("last name", "lastname", "surname", "family name"), "last_name"),
    **dict.fromkeys(("phone number", "phone"), "phone"),
    **dict.fromkeys(("date of birth", "birth date"), "birthday"),
    **dict.fromkeys(("country code", "cc"), "country"),
    **dict.fromkeys(("state / region", "state/region", "state"), "region"),
    **dict.fromkeys(("zip code", "zip", "postcode", "postal code"), "postal_code"),
    **dict.fromkeys(("accepts marketing", "accepts email marketing", "email marketing consent"), "consent"),
    "vorname": "first_name",
    "nachname": "last_name",
    **dict.fromkeys(("telefon", "telefonnummer"), "phone"),
    "geburtsdatum": "birthday",
    "land": "country",
    **dict.fromkeys(("ort", "stadt"), "city"),
    **dict.fromkeys(("plz", "postleitzahl"), "postal_code"),
    # Shopify's:
    "default address city": "city",
    **dict.fromkeys(("default address province code", "province code"), "region"),
    **dict.fromkeys(("default address country code",), "country"),
    "default address zip": "postal_code",
    # Mailchimp's, and Klaviyo's:
    "confirm_time": "consent_date",
    "unsub_time": "unsubscribed_date",
    "clean_time": "cleaned_date",
    "email marketing consent timestamp": "consent_date",
}
"""What headers mean, in small letters and without hyphens."""
_MAILCHIMP = frozenset({"member_rating", "leid", "euid"})
_SHOPIFY = frozenset({"accepts email marketing", "accepts marketing", "total spent", "total orders", "tax exempt"})
_KLAVIYO = frozenset({"klaviyo id", "email marketing consent timestamp"})

_YES = frozenset(
    ("yes", "y", "true", "1", "x", "subscribed", "opted in", "opted-in", "opt-in", "confirmed", "ja", "oui", "si", "sí")
)
_NO = frozenset(
    {
        *("", "no", "n", "false", "0", "never_subscribed", "never subscribed", "not subscribed", "nonsubscribed"),
        *("non-subscribed", "pending", "unconfirmed", "nein", "non"),
    }
)
_LEFT = frozenset(("unsubscribed", "opted out", "opted-out", "opt-out", "suppressed", "cleaned", "bounced"))

_GOT = (
    r"(?:bought|buying|purchas\w*|rent(?:ed|al)|gekauft\w*|gemietet\w*|achet[eé]\w*|lou[eé]e?s?|comprad\w*|alquilad\w*|"
    r"comprat\w*)"
)
_LIST = (
    r"(?:lists?|address(?:es)?|database|data|leads?|contacts?|e-?mail\w*|names|file|it|them|liste[ns]?|adresse[ns]?|"
    r"lista|base)"
)
_FROM_US = r"(?!(?:\s+\S+){0,6}?\s+(?:us|our)\b)"
_BOUGHT = re.compile(
    r"\b(?:scrap\w*|harvest\w*|crawl\w*|(?:data|list) ?brokers?|lead ?vendors?|third[- ]part(?:y|ies)|append(?:ed|ing)|"
    rf"cold (?:leads?|lists?|e-?mail\w*|contacts?|outreach|prospects?))\b|^\W*{_GOT}\b{_FROM_US}|"
    rf"\b{_GOT}\b{_FROM_US}(?:\s+\S+){{0,3}}?\s+{_LIST}\b|\b{_LIST}(?:\s+\S+){{0,3}}?\s+{_GOT}\b{_FROM_US}",
    re.IGNORECASE,
)
"""Of a list that was bought; not of customers who have bought something from the shop."""
REFUSED_LIST = (
    "people on a list that was bought, rented or gathered have not agreed to get email from this shop, so nothing of "
    "it can be brought over: such email is against the law in many countries, and reported as spam everywhere"
)


class Import(Strict):
    """What is said of a file: `file`, the SHA-256 of it, so that what is sent twice is one; `columns`, from its headers
    to FIELDS (a header that is not named is left out); where consent comes from and since when, where no column says
    it; `everybody`, for a file without a column of consent; `attested`: somebody has said that all of them have given
    their addresses to this shop themselves."""

    file: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    name: Annotated[str, Field(max_length=200)] = ""
    columns: dict[str, str] = Field(max_length=200)
    topics: tuple[Annotated[str, Field(pattern=TOPIC_ID)], ...] = Field(default=("marketing",), max_length=30)
    consent_source: Annotated[str, Field(min_length=8, max_length=200, pattern=r"^[^\r\n]*$")]
    consent_date: str | None = None
    everybody: Literal["agreed", "not_agreed"] | None = None
    role_addresses: Literal["keep", "leave_out"] = "keep"
    attested: bool

    @model_validator(mode="after")
    def _fits(self) -> Import:
        named = list(self.columns.values())
        for each in named:
            own = TRAIT_OF_OWN.fullmatch(each)
            if each not in FIELDS and (own is None or not may_be_told_by_anybody(own[1])):
                raise ValueError(f"columns: {each} is no field, nor a trait of the shop's own (trait:<name>)")
        if named.count("email") != 1:
            raise ValueError("columns: one column must be the email address")
        if len(set(named)) < len(named):
            raise ValueError("columns: two columns are the same field")
        says = {"consent", "unsubscribed_date", "cleaned_date"} & set(named)
        if not says and self.everybody is None:
            raise ValueError("everybody: no column says who has agreed, so say whether everybody has")
        if self.consent_date is not None:
            _date_of(self.consent_date)
        return self


def refuse_what_was_bought(made: Import) -> None:
    """RefusedError: the list was bought, or nobody stands for it."""
    if not made.attested:
        said = "say that everybody on the list has given their address to this shop themselves (attested)"
        raise RefusedError("not_attested", said, "attested", 422)
    if _BOUGHT.search(made.consent_source):
        raise RefusedError("bought_list", REFUSED_LIST, "consent_source", 422)


# ── what a file is ──


class Recognised(NamedTuple):
    """`kind`: whose export it is; `columns`: what its headers mean, as far as we know."""

    kind: Literal["mailchimp", "klaviyo", "shopify", "other"]
    columns: dict[str, str]


def recognised(headers: Sequence[str]) -> Recognised:
    """What the headers of a file mean. Of Mailchimp's OPTIN_TIME and CONFIRM_TIME the second is always there."""
    folded = set(map(_folded, headers))
    kind: Literal["mailchimp", "klaviyo", "shopify", "other"] = "other"
    if len(_MAILCHIMP & folded) >= 2:
        kind = "mailchimp"
    elif _KLAVIYO & folded:
        kind = "klaviyo"
    elif len(_SHOPIFY & folded) >= 3:
        kind = "shopify"
    columns: dict[str, str] = {}
    for header in headers:
        means = _HEADERS.get(_folded(header))
        if means is not None and means not in columns.values():
            columns[header] = means
    return Recognised(kind, columns)


def _folded(header: str) -> str:
    return " ".join(header.replace("-", "").split()).casefold()


class Line(NamedTuple):
    """A row of a file: the number of its (first) line, and its values by header."""

    number: int
    values: Mapping[str, str]


def lines(text: str, first: int = 2) -> tuple[list[str], list[Line]]:
    """The headers and rows of a CSV file, or of a part of one that begins with the headers: `first` is the line of its
    first row. Commas, semicolons or tabs; quoted values may have line breaks. RefusedError."""
    if len(text.encode()) > MAX_BYTES:
        raise RefusedError("too_large", f"at most {MAX_BYTES:,} bytes at once: send it in parts", "csv", 413)
    text = text.removeprefix("\ufeff")
    reader = _reader(_split(text))
    try:
        headers: list[str] = next(reader, [])
        found, of_head = list[Line](), reader.line_num
        before = of_head
        for row in reader:
            if any(value.strip() for value in row):
                found.append(Line(first + before - of_head, dict(zip(headers, row, strict=False))))
            before = reader.line_num
    except csv.Error as error:
        raise RefusedError("invalid_csv", f"line {first + reader.line_num - 2}: {error}", "csv") from None
    if not any(header.strip() for header in headers):
        raise RefusedError("invalid_csv", "the first line must have the columns' names", "csv")
    if len(found) > MAX_ROWS:
        raise RefusedError("too_large", f"at most {MAX_ROWS:,} rows at once: send it in parts", "csv", 413)
    return headers, found


PART_BYTES = 1_500_000
"""Of a part: as JSON, which may write a letter in six characters, it fits what a Lambda is given."""


def parts(text: str, most: int = MAX_ROWS, size: int = PART_BYTES) -> Iterator[tuple[int, str]]:
    """A file in parts of at most so many rows and bytes (one row is a part, however long it is), each with the headers,
    and the line of its first row."""
    of_text = _split(text.removeprefix("\ufeff"))
    reader = _reader(of_text)
    next(reader, None)
    head = "".join(of_text[: reader.line_num])
    begin = end = reader.line_num
    rows, long = 0, len(head.encode())
    for _ in reader:
        of_row = len("".join(of_text[end : reader.line_num]).encode())
        if rows and (rows == most or long + of_row > size):
            yield begin + 1, head + "".join(of_text[begin:end])
            begin, rows, long = end, 0, len(head.encode())
        end, rows, long = reader.line_num, rows + 1, long + of_row
    if rows:
        yield begin + 1, head + "".join(of_text[begin:])


def headers_of(text: str) -> list[str]:
    """The columns' names."""
    return next(_reader(_split(text.removeprefix("\ufeff"))), [])


def repeated(made: Import, several: Iterable[tuple[int, str]]) -> list[list[int]]:
    """Of each of a file's parts, the lines of those rows whose address stood in an earlier one: whoever reads a part
    alone cannot know."""
    (header,) = (name for name, means in made.columns.items() if means == "email")
    before: set[str] = set()
    found = []
    for first, text in several:
        here, again = set[str](), []
        for line in lines(text, first)[1]:
            try:
                email = normal_email(line.values.get(header, "").strip())
            except ValueError:
                continue
            here.add(email)
            if email in before:
                again.append(line.number)
        before |= here
        found.append(again)
    return found


def _reader(of_text: Sequence[str]) -> Any:
    """What csv.reader makes of a text's lines; `line_num` is how many of them it has read."""
    return csv.reader(iter(of_text), delimiter=_delimiter(of_text[0] if of_text else ""))


def _split(text: str) -> list[str]:
    """The lines of a text as a file has them, with their ends."""
    return re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+", text)


def _delimiter(head: str) -> str:
    counted = {each: head.count(each) for each in ",;\t"}
    return max(counted, key=lambda each: counted[each])


# ── what a row tells ──


@dataclass(frozen=True, slots=True)
class Person:
    """What a row tells of somebody: `said`, their answer, which is None where they gave none."""

    line: int
    email: str
    traits: Mapping[str, Json]
    said: Literal["subscribed", "unsubscribed"] | None
    date: Instant | None
    source: str


@dataclass(slots=True)
class Read:
    """What rows tell, and those that tell nothing, by line: why."""

    people: list[Person] = field(default_factory=list)
    invalid: dict[int, str] = field(default_factory=dict)
    duplicates: list[int] = field(default_factory=list)
    roles: list[int] = field(default_factory=list)
    without_date: list[int] = field(default_factory=list)


def read(made: Import, several: Sequence[Line], before: Collection[int] = ()) -> Read:
    """What the rows tell. Of two of one address the first counts, but a no of either. `before`: lines whose address
    stood in an earlier part of the file (`repeated`); of them only a no tells something still."""
    found, by_email = Read(), dict[str, int]()
    for line in several:
        values = {
            means: without_apostrophe(line.values.get(header, "").strip()) for header, means in made.columns.items()
        }
        try:
            email = normal_email(values["email"])
        except ValueError:
            found.invalid[line.number] = "no email address" if not values["email"] else "not an email address"
            continue
        source = values.get("consent_source") or made.consent_source
        if _BOUGHT.search(source):
            found.invalid[line.number] = "from a list that was bought, rented or gathered"
            continue
        if is_role(email):
            found.roles.append(line.number)
            if made.role_addresses == "leave_out":
                continue
        try:
            said, date = _answer(made, values)
        except ValueError as error:
            found.invalid[line.number] = str(error)
            continue
        if said == "subscribed" and date is None:
            found.without_date.append(line.number)
            said = None
        person = Person(line.number, email, dict(_traits(values)), said, date, source)
        if line.number in before and said != "unsubscribed":
            found.duplicates.append(line.number)
            continue
        if email in by_email:
            found.duplicates.append(line.number)
            if said == "unsubscribed":
                found.people[by_email[email]] = person
            continue
        by_email[email] = len(found.people)
        found.people.append(person)
    return found


def _answer(
    made: Import, values: Mapping[str, str]
) -> tuple[Literal["subscribed", "unsubscribed"] | None, Instant | None]:
    """Whether they said yes or no, and when. ValueError says what of it cannot be read."""
    for name in ("unsubscribed_date", "cleaned_date"):
        if values.get(name):
            return "unsubscribed", _date_of(values[name])
    date = _date_of(values["consent_date"]) if values.get("consent_date") else None
    told = values.get("consent", "").casefold()
    if "consent" not in made.columns.values():
        agreed = made.everybody == "agreed"
    elif told in _LEFT:
        return "unsubscribed", date
    elif told in _YES or told in _NO:
        agreed = told in _YES
    else:
        raise ValueError("consent: neither a yes nor a no")
    if not agreed:
        return None, None
    if date is None and made.consent_date is not None:
        date = _date_of(made.consent_date)
    return "subscribed", date


def _traits(values: Mapping[str, str]) -> Iterator[tuple[str, Json]]:
    for means, value in values.items():
        own = TRAIT_OF_OWN.fullmatch(means)
        name = own[1] if own is not None else means
        text = " ".join(re.sub(r"[\x00-\x1f\x7f]+", " ", value).split())[:200]
        if text and (own is not None or means in TRAITS):
            yield name, text


_FORMS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M", "%Y/%m/%d", "%d.%m.%Y", "%d.%m.%Y %H:%M")


def _date_of(text: str) -> Instant:
    """ISO 8601, as Mailchimp and Klaviyo write it, and with dots, the day first. ValueError."""
    try:
        return parse_instant(text)
    except ValueError:
        pass
    for form in _FORMS:
        try:
            moment = datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
        return int((moment - EPOCH).total_seconds() * 1000)
    raise ValueError("a date must be as 2026-11-24 or 2026-11-24 09:30:00")


def event(made: Import, person: Person, received: Instant, by: str) -> Event:
    """What the row tells, as an event: the same for each time that the row of this file is sent."""
    date = person.date
    consent: tuple[ConsentChange, ...] = ()
    if person.said is not None:
        consent = tuple(
            ConsentChange(
                topic=topic,
                state=person.said,
                undated=person.said == "subscribed" or date is None,
                wording=person.source[:200],
                actor=by[:128] or None,
            )
            for topic in made.topics
        )
    return Event(
        id=event_id("import", made.file, str(person.line)),
        type=Type.CONTACT_UPDATED,
        time=counted_time(date, received),
        stated=date,
        received=received,
        source="import",
        claimed=True,
        identities=(Identity(kind=IdentityKind.EMAIL, value=person.email),),
        traits={"email": person.email, **person.traits},
        consent=consent,
        properties={"import": made.file[:16]},
    )
