"""What came of emails, by what sent them and to whom: counts, shares beside those of all other emails, and money.

An email counts on the day it was sent, with all that has come of it since: a late delivery or a refund changes the day
of the email. docs/reports.md says what each figure is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendars import local
from shared.domain.events import Instant, Json
from shared.domain.reports.limits import Limits, of_shares, of_values
from shared.domain.reports.shares import Beside, Compared, Summed, beside_all
from shared.domain.settings import EmailCosts

WITHIN_DAYS = 5
"""After a person's click, in which an order counts for the email (`infra/athena/parts/mails.sql`)."""
PERIODS = (30, 90, 365)
"""Whole days up to yesterday, over which a group's emails are added up."""
DAYS = 90
"""That are told one by one."""
COUNTS = (
    *("sent", "delivered", "bounced", "opened", "opened_raw", "clicked", "converted"),
    *("unsubscribed", "complained", "orders", "revenue"),
)
ALL = "all"


class Rate(NamedTuple):
    """A share: of which emails, which of them, whether more is better (None: nothing is said of it), and what they are
    called."""

    of: Literal["sent", "delivered"]
    hits: str
    more_is_better: bool | None
    noun: str


RATES: Mapping[str, Rate] = {
    "bounced": Rate("sent", "bounced", False, "email that came back"),
    "opened": Rate("delivered", "opened", None, "opened email"),
    "clicked": Rate("delivered", "clicked", True, "click"),
    "converted": Rate("delivered", "converted", True, "email that led to an order"),
    "unsubscribed": Rate("delivered", "unsubscribed", False, "unsubscribe"),
    "complained": Rate("delivered", "complained", False, "report of spam"),
}
"""Of opens nothing is said: many mail programs make them, and many hide them."""
_SEVERAL = {
    "email that came back": "emails that came back",
    "email that led to an order": "emails that led to an order",
    "report of spam": "reports of spam",
}


class Days(NamedTuple):
    """The first and the last, as `2026-11-24`."""

    first: str
    last: str


def days_before(at: Instant, number: int, zone: ZoneInfo) -> Days:
    """The last whole days by a zone's calendar."""
    today = local(at, zone).date()
    return Days((today - timedelta(days=number)).isoformat(), (today - timedelta(days=1)).isoformat())


def report(
    at: Instant, zone: ZoneInfo, groups: Iterable[Mapping[str, Json]], by_day: Iterable[Mapping[str, Json]]
) -> dict[str, Json]:
    """Out of the rows of `infra/athena/kpis.sql` and `kpis_by_day.sql`."""
    several = list(groups)
    return {
        "within_days": WITHIN_DAYS,
        "periods": [_period(at, zone, days, [row for row in several if row["days"] == days]) for days in PERIODS],
        "days": _days(days_before(at, DAYS, zone), by_day),
    }


# ── a period ──


def _period(at: Instant, zone: ZoneInfo, days: int, rows: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    whole = next((row for row in rows if row["called"] == ALL), None)
    told = {} if whole is None else _rates(whole, rows)
    return {
        "days": days,
        **days_before(at, days, zone)._asdict(),
        "groups": [
            {
                "called": row["called"],
                "people": _whole(row, "people"),
                **_counts(row),
                "revenue_per_email": _over(_whole(row, "revenue"), _whole(row, "delivered")),
                "rates": told[str(row["called"])],
                "value": None if not row["valued"] else float(str(row["value"])) / _whole(row, "valued"),
                "valued": _whole(row, "valued"),
            }
            for row in rows
        ],
    }


def _rates(whole: Mapping[str, Json], rows: Sequence[Mapping[str, Json]]) -> dict[str, dict[str, Json]]:
    """By what a group is called, its rates. All that can be looked at together is compared together."""
    asked = [(row, name) for row in rows for name in RATES]
    compared = [
        Compared(_summed(whole, RATES[name]), _summed(row, RATES[name]), RATES[name].more_is_better is not False)
        for row, name in asked
        if row["called"] != ALL and RATES[name].more_is_better is not None
    ]
    beside = iter(beside_all(compared))
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    for row, name in asked:
        rate = RATES[name]
        is_compared = row["called"] != ALL and rate.more_is_better is not None
        summed = _summed(row, rate)
        one = next(beside) if is_compared else beside_all([Compared(summed, summed)])[0]
        found[str(row["called"])][name] = {
            "share": one.share,
            "low": one.interval.low,
            "high": one.interval.high,
            "word": one.word if is_compared else None,
            "words": _words(one, rate, summed.hits, _summed(whole, rate).share) if is_compared else "",
        }
    return found


def _summed(row: Mapping[str, Json], rate: Rate) -> Summed:
    return Summed(
        people=_whole(row, "people"),
        emails=_whole(row, rate.of),
        hits=_whole(row, rate.hits),
        emails_squared=_whole(row, f"{rate.of}_squared"),
        hits_squared=_whole(row, f"{rate.hits}_squared"),
        product=_whole(row, f"{rate.hits}_by_{rate.of}"),
    )


def _words(one: Beside, rate: Rate, hits: int, average: float | None) -> str:
    """As a marketer says it."""
    if one.word == "too_few" or one.share is None or average is None:
        return "too few people to compare, or too few others"
    percent = f"{100 * average:.2f}".rstrip("0").rstrip(".")
    beside = f"the average of {percent} %"
    if one.word != "no_better":
        return f"{one.word} than {beside}"
    above = one.share >= average
    leads = "better" if above == rate.more_is_better else "worse"
    noun = rate.noun if hits == 1 else _SEVERAL.get(rate.noun, f"{rate.noun}s")
    return f"no {leads} than {beside}, as far as {hits:,} {noun} can say"


# ── day by day ──


def _days(asked: Days, rows: Iterable[Mapping[str, Json]]) -> dict[str, Json]:
    """By what a group is called, each day on which it sent an email, with the limits of its rates and of its revenue;
    `outside`: which of them that day is beyond."""
    several: dict[str, list[Mapping[str, Json]]] = defaultdict(list)
    for row in rows:
        if asked.first <= str(row["day"]) <= asked.last:
            several[str(row["called"])].append(row)
    return {called: _limited(sorted(days, key=lambda row: str(row["day"]))) for called, days in several.items()}


def _limited(rows: Sequence[Mapping[str, Json]]) -> Json:
    limits: dict[str, list[Limits | None]] = {
        name: of_shares([(_whole(row, rate.of), _whole(row, rate.hits)) for row in rows])
        for name, rate in RATES.items()
        if rate.more_is_better is not None
    }
    limits["revenue"] = of_values([_whole(row, "revenue") / 100 for row in rows])
    return [
        {
            "day": row["day"],
            **_counts(row),
            "limits": {name: [one.low, one.high] for name, each in limits.items() if (one := each[n]) is not None},
            "outside": [name for name, each in limits.items() if (one := each[n]) is not None and one.outside],
        }
        for n, row in enumerate(rows)
    ]


def _counts(row: Mapping[str, Json]) -> dict[str, Json]:
    """With those that are neither delivered nor bounced yet, and revenue as an amount."""
    counted = {each: _whole(row, each) for each in COUNTS}
    waiting = counted["sent"] - counted["delivered"] - counted["bounced"]
    return {**counted, "waiting": waiting, "revenue": counted["revenue"] / 100}


def _whole(row: Mapping[str, Json], name: str) -> int:
    return int(str(row[name]))


def _over(hundredths: int, number: int) -> float | None:
    return hundredths / 100 / number if number else None


# ── what emails cost, and what is left ──


class Return(NamedTuple):
    """In the shop's currency: what the emails cost, what is left of their revenue after the goods, and how much more
    that is than the cost, as a share of it (None: they cost nothing)."""

    cost: float
    profit: float
    roi: float | None


def returned(costs: EmailCosts, days: int, sent: int, sent_in_all: int, revenue: float) -> Return:
    """Of a group that sent `sent` of all emails of these days: what is paid by the month is divided by emails."""
    by_month = costs.a_month * days / 30 * (sent / sent_in_all if sent_in_all else 0.0)
    cost, profit = costs.a_thousand * sent / 1000 + by_month, revenue * costs.margin / 100
    return Return(cost, profit, (profit - cost) / cost if cost else None)
