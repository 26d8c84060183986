"""The shop's journeys in their table: publications, versions that are never overwritten, drafts, and who has read
which."""

from __future__ import annotations

from typing import Any

import pytest

from shared.adapters import clock, definitions_table, journey_definitions
from shared.adapters.definitions_table import MAX_BYTES, PublishedMeanwhileError, TooLargeError
from shared.domain.events import MINUTE
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Publication, Version, with_journey, with_state, with_step_state
from tests.integration.conftest import NOW

pytestmark = pytest.mark.usefixtures("aws")


def journey(id_: str = "cart", *steps: dict[str, Any], **parts: Any) -> Journey:
    definition = {
        "id": id_,
        "name": "A name",
        "sentence": "A sentence.",
        "trigger": {"kind": "event", "events": ["Cart Updated"]},
        "steps": list(steps or [{"kind": "send", "id": "reminder"}]),
        **parts,
    }
    return Journey.model_validate(definition)


def version(number: int, definition: Journey) -> Version:
    return Version(version=number, journey=definition, published=NOW, by="ada", why="a reason")


def publish(number: int, definition: Journey, **choices: Any) -> Publication:
    made = with_journey(journey_definitions.publication(), version(number, definition), **choices)
    journey_definitions.publish(made, version(number, definition))
    return made


def test_a_fresh_shop_has_no_journeys() -> None:
    assert journey_definitions.journeys() == {}
    assert journey_definitions.publication().number == 0


def test_what_is_published_is_read_back_with_every_kind_and_value() -> None:
    steps = (
        {"kind": "update", "id": "tidy", "traits": {"stage": None, "tier": "gold"}},
        {"kind": "wait", "id": "pause", "for": "2d"},
        {"kind": "send", "id": "reminder"},
    )
    exits = [{"on": {"kind": "event", "events": ["Order Completed"]}, "goal": True}]
    made = publish(1, journey("cart", *steps, exits=exits), state="paused")
    journey_definitions.forget()
    assert journey_definitions.publication() == made
    assert journey_definitions.journeys()["cart"].state == "paused"
    assert journey_definitions.version("cart", 1) == made.journeys["cart"].journey


def test_runs_of_an_earlier_version_find_theirs_and_no_version_is_overwritten() -> None:
    first, second = journey(sentence="The first."), journey(sentence="The second.")
    publish(1, first)
    publish(2, second)
    assert journey_definitions.version("cart", 1) == first
    assert [each.version for each in journey_definitions.versions_of("cart")] == [2, 1]
    held = journey_definitions.publication()
    with pytest.raises(PublishedMeanwhileError, match="a version 2 of journey#cart"):
        journey_definitions.publish(with_journey(held, version(2, first)), version(2, first))
    assert journey_definitions.publication() == held, "neither is stored"
    with pytest.raises(LookupError, match="no version 3 of the journey cart"):
        journey_definitions.version("cart", 3)


def test_of_two_who_publish_at_once_one_is_told() -> None:
    held = journey_definitions.publication()
    publish(1, journey("cart"))
    with pytest.raises(PublishedMeanwhileError):
        journey_definitions.publish(with_journey(held, version(1, journey("visit"))), version(1, journey("visit")))
    assert set(journey_definitions.journeys()) == {"cart"}
    assert not list(journey_definitions.versions_of("visit")), "its version came with the publication or not at all"


def test_what_is_published_elsewhere_is_known_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    before = journey_definitions.journeys()
    held = journey_definitions._publications._read
    publish(1, journey())
    journey_definitions._publications._read = held
    assert journey_definitions.journeys() is before, "nothing is read again within a minute"
    assert "cart" in journey_definitions.journeys(at_least=1), "who was told of it does not wait"
    journey_definitions._publications._read = held
    monkeypatch.setattr(clock, "now", lambda: NOW + MINUTE)
    monkeypatch.setattr(definitions_table, "now", lambda: NOW + MINUTE)
    assert "cart" in (after := journey_definitions.journeys())
    monkeypatch.setattr(definitions_table, "now", lambda: NOW + 2 * MINUTE)
    assert journey_definitions.journeys() is after, "what has not changed is the same object"
    with pytest.raises(LookupError, match="publication 2"):
        journey_definitions.journeys(at_least=2)


def test_a_state_is_a_publication_with_who_and_why() -> None:
    publish(1, journey("cart", {"kind": "send", "id": "reminder"}, {"kind": "send", "id": "second"}))
    paused = with_state(journey_definitions.publication(), "cart", "paused", NOW, "grace")
    journey_definitions.publish(paused)
    journey_definitions.publish(with_step_state(paused, "cart", "second", "review", NOW, "grace"))
    newest = journey_definitions.publication()
    assert (newest.number, newest.by, newest.why) == (3, "grace", "second of cart: review")
    assert (newest.journeys["cart"].state, newest.journeys["cart"].steps) == ("paused", {"second": "review"})
    assert [each.why for each in journey_definitions.publications()] == [
        "second of cart: review",
        "cart paused",
        "cart published: a reason",
    ]


def test_a_new_version_keeps_the_states_of_the_steps_it_has_and_says_what_becomes_of_runs() -> None:
    publish(1, journey("cart", {"kind": "send", "id": "reminder"}, {"kind": "send", "id": "second"}))
    for step in ("reminder", "second"):
        held = journey_definitions.publication()
        journey_definitions.publish(with_step_state(held, "cart", step, "paused", NOW, "ada"))
    moved = publish(2, journey("cart", {"kind": "send", "id": "second"}), under_way="move").journeys["cart"]
    assert (moved.steps, moved.moved, moved.stopped) == ({"second": "paused"}, 2, 0)
    stopped = publish(3, journey("cart", {"kind": "send", "id": "second"}), under_way="stop").journeys["cart"]
    assert (stopped.moved, stopped.stopped) == (2, 3)
    finished = publish(4, journey("cart", {"kind": "send", "id": "second"})).journeys["cart"]
    assert (finished.moved, finished.stopped) == (2, 3), "those who finish on theirs are not those moved before"


def test_a_draft_is_kept_with_its_text_in_the_place_of_the_one_that_was_seen() -> None:
    kept = journey_definitions.drafts.put("cart", journey(), "id: cart # mine", instead_of=None, by="ada")
    assert journey_definitions.drafts.all() == {"cart": kept}
    with pytest.raises(PublishedMeanwhileError, match="another draft of cart"):
        journey_definitions.drafts.put("cart", journey(), instead_of=None, by="grace")
    newer = journey_definitions.drafts.put("cart", journey(sentence="Another."), instead_of=kept.number, by="grace")
    journey_definitions.drafts.drop("cart", kept.number)
    assert journey_definitions.drafts.all() == {"cart": newer}, "the one that was seen is gone already"
    journey_definitions.drafts.drop("cart", newer.number)
    assert journey_definitions.drafts.all() == {}


def test_too_many_drafts_are_refused_in_words() -> None:
    import random

    text = "".join(
        random.Random(0).choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", k=MAX_BYTES * 2)
    )
    with pytest.raises(TooLargeError, match=r"all drafts together take \d+ KB when compressed, and 390 KB fit"):
        journey_definitions.drafts.put("cart", journey(), text, instead_of=None, by="ada")
