"""The shop's definitions: segments as they were published, and drafts of them.

In the Definitions table each publication is an item `segments`, version = its number; the drafts are one numbered
document likewise (`drafts`). No version is ever overwritten. A Lambda takes the newest publication for `CACHE_TTL` as
it has read it; who must not fall behind asks `at_least`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from shared.adapters.clock import now
from shared.adapters.definitions_table import CACHE_TTL, PublishedMeanwhileError, Version, compressed, put_new, versions
from shared.adapters.drafts import Drafts, numbered
from shared.adapters.environment import Settings, environment
from shared.domain import calendars
from shared.domain.conditions import Segment
from shared.domain.events import Instant
from shared.domain.lead_models import MODELS, LeadModel
from shared.domain.publications import Publication, compiled, first, with_segment
from shared.domain.segments import Definitions

SEGMENTS, DRAFTS, MODEL_DRAFTS = "segments", "drafts", "lead_score_drafts"


class ShopSettings(Settings):
    shop_time_zone: str


class _Read(NamedTuple):
    """The newest publication, as it was read at an instant; `stored` unless it is only the shipped one."""

    publication: Publication
    definitions: Definitions
    stored: bool
    at: Instant


_read: _Read | None = None


# ── segments ──


def segments() -> Definitions:
    """All segments of the shop, compiled: as the newest publication has them, at most `CACHE_TTL` ago."""
    return _newest(CACHE_TTL).definitions


def publication() -> Publication:
    """The newest publication, read now; the shipped segments are the first where nothing was published yet."""
    return _newest(0).publication


def at_least(number: int) -> Definitions:
    """As `segments`, of a publication with this number or a later one. LookupError: there is none."""
    found = segments()
    if found.sequence < number:
        found = _newest(0).definitions
    if found.sequence < number:
        raise LookupError(f"publication {number} was asked for, and {found.sequence} is the newest")
    return found


def ensure_recorded(number: int) -> Definitions:
    """As `at_least`, for who decides memberships by them. Before the first is decided, the shipped segments are put on
    record, so that a later deployment knows what it changes."""
    _put_first_on_record()
    return at_least(number)


def publish(publication: Publication) -> None:
    """Stores a publication, if its number is the next. PublishedMeanwhileError, TooLargeError."""
    _put_first_on_record()
    _put_publication(publication)
    _newest(0)


def _put_first_on_record() -> None:
    if _newest(CACHE_TTL).stored or (newest := _newest(0)).stored:
        return
    with suppress(PublishedMeanwhileError):
        _put_publication(newest.publication)
    _newest(0)


def _put_publication(publication: Publication) -> None:
    put_new(Version(SEGMENTS, publication.number, _body(publication)))


def _body(publication: Publication) -> bytes:
    return compressed(SEGMENTS, publication.model_dump_json(by_alias=True, exclude_none=True).encode())


def check_size(publication: Publication) -> None:
    """TooLargeError where the publication could not be stored."""
    _body(publication)


def numbered_publication(number: int) -> Publication:
    """The publication of a number. LookupError: there is none."""
    found, body = next(versions(SEGMENTS, number + 1), (0, b""))
    if found != number:
        raise LookupError(f"there is no publication {number}")
    return Publication.model_validate_json(body)


def published_by(t: Instant) -> Publication | None:
    """What was published at an instant; None: nothing was yet."""
    newest = publication()
    low, high = 0, newest.number  # of all numbers from 1 on there is a publication, each later than the one before
    while low < high:
        middle = (low + high + 1) // 2
        found = newest if middle == newest.number else numbered_publication(middle)
        low, high = (middle, high) if found.published <= t else (low, middle - 1)
    return None if low == 0 else newest if low == newest.number else numbered_publication(low)


def with_draft(number: int, segment: str | None, draft: int | None, at: Instant) -> Publication:
    """The publication of a number; with the draft of a segment, of that number, where one is to be tried."""
    held = numbered_publication(number)
    if segment is None or draft is None:
        return held
    tried: Segment | None = numbered(DRAFTS, Segment | None, draft)[segment].form
    if tried is None:
        raise LookupError(f"draft {draft} of {segment} is no segment yet")
    return with_segment(held, tried, start_journeys=False, now=at)


def versions_of(segment: str) -> Iterator[tuple[Publication, Segment]]:
    """The forms a segment has had, newest first, each with the publication that brought it."""
    newest: Publication | None = publication()
    while newest is not None and (form := newest.segment(segment)) is not None:
        brought_by = newest.since[segment]
        yield (newest if brought_by == newest.number else numbered_publication(brought_by)), form
        newest = numbered_publication(brought_by - 1) if brought_by > 1 else None


def forget() -> None:
    """Forgets the newest publication, so that it is read again."""
    global _read  # noqa: PLW0603 - what a Lambda keeps while it lives
    _read = None


def _newest(most: int) -> _Read:
    """The newest publication, as it was read at most so many milliseconds ago."""
    global _read  # noqa: PLW0603
    instant = now()
    if _read is not None and 0 <= instant - _read.at < most:
        return _read
    number, body = next(versions(SEGMENTS), (0, b""))
    if _read is not None and _read.stored and _read.publication.number == number:
        found, definitions = _read.publication, _read.definitions
    else:
        found = Publication.model_validate_json(body) if number else first(shipped(), zone(), instant, shipped_models())
        definitions = compiled(found)
    _read = _Read(found, definitions, number > 0, instant)
    return _read


@cache
def shipped() -> tuple[Segment, ...]:
    """The segments the shop ships with, in the form of this deployment."""
    return TypeAdapter(tuple[Segment, ...]).validate_json(_text("segments.json"))


@cache
def shipped_models() -> tuple[LeadModel, ...]:
    """The lead models the shop ships with, in the form of this deployment."""
    return MODELS.validate_json(_text("lead_models.json"))


def model_versions_of(model: str) -> Iterator[tuple[Publication, LeadModel]]:
    """The forms a lead model has had, newest first, each with the publication that brought it."""
    newest: Publication | None = publication()
    while newest is not None and (form := newest.model(model)) is not None:
        brought_by = newest.models_since[model]
        yield (newest if brought_by == newest.number else numbered_publication(brought_by)), form
        newest = numbered_publication(brought_by - 1) if brought_by > 1 else None


def zone() -> str:
    """The shop's time zone, as it was deployed; UTC where there is none of that name (`unknown_zone`): a mistyped
    setting is one problem for the operator, and not the fault of every event."""
    return environment(ShopSettings).shop_time_zone if unknown_zone() is None else "UTC"


def shop_zone() -> ZoneInfo:
    return calendars.zone(zone()) or ZoneInfo("UTC")


def unknown_zone() -> str | None:
    """The time zone that was deployed, where there is none of that name."""
    name = environment(ShopSettings).shop_time_zone
    return None if calendars.zone(name) else name


# ── drafts ──

drafts: Drafts[Segment | None] = Drafts(DRAFTS, Segment | None)
"""Of segments, by their ids. `text` is what somebody is writing, as they left it; while that is no segment yet, there
is no `form`."""

model_drafts: Drafts[LeadModel | None] = Drafts(MODEL_DRAFTS, LeadModel | None)
"""Of lead scores, likewise."""


# ── stored form ──


def _text(name: str) -> str:
    return resources.files("shared").joinpath("definitions", name).read_text(encoding="utf-8")
