"""Evidence of points: what each rule of a lead model gives, and how much of it is left."""

from __future__ import annotations

from dataclasses import dataclass

from shared.domain.conditions.points import Points
from shared.domain.evaluation.points import worth
from shared.domain.events import NEVER, Instant
from shared.domain.evidence.view import Evidence, View
from shared.domain.lead_models import EventRule, Rule
from shared.domain.wording import points as words
from shared.domain.wording.texts import number, plural

MAX_TOLD = 5
"""How many rules are told: those that give or take most."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a rule gives a contact: `given` when it was new, `left` of it now; by what happened when (`times`, oldest
    first; of a state none). `place`: which of the model's rules it is."""

    place: int
    rule: Rule
    says: str
    about: str
    given: int
    left: float
    times: tuple[Instant, ...]

    @property
    def told(self) -> str:
        """`clicked a link in an email, 3 times: 24 points, of which 12 are left`."""
        times = f", {number(len(self.times))} times" if len(self.times) > 1 else ""
        left = f", of which {number(self.left)} are left" if self.left != self.given else ""
        return f"{self.about}{times}: {plural(self.given, 'point')}{left}"


def total(view: View, model: str) -> float:
    """The contact's points of a lead model, to the hundredth (down: what is shown as enough is enough)."""
    scored = view.definitions.compiler.scored(model)
    one = scored.model.decay.one
    gains, losses = scored.lots(view.reading, view.t)
    states, _ = scored.standing(view.reading, view.t)
    decay = scored.model.decay
    return _shown(states * one + worth(gains, decay, view.t) - worth(losses, decay, view.t), one)


def parts(view: View, model: str) -> list[Part]:
    """What each rule of a lead model gives that gives anything, in the model's order. HistoryNeededError."""
    scored = view.definitions.compiler.scored(model)
    decay, series, terms = scored.model.decay, iter(scored.events), iter(scored.states)
    found = []
    for place, rule in enumerate(scored.model.rules):
        says, subject = words.rule(rule, view.says), words.about(rule, view.says)
        if isinstance(rule, EventRule):
            times = scored.counted(view.reading, view.t, *next(series))
            left = sum(decay.left(view.t - time) for time in times)
            if times:
                shown = _shown(abs(rule.points) * left, decay.one) * (1 if rule.points > 0 else -1)
                found.append(Part(place, rule, says, subject, rule.points * len(times), shown, tuple(times)))
        elif next(terms)[1](view.reading, view.t) > 0:
            found.append(Part(place, rule, says, subject, rule.points, rule.points, ()))
    return found


def _shown(parts: int, one: int) -> float:
    return parts * 100 // one / 100


def points(view: View, condition: Points, holds: bool, until: Instant) -> Evidence:
    scored = view.definitions.compiler.scored(condition.model)
    least, most = scored.model.bounds(condition)
    has, found = total(view, condition.model), parts(view, condition.model)
    strongest = sorted(found, key=lambda each: -abs(each.left))[:MAX_TOLD]
    why = "; ".join(each.told for each in strongest) if strongest else "no rule gives any"
    asked = f" of {number(least)}" if least is not None and has < least else ""
    text = f"{number(has)}{asked} points: {why}{'; and others' if len(found) > MAX_TOLD else ''}"
    changes = "What gives points, or takes them, may change it."
    would = ends = changes
    if least is not None and has < least:
        would = f"{number(round(least - has, 2))} more points would make it true."
    unless = "they get more points" if holds and until != NEVER and most is None else ""
    return Evidence(text, would, ends, unless)
