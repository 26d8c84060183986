"""What a form looks like: its HTML, the same on the hosted page, in a shop's page and in a pop-up; the script for the
latter two, and what a shop pastes into its pages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

from shared.domain.events import Json
from shared.domain.forms import Asked, Form, PopUp, Question
from shared.domain.settings import ShopSettings
from shared.domain.templates.brand import brand_variables

MAX_EMBED_BYTES = 5_000
"""Of the script, with all that is in the form."""
_FILES = Path(__file__).parents[1] / "definitions" / "forms"
_HONEYPOT = (
    '<p class="z" aria-hidden="true"><label>Homepage <input name="homepage" tabindex="-1" autocomplete="off">'
    "</label></p>"
)
"""No person sees it; programs that fill in whatever they find do."""


@cache
def _file(name: str) -> str:
    return (_FILES / name).read_text(encoding="utf-8")


def page(shop: ShopSettings, name: str, url: str, title: str, content: str, language: str = "en", css: str = "") -> str:
    """A whole page in the shop's colours; `content` is HTML and `css` is CSS, the rest is text. Whatever the shop's
    colours are, words can be read on them (`brand_variables`)."""
    brand = {name: value for name, value in brand_variables(shop.brand).items() if isinstance(value, str)}
    told = {"shop": escape(name), "shop_url": escape(url), "title": escape(title), "language": escape(language)}
    return Template(_file("page.html")).substitute({**brand, **told, "content": content, "style": css})


def style(form: Form, shop: ShopSettings, hosted: bool = False) -> str:
    """The CSS of the form alone, in the shop's colours. On our page the dark ones follow the reader's system; on the
    shop's, only where that page itself is dark then."""
    brand = brand_variables(shop.brand)
    names = {"i": "text", "m": "muted", "c": "card", "a": "accent", "o": "accent_text"}
    dark = {short: brand.get(f"dark_{name}", brand[name]) for short, name in names.items()}
    if hosted:
        told = ";".join(f"--{short}:{value}" for short, value in dark.items())
        dark_rule = f"@media(prefers-color-scheme:dark){{.bk{{{told}}}}}"
    else:
        told = ";".join(f"--{short}:light-dark({brand[names[short]]},{value})" for short, value in dark.items())
        dark_rule = f"@supports(color:light-dark(#000,#fff)){{.bk{{{told}}}}}"
    parts = [_file("form.css")]  # of what the form has: each byte of it stands in the shop's pages
    if form.interests != "no" or form.tracking or form.questions or any(each.box != "none" for each in form.topics):
        parts.append(_file("ticks.css"))
    if form.style in ("popup", "footer"):
        parts.append(_file(f"{form.style}.css"))
    return Template("".join(parts)).substitute(brand, dark=dark_rule).replace("\n", "")


def fields(form: Form, shop: ShopSettings, known: bool = False) -> str:
    """What there is to fill in, without the button. `known`: the link says whose it is."""
    words, parts = form.words, []
    if not known:
        parts.append(
            f'<label>{escape(words.email)}<input type="email" name="email" required maxlength="254" '
            'autocomplete="email" inputmode="email"></label>'
        )
    parts.append(_line(form, "first_name", words.first_name, form.first_name, 'autocomplete="given-name"'))
    parts.append(_line(form, "birthday", words.birthday, form.birthday, 'type="date" autocomplete="bday"'))
    if form.interests != "no" and shop.interests:
        boxes = "".join(_tick("checkbox", "interest", each, escape(each)) for each in shop.interests)
        parts.append(_group(words.interests, boxes, form, form.interests))
    parts += [_question(form, each) for each in form.questions]
    for topic in form.topics:
        held = shop.topic(topic.id)
        if topic.box != "none" and held is not None:
            told = escape(held.name) + (f"<small>{escape(held.sentence)}</small>" if held.sentence else "")
            parts.append(_tick("checkbox", "topic", topic.id, told, topic.box == "ticked"))
    if form.tracking:
        told = f"{escape(shop.tracking.name)}<small>{escape(shop.tracking.sentence)}</small>"
        parts.append(_tick("checkbox", "tracking", "yes", told))
    return "".join(parts) + _HONEYPOT


def _line(form: Form, name: str, label: str, asked: Asked, attributes: str = "") -> str:
    if asked == "no":
        return ""
    required = " required" if asked == "required" else ""
    space = " " if attributes else ""
    return (
        f'<label>{escape(label)}{_optional(form, asked)}<input name="{name}" maxlength="200"{space}{attributes}'
        f"{required}></label>"
    )


def _question(form: Form, question: Question) -> str:
    asked: Asked = "required" if question.required else "optional"
    if not question.choices:
        return _line(form, question.trait, question.label, asked)
    if len(question.choices) > 6:
        options = "".join(f"<option>{escape(each)}</option>" for each in question.choices)
        required = " required" if question.required else ""
        return (
            f'<label>{escape(question.label)}{_optional(form, asked)}<select name="{question.trait}"{required}>'
            f'<option value=""></option>{options}</select></label>'
        )
    ticks = "".join(
        _tick("radio", question.trait, each, escape(each), required=question.required) for each in question.choices
    )
    return _group(question.label, ticks, form, asked)


def _group(legend: str, inside: str, form: Form, asked: Asked) -> str:
    return f"<fieldset><legend>{escape(legend)}{_optional(form, asked)}</legend>{inside}</fieldset>"


def _tick(kind: str, name: str, value: str, label: str, ticked: bool = False, required: bool = False) -> str:
    rest = f"{' checked' if ticked else ''}{' required' if required else ''}"
    return (
        f'<label class="t"><input type="{kind}" name="{name}" value="{escape(value)}"{rest}>'
        f"<span>{label}</span></label>"
    )


def _optional(form: Form, asked: Asked) -> str:
    return f" <small>({escape(form.words.optional)})</small>" if asked == "optional" else ""


def paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(each)}</p>" for each in re.split(r"\s*\n\s*", text.strip()) if each)


def body(form: Form, shop: ShopSettings, known: bool = False, hidden: Mapping[str, str] | None = None) -> str:
    """The inside of a `form` element, but for its title."""
    given = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in (hidden or {}).items()
    )
    wording = f'<p class="w">{escape(form.wording)}</p>' if form.wording else ""
    return (
        f"{paragraphs(form.text)}{fields(form, shop, known)}{given}{wording}"
        f'<button>{escape(form.button)}</button><p role="status"></p>'
    )


def element(form: Form, shop: ShopSettings, url: str) -> str:
    """The whole form for a page of the shop's: it works without JavaScript, and lives up with the script."""
    kind = "bk f" if form.style == "footer" else "bk"
    return (
        f'<form class="{kind}" data-beckon="{form.id}" action="{escape(url)}/forms/{form.id}" method="post" '
        f'aria-labelledby="beckon-{form.id}"><h2 id="beckon-{form.id}">{escape(form.title)}</h2>'
        f"{body(form, shop)}</form>"
    )


def embed(form: Form, shop: ShopSettings) -> str:
    """The script, which knows itself where it came from: opens the pop-up, or has the form in the page answer without
    leaving it."""
    told: dict[str, Json] = {"id": form.id, "fail": form.words.try_again}
    parts = ["live.js", "popup.js" if form.style == "popup" else "inline.js"]
    if form.style == "popup":
        inside = (
            f'<button type="button" class="x" aria-label="{escape(form.words.close)}">×</button><form>'
            f'<h2 id="beckon-{form.id}">{escape(form.title)}</h2>{body(form, shop)}</form>'
        )
        rules = (form.popup or PopUp()).model_dump(exclude_none=True, exclude_defaults=False)
        told |= {"html": inside, "css": style(form, shop), "open": rules}
    written = json.dumps(told, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    written = written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    script = "".join(line for part in parts for line in _file(part).splitlines())
    return f"(F=>{{{script}d.readyState=='loading'?d.addEventListener('DOMContentLoaded',start):start()}})({written});"


def snippet(form: Form, shop: ShopSettings, url: str) -> str:
    """What the shop pastes into its pages, once for each place; a hosted page needs no more than its address."""
    address = f"{url}/forms/{form.id}"
    script = f'<script src="{escape(address)}/embed.js" async></script>'
    if form.style == "page":
        return f'<a href="{escape(address)}">{escape(form.title)}</a>'
    if form.style == "popup":
        return f'{script}<noscript><a href="{escape(address)}">{escape(form.title)}</a></noscript>'
    return f"<style>{style(form, shop)}</style>{element(form, shop, url)}{script}"
