"""What the made-up people of the sample shop do with their mail: open it, click, ignore it, seldom complain."""

from __future__ import annotations

import re

from infra.local.aws import ses
from infra.local.aws.world import World
from infra.local.screens import mailbox
from infra.local.shop import history

MADE_UP = re.compile(r"[a-z'-]+\.[a-z]\d{5,8}@example\.com")
"""The addresses that `history` gives to people. Whoever signs up while trying things out is left to themselves."""


def react(world: World, message_id: str) -> None:
    """Has what the recipient of a delivered mail does with it come due, each thing at its own instant."""
    mail = ses.mail(world, message_id)
    (recipient,) = mail.recipients
    if not MADE_UP.fullmatch(recipient):
        return
    links = [
        {"link": link.url, "link_tags": dict(link.tags) or None}
        for link in mailbox.links(mail.html or "")
        if link.tracked and "/preferences/" not in link.url
    ]
    for reaction in history.reaction(1, recipient, mail.tags["message"], links):
        about = {"message": message_id, "kind": reaction.kind, "details": dict(reaction.details)}
        world.schedule(world.now() + reaction.delay, "ses", about)
