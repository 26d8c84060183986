"""The sample shop's own page, as whoever tries `make run` out sees it: from the pop-up to the welcome email with a code
out of the pool, by the start page, the shop's page and the mailbox alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local import launching
from infra.local.screens import mailbox
from infra.local.shop import storefront
from shared.adapters import clock, form_definitions, shop_settings
from shared.domain.events import DAY, MINUTE, SECOND
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.browser.test_forms import take_time
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop(["onboarding"])
    launching.settle_in()
    launching.open_forms(made.system)
    candle = storefront.product(made.now(), 9)
    candle.body["image"] = {"src": "https://shop.example.com/pictures/candles.png"}
    storefront.post(made.system, candle)
    for number in range(3):
        made.customer(number, orders=1)
    made.passes(DAY)
    yield made
    clock.use(None)
    form_definitions.forget()
    shop_settings.forget()


def test_a_visitor_s_sign_up_ends_in_a_confirmation_and_a_welcome_with_a_code(
    page: Page,
    shop: Shop,
    base: str,
    axe: str,  # noqa: F811
) -> None:
    start = base.removesuffix("/admin/")
    page.open(f"{start}/")
    page.wait_for("The shop’s page")
    page.open(f"{start}/shop")
    page.wait_for("£24.50")
    page.wait("[...document.images].every((each) => each.complete && each.naturalWidth > 0)")
    page.run(axe)
    assert page.run(LOOK) == []
    page.wait("document.querySelector('dialog[open]')")
    for name, value in (("email", "vera@example.net"), ("first_name", "Vera")):
        page.run(f"document.querySelector('dialog [name={name}]').focus()")
        page.call("Input.insertText", text=value)
    take_time(page, shop)
    page.run("document.querySelector('dialog form button').click()")
    page.wait_for("we have sent you an email")
    shop.passes(20 * SECOND)
    (asked,) = mailbox.mails(shop.system.world, 5, search="vera@example.net")
    links = mailbox.links(asked.html or "")
    number = next(number for number, link in enumerate(links) if "/confirm/" in link.url)
    confirm = links[number].url
    page.open(f"{start}{confirm[confirm.index('/confirm/') :]}")
    page.wait_for("Press the button to confirm")
    page.run("document.querySelector('main button').click()")
    page.wait_for("You are signed up.")
    shop.passes(2 * MINUTE)
    welcome = mailbox.mails(shop.system.world, 5, search="vera@example.net")[0]
    assert "Vera" in welcome.subject
    assert sum(code in (welcome.html or "") for code in launching.CODES) == 1
