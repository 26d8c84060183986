"""A campaign's audience: who is in its segments and in none of those that are left out; and who of them it would go to,
by the same gate that every email passes when it is sent.

Contacts are read shard by shard, as Members has them: a shard is read once for all segments, and whoever is in several
of them is in the audience once. That of two contacts with one address one is mailed needs no look at the others: a mail
goes to the contact whom the address's identity leads to, and to nobody else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shared.adapters import addresses, campaigns, contacts, identities, members, messages, turns
from shared.adapters.contacts import shard_of
from shared.adapters.definitions import shop_zone
from shared.domain.addresses import Address
from shared.domain.campaigns.audience import Explained
from shared.domain.campaigns.definition import Campaign
from shared.domain.campaigns.states import Kept
from shared.domain.campaigns.timing import begins_at, has_own_hours, turn_of
from shared.domain.campaigns.variants import email_for, is_held_out, tested_until
from shared.domain.events import DAY, Instant, MailClass
from shared.domain.messages.asked import CampaignMessage
from shared.domain.messages.clicks import is_scan
from shared.domain.messages.digests import frequency
from shared.domain.messages.gate import gate
from shared.domain.messages.refusals import Refusal


class Chosen(NamedTuple):
    """Of a shard of contacts, those in the segments: who is left out of them, and who is not."""

    wanted: list[str]
    without: int


def chosen(campaign: Campaign, shard: int) -> Chosen:
    found = {contact for segment in campaign.segments for contact in members.in_shard(segment, shard)}
    left_out = {contact for segment in campaign.without for contact in members.in_shard(segment, shard)} & found
    return Chosen(sorted(found - left_out), len(left_out))


def of_shard(kept: Kept, shard: int) -> list[str]:
    """The audience's part in a shard of contacts, in order: who is in the segments now, or of a campaign that follows
    up another, who got that one and has not clicked in it."""
    if kept.follows is None:
        return chosen(kept.campaign, shard).wanted
    followed = campaigns.read(kept.follows)
    if followed is None:
        return []
    got = (contact for contact in sent(followed) if shard_of(contact) == shard)
    return sorted(contact for contact in got if not has_clicked(contact, f"{followed.id}_{contact}"))


def sent(kept: Kept) -> Iterator[str]:
    """Who has got it so far."""
    for chunk in campaigns.chunks(kept.id, kept.frozen):
        for contact, outcome in campaigns.outcomes(kept.id, chunk.number).items():
            if outcome.status == "sent":
                yield contact


def has_clicked(contact: str, key: str) -> bool:
    """Whether a person has clicked in the message, as far as one can tell: a gateway that tries links is none."""
    clicks, arrived = messages.clicks(contact, key)
    return any(not is_scan(time, link, clicks, arrived) for time, link in clicks)


# ── what each would get ──

CLASS: MailClass = "marketing"
"""Of every campaign's email, whatever its template says: nobody of many has asked for it."""


def message_for(kept: Kept, contact: str) -> CampaignMessage:
    campaign, winner = kept.campaign, kept.winner.variant if kept.winner is not None else None
    email = email_for(campaign, kept.id, contact, winner)
    latest = (
        tested_until(campaign, kept.began or 0) + (campaign.spread or 0) + (2 * DAY if has_own_hours(campaign) else 0)
    )
    return CampaignMessage(
        contact=contact,
        campaign=kept.id,
        template=email.template,
        subject=email.subject,
        pin=kept.pins.get(email.template),
        topic=campaign.topic,
        mail_class=CLASS,
        variant=email.variant or "",
        held_out=is_held_out(campaign, kept.id, contact),
        best_before=latest + campaign.best_before if campaign.best_before is not None else None,
    )


# ── explained ──


def size(campaign: Campaign) -> int:
    """At most how many are in its segments: each is counted, and who is in two of them twice."""
    counts = members.counts()
    return sum(counts.get(segment, 0) for segment in campaign.segments)


def explain(kept: Kept, shard: int, found: Explained, t: Instant, left_out: Callable[[str, Exception], object]) -> None:
    """Adds to what was found what the gate says now of a shard of contacts: who would get it, who of them later than
    their turn (a cap, quiet hours, a day on which the shop is closed), and who not."""
    campaign, shop = kept.campaign, shop_zone()
    began = begins_at(campaign.schedule, t, shop)
    kept = kept.model_copy(update={"began": began, "pins": {}})
    wanted, without = chosen(campaign, shard)
    found.members += len(wanted) + without
    found.without += without
    for start in range(0, len(wanted), contacts.MAX_READS):
        asked = wanted[start : start + contacts.MAX_READS]
        profiles = {stored.profile.contact: stored.profile for stored in contacts.read_all(asked, left_out)}
        hashes = {
            profile.contact: identities.address_hash(profile.email)
            for profile in profiles.values()
            if profile.email is not None
        }
        held = addresses.read_all(hashes.values())
        for contact in asked:
            message, profile = message_for(kept, contact), profiles.get(contact)
            address = held[hashes[contact]] if contact in hashes else Address()
            often = frequency(profile, message.topic, address.consent) if profile is not None else "all"
            refusal = gate(message, profile, address.suppression, t, address.consent, kept=often != "all")
            if refusal is None and address.contact != contact:
                refusal = Refusal.ANOTHERS_ADDRESS
            if refusal is None and often != "all":
                refusal = Refusal.IN_DIGEST
            later = False
            if refusal is None and profile is not None:
                turn = turn_of(campaign.schedule, profile, began, shop)
                later = turns.would_go_at(message, CLASS, profile, turn) > turn
            found.add(refusal, later=later)
