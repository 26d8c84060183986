"""What a template is: subject, preview, and a list of blocks (or MJML by hand), in one language or in several.

Texts are Liquid with a small Markdown in it (see `markdown`), so that the HTML and the text part both come of them. The
footer is no block: it is ours, and what it has to hold depends on the class of the email (see `layout`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.conditions import Condition
from shared.domain.conditions.fields import Name
from shared.domain.events import MARKETING, MailClass, Strict
from shared.domain.settings import Language
from shared.domain.shop_traits import TRAIT, trait_of_the_shops

ID = r"^[a-z][a-z0-9_]{0,63}$"
LINE = r"^[^\r\n]+$"
LINK = r"^\S.*$"
PATH = r"^[a-z_]+(\.[a-z0-9_]+)*$"
WORD = r"^[a-z0-9_-]{1,40}$"

IN_WORDS = {
    ID: "it must be lower-case letters, digits and _, begin with a letter, and have at most 64 characters",
    LINE: "it must be one line",
    LINK: "it must be a web address, or Liquid that gives one, without a space before it",
    PATH: "it must be the name of a variable, such as cart.products",
    TRAIT: "it must be lower-case letters, digits and _, begin with a letter, and have at most 40 characters",
    WORD: "it must be lower-case letters, digits, _ and -, at most 40 characters",
}
"""What a text has to look like, by the pattern that holds it to it."""

TemplateId = Annotated[str, Field(pattern=ID)]
Subject = Annotated[str, Field(min_length=1, max_length=500, pattern=LINE)]
"""One line of Liquid."""
Words = Annotated[str, Field(min_length=1, max_length=10_000)]
"""Liquid with Markdown in it."""
Label = Annotated[str, Field(min_length=1, max_length=300, pattern=LINE)]
Link = Annotated[str, Field(min_length=1, max_length=2_000, pattern=LINK)]
"""An address on the web, or Liquid that gives one: `{{ shop.url }}`."""
Path = Annotated[str, Field(pattern=PATH, max_length=100)]
"""A variable by its name: `offer.code`."""


# ── blocks ──


class BaseBlock(Strict):
    """`show_if`: the contact is looked at when the email is sent. `needs`: shown only when all of these variables have
    a value (a list: at least one of it). Where it is not shown, the blocks of `fallback` are, if there are any."""

    show_if: Condition | None = None
    needs: tuple[Path, ...] = Field(default=(), max_length=10)
    fallback: tuple[Block, ...] = Field(default=(), max_length=10)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The variables that it cannot be shown without."""
        return self.needs


class Heading(BaseBlock):
    """A heading; `level` 1 is what the email is about, once."""

    kind: Literal["heading"] = "heading"
    text: Words
    level: Literal[1, 2] = 1


class Text(BaseBlock):
    """Paragraphs and lists. `small`: a remark beside the matter."""

    kind: Literal["text"] = "text"
    text: Words
    small: bool = False


class Button(BaseBlock):
    """A link that is seen. `quiet`: outlined, for what is not the main thing."""

    kind: Literal["button"] = "button"
    text: Label
    url: Link
    quiet: bool = False


class Picture(BaseBlock):
    """A picture on the web, `width` pixels wide (the file twice as wide); `alt` is read out, and seen where pictures
    are off."""

    kind: Literal["picture"] = "picture"
    src: Link
    alt: Label
    url: Link | None = None
    width: int = Field(default=600, ge=16, le=600)


RECOMMENDED = ("recommended.products", "goes_with.products")
"""Lists in which each product says why it is there."""


class Products(BaseBlock):
    """Products out of a list (`cart.products`, `viewed.products`, …): at most so many, each with its picture, name and
    price, and a link to its page. An empty list shows nothing. `reasons`: of what is recommended, because of what they
    bought that is."""

    kind: Literal["products"] = "products"
    of: Path
    most: int = Field(default=4, ge=1, le=20)
    layout: Literal["rows", "grid"] = "rows"
    prices: bool = True
    reasons: bool = False

    @model_validator(mode="after")
    def _has_reasons(self) -> Self:
        if self.reasons and self.of not in RECOMMENDED:
            raise ValueError(f"only products of {' or '.join(RECOMMENDED)} have reasons")
        return self

    @property
    def wanted(self) -> tuple[str, ...]:
        return (*self.needs, self.of)


class Code(BaseBlock):
    """A discount code to be typed in; nothing where there is none. `text` above it: what it is worth, until when."""

    kind: Literal["code"] = "code"
    code: Path = "offer.code"
    text: Words | None = None

    @property
    def wanted(self) -> tuple[str, ...]:
        return (*self.needs, self.code)


class Answer(Strict):
    """What one click says: `word` is the property `answer` of the event."""

    word: Annotated[str, Field(pattern=WORD)]
    text: Label


class Answers(BaseBlock):
    """A question that is answered with one click: a button an answer. `trait`: the trait of the contact's that the
    answer's word becomes."""

    kind: Literal["answers"] = "answers"
    answers: tuple[Answer, ...] = Field(min_length=1, max_length=10)
    trait: Annotated[str, Field(pattern=TRAIT), AfterValidator(trait_of_the_shops)] | None = None


class Divider(BaseBlock):
    """A line between two parts."""

    kind: Literal["divider"] = "divider"


class Column(Strict):
    """What stands below each other in one of several columns."""

    blocks: tuple[Narrow, ...] = Field(min_length=1, max_length=10)


class Columns(BaseBlock):
    """Two or three columns beside each other, which stack on a phone: each has `blocks` of the kinds `heading` (of level
    2), `text`, `button`, `picture` and `divider`."""

    kind: Literal["columns"] = "columns"
    columns: tuple[Column, ...] = Field(min_length=2, max_length=3)

    @model_validator(mode="after")
    def _is_narrow(self) -> Self:
        for block in all_blocks(tuple(block for column in self.columns for block in column.blocks)):
            if not isinstance(block, Heading | Text | Button | Picture | Divider):
                raise ValueError(f"a block of kind {block.kind} is too wide for a column")
            if isinstance(block, Heading) and block.level == 1:
                raise ValueError("a heading in a column is of level 2: level 1 is what the whole email is about")
        return self


class Raw(BaseBlock):
    """MJML by hand: sections, or what stands in a column. `text`: what the text part says in its place."""

    kind: Literal["raw"] = "raw"
    mjml: Annotated[str, Field(min_length=1, max_length=50_000)]
    text: Annotated[str, Field(max_length=10_000)] = ""


Narrow = Annotated[Heading | Text | Button | Picture | Divider, Field(discriminator="kind")]
Block = Annotated[
    Heading | Text | Button | Picture | Products | Columns | Code | Answers | Divider | Raw, Field(discriminator="kind")
]


# ── the template ──


class Variant(Strict):
    """The email in one language. `mjml`: all of it by hand, instead of blocks (what stands in `mj-body`); then `text`
    is the text part, which else is derived of the blocks."""

    subject: Subject
    preview: Subject
    blocks: tuple[Block, ...] = Field(default=(), max_length=60)
    mjml: Annotated[str, Field(min_length=1, max_length=200_000)] | None = None
    text: Annotated[str, Field(min_length=1, max_length=50_000)] | None = None

    @model_validator(mode="after")
    def _is_written_once(self) -> Self:
        if (self.mjml is not None) == bool(self.blocks):
            raise ValueError("takes `blocks` or `mjml`")
        if self.mjml is not None and self.text is None:
            raise ValueError("takes `text`, too: out of MJML by hand no text part is derived")
        return self


class Template(Variant):
    """An email as it is written. `topic`: what a contact has agreed to get; `class`: an offer to many (`marketing`), an
    answer to what the contact does (`lifecycle`), or what they have asked for (`transactional`, which has no
    unsubscribe link and needs no consent). `from`: the sender's name, if not the shop's. What it is written in itself
    is the shop's first language; `translations` has it in others."""

    id: TemplateId
    name: Annotated[str, Field(min_length=1, max_length=80)]
    topic: Name = MARKETING
    class_: MailClass = Field(default="marketing", alias="class")
    from_: Label | None = Field(default=None, alias="from")
    translations: dict[Language, Variant] = Field(default_factory=dict, max_length=20)

    def variants(self, first: str) -> Mapping[str, Variant]:
        """Each language's, the shop's `first` language before the others."""
        return {first: self, **self.translations}


def all_blocks(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """The blocks and those in them (columns', fallbacks), in the order in which they are written out."""
    for block in blocks:
        yield block
        if isinstance(block, Columns):
            for column in block.columns:
                yield from all_blocks(column.blocks)
        yield from all_blocks(block.fallback)


def answered(variant: Variant) -> dict[str, str]:
    """By what its one-click answers say, the trait that each becomes."""
    questions = (block for block in all_blocks(variant.blocks) if isinstance(block, Answers))
    return {each.word: block.trait for block in questions if block.trait is not None for each in block.answers}


def conditions(variant: Variant) -> tuple[Condition, ...]:
    """What its blocks are shown by: the n-th of them is `shown[n]` to Liquid."""
    return tuple(block.show_if for block in all_blocks(variant.blocks) if block.show_if is not None)
