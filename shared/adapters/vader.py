"""How an English sentence sounds, by VADER's list of words (Hutto and Gilbert 2014)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


def tone(sentence: str) -> float:
    """From -1 to 1."""
    return float(_analyzer().polarity_scores(sentence)["compound"])


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # reads its words, which few invocations need

    return SentimentIntensityAnalyzer()
