"""A campaign's audience explained: how many get the email, and why the others do not, before anybody presses send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile

WORDS: dict[str, str] = {
    Refusal.NO_CONSENT: "without consent",
    Refusal.NO_ADDRESS: "without an email address",
    Refusal.ANOTHERS_ADDRESS: "whose address is another contact’s",
    Refusal.SUPPRESSED_BOUNCE: "whose email came back for good",
    Refusal.SUPPRESSED_SOFT_BOUNCE: "whose email came back again and again",
    Refusal.ROLE_ADDRESS: "whose address is a role's",
    Refusal.SUPPRESSED_COMPLAINT: "who reported an email as spam",
    Refusal.SUPPRESSED_ERASURE: "whose address belonged to somebody who was erased",
    Refusal.SUPPRESSED_OPERATOR: "whose address somebody of the shop has stopped",
    Refusal.ERASED: "erased",
    Refusal.SUNSET: "who did not answer whether they want email",
    Refusal.IN_DIGEST: "who want one email a week or a month, and have it there",
    Refusal.FREQUENCY_CAP: "dormant, who had an email within the last 30 days",
}
"""Of so many in the audience, why they will not be mailed."""


def is_member(profile: Profile, segments: tuple[str, ...], without: tuple[str, ...]) -> bool:
    """Whether the contact is in one of the segments, and in none of those that are left out."""
    members = {name for name, held in profile.memberships.items() if held.member}
    return not members.isdisjoint(segments) and members.isdisjoint(without)


@dataclass
class Explained:
    """`members` of the segments, of whom so many are `without` (in a segment that is left out). Of the others, how many
    are mailed, how many of these later than their turn (a cap, quiet hours), and the `refused` by each reason."""

    members: int = 0
    without: int = 0
    mailed: int = 0
    later: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def audience(self) -> int:
        return self.members - self.without

    def add(self, refusal: str | None, *, later: bool = False) -> None:
        if refusal is None:
            self.mailed += 1
            self.later += later
        else:
            self.refused[refusal] += 1

    def dumped(self) -> dict[str, Any]:
        return {
            "members": self.members,
            "without": self.without,
            "audience": self.audience,
            "mailed": self.mailed,
            "later": self.later,
            "refused": dict(sorted(self.refused.items(), key=lambda each: (-each[1], each[0]))),
        }


def loaded(told: Mapping[str, Any]) -> Explained:
    return Explained(told["members"], told["without"], told["mailed"], told["later"], Counter(told["refused"]))


def sentence(found: Explained) -> str:
    """`5,040 in the segment: 4,812 will be mailed; 131 without consent, 40 suppressed.`"""
    parts = [f"{n:,} {WORDS.get(reason, reason)}" for reason, n in _ordered(found.refused)]
    said = f"{found.members:,} in the segment: {found.mailed:,} will be mailed"
    if found.later:
        said += f" ({found.later:,} of them later than the others, for a frequency cap or quiet hours)"
    if found.without:
        parts.insert(0, f"{found.without:,} in a segment that is left out")
    return f"{said}; {', '.join(parts)}." if parts else f"{said}."


def _ordered(refused: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    return sorted(((reason, n) for reason, n in refused.items() if n), key=lambda each: (-each[1], each[0]))
