"""Campaigns that are tests: variants, a holdout that passes the same gate, and what their numbers can say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local.aws import ses
from infra.local.aws.calls import Call
from infra.local.system import ProcessDied
from shared.adapters import contacts
from shared.domain.events import DAY, HOUR, MINUTE, Json, Type
from tests.integration.people_behind import people_behind
from tests.integration.shop import Shop
from tests.integration.test_campaigns import drafted, mail_to, mails, progress, sent, settle_on, skipped, unsubscribed

CUSTOMERS = 60
HELD_OUT = {"holdout": 50, "measure": {"metric": "ordered", "within": "3d"}}


@pytest.fixture(scope="module")
def _shop() -> Shop:
    shop = Shop()
    for number in range(1, CUSTOMERS + 1):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    return shop


@pytest.fixture
def shop(_shop: Shop) -> Iterator[Shop]:
    yield _shop
    _shop.fault = lambda _, perform: perform()


def results(shop: Shop, id_: str) -> Json:
    status, told = shop.ask("GET", f"/campaigns/{id_}/results")
    assert status == 200, told
    return told


def state_of(shop: Shop, id_: str) -> str:
    """As the list of all tests says it."""
    told = shop.ask("GET", "/experiments?limit=200")[1]["experiments"]
    return next(str(each["state"]) for each in told if each["id"] == id_)


def held_out(shop: Shop, id_: str) -> set[str]:
    """Of whom an event says that they would have been sent it."""
    return {
        profile.contact
        for profile in shop.profiles()
        for event in contacts.events(profile.contact)
        if event.type == Type.EMAIL_HELD_OUT and event.properties["campaign"] == id_
    }


def test_who_is_held_out_is_counted_as_if_they_had_been_sent_it(shop: Shop) -> None:
    settle_on(shop, caps={"marketing": {"day": 1}})
    id_ = sent(shop, **HELD_OUT)
    shop.passes(6 * MINUTE)
    stands, out = progress(shop, id_), held_out(shop, id_)
    assert stands["state"] == "done"
    assert skipped(stands) == {"held_out": len(out)}
    assert CUSTOMERS / 4 < len(out) < 3 * CUSTOMERS / 4
    assert set(mails(shop, id_)) == shop.members("everybody") - out
    for contact in out:
        (event,) = [each for each in contacts.events(contact) if each.type == Type.EMAIL_HELD_OUT]
        assert event.properties["template"] == "check_in"
    # As much room is left to them for the next email as to the others.
    after = sent(shop)
    shop.passes(6 * MINUTE)
    assert (progress(shop, after)["sent"], progress(shop, after)["waiting"]) == (0, CUSTOMERS)
    shop.passes(DAY)
    assert progress(shop, after)["sent"] == CUSTOMERS
    settle_on(shop, caps={})


def test_the_verdict_comes_when_everybody_has_had_their_time_and_says_who_ordered(shop: Shop) -> None:
    id_ = sent(shop, **HELD_OUT)
    shop.passes(6 * MINUTE)
    out, got = held_out(shop, id_), set(mails(shop, id_))
    numbers = {each.contact: number for number, each in _numbered(shop).items()}
    for contact in sorted(got):
        shop.order(numbers[contact], 7)
    shop.order(numbers[min(out)], 7)
    shop.passes(10 * MINUTE)
    told = results(shop, id_)
    assert [(each["held_out"], each["people"], each["ordered"]) for each in told["arms"]] == [
        (False, len(got), len(got)),
        (True, len(out), 1),
    ]
    behind = {"": got, "figure=ordered": got, "kind=held_out": out, "kind=held_out&figure=ordered": {min(out)}}
    for of, people in behind.items():
        total, found = people_behind(shop, f"/campaigns/{id_}/results/people?{of}")
        assert (total, found.keys()) == (len(people), people), of
    spent, found = people_behind(shop, f"/campaigns/{id_}/results/people?figure=revenue")
    assert spent == pytest.approx(sum(found.values())) == told["arms"][0]["revenue"] > 0
    assert shop.ask("GET", f"/campaigns/{id_}/results/people?variant=z")[0] == 404
    (early,) = told["compared"]
    assert early["verdict"] is None
    assert "The verdict comes when everybody has had their time" in early["words"]
    assert told["ends"] > shop.now()
    assert state_of(shop, id_) == "running", "it is sent, and people still have their time"
    shop.passes(3 * DAY)
    for contact in sorted(out)[1:]:  # too late to count
        shop.order(numbers[contact], 8)
    shop.passes(10 * MINUTE)
    assert state_of(shop, id_) == "ended"
    (final,) = results(shop, id_)["compared"]
    assert final["verdict"] == "better"
    assert final["words"].startswith(f"Those who got it did better: {len(got)} of {len(got)} (100.0 %) ordered")


def test_what_a_planned_look_was_found_to_say_stays(shop: Shop) -> None:
    """Half of the audience on each of two days; on the first, all who got it order, and nobody later. It is found again
    by what was expected and what was said."""
    expected = "Who hears of it early orders early"
    measure = {"metric": "ordered", "within": "1d", "looks": ["2d", "20d"], "hypothesis": expected}
    id_ = sent(shop, holdout=50, spread="2d", measure=measure)
    began = shop.now()
    shop.passes(20 * HOUR)
    numbers = {each.contact: number for number, each in _numbered(shop).items()}
    for contact in sorted(mails(shop, id_)):
        shop.order(numbers[contact], 50)
    shop.passes(HOUR)
    early = results(shop, id_)
    assert (early["looks"], early["compared"][0]["verdict"]) == ([], None)
    assert early["compared"][0]["words"].endswith(
        "It is told at the looks that were planned, and decides nothing in between."
    )
    assert began + 2 * DAY <= early["next_look"] <= began + 2 * DAY + 10 * MINUTE
    shop.passes(2 * DAY + 2 * HOUR - (shop.now() - began))
    (look,) = results(shop, id_)["looks"]
    assert 0.2 < look["share"] < 0.8
    assert look["kept"] == shop.now()
    (decided,) = results(shop, id_)["compared"]
    assert (decided["verdict"], decided["chance"]) == ("better", None)
    shop.passes(2 * DAY)
    ended = results(shop, id_)
    assert [each["at"] for each in ended["looks"]] == [look["at"], ended["ends"]]
    assert ended["next_look"] is None
    assert ended["compared"][0]["words"] == decided["words"], (
        "although in the end no more of those who got it had ordered"
    )
    assert 0.5 < ended["compared"][0]["chance"] <= 1
    (found,) = shop.ask("GET", "/experiments?q=hears%20did%20better")[1]["experiments"]
    assert (found["id"], found["hypothesis"], found["result"]) == (id_, expected, [decided["words"]])


def _numbered(shop: Shop) -> dict[int, Any]:
    by_email = {profile.email: profile for profile in shop.profiles()}
    return {number: by_email[body["email"]] for number, body in shop.customers.items() if body["email"] in by_email}


def _by_variant(shop: Shop, id_: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {"a": [], "b": []}
    for contact in sorted(mails(shop, id_)):
        for event in contacts.events(contact):
            if event.type == Type.EMAIL_SENT and event.properties.get("campaign") == id_:
                found[str(event.properties["variant"])].append(contact)
    assert all(found.values())
    return found


def test_variants_are_compared_by_clicks_of_people(shop: Shop) -> None:
    id_ = sent(shop, variants=[{"id": "a"}, {"id": "b", "subject": "Look here"}])
    shop.passes(6 * MINUTE)
    by_variant = _by_variant(shop, id_)
    for contact in by_variant["b"]:
        ses.happen(shop.system.world, mail_to(shop, id_, contact), "Click", link="https://shop.example.com/a")
    shop.passes(5 * DAY + 10 * MINUTE)
    told = results(shop, id_)
    assert {(each["variant"], each["people"], each["clicked"]) for each in told["arms"]} == {
        ("a", len(by_variant["a"]), 0),
        ("b", len(by_variant["b"]), len(by_variant["b"])),
    }
    (one,) = told["compared"]
    assert (one["arm"], one["beside"], one["verdict"]) == ("b", "a", "better")
    assert one["words"].startswith("Variant b did better:")


def test_two_things_at_once_are_each_told_by_everybody(shop: Shop) -> None:
    factors = [{"id": "subject", "levels": ["own", "other"]}, {"id": "email", "levels": ["one", "two"]}]
    variants: list[Json] = [{"id": "own_one"}, {"id": "own_two"}]
    variants += [{"id": f"other_{email}", "subject": "Look here"} for email in ("one", "two")]
    id_ = sent(shop, factors=factors, variants=variants)
    shop.passes(20 * MINUTE)
    told = results(shop, id_)
    assert sum(each["people"] for each in told["arms"]) == len(mails(shop, id_))
    shown = [(each["arm"], each["beside"], each["verdict"]) for each in told["compared"]]
    assert shown == [
        ("subject other", "subject own", None),
        ("email two", "email one", None),
        ("subject and email", "", None),
    ]
    assert [each["factors"] for each in told["compared"]] == [["subject"], ["email"], ["subject", "email"]]
    assert all(each["interval"] is None for each in told["compared"])
    for contact in mails(shop, id_):
        for event in contacts.events(contact):
            of = event.properties if event.type == Type.EMAIL_SENT else {}
            if of.get("campaign") == id_ and str(of["variant"]).startswith("other"):
                ses.happen(shop.system.world, mail_to(shop, id_, contact), "Click", link="https://shop.example.com/a")
    shop.passes(6 * DAY)
    ended = results(shop, id_)
    subject, _, together = ended["compared"]
    assert (subject["verdict"], subject["values"]) == ("better", [0, 1])
    assert 0 < subject["interval"][0] < subject["interval"][1] <= 1
    assert together["verdict"] != "better"
    assert [(each["levels"], each["value"]) for each in ended["cells"]] == [
        ({"subject": subject, "email": email}, float(subject == "other"))
        for subject in ("own", "other")
        for email in ("one", "two")
    ]
    people = {each["variant"]: each["people"] for each in ended["arms"]}
    assert {each["variant"]: each["people"] for each in ended["cells"]} == people


def test_before_it_is_sent_it_says_what_it_can_show(shop: Shop) -> None:
    id_ = drafted(shop, variants=[{"id": "a"}, {"id": "b", "subject": "Look here"}], holdout=10)
    told = results(shop, id_)
    assert told["arms"] == told["compared"] == []
    clicks, orders = told["expected"]
    assert "Usually" in clicks
    assert "click" in clicks
    assert "order" in orders


def test_whoever_dies_over_it_who_is_held_out_is_told_of_once(shop: Shop) -> None:
    """The function dies after it has stored that somebody is held out, and before their event is on its queue."""
    died = []

    def dies(call: Call, perform: Any) -> Any:
        if call.operation == "SendMessageBatch" and "Email Held Out" in str(call.parameters) and len(died) < 3:
            died.append(call)
            raise ProcessDied(call.operation)
        return perform()

    shop.fault = dies
    id_ = sent(shop, **HELD_OUT)
    shop.passes(20 * MINUTE)
    stands = progress(shop, id_)
    assert died
    assert stands["state"] == "done"
    assert len(held_out(shop, id_)) == skipped(stands)["held_out"]
    assert set(mails(shop, id_)) == shop.members("everybody") - held_out(shop, id_)


def test_a_test_email_reaches_a_colleague_who_is_held_out(shop: Shop) -> None:
    id_ = drafted(shop, **HELD_OUT)
    contact = min(shop.members("everybody"))
    assert shop.ask("POST", f"/campaigns/{id_}/test", {"contact": contact})[0] == 202
    shop.passes(MINUTE)
    (email,) = shop.ask("GET", f"/campaigns/{id_}/test")[1]["emails"]
    assert email["status"] == "sent"


def test_what_people_spent_decides_and_who_unsubscribes_is_told(shop: Shop) -> None:
    """Refunds are taken off, and what somebody does by the link of their own email counts against its variant."""
    measure = {"metric": "revenue", "within": "3d", "least": 0.5}
    id_ = sent(shop, variants=[{"id": "a"}, {"id": "b", "subject": "Look here"}], measure=measure)
    shop.passes(6 * MINUTE)
    by_variant = _by_variant(shop, id_)
    numbers = {each.contact: number for number, each in _numbered(shop).items()}
    for contact in by_variant["b"]:
        shop.order(numbers[contact], 30)
    leaving = by_variant["b"][0]
    (message,) = {
        str(event.properties["message"])
        for event in contacts.events(leaving)
        if event.type == Type.EMAIL_SENT and event.properties.get("campaign") == id_
    }
    unsubscribed(shop, leaving, message)
    shop.passes(3 * DAY + 10 * MINUTE)
    told = results(shop, id_)
    b = len(by_variant["b"])
    assert [(each["variant"], each["people"], each["ordered"], each["unsubscribed"]) for each in told["arms"]] == [
        ("a", len(by_variant["a"]), 0, 0),
        ("b", b, b, 1),
    ]
    first, second = (each["revenue"] for each in told["arms"])
    assert (first, second > 0) == (0, True)
    (one,) = told["compared"]
    assert (one["metric"], one["verdict"]) == ("revenue", "better")
    assert f"{second:,.2f} spent by {b} people" in one["words"]
    assert told["guards"]["harmed"] is False
