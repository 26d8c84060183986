"""Lists of the admin's API that are held as a whole come in pages, one way for all: each thing once, in one order, also
of equal instants, and whatever is added while somebody pages."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from shared.adapters import images, requests
from shared.domain.events import Event, Type
from tests.integration.shop import Shop

DOT = base64.b64decode("R0lGODlhMgABAIAAAP///wAAACwAAAAAMgABAAACBYSPqcsFADs=")
FORM = {"style": "inline", "title": "News", "wording": "Yes, write to me.", "topics": [{"id": "marketing"}]}
IMPORT = {
    "columns": {"email": "email"},
    "consent_source": "the form on our old site",
    "attested": True,
    "everybody": "agreed",
}
STEP = {"id": "hello", "kind": "send", "template": "welcome"}
JOURNEY = {"name": "A name", "sentence": "A sentence.", "trigger": {"kind": "event", "events": ["Order Completed"]}}
TEMPLATE = {
    "name": "A name",
    "class": "marketing",
    "subject": "Hello",
    "preview": "Hi",
    "blocks": [{"kind": "text", "text": "Hello."}],
}


class List(NamedTuple):
    """`of`: what the list is called in its answer; `id`: what each is known by; `make`: makes one of this number."""

    of: str
    id: str
    make: Callable[[Shop, int], Any]


def posted(path: str, body: Callable[[int], dict[str, Any]]) -> Callable[[Shop, int], None]:
    def make(shop: Shop, n: int) -> None:
        status, told = shop.ask("POST", path, body(n))
        assert status in (200, 201), told

    return make


def pool(shop: Shop, n: int) -> None:
    assert shop.ask("PUT", f"/coupons/pool_{n}", {})[0] == 200


def picture(shop: Shop, n: int) -> None:
    images.keep(DOT + bytes([n]), f"{n}.gif", "A dot", shop.now(), "somebody")


def asked_by_law(shop: Shop, n: int) -> None:
    t = shop.now()
    told = Event(id=f"request-{n}", type=Type.DATA_REQUESTED, time=t, stated=t, received=t, source="shopify")
    requests.record(told, ["contact-1"])


def brought_over(shop: Shop, n: int) -> None:
    file = f"{zlib.crc32(str(n).encode()):08x}" * 8
    body = {"import": {**IMPORT, "file": file}, "csv": f"email\nada.{n}@example.com\n"}
    status, told = shop.ask("POST", "/imports", body)
    assert status == 200, told


LISTS = {
    "/segments": List(
        "segments",
        "segment",
        lambda shop, n: shop.publish(f"s_{n}", {"kind": "orders"}),
    ),
    "/journeys": List(
        "journeys",
        "id",
        posted("/journeys", lambda n: {"definition": {**JOURNEY, "id": f"j_{n}", "steps": [STEP]}}),
    ),
    "/templates": List("templates", "id", posted("/templates", lambda n: {"definition": {**TEMPLATE, "id": f"t_{n}"}})),
    "/forms": List("forms", "id", posted("/forms", lambda n: {**FORM, "id": f"f_{n}", "name": f"Form {n}"})),
    "/coupons": List("pools", "id", pool),
    "/images": List("images", "id", picture),
    "/imports": List("imports", "file", brought_over),
    "/requests": List("requests", "request", asked_by_law),
    "/keys": List("keys", "name", posted("/keys", lambda n: {"name": f"key-{n}", "role": "viewer"})),
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return Shop()


@pytest.mark.parametrize("path", LISTS)
def test_each_thing_comes_once_whatever_is_added_meanwhile(shop: Shop, path: str) -> None:
    of, id_, make = LISTS[path]
    for n in range(10, 15):  # all at one instant: only their ids tell them apart
        make(shop, n)
    _, told = shop.ask("GET", path)
    assert told["cursor"] is None
    whole = [each[id_] for each in told[of]]
    assert len(whole) == len(set(whole)) >= 5

    paged: list[str] = []
    cursor, pages = "", 0
    while cursor is not None:
        status, told = shop.ask("GET", f"{path}?limit=3{cursor and f'&cursor={quote(cursor)}'}")
        assert status == 200, told
        assert sum(len(told[name]) for name in (of, "drafts") if name in told) <= 3
        paged += [each[id_] for each in told[of]]
        cursor, pages = told["cursor"], pages + 1
        if pages == 1:  # before what was given, and behind all there is
            make(shop, 1)
            make(shop, 99)
    assert len(paged) == len(set(paged))
    assert [each for each in paged if each in whole] == whole


@pytest.mark.parametrize("path", LISTS)
def test_a_limit_and_a_cursor_are_checked(shop: Shop, path: str) -> None:
    for wrong in ("limit=0", "limit=201", "limit=x", "cursor=x", "cursor=%20", "cursor=LTEuYQ"):  # -1.a
        status, told = shop.ask("GET", f"{path}?{wrong}")
        assert (status, told["field"]) == (400, wrong.partition("=")[0]), wrong


def test_what_is_newer_comes_first_and_an_end_is_told_on_a_full_page(shop: Shop) -> None:
    before = shop.ask("GET", "/requests")[1]["requests"]
    shop.passes(60_000)
    asked_by_law(shop, 1_000)
    told = shop.ask("GET", "/requests?limit=1")[1]
    assert told["requests"][0]["at"] == shop.now() > before[0]["at"]
    assert told["waiting"] == len(before) + 1
    assert shop.ask("GET", f"/requests?limit={len(before) + 1}")[1]["cursor"] is None


def test_drafts_and_published_segments_are_paged_together(shop: Shop) -> None:
    shop.draft("a_draft", {"kind": "orders"})
    told = shop.ask("GET", "/segments?limit=1")[1]
    assert ([each["segment"] for each in told["drafts"]], told["segments"]) == (["a_draft"], [])
    assert told["cursor"] is not None
    after = shop.ask("GET", f"/segments?cursor={told['cursor']}")[1]
    assert after["segments"] and not after["drafts"]
