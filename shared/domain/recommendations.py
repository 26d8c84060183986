"""What is recommended to whom, and why: a chain of sources, asked in order until there is enough.

1. AGAIN: what the contact bought and people of this shop buy again (tea, not teapots), once some of it may be used;
2. WITH: what others bought in one order with what the contact bought;
3. CATEGORY: what many bought lately, of the categories that the contact bought or looked at, the strongest first;
4. POPULAR: what many bought lately in the whole shop;
5. PICKED: what the shop picked by hand, in its settings.

What the shop sells is counted once a night (`functions/insight/baskets.py`, `affinity.py`) and kept as lists of
products, the best first; whom they are for is looked up when an email is made, and no matrix is multiplied then.
What fewer than LEAST people bought is in no list: it says more of them than of the product.

Never recommended, whichever source has it: what the contact gave back, what they bought or looked at lately (but for
what is bought again), and what cannot be bought when the email is made (`contents.offered`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain, zip_longest
from typing import NamedTuple

from shared.domain.events import DAY, Instant, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.histories import Occurrence
from shared.domain.profiles.orders import Order
from shared.domain.properties import fold_case

LATELY = 90 * DAY
"""A contact is not shown what they bought, or looked at, since; unless it is bought again."""
LEAST = 3
"""People who bought it, or both."""
STALE = 14 * DAY
"""Lists that are older are not gone by."""
MAX_LISTED = 12
"""Products in a list by category, or of the whole shop."""
MAX_WITH = 20
"""Products that go with one."""
MAX_CATEGORIES = 4
"""Of a contact's: those that they bought, or looked at, most and last."""
MAX_OWN = 40
"""Of a contact's products: those that they bought last. What goes with them is looked up."""
RECENT = 90 * DAY
"""In which a product that they bought comes to say half as much of what they want besides."""
MAX_LOOKED_UP = 40
"""Products that are looked for in the catalogue, for one email's list."""
A_VIEW = 0.2
"""What having looked at a product says of its category, beside having bought it."""
HALF_LIFE = 180 * DAY
"""In which an order, or a look, comes to say half as much of what somebody likes."""
IN_WHOLE_SHOP = ""
"""The category of everything."""


class Reason(StrEnum):
    """Why a product is recommended: the source that had it. In the order in which they are asked."""

    AGAIN = "again"
    WITH = "with"
    CATEGORY = "category"
    POPULAR = "popular"
    PICKED = "picked"


class Left(StrEnum):
    """Why a product is not, though a source had it."""

    BOUGHT = "bought"
    RETURNED = "returned"
    VIEWED = "viewed"
    SHOWN = "shown"
    """The same email shows it already."""
    NOT_ON_SALE = "not_on_sale"
    """Sold out, not published, gone, or without a price, a picture or a page of its own (`contents.offered`)."""


SENTENCES: Mapping[Reason | Left, str] = {
    Reason.AGAIN: "They bought it, and people buy it again.",
    Reason.WITH: "Others bought it together with {of}, which they bought.",
    Reason.CATEGORY: "Many bought it lately, in {of}, a category of theirs.",
    Reason.POPULAR: "Many bought it lately.",
    Reason.PICKED: "The shop picked it by hand.",
    Left.BOUGHT: "They bought it lately.",
    Left.RETURNED: "They gave it back.",
    Left.VIEWED: "They looked at it lately.",
    Left.SHOWN: "The same email shows it already.",
    Left.NOT_ON_SALE: "It cannot be bought now, or the catalogue has no price, picture or page of it.",
}


class Goes(NamedTuple):
    """A product that goes with another, and how well: 0 to 1000."""

    product: str
    score: int


class Again(NamedTuple):
    """Of a product that people buy again: after how many days half of those do, and how many bought it lately, against
    the product that most did: 0 to 1000."""

    days: int
    lately: int = 0


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Ids of products, the best first: by category (in the form of `fold_case`; IN_WHOLE_SHOP has all), and by the
    product that they go with. `again`: what people buy again. `at`: when it was counted. `better`: whether what goes
    with what somebody bought is better to recommend than what is popular, on this shop's own last orders."""

    at: Instant
    by_category: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_product: Mapping[str, Sequence[Goes]] = field(default_factory=dict)
    again: Mapping[str, Again] = field(default_factory=dict)
    better: bool = False


NOTHING = Recommendations(-STALE)


class Candidate(NamedTuple):
    """A product that a source has for a contact. `of`: the product they bought (WITH), or the category (CATEGORY)."""

    product: str
    reason: Reason
    of: str = ""


class Asked(NamedTuple):
    """What is to be looked up for a contact."""

    products: Sequence[str]
    categories: Sequence[str]


# ── for a contact ──


def asked_for(profile: Profile, t: Instant) -> Asked:
    """Of which products and categories the lists are needed."""
    own = list(_own(profile))
    return Asked(own[:MAX_OWN], [*_liked(profile, t), IN_WHOLE_SHOP])


def recommended(profile: Profile, known: Recommendations, t: Instant, picked: Iterable[str] = ()) -> list[Candidate]:
    """What the sources have for the contact, each product once, in their order. What is to be left out is in it yet
    (`left_out`). Of lists that are STALE only what the shop picked is left."""
    if t - known.at >= STALE:
        found: Iterable[Candidate] = ()
    else:
        categories = _liked(profile, t)
        turns = _in_turns([_of(known.by_category.get(each, ()), Reason.CATEGORY, each) for each in categories])
        found = chain(
            _again(profile, known, t),
            _with(_own(profile), known, t) if known.better else (),
            turns,
            _of(known.by_category.get(IN_WHOLE_SHOP, ()), Reason.POPULAR),
        )
    by_product: dict[str, Candidate] = {}
    for each in chain(found, _of(picked, Reason.PICKED)):
        by_product.setdefault(each.product, each)
    return list(by_product.values())


def goes_with(profile: Profile, known: Recommendations, t: Instant) -> list[Candidate]:
    """What people bought in one order with what is in the contact's newest; without what is in it."""
    newest = max(profile.counting_orders(), key=_age, default=None)
    if newest is None or t - known.at >= STALE:
        return []
    own = dict.fromkeys(_products(newest), newest.placed)
    return [each for each in _with(own, known, t) if each.product not in own]


def left_out(profile: Profile, known: Recommendations, t: Instant, *, viewed: bool = True) -> dict[str, Left]:
    """The products that are not recommended to the contact, whoever has them, and why. `viewed`: what they looked at,
    too. What is bought again is left out only for a tenth of the time after which it usually is."""
    found: dict[str, Left] = {}
    if viewed:
        found |= dict.fromkeys(_looked_at(profile, t), Left.VIEWED)
    for product, at in _own(profile).items():
        again = known.again.get(product)
        if at > t - (LATELY if again is None else _wait(again)):
            found[product] = Left.BOUGHT
        elif again is not None:
            found.pop(product, None)
    return found | dict.fromkeys(_given_back(profile), Left.RETURNED)


# ── the sources ──


def _wait(again: Again) -> int:
    """For how long after a purchase it counts as just bought: of a real shop's customers so many buy again early that
    each day more loses more than it spares (docs/insight.md)."""
    return again.days * DAY // 10


def _again(profile: Profile, known: Recommendations, t: Instant) -> list[Candidate]:
    """The consumables among what they bought: what they bought most often and last first, and of these what others buy
    now."""
    weights: dict[str, float] = {}
    for order in profile.counting_orders():
        for product in set(_products(order)) & known.again.keys():
            weights[product] = weights.get(product, known.again[product].lately / 1000) + _weight(t - order.placed)
    kept = _own(profile)
    due = [each for each in weights if each in kept and kept[each] <= t - _wait(known.again[each])]
    return list(_of(sorted(due, key=lambda each: (-weights[each], each)), Reason.AGAIN))


def _with(own: Mapping[str, Instant], known: Recommendations, t: Instant) -> list[Candidate]:
    """What goes with the first MAX_OWN of these, by when they were bought: what goes with most of them, and with the
    newest, first; `of` each, the one that it goes with best."""
    scores: dict[str, float] = {}
    best: dict[str, tuple[float, str]] = {}
    for product, at in list(own.items())[:MAX_OWN]:
        weight = _weight(t - at, RECENT)
        for other, score in known.by_product.get(product, ()):
            scores[other] = scores.get(other, 0) + score * weight
            best[other] = max(best.get(other, (0.0, "")), (score * weight, product))
    ranked = sorted(scores, key=lambda each: (-scores[each], each))
    return [Candidate(each, Reason.WITH, best[each][1]) for each in ranked]


def _of(products: Iterable[str], reason: Reason, of: str = "") -> Iterator[Candidate]:
    return (Candidate(product, reason, of) for product in products)


def _in_turns(lists: Iterable[Iterable[Candidate]]) -> Iterator[Candidate]:
    return (each for turn in zip_longest(*lists) for each in turn if each is not None)


# ── what is known of the contact ──


def _age(order: Order) -> tuple[Instant, object]:
    return order.placed, order.newest


def _products(order: Order) -> list[str]:
    """Of an order, without what was given for nothing: a gift says nothing of what somebody likes."""
    free = {line[0] for line in order.lines if len(line) > 3 and line[3] == 0}
    paid = {line[0] for line in order.lines if line[:1] and not (len(line) > 3 and line[3] == 0)}
    return sorted(str(each) for each in _several(order.properties.get("product_id")) if each not in free - paid)


def _own(profile: Profile) -> dict[str, Instant]:
    """What they bought and kept, and when last; the newest first."""
    found: dict[str, Instant] = {}
    for order in sorted(profile.counting_orders(), key=_age, reverse=True):
        for product in _products(order):
            found.setdefault(product, order.placed)
    for product in _given_back(profile):
        found.pop(product, None)
    return found


def _given_back(profile: Profile) -> set[str]:
    """What they gave back of the newest order that has it."""
    newest: dict[str, tuple[object, bool]] = {}
    for order in profile.orders.values():
        if order.cancelled or not (order.counts or order.taken_off()):
            continue
        refunds = order.refunded()
        back = {str(line[0]) for id_, lines in (order.returned or {}).items() if id_ in refunds for line in lines}
        for product in map(str, _several(order.properties.get("product_id"))):
            told = _age(order), not order.counts or product in back
            newest[product] = max(newest.get(product, told), told)
    return {product for product, (_, gone) in newest.items() if gone}


def _looked_at(profile: Profile, t: Instant) -> set[str]:
    lately = (each for each in _views(profile) if each.time > t - LATELY)
    return {str(product) for each in lately for product in _several(each.properties.get("product_id"))}


def _views(profile: Profile) -> Iterable[Occurrence]:
    viewed = profile.histories.get(Type.PRODUCT_VIEWED)
    return () if viewed is None else viewed.newest


def _liked(profile: Profile, t: Instant) -> list[str]:
    """The categories of what they bought and looked at, product by product, with decay; then those that they say they
    like."""
    weights: dict[str, float] = {}

    def count(categories: Json, at: Instant, weight: float) -> None:
        for category in {fold_case(str(each)) for each in _several(categories)}:
            weights[category] = weights.get(category, 0) + weight * _weight(t - at)

    for order in profile.counting_orders():
        of_lines = [line[1] for line in order.lines if len(line) > 1 and line[1]]
        for categories in of_lines or [order.properties.get("category")]:
            count(categories, order.placed, 1)
    for each in _views(profile):
        count(each.properties.get("category"), each.time, A_VIEW)
    told = [stamped.value for name in ("interest", "interests") if (stamped := profile.traits.get(name))]
    said = [fold_case(each) for value in told for each in _several(value) if isinstance(each, str)]
    strongest = sorted(weights, key=lambda each: (-weights[each], each))
    return list(dict.fromkeys((*strongest, *said)))[:MAX_CATEGORIES]


def _weight(age: Instant, half_life: Instant = HALF_LIFE) -> float:
    return float(0.5 ** (max(age, 0) / half_life))


def _several(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


# ── what an email shows of it ──


class Offered(NamedTuple):
    """A product as an email shows it (`contents.offer`), and why."""

    candidate: Candidate
    item: Mapping[str, Json]


class Chosen(NamedTuple):
    """What is shown, and what would have been before the last of it, but is left out."""

    shown: list[Offered]
    left: list[tuple[Candidate, Left]]


def choose(
    candidates: Iterable[Candidate],
    out: Mapping[str, Left],
    shown: Collection[str],
    offer: Callable[[str], Mapping[str, Json] | None],
    most: int,
) -> Chosen:
    """The first `most` of the candidates that may be shown. `out`: those that may not (`left_out`); `shown`: what the
    same email shows besides; `offer`: a product as it can be bought now. At most MAX_LOOKED_UP are looked up."""
    chosen, looked_up = Chosen([], []), 0
    for each in candidates:
        if len(chosen.shown) == most or looked_up == MAX_LOOKED_UP:
            break
        why = Left.SHOWN if each.product in shown else out.get(each.product)
        if why is None:
            looked_up += 1
            item = offer(each.product)
            if item is not None:
                chosen.shown.append(Offered(each, item))
                continue
            why = Left.NOT_ON_SALE
        chosen.left.append((each, why))
    return chosen
