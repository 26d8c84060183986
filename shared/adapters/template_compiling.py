"""Compiles templates, MJML to HTML. Only who publishes imports this: a recipient's email is Liquid only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

from mjml import mjml2html

from shared.domain.events import Instant
from shared.domain.templates import mjml, plain
from shared.domain.templates.definition import Template
from shared.domain.templates.liquid import frozen, thawed
from shared.domain.templates.mjml_checking import Element
from shared.domain.templates.stored import Compiled, Version


class NotCompiledError(ValueError):
    """The MJML is wrong; says where."""


def version(
    template: Template, first: str, *, number: int = 0, at: Instant = 0, by: str = "", why: str = ""
) -> Version:
    """The template compiled in each of its languages; `first`: what it is written in. NotCompiledError."""
    compiled = {
        language: Compiled(
            subject=variant.subject,
            preview=variant.preview,
            html=html(mjml.source(variant, template.class_, language)),
            text=plain.text_part(variant, template.class_, language),
        )
        for language, variant in template.variants(first).items()
    }
    return Version(number=number, template=template, compiled=compiled, at=at, by=by, why=why)


def html(source: str) -> str:
    """MJML with Liquid in it as HTML with the same Liquid. NotCompiledError."""
    written, tags = frozen(source)
    try:
        made = mjml2html(written, disable_comments=True, fonts={})
    except ValueError as error:
        raise NotCompiledError(f"MJML: {error}") from error
    # MJML says `article`, which is no landmark: who listens to the email could not jump to where it begins.
    made = made.replace('role="article"', 'role="main"', 1)
    return _OURS.sub(r"<a ses:no-track \1", thawed(made, tags)) + "\n"


_OURS = re.compile(r"<a (?!ses:no-track)([^>]*href=\"\{\{ *links\.(?:unsubscribe|preferences|view))")
"""A link to a page of ours, which SES is not to count the clicks on."""


@cache
def elements() -> Mapping[str, Element]:
    """MJML's elements, by its own list (`make mjml`)."""
    text = resources.files("shared").joinpath("definitions", "mjml.json").read_text(encoding="utf-8")
    return {
        name: Element(frozenset(told["attributes"]), frozenset(told["children"]), told["html"])
        for name, told in json.loads(text)["elements"].items()
    }
