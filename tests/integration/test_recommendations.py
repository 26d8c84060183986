"""What is recommended, as it is stored: in chunks, as a whole or not at all; and what an email shows of it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from shared.adapters import recommendations
from shared.adapters.clients import client
from shared.adapters.definitions_table import items
from shared.domain.events import DAY, HOUR
from shared.domain.recommendations import NOTHING, Asked, Goes, Recommendations
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")

ASKED = Asked(("p1", "p2", "none"), ("", "tea", "nothing"))


def lists(at: int, products: int = 3) -> Recommendations:
    goes = {f"p{n}": [Goes(f"p{(n + m) % products}", 900 - m) for m in range(1, 3)] for n in range(products)}
    return Recommendations(at, {"": ["p1", "p2"], "tea": ["p2"], "cups": ["p1"]}, goes, {"p2": 30, "once": 9})


def known(at: int) -> Recommendations:
    recommendations.forget()
    return recommendations.known(ASKED, at)


def test_only_what_is_asked_for_is_read_and_all_of_it() -> None:
    recommendations.record(lists(NOW))
    found = known(NOW)
    assert found.by_category == {"": ["p1", "p2"], "tea": ["p2"]}
    assert found.by_product == {"p1": [Goes("p2", 899), Goes("p0", 898)], "p2": [Goes("p0", 899), Goes("p1", 898)]}
    assert (found.again, found.at) == ({"p2": 30}, NOW)


def test_nothing_is_known_before_the_first_night() -> None:
    assert known(NOW) == NOTHING
    assert recommendations.counted_at(NOW) is None


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


def test_it_is_read_once_an_hour() -> None:
    recommendations.record(lists(NOW))
    assert recommendations.known(ASKED, NOW).at == NOW
    client("dynamodb").delete_item(
        TableName=recommendations.table(), Key={"id": {"S": "recommended"}, "version": {"N": "0"}}
    )
    assert recommendations.known(ASKED, NOW + HOUR - 1).at == NOW
    assert recommendations.known(ASKED, NOW + HOUR) == NOTHING


def test_a_hundred_thousand_products_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """With ids of thirteen digits, as storefronts have them, and twenty that go with each."""
    draw = random.Random(1)
    ids = [str(draw.randrange(10**12, 10**13)) for _ in range(20_000)]
    goes = {each: [Goes(other, draw.randint(1, 999)) for other in draw.sample(ids, 20)] for each in ids}
    several = recommendations._chunked(Recommendations(NOW, {}, goes))
    assert len(several) == 200  # of a hundred thousand, a thousand
    assert max(map(len, several)) < 60_000
