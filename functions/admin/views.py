"""What the admin shows of a contact: JSON made of the profile and of the items of the contact's partition.

Instants are milliseconds since 1970, null for "never"; amounts of money are in the shop's currency.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from functions.admin.rest import Place
from functions.admin.run_words import words
from shared.adapters import contacts, coupons
from shared.domain.conditions import Segment
from shared.domain.events import FREQUENCY, NEVER, Event, IdentityKind, Instant, Json
from shared.domain.explanations import Explanation, explain
from shared.domain.identities import kind_of
from shared.domain.journeys.runs import Run
from shared.domain.messages.digests import frequency, kept_for, listed_in
from shared.domain.messages.held import Status
from shared.domain.messages.refusals import SENTENCES, Refusal
from shared.domain.profiles import Profile
from shared.domain.profiles.orders import Order
from shared.domain.profiles.transitions import Membership, Transition
from shared.domain.refusals import RefusedError
from shared.domain.segments import Definitions

Item = Mapping[str, Any]
Placed = tuple[Place, Json]

UNSETTLED = {
    Status.CLAIMED: "It was handed to SES, which has not confirmed it yet.",
    Status.RELEASED: "SES could not take it at that time; its step tries again.",
}
# ── the profile ──


def profile_of(contact: str) -> Profile:
    """The contact's profile, or that of the contact they have joined."""
    stored = contacts.read(contact)
    while stored is not None and stored.profile.merged_into is not None:
        stored = contacts.read(stored.profile.merged_into)
    if stored is None:
        raise RefusedError("not_found", "there is no such contact", "contact", 404)
    if stored.profile.erased:
        raise RefusedError("erased", "the contact was erased; nothing is kept of them", "contact", 404)
    return stored.profile


def person(profile: Profile) -> dict[str, Json]:
    """Who a contact is, in a line."""
    names = (profile.traits[name].value for name in ("first_name", "last_name") if name in profile.traits)
    return {
        "contact": profile.contact,
        "email": profile.email,
        "name": " ".join(name for name in names if isinstance(name, str)) or None,
    }


def contact(profile: Profile, suppression: tuple[str, Instant] | None) -> dict[str, Json]:
    """All that the profile says, but for the memberships."""
    return person(profile) | {
        "first_seen": instant(profile.first_seen),
        "suppression": {"reason": suppression[0], "since": suppression[1]} if suppression else None,
        "identities": sorted(map(_identity, profile.identities)),
        "traits": [
            {"trait": name, "value": stamped.value, "since": stamped.time}
            for name, stamped in sorted(profile.traits.items())
        ],
        "consent": [
            {
                "topic": topic,
                "state": answer.value,
                "since": answer.since,
                "frequency": frequency(profile, topic, {}),
            }
            for topic in sorted(profile.consent)
            if not topic.startswith(FREQUENCY) and (answer := profile.standing(topic)) is not None
        ],
        "histories": [
            {
                "event": name,
                "count": history.total,
                "first": instant(history.first),
                "newest": history.newest[-1].time if history.newest else None,
            }
            for name, history in sorted(profile.histories.items())
        ],
        "orders": [_order(name, order) for name, order in newest_orders(profile)],
        "older_orders": profile.older_orders,
    }


def memberships(
    definitions: Definitions, profile: Profile, now: Instant, notes: Mapping[str, str] | None = None
) -> list[Json]:
    """Every segment of the shop, with whether the contact is in it, why, and until when; those they are in first.
    `notes`: as in `explain`."""
    told = [
        _membership(segment, profile.memberships.get(segment.id), explain(definitions, segment.id, profile, now, notes))
        for segment in definitions.segments.values()
    ]
    return sorted(told, key=lambda membership: not membership["member"])


def _membership(segment: Segment, held: Membership | None, why: Explanation) -> dict[str, Json]:
    decided = held if held is not None and held.number and held.member == why.holds else None
    return {
        "segment": segment.id,
        "name": segment.name,
        "sentence": segment.sentence,
        "member": why.holds,
        "since": decided.since if decided else None,
        "transition": decided.number if decided else None,
        "until": instant(why.until),
        "why": explanation(why),
    }


def explanation(why: Explanation) -> dict[str, Json]:
    return {
        "kind": why.kind,
        "holds": why.holds,
        "asks": why.asks,
        "evidence": why.evidence,
        "turns": why.turns,
        "until": instant(why.until),
        "parts": [explanation(part) for part in why.parts],
    }


def _identity(key: str) -> str:
    """An identity's key; of an address there is nothing to show but that it is known."""
    return "email" if kind_of(key) is IdentityKind.EMAIL else key


def newest_orders(profile: Profile) -> list[tuple[str, Order]]:
    return sorted(profile.orders.items(), key=lambda entry: (entry[1].placed, entry[0]), reverse=True)


def _order(name: str, order: Order) -> dict[str, Json]:
    return {
        "order": name,
        "number": order.number or None,
        "placed": instant(order.placed),
        "value": order.value / 100,
        "refunded": sum(order.taken_off()) / 100,
        "net": order.net / 100,
        "cancelled": order.cancelled,
        "counts": order.counts,
    }


def instant(moment: Instant) -> Instant | None:
    return None if moment == NEVER else moment


# ── the partition's items ──


def timeline(items: Iterable[Item]) -> list[Placed]:
    """Events, transitions, messages, consents and codes that were given, newest first."""
    items = list(items)
    days = _days(items)
    readers = {
        "EVENT": _event,
        "MESSAGE": lambda item: _message(item, days),
        "CONSENT": _consent,
        "COUPON": _coupon,
    }
    told = []
    for item in items:
        kind = item["kind"]["S"]
        of_kind = kind.split("#")[0]
        if of_kind == "TRANSITION":
            for transition in contacts.transitions_of(item):
                place = Place(transition.time, contacts.numbered(of_kind, transition.number))
                told.append((place, _transition(transition)))
        elif of_kind in readers:
            entry = readers[of_kind](item)
            told.append((Place(entry["at"], kind), entry))
    return sorted(told, key=lambda placed: placed[0], reverse=True)


def messages(items: Iterable[Item], events: Iterable[Event]) -> list[Placed]:
    """The contact's messages among their items, newest first, each with what became of it as `events` tell."""
    items = list(items)
    days = _days(items)
    of_messages = [item for item in items if item["kind"]["S"].startswith("MESSAGE#")]
    told = [(Place(entry["at"], item["kind"]["S"]), entry) for item in of_messages for entry in (_message(item, days),)]
    by_key = {entry["message"]: entry for _, entry in told}
    for event in sorted(events, key=lambda event: event.time):
        entry = by_key.get(event.properties.get("message"))
        if entry is not None:
            happened = {"type": event.type, "at": event.time, "human": event.properties.get("human")}
            entry.setdefault("events", []).append(happened)
    return sorted(told, key=lambda placed: placed[0], reverse=True)


def run(run: Run, name: str, zone: ZoneInfo) -> dict[str, Json]:
    """A run, with all that is on record of it; `name` is its journey's."""
    return {
        "run": run.id,
        "number": run.number,
        "journey": run.journey,
        "name": name,
        "version": run.version,
        "step": run.step,
        "since": run.since,
        "wake_at": instant(run.wake_at) if run.goes_on else None,
        "held": run.held,
        "goal": run.reached_goal,
        "started": run.started,
        "outcome": run.outcome,
        "ended": instant(run.ended),
        "records": [
            {"time": each.time, "step": each.step, "what": each.what, "why": each.why, "words": words(each, zone)}
            for each in run.records
        ],
    }


def after(placed: list[Placed], cursor: Place | None) -> list[Placed]:
    """What comes after the cursor, of what is sorted newest first."""
    return placed if cursor is None else [entry for entry in placed if entry[0] < cursor]


def _event(item: Item) -> dict[str, Json]:
    event = contacts.event_of(dict(item))
    return {"kind": "event", "at": event.time, **event.model_dump(mode="json", exclude_defaults=True)}


def _transition(transition: Transition) -> dict[str, Json]:
    return {
        "kind": "transition",
        "at": transition.time,
        "transition": transition.number,
        "segment": transition.segment,
        "entered": transition.entered,
        "cause": transition.cause,
    }


ABOUT = ("journey", "run", "step", "campaign", "variant", "digest", "purpose", "template", "topic")
"""Where a message comes from and what it is about: of a run, of a campaign, or the system's own."""


def _days(items: Iterable[Item]) -> dict[str, date]:
    """Of the messages that wait for a digest, by their keys, the day of it."""
    found: dict[str, date] = {}
    for item in items:
        if item["kind"]["S"].startswith("DIGEST#") and item["day"]["S"]:
            from shared.adapters import digests  # few contacts have one

            waiting = digests.of_item(item)
            found |= dict.fromkeys((each.key for each in waiting.kept), date.fromisoformat(waiting.day))
    return found


def _why(item: Item, days: Mapping[str, date]) -> str | None:
    """Why a message was not sent, in words; None: it was."""
    status, reason = item["status"]["S"], item.get("reason", {}).get("S")
    key = item["kind"]["S"].removeprefix("MESSAGE#")
    if reason == Refusal.IN_DIGEST and "digest" in item:
        return listed_in(item["digest"]["S"])
    if reason == Refusal.IN_DIGEST and key in days:
        return kept_for(days[key])
    return SENTENCES[Refusal(reason)] if reason in list(Refusal) else UNSETTLED.get(status)


def _message(item: Item, days: Mapping[str, date]) -> dict[str, Json]:
    """A message and, unless SES has it, why not."""
    times = [int(item[name]["N"]) for name in ("sent_at", "refused_at", "claimed_at") if name in item]
    status, reason = item["status"]["S"], item.get("reason", {}).get("S")
    return {
        "kind": "message",
        "at": times[0],
        "message": item["kind"]["S"].removeprefix("MESSAGE#"),
        **{name: item[name]["S"] for name in ABOUT if name in item},
        "template_version": int(item["template_version"]["N"]) if "template_version" in item else None,
        "kept": bool(item.get("copy", {}).get("B")) and ("ses_id" in item or "digest" in item),
        "status": status,
        "reason": reason,
        "sentence": _why(item, days),
    }


def _coupon(item: Item) -> dict[str, Json]:
    """A code that was given, and what became of it."""
    return {"kind": "coupon", "at": int(item["given_at"]["N"]), **coupons.told(item)}


def _consent(item: Item) -> dict[str, Json]:
    return {"kind": "consent", **contacts.entry_of(item)}
