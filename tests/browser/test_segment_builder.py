"""The builder of segments in a real browser, over the whole local run, by a person's clicks and keys alone."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from infra.local import launching
from infra.local.shop import storefront
from shared.adapters import clock, definitions
from shared.domain.events import DAY, HOUR, MINUTE
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_admin_page import FAINT
from tests.integration import sdks
from tests.integration.shop import Shop
from tests.unit.any_condition import CONDITION, trees

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

GERMANS = (1, 2, 3)
SENTENCE = "placed at least 2 orders in the last 90 days, lives in Germany (DE), and has not clicked a link in an email"
WHO = {
    "kind": "all",
    "of": [
        {"kind": "orders", "at_least": 2, "within": "90d"},
        {"kind": "trait", "trait": "country", "value": "DE"},
        {"kind": "event", "event": "Email Clicked", "at_most": 0, "within": "30d"},
    ],
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Of the customers, those with an odd number have ordered twice, and the first few live in Germany."""
    made = Shop(launching.FIRST)
    for number in range(1, 8):
        signed_up = storefront.sign_up(number, "Ada", made.now())
        if number in GERMANS:
            address = {**signed_up.body["default_address"], "country_code": "DE", "country": "Germany"}
            signed_up.body["default_address"] = address
        made.customers[number] = signed_up.body
        storefront.post(made.system, signed_up)
        for each in range(1 + number % 2):
            made.order(number, each)
        made.passes(DAY + HOUR)
    yield made
    clock.use(None)


def click(page: Page, selector: str, text: str | None = None) -> None:
    """With the mouse, in the middle of what can be seen of it."""
    script = f"""(() => {{
        const found = [...document.querySelectorAll({json.dumps(selector)})]
            .find((each) => {json.dumps(text)} === null || each.innerText.trim() === {json.dumps(text)});
        found.scrollIntoView({{ block: "center" }});
        const {{ x, y, width, height }} = found.getBoundingClientRect();
        return [x + width / 2, y + height / 2];
    }})()"""
    x, y = page.run(script)
    for type_ in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=type_, x=x, y=y, button="left", clickCount=1)


KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "ArrowDown": (40, ""), "Escape": (27, ""), "Space": (32, " ")}


def press(page: Page, key: str, times: int = 1) -> None:
    code, text = KEYS[key]
    for _ in range(times):
        page.press(" " if key == "Space" else key, code, text)


def back(page: Page) -> None:
    for type_ in ("keyDown", "keyUp"):
        page.call("Input.dispatchKeyEvent", type=type_, key="Tab", code="Tab", windowsVirtualKeyCode=9, modifiers=8)


def write(page: Page, text: str) -> None:
    page.call("Input.insertText", text=text)


def focused(page: Page) -> str:
    return str(page.run("document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"))


def tab_to(page: Page, label: str) -> None:
    """On with the key that goes on, until it is there."""
    for _ in range(40):
        if focused(page) == label:
            return
        press(page, "Tab")
    raise AssertionError(f"no way to {label}: at {focused(page)}")


def condition(page: Page, typed: str) -> None:
    page.wait("document.activeElement.getAttribute('role') === 'combobox'")
    write(page, typed)
    page.wait(f"document.querySelector('.options [role=option]')?.innerText.toLowerCase().includes('{typed}')")
    press(page, "Enter")
    page.wait("document.activeElement.closest('.field')")


def choose(page: Page, label: str, letters: str) -> None:
    """In a list that is focused, by its first letters."""
    assert focused(page) == label
    for letter in letters:
        page.press(letter, ord(letter.upper()), letter)


def segment(shop: Shop, id_: str) -> Any:
    return shop.ask("GET", f"/segments/{id_}")[1]


def open_(page: Page, base: str, place: str, text: str, *, kept: bool = False) -> None:
    """`kept`: with what was not saved before."""
    if not kept:
        page.open(f"{base}#/")
        page.wait_for("Segments")
        page.run("sessionStorage.clear()")
    page.open("about:blank")
    page.open(base + place)
    page.wait_for(text)


def test_a_sentence_is_built_by_clicks_and_keys_in_under_a_minute(page: Page, base: str, shop: Shop) -> None:
    begun = time.monotonic()
    open_(page, base, "#/segments", "Segments")
    click(page, "main a", "New segment")
    page.wait_for("People who match")
    click(page, "#segment-name")
    write(page, "Regulars in Germany")
    click(page, ".beginning input")
    write(page, "ordered")
    page.wait("document.querySelector('.options [role=option]')?.innerText.toLowerCase().includes('order')")
    click(page, ".options [role=option]")
    page.wait_for("placed an order in the last 90 days")
    click(page, ".row .num")
    page.run("document.activeElement.select()")
    write(page, "2")
    page.wait_for("placed at least 2 orders")
    click(page, "button", "+ Condition")
    condition(page, "germ")
    assert "Germany (DE)" in page.run("[...document.querySelectorAll('.row input')].map((each) => each.value)")
    click(page, "button", "+ Condition")
    condition(page, "clicked")
    choose(page, "An event: how much", "never")
    page.wait_for(SENTENCE)
    page.wait("document.querySelector('.how-many strong').innerText === '2'")
    assert "Exact: everybody was looked at." in page.text()
    assert page.run("document.querySelectorAll('.people details').length") == 2
    why = page.run("[...document.querySelectorAll('.people details')].map((each) => each.textContent).join()")
    assert " Jan 2026, " in why and "2026-" not in why
    page.wait_for("Saved ")
    assert time.monotonic() - begun < 60
    if folder := os.environ.get("PICTURES"):  # PICTURES=docs: the one in docs/admin.md
        page.size(1200, 780)
        page.screenshot(Path(folder) / "builder.png")
    assert json.loads(segment(shop, "regulars_in_germany")["draft"]["text"])["when"] == WHO

    click(page, "button", "Publish …")
    page.wait_for("2 people enter")
    assert "No emails are sent by publishing it." in page.text()
    click(page, "dialog[open] button", "Publish")
    page.wait("location.hash === '#/segments/regulars_in_germany'")
    shop.passes(5 * MINUTE)
    status, told = shop.ask("GET", "/segments/regulars_in_germany/members")
    assert status == 200
    emails = {each["email"] for each in told["members"]}
    assert emails == {shop.customers[number]["email"] for number in (1, 3)}
    made = segment(shop, "regulars_in_germany")
    assert made["sentence"].startswith("Somebody who placed at least 2 orders")


def test_it_is_built_by_the_keyboard_alone(page: Page, base: str, shop: Shop) -> None:
    open_(page, base, "#/new-segment", "People who match")
    condition(page, "ordered")
    choose(page, "Orders: how much", "at l")
    press(page, "Tab")
    write(page, "2")
    tab_to(page, "+ Condition")
    press(page, "Enter")
    condition(page, "germany")
    tab_to(page, "+ Condition")
    press(page, "Space")
    condition(page, "clicked a link")
    choose(page, "An event: how much", "ne")
    page.wait_for(SENTENCE)
    for _ in range(60):
        back(page)
        if page.run("document.activeElement.id") == "segment-name":
            break
    write(page, "By keys")
    press(page, "Tab")
    page.wait_for("Saved ")
    assert json.loads(segment(shop, "by_keys")["draft"]["text"])["when"] == WHO
    assert page.run("location.hash") == "#/segments/by_keys/edit"


def to_the_json(page: Page) -> None:
    """Its module is loaded when it is first asked for."""
    click(page, "button", "JSON")
    page.wait("document.querySelector('#definition')")


def kinds(page: Page) -> list[str]:
    to_the_json(page)
    found = json.loads(page.run("document.querySelector('#definition').value"))["when"]["of"]
    click(page, "button", "Rows")
    page.wait("document.querySelector('.conditions')")
    return [each["kind"] for each in found]


def test_rows_are_moved_by_buttons_keys_and_dragging(page: Page, base: str) -> None:
    open_(page, base, "#/new-segment", "People who match")
    condition(page, "ordered")
    for typed in ("germany", "clicked a link"):
        click(page, "button", "+ Condition")
        condition(page, typed)
    assert kinds(page) == ["orders", "trait", "event"]
    click(page, "[aria-label^='Move down: ']")
    page.wait("document.querySelectorAll('.conditions li')[1].contains(document.activeElement)")
    assert focused(page) == "Move down: Ordered"
    press(page, "Enter")
    page.wait("document.querySelectorAll('.conditions li')[2].contains(document.activeElement)")
    assert focused(page) == "Move up: Ordered"  # it can go down no more
    assert kinds(page) == ["trait", "event", "orders"]
    page.run(
        """(() => { const [first, , last] = document.querySelectorAll('.conditions li'), data = new DataTransfer();
        const told = { bubbles: true, cancelable: true, dataTransfer: data };
        const does = (of, type) => of.dispatchEvent(new DragEvent(type, told));
        does(last.querySelector('.handle'), 'dragstart'); does(first, 'dragover'); does(first, 'drop'); })()"""
    )
    page.wait("document.querySelector('.conditions li .moves [aria-label=\"Move up: Ordered\"]').disabled")
    assert kinds(page) == ["orders", "trait", "event"]
    page.run("sessionStorage.clear()")


GROUPED = {
    "kind": "all",
    "of": [
        {"kind": "orders"},
        {"kind": "any", "of": [{"kind": "trait", "trait": "country", "value": "DE"}, {"kind": "consent"}]},
        {"kind": "not", "of": {"kind": "all", "of": [{"kind": "event", "event": "Email Clicked"}]}},
    ],
}


def grouped(page: Page) -> str:
    """The tree as its kinds: `orders [trait consent] ![event]`."""

    def told(node: Any) -> str:
        if node["kind"] == "not":
            return f"!{told(node['of'])}"
        return f"[{' '.join(map(told, node['of']))}]" if node["kind"] in ("all", "any") else str(node["kind"])

    to_the_json(page)
    found = told(json.loads(page.run("document.querySelector('#definition').value"))["when"])
    click(page, "button", "Rows")
    page.wait("document.querySelector('.conditions')")
    return found[1:-1]


DRAGGED = """(() => {
    const rows = [...document.querySelectorAll('.conditions .row')];
    const [of, onto] = [rows[%d].querySelector('.handle'), %s];
    const told = { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() };
    const does = (at, type) => at.dispatchEvent(new DragEvent(type, told));
    does(of, 'dragstart'); does(onto, 'dragover'); does(onto, 'drop');
})()"""


def test_rows_go_into_groups_and_out_of_them(page: Page, base: str, shop: Shop) -> None:
    body = {"id": "grouped", "name": "Grouped", "sentence": "Grouped.", "when": GROUPED}
    assert shop.ask("POST", "/segments", body)[0] == 201
    open_(page, base, "#/segments/grouped/edit", "Somebody who")
    assert grouped(page) == "orders [trait consent] ![event]"
    page.run("document.querySelector('[aria-label=\"Move down into the group: Ordered\"]').focus()")
    reached = []
    for label in ("", "", " out of the group", " into the group"):
        press(page, "Enter")
        page.wait(f"document.activeElement.getAttribute('aria-label') === 'Move down{label}: Ordered'")
        reached.append(page.run("document.activeElement.closest('.conditions').getAttribute('aria-label')"))
    assert reached == [*["A group of conditions"] * 3, "Conditions"]
    assert grouped(page) == "[trait consent] orders ![event]"
    press_last = "document.querySelector('[aria-label=\"Move down into the group: Ordered\"]')"
    page.run(f"{press_last}.focus()")
    press(page, "Enter")
    page.wait("document.activeElement.getAttribute('aria-label') === 'Move down: Ordered'")
    assert grouped(page) == "[trait consent] ![orders event]"
    page.run(DRAGGED % (2, "rows[3]"))
    page.wait("document.querySelector('[aria-label=\"Move down out of the group: Ordered\"]')")
    assert grouped(page) == "[trait consent] ![event orders]"
    page.run(DRAGGED % (2, "document.querySelector('.conditions .conditions .which')"))
    page.wait(
        'document.querySelector(\'[aria-label="Move up: Ordered"], [aria-label="Move up out of the group: Ordered"]\')'
    )
    assert grouped(page) == "[trait consent event] ![orders]"
    page.run("document.querySelector('[aria-label=\"Move up out of the group: Ordered\"]').click()")
    page.wait("document.querySelectorAll('.conditions .conditions').length === 1")
    assert grouped(page) == "[trait consent event] orders"  # a group that is left empty goes


def test_a_slip_is_said_in_its_row_with_what_was_meant(page: Page, base: str) -> None:
    open_(page, base, "#/new-segment", "People who match")
    page.wait("document.activeElement.getAttribute('role') === 'combobox'")
    write(page, "Order Placed")
    press(page, "ArrowDown")
    press(page, "Enter")
    page.wait_for("did you mean Order Completed?")
    click(page, ".said button", "Use Order Completed")
    page.wait_for("Somebody who ordered in the last 30 days.")
    click(page, "button", "+ Condition")
    condition(page, "country")
    write(page, "Germany")
    press(page, "Enter")
    page.wait_for("lives in Germany (DE)")  # "Germany" is known as DE, so that is what is chosen
    to_the_json(page)
    page.run("document.querySelector('#definition').select()")
    write(page, json.dumps({"name": "x", "when": {"kind": "trait", "trait": "country", "value": "France"}}))
    page.wait_for("did you mean FR?")
    click(page, "button", "Rows")
    click(page, ".said button", "Use FR")
    page.wait_for("lives in France (FR)")


def test_json_that_is_wrong_is_told_beside_its_line_and_nothing_is_lost(page: Page, base: str) -> None:
    open_(page, base, "#/segments/customers/edit", "Somebody who")
    to_the_json(page)
    page.run("document.querySelector('#definition').select()")
    write(page, '{\n "name": "Customers",\n "sentence": "x",\n "when": {\n  "kind": "orders",\n  "within": 90\n }\n}')
    page.wait_for('write "90d"')
    page.complaints.clear()  # of the 400
    assert page.run("document.querySelector('.lines ul li').dataset.line") == "6"
    click(page, "button", "Rows")
    page.wait_for("A row cannot show this")
    assert '"within": 90' in page.run("document.querySelector('.row textarea').value")
    to_the_json(page)
    page.run("document.querySelector('#definition').select()")
    write(page, '{\n "when":\n  {"kind" "orders"}}')
    page.wait_for("This is not valid JSON from here on")
    assert page.run("document.querySelector('.lines ul li').dataset.line") == "3"
    click(page, "button", "Rows")
    page.wait_for("fix line 3 there")
    page.wait_for("Saved ")  # invalid as it is
    open_(page, base, "#/segments/customers/edit", "fix line 3 there")
    click(page, "button", "Drop the draft")
    page.wait("document.getElementById('confirm').open")
    click(page, "#confirm .strong")
    page.wait_for("For everybody at once")


def test_sql_is_there_to_read(page: Page, base: str) -> None:
    open_(page, base, "#/segments/customers/edit", "Somebody who")
    click(page, "button", "SQL")
    page.wait_for("AS in_customers")


def test_two_who_edit_it_lose_neither_text(page: Page, base: str, shop: Shop) -> None:
    body = {"id": "shared", "name": "Ours", "sentence": "Ours.", "when": {"kind": "orders"}}
    etag = shop.ask("POST", "/segments", body)[1]["etag"]
    open_(page, base, "#/segments/shared/edit", "Somebody who")
    theirs = {**body, "when": {"kind": "consent"}}
    assert shop.ask("PUT", "/segments/shared/draft", theirs, **{"if-match": etag})[0] == 200
    click(page, "#segment-name")
    page.run("document.activeElement.select()")
    write(page, "Mine")
    page.wait_for("Somebody else has changed this segment")
    page.complaints.clear()  # of the 412
    told = page.text()
    assert 'consent"' in told and '"name": "Mine"' in told
    click(page, "button", "Keep mine")
    page.wait_for("Saved ")
    assert json.loads(segment(shop, "shared")["draft"]["text"])["name"] == "Mine"
    shop.ask("DELETE", "/segments/shared/draft")


def test_leaving_with_what_is_not_saved_asks(page: Page, base: str) -> None:
    open_(page, base, "#/new-segment", "People who match")
    condition(page, "ordered")
    click(page, "nav a", "Journeys")
    page.wait("document.getElementById('confirm').open")
    click(page, "#confirm button", "Cancel")
    page.wait("location.hash === '#/new-segment'")
    click(page, "nav a", "Journeys")
    page.wait("document.getElementById('confirm').open")
    click(page, "#confirm .strong")
    page.wait("location.hash === '#/journeys'")
    open_(page, base, "#/new-segment", "This text was not saved when you left.", kept=True)
    click(page, "button", "Start over")


# ── whatever the language can say ──

LOSSLESS = """(async () => {
    const { languageOf, fits } = await import("%(assets)s/segment-language.js");
    const { Rows } = await import("%(assets)s/segment-rows.js");
    const { html, render } = await import("%(assets)s/vendor/preact.js");
    const told = await (await fetch("/admin/vocabulary")).json();
    const language = languageOf(told);
    const place = document.createElement("div");
    document.body.append(place);
    const failed = [];
    for (const when of %(trees)s) {
        let changed = null;
        const change = (made) => { changed = made; };
        const shown = { language, when, change, problems: [], hints: [] };
        render(html`<${Rows} ...${shown} />`, place);
        await new Promise((resolve) => requestAnimationFrame(resolve));
        if (changed !== null) failed.push(["changed", when, changed]);
        if (place.querySelector("textarea")) failed.push(["as JSON", when]);
        for (const input of place.querySelectorAll(".row input[type=number]")) {
            changed = null;
            const before = input.value;
            input.value = before; // as it is: whoever types the same changes nothing
            input.dispatchEvent(new Event("input", { bubbles: true }));
            const same = changed === null || %(plain)s(changed) === %(plain)s(when);
            if (!same) failed.push([input.ariaLabel, when, changed]);
        }
        render(null, place);
    }
    place.remove();
    return failed;
})()"""
PLAIN = """((tree) => JSON.stringify(tree, (key, value) => value && typeof value === "object" && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort()) : value))"""


def shown_whole(page: Page, conditions: list[Any]) -> list[Any]:
    """What of these the rows change by being looked at, or cannot show."""
    assets = page.run("document.querySelector('link[rel=stylesheet]').getAttribute('href').replace('/style.css', '')")
    found: list[Any] = page.run(LOSSLESS % {"assets": assets, "trees": json.dumps(conditions), "plain": PLAIN})
    return found


def test_every_shipped_segment_is_shown_in_rows_that_change_nothing(page: Page, base: str) -> None:
    open_(page, base, "#/segments", "Segments")
    shipped = [each.model_dump(mode="json", by_alias=True, exclude_none=True)["when"] for each in definitions.shipped()]
    assert shown_whole(page, shipped) == []


def test_whatever_the_language_can_say_the_rows_can_show(page: Page, base: str) -> None:
    """Made by hypothesis and looked at all together: the browser is asked once."""
    made: list[Any] = []

    @settings(max_examples=80, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(trees(most_leaves=3))
    def make(condition: Any) -> None:
        made.append(CONDITION.dump_python(condition, mode="json", by_alias=True, exclude_none=True))

    make()
    open_(page, base, "#/segments", "Segments")
    assert shown_whole(page, made) == []


NEW_KIND = """(async () => {
    const { languageOf } = await import("%(assets)s/segment-language.js");
    const { Rows } = await import("%(assets)s/segment-rows.js");
    const { html, render } = await import("%(assets)s/vendor/preact.js");
    const language = languageOf(await (await fetch("/admin/vocabulary")).json());
    language.kinds.weather = {
        title: "Weather", properties: {
            kind: { const: "weather" },
            sky: { enum: ["rain", "sun"], title: "sky" },
            degrees: { type: "number", title: "degrees" },
            within: { ...language.kinds.event.properties.within },
            near: { type: "string", format: "segment", title: "near" },
        },
        required: ["sky"],
        "x-row": { family: "Other", shown: ["sky", "degrees", "within", "near"], more: [] },
    };
    const place = document.createElement("div");
    const when = { kind: "weather", sky: "rain", degrees: 3, within: "2d", near: "customers" };
    let made = null;
    const change = (to) => { made = to; };
    const given = { language, when, change, problems: [], hints: [] };
    render(html`<${Rows} ...${given} />`, place);
    const shown = [...place.querySelectorAll(".row input, .row select:not(.add)")].map((each) => each.value);
    const sky = place.querySelector('[aria-label="sky"]');
    sky.value = "sun";
    sky.dispatchEvent(new Event("change", { bubbles: true }));
    render(null, place);
    return { shown, made };
})()"""


def test_a_kind_that_is_new_to_the_language_needs_nothing_new_here(page: Page, base: str) -> None:
    open_(page, base, "#/segments", "Segments")
    assets = page.run("document.querySelector('link[rel=stylesheet]').getAttribute('href').replace('/style.css', '')")
    found = page.run(NEW_KIND % {"assets": assets})
    assert found["shown"] == ["Weather", "rain", "3", "last", "2", "d", "Customers"]
    assert found["made"] == {"kind": "weather", "sky": "sun", "degrees": 3, "within": "2d", "near": "customers"}


# ── everybody can use it ──


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (400, False), (400, True), (1200, True)])
def test_it_fits_a_telephone_stands_out_and_axe_finds_nothing(page: Page, base: str, width: int, dark: bool) -> None:
    page.size(width)
    page.dark(dark)
    open_(page, base, "#/segments/inactive/edit", "By the end of tomorrow")
    assert page.run("document.documentElement.scrollWidth") == width
    assert page.run(FAINT) == []
    click(page, "button", "+ Condition")
    page.wait("document.activeElement.getAttribute('role') === 'combobox'")
    press(page, "ArrowDown", 2)
    page.wait("document.querySelector('.options [aria-selected=true]')")
    page.run((sdks.installed() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    look = """axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.flatMap((each) =>
        each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} (${node.failureSummary})`)))"""
    assert page.run(look) == []
