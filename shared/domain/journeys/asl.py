"""A journey as an Amazon States Language definition (JSONPath), so that Step Functions walks its steps.

States are called as their steps are, `getting_started` → `Getting started`, and each step is at most one task and one
wait. Who may start, what ends a run early and what is written of it is decided in the contact's transaction, as for
every journey: a machine only goes from step to step, and asks functions for all that takes knowing. Its input is ids:
`contact`, `journey`, `version`, `run`, `step`, where it begins (empty: at the first), and `at`, not before when: of a
run that is taken in where it would stand by now, of one that somebody has moved, and of one whose execution has failed.

Sources: states-language.net/spec.html; what the service adds and charges, the Step Functions developer guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, assert_never

from shared.domain.conditions.fields import format_duration
from shared.domain.events import DAY, HOUR, MINUTE, SECOND
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import (
    END,
    EVERY_DAY,
    AnyStep,
    Branch,
    End,
    Journey,
    Notify,
    Send,
    Split,
    StartJourney,
    Update,
    Wait,
    WaitFor,
)
from shared.domain.journeys.legs import comes_again

Asl = dict[str, Any]

_HELD = ": until it may go"
FIRST, UNTIL, COMPLETED, FAILED = "Where to?", "Until then", "Completed", "Failed"
OWN_STATES = frozenset({FIRST, UNTIL, COMPLETED, FAILED})
DOLLARS_PER_TRANSITION = 0.025 / 1000
"""List price of Standard workflows, us-east-1: https://aws.amazon.com/step-functions/pricing/"""

_CALLING: Asl = {
    "ErrorEquals": [
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    ],
    "IntervalSeconds": 2,
    "MaxAttempts": 6,
    "BackoffRate": 2,
    "JitterStrategy": "FULL",
}
_ANYTHING: Asl = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 60,
    "MaxAttempts": 3,
    "BackoffRate": 5,
    "JitterStrategy": "FULL",
}


def _retry(*errors: str, first: int, times: int, growing: float, most: int | None = None, jitter: bool = False) -> Asl:
    """`first` and `most` in milliseconds."""
    return {
        "ErrorEquals": list(errors),
        "IntervalSeconds": first // SECOND,
        "MaxAttempts": times,
        "BackoffRate": growing,
        **({"MaxDelaySeconds": most // SECOND} if most is not None else {}),
        **({"JitterStrategy": "FULL"} if jitter else {}),
    }


RETRY: list[Asl] = [_CALLING, _ANYTHING]
RETRY_SEND: list[Asl] = [
    _CALLING,
    _retry("NotSentError", first=10 * SECOND, times=12, growing=2, most=15 * MINUTE, jitter=True),
    # SES, or the account, may be away for days.
    _retry(*("SendingStoppedError", "UnansweredError"), first=MINUTE, times=400, growing=2, most=HOUR, jitter=True),
    _retry("AddressToComeError", first=15 * SECOND, times=30, growing=1.5, most=5 * MINUTE),
    # Outlasts a claim of unknown outcome (messages.CLAIM_TIMEOUT).
    _retry("OutcomePendingError", first=5 * MINUTE, times=6, growing=1),
    # The journey or the step is paused, or a person has to let the email go.
    _retry("NotYetError", first=HOUR, times=100 * DAY // HOUR, growing=1),
    _ANYTHING,
]


# An update is done once the contact's profile has it, which takes a second or two.
RETRY_SEEN: list[Asl] = [
    _CALLING,
    _retry("NotSeenError", first=2 * SECOND, times=60, growing=1.2, most=MINUTE),
    _ANYTHING,
]


ASKED_AGAIN = frozenset({"NotSeenError", "NotYetError", "AddressToComeError", "OutcomePendingError"})
"""What a task raises to be asked again later, with nothing wrong."""


class NotCompilableError(ValueError):
    """A step that Step Functions cannot walk; says which, and why."""


def state_name(id_: str) -> str:
    """`getting_started` → `Getting started`."""
    return id_.replace("_", " ").capitalize()


def compiled(journey: Journey) -> Asl:
    """The state machine of a journey. NotCompilableError: it waits for an event, or goes round in a circle."""
    if problem := next(not_compilable(journey), None):
        raise NotCompilableError(": ".join(problem))
    path = Path(journey)
    states: dict[str, Asl] = {}
    first, *others = [step.id for step in journey.steps]
    states[FIRST] = {
        "Comment": "At the first step, or at the one that its input names.",
        "Type": "Choice",
        "Choices": [
            {"Variable": "$$.State.EnteredTime", "TimestampLessThanPath": "$.at", "Next": UNTIL},
            *({"Variable": "$.step", "StringEquals": step, "Next": state_name(step)} for step in others),
        ],
        "Default": state_name(first),
    }
    states[UNTIL] = _wait_until("It would be waiting until then.", "$.at", FIRST)
    for step in journey.steps:
        states |= _states(journey, step, _state_at(path.following[step.id]))
    if any(COMPLETED in targets(state) for state in states.values()):
        states[FIRST]["Choices"].append({"Variable": "$.step", "StringEquals": END, "Next": COMPLETED})
        states[COMPLETED] = _ending("The last step is done.", "completed")
    states[FAILED] = {
        "Comment": "A step did not work, however often it was tried. The night has another execution go on from it.",
        "Type": "Fail",
        "ErrorPath": "$.failure.Error",
        "CausePath": "$.failure.Cause",
    }
    return {
        "Comment": f"{journey.name}: {journey.sentence} Made of shared/definitions/journeys/{journey.id}.yaml: "
        "`make machines` writes it.",
        "StartAt": FIRST,
        "States": states,
    }


def _state_at(destination: str) -> str:
    return COMPLETED if destination == END else state_name(destination)


def _states(journey: Journey, step: AnyStep, after: str) -> Iterator[tuple[str, Asl]]:
    """`after`: the state that follows where the step does not choose another."""
    name = state_name(step.id)
    match step:
        case Send():
            task = _task("MessageFunctionArn", _send(journey, step), RETRY_SEND)
            task = {"Comment": f"The email {step.template or step.id}.", **task}
            task["ResultSelector"] = {
                "status.$": "$.Payload.status",
                "reason.$": "$.Payload.reason",
                "until.$": "$.Payload.until",
            }
            sent, wait = f"{name}: sent?", f"{name}{_HELD}"
            yield name, {**task, "ResultPath": "$.last", "Next": sent}
            yield (
                sent,
                {
                    "Comment": "Outside its hours, in quiet hours, on a closed day or over a cap it waits.",
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.last.status", "StringEquals": "delayed", "Next": wait}],
                    "Default": after,
                },
            )
            yield wait, _wait_until("Waits until the email may go out.", "$.last.until", name)
        case Wait() if _is_plain(step):
            yield (
                name,
                {
                    "Comment": f"Waits {format_duration(step.for_ or 0)}.",
                    "Type": "Wait",
                    "Seconds": (step.for_ or 0) // SECOND,
                    "Next": after,
                },
            )
        case Wait():
            wait = f"{name}: until then"
            task = _task("JourneyFunctionArn", _asked("until", step.id))
            yield (
                name,
                {
                    "Comment": "Asks until when, by the contact's clock.",
                    **task,
                    "ResultSelector": {"until.$": "$.Payload.until"},
                    "ResultPath": "$.wait",
                    "Next": wait,
                },
            )
            yield wait, _wait_until("Waits until then.", "$.wait.until", after)
        case Branch() | Split():
            which = f"{name}: which way?"
            told = "Asks which condition holds at this instant." if isinstance(step, Branch) else "Draws a way by lot."
            yield (
                name,
                {
                    "Comment": told,
                    **_task("JourneyFunctionArn", _asked("choose", step.id)),
                    "ResultSelector": {"next.$": "$.Payload.next"},
                    "ResultPath": "$.way",
                    "Next": which,
                },
            )
            ways = list(dict.fromkeys(way.next for way in step.ways))
            yield (
                which,
                {
                    "Comment": "Goes the way that was found.",
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.way.next", "StringEquals": to, "Next": _state_at(to)} for to in ways],
                    "Default": after if isinstance(step, Branch) else _state_at(step.ways[-1].next),
                },
            )
        case Update() | Notify() | StartJourney():
            seen = isinstance(step, Update) and _looks_at_the_contact(journey, after)
            task = _task("JourneyFunctionArn", _asked("do", step.id, **({"seen": True} if seen else {})))
            if seen:
                task["Retry"] = RETRY_SEEN
            yield (
                name,
                {
                    "Comment": _DOES[step.kind],
                    **task,
                    "ResultPath": None,
                    "Next": after,
                },
            )
        case End():
            yield name, _ending("Ends the run.", step.outcome, step.id)
        case WaitFor():
            raise NotCompilableError(step.id)
        case _:
            assert_never(step)


_DOES = {"update": "Changes the contact.", "notify": "Tells somebody.", "start": "Starts another journey."}


def _looks_at_the_contact(journey: Journey, state: str) -> bool:
    """Whether what is done there depends on what the contact is like: by the end of a wait, an update is long seen."""
    step = next((step for step in journey.steps if state_name(step.id) == state), None)
    return not isinstance(step, Wait | End | None)


def _is_plain(wait: Wait) -> bool:
    return wait.trait is None and wait.at is None and not wait.best_hour and wait.weekdays == EVERY_DAY


_RUN = {name: f"$.{name[:-2]}" for name in ("contact.$", "journey.$", "version.$", "run.$")}
_ENTERED = {"entered.$": "$$.State.EnteredTime"}


def _send(journey: Journey, send: Send) -> Asl:
    said = {
        "pin": send.pin,
        "best_before": send.best_before,
        "mail_class": send.class_,
        "priority": send.priority,
    }
    told = {"step": send.id, "template": send.template or send.id, "topic": journey.topic}
    return {**told, **{name: value for name, value in said.items() if value is not None}, **_RUN, **_ENTERED}


def _asked(action: str, step: str, **more: Any) -> Asl:
    return {"action": action, "step": step, **more, **_RUN, **_ENTERED}


def _task(function: str, payload: Asl, retry: Iterable[Asl] = RETRY) -> Asl:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": f"${{{function}}}", "Payload": payload},
        "Retry": list(retry),
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": FAILED}],
    }


def _wait_until(comment: str, path: str, next_: str) -> Asl:
    return {"Comment": comment, "Type": "Wait", "TimestampPath": path, "Next": next_}


def _ending(comment: str, outcome: str, step: str = "") -> Asl:
    task = _task("JourneyFunctionArn", _asked("end", step, outcome=outcome))
    return {"Comment": comment, **task, "ResultPath": None, "End": True}


# ── what it cannot do ──


def not_compilable(journey: Journey) -> Iterator[tuple[str, str]]:
    """Steps that Step Functions cannot walk, each with the reason."""
    for step in journey.steps:
        if isinstance(step, WaitFor):
            yield step.id, "waits for an event, which only a journey that runs on wake_ups can do"
    names: dict[str, str] = {}
    for step in journey.steps:
        name = state_name(step.id)
        if name in OWN_STATES:
            yield step.id, f'would be the state "{name}", which every machine has: call it otherwise'
        if name in names:
            yield step.id, f'would be the state "{name}", as {names[name]} is: call it otherwise'
        names[name] = step.id
    circle = next((step.id for step in journey.steps if comes_again(journey, step.id, answered=True) is not None), None)
    if circle is not None:
        yield circle, "comes round again, which only a journey that runs on wake_ups can do"


# ── what a run costs ──


DELAYED = 3
"""What an email that has to wait costs besides: the wait, the email and the choice again."""


def transitions(machine: Asl) -> int:
    """How many states a run enters at most, each of which is charged, where no email has to wait (`DELAYED`)."""
    states: Mapping[str, Asl] = machine["States"]
    besides = {*(name for name in states if name.endswith(_HELD)), FAILED, UNTIL}

    @cache
    def longest(name: str) -> int:
        ahead = [each for each in targets(states[name]) if each not in besides]
        return 1 + max(map(longest, ahead), default=0)

    return longest(machine["StartAt"])


def targets(state: Asl) -> list[str]:
    """The states that a state can lead to."""
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    caught = [catch["Next"] for catch in state.get("Catch", [])]
    return [*choices, *caught, *(state[name] for name in ("Next", "Default") if name in state)]
