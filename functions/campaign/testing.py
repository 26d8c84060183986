"""A test: each email of a campaign to one contact, who is a colleague mostly. It passes the gate like any other, has a
key of its own, and is counted nowhere."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from shared.adapters import campaigns
from shared.adapters.delivering import Delayed, deliver
from shared.domain.campaigns.definition import Campaign
from shared.domain.events import Instant, Json, iso
from shared.domain.messages.asked import CampaignMessage


class Test(BaseModel):
    """`test` is the execution's name, and the beginning of the names under which the emails go."""

    campaign: str = Field(pattern=r"^[a-z0-9_-]{1,64}$")
    test: str = Field(pattern=r"^[A-Za-z0-9_-]{1,62}$")
    contact: str


def step(work: Test, t: Instant) -> dict[str, Any]:
    kept = campaigns.read(work.campaign)
    if kept is not None:
        emails = [_sent(message, t) for message in messages(kept.campaign, work)]
        campaigns.keep(kept.id, campaigns.TEST, {"test": work.test, "contact": work.contact, "emails": emails}, t)
    return {**work.model_dump(), "next": "done", "until": iso(t)}


def messages(campaign: Campaign, work: Test) -> list[CampaignMessage]:
    """An email of each variant."""
    emails = [(each.template, each.subject, each.id) for each in campaign.variants] or [(None, None, "")]
    return [
        CampaignMessage(
            contact=work.contact,
            campaign=f"{work.test}-{number}",
            template=template or campaign.template,
            subject=subject or campaign.subject,
            topic=campaign.topic,
            variant=variant,
            test=True,
        )
        for number, (template, subject, variant) in enumerate(emails)
    ]


def _sent(message: CampaignMessage, t: Instant) -> Json:
    held = deliver(message, t)
    told: dict[str, Json] = {"variant": message.variant or None, "template": message.template}
    if isinstance(held, Delayed):
        return {**told, "status": "delayed", "reason": None, "until": held.until}
    return {**told, "status": held.status.value, "reason": held.reason and str(held.reason), "until": None}
