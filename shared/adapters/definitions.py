"""The definitions the shop ships with, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from shared.domain.journeys import Journey

if TYPE_CHECKING:
    from shared.domain.segments import Definitions


@cache
def segments() -> Definitions:
    """All segments of the shop, compiled."""
    # Here, since the language is 30 models, and a function that only asks for journeys needs none of them.
    from shared.domain.conditions import Segment
    from shared.domain.segments import compile_segments

    return compile_segments(TypeAdapter(list[Segment]).validate_json(_text("segments.json")))


@cache
def journeys() -> tuple[Journey, ...]:
    """All journeys of the shop."""
    return TypeAdapter(tuple[Journey, ...]).validate_json(_text("journeys.json"))


def _text(name: str) -> str:
    return resources.files("shared").joinpath("definitions", name).read_text(encoding="utf-8")
