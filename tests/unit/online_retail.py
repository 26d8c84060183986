"""The shop's history that figures are measured on: Online Retail II as a whole, where it is at hand, and the committed
sample of it."""

from __future__ import annotations

import csv
import gzip
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.insight.seam import Lines, Named
from infra.local.shop.sample import make
from shared.domain.events import parse_instant

SAMPLE = Path("infra/local/shop/sample")
WHOLE = Path(os.environ.get("ONLINE_RETAIL_II", "../shared/data/online_retail_ii.parquet"))


def sample_lines() -> Lines:
    """Of 250 customers in a year."""
    with (SAMPLE / "products.csv").open(encoding="utf-8", newline="") as file:
        categories = {row["stock_code"]: row["derived_category"] for row in csv.DictReader(file)}
    with gzip.open(SAMPLE / "order_lines.csv.gz", "rt", encoding="utf-8") as file:
        rows = {
            (int(row["customer"]), parse_instant(row["time"]), row["stock_code"])
            for row in csv.DictReader(file)
            if int(row["quantity"]) > 0 and float(row["price"]) > 0 and row["stock_code"][:5].isdigit()
        }
    return _lines(sorted(rows), categories)


def countries() -> list[str]:
    """As the shop wrote them. Skips where it is not there."""
    if not WHOLE.exists():
        pytest.skip(f"Online Retail II is not at {WHOLE}: name it in ONLINE_RETAIL_II")
    import duckdb

    rows = duckdb.execute("SELECT DISTINCT country FROM read_parquet($file) ORDER BY ALL", {"file": str(WHOLE)})
    return [str(country) for (country,) in rows.fetchall()]


def whole_lines() -> Lines:
    """Of 5,852 customers in two years. Skips where it is not there."""
    if not WHOLE.exists():
        pytest.skip(f"Online Retail II is not at {WHOLE}: name it in ONLINE_RETAIL_II")
    import duckdb

    told = duckdb.connect().execute(
        """
        WITH lines AS (
            SELECT
                CAST(customer_id AS BIGINT) AS contact,
                MIN(epoch_ms(invoice_ts)) OVER (PARTITION BY invoice) AS time,
                UPPER(stock_code) AS product
            FROM read_parquet($file)
            WHERE customer_id IS NOT NULL AND invoice NOT LIKE 'C%' AND quantity > 0 AND price > 0
                AND regexp_matches(stock_code, '^[0-9]{5}')
        )
        SELECT DISTINCT contact, time, product FROM lines ORDER BY ALL
        """,
        {"file": str(WHOLE)},
    )
    found = told.fetchnumpy()
    titles = duckdb.execute(
        "SELECT UPPER(stock_code), MIN(description) FROM read_parquet($file) GROUP BY ALL", {"file": str(WHOLE)}
    ).fetchall()
    categories = {code: make.category(str(title)) for code, title in titles}
    product = found["product"].astype(np.str_)
    codes, which = np.unique(product, return_inverse=True)
    category = np.array([categories.get(str(each), "") for each in codes])[which]
    price = np.full(len(product), 1_000_000, np.int64)
    return Lines(
        found["contact"].astype(np.int64), found["time"].astype(np.int64), Named.of(product), Named.of(category), price
    )


def _lines(rows: list[Any], categories: dict[str, str]) -> Lines:
    contact, time, product = zip(*rows, strict=True)
    of = [categories.get(each, "") for each in product]
    whole = [np.array(each, np.int64) for each in (contact, time)]
    return Lines(*whole, Named.of(product), Named.of(of), np.full(len(rows), 1_000_000, np.int64))
