"""Journeys as they stand: which there are, where people are in each, what became of them. Routes of the admin's API.

All numbers come from the Runs table, which is counted from the records of runs, and every sum agrees: those who came to
a step are those who wait there and those who left it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice

from functions.admin import journey_drafts, known
from functions.admin.rest import Paging, Request, by_id, page_of, route
from functions.admin.shapes import journeys as shapes
from shared.adapters import journey_definitions, journey_files, run_counts
from shared.adapters.clock import now
from shared.adapters.run_counts import Count
from shared.domain.events import Instant, Json
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.flows import flows
from shared.domain.journeys.runs import LEAVING
from shared.domain.operators import Role

DAYS = 30
MAX_VERSIONS = 20
MAX_ROWS = 10_000
"""Runs that are looked at to count those that are held."""


@route("GET", "/journeys", role=Role.VIEWER, gives=shapes.Journeys, query=Paging)
def list_journeys(request: Request) -> Json:
    """All of them, by their ids: those that are switched on, and those that are only drafts, shipped ones among them.
    `since`: the first of the 30 days of which `entered`, `sent` and `goals` are."""
    published, drafts = journey_definitions.publication().journeys, journey_drafts.drafts()
    since = run_counts.day_of(now(), ago=DAYS - 1)

    def told(id_: str) -> dict[str, Json]:
        standing = published.get(id_)
        counts = run_counts.counts(id_) if standing else []
        journey = standing.journey if standing else drafts[id_].form
        return {
            "id": id_,
            "name": journey.name,
            "sentence": journey.sentence,
            "group": journey.group,
            "state": standing.state if standing else "draft",
            "version": standing.version if standing else None,
            "has_draft": id_ in drafts,
            "shipped": id_ in journey_files.shipped(),
            "waiting": waiting(counts),
            "entered": total(counts, "began", since),
            "sent": total(counts, "sent", since) + total(counts, "sent_after", since),
            "goals": total(counts, "goal", since),
        }

    return {**page_of(request, "journeys", {*published, *drafts}, by_id, told), "since": since}


@route("GET", "/journeys/{journey}", role=Role.VIEWER, gives=shapes.JourneyTold)
def show_journey(request: Request, journey: str) -> Json:
    """As it is published, and as it may become: in words, with how many are where, and what is to be done yet."""
    publication, draft = journey_definitions.publication(), journey_drafts.drafts().get(journey)
    standing = publication.journeys.get(journey)
    shown = standing.journey if standing else draft.form if draft else None
    if shown is None:
        raise journey_drafts.not_found()
    counts = run_counts.counts(journey) if standing else []
    versions = list(islice(journey_definitions.versions_of(journey), MAX_VERSIONS)) if standing else []
    newest = versions[0] if versions else None
    return {
        "journey": journey_drafts.dumped(standing.journey) if standing else None,
        "draft": journey_drafts.drafted(draft, standing) if draft else None,
        "etag": journey_drafts.etag(standing, draft),
        "state": standing.state if standing else "draft",
        "switched": {step: each.model_dump() for step, each in standing.switched.items()} if standing else {},
        "version": standing.version if standing else None,
        "published": newest.published if newest else None,
        "by": newest.by if newest else None,
        "why": newest.why if newest else None,
        "runs_on": shown.runs_on,
        "shipped": journey in journey_files.shipped(),
        "words": known.in_words(shown),
        "subjects": known.templates_of(shown),
        "counts": {
            "entered": total(counts, "began"),
            "waiting": waiting(counts),
            "ended": ended(counts),
            "goals": total(counts, "goal"),
        },
        "steps": steps(shown, counts, standing.steps if standing else {}, held(journey, counts)),
        "flows": [each._asdict() for each in flows(shown, total(counts, "began"), counted(counts))],
        "days": days(counts, now()),
        "checklist": known.checklist(draft.form if draft else shown),
        "versions": [journey_drafts.told_of(each) for each in versions],
        "simulation": journey_definitions.simulation(journey),
    }


# ── in numbers ──


def total(counts: Iterable[Count], what: str, since: str = "") -> int:
    return sum(each.n for each in counts if each.what == what and each.day >= since)


def waiting(counts: Iterable[Count]) -> int:
    """Who has begun, and not ended."""
    return sum({"began": 1, "ended": -1}.get(each.what, 0) * each.n for each in counts)


def ended(counts: Iterable[Count]) -> dict[str, int]:
    """How runs have ended, by their outcomes."""
    found = Counter[str]()
    for each in counts:
        if each.what == "ended":
            found[each.why] += each.n
    return dict(found.most_common())


def steps(
    journey: Journey, counts: Iterable[Count], states: dict[str, Json], held: Counter[str] | None
) -> dict[str, Json]:
    """Of each step of the journey, and of those that earlier versions had (`state` None): who came, who is there
    (`held`: whose email waits for a person; None: not counted), what was sent or skipped, and who has left."""
    found: dict[str, Counter[tuple[str, str]]] = {step.id: Counter() for step in journey.steps}
    own = set(found)
    for each in counts:
        if each.step:
            found.setdefault(each.step, Counter())[each.what, each.why] += each.n
    told: dict[str, Json] = {}
    for step, of_step in found.items():
        by_what = Counter[str]()
        for (what, _), n in of_step.items():
            by_what[what] += n
        left = sum(n for what, n in by_what.items() if what in LEAVING)
        told[step] = {
            "state": states.get(step, "live") if step in own else None,
            "entered": by_what["entered"],
            "waiting": by_what["entered"] - left,
            "held": None if held is None else held[step],
            "sent": by_what["sent"] + by_what["sent_after"],
            "skipped": {why: n for (what, why), n in of_step.most_common() if what == "skipped"},
            "left": left,
        }
    return told


def counted(counts: Iterable[Count]) -> dict[str, Counter[tuple[str, str]]]:
    """By step, what was recorded at it and why."""
    found: dict[str, Counter[tuple[str, str]]] = {}
    for each in counts:
        found.setdefault(each.step, Counter())[each.what, each.why] += each.n
    return found


def held(journey: str, counts: Iterable[Count]) -> Counter[str] | None:
    """At which steps how many emails wait for a person. None: there are too many runs to say."""
    found = Counter[str]()
    if not any(each.what == "held" for each in counts):
        return found
    for looked_at, row in enumerate(run_counts.rows(journey)):
        if looked_at == MAX_ROWS:
            return None
        if row.held and row.outcome is None:
            found[row.step] += 1
    return found


def days(counts: Iterable[Count], t: Instant) -> list[Json]:
    """The last 30 days of the shop's, today the last: what was recorded on each."""
    names = {"began": "entered", "sent": "sent", "sent_after": "sent", "skipped": "skipped", "goal": "goals"}
    names |= {"ended": "ended"}
    found = {
        run_counts.day_of(t, ago): dict.fromkeys(("entered", "sent", "skipped", "ended", "goals"), 0)
        for ago in reversed(range(DAYS))
    }
    for each in counts:
        if each.day in found and each.what in names:
            found[each.day][names[each.what]] += each.n
    return [{"day": day, **numbers} for day, numbers in found.items()]
