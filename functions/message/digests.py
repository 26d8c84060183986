"""The digest of a topic, when a contact is woken for it: whose it is by now, when they want it, and what has become of
it."""

from __future__ import annotations

from shared.adapters import contacts, digests
from shared.adapters.delivering import Delayed, deliver, frequency_of
from shared.domain.events import Instant
from shared.domain.messages.asked import DigestMessage


def take(asked: DigestMessage, was: Instant, instant: Instant) -> None:
    """Sends what is due of it, and has the contact woken for what is not. `was`: for when they are to be woken for it
    again, if nothing is told of it.

    OutcomePendingError, NotSentError, ClaimLostError: it has not come to an end; it is asked for again.
    """
    contact, topic = asked.contact, asked.topic
    waiting, stored = digests.read(contact, topic), contacts.read(contact)
    if not waiting.kept or stored is None or stored.profile.erased:
        digests.tell(contact, topic, 0, instant, was)
        return
    profile = stored.profile
    if profile.merged_into is not None:
        _bring_over(waiting, profile.merged_into, instant)
        return
    often = frequency_of(profile, topic)
    waiting = digests.put_off(waiting, often, profile, instant)
    due = digests.due_at(waiting, profile)
    if due > instant:
        digests.tell(contact, topic, due, instant)
        return
    message = DigestMessage(contact=contact, topic=topic, day=waiting.day)
    held = deliver(message, instant)
    if isinstance(held, Delayed):
        digests.tell(contact, topic, held.until, instant)
        return
    due = digests.settle(message, held, profile, often, instant)
    digests.tell(contact, topic, due, instant, was)


def _bring_over(waiting: digests.Waiting, into: str, instant: Instant) -> None:
    stored = contacts.read(into)
    while stored is not None and stored.profile.merged_into is not None:
        stored = contacts.read(stored.profile.merged_into)
    if stored is not None and not stored.profile.erased:
        digests.bring_over(waiting, stored.profile, frequency_of(stored.profile, waiting.topic), instant)
