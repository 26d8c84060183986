"""What the shop's holdout says of what emails bring: it has no end, and may be looked at whenever one likes.

Weeks of people are compared, each once all of them have had their time to order. The evidence is an e-value, so that
looking every day does not make a difference out of chance; it takes more people for that than a test with an end. It
is gathered part by part of a week's people, since each part is bet on by those before it: of a holdout that begins in a
shop with many contacts, nearly all come in the first week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments.looks import ALPHA, e_value
from shared.domain.experiments.power import least_difference, more_needed
from shared.domain.experiments.rates import SAMPLE_RATIO_ALARM, Arm, sample_ratio, together
from shared.domain.experiments.verdicts import Word
from shared.domain.experiments.wording import of, points, rounded

WEEK = 7 * DAY
WITHIN = 30 * DAY
"""In which somebody has ordered, or has not."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some of those who came to take part in a `week` (since 1970): of those held out and of those sent emails, how
    many, and how many of them ordered within WITHIN."""

    week: int
    held_out: Arm
    sent: Arm

    def is_ready(self, t: Instant) -> bool:
        """Whether all who came in it have had their time."""
        return t >= (self.week + 1) * WEEK + WITHIN


def parts(rows: Sequence[Mapping[str, Json]]) -> list[Part]:
    """Of the rows of infra/athena/holdout.sql, the oldest first."""
    found: dict[tuple[int, int], dict[bool, Arm]] = {}
    for row in rows:
        arm = Arm(int(str(row["people"])), int(str(row["ordered"])))
        found.setdefault((int(str(row["week"])), int(str(row["part"]))), {})[row["held_out"] == 1] = arm
    nobody = Arm(0, 0)
    return [Part(week, arms.get(True, nobody), arms.get(False, nobody)) for (week, _), arms in sorted(found.items())]


@dataclass(frozen=True, slots=True)
class Finding:
    """`word` is None while no week is ready. `waiting`: people who take part and have not had their time yet."""

    held_out: Arm
    sent: Arm
    waiting: int
    word: Word | None
    words: str


def finding(found: Sequence[Part], share: int, t: Instant) -> Finding:
    """`share`: of the holdout, in a hundred."""
    ready = [part for part in found if part.is_ready(t)]
    held_out, sent = together(part.held_out for part in ready), together(part.sent for part in ready)
    everybody = sum(part.held_out.people + part.sent.people for part in found)
    waiting = everybody - held_out.people - sent.people
    word = _word(ready, held_out, sent, share)
    return Finding(held_out, sent, waiting, word, _said(word, held_out, sent, share))


def _word(ready: Sequence[Part], held_out: Arm, sent: Arm, share: int) -> Word | None:
    if not held_out.people + sent.people:
        return None
    if sample_ratio((held_out.people, sent.people), (share, 100 - share)) < SAMPLE_RATIO_ALARM:
        return Word.BROKEN
    if e_value([(part.held_out, part.sent) for part in ready]) < 1 / ALPHA:
        return Word.NOT_ENOUGH
    return Word.BETTER if sent.rate > held_out.rate else Word.WORSE


def _said(word: Word | None, held_out: Arm, sent: Arm, share: int) -> str:
    seen = f"{of(sent)} of those who get email ordered within 30 days, and {of(held_out)} of those held out"
    match word:
        case None:
            return "Nobody has had 30 days yet since their first email, or since the first they were held out of."
        case Word.BROKEN:
            return (
                f"Nothing can be said: {held_out.people:,} people held out and {sent.people:,} who get email are not "
                "what the draw would give, so some of one side are missing."
            )
        case Word.BETTER | Word.WORSE:
            more = "more" if word is Word.BETTER else "fewer"
            return f"With email {more} people order: {seen}."
    people = held_out.people + sent.people
    needed = more_needed(held_out, sent, max(0.01, 0.1 * held_out.rate))
    can = least_difference(held_out.rate or sent.rate, people, 1 - share / 100)
    smallest = f" So many people would show a rise of {points(can)}." if can is not None else ""
    return f"Not enough to tell yet: {seen}.{smallest} About {rounded(max(needed, 1)):,} people more would tell more."
