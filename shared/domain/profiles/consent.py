"""Consent: the answers to each topic, as they were given."""

from __future__ import annotations

from shared.domain.events import ConsentChange, Event, Stamp
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import ANSWERS_BOUND


def add_answer(profile: Profile, change: ConsentChange, event: Event) -> bool:
    """Gives whether the topic's answers are others by this one. A state without its date is of the instant 0, older
    than whatever else is known. Of answers of one stamp the greater text is the newer ("un…")."""
    topic, held = change.topic, profile.consent.get(change.topic)
    earlier = profile.earlier.get(topic, ())
    answers = {*earlier, Stamped(change.state, *(Stamp(0, event.time) if change.undated else event.stamp))}
    if held is not None:
        answers.add(held)
    *before, newest = sorted(answers, key=lambda answer: (answer.time, answer.after, answer.value))
    while len(before) >= ANSWERS_BOUND:
        del before[1 if before[0].value == before[1].value else 0]
    if newest == held and tuple(before) == earlier:
        return False
    profile.consent[topic] = newest
    if before:
        profile.earlier[topic] = tuple(before)
    return True
