"""Liquid inside of texts that something else is made of: its tags are set aside while that is done, and put back after,
so that neither Markdown nor MJML sees a `<`, a quote or an asterisk of theirs."""

from __future__ import annotations

import re

TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
PLACE = re.compile(r"Lq9Z(\d+)Z9qL")


def frozen(text: str) -> tuple[str, list[str]]:
    """The text with a place instead of each tag of Liquid's, and the tags. A place is a word that nobody writes, of
    characters that are the same in HTML, in an address and in a colour."""
    tags: list[str] = []

    def set_aside(match: re.Match[str]) -> str:
        tags.append(match[0])
        return f"Lq9Z{len(tags) - 1}Z9qL"

    return TAG.sub(set_aside, text), tags


def thawed(text: str, tags: list[str]) -> str:
    """The text with the tags in their places again."""
    return PLACE.sub(lambda match: tags[int(match[1])] if int(match[1]) < len(tags) else match[0], text)
