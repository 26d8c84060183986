"""The Members table compared with the profiles it is made from.

It follows the stream, and what the stream has lost, nothing else would bring: a ghost who left long ago, somebody who
is missing. What comes in meanwhile wins: who seems wrong is asked for again, and corrected only if nothing has changed
what was seen of them (`members.correct`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from aws_lambda_powertools import Logger

from shared.adapters import contacts, members
from shared.adapters.contacts import Stretch
from shared.adapters.members import Held
from shared.domain.events import MINUTE, Instant
from shared.domain.profiles.transitions import Membership

logger = Logger()

STREAM_IS_LATE = 5 * MINUTE
"""What changed later than this ago, the stream may be about to bring."""

Memberships = dict[str, Mapping[str, Membership]]
"""Those of contacts, by their ids and segments."""


def compare(segments: Sequence[str], between: Iterable[Stretch], profiles: Memberships, now: Instant) -> Counter[str]:
    """Compares what the table has of these segments and stretches of contacts with their `profiles`, which are those of
    all of them who have not ended, and corrects it. Gives how many members of which segments were wrong."""
    held: dict[tuple[str, str], Held] = {}
    for stretch in between:
        held |= members.held(segments, stretch)
    asked = frozenset(segments)
    suspects: dict[str, list[str]] = defaultdict(list)
    for contact, segment in held.keys() | {(each, segment) for each, own in profiles.items() for segment in own}:
        if segment in asked and not agree(held.get((contact, segment)), profiles.get(contact, {}).get(segment)):
            suspects[contact].append(segment)
    changes: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for contact, names in sorted(suspects.items()):
        try:
            stored = contacts.read(contact)
        except Exception as error:
            logger.error("members not compared", contact=contact, reason=type(error).__name__)
            continue
        own, decided = (stored.profile.memberships, stored.profile.decided) if stored is not None else ({}, 0)
        for segment in names:
            seen, membership = held.get((contact, segment)), own.get(segment)
            changed = decided if membership is None else membership.since
            if not agree(seen, membership) and changed <= now - STREAM_IS_LATE:
                changes[segment] += members.correct(contact, segment, seen, membership, now)
                wrong[segment] += 1
    if wrong:
        members.count_on(changes)
        logger.warning("members corrected", contacts=len(suspects), members=wrong.total())
    return wrong


def agree(held: Held | None, membership: Membership | None) -> bool:
    """Whether the table and a profile say the same: who is not in a segment need not be in the table."""
    if membership is None or not membership.member:
        return held is None or not held.member
    return held is not None and held == Held(membership.number, membership.since, True)
