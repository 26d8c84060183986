"""The document of the admin's API (OpenAPI 3.1), made of the routes as they are declared; and its own route."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from functions.admin import routes
from functions.admin.rest import ROUTES, Declared, Refused, Request, route
from shared.domain.conditions.windows import THIS_RUN
from shared.domain.events import Json
from shared.domain.operators import Role

TITLE = "Beckon: the operators' API"
VERSION = "1"
SCHEMAS = "#/components/schemas/"


@route("GET", "/openapi.json", role=Role.VIEWER, gives=dict[str, Any])
def show_document(request: Request) -> Json:
    """Gives this document."""
    return document()


@cache
def document() -> Json:
    routes.load_all()
    declared = sorted(ROUTES, key=lambda each: (each.path, each.method))  # whichever was asked for first
    models = [(f"{n}.{name}", getattr(each, name)) for n, each in enumerate(declared) for name in ("takes", "gives")]
    models += [(f"{n}.query", each.query) for n, each in enumerate(declared)] + [("problem", Refused)]
    inputs: Any = [(name, "validation", TypeAdapter(model)) for name, model in models if model is not None]
    made, whole = _named(TypeAdapter.json_schemas(inputs, ref_template=SCHEMAS + "{model}"))
    shapes = {name: shape for (name, _), shape in made.items()}
    schemas = _with_this_run(dict(whole.get("$defs", {})))
    paths: dict[str, dict[str, Json]] = {}
    for n, each in enumerate(declared):
        of = {name: shapes.get(f"{n}.{name}") for name in ("takes", "gives", "query")}
        paths.setdefault(each.path, {})[each.method.lower()] = operation(each, of, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": VERSION,
            "description": "Instants are milliseconds since 1970 (UTC). docs/admin.md says more.",
        },
        "servers": [
            {"url": "/admin", "description": "for people, with a token of the user pool"},
            {"url": "/admin/api", "description": "for scripts, with a key"},
        ],
        "security": [{"token": []}, {"key": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "beckon_<name>_<secret>"},
            },
            "responses": {
                name: {"description": words, "content": {"application/problem+json": {"schema": shapes["problem"]}}}
                for name, words in {"Problem": PROBLEM, **{f"Problem{n}": words for n, words in ERRORS.items()}}.items()
            },
        },
    }


def _named(made: Any) -> Any:
    """Without our files in the names of schemas: pydantic tells namesakes apart by the whole path of their modules, and
    a client's classes would be called otherwise whenever we move one. The last part that says something is enough."""
    if isinstance(made, tuple | list):
        return type(made)(_named(each) for each in made)
    if isinstance(made, dict):
        named = {_short(name) if isinstance(name, str) else name: _named(each) for name, each in made.items()}
        if len(named) != len(made):
            raise ValueError(f"two of these would be called alike: {sorted(map(str, made))}")
        return named
    return _short(made) if isinstance(made, str) else made


def _short(name: str) -> str:
    before, found, path = name.rpartition("/") if name.startswith(SCHEMAS) else ("", "", name)
    *modules, own = path.split("__")
    if not modules or modules[0] not in {"functions", "shared"}:
        return name
    said = [each for each in modules if each != "definition"][-1]
    return f"{before}{found}{said.title().replace('_', '')}{own}"


def _with_this_run(shape: Any) -> Any:
    """The schema, in which every window may be `this_run` as well: a segment's schema has no such window, but the
    conditions of a journey are made of the same."""
    if isinstance(shape, list):
        return [_with_this_run(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    made = {name: _with_this_run(each) for name, each in shape.items()}
    if shape.get("format") == "window":
        words = "In a journey: the time since what started the run happened."
        made["anyOf"] = [*made["anyOf"], {"const": THIS_RUN, "description": words}]
    return made


PROBLEM = "What is wrong: `detail` says what to fix, `code` is for programs."
ERRORS = {
    400: "What was sent is not right.",
    401: "Nobody is signed in, or the key opens nothing.",
    403: "It takes another role.",
    404: "There is no such thing.",
    409: "It does not go with how things stand.",
    412: "Somebody else has changed it meanwhile.",
    413: "It is too large.",
    422: "The Idempotency-Key was used with another request.",
    428: "If-Match is required.",
    429: "Too many requests: `Retry-After` says when to ask again.",
}


def operation(declared: Declared, of: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Json]:
    words = re.sub(r"\s+", " ", declared.view.__doc__ or "").strip()
    summary = re.split(r"(?<=[.:;]) ", words, maxsplit=1)[0].rstrip(".:;") or name_of(declared)
    told: dict[str, Json] = {
        "operationId": name_of(declared),
        "tags": [declared.path.split("/")[1]],
        "summary": summary,
        "description": f"{words} Takes the role {declared.role.word}.".strip(),
        "x-role": declared.role.word,
    }
    parameters = [*in_path(declared), *in_query(of["query"], schemas), *in_headers(declared)]
    if parameters:
        told["parameters"] = parameters
    if of["takes"] is not None:
        shape = resolved(of["takes"], schemas)
        told["requestBody"] = {
            "required": bool(shape.get("required")),
            "content": {"application/json": {"schema": of["takes"]}},
        }
    told["responses"] = {str(status): answer for status, answer in answers(declared, of["gives"]).items()}
    return told


def name_of(declared: Declared) -> str:
    """Such as `put_segments_draft`: the method, and the path's words."""
    return "_".join([declared.method.lower(), *re.findall(r"[a-z][\w-]*", declared.path)]).replace("-", "_")


def resolved(shape: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    return resolved(schemas[shape["$ref"].removeprefix(SCHEMAS)], schemas) if "$ref" in shape else shape


def in_path(declared: Declared) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", declared.path)
    ]


def in_query(shape: Any, schemas: Mapping[str, Any]) -> list[Json]:
    if shape is None:
        return []
    properties = resolved(shape, schemas)["properties"]
    return [{"name": name, "in": "query", "schema": schema} for name, schema in properties.items()]


def in_headers(declared: Declared) -> list[Json]:
    found: list[Json] = []
    if declared.edits or declared.makes:
        words = f"The etag of the form that is changed{'; left out where there is none yet' * declared.makes}."
        about = {"required": not declared.makes, "schema": {"type": "string"}, "description": words}
        found.append({"name": "If-Match", "in": "header", **about})
    if declared.changes and declared.method == "POST":
        words = "The same key and request within 24 hours: it is done once, and answered again."
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append({"name": "Idempotency-Key", "in": "header", "schema": schema, "description": words})
    return found


def answers(declared: Declared, gives: Any) -> dict[int | str, Json]:
    good = {"description": "It went well.", "content": {"application/json": {"schema": gives or {}}}}
    # What takes long, or is done already, is answered by another of these than what is done at once.
    statuses = {
        declared.status,
        *({200, 202} if declared.method != "GET" or "query" in getattr(declared.query, "__annotations__", ()) else ()),
    }
    errors = {400, 401, 403, 404, 409, 413, 429}
    errors |= {412, 428} if declared.edits or declared.makes else {412} if declared.method != "GET" else set()
    errors |= {422} if declared.changes and declared.method == "POST" else set()
    told: dict[int | str, Json] = dict.fromkeys(sorted(statuses), good)
    for status in sorted(errors):
        told[status] = {"$ref": f"#/components/responses/Problem{status}"}
    return told | {"default": {"$ref": "#/components/responses/Problem"}}
