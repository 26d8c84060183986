"""Templates: Liquid for what is said, checked before it is used; rendering one recipient is Liquid only.

The HTML is compiled from MJML beforehand (`template_compiling`). Values are escaped in the HTML part. A
template can reach nothing but the variables it is given: no files, no clock, no way around the escaping, bounded work.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from html import unescape
from time import thread_time
from typing import Any

from shared.adapters.sandbox import HTML as _HTML
from shared.adapters.sandbox import MAX_TIME, Bound, LiquidError, Unknown, escape, read
from shared.adapters.sandbox import TEXT as _TEXT
from shared.domain import contents
from shared.domain.coupons import Coupon
from shared.domain.events import Json, MailClass
from shared.domain.messages.variables import MAX_TEXT, HeldError, Moment, one_line
from shared.domain.settings import Brand, Logo, SocialLink
from shared.domain.templates import places
from shared.domain.templates.brand import brand_variables

_GOODS: list[Json] = [
    {
        "id": "8123",
        "title": "Assam, 250 g",
        "url": "https://shop.example.com/products/assam",
        "image": "https://shop.example.com/assam.jpg",
        "price": "£9.00",
        "quantity": 2,
    },
    {
        "id": "8124",
        "title": "A mug",
        "url": "https://shop.example.com/products/mug",
        "image": None,
        "price": "£20.00",
        "quantity": 1,
    },
]
_RECOMMENDED: list[Json] = [{**_GOODS[0], "quantity": 1, "reason": "with", "because": "A mug"}]
_EXAMPLE = Brand.model_construct(  # checked by nobody: checking it is a tenth of what importing this takes
    logo=Logo.model_construct(url="https://shop.example.com/logo.png", alt="Fieldstone"),
    social=(SocialLink.model_construct(name="Instagram", url="https://instagram.com/fieldstone"),),
)
_IN_THE_DARK = ("page", "card", "heading", "text", "muted", "line", "accent", "accent_text")
_BRAND = {
    "accent": "The shop's colour: buttons, links.",
    "accent_text": "The colour of text on it.",
    "link": "The colour of links: the shop's, dark or light enough to be read.",
    "page": "The colour behind the email.",
    "page_heading": "The colour of the shop's name, on that.",
    "page_muted": "The colour of the footer, on that.",
    "card": "The colour under its text.",
    "heading": "The colour of headings.",
    "text": "The colour of text.",
    "muted": "The colour of what is beside the matter.",
    "line": "The colour of lines between parts.",
    **{f"dark_{name}": f"The same as `{name}`, where it is read in the dark." for name in _IN_THE_DARK},
    "footer": "What the shop says in its footer.",
    "font": "The fonts of text, as CSS.",
    "heading_font": "The fonts of headings, as CSS.",
    "logo": "The logo's address, if there is one.",
    "logo_alt": "The logo in words.",
    "logo_width": "The logo's width in pixels.",
    "social": "Links to the shop elsewhere: each a `name` and a `url`.",
}
_ENTRY: Json = {
    "title": "How to brew an oolong",
    "url": "https://shop.example.com/blog/oolong",
    "summary": "Hotter than you think, and shorter.",
    "picture": "https://shop.example.com/blog/oolong.jpg",
    "date": "2026-12-01T08:00:00+00:00",
    "categories": ["Tea"],
    "until": "2026-12-01T10:00:00+00:00",
    "place": "Leeds",
}
VARIABLES: Mapping[str, tuple[Json, str]] = {
    "contact.first_name": ("Ada", "The contact's first name, if we know it."),
    "contact.last_name": ("Lovelace", "The contact's last name, if we know it."),
    "contact.interest": ("tea", "What the contact said they are interested in, if they did."),
    "contact.signup_source": ("checkout", "Where they signed up, if the site told: checkout, popup, footer, …"),
    "contact.ordered": (True, "Whether they have an order that counts."),
    "contact.categories": (["Tea", "Mugs"], "The categories of the products in their newest order."),
    "contact.trial_ends": ("3 December 2026", "The day on which their free trial ends (the trait `trial_ends`)."),
    "traits.any_name": (
        "first flush",
        "Any trait of the contact's by its name: a text without a link or code, a number, yes or no.",
    ),
    "cart.products": (
        _GOODS,
        "What is in the cart that the run is about: each an `id`, `title`, `url`, `image`, `price`, `quantity`.",
    ),
    "cart.total": ("£38.00", "What the cart comes to."),
    "cart.categories": (["Tea"], "The categories of what is in it."),
    "cart.url": (
        "https://shop.example.com/recover/1",
        "Opens that cart, by the storefront's own address; or the shop.",
    ),
    "order.products": (_GOODS, "What is in the contact's newest order, like `cart.products`."),
    "viewed.products": (_GOODS, "What the contact looked at last and has not ordered since, the newest first."),
    "recommended.products": (
        _RECOMMENDED,
        "What is recommended to the contact and can be bought now, with its picture: what is bought again, what goes "
        "with what they bought, what many bought. Each has a `reason` besides, and in `because` the name of what they "
        "bought, where it goes with that.",
    ),
    "goes_with.products": (
        _RECOMMENDED,
        "What people bought in one order with what is in the contact's newest, in the same form.",
    ),
    "product.each": (_GOODS[:1], "The product that what started the run is about (a price drop), as a list of it."),
    "product.title": ("Assam, 250 g", "What it is called."),
    "product.image": ("https://shop.example.com/assam.jpg", "A picture of it."),
    "product.price": ("£9.00", "What it costs now."),
    "product.old_price": ("£12.00", "What it cost before, if its price has dropped."),
    "product.stock": (4, "How many there are, if that was told."),
    "product.url": ("https://shop.example.com/products/assam", "Its page; or the shop."),
    'products["8123"]': (
        _GOODS[0],
        "Any product that can be bought now, by its id at the storefront: a `title`, `url`, `image`, `price` of today.",
    ),
    **{f"brand.{name}": (value, _BRAND[name]) for name, value in brand_variables(_EXAMPLE).items()},
    "shown": (
        [True] * 100,
        "Of the blocks with a condition, the n-th: whether it is shown (`shown[0]`). Written by us.",
    ),
    "shop.name": ("Fieldstone", "The shop's name."),
    "shop.url": ("https://shop.example.com", "The shop's address on the web."),
    "shop.replies": (True, "Whether answers to the email are read: whether the shop's settings have a Reply-To."),
    "shop.address": ("1 Mill Lane, Ashford TN23 1AA", "The shop's postal address: in every email, by law."),
    "links.unsubscribe": ("https://example.com/unsubscribe/t", "Unsubscribes this contact: in every email, by law."),
    "links.view": ("https://example.com/view/t", "Shows the email in the browser."),
    "links.preferences": ("https://example.com/preferences/t", "The contact's preference page."),
    "links.answer": (
        "https://example.com/answers/t/",
        "Before a word of yours (`fine`), a link that answers with one click: `answer` of the event Email Clicked.",
    ),
    "links.survey": (
        "https://example.com/surveys/t/",
        "Before the id of a form without topics (`taste`), a link to its questions, which asks this contact for no "
        "address.",
    ),
    "links.action": (
        "https://example.com/confirm/t",
        "In an email that the contact has asked for, the page on which it is done (confirmed, downloaded); in any "
        "other, the preference page.",
    ),
    "offer.code": ("BACK10", "The shop's discount code, if it gives one."),
    "offer.worth": ("10% off your next order", "What that code is worth, if the shop's settings say so."),
    "now": (
        Moment(datetime(2026, 12, 3, 9, 5, tzinfo=UTC)),
        "The contact's day and time when the email is sent, to be written by `date`.",
    ),
    **{
        f"now.{name}": (value, f"Of it, the {name.replace('_', ' ')}.")
        for name, value in Moment(datetime(2026, 12, 3, 9, 5, tzinfo=UTC)).items()
    },
    "feeds.any_name": (
        [_ENTRY],
        "What is new in the feed of that name (in the settings): each a `title`, `url`, `summary`, `picture`, `date` "
        "and `categories`; those first that the contact likes. Of a calendar, what is on next, with its `place` and "
        "`until`; what is near first.",
    ),
    "digest.entries": (
        [
            {
                "title": "The first Darjeeling of the year",
                "preview": "Picked in March, here since Tuesday.",
                "url": "https://example.com/view/t",
            },
            {"title": "Three mugs are back", "preview": "And one is new.", "url": "https://example.com/view/u"},
        ],
        "In a digest, the emails that it is sent in the place of, the oldest first: each a `title` (its subject), its "
        "`preview`, and a `url` where it is read whole.",
    ),
    "digest.topic": ("News and offers", "In a digest, the topic that they are about, as contacts know it."),
    "digest.often": ("weekly", "In a digest, how often there is one: `weekly` or `monthly`."),
    "weather.sky": ("rain", "The weather where the contact is: clear, cloudy, rain, snow or storm; if it is known."),
    "weather.temperature": (12, "In degrees Celsius."),
    "language": ("en", "The language in which the email is written."),
    "coupon.any_pool": (
        Coupon("BACK-7Q4M", "2026-12-10"),
        "A code of the contact's own, of the pool of that name; `coupon.any_pool.until`: the last day on which it is "
        "good, to be written by `date`. `coupon.promised`: of the pool that a form has promised them, or nothing.",
    ),
    "journey": ("win_back", "The id of the journey the email belongs to."),
}
"""All that a template can name, with an example. What is not known of a contact is nothing, and prints as nothing."""

_PRODUCT = 'products["8123"]'
_FROM_THE_MAIL = frozenset({"subject", "preview"})
"""Known in the HTML part besides: its own subject and preview."""
_REQUIRED = ("links.unsubscribe", "shop.address")

_MAX_SUBJECT = 150


class TemplateFailedError(LiquidError):
    """The template cannot be rendered for this contact, or not within its bounds. `kind` says why in a word, for logs:
    the message may quote what was written for the contact, or what is known of them."""

    def __init__(self, error: Exception) -> None:
        super().__init__(getattr(error, "message", type(error).__name__), token=getattr(error, "token", None))
        self.kind = type(error).__name__


@dataclass(frozen=True, slots=True)
class Source:
    """A mail as it is written: all four parts are Liquid, `html` is MJML that was compiled."""

    subject: str
    preview: str
    html: str
    text: str


@dataclass(frozen=True, slots=True)
class Template:
    subject: Bound
    preview: Bound
    html: Bound
    text: Bound
    names: frozenset[str] = frozenset()
    """Of `contents.NAMES`, those that it names."""


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    html: str
    text: str
    preview: str = ""


def parse(source: Source) -> Template:
    """The mail, ready to be rendered. TemplateFailedError: its syntax is wrong."""
    try:
        parts = (
            read(_TEXT, source.subject),
            read(_TEXT, source.preview),
            read(_HTML, source.html),
            read(_TEXT, source.text),
        )
    except LiquidError as error:
        raise TemplateFailedError(error) from error
    # Once they are read, each tag is known to end soon: otherwise this would take a time that grows with its square.
    tags = " ".join(tag for part in astuple(source) for tag in re.findall(r"\{[{%].*?[%}]\}", part, re.DOTALL))
    return Template(*parts, frozenset(name for name in contents.NAMES if re.search(rf"\b{name}\b(?!['\"])", tags)))


_OF_THE_SHOP = re.compile(r"\{\{\s*(brand|shop)\.(\w+)\s*\}\}")


def settled(source: Source, fixed: Mapping[str, Any]) -> Source:
    """The email with the texts of `brand` and `shop` put in, which are the same for all: most of what a template says
    is its colours and fonts. What is no text stays to be asked for, and so does a text that Liquid would read."""

    def put(text: str, *, escaped: bool) -> str:
        def value(found: re.Match[str]) -> str:
            said = fixed.get(found[1], {}).get(found[2])
            if not isinstance(said, str) or "{" in said or "}" in said:
                return found[0]
            return str(escape(said)) if escaped else said

        return _OF_THE_SHOP.sub(value, text)

    return Source(
        put(source.subject, escaped=False),
        put(source.preview, escaped=False),
        put(source.html, escaped=True),
        put(source.text, escaped=False),
    )


def render(template: Template, variables: Mapping[str, Json]) -> Rendered:
    """The mail to one recipient. TemplateFailedError: the template names what is not in `variables`, is not to be
    rendered with them, takes too long or makes too much, or makes a link that no email may have."""
    try:
        ends_at = thread_time() + MAX_TIME
        subject = one_line(template.subject.made_of(variables, ends_at), _MAX_SUBJECT)
        preview = one_line(template.preview.made_of(variables, ends_at), MAX_TEXT)
        text = re.sub(r"\n{3,}", "\n\n", template.text.made_of(variables, ends_at)).strip() + "\n"
        html = places.numbered(template.html.made_of({**variables, "subject": subject, "preview": preview}, ends_at))
        _check_links(html)
    except HeldError:
        raise
    except Exception as error:  # filters let Python's own through, too
        raise TemplateFailedError(error) from error
    return Rendered(subject, html, text, preview)


_MAY_LEAD = re.compile(r"""[fcndFCND]\s*+=\s*+["']?+(?!https?:|mailto:|[#"'])[^>:"']{0,80}:""")
"""The end of `href`, `src`, `action` or `background`, and something like a scheme that is none of the usual ones."""
_TAG = re.compile(r"<[a-z][^<>\"']*(?:\"[^\"]*\"[^<>\"']*|'[^']*'[^<>\"']*)*>", re.IGNORECASE)
_OPENED = re.compile(r"<(?=[a-zA-Z])")
_ATTRIBUTE = re.compile(r"""([^\s=<>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_LEADING = frozenset({"href", "src", "action", "background", "formaction", "xlink:href"})
_SCHEMES = frozenset({"https", "http", "mailto", "tel", "cid"})


def _check_links(html: str) -> None:
    """Whatever a variable said: nothing in an email runs a script. Publishing asks for https besides."""
    if not _MAY_LEAD.search(html):
        return
    for tag in _tags(html):
        for name, *values in _ATTRIBUTE.findall(tag):
            if name.casefold() not in _LEADING:
                continue
            address = re.sub(r"[\x00-\x20]", "", unescape("".join(values)))  # as browsers read it
            scheme, colon, _ = address.partition(":")
            if colon and not re.search(r"[/?#]", scheme) and scheme.casefold() not in _SCHEMES:
                raise LiquidError("a link that begins with something other than https", token=None)


def _tags(html: str) -> Iterator[str]:
    at = 0
    while (opened := _OPENED.search(html, at)) is not None:
        tag = _TAG.match(html, opened.start())
        if tag is None:
            raise LiquidError("a tag that does not end", token=None)
        yield tag[0]
        at = tag.end()


# ── checking, before a template is used ──


def problems(source: Source, class_: MailClass = "marketing") -> list[str]:
    """What keeps the mail from being used: wrong syntax, unknown variables, no unsubscribe link, no postal address. One
    that somebody has asked for (`transactional`) needs no unsubscribe link."""
    found = [
        f"{part}, line {line}: {told}" if line else f"{part}: {told}"
        for part in ("subject", "preview", "html", "text")
        for line, told in faults(getattr(source, part), html=part == "html")
    ]
    return found or list(_missing(parse(source), class_))


def subject_problems(subject: str) -> list[str]:
    """The same of a subject that stands in the place of a mail's own."""
    return [
        f"subject, line {line}: {told}" if line else f"subject: {told}" for line, told in faults(subject, html=False)
    ]


def faults(text: str, *, html: bool) -> Iterator[tuple[int | None, str]]:
    """What is wrong with Liquid as it is written, each with its line."""
    environment = _HTML if html else _TEXT
    try:
        used = read(environment, text).analyze()
    except LiquidError as error:
        placed = error.token is not None and error.token.start_index >= 0
        yield _line(text, error.token.start_index) if placed and error.token else None, str(error.message)
        return
    known = VARIABLES.keys() | (_FROM_THE_MAIL if html else frozenset())
    for variable in (use for uses in used.globals.values() for use in uses):
        if not _is_known(str(variable), known):
            yield _line(text, variable.span.index), f"unknown variable {variable}"
    for name in used.filters.keys() - environment.filters.keys():
        yield _line(text, used.filters[name][0].index), f"unknown filter {name}"


def _is_known(variable: str, known: Collection[str]) -> bool:
    """Of a list, also its size, and what one of it has: `cart.products.first.title`."""
    if of_entry := re.fullmatch(r"feeds\.\w+(?:(?:\.(?:first|last|size)|\[\d+\])(?:\.(\w+))?)?", variable):
        return of_entry[1] is None or of_entry[1] in _ENTRY
    if re.fullmatch(r"coupon(\.\w+|\['\w+'\])(\.(code|until))?", variable):
        return True
    if re.fullmatch(r"traits(\.[\w-]+|\['[^']+'\])", variable):
        return True
    if of_product := re.fullmatch(r"products(?:\['[^']+'\]|\[\d+\])(?:\.(\w+))?", variable):
        return of_product[1] is None or of_product[1] in _GOODS[0]
    if re.fullmatch(r"shown\[\d+\]", variable):
        return True
    name, *of_one = re.split(r"(?:\[[\w.]+\]|\.(?:first|last|size)(?![\w]))\.?", variable, maxsplit=1)
    if name not in known:
        return False
    listed = VARIABLES[name][0] if name in VARIABLES else None
    one = listed[0] if isinstance(listed, list) and listed else None
    return not any(of_one) or (isinstance(one, dict) and of_one[0] in one)


def _missing(template: Template, class_: MailClass) -> Iterator[str]:
    """Looks at mails as they come out, to a contact we know all about and to one we know nothing of."""
    required = _REQUIRED[1:] if class_ == "transactional" else _REQUIRED
    for nothing_known in (False, True):
        variables = example(nothing_known=nothing_known)
        try:
            rendered = render(template, variables)
        except TemplateFailedError as error:
            yield f"it cannot be rendered: {error.message}"
            return
        missing = [
            f"{part}: {name} is missing"
            for part in ("html", "text")
            for name in required
            if str(VARIABLES[name][0]) not in getattr(rendered, part)
        ]
        if missing:
            yield from missing
            return


def without_default(template: Template, contact: Mapping[str, Json]) -> set[str]:
    """What it would print of a contact (`contact_variables`) though it is not known of them: there would be a gap."""
    printed: set[str] = set()
    known = {name: Unknown(f"contact.{name}", printed) if value is None else value for name, value in contact.items()}
    render(template, {**example(), "contact": known})
    return printed


def example(*, nothing_known: bool = False) -> dict[str, Json]:
    """Variables to try a template with."""
    variables: dict[str, Json] = {}
    for path, (known, _) in VARIABLES.items():
        outer, _, inner = path.partition(".")
        if outer in ("traits", "coupon", "feeds", "now") or outer.startswith("products["):
            continue
        may_be_nothing = path == "shop.replies" or (
            outer in ("contact", "offer", "weather", *contents.NAMES) and inner != "url"
        )
        value = _nothing_like(known) if nothing_known and may_be_nothing else known
        if path == "shown" and nothing_known:
            value = [False] * len(known)
        if inner:
            variables.setdefault(outer, {})[inner] = value
        else:
            variables[outer] = value
    said, sold = VARIABLES["traits.any_name"][0], VARIABLES[_PRODUCT][0]
    return {
        **variables,
        "traits": _Anything(None if nothing_known else said),
        "feeds": _Anything([] if nothing_known else [_ENTRY]),
        "coupon": _Anything(VARIABLES["coupon.any_pool"][0]),
        "products": _Anything(None if nothing_known else sold),
        "now": VARIABLES["now"][0],
    }


class _Anything(dict[str, Json]):
    """Answers to any name alike."""

    def __init__(self, answer: Json) -> None:
        super().__init__()
        self._answer = answer

    def __missing__(self, name: str) -> Json:
        return self._answer


def example_of(path: str) -> Json:
    """What a variable is in the example; None: there is none of this name."""
    return VARIABLES[path][0] if path in VARIABLES else None


def _nothing_like(value: Json) -> Json:
    return [] if isinstance(value, list) else False if isinstance(value, bool) else None


def _line(text: str, index: int) -> int:
    return text.count("\n", 0, index) + 1
