"""Blocks written out as MJML. Each kind has its look here, and here only; what is around them is `layout`.

Where a block is shown by a condition, Liquid stands around it in `mj-raw`, where it survives the compiling.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import count

from shared.domain.settings import MailClass
from shared.domain.templates import layout
from shared.domain.templates.definition import (
    Answers,
    Block,
    Button,
    Code,
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

_OF_THE_BODY = re.compile(r"\s*<(mj-section|mj-wrapper|mj-hero)\b")


def source(variant: Variant, class_: MailClass, language: str) -> str:
    """The MJML of an email in one language, whole."""
    body = variant.mjml if variant.mjml is not None else _body(variant.blocks)
    return layout.document(body, class_, language)


def shown(block: Block, numbers: Iterator[int]) -> str:
    """Liquid's condition by which a block is shown; empty: always. `numbers`: of those with `show_if`."""
    parts = [f"shown[{next(numbers)}]"] if block.show_if is not None else []
    for path in block.wanted:
        parts += [path, f"{path} != blank"]
    return " and ".join(parts)


def _body(blocks: tuple[Block, ...]) -> str:
    """Blocks follow each other in one column, but for sections by hand, which stand by themselves."""
    made, in_column = [], False
    for of_the_body, part in _written(blocks, count()):
        if of_the_body and in_column:
            made.append("</mj-column></mj-section>")
        elif not of_the_body and not in_column:
            made.append('<mj-section padding="0 0 24px"><mj-column>')
        in_column = not of_the_body
        made.append(part)
    if in_column:
        made.append("</mj-column></mj-section>")
    return "\n".join(made)


def _written(blocks: tuple[Block, ...], numbers: Iterator[int]) -> Iterator[tuple[bool, str]]:
    """Each block with what it is shown by, and whether it stands in the body rather than in a column."""
    for block in blocks:
        condition = shown(block, numbers)
        own = isinstance(block, Raw) and _OF_THE_BODY.match(block.mjml) is not None
        part = _LOOKS[type(block)](block)
        yield own, _around(f"if {condition}", part, "endif") if condition else part
        fallback = list(_written(block.fallback, numbers))
        for of_the_body, other in fallback if condition else ():
            yield of_the_body, _around(f"unless {condition}", other, "endunless")


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


def _products(block: Products) -> str:
    price = (
        '{% if item.price %}<br /><span style="color:{{ brand.muted }};">{{ item.price }}</span>{% endif %}'
        if block.prices
        else ""
    )
    return f"""<mj-table>
  {{% for item in {block.of} limit: {block.most} %}}<tr>
    <td style="width:84px;padding:8px 16px 8px 0;">{{% if item.image %}}<img src="{{{{ item.image }}}}" alt="" width="84" style="display:block;width:84px;border-radius:6px;" />{{% endif %}}</td>
    <td style="padding:8px 0;"><a href="{{{{ item.url }}}}" style="color:{{{{ brand.heading }}}};font-weight:600;text-decoration:none;">{{{{ item.title }}}}</a>{{% if item.quantity > 1 %}} × {{{{ item.quantity }}}}{{% endif %}}{price}</td>
  </tr>{{% endfor %}}
</mj-table>"""


def _code(block: Code) -> str:
    above = f"<mj-text>{html(block.text)}</mj-text>" if block.text is not None else ""
    return f'{above}<mj-text mj-class="code">{{{{ {block.code} }}}}</mj-text>'


def _answers(block: Answers) -> str:
    return "".join(
        f'<mj-button mj-class="quiet" href="{{{{ links.answer }}}}{answer.word}">{inline_html(answer.text)}</mj-button>'
        for answer in block.answers
    )


def _divider(_: Divider) -> str:
    return "<mj-divider />"


def _by_hand(block: Raw) -> str:
    return block.mjml


_LOOKS: dict[type, Callable[..., str]] = {
    Heading: _heading,
    Text: _text,
    Button: _button,
    Picture: _picture,
    Products: _products,
    Code: _code,
    Answers: _answers,
    Divider: _divider,
    Raw: _by_hand,
}
