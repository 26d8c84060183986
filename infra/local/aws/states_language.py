"""The Amazon States Language as far as our journeys use it: JSONPath, one flow, no Parallel and no Map. Pure.

`machine` reads and checks a definition once, when a state machine is created; what it does not know it refuses, so that
nothing in a definition is silently not done. `select`, `fill`, `put` and `chosen` are what a state does with its data.
Sources: the specification at states-language.net, and the Step Functions developer guide for what the service adds.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, NoReturn

State = Mapping[str, Any]
Machine = Mapping[str, Any]

LAMBDA_INVOKE = "arn:aws:states:::lambda:invoke"
LAMBDA_WAIT = f"{LAMBDA_INVOKE}.waitForTaskToken"
LAMBDA_ARN = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+")
MAX_SECONDS = 99_999_999  # of a wait and of a time-out, as the service allows


class DefinitionError(Exception):
    """A definition that the service, or this stand-in, refuses."""


class StateError(Exception):
    """What goes wrong in a state: an error name and a cause, as Retry and Catch see them."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error, self.cause = error, cause


def runtime_error(cause: str) -> StateError:
    """An error no Retry and no Catch can hold: it ends the execution."""
    return StateError("States.Runtime", cause)


def text(value: Any) -> str:
    """JSON as the service writes it: compact."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def value_of(json_text: str) -> Any:
    """Reads JSON, and JSON only (no NaN, no Infinity). Raises ValueError."""
    try:
        return json.loads(json_text, parse_constant=_not_json)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


# ── paths ──

STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]")


@dataclass(frozen=True)
class Path:
    """A reference path: `$.a['b'][0]` into the data, `$$.…` into the context object."""

    written: str
    into_context: bool
    steps: tuple[str | int, ...]


@cache
def path(written: str) -> Path:
    """Reads a reference path. Raises DefinitionError; a path that can select many nodes is refused."""
    root = "$$" if written.startswith("$$") else "$"
    steps: list[str | int] = []
    at = len(root)
    while at < len(written):
        step = STEP.match(written, at)
        if step is None:
            raise DefinitionError(f"'{written}' is not a reference path ($.name, $['name'] and $[0] only)")
        name, index, quoted = step.groups()
        steps.append(int(index) if index is not None else name or re.sub(r"\\(.)", r"\1", quoted))
        at = step.end()
    return Path(written, root == "$$", tuple(steps))


def select(written: str, data: Any, context: Any) -> Any:
    """What a path selects. Raises LookupError where there is nothing."""
    reference = path(written)
    node: Any = context if reference.into_context else data
    for step in reference.steps:
        if not isinstance(node, dict if isinstance(step, str) else list):
            raise LookupError(written)
        try:
            node = node[step]  # type: ignore[index]  # a list's step is a number
        except LookupError:
            raise LookupError(written) from None
    return node


def put(written: str, data: Any, value: Any) -> Any:
    """`data` with `value` at a path (a ResultPath): objects on the way there are made. Leaves `data` as it is."""
    steps = path(written).steps

    def placed(node: Any, at: int) -> Any:
        if at == len(steps):
            return value
        step = steps[at]
        if isinstance(step, str) and isinstance(node, dict):
            return {**node, step: placed(node.get(step, {}), at + 1)}
        if isinstance(step, int) and isinstance(node, list) and step < len(node):
            return [*node[:step], placed(node[step], at + 1), *node[step + 1 :]]
        raise StateError(
            "States.ResultPathMatchFailure", f"Unable to apply Reference Path {written} to input {text(data)}"
        )

    return placed(data, 0)


# ── payload templates and intrinsic functions ──


def fill(template: Any, data: Any, context: Any) -> Any:
    """Parameters or a ResultSelector, filled: what is named `x.$` is given as a path or an intrinsic function."""
    if isinstance(template, list):
        return [fill(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    return {
        name.removesuffix(".$"): computed(value, name, data, context)
        if name.endswith(".$")
        else fill(value, data, context)
        for name, value in template.items()
    }


def computed(written: str, field: str, data: Any, context: Any) -> Any:
    """What a path or an intrinsic function stands for."""
    if not written.startswith("$"):
        return _evaluate(intrinsic(written), written, data, context)
    try:
        return select(written, data, context)
    except LookupError:
        raise runtime_error(
            f"The JSONPath '{written}' specified for the field '{field}' could not be found in the input '{text(data)}'"
        ) from None


@dataclass(frozen=True)
class Literal:
    """A quoted text as it is written, escapes and all: States.Format has braces escaped in it."""

    written: str


@dataclass(frozen=True)
class Intrinsic:
    """A call of an intrinsic function. An argument is a Literal, a Path, an Intrinsic, or a JSON value."""

    name: str
    arguments: tuple[Any, ...]


TOKEN = re.compile(
    r"""\s*(?:(?P<name>States\.\w+)\s*\(|'(?P<literal>(?:[^'\\]|\\.)*)'|(?P<path>\$(?:[^\s,()'"\[]|\[[^\]]*\])*)"""
    r"""|(?P<word>true|false|null)|(?P<number>-?\d+(?:\.\d+)?))\s*"""
)
REFUSED = {
    "States.UUID": "an id drawn inside a step that can be retried is another one each time",
    "States.MathRandom": "what is drawn inside a step that can be retried is different each time",
}


@cache
def intrinsic(written: str) -> Intrinsic:
    """Reads `States.Format('{}', $.a)` and the like. Raises DefinitionError."""
    call, end = _argument(written, 0)
    if not isinstance(call, Intrinsic) or end != len(written):
        raise DefinitionError(f"'{written}' is neither a path nor an intrinsic function")
    return call


def _argument(written: str, at: int) -> tuple[Any, int]:
    token = TOKEN.match(written, at)
    if token is None:
        raise DefinitionError(f"'{written}' is neither a path nor an intrinsic function (at character {at})")
    match token.lastgroup:
        case "name":
            return _call(token["name"], written, token.end())
        case "literal":
            return Literal(token["literal"]), token.end()
        case "path":
            return path(token["path"]), token.end()
        case _:
            return json.loads(token["word"] or token["number"]), token.end()


def _call(name: str, written: str, at: int) -> tuple[Intrinsic, int]:
    if name not in FUNCTIONS:
        raise DefinitionError(f"{name} is refused: {REFUSED.get(name, 'the local run does not stand in for it')}")
    arguments: list[Any] = []
    while written[at : at + 1] != ")":
        if arguments:
            if written[at : at + 1] != ",":
                raise DefinitionError(
                    f"'{written}' is not an intrinsic function: ',' or ')' expected at character {at}"
                )
            at += 1
        argument, at = _argument(written, at)
        arguments.append(argument)
    end = at + 1 + len(written[at + 1 :]) - len(written[at + 1 :].lstrip())
    return Intrinsic(name, tuple(arguments)), end


def _evaluate(call: Intrinsic, written: str, data: Any, context: Any) -> Any:
    def given(argument: Any, raw: bool) -> Any:
        match argument:
            case Literal():
                return argument.written if raw else re.sub(r"\\(.)", r"\1", argument.written)
            case Path():
                try:
                    return select(argument.written, data, context)
                except LookupError:
                    raise runtime_error(
                        f"The function '{written}' had the following error: The JsonPath argument for the field "
                        f"'{argument.written}' could not be found in the input '{text(data)}'"
                    ) from None
            case Intrinsic():
                return _evaluate(argument, written, data, context)
            case _:
                return argument

    pattern_first = call.name == "States.Format"
    arguments = [given(each, raw=pattern_first and at == 0) for at, each in enumerate(call.arguments)]
    try:
        return FUNCTIONS[call.name](*arguments)
    except (TypeError, ValueError) as error:
        raise StateError(
            "States.IntrinsicFailure", f"The function '{written}' had the following error: {error}"
        ) from None


def _format(pattern: Any, *values: Any) -> str:
    if not isinstance(pattern, str):
        raise TypeError("the first argument of States.Format is a string")
    rest = iter(values)

    def replaced(found: re.Match[str]) -> str:
        return found[1] if found[1] is not None else _as_text(next(rest, ...))

    formatted = re.sub(r"\\(.)|\{\}", replaced, pattern)
    if next(rest, ...) is not ...:
        raise ValueError("more arguments than {} in the pattern")
    return formatted


def _as_text(value: Any) -> str:
    if value is ...:
        raise ValueError("fewer arguments than {} in the pattern")
    if isinstance(value, (dict, list)):
        raise TypeError("only strings, numbers, booleans and null are put into a pattern")
    return value if isinstance(value, str) else text(value)


def _math_add(first: Any, second: Any) -> int:
    if not (_is_number(first) and _is_number(second)):
        raise TypeError("States.MathAdd adds two numbers")
    return sum(value if isinstance(value, int) else math.floor(value + 0.5) for value in (first, second))


def _string_to_json(json_text: Any) -> Any:
    if not isinstance(json_text, str):
        raise TypeError("States.StringToJson reads a string")
    return value_of(json_text)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "States.Format": _format,
    "States.JsonToString": text,
    "States.StringToJson": _string_to_json,
    "States.Array": lambda *values: list(values),
    "States.MathAdd": _math_add,
}


# ── choices ──

RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "GreaterThan": operator.gt,
    "LessThanEquals": operator.le,
    "GreaterThanEquals": operator.ge,
}


def instant(written: Any) -> datetime | None:
    """An RFC 3339 timestamp with capital T and Z, as the language wants it; None for anything else."""
    if not isinstance(written, str) or not RFC_3339.fullmatch(written):
        return None
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# A value as a comparison takes it, or None when it is of another type (which makes the comparison false).
TYPES: dict[str, Callable[[Any], Any]] = {
    "String": lambda value: value if isinstance(value, str) else None,
    "Numeric": lambda value: value if _is_number(value) else None,
    "Boolean": lambda value: value if isinstance(value, bool) else None,
    "Timestamp": instant,
}
IS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": _is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: instant(value) is not None,
    "IsPresent": lambda value: True,
}
COMPARISONS = {
    f"{type_}{order}": (type_, order) for type_ in ("String", "Numeric", "Timestamp") for order in ORDERS
} | {"BooleanEquals": ("Boolean", "Equals")}


def chosen(state: State, data: Any, context: Any) -> str:
    """The state a Choice goes to."""
    for rule in state["Choices"]:
        if holds(rule, data, context):
            return str(rule["Next"])
    if "Default" not in state:
        raise StateError("States.NoChoiceMatched", "Failed to transition out of the state: no choice matched")
    return str(state["Default"])


def holds(rule: Mapping[str, Any], data: Any, context: Any) -> bool:
    """Whether a choice rule is true."""
    if "And" in rule:
        return all(holds(each, data, context) for each in rule["And"])
    if "Or" in rule:
        return any(holds(each, data, context) for each in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"], data, context)
    name = next(field for field in rule if field not in ("Variable", "Next", "Comment"))
    wanted = rule[name]
    try:
        value = select(rule["Variable"], data, context)
        if name.endswith("Path"):
            wanted = select(wanted, data, context)
    except LookupError as missing:
        if name == "IsPresent":
            return not wanted
        raise runtime_error(
            f"Invalid path '{missing}': The choice state's condition path references an invalid value."
        ) from None
    if name in IS:
        return IS[name](value) is wanted
    if name == "StringMatches":
        return isinstance(value, str) and _wildcard(wanted).fullmatch(value) is not None
    type_, order = COMPARISONS[name.removesuffix("Path")]
    left, right = TYPES[type_](value), TYPES[type_](wanted)
    return left is not None and right is not None and ORDERS[order](left, right)


@cache
def _wildcard(pattern: str) -> re.Pattern[str]:
    """`*` stands for any characters, `\\*` for itself."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    return re.compile("".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL)


# ── checking a definition ──

COMMON = {"Type", "Comment", "QueryLanguage"}
IN_AND_OUT = {"InputPath", "OutputPath"}
GOES_ON = {"Next", "End"}
TASK = {"Resource", "TimeoutSeconds", "HeartbeatSeconds", "Retry", "Catch"}
WAITS = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
FIELDS = {
    "Pass": IN_AND_OUT | GOES_ON | {"Parameters", "Result", "ResultPath"},
    "Task": IN_AND_OUT | GOES_ON | {"Parameters", "ResultSelector", "ResultPath"} | TASK,
    "Choice": IN_AND_OUT | {"Choices", "Default"},
    "Wait": IN_AND_OUT | GOES_ON | WAITS,
    "Succeed": IN_AND_OUT,
    "Fail": {"Error", "ErrorPath", "Cause", "CausePath"},
}
RETRIER = {
    "ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"
}  # fmt: skip
CATCHER = {"ErrorEquals", "ResultPath", "Next", "Comment"}


@lru_cache(maxsize=64)
def machine(definition: str) -> Machine:
    """Reads and checks a definition. Raises DefinitionError, saying what is wrong and where."""
    try:
        read = value_of(definition)
    except ValueError as error:
        raise DefinitionError(f"INVALID_JSON_DESCRIPTION: {error}") from None
    _want(isinstance(read, dict), "the definition is not an object", "/")
    _no_jsonata(read, "/")
    _known(read, {"Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage"}, "/")
    if "TimeoutSeconds" in read:
        _whole(read, "TimeoutSeconds", 1, MAX_SECONDS, "/")
    states = read.get("States")
    _want(isinstance(states, dict) and states != {}, "States names at least one state", "/States")
    for name, state in states.items():
        where = f"/States/{name}"
        _want(0 < len(name) <= 80, "a state's name has 1 to 80 characters", where)
        _want(isinstance(state, dict), "a state is an object", where)
        _check_state(state, where)
    _check_transitions(read.get("StartAt"), states)
    return read  # type: ignore[no-any-return]


def _refuse(reason: str, where: str) -> NoReturn:
    raise DefinitionError(f"SCHEMA_VALIDATION_FAILED: {reason} at {where}")


def _want(truth: bool, reason: str, where: str) -> None:
    if not truth:
        _refuse(reason, where)


def _known(fields: Mapping[str, Any], known: set[str], where: str) -> None:
    for field in fields:
        _want(field in known, f"the field '{field}' is not supported here", where)


def _whole(fields: Mapping[str, Any], name: str, least: int, most: int, where: str) -> None:
    value = fields[name]
    _want(isinstance(value, int) and not isinstance(value, bool), f"{name} is a whole number", where)
    _want(least <= value <= most, f"{name} is between {least} and {most}", where)


def _no_jsonata(fields: Mapping[str, Any], where: str) -> None:
    if fields.get("QueryLanguage", "JSONPath") != "JSONPath":
        _refuse(
            "QueryLanguage is JSONPath only: the witness this stand-in is tested against reads no JSONata, "
            "and our compiler writes none",
            where,
        )


def _check_state(state: State, where: str) -> None:
    kind = state.get("Type")
    if kind not in FIELDS:
        _refuse(f"a state of Type {json.dumps(kind)} is not supported (only {', '.join(FIELDS)})", where)
    _no_jsonata(state, where)
    _known(state, COMMON | FIELDS[kind], where)
    for name in IN_AND_OUT & state.keys():
        if state[name] is not None:
            _check_path(state[name], name, where)
    if state.get("ResultPath") is not None:
        _check_path(state["ResultPath"], "ResultPath", where)
        _want(not path(state["ResultPath"]).into_context, "ResultPath cannot write into the context object", where)
    for name in ("Parameters", "ResultSelector"):
        if name in state:
            _check_template(state[name], f"{where}/{name}")
    if FIELDS[kind] >= GOES_ON:
        _want(("Next" in state) != (state.get("End") is True), "a state has either Next or End: true", where)
    if kind in CHECKS:
        CHECKS[kind](state, where)


def _check_path(written: Any, name: str, where: str) -> None:
    _want(isinstance(written, str) and written.startswith("$"), f"{name} is a path", where)
    _check_computed(written, name, where)


def _check_computed(written: Any, name: str, where: str) -> None:
    _want(isinstance(written, str), f"{name} is a path or an intrinsic function", where)
    try:
        path(written) if written.startswith("$") else intrinsic(written)
    except DefinitionError as error:
        _refuse(str(error), where)


def _check_template(template: Any, where: str) -> None:
    if isinstance(template, list):
        for each in template:
            _check_template(each, where)
    elif isinstance(template, dict):
        for name, value in template.items():
            if name.endswith(".$"):
                _check_computed(value, name, where)
            else:
                _check_template(value, where)


def _check_wait(state: State, where: str) -> None:
    given = WAITS & state.keys()
    _want(len(given) == 1, f"a Wait has exactly one of {', '.join(sorted(WAITS))}", where)
    match given.pop():
        case "Seconds":
            _whole(state, "Seconds", 0, MAX_SECONDS, where)
        case "Timestamp":
            _want(instant(state["Timestamp"]) is not None, "Timestamp is an RFC 3339 instant", where)
        case name:
            _check_path(state[name], name, where)


def _check_fail(state: State, where: str) -> None:
    for name in ("Error", "Cause"):
        _want(not (name in state and f"{name}Path" in state), f"either {name} or {name}Path", where)
        if name in state:
            _want(isinstance(state[name], str), f"{name} is a string", where)
        if f"{name}Path" in state:
            _check_computed(state[f"{name}Path"], f"{name}Path", where)


def _check_choice(state: State, where: str) -> None:
    rules = state.get("Choices")
    if not isinstance(rules, list) or not rules:
        _refuse("Choices holds at least one rule", where)
    for at, rule in enumerate(rules):
        inside = f"{where}/Choices[{at}]"
        _want(isinstance(rule, dict) and isinstance(rule.get("Next"), str), "a rule has a Next", inside)
        _check_rule({name: value for name, value in rule.items() if name not in ("Next", "Comment")}, inside)


def _check_rule(rule: Any, where: str) -> None:
    _want(isinstance(rule, dict), "a rule is an object", where)
    _want("Next" not in rule, "a nested rule has no Next", where)
    match sorted(rule.keys() - {"Variable", "Comment"}):
        case ["And" | "Or" as name]:
            _want("Variable" not in rule, f"{name} has no Variable", where)
            _want(isinstance(rule[name], list) and rule[name] != [], f"{name} holds at least one rule", where)
            for each in rule[name]:
                _check_rule(each, where)
        case ["Not"]:
            _want("Variable" not in rule, "Not has no Variable", where)
            _check_rule(rule["Not"], where)
        case [name]:
            _check_path(rule.get("Variable"), "Variable", where)
            _check_operand(name, rule[name], where)
        case _:
            _refuse("a rule has exactly one comparison", where)


def _check_operand(name: str, operand: Any, where: str) -> None:
    if name in IS:
        _want(isinstance(operand, bool), f"{name} is true or false", where)
    elif name == "StringMatches":
        _want(isinstance(operand, str), "StringMatches is a string", where)
    elif name.removesuffix("Path") not in COMPARISONS:
        _refuse(f"'{name}' is no comparison", where)
    elif name.endswith("Path"):
        _check_path(operand, name, where)
    else:
        type_, _ = COMPARISONS[name]
        _want(TYPES[type_](operand) is not None, f"{name} compares with a {type_.lower()}", where)


def _check_task(state: State, where: str) -> None:
    resource = state.get("Resource")
    if resource in (LAMBDA_INVOKE, LAMBDA_WAIT):
        parameters = state.get("Parameters")
        if not isinstance(parameters, dict):
            _refuse("lambda:invoke takes Parameters", where)
        _known(parameters, {"FunctionName", "FunctionName.$", "Payload", "Payload.$"}, f"{where}/Parameters")
        _want(len(parameters.keys() & {"FunctionName", "FunctionName.$"}) == 1, "Parameters has a FunctionName", where)
    elif not (isinstance(resource, str) and LAMBDA_ARN.fullmatch(resource)):
        _refuse(f"the Resource {json.dumps(resource)} is not supported (only Lambda functions)", where)
    if "TimeoutSeconds" in state:
        _whole(state, "TimeoutSeconds", 1, MAX_SECONDS, where)
    if "HeartbeatSeconds" in state:
        _whole(state, "HeartbeatSeconds", 1, state.get("TimeoutSeconds", MAX_SECONDS) - 1, where)
    _check_handlers(state.get("Retry", []), RETRIER, f"{where}/Retry")
    _check_handlers(state.get("Catch", []), CATCHER, f"{where}/Catch")
    for at, retrier in enumerate(state.get("Retry", [])):
        _check_retrier(retrier, f"{where}/Retry[{at}]")
    for at, catcher in enumerate(state.get("Catch", [])):
        _want(isinstance(catcher.get("Next"), str), "a catcher has a Next", f"{where}/Catch[{at}]")
        if catcher.get("ResultPath") is not None:
            _check_path(catcher["ResultPath"], "ResultPath", where)


def _check_handlers(handlers: Any, known: set[str], where: str) -> None:
    _want(isinstance(handlers, list), "is a list", where)
    for at, handler in enumerate(handlers):
        inside = f"{where}[{at}]"
        _want(isinstance(handler, dict), "is an object", inside)
        _known(handler, known, inside)
        errors = handler.get("ErrorEquals")
        if not isinstance(errors, list) or not errors or not all(isinstance(each, str) for each in errors):
            _refuse("ErrorEquals names at least one error", inside)
        if "States.ALL" in errors:
            _want(errors == ["States.ALL"], "States.ALL stands alone", inside)
            _want(at == len(handlers) - 1, "States.ALL comes last", inside)


def _check_retrier(retrier: Mapping[str, Any], where: str) -> None:
    for name, least in (("IntervalSeconds", 1), ("MaxAttempts", 0), ("MaxDelaySeconds", 1)):
        if name in retrier:
            _whole(retrier, name, least, 31_622_400 if name == "MaxDelaySeconds" else MAX_SECONDS, where)
    if "MaxDelaySeconds" in retrier:
        longer = retrier["MaxDelaySeconds"] > retrier.get("IntervalSeconds", 1)
        _want(longer, "MaxDelaySeconds is greater than IntervalSeconds", where)
    rate = retrier.get("BackoffRate", 2.0)
    _want(_is_number(rate) and rate >= 1, "BackoffRate is at least 1", where)
    _want(retrier.get("JitterStrategy", "NONE") in ("NONE", "FULL"), "JitterStrategy is FULL or NONE", where)


CHECKS: dict[str, Callable[[State, str], None]] = {
    "Task": _check_task,
    "Choice": _check_choice,
    "Wait": _check_wait,
    "Fail": _check_fail,
}


def _check_transitions(start: Any, states: Mapping[str, State]) -> None:
    """Every state that is named exists, and every state can be come to."""
    if not isinstance(start, str) or start not in states:
        raise DefinitionError(f"MISSING_TRANSITION_TARGET: Missing 'StartAt' target: {start} at /StartAt")
    reached, ahead = {start}, [start]
    while ahead:
        name = ahead.pop()
        for following in _following(states[name]):
            if following not in states:
                raise DefinitionError(
                    f"MISSING_TRANSITION_TARGET: Missing 'Next' target: {following} at /States/{name}"
                )
            if following not in reached:
                reached.add(following)
                ahead.append(following)
    for name in states:
        if name not in reached:
            raise DefinitionError(f'MISSING_TRANSITION_TARGET: State "{name}" is not reachable. at /States/{name}')


def _following(state: State) -> Iterator[str]:
    for each in (state, *state.get("Choices", []), *state.get("Catch", [])):
        if "Next" in each:
            yield each["Next"]
    if "Default" in state:
        yield state["Default"]
