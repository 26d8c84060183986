"""Events: what happened to a contact at an instant, from whatever source, in one form.

Instants are whole milliseconds since 1970 (UTC). Names of events follow the Segment spec
(https://segment.com/docs/connections/spec/); those below are the ones the product itself gives a meaning to, and any
other name is kept and counted like them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Instant = int
Json = Any

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER: Instant = 2**62
"""Later than every instant: "no answer changes before this"."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_DATE: Instant = 1_104_537_600_000  # 2005: no shop of today's storefronts is older
"""A date before it is none: a clock that was never set, a field that nobody filled (1970-01-01, 0001-01-01)."""
LAST_INSTANT: Instant = 253_402_300_799_999  # the end of the year 9999: what ISO 8601 writes with four digits


class Type(StrEnum):
    """The event names the product itself writes or reads."""

    CONTACT_CREATED = "Contact Created"
    CONTACT_UPDATED = "Contact Updated"
    CONTACT_DELETED = "Contact Deleted"
    CONTACTS_MERGED = "Contacts Merged"
    CONSENT_CHANGED = "Consent Changed"
    PAGE_VIEWED = "Page Viewed"
    SCREEN_VIEWED = "Screen Viewed"
    GROUP_JOINED = "Group Joined"
    PRODUCT_VIEWED = "Product Viewed"
    PRODUCT_ADDED = "Product Added"
    PRODUCT_REMOVED = "Product Removed"
    CART_VIEWED = "Cart Viewed"
    CART_UPDATED = "Cart Updated"
    CHECKOUT_STARTED = "Checkout Started"
    CHECKOUT_UPDATED = "Checkout Updated"
    ORDER_COMPLETED = "Order Completed"
    ORDER_PAID = "Order Paid"
    ORDER_UPDATED = "Order Updated"
    ORDER_FULFILLED = "Order Fulfilled"
    ORDER_CANCELLED = "Order Cancelled"
    ORDER_REFUNDED = "Order Refunded"
    EMAIL_SENT = "Email Sent"
    EMAIL_HELD_OUT = "Email Held Out"
    EMAIL_DELIVERED = "Email Delivered"
    EMAIL_OPENED = "Email Opened"
    EMAIL_CLICKED = "Email Clicked"
    EMAIL_BOUNCED = "Email Bounced"
    EMAIL_COMPLAINED = "Email Complained"
    EMAIL_DELAYED = "Email Delayed"
    EMAIL_REJECTED = "Email Rejected"
    EMAIL_FAILED = "Email Failed"
    JOURNEY_COMPLETED = "Journey Completed"
    EXPERIMENT_ENTERED = "Experiment Entered"
    BACK_IN_STOCK_REQUESTED = "Back In Stock Requested"
    # Made of a product's change, for those whom it concerns (`catalogue`):
    BACK_IN_STOCK = "Back In Stock"
    PRICE_DROPPED = "Price Dropped"
    LOW_STOCK = "Low Stock"
    # What a night has worked out of everything (`insight`): how the contact stands, and nothing they did.
    SCORED = "Scored"
    DATA_REQUESTED = "Data Requested"
    ERASURE_REQUESTED = "Erasure Requested"
    # About the shop, not about one contact:
    PRODUCT_UPDATED = "Product Updated"
    SHOP_UNINSTALLED = "Shop Uninstalled"
    SHOP_ERASURE_REQUESTED = "Shop Erasure Requested"
    # Tell or ask something of our own (`INTERNAL`); nothing happened to the contact, so nothing is recorded:
    EVALUATION_DUE = "Evaluation Due"
    STEP_SETTLED = "Step Settled"
    RUN_MOVED = "Run Moved"
    JOURNEY_BEGUN = "Journey Begun"


INTERNAL = frozenset({Type.EVALUATION_DUE, Type.STEP_SETTLED, Type.RUN_MOVED, Type.JOURNEY_BEGUN})
"""What travels on the queue between our own parts: that an evaluation is due, what became of a run's step, that a
person moves a run, that a journey is to begin. Nobody else can send it, and it is no part of anybody's history."""
SHOP_TYPES = frozenset({Type.PRODUCT_UPDATED, Type.SHOP_UNINSTALLED, Type.SHOP_ERASURE_REQUESTED})
ORDER_TYPES = frozenset(
    {
        Type.ORDER_COMPLETED,
        Type.ORDER_PAID,
        Type.ORDER_UPDATED,
        Type.ORDER_FULFILLED,
        Type.ORDER_CANCELLED,
        Type.ORDER_REFUNDED,
    }
)

GATHERED = frozenset(
    {
        *(Type.PAGE_VIEWED, Type.SCREEN_VIEWED, Type.GROUP_JOINED, Type.PRODUCT_VIEWED),
        *(Type.PRODUCT_ADDED, Type.PRODUCT_REMOVED, Type.CART_VIEWED),
        *(Type.CART_UPDATED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED),
        *(Type.EMAIL_SENT, Type.EMAIL_HELD_OUT, Type.EMAIL_DELIVERED, Type.EMAIL_OPENED, Type.EMAIL_DELAYED),
        *(Type.PRODUCT_UPDATED, Type.EVALUATION_DUE, Type.SCORED),
        Type.EXPERIMENT_ENTERED,
        *(Type.BACK_IN_STOCK, Type.PRICE_DROPPED, Type.LOW_STOCK),  # as many at a time as looked at the product
        # What a visit is made of, by the names of Segment's e-commerce and mobile specs:
        *("Product List Viewed", "Product List Filtered", "Products Searched", "Product Clicked", "Product Shared"),
        *("Promotion Viewed", "Promotion Clicked", "Cart Shared"),
        *("Checkout Step Viewed", "Checkout Step Completed", "Payment Info Entered", "Coupon Entered"),
        *("Product Added to Wishlist", "Product Removed from Wishlist", "Wishlist Product Added to Cart"),
        *("Application Opened", "Application Backgrounded", "Application Foregrounded"),
    }
)
"""Types that nobody waits for: some seconds of a visit are gathered to one write of the profile. All others, the shop's
own among them (a quiz, a form), are acted on at once."""
HEARD_AFTER = 25 * SECOND
"""By then what was received is in its contact's profile: the gathering (template.yaml) and five seconds. Of the time
since, silence proves nothing yet."""
AWAITED_FOR = DAY
"""What happened longer ago is history when we hear of it: however much of it comes, it stands in nobody's way."""


def is_awaited(event: Event, now: Instant) -> bool:
    """Whether somebody may be waiting for what the event sets off, so that it takes the lane without company.

    An answer of theirs (a sign-up, a no) is, whatever it comes with; and an emptied cart is to stop the mail about it,
    where a filled one only begins to wait. For a list that is brought over nobody waits, nor is anybody to wait behind
    it.
    """
    if now - event.time > AWAITED_FOR or event.source == "import":
        return False
    if event.type == Type.CART_UPDATED and event.properties.get("products") == []:
        return True
    return bool(event.consent) or event.type not in GATHERED


MARKETING = "marketing"
"""The topic of the shipped mails, and of the consent that storefronts know."""
TRACKING = "tracking"
"""What contacts agree to beside topics: that we learn what they do with our emails. No email is about it."""
ALL = "all"
"""In the place of a topic: a no to it is one to all topics, those included that the shop adds later."""
PAUSE = "pause"
"""In the place of a topic: a no to it is one to all topics for `PAUSED_FOR`, and a yes takes it back."""
PAUSED_FOR = 30 * DAY
FREQUENCY = "frequency:"
"""Before a topic (`frequency:news`): how often the contact wants emails about it, which they say apart from whether
they want any. No topic's id can begin like this."""
Frequency = Literal["all", "weekly", "monthly"]
"""Every email as it comes; one email a week, or a month, with all that it would have been."""
MailClass = Literal["marketing", "lifecycle", "transactional"]
"""What kind of email one is: an offer to many, an answer to what the contact does, or what they have asked for."""
TOPIC_ID = r"^[a-z0-9_-]{1,64}$"


class IdentityKind(StrEnum):
    """What a contact can be known by, strongest first: the first one known decides whose event it is."""

    CONTACT = "contact"  # our own id: only in events of our own making
    SHOPIFY = "shopify"  # customer id
    WOOCOMMERCE = "woocommerce"  # customer id
    USER = "user"  # the site's user id
    EMAIL = "email"
    ORDER = "order"  # a storefront's order, checkout or cart: joins a contact once that is known
    ANONYMOUS = "anonymous"  # a browser: joins a contact once that is known


class Strict(BaseModel):
    """What people or other parts write for us to read: a field it does not know is refused.

    Its validator is made when it is first used, not at import: most handlers need few of them. For the same reason a
    file of such models does without `from __future__ import annotations`: pydantic would compile each field's type
    again from its text, a fifth of what a model costs at import.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Identity(BaseModel):
    # No validator of its own at import, nor those below: that of Event, which is made then, has them in it.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)

    kind: IdentityKind
    value: str = Field(min_length=1, max_length=512)


class ConsentChange(BaseModel):
    """A recorded yes or no to a topic. `pending` waits for the contact's confirmation (double opt-in). How often they
    want emails about a topic is an answer of its own, to `FREQUENCY` and the topic.

    `undated`: the sender tells a state and not when it was decided, so nobody has just answered. A yes counts where
    nothing else is known of the topic, whenever that comes in; a no, where the contact has said nothing on our own
    page.

    What the ledger keeps besides, where it is known: `wording`, the version of the words that were agreed to; `level`,
    whether the address was shown to be the contact's (`double`) or only typed; `actor`, who wrote it down if it was not
    the contact; `network`, the address that the answer came from, only where the shop's settings ask for it.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    topic: str = Field(default=MARKETING, pattern=r"^(frequency:)?[a-z0-9_-]{1,64}$")
    state: Literal["subscribed", "unsubscribed", "pending"] | Frequency
    undated: bool = False
    wording: str | None = Field(default=None, min_length=1, max_length=200)
    level: Literal["single", "double"] | None = None
    actor: str | None = Field(default=None, min_length=1, max_length=128)
    network: str | None = Field(default=None, min_length=2, max_length=45)


class OrderState(BaseModel):
    """What a storefront tells of an order: how it is, as of `Event.as_of`.

    `stands`: it is an order; not when it was cancelled, deleted or failed, or is a checkout still. `refunds`: all there
    are, by their ids; None when the payload does not list them. `returned`: of those that name lines, what each line
    got back, as the `products` of an `Order Refunded` say it. `currency`: that of its amounts and of its refunds.
    `elsewhere`: it has become another contact's (`order_left`), which says nothing of the order itself.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    stands: bool
    refunds: Mapping[str, float] | None = None
    returned: Mapping[str, list[dict[str, Json]]] = Field(default_factory=dict)
    currency: str | None = None
    elsewhere: bool = False


class Stamp(NamedTuple):
    """What makes a value the newer one: the instant it is of, and how much later (in ms) it was sent off, or else
    received. Storefronts date by the second, and two changes fit into one."""

    time: Instant
    after: int = 0


Source = Literal[
    "shopify", "woocommerce", "segment", "ses", "preference", "form", "import", "journey", "refresh", "admin", "crm"
]
"""Who tells: a storefront, the website, the email service, the contact on our own pages, a list that was brought in,
we ourselves, an operator, or a system of the shop's that keeps records of its customers."""


class Event(BaseModel):
    """One thing that happened.

    `id` is the same for every delivery of the same thing, and different for different things.
    `stated` is the instant the sender wrote into the message (None if none): it never depends on when the message
    came in, so together with the id it finds a repeated delivery. `time` is the instant we count with (see
    `counted_time`). `public` marks what came with a public write key, which anybody can send; `claimed` what names
    somebody by an address that was only typed, at a checkout.
    Contact's properties follow the Segment spec; amounts of money are numbers in the shop's currency, unless
    `other_currency`: then they are in `properties["currency"]`, and nothing counts or adds them.

    A storefront tells how a thing is: `as_of` which instant (None: `time`), `told` when it sent that off (None: it does
    not say), and of an order, `order`. Of several tellings the newest `stamp` is how it is now, and what that does not
    say any more is no longer so: a trait told as None has no value, a trait not told stays.

    `counts` is false of orders that the public key tells of, unless the shop's website is its teller (`shop`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    id: str = Field(min_length=1, max_length=128)
    type: str = Field(min_length=1, max_length=128)
    time: Instant = Field(ge=0, le=LAST_INSTANT)
    stated: Instant | None = Field(default=None, ge=0, le=LAST_INSTANT)
    received: Instant = Field(ge=0, le=LAST_INSTANT)
    as_of: Instant | None = Field(default=None, ge=0, le=LAST_INSTANT)
    told: Instant | None = Field(default=None, ge=0, le=LAST_INSTANT)
    source: Source
    public: bool = False
    claimed: bool = False
    identities: tuple[Identity, ...] = ()
    traits: Mapping[str, Json] = Field(default_factory=dict)
    consent: tuple[ConsentChange, ...] = ()
    properties: Mapping[str, Json] = Field(default_factory=dict)
    order: OrderState | None = None
    other_currency: bool = False
    counts: bool = True

    @property
    def stamp(self) -> Stamp:
        """Of what the event tells: the greater one is the newer."""
        time = self.time if self.as_of is None else min(self.as_of, self.received)
        return Stamp(time, (self.received if self.told is None else min(self.told, self.received)) - time)

    @property
    def is_weak(self) -> bool:
        """Whether it was told by somebody who may not be whom it names: anybody can send with a public write key, and
        type any address at a checkout."""
        return self.public or self.claimed

    @property
    def own_order(self) -> Identity | None:
        """What a storefront's order is known by, of an event that tells how it is."""
        if self.order is None or self.public:
            return None
        return Identity(kind=IdentityKind.ORDER, value=f"{self.source}-order:{self.order.id}")

    def identity(self, kind: IdentityKind) -> str | None:
        """The value of the first identity of that kind."""
        return next((identity.value for identity in self.identities if identity.kind is kind), None)


def event_id(*parts: str) -> str:
    """An id made of what identifies the thing that happened (source, shop, topic, the sender's own id, …)."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def evaluation_due(contact: str, at: Instant, **properties: int) -> Event:
    """Asks for an evaluation of a contact at an instant. `definitions`: by this publication or a later one; `all`: of
    every segment; `rebuild`: with the profile folded again from all events."""
    return Event(
        id=event_id("refresh", contact, str(at)),
        type=Type.EVALUATION_DUE,
        time=at,
        received=at,
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties=properties,
    )


def held_out(contact: str, message: str, about: Mapping[str, str], at: Instant) -> Event:
    """That an email would have been sent at an instant, had its contact not been held out of it."""
    return Event(
        id=event_id("held_out", contact, message),
        type=Type.EMAIL_HELD_OUT,
        time=at,
        received=at,
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties={"message": message, **about},
    )


def digest_due(contact: str, topic: str, due: Instant, now: Instant, was: Instant = 0) -> Event:
    """Has the contact woken at an instant for their digest of a topic. `due` 0: there is none any more, unless they are
    to be woken for it at another instant than `was` by then."""
    return Event(
        id=event_id("digest", contact, topic, str(due), str(was), str(now)),
        type=Type.EVALUATION_DUE,
        time=now,
        received=now,
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties={"digest": topic, "due": due, "was": was},
    )


def wake_up(contact: str, due: Instant, now: Instant) -> Event:
    """Asks for what time alone changes at an instant, once all that was received by then has been heard of."""
    return evaluation_due(contact, max(due + HEARD_AFTER, now))


def cart_ordered(contact: str, order: Event) -> Event:
    """Empties the cart of another contact than the one who ordered what was in it: they gave another address then. It
    counts just after the order, since a checkout can be dated as the order that was made of it."""
    time = min(order.time + SECOND, order.received)
    return Event(
        id=event_id("cart ordered", order.id, contact),
        type=Type.CART_UPDATED,
        time=time,
        stated=time,
        received=order.received,
        source=order.source,
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties={"products": []},
    )


def order_left(contact: str, order: Event, stamp: Stamp, received: Instant) -> Event:
    """Takes an order from a contact, because by a state that is as new as `stamp` it is another's."""
    id_ = order.order.id if order.order is not None else ""
    told = stamp.time + stamp.after
    return Event(
        id=event_id("order left", order.source, id_, contact, str(stamp.time), str(told)),
        type=Type.ORDER_UPDATED,
        time=stamp.time,
        stated=stamp.time,
        received=max(received, told),
        as_of=stamp.time,
        told=told,
        source=order.source,
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        order=OrderState(id=id_, stands=False, elsewhere=True),
    )


def counted_time(stated: Instant | None, received: Instant) -> Instant:
    """The instant an event counts at: as stated, but never after it was received (a wrong clock, a bad payload). What
    is stated to be before FIRST_DATE is as if it were not dated."""
    return received if stated is None or stated < FIRST_DATE else min(stated, received)


def when_placed(event: Event) -> Instant | None:
    """When the order was placed: as the storefront says, or else when it was completed."""
    ordered_at = event.properties.get("ordered_at")
    if isinstance(ordered_at, str):
        try:
            return counted_time(parse_instant(ordered_at), event.received)
        except ValueError:
            pass
    return event.time if event.type == Type.ORDER_COMPLETED else None


def event_key(event: Event) -> str:
    """The event's place in its contact's partition: two deliveries of one event share it, whenever they come in. What
    anybody may state makes no other event of it."""
    return f"EVENT#{'undated' if event.stated is None or event.public else iso(event.stated)}#{event.id}"


def iso(instant: Instant) -> str:
    """`2026-11-24T09:30:00.000Z`: fixed width, so that text order is time order."""
    moment = EPOCH + timedelta(milliseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % 1000:03d}Z".rjust(24, "0")


def parse_instant(text: str) -> Instant:
    """Reads an ISO 8601 date or time; without an offset it is UTC. ValueError when it is none, or out of range."""
    if not re.match(r"^\d{4}-\d\d-\d\d", text):
        raise ValueError("not an ISO 8601 date, such as 2026-11-24T09:30:00Z")
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    instant = (moment - EPOCH) // timedelta(milliseconds=1)
    if not 0 <= instant <= LAST_INSTANT:
        raise ValueError("out of range: dates from 1970 to 9999 are understood")
    return instant


_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_UPPER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def normal_email(text: str) -> str:
    """The address as we compare it and SES takes it. ValueError when it is no address a mail could go to.

    Trimmed, lower case, without invisible characters and a dot at the end; a domain's other letters are written in
    Punycode (as IDNA 2003 has it), in whatever width they come. Before the @ only ASCII passes: SES takes nothing else,
    and a letter that merely looks like another (a full-width one, the Kelvin sign) is another person's address.
    """
    visible = "".join(letter for letter in text if letter.isascii() or unicodedata.category(letter) != "Cf").strip()
    local, at, domain = visible.translate(_UPPER).rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            raise ValueError("not an email address") from None
    domain = domain.lower().removesuffix(".")
    address = f"{local}{at}{domain}"
    if len(address) > 254 or len(local) > 64 or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise ValueError("not an email address")
    return address


MAX_AMOUNT = 10**12
"""Hundredths; what is more is a mistake, and would not add up in the lake's columns."""


def amount(value: Json) -> int | None:
    """Money as whole hundredths of the shop's currency; None when it is no amount (missing, NaN, over 10 billion).

    Reads decimal strings, as storefronts send them, and numbers.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        hundredths = round(float(value) * 100)
    except (ValueError, OverflowError):
        return None
    return hundredths if abs(hundredths) <= MAX_AMOUNT else None
