"""The shipped emails in a real browser: nobody is kept from reading them, on a desktop, on a phone, in the dark,
without pictures, in another shop's colours, and whatever is known of whom they are to. `make gallery` keeps what they
look like in docs/emails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters import templates
from shared.domain.settings import Brand, Logo, SocialLink
from shared.domain.templates import lint
from shared.domain.templates.brand import brand_variables
from tests.browser import emails
from tests.browser.chromium import EXECUTABLE, Page, chromium
from tests.browser.gallery import VIEWS, shoot
from tests.integration import sdks
from tests.unit.test_template_blocks import compiled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

LOOK = """axe.run(document, {resultTypes: ["violations"]})
    .then((found) => found.violations.flatMap((each) =>
        each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} (${node.failureSummary})`)))"""
OTHER = Brand(
    logo=Logo(url=f"{emails.SHOP}/pictures/gift.png", alt="The Corner Gift Shop", width=120),
    accent="#f2b705",
    accent_text="#ffffff",
    page="#22223b",
    card="#fffdf7",
    heading="#22223b",
    text="#4a4e69",
    muted="#9a8c98",
    heading_font="sans",
    footer="We give 1% of what we earn to the woods next door.",
    social=(
        SocialLink(name="Instagram", url="https://instagram.com/x"),
        SocialLink(name="TikTok", url="https://x.com"),
    ),
)
ALL_KINDS = ("cart_code", "first_finds", "check_in", "goodbye", "getting_started")
"""Emails with every kind of block between them."""
LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh of Cholmondeley"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    """With axe in its one window, whose document each test puts another email into."""
    with chromium() as page:
        page.open("about:blank")
        page.run((sdks.installed() / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
        yield page


def see(page: Page, html: str, width: int, *, dark: bool = False) -> None:
    page.size(width)
    page.dark(dark)
    emails.show(page, html)
    assert page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


@pytest.mark.parametrize("id_", emails.IDS)
def test_an_email_fits_and_axe_finds_nothing(browser: Page, id_: str) -> None:
    html = emails.rendered(id_, emails.variables()).html
    see(browser, html, 390)
    see(browser, html, 700)
    assert browser.run(LOOK) == []


def test_columns_stand_beside_each_other_and_stack_on_a_phone(browser: Page) -> None:
    def column(name: str) -> dict[str, object]:
        picture = {"kind": "picture", "src": f"{emails.SHOP}/pictures/{name}.png", "alt": name}
        blocks = [picture, {"kind": "heading", "level": 2, "text": name}, {"kind": "text", "text": f"{name} {LONG}"}]
        return {"blocks": [*blocks, {"kind": "button", "text": f"To the {name}", "url": "{{ shop.url }}"}]}

    several = {"kind": "columns", "columns": [column("bags"), column("toys"), column("candles")]}
    made = compiled({"kind": "heading", "text": "Three things"}, several)
    source = templates.Source(made.subject, made.preview, made.html, made.text)
    html = templates.render(templates.parse(source), emails.variables()).html
    places = "[...document.querySelectorAll('h2')].map((each) => each.getBoundingClientRect())"
    for width, beside, dark in ((700, True, False), (390, False, False), (390, False, True), (320, False, True)):
        see(browser, html, width, dark=dark)
        assert browser.run(f"new Set({places}.map((each) => Math.round(each.{'top' if beside else 'left'}))).size") == 1
        assert browser.run(LOOK) == []


@pytest.mark.parametrize("id_", ALL_KINDS)
def test_axe_finds_nothing_in_the_dark(browser: Page, id_: str) -> None:
    see(browser, emails.rendered(id_, emails.variables()).html, 390, dark=True)
    assert browser.run(LOOK) == []


@pytest.mark.parametrize("id_", ALL_KINDS)
def test_an_email_holds_in_other_colours_with_a_logo_long_names_and_many_products(browser: Page, id_: str) -> None:
    many = [emails.product(f"{LONG} no. {n}", None if n % 3 else "bags", "£1,234,567.00", n) for n in range(1, 11)]
    said = emails.variables(OTHER)
    said["contact"] |= {"first_name": LONG, "interest": LONG, "categories": [LONG]}
    for name in ("cart", "order", "viewed", "recommended"):
        said[name] = {**said[name], "products": many}
    said["product"] |= {**many[0], "each": many[:1]}
    html = emails.rendered(id_, said).html
    assert lint.problems(html) == []
    for width, dark in ((390, False), (320, True)):
        see(browser, html, width, dark=dark)
        assert browser.run(LOOK) == []


@pytest.mark.parametrize("id_", ["cart_reminder", "first_finds", "price_drop"])
def test_an_email_says_the_same_where_pictures_are_off(browser: Page, id_: str) -> None:
    """No space is left for what is not there, and nothing is said twice."""
    html = emails.rendered(id_, emails.variables(OTHER)).html
    see(browser, html, 390)
    with_pictures, height = browser.text(), browser.run("document.body.scrollHeight")
    emails.show(browser, re.sub(r'src="[^"]+"', 'src="data:,"', html))
    assert browser.text() == with_pictures
    assert browser.run("document.body.scrollHeight") <= height
    assert OTHER.logo is not None
    assert OTHER.logo.alt in browser.run("[...document.images].map((each) => each.alt).join()")


@pytest.mark.parametrize("id_", emails.IDS)
def test_an_email_asks_for_its_pictures_and_for_nothing_else(id_: str) -> None:
    html = emails.rendered(id_, emails.variables()).html
    assert re.findall(r"<(?!a\b|img\b)\w+[^>]*\b(?:src|href)=[^>]*>|@import|@font-face|url\(", html) == []


def test_the_gallery_is_made_of_what_is_sent(browser: Page, tmp_path: Path) -> None:
    shots = [shoot(browser, "welcome", *view) for view in VIEWS]
    assert len(set(shots)) == len(VIEWS)
    assert all(shot.startswith(b"RIFF") for shot in shots)


@pytest.mark.parametrize("nothing_known", [False, True])
@pytest.mark.parametrize("brand", [Brand(), OTHER], ids=["as shipped", "another"])
@pytest.mark.parametrize("id_", emails.IDS)
def test_an_email_has_no_problem_in_the_light_and_in_the_dark(id_: str, brand: Brand, nothing_known: bool) -> None:
    said = templates.example(nothing_known=nothing_known) | {"brand": brand_variables(brand)}
    mail = emails.rendered(id_, said)
    assert lint.problems(mail.html) == []
    assert lint.advice(mail.subject, mail.preview, mail.html, mail.text) == []
