"""The ledger of a campaign: its frozen audience in chunks, and what has become of each recipient.

A chunk is sent by whoever holds its lease, and one lease is held at a time; one that has run out (its holder died) can
be taken by the next. What is known of a recipient is final once they were sent the email or were skipped; delayed ones
wait in their chunk, which is due again when the first of them is. So at every instant the audience is those sent, those
skipped by each reason and those waiting, whoever dies where.

That nobody is mailed twice does not rest on leases: each email is claimed by its message's key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from shared.domain.events import MINUTE, NEVER, SECOND, Instant

MAX_CHUNK = 250
"""Recipients of one chunk."""
LEASE = 90 * SECOND
"""How long a chunk is held without a word of its holder: longer than one email can take (a message's claim, SES's
answer)."""
SPREAD_STEP = 5 * MINUTE
"""What is spread over hours goes out in parts at most so far apart."""


class Outcome(NamedTuple):
    """What has become of one recipient: sent or skipped `at` an instant, or delayed until it; and why."""

    status: Literal["sent", "skipped", "delayed"]
    at: Instant
    reason: str | None = None

    @property
    def is_final(self) -> bool:
        return self.status != "delayed"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of the audience as it stands. `version` counts its changes. `holder` and `until` are its lease's (NEVER
    before: nobody holds it); `due` is when there is something to do next."""

    number: int
    size: int
    due: Instant
    version: int = 1
    holder: str | None = None
    until: Instant = 0
    sent: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    began: Instant | None = None
    at: Instant = 0
    """When it was last told how it stands."""

    @property
    def waiting(self) -> int:
        return self.size - self.sent - sum(self.skipped.values())

    @property
    def is_done(self) -> bool:
        return self.waiting == 0

    def is_free(self, t: Instant) -> bool:
        """Whether there is something to do that nobody is doing."""
        return not self.is_done and self.due <= t and (self.holder is None or self.until <= t)

    def free_at(self) -> Instant:
        """The first instant at which it may be free (NEVER: it is done)."""
        if self.is_done:
            return NEVER
        return self.due if self.holder is None else max(self.due, self.until)


def chunked(ids: Sequence[str], size: int) -> list[tuple[str, ...]]:
    return [tuple(ids[start : start + size]) for start in range(0, len(ids), size)]


def chunk_size(audience: int, spread: int | None) -> int:
    """Recipients a chunk: fewer where few are spread over long, so that they do not come in a few bursts."""
    if not spread:
        return MAX_CHUNK
    return max(1, min(MAX_CHUNK, -(-audience // max(spread // SPREAD_STEP, 1))))


def leased(chunk: Chunk, holder: str, t: Instant) -> Chunk:
    assert chunk.is_free(t)
    began = t if chunk.began is None else chunk.began
    return replace(chunk, version=chunk.version + 1, holder=holder, until=t + LEASE, began=began)


def to_do(ids: Iterable[str], outcomes: Mapping[str, Outcome], t: Instant) -> Iterator[str]:
    """Those whose turn it is, in the order in which they were frozen."""
    for contact in ids:
        held = outcomes.get(contact)
        if held is None or (not held.is_final and held.at <= t):
            yield contact


def told(chunk: Chunk, ids: Sequence[str], outcomes: Mapping[str, Outcome], t: Instant, *, leaves: bool) -> Chunk:
    """How the chunk stands by these outcomes, of which every final one stays final. `leaves`: its lease is given up; it
    is renewed otherwise."""
    skipped: Counter[str] = Counter(
        outcome.reason or "" for outcome in outcomes.values() if outcome.status == "skipped"
    )
    open_ = [outcomes[contact].at if contact in outcomes else t for contact in ids if not _is_final(outcomes, contact)]
    return replace(
        chunk,
        version=chunk.version + 1,
        holder=None if leaves or not open_ else chunk.holder,
        until=0 if leaves or not open_ else t + LEASE,
        due=min(open_, default=chunk.due),
        sent=sum(1 for outcome in outcomes.values() if outcome.status == "sent"),
        skipped=dict(sorted(skipped.items())),
        at=t,
    )


def _is_final(outcomes: Mapping[str, Outcome], contact: str) -> bool:
    held = outcomes.get(contact)
    return held is not None and held.is_final


# ── sums ──


@dataclass(frozen=True, slots=True)
class Sums:
    """`audience` = `sent` + those `skipped` by each reason + `waiting`."""

    audience: int
    sent: int
    skipped: Mapping[str, int]

    @property
    def waiting(self) -> int:
        return self.audience - self.sent - sum(self.skipped.values())


def sums(chunks: Iterable[Chunk]) -> Sums:
    audience, sent, skipped = 0, 0, Counter[str]()
    for chunk in chunks:
        audience, sent = audience + chunk.size, sent + chunk.sent
        skipped.update(chunk.skipped)
    return Sums(audience, sent, dict(sorted(skipped.items())))


def next_due(chunks: Iterable[Chunk]) -> Instant:
    """When there is something to do next for whoever is not at work (NEVER: all is done)."""
    return min((chunk.free_at() for chunk in chunks), default=NEVER)


RECENT = 5 * MINUTE


def per_minute(chunks: Iterable[Chunk], t: Instant) -> int:
    """How many have been brought to their end a minute, by the chunks that were at work within the last five."""
    recent = [chunk for chunk in chunks if chunk.began is not None and chunk.at > t - RECENT and chunk.at > chunk.began]
    if not recent:
        return 0
    span = max(t, *(chunk.at for chunk in recent)) - min(chunk.began or t for chunk in recent)
    return round(sum(chunk.size - chunk.waiting for chunk in recent) * MINUTE / max(span, SECOND))


def ends_at(chunks: Sequence[Chunk], t: Instant) -> Instant | None:
    """When the last will have been brought to their end, at the pace of the last minutes; None: that is not known."""
    open_ = [chunk for chunk in chunks if not chunk.is_done]
    pace = per_minute(chunks, t)
    if not open_ or not pace:
        return None
    now_waiting = sum(chunk.waiting for chunk in open_ if chunk.due <= t)
    return max(t + now_waiting * MINUTE // pace, *(chunk.due for chunk in open_))
