"""The pages of people in a real browser: a list with bad lines is brought over, somebody is found, and erased."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.domain.events import MINUTE
from tests.browser.acting import press
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_shop_page import fill
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

LIST = """E-Mail;Vorname;Nachname;Notiz;Newsletter seit
anna@example.org;Anna;Müller;"kam
auf die Messe";24.11.2020
nobody;Nemo;;;24.11.2020

greta@example.org;=Greta;Weiß;;gestern
anna@example.org;Anna;Müller;;24.11.2020
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    shop.customer(1, orders=1)
    shop.passes(2 * MINUTE)
    yield shop
    clock.use(None)


def choose(page: Page, content: bytes, name: str = "Kunden.csv") -> None:
    """Gives the page a file, as a person does."""
    coded = json.dumps(base64.b64encode(content).decode())
    page.run(
        f"""{{
            const bytes = Uint8Array.from(atob({coded}), (each) => each.charCodeAt(0));
            const given = new DataTransfer();
            given.items.add(new File([bytes], {json.dumps(name)}));
            const input = document.getElementById("import-file");
            input.files = given.files;
            input.dispatchEvent(new Event("change", {{ bubbles: true }}));
        }}"""
    )


def choose_field(page: Page, header: str, field: str) -> None:
    page.run(
        f"""{{
            const select = document.querySelector('[aria-label="What “{header}” is"]');
            select.value = {json.dumps(field)};
            select.dispatchEvent(new Event("change", {{ bubbles: true }}));
        }}"""
    )


def test_a_list_as_excel_writes_it_is_looked_at_line_by_line_and_brought_over(
    page: Page, base: str, shop: Shop
) -> None:
    page.open(f"{base}#/data")
    page.wait_for("A CSV file")
    choose(page, LIST.encode("cp1252"))
    page.wait_for("It was read as Windows-1252")
    assert page.run("document.querySelector('[aria-label=\"What “Vorname” is\"]').value") == "first_name"
    choose_field(page, "Newsletter seit", "consent_date")
    page.run(
        """{
            const select = document.getElementById("import-everybody");
            select.value = "agreed";
            select.dispatchEvent(new Event("change", { bubbles: true }));
        }"""
    )
    press(page, "Dry run")
    page.wait("document.querySelector('main [role=alert]')")
    assert "import.consent_source" in page.text()
    page.complaints.clear()  # of the answer 400
    fill(page, "Where they agreed", "the stand at our fair in Köln")
    press(page, "Dry run")
    page.wait_for("(attested)")
    page.complaints.clear()
    page.run("document.getElementById('import-attested').click()")
    press(page, "Dry run")
    page.wait_for("lines to look at")
    text = page.text()
    assert "2 cannot be read" in text
    for line, why in (
        (4, "not an email address"),
        (6, "a date must be as 2026-11-24"),
        (7, "stands in the list before"),
    ):
        row = f"[...document.querySelectorAll('tr')].find((each) => each.querySelector('th')?.innerText === '{line}')"
        assert why in page.run(f"{row}.innerText")
    press(page, "Bring them over")
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm .strong').click()")
    page.wait_for("This file was brought over.")
    shop.passes(2 * MINUTE)
    page.open("about:blank")
    page.open(f"{base}#/data")
    page.wait_for("Kunden.csv")
    choose(page, LIST.encode("cp1252"))
    page.wait_for("Sending it again changes nothing.")


def test_somebody_is_found_by_a_part_of_a_name_which_stands_in_no_address(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/people")
    page.wait_for("Ada")
    page.run("document.getElementById('people-text').focus()")
    page.call("Input.insertText", text="muller")
    page.wait("!(document.querySelector('main table')?.innerText ?? 'Ada').includes('Ada')")
    page.wait_for("Anna Müller")
    assert "Gets email: News and offers" in page.text()
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'Anna Müller').click()")
    page.wait_for("Timeline")
    assert "muller" not in page.run("location.href")
    page.run("history.back()")
    page.wait("document.getElementById('people-text')?.value === 'muller'")  # what was searched for is there still
    page.wait_for("Anna Müller")
    page.open(f"{base}#/people?segment=customers")  # as a number leads to its people: nothing of the search is left
    page.wait("document.getElementById('people-text')?.value === ''")
    page.wait_for("Ada")
    assert "Anna" not in page.run("document.querySelector('main table').innerText")


def test_somebody_is_unsubscribed_and_erased_once_it_was_asked(page: Page, base: str, shop: Shop) -> None:
    (anna,) = shop.ask("POST", "/contacts/search", {"text": "anna"})[1]["contacts"]
    page.open(f"{base}#/contacts/{anna['contact']}")
    page.wait_for("Timeline")
    assert "Gets email: News and offers" in page.text()
    press(page, "Unsubscribe")
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm .strong').click()")
    page.wait_for("They get no more marketing email, from now on.")
    press(page, "Erase")
    page.wait("document.getElementById('confirm').open")
    assert "There is no way back." in page.text()
    page.run("document.querySelector('#confirm .strong').click()")
    page.wait_for("They will be gone within seconds")
    shop.passes(5 * MINUTE)
    assert shop.ask("POST", "/contacts/search", {"text": "anna"})[1]["contacts"] == []
