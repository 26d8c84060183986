"""Email addresses: what holds for one, whoever has it.

Apart from `messages`, because what folds events needs no more of it than this, and a cold start pays for each import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.events import ALL, FREQUENCY, PAUSE, PAUSED_FOR, TRACKING, Instant
from shared.domain.profiles import Profile, Stamped


@dataclass(frozen=True, slots=True)
class Address:
    """What holds for an address, whoever has it: the contact it leads to, why and since when it is suppressed, and the
    newest answer to each topic that was given at it."""

    contact: str | None = None
    suppression: tuple[str, Instant] | None = None
    consent: Mapping[str, Stamped] = field(default_factory=dict)


def newest_answer(profile: Profile, topic: str, said: Mapping[str, Stamped]) -> Stamped | None:
    """What holds of consent: the newest of what the profile has and of what was `said` at its address, which knows of
    answers that are still on the queue, and of those that another contact with the address gave. At the same instant,
    a no. A no to all topics is one to each, until that is answered again."""
    own, all_ = (_newest(profile, name, said) for name in (topic, ALL))
    if topic == TRACKING or all_ is None or all_.value != "unsubscribed":
        return own
    return all_ if own is None or all_.time >= own.time else own


def paused_until(profile: Profile, said: Mapping[str, Stamped], now: Instant) -> Instant | None:
    """Until when the contact wants no email that needs their consent; None: there is no pause."""
    answer = _newest(profile, PAUSE, said)
    if answer is None or answer.value != "unsubscribed" or now >= answer.time + PAUSED_FOR:
        return None
    return answer.time + PAUSED_FOR


def said_frequency(profile: Profile, topic: str, said: Mapping[str, Stamped]) -> str | None:
    """How often the contact has said that they want emails about the topic, `all`, `weekly` or `monthly`, whether or
    not they want any; None: they have said nothing of it."""
    answer = _newest(profile, FREQUENCY + topic, said)
    return None if answer is None else str(answer.value)


def _newest(profile: Profile, topic: str, said: Mapping[str, Stamped]) -> Stamped | None:
    answers = [answer for answer in (profile.consent.get(topic), said.get(topic)) if answer is not None]
    return max(answers, key=lambda answer: (answer.time, answer.value == "unsubscribed"), default=None)


ROLES = frozenset(
    """
    abuse accounts admin administrator billing bookings contact customercare customerservice enquiries enquiry feedback
    finance hello help helpdesk hostmaster hr info inquiries invoices it jobs legal mail mailer-daemon marketing media
    newsletter no-reply noc noreply office orders postmaster press privacy purchasing reception root sales security
    service shop spam support team webmaster
    """.split()  # noqa: SIM905
)
"""What stands before the @ of addresses that belong to a role and not to a person (RFC 2142, and what is usual)."""


_DOTLESS = frozenset(("gmail.com", "googlemail.com"))


def mailbox_of(address: str) -> str:
    """Where a normalised address is read, as far as it tells: what stands behind a `+` sorts emails only, and Gmail
    overlooks dots. For counting what goes to one mailbox; nobody is known by it."""
    local, _, domain = address.partition("@")
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '') if domain in _DOTLESS else local}@{domain}"


def is_role(address: str) -> bool:
    """Whether several people read it: the same for a list that is brought over and at the instant of sending."""
    return address.partition("@")[0].partition("+")[0].casefold() in ROLES
