"""Message: sends one mail to one contact at one step of a run, once, and only if it may be sent at this instant.

A task of the journeys' state machines. The order is what makes it once: the message is claimed by a conditional write,
then SES is called, then the outcome is stored. Whoever dies in between leaves a claim of unknown outcome, which
SES's Send notice settles (functions/feedback); only when that has not come in time is the mail sent again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.message.goods import goods
from shared.adapters import addresses, contacts, identities, messages, templates, tokens
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.mail import Mail, NotSentError, RejectedError, SendingStoppedError, send
from shared.adapters.messages import ClaimLostError
from shared.adapters.templates import Template
from shared.adapters.tokens import Token
from shared.domain.addresses import Address
from shared.domain.contents import Front
from shared.domain.events import Instant, Json
from shared.domain.messages import Held, Message, Refusal, Status, awaits_address, contact_variables, gate
from shared.domain.profiles import Profile

logger = Logger()

COMPILED = Path(__file__).parent / "templates" / "compiled"


class MessageSettings(Settings):
    public_url: str
    shop_name: str
    shop_url: str
    postal_address: str
    currency: str
    offer_code: str = ""


class OutcomePendingError(Exception):
    """Somebody has claimed the message, and whether it was sent is not known yet: ask again later."""


class UnansweredError(OutcomePendingError):
    """The same, and not for the first time: SES does not answer, and may be away for long."""


class AddressToComeError(Exception):
    """The contact's address is not known yet, and may still come: ask again later."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Sends the message, or says what has become of it: `status` sent or refused, `reason`, and the `message`'s key.

    The state machine tries again on OutcomePendingError (until the claim is `CLAIM_TIMEOUT` old), on NotSentError (for
    an hour), on SendingStoppedError and UnansweredError (for a week) and on AddressToComeError (for an hour; then it is
    refused).
    """
    message = Message.model_validate(event)
    held = deliver(message, now())
    return {"status": held.status, "reason": held.reason, "message": message.key}


def deliver(message: Message, instant: Instant) -> Held:
    """Brings the message to its end; OutcomePendingError, NotSentError, AddressToComeError: it has not come to one."""
    held = messages.read(message)
    if held is not None and held.settled:
        return held
    if held is not None and held.pending(instant):
        raise _pending(message, held)

    stored = contacts.read(message.contact)
    profile = stored.profile if stored is not None else None
    hashed = identities.address_hash(profile.email) if profile is not None and profile.email is not None else None
    address = addresses.read(hashed) if hashed is not None else Address()
    refusal = gate(message, profile, address.suppression, instant, address.consent.get(message.topic))
    if refusal is None and address.contact != message.contact:
        refusal = Refusal.ANOTHERS_ADDRESS  # the trait is a copy: a mail goes to nobody but whom it is about
    if awaits_address(message, refusal, instant):
        raise AddressToComeError(message.key)
    try:
        if refusal is not None or profile is None:
            return _refused(message, held, refusal or Refusal.ERASED, instant)
        mail = compose(message, profile, {}, instant)
        return _send(message, mail, messages.claim(message, held, instant, hashed), instant)
    except ClaimLostError as error:
        raise OutcomePendingError(message.key) from error


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
    token = tokens.issue(Token(message.contact, message.topic, message.key))
    unsubscribe = f"{shop.public_url}/unsubscribe/{token}"
    variables: Mapping[str, Any] = {
        "contact": contact_variables(profile),
        "shop": {"name": shop.shop_name, "url": shop.shop_url, "address": shop.postal_address},
        "links": {
            "unsubscribe": unsubscribe,
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
