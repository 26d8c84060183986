"""The pages of forms in a real browser: one is written, published, and brings somebody in by its own page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock, form_definitions
from tests.browser.acting import press
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_shop_page import fill
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield Shop()
    clock.use(None)


def test_a_form_is_written_and_published(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/new-form")
    page.wait_for("Title, as visitors see it")
    fill(page, "Name, as your team", "Home page")
    fill(page, "Title, as visitors", "News from our shop")
    press(page, "Go on")
    page.wait_for("Put it on your site")
    fill(page, "Button", "Keep me posted")
    fill(page, "First name", "optional")
    page.wait_for("Saved ")
    press(page, "Publish")
    page.wait_for("It is on the web within a minute.")
    published = form_definitions.saved().forms["home_page"].published
    assert published is not None
    assert (published.button, published.first_name, published.double_opt_in) == ("Keep me posted", "optional", True)


def test_what_is_wrong_with_a_form_is_said(page: Page, base: str) -> None:
    page.open(f"{base}#/forms/home_page")
    page.wait_for("Put it on your site")
    fill(page, "Interests", "optional")
    page.wait_for("This keeps it from being published")
    assert "names none" in page.text() or "name none" in page.text()
