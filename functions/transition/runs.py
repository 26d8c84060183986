"""Does what a move of a run asks for, once it is stored, and counts it.

Each of these has a key that never repeats, so that to do one twice is to do it once.
"""

from __future__ import annotations

from shared.adapters import contact_runs, contacts, effects, events_queue, executions, messages_queue, run_counts
from shared.adapters.contact_runs import Kept
from shared.domain.events import NEVER, Instant, Json, iso
from shared.domain.journeys.runs import SendEmail


def follow(kept: Kept, now: Instant) -> None:
    """Does what a run's newest move asks for, and what earlier ones did that were not followed."""
    run = kept.run
    on_machine = kept.runs_on == "step_functions"
    counted = run_counts.counted(run) if kept.asked or on_machine else kept.recorded
    for recorded, effect in kept.asked:
        if recorded > counted and not isinstance(effect, SendEmail):
            effects.carry_out(run, effect, now)
    for effect in kept.effects:
        if isinstance(effect, SendEmail):
            messages_queue.put(_message(kept, effect), run.asked)
        else:
            effects.carry_out(run, effect, now)
    gone = run.outcome in run_counts.FORGOTTEN
    if not run.goes_on and not gone:
        events_queue.put_events([effects.completed(run, now)])
    if on_machine:
        executions.stop(run, run.outcome or "moved")
        if executions.begins(run, max(kept.recorded - counted, 1)):
            executions.start(run)
    run_counts.record(kept, now)
    if gone:
        contacts.delete(run.contact, [contact_runs.kind_of(run.journey, run.number)])


def _message(kept: Kept, effect: SendEmail) -> dict[str, Json]:
    """The `messages.Message` that it asks for."""
    run = kept.run
    told = {
        "contact": run.contact,
        "journey": run.journey,
        "version": run.version,
        "run": run.id,
        "step": effect.step,
        "occurrence": effect.occurrence,
        "template": effect.template,
        "topic": kept.topic,
        "entered": iso(effect.entered),
    }
    if effect.pin is not None:
        told["pin"] = effect.pin
    if effect.best_before != NEVER:
        told["best_before"] = effect.best_before - effect.entered
    if effect.mail_class is not None:
        told["mail_class"] = effect.mail_class
    if effect.priority is not None:
        told["priority"] = effect.priority
    return told
