"""Profile: folds what came over the events queue into the contacts' profiles.

Whatever repeats, overlaps or dies in the middle, an event is recorded and folded, or neither (see `storing`). What
cannot be processed goes to the dead-letter queue with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from functions.profile.erasure import erase, without_erased
from functions.profile.storing import Record, Resolved, group, store, store_alone
from shared.adapters import catalogue, currencies, identities, requests
from shared.adapters.clock import now
from shared.adapters.environment import SettingError, Settings, environment
from shared.adapters.events_queue import put_aside, put_back
from shared.adapters.secrets import UnreadableSecretError
from shared.adapters.shop import shop
from shared.domain.events import SHOP_TYPES, Event, Identity, IdentityKind, Instant, Type
from shared.domain.profiles.transitions import BY_REPAIR, Transition
from shared.domain.shop import as_counted, currency_of

MAX_RECEIVES = 10
"""As in the queues' redrive policy in template.yaml: the last time, we set the message aside with its reason."""

logger = Logger()
metrics = Metrics()


ENOUGH = 3_000
"""Milliseconds before the end of the function's time at which it begins nothing more: a function that is stopped cannot
say what it has done, and all of its batch comes again."""


class OutOfTimeError(Exception):
    """The function's time is nearly over."""


class NotAnEventError(Exception):
    """What came is none, and will be none the next time; says why, without anything of the content."""


class ProfileSettings(Settings):
    events_dlq_url: str


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes a batch off a queue; the messages it names as failures come again, all others are done with."""
    failed = []
    metrics.add_metric("EventsReceived", MetricUnit.Count, len(event["Records"]))
    left = getattr(context, "get_remaining_time_in_millis", lambda: ENOUGH)  # who is no Lambda is not stopped
    for record, error in process(event["Records"], now(), left):
        logger.error("event not processed", message_id=record["messageId"], error=reason(error))
        last = int(record["attributes"]["ApproximateReceiveCount"]) >= MAX_RECEIVES
        if isinstance(error, NotAnEventError) or (last and not is_of_all(error)):
            put_aside(environment(ProfileSettings).events_dlq_url, record["body"], reason(error))
            metrics.add_metric("EventsSetAside", MetricUnit.Count, 1)
        elif last:
            put_back(record["body"])
        else:
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def is_of_all(error: Exception) -> bool:
    """Whether it is no fault of the event: a setting of the shop's, a service that does not answer or has enough to do,
    or our time. Such an event is tried for as long as that lasts, and is no dead letter."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or "Throttl" in code or "Exceeded" in code or code.startswith("AccessDenied")
    return isinstance(error, OutOfTimeError | SettingError | UnreadableSecretError | BotoCoreError)


def process(records: Iterable[Record], instant: Instant, left: Callable[[], int]) -> list[tuple[Record, Exception]]:
    """Stores a batch, contact by contact; gives the records that could not be stored, each with its error.

    `left` says how many milliseconds there are: what is not begun while there are `ENOUGH` of them, fails.
    """
    failures: list[tuple[Record, Exception]] = []

    def attempt(record: Record, step: Callable[..., object], *arguments: object) -> None:
        try:
            if left() < ENOUGH:
                raise OutOfTimeError
            step(*arguments)
        except Exception as error:
            failures.append((record, error))

    arrivals: list[tuple[Event, Record]] = []
    for record in records:
        attempt(record, lambda record=record: arrivals.append((read(record, instant), record)))
    of_contacts, asked = [], []
    for event, record in arrivals:
        if event.type in SHOP_TYPES:
            attempt(record, catalogue.record, event)
            if event.type == Type.SHOP_ERASURE_REQUESTED:
                attempt(record, requests.record, event, ())
        elif event.type == Type.DATA_REQUESTED:
            asked.append((event, record))
        elif event.type == Type.ERASURE_REQUESTED:
            attempt(record, erase, event, instant)
        else:
            of_contacts.append((event, record))

    waiting: list[tuple[Event, Record]] = []
    try:
        waiting = without_erased(of_contacts, instant)
    except Exception as error:  # of none of them alone
        failures += [(record, error) for _, record in of_contacts]
    while waiting:
        groups, arrived, waiting = dict[str, list[Resolved]](), waiting, []
        try:
            known = identities.find({identity for event, _ in arrived for identity in event.identities})
            groups, waiting = group(arrived, known)
        except Exception as error:
            failures += [(record, error) for _, record in arrived]
        for contact, members in groups.items():
            try:
                if left() < ENOUGH:
                    raise OutOfTimeError
                tell_of_repairs(store(contact, members, instant))
            except Exception:
                # One bad event, or a conflict over whose they are: each for itself, so that what fails, fails alone.
                for member in members:
                    attempt(member.record, lambda m=member: tell_of_repairs(store_alone(m.event, m.record, instant)))
    for event, record in asked:  # last, since they are about whoever is known by now
        attempt(record, ask_for_data, event, record, instant)
    return failures


def ask_for_data(event: Event, record: Record, instant: Instant) -> None:
    """Has the operators answer a request for data, and records it of whom it is about. It makes and ties nobody."""
    found = sorted(set(identities.find(event.identities).values()))
    requests.record(event, found)
    for contact in found:
        of_contact = event.model_copy(update={"identities": (Identity(kind=IdentityKind.CONTACT, value=contact),)})
        store_alone(of_contact, record, instant)


def tell_of_repairs(transitions: list[Transition]) -> None:
    """A membership that only an evaluation of everything has put right was wrong: nothing is to make such."""
    repaired = [transition for transition in transitions if transition.cause == BY_REPAIR]
    if repaired:
        logger.warning("memberships drifted", contact=repaired[0].contact, segments=[each.segment for each in repaired])
        metrics.add_metric("ContactsDrifted", MetricUnit.Count, 1)


def read(record: Record, instant: Instant) -> Event:
    """The event of a record of the queue, complete, and marked as this shop counts it."""
    try:
        told = Event.model_validate_json(record["body"])
    except ValidationError as error:  # caught here alone: what else does not fit its model is no fault of the message
        problem = error.errors(include_input=False, include_url=False)[0]
        raise NotAnEventError(f"not an event: {'.'.join(map(str, problem['loc']))}: {problem['msg']}") from None
    event = as_counted(told, shop())
    if event.other_currency:
        metrics.add_metric("AmountsInOtherCurrency", MetricUnit.Count, 1)
        currencies.record(currency_of(event) or "", instant)
    return catalogue.with_categories(event, instant)


def reason(error: Exception) -> str:
    """What is wrong, without anything of the event's content."""
    return str(error) if isinstance(error, NotAnEventError) else type(error).__name__
