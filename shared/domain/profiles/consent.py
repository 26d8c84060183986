"""Consent: the answers to each topic, as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shared.domain.events import ConsentChange, Event
from shared.domain.profiles import Profile, Stamped
from shared.domain.profiles.bounds import MAX_ANSWERS

OWN_PAGES = ("preference", "form")
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
    if change.undated or (change.state == "pending" and event.claimed):  # anybody can type anybody's address
        no = change.state == "unsubscribed"
        return Stamped(change.state, *((event.stamp.time, STATE) if no else (0, event.time)))
    return Stamped(change.state, event.stamp.time, HERE if event.source in OWN_PAGES else event.stamp.after)


class Entry(NamedTuple):
    """Of the ledger: an answer, as an event told it, and what holds of its topic since."""

    change: ConsentChange
    event: Event
    holds: str


def entries(
    consent: Mapping[str, Stamped], earlier: Mapping[str, tuple[Stamped, ...]], events: Iterable[Event]
) -> list[Entry]:
    """What these events add to the ledger of a profile that had these answers.

    Of each topic, what holds is what its newest entry says. The answer that holds, said again, is no entry (the event
    tells that it was said), nor is a state without its date where another answer holds.
    """
    found = []
    answers = Profile("", consent=dict(consent), earlier=dict(earlier))
    for event in sorted(events, key=lambda event: event.time):
        for change in event.consent:
            before = answers.consent.get(change.topic)
            add_answer(answers, change, event)
            holds = answers.consent[change.topic].value
            said_otherwise = not change.undated and (before is None or change.state != before.value)
            if before is None or holds != before.value or said_otherwise:
                found.append(Entry(change, event, holds))
    return found
