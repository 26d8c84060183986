"""The text part of an email, derived of its blocks: what the HTML says, in lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

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
from shared.domain.templates.markdown import plain
from shared.domain.templates.mjml import reason_of, shown
from shared.domain.templates.our_words import OurWords, our_words


def text_part(variant: Variant, class_: MailClass, language: str) -> str:
    """The text of an email in one language, with its footer; Liquid, like its HTML."""
    body = variant.text if variant.text is not None else derived(variant, language)
    return body.strip() + "\n" + layout.text_footer(class_, language)


def derived(variant: Variant, language: str) -> str:
    """What the text part is when nobody has written one."""
    return "\n\n".join(_written(variant.blocks, our_words(language), count()))


def _written(blocks: tuple[Block, ...], words: OurWords, numbers: Iterator[int]) -> Iterator[str]:
    for block in blocks:
        condition = shown(block, numbers)
        if isinstance(block, Columns):
            columns = (_written(column.blocks, words, numbers) for column in block.columns)
            part = "\n\n".join(each for column in columns for each in column if each)
        elif isinstance(block, Products):
            part = _products(block, words)
        else:
            part = _WORDS[type(block)](block)
        yield f"{{% if {condition} %}}{part}{{% endif %}}" if condition else part
        fallback = "\n\n".join(_written(block.fallback, words, numbers))
        if fallback and condition:
            yield f"{{% unless {condition} %}}{fallback}{{% endunless %}}"


def _heading(block: Heading) -> str:
    return plain(block.text)


def _text(block: Text) -> str:
    return plain(block.text)


def _button(block: Button) -> str:
    return f"{plain(block.text)}:\n{block.url}"


def _picture(block: Picture) -> str:
    return f"{block.alt}:\n{block.url}" if block.url is not None else ""


def _products(block: Products, words: OurWords) -> str:
    each = f"{{% if item.quantity > 1 %}}{words.each}{{% endif %}}"
    price = f"{{% if item.price %}}, {{{{ item.price }}}}{each}{{% endif %}}" if block.prices else ""
    reason = reason_of("item", words, "\n  ", "") if block.reasons else ""
    return (
        f"{{% for item in {block.of} limit: {block.most} %}}- {{{{ item.title }}}}"
        f"{{% if item.quantity > 1 %}} × {{{{ item.quantity }}}}{{% endif %}}{price}{reason}\n  {{{{ item.url }}}}\n{{% endfor %}}"
    )


def _code(block: Code) -> str:
    above = f"{plain(block.text)}\n\n" if block.text is not None else ""
    return f"{above}    {{{{ {block.code} }}}}"


def _answers(block: Answers) -> str:
    return "\n\n".join(f"{plain(each.text)}:\n{{{{ links.answer }}}}{each.word}" for each in block.answers)


def _divider(_: Divider) -> str:
    return "- - -"


def _by_hand(block: Raw) -> str:
    return block.text


_WORDS: dict[type, Callable[..., str]] = {
    Heading: _heading,
    Text: _text,
    Button: _button,
    Picture: _picture,
    Code: _code,
    Answers: _answers,
    Divider: _divider,
    Raw: _by_hand,
}
