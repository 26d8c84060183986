"""What a night of insight takes and costs: the answers of the lake are made up, read, worked out, written and compared
with what was told last, by the real code; calls to AWS are reckoned.

Every second contact has ordered, some four times in two years, three products each; half of them have come back. Of the
profiles' part, what one told score costs was counted on the local run (`TOLD`).
"""

from __future__ import annotations

import io
import resource
import time
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from functions.insight import customers, night, reading, telling
from functions.insight.seam import Data, Found
from shared.domain.events import DAY, parse_instant
from tests.benchmarks.measuring import Row
from tests.benchmarks.prices import price

AT = parse_instant("2026-11-29T04:00:00Z")
YEARS = 2
SIZES = (10_000, 100_000)
LARGEST = 1_000_000
"""Reckoned from the larger of these, since all of it grows in proportion. What a million customers take of memory and
time is measured by `insight`."""
MEMORY = 3008 / 1024
"""GB of the function. It has more than a whole processor then, and works with one."""
TELLS = 0.07
"""Of those with a score, each night: every 21st is told again before it grows stale, and some have moved (assumed)."""
TOLD = {"DynamoDB write units": 5.8, "DynamoDB read units": 1.7, "SQS requests": 0.4, "Lambda GB-seconds, arm64": 0.004}
"""What one contact's event takes, from the queue to the profile: units and requests counted on the local run with 211
customers of the sample, seconds as of other events (`cost`)."""
BYTES = {"orders": 70, "lines": 150, "acts": 12}
"""That Athena reads of an order, of an order with its products, and of an act: counted on the local run."""
LEAST_SCANNED = 10e6


@dataclass(frozen=True)
class Night:
    """Of one night: processor seconds, megabytes, how many have a score, and of how many rows Athena reads."""

    seconds: dict[str, float]
    peak: int
    scored: int
    scanned: dict[str, int]


def answers(contacts: int) -> dict[str, bytes]:
    """The files that Athena would leave."""
    chance = np.random.default_rng(7)
    customers_ = contacts // 2
    orders = 1 + chance.geometric(0.25, customers_) * (chance.random(customers_) < 0.5)
    whose = np.repeat(np.arange(1, customers_ + 1) * 999_983, orders)
    times = AT - (chance.random(len(whose)) * YEARS * 365 * DAY).astype(np.int64)
    amounts = (np.exp(chance.normal(3.5, 0.6, len(whose))) * 1e6).astype(np.int64)
    order = np.lexsort((times, whose))
    whose, times = whose[order], times[order]
    line_of = np.repeat(np.arange(len(whose)), 3)
    products = chance.zipf(1.3, len(line_of)) % 2_000
    hours = chance.integers(0, 24, contacts)
    return {
        "orders": _csv("contact_number,time,amount", zip(whose, times, amounts, strict=True)),
        "lines": _csv(
            "contact_number,time,product,category",
            zip(whose[line_of], times[line_of], products, products % 12, strict=True),
        ),
        "acts": _csv(
            "contact_number,month,hour,kind,n",
            ((each, "2026-11", hour, "visit", 3) for each, hour in zip(whose[:contacts], hours, strict=False)),
        ),
    }


def _csv(head: str, rows) -> bytes:  # type: ignore[no-untyped-def]
    lines = (",".join(f'"{each}"' for each in row) for row in rows)
    return (head + "\n" + "\n".join(lines) + "\n").encode()


def play(contacts: int) -> Night:
    """A night after one on which everybody was told."""
    files, seconds = answers(contacts), {}
    began = time.process_time()

    def lap(name: str) -> None:
        nonlocal began
        seconds[name] = time.process_time() - began
        began = time.process_time()

    zone = ZoneInfo("UTC")
    data = Data(
        at=AT,
        currency="USD",
        zone="UTC",
        orders=reading.orders(io.BytesIO(files["orders"]), {}, ()),
        lines=reading.lines(io.BytesIO(files["lines"]), {}, (), lambda ids: dict.fromkeys(ids, ("tea", 500))),
        acts=reading.acts(io.BytesIO(files["acts"]), {}, (), zone),
    )
    lap("reading")
    found: Found = customers.work_out(data)
    lap("working out")
    for _ in night._files(night._rows("2026-11-29", found.scores), night.ROWS_OF_A_FILE):
        pass
    lap("writing the table")
    held = {}
    for again in (False, True):
        several = [
            (each, each.score, str(each.trait), telling.to_tell(each, held.get(each.score), AT + again * DAY, set()))
            for each in found.scores
            if each.trait is not None
        ]
        held = {name: told.held for _, name, _, told in several}
        if not again:
            began = time.process_time()
    for _ in telling.messages(several):
        pass
    telling.dump(held)
    lap("comparing")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    scored = max((len(each) for each in found.scores), default=0)
    scanned = {"orders": len(data.orders), "lines": len(data.orders), "acts": 10 * len(data.acts.contact)}
    return Night(seconds, peak, scored, scanned)


def dollars(night_: Night, times: int = 1) -> dict[str, float]:
    """By what they are for; of a shop so many times as large."""
    asked = sum(max(BYTES[name] * number * times, LEAST_SCANNED) for name, number in night_.scanned.items())
    told = TELLS * night_.scored * times
    seconds = sum(night_.seconds.values()) * times + 10
    return {
        "Athena": price("Athena TB scanned", asked / 1e12),
        "the function": price("Lambda GB-seconds, arm64", MEMORY * seconds),
        "steps and files": price("Step Functions transitions", 40 + told / 500) + price("S3 PUT requests", 40),
        "telling": sum(price(item, quantity * told) for item, quantity in TOLD.items()),
    }


def measure() -> list[Row]:
    rows = []
    for contacts in SIZES:
        found = play(contacts)
        took = ", ".join(f"{name} {seconds:.1f}" for name, seconds in found.seconds.items())
        took = f"{sum(found.seconds.values()):.1f} s of processor time ({took}), {found.peak:,} MB"
        rows.append(Row(f"a night of insight, {contacts:,} contacts", took, "3,008 MB", found.peak <= 3008))
        rows.append(Row("its cost at list prices", _told(dollars(found))))
    rows.append(Row(f"that of {LARGEST:,} contacts, in proportion", _told(dollars(found, LARGEST // contacts))))
    return rows


def _told(parts: dict[str, float]) -> str:
    return f"${sum(parts.values()):.3f} ({', '.join(f'{name} ${each:.4f}' for name, each in parts.items())})"


if __name__ == "__main__":
    from tests.benchmarks.measuring import show

    show(measure())
