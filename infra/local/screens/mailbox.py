"""The local run's own pages: the mailbox, which shows each mail as a mail client would, and the start page.

Functions from the world to HTML; the gateway gives them their URLs:

- `GET /` is `start_page`, `GET /mailbox` is `mailbox_page`, `GET /mailbox/{id}` is `mail_page`,
  `GET /mailbox/{id}/html` is `framed`, and `GET /local/{file}` one of `FILES`, of which the style is the admin's;
- `POST /mailbox/{id}` (a form with `action`) and `GET /mailbox/{id}/links/{number}` are `act`, which gives the URL to
  redirect to (303).

Everything is escaped by the templates (Liquid with autoescape), and `POLICY` lets them have no style but that one, and
no script but the clock's. A mail's HTML is a document of its own, in a frame in which no script runs and which may
load nothing but pictures of the local run's own.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from functools import cache
from html import escape
from html.parser import HTMLParser
from itertools import accumulate
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

from liquid import Environment, FileSystemLoader, Markup, StrictUndefined
from liquid.extra import add_tags

from infra.local.aws import ses
from infra.local.aws.ses import Mail
from infra.local.aws.world import World
from infra.local.shop import PICTURES_URL
from infra.local.shop.history import ATTRIBUTION, PROXY
from shared.domain.events import EPOCH, Instant

PAGES = Path(__file__).parent / "pages"
STYLE = Path(__file__).parents[3] / "functions" / "admin" / "page" / "style.css"
FILES = {"style.css": STYLE, **{name: PAGES / name for name in ("mailbox.css", "clock.js", "shop.css")}}
"""What the pages are made of, by its name under `/local`."""
"""What has the run's clock on each page, the admin's too."""
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of the pages."""
FRAME_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; base-uri 'none'; frame-ancestors 'self'"
)
"""That of a mail, which has its style in it."""
SHOP_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""That of the shop's page: forms bring a script and a style of theirs."""
MAX_TRACKED = 250
ENCODED = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
"""Of the characters of RFC 3986."""
MAILS_A_PAGE = 50
PREVIEW_LENGTH = 160

STATES = {
    "Sent": ("on its way", "note"),
    "Delivery": ("delivered", "good"),
    "DeliveryDelay": ("delayed", "note"),
    "Open": ("opened", "good"),
    "Click": ("clicked", "good"),
    "Bounce": ("bounced", "bad"),
    "Complaint": ("reported as spam", "bad"),
    "Reject": ("rejected by SES", "bad"),
    "Rendering Failure": ("not rendered", "bad"),
}
"""A mail's state in words, and what colour they have."""

TABS = {"html": "Email", "text": "Text", "headers": "Headers", "tags": "Tags"}

ACTIONS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "open": ("Open", {}),
    "proxy-open": ("Open", PROXY),
    "bounce": ("Bounce", {"bounce_type": "Permanent"}),
    "soft-bounce": ("Bounce", {"bounce_type": "Transient"}),
    "complaint": ("Complaint", {}),
}
"""What a button makes happen: the notice's kind and its details. A click is besides, since it leads elsewhere."""


@dataclass(frozen=True)
class Facts:
    """What the start page tells. `counts` are (what, how many); `order_curl` and `track_curl` are commands that post an
    order and an event. While the clock is being turned, `turning` is how: begun at, until, and emails so far."""

    now: Instant
    shop: str
    counts: list[tuple[str, int]]
    order_curl: str
    track_curl: str
    turning: tuple[Instant, Instant, int] | None = None


class Link(NamedTuple):
    """A link of a mail. SES leaves those with `ses:no-track` alone, those whose address is not properly encoded, and
    all after the 250th (https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html): nobody hears of a click on them.
    `tags`: what SES tells with a click."""

    url: str
    label: str
    tracked: bool
    tags: Mapping[str, list[str]] = MappingProxyType({})


# ── the pages ──


def start_page(facts: Facts) -> str:
    begun, until, emails = facts.turning or (facts.now, facts.now, 0)
    return _render(
        "start.html",
        facts.now,
        shop=facts.shop,
        counts=[(what, f"{number:,}") for what, number in facts.counts],
        order_curl=facts.order_curl,
        track_curl=facts.track_curl,
        turning=_long_time(until) if facts.turning else "",
        emails=f"{emails:,}",
        percent=100 * (facts.now - begun) // max(until - begun, 1),
        attribution=ATTRIBUTION,
    )


def shop_page(shop: str, products: list[dict[str, Any]], inline: str, popup: str) -> str:
    """The shop's own page, as a visitor sees it. `inline` and `popup` are what a shop pastes into it, as HTML."""
    page = _environment().get_template("shop.html")
    return page.render(shop=shop, products=products, inline=Markup(inline), popup=Markup(popup))


DONE = {"sign-up": "signed up", "order": "placed an order"}
"""What somebody did at the start page's buttons, in words."""


def mailbox_page(
    world: World, search: str = "", contact: str = "", before: str = "", did: str = "", at: str = ""
) -> str:
    """The emails, newest first, 50 a page. `before` is the id of the email that the page before ended with. `did` says
    what the person who is searched for did `at` an instant: the page asks again until there is an email about it."""
    found = mails(world, MAILS_A_PAGE + 1, before, contact, search)
    shown, more = found[:MAILS_A_PAGE], len(found) > MAILS_A_PAGE
    asked = {name: value for name, value in (("search", search), ("contact", contact)) if value}
    return _render(
        "mailbox.html",
        world.now(),
        mails=[_summary(mail, _short_time(mail.sent_at, world.now())) for mail in shown],
        search=search,
        contact=contact,
        before=before,
        did=DONE.get(did, ""),
        awaited=did in DONE and at.isdecimal() and not any(mail.sent_at >= int(at) for mail in shown),
        newest=urlencode(asked),
        older=urlencode(asked | {"before": shown[-1].id}) if more else "",
    )


def mail_page(world: World, id_: str, tab: str = "") -> str:
    """One mail and what can be done with it. KeyError when there is none of this id."""
    mail = ses.mail(world, id_)
    tabs = [name for name in TABS if name not in ("html", "text") or getattr(mail, name)]
    return _render(
        "mail.html",
        world.now(),
        mail=_summary(mail, f"{_long_time(mail.sent_at)} UTC"),
        sender=mail.sender,
        contact=mail.tags.get("contact", ""),
        tabs=tabs,
        names=TABS,
        tab=tab if tab in tabs else tabs[0],
        text=mail.text or "",
        headers=mail.headers,
        tags=sorted(mail.tags.items()),
        configuration_set=mail.configuration_set or "none",
        links=[
            {**link._asdict(), "href": _way_to(mail, number, link)}
            for number, link in enumerate(links(mail.html or ""))
        ],
        unsubscribe=one_click(mail),
        attachments=[
            {"name": each.name, "href": f"data:{each.form};base64,{base64.b64encode(each.body).decode()}"}
            for each in ses.attachments(world, id_)
        ],
    )  # fmt: skip


def act(world: World, id_: str, action: str, details: Mapping[str, str]) -> str:
    """Makes happen what the reader or their mail server does, and gives the URL to go to next.

    `action` is one of `ACTIONS`, or `click` with the `link`'s number in `details`. KeyError when there is no such mail;
    ValueError when there is no such action or link.
    """
    if action == "click":
        found, number = links(ses.mail(world, id_).html or ""), details.get("link", "")
        if not number.isdecimal() or int(number) >= len(found):
            raise ValueError("the email has no such link")
        link = found[int(number)]
        if link.tracked:
            ses.happen(world, id_, "Click", link=link.url, link_tags=link.tags or None)
        return link.url
    if action not in ACTIONS:
        raise ValueError(f"unknown action; there are: click, {', '.join(ACTIONS)}")
    kind, more = ACTIONS[action]
    ses.happen(world, id_, kind, **more)
    return f"/mailbox/{id_}"


# ── the mails ──


def mails(world: World, limit: int, before: str = "", contact: str = "", search: str = "") -> list[Mail]:
    """The newest mails: those sent before the mail `before`, to this contact, with `search` in address or words."""
    conditions, values = ["TRUE"], list[str | int]()
    if before:
        conditions.append("(sent_at, id) < (SELECT sent_at, id FROM mailbox WHERE id = ?)")
        values.append(before)
    if contact:
        conditions.append("json_extract(tags, '$.contact') = ?")
        values.append(contact)
    if search:
        conditions.append("instr(lower(recipients || char(10) || subject || char(10) || coalesce(text, '')), ?) > 0")
        values.append(search.strip().lower())
    rows = world.db.execute(
        f"SELECT id FROM mailbox WHERE {' AND '.join(conditions)} ORDER BY sent_at DESC, id DESC LIMIT ?",
        (*values, limit),
    ).fetchall()
    return [ses.mail(world, id_) for (id_,) in rows]


def links(html: str) -> list[Link]:
    """The links of a mail, in its order. Only those that lead to a page: no mailto, no script."""
    return [anchor.link for anchor in _anchors(html) if anchor.link is not None]


def one_click(mail: Mail) -> str | None:
    """Where a mail client posts to unsubscribe (RFC 8058); None when the mail does not offer it."""
    headers = {name.lower(): value for name, value in mail.headers}
    if headers.get("list-unsubscribe-post", "").strip() != "List-Unsubscribe=One-Click":
        return None
    offered = [part.strip().strip("<>") for part in headers.get("list-unsubscribe", "").split(",")]
    return next((url for url in offered if _is_page(url)), None)


def framed(mail: Mail) -> str:
    """The mail's HTML for its frame: links open beside it, and by way of the mailbox where SES would track them;
    pictures of the sample's products come from here."""
    html, shown, position = (mail.html or "").replace(f'src="{PICTURES_URL}/', 'src="/local/pictures/'), list[str](), 0
    number = 0
    for anchor in _anchors(html):
        attributes = [
            (name, value)
            for name, value in anchor.attributes
            if name not in ("href", "target", "rel") and not name.startswith("ses:")  # which SES takes out
        ]
        if anchor.link is not None:
            attributes += [("href", _way_to(mail, number, anchor.link))]
            attributes += [("target", "_blank"), ("rel", "noopener noreferrer")]
            number += 1
        written = "".join(f' {name}="{escape(value or "")}"' for name, value in attributes)
        shown += [html[position : anchor.start], f"<{anchor.tag}{written}>"]
        position = anchor.end
    return "".join([*shown, html[position:]])


def _way_to(mail: Mail, number: int, link: Link) -> str:
    return f"/mailbox/{mail.id}/links/{number}" if link.tracked else link.url


# ── reading HTML ──


@dataclass
class _Anchor:
    """The opening tag of a link: where it stands in the HTML, and the page it leads to, if it is one."""

    tag: str
    start: int
    end: int
    attributes: list[tuple[str, str | None]]
    link: Link | None


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[_Anchor] = []
        self._line_starts = [0, *accumulate(len(line) + 1 for line in html.split("\n"))]
        self._open: _Anchor | None = None
        self._tracked = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("a", "area"):
            line, column = self.getpos()
            start = self._line_starts[line - 1] + column
            named = dict(attrs)
            url = (named.get("href") or "").strip()
            link = None
            if _is_page(url):
                tracked = (
                    "ses:no-track" not in named and self._tracked < MAX_TRACKED and ENCODED.fullmatch(url) is not None
                )
                self._tracked += tracked
                link = Link(url, "", tracked, _tags(named.get("ses:tags") or "") if tracked else {})
            self._open = _Anchor(tag, start, start + len(self.get_starttag_text() or ""), attrs, link)
            self.anchors.append(self._open)
        elif tag == "img":
            self.handle_data(dict(attrs).get("alt") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.link is not None:
            self._open.link = self._open.link._replace(label=self._open.link.label + data)


def _tags(written: str) -> dict[str, list[str]]:
    """Of a link's `ses:tags`, `key:value;key:value;`, those of the characters that SES takes."""
    pairs = [pair.strip().partition(":") for pair in written.split(";")]
    return {key: [value] for key, _, value in pairs if ses.TAG.fullmatch(key) and ses.TAG.fullmatch(value)}


def _anchors(html: str) -> list[_Anchor]:
    anchors = _Reader(html).anchors
    for anchor in anchors:
        if anchor.link is not None:
            anchor.link = anchor.link._replace(label=" ".join(anchor.link.label.split()) or anchor.link.url)
    return anchors


def _is_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


# ── writing HTML ──


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(PAGES, encoding="utf-8"), autoescape=True, undefined=StrictUndefined
    )
    add_tags(environment)  # `extends` and `block`; the extra filters want babel, which emails do without
    return environment


def _render(page: str, now: Instant, **variables: Any) -> str:
    here = "start" if page == "start.html" else "mailbox"
    return _environment().get_template(page).render(clock=_long_time(now), here=here, **variables)


def _summary(mail: Mail, when: str) -> dict[str, str]:
    state, badge = STATES.get(mail.state, (mail.state, "note"))
    return {
        "id": mail.id,
        "to": ", ".join(mail.recipients),
        "sender": parseaddr(mail.sender)[0] or mail.sender,
        "subject": mail.subject or "(no subject)",
        "preview": " ".join((mail.text or "").split())[:PREVIEW_LENGTH],
        "when": when,
        "state": state,
        "badge": badge,
    }


def _short_time(at: Instant, now: Instant) -> str:
    """As short as it is still clear: the time today, the day this year."""
    then, today = _moment(at), _moment(now)
    if then.date() == today.date():
        return f"{then:%H:%M}"
    return f"{then:%-d %b}" if then.year == today.year else f"{then:%-d %b %Y}"


def _long_time(at: Instant) -> str:
    return f"{_moment(at):%a %-d %B %Y, %H:%M}"


def _moment(at: Instant) -> datetime:
    return EPOCH + timedelta(milliseconds=at)
