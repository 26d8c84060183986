"""Starting: which runs begin because of what happens, by each journey's trigger and entry rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from shared.domain.events import MINUTE, NEVER, Instant, Json, event_key
from shared.domain.journeys import timing
from shared.domain.journeys.acts import Act
from shared.domain.journeys.advancing import called, changes, says_no
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Entry, EventHappens, Published, SegmentChange
from shared.domain.journeys.runs import Begin, Happening, Record, Run
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import LATE, Transition, is_act

MAX_OPEN = 20
"""Open runs of one contact: each is an item that is read and may be written with every event of theirs."""
TOO_MANY = "too_many_runs"
"""The outcome of a run that would have been one more: it ends as it begins, and counts as none in its entry rule."""
ALWAYS_KEPT = (
    *("cart_id", "checkout_id", "order_id", "product_id", "variant_id", "category", "total", "price"),
    *("old_price", "stock", "change"),  # of a change of the catalogue: what its email says, and that it is one
)
"""What a run remembers of the event that started it, beside what its journey names."""

PUNCTUAL = 15 * MINUTE
"""A wake-up counts at its own instant when it comes no later than this. After that (an outage, a pause) it counts now:
what follows it is not to be in a hurry."""


class Candidate(NamedTuple):
    """A run that what happens would start, were it not for the journey's entry rule."""

    published: Published
    time: Instant
    cause: str
    began: Instant
    at: Instant = 0
    event: str = ""
    key: str = ""
    trigger: Mapping[str, Json] = {}
    step: str = ""
    continues: int | None = None
    why: str = ""


def needed(shop: Journeys, profile: Profile, happenings: Iterable[Happening], heard: Instant) -> frozenset[str]:
    """The journeys whose runs of this contact decide whether one begins: `follow` has to be given all of these, ended
    ones too, beside the open runs of every journey."""
    found = [each for happening in happenings for each in candidates(shop, profile, happening)]
    journeys = {each.published.journey.id for each in found}
    # A date may come a little earlier than it was planned for.
    soon = heard + timing.SAME_OCCASION
    journeys |= {id_ for id_ in shop.begun_by_date if profile.runs.get(id_, NEVER) <= soon}
    apart = {shop.published[id_].journey.group for id_ in journeys if shop.published[id_].journey.entry.apart}
    return frozenset(journeys | {id_ for id_, each in shop.published.items() if each.journey.group in apart})


def starts(shop: Journeys, profile: Profile, runs: Collection[Run], t: Instant, happening: Happening) -> list[Run]:
    """The runs that begin because of what happens at `t`, to be advanced from their beginning (`Run.step` is empty).
    `runs`: see `needed`. Of those that keep each other out the one of the highest priority begins."""
    found: list[Run] = []
    entitled = sorted(
        candidates(shop, profile, happening),
        key=lambda each: (-each.published.journey.entry.priority, each.published.journey.id),
    )
    for candidate in entitled:
        run = _run(profile, candidate, profile.runs_begun + len(found) + 1, t)
        if any(each.journey == run.journey and each.cause == run.cause for each in (*runs, *found)):
            continue  # it is told again
        if candidate.continues is None and not _may_enter(shop, profile, candidate, run, [*runs, *found], found, t):
            continue
        if sum(each.goes_on for each in (*runs, *found)) >= MAX_OPEN:
            ended = Record(t, "", "ended", TOO_MANY)
            run = replace(run, outcome=TOO_MANY, ended=t, wake_at=NEVER, records=(*run.records, ended))
        elif (rate := candidate.published.journey.entry.per_hour) is not None:
            run = replace(run, not_before=shop.slot(run.journey, rate, run.not_before))
        found.append(run)
    return found


def candidates(shop: Journeys, profile: Profile, happening: Happening) -> Iterator[Candidate]:
    """By the triggers alone. Nothing starts in a journey that is not live, nor of who says no to what it is about."""
    for candidate in _triggered(shop, profile, happening):
        if candidate.published.state == "live" and not says_no(profile, candidate.published.journey):
            yield candidate


def _triggered(shop: Journeys, profile: Profile, happening: Happening) -> Iterator[Candidate]:
    match happening:
        case Act(name=str() as name) if happening.time - happening.happened <= LATE:
            for id_ in shop.begun_by_event.get(name, ()):
                published = shop.published[id_]
                trigger = published.journey.trigger
                if not isinstance(trigger, EventHappens) or (trigger.first and not happening.first):
                    continue
                if shop.passes(trigger, None)(happening):
                    yield _of_event(shop, published, happening)
        case Transition() if is_act(happening):
            for id_ in shop.begun_by_segment.get(happening.segment, ()):
                published = shop.published[id_]
                trigger = published.journey.trigger
                if isinstance(trigger, SegmentChange) and changes(trigger, happening):
                    yield Candidate(
                        published, happening.time, cause_of(happening), happening.time, why=called(happening)
                    )
        case Begin(journey=id_) if id_ in shop.published:
            published = shop.published[id_]
            at = max(happening.time, happening.at)
            began = _qualifies_since(published, profile) if happening.present else at
            if began is not None:
                yield Candidate(
                    published,
                    happening.time,
                    happening.cause,
                    began,
                    at,
                    key=_text(happening.trigger.get(published.journey.entry.per or "")),
                    trigger=happening.trigger,
                    step=happening.step or "",
                    continues=happening.continues,
                    why=happening.cause,
                )


def _qualifies_since(published: Published, profile: Profile) -> Instant | None:
    """Since when the contact has been as the journey's trigger has it; None: they are not, or it is no segment's."""
    trigger = published.journey.trigger
    held = profile.memberships.get(trigger.segment) if isinstance(trigger, SegmentChange) else None
    if held is None or not isinstance(trigger, SegmentChange) or held.member != (trigger.when == "enters"):
        return None
    return held.since


def cause_of(transition: Transition) -> str:
    """The id of the event that made it so; of what no event did, what did, with the transition itself."""
    if transition.event is not None:
        return transition.cause
    return f"{transition.cause} {transition.segment} {transition.number}"


def _of_event(shop: Journeys, published: Published, act: Act) -> Candidate:
    path = shop.path(published.journey.id, published.version)
    properties, event = act.properties, act.event
    key = _text(properties.get(published.journey.entry.per or ""))
    kept = {name: properties[name] for name in sorted({*path.named, *ALWAYS_KEPT}) if name in properties}
    return Candidate(
        published, act.time, event.id, act.happened, event=event_key(event), key=key, trigger=kept, why=act.name or ""
    )


def _text(value: Json) -> str:
    if value is None:
        return ""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _run(profile: Profile, candidate: Candidate, number: int, t: Instant) -> Run:
    return Run(
        contact=profile.contact,
        journey=candidate.published.journey.id,
        number=number,
        version=candidate.published.version,
        began=candidate.began,
        started=t,
        cause=candidate.cause,
        event=candidate.event,
        key=candidate.key,
        trigger=candidate.trigger,
        begins_at=candidate.step,
        not_before=max(t, candidate.at),
        since=t,
        records=(Record(t, "", "began", candidate.why),),
    )


# ── the entry rule ──


def _may_enter(
    shop: Journeys,
    profile: Profile,
    candidate: Candidate,
    run: Run,
    runs: Collection[Run],
    just_now: Collection[Run],
    t: Instant,
) -> bool:
    """`just_now`: of the runs, those that begin by the same happening."""
    journey = candidate.published.journey
    entry = journey.entry
    own = [each for each in runs if each.journey == journey.id and each.outcome != TOO_MANY]
    if not _may_again(entry, [each for each in own if each.key == run.key], t):
        return False
    if any(each.goes_on and each.journey in entry.not_during for each in runs):
        return False
    if any(journey.id in shop.published[each.journey].journey.entry.not_during for each in just_now):
        return False
    if entry.apart is not None and any(
        each.journey != journey.id and _group(shop, each) == journey.group and each.started > t - entry.apart
        for each in runs
        if each.outcome != TOO_MANY
    ):
        return False
    return entry.only_if is None or shop.holds(entry.only_if, run, profile, max(t, profile.decided))


def _may_again(entry: Entry, earlier: Collection[Run], t: Instant) -> bool:
    """Never two at a time of one journey and key."""
    if any(each.goes_on for each in earlier) or (entry.again == "once" and earlier):
        return False
    return not isinstance(entry.again, int) or all(each.started <= t - entry.again for each in earlier)


def _group(shop: Journeys, run: Run) -> str | None:
    published = shop.published.get(run.journey)
    return None if published is None else published.journey.group


# ── by a date ──


def by_date(shop: Journeys, profile: Profile, now: Instant, heard: Instant) -> list[Begin]:
    """The journeys that a date begins by now; sets in the profile when the next one does.

    A date that was missed by more than LATE is not made up for.
    """
    found = []
    for id_, trigger in shop.begun_by_date.items():
        planned = profile.runs.pop(id_, NEVER)
        if planned != NEVER:
            # A little earlier than it was planned for, where the contact has moved east since.
            after = planned - 1 if planned <= heard else min(heard, planned - timing.SAME_OCCASION)
            comes = timing.next_date(trigger, profile, after, shop.zone)
            if comes <= heard and now - comes <= LATE:
                date = timing.comes_on(comes, profile, shop.zone)
                time = comes if now - comes <= PUNCTUAL else now
                found.append(Begin(time, id_, f"date {date}", trigger={"date": date}))
        following = timing.next_date(trigger, profile, heard, shop.zone)
        if following != NEVER:
            profile.runs[id_] = following
    for id_ in [name for name in profile.runs if "#" not in name and name not in shop.begun_by_date]:
        del profile.runs[id_]
    return found
