"""Digests: from the choice on the preference page to the one email that all others are put into, on the local run; and
what may come in between, against moto."""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.message import app as message_app
from functions.profile import app as profile_app
from functions.transition import app as transition_app
from infra.local import gateway
from infra.local.aws import ses as local_ses
from infra.local.gateway import Request
from shared.adapters import campaigns, clock, contacts, digests, messages, shop_settings, tokens
from shared.adapters.clients import client
from shared.adapters.delivering import deliver
from shared.adapters.tokens import Token
from shared.domain.campaigns.definition import Campaign
from shared.domain.campaigns.states import Kept, State
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, iso, parse_instant
from shared.domain.messages.asked import CampaignMessage
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.transitions import Membership
from shared.domain.segments import close
from shared.domain.settings import Cap, DigestTime, ShopSettings
from tests.integration.conftest import NOW
from tests.integration.shop import Shop
from tests.integration.test_message import Crash, Ses, leads_to, raising, ses, store

__all__ = ["ses"]

# ── the whole way, on the local run ──


def posted(shop: Shop, contact: str, path: str = "preferences", **form: Any) -> str:
    token = tokens.issue(Token(contact, "marketing", "", issued=shop.now()))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    body = urlencode(form, doseq=True).encode()
    answer = gateway.public(shop.system, Request("POST", f"/{path}/{token}", "", headers, body))
    assert answer.status == 200, answer.body
    return answer.body.decode()


def sent(shop: Shop, id_: str, subject: str) -> None:
    body = {"id": id_, "name": "News", "template": "check_in", "subject": subject, "segments": ["everybody"]}
    assert shop.ask("POST", "/campaigns", body)[0] == 201
    assert shop.ask("POST", f"/campaigns/{id_}/send")[0] == 202


def progress(shop: Shop, id_: str) -> dict[str, int]:
    told = shop.ask("GET", f"/campaigns/{id_}/progress")[1]
    assert told["audience"] == told["sent"] + sum(each["n"] for each in told["skipped"]) + told["waiting"]
    return {"sent": told["sent"], **{each["reason"]: each["n"] for each in told["skipped"]}, "waiting": told["waiting"]}


def mails(shop: Shop, contact: str) -> list[local_ses.Mail]:
    rows = shop.system.world.db.execute("SELECT id FROM mailbox").fetchall()
    found = [local_ses.mail(shop.system.world, id_) for (id_,) in rows]
    return sorted((each for each in found if each.tags["contact"] == contact), key=lambda each: each.sent_at)


WANTS = "the contact wants one email a week, or a month."


def in_words(day: str) -> str:
    return f"{date.fromisoformat(day):%A}, {int(day[8:])} {date.fromisoformat(day):%B %Y}"


def said(shop: Shop, contact: str, campaign: str) -> str:
    """Why the contact did not get the campaign, as an operator reads it."""
    told = shop.ask("GET", f"/contacts/{contact}/messages")[1]["messages"]
    return str(next(each["sentence"] for each in told if each.get("campaign") == campaign))


def test_from_the_choice_on_the_page_to_one_email() -> None:
    shop = Shop()
    for number in range(1, 6):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(20 * MINUTE)
    settings_ = shop.ask("GET", "/settings")[1]
    day, friday = iso(shop.now() + DAY)[:10], (shop.now() + DAY) // DAY
    weekday = ("thu", "fri", "sat", "sun", "mon", "tue", "wed")[friday % 7]
    saved = {**settings_["settings"], "digest": {"day": weekday, "at": "09:00"}}
    assert shop.ask("PUT", "/settings", saved, **{"if-match": settings_["etag"]})[0] == 200
    every, weekly, gone, leaves, erased = sorted(shop.members("everybody"))
    for contact in (weekly, leaves, erased):
        assert "One email a week about" in posted(shop, contact, topic=["marketing"], often_marketing="weekly")
    posted(shop, gone, "unsubscribe")

    sent(shop, "news_1", "Spring is here")  # while the answers still wait on the queue
    shop.passes(10 * MINUTE)
    sent(shop, "news_2", "Three mugs are back")
    shop.passes(10 * MINUTE)
    for id_ in ("news_1", "news_2"):
        assert progress(shop, id_) == {"sent": 1, "in_digest": 3, "no_consent": 1, "waiting": 0}
    assert [mail.tags.get("campaign") for mail in mails(shop, every)] == ["news_1", "news_2"]
    assert said(shop, weekly, "news_1") == f"It is kept for the digest of {in_words(day)}: {WANTS}"
    posted(shop, leaves, "unsubscribe")
    posted(shop, erased, do="erase_now")
    shop.passes(parse_instant(f"{day}T08:59:00Z") - shop.now())
    assert mails(shop, weekly) == []

    shop.passes(20 * MINUTE)
    (digest,) = mails(shop, weekly)
    assert digest.tags["message"] == f"digest_marketing_{day}"
    assert iso(digest.sent_at)[:15] == f"{day}T09:0"
    assert digest.html is not None
    assert digest.subject == "Three mugs are back – and 1 more"
    (link,) = re.findall(r'href="[^"]*/view/([A-Za-z0-9_-]+)"[^>]*>\s*Spring is here', digest.html)
    page = gateway.public(shop.system, Request("GET", f"/view/{link}"))
    assert page.status == 200
    assert [mails(shop, contact) for contact in (gone, leaves, erased)] == [[], [], []]
    assert len(mails(shop, every)) == 2

    kept = contacts.read_item(weekly, f"MESSAGE#news_1_{weekly}")
    dropped = contacts.read_item(leaves, f"MESSAGE#news_1_{leaves}")
    assert kept is not None
    assert dropped is not None
    assert (kept["reason"]["S"], kept["digest"]["S"]) == ("in_digest", digest.tags["message"])
    assert (dropped["reason"]["S"], "digest" in dropped) == ("no_consent", False)
    assert said(shop, weekly, "news_1") == f"It is in the digest of {in_words(day)}: {WANTS}"
    consent = shop.ask("GET", f"/contacts/{weekly}")[1]["consent"]
    assert [(each["topic"], each["frequency"]) for each in consent] == [("marketing", "weekly")]
    assert list(contacts.items(erased, "DIGEST#")) == []
    assert [digests.read(contact, "marketing").kept for contact in (weekly, leaves)] == [(), ()]
    shop.passes(10 * MINUTE)
    for contact in (weekly, leaves):
        stored = contacts.read(contact)
        assert stored is not None
        assert stored.profile.digests == {}
    shop.assert_exact()


# ── what may come in between ──

FRIDAY = parse_instant("2026-11-27T09:00:00Z")


class World:
    """One contact, the clock, and what the queues bring."""

    def __init__(self, ses: Ses) -> None:
        self.ses, self.t, self.number = ses, NOW, 0
        clock.use(lambda: self.t)

    def says(self, often: str | None = None, state: str = "subscribed", **also: str) -> None:
        told = {"marketing": state, **({"frequency:marketing": often} if often else {}), **also}
        self.change(lambda profile: profile.consent.update({t: Stamped(s, self.t) for t, s in told.items()}))

    def change(self, how: Any, contact: str = "c01") -> None:
        stored = contacts.read(contact)
        assert stored is not None
        how(stored.profile)
        contacts.commit([contacts.profile_write(stored.profile, stored.wake_at, self.t)])

    def campaign(self, contact: str = "c01", **fields: Any) -> CampaignMessage:
        """It is sent to the contact now."""
        self.number += 1
        id_ = f"news_{self.number}"
        campaign = Campaign(id=id_, name="News", template="check_in", segments=("all",), recheck=False)
        campaigns.create(Kept(campaign=campaign, id=id_, state=State.DONE))
        subject = f"Number {self.number} of it"
        about = {"campaign": id_, "template": "check_in", "subject": subject, "mail_class": "marketing"}
        message = CampaignMessage(contact=contact, **{**about, **fields})
        deliver(message, self.t)
        self.works()
        return message

    def passes(self, time: int) -> None:
        """Wakes whom the clock wakes, at the instant, and does what the queues ask for."""
        until = self.t + time
        self.works()
        for _ in range(60):
            due = min(
                (wake.wake_at for shard in range(contacts.SHARDS) for wake in contacts.due(shard, until)), default=NEVER
            )
            if due > until:
                break
            self.t = max(self.t, due) + MINUTE
            self.wake()
            self.works()
        self.t = max(self.t, until)

    def wake(self) -> None:
        from functions.refresh import app as refresh_app

        refresh_app.wake(self.t)

    def works(self) -> None:
        handlers = {"events_queue": profile_app, "prompt_queue": profile_app, "messages_queue": message_app}
        for _ in range(20):
            taken = {queue: self._taken(queue) for queue in handlers}
            for queue, bodies in taken.items():
                records = [
                    {"messageId": str(n), "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
                    for n, body in enumerate(bodies)
                ]
                if records:
                    assert handlers[queue].handler({"Records": records}, _Context())["batchItemFailures"] == []
            if not any(taken.values()):
                return
        raise AssertionError("the queues do not come to rest")

    def _taken(self, queue: str) -> list[str]:
        url, found = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"], []
        while received := client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                found.append(message["Body"])
                client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def got(self) -> list[str]:
        """The keys of what went out."""
        return [{t["Name"]: t["Value"] for t in each["EmailTags"]}["message"] for each in self.ses.sent]

    def html(self, n: int = -1) -> str:
        return str(self.ses.sent[n]["Content"]["Simple"]["Body"]["Html"]["Data"])

    def fate(self, message: CampaignMessage) -> tuple[str, str | None]:
        """Why it was not sent by itself, and which digest lists it."""
        item = contacts.read_item(message.contact, f"MESSAGE#{message.key}")
        assert item is not None
        return item.get("reason", {"S": "sent"})["S"], item["digest"]["S"] if "digest" in item else None


class _Context:
    function_name, memory_limit_in_mb, invoked_function_arn, aws_request_id = "f", 512, "arn", "r"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def world(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("EVENTS_DLQ_URL", "none")
    yield World(ses)


WEEKS = "digest_marketing_2026-11-27"


def test_the_week_in_one_email_on_the_day(world: World) -> None:
    world.says("weekly")
    several = [world.campaign(), world.campaign()]
    assert [world.fate(each) for each in several] == [("in_digest", None)] * 2
    assert [each.key for each in digests.read("c01", "marketing").kept] == [each.key for each in several]
    world.passes(FRIDAY - world.t - 1)
    assert world.got() == []
    world.passes(HOUR)
    assert world.got() == [WEEKS]
    assert [world.fate(each) for each in several] == [("in_digest", WEEKS)] * 2
    world.passes(15 * DAY)  # nothing more: an empty week sends nothing
    assert world.got() == [WEEKS]


def test_the_last_word_on_how_often_reaches_what_is_kept(world: World) -> None:
    world.says("weekly")
    first = world.campaign()
    world.passes(DAY)
    world.says("monthly")
    world.passes(5 * DAY)
    assert world.got() == []  # the last Friday of November is no first one
    second = world.campaign()
    world.passes(5 * DAY)
    monthly = "digest_marketing_2026-12-04"
    assert world.got() == [monthly]
    assert [world.fate(each) for each in (first, second)] == [("in_digest", monthly)] * 2

    world.says("monthly")
    third = world.campaign()
    world.says("all")  # every email from here on; what was kept still goes out, in one
    fourth = world.campaign()
    world.passes(31 * DAY)
    assert world.got() == [monthly, fourth.key, "digest_marketing_2027-01-01"]
    assert world.fate(third) == ("in_digest", "digest_marketing_2027-01-01")


@pytest.mark.parametrize(
    ("says", "reason"), [({"state": "unsubscribed"}, "no_consent"), ({"pause": "unsubscribed"}, "paused")]
)
def test_a_no_reaches_what_is_kept(world: World, says: dict[str, str], reason: str) -> None:
    world.says("weekly")
    kept = world.campaign()
    world.passes(DAY)
    world.says("weekly", **says)
    world.passes(10 * DAY)
    assert world.got() == []
    assert world.fate(kept) == (reason, None)
    assert digests.read("c01", "marketing").kept == ()


def test_what_is_stale_called_off_or_for_others_by_then_is_left_out_and_says_why(world: World) -> None:
    world.says("weekly")
    stale, off, paused, left, good = (
        world.campaign(best_before=NOW + DAY),
        world.campaign(),
        world.campaign(),
        world.campaign(),
        world.campaign(),
    )
    for message, state in ((off, State.CANCELLED), (paused, State.PAUSED)):
        held = campaigns.read(message.campaign)
        assert held is not None
        campaigns.change(held.changed(state=state))
    held = campaigns.read(left.campaign)
    assert held is not None
    rechecked = held.campaign.model_copy(update={"recheck": True, "segments": ("nobody",)})
    campaigns.change(held.changed(campaign=rechecked))
    world.passes(5 * DAY)
    assert world.got() == [WEEKS]
    assert [world.fate(each) for each in (stale, off, left, good, paused)] == [
        ("too_late", None),
        ("called_off", None),
        ("left_segment", None),
        ("in_digest", WEEKS),
        ("in_digest", None),  # it waits until somebody resumes the campaign
    ]
    held = campaigns.read(paused.campaign)
    assert held is not None
    campaigns.change(held.changed(state=State.DONE))
    world.passes(6 * DAY)
    assert world.fate(paused) == ("in_digest", "digest_marketing_2026-12-04")
    assert len(world.got()) == 2


def test_when_all_of_it_is_left_out_nothing_is_sent(world: World) -> None:
    world.says("weekly")
    stale = world.campaign(best_before=NOW + DAY)
    world.passes(10 * DAY)
    assert world.got() == []
    assert world.fate(stale) == ("too_late", None)
    stored = contacts.read("c01")
    assert stored is not None
    assert stored.profile.digests == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_whoever_dies_over_it_sends_it_once(world: World, when: str) -> None:
    world.says("weekly")
    kept = world.campaign()
    world.t = FRIDAY + MINUTE
    setattr(world.ses, when, raising(Crash()))
    world.wake()
    with pytest.raises(Crash):
        world.works()
    setattr(world.ses, when, lambda: None)
    if when == "after":
        messages.settle("c01", WEEKS, "ses-1", world.t)  # as SES's notice does
    world.passes(3 * DAY)
    assert world.got() == [WEEKS]
    assert world.fate(kept) == ("in_digest", WEEKS)
    assert digests.read("c01", "marketing").kept == ()


def test_a_digest_keeps_to_the_caps_and_what_comes_meanwhile_is_in_it(world: World) -> None:
    shop_settings.save(ShopSettings(caps={"marketing": Cap(week=1)}), 0, "a test")
    world.passes(DAY)
    before = world.campaign()  # on Wednesday
    world.says("weekly")
    kept = world.campaign()
    world.passes(3 * DAY)
    assert world.got() == [before.key]
    meanwhile = world.campaign()
    world.passes(5 * DAY)
    assert world.got() == [before.key, WEEKS]
    assert [world.fate(each) for each in (kept, meanwhile)] == [("in_digest", WEEKS)] * 2


def test_whoever_joins_another_brings_what_was_kept(world: World) -> None:
    other = Profile(
        "c02",
        traits={"email": Stamped("ada@work.example.com", 1)},
        consent={"marketing": Stamped("subscribed", 1), "frequency:marketing": Stamped("weekly", 1)},
    )
    store(other)
    leads_to("c02", "ada@work.example.com")
    world.says("weekly")
    both, only = world.campaign(), world.campaign()
    theirs = both.model_copy(update={"contact": "c02"})
    deliver(theirs, world.t)
    world.works()
    stored = contacts.read("c01")
    assert stored is not None
    closed, _ = close(stored.profile, world.t, joined="c02")
    contacts.commit([contacts.profile_write(closed, NEVER, world.t)])
    transition_app.end("c01", "c02", world.t)
    world.passes(5 * DAY)
    assert world.got() == [WEEKS]
    assert str(world.ses.sent[0]["Destination"]["ToAddresses"]) == "['ada@work.example.com']"
    assert world.html().count("Number 1 of it") == 1
    assert "Number 2 of it" in world.html()
    assert [world.fate(each) for each in (both, only)] == [("joined", None)] * 2
    assert [world.fate(each.model_copy(update={"contact": "c02"})) for each in (both, only)] == [
        ("in_digest", WEEKS)
    ] * 2


def test_whom_the_shop_has_not_seen_for_long_gets_one_email_a_month(world: World) -> None:
    def goes_quiet(profile: Profile) -> None:
        profile.traits["email_frequency"] = Stamped("monthly", NOW)
        profile.memberships["dormant"] = Membership(True, 1, NOW, NEVER)

    world.change(goes_quiet)
    kept = [world.campaign(), world.campaign()]
    world.passes(11 * DAY)
    assert world.got() == ["digest_marketing_2026-12-04"]
    assert [world.fate(each)[0] for each in kept] == ["in_digest"] * 2
    world.campaign()
    # A sign of life ends it, and with it the month's: every email comes as it is sent again.
    world.change(lambda profile: profile.memberships.update(dormant=Membership(False, 2, world.t, NEVER)))
    again = world.campaign()
    assert world.got()[-1] == again.key


def test_a_new_day_of_the_shops_makes_no_two_digests_in_a_week(world: World) -> None:
    world.says("weekly")
    world.campaign()
    world.passes(4 * DAY)
    assert world.got() == [WEEKS]
    shop_settings.save(ShopSettings(digest=DigestTime(day="mon")), 0, "a test")
    later = world.campaign()
    world.passes(9 * DAY)
    assert world.got() == [WEEKS]
    world.passes(7 * DAY)
    assert world.fate(later) == ("in_digest", "digest_marketing_2026-12-07")


def test_one_more_than_a_digest_has_room_for_pushes_out_the_oldest(world: World) -> None:
    world.says("weekly")
    several = [world.campaign() for _ in range(digests.MOST + 1)]
    world.passes(5 * DAY)
    assert world.fate(several[0]) == ("too_late", None)
    assert {world.fate(each) for each in several[1:]} == {("in_digest", WEEKS)}


def test_never_two_a_week_nothing_lost_and_nothing_after_a_no(world: World) -> None:
    """Some weeks of somebody who cannot decide."""
    draw = random.Random(11)
    says: tuple[tuple[str, str], ...] = (
        *(("weekly", "subscribed"), ("weekly", "subscribed"), ("monthly", "subscribed")),
        *(("all", "subscribed"), ("weekly", "unsubscribed")),
    )
    several, said_no, before = list[CampaignMessage](), False, 0
    for _ in range(30):
        act = draw.random()
        if act < 0.25:
            often, state = draw.choice(says)
            world.says(often, state)
            said_no, before = state == "unsubscribed", len(world.got())
        elif act < 0.7:
            several.append(world.campaign())
        else:
            world.passes(draw.choice([5 * HOUR, 2 * DAY, 6 * DAY]))
        assert not said_no or len(world.got()) == before
    world.says("weekly")
    world.passes(70 * DAY)
    weeks = sorted(key for key in world.got() if key.startswith("digest_"))
    assert len(set(world.got())) == len(world.got())
    days = [parse_instant(f"{key[-10:]}T00:00:00Z") for key in weeks]
    assert len(days) > 1
    assert all(later - earlier >= 7 * DAY for earlier, later in itertools.pairwise(days))
    for message in several:
        reason, digest = world.fate(message)
        assert (reason == "sent") == (message.key in world.got())
        assert reason in ("sent", "no_consent", "in_digest")
        assert (digest in weeks) == (reason == "in_digest")
    assert digests.read("c01", "marketing").kept == ()
