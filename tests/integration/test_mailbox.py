"""The mailbox and start pages over SES's stand-in: what is shown, what a button makes happen, and hostile mails."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from infra.local.aws import ses, sns, sqs
from infra.local.aws.calls import connect
from infra.local.aws.world import World
from infra.local.screens import mailbox, site
from infra.local.shop import picture_of
from shared.domain.events import DAY, HOUR, MINUTE

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
SHOP = "https://shop.example.com/candles?a=1&b=2"
HTML = f"""<p>Hello</p>
<a class="button" href="{SHOP.replace("&", "&amp;")}">See the <b>candles</b></a>
<a href="mailto:hello@shop.example">Write to us</a>
<a ses:no-track href="https://shop.example.com/unsubscribe/t">Unsubscribe</a>"""


class Shop:
    """A world whose SES sends to the queue `notices`."""

    def __init__(self) -> None:
        self.world = World(now=NOW)
        session: Any = connect(self.world, {"sqs": sqs.OPERATIONS, "sns": sns.OPERATIONS, "sesv2": ses.OPERATIONS})
        self.ses, self.sqs, topics = session.client("sesv2"), session.client("sqs"), session.client("sns")
        self.queue = self.sqs.create_queue(QueueName="notices")["QueueUrl"]
        topic = topics.create_topic(Name="ses")["TopicArn"]
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:000000000000:notices")
        self.ses.create_email_identity(EmailIdentity="shop.example")
        self.ses.create_configuration_set(ConfigurationSetName="beckon")
        self.ses.create_configuration_set_event_destination(
            ConfigurationSetName="beckon",
            EventDestinationName="notices",
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": list(ses.KINDS),
                "SnsDestination": {"TopicArn": topic},
            },
        )

    def send(
        self,
        to: str = "ada@example.com",
        subject: str = "Hello",
        html: str | None = HTML,
        text: str = "A text.\n",
        contact: str = "c1",
        unsubscribe: str = "<mailto:u@shop.example>, <https://shop.example.com/unsubscribe/t>",
    ) -> str:
        body: Any = {"Text": {"Data": text}} | ({"Html": {"Data": html}} if html is not None else {})
        headers = [
            {"Name": "List-Unsubscribe", "Value": unsubscribe},
            {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
        ]
        answer = self.ses.send_email(
            FromEmailAddress="The Shop <news@shop.example>",
            Destination={"ToAddresses": [to]},
            Content={"Simple": {"Subject": {"Data": subject}, "Body": body, "Headers": headers if unsubscribe else []}},
            EmailTags=[{"Name": "contact", "Value": contact}],
            ConfigurationSetName="beckon",
        )
        return str(answer["MessageId"])

    def notices(self) -> list[dict[str, Any]]:
        taken = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in taken]


@pytest.fixture
def shop() -> Shop:
    return Shop()


class Page(HTMLParser):
    """What a browser would find on a page: its tags with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def mails(self) -> list[str]:
        """The ids of the mails listed."""
        hrefs = [link["href"] for link in self.all("a")]
        return [href.removeprefix("/mailbox/") for href in hrefs if href.startswith("/mailbox/")]


# ── the list ──


def test_an_empty_mailbox_says_what_to_do(shop: Shop) -> None:
    page = Page(mailbox.mailbox_page(shop.world))
    assert page.mails == []
    assert "No email has been sent yet" in page.text
    assert "turn the clock" in page.text


def test_the_newest_mail_comes_first_with_what_became_of_it(shop: Shop) -> None:
    older = shop.send(subject="The older one", text="Some first words.\n\nAnd more.")
    shop.world.turn(NOW + MINUTE)
    newer = shop.send(to="grace@example.com")
    ses.happen(shop.world, older, "Bounce")
    page = Page(mailbox.mailbox_page(shop.world))
    assert page.mails == [newer, older]
    for shown in ("grace@example.com", "The Shop", "The older one", "Some first words. And more.", "bounced"):
        assert shown in page.text


def test_mails_of_one_millisecond_are_paged_through_without_loss_or_repetition(shop: Shop) -> None:
    sent = [shop.send(subject=f"Mail {number}", html=None) for number in range(2 * mailbox.MAILS_A_PAGE + 3)]
    seen: list[str] = []
    query: dict[str, list[str]] = {}
    for _ in range(3):
        page = Page(mailbox.mailbox_page(shop.world, before=query.get("before", [""])[0]))
        seen += page.mails
        older = [link["href"] for link in page.all("a") if "before=" in link["href"]]
        query = parse_qs(urlsplit(older[0]).query) if older else {}
    assert seen == sent[::-1]
    assert query == {}


@pytest.mark.parametrize(
    ("search", "found"),
    [("GRACE@", {"b"}), ("winter", {"a"}), ("50% off", {"b"}), ("%", {"b"}), ("hello ", {"a", "b"}), ("nobody", set())],
)
def test_mails_are_found_by_address_subject_and_text(shop: Shop, search: str, found: set[str]) -> None:
    ids = {
        shop.send(to="ada@example.com", subject="Hello a", text="A winter tale"): "a",
        shop.send(to="grace@example.com", subject="Hello b", text="Now 50% off"): "b",
    }
    page = Page(mailbox.mailbox_page(shop.world, search=search))
    assert {ids[mail] for mail in page.mails} == found
    assert page.all("input")[0]["value"] == search


def test_the_mails_of_one_contact_can_be_shown_alone(shop: Shop) -> None:
    shop.send(contact="c1")
    mine = shop.send(contact="c2")
    assert Page(mailbox.mailbox_page(shop.world, contact="c2")).mails == [mine]
    links = [link["href"] for link in Page(mailbox.mail_page(shop.world, mine)).all("a")]
    assert "/mailbox?contact=c2" in links


def test_a_time_is_shown_as_short_as_it_is_still_clear(shop: Shop) -> None:
    shop.send()
    assert "11:06" in Page(mailbox.mailbox_page(shop.world)).text
    shop.world.turn(NOW + 20 * HOUR)
    assert "18 Nov" in Page(mailbox.mailbox_page(shop.world)).text
    shop.world.turn(NOW + 90 * DAY)
    assert "18 Nov 2026" in Page(mailbox.mailbox_page(shop.world)).text


# ── one mail ──


def test_a_mail_has_its_html_its_text_its_headers_and_its_tags(shop: Shop) -> None:
    sent = shop.send(text="The words.")
    (frame,) = Page(mailbox.mail_page(shop.world, sent)).all("iframe")
    assert frame["src"] == f"/mailbox/{sent}/html"
    assert "<p>Hello</p>" in mailbox.framed(ses.mail(shop.world, sent))
    assert "The words." in Page(mailbox.mail_page(shop.world, sent, "text")).text
    assert "List-Unsubscribe-Post" in Page(mailbox.mail_page(shop.world, sent, "headers")).text
    assert "contact" in Page(mailbox.mail_page(shop.world, sent, "tags")).text


def test_a_mail_without_html_shows_its_text(shop: Shop) -> None:
    page = Page(mailbox.mail_page(shop.world, shop.send(html=None, text="Only words."), "html"))
    assert page.all("iframe") == []
    assert "Only words." in page.text


def test_there_is_no_page_of_a_mail_that_was_never_sent(shop: Shop) -> None:
    with pytest.raises(KeyError):
        mailbox.mail_page(shop.world, "nothing")


def test_links_in_the_frame_go_the_way_ses_would_send_them(shop: Shop) -> None:
    """Tracked ones by way of the mailbox, `ses:no-track` straight on; all beside the mailbox, none in the frame."""
    sent = shop.send()
    frame = mailbox.framed(ses.mail(shop.world, sent))
    candles, write, unsubscribe = Page(frame).all("a")
    assert candles["href"] == f"/mailbox/{sent}/links/0"
    assert candles["class"] == "button"
    assert "href" not in write
    assert unsubscribe["href"] == "https://shop.example.com/unsubscribe/t"
    assert candles["target"] == unsubscribe["target"] == "_blank"
    assert Page(frame).text == Page(HTML).text


def test_ses_tells_a_links_tags_and_takes_them_out_and_is_not_kinder_than_it_is() -> None:
    """As https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html has it: what is tagged, with which characters,
    which links are not tracked, and how many are."""
    html = (
        '<a ses:tags="place:3;genre:fiction; odd:a b;:x;" href="https://one.example">One</a>'
        '<a ses:tags="place:4;" ses:no-track href="https://two.example">Two</a>'
        '<a ses:tags="place:5;" href="https://three.example/?name=John Doe">Three</a>'
    )
    assert [(link.tracked, dict(link.tags)) for link in mailbox.links(html)] == [
        (True, {"place": ["3"], "genre": ["fiction"]}),
        (False, {}),
        (False, {}),
    ]
    mail = ses.Mail("id", 0, "", [], "", html, None, [], {}, None, "Sent")
    assert "ses:" not in mailbox.framed(mail)
    many = mailbox.links('<a href="https://one.example">One</a>' * 251)
    assert [link.tracked for link in many] == [True] * 250 + [False]


def test_links_are_found_where_they_stand_whatever_the_lines_end_with() -> None:
    html = (
        'a\r\nb\x0bc\u2028d <A HREF = "https://one.example" >One</A>\r'
        "<a\nhref='https://two.example'><img alt='Two'></a>"
    )
    assert mailbox.links(html) == [
        mailbox.Link("https://one.example", "One", True),
        mailbox.Link("https://two.example", "Two", True),
    ]
    mail = ses.Mail("id", 0, "", [], "", html, None, [], {}, None, "Sent")
    assert [link["href"] for link in Page(mailbox.framed(mail)).all("a")] == [f"/mailbox/id/links/{n}" for n in (0, 1)]
    assert mailbox.framed(mail).startswith("a\r\nb\x0bc\u2028d <a ")


def test_the_pictures_of_the_samples_products_come_from_the_local_run(shop: Shop) -> None:
    html = '<img src="https://shop.example.com/pictures/candles.png" alt="">'
    mail = ses.Mail("id", 0, "", [], "", html, None, [], {}, None, "Sent")
    assert Page(mailbox.framed(mail)).all("img")[0]["src"] == "/local/pictures/candles.png"
    assert (site.drawing("candles.png") or b"").startswith(b"<svg")
    assert site.drawing("..%2Fhistory.py") is site.drawing("none.png") is None
    assert picture_of("Home decor").endswith("/home-decor.png")
    assert picture_of("") == picture_of("Books") == "https://shop.example.com/pictures/gift.png"


def test_one_click_unsubscribing_posts_what_rfc_8058_says(shop: Shop) -> None:
    page = Page(mailbox.mail_page(shop.world, shop.send()))
    (form,) = [form for form in page.all("form") if form.get("action") == "https://shop.example.com/unsubscribe/t"]
    assert form["method"] == "post"
    assert {"type": "hidden", "name": "List-Unsubscribe", "value": "One-Click"} in page.all("input")


def test_a_mail_that_offers_no_one_click_has_no_button_for_it(shop: Shop) -> None:
    for unsubscribe in ("", "<mailto:u@shop.example>", "<javascript:alert(1)>"):
        page = Page(mailbox.mail_page(shop.world, shop.send(unsubscribe=unsubscribe)))
        assert all(form["action"].startswith("/mailbox") for form in page.all("form"))


# ── what happens ──


@pytest.mark.parametrize(
    ("action", "kind", "state"),
    [
        ("open", "Open", "opened"),
        ("proxy-open", "Open", "opened"),
        ("bounce", "Bounce", "bounced"),
        ("soft-bounce", "Bounce", "bounced"),
        ("complaint", "Complaint", "reported as spam"),
    ],
)
def test_every_button_has_ses_send_its_notice(shop: Shop, action: str, kind: str, state: str) -> None:
    sent = shop.send()
    assert action in [button.get("value") for button in Page(mailbox.mail_page(shop.world, sent)).all("button")]
    assert mailbox.act(shop.world, sent, action, {}) == f"/mailbox/{sent}"
    (notice,) = shop.notices()
    assert (notice["eventType"], notice["mail"]["messageId"]) == (kind, sent)
    assert state in Page(mailbox.mail_page(shop.world, sent)).text


def test_a_proxys_open_and_a_full_mailbox_are_told_from_the_others(shop: Shop) -> None:
    sent = shop.send()
    for action in ("open", "proxy-open", "bounce", "soft-bounce"):
        mailbox.act(shop.world, sent, action, {})
    opened, proxied, hard, soft = shop.notices()
    assert (opened["open"]["isBotEvent"], proxied["open"]["isBotEvent"]) == ("Unlikely", "Likely")
    assert (hard["bounce"]["bounceType"], soft["bounce"]["bounceType"]) == ("Permanent", "Transient")


def test_a_click_is_told_by_ses_and_leads_to_the_real_link(shop: Shop) -> None:
    sent = shop.send()
    assert mailbox.act(shop.world, sent, "click", {"link": "0"}) == SHOP
    (notice,) = shop.notices()
    assert (notice["eventType"], notice["click"]["link"]) == ("Click", SHOP)


def test_nobody_hears_of_a_click_on_a_link_that_is_not_tracked(shop: Shop) -> None:
    sent = shop.send()
    assert mailbox.act(shop.world, sent, "click", {"link": "1"}) == "https://shop.example.com/unsubscribe/t"
    assert shop.notices() == []


@pytest.mark.parametrize(
    ("action", "details"),
    [("click", {"link": "2"}), ("click", {"link": "-1"}), ("click", {"link": "https://evil.example"}), ("click", {}),
     ("click", {"link": "²"}), ("explode", {})],
)  # fmt: skip
def test_what_the_mail_has_not_cannot_be_done(shop: Shop, action: str, details: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"no such link|unknown action"):
        mailbox.act(shop.world, shop.send(), action, details)
    assert shop.notices() == []


# ── hostile mails ──

EVIL = '"\'><script>alert(1)</script><img src=x onerror=alert(1)>{{ 7 | times: 7 }}{% include "mail.html" %}'


def test_nothing_of_a_hostile_mail_becomes_markup_or_is_executed(shop: Shop) -> None:
    sent = shop.send(subject=EVIL, text=EVIL, html=EVIL)
    pages = [mailbox.mail_page(shop.world, sent, tab) for tab in mailbox.TABS]
    pages += [mailbox.mailbox_page(shop.world), mailbox.mailbox_page(shop.world, search=EVIL, contact=EVIL)]
    for html in pages:
        page = Page(html)
        assert page.all("script") == [{"type": "module", "src": "/local/clock.js"}]  # the run's own
        assert page.all("img") == []
        assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
        assert "49" not in page.text.replace(sent, "")
    assert EVIL in Page(pages[1]).text


def test_the_frame_runs_no_script_and_the_page_loads_nothing_from_elsewhere(shop: Shop) -> None:
    page = Page(mailbox.mail_page(shop.world, shop.send(html=EVIL)))
    (frame,) = page.all("iframe")
    assert set(frame["sandbox"].split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert "default-src 'none'; style-src 'self';" in mailbox.POLICY
    assert "unsafe" not in mailbox.POLICY
    assert "script-src" not in mailbox.FRAME_POLICY
    assert mailbox.FRAME_POLICY.startswith(f"sandbox {frame['sandbox']}; default-src 'none';")
    assert [link["href"] for link in page.all("link")] == ["data:,", "/local/style.css", "/local/mailbox.css"]


@pytest.mark.parametrize("href", ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "//x", "http://["])
def test_a_link_that_leads_to_no_page_leads_nowhere(href: str) -> None:
    mail = ses.Mail("id", 0, "", [], "", f'<a href="{href}">x</a>', None, [], {}, None, "Sent")
    assert mailbox.links(mail.html or "") == []
    assert Page(mailbox.framed(mail)).all("a") == [{}]


# ── the start page ──


def test_the_start_page_tells_the_facts_and_turns_the_clock() -> None:
    facts = mailbox.Facts(NOW, "The <Shop>", [("Contacts", 12_345)], 'curl -d \'{"a": "<b>"}\'', "curl -u key:")
    page = Page(mailbox.start_page(facts))
    for shown in (
        "The <Shop>",
        "12,345",
        facts.order_curl,
        facts.track_curl,
        "Wed 18 November 2026, 11:06",
        "CC BY 4.0",
        "Online Retail",
    ):
        assert shown in page.text
    assert {"method": "post", "action": "/local/clock"} in page.all("form")
    assert {"method": "post", "action": "/local/webhooks"} in page.all("form")
    assert [button["value"] for button in page.all("button") if button.get("name") == "days"] == ["1", "7", "90"]
    assert {"/mailbox", "/admin/"} <= {link["href"] for link in page.all("a")}


def test_the_style_sheet_is_there_and_loads_nothing_else() -> None:
    style = mailbox.STYLE.read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in style
    assert "url(" not in style
    assert "@import" not in style
