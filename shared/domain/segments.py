"""Segments: who is in which, kept exact as events arrive and as time passes.

The shop's definitions are one numbered document: each publication is the next number, and says of every segment by
which number it was last changed. A profile knows by which number its memberships were decided, so it knows what to
decide again, whoever of old and new Lambdas gets to it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from shared.domain import calendars
from shared.domain.conditions import Condition, Segment, parts_of
from shared.domain.conditions.events import asked_by
from shared.domain.conditions.orders import Cutoffs, Rank, asks_for_lines
from shared.domain.conditions.shorthand import in_order, members_of, plain
from shared.domain.evaluation import Compiler, Evaluate, HistoryNeededError, Reading
from shared.domain.events import NEVER, Event, Instant
from shared.domain.lead_models import LeadModel, by_id, models_of, rules_in_force
from shared.domain.profiles import UNDECIDED, Profile, flips_at
from shared.domain.profiles.folding import fold, names_a_product, trim
from shared.domain.profiles.kept_orders import misses_orders, needs_rebuild, trim_orders
from shared.domain.profiles.orders import happened
from shared.domain.profiles.transitions import (
    BY_DEFINITION,
    BY_ERASURE,
    BY_JOINING,
    BY_LAUNCH,
    BY_RANK,
    BY_REPAIR,
    BY_TIME,
    Membership,
    Transition,
)
from shared.domain.properties import KEPT_PROPERTIES, Asked

# ── all the shop's segments ──


@dataclass(frozen=True, slots=True)
class Definitions:
    """The shop's segments, compiled, and an index from what an event touches to the segments that it can move.

    `changed` and `reranked` say by which publication a segment, or the cut-offs in it, were last changed; `starting`
    are those whose last change is to start journeys for whom it brings in. `models` are the shop's lead
    models, by id. `asked`: what profiles keep of events beside what they always do; `lines`: whether they keep what is
    in an order, line by line.
    """

    segments: Mapping[str, Segment]
    models: Mapping[str, LeadModel]
    sequence: int
    changed: Mapping[str, int]
    reranked: Mapping[str, int]
    starting: frozenset[str]
    index: Mapping[str, tuple[str, ...]]
    asked: Asked
    lines: bool
    compiler: Compiler
    position: Mapping[str, int]

    def moved_by(self, touched: Iterable[str]) -> list[str]:
        """The segments whose answer may differ after something of this was touched, in the order of definition."""
        moved = {segment for name in touched for segment in self.index.get(name, ())}
        return sorted(moved, key=self.position.__getitem__)

    def signed(self, segments: Iterable[str], profile: Profile, t: Instant) -> list[int]:
        """The signed instants of these segments for a profile at an instant (see `evaluation`)."""
        reading = Reading(profile)
        return [self.compiler.segment(segment)(reading, t) for segment in segments]


def compile_segments(
    segments: Iterable[Segment],
    *,
    sequence: int = 1,
    changed: Mapping[str, int] | None = None,
    reranked: Mapping[str, int] | None = None,
    starting: Iterable[str] = (),
    cutoffs: Cutoffs | None = None,
    models: Iterable[LeadModel] = (),
    zone: str = "UTC",
) -> Definitions:
    """Compiles the shop's segments. ValueError: two of one id, one that asks about one there is none of (or about a
    lead model), a circle, an unknown time zone."""
    ordered, known_models = in_order(segments), by_id(models)
    shop_zone = calendars.zone(zone)
    if shop_zone is None:
        raise ValueError(f"unknown time zone {zone}: write one such as Europe/London")
    needs: dict[str, set[str]] = {}
    for segment in ordered.values():
        asked_for = models_of(segment.when)
        if unknown := sorted(asked_for - known_models.keys()):
            raise ValueError(f"{segment.id} references the unknown lead model {unknown[0]}")
        needs[segment.id] = (
            plain(segment.when)
            .moved_by()
            .union(
                *(needs[other] for other in members_of(segment.when)),
                *(known_models[model].needs for model in asked_for),
            )
        )
    index: dict[str, tuple[str, ...]] = {}
    for name, needed in needs.items():
        for need in needed:
            index[need] = (*index.get(need, ()), name)
    parts = [part for segment in ordered.values() for part in parts_of(plain(segment.when))]
    parts += rules_in_force(known_models)
    return Definitions(
        segments=ordered,
        models=known_models,
        sequence=sequence,
        changed=changed if changed is not None else dict.fromkeys(ordered, 1),
        reranked=reranked or {},
        starting=frozenset(starting),
        index=index,
        asked=_asked(parts),
        lines=any(map(asks_for_lines, parts)),
        compiler=Compiler(ordered, cutoffs or {}, shop_zone, known_models),
        position={name: position for position, name in enumerate(ordered)},
    )


def _asked(parts: Iterable[Condition]) -> Asked:
    found: dict[str, set[str]] = {}
    for part in parts:
        for type_, name in asked_by(part):
            if name not in KEPT_PROPERTIES:
                found.setdefault(type_, set()).add(name)
    return {type_: frozenset(names) for type_, names in found.items()}


def evaluate(definitions: Definitions, segment: str, profile: Profile, t: Instant) -> tuple[bool, Instant]:
    """Whether the contact is in the segment at `t`, and until when that cannot change with no new event.

    HistoryNeededError when the profile's bounded history cannot tell.
    """
    (signed,) = definitions.signed((segment,), profile, t)
    return signed > 0, abs(signed)


def ranks(segment: Segment) -> list[Rank]:
    """The conditions of the segment that need a cut-off."""
    return [part for part in parts_of(plain(segment.when)) if isinstance(part, Rank)]


class OldDefinitionsError(Exception):
    """The profile was decided by newer definitions than these: read them again."""


def decide(
    definitions: Definitions,
    profile: Profile,
    segments: Collection[str],
    t: Instant,
    cause: str | Event,
    by_time: Mapping[str, bool] | None = None,
) -> list[Transition]:
    """Evaluates these segments at `t`, records their memberships in the profile, and gives what changed.

    What time alone would have made the same (`by_time`) is not the cause's doing, and waits for its own decision.
    """
    if not segments:
        return []
    transitions = []
    memberships = profile.memberships
    for segment, signed in zip(segments, definitions.signed(segments, profile, t), strict=True):
        member, until = signed > 0, abs(signed)
        held = memberships.get(segment)
        if held is None:
            if not member:
                if until != NEVER:
                    memberships[segment] = Membership(False, 0, t, until)
                continue
            held = Membership(False, 0, t, NEVER)
        if member == held.member:
            if until != held.until:
                if held.number or until != NEVER:
                    memberships[segment] = held._replace(until=until)
                else:
                    del memberships[segment]
            continue
        if by_time and by_time.get(segment) == member:
            continue
        profile.transitions += 1
        memberships[segment] = Membership(member, profile.transitions, t, until)
        transitions.append(_transition(profile.contact, profile.transitions, segment, member, t, cause, held.number))
    return transitions


def _transition(
    contact: str, number: int, segment: str, entered: bool, t: Instant, cause: str | Event, before: int
) -> Transition:
    if isinstance(cause, str):
        return Transition(contact, number, segment, entered, t, cause, before)
    return Transition(contact, number, segment, entered, t, cause.id, before, cause.type, happened(cause))


def catch_up(definitions: Definitions, profile: Profile, until: Instant) -> list[Transition]:
    """Decides what time alone has changed up to and including an instant, each change at its own, in order."""
    transitions = []
    while (due := flips_at(profile)) <= until:
        segments = tuple(segment for segment in definitions.segments if _until(profile, segment) <= due)
        transitions += decide(definitions, profile, segments, due, BY_TIME)
    return transitions


def adopt(definitions: Definitions, profile: Profile, now: Instant, heard: Instant | None = None) -> list[Transition]:
    """Brings the memberships to these definitions when they were decided by older ones; removed segments are left.

    What time alone has changed (up to `heard`, see `absorb`) in segments that are as they were comes first, at its own
    instants: a publication does not hide a flip.
    """
    decided_by = profile.definitions
    if decided_by > definitions.sequence:
        raise OldDefinitionsError
    if decided_by in (definitions.sequence, UNDECIDED):
        return []
    changed = [name for name in definitions.segments if definitions.changed[name] > decided_by]
    removed = [name for name in profile.memberships if name not in definitions.segments]
    for name in (*changed, *removed):
        if name in profile.memberships:
            profile.memberships[name] = profile.memberships[name]._replace(until=NEVER)
    transitions = catch_up(definitions, profile, now if heard is None else min(now, heard))
    profile.definitions = definitions.sequence
    profile.decided = max(profile.decided, now)
    for name in removed:
        held = profile.memberships.pop(name)
        if held.member:
            profile.transitions += 1
            transitions.append(
                Transition(profile.contact, profile.transitions, name, False, now, BY_DEFINITION, held.number)
            )
    starting = tuple(name for name in changed if name in definitions.starting)
    quiet = tuple(name for name in changed if name not in definitions.starting)
    reranked = tuple(
        name for name in definitions.segments if definitions.reranked.get(name, 0) > decided_by and name not in changed
    )
    for segments, cause in ((quiet, BY_DEFINITION), (starting, BY_LAUNCH), (reranked, BY_RANK)):
        transitions += decide(definitions, profile, segments, now, cause)
    return transitions


def absorb(
    definitions: Definitions,
    profile: Profile,
    events: Iterable[Event],
    now: Instant,
    *,
    heard: Instant | None = None,
    anew: bool = False,
    trimmed: bool = True,
) -> list[Transition]:
    """Everything that `events`, received by `now`, change in a profile (in place), and the transitions, in order.

    Each event is decided at the instant it was received, after what time alone had changed by then, so that a queue's
    delays change nothing; only, a contact's time never goes back. `anew` has every membership decided again at the end.
    HistoryNeededError when the profile's bounds do not let it be exact: do it again with `profiles.rebuild` of all the
    contact's stored events. OldDefinitionsError: with newer definitions. Who has more to ask of the profile before its
    bounds cut it (journeys) leaves it untrimmed, and trims it then.

    Silence is only asserted of time of which everything is here: what time alone changes is decided up to `heard`
    (else `now`), since of what was received after it some may be on its way still. The rest waits for the contact's
    wake-up; meanwhile an event changes what is its own doing, and not what time alone would have made the same.
    """
    heard = now if heard is None else heard
    transitions: list[Transition] = []
    for event in sorted(events, key=lambda event: event.received):
        if needs_rebuild(profile, event) or names_a_product(profile, event):
            raise HistoryNeededError(event.type)
        t = max(profile.decided, event.received)
        transitions += adopt(definitions, profile, t, heard)
        transitions += catch_up(definitions, profile, min(t, heard))
        profile.decided = t
        by_time = _by_time_alone(definitions, profile, t)
        touched = fold(profile, event, definitions.asked)
        if profile.older_orders:  # what is older still would look as if nothing were missing after it
            trim_orders(profile)
            if misses_orders(profile):
                raise HistoryNeededError(event.type)
        if profile.definitions == UNDECIDED:  # a new contact may be in segments that no event of theirs is about
            profile.definitions, moved = definitions.sequence, list(definitions.segments)
        else:
            moved = definitions.moved_by(touched)
        transitions += decide(definitions, profile, moved, t, event, by_time)
    transitions += adopt(definitions, profile, max(profile.decided, now), heard)
    transitions += catch_up(definitions, profile, heard)
    profile.decided = max(profile.decided, heard)
    if anew:
        sure = tuple(name for name in definitions.segments if _until(profile, name) > profile.decided)
        transitions += decide(definitions, profile, sure, profile.decided, BY_REPAIR)
    if trimmed:
        trim(profile, lines=definitions.lines)
    return transitions


def _by_time_alone(definitions: Definitions, profile: Profile, t: Instant) -> dict[str, bool]:
    """What time alone would have made of the memberships that it may have changed by `t`."""
    if flips_at(profile) > t:
        return {}
    names = [name for name in definitions.segments if _until(profile, name) <= t]
    return {name: signed > 0 for name, signed in zip(names, definitions.signed(names, profile, t), strict=True)}


def close(profile: Profile, now: Instant, joined: str | None = None) -> tuple[Profile, list[Transition]]:
    """The end of a contact, who is erased or has `joined` another: what stays of the profile, to be stored in its
    place, and the transitions by which the contact leaves all segments.

    An end that is no change would leave a member for ever to whoever follows transitions.
    """
    cause, t = BY_ERASURE if joined is None else BY_JOINING, max(profile.decided, now)
    left = [(name, held) for name, held in profile.memberships.items() if held.member]
    transitions = [
        Transition(profile.contact, number, name, False, t, cause, before=held.number)
        for number, (name, held) in enumerate(left, start=profile.transitions + 1)
    ]
    closed = Profile(
        profile.contact,
        version=profile.version,
        transitions=profile.transitions + len(transitions),
        decided=t,
        merged_into=joined,
        erased=joined is None,
    )
    return closed, transitions


def change_of(evaluate: Evaluate, profile: Profile, t: Instant) -> tuple[bool, Instant]:
    """Whether it holds at `t`, and the exact instant at which that changes with no new event (NEVER: it does not).

    Conditions of the calendar that exclude each other (winter and summer) come up again and again and change nothing:
    after MAX_ASKED of their turns that is taken for never.
    """
    (signed,) = evaluate(profile, t)
    holds, until = signed > 0, abs(signed)
    for _ in range(MAX_ASKED):
        if until == NEVER:
            break
        (signed,) = evaluate(profile, until)
        if (signed > 0) != holds:
            return holds, until
        until = abs(signed)
    return holds, NEVER


MAX_ASKED = 200


def _until(profile: Profile, segment: str) -> Instant:
    membership = profile.memberships.get(segment)
    return NEVER if membership is None else membership.until
