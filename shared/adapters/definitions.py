"""The definitions the shop ships with, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from shared.domain.conditions import Segment
from shared.domain.journeys import Journey
from shared.domain.segments import Definitions, compile_segments


@cache
def segments() -> Definitions:
    """All segments of the shop, compiled."""
    return compile_segments(TypeAdapter(list[Segment]).validate_json(_text("segments.json")))


@cache
def journeys() -> tuple[Journey, ...]:
    """All journeys of the shop."""
    return TypeAdapter(tuple[Journey, ...]).validate_json(_text("journeys.json"))


def _text(name: str) -> str:
    return resources.files("shared").joinpath("definitions", name).read_text(encoding="utf-8")
