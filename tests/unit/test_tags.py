"""Tags are a set: told as a whole, or put on and taken off one by one, in whatever order the webhooks come."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import DAY, MINUTE, SECOND, Event, iso
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_TAGS
from shared.domain.profiles.folding import fold
from shared.domain.profiles.stored import dump, load
from shared.domain.properties import fold_case
from shared.domain.sources import shopify

BEGIN = 1_770_000_000_000
RECEIVED = BEGIN + 30 * DAY
HEADERS = {"x-shopify-shop-domain": "made-up-teas.myshopify.com"}


def told(topic: str, body: dict[str, Any], key: str = "k") -> Event:
    (event,) = shopify.events(body, {**HEADERS, "x-shopify-topic": topic, "x-shopify-event-id": key}, RECEIVED)
    return event


def changed(sign: str, tags: list[str], at: int, key: str = "k") -> Event:
    topic = {"+": "customer.tags_added", "-": "customer.tags_removed"}[sign]
    body = {"customerId": "gid://shopify/Customer/7", "tags": tags, "occurredAt": iso(BEGIN + at)}
    return told(topic, body, key)


def whole(tags: list[str], at: int, key: str = "k") -> Event:
    """As API versions until 2024-10 had it."""
    return told("customers/update", {"id": 7, "updated_at": iso(BEGIN + at), "tags": ", ".join(tags)}, key)


def folded(*events: Event) -> Profile:
    profile = Profile("c1")
    for event in events:
        fold(profile, event)
    return profile


def value(profile: Profile, trait: str) -> Any:
    return profile.traits[trait].value if trait in profile.traits else None


def test_tags_that_are_put_on_tell_where_somebody_signed_up_and_what_interests_them() -> None:
    profile = folded(changed("+", ["source:popup", "interest:candles", "VIP"], 0))
    assert set(value(profile, "tags")) == {"source:popup", "interest:candles", "VIP"}
    assert (value(profile, "signup_source"), value(profile, "interest")) == ("popup", "candles")
    assert profile.traits["interest"].time == BEGIN


def test_a_tag_that_is_taken_off_tells_nothing_any_more() -> None:
    on, off = changed("+", ["interest:tea", "vip"], 0), changed("-", ["Interest:Tea"], MINUTE)
    for events in ((on, off), (off, on)):
        profile = folded(*events)
        assert value(profile, "tags") == ["vip"]
        assert value(profile, "interest") is None
        assert load(dump(profile)) == profile


def test_of_two_tags_that_tell_one_trait_the_newer_does() -> None:
    profile = folded(changed("+", ["interest:tea"], MINUTE), changed("+", ["interest:candles"], 0))
    assert value(profile, "interest") == "tea"
    fold(profile, changed("-", ["interest:tea"], 2 * MINUTE))
    assert value(profile, "interest") == "candles"


def test_what_was_told_as_a_whole_is_changed_one_by_one_from_then_on() -> None:
    events = (whole(["vip", "interest:tea"], 0), changed("-", ["vip"], MINUTE), changed("+", ["new"], 2 * MINUTE))
    assert value(folded(*events), "tags") == value(folded(*reversed(events)), "tags") == ["interest:tea", "new"]
    later = whole(["gold"], 3 * MINUTE)
    assert value(folded(*events, later), "tags") == value(folded(later, *events), "tags") == ["gold"]
    assert value(folded(later, *events), "interest") is value(folded(*events, later), "interest") is None


def test_what_it_touches_is_what_changes() -> None:
    profile = folded(changed("+", ["interest:tea"], 0))
    assert fold(profile, changed("-", ["interest:tea"], MINUTE)) >= {"trait:tags", "trait:interest"}
    touched = fold(profile, changed("+", ["interest:tea"], SECOND))
    assert not {each for each in touched if each.startswith(("trait:", "stamp:"))}


def test_a_public_key_puts_no_tags_on() -> None:
    event = changed("+", ["vip"], 0).model_copy(update={"public": True})
    assert folded(event).traits == {}
    event = event.model_copy(update={"properties": {}, "traits": {"tags": ["vip"]}})
    assert folded(event).traits == {}


@pytest.mark.parametrize("tags", [None, "", "one, two", [], [None, 7, ["x"]], {"a": 1}])
def test_odd_tags_are_taken_for_what_they_can_be(tags: Any) -> None:
    body = {"customerId": "gid://shopify/Customer/7", "tags": tags, "occurredAt": iso(BEGIN)}
    profile = folded(told("customer.tags_added", body))
    assert value(profile, "tags") in (None, ["one", "two"])


def test_the_newest_tags_are_remembered_and_the_trait_stays_small() -> None:
    many = [changed("+", [f"tag-{number}-{'x' * 60}"], number, str(number)) for number in range(150)]
    profile, backwards = folded(*many), folded(*reversed(many))
    assert profile.tags == backwards.tags
    assert len(profile.tags) == MAX_TAGS
    assert value(profile, "tags") == value(backwards, "tags")
    assert len(str(value(profile, "tags"))) < 2000


_TAGS = st.lists(
    st.sampled_from(["vip", "VIP", "interest:tea", "interest:candles", "source:popup"]), max_size=3, unique_by=fold_case
)


@given(data=st.data())
def test_any_order_of_any_tellings_gives_what_the_newest_say(data: st.DataObject) -> None:
    tellings = []
    for at in data.draw(st.lists(st.integers(0, 20), max_size=8, unique=True)):
        kind, tags = data.draw(st.sampled_from("+-=")), data.draw(_TAGS)
        tellings.append((at, kind, tags))
    events = [
        whole(tags, at * MINUTE, str(at)) if kind == "=" else changed(kind, tags, at * MINUTE, str(at))
        for at, kind, tags in tellings
    ]
    shuffled = data.draw(st.permutations([*events, *events[:2]]))
    expected: dict[str, str] = {}
    for _, kind, tags in sorted(tellings):
        if kind == "=":
            expected.clear()
        for tag in tags:
            expected.pop(fold_case(tag), None)
            if kind != "-":
                expected[fold_case(tag)] = tag
    profile = folded(*shuffled)
    assert {fold_case(tag): tag for tag in value(profile, "tags") or []} == expected
    interests = [tag.partition(":")[2] for tag in expected.values() if tag.startswith("interest:")]
    assert value(profile, "interest") in (interests or [None])
    assert (value(profile, "signup_source") is not None) == ("source:popup" in expected)
    assert load(dump(profile)) == profile
    in_order = folded(*events)
    assert (in_order.traits, in_order.tags) == (profile.traits, profile.tags)


def test_lists_come_one_by_one_as_tags_do_and_apart_from_them() -> None:
    def put(sign: str, lists: list[str], at: int) -> Event:
        event = changed("+", [], at, key=f"{sign}{at}")
        told = {"lists_added" if sign == "+" else "lists_removed": lists}
        return event.model_copy(update={"source": "journey", "properties": told})

    spring, off = put("+", ["spring", "Tea"], 0), put("-", ["Spring"], MINUTE)
    for events in ((spring, off), (off, spring)):
        profile = folded(changed("+", ["vip"], 0, "t"), *events)
        assert (value(profile, "lists"), value(profile, "tags")) == (["Tea"], ["vip"])
        assert load(dump(profile)) == profile
    all_at_once = changed("+", [], DAY, "w").model_copy(update={"traits": {"lists": ["summer"]}, "properties": {}})
    assert value(folded(spring, all_at_once, put("+", ["late"], 2 * DAY)), "lists") == ["summer", "late"]
    public = put("+", ["stolen"], 0).model_copy(update={"public": True})
    assert value(folded(public), "lists") is None, "nobody puts themselves on a list with the public key"
