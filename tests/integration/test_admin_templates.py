"""Templates at the admin's API, on the local run: from a draft to the email that goes out with the new words."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.local.aws import ses
from shared.adapters import sent_counts, template_definitions
from shared.domain.events import DAY, HOUR, MINUTE, Json
from tests.integration.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


def ok(told: tuple[int, Json]) -> Any:
    assert told[0] in (200, 201), told
    return told[1]


def refused(told: tuple[int, Json], status: int, code: str) -> Any:
    assert (told[0], told[1]["code"]) == (status, code), told
    return told[1]


def mails(shop: Shop) -> list[ses.Mail]:
    rows = shop.system.world.db.execute("SELECT id FROM mailbox ORDER BY sent_at, id").fetchall()
    return [ses.mail(shop.system.world, row[0]) for row in rows]


def draft(shop: Shop, text: str, id_: str = "welcome") -> Json:
    held = ok(shop.ask("GET", f"/templates/{id_}"))
    return ok(shop.ask("PUT", f"/templates/{id_}/draft", {"yaml": text}, **{"if-match": held["etag"]}))


def publish(shop: Shop, text: str, id_: str = "welcome") -> Json:
    kept = draft(shop, text, id_)
    return ok(shop.ask("POST", f"/templates/{id_}/publish", {"why": "new words"}, **{"if-match": kept["etag"]}))


def welcome(words: str) -> str:
    return f"""\
# Ours.
id: welcome
name: Welcome
class: lifecycle
subject: Hello from us
preview: A few words to begin with.
blocks:
  - {{kind: heading, text: Welcome}}
  - {{kind: text, text: "{words}"}}
  - {{kind: button, text: Visit the shop, url: "{{{{ shop.url }}}}"}}
"""


def test_the_shipped_ones_are_there_and_can_be_changed(shop: Shop) -> None:
    listed = {each["id"]: each for each in ok(shop.ask("GET", "/templates"))["templates"]}
    assert set(listed) == set(template_definitions.shipped_ids())
    assert listed["welcome"]["version"] == 0 and listed["welcome"]["shipped"]
    shown = ok(shop.ask("GET", "/templates/welcome"))
    assert shown["text"] == template_definitions.shipped_text("welcome")

    kept = draft(shop, welcome("Hello there."))
    assert kept["problems"] == []
    assert ok(shop.ask("GET", "/templates/welcome"))["text"].startswith("# Ours."), "with its comments"
    published = ok(shop.ask("POST", "/templates/welcome/publish", {"why": "new words"}, **{"if-match": kept["etag"]}))
    assert published["version"] == 1
    shown = ok(shop.ask("GET", "/templates/welcome"))
    assert (shown["version"], shown["draft"], shown["why"]) == (1, None, "new words")
    again = publish(shop, welcome("Hello once more."))
    assert again["version"] == 2
    versions = ok(shop.ask("GET", "/templates/welcome/versions"))["versions"]
    assert [each["version"] for each in versions] == [2, 1]
    first = ok(shop.ask("POST", "/templates/welcome/preview", {"version": 1}))
    assert "Hello there." in first["html"]

    refused(shop.ask("DELETE", "/templates/welcome"), 428, "precondition_required")
    etag = ok(shop.ask("GET", "/templates/welcome"))["etag"]
    ok(shop.ask("DELETE", "/templates/welcome", **{"if-match": etag}))
    assert ok(shop.ask("GET", "/templates/welcome"))["version"] == 0, "what is shipped is sent again"
    assert publish(shop, welcome("A third."))["version"] == 3, "no version is ever overwritten"


def test_two_who_change_one_are_told_apart(shop: Shop) -> None:
    held = ok(shop.ask("GET", "/templates/welcome"))
    draft(shop, welcome("First."))
    told = shop.ask("PUT", "/templates/welcome/draft", {"yaml": welcome("Second.")}, **{"if-match": held["etag"]})
    refused(told, 412, "changed_meanwhile")
    refused(shop.ask("POST", "/templates", {"yaml": welcome("Third.")}), 409, "taken")


@pytest.mark.parametrize(
    ("words", "place", "told"),
    [
        ("Hello {{ contact.first_name }}, hello.", None, "contact.first_name is not known of"),
        ("Hello {{ contact.surname }}.", "block 2 (text)", "unknown variable contact.surname"),
        ("Hello {{ contact.first_name | shout }}.", "block 2 (text)", "unknown filter shout"),
        ("Look [at this](http://shop.example.com).", "block 2 (text)", "must begin with https://"),
        ("{% if contact.ordered %}Hello.", "block 2 (text)", ""),
    ],
)  # fmt: skip
def test_publishing_refuses_with_the_place(shop: Shop, words: str, place: str | None, told: str) -> None:
    shop.visit("somebody")  # of whom no name is known
    shop.passes(MINUTE)
    kept = draft(shop, welcome(words))
    found = refused(
        shop.ask("POST", "/templates/welcome/publish", {}, **{"if-match": kept["etag"]}), 400, "invalid_template"
    )["problems"]
    assert [each for each in found if each["step"] == place and told in each["text"]], found
    assert ok(shop.ask("GET", "/templates/welcome"))["version"] == 0


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("id", "Bad Id", "lower-case letters"), ("subject", "two\nlines", "one line"), ("topic", "", "")],
)
def test_a_text_of_another_form_is_refused_in_words(shop: Shop, field: str, value: str, said: str) -> None:
    blocks = [{"kind": "text", "text": "Hello."}]
    whole = {"id": "ours", "name": "Ours", "subject": "Hello", "preview": "Hello", "blocks": blocks}
    told = refused(shop.ask("POST", "/templates", {"definition": {**whole, field: value}}), 400, "invalid_template")
    assert told["problems"][0]["step"] == field
    assert said in told["problems"][0]["text"]


def test_what_is_no_template_is_refused_with_its_line(shop: Shop) -> None:
    wrong = welcome("Hello.").replace("kind: button, text: Visit the shop", "kind: button, txt: Visit the shop")
    found = refused(shop.ask("POST", "/templates/welcome/preview", {"yaml": wrong}), 400, "invalid_template")
    assert {(each["step"], each["line"]) for each in found["problems"]} == {("blocks.2.text", 10), ("blocks.2.txt", 10)}


def test_a_preview_for_a_contact_for_nothing_known_and_for_the_example(shop: Shop) -> None:
    text = welcome("Hello {{ contact.first_name | default: 'stranger' }}.")
    draft(shop, text)
    shop.customer(1)
    shop.passes(MINUTE)
    (contact,) = (profile.contact for profile in shop.profiles())
    for body, said in (
        ({}, "Hello Ada."),
        ({"as": "nothing"}, "Hello stranger."),
        ({"contact": contact}, "Hello Ada."),
    ):
        out = ok(shop.ask("POST", "/templates/welcome/preview", body))
        assert said in out["html"] and said in out["text"], body
        assert out["subject"] == "Hello from us" and out["size"] == len(out["html"].encode())
    assert "/unsubscribe/preview" in out["html"], "who looks at it unsubscribes nobody"


def test_a_test_email_goes_to_oneself_and_is_nobodys_message(shop: Shop) -> None:
    ok(shop.ask("POST", "/templates/welcome/test", {"to": "me@shop.example.com", "as": "nothing"}))
    (mail,) = mails(shop)
    assert mail.recipients == ["me@shop.example.com"]
    assert mail.subject.startswith("[Test] ")
    assert not any("Unsubscribe" in name for name, _ in mail.headers)
    refused(shop.ask("POST", "/templates/welcome/test", {"to": "nobody"}), 400, "invalid_test")


def test_a_test_email_comes_from_whom_the_email_would_come_from_and_is_counted_nowhere(shop: Shop) -> None:
    held = ok(shop.ask("GET", "/settings"))
    by_class = dict.fromkeys(("marketing", "lifecycle", "transactional"), "hi@news.shop.example.com")
    senders = {"name": "Ada of the shop", "by_class": by_class, "reply_to": "ada@shop.example.com"}
    ok(shop.ask("PUT", "/settings", {**held["settings"], "senders": senders}, **{"if-match": held["etag"]}))
    shop.passes(2 * MINUTE)
    ok(shop.ask("POST", "/templates/welcome/test", {"to": "me@shop.example.com", "as": "nothing"}))
    (mail,) = mails(shop)
    assert mail.tags == {}, "no notice of it is anybody's"
    headers = dict(mail.headers)
    assert headers["From"] == "Ada of the shop <hi@news.shop.example.com>"
    assert headers["Reply-To"] == "ada@shop.example.com"
    shop.passes(HOUR)
    assert [each for each in sent_counts.days(shop.now()) if each.sent] == []


def test_the_email_that_goes_out_has_the_published_words() -> None:
    shop = Shop(["onboarding"])
    publish(shop, welcome("Hello, we changed our words."))
    shop.customer(1)
    shop.passes(DAY)
    (mail,) = [mail for mail in mails(shop) if mail.tags["template"] == "welcome"]
    assert mail.subject == "Hello from us"
    assert "we changed our words" in mail.html and "we changed our words" in mail.text


@pytest.mark.parametrize("break_", ["\n\n", "\r\n\r\n"])
@pytest.mark.parametrize("form", ["definition", "yaml"])
def test_paragraphs_stay_paragraphs_however_they_are_sent(shop: Shop, form: str, break_: str) -> None:
    definition = {
        **{"id": "welcome", "name": "Welcome", "class": "lifecycle", "subject": "Hello", "preview": "A few words."},
        "blocks": [{"kind": "heading", "text": "Hello"}, {"kind": "text", "text": f"First.{break_}Second.\x00"}],
    }
    body = {"definition": definition} if form == "definition" else {"yaml": json.dumps(definition)}
    out = ok(shop.ask("POST", "/templates/welcome/preview", body))
    assert "First.</p>" in out["html"] and "First.\n\nSecond." in out["text"]


def test_each_gets_their_language_and_the_footer_speaks_it(shop: Shop) -> None:
    german = """\
translations:
  de:
    subject: Hallo von uns
    preview: Ein paar Worte zum Anfang.
    blocks:
      - {kind: heading, text: Willkommen}
      - {kind: text, text: Schön, dass Sie da sind.}
"""
    german = german.replace("text: Schön, dass Sie da sind.", 'text: "Schön, dass Sie da sind."')
    publish(shop, welcome("Good to have you.") + german)
    for language, subject, unsubscribe, lang in (
        ("de", "Hallo von uns", "Abmelden", "de"),
        ("de-AT", "Hallo von uns", "Abmelden", "de"),
        ("fr", "Hello from us", "Unsubscribe", "en"),
    ):
        out = ok(shop.ask("POST", "/templates/welcome/preview", {"language": language}))
        assert (out["subject"], out["language"]) == (subject, lang)
        assert f">{unsubscribe}</a>" in out["html"] and f"{unsubscribe}:" in out["text"]
        assert f'lang="{lang}"' in out["html"]
    version = template_definitions.template("welcome")
    assert [version.language(each) for each in ("de_CH", "DE", None, "", "pt-BR")] == ["de", "de", "en", "en", "en"]


def test_one_of_the_shops_own_stays_while_something_sends_it(shop: Shop) -> None:
    own = welcome("Ours.").replace("id: welcome", "id: spring")
    kept = ok(shop.ask("POST", "/templates", {"yaml": own}))
    ok(shop.ask("POST", "/templates/spring/publish", {}, **{"if-match": kept["etag"]}))
    campaign = {"id": "spring_news", "name": "Spring", "template": "spring", "segments": ["customers"]}
    etag = ok(shop.ask("GET", "/templates/spring"))["etag"]
    ok(shop.ask("POST", "/campaigns", campaign))
    refused(shop.ask("DELETE", "/templates/spring", **{"if-match": etag}), 409, "in_use")
    ok(shop.delete("/campaigns/spring_news"))
    ok(shop.ask("DELETE", "/templates/spring", **{"if-match": etag}))
    assert shop.ask("GET", "/templates/spring")[0] == 404


def test_the_ways_in_which_it_comes_out_each_with_a_contact(shop: Shop) -> None:
    more = """\
  - {kind: text, text: Thank you for your order., show_if: {kind: orders}, fallback: [{kind: text, text: New here}]}
  - {kind: text, text: "Hello {{ contact.first_name }}.", needs: [contact.first_name]}
  - {kind: text, text: For nobody., show_if: {kind: trait, trait: planet, value: Mars}}
"""
    shop.customer(1, orders=1)
    shop.customer(2)
    shop.customer(3)
    shop.visit("somebody")
    shop.passes(5 * MINUTE)
    told = ok(shop.ask("POST", "/templates/welcome/branches", {"yaml": welcome("Hello.") + more}))
    assert [(each["contacts"], each["shown"]) for each in told["branches"]] == [
        (2, ["block 6 (text)"]),
        (1, ["block 4 (text)", "block 6 (text)"]),
        (1, []),
    ]
    assert told["nobody"] == ["block 7 (text)"] and told["looked_at"] == 4
    alone = ok(shop.ask("POST", "/templates/welcome/branches", {"yaml": welcome("Hello.")}))
    assert [each["contacts"] for each in alone["branches"]] == [4]
