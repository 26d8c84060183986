"""Modules and styles as they are served: without the comments and the indentation that they are written with.

Only what has no meaning goes: names and line breaks stay, so that nothing is read another way, and a line of an error
can be found again. What stands in a string, a regular expression or a template stays as it is; in a template of htm
(html`…`), which takes a line break and what is around it for nothing, the indentation goes.
"""

from __future__ import annotations

import re

CODE = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)
    | (?P<open>(?:\bhtml)?`|\{)
    | (?P<close>\})
    | (?P<slash>/)
    | (?P<as_it_is>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|[\w$]+|.)""",
    re.DOTALL | re.VERBOSE,
)
TEMPLATE = re.compile(r"(?P<close>`)|(?P<open>\$\{)|(?P<as_it_is>(?:\\.?|\$(?!\{)|[^`\\$])+)", re.DOTALL)
REGULAR_EXPRESSION = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
BEFORE_ONE = frozenset("(,=:[!&|?{;>")
"""After which of these a slash begins a regular expression, and divides after anything else."""
STYLE = re.compile(r"""(?P<space>(?:\s|/\*.*?\*/)+)|"[^"\n]*"|'[^'\n]*'|[^\s"'/]+|.""", re.DOTALL)


def script(text: str) -> str:
    """A JavaScript module."""
    kept: list[str] = []
    opened: list[str] = []  # what is open: `{`, a template, and what is filled into one (`${`)
    at = 0
    while at < len(text):
        template = opened[-1] if opened and opened[-1].endswith("`") else None
        found = (TEMPLATE if template else CODE).match(text, at)
        assert found is not None  # each takes a character of any kind
        part, last = found[0], kept[-1][-1] if kept else "\n"
        match found.lastgroup:
            case "space":
                part = _space(part, last, text[found.end() : found.end() + 1])
            case "open":
                opened.append(part)
            case "close":
                opened.pop()
            case "slash":
                before = "".join(kept[-2:]).rstrip()[-1:]
                if before in BEFORE_ONE and (literal := REGULAR_EXPRESSION.match(text, at)) is not None:
                    found, part = literal, literal[0]
            case _ if template == "html`":
                part = re.sub(r"\n\s+", "\n", part)
        at = found.end()
        if part:
            kept.append(part)
    return "".join(kept)


def _space(space: str, last: str, following: str) -> str:
    """What of space and comments between two characters is needed."""
    if "\n" in space:
        return "" if last == "\n" else "\n"
    if last == "\n" or not following:
        return ""
    joins = _is_word(last) and _is_word(following)
    return " " if joins or last == following or "/" in (last, following) or "." in (last, following) else ""


def _is_word(character: str) -> bool:
    return character.isalnum() or character in "_$"


def style(text: str) -> str:
    """A stylesheet."""
    parts = STYLE.finditer(text)
    return "".join(part[0] if part["space"] is None else "\n" if "\n" in part[0] else " " for part in parts).strip()
