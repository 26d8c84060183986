"""One contact's story, twice: played on the turned clock, through the real handlers, told as it happens.

The story is also a test: each chapter says what must have come of it, and `StoryError` says what did not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from infra.local import launching
from infra.local.aws import ses
from infra.local.shop import storefront
from infra.local.system import System
from shared.adapters import contacts, definitions, identities
from shared.domain.events import DAY, MINUTE, SECOND, Identity, IdentityKind, iso
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import BY_TIME

TELL = Callable[[str], None]
BEGIN = 1_767_603_600_000  # 2026-01-05T09:00:00Z, a Monday


class StoryError(Exception):
    """The story did not come out."""


@dataclass
class Story:
    """A contact of the story, and how to go on with it."""

    system: System
    tell: TELL
    number: int
    first_name: str
    begin: int
    customer: dict[str, Any] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    """Mails and transitions the reader knows of already."""

    def play(self, reacts: bool) -> None:
        """Sign-up, onboarding, a click, an order, silence, win-back; then no reaction, or one."""
        self.sign_up()
        self.onboard()
        self.order()
        self.fall_silent()
        if reacts:
            self.come_back()
        else:
            self.go_dormant()

    # ── the chapters ──

    def sign_up(self) -> None:
        self.until(self.begin)
        tags = "source:newsletter, interest:candles"
        webhook = storefront.sign_up(self.number, self.first_name, self.begin, tags)
        self.customer = webhook.body
        self.say(f"{self.first_name} signs up in the shop, and agrees to marketing email")
        storefront.post(self.system, webhook)
        self.until(self.begin + 30 * SECOND)
        self.expect_member("new_subscribers", True, self.begin)
        self.expect_mail("welcome", self.begin)

    def onboard(self) -> None:
        self.until(self.begin + 2 * DAY + MINUTE)
        self.expect_mail("getting_started", self.begin + 2 * DAY)
        self.say("…and clicks a link in it")
        ses.happen(self.system.world, self.newest_mail().id, "Click", link="https://shop.example.com/candles")
        self.until(self.begin + 7 * DAY + MINUTE)
        self.expect_mail("check_in", self.begin + 7 * DAY)

    def order(self) -> None:
        at = self.begin + 8 * DAY
        self.until(at)
        self.say(f"{self.first_name} orders a candle for 24.50")
        storefront.post(self.system, storefront.order(self.number, self.customer, at))
        self.until(at + MINUTE)
        self.expect_member("first_time_buyers", True, at)
        self.expect_mail("thank_you", at)

    def fall_silent(self) -> None:
        self.say("Then nothing is heard for 60 days")
        silent_since = self.begin + 8 * DAY
        self.until(silent_since + 60 * DAY - 1)
        self.expect_member("inactive", False)
        self.until(silent_since + 60 * DAY + 2 * MINUTE)
        self.expect_member("inactive", True, silent_since + 60 * DAY)
        self.expect_mail("we_miss_you", silent_since + 60 * DAY)

    def go_dormant(self) -> None:
        won_back = self.begin + 68 * DAY
        for day, step in ((5, "whats_new"), (10, "update_preferences"), (15, "goodbye")):
            self.until(won_back + day * DAY + 2 * MINUTE)
            self.expect_mail(step, won_back + day * DAY)
        self.expect_member("dormant", True)
        self.until(won_back + 60 * DAY)
        self.expect_mail("goodbye", won_back + 15 * DAY)

    def come_back(self) -> None:
        won_back = self.begin + 68 * DAY
        at = won_back + 3 * DAY
        self.until(at)
        self.say("A mail proxy fetches the pictures: that is no reaction")
        ses.happen(self.system.world, self.newest_mail().id, "Open", bot=True, user_agent="GoogleImageProxy")
        self.until(at + MINUTE)
        self.expect_member("inactive", True)
        self.until(at + 5 * MINUTE)
        self.say(f"{self.first_name} clicks the offer")
        ses.happen(self.system.world, self.newest_mail().id, "Click", link="https://shop.example.com/candles")
        self.until(at + 10 * MINUTE)
        self.expect_member("inactive", False, at + 5 * MINUTE)
        self.expect_mail("welcome_back", at + 5 * MINUTE)
        self.until(won_back + 30 * DAY)
        self.expect_mail("welcome_back", at + 5 * MINUTE)
        self.expect_member("dormant", False)

    # ── telling and expecting ──

    def say(self, text: str) -> None:
        self.tell(f"{_when(self.system.world.now())}  {text}")

    def until(self, instant: int) -> None:
        """Lets time pass, and tells what has happened meanwhile."""
        self.system.pass_time(instant - self.system.world.now())
        if self.customer and self.contact():
            for at, what in sorted([*self.new_transitions(), *self.new_mails()]):
                self.tell(f"{_when(at)}  {what}")

    def new_transitions(self) -> Iterator[tuple[int, str]]:
        items = contacts.items(self.contact(), "TRANSITION#")
        for transition in (each for item in items for each in contacts.transitions_of(item)):
            if (name := f"transition {transition.number}") not in self.told:
                self.told.add(name)
                segment = definitions.segments().segments[transition.segment].name
                why = " (nothing happened, and that was it)" if transition.cause == BY_TIME else ""
                yield transition.time, f"   {'→ enters' if transition.entered else '← leaves'} {segment}{why}"

    def new_mails(self) -> Iterator[tuple[int, str]]:
        for mail in self.mails():
            if mail.id not in self.told:
                self.told.add(mail.id)
                yield mail.sent_at, f"   ✉ {mail.subject}"

    def contact(self) -> str:
        identity = Identity(kind=IdentityKind.SHOPIFY, value=str(self.customer["id"]))
        return identities.find([identity]).get(identity, "")

    def profile(self) -> Profile:
        stored = contacts.read(self.contact())
        if stored is None:
            raise StoryError(f"{self.first_name} has no profile")
        return stored.profile

    def mails(self) -> list[ses.Mail]:
        """What was sent to the contact, oldest first."""
        rows = self.system.world.db.execute(
            "SELECT id FROM mailbox WHERE recipients LIKE ? ORDER BY sent_at, id", (f'%"{self.customer["email"]}"%',)
        ).fetchall()
        return [ses.mail(self.system.world, row[0]) for row in rows]

    def newest_mail(self) -> ses.Mail:
        mails = self.mails()
        if not mails:
            raise StoryError(f"{self.first_name} got no email")
        return mails[-1]

    def expect_mail(self, step: str, at: int) -> None:
        """The newest mail is the one of this step, sent within two minutes of that instant, and only once."""
        mail = self.newest_mail()
        if sum(other.tags.get("message") == mail.tags.get("message") for other in self.mails()) > 1:
            raise StoryError(f"the email {step} was sent more than once")
        if mail.tags.get("step") != step:
            raise StoryError(f"expected the email {step}, the newest is {mail.tags.get('step')} of {iso(mail.sent_at)}")
        if not 0 <= mail.sent_at - at <= 2 * MINUTE:
            raise StoryError(f"the email {step} was sent at {iso(mail.sent_at)}, not at {iso(at)}")

    def expect_member(self, segment: str, member: bool, since: int | None = None) -> None:
        membership = self.profile().memberships.get(segment)
        if (membership is not None and membership.member) != member:
            raise StoryError(f"expected {self.first_name} {'in' if member else 'not in'} {segment} by now")
        if since is not None and membership is not None and not 0 <= membership.since - since <= MINUTE:
            raise StoryError(f"{segment} changed at {iso(membership.since)}, not at {iso(since)}")


def _when(instant: int) -> str:
    return iso(instant)[:19].replace("T", " ")


def play(system: System, tell: TELL) -> None:
    """Plays both stories. StoryError when one does not come out."""
    launching.switch_on(system, launching.FIRST)
    Story(system, tell, 1, "Ada", BEGIN).play(reacts=False)
    tell("\nThe same once more, with a reaction.\n")
    Story(system, tell, 2, "Grace", BEGIN + 200 * DAY).play(reacts=True)
