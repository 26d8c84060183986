"""The browser SDKs, as published, in a real browser: on a page of the shop, by the text that docs/deploying.md prints.

The page and the API are two origins. The page's policy lets scripts speak with nobody but the API: an SDK that needed
its maker's servers would complain.
"""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from functions.ingest import app
from shared.adapters.events_queue import NotQueuedError
from shared.domain.events import Event, IdentityKind, Type, event_id, event_key
from tests.browser.chromium import EXECUTABLE, Page, chromium
from tests.integration.ingest_stack import WRITE_KEYS, ingest_stack
from tests.integration.sdks import installed
from tests.integration.tracking_host import TrackingHost, tracking_host

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

SCRIPTS = {
    "/analytics-next.js": "@segment/analytics-next/dist/umd/index.js",
    "/rudder-analytics.js": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
}
SEGMENT, RUDDERSTACK = re.findall(
    r"```html\n(.*?)```", Path("docs/deploying.md").read_text(encoding="utf-8"), re.DOTALL
)
PATIENCE = 20  # seconds for what the SDK sends again after a pause of its own


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """The snippets say https, so the API has to: with a certificate that only this browser takes."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture(scope="module")
def shared_api(tls: ssl.SSLContext) -> Iterator[TrackingHost]:
    with ingest_stack() as ingest, tracking_host(ingest, tls) as host:
        yield host


@pytest.fixture
def api(shared_api: TrackingHost) -> TrackingHost:
    shared_api.ingest.events()
    shared_api.paths.clear()
    shared_api.statuses.clear()
    shared_api.headers.clear()
    return shared_api


class Website:
    """A shop's pages, each with one of the docs' snippets in it."""

    def __init__(self, page: Page, api: TrackingHost) -> None:
        self._page, self._api = page, api
        self.html = ""
        website = self

        class Requests(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script = SCRIPTS.get(self.path)
                body = website.html.encode() if script is None else (installed() / script).read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8" if script is None else "text/javascript")
                self.send_header("Content-Length", str(len(body)))
                self.send_header(
                    "Content-Security-Policy", f"default-src 'self' 'unsafe-inline' data:; connect-src {api.url}"
                )
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Keeps the test's output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def open(self, snippet: str) -> None:
        """A page with the snippet: nothing in it is replaced but the key and the host, as whoever copies it would."""
        own = snippet.replace("the write key", WRITE_KEYS[0])
        own = own.replace("….execute-api.eu-west-1.amazonaws.com", self._api.host)
        assert "…" not in own
        self.html = f"<!doctype html><title>Shop</title><link rel=icon href='data:,'><h1>Shop</h1>{own}"
        self._page.open(f"http://localhost:{self.server.server_port}/collections/teas?q=green%20tea")
        self._page.wait("document.title === 'Shop' && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        return self._page.run(f"(async () => {{ {script} }})()")

    def events(self, number: int) -> list[Event]:
        """What has arrived, once there are so many different events of it."""
        found: list[Event] = []
        end = time.monotonic() + PATIENCE
        while len({event_key(event) for event in found}) < number:
            assert time.monotonic() < end, (Counter(event.type for event in found), self._page.complaints)
            time.sleep(0.02)
            found += self._api.ingest.events()
        return found


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with chromium("--ignore-certificate-errors") as page:
        yield page


@pytest.fixture
def website(browser: Page, api: TrackingHost) -> Iterator[Website]:
    installed()
    made = Website(browser, api)
    browser.complaints.clear()
    yield made
    browser.open("about:blank")
    made.server.shutdown()
    made.server.server_close()


def refuse_at_first(times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue cannot be reached so many times."""
    put, failures = app.put_events, iter([NotQueuedError() for _ in range(times)])

    def put_or_fail(events: Any) -> None:
        for error in failures:
            raise error
        put(events)

    monkeypatch.setattr(app, "put_events", put_or_fail)


BATCHED = SEGMENT.replace(
    '.amazonaws.com/v1"',
    '.amazonaws.com/v1", deliveryStrategy: { strategy: "batching", config: { size: 4, timeout: 300 } }',
)
SEGMENTS = pytest.mark.parametrize("snippet", [SEGMENT, BATCHED], ids=["single", "batched"])


@SEGMENTS
def test_segments_sdk_by_the_docs_snippet(website: Website, api: TrackingHost, browser: Page, snippet: str) -> None:
    website.open(snippet)
    sent = website.run(
        """
        const calls = [
            analytics.identify("user-17", { email: "ada.okafor@example.com", plan: "gold" }),
            analytics.track("Product Viewed", { product_id: "8001", price: 14.5 }),
            analytics.group("club-1", { name: "Tea club" }),
            analytics.alias("user-18"),
        ];
        for (let number = 0; number < 8; number++) calls.push(analytics.track("Song Played", { title: "Zoë – 👩‍🚀" }));
        return (await Promise.all(calls)).map((context) => context.event.messageId);
        """
    )
    arrived = website.events(13)  # with the page that the snippet tells of
    by_type = {event.type: event for event in arrived}
    assert Counter(event.id for event in arrived if event.type != Type.PAGE_VIEWED) == Counter(
        event_id("segment", id_) for id_ in sent
    )
    assert len(arrived) == 13
    assert all(event.public and event.stated is not None for event in arrived)
    page = by_type[Type.PAGE_VIEWED]
    assert (page.properties["path"], page.properties["query"]) == ("/collections/teas", "green tea")
    identified = by_type[Type.CONTACT_UPDATED]
    assert identified.identity(IdentityKind.USER) == "user-17"
    assert identified.identity(IdentityKind.EMAIL) == "ada.okafor@example.com"
    assert identified.identity(IdentityKind.ANONYMOUS) == page.identity(IdentityKind.ANONYMOUS) is not None
    assert identified.traits["plan"] == "gold"
    assert by_type[Type.PRODUCT_VIEWED].properties.items() >= {"product_id": "8001", "price": 14.5}.items()
    assert by_type["Song Played"].properties["title"] == "Zoë – 👩‍🚀"
    assert set(api.statuses) == {200}
    assert ("/v1/b" in api.paths) == (snippet is BATCHED)
    assert browser.complaints == []


@SEGMENTS
def test_what_was_answered_503_is_sent_again(
    website: Website, api: TrackingHost, browser: Page, snippet: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_at_first(2, monkeypatch)
    website.open(snippet)
    website.run("await analytics.track('Song Played')")
    arrived = website.events(2)
    assert {event.type for event in arrived} == {Type.PAGE_VIEWED, "Song Played"}
    assert api.statuses.count(503) == 2
    assert any("x-retry-count" in headers for headers in api.headers)
    assert all("503" in complaint for complaint in browser.complaints), browser.complaints


def test_a_refusal_is_not_sent_again(website: Website, api: TrackingHost) -> None:
    website.open(SEGMENT.replace("the write key", "unknown"))
    website.run("await analytics.track('Song Played')")
    end = time.monotonic() + PATIENCE
    while len(api.statuses) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(1)
    assert api.statuses == [401, 401]
    assert api.ingest.events() == []


@SEGMENTS
def test_two_users_of_one_browser_are_two(website: Website, snippet: str) -> None:
    website.open(snippet)
    website.run(
        """
        await analytics.reset();
        await analytics.identify("user-1", { email: "ada.okafor@example.com" });
        await analytics.track("Song Played");
        await analytics.reset();
        await analytics.track("Song Stopped");
        await analytics.identify("user-2", { email: "ben.adeyemi@example.com" });
        await analytics.track("Song Liked");
        """
    )
    arrived = {(event.type, event.identity(IdentityKind.USER)): event for event in website.events(6)}
    played, stopped, liked = (
        arrived["Song Played", "user-1"],
        arrived["Song Stopped", None],
        arrived["Song Liked", "user-2"],
    )
    assert played.identity(IdentityKind.ANONYMOUS) != stopped.identity(IdentityKind.ANONYMOUS)
    assert stopped.identity(IdentityKind.ANONYMOUS) == liked.identity(IdentityKind.ANONYMOUS)
    assert arrived[Type.CONTACT_UPDATED, "user-2"].identity(IdentityKind.EMAIL) == "ben.adeyemi@example.com"


def test_rudderstacks_sdk_by_the_docs_snippet(website: Website, api: TrackingHost, browser: Page) -> None:
    website.open(RUDDERSTACK)
    website.run(
        """
        analytics.identify("user-17", { email: "ada.okafor@example.com", plan: "gold" });
        analytics.track("Product Viewed", { product_id: "8001", price: 14.5 });
        analytics.group("club-1", { name: "Tea club" });
        analytics.alias("user-18");
        """
    )
    arrived = website.events(5)
    by_type = {event.type: event for event in arrived}
    assert set(by_type) == {Type.PAGE_VIEWED, Type.CONTACT_UPDATED, Type.PRODUCT_VIEWED, Type.GROUP_JOINED, "Alias"}
    assert by_type[Type.CONTACT_UPDATED].identity(IdentityKind.USER) == "user-17"
    assert by_type[Type.CONTACT_UPDATED].identity(IdentityKind.EMAIL) == "ada.okafor@example.com"
    assert by_type[Type.PRODUCT_VIEWED].properties.items() >= {"product_id": "8001", "price": 14.5}.items()
    assert by_type[Type.PAGE_VIEWED].properties["path"] == "/collections/teas"
    assert set(api.statuses) == {200}
    assert browser.complaints == []


def test_what_rudderstacks_sdk_was_answered_503_is_sent_again(
    website: Website, api: TrackingHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_at_first(1, monkeypatch)
    website.open(RUDDERSTACK)
    website.run("analytics.track('Song Played')")
    assert {event.type for event in website.events(2)} == {Type.PAGE_VIEWED, "Song Played"}
    assert api.statuses.count(503) == 1
