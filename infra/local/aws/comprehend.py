"""Amazon Comprehend as the local run needs it: languages and sentiment of texts, in batches, by a few words of each
language. It keeps nothing, and understands nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from infra.local.aws.calls import AwsError, Operation, Parameters
from infra.local.aws.world import World

A_BATCH = 25
MAX_BYTES = 5_000
_WORD = re.compile(r"[^\W\d_]+")


def _words(several: str) -> frozenset[str]:
    return frozenset(several.split())


_LITTLE = {
    "de": _words("der die das und ich nicht ist ein eine war sehr mit wir es zu bei nach aber"),
    "en": _words("the and it this is was not a to of my your with for but have"),
    "es": _words("el los las y no es un una muy con por para pero que de mi"),
    "fr": _words("le la les et je ne pas est un une très avec pour mais que mon ce"),
    "it": _words("il lo gli e non è un una molto con per ma che di mio della"),
    "nl": _words("de het en ik niet een was zeer met voor maar dat mijn van"),
}
_GOOD = _words(
    "gut schön wunderbar danke bestens zufrieden good lovely great thanks bueno gracias excelente bien merci belle "
    "parfait buono grazie ottimo bello goed mooi dank"
)
_BAD = _words(
    "schlecht kaputt leider enttäuscht nie bad broken poor disappointed malo roto decepcionado cassé déçu mauvais "
    "jamais rotto deluso pessimo slecht kapot teleurgesteld"
)


def batch_detect_dominant_language(world: World, parameters: Parameters) -> dict[str, Any]:
    return _each(parameters["TextList"], lambda text: {"Languages": _languages(text)})


def batch_detect_sentiment(world: World, parameters: Parameters) -> dict[str, Any]:
    return _each(parameters["TextList"], _sentiment)


def _each(texts: list[str], of: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    if len(texts) > A_BATCH:
        raise AwsError("BatchSizeLimitExceededException", f"Input list contains more than {A_BATCH} documents.")
    found, errors = [], []
    for index, text in enumerate(texts):
        if len(text.encode()) > MAX_BYTES:
            message = f"Input text size exceeds limit. Max length of request text allowed is {MAX_BYTES} bytes"
            errors.append({"Index": index, "ErrorCode": "TEXT_SIZE_LIMIT_EXCEEDED", "ErrorMessage": message})
        else:
            found.append({"Index": index, **of(text)})
    return {"ResultList": found, "ErrorList": errors}


def _languages(text: str) -> list[dict[str, Any]]:
    words = _WORD.findall(text.casefold())
    counts = {language: sum(word in little for word in words) for language, little in _LITTLE.items()}
    found = max(counts, key=lambda language: counts[language])
    return [{"LanguageCode": found, "Score": 0.99 if counts[found] else 0.2}]


def _sentiment(text: str) -> dict[str, Any]:
    words = set(_WORD.findall(text.casefold()))
    good, bad = bool(words & _GOOD), bool(words & _BAD)
    said = {(True, True): "Mixed", (True, False): "Positive", (False, True): "Negative"}.get((good, bad), "Neutral")
    scores = {each: 0.97 if each == said else 0.01 for each in ("Positive", "Negative", "Neutral", "Mixed")}
    return {"Sentiment": said.upper(), "SentimentScore": scores}


OPERATIONS: dict[str, Operation] = {
    "BatchDetectDominantLanguage": batch_detect_dominant_language,
    "BatchDetectSentiment": batch_detect_sentiment,
}
