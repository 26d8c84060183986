"""Rows of the lake: what goes in, and that nothing personal does."""

from __future__ import annotations

import base64
import json
from itertools import permutations
from typing import Any

import pytest

from shared.domain.events import Event, Identity, IdentityKind, Type
from shared.domain.lake_rows import COLUMNS, FIRST_MONTH, PARTITIONS, TYPES, contact_number, row
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.profiles.stored import as_json, dump, load
from shared.domain.profiles.traits import own_words_of
from shared.domain.properties import kept_properties

ADDRESS = "zoe.winter@example.com"
TRAITS = {
    "email": ADDRESS,
    "first_name": "Zoë",
    "last_name": "Winter",
    "phone": "+49 170 5550100",
    "birthday": "1990-04-01",
    "default_address": {"street": "Heidestraße 17", "city": "Köln"},
    "interest": "shoes",
}
PERSONAL = [ADDRESS, "Zoë Winter", "Zoë", "Winter", "+49 170 5550100", "1990-04-01", "Heidestraße 17", "Köln"]
EVERY_PROPERTY = [*COLUMNS, "products", "query", "url", "referrer", "title", "note", "shipping_address", "revenue"]


def event(type_: str = Type.ORDER_COMPLETED, **given: Any) -> Event:
    return Event(
        **{
            "id": "0123456789abcdef",
            "type": type_,
            "time": 1_795_500_000_000,
            "received": 1_795_500_000_000,
            "source": "shopify",
            "identities": (Identity(kind=IdentityKind.EMAIL, value=ADDRESS),),
            "traits": TRAITS,
            **given,
        }
    )


def test_a_row_has_every_column_and_its_partition() -> None:
    made = row("c1", event())
    assert list(made) == [*COLUMNS, *PARTITIONS]
    assert (made["day"], made["month"], made["type"]) == ("2026-11-24", "2026-11", "order_completed")
    assert made["contact_number"] == contact_number("c1")


def test_what_is_older_than_the_first_month_is_in_its_partition() -> None:
    made = row("c1", event(time=0))
    assert (made["day"], made["month"]) == ("1970-01-01", FIRST_MONTH)


def test_an_id_of_our_making_goes_in_even_where_a_short_name_is_in_it() -> None:
    id_ = "ada0" * 8
    assert row("c1", event(id=id_, traits={"first_name": "Ada"}))["id"] == id_
    assert row("c1", event(id="order-of-ada", traits={"first_name": "Ada"}))["id"] is None


def test_an_order_keeps_what_reports_count() -> None:
    products = [{"product_id": 7, "category": "Home & Garden", "name": "Vase"}, {"product_id": "a-8"}]
    made = row("c1", event(properties={"order_id": 1001, "total": "49.90", "currency": "EUR", "products": products}))
    assert (made["order_id"], made["total"], made["currency"]) == ("1001", 4990, "EUR")
    assert row("c1", event(properties={"currency": "zebulonia"}))["currency"] is None
    assert made["product_id"] == ["7", "a-8"]
    assert made["category"] == ["Home & Garden"]


def test_a_click_keeps_whether_it_was_a_person_s() -> None:
    made = row("c1", event(Type.EMAIL_CLICKED, properties={"human": True, "step": "welcome", "message": "m_1"}))
    assert (made["human"], made["step"], made["message"], made["type"]) == (True, "welcome", "m_1", "email_clicked")


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://shop.example/sale/tea?utm=1#top", "/sale/tea"),
        ("https://shop.example", "/"),
        ("https://shop.example?x=1", "/"),
        ("mailto", "mailto"),
        (7, None),
    ],
)
def test_of_a_clicked_link_the_path_is_kept(link: Any, kept: str | None) -> None:
    assert row("c1", event(Type.EMAIL_CLICKED, properties={"link": link}))["link"] == kept
    assert row("c1", event(Type.EMAIL_CLICKED, properties={"link": link}, public=True))["link"] is None


def test_a_path_goes_in_without_its_query() -> None:
    made = row("c1", event(Type.PAGE_VIEWED, properties={"path": "/vases?token=secret#top"}))
    assert made["path"] == "/vases"


def test_names_of_events_the_product_does_not_know_share_a_partition() -> None:
    made = row("c1", event("Quiz Finished"))
    assert (made["name"], made["type"]) == ("Quiz Finished", "other")
    assert made["type"] in TYPES


@pytest.mark.parametrize("personal", PERSONAL)
@pytest.mark.parametrize("shape", ["{}", "see {} here", "/account/{}", "{}?x=1"])
def test_nothing_that_says_who_somebody_is_goes_in_through_any_property(personal: str, shape: str) -> None:
    text = shape.format(personal)
    planted = dict.fromkeys(EVERY_PROPERTY, text) | {"products": [{"product_id": text, "category": text}]}
    for properties in (planted, {name: [text] for name in EVERY_PROPERTY}, {"category": text, "product_id": text}):
        written = json.dumps(row("c1", event(f"Said {text}", properties=properties)), ensure_ascii=False)
        assert personal.casefold() not in written.casefold()


@pytest.mark.parametrize("address", ["other@example.org", "other%40example.org"])
def test_an_address_does_not_go_in_even_when_it_is_nobody_s_we_know(address: str) -> None:
    made = row("c1", event(traits={}, properties=dict.fromkeys(EVERY_PROPERTY, f"/x/{address}")))
    assert "example.org" not in json.dumps(made)


@pytest.mark.parametrize("value", ["many", float("nan"), float("inf"), 10**400, True, [], {}, None, -(10**15)])
def test_what_is_no_number_is_null(value: Any) -> None:
    made = row("c1", event(properties=dict.fromkeys(("total", "amount", "price", "quantity"), value)))
    assert [made[name] for name in ("total", "amount", "price", "quantity")] == [None] * 4


ZEBULONIA = {
    "email": "zebulonia.q@example.com",
    "first_name": "Zebulonia",
    "last_name": "Quatermassov",
    "phone": "+44 7700 900123",
    "street": "42 Wigglesbury Lane",
}
ENCODED = base64.b64encode(b"zebulonia.q@example.com").decode()


@pytest.mark.parametrize(
    "said",
    [
        "/members/zebulonia-quatermassov",
        "/u/ZebuloniaQuatermassov",
        "/call/+447700900123",
        "07700 900123",
        "/deliver/42 Wigglesbury Lane",
        "/deliver/42-wigglesbury-lane",
        "/reset/zebulonia.q%2540example.com",
        "/reset/zebulonia.q%252540example.com",
        "/reset/zebulonia.q&#64;example.com",
        f"/u/{ENCODED}",
        f"/u/{ENCODED.rstrip('=').replace('/', '_')}",
        "Form Sent by Zebulonia Quatermassov",
        "zébulonia",
        "ｚｅｂｕｌｏｎｉａ",
        "ada＠example.org",
        "/tel/+49-170-555-0100",
    ],
)
def test_what_another_event_has_told_of_the_contact_is_kept_of_no_event(said: str) -> None:
    profile = Profile("c1")
    visit = event("Form Sent", source="segment", public=True, traits={}, properties=dict.fromkeys(EVERY_PROPERTY, said))
    named = visit.model_copy(update={"id": "named", "type": said})
    told = event(Type.CONTACT_UPDATED, id="told", traits=ZEBULONIA)
    for order in ((told, visit, named), (visit, named, told)):
        profile = Profile("c1")
        for each in order:
            fold(profile, each)
        assert said not in as_json(profile).decode().replace(json.dumps(ZEBULONIA["street"])[1:-1], "")
        assert profile.histories["Form Sent"].total == 1
        kept = [occurrence.properties for occurrence in profile.histories["Form Sent"].newest]
        known = own_words_of(profile)
        assert kept == [kept_properties(visit, known)] == [{}]
        for each in (visit, named):
            assert said not in json.dumps(row("c1", each, known), ensure_ascii=False)


def test_what_somebody_was_called_is_not_kept_either_when_they_are_called_otherwise() -> None:
    told = [
        event(Type.CONTACT_UPDATED, id=name, traits={"last_name": name}, time=at)
        for name, at in (("Winterman", 1), ("Summerby", 2))
    ]
    visit = event(Type.PAGE_VIEWED, id="v", traits={}, properties={"path": "/winterman", "campaign": "spring"})
    for order in permutations([*told, visit]):
        profile = Profile("c1")
        for each in order:
            fold(profile, each)
        assert load(dump(profile)).histories[Type.PAGE_VIEWED].newest[0].properties == {"campaign": "spring"}
        assert own_words_of(profile) == {"winterman", "summerby"}


def test_a_short_name_has_to_stand_by_itself() -> None:
    profile = Profile("c1")
    fold(profile, event(Type.CONTACT_UPDATED, traits={"first_name": "Ann", "last_name": "Rose"}))
    for path, kept in {
        "/planning": True,
        "/rosewood": True,
        "/hello-ann": False,
        "/rose": False,
        "/ann10": False,
    }.items():
        made = row("c1", event(Type.PAGE_VIEWED, traits={}, properties={"path": path}), own_words_of(profile))
        assert (made["path"] == path) is kept, path


def test_with_a_public_key_nobody_tells_what_is_ours_to_tell() -> None:
    ours = {"message": "m1", "step": "s", "outcome": "returned", "journey": "j", "template": "t", "topic": "marketing"}
    ours |= {"human": True, "permanent": True, "device": "alans-phone", "path": "/vases"}
    made = row("c1", event("Email Clicked Here", source="segment", public=True, traits={}, properties=ours))
    assert {name: made[name] for name in ours if made[name] is not None} == {"path": "/vases"}
    assert (
        row("c1", event(Type.PAGE_VIEWED, public=True, traits={}, properties={"device": "mobile"}))["device"]
        == "mobile"
    )


@pytest.mark.parametrize(("public", "kept"), [(False, ["all", "news"]), (True, None)])
def test_which_topics_an_answer_said_no_to_goes_in(public: bool, kept: list[str] | None) -> None:
    states = {"news": "unsubscribed", "all": "unsubscribed", "sales": "subscribed"}
    consent = [{"topic": topic, "state": state} for topic, state in states.items()]
    assert row("c1", event(Type.CONSENT_CHANGED, public=public, consent=consent))["unsubscribed"] == kept


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (
            {"result": "dry skin", "points": 3, "done": True, "share": 0.5},
            ["done=btrue", "points=n3", "result=tdry skin", "share=n0.5"],
        ),
        (  # numbers are added up: each as often as it was told
            {"answers": [{"points": 3, "of": "tea"}, {"points": 1, "of": "tea"}, {"points": 3}]},
            ["answers.of=ttea", "answers.points=n1", "answers.points=n3", "answers.points=n3"],
        ),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, None),
        ({"result": "Ada", "said": "ask ada@example.com", "call": "+353 1 234 5678"}, None),
        (
            {
                "first_name": "Bob",
                "customer.email": "x",
                "address": {"street": "1 Mill Lane"},
                "x=y": "z",
                "ada@x.ie": 1,
            },
            None,
        ),
        ({"nothing": None, "none": [], "much": float("nan"), "more": 10**16}, None),
        ({"path": "/x", "category": "tea"}, None),
    ],
)
def test_other_properties_go_in_as_far_as_they_say_nothing_of_anybody(
    told: dict[str, Any], kept: list[str] | None
) -> None:
    of_ada = event("Quiz Completed", traits={"first_name": "Ada"}, properties=told)
    assert row("c01", of_ada)["properties"] == kept


def test_of_a_public_sender_s_other_properties_codes_go_in_and_no_free_texts() -> None:
    told = {
        "result": "dry_skin",
        "said": "my neighbour is ill, and I do not know whom to tell!",
        "points": 3,
        "outcome": "made up",
    }
    assert row("c01", event("Quiz Completed", public=True, properties=told))["properties"] == [
        "points=n3",
        "result=tdry_skin",
    ]


def test_as_many_other_properties_go_in_as_fit_whatever_is_asked_for() -> None:
    told = {f"p{number:02}": "x" * 150 for number in range(20)}
    kept = row("c01", event("Quiz Completed", properties=told))["properties"]
    assert [each.split("=")[0] for each in kept] == [f"p{number:02}" for number in range(len(kept))]
    assert 5 < len(kept) < 10
