"""Delivering a message: sends one mail to one contact, once, and only if it may be sent at this instant.

The order is what makes it once: the message is claimed by a conditional write, then SES is called, then the outcome is
stored. Whoever dies in between leaves a claim of unknown outcome, which SES's Send notice settles (functions/feedback);
only when that has not come in time is the mail sent again.

Whatever asks for messages (runs, campaigns, forms) comes by here; which of them it is makes a difference only where one
is asked whether it still wants its message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters import (
    addresses,
    caps,
    catalogue,
    clock,
    composing,
    contact_runs,
    contacts,
    coupons,
    digests,
    events_queue,
    identities,
    journey_definitions,
    kept_arms,
    messages,
    pace,
    pending_addresses,
    shop_settings,
    turns,
)
from shared.adapters.contact_runs import Kept, wants
from shared.adapters.coupons import NoCodeError
from shared.adapters.environment import Settings, environment
from shared.adapters.mail import Mail, NotSentError, RejectedError, SendingStoppedError, send
from shared.adapters.messages import CapChangedError, ClaimLostError, NotWantedError
from shared.adapters.template_definitions import NoTemplateError
from shared.adapters.templates import TemplateFailedError
from shared.adapters.turns import FAR
from shared.domain import calendars
from shared.domain.addresses import Address, is_role, newest_answer
from shared.domain.events import HOUR, NEVER, TRACKING, Frequency, Instant, Json, MailClass, held_out
from shared.domain.journeys import arms, timing
from shared.domain.messages import holdouts
from shared.domain.messages.asked import CampaignMessage, DigestMessage, Message, RunMessage, SystemMessage, is_test
from shared.domain.messages.caps import Waiting, goes, waits, when
from shared.domain.messages.digests import frequency
from shared.domain.messages.gate import awaits_address, gate
from shared.domain.messages.held import Held, Status
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped
from shared.domain.properties import OF_EXPERIMENTS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

logger = Logger(child=True)

SENDING = "message"
"""The service that emails are counted for, whichever function sends them: the alarms look at all of them as one."""


class DeliveringSettings(Settings):
    shop_time_zone: str


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
    """The message may go out from this instant on, and not before: ask again then."""

    until: Instant


@dataclass(frozen=True, slots=True)
class _Asking:
    """What whoever asks for the message says of it now: why it is not wanted any more, from when on it may go, and
    what it is about."""

    refusal: Refusal | None = None
    trigger: Mapping[str, Json] = field(default_factory=dict)
    opens_at: Instant = 0


Check = Callable[[Profile], Refusal | Delayed | None]
"""What else whoever asks wants to know of the contact: why they are to get no email of this, or not yet."""


def deliver(message: Message, instant: Instant, check: Check | None = None) -> Held | Delayed:
    """Brings the message to its end: sent, or refused (`Held.reason`), or kept for a digest (which is a reason,
    `in_digest`); or says from when on it may go out.

    OutcomePendingError, NotSentError, AddressToComeError, NotYetError: it has not come to one; it is asked for again.
    """
    for tries in range(TRIES):
        try:
            return _deliver(_with_arm(message), instant, check)
        except CapChangedError:
            clock.pause(tries)
    raise OutcomePendingError(message.key)


def _with_arm(message: Message) -> Message:
    """The message as its contact's arm has it, where an experiment of the journey's decides that: known to all that
    becomes of it, and written with its claim."""
    if not isinstance(message, RunMessage):
        return message
    try:
        journey = journey_definitions.version(message.journey, message.version)
    except LookupError:
        return message  # no run goes on by it, which is asked next
    arm = arms.of_email(journey, message.step, message.contact, kept_arms.shares_of(message.contact))
    if arm is None:
        return message
    changed: dict[str, Json] = {"template": arm.template or message.template, "subject": arm.subject}
    if arm.template is not None:
        changed["pin"] = None
    if arm.counts:
        changed |= {
            "experiment": arm.experiment,
            "variant": arm.variant,
            "held_out": arm.held_out,
            "shares": arm.shares,
        }
    if arm.segments and arm.counts and (stored := contacts.read(message.contact)) is not None:
        changed["segments"] = arms.among(arm.segments, stored.profile)
    return message.model_copy(update=changed)


TRIES = 5
"""Of one message, while others of its contact's are counted."""


def _deliver(message: Message, instant: Instant, check: Check | None) -> Held | Delayed:
    held = messages.read(message)
    if held is not None and held.settled:
        if held.reason in HELD_OUT:
            _tell_held_out(message, held)  # whoever stored it may have died before
        return held
    if held is not None and held.pending(instant):
        raise _pending(message, held)

    stored = contacts.read(message.contact)
    profile = stored.profile if stored is not None else None
    asking = _of_run(message, profile, instant) if isinstance(message, RunMessage) else _Asking()
    if asking.opens_at > instant:
        return Delayed(asking.opens_at)
    to, hashed = _recipient(message, profile)
    address = addresses.read(hashed) if hashed is not None else Address()
    try:
        mail_class: MailClass = composing.class_of(message) if asking.refusal is None else "marketing"
    except NoTemplateError as error:
        return _without_template(message, held, instant, error)
    often = frequency(profile, message.topic, address.consent) if profile is not None else "all"
    is_kept = often != "all" and mail_class == "marketing" and _may_be_kept(message)
    refusal = asking.refusal or gate(
        message,
        profile,
        address.suppression,
        instant,
        address.consent,
        transactional=mail_class == "transactional",
        kept=is_kept,
    )
    if refusal is None and check is not None and profile is not None:
        checked = check(profile)
        if isinstance(checked, Delayed):
            return checked
        refusal = checked
    if refusal is None and to is None:
        refusal = Refusal.NO_ADDRESS
    if refusal is None and address.contact != message.contact and not isinstance(message, SystemMessage):
        refusal = Refusal.ANOTHERS_ADDRESS  # the trait is a copy: a mail goes to nobody but whom it is about
    if refusal is None and mail_class != "transactional" and to is not None and is_role(to):
        refusal = None if shop_settings.settings().role_addresses else Refusal.ROLE_ADDRESS
    if refusal is None and catalogue.is_sold_out(asking.trigger):
        refusal = Refusal.SOLD_OUT
    if awaits_address(message, refusal, instant):
        raise AddressToComeError(message.key)
    try:
        if refusal is None and is_kept and profile is not None:
            if (kept_from := _held_out_by(message, mail_class, profile)) is not None:
                return _refused(message, held, kept_from, instant)
            return digests.keep(message, held, profile, often, instant)
        turn = _turn(message, mail_class, profile, instant) if refusal is None and profile is not None else _Turn()
        if turn.at > message.stale_after:
            refusal = Refusal.TOO_LATE
        if refusal is not None or to is None:
            return _refused(message, held, refusal or Refusal.NO_ADDRESS, instant)
        if turn.at > instant:
            return Delayed(turn.at)
        if (kept_from := _held_out_by(message, mail_class, profile)) is not None:
            return _held_out(message, held, turn, instant, kept_from)
        waiting, listed = digests.Waiting(message.contact, message.topic), digests.Contents()
        if isinstance(message, DigestMessage) and profile is not None:
            waiting = digests.read(message.contact, message.topic)
            listed = digests.contents(waiting, profile, instant)
            if not listed.entries:
                digests.leave_out(waiting, listed, instant)
                return Held(Status.REFUSED, 0, instant, digests.EMPTY)
        paused = (mail_class == "marketing" and not is_test(message)) or message.lane == "campaigns"
        slot = pace.slot(message.lane, instant, marketing=paused)
        try:
            mail = composing.compose(
                message,
                to,
                profile or Profile(message.contact),
                asking.trigger,
                instant,
                agrees_to_tracking=profile is not None and agrees(profile, TRACKING, address.consent),
                digest=composing.digest_variables(message, often, listed.entries.values()),
            )
        except NoTemplateError as error:
            return _without_template(message, held, instant, error)
        except NoCodeError as error:  # never a blank where a code was to be
            logger.warning("no coupon code", message_key=message.key, template=message.template, reason=str(error))
            return Delayed(instant + coupons.WAITS)
        except TemplateFailedError as error:  # and fails again, however often it is tried for this contact
            logger.error("template failed", message_key=message.key, template=message.template, reason=error.kind)
            return _refused(message, held, Refusal.TEMPLATE_FAILED, instant)
        together = digests.listed_writes(waiting, listed, message.key, instant) if listed.entries else []
        together += kept_arms.of_message(message) if isinstance(message, RunMessage) else []
        claimed = messages.claim(message, held, instant, hashed, turn.counted, mail, together)
        if slot is not None:
            clock.wait_until(slot)
        return _send(message, mail, claimed, instant, mail_class)
    except CapChangedError:
        raise
    except ClaimLostError as error:
        raise OutcomePendingError(message.key) from error
    except NotWantedError:
        return _refused(message, held, Refusal.RUN_ENDED, instant)


HELD_OUT = (Refusal.HELD_OUT, Refusal.SHOP_HOLDOUT)


def _held_out_by(message: Message, mail_class: MailClass, profile: Profile | None) -> Refusal | None:
    """Whether the shop's holdout, or the experiment's or campaign's own, keeps the email from its contact."""
    holdout = shop_settings.settings().holdout
    takes_part = holdouts.taking_part(holdout, message, mail_class, profile) is not None
    if holdout is not None and takes_part and holdouts.is_held_out(holdout, message.contact):
        return Refusal.SHOP_HOLDOUT
    return Refusal.HELD_OUT if message.held_out and not is_test(message) else None


def _held_out(message: Message, held: Held | None, turn: _Turn, instant: Instant, by: Refusal) -> Held:
    """Keeps that the message would have gone now, and counts it as if it had: who is held out has as much room for the
    next email as the others, or the next would tell them apart. CapChangedError, ClaimLostError."""
    counted = [turn.counted] if turn.counted is not None else []
    kept = messages.refuse_with(message, held, by, counted, instant)
    _tell_held_out(message, kept)
    return kept


def _tell_held_out(message: Message, kept: Held) -> None:
    """An event of the contact's: what is compared are those of whom there is one with those who were sent the email."""
    holdout = shop_settings.settings().holdout if kept.reason == Refusal.SHOP_HOLDOUT else None
    about = {**message.about, **({"holdout": holdout.name} if holdout is not None else {})}
    if holdout is not None and isinstance(message, RunMessage):
        # Held out of everything, they are in none of the arms of a journey's experiment.
        about = {name: value for name, value in about.items() if name not in OF_EXPERIMENTS}
    events_queue.put_events([held_out(message.contact, message.key, about, kept.claimed_at)])


def _may_be_kept(message: Message) -> bool:
    """Whether it may go into a digest. A colleague who gets one email a week wants to see a test of one now."""
    return isinstance(message, RunMessage | CampaignMessage) and not is_test(message)


@dataclass(frozen=True, slots=True)
class _Turn:
    """When a message may go out to its contact, as far as others of theirs and their hours are concerned; `counted`: to
    be written with its claim."""

    at: Instant = 0
    counted: TransactWriteItemTypeDef | None = None


def _turn(message: Message, mail_class: MailClass, profile: Profile, instant: Instant) -> _Turn:
    """Registers one that is over its cap among those that wait. CapChangedError."""
    if isinstance(message, SystemMessage) or is_test(message):
        return _Turn()
    opens, cap = turns.opens_for(mail_class, profile), turns.cap_of(mail_class)
    if cap is None:
        at = opens.at(instant)
        return _Turn(at if at != NEVER else instant + FAR)
    read, name = caps.read(message.contact, mail_class), caps.name(message.key)
    asked = Waiting(message.rank, message.stale_after, instant, 0)
    at = when(read.counted, name, asked, cap, instant, opens)
    if at <= instant:
        return _Turn(at, caps.write(read, goes(read.counted, name, instant), instant))
    if at <= message.stale_after and not caps.store(read, waits(read.counted, name, asked, at, instant), instant):
        raise CapChangedError(message.key)
    return _Turn(at if at != NEVER else instant + FAR)


def _of_run(message: RunMessage, profile: Profile | None, instant: Instant) -> _Asking:
    kept = contact_runs.read(message.contact, message.journey, message.run_number)
    if kept is None or not wants(kept, message):
        return _Asking(Refusal.RUN_ENDED)
    opens_at = _may_go_at(kept, message, profile, instant) if profile is not None else instant
    return _Asking(None, kept.run.trigger, opens_at)


def _may_go_at(kept: Kept, message: RunMessage, profile: Profile, instant: Instant) -> Instant:
    """When the journey lets the email go: now, or in its hours. NotYetError: it is paused, or held."""
    published = journey_definitions.journeys().get(message.journey)
    state = published.steps.get(message.step) if published is not None else None
    held = state == "review" and not kept.run.released
    if published is None or published.state == "paused" or state == "paused" or held:
        raise NotYetError(message.key)
    hours = journey_definitions.version(message.journey, message.version).hours
    zone = calendars.zone(environment(DeliveringSettings).shop_time_zone)
    return timing.opens_at(hours, profile, instant, zone or ZoneInfo("UTC"))


def frequency_of(profile: Profile, topic: str) -> Frequency:
    """How often the contact gets emails about the topic, by all that they have said so far."""
    said = addresses.consent(identities.address_hash(profile.email)) if profile.email is not None else {}
    return frequency(profile, topic, said)


def agrees(profile: Profile, purpose: str, said: Mapping[str, Stamped]) -> bool:
    """Whether the contact's newest answer is yes; without one it is no."""
    answer = newest_answer(profile, purpose, said)
    return answer is not None and answer.value == "subscribed"


def _recipient(message: Message, profile: Profile | None) -> tuple[str | None, str | None]:
    """The address that it goes to, and its hash."""
    own = profile.email if profile is not None else None
    hashed = identities.address_hash(own) if own is not None else None
    if not isinstance(message, SystemMessage) or hashed == message.address:
        return own, hashed
    return pending_addresses.read(message.contact, message.address), message.address


def _send(message: Message, mail: Mail, claimed: Held, instant: Instant, mail_class: MailClass) -> Held:
    try:
        ses_id = send(mail)
    except RejectedError:
        return _refused(message, claimed, Refusal.REJECTED, instant, mail_class)
    except NotSentError as error:
        messages.release(message, claimed, mail_class)
        if not isinstance(error, SendingStoppedError):
            pace.slow_down(instant)
            raise
        _tell_of_stop(str(error))
        if error.everything:
            pace.stop(str(error), instant)
        raise
    except (BotoCoreError, ClientError) as error:
        raise _pending(message, claimed) from error
    messages.settle(message.contact, message.key, ses_id, instant)
    with single_metric(name="MessagesSent", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("service", SENDING)
        metric.add_dimension("template", message.template)
    return Held(Status.SENT, claimed.attempt, claimed.claimed_at)


TEMPLATE_WAITS = HOUR
"""For so long an email waits whose template is not there, before it is asked for again."""


def _without_template(message: Message, held: Held | None, instant: Instant, error: NoTemplateError) -> Held | Delayed:
    """The template was taken back, or never published: every email of it waits until it is there, as at an empty pool
    of codes, and the alarm rings. Nothing is lost but what is too late by then."""
    if instant > message.stale_after:
        return _refused(message, held, Refusal.TOO_LATE, instant)
    logger.error("template missing", message_key=message.key, template=message.template, reason=str(error))
    with single_metric(name="TemplateMissing", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("service", SENDING)
    return Delayed(instant + TEMPLATE_WAITS)


def _pending(message: Message, claimed: Held) -> OutcomePendingError:
    if claimed.attempt == 1:
        return OutcomePendingError(message.key)
    _tell_of_stop("no answer")
    return UnansweredError(message.key)


def _tell_of_stop(reason: str) -> None:
    logger.warning("sending stopped", reason=reason)
    with single_metric(name="SendingStopped", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("service", SENDING)


def refuse(message: Message, reason: Refusal, instant: Instant) -> Held:
    """Stores that the message is not sent, for a reason that whoever asks for it knows. ClaimLostError."""
    return _refused(message, messages.read(message), reason, instant)


def _refused(
    message: Message, held: Held | None, reason: Refusal, instant: Instant, mail_class: MailClass | None = None
) -> Held:
    """`mail_class`: it was just claimed, and counted there."""
    refused = messages.refuse(message, held, reason, instant, mail_class)
    with single_metric(name="MessagesRefused", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("service", SENDING)
        metric.add_dimension("reason", reason)
    return refused
