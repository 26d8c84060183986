"""The language of segments is whole: no kind, field or value of it that an aspect or a strategy does not know."""

from __future__ import annotations

import ast
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.domain import conditions, evaluation, evidence, sql_plan, wording
from tests.unit import any_condition, profile_histories

MODELS: dict[str, type[BaseModel]] = any_condition.MODELS
THEMES = ("traits", "events", "orders", "points", "calendar")


def test_every_kind_says_what_moves_it() -> None:
    assert [kind for kind, model in MODELS.items() if inspect.isabstract(model)] == []


# ── every aspect has the same themes, in the same order ──


@pytest.mark.parametrize("aspect", [conditions, evaluation, evidence, wording, sql_plan])
def test_every_aspect_has_the_same_themes(aspect: ModuleType) -> None:
    found = {module.name for module in pkgutil.iter_modules(aspect.__path__)}
    answered = {"calendar"} if aspect is sql_plan else set()  # no SQL knows a time zone: `facts.is_answered`
    assert set(THEMES) - answered <= found


@pytest.mark.parametrize("aspect", [evaluation, evidence, wording, sql_plan])
def test_every_aspect_takes_the_kinds_in_the_order_of_the_language(aspect: ModuleType) -> None:
    """Of each theme: a case of several kinds, which are not taken here, may stand anywhere."""
    order = [model.__name__ for model in MODELS.values()]
    for function in ast.walk(ast.parse(inspect.getsource(aspect))):
        if isinstance(function, ast.Match):
            cases = [each.pattern.cls.id for each in function.cases if isinstance(each.pattern, ast.MatchClass)]  # type: ignore[attr-defined]
            assert cases == sorted(cases, key=order.index)


def test_the_language_is_in_the_order_of_the_themes() -> None:
    themes = [model.__module__.rsplit(".", 1)[1] for model in MODELS.values()]
    named = list(dict.fromkeys(theme for theme in themes if theme != "conditions"))
    assert named == list(THEMES)
    assert themes == sorted(themes, key=["conditions", *THEMES].index)


# ── every strategy draws every kind, field and value of a closed list ──

Part = tuple[str, str, Any]
"""A model's name, a field's, and a value where the field has a closed list of them (True: it was given at all)."""


def parts(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from parts(each)


def values(annotation: Any) -> Iterator[Any]:
    """Those of a closed list."""
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in (Union, UnionType, tuple) or hasattr(annotation, "__metadata__"):
        for each in get_args(annotation):
            yield from values(each)


def wanted(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[Part]:
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        if name == "kind" or field.annotation is type(None):
            continue
        yield model.__name__, name, True
        yield from ((model.__name__, name, value) for value in values(field.annotation))
        for inner in parts(field.annotation):
            yield from wanted(inner, seen)


def drawn(condition: BaseModel) -> Iterator[Part]:
    name = type(condition).__name__
    for field in type(condition).model_fields:
        value = getattr(condition, field)
        several = value if isinstance(value, tuple) else (value,)
        if value != type(condition).model_fields[field].default:
            yield name, field, True
        for each in several:
            if isinstance(each, BaseModel):
                yield from drawn(each)
            elif isinstance(each, str | bool):
                yield name, field, each


def missed(leaves: Mapping[str, st.SearchStrategy[Any]]) -> set[Part]:
    """What of the language is not drawn: of a kind that lacks something, again, since chance is uneven."""
    found: set[Part] = set()
    every = {kind: set(wanted(MODELS[kind], set())) for kind in any_condition.LEAF_KINDS}
    for round_ in range(12):
        for kind, parts_of_kind in every.items():
            if not parts_of_kind <= found:
                draw(leaves[kind], round_, found)
    return set().union(*every.values()) - found


def draw(leaves: st.SearchStrategy[Any], round_: int, found: set[Part]) -> None:
    @seed(round_)
    @settings(max_examples=80, database=None, deadline=None)
    @given(leaves)
    def add(condition: Any) -> None:
        found.update(drawn(condition))

    add()


def test_any_condition_draws_every_kind_field_and_value() -> None:
    assert missed({kind: any_condition.leaves(kind) for kind in any_condition.LEAF_KINDS}) == set()


def test_what_the_evaluator_and_sql_are_held_to_has_every_kind_field_and_value() -> None:
    read = any_condition.CONDITION.validate_python
    assert missed({kind: leaves.map(read) for kind, leaves in profile_histories.LEAVES.items()}) == set()
