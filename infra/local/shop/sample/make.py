"""Makes the sample of Online Retail II that ships with the local run, from the full file.

    python -m infra.local.shop.sample.make path/to/online_retail_ii.parquet

Who is in it: of all customers with an order from 2010-12-09 on (the last year of the data), the 250 whose number has
the smallest SHA-256, so that neither their size nor their country decides. Of them, every line of that year, as it is
in the data: orders, cancellations (invoices that begin with C), postage. The same file gives the same sample, byte for
byte.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

CUSTOMERS = 250
SINCE = "2010-12-09"
LINES, PRODUCTS = "order_lines.csv.gz", "products.csv"
SHOP_ZONE = ZoneInfo("Europe/London")

CATEGORIES = {
    "Christmas": "ADVENT CHRISTMAS NOEL REINDEER SANTA SNOWMAN XMAS",
    "candles": "CANDLE CANDLEHOLDER CANDLES CANDLESTICK INCENSE LANTERN LANTERNS T-LIGHT T-LIGHTS TEALIGHT VOTIVE",
    "stationery": "CARD CARDS CHALK ENVELOPE ENVELOPES JOURNAL NOTEBOOK NOTEBOOKS PAPER PEN PENCIL PENCILS PENS RIBBON"
    " RIBBONS STAMP STATIONERY STICKER STICKERS TAPE TISSUE WRAP",
    "party decorations": "BALLOON BALLOONS BIRTHDAY BUNTING GARLAND PARTY",
    "bags": "BACKPACK BAG BAGS LUGGAGE PURSE RUCKSACK SHOPPER SUITCASE WALLET",
    "jewellery": "BANGLE BRACELET BROOCH EARRINGS HAIRCLIP JEWELLERY NECKLACE RING",
    "toys": "BOY CHILDREN CHILDRENS CHILD'S CHILDREN'S DOLL DOLLY DOMINOES FELTCRAFT GAME GAMES GIRL JIGSAW KIDS"
    " PLAYING PUZZLE SKIPPING SPACEBOY TOY TOYS",
    "gardening": "BIRDHOUSE FLOWERPOT GARDEN HERB PARASOL PLANT PLANTER PLANTERS SEED SEEDS WATERING",
    "kitchenware": "APRON BAKING BEAKER BOWL BOWLS CAKE CAKES CAKESTAND COASTER COASTERS COFFEE COOKIE CUP CUPS CUTLERY"
    " EGG GLASSES JAM JUG KITCHEN LUNCH MUG MUGS NAPKINS OVEN PANTRY PLATE PLATES RECIPE SAUCER SPOON SPOONS TEA TEACUP"
    " TEAPOT TEASPOONS TIN TINS TOWEL TOWELS TRAY",
    "home decor": "BASKET BOTTLE BOX BOXES CABINET CHAIR CLOCK CUSHION CUSHIONS DECORATION DECORATIONS DOOR DOORMAT"
    " DRAWER FRAME FRAMES HANGER HANGING HOLDER HOOK HOOKS KNOB LAMP MIRROR ORNAMENT PHOTO QUILT SHELF SIGN STOOL"
    " STORAGE VASE WALL WICKER",
}
"""Words of a description and the category they give; the first category that has one of its words wins. The data knows
no categories: these are ours, derived, and only as good as a list of words can be."""


def category(description: str) -> str:
    """The derived category of a product; empty when none of the words is in its description."""
    words = set(re.findall(r"[A-Z][A-Z'-]*", description.upper()))
    return next((name for name, listed in CATEGORIES.items() if words & set(listed.split())), "")


def make(source: Path, target: Path, customers: int = CUSTOMERS, since: str = SINCE) -> None:
    """Writes the sample's two files into the directory `target`: of so many customers, from a day on."""
    data = duckdb.connect()
    data.execute(
        """CREATE TABLE year AS SELECT * FROM read_parquet($source)
            WHERE customer_id IS NOT NULL AND invoice_ts >= $since::TIMESTAMP""",
        {"source": str(source), "since": since},
    )
    data.execute(
        """CREATE TABLE chosen AS SELECT customer_id, sha256(customer_id::VARCHAR) AS rank FROM year
            WHERE invoice NOT LIKE 'C%' AND price > 0 GROUP BY customer_id ORDER BY rank LIMIT $customers""",
        {"customers": customers},
    )
    lines = data.execute(
        """SELECT customer_id, country, invoice, min(invoice_ts) OVER (PARTITION BY invoice) AS begun,
                  stock_code, quantity, price
             FROM year JOIN chosen USING (customer_id) ORDER BY rank, begun, invoice, stock_code, quantity, price"""
    ).fetchall()
    products = data.execute(
        """SELECT stock_code, trim(mode(description ORDER BY description)) FROM year
            WHERE customer_id IN (SELECT customer_id FROM chosen) GROUP BY stock_code ORDER BY stock_code"""
    ).fetchall()
    rows = [(*line[:3], in_utc(line[3]), *line[4:6], f"{line[6]:g}") for line in lines]
    text = _csv(("customer", "country", "invoice", "time", "stock_code", "quantity", "price"), rows)
    (target / LINES).write_bytes(gzip.compress(text, mtime=0))
    described = [(code, description, category(description)) for code, description in products]
    (target / PRODUCTS).write_bytes(_csv(("stock_code", "description", "derived_category"), described))


def in_utc(local: datetime) -> str:
    """The shop's local time as UTC. Nobody ordered in the hour that a year's clocks go through twice."""
    return f"{local.replace(tzinfo=SHOP_ZONE).astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue().encode()


if __name__ == "__main__":
    make(Path(sys.argv[1]), Path(__file__).parent)
