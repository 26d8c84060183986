"""Message: sends one mail to one contact at one step of a run, once, and only if it may be sent at this instant.

Runs ask for it by a queue, or as a task of a state machine, and are told of the outcome (`Settled`). The order is what
makes it once: the message is claimed by a conditional write, then SES is called, then the outcome is stored. Whoever
dies in between leaves a claim of unknown outcome, which SES's Send notice settles (functions/feedback); only when that
has not come in time is the mail sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.message.goods import goods
from shared.adapters import (
    addresses,
    catalogue,
    contact_runs,
    contacts,
    identities,
    journey_definitions,
    messages,
    shop_settings,
    templates,
    tokens,
)
from shared.adapters.clock import now
from shared.adapters.contact_runs import Kept, wants
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import put_events
from shared.adapters.mail import Mail, NotSentError, RejectedError, SendingStoppedError, send
from shared.adapters.messages import ClaimLostError, RunEndedError
from shared.adapters.messages_queue import put_later
from shared.adapters.templates import Template
from shared.adapters.tokens import Token
from shared.domain import calendars
from shared.domain.addresses import Address
from shared.domain.contents import Front
from shared.domain.events import DAY, MINUTE, SECOND, Instant, Json, Strict, iso
from shared.domain.journeys import timing
from shared.domain.journeys.runs import ASK_AGAIN, Settled
from shared.domain.journeys.telling import tell as tell_run
from shared.domain.messages import Held, Message, Refusal, Status, awaits_address, contact_variables, gate
from shared.domain.profiles import Profile
from shared.domain.templates.brand import brand_variables

logger = Logger()

COMPILED = Path(__file__).parent / "templates" / "compiled"


class Asked(Strict):
    """What is on the queue: a message, and when its run has asked for it."""

    message: Message
    asked: Instant


class MessageSettings(Settings):
    public_url: str
    shop_name: str
    shop_url: str
    postal_address: str
    currency: str
    shop_time_zone: str
    offer_code: str = ""


class OutcomePendingError(Exception):
    """Somebody has claimed the message, and whether it was sent is not known yet: ask again later."""


class UnansweredError(OutcomePendingError):
    """The same, and not for the first time: SES does not answer, and may be away for long."""


class AddressToComeError(Exception):
    """The contact's address is not known yet, and may still come: ask again later."""


class NotYetError(Exception):
    """The journey or the step is paused, or a person has to let the email go first: ask again later."""


@dataclass(frozen=True, slots=True)
class Delayed:
    """Emails of the journey may go out from this instant on, and not before."""

    until: Instant


ENOUGH = 10 * SECOND
"""Before the end of the function's time it begins no more emails: what SES is asked is to be answered."""
GIVES_UP = 7 * DAY
"""After so long at the step, SES takes no email of the shop's for good, and the run goes on without it."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Sends the message, or says what has become of it: `status` sent or refused, `reason`, and the `message`'s key; or
    `delayed`, and `until` when.

    The state machine tries again on OutcomePendingError (until the claim is `CLAIM_TIMEOUT` old), on NotSentError (for
    an hour), on SendingStoppedError and UnansweredError (for a week), on AddressToComeError (for an hour; then it is
    refused) and on NotYetError. Of messages of the queue, those that come again in the same manner are put on it again.
    """
    if "Records" in event:
        left = getattr(context, "get_remaining_time_in_millis", lambda: ENOUGH)  # who is no Lambda is not stopped
        return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in take(event["Records"], left)]}
    message = Message.model_validate(event)
    held = deliver(message, now())
    if isinstance(held, Delayed):
        return {"status": "delayed", "reason": None, "message": message.key, "until": iso(held.until)}
    tell(message, held)
    return {"status": held.status, "reason": held.reason, "message": message.key, "until": None}


def take(records: Iterable[Mapping[str, Any]], left: Callable[[], int]) -> list[str]:
    """Messages of the queue; gives the ids of those that are to come again as they are."""
    failed = []
    for record in records:
        try:
            if left() < ENOUGH:
                raise OutOfTimeError
            _take(record["body"], now())
        except Exception as error:
            logger.error("message not processed", message_id=record["messageId"], reason=type(error).__name__)
            failed.append(record["messageId"])
    return failed


class OutOfTimeError(Exception):
    """The function's time is nearly over."""


def _take(body: str, instant: Instant) -> None:
    """One that cannot be sent now waits on the queue; after a day it is dropped, since its run asks for it anew."""
    asked = Asked.model_validate_json(body)
    message = asked.message
    try:
        held = deliver(message, instant)
    except (OutcomePendingError, NotSentError, AddressToComeError, NotYetError) as error:
        if not isinstance(error, NotSentError) or instant < (message.entered_at or instant) + GIVES_UP:
            if instant < asked.asked + ASK_AGAIN:
                put_later(body, _pause(error, instant - asked.asked) // SECOND)
            return
        held = _refused(message, messages.read(message), Refusal.NOT_TAKEN, instant)
    if isinstance(held, Delayed):
        put_later(body, min(-(-(held.until - instant) // SECOND), 900))
    else:
        tell(message, held)


def _pause(error: Exception, age: Instant) -> int:
    """How long to wait before the next try; always longer, as it has been tried for longer."""
    if isinstance(error, AddressToComeError):
        return min(max(15 * SECOND, age // 2), 5 * MINUTE)
    if isinstance(error, SendingStoppedError | UnansweredError | NotYetError):
        return min(max(MINUTE, age // 2), 15 * MINUTE)
    if isinstance(error, OutcomePendingError):  # or somebody acted on it, or on its run, in the same moment
        return min(max(20 * SECOND, age // 2), 5 * MINUTE)
    return min(max(10 * SECOND, age // 2), 15 * MINUTE)


def tell(message: Message, held: Held) -> None:
    """Tells the run what has become of its message. Told again, it is the same."""
    sent = held.status is Status.SENT
    settled = Settled(
        now(),
        message.run,
        message.step,
        message.occurrence,
        "sent" if sent else "skipped",
        None if sent else held.reason,
    )
    put_events([tell_run(message.contact, settled, now())])


def deliver(message: Message, instant: Instant) -> Held | Delayed:
    """Brings the message to its end; OutcomePendingError, NotSentError, AddressToComeError, NotYetError: it has not
    come to one."""
    held = messages.read(message)
    if held is not None and held.settled:
        return held
    if held is not None and held.pending(instant):
        raise _pending(message, held)

    stored = contacts.read(message.contact)
    profile = stored.profile if stored is not None else None
    kept = contact_runs.read(message.contact, message.journey, message.run_number)
    refusal = None if kept is not None and wants(kept, message) else Refusal.RUN_ENDED
    trigger: Mapping[str, Json] = {}
    if kept is not None and refusal is None:
        trigger = kept.run.trigger
        if profile is not None and (until := _may_go_at(kept, message, profile, instant)) > instant:
            return Delayed(until)
    hashed = identities.address_hash(profile.email) if profile is not None and profile.email is not None else None
    address = addresses.read(hashed) if hashed is not None else Address()
    refusal = refusal or gate(message, profile, address.suppression, instant, address.consent.get(message.topic))
    if refusal is None and address.contact != message.contact:
        refusal = Refusal.ANOTHERS_ADDRESS  # the trait is a copy: a mail goes to nobody but whom it is about
    if refusal is None and catalogue.is_sold_out(trigger):
        refusal = Refusal.SOLD_OUT
    if awaits_address(message, refusal, instant):
        raise AddressToComeError(message.key)
    try:
        if refusal is not None or profile is None:
            return _refused(message, held, refusal or Refusal.ERASED, instant)
        mail = compose(message, profile, trigger, instant)
        return _send(message, mail, messages.claim(message, held, instant, hashed), instant)
    except ClaimLostError as error:
        raise OutcomePendingError(message.key) from error
    except RunEndedError:
        return _refused(message, held, Refusal.RUN_ENDED, instant)


def _may_go_at(kept: Kept, message: Message, profile: Profile, instant: Instant) -> Instant:
    """When the journey lets the email go: now, or in its hours. NotYetError: it is paused, or held."""
    published = journey_definitions.journeys().get(message.journey)
    state = published.steps.get(message.step) if published is not None else None
    held = state == "review" and not kept.run.released
    if published is None or published.state == "paused" or state == "paused" or held:
        raise NotYetError(message.key)
    hours = journey_definitions.version(message.journey, message.version).hours
    zone = calendars.zone(environment(MessageSettings).shop_time_zone)
    return timing.opens_at(hours, profile, instant, zone or ZoneInfo("UTC"))


def _send(message: Message, mail: Mail, claimed: Held, instant: Instant) -> Held:
    try:
        ses_id = send(mail)
    except RejectedError:
        return _refused(message, claimed, Refusal.REJECTED, instant)
    except NotSentError as error:
        messages.release(message, claimed)
        if isinstance(error, SendingStoppedError):
            _tell_of_stop(str(error))
        raise
    except (BotoCoreError, ClientError) as error:
        raise _pending(message, claimed) from error
    messages.settle(message.contact, message.key, ses_id, instant)
    with single_metric(name="MessagesSent", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("template", message.template)
    return Held(Status.SENT, claimed.attempt, claimed.claimed_at)


def _pending(message: Message, claimed: Held) -> OutcomePendingError:
    if claimed.attempt == 1:
        return OutcomePendingError(message.key)
    _tell_of_stop("no answer")
    return UnansweredError(message.key)


def _tell_of_stop(reason: str) -> None:
    logger.warning("sending stopped", reason=reason)
    with single_metric(name="SendingStopped", unit=MetricUnit.Count, value=1):
        pass


def _refused(message: Message, held: Held | None, reason: Refusal, instant: Instant) -> Held:
    refused = messages.refuse(message, held, reason, instant)
    with single_metric(name="MessagesRefused", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("reason", reason)
    return refused


def compose(message: Message, profile: Profile, trigger: Mapping[str, Json], instant: Instant) -> Mail:
    """The mail as it goes out, but for what SES adds. The profile has an address: the gate has seen to that. `trigger`:
    of the run (`Run.trigger`): which cart or product it is about."""
    shop = environment(MessageSettings)
    template = _template(message.template)
    token = tokens.issue(Token(message.contact, message.topic, message.key, issued=instant))
    unsubscribe = f"{shop.public_url}/unsubscribe/{token}"
    variables: Mapping[str, Any] = {
        "contact": contact_variables(profile),
        "brand": brand_variables(shop_settings.settings().brand),
        "shown": [],
        "shop": {"name": shop.shop_name, "url": shop.shop_url, "address": shop.postal_address},
        "links": {
            "unsubscribe": unsubscribe,
            "view": None,
            "preferences": f"{shop.public_url}/preferences/{token}",
            "answer": f"{shop.public_url}/answers/{token}/",
        },
        "offer": {"code": shop.offer_code or None},
        "journey": message.journey,
        **goods(template.names, profile, trigger, Front(shop.shop_url.rstrip("/"), shop.currency), instant),
    }
    rendered = templates.render(template, variables)
    tags = {name: getattr(message, name) for name in ("contact", "journey", "step", "template", "topic")}
    return Mail(
        to=profile.email or "",
        subject=rendered.subject,
        html=rendered.html,
        text=rendered.text,
        unsubscribe=unsubscribe,
        tags={"message": message.key, **tags},
    )


@cache
def _template(name: str) -> Template:
    """A shipped mail. FileNotFoundError when there is none of this name."""
    text, html = ((COMPILED / f"{name}.{ending}").read_text(encoding="utf-8") for ending in ("txt", "html"))
    return templates.parse(templates.source(text, html))
