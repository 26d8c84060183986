"""Who gets which variant of a campaign, or is held out: drawn of the contact's id, so that a retry draws the same."""

from __future__ import annotations

from typing import NamedTuple

from shared.domain.campaigns.definition import Campaign, Variant
from shared.domain.draws import drawn


class Email(NamedTuple):
    """What one contact gets: the template, the subject instead of its own, and by which variant (None: no test)."""

    template: str
    subject: str | None
    variant: str | None


def email_for(campaign: Campaign, id_: str, contact: str) -> Email:
    """What a contact gets of the campaign, which goes by `id_`: rounds of one campaign draw anew."""
    variant = variant_for(campaign, id_, contact)
    if variant is None:
        return Email(campaign.template, campaign.subject, None)
    return Email(variant.template or campaign.template, variant.subject or campaign.subject, variant.id)


def variant_for(campaign: Campaign, id_: str, contact: str) -> Variant | None:
    if not campaign.variants:
        return None
    return campaign.variants[drawn(f"{id_}\x1f{contact}", [variant.weight for variant in campaign.variants])]


def is_held_out(campaign: Campaign, id_: str, contact: str) -> bool:
    """Whether a contact is in the share that gets nothing, to compare the others with. Drawn apart from variants."""
    return drawn(f"{id_}\x1eholdout\x1f{contact}", [100 - campaign.holdout, campaign.holdout]) == 1
