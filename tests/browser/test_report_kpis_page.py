"""The page of what came of emails: read beside the average, looked at day by day, taken away as CSV."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock, reports
from shared.domain.events import DAY, iso
from shared.domain.reports import kpis
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.shop import Shop
from tests.integration.test_campaigns import settle_on

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


def row(called: str, days: int, people: int, each: int, clicks: int) -> dict[str, object]:
    """Of a group, as `infra/athena/kpis.sql` gives it: so many people got so many emails each, and clicked in some."""
    n = people * each
    counts = dict.fromkeys(kpis.COUNTS, 0) | {"sent": n, "delivered": n, "clicked": clicks, "revenue": clicks * 150}
    found: dict[str, object] = {**counts, "called": called, "days": days, "people": people, "value": None, "valued": 0}
    for rate in kpis.RATES.values():
        found |= {f"{rate.of}_squared": n * each, f"{rate.hits}_squared": 0, f"{rate.hits}_by_{rate.of}": 0}
    return found | {"clicked_squared": clicks, "clicked_by_delivered": clicks * each}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """As a night leaves it: a journey that people click in more than in the campaigns, one day unlike the others."""
    made = Shop()
    at = made.now()
    zone = kpis.ZoneInfo("UTC")
    groups = [
        each
        for days in kpis.PERIODS
        for each in (
            row("all", days, 900, 2, 180),
            row("journey:onboarding", days, 300, 2, 120),
            row("campaign:spring", days, 600, 2, 60),
            row("segment:customers", days, 200, 2, 41),
        )
    ]
    by_day = [
        dict.fromkeys(kpis.COUNTS, 0)
        | {"called": "all", "day": iso(at - ago * DAY)[:10], "sent": 100, "delivered": 100, "revenue": 5000 + ago}
        | {"clicked": 40 if ago == 3 else 10}
        for ago in range(1, 31)
    ]
    reports.record("kpis", reports.Seen(at, ""), kpis.report(at, zone, groups, by_day))
    yield made
    clock.use(None)


def test_what_came_of_emails_is_read_beside_the_average(page: Page, base: str, shop: Shop, axe: str) -> None:  # noqa: F811
    page.open(f"{base}#/reports")
    page.wait_for("The last 30 days")
    page.run("[...document.querySelectorAll('nav.tabs a')].find((each) => each.textContent === 'KPIs').click()")
    page.wait_for("The band is where a day is while nothing has changed")
    text = page.text()
    assert "better than the average of 10 %" in text
    assert "no better than the average of 10 %, as far as 41 clicks can say" in text
    assert "What emails return is said once you have told what they cost" in text
    assert "click rate 40 %, usually" in text
    shapes = page.run(
        "[...document.querySelectorAll('figure.control svg')].map((each) => each.getAttribute('aria-label'))"
    )
    assert len(shapes) == 6
    gone = iso(shop.now() - 3 * DAY)[:10]
    assert any(each.startswith("Click rate") and each.endswith(f"outside its limits on {gone}") for each in shapes)
    settle_on(shop, costs={"margin": 50, "a_thousand": 100, "a_month": 0})
    page.run("location.reload()")
    page.wait_for("Return")
    for dark in (False, True):
        page.dark(dark)
        page.run(axe)
        assert page.run(LOOK) == []


def test_it_fits_a_telephone(page: Page, base: str, shop: Shop) -> None:
    page.size(390)
    page.open(f"{base}#/reports/kpis")
    page.wait_for("The band is where a day is while nothing has changed")
    assert page.run("document.documentElement.scrollWidth <= innerWidth")


def test_on_paper_every_table_is_whole_and_nothing_is_there_to_press(page: Page, base: str, shop: Shop) -> None:
    page.size(1032, 700)  # A4, turned, without its margins
    page.open(f"{base}#/reports/kpis")
    page.wait_for("The band is where a day is while nothing has changed")
    page.call("Emulation.setEmulatedMedia", media="print")
    try:
        reach = page.run(
            "[...document.querySelectorAll('main table')].map((each) => each.getBoundingClientRect().right)"
        )
        assert len(reach) > 10 and all(0 < end <= 1032 for end in reach)
        assert page.run("[...document.querySelectorAll('button, nav, header.bar')].every((each) => !each.offsetHeight)")
    finally:
        page.call("Emulation.setEmulatedMedia", media="")


def test_a_table_is_taken_away_as_csv_with_whole_numbers_and_no_formula(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/reports/kpis")
    page.wait_for("Download as CSV")
    page.run("window.made = URL.createObjectURL.bind(URL)")
    keep = "(blob) => { blob.text().then((text) => { window.taken = text; }); return window.made(blob); }"
    page.run(f"URL.createObjectURL = {keep}; null")
    page.run("document.querySelector('[aria-label=\"Journeys\"]').nextElementSibling.querySelector('button').click()")
    page.wait("window.taken")
    head, first, *_ = page.run("window.taken").splitlines()
    assert head.removeprefix("\ufeff").startswith("Of,Delivered,Click rate,")
    assert first.startswith("onboarding,600,0.2,")
