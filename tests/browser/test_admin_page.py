"""The operators' page in a real browser, served by the real app over what the real handlers have written."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest
from moto.athena.models import QueryResults
from moto.backends import get_backend

from functions.admin import page as admin_page
from functions.admin.app import handler
from shared.adapters import dead_letters, dns_records, sending_setup
from shared.domain.doctor import Account
from shared.domain.events import DAY, HOUR, iso
from tests.browser.chromium import EXECUTABLE, Page, chromium
from tests.integration import admin_stack
from tests.integration.admin_stack import ADA, ROUTES, Admin, deliver, payload, sign_up
from tests.integration.conftest import NOW

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


def fill(admin: Admin) -> str:
    """Contacts, a dead letter, and a month's report; gives Ada's contact id."""
    contact = admin_stack.ada(admin)
    names = ["<b>Grace</b>", "Mary", "Hedy", "ليلى", "Ida"]
    for number, name in enumerate(names):
        deliver(sign_up(f"other {number}", f"n{number}@example.com", NOW - number * DAY, first_name=name))
    letter = json.dumps({"id": "0a1b2c", "type": "Order Completed", "source": "shopify", "received": NOW - HOUR})
    boto3.client("sqs").send_message(
        QueueUrl=dead_letters.queues()["events"],
        MessageBody=letter,
        MessageAttributes={"reason": {"DataType": "String", "StringValue": "VersionConflictError"}},
    )
    report()
    return contact


def report() -> None:
    """Has moto's Athena, which runs no queries, answer the next ones with a month of the daily report."""
    figures = {
        "period": "varchar",
        "delivered": "bigint",
        "reached": "bigint",
        "email_revenue": "double",
    }  # the last row's are those of now
    names = ("day", "sends", "clicks", "orders", "revenue", *figures)
    types = ("varchar", "bigint", "bigint", "bigint", "double", *figures.values())
    days = [
        (
            iso(NOW - n * DAY)[:10],
            40 + 7 * n % 31,
            3 + 5 * n % 11,
            n * 3 % 7,
            n * 3 % 7 * 24.5,
            "now",
            1200 + n,
            44,
            24.5,
        )
        for n in range(30)
        if n % 6
    ]
    rows = [{"Data": [{"VarCharValue": str(value)} for value in row]} for row in (names, *days)]
    columns = [{"Name": name, "Type": type_} for name, type_ in zip(names, types, strict=True)]
    athena = get_backend("athena")["123456789012"]["eu-west-1"]
    athena.query_results_queue += [QueryResults(rows, columns) for _ in range(20)]


EXPIRED: set[str] = set()
"""Tokens that are not good any more."""


def serve(admin: Admin) -> ThreadingHTTPServer:
    """The admin at /admin/, as the local gateway has it."""

    class Handler(BaseHTTPRequestHandler):
        def respond(self) -> None:
            url = self.path.removeprefix("/admin")
            if url == "/local/clock.js":  # the local run's own, of which there is none here
                self.send_response(200)
                self.send_header("Content-Type", "text/javascript")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.headers.get("authorization") in EXPIRED:  # what API Gateway's authorizer answers
                self.send_response(401)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            answered = next(
                (
                    handler(payload(route, url, body, if_match=self.headers.get("if-match") or "none"), object())
                    for route in ROUTES
                    if route.match(self.command, url.split("?")[0]) is not None
                ),
                {"statusCode": 403, "headers": {}, "body": "{}"},
            )
            text = answered["body"].encode()
            self.send_response(answered["statusCode"])
            for name, value in {**answered["headers"], "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = respond  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def admin() -> Iterator[Admin]:
    with admin_stack.admin_stack() as stack, pytest.MonkeyPatch.context() as patch:
        sandbox = Account(production=False, sending=True, status="HEALTHY", quota=200, rate=1)
        patch.setattr(sending_setup, "account", lambda: sandbox)  # which moto does not know
        patch.setattr(dns_records, "lookup", lambda type_, name: ())
        patch.setenv("SHOP_URL", "https://shop.example")
        yield stack


@pytest.fixture(scope="module")
def ada(admin: Admin) -> str:
    return fill(admin)


@pytest.fixture(scope="module")
def browser(admin: Admin) -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture(scope="module")
def base(admin: Admin) -> Iterator[str]:
    server = serve(admin)
    yield f"http://localhost:{server.server_port}/admin/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(browser: Page, ada: str) -> Iterator[Page]:
    """The browser, blank; when the test is over, it must not have complained of anything."""
    browser.open("about:blank")
    browser.size(1200)
    browser.dark(False)
    browser.complaints.clear()
    yield browser
    EXPIRED.clear()
    assert browser.complaints == []


def test_the_morning_page_says_what_is_wrong_and_how_the_month_went(page: Page, base: str) -> None:
    page.open(base)
    page.wait_for("Running journeys")
    text = page.text()
    assert "1 message of events could not be processed." in text
    assert "Emails delivered" not in text  # nothing was sent yet: it says what is to be set up
    assert "Before your customers get email" in text
    assert "Done: A journey is switched on" not in text
    assert page.run("document.querySelector('nav [aria-current]').innerText") == "Today"
    page.open(f"{base}#/reports")
    page.wait_for("Revenue, refunds taken off")
    assert "Revenue, refunds taken off\n€1,837.50" in page.text()
    assert page.run("document.querySelectorAll('figure svg .bar').length") > 50


def test_a_first_visitor_is_led_around_once(page: Page, base: str) -> None:
    page.call("Page.removeScriptToEvaluateOnNewDocument", identifier=page.tour)
    page.open(base)
    page.wait_for("Running journeys")
    page.run("localStorage.removeItem('tour')")
    page.call("Page.reload")
    page.wait_for("What tomorrow brings")
    page.run("document.querySelector('.tour .strong').click()")
    page.wait_for("Who is in which segment")
    page.wait("location.hash === '#/segments'")
    page.run("document.querySelector('.tour .quiet').click()")
    page.wait("document.querySelector('.tour') === null")
    page.call("Page.reload")
    page.wait_for("Who is in which segment")
    assert page.run("document.querySelector('.tour')") is None


def test_a_contact_is_found_by_address_and_the_address_stays_out_of_the_url(page: Page, base: str, ada: str) -> None:
    page.open(base)
    page.wait_for("Running journeys")
    page.press("/", 191, "/")
    page.wait("document.getElementById('search')?.open")
    page.call("Input.insertText", text=ADA)
    page.press("Enter", 13, "\r")
    page.wait_for("Timeline")
    assert page.run("document.getElementById('search')") is None
    assert page.run("location.href") == f"{base}#/contacts/{ada}"
    text = page.text()
    assert "Ada Lovelace" in text
    assert "does not agree to email about this topic" in text
    assert "at From the checkout since" in text
    page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    evidence = "2 orders in the last 90 days: 19 Nov 2026, 06:00 (1001, 30.00), 22 Nov 2026, 06:00 (1002, 19.99)."
    assert f"{evidence} Ends on 20 Feb 2027, 06:00, unless there is another order." in page.text()
    assert "1 more order would make it true." in page.text()


def test_who_is_not_found_is_said_beside_the_search(page: Page, base: str) -> None:
    page.open(base)
    page.wait_for("Running journeys")
    page.run("document.querySelector('.searching').click()")
    page.wait("document.getElementById('search')?.open")
    page.call("Input.insertText", text="nobody@example.com")
    page.wait("document.getElementById('search').innerText.includes('Nobody and nothing is called this.')")
    page.press("Escape", 27)  # empties it
    page.press("Escape", 27)
    page.wait("document.getElementById('search') === null")


def test_everything_is_found_by_its_name_with_the_keyboard_alone(page: Page, base: str) -> None:
    page.open(f"{base}#/conflicts")
    page.wait_for("They may be one person")
    page.call("Input.dispatchKeyEvent", type="keyDown", key="k", code="KeyK", windowsVirtualKeyCode=75, modifiers=2)
    page.wait("document.getElementById('search')?.open")
    page.call("Input.insertText", text="we")
    page.wait("document.querySelectorAll('#search-found [role=option]').length > 3")
    page.wait("document.querySelector('#search-found').innerText.includes('We miss you')")
    page.run("document.querySelector('#search-text').select()")
    page.call("Input.insertText", text="Zzz")  # inside a name
    page.wait("document.querySelectorAll('#search-found [role=option]').length === 0")
    page.run("document.querySelector('#search-text').select()")
    page.call("Input.insertText", text="win-")
    page.wait("document.querySelector('#search-found').innerText.includes('Win-back')")
    page.press("ArrowDown", 40)
    page.press("ArrowUp", 38)
    page.press("Enter", 13, "\r")
    page.wait("location.hash === '#/journeys/win_back'")
    page.wait_for("Starts")


def test_members_lead_to_contacts_and_names_are_never_markup(page: Page, base: str) -> None:
    page.open(f"{base}#/segments/new_subscribers")
    page.wait_for("n4@example.com")
    assert "<b>Grace</b>" in page.text()
    assert page.run("document.querySelectorAll('main b').length") == 0
    page.run("[...document.querySelectorAll('main a')].find((link) => link.innerText === 'n1@example.com').click()")
    page.wait_for("Mary")


def test_an_empty_segment_says_what_fills_it(page: Page, base: str) -> None:
    page.open(f"{base}#/segments/dormant")
    page.wait_for("Nobody is in this segment at the moment.")


def test_replaying_asks_first_and_can_be_cancelled_by_the_keyboard(page: Page, base: str) -> None:
    page.open(f"{base}#/dead-letters")
    page.wait_for("VersionConflictError")
    assert "Order Completed from shopify" in page.text()
    page.run("[...document.querySelectorAll('main button')].find((each) => each.innerText === 'Replay').click()")
    page.wait("document.getElementById('confirm').open")
    assert "Send 1 message of events back" in page.text()
    page.press("Escape", 27)
    page.wait("!document.getElementById('confirm').open")


def test_confirming_replays(page: Page, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed: list[str] = []
    monkeypatch.setattr(dead_letters, "replay", replayed.append)  # moto cannot move messages; test_admin_changes does
    page.open(f"{base}#/dead-letters")
    page.wait_for("VersionConflictError")
    page.run("[...document.querySelectorAll('main button')].find((each) => each.innerText === 'Replay').click()")
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm .strong').click()")
    page.wait_for("1 message of events on the way back.")
    assert replayed == ["events"]


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_a_small_telephone_and_all_text_stands_out(
    page: Page, base: str, ada: str, dark: bool
) -> None:
    page.size(400)
    page.dark(dark)
    for place, last in (
        ("", "Running journeys"),
        (f"#/contacts/{ada}", "Timeline"),
        ("#/segments/customers", "For everybody at once"),
        ("#/journeys/onboarding", "Starts"),
        ("#/dead-letters", "VersionConflictError"),
    ):
        page.open("about:blank")
        page.open(base + place)
        page.wait_for(last)
        assert page.run("document.documentElement.scrollWidth") == 400
        assert page.run(FAINT) == []


FAINT = """(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map((part) => part / 255)
      .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (of) => {
    const color = getComputedStyle(of).backgroundColor;
    return color !== "rgba(0, 0, 0, 0)" || of === document.body ? color : ground(of.parentElement);
  };
  return [...document.querySelectorAll("main *, header *")]
    .filter((of) => [...of.childNodes].some((node) => node.nodeType === 3 && node.data.trim()) && of.checkVisibility())
    .filter((of) => of.closest("svg, select") === null)
    .map((of) => {
      const [one, other] = [light(getComputedStyle(of).color), light(ground(of))];
      return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), of.innerText];
    })
    .filter(([contrast]) => contrast < 4.5);
})()"""
"""Texts with less contrast to their ground than WCAG 2.2 (1.4.3, AA) asks for."""


def test_signing_in_goes_to_cognito_and_comes_back_with_a_token(
    page: Page, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cognito, asked = play_cognito()
    domain = f"http://localhost:{cognito.server_port}"
    login = admin_page.Login.model_construct(user_pool_domain=domain, client_id="client")
    monkeypatch.setattr(admin_page, "login", lambda stage_variables: login)
    page.open(f"{base}#/journeys")
    page.wait_for("This is for the shop's operators.")
    assert "Find" not in page.text()
    page.run("document.querySelector('main button').click()")
    page.wait_for("Welcomes new subscribers")  # where they wanted to go, after two redirects
    page.run("sessionStorage.clear()")
    cognito.shutdown()
    cognito.server_close()

    authorize, token = asked
    assert (authorize["response_type"], authorize["client_id"], authorize["scope"]) == ("code", "client", "openid")
    assert authorize["redirect_uri"] == token["redirect_uri"] == base
    assert (token["grant_type"], token["code"]) == ("authorization_code", "a-code")
    digest = hashlib.sha256(token["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == authorize["code_challenge"]
    assert page.run("location.href") == f"{base}#/journeys"


def test_a_token_that_is_over_is_renewed_without_a_word(page: Page, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cognito, asked = play_cognito()
    domain = f"http://localhost:{cognito.server_port}"
    login = admin_page.Login.model_construct(user_pool_domain=domain, client_id="client")
    monkeypatch.setattr(admin_page, "login", lambda stage_variables: login)
    EXPIRED.add("token 1")
    page.open(f"{base}#/conflicts")
    page.wait_for("This is for the shop's operators.")
    page.run("document.querySelector('main button').click()")
    page.wait_for("They may be one person")
    assert [each["grant_type"] for each in asked[1:]] == ["authorization_code", "refresh_token"]
    assert (asked[2]["refresh_token"], asked[2]["client_id"]) == ("a-refresh-token", "client")
    assert page.run("sessionStorage.getItem('token')") == "token 2"
    page.run("sessionStorage.clear()")
    page.complaints.clear()  # of the 401
    cognito.shutdown()
    cognito.server_close()


def test_what_is_being_written_outlives_the_end_of_a_sign_in(
    page: Page, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cognito, _ = play_cognito(renews=False)
    domain = f"http://localhost:{cognito.server_port}"
    login = admin_page.Login.model_construct(user_pool_domain=domain, client_id="client")
    monkeypatch.setattr(admin_page, "login", lambda stage_variables: login)
    page.open(f"{base}#/journeys/onboarding/edit")
    page.wait_for("This is for the shop's operators.")
    page.run("document.querySelector('main button').click()")
    page.wait("document.querySelector('textarea')")
    EXPIRED.add("token 1")
    page.run("document.querySelector('textarea').select()")
    page.call("Input.insertText", text="name: Half written")
    page.wait("document.body.innerText.includes('Your sign-in is over.')")
    assert page.run("document.querySelector('textarea').value") == "name: Half written"
    page.run("[...document.querySelectorAll('button')].find((each) => each.innerText === 'Sign in again').click()")
    page.wait_for("This text was not saved when you left.")
    assert page.run("document.querySelector('textarea').value") == "name: Half written"
    page.run("sessionStorage.clear()")
    page.complaints.clear()  # of the 401
    cognito.shutdown()
    cognito.server_close()


FAILING = """window.fetched ??= fetch;
window.fetch = (path, asked) => asked?.method === "PUT" ? Promise.reject(new Error("no")) : fetched(path, asked);"""
"""Nothing that is written gets through to the API any more."""


def test_a_text_that_is_not_saved_is_there_again_and_can_be_given_up(page: Page, base: str) -> None:
    page.open(f"{base}#/journeys/onboarding/edit")
    page.wait("document.querySelector('textarea')")
    before = page.run("document.querySelector('textarea').value")
    page.run(FAILING)
    page.run("document.querySelector('textarea').select()")
    page.call("Input.insertText", text="name: Hello")
    page.run("document.querySelector('.bar a[href=\"#/reports\"]').click()")
    page.wait("document.getElementById('confirm').open")
    assert "Leave this page?" in page.text()
    page.press("Escape", 27)
    page.wait("!document.getElementById('confirm').open")
    assert page.run("location.hash") == "#/journeys/onboarding/edit"
    page.run("document.querySelector('.bar a[href=\"#/operations\"]').click()")
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm .strong').click()")
    page.wait_for("What keeps the shop’s email running")
    page.run("history.back()")
    page.wait_for("This text was not saved when you left.")
    assert page.run("document.querySelector('textarea').value") == "name: Hello"
    page.run("[...document.querySelectorAll('button')].find((each) => each.innerText === 'Start over').click()")
    page.wait("!document.body.innerText.includes('was not saved')")
    assert page.run("document.querySelector('textarea').value") == before
    page.complaints.clear()  # of the check of it


def test_a_page_of_before_an_update_says_so(page: Page, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page.open(f"{base}#/conflicts")
    page.wait_for("They may be one person")
    monkeypatch.setattr(admin_page, "version", lambda: "another")
    page.run("location.hash = '#/requests'")
    page.wait_for("Beckon may have been updated since you opened it.")
    assert page.complaints
    page.complaints.clear()
    page.run("[...document.querySelectorAll('main button')].find((each) => each.innerText === 'Reload').click()")
    page.wait_for("What a storefront has asked for by law.")


def play_cognito(renews: bool = True) -> tuple[ThreadingHTTPServer, list[dict[str, str]]]:
    """Cognito's two endpoints, for somebody who signs in at once; and what they were asked. Tokens are numbered."""
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(dict(parse_qsl(urlsplit(self.path).query)))
            self.send_response(302)
            self.send_header("Location", f"{asked[-1]['redirect_uri']}?code=a-code&state={asked[-1]['state']}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            asked.append(dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode())))
            given = sum("grant_type" in each for each in asked)
            body = json.dumps({"id_token": f"token {given}", "refresh_token": "a-refresh-token"}).encode()
            self.send_response(200 if renews or asked[-1]["grant_type"] != "refresh_token" else 400)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, asked
