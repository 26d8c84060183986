"""Every page in an empty shop and with an API that fails: it says so in words, and can be used. Its targets are large
enough and its fields stand out (WCAG 2.2: 2.5.8, 1.4.11), light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.admin import page as admin_page
from shared.adapters import clock
from tests.browser.chromium import EXECUTABLE, Page
from tests.integration.shop import Shop

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

MAIN = Path(admin_page.__file__).parent / "page" / "main.js"
PAGES = re.findall(r"\[/\^(.+)\$/, \(\) => import\(", MAIN.read_text(encoding="utf-8"))
"""What the addresses of every page there is are like."""
SHIPPED = (
    "segments/customers", "segments/customers/edit", "journeys/onboarding", "journeys/onboarding/edit",
    "journeys/onboarding/simulate", "journeys/onboarding/play", "journeys/onboarding/people", "emails/welcome",
    "lead-scores/lead",
)  # fmt: skip
"""An address of each page that is about one thing, where every shop has one."""
NOT_THERE = (
    "contacts/c0000000000000000", "contacts/c0000000000000000/runs/1", "campaigns/none", "campaigns/none/people",
    "campaigns/none/clicks", "journeys/none/clicks/none", "forms/none", "coupons/none", "insight/none/people",
    "experiments/none", "objectives/none",
)  # fmt: skip
"""And of those where an empty shop has none."""

LED_TO = ("reports/people", "reports/flows/people")
"""Pages that a number leads to: of a typed address, without what that number asks for, they may say what is missing."""


def address_of(page: str) -> str:
    """LookupError: it is about one thing, and none of SHIPPED, NOT_THERE and LED_TO has one."""
    plain = page.replace(r"(?:\?(?<query>.*))?", "").replace(r"(?:#\/)?", "").replace("\\/", "/").removeprefix("#/")
    if "(" not in plain:
        return plain
    pattern = page.replace("(?<", "(?P<").replace("\\/", "/")
    for address in (*SHIPPED, *NOT_THERE, *LED_TO):
        if re.fullmatch(pattern, f"#/{address}"):
            return address
    raise LookupError(page)


PLACES = [address_of(page) for page in PAGES]
WITHOUT_API = {"new-journey", "new-email", "new-form", "new-segment", "new-lead-score"}
"""Pages that show what they are for without asking for anything."""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    yield Shop()
    clock.use(None)


SHOWN = "document.querySelector('main h1') && !document.querySelector('main [aria-busy=true]')"
FAILING = """window.fetch = () => Promise.resolve(new Response(
    JSON.stringify({ detail: "it is broken today" }), { status: 500 }))"""


def test_every_page_is_looked_at() -> None:
    assert len(set(PAGES)) == MAIN.read_text(encoding="utf-8").count("$/, () => import(") == len(set(PLACES)) > 40


def go(page: Page, base: str, place: str) -> None:
    page.open("about:blank")
    page.open(f"{base}#/{place}")


SMALL = """[...document.querySelectorAll('a[href], button, input, select, textarea, summary')].filter((each) => {
    const style = getComputedStyle(each);
    if (each.closest('.hidden, .skip') || style.visibility === 'hidden') return false;
    if (each.matches('a') && style.display === 'inline') return false; // within a sentence
    const box = each.matches('[type=checkbox], [type=radio]') ? each.closest('label') : each;
    const { width, height } = box.getBoundingClientRect();
    return width > 0 && height > 0 && (width < 23.5 || height < 23.5);
}).map((each) => each.outerHTML.slice(0, 120))"""

FAINT_BORDERS = """(() => {
    const read = (text) => (text.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number);
    const part = (c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
    const light = (of) => [.2126, .7152, .0722].reduce((sum, by, n) => sum + by * part(of[n] / 255), 0);
    const ground = (each) => {
        for (let at = each; at; at = at.parentElement) {
            const colour = read(getComputedStyle(at).backgroundColor);
            if (colour[3] === undefined || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const contrast = (...two) => {
        const [more, less] = two.map(light).sort((one, other) => other - one);
        return (more + .05) / (less + .05);
    };
    const own = ":not([type=checkbox], [type=radio], [type=file], [type=range], [type=color])";
    return [...document.querySelectorAll(`main input${own}, main select, main textarea`)]
        .filter((each) => each.getBoundingClientRect().width > 0 && !each.matches(".add"))
        .filter((each) => {
            const { borderTopWidth: width, borderTopColor: colour } = getComputedStyle(each);
            return parseFloat(width) === 0 || contrast(read(colour), ground(each.parentElement)) < 3;
        }).map((each) => each.outerHTML.slice(0, 120));
})()"""
"""`.add` is a button in the dress of a list: its words stand out."""


@pytest.mark.parametrize("dark", [False, True])
def test_an_empty_shop_is_shown_and_can_be_used(page: Page, base: str, dark: bool) -> None:
    page.dark(dark)
    found = {}
    for place in PLACES:
        go(page, base, place)
        page.wait(SHOWN)
        assert not re.search(r"undefined|\[object", page.text()), (place, page.text())
        if place in LED_TO:
            page.complaints.clear()  # of a 400
            continue
        assert "That did not work" not in page.text(), place
        if place in NOT_THERE:
            assert "Nothing is here" in page.text(), place
            page.complaints.clear()  # of the 404
        else:
            assert page.run("document.querySelectorAll('main .bad[role=alert]').length") == 0, (place, page.text())
        wrong = [*page.run(SMALL), *page.run(FAINT_BORDERS)]
        if wrong:
            found[place] = wrong
    page.complaints[:] = [each for each in page.complaints if "ERR_NAME_NOT_RESOLVED" not in each]
    assert found == {}


def test_a_page_whose_api_fails_says_so_and_offers_to_try_again(page: Page, base: str) -> None:
    page.open(f"{base}#/keys")
    page.wait(SHOWN)
    page.run(FAILING)
    for place in PLACES:
        if place in WITHOUT_API or place == "keys":
            continue
        page.run("document.querySelector('main h1').dataset.before = ''")
        page.run(f"location.hash = '#/{place}'")
        page.wait("!document.querySelector('main [data-before]')")
        page.wait("document.querySelector('main h1') && document.body.innerText.includes('It is broken today.')")
        page.wait("!document.querySelector('main [aria-busy=true]')")
        text = page.text()
        assert "It is broken today." in text, (place, text)
        buttons = page.run("[...document.querySelectorAll('main button')].map((each) => each.innerText)")
        assert "Try again" in buttons, (place, text)
        assert not re.search(r"undefined|null|\[object", text), (place, text)
    page.complaints.clear()
