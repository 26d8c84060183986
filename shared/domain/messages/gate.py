"""The gate: whether a message may be sent at this instant."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from shared.domain.addresses import newest_answer, paused_until
from shared.domain.events import DAY, HOUR, Instant, Type
from shared.domain.messages.asked import DigestMessage, Message, RunMessage, SystemMessage
from shared.domain.messages.digests import DORMANT, is_digest
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped

DORMANT_PAUSE = 30 * DAY
"""Dormant contacts get a mail at most this often. The goodbye is sent before its contact turns dormant, so it passes,
and counts from then on."""

DIGEST_PAUSE = 27 * DAY
"""The same of their monthly digest: some months have four weeks."""


def suppressed(suppression: tuple[str, Instant] | None, answer: Stamped | None) -> Refusal | None:
    """Whether no mail may go to an address. Who was erased and signs up again later is a new contact to us; a bounce or
    a complaint stays."""
    if suppression is None:
        return None
    reason, since = suppression
    lifted = reason == "erasure" and answer is not None and answer.value == "subscribed" and answer.time > since
    return None if lifted else Refusal(f"suppressed_{reason}")


def gate(
    message: Message,
    profile: Profile | None,
    suppression: tuple[str, Instant] | None,
    now: Instant,
    said: Mapping[str, Stamped] = MappingProxyType({}),
    *,
    transactional: bool = False,
    kept: bool = False,
) -> Refusal | None:
    """Why this message must not be sent at this instant; None when it may.

    `suppression` is the address's (reason and time; None: it has none), `said` the newest answers that were given at
    it, by topic. NO_ADDRESS means that nothing else speaks against it. What the system sends is asked for by the person
    themselves, who may be nobody's contact yet: it needs no consent, and knows its own address. Nor does what is
    `transactional` need any.
    """
    of_system = isinstance(message, SystemMessage)
    if profile.erased if profile is not None else not of_system:
        return Refusal.ERASED
    if now > message.stale_after:
        return Refusal.TOO_LATE
    if of_system or profile is None:
        return suppressed(suppression, None) if suppression is not None and suppression[0] != "erasure" else None
    if transactional:
        return suppressed(suppression, None) or (Refusal.NO_ADDRESS if profile.email is None else None)
    answer = newest_answer(profile, message.topic, said)
    refusal = suppressed(suppression, answer)
    if refusal is not None:
        return refusal
    if answer is None or answer.value != "subscribed":
        return Refusal.NO_CONSENT
    if paused_until(profile, said, now) is not None:
        return Refusal.PAUSED
    if is_sunset(profile):
        return Refusal.SUNSET
    if _is_dormant(profile) and not kept and _has_had_one(message, profile, now):
        return Refusal.FREQUENCY_CAP
    if profile.email is None:
        return Refusal.NO_ADDRESS
    return None


def _is_dormant(profile: Profile) -> bool:
    membership = profile.memberships.get(DORMANT)
    return membership is not None and membership.member


def is_sunset(profile: Profile) -> bool:
    """Whether the journey `sunset` has asked in vain. Whoever shows a sign of life is not dormant any more."""
    asked = profile.traits.get("sunset")
    return _is_dormant(profile) and asked is not None and asked.value is True


def _has_had_one(message: Message, profile: Profile, now: Instant) -> bool:
    """Whether a dormant contact has had their email of a month. A digest steps back behind whatever they have had, and
    no other behind a digest: else nobody who gets one a month would ever be asked whether they want it."""
    history, of_digest = profile.histories.get(Type.EMAIL_SENT), isinstance(message, DigestMessage)
    start = now - (DIGEST_PAUSE if of_digest else DORMANT_PAUSE)
    return history is not None and any(
        start < occurrence.time <= now and (of_digest or not is_digest(occurrence.properties.get("message")))
        for occurrence in history.newest
    )


ADDRESS_WAIT = HOUR
"""How long a message waits for its contact's address, where nothing else is missing: storefronts tell of a consent and
of whose it is in webhooks of their own, in any order."""


def awaits_address(message: Message, refusal: Refusal | None, now: Instant) -> bool:
    """Whether a refusal is to be put off, because the address may still come."""
    entered = message.entered_at if isinstance(message, RunMessage) else None
    return refusal is Refusal.NO_ADDRESS and entered is not None and now < entered + ADDRESS_WAIT
