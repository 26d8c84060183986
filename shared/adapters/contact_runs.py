"""RUN items of the contact's partition: each run of a journey as it stands, and what its last move asks for.

`contact`, `kind` (`RUN#journey#number`), `body` (the run), and, for those who look at the item only: `version`, `step`
and `occurrence` where it is, `since`, `outcome` once it has ended, `recorded` (how many records it has had, those that
are not kept included), `profile` (the version of the contact's profile that was stored with it), `runs_on`, `topic`,
`asks`, the effects of the move that wrote it, and `asked`, those of earlier moves that nothing waits for (notices and
starts of other journeys), each with how many records there were by then: whoever follows the stream does those that the
Runs table has not counted yet, so that none is lost where a move was not followed before the next. They are written in
the transaction that moves the contact's profile (functions/profile), and by nobody else.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.adapters import contacts
from shared.domain.journeys.runs import Effect, NotifyOthers, Run, StartAnother, TakePart
from shared.domain.journeys.stored import dump, dump_effects, load, load_effects

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from shared.domain.journeys.definition import Journey
    from shared.domain.messages.asked import RunMessage

PREFIX = "RUN#"
MAX_ASKED = 20
"""Of what earlier moves asked for, the newest: more than a run that goes on asks for while the stream stands still."""


class Kept(NamedTuple):
    """A run as its item holds it. `recorded`: how many records it has had. `profile`: a number that grows with each
    move. `topic`: what its emails are about. `effects`: what its last move asks for. `asked`: what earlier ones did
    that nothing waits for, each with `recorded` as it was then."""

    run: Run
    recorded: int
    profile: int
    runs_on: str
    topic: str
    effects: tuple[Effect, ...]
    asked: tuple[tuple[int, Effect], ...] = ()

    @property
    def not_waited_for(self) -> tuple[tuple[int, Effect], ...]:
        """All that was asked for by now, and that the run goes on without."""
        asks = NotifyOthers | StartAnother | TakePart
        now = ((self.recorded, each) for each in self.effects if isinstance(each, asks))
        return (*self.asked, *now)[-MAX_ASKED:]


def kind_of(journey: str, number: int) -> str:
    return contacts.numbered(f"{PREFIX}{journey}", number)


def write(
    run: Run, journey: Journey, effects: Iterable[Effect], recorded: int, profile: int, before: Kept | None = None
) -> TransactWriteItemTypeDef:
    """Stores the run as it is now, in a transaction that holds the contact's profile: that guards it. `before`: as it
    was stored until now."""
    asked = before.not_waited_for if before is not None else ()
    return _write(Kept(run, recorded, profile, journey.runs_on, journey.topic, tuple(effects), asked))


def end(kept: Kept, ended: Run, profile: int) -> TransactWriteItemTypeDef:
    """Stores that a run has ended because its contact is no more: nobody is told of them any more, unless they have
    joined another."""
    asked = kept.not_waited_for if ended.outcome == "joined" else ()
    return _write(kept._replace(run=ended, recorded=kept.recorded + 1, profile=profile, effects=(), asked=asked))


def _write(kept: Kept) -> TransactWriteItemTypeDef:
    run = kept.run
    item: dict[str, Any] = {
        **contacts.key(run.contact, kind_of(run.journey, run.number)),
        "body": {"B": dump(run)},
        "version": {"N": str(run.version)},
        "step": {"S": run.step},
        "occurrence": {"N": str(run.passes.get(run.step, 0))},
        "since": {"N": str(run.since)},
        "recorded": {"N": str(kept.recorded)},
        "profile": {"N": str(kept.profile)},
        "runs_on": {"S": kept.runs_on},
        "topic": {"S": kept.topic},
    }
    if run.outcome is not None:
        item["outcome"] = {"S": run.outcome}
    if kept.effects:
        item["asks"] = {"S": dump_effects(kept.effects)}
    if kept.asked:
        item["asked"] = {
            "M": {
                "at": {"L": [{"N": str(recorded)} for recorded, _ in kept.asked]},
                "asks": {"S": dump_effects(effect for _, effect in kept.asked)},
            }
        }
    return {"Put": {"TableName": contacts.table(), "Item": item}}


def read(contact: str, journey: str, number: int) -> Kept | None:
    """The run, read consistently; None when there is none (any more)."""
    item = contacts.read_item(contact, kind_of(journey, number))
    return None if item is None else of_item(item)


def wants(kept: Kept, message: RunMessage) -> bool:
    """Whether the run goes on, and is at the message's step. Of a run that Step Functions moves, we hear of its steps
    only after they are done."""
    run = kept.run
    at_step = run.step == message.step and run.passes.get(run.step) == message.occurrence
    return run.goes_on and (at_step or kept.runs_on == "step_functions")


def of_item(item: Mapping[str, Any]) -> Kept:
    """What a `RUN#…` item holds, as the table gives it or as its stream does, where bytes are text in base64."""
    body = item["body"]["B"]
    return Kept(
        load(base64.b64decode(body) if isinstance(body, str) else bytes(body)),
        int(item["recorded"]["N"]),
        int(item["profile"]["N"]),
        item["runs_on"]["S"],
        item["topic"]["S"],
        tuple(load_effects(item["asks"]["S"])) if "asks" in item else (),
        tuple(_asked(item["asked"]["M"])) if "asked" in item else (),
    )


def _asked(told: Mapping[str, Any]) -> Iterator[tuple[int, Effect]]:
    return zip((int(each["N"]) for each in told["at"]["L"]), load_effects(told["asks"]["S"]), strict=True)


def of_contact(contact: str, journey: str = "") -> Iterator[Kept]:
    """All the runs that the contact has had (of a journey), by journey and number; but not those that were kept by Step
    Functions only, before runs were kept here."""
    for item in contacts.items(contact, f"{PREFIX}{journey}#" if journey else PREFIX):
        if "body" in item:
            yield of_item(item)


def concerned(contact: str, open_: Iterable[str], journeys: Collection[str]) -> dict[str, Kept]:
    """The runs that are open (`journey#number`, as the profile lists them; a journey alone is none), and all there were
    of some journeys; by journey and number."""
    found = {
        f"{kept.run.journey}#{kept.run.number}": kept
        for journey in sorted(journeys)
        for kept in of_contact(contact, journey)
    }
    for place in open_:
        journey, separator, number = place.partition("#")
        if separator and place not in found:
            item = contacts.read_item(contact, kind_of(journey, int(number)))
            if item is not None:
                found[place] = of_item(item)
    return found
