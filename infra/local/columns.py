"""How `--help` is laid out: as it is written where the terminal is wide enough, else so that it fits."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from textwrap import wrap

_TWO = re.compile(r"(\s*\S(?:.*?\S)?)\s{2,}(\S.*)")
"""What is typed, and what it does."""
FURTHER = "    "


class InColumns(argparse.RawDescriptionHelpFormatter):
    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(line for block in text.split("\n\n") for line in [*_fitting(block, width), ""]).rstrip("\n")


def _fitting(block: str, width: int) -> Iterator[str]:
    """The lines of a block. Where one of them is too long, all that say what something does say it in a line below."""
    lines = block.splitlines()
    if all(len(line) <= width for line in lines):
        yield from lines
        return
    for line in lines:
        two = _TWO.fullmatch(line)
        before = line[: len(line) - len(line.lstrip())]
        if two is not None:
            yield two[1]
            yield from wrap(two[2], width, initial_indent=before + FURTHER, subsequent_indent=before + FURTHER)
        elif len(line) <= width:
            yield line
        else:
            yield from wrap(line, width, initial_indent=before, subsequent_indent=before, break_long_words=False)
