"""Why a score is what it is: the three facts that move it most, as codes with values, and in words; and after them what
would change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shared.domain.insight.catalogue import Score
from shared.domain.insight.values import Value
from shared.domain.wording.texts import money, number, plural


class Reason(Value):
    """A fact of one contact: `value` in the unit of its code. `effect`: by how much it moves the score, against the
    same contact with the shop's middle value instead: points of a chance, or the shop's currency (0: it is not
    counted). `about`: what it is of, a product or category."""

    code: str
    value: float
    effect: float = 0.0
    about: str = ""


def _days(value: float) -> str:
    return plural(round(value), "day")


_INTENDED = {
    "question": "asks something",
    "refund": "wants to give something back",
    "cancel": "wants to cancel",
    "complaint": "complains",
    "praise": "praises",
}

WORDS: Mapping[str, Callable[[float, str], str]] = {
    "orders": lambda value, about: f"{plural(round(value), 'order')} so far",
    "last_order": lambda value, about: f"the last order was {_days(value)} ago",
    "first_order": lambda value, about: f"the first order was {_days(value)} ago",
    "own_gap": lambda value, about: f"usually {_days(value)} between two orders",
    "typical_gap": lambda value, about: f"{_days(value)} between two orders are usual{f' in {about}' if about else ''}",
    "average_order": lambda value, about: f"an order is worth {money(round(value, 2))} on average",
    "spent_last_year": lambda value, about: f"spent {money(round(value, 2))} in the last 12 months",
    "expected_orders": lambda value, about: f"{number(round(value, 1))} orders are expected in the next 12 months",
    "bought": lambda value, about: f"bought {about} {_times(value)}",
    "viewed": lambda value, about: f"looked at {about} {_times(value)}",
    "product_gap": lambda value, about: f"usually {_days(value)} from one purchase of {about} to the next",
    "after_order": lambda value, about: f"an order today would make it {round(100 * value)} %",
    "silence": lambda value, about: f"without an order it is {about} in {_days(value)}",
    "shop": lambda value, about: "nothing is known of them yet, so it is what is usual in this shop",
    "hour_tried": lambda value, about: "nothing is known of their visits, so another hour is tried with one in twelve",
    "stars": lambda value, about: f"gave {number(value)} of 5 stars",
    "words": lambda value, about: f"by the words of it ({value:+.2f}, from -1 to +1)",
    "reviews": lambda value, about: f"by the words of your starred reviews ({value:+.2f}, from -1 to +1)",
    "service": lambda value, about: f"by Amazon Comprehend ({value:+.2f}, from -1 to +1)",
    "language": lambda value, about: f"it is written in a language ({about}) that nothing here can judge",
    "topic": lambda value, about: f"it is about {about.replace('_', ' ')}",
    "intent": lambda value, about: _INTENDED.get(about, about),
    "acts_at_hour": lambda value, about: f"clicked or visited {_times(value)} around {about}",
}
"""What each code says. A module that adds a score adds its codes here."""


def _times(value: float) -> str:
    return "once" if round(value) == 1 else f"{number(round(value))} times"


def in_words(reason: Reason, score: Score) -> str:
    """`The last order was 12 days ago (+23 points)`. A code that this version does not know is said as it is."""
    said = WORDS.get(reason.code)
    text = said(reason.value, reason.about) if said else f"{reason.code.replace('_', ' ')}: {number(reason.value)}"
    return f"{text[:1].upper()}{text[1:]}{_moving(reason.effect, score)}"


def _moving(effect: float, score: Score) -> str:
    sign = "+" if effect > 0 else "−"
    if score.unit == "money":
        return f" ({sign}{money(abs(round(effect, 2)))})" if abs(effect) >= 0.01 else ""
    return f" ({sign}{plural(abs(round(effect)), 'point')})" if round(effect) else ""


def as_code(reason: Reason) -> str:
    """`last_order|12|23|`: as a row of the lake has it."""
    return f"{reason.code}|{reason.value:.10g}|{reason.effect:.6g}|{reason.about}"


def from_code(text: str) -> Reason:
    """ValueError: it is none."""
    code, value, effect, about = text.split("|", 3)
    return Reason(code=code, value=float(value), effect=float(effect), about=about)
