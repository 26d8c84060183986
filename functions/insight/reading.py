"""What a night asks the lake, and its answers as arrays, from the files that Athena leaves, rows by the thousand."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from functions.insight.seam import NOT_TOLD, NOTHING_WRITTEN, Acts, Lines, Named, Orders, Whole, Written
from shared.adapters.queries import Question, question
from shared.domain.events import DAY, Event, Instant, iso
from shared.domain.insight.texts import stars_of, text_of
from shared.domain.lake_rows import month_of
from shared.domain.properties import MILLIONTHS

HOURS_OF = 180 * DAY
"""How long what somebody does at an hour counts."""
WRITTEN_FOR = 730 * DAY
"""How long what somebody wrote teaches."""
AT_A_TIME = 100_000
"""Rows."""


def questions(t: Instant) -> Mapping[str, Question]:
    """By name, each a query for all up to `t`; the rows of all are in the order of their columns.

    `orders`: contact_number, time, amount (in millionths; -1: none was told in the shop's currency). `lines`:
    contact_number, time, product, category (of an order all of whose products are of one; else null). `acts`:
    contact_number, month, hour (both UTC), kind, n. `written`: contact, contact_number, time, id, the newest first.
    """
    since, of_texts = t - HOURS_OF, t - WRITTEN_FOR
    return {
        "orders": question("orders", over=(0, t)),
        "lines": question("lines", over=(0, t)),
        "acts": question("acts", month_of(since), str(since), str(t)),
        "written": question("written", month_of(of_texts), str(of_texts), str(t)),
    }


def orders(answer: BinaryIO, whose: Mapping[int, int], gone: Collection[int]) -> Orders:
    """`whose`: of contacts who have joined others, those; `gone`: who has been erased."""
    contact, time, amount = _columns(answer, (int, int, int))
    contact, kept = _of_those_who_are(contact, whose, gone)
    order = np.lexsort((amount[kept], time[kept], contact))
    return Orders(contact[order], time[kept][order], amount[kept][order])


About = Callable[[Sequence[str]], Mapping[str, tuple[str, int | None]]]


def lines(answer: BinaryIO, whose: Mapping[int, int], gone: Collection[int], about: About) -> Lines:
    """`about`: of products by their ids, the category and the price (in hundredths) that the catalogue has now."""
    contact, time, product, category = _columns(answer, (int, int, str, str))
    contact, kept = _of_those_who_are(contact, whose, gone)
    time, product, category = time[kept], product[kept], category[kept]
    names, which = product.used()
    known = about(names.tolist())
    told = [known.get(str(each), ("", None)) for each in names]
    prices = [NOT_TOLD if price is None else price * (MILLIONTHS // 100) for _, price in told]
    price = np.array(prices, np.int64)[which]
    costs = np.flatnonzero(price != 0)
    order = costs[np.lexsort((which[costs], time[costs], contact[costs]))]
    said = _catalogues([each for each, _ in told], which[order], category[order])
    return Lines(contact[order], time[order], Named(names, which[order].astype(np.int32)), said, price[order])


def _catalogues(of_products: Sequence[str], product: Whole, said: Named) -> Named:
    """The category of each line's product as the catalogue has it; where it has none, as the line said."""
    both = Named.of([*of_products, *said.names.tolist()])
    of_product, of_line = both.which[: len(of_products)], both.which[len(of_products) :]
    if not len(product):
        return said
    none = np.array([not each for each in of_products])[product]
    return Named(both.names, np.where(none, of_line[said.which], of_product[product]).astype(np.int32))


def acts(answer: BinaryIO, whose: Mapping[int, int], gone: Collection[int], zone: ZoneInfo) -> Acts:
    """Hours as clocks in the zone show them: of a month, as in the middle of it."""
    contact, month, hour, kind, count = _columns(answer, (int, str, int, str, int))
    contact, kept = _of_those_who_are(contact, whose, gone)
    months, which = month[kept].used()
    ahead = np.array([_hours_ahead(str(each), zone) for each in months], np.int64)[which]
    local = ((hour[kept] + ahead) % 24).astype(np.int8)
    named = np.array([int(str(each).replace("-", "")) for each in months], np.int32)[which]
    kinds = kind[kept]
    order = np.lexsort((kinds.which, local, named, contact))
    return Acts(contact[order], named[order], local[order], kinds[order], count[kept][order].astype(np.int32))


def points(answer: BinaryIO, whose: Mapping[int, int], gone: Collection[int], cuts: int) -> tuple[Whole, Whole]:
    """Contacts, and what they had at each of so many instants; of who has joined another, together with that one's."""
    contact, *columns = _columns(answer, (int,) * (cuts + 1))
    contact, kept = _of_those_who_are(contact, whose, gone)
    several, which = np.unique(contact, return_inverse=True)
    parts = np.zeros((len(several), cuts), np.int64)
    for number, column in enumerate(columns):
        np.add.at(parts[:, number], which, column[kept])
    return several, parts


class Reference(NamedTuple):
    """Where an event with something written is: whose (as the lake's number, and as an id), when it happened, and the
    keys that it may have in their partition, as the lake does not know whether it came with its own time."""

    contact: int
    who: str
    time: Instant
    keys: tuple[str, str]


def references(answer: BinaryIO) -> list[Reference]:
    """The oldest first."""
    rows = [row for some in _some_rows(answer) for row in some]
    return [
        Reference(int(number), who, int(time), (f"EVENT#{iso(int(time))}#{id_}", f"EVENT#undated#{id_}"))
        for who, number, time, id_ in reversed(rows)
    ]


def written(several: Sequence[Reference], told: Mapping[tuple[str, str], Event]) -> Written:
    """`told`: the events, by contact and key. Those with no text in them, and those that are gone, are left out."""
    found = []
    for each in several:
        key = next((key for key in each.keys if (each.who, key) in told), None)
        text = "" if key is None else text_of(told[each.who, key])
        if key is not None and text:
            stars = stars_of(told[each.who, key])
            found.append((each.contact, each.who, np.nan if stars is None else stars, text, key))
    if not found:
        return NOTHING_WRITTEN
    contact, who, stars_told, texts, keys = zip(*found, strict=True)
    return Written(np.array(contact, np.int64), who, np.array(stars_told, np.float64), texts, keys)


def _hours_ahead(month: str, zone: ZoneInfo) -> int:
    ahead = datetime.fromisoformat(f"{month}-15").replace(tzinfo=zone).utcoffset() or timedelta()
    return round(ahead / timedelta(hours=1))


def _of_those_who_are(contact: Whole, whose: Mapping[int, int], gone: Collection[int]) -> tuple[Whole, Whole]:
    """Whose each row is by now, and which rows are anybody's."""
    if whose:
        old = np.array(sorted(whose), dtype=np.int64)
        at = np.minimum(np.searchsorted(old, contact), len(old) - 1)
        new = np.array([whose[each] for each in sorted(whose)], dtype=np.int64)
        contact = np.where(old[at] == contact, new[at], contact)
    kept = np.flatnonzero(~np.isin(contact, np.array(sorted(gone), dtype=np.int64)))
    return contact[kept], kept


def _columns(answer: BinaryIO, kinds: Sequence[type]) -> list[Any]:
    """The columns of an answer, each of whole numbers or of texts (`Named`; null: "")."""
    parts: list[list[NDArray[Any]]] = [[] for _ in kinds]
    numbers: list[dict[str, int]] = [{} for _ in kinds]
    for some in _some_rows(answer):
        for part, kind, number, column in zip(parts, kinds, numbers, zip(*some, strict=True), strict=True):
            if kind is str:
                part.append(np.array([number.setdefault(each, len(number)) for each in column], np.int32))
            else:
                part.append(np.array([*map(int, column)], np.int64))
    found: list[Any] = []
    for part, kind, number in zip(parts, kinds, numbers, strict=True):
        whole = np.concatenate(part) if part else np.empty(0, np.int32 if kind is str else np.int64)
        found.append(_ascending(list(number), whole) if kind is str else whole)
        part.clear()
    return found


def _ascending(names: list[str], which: NDArray[Any]) -> Named:
    ordered = Named.of(names)
    return Named(ordered.names, ordered.which[which] if len(which) else which)


def _some_rows(answer: BinaryIO) -> Iterator[list[list[str]]]:
    rows = csv.reader(codecs.getreader("utf-8")(answer))
    next(rows, None)
    while some := list(islice(rows, AT_A_TIME)):
        yield some
