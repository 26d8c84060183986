"""Plain words: every definition has some, they leave nothing out, and they read like English."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.domain.conditions import (
    All,
    Anniversary,
    Any_,
    EventCount,
    LocalTime,
    Not,
    Orders,
    Segment,
    Sequence,
    TraitIs,
    Unanswered,
    Where,
)
from shared.domain.wording import sentence
from tests.unit.any_condition import CONDITION, LEAF_KINDS, PARTS, SEGMENTS, read, trees

KNOWN = {
    name: Segment.model_validate(
        {"id": name, "name": name.title(), "sentence": "S.", "when": {"kind": "orders", "at_least": 1}}
    )
    for name in SEGMENTS
}


def told(when: dict[str, Any]) -> str:
    return sentence(KNOWN, CONDITION.validate_python(when))


# ── every tree has a text, and the text says all ──


def test_there_is_a_strategy_for_every_kind() -> None:
    assert set(PARTS) == set(LEAF_KINDS)


@given(trees())
def test_every_tree_has_a_text(condition: Any) -> None:
    text = sentence(KNOWN, condition)
    assert text == text.strip() and text
    assert "  " not in text.replace("“  ", "“") or "“" in text
    assert text.count("(") == text.count(")") or "“" in text


@settings(max_examples=80)
@given(st.data())
@pytest.mark.parametrize("kind", LEAF_KINDS)
def test_two_conditions_of_one_kind_and_one_text_mean_the_same(kind: str, data: st.DataObject) -> None:
    """The second is the first with one parameter changed, so that nothing else can tell them apart."""
    raw, drawn = data.draw(PARTS[kind]), data.draw(PARTS[kind])
    assume(raw or drawn)
    changed = data.draw(st.sampled_from(sorted({*raw, *drawn})))
    mixed = {name: value for name, value in raw.items() if name != changed}
    mixed |= {changed: drawn[changed]} if changed in drawn else {}
    one, other = (read({"kind": kind} | parts) for parts in (raw, mixed))
    other = read({"kind": kind} | drawn) if other is None else other
    assume(one is not None and other is not None)
    for holds in (True, False):
        texts = {sentence(KNOWN, each if holds else Not(of=each)) for each in (one, other)}
        assert len(texts) == 2 or meaning(one) == meaning(other)


def test_two_trees_of_one_text_are_true_together() -> None:
    """All trees of three levels over two traits."""
    level: list[Any] = [TraitIs(trait=name, value="x") for name in "ab"]
    for _ in range(2):
        pairs = [(one, other) for one in level for other in level]
        composed = [kind(of=pair) for kind in (All, Any_) for pair in pairs]
        level = [*level, *(Not(of=each) for each in level), *composed]
    tables: dict[str, set[tuple[bool, ...]]] = {}
    for tree in level:
        table = tuple(truth(tree, known) for known in ({"a"}, {"b"}, {"a", "b"}, set()))
        tables.setdefault(sentence(KNOWN, tree), set()).add(table)
    assert len(level) > 300
    assert {text: found for text, found in tables.items() if len(found) > 1} == {}


def truth(condition: Any, known: set[str]) -> bool:
    match condition:
        case All():
            return all(truth(part, known) for part in condition.of)
        case Any_():
            return any(truth(part, known) for part in condition.of)
        case Not():
            return not truth(condition.of, known)
        case _:
            return condition.trait in known


def meaning(condition: Any) -> Any:
    """The condition without what its docstring says makes no difference."""

    def filters(where: tuple[Where, ...]) -> list[str]:
        return sorted({repr((each.property, each.is_, each.value)) for each in where})

    match condition:
        case EventCount() | Orders(measure="count"):
            least, most = condition.at_least, condition.at_most
            if least is None and most is None:
                least = 1
            if most == 0:
                least = None
            how = "any" if isinstance(condition, EventCount) and most == 0 else getattr(condition, "count", "orders")
            where = filters(condition.where) if isinstance(condition, EventCount) else []
            return getattr(condition, "event", ""), how, least, most, condition.within, where
        case TraitIs(is_="exists"):
            return condition.model_copy(update={"of": "any"})
        case Anniversary():
            return condition.trait, 0 if 0 in (condition.next, condition.last) else (condition.next, condition.last)
        case LocalTime():
            return condition.from_, condition.to, sorted(set(condition.weekdays))
        case Sequence() | Unanswered():
            return condition.model_dump(exclude={"first", "then", "without", "of", "answers"}), [
                (each.event, filters(each.where))
                for each in (
                    (condition.first, condition.then, *((condition.without,) if condition.without else ()))
                    if isinstance(condition, Sequence)
                    else (condition.of, *condition.answers)
                )
            ]
        case _:
            dumped = condition.model_dump()
            if "where" in dumped:
                dumped["where"] = filters(condition.where)
            return dumped


# ── examples ──

YOGA = {"property": "category", "value": "yoga"}
HUMAN = {"property": "human", "value": True}

EXAMPLES: list[tuple[dict[str, Any], str, str]] = []


@pytest.mark.parametrize(("when", "says", "denies"), EXAMPLES)
def test_examples(when: dict[str, Any], says: str, denies: str) -> None:
    assert told(when) == says
    assert told({"kind": "not", "of": when}) == denies
