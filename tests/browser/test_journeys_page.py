"""The pages of journeys in a real browser, over the whole local run: from a draft to the people on their way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock
from shared.domain.events import DAY, HOUR, MINUTE
from tests.browser.acting import CODE, passes, press, write, write_code
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_admin_page import FAINT
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

GREETING = """id: greeting
name: A greeting
sentence: Greets whoever has ordered, a day later.
trigger: {kind: event, events: [Order Completed]}
entry: {again: each}
exits:
  - on: {kind: event, events: [Order Cancelled]}
steps:
  - {id: a_day, kind: wait, for: 1d}
  - {id: hello, kind: send, template: thank_you}
  - {id: a_week, kind: wait, for: 7d}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield (made := Shop())
    assert made
    clock.use(None)


def confirm(page: Page) -> None:
    page.wait("document.getElementById('confirm').open")
    page.run("document.querySelector('#confirm .strong').click()")


def switch(page: Page, state: str) -> None:
    each = "[...document.querySelectorAll('.switch button')].find((each) => each.innerText"
    page.run(f"{each}.toLowerCase() === '{state}').click()")


def is_switched(state: str) -> str:
    return f"document.querySelector('.switch [aria-pressed=true]').innerText.toLowerCase() === '{state}'"


def press_beginning(page: Page, button: str) -> None:
    page.run(
        f"[...document.querySelectorAll('main button')].find((each) => each.innerText.startsWith('{button}')).click()"
    )


def test_a_fresh_shop_has_the_shipped_journeys_as_drafts_with_a_checklist(page: Page, base: str) -> None:
    page.open(f"{base}#/journeys")
    page.wait_for("Drafts")
    assert page.run("[...document.querySelectorAll('main h2')].every((each) => each.innerText !== 'Live')")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'Abandoned cart').click()")
    page.wait_for("Cart reminder")
    assert page.run("document.querySelectorAll('.node.send').length") == 3
    assert "Somebody has changed a cart" in page.text()
    assert "At least 1 day after they began another journey of the group cart." in page.text()
    assert page.run(is_switched("draft"))
    assert "before you switch it on" in page.text().lower()


def begin(page: Page, base: str, name: str) -> None:
    """A draft of that name, in its editor."""
    page.open(f"{base}#/new-journey")
    page.wait_for("Name, as your team sees it")
    write(page, "input[name=name]", name)
    press(page, "Go on")
    page.wait("location.hash.endsWith('/edit')")
    page.wait_for("Nothing is wrong with it.")


def test_what_is_wrong_stands_beside_its_line(page: Page, base: str) -> None:
    begin(page, base, "Wrong")
    text = GREETING.replace("id: greeting", "id: wrong")
    write_code(page, text.replace("7d", "7 potatoes"))
    page.wait_for("One thing has to be fixed before it can be published.")
    page.wait("document.querySelector('.coded').shadowRoot.querySelector('.cm-wrong') !== null")
    page.run("document.querySelector('#definition-problems button').click()")
    assert "7 potatoes" in page.run("document.querySelector('.coded').shadowRoot.getSelection().toString()")
    write_code(page, text.replace("id: a_week", "id: a_day"))
    page.wait("document.querySelector('#definition-problems').innerText.includes('a_day')")
    page.complaints.clear()


def test_without_the_editor_of_code_a_text_area_does(page: Page, base: str) -> None:
    page.call("Network.enable")
    page.call("Network.setCacheDisabled", cacheDisabled=True)
    page.call("Network.setBlockedURLs", urls=["*codemirror.js"])
    begin(page, base, "Plain")
    assert page.run(f"{CODE} == null && !document.querySelector('#definition').hidden")
    write(page, "#definition", GREETING.replace("id: greeting", "id: plain").replace("7d", "7 potatoes"))
    page.wait("document.querySelector('.lines ol .wrong') !== null")
    page.run("document.querySelector('#definition-problems button').click()")
    assert "7 potatoes" in page.run("getSelection().toString()")
    page.call("Network.setBlockedURLs", urls=[])
    page.call("Network.setCacheDisabled", cacheDisabled=False)
    page.call("Network.disable")
    page.complaints.clear()


SERIES = """# Ours.
id: series
name: A series
sentence: Two emails.
trigger: {kind: event, events: [Order Completed]}
entry: {again: 30d}
steps:
  - {id: hello, kind: send, template: thank_you}
  # A pause.
  - {id: a_week, kind: wait, for: 7d}
  - {id: again, kind: send, template: thank_you}
"""


def card(page: Page, name: str) -> None:
    page.run(f"[...document.querySelectorAll('.node .name')].find((each) => each.innerText === '{name}').click()")
    page.wait_for("Remove")


def choose(page: Page, label: str, value: str) -> None:
    script = f"""(() => {{ const select = document.querySelector('[aria-label="{label}"]');
        const chosen = [...select.options].find((each) => [each.value, each.text].includes({value!r}));
        select.value = chosen.value; select.dispatchEvent(new Event('change', {{ bubbles: true }})); }})()"""
    page.run(script)


WRITTEN = "document.querySelector('#definition').value"


def test_a_journey_is_changed_by_form_and_as_text_and_both_say_the_same(page: Page, base: str) -> None:
    begin(page, base, "Series")
    write_code(page, SERIES)
    page.wait("[...document.querySelectorAll('.node .name')].some((each) => each.innerText === 'A week')")
    card(page, "A week")
    page.wait("document.querySelector('[aria-label=\"For\"]') !== null")
    page.run("document.querySelector('input[aria-label=\"For\"]').select()")
    page.call("Input.insertText", text="9")
    page.wait(f"{WRITTEN}.includes('for: 9d')")
    assert page.run(WRITTEN) == SERIES.replace("7d", "9d"), "the comments and all else as it was"
    choose(page, "Add a step after it", "wait_for")
    page.wait(f"{WRITTEN}.includes('id: wait_for')")
    page.wait_for("Until one of these happens")
    choose(page, "Move it to", "after Hello")
    page.wait(f"{WRITTEN}.indexOf('id: wait_for') < {WRITTEN}.indexOf('id: a_week')")
    press_beginning(page, "Remove")
    confirm(page)
    page.wait(f"!{WRITTEN}.includes('wait_for')")
    press(page, "Undo")
    page.wait(f"{WRITTEN}.includes('id: wait_for')")
    # What is wrong with a step is said at its card and in its form…
    write_code(page, SERIES.replace("again, kind: send, template: thank_you", "again, kind: send"))
    page.wait("document.querySelector('.node .tag.bad') !== null")
    card(page, "Again")
    page.wait("document.querySelector('.chosen .bad')?.innerText.includes('no template again')")
    # …and mended there, with the keys alone.
    page.wait("document.querySelector('.chosen input[aria-label=\"Which email\"]') !== null")
    page.run("document.querySelector('.chosen input[aria-label=\"Which email\"]').focus()")
    page.call("Input.insertText", text="thank_you")
    page.press("Enter", 13)
    page.wait(f"{WRITTEN} === {SERIES!r}")
    page.wait_for("Nothing is wrong with it.")


def test_a_branch_s_condition_is_written_in_rows(page: Page, base: str) -> None:
    begin(page, base, "Branching")
    write_code(page, SERIES.replace("id: series", "id: branching"))
    page.wait("[...document.querySelectorAll('.node .name')].some((each) => each.innerText === 'Hello')")
    card(page, "Hello")
    choose(page, "Add a step after it", "branch")
    page.wait_for("The first of these that is true")
    assert "{kind: orders, at_least: 1, within: 30d}" in page.run(WRITTEN)
    page.wait("document.querySelector('.chosen input[aria-label^=\"Orders\"]') !== null")
    page.run("document.querySelector('.chosen input[aria-label^=\"Orders\"]').select()")
    page.call("Input.insertText", text="2")
    page.wait(f"{WRITTEN}.includes('at_least: 2')")
    page.wait_for("Nothing is wrong with it.")


def test_a_journey_goes_from_a_text_to_people_on_their_way(page: Page, base: str, shop: Shop) -> None:
    begin(page, base, "Greeting")
    write_code(page, GREETING)
    page.wait("document.body.innerText.includes('Saved ')")
    assert page.run("location.hash") == "#/journeys/greeting/edit"
    page.wait_for("Nothing is wrong with it.")
    press_beginning(page, "Publish")
    page.wait("document.querySelector('dialog.wide')?.open")
    page.run("document.querySelector('dialog.wide .strong').click()")
    page.wait_for("waiting now")
    assert page.run(is_switched("live"))

    with shop.system.world.lock:
        shop.customer(1, orders=1)
    passes(shop, HOUR)
    page.open("about:blank")
    page.open(f"{base}#/journeys/greeting")
    page.wait_for("1 waiting")
    assert "1 started = 1 under way" in page.text()
    page.run("document.querySelector('.node.wait .numbers a').click()")
    page.wait_for("People who are waiting, at the step “A day”")
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'How it goes').click()")
    page.wait_for("How it went")
    assert "At A day since" in page.text()
    passes(shop, DAY)
    page.open("about:blank")
    page.open(f"{base}#/journeys/greeting")
    page.wait_for("1 sent")


def test_it_is_paused_and_its_steps_are_reviewed_by_a_switch(page: Page, base: str) -> None:
    page.open(f"{base}#/journeys/greeting")
    page.wait_for("waiting now")
    switch(page, "paused")
    confirm(page)
    page.wait(is_switched("paused"))
    page.wait_for("Paused by")
    page.run("[...document.querySelectorAll('.name')].find((each) => each.innerText === 'Hello').click()")
    page.wait_for("Emails go out when contacts come here.")
    switch(page, "review")
    page.wait_for("Each email is prepared and held until you let it go.")


def test_an_edit_says_who_is_under_way_and_what_becomes_of_them(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/journeys/greeting/edit")
    page.wait_for("Nothing is wrong with it.")
    write_code(
        page,
        GREETING.replace("  - {id: a_week, kind: wait, for: 7d}\n", "  - {id: ten_days, kind: wait, for: 10d}\n"),
    )
    page.wait_for("Nothing is wrong with it.")
    page.wait_for("Saved ")
    press_beginning(page, "Publish")
    page.wait_for("1 person is under way")
    page.wait("document.querySelector('dialog .difference') !== null")
    assert "- {id: ten_days, kind: wait, for: 10d}" in page.run(
        "document.querySelector('dialog .difference').innerText"
    )
    assert "1 waits at a step that is gone: A week (1)" in page.text()
    page.run("document.querySelector('dialog.wide input[value=move]').click()")
    page.run("document.querySelector('dialog.wide .strong').click()")
    page.wait("!document.querySelector('dialog.wide input[value=move]')")  # a job moves them, or it is done
    passes(shop, 5 * MINUTE)


LIT = "document.querySelector('.node.lit strong')?.innerText"


def test_a_journey_is_played_by_a_slider_of_days(page: Page, base: str) -> None:
    page.open(f"{base}#/journeys/greeting/play")
    page.wait("document.querySelector('#day') !== null")
    page.wait(f"{LIT} === 'A day'")
    page.run("document.querySelector('#day').focus()")
    for _ in range(2):  # by the keys: a day each
        page.press("ArrowRight", 39)
    page.wait(f"{LIT} !== 'A day'")
    assert "day 2" in page.run("document.querySelector('#day').getAttribute('aria-valuetext')")
    assert "Hello: the email goes out." in page.text()
    page.run("document.querySelector('.timeline details summary').click()")
    page.wait("document.querySelector('.timeline iframe')?.contentDocument.body.innerText.includes('Thank you')")
    press(page, "← Before")
    page.wait(f"{LIT} === 'Hello'")
    page.run("document.querySelector('#day').value = 60")
    page.run("document.querySelector('#day').dispatchEvent(new Event('input', { bubbles: true }))")
    page.wait("document.querySelector('.node.lit') === null")
    assert "Went all the way." in page.text()
    # Of another person, found by a part of their name.
    page.run("document.querySelector('[aria-label=\"For whom\"]').focus()")
    page.call("Input.insertText", text="ada")
    page.wait("[...document.querySelectorAll('[role=option]')].some((each) => each.innerText.includes('Ada'))")
    page.press("ArrowDown", 40)
    page.press("Enter", 13)
    page.wait_for("Ada")


def test_a_simulation_is_played_and_kept(page: Page, base: str) -> None:
    page.open(f"{base}#/journeys/greeting/simulate")
    page.wait_for("What if?")
    press(page, "Simulate")
    page.wait_for("Each step")
    page.open("about:blank")
    page.open(f"{base}#/journeys/greeting/simulate")
    page.wait_for("Each step")


@pytest.mark.parametrize("dark", [False, True])
def test_nothing_is_wider_than_a_small_telephone_and_all_text_stands_out(page: Page, base: str, dark: bool) -> None:
    page.size(320)
    page.dark(dark)
    for place, last in (
        ("#/journeys", "Drafts"),
        ("#/journeys/onboarding", "Starts"),
        ("#/journeys/onboarding/edit", "Definition"),
        ("#/journeys/onboarding/simulate", "What if?"),
        ("#/journeys/onboarding/play", "to come"),
        ("#/journeys/greeting/people", "People"),
    ):
        page.open("about:blank")
        page.open(base + place)
        page.wait_for(last)
        page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        assert page.run("document.documentElement.scrollWidth") == 320, place
        assert page.run(FAINT) == []


def test_one_email_that_is_held_is_let_go(page: Page, base: str, shop: Shop) -> None:
    with shop.system.world.lock:
        assert shop.ask("POST", "/journeys/greeting/state", {"state": "live"})[0] == 200
        assert shop.ask("POST", "/journeys/greeting/steps/hello/state", {"state": "review"})[0] == 200
        shop.order(1, 5)
        before = shop.ask("GET", "/journeys/greeting")[1]["steps"]["hello"]["sent"]
    shop.passes(15 * DAY)  # however long its wait is by now
    page.open(f"{base}#/journeys/greeting/people?what=held")
    page.wait_for("Let it go")
    press_beginning(page, "Let it go")
    page.wait_for("let go")
    shop.passes(MINUTE)
    with shop.system.world.lock:
        assert shop.ask("GET", "/journeys/greeting")[1]["steps"]["hello"]["sent"] == before + 1
