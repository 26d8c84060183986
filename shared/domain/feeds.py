"""Feeds of the shop's own (a blog, events) as RSS 2.0 or Atom, and the weather: what an email can say of them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from shared.domain.events import Json
from shared.domain.messages.variables import MAX_TEXT, one_line

MAX_ENTRIES = 20
MAX_SUMMARY = 300
_WEB = re.compile(r"https://[^\s\"'<>\\^`{|}\x00-\x1f]{3,2000}")


def entries(answer: bytes) -> list[Json]:
    """The newest of a feed: each a `title`, `url`, `summary`, `picture`, `date` (ISO 8601) and `categories`, as plain
    text; `until` and `place`, which calendars have (`icalendar`), are None. ValueError: it is no feed. One with a
    DOCTYPE is none: it could name files, and grow without end."""
    root = _root(answer)
    if _name(root) not in ("rss", "feed", "RDF"):
        raise ValueError("it is neither RSS nor Atom")
    found = [entry for each in root.iter() if _name(each) in ("item", "entry") for entry in _entry(each)]
    found.sort(key=lambda entry: str(entry["date"] or ""), reverse=True)
    return list[Json](found[:MAX_ENTRIES])


def _root(answer: bytes) -> ElementTree.Element:
    """Read by expat itself, which says what it has come to in whatever encoding it is written."""

    def refuse(*_: object) -> None:
        raise ValueError("a feed has no DOCTYPE")

    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(answer, True)
        return builder.close()
    except (expat.ExpatError, LookupError, AssertionError, UnicodeError) as error:
        raise ValueError("it is no XML") from error


def _entry(element: ElementTree.Element) -> Iterator[dict[str, Json]]:
    parts: dict[str, ElementTree.Element] = {}
    for child in element:
        parts.setdefault(_name(child), child)
    title, url = _plain(_said(parts.get("title")), MAX_TEXT), _url(element)
    if title and url:
        summary = _said(parts.get("description")) or _said(parts.get("summary"))
        yield {
            "title": title,
            "url": url,
            "summary": _plain(summary, MAX_SUMMARY) or None,
            "picture": _picture(element),
            "date": _date(_said(parts.get("pubDate")) or _said(parts.get("published")) or _said(parts.get("updated"))),
            "categories": list[Json](_categories(element)),
            "until": None,
            "place": None,
        }


def _name(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _said(element: ElementTree.Element | None) -> str:
    return "" if element is None else "".join(element.itertext())


def _plain(text: str, bound: int) -> str:
    """Without markup and entities. Whatever is left is escaped where it is written."""
    return one_line(html.unescape(re.sub(r"<[^>]{0,2000}>", " ", text[:20_000])), bound)


def _url(element: ElementTree.Element) -> str | None:
    for child in element:
        if _name(child) == "link" and child.get("rel", "alternate") == "alternate":
            address = (child.get("href") or child.text or "").strip()
            if _WEB.fullmatch(address):
                return address
    return None


def _picture(element: ElementTree.Element) -> str | None:
    for child in element.iter():
        kind = f"{child.get('type') or ''}{child.get('medium') or ''}"
        address = child.get("url") or child.get("href") or ""
        is_one = _name(child) == "thumbnail" or (_name(child) in ("content", "enclosure", "link") and "image" in kind)
        if is_one and _WEB.fullmatch(address):
            return address
    return None


def _date(text: str) -> str | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            made = read(text.strip())
        except (ValueError, TypeError, IndexError):
            continue
        zoned = made if made.tzinfo is not None else made.replace(tzinfo=UTC)
        return zoned.astimezone(UTC).isoformat(timespec="seconds")
    return None


def _categories(element: ElementTree.Element) -> Iterator[str]:
    for child in element:
        if _name(child) in ("category", "subject") and (text := _plain(child.get("term") or _said(child), 60)):
            yield text


def chosen(found: Iterable[Any], likes: Iterable[str]) -> list[Json]:
    """What is in a category that the contact likes comes first, otherwise the newest."""
    wanted = {like.casefold() for like in likes}
    listed = list(found)
    return sorted(listed, key=lambda entry: not wanted & {str(each).casefold() for each in entry["categories"]})


# ── the weather ──

_SKIES = (
    ("clear", range(2)),
    ("cloudy", range(2, 49)),
    ("rain", range(51, 68)),
    ("snow", range(71, 78)),
    ("rain", range(80, 83)),
    ("snow", range(85, 87)),
    ("storm", range(95, 100)),
)
"""By the codes of the World Meteorological Organization that Open-Meteo gives."""


def open_meteo(latitude: float, longitude: float) -> str:
    """The address at which Open-Meteo tells the weather of a place, to a tenth of a degree (some ten kilometres): all
    contacts around there are told the same, and nobody's place is told more exactly."""
    place = f"latitude={latitude:.1f}&longitude={longitude:.1f}"
    return f"https://api.open-meteo.com/v1/forecast?{place}&current=temperature_2m,weather_code"


def weather(answer: bytes) -> Json:
    """`temperature` in whole degrees Celsius, and `sky`: clear, cloudy, rain, snow or storm. ValueError."""
    try:
        now = json.loads(answer)["current"]
        temperature, code = float(now["temperature_2m"]), int(now["weather_code"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("it is no weather of Open-Meteo's") from error
    sky = next((name for name, codes in _SKIES if code in codes), None)
    if sky is None or not -90 <= temperature <= 60:
        raise ValueError("there is no such weather")
    return {"temperature": round(temperature), "sky": sky}
