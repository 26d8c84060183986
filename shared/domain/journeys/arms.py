"""Who falls into which arm of an experiment with a journey: drawn of the contact's id and the experiment's, so that it
is the same for good, whichever driver asks, and tells nothing of any other experiment.

What is drawn is the contact's, and what it means is the version's that their run began with: a message keeps its key
whatever its variant is, so that there is one for each, and who is under way keeps their arm when others get the winner.

Of an adaptive experiment a fixed slice is drawn like that, in equal parts, and only of it is anything told of the arms.
The others are drawn by the newest shares; the variant that somebody got is kept with them before it is sent, or before
they go that way, so that no later shares draw them another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.domain.draws import drawn
from shared.domain.journeys.definition import Arms, Journey, Send, Split, Variant
from shared.domain.journeys.legs import legs
from shared.domain.profiles import Profile

HOLDOUT = "holdout"
"""As a variant: the arm that gets nothing. No variant is called that."""


FIXED = 30
"""So many in a hundred of the people of an adaptive experiment are its fixed slice."""


class Shares(NamedTuple):
    """By which the others are drawn: each night that moves them makes the next `version` of the shop's. Of variants
    that are not named there are none; with no `weights`, as many of each."""

    version: int
    weights: Mapping[str, int]


SharesOf = Callable[[str], Shares]
"""Of an experiment, for one contact: the newest, or the variant that is kept with them, as all there is."""


def at_first(experiment: str) -> Shares:
    """Before a night has learnt anything."""
    return Shares(0, {})


class Arm(NamedTuple):
    """`template`, `subject`: instead of the step's own (None: as it is). `counts`: the experiment is under way.
    `shares`: the version by which the contact was drawn, or would be (None: in a fixed slice, or not adaptive).
    `segments`: it is read by, besides."""

    experiment: str
    variant: str
    template: str | None = None
    subject: str | None = None
    counts: bool = True
    shares: int | None = None
    segments: tuple[str, ...] = ()

    @property
    def held_out(self) -> bool:
        return self.variant == HOLDOUT


def of_email(journey: Journey, step: str, contact: str, shares_of: SharesOf = at_first) -> Arm | None:
    """The arm that decides what a contact gets at an email; None: no experiment has to do with it. Where one of its own
    does not, one at a split before it may: then it only counts, or holds the email out."""
    found = next((each for each in journey.steps if each.id == step), None)
    if isinstance(found, Send) and found.arms is not None:
        return _of_variants(found.arms, found.arms.variants, contact, shares_of)
    for split in journey.steps:
        if isinstance(split, Split) and split.arms is not None and step in behind(journey, split.id):
            arm = of_split(split, contact, shares_of)
            return arm if arm is not None and arm.counts else None
    return None


def of_split(split: Split, contact: str, shares_of: SharesOf = at_first) -> Arm | None:
    """The arm of a contact who comes to a split; None: it is no experiment."""
    if split.arms is None:
        return None
    if split.arms.winner is not None:
        return Arm(split.arms.experiment, split.arms.winner, counts=False)
    return _arm(split.arms, {way.next: way.weight for way in split.ways}, contact, shares_of)


def among(segments: Iterable[str], profile: Profile) -> str:
    """Which of these segments the contact is in, as a message's tag holds them: `repeat_buyers-vip`."""
    memberships = profile.memberships
    return "-".join(sorted(each for each in segments if each in memberships and memberships[each].member))


def way_of(split: Split, contact: str, shares_of: SharesOf = at_first) -> str | None:
    """The step that a contact goes on at; None: it is no experiment. Who is held out goes the way that is drawn for
    them all the same, and no shares move that."""
    arm = of_split(split, contact, shares_of)
    if arm is None or not arm.held_out:
        return arm.variant if arm is not None else None
    return split.ways[drawn(_of_contact(arm.experiment, contact), [way.weight for way in split.ways])].next


def behind(journey: Journey, step: str) -> set[str]:
    """The steps that a run may come to from this one."""
    ways, found, ahead = legs(journey), set[str](), [step]
    while ahead:
        for leg in ways.get(ahead.pop(), ()):
            if leg.to not in found:
                found.add(leg.to)
                ahead.append(leg.to)
    return found


def without_experiments(journey: Journey) -> Journey:
    """Without those that are under way: they are of one journey. What was decided stays."""
    steps = tuple(
        step.model_copy(update={"arms": None})
        if isinstance(step, Send | Split) and step.arms is not None and step.arms.winner is None
        else step
        for step in journey.steps
    )
    return journey.model_copy(update={"steps": steps})


def _of_variants(arms: Arms, variants: Sequence[Variant], contact: str, shares_of: SharesOf) -> Arm:
    if arms.winner is not None:
        chosen = next(each for each in variants if each.id == arms.winner)
        return Arm(arms.experiment, chosen.id, chosen.template, chosen.subject, counts=False)
    arm = _arm(arms, {each.id: each.weight for each in variants}, contact, shares_of)
    if arm.held_out:
        return arm
    chosen = next(each for each in variants if each.id == arm.variant)
    return arm._replace(template=chosen.template, subject=chosen.subject)


def _arm(arms: Arms, weights: Mapping[str, int], contact: str, shares_of: SharesOf) -> Arm:
    """`weights`: of the variants, as they are planned."""
    shares = shares_of(arms.experiment) if arms.adaptive and not _is_fixed(arms, contact) else None
    if _is_held_out(arms, contact):
        variant = HOLDOUT
    elif shares is not None and not shares.weights.keys().isdisjoint(weights):
        text = f"{arms.experiment}\x1eshares {shares.version}\x1f{contact}"
        variant = [*weights][drawn(text, [shares.weights.get(each, 0) for each in weights])]
    else:
        variant = [*weights][drawn(_of_contact(arms.experiment, contact), [*weights.values()])]
    version = shares.version if shares is not None else None
    return Arm(arms.experiment, variant, shares=version, segments=arms.segments)


def _of_contact(experiment: str, contact: str) -> str:
    return f"{experiment}\x1f{contact}"


def _is_fixed(arms: Arms, contact: str) -> bool:
    return drawn(f"{arms.experiment}\x1efixed\x1f{contact}", [100 - FIXED, FIXED]) == 1


def _is_held_out(arms: Arms, contact: str) -> bool:
    """Drawn apart from the variants, so that both sides of it have the same of each."""
    return drawn(f"{arms.experiment}\x1eholdout\x1f{contact}", [100 - arms.holdout, arms.holdout]) == 1
