"""How many a draft would bring in, while it is being written: an answer within a second. Route of the admin's API."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from functions.admin.publishing import fitting, segment_in
from functions.admin.rest import Request, left_out, route
from shared.adapters import contacts, definitions, journey_definitions
from shared.adapters.clock import now
from shared.adapters.shop_settings import settings
from shared.domain import estimates, vocabulary
from shared.domain.estimates import Drawn
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import SECOND, Instant, Json
from shared.domain.journeys.publications import journeys_begun_by
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.publications import compiled
from shared.domain.segments import Definitions, evaluate, ranks
from shared.domain.vocabulary import Vocabulary
from shared.domain.wording import sentence

TIME = 7 * SECOND // 10
"""How long contacts are looked at: with the rest, an answer takes about a second."""
DRAWN = 50
"""Contacts of each shard in one turn."""
MAX_CONTACTS_A_SHARD = 400
"""Contacts of each shard: 4,000 in all, up to which the answer is exact."""
MAX_READ_FOR_WORDS = 1_000
"""Profiles from which names and values are learnt: what a thousand contacts do not have is rare."""
MAX_REBUILT = 20
"""Contacts whose whole history is read because the bounded one cannot tell; others like them are left out."""
UNNAMED = "estimate"


@dataclass
class Found:
    """What was found at the contacts that were looked at."""

    members: int = 0
    entering: int = 0
    leaving: int = 0
    looked_at: int = 0
    rebuilt: int = 0
    known: Vocabulary = field(default_factory=lambda: Vocabulary([topic.id for topic in settings().topics]))


@route("POST", "/segments/estimate", role=Role.VIEWER, changes=False)
def estimate(request: Request) -> Json:
    """Of a definition (`when`, and what else a segment has, if it has it yet): how many are in it at this moment, and
    would enter and leave if it were published; each a number and a `give_or_take`, 0 where it is exact. Nothing is
    written."""
    body = request.json()
    for name in ("name", "sentence"):
        body.setdefault(name, "-")
    segment = segment_in(body, str(body.get("id", UNNAMED)))
    publication = fitting(definitions.publication(), segment, start_journeys=False)
    shop_definitions, t = compiled(publication), now()
    found, drawn = _look(shop_definitions, segment.id, t)
    whole = all(each.whole for each in drawn)
    everybody = estimates.contacts(drawn)

    def of_all(number: int) -> dict[str, int]:
        return asdict(estimates.share(number, found.looked_at, everybody, whole))

    entering = of_all(found.entering)
    starting = journeys_begun_by(journey_definitions.journeys(), segment.id)
    told = vocabulary.warnings(segment.when, found.known) if found.looked_at else []
    if any(rank.key not in publication.cutoffs for rank in ranks(segment)):
        told.append("Who is among the best is worked out when it is published: until then it is nobody.")
    return {
        "words": sentence(shop_definitions.segments, segment.when),
        "contacts": asdict(everybody),
        "members": of_all(found.members),
        "entering": entering,
        "leaving": of_all(found.leaving),
        "mails_started": entering["number"] * starting,
        "looked_at": found.looked_at,
        "exact": whole,
        "as_of": t,
        "warnings": told,
    }


def _look(shop_definitions: Definitions, segment: str, t: Instant) -> tuple[Found, list[Drawn]]:
    """Looks at some contacts of every shard, and at some more, until time is up or there are no more."""
    found = Found()
    drawn = {shard: Drawn(0, "", False) for shard in range(contacts.SHARDS)}
    while now() - t < TIME:
        open_ = [shard for shard, each in drawn.items() if not each.whole and each.contacts < MAX_CONTACTS_A_SHARD]
        if not open_:
            break
        for shard in open_:
            held = drawn[shard]
            ids = contacts.first_of_shard(shard, held.last, DRAWN)
            whole = len(ids) < DRAWN
            drawn[shard] = Drawn(held.contacts + len(ids), ids[-1] if ids else held.last, whole)
            for stored in contacts.read_all(ids, left_out):
                try:
                    _take(found, shop_definitions, segment, stored.profile, t)
                except Exception as error:
                    left_out(stored.profile.contact, error)
    return found, list(drawn.values())


def _take(found: Found, shop_definitions: Definitions, segment: str, profile: Profile, t: Instant) -> None:
    try:
        is_in = evaluate(shop_definitions, segment, profile, t)[0]
    except HistoryNeededError:
        if found.rebuilt >= MAX_REBUILT:
            return
        found.rebuilt += 1
        is_in = evaluate(
            shop_definitions, segment, rebuild(profile, contacts.events(profile.contact), shop_definitions.asked), t
        )[0]
    held = profile.memberships.get(segment)
    was_in = held is not None and held.member
    found.looked_at += 1
    found.members += is_in
    found.entering += is_in and not was_in
    found.leaving += was_in and not is_in
    if found.looked_at <= MAX_READ_FOR_WORDS:
        found.known.add(profile)
