"""What the shop's holdout says of what people spend, at the ends of quarters. That its test is right is tested by
itself (`test_spending`)."""

from __future__ import annotations

import random

from shared.domain.events import DAY, Instant, Json
from shared.domain.experiments.holdouts import LOOKS, QUARTER, WEEK, WITHIN, told
from shared.domain.settings import Holdout

HOLDOUT = Holdout(name="from_2026", share=10)
SINCE: Instant = 2_900 * WEEK


def row(held_out: int, week: int, people: int, net: int, before: int = 0) -> dict[str, Json]:
    did = {"people": people, "ordered": people if net else 0}
    return {"held_out": held_out, "week": week, "part": 0, "net": net, "before": before, **did}


def shop(seed: int, bigger: float = 1.0) -> list[dict[str, Json]]:
    """A few people a quarter, of whom one in two spends, unevenly; `bigger`: how much more, with email."""
    lot, rows = random.Random(seed), []
    for week in range(2_900, 2_900 + LOOKS * QUARTER // WEEK, 6):
        for held_out, people in ((1, 6), (0, 54)):
            spent = [round(lot.paretovariate(2) * 1_000) for _ in range(people) if lot.random() < 0.5]
            rows += [row(held_out, week, 1, round(each * (1 if held_out else bigger))) for each in spent]
            rows.append(row(held_out, week, people - len(spent), 0))
    return rows


def said(rows: list[dict[str, Json]], t: Instant) -> Json:
    return told(HOLDOUT, SINCE, rows, t)["spending"]


def test_it_is_told_at_the_ends_of_quarters_and_stays_told() -> None:
    rows = shop(1, bigger=6)
    first = SINCE + QUARTER + WITHIN
    early = said(rows, first - 1)
    assert (early["word"], early["look"], early["next_look"]) == (None, None, first)
    assert "told at the end of each quarter" in early["words"]
    at_first = said(rows, first)
    assert (at_first["word"], at_first["look"], at_first["next_look"]) == ("better", 1, first + QUARTER)
    assert at_first["interval"][0] > 0
    assert at_first["words"].startswith("Those who get email did better: ")
    assert said(rows, first + 10 * QUARTER) == at_first


def test_the_last_look_is_the_last_and_a_draw_that_is_off_says_nothing() -> None:
    last = said(shop(2), SINCE + 20 * QUARTER)
    assert (last["look"], last["next_look"]) == (LOOKS, None)
    off = said([row(1, 2_900, 40, 100), row(0, 2_900, 40, 100)], SINCE + QUARTER + WITHIN)
    assert (off["word"], off["interval"]) == ("broken", None)
    assert said([], SINCE + 400 * DAY)["word"] == "broken"


def test_revenue_is_of_those_who_had_their_time() -> None:
    rows = [row(1, 2_900, 1, 500), row(0, 2_900, 9, 1_000), row(0, 2_930, 5, 70_000)]
    found = told(HOLDOUT, SINCE, rows, 2_901 * WEEK + WITHIN)
    assert (found["held_out"], found["sent"]) == (
        {"people": 1, "ordered": 1, "revenue": 5.0},
        {"people": 9, "ordered": 9, "revenue": 90.0},
    )
