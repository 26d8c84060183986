"""What is on record of a run, in words: what happened at a step and why, for a marketer."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from shared.domain.events import parse_instant
from shared.domain.journeys.runs import Record
from shared.domain.messages.refusals import SENTENCES, Refusal

BEGAN = {
    "event": "Began by an event.",
    "segment": "Began by a change of segment.",
    "date": "Began by a date.",
    "hand": "Began by hand.",
}
ENDED = {
    "completed": "Went all the way.",
    "goal": "Ended: the goal was reached.",
    "unsubscribed": "Ended: the contact unsubscribed.",
    "stopped": "Stopped by a person.",
    "journey_changed": "Ended by the publication of a newer version.",
    "erased": "Ended: the contact was erased.",
    "joined": "Ended: the contact turned out to be another one.",
    "too_many_runs": "Did not begin: the contact has too many runs that go on.",
    "endless": "Ended: its steps go round without a wait.",
}
SKIPPED = {"too_late": "It came too late for this email."}
MOVED = {
    "by_hand": "Moved by a person.",
    "journey_changed": "Moved by the publication of a newer version.",
    "machine_failed": "Its state machine had failed, and another one went on from here.",
}


def words(record: Record, zone: ZoneInfo) -> str:
    """One record as a sentence; times are the shop's."""
    why = record.why
    match record.what:
        case "began":
            return BEGAN.get(why or "", "Began.")
        case "entered":
            return "Came to this step."
        case "sent":
            return "The email was sent."
        case "sent_after":
            return "The email was sent, though the run did not wait for it any more."
        case "skipped":
            reason = SENTENCES[Refusal(why)] if why in list(Refusal) else SKIPPED.get(why or "", f"Reason: {why}.")
            return f"The email was skipped. {reason}"
        case "delayed":
            return "Waits until it may go on." if why is None else f"Delayed until {local(why, zone)}."
        case "held":
            return "The email waits for a person to let it go."
        case "passed":
            return "Nothing came in time." if why == "timed_out" else "Went on." if why is None else f"Went on: {why}."
        case "moved":
            return MOVED.get(why or "", f"Went on elsewhere: {why}.")
        case "goal":
            return f"Reached the goal: {why}."
        case "ended":
            return ENDED.get(why or "", f"Ended: {why}.")


def local(instant: str, zone: ZoneInfo) -> str:
    """`2026-11-28 09:00`, from an instant as it is recorded."""
    try:
        milliseconds = parse_instant(instant)
    except ValueError:
        return instant
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone):%Y-%m-%d %H:%M}"
