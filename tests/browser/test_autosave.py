"""Editors keep what is written by themselves: whoever closes the tab finds it again, whole or not; two who write one
lose nothing; whoever leaves with what is not saved is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters import clock
from tests.browser.acting import press, put_in
from tests.browser.chromium import EXECUTABLE, Page, chromium
from tests.browser.test_admin_page import FAILING
from tests.browser.test_journeys_page import confirm
from tests.browser.test_shop_page import fill
from tests.integration.shop import Shop
from tests.integration.test_drafts import CAMPAIGN, FORM, SEGMENT, WHOLE

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    for path, body in (("/segments", SEGMENT), ("/forms", FORM), ("/campaigns", CAMPAIGN)):
        assert made.ask("POST", path, body)[0] == 201
    yield made
    clock.use(None)


@pytest.fixture(autouse=True)
def no_pictures(page: Page) -> Iterator[None]:
    """The example's pictures are nowhere."""
    yield
    page.complaints[:] = [each for each in page.complaints if "ERR_NAME_NOT_RESOLVED" not in each]


EDITORS = {
    "segments": ("segments/ours/edit", "Name"),
    "templates": ("emails/welcome", "Name, as your team"),
    "forms": ("forms/news", "Name, as your team"),
    "campaigns": ("campaigns/spring", "Name, as your team"),
    "journeys": ("journeys/abandoned_cart/edit", ""),
    "lead-scores": ("lead-scores/lead", "Name"),
}
PATHS = {
    "segments": "/segments/ours",
    "templates": "/templates/welcome",
    "forms": "/forms/news",
    "campaigns": "/campaigns/spring",
    "journeys": "/journeys/abandoned_cart",
    "lead-scores": "/lead-scores/lead",
}
EVERY = pytest.mark.parametrize("kind", EDITORS)
READY = "document.querySelector('main h1') && !document.querySelector('[aria-busy=true]')"
OPEN = f"{READY} && document.querySelector('main textarea, main .card label input')"


def open_(page: Page, base: str, kind: str, *, kept: bool = False) -> None:
    """In a tab of its own, or in the one from before."""
    page.open(f"{base}#/keys")
    page.wait_for("Keys")
    if not kept:
        page.run("sessionStorage.clear()")
    page.open("about:blank")
    page.open(f"{base}#/{EDITORS[kind][0]}")
    page.wait(OPEN)


def name_in(kind: str) -> str:
    """An expression for the name that stands in the editor."""
    if kind == "journeys":
        return "/^name: (.*)$/m.exec(document.querySelector('#definition')?.value)?.[1] ?? ''"
    label = (
        f"[...document.querySelectorAll('main label')].find((each) => each.innerText.startsWith('{EDITORS[kind][1]}'))"
    )
    return f"{label}?.querySelector('input').value ?? ''"


def name(page: Page, kind: str) -> str:
    return str(page.run(name_in(kind)))


def rename(page: Page, kind: str, to: str) -> None:
    if kind != "journeys":
        page.wait("!document.querySelector('main [aria-busy=true]')")  # what comes later draws the form once more
        fill(page, EDITORS[kind][1], to)
        return
    field = "document.querySelector('#definition')"
    put_in(page, field, re.sub("^name: .*$", f"name: {to}", page.run(f"{field}.value"), flags=re.MULTILINE))


def ask(shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    with shop.system.world.lock:
        return shop.ask(method, path, body, **headers)


def put(shop: Shop, kind: str, text: str, etag: str) -> int:
    with_draft = kind not in ("forms", "campaigns")
    path, field = (f"{PATHS[kind]}/draft", "text") if with_draft else (PATHS[kind], "unfinished")
    return ask(shop, "PUT", path, {field: text}, **{"if-match": etag})[0]


@EVERY
def test_whoever_closes_the_tab_finds_what_they_wrote(page: Page, base: str, kind: str) -> None:
    open_(page, base, kind)
    rename(page, kind, "Written here")
    page.wait_for("Saved ")
    open_(page, base, kind)
    assert name(page, kind) == "Written here"
    assert "was not saved when you left" not in page.text()


@EVERY
def test_what_is_not_whole_outlives_the_tab_and_is_marked(page: Page, base: str, shop: Shop, kind: str) -> None:
    open_(page, base, kind)
    rename(page, kind, "")
    page.wait_for("Saved ")
    open_(page, base, kind)
    assert name(page, kind) == ""
    page.wait("document.querySelector('main .bad, main .lines .wrong')")
    page.complaints.clear()  # of the 400s that say what is wrong
    rename(page, kind, "Whole again")
    page.wait_for("Saved ")


@EVERY
def test_two_who_edit_it_lose_neither_text(page: Page, base: str, shop: Shop, kind: str) -> None:
    open_(page, base, kind)
    etag = ask(shop, "GET", PATHS[kind])[1]["etag"]
    assert put(shop, kind, WHOLE[kind].replace("Mended", "Theirs"), etag) == 200
    rename(page, kind, "Mine")
    page.wait_for("Somebody else has changed this")
    page.complaints.clear()  # of the 412
    assert {"Theirs", "Mine"} <= set(re.findall(r"\w+", page.run("document.querySelector('.difference').innerText")))
    press(page, "Keep mine")
    page.wait_for("Saved ")
    open_(page, base, kind)
    assert name(page, kind) == "Mine"
    etag = ask(shop, "GET", PATHS[kind])[1]["etag"]
    assert put(shop, kind, WHOLE[kind].replace("Mended", "Theirs again"), etag) == 200
    rename(page, kind, "Mine again")
    page.wait_for("Somebody else has changed this")
    page.complaints.clear()
    press(page, "Take theirs")
    page.wait("!document.querySelector('.difference')")
    assert name(page, kind) == "Theirs again"
    assert page.run("sessionStorage.length") == 0


ASKS = """(() => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
})()"""


@pytest.fixture
def tab() -> Iterator[Page]:
    """A new one: a tab keeps fifty places, and steps back in it go astray from the fiftieth on."""
    with chromium() as page:
        yield page
    assert page.complaints == []


@EVERY
def test_leaving_saves_and_asks_only_about_what_cannot_be_saved(tab: Page, base: str, kind: str) -> None:
    page = tab
    page.open(f"{base}#/people")
    page.wait_for("Add a person")
    page.run("sessionStorage.clear()")
    here = f"#/{EDITORS[kind][0]}"
    page.run(f"location.hash = {json.dumps(here)}")
    page.wait(f"document.querySelector('h1')?.innerText !== 'People' && {OPEN}")
    rename(page, kind, "Left at once")
    page.run("history.back()")
    page.wait("location.hash === '#/people' && document.querySelector('h1')?.innerText === 'People'")
    page.run("history.forward()")
    page.wait(f"document.querySelector('h1')?.innerText !== 'People' && {OPEN}")
    assert name(page, kind) == "Left at once"

    page.run(FAILING)
    rename(page, kind, "Not saved")
    page.wait_for("Not saved: The system does not answer")
    page.run("document.querySelector('nav a[href=\"#/journeys\"]').click()")
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm button[value=no]').click()")
    page.wait(f"location.hash === {json.dumps(here)}")
    assert name(page, kind) == "Not saved"
    page.run("history.back()")  # to the people, where they were before
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm button[value=no]').click()")
    page.wait(f"location.hash === {json.dumps(here)}")
    assert name(page, kind) == "Not saved"
    page.run("document.querySelector('nav a[href=\"#/journeys\"]').click()")
    confirm(page)
    page.wait("location.hash === '#/journeys' && document.querySelector('h1')?.innerText === 'Journeys'")
    open_(page, base, kind, kept=True)
    page.wait(
        "document.body.innerText.includes('was not saved when you left') || document.body.innerText.includes('Saved ')"
    )
    assert name(page, kind) == "Not saved"
    page.wait_for("Saved ")


def test_closing_the_tab_asks_while_something_is_not_saved(page: Page, base: str) -> None:
    open_(page, base, "forms")
    assert page.run(ASKS) is False
    rename(page, "forms", "Changed")
    assert page.run(ASKS) is True
    page.wait_for("Saved ")
    assert page.run(ASKS) is False


@pytest.mark.parametrize("kind", ["templates", "forms", "journeys"])
def test_a_version_says_what_it_changed_and_is_restored(page: Page, base: str, shop: Shop, kind: str) -> None:
    for called in ("First", "Second"):
        etag = ask(shop, "GET", PATHS[kind])[1]["etag"]
        assert put(shop, kind, WHOLE[kind].replace("Mended", called), etag) == 200
        etag = ask(shop, "GET", PATHS[kind])[1]["etag"]
        assert ask(shop, "POST", f"{PATHS[kind]}/publish", {}, **{"if-match": etag})[0] == 200
    page.open(f"{base}#/keys")
    page.wait_for("Keys")
    page.open(f"{base}#/{EDITORS[kind][0].removesuffix('/edit')}")
    page.wait(f"{READY} && [...document.querySelectorAll('h2')].some((each) => each.innerText === 'Versions')")
    page.wait_for("Version 1")
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert "First" in page.run("document.querySelector('.difference .bad').innerText")
    assert "Second" in page.run("document.querySelector('.difference .good').innerText")
    restore(page, "version 1")
    if kind == "journeys":
        page.wait(f"location.hash.endsWith('/edit') && {READY} && document.querySelector('#definition')")
    else:
        page.wait_for("Saved ")
    assert name(page, kind) == "First"


def restore(page: Page, which: str) -> None:
    button = f"[...document.querySelectorAll('main button')].find((each) => each.textContent === 'Restore {which}')"
    page.run(f"{button}.click()")


@EVERY
def test_a_button_makes_a_copy(page: Page, base: str, kind: str) -> None:
    open_(page, base, kind)
    there = page.run("location.hash")
    press(page, "Duplicate")
    page.wait(f"location.hash !== {json.dumps(there)} && {OPEN}")
    assert "_copy" in page.run("location.hash")
    page.wait(f"{OPEN} && ({name_in(kind)}).endsWith('(copy)')")


def test_a_lead_score_is_a_draft_from_its_name_on_and_holds_once_it_is_published(
    page: Page, base: str, shop: Shop
) -> None:
    page.open(f"{base}#/new-lead-score")
    page.wait_for("It is a draft until you publish it.")
    fill(page, "Name", "Looked twice")
    press(page, "Go on")
    page.wait(f"location.hash === '#/lead-scores/looked_twice' && {OPEN}")
    assert ask(shop, "GET", "/lead-scores/looked_twice")[1]["definition"] is None
    press(page, "Publish …")
    page.wait("document.querySelector('dialog[open]')?.innerText.includes('Its points count')")
    page.run("document.querySelector('dialog[open] .strong').click()")
    page.wait_for("Publication 2")
    assert ask(shop, "GET", "/lead-scores/looked_twice")[1]["definition"]["threshold"] == 10
    rename(page, "lead-scores", "Looked thrice")
    page.wait_for("Saved ")
    restore(page, "publication 2")
    page.wait("document.querySelector('h1').innerText.startsWith('Looked twice')")
