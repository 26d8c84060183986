"""What contacts write in their own words: which of an event that is, and what is said of it in words of our own.

Nothing here gives a person's words on: what comes out is a word of three, ids of the shop's topics, and of the intents
below. Stars say what was meant better than any list of words, so they come first; then what the shop's own starred
reviews have taught, where that holds; then, where the text is surely English, a list of words (VADER's); and then a
service, if the shop uses one. Of anything else no sentiment is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from shared.domain.events import Event, Json
from shared.domain.insight.reasons import Reason
from shared.domain.personal import kind_of, without_accents
from shared.domain.properties import WRITTEN, is_free_text, is_number, leaves
from shared.domain.text_topics import folded

Sentiment = Literal["positive", "neutral", "negative"]
Tone = Callable[[str], float]
"""How an English sentence sounds, from -1 to 1."""
Reader = Callable[[str], float | None]
"""How a text sounds, from -1 to 1; None: it cannot tell."""

MAX_LETTERS = 5_000
"""Of all that one event says; what is over is not read."""
MAX_TEXTS = 30
MAX_SENTENCES = 60
BEST = 5.0
"""Stars, where an event does not say out of how many."""
MAX_BEST = 1_000
FEW, MANY = 2.5, 3.5
"""Stars below which somebody is unhappy, and above which they are happy."""
HEARD: Mapping[str, float] = {"words": 0.1, "reviews": 0.2, "service": 0.2}
"""From which tone on a text is positive, or negative, by who has read it. Of words it is twice VADER's own bound, which
is that of one sentence; of what was learnt from reviews and of a service, the two are apart by a fifth."""

INTENTS: Mapping[str, tuple[str, ...]] = {
    intent: tuple(words.split(", "))
    for intent, words in {
        "refund": "refund, refunded, money back, return it, return this, return them, return the, to return, send it "
        "back, send them back, send back, Erstattung, erstatten, Geld zurück, zurückschicken, zurückgeben, "
        "remboursement, rembourser, remboursé, renvoyer",
        "cancel": "cancel, canceling, cancelling, cancellation, stornieren, Storno, kündigen, Kündigung, annuler, "
        "annulation, résilier",
        "complaint": "complain, complaint, unacceptable, never again, ripped off, Beschwerde, beschweren, Reklamation, "
        "unverschämt, réclamation, inadmissible",
        "praise": "thank you so much, well done, highly recommend, keep it up, sehr zufrieden, sehr empfehlenswert, "
        "très satisfait, très satisfaite, je recommande",
    }.items()
}
"""What somebody wants, by what they say. Beside them: `question`, where a sentence ends with a question mark;
`complaint` and `praise` of whoever is negative or positive, whatever they say; who wants something does not praise."""


def _words(several: str) -> frozenset[str]:
    return frozenset(several.split())


_NOT = _words("not don t didn doesn won never without nicht kein keine keinen ohne pas sans")
"""Within the three words before one of those, it is not what they want."""

_ENGLISH = _words(
    "the and it this that with have has had having my your yours they them their theirs what when which who "
    "would could should been were very you i i'm i've i'd i'll it's that's not but for are at from because just "
    "don't didn't doesn't isn't wasn't can't won't couldn't be being of to our she he his him how why there "
    "where than then only again after before about these those does did really never always every"
)
_LITTLE = {
    "en": _ENGLISH,
    "de": _words(
        "die der das und ich nicht ist ein eine einen mit sehr auf wir sie zu den dem des bei nach auch aber nur wie "
        "noch fur wird sind habe hatte mir mich kein keine"
    ),
    "nl": _words("het een van niet voor maar ook zijn ik je dat die en heb naar heel"),
    "fr": _words(
        "le la les et un une ne pas est que qui avec dans mais tres nous vous il elle sont ce cette mon je en des"
    ),
    "es": _words("el los las la en por para pero muy lo un una su esta como del que"),
    "it": _words("del di che non sono molto ho mio gli della nel la le il un una"),
    "pt": _words("os um uma com nao muito meu minha para por que como"),
    "sv": _words("och att jag inte som pa av det med ett mycket den en"),
    "da": _words("ikke og jeg det som pa med et den en"),
    "pl": _words("nie jest na bardzo ale"),
}
"""Of each language those that it is told by; of the others none is English, but for `die`."""
_OTHERS = frozenset[str]().union(*(words for language, words in _LITTLE.items() if language != "en"))
LITTLE_WORDS = _ENGLISH | _OTHERS
"""They say nothing of what a text is about."""
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE = re.compile(r"(?<=[.!?。！？…])\s+|\n+")
_ASKED = re.compile(r"[^\s?？؟][^\S\n]*[?？؟](?![\w=&/])")
_ELEMENT = re.compile(r"<(script|style)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,1000}>")
_OF = re.compile(r"([0-9]{1,4}(?:[.,][0-9]{1,4})?)\s*(?:(?:/|of|out of|von|sur)\s*([0-9]{1,4}))?")
_POLITE = re.compile(
    r"\b(?:please|cancel\w*|thanks(?: in advance)?|thank you|(?:kind|best|warm) (?:regards|wishes)|dear|"
    r"yours (?:sincerely|truly))\b",
    re.IGNORECASE,
)
"""What letters are full of, whatever their writers feel, and what they ask for: VADER takes it for praise or blame."""
_QUOTED = re.compile(
    r"^(?:On .{4,200} wrote:|Am .{4,200} schrieb.{0,200}:|Le .{4,200} a écrit ?:|-{2,} ?(?:Original|Forwarded).{0,80}|"
    r"_{10,}|-- )$",
    re.MULTILINE,
)


class Said(NamedTuple):
    """What is told of a text: `topics` and `intents` in the order of the shop's and of ours."""

    sentiment: Sentiment | None
    topics: list[str]
    intents: list[str]
    reasons: list[Reason]


# ── what of an event it is ──


def text_of(event: Event) -> str:
    """All that the event says in the contact's own words, one after the other, without markup and what it quotes."""
    found: list[str] = []
    room = MAX_LETTERS
    for each in _texts(event):
        plain = _plain(each[: 4 * MAX_LETTERS])[:room]
        if plain and plain not in found:
            found.append(plain)
            room -= len(plain)
        if room <= 0 or len(found) == MAX_TEXTS:
            break
    return "\n".join(found)


def _texts(event: Event) -> Iterator[str]:
    if event.source == "form":
        # What was typed is traits; what was chosen stands in the properties, too, and is the shop's words.
        typed = (
            value for name, value in event.traits.items() if name not in event.properties and kind_of(name) is None
        )
        yield from (value for value in typed if isinstance(value, str) and " " in value.strip())
    else:
        yield from (value for name, value in leaves(event.properties) if isinstance(value, str) and is_free_text(name))


def _plain(text: str) -> str:
    if "<" in text:
        text = _TAG.sub(" ", _ELEMENT.sub(" ", text))
    if "&" in text:
        from html import unescape  # its table of entities is large

        text = unescape(text)
    quoted = _QUOTED.search(text)
    if quoted is not None and quoted.start():
        text = text[: quoted.start()]
    lines = (" ".join(line.split()) for line in text.splitlines() if not line.lstrip().startswith(">"))
    return "\n".join(line for line in lines if line)


def stars_of(event: Event) -> float | None:
    """From 1 to 5, whatever the scale. None: there are none, or it cannot be told out of how many they are."""
    rating, of = _number(_first(event, "rating", "stars", "review_rating", "ratingValue"))
    told_best = _first(event, "best_rating", "bestRating", "max_rating", "maxRating", "max", "rating_max", "scale")
    told_worst = _first(event, "worst_rating", "worstRating", "min_rating", "minRating", "min", "rating_min")
    best = (of or BEST) if told_best is None else _number(told_best)[0]
    worst = 1.0 if told_worst is None else _number(told_worst)[0]
    if rating is None or best is None or worst is None or not worst < best <= MAX_BEST or not worst <= rating <= best:
        return None
    return round(1 + 4 * (rating - worst) / (best - worst), 2)


def _first(event: Event, *names: str) -> Json:
    inner = (event.properties.get(name) for name in ("review", "reviewRating"))
    places = [event.properties, *(each for each in inner if isinstance(each, dict))]
    return next((place[name] for place in places for name in names if place.get(name) is not None), None)


def _number(value: Json) -> tuple[float | None, float | None]:
    """`4` or `"4,5"`; and of how many, where it is written as `4/5` or `4 out of 5`."""
    if is_number(value) and abs(value) <= MAX_BEST:
        return float(value), None
    found = _OF.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None, None
    return float(found[1].replace(",", ".")), float(found[2]) if found[2] else None


def language_of(event: Event) -> str | None:
    """The language that it says it is written in: `de`, `pt-BR`. Of most it does not say."""
    told = _first(event, "language", "lang", "locale")
    return told if isinstance(told, str) and _LANGUAGE.fullmatch(told) else None


_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([_-][A-Za-z]{2,4})?")


# ── what is said of it ──


def read(event: Event, topics: Mapping[str, Sequence[str]], readers: Mapping[str, Reader]) -> Said | None:
    """None: there is neither a text nor stars in it, so nothing is to be told. `readers`: by the code of the reason
    they give; the first that can tell is believed."""
    if event.type not in WRITTEN:
        return None
    text, stars = text_of(event), stars_of(event)
    if not text and stars is None:
        return None
    sentiment, reasons = _sentiment(text, stars, readers)
    about, wanted = topics_of(text, topics), intents_of(text, sentiment)
    reasons += [Reason(code="topic", value=1, about=each) for each in about[:MAX_REASONS]]
    reasons += [Reason(code="intent", value=1, about=each) for each in wanted]
    return Said(sentiment, about, wanted, reasons)


MAX_REASONS = 5


def _sentiment(text: str, stars: float | None, readers: Mapping[str, Reader]) -> tuple[Sentiment | None, list[Reason]]:
    if stars is not None:
        said: Sentiment = "negative" if stars < FEW else "positive" if stars > MANY else "neutral"
        return said, [Reason(code="stars", value=stars)]
    for code, reader in readers.items():
        heard = reader(text)
        if heard is not None:
            said = "negative" if heard <= -HEARD[code] else "positive" if heard >= HEARD[code] else "neutral"
            return said, [Reason(code=code, value=heard)]
    return None, []


def by_words(tone: Tone) -> Reader:
    """Reads English, by the mean tone of its sentences: that of a long text runs to one of the ends, whatever is in
    it."""

    def reader(text: str) -> float | None:
        if not is_english(text):
            return None
        tones = [tone(each) for each in _sentences(_POLITE.sub(" ", text))[:MAX_SENTENCES]] or [0.0]
        return round(sum(tones) / len(tones), 3)

    return reader


def _sentences(text: str) -> list[str]:
    return [each for each in _SENTENCE.split(text) if each.strip()]


def is_english(text: str) -> bool:
    """Whether a text is surely English: at least two of its little words, one in seven of all, and hardly one of those
    of other languages (`Die` is negative in English, and an article in German). Of a text of two words, or in two
    languages, it is not sure."""
    letters = [each for each in text if each.isalpha()]
    if not letters or sum(each.isascii() for each in letters) < 0.95 * len(letters):
        return False
    words = [without_accents(word.casefold().replace("’", "'")) for word in _WORD.findall(text)]
    english = [word for word in words if word in _ENGLISH]
    others = sum(word in _OTHERS for word in words)
    return len(set(english)) >= 2 and 7 * len(english) >= len(words) and 4 * others <= len(english)


def language_by(words: Sequence[str]) -> str:
    """The language of which a text says most little words; "" where it says none, or as many of two."""
    first, second = Counter({each: sum(word in own for word in words) for each, own in _LITTLE.items()}).most_common(2)
    return first[0] if first[1] > second[1] else ""


def topics_of(text: str, topics: Mapping[str, Sequence[str]]) -> list[str]:
    """The topics of which it says a word: whole words, whatever their case, with or without accents."""
    plain = f" {folded(text)} "
    return [topic for topic, words in topics.items() if any(f" {folded(word)} " in plain for word in words)]


def intents_of(text: str, sentiment: Sentiment | None) -> list[str]:
    words = folded(text).split()
    found = ["question"] if _ASKED.search(text) else []
    felt = {"complaint": "negative", "praise": "positive"}
    for intent, several in INTENTS.items():
        if felt.get(intent, "") == sentiment or any(_wants(words, folded(each).split()) for each in several):
            found.append(intent)
    asks = not {"question", "refund", "cancel"}.isdisjoint(found)
    return [each for each in found if each != "praise" or not (asks or sentiment == "negative")]


def _wants(words: Sequence[str], said: Sequence[str]) -> bool:
    return any(
        list(words[at : at + len(said)]) == said and _NOT.isdisjoint(words[max(at - 3, 0) : at])
        for at, word in enumerate(words)
        if word == said[0]
    )
