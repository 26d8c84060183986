"""Email addresses: what holds for one, whoever has it.

Apart from `messages`, because what folds events needs no more of it than this, and a cold start pays for each import.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.events import Instant
from shared.domain.profiles import Profile, Stamped


@dataclass(frozen=True, slots=True)
class Address:
    """What holds for an address, whoever has it: the contact it leads to, why and since when it is suppressed, and the
    newest answer to each topic that was given at it."""

    contact: str | None = None
    suppression: tuple[str, Instant] | None = None
    consent: Mapping[str, Stamped] = field(default_factory=dict)


def newest_answer(profile: Profile, topic: str, said: Stamped | None) -> Stamped | None:
    """What holds of consent: the newest of what the profile has and of what was `said` at its address, which knows of
    answers that are still on the queue, and of those that another contact with the address gave. At the same instant,
    a no."""
    answers = [answer for answer in (profile.consent.get(topic), said) if answer is not None]
    return max(answers, key=lambda answer: (answer.time, answer.value == "unsubscribed"), default=None)
