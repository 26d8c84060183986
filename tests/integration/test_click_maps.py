"""Click maps on the local run: an email is sent, its links are clicked as SES would have them clicked, and the map says
how many people clicked where."""

from __future__ import annotations

import re

import pytest

from infra.local.aws import ses
from infra.local.screens import mailbox
from shared.adapters import contacts
from shared.domain.events import DAY, MINUTE, Json, Type
from tests.integration.people_behind import people_behind
from tests.integration.shop import Shop

CUSTOMERS = 6
PEOPLE = "/campaigns/tea/clicks/people"
EMAIL = {
    "id": "two_ways",
    "name": "Two ways",
    "subject": "Two ways to tea",
    "preview": "Both lead to tea.",
    "class": "marketing",
    "topic": "marketing",
    "blocks": [
        {"kind": "heading", "text": "Tea"},
        {"kind": "text", "text": "Have [some tea]({{ shop.url }}/tea), {{ contact.first_name | default: 'friend' }}."},
        {"kind": "button", "text": "Tea", "url": "{{ shop.url }}/tea?for={{ contact.first_name | default: 'friend' }}"},
    ],
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop(journeys=["onboarding"])
    for number in range(1, CUSTOMERS + 1):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    publish(shop)
    status, told = shop.ask(
        "POST", "/campaigns", {"id": "tea", "name": "Tea", "template": "two_ways", "segments": ["everybody"]}
    )
    assert status == 201, told
    assert shop.ask("POST", "/campaigns/tea/send")[0] == 202
    shop.passes(6 * MINUTE)
    return shop


def publish(shop: Shop) -> None:
    status, told = shop.ask("POST", "/templates", {"definition": EMAIL})
    assert status == 201, told
    status, told = shop.ask("POST", "/templates/two_ways/publish", {}, **{"if-match": told["etag"]})
    assert status == 200, told


def mails(shop: Shop) -> dict[str, str]:
    rows = shop.system.world.db.execute(
        "SELECT id, tags FROM mailbox WHERE json_extract(tags, '$.campaign') = 'tea' ORDER BY id"
    )
    return {ses.mail(shop.system.world, id_).tags["contact"]: id_ for id_, _ in rows}


def clicks(shop: Shop, path: str = "/campaigns/tea/clicks") -> Json:
    status, told = shop.ask("GET", path)
    assert status == 200, told
    return told


def test_each_person_counts_once_at_each_place_and_machines_nowhere(shop: Shop) -> None:
    one, two, three, old, machine, _ = mails(shop).values()
    html = ses.mail(shop.system.world, one).html or ""
    (text, button) = [
        n for n, link in enumerate(mailbox.links(html)) if link.url.startswith("https://shop.example.com/tea")
    ]

    def click(id_: str, number: int) -> None:
        mailbox.act(shop.system.world, id_, "click", {"link": str(number)})
        shop.passes(MINUTE)

    for id_, number in ((one, text), (one, text), (one, button), (two, button), (three, button)):
        click(id_, number)
    ses.happen(shop.system.world, old, "Click", link="https://shop.example.com/tea")  # as before there were marks
    tags = mailbox.links(html)[text].tags
    ses.happen(shop.system.world, machine, "Click", link="https://shop.example.com/tea", link_tags=tags, bot=True)
    shop.passes(20 * MINUTE)
    (email,) = clicks(shop)["emails"]
    assert (email["template"], email["version"], email["language"]) == ("two_ways", 1, "en")
    assert (email["sent"], email["clicked"], email["unknown"]) == (CUSTOMERS, 4, 1)
    counted = [(each["text"], each["leads_to"], each["people"]) for each in email["places"] if each["people"]]
    assert counted == [
        ("some tea", "https://shop.example.com/tea", 1),
        ("Tea", "https://shop.example.com/tea", 3),
    ]
    assert len({each["place"] for each in email["places"] if each["people"]}) == 2, "one address twice is two places"
    unsubscribe = [each for each in email["places"] if each["personal"] == "unsubscribes who clicks"]
    assert unsubscribe and all(each["place"] is None and each["people"] is None for each in unsubscribe)
    assert all("?" not in each["leads_to"] for each in email["places"])
    path, contact = f"{PEOPLE}?template=two_ways&version=1&language=en", {id_: who for who, id_ in mails(shop).items()}
    for asked, ids in {"what=sent": contact, "what=clicked": (one, two, three, old), "place=unknown": (old,)}.items():
        total, people = people_behind(shop, f"{path}&{asked}")
        assert (total, people.keys()) == (len(ids), {contact[id_] for id_ in ids}), asked
    first, second = (each["place"] for each in email["places"] if each["people"])
    assert people_behind(shop, f"{path}&place={first}")[1].keys() == {contact[one]}
    assert people_behind(shop, f"{path}&place={second}")[1].keys() == {contact[each] for each in (one, two, three)}
    assert shop.ask("GET", f"{PEOPLE}?version=first")[1]["field"] == "version"


def test_the_email_is_drawn_with_its_numbers_and_names_nobody(shop: Shop) -> None:
    (email,) = clicks(shop)["emails"]
    badges = re.findall(r'class="clicked"[^>]*>([0-9-]+): (\d+)<', email["html"])
    assert dict(badges) == {each["place"]: str(each["people"]) for each in email["places"] if each["place"]}
    assert "ses:tags" not in email["html"]
    assert not any(profile.email and profile.email in email["html"] for profile in shop.profiles())


def test_the_mark_says_nothing_of_the_person_and_does_not_reach_them(shop: Shop) -> None:
    sent = [ses.mail(shop.system.world, id_) for id_ in mails(shop).values()]
    marks = {tuple(re.findall(r'ses:tags="([^"]*)"', mail.html or "")) for mail in sent}
    assert len(marks) == 1, "the same for all who get the version"
    assert all(re.fullmatch(r"place:\d+(-\d+)?;", mark) for mark in marks.pop())
    assert not any("ses:" in (mail.text or "") or "ses:" in mailbox.framed(mail) for mail in sent)


def test_who_sent_no_click_of_theirs_asks_ses_for_none(shop: Shop) -> None:
    held, settings = (shop.ask("GET", "/settings")[1][name] for name in ("etag", "settings"))
    body = {**settings, "tracking": {**settings["tracking"], "clicks": "never"}}
    status, told = shop.ask("PUT", "/settings", body, **{"if-match": held})
    assert status == 200, told
    shop.customer(CUSTOMERS + 1)
    shop.passes(2 * DAY)
    (html,) = shop.system.world.db.execute("SELECT html FROM mailbox ORDER BY sent_at DESC, id DESC").fetchone()
    assert "ses:tags" not in html
    held = shop.ask("GET", "/settings")[1]["etag"]
    assert shop.ask("PUT", "/settings", settings, **{"if-match": held})[0] == 200


def test_a_journeys_step_has_its_map_and_the_lake_has_the_place(shop: Shop) -> None:
    welcome = [
        id_
        for (id_,) in shop.system.world.db.execute(
            "SELECT id FROM mailbox WHERE json_extract(tags, '$.step') = 'welcome' ORDER BY sent_at, id"
        )
    ]
    if not welcome:
        pytest.fail("onboarding has sent no welcome")
    links = mailbox.links(ses.mail(shop.system.world, welcome[0]).html or "")
    number = next(n for n, link in enumerate(links) if link.tracked)
    mailbox.act(shop.system.world, welcome[0], "click", {"link": str(number)})
    shop.passes(20 * MINUTE)
    (email, *_) = clicks(shop, "/journeys/onboarding/steps/welcome/clicks")["emails"]
    assert email["clicked"] == 1
    assert [each["people"] for each in email["places"] if each["place"] == links[number].tags["place"][0]] == [1]
    contact = ses.mail(shop.system.world, welcome[0]).tags["contact"]
    (event,) = [
        each for each in contacts.events(contact) if each.type == Type.EMAIL_CLICKED and each.properties.get("journey")
    ]
    assert event.properties["place"] == links[number].tags["place"][0]
    of = f"template={email['template']}&version={email['version']}&language={email['language']}"
    path = f"/journeys/onboarding/steps/welcome/clicks/people?{of}"
    assert people_behind(shop, f"{path}&place={event.properties['place']}")[1].keys() == {contact}
    assert shop.ask("GET", "/journeys/nothing/steps/welcome/clicks")[0] == 404


def test_a_draft_has_no_map_yet(shop: Shop) -> None:
    body = {"id": "later", "name": "Later", "template": "two_ways", "segments": ["everybody"]}
    assert shop.ask("POST", "/campaigns", body)[0] == 201
    assert clicks(shop, "/campaigns/later/clicks")["emails"] == []
