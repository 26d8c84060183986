"""What speaks against publishing a template: each problem with its place, and what to do about it. And the advice that
is told beside them, which keeps nothing back.

It is looked at as it is written, then as MJML compiles it, then as people get it: the example, somebody of whom nothing
is known, and a sample of the shop's contacts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from shared.adapters import composing, definitions, template_compiling, templates
from shared.adapters.ready_templates import Ready, of, source
from shared.adapters.template_compiling import NotCompiledError
from shared.adapters.templates import TemplateFailedError
from shared.domain.conditions import Member, parts_of, values_in
from shared.domain.conditions.comparing import names_the_trigger
from shared.domain.conditions.points import Points
from shared.domain.conditions.windows import THIS_RUN
from shared.domain.events import Instant
from shared.domain.journeys.checking import CONSENTS
from shared.domain.messages.variables import contact_variables
from shared.domain.profiles import Profile
from shared.domain.profiles.traits import KNOWN_TRAITS
from shared.domain.settings import ShopSettings
from shared.domain.templates import lint, markdown, mjml_checking
from shared.domain.templates.definition import (
    Answers,
    Block,
    Button,
    Code,
    Heading,
    Picture,
    Products,
    Raw,
    Template,
    Text,
    Variant,
    all_blocks,
)
from shared.domain.templates.mjml import of_the_body
from shared.domain.templates.our_words import has_words
from shared.domain.templates.stored import Compiled, Version

_LITERAL = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


WHOLE = 50
"""Of the contacts that it is tried for, so many get it whole, with their orders and carts: to see how large it is."""


class Problem(NamedTuple):
    """`place`: `subject`, `block 3 (button)`, `de, block 1 (text)`; None: all of it. `line`: of that text."""

    place: str | None
    text: str
    line: int | None = None


class Checked(NamedTuple):
    """What was found. `version`: what was compiled, where that went well."""

    problems: list[Problem]
    advice: list[str]
    version: Version | None


def checked(
    template: Template, settings: ShopSettings, segments: Iterable[str], people: Sequence[Profile] = (), t: Instant = 0
) -> Checked:
    """`segments`: those that there are; `people`: contacts to try it for, at an instant."""
    first = settings.brand.languages[0]
    written = list(_as_written(template, settings, frozenset(segments), first))
    if written:
        return Checked(written, [], None)
    try:
        version = template_compiling.version(template, first)
    except NotCompiledError as error:
        return Checked([Problem(None, str(error))], [], None)
    found: list[Problem] = []
    advice: list[str] = []
    for language, compiled in version.compiled.items():
        prefix = "" if language == first else f"{language}, "
        of_it = list(_as_it_comes_out(of(version, language), compiled, people, t))
        found += [each._replace(place=language) for each in of_it] if prefix else of_it
        if not has_words(language):
            advice.append(f"{prefix}the footer has no words in this language: they are English")
        if not of_it:
            out = templates.render(templates.parse(source(compiled)), templates.example())
            advice += [f"{prefix}{each}" for each in lint.advice(out.subject, out.preview, out.html, out.text)]
    return Checked(found, advice, None if found else version)


# ── as it is written ──


_OF_CONTACT = re.compile(r"\{[{%][^}]*\b(?:contact|traits|cart|viewed|order|recommended)\b")


def _as_written(template: Template, settings: ShopSettings, segments: frozenset[str], first: str) -> Iterator[Problem]:
    if template.class_ != "transactional" and template.topic not in {topic.id for topic in settings.topics}:
        yield Problem("topic", f"the shop has no topic {template.topic}: see its settings")
    if template.id in ("confirm_signup", "reminder") and _OF_CONTACT.search(template.model_dump_json()):
        told = "it can say nothing of a contact: whoever typed the address would have their words sent to it"
        yield Problem(None, told)
    if first in template.translations:
        yield Problem("translations", f"{first} is what it is written in itself: leave it out here")
    for language, variant in template.variants(first).items():
        prefix = "" if language == first else f"{language}, "
        for place, text, line in _of_variant(variant, segments):
            yield Problem(f"{prefix}{place}", text, line)


def _of_variant(variant: Variant, segments: frozenset[str]) -> Iterator[Problem]:
    for name in ("subject", "preview"):
        yield from _liquid(name, getattr(variant, name), html=False)
    if variant.text is not None:
        yield from _liquid("text", variant.text, html=False)
    if variant.mjml is not None:
        yield from _liquid("mjml", variant.mjml, html=True)
        for line, text in mjml_checking.problems(variant.mjml, "mj-body", template_compiling.elements()):
            yield Problem("mjml", text, line)
    headings = 0
    for number, block in enumerate(all_blocks(variant.blocks), 1):
        place = f"block {number} ({block.kind})"
        headings += isinstance(block, Heading) and block.level == 1
        yield from _of_block(place, block, segments)
    for word in _said_twice(variant):
        yield Problem(None, f"the answer {word} is given to two questions: nobody could tell which trait it is of")
    if variant.blocks and not headings and not any(isinstance(each, Raw) for each in variant.blocks):
        yield Problem(None, "it has no heading of level 1: people who hear it need one to begin with")


def _said_twice(variant: Variant) -> list[str]:
    """Words of answers that would become one trait or another (or none)."""
    asked = [block for block in all_blocks(variant.blocks) if isinstance(block, Answers)]
    traits: dict[str, set[str | None]] = {}
    for block in asked:
        for answer in block.answers:
            traits.setdefault(answer.word, set()).add(block.trait)
    return [word for word, of in traits.items() if len(of) > 1]


def _of_block(place: str, block: Block, segments: frozenset[str]) -> Iterator[Problem]:
    match block:
        case Heading() | Text():
            yield from _words(place, block.text)
        case Button():
            yield from _words(place, block.text)
            yield from _link(place, block.url)
        case Picture():
            yield from _liquid(place, block.alt, html=False)
            yield from _link(place, block.src, picture=True)
            if block.url is not None:
                yield from _link(place, block.url)
        case Code(text=str(text)):
            yield from _words(place, text)
        case Answers():
            for answer in block.answers:
                yield from _words(place, answer.text)
            if block.trait is not None and (block.trait in KNOWN_TRAITS or CONSENTS.search(block.trait)):
                told = "is consent, or has a place of its own: an answer becomes a trait of the shop's own"
                yield Problem(place, f"the trait {block.trait} {told}")
        case Raw():
            parent = "mj-body" if of_the_body(block) else "mj-column"
            yield from _liquid(place, block.mjml, html=True)
            yield from _liquid(place, block.text, html=False)
            for line, text in mjml_checking.problems(block.mjml, parent, template_compiling.elements()):
                yield Problem(place, text, line)
    for path in block.wanted:
        for _, told in templates.faults(f"{{{{ {path} }}}}", html=False):
            yield Problem(place, told)
    if isinstance(block, Products) and not isinstance(templates.example_of(block.of), list):
        yield Problem(place, f"{block.of} is no list of products")
    if block.show_if is not None:
        for value in values_in(block.show_if):
            if value == THIS_RUN or names_the_trigger(value):
                yield Problem(
                    place, f"`{value}` is known in a journey only: an email does not know what it was sent for"
                )
        for part in parts_of(block.show_if):
            if isinstance(part, Member) and part.segment not in segments:
                yield Problem(place, f"there is no segment {part.segment}")
            if isinstance(part, Points) and part.model not in definitions.segments().models:
                yield Problem(place, f"there is no lead model {part.model}")


def _words(place: str, text: str) -> Iterator[Problem]:
    yield from _liquid(place, text, html=False)
    for _, address in markdown.links(text):
        yield from _link(place, address)


def _liquid(place: str, text: str, *, html: bool) -> Iterator[Problem]:
    for line, told in templates.faults(text, html=html):
        yield Problem(place, told, line)


def _link(place: str, address: str, *, picture: bool = False) -> Iterator[Problem]:
    """An address that is written out. What Liquid makes is looked at as it comes out."""
    yield from _liquid(place, address, html=False)
    if address.startswith(("{{", "{%")) or address.startswith("https://"):
        return
    if not picture and address.startswith(("mailto:", "tel:")):
        return
    yield Problem(place, f"the address {address[:60]} must begin with https://")


# ── as it comes out ──


def _as_it_comes_out(ready: Ready, compiled: Compiled, people: Sequence[Profile], t: Instant) -> Iterator[Problem]:
    wrong = templates.problems(source(compiled), ready.written.class_)
    if wrong:
        yield from (Problem(None, each) for each in wrong)
        return
    told: dict[str, None] = {}
    for nothing_known in (False, True):
        html = templates.render(ready.template, templates.example(nothing_known=nothing_known)).html
        told |= dict.fromkeys(lint.problems(html))
    gaps, largest, failed = Counter[str](), 0, 0
    for number, profile in enumerate(people):
        try:
            gaps.update(templates.without_default(ready.template, contact_variables(profile)))
            if number < WHOLE:
                largest = max(largest, len(composing.preview(ready, profile, t).html.encode()))
        except TemplateFailedError:
            failed += 1
    yield from (Problem(None, each) for each in told)
    if largest > lint.MOST_BYTES and not any("Gmail" in each for each in told):
        most = lint.MOST_BYTES // 1000
        yield Problem(None, f"for one contact it is {largest / 1000:.0f} KB: Gmail cuts off what is over {most} KB")
    if failed:
        yield Problem(None, f"it cannot be rendered for {failed} of {len(people)} contacts that were looked at")
    for name, count in sorted(gaps.items()):
        yield Problem(
            None,
            f"{name} is not known of {count} of {len(people)} contacts that were looked at, and would leave a gap: "
            f'write {{{{ {name} | default: "…" }}}}, or ask first: {{% if {name} %}}',
        )
