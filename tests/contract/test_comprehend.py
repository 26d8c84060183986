"""Amazon Comprehend: what the adapter makes of the answers that AWS's documentation shows, and of its limits and
errors, and the stand-in beside both. moto has none of the calls that take batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import Stubber

import infra.local.aws.comprehend as stand_in
from infra.local.aws.calls import connect
from infra.local.aws.world import World
from shared.adapters import comprehend
from shared.adapters.comprehend import Heard

MOVIE = "That movie was very boring, I can't believe it was over four hours long."
HIKE = "It is a beautiful day for hiking today."
MEAL = "My meal was okay, I'm excited to try other restaurants."
SENTIMENTS = {  # the AWS CLI's examples of batch-detect-sentiment and batch-detect-dominant-language
    "ResultList": [
        {
            "Index": 0,
            "Sentiment": "NEGATIVE",
            "SentimentScore": {
                "Positive": 0.00011316669406369328,
                "Negative": 0.9995445609092712,
                "Neutral": 0.00014722718333359808,
                "Mixed": 0.00019498742767609656,
            },
        },
        {
            "Index": 1,
            "Sentiment": "POSITIVE",
            "SentimentScore": {
                "Positive": 0.9981263279914856,
                "Negative": 0.00015240783977787942,
                "Neutral": 0.0013876151060685515,
                "Mixed": 0.00033366199932061136,
            },
        },
        {
            "Index": 2,
            "Sentiment": "MIXED",
            "SentimentScore": {
                "Positive": 0.15930435061454773,
                "Negative": 0.11471917480230331,
                "Neutral": 0.26897063851356506,
                "Mixed": 0.45700588822364807,
            },
        },
    ],
    "ErrorList": [],
}
LANGUAGES = {
    "ResultList": [{"Index": 0, "Languages": [{"LanguageCode": "en", "Score": 0.9986501932144165}]}],
    "ErrorList": [],
}
GERMAN = "Die Vase kam leider kaputt an, und ich bin sehr enttäuscht."
DUTCH = "De vaas is kapot en ik ben zeer teleurgesteld."


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    once = Config(retries={"total_max_attempts": 1})
    client = boto3.client(
        "comprehend", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test", config=once
    )
    monkeypatch.setattr(comprehend, "client", lambda name: client)
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Any:
    client = connect(World(now=0), {"comprehend": stand_in.OPERATIONS}).client("comprehend")
    monkeypatch.setattr(comprehend, "client", lambda name: client)
    return client


def test_a_tone_is_what_speaks_for_positive_less_what_speaks_for_negative(service: Stubber) -> None:
    asked = {"TextList": [MOVIE, HIKE, MEAL], "LanguageCode": "en"}
    service.add_response("batch_detect_sentiment", SENTIMENTS, asked)
    heard = comprehend.hear([(MOVIE, "en"), (HIKE, "en-US"), (MEAL, "EN_GB")])
    assert heard == [Heard("en", -0.999), Heard("en", 0.998), Heard("en", 0.045)]


def test_a_language_is_asked_for_only_where_none_is_told_and_none_is_judged_that_it_does_not_know(
    service: Stubber,
) -> None:
    service.add_response("batch_detect_dominant_language", LANGUAGES, {"TextList": [HIKE]})
    only = {"ResultList": [SENTIMENTS["ResultList"][1] | {"Index": 0}], "ErrorList": []}  # type: ignore[operator]
    service.add_response("batch_detect_sentiment", only, {"TextList": [HIKE], "LanguageCode": "en"})
    assert comprehend.hear([(DUTCH, "nl"), (HIKE, None)]) == [Heard("nl", None), Heard("en", 0.998)]


def test_what_it_could_not_do_with_one_text_is_said_of_that_text(service: Stubber) -> None:
    failed = {"Index": 0, "ErrorCode": "INTERNAL_SERVER_ERROR", "ErrorMessage": "Internal error"}
    answer = {"ResultList": [SENTIMENTS["ResultList"][1]], "ErrorList": [failed]}  # type: ignore[index]
    service.add_response("batch_detect_sentiment", answer, {"TextList": [MOVIE, HIKE], "LanguageCode": "en"})
    assert comprehend.hear([(MOVIE, "en"), (HIKE, "en")]) == [None, Heard("en", 0.998)]


@pytest.mark.parametrize(
    ("code", "status"),
    [("ThrottlingException", 400), ("TooManyRequestsException", 429), ("InternalServerException", 500)],
)
def test_no_answer_to_a_batch_is_an_error(service: Stubber, code: str, status: int) -> None:
    service.add_client_error("batch_detect_sentiment", code, "Rate exceeded", status)
    with pytest.raises(ClientError, match=code):
        comprehend.hear([(MOVIE, "en")])


def test_a_text_is_cut_to_what_a_call_takes_and_no_letter_in_two(local: Any) -> None:
    long = "a" + "ü" * 4_000
    assert local.batch_detect_sentiment(TextList=[long], LanguageCode="de")["ErrorList"][0]["ErrorCode"] == (
        "TEXT_SIZE_LIMIT_EXCEEDED"
    )
    assert comprehend._cut(long) == "a" + "ü" * 2_499
    assert comprehend.hear([(long, "de")]) == [Heard("de", 0.0)]


def test_the_stand_in_answers_in_the_documented_shapes_and_refuses_what_is_too_much(local: Any) -> None:
    answer = local.batch_detect_sentiment(TextList=[GERMAN], LanguageCode="de")
    (documented, *_), (given,) = SENTIMENTS["ResultList"], answer["ResultList"]
    assert documented.keys() == given.keys()  # type: ignore[attr-defined]
    assert documented["SentimentScore"].keys() == given["SentimentScore"].keys()  # type: ignore[index]
    assert local.batch_detect_dominant_language(TextList=[GERMAN])["ResultList"][0]["Languages"][0].keys() == {
        "LanguageCode",
        "Score",
    }
    with pytest.raises(local.exceptions.BatchSizeLimitExceededException):
        local.batch_detect_sentiment(TextList=[GERMAN] * (comprehend.A_BATCH + 1), LanguageCode="de")
    assert comprehend.hear([(GERMAN, None), (DUTCH, None)]) == [Heard("de", -0.96), Heard("nl", None)]


def test_it_judges_the_languages_that_the_service_s_own_model_names() -> None:
    model = boto3.client("comprehend", "eu-west-1").meta.service_model
    named = model.operation_model("BatchDetectSentiment").input_shape.members["LanguageCode"].enum
    assert set(comprehend.LANGUAGES) == set(named)
