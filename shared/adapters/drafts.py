"""Drafts: what somebody is writing, not published yet. All of one kind (segments, journeys, templates) are one numbered
document of the Definitions table, so that two who change one at a time are told apart; two who change two do not wait
for each other."""

from __future__ import annotations

from functools import cache
from typing import Any, Generic, TypeVar, cast

from pydantic import AliasChoices, Field, TypeAdapter

from shared.adapters.clock import now
from shared.adapters.definitions_table import (
    UNFINISHED_KEPT,
    PublishedMeanwhileError,
    Version,
    compressed,
    put_new,
    versions,
)
from shared.domain.events import Instant, Strict

T = TypeVar("T")

MAX_TRIES = 8
"""Of storing a draft while others store theirs."""


class Draft(Strict, Generic[T]):
    """What a thing may become, since the drafts' version of this number. `text`: as it was written, where that says
    more than `form` (comments, spaces). `unfinished`: the text cannot be read as a thing of its kind yet; `form` is
    what could be read before."""

    number: int
    form: T = Field(default=cast(Any, None), validation_alias=AliasChoices("form", "segment", "journey", "template"))
    """Stored under the name of its kind until November 2026. None: a segment that is none yet."""
    text: str | None = None
    unfinished: bool = False
    at: Instant = 0
    by: str = ""


class Drafts(Generic[T]):
    """The drafts of a kind, by what they are drafts of. A draft's `number` is that of the document that brought it."""

    def __init__(self, document: str, kind: Any) -> None:
        self._document, self._kind = document, kind

    def all(self) -> dict[str, Draft[T]]:
        return self._numbered()[1]

    def put(
        self,
        id_: str,
        form: T,
        text: str | None = None,
        *,
        instead_of: int | None,
        by: str = "",
        unfinished: bool = False,
    ) -> Draft[T]:
        """Keeps a draft, in the place of the one of that number (None: of none). PublishedMeanwhileError: there is
        another, or none any more. TooLargeError."""
        for _ in range(MAX_TRIES):
            newest, drafts = self._numbered()
            if (drafts[id_].number if id_ in drafts else None) != instead_of:
                break
            draft = Draft(number=newest + 1, form=form, text=text, unfinished=unfinished, at=now(), by=by)
            if self._stored(newest + 1, {**drafts, id_: draft}):
                return draft
        raise PublishedMeanwhileError(f"there is another draft of {id_}")

    def drop(self, id_: str, number: int) -> None:
        """Drops the draft of that number, if there is still that one. PublishedMeanwhileError."""
        for _ in range(MAX_TRIES):
            newest, drafts = self._numbered()
            if id_ not in drafts or drafts[id_].number != number:
                return
            del drafts[id_]
            if self._stored(newest + 1, drafts):
                return
        raise PublishedMeanwhileError(f"others keep changing what the draft of {id_} stands beside")

    def _numbered(self) -> tuple[int, dict[str, Draft[T]]]:
        return _numbered(self._document, self._kind)

    def _stored(self, number: int, drafts: dict[str, Draft[T]]) -> bool:
        """False: somebody else has stored theirs as this number, which may be another thing's draft. TooLargeError."""
        body = _form(self._kind).dump_json(drafts, by_alias=True, exclude_none=True)
        try:
            put_new(Version(self._document, number, compressed("drafts", body), UNFINISHED_KEPT))
        except PublishedMeanwhileError:
            return False
        return True


def numbered(document: str, kind: Any, number: int) -> dict[str, Draft[Any]]:
    """The drafts of a kind, as they were by the version of a number. LookupError: there is none."""
    found, drafts = _numbered(document, kind, number + 1)
    if found != number:
        raise LookupError(f"there is no version {number} of the drafts")
    return drafts


def _numbered(document: str, kind: Any, before: int | None = None) -> tuple[int, dict[str, Draft[Any]]]:
    number, body = next(versions(document, before), (0, b"{}"))
    return number, _form(kind).validate_json(body)


@cache
def _form(kind: Any) -> TypeAdapter[dict[str, Draft[Any]]]:
    """Made when it is asked for: most functions read no drafts."""
    return TypeAdapter(dict[str, Draft[kind]])
