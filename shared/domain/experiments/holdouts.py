"""What the shop's holdout says of what emails bring: it has no end, and may be looked at whenever one likes.

Weeks of people are compared, each once all of them have had their time to order. The evidence is an e-value, so that
looking every day does not make a difference out of chance; it takes more people for that than a test with an end. It
is gathered part by part of a week's people, since each part is bet on by those before it: of a holdout that begins in a
shop with many contacts, nearly all come in the first week.

What people spend is compared at the ends of its first four quarters, by a permutation test as in campaigns' tests; each
look is held to a fourth of what all may be wrong together, as nobody knows how many people come in which quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments.comparisons import Compared, sentence
from shared.domain.experiments.looks import ALPHA, e_value
from shared.domain.experiments.power import least_difference, more_needed
from shared.domain.experiments.rates import SAMPLE_RATIO_ALARM, Arm, sample_ratio, together
from shared.domain.experiments.spending import Spent, pooled
from shared.domain.experiments.verdicts import NOTHING_SAID, Verdict, Word, at_one_look
from shared.domain.experiments.wording import of, points, rounded
from shared.domain.settings import Holdout

WEEK = 7 * DAY
WITHIN = 30 * DAY
"""In which somebody has ordered, or has not."""
BEFORE = 90 * DAY
"""What people spent so long before they came says what they would have spent anyway."""
QUARTER = 13 * WEEK
LOOKS = 4
MATTERS = 0.05
"""Of what who is held out spends, the least difference that matters."""


NOBODY = Spent({})


@dataclass(frozen=True, slots=True)
class Part:
    """Some of those who came to take part in a `week` (since 1970): of those held out and of those sent emails, how
    many, and how many of them ordered within WITHIN; and what they spent then."""

    week: int
    held_out: Arm
    sent: Arm
    held_out_spent: Spent = NOBODY
    sent_spent: Spent = NOBODY

    def is_ready(self, t: Instant) -> bool:
        """Whether all who came in it have had their time."""
        return t >= (self.week + 1) * WEEK + WITHIN


def parts(rows: Sequence[Mapping[str, Json]]) -> list[Part]:
    """Of the rows of infra/athena/holdout.sql, the oldest first."""
    arms: dict[tuple[int, int, bool], Arm] = {}
    cells: dict[tuple[int, int, bool], dict[tuple[int, int], int]] = {}
    for row in rows:
        place = int(str(row["week"])), int(str(row["part"])), row["held_out"] == 1
        people = int(str(row["people"]))
        arms[place] = together([arms.get(place, Arm(0, 0)), Arm(people, int(str(row["ordered"])))])
        cells.setdefault(place, {})[int(str(row["net"])), int(str(row["before"]))] = people
    found = []
    for week, part in sorted({place[:2] for place in arms}):
        held_out, sent = ((week, part, of) for of in (True, False))
        both = arms.get(held_out, Arm(0, 0)), arms.get(sent, Arm(0, 0))
        found.append(Part(week, *both, Spent(cells.get(held_out, {})), Spent(cells.get(sent, {}))))
    return found


@dataclass(frozen=True, slots=True)
class Finding:
    """`word` is None while no week is ready. `waiting`: people who take part and have not had their time yet."""

    held_out: Arm
    sent: Arm
    waiting: int
    word: Word | None
    words: str
    spending: Spending


def finding(found: Sequence[Part], share: int, t: Instant, name: str = "", since: Instant = 0) -> Finding:
    """`share`: of the holdout, in a hundred; `name`, `since`: what it is called, and since when it is."""
    ready = [part for part in found if part.is_ready(t)]
    held_out, sent = together(part.held_out for part in ready), together(part.sent for part in ready)
    everybody = sum(part.held_out.people + part.sent.people for part in found)
    waiting = everybody - held_out.people - sent.people
    word = _word(ready, held_out, sent, share)
    spending = _spending(found, ready, share, t, name, since)
    return Finding(held_out, sent, waiting, word, _said(word, held_out, sent, share), spending)


# ── what they spend ──


@dataclass(frozen=True, slots=True)
class Spending:
    """As of the look that told a difference, or else the newest (`look`, from 1; 0: none was yet, and these are the
    numbers so far). `next_at`: when the next is (None: that was the last)."""

    held_out: Spent
    sent: Spent
    look: int
    next_at: Instant | None
    verdict: Verdict | None
    words: str


def _look_at(since: Instant, number: int) -> tuple[int, Instant]:
    """The week before which people count for a look, and when they all have had their time."""
    week = (since + number * QUARTER) // WEEK
    return week, week * WEEK + WITHIN


def _spending(
    found: Sequence[Part], ready: Sequence[Part], share: int, t: Instant, name: str, since: Instant
) -> Spending:
    told = None
    for number in range(1, LOOKS + 1):
        before, due = _look_at(since, number)
        if due > t:
            break
        held_out, sent, verdict = _at_look([part for part in found if part.week < before], share, f"{name}\x1f{number}")
        next_at = _look_at(since, number + 1)[1] if number < LOOKS else None
        told = Spending(held_out, sent, number, next_at, verdict, "")
        if verdict.word in (Word.BETTER, Word.WORSE):
            break
    if told is None:
        so_far = (pooled(part.held_out_spent for part in ready), pooled(part.sent_spent for part in ready))
        told = Spending(*so_far, 0, _look_at(since, 1)[1], None, "")
    compared = Compared("those who get email", "held out", "revenue", told.held_out, told.sent, told.verdict)
    return replace(told, words=sentence(compared, _least(told.held_out), WAITS))


WAITS = "Whether that is a difference is told at the end of each quarter, once its people have had their 30 days."


def _least(held_out: Spent) -> float:
    return max(1.0, MATTERS * held_out.mean)


def _at_look(found: Sequence[Part], share: int, seed: str) -> tuple[Spent, Spent, Verdict]:
    held_out, sent = pooled(part.held_out_spent for part in found), pooled(part.sent_spent for part in found)
    sizes = held_out.people, sent.people
    if not sum(sizes) or sample_ratio(sizes, (share, 100 - share)) < SAMPLE_RATIO_ALARM:
        return held_out, sent, NOTHING_SAID
    return held_out, sent, at_one_look(held_out, sent, _least(held_out), ALPHA / LOOKS, seed)


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


# ── as the API tells it ──

NO_HOLDOUT: dict[str, Json] = {
    "holdout": None,
    "held_out": {"people": 0, "ordered": 0, "revenue": 0.0},
    "sent": {"people": 0, "ordered": 0, "revenue": 0.0},
    "waiting": 0,
    "word": None,
    "words": "Nobody is held out of your emails, to compare the others with. The page Shop has a setting for it.",
    "spending": None,
}


def told(holdout: Holdout, since: Instant, rows: Sequence[Mapping[str, Json]], t: Instant) -> dict[str, Json]:
    """`rows`: of infra/athena/holdout.sql."""
    several = parts(rows)
    found = finding(several, holdout.share, t, holdout.name, since)
    ready = [part for part in several if part.is_ready(t)]
    money, verdict = found.spending, found.spending.verdict
    between = verdict.interval if verdict is not None else None
    return {
        "as_of": t,
        "holdout": {"name": holdout.name, "share": holdout.share, "since": since},
        "held_out": _side(found.held_out, pooled(part.held_out_spent for part in ready)),
        "sent": _side(found.sent, pooled(part.sent_spent for part in ready)),
        "waiting": found.waiting,
        "word": found.word,
        "words": found.words,
        "spending": {
            "word": verdict and verdict.word,
            "words": money.words,
            "interval": None if between is None else [end / 100 for end in between],
            "look": money.look or None,
            "next_look": money.next_at,
        },
    }


def _side(arm: Arm, spent: Spent) -> dict[str, Json]:
    return {"people": arm.people, "ordered": arm.successes, "revenue": spent.total / 100}
