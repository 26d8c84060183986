"""Which scores are told to whom tonight: those that have moved, those that would grow stale, and those to take back.

What was told last is remembered in a file of arrays, a million contacts in some megabytes, so that no profile has to be
read. It is never more than a memory: where it is lost or wrong, a score is told once more than it need be, and the
profile keeps the newest telling.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from functions.insight.seam import Real, Scores, Texts, Told, Whole
from shared.domain.events import Instant, Json
from shared.domain.insight.bands import MOVED_POINTS, TOLD_AGAIN_FROM, Place, moved, told_again_after

TAKEN_BACK = -1
AT_A_TIME = 100_000
"""Rows."""


@dataclass(frozen=True)
class Held:
    """What was told last of a score: of whom (ascending), as what, and when. `ends`: where each one's value ends in
    `said`, which is JSON, one behind the other; of a number nothing is said, since its place says it."""

    contact: Whole
    band: Texts
    place: Real
    time: Whole
    ends: Whole
    said: NDArray[np.uint8]

    def value(self, at: int) -> Json:
        text = self.text(at)
        return json.loads(text) if text else 0.0

    def text(self, at: int) -> bytes:
        return self.said[self.ends[at - 1] if at else 0 : self.ends[at]].tobytes()


def load(file: bytes | None) -> dict[str, Held]:
    """What was told, by score."""
    if file is None:
        return {}
    with np.load(io.BytesIO(file), allow_pickle=False) as arrays:
        scores = dict.fromkeys(name.partition("/")[0] for name in arrays.files)
        fields = Held.__annotations__
        return {score: Held(**{name: arrays[f"{score}/{name}"] for name in fields}) for score in scores}


def dump(held: Mapping[str, Held]) -> bytes:
    file = io.BytesIO()
    arrays = {f"{score}/{name}": getattr(each, name) for score, each in held.items() for name in Held.__annotations__}
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def as_told(held: Mapping[str, Held]) -> dict[str, Told]:
    return {score: Told(each.contact, each.band, each.place) for score, each in held.items()}


@dataclass(frozen=True)
class ToTell:
    """Of one score: whom it is told to, and which of `Scores` each is, or TAKEN_BACK. And what is held from then on."""

    contact: Whole
    which: Whole
    held: Held


def to_tell(scores: Scores | None, held: Held | None, t: Instant, gone: set[int]) -> ToTell:
    """By the rule of `shared.domain.insight.to_tell`. `scores` None: nobody has it. Of `gone` contacts, who have been
    erased or have joined others, nothing is told any more, and nothing held."""
    now = np.empty(0, np.int64) if scores is None else scores.contact
    texts = [] if scores is None else [_said(each) for each in scores.told]
    before = np.empty(0, np.int64) if held is None else held.contact
    at = np.searchsorted(before, now)
    known = np.zeros(len(now), bool)
    inside = at < len(before)
    known[inside] = before[at[inside]] == now[inside]
    tell = ~known
    if held is not None and scores is not None:
        mine = np.flatnonzero(known)
        theirs = at[mine]
        differs = (scores.band[mine] != held.band[theirs]) | (
            np.abs(scores.place[mine] - held.place[theirs]) > MOVED_POINTS
        )
        old = t - held.time[theirs] >= TOLD_AGAIN_FROM
        for number in np.flatnonzero(~differs):
            index, other = int(mine[number]), int(theirs[number])
            if texts[index] != held.text(other):
                differs[number] = moved(Place(value=held.value(other)), Place(value=scores.told[index]))
            if not differs[number] and old[number]:
                differs[number] = t - int(held.time[other]) >= told_again_after(int(now[index]))
        tell[mine] = differs
    ended = np.array(sorted(gone), dtype=np.int64)
    lost = before[~np.isin(before, now) & ~np.isin(before, ended)]
    told = np.flatnonzero(tell)
    return ToTell(
        np.concatenate([now[told], lost]),
        np.concatenate([told, np.full(len(lost), TAKEN_BACK, np.int64)]),
        _held(scores, texts, tell, held, at, t),
    )


def _held(
    scores: Scores | None, texts: list[bytes], tell: NDArray[np.bool_], held: Held | None, at: Whole, t: Instant
) -> Held:
    """What is told tonight, and of whom nothing is told, what was before."""
    if scores is None:
        nothing = np.empty(0, np.int64)
        return Held(nothing, np.empty(0, np.str_), np.empty(0), nothing, nothing, np.empty(0, np.uint8))
    band, place, time = scores.band, scores.place, np.full(len(scores), t, np.int64)
    said = texts
    if held is not None and (kept := np.flatnonzero(~tell)).size:
        theirs = at[kept]
        width = max(band.dtype.itemsize, held.band.dtype.itemsize) // 4
        band, place = band.astype(f"U{max(width, 1)}"), place.copy()
        band[kept], place[kept], time[kept] = held.band[theirs], held.place[theirs], held.time[theirs]
        said = list(texts)
        for mine, other in zip(kept.tolist(), theirs.tolist(), strict=True):
            said[mine] = held.text(other)
    ends = np.cumsum([len(each) for each in said], dtype=np.int64)
    return Held(scores.contact, band, place, time, ends, np.frombuffer(b"".join(said), np.uint8))


def _said(value: Json) -> bytes:
    return b"" if isinstance(value, float) else json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def messages(several: Sequence[tuple[Scores | None, str, str, ToTell]]) -> Iterator[dict[str, Json]]:
    """By contact, all that is told of them tonight: `contact` (a number), the `traits`, and the `scores` as their event
    tells them. Of each score (None: nobody has it any more): its id and its trait."""
    whose = np.concatenate([each.contact for *_, each in several] or [np.empty(0, np.int64)])
    of = np.concatenate([np.full(len(each.contact), number) for number, (*_, each) in enumerate(several)] or [whose])
    which = np.concatenate([each.which for *_, each in several] or [whose])
    order = np.lexsort((of, whose))
    message: dict[str, Json] = {}
    some = (order[begin : begin + AT_A_TIME] for begin in range(0, len(order), AT_A_TIME))
    for number, score, row in chain.from_iterable(
        zip(whose[rows].tolist(), of[rows].tolist(), which[rows].tolist(), strict=True) for rows in some
    ):
        if message and message["contact"] != number:
            yield message
            message = {}
        message = message or {"contact": number, "traits": {}, "scores": []}
        scores, name, trait, _ = several[score]
        if row == TAKEN_BACK or scores is None:
            message["traits"][trait] = None
            message["scores"].append({"score": name, "value": None})
        else:
            message["traits"][trait] = scores.told[row]
            message["scores"].append(entry(scores, row))
    if message:
        yield message


def entry(scores: Scores, row: int) -> dict[str, Json]:
    """One contact's score, as events tell it."""
    return {
        "score": scores.score,
        "value": scores.told[row],
        "band": str(scores.band[row]),
        "rank": int(scores.rank[row]),
        "reasons": [dict(each) for each in scores.reasons[row]],
        "basis": scores.basis,
    }
