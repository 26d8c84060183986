"""The journeys the shop ships with. Apart from the segments: who follows transitions needs none of their language."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from shared.domain.journeys import Journey


@cache
def journeys() -> tuple[Journey, ...]:
    text = resources.files("shared").joinpath("definitions", "journeys.json").read_text(encoding="utf-8")
    return TypeAdapter(tuple[Journey, ...]).validate_json(text)
