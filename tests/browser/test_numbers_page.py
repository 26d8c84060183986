"""Today's numbers on the page are those of the API, and each leads to a page of the people behind it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local import launching
from shared.adapters import clock
from shared.domain.events import DAY
from tests.browser.chromium import EXECUTABLE, Page
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop(launching.FIRST)
    for number in (1, 2):
        made.customer(number, orders=1)
    made.passes(DAY // 4)
    yield made
    clock.use(None)


@pytest.mark.parametrize("figure", ["delivered", "reached", "subscribers"])
def test_a_number_of_today_leads_to_its_people(page: Page, shop: Shop, base: str, figure: str) -> None:
    number = shop.ask("GET", "/reports/figures")[1]["now"][figure]
    assert number > 0
    page.open(f"{base}#/")
    link = f".figures dd:not(.before) a[href^='#/reports/people?figure={figure}&']"
    page.wait(f"document.querySelector({link!r})")
    assert page.run(f"document.querySelector({link!r}).textContent") == f"{number:,}"
    page.run(f"document.querySelector({link!r}).click()")
    page.wait("document.querySelectorAll('main tbody tr').length > 0")
    assert f": {number:,}, of 2 people." in page.text()
    assert page.run("document.querySelectorAll('main tbody tr').length") == 2
