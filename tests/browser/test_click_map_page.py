"""A campaign is sent, two of its links are clicked, and the map shows where: on the email, and in a table under it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.screens import mailbox
from shared.adapters import clock
from shared.domain.events import MINUTE
from tests.browser.acting import passes
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    for number in range(1, 4):
        made.customer(number, orders=1)
    made.passes(10 * MINUTE)
    body = {"id": "spring", "name": "Spring", "template": "whats_new", "segments": ["customers"]}
    assert made.ask("POST", "/campaigns", body)[0] == 201
    assert made.ask("POST", "/campaigns/spring/send")[0] == 202
    made.passes(6 * MINUTE)
    yield made
    clock.use(None)


def test_the_map_shows_the_clicks_on_the_email_and_in_the_table(
    page: Page,
    base: str,
    shop: Shop,
    axe: str,  # noqa: F811
) -> None:
    one, other, _ = mailbox.mails(shop.system.world, 3)
    links = mailbox.links(one.html or "")
    first, second, *_ = [n for n, link in enumerate(links) if link.tracked]
    for mail, number in ((one, first), (one, second), (other, second)):
        mailbox.act(shop.system.world, mail.id, "click", {"link": str(number)})
        passes(shop, MINUTE)
    passes(shop, 15 * MINUTE)
    page.open(f"{base}#/campaigns/spring")
    page.wait_for("How it goes")
    page.run("[...document.querySelectorAll('a')].find((each) => each.textContent === 'Where people clicked').click()")
    page.wait_for("3 people were sent it")
    assert "2 of them clicked (66.7 %)" in page.text()
    page.wait("document.querySelector('iframe.email').contentDocument.querySelectorAll('.clicked').length > 1")
    badges = "document.querySelector('iframe.email').contentDocument.querySelectorAll('.clicked')"
    drawn = page.run(f"[...{badges}].map((each) => each.textContent)")
    places = [links[number].tags["place"][0] for number in (first, second)]
    assert {f"{places[0]}: 1", f"{places[1]}: 2"} <= set(drawn)
    rows = page.run(
        "[...document.querySelectorAll('main tbody tr')]"
        ".map((row) => [...row.children].map((each) => each.textContent))"
    )
    told = {row[0]: (row[3], row[4]) for row in rows if row[0] != "–"}
    assert (told[places[0]], told[places[1]]) == (("1", "50.0 %"), ("2", "100.0 %"))
    assert any(row[3] == "not counted" and "unsubscribes" in row[1] for row in rows)
    page.run(axe)
    assert page.run(LOOK) == []
    page.size(390)
    assert page.run("document.documentElement.scrollWidth") <= 390
    page.complaints[:] = [each for each in page.complaints if "ERR_NAME_NOT_RESOLVED" not in each]
