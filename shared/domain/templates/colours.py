"""Colours that can be read on each other, as WCAG 2 measures it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""

from __future__ import annotations

READABLE = 4.5
"""The least contrast of text to what is behind it (WCAG 2, level AA)."""

_BLACK, _WHITE = "#000000", "#ffffff"


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white), of two colours as `#rrggbb`."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """The colour with a `share` of another in it, 0 to 1."""
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def readable(colour: str, *behind: str, least: float = READABLE) -> str:
    """The colour as it is where it has the `least` contrast to all that may be `behind` it, else as much darker or
    lighter as it needs. Where no colour has that, what is best read on the first."""
    for share in range(0, 101, 4):
        for end in (_BLACK, _WHITE):
            moved = mixed(colour, end, share / 100)
            if all(contrast(moved, each) >= least for each in behind):
                return moved
    return max(_BLACK, _WHITE, key=lambda end: contrast(end, behind[0]))


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)
