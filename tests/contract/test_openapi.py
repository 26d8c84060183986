"""docs/openapi.json against the routes: what it says is what there is, and what it refers to is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import schemathesis

from functions.admin import journey_drafts, openapi, publishing, rest, templates
from infra import documentation
from shared.adapters import definitions, journey_files, template_definitions
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


def test_no_schema_is_called_after_a_file_of_ours() -> None:
    named = DOCUMENT["components"]["schemas"]
    assert not [name for name in named if not re.fullmatch(r"[A-Z][A-Za-z0-9_]*", name) or "__" in name]


NO_FORM = {
    ("PATCH", "/contacts/{contact}"): "each trait is told by itself, and the newest telling of it holds",
    ("PUT", "/contacts"): "so is what a CRM tells, of several people",
    ("DELETE", "/contacts/{contact}"): "an erasure ends whatever there is",
    ("DELETE", "/contacts/{contact}/suppression"): "it says a state, which is the same for whoever says it",
    ("DELETE", "/keys/{key}"): "a key is never changed, and is revoked once",
}
"""Of what is changed by PUT, PATCH or DELETE, where no change of somebody else can be lost; and why."""
NO_PAGES = {
    "/campaigns/{campaign}/results": "as many arms as it has variants, at most eight",
    "/data/audit": "the shop's fields, events and sources",
    "/reports/forms": "the shop's forms, 90 days of each",
    "/reports/feedback": "the emails that ask, the surveys and the topics of 90 days",
    "/reports/feedback/texts": "the newest fifty",
    "/campaigns/{campaign}/clicks": "the ten versions and languages sent to most people, and how many are `left_out`",
    "/journeys/{journey}/steps/{step}/clicks": "the ten sent to most people, and how many are `left_out`",
    "/experiments/{experiment}": "six arms, and the experiments that were decided at one step",
    "/experiments/{experiment}/results": "six arms, and eight looks",
    "/ahead": "a hundred people of a group at most",
    "/conflicts": "the newest hundred, and whether there are `more`",
    "/contacts/{contact}": "one person",
    "/contacts/{contact}/recommendations": "a few products",
    "/contacts/{contact}/scores": "the scores there are",
    "/insight": "the scores there are",
    "/insight/rfm": "25 cells",
    "/insight/written": "three feelings, and eight groups at most",
    "/insight/segments": "what a night has proposed, some dozens",
    "/insight/{score}": "one score",
    "/dead-letters": "the queues of the template, ten messages of each",
    "/doctor": "the checks there are",
    "/drift": "the segments that differ, twenty people",
    "/wrong-members": "the segments that had any",
    "/forms/{form}": "one form",
    "/lead-scores/{model}": "one model",
    "/guidance": "findings about the segments there was time for",
    "/health": "a sentence for each thing that is wrong",
    "/journeys/{journey}": "one journey",
    "/campaigns/{campaign}/progress": "the reasons there are",
    "/campaigns/{campaign}/test": "an email of each variant",
    "/imports/{file}": "the parts of one file",
    "/reports/attribution": "channels, 200 at most of each window and period",
    "/reports/costs": "what is counted",
    "/reports/daily": "days, a year's at most",
    "/reports/kpis/days": "days, 90 at most",
    "/reports/kpis": "what sends email and who it is sent to, as of one night",
    "/reports/cohorts": "25 cohorts, and the segments there are",
    "/reports/funnel": "four windows, the months there are",
    "/reports/flows": "the segments there are, and the 200 most frequent ways",
    "/segments/{segment}": "one segment",
    "/segments/{segment}/dry-run/{run}": "some examples",
    "/experiments/{experiment}/dry-run/{run}": "so has it",
    "/sending": "a sentence for each thing that is wrong",
    "/stuck-runs": "steps where runs are stuck, the first fifty runs",
    "/templates/{template}": "one template",
    "/today": "what is live, and what needs a person",
    "/vocabulary": "names and values of a sample, the most frequent of each",
}
"""Of what has a list in its answer without being a page of it; and why that cannot grow without end."""


TRAITS = "the shop's own: whatever its systems tell of somebody"
ANY = {
    "/openapi.json": "the OpenAPI specification says what it is",
    "VocabularyTold.schema": "a JSON Schema",
    "Start.condition": "a condition some of whose fields are empty yet",
    "Changed.traits": TRAITS,
    "NewContact.traits": TRAITS,
    "Record.traits": TRAITS,
    "Update.traits[]": TRAITS,
    "Trait.value": TRAITS,
    "EventEntry.traits[]": TRAITS,
    "EventEntry.properties[]": "whatever a storefront or a website tells of what was done",
    "Interaction.properties": "whatever a CRM tells of a call, a ticket or a meeting",
    "Where.value": "what it is compared with has the property's type",
    "TraitIs.value": "so has it, the trait's",
    "OrderWhere.value": "so has it, the field's",
    "JourneyChecked.value": "what a text says that need not be a journey yet",
    "JourneyChanged.value": "so does it",
    "JourneyChange.value": "what a field of a step is to be, right or not",
    "FieldOfForm.default": "what a field of a step is when it is left out has its type",
    "ScoredPerson.value": "a score has the type of its trait",
    "ContactScore.value": "so has it, one person's",
    "ProposalTold.definition": "a segment that was found, to be made a draft",
}
"""Where anything may stand, and why."""


def untyped(shape: Any, at: str) -> Iterator[str]:
    """The places of a schema at which anything may stand."""
    if not isinstance(shape, dict) or "$ref" in shape:
        return
    inner = [(at, each) for way in ("anyOf", "oneOf", "allOf") for each in shape.get(way, ())]
    inner += [(f"{at}.{name}", each) for name, each in shape.get("properties", {}).items()]
    inner += [(f"{at}[]", each) for each in shape.get("patternProperties", {}).values()]
    inner += [(f"{at}[]", shape[way]) for way in ("items", "additionalProperties") if isinstance(shape.get(way), dict)]
    if not inner and (
        not {"type", "const", "enum", "$ref"} & shape.keys()
        or (shape.get("type") == "object" and shape.get("additionalProperties", True) is True)
        or (shape.get("type") == "array" and "items" not in shape and "prefixItems" not in shape)
    ):
        yield at
    for place, each in inner:
        yield from untyped(each, place)


def test_no_route_takes_or_gives_any_object() -> None:
    answers = {each.path: answer_of(each) for each in rest.ROUTES}
    found = {place for path, shape in answers.items() for place in untyped(shape, path)}
    found |= {place for name, shape in DOCUMENT["components"]["schemas"].items() for place in untyped(shape, name)}
    assert found == ANY.keys()


def test_whatever_is_edited_is_edited_in_the_form_that_was_seen() -> None:
    lacking = {(each.method, each.path) for each in rest.ROUTES if not (each.edits or each.makes)} - NO_FORM.keys()
    assert {each for each in lacking if each[0] in ("PUT", "PATCH", "DELETE")} == set()
    assert NO_FORM.keys() <= OPERATIONS.keys()


def test_what_can_grow_is_paged() -> None:
    paged, whole = set(), set()
    for each in rest.ROUTES:
        if each.method == "GET" and each.path != "/openapi.json":
            answer = answer_of(each)
            shapes = [openapi.resolved(one, DOCUMENT["components"]["schemas"]) for one in answer.get("anyOf", [answer])]
            fields = {name: field for shape in shapes for name, field in shape["properties"].items()}
            asked = {parameter["name"] for parameter in OPERATIONS["GET", each.path].get("parameters", ())}
            if "cursor" in fields:
                assert {"limit", "cursor"} <= asked, each.path
                paged.add(each.path)
            elif any(field.get("type") == "array" for field in fields.values()):
                whole.add(each.path)
    assert whole == NO_PAGES.keys(), "what has a list is paged (rest.page_of), or its list cannot grow without end"
    assert {f"/{name}" for name in ("segments", "journeys", "templates", "forms", "coupons", "images")} <= paged
    assert {f"/{name}" for name in ("imports", "requests", "keys", "campaigns", "audit", "contacts")} <= paged


def answer_of(declared: rest.Declared) -> Any:
    answers = OPERATIONS[declared.method, declared.path]["responses"]
    return answers[str(declared.status)]["content"]["application/json"]["schema"]


def test_an_edit_says_that_it_takes_the_form_and_a_change_that_it_can_be_sent_again() -> None:
    for each in rest.ROUTES:
        parameters = {parameter["name"] for parameter in OPERATIONS[each.method, each.path].get("parameters", ())}
        assert ("If-Match" in parameters) == (each.edits or each.makes)
        assert ("Idempotency-Key" in parameters) == (each.changes and each.method == "POST")


def test_what_ships_is_what_the_document_takes() -> None:
    journeys = {id_: journey_drafts.dumped(each) for id_, each in journey_files.shipped().items()}
    written = {
        id_: templates.dumped(template_definitions.shipped(id_).template) for id_ in template_definitions.shipped_ids()
    }
    segments = {each.id: publishing.written(each) for each in definitions.shipped()}
    for name, several in {"Journey": journeys, "Template": written, "Segment": segments}.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema)
        assert several
        for id_, each in several.items():
            found = next(validator.iter_errors(each), None)
            assert found is None, f"{name} {id_}: {found.message} at {found.instance_path}"
