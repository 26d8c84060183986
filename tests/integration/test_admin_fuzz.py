"""Whatever is sent to the admin that its document allows, or does not: no answer is a 500, and each is as documented.

Schemathesis makes the requests out of the document. In the suite a few for each route; `BECKON_FUZZ=200` tries 200 of
each, and then makes up definitions of segments, journeys and templates in all their depth, too.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from infra.local import gateway
from infra.local.gateway import Request
from tests import documented
from tests.integration.shop import Shop

EXAMPLES = int(os.environ.get("BECKON_FUZZ", "3"))
DEEP = ("Condition", "Journey", "Template")


def document() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(documented.DOCUMENT))
    if EXAMPLES <= 3:  # what a definition may be is tried in tests of the domain; here it is any object
        for name, schema in made["components"]["schemas"].items():
            if name in DEEP:
                schema.clear()
                schema["type"] = "object"
        for schema in made["components"]["schemas"].values():
            for field in ("when", "definition"):
                if field in schema.get("properties", {}):
                    schema["properties"][field] = {"type": "object"}
    return made


OPERATIONS = [each.ok() for each in schemathesis.openapi.from_dict(document()).get_all_operations()]


@pytest.fixture(scope="module")
def shop() -> Shop:
    made = Shop(["onboarding"])
    made.customer(1, orders=2)
    made.passes(60_000)
    made.draft("buyers", {"kind": "orders"})
    return made


@pytest.fixture(scope="module")
def known(shop: Shop) -> dict[str, str]:
    (contact,) = [each["contact"] for each in shop.ask("GET", "/contacts?limit=1")[1]["contacts"]]
    return {
        **{"contact": contact, "segment": "buyers", "journey": "onboarding", "template": "welcome", "queue": "events"},
        **{"step": "welcome", "pool": "spring", "key": "crm", "form": "footer", "campaign": "news"},
    }


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method.upper()} {each.path}")
def test_no_request_is_answered_by_a_500_or_otherwise_than_documented(
    shop: Shop, known: dict[str, str], operation: Any
) -> None:
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    made = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in modes))

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(made, st.booleans())
    def answered(case: Any, of_one_there_is: bool) -> None:
        path = case.path
        for name, value in (case.path_parameters or {}).items():
            given_ = known.get(name, value) if of_one_there_is else value
            path = path.replace(f"{{{name}}}", quote(str(given_), safe="") or "x")
        headers = {"content-type": "application/json", **dict(sent(case.headers or {}))}
        body = case.body
        if isinstance(body, bytes):  # what is no JSON
            written = body
        else:
            written = b"" if isinstance(body, type(schemathesis.core.NOT_SET)) else json.dumps(body).encode()
        query = urlencode(dict(case.query or {}), doseq=True)
        if operation.path == "/contacts/{contact}" and case.method == "DELETE" and of_one_there_is:
            return  # the others need them
        with shop.system.world.lock:
            answer = gateway.admin(shop.system, Request(case.method.upper(), path, query, headers, written))
        assert answer.status < 500, answer.body
        method = case.method.upper()
        if method == operation.method.upper():
            documented.conforms(method, path, answer.status, answer.headers["content-type"], answer.body.decode())

    answered()


def sent(headers: Any) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        if name.lower() != "content-type":
            yield name.lower(), str(value)
