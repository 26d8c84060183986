"""What people say, beside the figures: what they answer with one click, what they choose in surveys, and how what they
write sounds and what it is about. Words of the shop's and of ours, and how many: what somebody wrote is in none of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments.rates import Arm, wilson
from shared.domain.insight.texts import INTENTS

DAYS = 90
SENTIMENTS = ("positive", "neutral", "negative", "unknown")
WANTED = (*INTENTS, "question")
MAX_ANSWERS = 30
"""Of one question; those of fewest people are put together."""

Rows = Iterable[Mapping[str, Json]]


def begins(at: Instant) -> Instant:
    return max(at - DAYS * DAY, 0)


def report(at: Instant, answers: Rows, surveys: Rows, texts: Rows, topics: Collection[str]) -> dict[str, Json]:
    """Out of the rows of `infra/athena/feedback_*.sql`. `topics`: the shop's, of its settings: what else a text is
    about is what somebody wants."""
    return {
        "days": DAYS,
        "since": begins(at),
        "asked": _asked(answers),
        "surveys": _surveys(surveys),
        **_texts(texts, topics),
    }


def _asked(rows: Rows) -> list[Json]:
    """By the email that asks, what was answered with one click."""
    sent: dict[tuple[str, ...], int] = {}
    given: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        key = tuple(str(row[name] or "") for name in ("campaign", "journey", "step", "template"))
        if row["answer"]:
            given[key][str(row["answer"])] += int(str(row["people"]))
        else:
            sent[key] = int(str(row["people"]))
    return [
        {
            **dict(zip(("campaign", "journey", "step", "template"), key, strict=True)),
            "sent": sent.get(key, 0),
            "answered": found.total(),
            "answers": _told(found, found.total()),
        }
        for key, found in sorted(given.items(), key=lambda each: (-each[1].total(), each[0]))
    ]


def _surveys(rows: Rows) -> list[Json]:
    people: Counter[str] = Counter()
    given: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        form, question, number = str(row["form"] or ""), str(row["question"] or ""), int(str(row["people"]))
        if not question:
            people[form] += number
            continue
        given[form][question][str(row["answer"])] += number
    return [
        {
            "form": form,
            "people": people[form],
            "questions": [
                {"question": question, "answers": _told(found, people[form])}
                for question, found in sorted(given[form].items())
            ],
        }
        for form in sorted(people, key=lambda each: (-people[each], each))
    ]


def _told(found: Counter[str], people: int) -> list[Json]:
    most = found.most_common()
    rest = sum(number for _, number in most[MAX_ANSWERS:])
    shown = [*most[:MAX_ANSWERS], *([("others", rest)] if rest else [])]
    return [
        {"answer": answer, "people": number, **_share(Arm(people, min(number, people)))} for answer, number in shown
    ]


def _share(arm: Arm) -> dict[str, Json]:
    low, high = wilson(arm)
    return {"share": arm.rate, "low": low, "high": high}


def _texts(rows: Rows, topics: Collection[str]) -> dict[str, Json]:
    wrote: dict[str, Counter[str]] = defaultdict(Counter)
    about: dict[str, Counter[str]] = defaultdict(Counter)
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        sentiment, topic, number = str(row["sentiment"] or "unknown"), str(row["topic"] or ""), int(str(row["texts"]))
        if not topic:
            wrote[str(row["wrote"])][sentiment] += number
        elif topic in topics:
            about[topic][sentiment] += number
        elif topic in WANTED:
            wanted[topic][sentiment] += number
    return {
        name: [
            {"name": each, "texts": found.total(), **{word: found[word] for word in SENTIMENTS}}
            for each, found in sorted(kinds.items(), key=lambda each: (-each[1].total(), each[0]))
        ]
        for name, kinds in (("wrote", wrote), ("topics", about), ("wanted", wanted))
    }
