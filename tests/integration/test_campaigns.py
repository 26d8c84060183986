"""Campaigns on the local run: asked for over the API, sent by the real function in the real state machine."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local import gateway
from infra.local.aws import ses
from infra.local.aws.calls import AwsError, Call
from infra.local.gateway import Request
from infra.local.system import ProcessDied
from shared.adapters import caps, contacts, template_definitions, tokens
from shared.adapters.tokens import Token
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Json, iso, parse_instant
from tests.integration.shop import Shop

CUSTOMERS = 30


@pytest.fixture(scope="module")
def _shop() -> Shop:
    shop = Shop()
    for number in range(1, CUSTOMERS + 1):
        shop.customer(number, orders=number % 2)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.publish("buyers", {"kind": "orders", "at_least": 1})
    shop.passes(30 * MINUTE)
    return shop


@pytest.fixture
def shop(_shop: Shop) -> Iterator[Shop]:
    yield _shop
    _shop.fault = lambda _, perform: perform()


_ids = iter(f"campaign_{n}" for n in range(1_000))


def drafted(shop: Shop, **parts: Json) -> str:
    body = {"id": next(_ids), "name": "News", "template": "check_in", "segments": ["everybody"], **parts}
    status, told = shop.ask("POST", "/campaigns", body)
    assert status == 201, told
    return str(told["id"])


def sent(shop: Shop, **parts: Json) -> str:
    id_ = drafted(shop, **parts)
    status, told = shop.ask("POST", f"/campaigns/{id_}/send")
    assert status == 202, told
    return id_


def progress(shop: Shop, id_: str) -> Json:
    status, told = shop.ask("GET", f"/campaigns/{id_}/progress")
    assert status == 200, told
    assert told["audience"] == told["sent"] + sum(each["n"] for each in told["skipped"]) + told["waiting"]
    return told


def skipped(told: Json) -> dict[str, int]:
    return {each["reason"]: each["n"] for each in told["skipped"]}


def mails(shop: Shop, id_: str) -> Counter[str]:
    """How often each contact got the campaign."""
    rows = shop.system.world.db.execute("SELECT tags FROM mailbox")
    tags = [json.loads(row[0]) for row in rows]
    return Counter(each["contact"] for each in tags if each.get("campaign") == id_)


def mail(shop: Shop, id_: str, contact: str) -> ses.Mail:
    return ses.mail(shop.system.world, mail_to(shop, id_, contact))


def mail_to(shop: Shop, id_: str, contact: str) -> str:
    """SES's id of what a contact got of the campaign."""
    for message, tags in shop.system.world.db.execute("SELECT id, tags FROM mailbox"):
        told = json.loads(tags)
        if (told.get("campaign"), told.get("contact")) == (id_, contact):
            return str(message)
    raise AssertionError(contact)


def recipients(shop: Shop, id_: str, query: str = "") -> list[Json]:
    found, cursor = [], ""
    while True:
        status, told = shop.ask("GET", f"/campaigns/{id_}/recipients?limit=7{query}{cursor}")
        assert status == 200, told
        found += told["recipients"]
        if told["cursor"] is None:
            return found
        cursor = f"&cursor={told['cursor']}"


def unsubscribed(shop: Shop, contact: str, message: str = "") -> None:
    token = tokens.issue(Token(contact, "marketing", message, issued=shop.now()))
    body = b"List-Unsubscribe=One-Click"
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert gateway.public(shop.system, Request("POST", f"/unsubscribe/{token}", "", headers, body)).status == 200


def test_from_the_draft_to_the_ledger(shop: Shop) -> None:
    everybody, buyers = shop.members("everybody"), shop.members("buyers")
    gone = min(everybody - buyers)
    unsubscribed(shop, gone)
    id_ = drafted(shop, name="Spring", without=["buyers"])
    told = shop.ask("POST", f"/campaigns/{id_}/audience")[1]
    assert told["status"] == "done"
    assert (told["members"], told["without"]) == (CUSTOMERS, len(buyers))
    assert told["refused"] == {"no_consent": 1}
    assert told["words"] == "30 in the segment: 14 will be mailed; 15 in a segment that is left out, 1 without consent."
    assert shop.ask("GET", f"/campaigns/{id_}/audience")[1] == told
    assert mails(shop, id_) == {}  # a count sends nothing

    status, sending = shop.ask("POST", f"/campaigns/{id_}/send")
    assert (status, sending["state"]) == (202, "scheduled")
    shop.passes(59 * SECOND)
    assert progress(shop, id_)["state"] == "grace"
    assert progress(shop, id_)["waiting"] == told["audience"]
    assert mails(shop, id_) == {}  # a minute of grace
    shop.passes(5 * MINUTE)
    stands = progress(shop, id_)
    assert (stands["state"], stands["sent"], skipped(stands), stands["waiting"]) == ("done", 14, {"no_consent": 1}, 0)
    assert mails(shop, id_) == dict.fromkeys(everybody - buyers - {gone}, 1)

    listed = recipients(shop, id_)
    assert [each["contact"] for each in listed] == [
        each["contact"]
        for each in sorted(listed, key=lambda each: (contacts.shard_of(each["contact"]), each["contact"]))
    ]
    assert {each["contact"] for each in listed} == everybody - buyers
    (refused,) = recipients(shop, id_, "&status=skipped&reason=no_consent")
    assert refused["contact"] == gone
    assert refused["words"] == "The contact does not agree to email about this topic, or not any more."
    assert len(recipients(shop, id_, "&status=sent")) == 14
    assert recipients(shop, id_, "&status=waiting") == []

    reached = max(everybody - buyers)
    told_of = [event for event in contacts.events(reached) if event.properties.get("campaign") == id_]
    assert {event.type for event in told_of} == {"Email Sent", "Email Delivered"}
    assert {event.properties["message"] for event in told_of} == {f"{id_}_{reached}"}


def test_what_a_campaign_names_has_to_be_there_and_changes_are_of_the_newest_form(shop: Shop) -> None:
    body = {"id": "no", "name": "No", "template": "check_in", "segments": ["everybody"]}
    for wrong, field in (
        ({"segments": ["none"]}, "segments.0"),
        ({"without": ["none"]}, "without.0"),
        ({"template": "none"}, "template"),
        ({"topic": "none"}, "topic"),
        ({"subject": "Hello {{ contact.shoe_size }}"}, "subject"),
        ({"follow_up": {"subject": "{{ contact.first_name"}}, "follow_up.subject"),
        ({"variants": [{"id": "a"}, {"id": "b", "template": "none"}]}, "variants.b.template"),
        ({"schedule": {"kind": "at", "day": "2026-13-01", "at": "09:00"}}, "schedule.day"),
        ({"schedule": {"kind": "later"}}, "schedule"),
        ({"follow_up": {"who": "not_opened", "subject": "Again"}}, "follow_up.who"),
        ({"surprise": 1}, "surprise"),
    ):
        status, told = shop.ask("POST", "/campaigns", {**body, **wrong})
        assert (status, told["field"]) == (400, field), told
    assert "not_clicked" in shop.ask("POST", "/campaigns", {**body, "follow_up": {"who": "not_opened"}})[1]["detail"]

    id_ = drafted(shop)
    assert shop.ask("POST", "/campaigns", {**body, "id": id_})[0] == 409
    held = shop.ask("GET", f"/campaigns/{id_}")[1]
    changed = {**held["definition"], "name": "Changed"}
    assert shop.ask("PUT", f"/campaigns/{id_}", changed)[0] == 428
    status, told = shop.ask("PUT", f"/campaigns/{id_}", changed, **{"if-match": held["etag"]})
    assert (status, told["definition"]["name"]) == (200, "Changed")
    assert shop.ask("PUT", f"/campaigns/{id_}", changed, **{"if-match": held["etag"]})[0] == 412
    assert shop.ask("POST", f"/campaigns/{id_}/send", None, **{"if-match": held["etag"]})[0] == 412
    assert shop.ask("POST", f"/campaigns/{id_}/pause")[0] == 409
    copied = shop.ask("POST", f"/campaigns/{id_}/duplicate", {"id": f"{id_}_again"})
    assert (copied[0], copied[1]["definition"]["name"]) == (201, "Changed (copy)")
    assert shop.delete(f"/campaigns/{id_}_again")[0] == 200
    assert shop.ask("GET", f"/campaigns/{id_}_again")[0] == 404


def test_one_whose_day_is_past_or_too_far_away_stays_a_draft_and_is_told_so(shop: Shop) -> None:
    """What waits for its day, an execution of Step Functions, ends after a year: nobody would get it."""
    for days, word in ((-3, "past"), (400, "330 days away")):
        day = iso(shop.now() + days * DAY)[:10]
        id_ = drafted(shop, id=f"of_{abs(days)}", schedule={"kind": "at", "day": day, "at": "10:00"})
        status, told = shop.ask("POST", f"/campaigns/{id_}/send")
        assert (status, told["field"]) == (409, "schedule.day")
        assert word in json.dumps(told)
        assert shop.ask("GET", f"/campaigns/{id_}")[1]["state"] == "draft"
    last = iso(shop.now() + 329 * DAY)[:10]
    assert shop.ask("GET", f"/campaigns/{sent(shop, schedule={'kind': 'at', 'day': last, 'at': '10:00'})}")[0] == 200


def test_one_that_is_called_off_in_its_grace_goes_to_nobody(shop: Shop) -> None:
    id_ = sent(shop)
    shop.passes(50 * SECOND)
    assert shop.ask("POST", f"/campaigns/{id_}/cancel")[0] == 200
    shop.passes(HOUR)
    assert mails(shop, id_) == {}
    assert progress(shop, id_)["state"] == "cancelled"
    assert shop.ask("POST", f"/campaigns/{id_}/resume")[0] == 409
    assert shop.delete(f"/campaigns/{id_}")[0] == 409


def test_one_that_is_withdrawn_before_its_day_is_a_draft_again_and_can_be_sent_anew(shop: Shop) -> None:
    id_ = sent(shop, schedule={"kind": "at", "day": "2026-09-01", "at": "09:00"})
    shop.passes(HOUR)
    assert shop.ask("POST", f"/campaigns/{id_}/withdraw")[1]["state"] == "draft"
    held = shop.ask("GET", f"/campaigns/{id_}")[1]
    now = {**held["definition"], "schedule": {"kind": "now"}}
    assert shop.ask("PUT", f"/campaigns/{id_}", now, **{"if-match": held["etag"]})[0] == 200
    assert shop.ask("POST", f"/campaigns/{id_}/send")[0] == 202
    shop.passes(5 * MINUTE)
    assert progress(shop, id_)["state"] == "done"
    assert set(mails(shop, id_).values()) == {1}


def test_a_test_has_its_variants_and_who_did_not_click_gets_the_follow_up(shop: Shop) -> None:
    id_ = sent(
        shop,
        segments=["buyers"],
        variants=[{"id": "a", "subject": "For you, {{ contact.first_name }}"}, {"id": "b", "template": "goodbye"}],
        follow_up={"after": "2d", "subject": "Once more"},
    )
    shop.passes(5 * MINUTE)
    got = mails(shop, id_)
    assert set(got) == shop.members("buyers")
    variants = {
        event.properties["variant"] for each in got for event in contacts.events(each) if "variant" in event.properties
    }
    assert variants == {"a", "b"}
    subjects = {mail(shop, id_, contact).subject for contact in got}
    assert "For you, Ada" in subjects
    assert len(subjects) == 2
    clicked, scanned, *_ = sorted(got)
    ses.happen(shop.system.world, mail_to(shop, id_, clicked), "Click", link="https://shop.example.com/a")
    shop.passes(MINUTE)
    scheduled = shop.ask("GET", f"/campaigns/{id_}-f")[1]
    assert (scheduled["state"], scheduled["follows"]) == ("scheduled", id_)
    shop.passes(2 * DAY + 5 * MINUTE)
    assert set(mails(shop, f"{id_}-f")) == set(got) - {clicked}
    assert progress(shop, f"{id_}-f")["state"] == "done"
    assert {mail(shop, f"{id_}-f", contact).subject for contact in set(got) - {clicked}} == {"Once more"}
    assert scanned in mails(shop, f"{id_}-f")


def test_a_weekly_campaign_has_an_audience_of_its_own_each_week(shop: Shop) -> None:
    id_ = sent(shop, segments=["buyers"], repeat="weekly")
    shop.passes(5 * MINUTE)
    first = mails(shop, id_)
    shop.customer(101, orders=1)
    shop.passes(7 * DAY + 10 * MINUTE)
    second = mails(shop, f"{id_}-2")
    assert len(second) == len(first) + 1
    assert set(first) < set(second)
    assert shop.ask("GET", f"/campaigns/{id_}-3")[1]["state"] == "scheduled"
    assert shop.ask("POST", f"/campaigns/{id_}-3/cancel")[0] == 200
    shop.passes(8 * DAY)
    assert mails(shop, f"{id_}-3") == {}


def test_whoever_dies_where_each_gets_it_once_and_the_sums_agree(shop: Shop) -> None:
    """The worker dies over every seventh email, before, while or after SES takes it."""
    calls = Counter[str]()

    def fault(call: Call, perform: Any) -> Any:
        if call.operation == "SendEmail":
            calls["mails"] += 1
            if calls["mails"] % 7 == 3:
                raise ProcessDied
            answer = perform()
            if calls["mails"] % 7 == 6:
                raise ProcessDied
            return answer
        return perform()

    everybody = shop.members("everybody")
    shop.fault = fault
    id_ = sent(shop)
    for _ in range(40):
        shop.passes(MINUTE)
        progress(shop, id_)
    shop.fault = lambda _, perform: perform()
    shop.passes(2 * HOUR)
    stands = progress(shop, id_)
    assert stands["state"] == "done"
    assert mails(shop, id_) == dict.fromkeys({each["contact"] for each in recipients(shop, id_, "&status=sent")}, 1)
    assert {each["contact"] for each in recipients(shop, id_)} == everybody


def test_the_breaker_pauses_after_the_first_failures_and_what_is_resumed_goes_on(shop: Shop) -> None:
    def fault(call: Call, perform: Any) -> Any:
        if call.operation == "SendEmail":
            raise AwsError("MessageRejected", "Invalid content")
        return perform()

    shop.fault = fault
    id_ = sent(shop)
    shop.passes(10 * MINUTE)
    stands = progress(shop, id_)
    assert (stands["state"], skipped(stands)["rejected"]) == ("paused", 11)
    assert stands["why"] == "SES did not take 11 of the first 11 emails"
    shop.fault = lambda _, perform: perform()
    assert shop.ask("POST", f"/campaigns/{id_}/resume")[0] == 202
    shop.passes(5 * MINUTE)
    stands = progress(shop, id_)
    assert (stands["state"], skipped(stands)["rejected"]) == ("done", 11)
    assert stands["sent"] == len(mails(shop, id_)) > 11


def test_a_test_goes_to_one_contact_in_each_variant_and_is_counted_nowhere(shop: Shop) -> None:
    id_ = drafted(shop, variants=[{"id": "a"}, {"id": "b", "template": "goodbye"}])
    one = max(shop.members("buyers"))
    assert shop.ask("GET", f"/campaigns/{id_}/test")[0] == 404
    assert shop.ask("POST", f"/campaigns/{id_}/test", {"contact": "nobody"})[0] == 404
    asked = shop.ask("POST", f"/campaigns/{id_}/test", {"contact": one})[1]
    shop.passes(MINUTE)
    told = shop.ask("GET", f"/campaigns/{id_}/test")[1]
    assert told["test"] == asked["test"]
    assert [(each["variant"], each["template"], each["status"]) for each in told["emails"]] == [
        ("a", "check_in", "sent"),
        ("b", "goodbye", "sent"),
    ]
    assert mails(shop, id_) == {}
    assert shop.ask("GET", f"/campaigns/{id_}")[1]["state"] == "draft"
    rows = shop.system.world.db.execute("SELECT subject, tags FROM mailbox ORDER BY sent_at DESC LIMIT 2").fetchall()
    assert all(subject.startswith("[Test] ") for subject, _ in rows)
    assert {tags for _, tags in rows} == {"{}"}, "SES's notices of it are nobody's"
    assert list(contacts.items(one, caps.PREFIX)) == []


def test_a_test_goes_out_over_a_cap_counts_towards_none_and_takes_no_code(shop: Shop) -> None:
    held = shop.ask("GET", "/settings")[1]
    changed = {**held["settings"], "caps": {"marketing": {"day": 1}, "lifecycle": {"day": 1}}}
    assert shop.ask("PUT", "/settings", changed, **{"if-match": held["etag"]})[0] == 200
    assert shop.ask("PUT", "/coupons/spring", {})[0] == 200
    assert shop.ask("POST", "/coupons/spring/codes", {"codes": ["SPRING-1"]})[0] == 201
    shop.passes(2 * MINUTE)
    one = max(shop.members("buyers"))
    id_ = drafted(shop, subject="Your code is {{ coupon.spring }}")
    try:
        for _ in range(2):
            shop.ask("POST", f"/campaigns/{id_}/test", {"contact": one})
            shop.passes(MINUTE)
            assert [each["status"] for each in shop.ask("GET", f"/campaigns/{id_}/test")[1]["emails"]] == ["sent"]
        assert list(contacts.items(one, caps.PREFIX)) == []
        assert shop.ask("GET", "/coupons/spring")[1]["left"] == 1
    finally:
        held = shop.ask("GET", "/settings")[1]
        shop.ask("PUT", "/settings", {**held["settings"], "caps": {}}, **{"if-match": held["etag"]})
        shop.passes(2 * MINUTE)


def test_what_is_paused_stops_at_once_and_what_is_resumed_skips_and_repeats_nobody(shop: Shop) -> None:
    everybody = shop.members("everybody")
    ses.set_send_rate(shop.system.world, 2)
    id_ = sent(shop)
    shop.passes(64 * SECOND)
    assert 0 < progress(shop, id_)["sent"] < len(everybody)
    for _ in range(3):
        assert shop.ask("POST", f"/campaigns/{id_}/pause")[1]["state"] == "paused"
        at_most = progress(shop, id_)["sent"] + 2 * 2
        shop.passes(HOUR)
        assert progress(shop, id_)["sent"] == sum(mails(shop, id_).values()) <= at_most
        assert progress(shop, id_)["why"] == "paused by hand"
        assert shop.ask("POST", f"/campaigns/{id_}/resume")[0] == 202
        shop.passes(2 * SECOND)
    ses.set_send_rate(shop.system.world, None)
    shop.passes(10 * MINUTE)
    stands = progress(shop, id_)
    assert (stands["state"], stands["waiting"]) == ("done", 0)
    assert set(mails(shop, id_).values()) == {1}
    assert {each["contact"] for each in recipients(shop, id_)} == everybody


def test_each_contact_gets_it_at_their_own_hour_and_the_ledger_says_until_when_they_wait(shop: Shop) -> None:
    """Together with a test of two variants, and with the segment asked at the instant of sending."""
    shop.publish("travellers", {"kind": "trait", "trait": "timezone", "is": "exists"})
    zones = {201: "Asia/Tokyo", 202: "Europe/Berlin", 203: "America/New_York", 204: "America/New_York"}
    for number, zone in zones.items():
        shop.customer(number)
        shop.track(
            "identify", {"userId": f"user-{number}", "traits": {"email": f"ada.{number}@example.com", "timezone": zone}}
        )
    shop.passes(30 * MINUTE)
    travellers = shop.members("travellers")
    assert len(travellers) == 4
    day = iso(shop.now() + 3 * DAY)[:10]
    variants = [{"id": "a"}, {"id": "b", "template": "goodbye"}]
    schedule = {"kind": "local", "day": day, "at": "09:00"}
    id_ = sent(shop, segments=["travellers"], schedule=schedule, variants=variants)
    shop.passes(parse_instant(f"{day}T05:00:00Z") - shop.now())
    assert progress(shop, id_)["sent"] == 1  # it is past nine in Tokyo
    waiting = recipients(shop, id_, "&status=waiting")
    assert sorted(iso(each["at"])[11:13] for each in waiting) in (
        ["07", "13", "13"],
        ["08", "13", "13"],
        ["08", "14", "14"],
        ["07", "14", "14"],
    )
    leaves = next(each["contact"] for each in waiting if iso(each["at"])[11:13] in ("13", "14"))
    number = next(n for n in zones if profile_email(leaves) == f"ada.{n}@example.com")
    shop.track("identify", {"userId": f"user-{number}", "traits": {"timezone": None}})
    shop.passes(12 * HOUR)
    stands = progress(shop, id_)
    assert stands["state"] == "done"
    assert stands["sent"] == 3
    assert skipped(stands) == {"left_segment": 1}
    assert {each["contact"] for each in recipients(shop, id_, "&reason=left_segment")} == {leaves}


def profile_email(contact: str) -> str | None:
    stored = contacts.read(contact)
    return stored.profile.email if stored is not None else None


def test_who_is_erased_before_their_turn_gets_nothing_and_who_has_joined_another_is_served_once(shop: Shop) -> None:
    shop.publish("newcomers", {"kind": "trait", "trait": "interest", "is": "equal", "value": "ferns"})
    for number in (301, 302, 303, 304):
        shop.customer(number)
        told = {"email": f"ada.{number}@example.com", "interest": "ferns"}
        shop.track("identify", {"userId": f"user-{number}", "traits": told})
    shop.passes(30 * MINUTE)
    people = {profile_email(contact): contact for contact in shop.members("newcomers")}
    erased, stays, joins, bystander = (people[f"ada.{number}@example.com"] for number in (301, 302, 303, 304))
    id_ = sent(shop, segments=["newcomers"])
    shop.passes(30 * SECOND)  # frozen, and nothing is sent yet
    assert shop.delete(f"/contacts/{erased}")[0] == 202
    assert shop.ask("POST", f"/contacts/{stays}/merge", {"other": joins})[0] == 202
    shop.passes(10 * MINUTE)
    stands = progress(shop, id_)
    assert (stands["state"], stands["audience"], stands["sent"]) == ("done", 4, 2)
    assert skipped(stands) == {"erased": 1, "joined": 1}
    assert mails(shop, id_) == {stays: 1, bystander: 1}
    (gone,) = recipients(shop, id_, "&reason=erased")
    assert (gone["contact"], gone["email"]) == (erased, None)


def test_who_has_had_it_by_another_name_does_not_get_it_again(shop: Shop) -> None:
    """Of two who turn out to be one person in the middle of a campaign, one has had it already."""
    shop.publish("pair", {"kind": "trait", "trait": "interest", "is": "equal", "value": "moss"})
    for number in (401, 402):
        shop.customer(number)
        shop.track(
            "identify",
            {"userId": f"user-{number}", "traits": {"email": f"ada.{number}@example.com", "interest": "moss"}},
        )
    shop.passes(30 * MINUTE)
    pair = sorted(shop.members("pair"), key=lambda contact: (contacts.shard_of(contact), contact))
    ses.set_send_rate(shop.system.world, 1)
    id_ = sent(shop, segments=["pair"], spread="2h")
    shop.passes(HOUR - MINUTE)
    ses.set_send_rate(shop.system.world, None)
    had = set(mails(shop, id_))
    if len(had) != 1:
        pytest.skip("both are due at once")
    (first,) = had
    (second,) = set(pair) - had
    assert shop.ask("POST", f"/contacts/{second}/merge", {"other": first})[0] == 202
    shop.passes(3 * HOUR)
    stands = progress(shop, id_)
    assert (stands["state"], stands["sent"], skipped(stands)) == ("done", 1, {"joined": 1})
    assert mails(shop, id_) == {first: 1}


def test_a_segment_that_is_left_out_of_a_campaign_stays_until_that_is_sent(shop: Shop) -> None:
    shop.publish("not_them", {"kind": "trait", "trait": "interest", "is": "equal", "value": "cacti"})
    id_ = sent(shop, without=["not_them"])
    status, told = shop.delete("/segments/not_them")
    assert (status, told["code"]) == (409, "in_use")
    assert told["detail"].startswith(f"the campaign {id_} names it, and ")
    shop.passes(10 * MINUTE)
    assert progress(shop, id_)["state"] == "done"
    assert shop.delete("/segments/not_them")[0] == 202


def test_three_complaints_stop_a_campaign_until_somebody_has_looked_at_it(shop: Shop) -> None:
    ses.set_send_rate(shop.system.world, 2)
    id_ = sent(shop)
    shop.passes(66 * SECOND)
    got = sorted(mails(shop, id_))
    assert len(got) >= 4
    for contact in (got[0], got[0], got[1]):
        ses.happen(shop.system.world, mail_to(shop, id_, contact), "Complaint")
    shop.passes(SECOND)
    assert progress(shop, id_)["state"] == "sending"  # one of them has complained twice
    ses.happen(shop.system.world, mail_to(shop, id_, got[2]), "Complaint")
    shop.passes(3 * SECOND)
    stands = progress(shop, id_)
    assert (stands["state"], stands["why"]) == ("paused", "3 recipients have reported it as spam")
    before = sum(mails(shop, id_).values())
    ses.set_send_rate(shop.system.world, None)
    shop.passes(HOUR)
    assert sum(mails(shop, id_).values()) == before
    assert shop.ask("POST", f"/campaigns/{id_}/resume")[0] == 202
    shop.passes(10 * MINUTE)
    assert progress(shop, id_)["state"] == "done"


def test_a_large_audience_is_counted_in_the_background_and_no_part_is_shown_as_the_whole(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = drafted(shop)
    at_once = shop.ask("POST", f"/campaigns/{id_}/audience")[1]
    monkeypatch.setattr("functions.admin.campaigns.COUNTED_AT_ONCE", 3)
    status, told = shop.ask("POST", f"/campaigns/{id_}/audience")
    assert (status, told["status"], told["words"], told["looked_at"]) == (202, "counting", None, 0)
    shop.passes(MINUTE)
    told = shop.ask("GET", f"/campaigns/{id_}/audience")[1]
    assert (told["status"], told["words"], told["looked_at"]) == ("done", at_once["words"], 1)
    assert told["of_this_form"]


def test_a_contact_s_page_lists_what_campaigns_sent_them(shop: Shop) -> None:
    one = max(shop.members("buyers"))
    status, told = shop.ask("GET", f"/contacts/{one}/messages")
    assert status == 200
    named = {each["campaign"] for each in told["messages"] if "campaign" in each}
    assert named
    assert shop.ask("GET", f"/contacts/{one}/export")[0] == 200
    assert shop.ask("GET", f"/contacts/{one}/timeline")[0] == 200


def settle_on(shop: Shop, **parts: Json) -> None:
    held = shop.ask("GET", "/settings")[1]
    status, told = shop.ask("PUT", "/settings", held["settings"] | parts, **{"if-match": held["etag"]})
    assert status == 200, told
    shop.passes(2 * MINUTE)


def test_who_is_over_a_cap_gets_it_when_there_is_room_and_the_count_says_so_before(shop: Shop) -> None:
    shop.passes(8 * DAY)  # what went out before counts no more
    settle_on(shop, caps={"marketing": {"day": 1}})
    first = sent(shop, segments=["buyers"])
    shop.passes(5 * MINUTE)
    buyers = set(mails(shop, first))
    assert len(buyers) > 10
    second = drafted(shop, segments=["buyers"])
    told = shop.ask("POST", f"/campaigns/{second}/audience")[1]
    assert (told["mailed"], told["later"]) == (len(buyers), len(buyers))
    assert "later than the others" in told["words"]
    assert shop.ask("POST", f"/campaigns/{second}/send")[0] == 202
    shop.passes(5 * MINUTE)
    stands = progress(shop, second)
    assert (stands["state"], stands["sent"], stands["waiting"]) == ("sending", 0, len(buyers))
    assert skipped(stands) == told["refused"]
    tomorrow = {iso(each["at"])[:16] for each in recipients(shop, second, "&status=waiting")}
    assert len(tomorrow) == 1
    shop.passes(DAY)
    assert progress(shop, second)["state"] == "done"
    assert mails(shop, second) == dict.fromkeys(buyers, 1)
    settle_on(shop, caps={})


def test_in_quiet_hours_nobody_gets_it_and_after_them_everybody_does(shop: Shop) -> None:
    hour = int(iso(shop.now())[11:13])
    quiet = {"from": f"{(hour - 1) % 24:02}:00", "to": f"{(hour + 3) % 24:02}:00"}
    settle_on(shop, quiet_hours=quiet)
    id_ = sent(shop, segments=["buyers"], best_before="2d")
    shop.passes(HOUR)
    waiting = progress(shop, id_)["waiting"]
    assert waiting > 10
    assert progress(shop, id_)["sent"] == 0
    shop.passes(3 * HOUR)
    assert (progress(shop, id_)["state"], progress(shop, id_)["sent"]) == ("done", waiting)
    settle_on(shop, quiet_hours=None)


def test_an_email_that_only_one_has_asked_for_is_no_campaign(shop: Shop) -> None:
    transactional = next(
        id_
        for id_ in template_definitions.shipped_ids()
        if template_definitions.shipped(id_).template.class_ == "transactional"
    )
    body = {"id": "no", "name": "No", "template": transactional, "segments": ["everybody"]}
    status, told = shop.ask("POST", "/campaigns", body)
    assert (status, told["field"]) == (400, "template")
