"""The shop's settings in a real browser: what is chosen there is what emails go by, and what is wrong is said."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest

from shared.adapters import clock, environment, shop_settings
from tests.browser.acting import press, put_in
from tests.browser.chromium import EXECUTABLE, Page
from tests.integration.shop import Shop
from tests.integration.test_images import png

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield Shop()
    clock.use(None)


def labelled(text: str) -> str:
    """The field of a label that begins like this, as a script."""
    found = f"[...document.querySelectorAll('main label')].find((each) => each.innerText.startsWith('{text}'))"
    return f"{found}.querySelector('input, select, textarea')"


def fill(page: Page, label: str, value: str) -> None:
    put_in(page, labelled(label), value)


def test_what_is_chosen_is_saved_and_holds(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/shop")
    page.wait_for("Buttons and links")
    fill(page, "Buttons and links", "#aa3300")
    page.wait("getComputedStyle(document.querySelector('.sample-button')).backgroundColor === 'rgb(170, 51, 0)'")
    fill(page, "Answers go to", "hello@shop.example.com")
    page.run("[...document.querySelectorAll('main label')].find((each) => each.innerText.includes('at night')).click()")
    page.run(
        "[...document.querySelectorAll('main label')].find((each) => each.innerText.startsWith('One a month')).click()"
    )
    page.wait_for("From")
    press(page, "Save")
    page.wait_for("Saved.")
    saved = shop_settings.saved()
    assert saved.settings.brand.accent == "#aa3300"
    assert saved.settings.senders.reply_to == "hello@shop.example.com"
    assert saved.settings.quiet_hours is not None
    assert saved.settings.topics[0].frequencies == ("all", "weekly")


def test_what_is_wrong_is_said_and_nothing_is_lost(page: Page, base: str) -> None:
    page.open(f"{base}#/shop")
    page.wait_for("Closed days")
    fill(page, "Closed days", "25 December")
    press(page, "Save")
    page.wait_for("closed.0")
    assert page.run(f"{labelled('Closed days')}.value") == "25 December"
    page.complaints.clear()  # the 400


def test_what_is_not_saved_is_kept_as_a_draft_beside_what_holds(page: Page, base: str, shop: Shop) -> None:
    held = shop_settings.saved()
    page.open("about:blank")
    page.open(f"{base}#/shop")  # as on another machine
    page.wait_for("do not hold yet")
    assert page.run(f"{labelled('Closed days')}.value") == "25 December"
    assert shop_settings.saved() == held
    changed = {**held.settings.model_dump(mode="json", by_alias=True), "code_from": 40}
    assert shop.ask("PUT", "/settings", changed, **{"if-match": f'"settings-{held.number}"'})[0] == 200
    fill(page, "Closed days", "2026-12-25")
    press(page, "Save")
    page.wait_for("Somebody else has changed the settings")
    assert shop_settings.saved().settings.closed == ()
    page.complaints.clear()  # the 412
    page.open("about:blank")
    page.open(f"{base}#/shop")
    page.wait_for("The settings have been changed since")
    assert page.run(f"{labelled('Closed days')}.value") == "2026-12-25"
    press(page, "Start over")
    page.wait("!document.body.innerText.includes('do not hold yet')")
    assert page.run(f"{labelled('A code pays')}.value") == "40"
    assert shop_settings.draft() is None


def test_a_picture_is_chosen_as_the_logo(page: Page, base: str, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGES_URL", base.replace("/admin/", "/images"))  # the server of the test has a port of its own
    environment.forget()
    body = {"name": "logo.png", "alt": "The shop's sign", "content": base64.b64encode(png(400, 100)).decode()}
    assert shop.ask("POST", "/images", body)[0] == 201
    page.open(f"{base}#/shop")
    page.wait_for("Choose a logo")
    press(page, "Choose a logo")
    page.wait_for("Your pictures")
    page.run("[...document.querySelectorAll('.pictures button')].at(0).click()")
    page.wait("document.querySelector('img.logo') !== null")
    press(page, "Save")
    page.wait_for("Saved.")
    logo = shop_settings.saved().settings.brand.logo
    assert logo is not None
    assert (logo.alt, logo.width) == ("The shop's sign", 240)
