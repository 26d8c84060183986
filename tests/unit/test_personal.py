"""What says who somebody is: the words of the traits that name a person, found whole, in every reading of a text."""

from __future__ import annotations

import base64
from itertools import product
from typing import Any

import pytest

from shared.domain.events import Event, OrderState, Type
from shared.domain.lake_rows import row
from shared.domain.personal import in_lake, kind_of, own_words, path, says, text
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, names_a_product, rebuild
from shared.domain.profiles.traits import own_words_of
from shared.domain.properties import kept_properties


def listed(several: str, between: str) -> list[str]:
    return several.split(between)


FIRST_NAMES = listed(
    "Ada Al Amy Ana Andy Angel Ann Art April Ash Ben Beth Bill Bob Bo Cara Carl Cat Chip Clay Dale Dan Dean Dee Don "
    "Ella Eli Fern Gene Grace Guy Ian Ida Iris Ivy Jack Jade Jasmine Jay Joy June Kim Lana Lea Lee Leo Lily Lin Mark "
    "Max May Mia Nat Olive Ola Pat Pearl Penny Rob Robin Rose Ruby Sage Sandy Sky Tom Will",
    " ",
)
CATEGORIES = listed(
    "Leather goods,Asian food,Chocolate,Custom gifts,Jackets,Holiday,Art supplies,Party supplies,Rose wine,Ivy & ferns,"
    "Jade jewellery,Pearl earrings,Olive oil,Sage & thyme,Lily bulbs,Robin feeders,Cat food,Max size,Ruby rings,"
    "Iris bulbs,Jasmine tea,Jack plugs,May sale,Dale sweaters,Sky lanterns,Chip bowls,Clay pots,Grace notes,Bobbins,"
    "Candles,Marketplace,Pattern books,Tomatoes,Learning toys,Diamonds,Robes,Milan shoes,Elastic bands,Danish design,"
    "Bento boxes,Angel wings,April hats",
    ",",
)


def event(type_: str, id_: str = "e", **given: Any) -> Event:
    return Event(**{"id": id_, "type": type_, "time": 1, "received": 1, "source": "shopify", **given})


def order(first: str, category: str) -> Event:
    products = [{"product_id": "632910392", "category": category}]
    return event(
        Type.ORDER_COMPLETED,
        traits={"first_name": first, "last_name": "Xu", "email": f"{first.lower()}.xu@example.com"},
        properties={"order_id": "1", "products": products},
        order=OrderState(id="1", stands=True),
    )


def test_whoever_buys_it_an_order_keeps_the_category_that_the_storefront_tells() -> None:
    for first, category in product(FIRST_NAMES, CATEGORIES):
        told, profile = order(first, category), Profile("c1")
        fold(profile, told)
        assert row("c1", told)["category"] == [category], (first, category)
        assert profile.orders["1"].properties["category"] == [category], (first, category)


def test_a_name_that_is_told_after_the_order_takes_no_category_away_either() -> None:
    named = event(Type.CONTACT_UPDATED, "n", traits={"first_name": "Rose", "last_name": "Clay"})
    bought = order("Rose", "Rose wine").model_copy(update={"traits": {}})
    cart = event(Type.CHECKOUT_STARTED, "c", properties={"products": [{"product_id": 7, "category": "Clay pots"}]})
    for each in ((named, bought, cart), (bought, named, cart), (bought, cart, named)):
        profile = Profile("c1")
        for one in each:
            if names_a_product(profile, one):
                profile = rebuild(profile, [bought, cart], words=own_words(one.traits))
            fold(profile, one)
        assert profile.orders["1"].properties["category"] == ["Rose wine"]
        assert profile.histories[Type.CHECKOUT_STARTED].newest[0].properties["category"] == ["Clay pots"]


def test_of_what_a_website_says_only_whole_words_are_somebodys_name() -> None:
    for first, category in product(FIRST_NAMES, CATEGORIES):
        if first.lower() in category.lower().split():
            continue
        traits = {"first_name": first, "last_name": "Xu"}
        viewed = event(
            Type.PRODUCT_VIEWED,
            source="segment",
            public=True,
            properties={"product_id": "prod-100", "category": category, "path": "/products/true-romance"},
        )
        kept = kept_properties(viewed, own_words(traits))
        assert kept == {"product_id": ["prod-100"], "category": [category], "path": "/products/true-romance"}, first


@pytest.mark.parametrize(
    "traits",
    [
        {"company": {"plan": "pro", "employees": 100, "seats": "products"}},
        {"score": {"tea": 100}, "prefs": {"weekly": True, "romance": "true"}, "plan": "pro"},
        {"plan_name": "products", "product_id": "100", "list_name": "romance", "favorite_category": "true"},
        {"gender": "true", "interest": "products", "android": "romance", "prepaid": "100", "tags": ["products"]},
        {"city": "Products", "country": "TR", "email_frequency": "products", "phone_model": "prod 100"},
        {"street": "100 Romance Lane", "company_name": "True Products Trading Ltd"},
    ],
)
def test_what_names_nobody_takes_nothing_away(traits: dict[str, Any]) -> None:
    for said in ("/products/true-romance", "prod-100", "Profile Completed"):
        assert text(said, own_words(traits), public=True) == said


@pytest.mark.parametrize(
    ("trait", "kind"),
    [
        *(("first_name", "name"), ("lastName", "name"), ("billing_name", "name"), ("name.first", "name")),
        *(("contact.email", "email"), ("phones", "phone"), ("home_phone", "phone"), ("dateOfBirth", "birthday")),
        *(("address.street", "street"), ("address.country", None), ("shippingAddress.line2", "street")),
        *(("postal_code", "postcode"), ("zip", "postcode"), ("company", "company"), ("company.name", "company")),
        *(("company.plan", None), ("company.id", "id"), ("plan", None), ("product_name", None), ("store_id", None)),
        *(
            ("id", "id"),
            ("customerId", "id"),
            ("android", None),
            ("page", None),
            ("username", "name"),
            ("filename", None),
        ),
    ],
)
def test_a_trait_says_who_somebody_is_by_the_words_of_its_name(trait: str, kind: str | None) -> None:
    assert kind_of(trait) == kind
    assert in_lake(trait) == (kind is None)


JUN = {
    "name": "Jürgen O'Brien",
    "email": "j.obrien+tea@example.com",
    "phone": "+49 (170) 555-0100",
    "birthday": "1985-03-09",
    "company": "Winterberg & Söhne GmbH",
    "addresses": [{"street": "Heidestraße 17", "postalCode": "SW1A 1AA", "city": "Köln", "country": "DE"}],
}
SAYS_JUN = [
    *(
        "/u/jurgen",
        "/u/juergen",
        "JÜRGEN",
        "/obrien",
        "O'Brien's list",
        "ju\u0308rgen",
        "/jürgenobrien",
        "JuergenObrien",
    ),
    *("j.obrien", "0170 5550100", "00491705550100", "/t/1705550100", "/born/09.03.1985", "1985/03/09", "19850309"),
    *("Winterberg & Sohne", "winterberg-soehne-gmbh", "/heidestrasse", "heidestr.aße 17 heidestraße", "SW1A1AA"),
    *("/sw1a-1aa", "/stores/koeln/jurgen", "%6A%C3%BCrgen", "&#106;&#252;rgen", r"j\u00fcrgen", "j=C3=BCrgen"),
    *(base64.b64encode("Jürgen".encode()).decode(), base64.urlsafe_b64encode(b"j.obrien+tea@example.com").decode()),
    *("Jürgen".encode().hex(), "4a:75:72:67:65:6e", base64.b32encode(b"juergen").decode(), "xn--jrgen-kva"),
    *("jurgеn", "ϳurgen".replace("ϳ", "ј"), "ＪＵＲＧＥＮ", "𝓳𝓾𝓻𝓰𝓮𝓷"),
    base64.b64encode(b"%6A%C3%BCrgen").decode(),
    base64.b64encode(b"obrien".hex().encode()).decode(),
]


@pytest.mark.parametrize("said", SAYS_JUN)
def test_the_contacts_own_words_are_found_in_every_reading(said: str) -> None:
    own = own_words(JUN)
    assert says(said, own)
    assert text(said, own) is None
    assert "#" in said or path(f"/x/{said}", own) is None


@pytest.mark.parametrize(
    "said",
    ["/burgers", "/stores/koeln", "/tea", "/garden", "obrienne", "1985", "/winter", "170", "straße", "example.com"],
)
def test_what_is_within_a_word_or_names_nobody_by_itself_is_kept(said: str) -> None:
    own = own_words({**JUN, "addresses": [{"street": "Heidestraße 17", "country": "DE"}]})
    assert text(said, own, public=True) == said


@pytest.mark.parametrize(
    "said",
    [
        *(
            "ada@example.org",
            "ada%40example.org",
            "ada＠example.org",
            "ada at example dot com",
            "ada [at] example [dot] org",
        ),
        *("+49 170 5550100", "/tel/+4917055501", "07700 900123", "07700900123", "(555) 123-4567", "555-123-4567"),
        *("12 High Street", "/deliver/12-high-street", "Musterstraße 17", "musterstr. 17a", "12 rue de Rivoli"),
        *("calle Mayor 5", "Birkenweg 5", "send to SW1A 1AA"),
        *(base64.b64encode(b"ada@example.org").decode(), b"ada@example.org".hex(), "YWRhQGV4YW1wbGUub3Jn"),
    ],
)
def test_what_looks_like_somebodys_is_not_kept_whoevers_it_is(said: str) -> None:
    assert text(said, frozenset()) is None
    assert path(said if said.startswith("/") else f"/x/{said}", frozenset()) is None


@pytest.mark.parametrize(
    "said",
    [
        *("/products/7982236991655", "/blog/2026/11/28/sale", "sale-2026-11-28", "2025-2026", "28.11.2026", "40-41-42"),
        *("978-3-16-148410-0", "4006381333931", "012345678905", "off-road 24", "24-off-road", "/price/1000-5000"),
        *(
            "Home & Garden > Kitchen & Dining > Kitchen Tools",
            "Blue Mug",
            "tasse-grün",
            "Gürtel",
            "Σανδάλια",
            "帽子",
            "シャツ",
        ),
        *(
            "/rue",
            "red leather boots size 42",
            "spring_sale|de",
            "Crème brûlée",
            "Quiz Finished",
            "/collections/t-shirts",
        ),
    ],
)
def test_codes_and_what_a_shop_says_are_kept(said: str) -> None:
    assert text(said, frozenset(), public=True) == said


@pytest.mark.parametrize(
    "said",
    [
        *("please call me about my neighbour Bob", "zоe", "раypal", "a\u200bb", "<b>x</b>", "x\ny", "“{name}”"),
        *("9b74c9897bac770ffc029102a200c5de9b74", "x" * 101, "ꓮꓓꓮ", "a;b", "x" * 32),
    ],
)
def test_what_is_no_code_is_not_taken_from_the_public(said: str) -> None:
    assert text(said, frozenset(), public=True) is None


def test_the_order_in_which_names_are_told_changes_nothing() -> None:
    told = [
        event(Type.CONTACT_UPDATED, "1", time=1, received=1, traits={"first_name": "Bo", "last_name": "Li"}),
        event(Type.CONTACT_UPDATED, "2", time=2, received=2, traits={"last_name": "Xu"}),
    ]
    for each in (told, told[::-1]):
        profile = Profile("c1")
        for one in each:
            fold(profile, one)
        assert says("/bo-li", own_words_of(profile))
        assert says("/boxu", own_words_of(profile))
        assert not says("/bo", own_words_of(profile))


def test_the_ids_that_our_emails_are_tagged_with_are_kept_of_whoever_is_called_like_a_part_of_them() -> None:
    told = {"campaign": "may_sale", "journey": "april_welcome", "template": "may_news", "message": "may_sale_c1"}
    notice = Event(id="e", type=Type.EMAIL_SENT, time=1, received=1, source="ses", properties=told)
    assert kept_properties(notice, frozenset({"may", "april"})) == told
    of_the_website = notice.model_copy(update={"type": "Page Viewed", "source": "segment", "public": True})
    assert kept_properties(of_the_website, frozenset({"may", "april"})) == {}
