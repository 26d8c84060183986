"""The ways in which an email can come out: which of its blocks that have a condition are shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from shared.domain.templates.definition import Block, Columns
from shared.domain.templates.mjml import shown


def signature(blocks: tuple[Block, ...]) -> tuple[str, list[str]]:
    """Liquid that prints a 1 for each block with a condition that is shown, and a 0 for each that is not; and the
    places of those blocks, in that order."""
    places: list[str] = []
    return "".join(_marks(blocks, count(), count(1), places)), places


def _marks(
    blocks: tuple[Block, ...], conditions: Iterator[int], numbers: Iterator[int], places: list[str]
) -> Iterator[str]:
    for block in blocks:
        number, condition = next(numbers), shown(block, conditions)
        if condition:
            places.append(f"block {number} ({block.kind})")
        begun = len(places)
        inside = ""
        for column in block.columns if isinstance(block, Columns) else ():
            inside += "".join(_marks(column.blocks, conditions, numbers, places))
        inner = len(places) - begun
        instead = "".join(_marks(block.fallback, conditions, numbers, places if condition else []))
        if condition:
            nothing = "0" * (len(places) - begun - inner)
            yield f"{{% if {condition} %}}1{inside}{nothing}{{% else %}}0{'0' * inner}{instead}{{% endif %}}"
        else:
            yield inside
