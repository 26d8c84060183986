"""Attribution on its page: models beside each other, windows and periods, and what is known by who is held out."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.domain.events import DAY, HOUR, MINUTE
from tests.browser.acting import press
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.nights import a_night
from tests.integration.shop import Shop
from tests.integration.test_attribution_report import click
from tests.integration.test_campaigns import mails, sent

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    for number in range(1, 7):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    spring = sent(shop, name="Spring", holdout=50, measure={"metric": "ordered", "within": "3d"})
    sale = sent(shop, name="Sale")
    shop.passes(6 * MINUTE)
    contact = min(mails(shop, spring))
    click(shop, spring, contact)
    shop.passes(DAY)
    click(shop, sale, contact)
    shop.passes(HOUR)
    by_contact = {profile.contact: profile.email for profile in shop.profiles()}
    (number,) = [n for n, body in shop.customers.items() if body["email"] == by_contact[contact]]
    shop.order(number)
    shop.passes(6 * DAY)
    a_night(shop, "ReportsWorkflow", "one", again=True)
    shop.passes(2 * MINUTE)
    yield shop
    clock.use(None)


def row(page: Page, name: str) -> list[str]:
    found = page.run(
        "[...document.querySelectorAll('main table')][0] && [...document.querySelectorAll('main tr')]"
        f".find((each) => each.innerText.startsWith('{name}')).innerText.split('\\t')"
    )
    return [str(each).strip() for each in found]


def test_the_models_stand_beside_each_other_and_add_up(page: Page, base: str, axe: str) -> None:  # noqa: F811
    page.open(f"{base}#/reports/attribution")
    page.wait_for("Revenue by channel and model")
    assert page.run("document.querySelector('.tabs a[aria-current=page]').innerText") == "Attribution"
    spring, sale = row(page, "Spring"), row(page, "Sale")
    assert (spring[2], spring[3]) == ("£24.50", "£0.00")  # first, last
    assert (sale[2], sale[3]) == ("£0.00", "£24.50")
    assert spring[4] == sale[4] == "£12.25"
    assert "1 order of £24.50" in page.text()
    assert "What would not have come without" in page.text()
    assert "Spring." in page.text()
    press(page, "Within 30 days")
    page.wait("document.querySelectorAll('.switch button[aria-pressed=true]')[1].innerText.includes('30')")
    press(page, "90 days")
    page.wait_for("half as much for each 7 days earlier")
    page.run(axe)
    assert page.run(LOOK) == []


def test_it_fits_a_telephone(page: Page, base: str) -> None:
    page.size(390, 844)
    page.open(f"{base}#/reports/attribution")
    page.wait_for("Revenue by channel and model")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")
