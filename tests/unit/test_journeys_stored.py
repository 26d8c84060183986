"""Runs and what they ask for are stored and read as they are."""

from __future__ import annotations

from functions.transition.runs import _message
from shared.adapters.contact_runs import Kept
from shared.domain.journeys import asl, stored
from shared.domain.journeys.definition import Journey, Send
from shared.domain.journeys.runs import NotifyOthers, Run, SendEmail, UpdateContact
from shared.domain.messages.asked import RunMessage

NOW = 1_795_500_000_000


def test_what_a_run_asks_for_is_read_as_it_was() -> None:
    asked = [
        SendEmail("welcome", 0, "welcome", None, NOW),
        UpdateContact("tag", 2, {"likes": ["tea", "cups"]}, ("vip",), ("new",)),
        NotifyOthers("call", 0, "Call them", "sales"),
    ]
    assert stored.load_effects(stored.dump_effects(asked)) == asked


def test_what_a_step_says_of_its_email_is_in_the_message_of_either_driver() -> None:
    send = Send.model_validate({"kind": "send", "id": "hello", "class": "lifecycle", "priority": 3})
    described = Journey.model_validate(
        {
            **{"id": "j", "name": "J", "sentence": "S.", "trigger": {"kind": "hand"}},
            "steps": [send.model_dump(by_alias=True)],
        }
    )
    machine = asl.compiled(described)["States"]["Hello"]["Parameters"]["Payload"]
    run = Run("c01", "j", 1, 1, began=NOW, started=NOW, cause="x")
    effect = SendEmail("hello", 0, "hello", None, NOW, mail_class=send.class_, priority=send.priority)
    woken = _message(Kept(run, 1, 1, "wake_ups", "marketing", ()), effect)
    for told in (machine, woken):
        assert (told["mail_class"], told["priority"]) == ("lifecycle", 3)
    message = RunMessage.model_validate(woken)
    assert (message.mail_class, message.rank) == ("lifecycle", 3)
