"""How people come in by forms: seen, begun, sent in, signed up, and their first order; by form, version and day.

What a form's page and the shop's pages tell of a visitor is counted as often as it happens, and of nobody in
particular; whoever has signed up is a person, and counts once a form. So a share of the first kind is of times, and one
of the second of people.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.calendars import day_start, local
from shared.domain.events import Instant, Json
from shared.domain.experiments.rates import Arm, together
from shared.domain.reports.beside import Beside, beside

DAYS = 90
"""Of the shop, up to the present one, of which the report is."""
COUNTED = (
    *("seen_page", "sent_page", "begun_site", "sent_site", "seen_email", "sent_email"),
    *("people", "fresh", "ordered"),
)
AFTER_SENDING = "after_sending"
"""Of `people`, those since it is counted how often the form is sent in."""
SHARES: Mapping[str, tuple[str, str]] = {
    "page": ("sent_page", "seen_page"),
    "site": ("sent_site", "begun_site"),
    "email": ("sent_email", "seen_email"),
    "signed_up": (AFTER_SENDING, "sent"),
    "ordered": ("ordered", "fresh"),
}
"""What is told as a share, of what. `sent`: by its page or the shop's pages; who comes by an email is known."""


def period(at: Instant, where: ZoneInfo) -> tuple[Instant, list[str]]:
    """When it begins, and its days in order."""
    last = local(at, where).date()
    first = last - timedelta(days=DAYS - 1)
    return day_start(first, where), [(first + timedelta(days=n)).isoformat() for n in range(DAYS)]


class Told(NamedTuple):
    """So many of one of COUNTED, of a form's version (None: not told) on a day of the shop."""

    form: str
    version: int | None
    day: str
    what: str
    n: int


def told(rows: Iterable[Mapping[str, Json]]) -> Iterable[Told]:
    """Out of the rows of `infra/athena/forms.sql`."""
    for row in rows:
        version = int(str(row["version"])) if row["version"] else None
        for what in ("people", "fresh", "ordered"):
            yield Told(str(row["form"]), version, str(row["day"]), what, int(str(row[what])))


def report(found: Iterable[Told], surveys: Collection[str], days: Collection[str]) -> dict[str, Json]:
    """The forms that are in `found`, each with its versions and days. Those among `surveys` sign nobody up: they are
    beside each other, and the others beside the others. `days`: all of them, in order."""
    totals: dict[str, Counter[str]] = defaultdict(Counter)
    versions: dict[tuple[str, int | None], Counter[str]] = defaultdict(Counter)
    by_day: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    several = list(found)
    began = _began(several)
    for each in several:
        for counter in (totals[each.form], versions[each.form, each.version], by_day[each.form, each.day]):
            counter[each.what] += each.n
        if each.what == "people" and each.day >= began.get(each.form, each.day + "~"):
            totals[each.form][AFTER_SENDING] += each.n
    kinds = [sorted(form for form in totals if (form in surveys) is is_survey) for is_survey in (False, True)]
    return {
        "days": DAYS,
        "first": min(days),
        "last": max(days),
        "forms": [
            {
                "form": form,
                **_counted(totals[form]),
                "shares": [
                    _share(name, made)
                    for name in SHARES
                    if (made := _beside(name, totals[form], [totals[other] for other in kind if other != form], kind))
                ],
                "versions": [
                    {"version": version, **_counted(versions[form, version])}
                    for of, version in sorted(versions, key=lambda key: -(key[1] or 0))
                    if of == form
                ],
                "by_day": [{"day": day, **_counted(by_day[form, day])} for day in days],
            }
            for kind in kinds
            for form in kind
        ],
    }


def _began(several: Iterable[Told]) -> dict[str, str]:
    """By form, the first day on which it was counted how often it was sent in: who signed up before is beside
    nothing."""
    began: dict[str, str] = {}
    for each in several:
        if each.what in ("sent_page", "sent_site"):
            began[each.form] = min(each.day, began.get(each.form, each.day))
    return began


def _counted(found: Counter[str]) -> dict[str, Json]:
    return {each: found[each] for each in COUNTED}


def _arm(name: str, found: Counter[str]) -> Arm:
    """Of which so many went on. One that was begun before the first day may be sent after it, and what is sent twice is
    begun once: never more than all."""
    went_on, of = SHARES[name]
    people = found["sent_page"] + found["sent_site"] if of == "sent" else found[of]
    return Arm(people, min(found[went_on], people))


def _beside(name: str, own: Counter[str], others: list[Counter[str]], kind: Collection[str]) -> Beside | None:
    arm = _arm(name, own)
    return beside(arm, together(_arm(name, each) for each in others), several=len(kind)) if arm.people else None


def _share(name: str, made: Beside) -> dict[str, Json]:
    return {
        "name": name,
        "of": made.of.people,
        "share": made.of.rate,
        "low": made.interval.low,
        "high": made.interval.high,
        "others": made.others.rate if made.others.people else None,
        "word": made.word,
        "words": _words(made),
    }


def _words(made: Beside) -> str:
    match made.word:
        case "too_few":
            return "too few to say anything yet" if made.others.people else "no other form to compare with"
        case "no_better":
            return f"no better and no worse than your other forms, as far as {made.of.people:,} can say"
        case word:
            return f"{word} than your other forms"
