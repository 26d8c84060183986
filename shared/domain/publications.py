"""Publications: the shop's segments and lead models as one numbered document, and what makes the next one of it.

A publication is never changed; each is made of the one before, and says of every segment by which number it was last
changed. So any two of them, however far apart, say what has to be decided again between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from shared.domain.calendars import PARTS
from shared.domain.conditions import All, Any_, Condition, Not, Segment, parts_of
from shared.domain.conditions.events import EventCount
from shared.domain.conditions.shorthand import in_order, members_of, plain
from shared.domain.conditions.traits import Sample
from shared.domain.conditions.windows import in_calendar
from shared.domain.events import Instant, Strict
from shared.domain.lead_models import LeadModel, models_of
from shared.domain.segments import Definitions, compile_segments, ranks
from shared.domain.trials import PERCENT, base_of, experiment_of, salt_of


class OnTrial(Strict):
    """What an experiment has found a segment as, and leaves it as where nothing is decided. `own`: it was the shop's
    own."""

    experiment: str
    before: Segment
    own: bool


class Publication(Strict):
    """All the shop's segments as they are from `published` on.

    `since`: by which publication each has its present form. `changed` and `reranked`: by which its meaning, or a
    cut-off in it, was last changed; `starting`: those whose last change starts journeys for whom it brings in.
    `cutoffs`: each Rank's, by its key. `to_fill`: the last publication that every contact has to adopt, whether or not
    anything happens to them. `own`: the segments whose form, or absence, the shop has decided on; all others are as
    shipped. `why`, for people. The same of lead models: `models`, `models_since`, `own_models`. A segment asks about a
    model by its id, and means it as it is in the same publication: a model that is changed changes the segments.
    `on_trial`: the segments that an experiment decides by two definitions, which nothing else changes meanwhile.
    """

    number: int
    segments: tuple[Segment, ...]
    since: dict[str, int]
    changed: dict[str, int]
    reranked: dict[str, int] = Field(default_factory=dict)
    starting: tuple[str, ...] = ()
    cutoffs: dict[str, float] = Field(default_factory=dict)
    to_fill: int = 1
    own: tuple[str, ...] = ()
    models: tuple[LeadModel, ...] = ()
    models_since: dict[str, int] = Field(default_factory=dict)
    own_models: tuple[str, ...] = ()
    on_trial: dict[str, OnTrial] = Field(default_factory=dict)
    zone: str
    published: Instant
    why: str

    def segment(self, id_: str) -> Segment | None:
        return next((segment for segment in self.segments if segment.id == id_), None)

    def model(self, id_: str) -> LeadModel | None:
        return next((model for model in self.models if model.id == id_), None)


class InUseError(ValueError):
    """A segment asks about what is to go."""


class OnTrialError(ValueError):
    """An experiment with the segment is under way."""


def compiled(publication: Publication) -> Definitions:
    """ValueError as `compile_segments`."""
    return compile_segments(
        publication.segments,
        sequence=publication.number,
        changed=publication.changed,
        reranked=publication.reranked,
        starting=publication.starting,
        cutoffs=publication.cutoffs,
        models=publication.models,
        zone=publication.zone,
    )


def first(shipped: Iterable[Segment], zone: str, now: Instant, models: Iterable[LeadModel] = ()) -> Publication:
    """What a shop begins with."""
    segments, models = tuple(shipped), tuple(models)
    since = {segment.id: 1 for segment in segments}
    return Publication(
        number=1,
        segments=segments,
        since=since,
        changed=since,
        models=models,
        models_since={model.id: 1 for model in models},
        zone=zone,
        published=now,
        why="as shipped",
    )


def with_segment(publication: Publication, segment: Segment, start_journeys: bool, now: Instant) -> Publication:
    """The next publication, with this segment new or in its new form. ValueError: it does not fit the others.
    OnTrialError."""
    refuse_on_trial(publication, segment.id)
    segments = _replaced(publication.segments, segment)
    return _next(
        publication,
        now,
        f"{segment.id} published",
        segments=segments,
        changed=_told_apart(publication.segments, segments),
        starting=[segment.id] if start_journeys else [],
        own={*publication.own, segment.id},
    )


def without_segment(publication: Publication, id_: str, now: Instant) -> Publication:
    """The next publication, without this segment. InUseError names the first that asks about it. OnTrialError."""
    refuse_on_trial(publication, id_)
    _refuse_in_use(publication.segments, id_)
    return _next(
        publication,
        now,
        f"{id_} deleted",
        segments=tuple(segment for segment in publication.segments if segment.id != id_),
        to_fill=publication.number + 1,
        own={*publication.own, id_},
    )


def with_experiment(
    publication: Publication, id_: str, experiment: str, other: Condition, start_journeys: bool, now: Instant
) -> Publication:
    """The next publication, in which an experiment decides a segment: half of all contacts, drawn by lot, by the
    `other` condition, and the other half as before. Beside it a segment of everybody whom either brings in: their
    first entry there is when somebody comes to take part, by whichever of the two they are decided. ValueError: it
    does not fit the others. OnTrialError: another experiment with it is under way."""
    before = publication.segment(id_)
    if before is None:
        raise ValueError(f"there is no segment {id_}")
    refuse_on_trial(publication, id_)
    drawn = Sample(percent=PERCENT, salt=salt_of(experiment))
    when = Any_(of=(All(of=(drawn, other)), All(of=(Not(of=drawn), before.when))))
    base = Segment(
        id=base_of(experiment),
        name=f"In the experiment {experiment}",
        sentence=f"Whom either definition of {id_} brings in, while the experiment {experiment} compares the two.",
        group=before.group,
        when=Any_(of=(before.when, other)),
    )
    segments = _replaced(_replaced(publication.segments, before.model_copy(update={"when": when})), base)
    return _next(
        publication,
        now,
        f"the experiment {experiment} begins with {id_}",
        segments=segments,
        changed=_told_apart(publication.segments, segments),
        starting=[id_] if start_journeys else [],
        own={*publication.own, id_},
        on_trial={
            **publication.on_trial,
            id_: OnTrial(experiment=experiment, before=before, own=id_ in publication.own),
        },
    )


def without_experiment(
    publication: Publication, id_: str, chosen: Condition | None, start_journeys: bool, now: Instant
) -> Publication:
    """The next publication, in which the segment that an experiment was with is decided by the `chosen` condition for
    everybody; None: as it was before. InUseError: something asks about the experiment's own segment. ValueError: the
    condition does not fit the others any more."""
    trial = publication.on_trial[id_]
    base = base_of(trial.experiment)
    _refuse_in_use(publication.segments, base)
    after = trial.before if chosen is None else trial.before.model_copy(update={"when": chosen})
    segments = tuple(each for each in _replaced(publication.segments, after) if each.id != base)
    return _next(
        publication,
        now,
        f"the experiment {trial.experiment} ends",
        segments=segments,
        changed=_told_apart(publication.segments, segments),
        starting=[id_] if start_journeys else [],
        to_fill=publication.number + 1,
        own=set(publication.own) if trial.own or chosen is not None else set(publication.own) - {id_},
        on_trial={name: each for name, each in publication.on_trial.items() if name != id_},
    )


def refuse_on_trial(publication: Publication, id_: str) -> None:
    """OnTrialError where an experiment with a segment is under way, or it is an experiment's own."""
    if (trial := publication.on_trial.get(id_)) is not None:
        raise OnTrialError(f"the experiment {trial.experiment} compares two definitions of it: decide that one first")
    if (experiment := experiment_of(id_)) is not None:
        raise OnTrialError(f"a name that begins so is an experiment's own ({experiment}): choose another")


def _refuse_in_use(segments: Iterable[Segment], id_: str) -> None:
    for other in segments:
        if id_ in members_of(other.when):
            raise InUseError(f"the segment {other.id} asks about it")


def with_model(publication: Publication, model: LeadModel, start_journeys: bool, now: Instant) -> Publication:
    """The next publication, with this lead model new or in its new form. Segments that ask for its points change with
    it, and start journeys for whom that brings in if it is asked for. ValueError: it does not fit the segments."""
    models = _model_replaced(publication.models, model)
    changed = _asking_for(publication.segments, _models_told_apart(publication.models, models))
    return _next(
        publication,
        now,
        f"the lead model {model.id} published",
        models=models,
        changed=changed,
        starting=changed if start_journeys else [],
        own_models={*publication.own_models, model.id},
    )


def without_model(publication: Publication, id_: str, now: Instant) -> Publication:
    """The next publication, without this lead model. InUseError names the first segment that asks about it."""
    for segment in publication.segments:
        if id_ in models_of(segment.when):
            raise InUseError(f"the segment {segment.id} asks about it")
    return _next(
        publication,
        now,
        f"the lead model {id_} deleted",
        models=tuple(model for model in publication.models if model.id != id_),
        own_models={*publication.own_models, id_},
    )


def with_cutoffs(publication: Publication, cutoffs: Mapping[str, float | None], now: Instant) -> Publication | None:
    """The next publication, with cut-offs that were worked out again (None: there is none, too few are ranked); None
    when none has moved.

    A cut-off that there was none of completes the change that has brought its condition, so it counts as that: who
    enters by it has not risen to the top.
    """
    ranked = {segment.id: {rank.key for rank in ranks(segment)} for segment in publication.segments}
    asked = set().union(*ranked.values())
    cutoffs = {key: value for key, value in {**publication.cutoffs, **cutoffs}.items() if key in asked}
    moved = {key for key, value in cutoffs.items() if publication.cutoffs.get(key) != value}
    cutoffs = {key: value for key, value in cutoffs.items() if value is not None}
    if not moved:
        return None
    new = moved - publication.cutoffs.keys()
    completed = dependants(publication.segments, [name for name, keys in ranked.items() if keys & new])
    reranked = dependants(publication.segments, [name for name, keys in ranked.items() if keys & moved])
    return _next(
        publication,
        now,
        "cut-offs worked out",
        cutoffs=cutoffs,
        changed=completed,
        starting=[name for name in completed if name in publication.starting],
        reranked=[name for name in reranked if name not in completed],
    )


def with_shipped(
    publication: Publication, shipped: Iterable[Segment], zone: str, now: Instant, models: Iterable[LeadModel] = ()
) -> Publication | None:
    """The next publication, with what a deployment has brought: the present form of all shipped segments and lead
    models that are not the shop's own, and the time zone; None when there is nothing new. ValueError: it does not fit
    the shop's own.

    A segment that is shipped no longer stays: the shop may use it, and can delete it.
    """
    segments = publication.segments
    for segment in shipped:
        if segment.id not in publication.own:
            segments = _replaced(segments, segment)
    held = publication.models
    for model in models:
        if model.id not in publication.own_models:
            held = _model_replaced(held, model)
    if (segments, held, zone) == (publication.segments, publication.models, publication.zone):
        return None
    changed = _told_apart(publication.segments, segments)
    by_model = _asking_for(segments, _models_told_apart(publication.models, held))
    changed = dependants(segments, [*changed, *by_model])
    if zone != publication.zone:
        of_zone = [segment.id for segment in segments if _in_a_zone(segment.when)]
        changed = dependants(segments, [*changed, *of_zone])
    return _next(
        publication, now, "a deployment brought it", segments=segments, models=held, changed=changed, zone=zone
    )


def dependants(segments: Iterable[Segment], ids: Iterable[str]) -> list[str]:
    """These segments and all that ask about them, each after those it asks about. ValueError as `in_order`."""
    found = set(ids)
    ordered = in_order(segments)
    for name, segment in ordered.items():
        if members_of(segment.when) & found:
            found.add(name)
    return [name for name in ordered if name in found]


def lacks_cutoffs(publication: Publication, since: int) -> bool:
    """Whether a segment that was changed after a publication has a rank that no cut-off was worked out for yet."""
    changed = [segment for segment in publication.segments if publication.changed[segment.id] > since]
    return any(rank.key not in publication.cutoffs for segment in changed for rank in ranks(segment))


def _next(publication: Publication, now: Instant, why: str, **parts: Any) -> Publication:
    number = publication.number + 1
    segments, models = parts.get("segments", publication.segments), parts.get("models", publication.models)
    changed = parts.get("changed", ())
    there = {segment.id for segment in segments}
    formed = [segment.id for segment in segments if segment not in publication.segments]
    models_formed = [model.id for model in models if model not in publication.models]
    made = publication.model_copy(
        update={
            "number": number,
            "segments": segments,
            "since": _numbered(publication.since, formed, number, there),
            "changed": _numbered(publication.changed, changed, number, there),
            "reranked": _numbered(publication.reranked, parts.get("reranked", ()), number, there),
            "starting": tuple(
                sorted((set(publication.starting) - set(changed) | set(parts.get("starting", ()))) & there)
            ),
            "cutoffs": parts.get("cutoffs", publication.cutoffs),
            "to_fill": parts.get("to_fill", number if changed else publication.to_fill),
            "own": tuple(sorted(parts.get("own", publication.own))),
            "models": models,
            "models_since": _numbered(publication.models_since, models_formed, number, {each.id for each in models}),
            "on_trial": parts.get("on_trial", publication.on_trial),
            "own_models": tuple(sorted(parts.get("own_models", publication.own_models))),
            "zone": parts.get("zone", publication.zone),
            "published": now,
            "why": why,
        }
    )
    compiled(made)
    return made


def _numbered(held: Mapping[str, int], ids: Iterable[str], number: int, there: set[str]) -> dict[str, int]:
    return {name: at for name, at in {**held, **dict.fromkeys(ids, number)}.items() if name in there}


def _replaced(segments: tuple[Segment, ...], segment: Segment) -> tuple[Segment, ...]:
    if all(each.id != segment.id for each in segments):
        return (*segments, segment)
    return tuple(segment if each.id == segment.id else each for each in segments)


def _model_replaced(models: tuple[LeadModel, ...], model: LeadModel) -> tuple[LeadModel, ...]:
    if all(each.id != model.id for each in models):
        return (*models, model)
    return tuple(model if each.id == model.id else each for each in models)


def _models_told_apart(before: Iterable[LeadModel], after: Iterable[LeadModel]) -> set[str]:
    """The lead models that mean something else than before: a new name is no change."""
    meant = {model.id: (model.half_life, model.threshold, model.rules) for model in before}
    return {each.id for each in after if meant.get(each.id) != (each.half_life, each.threshold, each.rules)}


def _asking_for(segments: Iterable[Segment], models: set[str]) -> list[str]:
    """The segments that ask for points of these models, and all that ask about them."""
    segments = tuple(segments)
    return dependants(segments, [segment.id for segment in segments if models_of(segment.when) & models])


def _told_apart(before: Iterable[Segment], after: tuple[Segment, ...]) -> list[str]:
    """The segments that mean something else than before, and all that ask about them: a new name is no change."""
    meant = {segment.id: plain(segment.when) for segment in before}
    return dependants(after, [segment.id for segment in after if meant.get(segment.id) != plain(segment.when)])


def _in_a_zone(condition: Condition) -> bool:
    """Whether it counts in the shop's time zone, or falls back on it."""
    return any(_part_in_a_zone(part) for part in parts_of(plain(condition)))


def _part_in_a_zone(part: Condition) -> bool:
    windows = [getattr(part, name, None) for name in ("within", "left")]
    windows += [getattr(getattr(part, "by", None), "within", None)]
    if any(map(in_calendar, windows)):
        return True
    return part.count in PARTS if isinstance(part, EventCount) else part.zone != "none"
