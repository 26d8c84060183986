"""Looking at contacts while somebody waits: at all of a small shop's, of a larger one's at some that are as good as
drawn by lot (`estimates`)."""

from __future__ import annotations

from collections.abc import Callable

from functions.admin.rest import left_out
from shared.adapters import contacts
from shared.adapters.clock import working
from shared.domain.estimates import Drawn
from shared.domain.events import SECOND
from shared.domain.profiles import Profile

TIME = 7 * SECOND // 10
"""How long contacts are looked at: with the rest, an answer takes about a second."""
DRAWN = 50
"""Contacts of each shard in one turn."""
MAX_CONTACTS_A_SHARD = 400
"""Contacts of each shard: 4,000 in all, up to which what is said is exact."""


def look(take: Callable[[Profile], None], most: int = MAX_CONTACTS_A_SHARD) -> list[Drawn]:
    """Gives `take` some contacts of every shard, and some more, until time is up, there are no more, or it
    was `most` of each shard. A contact at whom `take` fails is left out."""
    drawn = {shard: Drawn(0, "", False) for shard in range(contacts.SHARDS)}
    began = working()
    while working() - began < TIME:
        open_ = [shard for shard, each in drawn.items() if not each.whole and each.contacts < most]
        if not open_:
            break
        for shard in open_:
            held = drawn[shard]
            ids = contacts.first_of_shard(shard, held.last, DRAWN)
            whole = len(ids) < DRAWN
            drawn[shard] = Drawn(held.contacts + len(ids), ids[-1] if ids else held.last, whole)
            for stored in contacts.read_all(ids, left_out):
                try:
                    take(stored.profile)
                except Exception as error:
                    left_out(stored.profile.contact, error)
    return list(drawn.values())
