"""Winning: once those who test a campaign's variants have had their time, what the others get is decided, and stored
before the first of them gets it: so however often the work is begun anew, all of them get the same."""

from __future__ import annotations

from collections import Counter

from aws_lambda_powertools import Logger

from shared.adapters import audiences, campaigns
from shared.domain.campaigns.states import Kept
from shared.domain.campaigns.variants import is_tested, tested_until, variant_for
from shared.domain.events import Instant

logger = Logger(child=True)


def decided(kept: Kept, t: Instant) -> Kept:
    """The campaign with what the others get, where it is time for that. PublishedMeanwhileError: it has changed."""
    if kept.campaign.winner is None or kept.winner is not None or t < tested_until(kept.campaign, kept.began or t):
        return kept
    from shared.domain.experiments import winners  # once in a campaign
    from shared.domain.experiments.rates import Arm

    people, clicked = Counter[str](), Counter[str]()
    for contact in audiences.sent(kept):
        variant = variant_for(kept.campaign, kept.id, contact)
        if variant is not None and is_tested(kept.campaign, kept.id, contact):
            people[variant.id] += 1
            clicked[variant.id] += audiences.has_clicked(contact, f"{kept.id}_{contact}")
    found = winners.chosen(kept.campaign, {id_: Arm(n, clicked[id_]) for id_, n in people.items()}, t)
    made = kept.changed(winner=found)
    campaigns.change(made)
    logger.info("campaign's winner chosen", campaign=kept.id, variant=found.variant, decided=found.decided)
    return made
