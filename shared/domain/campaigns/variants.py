"""Who gets which variant of a campaign, or is held out: drawn of the contact's id, so that a retry draws the same."""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.campaigns.definition import Campaign, Variant
from shared.domain.draws import drawn
from shared.domain.events import Instant


class Email(NamedTuple):
    """What one contact gets: the template, the subject instead of its own, and by which variant (None: no test)."""

    template: str
    subject: str | None
    variant: str | None


def email_for(campaign: Campaign, id_: str, contact: str, winner: str | None = None) -> Email:
    """What a contact gets of the campaign, which goes by `id_`: rounds of one campaign draw anew. `winner`: what those
    get who test nothing; they are no part of the test, and so of no variant."""
    variant, tests = variant_for(campaign, id_, contact), is_tested(campaign, id_, contact)
    if not tests:
        variant = next((each for each in campaign.variants if each.id == winner), variant)
    if variant is None:
        return Email(campaign.template, campaign.subject, None)
    named = variant.id if tests else None
    return Email(variant.template or campaign.template, variant.subject or campaign.subject, named)


def variant_for(campaign: Campaign, id_: str, contact: str) -> Variant | None:
    if not campaign.variants:
        return None
    return campaign.variants[drawn(f"{id_}\x1f{contact}", [variant.weight for variant in campaign.variants])]


def is_held_out(campaign: Campaign, id_: str, contact: str) -> bool:
    """Whether a contact is in the share that gets nothing, to compare the others with. Drawn apart from variants."""
    return drawn(f"{id_}\x1eholdout\x1f{contact}", [100 - campaign.holdout, campaign.holdout]) == 1


def is_tested(campaign: Campaign, id_: str, contact: str) -> bool:
    """Whether a contact is among those who test the variants: all, unless the others wait for the winner. Drawn apart
    from both."""
    if campaign.winner is None:
        return True
    share = campaign.winner.share
    return drawn(f"{id_}\x1ewinner\x1f{contact}", [100 - share, share]) == 1


def tested_until(campaign: Campaign, began: Instant) -> Instant:
    """Until when those who test nothing wait."""
    return began + (campaign.winner.after if campaign.winner is not None else 0)
