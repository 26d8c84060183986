"""What contacts have written, as the last night has read it: how many feel how, what the shop's reviews teach, and what
is written about. Route of the admin's API."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from functions.admin.insight import results, written_of
from functions.admin.rest import Request, route
from shared.adapters import contacts
from shared.domain.events import Json
from shared.domain.insight.texts import stars_of, text_of
from shared.domain.insight.written import Group
from shared.domain.operators import Role

MAX_LETTERS = 300
"""Of an example; the contact's timeline has the whole of it."""
NOT_YET = (
    "No night has read anything yet. It begins when contacts have written something: a review, an answer, a reply."
)


class ExampleTold(TypedDict):
    """A text near to what a group has in common, from its contact's own partition."""

    contact: str
    time: int
    text: str
    stars: float | None
    """Of five."""


class GroupTold(TypedDict):
    """Texts that say like words. `starred` of the `texts` have stars, `unhappy` of those one or two."""

    words: list[str]
    contacts: int
    texts: int
    starred: int
    unhappy: int
    examples: list[ExampleTold]


class FeltTold(TypedDict):
    sentiment: Literal["positive", "neutral", "negative"]
    contacts: int


class WrittenTold(TypedDict):
    as_of: int | None
    """The night; null: none has read anything yet."""
    standing: str
    """Whether texts without stars go by the shop's own reviews, how that was checked, and what becomes of the rest."""
    felt: list[FeltTold]
    """Of those who have written lately (the newest 5,000 texts of two years): how the last thing they wrote sounds."""
    groups: list[GroupTold]


@route("GET", "/insight/written", role=Role.VIEWER, gives=WrittenTold)
def show_written(request: Request) -> Json:
    """What contacts have written lately: how they feel, whether the shop's own starred reviews tell better than a list
    of words how a text sounds, and groups of texts that say alike, the largest first, with examples."""
    found = written_of(results())
    if found is None:
        return {"as_of": None, "standing": NOT_YET, "felt": [], "groups": []}
    keys = [key for group in found.groups for key in group.examples]
    examples = {
        key: {
            "contact": key[0],
            "time": event.time,
            "text": text_of(event)[:MAX_LETTERS],
            "stars": stars_of(event),
        }
        for key, event in contacts.events_at(keys)
    }
    return {
        "as_of": found.as_of,
        "standing": found.standing,
        "felt": [{"sentiment": sentiment, "contacts": number} for sentiment, number in found.felt.items()],
        "groups": [_group(each, examples) for each in found.groups],
    }


def _group(group: Group, examples: dict[tuple[str, str], dict[str, Json]]) -> Json:
    return {
        "words": list(group.words),
        "contacts": group.contacts,
        "texts": group.texts,
        "starred": group.starred,
        "unhappy": group.unhappy,
        "examples": [examples[key] for key in group.examples if key in examples],  # what is erased since is gone
    }
