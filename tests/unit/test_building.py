"""The language as a form: everything it can say is in the schema, with words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from shared.adapters import definitions
from shared.domain import language, vocabulary
from shared.domain.conditions import Segment
from shared.domain.vocabulary import Vocabulary
from tests.unit.any_condition import CONDITION, MODELS, trees

SCHEMA = language.schema()


def model(kind: str) -> dict[str, Any]:
    return dict(SCHEMA["$defs"][SCHEMA["x-kinds"][kind].removeprefix("#/$defs/")])


@pytest.mark.parametrize("kind", sorted(MODELS))
def test_every_kind_has_words_for_itself_and_a_place_for_each_field(kind: str) -> None:
    told = model(kind)
    assert kind in language.ROWS
    assert told["title"]
    row = told["x-row"]
    placed = {*row["shown"], *row["more"]} - {"bounds"} | set(told.get("x-bounds", {}).get("fields", []))
    fields = {name for name, each in told["properties"].items() if each.get("type") != "null"} - {"kind"}
    assert placed == fields


def test_every_choice_and_property_has_words() -> None:
    for name, told in SCHEMA["$defs"].items():
        for field, each in told["properties"].items():
            inner = each.get("items", each)
            if "enum" in inner:
                assert set(inner["x-titles"]) == set(inner["enum"]), (name, field)
                assert all(inner["x-titles"].values()), (name, field)
    asked = {*SCHEMA["x-of-order"], *SCHEMA["x-of-lines"], *SCHEMA["x-of-events"]}
    assert asked == set(SCHEMA["x-properties"])


def accepts(schema: Any, value: Any) -> bool:
    """As much of JSON Schema as the page relies on."""
    if "$ref" in schema:
        return accepts(SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")], value)
    for several in ("anyOf", "oneOf"):
        if several in schema and not any(accepts(each, value) for each in schema[several]):
            return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    types = {"string": str, "array": list, "object": dict, "boolean": bool, "integer": int, "number": (int, float)}
    if "type" in schema and not isinstance(value, types[schema["type"]]):
        return False
    if isinstance(value, list) and "items" in schema:
        return all(accepts(schema["items"], each) for each in value)
    if isinstance(value, dict) and "properties" in schema:
        missing = set(schema.get("required", ())) - set(value)
        unknown = set(value) - set(schema["properties"]) if schema.get("additionalProperties") is False else set()
        return not missing | unknown and all(
            accepts(schema["properties"][name], each) for name, each in value.items() if name in schema["properties"]
        )
    return True


@given(trees())
@settings(max_examples=150, deadline=None)
def test_whatever_the_language_can_say_the_schema_knows(condition: Any) -> None:
    written = CONDITION.dump_python(condition, mode="json", by_alias=True, exclude_none=True)
    assert accepts(SCHEMA["properties"]["when"], written)


@pytest.mark.parametrize("segment", definitions.shipped(), ids=lambda each: each.id)
def test_it_knows_every_shipped_segment(segment: Segment) -> None:
    assert accepts(SCHEMA, segment.model_dump(mode="json", by_alias=True, exclude_none=True))


@pytest.mark.parametrize(
    "start", language.starts(["Order Completed"], ["country"]), ids=lambda each: str(each["title"])
)
def test_what_a_row_can_begin_as_is_right_but_for_what_is_still_to_be_filled_in(start: dict[str, Any]) -> None:
    condition = start["condition"]
    assert accepts(model(condition["kind"]), condition)
    if "" not in condition.values():
        CONDITION.validate_python(condition)


@pytest.mark.parametrize(
    ("condition", "at", "instead"),
    [
        ({"kind": "trait", "trait": "country", "value": "Germany"}, ["value"], "DE"),
        ({"kind": "trait", "trait": "address.country", "is": "in", "value": ["GB", "france"]}, ["value", 1], "FR"),
        ({"kind": "event", "event": "Order Placed"}, ["event"], "Order Completed"),
        ({"kind": "not", "of": {"kind": "first_event", "event": "Placed order", "within": "3d"}}, ["of", "event"],
         "Order Completed"),
        ({"kind": "latest", "events": ["Page Viewd"], "where": [{"property": "device", "value": "mobile"}]},
         ["events", 0], "Page Viewed"),
        ({"kind": "unanswered", "of": {"event": "Email Sent"}, "answers": [{"event": "Clicked Email"}]},
         ["answers", 0, "event"], "Email Clicked"),
        ({"kind": "anniversary", "trait": "birthdy", "next": 3}, ["trait"], "birthday"),
    ],
)  # fmt: skip
def test_a_slip_is_told_with_its_place_and_what_was_meant(condition: Any, at: list[Any], instead: str) -> None:
    known = Vocabulary()
    known.traits["address"] = vocabulary.Counter()
    known.traits["address.country"] = vocabulary.Counter({"GB": 1})
    (hint,) = vocabulary.hints(CONDITION.validate_python(condition), known)
    assert (list(hint.at), hint.instead) == (at, instead)
