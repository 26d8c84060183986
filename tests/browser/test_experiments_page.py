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
from tests.integration.test_campaigns import sent
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


def test_a_segment_s_criteria_are_asked_about_begun_and_stopped(page: Page, base: str, shop: Shop, axe: str) -> None:  # noqa: F811
    shop.publish("loyal", {"kind": "orders", "at_least": 2})
    shop.customer(901, orders=1)
    passes(shop, 10 * MINUTE)
    page.open("about:blank")
    page.open(f"{base}#/new-experiment")
    page.wait("document.querySelector('main optgroup option[value=loyal]')")
    write(page, "main input[placeholder^=Welcome]", "Loyal sooner")
    write(page, "main textarea", "Who is thanked sooner comes back sooner.")
    page.run(
        "(() => { const where = document.querySelector('main select'); where.value = 'loyal';"
        " where.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    press(page, "Go on")
    page.wait_for("The other criteria")
    page.wait_for("No email would start")
    page.run(axe)
    assert page.run(LOOK) == []
    # As JSON, as far as it can be read; what cannot is kept as it is.
    page.run("document.querySelector('main textarea[spellcheck]').closest('details').open = true")
    write(page, "main textarea[spellcheck]", '{"kind": "orders"')
    page.wait_for("This is not valid JSON yet")
    page.wait_for("Criteria: ")
    write(page, "main textarea[spellcheck]", '{"kind": "orders", "at_least": 1}')
    page.wait("!document.body.innerText.includes('This is not valid JSON yet')")
    page.wait_for("What it can show")
    press(page, "See what it can show now")
    page.wait("![...document.querySelectorAll('main button')].some((each) => each.innerText.startsWith('See what'))")
    assert shop.ask("GET", "/experiments/loyal_sooner")[1]["experiment"]["criteria"]["at_least"] == 1
    press(page, "Start the experiment")
    confirm(page)
    page.wait_for("Nobody has taken part yet")
    page.wait_for("for the other half, somebody who has placed an order")
    page.wait_for("within 30 days")
    passes(shop, 15 * MINUTE)
    page.open(f"{base}#/segments/loyal")
    page.wait_for("decides half of all contacts by another definition")
    assert page.run("[...document.querySelectorAll('main a')].some((each) => each.innerText === 'Edit')") is False
    shop.customer(902, orders=1)
    passes(shop, 15 * MINUTE)
    page.open("about:blank")
    page.open(f"{base}#/experiments/loyal_sooner")
    page.wait_for("People so far")
    page.run(axe)
    assert page.run(LOOK) == []
    page.run(
        "(() => { const winner = document.querySelector('main form select'); winner.value = '';"
        " winner.dispatchEvent(new Event('change', { bubbles: true })); })()"
    )
    write(page, "main form input[required]", "Christmas is near.")
    press(page, "Stop it")
    confirm(page)
    page.wait_for("Christmas is near.")
    page.wait_for("Stopped")
    page.open(f"{base}#/experiments")
    page.wait_for("Stopped: Christmas is near.")


def test_what_each_of_several_things_does_is_a_table_and_so_is_each_combination(
    page: Page,
    base: str,
    shop: Shop,
    axe: str,  # noqa: F811
) -> None:
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    for number in range(601, 641):
        shop.customer(number)
    passes(shop, DAY)
    factors = [{"id": "subject", "levels": ["own", "other"]}, {"id": "tone", "levels": ["dry", "warm"]}]
    variants = [{"id": f"own_{tone}"} for tone in ("dry", "warm")]
    variants += [{"id": f"other_{tone}", "subject": "Look here"} for tone in ("dry", "warm")]
    id_ = sent(shop, factors=factors, variants=variants)
    passes(shop, 20 * MINUTE)
    for variant in ("other_dry", "other_warm"):
        for mail, _ in in_mailbox(shop, campaign=id_, variant=variant):
            ses.happen(shop.system.world, mail, "Click", link="https://shop.example.com/a")
    page.open(f"{base}#/campaigns/{id_}")
    page.wait_for("The true one lies between")
    assert [row[-1] for row in page.run(ROWS)] == ["not yet"] * 3
    passes(shop, 6 * DAY)
    page.open("about:blank")
    page.open(f"{base}#/campaigns/{id_}")
    page.wait_for("the second did better")
    subject, _, together = page.run(ROWS)
    assert subject[:4] == ["subject", "0.0 % own", "100.0 % other", "+100.0"]
    assert together[0] == "subject × tone"
    for width in (1200, 390):
        page.size(width)
        page.run(axe)
        assert page.run(LOOK) == []
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
    page.size(1200)


ROWS = """[...document.querySelectorAll("main table")].find((table) => table.innerText.includes("Second level"))
    .querySelectorAll("tbody tr").values().map((row) => [...row.cells].map((one) => one.innerText.trim())).toArray()"""
