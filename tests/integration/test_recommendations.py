"""What is recommended: counted by a night, stored in chunks, as a whole or not at all, and shown in emails."""

from __future__ import annotations

import random
from typing import Any

import pytest

from infra.local.shop import storefront
from shared.adapters import goods, insight, recommendations
from shared.adapters.clients import client
from shared.adapters.definitions_table import items
from shared.domain.contents import Front
from shared.domain.events import DAY, HOUR, MINUTE
from shared.domain.profiles import Profile
from shared.domain.recommendations import NOTHING, Again, Asked, Goes, Recommendations
from tests.integration.conftest import NOW
from tests.integration.shop import Shop

ASKED = Asked(("p1", "p2", "none"), ("", "tea", "nothing"))


def lists(at: int, products: int = 3) -> Recommendations:
    goes = {f"p{n}": [Goes(f"p{(n + m) % products}", 900 - m) for m in range(1, 3)] for n in range(products)}
    return Recommendations(
        at,
        {"": ["p1", "p2"], "tea": ["p2"], "cups": ["p1"]},
        goes,
        {"p2": Again(30, 500), "once": Again(9)},
        better=True,
    )


def known(at: int) -> Recommendations:
    recommendations.forget()
    return recommendations.known(ASKED, at)


@pytest.mark.usefixtures("aws")
def test_only_what_is_asked_for_is_read_and_all_of_it() -> None:
    recommendations.record(lists(NOW))
    found = known(NOW)
    assert found.by_category == {"": ["p1", "p2"], "tea": ["p2"]}
    assert found.by_product == {"p1": [Goes("p2", 899), Goes("p0", 898)], "p2": [Goes("p0", 899), Goes("p1", 898)]}
    assert (found.again, found.at, found.better) == ({"p2": Again(30, 500)}, NOW, True)


@pytest.mark.usefixtures("aws")
def test_nothing_is_known_before_the_first_night() -> None:
    assert known(NOW) == NOTHING
    assert recommendations.counted_at(NOW) is None


@pytest.mark.usefixtures("aws")
def test_the_next_night_takes_the_place_of_the_last_and_leaves_nothing_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recommendations, "NAMES_A_CHUNK", 2)
    for night in range(4):
        recommendations.record(lists(NOW + night * DAY, products=40 - 10 * night))
        assert known(NOW + night * DAY).at == NOW + night * DAY
    assert [len(list(items(f"recommended#{half}"))) for half in (0, 1)] == [
        12,
        7,
    ]  # two of the categories, the products, and what is bought once
    assert recommendations.counted_at(NOW + 3 * DAY) == NOW + 3 * DAY


@pytest.mark.usefixtures("aws")
def test_a_night_that_is_broken_off_leaves_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    recommendations.record(lists(NOW))
    put = client("dynamodb").put_item

    def fail(**_: Any) -> Any:
        raise RuntimeError

    monkeypatch.setattr(client("dynamodb"), "put_item", fail)
    with pytest.raises(RuntimeError):
        recommendations.record(Recommendations(NOW + DAY, {"": ["p9"]}))
    assert known(NOW + DAY).by_category[""] == ["p1", "p2"]
    monkeypatch.setattr(client("dynamodb"), "put_item", put)
    for _ in range(2):  # done again, and once more
        recommendations.record(Recommendations(NOW + DAY, {"": ["p9"]}))
        assert known(NOW + DAY) == Recommendations(NOW + DAY, {"": ["p9"]})


@pytest.mark.usefixtures("aws")
def test_it_is_read_once_an_hour() -> None:
    recommendations.record(lists(NOW))
    assert recommendations.known(ASKED, NOW).at == NOW
    client("dynamodb").delete_item(
        TableName=recommendations.table(), Key={"id": {"S": "recommended"}, "version": {"N": "0"}}
    )
    assert recommendations.known(ASKED, NOW + HOUR - 1).at == NOW
    assert recommendations.known(ASKED, NOW + HOUR) == NOTHING


@pytest.mark.usefixtures("aws")
def test_a_hundred_thousand_products_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ids of thirteen digits, as storefronts have them, and twenty that go with each."""
    draw = random.Random(1)
    ids = [str(draw.randrange(10**12, 10**13)) for _ in range(5_000)]
    goes = {each: [Goes(other, draw.randint(1, 999)) for other in draw.sample(ids, 20)] for each in ids}
    several = recommendations._chunked(Recommendations(NOW, {}, goes))
    assert len(several) == 50  # of a hundred thousand, a thousand
    assert max(map(len, several)) < 60_000


# ── a night on the local run ──


def recommended_to(shop: Shop, profile: Profile) -> list[str]:
    front = Front("https://shop.example.com", "GBP")
    told = goods.goods({"recommended"}, profile, {}, front, shop.now())["recommended"]["products"]
    return [f"{each['title']} {each['price']} {each['reason']}" for each in told]


def test_a_night_counts_what_is_bought_and_emails_recommend_what_can_be_bought_of_it_now() -> None:
    shop = Shop()
    candle = storefront.product(shop.now(), 7, "24.50")
    candle.body["image"] = {"src": "https://cdn.example.com/candle.jpg"}
    storefront.post(shop.system, candle)
    for number in range(4):
        shop.customer(number, orders=number < 3)
    shop.passes(DAY)

    found = recommendations.known(Asked((), ("", "candles", "toys")), shop.now())
    assert found.by_category == {"": ["632910392"], "candles": ["632910392"]}
    assert not found.better
    several = shop.profiles()
    shown = sorted(recommended_to(shop, profile) for profile in several)
    assert shown == [[], [], [], ["Vanilla scented candle £24.50 popular"]]  # who bought it is not told of it

    told = [shop.ask("GET", f"/contacts/{profile.contact}/recommendations")[1] for profile in several]
    assert [each["as_of"] for each in told] == [found.at] * 4
    assert sorted(len(each["recommended"]) for each in told) == [0, 0, 0, 1]
    assert sorted(each["sentence"] for one in told for each in one["recommended"] + one["left_out"]) == [
        "Many bought it lately.",
        *["They bought it lately."] * 3,
    ]
    results = insight.stored()
    assert results is not None
    assert results["recommendations"]["validation"]["verdict"] == "too few data"

    sold_out = storefront.product(shop.now(), 0, "24.50")
    sold_out.body["image"] = candle.body["image"]
    storefront.post(shop.system, sold_out)
    shop.passes(2 * MINUTE)
    assert [recommended_to(shop, profile) for profile in several] == [[]] * 4
    (left,) = [
        each["left_out"]
        for profile in several
        for each in shop.ask("GET", f"/contacts/{profile.contact}/recommendations")[1]["left_out"]
        if each["left_out"] != "bought"
    ]
    assert left == "not_on_sale"


def test_what_the_shop_picked_is_recommended_where_nothing_is_known_and_to_nobody_else_first() -> None:
    shop = Shop()
    candle = storefront.product(shop.now(), 7, "24.50")
    candle.body["image"] = {"src": "https://cdn.example.com/candle.jpg"}
    storefront.post(shop.system, candle)
    shop.customer(0)
    shop.passes(2 * MINUTE)
    (profile,) = shop.profiles()
    assert recommended_to(shop, profile) == []
    _, saved = shop.ask("GET", "/settings")
    changed = {**saved["settings"], "picked_products": ["632910392", "gone"]}
    assert shop.ask("PUT", "/settings", changed, **{"if-match": saved["etag"]})[0] == 200
    shop.passes(2 * MINUTE)
    assert recommended_to(shop, profile) == ["Vanilla scented candle £24.50 picked"]
    _, told = shop.ask("GET", f"/contacts/{profile.contact}/recommendations")
    assert (told["as_of"], [each["sentence"] for each in told["recommended"]]) == (
        None,
        ["The shop picked it by hand."],
    )
    assert [(each["id"], each["left_out"]) for each in told["left_out"]] == [("gone", "not_on_sale")]
