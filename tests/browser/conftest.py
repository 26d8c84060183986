"""The pages in a real browser, served by the shop that a test file has (its fixture `shop`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from infra.local import gateway
from infra.local.screens import site
from tests.browser.chromium import Page, chromium
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def base(shop: Shop) -> Iterator[str]:
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/admin/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(base: str) -> Iterator[Page]:
    with chromium() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """The browser, blank; when the test is over, it must not have complained of anything."""
    browser.open("about:blank")
    browser.size(1200)
    browser.dark(False)
    browser.complaints.clear()
    yield browser
    assert browser.complaints == []
