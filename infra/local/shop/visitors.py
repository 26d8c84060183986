"""Made-up life around the sample's real orders, so that every shipped segment and journey has people: visits to the
website, searches, carts, wishes, scores, a list that was brought over, a sign-up by a form, a campaign, and a few goods
that a gift shop has and the sample has not.

All of it says that it is made up: events by the property `made_up`, goods by a tag. The people are the sample's first
ones (made up themselves, see `history`), and some of their own kind whose ways the year has none of. What is told
is the same each time, and the real orders, amounts and instants stay as they are.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from urllib.parse import urlencode, urlsplit

from infra.local import gateway, launching
from infra.local.gateway import Request, Response
from infra.local.screens import mailbox
from infra.local.shop import history, lives, picture_of, readers, writers
from infra.local.shop.history import SHOP, Webhook
from infra.local.shop.lives import Call, Person
from infra.local.system import System
from shared.adapters import events_queue
from shared.domain.events import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    event_id,
    iso,
    parse_instant,
)

END = parse_instant("2011-12-11T18:30:00Z")
"""When the run is handed over: a Sunday evening, two days after the sample's last order."""
ALL_ON = parse_instant("2011-12-08T06:00:00Z")
"""From here on all journeys are live: the last real orders start some."""
BEGUN = END - 40 * DAY
KNOWN = 60
"""Of the sample's people, those who also visit the website."""
VISITS = 0.4
"""Share of their orders that they visited the website before."""
FIRST_PRODUCT = 8_600_000_000_001
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 5_0 like Mac OS X) Mobile/9A334 Safari/7534.48.3"
DESKTOP = "Mozilla/5.0 (Windows NT 6.1; rv:8.0) Gecko/20100101 Firefox/8.0"


@dataclass(frozen=True)
class Deed:
    """Something that is done within the shop at an instant, rather than told of by its storefront or website."""

    at: Instant
    do: Callable[[System], None]


Told = Webhook | Call | Deed


@dataclass(frozen=True)
class Goods:
    """Something the shop sells. `price` as it is written."""

    number: int
    title: str
    category: str
    price: str

    @property
    def id(self) -> str:
        return str(FIRST_PRODUCT + self.number)

    def told(self, at: Instant, stock: int, price: str | None = None) -> Webhook:
        """How it is from then on."""
        id_, when = int(self.id), f"{iso(at)[:19]}Z"
        body: dict[str, Json] = {
            "id": id_,
            "title": self.title,
            "product_type": self.category,
            "handle": "-".join(self.title.lower().replace(",", "").split()),
            "vendor": history.VENDOR,
            "status": "active",
            "tags": "made-up",
            "created_at": when,
            "updated_at": when,
            "published_at": when,
            "image": {"src": picture_of(self.category), "width": 400, "height": 400},
            "variants": [
                {
                    "id": id_ + 1_000,
                    "product_id": id_,
                    "title": "Default Title",
                    "price": price or self.price,
                    "inventory_policy": "deny",
                    "inventory_quantity": stock,
                }
            ],
        }
        name = f"product-{self.id}-{at}"
        return Webhook(at, "products/update", SHOP, f"webhook-{name}", f"event-{name}", body)

    def line(self, quantity: int = 1) -> dict[str, Json]:
        id_ = int(self.id)
        about = {"product_id": id_, "variant_id": id_ + 1_000, "title": self.title, "price": self.price}
        return {**about, "id": id_, "quantity": quantity}

    @property
    def seen(self) -> dict[str, Json]:
        return {"product_id": self.id, "name": self.title, "category": self.category, "price": float(self.price)}


COFFEE = Goods(0, "Ground coffee, 250 g", "Coffee", "7.50")
ESPRESSO = Goods(1, "Espresso beans, 500 g", "Espresso", "11.00")
NOVEL = Goods(2, "A novel for the winter", "Fiction", "8.99")
MAT = Goods(3, "Yoga mat, cork", "Yoga", "39.00")
LAMP = Goods(4, "Reading lamp, brass", "Home decor", "45.00")
MUG = Goods(5, "Stoneware mug, sea blue", "Kitchenware", "9.50")
VASE = Goods(6, "Glass vase, smoke", "Home decor", "24.00")
GOODS = (COFFEE, ESPRESSO, NOVEL, MAT, LAMP, MUG, VASE)


def ago(days: float = 0, hours: float = 0, minutes: float = 0) -> int:
    """Before END, from BEGUN on: as a person's times are told."""
    return END - BEGUN - round(days * DAY + hours * HOUR + minutes * MINUTE)


class Known(Person):
    """One of the sample's people, as the website knows them."""

    def __init__(self, payload: dict[str, Json]) -> None:
        self.id, self.begun = int(payload["id"]), BEGUN
        self.name, self.email = str(payload["first_name"]), str(payload["email"])
        self.browser = f"made-up-{self.id}"


def viewed(person: Person, at: int, goods: dict[str, Json], agent: str = DESKTOP) -> Call:
    return tracked(person, at, "Product Viewed", agent, **goods)


def tracked(person: Person, at: int, event: str, agent: str = DESKTOP, **properties: Json) -> Call:
    return person.track(at, event, {**properties, "made_up": True}, context=_context(person, agent))


def page(person: Person, at: int, path: str, agent: str = DESKTOP) -> Call:
    body: dict[str, Json] = {"name": "Page", "properties": {"path": path, "made_up": True}}
    return person.call(at, "page", body, {"context": _context(person, agent)})


def _context(person: Person, agent: str) -> dict[str, Json]:
    return {"traits": {"email": person.email}, "userAgent": agent}


def fact(person: Person, at: int, heard: Instant | None = None, **traits: Json) -> Deed:
    """What somebody at the shop, or its scores, say of a contact. `heard`: long before, by the system that the shop had
    then."""
    told = person.begun + at
    since = told if heard is None else heard
    event = Event(
        id=event_id("made-up", str(person.id), str(told), *traits),
        type=Type.CONTACT_UPDATED,
        time=since,
        stated=since,
        received=since,
        source="admin",
        identities=(Identity(kind=IdentityKind.SHOPIFY, value=str(person.id)),),
        traits=traits,
        properties={"made_up": True},
    )
    return Deed(told, lambda _: events_queue.put_events([event]))


def told(customers: int | None, since: Instant, early: int) -> list[Told]:
    """All of it, in order of time. `customers`, `since` and `early` as `history.webhooks` takes them."""
    sample = list(history.webhooks(customers=min(customers or KNOWN, KNOWN), since=since, early=early))
    agreed = {each.body["customer_id"] for each in sample if each.topic == history.CONSENT}
    people = [Known(each.body) for each in sample if each.topic == "customers/create" and each.body["id"] in agreed]
    found: list[Told] = [Deed(since, launching.plan_more), Deed(ALL_ON, launching.switch_on)]
    found += (goods.told(BEGUN + number * SECOND, 20) for number, goods in enumerate(GOODS))
    found += _around_orders(sample, {person.id: person for person in people})
    if people:
        found += _scenes(people)
        found += _of_their_own()
        found += _of_the_shop({person.email for person in people})
    some = history.webhooks(customers=min(customers or writers.WRITERS, writers.WRITERS), since=since, early=early)
    found += (Deed(at, partial(_takes, several)) for at, several in writers.written(some, END))
    return sorted(found, key=lambda each: each.at)


def post(system: System, each: Told) -> None:
    """RuntimeError when it is not taken."""
    if isinstance(each, Deed):
        with system.world.lock:
            each.do(system)
    else:
        lives.post(system, each)


# ── what the shop itself has done ──


def _of_the_shop(known: Collection[str]) -> Iterator[Deed]:
    """A list that was brought over, a sign-up by the form in the page, an experiment's decision, a campaign, and who
    unsubscribes."""
    yield Deed(BEGUN + ago(13), _import)
    for at, do in ((0, _opens_form), (10 * SECOND, _sends_form), (5 * MINUTE, _confirms)):
        yield Deed(BEGUN + ago(5) + at, do)
    yield Deed(BEGUN + ago(hours=7), launching.decide)
    yield Deed(BEGUN + ago(hours=8), _campaign)
    for _, subject, day in (*launching.EARLY_NEWS[2::3], *launching.NEWS):
        yield Deed(parse_instant(day) + 2 * DAY, partial(_unsubscribes, subject=subject, but=known))


def _takes(records: list[Json], system: System) -> None:
    """What people have written comes in from the shop's own systems."""
    launching.ask(system, "PUT", "/contacts", {"contacts": records})


LIST = "Email,First name\n" + "".join(f"{name.lower()}@market.example.com,{name}\n" for name in lives.NAMES[:12])


def _import(system: System) -> None:
    about = {
        "file": hashlib.sha256(LIST.encode()).hexdigest(),
        "name": "christmas-market.csv",
        "columns": {"Email": "email", "First name": "first_name"},
        "consent_source": "a made-up list on paper, at the Christmas market",
        "consent_date": iso(END - 14 * DAY)[:10],
        "everybody": "agreed",
        "attested": True,
    }
    launching.ask(system, "POST", "/imports", {"import": about, "csv": LIST, "first_line": 2})


FORM = "newsletter"
SUBSCRIBER = "made.up@example.net"


def _opens_form(system: System) -> None:
    """Where there is such a form: somebody may have taken it off the web."""
    told = json.loads(_visit(system, "GET", f"/forms/{FORM}/token").body)
    system.world.set_setting("made-up token", str(told.get("token", "")))


def _sends_form(system: System) -> None:
    filled = {"email": SUBSCRIBER, "first_name": "Maud", "token": system.world.setting("made-up token") or ""}
    _visit(system, "POST", f"/forms/{FORM}", filled)


def _confirms(system: System) -> None:
    """By the link in the email, if it has come."""
    for mail in mailbox.mails(system.world, 1, search=SUBSCRIBER):
        for link in mailbox.links(mail.html or ""):
            if "/confirm/" in link.url:
                _visit(system, "POST", link.url[link.url.index("/confirm/") :], {})


def _visit(system: System, method: str, path: str, filled: dict[str, str] | None = None) -> Response:
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    return gateway.public(system, Request(method, path, headers=headers, body=urlencode(filled or {}).encode()))


def _campaign(system: System) -> None:
    """To the best customers: what others have been choosing."""
    told: dict[str, Json] = {
        "id": "december_finds",
        "name": "December finds (made up)",
        "segments": ["loyal_customers"],
        "template": "more_like_it",
        "subject": "What others have been choosing this December",
    }
    launching.ask(system, "POST", "/campaigns", told)
    launching.ask(system, "POST", "/campaigns/december_finds/send", {})


def _unsubscribes(system: System, subject: str, but: Collection[str]) -> None:
    """One of the made-up people who got the email, by the button of their mail program: none of those of the scenes."""
    for mail in mailbox.mails(system.world, 20, search=subject):
        link = mailbox.one_click(mail)
        if link is not None and all(readers.MADE_UP.fullmatch(each) and each not in but for each in mail.recipients):
            _visit(system, "POST", urlsplit(link).path, {"List-Unsubscribe": "One-Click"})
            return


# ── visits before real orders ──


def _around_orders(sample: Sequence[Webhook], people: dict[int, Known]) -> Iterator[Told]:
    """Looking at what was then ordered, in the hour before."""
    for order in sample:
        if order.topic != "orders/create" or order.at < BEGUN + DAY:
            continue
        person, chance = people.get(int(order.body["customer"]["id"])), random.Random(f"visit/{order.body['id']}")
        lines = [line for line in order.body["line_items"] if line["product_id"] is not None]
        if person is None or not lines or chance.random() >= VISITS:
            continue
        at = order.at - BEGUN - chance.randint(15, 55) * MINUTE
        agent = chance.choice([PHONE, DESKTOP, DESKTOP])
        yield page(person, at, "/", agent)
        yield tracked(person, at + MINUTE, "Products Searched", agent, query=str(lines[0]["title"]).split()[-1].lower())
        for number, line in enumerate(islice(lines, 2)):
            goods = {"product_id": str(line["product_id"]), "name": line["title"], "price": float(line["price"])}
            yield viewed(person, at + (2 + number) * MINUTE, goods, agent)


# ── the last days, scene by scene ──


def _scenes(people: Sequence[Known]) -> Iterator[Told]:
    """Who does what: with fewer people, some do several things."""

    def who(number: int) -> Known:
        return people[number % len(people)]

    # Carts that were left: a small one, one that is worth something, one with coffee in it.
    for number, (at, lines, total) in enumerate(
        (
            (ago(hours=1.6), [MUG.line(2)], "19.00"),
            (ago(hours=4), [LAMP.line(3)], "135.00"),
            (ago(hours=2.5), [COFFEE.line(2), MUG.line()], "24.50"),
        )
    ):
        yield who(number).checkout(at, line_items=lines, total_price=total, token=f"made-up-{number}")
    # Somebody who cannot decide, weekends at the shop, a phone, the sale's pages.
    yield from (viewed(who(3), ago(minutes=minutes), VASE.seen) for minutes in (45, 38, 20))
    for days in (3, 2, 0.2):
        yield viewed(who(4), ago(days), LAMP.seen, PHONE)
        yield viewed(who(5), ago(days, hours=1), MUG.seen)
    yield from (page(who(6), ago(days), "/collections/sale") for days in (9, 5, 2))
    yield viewed(who(7), ago(2), MAT.seen)
    yield from (viewed(who(8), ago(days), ESPRESSO.seen) for days in (12, 9, 6, 3, 1))
    # Wishes, trials and forms.
    yield tracked(who(9), ago(minutes=40), "Product Added to Wishlist", **LAMP.seen)
    yield tracked(who(10), ago(2), "Trial Started", plan="Coffee each month")
    yield tracked(who(11), ago(minutes=35), "Form Started", form_id="made-to-order", name="Made to order")
    # What they write: a review that praises, one that does not, and a question.
    praise = "The best beans I have had in years, and they arrived in two days. I love them."
    yield tracked(who(8), ago(0.9), "Product Reviewed", product_id=ESPRESSO.id, rating=5, review_body=praise)
    blame = "The mat is nice, but the parcel was late and one corner of it is torn."
    yield tracked(who(7), ago(0.8), "Product Reviewed", product_id=MAT.id, rating=2, review_body=blame)
    asked = "I have ordered a mug, and it has not arrived yet. When will it be there?"
    yield tracked(who(5), ago(minutes=50), "Support Ticket Created", subject="My mug", description=asked)
    # What scores and lists say of people. Where the sample is large enough for a night to work them out, the night's
    # own take the place of these.
    for number in range(25):
        yield fact(who(number), ago(2, minutes=number), predicted_value=20 + (number * 37) % 160)
    yield fact(who(12), ago(2), propensity={"upgrade": 0.82})
    yield fact(who(13), ago(2), predicted_order=iso(END + 3 * DAY)[:10])
    yield fact(who(14), ago(2), predicted_order=iso(END - 3 * DAY)[:10])
    yield fact(who(15), ago(2), birthday=f"1974{iso(END)[4:10]}")
    yield fact(who(16), ago(2), birthday="1989-12-20")
    yield fact(who(17), ago(minutes=25), birthday="1981-05-02", interest="candles")
    yield from (fact(who(number), ago(2), latitude=51.52, longitude=-0.11) for number in (18, 19))
    # The vase is sold out and comes back; the lamp costs less; of the mug there is little left.
    yield VASE.told(BEGUN + ago(3), 0)
    yield tracked(who(20), ago(1.5), "Back In Stock Requested", product_id=VASE.id)
    yield VASE.told(BEGUN + ago(hours=7), 6)
    yield viewed(who(21), ago(1.4), LAMP.seen)
    yield LAMP.told(BEGUN + ago(hours=6), 12, "36.00")
    yield viewed(who(22), ago(1.3), MUG.seen)
    yield MUG.told(BEGUN + ago(hours=5), 4)


def _of_their_own() -> Iterator[Told]:
    """People whose ways take longer than the sample has, or an order that it has not."""

    def somebody(number: int, begun: Instant = BEGUN) -> Person:
        return Person(30 + number, begun)

    def signs_up(person: Person) -> Iterator[Told]:
        yield person.customer(0)
        yield person.consent(SECOND)

    reader = somebody(1)
    yield from signs_up(reader)
    yield reader.order(ago(9), line_items=[NOVEL.line()], total_price="8.99")
    regular = somebody(2)
    yield from signs_up(regular)
    yield from (regular.order(ago(days), number) for number, days in enumerate((34, 26, 18, 10, 0.3), 1))
    drifting = somebody(3, END - 120 * DAY)
    yield from signs_up(drifting)
    yield from (drifting.order(at * DAY - 6 * HOUR, number) for number, at in enumerate((10, 30), 1))
    for number in (4, 5):  # never ordered, and look as if they might
        warm = somebody(number)
        yield from signs_up(warm)
        for days, goods in enumerate((NOVEL, COFFEE, ESPRESSO, NOVEL, COFFEE), 1):
            yield viewed(warm, ago(days / 5, hours=number), goods.seen)
        yield from (
            tracked(warm, ago(hours=hours), "Products Searched", query="gift") for hours in (5 + number, number)
        )
    long_with_us = somebody(6)
    yield from signs_up(long_with_us)
    yield fact(long_with_us, MINUTE, END - 365 * DAY, signed_up=iso(END - 365 * DAY)[:10])
    newest = somebody(8, END - 2 * DAY)
    yield newest.customer(0, default_address={"country_code": "FI", "city": "Helsinki", "zip": "00100"})
    yield newest.consent(SECOND)
    asleep = somebody(7, END - 183 * DAY - 62 * DAY)
    yield from signs_up(asleep)
    yield fact(asleep, 62 * DAY - 6 * HOUR, dormant=True)
