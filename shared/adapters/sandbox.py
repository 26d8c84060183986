"""Where templates run: Liquid with bounds. Two environments, `HTML` (values are escaped) and `TEXT` (they are not).

A template reaches the variables it is given and the filters and tags that are listed here: no file, no clock, nothing
around the escaping. The library's own limits do not look into filters, so each filter is asked here *before* it works:
how long its texts are, how many items, how large a number, and how much its work would make. What is left is bounded
by the template's own size, and its time by the thread's own processor time, which is looked at wherever a template
can do much: at each filter, each round of a loop, each assignment, each piece of output. Between two looks is nothing
that takes longer than a few milliseconds, so no signal is needed: it holds in any thread, on Lambda too, and who waits
for a busy processor is not stopped for it.
"""

# ruff: noqa: E402 - what stands in for babel comes before the library that names it
from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from io import StringIO
from time import thread_time
from types import ModuleType
from typing import Any, TextIO


class _Absent(ModuleType):
    """Stands for a module while the library is imported, which names babel for filters that a template never has: it
    would be 33 of 36 MB of what is deployed, and a quarter of the time of the import (docs/decisions.md)."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (Exception,), {})


_absent = {
    name: _Absent(name)
    for name in ("babel", "babel.dates", "babel.messages", "babel.numbers", "babel.units", "pytz")
    if name not in sys.modules
}
sys.modules.update(_absent)

from liquid import BoundTemplate, Environment, Markup, RenderContext, StrictUndefined, Token, escape
from liquid.builtin.expressions import Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import (
    FilterArgumentError,
    LiquidError,
    LiquidSyntaxError,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
    OutputStreamLimitError,
    UnknownFilterError,
)
from liquid.stringify import to_liquid_string
from liquid.undefined import UNDEFINED, Undefined
from liquid.utils import ReadOnlyChainMap

from shared.domain.messages.variables import MONTHS, WEEKDAYS

for _name in _absent:
    del sys.modules[_name]

__all__ = ["HTML", "MAX_TIME", "TEXT", "Bound", "Environment", "LiquidError", "escape", "read"]
"""What of it templates are made with. Nothing else that is deployed imports the library."""

MAX_SOURCE = 150_000
"""Characters of a template. What is longer is not read."""
MAX_TAG = 2_000
"""Characters between `{{` and `}}`, `{%` and `%}`, of which at most MAX_SPACE are white space in a row."""
MAX_SPACE = 200
MAX_READING = 0.5
"""Seconds of the processor's time for reading a part of a template; that happens once, not for each email."""
MAX_TIME = 0.3
"""Seconds of the processor's time for one email: some 500 times what it needs."""
MAX_OUTPUT = 400_000
MAX_CHARACTERS = 65_536
"""Of a text that a filter takes or gives, and of all texts in a list."""
MAX_ITEMS = 1_000
MAX_RANGE = 500
MAX_ROUNDS = 1_000
"""Of loops in each other."""
MAX_ROUNDS_IN_ALL = 20_000
MAX_NAMES = 100
"""That a template may give, by `assign` and `capture`."""
MAX_BITS = 64

TAGS = frozenset(
    """
    # assign break capture case comment continue cycle decrement doc echo for if ifchanged increment liquid tablerow
    unless content output illegal
    """.split()  # noqa: SIM905
)
"""Of Liquid's tags, those that read no other template. (The last three are what is between tags, and what is none.)"""
FILTERS = tuple(
    """
    abs at_least at_most ceil divided_by floor minus modulo plus round times
    append capitalize downcase escape escape_once lstrip newline_to_br prepend remove remove_first remove_last replace
    replace_first replace_last rstrip slice split squish strip strip_newlines truncate truncatewords upcase url_encode
    compact concat find first has join last map reject reverse size sort sort_natural sum uniq where
    default
    """.split()  # noqa: SIM905
)
"""Of Liquid's filters, those that an email needs, and `date` of our own. Not among them: `safe` and all that decodes,
which get around the escaping; `strip_html`, which promises what it cannot keep."""


class TooMuchError(FilterArgumentError):
    """A filter was asked for more than it may do."""

    def __init__(self, said: str) -> None:
        super().__init__(said, token=None)


class UnreadableError(LiquidSyntaxError):
    """The template is larger than any, or is not written as Liquid is."""


class TooSlowError(LiquidSyntaxError):
    """The template has used up its time."""

    def __init__(self) -> None:
        super().__init__("it takes too long", token=None)


# ── how large a value is ──


def _look(value: object) -> None:
    kind = type(value)
    if kind is str or kind is Markup:
        if len(value) > MAX_CHARACTERS:  # type: ignore[arg-type]
            raise TooMuchError(f"a text of more than {MAX_CHARACTERS} characters")
    elif kind is int:
        if value.bit_length() > MAX_BITS:  # type: ignore[attr-defined]
            raise TooMuchError("a number that is too large")
    elif kind is not float and kind is not bool and value is not None:
        _look_into(value)


def _look_into(value: object) -> None:
    """Of a list, and lists in it, all items count, and all texts; what is known of one item (a product's) does not."""
    items = characters = 0
    waiting = [value]
    while waiting:
        one = waiting.pop()
        kind = type(one)  # not isinstance: what is undefined answers no question
        if issubclass(kind, str):
            characters += len(one)  # type: ignore[arg-type]
        elif issubclass(kind, list | tuple):
            items += len(one)  # type: ignore[arg-type]
            if items > MAX_ITEMS:
                raise TooMuchError(f"a list of more than {MAX_ITEMS} items")
            waiting.extend(one)  # type: ignore[arg-type]
        elif issubclass(kind, dict):
            waiting.extend(one.values())  # type: ignore[attr-defined]
        if characters > MAX_CHARACTERS:
            raise TooMuchError(f"a list of more than {MAX_CHARACTERS} characters")


# ── what a filter's work would make ──


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _appending(value: object, *arguments: object) -> int:
    return len(_text(value)) + sum(len(_text(argument)) for argument in arguments)


def _replacing(value: object, *arguments: object) -> int:
    text, sought, instead = (_text(each) for each in (value, *arguments, "", "")[:3])
    escaped = 5 if isinstance(text, Markup) else 1  # what is put into escaped text is escaped itself
    return len(text) + text.count(sought) * len(instead) * escaped


def _joining(value: object, *arguments: object) -> int:
    items = value if isinstance(value, list | tuple) else [value]
    between = len(_text(arguments[0])) if arguments else 1
    return sum(len(_text(item)) + between for item in items)


_MAKES: Mapping[str, Callable[..., int]] = {
    "append": _appending,
    "prepend": _appending,
    "replace": _replacing,
    "replace_first": _appending,
    "replace_last": _appending,
    "join": _joining,
}
"""At most how many characters the filters make that can make more than they are given."""


def _split_into(value: object, *arguments: object) -> int:
    text, separator = _text(value), _text(arguments[0]) if arguments else ""
    return text.count(separator) + 1 if separator else len(text)


def _concatenated(value: object, *arguments: object) -> int:
    return sum(len(each) for each in (value, *arguments) if isinstance(each, list | tuple))


_LISTS: Mapping[str, Callable[..., int]] = {"split": _split_into, "concat": _concatenated}
"""How many items the filters make that can make more than they are given."""


def _bounded(name: str, work: Callable[..., object]) -> Callable[..., object]:
    makes, lists = _MAKES.get(name), _LISTS.get(name)

    def bounded(value: object, *arguments: object, **named: object) -> object:
        _look(value)
        for argument in arguments:
            _look(argument)
        for argument in named.values():
            _look(argument)
        given = (*arguments, *named.values())
        if makes is not None and makes(value, *given) > MAX_CHARACTERS:
            raise TooMuchError(f"{name} would make a text of more than {MAX_CHARACTERS} characters")
        if lists is not None and lists(value, *given) > MAX_ITEMS:
            raise TooMuchError(f"{name} would make a list of more than {MAX_ITEMS} items")
        made = work(value, *arguments, **named)
        _look(made)
        return made

    return bounded


# ── dates ──

_WRITTEN: Mapping[str, Callable[[datetime], str]] = {
    "Y": lambda t: f"{t.year:04d}",
    "y": lambda t: f"{t.year % 100:02d}",
    "m": lambda t: f"{t.month:02d}",
    "d": lambda t: f"{t.day:02d}",
    "e": lambda t: str(t.day),
    "B": lambda t: MONTHS[t.month - 1],
    "b": lambda t: MONTHS[t.month - 1][:3],
    "A": lambda t: WEEKDAYS[t.weekday()],
    "a": lambda t: WEEKDAYS[t.weekday()][:3],
    "u": lambda t: str(t.isoweekday()),
    "w": lambda t: str(t.isoweekday() % 7),
    "j": lambda t: f"{t.timetuple().tm_yday:03d}",
    "H": lambda t: f"{t.hour:02d}",
    "I": lambda t: f"{(t.hour - 1) % 12 + 1:02d}",
    "M": lambda t: f"{t.minute:02d}",
    "S": lambda t: f"{t.second:02d}",
    "p": lambda t: "AM" if t.hour < 12 else "PM",
    "%": lambda _: "%",
}
"""What `%` and a letter stand for. With `-` between them, without the zero in front."""


def _date(value: object, written: object = "%-d %B %Y") -> str:
    """A day or an instant as it is written in the email: what is given, never the clock. What is no date (ISO 8601)
    comes out as it is."""
    instant = value if isinstance(value, date) else getattr(value, "instant", value)
    if not isinstance(instant, date):
        if _text(instant).strip().casefold() in ("now", "today"):
            raise TooMuchError("date takes a date that is given, such as now")
        try:
            instant = datetime.fromisoformat(_text(instant))
        except ValueError:
            return _text(value)
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day)  # noqa: DTZ001 - as written, wherever that is

    def part(found: re.Match[str]) -> str:
        shown = _WRITTEN.get(found[2])
        if shown is None:
            raise TooMuchError(f"date does not know %{found[2]}")
        return (shown(instant).lstrip("0") or "0") if found[1] else shown(instant)

    return re.sub(r"%(-?)(.?)", part, _text(written), flags=re.DOTALL)


# ── the environments ──


class _Output(StringIO):
    """What is written, up to a bound. `size` is what an inner one (of `capture`) has already used up."""

    def __init__(self, context: _Context, limit: int) -> None:
        super().__init__()
        self.context, self.limit, self.size = context, limit, 0
        self.written: list[str] = []

    def write(self, text: str, /) -> int:
        self.size += len(text)
        if self.size > self.limit:
            raise OutputStreamLimitError(f"it makes more than {MAX_OUTPUT} characters", token=None)
        self.written.append(text)
        if not len(self.written) % 32:
            self.context.look_at_time()
        return len(text)

    def getvalue(self) -> str:
        return "".join(self.written)


class _Context(RenderContext):
    __slots__ = ("ends_at", "rounds", "steps")

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Without the library's own `now` and `today`, which are the wall clock's.
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)
        self.ends_at = thread_time() + MAX_TIME
        self.rounds = self.steps = 0

    def step(self) -> None:
        """Of what takes some microseconds. The look itself takes half of one."""
        self.steps += 1
        if not self.steps % 16:
            self.look_at_time()

    def look_at_time(self) -> None:
        if thread_time() > self.ends_at:
            raise TooSlowError

    def get(self, path: list[object], *, token: Any, default: object = UNDEFINED) -> object:
        """As the library finds it, but by the straight way where there is nothing to it."""
        try:
            found: Any = self.scope[path[0]]  # type: ignore[index]
            for name in path[1:]:
                found = found[name] if type(found) is dict and name in found else self.get_item(found, name)
        except (KeyError, TypeError, IndexError):
            return super().get(path, token=token, default=default)
        return found

    def filter(self, name: str, token: Any) -> Callable[..., object]:
        self.look_at_time()
        found = self.env.filters.get(name)
        if found is None:
            raise UnknownFilterError(f"unknown filter '{name}'", token=token)
        return found

    def assign(self, key: str, val: Any) -> None:
        self.step()
        _look(val)
        self.locals[key] = val
        if len(self.locals) > MAX_NAMES:
            raise LocalNamespaceLimitError(f"it gives more than {MAX_NAMES} names", token=None)

    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Any:
        self.rounds += forloop.length
        if self.rounds > MAX_ROUNDS_IN_ALL:
            raise LoopIterationLimitError("loop iteration limit reached", token=None)
        forloop.it = self._rounds(forloop.it)
        return super().loop(namespace, forloop)

    def _rounds(self, items: Iterator[object]) -> Iterator[object]:
        for item in items:
            self.step()
            yield item

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        used = buf.size if isinstance(buf, _Output) else 0
        return _Output(self, MAX_OUTPUT - used)


def _range(self: RangeLiteral, start: object, stop: object) -> range:
    """Before anything goes through it: whether it contains a word takes as long as it is."""
    made = _unbounded_range(self, start, stop)
    if made.stop - made.start > MAX_RANGE:
        raise TooMuchError(f"a range of more than {MAX_RANGE} numbers")
    return made


_unbounded_range = RangeLiteral._make_range
RangeLiteral._make_range = _range  # type: ignore[method-assign] # an environment has no say in it


class _Said(OutputNode):
    """`{{ a.b }}`: most of what a template says has no filter, and is a text."""

    __slots__ = ("path",)

    def __init__(self, token: Token, expression: Any) -> None:
        super().__init__(token, expression)
        left = getattr(expression, "left", None)
        self.path: list[object] | None = None
        if isinstance(left, Path) and not expression.filters and all(isinstance(each, str) for each in left.path):
            self.path = list(left.path)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if self.path is None:
            return super().render_to_output(context, buffer)
        value = context.get(self.path, token=self.expression.token)
        if type(value) is not str:
            value = to_liquid_string(value, context.autoescape)
        elif context.autoescape:
            value = escape(value)
        return buffer.write(value)


class _Saying(Output):
    node_class = _Said


class Bound(BoundTemplate):
    """A part of a template, ready to be rendered."""

    context_class = _Context

    def made_of(self, variables: Mapping[str, object], ends_at: float) -> str:
        """Rendered with the variables, until the thread has had so much of the processor's time (`thread_time`)."""
        context = _Context(self, globals=variables)
        context.ends_at = ends_at
        output = _Output(context, MAX_OUTPUT)
        for node in self.nodes:
            node.render(context, output)
        return output.getvalue()


_OPENS = re.compile(r"\{\{|\{%-?\s*(raw|doc)?\b|\{%")
_SPACE = re.compile(rf"\s{{{MAX_SPACE}}}")


def _check_written(source: str) -> None:
    """In one pass, since the library's takes a time that grows with the square of what does not end."""
    if len(source) > MAX_SOURCE:
        raise UnreadableError(f"it is longer than {MAX_SOURCE} characters", token=None)
    at = 0
    while (opened := _OPENS.search(source, at)) is not None:
        ends = source.find("}}" if opened[0] == "{{" else "%}", opened.start() + 2)
        at = ends + 2
        if ends < 0 or ends - opened.start() > MAX_TAG or _SPACE.search(source, opened.start(), ends):
            line = source.count("\n", 0, opened.start()) + 1
            raise UnreadableError(f"the tag in line {line} does not end, or is very long", token=None)
        if opened[1] and (at := source.find(f"end{opened[1]}", at)) < 0:
            raise UnreadableError(f"expected tag end{opened[1]}", token=None)


class _Sandbox(Environment):
    loop_iteration_limit = MAX_ROUNDS
    template_class = Bound

    def tokenizer(self) -> Callable[[str], Iterator[Token]]:
        read = super().tokenizer()

        def tokens(source: str) -> Iterator[Token]:
            _check_written(source)
            ends_at = thread_time() + MAX_READING
            for token in read(source):
                if thread_time() > ends_at:
                    raise TooSlowError
                yield token

        return tokens

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in TAGS}
        self.add_tag(_Saying)
        works = {name: self.filters[name] for name in FILTERS}
        self.filters = {name: _bounded(name, self._with_environment(work)) for name, work in works.items()}
        self.filters["date"] = _bounded("date", _date)

    def _with_environment(self, work: Callable[..., object]) -> Callable[..., object]:
        return partial(work, environment=self) if getattr(work, "with_environment", False) else work


HTML = _Sandbox(autoescape=True, undefined=StrictUndefined)
TEXT = _Sandbox(autoescape=False, undefined=StrictUndefined)


def read(environment: Environment, source: str) -> Bound:
    """A part of a template, parsed. liquid's LiquidError: its syntax is wrong."""
    found = environment.from_string(source)
    assert isinstance(found, Bound)
    return found


class Unknown(Undefined):
    """A value that is not known: nothing, like any other, but that it notes its name when it is printed."""

    def __init__(self, name: str, printed: set[str]) -> None:
        super().__init__(name)
        self.printed = printed

    def __str__(self) -> str:
        self.printed.add(self.name)
        return ""
