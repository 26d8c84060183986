"""Journeys as YAML: what a text means, in which line, what is refused, and that what is written is read back."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.adapters.journey_files import NotYamlError, read, shipped, shipped_texts, written
from shared.domain.journeys.definition import Journey


def test_words_are_words_and_numbers_are_numbers() -> None:
    text = (
        "on: no\nat: 08:30\nday: 2026-12-25\nyes: true\nnone: ~\nempty:\nzip: 010\neight: 08\nn: 5\nhalf: 0.5\n"
        "e: 1e5\nquoted: '5'\n"
    )
    assert read(text).value == {
        "on": "no",
        "at": "08:30",
        "day": "2026-12-25",
        "yes": True,
        "none": None,
        "empty": None,
        "zip": 10,
        "eight": 8,
        "n": 5,
        "half": 0.5,
        "e": "1e5",
        "quoted": "5",
    }


def test_every_part_has_its_line() -> None:
    parsed = read("id: cart\nsteps:\n  - id: a\n    kind: wait\n  - {id: b, kind: send,\n     next: a}\n")
    assert parsed.line(()) == 1
    assert parsed.line(("id",)) == 1
    assert parsed.line(("steps", 0, "kind")) == 4
    assert parsed.line(("steps", 1)) == 5
    assert parsed.line(("steps", 1, "next")) == 6
    assert parsed.line(("steps", 0, "for")) == 3, "what is missing belongs to its step"
    assert parsed.line(("trigger", "kind")) == 1


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: &x 1\nb: *x\n", 1, "anchors and aliases"),
        ("a: 1\nb: !!python/object/apply:os.system [ls]\n", 2, "tags"),
        ("a: 1\nb: 2\na: 3\n", 3, "`a` is there twice"),
        ("steps:\n  - {id: a, id: b}\n", 2, "`id` is there twice"),
        ("a: [1, 2\nb: 3\n", 2, ""),
        ("a: 1\n b: 2\n", 2, ""),
        ("a:\n\t- 1\n", 2, ""),
        ("? [a]\n: b\n", 1, "name of a field"),
        ("a: 1\nb: \x07\n", 2, "character"),
        ("a: 99999999999999999999\n", 1, "too large"),
        ("a: 1.5e999\n", 1, "too large"),
        ("a: 1\n---\nb: 2\n", 2, ""),
        ("a: " + "[" * 60 + "]" * 60, 1, "levels deep"),
        ("# " + "x" * 70_000, 1, "at most 64 KB"),
    ],
)
def test_what_is_no_data_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(NotYamlError) as refused:
        read(text)
    assert refused.value.line == line
    assert said in str(refused.value)
    assert str(refused.value)


def test_a_bomb_is_refused_at_once() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "\n".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]" for n in range(9)
    )
    begun = time.monotonic()
    for text in (bomb, "[" * 60_000, "- " * 30_000, "{a: " * 15_000):
        with pytest.raises(NotYamlError):
            read(text)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("journey", shipped().values(), ids=lambda journey: str(journey.id))
def test_a_journey_that_is_written_is_read_back_the_same(journey: Journey) -> None:
    text = written(journey)
    assert Journey.model_validate_json(json.dumps(read(text).value)) == journey
    assert text.startswith(f"id: {journey.id}\n")
    assert "\non:" not in text.replace("  ", "") or "'on'" not in text


@example(text="0\x85\u2028 ", value="a\n b")
@given(text=st.text(min_size=1, max_size=40).filter(str.strip), value=st.one_of(st.booleans(), st.text(max_size=20)))
@example(text="0\x85", value="a\u2028b\r")
def test_any_text_is_read_back_the_same(text: str, value: object) -> None:
    journey = Journey.model_validate(
        {
            "id": "a",
            "name": "A",
            "sentence": text,
            "trigger": {"kind": "hand"},
            "steps": [{"kind": "update", "id": "on", "traits": {"a": value, "on": text, "none": None}}],
        }
    )
    assert Journey.model_validate_json(json.dumps(read(written(journey)).value)) == journey


def test_a_file_is_called_like_its_journey() -> None:
    assert list(shipped_texts()) == list(shipped())
