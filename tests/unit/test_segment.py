from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shared.domain.events import Event, Identity, IdentityKind, Type, event_id, event_key, iso, parse_instant
from shared.domain.refusals import RefusedError
from shared.domain.sources import payload as reading
from shared.domain.sources import segment

RECEIVED = parse_instant("2026-03-05T18:00:02Z")
USER = Identity(kind=IdentityKind.USER, value="user-17")
EMAIL = Identity(kind=IdentityKind.EMAIL, value="ada.okafor@example.com")


def sample(name: str) -> dict[str, Any]:
    return reading.read((Path("tests/events/segment") / f"{name}.json").read_bytes())


def one(kind: str, message: Any, received: int = RECEIVED) -> Event:
    (event,), refused = segment.events(kind, message, received)
    assert refused == ()
    return event


def track(**message: Any) -> Event:
    return one("track", {"userId": "user-17", "event": "Song Played", **message})


def test_a_page_view_keeps_the_page_and_the_words_searched_for_and_drops_the_query_string() -> None:
    event = one("page", sample("browser_page"))
    assert event.type == Type.PAGE_VIEWED
    assert event.public
    assert [identity.kind for identity in event.identities] == [IdentityKind.ANONYMOUS]
    assert event.properties == {
        "path": "/search",
        "url": "https://shop.example.com/search",
        "referrer": "https://www.example.com/",
        "title": "Search – Made-up Teas",
        "query": "green tea",
        "campaign": "spring",
        "campaign_source": "newsletter",
        "campaign_medium": "email",
        "device": "mobile",
    }
    assert "someone@example.com" not in event.model_dump_json()


def test_identify_updates_a_contact_by_its_user_browser_and_address() -> None:
    event = one("identify", sample("browser_identify"))
    assert event.type == Type.CONTACT_UPDATED
    anonymous = Identity(kind=IdentityKind.ANONYMOUS, value="507f191e-810c-4972-9de8-60ea1f2a3b4c")
    assert event.identities == (USER, EMAIL, anonymous)
    assert event.traits == {
        "email": "ada.okafor@example.com",
        "first_name": "Ada",
        "last_name": "Okafor",
        "city": "Galway",
        "postal_code": "H91 XY00",
        "country": "IE",
        "interest": "tea",
    }


def test_traits_in_the_context_count_for_any_call() -> None:
    event = track(context={"traits": {"email": "Ada.Okafor@example.com", "plan": "gold"}})
    assert event.identities == (USER, EMAIL)
    assert event.traits == {"plan": "gold", "email": "ada.okafor@example.com"}


def test_an_address_that_is_none_is_no_identity_and_no_trait() -> None:
    event = one("identify", {"userId": "user-17", "traits": {"email": "nobody@", "plan": "gold"}})
    assert (event.identities, event.traits) == ((USER,), {"plan": "gold"})


@pytest.mark.parametrize(
    "name",
    [
        "dormant",
        "sunset",
        "Dormant",
        "tags",
        "lists",
        "signup_source",
        "predicted_value",
        "propensity",
        "propensity.upgrade",
        "scores",
    ],
)
def test_traits_that_the_product_acts_by_are_not_for_everybody_to_set(name: str) -> None:
    event = one("identify", {"userId": "u", "traits": {name: True, "vip_tier": "gold", "interest": "tea"}})
    assert event.traits == {"vip_tier": "gold", "interest": "tea"}
    assert one("track", {"userId": "u", "event": "E", "context": {"traits": {name: True}}}).traits == {}


@pytest.mark.parametrize(
    "message",
    [
        {"userId": " Ada.Okafor@Example.com"},
        {"anonymousId": "ada.okafor@example.com"},
        {"userId": "ada.okafor@example.com", "traits": {"email": "somebody.else@example.com"}},
    ],
)
def test_an_id_that_is_an_address_is_an_address(message: Any) -> None:
    event = one("identify", message)
    assert (event.identities, event.traits) == ((EMAIL,), {"email": EMAIL.value})
    user = one("identify", {"userId": "u", **message} if "userId" not in message else {**message, "anonymousId": "b"})
    assert [i for i in user.identities if "@" in i.value] == [EMAIL]


@pytest.mark.parametrize("local", ["\u212aate", "\u1fefate", "\uff4bate"])
def test_no_form_of_a_text_makes_an_address_another_persons(local: str) -> None:
    body = reading.read(f'{{"userId": "u", "traits": {{"email": "{local}@example.com"}}}}'.encode())
    event = one("identify", body)
    assert event.identity(IdentityKind.EMAIL) is None
    assert "email" not in event.traits


def test_no_message_makes_consent() -> None:
    looks_like_consent = {"consent": "subscribed", "accepts_marketing": True, "email_marketing_consent": {}}
    event = one("identify", {"userId": "user-17", "traits": looks_like_consent})
    assert event.consent == ()
    assert event.traits["accepts_marketing"] is True


def test_a_batch_has_all_kinds_of_calls() -> None:
    events, refused = segment.events("batch", sample("server_batch"), RECEIVED)
    assert refused == ()
    assert [event.type for event in events] == [
        Type.CONTACT_UPDATED,
        Type.PRODUCT_VIEWED,
        Type.PAGE_VIEWED,
        Type.SCREEN_VIEWED,
        Type.GROUP_JOINED,
        "Alias",
    ]
    assert [event.id for event in events] == [event_id("segment", f"m-{number}") for number in range(1, 7)]
    assert events[1].properties == {"product_id": "8001", "category": "Tea", "price": 14.5, "currency": "EUR"}
    assert events[4].properties == {"name": "Tea club", "group_id": "club-1"}
    assert events[4].traits == {"company": {"name": "Tea club"}}
    assert events[5].identities == (USER, Identity(kind=IdentityKind.ANONYMOUS, value="anon-1"))


def test_an_alias_joins_a_browser_once_and_never_two_users() -> None:
    event = one("alias", {"userId": "user-17", "previousId": "anon-1", "anonymousId": "anon-1"})
    assert event.identities == (USER, Identity(kind=IdentityKind.ANONYMOUS, value="anon-1"))
    event = one("alias", {"userId": "user-17", "previousId": "user-16"})
    assert Identity(kind=IdentityKind.USER, value="user-16") not in event.identities


def test_a_bad_message_does_not_lose_the_good_ones_of_its_batch() -> None:
    batch = sample("server_batch")
    batch["batch"][1] = {"type": "track", "userId": "user-17"}
    batch["batch"][2] = "page"
    batch["batch"].append({"type": "charge", "userId": "user-17"})
    batch["batch"].append({"type": "track", "event": "X"})
    batch["batch"].append({"type": "identify", "userId": "user-17", "traits": {"long": "x" * 33_000}})
    events, refused = segment.events("batch", batch, RECEIVED)
    assert len(events) == 4
    assert [(error.code, error.field) for error in refused] == [
        ("invalid_field", "batch.1.event"),
        ("invalid_message", "batch.2"),
        ("unknown_type", "batch.6.type"),
        ("missing_field", "batch.7.userId"),
        ("too_large", "batch.8"),
    ]


def test_a_message_is_known_by_its_id_and_without_one_by_what_it_says() -> None:
    assert track(messageId="m-1").id == track(messageId="m-1", event="Other").id == event_id("segment", "m-1")
    said = {"timestamp": "2026-03-05T17:00:00Z", "properties": {"a": 1}}
    first, again = track(**said, sentAt="2026-03-05T17:00:01Z"), track(**said, sentAt="2026-03-05T18:00:01Z")
    assert event_key(first) == event_key(again)
    assert track(**{**said, "properties": {"a": 2}}).id != first.id


@pytest.mark.parametrize(
    ("timestamp", "sent", "time"),
    [
        ("2026-03-05T17:00:00Z", None, "2026-03-05T17:00:00.000Z"),
        # The clocks agree to the minute: as stated.
        ("2026-03-05T17:00:00Z", "2026-03-05T17:59:30Z", "2026-03-05T17:00:00.000Z"),
        # The sender's clock is a day fast, or a day slow: a minute before it was sent is a minute before now.
        ("2026-03-06T17:59:02Z", "2026-03-06T18:00:02Z", "2026-03-05T17:59:02.000Z"),
        ("2026-03-04T17:59:02Z", "2026-03-04T18:00:02Z", "2026-03-05T17:59:02.000Z"),
        # Brought in from years ago.
        ("2012-12-02T00:30:08.276Z", "2026-03-05T18:00:02Z", "2012-12-02T00:30:08.276Z"),
        # Never after it was received; and a date before 2005 is none, written or worked out.
        ("2999-01-01T00:00:00Z", None, "2026-03-05T18:00:02.000Z"),
        ("1970-01-01T00:00:00Z", None, "2026-03-05T18:00:02.000Z"),
        ("2004-12-31T23:59:59Z", None, "2026-03-05T18:00:02.000Z"),
        ("2005-01-01T00:00:00Z", None, "2005-01-01T00:00:00.000Z"),
        ("2006-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "2026-03-05T18:00:02.000Z"),
        (None, "2026-03-05T18:00:02Z", "2026-03-05T18:00:02.000Z"),
        ("last week", 17, "2026-03-05T18:00:02.000Z"),
    ],
)
def test_a_senders_wrong_clock_is_set_right(timestamp: Any, sent: Any, time: str) -> None:
    event = track(timestamp=timestamp, sentAt=sent)
    assert iso(event.time) == time


def test_what_is_stated_does_not_depend_on_when_it_was_sent() -> None:
    first = track(messageId="m", timestamp="2026-03-06T17:00:00Z", sentAt="2026-03-06T18:00:00Z")
    again = track(messageId="m", timestamp="2026-03-06T17:00:00Z", sentAt="2026-03-06T19:00:00Z")
    assert event_key(first) == event_key(again)


@pytest.mark.parametrize(
    "name",
    [
        "Order Completed",
        "Order Updated",
        "Order Refunded",
        "Order Cancelled",
        "Product Added",
        "Products Searched",
        "Checkout Step Viewed",
        "Coupon Applied",
        "Some Name of Ours",
        "Emailed a Friend",
        "Shop Visited",
    ],
)
def test_names_of_the_storefront_and_unknown_names_pass(name: str) -> None:
    assert track(event=name).type == name


@pytest.mark.parametrize(
    "name",
    [
        "Email Clicked",
        "Email Sent",
        "email opened",
        "Email Whatever",
        "  Consent Changed ",
        "Contact Created",
        "Contact Deleted",
        "Order Paid",
        "Order Fulfilled",
        "Journey Completed",
        "Data Requested",
        "Erasure Requested",
        "Product Updated",
        "Shop Uninstalled",
        "shop erasure requested",
        "Evaluation Due",
    ],
)
def test_names_by_which_shop_mail_and_product_speak_cannot_be_forged(name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        track(event=name)
    assert (refused.value.code, refused.value.field) == ("reserved_event", "event")


@pytest.mark.parametrize(
    ("kind", "message", "field"),
    [
        ("track", {"userId": "u"}, "event"),
        ("track", {"userId": "u", "event": "  "}, "event"),
        ("track", {"userId": "u", "event": 7}, "event"),
        ("track", {"userId": "u", "event": "x" * 129}, "event"),
        ("track", {"event": "X"}, "userId"),
        ("page", {"userId": None, "anonymousId": ""}, "userId"),
        ("identify", {"userId": {"id": 1}}, "userId"),
        ("identify", {"userId": "x" * 300}, "userId"),
        ("identify", {"userId": "u", "anonymousId": []}, "anonymousId"),
        ("alias", {"userId": "u"}, "previousId"),
        ("alias", {"previousId": "p"}, "userId"),
        ("batch", {}, "batch"),
        ("batch", {"batch": {"type": "track"}}, "batch"),
    ],
)
def test_what_is_missing_is_named(kind: str, message: Any, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        segment.events(kind, message, RECEIVED)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/134.0 Safari/537.36", "desktop"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15", "desktop"),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/134.0 Mobile Safari/537.36", "mobile"),
        ("Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/134.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/134.0 Safari/537.36", "bot"),
        ("axios/1.6", None),
        (None, None),
    ],
)
def test_the_device_is_told_by_the_user_agent(user_agent: Any, device: str | None) -> None:
    assert track(context={"userAgent": user_agent}).properties.get("device") == device


def test_a_trait_is_cut_at_a_thousand_bytes_and_the_groups_are_not_the_users() -> None:
    event = one("identify", {"userId": "u", "traits": {"bio": "👩" * 2000}})
    assert event.traits == {"bio": "👩" * 250}


def test_a_groups_traits_are_the_users_company_without_its_address() -> None:
    of_group = {"name": "Tea Ltd", "employees": 60, "address": {"street": "1 Mill Lane"}}
    event = one("group", {"userId": "u", "groupId": "g", "traits": of_group})
    assert event.traits == {"company": {"name": "Tea Ltd", "employees": 60}}
    assert one("group", {"userId": "u", "groupId": "g"}).traits == {}


@pytest.mark.parametrize(
    ("kind", "message", "code", "field"),
    [
        ("identify", {"traits": {"notes": ["x" * 2000]}}, "too_large", "traits.notes"),
        ("track", {"event": "Viewed", "context": {"traits": {"x" * 2000: 1}}}, "too_large", "traits." + "x" * 64),
        ("track", {"event": "Order Completed", "properties": {"order_id": "9" * 101}}, "invalid_field", "order_id"),
        ("track", {"event": "Order Refunded", "properties": {"refund_id": "9" * 101}}, "invalid_field", "refund_id"),
    ],
)
def test_what_no_profile_can_keep_is_refused(kind: str, message: Any, code: str, field: str) -> None:
    with pytest.raises(RefusedError) as refused:
        one(kind, {"userId": "u", **message})
    assert refused.value.code == code
    assert str(refused.value.field).removeprefix("properties.") == field
    assert "9999" not in str(refused.value)
