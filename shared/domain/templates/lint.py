"""How an email looks, and to whom: checked on its HTML as one recipient gets it. `problems` keep a template from being
published; `advice` is told beside it, and left to the shop.

What is asked of an email for everybody to be able to read it follows the Email Markup Consortium
(https://emailmarkup.org) and WCAG 2; what mail clients leave out, https://www.caniemail.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from shared.domain.templates.colours import READABLE, contrast
from shared.domain.templates.css import Element, Rule, colour, declarations, parsed, rules, styled

MOST_BYTES = 102_000
"""Gmail cuts off what is longer, the unsubscribe link with it."""
READABLE_LARGE = 3.0
"""The least contrast of large text (WCAG 2): 24 pixels, or 18.66 and bold."""

_SAYS_NOTHING = frozenset(
    {"click", "click here", "click me", "here", "link", "more", "read more", "learn more", "this", "this link", "go"}
)
_NO_NAME = re.compile(r"(image|picture|photo|logo|img|untitled)?[\s_-]*\d*(\.(png|jpe?g|gif|webp|svg))?", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\s\u00a0\u034f\u200b-\u200f\ufeff]+")
_AFTER_PREVIEW = re.compile("\u034f\u200c|\u200c\u00a0|\u200b{5}")


# ── what refuses it ──


def problems(html: str) -> list[str]:
    """What somebody could not read, hear or open, each once, in the order of the email; empty: nothing."""
    root = parsed(html)
    found = [*_of_the_whole(root, html), *_of_elements(root), *_unreadable(root)]
    return list(dict.fromkeys(found))


def _of_the_whole(root: Element, html: str) -> Iterator[str]:
    elements = list(root.all())
    size = len(html.encode())
    if size > MOST_BYTES:
        yield f"it is {size / 1000:.0f} KB, and Gmail cuts off what is over {MOST_BYTES // 1000} KB"
    outer = [each for each in elements if each.tag == "html"]
    wrapped = [each for each in elements if each.parent is not None and each.parent.tag == "body"]
    for name, what in (("lang", "language"), ("dir", "direction of writing")):
        if not any(each.attributes.get(name) for each in outer):
            yield f"its <html> does not say the {what} (`{name}`)"
        if not any(each.attributes.get(name) for each in wrapped):
            yield f"nothing right in its <body> says the {what} (`{name}`), and Gmail drops that of <html>"
    if not any(each.tag == "title" and each.text() for each in elements):
        yield "it has no title"
    headings = sum(each.tag == "h1" for each in elements)
    if headings == 0:
        yield "it has no heading (level 1)"
    elif headings > 1:
        yield f"it has {headings} headings of level 1: one says what the email is about, the others are of level 2"


def _of_elements(root: Element) -> Iterator[str]:
    for element in root.all():
        if element.tag == "table":
            is_layout = element.attributes.get("role") in ("presentation", "none")
            if not is_layout and not any(each.tag == "th" for each in element.all()):
                yield 'a table that only places things lacks role="presentation": it is read out as one of figures'
        elif element.tag == "img":
            yield from _of_image(element)
        elif element.tag == "a" and "href" in element.attributes:
            yield from _of_link(element)
        elif element.tag in ("script", "form", "iframe", "video", "audio", "object", "embed"):
            yield f"<{element.tag}> does nothing in an email"


def _of_image(image: Element) -> Iterator[str]:
    source = image.attributes.get("src", "")
    name = _short(source.rpartition("/")[2] or source)
    if "alt" not in image.attributes:
        yield f'the picture {name} has no alternative text (alt=""): if it only decorates, an empty one'
    if not re.fullmatch(r"[1-9]\d*", image.attributes.get("width", "")):
        yield f"the picture {name} has no width in pixels, so Outlook shows it as large as its file is"
    if not _is_safe(source):
        yield f"the picture {name} is not loaded by https"


def _of_link(link: Element) -> Iterator[str]:
    address = link.attributes["href"].strip()
    hidden = link.attributes.get("aria-hidden") == "true"
    words = link.attributes.get("aria-label", "") or link.text()
    if not hidden and not words:
        yield f"a link has neither words nor a picture with an alternative text: {_short(address)}"
    elif not hidden and words.strip(" .!…→»›>").lower() in _SAYS_NOTHING:
        yield f"the link “{_short(words)}” does not say where it leads"
    what = f"the link “{_short(words)}”" if words else "a link"
    scheme = urlsplit(address).scheme if address.isprintable() else ""
    if address in ("", "#"):
        yield f"{what} leads nowhere"
    elif scheme not in ("mailto", "tel", "sms") and not _is_safe(address):
        yield f"{what} does not lead to an https address: {_short(address)}"


def _is_safe(address: str) -> bool:
    """https, or the run on one machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (parts.scheme == "https" and bool(parts.hostname)) or (
        parts.scheme == "http" and parts.hostname == "localhost"
    )


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


# ── contrast ──


def _unreadable(root: Element) -> Iterator[str]:
    of = rules(root)
    schemes = (False, True) if any(rule.dark for rule in of) else (False,)
    for dark in schemes:
        told: dict[Element, dict[str, str]] = {}
        for element in root.all():
            words = _INVISIBLE.sub(" ", " ".join(each for each in element.children if isinstance(each, str))).strip()
            if not words or any(each.tag in ("head", "style", "title") for each in (element, *element.above())):
                continue
            yield from _contrast_of(element, words, of, told, dark)


def _contrast_of(
    element: Element, words: str, of: Sequence[Rule], told: dict[Element, dict[str, str]], dark: bool
) -> Iterator[str]:
    around = [element, *element.above()]
    for each in around:
        if each not in told:
            told[each] = styled(each, of, dark=dark)
    if any(told[each].get("display", "").startswith("none") for each in around):
        return
    text = next((found for each in around if (found := told[each].get("color") or _of_links(each))), "#000000")
    behind = next((found for each in around if (found := _behind(told[each]))), "#ffffff")
    one, other = colour(text), colour(behind)
    if one is None or other is None:
        return
    seen = contrast(one, other)
    if seen < (READABLE_LARGE if _is_large(around, told) else READABLE):
        when = " in the dark" if dark else ""
        yield f"“{_short(words)}” can hardly be read{when}: {one} on {other} has a contrast of {seen:.1f}, under {READABLE}"


def _of_links(element: Element) -> str | None:
    return "#0000ee" if element.tag == "a" and "href" in element.attributes else None


def _behind(style: dict[str, str]) -> str | None:
    if "url(" in style.get("background", "") or style.get("background-image", "none") != "none":
        return "a picture"
    said = style.get("background-color", "").removesuffix("!important").strip()
    return said if said not in ("", "none", "transparent", "inherit", "initial") else None


def _is_large(around: Sequence[Element], told: dict[Element, dict[str, str]]) -> bool:
    sizes = (re.match(r"([\d.]+)px", told[each].get("font-size", "")) for each in around)
    size = next((float(match[1]) for match in sizes if match), 16.0)
    weight = next(
        (
            told[each].get("font-weight") or ("700" if each.tag in ("b", "strong", "h1", "h2", "h3") else "")
            for each in around
            if "font-weight" in told[each] or each.tag in ("b", "strong", "h1", "h2", "h3")
        ),
        "400",
    )
    bold = weight.startswith("bold") or (weight[:3].isdecimal() and int(weight[:3]) >= 700)
    return size >= 24 or (bold and size >= 18.66)


# ── what is told beside it ──


def advice(subject: str, preview: str, html: str, text: str) -> list[str]:
    """What makes an email look like spam, or worse than it could in some client; all of it may be meant."""
    root = parsed(html)
    found = [*_of_subject(subject), *_of_preview(subject, preview, root), *_of_words(root, text), *_of_clients(root)]
    return list(dict.fromkeys(found))


def _of_subject(subject: str) -> Iterator[str]:
    if _shouts(subject):
        yield "the subject is in capitals, as spam is"
    if re.search(r"[!?]{2,}|[$€£]{2,}", subject):
        yield "the subject has several ! or ? side by side, as spam has"
    if re.match(r"\s*(re|fwd?|aw|wg)\s*:", subject, re.IGNORECASE):
        yield "the subject begins like an answer, which it is not"
    if len(subject) > 60:
        yield f"the subject has {len(subject)} characters; phones show about 40, most inboxes about 60"
    if match := re.search(
        r"\b(100 ?% free|act now|cash bonus|click (here|now)|free money|guaranteed|limited time only|no obligation|"
        r"risk[- ]free|urgent|winner|you(’|')?ve won)\b",
        subject,
        re.IGNORECASE,
    ):
        yield f"the subject says “{match[0]}”, which filters know from spam"


def _of_preview(subject: str, preview: str, root: Element) -> Iterator[str]:
    if not preview.strip():
        yield "it has no preview: the inbox shows the first words of the email instead"
    elif preview.strip() == subject.strip():
        yield "the preview repeats the subject"
    elif len(preview) > 140:
        yield f"the preview has {len(preview)} characters; inboxes show about 90"
    hidden = (each for each in root.all() if each.style.get("display", "").startswith("none"))
    if preview.strip() and not any(_AFTER_PREVIEW.search(each.text()) for each in hidden):
        yield "nothing pads the preview (&#847;&zwnj;), so the inbox goes on with the first words of the email"


def _of_words(root: Element, text: str) -> Iterator[str]:
    body = next((each for each in root.all() if each.tag == "body"), root)
    said = list(_visible(body))
    words = _INVISIBLE.sub(" ", " ".join(said)).strip()
    pictures = [each for each in body.all() if each.tag == "img"]
    if re.search(r"!{3,}", words):
        yield "it has three ! side by side, as spam has"
    if any(_shouts(each) and len(each) > 40 for each in said):
        yield "whole sentences are in capitals: hard to read, and as spam is"
    if pictures and len(words) < 200:
        yield "it is nearly all pictures: where they are off nothing is left, and filters take it for spam"
    if len(text.strip()) < 60:
        yield "its text part says next to nothing: some read only that, and filters compare the two"
    for each in pictures:
        alt = each.attributes.get("alt", "")
        if alt and _NO_NAME.fullmatch(alt.strip()):
            yield f"the alternative text “{_short(alt)}” does not say what is in the picture"
    for each in body.all():
        if each.tag == "a":
            yield from _of_address(each)


def _of_address(link: Element) -> Iterator[str]:
    try:
        host = urlsplit(link.attributes.get("href", "")).hostname or ""
    except ValueError:
        return
    shown = re.fullmatch(r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?:/\S*)?", link.text().lower())
    if shown and host and shown[1].removeprefix("www.") != host.removeprefix("www."):
        yield f"a link shows {shown[1]} and leads to {host}, as in phishing"
    if host in ("bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rebrand.ly"):
        yield f"a link goes by {host}, which filters block"


def _of_clients(root: Element) -> Iterator[str]:
    words = " ".join(
        child for each in root.all() if each.tag == "style" for child in each.children if isinstance(child, str)
    )
    metas = {each.attributes.get("name") for each in root.all() if each.tag == "meta"}
    if "color-scheme" not in metas or not re.search(r"prefers-color-scheme:\s*dark", words):
        yield "it has no colours for the dark (color-scheme, prefers-color-scheme): each client makes up its own"
    for each in root.all():
        style = each.style
        if each.tag in ("div", "a", "p", "span") and _has_padding(style) and not _has_outlooks(each):
            yield f"padding of <{each.tag}> is left out by Outlook for Windows: give it to a table cell (“{_short(each.text())}”)"
        if "url(" in style.get("background", "") or "url(" in style.get("background-image", ""):
            yield "a picture in the background is left out by Outlook for Windows"
        if style.get("display", "") in ("flex", "grid", "inline-flex", "inline-grid") or "position" in style:
            yield "flex, grid and position do nothing in Outlook, and little in Gmail"
        if each.tag == "img" and re.search(r"\.(svg|webp|avif)($|\?)", each.attributes.get("src", "").lower()):
            yield "SVG, WebP and AVIF pictures are not shown everywhere: take PNG, JPEG or GIF"
        if each.tag == "link" and each.attributes.get("rel") == "stylesheet":
            yield "a stylesheet of its own is loaded by hardly any mail client"


def _has_padding(style: dict[str, str]) -> bool:
    return any(
        name.startswith("padding") and not re.fullmatch(r"(0(px)?\s*)+", value.removesuffix("!important").strip())
        for name, value in style.items()
    )


def _has_outlooks(element: Element) -> bool:
    """A button of MJML's: its cell has the same padding for Outlook alone."""
    cell = element.parent.attributes.get("style", "") if element.parent is not None else ""
    return element.tag == "a" and "mso-padding-alt" in dict(declarations(cell))


def _shouts(text: str) -> bool:
    """Mostly words in capitals, and more than one: a brand's name or a code may be in them."""
    words = re.findall(r"[^\W\d_]{3,}", text)
    return len(words) > 1 and sum(word.isupper() for word in words) > len(words) / 2


def _visible(element: Element) -> Iterator[str]:
    """Each text that is seen."""
    if element.tag not in ("style", "title") and not element.style.get("display", "").startswith("none"):
        for child in element.children:
            if isinstance(child, str):
                yield child
            else:
                yield from _visible(child)
