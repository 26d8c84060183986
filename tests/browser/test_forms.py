"""Forms in a real browser: from a pop-up in the shop's page to the welcome email with the promised code; without
JavaScript; with the keyboard alone; and axe finds nothing."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.local.screens import mailbox
from shared.adapters import contacts, form_definitions, identities
from shared.domain.events import DAY, HOUR, SECOND, Identity, IdentityKind
from tests.browser.chromium import EXECUTABLE, LeftError, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

POPUP: dict[str, Any] = {
    "id": "first_order",
    "name": "Pop-up",
    "style": "popup",
    "title": "10% off your first order",
    "text": "Sign up for our emails, and we send you a code for your first order.",
    "button": "Send me the code",
    "first_name": "optional",
    "topics": [{"id": "marketing"}],
    "tracking": True,
    "wording": "By signing up you agree to get emails about new goods and offers. Each has a link that stops them.",
    "popup": {"delay": 0},
    "promise": "first_order",
}
INLINE: dict[str, Any] = {
    "id": "newsletter",
    "name": "In the page",
    "style": "inline",
    "title": "Hear from us",
    "topics": [{"id": "marketing"}],
    "wording": "By signing up you agree to get our emails.",
    "interests": "optional",
    "questions": [{"trait": "skin", "label": "Your skin", "choices": ["Dry", "Oily"]}],
}
FOOTER: dict[str, Any] = {**INLINE, "id": "foot", "style": "footer", "interests": "no", "questions": []}
HOSTED: dict[str, Any] = {**INLINE, "id": "page", "style": "page", "birthday": "optional", "tracking": True}

_PAGE = """<!doctype html><html lang="en"><head><title>A shop</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">
<style>body{{font:16px Georgia,serif;margin:40px}}</style></head><body><main><h1>A shop</h1>
<p id="before">Candles.</p>{snippet}<p id="after">Soap.</p><a href="#x">A link</a></main></body></html>"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop(["onboarding"])
    settings = made.ask("GET", "/settings")[1]
    told = {**settings["settings"], "interests": ["Candles", "Soap"]}
    assert made.ask("PUT", "/settings", told, **{"if-match": settings["etag"]})[0] == 200
    assert made.ask("PUT", "/coupons/first_order", {"code": "HELLO-10"})[0] == 200
    yield made
    form_definitions.forget()


@pytest.fixture(scope="module")
def snippets(shop: Shop, base: str) -> dict[str, str]:
    found = {}
    for form in (POPUP, INLINE, FOOTER, HOSTED):
        etag = shop.ask("POST", "/forms", form)[1]["etag"]
        status, told = shop.ask("POST", f"/forms/{form['id']}/publish", {}, **{"if-match": etag})
        assert status == 200, told
        address = told["url"].removesuffix(f"/forms/{form['id']}")
        found[form["id"]] = told["snippet"].replace(address, base.removesuffix("/admin/"))
    shop.passes(2 * 60 * SECOND)
    return found


@pytest.fixture(scope="module")
def site(snippets: dict[str, str]) -> Iterator[str]:
    """The shop's own pages, of another origin than ours: a path for each form."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = _PAGE.format(snippet=snippets.get(self.path.strip("/"), "")).encode()
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("localhost", 0), Pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def nobody_was_here(page: Page, site: str) -> None:
    page.open(f"{site}/none")
    page.wait_for("Candles.")
    page.run("localStorage.clear()")


def fill_in(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.run(f"document.querySelector('form [name={name}]').focus()")
        page.call("Input.insertText", text=value)


def wait_for_script(page: Page) -> None:
    """Until then the form is a plain one."""
    page.wait("performance.getEntriesByType('resource').some((each) => each.name.endsWith('/embed.js'))")
    page.run("new Promise((done) => setTimeout(done, 50))")


def take_time(page: Page, shop: Shop) -> None:
    """As somebody does who fills a form in."""
    page.wait("performance.getEntriesByType('resource').some((each) => each.name.endsWith('/token'))")
    page.run("new Promise((done) => setTimeout(done, 50))")
    shop.passes(3 * SECOND)


def links(shop: Shop, address: str, subject: str) -> list[str]:
    """The links of the newest email of this subject to an address."""
    for mail in mailbox.mails(shop.system.world, 50):
        if address in mail.recipients and subject in mail.subject:
            return re.findall(r'href="([^"]+)"', mail.html or "")
    raise AssertionError(f"no email {subject!r}: {[m.subject for m in mailbox.mails(shop.system.world, 50)]}")


def test_from_the_pop_up_to_the_welcome_email_with_the_code(page: Page, shop: Shop, site: str, base: str) -> None:
    address = "vera@example.com"
    page.open(f"{site}/first_order")
    page.wait("document.querySelector('dialog[open]')")
    assert page.run("document.cookie") == ""
    fill_in(page, email=address, first_name="Vera")
    take_time(page, shop)
    page.run("document.querySelector('dialog form button').click()")
    page.wait_for("we have sent you an email")
    shop.passes(20 * SECOND)
    (confirm,) = (link for link in links(shop, address, "confirm") if "/confirm/" in link)
    page.open(base.removesuffix("/admin/") + confirm[confirm.index("/confirm/") :])
    page.wait_for("Press the button to confirm")
    assert not identities.find([Identity(kind=IdentityKind.EMAIL, value=address)])
    page.run("document.querySelector('main button').click()")
    page.wait_for("You are signed up.")
    shop.passes(2 * 60 * SECOND)
    mail = next(each for each in mailbox.mails(shop.system.world, 50) if "Welcome" in each.subject)
    assert address in mail.recipients and "Vera" in mail.subject and "HELLO-10" in (mail.html or "")
    (contact,) = identities.find([Identity(kind=IdentityKind.EMAIL, value=address)]).values()
    (entry,) = map(contacts.entry_of, contacts.items(contact, "CONSENT#"))
    assert (entry["topic"], entry["level"], entry["wording"]) == ("marketing", "double", "first_order-1")
    page.open(f"{site}/first_order")
    page.wait_for("Candles.")
    assert page.run("new Promise((done) => setTimeout(() => done(!document.querySelector('dialog')), 150))")


def test_a_pop_up_opens_once_a_visitor_and_leaves_the_page_where_it_is(page: Page, site: str) -> None:
    page.open(f"{site}/first_order")
    page.wait("document.querySelector('dialog[open]')")
    shifts = "performance.getEntriesByType('layout-shift').length"
    assert page.run(shifts) == 0
    assert page.run("document.querySelector('#after').getBoundingClientRect().top") < 300
    assert page.run("document.activeElement.name") == "email"
    for _ in range(8):  # the keyboard stays inside
        page.press("Tab", 9)
        assert page.run("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.press("Escape", 27)
    page.wait("!document.querySelector('dialog')")
    page.open(f"{site}/first_order")
    page.wait_for("Candles.")
    assert page.run("new Promise((done) => setTimeout(() => done(!document.querySelector('dialog')), 150))")


def test_somebody_whom_the_website_knows_is_not_asked(page: Page, site: str) -> None:
    page.run("""localStorage.setItem('ajs_user_traits', '{"email": "known@example.com"}')""")
    page.open(f"{site}/first_order")
    page.wait_for("Candles.")
    assert page.run("new Promise((done) => setTimeout(() => done(!document.querySelector('dialog')), 150))")


@pytest.mark.parametrize("form", ["newsletter", "foot"])
def test_a_form_in_a_page_answers_in_its_place(page: Page, shop: Shop, site: str, form: str) -> None:
    page.open(f"{site}/{form}")
    page.wait_for("Hear from us")
    wait_for_script(page)
    fill_in(page, email="not an address")
    page.run("document.querySelector('form').noValidate = true; document.querySelector('form button').click()")
    page.wait_for("Please enter an email address")
    assert page.run("document.activeElement.name") == "email"
    page.complaints.clear()  # the browser tells of every answer that is no 200
    page.run("document.querySelector('[name=email]').value = ''")
    fill_in(page, email=f"{form}@example.com")
    take_time(page, shop)
    page.run("document.querySelector('form button').click()")
    page.wait_for("we have sent you an email")
    assert page.run("location.pathname") == f"/{form}"


def wait_plainly(page: Page, text: str) -> None:
    """As `wait_for`, where the page's own clock does not run because its scripts may not."""
    shown, end = "", time.monotonic() + 20
    while text not in shown:
        assert time.monotonic() < end, shown
        time.sleep(0.05)
        with suppress(LeftError, RuntimeError):
            shown = str(page.run("document.body ? document.body.innerText : ''"))


def test_a_form_works_without_javascript(page: Page, shop: Shop, site: str) -> None:
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        page.open(f"{site}/newsletter")
        wait_plainly(page, "Hear from us")
        fill_in(page, email="plain@example.com")
        page.press("Enter", 13, "\r")
        wait_plainly(page, "Until you do, we send nothing.")
        page.run("document.querySelector('main button').focus()")
        page.press("Enter", 13, "\r")
        wait_plainly(page, "we have sent you an email")
    finally:
        page.call("Emulation.setScriptExecutionDisabled", value=False)
    shop.passes(20 * SECOND)
    assert any("/confirm/" in link for link in links(shop, "plain@example.com", "confirm"))


def test_whoever_does_not_confirm_is_reminded_once(page: Page, shop: Shop, site: str) -> None:
    page.open(f"{site}/newsletter")
    page.wait_for("Hear from us")
    wait_for_script(page)
    fill_in(page, email="slow@example.com")
    take_time(page, shop)
    page.run("document.querySelector('form button').click()")
    page.wait_for("we have sent you an email")
    shop.passes(3 * DAY + HOUR)
    mine = [each.subject for each in mailbox.mails(shop.system.world, 50) if "slow@example.com" in each.recipients]
    assert mine == ["Do you still want our emails?", "Please confirm that you want our emails"]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1200, 390])
def test_axe_finds_nothing_on_a_form(page: Page, site: str, base: str, axe: str, dark: bool, width: int) -> None:  # noqa: F811
    page.size(width)
    page.dark(dark)
    for place, ready in (
        (f"{site}/first_order", "document.querySelector('dialog[open]')"),
        (f"{site}/newsletter", "document.querySelector('form')"),
        (f"{site}/foot", "document.querySelector('form')"),
        (f"{base.removesuffix('/admin/')}/forms/page", "document.querySelector('form')"),
    ):
        page.open(place)
        page.wait(ready)
        page.run(axe)
        assert page.run(LOOK) == [], place
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), place
