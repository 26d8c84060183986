"""How many a draft would bring in, and who, while it is being written: an answer within a second. Routes of the admin's
API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from functions.admin import scores, views
from functions.admin.looking import look
from functions.admin.publishing import fitting, segment_in
from functions.admin.rest import Request, route
from functions.admin.shapes import segments as shapes
from shared.adapters import contacts, definitions, journey_definitions
from shared.adapters.clock import now
from shared.adapters.shop_settings import settings
from shared.domain import estimates, sql, vocabulary
from shared.domain.conditions import Segment
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import NEVER, Instant, Json
from shared.domain.explanations import explain
from shared.domain.forecasts import coming_days
from shared.domain.journeys.publications import journeys_begun_by
from shared.domain.operators import Role
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.publications import Publication, compiled
from shared.domain.segments import Definitions, change_of, evaluate, ranks
from shared.domain.vocabulary import Vocabulary
from shared.domain.wording import sentence

MAX_READ_FOR_WORDS = 1_000
"""Profiles from which names and values are learnt: what a thousand contacts do not have is rare."""
MAX_REBUILT = 20
"""Contacts whose whole history is read because the bounded one cannot tell; others like them are left out."""
SHOWN = 5
"""People, and other segments, that are told of."""
ALIKE = 0.05
"""How much of all who are in either of two segments is to be in both, for that to be told (Jaccard)."""
UNNAMED = "estimate"


@dataclass
class Found:
    """What was found at the contacts that were looked at. `soon`: who enters and leaves until tomorrow is over."""

    members: int = 0
    entering: int = 0
    leaving: int = 0
    looked_at: int = 0
    rebuilt: int = 0
    known: Vocabulary = field(default_factory=lambda: Vocabulary([topic.id for topic in settings().topics]))
    people: list[Profile] = field(default_factory=list)
    enter: list[Profile] = field(default_factory=list)
    leave: list[Profile] = field(default_factory=list)
    soon_in: list[tuple[Instant, Profile]] = field(default_factory=list)
    soon_out: list[tuple[Instant, Profile]] = field(default_factory=list)
    both: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)


@route("POST", "/segments/estimate", role=Role.VIEWER, changes=False, takes=shapes.Asked, gives=shapes.Estimate)
def estimate(request: Request) -> Json:
    """Of a definition (`when`, and what else a segment has, if it has it yet): how many are in it at this moment, and
    would enter and leave if it were published; each a number and a `give_or_take`, 0 where it is exact. With `people`
    who are in it and why, who enters and leaves until tomorrow is over (`soon`), and which segments have the same
    people (`overlaps`). Nothing is written."""
    return estimated(*tried(request))


def estimated(segment: Segment, publication: Publication) -> Json:
    """`segment`: as the publication would have it."""
    shop_definitions, t = compiled(publication), now()
    tomorrow = coming_days(t, shop_definitions.compiler.zone, 1).edges[-1]
    found = Found()
    asked = _Asked(shop_definitions, segment.id, t, tomorrow)
    drawn = look(lambda profile: _take(found, asked, profile))
    whole = all(each.whole for each in drawn)
    everybody = estimates.contacts(drawn)

    def of_all(number: int) -> dict[str, int]:
        return asdict(estimates.share(number, found.looked_at, everybody, whole))

    entering = of_all(found.entering)
    starting = journeys_begun_by(journey_definitions.journeys(), segment.id)
    hints = vocabulary.hints(segment.when, found.known, ("when",)) if found.looked_at else []
    told = list(dict.fromkeys(hint.text for hint in hints))
    if any(rank.key not in publication.cutoffs for rank in ranks(segment)):
        told.append("Who is among the best is worked out when it is published: until then it is nobody.")
    return {
        "words": sentence(shop_definitions.segments, segment.when),
        "contacts": asdict(everybody),
        "members": of_all(found.members),
        "entering": entering,
        "leaving": of_all(found.leaving),
        "mails_started": entering["number"] * starting,
        "people": [_explained(asked, profile) for profile in found.people],
        "enter": [views.person(profile) for profile in found.enter],
        "leave": [views.person(profile) for profile in found.leave],
        "soon": {
            "until": tomorrow,
            **{
                way: {**of_all(len(those)), "people": [views.person(who) | {"at": at} for at, who in first(those)]}
                for way, those in (("entering", found.soon_in), ("leaving", found.soon_out))
            },
        },
        "overlaps": list(_overlaps(found, shop_definitions, segment.id)),
        "looked_at": found.looked_at,
        "exact": whole,
        "as_of": t,
        "warnings": told,
        "hints": [{"at": list(hint.at), "text": hint.text, "instead": hint.instead} for hint in hints],
    }


@route("POST", "/segments/sql", role=Role.VIEWER, changes=False, takes=shapes.Asked, gives=shapes.Sql)
def show_sql(request: Request) -> Json:
    """A definition in SQL, as a dry run and the nightly refresh would ask it of the lake."""
    segment, publication = tried(request)
    return {"sql": sql.one_pass(compiled(publication), [segment.id], now(), "NAME OF A PASS")}


def tried(request: Request) -> tuple[Segment, Publication]:
    """The definition in the body, which need not be named yet, and the publication that it would make."""
    body = request.json()
    for name in ("name", "sentence"):
        body[name] = body.get(name) or "-"
    segment = segment_in(body, str(body.get("id") or UNNAMED))
    return segment, fitting(definitions.publication(), segment, start_journeys=False)


@dataclass(frozen=True)
class _Asked:
    definitions: Definitions
    segment: str
    t: Instant
    tomorrow: Instant

    def of(self, profile: Profile) -> tuple[bool, Instant]:
        """Whether they are in it, and when that changes, if it does until tomorrow is over (else NEVER)."""
        is_in, until = evaluate(self.definitions, self.segment, profile, self.t)
        if until >= self.tomorrow:
            return is_in, NEVER
        is_in, until = change_of(self._signed, profile, self.t)
        return is_in, until if until < self.tomorrow else NEVER

    def _signed(self, profile: Profile, t: Instant) -> tuple[Instant, ...]:
        return tuple(self.definitions.signed((self.segment,), profile, t))


def _take(found: Found, asked: _Asked, profile: Profile) -> None:
    try:
        is_in, until = asked.of(profile)
    except HistoryNeededError:
        if found.rebuilt >= MAX_REBUILT:
            return
        found.rebuilt += 1
        profile = rebuild(profile, contacts.events(profile.contact), asked.definitions.asked)
        is_in, until = asked.of(profile)
    held = profile.memberships.get(asked.segment)
    was_in = held is not None and held.member
    found.looked_at += 1
    found.members += is_in
    found.entering += is_in and not was_in
    found.leaving += was_in and not is_in
    for those, is_one in ((found.people, is_in), (found.enter, is_in and not was_in), (found.leave, was_in > is_in)):
        if is_one and len(those) < SHOWN:
            those.append(profile)
    if until != NEVER:
        (found.soon_out if is_in else found.soon_in).append((until, profile))
    others = [name for name, each in profile.memberships.items() if each.member and name != asked.segment]
    found.others.update(others)
    if is_in:
        found.both.update(others)
    if found.looked_at <= MAX_READ_FOR_WORDS:
        found.known.add(profile)


def first(those: list[tuple[Instant, Profile]]) -> list[tuple[Instant, Profile]]:
    return sorted(those, key=lambda each: (each[0], each[1].contact))[:SHOWN]


def _explained(asked: _Asked, profile: Profile) -> dict[str, Json]:
    """A person and why they are in it; the reason is left out where only the whole history could tell it."""
    try:
        why = views.explanation(
            explain(asked.definitions, asked.segment, profile, asked.t, scores.notes_of(profile, {}))
        )
    except HistoryNeededError:
        why = None
    return views.person(profile) | {"why": why}


def _overlaps(found: Found, shop_definitions: Definitions, segment: str) -> Iterator[dict[str, Json]]:
    """The segments that have most of the same people, the most alike first; `share` is how much of the draft's people
    are in the other one, `back` how much of the other's are in this."""
    alike = {name: both / (found.members + found.others[name] - both) for name, both in found.both.items()}
    for name in sorted(alike, key=lambda each: (-alike[each], each))[:SHOWN]:
        if name in shop_definitions.segments and name != segment and alike[name] >= ALIKE:
            yield {
                "segment": name,
                "name": shop_definitions.segments[name].name,
                "share": found.both[name] / found.members,
                "back": found.both[name] / found.others[name],
            }
