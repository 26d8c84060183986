"""The values of insight: bands that do not flap, what is told again, gates, reasons in words, JSON there and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.conditions import Condition
from shared.domain.events import DAY
from shared.domain.insight import (
    CATALOGUE,
    Bin,
    Captured,
    Gate,
    Measures,
    Place,
    Reason,
    Result,
    Told,
    Validation,
    as_code,
    band_of,
    first_closed,
    from_code,
    in_words,
    moved,
    score_of,
    sentence_of,
    to_tell,
)
from shared.domain.insight.bands import TOLD_AGAIN_BEFORE, TOLD_AGAIN_FROM, told_again_after
from shared.domain.insight.proposals import Caution, Proposal, Proposals

CHURN = score_of("churn").bands
T = 1_323_388_800_000
PLACE = Place(value=0.62, band="medium", points=62, rank=80)


def test_every_score_says_what_it_is_and_its_segment_can_be_made():
    assert len({score.id for score in CATALOGUE}) == len({score.trait for score in CATALOGUE}) == len(CATALOGUE)
    shipped = Path("shared/definitions")
    for score in CATALOGUE:
        assert score.sentence.endswith(".") and len(score.sentence) < 200
        if score.when is not None:
            TypeAdapter(Condition).validate_python(score.when)
        for journey in (score.journey, *score.journeys):
            assert not journey or (shipped / "journeys" / f"{journey}.yaml").exists()
        for journey in score.journeys:
            text = (shipped / "journeys" / f"{journey}.yaml").read_text()
            assert score.trait in text and yaml.safe_load(text)


def test_a_band_is_left_by_a_lower_edge_than_it_is_entered_by():
    assert CHURN is not None
    assert [band_of(CHURN, value) for value in (0, 0.32, 0.33, 0.65, 0.66, 1)] == [
        "low", "low", "medium", "medium", "high", "high"
    ]  # fmt: skip
    assert band_of(CHURN, 0.62, "high") == "high"
    assert band_of(CHURN, 0.62, "medium") == "medium"
    assert band_of(CHURN, 0.60, "high") == "medium"
    assert band_of(CHURN, 0.1, "high") == "low"
    assert band_of(CHURN, 0.9, "low") == "high"
    assert band_of(CHURN, 0.9, "of another version") == "high"


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(["", "low", "medium", "high"]))
def test_bands_follow_the_value_and_stay_where_they_are(value: float, other: float, before: str):
    assert CHURN is not None
    band = band_of(CHURN, value, before)
    assert band_of(CHURN, value, band) == band
    if other >= value:
        assert CHURN.names.index(band_of(CHURN, other, before)) >= CHURN.names.index(band)


@pytest.mark.parametrize(
    "now, told",
    [
        (PLACE, False),
        (PLACE.model_copy(update={"value": 0.66, "points": 66.0}), False),
        (PLACE.model_copy(update={"value": 0.67, "points": 67.0}), False),
        (PLACE.model_copy(update={"value": 0.671, "points": 67.1}), True),
        (PLACE.model_copy(update={"band": "high"}), True),
    ],
)
def test_only_another_band_or_more_than_five_points_go_to_the_profile(now: Place, told: bool):
    assert moved(PLACE, now) is told


@pytest.mark.parametrize(
    "before, now, told",
    [
        ("2026-12-05", "2026-12-07", False),
        ("2026-12-05", "2026-12-08", True),
        ("negative", "neutral", True),
        (23, 0, False),
        (23, 1, True),
        (["tea", "coffee"], ["tea", "coffee"], False),
        (["tea", "coffee"], ["coffee", "tea"], True),
        ([{"product": "A", "date": "2026-12-05"}], [{"product": "A", "date": "2026-12-06"}], False),
        ([{"product": "A", "date": "2026-12-05"}], [{"product": "B", "date": "2026-12-05"}], True),
        ([{"product": "A", "date": "2026-12-05"}], [], True),
        (12.5, 13.0, False),
    ],
)
def test_dates_lists_hours_and_words_move_when_they_say_something_else(before: object, now: object, told: bool):
    assert moved(Place.model_validate({"value": before}), Place.model_validate({"value": now})) is told


def test_a_score_is_told_again_before_it_is_stale_and_each_contact_has_a_night_of_its_own():
    nights = [told_again_after(number) for number in range(7_000)]
    assert min(nights) == TOLD_AGAIN_FROM and max(nights) == TOLD_AGAIN_BEFORE - DAY
    assert all(800 < nights.count(night) < 1_200 for night in set(nights))
    told = Told(place=PLACE, time=T)
    assert to_tell(7, told, PLACE, T + DAY) == "nothing"
    assert to_tell(7, told, PLACE, T + TOLD_AGAIN_BEFORE - DAY) == "tell"
    assert to_tell(-7, told, PLACE, T + TOLD_AGAIN_BEFORE - DAY) == "tell"


def test_a_score_that_can_no_longer_be_told_is_taken_back_once():
    assert to_tell(7, Told(place=PLACE, time=T), None, T) == "take back"
    assert to_tell(7, None, None, T) == "nothing"
    assert to_tell(7, None, PLACE, T) == "tell"


def test_a_gate_says_how_much_there_is_of_how_much():
    gates = [Gate(need=100, have=100, what="customers with an order"), Gate(need=180, have=63, what="days of orders")]
    assert first_closed(gates) == gates[1]
    assert gates[1].sentence == "not enough: 63 of 180 days of orders"
    assert gates[0].sentence == "enough: 100 customers with an order (100 needed)"


def test_values_go_through_json_and_back():
    model, rule = Measures(auc=0.801, brier=0.18, capture=0.3), Measures(auc=0.764)
    validation = Validation(
        score="order",
        cut=T,
        horizon_days=90,
        customers=812,
        events=300,
        verdict="model",
        sentence=sentence_of(score_of("order"), "model", T, 90, model, rule, 300),
        model=model,
        rule=rule,
        base_rate=0.37,
        base_brier=0.233,
        calibration=(Bin(predicted=0.1, observed=0.12, customers=80),),
        gain=(Captured(share=0.1, model=0.3, rule=0.25),),
    )
    result = Result(
        score="order", as_of=T, validation=validation, gates=(Gate(need=1, have=2, what="x"),), bands={"low": 1}
    )
    proposals = Proposals(
        as_of=T, cut=T, horizon_days=90, tried=40,
        proposals=(Proposal(segment={"id": "a"}, customers=1, share=0.1, rate=0.5, rate_of_others=0.1, spent=1.0,
                            spent_by_others=0.5, chance=0.001, sentence="…"),),
        cautions=(Caution(kind="too small", about=("a",), sentence="…"),),
    )  # fmt: skip
    for value in (result, proposals, Told(place=PLACE, time=T)):
        assert type(value).model_validate_json(value.model_dump_json()) == value
        assert type(value).model_validate(json.loads(value.model_dump_json())) == value
    assert result.given
    assert not result.model_copy(update={"gates": (Gate(need=2, have=1, what="x"),)}).given
    assert not result.model_copy(update={"validation": None}).given


def test_the_sentence_of_a_verdict():
    order, value, dated = score_of("order"), score_of("value"), score_of("next_order")
    assert sentence_of(order, "model", T, 90, Measures(auc=0.801), Measures(auc=0.764), 300) == (
        "In the 90 days from 2011-12-09 to 2012-03-08, of one customer who ordered and one who did not, the model put "
        "the right one first 80.1 times of 100, and the time since the last order 76.4 times of 100."
    )
    assert "So the simple rule gives this score" in sentence_of(
        value, "simple rule", T, 180, Measures(capture=0.4), Measures(capture=0.5), 300
    )
    assert "17.7 days off on average, and the usual time between two orders in the category 23.4" in sentence_of(
        dated, "model", T, 90, Measures(error=17.7), Measures(error=23.4), 300
    )
    assert "Nobody has this score." in sentence_of(order, "too few data", T, 90, Measures(), Measures(), 3)


def test_reasons_in_words():
    order, value = score_of("order"), score_of("value")
    reason = Reason(code="last_order", value=12, effect=23.2)
    assert in_words(reason, order) == "The last order was 12 days ago (+23 points)"
    assert in_words(Reason(code="orders", value=1, effect=-8), order) == "1 order so far (−8 points)"
    assert in_words(Reason(code="average_order", value=31.5, effect=12.5), value) == (
        "An order is worth 31.50 on average (+12.50)"
    )
    assert in_words(Reason(code="bought", value=3, about="tea"), score_of("categories")) == "Bought tea 3 times"
    assert in_words(Reason(code="of_later", value=3), order) == "Of later: 3"
    assert from_code(as_code(reason)) == reason
    assert from_code(as_code(Reason(code="bought", value=3, about="a|b"))).about == "a|b"
    assert in_words(Reason(code="after_order", value=0.784), order) == "An order today would make it 78 %"
    assert in_words(Reason(code="silence", value=23, about="low"), order) == "Without an order it is low in 23 days"
