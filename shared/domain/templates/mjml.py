"""Blocks written out as MJML. Each kind has its look here, and here only; what is around them is `layout`.

Where a block is shown by a condition, Liquid stands around it in `mj-raw`, where it survives the compiling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import count
from typing import Literal

from shared.domain.events import MailClass
from shared.domain.templates import layout
from shared.domain.templates.definition import (
    Answers,
    Block,
    Button,
    Code,
    Columns,
    Divider,
    Heading,
    Picture,
    Products,
    Raw,
    Text,
    Variant,
)
from shared.domain.templates.liquid import frozen, thawed
from shared.domain.templates.markdown import html, inline_html
from shared.domain.templates.our_words import OurWords, our_words

_OF_THE_BODY = re.compile(r"\s*<(mj-section|mj-wrapper|mj-hero)\b")


def source(variant: Variant, class_: MailClass, language: str) -> str:
    """The MJML of an email in one language, whole."""
    body = variant.mjml if variant.mjml is not None else _body(variant.blocks, our_words(language))
    return layout.document(body, class_, language)


def of_the_body(block: Raw) -> bool:
    """Whether it is made of sections, rather than of what stands in a column."""
    return _OF_THE_BODY.match(block.mjml) is not None


def shown(block: Block, numbers: Iterator[int]) -> str:
    """Liquid's condition by which a block is shown; empty: always. `numbers`: of those with `show_if`."""
    parts = [f"shown[{next(numbers)}]"] if block.show_if is not None else []
    for path in block.wanted:
        parts += [path, f"{path} != blank"]
    return " and ".join(parts)


Place = Literal["column", "columns", "body"]
"""Where a part stands: in the email's one column, as a section of several columns, or as whatever a hand made of it."""


def _body(blocks: tuple[Block, ...], words: OurWords) -> str:
    """Blocks follow each other in one column, but for those that are sections of their own. Below what ends there is
    room, except where several columns follow."""
    parts = list(_written(blocks, words, count()))
    made = []
    for number, (place, part) in enumerate(parts):
        before = parts[number - 1][0] if number else None
        after = parts[number + 1][0] if number + 1 < len(parts) else None
        if place == "column" and before != "column":
            end = next((each for each, _ in parts[number:] if each != "column"), None)
            made.append(f'<mj-section padding="0 0 {0 if end == "columns" else 32}px"><mj-column>')
        made.append(part)
        if place == "column" and after != "column":
            made.append("</mj-column></mj-section>")
    return "\n".join(made)


def _written(blocks: tuple[Block, ...], words: OurWords, numbers: Iterator[int]) -> Iterator[tuple[Place, str]]:
    """Each block with what it is shown by, and where it stands."""
    for block in blocks:
        condition = shown(block, numbers)
        place: Place = "column"
        if isinstance(block, Columns):
            place, part = "columns", _columns(block, words, numbers)
        elif isinstance(block, Products):
            place, part = "column", _products(block, words)
        else:
            place = "body" if isinstance(block, Raw) and of_the_body(block) else "column"
            part = _LOOKS[type(block)](block)
        yield place, _around(f"if {condition}", part, "endif") if condition else part
        fallback = list(_written(block.fallback, words, numbers))
        for beside, other in fallback if condition else ():
            yield beside, _around(f"unless {condition}", other, "endunless")


def _around(begin: str, part: str, end: str) -> str:
    return f"<mj-raw>{{% {begin} %}}</mj-raw>{part}<mj-raw>{{% {end} %}}</mj-raw>"


def attribute(text: str) -> str:
    """Liquid as an attribute's value."""
    words, tags = frozen(text)
    return thawed(escape(words), tags)


# ── the look of each kind ──


def _heading(block: Heading) -> str:
    kind = "title" if block.level == 1 else "heading"
    style = "margin:0;font-size:inherit;line-height:inherit;font-weight:normal;color:inherit;"
    return f"""<mj-text mj-class="{kind}"><h{block.level} style="{style}">{inline_html(block.text)}</h{block.level}></mj-text>"""


def _text(block: Text) -> str:
    kind = ' mj-class="small"' if block.small else ""
    return f"<mj-text{kind}>{html(block.text)}</mj-text>"


def _button(block: Button) -> str:
    kind = ' mj-class="quiet"' if block.quiet else ""
    return f'<mj-button{kind} href="{attribute(block.url)}">{inline_html(block.text)}</mj-button>'


def _picture(block: Picture) -> str:
    link = f' href="{attribute(block.url)}"' if block.url is not None else ""
    return f"""<mj-image src="{attribute(block.src)}" alt="{attribute(block.alt)}" width="{block.width}px"{link} />"""


def _products(block: Products, words: OurWords) -> str:
    made = _in_a_grid(block, words) if block.layout == "grid" else _in_rows(block, words)
    return _table(f"{{% for item in {block.of} limit: {block.most} %}}{made}{{% endfor %}}")


def _table(rows: str) -> str:
    """Not `mj-table`, which says nothing of it but placing things, and is read out as a table of figures."""
    opened = '<table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%" style="width:100%;">'
    return f"<mj-text>{opened}{rows}</table></mj-text>"


def _about(block: Products, words: OurWords, item: str) -> str:
    """A product in words."""
    each = f"{{% if {item}.quantity > 1 %}}{words.each}{{% endif %}}"
    muted = 'class="muted" style="color:{{ brand.muted }};"'
    price = f"{{% if {item}.price %}}<br /><span {muted}>{{{{ {item}.price }}}}{each}</span>{{% endif %}}"
    reason = reason_of(item, words, f"<br /><span {muted}>", "</span>") if block.reasons else ""
    style = "color:{{ brand.heading }};font-weight:600;text-decoration:none;"
    return (
        f'<a class="name" href="{{{{ {item}.url }}}}" style="{style}">{{{{ {item}.title }}}}</a>'
        f"{{% if {item}.quantity > 1 %}} × {{{{ {item}.quantity }}}}{{% endif %}}{price if block.prices else ''}{reason}"
    )


def reason_of(item: str, words: OurWords, begin: str, end: str) -> str:
    """Why a product is recommended, as far as that is about the contact: `begin`, the words, `end`; else nothing."""
    bought = words.bought.format(f"{{{{ {item}.because }}}}")
    return (
        f"{{% if {item}.because %}}{begin}{bought}{end}"
        f'{{% elsif {item}.reason == "again" %}}{begin}{words.again}{end}{{% endif %}}'
    )


def _image(item: str, width: str, pixels: int) -> str:
    """A product's picture. Its name stands beside it: neither where pictures are off nor to who listens it is said
    twice."""
    style = f"display:block;width:{width};max-width:{pixels}px;height:auto;border-radius:6px;"
    return (
        f'<a href="{{{{ {item}.url }}}}" aria-hidden="true" tabindex="-1">'
        f'<img src="{{{{ {item}.image }}}}" alt="" width="{pixels}" style="{style}" /></a>'
    )


def _in_rows(block: Products, words: OurWords) -> str:
    """Below each other, each beside its picture."""
    about = _about(block, words, "item")
    return f"""<tr>
  {{% if item.image %}}<td width="96" valign="top" style="width:96px;padding:12px 20px 12px 0;">{_image("item", "96px", 96)}</td>
  <td valign="middle" style="padding:12px 0;">{about}</td>{{% else %}}<td colspan="2" style="padding:12px 0;">{about}</td>{{% endif %}}
</tr>"""


def _in_a_grid(block: Products, words: OurWords) -> str:
    """In two columns, on a phone as well; of a single one, the picture is wide."""
    second = f"{{% unless forloop.last %}}{{% assign other = {block.of}[forloop.index] %}}{_cell(block, words, 'other', 248)}{{% endunless %}}"
    return f"""{{% assign column = forloop.index0 | modulo: 2 %}}{{% if forloop.length == 1 %}}<tr>
  <td style="padding:8px 0;">{_cell(block, words, "item", 320)}</td>
</tr>{{% elsif column == 0 %}}<tr>
  <td width="50%" valign="top" style="width:50%;padding:12px 12px 12px 0;">{_cell(block, words, "item", 248)}</td>
  <td width="50%" valign="top" style="width:50%;padding:12px 0 12px 12px;">{second}</td>
</tr>{{% endif %}}"""


def _cell(block: Products, words: OurWords, item: str, pixels: int) -> str:
    """A product under its picture."""
    table = '<table role="presentation" border="0" cellpadding="0" cellspacing="0" width="100%">'
    image = f'{{% if {item}.image %}}<tr><td style="padding:0 0 12px;">{_image(item, "100%", pixels)}</td></tr>{{% endif %}}'
    return f"{table}{image}<tr><td>{_about(block, words, item)}</td></tr></table>"


def _code(block: Code) -> str:
    above = f"<mj-text>{html(block.text)}</mj-text>" if block.text is not None else ""
    style = (
        "padding:20px 16px;background-color:{{ brand.page }};border:1px dashed {{ brand.page_muted }};border-radius:6px;"
        "color:{{ brand.page_heading }};font-family:Menlo,Consolas,'Courier New',monospace;font-size:24px;"
        "line-height:30px;font-weight:700;letter-spacing:2px;"
    )
    cell = (
        f'<td class="coupon" align="center" bgcolor="{{{{ brand.page }}}}" style="{style}">{{{{ {block.code} }}}}</td>'
    )
    return f"{above}{_table(f'<tr>{cell}</tr>')}"


def _answers(block: Answers) -> str:
    buttons = "".join(
        f'<mj-button mj-class="answer" href="{{{{ links.answer }}}}{each.word}">{inline_html(each.text)}</mj-button>'
        for each in block.answers
    )
    return f'{buttons}<mj-spacer height="10px" />'


_SIDES = {2: ((300, 40, 12), (300, 12, 40)), 3: ((209, 40, 12), (182, 12, 13), (209, 12, 40))}
"""Of each column: its width and the padding at its left and right, so that all have the same room in them. On a phone
each is as wide as the screen, with the gutter of every block."""


def _columns(block: Columns, words: OurWords, numbers: Iterator[int]) -> str:
    """A section of its own, since a section in MJML is a row. The room below it is its own: what follows may be
    anything, and nothing."""
    made = ""
    for column, (width, left, right) in zip(block.columns, _SIDES[len(block.columns)], strict=True):
        parts = "".join(_narrowed(part, left, right) for _, part in _written(column.blocks, words, numbers))
        made += f'<mj-column width="{width}px">{parts}</mj-column>'
    return f'<mj-section padding="0 0 24px">{made}</mj-section>'


_PADDINGS = {"mj-text": (8, 8), "mj-button": (16, 16), "mj-image": (12, 12), "mj-divider": (20, 20)}
_HEADING_PADDING = (12, 4)
_BEGINS = re.compile(r'<(mj-text|mj-button|mj-image|mj-divider)( mj-class="heading")?(?=[ />])')


def _narrowed(part: str, left: int, right: int) -> str:
    """A block's MJML as it stands in one of several columns. A picture there fills a phone's screen."""

    def begun(found: re.Match[str]) -> str:
        top, bottom = _HEADING_PADDING if found[2] else _PADDINGS[found[1]]
        wide = ' fluid-on-mobile="true"' if found[1] == "mj-image" else ""
        return f'{found[0]} padding="{top}px {right}px {bottom}px {left}px"{wide}'

    return _BEGINS.sub(begun, part)


def _divider(_: Divider) -> str:
    return "<mj-divider />"


def _by_hand(block: Raw) -> str:
    return block.mjml


_LOOKS: dict[type, Callable[..., str]] = {
    Heading: _heading,
    Text: _text,
    Button: _button,
    Picture: _picture,
    Code: _code,
    Answers: _answers,
    Divider: _divider,
    Raw: _by_hand,
}
