"""Messages: their key, the gate, what a template can say, and the shipped mails."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_string
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from liquid.exceptions import LiquidError
from pydantic import ValidationError

from infra.templates import FOLDER, compiled
from shared.adapters import journey_files, ready_templates, template_definitions
from shared.adapters.composing import ACTIONS
from shared.adapters.templates import _HTML, VARIABLES, Rendered, Source, example, parse, problems, render
from shared.domain.events import DAY, MINUTE, NEVER, Instant, MailClass, Type, parse_instant
from shared.domain.journeys.definition import Send
from shared.domain.messages.asked import DigestMessage, RunMessage
from shared.domain.messages.gate import gate
from shared.domain.messages.held import Held, Status
from shared.domain.messages.refusals import SENTENCES, Refusal
from shared.domain.messages.variables import Traits, contact_variables, moment, one_line
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.histories import History, Occurrence
from shared.domain.profiles.orders import Order
from shared.domain.profiles.transitions import Membership

NOW = 1_795_500_000_000
GMAIL_CLIPS_AT = 102 * 1024

SUBSCRIBED = Stamped("subscribed", NOW - 90 * DAY)


def message(**fields: Any) -> RunMessage:
    given = {
        "contact": "c01",
        "journey": "win_back",
        "run": "c01-win_back-7",
        "version": 1,
        "step": "we_miss_you",
    }
    return RunMessage.model_validate({**given, **fields})


def profile(**fields: Any) -> Profile:
    held: dict[str, Any] = {
        "traits": {"email": Stamped("ada@example.com", 1)},
        "consent": {"marketing": SUBSCRIBED},
        "memberships": {"inactive": Membership(True, 7, NOW - DAY, NEVER)},
    }
    return Profile("c01", **{**held, **fields})


# ── the key ──

ids = st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)


@given(
    journey=ids, step=ids, run=st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True), occurrence=st.integers(0, 9999)
)
def test_every_key_is_a_value_that_a_message_tag_of_ses_can_have(
    journey: str, step: str, run: str, occurrence: int
) -> None:
    key = message(journey=journey, step=step, run=run, template="welcome", occurrence=occurrence).key
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", key)


def test_the_key_tells_steps_runs_and_occurrences_apart() -> None:
    others = [
        message(),
        message(step="goodbye"),
        message(run="c01-win_back-9"),
        message(occurrence=1),
        message(journey="x"),
    ]
    assert len({each.key for each in others}) == len(others)
    assert message().key == message(template="other", topic="news", version=2).key


def test_a_step_uses_the_template_called_like_itself_unless_it_names_one() -> None:
    assert message().template == "we_miss_you"
    assert message(template="welcome").template == "welcome"


@pytest.mark.parametrize("field", ["contact", "journey", "run", "step", "template"])
def test_what_could_not_be_an_id_is_refused(field: str) -> None:
    with pytest.raises(ValidationError):
        message(**{field: "../../etc/passwd\r\nBcc: x"})


# ── the gate ──


def test_a_message_that_nothing_speaks_against_may_be_sent() -> None:
    assert gate(message(), profile(), None, NOW) is None


GONE = {"traits": {}}, ("bounce", 1)
UNSUBSCRIBED = {"consent": {"marketing": Stamped("unsubscribed", NOW - DAY)}}


@pytest.mark.parametrize(
    ("fields", "suppression", "refusal"),
    [
        ({"erased": True}, None, Refusal.ERASED),
        ({"traits": {}}, None, Refusal.NO_ADDRESS),
        ({}, ("bounce", NOW - 99 * DAY), Refusal.SUPPRESSED_BOUNCE),
        ({}, ("complaint", NOW - 99 * DAY), Refusal.SUPPRESSED_COMPLAINT),
        ({}, ("erasure", NOW - DAY), Refusal.SUPPRESSED_ERASURE),
        ({}, ("erasure", SUBSCRIBED.time), Refusal.SUPPRESSED_ERASURE),
        ({}, ("erasure", SUBSCRIBED.time - 1), None),
        (UNSUBSCRIBED, ("erasure", 1), Refusal.SUPPRESSED_ERASURE),
        (UNSUBSCRIBED, None, Refusal.NO_CONSENT),
        ({"consent": {"marketing": Stamped("pending", 1)}}, None, Refusal.NO_CONSENT),
        ({"consent": {}}, None, Refusal.NO_CONSENT),
        ({"consent": {"other": SUBSCRIBED}}, None, Refusal.NO_CONSENT),
        ({"consent": {"marketing": SUBSCRIBED, "all": Stamped("unsubscribed", NOW)}}, None, Refusal.NO_CONSENT),
        ({"consent": {"marketing": SUBSCRIBED, "pause": Stamped("unsubscribed", NOW - DAY)}}, None, Refusal.PAUSED),
        ({"consent": {"marketing": SUBSCRIBED, "pause": Stamped("unsubscribed", NOW - 30 * DAY)}}, None, None),
        # In the order of the design: what is asked first is what is told.
        ({"erased": True, **UNSUBSCRIBED}, ("bounce", 1), Refusal.ERASED),
        (UNSUBSCRIBED, ("bounce", 1), Refusal.SUPPRESSED_BOUNCE),
        ({**UNSUBSCRIBED, "traits": {}}, None, Refusal.NO_CONSENT),
    ],
)
def test_the_gate_refuses(
    fields: dict[str, Any], suppression: tuple[str, Instant] | None, refusal: Refusal | None
) -> None:
    assert gate(message(), profile(**fields), suppression, NOW) is refusal


def test_nobody_is_written_to_who_is_not_there() -> None:
    assert gate(message(), None, None, NOW) is Refusal.ERASED


def dormant(*sent: Instant) -> Profile:
    history = History([Occurrence(time, {}) for time in sent], len(sent))
    memberships = {
        "inactive": Membership(True, 7, NOW - 80 * DAY, NEVER),
        "dormant": Membership(True, 8, NOW - 60 * DAY, NEVER),
    }
    return profile(memberships=memberships, histories={Type.EMAIL_SENT: history})


def test_dormant_contacts_get_one_mail_in_30_days() -> None:
    assert gate(message(), dormant(), None, NOW) is None
    assert gate(message(), dormant(NOW - 30 * DAY), None, NOW) is None
    assert gate(message(), dormant(NOW - 30 * DAY + 1), None, NOW) is Refusal.FREQUENCY_CAP
    assert gate(message(), dormant(NOW), None, NOW) is Refusal.FREQUENCY_CAP


def test_a_dormant_contacts_digest_steps_back_behind_other_emails_and_none_behind_it() -> None:
    digest = DigestMessage(contact="c1", topic="marketing", day="2026-12-04")

    def had(key: str, ago: int) -> Profile:
        history = History([Occurrence(NOW - ago, {"message": key})], 1, NOW - ago)
        return replace(dormant(), histories={Type.EMAIL_SENT: history})

    for key, asked, again in (
        ("digest_marketing_2026-11-06", None, 27),
        ("j_c1-j-7_last_0", Refusal.FREQUENCY_CAP, 27),
    ):
        assert gate(message(), had(key, 20 * DAY), None, NOW) is asked
        assert gate(digest, had(key, again * DAY - 1), None, NOW) is Refusal.FREQUENCY_CAP
        assert gate(digest, had(key, again * DAY), None, NOW) is None
    # What is kept for a digest is asked when that goes out.
    assert gate(message(), dormant(NOW - DAY), None, NOW, kept=True) is None
    assert gate(message(), replace(dormant(NOW - DAY), consent={}), None, NOW, kept=True) is Refusal.NO_CONSENT


def test_who_was_asked_in_vain_gets_nothing_more_until_they_are_seen() -> None:
    silent = dormant()
    silent.traits["sunset"] = Stamped(True, NOW - DAY)
    assert gate(message(), silent, None, NOW) is Refusal.SUNSET
    del silent.memberships["dormant"]
    assert gate(message(), silent, None, NOW) is None


def test_the_goodbye_is_not_capped_though_three_mails_came_before_it() -> None:
    turning = dormant(NOW - 15 * DAY, NOW - 10 * DAY, NOW - 5 * DAY)
    del turning.memberships["dormant"]
    assert gate(message(step="goodbye"), turning, None, NOW) is None


def test_every_refusal_is_explained() -> None:
    assert set(SENTENCES) == set(Refusal)
    assert "30 days" in SENTENCES[Refusal.FREQUENCY_CAP]


def test_a_claim_is_pending_for_a_quarter_of_an_hour() -> None:
    claimed = Held(Status.CLAIMED, 1, NOW)
    assert claimed.pending(NOW + 15 * MINUTE - 1)
    assert not claimed.pending(NOW + 15 * MINUTE)
    assert not Held(Status.RELEASED, 1, NOW).pending(NOW)
    assert [Held(status, 1, NOW).settled for status in Status] == [False, False, True, True]


# ── what a template can say ──


def named(first_name: Any) -> Any:
    return contact_variables(profile(traits={"first_name": Stamped(first_name, 1)}))["first_name"]


@pytest.mark.parametrize(
    "name",
    [
        "Ada",
        "José María",
        "李小龙",
        "نور",
        "می\u200cخواهم",
        "O’Brien-Smith",
        "J.R.",
        "👩‍🚀",
        "St.John",
        "Mary Ann.Smith",
        "Ma.Teresa",
        "Nil",
        "Nan",
        "Na",
        "D'Angelo Jr.",
        "X Æ A-12",
        "Null-Meyer",
    ],
)
def test_names_of_people_stay_as_they_are(name: str) -> None:
    assert named(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "null",
        "NULL",
        "N/A",
        "n/a",
        "-",
        "--",
        ".",
        "undefined",
        "None",
        "none",
        "NaN",
        "(null)",
        "\u200d",
        "\u200c\u200d",
        "\u200b",
        "\u3164",
        "123",
        "Call 0800 123456",
        "First name",
        "http\u200b:\u200b/\u200b/evil",
        "http\u200d:\u200d/\u200d/evil",
        "evil\u200b.\u200bcom",
        "evil\u200d.com",
        "evil\u034f.com",
        "evil\uff0ecom",
        "evil\u3002com",
        "evil\uff61com",
        "Evil.Com",
        "EVIL.COM",
        "Evil.Shop",
        "St.John.evil.com",
        "Bit.Ly/x",
        "10.0.0.1/pay",
        "a\uff20b",
        "http:/evil",
        "\uff48ttp\uff1a//evil",
        "mailto:x",
        "http://evil.example/x",
        "win at evil.example",
        "www.evil",
        "a@b",
        "<b>x</b>",
        "{{ 7*7 }}",
        "",
        " \r\n",
        7,
    ],
)
def test_what_is_no_name_is_not_greeted(name: Any) -> None:
    assert named(name) is None


@given(st.text(max_size=400))
def test_nothing_in_a_name_breaks_a_line_or_turns_the_writing(name: str) -> None:
    shown = one_line(name, 60)
    assert len(shown) <= 60
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", shown)


def test_no_link_gets_into_a_mail_through_a_trait() -> None:
    traits = {name: Stamped("claim it at evil.example", 1) for name in ("interest", "signup_source", "last_name")}
    shown = contact_variables(profile(traits=traits))
    assert [shown[name] for name in traits] == [None, None, None]
    assert contact_variables(profile(traits={"interest": Stamped("tea / mugs, 3.50 each", 1)}))["interest"]


def test_categories_come_from_the_newest_order() -> None:
    newest = {"category": ["Mugs", "Tea", "https://evil.example"]}
    orders = History([Occurrence(1, {"category": ["Old"]}), Occurrence(2, newest)], 2)
    shown = contact_variables(profile(histories={Type.ORDER_COMPLETED: orders}, orders={"1": Order(placed=1, value=5)}))
    assert shown["categories"] == ["Mugs", "Tea"]
    assert shown["ordered"] is True
    assert contact_variables(profile())["ordered"] is False


def test_templates_know_of_a_contact_exactly_what_is_documented() -> None:
    documented = {path.removeprefix("contact.") for path in VARIABLES if path.startswith("contact.")}
    assert set(contact_variables(profile())) == documented


# ── the shipped mails ──

MAILS = template_definitions.shipped_ids()


def class_of(name: str) -> MailClass:
    return template_definitions.shipped(name).template.class_


def shipped(name: str) -> Source:
    return ready_templates.source(template_definitions.shipped(name).compiled["en"])


def test_what_is_committed_is_what_compiling_gives() -> None:
    made = compiled()
    assert set(made) == set((FOLDER / "compiled").iterdir())
    stale = [path.name for path, content in made.items() if path.read_text(encoding="utf-8") != content]
    assert stale == [], "run: make templates"


@pytest.mark.parametrize(
    ("written", "unwritten", "told"),
    [
        ("{{ contact.first_name", "{{ contact.surname", "unknown variable contact.surname"),
        ("subject: ", "subject: '{% if %}' #", "subject, line 1"),
        ("id: welcome", "id: wellcome", "welcome.yaml: the id is wellcome"),
    ],
)
def test_a_mail_with_a_problem_is_not_compiled(written: str, unwritten: str, told: str, tmp_path: Path) -> None:
    file = tmp_path / "welcome.yaml"
    text = (FOLDER / "welcome.yaml").read_text(encoding="utf-8")
    assert written in text
    file.write_text(text.replace(written, unwritten), encoding="utf-8")
    with pytest.raises(ValueError, match=re.escape(told)):
        compiled(tmp_path)


def test_there_is_a_mail_for_every_step_of_the_journeys() -> None:
    sends = [step for journey in journey_files.shipped().values() for step in journey.steps if isinstance(step, Send)]
    assert {send.template or send.id for send in sends} == set(MAILS) - set(ACTIONS) - {"digest"}


def test_what_the_system_sends_was_asked_for_and_leads_to_where_it_is_done() -> None:
    for name in set(MAILS) & set(ACTIONS):
        assert class_of(name) == "transactional"
        mail = render(parse(shipped(name)), example())
        assert all("https://example.com/confirm/t" in part for part in (mail.html, mail.text))


@pytest.mark.parametrize("name", MAILS)
def test_a_shipped_mail_has_no_problem(name: str) -> None:
    assert problems(shipped(name), class_of(name)) == []


@pytest.mark.parametrize("nothing_known", [False, True])
@pytest.mark.parametrize("name", MAILS)
def test_a_shipped_mail_reads_well_for_whomever_it_is(name: str, nothing_known: bool) -> None:
    mail = render(parse(shipped(name)), example(nothing_known=nothing_known))
    assert len(mail.html.encode()) < GMAIL_CLIPS_AT
    for part in (mail.html, mail.text):
        assert ("https://example.com/unsubscribe/t" in part) == (class_of(name) != "transactional")
        assert ("https://example.com/preferences/t" in part) == (class_of(name) != "transactional")
        assert "1 Mill Lane, Ashford TN23 1AA" in part
    without_inline = re.sub(r"</?(strong|a)\b[^>]*>", "", mail.html)
    visible = re.sub(r"<(style|title)[^>]*>.*?</\1>|<[^>]+>", " ", without_inline, flags=re.DOTALL)
    for part in (mail.subject, mail.text, visible):
        assert not re.search(r"\{\{|\{%|None|True|False| ,| \.|,,|\[\]", re.sub(r"\s+", " ", part))
    assert mail.html.count("<title>") == 1
    assert f"<title>{mail.subject}</title>" in mail.html
    assert "\n\n\n" not in mail.text


@pytest.mark.parametrize("name", [name for name in MAILS if class_of(name) != "transactional"])
def test_unsubscribing_is_never_tracked(name: str) -> None:
    mail = render(parse(shipped(name)), example())
    anchors = re.findall(r"<a [^>]*unsubscribe[^>]*>", mail.html)
    assert anchors
    assert all("ses:no-track" in anchor for anchor in anchors)


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"signup_source": "checkout"}, "Thank you for letting us write"),  # whose order may not have come in
        ({"signup_source": "store"}, "good to have you in the shop"),
        ({"signup_source": "something new"}, "Thank you for joining us"),
        ({"interest": "first flush teas"}, "first flush teas"),
        ({}, "Have a wander round"),
    ],
)
def test_the_welcome_depends_on_where_they_signed_up_and_what_interests_them(traits: dict[str, str], said: str) -> None:
    variables = {
        **example(),
        "contact": contact_variables(profile(traits={name: Stamped(value, 1) for name, value in traits.items()})),
    }
    mail = render(parse(shipped("welcome")), variables)
    assert said in mail.text
    assert said in mail.html


def test_the_offer_is_left_out_when_there_is_none() -> None:
    with_offer = render(parse(shipped("we_miss_you")), example())
    without = render(parse(shipped("we_miss_you")), example(nothing_known=True))
    assert "BACK10" in with_offer.html
    assert "BACK10" in with_offer.text
    assert "checkout" not in without.html + without.text


# ── what somebody may try through a trait, and in a template ──

HOSTILE = [
    "{{ 7*7 }}",
    "{% for i in (1..999999) %}x{% endfor %}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "Ada\r\nBcc: victim@example.com",
    "\u202eevil",
    "😀" * 250,
]


def all_texts(value: str) -> dict[str, Any]:
    """The example's variables with `value` in every trait, unfiltered: as if nothing had been cleaned before."""
    variables = example()
    contact = {name: value if isinstance(known, str) else known for name, known in variables["contact"].items()}
    goods = [{"title": value, "url": "https://x/", "image": None, "price": value, "quantity": 1}]
    shown = {name: {**variables[name], "products": goods} for name in ("cart", "order", "viewed")}
    product = {**variables["product"], "each": goods, "title": value, "price": value, "old_price": value}
    return {**variables, "contact": {**contact, "categories": [value]}, **shown, "product": product}


@pytest.mark.parametrize("value", HOSTILE)
@pytest.mark.parametrize("name", MAILS)
def test_nothing_in_a_trait_is_executed_or_breaks_a_header(name: str, value: str) -> None:
    mail = render(parse(shipped(name)), all_texts(value))
    assert "49" not in mail.subject
    assert not re.search(r"<script|<img src=x|onerror=alert\(1\)>", mail.html)
    assert "xxxx" not in mail.html
    header = message_from_string(f"Subject: {mail.subject}\nTo: a@example.com\n\nbody")
    assert header.keys() == ["Subject", "To"]
    assert len(mail.subject) <= 150


SCRIPTS = ("<script>x</script>", "PHNjcmlwdD54PC9zY3JpcHQ+", "%3Cscript%3Ex", "&lt;script&gt;x", "&amp;lt;script&gt;")
ARGUMENTS = (
    "",
    ": 0",
    ": 0, 99",
    ": ''",
    ": 'first_name'",
    ": 'x', 'y'",
    ": contact.first_name",
    ": '', contact.first_name",
    ": contact.categories",
    ": 2",
)


@pytest.mark.parametrize("filter_", sorted(_HTML.filters))
def test_no_filter_gets_around_the_escaping(filter_: str) -> None:
    """Every filter there is, alone and followed by others, with whatever arguments it takes."""
    escaped = 0
    for arguments, then in itertools.product(ARGUMENTS, ("", " | join: ''", " | url_decode", " | append: '!'")):
        template = f"{{{{ contact.first_name | {filter_}{arguments}{then} }}}}"
        for value in SCRIPTS:
            with contextlib.suppress(LiquidError, ArithmeticError):
                html = render(parse(Source("s", "p", template, "t")), all_texts(value)).html
                assert "<script" not in html.lower(), template
                escaped += 1
    assert escaped, "none of the arguments fit"


LEGAL = "{{ links.unsubscribe }} {{ shop.address }}"


def flawed(html: str = LEGAL, text: str = LEGAL, subject: str = "s") -> list[str]:
    return problems(Source(subject, "p", html, text))


def test_a_mail_with_all_it_needs_has_no_problem() -> None:
    assert flawed() == []


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"text": LEGAL + "{{ contact.categories | sum }}"}, ["it cannot be rendered: InvalidOperation"]),
        ({"html": "{{ shop.address }}"}, ["html: links.unsubscribe is missing"]),
        ({"text": "{{ links.unsubscribe }}"}, ["text: shop.address is missing"]),
        ({"text": LEGAL + "\n\n{{ contact.shoe_size }}"}, ["text, line 3: unknown variable contact.shoe_size"]),
        ({"subject": "{{ subject }}"}, ["subject, line 1: unknown variable subject"]),
        ({"html": LEGAL + "{{ contact['email'] }}"}, ["html, line 1: unknown variable contact.email"]),
        ({"html": LEGAL + "{{ contact[shop.name] }}"}, ["html, line 1: unknown variable contact[shop.name]"]),
        ({"html": LEGAL + "\n{% if contact.first_name %}"}, ["html: expected tag endif, found end of expression"]),
        ({"html": LEGAL + "\n{{ shop.name | nope }}"}, ["html, line 2: unknown filter nope"]),
        ({"html": LEGAL + "{{ shop.name | safe }}"}, ["html, line 1: unknown filter safe"]),
        (
            {"text": LEGAL + "{{ 'now' | date: '%Y' }}"},
            ["it cannot be rendered: date takes a date that is given, such as now"],
        ),
        ({"html": LEGAL + "{% include '/etc/passwd' %}"}, ["html, line 1: unexpected tag 'include'"]),
        ({"html": LEGAL + "{% render 'x' %}"}, ["html, line 1: unexpected tag 'render'"]),
        (
            {"text": "{% if contact.ordered %}" + LEGAL + "{% endif %}"},
            ["text: links.unsubscribe is missing", "text: shop.address is missing"],
        ),
    ],
)
def test_problems_are_told_with_their_place(parts: dict[str, str], told: list[str]) -> None:
    assert flawed(**parts) == told


def test_a_template_cannot_run_away() -> None:
    endless = "{% for i in (1..1000) %}{% for j in (1..1000) %}{{ i }}{% endfor %}{% endfor %}"
    (problem,) = flawed(html=LEGAL + endless)
    assert problem.startswith("it cannot be rendered")


def test_a_template_that_names_what_is_not_there_fails_rather_than_print_nothing() -> None:
    with pytest.raises(Exception, match="oops"):
        render(parse(Source("{{ oops }}", "p", "h", "t")), example())


@given(st.text(st.characters(codec="utf-8"), max_size=120))
@settings(max_examples=60)
def test_any_name_comes_out_as_text(name: str) -> None:
    template = Source("Hi {{ contact.first_name }}", "p", "<p>{{ contact.first_name }}</p>", "{{ contact.first_name }}")
    mail: Rendered = render(parse(template), all_texts(name))
    assert list(tags_of(mail.html)) == ["p", "/p"]
    assert "\n" not in mail.subject


def tags_of(html: str) -> Iterator[str]:
    yield from re.findall(r"<([^>\s]+)", html)


# ── what a template can name besides ──


def test_any_trait_can_be_named_as_far_as_it_is_harmless() -> None:
    traits = Traits(
        profile(
            traits={
                "tea": Stamped("first flush", 1),
                "points": Stamped(7, 1),
                "vip": Stamped(False, 1),
                "site": Stamped("https://evil.example", 1),
                "list": Stamped(["a"], 1),
                "email": Stamped("ada@example.com", 1),
            }
        )
    )
    named = {name: traits[name] for name in ("tea", "points", "vip", "site", "list", "email", "never told", "size")}
    assert {name: value for name, value in named.items() if value is not None} == {
        "tea": "first flush",
        "points": 7,
        "vip": False,
    }


def test_now_is_the_contacts_own_day() -> None:
    instant = parse_instant("2026-12-31T23:30:00Z")
    here, there = moment(instant, ZoneInfo("Europe/London")), moment(instant, ZoneInfo("Asia/Tokyo"))
    assert (str(here), here["weekday"], here["time"]) == ("31 December 2026", "Thursday", "23:30")
    assert (str(there), there["date"], there["hour"]) == ("1 January 2027", "2027-01-01", 8)
    written = (
        "{{ now }}, {{ now | date: '%A, %-d.%-m.%Y %-I %p' }}, {{ now.month_name }}{% if now.hour < 12 %}!{% endif %}"
    )
    mail = render(parse(Source("s", "p", written, "t")), {**example(), "now": there})
    assert mail.html == "1 January 2027, Friday, 1.1.2027 8 AM, January!"


@pytest.mark.parametrize(
    ("named", "problem"),
    [
        ("traits.anything_at_all", None),
        ("traits['anything at all']", None),
        ("traits.a.b", "unknown variable traits.a.b"),
        ("products['8123'].title", None),
        ("products[8123].price", None),
        ("products['8123'].colour", "unknown variable products['8123'].colour"),
        ("now.weekday", None),
        ("now.century", "unknown variable now.century"),
        ("language", None),
        ("today", "unknown variable today"),
    ],
)
def test_what_can_be_named_is_known_before_it_is_sent(named: str, problem: str | None) -> None:
    asked = "{% if products['8123'] and products[8123] %}{{ " + named + " }}{% endif %}"
    assert flawed(html=LEGAL + asked) == ([f"html, line 1: {problem}"] if problem else [])


def test_a_product_that_may_be_gone_is_asked_for_first() -> None:
    (problem,) = flawed(html=LEGAL + "{{ products['8123'].title }}")
    assert "cannot be rendered" in problem
