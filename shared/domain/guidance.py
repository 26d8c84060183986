"""Guidance: what to fix about the shop's segments, by their sizes, by what they share, and by when somebody entered.

Each finding is a sentence or two that end with what to do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.domain.conditions import Segment
from shared.domain.events import DAY, Instant
from shared.domain.wording.texts import listed, plural, quoted

USEFUL_SIZE = 100
"""Of 100 mails about 3 are clicked in, give or take 3: of fewer, no report can tell a good mail from a bad one."""
ALIKE = 0.9
"""Which part of all who are in either of two segments is in both (Jaccard): from here on they are the same people."""
QUIET = 30 * DAY
"""A segment that nobody has entered for so long has stopped, or asks for what no longer comes."""


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Literal["small", "alike", "quiet"]
    segments: tuple[str, ...]
    sentence: str


def findings(
    segments: Mapping[str, Segment],
    sizes: Mapping[str, int],
    overlaps: Mapping[tuple[str, str], int],
    last_entries: Mapping[str, Instant],
    now: Instant,
) -> list[Finding]:
    """What there is to fix, in the order of the segments: those that are alike, then small ones, then quiet ones.

    `sizes` are numbers of contacts by segment (missing: none); `overlaps`, numbers of contacts in both of two segments,
    for pairs in either order (missing: none); `last_entries`, when somebody last entered (missing: never). An empty
    segment that nobody enters is told once, as quiet.
    """
    return [
        *_alike(segments, sizes, overlaps),
        *_small(segments, sizes, last_entries, now),
        *_quiet(segments, sizes, last_entries, now),
    ]


def _alike(
    segments: Mapping[str, Segment], sizes: Mapping[str, int], overlaps: Mapping[tuple[str, str], int]
) -> Iterator[Finding]:
    order = {id_: place for place, id_ in enumerate(segments)}
    pairs = {(one, other) if order[one] < order[other] else (other, one): n for (one, other), n in overlaps.items()}
    for (one, other), both in sorted(pairs.items(), key=lambda item: (order[item[0][0]], order[item[0][1]])):
        either = sizes.get(one, 0) + sizes.get(other, 0) - both
        if not both or both / either < ALIKE:
            continue
        share = f"{both:,} of the {either:,}" if both < either else f"all {both:,}"
        names = listed([quoted(segments[each].name) for each in (one, other)], "and")
        yield Finding(
            "alike",
            (one, other),
            f"{names} are nearly the same people: {share} who are in either are in both. "
            "Keep the one that says better who is meant, or they get two emails about one thing.",
        )


def _small(
    segments: Mapping[str, Segment], sizes: Mapping[str, int], last_entries: Mapping[str, Instant], now: Instant
) -> Iterator[Finding]:
    for id_, segment in segments.items():
        size, last = sizes.get(id_, 0), last_entries.get(id_)
        if size < USEFUL_SIZE and (size or (last is not None and now - last < QUIET)):
            yield Finding(
                "small",
                (id_,),
                f"{quoted(segment.name)} has {plural(size, 'contact')}. Below {USEFUL_SIZE} a report on it is chance: "
                f"of {USEFUL_SIZE} emails about 3 are clicked in, give or take 3. Ask for less, or widen its window; "
                "if these few are meant, write to them and do not judge by the numbers.",
            )


def _quiet(
    segments: Mapping[str, Segment], sizes: Mapping[str, int], last_entries: Mapping[str, Instant], now: Instant
) -> Iterator[Finding]:
    for id_, segment in segments.items():
        last = last_entries.get(id_)
        if last is None and not sizes.get(id_, 0):
            yield Finding(
                "quiet",
                (id_,),
                f"Nobody has ever entered {quoted(segment.name)}. Look whether the events, traits or scores that it "
                "asks for come in at all, or remove it.",
            )
        elif last is not None and now - last >= QUIET:
            days = plural((now - last) // DAY, "day")
            yield Finding(
                "quiet",
                (id_,),
                f"Nobody has entered {quoted(segment.name)} for {days}. Look whether what it asks for still "
                "comes in, and whether its journeys are still wanted; if not, remove it.",
            )
