"""Who gets which variant of a campaign: drawn of the contact's id, so that a retry draws the same."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from shared.domain.campaigns.definition import Campaign, Variant


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
    drawn = int.from_bytes(hashlib.sha256(f"{id_}\x1f{contact}".encode()).digest()[:8])
    left = drawn % sum(variant.weight for variant in campaign.variants)
    for variant in campaign.variants:
        left -= variant.weight
        if left < 0:
            return variant
    raise AssertionError("the weights add up")
