"""What a contact's bounded profile cannot tell is told by all their events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from shared.adapters import contacts
from shared.domain.evaluation import HistoryNeededError
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.properties import Asked

Answer = TypeVar("Answer")


def with_history(profile: Profile, asked: Asked, ask: Callable[[Profile], Answer]) -> Answer:
    """What `ask` says of the profile or, where that lacks something it asks for, of one made of all the events, which
    has the properties of theirs that are `asked` for."""
    try:
        return ask(profile)
    except HistoryNeededError:
        return ask(rebuild(profile, contacts.events(profile.contact), asked))
