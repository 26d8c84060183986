"""Segments that the shop's own history proposes: large enough, and different in what they do next.

Some hundred conditions are tried, of those that a marketer would write: how often and for how much people have ordered,
how long ago, and in which category. What differs in the 90 days after one cut has to differ again in the 90 days after
the next, by more than chance would do for as many as were tried. A finer segment is only proposed where it differs from
each of what it is made of, and one that holds much the same people as another is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from pydantic import ValidationError
from scipy.special import erfc

from functions.insight import rfm
from functions.insight.frames import Frame, Shop
from functions.insight.seam import Data, Found, Real
from functions.insight.validating import Flags
from shared.domain.conditions import Segment
from shared.domain.events import DAY, Json
from shared.domain.insight import Caution, Gate, Proposal, Proposals, first_closed
from shared.domain.insight.catalogue import ORDER_DAYS
from shared.domain.insight.gates import CUSTOMERS
from shared.domain.insight.proposals import LEAST_PEOPLE, LEAST_SHARE, MOST

HISTORY_DAYS = 3 * ORDER_DAYS
"""One to find in, one to confirm in, and one for people to have a history at all."""
CATEGORIES = 15
"""The largest, by customers."""
SURE = 0.05
"""The chance of a difference as large where there is none: found by it, and confirmed by it after the correction for
all that were tried (Bonferroni). The second period alone would do; the first keeps out what a season makes."""
APART = 0.08
"""Of order rates: a difference that is sure and smaller is nothing to write another email for."""
APART_FROM_PARTS = 0.05
ALIKE = 0.5
"""Of the people of two, so many are in both (Jaccard, 1901): they are one segment twice."""
MOST_SHARE = 0.6
"""Of all customers: more are everybody."""

RECENCY: tuple[tuple[str, Mapping[str, Json], str], ...] = (
    ("lately", {"at_most": 30}, "ordered in the last 30 days"),
    ("one_to_three_months", {"at_least": 30, "at_most": 90}, "ordered last 30 to 90 days ago"),
    ("three_to_six_months", {"at_least": 90, "at_most": 180}, "ordered last 90 to 180 days ago"),
    ("over_six_months", {"at_least": 180}, "ordered last more than 180 days ago"),
)


@dataclass(frozen=True)
class Candidate:
    """A condition, as the segment language has it and in words, and the candidates that it is made of."""

    id: str
    when: Mapping[str, Json]
    words: str
    parts: tuple[int, ...] = ()


@dataclass
class Tried:
    """Candidates, and of each cut whom each held."""

    candidates: list[Candidate] = field(default_factory=list)
    held: list[list[Flags]] = field(default_factory=list)

    def add(self, candidate: Candidate, held: Sequence[Flags]) -> int:
        self.candidates.append(candidate)
        self.held.append(list(held))
        return len(self.candidates) - 1


@dataclass(frozen=True)
class Difference:
    """What those in it did in the 90 days after a cut, and all others."""

    customers: int
    rate: float
    rate_of_others: float
    spent: float
    spent_by_others: float
    chance: float


def work_out(data: Data) -> Found:
    """`proposals`: at most five segments, with the evidence, or why there are none."""
    shop = Shop(data)
    gates = (
        Gate(need=CUSTOMERS, have=len(np.unique(data.orders.contact)), what="customers with an order"),
        Gate(need=HISTORY_DAYS, have=shop.history, what="days of orders"),
    )
    closed = first_closed(gates)
    this, _, _ = shop.month(data.at)
    cut = shop.cut_before(this, ORDER_DAYS)
    if closed is not None:
        why = f"{closed.sentence[:1].upper()}{closed.sentence[1:]}."
        found = Proposals(as_of=data.at, cut=cut, horizon_days=ORDER_DAYS, tried=0, why_none=why)
    else:
        found = _proposed(shop, shop.frame(shop.cut_before(this, 2 * ORDER_DAYS)), shop.frame(cut))
    shop.forget()
    return Found(results={"proposals": found.model_dump(mode="json")})


def _proposed(shop: Shop, first: Frame, second: Frame) -> Proposals:
    now = shop.frame(shop.data.at)
    tried = tried_at(first, second, now)
    number = len(tried.candidates)
    in_first, in_second = (
        [_difference(frame, held[n]) for held in tried.held] for n, frame in enumerate((first, second))
    )
    least = max(LEAST_PEOPLE, round(LEAST_SHARE * len(now.h)))
    sure = [
        n
        for n in range(number)
        if _differs(in_first[n], 1) and _differs(in_second[n], number) and _same_way(in_first[n], in_second[n])
    ]
    kept = [n for n in sure if _says_more(tried, in_second, n)]
    sizes = [int(held[2].sum()) for held in tried.held]
    large = [n for n in kept if least <= sizes[n] <= MOST_SHARE * len(now.h) and in_second[n].customers >= LEAST_PEOPLE]
    # What tells most apart first: how many people by how far.
    large.sort(key=lambda n: (-abs(in_second[n].rate - in_second[n].rate_of_others) * sizes[n] ** 0.5, n))
    chosen: list[int] = []
    alike: list[tuple[int, int]] = []
    for n in large:
        other = next((each for each in chosen if _overlap(tried.held[n][2], tried.held[each][2]) > ALIKE), None)
        if other is not None:
            alike.append((other, n))
        else:
            chosen.append(n)
    proposals = [
        each
        for each in (
            _proposal(tried.candidates[n], in_second[n], sizes[n], number, shop, second) for n in chosen[:MOST]
        )
        if each is not None
    ]
    small = [n for n in kept if sizes[n] < least]
    return Proposals(
        as_of=shop.data.at,
        cut=second.cut,
        horizon_days=ORDER_DAYS,
        tried=number,
        proposals=tuple(proposals),
        cautions=tuple(_cautions(tried, len(proposals), chosen, alike, small, least)),
        why_none=""
        if proposals
        else f"Of {number} segments that were tried, none is large enough and differs by more than chance in what "
        "its people do next.",
    )


# ── what is tried ──


def tried_at(*frames: Frame) -> Tried:
    tried = Tried()

    recency = [
        tried.add(
            Candidate(name, {"kind": "last_order", **bounds}, words), [_silent_for(frame, bounds) for frame in frames]
        )
        for name, bounds, words in RECENCY
    ]
    others = [tried.add(candidate, held) for candidate, held in _others(frames)]
    for other in others:
        for when in recency:
            one, two = tried.candidates[other], tried.candidates[when]
            tried.add(
                Candidate(
                    f"{one.id}_{two.id}",
                    {"kind": "all", "of": [one.when, two.when]},
                    f"{one.words} and {two.words}",
                    (other, when),
                ),
                [a & b for a, b in zip(tried.held[other], tried.held[when], strict=True)],
            )
    return tried


def _others(frames: Sequence[Frame]) -> Iterator[tuple[Candidate, list[Flags]]]:
    for least, most, words in ((1, 1, "have ordered once"), (2, 3, "have ordered two or three times")):
        yield (
            Candidate(f"ordered_{least}", {"kind": "orders", "at_least": least, "at_most": most}, words),
            [(frame.h.orders >= least) & (frame.h.orders <= most) for frame in frames],
        )
    yield (
        Candidate("ordered_4", {"kind": "orders", "at_least": 4}, "have ordered four times or more"),
        [frame.h.orders >= 4 for frame in frames],
    )
    yield (
        Candidate(
            "spent_most",
            {"kind": "rfm", "score": "monetary", "at_least": 5},
            "are among the fifth who have spent most",
        ),
        [rfm.fifths(frame.h.spent) == 5 for frame in frames],
    )
    now = frames[-1]
    average = now.h.spent / now.h.orders
    if (average > 0).any():
        edge = _round(float(np.quantile(average[average > 0], 0.75, method="lower")))
        yield (
            Candidate(
                "large_orders",
                {"kind": "orders", "measure": "average", "at_least": edge},
                f"spend {edge:,.0f} or more an order on average",
            ),
            [frame.h.spent / frame.h.orders >= edge for frame in frames],
        )
    names = now.shop.bought.categories
    bought = [_bought_in(frame) for frame in frames]
    largest = sorted(range(len(names)), key=lambda n: (-int(bought[-1][n].sum()), n))
    for n in [n for n in largest if names[n]][:CATEGORIES]:
        name = str(names[n])
        yield (
            Candidate(
                f"bought_{_slug(name)}",
                {"kind": "orders", "lines": [{"property": "category", "value": name}]},
                f"have bought {name}",
            ),
            [of[n] for of in bought],
        )


def _silent_for(frame: Frame, bounds: Mapping[str, Json]) -> Flags:
    silent = frame.cut - frame.h.last
    return np.asarray(
        (silent >= bounds.get("at_least", 0) * DAY) & (silent <= bounds.get("at_most", 10**6) * DAY), bool
    )


def _bought_in(frame: Frame) -> list[Flags]:
    """Of each category, who has bought in it."""
    bought, key = frame.shop.bought, frame.things.key
    of = key[bought.product[key] < 0]
    found = [np.zeros(len(frame.h), bool) for _ in bought.categories]
    at = np.searchsorted(frame.h.contact, bought.whose[of])
    for n, each in enumerate(found):
        each[at[bought.category[of] == n]] = True
    return found


def _round(amount: float) -> float:
    """To one significant digit or a half: what a person would write."""
    size = 10.0 ** np.floor(np.log10(max(amount, 0.01)))
    return float(max(np.floor(2 * amount / size) / 2 * size, 0.01))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:40] or "category"


# ── what differs ──


def _difference(frame: Frame, held: Flags) -> Difference:
    came = frame.done
    ordered, spent = came.ordered, came.spent
    number, others = int(held.sum()), int((~held).sum())
    if not number or not others:
        return Difference(number, 0, 0, 0, 0, 1)
    rate, rate_of_others = (float(ordered[each].mean()) for each in (held, ~held))
    pooled = float(ordered.mean())
    error = (pooled * (1 - pooled) * (1 / number + 1 / others)) ** 0.5
    away = abs(rate - rate_of_others) / error if error else 0.0
    return Difference(number, rate, rate_of_others, _mean(spent[held]), _mean(spent[~held]), float(erfc(away / 2**0.5)))


def _mean(of: Real) -> float:
    return float(np.sort(of).mean())


def _differs(of: Difference, tried: int) -> bool:
    return of.chance * tried <= SURE and abs(of.rate - of.rate_of_others) >= APART


def _same_way(one: Difference, other: Difference) -> bool:
    return (one.rate > one.rate_of_others) == (other.rate > other.rate_of_others)


def _says_more(tried: Tried, differences: Sequence[Difference], n: int) -> bool:
    """Than each of what it is made of: further out, and by more than a little."""
    is_ = differences[n]
    sign = 1 if is_.rate > is_.rate_of_others else -1
    return all(sign * (is_.rate - differences[part].rate) >= APART_FROM_PARTS for part in tried.candidates[n].parts)


def _overlap(one: Flags, other: Flags) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))


# ── what is said ──


def _proposal(
    candidate: Candidate, of: Difference, customers: int, tried: int, shop: Shop, frame: Frame
) -> Proposal | None:
    """None: the definition is none (a category whose name the language has no place for)."""
    written = {
        "id": f"found_{candidate.id}"[:60].rstrip("_"),
        "name": _capital(candidate.words)[:80],
        "sentence": f"People who {candidate.words}."[:400],
        "group": "behavioural",
        "when": candidate.when,
    }
    try:
        Segment.model_validate(written)
    except ValidationError:
        return None
    day = datetime.fromtimestamp((frame.cut + 1) / 1000, UTC).date().isoformat()
    return Proposal(
        segment=written,
        customers=customers,
        share=round(customers / len(shop.frame(shop.data.at).h), 4),
        rate=round(of.rate, 4),
        rate_of_others=round(of.rate_of_others, 4),
        spent=round(of.spent, 2),
        spent_by_others=round(of.spent_by_others, 2),
        chance=min(of.chance * tried, 1.0),
        sentence=f"Of {of.customers:,} people in it on {day}, {100 * of.rate:.0f} % ordered in the {ORDER_DAYS} days "
        f"that followed, against {100 * of.rate_of_others:.0f} % of all other customers; they spent {of.spent:,.2f} "
        f"each, against {of.spent_by_others:,.2f}. It was the same in the {ORDER_DAYS} days before.",
    )


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _cautions(
    tried: Tried,
    shown: int,
    chosen: Sequence[int],
    alike: Sequence[tuple[int, int]],
    small: Sequence[int],
    least: int,
) -> Iterator[Caution]:
    def ids(of: Sequence[int]) -> tuple[str, ...]:
        return tuple(f"found_{tried.candidates[n].id}" for n in of[:MOST])

    if len(chosen) > shown:
        yield Caution(
            kind="too many",
            about=ids(chosen[shown:]),
            sentence=f"{len(chosen) - shown} more differ, too. More segments than {MOST} at once are more emails to "
            "write than anybody reads: begin with these.",
        )
    if alike:
        yield Caution(
            kind="too alike",
            about=ids([n for _, n in alike]),
            sentence=f"{len(alike)} more are left out: more than half of their people are in one of these, too.",
        )
    if small:
        yield Caution(
            kind="too small",
            about=ids(small),
            sentence=f"{len(small)} more differ and are left out: fewer than {least} people are in each, too few to "
            "see whether an email of their own does anything.",
        )
