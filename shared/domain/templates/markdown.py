"""The small Markdown of texts: `**bold**`, `*em*`, `[words](address)`, an empty line between paragraphs, `- ` before
each item of a list. Everything else stands for itself: HTML is shown as it is typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from shared.domain.templates.liquid import frozen, thawed

_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_EM = re.compile(r"(?:(?<![\w*])|(?<=Z9qL))\*(?=[^\s*])([^*]+?)(?<=\S)\*(?:(?![\w*])|(?=Lq9Z))")


def html(text: str) -> str:
    """Paragraphs and lists, as HTML with Liquid in it. `margin` of the last is none: the block has its padding."""
    words, tags = frozen(text)
    made = []
    parts = list(_parts(words))
    for number, (kind, lines) in enumerate(parts):
        margin = "0" if number == len(parts) - 1 else "0 0 16px"
        if kind == "list":
            items = "".join(f'<li style="margin:0 0 6px;">{_inline(line)}</li>' for line in lines)
            made.append(f'<ul style="margin:{margin};padding:0 0 0 24px;">{items}</ul>')
        else:
            made.append(f'<p style="margin:{margin};">{"<br />".join(map(_inline, lines))}</p>')
    return thawed("".join(made), tags)


def inline_html(text: str) -> str:
    """One line of it, without a paragraph around: a heading, what a button says."""
    words, tags = frozen(" ".join(text.split("\n")))
    return thawed(_inline(words), tags)


def plain(text: str) -> str:
    """The same for the text part: links as `words: address`, without marks."""
    words, tags = frozen(text)
    parts = []
    for kind, lines in _parts(words):
        mark = "- " if kind == "list" else ""
        parts.append("\n".join(mark + _unmarked(line) for line in lines))
    return thawed("\n\n".join(parts), tags)


def links(text: str) -> list[tuple[str, str]]:
    """Each link's words and address."""
    words, tags = frozen(text)
    return [(thawed(match[1], tags), thawed(match[2], tags)) for match in _LINK.finditer(words)]


def _parts(words: str) -> Iterator[tuple[str, list[str]]]:
    """The text's paragraphs (`text`) and lists (`list`), each with its lines."""
    for paragraph in re.split(r"\n[ \t]*\n", words.strip()):
        group: list[str] = []
        listed = False
        for line in (line.strip() for line in paragraph.split("\n")):
            if group and line.startswith("- ") != listed:
                yield ("list" if listed else "text"), group
                group = []
            listed = line.startswith("- ")
            group.append(line[2:].strip() if listed else line)
        yield ("list" if listed else "text"), group


def _inline(line: str) -> str:
    return _with_links(line, _marked, lambda words, address: f'<a href="{escape(address)}">{_marked(words)}</a>')


def _unmarked(line: str) -> str:
    return _with_links(line, _without_marks, lambda words, address: f"{_without_marks(words)}: {address}")


def _with_links(line: str, words: Callable[[str], str], link: Callable[[str, str], str]) -> str:
    """Links before the marks, so that an asterisk of an address is none."""
    made, end = [], 0
    for match in _LINK.finditer(line):
        made += [words(line[end : match.start()]), link(match[1], match[2])]
        end = match.end()
    return "".join([*made, words(line[end:])])


def _marked(line: str) -> str:
    return _EM.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", escape(line, quote=False)))


def _without_marks(line: str) -> str:
    return _EM.sub(r"\1", _BOLD.sub(r"\1", line))
