"""The page Insight in a real browser: a score is read and used, its people are looked at, and why one has it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import clock, contacts, insight
from shared.domain.events import MINUTE, event_key, iso
from shared.domain.insight.gates import Gate
from shared.domain.insight.written import Group, Taught, WrittenFound
from tests.browser.acting import press
from tests.browser.chromium import EXECUTABLE, Page
from tests.browser.test_accessibility import LOOK, axe  # noqa: F401 - a fixture
from tests.integration import stored_night
from tests.integration.shop import Shop
from tests.integration.test_insight_told import customers, passes_night

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    shop.customer(1, orders=2)
    shop.customer(2, orders=1)
    shop.passes(2 * MINUTE)
    passes_night(shop)
    yield shop
    clock.use(None)


def in_card(page: Page, name: str, what: str) -> str:
    return str(page.run(f"document.querySelector('section[aria-label=\"{name}\"]'){what}"))


def test_a_score_is_read_used_and_leads_to_people_and_to_why(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/insight")
    page.wait_for("Segments worth having")
    card = in_card(page, "Risk of losing them", ".innerText")
    assert "holds here" in card
    assert "80.1 times of 100" in card
    assert in_card(page, "Risk of losing them", ".querySelectorAll('.plot svg[role=img]').length") == "2"
    assert in_card(page, "Risk of losing them", ".querySelectorAll('details table').length") == "3"
    in_card(page, "Risk of losing them", ".querySelector('button.strong').click()")
    page.wait_for("The drafts are there. Nothing is published.")
    links = page.run("[...document.querySelectorAll('.made a')].map((each) => each.hash)")
    assert links == ["#/segments/likely_to_churn", "#/journeys/use_churn/edit"]  # the first one ships
    assert shop.ask("GET", "/journeys/use_churn")[1]["state"] == "draft"
    page.open("about:blank")
    page.open(f"{base}#/insight")
    page.wait_for("Segments worth having")
    in_card(page, "Chance of an order", ".querySelector('.bands a').click()")
    page.wait_for("Chance of an order: high")
    assert "The last order was 12 days ago (+23 points)" in page.text()
    page.run("document.querySelector('main table a').click()")
    page.wait_for("What is likely")
    assert page.run("location.hash").endswith(customers(shop)[0])
    text = page.text()
    assert "81 %" in text
    assert "Usually 31 days between two orders" in text
    assert "overdue by 12 days" in text
    page.run("[...document.querySelectorAll('summary')].find((each) => each.innerText.includes('recommend')).click()")
    page.wait_for("Recommended for them")


def test_a_cell_of_the_grid_leads_to_its_people_and_becomes_a_segment(page: Page, base: str, shop: Shop) -> None:
    page.open(f"{base}#/insight")
    page.wait_for("How recently and how often")
    is_meant = "(each) => each.textContent.includes('ordered often, most lately')"
    page.run(f"[...document.querySelectorAll('.rfm button')].find({is_meant}).click()")
    page.wait_for("46 customers ordered often, most lately")
    press(page, "Make a segment")
    page.wait_for("The drafts are there. Nothing is published.")
    assert shop.ask("GET", "/segments/rfm_r5_f4")[1]["draft"]["problems"] == []
    page.run("[...document.querySelectorAll('main a')].find((each) => each.innerText === 'See who').click()")
    page.wait_for("as of last night")
    assert "Ada" in page.text()


def test_a_small_shop_reads_how_many_are_missing(page: Page, base: str, shop: Shop) -> None:
    before = insight.stored()
    assert before is not None
    insight.record(stored_night.small_night(shop.now()))
    insight.forget()
    try:
        page.open(f"{base}#/insight")
        page.wait_for("63 of 100 customers with an order; nobody has this score yet.")
        # What contacts write is told as it comes, and waits for no number of customers.
        names = "(each) => each.closest('.score').querySelector('h2').innerText"
        assert page.run(f"[...document.querySelectorAll('.score button')].map({names})") == ["Sentiment as it comes"]
        assert page.run("document.querySelectorAll('.plot').length") == 0
    finally:
        insight.record(before)
        insight.forget()


def test_what_contacts_write_is_shown_by_groups_with_examples_from_their_own_partitions(
    page: Page, base: str, shop: Shop
) -> None:
    someone = shop.customers[1]["email"]
    review = {
        "event": "Product Reviewed",
        "id": "r1",
        "at": iso(shop.now()),
        "properties": {"rating": 2, "body": "The parcel came late again"},
    }
    assert shop.ask("PUT", "/contacts", {"contacts": [{"email": someone, "interactions": [review]}]})[0] == 202
    shop.passes(2 * MINUTE)
    (contact,) = (each.contact for each in shop.profiles() if each.email == someone)
    (key,) = (event_key(each) for each in contacts.events(contact) if each.type == "Product Reviewed")
    gate = Gate(need=500, have=120, what="reviews with stars and words")
    group = Group(
        words=("parcel", "late"),
        contacts=12,
        texts=14,
        starred=9,
        unhappy=6,
        examples=((contact, key), ("c9", "EVENT#x")),
    )
    found = WrittenFound(
        as_of=shop.now(),
        felt={"positive": 31, "neutral": 0, "negative": 9},
        taught=Taught(gates=(gate,)),
        groups=(group,),
    )
    insight.record({**(insight.stored() or {}), "written": found.model_dump(mode="json")})
    insight.forget()
    page.open(f"{base}#/insight")
    page.wait_for("Segments worth having")
    page.run(
        "[...document.querySelectorAll('main a')].find((each) => each.innerText === 'what contacts write').click()"
    )
    page.wait_for("What they write about")
    text = page.text()
    assert "not enough: 120 of 500 reviews with stars and words" in text
    assert "14 texts of 12 people; of 9 with stars, 6 have one or two." in text
    assert page.run("[...document.querySelectorAll('blockquote p')].map((each) => each.innerText)") == [
        "The parcel came late again"
    ]
    page.run("document.querySelector('blockquote a').click()")
    page.wait_for("Timeline")
    assert page.run("location.hash") == f"#/contacts/{contact}"


@pytest.mark.parametrize(("dark", "width"), [(False, 1200), (True, 390)])
def test_axe_finds_nothing(page: Page, base: str, shop: Shop, axe: str, dark: bool, width: int) -> None:  # noqa: F811
    page.size(width)
    page.dark(dark)
    for place, last in (
        ("insight", "Segments worth having"),
        ("insight/order/people?band=high", "as of last night"),
        ("insight/written", "What they write about"),
        (f"contacts/{customers(shop)[0]}", "Timeline"),
    ):
        page.open("about:blank")
        page.open(f"{base}#/{place}")
        page.wait_for(last)
        page.run("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        page.run("document.querySelector('.rfm .heat-4 button')?.click()")
        page.wait("!document.querySelector('[aria-busy=true]')")
        page.run(axe)
        assert page.run(LOOK) == [], place
        assert page.run("document.documentElement.scrollWidth <= innerWidth"), place
        # A rule of the page's style that is meant for another `.bar` once left the bars of charts without a height.
        assert page.run("[...document.querySelectorAll('rect.bar')].every((each) => each.getBBox().height > 0)"), place
