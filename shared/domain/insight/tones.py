"""How a text sounds by the words of the shop's own starred reviews: what a night has learnt of them, and its use.

Terms are words and pairs of neighbours (`not good`), weighed by how often a text has them and how few texts have them
(tf-idf: (1 + ln n)·idf, of length 1), and added up by a logistic regression, in which few stars weigh as much as many.
A night fits it (`functions.insight.written`); it knows no language but the one that the reviews are in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from math import log, sqrt, tanh

from shared.domain.events import Instant
from shared.domain.insight.values import Value
from shared.domain.text_topics import folded

MAX_WORDS = 1_000
"""Of a text; what is over is not read."""
LEAST_KNOWN = 3
"""Words of a text that reviews have said, below which nothing is told of it; and half of all its words."""


class Learnt(Value):
    """`terms`: of each its idf and its weight; towards praise it is positive. `reviews`: it was learnt from so many."""

    at: Instant
    reviews: int
    bias: float
    terms: Mapping[str, tuple[float, float]]


def words_of(text: str) -> list[str]:
    return folded(text).split()[:MAX_WORDS]


def terms_of(words: list[str]) -> Counter[str]:
    """Words and pairs of neighbours, each with how often it is there."""
    return Counter(words) + Counter(f"{one} {other}" for one, other in pairwise(words))


def tone_by(learnt: Learnt, text: str) -> float | None:
    """From -1 to 1: the chance that whoever wrote this gave many stars, less the chance that they gave few. None: too
    few of its words are known."""
    words = words_of(text)
    known = sum(word in learnt.terms for word in words)
    if known < LEAST_KNOWN or 2 * known < len(words):
        return None
    squares = total = 0.0
    for term, n in terms_of(words).items():
        if term in learnt.terms:
            idf, weight = learnt.terms[term]
            worth = (1 + log(n)) * idf
            squares += worth * worth
            total += worth * weight
    return tanh((learnt.bias + total / sqrt(squares)) / 2)
