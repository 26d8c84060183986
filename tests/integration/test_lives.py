"""The people of `lives` go their ways through the whole system, and each of them gets what a person would expect."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from infra.local import launching, settings
from infra.local.aws import ses, sqs
from infra.local.shop import demo, lives
from infra.local.shop.lives import Person
from infra.local.system import System, begin
from shared.adapters import clock, contacts, definitions, identities, members
from shared.domain.events import DAY, HOUR, Identity, IdentityKind, Instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.segments import evaluate

UNTIL = demo.BEGIN + 175 * DAY


@pytest.fixture(scope="module")
def played() -> Iterator[System]:
    template = settings.template()
    system = begin(":memory:", template, settings.secrets(template), now=demo.BEGIN)
    launching.switch_on(system, launching.FIRST)
    with system.hurrying():
        for each in lives.told(demo.BEGIN):
            system.run_until(max(each.at, system.world.now()))
            lives.post(system, each)
        system.run_until(UNTIL - 2 * DAY)
    system.run_until(UNTIL)
    yield system
    clock.use(None)


def who(way: object) -> Person:
    return lives.who(way, demo.BEGIN)  # type: ignore[arg-type]


def found(person: Person) -> Profile | None:
    customer = Identity(kind=IdentityKind.SHOPIFY, value=str(person.id))
    contact = identities.find([customer]).get(customer)
    stored = contacts.read(contact) if contact else None
    return stored.profile if stored else None


def profile(person: Person) -> Profile:
    there = found(person)
    assert there is not None
    return there


def emails(system: System, *addresses: str) -> list[tuple[Instant, str]]:
    """When which template was sent to one of the addresses, in order."""
    rows = system.world.db.execute("SELECT id FROM mailbox ORDER BY sent_at, id").fetchall()
    sent = [ses.mail(system.world, row[0]) for row in rows]
    return [(mail.sent_at, mail.tags["template"]) for mail in sent if mail.recipients[0] in addresses]


def templates(system: System, person: Person, until: int = 10_000 * DAY) -> list[str]:
    return [name for at, name in emails(system, person.email) if at < person.begun + until]


def member(profile: Profile, segment: str) -> bool:
    return segment in profile.memberships and profile.memberships[segment].member


def was_in(profile: Profile, segment: str) -> bool:
    return any(item["segment"]["S"] == segment for item in contacts.items(profile.contact, "TRANSITION#"))


def test_a_visitor_who_becomes_known_is_one_contact_with_all_their_visits(played: System) -> None:
    person = who(lives.visitor_who_becomes_known)
    known = profile(person)
    assert known.histories["Page Viewed"].total == 9 + 6
    browser = Identity(kind=IdentityKind.ANONYMOUS, value=person.browser)
    assert identities.find([browser]) == {browser: known.contact}
    assert templates(played, person, 100 * DAY) == ["welcome", "getting_started", "check_in"]
    assert "we_miss_you" not in templates(played, person, 160 * DAY)  # the last visit was on day 104


def test_who_agrees_twice_is_welcomed_once(played: System) -> None:
    assert templates(played, who(lives.agrees_twice)).count("welcome") == 1


def test_a_customer_of_old_is_new_to_the_newsletter_and_not_missed(played: System) -> None:
    person = who(lives.customer_of_old)
    assert templates(played, person, 99 * DAY) == []
    assert templates(played, person, 159 * DAY).count("welcome") == 1
    assert "we_miss_you" not in templates(played, person, 159 * DAY)
    assert "thank_you" not in templates(played, person)
    assert profile(person).email == person.email


def test_history_that_is_brought_over_moves_segments_and_starts_nothing(played: System) -> None:
    person = who(lives.brought_over)
    assert member(profile(person), "customers")
    early = templates(played, person, 58 * DAY)
    assert early[0] == "welcome"
    assert not {"thank_you", "we_miss_you", "goodbye"} & set(early)


def test_who_has_left_stays_away_whatever_the_shop_repeats(played: System) -> None:
    person = who(lives.edited_after_leaving)
    assert profile(person).consent["marketing"].value == "unsubscribed"
    assert all(at < person.begun + 20 * DAY for at, _ in emails(played, person.email))
    assert templates(played, person).count("welcome") == 1


def test_two_accounts_become_one_person_who_gets_each_email_once(played: System) -> None:
    person = who(lives.two_accounts)
    other = Person(500 + person.id - lives.FIRST, person.begun)
    assert profile(person).contact == profile(other).contact
    assert profile(person).email == other.email
    after = [name for at, name in emails(played, person.email, other.email) if at > person.begun + 10 * DAY + HOUR]
    assert len(after) == len(set(after)), after


def test_a_cart_is_abandoned_only_where_no_order_came_of_it(played: System) -> None:
    assert was_in(profile(who(lives.leaves_a_cart)), "abandoned_cart")
    bought = profile(who(lives.buys_what_was_in_the_cart))
    assert not was_in(bought, "abandoned_cart")
    assert not was_in(bought, "big_carts")
    assert templates(played, who(lives.buys_what_was_in_the_cart)).count("thank_you") == 1


def test_an_order_that_two_tell_of_is_one(played: System) -> None:
    known = profile(who(lives.told_of_by_shop_and_site))
    assert [order.net for order in known.orders.values() if order.counts] == [2450]
    assert known.histories["Order Completed"].total == 1


def test_two_orders_at_once_are_thanked_for_once_and_a_cancellation_is_not(played: System) -> None:
    person = who(lives.cancels_the_second)
    assert templates(played, person).count("thank_you") == 1
    assert member(profile(person), "first_time_buyers")


def test_what_is_no_longer_so_is_no_longer_so(played: System) -> None:
    traits = profile(who(lives.moves_abroad)).traits
    assert (traits["country"].value, traits["city"].value) == ("DE", "Berlin")
    assert "region" not in traits or traits["region"].value is None


def test_a_refund_in_another_currency_takes_off_what_it_comes_to_in_the_shops(played: System) -> None:
    assert [order.net for order in profile(who(lives.pays_in_yen)).orders.values()] == [1225]


def test_who_is_erased_is_gone_and_stays_so(played: System) -> None:
    person = who(lives.has_themselves_erased)
    assert found(person) is None
    assert all(at < person.begun + 12 * DAY for at, _ in emails(played, person.email))
    dump = "\n".join(str(row) for row in played.world.db.execute('SELECT * FROM "dynamodb Contacts"').fetchall())
    assert person.email not in dump


def test_every_sum_agrees(played: System) -> None:
    """Members are the profiles' memberships, and those are what all the events come to; and nothing was lost."""
    shop_definitions = definitions.segments()
    everybody, _ = contacts.page(contacts.Place(), 1_000)
    profiles = [stored.profile for stored in contacts.read_all(everybody)]
    for segment in shop_definitions.segments:
        held = {each.contact for each in profiles if member(each, segment)}
        assert {each.contact for each in members.members(segment)} == held, segment
        assert members.counts().get(segment, 0) == len(held), segment
        for each in profiles:
            whole = rebuild(each, contacts.events(each.contact))
            assert evaluate(shop_definitions, segment, whole, played.world.now())[0] == member(each, segment), segment
    for queue in ("EventsDeadLetters", "FeedbackDeadLetters", "TransitionDeadLetters", "LakeDeadLetters"):
        assert sqs.next_visible_at(played.world, played.template.reference(queue)) is None, queue


def test_nobody_gets_one_email_twice_within_two_months(played: System) -> None:
    rows = played.world.db.execute("SELECT id FROM mailbox").fetchall()
    last: dict[tuple[str, str], Instant] = {}
    for mail in sorted((ses.mail(played.world, row[0]) for row in rows), key=lambda mail: mail.sent_at):
        key = (mail.recipients[0], mail.tags["template"])
        assert mail.sent_at - last.get(key, -(10**15)) > 60 * DAY, key
        last[key] = mail.sent_at
