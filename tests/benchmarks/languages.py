"""Our conditions in the languages of rule libraries, as their users would write them, and the profile as they read it.

The libraries are the bench's only: the dependency group `bench` in pyproject.toml, not the product's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from shared.domain.conditions import All, Any_, Condition, Not, parts_of
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import Cart, EventCount, Latest
from shared.domain.conditions.orders import LastOrder, Orders
from shared.domain.conditions.traits import ConsentIs, FirstSeen, TraitIs
from shared.domain.evaluation import compared_value
from shared.domain.events import DAY, NEVER, Instant, Json, Type
from shared.domain.profiles import Profile
from shared.domain.properties import CARTS, KEPT_PROPERTIES, TEXT_LISTS

INSTALL = "make bench installs it from requirements-bench.lock"
Ask = Callable[[dict[str, Json]], list[bool]]


def document(profile: Profile, t: Instant, wanted: Sequence[Condition]) -> dict[str, Json]:
    """The profile as plain dicts, with all that the conditions ask for: what is missing is null, texts are in lower
    case, each event and order has its `age`, the newest is first, and the newest of several types stands by itself."""
    parts = [part for condition in wanted for part in parts_of(condition)]
    orders = sorted(({"age": t - each.placed, "net": each.net} for each in profile.counting_orders()), key=_age)
    types = {part.event for part in parts if isinstance(part, EventCount)}
    together = {(Type.ORDER_COMPLETED,), CARTS, *(part.events for part in parts if isinstance(part, Latest))}
    events = {name: _events(profile, t, name) for name in {*types, *(name for names in together for name in names)}}
    newest = {
        _key(names): min((each for name in names for each in events[name]), default=None, key=_age)
        for names in together
    }
    return {
        "age": t - profile.first_seen if profile.first_seen != NEVER else -1,
        "traits": {part.trait: None for part in parts if isinstance(part, TraitIs)}
        | {name: _lower(stamped.value) for name, stamped in profile.traits.items()},
        "consent": {part.topic: "never_asked" for part in parts if isinstance(part, ConsentIs)}
        | {topic: stamped.value for topic, stamped in profile.consent.items()},
        "events": events,
        "newest": newest | {"orders": orders[0] if orders else None},
        "orders": orders,
    }


def _events(profile: Profile, t: Instant, name: str) -> list[dict[str, Json]]:
    history = profile.histories.get(name)
    empty: dict[str, Json] = {each: [] if each in TEXT_LISTS else None for each in KEPT_PROPERTIES}
    return [
        {"age": t - time, **empty, **{key: _lower(value) for key, value in properties.items()}}
        for time, properties in reversed(history.newest if history is not None else [])
    ]


def _lower(value: Json) -> Json:
    if isinstance(value, list):
        return [_lower(each) for each in value]
    return value.lower() if isinstance(value, str) else value


def _age(each: dict[str, Json]) -> int:
    return int(each["age"])


def _key(events: Sequence[str]) -> str:
    return " or ".join(events)


# ── our conditions, in any of the languages ──


class Language(Protocol):
    """How a language writes what our conditions are made of. `at` names something of the profile, `of` a field of the
    event or order that a filter is looking at."""

    def at(self, *path: str) -> Any: ...
    def of(self, field: str) -> Any: ...
    def all(self, parts: Sequence[Any]) -> Any: ...
    def any(self, parts: Sequence[Any]) -> Any: ...
    def no(self, part: Any) -> Any: ...
    def compare(self, sign: str, a: Any, value: Json) -> Any: ...
    def below(self, a: Any, b: Any) -> Any: ...
    def is_in(self, a: Any, values: Sequence[Json]) -> Any: ...
    def has(self, a: Any, value: Json) -> Any: ...
    def exists(self, a: Any) -> Any: ...
    def some(self, of: Any, tests: Any) -> Any: ...
    def at_least(self, n: int, of: Any, tests: Any) -> Any: ...
    def sum_at_least(self, least: int, of: Any, field: str, tests: Any) -> Any: ...


def translate(condition: Condition, to: Language) -> Any:
    match condition:
        case All():
            return to.all([translate(part, to) for part in condition.of])
        case Any_():
            return to.any([translate(part, to) for part in condition.of])
        case Not():
            return to.no(translate(condition.of, to))
        case TraitIs():
            return _test(to, to.at("traits", condition.trait), condition.is_, _lower(condition.value))
        case ConsentIs():
            return to.compare("==", to.at("consent", condition.topic), condition.is_)
        case FirstSeen():
            return to.compare(">=", to.at("age"), condition.before)
        case LastOrder():
            newest = to.at("newest", "orders")
            bounds = ((">=", condition.at_least), ("<=", condition.at_most))
            age = to.at("newest", "orders", "age")
            return to.all([to.exists(newest), *(to.compare(sign, age, round(n * DAY)) for sign, n in bounds if n)])
        case Orders():
            tests = to.all([to.compare("<", to.of("age"), condition.within)])
            if condition.measure == "sum":
                return to.sum_at_least(round((condition.at_least or 0) * 100), to.at("orders"), "net", tests)
            return _enough(to, int(condition.at_least or 1), to.at("orders"), tests)
        case EventCount():
            of_each = (_where(to, each, to.of(each.property)) for each in condition.where)
            tests = to.all([*([to.compare("<", to.of("age"), condition.within)] if condition.within else []), *of_each])
            return _enough(to, condition.at_least or 1, to.at("events", condition.event), tests)
        case Latest():
            return _newest(to, _key(condition.events), condition.where)
        case Cart():
            key, ordered = _key(CARTS), _key((Type.ORDER_COMPLETED,))
            age = to.at("newest", key, "age")
            unordered = to.below(age, to.at("newest", ordered, "age"))
            return to.all(
                [
                    _newest(to, key, condition.where),
                    to.compare(">", to.at("newest", key, "total"), 0),
                    to.compare(">=", age, condition.older),
                    to.compare("<", age, condition.within),
                    to.any([to.no(to.exists(to.at("newest", ordered))), unordered]),
                ]
            )
    raise TypeError(condition.kind)


def _enough(to: Language, n: int, of: Any, tests: Any) -> Any:
    return to.some(of, tests) if n == 1 else to.at_least(n, of, tests)


def _newest(to: Language, key: str, where: Sequence[Where]) -> Any:
    passing = [_where(to, each, to.at("newest", key, each.property)) for each in where]
    return to.all([to.exists(to.at("newest", key)), *passing])


def _where(to: Language, where: Where, held: Any) -> Any:
    value = _lower(compared_value(where))
    return to.has(held, value) if where.property in TEXT_LISTS else _test(to, held, where.is_, value)


def _test(to: Language, held: Any, is_: str, value: Json) -> Any:
    if is_ == "in":
        return to.is_in(held, value)
    if is_ == "equal":
        return to.compare("==", held, value)
    return to.all([to.exists(held), to.compare({"at_least": ">=", "more": ">"}[is_], held, value)])


# ── the languages ──


class JsonLogic:
    def at(self, *path: str) -> Json:
        return {"var": ".".join(path)}

    def of(self, field: str) -> Json:
        return {"var": field}

    def all(self, parts: Sequence[Json]) -> Json:
        return {"and": list(parts)} if len(parts) > 1 else parts[0] if parts else True

    def any(self, parts: Sequence[Json]) -> Json:
        return {"or": list(parts)}

    def no(self, part: Json) -> Json:
        return {"!": [part]}

    def compare(self, sign: str, a: Json, value: Json) -> Json:
        return {"===" if sign == "==" else sign: [a, value]}

    def below(self, a: Json, b: Json) -> Json:
        return {"<": [a, b]}

    def is_in(self, a: Json, values: Sequence[Json]) -> Json:
        return {"in": [a, list(values)]}

    def has(self, a: Json, value: Json) -> Json:
        return {"in": [value, a]}

    def exists(self, a: Json) -> Json:
        return {"!==": [a, None]}

    def some(self, of: Json, tests: Json) -> Json:
        return {"some": [of, tests]}

    def at_least(self, n: int, of: Json, tests: Json) -> Json:
        count = {"reduce": [{"filter": [of, tests]}, {"+": [1, {"var": "accumulator"}]}, 0]}
        return {">=": [count, n]}

    def sum_at_least(self, least: int, of: Json, field: str, tests: Json) -> Json:
        added = {"+": [{"var": f"current.{field}"}, {"var": "accumulator"}]}
        return {">=": [{"reduce": [{"filter": [of, tests]}, added, 0]}, least]}


class Infix:
    """What CEL and rule-engine share, but for the words of `and`, `or`, `not`."""

    words = ("&&", "||", "!")

    def at(self, *path: str) -> str:
        return path[0] + "".join(f"[{json.dumps(each)}]" for each in path[1:])

    def of(self, field: str) -> str:
        return f"e[{json.dumps(field)}]"

    def all(self, parts: Sequence[str]) -> str:
        return f"({f' {self.words[0]} '.join(parts)})" if parts else "true"

    def any(self, parts: Sequence[str]) -> str:
        return f"({f' {self.words[1]} '.join(parts)})"

    def no(self, part: str) -> str:
        return f"{self.words[2]}({part})"

    def compare(self, sign: str, a: str, value: Json) -> str:
        return f"{a} {sign} {json.dumps(value)}"

    def below(self, a: str, b: str) -> str:
        return f"{a} < {b}"

    def is_in(self, a: str, values: Sequence[Json]) -> str:
        return f"{a} in {json.dumps(list(values))}"

    def has(self, a: str, value: Json) -> str:
        return f"{json.dumps(value)} in {a}"

    def exists(self, a: str) -> str:
        return f"{a} != null"


class Cel(Infix):
    def of(self, field: str) -> str:
        return f"e.{field}"

    def some(self, of: str, tests: str) -> str:
        return f"{of}.exists(e, {tests})"

    def at_least(self, n: int, of: str, tests: str) -> str:
        return f"size({of}.filter(e, {tests})) >= {n}"

    def sum_at_least(self, least: int, of: str, field: str, tests: str) -> str:
        return f"total({of}.map(e, {tests}, e.{field})) >= {least}"


class RuleEngine(Infix):
    words = ("and", "or", "not")

    def some(self, of: str, tests: str) -> str:
        return f"$any([true for e in {of} if {tests}])"

    def at_least(self, n: int, of: str, tests: str) -> str:
        return f"[true for e in {of} if {tests}].length >= {n}"

    def sum_at_least(self, least: int, of: str, field: str, tests: str) -> str:
        return f"$sum([e[{json.dumps(field)}] for e in {of} if {tests}]) >= {least}"


# ── the libraries: from conditions to a function that answers all of them for a document ──


def _json_logic(wanted: Sequence[Condition]) -> Ask:
    from json_logic import jsonLogic

    rules = [translate(condition, JsonLogic()) for condition in wanted]
    return lambda document: [bool(jsonLogic(rule, document)) for rule in rules]


def _rule_engine(wanted: Sequence[Condition]) -> Ask:
    import rule_engine

    rules = [rule_engine.Rule(translate(condition, RuleEngine())) for condition in wanted]
    return lambda document: [rule.matches(document) for rule in rules]


def _cel(wanted: Sequence[Condition]) -> Ask:
    """CEL has no sum, so it gets a function; and the document is turned into its own values once for all rules."""
    import cel

    programs = [cel.compile(translate(condition, Cel())) for condition in wanted]

    def ask(document: dict[str, Json]) -> list[bool]:
        context = cel.Context(variables=document, functions={"total": sum})
        return [program.execute(context) for program in programs]

    return ask


LIBRARIES: dict[str, Callable[[Sequence[Condition]], Ask]] = {
    "json-logic (panzi-json-logic)": _json_logic,
    "rule-engine": _rule_engine,
    "CEL (common-expression-language, Rust)": _cel,
}
