"""What somebody writes, from the ticket to the trait and the page, and where none of it is."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from shared.adapters import clock, contacts
from shared.domain.events import DAY, HOUR, MINUTE, Type, iso
from tests.integration.shop import Shop
from tests.integration.test_nothing_personal import everything, stored

TICKET = "The parcel was late and the wobbegong mug arrived broken. I want my money back!"
ODD = "wobbegong"
"""A word that only the contact says."""
UNHAPPY = {"kind": "trait", "trait": "sentiment", "is": "equal", "value": "negative", "fresh": "30d"}


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(logging.StreamHandler, "emit", lambda self, record: lines.append(self.format(record)))
    return lines


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    shop.customer(1)
    shop.passes(MINUTE)
    yield shop
    clock.use(None)


def tells(shop: Shop, event: str, id_: str, properties: Any, ago: int = 0) -> None:
    """The shop's help desk, by the API."""
    told = {"event": event, "id": id_, "at": iso(shop.now() - ago), "properties": properties}
    of = {"email": shop.customers[1]["email"], "interactions": [told]}
    assert shop.ask("PUT", "/contacts", {"contacts": [of]})[0] == 202
    shop.passes(2 * MINUTE)


def traits(shop: Shop) -> dict[str, Any]:
    (profile,) = shop.profiles()
    return {name: stamped.value for name, stamped in profile.traits.items() if name.startswith("sentiment")}


def test_a_ticket_becomes_the_contact_s_sentiment_and_its_text_stays_with_them(shop: Shop, logged: list[str]) -> None:
    shop.publish("unhappy", UNHAPPY)
    tells(shop, "Support Ticket Opened", "t1", {"description": TICKET, "status": "open"})
    (contact,) = (profile.contact for profile in shop.profiles())
    assert traits(shop) == {
        "sentiment": "negative",
        "sentiment.topics": ["delivery", "quality", "returns"],
        "sentiment.intents": ["refund", "complaint"],
    }
    assert shop.members("unhappy") == {contact}
    shop.assert_exact()

    # What the operator sees of it.
    scores = {each["score"]: each for each in shop.ask("GET", f"/contacts/{contact}/scores")[1]["scores"]}
    assert scores["sentiment"]["value"] == "negative"
    assert "It is about delivery" in scores["sentiment"]["reasons"]
    (score,) = (each for each in shop.ask("GET", "/insight")[1]["scores"] if each["score"] == "sentiment")
    assert score["state"] == "told"

    # Later, and told late.
    tells(shop, "Product Reviewed", "r1", {"rating": 5}, ago=DAY)
    assert traits(shop)["sentiment"] == "negative", "an older one takes the place of nothing"
    tells(shop, "Email Replied", "m1", {"body": "Die Lieferung ist da, danke, alles ist gut."})
    assert traits(shop) == {"sentiment": None, "sentiment.topics": ["delivery"], "sentiment.intents": None}
    tells(shop, "Product Reviewed", "r2", {"rating": 9, "best_rating": 10, "review_body": f"{ODD}, {ODD}"})
    assert traits(shop)["sentiment"] == "positive"
    assert shop.members("unhappy") == set()
    shop.assert_exact()

    # The text is with the contact, and nowhere else.
    shop.passes(HOUR)
    told = [each for each in contacts.events(contact) if each.type == Type.SCORED]
    assert len(told) == 4
    assert not any(ODD in each.model_dump_json() for each in told)
    items = [text for _, text in stored(shop.system, "Contacts") if ODD in text]
    assert len(items) == 2
    assert all('"EVENT#' in text for text in items)
    assert [place for place, text in everything(shop.system) if ODD in text.lower()] == []
    assert [line for line in logged if ODD in line.lower()] == []
    rows = [text for place, text in everything(shop.system) if "parquet" in place]
    assert any("Support Ticket Opened" in text and "status=topen" in text for text in rows)

    # It is in their export, and goes with them.
    status, exported = shop.ask("GET", f"/contacts/{contact}/export")
    assert status == 200
    assert TICKET in json.dumps(exported)
    assert shop.ask("DELETE", f"/contacts/{contact}")[0] == 202
    shop.passes(HOUR)
    assert [place for place, text in everything(shop.system) if ODD in text.lower()] == []
    assert [text for _, text in stored(shop.system, "Contacts") if ODD in text.lower() or "negative" in text] == []


def test_the_topics_are_the_shop_s(shop: Shop) -> None:
    _, held = shop.ask("GET", "/settings")
    changed = {**held["settings"], "text_topics": {"mugs": ["mug", "Becher"]}}
    assert shop.ask("PUT", "/settings", changed, **{"if-match": held["etag"]})[0] == 200
    shop.passes(2 * MINUTE)
    tells(shop, "Support Ticket Opened", "t1", {"description": TICKET})
    assert traits(shop)["sentiment.topics"] == ["mugs"]


def test_what_the_website_tells_with_its_public_key_takes_the_place_of_nothing_that_was_sure(shop: Shop) -> None:
    def reviews(id_: str, rating: int) -> str:
        told = {"userId": "u7", "messageId": id_, "event": "Product Reviewed", "properties": {"rating": rating}}
        shop.track("track", told)
        shop.passes(2 * MINUTE)
        (sentiment,) = (each.traits["sentiment"].value for each in shop.profiles() if "sentiment" in each.traits)
        return str(sentiment)

    assert [reviews("m1", 5), reviews("m2", 1)] == ["positive", "negative"]
    told = {"event": "Product Reviewed", "id": "r1", "at": iso(shop.now()), "properties": {"rating": 3}}
    assert shop.ask("PUT", "/contacts", {"contacts": [{"user": "u7", "interactions": [told]}]})[0] == 202
    shop.passes(2 * MINUTE)
    assert reviews("m3", 5) == "neutral"
