"""The stored form of a profile."""

from __future__ import annotations

import base64
import json
import zlib

from shared.domain.events import Json, Stamp, Type
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import MOST_HALVINGS, STORED_BOUND
from shared.domain.profiles.folding import trim
from shared.domain.profiles.histories import History, Occurrence
from shared.domain.profiles.kept_orders import set_completed
from shared.domain.profiles.orders import Order, Refund
from shared.domain.profiles.transitions import Membership

_ALL_KNOW = (
    b'"Contact Deleted":[1,"Screen Viewed":[1,"Group Joined":[1,"Order Paid":[1,"Order Updated":[1,"Order Fulfilled":['
    b'"Email Bounced":[1,{"permanent":true}"Email Complained":[1,"winter_coat_climate":[true,"near_store":[true,'
    b'"young_adults":[true,"birthday_this_month":[false,"price_sensitive":[true,"espresso_lovers":[true,'
    b'"yoga_interest":[true,"fiction_lovers":[true,"due_to_reorder":[false,"likely_to_upgrade":[true,'
    b'"weekend_shoppers":[true,"eyeing_a_product":[true,"abandoned_coffee_cart":[false,"champions":[true,'
    b'"high_value":[true,"dormant":[false,"loyal_customers":[true,"campaign":"","query":"","birthday":["19","phone":["+44'
    b'"gender":["","language":["en","latitude":[5,"longitude":[-0.,"timezone":["Europe/London","province":["",'
    b'"lists":[["woocommerce#","device":"tablet"},"bot"},{"contact":"c","version":1,"first_seen":17,'
    b'"traits":{"email":["@gmail.com","first_name":["","last_name":["","country":["GB","region":["","city":["",'
    b'"postal_code":["","tags":[["source:checkout","interest:"],"signup_source":["newsletter","checkout","interest":["",'
    b'"locale":["en-GB"]},"consent":{"marketing":["subscribed",1]},'
    b'"histories":{"Contact Created":[1,{}]]],"Consent Changed":[1,{}]]],"Contact Updated":[1,[[1,{"device":"mobile"}]]'
    b'"Order Refunded":[1,"Order Cancelled":[1,"Cart Updated":[1,"Checkout Started":[1,"Checkout Updated":[1,'
    b'"Journey Completed":[1,{"path":"thank_you","journey":"onboarding"}]]],{"path":"end","journey":"win_back"}]]],'
    b'"Email Sent":[2,{"journey":"onboarding","template":"welcome","topic":"marketing"}],'
    b'"Email Delivered":[2,{"journey":"onboarding","template":"thank_you","topic":"marketing"}]]],'
    b'"Email Opened":[1,"Email Clicked":[1,{"journey":"win_back","template":"we_miss_you","topic":"marketing",'
    b'"human":true,"device":"desktop"}],"human":false,"device":"mobile"}],'
    b'"Order Completed":[1,[[1,{"product_id":["8","7"],"category":["","total":1995}]]],'
    b'"Product Viewed":[9,[[1,{"product_id":["],"category":[""],"price":995,"device":"mobile"}],'
    b'"Page Viewed":[9,[[1,{"path":"/collections/","device":"desktop"}],[1,{"path":"/products/-","device":"mobile"}],'
    b'"orders":{":[1,{},true],":[1,{},false],"},"older_orders":0,"memberships":{"new_subscribers":[false,'
    b'"inactive":[false,0,"subscribers":[true,2,"leads":[false,"disengaged":[false,0,"highly_engaged":[true,'
    b'"moderately_engaged":[true,"mails_unanswered":[false,0,"customers":[true,4,"active_customers":[true,5,'
    b'"first_time_buyers":[false,"high_spenders":[true,"lapsed_customers":[false,0,"churned":[false,0,"at_risk":[false,0,'
    b'"repeat_buyers":[true,"mobile_visitors":[true,"abandoned_cart":[false,0,"big_carts":[false,0,'
    b'"evening_carts":[false,0,4611686018427387904],"transitions":1,"consents":1,"identities":["shopify#","email#",'
    b'"anonymous#checkout:","anonymous#shopify-order:","user#","anonymous#"],"definitions":1,"decided":17,'
    b'"merged_into":null,"erased":false}'
)
"""What most profiles have in them, so that their compressed form need not (zlib's preset dictionary). Every stored
profile needs it to be read: it is never changed."""


def dump(profile: Profile) -> bytes:
    """The profile's JSON, compressed. Writes are paid by the kilobyte, twice in a transaction.

    A profile that is too large then, which only nonsense makes it, is left with half as many occurrences and orders, in
    place, and half of that, until `rebuild` begins anew.
    """
    while len(stored := _compressed(as_json(profile))) > STORED_BOUND and profile.halved < MOST_HALVINGS:
        profile.halved += 1
        trim(profile)
    return stored


def _compressed(text: bytes) -> bytes:
    compressor = zlib.compressobj(level=9, zdict=_ALL_KNOW)
    return compressor.compress(text) + compressor.flush()


def as_json(profile: Profile) -> bytes:
    return json.dumps(
        {
            "contact": profile.contact,
            "version": profile.version,
            "first_seen": profile.first_seen,
            "traits": profile.traits,
            **({"tags": profile.tags} if profile.tags else {}),
            "consent": profile.consent,
            **({"earlier": profile.earlier} if profile.earlier else {}),
            "histories": {
                name: [history.total, history.first, history.newest if name != Type.ORDER_COMPLETED else []]
                for name, history in profile.histories.items()
            },
            "orders": {
                name: [getattr(order, each) for each in Order.__slots__] for name, order in profile.orders.items()
            },
            "older_orders": profile.older_orders,
            "memberships": profile.memberships,
            "transitions": profile.transitions,
            "consents": profile.consents,
            "identities": profile.identities,
            "definitions": profile.definitions,
            "decided": profile.decided,
            "merged_into": profile.merged_into,
            "erased": profile.erased,
            **({"cut_until": profile.cut_until} if profile.older_orders else {}),
            **({"cut_names": base64.b64encode(profile.cut_names).decode()} if profile.cut_names else {}),
            **({"halved": profile.halved} if profile.halved else {}),
            **({"public": True} if profile.public else {}),
            **({"former_words": sorted(profile.former_words)} if profile.former_words else {}),
            **({"weak": sorted(profile.weak)} if profile.weak else {}),
        },
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode()


def load(stored: bytes) -> Profile:
    """Reads what `dump` wrote."""
    raw = json.loads(zlib.decompressobj(zdict=_ALL_KNOW).decompress(stored))
    profile = Profile(
        contact=raw["contact"],
        version=raw["version"],
        first_seen=raw["first_seen"],
        traits={name: Stamped(*stamped) for name, stamped in raw["traits"].items()},
        tags={name: Stamped(*stamped) for name, stamped in raw.get("tags", {}).items()},
        consent={name: Stamped(*stamped) for name, stamped in raw["consent"].items()},
        earlier={
            name: tuple(Stamped(*answer) for answer in answers) for name, answers in raw.get("earlier", {}).items()
        },
        histories={
            name: History([Occurrence(*occurrence) for occurrence in newest], total, first)
            for name, (total, first, newest) in raw["histories"].items()
        },
        orders={name: _order(order) for name, order in raw["orders"].items()},
        older_orders=raw["older_orders"],
        cut_until=tuple(raw.get("cut_until", (-1, ""))),
        cut_names=base64.b64decode(raw.get("cut_names", "")),
        memberships={name: Membership(*membership) for name, membership in raw["memberships"].items()},
        transitions=raw["transitions"],
        consents=raw["consents"],
        identities=tuple(raw["identities"]),
        definitions=raw["definitions"],
        decided=raw["decided"],
        halved=raw.get("halved", 0),
        public=raw.get("public", False),
        former_words=frozenset(raw.get("former_words", ())),
        weak=set(raw.get("weak", ())),
        merged_into=raw["merged_into"],
        erased=raw["erased"],
    )
    profile.numbers = {order.number for order in profile.orders.values() if order.number}
    set_completed(profile)
    return profile


def _order(stored: list[Json]) -> Order:
    placed, value, value_at, cancelled, cancelled_at, properties, properties_at, number, refunds, listed, at = stored
    return Order(
        placed,
        value,
        Stamp(*value_at),
        cancelled,
        Stamp(*cancelled_at),
        properties,
        Stamp(*properties_at),
        number,
        {id_: Refund(amount, Stamp(*told)) for id_, (amount, told) in refunds.items()},
        listed,
        Stamp(*at),
    )
