"""DynamoDB's expression language. Each distinct expression is parsed once, into plain functions of an item.

The grammar is the developer guide's ("Expressions in DynamoDB"); what it does not allow is refused with a
ValidationException worded as the service words it, because people meet these texts while they develop.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path as File
from typing import Any, NamedTuple

from infra.local.aws.calls import Parameters
from infra.local.aws.dynamodb_values import EXACT, Item, Value, decimal_of, invalid, number, spell

Path = tuple[str | int, ...]
Values = Mapping[str, Value]
Read = Callable[[Item, Values], Value | None]
Test = Callable[[Item, Values], bool]
Names = tuple[tuple[str, str], ...]

MAX_EXPRESSION = 4096  # bytes
RESERVED_WORDS = frozenset(File(__file__).with_name("dynamodb_reserved_words.txt").read_text(encoding="ascii").split())
_TOKEN = re.compile(
    r"\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<alias>#\w+)|(?P<value>:\w+)|(?P<index>\d+)"
    r"|(?P<symbol><>|<=|>=|[=<>()\[\],.+-]))",
    re.ASCII,
)
_TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"})
_SCALARS = frozenset({"S", "N", "B"})
_SETS = frozenset({"SS", "NS", "BS"})
_INVALID_PATH = "The document path provided in the update expression is invalid for update"
_WRONG_OPERAND = "An operand in the update expression has an incorrect data type"
_NO_ATTRIBUTE = "The provided expression refers to an attribute that does not exist in the item"


class Demand(NamedTuple):
    """An operator only takes placeholders of certain types, whatever the item holds."""

    placeholder: str
    kinds: frozenset[str]
    operator: str


@dataclass(frozen=True)
class Expression:
    """What every expression has: its kind, and the placeholders it uses."""

    kind: str
    aliases: frozenset[str]
    placeholders: frozenset[str]
    demands: tuple[Demand, ...]


@dataclass(frozen=True)
class Condition(Expression):
    """`roots` are the top-level attributes it looks at."""

    test: Test
    roots: frozenset[str]


class KeyTerm(NamedTuple):
    """`operator` is `=`, `<`, `<=`, `>`, `>=`, `BETWEEN` or `begins_with`."""

    attribute: str
    operator: str
    placeholders: tuple[str, ...]


@dataclass(frozen=True)
class KeyCondition(Expression):
    terms: tuple[KeyTerm, ...]


@dataclass(frozen=True)
class Projection(Expression):
    paths: tuple[Path, ...]


@dataclass(frozen=True)
class Update(Expression):
    """`apply(item, values)` gives the changed item and shares with `item` whatever did not change."""

    apply: Callable[[Item, Values], Item]
    paths: tuple[Path, ...]


# ── from a call's parameters ──


def condition_in(params: Parameters, kind: str = "ConditionExpression") -> Condition | None:
    text = params.get(kind)
    return None if text is None else _parse_condition(kind, text, _names(params))


def key_condition_in(params: Parameters) -> KeyCondition:
    text = params.get("KeyConditionExpression")
    if text is None:
        raise invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    return _parse_key_condition(text, _names(params))


def projection_in(params: Parameters) -> Projection | None:
    text = params.get("ProjectionExpression")
    return None if text is None else _parse_projection(text, _names(params))


def update_in(params: Parameters) -> Update | None:
    text = params.get("UpdateExpression")
    return None if text is None else _parse_update(text, _names(params))


def values_in(params: Parameters, *expressions: Expression | None) -> Values:
    """ExpressionAttributeValues in their one spelling; refuses placeholders unused, undefined or of a wrong type."""
    given = [expression for expression in expressions if expression is not None]
    names: Mapping[str, str] = params.get("ExpressionAttributeNames") or {}
    values: Values = params.get("ExpressionAttributeValues") or {}
    for what, parameter, defined in (
        ("names", "ExpressionAttributeNames", names),
        ("values", "ExpressionAttributeValues", values),
    ):
        if parameter in params and not given:
            raise invalid(f"{parameter} can only be specified when using expressions")
        if parameter in params and not defined:
            raise invalid(f"{parameter} must not be empty")
        unused = set(defined).difference(*(e.aliases if what == "names" else e.placeholders for e in given))
        if unused:
            keys = ", ".join(sorted(unused))
            raise invalid(f"Value provided in {parameter} unused in expressions: keys: {{{keys}}}")
    spelt = {placeholder: spell(value) for placeholder, value in values.items()}
    for expression in given:
        _check_values(expression, spelt)
    return spelt


def _check_values(expression: Expression, values: Values) -> None:
    for placeholder in expression.placeholders:
        if placeholder not in values:
            raise invalid(
                f"Invalid {expression.kind}: An expression attribute value used in expression is not defined; "
                f"attribute value: {placeholder}"
            )
    for demand in expression.demands:
        kind = next(iter(values[demand.placeholder]))
        if kind not in demand.kinds:
            raise invalid(
                f"Invalid {expression.kind}: Incorrect operand type for operator or function; "
                f"operator or function: {demand.operator}, operand type: {kind}"
            )


def _names(params: Parameters) -> Names:
    names = params.get("ExpressionAttributeNames")
    return tuple(names.items()) if names else ()


# ── parsing ──


class _Token(NamedTuple):
    kind: str
    text: str


_END = _Token("end", "<EOF>")


class _Parser:
    """A recursive-descent parser over one expression; it notes which placeholders and attributes it meets."""

    def __init__(self, kind: str, text: str, names: Names) -> None:
        self.kind, self.names = kind, dict(names)
        self.tokens = self._tokens(text)
        self.at = 0
        self.aliases: set[str] = set()
        self.placeholders: set[str] = set()
        self.roots: set[str] = set()
        self.demands: list[Demand] = []

    def _tokens(self, text: str) -> list[_Token]:
        if not text.strip():
            raise self.error("The expression can not be empty;")
        if (size := len(text.encode())) > MAX_EXPRESSION:
            raise self.error(f"Expression size has exceeded the maximum allowed size; expression size: {size}")
        tokens, end = [], len(text.rstrip())
        at = 0
        while at < end:
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.error(f'Syntax error; token: "{text[at:].strip()[0]}"')
            tokens.append(_Token(str(match.lastgroup), match[str(match.lastgroup)]))
            at = match.end()
        return tokens

    def error(self, problem: str) -> Exception:
        return invalid(f"Invalid {self.kind}: {problem}")

    def unexpected(self) -> Exception:
        near = " ".join(token.text for token in self.tokens[max(0, self.at - 1) : self.at + 2])
        return self.error(f'Syntax error; token: "{self.peek.text}", near: "{near}"')

    @property
    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def take(self, *kinds: str) -> str:
        token = self.peek
        if token.kind not in kinds:
            raise self.unexpected()
        self.at += 1
        return token.text

    def word(self, word: str) -> bool:
        """Takes `word`, a keyword in any case, if it comes next."""
        found = self.peek.kind == "name" and self.peek.text.upper() == word
        self.at += found
        return found

    def symbol(self, *symbols: str) -> str | None:
        """Takes one of `symbols` if it comes next."""
        if self.peek.kind != "symbol" or self.peek.text not in symbols:
            return None
        self.at += 1
        return self.tokens[self.at - 1].text

    def expect(self, symbol: str) -> None:
        if not self.symbol(symbol):
            raise self.unexpected()

    def end(self) -> None:
        if self.peek is not _END:
            raise self.unexpected()

    def function(self) -> str | None:
        """Takes a function's name and its opening parenthesis if they come next."""
        following = self.tokens[self.at + 1 : self.at + 2]
        if self.peek.kind != "name" or not following or following[0].text != "(":
            return None
        self.at += 2
        return self.tokens[self.at - 2].text

    # operands

    def path(self) -> Path:
        steps: list[str | int] = [self.attribute()]
        self.roots.add(str(steps[0]))
        while True:
            if self.symbol("."):
                steps.append(self.attribute())
            elif self.symbol("["):
                steps.append(int(self.take("index")))
                self.expect("]")
            else:
                return tuple(steps)

    def attribute(self) -> str:
        text = self.take("name", "alias")
        if text.startswith("#"):
            self.aliases.add(text)
            if text not in self.names:
                raise self.error(
                    f"An expression attribute name used in the document path is not defined; attribute name: {text}"
                )
            return self.names[text]
        if text.upper() in RESERVED_WORDS:
            raise self.error(f"Attribute name is a reserved keyword; reserved keyword: {text}")
        return text

    def placeholder(self) -> str:
        text = self.take("value")
        self.placeholders.add(text)
        return text

    def demand(self, start: int, kinds: frozenset[str], function: str) -> None:
        """Where the operand that began at token `start` is a placeholder, its value must be of one of `kinds`."""
        if self.tokens[start].kind == "value" and self.at == start + 1:
            self.demands.append(Demand(self.tokens[start].text, kinds, function))

    def operand(self, kinds: frozenset[str] = _TYPES, taker: str = "") -> Read:
        """A path or a placeholder."""
        start = self.at
        if self.peek.kind != "value":
            return _reader(self.path())
        placeholder = self.placeholder()
        self.demand(start, kinds, taker)
        return lambda item, values: values[placeholder]

    def comparable(self) -> Read:
        """What a comparison takes: an operand or `size(…)`."""
        function = self.function()
        if function is None:
            return self.operand()
        if function != "size":
            raise self.error(
                f"The function is not allowed to be used this way in an expression; function: {function}"
                if function in _FUNCTIONS
                else f"Invalid function name; function: {function}"
            )
        read = self.operand(_TYPES - {"N", "BOOL", "NULL"}, "size")
        self.expect(")")
        return lambda item, values: _size_of(read(item, values))

    # conditions

    def condition(self) -> Test:
        tests = [self.conjunction()]
        while self.word("OR"):
            tests.append(self.conjunction())
        if len(tests) == 1:
            return tests[0]
        return lambda item, values: any(test(item, values) for test in tests)

    def conjunction(self) -> Test:
        tests = [self.negation()]
        while self.word("AND"):
            tests.append(self.negation())
        if len(tests) == 1:
            return tests[0]
        return lambda item, values: all(test(item, values) for test in tests)

    def negation(self) -> Test:
        if self.word("NOT"):
            test = self.negation()
            return lambda item, values: not test(item, values)
        if self.symbol("("):
            start = self.at
            test = self.condition()
            self.expect(")")
            if self.tokens[start].text == "(" and _closing(self.tokens, start) == self.at - 2:
                raise self.error("The expression has redundant parentheses;")
            return test
        return self.predicate()

    def predicate(self) -> Test:
        start = self.at
        function = self.function()
        if function in _FUNCTIONS:
            test = self.test_function(function)
            self.expect(")")
            return test
        self.at = start
        left = self.comparable()
        if self.word("BETWEEN"):
            self.demand(start, _SCALARS, "BETWEEN")
            low = self.scalar("BETWEEN")
            if not self.word("AND"):
                raise self.unexpected()
            high = self.scalar("BETWEEN")
            above, below = _ordered(operator.ge, left, low), _ordered(operator.le, left, high)
            return lambda item, values: above(item, values) and below(item, values)
        if self.word("IN"):
            self.expect("(")
            options = self.listed(self.comparable)
            self.expect(")")
            return lambda item, values: _among(left(item, values), (o(item, values) for o in options))
        sign = self.symbol("=", "<>", "<", "<=", ">", ">=")
        if sign is None:
            raise self.unexpected()
        if sign in ("=", "<>"):
            return _equality(sign, left, self.comparable())
        self.demand(start, _SCALARS, sign)
        return _ordered(_COMPARATORS[sign], left, self.scalar(sign))

    def scalar(self, taker: str) -> Read:
        start = self.at
        read = self.comparable()
        self.demand(start, _SCALARS, taker)
        return read

    def test_function(self, function: str) -> Test:
        if function in ("attribute_exists", "attribute_not_exists"):
            read, expected = _reader(self.path()), function == "attribute_exists"
            return lambda item, values: (read(item, values) is not None) == expected
        subject = self.operand()
        self.expect(",")
        if function == "attribute_type":
            if self.peek.kind != "value":
                raise self.unexpected()
            kind = self.operand(frozenset({"S"}), function)
            return lambda item, values: _is_of_type(subject(item, values), kind(item, values))
        if function == "begins_with":
            prefix = self.operand(frozenset({"S", "B"}), function)
            return lambda item, values: _begins_with(subject(item, values), prefix(item, values))
        part = self.operand()
        return lambda item, values: _contains(subject(item, values), part(item, values))

    def listed(self, parse: Callable[[], Any]) -> list[Any]:
        elements = [parse()]
        while self.symbol(","):
            elements.append(parse())
        return elements

    # key conditions

    def key_condition(self) -> list[KeyTerm]:
        if self.symbol("("):
            terms = self.key_condition()
            self.expect(")")
        else:
            terms = [self.key_term()]
        while self.word("AND"):
            terms += self.key_condition()
        return terms

    def key_term(self) -> KeyTerm:
        function = self.function()
        if function is not None:
            if function != "begins_with":
                raise self.error(f"Invalid operator used in KeyConditionExpression: {function}")
            attribute = self.key_attribute()
            self.expect(",")
            term = KeyTerm(attribute, function, (self.placeholder(),))
            self.expect(")")
            return term
        attribute = self.key_attribute()
        if self.word("BETWEEN"):
            low = self.placeholder()
            if not self.word("AND"):
                raise self.unexpected()
            return KeyTerm(attribute, "BETWEEN", (low, self.placeholder()))
        sign = self.symbol("=", "<", "<=", ">", ">=")
        if sign is None:
            raise self.unexpected()
        return KeyTerm(attribute, sign, (self.placeholder(),))

    def key_attribute(self) -> str:
        path = self.path()
        if len(path) > 1:
            raise self.error("KeyConditionExpressions cannot have conditions on nested attributes")
        return str(path[0])

    # updates

    def set_action(self) -> tuple[Path, Read]:
        path = self.path()
        self.expect("=")
        return path, self.sum()

    def sum(self) -> Read:
        start = self.at
        left = self.term()
        sign = self.symbol("+", "-")
        if sign is None:
            return left
        self.demand(start, frozenset({"N"}), sign)
        start = self.at
        right = self.term()
        self.demand(start, frozenset({"N"}), sign)
        sum_of = EXACT.add if sign == "+" else EXACT.subtract
        return lambda item, values: _calculated(sum_of, left(item, values), right(item, values))

    def term(self) -> Read:
        function = self.function()
        if function == "if_not_exists":
            present = _reader(self.path())
            self.expect(",")
            otherwise = self.term()
            self.expect(")")
            return lambda item, values: present(item, values) or otherwise(item, values)
        if function == "list_append":
            first = self.list_term()
            self.expect(",")
            second = self.list_term()
            self.expect(")")
            return lambda item, values: _appended(first(item, values), second(item, values))
        if function is not None:
            raise self.error(f"Invalid function name; function: {function}")
        if self.symbol("("):
            inner = self.sum()
            self.expect(")")
            return inner
        return self.operand()

    def list_term(self) -> Read:
        start = self.at
        read = self.term()
        self.demand(start, frozenset({"L"}), "list_append")
        return read

    def member_action(self, section: str, kinds: frozenset[str]) -> tuple[Path, str]:
        """`path :value`, as ADD and DELETE have it."""
        path = self.path()
        placeholder = self.placeholder()
        self.demands.append(Demand(placeholder, kinds, section))
        return path, placeholder


_FUNCTIONS = frozenset({"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"})
_COMPARATORS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _closing(tokens: list[_Token], opening: int) -> int:
    """The place of the parenthesis that closes the one at `opening`."""
    depth = 0
    for at in range(opening, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[at].text, 0)
        if depth == 0:
            return at
    return len(tokens)


@lru_cache(maxsize=2048)
def _parse_condition(kind: str, text: str, names: Names) -> Condition:
    parser = _Parser(kind, text, names)
    test = parser.condition()
    parser.end()
    return Condition(*_noted(parser), test, frozenset(parser.roots))


@lru_cache(maxsize=2048)
def _parse_key_condition(text: str, names: Names) -> KeyCondition:
    parser = _Parser("KeyConditionExpression", text, names)
    terms = parser.key_condition()
    parser.end()
    return KeyCondition(*_noted(parser), tuple(terms))


@lru_cache(maxsize=2048)
def _parse_projection(text: str, names: Names) -> Projection:
    parser = _Parser("ProjectionExpression", text, names)
    paths: list[Path] = parser.listed(parser.path)
    parser.end()
    _refuse_overlap(parser, paths)
    return Projection(*_noted(parser), tuple(paths))


@lru_cache(maxsize=2048)
def _parse_update(text: str, names: Names) -> Update:
    parser = _Parser("UpdateExpression", text, names)
    sets: list[tuple[Path, Read]] = []
    removes: list[Path] = []
    adds: list[tuple[Path, str]] = []
    deletes: list[tuple[Path, str]] = []
    seen: set[str] = set()
    while parser.peek is not _END:
        section = parser.take("name").upper()
        if section in seen:
            raise parser.error(f'The "{section}" section can only be used once in an update expression;')
        seen.add(section)
        if section == "SET":
            sets = parser.listed(parser.set_action)
        elif section == "REMOVE":
            removes = parser.listed(parser.path)
        elif section == "ADD":
            adds = parser.listed(lambda: parser.member_action("ADD", _SETS | {"N"}))
        elif section == "DELETE":
            deletes = parser.listed(lambda: parser.member_action("DELETE", _SETS))
        else:
            parser.at -= 1
            raise parser.unexpected()
    paths = [path for path, _ in sets] + removes + [path for path, _ in adds] + [path for path, _ in deletes]
    _refuse_overlap(parser, paths)
    # From the highest index down, so that taking an element away moves none that is still to be taken.
    removes.sort(key=lambda path: -path[-1] if isinstance(path[-1], int) else 0)

    def apply(item: Item, values: Values) -> Item:
        changes: list[tuple[Path, Value | None]] = [(path, _present(read(item, values))) for path, read in sets]
        changes += [(path, _added(_lookup(item, path), values[value])) for path, value in adds]
        changes += [(path, _deleted(_lookup(item, path), values[value])) for path, value in deletes]
        changes += [(path, None) for path in removes]
        changed = dict(item)
        for path, value in changes:
            _replace(changed, path, value)
        return changed

    return Update(*_noted(parser), apply, tuple(paths))


def _noted(parser: _Parser) -> tuple[str, frozenset[str], frozenset[str], tuple[Demand, ...]]:
    return parser.kind, frozenset(parser.aliases), frozenset(parser.placeholders), tuple(parser.demands)


def _refuse_overlap(parser: _Parser, paths: list[Path]) -> None:
    for place, one in enumerate(paths):
        for other in paths[place + 1 :]:
            shorter = min(len(one), len(other))
            if one[:shorter] == other[:shorter]:
                raise parser.error(
                    "Two document paths overlap with each other; must remove or rewrite one of these paths; "
                    f"path one: {_spelt(one)}, path two: {_spelt(other)}"
                )


def _spelt(path: Path) -> str:
    return "[" + ", ".join(f"[{step}]" if isinstance(step, int) else step for step in path) + "]"


# ── reading ──


def _reader(path: Path) -> Read:
    if len(path) == 1:
        name = str(path[0])
        return lambda item, values: item.get(name)
    return lambda item, values: _lookup(item, path)


def _lookup(item: Item, path: Path) -> Value | None:
    value: Value | None = item.get(str(path[0]))
    for step in path[1:]:
        if value is None:
            return None
        if isinstance(step, str):
            value = value.get("M", {}).get(step)
        else:
            elements = value.get("L", [])
            value = elements[step] if step < len(elements) else None
    return value


def project(item: Item, paths: Iterable[Path]) -> Item:
    """The part of `item` that `paths` name, in the item's own shape; list elements move up."""
    tree: dict[str | int, Any] = {}
    for path in paths:
        branch = tree
        for step in path[:-1]:
            branch = branch.setdefault(step, {})
        branch[path[-1]] = {}
    return _projected_members(item, tree)


def _projected_members(members: Item, tree: dict[str | int, Any]) -> Item:
    found: Item = {}
    for step, branch in tree.items():
        if isinstance(step, str) and step in members:
            part = _projected(members[step], branch)
            if part is not None:
                found[step] = part
    return found


def _projected(value: Value, tree: dict[str | int, Any]) -> Value | None:
    if not tree:
        return value
    if "M" in value:
        members = _projected_members(value["M"], tree)
        return {"M": members} if members else None
    elements = value.get("L", [])
    places = sorted(step for step in tree if isinstance(step, int) and step < len(elements))
    parts = [_projected(elements[place], tree[place]) for place in places]
    found = [part for part in parts if part is not None]
    return {"L": found} if found else None


# ── comparing ──


def _equality(sign: str, left: Read, right: Read) -> Test:
    if sign == "=":
        return lambda item, values: _equal(left(item, values), right(item, values))
    return lambda item, values: not _equal(left(item, values), right(item, values))


def _equal(one: Value | None, other: Value | None) -> bool:
    return one is not None and one == other


def _among(value: Value | None, options: Iterable[Value | None]) -> bool:
    return value is not None and any(value == option for option in options)


def _ordered(compare: Callable[[Any, Any], bool], left: Read, right: Read) -> Test:
    def test(item: Item, values: Values) -> bool:
        one, other = left(item, values), right(item, values)
        if one is None or other is None:
            return False
        ((kind, content),) = one.items()
        if kind not in _SCALARS or kind not in other:
            return False
        if kind == "N":
            return compare(decimal_of(content), decimal_of(other[kind]))
        return compare(content, other[kind])

    return test


def _size_of(value: Value | None) -> Value | None:
    if value is None:
        return None
    ((kind, content),) = value.items()
    return None if kind in ("N", "BOOL", "NULL") else {"N": str(len(content))}


def _is_of_type(value: Value | None, kind: Value | None) -> bool:
    wanted = (kind or {}).get("S")
    if wanted not in _TYPES:
        raise invalid(f"Invalid ConditionExpression: Invalid attribute type name found; type: {wanted}")
    return value is not None and wanted in value


def _begins_with(value: Value | None, prefix: Value | None) -> bool:
    if value is None or prefix is None:
        return False
    ((kind, content),) = value.items()
    return kind in ("S", "B") and kind in prefix and content.startswith(prefix[kind])


def _contains(value: Value | None, part: Value | None) -> bool:
    if value is None or part is None:
        return False
    ((kind, content),) = value.items()
    if kind in ("S", "B"):
        return kind in part and part[kind] in content
    if kind in _SETS:
        return kind[0] in part and part[kind[0]] in content
    return kind == "L" and part in content


# ── updating ──


def _present(value: Value | None) -> Value:
    if value is None:
        raise invalid(_NO_ATTRIBUTE)
    return value


def _calculated(sum_of: Callable[[Decimal, Decimal], Decimal], left: Value | None, right: Value | None) -> Value:
    one, other = _present(left), _present(right)
    if "N" not in one or "N" not in other:
        raise invalid(_WRONG_OPERAND)
    return {"N": number(sum_of(decimal_of(one["N"]), decimal_of(other["N"])))}


def _appended(first: Value | None, second: Value | None) -> Value:
    one, other = _present(first), _present(second)
    if "L" not in one or "L" not in other:
        raise invalid(_WRONG_OPERAND)
    return {"L": one["L"] + other["L"]}


def _added(present: Value | None, more: Value) -> Value:
    if present is None:
        return more
    ((kind, content),) = more.items()
    if kind not in present:
        raise invalid(_WRONG_OPERAND)
    if kind == "N":
        return _calculated(EXACT.add, present, more)
    return spell({kind: [*present[kind], *(member for member in content if member not in present[kind])]})


def _deleted(present: Value | None, less: Value) -> Value | None:
    if present is None:
        return None
    ((kind, content),) = less.items()
    if kind not in present:
        raise invalid(_WRONG_OPERAND)
    left = [member for member in present[kind] if member not in content]
    return {kind: left} if left else None


def _replace(item: Item, path: Path, value: Value | None) -> None:
    """Puts `value` at `path` of `item`, or takes away what is there; copies the documents on the way."""
    root = str(path[0])
    if len(path) > 1:
        if root not in item:
            raise invalid(_INVALID_PATH)
        item[root] = _replaced(item[root], path[1:], value)
    elif value is None:
        item.pop(root, None)
    else:
        item[root] = value


def _replaced(document: Value, path: Path, value: Value | None) -> Value:
    step = path[0]
    if isinstance(step, str) and "M" in document:
        members = dict(document["M"])
        _replace(members, path, value)
        return {"M": members}
    if isinstance(step, int) and "L" in document:
        elements = list(document["L"])
        if len(path) > 1:
            if step >= len(elements):
                raise invalid(_INVALID_PATH)
            elements[step] = _replaced(elements[step], path[1:], value)
        elif value is None:
            del elements[step : step + 1]
        elif step < len(elements):
            elements[step] = value
        else:
            elements.append(value)
        return {"L": elements}
    raise invalid(_INVALID_PATH)
