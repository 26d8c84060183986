"""Shops as the models of insight see them: simulated ones of known parameters, the committed sample, and the whole of
Online Retail II where it is there."""

from __future__ import annotations

import csv
import gzip
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from functions.insight.seam import Acts, Data, Lines, Named, Orders
from shared.domain.events import DAY

SAMPLE = Path("infra/local/shop/sample")
WHOLE = Path(os.environ.get("ONLINE_RETAIL_II", "../shared/data/online_retail_ii.parquet"))
MILLION = 1_000_000
NO_GOODS = ["POST", "C2", "DOT", "M", "ADJUST", "ADJUST2", "AMAZONFEE", "B", "BANK CHARGES", "CRUK", "D", "S"]

HAS_WHOLE = WHOLE.exists()
Column = Any


def shop(
    orders: Iterable[tuple[int, int, int]],
    at: int,
    lines: Iterable[tuple[int, int, str, str]] = (),
    told: dict[str, object] | None = None,
) -> Data:
    """Of (contact, ms, millionths) and of (contact, ms, product, category)."""
    of = sorted(orders)
    in_ = sorted(lines)
    return Data(
        at=at,
        currency="GBP",
        zone="UTC",
        orders=Orders(*(np.array([each[n] for each in of], np.int64) for n in range(3))),
        lines=Lines(
            np.array([each[0] for each in in_], np.int64),
            np.array([each[1] for each in in_], np.int64),
            Named.of([each[2] for each in in_]),
            Named.of([each[3] for each in in_]),
            np.full(len(in_), MILLION, np.int64),
        ),
        acts=Acts(*(np.zeros(0, np.int64),) * 3, Named.of([]), np.zeros(0, np.int64)),
        told=told or {},  # type: ignore[arg-type]
    )


@cache
def sample() -> Data:
    """250 customers and a year; categories as the sample derives them."""
    with (SAMPLE / "products.csv").open(newline="") as file:
        categories = {row["stock_code"]: row["derived_category"] for row in csv.DictReader(file)}
    with gzip.open(SAMPLE / "order_lines.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    times = [round(datetime.fromisoformat(row["time"]).timestamp() * 1000) for row in rows]
    return _of_columns(
        np.array([int(row["customer"]) for row in rows]),
        np.array(times, np.int64),
        np.array([row["invoice"].startswith("C") for row in rows]),
        np.array([row["stock_code"] for row in rows]),
        np.array([int(row["quantity"]) for row in rows]),
        np.array([float(row["price"]) for row in rows]),
        categories,
    )


@cache
def online_retail() -> Data:
    """5,942 customers and two years, where the file is (`HAS_WHOLE`). Categories as the sample derives them."""
    import duckdb

    from infra.local.shop.sample.make import category

    found = duckdb.execute(
        "SELECT customer_id AS customer, epoch_ms(invoice_ts) AS time, starts_with(invoice, 'C') AS back, "
        "stock_code AS code, quantity, price FROM read_parquet($1) WHERE customer_id IS NOT NULL",
        [str(WHOLE)],
    ).fetchnumpy()
    named = duckdb.execute(
        "SELECT stock_code, mode(description ORDER BY description) FROM read_parquet($1) GROUP BY 1", [str(WHOLE)]
    ).fetchall()
    columns = [np.asarray(found[name]) for name in ("customer", "time", "back", "code", "quantity", "price")]
    columns[3] = columns[3].astype(np.str_)
    return _of_columns(*columns, {code: category(text or "") for code, text in named})


def _of_columns(
    customer: Column,
    time: Column,
    back: Column,
    code: Column,
    quantity: Column,
    price: Column,
    categories: dict[str, str],
) -> Data:
    """Orders with what was taken back off them: of the newest earlier order of the same thing."""
    goods = ~np.isin(code, NO_GOODS) & (price > 0)
    codes, number = np.unique(code, return_inverse=True)
    thing = customer.astype(np.int64) * len(codes) + number
    bought = np.flatnonzero(goods & ~back & (quantity > 0))
    by = bought[np.lexsort((price[bought], time[bought], thing[bought]))]
    new = np.append(True, (thing[by][1:] != thing[by][:-1]) | (time[by][1:] != time[by][:-1]))
    starts = np.flatnonzero(new)
    left = np.add.reduceat(quantity[by].astype(np.int64), starts)
    of, when, each = thing[by][starts], time[by][starts].astype(np.int64), price[by][starts]
    returned = np.flatnonzero(goods & back & (quantity < 0))
    for row in returned[np.lexsort((thing[returned], time[returned]))]:
        first, last = np.searchsorted(of, thing[row]), np.searchsorted(of, thing[row], "right")
        most = -int(quantity[row])
        for at in range(last - 1, first - 1, -1):
            if when[at] <= time[row] and most:
                taken = min(most, int(left[at]))
                left[at] -= taken
                most -= taken
    kept = left > 0
    of, when, amount = of[kept], when[kept], np.rint(left * each * MILLION)[kept].astype(np.int64)
    whose, what = of // len(codes), of % len(codes)
    orders, at = np.unique(np.stack((whose, when)), axis=1, return_inverse=True)
    money = np.zeros(orders.shape[1], np.int64)
    np.add.at(money, at, amount)
    order = np.lexsort((what, when, whose))
    in_category = np.array([categories.get(str(name), "") for name in codes], np.str_)
    return Data(
        at=int(when.max()),
        currency="GBP",
        zone="UTC",
        orders=Orders(orders[0], orders[1], money),
        lines=Lines(
            whose[order],
            when[order],
            Named.of(codes[what][order]),
            Named.of(in_category[what][order]),
            np.rint(each[kept] * MILLION)[order].astype(np.int64),
        ),
        acts=Acts(*(np.zeros(0, np.int64),) * 3, Named.of([]), np.zeros(0, np.int64)),
    )


def simulated(
    customers: int,
    days: int,
    seed: int,
    r: float = 0.8,
    alpha: float = 8.0,
    a: float = 0.6,
    b: float = 2.4,
    p: float = 6.0,
    q: float = 4.0,
    v: float = 15.0,
    ahead: int = 0,
) -> Data:
    """A shop of customers who are as MBG/NBD and Gamma-Gamma say (times in weeks), who came at a random day of `days`;
    its history goes on `ahead` days after `at`."""
    draw = np.random.default_rng(seed)
    begin = round(datetime(2024, 1, 1, tzinfo=UTC).timestamp() * 1000)
    rate = draw.gamma(r, 1 / alpha, customers) / 7
    lost = draw.beta(a, b, customers)
    scale = draw.gamma(q, 1 / v, customers)
    joined = draw.uniform(0, days, customers)
    orders = []
    for contact in range(customers):
        time = joined[contact]
        while time < days + ahead:
            amount = draw.gamma(p, 1 / scale[contact])
            orders.append((contact, begin + round(time * DAY), max(round(amount * MILLION), 1)))
            if draw.random() < lost[contact]:
                break
            time += draw.exponential(1 / rate[contact])
    return shop(orders, begin + days * DAY - 1)
