"""Whether what the admin answers is what its document (OpenAPI) says: every test that asks it looks at that, too."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs

from functions.admin import openapi, rest
from infra.local.routes import Route

DOCUMENT: dict[str, Any] = openapi.document()
ROUTES = sorted((Route(each.method, each.path, "AdminFunction") for each in rest.ROUTES), key=Route.order)


def conforms(method: str, path: str, status: int, media_type: str, text: str) -> None:
    """AssertionError where the document says otherwise of an answer to a request for this path."""
    route = next((each for each in ROUTES if each.match(method, path) is not None), None)
    if route is None or (method, path) == ("GET", "/"):
        return
    validator, wanted = answer_of(method, route.path, str(status))
    assert media_type.partition(";")[0] == wanted, f"{method} {path}: {status} is {media_type}"
    found = next(validator.iter_errors(json.loads(text)), None)
    assert found is None, f"{method} {route.path} {status}: {found.message} at {found.instance_path}"


@cache
def answer_of(method: str, path: str, status: str) -> tuple[Any, str]:
    answers = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert status in answers or int(status) >= 400, f"{method} {path}: {status} is not in the document"
    answer = answers.get(status, answers["default"])
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    ((media_type, content),) = answer["content"].items()
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(schema), media_type
