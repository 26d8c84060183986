"""Settings: what a function reads of its environment variables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters.environment import SettingError, Settings, environment, forget


class LetterSettings(Settings):
    letter_url: str
    letter_colour: str = "blue"
    letter_boxes: dict[str, str]


@pytest.fixture(autouse=True)
def letters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("LETTER_URL", "https://letters.example")
    monkeypatch.setenv("LETTER_BOXES", '{"a": "1"}')
    forget()
    yield
    forget()


def test_settings_are_the_variables_called_like_them() -> None:
    settings = environment(LetterSettings)
    assert (settings.letter_url, settings.letter_colour) == ("https://letters.example", "blue")
    assert settings.letter_boxes == {"a": "1"}


def test_a_variable_that_is_set_is_taken_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETTER_COLOUR", "")
    assert environment(LetterSettings).letter_colour == ""


def test_settings_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = environment(LetterSettings)
    monkeypatch.setenv("LETTER_URL", "https://other.example")
    assert environment(LetterSettings) is first
    assert first.letter_url == "https://letters.example"


def test_a_missing_variable_is_named_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LETTER_URL")
    with pytest.raises(SettingError, match="LETTER_URL is not set"):
        environment(LetterSettings)
    monkeypatch.setenv("LETTER_URL", "https://there.example")
    assert environment(LetterSettings).letter_url == "https://there.example"


@pytest.mark.parametrize("given", ["", "{", "[]", "null", '{"a": 1}', '"a"'])
def test_what_is_no_json_object_of_texts_is_refused_without_its_value(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LETTER_BOXES", given)
    with pytest.raises(SettingError, match="LETTER_BOXES is not a JSON object of texts"):
        environment(LetterSettings)
