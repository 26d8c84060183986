"""Events in words: what somebody did, how often and when."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from shared.domain.conditions.comparing import Where
from shared.domain.conditions.events import (
    Cart,
    Engagement,
    EventCount,
    FirstEvent,
    InSequence,
    LastEvent,
    Latest,
    Share,
    Unanswered,
)
from shared.domain.conditions.orders import LastOrder
from shared.domain.events import Type
from shared.domain.properties import AMOUNTS, KEPT_PROPERTIES
from shared.domain.wording.texts import (
    CompoundPhrase,
    between,
    compared,
    duration,
    has,
    is_,
    listed,
    money,
    number,
    of_where,
    quoted,
    within,
    word,
)


class Verb(NamedTuple):
    """How an event is told: `past` of what the contact did, the participle after "has", and what it was done to."""

    past: str
    thing: str
    participle: str = ""


VERBS: Mapping[str, Verb] = {
    Type.CONTACT_CREATED: Verb("was entered in the shop", "", "been entered in the shop"),
    Type.CONTACT_UPDATED: Verb("was changed in the shop", "", "been changed in the shop"),
    Type.CONSENT_CHANGED: Verb("changed", "their consent"),
    Type.PAGE_VIEWED: Verb("viewed", "a page"),
    Type.SCREEN_VIEWED: Verb("viewed", "a screen"),
    Type.GROUP_JOINED: Verb("joined", "a group"),
    Type.PRODUCT_VIEWED: Verb("viewed", "a product"),
    Type.PRODUCT_ADDED: Verb("added", "a product to a cart"),
    Type.PRODUCT_REMOVED: Verb("removed", "a product from a cart"),
    Type.CART_VIEWED: Verb("viewed", "a cart"),
    Type.CART_UPDATED: Verb("changed", "a cart"),
    Type.CHECKOUT_STARTED: Verb("started", "a checkout"),
    Type.CHECKOUT_UPDATED: Verb("changed", "a checkout"),
    Type.ORDER_COMPLETED: Verb("ordered", ""),
    Type.ORDER_PAID: Verb("paid", "an order"),
    Type.ORDER_UPDATED: Verb("changed", "an order"),
    Type.ORDER_FULFILLED: Verb("was sent", "an order", "been sent"),
    Type.ORDER_CANCELLED: Verb("cancelled", "an order"),
    Type.ORDER_REFUNDED: Verb("was refunded", "an order", "been refunded"),
    Type.EMAIL_SENT: Verb("was sent", "an email", "been sent"),
    Type.EMAIL_HELD_OUT: Verb("was held out of", "an email", "been held out of"),
    Type.EMAIL_DELIVERED: Verb("received", "an email"),
    Type.EMAIL_OPENED: Verb("opened", "an email"),
    Type.EMAIL_CLICKED: Verb("clicked a link in", "an email"),
    Type.EMAIL_BOUNCED: Verb("bounced", "an email"),
    Type.EMAIL_COMPLAINED: Verb("complained about", "an email"),
    Type.JOURNEY_COMPLETED: Verb("completed", "a journey"),
    Type.EXPERIMENT_ENTERED: Verb("came into", "an experiment", "come into"),
    Type.BACK_IN_STOCK_REQUESTED: Verb("asked to be told that a product is back in stock", ""),
    Type.BACK_IN_STOCK: Verb("had a product they wanted come back in stock", ""),
    Type.PRICE_DROPPED: Verb("had the price of a product they looked at drop", ""),
    Type.LOW_STOCK: Verb("had a product they looked at nearly sell out", ""),
}
LABELS = {
    "product_id": "product",
    "link": "the link",
    "query": "search words",
    "human": "in person",
    "permanent": "for good",
}
SUFFIXES: Mapping[str, str] = {
    "product_id": " of the product {}",
    "category": " in {}",
    "campaign": " from the campaign {}",
    "journey": " of the journey {}",
    "message": " of the email {}",
    "template": " with the template {}",
    "topic": " about {}",
    "device": " on {}",
}
IN_A_CART = {"category": " with {} in it", "product_id": " with the product {} in it"}
_EMAILS = (Type.EMAIL_SENT, Type.EMAIL_DELIVERED, Type.EMAIL_OPENED, Type.EMAIL_CLICKED)
_CARTS = (Type.CART_VIEWED, Type.CART_UPDATED, Type.CHECKOUT_STARTED, Type.CHECKOUT_UPDATED)
FLAG_SUFFIXES = {("human", True): " in person", ("human", False): " by machine", ("permanent", True): " for good"}
FLAG_SUFFIXES |= {("permanent", False): " for a time"}


def event_phrase(event: str, where: Iterable[Where] = (), thing: str | None = None) -> tuple[str, str]:
    """An event in the past tense, and as it is told after "has": `viewed a page on mobile`, `been sent an email`."""
    verb = VERBS.get(event) or Verb("had", f"the event {quoted(event)}")
    rest = list(where)
    bought = event == Type.ORDER_COMPLETED
    if thing is None:
        for each in rest:
            if each.is_ != "equal" or not (each.property == "product_id" or (bought and each.property == "category")):
                continue
            if event in (Type.ORDER_COMPLETED, Type.PRODUCT_VIEWED):
                thing = f"the product {word(each.value)}" if each.property == "product_id" else word(each.value)
                rest.remove(each)
                break
    if bought and thing is not None:
        verb = Verb("bought", "")
    what = verb.thing if thing is None else thing
    after = (f" {what}" if what else "") + filters(rest, of_cart=event in _CARTS)
    return verb.past + after, (verb.participle or verb.past) + after


def filters(where: Iterable[Where], *, of_cart: bool = False) -> str:
    """` on mobile`, ` where total is at least 50.00`."""
    short, others, suffixes = "", [], {**SUFFIXES, **IN_A_CART} if of_cart else SUFFIXES
    for each in where:
        flag = FLAG_SUFFIXES.get((each.property, each.value)) if isinstance(each.value, bool) else None
        if each.is_ == "equal" and flag is not None:
            short += flag
        elif each.is_ == "not_equal" and flag is not None:
            others.append(f"it is not known to be{flag}")
        elif each.is_ == "equal" and each.property in suffixes:
            short += suffixes[each.property].format(word(each.value))
        else:
            others.append(f"{label(each.property)} {compared(each, of_where(each), unknown_passes=True)}")
    if not others:
        return short
    return f"{short} where {others[0]}" if len(others) == 1 else f"{short} where ({' and '.join(others)})"


def label(property_: str) -> str:
    """A property's name; one that is the sender's own in quotation marks, so that it is taken for none of ours."""
    return LABELS.get(property_, property_) if property_ in KEPT_PROPERTIES else quoted(property_)


# ── conditions ──


def count(condition: EventCount, holds: bool) -> str:
    if condition.measured is not None:
        return _number(condition, condition.measured, holds)
    (least, most), window = condition.between, condition.within
    if most == 0:
        least, most, holds = 1, None, not holds
    thing, counted = _counted(condition, least, most, holds)
    tied = _tied(condition)
    past, participle = event_phrase(condition.event, condition.where, thing)
    if (least, most) == (1, None):  # whether at all, whatever is counted
        if holds:
            text = f"{past if window is not None else f'has {participle}'}{counted}{within(window)}"
        else:
            text = f"has {'not' if window is not None else 'never'} {participle}{counted}{within(window)}"
        return CompoundPhrase(text + tied) if tied else text
    text = f"{past if window is not None else f'has {participle}'}{counted}{within(window)}{tied}"
    return text if not tied and (holds or least is None or most is None) else CompoundPhrase(text)


def _number(condition: EventCount, name: str, holds: bool) -> str:
    """`has “points” of at least 500 altogether in “Points Earned” events in the last 365 days`."""
    said = money if name in AMOUNTS else number
    how = "altogether" if condition.sum is not None else "on average"
    over = f"in {quoted(condition.event)} events{filters(condition.where, of_cart=condition.event in _CARTS)}"
    bounds = ranged(condition, said)
    text = f"{has(holds)} {label(name)} of {bounds} {how} {over}{within(condition.within)}"
    if condition.which:
        n, which = abs(condition.which), "last" if condition.which > 0 else "first"
        return CompoundPhrase(f"{text}, looking only at the {which} {n if n > 1 else 'one'} of them all")
    return CompoundPhrase(text) if " and " in bounds else text


def ranged(condition: EventCount | Share, said: Callable[[float], str]) -> str:
    """Bounds that may be strict: `at least 5 and less than 10`."""
    bounds = (
        ("at least", condition.at_least),
        ("more than", condition.more),
        ("at most", condition.at_most),
        ("less than", condition.less),
    )
    return " and ".join(f"{words} {said(bound)}" for words, bound in bounds if bound is not None)


def _tied(condition: EventCount) -> str:
    """Which events and which values do not count."""
    noun, texts = NOUNS.get(condition.counted_property or "", ""), []
    for part, has_ in ((condition.with_, "have"), (condition.without, "have not")):
        if part is not None:
            texts.append(f"{has_} {event_phrase(part.event, part.where)[1]}")
    lately = " in that time" if condition.within is not None else ""
    tied = f", counting only {noun} for which they {' and '.join(texts)}{lately}" if texts else ""
    if not condition.which:
        return tied
    n, participle = abs(condition.which), event_phrase(condition.event)[1]
    which = "last" if condition.which > 0 else "first"
    return f", looking only at the {which} {f'{n} times' if n > 1 else 'time'} they have {participle}{tied}"


NOUNS = {"product_id": "products", "category": "categories", "campaign": "campaigns", "message": "emails"}


def _counted(condition: EventCount, least: int | None, most: int | None, holds: bool) -> tuple[str | None, str]:
    """What the event was done to, where the counting says it, and how often."""
    at_all = (least, most) == (1, None)
    bounds = "at least 1" if at_all else between(least, most, number, holds)
    product = condition.event in (Type.PRODUCT_VIEWED, Type.ORDER_COMPLETED)
    match condition.count:
        case "events":
            return None, "" if at_all else f" {_times(least, most, holds)}"
        case "days" | "weeks" | "months":
            on = "on" if condition.count == "days" else "in"
            return None, "" if at_all else f" {on} {bounds} {condition.count}"
        case "product_id" if product and not _has_thing(condition):
            return f"{bounds} different product{'' if at_all else 's'}", ""
        case "message" if condition.event in _EMAILS and not condition.where:
            return f"{bounds} different email{'' if at_all else 's'}", ""
        case "product_id" | "category" | "campaign" | "message":
            things = {"product_id": "product", "message": "email"}.get(condition.count, condition.count)
            return None, f" across {bounds} different {things if at_all else _several(things)}"
        case "same_product_id" if product and not _has_thing(condition):
            return "one and the same product", f" {_times(least, most, holds)}"
        case "same_product_id" | "same_category":
            one = "product" if condition.count == "same_product_id" else "category"
            return None, f" {_times(least, most, holds)} with one and the same {one}"


def _has_thing(condition: EventCount) -> bool:
    return any(each.is_ == "equal" and each.property in ("product_id", "category") for each in condition.where)


def _several(thing: str) -> str:
    return "categories" if thing == "category" else f"{thing}s"


def _times(least: int | None, most: int | None, holds: bool = True) -> str:
    """`at least 3 times`; of what is denied, `fewer than 3 times`."""
    if (least, most) == (1, None):
        return "at least once"
    if least == most == 1 and holds:
        return "exactly once"
    text = between(least, most, number, holds)
    return f"{text} time{'' if text.split()[-1] == '1' else 's'}"


def first(condition: FirstEvent, holds: bool) -> str:
    past, participle = event_phrase(condition.event, condition.where)
    did = past if holds else f"has not {participle}"
    return f"{did} for the first time{within(condition.within)}"


def last(condition: LastEvent, holds: bool) -> str:
    past, participle = event_phrase(condition.event, condition.where)
    return since(condition, holds, f"last {past}", f"has never {participle}")


def since(condition: LastEvent | LastOrder, holds: bool, last: str, never: str) -> str:
    days = between(condition.at_least, condition.at_most, number, holds, fewer="less than")
    ago = f"{last} {days} day{'' if days.split()[-1] == '1' else 's'} ago"
    return ago if holds else CompoundPhrase(f"{never} or {ago}")


def latest(condition: Latest, holds: bool) -> str:
    how = filters(condition.where)
    if condition.events == Latest.model_fields["events"].default:
        return f"{'made' if holds else 'did not make'} their last visit{how}"
    if len(condition.events) == 1:
        return f"{has(holds)} a last {quoted(condition.events[0])} event{how}"
    return f"{has(holds)} as the newest of {listed([quoted(each) for each in condition.events], 'and')} one{how}"


def share(condition: Share, holds: bool) -> str:
    percent = ranged(condition, number)
    how = f"{filters(condition.where)}{within(condition.within)}"
    if condition.events == Share.model_fields["events"].default:
        return f"{'made' if holds else 'did not make'} {percent} % of their visits{how}"
    types = listed([quoted(each) for each in condition.events], "and")
    return f"{has(holds)} {percent} % of their {types} events{how}"


ONE = {"product_id": "product", "category": "category", "message": "email"}


def sequence(condition: InSequence, holds: bool) -> str:
    firsts, thens = (event_phrase(each.event, each.where) for each in (condition.first, condition.then))
    first, then = (each[0] if holds else each[1] for each in (firsts, thens))
    text = f"{'' if holds else 'has not '}first {first} and then {then} at most {duration(condition.gap)} later"
    if condition.without is not None:
        text += f" without having {event_phrase(condition.without.event, condition.without.where)[1]} in between"
    text += f", all about the same {ONE[condition.same]}" if condition.same is not None else ""
    return CompoundPhrase(f"{text}{f', the latter{within(condition.within)}' if condition.within is not None else ''}")


def unanswered(condition: Unanswered, holds: bool) -> str:
    past, participle = event_phrase(condition.of.event, condition.of.where)
    answers = listed([event_phrase(each.event, each.where)[1] for each in condition.answers], "or")
    often = f" {_times(condition.at_least, None)}{within(condition.within)}"
    older = f", the newest at least {duration(condition.older)} ago" if condition.older is not None else ""
    same = f", for one and the same {ONE[condition.same]}" if condition.same is not None else ""
    return CompoundPhrase(
        f"{past if holds else f'has not {participle}'}{often} without having {answers} since{same}{older}"
    )


def cart(condition: Cart, holds: bool) -> str:
    left = f"{'' if holds else 'has not '}abandoned a cart{filters(condition.where, of_cart=True)}"
    return f"{left} {duration(condition.older)} to {duration(condition.within)} ago"


def engagement(condition: Engagement, holds: bool) -> str:
    about = f" about {quoted(condition.topic)}" if condition.topic is not None else ""
    of = f" of the journey {quoted(condition.journey)}" if condition.journey is not None else ""
    tier = "disengaged from" if condition.tier == "disengaged" else f"{condition.tier} engaged with"
    return f"{is_(holds)} {tier} email{about}{of}"
