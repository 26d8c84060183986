"""The steps of a night: `infra/statemachines/insight.asl.json` says in which order they come.

Each can be done again, after a crash or beside another night: what is asked of Athena is asked under a name, what is
worked out depends on nothing but the answers, files are written in the place of themselves, and an event that is put on
the queue twice is one. Of two nights at once the one that began first goes on, and one that a newer one has overtaken
ends. In the state are ids, numbers and dates; no step reads or writes an address.
"""

from __future__ import annotations

import gzip
import importlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain, islice
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger
from pydantic import BaseModel, Field, TypeAdapter

from functions.insight import reading, telling, unread
from functions.insight.seam import Data, Found, Points, Scores
from shared.adapters import (
    amendments,
    athena,
    catalogue,
    comprehend,
    contacts,
    definitions,
    events_queue,
    insight,
    lake_files,
    nights,
    recommendations,
    refreshes,
    tones,
)
from shared.adapters.queries import Question
from shared.adapters.shop import shop
from shared.domain.calendars import local
from shared.domain.evaluation.calendar import zone_of
from shared.domain.events import DAY, Instant, Json, event_id
from shared.domain.insight.calibration import cuts
from shared.domain.insight.catalogue import CATALOGUE
from shared.domain.insight.reasons import Reason, as_code
from shared.domain.insight.scored import contact_of, scored
from shared.domain.insight.tones import Learnt
from shared.domain.insight.written import ByService
from shared.domain.lake_rows import contact_number
from shared.domain.questions import points_at

MAX_FAILURES = 3
"""Of the queries, before the night gives up."""
A_PAGE = 2_000
"""Contacts who are told their scores at a time."""
MAX_WAITING = 5_000
"""Events on the queue at which the telling waits, so that the shop's own are not held up."""
TELLING_TIME_MS = 60_000
"""Milliseconds within which a page is told: with less time left, none is begun."""
STALE = 2 * DAY
"""A night that has not come to its end by then tells nothing more: the next one knows better."""
ROWS_OF_A_FILE = 500_000
POINTS = "points_"
"""Before a lead model's id, the name of what is asked of it."""

logger = Logger()


class Work(NamedTuple):
    """A module of this folder with a function `work_out`, and the scores that are its own: where it fails, they are
    neither told nor taken back, and the others go on."""

    module: str
    scores: tuple[str, ...] = ()


WORKS: tuple[Work, ...] = (
    Work("customers", ("order", "churn", "value", "next_order", "reorder", "rfm")),
    Work("discovery"),
    Work("leads", ("lead_scores",)),
    Work("hours", ("hour",)),
    Work("affinity", ("categories",)),
    Work("recommending", ("recommendations",)),
    Work("written", ("written",)),
)

KEEPERS: Mapping[str, Callable[[Any, Instant], None]] = {
    "recommended": recommendations.record_found,
    "tones": lambda found, at: tones.record(None if found is None else Learnt.model_validate(found)),
}
"""By the name of a list that a thing of a night has found (`Found.lists`), what keeps it."""


class Asked(BaseModel):
    """What a night is started with. `again`: in the place of the one that has worked at this night, which has died."""

    again: bool = False


class Night(BaseModel):
    """How a night stands. `next` is where the workflow goes; `why` says why it has ended early."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")
    at: Instant
    night: str
    next: Literal["ask", "answer", "read", "fit", "tell", "done"]
    queries: dict[str, str] = Field(default_factory=dict)
    models: dict[str, int] = Field(default_factory=dict)
    """Lead models whose points are asked for, and by which publication each had its form."""
    rebuild: str = ""
    """The newest rebuild of the lake that had been asked for when the questions were put."""
    failures: int = 0
    asked: int | None = None
    """Texts that a service was asked about, of which it has `heard` so many. None: the shop uses none."""
    heard: int = 0
    page: int = 0
    pages: int = 0
    told: int = 0
    """Contacts who are told something."""
    why: str = ""

    def then(self, next_: str, **parts: Any) -> Night:
        return self.model_copy(update={"next": next_, **parts})


class Begin(BaseModel):
    task: Literal["begin"]
    name: str
    input: Asked


class Step(BaseModel):
    task: Literal["ask", "take", "read", "fit", "tell"]
    state: Night


TASK: TypeAdapter[Begin | Step] = TypeAdapter(Annotated[Begin | Step, Field(discriminator="task")])


class WorksFailedError(Exception):
    """All that a night was to work out has failed; why, is in the log."""


def step(event: dict[str, Any], t: Instant, left: Callable[[], int]) -> dict[str, Any]:
    """Does the step that the workflow asks for; gives the state it is then in. `left`: milliseconds."""
    match TASK.validate_python(event):
        case Begin(name=name, input=asked):
            return begin(name, asked, t).model_dump()
        case Step(task=task, state=state):
            if t - state.at > STALE:
                return state.then("done", why="stale").model_dump()
            if not nights.is_newest(insight.NIGHT, state.name):
                return state.then("done", why="overtaken").model_dump()
            match task:
                case "ask":
                    return ask(state).model_dump()
                case "take":
                    return take(state).model_dump()
                case "read":
                    return read(state, left).model_dump()
                case "fit":
                    return fit(state).model_dump()
                case "tell":
                    return tell(state, left).model_dump()


def begin(name: str, asked: Asked, t: Instant) -> Night:
    night = local(t, definitions.shop_zone()).date().isoformat()
    started = Night(name=name, at=t, night=night, next="ask")
    if not nights.claim(insight.NIGHT, name, night, again=asked.again):
        return started.then("done", why="another is at work, or was")
    return started


def ask(state: Night) -> Night:
    """Puts the questions to Athena, all at once. Of a lake that is being rebuilt, none: the next night asks it."""
    rebuild, at_work = _rebuild()
    if at_work:
        return _rebuilt_meanwhile(state)
    publication = definitions.publication()
    of_models = {model.id: points_at(model, cuts(state.at)) for model in publication.models}
    asked = {
        **reading.questions(state.at),
        **{f"{POINTS}{id_}": Question(sql) for id_, sql in of_models.items() if sql is not None},
    }
    queries = {
        what: athena.start(*each, name=event_id(state.name, what, str(state.failures))) for what, each in asked.items()
    }
    return state.then("answer", queries=queries, models=publication.models_since, rebuild=rebuild)


def take(state: Night) -> Night:
    """Looks whether all is answered, out of one lake."""
    try:
        ended = [athena.has_ended(query) for query in state.queries.values()]
    except athena.QueryFailedError:
        if state.failures >= MAX_FAILURES:
            raise
        return state.then("ask", failures=state.failures + 1)
    if not all(ended):
        return state.then("answer")
    rebuild, at_work = _rebuild()
    if at_work or rebuild != state.rebuild:
        return _rebuilt_meanwhile(state)
    return state.then("read" if comprehend.is_on() else "fit")


def _rebuild() -> tuple[str, bool]:
    """The newest rebuild that was asked for ("": none), and whether it is at work."""
    asked = refreshes.rebuilt()
    if asked is None:
        return "", False
    try:
        return asked.name, refreshes.outcome(asked.name)[0] == "running"
    except refreshes.UnknownPassError:
        return asked.name, False


def _rebuilt_meanwhile(state: Night) -> Night:
    """Orders of the lake as it was and products of another would be of no shop. What was told holds on."""
    logger.warning("no scores tonight: the lake is being rebuilt")
    for query in state.queries.values():
        athena.forget(query)
    return state.then("done", why="the lake is being rebuilt")


def read(state: Night, left: Callable[[], int]) -> Night:
    """Has a service read what nothing here can."""
    several = reading.references(athena.result(state.queries["written"]))
    asked, heard = unread.read(several, state.at, left)
    return state.then("fit", asked=asked, heard=heard)


# ── what the answers come to ──


def fit(state: Night) -> Night:
    """Works out all scores, writes the lake's table and the results, and what is to be told, page by page."""
    whose, gone = _ended()
    held = telling.load(lake_files.get(insight.TOLD))
    found, failed = _worked_out(_data(state, held, whose, gone))
    scores = [each for one in found for each in one.scores]
    _write_table(state, scores)
    before = insight.stored() or {}
    results = {name: each for one in found for name, each in one.results.items()}
    kept = {name: before[name] for work in failed for name in work.scores if name in before}
    insight.record({**kept, **_since(results, before, state.at), "at": state.at, "night": state.night})
    for one in found:
        for name, listed in one.lists.items():
            KEEPERS[name](listed, state.at)
    return _prepare(state, scores, held, {name for work in failed for name in work.scores}, {*whose, *gone})


def _ended() -> tuple[dict[int, int], set[int]]:
    """Of contacts who have ended, and whose rows the lake may have still: whom they have joined; and who is erased."""
    asked = [each.contact for each in amendments.recorded()]
    read = {each.profile.contact: each.profile for each in contacts.read_all(asked, _unreadable, ended=True)}
    whose, gone = {}, set()
    for contact in asked:
        profile = read.get(contact)
        if profile is None or profile.erased:  # what is erased is gone in the end
            gone.add(contact_number(contact))
        elif profile.merged_into is not None:
            whose[contact_number(contact)] = contact_number(profile.merged_into)
    return whose, gone


def _unreadable(contact: str, error: Exception) -> None:
    logger.error("contact left out", contact=contact, reason=type(error).__name__)


def _data(state: Night, held: Mapping[str, telling.Held], whose: dict[int, int], gone: set[int]) -> Data:
    of_shop = definitions.shop_zone()
    return Data(
        at=state.at,
        currency=shop().currency,
        zone=of_shop.key,
        orders=reading.orders(athena.result(state.queries["orders"]), whose, gone),
        lines=reading.lines(athena.result(state.queries["lines"]), whose, gone, catalogue.sold),
        acts=reading.acts(athena.result(state.queries["acts"]), whose, gone, of_shop),
        told=telling.as_told(held),
        before=max((int(each.time.max()) for each in held.values() if len(each.time)), default=0),
        points=dict(_points(state, whose, gone)),
        **_written(state),
    )


def _written(state: Night) -> dict[str, Any]:
    """What contacts have written, from their own partitions: what is gone there is nowhere any more, and what has gone
    with a contact to another is that one's in the lake soon. And how those who wrote it feel."""
    several = reading.references(athena.result(state.queries["written"]))
    told = dict(contacts.events_at((each.who, key) for each in several for key in each.keys))
    people = contacts.read_all(dict.fromkeys(each.who for each in several), _unreadable)
    told_of = (stored.profile.traits.get("sentiment") for stored in people)
    felt = Counter(each.value for each in told_of if each is not None)
    return {
        "written": reading.written(several, told),
        "felt": {word: felt[word] for word in ("positive", "neutral", "negative")},
        "service": None if state.asked is None else ByService(asked=state.asked, heard=state.heard),
    }


def _points(state: Night, whose: dict[int, int], gone: set[int]) -> Iterator[tuple[str, Points]]:
    """Of the lead models that are still as they were when their points were asked for."""
    publication, instants = definitions.publication(), cuts(state.at)
    for model in publication.models:
        query = state.queries.get(f"{POINTS}{model.id}")
        if query is not None and publication.models_since[model.id] == state.models.get(model.id):
            several, parts = reading.points(athena.result(query), whose, gone, len(instants))
            yield model.id, Points(several, parts, instants, model.decay.one, publication.models_since[model.id])


def _worked_out(data: Data) -> tuple[list[Found], list[Work]]:
    found, failed = [], []
    for work in WORKS:
        try:
            found.append(importlib.import_module(f"functions.insight.{work.module}").work_out(data))
        except Exception:
            logger.exception("not worked out", work=work.module)
            failed.append(work)
    if failed and not found:
        raise WorksFailedError
    return found, failed


def _since(results: dict[str, Json], before: Mapping[str, Json], t: Instant) -> dict[str, Json]:
    """The results, each with the night from which on the shop has had the score without a break."""
    known = dict(results)
    for name, result in results.items():
        if isinstance(result, dict) and "since" in result:
            held = before.get(name)
            since = held.get("since") if isinstance(held, dict) else None
            known[name] = {**result, "since": (since or t) if result.get("contacts") else None}
    return known


def _write_table(state: Night, scores: Sequence[Scores]) -> None:
    """The table `scores` of this night, in the place of the last one's."""
    keys: list[str] = []
    rows = _rows(state.night, scores)
    while some := next(rows, None):
        keys.append(f"{insight.SCORES}{len(keys)}.json.gz")
        lake_files.put(keys[-1], _file(chain([some], islice(rows, ROWS_OF_A_FILE - 1))))
    lake_files.delete_others(insight.SCORES, keys)


def _rows(night: str, scores: Sequence[Scores]) -> Iterator[dict[str, Json]]:
    for each in scores:
        for row, number in enumerate(each.contact.tolist()):
            value = float(each.value[row])
            yield {
                "contact": contact_of(number),
                "contact_number": number,
                "night": night,
                "score": each.score,
                "value": None if value != value else value,
                "told": json.dumps(each.told[row], ensure_ascii=False),
                "band": str(each.band[row]),
                "rank": int(each.rank[row]),
                "reasons": [as_code(Reason.model_validate(reason)) for reason in each.reasons[row]],
                "basis": each.basis,
            }


def _file(rows: Iterable[dict[str, Json]]) -> bytes:
    """Lines of JSON, compressed as they come: as text they would be a hundred megabytes."""
    body = io.BytesIO()
    with gzip.GzipFile(fileobj=body, mode="wb", compresslevel=1, mtime=0) as file:
        for row in rows:
            file.write(f"{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}\n".encode())
    return body.getvalue()


def _prepare(
    state: Night, scores: Sequence[Scores], held: dict[str, telling.Held], kept: set[str], ended: set[int]
) -> Night:
    """Writes what is to be told, page by page, and what has been told once it is."""
    by_id = {each.score: each for each in scores if each.trait is not None}
    traits = {each.id: each.trait for each in CATALOGUE} | {each.score: each.trait for each in by_id.values()}
    after, several = {name: held[name] for name in held.keys() & kept}, []
    for name in sorted((held.keys() | by_id.keys()) - kept):
        told = telling.to_tell(by_id.get(name), held.get(name), state.at, ended)
        several.append((by_id.get(name), name, str(traits[name]), told))
        if len(told.held.contact):
            after[name] = told.held
    pages = count = 0
    page: list[dict[str, Json]] = []
    for message in telling.messages(several):
        page.append(message)
        count += 1
        if len(page) == A_PAGE:
            lake_files.put(_page(state, pages), gzip.compress(json.dumps(page).encode(), 1, mtime=0))
            pages, page = pages + 1, []
    if page:
        lake_files.put(_page(state, pages), gzip.compress(json.dumps(page).encode(), 1, mtime=0))
        pages += 1
    lake_files.put(f"{insight.NIGHTS}{state.name}/told.npz", telling.dump(after))
    logger.info("scores worked out", scores=len(scores), contacts=count)
    return state.then("tell", page=0, pages=pages, told=count)


def _page(state: Night, number: int) -> str:
    return f"{insight.NIGHTS}{state.name}/{number}.json.gz"


# ── telling ──


def tell(state: Night, left: Callable[[], int]) -> Night:
    """Tells the next contacts their scores, unless too many events wait; after the last, remembers what was told, and
    deletes what the night has left."""
    while state.page < state.pages:
        if events_queue.waiting() > MAX_WAITING or left() < TELLING_TIME_MS:
            return state
        body = lake_files.get(_page(state, state.page))
        if body is None:  # this step has been here before, and its answer was lost
            return state.then("done", page=state.pages)
        told = _by_their_clocks(json.loads(gzip.decompress(body)), state.at)
        events_queue.put_events(
            scored(each["contact"], state.night, state.at, each["traits"], each["scores"]) for each in told
        )
        state = state.then("tell", page=state.page + 1)
    remembered = lake_files.get(f"{insight.NIGHTS}{state.name}/told.npz")
    if remembered is not None:
        lake_files.put(insight.TOLD, remembered)
    for query in state.queries.values():
        athena.forget(query)
    lake_files.delete_others(insight.NIGHTS)
    return state.then("done")


def _ahead(t: Instant, zone: ZoneInfo) -> int:
    """Hours ahead of UTC, about."""
    return round((local(t, zone).utcoffset() or timedelta()) / timedelta(hours=1))


def _by_their_clocks(told: list[dict[str, Any]], t: Instant) -> list[dict[str, Any]]:
    """The hour of each is by the shop's clock until here, since the lake does not know where anybody is; told, it is by
    the contact's own."""
    asked = [contact_of(each["contact"]) for each in told if each["traits"].get("best_hour") is not None]
    zones: dict[int, ZoneInfo] = {}
    shop_ = definitions.shop_zone()
    for stored in contacts.read_all(asked, _unreadable):
        zones[contact_number(stored.profile.contact)] = zone_of(stored.profile, shop_)
    for each in told:
        zone = zones.get(each["contact"])
        if zone is not None and zone != shop_:
            ahead = _ahead(t, zone) - _ahead(t, shop_)
            each["traits"]["best_hour"] = (each["traits"]["best_hour"] + ahead) % 24
            for score in each["scores"]:
                if score["score"] == "hour":
                    score["value"] = each["traits"]["best_hour"]
    return told
