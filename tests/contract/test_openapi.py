"""docs/openapi.json against the routes: what it says is what there is, and what it refers to is there."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import schemathesis

from functions.admin import rest
from infra import documentation
from tests import documented

DOCUMENT = documented.DOCUMENT
OPERATIONS = {(method.upper(), path): each for path, of in DOCUMENT["paths"].items() for method, each in of.items()}


def test_the_committed_document_is_as_the_code_makes_it() -> None:
    assert documentation.OPENAPI.read_text(encoding="utf-8") == documentation.openapi_document(), "run `make docs`"


def test_every_route_is_in_it_and_says_what_it_gives_and_for_whom() -> None:
    assert set(OPERATIONS) == {(each.method, each.path) for each in rest.ROUTES}
    for each in rest.ROUTES:
        told = OPERATIONS[each.method, each.path]
        assert each.gives is not None, f"{each.method} {each.path} does not say what it gives"
        assert told["x-role"] == each.role.word
        assert len(told["summary"]) > 5, f"{each.method} {each.path} has no sentence"


def test_it_is_a_document_that_others_can_read() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    read = schemathesis.openapi.from_dict(json.loads(json.dumps(DOCUMENT)))
    assert len([each.ok() for each in read.get_all_operations()]) == len(rest.ROUTES)
    assert len({told["operationId"] for told in OPERATIONS.values()}) == len(OPERATIONS)


def test_all_it_refers_to_is_in_it() -> None:
    for name in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(DOCUMENT))):
        held: Any = DOCUMENT
        for part in name.split("/"):
            held = held[part]
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_an_edit_says_that_it_takes_the_form_and_a_change_that_it_can_be_sent_again() -> None:
    for each in rest.ROUTES:
        parameters = {parameter["name"] for parameter in OPERATIONS[each.method, each.path].get("parameters", ())}
        assert ("If-Match" in parameters) == each.edits
        assert ("Idempotency-Key" in parameters) == (each.changes and each.method == "POST")
