"""What says who somebody is, and how it is found again in a text.

A profile's history and the lake keep texts of events, and nothing personal may be among them. Three rules see to it:

- **The contact's own words.** Of the traits that say who somebody is (`kind_of`), `own_words` are what is looked for:
  the words of a name; an address, a company and a birthday whole, in their usual spellings; the digits of a phone
  number. A text that says one of them *as whole words* is not kept: `Leather goods` says nothing of Lea. A text's words
  are what stands between its non-alphanumerics, without case or accents, in every reading of it (`_readings`: percent,
  HTML, base64, base32, hex, Punycode, escapes; letters that only look like others are read as those, too).
- **What looks like somebody's** (`looks_personal`) is not kept, whoever's it is: email addresses, phone numbers,
  streets with a number.
- **What comes with the public key is a code or nothing** (`text` with `public`): at most CODE_WORDS words in a part,
  100 characters (a path 200), no character that codes have no need of, no word of two scripts, nothing as long as a
  token or a hash.

What the shop's own storefront calls its products and categories is the shop's: no buyer's name takes it away.

What this cannot know: a name that no trait has told, a word with a slip in it or in a cipher, a phone number that is
written as nothing but digits and nobody has told, transliterations other than of umlauts and the like, and a secret
that somebody hides on purpose (in the choice between two products, say). And it cannot tell a contact called Rose from
a rose: what a website says of rose wine is not kept of her.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import pairwise
from urllib.parse import unquote

from shared.domain.events import Json

MAX_TEXT = 200
"""Characters of a text that is kept."""
MAX_CODE = 100
"""Of one that is told with the public key, but for a path."""
CODE_WORDS = 5
"""Words between two of `/ > | , :` in what is told with the public key."""
MAX_TOKEN = 32
"""Letters and digits that stand together there, fewer than."""
LEAST_PHONE = 8
"""Digits that make a number somebody's, and of a longer one those that stay whatever is dialled before them."""
DISTINCT = 8
"""Letters of a word of a street by which it is known: shorter ones (`Garden Lane`) are everybody's."""
MAX_DECODED = 4
"""Times that a text is decoded: who hides an address deeper does it on purpose."""
_MAX_READINGS = 24

# ── which traits say who somebody is ──


def _words(several: str) -> frozenset[str]:
    return frozenset(several.split())


_KINDS: Mapping[str, frozenset[str]] = {
    kind: _words(known)
    for kind, known in {
        "email": "email mail emailaddress",
        "phone": "phone telephone phonenumber mobile cell cellphone tel fax whatsapp telefon handy msisdn",
        "birthday": "birthday birthdate birth born dob dateofbirth geburtstag geburtsdatum",
        "company": "company organization organisation employer firm firma companyname business",
        "name": "name firstname lastname fullname middlename surname forename nickname givenname familyname "
        "displayname maidenname username vorname nachname nom prenom nombre apellido handle",
        "street": "street address addres address1 address2 addressline line1 line2 strasse straße apartment",
        "postcode": "postcode postalcode zip zipcode plz postal",
        "id": "id uid uuid userid customerid memberid accountid iban bic ssn passport taxid vat license licence ip",
        "link": "website url avatar homepage photo picture",
    }.items()
}
_THINGS = _words(
    "plan product item variant list segment campaign brand category collection store shop device browser os app "
    "theme template event page site tier level coupon offer program programme topic currency country region state "
    "province city team pet file course count frequency type size model status verified valid opt optin score "
    "year length since at preference pref client engine version quality industry quiz form tag group role source "
    "referrer landing experiment survey order cart subscription size color colour"
)
"""Whose name, id or address is none of the person's: `plan_name`, `product_id`, `landing_page_url`."""
_PERSONS = _words(
    "user customer member account client contact person profile tax national card loyalty visitor anonymous"
)
"""Whose id is the person's: of what else there is (`quiz_id`, `store_id`) it is none of theirs."""
_SENSITIVE = _words("age gender sex latitude longitude lat lon lng coordinates")
"""Traits that do not name anybody, but stay out of the lake as well."""
_WHOLE = frozenset({"street", "name", "phone", "email", "birthday"})
"""Kinds of a trait with parts whose every part is personal; of others (a company), those that are by themselves."""
_ROUGHLY_WHERE = _words("country region state province countrycode regioncode provincecode statecode")
_OURS = re.compile(
    r"(tags|lists|signup_source|promised_code|dormant|sunset"
    r"|propensity|scores?|predicted_[^.]*|best_hour|sentiment)(\..*)?",
    re.IGNORECASE,
)
"""Traits that a storefront's tags, the nights and the journeys set, and the product acts by, with all their parts."""
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def may_be_told_by_anybody(trait: str) -> bool:
    """Whether a sender with a public write key may set a trait of this name: who somebody is and where (`email` only as
    `identities` allows), and any name of the shop's own; never one that the product itself sets or acts by."""
    return _OURS.fullmatch(trait.strip()) is None


@lru_cache(maxsize=2048)
def kind_of(trait: str) -> str | None:
    """In which way a trait of this name says who somebody is: one of _KINDS; None when it does not. A dot leads to a
    part: of an address or a name every part says it, of a company `company.name` and not `company.plan`."""
    kind = None
    for part in trait.split("."):
        if kind in _WHOLE:
            return None if _squeezed(part) in _ROUGHLY_WHERE else kind
        own = _kind_of_part(part)
        kind = "company" if kind == "company" and own == "name" else own
    return kind


def _squeezed(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()


def _kind_of_part(part: str) -> str | None:
    words = [word for word in re.split(r"[\W_]+", _CAMEL.sub(" ", part).lower()) if word]
    singular = [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words]
    if not words or not _THINGS.isdisjoint((*words, *singular)):
        return None
    if words[-1] == "id" and len(words) > 1 and _PERSONS.isdisjoint(words):
        return None
    said = {*words, *singular, "".join(words)}
    return next((kind for kind, known in _KINDS.items() if not known.isdisjoint(said)), None)


@lru_cache(maxsize=2048)
def in_lake(trait: str) -> bool:
    """Whether a trait of this name may go into the lake: none that says who somebody is, or where within their city."""
    parts = {word for word in re.split(r"[\W_]+", _CAMEL.sub(" ", trait).lower()) if word}
    return kind_of(trait) is None and _SENSITIVE.isdisjoint(parts)


# ── the words by which somebody is found ──


def own_words(traits: Mapping[str, Json]) -> frozenset[str]:
    """The words by which the values of the traits that say who somebody is are found again in a text."""
    return frozenset(_own_words(traits)) if traits else frozenset()


def _own_words(traits: Mapping[str, Json]) -> Iterator[str]:
    for name, value in traits.items():
        if isinstance(value, dict):
            yield from _own_words({f"{name}.{part}": each for part, each in value.items()})
        elif isinstance(value, list):
            for each in value:
                yield from _own_words({name: each})
        elif isinstance(value, str | int) and not isinstance(value, bool) and (kind := kind_of(name)) is not None:
            yield from _words_of(kind, str(value))


_PARTICLES = _words(
    "de la le el al di da do du st van von der den del della dos das des bin ibn abu the and und mrs mr ms dr "
    "prof jr sr iii miss madam frau herr"
)
"""What stands in many names, and names nobody."""
_ANY_STREET = _words(
    "street road lane avenue drive close court square place way strasse weg platz gasse allee rue via calle plaza "
    "straat laan boulevard terrace crescent"
)
_ANY_COMPANY = _words("gmbh ltd limited inc llc plc ag kg ohg bv nv sa sas srl spa oy ab as co corp company")
_ANY_MAILBOX = _words(
    "info contact office sales hello support admin shop store service mail email kontakt order orders billing "
    "team customer customers privacy account accounts newsletter marketing webmaster postmaster noreply"
)


@lru_cache(maxsize=8192)
def _words_of(kind: str, value: str) -> tuple[str, ...]:
    """What of a value is looked for: single words (also of several written as one), phrases with one space between
    words, and of a number that one can dial the last digits."""
    if len(value) > MAX_TEXT:
        return ()
    found: dict[str, None] = {}
    match kind:
        case "email":
            local, at, _ = value.partition("@")
            if at:
                found |= _phrase(value)
                words = [word for word in _forms(local.partition("+")[0])[0].split() if not word.isdigit()]
                if len(words) > 1 or (words and len(words[0]) >= DISTINCT - 3 and words[0] not in _ANY_MAILBOX):
                    found |= _phrase(local.partition("+")[0])
        case "phone":
            digits = "".join(filter(str.isdigit, value))
            if len(digits) >= LEAST_PHONE - 2:
                found |= dict.fromkeys([digits[-LEAST_PHONE:]])
                found |= _phrase(value) if len(digits) < LEAST_PHONE else {}
        case "birthday":
            found |= _phrase(value) if sum(map(str.isdigit, value)) >= 6 else {}
            if (date := re.match(r"(\d{4})-(\d\d)-(\d\d)", value)) is not None:
                year, month, day = date.groups()
                for each in ((year, month, day), (day, month, year), (month, day, year)):
                    found |= dict.fromkeys((" ".join(each), "".join(each), " ".join(part.lstrip("0") for part in each)))
        case "name":
            for part in value.split():
                found |= {} if part.lower() in _PARTICLES else _phrase(part)
            for form in _forms(value):
                words = form.split()
                found |= _phrase_of(words)
                found |= dict.fromkeys(word for word in words if word.isalpha() and word not in _PARTICLES)
        case "street" | "company":
            for part in (value, *re.split(r"[,;\n]", value)):
                found |= _phrase(part)
                for form in _forms(part):
                    named = [word for word in form.split() if word.isalpha()]
                    found |= _phrase_of(named) if len(named) > 1 and len("".join(named)) > 5 else {}
                    rest = [word for word in named if word not in _ANY_STREET | _ANY_COMPANY]
                    found |= _phrase_of(rest) if len(rest) > 1 or (kind == "company" and rest) else {}
                    if kind == "street":
                        found |= dict.fromkeys(word for word in rest if len(word) >= DISTINCT)
                    found |= dict.fromkeys(word for word in form.split() if word.isdigit() and len(word) >= 5)
        case "link":
            found |= _phrase(re.sub(r"^\w+://(www\.)?", "", value))
        case _:
            found |= _phrase(value)
    return tuple(word for word in found if _width(word) > 1)


def _phrase(value: str) -> dict[str, None]:
    return {word: None for form in _forms(value) for word in _phrase_of(form.split())}


def _phrase_of(words: Sequence[str]) -> dict[str, None]:
    """These words one after the other, and written as one: where that is enough to be somebody's."""
    together = "".join(words)
    return dict.fromkeys((" ".join(words), together)) if _width(together) >= 3 else {}


def _width(word: str) -> int:
    """Its letters; those of scripts that write a name in one or two count twice."""
    return len(word) if word.isascii() else sum(1 + (unicodedata.east_asian_width(each) in "WF") for each in word)


# ── the words of a text ──

_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХҮаԁеѕіјкорсухһԛԝвмнтӏ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιγεηκνορτυχω" + "ցոսօհ",
    "ABESIJKMHOPCTYXYadesijkopcyxhqwbmhtl" + "ABEZHIKMNOPTYXaiyenkvoptuxw" + "gnuoh",
)
"""Letters of other scripts (Cyrillic, Greek, Armenian) that look like these."""
_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ħ": "h", "ŧ": "t", "ß": "ss"}
)
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_APART = re.compile(r"[\W_]+|(?<=\d)(?=[^\W\d])|(?<=[^\W\d])(?=\d)")
_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(maxsize=8192)
def _forms(value: str) -> tuple[str, ...]:
    """A text as plain words with one space between, in the ways it can be read: `camelCase` and `ann10` as two words or
    as one; an umlaut as two letters or without its dots; letters that look like Latin ones as those."""
    value = unicodedata.normalize("NFKC", value)
    found: dict[str, None] = {}
    for each in dict.fromkeys((_CAMEL.sub(" ", value), value)):
        lower = each.casefold()
        spelled = [lower] if lower.isascii() else [without_accents(lower), without_accents(lower.translate(_DIGRAPHS))]
        if not spelled[0].isascii():
            spelled.append(without_accents(each.translate(_ALIKE).casefold()))
        for one in spelled:
            found |= dict.fromkeys((_joined(_APART.split(one)), _joined(_BETWEEN.split(one))))
    return tuple(found)


def _joined(words: Sequence[str]) -> str:
    return " ".join(filter(None, words))


def without_accents(value: str) -> str:
    """Letters without their accents; those that are no letter with an accent (ø, æ, ß) as people write them without."""
    decomposed = unicodedata.normalize("NFKD", value)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).translate(_WITHOUT_ACCENT)


def says(value: str, own: frozenset[str]) -> bool:
    """Whether a text says one of these words, in whichever reading of it."""
    if not own:
        return False
    _, phrases, tokens, digits = _read(value)
    singles, several, dialled = _sorted(own)
    if any(_width(word) >= 3 for word in tokens & singles) or any(number in digits for number in dialled):
        return True
    if any(f" {phrase} " in f" {each} " for phrase in several for each in phrases):
        return True
    return any(_are_two(word, singles) for word in tokens) or any(_has_pair(each, singles) for each in phrases)


@lru_cache(maxsize=1024)
def _sorted(own: frozenset[str]) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """Single words, phrases, and the digits of phone numbers."""
    singles = frozenset(word for word in own if " " not in word)
    dialled = tuple(word for word in singles if len(word) == LEAST_PHONE and word.isdigit())
    return singles, tuple(word for word in own if " " in word), dialled


def _are_two(word: str, singles: frozenset[str]) -> bool:
    """Whether it is two of the words, written as one."""
    if len(word) < 3 or word.isdigit():
        return False
    return any(word[:at] in singles and word[at:] in singles for at in range(1, len(word)))


def _has_pair(phrase: str, singles: frozenset[str]) -> bool:
    """Whether two of the words, which may be short ones (`Bo Xu`), follow each other in it."""
    words = phrase.split(" ")
    return any(one in singles and two in singles and one != two for one, two in pairwise(words))


# ── all that a text may be read as ──

_BASE64 = (re.compile(r"[\w+-]{4,}={0,2}", re.ASCII), re.compile(r"[\w+/-]{4,}={0,2}", re.ASCII))
"""What may be base64: between slashes, and with slashes in it."""
_BASE32 = re.compile(r"[A-Za-z2-7]{8,}={0,6}")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2}[: -]?){3,}")
_ESCAPED = re.compile(r"\\u\{?([0-9A-Fa-f]{4})\}?")
_ESCAPED_BYTES = re.compile(r"(?:(?:=|\\x)[0-9A-Fa-f]{2})+")
_PUNYCODE = re.compile(r"xn--([A-Za-z0-9-]+)")


@lru_cache(maxsize=8192)
def _read(value: str) -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str], str]:
    """All that a text may be read as; the same as plain words; each of these words; and all its digits."""
    readings = tuple(_readings(value))
    phrases = tuple(dict.fromkeys(form for each in readings for form in _forms(each)))
    digits = " ".join("".join(filter(str.isdigit, each)) for each in phrases)
    return readings, phrases, frozenset(word for each in phrases for word in each.split(" ")), digits


def _readings(value: str) -> list[str]:
    found = {unicodedata.normalize("NFKC", value): None}
    layer = list(found)
    for _ in range(MAX_DECODED):
        layer = [each for one in layer for each in dict.fromkeys(_decoded(one)) if each not in found]
        found |= dict.fromkeys(layer[: _MAX_READINGS - len(found)])
        if not layer or len(found) >= _MAX_READINGS:
            break
    return list(found)


def _decoded(value: str) -> Iterator[str]:
    """What it says when one encoding is taken off it."""
    if "%" in value or "&" in value:
        from html import unescape  # its table of entities is large, and hardly ever needed

        yield unicodedata.normalize("NFKC", unescape(unquote(value)))
    if "\\" in value or "=" in value:
        bare = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), value)
        yield _ESCAPED_BYTES.sub(lambda run: bytes.fromhex(re.sub(r"=|\\x", "", run[0])).decode(errors="replace"), bare)
    for part in _HEX.findall(value):
        digits = re.sub("[: -]", "", part)
        yield from _as_text(bytes.fromhex(digits))
    if len(value) < 4:
        return
    import binascii

    for part in dict.fromkeys(part for pattern in _BASE64 for part in pattern.findall(value)):
        whole = part.rstrip("=").replace("-", "+").replace("_", "/")
        with suppress(binascii.Error):
            yield from _as_text(binascii.a2b_base64(whole + "=" * (-len(whole) % 4), strict_mode=True))
    for part in _BASE32.findall(value):
        import base64

        whole = part.rstrip("=").upper()
        with suppress(binascii.Error):
            yield from _as_text(base64.b32decode(whole + "=" * (-len(whole) % 8)))
    for label in _PUNYCODE.findall(value):
        with suppress(UnicodeError):
            yield label.encode().decode("punycode")


def _as_text(value: bytes) -> Iterator[str]:
    with suppress(UnicodeError):
        text_ = value.decode().strip()
        if len(text_) > 2 and text_.isprintable():
            yield unicodedata.normalize("NFKC", text_)


# ── what may be kept ──

_ADDRESS = re.compile(r"[^\s@]@[^\s@]+\.\w")
_SPELLED_ADDRESS = re.compile(r"\w[\s(\[_-]+at[\s)\]_-]+\w+[\s(\[_-]+dot[\s)\]_-]+\w", re.IGNORECASE)
_PHONE = re.compile(r"(?:^|[^\w])\+[1-9](?:[\s().-]?\d){7,14}(?!\d)")
_DIGITS = re.compile(r"(?<![\w.+])\(?\d[\d\s().-]{4,}\d(?!\w)")
_DATE = re.compile(r"(?:19|20)\d\d([-.])\d\d?\1\d\d?|\d\d?([-.])\d\d?\2(?:19|20)\d\d")
_STREET = re.compile(
    r"\b\d{1,5} (?:[^\W\d]{2,} ){1,3}(?<!off )(?:street|road|rd|lane|avenue|ave|crescent|terrace|boulevard|blvd)"
    r"(?= ?\d| ?$)"
    r"|\b[^\W\d]*(?:strasse|straat|gasse|allee|gatan|vagen)(?: [a-z])? \d{1,4}\b"
    r"|\b(?:[^\W\d]{4,}weg|[^\W\d]{3,}str|[^\W\d]{3,}platz|[^\W\d]{4,}laan) \d{1,4}\b"
    r"|\b\d{1,4} (?:bis |ter )?(?:rue|boulevard|avenue|chemin|impasse) (?:[^\W\d]+)"
    r"|\b(?:rua|calle|viale|piazza|ulica) (?:[^\W\d]+ ){1,4}\d{1,4}\b"
)
"""A street with a number, as plain words: in English, German, Dutch, Swedish, French, Spanish, Italian, Polish."""
_POSTCODE = re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b", re.IGNORECASE)
"""British ones; elsewhere they are digits like others."""
_CODE = re.compile(r"[\w.:/#=|+-]{1,200}", re.ASCII)
"""A code, as machines write them: no spaces, no @."""
_OF_CODES = frozenset(" -_./:#=|+&,()!?'’–>*~%")
_TOKEN = re.compile(rf"[A-Za-z0-9]{{{MAX_TOKEN},}}")
_LIKE_LATIN = frozenset({"CHEROKEE", "LISU", "COPTIC", "DESERET", "OSAGE"})


def text(value: Json, own: frozenset[str], public: bool = False) -> str | None:
    """A text that says nothing of anybody, as it is; else None. `public`: it came with the public key."""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or looks_personal(value):
        return None
    return None if (public and not (_is_code(value) and len(value) <= MAX_CODE)) or says(value, own) else value


def identifier(value: Json, own: frozenset[str], public: bool = False) -> str | None:
    """What a shop calls a product: a code, a number, or a name such as `Blue Mug`."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return category_name(found, own, public) if isinstance(found, str) and found.strip() else None


def category_name(value: Json, own: frozenset[str], public: bool = False) -> str | None:
    """What a shop calls a kind of its products, or who makes them: of its own, no digits or streets are looked for."""
    if public:
        return text(value, own, public=True)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT or _has_address(value):
        return None
    return None if says(value, own) else value


def code(value: Json, own: frozenset[str]) -> str | None:
    """What machines call something: no spaces, only ASCII."""
    found = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(found, str) or not _CODE.fullmatch(found) or _has_address(found):
        return None
    return None if says(found, own) else found


def path(value: Json, own: frozenset[str], public: bool = False) -> str | None:
    """A page's path, without the query and the fragment, which are full of tokens and addresses."""
    if not isinstance(value, str):
        return None
    found = text(re.split("[?#]", value)[0], own)
    return None if found is None or (public and not _is_code(found)) else found


def link(value: Json, own: frozenset[str]) -> str | None:
    """Where a link in an email led, without its host: the shop's own, mostly."""
    return path(re.sub(r"^https?://[^/?#]*/?", "/", value), own) if isinstance(value, str) else None


@lru_cache(maxsize=4096)
def looks_personal(value: str) -> bool:
    """Whether there is an email address, a phone number or a street with its number in it, whoever's it is."""
    if _has_address(value):
        return True
    readings, phrases, _, _ = _read(value)
    if any(_POSTCODE.search(each) or any(map(_is_phone, _DIGITS.findall(_DATE.sub("/", each)))) for each in readings):
        return True
    return any(_STREET.search(phrase) for phrase in phrases)


@lru_cache(maxsize=4096)
def _has_address(value: str) -> bool:
    readings = _read(value)[0]
    if "@" in readings[0] or "@" in unquote(readings[0]):
        return True
    return any(_ADDRESS.search(each) or _SPELLED_ADDRESS.search(each) or _PHONE.search(each) for each in readings)


def _is_phone(written: str) -> bool:
    """Whether digits with what people write between them are a phone number: one begins with 0 or stands in groups.
    Article numbers (GTIN, ISBN) are none."""
    groups = re.findall(r"\d+", written)
    digits = "".join(groups)
    if not 7 <= len(digits) <= 15 or _is_article(digits):
        return False
    if written.startswith("("):
        return True
    if digits.startswith("0"):
        return len(digits) >= 9 and (len(groups) > 1 or not digits.startswith("00"))
    return len(groups) >= 3 and len(digits) >= 9 and all(len(group) > 1 for group in groups[1:])


def _is_article(digits: str) -> bool:
    """Whether the last digit is the check digit of a GTIN (8, 12 to 14 digits) or of a ten-digit ISBN."""
    if len(digits) == 10:
        return sum((10 - at) * int(digit) for at, digit in enumerate(digits)) % 11 == 0
    weighed = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits)))
    return len(digits) in (8, 12, 13, 14) and weighed % 10 == 0


@lru_cache(maxsize=4096)
def _is_code(value: str) -> bool:
    """Whether it is written as codes are (see above): what is told with the public key is one, or it is not kept."""
    read = unicodedata.normalize("NFC", unquote(value))
    if not all(each.isalnum() or unicodedata.category(each)[0] == "M" or each in _OF_CODES for each in read):
        return False
    if _TOKEN.search(read) or any(len(part.split()) > CODE_WORDS for part in re.split("[/>|,:]", read)):
        return False
    return read.isascii() or all(_of_one_script(word) for word in re.findall(r"[^\W\d_]+", read))


def _of_one_script(word: str) -> bool:
    scripts = {unicodedata.name(letter, "").split(" ")[0].split("-")[0] for letter in word}
    if scripts <= {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}:
        return True
    return len(scripts) == 1 and scripts.isdisjoint(_LIKE_LATIN)
