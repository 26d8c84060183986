"""Evidence of having been in another segment: since when, and until when."""

from __future__ import annotations

from shared.domain.conditions import Member
from shared.domain.evaluation import stay
from shared.domain.events import NEVER
from shared.domain.evidence.view import Evidence, View
from shared.domain.wording.texts import duration


def stayed(view: View, condition: Member, holds: bool) -> Evidence:
    term = view.definitions.compiler.segment(condition.segment)
    member, since, _ = stay(view.reading, condition.segment, term, view.t)
    if member:
        text = f"in it since {view.when(since)}"
    else:
        text = "never in it" if since == NEVER else f"left it on {view.when(since)}"
    if condition.for_ is not None:
        would = f"Entering it, and staying for {duration(condition.for_)}, would make it true."
        return Evidence(text, would, "Leaving it would end it.", "they leave it" if member and not holds else "")
    would = view.by(condition.left, "Leaving it" if member else "Entering it and leaving it", "make it true")
    return Evidence(text, would, "Entering it again would end it.", sooner="they enter it again" if holds else "")
