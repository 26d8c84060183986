"""Consent: the answers to each topic, as they were given."""

from __future__ import annotations

from shared.domain.events import ConsentChange, Event
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import MAX_ANSWERS

HERE, STATE = -1, -2
"""In the place of how much later an answer was told (`Stamp.after`): it was given on our own page; it is a no that a
storefront tells without saying when it was given, and stands at the instant it was told."""


def add_answer(profile: Profile, change: ConsentChange, event: Event) -> bool:
    """Gives whether the topic's answers are others by this one. Of answers of one stamp the greater text is the newer
    ("un…").

    A state without its date is nobody's answering. A yes of this kind is of the instant 0, older than whatever else is
    known; a no counts from when it was told, so that none is lost, but against nothing that the contact has said on our
    own page, where each answer has its date: else every edit of a customer would take their yes away.
    """
    topic, held = change.topic, profile.consent.get(change.topic)
    earlier = profile.earlier.get(topic, ())
    answers = {*earlier, _answer(change, event)}
    if held is not None:
        answers.add(held)
    here = any(answer.after == HERE for answer in answers)
    *before, newest = sorted(
        answers, key=lambda answer: (not (here and answer.after == STATE), answer.time, answer.after, answer.value)
    )
    while len(before) >= MAX_ANSWERS:
        del before[1 if before[0].value == before[1].value else 0]
    if newest == held and tuple(before) == earlier:
        return False
    profile.consent[topic] = newest
    if before:
        profile.earlier[topic] = tuple(before)
    return True


def _answer(change: ConsentChange, event: Event) -> Stamped:
    if change.undated:
        no = change.state == "unsubscribed"
        return Stamped(change.state, *((event.stamp.time, STATE) if no else (0, event.time)))
    return Stamped(change.state, event.stamp.time, HERE if event.source == "preference" else event.stamp.after)
