"""Recipients: what becomes of one of a campaign's audience, when it is their turn."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aws_lambda_powertools import Logger

from shared.adapters import audiences, campaigns, clock, contacts
from shared.adapters.clock import now
from shared.adapters.definitions import shop_zone
from shared.adapters.delivering import Delayed, OutcomePendingError, deliver
from shared.adapters.mail import NotSentError, SendingStoppedError
from shared.adapters.pace import NoSlotError
from shared.domain.campaigns import breaker, timing
from shared.domain.campaigns.audience import is_member
from shared.domain.campaigns.ledger import Outcome
from shared.domain.campaigns.states import Kept
from shared.domain.campaigns.variants import is_tested, tested_until
from shared.domain.events import MINUTE, SECOND, Instant, Type
from shared.domain.messages.held import Status
from shared.domain.messages.pace import LOOK_AHEAD
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile

ASK_AGAIN = MINUTE
"""When an outcome that is not known is asked for again: SES's notice comes within seconds, or not for long."""
STOPPED_FOR = 5 * MINUTE
"""How long nothing is tried after SES has said that it takes no email of the shop's."""
TOO_FAST_FOR = 2 * SECOND
MOST_FAILURES = 5
"""Tries of one recipient that end in an error of ours, a minute apart; then they are skipped."""
_FAILED = re.compile(r"failed (\d+)")

logger = Logger()


@dataclass(frozen=True)
class NotNow:
    """Nothing can be sent before an instant, to whomever; and why."""

    until: Instant
    why: str = ""


Work = Callable[[str], Outcome | NotNow]


def of(kept: Kept, outcomes: Mapping[str, Outcome]) -> Work:
    """What becomes of a recipient, given what is known of them so far."""
    shop = shop_zone()

    def one(contact: str) -> Outcome | NotNow:
        t = now()
        try:
            return _delivered(kept, contact, t, shop)
        except OutcomePendingError:
            return Outcome("delayed", t + ASK_AGAIN, "pending")
        except NoSlotError as error:
            return _without_slot(error, t)
        except SendingStoppedError as error:
            return NotNow(t + STOPPED_FOR, str(error))
        except NotSentError as error:
            return NotNow(t + TOO_FAST_FOR, str(error))
        except Exception as error:
            return _failed(kept, contact, outcomes.get(contact), error, t)

    return one


GATHERED = LOOK_AHEAD["campaigns"]
"""By a clock that stands still while a worker works, slots are waited for until there are as many as it may look
ahead: else it would take one at a time. More often, and three such bursts would fall into one of SES's seconds."""


def _without_slot(error: NoSlotError, t: Instant) -> NotNow:
    gathers = error.why == "rate" and clock.stands_still()
    return NotNow(max(error.until, t) + (GATHERED if gathers else 1), error.why)


def _failed(kept: Kept, contact: str, before: Outcome | None, error: Exception, t: Instant) -> Outcome:
    """One recipient holds up no other: they are tried again, and then skipped."""
    logger.error("recipient not served", campaign=kept.id, contact=contact, reason=type(error).__name__)
    told = _FAILED.fullmatch(before.reason or "") if before is not None else None
    failures = int(told[1]) + 1 if told else 1
    if failures >= MOST_FAILURES:
        return Outcome("skipped", t, breaker.FAILED)
    return Outcome("delayed", t + MINUTE, f"failed {failures}")


def _delivered(kept: Kept, contact: str, t: Instant, shop: ZoneInfo) -> Outcome:
    held = deliver(audiences.message_for(kept, contact), t, check_of(kept, contact, t, shop))
    if isinstance(held, Delayed):
        return Outcome("delayed", held.until)
    if held.status is Status.SENT:
        return Outcome("sent", t)
    if held.reason in _OF_WHO_HAS_ENDED and (joined := _joined(contact)) is not None:
        # They are another contact's by now: whoever is in the audience themselves has the email by their own name.
        return Outcome("skipped", t, str(Refusal.JOINED)) if _is_in(kept, joined) else _delivered(kept, joined, t, shop)
    return Outcome("skipped", t, str(held.reason))


_OF_WHO_HAS_ENDED = frozenset({Refusal.ERASED, Refusal.NO_CONSENT, Refusal.NO_ADDRESS, Refusal.LEFT_SEGMENT})


def check_of(kept: Kept, contact: str, t: Instant, shop: ZoneInfo) -> Callable[[Profile], Refusal | Delayed | None]:
    """What a campaign asks of a contact's profile besides the gate: whether it is their turn, whether they are in its
    audience still, and whether they have had it already, by the name of a contact who has joined them since."""

    def check(profile: Profile) -> Refusal | Delayed | None:
        campaign, began = kept.campaign, kept.began or t
        turn = timing.turn_of(campaign.schedule, profile, began, shop)
        if not is_tested(campaign, kept.id, contact) and kept.winner is None:
            turn = max(turn, tested_until(campaign, began))
            # A moment later, where it is time for the winner, and this worker does not know it yet.
            turn = turn if turn > t else t + MINUTE
        if turn > t:
            return Delayed(turn)
        if campaign.recheck and not is_member(profile, campaign.segments, campaign.without):
            return Refusal.LEFT_SEGMENT
        return Refusal.JOINED if has_had_it(profile, kept.id, f"{kept.id}_{contact}") else None

    return check


def has_had_it(profile: Profile, campaign: str, key: str) -> bool:
    """Whether the campaign went to somebody who is this contact by now: then their history has it."""
    history = profile.histories.get(Type.EMAIL_SENT)
    return history is not None and any(
        each.properties.get("campaign") == campaign and each.properties.get("message") not in (None, key)
        for each in history.newest
    )


def _joined(contact: str) -> str | None:
    """The contact whom this one has joined; None: they are nobody but themselves."""
    stored, joined = contacts.read(contact), None
    while stored is not None and stored.profile.merged_into is not None:
        joined = stored.profile.merged_into
        stored = contacts.read(joined)
    return joined


def _is_in(kept: Kept, contact: str) -> bool:
    """Whether a contact is in the frozen audience. Of each shard, the contacts are frozen in order."""
    attempt = kept.frozen[contacts.shard_of(contact)]
    numbers = [chunk.number for chunk in campaigns.chunks(kept.id, [attempt])]
    place = bisect_right(numbers, contact, key=lambda number: campaigns.ids(kept.id, number)[0]) - 1
    return place >= 0 and contact in campaigns.ids(kept.id, numbers[place])
