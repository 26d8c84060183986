"""Whether somebody gets email, in one word and why: what the gate would say at this instant, of all topics at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.addresses import Address, newest_answer, paused_until
from shared.domain.events import ALL, Instant
from shared.domain.messages.gate import is_sunset, suppressed
from shared.domain.profiles import Profile, Stamped, given


class Mailability(NamedTuple):
    """`topics`: the names of those that they get email about; none: no email, for the `reason`. `since`: when that
    began, or, of a break, when it ends (`until`); None where nobody has said."""

    topics: tuple[str, ...]
    reason: str | None = None
    since: Instant | None = None
    until: Instant | None = None

    @property
    def sentence(self) -> str:
        """Without the date, which is said in the shop's own way."""
        if self.reason is None:
            return f"Gets email: {', '.join(self.topics)}"
        return f"No email: {REASONS[self.reason]}"


REASONS = {
    "no_address": "no address is known",
    "anothers_address": "the address is another contact’s",
    "suppressed_bounce": "it came back for good",
    "suppressed_soft_bounce": "it came back again and again",
    "suppressed_complaint": "reported as spam",
    "suppressed_erasure": "the address was erased",
    "suppressed_operator": "stopped by an operator",
    "paused": "asked for a break",
    "pending": "has not confirmed the sign-up yet",
    "unsubscribed": "unsubscribed",
    "never_asked": "never agreed to any",
    "sunset": "did not answer when asked, and was not seen since",
}


def mailability(profile: Profile, address: Address, topics: Mapping[str, str], now: Instant) -> Mailability:
    """`address` is what holds for the contact's, `topics` the shop's, id → name."""
    if not profile.email:
        return Mailability((), "no_address")
    if address.contact not in (None, profile.contact):
        return Mailability((), "anothers_address")
    answers = {topic: newest_answer(profile, topic, address.consent) for topic in topics}
    agreed = {topic: answer for topic, answer in answers.items() if answer is not None and answer.value == "subscribed"}
    refused = [suppressed(address.suppression, answer) for answer in agreed.values() or [None]]
    if address.suppression is not None and all(refused):
        return Mailability((), str(refused[0]), address.suppression[1])
    if not agreed:
        return _without_consent(profile, address.consent, [each for each in answers.values() if each is not None])
    until = paused_until(profile, address.consent, now)
    if until is not None:
        return Mailability((), "paused", until=until)
    if is_sunset(profile):
        return Mailability((), "sunset")
    return Mailability(tuple(topics[topic] for topic, no in zip(agreed, refused, strict=True) if no is None))


def _without_consent(profile: Profile, said: Mapping[str, Stamped], answers: list[Stamped]) -> Mailability:
    all_ = max(filter(None, (profile.consent.get(ALL), said.get(ALL))), key=lambda each: each.time, default=None)
    no = [each for each in (*answers, all_) if each is not None and each.value == "unsubscribed"]
    if no:
        return Mailability((), "unsubscribed", max(map(given, no)) or None)
    if any(each.value == "pending" for each in answers):
        return Mailability((), "pending", max(map(given, answers)) or None)
    return Mailability((), "never_asked")
