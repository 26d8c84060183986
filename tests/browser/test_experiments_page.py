"""The page Experiments in a real browser: a question is drafted, begun, read and decided, and found again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local.aws import ses
from shared.adapters import clock
from shared.domain.events import DAY, MINUTE
from tests.browser.acting import passes, press, write
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration.shop import Shop
from tests.integration.test_experiments import in_mailbox

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop(["onboarding"])
    for number in range(1, 4):
        shop.customer(number)
    shop.passes(30 * MINUTE)
    yield shop
    clock.use(None)


def confirm(page: Page) -> None:
    page.wait("document.querySelector('#confirm').open")
    page.run("document.querySelector('#confirm button[value=yes]').click()")


def test_a_question_is_asked_answered_decided_and_found_again(page: Page, base: str, shop: Shop, axe: str) -> None:  # noqa: F811
    page.open(f"{base}#/experiments")
    page.wait_for("nobody is held out")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'New experiment').click()")
    page.wait_for("What you expect, and why")
    page.run(axe)
    assert page.run(LOOK) == []
    write(page, "main input[placeholder^=Welcome]", "Which subject")
    write(page, "main textarea", "A subject that asks is clicked more.")
    press(page, "Go on")
    page.wait_for("By what it is decided")
    page.wait_for("Too little is known")
    page.run(axe)
    assert page.run(LOOK) == []
    write(page, 'main input[maxlength="200"]', "What are you looking for?")
    write(page, 'main input[max="8"]', "1")
    write(page, 'main input[max="10000000"]', "")
    page.wait_for("People: ")  # it is kept as it is, and what is wrong with it is said
    assert shop.ask("POST", "/experiments/which_subject/start", {})[0] == 400
    page.open("about:blank")
    page.open(f"{base}#/experiments/which_subject")
    page.wait_for("People: ")
    assert page.run("document.querySelector('main input[maxlength=\"200\"]').value") == "What are you looking for?"
    write(page, 'main input[max="10000000"]', "30")
    page.wait_for("What it can show")
    press(page, "See what it can show now")
    page.wait("![...document.querySelectorAll('main button')].some((each) => each.innerText.startsWith('See what'))")
    press(page, "Start the experiment")
    confirm(page)
    page.wait_for("Nobody has taken part yet")
    passes(shop, 2 * MINUTE)
    for number in range(101, 131):
        shop.customer(number)
    passes(shop, 30 * MINUTE)
    for id_, _ in in_mailbox(shop, experiment="which_subject", variant="another"):
        ses.happen(shop.system.world, id_, "Click", link="https://shop.example.com/a")
    passes(shop, 5 * DAY + 30 * MINUTE)
    page.open("about:blank")
    page.open(f"{base}#/experiments/which_subject")
    page.wait_for("Variant another did better")
    assert page.run("document.querySelectorAll('.interval svg[role=img]').length") == 2
    for width in (1200, 390):
        page.size(width)
        page.run(axe)
        assert page.run(LOOK) == []
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
    page.size(1200)
    page.run("""(() => { const select = document.querySelector('main form select'); select.value = 'another';
        select.dispatchEvent(new Event('change', { bubbles: true })); })()""")
    write(page, "main form input[required]", "Twice as many clicked")
    press(page, "Decide it")
    confirm(page)
    page.wait_for("for everybody since")
    page.open("about:blank")
    page.open(f"{base}#/experiments?q=asks%20is%20clicked")
    page.wait_for("Twice as many clicked")
    assert "Variant another did better" in page.text()
    page.run(axe)
    assert page.run(LOOK) == []
    page.open("about:blank")
    page.open(f"{base}#/journeys/onboarding/edit")
    page.wait_for("Nothing is wrong with it.")
