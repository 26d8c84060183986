"""How texts sound, and in which language they are, by Amazon Comprehend, where the shop has switched it on: what is
asked goes to the service in the stack's own account and region, and costs by the letter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment

LANGUAGES = ("de", "en", "es", "it", "pt", "fr", "ja", "ko", "hi", "ar", "zh", "zh-TW")
"""Whose sentiment it judges (Comprehend's guide, "Languages supported in Amazon Comprehend")."""
A_BATCH = 25
"""Texts of one call, at most."""
MAX_BYTES = 5_000
"""Of a text, in UTF-8."""
LEAST_LETTERS = 20
"""Of a text whose language it is to tell."""


class Heard(NamedTuple):
    """`tone`: the confidence that it is positive less the confidence that it is negative, so a text that is both, or
    neither, is near 0. None: it judges none in that `language`."""

    language: str
    tone: float | None


class ComprehendSettings(Settings):
    other_languages: str = "none"


def is_on() -> bool:
    return environment(ComprehendSettings).other_languages == "comprehend"


def hear(texts: Sequence[tuple[str, str | None]]) -> list[Heard | None]:
    """How each text sounds, by its language (None: not told, so it is asked for, which costs as much again), at most
    `A_BATCH` of them. None: the service could do nothing with this one now. ClientError, BotoCoreError: with none."""
    cut = [_cut(text) for text, _ in texts]
    languages = {number: told for number, (_, told) in enumerate(texts) if told is not None}
    untold = [number for number in range(len(texts)) if number not in languages]
    if untold:
        answer = client("comprehend").batch_detect_dominant_language(TextList=[cut[number] for number in untold])
        for each in answer["ResultList"]:
            if each["Languages"]:
                languages[untold[each["Index"]]] = max(each["Languages"], key=_score)["LanguageCode"]
    found: dict[int, Heard] = {}
    by_language: dict[str, list[int]] = defaultdict(list)
    for number, told in languages.items():
        judged = _judged(told)
        if judged is None:
            found[number] = Heard(told, None)
        else:
            by_language[judged].append(number)
    for language, numbers in by_language.items():
        several = [cut[number] for number in numbers]
        answer = client("comprehend").batch_detect_sentiment(TextList=several, LanguageCode=language)
        for each in answer["ResultList"]:
            found[numbers[each["Index"]]] = Heard(language, _tone(each["SentimentScore"]))
    return [found.get(number) for number in range(len(texts))]


def _cut(text: str) -> str:
    """As much of it as a call takes, and no half letter."""
    return text.encode()[:MAX_BYTES].decode(errors="ignore")


def _score(language: Any) -> float:
    return float(language["Score"])


def _judged(told: str) -> str | None:
    """`de-CH` is judged as `de`; `zh-TW` has a code of its own."""
    codes = {code.lower(): code for code in LANGUAGES}
    told = told.lower().replace("_", "-")
    return codes.get(told) or codes.get(told.split("-")[0])


def _tone(scores: Mapping[str, Any]) -> float:
    return round(float(scores["Positive"]) - float(scores["Negative"]), 3)
