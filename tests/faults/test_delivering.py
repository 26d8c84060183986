"""How the local run delivers again what has failed, as Lambda does: the faults in `test_faults` build on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local import launching, settings
from infra.local.aws import sqs
from infra.local.shop import storefront
from infra.local.system import NoAnswerError, ProcessDied, System, begin
from shared.domain.events import DAY, HOUR, MINUTE
from tests.faults.story import BEGIN

BATCH = list[str]  # of sequence numbers, or of inputs


@pytest.fixture
def system() -> System:
    """Two contacts have signed up in the same instant, and nothing of it is processed yet."""
    template = settings.template()
    made = begin(":memory:", template, settings.secrets(template), BEGIN)
    launching.switch_on(made, launching.FIRST)
    for number in (1, 2):
        storefront.post(made, storefront.sign_up(number, "Ada", BEGIN))
    return made


def watch(system: System, function: str, failures: int) -> list[BATCH]:
    """The batches a function gets from now on; the first so many times, it fails."""
    batches: list[BATCH] = []

    def around(name: str, payload: Any, perform: Callable[[], Any]) -> Any:
        if name == function:
            records = payload.get("Records", [])
            batches.append([record["dynamodb"]["SequenceNumber"] for record in records] or [str(payload)])
            if len(batches) <= failures:
                raise ProcessDied
        return perform()

    system.around = around
    return batches


def dead_letters(system: System, queue: str) -> int:
    answer = system.session.client("sqs").get_queue_attributes(
        QueueUrl=system.template.reference(queue), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_a_failed_batch_of_a_stream_comes_again_as_it_was(system: System) -> None:
    batches = watch(system, "LakeFunction", failures=3)
    system.run_until(BEGIN + 5 * MINUTE)  # the first batch fails, and goes on failing while more events come
    storefront.post(system, storefront.sign_up(3, "Ada", BEGIN + 5 * MINUTE))
    system.run_until(BEGIN + HOUR)
    assert len(batches[0]) > 1
    assert batches[:4] == [batches[0]] * 4
    assert not set(batches[0]) & {number for batch in batches[4:] for number in batch}
    assert dead_letters(system, "LakeDeadLetters") == 0


def test_where_the_template_says_so_it_comes_again_in_halves(system: System) -> None:
    batches = watch(system, "TransitionFunction", failures=1)
    system.run_until(BEGIN + HOUR)
    whole = batches[0]
    half = len(whole) // 2
    assert half > 0
    assert batches[:3] == [whole, whole[:half], whole[half:]]  # what follows is what came of them


def test_a_batch_that_always_fails_is_given_up_and_holds_up_nothing(system: System) -> None:
    (source,) = [each for each in system.streams if each.function == "LakeFunction"]
    source.retries = 20  # of the template's 1,000
    batches = watch(system, "LakeFunction", failures=21)
    system.run_until(BEGIN + HOUR)
    assert batches[:21] == [batches[0]] * 21
    assert dead_letters(system, "LakeDeadLetters") == 1
    storefront.post(system, storefront.sign_up(3, "Ada", BEGIN + HOUR))
    system.run_until(BEGIN + 2 * HOUR)
    assert len(batches) > 21
    assert batches[21] != batches[0]


def test_a_schedule_that_fails_is_tried_twice_more_and_then_set_aside(system: System) -> None:
    (wake,) = [tick for tick in system.ticks if tick.input == {"task": "wake"}]
    wake.expression = "rate(1 hour)"  # so that the next one does not come in between
    system.ticks = [wake]  # the nights meanwhile have nothing to do with it
    system.run_until(BEGIN + 30 * DAY - MINUTE)
    batches = watch(system, "RefreshFunction", failures=3)
    system.run_until(BEGIN + 30 * DAY + 3 * HOUR)
    assert batches == [["{'task': 'wake'}"]] * 4
    assert dead_letters(system, "RefreshDeadLetters") == 1


def test_a_process_that_dies_gives_no_answer_and_its_messages_come_again(system: System) -> None:
    with pytest.raises(NoAnswerError):
        system.around = lambda *_: (_ for _ in ()).throw(ProcessDied())
        system.invoke("IngestFunction", {})
    received: list[str] = []

    def around(name: str, payload: Any, perform: Callable[[], Any]) -> Any:
        if name == "ProfileFunction":
            received.append(payload["Records"][0]["attributes"]["ApproximateReceiveCount"])
            if len(received) == 1:
                raise ProcessDied
        return perform()

    system.around = around
    system.run_until(BEGIN + MINUTE)
    assert received == ["1"]
    system.run_until(BEGIN + 4 * MINUTE)
    assert received[1] == "2"
    assert sqs.next_visible_at(system.world, system.template.reference("EventsQueue")) is None


def test_what_has_expired_is_gone_the_day_after_and_stays_until_then(system: System) -> None:
    client, table = system.session.client("dynamodb"), system.template.reference("Members")
    expires = (BEGIN + 6 * HOUR) // 1000
    key = {"segment_shard": {"S": "buyers#0"}, "contact": {"S": "c1"}}
    client.put_item(TableName=table, Item={**key, "expires": {"N": str(expires)}})

    def is_there() -> bool:
        return "Item" in client.get_item(TableName=table, Key=key, ConsistentRead=True)

    system.run_until(BEGIN + 7 * HOUR)
    assert is_there(), "as on AWS, where it is taken away within days: whoever reads it looks at when it expires"
    system.run_until(BEGIN + 2 * DAY)
    assert not is_there()
